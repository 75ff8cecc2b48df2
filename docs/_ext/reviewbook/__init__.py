"""The machinery of the book: a small Sphinx extension that checks the chain from claim to source."""

import zlib
from pathlib import Path

from sphinx.application import Sphinx

from . import (
    bibtex_freshness,
    bibtex_guard,
    bibtex_index,
    bibtex_speed,
    boxes,
    cards,
    checkbuilder,
    citations,
    cite_roles,
    claim_review,
    domain,
    downloads,
    epub_archive,
    exhibits,
    export,
    findings,
    folding,
    glossary,
    live,
    markup,
    meta_analyses,
    outcome_tables,
    page_metadata,
    plots,
    popular,
    print_parts,
)
from .links import linkcheck

CHAPTERS = ["summary", "mechanism/*", "administration/*", "evidence/*", "risks/*", "ethics/*"]


def env_version() -> int:
    """A number that changes with the code: what one version has kept of the pages is not read by another."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    return zlib.crc32(b"".join(path.read_bytes() for path in code))


def setup(app: Sphinx) -> dict[str, object]:
    """Register everything that the book needs."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_config_value("reviewbook_chapters", CHAPTERS, "env", list)
    app.add_config_value("reviewbook_records", "docs/sources", "env", str)
    app.add_config_value("reviewbook_sources_page", "appendix/sources", "env", str)
    app.add_config_value("reviewbook_incomplete", "tests/incomplete-sources.yml", "env", str)
    app.add_config_value("reviewbook_judge_last", False, "", bool)
    app.add_config_value("reviewbook_searches", "docs/searches.yml", "env", str)
    app.add_config_value("reviewbook_screening", "docs/screening/log.yml", "env", str)
    app.add_config_value("reviewbook_released", "", "html", str)
    domain.setup(app)
    bibtex_speed.setup(app)
    bibtex_index.setup(app)
    bibtex_guard.setup(app)
    cite_roles.setup(app)
    bibtex_freshness.setup(app)
    markup.setup(app)
    boxes.setup(app)
    findings.setup(app)
    glossary.setup(app)
    popular.setup(app)
    claim_review.setup(app)
    live.setup(app)
    exhibits.setup(app)
    citations.setup(app)
    cards.setup(app)
    plots.setup(app)
    folding.setup(app)
    outcome_tables.setup(app)
    meta_analyses.setup(app)
    print_parts.setup(app)
    export.setup(app)
    downloads.setup(app)
    epub_archive.setup(app)
    page_metadata.setup(app)
    checkbuilder.setup(app)
    linkcheck.setup(app)
    return {
        "version": "0.4.0",
        "env_version": env_version(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
