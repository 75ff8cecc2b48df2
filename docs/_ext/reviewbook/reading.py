"""Read the whole book without writing a page, for commands that need what only a reading by Sphinx tells."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from .book import Book
from .domain import domain_of


class Unreadable(ValueError):
    """The book cannot be read; the message says why."""


def read_book(root: Path) -> tuple[Book, list[str]]:
    """Read the book whose ``conf.py`` stands in ``root``.

    Nothing is kept of it, so that no later build skips what this one has warned about.

    Returns:
        The book, and the warnings.

    Raises:
        Unreadable: there is no book, or its configuration is broken.
    """
    if not (root / "conf.py").is_file():
        raise Unreadable(f"{root}: no book is there: conf.py is missing")
    log = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, patch_docutils(), docutils_namespace():
        out = Path(folder)
        try:
            app = Sphinx(
                root.resolve() / "docs",
                root.resolve(),
                out / "check",
                out / "doctrees",
                "check",
                status=None,
                warning=log,
                parallel=os.cpu_count() or 1,
            )
            app.build()
        except SphinxError as error:
            raise Unreadable(f"{root}: the book cannot be read: {error}") from None
        book = domain_of(app.env).book()
    return book, [line for line in log.getvalue().splitlines() if "WARNING:" in line or "ERROR:" in line]
