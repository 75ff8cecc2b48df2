"""Two arms of a trial set against each other: how many people in 100, and the difference with its interval.

The data are the ``outcomes`` of the records. In each outcome the last arm is the comparator,
and every other arm is set against it. Nothing here knows of Sphinx.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan, sqrt
from typing import NamedTuple

from .grading import RANDOMISED
from .records import Arm, Design, Outcome, Record, Status

Z95 = 1.959963984540054
"""The 97.5th percentile of the standard normal distribution."""

COMPARED = RANDOMISED | {Design.LABEL}
"""Designs whose arms are set against each other when no source is named: randomised trials, and labels that report them."""


class Interval(NamedTuple):
    """An estimate with its 95% confidence interval, in people of 100."""

    estimate: float
    low: float
    high: float


class Contrast(NamedTuple):
    """An outcome in two arms of one trial.

    Attributes:
        key: the BibTeX key of the source.
        outcome: what was counted, as an identifier: ``ae-nausea``.
        timepoint: when, in words.
        treated: the arm that had the treatment.
        control: the arm that it is compared with.
    """

    key: str
    outcome: str
    timepoint: str
    treated: Arm
    control: Arm

    @property
    def rates(self) -> tuple[float, float]:
        """How many of 100 people had the outcome, with the treatment and with the comparator."""
        return _rate(self.treated), _rate(self.control)

    @property
    def difference(self) -> Interval | None:
        """How many more of 100 had it with the treatment; None if not all counts are known."""
        treated, control = self.treated, self.control
        if treated.events is None or control.events is None or not treated.n or not control.n:
            return None
        return risk_difference(treated.events, treated.n, control.events, control.n)


def risk_difference(events_t: int, n_t: int, events_c: int, n_c: int) -> Interval:
    """The difference of two proportions with Newcombe's hybrid score interval, times 100.

    Newcombe 1998, Statistics in Medicine 17:873-890, method 10 (without continuity correction):
    unlike the Wald interval it stays within −100 and 100 and has a width even where nobody, or everybody, had the event.

    Args:
        events_t, n_t: people with the event, and all people, in the treated arm.
        events_c, n_c: the same in the comparator arm.

    Raises:
        ValueError: if a count is negative, an arm is empty, or more people had the event than there were.
    """
    for events, n in ((events_t, n_t), (events_c, n_c)):
        if not 0 <= events <= n or n == 0:
            raise ValueError(f"{events} events among {n} people cannot be")
    p, q = events_t / n_t, events_c / n_c
    p_low, p_high = _wilson(p, n_t)
    q_low, q_high = _wilson(q, n_c)
    low = p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return Interval(100 * (p - q), 100 * low, 100 * high)


def _wilson(p: float, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927)."""
    centre = p + Z95**2 / (2 * n)
    spread = Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n**2))
    scale = 1 + Z95**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def select(records: Mapping[str, Record], outcomes: Sequence[str], keys: Sequence[str] = ()) -> tuple[Contrast, ...]:
    """The contrasts of the named outcomes, in the order asked for.

    Args:
        records: the records that may be cited, by key.
        outcomes: identifiers of outcomes; with ``ae-nausea @ 4 weeks`` at that time point alone.
        keys: whose; without any, all randomised trials and labels that hold data of two arms; never a retracted one.

    Raises:
        ValueError: with the cure, if nothing is asked for, or a named source or outcome has no data to compare.
    """
    if not outcomes:
        raise ValueError("name at least one outcome, such as ae-nausea")
    unknown = [key for key in keys if key not in records]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} cannot be cited: correct the key, or complete the source")
    retracted = [key for key in keys if records[key].status is Status.RETRACTED]
    if retracted:
        raise ValueError(f"{', '.join(retracted)} was retracted; its data are not shown")
    chosen = keys or sorted(
        key for key, record in records.items() if record.design in COMPARED and record.status is not Status.RETRACTED
    )
    found: list[Contrast] = []
    for asked in outcomes:
        name, _, when = (part.strip() for part in asked.partition("@"))
        here = [
            contrast
            for key in chosen
            for outcome in records[key].outcomes
            if outcome.outcome == name and when in ("", outcome.timepoint)
            for contrast in _contrasts(key, outcome)
        ]
        if not here:
            among = f" of {', '.join(keys)}" if keys else ""
            raise ValueError(f"no record{among} has counts or percentages of {asked!r} in two arms")
        found += here
    idle = [key for key in keys if key not in {contrast.key for contrast in found}]
    if idle:
        raise ValueError(f"{', '.join(idle)}: no data of {', '.join(outcomes)} in two arms; add them under outcomes")
    return tuple(found)


def _contrasts(key: str, outcome: Outcome) -> Iterator[Contrast]:
    *treated, control = outcome.arms
    for arm in treated:
        if not isnan(_rate(arm) + _rate(control)):
            yield Contrast(key, outcome.outcome, outcome.timepoint, arm, control)


def _rate(arm: Arm) -> float:
    """How many of 100 people had the event; not a number if it is not known."""
    if arm.events is not None and arm.n:
        return 100 * arm.events / arm.n
    return float("nan") if arm.percent is None else arm.percent
