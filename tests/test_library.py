"""Loading the library: typed, sealed, fast, and with a place for every fault."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from reviewbook.library import Library, citable, load, record_schema
from reviewbook.problems import Problem

ROOT = Path(__file__).parents[1]

RECORD = """\
key: doe2001
design: rct-parallel
n: 47
findings:
- id: response
  text: 64% responded.
  locator: abstract
read:
- what: abstract
  where: https://pubmed.ncbi.nlm.nih.gov/1/
"""
ENTRY = "@article{doe2001,\n  author = {Doe, Jane},\n  title = {T},\n  year = {2001},\n}\n"


def library(
    tmp_path: Path, record: str | bytes = RECORD, name: str = "doe2001.yml", incomplete: str | None = None
) -> Library:
    (tmp_path / "x.bib").write_text(ENTRY)
    records = tmp_path / "sources"
    records.mkdir(exist_ok=True)
    (records / name).write_bytes(record if isinstance(record, bytes) else record.encode())
    listed = tmp_path / "incomplete.yml"
    if incomplete is not None:
        listed.write_text(incomplete)
    return load(tmp_path / "x.bib", records, listed if incomplete is not None else None)


def only(loaded: Library) -> Problem:
    (problem,) = loaded.problems
    return problem


def test_a_good_library_has_sources_and_no_problems(tmp_path: Path) -> None:
    loaded = library(tmp_path, incomplete="doe2001: [volume, pages]\n")
    assert loaded.problems == ()
    assert loaded.sources["doe2001"].record.n == 47
    assert loaded.sources["doe2001"].key == "doe2001"
    assert loaded.incomplete == {"doe2001": ("volume", "pages")}


def test_the_library_is_sealed(tmp_path: Path) -> None:
    loaded = library(tmp_path)
    with pytest.raises(TypeError):
        loaded.sources["x"] = loaded.sources["doe2001"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        loaded.bibfile = "y"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        loaded.records["doe2001"].n = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        loaded.entries["doe2001"].fields["title"] = "x"  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("n: 47", "n: many", 3, "n: "),
        ("n: 47", "n: 0", 3, "n: "),
        ("n: 47", "sample: 47", 3, "sample: there is no such field"),
        ("rct-parallel", "rct", 2, "design: "),
        ("n: 47", "status: retracted", 1, "there is no notice"),
        ("  text: 64% responded.\n", "", 5, "findings.0.text: "),
        ("  text: 64% responded.", "  text: ''", 6, "findings.0.text: "),
        ("  text: 64% responded.", "  text: [a, b]", 6, "findings.0.text: "),
        ("key: doe2001", "key: roe2001", 1, "the key 'roe2001' is not the file's name 'doe2001'"),
        ("n: 47", "n: 47\nn: 48", 4, "'n' stands twice"),
        ("n: 47", "\tn: 47", 3, "not valid YAML"),
        ("n: 47", "n: [47", 4, "not valid YAML"),
        ("n: 47", "n: *other", 3, "not valid YAML"),
        ("n: 47", "n: !!python/object:os.system {}", 3, "not valid YAML"),
        ("read:", "- id: response\n  text: again\n  locator: p. 2\nread:", 1, "finding id used twice: response"),
        ("- what: abstract\n  where", "- where", 9, "read.0.what: "),
        ("n: 47", "draft: [desing]", 1, "draft names what is no field: desing"),
        ("n: 47", "draft: design", 3, "draft: "),
    ],
)
def test_a_fault_in_a_record_is_reported_at_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    record = RECORD.replace(old, new)
    assert record != RECORD
    loaded = library(tmp_path, record)
    problem = only(loaded)
    assert problem.rule == "source.record-invalid"
    assert problem.path.endswith("doe2001.yml")
    assert words in problem.message
    assert problem.line == line
    assert loaded.sources == {}
    assert loaded.damaged == {"doe2001"}


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\xff\xfe\x00\x01junk",
        b"\x00",
        b"- a\n- b\n",
        b"just text",
        b"42",
        b"? [a]\n: b\n",
        b"{a: {b: {c: [",
        b"%",
        b"a: b: c",
        b"2020-99-99: 1",
    ],
)
def test_junk_is_a_problem_and_not_an_exception(tmp_path: Path, record: bytes) -> None:
    loaded = library(tmp_path, record)
    assert loaded.problems
    assert {p.rule for p in loaded.problems} == {"source.record-invalid"}
    assert all(p.line is not None for p in loaded.problems)


def test_all_faults_of_a_record_are_reported_at_once(tmp_path: Path) -> None:
    record = RECORD.replace("n: 47", "n: many\nfoo: 1").replace("abstract\nread", "''\nread")
    assert [p.line for p in library(tmp_path, record).problems] == [3, 8, 4]


def test_a_file_that_is_no_record_is_named(tmp_path: Path) -> None:
    loaded = library(tmp_path, name="doe2001.yaml")
    assert only(loaded).message == "not a source record: the name must end in .yml"


def test_missing_files_are_problems(tmp_path: Path) -> None:
    loaded = load(tmp_path / "x.bib", tmp_path / "none", tmp_path / "no.yml")
    assert [p.rule for p in loaded.problems] == ["bib.syntax", "source.record-invalid", "bib.incomplete-list"]


@pytest.mark.parametrize("listed", ["- a\n", "a: b\n", "a: [1]\n", "\tx", "a: [b\n"])
def test_a_malformed_list_of_incomplete_sources_is_a_problem(tmp_path: Path, listed: str) -> None:
    assert only(library(tmp_path, incomplete=listed)).rule == "bib.incomplete-list"


def test_the_schema_describes_each_field() -> None:
    schema = json.loads(record_schema())
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["required"] == ["key", "design", "findings", "read"]
    assert all("description" in field or "$ref" in field for field in schema["properties"].values())
    assert record_schema() == record_schema()


@pytest.mark.parametrize("name", ["findings", "read"])
def test_only_a_draft_may_lack_findings_or_readings(tmp_path: Path, name: str) -> None:
    empty = re.sub(rf"(?m)^{name}:\n(?:[- ] .*\n)+", f"{name}: []\n", RECORD)
    assert f"{name}: []" in empty
    problem = only(library(tmp_path, empty))
    assert problem.message == f"{name} is empty, and only a draft that names it may be so"
    drafted = library(tmp_path, empty + f"draft: [{name}]\n")
    assert drafted.problems == ()
    assert citable(drafted) == {}
    assert citable(library(tmp_path, RECORD)).keys() == {"doe2001"}
