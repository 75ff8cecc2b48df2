"""Effect sizes and pooling, held to what R's metafor prints for the same data (tests/metafor)."""

from __future__ import annotations

import csv
import json
from math import log
from pathlib import Path

import pytest
from hypothesis import given as using
from hypothesis import strategies as st

from reviewbook import cli
from reviewbook.effect_sizes import Effect, Measure, given, of_counts, of_means
from reviewbook.pool_file import COLUMNS, pool_file, read_trials
from reviewbook.synthesis import LEFT_OUT_NEEDS, between, egger, leave_one_out, pool

FOLDER = Path(__file__).parent / "metafor"
EXPECTED = list(csv.DictReader(line for line in (FOLDER / "expected.csv").open() if not line.startswith("#")))
NUMBERS = ("k", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2", "q")


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: f"{row['data']}-{row['measure']}")
def test_every_number_is_that_of_metafor(expected: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    file = FOLDER / f"{expected['data']}.csv"
    assert cli.main(["pool", str(file), "--measure", expected["measure"], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for name in NUMBERS:
        assert found[name] == pytest.approx(float(expected[name]), abs=1e-6, rel=1e-7), name
    for name in ("yi", "vi"):
        assert found[name] == pytest.approx([float(x) for x in expected[name].split()], abs=1e-8, rel=1e-8), name
    assert sum(found["weights"]) == pytest.approx(1)


def test_the_data_sets_cover_the_hard_cases() -> None:
    names = {row["data"] for row in EXPECTED}
    assert {path.stem for path in FOLDER.glob("*.csv")} - {"expected"} == names
    assert len(names) >= 8
    assert {row["measure"] for row in EXPECTED} == set(Measure)
    assert {float(row["tau2"]) > 0 for row in EXPECTED} == {True, False}
    assert {1, 2} <= {int(row["k"]) for row in EXPECTED}


# Leave-one-out, subgroups, funnel


def twelve() -> list[Effect]:
    return [trial.effect for trial in read_trials(FOLDER / "effects-twelve.csv", Measure.GEN)]


def test_leaving_one_out_pools_the_others() -> None:
    effects = twelve()
    found = leave_one_out(effects)
    assert len(found) == 12
    assert found[3] == pool(effects[:3] + effects[4:])
    assert leave_one_out(effects[:1]) == ()


def test_subgroups_are_compared_by_their_own_means() -> None:
    groups = {"inert": pool(twelve()[:6]), "active": pool(twelve()[6:])}
    found = between(groups)
    a, b = groups.values()
    assert found.q == pytest.approx((a.estimate - b.estimate) ** 2 / (a.se**2 + b.se**2))
    assert found.df == 1
    assert 0 < found.p < 1
    with pytest.raises(ValueError, match="needs two"):
        between([a])


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda row: f"{row['data']}-{row['measure']}")
def test_leaving_one_out_and_eggers_test_are_those_of_metafor(expected: dict[str, str]) -> None:
    effects = [Effect(*map(float, pair)) for pair in zip(expected["yi"].split(), expected["vi"].split(), strict=True)]
    left = leave_one_out(effects) if len(effects) >= LEFT_OUT_NEEDS else ()
    for name in ("estimate", "ci_low", "ci_high", "tau2", "i2"):
        reference = [float(number) for number in expected[f"left_out_{name}"].split()]
        assert [getattr(one, name) for one in left] == pytest.approx(reference, abs=1e-5, rel=1e-6), name
    found = egger(effects)
    assert bool(found) == bool(expected["egger_t"]) == (len(effects) >= 10)
    if found:
        assert found.slope / found.se == pytest.approx(float(expected["egger_t"]), rel=1e-6)
        assert found.p == pytest.approx(float(expected["egger_p"]), rel=1e-6)


def test_eggers_test_needs_a_funnel() -> None:
    assert egger([Effect(0.1 * i, 0.04) for i in range(12)]) is None


# Properties


effect = st.builds(Effect, st.floats(-3, 3), st.floats(1e-4, 10))


@using(st.lists(effect, min_size=1, max_size=12))
def test_an_estimate_lies_among_the_effects_and_in_its_intervals(effects: list[Effect]) -> None:
    found = pool(effects)
    slack = 1e-9
    assert min(e.yi for e in effects) - slack <= found.estimate <= max(e.yi for e in effects) + slack
    assert found.pi_low - slack <= found.ci_low <= found.estimate <= found.ci_high <= found.pi_high + slack
    assert found.tau2 >= 0
    assert 0 <= found.i2 <= 100


@using(st.lists(effect, min_size=2, max_size=8), st.floats(-5, 5))
def test_shifting_all_effects_shifts_the_estimate(effects: list[Effect], shift: float) -> None:
    before, after = pool(effects), pool([Effect(e.yi + shift, e.vi) for e in effects])
    assert after.tau2 == pytest.approx(before.tau2, abs=1e-5, rel=1e-4)
    assert after.estimate == pytest.approx(before.estimate + shift, abs=1e-5)


@using(st.integers(1, 60), st.integers(1, 60), st.data())
def test_turning_the_arms_turns_the_sign(n_t: int, n_c: int, data: st.DataObject) -> None:
    events_t, events_c = data.draw(st.integers(0, n_t)), data.draw(st.integers(0, n_c))
    for measure in (Measure.OR, Measure.RR, Measure.RD):
        there = of_counts(measure, events_t, n_t, events_c, n_c)
        back = of_counts(measure, events_c, n_c, events_t, n_t)
        assert there.yi == pytest.approx(-back.yi)
        assert there.vi == pytest.approx(back.vi)
        assert there.vi >= 0


# What cannot be


@pytest.mark.parametrize(
    ("text", "measure", "cure"),
    [
        ("study,events_t,n_t,events_c,n_c\nA,5,4,1,9\n", "OR", "line 2, A: the treated arm has 5 events among 4"),
        ("study,events_t,n_t,events_c,n_c\nA,1,4,-1,9\n", "RR", "line 2, A: the comparator arm has -1 events"),
        ("study,events_t,n_t,events_c,n_c\nA,1,4,0,0\n", "RD", "line 2, A: the comparator arm has no participants"),
        ("study,events_t,n_t,events_c,n_c\nA,1,4,,\n", "OR", "line 2, A: events_c is empty"),
        ("study,events_t,n_t\nA,1,4\n", "OR", "line 1: the column events_c, n_c is missing"),
        ("study,mean_t,sd_t,n_t,mean_c,sd_c,n_c\nA,1,-2,10,1,2,10\n", "MD", "treated arm is negative: -2"),
        ("study,mean_t,sd_t,n_t,mean_c,sd_c,n_c\nA,1,2,1,1,2,10\n", "SMD", "has 1 participants; a standard deviation"),
        ("study,mean_t,sd_t,n_t,mean_c,sd_c,n_c\nA,1,0,9,1,0,10\n", "SMD", "both standard deviations are zero"),
        ("study,yi,vi\nA,0.1,0\n", "GEN", "line 2, A: the variance must be above zero, not 0"),
        ("study,yi,vi\nA,nan,1\n", "GEN", "line 2, A: yi and vi must be numbers"),
        ("study,yi,vi\nA,small,1\n", "GEN", "line 2, A: yi is 'small', not a number"),
        ("study,yi,vi\n", "GEN", "there is no trial below the heads"),
        ("", "GEN", "line 1: the column study, yi, vi is missing"),
    ],
)
def test_bad_data_is_refused_with_its_line_and_study(
    text: str, measure: str, cure: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "data.csv"
    file.write_text(text)
    assert cli.main(["pool", str(file), "--measure", measure]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"{file}: " in printed.err
    assert cure in printed.err


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pool", str(tmp_path / "none.csv"), "--measure", "OR"]) == 1
    assert "none.csv" in capsys.readouterr().err
    (tmp_path / "data.csv").write_bytes(b"study,yi,vi\n\xff,1,1\n")
    assert cli.main(["pool", str(tmp_path / "data.csv"), "--measure", "GEN"]) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_a_file_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes("\ufeffstudy, yi ,vi,note\r\nA,−0.5,0.1,x\r\n,,,\r\nB,0.5,0.1,\r\n".encode())
    pooled, trials = pool_file(file, Measure.GEN)
    assert [trial.study for trial in trials] == ["A", "B"]
    assert pooled.estimate == pytest.approx(0)


def test_the_result_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pool", str(FOLDER / "counts-one-study.csv"), "--measure", "OR"]) == 0
    assert capsys.readouterr().out.startswith("odds ratio 3.789 (95% CI 1.327 to 10.82), k = 1\n")


def test_values_are_refused_by_the_functions_too() -> None:
    with pytest.raises(ValueError, match="there is no trial"):
        pool([])
    with pytest.raises(ValueError, match="trial 2 has the effect 1 with the variance 0"):
        pool([Effect(1, 1), Effect(1, 0)])
    with pytest.raises(ValueError, match="not a measure of counts"):
        of_counts(Measure.MD, 1, 2, 1, 2)
    with pytest.raises(ValueError, match="not a measure of means"):
        of_means(Measure.OR, 1, 1, 2, 1, 1, 2)
    with pytest.raises(ValueError, match="must be numbers"):
        given(1, float("inf"))
    assert of_counts(Measure.OR, 1, 2, 1, 2).yi == log(1)
    assert set(COLUMNS) == set(Measure)
