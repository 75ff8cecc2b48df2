"""What can be downloaded beside the pages: the whole book as PDF and EPUB, if they were built, and the data files.

``make site`` builds the two editions and names them in ``reviewbook_editions``; ``make html`` names none, and then
no page shows them.  A page that lists the downloads is written again when an edition comes, goes or changes its size.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from .export import BUILDERS, file_uri, publish

logger = logging.getLogger(__name__)

MEDIA_TYPES = {"pdf": "application/pdf", "epub": "application/epub+zip"}
FORMATS = {"pdf": "the whole book as PDF, for paper", "epub": "the whole book as EPUB, for e-readers"}

DATA = (
    ("references.json", "the bibliography as CSL-JSON, for reference managers"),
    ("references.bib", "the same as BibTeX"),
    ("sources.json", "each source: what it found, what we read of it, and where the book cites it"),
    ("claims.json", "each sentence with its sources and numbers"),
    ("claims.csv", "the same as a table"),
    ("trials.csv", "the randomised trials as a table"),
    ("popular-claims.csv", "claims of popular articles and the verdicts as a table"),
)
"""The data files that are listed, and what each is."""


class Download(NamedTuple):
    """A file that can be downloaded.

    Attributes:
        name: its name, from the top of the site.
        words: what it is.
        size: bytes; None where that is not told.
    """

    name: str
    words: str
    size: int | None = None


def editions(app: Sphinx) -> list[Path]:
    """The files that hold the whole book and are put beside the pages."""
    if app.builder.name not in BUILDERS:
        return []
    paths = (Path(app.confdir) / name for name in app.config.reviewbook_editions)
    return [path for path in paths if path.is_file()]


def downloads(app: Sphinx) -> tuple[Download, ...]:
    """All that can be downloaded, the editions first."""
    books = (
        Download(path.name, FORMATS.get(path.suffix[1:], "the whole book"), path.stat().st_size)
        for path in editions(app)
    )
    return (*books, *(Download(name, words) for name, words in DATA))


def size_in_words(size: int) -> str:
    """A size for people: ``812 kB``, ``3.4 MB``."""
    return f"{max(1, round(size / 1000))} kB" if size < 999_500 else f"{size / 1e6:.1f} MB"


def listed(shown: tuple[Download, ...], app: Sphinx, docname: str) -> Iterator[nodes.Node]:
    """The downloads as a list; links where pages are written, names elsewhere."""
    items = nodes.bullet_list(classes=["downloads"])
    for name, words, size in shown:
        label: nodes.Node = nodes.literal("", name)
        if app.builder.name in BUILDERS:
            label = nodes.reference("", "", label, refuri=file_uri(app.builder, docname, name), internal=False)
        text = f" – {words}" + (f" ({size_in_words(size)})" if size is not None else "")
        items += nodes.list_item("", nodes.paragraph("", "", label, nodes.Text(text)))
    yield items


def check_editions(app: Sphinx) -> None:
    """Warn of an edition that is to be put beside the pages and is not there."""
    if app.builder.name in BUILDERS:
        for name in app.config.reviewbook_editions:
            if not (Path(app.confdir) / name).is_file():
                logger.warning(
                    "there is no file %r to put beside the pages; build it first, as `make site` does",
                    name,
                    type="reviewbook",
                    subtype="edition.missing",
                    location=str(Path(app.confdir) / "conf.py") + ":1",
                )


def copy_editions(app: Sphinx, exception: Exception | None) -> None:
    """Put the editions beside the pages, and take away those of an earlier build."""
    if exception is not None or app.builder.name not in BUILDERS:
        return
    wanted = {path.name: path for path in editions(app)}
    out = Path(app.outdir)
    prints = [Path(target).with_suffix(".pdf").name for _, target, *_ in app.config.latex_documents]
    for name in {*prints, f"{app.config.epub_basename}.epub"} - wanted.keys():
        (out / name).unlink(missing_ok=True)
    for name, path in wanted.items():
        publish(out / name, partial(shutil.copyfile, path))


def setup(app: Sphinx) -> None:
    """Register the configuration and the hooks; the directive is among the live parts."""
    app.add_config_value("reviewbook_editions", [], "html", list)
    app.connect("builder-inited", check_editions)
    app.connect("build-finished", copy_editions)
