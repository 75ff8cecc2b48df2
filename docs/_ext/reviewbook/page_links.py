"""The addresses and trial numbers that stand in the text of a page, and what is wrong with their form."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes

from .addresses import malformed_trial_numbers, url_fault
from .book import Fault


def faults(doctree: nodes.document) -> Iterator[Fault]:
    """What is wrong with the addresses and the trial numbers of a page, as it was written."""
    for node in doctree.findall(nodes.reference):
        url = node.get("refuri", "")
        fault = url_fault(url) if url.startswith(("http:", "https:", "//")) else ""
        if fault:
            yield Fault("link.page", f"{fault}: {url}", line_of(node) or 1)
    for text in doctree.findall(nodes.Text):
        for number in malformed_trial_numbers(text):
            yield Fault("link.trial-number", f"malformed number of a trial: {number}", line_of(text) or 1)


def line_of(node: nodes.Node) -> int | None:
    """The line of a node within a paragraph, which may span several lines."""
    block: nodes.Node | None = node.parent
    while block is not None and not (block.line and not isinstance(block, nodes.Inline)):
        block = block.parent
    if block is None:
        return node.line
    before = 0
    for other in block.findall():
        if other is node:
            break
        if isinstance(other, nodes.Text):
            before += other.count("\n")
    return max(node.line or 0, (block.line or 0) + before)
