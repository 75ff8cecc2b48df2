"""Tables and charts made from the outcomes in the records: what an author asks for, and the page that shows it.

A row is one outcome in two arms of one trial, with its source. All numbers are computed from the record at build,
so there is none that an author could mistype; a page is read again when a record changes what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .contrasts import Contrast, Interval, select
from .domain import domain_of
from .library import citable
from .markup import computed
from .pair_chart import MOST_ROWS, Group, Pair, PairChart
from .plots import drawing
from .records import Arm
from .trials import study_name

HEADS = ("Outcome", "Treatment", "Comparison", "Difference of 100 (95% CI)", "Source")
"""The heads of the columns; an arm that is the same in all rows stands in the place of the second and third."""
WIDTHS = (20, 23, 22, 20, 15)

Request = tuple[tuple[str, ...], tuple[str, ...]]
"""What a table asks for: outcomes and keys."""


def in_words(outcome: str) -> str:
    """An outcome as readers see it: ``ae-blurred-vision`` is "Blurred vision"."""
    words = NAMES.get(outcome) or outcome.removeprefix("ae-").replace("-", " ")
    return words[:1].upper() + words[1:]


NAMES = {
    "ae-any": "any adverse event",
    "ae-serious": "serious adverse event",
    "ae-discontinuation": "stopping because of an adverse event",
    "ae-blood-pressure-increased": "raised blood pressure, as an adverse event",
    "ae-lasting": "adverse event lasting more than a day",
    "ae-memory": "memory complaint",
    "ae-memory-lasting": "memory complaint lasting more than a day",
    "ae-diplopia": "double vision",
    "ae-hypoaesthesia": "numbness",
    "ae-dysgeusia": "odd taste",
    "ae-paraesthesia": "tingling",
    "ae-somnolence": "sleepiness",
}
"""Outcomes that are not said by their identifier alone."""


def sought(text: str | None) -> tuple[str, ...]:
    """What is named in an option, separated by commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


class TableOfComputedCells(SphinxDirective):
    """What directives share that make a table of what the build computed."""

    def _row(self, cells: Iterable[Sequence[nodes.Node]]) -> nodes.row:
        row = nodes.row()
        for cell in cells:
            paragraph = nodes.paragraph("", "", *cell)
            self.set_source_info(paragraph)
            row += nodes.entry("", paragraph)
        return row


class OutcomeTable(TableOfComputedCells):
    """A table of outcomes in two arms, with the difference and its interval."""

    required_arguments = 0
    has_content = False
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "outcomes": directives.unchanged_required,
        "sources": directives.unchanged,
        "caption": directives.unchanged_required,
        "name": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        request: Request = (sought(self.options.get("outcomes")), sought(self.options.get("sources")))
        domain = domain_of(self.env)
        try:
            found = select(citable(domain.library), *request)
            figure = self.figure(found)
        except ValueError as error:
            domain.note_request(self.env.docname, request, ())
            raise self.error(f"{self.name}: {error}") from error
        domain.note_request(self.env.docname, request, found)
        table = self._table(found)
        messages: list[nodes.system_message] = []
        caption = self.options.get("caption", "")
        if caption:
            children, messages = self.parse_inline(caption, lineno=self.lineno)
            line = (nodes.caption if figure is not None else nodes.title)(caption, "", *children)
            self.set_source_info(line)
            if figure is not None:
                figure += line
            else:
                table.insert(0, line)
        self.add_name(figure if figure is not None else table)
        return [*([figure] if figure is not None else []), table, *messages]

    def figure(self, found: Sequence[Contrast]) -> nodes.figure | None:
        """What is drawn above the table."""
        return None

    def _table(self, found: Sequence[Contrast]) -> nodes.table:
        group = nodes.tgroup(cols=len(HEADS))
        group += [nodes.colspec(colwidth=width) for width in WIDTHS]
        treated = _shared(contrast.treated.arm for contrast in found)
        control = _shared(contrast.control.arm for contrast in found)
        arms = (f"{treated or HEADS[1]}, of 100", f"{control or HEADS[2]}, of 100")
        heads = (HEADS[0], *arms, *HEADS[3:])
        group += nodes.thead("", self._row([[computed("", head[:1].upper() + head[1:])] for head in heads]))
        rows = (self._cells(contrast, not treated, not control) for contrast in found)
        group += nodes.tbody("", *map(self._row, rows))
        table = nodes.table("", group, classes=["outcomes"])
        self.set_source_info(table)
        return table

    def _cells(self, contrast: Contrast, name_treated: bool, name_control: bool) -> Iterator[list[nodes.Node]]:
        rates = contrast.rates
        when = f", {contrast.timepoint}" if contrast.timepoint else ""
        yield [computed("", f"{in_words(contrast.outcome)}{when}")]
        for arm, rate, named in (
            (contrast.treated, rates[0], name_treated),
            (contrast.control, rates[1], name_control),
        ):
            yield [computed("", (f"{arm.arm}: " if named else "") + _amount(arm, rate))]
        yield [computed("", _signed(contrast.difference, rates[0] - rates[1]))]
        yield self.parse_inline(f"{{cite:p}}`{contrast.key}`", lineno=self.lineno)[0]


class OutcomeChart(OutcomeTable):
    """The same table with a chart above it."""

    def figure(self, found: Sequence[Contrast]) -> nodes.figure:
        """The chart of the contrasts."""
        if len(found) > MOST_ROWS:
            raise ValueError(f"{len(found)} rows are too many for one chart; name fewer outcomes or sources")
        entries = domain_of(self.env).library.entries
        groups = tuple(
            Group(
                in_words(outcome),
                tuple(Pair(f"{study_name(entries[c.key])}: {_against(c)}", *c.rates) for c in several),
            )
            for outcome, several in groupby(found, key=lambda contrast: contrast.outcome)
        )
        title = self.options.get("caption", "").split("{cite")[0].strip(" .") or groups[0].heading
        figure = nodes.figure("", drawing("", picture=PairChart(title, groups)), classes=["drawn", self.name])
        self.set_source_info(figure)
        return figure


def _shared(names: Iterable[str]) -> str:
    """The name, if there is only one."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""


def _against(contrast: Contrast) -> str:
    """Both arms in short: "esketamine v placebo spray", where what is given last in both is the same."""
    treated, control = contrast.treated.arm, contrast.control.arm
    first, _, last = treated.rpartition(" ")
    same = first and control.endswith(f" {last}")
    return f"{first if same else treated} v {control}"


def _amount(arm: Arm, rate: float) -> str:
    """``24.6 (28 of 114)``, or the percentage alone where the source gives no count."""
    if arm.events is not None and arm.n:
        return f"{rate:.1f} " + _whole(f"({arm.events} of {arm.n})")
    return f"{arm.percent:g}" + (" " + _whole(f"(n = {arm.n})") if arm.n else "")


def _signed(difference: Interval | None, plain: float) -> str:
    """``+20.9 (12.3 to 29.5)``; without an interval where counts are not known."""
    if difference is None:
        return f"{plain:+.1f}".replace("-", "−")
    interval = _whole(f"({difference.low:.1f} to {difference.high:.1f})")
    return f"{difference.estimate:+.1f} {interval}".replace("-", "−")


def _whole(text: str) -> str:
    """What is not to be broken at the end of a line."""
    return text.replace(" ", "\u00a0")


def pages_with_other_outcomes(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages whose tables would show something else than when they were read."""
    domain = domain_of(env)
    records = citable(domain.library)

    def shows(request: Request) -> tuple[Contrast, ...]:
        try:
            return select(records, *request)
        except ValueError:
            return ()

    return [
        docname
        for docname, requests in domain.requests.items()
        if any(shows(request) != shown for request, shown in requests)
    ]


class OneIdForATable(SphinxPostTransform):
    """Take the id of a table from the box that Furo puts around it, which repeats it."""

    default_priority = 510  # after Furo's own

    def run(self, **kwargs: Any) -> None:
        for box in self.document.findall(nodes.container):
            if "table-wrapper" in box["classes"]:
                box["ids"] = []


def setup(app: Sphinx) -> None:
    """Register the directives, and see that a page follows the records."""
    app.add_post_transform(OneIdForATable)
    app.add_directive("outcome-table", OutcomeTable)
    app.add_directive("outcome-chart", OutcomeChart)
    app.connect("env-get-outdated", pages_with_other_outcomes)
