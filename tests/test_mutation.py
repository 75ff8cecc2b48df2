"""Break the real chapters on purpose, and count how often the gate notices.

Each chapter is read again with one change in each of its sentences (a sentence stands on a line of its own, and
what it breaks is reported at that line). What the changes are, and which rule is to notice:

* a citation role is deleted: ``claim.uncited``, always;
* a digit is changed in the words of a sentence: ``claim.number-untraced`` or, within a name such as 5-HT2A,
  ``claim.name-unknown``, or, in a derived number, ``claim.derived-wrong``; in at least 98% of cases.
  What passes is a value that the same record holds with the same unit ("on day 3" for "on day 1");
* a unit is exchanged: ``claim.number-untraced``;
* a digit is changed in a citation key: ``cite.unknown-key``, or the numbers are in no record of the other source.

A chart refuses a table that it cannot draw, as from 70 to 50; that is Sphinx's error, and fails the build as well.
Digits are drawn by line and weighted by the digits of the line, so that each digit of the book counts alike.
"""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from reviewbook import rules
from reviewbook.domain import ReviewDomain, domain_of

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix()
    for part in ("mechanism", "administration", "evidence", "risks", "ethics")
    for path in (ROOT / "docs" / part).glob("*.md")
    if path.stem != "index"
)
ROUNDS = 6

CITATION = re.compile(r"\s?\{cite:[a-z]+\}`[^`]*`")
# What no reader sees: keys, labels, addresses, options.
HIDDEN = re.compile(
    r"\{(?:cite:[a-z]+|ref|doc|numref|finding)\}`[^`]*`|\]\([^)]*\)|^\s*:(?!downgraded:|upgraded:|caption:)[a-z-]+:.*"
)
OPTION = re.compile(r"^\s*:(?:downgraded|upgraded|caption):")
DRAWN = re.compile(r":::\{(?:range-chart|pathway)\}")
REFUSED = re.compile(r":(\d+): (?:WARNING|ERROR): (?:range-chart|pathway):")
UNITS = {
    "%": " percentage points",
    " mg/kg": " µg/kg",
    " mg": " g",
    " h": " min",
    " min": " h",
    " days": " weeks",
    " weeks": " days",
}
UNIT = re.compile(r"(?<=\d)(?P<unit>%(?! (?:CI|confidence))| mg/kg| mg(?!/)| h| min| days| weeks)(?![\w/])")


class Broken(NamedTuple):
    """What the gate reports of one line."""

    line: int
    rule: str


class Gate:
    """The real book, and what the rules say of one of its chapters with another text."""

    def __init__(self, app: Sphinx, log: io.StringIO) -> None:
        self.app = app
        self._log = log
        self._text: dict[str, str] = {}
        app.connect("source-read", self._replace)
        app.builder.read()

    def _replace(self, app: Sphinx, docname: str, source: list[str]) -> None:
        source[0] = self._text.get(docname, source[0])

    @property
    def domain(self) -> ReviewDomain:
        return domain_of(self.app.env)

    def judge(self, docname: str, lines: list[str]) -> set[Broken]:
        """Return the rules that the chapter breaks if it consists of ``lines``."""
        self._text[docname] = "\n".join(lines)
        try:
            self.app.emit("env-purge-doc", self.app.env, docname)
            self.app.env.clear_doc(docname)
            self._log.seek(0)
            self._log.truncate()
            self.app.builder.read_doc(docname)
        finally:
            del self._text[docname]
        book = self.domain.book()
        book = book._replace(
            claims={docname: book.claims[docname]}, uses=tuple(use for use in book.uses if use.docname == docname)
        )
        found = [*rules.check_claims(book), *rules.check_citations(book)]
        refused = {Broken(int(line), "a chart") for line in REFUSED.findall(self._log.getvalue())}
        return {Broken(problem.line or 0, problem.rule) for problem in found if problem.rule != "voice.share"} | refused

    def sentences(self, docname: str, lines: list[str]) -> list[int]:
        """Return the numbers of the lines that hold sound claims, and of the reasons of findings, counted from 1."""
        unsound = {broken.line for broken in self.judge(docname, lines)}
        claims = {claim.line for claim in self.domain.claims[docname] if claim.line} - unsound
        reasons = {
            number
            for number, line in enumerate(lines, 1)
            if OPTION.match(line) and _reported_at(lines, number) in claims
        }
        return sorted(claims | reasons)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("mutation")
    with patch_docutils(ROOT), docutils_namespace():
        log = io.StringIO()
        app = Sphinx(ROOT / "docs", ROOT, folder / "out", folder / "doctrees", "dummy", status=None, warning=log)
        yield Gate(app, log)


Change = Callable[[random.Random, str], str | None]
"""Changes one thing in a line, or returns None if there is nothing to change."""


def visible(line: str, pattern: str) -> list[int]:
    """Return where ``pattern`` stands in what a reader sees of ``line``."""
    hidden = [match.span() for match in HIDDEN.finditer(line)]
    found = (match.start() for match in re.finditer(pattern, line))
    return [place for place in found if not any(start <= place < end for start, end in hidden)]


def other_digit(chance: random.Random, line: str, place: int) -> str:
    digit = chance.choice([char for char in "0123456789" if char != line[place]])
    return line[:place] + digit + line[place + 1 :]


def without_a_citation(chance: random.Random, line: str) -> str | None:
    roles = list(CITATION.finditer(line))
    if not roles:
        return None
    role = chance.choice(roles)
    return line[: role.start()] + line[role.end() :]


def with_another_digit(chance: random.Random, line: str) -> str | None:
    places = visible(line, r"\d")
    return other_digit(chance, line, chance.choice(places)) if places else None


def with_another_unit(chance: random.Random, line: str) -> str | None:
    hidden = [match.span() for match in HIDDEN.finditer(line)]
    units = [m for m in UNIT.finditer(line) if not any(start <= m.start() < end for start, end in hidden)]
    if not units:
        return None
    unit = chance.choice(units)
    return line[: unit.start()] + UNITS[unit["unit"]] + line[unit.end() :]


def with_another_key(chance: random.Random, line: str) -> str | None:
    places = [
        role.start() + digit.start() for role in CITATION.finditer(line) for digit in re.finditer(r"\d", role.group())
    ]
    return other_digit(chance, line, chance.choice(places)) if places else None


class Tally(NamedTuple):
    """How often the gate noticed."""

    changes: int
    noticed: int
    rate: float
    """Part of the changes that was noticed, each line by its weight."""
    by_rule: Counter[str]
    passed: list[str]


def tally(gate: Gate, docname: str, change: Change, rounds: int, weigh: Callable[[str], int] = lambda line: 1) -> Tally:
    """Change every sound sentence of a chapter ``rounds`` times and count what is noticed."""
    lines = (ROOT / "docs" / f"{docname}.md").read_text(encoding="utf-8").split("\n")
    sound = gate.sentences(docname, lines)
    chance = random.Random(f"{docname} {change.__name__}")
    tried: Counter[int] = Counter()
    noticed: Counter[int] = Counter()
    by_rule: Counter[str] = Counter()
    passed: list[str] = []
    for _ in range(rounds):
        changed = {number: text for number in sound if (text := change(chance, lines[number - 1])) is not None}
        if change is with_another_digit:
            # A chart is refused whole: change one row of each.
            for start in {_drawn(lines, number) for number in changed} - {None}:
                rows = [number for number in changed if _drawn(lines, number) == start]
                for number in set(rows) - {chance.choice(rows)}:
                    del changed[number]
        found = gate.judge(docname, [changed.get(number, line) for number, line in enumerate(lines, 1)])
        for number, text in changed.items():
            places = {number, _reported_at(lines, number), _drawn(lines, number)}
            at = {broken.rule for broken in found if broken.line in places}
            tried[number] += 1
            by_rule.update(at)
            if at:
                noticed[number] += 1
            else:
                passed.append(f"{docname}:{number}: {text}")
    gate.judge(docname, lines)
    weights = {number: weigh(lines[number - 1]) for number in tried}
    rate = sum(weights[number] * noticed[number] / tried[number] for number in tried) / max(1, sum(weights.values()))
    return Tally(tried.total(), noticed.total(), rate, by_rule, passed)


def _opening(lines: list[str], number: int) -> int | None:
    """Return the line at which the block around a line begins."""
    depth = 0
    for above in range(number, 0, -1):
        line = lines[above - 1].strip()
        if line == ":::":
            depth += above < number
        elif line.startswith(":::"):
            if not depth:
                return above
            depth -= 1
    return None


def _reported_at(lines: list[str], number: int) -> int:
    """Return the line at which a fault of line ``number`` is reported: an option's is the directive's."""
    return (_opening(lines, number) or number) if OPTION.match(lines[number - 1]) else number


def _drawn(lines: list[str], number: int) -> int | None:
    """Return the line at which the chart begins that is drawn from a line, if one is."""
    start = _opening(lines, number)
    return start if start and DRAWN.match(lines[start - 1].strip()) else None


def digits(line: str) -> int:
    return len(visible(line, r"\d"))


def test_there_are_chapters_to_break() -> None:
    assert CHAPTERS


@pytest.mark.parametrize("docname", CHAPTERS)
def test_every_deleted_citation_is_noticed(docname: str, gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    found = tally(gate, docname, without_a_citation, 1)
    with capsys.disabled():
        print(f"\n{docname}: {found.noticed} of {found.changes} deleted citations noticed", end=" ")
    assert found.changes >= 20
    # A question needs no citation, and is sound without one.
    assert [text for text in found.passed if not text.rstrip().endswith("?")] == []
    assert found.by_rule["claim.uncited"] >= found.noticed - len(found.passed)


def test_every_deleted_citation_under_a_popular_claim_is_noticed(gate: Gate) -> None:
    found = tally(gate, "appendix/popular-claims", without_a_citation, 1)
    assert found.changes
    assert found.passed == []
    assert found.by_rule["claim.uncited"] == found.noticed


@pytest.mark.timeout(1200)
def test_nearly_every_changed_digit_is_noticed(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    found = {docname: tally(gate, docname, with_another_digit, ROUNDS, digits) for docname in CHAPTERS}
    weights = {
        docname: sum(map(digits, (ROOT / "docs" / f"{docname}.md").read_text(encoding="utf-8").split("\n")))
        for docname in CHAPTERS
    }
    rate = sum(found[docname].rate * weights[docname] for docname in CHAPTERS) / sum(weights.values())
    by_rule = sum((one.by_rule for one in found.values()), Counter())
    with capsys.disabled():
        print()
        for docname, one in found.items():
            print(f"{docname}: {one.rate:.1%} of {one.changes} changed digits noticed")
        print(f"all chapters: {rate:.2%}; by {dict(by_rule.most_common())}", end=" ")
    assert sum(one.changes for one in found.values()) >= 100 * ROUNDS
    assert set(by_rule) >= {"claim.number-untraced", "claim.name-unknown"}
    assert rate >= 0.98, "\n".join(text for one in found.values() for text in one.passed)


@pytest.mark.timeout(1200)
def test_nearly_every_exchanged_unit_is_noticed(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    found = [tally(gate, docname, with_another_unit, 2) for docname in CHAPTERS]
    changes, noticed = sum(one.changes for one in found), sum(one.noticed for one in found)
    with capsys.disabled():
        print(f"\n{noticed} of {changes} exchanged units noticed ({noticed / changes:.1%})", end=" ")
    assert changes >= 100
    assert noticed / changes >= 0.98, "\n".join(text for one in found for text in one.passed)


@pytest.mark.timeout(1200)
def test_most_changed_keys_are_noticed(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    found = [tally(gate, docname, with_another_key, 2) for docname in CHAPTERS]
    changes, noticed = sum(one.changes for one in found), sum(one.noticed for one in found)
    with capsys.disabled():
        print(f"\n{noticed} of {changes} changed keys noticed ({noticed / changes:.1%})", end=" ")
    assert changes >= 100
    # Another year of the same author may be a source that holds all that the sentence says.
    assert noticed / changes >= 0.98, "\n".join(text for one in found for text in one.passed)


def test_an_unchanged_sentence_is_not_noticed(gate: Gate) -> None:
    """The control: what is counted above is the change and nothing else."""

    def not_at_all(chance: random.Random, line: str) -> str | None:
        return line if visible(line, r"\d") else None

    found = tally(gate, CHAPTERS[0], not_at_all, 1)
    assert found.changes > 10
    assert found.noticed == 0
