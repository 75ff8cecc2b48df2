"""Reports of commands as one text for an issue, in which nothing is markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from reviewbook.cli import main
from reviewbook.digest import Report, digest

HOSTILE = """\
```
# not a heading
@octocat owner/name#1 <img src=x onerror=alert(1)> ![x](https://example.org/x.png)
````` a longer fence
~~~
\x1b[31mred\x1b[0m \x00 \u202e
"""


def test_each_report_stands_under_its_state() -> None:
    text = digest([Report("links", 0, "1 link, good\n"), Report("watch", 3, ""), Report("retractions", 7, "x")])
    assert "## links: all is well\n\n```text\n1 link, good\n```" in text
    assert "## watch: not everything could be asked\n\nIt said nothing." in text
    assert "## retractions: it failed with exit code 7" in text


def test_nothing_in_a_report_is_markup() -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(digest([Report("links", 1, HOSTILE)]))
    assert [token.type for token in tokens] == ["heading_open", "inline", "heading_close", "fence"]
    shown = tokens[-1].content
    assert "@octocat" in shown and "~~~" in shown and "red" in shown
    assert all(char.isprintable() for line in shown.splitlines() for char in line)


@pytest.mark.parametrize("line", ["a short line\n", "`" * 5_000 + "\n", "x" * 200_000])
def test_it_fits_into_an_issue_and_says_what_was_cut(line: str) -> None:
    text = digest([Report("links", 1, line * (300_000 // len(line) + 1)), Report("watch", 0, "one\n")])
    assert len(text) < 65_536
    assert "more lines stand in the files of this run." in text
    tokens = MarkdownIt().parse(text)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2", "h2"]


def test_the_command_reads_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "links.txt"
    report.write_bytes(b"\xff one\n")
    assert main(["digest", f"1:{report}"]) == 0
    assert (
        capsys.readouterr().out == "## links: something needs a person\n\n```text\n\N{REPLACEMENT CHARACTER} one\n```\n"
    )
    assert main(["digest", f"0:{tmp_path / 'nowhere.txt'}"]) == 1


@pytest.mark.parametrize("argument", ["links.txt", "x:links.txt", "1:", "1:# heading.txt", "1:@octocat.txt"])
def test_what_is_no_report_is_refused(argument: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["digest", argument])
    assert stopped.value.code == 2
