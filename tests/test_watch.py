"""``reviewbook watch`` and ``reviewbook screen``: from the searches to the log."""

from __future__ import annotations

import datetime
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import registries
import yaml
from answering import Answer, Server, answering
from registries import EFETCH, ESEARCH, recorded
from tiny_book import TinyBook

from reviewbook import whole_files
from reviewbook.cli import main
from reviewbook.commands import screen, watch

STUDIES = "/trials/studies"
TODAY = datetime.date(2026, 12, 1)
PLAN = {
    "searches": [
        {"name": "pubmed", "registry": "PubMed", "query": 'ketamine[tiab] AND (sleep[tiab] OR "low mood"[tiab])'},
        {"name": "trials", "registry": "ClinicalTrials.gov", "intervention": "ketamine", "condition": "sadness"},
    ],
    "reasons": {"other-drug": "it is about another drug", "no-data": "it reports no data"},
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with answering() as found:
        registries.point_at(found, monkeypatch)
        found.says(ESEARCH, pmids("99000042"))
        found.says(EFETCH, recorded("pubmed-trial.xml"))
        found.says(STUDIES, {"totalCount": 1, "studies": [recorded("trial.json")]})
        for module in (watch, screen):
            monkeypatch.setattr(module, "today", lambda: TODAY)
        yield found


@pytest.fixture
def tiny(tmp_path: Path) -> TinyBook:
    book = TinyBook(tmp_path / "book")
    (book.docs / "screening").mkdir()
    (book.docs / "searches.yml").write_text(yaml.safe_dump(PLAN, sort_keys=False))
    log_of(book).write_text("# Kept.\nby_hand:\n  until: 2026-11-25\n")
    return book


def settle(book: TinyBook) -> Path:
    """The top of a book, with its records where the commands look for them."""
    (book.root / "sources").rename(book.docs / "sources")
    return book.root


def log_of(book: TinyBook) -> Path:
    return book.docs / "screening" / "log.yml"


def pmids(*found: str) -> dict[str, Any]:
    return {"esearchresult": {"count": str(len(found)), "retstart": "0", "idlist": list(found)}}


def trial(nct: str, title: str = "Another trial", **status: Any) -> dict[str, Any]:
    study: dict[str, Any] = json.loads(json.dumps(recorded("trial.json")))
    study["protocolSection"]["identificationModule"] |= {"nctId": nct, "briefTitle": title}
    study["protocolSection"]["statusModule"] |= status
    return study


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


def candidates(root: Path, name: str = "candidates-2026-12-01.yml") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((root / "docs" / "screening" / name).read_text())["candidates"]
    return found


def log(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((root / "docs" / "screening" / "log.yml").read_text())
    return found


def test_new_works_are_written_with_what_a_screener_needs(
    tiny: TinyBook, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    root = settle(tiny)
    assert run(root, "watch") == 0
    article, study = candidates(root)
    assert article == {
        "title": "Effects of S-ketamine & midazolam on NMDA receptors, GABAA and sleep in Bavaria: a randomised trial",
        "pmid": "99000042",
        "doi": "10.5555/exm.2021.0042",
        "search": "pubmed",
        "authors": "Østergård and others",
        "where": "Journal of invented medicine, 2022",
        "design": "rct-crossover",
        "design_because": article["design_because"],
        "matched": ["pubmed (title: ketamine, sleep)"],
    }
    assert "Randomized Controlled Trial" in article["design_because"]
    assert (study["nct"], study["design"]) == ("NCT09900001", "rct-crossover")
    assert study["matched"] == ["trials (title: ketamine, sadness; headings: sadness)"]
    out, err = capsys.readouterr()
    assert out == f"{root / 'docs/screening/candidates-2026-12-01.yml'}\n"
    assert "pubmed: 1 found since 2026-11-25, 0 in the library, 0 met before, 1 to screen\n" in err


def test_the_search_is_entered_into_the_log_and_its_comments_stay(tiny: TinyBook, server: Server) -> None:
    root = settle(tiny)
    run(root, "watch")
    assert log_of(tiny).read_text().startswith("# Kept.\nby_hand:\n  until: 2026-11-25\nsearches:\n")
    assert log(root)["searches"][0] == {
        "search": "pubmed",
        "registry": "PubMed",
        "date": TODAY,
        "since": datetime.date(2026, 11, 25),
        "found": 1,
        "in_library": 0,
        "met_before": 0,
        "candidates": 1,
    }


def test_the_registries_are_asked_for_what_is_new_since_the_last_search(tiny: TinyBook, server: Server) -> None:
    root = settle(tiny)
    run(root, "watch")
    asked = {a.path: a.query for a in server.asked}
    assert asked[ESEARCH] | {"retmax": ""} == {
        "db": "pubmed",
        "term": 'ketamine[tiab] AND (sleep[tiab] OR "low mood"[tiab])',
        "retmode": "json",
        "retmax": "",
        "tool": "reviewbook",
        "datetype": "edat",
        "mindate": "2026/11/25",
        "maxdate": "2026/12/01",
    }
    span = "RANGE[2026-11-25,2026-12-01]"
    assert asked[STUDIES] == {
        "query.intr": "ketamine",
        "query.cond": "sadness",
        "filter.advanced": f"AREA[StudyFirstPostDate]{span} OR AREA[ResultsFirstPostDate]{span}",
        "pageSize": "100",
        "countTotal": "true",
    }
    server.asked.clear()
    run(root, "watch")
    assert {a.path: a.query for a in server.asked}[ESEARCH]["mindate"] == "2026/12/01"


def test_what_waits_is_not_found_again(tiny: TinyBook, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    root = settle(tiny)
    run(root, "watch")
    server.says(EFETCH, recorded("pubmed-trial.xml"))
    capsys.readouterr()
    assert run(root, "watch") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "pubmed: 1 found since 2026-12-01, 0 in the library, 1 met before, 0 to screen" in err
    assert len(log(root)["searches"]) == 4
    server.says(STUDIES, {"studies": [trial("NCT09900002")]})
    run(root, "watch")
    assert [c["nct"] for c in candidates(root, "candidates-2026-12-01-2.yml")] == ["NCT09900002"]


@pytest.mark.parametrize(
    ("fields", "held", "resembles"),
    [
        ({"doi": "10.5555/EXM.2021.0042"}, True, None),
        ({"pmid": "99000042"}, True, None),
        ({"title": "Effects of {S}-ketamine and midazolam", "doi": "10.1000/other"}, False, None),
        (
            {
                "title": "Effects of {S}-ketamine \\& midazolam on {NMDA} receptors, {GABAA} and sleep in {Bavaria}: "
                "a randomized trial",
                "doi": None,
                "no_doi": "none",
            },
            True,
            None,
        ),
        (
            {
                "title": "Effects of {S}-ketamine \\& midazolam on {NMDA} receptors, {GABAA} and sleep in {Bavaria}: "
                "a randomised trial",
                "doi": "10.5555/preprint",
            },
            False,
            "poe2003",
        ),
    ],
    ids=["doi", "pmid", "another work", "title", "a preprint"],
)
def test_what_the_library_holds_is_set_aside(
    fields: dict[str, Any], held: bool, resembles: str | None, tiny: TinyBook, server: Server
) -> None:
    tiny.source("poe2003", "cohort", "It was so.", **fields)
    root = settle(tiny)
    server.says(STUDIES, {"studies": []})
    run(root, "watch")
    assert log(root)["searches"][0]["in_library"] == int(held)
    if held:
        assert not (root / "docs/screening/candidates-2026-12-01.yml").exists()
    else:
        assert candidates(root)[0].get("resembles") == resembles


def test_a_registered_trial_of_the_library_comes_back_with_its_results(tiny: TinyBook, server: Server) -> None:
    tiny.source("nct09900001", "rct-crossover", "It was so.", url="https://clinicaltrials.gov/study/NCT09900001")
    root = settle(tiny)
    server.says(ESEARCH, pmids())
    run(root, "watch")
    assert log(root)["searches"][1]["in_library"] == 1
    posted = {"resultsFirstPostDateStruct": {"date": "2026-12-01"}}
    server.says(STUDIES, {"studies": [trial("NCT09900001", **posted)]})
    run(root, "watch")
    (found,) = candidates(root)
    assert (found["nct"], found["results"], found["resembles"]) == ("NCT09900001", True, "nct09900001")


def test_a_work_that_two_searches_find_is_screened_once(tiny: TinyBook, server: Server) -> None:
    twice = {**PLAN, "searches": [PLAN["searches"][0], {**PLAN["searches"][0], "name": "again"}]}  # type: ignore[dict-item]
    (tiny.docs / "searches.yml").write_text(yaml.safe_dump(twice, sort_keys=False))
    root = settle(tiny)
    run(root, "watch")
    (found,) = candidates(root)
    assert found["matched"] == ["pubmed (title: ketamine, sleep)", "again (title: ketamine, sleep)"]
    assert [run["met_before"] for run in log(root)["searches"]] == [0, 1]


def test_all_pages_of_an_answer_are_read(tiny: TinyBook, server: Server) -> None:
    root = settle(tiny)
    server.says(
        STUDIES,
        {"studies": [trial("NCT09900002", "First")], "nextPageToken": "abc"},
        {"studies": [trial("NCT09900003", "Second")]},
    )
    run(root, "watch")
    assert [a.query.get("pageToken") for a in server.asked if a.path == STUDIES] == [None, "abc"]
    assert log(root)["searches"][1]["found"] == 2


def test_an_article_without_details_is_not_lost(tiny: TinyBook, server: Server) -> None:
    root = settle(tiny)
    server.says(ESEARCH, pmids("99000042", "99000043"))
    run(root, "watch")
    assert "PMID 99000043 (PubMed gives no details)" in [c["title"] for c in candidates(root)]


def test_a_dry_run_writes_nothing(tiny: TinyBook, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    root = settle(tiny)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert run(root, "watch", "--dry-run") == 0
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert "10.5555/exm.2021.0042, 99000042: Effects of" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "answer", "code", "said"),
    [
        (ESEARCH, Answer("", 503), 3, "could not be asked"),
        (ESEARCH, Answer({"esearchresult": {}}), 3, "not of the documented form"),
        (
            ESEARCH,
            Answer({"esearchresult": {"ERROR": "bad term"}}),
            1,
            "did not understand the search pubmed: bad term",
        ),
        (
            ESEARCH,
            Answer({"esearchresult": {"count": "0", "idlist": [], "errorlist": {"fieldsnotfound": ["tiabb"]}}}),
            1,
            "there is no field tiabb",
        ),
        (ESEARCH, Answer({"esearchresult": {"count": "20000", "idlist": ["1"]}}), 1, "names only 1; narrow it"),
        (EFETCH, Answer("<no xml"), 3, "its answer is no XML"),
        (STUDIES, Answer("", 500), 3, "could not be asked"),
        (STUDIES, Answer({"studies": [{}]}), 3, "not of the documented form"),
        (STUDIES, Answer({"studies": [], "nextPageToken": "a"}), 3, "the same page again and again"),
        (STUDIES, Answer(reset=True), 3, "no connection"),
    ],
)
def test_what_goes_wrong_is_said_and_nothing_is_written(
    path: str, answer: Answer, code: int, said: str, tiny: TinyBook, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    root = settle(tiny)
    server.says(path, answer)
    before = log_of(tiny).read_bytes()
    assert run(root, "watch") == code
    assert said in capsys.readouterr().err
    assert log_of(tiny).read_bytes() == before
    assert list((root / "docs/screening").iterdir()) == [log_of(tiny)]


def test_a_dead_network_gives_3(
    tiny: TinyBook, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("REVIEWBOOK_PUBMED", f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert run(settle(tiny), "watch") == 3
    assert "no connection" in capsys.readouterr().err


def test_if_one_file_cannot_be_written_neither_is(
    tiny: TinyBook, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = settle(tiny)
    before = log_of(tiny).read_bytes()
    replace = Path.replace

    def fails_at_the_candidates(self: Path, target: Path) -> Path:
        if "candidates" in self.name:
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(whole_files.Path, "replace", fails_at_the_candidates)
    assert run(root, "watch") == 1
    assert "No space left on device" in capsys.readouterr().err
    assert log_of(tiny).read_bytes() == before
    assert list((root / "docs/screening").iterdir()) == [log_of(tiny)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("searches.yml", "searches: []\n", "searches.yml:1: searches: "),
        ("screening/log.yml", "by_hand: {until: 2026-11-25}\nx: 1\n", "log.yml:2: x: there is no such field"),
        ("screening/log.yml", None, "log.yml:1: cannot be read"),
        ("screening/candidates-2026-11-30.yml", "candidates: 3\n", "candidates-2026-11-30.yml:1: "),
    ],
)
def test_a_file_that_is_not_sound_is_named_and_nobody_is_asked(
    name: str, text: str | None, said: str, tiny: TinyBook, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    root = settle(tiny)
    path = root / "docs" / name
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
    assert run(root, "watch") == 1
    out, err = capsys.readouterr()
    assert said in out
    assert "Nothing was searched" in err
    assert server.asked == []


def test_a_clock_that_is_behind_the_log_is_noticed(
    tiny: TinyBook, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "today", lambda: datetime.date(2026, 11, 1))
    assert run(settle(tiny), "watch") == 1
    assert "the last search is after today" in capsys.readouterr().err


def test_a_folder_without_a_book_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "watch") == 1
    assert "There is neither" in capsys.readouterr().err
    assert run(tmp_path, "screen", "none.yml") == 1
    assert "none.yml:1: cannot be read" in capsys.readouterr().out


# Screening


@pytest.fixture
def watched(tiny: TinyBook, server: Server) -> Path:
    """A book with two candidates."""
    root = settle(tiny)
    run(root, "watch")
    return root


def decide(root: Path, *decisions: dict[str, str]) -> Path:
    """Write decisions under the candidates, in their order."""
    path = root / "docs/screening/candidates-2026-12-01.yml"
    data = yaml.safe_load(path.read_text())
    for candidate, decision in zip(data["candidates"], decisions, strict=False):
        candidate |= decision
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


EXCLUDED = {"decision": "excluded", "stage": "title-abstract", "reason": "other-drug", "note": "about sleep"}
INCLUDED = {"decision": "included", "key": "doe2001"}


def test_what_is_decided_moves_into_the_log_and_the_rest_waits(
    watched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = decide(watched, EXCLUDED)
    assert run(watched, "screen", str(path)) == 0
    assert capsys.readouterr().err.endswith("0 included, 1 excluded, 1 still to be decided.\n")
    assert log(watched)["decisions"] == [
        {
            "title": "Effects of S-ketamine & midazolam on NMDA receptors, GABAA and sleep in Bavaria: a randomised trial",
            "pmid": "99000042",
            "doi": "10.5555/exm.2021.0042",
            "search": "pubmed",
            **EXCLUDED,
            "date": TODAY,
        }
    ]
    assert [candidate["nct"] for candidate in candidates(watched)] == ["NCT09900001"]
    assert path.read_text().startswith("# What the searches found and nobody has screened yet.")
    assert run(watched, "check") == 0


def test_a_file_of_which_all_is_decided_is_removed(watched: Path, server: Server) -> None:
    path = decide(watched, EXCLUDED, INCLUDED)
    assert run(watched, "screen", str(path)) == 0
    assert not path.exists()
    assert [d["decision"] for d in log(watched)["decisions"]] == ["excluded", "included"]
    run(watched, "watch")
    assert not path.exists()  # what was screened does not come back
    assert [run["met_before"] for run in log(watched)["searches"][2:]] == [1, 1]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({"decision": "excluded"}, "needs `stage`: title-abstract, retrieval, full-text"),
        ({"decision": "excluded", "stage": "full-text"}, "needs `reason`, a name from docs/searches.yml"),
        ({**EXCLUDED, "reason": "dull"}, "there is no reason 'dull'; there are other-drug, no-data"),
        ({"decision": "included"}, "needs `key`; add the source first: reviewbook add ID"),
        ({"decision": "included", "key": "nobody"}, "there is no source 'nobody'; add it first"),
        ({"decision": "yes"}, "'included' or 'excluded'"),
        ({"reason": "other-drug"}, "write `decision: included` or `decision: excluded`"),
        ({**EXCLUDED, "key": "doe2001"}, "an excluded work has no key"),
        ({**EXCLUDED, "why": "dull"}, "there is no such field"),
    ],
)
def test_a_decision_that_is_not_sound_moves_nothing(
    decision: dict[str, str], said: str, watched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = decide(watched, decision, INCLUDED)
    before = path.read_bytes(), (watched / "docs/screening/log.yml").read_bytes()
    assert run(watched, "screen", str(path)) == 1
    out, err = capsys.readouterr()
    assert said in out
    assert out.startswith(f"{path}:")
    assert int(out[len(str(path)) + 1 :].split(":")[0]) >= 2
    assert err.endswith("Nothing was entered: correct these first.\n")
    assert before == (path.read_bytes(), (watched / "docs/screening/log.yml").read_bytes())


def test_a_key_that_the_log_has_already_is_refused(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = decide(watched, INCLUDED, INCLUDED)
    assert run(watched, "screen", str(path)) == 1
    assert "two works have the key doe2001" in capsys.readouterr().out


def test_a_file_without_a_decision_says_what_to_do(watched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = decide(watched)
    assert run(watched, "screen", str(path)) == 1
    assert "nothing is decided yet; write `decision:` under a work" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "a: [", "- 1\n", "\xff"], ids=["empty", "no YAML", "a list", "odd"])
def test_a_file_that_holds_no_candidates_is_refused(
    text: str, watched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = watched / "docs/screening/candidates-2026-12-01.yml"
    path.write_bytes(text.encode("latin-1"))
    assert run(watched, "screen", str(path)) == 1
    assert capsys.readouterr().out.startswith(f"{path}:")


@pytest.mark.parametrize("command", ["watch", "screen", "retractions"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert "Exit codes" in capsys.readouterr().out
