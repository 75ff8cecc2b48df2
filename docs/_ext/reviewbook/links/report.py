"""What is known of the links, for a terminal, for programs (JSON lines) and for people elsewhere (Markdown)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .model import Answer, Link, Outcome, Place

MOVED = "moved"
"""The part of the report on good links whose page has a new address."""

_TITLES = {
    Outcome.BAD: "Bad: these lead nowhere",
    Outcome.UNKNOWN: "Unknown: these could not be judged",
    MOVED: "Moved: these work, but have a new address",
}


class Line(NamedTuple):
    """A link and what came out for it.

    Attributes:
        link: the link.
        answer: what is known.
        cached: whether it was known from before.
    """

    link: Link
    answer: Answer
    cached: bool = False


def counts(lines: Sequence[Line]) -> str:
    """How many links there are of each outcome, in a sentence."""
    number = {o: sum(line.answer.outcome is o for line in lines) for o in Outcome}
    known = sum(line.cached for line in lines)
    before = f"; {known} known from before" if known else ""
    told = ", ".join(f"{number[o]} {o.value}" for o in Outcome)
    return f"{len(lines)} {'link' if len(lines) == 1 else 'links'}: {told}{before}."


def console(lines: Sequence[Line]) -> str:
    """The report for a terminal: what needs a look, each with every place, and the counts."""
    out: list[str] = []
    for title, several in _parts(lines):
        out += [title, ""]
        for link, answer, _ in several:
            out.append(f"  {_plain(link.name)}")
            out.append(f"    {_plain(answer.why)}")
            if _offered(link, answer):
                out.append(f"    archived copy: {link.archived}")
            out += [f"    {_place(place)}" for place in link.places]
        out.append("")
    return "\n".join([*out, counts(lines)])


def json_lines(lines: Sequence[Line]) -> str:
    """Every link on a line of JSON."""
    return "".join(
        json.dumps(
            {
                "link": line.link.name,
                "kind": line.link.kind.value,
                "outcome": line.answer.outcome.value,
                "why": line.answer.why,
                "leads_to": line.answer.leads_to or None,
                "archived": line.link.archived or None,
                "cached": line.cached,
                "places": [place._asdict() for place in line.link.places],
            },
            ensure_ascii=False,
        )
        + "\n"
        for line in lines
    )


def markdown(lines: Sequence[Line]) -> str:
    """The report as Markdown; what servers said stands as code, so that it cannot act as markup or call anybody."""
    out = ["# Links", "", counts(lines)]
    for title, several in _parts(lines):
        out += ["", f"## {title}", ""]
        for link, answer, _ in several:
            out.append(f"- {_code(link.name)}: {_code(answer.why)}")
            if _offered(link, answer):
                out.append(f"  - archived copy: {_code(link.archived)}")
            out += [f"  - {_code(_place(place))}" for place in link.places]
    return "\n".join(out) + "\n"


def _parts(lines: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    chosen = {
        Outcome.BAD: [line for line in lines if line.answer.outcome is Outcome.BAD],
        Outcome.UNKNOWN: [line for line in lines if line.answer.outcome is Outcome.UNKNOWN],
        MOVED: [line for line in lines if line.answer.outcome is Outcome.GOOD and line.answer.leads_to],
    }
    for part, several in chosen.items():
        if several:
            yield f"{_TITLES[part]} ({len(several)})", several


def _offered(link: Link, answer: Answer) -> bool:
    return bool(link.archived) and answer.outcome is not Outcome.GOOD


def _place(place: Place) -> str:
    return f"{place.path}:{place.line}" + (f" ({place.what})" if place.what else "")


def _plain(text: str) -> str:
    """Text on one line, without anything that a terminal would obey."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def _code(text: str) -> str:
    return "`" + _plain(text).replace("`", "'") + "`"
