"""What a source record holds: the typed model behind ``docs/sources/<key>.yml``.

A record says what a source found, in our own words, and how we read it.
Bibliographic data (authors, title, journal, DOI) stays in ``references.bib`` alone.
All models are frozen: a record is never changed after it has been loaded.
"""

from __future__ import annotations

import datetime
import re
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .addresses import ARCHIVED

Text = Annotated[str, Field(min_length=1)]
_INERT = re.compile(r"(?:placebo|saline|sham)\b", re.IGNORECASE)
"""What the name of a comparator arm that does nothing begins with."""

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Design(StrEnum):
    """The kind of study or document, in the terms of the Cochrane Handbook where it has one."""

    META_ANALYSIS = "meta-analysis"
    SYSTEMATIC_REVIEW = "systematic-review"
    RCT_PARALLEL = "rct-parallel"
    RCT_CROSSOVER = "rct-crossover"
    OPEN_LABEL = "open-label"
    COHORT = "cohort"
    CROSS_SECTIONAL = "cross-sectional"
    CASE_SERIES = "case-series"
    CASE_REPORT = "case-report"
    PHARMACOKINETIC = "pharmacokinetic"
    PHARMACOVIGILANCE = "pharmacovigilance"
    HUMAN_MECHANISTIC = "human-mechanistic"
    PRECLINICAL_IN_VIVO = "preclinical-in-vivo"
    PRECLINICAL_IN_VITRO = "preclinical-in-vitro"
    QUALITATIVE = "qualitative"
    ECONOMIC = "economic"
    GUIDELINE = "guideline"
    CONSENSUS = "consensus"
    LABEL = "label"
    REGULATORY = "regulatory"
    NARRATIVE_REVIEW = "narrative-review"
    COMMENTARY = "commentary"
    NEWS = "news"
    METHODS = "methods"


REVIEWS = frozenset({Design.META_ANALYSIS, Design.SYSTEMATIC_REVIEW})
"""Designs that bring single studies together."""


class Status(StrEnum):
    """Whether the source still stands."""

    OK = "ok"
    CORRECTED = "corrected"
    CONCERN = "concern"
    RETRACTED = "retracted"


class Depth(StrEnum):
    """How much of the source was read."""

    FULL_TEXT = "full-text"
    ABSTRACT = "abstract"
    LABEL = "label"
    PAGE = "page"
    EXCERPT = "excerpt"


class RiskOfBias(StrEnum):
    """Overall judgement on a randomised trial, in the words of the Cochrane tool (RoB 2)."""

    LOW = "low"
    SOME_CONCERNS = "some-concerns"
    HIGH = "high"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


class Read(_Model):
    """One reading of the source: what was read, where, and when."""

    what: Depth
    """How much was read."""
    where: Text
    """The page that was read (URL of the publisher, PubMed, PMC or an agency), or a description of the copy."""
    when: datetime.date | None = None
    """The day of reading; absent where it was not noted."""


class Finding(_Model):
    """One thing the source found, paraphrased, with its numbers as the source reports them."""

    id: Identifier
    """A short name, unique within the record."""
    text: Text
    """The finding in our own words; every number as in the source."""
    locator: Text
    """Where in the source it stands: abstract, Table 2, section 5.1."""


class Arm(_Model):
    """One arm of a trial at one time point, for one outcome."""

    arm: Text
    """Name of the arm: ketamine 0.5 mg/kg, midazolam."""
    n: Annotated[int, Field(ge=0)] | None = None
    """Number of participants analysed."""
    events: Annotated[int, Field(ge=0)] | None = None
    """Number of participants with the event."""
    percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Percentage with the event, where the source gives no count."""
    mean: float | None = None
    """Mean score or mean change, on the outcome's scale."""
    sd: Annotated[float, Field(ge=0)] | None = None
    """Standard deviation, on the outcome's scale."""
    se: Annotated[float, Field(ge=0)] | None = None
    """Standard error of the mean, on the outcome's scale."""

    @model_validator(mode="after")
    def _events_within_n(self) -> Arm:
        if self.n is not None and self.events is not None and self.events > self.n:
            raise ValueError(f"{self.events} events among {self.n} participants")
        if self.n and self.events is not None and self.percent is not None:
            found = 100 * self.events / self.n
            if abs(found - self.percent) > 0.51:  # some sources print whole percentages
                raise ValueError(f"{self.events} of {self.n} is {found:.1f}%, not {self.percent:g}%")
        return self


class Reported(_Model):
    """An effect as the source reports it, first arm against the last, for trials whose arms alone do not give it.

    So crossover trials, whose people are their own controls, and adjusted differences can be pooled.
    """

    measure: Annotated[str, Field(pattern=r"^(OR|RR|RD|MD|SMD|HR)$")]
    """What the estimate is: OR, RR, HR (as ratios), RD (as a proportion), MD or SMD."""
    estimate: float
    """The estimate as printed; a ratio is not logged."""
    se: Annotated[float, Field(gt=0)] | None = None
    """Its standard error (of the logarithm, for a ratio)."""
    ci_low: float | None = None
    """Lower end of its 95% confidence interval."""
    ci_high: float | None = None
    """Upper end of its 95% confidence interval."""

    @model_validator(mode="after")
    def _has_precision(self) -> Reported:
        both = self.ci_low is not None and self.ci_high is not None
        if self.se is None and not both:
            raise ValueError("a reported effect needs se, or ci_low and ci_high")
        if both and not (self.ci_low or 0) < (self.ci_high or 0):
            raise ValueError("ci_low must be below ci_high")
        if both and not (self.ci_low or 0) <= self.estimate <= (self.ci_high or 0):
            raise ValueError(f"the estimate {self.estimate:g} lies outside its interval")
        if self.measure in ("OR", "RR", "HR") and (self.estimate <= 0 or (both and (self.ci_low or 0) <= 0)):
            raise ValueError("a ratio is above zero; do not log it")
        return self


class Outcome(_Model):
    """Arm-level data of one outcome at one time point."""

    outcome: Identifier
    """What was measured: response, remission, depression-score."""
    timepoint: Text
    """When: 24 h, day 28."""
    arms: Annotated[tuple[Arm, ...], Field(min_length=1)]
    """The arms, each with its data; the comparator is the last, and every other arm is compared with it."""
    locator: Text
    """Where in the source the data stand, and what was derived from what."""
    definition: Text | None = None
    """What counted as the event, such as at least 50% lower MADRS."""
    scale: Text | None = None
    """The rating scale."""
    measure: Text | None = None
    """What the means are: change from baseline, end score."""
    effect: Reported | None = None
    """The effect as reported, where the arms alone do not give it (crossover trials, adjusted differences)."""

    @model_validator(mode="after")
    def _comparator_last(self) -> Outcome:
        early = next((arm.arm for arm in self.arms[:-1] if _INERT.match(arm.arm)), None)
        if early and not _INERT.match(self.arms[-1].arm):
            raise ValueError(f"the arm {early!r} must stand last, because the last arm is the comparator")
        return self


class Record(_Model):
    """What one source found and how it was read (``docs/sources/<key>.yml``)."""

    key: Text
    """The BibTeX key; the same as the file's name."""
    design: Design
    """The kind of study or document."""
    population: Text | None = None
    """Who or what was studied."""
    n: Annotated[int, Field(ge=1)] | None = None
    """Number of participants (or of studies' participants, for a meta-analysis)."""
    intervention: Text | None = None
    """What was given: drug, dose, route, schedule."""
    comparator: Text | None = None
    """What it was compared with."""
    synthesises: tuple[Design, ...] = ()
    """For a review or meta-analysis: the designs of the studies that it brings together; grading starts from them."""
    findings: tuple[Finding, ...]
    """What the source found; empty only in a draft."""
    outcomes: tuple[Outcome, ...] = ()
    """Arm-level data used for pooling."""
    risk_of_bias: RiskOfBias | None = None
    """Overall risk of bias, for a randomised trial that somebody has appraised."""
    risk_of_bias_source: Text | None = None
    """Who judged the risk of bias: a BibTeX key, or 'this review' with the reason."""
    funding: Text | None = None
    """Who paid."""
    conflicts: Text | None = None
    """Declared interests of the authors."""
    caveats: tuple[Text, ...] = ()
    """What limits the source."""
    topics: tuple[Text, ...] = ()
    """Free keywords."""
    aliases: tuple[Text, ...] = ()
    """Other keys for the same work."""
    status: Status = Status.OK
    """Whether the source still stands."""
    notice: Text | None = None
    """The retraction, correction or expression of concern: what it says and where it stands."""
    no_doi: Text | None = None
    """Why a journal article has no DOI."""
    archived: Annotated[str, Field(pattern=f"^{ARCHIVED}$")] | None = None
    """The address of a copy at web.archive.org that somebody has seen, for a source without a DOI."""
    second_hand: bool = False
    """True while only somebody else's account of the source has been read."""
    draft: tuple[Text, ...] = ()
    """What nobody has confirmed or written yet, by name: in a record that a command made from what registries say."""
    read: tuple[Read, ...]
    """What was read, where and when; empty only in a draft."""

    @model_validator(mode="after")
    def _consistent(self) -> Record:
        unknown = sorted(set(self.draft) - set(Record.model_fields))
        if unknown:
            raise ValueError(f"draft names what is no field: {', '.join(unknown)}")
        for name in ("findings", "read"):
            if not getattr(self, name) and name not in self.draft:
                raise ValueError(f"{name} is empty, and only a draft that names it may be so")
        ids = [finding.id for finding in self.findings]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"finding id used twice: {', '.join(twice)}")
        kinds = [
            (o.outcome, o.timepoint, o.scale, o.measure, o.definition, *(arm.arm for arm in o.arms))
            for o in self.outcomes
        ]
        again = sorted({f"{kind[0]} ({kind[1]})" for kind in kinds if kinds.count(kind) > 1})
        if again:
            raise ValueError(
                f"outcome given twice: {', '.join(again)}; keep one, or tell them apart by scale, definition or arms"
            )
        if self.status is not Status.OK and not self.notice:
            raise ValueError(f"status is {self.status.value} but there is no notice")
        if self.synthesises and self.design not in REVIEWS:
            raise ValueError(f"synthesises is for reviews, and the design is {self.design.value}")
        if REVIEWS.intersection(self.synthesises):
            raise ValueError("synthesises names the designs of the single studies, not reviews")
        if self.risk_of_bias and not self.risk_of_bias_source:
            raise ValueError("risk_of_bias needs risk_of_bias_source: who judged it")
        return self

    @property
    def seen(self) -> bool:
        """Whether somebody has read the source for us, and the record is no mere draft."""
        return not self.second_hand and not self.draft

    @property
    def evidence(self) -> tuple[Design, ...]:
        """The designs from which grading starts: for a review, those of the studies that it brings together.

        A retracted source is no evidence, and has none.
        """
        if self.status is Status.RETRACTED:
            return ()
        return self.synthesises or (self.design,)
