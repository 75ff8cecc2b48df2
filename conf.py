"""Configuration of the book; the sources are in docs/ (``sphinx-build -c . docs OUT``)."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

project = "Ketamine in Mental Health: a living review"
author = "The contributors to Ketamine in Mental Health"
copyright = "the contributors; text and data CC BY 4.0, code MIT"
language = "en"

extensions = ["myst_parser", "sphinxcontrib.bibtex", "reviewbook"]
exclude_patterns = ["_ext", "sources"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "attrs_block", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True

bibtex_bibfiles = ["references.bib"]
bibtex_cite_id = "cite-{key}"
bibtex_reference_style = "author_year"
bibtex_default_style = "plain"

html_theme = "furo"
html_title = "Ketamine in Mental Health"
html_static_path = ["docs/_static"]
templates_path = ["docs/_templates"]
