"""A cached look-up of pybtex's plugins, which halves the time of a build with many citations.

For each citation and each formatted source, sphinxcontrib-bibtex asks ``pybtex.plugin.find_plugin`` for a backend or a style.
That function asks ``importlib.metadata.entry_points``, which keeps nothing and reads the metadata of every installed package anew
(``pkg_resources``, which pybtex used before, kept it).  Packages do not change during a build, so here the answers are kept.
Plugins registered at run time are looked up before entry points, as ever.

Written for pybtex 0.26; a pybtex that no longer looks entry points up by that name is left alone.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata

import pybtex.plugin  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.config import Config

_NAME = "entry_points"
_cached = lru_cache(maxsize=None)(metadata.entry_points)


def use_cache(wanted: bool) -> None:
    """Let pybtex find its plugins through the cache, or as it came.

    Args:
        wanted: whether to use the cache.
    """
    if hasattr(pybtex.plugin, _NAME):
        setattr(pybtex.plugin, _NAME, _cached if wanted else metadata.entry_points)


def _configure(app: Sphinx, config: Config) -> None:
    use_cache(config.reviewbook_cached_plugins)


def setup(app: Sphinx) -> dict[str, object]:
    """Add the configuration value ``reviewbook_cached_plugins`` and obey it; also an extension of its own."""
    app.add_config_value("reviewbook_cached_plugins", True, "", bool)
    app.connect("config-inited", _configure)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
