"""The claims of the book as data: ``claims.json`` and ``claims.csv`` beside the pages, at each HTML build.

The format is documented on the page on data (docs/appendix/data.md); what it says and :data:`FORMAT_VERSION` change together.
The files depend on the book alone: two builds of one state are byte-identical.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole

from . import csl, popular_data, row_files, sources_data, trials
from .book import Book
from .claims import Claim
from .domain import domain_of
from .library import Library, record_schema
from .results import Result, left_out

FORMAT_VERSION = 1
"""Rises when a field changes its meaning or goes; new fields do not raise it."""

BUILDERS = frozenset({"html", "dirhtml", "singlehtml"})
FILES = (
    "claims.json",
    "claims.csv",
    "popular-claims.json",
    "popular-claims.csv",
    "trials.csv",
    "source-record.schema.json",
    "references.bib",
    "references.json",
    "sources.json",
)
"""What is published beside the pages."""

COLUMNS = (
    "id",
    "page",
    "section",
    "line",
    "url",
    "kind",
    "place",
    "text",
    "keys",
    "dois",
    "links",
    "numbers",
    "derived",
)


def rows(book: Book, uri: Callable[[str], str]) -> list[dict[str, Any]]:
    """The claims of a book as plain data, in the order of the book.

    Args:
        book: the book.
        uri: the address of a page, relative to the top of the site.
    """
    found = []
    seen: dict[str, int] = {}
    for docname, claims in book.claims.items():
        for claim in claims:
            if claim.kind == "heading":
                continue
            digest = hashlib.sha256(f"{docname}\n{claim.text}".encode()).hexdigest()[:12]
            seen[digest] = seen.get(digest, 0) + 1
            name = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
            found.append({"id": name, **_row(claim, book.library, uri(docname))})
    return found


def as_json(data: Iterable[dict[str, Any]], title: str) -> str:
    """The claims as the text of ``claims.json``."""
    return row_files.as_json({"format": "reviewbook-claims", "version": FORMAT_VERSION, "book": title}, "claims", data)


def as_csv(data: Iterable[dict[str, Any]]) -> str:
    """The claims as the text of ``claims.csv``: lists are joined by semicolons."""
    return row_files.as_csv(COLUMNS, map(_flat, data))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        **row_files.source_columns(row),
        "links": "; ".join(row["links"]),
        "numbers": "; ".join(" ".join(filter(None, (n["text"], n["unit"]))) for n in row["numbers"]),
        "derived": "; ".join(f"{d['text']} <{d['expression']}>" for d in row["derived"]),
    }


def _row(claim: Claim, library: Library, page: str) -> dict[str, Any]:
    sources = []
    for key in claim.keys:
        entry = library.entries.get(key)
        sources.append({"key": key, "doi": entry.fields.get("doi") if entry else None})
    return {
        "page": claim.docname,
        "section": claim.section,
        "line": claim.line,
        "url": f"{page}#{claim.anchor}" if claim.anchor else page,
        "kind": claim.kind,
        "place": claim.place,
        "text": claim.text,
        "sources": sources,
        "links": [target for _, target in claim.targets],
        "numbers": [
            {"text": n.text, "value": f"{n.value:f}", "unit": None if n.unit == "*" else n.unit} for n in claim.numbers
        ],
        "derived": [{"text": d.shown, "expression": d.expression} for d in claim.derived],
    }


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the files beside the pages, when they have been built."""
    if exception is not None or app.builder.name not in BUILDERS:
        return
    domain = domain_of(app.env)
    book = domain.book()
    data = rows(book, app.builder.get_target_uri)
    popular = popular_data.rows(book.popular, book.claims, book.library, app.builder.get_target_uri)
    out = Path(app.outdir)
    _write(out / "claims.json", as_json(data, app.config.project))
    _write(out / "claims.csv", as_csv(data))
    _write(out / "popular-claims.json", popular_data.as_json(popular, app.config.project))
    _write(out / "popular-claims.csv", popular_data.as_csv(popular))
    _write(out / "trials.csv", trials.as_csv(trials.trials(domain.library)))
    _write(out / "source-record.schema.json", record_schema())
    _write(out / "references.json", csl.as_json(domain.library.entries.values()))
    _write(out / "sources.json", sources_data.as_json(sources_data.rows(domain.library, data), app.config.project))
    results = [result for docname in domain.pages() for _, result in domain.analyses.get(docname, ()) if result]
    (out / "analyses").mkdir(exist_ok=True)
    for result in results:
        _write(out / analysis_file(result.name), analysis_csv(result, domain.library))
    bibfile = Path(domain.library.bibfile)
    if bibfile.is_file():
        shutil.copyfile(bibfile, out / "references.bib")


LEFT_OUT = ("estimate", "ci_low", "ci_high", "tau2", "i2")
ANALYSIS_COLUMNS = (
    *("study", "key", "group", "timepoint", "treatment", "comparison", "events_t", "n_t", "events_c", "n_c"),
    *("mean_t", "sd_t", "mean_c", "sd_c", "reported", "yi", "vi", "weight"),
    *(f"without_{name}" for name in LEFT_OUT),
)


def analysis_file(name: str) -> str:
    """Where the data of a meta-analysis are published, from the top of the site."""
    return f"analyses/{name}.csv"


def analysis_csv(result: Result, library: Library) -> str:
    """The trials of a meta-analysis; ``reviewbook pool`` reads the file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ANALYSIS_COLUMNS, lineterminator="\n")
    writer.writeheader()
    without = {study.key: pooled for study, pooled in left_out(result)}
    for study, weight in zip(result.analysis.studies, result.analysis.total.weights, strict=True):
        row: dict[str, object] = {
            "study": trials.study_name(library.entries[study.key]),
            "key": study.key,
            "group": study.group,
            "timepoint": study.timepoint,
            "reported": "yes" if study.reported else "",
            "yi": repr(study.effect.yi),
            "vi": repr(study.effect.vi),
            "weight": f"{weight:.6f}",
        }
        for arm, side, role in ((study.treated, "t", "treatment"), (study.control, "c", "comparison")):
            if arm is not None:
                sd = arm.sd if arm.sd is not None or arm.se is None or arm.n is None else arm.se * arm.n**0.5
                row |= {role: arm.arm, f"events_{side}": arm.events, f"n_{side}": arm.n}
                row |= {f"mean_{side}": arm.mean, f"sd_{side}": sd}
        if study.key in without:
            others = without[study.key]
            row |= {f"without_{name}": repr(getattr(others, name)) for name in LEFT_OUT}
        writer.writerow({name: "" if value is None else value for name, value in row.items()})
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    publish(path, lambda new: new.write_bytes(text.encode("utf-8")))


def publish(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file in one step: who fetches it during a build gets the old one or the new one, whole."""
    whole = path.with_name(path.name + ".new")
    write(whole)
    whole.replace(path)


def file_uri(builder: Builder, docname: str, name: str) -> str:
    """The address of a published file, relative to a page."""
    return "../" * builder.get_target_uri(docname).count("/") + name


class data_file(nodes.Inline, nodes.TextElement):
    """A published file; a link where pages are written, its name elsewhere."""


class DataFile(SphinxRole):
    """A link to a published file: {data-file}`claims.json`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in FILES:
            message = self.inliner.reporter.error(
                f"no such file is published: {self.text!r}; there are {', '.join(FILES)}", line=self.lineno
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        node = data_file(self.rawtext, "", nodes.literal("", self.text), name=self.text)
        self.set_source_info(node)
        return [node], []


class LinkDataFiles(SphinxPostTransform):
    """Make links to the published files, relative to the page."""

    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        builder = self.env._app.builder
        for node in list(self.document.findall(data_file)):
            children = list(node.children)
            if builder.name in BUILDERS:
                uri = file_uri(builder, self.env.docname, node["name"])
                node.replace_self(nodes.reference("", "", *children, refuri=uri, internal=False))
            else:
                node.replace_self(children)


def setup(app: Sphinx) -> None:
    """Register the role and the writing of the files."""
    app.add_node(data_file)
    app.add_role("data-file", DataFile())
    app.add_post_transform(LinkDataFiles)
    app.connect("build-finished", write_files)
