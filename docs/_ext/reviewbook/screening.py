"""The searches for new studies, the log of what was screened, and the numbers that follow from it (PRISMA 2020).

The searches are in ``docs/searches.yml``; the log, with every past search and every decision, is in
``docs/screening/log.yml``; what waits for a decision is in files beside it. There is no Sphinx in here.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from . import addresses
from .library import Library, line_of, read_model
from .problems import Problem
from .records import Design, Identifier, Text

RULE = "screening.invalid"

DOI = r"^10\.\d{4,9}/\S+$"
"""What a DOI looks like."""


class Registry(StrEnum):
    """Where is searched."""

    PUBMED = "PubMed"
    TRIALS = "ClinicalTrials.gov"


class Verdict(StrEnum):
    """What a screener decides."""

    INCLUDED = "included"
    EXCLUDED = "excluded"


class Stage(StrEnum):
    """Where a work was excluded, as in PRISMA 2020."""

    TITLE = "title-abstract"
    RETRIEVAL = "retrieval"
    FULL_TEXT = "full-text"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


class Search(_Model):
    """A search that is repeated."""

    name: Identifier
    """Its name in the log."""
    registry: Registry
    """Where it is made."""
    query: Text | None = None
    """For PubMed: the query."""
    intervention: Text | None = None
    """For ClinicalTrials.gov: the expression for what is given."""
    condition: Text | None = None
    """For ClinicalTrials.gov: the expression for the condition."""

    @model_validator(mode="after")
    def _asks(self) -> Search:
        if self.registry is Registry.PUBMED and (not self.query or self.intervention or self.condition):
            raise ValueError("a search of PubMed has a query, and nothing else")
        if self.registry is Registry.TRIALS and (not self.intervention or self.query):
            raise ValueError(
                "a search of ClinicalTrials.gov has an intervention and may have a condition, but no query"
            )
        return self

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """What is asked for, by the name of the field."""
        names = ("query", "intervention", "condition")
        return tuple((name, value) for name in names if (value := getattr(self, name)))


class Plan(_Model):
    """What is searched for, and why a work may be excluded (``docs/searches.yml``)."""

    searches: Annotated[tuple[Search, ...], Field(min_length=1)]
    """The searches."""
    reasons: Annotated[dict[Identifier, Text], Field(min_length=1)]
    """The reasons to exclude a work, by the name that the log has."""

    @model_validator(mode="after")
    def _distinct(self) -> Plan:
        twice = _repeated(search.name for search in self.searches)
        if twice:
            raise ValueError(f"two searches have the name {', '.join(twice)}")
        return self


class Run(_Model):
    """A search that was made."""

    search: Identifier
    """Its name."""
    registry: Registry
    """Where it was made."""
    date: datetime.date
    """When."""
    since: datetime.date
    """From which day on works were looked for."""
    found: Annotated[int, Field(ge=0)]
    """How many it found."""
    in_library: Annotated[int, Field(ge=0)]
    """How many of them the library held."""
    met_before: Annotated[int, Field(ge=0)]
    """How many of them had been screened, were waiting, or had been found by another search of that day."""
    candidates: Annotated[int, Field(ge=0)]
    """How many were left to be screened."""

    @model_validator(mode="after")
    def _adds_up(self) -> Run:
        parts = self.in_library + self.met_before + self.candidates
        if parts != self.found:
            raise ValueError(f"in_library, met_before and candidates make {parts}, not the {self.found} found")
        if self.since > self.date:
            raise ValueError("since is after the date of the search")
        return self


class _Work(_Model):
    title: Text
    """The title, as the registry has it."""
    pmid: Annotated[str, Field(pattern=f"^{addresses.PMID.pattern}$")] | None = None
    doi: Annotated[str, Field(pattern=DOI)] | None = None
    nct: Annotated[str, Field(pattern=f"^{addresses.NCT.pattern}$")] | None = None
    results: bool = False
    """For a registered trial: that its results were posted, which is a work of its own."""
    search: Identifier
    """The search that found it first."""

    @model_validator(mode="after")
    def _has_identifier(self) -> _Work:
        if not self.ids:
            raise ValueError("it has no pmid, doi or nct")
        return self

    @property
    def ids(self) -> frozenset[str]:
        """Its identifiers; two works that share one are the same."""
        trial = f"{self.nct} results" if self.results else self.nct
        return frozenset(name.casefold() for name in (self.pmid, self.doi, trial) if name)


class _Decided(_Work):
    decision: Verdict | None = None
    """Included or excluded."""
    stage: Stage | None = None
    """If excluded: where."""
    reason: Identifier | None = None
    """If excluded: why, by a name from the list of reasons; needed except where the work could not be retrieved."""
    key: Text | None = None
    """If included: the key of its source in the library."""
    note: Text | None = None
    """Anything else worth keeping."""

    @model_validator(mode="after")
    def _whole(self) -> _Decided:
        if self.decision is None and (self.stage or self.reason or self.key):
            raise ValueError("write `decision: included` or `decision: excluded`")
        if self.decision is Verdict.INCLUDED:
            if self.stage or self.reason:
                raise ValueError("an included work has no stage and no reason; say why in a note")
            if not self.key:
                raise ValueError("an included work needs `key`; add the source first: reviewbook add ID")
        if self.decision is Verdict.EXCLUDED:
            if self.key:
                raise ValueError("an excluded work has no key")
            if not self.stage:
                raise ValueError(f"an excluded work needs `stage`: {', '.join(Stage)}")
            if not self.reason and self.stage is not Stage.RETRIEVAL:
                raise ValueError("an excluded work needs `reason`, a name from docs/searches.yml")
        return self


class Candidate(_Decided):
    """A work that waits for a decision."""

    authors: str = ""
    """The first author."""
    where: str = ""
    """Journal or register, and year."""
    design: Design
    """A guess at the design."""
    design_because: Text
    """What it was guessed from."""
    matched: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The searches that found it, and by which of their words."""
    resembles: Text | None = None
    """A source of nearly the same title, which may be the same work or another form of it."""


class Candidates(_Model):
    """The works that one day's searches found (``docs/screening/candidates-DATE.yml``)."""

    date: datetime.date
    """The day of the searches."""
    candidates: tuple[Candidate, ...]
    """The works."""


class Decision(_Decided):
    """A decision in the log."""

    decision: Verdict
    """Included or excluded."""
    date: datetime.date
    """When it was entered."""


class ByHand(_Model):
    """What is known of the search before there was a log."""

    until: datetime.date
    """The day of the last search by hand."""


class Log(_Model):
    """What was searched, and what became of what was found (``docs/screening/log.yml``)."""

    by_hand: ByHand
    """The search before there was a log."""
    searches: tuple[Run, ...] = ()
    """The searches that were made, the oldest first."""
    decisions: tuple[Decision, ...] = ()
    """The decisions, in the order in which they were entered."""

    @model_validator(mode="after")
    def _consistent(self) -> Log:
        candidates = sum(run.candidates for run in self.searches)
        if len(self.decisions) > candidates:
            raise ValueError(
                f"{len(self.decisions)} decisions, but the searches left only {candidates} works to screen"
            )
        twice = _repeated(name for decision in self.decisions for name in decision.ids)
        if twice:
            raise ValueError(f"decided twice: {', '.join(twice)}")
        again = _repeated(decision.key for decision in self.decisions if decision.key)
        if again:
            raise ValueError(f"two works have the key {', '.join(again)}; each source is one work")
        return self

    @property
    def last_search(self) -> datetime.date:
        """The day of the last search of any kind."""
        return max((run.date for run in self.searches), default=self.by_hand.until)

    @property
    def left(self) -> int:
        """How many works wait to be screened."""
        return sum(run.candidates for run in self.searches) - len(self.decisions)

    def since(self, search: str) -> datetime.date:
        """From which day on a search has to look: that on which it was last made."""
        return max((run.date for run in self.searches if run.search == search), default=self.by_hand.until)


class Screening(NamedTuple):
    """The searches, the log, what waits to be screened, and what is wrong with the files; None without a sound file."""

    plan: Plan | None
    log: Log | None
    waiting: tuple[Candidate, ...]
    problems: tuple[Problem, ...]


NONE = Screening(None, None, (), ())


def load(plan_file: Path, log_file: Path, library: Library) -> Screening:
    """Load the searches, the log and the files of candidates beside it; a book may have none of them."""
    if not plan_file.exists() and not log_file.exists():
        return NONE
    plan, _, problems = read_model(plan_file, Plan, RULE)
    log, text, more = read_model(log_file, Log, RULE)
    problems += more
    if log and plan:
        problems += _check(log, plan, library, text, str(log_file))
    waiting: list[Candidate] = []
    for path in waiting_files(log_file.parent):
        candidates, _, more = read_model(path, Candidates, RULE)
        waiting += candidates.candidates if candidates else ()
        problems += more
    if log and not problems and len(waiting) != log.left:
        message = f"by the log {log.left} works wait to be screened, but the files beside it hold {len(waiting)}"
        problems.append(Problem(RULE, message, str(log_file), 1))
    return Screening(plan, log, tuple(waiting), tuple(problems))


def waiting_files(folder: Path) -> list[Path]:
    """The files of candidates."""
    return sorted(folder.glob("candidates-*.yml"))


def _check(log: Log, plan: Plan, library: Library, text: str, path: str) -> Iterator[Problem]:
    for index, decision in enumerate(log.decisions):
        for name, message in faults(decision, plan, library):
            yield Problem(RULE, message, path, line_of(text, ("decisions", index, name)))


def faults(decided: _Decided, plan: Plan, library: Library) -> Iterator[tuple[str, str]]:
    """What is wrong with a decision, looked at with the list of reasons and the library: the field, and the fault."""
    if decided.reason and decided.reason not in plan.reasons:
        yield "reason", f"there is no reason {decided.reason!r}; there are {', '.join(plan.reasons)}"
    if decided.key and decided.key not in library.entries:
        yield "key", f"there is no source {decided.key!r}; add it first: reviewbook add ID"


# The flow of PRISMA 2020


class Flow(NamedTuple):
    """How many works went which way.

    Attributes:
        until: the day of the last search by hand.
        last: the day of the last search of any kind.
        runs: how many logged searches were made.
        found: by registry, how many works the logged searches found.
        in_library: how many of these the library held.
        met_before: how many had been met before.
        waiting: how many wait to be screened.
        screened: how many were screened.
        excluded_early: how many were excluded by title and abstract.
        not_retrieved: how many could not be had.
        excluded_late: by reason, in words, how many were excluded after they had been read.
        included: how many became sources.
        by_hand: how many sources of the library come from no logged search.
    """

    until: datetime.date
    last: datetime.date
    runs: int
    found: tuple[tuple[str, int], ...]
    in_library: int
    met_before: int
    waiting: int
    screened: int
    excluded_early: int
    not_retrieved: int
    excluded_late: tuple[tuple[str, int], ...]
    included: int
    by_hand: int

    @property
    def sought(self) -> int:
        """How many were to be had in full."""
        return self.screened - self.excluded_early

    @property
    def read(self) -> int:
        """How many were read in full."""
        return self.sought - self.not_retrieved

    @property
    def sources(self) -> int:
        """How many sources the library holds."""
        return self.by_hand + self.included


def flow(log: Log, plan: Plan, sources: Mapping[str, object]) -> Flow:
    """The numbers that follow from the log and from the sources of the library."""
    stages = Counter(decision.stage for decision in log.decisions)
    late = Counter(decision.reason for decision in log.decisions if decision.stage is Stage.FULL_TEXT)
    keys = {decision.key for decision in log.decisions if decision.key}
    found = Counter(dict.fromkeys(Registry, 0))
    for run in log.searches:
        found[run.registry] += run.found
    return Flow(
        until=log.by_hand.until,
        last=log.last_search,
        runs=len(log.searches),
        found=tuple((registry.value, number) for registry, number in found.items()),
        in_library=sum(run.in_library for run in log.searches),
        met_before=sum(run.met_before for run in log.searches),
        waiting=log.left,
        screened=len(log.decisions),
        excluded_early=stages[Stage.TITLE],
        not_retrieved=stages[Stage.RETRIEVAL],
        excluded_late=tuple((words, late[name]) for name, words in plan.reasons.items() if late[name]),
        included=len(keys),
        by_hand=len(sources.keys() - keys),
    )


def _repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)
