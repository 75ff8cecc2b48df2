"""Citation roles that say what is wrong with a citation.

Those of sphinxcontrib-bibtex (2.7) end with a traceback where keys are malformed, and know forms that show the reader
nothing of the source, or that put words around a key which are no key.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.domain import BibtexDomain
from sphinxcontrib.bibtex.roles import CiteRole

from .book import Fault
from .domain import domain_of

SHOWN = frozenset({"p", "t"})
"""The forms of a citation that are allowed: in parentheses, and as the subject of the sentence."""

_KEYS = re.compile(r"\s*[^\s{},]+\s*(,\s*[^\s{},]+\s*)*")


class CheckedCiteRole(CiteRole):
    """A citation, if it is well formed; otherwise its text, and a fault for the rules."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        fault = ""
        if not _KEYS.fullmatch(self.text):
            fault = f"not a list of keys: {self.text!r}"
        elif self.form not in SHOWN:
            fault = f"not a form of citation that is used here: cite:{self.form}"
        if fault:
            line = self.get_source_info()[1]
            domain_of(self.env).note_fault(self.env.docname, Fault("cite.malformed", fault, line))
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        found: tuple[list[nodes.Node], list[nodes.system_message]] = super().run()
        return found


def setup(app: Sphinx) -> None:
    """Put the checked roles in the place of the others."""
    for form in BibtexDomain.roles:
        app.add_role_to_domain("cite", form, CheckedCiteRole(form), override=True)
    app.add_role("cite", CheckedCiteRole("p"), override=True)
