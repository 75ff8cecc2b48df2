"""Build the book again and again while it is being written, so that a changed page can be seen at once.

Four things make a rebuild quick. The programs stay loaded. After each build the next one is made ready (configuration,
library, what is known of the pages), so that only reading and writing are left to do when a page changes. Python does
not look for unused memory meanwhile, which takes half the time in a heap that holds a whole book. And a changed page is
written first and told to be written before the pages that follow it, such as the list of sources, and before the rules
judge the whole book, which they do at each build all the same.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.docutils import docutils_namespace, patch_docutils

Told: TypeAlias = Literal["written", "done"]
"""What a build tells: the changed pages stand, everything is done."""


class Preview:
    """The site of a book, kept up to date.

    Args:
        root: the top of the book.
        out: the folder of the site.
        doctrees: where Sphinx keeps what it has read.
        tell: called when the changed pages are written, and again when all is done.
        warnings: where warnings and faults go.
    """

    def __init__(
        self,
        root: Path,
        out: Path,
        doctrees: Path,
        tell: Callable[[Told], None] = lambda told: None,
        warnings: TextIO = sys.stderr,
    ) -> None:
        self._root, self._out, self._doctrees = root.resolve(), out, doctrees
        self._tell, self._warnings = tell, warnings
        self._ready: Sphinx | None = None
        self._open = ExitStack()

    def make_ready(self, parallel: int = 1, status: TextIO | None = None) -> bool:
        """Make the next build ready; returns whether that could be done, and says why not."""
        self.forget()
        self._open.enter_context(patch_docutils())
        self._open.enter_context(docutils_namespace())
        try:
            app = Sphinx(
                self._root / "docs",
                self._root,
                self._out,
                self._doctrees,
                "html",
                confoverrides={"nitpicky": True, "reviewbook_judge_last": True},
                status=status,
                warning=self._warnings,
                parallel=parallel,
            )
        except (SphinxError, OSError) as error:
            print(f"The book cannot be built: {error}", file=self._warnings)
            self.forget()
            return False
        self._ready = app
        gc.collect()
        return True

    def forget(self) -> None:
        """Give up what was made ready."""
        self._ready = None
        self._open.close()

    def build(self, changed: Collection[Path] = ()) -> None:
        """Build what has changed.

        Args:
            changed: the files that have changed; if they are anything but pages, what was made ready is out of date.
        """
        if any(path.suffix != ".md" for path in changed):
            self.forget()
        if self._ready is not None or self.make_ready():
            assert self._ready is not None
            self._write_first(self._ready, changed)
            gc.disable()
            try:
                self._ready.build()
            except (SphinxError, OSError) as error:
                print(f"The book cannot be built: {error}", file=self._warnings)
            finally:
                gc.enable()
        self._tell("done")
        self.forget()

    def _write_first(self, app: Sphinx, changed: Collection[Path]) -> None:
        """Let the builder write the changed pages before the others, and tell when they stand."""
        first = {app.env.path2doc(path) for path in changed}
        write_all = app.builder.write_documents

        def write(docnames: AbstractSet[str]) -> None:
            if docnames & first:
                write_all(docnames & first)
                self._tell("written")
            gc.enable()
            if docnames - first:
                write_all(docnames - first)

        app.builder.write_documents = write  # type: ignore[method-assign]


def work(root: Path, out: Path, doctrees: Path, pipe: Any) -> None:
    """Build whenever asked to, in a process of its own, until the pipe is closed or None comes.

    Args:
        root: the top of the book.
        out: the folder of the site.
        doctrees: where Sphinx keeps what it has read.
        pipe: a connection; in come lists of changed files, out goes what :class:`Preview` tells.
    """
    preview = Preview(root, out, doctrees, pipe.send)
    try:
        preview.make_ready()
        while (changed := pipe.recv()) is not None:
            start = time.perf_counter()
            preview.build(changed)
            print(f"Built in {time.perf_counter() - start:.1f} s.", flush=True)
            preview.make_ready()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
    finally:
        preview.forget()
