"""What changed between two states of the book."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.comparison import MOST_SHOWN, as_markdown, compare, escaped, read_claims
from reviewbook.library import load


def claim(name: str, text: str, *keys: str, page: str = "part/one", **fields: Any) -> dict[str, Any]:
    sources = [{"key": key, "doi": None} for key in keys]
    kind = "cited" if keys else "voice"
    return {"id": name, "page": page, "line": 3, "kind": kind, "text": text, "sources": sources, "numbers": []} | fields


LONG = "At 24 hours more people had responded after ketamine than after midazolam."


def test_claims_are_new_changed_or_removed() -> None:
    stays, goes = claim("a", "It stays.", "doe2001"), claim("b", "It goes away for good.", "doe2001")
    was, now = claim("c", LONG, "doe2001"), claim("d", LONG.replace("24", "48"), "doe2001")
    comes = claim("e", "Mice learn.", "roe2002")
    found = compare([stays, goes, was], [now, comes, stays])
    assert found.added == (comes,)
    assert found.removed == (goes,)
    assert found.changed == ((was, now),)
    assert found.newly_cited == ("roe2002",)
    assert found.no_longer_cited == ()


@pytest.mark.parametrize("other", [{"sources": []}, {"kind": "reference"}, {"links": ["two"]}])
def test_a_claim_that_rests_on_something_else_has_changed(other: dict[str, Any]) -> None:
    before = claim("a", LONG, "doe2001")
    assert compare([before], [before | other]).changed == ((before, before | other),)


def test_a_claim_that_only_moved_down_its_page_has_not_changed() -> None:
    before = claim("a", LONG, "doe2001")
    found = compare([before], [before | {"line": 9, "section": "Another"}])
    assert not any(found)


def test_a_claim_that_moved_to_another_page_has_changed() -> None:
    before, after = claim("a", LONG, "doe2001"), claim("b", LONG, "doe2001", page="part/two")
    found = compare([before], [after])
    assert found.changed == ((before, after),)
    assert "moved from part/one:3" in as_markdown(found)


def test_of_several_sentences_the_most_alike_are_taken_for_one_another() -> None:
    one, two = claim("a", LONG, "doe2001"), claim("b", LONG.replace("midazolam", "saline by far"), "doe2001")
    first, second = (
        claim("c", two["text"].replace("far", "much"), "doe2001"),
        claim("d", LONG + " So it is.", "doe2001"),
    )
    pairs = {(before["id"], after["id"]) for before, after in compare([one, two], [first, second]).changed}
    assert pairs == {("a", "d"), ("b", "c")}


def test_sources_are_new_changed_or_removed(tmp_path: Path) -> None:
    old, new = TinyBook(tmp_path / "old"), TinyBook(tmp_path / "new")
    new.source("poe2003", "rct-parallel", "At 24 h, 12% responded.")
    new.source("doe2001", "rct-crossover", "At 24 h, 64% responded.", volume="9")
    old.source("zoe2004", "rct-parallel", "At 24 h, 12% responded.")
    libraries = load(old.bib, old.root / "sources"), load(new.bib, new.root / "sources")
    found = compare([], [], libraries)
    assert found.new_sources == ("poe2003",)
    assert found.removed_sources == ("zoe2004",)
    assert [(source.key, set(source.fields)) for source in found.changed_sources] == [
        ("doe2001", {"volume", "record: design", "record: findings"})
    ]


def test_nothing_is_said_to_have_changed_when_nothing_has() -> None:
    rows = [claim("a", LONG, "doe2001")]
    assert as_markdown(compare(rows, rows)).endswith("\nNo claim and no source has changed.\n")


def test_of_many_items_the_first_are_shown_and_the_others_counted() -> None:
    rows = [claim(str(n), f"Sentence number {n}.", "doe2001") for n in range(MOST_SHOWN + 5)]
    text = as_markdown(compare([], rows))
    assert f"### New claims ({MOST_SHOWN + 5})" in text
    assert text.count("Sentence number") == MOST_SHOWN
    assert "- … and 5 more" in text


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![picture](https://example.org/x.png) [link](javascript:alert(1))",
    "`code` **bold** ~~gone~~ <https://example.org>",
    "a | b | c\n\n# heading\n\n- item\n\n```\nfence",
    "--> <!-- comment",
    "\\[escaped\\] &lt;b&gt; [^1]",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_claim_is_markup(text: str) -> None:
    markdown = as_markdown(
        compare([claim("z", "Old [x](http://a)", "k|ey")], [claim("a", text, "k|ey", page="<b>one</b>")])
    )
    plain = as_markdown(compare([claim("z", "Old", "key")], [claim("a", "plain", "key")]))
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    kinds = [[token.type for token in parser.parse(one)] for one in (markdown, plain)]
    assert kinds[0] == kinds[1]
    inline = [child.type for token in parser.parse(markdown) for child in token.children or []]
    assert set(inline) <= {"text", "text_special"}
    assert " ".join(text.split()) in parser.render(markdown).replace("&lt;", "<").replace("&gt;", ">").replace(
        "&quot;", '"'
    ).replace("&amp;", "&").replace("\u2060", "")


def test_nobody_is_mentioned_and_nothing_becomes_a_link() -> None:
    shown = escaped("@octocat see https://example.org or www.example.org and owner/name#12")
    assert "@octocat" not in shown and "://" not in shown and "www.example" not in shown and "#12" not in shown


def test_the_command_compares_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rows in (("old", []), ("new", [claim("a", LONG, "doe2001")])):
        data = {"format": "reviewbook-claims", "version": 1, "claims": rows}
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    arguments = ["compare", str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    assert main([*arguments, "--markdown"]) == 0
    assert "| Claims | 1 | 0 | 0 |" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["newly_cited"] == ["doe2001"]
    book = TinyBook(tmp_path / "book")
    (book.root / "sources").rename(book.docs / "sources")
    assert main([*arguments, "--libraries", str(book.root), str(book.root)]) == 0
    assert "| Sources in the library | 0 | 0 | 0 |" in capsys.readouterr().out
    assert main([*arguments, "--libraries", str(tmp_path), str(book.root)]) == 1
    assert "references.bib is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"format": "reviewbook-claims"}',
        '{"format": "reviewbook-claims", "claims": [{"id": 1}]}',
        "\x00",
    ],
)
def test_a_file_that_holds_no_claims_is_named(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "old.json"
    path.write_text(content)
    assert main(["compare", str(path), str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"{path}: ")
    with pytest.raises(ValueError):
        read_claims(path)
    assert main(["compare", str(tmp_path / "nowhere.json"), str(path)]) == 1
    assert "nowhere.json" in capsys.readouterr().err
