"""Meta-analyses on a page: an author names the question and the trials, and the build does the rest.

``{pooled}`name: fact` `` puts a result into a sentence anywhere in the book.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import sqrt
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from .analyses import Question, Study, analyse, studies_of
from .domain import Live, domain_of
from .effect_sizes import OF_COUNTS, Measure
from .export import analysis_file, data_file
from .folding import folded
from .forest import MOST_ROWS, Band, Forest, Mark
from .funnel import Dot, Funnel
from .library import citable
from .live import live_inline
from .markup import computed
from .outcome_tables import TableOfComputedCells, sought
from .plots import drawing
from .records import Arm
from .results import FACTS, Result, bounds, firmness, in_sentences, left_out, number, with_interval
from .synthesis import FUNNEL_NEEDS, Pooled
from .trials import study_name

WEIGHT = "Weight"
HEADS = ("Trial", "Treatment", "Comparison", "Effect (95% CI)", WEIGHT, "Source")
WIDTHS = (14, 22, 20, 20, 10, 14)
LEFT_OUT_TITLE = "Each trial left out in turn"
LEFT_OUT_HEADS = ("Left out", "The rest, pooled (95% CI)", "τ²", "I²")
LEFT_OUT_WIDTHS = (34, 40, 13, 13)
FUNNEL_CAPTION = (
    "Funnel plot of the same trials: each dot is a trial, the more precise ones stand higher, "
    "the line in the middle is the pooled effect, and the grey one no difference. "
    "If all trials measured one and the same effect, about 95 of 100 would lie between the dashed lines. "
    "Dots missing on one side at the bottom may be small trials that were never published, or chance."
)


def read_groups(lines: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read ``- active placebo: key, key``; a line without a colon is a group without a name.

    Raises:
        ValueError: with the cure, if a line is no list item, or a group holds no key.
    """
    groups = []
    for line in filter(str.strip, lines):
        found = re.fullmatch(r"\s*[-*]\s+(?:(?P<name>[^:]+):)?(?P<keys>.*)", line)
        keys = sought(found["keys"]) if found else ()
        if not found or not keys:
            raise ValueError(f"write the trials as '- group: key, key'; there is {line.strip()!r}")
        groups.append(((found["name"] or "").strip(), keys))
    return tuple(groups)


class MetaAnalysis(TableOfComputedCells):
    """A forest plot, the table of its trials, what they give together, and how firm that is."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "name": directives.unchanged_required,
        "measure": directives.unchanged_required,
        "outcome": directives.unchanged_required,
        "timepoints": directives.unchanged_required,
        "sides": directives.unchanged_required,
        "not-pooled": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        domain = domain_of(self.env)
        try:
            question, sides = self._question()
        except ValueError as error:
            raise self.error(f"{self.name}: {error}") from error
        asked = (self.options["name"], question, "not-pooled" not in self.options)
        try:
            result = Result(*asked[:2], analyse(question, citable(domain.library)), asked[2], self._title())
            forest = self._forest(result, sides)
        except ValueError as error:
            domain.note_analysis(self.env.docname, asked, None)
            raise self.error(f"{self.name}: {error}") from error
        domain.note_analysis(self.env.docname, asked, result)
        children, messages = self.parse_inline(self.arguments[0], lineno=self.lineno)
        caption = nodes.caption(self.arguments[0], "", *children)
        figure = nodes.figure("", drawing("", picture=forest), caption, classes=["drawn", self.name])
        for node in (figure, caption):
            self.set_source_info(node)
        self.add_name(figure)
        file = data_file("", "", nodes.literal("", f"{result.name}.csv"), name=analysis_file(result.name))
        saved = computed("", "", nodes.Text(" Data: "), file, nodes.Text("."))
        note = nodes.paragraph("", "", computed("", in_sentences(result)), saved, classes=["analysis-note"])
        self.set_source_info(note)
        return [figure, self._table(result), note, *self._firmness(result), *messages]

    def _question(self) -> tuple[Question, tuple[str, str]]:
        for option in ("name", "measure", "outcome", "sides"):
            if option not in self.options:
                raise ValueError(f"add the line ':{option}: …'")
        try:
            measure = Measure(self.options["measure"].strip().upper())
        except ValueError:
            raise ValueError(f"measure is one of {', '.join(Measure)}") from None
        left, bar, right = self.options["sides"].partition("|")
        if not bar:
            raise ValueError(
                "say under sides what lies left and right of no effect: 'favours placebo | favours ketamine'"
            )
        groups = read_groups(list(self.content))
        question = Question(measure, self.options["outcome"].strip(), sought(self.options.get("timepoints")), groups)
        return question, (left.strip(), right.strip())

    def _forest(self, result: Result, sides: tuple[str, str]) -> Forest:
        measure, entries = result.question.measure, domain_of(self.env).library.entries
        weights = dict(zip(result.question.keys, result.analysis.total.weights, strict=True))

        def mark(one: Study) -> Mark:
            low, high = bounds(one)
            shown = with_interval(one.effect.yi, low, high, measure)
            return Mark(study_name(entries[one.key]), shown, one.effect.yi, low, high, weights[one.key])

        pooled = dict(result.analysis.groups) if result.pooled else {}
        bands = tuple(
            Band(
                group,
                tuple(mark(one) for one in result.analysis.studies if one.group == group),
                _diamond(f"{group}, pooled", pooled[group], measure) if group in pooled else None,
            )
            for group, _ in result.question.groups
        )
        total = _diamond("All trials, pooled", result.analysis.total, measure) if result.pooled else None
        title = self._title()
        forest = Forest(title, bands, total, measure.is_ratio, sides, measure is Measure.RD)
        if forest.rows > MOST_ROWS:
            raise ValueError(f"{forest.rows} rows are too many for one plot; ask two questions")
        return forest

    def _title(self) -> str:
        """The caption without its citations."""
        return re.sub(r"\s*\{[^}]*\}`[^`]*`", "", self.arguments[0]).strip(" .")

    def _table(self, result: Result) -> nodes.table:
        shown = [at for at, head in enumerate(HEADS) if result.pooled or head != WEIGHT]
        heads, widths = [HEADS[at] for at in shown], [WIDTHS[at] for at in shown]
        rows = ([cells[at] for at in shown] for cells in self._rows(result))
        return self._filled(heads, widths, rows, ["outcomes", "meta-analysis", "colwidths-given"])

    def _filled(
        self, heads: Sequence[str], widths: Sequence[int], rows: Iterable[list[list[nodes.Node]]], classes: list[str]
    ) -> nodes.table:
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=width) for width in widths]
        group += nodes.thead("", self._row([[computed("", head)] for head in heads]))
        group += nodes.tbody("", *(self._row(cells) for cells in rows))
        table = nodes.table("", group, classes=classes)
        self.set_source_info(table)
        return table

    def _names(self, result: Result) -> list[str]:
        entries = domain_of(self.env).library.entries
        return [study_name(entries[one.key]) for one in result.analysis.studies]

    def _firmness(self, result: Result) -> Iterator[nodes.Node]:
        """What shows how firm the answer is: sentences, the table without each trial, the funnel plot."""
        names = self._names(result)
        said = firmness(result, names)
        if said:
            note = nodes.paragraph("", "", computed("", said), classes=["analysis-note"])
            self.set_source_info(note)
            yield note
        if left_out(result):
            table = self._filled(LEFT_OUT_HEADS, LEFT_OUT_WIDTHS, _left_out_rows(result, names), ["left-out"])
            table["ids"].append(nodes.make_id(f"{result.name}-left-out"))  # a table with a title needs one
            yield folded("", table, title=LEFT_OUT_TITLE)
        if result.pooled and result.analysis.total.k >= FUNNEL_NEEDS:
            caption = nodes.caption("", "", computed("", FUNNEL_CAPTION))
            figure = nodes.figure("", drawing("", picture=_funnel(result, names)), caption, classes=["drawn", "funnel"])
            for node in (figure, caption):
                self.set_source_info(node)
            yield figure

    def _rows(self, result: Result) -> Iterator[list[list[nodes.Node]]]:
        measure = result.question.measure
        weights = dict(zip(result.question.keys, result.analysis.total.weights, strict=True))
        for one, name in zip(result.analysis.studies, self._names(result), strict=True):
            low, high = bounds(one)
            texts = (
                f"{name}, {one.timepoint}" + (f" ({one.group})" if one.group else ""),
                _arm(one.treated, measure),
                _arm(one.control, measure),
                _unbroken(with_interval(one.effect.yi, low, high, measure)) + (", as reported" if one.reported else ""),
                f"{100 * weights[one.key]:.0f}%",
            )
            cite = self.parse_inline(f"{{cite:p}}`{one.key}`", lineno=self.lineno)[0]
            cells: list[list[nodes.Node]] = [[computed("", text)] for text in texts]
            yield [*cells, cite]


def _left_out_rows(result: Result, names: Sequence[str]) -> Iterator[list[list[nodes.Node]]]:
    pooled = [result.analysis.total, *(without for _, without in left_out(result))]
    for name, one in zip(("None", *names), pooled, strict=True):
        shown = with_interval(one.estimate, one.ci_low, one.ci_high, result.question.measure)
        yield [[computed("", text)] for text in (name, _unbroken(shown), f"{one.tau2:.3g}", f"{one.i2:.0f}%")]


def _funnel(result: Result, names: Sequence[str]) -> Funnel:
    measure = result.question.measure
    dots = tuple(
        Dot(name, number(one.effect.yi, measure), one.effect.yi, sqrt(one.effect.vi))
        for one, name in zip(result.analysis.studies, names, strict=True)
    )
    words = measure.words + (", in people of 100" if measure is Measure.RD else "")
    title = f"Funnel plot: {result.title}"
    return Funnel(title, dots, result.analysis.total.estimate, words, measure.is_ratio, measure is Measure.RD)


def _diamond(label: str, pooled: Pooled, measure: Measure) -> Mark:
    shown = with_interval(pooled.estimate, pooled.ci_low, pooled.ci_high, measure)
    reach = (pooled.pi_low, pooled.pi_high) if pooled.k > 1 else None
    return Mark(label, shown, pooled.estimate, pooled.ci_low, pooled.ci_high, 0.0, reach)


def _unbroken(text: str) -> str:
    """An effect whose interval is not broken at the end of a line."""
    effect, _, interval = text.partition(" ")
    return f"{effect} " + interval.replace(" ", "\u00a0")


def _short(value: float | None) -> str:
    """A number with at most two decimals; those of joined arms have many."""
    return f"{value or 0.0:.2f}".rstrip("0").rstrip(".")


def _arm(arm: Arm | None, measure: Measure) -> str:
    if arm is None:
        return "–"
    people = f", n = {arm.n}" if arm.n else ""
    if measure in OF_COUNTS and arm.events is not None:
        return f"{arm.arm}: {arm.events} of {arm.n}"
    if arm.mean is not None and (arm.sd is not None or arm.se is not None):
        spread = f"SD {_short(arm.sd)}" if arm.sd is not None else f"SE {_short(arm.se)}"
        return f"{arm.arm}: {_short(arm.mean)} ({spread}){people}".replace(" -", " −")
    return arm.arm + people


class PooledRole(SphinxRole):
    """A result of a meta-analysis, within a sentence: ``{pooled}`name: estimate` ``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name, _, fact = (part.strip() for part in self.text.partition(":"))
        if fact not in FACTS:
            message = self.inliner.reporter.error(
                f"write {{pooled}}`name: fact`; the facts are {', '.join(FACTS)}", line=self.lineno
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], [message]
        domain_of(self.env).note_live(self.env.docname, Live("pooled", self.lineno, (name, fact)))
        node = live_inline("", kind="pooled", arguments=(name, fact))
        self.set_source_info(node)
        return [node], []


def pages_with_other_results(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages whose meta-analyses would come out otherwise than when they were read, or could not be made then.

    The trials are compared and not what they give together, so that an unchanged build pools nothing.
    """
    domain = domain_of(env)
    records = citable(domain.library)

    def same(question: Question, result: Result | None) -> bool:
        try:
            return result is not None and studies_of(question, records) == result.analysis.studies
        except ValueError:
            return False

    return [
        docname
        for docname, noted in domain.analyses.items()
        if not all(same(question, result) for (_, question, _), result in noted)
    ]


def setup(app: Sphinx) -> None:
    """Register the directive and the role, and see that a page follows the records."""
    app.add_directive("meta-analysis", MetaAnalysis)
    app.add_role("pooled", PooledRole())
    app.connect("env-get-outdated", pages_with_other_results)
