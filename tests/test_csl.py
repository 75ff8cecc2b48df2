"""The bibliography as CSL-JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from books import ROOT
from jsonschema import Draft202012Validator

from reviewbook import csl
from reviewbook.bib import parse, read

SCHEMA = json.loads((Path(__file__).parent / "csl-items.schema.json").read_text(encoding="utf-8"))


def item(source: str) -> dict[str, Any]:
    (entry,) = parse(source).entries
    return csl.item(entry)


def test_an_article_is_mapped_field_by_field() -> None:
    source = r"""@article{zarate2006,
  author = {Zarate, Jr, Carlos A. and de Graaf, Ren{\'e} and {OKAPI and Friends} and others},
  title = {A {NMDA} antagonist \& 50\% of people},
  journal = {Archives of {General} Psychiatry},
  year = {2006},
  volume = {63},
  number = {8},
  pages = {856--864},
  doi = {10.1001/archpsyc.63.8.856},
  pmid = {16894061},
  pmcid = {PMC1},
}"""
    assert item(source) == {
        "id": "zarate2006",
        "type": "article-journal",
        "author": [
            {"family": "Zarate", "given": "Carlos A.", "suffix": "Jr"},
            {"family": "Graaf", "given": "René", "non-dropping-particle": "de"},
            {"literal": "OKAPI and Friends"},
        ],
        "title": "A NMDA antagonist & 50% of people",
        "container-title": "Archives of General Psychiatry",
        "volume": "63",
        "page": "856-864",
        "issue": "8",
        "issued": {"date-parts": [[2006]]},
        "DOI": "10.1001/archpsyc.63.8.856",
        "PMID": "16894061",
        "PMCID": "PMC1",
        "custom": {"more-authors": True},
    }


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("@article{a, journal = {medRxiv (preprint)},}", "article"),
        ("@article{a, journal = {Lancet},}", "article-journal"),
        ("@techreport{a, institution = {An agency},}", "report"),
        ("@misc{a, url = {https://example.org},}", "webpage"),
        ("@misc{a, howpublished = {A leaflet},}", "document"),
        ("@incollection{a, booktitle = {A book},}", "chapter"),
    ],
)
def test_types_are_those_of_csl(entry: str, kind: str) -> None:
    assert item(entry)["type"] == kind


def test_what_is_not_said_is_left_out() -> None:
    assert item("@misc{a, title = {T},}") == {"id": "a", "type": "document", "title": "T"}


def test_a_report_has_a_number_and_a_publisher_and_a_page_the_day_it_was_read() -> None:
    found = item("@techreport{a, title = {T}, institution = {NICE}, number = {NG222}, urldate = {2026-11-25},}")
    assert (found["publisher"], found["number"]) == ("NICE", "NG222")
    assert found["accessed"] == {"date-parts": [[2026, 11, 25]]}
    assert "issue" not in found


def test_the_state_of_a_publication_is_told_from_a_note() -> None:
    assert item("@article{a, title = {T}, pubstate = {online first},}")["status"] == "online first"
    found = item("@article{a, title = {T}, pubstate = {pages not seen}, note = {A letter},}")
    assert found["note"] == "pages not seen; A letter"
    assert "status" not in found


def test_the_whole_bibliography_is_valid_and_each_entry_has_its_item() -> None:
    bibliography = read(ROOT / "references.bib")
    items = json.loads(csl.as_json(bibliography.entries))
    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(SCHEMA).iter_errors(items)
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []
    assert [one["id"] for one in items] == [entry.key for entry in bibliography.entries]
    for one, entry in zip(items, bibliography.entries, strict=True):
        for field, theirs in (("DOI", "doi"), ("PMID", "pmid"), ("PMCID", "pmcid")):
            assert one.get(field) == entry.fields.get(theirs)
        written = [name for name in csl.split_names(entry.fields.get("author", "")) if name != csl.OTHERS]
        assert len(one.get("author", [])) == len(written)
