"""What runs on GitHub: workflows that linters accept and that do what they say, issue forms, and what a release holds."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from books import ROOT

from reviewbook import cli

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": sorted((GITHUB / "ISSUE_TEMPLATE").glob("[0-9]*.yml")),
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
    "readthedocs": [ROOT / ".readthedocs.yaml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def workflow(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return loaded


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in workflow(path.stem)["jobs"].items():
            yield f"{path.stem}/{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job["steps"]:
            yield name, step


def script(of: str, job: str, having: str) -> str:
    """The script of the step of a job that holds some text."""
    found = [step["run"] for step in workflow(of)["jobs"][job]["steps"] if having in step.get("run", "")]
    assert len(found) == 1
    return str(found[0])


# --- linters --------------------------------------------------------------------------------------------------------


def audit(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run zizmor on a folder, without a network."""
    zizmor = Path(sys.executable).with_name("zizmor")
    command = [str(zizmor), "--offline", "--no-progress", "--no-config", "--strict-collection", "--collect=all"]
    return subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)


def validate(schema: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Hold files against a schema that check-jsonschema brings with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_audit_finds_nothing() -> None:
    done = audit(GITHUB)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(path.name in done.stdout + done.stderr for path in [*WORKFLOWS, GITHUB / "dependabot.yml"])


BROKEN = {
    "dangerous-triggers": ("  pull_request:", "  pull_request_target:"),
    "template-injection": ("- run: make pdf epub", "- run: echo ${{ github.event.pull_request.title }}"),
    "unpinned-uses": ("actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", "actions/checkout@v7"),
    "artipacked": ("          persist-credentials: false\n", ""),
    "excessive-permissions": ("permissions:\n  contents: read", "permissions: write-all"),
}


@pytest.mark.parametrize("finding", BROKEN)
def test_the_audit_finds_what_is_unsafe(finding: str, tmp_path: Path) -> None:
    good, bad = BROKEN[finding]
    name = "tests.yml" if finding == "excessive-permissions" else "build.yml"
    text = (GITHUB / "workflows" / name).read_text()
    assert good in text
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / name).write_text(text.replace(good, bad))
    done = audit(tmp_path)
    assert done.returncode not in (0, 1, 2, 3)
    assert finding in done.stdout


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_file_fits_its_schema(schema: str) -> None:
    assert SCHEMAS[schema]
    done = validate(schema, *SCHEMAS[schema])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("github-workflows", "runs-on:", "run-on:"),
        ("github-issue-forms", "type: textarea", "type: text"),
        ("github-issue-config", "url:", "address:"),
        ("dependabot", "github-actions", "github-action"),
        ("readthedocs", "version: 2", "version: 3"),
    ],
)
def test_a_broken_file_does_not_fit_its_schema(schema: str, good: str, bad: str, tmp_path: Path) -> None:
    path = SCHEMAS[schema][0]
    text = path.read_text()
    assert good in text
    broken = tmp_path / path.name
    broken.write_text(text.replace(good, bad))
    assert validate(schema, broken).returncode == 1


# --- what linters do not know ---------------------------------------------------------------------------------------


def test_every_workflow_has_its_limits() -> None:
    for path in WORKFLOWS:
        loaded = workflow(path.stem)
        assert loaded["permissions"] == {"contents": "read"}, path.name
        assert loaded["concurrency"]["group"], path.name
        assert "pull_request_target" not in path.read_text() and "workflow_run" not in path.read_text()
    assert [name for name, job in jobs() if not job.get("timeout-minutes")] == []


def test_the_published_site_has_the_book_to_download_and_knows_its_address() -> None:
    (step,) = (step for step in workflow("pages")["jobs"]["build"]["steps"] if ".ci/run" in step.get("run", ""))
    assert step["run"] == "bash .ci/run site"
    assert 'html_baseurl = os.environ.get("BOOK_URL")' in (ROOT / "conf.py").read_text()
    assert step["env"]["BOOK_URL"].startswith("https://")


def test_what_may_write_runs_nothing_of_a_pull_request() -> None:
    writing = {name: job for name, job in jobs() if "permissions" in job}
    assert set(writing) == {"pages/publish", "weekly/tell", "release/publish"}
    for name, job in writing.items():
        assert not any("checkout" in step.get("uses", "") for step in job["steps"]), name
        assert "pull_request" not in workflow(name.split("/")[0])[True]  # YAML reads "on" as true


def test_every_action_is_pinned_with_its_version_beside_it() -> None:
    lines = [line for path in WORKFLOWS for line in path.read_text().splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == []
    pins: dict[str, set[str]] = {}
    for line in lines:
        action, _, pin = line.partition("uses: ")[2].partition("@")
        pins.setdefault(action, set()).add(pin)
    assert all(len(pinned) == 1 for pinned in pins.values()), pins


def test_no_script_takes_in_an_expression_and_every_script_is_well_formed() -> None:
    for name, step in steps():
        if "run" in step:
            assert "${{" not in step["run"], name
            done = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr


def test_the_matrix_holds_the_oldest_python() -> None:
    lowest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert lowest
    for job in workflow("tests")["jobs"].values():
        matrix = job["strategy"]["matrix"]
        pythons = matrix.get("python") or [row["python"] for row in matrix["include"]]
        assert pythons[0] == lowest[1] and len(pythons) > 1


def test_every_target_that_a_script_makes_is_one() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", (ROOT / "Makefile").read_text()))
    made = {
        word
        for _, step in steps()
        for line in re.findall(r"(?m)^(?:.*\bmake|bash \.ci/run)\b(.*)$", step.get("run", ""))
        for word in shlex.split(line)
        if re.fullmatch(r"[a-z]+", word)
    }
    assert {"html", "pdf", "epub"} <= made <= targets


def test_every_command_that_a_script_runs_is_understood() -> None:
    parser = cli._parser()
    look = script("weekly", "look", "digest")
    asked = [shlex.split(line) for line in re.findall(r"(?m)^ *ask (\w.*)$", look)]
    assert [words[0] for words in asked] == ["links", "retractions", "watch"]
    for words in asked:
        assert parser.parse_args(words).run


def test_forms_ask_for_what_we_need() -> None:
    forms = [yaml.safe_load(path.read_text()) for path in SCHEMAS["github-issue-forms"]]
    ids = [{field["id"] for field in form["body"] if "id" in field} for form in forms]
    assert {"page", "sentence", "wrong", "source"} <= ids[0]
    study = {"citation", "design", "n", "population", "comparator", "finding", "limitations", "interests"}
    assert study <= ids[1]
    assert "question" in ids[2]


# --- scripts, run ---------------------------------------------------------------------------------------------------


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}")
    path.chmod(0o755)


def run(text: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script as GitHub does."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_weekly_look_goes_on_when_one_report_is_bad(code: int, tmp_path: Path) -> None:
    program(
        tmp_path / ".venv/bin/python",
        f'case "$3" in\n'
        f'digest) PYTHONPATH={ROOT}/docs/_ext exec {sys.executable} "$@";;\n'
        f'retractions) echo "doe2001: retracted \\`rm -rf\\` @octocat"; exit {code};;\n'
        f'*) echo "$3 said: all good"; exit 0;; esac\n',
    )
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    done = run(script("weekly", "look", "digest"), tmp_path, **files)
    assert done.returncode == 0, done.stderr
    issue = (tmp_path / "weekly/issue.md").read_text()
    assert issue.count("\n## ") + 1 == 3
    assert "links said: all good" in issue and "watch said: all good" in issue and "@octocat" in issue
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == f"well={'false' if code else 'true'}\n"


@pytest.mark.parametrize(("found", "well"), [(0, "true"), (12, "false")])
def test_new_studies_open_the_issue(found: int, well: str, tmp_path: Path) -> None:
    from reviewbook.commands import watch

    assert "} to screen" in Path(watch.__file__).read_text()  # the words that the script looks for
    said = f"pubmed: 20 found since 2026-01-01, 8 in the library, 0 met before, {found} to screen"
    program(tmp_path / ".venv/bin/python", f'[ "$3" != watch ] || echo "{said}"\n')
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    assert run(script("weekly", "look", "digest"), tmp_path, **files).returncode == 0
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == f"well={well}\n"


@pytest.mark.parametrize(
    ("number", "well", "calls"),
    [
        ("7", "false", ["issue list", "issue edit 7"]),
        ("7", "true", ["issue list", "issue edit 7"]),
        ("", "false", ["issue list", "label create", "issue create"]),
        ("", "true", ["issue list"]),
    ],
)
def test_one_issue_is_kept_up(number: str, well: str, calls: list[str], tmp_path: Path) -> None:
    program(tmp_path / "bin/gh", f'echo "$@" >> {tmp_path}/calls\n[ "$2" != list ] || echo "{number}"\n')
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = run(script("weekly", "tell", "gh issue"), tmp_path, PATH=path, WELL=well)
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "calls").read_text().splitlines()
    assert [call[: len(wanted)] for call, wanted in zip(made, calls, strict=True)] == calls
    assert all(
        "--body-file weekly/issue.md" in call for call in made if call.startswith(("issue edit", "issue create"))
    )
    assert "--author app/github-actions" in made[0]


def test_what_changed_is_told_in_the_summary_of_the_run(tmp_path: Path) -> None:
    program(tmp_path / ".venv/bin/python", f'PYTHONPATH={ROOT}/docs/_ext exec {sys.executable} "$@"\n')
    before = tmp_path / "temp" / "before"
    for top in (tmp_path, before):
        (top / "_build/html").mkdir(parents=True)
        (top / "references.bib").write_text("")
        (top / "docs/sources").mkdir(parents=True)
        claims = {"format": "reviewbook-claims", "version": 1, "claims": []}
        (top / "_build/html/claims.json").write_text(json.dumps(claims))
    told = tmp_path / "summary"
    text = script("build", "build", "reviewbook compare")
    env = {"RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_STEP_SUMMARY": str(told)}
    assert run(text, tmp_path, BEFORE="success", **env).returncode == 0
    assert "No claim and no source has changed." in told.read_text()
    assert run(text, tmp_path, BEFORE="failure", **env).returncode == 0
    assert "nothing is compared" in told.read_text()


def release(top: Path, version: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(top / ".ci/release"), version, "release"]
    return subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)


def test_a_release_holds_the_book_and_its_data(tmp_path: Path) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    version, name = citation["version"], "ketamine-in-mental-health"
    for path in (".ci/release", "CITATION.cff", "CHANGELOG.md", "LICENSE"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    published = re.findall(r"[\w.-]+\.(?:json|csv|bib)", re.search(r"for file in (.*); do", script_text())[1])  # type: ignore[index]
    files = [
        f"_build/latex/{name}.pdf",
        "_build/epub/x.epub",
        "_build/html/analyses/ma.csv",
        "docs/sources/doe2001.yml",
    ]
    for path in [*files, *(f"_build/html/{file}" for file in published)]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    assert release(tmp_path, "9.9.9").returncode == 1
    done = release(tmp_path, version)
    assert done.returncode == 0, done.stderr
    stem = f"{name}-{version}"
    made = {path.name for path in (tmp_path / "release").iterdir()}
    assert made == {f"{stem}.pdf", f"{stem}.epub", f"{stem}-data.tar.gz", "notes.md"}
    notes = (tmp_path / "release/notes.md").read_text()
    assert "### Added" in notes and not re.search(r"(?m)^## ", notes)
    with tarfile.open(tmp_path / "release" / f"{stem}-data.tar.gz") as archive:
        names = {member.removeprefix(f"{stem}-data/") for member in archive.getnames()}
    assert {*published, "analyses/ma.csv", "sources/doe2001.yml", "LICENSE", "CITATION.cff"} <= names


def script_text() -> str:
    return (ROOT / ".ci/release").read_text()


def test_a_release_holds_every_published_file() -> None:
    from reviewbook.export import FILES

    assert set(FILES) <= set(script_text().split("for file in ")[1].split("; do")[0].split())


def test_zenodo_is_told_what_the_citation_file_says() -> None:
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert zenodo["title"] == citation["title"]
    assert [creator["name"] for creator in zenodo["creators"]] == [author["name"] for author in citation["authors"]]
    assert zenodo["keywords"] == citation["keywords"]
    assert zenodo["license"].lower() in {name.lower() for name in citation["license"]}
    assert "version" not in zenodo  # Zenodo takes it from the tag
