"""Two arms set against each other: which are chosen, and what the difference is."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbook.contrasts import risk_difference, select
from reviewbook.records import Record, Status


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # The examples of Newcombe 1998, table II; the bounds as statsmodels 0.14 prints them (method "newcomb").
        ((56, 70, 48, 80), 5.2431, 33.3873),
        ((9, 10, 3, 10), 17.0523, 80.9018),
        ((6, 7, 2, 7), 5.8228, 80.625),
        ((5, 56, 0, 29), -3.8137, 19.256),
        ((0, 10, 0, 20), -16.1125, 27.7533),
        ((0, 10, 0, 10), -27.7533, 27.7533),
        ((10, 10, 0, 20), 67.9086, 100),
        ((10, 10, 0, 10), 60.7509, 100),
        ((28, 114, 4, 109), 12.0688, 29.8207),
        ((1, 1000, 0, 1000), -0.2914, 0.5643),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    found = risk_difference(*counts)
    assert found.estimate == pytest.approx(100 * (counts[0] / counts[1] - counts[2] / counts[3]))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize("counts", [(5, 4, 1, 2), (-1, 4, 1, 2), (0, 0, 1, 2), (1, 2, 3, 2)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        risk_difference(*counts)


arms = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(arms, arms)
def test_an_interval_holds_its_estimate_and_turns_with_the_arms(one: tuple[int, int], two: tuple[int, int]) -> None:
    there, back = risk_difference(*one, *two), risk_difference(*two, *one)
    assert -100.000001 <= there.low <= there.estimate + 1e-9 <= there.high + 2e-9 <= 100.000002
    assert isclose(there.low, -back.high, abs_tol=1e-9)
    assert isclose(there.high, -back.low, abs_tol=1e-9)


def record(key: str, *outcomes: dict[str, object], design: str = "rct-parallel") -> Record:
    return Record.model_validate(
        {
            "key": key,
            "design": design,
            "findings": [{"id": "a", "text": "Something.", "locator": "abstract"}],
            "outcomes": outcomes,
            "read": [{"what": "abstract", "where": "https://example.org"}],
        }
    )


def outcome(name: str, *arms: dict[str, object], when: str = "4 weeks") -> dict[str, object]:
    return {"outcome": name, "timepoint": when, "locator": "Table 2", "arms": arms}


LOW = {"arm": "ketamine 0.2 mg/kg", "events": 5, "n": 20}
HIGH = {"arm": "ketamine 0.5 mg/kg", "events": 10, "n": 20}
SALINE = {"arm": "saline", "events": 1, "n": 20}
RECORDS = {
    "roe2002": record("roe2002", outcome("ae-nausea", LOW, HIGH, SALINE), outcome("response", HIGH, SALINE)),
    "doe2001": record(
        "doe2001",
        outcome("ae-nausea", {"arm": "esketamine", "percent": 27.5, "n": 40}, {"arm": "placebo", "percent": 9}),
        outcome("ae-nausea", HIGH, SALINE, when="1 week"),
        outcome("response", HIGH),
    ),
    "poe2003": record("poe2003", outcome("ae-nausea", HIGH, SALINE), design="cohort"),
}


def test_every_arm_is_set_against_the_last() -> None:
    found = select(RECORDS, ["ae-nausea"], ["roe2002"])
    assert [(c.treated.arm, c.control.arm) for c in found] == [
        ("ketamine 0.2 mg/kg", "saline"),
        ("ketamine 0.5 mg/kg", "saline"),
    ]
    assert found[1].rates == (50, 5)
    assert found[1].difference == risk_difference(10, 20, 1, 20)


def test_without_names_randomised_trials_are_taken_in_the_order_of_their_keys() -> None:
    assert [(c.key, c.timepoint) for c in select(RECORDS, ["ae-nausea"])] == [
        ("doe2001", "4 weeks"),
        ("doe2001", "1 week"),
        ("roe2002", "4 weeks"),
        ("roe2002", "4 weeks"),
    ]


def test_named_sources_and_outcomes_keep_the_order_asked_for() -> None:
    found = select(RECORDS, ["response", "ae-nausea @ 1 week"], ["roe2002", "doe2001"])
    assert [(c.outcome, c.key, c.timepoint) for c in found] == [
        ("response", "roe2002", "4 weeks"),
        ("ae-nausea", "doe2001", "1 week"),
    ]


def test_percentages_alone_have_no_interval() -> None:
    found = select(RECORDS, ["ae-nausea @ 4 weeks"], ["doe2001"])
    assert found[0].rates == (27.5, 9)
    assert found[0].difference is None


@pytest.mark.parametrize(
    ("outcomes", "keys", "cure"),
    [
        ([], [], "name at least one outcome"),
        (["ae-nausea"], ["nobody"], "nobody cannot be cited"),
        (["ae-vomiting"], [], "no record has counts or percentages of 'ae-vomiting'"),
        (["response"], ["doe2001"], "no record of doe2001 has counts"),
        (["response"], ["roe2002", "doe2001"], "doe2001: no data of response in two arms"),
    ],
)
def test_what_cannot_be_shown_says_why(outcomes: list[str], keys: list[str], cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        select(RECORDS, outcomes, keys)


@pytest.mark.parametrize(
    ("outcomes", "cure"),
    [
        ([outcome("response", SALINE, HIGH)], "'saline' must stand last"),
        ([outcome("response", HIGH, SALINE), outcome("response", HIGH, SALINE)], "outcome given twice: response"),
        ([outcome("response", {**HIGH, "percent": 40}, SALINE)], "10 of 20 is 50.0%, not 40%"),
    ],
)
def test_arms_that_would_mislead_are_refused(outcomes: list[dict[str, object]], cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        record("doe2001", *outcomes)


def test_the_data_of_a_retracted_trial_are_not_shown() -> None:
    gone = RECORDS["roe2002"].model_copy(update={"status": Status.RETRACTED, "notice": "retracted"})
    records = RECORDS | {"roe2002": gone}
    assert {contrast.key for contrast in select(records, ["ae-nausea"])} == {"doe2001"}
    with pytest.raises(ValueError, match="roe2002 was retracted"):
        select(records, ["ae-nausea"], ["roe2002"])
