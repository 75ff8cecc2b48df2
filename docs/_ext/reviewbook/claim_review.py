"""The verdicts on popular claims for machines: schema.org's ClaimReview, as JSON-LD in the head of the page that holds them.

``itemReviewed`` is a Claim without ``author`` and ``appearance``, because the book names no articles.
``ratingValue`` runs from 5 (supported) to 1 (contradicted); a claim that cannot be checked has no number, only its ``alternateName``.
``url`` is absolute where ``html_baseurl`` is set; otherwise it is the fragment alone, which is relative to the page itself.
``datePublished`` is the date of the release, so that equal sources give equal pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from .book import PopularClaim
from .domain import domain_of
from .verdicts import Verdict


def claim_reviews(claims: Iterable[PopularClaim], page: str, author: str, released: str) -> dict[str, Any]:
    """The claims of a page as a graph of reviews; those without a name or a known verdict are left out.

    Args:
        claims: the claims.
        page: the absolute address of the page; empty if it is not known.
        author: the organisation that judged.
        released: the date, as YYYY-MM-DD; empty if it is not known.
    """
    graph = []
    for claim in claims:
        verdict = Verdict.parse(claim.verdict)
        if verdict is None or not claim.anchor:
            continue
        rating: dict[str, Any] = {"@type": "Rating", "alternateName": verdict.words}
        if verdict.rating is not None:
            rating |= {"ratingValue": verdict.rating, "bestRating": 5, "worstRating": 1}
        graph.append(
            {
                "@type": "ClaimReview",
                "url": f"{page}#{claim.anchor}",
                "claimReviewed": claim.claim,
                "itemReviewed": {"@type": "Claim", "text": claim.claim},
                "reviewRating": rating,
                "author": {"@type": "Organization", "name": author},
                **({"datePublished": released} if released else {}),
            }
        )
    return {"@context": "https://schema.org", "@graph": graph}


def as_script(data: dict[str, Any]) -> str:
    """Data as an element of HTML, which nothing in the data can end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/ld+json">{safe}</script>'


def add_reviews(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put the reviews into the head of a page that holds popular claims."""
    claims = domain_of(app.env).data["popular"].get(pagename, ())
    if app.builder.format != "html" or app.builder.name == "epub" or not claims:
        return
    base = (app.config.html_baseurl or "").rstrip("/")
    page = f"{base}/{app.builder.get_target_uri(pagename)}" if base else ""
    data = claim_reviews(claims, page, app.config.author, app.config.reviewbook_released)
    context["metatags"] = context.get("metatags", "") + "\n" + as_script(data)


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("html-page-context", add_reviews)
