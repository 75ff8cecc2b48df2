"""Several files written as one: all of them, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path


def write_all(texts: Mapping[Path, str]) -> None:
    """Write texts into files, as UTF-8; after an error or an interruption every file is as it was.

    Each text is first written whole beside its file, under a hidden name; only then are the files replaced.

    Raises:
        OSError: a file could not be written.
    """
    waiting = {path.resolve(): _beside(path.resolve()) for path in texts}
    before: dict[Path, bytes | None] = {}
    try:
        for path, text in texts.items():
            waiting[path.resolve()].write_bytes(text.encode("utf-8"))
        for path, new in waiting.items():
            before[path] = path.read_bytes() if path.exists() else None
            new.replace(path)
    except BaseException:
        for path, content in before.items():
            _restore(path, content, waiting[path])
        raise
    finally:
        for new in waiting.values():
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _restore(path: Path, content: bytes | None, new: Path) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != content:
        new.write_bytes(content)
        new.replace(path)
