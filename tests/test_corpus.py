"""Hand-made sentences and the verdict of the gate on each (the data are in corpus.yml)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tiny_book import TinyBook

from reviewbook.claims import Claim
from reviewbook.rules import RULES

CORPUS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("corpus.yml").read_text(encoding="utf-8"))
# What all sentences together break says nothing about one of them.
OF_THE_WHOLE_PAGE = {"voice.share", "claim.numbers"}


class Case(NamedTuple):
    """A piece of Markdown, the rules that it breaks, and how many claims it makes (if that is fixed)."""

    group: str
    markdown: str
    breaks: list[str]
    claims: int | None


def cases() -> Iterator[Case]:
    for group, members in CORPUS["cases"].items():
        for member in members:
            if isinstance(member, dict):
                yield Case(group, member["split"], member["breaks"], member["claims"])
            else:
                yield Case(group, member[0], member[1:], None)


class Judged(NamedTuple):
    """What the gate says of one case."""

    rules: list[str]
    claims: list[Claim]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judged]:
    """Build one chapter of all cases, and give each the warnings and claims of its lines."""
    book = TinyBook(tmp_path_factory.mktemp("corpus") / "book")
    for key, fields in CORPUS["sources"].items():
        findings = [{"id": f"f{i}", "text": text, "locator": "abstract"} for i, text in enumerate(fields["findings"])]
        book.source(
            key, fields["design"], "", **{k: v for k, v in fields.items() if k != "design"} | {"findings": findings}
        )
    book.page(
        "part/two", "# Two\n\n(told)=\n## Told\n\nIt helped {cite:p}`elekt2023`.\n\n(untold)=\n## Untold\n\nWhy?\n"
    )
    lines, spans = ["# One", ""], []
    for case in cases():
        # A comment keeps blocks that stand below each other apart.
        lines += ["% --", ""]
        first = len(lines) + 1
        lines += [*case.markdown.split("\n"), ""]
        spans.append((case, first, len(lines)))
    book.page("part/one", "\n".join(lines))
    built = book.build("check", myst_enable_extensions=["colon_fence", "deflist"])
    claims = built.app.env.get_domain("review").data["claims"]["part/one"]
    everywhere = [
        (w.line, w.rule.removeprefix("reviewbook.")) for w in built.warnings if w.path.endswith("part/one.md")
    ]
    return {
        case.markdown: Judged(
            sorted(
                {rule for line, rule in everywhere if line and first <= line <= last and rule in RULES}
                - OF_THE_WHOLE_PAGE
            ),
            [claim for claim in claims if claim.line and first <= claim.line <= last],
        )
        for case, first, last in spans
    }


def test_the_corpus_is_large_and_has_no_case_twice() -> None:
    markdown = [case.markdown for case in cases()]
    assert len(markdown) >= 150
    assert len(set(markdown)) == len(markdown)
    assert {rule for case in cases() for rule in case.breaks} <= RULES.keys()
    assert 60 <= sum(bool(case.breaks) for case in cases()) <= len(markdown) - 60, "both verdicts need many cases"


@pytest.mark.parametrize("case", [*cases()], ids=lambda case: f"{case.group}: {case.markdown[:60]!r}")
def test_the_gate_gives_the_expected_verdict(case: Case, judged: dict[str, Judged]) -> None:
    found = judged[case.markdown]
    assert found.rules == sorted(case.breaks), found.claims
    if case.claims is not None:
        assert len(found.claims) == case.claims, found.claims
