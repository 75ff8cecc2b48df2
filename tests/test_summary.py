"""The page in plain words can be read at about US grade 8, and is short."""

from __future__ import annotations

import re

import pytest
import readability
from books import ROOT

SUMMARY = ROOT / "docs" / "summary.md"
GRADE = 8
MOST_WORDS = 1100
"""About two pages of the PDF."""


def sentences(markdown: str) -> list[str]:
    """The prose of a page, a sentence a line: without headings, citations, links to findings and marks."""
    found = []
    for line in markdown.splitlines():
        if re.match(r"\s*(#|\(.*\)=|:::|```|:\w+:|%|\|)", line) or not line.strip():
            continue
        line = re.sub(r"\s*\(\{(?:certainty|ref)\}`[^`]*`\)", "", line)
        line = re.sub(r"\s*\{cite:\w+\}`[^`]*`", "", line)
        line = re.sub(r"\{\w+\}`([^`<]*?)\s*(?:<[^`]*>)?`", r"\1", line)
        line = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*_]", r"\1", line)
        found.append(re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "", line).strip())
    return found


def words(sentence: str) -> list[str]:
    """The words of a sentence; a number is a word."""
    return re.findall(r"[^\W_](?:[\w’'%.,-]*[\w%])?", sentence)


def measures(lines: list[str]) -> dict[str, float]:
    """What the formulae for readability give for sentences."""
    text = "\n".join(" ".join(words(line)) for line in lines)
    return dict(readability.getmeasures(text, lang="en")["readability grades"])


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("## Head\n\nIt is so {cite:p}`doe2001`.", ["It is so."]),
        ("It may ({certainty}`finding-x`).", ["It may."]),
        ("- **See** {doc}`the page </x>` or [this](https://example.org).", ["See the page or this."]),
        ("{voice}`Not very.`", ["Not very."]),
    ],
)
def test_prose_is_taken_without_marks(markdown: str, found: list[str]) -> None:
    assert sentences(markdown) == found


def test_the_measures_tell_plain_from_learned() -> None:
    plain = ["The drug may help some people.", "It can make you feel sick."]
    learned = ["Pharmacokinetic heterogeneity necessitates individualised administration of the antidepressant."]
    assert measures(plain)["Kincaid"] < GRADE < measures(learned)["Kincaid"]


@pytest.mark.parametrize("measure", ["Kincaid", "GunningFogIndex", "Coleman-Liau"])
def test_the_summary_can_be_read_at_grade_eight(measure: str) -> None:
    lines = sentences(SUMMARY.read_text(encoding="utf-8"))
    hardest = sorted(lines, key=lambda line: -len("".join(words(line))))[:3]
    grade = measures(lines)[measure]
    assert grade <= GRADE, f"{measure} is {grade:.1f}; the longest sentences are {hardest}"


def test_the_summary_is_short() -> None:
    count = sum(len(words(line)) for line in sentences(SUMMARY.read_text(encoding="utf-8")))
    assert 300 < count <= MOST_WORDS
