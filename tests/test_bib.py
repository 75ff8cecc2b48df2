"""Reading and formatting the bibliography."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database.input.bibtex import Parser

from reviewbook import bib

REAL = Path(__file__).parents[1] / "references.bib"

GOOD = """\
@article{doe2001,
  author = {Doe, Jane},
  title = {Effects of {NMDA} at 5\\% & more},
  year = {2001},
}
""".replace("& more", "\\& more")


def problems(text: str) -> list[tuple[str, int | None]]:
    return [(problem.rule, problem.line) for problem in bib.parse(text).problems]


def test_a_good_entry_is_read_with_its_lines() -> None:
    (entry,) = bib.parse("\n" + GOOD).entries
    assert (entry.key, entry.type, entry.line) == ("doe2001", "article", 2)
    assert entry.fields["title"] == r"Effects of {NMDA} at 5\% \& more"
    assert entry.lines["title"] == 4
    assert entry.text("title") == "Effects of NMDA at 5% & more"
    assert entry.text("journal") == ""
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "@article{a,\n  title = {Foo {bar},\n  year = {2000},\n}\n\n@article{b,\n  title = {x},\n}\n",
            [("bib.syntax", 2)],
            id="brace not closed",
        ),
        pytest.param(
            "@article{a,\n  title = {Foo} bar},\n  year = {2000},\n}\n",
            [("bib.syntax", 2), ("bib.syntax", 2)],
            id="brace too many",
        ),
        pytest.param(
            "@article{a,\n  title = {Foo \\{ bar},\n}\n", [("bib.syntax", 2)], id="BibTeX counts escaped braces"
        ),
        pytest.param(
            "@article{a,\n  title = {x}\n  year = {2000}\n}", [("bib.syntax", 2)], id="no comma after a field"
        ),
        pytest.param(
            "@article{a\n  title = {x}\n}", [("bib.syntax", 1), ("bib.syntax", 2)], id="no comma after the key"
        ),
        pytest.param("@article{a,\n  title = {x}", [("bib.syntax", 1)], id="entry not closed"),
        pytest.param('@article{a,\n  title = "x {y"\n}', [("bib.syntax", 2)], id="brace in quotes"),
        pytest.param("@article{a,\n  title = name,\n}", [("bib.syntax", 2)], id="macro"),
        pytest.param("@article{a,\n  title = {x},\n  title = {y},\n}", [("bib.syntax", 1)], id="field twice"),
        pytest.param(
            "@article{a,\n  title = {x},\n}\n@article{a,\n  title = {y},\n}", [("bib.duplicate-key", 4)], id="key twice"
        ),
        pytest.param(
            "@article{a,\n  title = {x},\n}\n@article{A,\n  title = {y},\n}",
            [("bib.duplicate-key", 4)],
            id="keys that differ in case",
        ),
        pytest.param("@article{,\n  title = {x},\n}", [("bib.syntax", 1)], id="no key"),
        pytest.param("@article{a b,\n  title = {x},\n}", [("bib.syntax", 1)], id="blank in a key"),
        pytest.param("@article{a,\n}", [("bib.syntax", 1)], id="no fields"),
        pytest.param("hello\n\n@article{a,\n  title = {x},\n}", [("bib.syntax", 1)], id="text outside"),
        pytest.param('@string{x = "y"}', [("bib.syntax", 1)], id="string"),
        pytest.param("@comment{x}", [("bib.syntax", 1)], id="comment"),
        pytest.param("@article{a,\n  title = {5% of people},\n}", [("bib.unescaped", 2)], id="percent sign"),
        pytest.param(
            "@article{a,\n  title = {a & b_c #1 $x$},\n}", [("bib.unescaped", 2)], id="other special characters"
        ),
        pytest.param("@article{a,\n  title = {x\x00},\n}", [("bib.syntax", 2)], id="control character"),
        pytest.param("@", [("bib.syntax", 1)], id="only an at sign"),
        pytest.param("", [], id="empty"),
    ],
)
def test_faults_are_reported_with_their_line(text: str, expected: list[tuple[str, int]]) -> None:
    assert problems(text) == expected


def test_nothing_is_escaped_in_addresses() -> None:
    assert problems("@article{a,\n  doi = {10.1/a_b%c&d},\n  url = {https://a.org/b%20c_d#e},\n}") == []


def test_a_broken_entry_does_not_hide_the_others() -> None:
    text = "@article{a,\n  title = {Foo {bar},\n  year = {2000},\n}\n\n@article{b,\n  title = {x},\n}\n"
    bibliography = bib.parse(text)
    assert [entry.key for entry in bibliography.entries] == ["a", "b"]
    assert bibliography.entries[0].fields == {"year": "2000"}
    assert bibliography.damaged == {"a"}


def test_windows_line_ends_are_read() -> None:
    assert problems(GOOD.replace("\n", "\r\n")) == []


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00junk", b"@article{a,\n  title = {\xe9},\n}"])
def test_a_file_that_is_not_text_is_a_problem(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.bib"
    path.write_bytes(raw)
    (problem,) = bib.read(path).problems
    assert problem.rule == "bib.syntax"
    assert problem.line == raw.count(b"\n", 0, raw.index(b"\xe9" if b"\xe9" in raw else b"\xff")) + 1


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    for path in (tmp_path / "none.bib", tmp_path):
        assert [p.rule for p in bib.read(path).problems] == ["bib.syntax"]


@settings(max_examples=300)
@given(st.text(alphabet='@{}=,"\\%#&ab1 \n(', max_size=60))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    bib.parse(text)
    bib.parse("@article{k,\n  title = {" + text + "},\n}\n\n@misc{z,\n  title = {z},\n}\n")


# The fixed format


def test_the_format_orders_entries_and_fields() -> None:
    text = '@Misc{b, note = {n}, YEAR = 2001, title = "T {x}", author={A,   B\n and C, D}}\n@article{a, doi = {10.1/x}, journal = {J}}'
    assert bib.format_bib(text) == (
        "@article{a,\n  journal = {J},\n  doi = {10.1/x},\n}\n"
        "\n"
        "@misc{b,\n  author = {A, B and C, D},\n  title = {T {x}},\n  year = {2001},\n  note = {n},\n}\n"
    )


def test_formatting_refuses_to_lose_content() -> None:
    with pytest.raises(ValueError, match="line 2: unbalanced brace"):
        bib.format_bib("@article{a,\n  title = {Foo {bar},\n}\n")


def test_a_line_that_is_not_in_the_format_is_named() -> None:
    text = GOOD.replace("  year", "   year")
    problem = bib.format_problem(text, bib.parse(text), "x.bib")
    assert problem is not None
    assert (problem.rule, problem.line) == ("bib.format", 4)
    assert bib.format_problem(GOOD, bib.parse(GOOD), "x.bib") is None
    longer = GOOD + "\n"
    end = bib.format_problem(longer, bib.parse(longer), "x.bib")
    assert end is not None and end.rule == "bib.format"


_word = st.text(alphabet="abcxyzÄéß{}\\&%$_–' 12", max_size=12)


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0 and not text.endswith("\\")


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True),
        st.dictionaries(st.sampled_from([*bib.FIELD_ORDER, "note", "langid"]), _word.filter(_balanced), min_size=1),
        max_size=4,
    )
)
def test_formatting_keeps_every_value_and_is_stable(entries: dict[str, dict[str, str]]) -> None:
    source = "".join(
        f"@article{{{key}," + ",".join(f"{name}={{{value}}}" for name, value in fields.items()) + "}\n"
        for key, fields in entries.items()
    )
    bibliography = bib.parse(source)
    if any(problem.rule in bib.BREAKING for problem in bibliography.problems):
        return  # an escaped quotation mark or the like; refusing is right
    once = bib.format_bib(source)
    assert {e.key: dict(e.fields) for e in bib.parse(once).entries} == {
        key: {name: " ".join(value.split()) for name, value in fields.items()} for key, fields in entries.items()
    }
    assert bib.format_bib(once) == once


def test_formatting_the_real_bibliography_changes_nothing_that_bibtex_reads() -> None:
    text = REAL.read_text(encoding="utf-8")
    before = Parser("utf-8").parse_string(text)
    after = Parser("utf-8").parse_string(bib.format_bib(text))
    assert dict(before.entries) == dict(after.entries)
    shuffled = "\n\n".join(reversed(text.split("\n\n"))).replace("  ", "\t")
    assert bib.format_bib(shuffled) == bib.format_bib(text)
