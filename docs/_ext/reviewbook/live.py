"""Parts of a page that show facts about the whole book: key findings, counts, shares of the authors' voice, rules, popular claims.

They are placeholders in the doctree, filled in when the page is written.
A page is written again when what it shows has changed, even if its own source has not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import OptionSpec

from . import downloads, exhibits, rules, screening_pages
from .bibstyle import identifiers
from .domain import COUNTS, Live, ReviewDomain, domain_of
from .evidence_map import CONDITIONS, DIRECTIONS, evidence_map, randomised
from .findings import badge
from .grading import Certainty
from .plots import drawing
from .popular import badge as verdict_badge
from .results import FACTS
from .screening import NONE as NO_SCREENING
from .tables import table as _table
from .trials import trials
from .verdict_chart import VerdictChart
from .verdicts import Tally, Verdict, tallies

logger = logging.getLogger(__name__)

Facts = tuple[Any, ...]

COMPACT_MAP = "evidence-map-compact"


class live_block(nodes.General, nodes.Element):
    """A placeholder that stands for blocks."""


class live_inline(nodes.Inline, nodes.Element):
    """A placeholder that stands within a sentence."""


def facts(live: Live, domain: ReviewDomain) -> Facts:
    """What a live part shows, as plain data: a page is written again when this changes."""
    if live.kind == "count":
        return (domain.counts()[live.arguments[0]],)
    if live.kind == "voice-shares":
        titles = domain.env.titles
        return tuple(
            (share.docname, titles[share.docname].astext(), share.sentences, share.voice)
            for share in domain.voice_shares()
        )
    if live.kind == "key-findings":
        found = {finding.name: finding for finding in domain.findings() if finding.name}
        names = live.arguments or tuple(found)
        return tuple(
            (f.docname, f.anchor, f.title, f.certainty) for f in (found[name] for name in names if name in found)
        )
    if live.kind == "rules":
        return tuple(sorted(rules.RULES.values()))
    if live.kind in ("evidence-map", COMPACT_MAP):
        return tuple(
            (
                title,
                tuple(
                    tuple(
                        (c.finding.docname, c.finding.anchor, c.finding.title, c.sign, c.words, c.people) for c in cells
                    )
                    for cells in (by_level.get(level, ()) for level in Certainty)
                ),
            )
            for title, by_level in evidence_map(domain.findings(), domain.library.records)
        )
    if live.kind == "summary-of-findings":
        return tuple(
            (
                CONDITIONS[condition],
                tuple(
                    (
                        f.docname,
                        f.anchor,
                        f.title,
                        f.certainty,
                        randomised(f, domain.library.records),
                        domain.absolute(f),
                    )
                    for f in domain.findings()
                    if f.condition == condition
                ),
            )
            for condition in live.arguments or tuple(CONDITIONS)
            if condition in CONDITIONS
        )
    if live.kind == "popular-claims":
        return tuple(
            (c.docname, c.anchor, c.claim, c.verdict)
            for c in domain.popular()
            if c.anchor and c.chapter == live.arguments[0]
        )
    if live.kind == "popular-summary":
        return tallies(domain.popular(), domain.chapters())
    if live.kind == "downloads":
        return downloads.downloads(domain.env._app)
    if live.kind == "trials":
        cited = {use.key for use in domain.uses()}
        return tuple((trial, trial.key in cited) for trial in trials(domain.library))
    if live.kind == "exhibits":
        return exhibits.listed(domain)
    if live.kind == "certainty":
        level = domain.certainty_of(live.arguments[0])
        return (f"{level.words} certainty" if level else "certainty not stated",)
    if live.kind == "pooled":
        name, fact = live.arguments
        result = domain.analysis(name)
        return (FACTS[fact](result) if result else "",)
    if live.kind in screening_pages.KINDS:
        return screening_pages.facts(live.kind, live.arguments, domain.screening, domain.library)
    if live.kind == "finding":
        return (domain.start_of(live.arguments[0]),)
    raise ValueError(live.kind)  # pragma: no cover - directives make no other kind


def changed_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Pages whose live parts would show something else than when they were last written."""
    domain = domain_of(env)
    lives = {docname: [(live.kind, live.arguments) for live in lives] for docname, lives in domain.live.items()}
    asked = {one for several in lives.values() for one in several}
    counts = domain.counts()
    known = {
        (kind, arguments): (counts[arguments[0]],) if kind == "count" else facts(Live(kind, 0, arguments), domain)
        for kind, arguments in asked
    }
    shown = {docname: tuple(known[one] for one in several) for docname, several in lives.items()}
    before = domain.data["shown"]
    domain.data["shown"] = shown
    return sorted(docname for docname in shown if shown[docname] != before.get(docname))


def pages_in_a_changed_frame(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """All pages, if the order of the book, a title, or what a link can point to has changed.

    Every page shows the table of contents and the titles of its neighbours, and any page may show the title of a place.
    """
    domain = domain_of(env)
    std = env.domains.standard_domain
    slugs = [env.metadata[docname].get("myst_slugs") for docname in domain.pages()]
    titles = [(docname, env.titles[docname].astext()) for docname in domain.pages()]
    places = (std.labels, std.anonlabels, std.objects, domain.data["terms"])
    frame = repr((titles, slugs, *(sorted(place.items()) for place in places)))
    before = getattr(env, "reviewbook_frame", frame)
    env.reviewbook_frame = frame  # type: ignore[attr-defined]
    return [] if frame == before else sorted(env.found_docs)


class LiveDirective(SphinxDirective):
    """A directive that leaves a placeholder; ``kind`` is its name."""

    has_content = True
    kind = ""

    def run(self) -> list[nodes.Node]:
        names = tuple(line.strip().lstrip("-* ").strip() for line in self.content if line.strip())
        live = Live(self.kind, self.lineno, names)
        domain_of(self.env).note_live(self.env.docname, live)
        node = live_block("", kind=self.kind, arguments=names)
        self.set_source_info(node)
        return [node]


class KeyFindings(LiveDirective):
    """A list of findings with their certainty: those named in the body, one a line, or all."""

    kind = "key-findings"


class VoiceShares(LiveDirective):
    """A table of how much of each chapter is in the authors' own voice."""

    kind = "voice-shares"


class Rules(LiveDirective):
    """The table of all rules."""

    kind = "rules"


class EvidenceMap(LiveDirective):
    """The findings by condition and certainty, with signs for their direction; ``:compact:`` leaves out the numbers."""

    kind = "evidence-map"
    option_spec: ClassVar[OptionSpec] = {"compact": directives.flag}

    def run(self) -> list[nodes.Node]:
        if "compact" in self.options:
            self.kind = COMPACT_MAP
        return super().run()


class SummaryOfFindings(LiveDirective):
    """Tables of the findings on the conditions named in the body, or on all, with what they mean for 100 people."""

    kind = "summary-of-findings"

    def run(self) -> list[nodes.Node]:
        for name in (line.strip() for line in self.content if line.strip()):
            if name not in CONDITIONS:
                raise self.error(f"{self.name}: there is no condition {name!r}; write one of {', '.join(CONDITIONS)}")
        return super().run()


class Trials(LiveDirective):
    """The table of all randomised trials of the library."""

    kind = "trials"


class Exhibits(LiveDirective):
    """The list of all figures and tables of the chapters."""

    kind = "exhibits"


class Downloads(LiveDirective):
    """A list of what can be downloaded: the editions that were built, and the data files."""

    kind = "downloads"


class PopularSummary(LiveDirective):
    """A chart and a table of the verdicts on popular claims, by part of the book."""

    kind = "popular-summary"


class _OfScreening(LiveDirective):
    """A directive that shows something of the searches and the screening log."""

    def run(self) -> list[nodes.Node]:
        if domain_of(self.env).screening == NO_SCREENING:
            raise self.error(f"{self.name}: the book has no searches and no screening log; look at conf.py")
        return super().run()


class Searches(_OfScreening):
    """The searches for new studies and the reasons to exclude a work."""

    kind = "searches"


class ScreeningFlow(_OfScreening):
    """The flow of works from the searches to the library, as PRISMA 2020 asks for it."""

    kind = "screening-flow"


def place_popular_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Keep a place at the end of each chapter for what popular articles say about its subject."""
    domain, docname = domain_of(app.env), app.env.docname
    section = next(iter(doctree.findall(nodes.section)), None)
    if section is not None and domain.is_chapter(docname):
        domain.note_live(docname, Live("popular-claims", section.line or 1, (docname,)))
        section += live_block("", kind="popular-claims", arguments=(docname,))


class Count(SphinxRole):
    """A number that the build counts: {count}`sources-cited`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name = self.text.strip()
        if name not in COUNTS:
            message = self.inliner.reporter.error(
                f"nothing is counted under the name {name!r}; there are {', '.join(COUNTS)}",
                line=self.lineno,
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        domain_of(self.env).note_live(self.env.docname, Live("count", self.lineno, (name,)))
        node = live_inline("", kind="count", arguments=(name,))
        self.set_source_info(node)
        return [node], []


class OfScreening(SphinxRole):
    """A fact of the screening log: {screening}`last-search`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name = self.text.strip()
        if name not in screening_pages.NUMBERS or domain_of(self.env).screening == NO_SCREENING:
            told = ", ".join(screening_pages.NUMBERS)
            message = self.inliner.reporter.error(
                f"the screening log does not tell {name!r}; where there is a log, it tells {told}", line=self.lineno
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        domain_of(self.env).note_live(self.env.docname, Live("screening", self.lineno, (name,)))
        node = live_inline("", kind="screening", arguments=(name,))
        self.set_source_info(node)
        return [node], []


class CertaintyOf(SphinxRole):
    """How certain a finding is, as a link to it: ``{certainty}`finding-name` `` shows "low certainty"."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name = self.text.strip()
        domain_of(self.env).note_live(self.env.docname, Live("certainty", self.lineno, (name,)))
        node = addnodes.pending_xref(
            "",
            nodes.inline("", "", live_inline("", kind="certainty", arguments=(name,)), classes=["std", "std-ref"]),
            refdomain="std",
            reftype="ref",
            reftarget=nodes.fully_normalize_name(name),
            refexplicit=True,
            refwarn=True,
            refdoc=self.env.docname,
        )
        self.set_source_info(node)
        return [node], []


class FillIn(SphinxPostTransform):
    """Put what they show in the place of the placeholders."""

    default_priority = 4

    def run(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        for node in [*self.document.findall(live_block), *self.document.findall(live_inline)]:
            live = Live(node["kind"], 0, tuple(node["arguments"]))
            node.replace_self(list(self._render(live.kind, facts(live, domain))))

    def _render(self, kind: str, shown: Facts) -> Iterator[nodes.Node]:
        if kind in ("pooled", "certainty"):
            yield nodes.Text(shown[0])
        elif kind == "count":
            yield nodes.Text(f"{shown[0]:,}")
        elif kind in screening_pages.KINDS:
            yield from screening_pages.render(kind, shown)
        elif kind == "voice-shares" and shown:
            rows = [
                [
                    self._link(docname, "", nodes.inline("", title)),
                    nodes.inline("", str(sentences)),
                    nodes.inline("", str(voice)),
                    nodes.inline("", f"{voice / sentences:.1%}" if sentences else "–"),
                ]
                for docname, title, sentences, voice in shown
            ]
            heads = ("Chapter", "Sentences", "Authors' voice", "Share")
            yield _table(heads, (55, 15, 15, 15), rows, "voice-shares")
        elif kind == "rules":
            rows = [[nodes.literal("", name), _with_code(what), _with_code(cure)] for name, what, cure in shown]
            yield _table(("Rule", "What it demands", "What to do"), (20, 40, 40), rows, "rules")
        elif kind == "evidence-map" and shown:
            yield self._map(shown)
            signs = "; ".join(f"{sign} {words}" for sign, words in DIRECTIONS.values())
            yield nodes.paragraph(
                "", f"{signs}. The number counts the people randomised in the trials that the finding cites."
            )
        elif kind == COMPACT_MAP and shown:
            yield self._compact_map(shown)
            signs = "; ".join(f"{sign} {words}" for sign, words in DIRECTIONS.values())
            yield nodes.paragraph("", f"Each sign is a finding: {signs}.", classes=["map-key"])
        elif kind == "summary-of-findings":
            for title, rows in shown:
                if rows:
                    yield nodes.rubric("", title)
                    yield self._summary(rows)
        elif kind == "downloads":
            yield from downloads.listed(shown, self.env._app, self.env.docname)
        elif kind == "popular-claims" and shown:
            yield self._popular(shown)
        elif kind == "popular-summary" and shown:
            yield from _verdicts(shown)
        elif kind == "trials":
            yield self._trials(shown)
        elif kind == "exhibits":
            for docname, title, several in shown:
                yield nodes.paragraph("", "", nodes.strong("", "", self._link(docname, "", nodes.inline("", title))))
                items = nodes.bullet_list(classes=["exhibits"])
                for what, anchor, text in several:
                    line = nodes.paragraph("", f"{what}: ")
                    line += self._link(docname, anchor, nodes.inline("", text))
                    items += nodes.list_item("", line)
                yield items
        elif kind == "key-findings" and shown:
            items = nodes.bullet_list(classes=["key-findings"])
            for docname, anchor, title, certainty in shown:
                link = self._link(docname, anchor, nodes.inline("", title))
                line = nodes.paragraph("", "", link, nodes.Text(" "), badge(certainty))
                items += nodes.list_item("", line)
            yield items

    def _link(self, docname: str, anchor: str, child: nodes.Node, title: str | None = None) -> nodes.Node:
        builder: Builder = self.env._app.builder
        return make_refnode(builder, self.env.docname, docname, anchor, child, title)

    def _map(self, shown: Facts) -> nodes.table:
        rows = []
        for condition, levels in shown:
            cells: list[nodes.Node] = [nodes.inline("", condition)]
            for found in levels:
                cell = nodes.inline()
                for index, (docname, anchor, title, sign, words, people) in enumerate(found):
                    size = 1 + sum(people >= limit for limit in (50, 200, 1000))
                    mark = nodes.inline(
                        "", f"{sign} {people:,}" if people else sign, classes=["map-mark", f"size-{size}"]
                    )
                    cell += [nodes.Text(" "), self._link(docname, anchor, mark, f"{title}: {words}")][
                        0 if index else 1 :
                    ]
                cells.append(cell)
            rows.append(cells)
        heads = ("Question", *(f"{level.words.capitalize()} {level.symbol}" for level in Certainty))
        return _table(heads, (32, 17, 17, 17, 17), rows, "evidence-map")

    def _compact_map(self, shown: Facts) -> nodes.table:
        """The map with signs alone, narrow enough for a page of prose and for a phone."""
        rows = []
        for condition, levels in shown:
            cells: list[nodes.Node] = [nodes.inline("", condition)]
            for found in levels:
                cell = nodes.inline()
                for docname, anchor, title, sign, words, _ in found:
                    mark = nodes.inline("", sign, classes=["map-mark"])
                    cell += [
                        nodes.Text(" " if len(cell) else ""),
                        self._link(docname, anchor, mark, f"{title}: {words}"),
                    ]
                cells.append(cell)
            rows.append(cells)
        heads = ("Question", *(level.words.capitalize() for level in Certainty))
        return _table(heads, (40, 17, 17, 15, 11), rows, COMPACT_MAP)

    def _popular(self, shown: Facts) -> nodes.container:
        """What popular articles say about a chapter's subject: words of others, which a search must not take for ours."""
        block = nodes.container("", classes=["popular-block", "no-search"])
        block += nodes.rubric("", "What popular articles say about this", **{"heading-level": 2})
        block += nodes.paragraph(
            "",
            "Claims from widely read articles, in other words than theirs, each with the verdict of this book; "
            "a link leads to what the evidence shows.",
        )
        items = nodes.bullet_list(classes=["popular-list"])
        for docname, anchor, said, verdict in shown:
            link = self._link(docname, anchor, nodes.inline("", said))
            items += nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(" "), verdict_badge(verdict)))
        block += items
        return block

    def _summary(self, shown: Facts) -> nodes.table:
        rows = [
            [
                self._link(docname, anchor, nodes.inline("", name)),
                badge(certainty),
                nodes.inline("", f"{people:,}" if people else "–"),
                nodes.inline("", hundred or "–"),
            ]
            for docname, anchor, name, certainty, people, hundred in shown
        ]
        heads = ("Finding", "Certainty", "People randomised", "For 100 people")
        return _table(heads, (46, 17, 13, 24), rows, "summary-of-findings")

    def _trials(self, shown: Facts) -> nodes.table:
        rows = []
        for trial, cited in shown:
            name: nodes.Node = nodes.inline("", trial.study)
            if cited:
                name = self._link(self.env.config.reviewbook_sources_page, f"cite-{trial.key}", name)
            elif trial.doi or trial.pmid:
                _, _, uri = next(identifiers({"doi": trial.doi, "pmid": trial.pmid}))
                name = nodes.reference("", "", name, refuri=uri)
            state = ", ".join(trial.read).replace("-", " ") + ("" if trial.citable else "; may not be cited yet")
            cells = (trial.design, trial.population, str(trial.n or ""), trial.intervention, trial.comparator, state)
            rows.append([name, *(nodes.inline("", cell) for cell in cells)])
        heads = ("Trial", "Design", "People", "n", "Treatment", "Comparison", "Read")
        return _table(heads, (12, 9, 24, 6, 22, 16, 11), rows, "trials")


def _verdicts(shown: tuple[Tally, ...]) -> Iterator[nodes.Node]:
    """The verdicts by part, as a chart and as a table."""
    title = "Verdicts on popular claims, by part of the book"
    figure = nodes.figure("", drawing("", picture=VerdictChart(title, shown)), classes=["drawn", "verdict-chart"])
    figure["ids"].append("verdicts-by-part")
    figure += nodes.caption(
        "", f"{title}. A bar is as long as the number of claims; below it, each verdict has its sign."
    )
    yield figure
    rows = []
    for index, verdict in enumerate(Verdict):
        counts = [tally.counts[index] for tally in shown]
        cells = [str(count or "–") for count in (*counts, sum(counts))]
        rows.append([verdict_badge(verdict.value), *(nodes.inline("", cell) for cell in cells)])
    totals = [tally.total for tally in shown]
    rows.append([nodes.inline("", "All"), *(nodes.inline("", str(total)) for total in (*totals, sum(totals)))])
    heads = ("Verdict", *(tally.part for tally in shown), "All")
    yield _table(heads, (28, *(60 // len(shown) for _ in shown), 12), rows, "verdicts")


_CODE = re.compile(r"((?:\{[\w:]+\})?`[^`]+`)")


def _with_code(text: str) -> nodes.inline:
    """A text in which what stands in backticks, and a role with its content, is shown as code."""
    line = nodes.inline()
    for index, part in enumerate(_CODE.split(text)):
        if index % 2:
            line += nodes.literal("", part if part.startswith("{") else part.strip("`"))
        elif part:
            line += nodes.Text(part)
    return line


def setup(app: Sphinx) -> None:
    """Register the directives, the role and what fills them in."""
    app.add_node(live_block)
    app.add_node(live_inline)
    app.add_directive("key-findings", KeyFindings)
    app.add_directive("voice-shares", VoiceShares)
    app.add_directive("rules", Rules)
    app.add_directive("evidence-map", EvidenceMap)
    app.add_directive("summary-of-findings", SummaryOfFindings)
    app.add_directive("trials", Trials)
    app.add_directive("exhibits", Exhibits)
    app.add_directive("downloads", Downloads)
    app.add_directive("popular-summary", PopularSummary)
    app.add_directive("searches", Searches)
    app.add_directive("screening-flow", ScreeningFlow)
    app.add_role("count", Count())
    app.add_role("screening", OfScreening())
    app.add_role("certainty", CertaintyOf())
    app.add_post_transform(FillIn)
    app.connect("doctree-read", place_popular_claims, priority=600)
    app.connect("env-updated", changed_pages, priority=600)
    app.connect("env-updated", pages_in_a_changed_frame, priority=600)
