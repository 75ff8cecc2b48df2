"""Meta-analyses of the book: which trials answer a question, what each found, and what they give together.

The data are the ``outcomes`` of the records. Several treated arms of one trial are joined, so that no comparator
is counted twice. Nothing here knows of Sphinx.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, sqrt
from typing import NamedTuple

from .contrasts import Z95
from .effect_sizes import OF_COUNTS, OF_MEANS, Effect, Measure, of_counts, of_means
from .records import Arm, Outcome, Record, Reported, Status
from .synthesis import LEFT_OUT_NEEDS, Asymmetry, Between, Pooled, between, egger, leave_one_out, pool

RATIOS = ("OR", "RR", "HR")


class Question(NamedTuple):
    """What is pooled.

    Attributes:
        measure: the effect size.
        outcome: the identifier of the outcome in the records.
        timepoints: the time points that are taken, as the records write them; the first that a record has.
        groups: subgroups with the keys of their trials; one group without a name where there are no subgroups.
    """

    measure: Measure
    outcome: str
    timepoints: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all trials, in order."""
        return tuple(key for _, keys in self.groups for key in keys)


class Study(NamedTuple):
    """One trial's answer.

    Attributes:
        key: the BibTeX key.
        group: the subgroup it belongs to.
        timepoint: when.
        treated: the treated arm, several joined to one; None where the effect is taken as reported.
        control: the comparator arm.
        effect: the effect, on the scale of the analysis.
        reported: whether the effect is taken as the source reports it.
    """

    key: str
    group: str
    timepoint: str
    treated: Arm | None
    control: Arm | None
    effect: Effect
    reported: bool


class Analysis(NamedTuple):
    """The answer to a question.

    Attributes:
        studies: the trials, in order.
        total: the pooled effect of all.
        groups: the pooled effect of each subgroup; empty where there is only one group.
        difference: the test for a difference between the subgroups.
        left_out: the pooled effect without each trial in turn; empty where fewer than three are pooled.
        asymmetry: Egger's test; None for fewer than ten trials.
    """

    studies: tuple[Study, ...]
    total: Pooled
    groups: tuple[tuple[str, Pooled], ...]
    difference: Between | None
    left_out: tuple[Pooled, ...]
    asymmetry: Asymmetry | None


def analyse(question: Question, records: Mapping[str, Record]) -> Analysis:
    """Pool the trials of a question.

    Raises:
        ValueError: naming the record and the cure, if a trial has no data that fit, or they cannot be.
    """
    studies = studies_of(question, records)
    effects = [one.effect for one in studies]
    groups = tuple((group, pool([one.effect for one in studies if one.group == group])) for group, _ in question.groups)
    several = len(groups) > 1
    comparable = several and all(pooled.se > 0 for _, pooled in groups)
    return Analysis(
        studies,
        pool(effects),
        groups if several else (),
        between([pooled for _, pooled in groups]) if comparable else None,
        leave_one_out(effects) if len(effects) >= LEFT_OUT_NEEDS else (),
        egger(effects),
    )


def studies_of(question: Question, records: Mapping[str, Record]) -> tuple[Study, ...]:
    """What each trial of a question found, in order; all else in an analysis follows from it.

    Raises:
        ValueError: naming the record and the cure, if a trial has no data that fit.
    """
    if not question.keys:
        raise ValueError("name the trials: a list item for each group, '- group: key, key'")
    twice = sorted({key for key in question.keys if question.keys.count(key) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is named twice; a trial is pooled once")
    return tuple(study(key, group, question, records) for group, keys in question.groups for key in keys)


def study(key: str, group: str, question: Question, records: Mapping[str, Record]) -> Study:
    """What one trial found; raises what :func:`analyse` raises."""
    record = records.get(key)
    if record is None:
        raise ValueError(f"{key} cannot be cited: correct the key, or complete the source")
    if record.status is Status.RETRACTED:
        raise ValueError(f"{key} was retracted; take it out of the meta-analysis")
    when = " or ".join(question.timepoints) or "any time"
    fitting = [
        outcome
        for timepoint in question.timepoints or [outcome.timepoint for outcome in record.outcomes]
        for outcome in record.outcomes
        if outcome.outcome == question.outcome and outcome.timepoint == timepoint
    ]
    faults = []
    for outcome in fitting:
        try:
            treated, control, effect = effect_of(outcome, question.measure)
        except ValueError as error:
            faults.append(str(error))
        else:
            return Study(key, group, outcome.timepoint, treated, control, effect, outcome.effect is not None)
    if faults:
        raise ValueError(f"{key}, {question.outcome} at {when}: {faults[0]}")
    raise ValueError(f"{key} has no outcome {question.outcome} at {when}; add it to docs/sources/{key}.yml")


def effect_of(outcome: Outcome, measure: Measure) -> tuple[Arm | None, Arm | None, Effect]:
    """The effect of an outcome, and the two arms that it comes from.

    A reported effect goes before the arms, because it is given where the arms alone would mislead.

    Raises:
        ValueError: if neither the arms nor the report give the effect.
    """
    if outcome.effect is not None:
        if measure is not Measure.GEN and outcome.effect.measure != measure.value:
            raise ValueError(f"the reported effect is {outcome.effect.measure}, not {measure}")
        control = outcome.arms[-1] if len(outcome.arms) > 1 else None
        return (outcome.arms[0] if control else None), control, _reported(outcome.effect)
    if len(outcome.arms) < 2:
        raise ValueError("there is only one arm; a comparison needs two")
    *several, control = outcome.arms
    if measure in OF_COUNTS:
        treated = join_counts(several)
        return treated, control, of_counts(measure, *_counts(treated), *_counts(control))
    if measure in OF_MEANS:
        treated = join_means(several)
        return treated, control, of_means(measure, *_means(treated), *_means(control))
    raise ValueError("GEN needs a reported effect")


def join_counts(arms: Sequence[Arm]) -> Arm:
    """Several arms as one, by adding people and events."""
    if len(arms) == 1:
        return arms[0]
    counts = [_counts(arm) for arm in arms]
    return Arm(arm=_joined(arms), events=sum(e for e, _ in counts), n=sum(n for _, n in counts))


def join_means(arms: Sequence[Arm]) -> Arm:
    """Several arms as one: the formulas of the Cochrane Handbook, section 6.5.2.10, table 6.5.a."""
    first, *rest = arms
    mean, sd, n = _means(first)
    for arm in rest:
        mean2, sd2, n2 = _means(arm)
        both = n + n2
        squares = (n - 1) * sd**2 + (n2 - 1) * sd2**2 + n * n2 / both * (mean - mean2) ** 2
        mean, sd, n = (n * mean + n2 * mean2) / both, sqrt(squares / (both - 1)), both
    return first if not rest else Arm(arm=_joined(arms), mean=mean, sd=sd, n=n)


def _joined(arms: Sequence[Arm]) -> str:
    return " + ".join(arm.arm for arm in arms)


def _counts(arm: Arm) -> tuple[int, int]:
    if arm.events is None or arm.n is None:
        raise ValueError(f"the arm {arm.arm!r} needs events and n")
    return arm.events, arm.n


def _means(arm: Arm) -> tuple[float, float, int]:
    if arm.mean is None or arm.n is None or (arm.sd is None and arm.se is None):
        raise ValueError(f"the arm {arm.arm!r} needs mean, n, and sd or se")
    sd = arm.sd if arm.sd is not None else (arm.se or 0.0) * sqrt(arm.n)
    return arm.mean, sd, arm.n


def _reported(effect: Reported) -> Effect:
    """A reported effect on the scale of the analysis; its standard error from the interval if need be."""
    ratio = effect.measure in RATIOS
    scale = log if ratio else float
    if effect.se is not None:
        se = effect.se
    else:
        assert effect.ci_low is not None and effect.ci_high is not None  # the record's own check
        se = (scale(effect.ci_high) - scale(effect.ci_low)) / (2 * Z95)
    return Effect(scale(effect.estimate), se**2)
