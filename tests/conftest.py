"""What the tests share: books of a few pages, the real book built once, and a local server."""

from __future__ import annotations

import functools
import http.server
import io
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

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


def pytest_configure(config: pytest.Config) -> None:
    """Build what the tests build in English, and alike on every machine."""
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ.pop("SOURCE_DATE_EPOCH", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; in CI every test runs: {report.longrepr}"
    return report


@pytest.fixture
def make_book(tmp_path: Path) -> MakeBook:
    """A function that writes files into a folder and builds them with Sphinx.

    Called again with other files it changes those and builds again, as an author would.
    Arguments: ``files`` (path below the folder -> text; ``conf.py`` has a default), ``confoverrides``, ``builder``,
    ``out`` (the name of the folder to build in) and ``parallel`` (the number of processes).
    """

    def make(
        files: Mapping[str, str],
        confoverrides: Mapping[str, Any] | None = None,
        *,
        builder: str = "html",
        out: str = "_build",
        parallel: int = 1,
    ) -> Book:
        defaults = {} if (tmp_path / "conf.py").exists() else {"conf.py": CONF, "references.bib": ""}
        for name, text in (defaults | dict(files)).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        target, log = tmp_path / out, io.StringIO()
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                tmp_path,
                tmp_path,
                target,
                tmp_path / f"{out}-doctrees",
                builder,
                confoverrides=dict(confoverrides or {}) | {"exclude_patterns": ["_build*"]},
                status=None,
                warning=log,
                parallel=parallel,
            )
            app.build()
        plain = re.sub(r"\x1b\[[0-9;]*m", "", log.getvalue())
        warnings = [line for line in plain.splitlines() if "WARNING:" in line or "ERROR:" in line]
        doctrees = {docname: app.env.get_doctree(docname) for docname in sorted(app.env.found_docs)}
        return Book(target, doctrees, warnings, app)

    return make


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


@pytest.fixture(scope="session")
def built_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the HTML of the real book, built once and without a warning.  Do not write into it."""
    out = tmp_path_factory.mktemp("book") / "html"
    build_book(ROOT, out)
    return out


@pytest.fixture(scope="module")
def book_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources of the real book that the tests of a module may change, one after the other."""
    copy = tmp_path_factory.mktemp("copy")
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, copy)
    shutil.copytree(ROOT / "docs", copy / "docs", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    (copy / "tests").mkdir()
    shutil.copy2(ROOT / "tests" / "incomplete-sources.yml", copy / "tests")
    return copy


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


@pytest.fixture(scope="session")
def served(built_book: Path) -> Iterator[str]:
    """The address of the real book, served on this machine."""
    with serve(built_book) as address:
        yield address


def need(*programs: str) -> None:
    """Fail, and name the Debian packages, if programs are missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    packages = sorted({NEEDED[program] for program in missing})
    assert not missing, f"Missing: {', '.join(missing)}. On Debian: apt-get install {' '.join(packages)}"


@pytest.fixture(scope="session")
def need_programs() -> Callable[..., None]:
    """A function that fails, and names the Debian packages, if programs are missing."""
    return need
