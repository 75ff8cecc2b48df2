"""Findings: graded conclusions, with their certainty and the reasons for it beside them.

The directive keeps what the author stated; ``rules`` judges it, and the certainty is put in words when the page is written.
"""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from . import grading
from .boxes import add_box, box, unspoken
from .domain import Live, domain_of
from .grading import Certainty, Reason

STARTS = {
    Certainty.HIGH: "Starts high: randomised trials, reviews of them, or drug levels measured in people.",
    Certainty.MODERATE: "Starts moderate: a medicine's label.",
    Certainty.LOW: "Starts low: studies in people that are not randomised trials of treatment.",
    Certainty.VERY_LOW: "Starts very low: animals, cells, single cases or opinion.",
}
"""What is said of the level from which grading starts."""


class finding(box):
    """A graded conclusion; holds what the author stated as attributes."""


def badge(stated: str) -> nodes.inline:
    """The certainty of a finding in a symbol and in words."""
    level = Certainty.parse(stated)
    if level is None:
        return nodes.inline("", "Certainty not stated", classes=["certainty"])
    symbol = unspoken("", level.symbol, classes=["certainty-symbol"])
    words = nodes.inline("", f"{level.words.capitalize()} certainty", classes=["certainty-words"])
    return nodes.inline("", "", symbol, nodes.Text(" "), words, classes=["certainty", level.css])


def reasons_text(downgraded: str, upgraded: str) -> str:
    """The reasons for a certainty, as sentences; empty if there are none."""
    parts = []
    for lead, stated in (("Lowered for", downgraded), ("Raised for", upgraded)):
        reasons = "; ".join(map(_in_words, grading.reasons(stated)))
        if reasons:
            parts.append(f"{lead} {reasons}.")
    return " ".join(parts)


def _in_words(reason: Reason) -> str:
    serious = "very serious: " if reason.levels > 1 else ""
    return f"{reason.name} ({serious}{reason.explanation})" if reason.explanation else reason.name


class FindingDirective(SphinxDirective):
    """A graded conclusion: a title, cited sentences, a certainty and reasons."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged,
        "certainty": directives.unchanged,
        "downgraded": directives.unchanged,
        "upgraded": directives.unchanged,
        "condition": directives.unchanged,
        "direction": directives.unchanged,
        "absolute": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        stated = {name: " ".join((self.options.get(name) or "").split()) for name in self.option_spec}
        level = Certainty.parse(stated["certainty"])
        node = finding(
            "",
            finding_name=stated["name"],
            certainty=stated["certainty"],
            downgraded=stated["downgraded"],
            upgraded=stated["upgraded"],
            condition=stated["condition"],
            direction=stated["direction"],
            absolute=stated["absolute"],
            classes=["finding", *([level.css] if level else [])],
        )
        self.set_source_info(node)
        children, messages = self.parse_inline(self.arguments[0], lineno=self.lineno)
        title = nodes.title(self.arguments[0], "", *children)
        self.set_source_info(title)
        node += title
        if stated["name"]:
            # The domain gives the label its title, so that {ref} can show it.
            node["names"].append(nodes.fully_normalize_name(stated["name"]))
            self.state.document.note_explicit_target(node, node)
        node += self.parse_content_to_nodes()
        domain_of(self.env).note_live(self.env.docname, Live("finding", self.lineno, (stated["name"],)))
        return [node, *messages]


class ShowCertainty(SphinxPostTransform):
    """Put the certainty of each finding, and the reasons for it, under its title."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        for node in list(self.document.findall(finding)):
            line = nodes.paragraph("", "", badge(node["certainty"]), classes=["certainty-line"])
            level = domain.start_of(node["finding_name"])
            start = STARTS[level] if level else ""
            why = " ".join(filter(None, (start, reasons_text(node["downgraded"], node["upgraded"]))))
            if why:
                line += [nodes.Text(" "), nodes.inline("", why, classes=["certainty-reasons"])]
            node.insert(1, line)


def setup(app: Sphinx) -> None:
    """Register the directive and how findings are shown."""
    add_box(app, finding)
    app.add_directive("finding", FindingDirective)
    app.add_post_transform(ShowCertainty)
