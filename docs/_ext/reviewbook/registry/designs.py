"""A guess at the design of a study from what registries call it; a reader has to confirm it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..records import Design
from .work import Work


class Guess(NamedTuple):
    """A design, and what it was guessed from."""

    design: Design
    because: str


_TRIALS = frozenset(
    (
        *("Randomized Controlled Trial", "Equivalence Trial", "Pragmatic Clinical Trial", "Adaptive Clinical Trial"),
        "RANDOMIZED",
    )
)
_CROSSOVER = re.compile(r"cross-?over", re.IGNORECASE)

_BY_KIND: tuple[tuple[str, Design], ...] = (
    ("Network Meta-Analysis", Design.META_ANALYSIS),
    ("Meta-Analysis", Design.META_ANALYSIS),
    ("Systematic Review", Design.SYSTEMATIC_REVIEW),
    ("Practice Guideline", Design.GUIDELINE),
    ("Guideline", Design.GUIDELINE),
    ("Consensus Statement", Design.CONSENSUS),
    ("Consensus Development Conference, NIH", Design.CONSENSUS),
    ("Consensus Development Conference", Design.CONSENSUS),
    ("Clinical Trial Protocol", Design.METHODS),
    *((name, Design.RCT_PARALLEL) for name in sorted(_TRIALS)),
    ("SINGLE_GROUP", Design.OPEN_LABEL),
    ("NON_RANDOMIZED", Design.OPEN_LABEL),
    ("Controlled Clinical Trial", Design.OPEN_LABEL),
    *((f"Clinical Trial, Phase {phase}", Design.OPEN_LABEL) for phase in ("I", "II", "III", "IV")),
    ("Clinical Trial", Design.OPEN_LABEL),
    ("Case Reports", Design.CASE_REPORT),
    ("CROSS_SECTIONAL", Design.CROSS_SECTIONAL),
    ("COHORT", Design.COHORT),
    ("OBSERVATIONAL", Design.COHORT),
    ("Editorial", Design.COMMENTARY),
    ("Comment", Design.COMMENTARY),
    ("Letter", Design.COMMENTARY),
    ("News", Design.NEWS),
    ("Newspaper Article", Design.NEWS),
    ("government", Design.REGULATORY),
    ("page", Design.NEWS),
)
"""Designs by what a registry calls a work; the first that fits counts, and subjects and title come after the trials."""

_BEFORE_TITLE = frozenset(name for name, design in _BY_KIND if design not in (Design.COMMENTARY, Design.NEWS))

_BY_SUBJECT: tuple[tuple[str, Design], ...] = (
    ("Qualitative Research", Design.QUALITATIVE),
    ("Cost-Benefit Analysis", Design.ECONOMIC),
    ("Cohort Studies", Design.COHORT),
    ("Retrospective Studies", Design.COHORT),
    ("Cross-Sectional Studies", Design.CROSS_SECTIONAL),
    ("Pharmacovigilance", Design.PHARMACOVIGILANCE),
)

_BY_TITLE: tuple[tuple[str, Design], ...] = (
    (r"protocol", Design.METHODS),
    (r"meta-?analys", Design.META_ANALYSIS),
    (r"systematic(?:\s+\w+)? review", Design.SYSTEMATIC_REVIEW),
    (r"non-?randomi[sz]ed|open-label|single-arm", Design.OPEN_LABEL),
    (r"randomi[sz]ed|placebo-controlled", Design.RCT_PARALLEL),
    (r"guideline", Design.GUIDELINE),
    (r"consensus", Design.CONSENSUS),
    (r"case reports?\b", Design.CASE_REPORT),
    (r"case series", Design.CASE_SERIES),
    (r"qualitative|interview", Design.QUALITATIVE),
    (r"cost-?(?:effective|utility|benefit)", Design.ECONOMIC),
    (r"FAERS|pharmacovigilance|disproportionality", Design.PHARMACOVIGILANCE),
    (r"pharmacokinetic", Design.PHARMACOKINETIC),
    (r"cohort|retrospective|registry|real-world", Design.COHORT),
    (r"cross-sectional|survey", Design.CROSS_SECTIONAL),
    (r"\b(?:mice|mouse|rats?|rodents?|monkeys?)\b", Design.PRECLINICAL_IN_VIVO),
    (r"in vitro|cultured", Design.PRECLINICAL_IN_VITRO),
    (r"\breview\b", Design.NARRATIVE_REVIEW),
)


def guess(work: Work) -> Guess:
    """The likeliest design, and why; where nothing points anywhere, a commentary, which supports least."""
    for name, design in _BY_KIND:
        if name in work.kinds and name in _BEFORE_TITLE:
            return _refined(design, f"{_who(work)} calls it {_spoken(name)}", work)
    animals = {"Animals", "Mice", "Rats"} & set(work.subjects)
    if animals and "Humans" not in work.subjects:
        return Guess(Design.PRECLINICAL_IN_VIVO, "PubMed files it under animals, not under humans")
    for name, design in _BY_SUBJECT:
        if name in work.subjects:
            return Guess(design, f"PubMed files it under {name}")
    if "Observational Study" in work.kinds:
        return Guess(Design.COHORT, "PubMed calls it Observational Study")
    for pattern, design in _BY_TITLE:
        if match := re.search(pattern, work.title, re.IGNORECASE):
            return _refined(design, f"its title says “{match[0]}”", work)
    for name in ("Scoping Review", "Review"):
        if name in work.kinds:
            return Guess(Design.NARRATIVE_REVIEW, f"PubMed calls it {name}")
    for name, design in _BY_KIND:
        if name in work.kinds:
            return Guess(design, f"{_who(work)} calls it {_spoken(name)}")
    return Guess(Design.COMMENTARY, "no registry says what it is")


def _refined(design: Design, because: str, work: Work) -> Guess:
    if design is Design.RCT_PARALLEL:
        crossover = next((word for word in (*work.kinds, *work.subjects, work.title) if _CROSSOVER.search(word)), "")
        if crossover:
            return Guess(Design.RCT_CROSSOVER, f"{because}, and it is said to be a crossover trial")
    return Guess(design, because)


def _who(work: Work) -> str:
    return work.registry if work.registry not in ("Crossref", "DataCite") else "PubMed"


def _spoken(kind: str) -> str:
    return f"“{kind.replace('_', ' ').lower() if kind.isupper() else kind}”"
