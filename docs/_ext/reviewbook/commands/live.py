"""``reviewbook live``: the site on this machine, built again and shown again whenever a file changes."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
from collections.abc import Collection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from ..preview import Preview, work
from .shared import Commands

if TYPE_CHECKING:
    from starlette.applications import Starlette


def parser(commands: Commands) -> None:
    """Add the command to those of the command line."""
    command = commands.add_parser(
        "live",
        help="serve the site and rebuild it as you write",
        description="Serve the site on this machine and rebuild it as files change. A page that is open shows its new "
        "text by itself, and then the rules judge the whole book.",
    )
    command.add_argument("--port", type=int, default=8000, help="the port (default: 8000)")
    command.add_argument("--host", default="127.0.0.1", help="the address to serve at (default: 127.0.0.1)")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    root = Path(options.root).resolve()
    if not (root / "conf.py").is_file():
        print(f"reviewbook: {root}: no book is there: conf.py is missing", file=sys.stderr)
        return 1
    try:
        import uvicorn
    except ImportError:
        print("reviewbook: this needs the packages for writers: run `make live`", file=sys.stderr)
        return 1
    out, doctrees = root / "_build" / "live", root / "_build" / "doctrees" / "live"
    first = Preview(root, out, doctrees)
    if not first.make_ready(parallel=os.cpu_count() or 1, status=sys.stdout):
        return 1
    first.build()
    builder = Builder(root, out, doctrees)
    print(f"Serving on http://{options.host}:{options.port}", flush=True)
    try:
        uvicorn.run(
            _site(root, out, builder, f"{options.host}:{options.port}"),
            host=options.host,
            port=options.port,
            log_level="warning",
        )
    except KeyboardInterrupt:
        pass
    finally:
        builder.stop()
    return 0


class Builder:
    """A process that builds, started anew when code or configuration has changed."""

    def __init__(self, root: Path, out: Path, doctrees: Path) -> None:
        self._places = root, out, doctrees
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe: Connection
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(*self._places, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._unread = 0

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    def build(self, changed: Collection[Path]) -> None:
        """Build, and come back when the pages are written; what is left to do then goes on meanwhile."""
        if any(path.suffix == ".py" for path in changed):
            self.stop()
            self._start()
        try:
            while self._unread:  # the end of the build before
                self._unread -= self._pipe.recv() == "done"
            self._pipe.send(list(changed))
            self._unread += self._pipe.recv() == "written"
        except (EOFError, BrokenPipeError):
            print("The build has stopped; the next change starts another.", file=sys.stderr)
            self.stop()
            self._start()


def _site(root: Path, out: Path, builder: Builder, address: str) -> Starlette:
    """The application that serves the site and tells open pages to load again."""
    import watchfiles
    from sphinx_autobuild.filter import IgnoreFilter  # type: ignore[import-untyped]
    from sphinx_autobuild.middleware import JavascriptInjectorMiddleware  # type: ignore[import-untyped]
    from sphinx_autobuild.server import RebuildServer  # type: ignore[import-untyped]
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.routing import Mount, WebSocketRoute
    from starlette.staticfiles import StaticFiles

    class Server(RebuildServer):  # type: ignore[misc]
        """The server of sphinx-autobuild, which would start Sphinx anew for each build."""

        async def watch(self) -> None:
            async for changes in watchfiles.awatch(*self.paths, watch_filter=lambda _, path: not self.ignore(path)):
                changed = sorted({Path(path) for _, path in changes})
                print(f"Changed: {', '.join(path.name for path in changed[:5])}", flush=True)
                await asyncio.to_thread(builder.build, changed)
                self.flag.set()

    watched = [root / name for name in ("docs", "references.bib", "conf.py", "CITATION.cff", "pyproject.toml")]
    ignored = IgnoreFilter([], [r"__pycache__|\.(?:swp|swx|tmp|new)$|~$|/\.#|/4913$|/\.git/"])
    server = Server([path for path in watched if path.exists()], ignored, builder.build)
    return Starlette(
        routes=[
            WebSocketRoute("/websocket-reload", server, name="reload"),
            Mount("/", app=StaticFiles(directory=out, html=True), name="static"),
        ],
        middleware=[Middleware(JavascriptInjectorMiddleware, ws_url=address)],
        lifespan=server.lifespan,
    )
