"""The PDF is built from the same sources and holds the whole book."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from books import ROOT, build_book
from pypdf import PdfReader

CHAPTERS = sorted(p for p in (ROOT / "docs").glob("*/*.md") if p.parent.name not in {"appendix", "sources"})


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory, need_programs: Callable[..., None]) -> Path:
    need_programs("latexmk", "xelatex", "rsvg-convert", "pdftotext")
    out = tmp_path_factory.mktemp("pdf") / "latex"
    build_book(ROOT, out, "latex")
    make = ["make", "-C", str(out), "LATEXMKOPTS=-quiet -halt-on-error", "all-pdf"]
    done = subprocess.run(make, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    return out / "ketamine-in-mental-health.pdf"


@pytest.fixture(scope="module")
def text(pdf: Path) -> str:
    """The text of the PDF, with line breaks and hyphenation undone as far as needed to compare."""
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", str(pdf), "-"], capture_output=True, check=True)
    return squeezed(done.stdout.decode())


def squeezed(text: str) -> str:
    """Letters and digits alone: TeX breaks, hyphenates and joins the rest."""
    for ligature, letters in {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}.items():
        text = text.replace(ligature, letters)
    return re.sub(r"[\W_]+", "", text)


def plain_sentences(chapter: Path) -> list[str]:
    """The longest run of plain words of each cited sentence: it needs no knowledge of how roles are printed."""
    lines = [line for line in chapter.read_text(encoding="utf-8").splitlines() if "{cite" in line and line[0].isalpha()]
    return [max(re.split(r"\{[^}]*\}`[^`]*`|[*_`~]|\$", line), key=len).strip() for line in lines]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_text_holds_sentences_of_each_chapter(chapter: Path, text: str) -> None:
    sentences = [s for s in plain_sentences(chapter) if len(s) > 30]
    assert sentences
    # A page may break a sentence and put its header and footer between; hence not every one.
    held = [s for s in sentences if squeezed(s) in text]
    assert len(held) >= 0.8 * len(sentences), f"missing, among others: {min(set(sentences) - set(held))!r}"


def test_the_text_holds_the_bibliography(text: str) -> None:
    bib = (ROOT / "references.bib").read_text(encoding="utf-8")
    cited = {
        key
        for path in CHAPTERS
        for group in re.findall(r"\{cite:[pt]\}`([^`]+)`", path.read_text())
        for key in group.split(",")
    }
    titles = dict(re.findall(r"@\w+\{([^,]+),(?:\n  [^\n]*)*?\n  title = \{(.*)\},\n", bib))
    plain = {
        key: re.sub(r"\\[a-zA-Z]+|[{}]", "", titles[key])
        for key in cited
        if "\\" not in titles[key] and "$" not in titles[key]
    }
    assert len(plain) >= 60
    held = [key for key, title in plain.items() if squeezed(title)[:60].lower() in text.lower()]
    assert len(held) >= 0.9 * len(plain), f"missing, among others: {sorted(plain.keys() - set(held))[:5]}"
    assert "Bibliography" in text


def test_no_reference_is_left_open(text: str) -> None:
    assert "??" not in text
    assert "SphinxAtStart" not in text


def test_the_outline_has_a_part_for_each_folder_and_a_chapter_for_each_page(pdf: Path) -> None:
    reader = PdfReader(pdf)

    def titles(outline: list[object], depth: int = 0) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for item in outline:
            found += titles(item, depth + 1) if isinstance(item, list) else [(depth, str(item.title))]  # type: ignore[attr-defined]
        return found

    found = titles(reader.outline)
    headings = {p: re.search(r"(?m)^# (.*)$", p.read_text(encoding="utf-8")) for p in CHAPTERS}
    for path, heading in headings.items():
        assert heading
        if path.name == "index.md":
            assert [title for level, title in found if level == 0 and title.endswith(heading[1])]
        else:
            assert (1, heading[1]) in found
    order = [title for _, title in found]
    assert order.index("In plain words") < order.index("How ketamine works")
    assert reader.metadata is not None
    assert reader.metadata.title == "Ketamine in Mental Health: a living review"


def test_no_page_is_blank(pdf: Path) -> None:
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", str(pdf), "-"], capture_output=True, check=True)
    pages = done.stdout.decode().split("\f")[:-1]
    assert [number for number, page in enumerate(pages, 1) if not page.strip()] == []


def test_a_missing_program_is_named_with_its_debian_package(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("sh", "sed", "test", "touch", "echo"):
        path = Path("/bin") / program
        (bare / program).symlink_to(path)
    make = ["/usr/bin/make", "-C", str(ROOT), "-o", ".venv/.book", "pdf"]
    done = subprocess.run(make, capture_output=True, text=True, check=False, env={"PATH": str(bare)})
    assert done.returncode != 0
    for package in ("latexmk", "texlive-xetex", "librsvg2-bin"):
        assert package in done.stderr
    assert "apt-get install" in done.stderr


def test_every_character_has_a_glyph(pdf: Path) -> None:
    """TeX leaves out what a font does not have and says so in its log alone."""
    log = pdf.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert sorted(set(re.findall(r"Missing character: .*", log))) == []
