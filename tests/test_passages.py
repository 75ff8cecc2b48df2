"""Which passages of a record a sentence may rest on."""

from __future__ import annotations

import pytest
from tiny_book import TinyBook

from reviewbook.passages import RICH, passages, split, stems
from reviewbook.records import Record

LIST = (
    "Events on ketamine (n = 91) against electroconvulsive therapy (n = 90): dissociative symptoms 55 against 14, "
    "vertigo 63 against 22, headache 20 against 72, muscle pain 13 against 48; p = .09 for 8 and 26 patients."
)


def test_a_short_text_is_one_passage_that_any_sentence_may_use() -> None:
    text = "At 24 h, 64% of 47 people responded to ketamine and 28% to midazolam."
    assert [(p.text, p.words) for p in split(text)] == [(text, frozenset())]


def test_a_long_list_is_split_into_its_entries() -> None:
    found = split(LIST)
    assert [p.text.strip(" ,;") for p in found] == [
        "Events on ketamine (n = 91) against electroconvulsive therapy (n = 90): dissociative symptoms 55 against 14",
        "vertigo 63 against 22",
        "headache 20 against 72",
        "muscle pain 13 against 48; p = .09 for 8 and 26 patients.",
    ]
    assert found[1].words == {"vert"}
    assert "".join(p.text for p in found) == LIST
    assert all(p.words for p in found)


def test_words_are_compared_by_their_stems() -> None:
    assert stems("Vomiting in people on ketamine after 4 weeks") == stems("they vomited") == {"vomi"}


def test_the_counts_of_an_outcome_belong_to_what_was_counted() -> None:
    arms = [{"arm": "ketamine IV", "n": 48, "events": 12}, {"arm": "saline", "n": 50, "mean": -8.8, "sd": 3}]
    record = Record.model_validate(
        {
            "key": "doe2001",
            "design": "rct-parallel",
            "findings": [{"id": "a", "text": "Something.", "locator": "abstract"}],
            "outcomes": [{"outcome": "ae-nausea", "timepoint": "1 day", "locator": "Table 2", "arms": arms}],
            "read": [{"what": "abstract", "where": "https://example.org"}],
        }
    )
    bound = {p.text: p.words for p in passages(record, 2001) if p.words}
    told = ("1 day", "12 participants of 48 participants", "SD 3, SD 3.0", "(-8.8) (-8.8) -8.8 points")
    assert bound == {key: {"naus"} for key in told}
    free = {p.text for p in passages(record, 2001) if not p.words}
    assert {"48 participants", "50 participants", "2001"} <= free


def rich(numbers: int) -> Record:
    """A record with as many numbers in its findings, and a caveat."""
    texts = ["Nausea came in 5 people."] + [f"Headache came in {n} people." for n in range(10, 9 + numbers)]
    return Record.model_validate(
        {
            "key": "doe2001",
            "design": "rct-parallel",
            "findings": [{"id": f"a{n}", "text": text, "locator": "abstract"} for n, text in enumerate(texts)],
            "caveats": ["Two sites left."],
            "read": [{"what": "abstract", "where": "https://example.org"}],
        }
    )


def test_the_findings_of_a_record_with_many_numbers_belong_to_what_they_name() -> None:
    few, many = (
        {p.text: p.words for p in passages(rich(numbers)) if p.text.startswith("Nausea")}
        for numbers in (RICH, RICH + 1)
    )
    assert few == {"Nausea came in 5 people.": frozenset()}
    assert many == {"Nausea came in 5 people.": {"naus", "came"}}


def test_a_caveat_belongs_to_what_it_names() -> None:
    assert [p.words for p in passages(rich(2)) if p.text == "Two sites left."] == [{"site", "left"}]


@pytest.mark.parametrize(
    ("chapter", "untraced"),
    [
        ("Vertigo came in 63 people on ketamine {cite:p}`poe2003`.", False),
        ("Vertigo came in 55 people on ketamine {cite:p}`poe2003`.", True),
        ("People had vertigo {cite:p}`poe2003`.\nIt came in 63 with ketamine {cite:p}`poe2003`.", False),
        ("People had nausea {cite:p}`poe2003`.\nIt came in 63 with ketamine {cite:p}`poe2003`.", True),
        ("| Event | Ketamine | Source |\n| --- | --- | --- |\n| Vertigo | 63 | {cite:p}`poe2003` |", False),
        ("| Event | Ketamine | Source |\n| --- | --- | --- |\n| Vertigo | 20 | {cite:p}`poe2003` |", True),
    ],
)
def test_a_number_of_a_list_counts_for_what_it_is_of(
    tmp_path_factory: pytest.TempPathFactory, chapter: str, untraced: bool
) -> None:
    book = TinyBook(tmp_path_factory.mktemp("list"))
    book.source("poe2003", "rct-parallel", LIST)
    book.chapter(chapter)
    assert ("claim.number-untraced" in book.build().rules) is untraced
