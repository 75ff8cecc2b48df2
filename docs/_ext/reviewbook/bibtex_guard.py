"""Keep a malformed bibliography from stopping the build before its faults are reported.

sphinxcontrib-bibtex (2.7) ends with a traceback when pybtex cannot parse the file.
Where the library has found faults, the readable entries are handed to it instead of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pybtex.database.input.bibtex import Parser  # type: ignore[import-untyped]
from pybtex.exceptions import PybtexError  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.bibfile import BibData, BibFile, get_mtime
from sphinxcontrib.bibtex.domain import BibtexDomain

from . import bib
from .domain import domain_of

FATAL = frozenset({"bib.syntax", "bib.duplicate-key", "bib.malformed-author", "bib.unescaped"})
"""Faults on which pybtex fails."""


def hand_over_readable_entries(app: Sphinx) -> None:
    """Give sphinxcontrib-bibtex the entries that can be read, if the file as a whole cannot."""
    domain = domain_of(app.env)
    bibfiles = [
        (Path(app.confdir) / file).resolve()
        for file in app.config.bibtex_bibfiles or ()
    ]
    if (
        not any(problem.rule in FATAL for problem in domain.library_problems)
        or len(bibfiles) != 1
    ):
        return
    if not bibfiles[0].is_file():
        return
    parser = Parser(app.config.bibtex_encoding)
    for entry in domain.library.entries.values():
        alone = Parser(app.config.bibtex_encoding)
        try:
            alone.parse_string(bib.write((bib.escaped(entry),)))
        except PybtexError:
            continue
        parser.data.entries[entry.key] = alone.data.entries[entry.key]
    keys = dict.fromkeys(parser.data.entries.keys())
    known = {bibfiles[0]: BibFile(mtime=get_mtime(bibfiles[0]), keys=keys)}
    data = BibData(
        encoding=app.config.bibtex_encoding, bibfiles=known, data=parser.data
    )
    cast(BibtexDomain, app.env.get_domain("cite")).data["bibdata"] = data


def setup(app: Sphinx) -> None:
    """Register the hook, after the library is loaded and before sphinxcontrib-bibtex reads the file."""
    app.connect("builder-inited", hand_over_readable_entries, priority=200)
