"""The cached look-up of plugins changes how long a build takes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pybtex.plugin
import pytest
from books import CONF, MakeBook
from pybtex.backends.plaintext import Backend
from pybtex.style.formatting.plain import Style

from reviewbook.bibtex_speed import use_cache

CONF_SPEED = CONF.replace('"sphinxcontrib.bibtex"]', '"sphinxcontrib.bibtex", "reviewbook.bibtex_speed"]')
BIB = "".join(
    f"@article{{doe{year},\n  author = {{Doe, Jane and Roe, Ann}},\n  title = {{On {{K}}etamine}},\n"
    f"  journal = {{J}},\n  year = {{{year}}},\n}}\n"
    for year in range(1990, 2000)
)
PAGES = {
    "conf.py": CONF_SPEED,
    "references.bib": BIB,
    "index.md": "# Book\n\n```{toctree}\none\nsources\n```\n",
    "one.md": "# One\n\n"
    + "\n".join(f"Sentence {{cite:p}}`doe{y}` and {{cite:t}}`doe{y}`." for y in range(1990, 2000)),
    "sources.md": "# Sources\n\n```{bibliography}\n```\n",
}


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    use_cache(False)


def written(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_the_output_is_the_same_to_the_byte_with_and_without_the_cache(make_book: MakeBook) -> None:
    cached = make_book(PAGES, {"reviewbook_cached_plugins": True}, out="_build-a")
    assert pybtex.plugin.entry_points is not metadata.entry_points
    plain = make_book({}, {"reviewbook_cached_plugins": False}, out="_build-b")
    assert pybtex.plugin.entry_points is metadata.entry_points
    assert cached.warnings == plain.warnings == []
    assert written(cached.out) == written(plain.out)
    assert b"Jane Doe and Ann Roe" in written(cached.out)["sources.html"]


def test_entry_points_are_read_once_for_each_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        metadata, "distributions", lambda *a, _real=metadata.distributions: asked.append(a) or _real(*a)
    )
    use_cache(True)
    first = pybtex.plugin.find_plugin("pybtex.backends", "plaintext")
    before = len(asked)
    for _ in range(5):
        assert pybtex.plugin.find_plugin("pybtex.backends", "plaintext") is first is Backend
    assert len(asked) == before
    use_cache(False)
    pybtex.plugin.find_plugin("pybtex.backends", "plaintext")
    assert len(asked) > before, "pybtex keeps its entry points by itself now: bibtex_speed is no longer needed"


def test_plugins_registered_at_run_time_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    use_cache(True)
    monkeypatch.setattr(pybtex.plugin, "_RUNTIME_PLUGINS", {})
    with pytest.raises(pybtex.plugin.PluginNotFound):
        pybtex.plugin.find_plugin("pybtex.style.formatting", "made-up")
    assert pybtex.plugin.register_plugin("pybtex.style.formatting", "made-up", Style)
    assert pybtex.plugin.find_plugin("pybtex.style.formatting", "made-up") is Style


def test_a_pybtex_without_that_look_up_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pybtex.plugin, "entry_points")
    use_cache(True)
    assert not hasattr(pybtex.plugin, "entry_points")
