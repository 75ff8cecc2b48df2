"""Collect the claims of a document: its sentences, what each rests on, and the numbers and names in it.

:func:`collect` reads a doctree as it is at Sphinx's ``doctree-read``: citations are ``pending_xref`` nodes of the domain "cite",
references to other places are not resolved.

What counts as what:

* every sentence of a paragraph, list item, caption, admonition, footnote, definition, quotation or line block is a claim; a table row is one
  claim; code and mathematics in display, comments and raw blocks are none;
* a **heading** (of a section or box, a term, the name of a field, the head of a table's column) and a description (of a picture or link)
  is no claim unless it holds a number or a name: then it has the kind and the place "heading", rests on what is cited next to it
  or under it, and has ``supports`` 0;
* a **finding** is an element whose tag name or class is ``finding``; its title is the child that is a ``title`` or has the class
  ``finding-title``. The title's claim has the place "finding-title", the keys cited in the finding's body, and ``supports`` 0; so have
  the reasons for its certainty (attributes ``downgraded`` and ``upgraded``), with the place "finding-reason";
* a **popular claim** is an element whose tag name is ``popular_claim``; its title is the claim of others and none of ours, and the sentences
  under it have the place "popular-claim";
* ``text`` holds ``[key]`` where a citation is the subject, ``[label]`` where a reference shows a title that is not known yet, and the number
  shown for a derived one; other citations leave no trace in it. Offsets of ``numbers`` refer to ``text``, except for operands (0, 0).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes

from .book import HEADS, POPULAR
from .markup import Derived, calc, computed, derive, is_voice
from .names import names as names_in
from .numbers import Number, quantities, tokens
from .sentences import CITATION, REFERENT, split
from .units import unit_of_heading

SKIPPED = (
    nodes.literal_block,
    nodes.math_block,
    nodes.raw,
    nodes.comment,
    nodes.Invisible,
    nodes.doctest_block,
    nodes.docinfo,
    nodes.system_message,
    nodes.citation,
    nodes.image,
    nodes.label,
    addnodes.toctree,
    addnodes.desc_signature,
    addnodes.index,
)


HEADINGS = (nodes.Titular, nodes.term, nodes.field_name)
DESCRIPTIONS: tuple[tuple[type[nodes.Element], str], ...] = (
    (nodes.image, "alt"),
    (nodes.image, "title"),
    (nodes.reference, "reftitle"),
    (addnodes.pending_xref, "reftitle"),
    (nodes.abbreviation, "explanation"),
    (addnodes.toctree, "caption"),
)
"""Attributes that readers see or hear."""


class Claim(NamedTuple):
    """One sentence (or table row) and what it rests on."""

    docname: str
    line: int | None
    """Line of the sentence in the source."""
    section: str
    """Title of the section it stands in."""
    anchor: str
    """Id of the nearest target around it, for a URL; empty if there is none."""
    text: str
    """Plain text, without citations."""
    kind: str
    """"cited", "reference", "voice", "question", "uncited" or "heading"."""
    place: str
    """"prose", "list", "table", "caption", "footnote", "admonition", "finding", "finding-title", "finding-reason", "popular-claim", "definition" or "heading"."""
    keys: tuple[str, ...]
    """BibTeX keys cited, in order, without repeats."""
    targets: tuple[tuple[str, str], ...]
    """References to places of the book: ("doc", docname), ("doc", "docname#slug"), ("ref", label), (other role, its target)."""
    supports: int
    """How many citations and internal references stand in the sentence."""
    numbers: tuple[Number, ...]
    """Numbers to be traced; a derived one is replaced by its operands."""
    names: tuple[str, ...]
    """Digit-bearing names."""
    derived: tuple[Derived, ...]
    """Derived numbers."""


class _Mark(NamedTuple):
    """Something in the flattened text that is more than its characters."""

    start: int
    end: int
    shown: str | None = None
    """What the plain text has in place of the placeholder."""
    keys: tuple[str, ...] = ()
    target: tuple[str, str] | None = None
    derived: Derived | None = None
    voice: bool = False


class _Unit(NamedTuple):
    """A stretch of text that sentences do not leave."""

    node: nodes.Element
    parts: tuple[nodes.Element, ...]
    place: str
    line: int | None


def collect(doctree: nodes.Element, docname: str) -> tuple[Claim, ...]:
    """Return the claims of ``doctree`` (a document or a part of one), in reading order."""
    claims: list[Claim] = []
    for unit in (*_units(doctree), *_descriptions(doctree)):
        found = [c for c in _claims_of(unit, docname) if c.kind != "heading" or c.numbers or c.names or c.derived]
        claims += found
        if unit.place == "finding-title" and found:
            claims += _reasons(unit.node.parent, found[-1])
    return tuple(claims)


def _reasons(finding: nodes.Element, title: Claim) -> Iterator[Claim]:
    """Yield the reasons for a finding's certainty, which rest on what its body cites."""
    for name in ("downgraded", "upgraded"):
        for text in str(finding.get(name) or "").split(";"):
            if text.strip():
                yield title._replace(
                    text=text.strip(),
                    place="finding-reason",
                    numbers=tokens(text.strip()),
                    names=names_in(text.strip()),
                    derived=(),
                )


# --- where sentences stand -----------------------------------------------------------------------------------------


def is_finding(node: nodes.Node) -> bool:
    """Say whether a node is a graded finding."""
    return isinstance(node, nodes.Element) and (node.tagname == "finding" or "finding" in node.get("classes", ()))


def is_finding_title(node: nodes.Node) -> bool:
    """Say whether a node is the title of a finding."""
    if not isinstance(node, nodes.Element) or not is_finding(node.parent):
        return False
    return isinstance(node, nodes.title) or "finding-title" in node.get("classes", ())


def is_popular_claim(node: nodes.Node) -> bool:
    """Say whether a node is a claim of popular articles."""
    return isinstance(node, nodes.Element) and node.tagname == "popular_claim"


def _units(node: nodes.Element) -> Iterator[_Unit]:
    for child in node.children:
        if not isinstance(child, nodes.Element):
            continue
        if isinstance(child, nodes.title) and is_popular_claim(node):
            continue  # the words of others
        if is_finding_title(child):
            yield _Unit(child, (child,), "finding-title", _line(child))
        elif isinstance(child, nodes.title) and isinstance(node, nodes.table):
            yield _Unit(child, (child,), _place(child), _line(child))
        elif child.children and all(isinstance(part, computed) for part in child.children):
            continue  # what the build says of its own computation
        elif isinstance(child, HEADINGS):
            yield _Unit(child, (child,), "heading", _line(child))
        elif isinstance(child, SKIPPED):
            continue
        elif isinstance(child, nodes.tbody):
            yield from _rows(child)
        elif isinstance(child, nodes.thead):
            for cell in child.findall(nodes.entry):
                yield _Unit(cell, tuple(_texts(cell)), "heading", _line(cell))
        elif isinstance(child, nodes.line_block):
            lines = tuple(child.findall(nodes.line))
            yield _Unit(child, lines, _place(child), _line(child))
        elif isinstance(child, nodes.TextElement) and not isinstance(child, nodes.Inline):
            yield _Unit(child, (child,), _place(child), _line(child))
        else:
            yield from _units(child)


def _descriptions(doctree: nodes.Element) -> Iterator[_Unit]:
    kinds = tuple(kind for kind, _ in DESCRIPTIONS)
    for node in doctree.findall(lambda node: isinstance(node, kinds)):
        for kind, attribute in DESCRIPTIONS:
            if isinstance(node, kind) and node.get(attribute):
                yield _Unit(node, (nodes.inline("", str(node[attribute])),), "heading", _line(node))


def _texts(node: nodes.Element) -> Iterator[nodes.Element]:
    """Yield the blocks of text in a node: paragraphs and the like."""
    yield from (text for text in node.findall(nodes.TextElement) if not isinstance(text, nodes.Inline))


def _rows(body: nodes.tbody) -> Iterator[_Unit]:
    rows = [row for row in body.children if isinstance(row, nodes.row)]
    group = body.parent
    heads = [row for head in group.findall(nodes.thead) for row in head.children] if group is not None else []
    everywhere = {part.line for row in (*heads, *rows) for part in row.findall(nodes.paragraph)}
    for index, row in enumerate(rows):
        parts = tuple(row.findall(nodes.entry))
        line = next((part.line for part in row.findall(nodes.paragraph) if part.line), None)
        exact = [xref.line for xref in row.findall(addnodes.pending_xref) if xref.line and xref.line >= (line or 0)]
        if len(everywhere) == 1 and line is not None:
            # A pipe table: MyST gives every cell the line of the header; the separator follows it.
            line = min(exact, default=line + 2 + index)
        elif line is None:
            line = min(exact, default=None)
        yield _Unit(row, parts, _place(row), line or _line(row))


def _place(node: nodes.Node) -> str:
    found = "prose"
    here: nodes.Node | None = node
    while here is not None:
        if isinstance(here, nodes.footnote):
            return "footnote"
        if is_finding(here):
            return "finding"
        if is_popular_claim(here):
            return POPULAR
        if found == "prose":
            if isinstance(here, nodes.row | nodes.table):
                found = "caption" if isinstance(node, nodes.title) else "table"
            elif isinstance(here, nodes.caption | nodes.legend):
                found = "caption"
            elif isinstance(here, nodes.definition | nodes.field_body):
                found = "definition"
            elif isinstance(here, nodes.list_item):
                found = "list"
            elif isinstance(here, nodes.Admonition | nodes.sidebar | nodes.topic):
                found = "admonition"
        here = here.parent
    return found


def _line(node: nodes.Node) -> int | None:
    for descendant in node.findall(nodes.Element):
        if descendant.line:
            return int(descendant.line)
    here: nodes.Node | None = node.parent
    while here is not None:
        if here.line:
            return int(here.line)
        here = here.parent
    return None


def _section(node: nodes.Node) -> str:
    here: nodes.Node | None = node
    while here is not None:
        if isinstance(here, nodes.section):
            title = here.next_node(nodes.title)
            return title.astext() if title is not None else ""
        here = here.parent
    return ""


def _anchor(node: nodes.Node) -> str:
    here: nodes.Node | None = node
    while here is not None:
        if isinstance(here, nodes.Element) and here.get("ids"):
            return str(here["ids"][0])
        here = here.parent
    return ""


# --- from nodes to text --------------------------------------------------------------------------------------------


def _flatten(node: nodes.Node, docname: str, offset: int, voice: bool = False) -> tuple[str, list[_Mark]]:
    """Return the text of ``node`` with placeholders, and the marks in it; ``offset`` is where the text begins."""
    if isinstance(node, nodes.Text):
        text = node.astext()
        return text, [_Mark(offset, offset + len(text), voice=True)] if voice else []
    if isinstance(
        node,
        nodes.footnote_reference | nodes.raw | nodes.Invisible | addnodes.index | nodes.image | nodes.system_message,
    ):
        return "", []
    if isinstance(node, calc):
        return REFERENT, [
            _Mark(
                offset,
                offset + 1,
                node["shown"],
                derived=derive(node["shown"], node["expression"]),
            )
        ]
    if isinstance(node, computed):
        return REFERENT, [_Mark(offset, offset + 1, node.astext())]
    if isinstance(node, addnodes.pending_xref) and node.get("refdomain") == "cite":
        keys = cited_keys(node)
        if node.get("reftype", "p").startswith("t"):
            return REFERENT, [_Mark(offset, offset + 1, "[" + ", ".join(keys) + "]", keys)]
        return CITATION, [_Mark(offset, offset + 1, "", keys)]
    if target := _target(node, docname):
        text = "".join(child.astext() for child in node.children)
        if _shows_own_text(node):
            inner, marks = _flatten_children(node, docname, offset, voice)
            return inner, [*marks, _Mark(offset, offset + len(inner), target=target)]
        return REFERENT, [
            _Mark(offset, offset + 1, f"[{target[1]}]", target=target),
            *([_Mark(offset, offset + 1, voice=True)] if voice else []),
        ]
    return _flatten_children(node, docname, offset, voice or is_voice(node))


def _flatten_children(node: nodes.Node, docname: str, offset: int, voice: bool) -> tuple[str, list[_Mark]]:
    text, marks = "", []
    for child in node.children:
        piece, found = _flatten(child, docname, offset + len(text), voice)
        text += piece
        marks += found
    return text, marks


def _target(node: nodes.Node, docname: str) -> tuple[str, str] | None:
    """Return the place of the book that ``node`` points to, or None if it points to none (glossary terms do not count)."""
    if isinstance(node, nodes.reference):
        return ("ref", str(node["refid"])) if node.get("refid") else None
    if not isinstance(node, addnodes.pending_xref):
        return None
    kind, to = str(node.get("reftype", "")), str(node.get("reftarget", ""))
    if kind in ("term", "abbr", "download", "keyword", "option", "envvar"):
        return None
    if kind == "doc":
        return "doc", posixpath.normpath(
            to.lstrip("/") if to.startswith("/") else posixpath.join(posixpath.dirname(docname), to)
        )
    if kind == "myst":
        place = node.get("reftargetid")
        if node.get("refdomain") == "doc":
            return "doc", f"{to}#{place}" if isinstance(place, str) and place else to
        return "ref", to
    return ("ref" if kind == "numref" else kind), to


def _shows_own_text(node: nodes.Node) -> bool:
    """Say whether a reference shows words of the author's; one that does not will show a title."""
    if isinstance(node, nodes.reference):
        return not node.get("id_link")
    return bool(isinstance(node, nodes.Element) and node.get("refexplicit"))


# --- from text to claims -------------------------------------------------------------------------------------------


def _claims_of(unit: _Unit, docname: str) -> Iterator[Claim]:
    if isinstance(unit.node, nodes.row):
        yield from _claim_of_row(unit, docname)
        return
    text, marks = "", list[_Mark]()
    in_voice = _inside_voice(unit.node)
    for part in unit.parts:
        if text:
            text += "\n"
        piece, found = _flatten(part, docname, len(text), in_voice)
        text += piece
        marks += found
    section, anchor = _section(unit.node), _anchor(unit.node)
    is_whole = unit.place in HEADS  # and not several sentences
    for start, end in [(0, len(text))] if is_whole and text.strip() else split(text):
        sentence = _sentence(text[start:end], start, marks)
        yield _claim(
            [sentence],
            docname=docname,
            line=unit.line + text[:start].count("\n") if unit.line is not None else None,
            section=section,
            anchor=anchor,
            place=unit.place,
            keys=_keys_near(unit.node) if is_whole else (),
            may_ask=not is_whole,
        )


def _claim_of_row(unit: _Unit, docname: str) -> Iterator[Claim]:
    """Yield the claim of a table row, whose numbers may have their unit in the column's head."""
    cells = []
    units = _column_units(unit.node)
    in_voice = _inside_voice(unit.node)
    for index, entry in enumerate(unit.parts):
        text, marks = _flatten_entry(entry, docname, in_voice)
        sentence = _sentence(text, 0, marks)
        if index < len(units) and units[index] is not None:
            found = tuple(
                number._replace(unit=units[index], shared=True) if number.unit is None else number
                for number in sentence.numbers
            )
            sentence = sentence._replace(numbers=found)
        cells.append(sentence)
    if any(cell.text or cell.marks for cell in cells):
        yield _claim(
            cells,
            docname=docname,
            line=unit.line,
            section=_section(unit.node),
            anchor=_anchor(unit.node),
            place=unit.place,
            keys=(),
            may_ask=False,
        )


def _column_units(row: nodes.Element) -> list[str | None]:
    """Return the units that the heads of the columns give, one for each; nothing if the columns do not match."""
    group = row.parent.parent
    heads = [entry for head in group.findall(nodes.thead) for entry in head.findall(nodes.entry)]
    width = sum(isinstance(child, nodes.entry) for child in row.children)
    return [unit_of_heading(head.astext()) for head in heads] if len(heads) == width else []


class _Sentence(NamedTuple):
    """A sentence or table cell, before it becomes a claim or part of one."""

    raw: str
    """The text with placeholders."""
    start: int
    """Where ``raw`` begins in the text that the marks refer to."""
    text: str
    marks: tuple[_Mark, ...]
    numbers: tuple[Number, ...]
    names: tuple[str, ...]


def _sentence(raw: str, start: int, marks: list[_Mark]) -> _Sentence:
    end = start + len(raw)
    inside = tuple(
        mark
        for mark in marks
        if (start <= mark.start and mark.end <= end) or (mark.voice and mark.start < end and mark.end > start)
    )
    text, masked = _plain(raw, start, inside)
    return _Sentence(raw, start, text, inside, tokens(masked), names_in(masked))


def _claim(
    parts: list[_Sentence],
    *,
    docname: str,
    line: int | None,
    section: str,
    anchor: str,
    place: str,
    keys: tuple[str, ...],
    may_ask: bool,
) -> Claim:
    """Return the claim that ``parts`` make: one sentence, or the cells of a row."""
    text, numbers, names = "", list[Number](), list[str]()
    for part in parts:
        text += " | " if text else ""
        numbers += (
            number._replace(start=number.start + len(text), end=number.end + len(text)) for number in part.numbers
        )
        names += part.names
        text += part.text
    marks = [mark for part in parts for mark in part.marks]
    cited = tuple(dict.fromkeys([*(key for mark in marks for key in mark.keys), *keys]))
    targets = tuple(dict.fromkeys(mark.target for mark in marks if mark.target))
    derived = tuple(mark.derived for mark in marks if mark.derived)
    if place == "heading":
        kind, numbers = "heading", [*quantities(numbers)]
    elif cited:
        kind = "cited"
    elif all(_is_spoken(part) for part in parts):
        kind = "voice"
    elif targets:
        kind = "reference"
    elif may_ask and re.search(r"\?[\"'”’)\]]*$", text):
        kind = "question"
    else:
        kind = "uncited"
    return Claim(
        docname=docname,
        line=line,
        section=section,
        anchor=anchor,
        text=text.strip(" |"),
        kind=kind,
        place=place,
        keys=cited,
        targets=targets,
        supports=sum(1 for mark in marks if mark.keys or mark.target),
        numbers=(*numbers, *(operand for one in derived for operand in one.operands)),
        names=tuple(dict.fromkeys(names)),
        derived=derived,
    )


def _flatten_entry(entry: nodes.Element, docname: str, voice: bool) -> tuple[str, list[_Mark]]:
    """Flatten a table cell, whose paragraphs stand below each other."""
    text, marks = "", list[_Mark]()
    for block in _texts(entry):
        if text:
            text += "\n"
        piece, found = _flatten(block, docname, len(text), voice or _inside_voice(block))
        text += piece
        marks += found
    return text, marks


def _inside_voice(node: nodes.Node) -> bool:
    here: nodes.Node | None = node
    while here is not None:
        if is_voice(here):
            return True
        here = here.parent
    return False


def cited_keys(node: addnodes.pending_xref) -> tuple[str, ...]:
    """Return the keys of a citation, without what may stand before and after one: ``{see}key{p. 2}``."""
    bare = re.sub(r"\{[^{}]*\}", " ", node["reftarget"])
    return tuple(key.strip() for key in bare.split(",") if key.strip())


def _keys_in(node: nodes.Element) -> tuple[str, ...]:
    found = (xref for xref in node.findall(addnodes.pending_xref) if xref.get("refdomain") == "cite")
    return tuple(dict.fromkeys(key for xref in found for key in cited_keys(xref)))


def _keys_near(heading: nodes.Element) -> tuple[str, ...]:
    """Return what is cited in the nearest element around a heading that cites anything, up to its section."""
    here = heading.parent
    while here is not None:
        if (keys := _keys_in(here)) or isinstance(here, nodes.section) or is_finding(here) or is_popular_claim(here):
            return keys
        here = here.parent
    return ()


def _is_spoken(part: _Sentence) -> bool:
    """Say whether all words are in the authors' voice."""
    spoken = [False] * len(part.raw)
    for mark in part.marks:
        if mark.voice:
            for position in range(max(mark.start - part.start, 0), min(mark.end - part.start, len(spoken))):
                spoken[position] = True
    return all(said or not (char.isalnum() or char == REFERENT) for char, said in zip(part.raw, spoken, strict=True))


_SPECIAL = re.compile(f"[{CITATION}{REFERENT}\n]")


def _plain(text: str, start: int, marks: tuple[_Mark, ...]) -> tuple[str, str]:
    """Return the plain text of a sentence and the same with what is not the author's own words blotted out."""
    plain, masked = "", ""
    shown = {mark.start - start: mark.shown for mark in marks if mark.shown is not None}
    done = 0
    for match in _SPECIAL.finditer(text):
        position, char = match.start(), match.group()
        plain, masked = plain + text[done:position], masked + text[done:position]
        done = match.end()
        if char == "\n" or position not in shown:
            replacement = blot = " " if char == "\n" else char
        else:
            replacement = shown[position] or ""
            blot = REFERENT * len(replacement)
            if not replacement:
                plain, masked = plain.rstrip(" "), masked.rstrip(" ")
                if text[done : done + 1].isalnum():
                    replacement = blot = " "
        plain, masked = plain + replacement, masked + blot
    plain, masked = plain + text[done:], masked + text[done:]
    lead = len(plain) - len(plain.lstrip())
    return plain.strip(), masked[lead : lead + len(plain.strip())]
