"""The machinery of the book: a small Sphinx extension that checks the chain from claim to source."""

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, object]:
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
