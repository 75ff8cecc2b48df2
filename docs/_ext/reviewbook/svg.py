"""What all drawings share: their width, type, colours, and the frame that makes them readable to everyone.

Drawings are narrow and tall, so that their text can be read on a phone.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import NamedTuple

WIDTH = 350
"""Width of all drawings in their own units: at this width in pixels, text has its nominal size."""
FONT = 12.5
SMALL = 12
LINE = 15
GAP = 8.0
"""The least room between what stands side by side."""
CHARACTER = 0.56
BOLD = 0.63
"""Mean width of a character, in units of the font size: there are no font metrics here, so it is on the large side."""


class Theme(NamedTuple):
    """The colours of a drawing, as CSS values."""

    ink: str
    muted: str
    paper: str
    soft: str
    accent: str


PAGE = Theme(
    ink="currentColor",
    muted="var(--color-foreground-muted)",
    paper="var(--color-background-primary)",
    soft="var(--color-background-secondary)",
    accent="var(--color-brand-primary)",
)
"""The colours of the page around an inline drawing, light or dark."""
PRINT = Theme(ink="#22262a", muted="#596168", paper="#ffffff", soft="#f6f6f2", accent="#0b5563")
"""The colours of a drawing in a file of its own."""


def text_width(text: str, size: float = FONT, character: float = CHARACTER) -> float:
    """About how wide a text is."""
    return len(text) * size * character


def with_unit(value: str, unit: str) -> str:
    """A value with its unit; only the per cent sign stands close."""
    return value + unit if unit in ("%", "") else f"{value}\u202f{unit}"


def text_at(
    x: float, y: float, text: str, size: float = FONT, colour: str = "", anchor: str = "", more: str = ""
) -> str:
    """A line of text; ``more`` is put among the attributes as it is."""
    style = f' style="fill:{colour}"' if colour else ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{coordinate(x)}" y="{coordinate(y)}" font-size="{coordinate(size)}"{place}{style}{more}>{escape(text)}</text>'


def halo(theme: Theme) -> str:
    """The attribute that keeps words readable where they cross a line."""
    return f' style="stroke:{theme.paper};stroke-width:3;paint-order:stroke"'


def coordinate(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def frame(name: str, title: str, description: str, height: float, theme: Theme, body: Iterable[str]) -> str:
    """The whole drawing; ``name`` makes its ids unique on a page, and title and description are what is read out."""
    ids = f"{name}-title {name}-desc"
    start = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {coordinate(height)}" '
        f'width="{WIDTH}" height="{coordinate(height)}" role="img" aria-labelledby="{ids}" '
        f'font-family="system-ui, sans-serif" style="color:{theme.ink}" fill="currentColor">'
    )
    heading = f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(description)}</desc>'
    return "\n".join([start, heading, *body, "</svg>"])
