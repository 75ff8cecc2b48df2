"""The files around the book agree with each other and with the machine they have to run on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml
from books import NEEDED, ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import reviewbook

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"(?m)^([a-z]+):.*## ", MAKEFILE))
LOCKS = ("requirements.lock", "requirements-dev.lock")


def committed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    ignored = {".venv", "_build", ".git"}
    return [
        p
        for p in ROOT.rglob("*")
        if p.is_file() and not ignored & set(p.relative_to(ROOT).parts) and "cache" not in str(p)
    ]


def locked(name: str) -> dict[str, str]:
    """Version by package of a lock."""
    return {
        canonicalize_name(n): v for n, v in re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^ ;\\]+)", (ROOT / name).read_text())
    }


def test_make_lists_its_targets() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"(?m)^make ([a-z]+) ", done.stdout))
    assert {"html", "check", "pdf", "epub", "test", "live", "clean"} <= listed == TARGETS


@pytest.mark.parametrize(
    ("fails_at", "advice"),
    [("version_info", "needs Python 3.11 or later"), ("ensurepip", "apt-get install python3-venv")],
    ids=["too old", "without venv"],
)
def test_make_says_what_is_wrong_with_python(fails_at: str, advice: str, tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy2(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\ncase "$*" in *{fails_at}*) exit 1;; esac\n')
    python.chmod(0o755)
    command = ["make", f"PYTHON={python}", "html"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert advice in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_command_that_a_text_names_is_a_target(name: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / name).read_text(), flags=re.MULTILINE))
    assert named
    assert named <= TARGETS


def test_the_readme_tells_every_command() -> None:
    told = set(re.findall(r"\| `make ([a-z]+)` \|", (ROOT / "README.md").read_text()))
    assert told == TARGETS - {"help"}


def test_every_file_that_a_text_names_is_there() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text()
        named = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"`((?:docs|tests|benchmarks)/[\w./-]*)`", text)
        missing = [path for path in named if not (ROOT / path).exists() and not re.search(r"[A-Z]{3}", path)]
        assert missing == []


def test_the_version_is_the_same_everywhere() -> None:
    version = PYPROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    assert re.search(
        rf"(?m)^## {re.escape(version)} \({citation['date-released']}\)$", (ROOT / "CHANGELOG.md").read_text()
    )
    assert f"Version {version}, {citation['date-released'][:4]}" in (ROOT / "README.md").read_text()


def test_the_page_on_citing_the_book_says_what_the_citation_file_says() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    released = date.fromisoformat(citation["date-released"])
    day = f"{released.day} {released:%B %Y}"
    page = (ROOT / "docs" / "about.md").read_text()
    (authors,) = (author["name"] for author in citation["authors"])
    assert f"> {authors}. *{citation['title']}*. Version {citation['version']}, {day}." in page
    assert f"This is version {citation['version']} of {day}." in page
    assert set(re.findall(r"[Vv]ersion (\d[\w.]*\d)", page)) == {citation["version"]}


def test_every_page_takes_the_day_of_the_last_search_from_the_log() -> None:
    said = {
        page.name: re.findall(r"last search(?: for new studies)? was on (\S+)", page.read_text())
        for page in (ROOT / "docs").glob("*.md")
    }
    assert {"index.md", "about.md", "methods.md"} <= {name for name, days in said.items() if days}
    assert {day.rstrip(".,") for days in said.values() for day in days} == {"{screening}`last-search`"}


def test_the_citation_file_has_what_the_format_demands() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "license", "version", "date-released"} <= citation.keys()


@pytest.mark.parametrize(("name", "groups"), [("requirements.lock", []), ("requirements-dev.lock", ["dev"])])
def test_the_lock_satisfies_every_dependency(name: str, groups: list[str]) -> None:
    project = PYPROJECT["project"]
    wanted = [*project["dependencies"], *PYPROJECT["build-system"]["requires"]]
    wanted += [requirement for group in groups for requirement in project["optional-dependencies"][group]]
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {name}: make lock"
        assert requirement.specifier.contains(version, prereleases=True), (
            f"{requirement} has {version} in {name}: make lock"
        )


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_has_hashes_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(blocks) > 20
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._-]+==\S+", block)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), f"{block.splitlines()[0]} has no hash"
    assert "://" not in text


def test_the_locks_agree() -> None:
    book, dev = (locked(name) for name in LOCKS)
    assert {name: dev.get(name) for name in book} == book


def test_every_package_that_a_message_names_is_installed_in_ci() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    packages = set(NEEDED.values()) | set(re.findall(r":((?:texlive|latexmk|librsvg|fonts)[a-z0-9-]*)", MAKEFILE))
    for package in packages | {
        "python3-venv",
        "make",
        "git",
        "fonts-freefont-otf",
        "texlive-latex-extra",
        "texlive-fonts-recommended",
    }:
        assert re.search(rf"(?<![\w-]){package}(?![\w-])", ci), f".ci/run does not install {package}"
        assert re.search(rf"(?<![\w-]){package}(?![\w-])", readme), f"README.md does not name {package}"


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=False).returncode == 0
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_workflows_are_pinned_and_may_only_read() -> None:
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        workflow = yaml.safe_load(path.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        uses = re.findall(r"uses: (\S+)", path.read_text())
        assert uses
        assert [use for use in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use)] == []


def test_configuration_files_are_valid_yaml() -> None:
    for name in (".readthedocs.yaml", ".pre-commit-config.yaml", "CITATION.cff"):
        assert isinstance(yaml.safe_load((ROOT / name).read_text()), dict)


def test_what_is_built_is_not_committed() -> None:
    names = [path.relative_to(ROOT) for path in committed()]
    assert [
        str(name)
        for name in names
        if {"_build", ".venv", "__pycache__"} & set(name.parts) or name.name.endswith((".pyc", ".pdf"))
    ] == []
    ignored = (ROOT / ".gitignore").read_text()
    for name in ("_build", ".venv", "egg-info", "__pycache__"):
        assert name in ignored


def test_no_committed_file_names_a_registry_or_a_place_on_a_machine() -> None:
    registry = re.compile(r"files\.pythonhosted|pypi\.org|registry\.npmjs|deb\.debian|extra-index-url|find-links\s*=")
    place = re.compile(r"(?<![\w.~/-])/(?:work|root|tmp|opt|home)/[\w.]")
    found = []
    for path in committed():
        if path == Path(__file__) or path.suffix in {".png", ".ico"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if registry.search(line) or place.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_the_licences_of_text_and_code_are_stated() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text
    assert "Permission is hereby granted, free of charge" in text
    assert "CC BY 4.0" in (ROOT / "README.md").read_text()


def is_chapter(docname: str) -> bool:
    return any(fnmatchcase(docname, pattern) for pattern in reviewbook.CHAPTERS)


def test_every_page_of_the_parts_is_held_to_the_rules_for_chapters() -> None:
    about_the_book = {"index", "reading", "methods", "about"} | {
        f"appendix/{name}"
        for name in (
            "index",
            "changelog",
            "contributing",
            "data",
            "glossary",
            "machinery",
            "rules",
            "sources",
            "trials",
            "findings",
            "abbreviations",
            "figures",
            "popular-claims",
        )
    }
    pages = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not is_chapter(page)} <= about_the_book
    for page in ("mechanism/index", "evidence/depression/suicidality"):
        assert is_chapter(page)


def test_the_code_is_formatted_and_typed() -> None:
    for command in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        done = subprocess.run(
            [str(ROOT / ".venv/bin/python"), "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_the_package_is_the_one_of_this_checkout() -> None:
    assert Path(reviewbook.__file__).is_relative_to(ROOT)
