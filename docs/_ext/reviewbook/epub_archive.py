"""The EPUB is the same to the byte whenever it is built from the same sources.

Sphinx packs the files with the times at which they were written; here they get the day of the release.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from sphinx.application import Sphinx


def with_one_time(archive: Path, day: datetime.date) -> None:
    """Rewrite an archive so that all of its files bear the same time, in the same order and packed as before."""
    new = archive.with_name(archive.name + ".new")
    with ZipFile(archive) as old, ZipFile(new, "w") as packed:
        for entry in old.infolist():
            fixed = ZipInfo(entry.filename, (day.year, day.month, day.day, 0, 0, 0))
            fixed.compress_type = entry.compress_type
            fixed.external_attr = 0o644 << 16
            fixed.create_system = 3  # the same on every machine
            packed.writestr(fixed, old.read(entry))
    new.replace(archive)


def rewrite(app: Sphinx, exception: Exception | None) -> None:
    """Give the files of a built EPUB the day of the release, where that is known."""
    archive = Path(app.outdir) / f"{app.config.epub_basename}.epub"
    if exception is None and app.builder.name == "epub" and app.config.reviewbook_released and archive.is_file():
        with_one_time(archive, datetime.date.fromisoformat(app.config.reviewbook_released))


def setup(app: Sphinx) -> None:
    """Register the hook, which comes after Sphinx has packed the book."""
    app.connect("build-finished", rewrite)
