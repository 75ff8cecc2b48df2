"""A server on 127.0.0.1 that answers as a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Answer(NamedTuple):
    """What the server says to one request.

    Attributes:
        body: text, or what is sent as JSON.
        status: the HTTP status.
        headers: further headers.
        delay: seconds before it answers.
        reset: close the connection without a word.
    """

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    delay: float = 0.0
    reset: bool = False


class Asked(NamedTuple):
    """One request: when it came, what for, and with which headers."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Server:
    """What to answer by path; the last of several answers to a path is given again and again.

    A path that nothing is said about is answered with 404.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answer]] = {}

    def says(self, path: str, *answers: Answer | str | dict[str, Any] | list[Any]) -> None:
        """Set the answers to a path (percent-encoded, without the query)."""
        self._answers[path] = [answer if isinstance(answer, Answer) else Answer(answer) for answer in answers]

    def next(self, path: str) -> Answer:
        """The next answer to a path."""
        answers = self._answers.get(path, [Answer(status=404)])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked]


@contextmanager
def answering(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server until the block ends; with ``tls`` it speaks https."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            server.asked.append(
                Asked(time.monotonic(), self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
            )
            answer = server.next(parts.path)
            if answer.delay:
                stop.wait(answer.delay)
            if answer.reset:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            is_text = isinstance(answer.body, str)
            body = (answer.body if is_text else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            kind = "text/html; charset=utf-8" if is_text else "application/json"
            for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | answer.headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *args: object) -> None:
            pass

    stop = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        if tls:
            httpd.socket = tls.wrap_socket(httpd.socket, server_side=True)
        server = Server(f"http{'s' if tls else ''}://127.0.0.1:{httpd.server_address[1]}")
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            httpd.shutdown()
            thread.join()
