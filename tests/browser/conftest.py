"""A small site with the real look and script, the real book, and a browser that may load nothing from elsewhere."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

ROOT = Path(__file__).parents[2]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

BIBLIOGRAPHY = """\
@article{doe2001,
  author = {Doe, Jane and Poe, Paul and Moe, Mary},
  title = {A trial of {K}etamine},
  journal = {Journal of Examples},
  year = {2001},
  volume = {1},
  pages = {1--9},
  doi = {10.1000/doe},
  pmid = {11111111},
}

@article{poe2003,
  author = {Poe, Paul},
  title = {A withdrawn paper},
  journal = {Journal of Examples},
  year = {2003},
  volume = {3},
  pages = {3--4},
  doi = {10.1000/poe},
}

@article{roe2002,
  author = {Roe, Richard and Doe, Jane},
  title = {Mice and receptors},
  journal = {Journal of Examples},
  year = {2002},
  volume = {2},
  pages = {2--8},
  doi = {10.1000/roe},
}
"""

RECORDS = {
    "doe2001": """\
key: doe2001
design: rct-parallel
population: adults with depression
n: 73
findings:
- id: response
  text: At 24 h 64% responded to ketamine and 28% to midazolam; nasal 25% and 50%, oral 20%.
  locator: abstract
caveats:
- the drug can be felt
read:
- what: abstract
  where: https://pubmed.ncbi.nlm.nih.gov/11111111/
  when: 2026-11-23
""",
    "poe2003": """\
key: poe2003
design: commentary
findings:
- id: claim
  text: It claimed much.
  locator: abstract
status: retracted
notice: the journal retracted the paper in 2004
read:
- what: abstract
  where: https://pubmed.ncbi.nlm.nih.gov/33333333/
""",
    "roe2002": """\
key: roe2002
design: preclinical-in-vivo
population: mice
findings:
- id: rise
  text: In mice, glutamate rose.
  locator: abstract
read:
- what: full-text
  where: https://pmc.ncbi.nlm.nih.gov/articles/PMC1/
""",
}

INDEX = """\
# A small book

```{toctree}
mechanism/one
appendix/popular-claims
appendix/sources
```
"""

CHAPTER = """\
# A chapter

At 24 h, 64% responded {cite:p}`doe2001`.
In mice, glutamate rose, and people responded {cite:p}`roe2002,doe2001`.
As {cite:t}`roe2002` saw, it rose in mice.

:::{finding} Ketamine may help
:name: finding-help
:certainty: low
:downgraded: risk of bias (the drug can be felt); imprecision (one trial)
At 24 h, 64% responded to ketamine {cite:p}`doe2001`.
:::

## A section

The paper was retracted {cite:p}`poe2003`.

```{range-chart}
| Route | Drug | Low (%) | High (%) | Note | Source |
| --- | --- | --- | --- | --- | --- |
| Nasal spray | ketamine | 25 | 50 | responded to ketamine at some time after it was given | {cite:p}`doe2001` |
| Oral | ketamine | 20 | 20 | responded to ketamine at some time after it was given | {cite:p}`doe2001` |
```

```{pathway}
- **Ketamine → glutamate** (animals): In mice, glutamate rose {cite:p}`roe2002`.
- **glutamate → response** (people, disputed): People responded {cite:p}`doe2001`.
- **Ketamine → response** (people): People responded {cite:p}`doe2001`.
```
"""

POPULAR = """\
# What popular articles say

[To one claim](#popular-two)

```{popular-summary}
```

## Mechanism

""" + "\n".join(
    f""":::{{popular-claim}} {title}
:name: popular-{name}
:verdict: {verdict}
:chapter: mechanism/one
:articles: 2
{content}
:::
"""
    for name, title, verdict, content in (
        ("one", "Everybody responds", "overstated", "At 24 h, 64% responded {cite:p}`doe2001`."),
        ("two", "Some people respond", "supported", "At 24 h, 64% responded {cite:p}`doe2001`."),
        ("three", "All respond to the spray", "overstated", "Nasal, 25% to 50% responded {cite:p}`doe2001`."),
        ("four", "It will be everywhere", "not checkable", "What is known is in {doc}`/mechanism/one`."),
    )
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a small book: the real configuration, look and script, with sources of its own."""
    book = tmp_path_factory.mktemp("small")
    for name in ("conf.py", "pyproject.toml", "CITATION.cff", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, book / name)
    for name in ("_static", "_templates"):
        shutil.copytree(ROOT / "docs" / name, book / "docs" / name)
    with (book / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write("\nreviewbook_terms_by_hand = []  # there is no glossary\n")
    pages = {
        "references.bib": BIBLIOGRAPHY,
        "docs/index.md": INDEX,
        "docs/mechanism/one.md": CHAPTER,
        "docs/appendix/popular-claims.md": POPULAR,
        "docs/appendix/sources.md": "# Sources\n\n```{bibliography}\n```\n",
        **{f"docs/sources/{key}.yml": record for key, record in RECORDS.items()},
    }
    for name, text in pages.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text, encoding="utf-8")
    out = book / "html"
    command = [sys.executable, "-m", "sphinx", "-c", ".", "-n", "-W", "--keep-going", "-q", "docs", str(out)]
    done = subprocess.run(command, cwd=book, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def small(small_site: Path) -> Iterator[str]:
    """The address of the small book, served on this machine, with a slash at the end."""
    handler = functools.partial(_Quiet, directory=str(small_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(need_programs: Callable[..., None]) -> Iterator[Browser]:
    """Debian's Chromium, without a window; a test without it fails and names the package."""
    need_programs("chromium")
    try:
        playwright = sync_playwright().start()
    except Exception as error:  # noqa: BLE001 - Playwright raises nothing more specific
        pytest.fail(f"Playwright's driver did not start ({error}). On Debian: apt-get install libatomic1")
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    yield browser
    browser.close()
    playwright.stop()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """A function that opens an address in a fresh profile; options as for a browser context.

    At the end of the test, no page may have asked another host for anything or have reported an error.
    """
    contexts: list[BrowserContext] = []
    strangers: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file://", "data:", "about:")):
            strangers.append(request.url)

    def open_page(address: str, width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.on("request", note)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not strangers, f"asked of other hosts: {strangers}"
    assert not errors, f"errors of scripts: {errors}"
