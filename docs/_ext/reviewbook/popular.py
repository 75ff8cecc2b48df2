"""What popular articles say: the claims of others, each with a verdict and the evidence for it.

The title is somebody else's and is not checked; the sentences under it are ours and are held to every rule, on any page.
The directive keeps what the author stated; ``rules`` judges it, and the verdict is shown when the page is written.
"""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from .boxes import add_box, box, unspoken
from .domain import domain_of
from .verdicts import ARTICLES, Verdict

LABEL = "Claim"
"""What stands before the words of others, wherever they are shown."""


class popular_claim(box):
    """The claim of others; holds what the author stated as attributes."""


def badge(stated: str) -> nodes.inline:
    """A verdict as a sign and in words."""
    verdict = Verdict.parse(stated)
    if verdict is None:
        return nodes.inline("", "No verdict", classes=["verdict"])
    sign = unspoken("", verdict.sign, classes=["verdict-sign"])
    words = nodes.strong("", verdict.words, classes=["verdict-words"])
    return nodes.inline("", "", sign, nodes.Text(" "), words, classes=["verdict", verdict.css])


class PopularClaimDirective(SphinxDirective):
    """A claim of popular articles: their claim as the title, a verdict, and cited sentences."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("name", "verdict", "chapter", "articles"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        stated = {name: " ".join((self.options.get(name) or "").split()) for name in self.option_spec}
        said = " ".join(self.arguments[0].split())
        verdict = Verdict.parse(stated["verdict"])
        node = popular_claim(
            "",
            claim_name=stated["name"],
            said=said,
            verdict=stated["verdict"],
            chapter=stated["chapter"].strip("/"),
            articles=stated["articles"],
            classes=["popular-claim", *([verdict.css] if verdict else [])],
        )
        self.set_source_info(node)
        # Plain text: nothing of ours can hide in a title that is not checked.
        label = nodes.inline("", f"{LABEL}:", classes=["popular-label"])
        title = nodes.title(said, "", label, nodes.Text(f" {said}"))
        self.set_source_info(title)
        node += title
        if stated["name"]:
            # The domain gives the label its title, so that {ref} can show it.
            node["names"].append(nodes.fully_normalize_name(stated["name"]))
            self.state.document.note_explicit_target(node, node)
        node += self.parse_content_to_nodes()
        return [node]


class ShowVerdict(SphinxPostTransform):
    """Put the verdict, how many articles said it, and the chapter under the title of each claim."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        for node in list(self.document.findall(popular_claim)):
            line = nodes.paragraph("", "", badge(node["verdict"]), classes=["verdict-line"])
            line += nodes.Text(" · ")
            line += nodes.inline("", f"In {node['articles']} of {ARTICLES} articles.", classes=["verdict-articles"])
            chapter = node["chapter"]
            if chapter in self.env.titles:
                name = nodes.inline("", self.env.titles[chapter].astext())
                builder = self.env._app.builder
                link = make_refnode(builder, self.env.docname, chapter, "", name)
                line += nodes.inline("", " More in ", link, nodes.Text("."), classes=["verdict-chapter"])
            node.insert(1, line)


def titles(app: Sphinx, doctree: nodes.document) -> None:
    """Let a link to a claim show that it is the claim of others."""
    std = app.env.domains.standard_domain
    for claim in domain_of(app.env).data["popular"].get(app.env.docname, ()):
        if claim.anchor:
            label = nodes.fully_normalize_name(claim.name)
            std.labels[label] = (claim.docname, claim.anchor, f"{LABEL}: {claim.claim}")


def setup(app: Sphinx) -> None:
    """Register the directive and how claims are shown."""
    add_box(app, popular_claim)
    app.add_directive("popular-claim", PopularClaimDirective)
    app.add_post_transform(ShowVerdict)
    app.connect("doctree-read", titles, priority=600)
