"""Meta-analyses on a page: trials from the records, plots, tables, and results in sentences."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from math import exp
from pathlib import Path

import html5lib
import pytest
from books import ROOT
from tiny_book import Built, TinyBook

from reviewbook import synthesis
from reviewbook.analyses import Question, analyse, effect_of, join_counts, join_means
from reviewbook.effect_sizes import Effect, Measure, of_counts, of_means
from reviewbook.export import ANALYSIS_COLUMNS
from reviewbook.records import Arm, Outcome, Record, Status
from reviewbook.results import FACTS
from reviewbook.synthesis import pool

LOOK = {"bibtex_reference_style": "reviewbook", "bibtex_default_style": "reviewbook"}
SVG = "{http://www.w3.org/2000/svg}"


def counts(events_t: int, n_t: int, events_c: int, n_c: int, when: str = "24 h") -> dict[str, object]:
    return {
        "outcome": "response",
        "timepoint": when,
        "locator": "Table 2",
        "arms": [
            {"arm": "ketamine IV", "events": events_t, "n": n_t},
            {"arm": "saline", "events": events_c, "n": n_c},
        ],
    }


def record(key: str, *outcomes: dict[str, object]) -> Record:
    return Record.model_validate(
        {
            "key": key,
            "design": "rct-parallel",
            "findings": [{"id": "a", "text": "Something.", "locator": "abstract"}],
            "outcomes": outcomes,
            "read": [{"what": "abstract", "where": "https://example.org"}],
        }
    )


RECORDS = {
    "coe2004": record("coe2004", counts(20, 40, 10, 38)),
    "poe2003": record("poe2003", counts(12, 30, 9, 32, when="day 1")),
    "moe2005": record("moe2005", counts(30, 60, 10, 58), counts(1, 60, 1, 58, when="week 1")),
}


def question(*groups: tuple[str, tuple[str, ...]], measure: Measure = Measure.OR) -> Question:
    return Question(measure, "response", ("24 h", "day 1"), groups)


# The data


def test_trials_are_pooled_in_the_order_of_their_groups() -> None:
    found = analyse(question(("inert", ("coe2004", "poe2003")), ("active", ("moe2005",))), RECORDS)
    effects = [of_counts(Measure.OR, *data) for data in ((20, 40, 10, 38), (12, 30, 9, 32), (30, 60, 10, 58))]
    assert [study.effect for study in found.studies] == effects
    assert [study.timepoint for study in found.studies] == ["24 h", "day 1", "24 h"]
    assert found.total == pool(effects)
    assert dict(found.groups) == {"inert": pool(effects[:2]), "active": pool(effects[2:])}
    assert found.difference is not None
    assert found.difference.df == 1


def test_several_treated_arms_are_joined() -> None:
    several = [Arm(arm="28 mg", events=3, n=10), Arm(arm="56 mg", events=5, n=12)]
    assert join_counts(several) == Arm(arm="28 mg + 56 mg", events=8, n=22)
    # 1, 3 and 5, 7, 9 as one sample: mean 5, sd √10
    joined = join_means([Arm(arm="a", mean=2, sd=2**0.5, n=2), Arm(arm="b", mean=7, sd=2, n=3)])
    assert (joined.mean, joined.sd, joined.n) == (5, pytest.approx(10**0.5), 5)


def test_a_standard_error_is_taken_for_a_standard_deviation_over_the_root_of_n() -> None:
    arms = [{"arm": "ketamine", "mean": -10, "se": 2, "n": 25}, {"arm": "saline", "mean": -4, "sd": 9, "n": 16}]
    outcome = Outcome.model_validate({"outcome": "score", "timepoint": "24 h", "locator": "Table 2", "arms": arms})
    assert effect_of(outcome, Measure.MD)[2] == of_means(Measure.MD, -10, 10, 25, -4, 9, 16)


def test_a_reported_effect_goes_before_the_arms() -> None:
    crossover = counts(8, 18, 1, 18) | {"effect": {"measure": "RR", "estimate": 8, "ci_low": 1.6, "ci_high": 40}}
    effect = effect_of(Outcome.model_validate(crossover), Measure.RR)[2]
    assert effect.yi == pytest.approx(2.0794415)
    assert effect.vi == pytest.approx(((3.6888795 - 0.4700036) / (2 * 1.959964)) ** 2)
    with pytest.raises(ValueError, match="the reported effect is RR, not OR"):
        effect_of(Outcome.model_validate(crossover), Measure.OR)
    given = {"measure": "MD", "estimate": -4, "se": 1.69}
    assert effect_of(Outcome.model_validate(crossover | {"effect": given}), Measure.GEN)[2] == Effect(-4, 1.69**2)


@pytest.mark.parametrize(
    ("effect", "cure"),
    [
        ({"measure": "RR", "estimate": 8}, "needs se, or ci_low and ci_high"),
        ({"measure": "MD", "estimate": 8, "ci_low": 9, "ci_high": 12}, "the estimate 8 lies outside its interval"),
        ({"measure": "MD", "estimate": 8, "ci_low": 9, "ci_high": 2}, "ci_low must be below ci_high"),
        ({"measure": "OR", "estimate": -0.4, "se": 0.2}, "a ratio is above zero"),
    ],
)
def test_a_reported_effect_that_cannot_be_is_refused(effect: dict[str, object], cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        record("doe2001", counts(1, 2, 1, 2) | {"effect": effect})


@pytest.mark.parametrize(
    ("keys", "outcome", "cure"),
    [
        ((), "response", "name the trials"),
        (("coe2004", "coe2004"), "response", "coe2004 is named twice"),
        (("nobody",), "response", "nobody cannot be cited"),
        (
            ("coe2004",),
            "remission",
            "coe2004 has no outcome remission at 24 h or day 1; add it to docs/sources/coe2004",
        ),
    ],
)
def test_a_question_without_an_answer_says_why(keys: tuple[str, ...], outcome: str, cure: str) -> None:
    asked = question(("", keys))._replace(outcome=outcome)
    with pytest.raises(ValueError, match=cure):
        analyse(asked, RECORDS)


def test_a_retracted_trial_is_not_pooled() -> None:
    gone = RECORDS["coe2004"].model_copy(update={"status": Status.RETRACTED, "notice": "retracted"})
    with pytest.raises(ValueError, match="coe2004 was retracted; take it out of the meta-analysis"):
        analyse(question(("", ("coe2004", "moe2005"))), RECORDS | {"coe2004": gone})


def test_data_that_do_not_fit_name_the_record() -> None:
    bare = record(
        "doe2001", counts(1, 2, 1, 2) | {"arms": [{"arm": "ketamine", "percent": 5}, {"arm": "saline", "n": 3}]}
    )
    with pytest.raises(ValueError, match="doe2001, response at 24 h or day 1: the arm 'ketamine' needs events and n"):
        analyse(question(("", ("doe2001",))), {"doe2001": bare})
    single = record("doe2001", counts(1, 2, 1, 2) | {"arms": [{"arm": "ketamine", "events": 1, "n": 3}]})
    with pytest.raises(ValueError, match="there is only one arm; a comparison needs two"):
        analyse(question(("", ("doe2001",))), {"doe2001": single})


# The page

DIRECTIVE = """:::{meta-analysis} Response within a day {cite:p}`coe2004`
:name: ma-response
:measure: RR
:outcome: response
:timepoints: 24 h, day 1
:sides: favours saline | favours ketamine
{more}

- inert: coe2004, poe2003
- active: moe2005
:::
"""


@pytest.fixture
def book(tmp_path_factory: pytest.TempPathFactory) -> TinyBook:
    tiny = TinyBook(tmp_path_factory.mktemp("meta"))
    for key, data in (("coe2004", (20, 40, 10, 38)), ("poe2003", (12, 30, 9, 32)), ("moe2005", (30, 60, 10, 58))):
        tiny.source(key, "rct-parallel", "More people responded.", outcomes=[counts(*data)])
    return tiny


def built(book: TinyBook, after: str = "", more: str = "") -> Built:
    book.chapter(DIRECTIVE.replace("{more}\n", more) + after)
    return book.build(**LOOK)


def words(book: Built, path: str) -> list[str]:
    page = html5lib.parse(book.html("part/one"), namespaceHTMLElements=False)
    return [" ".join("".join(found.itertext()).split()) for found in page.iterfind(path)]


def rows(book: Built, kind: str) -> list[list[str]]:
    page = html5lib.parse(book.html("part/one"), namespaceHTMLElements=False)
    (table,) = (table for table in page.iter("table") if kind in table.get("class", "").split())
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in table.iter("tr")]


def ratio(book: Built) -> str:
    return next(text for text in words(book, ".//p") if text.startswith("The ratio was"))


def test_the_plot_and_the_table_show_each_trial_and_the_pooled_effect(book: TinyBook) -> None:
    page = built(book)
    assert page.log == ""
    text = words(page, f".//figure//{SVG}desc")[0]
    assert text.startswith("Coe 2004: 1.90 (1.03 to 3.52); Poe 2003: 1.42 (0.70 to 2.88); inert, pooled: ")
    assert "All trials, pooled: " in text
    assert {"inert", "Pooled", "All trials, pooled"} <= set(words(page, f".//figure//{SVG}text"))
    cells = words(page, ".//tbody//td")
    assert cells[:4] == ["Coe 2004, 24 h (inert)", "ketamine IV: 20 of 40", "saline: 10 of 38", "1.90 (1.03 to 3.52)"]
    assert cells[5] == "(Coe, 2004)"
    note = words(page, ".//p[@class='analysis-note']")[0]
    assert note.startswith("Pooled risk ratio: ")
    assert "3 trials, 258 people." in note
    assert "Test between the groups: Q " in note


def test_trials_that_are_not_to_be_pooled_have_no_diamond(book: TinyBook) -> None:
    page = built(book, more=":not-pooled:\n")
    assert "pooled" not in words(page, f".//figure//{SVG}desc")[0]
    assert words(page, ".//p[@class='analysis-note']") == [
        "Effects are risk ratios. The trials are not pooled. Data: ma-response.csv."
    ]


def test_an_arm_of_unknown_size_is_shown_without_it(book: TinyBook) -> None:
    arms = [{"arm": "ketamine", "mean": -8.1, "sd": 3}, {"arm": "saline", "mean": -2.5, "sd": 3, "n": 17}]
    effect = {"measure": "MD", "estimate": -5.6, "se": 2.8}
    score = {"outcome": "depression-score", "timepoint": "24 h", "locator": "text", "arms": arms, "effect": effect}
    for key in ("coe2004", "poe2003", "moe2005"):
        book.source(key, "rct-parallel", "Scores fell.", outcomes=[score])
    text = DIRECTIVE.replace("{more}", ":not-pooled:").replace(": RR", ": MD")
    book.chapter(text.replace("outcome: response", "outcome: depression-score"))
    page = book.build(**LOOK)
    assert rows(page, "meta-analysis")[1][1:3] == ["ketamine: −8.1 (SD 3)", "saline: −2.5 (SD 3), n = 17"]


def test_the_note_names_a_measure_in_the_plural(book: TinyBook) -> None:
    score = {
        "outcome": "depression-score",
        "timepoint": "24 h",
        "locator": "text",
        "arms": [{"arm": "ketamine", "n": 20}, {"arm": "saline", "n": 20}],
        "effect": {"measure": "SMD", "estimate": -0.6, "se": 0.3},
    }
    for key in ("coe2004", "poe2003", "moe2005"):
        book.source(key, "rct-parallel", "Scores fell.", outcomes=[score])
    text = DIRECTIVE.replace("{more}", ":not-pooled:").replace(": RR", ": SMD")
    book.chapter(text.replace("outcome: response", "outcome: depression-score"))
    note = words(book.build(**LOOK), ".//p[@class='analysis-note']")[0]
    assert note.startswith("Effects are standardised mean differences (Hedges g). The trials are not pooled.")


def test_a_sentence_shows_a_result_and_follows_the_records(book: TinyBook) -> None:
    sentence = "The ratio was {pooled}`ma-response: estimate` ({pooled}`ma-response: interval`; {ref}`ma-response`)."
    page = built(book, after=f"\n## Result\n\n{sentence}\n")
    assert page.log == ""
    before = ratio(page)
    assert before.startswith("The ratio was 2.")
    assert "(95% CI " in before
    book.source("moe2005", "rct-parallel", "More people responded.", outcomes=[counts(11, 60, 10, 58)])
    after = ratio(book.build(**LOOK))
    assert after.startswith("The ratio was 1.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Shown {pooled}`ma-none: estimate`.", "there is no meta-analysis 'ma-none'"),
        ("Shown {pooled}`ma-response: size`.", "the facts are estimate, of-100, interval"),
    ],
)
def test_a_result_that_is_not_there_is_reported(book: TinyBook, text: str, message: str) -> None:
    assert message in built(book, after=f"\n{text} {{cite:p}}`coe2004`\n").log


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        (":measure: RR\n", "", "add the line ':measure: …'"),
        (":measure: RR", ":measure: HR", "measure is one of OR, RR, RD, MD, SMD, GEN"),
        ("favours saline | favours ketamine", "ketamine", "say under sides what lies left and right"),
        ("- active: moe2005", "active: moe2005", "write the trials as '- group: key, key'"),
        ("- active: moe2005", "- active:", "write the trials as '- group: key, key'"),
        ("moe2005", "nobody", "nobody cannot be cited"),
    ],
)
def test_a_mistake_names_its_cure(book: TinyBook, old: str, new: str, cure: str) -> None:
    book.chapter(DIRECTIVE.replace("{more}\n", "").replace(old, new))
    found = book.build(**LOOK)
    assert any(cure in w.message and w.path == "docs/part/one.md" for w in found.warnings), found.log


def test_an_unchanged_build_pools_nothing_and_reads_no_page(book: TinyBook, monkeypatch: pytest.MonkeyPatch) -> None:
    built(book)

    def refuse(*_: object) -> float:
        raise AssertionError("nothing has changed")

    monkeypatch.setattr(synthesis, "reml", refuse)
    page = book.root / "_build" / "html" / "part" / "one.html"
    before = page.stat().st_mtime_ns
    assert book.build(**LOOK).log == ""
    assert page.stat().st_mtime_ns == before


def test_a_question_without_an_answer_is_reported_at_every_build(book: TinyBook) -> None:
    book.chapter(DIRECTIVE.replace("{more}\n", "").replace("moe2005", "nobody"))
    logs = [book.build(**LOOK).log for _ in range(2)]
    assert all("nobody cannot be cited" in log for log in logs)


def test_the_extension_loads_without_scipy() -> None:
    code = "import sys, reviewbook; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# How firm it is

DATA = ((20, 40, 10, 38), (12, 30, 9, 32), (30, 60, 10, 58))
WITHOUT = [pool([of_counts(Measure.RR, *data) for data in DATA if data != left]) for left in DATA]
NAMES = ("Coe 2004", "Poe 2003", "Moe 2005")


def test_each_trial_is_left_out_in_turn_in_a_folded_table(book: TinyBook) -> None:
    page = built(book)
    assert page.log == ""
    assert words(page, ".//details/summary") == ["Each trial left out in turn"]
    heads, everything, *without = rows(page, "left-out")
    assert heads == ["Left out", "The rest, pooled (95% CI)", "τ²", "I²"]
    assert everything[0] == "None"
    assert f"Pooled risk ratio: {everything[1]}," in words(page, ".//p[@class='analysis-note']")[0]
    for row, name, one in zip(without, NAMES, WITHOUT, strict=True):
        shown = [exp(value) for value in (one.estimate, one.ci_low, one.ci_high)]
        assert row == [name, "{:.2f} ({:.2f} to {:.2f})".format(*shown), f"{one.tau2:.3g}", f"{one.i2:.0f}%"]


def test_the_note_says_how_far_the_estimate_runs_and_why_there_is_no_funnel(book: TinyBook) -> None:
    second = words(built(book), ".//p[@class='analysis-note']")[1]
    ends = sorted(zip((one.estimate for one in WITHOUT), NAMES, strict=True))
    runs = "from {:.2f} (without {}) to {:.2f} (without {})".format(
        *(part for estimate, name in (ends[0], ends[-1]) for part in (exp(estimate), name))
    )
    assert second.startswith(f"Leaving out one trial at a time, the estimate runs {runs}.")
    assert second.endswith("neither is made.")


def test_two_trials_have_nothing_to_unfold(book: TinyBook) -> None:
    book.chapter(DIRECTIVE.replace("{more}\n", "").replace("- active: moe2005\n", ""))
    page = book.build(**LOOK)
    assert page.log == ""
    assert words(page, ".//details") == []


def test_where_nobody_can_unfold_the_table_stands_open_under_its_title(book: TinyBook) -> None:
    book.chapter(DIRECTIVE.replace("{more}\n", ""))
    text = (book.build("text", **LOOK).out / "part" / "one.txt").read_text(encoding="utf-8")
    assert text.index("Leaving out one trial") < text.index("Each trial left out in turn") < text.index("The rest")
    latex = book.build("latex", **LOOK, latex_documents=[("index", "book.tex", "B", "A", "manual")])
    assert latex.warnings == []
    tex = (latex.out / "book.tex").read_text(encoding="utf-8")
    table = tex[tex.index("{Each trial left out in turn}") :]
    assert table.index("The rest") < table.index("None") < table.index("Moe 2005") < table.index("\\end{tabulary}")
    epub = book.build("epub", **LOOK)
    page = (epub.out / "part" / "one.xhtml").read_text(encoding="utf-8")
    assert "Each trial left out in turn" in page
    assert "<details" not in page


def test_what_the_build_says_of_its_own_computation_is_no_claim(book: TinyBook) -> None:
    claims = json.loads((built(book).out / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert not [claim for claim in claims if "Left out" in claim["text"] or "None" in claim["text"]]
    assert [claim["text"][:8] for claim in claims if claim["place"] == "table"] == [*NAMES]


def test_the_data_hold_what_is_left_without_each_trial(book: TinyBook) -> None:
    with (built(book).out / "analyses" / "ma-response.csv").open(encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    for row, one in zip(found, WITHOUT, strict=True):
        for name in ("estimate", "ci_low", "ci_high", "tau2", "i2"):
            assert float(row[f"without_{name}"]) == pytest.approx(getattr(one, name), abs=1e-12)
    with (built(book, more=":not-pooled:\n").out / "analyses" / "ma-response.csv").open(encoding="utf-8") as file:
        assert {row["without_estimate"] for row in csv.DictReader(file)} == {""}


def test_a_sentence_shows_the_range_and_an_absent_one_is_reported(book: TinyBook) -> None:
    sentence = "\n## Result\n\nThe ratio was {pooled}`ma-response: leave-one-out`; {ref}`ma-response`.\n"
    estimates = [exp(one.estimate) for one in WITHOUT]
    assert f"The ratio was {min(estimates):.2f} to {max(estimates):.2f};" in ratio(built(book, after=sentence))
    (warned,) = built(book, after=sentence, more=":not-pooled:\n").warnings
    assert warned.rule == "reviewbook.synthesis.unknown"
    assert "there is no fact 'leave-one-out' of 'ma-response', which pools too few trials" in warned.message


@pytest.fixture
def eleven(book: TinyBook) -> TinyBook:
    """A book with the trials of a file that metafor has pooled, too."""
    with (Path(__file__).parent / "metafor" / "counts-eleven.csv").open() as file:
        trials = list(csv.DictReader(file))
    for number, row in enumerate(trials):
        data = [int(row[name]) for name in ("events_t", "n_t", "events_c", "n_c")]
        book.source(f"t{row['study'].lower()}e{2001 + number}", "rct-parallel", "More.", outcomes=[counts(*data)])
    keys = ", ".join(f"t{row['study'].lower()}e{2001 + number}" for number, row in enumerate(trials))
    directive = DIRECTIVE.replace("{more}\n", "").replace("- active: moe2005\n", "")
    book.chapter(directive.replace("- inert: coe2004, poe2003", f"- {keys}"))
    return book


def test_ten_trials_have_a_funnel_plot_and_eggers_test(eleven: TinyBook) -> None:
    page = eleven.build(**LOOK)
    assert page.log == ""
    _, described = words(page, f".//figure//{SVG}desc")
    assert "Tge 2007: 1.08, standard error 0.15" in described
    _, caption = words(page, ".//figcaption")
    assert caption.startswith("Funnel plot of the same trials: each dot is a trial")
    note = words(page, ".//p[@class='analysis-note']")[1]
    # metafor: t = 4.61, p = 0.00127
    assert "show other effects than more precise ones (Egger’s test, p = 0.0013)." in note
    assert "neither is made" not in note
    assert len(rows(page, "left-out")) == 13


def test_fewer_trials_or_trials_not_pooled_have_no_funnel_plot(eleven: TinyBook) -> None:
    text = (eleven.docs / "part" / "one.md").read_text()
    for changed in (text.replace("tae2001, tbe2002, ", ""), text.replace(":measure:", ":not-pooled:\n:measure:")):
        (eleven.docs / "part" / "one.md").write_text(changed)
        page = eleven.build(**LOOK)
        assert page.log == ""
        assert len(words(page, ".//figure")) == 1


def test_the_funnel_plot_is_in_the_pdf_too(eleven: TinyBook, need_programs: object) -> None:
    need_programs("rsvg-convert")
    latex = eleven.build("latex", **LOOK, latex_documents=[("index", "book.tex", "B", "A", "manual")])
    assert latex.warnings == []
    assert len(list(latex.out.glob("drawing-*.pdf"))) == 2
    assert "Funnel plot of the same trials" in (latex.out / "book.tex").read_text(encoding="utf-8")


def test_the_book_names_every_fact_and_every_column() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [fact for fact in FACTS if f"`{fact}`" not in told] == []
    codebook = (ROOT / "docs" / "appendix" / "data.md").read_text(encoding="utf-8").partition("## The meta-analyses")[2]
    assert [column for column in ANALYSIS_COLUMNS if f"`{column}`" not in codebook] == []
