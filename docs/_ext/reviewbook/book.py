"""What the rules look at: the claims, findings and citations of the whole book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .library import Library

if TYPE_CHECKING:
    from .claims import Claim


POPULAR = "popular-claim"
"""Place of the sentences under a claim of popular articles; they are checked on any page."""
HEADS = frozenset({"finding-title", "finding-reason", "heading"})
"""Places of what is no sentence of its own: it rests on what is cited under it."""


class Finding(NamedTuple):
    """A graded conclusion, as it is written.

    Attributes:
        docname: the page.
        line: the line of the directive.
        name: its name, such as ``finding-iv-24h``; empty if it has none.
        anchor: the id that a link can point to.
        title: the conclusion, as plain text.
        certainty: the level stated, as written.
        downgraded: the reasons that lower it, as written.
        upgraded: the reasons that raise it, as written.
        keys: the sources that its body cites.
        condition: what it is about, for the map of the evidence; empty if it is not on it.
        direction: which way it points, for the map.
        absolute: which data tell what it means for 100 people.
    """

    docname: str
    line: int
    name: str
    anchor: str
    title: str
    certainty: str
    downgraded: str
    upgraded: str
    keys: tuple[str, ...]
    condition: str = ""
    direction: str = ""
    absolute: str = ""


class PopularClaim(NamedTuple):
    """A claim of popular articles and what was made of it, as it is written.

    Attributes:
        docname: the page.
        line: the line of the directive.
        name: its name, such as ``popular-seventy-percent``; empty if it has none.
        anchor: the id that a link can point to.
        claim: what the articles say, paraphrased; it is not ours and not checked.
        verdict: the verdict, as written.
        chapter: the chapter that treats it, as written.
        articles: in how many of the articles it stood, as written.
        kinds: what each of the sentences under it rests on, such as ``cited``.
        keys: the sources that they cite.
        stray: something under it that is no sentence, such as a table; empty if there is nothing.
    """

    docname: str
    line: int
    name: str
    anchor: str
    claim: str
    verdict: str
    chapter: str
    articles: str
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    stray: str = ""


class CitationUse(NamedTuple):
    """One place that cites one source.

    Attributes:
        docname: the page.
        line: the line.
        key: the source.
        anchor: the id of the citation in the page.
        section: the title of the section around it.
    """

    docname: str
    line: int | None
    key: str
    anchor: str
    section: str


class Fault(NamedTuple):
    """Something in the text of a page that breaks a rule by itself.

    Attributes:
        rule: the rule.
        message: what is wrong.
        line: where.
    """

    rule: str
    message: str
    line: int


class Book(NamedTuple):
    """The whole book.

    Attributes:
        library: the sources.
        claims: the sentences of each page, by page.
        findings: all graded conclusions, by page and line.
        uses: all citations, by page and line.
        chapters: the pages in which every sentence needs a support.
        glossary: names such as 5-HT2A that the glossary holds.
        carried: given a page and a reference in it (type, target), whether the place it points to
            holds a cited claim; None if there is no such place (Sphinx reports that itself).
        path: the file of a page.
        faults: what was found wrong when a page was read, by page.
        listed: names of findings that a list of key findings asks for: (page, line, name).
        unanswered: names of meta-analyses that a sentence asks for and that the book does not have, likewise.
        popular: the claims of popular articles, by page and line.
    """

    library: Library
    claims: Mapping[str, tuple[Claim, ...]]
    findings: tuple[Finding, ...]
    uses: tuple[CitationUse, ...]
    chapters: frozenset[str]
    glossary: frozenset[str]
    carried: Callable[[str, tuple[str, str]], bool | None]
    path: Callable[[str], str]
    listed: tuple[tuple[str, int, str], ...] = ()
    unanswered: tuple[tuple[str, int, str], ...] = ()
    faults: Mapping[str, tuple[Fault, ...]] = MappingProxyType({})
    popular: tuple[PopularClaim, ...] = ()


class VoiceShare(NamedTuple):
    """How much of a chapter is in the authors' own voice.

    Attributes:
        docname: the chapter.
        sentences: number of its sentences (and list items, table rows and so on).
        voice: how many of them are in the authors' voice.
    """

    docname: str
    sentences: int
    voice: int

    @property
    def share(self) -> float:
        """The part of the sentences that is in the authors' voice, 0 to 1."""
        return self.voice / self.sentences if self.sentences else 0.0


def voice_share(docname: str, claims: tuple[Claim, ...]) -> VoiceShare:
    """Count the sentences of a page and those in the authors' voice; headings, titles and reasons are not counted."""
    counted = [claim for claim in claims if claim.place not in HEADS]
    return VoiceShare(docname, len(counted), sum(claim.kind == "voice" for claim in counted))
