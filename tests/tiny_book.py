"""A book of a few lines, written into a temporary folder and built with Sphinx."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import NamedTuple

import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = """
extensions = ["myst_parser", "sphinxcontrib.bibtex", "reviewbook"]
project = "A tiny book"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
bibtex_bibfiles = ["references.bib"]
bibtex_cite_id = "cite-{key}"
bibtex_reference_style = "author_year"
reviewbook_records = "sources"
reviewbook_incomplete = "incomplete.yml"
reviewbook_chapters = ["part/*"]
html_theme = "basic"
html_copy_source = False
nitpicky = True
"""

SOURCES_PAGE = "# Sources\n\n```{bibliography}\n```\n"


class Warned(NamedTuple):
    """One warning of a build."""

    path: str
    line: int | None
    rule: str
    message: str


class Built(NamedTuple):
    """What a build left behind."""

    out: Path
    warnings: list[Warned]
    app: Sphinx
    log: str

    @property
    def rules(self) -> list[str]:
        """The rules that were broken, in the order of the warnings."""
        return [w.rule.removeprefix("reviewbook.") for w in self.warnings]

    def html(self, page: str) -> str:
        """A page as it was written."""
        return (self.out / f"{page}.html").read_text(encoding="utf-8")


class TinyBook:
    """A folder with a configuration, a library of two sources and an empty table of contents."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.docs = root / "docs"
        self.docs.mkdir(parents=True)
        (root / "sources").mkdir()
        (root / "conf.py").write_text(CONF)
        (root / "incomplete.yml").write_text("# nothing\n")
        self.bib = root / "references.bib"
        self.bib.write_text("")
        self.page("sources", SOURCES_PAGE)
        self.source("doe2001", "rct-parallel", "At 24 h, 64% of 47 people responded to ketamine and 28% to midazolam.")
        self.source("roe2002", "preclinical-in-vivo", "In mice, GluN2B rose by 12%.", doi="10.1000/roe")

    def source(self, key: str, design: str, finding: str, **fields: object) -> None:
        """Add a complete source; fields of the record by name, those of the entry too."""
        entry: dict[str, object] = {
            "author": f"{key[:3].title()}, Jane",
            "title": f"A study named {key}",
            "journal": "Journal of Examples",
            "year": re.findall(r"\d{4}", key)[0],
            "volume": "1",
            "pages": "1--2",
            "doi": f"10.1000/{key}",
        }
        record: dict[str, object] = {
            "key": key,
            "design": design,
            "findings": [{"id": "main", "text": finding, "locator": "abstract"}],
            "read": [{"what": "abstract", "where": f"https://example.org/{key}"}],
        }
        for name, value in fields.items():
            (entry if name in (*entry, "pmid", "pmcid", "url", "number", "pubstate") else record)[name] = value
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in entry.items() if value is not None)
        blocks = [b for b in re.split(r"\n(?=@)", self.bib.read_text()) if b.strip()]
        blocks = [b.strip("\n") + "\n" for b in blocks if not b.startswith(f"@article{{{key},")]
        blocks.append(f"@article{{{key},\n{lines}}}\n")
        self.bib.write_text("\n".join(sorted(blocks, key=lambda b: b.split(",")[0].split("{")[1])))
        self.record(key).write_text(yaml.safe_dump(record, sort_keys=False, allow_unicode=True))

    def record(self, key: str) -> Path:
        """The file of a record."""
        return self.root / "sources" / f"{key}.yml"

    def page(self, name: str, text: str) -> Path:
        """Write a page and put it into the table of contents."""
        path = self.docs / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        index = self.docs / "index.md"
        if name != "index":
            names = sorted(str(p.relative_to(self.docs).with_suffix("")) for p in self.docs.rglob("*.md") if p != index)
            index.write_text("# Book\n\n```{toctree}\n" + "\n".join(names) + "\n```\n")
        return path

    def chapter(self, text: str) -> Path:
        """Write the one chapter."""
        return self.page("part/one", f"# One\n\n{text}\n")

    def build(self, builder: str = "html", *, out: str = "", parallel: int = 0, **conf: object) -> Built:
        """Build, again if built before, and return the warnings."""
        log = io.StringIO()
        target = self.root / "_build" / (out or builder)
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                self.docs,
                self.root,
                target,
                self.root / "_build" / "doctrees" / (out or builder),
                builder,
                confoverrides=dict(conf),
                status=None,
                warning=log,
                parallel=parallel,
            )
            app.build()
        return Built(target, self._warnings(log.getvalue()), app, log.getvalue())

    def _warnings(self, log: str) -> list[Warned]:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
        found = []
        for line in plain.splitlines():
            match = re.fullmatch(r"(?:(.*?):(?:(\d+):)? )?(?:WARNING|ERROR): (.*?)(?: \[([\w.-]+)\])?", line)
            assert match, f"not a warning at a place: {line!r}"
            path = (match[1] or "").replace(str(self.root) + "/", "")
            found.append(Warned(path, int(match[2]) if match[2] else None, match[4] or "", match[3]))
        return found
