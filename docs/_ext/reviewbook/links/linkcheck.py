"""The builder ``links``: Sphinx's own link check, with every place of a link, turns at each host, and three outcomes.

Sphinx's ``linkcheck`` reads the pages, visits addresses with several workers, looks for anchors and waits where a server
says ``Retry-After``. Three things are added here. It keeps only the first place of a link, and knows no records.
It lets all its workers fall on one host at once. And it calls broken what only refuses robots.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from queue import Queue
from typing import Any, cast
from urllib.parse import urlsplit

from docutils import nodes
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from sphinx.application import Sphinx
from sphinx.builders.linkcheck import (
    CheckExternalLinksBuilder,
    CheckResult,
    Hyperlink,
    HyperlinkAvailabilityChecker,
    HyperlinkAvailabilityCheckWorker,
    HyperlinkCollector,
)
from sphinx.config import Config
from urllib3.util import Retry

from ..domain import domain_of
from ..page_links import line_of
from ..registry.web import user_agent
from . import verdict
from .model import REGISTERED_PATTERNS, Answer, Link, Place
from .places import collected, relative


class Turns:
    """Whose turn it is at each host: one request at a time, and a pause between two.

    Args:
        pause: seconds between two requests to one host.
    """

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Wait until a request to this host may be sent."""
        with self._lock:
            begin = max(time.monotonic(), self._next.get(host, 0.0))
            self._next[host] = begin + self._pause
        time.sleep(max(0.0, begin - time.monotonic()))


class _PoliteAdapter(HTTPAdapter):
    """Sends a request when it is the host's turn, and again, with growing pauses, to a server in trouble."""

    def __init__(self, turns: Turns, backoff: float) -> None:
        trouble = (500, 502, 503, 504)
        again = Retry(
            total=2,
            connect=0,
            read=False,
            status=2,
            status_forcelist=trouble,
            allowed_methods=("GET", "HEAD"),
            backoff_factor=backoff,
            respect_retry_after_header=False,  # Sphinx waits for a busy server, without keeping a worker
            raise_on_status=False,
        )
        super().__init__(max_retries=again)
        self._turns = turns

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        self._turns.wait(urlsplit(request.url or "").netloc)
        return super().send(request, *args, **options)


class _Worker(HyperlinkAvailabilityCheckWorker):
    """A worker that says who asks, keeps to the turns, and waits for no host longer than it is allowed to."""

    def __init__(self, config: Config, *queues: Any, turns: Turns, waited: dict[str, float]) -> None:
        super().__init__(config, *queues)
        self.user_agent = self.user_agent or user_agent(os.environ)
        self._waited = waited
        adapter = _PoliteAdapter(turns, float(os.environ.get("REVIEWBOOK_BACKOFF", "1")))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def limit_rate(self, response_url: str, retry_after: str | None) -> float | None:
        """When to ask again; never, if the waiting for this host would become too long."""
        again = super().limit_rate(response_url, retry_after)
        host = urlsplit(response_url).netloc
        waited = self._waited.get(host, 0.0) + (again - time.time() if again else 0.0)
        if again is None or waited > self.rate_limit_timeout:
            self.rate_limits.pop(host, None)
            return None
        self._waited[host] = waited
        return again


class _Checker(HyperlinkAvailabilityChecker):
    """Sphinx's checker with polite workers, who take up links in the order in which they are given.

    Sphinx's own queue is sorted by address, so that all workers would wait for one host.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.wqueue = Queue()  # type: ignore[assignment]

    def invoke_threads(self) -> None:
        turns, waited = Turns(self.config.reviewbook_links_pause), dict[str, float]()
        queues = (self.rqueue, self.wqueue, self.rate_limits)
        for _ in range(self.num_workers):
            worker = _Worker(self.config, *queues, turns=turns, waited=waited)
            worker.start()
            self.workers.append(worker)


def from_host_to_host(links: Iterable[Link]) -> list[Link]:
    """Links in an order in which those to one host stand as far apart as can be: one of each, then the second of each …"""
    number: dict[str, int] = {}
    rounds: list[tuple[int, Link]] = []
    for link in links:
        host = urlsplit(link.name).netloc
        number[host] = number.get(host, 0) + 1
        rounds.append((number[host], link))
    return [link for _, link in sorted(rounds, key=lambda pair: pair[0])]


class LinksBuilder(CheckExternalLinksBuilder):
    """Finds every link of the book with its places, and visits those that ``choose`` picks.

    ``reviewbook links`` runs it; for a bare check from Sphinx's command line there is Sphinx's own ``linkcheck``.

    Attributes:
        choose: given all links, whoever has to be asked about them, returns those that are to be visited.
        hear: takes the answers as they come, and how many there will be.
    """

    name = "links"
    epilog = ""

    def init(self) -> None:
        super().init()
        self.on_pages: dict[str, list[Place]] = {}
        self.choose: Callable[[Sequence[Link]], list[Link]]
        self.hear: Callable[[Iterator[tuple[Link, Answer]], int], None]

    def finish(self) -> None:
        domain = domain_of(self.env)
        root = Path(self._app.confdir)
        paths = {docname: relative(str(self.env.doc2path(docname)), root) for docname in self.env.found_docs}
        visited = self.choose(collected(domain.library, self.on_pages, domain.uses(), paths, root))
        self.hear(self._visit(visited), len(visited))

    def _visit(self, links: Sequence[Link]) -> Iterator[tuple[Link, Answer]]:
        """Visit addresses; names of hosts that do not exist come last, when it is known whether others could be reached."""
        home, by_name = self.config.root_doc, {link.name: link for link in from_host_to_host(links)}
        asked = {name: Hyperlink(name, home, self.env.doc2path(home), 0) for name in by_name}
        reached, nameless = False, list[CheckResult]()
        for result in _Checker(self.config).check(asked) if asked else ():
            if verdict.is_nameless(result.message):
                nameless.append(result)
                continue
            answer = verdict.of(result.status, result.message, result.code, result.uri)
            reached = reached or verdict.was_reached(answer)
            yield by_name[result.uri], answer
        for result in nameless:
            yield by_name[result.uri], verdict.of_nameless(reached)


class PlaceCollector(HyperlinkCollector):
    """Collects every place of every address on the pages."""

    builders = (LinksBuilder.name,)

    def run(self, **kwargs: Any) -> None:
        builder = cast(LinksBuilder, self.env._app.builder)
        path = relative(str(self.env.doc2path(self.env.docname)), Path(self.env._app.confdir))
        for node in self.document.findall(nodes.Element):
            address = self.find_uri(node) or ""
            if address.startswith(("http://", "https://")) and not _in_list_of_sources(node):
                builder.on_pages.setdefault(address, []).append(Place(path, line_of(node) or 1))


def _in_list_of_sources(node: nodes.Node) -> bool:
    """Whether a link was made from the bibliography, where its place is known."""
    parent: nodes.Node | None = node
    while parent is not None and not isinstance(parent, nodes.citation):
        parent = parent.parent
    return parent is not None


def leave_to_registries(app: Sphinx, config: Config) -> None:
    """Keep Sphinx from visiting what a registry can be asked about."""
    config.linkcheck_ignore = [*config.linkcheck_ignore, *REGISTERED_PATTERNS]


def setup(app: Sphinx) -> None:
    """Register the builder."""
    app.setup_extension("sphinx.builders.linkcheck")
    app.add_config_value("reviewbook_links_pause", 1.0, "", float)
    app.add_builder(LinksBuilder)
    app.add_post_transform(PlaceCollector)
    app.connect("config-inited", leave_to_registries)
