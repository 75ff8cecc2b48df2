"""The command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_book import TinyBook

from reviewbook.cli import main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book laid out as the command expects it."""
    tiny = TinyBook(tmp_path / "book")
    (tiny.root / "sources").rename(tiny.docs / "sources")
    (tiny.root / "tests").mkdir()
    (tiny.root / "tests" / "incomplete-sources.yml").write_text("roe2002: [pages]\n")
    return tiny.root


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert all(
        f"    {name}" in out
        for name in ("check", "format", "schema", "show", "stats", "compare", "new-chapter", "add", "verify")
    )
    assert "Exit codes" in out


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["show"], ["format", "--what"]])
def test_a_command_that_is_not_understood_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_it_runs_as_a_module(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reviewbook", "check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "2 sources, 0 problems.\n")


def test_check_prints_each_problem_with_place_cure_and_rule(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bibfile = root / "references.bib"
    bibfile.write_text(bibfile.read_text().replace("10.1000/doe2001", "doi:10.1000/doe2001"))
    assert run(root, "check") == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{bibfile}:8: doe2001: malformed doi 'doi:10.1000/doe2001'. Remove ")
    assert out.endswith(" [bib.malformed-doi]\n")
    assert err == "2 sources, 1 problem.\n"


def test_format_rewrites_the_bibliography_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bibfile = root / "references.bib"
    good = bibfile.read_text()
    bibfile.write_text(good.replace("  volume", "     volume"))
    assert run(root, "format", "--check") == 1
    assert "volume" in capsys.readouterr().out
    assert run(root, "format") == 0
    assert bibfile.read_text() == good
    assert run(root, "format", "--check") == 0
    assert run(root, "format") == 0


def test_format_changes_nothing_when_content_could_be_lost(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bibfile = root / "references.bib"
    bibfile.write_text(bibfile.read_text().replace("{A study named doe2001}", "{A {study named doe2001}"))
    before = bibfile.read_bytes()
    assert run(root, "format") == 1
    assert bibfile.read_bytes() == before
    assert f"{bibfile}:3: unbalanced brace" in capsys.readouterr().out


def test_schema_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Record"


def test_show_prints_a_source(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "show", "roe2002") == 0
    out = capsys.readouterr().out
    assert "A study named roe2002" in out
    assert "doi 10.1000/roe" in out
    assert "- In mice, GluN2B rose by 12%. [abstract]" in out
    assert "may not be cited yet: lacks pages" in out


def test_show_tells_every_place_that_cites_a_source(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "show", "doe2001") == 0
    assert capsys.readouterr().out.endswith("\ncited nowhere\n")
    (root / "docs" / "one.md").write_text("# One\n\nAt 24 h, 64% responded {cite:p}`doe2001`.\nSo it is.\n")
    assert run(root, "show", "doe2001") == 0
    assert capsys.readouterr().out.endswith("\ncited in 1 place, on 1 page:\none:3: At 24 h, 64% responded.\n")


def test_show_says_what_a_draft_lacks(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "docs" / "sources" / "doe2001.yml"
    path.write_text(path.read_text() + "draft: [design, findings]\n")
    assert run(root, "show", "doe2001") == 0
    assert "may not be cited yet: nobody has confirmed design, findings\n" in capsys.readouterr().out


def test_show_suggests_a_key_that_is_near(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "show", "roe") == 1
    assert capsys.readouterr().err == "There is no source 'roe'. Did you mean roe2002?\n"
    assert run(root, "show", "zzz") == 1
    assert capsys.readouterr().err == "There is no source 'zzz'.\n"


@pytest.mark.parametrize("command", [["check"], ["format"], ["show", "doe2001"]])
@pytest.mark.parametrize("spoil", ["missing", "junk", "folder"])
def test_nothing_ends_in_a_traceback(
    root: Path, command: list[str], spoil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bibfile = root / "references.bib"
    bibfile.unlink()
    if spoil == "junk":
        bibfile.write_bytes(b"\xff\x00@{")
    elif spoil == "folder":
        bibfile.mkdir()
    (root / "docs" / "sources" / "doe2001.yml").write_bytes(b"\x00")
    assert run(root, *command) == 1
    out, err = capsys.readouterr()
    assert out + err
