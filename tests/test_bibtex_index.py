"""The domain that looks citations up by key gives what sphinxcontrib-bibtex gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import CONF, MakeBook

BIB = "".join(
    f"@article{{doe{year},\n  author = {{Doe, Jane}},\n  title = {{On {{K}}etamine}},\n  journal = {{J}},\n  year = {{{year}}},\n}}\n"
    for year in range(1990, 2000)
)
CONF_INDEX = CONF.replace('"sphinxcontrib.bibtex"]', '"sphinxcontrib.bibtex", "reviewbook.bibtex_index"]')
CONF_AUTHOR_YEAR = 'bibtex_reference_style = "author_year"\n'
CHAPTER = "# One\n\nOne {cite:p}`doe1994,doe1991`, and {cite:t}`doe1999` {cite:p}`doe1991`.\n"


def book(bibliography: str, conf: str) -> dict[str, str]:
    return {
        "conf.py": conf + CONF_AUTHOR_YEAR,
        "references.bib": BIB,
        "index.md": "# Book\n\n```{toctree}\none\nsources\n```\n",
        "one.md": CHAPTER,
        "sources.md": f"# Sources\n\n{bibliography}\n",
    }


def written(out: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(out)): p.read_bytes()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name != ".buildinfo"
    }


@pytest.mark.parametrize(
    "bibliography",
    [
        "```{bibliography}\n```",
        "```{bibliography}\n:all:\n```",
        "```{bibliography}\n\ndoe1990\n```",
        '```{bibliography}\n:filter: cited and year % "199[1-9]"\n```',
        "```{bibliography}\n:filter: docname in docnames or cited\n```",
        "```{bibliography}\n:keyprefix: a-\n:list: bullet\n:all:\n```\n\n```{bibliography}\n```",
    ],
    ids=["cited", "all", "cited and one more", "filter", "filter by page", "two"],
)
def test_the_output_is_the_same_to_the_byte(bibliography: str, make_book: MakeBook) -> None:
    plain = make_book(book(bibliography, CONF), out="_build-a")
    indexed = make_book(book(bibliography, CONF_INDEX), out="_build-b")
    assert plain.warnings == indexed.warnings == []
    assert written(plain.out) == written(indexed.out)
    assert b"cite-doe1994" in written(plain.out)["one.html"]


def test_an_unknown_key_is_reported_as_before(make_book: MakeBook) -> None:
    files = book("```{bibliography}\n```", CONF) | {"one.md": "# One\n\nOne {cite:p}`nobody,doe1991`.\n"}
    plain = make_book(files, out="_build-a")
    indexed = make_book({"conf.py": CONF_INDEX + CONF_AUTHOR_YEAR}, out="_build-b")
    assert len(plain.warnings) == 1
    assert plain.warnings == indexed.warnings


def test_the_index_follows_an_edit(make_book: MakeBook) -> None:
    make_book(book("```{bibliography}\n```", CONF_INDEX))
    again = make_book({"one.md": CHAPTER.replace("doe1991", "doe1997")})
    assert again.warnings == []
    assert "cite-doe1997" in (again.out / "one.html").read_text()
    assert "cite-doe1991" not in (again.out / "one.html").read_text()
