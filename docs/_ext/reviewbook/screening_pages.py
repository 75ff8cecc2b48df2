"""What a page shows of the searches and the screening log: the searches, the flow of PRISMA 2020, single numbers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from docutils import nodes

from .days import spoken
from .flow_chart import FlowChart
from .library import Library
from .plots import drawing
from .screening import Flow, Screening, flow
from .tables import table

KINDS = ("searches", "screening-flow", "screening")
"""The live parts that are filled in here."""

TITLE = "From the searches to the library"

NUMBERS = ("by-hand-until", "last-search")
"""What the role ``screening`` takes."""


def facts(kind: str, arguments: tuple[str, ...], screening: Screening, library: Library) -> tuple[Any, ...]:
    """What a live part shows, as plain data; nothing where there is no sound log."""
    plan, log = screening.plan, screening.log
    if plan is None or log is None:
        return ()
    if kind == "searches":
        searches = tuple((s.name, s.registry.value, s.parts, log.since(s.name)) for s in plan.searches)
        return (searches, tuple(plan.reasons.values()))
    if kind == "screening-flow":
        return (flow(log, plan, library.entries),)
    days = {"by-hand-until": log.by_hand.until, "last-search": log.last_search}
    return (spoken(days[arguments[0]]),)


def render(kind: str, shown: tuple[Any, ...]) -> Iterator[nodes.Node]:
    """The nodes of a live part."""
    if not shown:
        return
    if kind == "searches":
        yield from _searches(*shown)
    elif kind == "screening-flow":
        yield from _flow(shown[0])
    else:
        yield nodes.Text(shown[0])


def _searches(
    searches: tuple[tuple[str, str, tuple[tuple[str, str], ...], datetime.date], ...], reasons: tuple[str, ...]
) -> Iterator[nodes.Node]:
    listed = nodes.definition_list(classes=["searches"])
    for name, registry, parts, since in searches:
        text = nodes.definition()
        for part, asked in parts:
            text += nodes.paragraph("", "", nodes.Text(f"{part.capitalize()}: "), nodes.literal("", asked))
        text += nodes.paragraph("", f"It next looks for what is new since {spoken(since)}.")
        listed += nodes.definition_list_item("", nodes.term("", f"{registry} ({name})"), text)
    yield listed
    yield nodes.paragraph("", "A work that they find may be excluded for these reasons:")
    items = nodes.bullet_list()
    for words in reasons:
        items += nodes.list_item("", nodes.paragraph("", words))
    yield items


def _flow(shown: Flow) -> Iterator[nodes.Node]:
    """The chart, what it cannot tell, and its numbers as a table."""
    figure = nodes.figure("", drawing("", picture=FlowChart(TITLE, shown)), classes=["drawn", "screening-flow"])
    figure["ids"].append("screening-flow")
    figure += nodes.caption(
        "",
        f"{TITLE}, after PRISMA 2020, drawn from the screening log. "
        "Solid boxes go on; dashed boxes tell what was left out.",
    )
    yield figure
    by_hand = (
        f"Until {spoken(shown.until)} sources were found by hand, and no log was kept of what was met and left out, "
        "so nobody can say how many works were screened before that day. "
    )
    since = (
        f"Since then the searches were made {_times(shown.runs)}, last on {spoken(shown.last)}."
        if shown.runs
        else "No logged search has been made since, so all numbers of the searches are zero."
    )
    yield nodes.paragraph("", by_hand + since)
    rows = [[nodes.inline("", step), nodes.inline("", f"{number:,}")] for step, number in _steps(shown)]
    yield table(("Step", "Works"), (80, 20), rows, "screening-numbers")


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def _steps(shown: Flow) -> Iterator[tuple[str, int]]:
    for registry, number in shown.found:
        yield f"Found by logged searches of {registry}", number
    yield "Of these, already in the library", shown.in_library
    yield "Of these, met before in the same or an earlier search", shown.met_before
    yield "Waiting to be screened", shown.waiting
    yield "Screened by title and abstract", shown.screened
    yield "Excluded by title and abstract", shown.excluded_early
    yield "Sought in full", shown.sought
    yield "Could not be had", shown.not_retrieved
    yield "Read", shown.read
    for words, number in shown.excluded_late:
        yield f"Excluded after reading: {words}", number
    yield "New sources from logged searches", shown.included
    yield "Sources found by hand, of which no log was kept", shown.by_hand
    yield "Sources in the library", shown.sources
