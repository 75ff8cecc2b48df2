"""Configuration of the book; the sources are in docs/ (``sphinx-build -c . docs OUT``)."""

import os
import sys
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path

import yaml

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

project = "Ketamine in Mental Health: a living review"
author = "The contributors to Ketamine in Mental Health"
copyright = "the contributors; text and data CC BY 4.0, code MIT"
language = "en"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
released = date.fromisoformat(yaml.safe_load((ROOT / "CITATION.cff").read_text())["date-released"])
today = f"{released.day} {released:%B %Y}"  # not the day of the build, so that equal sources give equal books

reviewbook_released = released.isoformat()
os.environ.setdefault("SOURCE_DATE_EPOCH", f"{datetime.combine(released, time(), UTC).timestamp():.0f}")  # in files too

extensions = ["myst_parser", "sphinxcontrib.bibtex", "reviewbook"]
exclude_patterns = ["_ext", "sources", "screening"]
# Terms of the glossary that also have an everyday meaning, or another in medicine: only authors link these.
reviewbook_terms_by_hand = ["clearance", "disinhibition", "diversion", "expectancy", "prolonged exposure", "response"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline", "attrs_block", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True

bibtex_bibfiles = ["references.bib"]
bibtex_cite_id = "cite-{key}"
bibtex_reference_style = "reviewbook"
bibtex_default_style = "reviewbook"
bibtex_tooltips = False  # the previews say more

reviewbook_license = "https://creativecommons.org/licenses/by/4.0/"
reviewbook_locale = "en_GB"

# Where the site will stand; without it no page names an address of its own.
html_baseurl = os.environ.get("BOOK_URL") or os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_theme = "furo"
html_title = "Ketamine in Mental Health"
html_static_path = ["docs/_static"]
templates_path = ["docs/_templates"]
html_css_files = ["reviewbook.css"]
html_js_files = [("reviewbook.js", {"defer": "defer"})]
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-foreground-primary": "#22262a",
        "color-foreground-secondary": "#4b5359",
        "color-foreground-muted": "#596168",
        "color-foreground-border": "#8b9196",
        "color-background-primary": "#fdfdfb",
        "color-background-secondary": "#f6f6f2",
        "color-background-hover": "#ebebe4",
        "color-background-hover--transparent": "#ebebe400",
        "color-background-border": "#dfdfd8",
        "color-brand-primary": "#0b5563",
        "color-brand-content": "#0b5563",
        "color-brand-visited": "#574577",
        "color-problematic": "#9c1c1c",
        "color-highlight-on-target": "#fbf1cc",
        "review-target": "#fbf1cc",
        "review-crisis": "#a8572a",
    },
    "dark_css_variables": {
        "color-foreground-primary": "#d9dbda",
        "color-foreground-secondary": "#b0b6b9",
        "color-foreground-muted": "#9da5a9",
        "color-foreground-border": "#6f777b",
        "color-background-primary": "#15181a",
        "color-background-secondary": "#1c2022",
        "color-background-hover": "#262b2e",
        "color-background-hover--transparent": "#262b2e00",
        "color-background-border": "#353b3f",
        "color-brand-primary": "#86c5cf",
        "color-brand-content": "#86c5cf",
        "color-brand-visited": "#bcaedb",
        "color-problematic": "#ff8f8a",
        "color-highlight-on-target": "#3a3413",
        "review-target": "#3a3413",
        "review-crisis": "#d98a5c",
    },
}

# `make links`. DOIs, PubMed, PMC and trials are not visited, because their registries are asked (reviewbook/links).
linkcheck_workers = 6
linkcheck_timeout = 20
linkcheck_retries = 1  # what did not answer is unknown, and is asked again at the next run
linkcheck_rate_limit_timeout = 120.0  # seconds to wait for one host that asks for patience, all in all
linkcheck_anchors = True
linkcheck_anchors_ignore = ["^!", "^:~:text=", "^page="]  # routes of scripts, marked words, pages of a PDF
reviewbook_links_pause = 1.0  # seconds between two visits to one host

latex_engine = "xelatex"
latex_documents = [("index", "ketamine-in-mental-health.tex", project, author, "manual")]
latex_table_style = ["booktabs"]
latex_use_xindy = False  # there is no index to sort
latex_domain_indices = False
latex_elements = {
    "papersize": "a4paper",
    "pointsize": "10pt",
    "extraclassoptions": "openany,oneside",
    "fncychap": "",
    "preamble": r"""
\titleformat{\chapter}{\sffamily\bfseries\huge\raggedright}{\thechapter}{0.6em}{}
\titlespacing*{\chapter}{0pt}{0pt}{1.5ex}
\expandafter\def\csname DUrole\detokenize{map-mark}\endcsname#1{\textup{#1}} % italics lack the signs
""",
    "printindex": "",
    "releasename": "Version",
    "tableofcontents": r"\setcounter{tocdepth}{0}\sphinxtableofcontents",  # parts and chapters
}

epub_basename = "ketamine-in-mental-health"
epub_identifier = "ketamine-in-mental-health"
epub_uid = epub_identifier
epub_scheme = "ID"
epub_copyright = copyright
epub_show_urls = "no"
epub_use_index = False
epub_css_files = ["epub.css"]
epub_exclude_files = ["_static/reviewbook.css", "_static/reviewbook.js"]
