"""Pool the trials of a CSV file: the same computation as the book's, for anyone to check it with."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .effect_sizes import OF_COUNTS, OF_MEANS, Effect, Measure, given, of_counts, of_means
from .synthesis import Pooled, pool

COLUMNS = {
    **dict.fromkeys(OF_COUNTS, ("events_t", "n_t", "events_c", "n_c")),
    **dict.fromkeys(OF_MEANS, ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")),
    Measure.GEN: ("yi", "vi"),
}
"""The columns that a measure needs, beside ``study``."""


class Trial(NamedTuple):
    """A trial and its effect."""

    study: str
    effect: Effect


def read_trials(path: Path, measure: Measure) -> tuple[Trial, ...]:
    """The trials of a CSV file with the columns ``study`` and those of :data:`COLUMNS`; more are ignored.

    Raises:
        ValueError: naming line, study and cure, if a column is missing or a value cannot be.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text: save it as CSV in UTF-8") from None
    rows = csv.DictReader(text.splitlines())
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    missing = [name for name in ("study", *COLUMNS[measure]) if name not in names]
    if missing:
        raise ValueError(
            f"line 1: the column {', '.join(missing)} is missing; {measure} needs study,{','.join(COLUMNS[measure])}"
        )
    try:
        trials = tuple(
            _trial(row, rows.line_num, measure) for row in rows if any((value or "").strip() for value in _cells(row))
        )
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: {error}") from None
    if not trials:
        raise ValueError("there is no trial below the heads")
    return trials


def _cells(row: Mapping[str | None, str | list[str] | None]) -> list[str]:
    return [value for value in row.values() if isinstance(value, str)]


def _trial(row: Mapping[str, str], line: int, measure: Measure) -> Trial:
    study = (row.get("study") or "").strip()
    place = f"line {line}" + (f", {study}" if study else "")
    values: dict[str, float] = {}
    for name in COLUMNS[measure]:
        text = (row.get(name) or "").strip()
        try:
            values[name] = float(text.replace("−", "-"))
        except ValueError:
            what = f"is {text!r}, not a number" if text else "is empty"
            raise ValueError(f"{place}: {name} {what}") from None
    try:
        return Trial(study, effect_of(measure, values))
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def effect_of(measure: Measure, values: Mapping[str, float]) -> Effect:
    """The effect of one trial from its values by column.

    Raises:
        ValueError: if they cannot be.
    """
    if measure in OF_COUNTS:
        return of_counts(measure, *(values[name] for name in COLUMNS[measure]))
    if measure in OF_MEANS:
        return of_means(measure, *(values[name] for name in COLUMNS[measure]))
    return given(values["yi"], values["vi"])


def as_json(pooled: Pooled, trials: Sequence[Trial], measure: Measure) -> dict[str, object]:
    """What the command prints; all on the scale of the analysis (logarithms for OR and RR)."""
    return {
        "measure": measure.value,
        "k": pooled.k,
        "estimate": pooled.estimate,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "pi_low": pooled.pi_low,
        "pi_high": pooled.pi_high,
        "tau2": pooled.tau2,
        "i2": pooled.i2,
        "q": pooled.q,
        "study": [trial.study for trial in trials],
        "yi": [trial.effect.yi for trial in trials],
        "vi": [trial.effect.vi for trial in trials],
        "weights": list(pooled.weights),
    }


def pool_file(path: Path, measure: Measure) -> tuple[Pooled, tuple[Trial, ...]]:
    """Read a file and pool its trials; raises what :func:`read_trials` raises."""
    trials = read_trials(path, measure)
    return pool([trial.effect for trial in trials]), trials
