"""The searches, the screening log, the flow that follows from them, and what pages show of it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import html5lib
import pytest
import yaml
from books import ROOT
from tiny_book import Built, TinyBook

from reviewbook.cli import main
from reviewbook.flow_chart import FlowChart
from reviewbook.library import load as load_library
from reviewbook.screening import Flow, Log, Plan, flow, load
from reviewbook.svg import PAGE, PRINT, SMALL, WIDTH, text_width

SVG = "{http://www.w3.org/2000/svg}"

PLAN: dict[str, Any] = {
    "searches": [
        {"name": "pubmed", "registry": "PubMed", "query": 'ketamine[tiab] AND "low mood"[tiab]'},
        {"name": "trials", "registry": "ClinicalTrials.gov", "intervention": "ketamine", "condition": "mood"},
    ],
    "reasons": {"other-drug": "it is about another drug", "no-data": "it reports no data"},
}
RUN = {
    "search": "pubmed",
    "registry": "PubMed",
    "date": "2026-12-01",
    "since": "2026-11-25",
    "found": 12,
    "in_library": 3,
    "met_before": 1,
    "candidates": 8,
}


def decided(pmid: str, **fields: str) -> dict[str, str]:
    return {"title": f"Study {pmid}", "pmid": pmid, "search": "pubmed", "date": "2026-12-02", **fields}


def waits(pmid: str) -> dict[str, Any]:
    return {
        "title": f"Study {pmid}",
        "pmid": pmid,
        "search": "pubmed",
        "design": "cohort",
        "design_because": "a guess",
    } | {"matched": ["pubmed"]}


INCLUDED = {"decision": "included", "key": "doe2001"}
EXCLUDED = {"decision": "excluded", "stage": "title-abstract", "reason": "other-drug"}
LOG: dict[str, Any] = {
    "by_hand": {"until": "2026-11-25"},
    "searches": [
        RUN,
        {**RUN, "search": "trials", "registry": "ClinicalTrials.gov", "found": 1, "in_library": 1, "met_before": 0}
        | {"candidates": 0},
    ],
    "decisions": [
        decided("1", **INCLUDED),
        decided("2", **EXCLUDED),
        decided("3", decision="excluded", stage="retrieval"),
        decided("4", decision="excluded", stage="full-text", reason="no-data"),
    ],
}
EMPTY: dict[str, Any] = {"by_hand": {"until": "2026-11-25"}}


def write(folder: Path, plan: object = PLAN, log: object = LOG) -> tuple[Path, Path]:
    """Write searches and log where a book has them."""
    files = folder / "docs" / "searches.yml", folder / "docs" / "screening" / "log.yml"
    for path, data in zip(files, (plan, log), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    assert isinstance(log, dict)
    left = sum(run["candidates"] for run in log.get("searches", ())) - len(log.get("decisions", ()))
    waiting = [waits(str(number)) for number in range(101, 101 + left)]
    text = yaml.safe_dump({"date": "2026-12-01", "candidates": waiting})
    (files[1].parent / "candidates-2026-12-01.yml").write_text(text)
    return files


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    write(tiny.root)
    return tiny


def faults(book: TinyBook, plan: object = PLAN, log: object = LOG) -> list[tuple[str, int | None, str]]:
    files = write(book.root, plan, log)
    found = load(*files, load_library(book.bib, book.root / "sources"))
    return [(Path(problem.path).name, problem.line, problem.message) for problem in found.problems]


def flow_of(log: dict[str, Any], sources: int = 10) -> Flow:
    keys = dict.fromkeys(["doe2001", *map(str, range(sources - 1))])
    return flow(Log.model_validate(log), Plan.model_validate(PLAN), keys)


def test_the_flow_follows_from_the_log() -> None:
    found = flow_of(LOG)
    assert found.found == (("PubMed", 12), ("ClinicalTrials.gov", 1))
    assert (found.in_library, found.met_before, found.waiting, found.screened) == (4, 1, 4, 4)
    assert (found.excluded_early, found.sought, found.not_retrieved, found.read) == (1, 3, 1, 2)
    assert found.excluded_late == (("it reports no data", 1),)
    assert (found.included, found.by_hand, found.sources) == (1, 9, 10)


def test_every_work_goes_one_way() -> None:
    found = flow_of(LOG)
    total = sum(number for _, number in found.found)
    assert total == found.in_library + found.met_before + found.waiting + found.screened
    assert found.read == sum(number for _, number in found.excluded_late) + found.included


def test_without_a_logged_search_all_is_zero_but_the_sources_found_by_hand() -> None:
    found = flow_of(EMPTY, sources=7)
    assert (found.by_hand, found.sources, found.runs) == (7, 7, 0)
    assert not any((found.screened, found.waiting, found.in_library, found.included, *dict(found.found).values()))
    assert str(found.last) == "2026-11-25"


def test_the_log_of_this_book_is_sound_and_its_searches_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    library = load_library(ROOT / "references.bib", ROOT / "docs" / "sources")
    found = load(ROOT / "docs" / "searches.yml", ROOT / "docs" / "screening" / "log.yml", library)
    assert found.problems == ()
    assert found.plan is not None
    assert {search.registry.value for search in found.plan.searches} == {"PubMed", "ClinicalTrials.gov"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"searches": [{**RUN, "found": 13}]}, "make 12, not the 13 found"),
        ({"searches": [{**RUN, "since": "2027-01-01"}]}, "since is after the date"),
        ({"searches": []}, "4 decisions, but the searches left only 0 works to screen"),
        ({"decisions": [decided("1", **EXCLUDED), decided("1", **EXCLUDED)]}, "decided twice: 1"),
        ({"decisions": [decided("1", **INCLUDED), decided("2", **INCLUDED)]}, "two works have the key doe2001"),
        ({"decisions": [decided("1", decision="maybe")]}, "'included' or 'excluded'"),
        ({"decisions": [decided("1", decision="included")]}, "needs `key`; add the source first"),
        ({"decisions": [decided("1", **INCLUDED, reason="no-data")]}, "has no stage and no reason"),
        ({"decisions": [decided("1", **EXCLUDED, key="doe2001")]}, "an excluded work has no key"),
        ({"decisions": [decided("1", decision="excluded")]}, "needs `stage`: title-abstract, retrieval, full-text"),
        ({"decisions": [decided("1", decision="excluded", stage="full-text")]}, "needs `reason`"),
        ({"decisions": [decided("1", **{**EXCLUDED, "reason": "dull"})]}, "no reason 'dull'; there are other-drug"),
        ({"decisions": [decided("1", **{**INCLUDED, "key": "nobody"})]}, "no source 'nobody'; add it first"),
        ({"decisions": [{**decided("1", **EXCLUDED), "pmid": None}]}, "it has no pmid, doi or nct"),
        ({"number": 3}, "number: there is no such field"),
        ({"by_hand": None}, "by_hand"),
    ],
)
def test_a_log_that_does_not_add_up_is_refused_with_file_and_line(
    book: TinyBook, change: dict[str, Any], said: str
) -> None:
    ((name, line, message),) = faults(book, log=LOG | change)
    assert name == "log.yml"
    assert line
    assert said in message


def test_a_fault_in_a_decision_has_its_line(book: TinyBook) -> None:
    log = LOG | {"decisions": [decided("1", **EXCLUDED), decided("2", **{**EXCLUDED, "reason": "dull"})]}
    ((_, line, _),) = faults(book, log=log)
    text = (book.docs / "screening" / "log.yml").read_text()
    assert text.splitlines()[(line or 0) - 1] == "  reason: dull"


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({**PLAN, "searches": []}, "searches"),
        ({**PLAN, "searches": PLAN["searches"][:1] * 2}, "two searches have the name pubmed"),
        ({**PLAN, "searches": [{"name": "a", "registry": "PubMed"}]}, "a search of PubMed has a query"),
        ({**PLAN, "searches": [{"name": "a", "registry": "ClinicalTrials.gov"}]}, "has an intervention"),
        ({**PLAN, "searches": [{"name": "a", "registry": "Embase", "query": "b"}]}, "'PubMed' or 'ClinicalTrials.gov'"),
        ("searches: [", "not valid YAML"),
        ("", "valid dictionary"),
    ],
)
def test_searches_that_cannot_be_made_are_refused(book: TinyBook, plan: object, said: str) -> None:
    found = faults(book, plan=plan)
    assert [name for name, _, _ in found] == ["searches.yml"]
    assert said in found[0][2]


def test_candidates_that_were_lost_or_broken_are_noticed(book: TinyBook) -> None:
    path = book.docs / "screening" / "candidates-2026-12-01.yml"
    files = book.docs / "searches.yml", book.docs / "screening" / "log.yml"
    library = load_library(book.bib, book.root / "sources")
    assert len(load(*files, library).waiting) == 4
    path.write_text(yaml.safe_dump({"date": "2026-12-01", "candidates": [waits("101")]}))
    (problem,) = load(*files, library).problems
    assert problem.message == "by the log 4 works wait to be screened, but the files beside it hold 1"
    path.write_text("candidates: 1\n")
    assert {Path(problem.path) for problem in load(*files, library).problems} == {path}


def test_a_book_with_only_one_of_the_files_is_told(book: TinyBook) -> None:
    (book.docs / "searches.yml").unlink()
    found = book.build("check")
    assert [(w.path, w.rule) for w in found.warnings] == [("docs/searches.yml", "reviewbook.screening.invalid")]


def test_check_tells_of_the_log(book: TinyBook, capsys: pytest.CaptureFixture[str]) -> None:
    (book.root / "sources").rename(book.docs / "sources")
    assert main(["--root", str(book.root), "check"]) == 0
    write(book.root, log=LOG | {"searches": []})
    assert main(["--root", str(book.root), "check"]) == 1
    out = capsys.readouterr().out
    assert "log.yml:1: 4 decisions" in out
    assert "[screening.invalid]" in out


# The chart


def drawn(log: dict[str, Any]) -> ET.Element:
    return ET.fromstring(FlowChart("The flow", flow_of(log)).svg("d", PRINT))


@pytest.mark.parametrize("log", [EMPTY, LOG], ids=["empty", "full"])
def test_boxes_hold_their_words_and_do_not_overlap(log: dict[str, Any]) -> None:
    picture = drawn(log)
    boxes = [tuple(float(b.attrib[n]) for n in ("x", "y", "width", "height")) for b in picture.iter(f"{SVG}rect")]
    assert len(boxes) == 11
    for index, (x, y, width, _height) in enumerate(boxes):
        assert x >= 0
        assert x + width <= WIDTH
        for other in boxes[:index]:
            apart = x >= other[0] + other[2] or other[0] >= x + width or y >= other[1] + other[3]
            assert apart
    for text in picture.iter(f"{SVG}text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        end = x + text_width(text.text or "", SMALL)
        assert any(bx < x and end <= bx + bw and by < y < by + bh for bx, by, bw, bh in boxes), text.text


def test_the_description_holds_every_number_that_is_drawn() -> None:
    picture = FlowChart("The flow", flow_of(LOG))
    told = picture.describe()
    for text in drawn(LOG).iter(f"{SVG}text"):
        assert all(word in told for word in (text.text or "").split())
    assert "Found by logged searches: 13; PubMed: 12; ClinicalTrials.gov: 1." in told
    assert "Besides: Sources found by hand, of which no log was kept: 9. Sources in the library: 10." in told


def test_the_chart_has_the_colours_of_the_page_and_those_of_print() -> None:
    picture = FlowChart("The flow", flow_of(LOG))
    assert "var(--color-background-secondary)" in picture.svg("d", PAGE)
    assert "var(" not in picture.svg("d", PRINT)


# Pages

TEXT = (
    "# Methods\n\nThe last search was on {screening}`last-search`.\n\n```{searches}\n```\n\n```{screening-flow}\n```\n"
)


def words(built: Built, page: str, path: str) -> list[str]:
    tree = html5lib.parse(built.html(page), namespaceHTMLElements=False)
    return [" ".join("".join(node.itertext()).split()) for node in tree.iterfind(path)]


def numbers(built: Built) -> dict[str, str]:
    cells = words(built, "methods", ".//table//tbody/tr/td")
    return dict(zip(cells[::2], cells[1::2], strict=True))


def test_the_page_shows_searches_reasons_and_flow(book: TinyBook) -> None:
    book.page("methods", TEXT)
    built = book.build()
    assert built.warnings == []
    text = " ".join(words(built, "methods", ".//body"))
    assert "The last search was on 1 December 2026." in text
    assert 'ketamine[tiab] AND "low mood"[tiab]' in text
    assert "it is about another drug" in text
    assert "It next looks for what is new since 1 December 2026." in text
    assert "Until 25 November 2026 sources were found by hand, and no log was kept" in text
    assert "the searches were made twice, last on 1 December 2026" in text
    assert numbers(built)["Waiting to be screened"] == "4"
    assert len(words(built, "methods", ".//figure")) == 1


def test_a_book_without_a_logged_search_says_so(book: TinyBook) -> None:
    write(book.root, log=EMPTY)
    book.page("methods", TEXT)
    built = book.build()
    text = " ".join(words(built, "methods", ".//body"))
    assert "No logged search has been made since, so all numbers of the searches are zero." in text
    found = numbers(built)
    assert found.pop("Sources found by hand, of which no log was kept") == "2"
    assert found.pop("Sources in the library") == "2"
    assert set(found.values()) == {"0"}


def test_the_page_follows_the_log_the_searches_and_the_library(book: TinyBook) -> None:
    book.page("methods", TEXT)
    book.build()
    write(book.root, log=EMPTY)
    assert numbers(book.build())["Screened by title and abstract"] == "0"
    book.source("poe2003", "cohort", "It was so.")
    assert numbers(book.build())["Sources in the library"] == "3"
    write(book.root, plan={**PLAN, "reasons": {"dull": "it is dull"}}, log=EMPTY)
    assert "it is dull" in " ".join(words(book.build(), "methods", ".//li"))


def test_an_unchanged_build_writes_the_page_not_again(book: TinyBook) -> None:
    book.page("methods", TEXT)
    page = book.build().out / "methods.html"
    before = page.stat().st_mtime_ns
    book.build()
    assert page.stat().st_mtime_ns == before


def test_a_broken_log_fails_every_build(book: TinyBook) -> None:
    book.page("methods", TEXT)
    write(book.root, log=LOG | {"searches": []})
    for _ in range(2):
        built = book.build()
        assert [(w.path, w.rule) for w in built.warnings] == [
            ("docs/screening/log.yml", "reviewbook.screening.invalid")
        ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```{searches}\n```", "searches: the book has no searches and no screening log"),
        ("```{screening-flow}\n```", "screening-flow: the book has no searches and no screening log"),
        ("{screening}`last-search`", "does not tell 'last-search'"),
    ],
)
def test_a_page_that_asks_for_a_log_that_is_not_there_is_told(tmp_path: Path, text: str, said: str) -> None:
    tiny = TinyBook(tmp_path / "book")
    tiny.page("methods", f"# Methods\n\n{text}\n")
    (warned,) = tiny.build().warnings
    assert (warned.path, warned.line) == ("docs/methods.md", 3)
    assert said in warned.message


def test_a_fact_that_the_log_does_not_tell_is_refused(book: TinyBook) -> None:
    book.page("methods", "# Methods\n\n{screening}`first-search`\n")
    (warned,) = book.build().warnings
    assert "it tells by-hand-until, last-search" in warned.message


def test_the_flow_is_in_the_pdf_too(book: TinyBook, need_programs: Any) -> None:
    need_programs("rsvg-convert")
    book.page("methods", TEXT)
    latex = book.build("latex", latex_documents=[("index", "book.tex", "B", "A", "manual")])
    assert latex.warnings == []
    assert len(list(latex.out.glob("drawing-*.pdf"))) == 1
    assert "Waiting to be screened" in (latex.out / "book.tex").read_text(encoding="utf-8")
