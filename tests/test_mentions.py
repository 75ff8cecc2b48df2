"""Where a source is cited, found in the text of the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewbook.mentions import Mention, mentions, mentions_in

PAGE = """\
# A chapter on doe2001-like things

One sentence. At 24 h, **64%** of people responded {cite:p}`roe2002, doe2001`. Another {cite:p}`roe2002`.
{cite:t}`doe2001` found
the same in {term}`mice`,
by {calc}`36 <64 - 28>` points.

- an item that cites it {cite:p}`doe2001`
  and goes on.

| outcome | source |
| --- | --- |
| response | {cite:p}`doe2001` |

:::{finding} A finding
:name: finding-one
:absolute: doe2001 response @ 24 h
The body says more {cite:p}`doe2001`.
:::

:::{meta-analysis} A question
:name: ma-one

- inert: doe2001
:::

Not ``{cite:p}`doe2001` `` and not <!-- doe2001 --> this: doe2001b {cite:p}`xdoe2001,doe2001b`.

% nor {cite:p}`doe2001`

```markdown
Nor this {cite:p}`doe2001`.
```
"""


def test_every_place_is_found_with_its_line_and_sentence() -> None:
    found = [(mention.line, mention.text, mention.cited) for mention in mentions_in(PAGE, "part/one", "doe2001")]
    assert found == [
        (3, "At 24 h, 64% of people responded.", True),
        (4, "found the same in mice, by 36 points.", True),
        (8, "an item that cites it and goes on.", True),
        (13, "response", True),
        (17, "doe2001 response @ 24 h", False),
        (18, "The body says more.", True),
        (24, "inert: doe2001", False),
    ]


def test_a_page_that_does_not_cite_it_has_no_mention() -> None:
    assert list(mentions_in(PAGE, "part/one", "poe2003")) == []


def test_pages_are_searched_and_records_are_not(tmp_path: Path) -> None:
    for name in ("index.md", "part/one.md", "sources/doe2001.md", "_ext/notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("It is so {cite:p}`doe2001`.\n")
    (tmp_path / "part/bad.md").write_bytes(b"\xff It is so {cite:p}`doe2001`.\n")
    found = list(mentions(tmp_path, "doe2001"))
    assert [mention.docname for mention in found] == ["index", "part/bad", "part/one"]
    assert found[0] == Mention("index", 1, "It is so.", True)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_sentence_at_the_end_of_a_page_is_whole(ending: str) -> None:
    assert [m.text for m in mentions_in(f"It is so {{cite:p}}`doe2001`.{ending}", "a", "doe2001")] == ["It is so."]
