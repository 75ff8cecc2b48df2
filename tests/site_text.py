"""What a reader of the built site sees on a page, for tests that read words."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import html5lib
from books import ROOT
from test_house import is_chapter

CHAPTERS = sorted(
    name
    for path in (ROOT / "docs").rglob("*.md")
    if is_chapter(name := path.relative_to(ROOT / "docs").with_suffix("").as_posix())
)
"""The pages that hold claims."""
UNSEEN = {"template", "script", "style", "svg", "code", "pre"}
BLOCKS = {"p", "li", "td", "th", "dt", "dd", "div", "h1", "h2", "h3", "h4", "figcaption", "caption"}


def classes(node: ElementTree.Element) -> set[str]:
    """The classes of an element."""
    return set((node.get("class") or "").split())


def article(site: Path, page: str) -> ElementTree.Element:
    """The element that holds a page's own text."""
    tree = html5lib.parse((site / f"{page}.html").read_text(encoding="utf-8"), namespaceHTMLElements=False)
    return next(iter(tree.iter("article")))


def is_seen(node: ElementTree.Element) -> bool:
    """Whether an element holds words of the page: drawings, code and citations are left out."""
    return isinstance(node.tag, str) and node.tag.rpartition("}")[2] not in UNSEEN and "cite-group" not in classes(node)


def text_of(site: Path, page: str) -> str:
    """The words of a page, with blocks on lines of their own."""

    def words(node: ElementTree.Element) -> str:
        if not is_seen(node):
            return ""
        inner = (node.text or "") + "".join(words(child) + (child.tail or "") for child in node)
        return f"{inner}\n" if node.tag in BLOCKS else inner

    return words(article(site, page))
