"""The library of sources: the bibliography and the records, loaded, validated and sealed.

A *source* is an entry of ``references.bib`` together with its record ``<key>.yml``.
Loading never raises on bad data: every fault is a :class:`Problem` with file and line.
There is no Sphinx in here.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .bib import Bibliography, Entry, format_problem
from .bib import read as read_bib
from .problems import Problem
from .records import Record

try:
    from yaml import CSafeLoader as _YamlLoader
except ImportError:  # PyYAML without libyaml: slower, otherwise the same
    from yaml import SafeLoader as _YamlLoader  # type: ignore[assignment]

_Path = tuple[int | str, ...]
_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source:
    """A source: what identifies it (entry) and what it found (record)."""

    entry: Entry
    record: Record

    @property
    def key(self) -> str:
        return self.entry.key


@dataclass(frozen=True, slots=True)
class Library:
    """All sources, and what is wrong with the files they were read from.

    Attributes:
        sources: the sources by key: those that have both an entry and a record.
        entries: all entries of the bibliography, by key.
        records: all valid records, by key.
        record_paths: the file of each record, valid or not, by key.
        incomplete: what is still missing from entries that may not be cited yet, by key.
        problems: what is wrong with the files.
        damaged: keys of entries or records that exist but could not be read whole.
        bibfile: the bibliography.
        has_bibliography: False if nothing at all could be read of the bibliography.
        incomplete_file: the list of what is incomplete; empty if there is none.
        incomplete_lines: where each key stands in it.
    """

    sources: Mapping[str, Source]
    entries: Mapping[str, Entry]
    records: Mapping[str, Record]
    record_paths: Mapping[str, str]
    incomplete: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...]
    damaged: frozenset[str]
    bibfile: str
    has_bibliography: bool = True
    incomplete_file: str = ""
    incomplete_lines: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def citable(library: Library) -> dict[str, Record]:
    """The records that may be cited, by key."""
    return {
        key: source.record
        for key, source in library.sources.items()
        if key not in library.incomplete and source.record.seen
    }


def load(bibfile: Path, records: Path, incomplete: Path | None = None) -> Library:
    """Load the library.

    Args:
        bibfile: the BibTeX file.
        records: the folder with one ``<key>.yml`` per source.
        incomplete: a YAML file ``key: [missing fields]`` of entries that may not be cited yet.
    """
    bibliography = read_bib(bibfile)
    problems = list(bibliography.problems)
    problems += _bib_format(bibfile, bibliography)
    found, paths, broken, record_problems = _load_records(records)
    problems += record_problems
    missing, lines, list_problems = _load_incomplete(incomplete)
    problems += list_problems
    entries = {entry.key: entry for entry in bibliography.entries}
    sources = {key: Source(entry, found[key]) for key, entry in entries.items() if key in found}
    return Library(
        sources=MappingProxyType(sources),
        entries=MappingProxyType(entries),
        records=MappingProxyType(found),
        record_paths=MappingProxyType(paths),
        incomplete=MappingProxyType(missing),
        problems=tuple(problems),
        damaged=bibliography.damaged | broken,
        bibfile=str(bibfile),
        has_bibliography=bool(entries) or not bibliography.problems,
        incomplete_file=str(incomplete or ""),
        incomplete_lines=MappingProxyType(lines),
    )


def record_schema() -> str:
    """The JSON schema of a source record, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Record.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def read_model(path: Path, model: type[_M], rule: str) -> tuple[_M | None, str, list[Problem]]:
    """What a YAML file holds, its text, and what is wrong with it, each with its line; nothing if something is."""
    data, text, problem = _read_yaml(path, rule)
    if problem:
        return None, text, [problem]
    try:
        return model.model_validate(data), text, []
    except ValidationError as error:
        faults = [
            (f"{_where(fault['loc'])}{_what(fault['msg'], fault['type'])}", _line(text, fault["loc"]))
            for fault in _own_faults(error)
        ]
        return None, text, [Problem(rule, message, str(path), line) for message, line in faults]


def line_of(text: str, path: tuple[int | str, ...]) -> int:
    """The line at which a path into a YAML document, such as ``("searches", 0, "name")``, stands."""
    return _line(text, path)


def _bib_format(bibfile: Path, bibliography: Bibliography) -> list[Problem]:
    try:
        text = bibfile.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    problem = format_problem(text, bibliography, str(bibfile))
    return [problem] if problem else []


class _Loader(_YamlLoader):
    """A safe loader that does not let a later key silently replace an earlier one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands twice", key.start_mark
                    )
                seen.add(key.value)
        return mapping


def _read_yaml(path: Path, rule: str) -> tuple[Any, str, Problem | None]:
    """Data and text of a YAML file, or the problem that keeps it from being read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return None, "", Problem(rule, f"cannot be read: {error.strerror or error}", str(path))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return None, "", Problem(rule, "not UTF-8 text", str(path), line)
    try:
        return yaml.load(text, Loader=_Loader), text, None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = " ".join(filter(None, (error.context, error.problem))) or "not valid YAML"
        return None, text, Problem(rule, f"not valid YAML: {message}", str(path), mark.line + 1 if mark else 1)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        line = 1
        position = getattr(error, "position", None)
        if isinstance(position, int):
            line = raw.count(b"\n", 0, position) + 1
        return None, text, Problem(rule, f"not valid YAML: {message}", str(path), line)


def _load_records(
    folder: Path,
) -> tuple[dict[str, Record], dict[str, str], frozenset[str], list[Problem]]:
    """Valid records and files by key, the keys of the invalid ones, and the problems."""
    rule = "source.record-invalid"
    records: dict[str, Record] = {}
    paths: dict[str, str] = {}
    broken: set[str] = set()
    problems: list[Problem] = []
    if not folder.is_dir():
        return {}, {}, frozenset(), [Problem(rule, "the folder of source records does not exist", str(folder))]
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir():
            continue
        if path.suffix != ".yml":
            problems.append(Problem(rule, "not a source record: the name must end in .yml", str(path)))
            continue
        key = path.stem
        paths[key] = str(path)
        data, text, problem = _read_yaml(path, rule)
        faults = [problem] if problem else []
        if not problem:
            try:
                if not isinstance(data, dict):
                    faults.append(Problem(rule, "a record must be a mapping of fields", str(path), 1))
                else:
                    record = Record.model_validate(data)
                    if record.key == key:
                        records[key] = record
                    else:
                        at = _line(text, ("key",))
                        message = f"the key {record.key!r} is not the file's name {key!r}"
                        faults.append(Problem(rule, message, str(path), at))
            except ValidationError as error:
                for fault in _own_faults(error):
                    message = f"{_where(fault['loc'])}{_what(fault['msg'], fault['type'])}"
                    faults.append(Problem(rule, message, str(path), _line(text, fault["loc"])))
        if faults:
            broken.add(key)
            problems += faults
    return records, paths, frozenset(broken), problems


def _load_incomplete(
    path: Path | None,
) -> tuple[dict[str, tuple[str, ...]], dict[str, int], list[Problem]]:
    rule = "bib.incomplete-list"
    if path is None:
        return {}, {}, []
    data, text, problem = _read_yaml(path, rule)
    if problem:
        return {}, {}, [problem]
    if data is None:
        return {}, {}, []
    if not isinstance(data, dict):
        return {}, {}, [Problem(rule, "the file must be a mapping `key: [missing fields]`", str(path), 1)]
    missing: dict[str, tuple[str, ...]] = {}
    problems = []
    node = yaml.compose(text, Loader=_YamlLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in pairs}
    for key, fields in data.items():
        if isinstance(fields, list) and all(isinstance(name, str) for name in fields):
            missing[str(key)] = tuple(fields)
        else:
            message = f"{key}: the missing fields must be a list of names"
            problems.append(Problem(rule, message, str(path), lines.get(str(key), 1)))
    return missing, lines, problems


def _own_faults(error: ValidationError) -> list[ErrorDetails]:
    """The faults of a record, without lists that are too short only because their items are faulty."""
    faults = error.errors(include_url=False, include_context=False)
    inner = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in inner]


def _where(loc: _Path) -> str:
    path = ".".join(str(part) for part in loc)
    return f"{path}: " if path else ""


def _what(message: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such field"
    return message.removeprefix("Value error, ")


def _line(text: str, loc: _Path) -> int:
    """The line at which a path into a YAML document stands, or that of its nearest parent."""
    node = yaml.compose(text, Loader=_YamlLoader)
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            match = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if match is None:
                break
            line, node = match[0].start_mark.line + 1, match[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
