"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewbook.sentences import CITATION, REFERENT, split

# The same examples on every run, however busy the machine is.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

C, R = CITATION, REFERENT


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["It helped.", "It harmed."],
        ["Ketamine was given i.v. over 40 min.", "It was not given p.o. or s.c. at all."],
        ["Krystal et al. found it.", "Krystal et al. (1994) found it."],
        ["It was significant (p = .006) vs. midazolam.", "P<.001 was rare."],
        ["See Fig. 2, e.g. the left side, i.e. the first.", "See Figs. 2 and 3, cf. No. 5 and Dr. Li."],
        ["J. H. Krystal and C. A. Zarate Jr. wrote it.", "St. John’s wort did nothing."],
        ["It took approx. 5 min.", "20 people slept.", "5-HT2A rose.", "mTORC1 did not change.", "eEF2 fell."],
        ["It went to group A.", "People slept."],
        ["They lack vitamin D.", "It was type B.", "In mice it was arm A or B.", "They slept."],
        ["Does it help?", "It does!", "“It does.”", "(See the table.)", "It ended."],
        ["They asked “Why?” and left.", "It was α-Synuclein.", "Ökonomen slept.", "É bien."],
        ["It was given i.v.", "In mice it helped."],
        ["It was 0.5 mg/kg.", "It was 0.5–1.0 mg.", "The ratio was 2:1."],
    ],
)
def test_sentences_of_the_field_are_told_apart(sentences: list[str]) -> None:
    assert pieces(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"It helped {C}. It harmed {C}.", [f"It helped {C}.", f"It harmed {C}."]),
        (f"It helped. {C} It harmed.", [f"It helped. {C}", "It harmed."]),
        (f"It helped.{C} It harmed.", [f"It helped.{C}", "It harmed."]),
        (f"It helped.\n{C}\nIt harmed.", [f"It helped.\n{C}", "It harmed."]),
        (f"“It helped.” {C} It harmed.", [f"“It helped.” {C}", "It harmed."]),
        (f"It helped. {C}{C} It harmed.", [f"It helped. {C}{C}", "It harmed."]),
        (f"It was given i.v. {C} and helped.", [f"It was given i.v. {C} and helped."]),
        (f"So did Li et al. {C} in mice.", [f"So did Li et al. {C} in mice."]),
        (f"It helped. {R} found harm.", ["It helped.", f"{R} found harm."]),
        (f"It was shown by {R}. It harmed.", [f"It was shown by {R}.", "It harmed."]),
        (f"A difference of {R} points. It harmed.", [f"A difference of {R} points.", "It harmed."]),
    ],
)
def test_a_citation_after_the_full_stop_belongs_to_the_sentence_before(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_line_end_after_a_full_stop_ends_a_sentence_whatever_the_abbreviation() -> None:
    assert pieces("It was sold in the U.S.\nIt helped.") == ["It was sold in the U.S.", "It helped."]
    assert pieces("It was sold in the\nUnited States.") == ["It was sold in the\nUnited States."]


@pytest.mark.parametrize("text", ["", " ", "\n \n"])
def test_nothing_holds_no_sentence(text: str) -> None:
    assert split(text) == ()


characters = [*'AbZé.?!…,;:()[]“”’"-–0159 \n', C, R]
fragments = st.sampled_from([*characters, "et al. ", "i.v. ", "e.g. ", "Fig. ", "vs. ", "mg. ", "U.S. ", "group A. "])
texts = st.lists(fragments, max_size=40).map("".join) | st.text(max_size=60)


@given(texts)
@example(f"{C}")
@example(f".{C}.{C}. A")
def test_splitting_loses_nothing(text: str) -> None:
    spans = split(text)
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert not text[end : span.start].strip(), "only white space lies between sentences"
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
    assert not text[end:].strip()


words = st.lists(
    st.sampled_from(
        [
            "ketamine",
            "helped",
            "0.5 mg/kg",
            "i.v. ketamine",
            "vs. midazolam",
            "(p = .006)",
            "5-HT2A",
            "et al. 2013",
            "e.g. mice",
            f"{R}",
        ]
    ),
    min_size=1,
    max_size=6,
)
closings = st.sampled_from([".", "?", f" {C}.", f" {C}?", f". {C}", f".{C}"])


@given(st.lists(st.tuples(words, closings), min_size=1, max_size=5), st.sampled_from([" ", "\n"]))
def test_what_is_joined_from_sentences_falls_into_the_same_sentences(
    parts: list[tuple[list[str], str]], joint: str
) -> None:
    sentences = ["Then " + " ".join(words) + closing for words, closing in parts]
    assert pieces(joint.join(sentences)) == sentences
