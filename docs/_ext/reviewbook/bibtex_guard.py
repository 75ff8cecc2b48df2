"""Keep a malformed bibliography from stopping the build before its faults are reported.

sphinxcontrib-bibtex (2.7) ends with a traceback when pybtex cannot parse the file,
or when a cited entry has no title or a type that its style does not know.
Where there are such faults, entries that it can use are handed to it instead of the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pybtex.database.input.bibtex import Parser  # type: ignore[import-untyped]
from pybtex.exceptions import PybtexError  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.bibfile import BibData, BibFile, get_mtime
from sphinxcontrib.bibtex.domain import BibtexDomain

from . import bib, rules
from .bib import Entry
from .domain import domain_of

FATAL = frozenset({"bib.syntax", "bib.duplicate-key", "bib.malformed-author", "bib.unescaped", "bib.type"})
"""Faults on which pybtex or its styles fail; the other is an entry without a title."""


def usable(entry: Entry) -> Entry:
    """The entry with what a style cannot do without: a known type, a title, and no bare ``%`` in its text."""
    fields = {"title": f"[{entry.key}]"} | dict(bib.escaped(entry).fields)
    known = entry.type if entry.type in rules.TYPES else "misc"
    return entry._replace(type=known, fields=fields)


def hand_over_usable_entries(app: Sphinx) -> None:
    """Give sphinxcontrib-bibtex entries that it can use, if the file holds others."""
    domain = domain_of(app.env)
    entries = domain.library.entries.values()
    bibfiles = [(Path(app.confdir) / file).resolve() for file in app.config.bibtex_bibfiles or ()]
    if len(bibfiles) != 1 or not bibfiles[0].is_file():
        return
    fatal = any(problem.rule in FATAL for problem in domain.library_problems)
    if not fatal and all(entry.fields.get("title") for entry in entries):
        return
    parser = Parser(app.config.bibtex_encoding)
    for entry in entries:
        alone = Parser(app.config.bibtex_encoding)
        try:
            alone.parse_string(bib.write((usable(entry),)))
        except PybtexError:
            continue
        parser.data.entries[entry.key] = alone.data.entries[entry.key]
    keys = dict.fromkeys(parser.data.entries.keys())
    known = {bibfiles[0]: BibFile(mtime=get_mtime(bibfiles[0]), keys=keys)}
    data = BibData(encoding=app.config.bibtex_encoding, bibfiles=known, data=parser.data)
    cast(BibtexDomain, app.env.get_domain("cite")).data["bibdata"] = data


def setup(app: Sphinx) -> None:
    """Register the hook, after the library is loaded and before sphinxcontrib-bibtex reads the file."""
    app.connect("builder-inited", hand_over_usable_entries, priority=200)
