"""Writing the screening log and the files of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from .screening import Candidate, Candidates, Log

HEAD = """\
# What the searches found and nobody has screened yet. Under each work write
#   decision: included, and its key, when it is a source of the library (reviewbook add ID), or
#   decision: excluded, its stage (title-abstract, retrieval or full-text), and a reason from docs/searches.yml;
# then run: reviewbook screen FILE. What has no decision stays here.
"""


def log_text(log: Log, before: str) -> str:
    """The log as it is written; the comments at the head of the file stay."""
    comments = list(before.splitlines(keepends=True))
    head = "".join(comments[: next((i for i, line in enumerate(comments) if not line.startswith("#")), len(comments))])
    return head + _dump(
        log.model_dump(mode="json", exclude_none=True, exclude_defaults=True), ("searches", "decisions")
    )


def candidates_text(candidates: Candidates) -> str:
    """The candidates as they are written."""
    data = candidates.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return HEAD + _dump(data, ("candidates",))


def new_file(folder: Path, day: str) -> Path:
    """The file for the candidates of a day; a second one on that day gets a number."""
    path, number = folder / f"candidates-{day}.yml", 1
    while path.exists():
        number += 1
        path = folder / f"candidates-{day}-{number}.yml"
    return path


def undecided(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates without a decision."""
    return tuple(candidate for candidate in candidates if candidate.decision is None)


def _dump(data: dict[str, Any], lists: Sequence[str]) -> str:
    data = data | {name: data.get(name, []) for name in lists}
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


class _Dumper(yaml.SafeDumper):
    """YAML whose days are plain, without quotes, as people write them."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    day = len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit()
    tag = "tag:yaml.org,2002:timestamp" if day else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, text)


_Dumper.add_representer(str, _string)
