"""Asking registries over the network, politely, with every address configurable.

A request names the book and how to reach its makers, waits its turn at each host, and is tried again as the server
asks (``Retry-After``) or with growing pauses. What goes wrong becomes :class:`NotThere` or :class:`Unreachable`;
a command prints them and leaves with an exit code, so that nobody sees a traceback.
"""

from __future__ import annotations

import os
import time
from collections.abc import Container, Mapping
from importlib import metadata
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for the next bytes."""

PAUSE = 0.35
"""Seconds between two requests to one host; PubMed asks for at most three a second."""

PATIENCE = 120
"""Seconds for which a server may have us wait before a request is tried again, whatever it asks for."""

AGAIN = (429, 500, 502, 503, 504)
"""The answers after which a request is tried again."""


class Addresses(NamedTuple):
    """Where the registries are; a variable of the environment, ``REVIEWBOOK_`` and the name in capitals, changes one."""

    doi: str = "https://doi.org"
    crossref: str = "https://api.crossref.org"
    datacite: str = "https://api.datacite.org"
    pubmed: str = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    pmc: str = "https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles"
    trials: str = "https://clinicaltrials.gov/api/v2"
    archive: str = "https://archive.org/wayback"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Addresses:
        """The addresses, as the environment changes them."""
        asked = {name: environment.get(f"REVIEWBOOK_{name.upper()}", "") for name in cls._fields}
        return cls(**{name: address.rstrip("/") for name, address in asked.items() if address})


class NotThere(LookupError):
    """The registry answered that it does not hold this."""


class Unreachable(OSError):
    """The registry did not answer, or not with what it promises."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"{urlsplit(url).netloc} could not be asked ({why}); try again later, or check your connection"
        )
        self.url = url
        self.why = why


def user_agent(environment: Mapping[str, str]) -> str:
    """How we introduce ourselves; ``REVIEWBOOK_MAILTO`` adds an address that a registry may write to."""
    mail = environment.get("REVIEWBOOK_MAILTO", "").strip()
    contact = f"; mailto:{mail}" if mail else ""
    return f"reviewbook/{metadata.version('reviewbook')} (Ketamine in Mental Health: a living review{contact})"


class Web:
    """A polite client for JSON and text.

    Args:
        environment: where addresses and the contact are looked up.
        pause: seconds between two requests to one host.
        retries: how often a request is tried again.
        backoff: seconds before the first new try, doubled each time, where the server names no time.
    """

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        pause: float = PAUSE,
        retries: int = 3,
        backoff: float = 1.0,
    ) -> None:
        environment = os.environ if environment is None else environment
        self.addresses = Addresses.of(environment)
        self._pause = float(environment.get("REVIEWBOOK_PAUSE", pause))
        self._next: dict[str, float] = {}
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent(environment)
        again = Retry(
            total=retries,
            backoff_factor=float(environment.get("REVIEWBOOK_BACKOFF", backoff)),
            status_forcelist=AGAIN,
            allowed_methods=("GET", "HEAD"),
            respect_retry_after_header=True,
            retry_after_max=PATIENCE,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))

    def json(
        self, url: str, params: Mapping[str, str | int] | None = None, *, answers: Container[int] = frozenset()
    ) -> Any:
        """What the server says, read as JSON.

        Args:
            url: where to ask.
            params: the query.
            answers: statuses of errors that are answers here, and whose JSON is wanted.

        Raises:
            NotThere: if it answers 404 or 410.
            Unreachable: if it does not answer, answers with another error, or with what is no JSON.
        """
        answer = self._get(url, params, answers)
        try:
            return answer.json()
        except requests.exceptions.JSONDecodeError as error:
            raise Unreachable(url, "its answer is no JSON") from error

    def text(self, url: str, params: Mapping[str, str | int] | None = None) -> str:
        """What the server says, as text; raises as :meth:`json` does."""
        return self._get(url, params).text

    def _get(
        self, url: str, params: Mapping[str, str | int] | None, answers: Container[int] = frozenset()
    ) -> requests.Response:
        self._wait_for(urlsplit(url).netloc)
        try:
            answer = self._session.get(url, params=dict(params or {}), timeout=TIMEOUT)
        except requests.exceptions.RequestException as error:
            raise Unreachable(url, _why(error)) from error
        if answer.status_code in answers:
            return answer
        if answer.status_code in (404, 410):
            raise NotThere(f"{urlsplit(url).netloc} has no {url}")
        if answer.status_code >= 400:
            raise Unreachable(url, f"it answered {answer.status_code} {answer.reason}")
        return answer

    def _wait_for(self, host: str) -> None:
        """Wait until it is this host's turn again."""
        now = time.monotonic()
        begin = max(now, self._next.get(host, 0.0))
        self._next[host] = begin + self._pause
        time.sleep(begin - now)


def _why(error: requests.exceptions.RequestException) -> str:
    if isinstance(error, requests.exceptions.Timeout):
        return "it was too slow"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, requests.exceptions.RetryError):
        return "it kept refusing"
    return "no connection"
