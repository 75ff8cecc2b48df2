"""What an author writes inside sentences: the authors' voice and derived numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_book import TinyBook

from reviewbook.markup import derive, evaluate

# The same examples on every run, however busy the machine is.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("64 - 28", Fraction(36)),
        ("64 − 28", Fraction(36)),
        ("30 / 47 × 100", Fraction(3000, 47)),
        ("(1 + 2) * 3", Fraction(9)),
        ("64% - 28%", Fraction(36)),
        ("1,234 + 1", Fraction(1235)),
        ("-.5 + 0.5", Fraction(0)),
        ("6 ÷ 4", Fraction(3, 2)),
        ("0.1 + 0.2", Fraction(3, 10)),
    ],
)
def test_arithmetic_is_exact(expression: str, value: Fraction) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "2 ** 3",
        "7 // 2",
        "1 / 0",
        "1 +",
        "(1",
        "1 2",
        "abs(1)",
        "x",
        "__import__('os')",
        "1e5",
        "'a'",
        "1;2",
        "1_000",
        "(" * 150 + "1",
        "9" * 300,
    ],
)
def test_anything_but_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        evaluate(expression)


@given(st.text("0123456789.+-*/() %,×÷−ab_'", max_size=30))
def test_any_text_is_evaluated_or_refused(expression: str) -> None:
    try:
        assert isinstance(evaluate(expression), Fraction)
    except ValueError as error:
        assert "expression" in str(error)


@pytest.mark.parametrize(
    ("shown", "expression", "ok"),
    [
        ("36", "64 - 28", True),
        ("37", "64 - 28", False),
        ("63.8", "30 / 47 * 100", True),
        ("63.83", "30 / 47 * 100", True),
        ("64", "30 / 47 * 100", True),
        ("63", "30 / 47 * 100", False),
        ("63.9%", "30 / 47 * 100", False),
        ("36", "28 - 64", True),
        ("twice", "30 / 15", True),
        ("36 of 64", "64 - 28", False),
        ("some", "64 - 28", False),
        ("36", "", False),
    ],
)
def test_the_number_shown_is_the_result_at_its_own_precision(shown: str, expression: str, ok: bool) -> None:
    assert derive(shown, expression).ok is ok


def test_operands_are_the_numbers_of_the_expression_without_the_factor_100() -> None:
    assert [number.text for number in derive("63.8", "30 / 47 * 100").operands] == ["30", "47"]
    assert derive("1", "1 / 0").operands == ()


MARKED = (
    "{voice}`It is *ours*.`\nBy {calc}`36 <64 - 28>` points {cite:p}`doe2001`.\n\n:::{voice}\nIt is all ours.\n:::\n"
)


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.chapter(MARKED)
    return tiny


def test_html_marks_the_voice_and_explains_the_derived_number(book: TinyBook) -> None:
    built = book.build("html")
    assert built.rules in ([], ["voice.share"])
    soup = BeautifulSoup(built.html("part/one"), "html.parser")
    voice = [element.get_text(" ", strip=True) for element in soup.select(".voice")]
    assert voice == ["It is ours .", "It is all ours."]
    assert soup.select_one(".voice em") is not None
    [derived] = soup.select("span.calc")
    assert derived.get_text() == "36"
    assert derived["title"] == "= 64 − 28"


@pytest.mark.parametrize(
    ("builder", "file"), [("text", "part/one.txt"), ("latex", "atinybook.tex"), ("epub", "part/one.xhtml")]
)
def test_every_format_holds_the_words(builder: str, file: str, book: TinyBook) -> None:
    built = book.build(builder)
    text = (built.out / file).read_text(encoding="utf-8")
    assert "36" in text
    assert "It is all ours." in text
    assert "64 - 28" not in text
