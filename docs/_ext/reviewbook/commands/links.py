"""``reviewbook links``: whether every link of the book still leads somewhere."""

from __future__ import annotations

import argparse
import datetime
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar, cast

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.display import status_iterator
from sphinx.util.docutils import docutils_namespace, patch_docutils

from ..links import registries, report
from ..links.cache import MAX_AGE, Cache
from ..links.linkcheck import LinksBuilder
from ..links.model import Answer, Kind, Link, Outcome
from ..registry.web import Web
from .shared import Commands

EVERY = 100
"""Where there is no terminal, progress is told each time that so many links are done."""

Item = TypeVar("Item")


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "links",
        help="ask over the network whether every link leads somewhere",
        description="Ask whether every link of the pages, the bibliography and the records leads somewhere: DOIs of the "
        "handle system, PubMed, PMC and trials of their registries, everything else by Sphinx's link check. "
        "The report comes on the console, in report.jsonl and in report.md, with every place of a link.",
        epilog="Exit codes: 0 no link is bad (what is unknown is listed), 1 a link is bad, 2 the command was not understood.",
    )
    command.add_argument(
        "--only", action="append", choices=[kind.value for kind in Kind], help="ask about these alone; can be repeated"
    )
    command.add_argument(
        "--pages", nargs="+", metavar="PAGE", default=[], help="links of these pages and what they cite: 'risks/*'"
    )
    command.add_argument(
        "--max-age",
        type=_days,
        metavar="DAYS",
        help=f"believe a good answer for so many days (default: {MAX_AGE[Outcome.GOOD]}; 0 asks all anew)",
    )
    command.add_argument("--out", type=Path, metavar="FOLDER", help="where the report goes (default: _build/links)")
    command.set_defaults(run=run)


def _days(text: str) -> int:
    days = int(text)
    if days < 0:
        raise ValueError(text)
    return days


_days.__name__ = "number of days"  # what the message of argparse calls it


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    root = Path(options.root)
    if not (root / "conf.py").exists():
        print(f"reviewbook: there is no conf.py in {root.resolve()}; run this at the top of the book", file=sys.stderr)
        return 2
    out = Path(options.out) if options.out else root / "_build" / "links"
    kinds = {Kind(kind) for kind in options.only or Kind}
    answers: dict[str, Answer] = {}
    asked: set[str] = set()
    today = datetime.date.today()
    with docutils_namespace(), patch_docutils(root), Cache(out / "cache.jsonl", today, options.max_age) as cache:
        # Nothing may last for ever, nor change what comes after this command in the same process.
        patience = socket.getdefaulttimeout()

        def hear(answered: Iterator[tuple[Link, Answer]], number: int) -> None:
            for link, answer in _progress(answered, "links asked", number):
                answers[link.name] = answer
                asked.add(link.name)
                cache.put(link.name, answer)

        chosen: list[Link] = []

        def choose(links: Sequence[Link]) -> list[Link]:
            chosen.extend(link for link in links if link.kind in kinds and _is_on(link, options.pages, root))
            for link in chosen:
                known = cache.get(link.name)
                if known is not None:
                    answers[link.name] = known
            return [link for link in chosen if link.kind is Kind.WEB and link.name not in answers]

        try:
            app = _application(root, out)
            builder = cast(LinksBuilder, app.builder)
            builder.choose, builder.hear = choose, hear
            app.build()
            left = [link for link in chosen if link.kind is not Kind.WEB and link.name not in answers]
            hear(registries.ask(left, Web()), len(left))
        except SphinxError as error:
            print(f"reviewbook: the book cannot be read: {error}", file=sys.stderr)
            return 2
        finally:
            socket.setdefaulttimeout(patience)
    if options.pages and not chosen:
        print(f"reviewbook: no link stands on {' or '.join(options.pages)}", file=sys.stderr)
        return 2
    lines = [report.Line(link, answers[link.name], link.name not in asked) for link in chosen]
    (out / "report.jsonl").write_text(report.json_lines(lines), encoding="utf-8")
    (out / "report.md").write_text(report.markdown(lines), encoding="utf-8")
    print(report.console(lines))
    print(f"The report is in {out / 'report.md'} and {out / 'report.jsonl'}.", file=sys.stderr)
    return 1 if any(line.answer.outcome is Outcome.BAD for line in lines) else 0


def _application(root: Path, out: Path) -> Sphinx:
    """A Sphinx application with the builder for links, which has read nothing yet."""
    return Sphinx(
        root / "docs",
        root,
        out,
        root / "_build" / "doctrees" / "links",
        LinksBuilder.name,
        status=sys.stderr if sys.stderr.isatty() else None,
        warning=sys.stderr,
        parallel=os.cpu_count() or 1,
    )


def _is_on(link: Link, pages: Iterable[str], root: Path) -> bool:
    """Whether a link stands on one of the pages, or belongs to a source that they cite."""
    if not pages:
        return True
    names = {place.path.removeprefix("docs/").removesuffix(".md") for place in link.places}
    wanted = [page.removeprefix("docs/").removesuffix(".md") for page in pages]
    return any(fnmatchcase(name, pattern) for name in names for pattern in wanted)


def _progress(items: Iterable[Item], what: str, number: int) -> Iterator[Item]:
    """The items, with a bar on a terminal, and otherwise with a line now and then."""
    if sys.stderr.isatty():
        yield from status_iterator(
            items, f"{what}... ", length=max(number, 1), stringify_func=lambda item: item[0].name
        )
        return
    for done, item in enumerate(items, 1):
        yield item
        if done % EVERY == 0 or done == number:
            print(f"{what}: {done} of {number}", file=sys.stderr)
