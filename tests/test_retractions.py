"""``reviewbook retractions``: what became of the sources, by Crossref and Retraction Watch."""

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
from tiny_book import TinyBook

from reviewbook.cli import main
from reviewbook.mentions import places
from reviewbook.record_status import with_status
from reviewbook.records import Record, Status
from reviewbook.registry import crossref_updates, retraction_watch
from reviewbook.registry.notices import Notice, gravest_first, standing
from reviewbook.registry.web import Web

WORKS = "/crossref/works"
HEAD = (
    "Record ID,Title,Subject,Institution,Journal,Publisher,Country,Author,URLS,ArticleType,RetractionDate,RetractionDOI,"
    "RetractionPubMedID,OriginalPaperDate,OriginalPaperDOI,OriginalPaperPubMedID,RetractionNature,Reason,Paywalled,Notes\n"
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with answering() as found:
        registries.point_at(found, monkeypatch)
        found.says(WORKS, items(), items())
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book of three sources, of which two are cited."""
    tiny = TinyBook(tmp_path / "book")
    tiny.source("old2000", "cohort", "It was so.", doi=None, no_doi="too old", pmid="123")
    tiny.source("far2003", "cohort", "It was so.")
    (tiny.root / "sources").rename(tiny.docs / "sources")
    tiny.chapter("It works {cite:p}`doe2001,roe2002`.\n\nIt was so {cite:t}`old2000`.")
    return tiny.root


def items(*works: dict[str, Any]) -> dict[str, Any]:
    """What Crossref answers to a filter."""
    return {
        "status": "ok",
        "message-type": "work-list",
        "message": {"total-results": len(works), "items": list(works)},
    }


def update(doi: str, kind: str, source: str = "publisher", day: tuple[int, ...] = (2026, 3, 31)) -> dict[str, Any]:
    label = kind.replace("_", " ").capitalize()
    return {"DOI": doi, "type": kind, "label": label, "source": source, "updated": {"date-parts": [list(day)]}}


def row(nature: str, doi: str = "unavailable", pmid: str = "0", day: str = "3/31/2026 0:00") -> str:
    """A line of the data set of Retraction Watch."""
    return f'1,"A, title",,,,,,,,,{day},10.5555/notice,0,1/1/2001 0:00,{doi},{pmid},{nature},+Error;,No,\n'


DOE, ROE = "10.1000/doe2001", "10.1000/roe"
CLEAN = (items({"DOI": DOE}, {"DOI": ROE}), items())


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), "retractions", *arguments])


def found(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, Any]]:
    """What the command finds, by key."""
    capsys.readouterr()
    run(root, "--json", *arguments)
    return {source["key"]: source for source in json.loads(capsys.readouterr().out)["sources"]}


def test_clean_sources_give_0_and_those_nobody_can_tell_are_listed(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(WORKS, *CLEAN)
    assert run(root) == 0
    out, err = capsys.readouterr()
    assert out == "old2000: unknown: it has no DOI\n"
    assert err == (
        "3 sources: 0 retracted, 0 corrected, 0 expression of concern, 2 clean, 1 unknown; 0 graver than the record says.\n"
    )


def test_crossref_is_asked_in_both_directions_and_only_about_what_is_cited(root: Path, server: Server) -> None:
    server.says(WORKS, *CLEAN)
    run(root)
    assert [asked.query["filter"] for asked in server.asked] == [
        f"doi:{DOE},doi:{ROE}",
        f"updates:{DOE},updates:{ROE}",
    ]
    assert all(asked.headers["User-Agent"].startswith("reviewbook/") for asked in server.asked)
    server.asked.clear()
    run(root, "--all")
    assert "doi:10.1000/far2003" in server.asked[0].query["filter"]


@pytest.mark.parametrize(
    "answers",
    [
        (items({"DOI": DOE.upper(), "updated-by": [update("10.5555/n", "retraction")]}, {"DOI": ROE}), items()),
        (
            items({"DOI": DOE}, {"DOI": ROE}),
            items({"DOI": "10.5555/n", "update-to": [update(DOE.upper(), "retraction")]}),
        ),
        (items({"DOI": DOE}, {"DOI": ROE, "update-to": [update(DOE, "withdrawal")]}), items()),
    ],
    ids=["updated-by", "update-to", "a source of the library is the notice"],
)
def test_a_cited_source_that_was_retracted_gives_1_and_every_place(
    answers: tuple[dict[str, Any], ...], root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(WORKS, *answers)
    assert run(root) == 1
    out = capsys.readouterr().out
    assert "doe2001: retracted, but the record says ok\n" in out
    assert f"  cited at {(root / 'docs/part/one.md').as_posix()}:3\n" in out
    assert "    status: retracted\n    notice: " in out
    assert "of 31 March 2026, doi " in out
    assert "roe2002" not in out


@pytest.mark.parametrize(
    ("kind", "outcome", "code"),
    [
        ("retraction", "retracted", 1),
        ("partial_retraction", "retracted", 1),
        ("removal", "retracted", 1),
        ("expression_of_concern", "expression of concern", 0),
        ("correction", "corrected", 0),
        ("erratum", "corrected", 0),
        ("new_version", "clean", 0),
        ("addendum", "clean", 0),
    ],
)
def test_each_kind_of_update_has_its_outcome(
    kind: str, outcome: str, code: int, root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(WORKS, items({"DOI": DOE, "updated-by": [update("10.5555/n", kind)]}, {"DOI": ROE}), items())
    assert run(root) == code
    server.says(WORKS, items({"DOI": DOE, "updated-by": [update("10.5555/n", kind)]}, {"DOI": ROE}), items())
    assert found(root, capsys)["doe2001"]["outcome"] == outcome


def test_what_is_retracted_and_not_cited_is_told_and_gives_0(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    far = {"DOI": "10.1000/far2003", "updated-by": [update("10.5555/n", "retraction")]}
    server.says(WORKS, items({"DOI": DOE}, {"DOI": ROE}, far), items())
    assert run(root, "--all") == 0
    assert "far2003: retracted, but the record says ok" in capsys.readouterr().out


def test_retraction_watch_counts_by_doi_and_by_pmid(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "rw.csv"
    path.write_bytes(
        (
            "\ufeff"
            + HEAD
            + row("Retraction", DOE.upper())
            + row("Expression of concern", "unavailable", "123")
            + row("Correction", "10.1/other", "12")
        ).encode()
        + b'2,"broken \xff",,,,,,,,,bad,,,,,,Retraction,,,\n'
    )
    server.says(WORKS, *CLEAN)
    assert run(root, "--retraction-watch", str(path)) == 1
    server.says(WORKS, *CLEAN)
    outcomes = {key: one["outcome"] for key, one in found(root, capsys, "--retraction-watch", str(path)).items()}
    assert outcomes == {"doe2001": "retracted", "old2000": "expression of concern", "roe2002": "clean"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key,doi\n1,2\n", "has no column RetractionDate, RetractionDOI"),
        ("", "has no column"),
        (HEAD + '1,"' + "x" * 140_000 + '",\n', "is no CSV"),
    ],
)
def test_what_is_not_the_data_set_is_refused(
    text: str, said: str, root: Path, server: Server, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "rw.csv"
    path.write_text(text)
    assert run(root, "--retraction-watch", str(path)) == 1
    err = capsys.readouterr().err
    assert said in err
    assert retraction_watch.WHERE in err
    assert server.asked == []
    assert run(root, "--retraction-watch", str(tmp_path / "none.csv")) == 1
    assert "none.csv: No such file" in capsys.readouterr().err


def test_fix_writes_status_and_notice_and_then_nothing_is_new(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = (items({"DOI": DOE, "updated-by": [update("10.5555/n", "retraction")]}, {"DOI": ROE}), items())
    path = root / "docs" / "sources" / "doe2001.yml"
    before = path.read_text()
    server.says(WORKS, *answers)
    assert run(root, "--fix") == 1  # somebody has to mend the sentences
    record = yaml.safe_load(path.read_text())
    assert record["status"] == "retracted"
    assert record["notice"] == (
        "Retraction of 31 March 2026, doi 10.5555/n, according to Crossref; its content was not read."
    )
    assert [line for line in path.read_text().splitlines() if not line.startswith(("status:", "notice:"))] == (
        before.splitlines()
    )
    server.says(WORKS, *answers)
    capsys.readouterr()
    assert run(root) == 0
    assert "doe2001" not in capsys.readouterr().out


def test_without_fix_nothing_is_written(root: Path, server: Server) -> None:
    server.says(WORKS, items({"DOI": DOE, "updated-by": [update("10.5555/n", "retraction")]}), items())
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    run(root)
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before


def test_a_doi_that_crossref_does_not_know_is_unknown(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(WORKS, items({"DOI": ROE}), items())
    assert run(root) == 0
    assert f"doe2001: unknown: {DOE} is no DOI of Crossref's\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        Answer("", 503),
        Answer("<html>"),
        Answer({"message": {}}),
        Answer(reset=True),
        Answer(items({"title": "no DOI"})),
    ],
    ids=["busy", "no JSON", "another form", "reset", "no DOI"],
)
def test_a_registry_that_does_not_answer_leaves_unknowns_and_gives_3(
    answer: Answer, root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(WORKS, answer)
    assert run(root) == 3
    assert "doe2001: unknown: 127.0.0.1" in capsys.readouterr().out


def test_a_dead_network_is_not_asked_for_ever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("REVIEWBOOK_CROSSREF", f"http://127.0.0.1:{unused.getsockname()[1]}")
    dois = [f"10.1000/{number}" for number in range(100)]
    answers = crossref_updates.ask(Web(retries=0), dois)
    assert answers.notices == {}
    assert answers.unasked.keys() == set(dois)
    assert answers.unasked["10.1000/99"] == "nothing more was asked after failures"


def test_a_doi_with_a_comma_is_asked_for_alone(server: Server) -> None:
    server.says(WORKS, items({"DOI": "10.1000/a"}), items())
    server.says(
        f"{WORKS}/10.1000%2F%28b%2Cc%29",
        {"message": {"DOI": "10.1000/(b,c)", "updated-by": [update("10.5555/n", "erratum")]}},
    )
    answers = crossref_updates.ask(Web(), ["10.1000/a", "10.1000/(b,c)", "10.1000/d,e"])
    assert {doi: standing(notices) for doi, notices in answers.notices.items()} == {
        "10.1000/a": Status.OK,
        "10.1000/(b,c)": Status.CORRECTED,
    }
    assert answers.unasked == {}


def test_a_reinstatement_takes_an_earlier_retraction_back() -> None:
    def notice(status: Status, day: int) -> Notice:
        return Notice(status, "x", "Crossref", f"10.1/{day}", datetime.date(2026, 1, day))

    retracted, back = notice(Status.RETRACTED, 1), notice(Status.OK, 2)
    assert standing([retracted]) is Status.RETRACTED
    assert standing([retracted, back]) is Status.OK
    assert standing([retracted, back, notice(Status.RETRACTED, 3)]) is Status.RETRACTED
    assert standing([retracted, back, notice(Status.CORRECTED, 1)]) is Status.CORRECTED
    assert standing([]) is Status.OK


def test_a_notice_that_two_registries_know_is_told_once() -> None:
    day = datetime.date(2026, 1, 1)
    one, other = (Notice(Status.RETRACTED, "Retraction", name, "10.1/N", day) for name in ("Crossref", "Other"))
    assert gravest_first([Notice(Status.CORRECTED, "Erratum", "Crossref", "10.1/e"), one, other])[0] == one
    assert len(gravest_first([one, other])) == 1


def test_a_record_that_is_graver_than_the_registries_is_told_and_kept(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / "docs" / "sources" / "doe2001.yml"
    path.write_text(with_status(path.read_text(), Status.CONCERN, "The editors doubt it."))
    server.says(WORKS, *CLEAN)
    before = path.read_bytes()
    assert run(root, "--fix") == 0
    assert "doe2001: clean, but the record says concern; look whether that is so\n" in capsys.readouterr().out
    assert path.read_bytes() == before


RECORD = """\
# A comment.
key: doe2001
design: cohort
status: corrected
notice: 'A correction,
  on two lines.'
findings:
- {id: a, text: It was so., locator: abstract}
read:
- {what: abstract, where: there}
"""


def test_a_notice_that_stands_in_a_record_is_kept_behind_the_new_one() -> None:
    changed = with_status(RECORD, Status.RETRACTED, "Retraction: see there.")
    record = Record.model_validate(yaml.safe_load(changed))
    assert (record.status, record.notice) == (
        Status.RETRACTED,
        "Retraction: see there. A correction, on two lines.",
    )
    assert changed.startswith("# A comment.\nkey: doe2001\ndesign: cohort\nstatus: retracted\n")
    assert changed.count("status:") == changed.count("notice:") == 1
    assert changed.endswith(RECORD[RECORD.index("findings:") :])


def test_a_record_on_one_line_is_left_to_people() -> None:
    text = "{key: a, design: cohort, findings: [{id: a, text: b, locator: c}], read: [{what: abstract, where: d}]}\n"
    with pytest.raises(ValueError, match="by hand"):
        with_status(text, Status.RETRACTED, "x")


def test_places_are_citations_and_data_but_no_code(tmp_path: Path) -> None:
    for name, text in {
        "a.md": "A {cite:p}`doe2001`, B {cite:p}`roe2002,\ndoe2001`.\n:sources: doe2001\nCode `doe2001`, xdoe2001, doe2001-b.\n",
        "part/b.md": "- inert placebo: doe2001, roe2002\n",
        "sources/c.md": "doe2001\n",
        "screening/d.md": "doe2001\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = places(tmp_path, ["doe2001", "roe2002", "none"])
    assert {key: [(Path(p.path).name, p.line) for p in several] for key, several in found.items()} == {
        "doe2001": [("a.md", 1), ("a.md", 2), ("a.md", 3), ("b.md", 1)],
        "roe2002": [("a.md", 1), ("b.md", 1)],
    }


def test_a_book_without_sources_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 1
    assert "holds no source that has a record" in capsys.readouterr().err
