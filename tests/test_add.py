"""``reviewbook add``: an entry and a draft from what registries say, all or nothing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import registries
import yaml
from answering import Answer, Server, answering
from registries import CROSSREF, DOI, EFETCH, ESEARCH, recorded
from tiny_book import TinyBook

from reviewbook import whole_files
from reviewbook.cli import main
from reviewbook.commands import add
from reviewbook.library import citable, load
from reviewbook.registry import lookup
from reviewbook.registry.identifiers import Identifier
from reviewbook.registry.web import Web
from reviewbook.registry.work import Work
from reviewbook.rules import check_library

ENTRY = """\
@article{ostergard2022,
  author = {Østergård, Jørgen K. and de la Cruz, Jr, Maria and {EXAMPLE Study Group}},
  title = {Effects of {S}-ketamine \\& midazolam on {NMDA} receptors, {GABAA} and sleep in {Bavaria}: a randomised trial},
  journal = {Journal of Invented Medicine},
  year = {2022},
  volume = {12},
  number = {4},
  pages = {154--160},
  doi = {10.5555/exm.2021.0042},
  pmid = {99000042},
  pmcid = {PMC9900042},
}
"""

RECORD = """\
key: ostergard2022
# A guess, because PubMed calls it “Randomized Controlled Trial”, and it is said to be a crossover trial.
design: rct-crossover
funding: Example Research Council
findings: []
read: []
# Confirm or write each of these from the source itself, and strike it here; then delete the
# line. Until then the source cannot be cited.
draft: [design, findings, read]
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with answering() as found:
        registries.point_at(found, monkeypatch)
        registries.answer_all(found)
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tiny = TinyBook(tmp_path / "book")
    (tiny.root / "sources").rename(tiny.docs / "sources")
    (tiny.root / "tests").mkdir()
    (tiny.root / "tests" / "incomplete-sources.yml").write_text(
        "# Not whole yet.\ndoe2001: [pages]\nroe2002: [pages]\n"
    )
    return tiny.root


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), "add", *arguments])


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def entry_of(root: Path, key: str) -> str:
    match = re.search(rf"(?ms)^@\w+\{{{re.escape(key)},.*?^}}\n", (root / "references.bib").read_text())
    assert match
    return match[0]


def problems(root: Path) -> list[str]:
    library = load(root / "references.bib", root / "docs" / "sources", root / "tests" / "incomplete-sources.yml")
    return [problem.message for problem in check_library(library)]


@pytest.mark.parametrize(
    "identifier",
    [
        *(DOI, f"doi:{DOI}", f"https://doi.org/{DOI}", f"https://www.example.org/doi/full/{DOI}", f"doi.org/{DOI}."),
        *("99000042", "PMID: 99000042", "https://pubmed.ncbi.nlm.nih.gov/99000042/?utm_source=x"),
        *("PMC9900042", "https://pmc.ncbi.nlm.nih.gov/articles/PMC9900042/"),
    ],
)
def test_an_article_gets_an_entry_and_a_draft(root: Path, server: Server, identifier: str) -> None:
    assert run(root, identifier) == 0
    assert entry_of(root, "ostergard2022") == ENTRY
    assert (root / "docs" / "sources" / "ostergard2022.yml").read_text() == RECORD
    assert problems(root) == []
    assert "abstract that must not" not in str(files(root))


def test_the_contributor_is_told_what_is_left(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, DOI) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Added ostergard2022: Effects of S-ketamine & midazolam")
    assert "read the source, then complete" in err
    assert "ostergard2022.yml" in err


def test_a_draft_cannot_be_cited_until_it_is_confirmed(root: Path, server: Server) -> None:
    run(root, DOI)
    path = root / "docs" / "sources" / "ostergard2022.yml"

    def keys() -> set[str]:
        return set(citable(load(root / "references.bib", root / "docs" / "sources")))

    assert "ostergard2022" not in keys()
    record = yaml.safe_load(path.read_text())
    record["findings"] = [{"id": "main", "text": "It worked.", "locator": "abstract"}]
    record["read"] = [{"what": "abstract", "where": "https://pubmed.ncbi.nlm.nih.gov/99000042/"}]
    path.write_text(yaml.safe_dump(record | {"draft": ["design"]}))
    assert "ostergard2022" not in keys()
    del record["draft"]
    path.write_text(yaml.safe_dump(record))
    assert "ostergard2022" in keys()


def test_a_dry_run_prints_and_writes_nothing(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    before = files(root)
    assert run(root, DOI, "--dry-run") == 0
    out = capsys.readouterr().out
    assert ENTRY in out
    assert RECORD in out
    assert files(root) == before


def test_data_sets_of_datacite_are_found(root: Path, server: Server) -> None:
    assert run(root, "10.5555/data.7") == 0
    assert entry_of(root, "doe2023") == (
        "@misc{doe2023,\n  author = {Doe, Jane Q. and {Institute of Examples}},\n"
        "  title = {Data of an invented survey},\n  howpublished = {Example Repository},\n  year = {2023},\n"
        "  doi = {10.5555/data.7},\n}\n"
    )
    assert problems(root) == []


def test_a_registered_trial_is_added_with_its_arms(root: Path, server: Server) -> None:
    assert run(root, "nct09900001") == 0
    assert entry_of(root, "nct09900001") == (
        "@misc{nct09900001,\n  author = {{University of Examples}},\n"
        "  title = {Ketamine for Invented Sadness ({NCT09900001}): trial register},\n"
        "  howpublished = {ClinicalTrials.gov},\n  year = {2019},\n"
        "  url = {https://clinicaltrials.gov/study/NCT09900001},\n}\n"
    )
    record = yaml.safe_load((root / "docs" / "sources" / "nct09900001.yml").read_text())
    assert record == {
        "key": "nct09900001",
        "design": "rct-crossover",
        "population": "people with Invented Sadness",
        "n": 40,
        "intervention": "Ketamine 0.5 mg/kg",
        "comparator": "Midazolam",
        "funding": "University of Examples, Example Pharma",
        "findings": [],
        "read": [],
        "draft": ["design", "population", "n", "intervention", "comparator", "findings", "read"],
    }
    assert problems(root) == []


def on_the_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages of example.org be asked from the server, because a source's address must be a public one."""
    ask = Web.text

    def text(self: Web, url: str, params: dict[str, str | int] | None = None) -> str:
        return ask(self, url.replace("https://news.example.org", server.address), params)

    monkeypatch.setattr(Web, "text", text)


def test_a_pmcid_that_only_the_converter_knows_is_kept(root: Path, server: Server) -> None:
    converted = recorded("converter.json")
    del converted["records"][0]["pmid"]
    server.says("/pmc/", converted)
    assert run(root, "PMC9900042") == 0
    entry = entry_of(root, "ostergard2022")
    assert "pmcid = {PMC9900042}" in entry
    assert "pmid = {99" not in entry


def test_a_page_is_added_by_its_address(root: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_server(server, monkeypatch)
    server.says("/clinics", recorded("page.html"))
    assert run(root, "https://news.example.org/clinics?utm_source=x&fbclid=1#top") == 0
    assert entry_of(root, "doe2024") == (
        "@misc{doe2024,\n  author = {Doe, Jane},\n  title = {Council warns of invented clinics},\n"
        "  howpublished = {Example News},\n  year = {2024},\n  url = {https://news.example.org/clinics},\n}\n"
    )
    assert problems(root) == []
    assert run(root, "http://www.news.example.org/clinics/") == 1


def test_a_page_without_a_date_gets_the_day_of_reading(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_server(server, monkeypatch)
    monkeypatch.setattr(add, "today", lambda: datetime.date(2026, 11, 25))
    server.says("/x", "<title>On & off</title>")
    assert run(root, "https://news.example.org/x") == 0
    assert "urldate = {2026-11-25}" in entry_of(root, "example")
    assert problems(root) == []


def test_a_page_that_names_its_doi_is_added_by_it(root: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    on_the_server(server, monkeypatch)
    server.says("/paper", f'<meta name="citation_doi" content="doi:{DOI}"><title>Paper</title>')
    assert run(root, "https://news.example.org/paper") == 0
    assert entry_of(root, "ostergard2022") == ENTRY


def test_an_article_in_no_issue_yet_says_so(root: Path, server: Server) -> None:
    answer = recorded("crossref-trial.json")
    for name in ("volume", "issue", "page", "published-print", "funder"):
        del answer["message"][name]
    server.says(CROSSREF, answer)
    server.says(ESEARCH, registries.found())
    assert run(root, DOI) == 0
    entry = entry_of(root, "ostergard2021")
    assert "pubstate = {online first}" in entry
    assert "volume" not in entry
    assert problems(root) == []


def test_what_an_entry_lacks_is_listed(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    answer = recorded("crossref-trial.json")
    del answer["message"]["author"]
    server.says(CROSSREF, answer)
    server.says(ESEARCH, registries.found())
    assert run(root, DOI, "--key", "moe2022") == 0
    listed = (root / "tests" / "incomplete-sources.yml").read_text()
    assert listed == "# Not whole yet.\ndoe2001: [pages]\nmoe2022: [author]\nroe2002: [pages]\n"
    assert "Complete in references.bib: author" in capsys.readouterr().err
    assert problems(root) == []


def test_a_retracted_article_is_marked(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.says(EFETCH, recorded("pubmed-retracted.xml"))
    assert run(root, "99000077") == 0
    entry = entry_of(root, "roe1999")
    assert "title = {[A case of nothing]}" in entry
    assert "author = {Roe, R. B.}" in entry
    record = yaml.safe_load((root / "docs" / "sources" / "roe1999.yml").read_text())
    assert record["status"] == "retracted"
    assert record["notice"] == "PubMed knows a retraction: Ann Inv. 2001;5:1"
    assert record["no_doi"] == "PubMed lists no DOI"
    assert record["design"] == "case-report"
    assert record["draft"] == ["design", "findings", "notice", "read"]
    assert "was retracted" in capsys.readouterr().err
    assert problems(root) == []


def test_a_taken_key_gets_a_letter(root: Path, server: Server) -> None:
    (root / "docs" / "sources" / "doe2023.yml").write_text("key: doe2023\n")
    assert run(root, "10.5555/data.7") == 0
    assert entry_of(root, "doe2023b")


def test_a_journal_is_spelled_as_the_bibliography_has_it(root: Path, server: Server) -> None:
    bibfile = root / "references.bib"
    bibfile.write_text(bibfile.read_text().replace("Journal of Examples", "The {Journal} of Invented Medicine"))
    assert run(root, DOI) == 0
    assert "journal = {The {Journal} of Invented Medicine}" in entry_of(root, "ostergard2022")


@pytest.mark.parametrize(
    ("known", "identifier", "what"),
    [
        ("doi = {10.5555/EXM.2021.0042}", DOI, "the same DOI"),
        ("pmid = {99000042}", DOI, "the same PMID"),
        ("pmid = {99000042}", "99000042", "the same PMID"),
        ("pmcid = {PMC9900042}", DOI, "the same PMCID"),
        ("url = {https://www.clinicaltrials.gov/study/NCT09900001/}", "NCT09900001", "the same NCT"),
        ("title = {Data of an Invented Survey.}", "10.5555/data.7", "the same title"),
        ("title = {The data of an invented survey}", "10.5555/data.7", "nearly the same title"),
    ],
)
def test_what_is_there_already_is_refused(
    root: Path, server: Server, known: str, identifier: str, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bibfile = root / "references.bib"
    name = known.split()[0]
    first, second = bibfile.read_text().split("@article{roe2002")
    first = re.sub(rf"(?m)^  {name} = .*\n", "", first).replace("  year =", f"  {known},\n  year =")
    bibfile.write_text(f"{first}@article{{roe2002{second}")
    before = files(root)
    assert run(root, identifier) == 1
    assert capsys.readouterr().err.startswith(f"Nothing was added: doe2001 has {what}")
    assert files(root) == before
    if what.startswith("nearly"):
        assert run(root, identifier, "--anyway") == 0
    else:
        assert run(root, identifier, "--anyway") == 1


def test_a_known_identifier_is_refused_without_asking_anybody(root: Path, server: Server) -> None:
    assert run(root, "10.1000/doe2001") == 1
    assert server.asked == []


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("10.5555/none", r"there is no DOI 10.5555/none"),
        ("10.5555/malformed", r"there is no DOI 10.5555/malformed; look for a misprint"),
        ("10.5555/elsewhere", r"was registered by JaLC, which cannot be asked"),
        ("99009999", r"PubMed has no article 99009999"),
        ("PMC9", r"PubMed Central has no PMC9"),
        ("NCT00000000", r"ClinicalTrials.gov has no trial NCT00000000"),
    ],
)
def test_what_no_registry_holds_is_said(
    root: Path, server: Server, identifier: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says("/doi/doiRA/10.5555/none", [{"DOI": "10.5555/none", "status": "DOI does not exist"}])
    server.says("/doi/doiRA/10.5555/elsewhere", [{"DOI": "10.5555/elsewhere", "RA": "JaLC"}])
    server.says(EFETCH, "<PubmedArticleSet></PubmedArticleSet>")
    before = files(root)
    assert run(root, identifier) == 1
    assert re.search(words, capsys.readouterr().err)
    assert files(root) == before


@pytest.mark.parametrize(
    "bad", ["", "nonsense", "10.1000", "https://doi.org/", "http://[", "https://localhost/x", "-1"]
)
def test_what_is_no_identifier_exits_with_2(root: Path, bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert run(root, bad) == 2
    except SystemExit as stopped:
        assert stopped.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("key", ["Doe2021", "a b", "../x", ""])
def test_a_bad_key_exits_with_2(root: Path, key: str) -> None:
    assert run(root, DOI, "--key", key) == 2


def test_a_taken_key_that_is_asked_for_is_refused(root: Path) -> None:
    assert run(root, DOI, "--key", "doe2001") == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer("", 503),
        Answer("", 403),
        Answer(reset=True),
        Answer("<html>"),
        Answer({}),
        Answer({"message": None}),
        Answer({"message": {"DOI": 3, "title": [[]], "author": 7}}),
        Answer([1]),
    ],
)
def test_a_dead_or_broken_registry_exits_with_3(
    root: Path, server: Server, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(CROSSREF, answer)
    before = files(root)
    assert run(root, DOI) == 3
    assert "could not be asked" in capsys.readouterr().err
    assert files(root) == before


@pytest.mark.parametrize("answer", ["no xml", "<PubmedArticleSet><PubmedArticle/></PubmedArticleSet>"])
def test_a_broken_pubmed_exits_with_3_where_it_is_needed(root: Path, server: Server, answer: str) -> None:
    server.says(EFETCH, answer)
    assert run(root, "99000042") == 3


def test_pubmed_may_refuse_a_number_that_it_does_not_know(
    root: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.says(EFETCH, Answer("ID list is empty! Possibly it has no correct IDs.", 400))
    assert run(root, "99009999") == 1
    assert "PubMed has no article 99009999" in capsys.readouterr().err


def test_a_dead_pubmed_does_not_stop_a_doi(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.says(ESEARCH, Answer("", 500))
    assert run(root, DOI) == 0
    assert "PubMed was not asked" in capsys.readouterr().err
    assert "pmid" not in entry_of(root, "ostergard2022")


def test_a_guess_of_pubmed_at_another_article_is_not_taken(root: Path, server: Server) -> None:
    server.says(EFETCH, recorded("pubmed-retracted.xml"))
    server.says(ESEARCH, registries.found("99000077"))
    assert run(root, DOI) == 0
    assert "pmid" not in entry_of(root, "ostergard2022")


def test_a_malformed_bibliography_is_left_alone(root: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    bibfile = root / "references.bib"
    bibfile.write_text(bibfile.read_text() + "@article{x,\n  title = {A {b},\n}\n")
    before = files(root)
    assert run(root, DOI) == 1
    assert "Nothing was added: correct these first." in capsys.readouterr().err
    assert files(root) == before
    assert server.asked == []


def test_a_bibliography_that_is_edited_meanwhile_is_left_alone(
    root: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bibfile, find = root / "references.bib", lookup.find

    def editing(web: Web, identifier: Identifier) -> Work:
        bibfile.write_text(bibfile.read_text().replace("Jane", "Joan"))
        return find(web, identifier)

    monkeypatch.setattr(lookup, "find", editing)
    assert run(root, DOI) == 1
    assert "changed meanwhile" in capsys.readouterr().err
    assert "Joan" in bibfile.read_text()
    assert "ostergard" not in bibfile.read_text()


@pytest.mark.parametrize("fails", ["references.bib", "ostergard2022.yml", "incomplete-sources.yml"])
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_half_written(
    root: Path, server: Server, fails: str, step: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = recorded("crossref-trial.json")
    del answer["message"]["container-title"]
    server.says(CROSSREF, answer)
    server.says(ESEARCH, registries.found())
    before = files(root)
    original = getattr(Path, step)

    def failing(self: Path, *arguments: object) -> object:
        if fails in self.name:
            monkeypatch.setattr(Path, step, original)
            raise error
        return original(self, *arguments)

    monkeypatch.setattr(Path, step, failing)
    assert run(root, DOI) in (1, 130)
    assert files(root) == before
    monkeypatch.undo()


def test_a_file_that_cannot_be_replaced_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    with pytest.raises(OSError):
        whole_files.write_all({tmp_path / "a": "new", tmp_path / "c": "new", tmp_path / "b": "new"})
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b"}
    assert (tmp_path / "a").read_text() == "old"


def test_help_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["add", "--help"])
    out = capsys.readouterr().out
    assert "PMCID" in out
    assert "3 a registry could not be asked" in " ".join(out.split())
