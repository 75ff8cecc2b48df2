"""Pages that cite a source are read and written again once its entry or its record has changed.

sphinxcontrib-bibtex only tells Sphinx that pages with a *bibliography* depend on the ``.bib`` file,
so that in an incremental build the pages that *cite* keep what they showed before.
To make every page depend on the file would be right and slow; here each entry and each record has a fingerprint,
kept with the environment, and only the pages that cite a changed source are outdated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

if TYPE_CHECKING:
    from pybtex.database import Entry  # type: ignore[import-untyped]
    from sphinxcontrib.bibtex.domain import BibtexDomain

_KEPT = "reviewbook_fingerprints"


def fingerprint_entry(entry: Entry) -> str:
    """What changes when, and only when, an entry of the bibliography changes."""
    people = {role: [str(person) for person in persons] for role, persons in entry.persons.items()}
    return _digest(repr((entry.type, sorted(entry.fields.items()), sorted(people.items()))).encode())


def fingerprint_records(folder: Path) -> dict[str, str]:
    """The fingerprint of each record in a folder, by key."""
    return {path.stem: _digest(path.read_bytes()) for path in sorted(folder.glob("*.yml"))}


def changed_keys(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    """The keys that came, went or changed between two sets of fingerprints."""
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}


def pages_to_refresh(
    changed: AbstractSet[str],
    citing: Iterable[tuple[str, AbstractSet[str]]],
    listing: Iterable[str],
) -> set[str]:
    """The pages that show something of a changed source.

    Args:
        changed: keys of the changed sources.
        citing: pairs of a page and keys that it cites.
        listing: pages that list sources, cited or not.
    """
    if not changed:
        return set()
    return {docname for docname, keys in citing if keys & changed} | set(listing)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _fingerprints(app: Sphinx, domain: BibtexDomain) -> dict[str, str]:
    records = fingerprint_records(Path(app.confdir) / app.config.reviewbook_records)
    entries = {key: fingerprint_entry(entry) for key, entry in domain.bibdata.data.entries.items()}
    return {key: entries.get(key, "") + records.get(key, "") for key in entries.keys() | records.keys()}


def _outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    domain = cast("BibtexDomain", env.get_domain("cite"))
    before: dict[str, str] | None = getattr(env, _KEPT, None)
    now = _fingerprints(app, domain)
    setattr(env, _KEPT, now)
    if before is None:
        return []
    citing = ((ref.docname, {target.key for target in ref.targets}) for ref in domain.citation_refs)
    listing = {key.docname for key in domain.bibliographies}
    return sorted(pages_to_refresh(changed_keys(before, now), citing, listing))


def setup(app: Sphinx) -> dict[str, object]:
    """Register the hook that tells Sphinx which pages are outdated; also an extension of its own."""
    app.setup_extension("sphinxcontrib.bibtex")
    if "reviewbook_records" not in app.config:
        app.add_config_value("reviewbook_records", "docs/sources", "env", str)
    app.connect("env-get-outdated", _outdated)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
