"""The shape of the book in print: a part for each folder, a chapter for each page.

On the site a page that lists others is a page like them; printed as it stands, all chapters would be sections of it,
and the whole book would hang below the last heading of the front page.  Here, in the LaTeX builder's single tree,
the front page becomes a first chapter, and a page that holds others opens a part.
A page that holds none comes before the first part, or, if it follows a part, belongs to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

FRONT_TITLE = "Read this first"


def pages_within(node: nodes.Element) -> list[addnodes.start_of_file]:
    """Take the pages that a node holds out of it, those within other pages excepted."""
    pages: list[addnodes.start_of_file] = []
    for child in list(node.children):
        if isinstance(child, addnodes.start_of_file):
            node.remove(child)
            pages.append(child)
        elif isinstance(child, nodes.Element):
            pages += pages_within(child)
    return pages


def parts(pages: list[addnodes.start_of_file]) -> Iterator[nodes.Node]:
    """The pages as parts and chapters, in order."""
    waiting: list[addnodes.start_of_file] = []
    opened = False
    for page in pages:
        chapters = pages_within(page)
        if not chapters and not opened:
            yield page
            continue
        if not chapters:
            waiting.append(page)
            continue
        opened = True
        yield nodes.raw("", rf"\part{{{_title(page)}}}", format="latex")
        yield from (_without_empty_section(page), *waiting, *chapters)
        waiting = []
    yield from waiting


def _title(page: nodes.Element) -> str:
    title = next(iter(page.findall(nodes.title)))
    return title.astext().translate({ord(c): rf"\{c}" for c in "&%$#_{}"})


def _without_empty_section(page: addnodes.start_of_file) -> addnodes.start_of_file:
    """A page whose only section says nothing keeps its place as a target, not its heading."""
    sections = [child for child in page.children if isinstance(child, nodes.section)]
    text = "".join(child.astext() for section in sections for child in section.children[1:])
    if not text.strip():
        page[:] = [nodes.target("", "", ids=[id_ for section in sections for id_ in section["ids"]])]
    return page


class PrintParts(SphinxPostTransform):
    """Give the single tree of the LaTeX builder parts and chapters."""

    default_priority = 1
    builders = ("latex",)

    def run(self, **kwargs: Any) -> None:
        if not isinstance(self.document.first_child_matching_class(nodes.section), int):
            return
        root = next(iter(self.document.findall(nodes.section)))
        pages = pages_within(root)
        if not pages:
            return
        title, *front = root.children
        first = nodes.section("", nodes.title("", FRONT_TITLE), *front, ids=["read-this-first"])
        root[:] = [title, first, *parts(pages)]


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(PrintParts)
