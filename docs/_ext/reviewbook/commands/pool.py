"""``reviewbook pool FILE``: pool the trials of a CSV file as the book does."""

from __future__ import annotations

import argparse
import json
import sys
from math import exp
from pathlib import Path

from ..effect_sizes import Measure
from ..pool_file import as_json, pool_file
from .shared import EPILOG, Commands


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "pool",
        help="pool the trials of a CSV file",
        description="Pool the trials of a CSV file by random effects (REML, Hartung-Knapp-Sidik-Jonkman intervals, "
        "prediction interval), as the book does. Columns: study and events_t,n_t,events_c,n_c (OR, RR, RD) or "
        "mean_t,sd_t,n_t,mean_c,sd_c,n_c (MD, SMD) or yi,vi (GEN).",
        epilog=EPILOG,
    )
    command.add_argument("file", metavar="FILE", type=Path, help="a CSV file with one trial a line")
    command.add_argument(
        "--measure", required=True, choices=[measure.value for measure in Measure], help="what to pool"
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="print all results as JSON, on the scale of the analysis (log for OR and RR)",
    )
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    measure = Measure(options.measure)
    try:
        pooled, trials = pool_file(options.file, measure)
    except ValueError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(as_json(pooled, trials, measure), indent=2))
        return 0
    shown = exp if measure.is_ratio else float
    low, high = shown(pooled.ci_low), shown(pooled.ci_high)
    print(f"{measure.words} {shown(pooled.estimate):.4g} (95% CI {low:.4g} to {high:.4g}), k = {pooled.k}")
    print(f"95% prediction interval {shown(pooled.pi_low):.4g} to {shown(pooled.pi_high):.4g}")
    print(f"tau2 {pooled.tau2:.4g}, I2 {pooled.i2:.1f}%, Q {pooled.q:.4g} (p = {pooled.p_heterogeneity:.3g})")
    return 0
