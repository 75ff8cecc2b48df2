"""What the tests share: books of a few pages, the real book built once, and a local server."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from books import CONF, ROOT, Book, MakeBook, build_book, need, serve
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


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


@pytest.fixture(scope="session")
def served(built_book: Path) -> Iterator[str]:
    """The address of the real book, served on this machine."""
    with serve(built_book) as address:
        yield address


@pytest.fixture(scope="session")
def need_programs() -> Callable[..., None]:
    """A function that fails, and names the Debian packages, if programs are missing."""
    return need
