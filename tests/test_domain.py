"""What is known about the whole book stays right: in parallel, incrementally, and with a broken library."""

import pickle
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_book import Built, TinyBook

import reviewbook
from reviewbook.domain import COUNTS, domain_of

CITED = "64% responded {cite:p}`doe2001`.\n"
WRONG = "65% responded {cite:p}`doe2001`.\n"


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.chapter(CITED)
    return tiny


def places(built: Built) -> list[tuple[str, int | None, str]]:
    return [(w.path, w.line, w.rule.removeprefix("reviewbook.")) for w in built.warnings]


def test_a_good_book_builds_without_warnings(book: TinyBook) -> None:
    built = book.build()
    assert built.warnings == [], built.log
    assert built.app.statuscode == 0


@pytest.mark.parametrize("builder", ["html", "check", "text", "latex", "epub"])
def test_every_builder_applies_the_rules(book: TinyBook, builder: str) -> None:
    book.chapter(WRONG)
    assert ("docs/part/one.md", 3, "claim.number-untraced") in places(book.build(builder, version="1"))


def test_problems_are_reported_again_as_long_as_they_stand(book: TinyBook) -> None:
    book.chapter(WRONG)
    expected = [("docs/part/one.md", 3, "claim.number-untraced")]
    assert places(book.build()) == expected
    assert places(book.build()) == expected
    book.page("other", "# Other\n")
    assert places(book.build()) == expected
    book.chapter(CITED)
    assert places(book.build()) == []


def test_a_change_of_a_record_is_noticed_although_no_page_changed(book: TinyBook) -> None:
    assert places(book.build()) == []
    record = book.record("doe2001")
    record.write_text(record.read_text().replace("64%", "63%"))
    assert places(book.build()) == [("docs/part/one.md", 3, "claim.number-untraced")]
    record.unlink()
    assert ("docs/part/one.md", 3, "source.missing-record") in places(book.build())


def test_a_change_of_the_bibliography_is_noticed_although_no_page_changed(book: TinyBook) -> None:
    assert places(book.build()) == []
    book.bib.write_text(book.bib.read_text().replace("10.1000/roe", "10.1000/doe2001"))
    assert [rule for _, _, rule in places(book.build())] == ["bib.duplicate-doi"]


def test_what_a_page_held_is_forgotten_with_it(book: TinyBook) -> None:
    path = book.page("part/two", "# Two\n\n" + WRONG)
    assert [where for where, *_ in places(book.build())] == ["docs/part/two.md"]
    path.unlink()
    book.page("other", "# Other\n")
    built = book.build()
    assert places(built) == []
    assert "part/two" not in domain_of(built.app.env).claims


def test_a_new_title_shows_on_every_page_that_names_it(book: TinyBook) -> None:
    two = (
        "(two)=\n# Old\n\n:::{finding} Older\n:name: finding-x\n:certainty: very low\nIt rose {cite:p}`roe2002`.\n:::\n"
    )
    book.page("part/two", two)
    book.chapter("See {ref}`two` and {ref}`finding-x`.")
    assert "Older" in book.build().html("part/one")
    book.page("part/two", two.replace("Old", "New"))
    html = book.build().html("part/one")
    assert "Old" not in html
    assert html.count("New") > html.count("Newer") > 0
    book.page("part/one-and-a-half", "# Between\n")
    assert "Between" in book.build().html("part/one"), "the next page"


def test_an_unknown_subject_is_no_traceback(book: TinyBook) -> None:
    book.chapter("{cite:t}`nobody1999` say that it helped.")
    assert book.build().rules == ["cite.unknown-key", "bibtex.key_not_found"]


def test_reading_in_parallel_finds_the_same(tmp_path: Path) -> None:
    found = []
    for parallel in (1, 4):
        tiny = TinyBook(tmp_path / f"book{parallel}")
        for number in range(12):
            text = f"# {chr(65 + number)}\n\n{CITED}{WRONG if number % 5 == 0 else ''}See {{ref}}`finding-{number}`.\n"
            text += f"\n:::{{finding}} It rose\n:name: finding-{number}\n:certainty: very low\nIt rose {{cite:p}}`roe2002`.\n:::\n"
            tiny.page(f"part/c{number:02}", text)
        tiny.page(
            "methods", "# Methods\n\n{count}`claims` claims.\n\n```{voice-shares}\n```\n\n```{key-findings}\n```\n"
        )
        built = tiny.build(parallel=parallel)
        domain = domain_of(built.app.env)
        pages = {path.name: path.read_bytes() for path in built.out.rglob("*.html")}
        data = (built.out / "claims.json").read_bytes()
        found.append((places(built), domain.findings(), domain.uses(), domain.counts(), pages, data))
    serial, parallel_ = found
    assert serial == parallel_
    assert [where for where, *_ in serial[0]] == [f"docs/part/c{n:02}.md" for n in (0, 5, 10)]


def test_what_another_version_of_the_code_has_kept_is_not_read(book: TinyBook, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr(reviewbook, "env_version", lambda: 1)
        book.build()
    kept = book.root / "_build" / "doctrees" / "html" / "environment.pickle"
    env = pickle.loads(kept.read_bytes())
    del env.domaindata["review"]["live"]
    kept.write_bytes(pickle.dumps(env))
    book.chapter(WRONG)
    assert places(book.build()) == [("docs/part/one.md", 3, "claim.number-untraced")]


def test_a_rule_can_be_silenced_by_its_id(book: TinyBook) -> None:
    book.chapter(WRONG + "Nobody says so.\n")
    assert len(places(book.build())) == 2
    silenced = book.build(suppress_warnings=["reviewbook.claim.uncited"])
    assert [rule for *_, rule in places(silenced)] == ["claim.number-untraced"]
    assert places(book.build(suppress_warnings=["reviewbook"])) == []


def test_a_problem_of_the_library_is_reported_once_at_its_file(book: TinyBook) -> None:
    book.page("part/two", "# Two\n\n" + CITED)
    record = book.record("roe2002")
    record.write_text(record.read_text().replace("design: preclinical-in-vivo", "design: mouse"))
    assert places(book.build()) == [("sources/roe2002.yml", 2, "source.record-invalid")]


# Broken libraries


def _brace(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("{A study named doe2001}", "{A {study named doe2001}"))


def _too_many(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("{A study named doe2001}", "{A study} named doe2001}"))


def _percent(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("A study named doe2001", "A study of 5%"))


def _percent_in_braces(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("A study named doe2001", "A {5% study} of \\emph{5%}"))


def _no_title(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("  title = {A study named doe2001},\n", ""))


def _no_type(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("@article{doe", "@artcle{doe"))


def _twice(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text() + "\n" + book.bib.read_text())


def _junk(book: TinyBook) -> None:
    book.bib.write_bytes(b"\x00\xff\xfe@article{")


def _empty(book: TinyBook) -> None:
    book.bib.write_text("")


def _no_bib(book: TinyBook) -> None:
    book.bib.unlink()


def _folder(book: TinyBook) -> None:
    book.bib.unlink()
    book.bib.mkdir()


def _no_records(book: TinyBook) -> None:
    (book.root / "sources").rename(book.root / "elsewhere")


def _names(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("{Doe, Jane}", "{Doe, Jane, Jr, and, so, on}"))


def _field_twice(book: TinyBook) -> None:
    book.bib.write_text(book.bib.read_text().replace("  volume = {1},\n", "  volume = {1},\n  volume = {2},\n", 1))


def _bare(book: TinyBook) -> None:
    book.bib.write_text("hello {\n" + book.bib.read_text())


@pytest.mark.parametrize(
    ("spoil", "rule", "path", "line"),
    [
        (_brace, "bib.syntax", "references.bib", 3),
        (_too_many, "bib.syntax", "references.bib", 3),
        (_percent, "bib.unescaped", "references.bib", 3),
        (_percent_in_braces, "bib.unescaped", "references.bib", 3),
        (_no_title, "bib.missing-field", "references.bib", 1),
        (_no_type, "bib.type", "references.bib", 1),
        (_twice, "bib.duplicate-key", "references.bib", 21),
        (_junk, "bib.syntax", "references.bib", 1),
        (_empty, "source.missing-entry", "sources/doe2001.yml", 1),
        (_no_bib, "bib.syntax", "references.bib", 1),
        (_folder, "bib.syntax", "references.bib", 1),
        (_no_records, "source.record-invalid", "sources", 1),
        (_names, "bib.malformed-author", "references.bib", 2),
        (_field_twice, "bib.syntax", "references.bib", 1),
        (_bare, "bib.syntax", "references.bib", 1),
    ],
)
def test_a_broken_library_is_reported_and_does_not_stop_the_build(
    book: TinyBook, spoil: Callable[[TinyBook], None], rule: str, path: str, line: int
) -> None:
    spoil(book)
    built = book.build()
    assert (path, line, rule) in places(built), built.log
    assert (built.out / "part" / "one.html").exists()
    assert "Traceback" not in built.log
    ours = [place for place in places(built) if not place[2].startswith("bibtex.")]
    assert [place for place in places(book.build()) if not place[2].startswith("bibtex.")] == ours


def test_one_broken_entry_is_reported_as_one_problem(book: TinyBook) -> None:
    _brace(book)
    assert [p for p in places(book.build()) if not p[2].startswith("bibtex")] == [("references.bib", 3, "bib.syntax")]


def test_a_mended_bibliography_is_used_at_the_next_build(book: TinyBook) -> None:
    good = book.bib.read_text()
    _brace(book)
    book.build()
    book.bib.write_text(good)
    book.chapter(CITED + "Again, 64% {cite:p}`doe2001`.\n")
    built = book.build()
    assert built.warnings == [], built.log
    assert 'href="../sources.html#cite-doe2001"' in built.html("part/one")


# What pages show about the whole book


def test_counts_are_filled_in_and_follow_the_book(book: TinyBook) -> None:
    page = "# Methods\n\n" + "".join(f"- {name} {{count}}`{name}`\n" for name in COUNTS)
    book.page("methods", page)
    first = book.build()
    assert first.warnings == []
    assert "<p>sources-cited 1</p>" in first.html("methods")
    assert "<p>sources 2</p>" in first.html("methods")
    book.chapter(CITED + "It rose by 12% {cite:p}`roe2002`.\n")
    second = book.build()
    assert "<p>sources-cited 2</p>" in second.html("methods")
    assert "<p>numbers 2</p>" in second.html("methods")


def test_an_unknown_count_is_an_error_at_its_line(book: TinyBook) -> None:
    book.page("methods", "# Methods\n\nThere are {count}`apples`.\n")
    (warned,) = book.build().warnings
    assert (warned.path, warned.line) == ("docs/methods.md", 3)
    assert "there are sources" in warned.message


def test_the_share_of_the_voice_is_shown_per_chapter(book: TinyBook) -> None:
    book.chapter(CITED * 9 + "{voice}`It is fair.`\n")
    book.page("methods", "# Methods\n\n```{voice-shares}\n```\n")
    html = book.build().html("methods")
    assert 'href="part/one.html"' in html
    assert "10.0%" in html
    book.chapter(CITED * 19 + "{voice}`It is fair.`\n")
    assert "5.0%" in book.build().html("methods")


def test_the_table_of_rules_names_every_rule(book: TinyBook) -> None:
    book.page("rules", "# Rules\n\n```{rules}\n```\n")
    built = book.build()
    assert built.warnings == []
    html = built.html("rules")
    for name in ("claim.uncited", "bib.syntax", "finding.high-needs"):
        assert f">{name}<" in html
    assert ">{cite:p}`key`<" in re.sub("</?span[^>]*>", "", html)


def test_a_second_build_with_nothing_changed_writes_nothing(book: TinyBook) -> None:
    book.page("methods", "# Methods\n\n{count}`claims`\n\n```{key-findings}\n```\n")
    book.build()
    before = {
        path: path.stat().st_mtime_ns
        for path in (book.root / "_build" / "html").rglob("*.html")
        if path.stem not in ("genindex", "search")
    }
    book.build()
    assert {path: path.stat().st_mtime_ns for path in before} == before


def _damaged(text: str, dice: random.Random) -> str:
    """A text with a few characters lost, added or turned around."""
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(text) + 1)
        match dice.choice("lat"):
            case "l":
                text = text[:place] + text[place + dice.randint(1, 4) :]
            case "a":
                text = text[:place] + dice.choice('{}%\\@",=\n\té#(`:$<|-') + text[place:]
            case _:
                text = text[:place] + text[place : place + 30][::-1] + text[place + 30 :]
    return text


@pytest.mark.parametrize("part", ["references.bib", "sources/doe2001.yml", "docs/part/one.md"])
def test_no_small_damage_ends_in_a_traceback(book: TinyBook, part: str) -> None:
    dice = random.Random(part)
    finding = ":::{finding} It rose\n:name: finding-x\n:certainty: very low\nIt rose {cite:p}`roe2002`.\n:::\n"
    book.chapter(CITED + "\n" + finding)
    path = book.root / part
    good = path.read_text()
    for _ in range(10):
        path.write_text(_damaged(good, dice))
        built = book.build("html")  # an exception would fail the test
        assert "Traceback" not in built.log
