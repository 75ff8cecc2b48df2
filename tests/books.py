"""How the tests build books: what a tiny one needs, the real one as `make` builds it, and a local server."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent

CONF = """
extensions = ["myst_parser", "sphinxcontrib.bibtex"]
project = "A tiny book"
myst_enable_extensions = ["colon_fence"]
bibtex_bibfiles = ["references.bib"]
bibtex_cite_id = "cite-{key}"
html_theme = "basic"
html_copy_source = False
"""

NEEDED = {
    "java": "default-jre-headless",
    "epubcheck": "epubcheck",
    "latexmk": "latexmk",
    "xelatex": "texlive-xetex",
    "rsvg-convert": "librsvg2-bin",
    "pdftotext": "poppler-utils",
    "pdfinfo": "poppler-utils",
    "chromium": "chromium",
    "openssl": "openssl",
}


class Book(NamedTuple):
    """A book that has been built.

    Attributes:
        out: the folder with what was built.
        doctrees: the doctrees by page, as read (references not resolved).
        warnings: the lines on standard error that are warnings or errors.
        app: the application, for its environment.
    """

    out: Path
    doctrees: dict[str, nodes.document]
    warnings: list[str]
    app: Sphinx


MakeBook = Callable[..., Book]


def build_book(root: Path, out: Path, builder: str = "html", *, jobs: int = 2, doctrees: Path | None = None) -> str:
    """Build a book with its own ``conf.py`` as ``make`` does; any warning fails it.

    Returns:
        What Sphinx printed.
    """
    options = ["-c", ".", "-d", str(doctrees or out.with_name(f"{out.name}-doctrees")), "-n", "-W", "--keep-going"]
    command = [sys.executable, "-m", "sphinx", *options, "-j", str(jobs), "-b", builder, "docs", str(out)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"The book does not build:\n{done.stderr[-8000:]}"
    return done.stdout


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1; yields the address, without a slash at the end."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def need(*programs: str) -> None:
    """Fail, and name the Debian packages, if programs are missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    packages = sorted({NEEDED[program] for program in missing})
    assert not missing, f"Missing: {', '.join(missing)}. On Debian: apt-get install {' '.join(packages)}"
