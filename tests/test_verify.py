"""``reviewbook verify``: entries set against registries, with mends that are written only where they are harmless."""

from __future__ import annotations

import copy
import datetime
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import registries
from answering import Answer, Server, answering
from books import ROOT
from registries import CROSSREF, DOI, EFETCH, recorded

from reviewbook import bib
from reviewbook.cli import main
from reviewbook.commands import verify
from reviewbook.registry import answers, texts
from reviewbook.registry.comparing import Outcome, compare, first_family
from reviewbook.registry.work import Name, Work

GOOD = {
    "author": "{\\O}sterg{\\aa}rd, J. K. and de la Cruz, Jr, Maria and {EXAMPLE Study Group}",
    "title": "Effects of {S}-Ketamine \\& Midazolam on {NMDA} Receptors, {GABAA} and Sleep in {Bavaria}: "
    "A Randomised Trial",
    "journal": "The Journal of Invented Medicine",
    "year": "2022",
    "volume": "12",
    "number": "4",
    "pages": "154--160",
    "doi": DOI,
    "pmid": "99000042",
    "pmcid": "PMC9900042",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with answering() as found:
        registries.point_at(found, monkeypatch)
        registries.answer_all(found)
        yield found


class Shelf:
    """A bibliography in a folder, and the command on it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        self.bib = root / "references.bib"
        (root / "docs" / "sources").mkdir(parents=True)
        self.put()

    def put(self, *drop: str, key: str = "good", add: bool = False, **fields: str) -> None:
        values = {name: value for name, value in (GOOD | fields).items() if name not in drop}
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in values.items())
        entry = f"@article{{{key},\n{lines}}}\n"
        self.bib.write_text(f"{self.bib.read_text()}\n{entry}" if add else entry)

    def run(self, *arguments: str) -> int:
        self._capsys.readouterr()
        code = main(["--root", str(self.root), "verify", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return code

    def compared(self, *arguments: str) -> dict[str, Any]:
        self.code = self.run("--json", *arguments)
        (entry,) = json.loads(self.out)["entries"]
        return dict(entry)

    def differing(self, *arguments: str) -> list[str]:
        return [difference["field"] for difference in self.compared(*arguments)["differences"]]


@pytest.fixture
def shelf(tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> Shelf:
    return Shelf(tmp_path, capsys)


def test_an_entry_that_agrees_is_alike(shelf: Shelf) -> None:
    assert shelf.run() == 0
    assert shelf.out == ""
    assert shelf.err.startswith("1 entry: 1 alike, 0 different, 0 unknown, 0 without an identifier")
    assert shelf.compared()["outcome"] == "alike"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", GOOD["title"].replace("Bavaria", "Saxony")),
        ("author", "Østergard, J. K. and others".replace("Østergard", "Doe")),
        ("author", "de la Cruz, Maria and Østergård, J. K."),
        ("year", "2020"),
        ("volume", "13"),
        ("number", "5"),
        ("pages", "154--161"),
        ("pages", "155--160"),
        ("pages", "e154"),
        ("journal", "Journal of Invented Surgery"),
    ],
)
def test_what_differs_is_named_with_a_mend_and_never_written(shelf: Shelf, field: str, value: str) -> None:
    shelf.put(**{field: value})
    before = shelf.bib.read_bytes()
    assert shelf.run("--fix") == 1
    assert shelf.bib.read_bytes() == before
    entry = shelf.compared()
    (difference,) = entry["differences"]
    assert entry["outcome"] == "differs"
    assert difference["field"] == field
    assert difference["mend"]
    assert not difference["is_harmless"]
    shelf.run()
    assert shelf.out.startswith("good: differs\n")
    assert f"    {field} = {{{difference['mend']}}},\n" in shelf.out


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("author", "Cruz, Maria de la"),
        ("author", "{Example Study Group} and Doe, Jane"),
        ("author", "Ostergard, Jørgen and others"),
    ],
)
def test_the_first_author_alone_is_compared(shelf: Shelf, server: Server, field: str, value: str) -> None:
    shelf.put("pmid", **{field: value})
    answer = recorded("crossref-trial.json")
    authors = answer["message"]["author"]
    by_name = {"Cruz": 1, "{Example": 2, "Ostergard": 0}
    answer["message"]["author"] = authors[by_name[re.split(r"[, ]", value)[0]] :]
    server.says(CROSSREF, answer)
    assert shelf.differing() == []


@pytest.mark.parametrize("journal", ["J Inv Med", "Journal of Invented Medicine (Nowhere)", "J. Inv. Med."])
def test_a_journal_may_be_abbreviated(shelf: Shelf, journal: str) -> None:
    shelf.put(journal=journal)
    assert shelf.differing() == []


@pytest.mark.parametrize("pages", ["154", "154--60", "154–160"])
def test_pages_may_be_shortened(shelf: Shelf, pages: str) -> None:
    shelf.put(pages=pages)
    assert shelf.differing() == []


def test_the_year_online_is_accepted_with_a_note(shelf: Shelf) -> None:
    shelf.put(year="2021")
    entry = shelf.compared()
    assert entry["outcome"] == "alike"
    assert entry["notes"] == ["year: 2021 is the year online; the issue is of 2022 (Crossref)"]
    assert shelf.code == 0


def test_a_title_without_its_subtitle_is_accepted_with_a_note(shelf: Shelf) -> None:
    shelf.put(title=GOOD["title"].split(": ")[0])
    entry = shelf.compared()
    assert entry["outcome"] == "alike"
    assert "a randomised trial" in entry["notes"][0]


def test_a_retraction_is_noted(shelf: Shelf, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    answer["message"]["updated-by"] = [{"type": "retraction", "DOI": "10.5555/r", "label": "Retraction"}]
    server.says(CROSSREF, answer)
    assert shelf.compared()["notes"] == ["Crossref knows a retraction: doi 10.5555/r"]


def test_one_registry_that_agrees_is_enough(shelf: Shelf, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    answer["message"] |= {"volume": "99", "page": "1-2", "title": ["Something else altogether"], "subtitle": []}
    server.says(CROSSREF, answer)
    entry = shelf.compared()
    assert (entry["differences"], entry["notes"]) == ([], [])


def test_the_issue_of_pubmed_counts_where_crossref_knows_none(shelf: Shelf, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    del answer["message"]["published-print"]
    server.says(CROSSREF, answer)
    assert shelf.differing() == []
    shelf.put(year="2021")
    assert shelf.compared()["notes"] == ["year: 2021 is the year online; the issue is of 2022 (PubMed)"]


def test_a_missing_year_differs_and_is_not_written(shelf: Shelf, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    del answer["message"]["published-online"]
    server.says(CROSSREF, answer)
    shelf.put("year", "pmid", "pmcid")
    assert shelf.differing() == ["year"]
    shelf.run("--fix")
    assert "year = " not in shelf.bib.read_text()


def test_gaps_are_filled(shelf: Shelf) -> None:
    shelf.put("volume", "number", "pages", "pmid", "pmcid", pubstate="volume and pages not seen")
    assert shelf.differing() == ["volume", "pages"]
    assert shelf.run() == 1
    assert "could have: pmid = {99000042},   (--fix writes this)" in shelf.out
    assert shelf.run("--fix") == 0
    assert "good: mended in references.bib" in shelf.out
    text = shelf.bib.read_text()
    for line in ("volume = {12},", "pages = {154--160},", "pmid = {99000042},", "pmcid = {PMC9900042},"):
        assert line in text
    assert "pubstate" not in text
    assert shelf.run() == 0
    assert shelf.run("--fix") == 0
    assert shelf.bib.read_text() == text


def test_what_pubstate_says_besides_is_kept(shelf: Shelf) -> None:
    shelf.put("volume", pubstate="of the authors only the first family name was seen; volume not seen")
    assert shelf.run("--fix") == 0
    assert "pubstate = {of the authors" in shelf.bib.read_text()


def test_pubstate_stays_while_a_gap_stays(shelf: Shelf, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    del answer["message"]["page"]
    server.says(CROSSREF, answer)
    shelf.put("volume", "pages", "pmid", pubstate="volume and pages not seen")
    shelf.run("--fix")
    text = shelf.bib.read_text()
    assert "volume = {12}" in text
    assert "pubstate = {volume and pages not seen}" in text


def test_no_doi_is_written_where_the_title_is_another(shelf: Shelf) -> None:
    shelf.put("doi", title="A study of rowing boats and their owners")
    assert shelf.run("--fix") == 1
    assert "doi = " not in shelf.bib.read_text()


def test_a_gap_is_not_filled_from_another_work(shelf: Shelf) -> None:
    shelf.put("volume", "pages", title="A study of rowing boats and their owners")
    before = shelf.bib.read_bytes()
    assert shelf.run("--fix") == 1
    assert shelf.bib.read_bytes() == before


def test_the_case_of_a_doi_is_mended(shelf: Shelf, server: Server) -> None:
    shelf.put(doi=DOI.replace("exm", "EXM"))
    server.says(CROSSREF.replace("exm", "EXM"), recorded("crossref-trial.json"))
    entry = shelf.compared()
    assert entry["outcome"] == "alike"
    assert [offer["field"] for offer in entry["offers"]] == ["doi"]
    assert shelf.run("--fix") == 0
    assert f"doi = {{{DOI}}}" in shelf.bib.read_text()


def test_a_missing_doi_comes_from_pubmed(shelf: Shelf) -> None:
    shelf.put("doi")
    assert shelf.differing() == ["doi"]
    assert shelf.run("--fix") == 0
    assert f"doi = {{{DOI}}}" in shelf.bib.read_text()


def test_an_identifier_that_another_entry_has_is_not_offered(shelf: Shelf) -> None:
    shelf.put("pmid", "pmcid")
    shelf.put("doi", "pmcid", key="other", add=True, title="Other")
    shelf.run("--json", "good")
    (entry,) = json.loads(shelf.out)["entries"]
    assert [offer["field"] for offer in entry["offers"]] == ["pmcid"]


def test_a_pmid_of_another_article_is_found(shelf: Shelf, server: Server) -> None:
    server.says(EFETCH, recorded("pubmed-trial.xml").replace(f">{DOI}<", ">10.5555/another<"))
    entry = shelf.compared()
    assert [d["field"] for d in entry["differences"]] == ["pmid"]
    assert entry["differences"][0]["there"] == "the article with doi 10.5555/another"


def test_identifiers_that_do_not_exist_differ(shelf: Shelf, server: Server) -> None:
    shelf.put(doi="10.5555/none", pmid="99009999")
    server.says("/doi/doiRA/10.5555/none", [{"DOI": "10.5555/none", "status": "DOI does not exist"}])
    entry = shelf.compared()
    assert [d["field"] for d in entry["differences"]] == ["doi", "pmid"]
    assert "there is no DOI 10.5555/none" in entry["notes"][0]
    assert shelf.code == 1


def test_a_doi_of_an_agency_that_cannot_be_asked_is_unknown(shelf: Shelf, server: Server) -> None:
    shelf.put("pmid", "pmcid", doi="10.5555/jalc")
    server.says("/doi/doiRA/10.5555/jalc", [{"DOI": "10.5555/jalc", "RA": "JaLC"}])
    entry = shelf.compared()
    assert (entry["outcome"], shelf.code) == ("unknown", 0)
    shelf.run()
    assert shelf.out.startswith("good: unknown\n  note: 10.5555/jalc was registered by JaLC")


def test_an_entry_without_identifiers_is_counted(shelf: Shelf, server: Server) -> None:
    shelf.put("doi", "pmid", "pmcid")
    assert shelf.run() == 0
    assert "1 without an identifier to ask by" in shelf.err
    assert server.asked == []


def test_an_entry_with_a_pmcid_alone_is_found(shelf: Shelf) -> None:
    shelf.put("doi", "pmid", volume="13")
    assert shelf.differing() == ["volume", "doi"]


def test_a_registered_trial_is_compared_by_its_title(shelf: Shelf) -> None:
    entry = (
        "@misc{nct09900001,\n  author = {{University}},\n"
        "  title = {Ketamine for invented sadness ({NCT09900001}): results},\n"
        "  howpublished = {ClinicalTrials.gov},\n  year = {2019},\n"
        "  url = {https://clinicaltrials.gov/study/NCT09900001},\n}\n"
    )
    shelf.bib.write_text(entry)
    assert shelf.differing() == []
    shelf.bib.write_text(entry.replace("  year = {2019},\n", "").replace(",\n}", ",\n  urldate = {2026-11-25},\n}"))
    assert shelf.differing() == []
    shelf.bib.write_text(entry.replace("sadness", "joy"))
    assert shelf.differing() == ["title"]


def test_only_the_entries_that_are_named_are_compared(shelf: Shelf) -> None:
    shelf.put("doi", "pmid", "pmcid", key="other", add=True)
    shelf.run("good", "good")
    assert shelf.err.startswith("1 entry:")
    assert shelf.run("good", "nobody") == 1
    assert shelf.err == "There is no source 'nobody'.\n"


def test_answers_are_kept_for_the_day(shelf: Shelf, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "today", lambda: datetime.date(2026, 11, 25))
    shelf.put(volume="13")
    assert shelf.run() == 1
    first, out = len(server.asked), shelf.out
    assert shelf.run() == 1
    assert (len(server.asked), shelf.out) == (first, out)
    shelf.run("--fresh")
    assert len(server.asked) == 2 * first
    shelf.put("pmid")
    shelf.run()
    assert len(server.asked) > 2 * first, "other identifiers, another question"
    asked = len(server.asked)
    monkeypatch.setattr(verify, "today", lambda: datetime.date(2026, 11, 26))
    shelf.run()
    assert len(server.asked) > asked
    assert [path.name for path in (shelf.root / "_build" / "registries").iterdir()] == ["2026-11-26"]


@pytest.mark.parametrize("junk", ["", "{", "[]", '{"asked": {}, "answer": 3}'])
def test_a_damaged_cache_is_asked_anew(shelf: Shelf, junk: str) -> None:
    shelf.run()
    (kept,) = (shelf.root / "_build" / "registries").rglob("*.json")
    kept.write_text(junk)
    assert shelf.run() == 0


def test_an_interrupted_run_goes_on_where_it_stopped(shelf: Shelf, server: Server) -> None:
    for number in range(6):
        doi = f"10.5555/n{number}"
        shelf.put("pmid", "pmcid", key=f"n{number}", doi=doi, add=True)
        answer = copy.deepcopy(recorded("crossref-trial.json"))
        answer["message"]["DOI"] = doi
        server.says(f"/crossref/works/10.5555%2Fn{number}", Answer("", 503) if number == 4 else answer)
    assert shelf.run() == 3
    assert "n4: unknown" in shelf.out
    asked = len(server.asked)
    server.says(
        "/crossref/works/10.5555%2Fn4",
        Answer("", 503),
        answer | {"message": {**answer["message"], "DOI": "10.5555/n4"}},
    )
    assert shelf.run() == 0
    assert {path for path in server.paths()[asked:] if "crossref" in path} == {"/crossref/works/10.5555%2Fn4"}


def test_a_dead_registry_is_not_asked_for_ever(shelf: Shelf, server: Server) -> None:
    for number in range(10):
        shelf.put("pmid", "pmcid", key=f"n{number}", doi=f"10.5555/n{number}", add=number > 0)
        server.says(f"/crossref/works/10.5555%2Fn{number}", Answer("", 403))
    assert shelf.run() == 3
    assert len([path for path in server.paths() if "crossref" in path]) == 3
    assert "10 unknown" in shelf.err
    assert "Traceback" not in shelf.err


@pytest.mark.parametrize("between", ["an answer", "no such DOI"])
def test_a_registry_that_fails_now_and_then_is_asked_on(shelf: Shelf, server: Server, between: str) -> None:
    for number in range(9):
        doi = f"10.5555/n{number}"
        shelf.put("pmid", "pmcid", key=f"n{number}", doi=doi, add=number > 0)
        server.says(f"/doi/doiRA/{doi}", [{"DOI": doi, "status": "DOI does not exist"}])
        good = recorded("crossref-trial.json") if between == "an answer" else Answer("", 404)
        server.says(f"/crossref/works/10.5555%2Fn{number}", Answer("", 403) if number % 2 else good)
    shelf.run()
    assert len([path for path in server.paths() if "crossref" in path]) == 9


def test_no_network_at_all_exits_with_3(shelf: Shelf, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CROSSREF", "PUBMED", "PMC", "DOI", "DATACITE", "TRIALS"):
        monkeypatch.setenv(f"REVIEWBOOK_{name}", "http://127.0.0.1:1")
    assert shelf.run() == 3
    assert "could not be asked" in shelf.out
    assert "No PMIDs are offered" in shelf.err or "pmid" in shelf.bib.read_text()


@pytest.mark.parametrize(
    "answer",
    ["<html>", {}, {"message": 3}, {"message": {"DOI": 1, "author": [3]}}, {"message": {"DOI": "x", "title": 4}}],
)
def test_an_answer_of_another_form_is_unknown(shelf: Shelf, server: Server, answer: Any) -> None:
    shelf.put("pmid", "pmcid")
    server.says(CROSSREF, answer)
    assert shelf.compared()["outcome"] == "unknown"
    assert shelf.code == 3


def test_a_dead_converter_costs_only_the_offers(shelf: Shelf, server: Server) -> None:
    shelf.put("pmid", "pmcid")
    server.says("/pmc/", Answer("", 500))
    assert shelf.run() == 0
    assert shelf.err.startswith("No PMIDs are offered: ")


@pytest.mark.parametrize("spoil", ["@article{x,\n  title = {A {b},\n}\n", "", None])
def test_a_malformed_bibliography_is_left_alone(shelf: Shelf, server: Server, spoil: str | None) -> None:
    if spoil is None:
        shelf.bib.unlink()
    else:
        shelf.bib.write_text(spoil)
    assert shelf.run("--fix") == (0 if spoil == "" else 1)
    assert server.asked == []
    assert spoil is None or shelf.bib.read_text() == spoil


def test_what_was_edited_during_a_run_is_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    shelf.put("volume")
    shelf.put("volume", "pmid", "pmcid", key="other", add=True, doi="10.5555/other", title="Another title")
    answer = recorded("crossref-trial.json")
    answer["message"] |= {"DOI": "10.5555/other", "title": ["Another title"], "subtitle": []}
    server.says("/crossref/works/10.5555%2Fother", answer)
    compared = verify.compare

    def editing(entry: bib.Entry, *others: Any) -> Any:
        if entry.key == "good":
            shelf.bib.write_text(shelf.bib.read_text().replace("year = {2022}", "year = {2023}", 1))
        return compared(entry, *others)

    monkeypatch.setattr(verify, "compare", editing)
    assert shelf.run("--fix") == 1
    text = shelf.bib.read_text()
    assert "year = {2023}" in text
    assert text.count("volume = {12}") == 1, "only the entry that nobody touched is mended"
    assert "good was changed meanwhile" in shelf.err


def test_nothing_is_half_written(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.put("volume")
    before = shelf.bib.read_bytes()
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if target.name == "references.bib":
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    assert shelf.run("--fix") == 1
    assert "No space left" in shelf.err
    assert shelf.bib.read_bytes() == before
    assert [p.name for p in shelf.root.iterdir() if p.name.startswith(".")] == []


def test_every_entry_of_the_book_agrees_with_itself() -> None:
    for entry in bib.read(ROOT / "references.bib").entries:
        work = Work(
            "itself",
            texts.plain(entry.fields.get("title", "")),
            authors=tuple(Name(family) for family in [first_family(entry.fields.get("author", ""))] if family),
            container=texts.plain(entry.fields.get("journal", "")),
            year=entry.fields.get("year", ""),
            volume=texts.plain(entry.fields.get("volume", "")),
            pages=texts.pages(texts.plain(entry.fields.get("pages") or entry.fields.get("eid", ""))),
            doi=entry.fields.get("doi", ""),
        )
        comparison = compare(entry, answers.Answer((work,)))
        assert (comparison.outcome, comparison.differences) == (Outcome.ALIKE, ()), entry.key
