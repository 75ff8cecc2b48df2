"""Each rule fires where it should and is silent where it should."""

import re
from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook import rules
from reviewbook.library import load
from reviewbook.rules import RULES, check_library, url_fault

GOOD = """\
At 24 h, 64% of people responded to ketamine and 28% to midazolam {cite:p}`doe2001`.
In mice, GluN2B rose by 12% {cite:p}`roe2002`.
What lifts mood is told in {doc}`/part/two`.
Is that enough?
The difference was {calc}`36 <64 - 28>` percentage points {cite:p}`doe2001`.
Two studies agree {cite:p}`doe2001,roe2002`.
{voice}`So the question is a fair one.`

:::{finding} Ketamine probably helps more people than midazolam
:name: finding-help
:certainty: moderate
:downgraded: imprecision (one small trial)
At 24 h, 64% responded {cite:p}`doe2001`.
:::

See {ref}`finding-help`.

| What | Share | Source |
| --- | --- | --- |
| response | 64% | {cite:p}`doe2001` |
"""


@pytest.fixture
def book(tmp_path: Path) -> TinyBook:
    tiny = TinyBook(tmp_path / "book")
    tiny.page(
        "part/two",
        "# Two\n\n(told)=\n## Told\n\nMice were studied {cite:p}`roe2002`.\n\n(untold)=\n## Untold\n\nWhy?\n",
    )
    return tiny


def broken(book: TinyBook, text: str) -> list[tuple[str, int | None]]:
    """Rules that a chapter breaks, with the line (the text starts in line 3)."""
    book.chapter(text)
    built = book.build("check")
    assert all(w.path.endswith("part/one.md") for w in built.warnings), built.log
    # sphinxcontrib-bibtex has its own word on unknown keys.
    ours = [w for w in built.warnings if w.rule != "bibtex.key_not_found"]
    return [(w.rule.removeprefix("reviewbook."), w.line) for w in ours]


KINDS = "claim|voice|cite|source|bib|link|finding|synthesis|glossary|popular|screening"


def test_the_table_of_rules_is_well_formed() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert re.fullmatch(rf"({KINDS})\.[a-z-]+", name)
        assert rule.summary.endswith(".")
        assert rule.cure.endswith(".")


def test_every_rule_that_the_code_names_is_in_the_table() -> None:
    package = Path(rules.__file__).parent
    named = set()
    for path in package.glob("*.py"):
        named |= set(re.findall(rf'"((?:{KINDS})\.[a-z-]+)"', path.read_text()))
    assert named == set(RULES)


def test_a_good_chapter_breaks_no_rule(book: TinyBook) -> None:
    extra = "\n\n".join("It is so {cite:p}`doe2001`." for _ in range(5))
    assert broken(book, GOOD + "\n" + extra) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ketamine helps.", [("claim.uncited", 3)]),
        ("It helped {cite:p}`doe2001`.\nIt did.", [("claim.uncited", 4)]),
        ("- One thing helps.\n- It helped {cite:p}`doe2001`.", [("claim.uncited", 3)]),
        ("65% responded {cite:p}`doe2001`.", [("claim.number-untraced", 3)]),
        ("It was 64 mg {cite:p}`doe2001`.", [("claim.number-untraced", 3)]),
        ("It was 64% {cite:p}`roe2002`.", [("claim.number-untraced", 3)]),
        (
            "| A | Source |\n| --- | --- |\n| 64% | {cite:p}`doe2001` |\n| 63% | {cite:p}`doe2001` |",
            [("claim.number-untraced", 6)],
        ),
        ("GluN2A rose {cite:p}`roe2002`.", [("claim.name-unknown", 3)]),
        ("Does GluN2A rise?", [("claim.name-unknown", 3)]),
        ("It helped {cite:p}`doe2001` and rose {cite:p}`roe2002`.", [("claim.second-support", 3)]),
        ("It is told in {ref}`told`.", []),
        ("It is told in {ref}`untold`.", [("claim.empty-reference", 3)]),
        ("It is told in [another place](#untold).", [("claim.empty-reference", 3)]),
        ("It is told in {doc}`/sources`.", [("claim.empty-reference", 3)]),
        ("It is told in [the other part](two.md).", []),
        ("That 64% responded is told in {ref}`told`.", [("claim.reference-number", 3)]),
        ("It was {calc}`35 <64 - 28>` percentage points {cite:p}`doe2001`.", [("claim.derived-wrong", 3)]),
        ("It was {calc}`35 <63 - 28>` percentage points {cite:p}`doe2001`.", [("claim.number-untraced", 3)]),
        ("It was {calc}`35` points {cite:p}`doe2001`.", [("claim.derived-wrong", 3)]),
        ("{voice}`It is fair.`", [("voice.share", 3)]),
        ("<p>Ketamine helps.</p>", [("claim.hidden", 3)]),
        ("Why <b>not</b>?", [("claim.hidden", 3)]),
        ("<!-- a comment -->\n\n% another", []),
        ("Why?\n\n```{raw} html\n<p>It helps.</p>\n```", [("claim.hidden", 5)]),
        ("```text\nIt helps.\n```", [("claim.hidden", 3)]),
        ("<!-- a comment --> <p>Ketamine helps.</p> <!-- another -->", [("claim.hidden", 3)]),
        ("```{eval-rst}\n>>> print('It helps.')\n```", [("claim.hidden", 4)]),
        ("```{math}\n\\text{It helps 45 people}\n```", [("claim.hidden", 3)]),
        ("```{math}\nx_{max} = \\mathrm{AUC} / t\n```", []),
        (":::{admonition} Note\n:class: no-claims\nIt helps.\n:::", [("claim.uncited", 5)]),
        ("Do two accounts agree?", []),
        ("Did you know that two thirds recover?", [("claim.number-untraced", 3)]),
        ("It helped {cite:p}`doe 2001`.", [("cite.malformed", 3), ("claim.uncited", 3)]),
        ("It helped {cite:p}`{see}doe2001`.", [("cite.malformed", 3), ("claim.uncited", 3)]),
        ("It helped {cite:p}`,`.", [("cite.malformed", 3), ("claim.uncited", 3)]),
        ("It helped {cite:empty}`doe2001`.", [("cite.malformed", 3), ("claim.uncited", 3)]),
        ("It helped {cite}`doe2001`.", []),
        ("{cite:t}`doe2001` say it helped.", []),
        ("It helped {cite:p}`nobody1999`.", [("cite.unknown-key", 3)]),
        ("## It {cite:p}`nobody1999`", [("cite.unknown-key", 3)]),
        ("It helped {cite:p}`doe2001,nobody1999`, 17%.", [("cite.unknown-key", 3)]),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_reported_at_its_line(
    book: TinyBook, text: str, expected: list[tuple[str, int]]
) -> None:
    assert broken(book, text) == expected


UNDER = "\n\nIt helped {cite:p}`doe2001`."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Sixty-four per cent respond" + UNDER, []),
        ("## 64% respond" + UNDER, []),
        ("## Three accounts of GluN2B\n\nIt rose {cite:p}`roe2002`.", []),
        ("## What GluN2B does" + UNDER, [("claim.name-unknown", 3)]),
        ("## 65% respond" + UNDER, [("claim.heading-number", 3)]),
        ("## Two thirds respond" + UNDER, [("claim.heading-number", 3)]),
        ("## 64% respond\n\nWhy?\n\n## Another" + UNDER, [("claim.heading-number", 3)]),
        ("## What GluN2A does" + UNDER, [("claim.name-unknown", 3)]),
        ("## By {calc}`35 <64 - 28>` percentage points" + UNDER, [("claim.derived-wrong", 3)]),
        (":::{admonition} Helped 65%\nIt helped {cite:p}`doe2001`.\n:::", [("claim.heading-number", 3)]),
        (":::{admonition} Helped 64%\nIt helped {cite:p}`doe2001`.\n:::", []),
        ("```{rubric} Helped 65%\n```" + UNDER, [("claim.heading-number", 3)]),
        ("| 65% | Source |\n| --- | --- |\n| it helped | {cite:p}`doe2001` |", [("claim.heading-number", 3)]),
        ("| At 24 h | Source |\n| --- | --- |\n| it helped | {cite:p}`doe2001` |", []),
        ("Sixty-five per cent\n: It helped {cite:p}`doe2001`.", [("claim.heading-number", 3)]),
        ("![It helped 65%](picture.svg) helped {cite:p}`doe2001`.", [("claim.heading-number", 3)]),
        ('It [helped](https://example.org "65%") {cite:p}`doe2001`.', [("claim.heading-number", 3)]),
        ("{abbr}`It (65%)` helped {cite:p}`doe2001`.", [("claim.heading-number", 3)]),
    ],
)
def test_a_number_hides_in_no_heading_and_no_description(
    book: TinyBook, text: str, expected: list[tuple[str, int]]
) -> None:
    book.page("part/two", "# Two\n")
    (book.docs / "part" / "picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    book.chapter(text)
    built = book.build("check", myst_enable_extensions=["colon_fence", "deflist"])
    assert [(w.rule.removeprefix("reviewbook."), w.line) for w in built.warnings] == expected


def test_a_chapter_takes_in_no_other_file(book: TinyBook) -> None:
    (book.docs / "part" / "text.txt").write_text("It helped {cite:p}`doe2001`.\n")
    assert broken(book, "Why?\n\n```{include} text.txt\n```") == [("claim.hidden", 5)]
    book.page("about", "# About\n\n```{include} part/text.txt\n```\n")
    book.chapter("")
    assert book.build("check").warnings == []


def test_the_voice_holds_no_number_and_at_most_a_tenth_of_a_chapter(book: TinyBook) -> None:
    cited = "It helped {cite:p}`doe2001`.\n"
    assert broken(book, cited * 9 + "{voice}`It is fair.`") == []
    assert broken(book, cited * 8 + "{voice}`It is fair.`") == [("voice.share", 11)]
    assert broken(book, cited * 9 + "{voice}`Two things matter.`") == [("voice.number", 12)]


def test_outside_of_chapters_only_what_is_cited_is_checked(book: TinyBook) -> None:
    book.page("front", "# Front\n\nKetamine helps 99 people.\n65% responded {cite:p}`doe2001`.\n")
    built = book.build("check")
    assert [(w.path, w.line, w.rule) for w in built.warnings] == [
        ("docs/front.md", 4, "reviewbook.claim.number-untraced")
    ]


def test_a_name_may_stand_in_the_glossary(book: TinyBook) -> None:
    book.page("glossary", "# Glossary\n\n```{glossary}\nGluN2A\n  A part of the receptor.\n```\n")
    assert broken(book, "GluN2A rose {cite:p}`roe2002`.\nDoes GluN2A rise?") == []


def test_sources_that_may_not_be_cited(book: TinyBook) -> None:
    book.source("ill2003", "cohort", "It was so.", volume=None)
    book.source("old2004", "cohort", "It was so.", status="retracted", notice="retracted in 2005")
    book.source("far2005", "cohort", "It was so.", second_hand=True)
    book.source("new2006", "cohort", "It was so.", draft=["design"])
    (book.root / "incomplete.yml").write_text("ill2003: [volume]\n")
    text = "A {cite:p}`ill2003`.\nB {cite:p}`old2004`.\nC {cite:p}`far2005`.\nD, since retracted {cite:p}`old2004`.\n"
    text += "E {cite:p}`new2006`."
    assert broken(book, text) == [
        ("cite.incomplete", 3),
        ("cite.retracted-silent", 4),
        ("source.second-hand", 5),
        ("source.draft", 7),
    ]


def test_the_numbers_of_a_draft_without_findings_are_not_asked_for(book: TinyBook) -> None:
    book.source("new2006", "cohort", "It was so.", draft=["findings"], findings=[])
    book.source("low2007", "cohort", "It was so.", draft=["design"])
    text = "It came in 12 people {cite:p}`new2006`.\nIt came in 12 people {cite:p}`low2007`."
    assert broken(book, text) == [("source.draft", 3), ("source.draft", 4), ("claim.number-untraced", 4)]


FINDING = """\
:::{{finding}} {title}
{options}
{body}
:::"""


@pytest.mark.parametrize(
    ("options", "body", "expected"),
    [
        (
            ":name: finding-x\n:certainty: moderate\n:downgraded: imprecision (few people)",
            "It helped {cite:p}`doe2001`.",
            [],
        ),
        (
            ":name: finding-x\n:certainty: low\n:downgraded: imprecision (very serious: few; very few)",
            "It helped {cite:p}`doe2001`.",
            [],
        ),
        (":certainty: very low", "It rose {cite:p}`roe2002`.", ["finding.missing-name"]),
        (":name: help\n:certainty: very low", "It rose {cite:p}`roe2002`.", ["finding.missing-name"]),
        (":name: finding-x\n:certainty: low", "It rose {cite:p}`roe2002`.", ["finding.overgraded"]),
        (":name: finding-x\n:certainty: moderate", "It helped {cite:p}`doe2001`.", ["finding.arithmetic"]),
        (":name: finding-x\n:certainty: fair", "It helped {cite:p}`doe2001`.", ["finding.arithmetic"]),
        (":name: finding-x", "It helped {cite:p}`doe2001`.", ["finding.arithmetic"]),
        (":name: finding-x\n:certainty: high", "It helped {cite:p}`doe2001`.", ["finding.high-needs"]),
        (
            ":name: finding-x\n:certainty: moderate\n:downgraded: bad luck (it happens)",
            "It helped {cite:p}`doe2001`.",
            ["finding.reason-unknown"],
        ),
        (
            ":name: finding-x\n:certainty: moderate\n:downgraded: imprecision",
            "It helped {cite:p}`doe2001`.",
            ["finding.reason-missing"],
        ),
        (
            ":name: finding-x\n:certainty: very low\n:upgraded: large effect (it was large)",
            "It rose {cite:p}`roe2002`.",
            ["finding.reason-unknown"],
        ),
        (":name: finding-x\n:certainty: low", "Did it help?", ["finding.uncited"]),
    ],
)
def test_a_finding_that_breaks_a_rule_of_grading(book: TinyBook, options: str, body: str, expected: list[str]) -> None:
    found = broken(book, FINDING.format(title="It may help", options=options, body=body))
    assert found == [(rule, 3) for rule in expected]


def test_the_numbers_of_a_findings_title_are_traced_in_its_body(book: TinyBook) -> None:
    options = ":name: finding-x\n:certainty: very low"
    body = "It rose by 12% {cite:p}`roe2002`."
    assert broken(book, FINDING.format(title="It rose by 12%", options=options, body=body)) == []
    assert broken(book, FINDING.format(title="It rose by 13%", options=options, body=body)) == [
        ("claim.number-untraced", 3)
    ]


def test_high_certainty_needs_a_meta_analysis_of_trials_or_two_trials_at_low_risk(book: TinyBook) -> None:
    book.source("met2010", "meta-analysis", "Nine trials were pooled.", synthesises=["rct-parallel"])
    book.source("sum2011", "meta-analysis", "Nine trials were pooled.", synthesises=["pharmacokinetic"])
    for key in ("low2012", "low2013"):
        book.source(key, "rct-parallel", "It helped.", risk_of_bias="low", risk_of_bias_source="this review: blinded")
    options = ":name: finding-x\n:certainty: high"

    def judged(keys: str) -> list[tuple[str, int | None]]:
        return broken(book, FINDING.format(title="It helps", options=options, body=f"It helped {{cite:p}}`{keys}`."))

    assert judged("met2010") == []
    assert judged("low2012,low2013") == []
    assert judged("low2012") == [("finding.high-needs", 3)]
    assert judged("low2012,doe2001") == [("finding.high-needs", 3)]
    assert judged("sum2011") == [("finding.high-needs", 3)]


def test_a_review_starts_from_the_designs_it_brings_together(book: TinyBook) -> None:
    book.source("rat2010", "systematic-review", "It helped.", synthesises=["preclinical-in-vivo"])
    book.source("unsaid2010", "meta-analysis", "It helped.")
    book.source("met2010", "meta-analysis", "It helped.", synthesises=["rct-parallel", "rct-crossover"])

    def judged(key: str, certainty: str) -> list[tuple[str, int | None]]:
        options = f":name: finding-x\n:certainty: {certainty}"
        return broken(book, FINDING.format(title="It helps", options=options, body=f"It helped {{cite:p}}`{key}`."))

    assert judged("rat2010", "very low") == judged("unsaid2010", "low") == judged("met2010", "high") == []
    assert judged("rat2010", "low") == judged("unsaid2010", "moderate") == [("finding.overgraded", 3)]


@pytest.mark.parametrize(
    ("design", "synthesises"), [("cohort", ["rct-parallel"]), ("meta-analysis", ["systematic-review"])]
)
def test_only_a_review_synthesises_and_only_single_studies(book: TinyBook, design: str, synthesises: list[str]) -> None:
    book.source("odd2010", design, "It helped.", synthesises=synthesises)
    (warned,) = [w for w in book.build().warnings if w.path.endswith("odd2010.yml")]
    assert warned.rule == "reviewbook.source.record-invalid"


# The library


def library_rules(root: Path) -> list[tuple[str, int | None]]:
    return [
        (p.rule, p.line)
        for p in check_library(load(root / "references.bib", root / "sources", root / "incomplete.yml"))
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"doi": "https://doi.org/10.1000/x"}, ["bib.malformed-doi"]),
        ({"doi": "10.1000/x."}, ["bib.malformed-doi"]),
        ({"doi": r"10.1000/x\_y"}, ["bib.malformed-doi"]),
        ({"doi": "10.1000/roe"}, ["bib.duplicate-doi"]),
        ({"doi": "10.1000/ROE"}, ["bib.duplicate-doi"]),
        ({"doi": None}, ["bib.no-doi"]),
        ({"doi": None, "no_doi": "the journal assigned none"}, []),
        ({"doi": "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O"}, []),
        ({"doi": "10.1016/S0006-3223(99)00230-9"}, []),
        ({"pmid": "PMID 123"}, ["bib.malformed-pmid"]),
        ({"pmid": "0123"}, ["bib.malformed-pmid"]),
        ({"pmcid": "123"}, ["bib.malformed-pmcid"]),
        ({"year": "in press"}, ["bib.malformed-year"]),
        ({"title": "A Study Named {roe2002}!"}, ["bib.duplicate-title"]),
        ({"author": None}, ["bib.missing-field"]),
        ({"volume": None}, ["bib.missing-field"]),
        ({"volume": None, "pages": None, "pubstate": "online first"}, []),
        ({"volume": None, "pages": None, "journal": "medRxiv"}, []),
        ({"author": "A, B, C, D"}, ["bib.malformed-author"]),
        ({"author": "Zarate, Carlos A., Jr"}, ["bib.malformed-author"]),
        ({"author": "Zarate, Jr, Carlos A. and {Ministry of Health, Food, Work, and Play}"}, []),
        ({"url": "http://example.org/x"}, ["bib.url"]),
        ({"url": "https://10.0.0.1/x"}, ["bib.url"]),
        ({"url": "https://www-nejm-org.ezproxy.example.edu/x"}, ["bib.url"]),
        ({"url": "https://staging.example.org/x"}, ["bib.url"]),
        ({"url": "https://[bad/x"}, ["bib.url"]),
        ({"url": "https://example.org/mirror-image-study"}, []),
    ],
)
def test_a_fault_of_an_entry(tmp_path: Path, fields: dict[str, object], expected: list[str]) -> None:
    tiny = TinyBook(tmp_path / "book")
    tiny.source("zoe2003", "cohort", "It was so.", **fields)
    assert [rule for rule, _ in library_rules(tiny.root)] == expected


def test_entries_and_records_come_in_pairs(tmp_path: Path) -> None:
    tiny = TinyBook(tmp_path / "book")
    tiny.record("doe2001").rename(tiny.record("dew2001"))
    tiny.record("dew2001").write_text(tiny.record("dew2001").read_text().replace("doe2001", "dew2001"))
    assert library_rules(tiny.root) == [("source.missing-record", 1), ("source.missing-entry", 1)]


def test_a_broken_record_is_not_also_missing(tmp_path: Path) -> None:
    tiny = TinyBook(tmp_path / "book")
    tiny.record("doe2001").write_text("\t")
    assert [rule for rule, _ in library_rules(tiny.root)] == ["source.record-invalid"]


def test_other_faults_of_the_library(tmp_path: Path) -> None:
    tiny = TinyBook(tmp_path / "book")
    tiny.bib.write_text(tiny.bib.read_text().replace("@article{roe2002", "@paper{roe2002"))
    (tiny.root / "incomplete.yml").write_text("doe2001: [volume]\n\nnobody1999: [doi]\n")
    record = tiny.record("doe2001")
    record.write_text(record.read_text().replace("example.org", "127.0.0.1"))
    assert library_rules(tiny.root) == [("bib.type", 11), ("source.url", None), ("bib.incomplete-list", 3)]


@pytest.mark.parametrize(
    "url", ["https://pubmed.ncbi.nlm.nih.gov/1/", "https://doi.org/10.1000/x", "https://example.org/a%20b"]
)
def test_good_addresses(url: str) -> None:
    assert url_fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.org/x",
        "https://localhost/x",
        "https://a",
        "https://a.org/x y",
        "https://192.168.1.1/",
        "https://[::1]/",
    ],
)
def test_bad_addresses(url: str) -> None:
    assert url_fault(url)


def test_a_page_without_a_date_gives_the_day_on_which_it_was_read(book: TinyBook) -> None:
    def undated(*fields: str) -> list[str]:
        entry = ("author = {{An agency}}", "title = {A page}", "howpublished = {Its site}", *fields)
        bib = "".join(f"  {field},\n" for field in entry)
        kept = [block for block in re.split(r"\n(?=@)", book.bib.read_text()) if not block.startswith("@misc")]
        book.bib.write_text("\n".join([*kept, f"@misc{{zzz,\n{bib}}}\n"]))
        book.record("zzz").write_text(book.record("doe2001").read_text().replace("doe2001", "zzz"))
        book.chapter("At 24 h, 64% of 47 people responded {cite:p}`zzz`.")
        return book.build().rules

    url = "url = {https://example.org/page}"
    assert undated(url) == ["bib.missing-field"]
    assert undated(url, "urldate = {soon}") == ["bib.malformed-year"]
    assert undated(url, "urldate = {2026-11-24}") == []
    shown = book.build(bibtex_reference_style="reviewbook", bibtex_default_style="reviewbook")
    assert "Undated; read on 24 November 2026." in shown.html("sources")


@pytest.mark.parametrize(
    ("sentence", "silent"),
    [
        ("It was retracted in 2005", False),
        ("A retraction followed", False),
        ("It was withdrawn by its journal", False),
        ("It was so", True),
        ("People withdrew, and withdrawal symptoms came", True),
        ("It has not been retracted", True),
        ("It was never retracted", True),
    ],
)
def test_a_sentence_says_in_so_many_words_that_its_source_was_retracted(
    book: TinyBook, sentence: str, silent: bool
) -> None:
    book.source("old2004", "cohort", "It was so in 2005.", status="retracted", notice="retracted in 2005")
    found = [rule for rule, _ in broken(book, f"{sentence} {{cite:p}}`old2004`.")]
    assert found == (["cite.retracted-silent"] if silent else [])


def test_a_retracted_source_gives_a_finding_no_certainty(book: TinyBook) -> None:
    book.source("old2004", "rct-parallel", "It was so.", status="retracted", notice="retracted in 2005")
    text = FINDING.format(
        title="It is so",
        options=":name: finding-so\n:certainty: high\n",
        body="It was so, says a trial that was retracted {cite:p}`old2004`.",
    )
    assert {rule for rule, _ in broken(book, text)} >= {"finding.overgraded", "finding.high-needs"}
