"""What an author writes inside sentences: the authors' voice and derived numbers.

``{voice}`The question is a fair one.` `` (or a ``:::{voice}`` block) marks sentences that are the authors' own.
``{calc}`36 <64 - 28>` `` shows 36; the build evaluates 64 − 28, and both operands must be traced in a cited record.
Inside ``{voice}`` the usual inline markup works; a role within it needs the outer one in double backticks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .numbers import Number, tokens
from .units import ANY

VOICE = "voice"
"""The class of an element that holds the authors' voice."""

_SHOWN_AND_EXPRESSION = re.compile(r"(?P<shown>.*?)\s*<(?P<expression>.*)>\s*", re.DOTALL)
_LONGEST = 200


class Derived(NamedTuple):
    """A number that is computed from cited numbers."""

    shown: str
    """What the reader sees."""
    expression: str
    """What it is computed from: ``64 - 28``."""
    ok: bool
    """Whether the shown number is the result, rounded to the decimals shown."""
    result: str
    """The result, or what is wrong with the expression."""
    operands: tuple[Number, ...] = ()
    """The numbers of the expression; 100 as a factor or a whole is no operand."""


class calc(nodes.inline):
    """A derived number; ``expression`` holds what it is computed from."""


class computed(nodes.inline):
    """Words and numbers that the build took from a record; no role makes one, so an author cannot write it."""


def evaluate(expression: str) -> Fraction:
    """Return the value of an expression of numbers, ``+ - * /`` and brackets (also ``− × ÷``, ``1,234`` and ``64%``).

    :raises ValueError: if it is anything else, or divides by zero
    """
    return _value(_parse(expression).body)


def derive(shown: str, expression: str) -> Derived:
    """Compute ``expression`` and compare it with ``shown``, at the precision of ``shown``."""
    found = tokens(shown)
    try:
        tree = _parse(expression)
        result = _value(tree.body)
    except ValueError as error:
        return Derived(shown, expression, False, str(error))
    operands = tuple(
        Number(text, Decimal(text), ANY, 0, 0)
        for text in (str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant))
        if text != "100"
    )
    if len(found) != 1:
        return Derived(
            shown,
            expression,
            False,
            "the text shown must hold exactly one number",
            operands,
        )
    value = abs(Fraction(found[0].value))
    decimals = max(0, -int(found[0].value.as_tuple().exponent))
    ok = abs(abs(result) - value) <= Fraction(1, 2 * 10**decimals)
    return Derived(shown, expression, ok, _decimal_text(result), operands)


def _parse(expression: str) -> ast.Expression:
    """Parse an arithmetic expression; each number becomes a constant that holds its text."""
    plain = expression.strip()
    for written, sign in (
        ("−", "-"),
        ("–", "-"),
        ("×", "*"),
        ("·", "."),
        ("÷", "/"),
        ("%", ""),
    ):
        plain = plain.replace(written, sign)
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", plain)
    if (
        not plain
        or len(plain) > _LONGEST
        or not re.fullmatch(r"[\d.+*/()\s-]+", plain)
        or "**" in plain
        or "//" in plain
    ):
        raise ValueError("the expression may hold numbers, + - × / and brackets only")
    # Quoted, a number reaches the tree as it was written, not as a float; in brackets, "1 2" is not the string "12".
    quoted = re.sub(r"\d+(?:\.\d+)?|\.\d+", lambda match: f"('{match.group()}')", plain)
    try:
        return ast.parse(quoted, mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        raise ValueError("the expression is not well formed") from None


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return Fraction(node.value)
        except ValueError:
            raise ValueError("the expression is not well formed") from None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        operand = _value(node.operand)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                if right == 0:
                    raise ValueError("the expression divides by zero")
                return left / right
    raise ValueError("the expression is not well formed")


def _decimal_text(value: Fraction) -> str:
    """Return a fraction as a decimal number of at most six significant digits."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"


class VoiceRole(SphinxRole):
    """A sentence in the authors' own voice."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        node = nodes.inline(self.rawtext, "", classes=[VOICE])
        self.set_source_info(node)
        children, messages = self.inliner.parse(self.text, self.lineno, _memo(self.inliner), node)
        node += children
        return [node], messages


def _memo(inliner: Any) -> Any:
    """Return what docutils' inline parser wants to know of its surroundings (MyST's needs nothing of it)."""
    return inliner


class CalcRole(SphinxRole):
    """A number derived from cited numbers."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        match = _SHOWN_AND_EXPRESSION.fullmatch(self.text)
        shown, expression = (match["shown"], match["expression"]) if match else (self.text, "")
        node = calc(self.rawtext, shown, classes=["calc"], shown=shown, expression=expression)
        self.set_source_info(node)
        return [node], []


class VoiceDirective(SphinxDirective):
    """A block in the authors' own voice."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        node = nodes.container(classes=[VOICE])
        self.set_source_info(node)
        node += self.parse_content_to_nodes()
        return [node]


def in_signs(expression: str) -> str:
    """Return an expression as it is set in type: 64 − 28."""
    return expression.replace("*", "×").replace("-", "−")


def _visit_calc_html(translator: Any, node: calc) -> None:
    translator.body.append(translator.starttag(node, "span", "", title=f"= {in_signs(node['expression'])}"))


def _depart_calc_html(translator: Any, node: calc) -> None:
    translator.body.append("</span>")


def _nothing(translator: Any, node: nodes.Element) -> None:
    """Render the content only."""


def setup(app: Sphinx) -> None:
    """Register the roles and the directive."""
    plain = (_nothing, _nothing)
    app.add_node(
        calc,
        html=(_visit_calc_html, _depart_calc_html),
        latex=plain,
        text=plain,
        man=plain,
        texinfo=plain,
    )
    app.add_node(computed, html=plain, latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_role("voice", VoiceRole())
    app.add_role("calc", CalcRole())
    app.add_directive("voice", VoiceDirective)


def is_voice(node: nodes.Node) -> bool:
    """Say whether a node marks the authors' voice."""
    return isinstance(node, nodes.Element) and VOICE in _classes(node)


def _classes(node: nodes.Element) -> Sequence[str]:
    classes: Sequence[str] = node.get("classes", ())
    return classes
