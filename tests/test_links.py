"""Links are asked of a server on this machine, by the real command and the real builder."""

from __future__ import annotations

import datetime
import json
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from answering import Answer, Server, answering
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.links import report, verdict
from reviewbook.links.cache import Cache
from reviewbook.links.linkcheck import Turns, from_host_to_host
from reviewbook.links.model import Answer as Found
from reviewbook.links.model import Kind, Link, Outcome, Place, named

SICI = "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
CONFIG = """
reviewbook_records = "docs/sources"
exclude_patterns = ["sources/*"]
reviewbook_links_pause = 0.0
linkcheck_timeout = 1
linkcheck_rate_limit_timeout = 5.0
"""


class Told(NamedTuple):
    """What a run of the command said."""

    code: int
    out: str
    err: str
    by_link: dict[str, dict[str, Any]]


class LinkedBook:
    """A tiny book whose registries and pages are on a server of this machine."""

    def __init__(self, root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        self.tiny, self.server, self._capsys = TinyBook(root), server, capsys
        (self.tiny.root / "sources").rename(self.tiny.docs / "sources")
        self.tiny.record = lambda key: self.tiny.docs / "sources" / f"{key}.yml"  # type: ignore[method-assign]
        conf = self.tiny.root / "conf.py"
        conf.write_text(conf.read_text() + CONFIG)
        self.source("doe2001")
        self.source("roe2002", doi="10.1000/roe")

    def source(self, key: str, **fields: object) -> None:
        read = [{"what": "abstract", "where": "a copy"}]
        self.tiny.source(key, "cohort", "It rose by 12%.", **{"read": read} | fields)
        if doi := fields.get("doi", f"10.1000/{key}"):
            self.server.says(f"/doi/api/handles/{doi}", {"responseCode": 1, "handle": doi})

    def url(self, path: str) -> str:
        return self.server.address + path

    def links(self, *arguments: str) -> Told:
        self._capsys.readouterr()
        code = main(["--root", str(self.tiny.root), "links", *arguments])
        out, err = self._capsys.readouterr()
        lines = (self.tiny.root / "_build" / "links" / "report.jsonl").read_text().splitlines()
        return Told(code, out, err, {line["link"]: line for line in map(json.loads, lines)})


@pytest.fixture
def server() -> Iterator[Server]:
    with answering() as found:
        yield found


@pytest.fixture
def book(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> LinkedBook:
    """A book that reaches nothing but this machine; any other host has no name."""
    real = socket.getaddrinfo

    def near(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", near)
    for name in ("doi", "pubmed", "trials", "archive"):
        monkeypatch.setenv(f"REVIEWBOOK_{name.upper()}", f"{server.address}/{name}")
    monkeypatch.setenv("REVIEWBOOK_PAUSE", "0")
    monkeypatch.setenv("REVIEWBOOK_BACKOFF", "0.01")
    return LinkedBook(tmp_path / "book", server, capsys)


def test_each_answer_of_a_server_has_its_outcome(book: LinkedBook, tmp_path: Path) -> None:
    server = book.server
    good = "<h1 id=here>Good</h1>"
    server.says("/good", good)
    server.says("/one", Answer("", 301, {"Location": "/two"}))
    server.says("/two", Answer("", 301, {"Location": "/good"}))
    server.says("/elsewhere", Answer("", 302, {"Location": "/good"}))
    server.says("/article/7", Answer("", 301, {"Location": "/"}))
    server.says("/", good)
    server.says("/circle", Answer("", 302, {"Location": "/circle"}))
    server.says("/refused", Answer("", 403))
    server.says("/closed", Answer("", 401))
    server.says("/gone", Answer("", 410))
    server.says("/busy", Answer("", 429, {"Retry-After": "1"}), Answer(good))
    server.says("/trouble", Answer("", 500))
    server.says("/better", Answer("", 502), Answer(good))
    server.says("/hangs", Answer("", delay=30))
    server.says("/reset", Answer(reset=True))
    server.says("/only-get", Answer("", 405), Answer(good))
    server.says("/paper.pdf", "%PDF")
    names = (
        *("good", "good#here", "good#nowhere", "one", "elsewhere", "article/7", "circle", "refused", "closed"),
        *("missing", "gone", "busy", "trouble", "better", "hangs", "reset", "only-get", "paper.pdf#page=3"),
    )
    conf = book.tiny.root / "conf.py"
    conf.write_text(conf.read_text() + 'linkcheck_anchors_ignore = ["^!", "^page="]\n')
    with answering(_self_signed(tmp_path)) as broken, answering() as busy:
        busy.says("/always-busy", Answer("", 429, {"Retry-After": "3600"}))
        broken.says("/", good)
        others = {
            f"{broken.address}/": "tls",
            f"{busy.address}/always-busy": "always busy",
            "http://nowhere.invalid/": "name",
        }
        urls = [book.url(f"/{name}") for name in names] + list(others)
        book.tiny.page("about", "# About\n\n" + "".join(f"- <{url}>\n" for url in urls))
        told = book.links()
    found = {name: (line["outcome"], line["why"]) for name, line in told.by_link.items()}
    short = {name.removeprefix(book.url("/")): value for name, value in found.items()}
    outcomes = {others.get(name, name): outcome for name, (outcome, _) in short.items()}
    assert outcomes == {
        "good": "good",
        "good#here": "good",
        "good#nowhere": "bad",
        "one": "good",
        "elsewhere": "good",
        "article/7": "unknown",
        "circle": "unknown",
        "refused": "unknown",
        "closed": "unknown",
        "missing": "bad",
        "gone": "bad",
        "busy": "good",
        "trouble": "unknown",
        "better": "good",
        "hangs": "unknown",
        "reset": "unknown",
        "only-get": "good",
        "paper.pdf#page=3": "good",
        "tls": "unknown",
        "always busy": "unknown",
        "name": "bad",
        "doi:10.1000/doe2001": "good",
        "doi:10.1000/roe": "good",
    }
    whys = {name: why for name, (_, why) in short.items()}
    assert whys["one"] == f"moved for good to {book.url('/good')}"
    assert whys["elsewhere"] == f"redirected to {book.url('/good')}"
    assert whys["refused"] == "403 Forbidden"
    assert whys["closed"] == "401 Unauthorized"
    assert whys["trouble"].startswith("500")
    assert whys["hangs"] == "too slow"
    assert whys["reset"] == "no connection"
    assert whys["circle"] == "redirected in a circle"
    assert whys[f"{broken.address}/"] == "its certificate cannot be trusted"
    assert whys[f"{busy.address}/always-busy"].startswith("429")
    assert whys["http://nowhere.invalid/"] == "no host has this name"
    assert whys["good#nowhere"] == "the page is there, but not the anchor"
    assert told.code == 1
    assert len([asked for asked in busy.asked if asked.path == "/always-busy"]) == 1
    assert all(asked.headers["User-Agent"].startswith("reviewbook/") for asked in server.asked)
    first, second = [asked.at for asked in server.asked if asked.path == "/busy"][:2]
    assert second - first >= 0.99
    assert f"Moved: these work, but have a new address (1)\n\n  {book.url('/one')}\n" in told.out


def _self_signed(folder: Path) -> ssl.SSLContext:
    """The certificate of a server that nobody vouches for."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_registries_tell_what_exists_and_no_page_of_theirs_is_visited(book: LinkedBook) -> None:
    book.source("sici1998", doi=SICI, pmid="11", pmcid="PMC21")
    book.source("gone1999", pmid="12", pmcid="PMC22")
    server = book.server
    server.says(
        "/doi/api/handles/10.1002/%28SICI%291097-0258%2819980815/30%2917%3A15/16%3C1661%3A%3AAID-SIM968%3E3.0.CO%3B2-2",
        {"responseCode": 1},
    )
    server.says("/doi/api/handles/10.1000/gone1999", Answer({"responseCode": 100, "handle": "x"}, 404))
    server.says("/doi/api/handles/10.1000/odd", {"responseCode": 2})
    server.says("/doi/api/handles/10.1000/portal", Answer("<html>", 404))
    summary = {"11": {"uid": "11"}, "12": {"error": "cannot get document summary"}, "21": {}, "22": {"error": "busy"}}
    server.says("/pubmed/esummary.fcgi", {"result": summary})
    server.says("/trials/studies/NCT00000001", {"protocolSection": {}})
    page = "# About\n\n" + "".join(
        f"<{url}>\n"
        for url in (
            *("https://doi.org/10.1000/odd", "https://dx.doi.org/10.1000/ODD", "https://doi.org/10.1000/portal"),
            *("https://clinicaltrials.gov/study/NCT00000001", "https://clinicaltrials.gov/study/NCT00000002"),
        )
    )
    book.tiny.page("about", page)
    told = book.links()
    assert {name: line["outcome"] for name, line in told.by_link.items()} == {
        "doi:10.1000/doe2001": "good",
        "doi:10.1000/roe": "good",
        f"doi:{SICI}": "good",
        "doi:10.1000/gone1999": "bad",
        "doi:10.1000/odd": "unknown",
        "doi:10.1000/portal": "unknown",
        "pmid:11": "good",
        "pmid:12": "bad",
        "pmcid:PMC21": "good",
        "pmcid:PMC22": "unknown",
        "nct:NCT00000001": "good",
        "nct:NCT00000002": "bad",
    }
    assert told.code == 1
    assert [asked.query["id"] for asked in server.asked if asked.path.startswith("/pubmed")] == ["21,22", "11,12"]
    places = [(place["path"], place["what"]) for place in told.by_link["doi:10.1000/odd"]["places"]]
    assert places == [("docs/about.md", "")] * 2


def test_a_registry_that_does_not_answer_is_left_alone(book: LinkedBook) -> None:
    for number in range(5):
        book.source(f"zoe200{number}")
        book.server.says(f"/doi/api/handles/10.1000/zoe200{number}", Answer("", 403))
    told = book.links("--only", "doi")
    assert told.code == 0
    assert [line["outcome"] for line in told.by_link.values()].count("unknown") == 5
    assert sum("zoe" in path for path in book.server.paths()) == 3
    assert "403 Forbidden" in told.by_link["doi:10.1000/zoe2004"]["why"]


def test_the_report_names_every_place_and_offers_the_archived_copy(book: LinkedBook) -> None:
    dead = book.url("/dead.html")
    copy = f"https://web.archive.org/web/20240102030405/{dead}"
    read = [{"what": "page", "where": f"{dead} (the second half)"}]
    book.source("web2020", doi=None, no_doi="a web page", url=dead, read=read, archived=copy)
    book.tiny.page(
        "about", f"# About\n\nOne line.\n\nSee [this]({dead}).\n\nAgain [it]({dead}#part)\nand [it]({dead}).\n"
    )
    book.tiny.chapter("It rose by 12% {cite:p}`web2020`.\n\nIt rose by 12% again {cite:p}`web2020`.")
    told = book.links("--only", "web")
    assert told.code == 1
    line = told.by_link[dead]
    record = (book.tiny.docs / "sources" / "web2020.yml").read_text().splitlines()
    bib = book.tiny.bib.read_text().splitlines()
    assert [tuple(place.values()) for place in line["places"]] == [
        ("docs/about.md", 5, ""),
        ("docs/about.md", 8, ""),
        ("docs/part/one.md", 3, "cites web2020"),
        ("docs/part/one.md", 5, "cites web2020"),
        ("docs/sources/web2020.yml", 1 + next(i for i, text in enumerate(record) if "where" in text), "web2020"),
        ("references.bib", 1 + next(i for i, text in enumerate(bib) if dead in text), "web2020"),
    ]
    assert line["archived"] == copy
    assert f"archived copy: {copy}" in told.out
    assert "docs/part/one.md:5 (cites web2020)" in told.out
    markdown = (book.tiny.root / "_build" / "links" / "report.md").read_text()
    assert f"- `{dead}`: `404 Not Found`\n  - archived copy: `{copy}`\n  - `docs/about.md:5`\n" in markdown


def test_what_was_found_out_is_believed_for_a_while(book: LinkedBook) -> None:
    book.server.says("/good", "x")
    book.server.says("/refused", Answer("", 403))
    book.tiny.page("about", f"# About\n\n<{book.url('/good')}>\n<{book.url('/bad')}>\n<{book.url('/refused')}>\n")

    def asked_again(*arguments: str) -> set[str]:
        book.server.asked.clear()
        book.links(*arguments)
        return {path.rpartition("/")[2] for path in book.server.paths()}

    def make_older(days: int) -> None:
        path = book.tiny.root / "_build" / "links" / "cache.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            line["when"] = (datetime.date.fromisoformat(line["when"]) - datetime.timedelta(days)).isoformat()
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + "half a li")

    assert asked_again() == {"good", "bad", "refused", "doe2001", "roe"}
    assert asked_again() == {"refused"}
    make_older(1)
    assert asked_again() == {"refused", "bad"}
    assert asked_again("--max-age", "1") == {"refused", "good", "doe2001", "roe"}
    make_older(30)
    assert asked_again() == {"good", "bad", "refused", "doe2001", "roe"}
    assert asked_again("--max-age", "0") == {"good", "bad", "refused", "doe2001", "roe"}


def test_one_part_or_some_pages_can_be_asked_about(book: LinkedBook) -> None:
    book.server.says("/good", "x")
    book.tiny.page("about", f"# About\n\n<{book.url('/good')}>\n")
    book.tiny.chapter("It rose by 12% {cite:p}`roe2002`.")
    assert set(book.links("--only", "web").by_link) == {book.url("/good")}
    assert set(book.links("--only", "doi", "--only", "trials").by_link) == {"doi:10.1000/doe2001", "doi:10.1000/roe"}
    assert set(book.links("--pages", "part/*").by_link) == {"doi:10.1000/roe"}
    assert set(book.links("--pages", "docs/about.md").by_link) == {book.url("/good")}
    told = book.links("--pages", "nothing")
    assert (told.code, told.err.splitlines()[-1]) == (2, "reviewbook: no link stands on nothing")


def test_without_a_network_nothing_is_bad(book: LinkedBook) -> None:
    book.tiny.page("about", "# About\n\n<http://nowhere.invalid/>\n")
    told = book.links("--only", "web")
    assert (told.code, told.by_link["http://nowhere.invalid/"]["outcome"]) == (0, "unknown")
    book.server.says("/refused", Answer("", 403))
    book.tiny.page("more", f"# More\n\n<{book.url('/refused')}>\n")
    told = book.links("--only", "web")
    assert (told.code, told.by_link["http://nowhere.invalid/"]["outcome"]) == (1, "bad")


@pytest.mark.parametrize("arguments", [["--only", "publisher"], ["--max-age", "soon"], ["--max-age", "-1"], ["x"]])
def test_a_misused_command_exits_with_2(arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--root", str(tmp_path), "links", *arguments])
    assert stopped.value.code == 2


def test_a_folder_without_a_book_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "links"]) == 2
    assert "there is no conf.py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"), [("conf.py", "extensions = ["), ("conf.py", "1 / 0"), ("docs/index.md", None)]
)
def test_a_book_that_cannot_be_read_ends_in_no_traceback(book: LinkedBook, name: str, text: str | None) -> None:
    path = book.tiny.root / name
    path.write_text(text) if text is not None else path.unlink()
    assert main(["--root", str(book.tiny.root), "links", "--only", "trials"]) == 2
    assert book.server.asked == []


def test_a_damaged_library_does_not_keep_the_other_links_from_being_asked(book: LinkedBook) -> None:
    book.tiny.bib.write_text(book.tiny.bib.read_text() + "\n@article{\n")
    (book.tiny.docs / "sources" / "doe2001.yml").write_bytes(b"\xff")
    told = book.links()
    assert told.code == 0
    assert set(told.by_link) == {"doi:10.1000/doe2001", "doi:10.1000/roe"}


def test_a_terminal_shows_a_bar_and_everything_else_plain_counts(
    book: LinkedBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "links asked: 2 of 2" in book.links().err
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda stream: True)
    err = book.links("--max-age", "0").err
    assert re.search(r"links asked\.\.\. .*\[100%\] .*doi:10\.1000/roe", err)


def test_requests_to_one_host_take_turns() -> None:
    turns = Turns(0.1)
    before = datetime.datetime.now()
    for host in ("a", "b", "a", "b"):
        turns.wait(host)
    assert 0.1 <= (datetime.datetime.now() - before).total_seconds() < 0.3


def test_workers_go_from_host_to_host() -> None:
    links = [Link(Kind.WEB, f"https://{name}") for name in ("a/1", "a/2", "a/3", "b/1", "b/2", "c/1")]
    names = [link.name.removeprefix("https://") for link in from_host_to_host(links)]
    assert names == ["a/1", "b/1", "c/1", "a/2", "b/2", "a/3"]


def test_an_interrupted_run_keeps_what_it_heard(tmp_path: Path) -> None:
    path = tmp_path / "cache.jsonl"
    with pytest.raises(KeyboardInterrupt), Cache(path, datetime.date(2026, 11, 25)) as cache:
        cache.put("a", Found(Outcome.GOOD))
        cache.put("b", Found(Outcome.UNKNOWN))
        raise KeyboardInterrupt
    again = Cache(path, datetime.date(2026, 11, 25))
    assert (again.get("a"), again.get("b")) == (Found(Outcome.GOOD), None)
    assert Cache(path, datetime.date(2026, 11, 24)).get("a") is None, "an answer from tomorrow is not believed"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://doi.org/10.1000/A%3CB%3E?x#y", "doi:10.1000/A<B>"),
        ("http://www.ncbi.nlm.nih.gov/pubmed/18355990", "pmid:18355990"),
        ("https://pubmed.ncbi.nlm.nih.gov/1/#abstract", "pmid:1"),
        ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC12/", "pmcid:PMC12"),
        ("https://clinicaltrials.gov/ct2/show/NCT01234567", "nct:NCT01234567"),
        ("https://clinicaltrials.gov/search?q=x", "https://clinicaltrials.gov/search?q=x"),
        ("https://example.org/10.1000/a", "https://example.org/10.1000/a"),
    ],
)
def test_who_is_asked_about_an_address(address: str, name: str) -> None:
    assert named(address).name == name


@pytest.mark.parametrize(
    ("message", "outcome", "why"),
    [
        ("404 Client Error: Not Found for url: https://a.org/", "bad", "404 Not Found"),
        ("451 Client Error:  for url: https://a.org/404 Client Error", "unknown", "451"),
        ("HTTPSConnectionPool: Max retries (Caused by NameResolutionError: Temporary failure in name resolution)",
         "unknown", "the name of the host could not be looked up"),
        ("('Connection aborted.', RemoteDisconnected())", "unknown", "no connection"),
    ],
)  # fmt: skip
def test_an_error_is_bad_only_if_the_page_is_not_there(message: str, outcome: str, why: str) -> None:
    assert verdict.of("broken", message, 0, "https://a.org/x") == (outcome, why, "")


def test_what_a_server_says_cannot_act_as_markup_or_reach_the_terminal() -> None:
    link = Link(Kind.WEB, "https://a.org/`x", (Place("docs/a.md", 3),))
    line = report.Line(link, Found(Outcome.BAD, "404 `@somebody`\n# <b>\x1b[31m"))
    markdown = report.markdown([line])
    assert "- `https://a.org/'x`: `404 '@somebody' # <b> [31m`\n  - `docs/a.md:3`\n" in markdown
    assert not re.search(r"\x1b", report.console([line]))
    assert report.counts([line]) == "1 link: 0 good, 1 bad, 0 unknown."


def test_sphinx_alone_visits_no_registry_either(book: LinkedBook) -> None:
    book.server.says("/good", "x")
    book.tiny.page("about", f"# About\n\n<{book.url('/good')}>\n<https://doi.org/10.1000/x>\n")
    built = book.tiny.build("linkcheck")
    status = {
        line["uri"]: line["status"] for line in map(json.loads, (built.out / "output.json").read_text().splitlines())
    }
    assert status == {book.url("/good"): "working", "https://doi.org/10.1000/x": "ignored"}
