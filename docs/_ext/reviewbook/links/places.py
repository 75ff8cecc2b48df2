"""Every link of the book with every place at which it stands: pages, bibliography and records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..addresses import addresses_in, archived_page, same_page
from ..bib import Entry
from ..book import CitationUse
from ..library import Library
from .model import Link, Place, named


def collected(
    library: Library,
    on_pages: Mapping[str, Sequence[Place]],
    uses: Iterable[CitationUse],
    page_paths: Mapping[str, str],
    root: Path,
) -> list[Link]:
    """All links, in the order of their names.

    Args:
        library: the sources.
        on_pages: the addresses that pages show, each with its places.
        uses: the citations; a place that cites a source is named with the links of that source.
        page_paths: the file of each page, by its name.
        root: the top of the book, from which files are named.
    """
    cited: dict[str, list[Place]] = {}
    for use in uses:
        cited.setdefault(use.key, []).append(Place(page_paths[use.docname], use.line or 1, f"cites {use.key}"))
    found: dict[str, tuple[Link, dict[Place, None]]] = {}
    for address, place in _of_library(library, root):
        link = named(address)
        places = found.setdefault(link.same, (link, {}))[1]
        places.update(dict.fromkeys([place, *cited.get(place.what, ())]))
    for address, several in on_pages.items():
        link = named(address)
        found.setdefault(link.same, (link, {}))[1].update(dict.fromkeys(several))
    copies = _copies(library)
    return [
        link._replace(places=tuple(sorted(places)), archived=copies.get(same_page(link.name), ""))
        for _, (link, places) in sorted(found.items())
    ]


def _of_library(library: Library, root: Path) -> Iterator[tuple[str, Place]]:
    bibfile = relative(library.bibfile, root)
    for entry in library.entries.values():
        for address, line in _of_entry(entry):
            yield address, Place(bibfile, line, entry.key)
    for key, path in library.record_paths.items():
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue  # a problem of the book, which `make check` tells
        for number, text in enumerate(lines, 1):
            for address in addresses_in(text) if "://" in text else ():
                yield address, Place(relative(path, root), number, key)


def _of_entry(entry: Entry) -> Iterator[tuple[str, int]]:
    before = {
        "doi": "https://doi.org/",
        "pmid": "https://pubmed.ncbi.nlm.nih.gov/",
        "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/",
    }
    for name, value in entry.fields.items():
        if name in before:
            yield before[name] + value, entry.lines[name]
        elif name == "url":
            yield value, entry.lines[name]
        elif "://" in value:
            for address in addresses_in(entry.text(name)):
                yield address, entry.lines[name]


def _copies(library: Library) -> dict[str, str]:
    return {
        same_page(archived_page(record.archived)): record.archived
        for record in library.records.values()
        if record.archived
    }


def relative(path: str, root: Path) -> str:
    """A file as it is named from the top of the book."""
    try:
        return Path(path).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path
