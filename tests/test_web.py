"""Registries are asked politely, and what goes wrong is said in words."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator

import pytest
from answering import Answer, Server, answering

from reviewbook.registry import web
from reviewbook.registry.web import Addresses, NotThere, Unreachable, Web


@pytest.fixture
def server() -> Iterator[Server]:
    with answering() as found:
        yield found


def client(**settings: str) -> Web:
    return Web({"REVIEWBOOK_PAUSE": "0", "REVIEWBOOK_BACKOFF": "0.01"} | settings)


def test_an_answer_is_read_and_the_request_says_who_asks(server: Server) -> None:
    server.says("/works", {"a": 1})
    assert client(REVIEWBOOK_MAILTO="a@example.org").json(f"{server.address}/works", {"q": "x y"}) == {"a": 1}
    (asked,) = server.asked
    assert asked.query == {"q": "x y"}
    assert asked.headers["User-Agent"].startswith("reviewbook/")
    assert "mailto:a@example.org" in asked.headers["User-Agent"]


def test_without_an_address_to_write_to_none_is_named(server: Server) -> None:
    server.says("/works", {})
    client().json(f"{server.address}/works")
    assert "mailto" not in server.asked[0].headers["User-Agent"]


def test_text_is_given_as_text(server: Server) -> None:
    server.says("/page", "<p>é</p>")
    assert client().text(f"{server.address}/page") == "<p>é</p>"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_told_apart(server: Server, status: int) -> None:
    server.says("/gone", Answer("no", status))
    with pytest.raises(NotThere, match="has no http"):
        client().json(f"{server.address}/gone")


@pytest.mark.parametrize("status", web.AGAIN)
def test_a_busy_server_is_asked_again(server: Server, status: int) -> None:
    server.says("/busy", Answer("", status), Answer("", status), Answer({"ok": True}))
    assert client().json(f"{server.address}/busy") == {"ok": True}
    assert len(server.asked) == 3


def test_the_server_says_how_long_to_wait(server: Server) -> None:
    server.says("/busy", Answer("", 429, {"Retry-After": "1"}), Answer({}))
    client().json(f"{server.address}/busy")
    first, second = server.asked
    assert second.at - first.at >= 0.99


def test_no_server_makes_us_wait_for_hours(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "PATIENCE", 1)
    server.says("/busy", Answer("", 429, {"Retry-After": "36000"}), Answer({"ok": True}))
    assert client().json(f"{server.address}/busy") == {"ok": True}


def test_an_error_can_be_the_answer(server: Server) -> None:
    server.says("/handle", Answer({"responseCode": 100}, 404))
    assert client().json(f"{server.address}/handle", answers=(404,)) == {"responseCode": 100}
    with pytest.raises(NotThere):
        client().json(f"{server.address}/handle")


def test_a_server_that_stays_busy_is_unreachable(server: Server) -> None:
    server.says("/busy", Answer("", 503))
    with pytest.raises(Unreachable, match=r"could not be asked \(it answered 503 .*\); try again later"):
        client().json(f"{server.address}/busy")
    assert len(server.asked) == 4


def test_a_refusal_is_not_repeated(server: Server) -> None:
    server.says("/closed", Answer("", 403))
    with pytest.raises(Unreachable, match="403"):
        client().json(f"{server.address}/closed")
    assert len(server.asked) == 1


def test_an_answer_that_is_no_json_is_unreachable(server: Server) -> None:
    server.says("/works", "<html>")
    with pytest.raises(Unreachable, match="its answer is no JSON"):
        client().json(f"{server.address}/works")


def test_a_broken_connection_is_unreachable(server: Server) -> None:
    server.says("/works", Answer(reset=True))
    with pytest.raises(Unreachable, match="no connection"):
        client().json(f"{server.address}/works")


def test_a_host_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} could not be asked .no connection."):
        client().json(f"http://127.0.0.1:{port}/")


def test_a_slow_host_is_unreachable(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "TIMEOUT", (1.0, 0.1))
    server.says("/slow", Answer({}, delay=30))
    with pytest.raises(Unreachable):
        client().json(f"{server.address}/slow")


def test_requests_to_one_host_keep_their_distance(server: Server) -> None:
    server.says("/works", {})
    polite = client(REVIEWBOOK_PAUSE="0.2")
    for _ in range(3):
        polite.json(f"{server.address}/works")
    times = [asked.at for asked in server.asked]
    assert all(later - earlier >= 0.18 for earlier, later in itertools.pairwise(times))


def test_every_address_can_be_changed() -> None:
    environment = {f"REVIEWBOOK_{name.upper()}": f"http://127.0.0.1/{name}/" for name in Addresses._fields}
    assert Addresses.of(environment) == Addresses(*(f"http://127.0.0.1/{name}" for name in Addresses._fields))
    assert Addresses.of({}) == Addresses()
