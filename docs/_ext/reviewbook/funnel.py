"""A funnel plot: the effect of each trial against its standard error, and where trials of one effect would lie."""

from __future__ import annotations

from typing import NamedTuple

from .axes import effect_ticks, plain_ticks, tick_text
from .contrasts import Z95
from .svg import SMALL, WIDTH, Theme, coordinate, frame, text_at

LEFT, RIGHT = 40.0, WIDTH - 18.0
TOP, BOTTOM = 26.0, 236.0
RADIUS = 4.5


class Dot(NamedTuple):
    """A trial.

    Attributes:
        label: the trial.
        shown: its effect in words.
        effect: its effect, on the scale of the analysis.
        se: the standard error of that.
    """

    label: str
    shown: str
    effect: float
    se: float


class Funnel(NamedTuple):
    """A funnel plot.

    Attributes:
        title: what it shows.
        dots: the trials.
        middle: the pooled effect, on the scale of the analysis.
        measure: the measure in words.
        ratio: whether the scale is logarithmic (effects are logarithms).
        of_100: whether effects are proportions, shown as people of 100.
    """

    title: str
    dots: tuple[Dot, ...]
    middle: float
    measure: str
    ratio: bool
    of_100: bool = False

    def describe(self) -> str:
        """The trials in words, from the most precise on, and how many lie outside the limits."""
        outside = sum(abs(dot.effect - self.middle) > Z95 * dot.se for dot in self.dots)
        trials = "; ".join(
            f"{dot.label}: {dot.shown}, standard error {self._error(dot.se)}"
            for dot in sorted(self.dots, key=lambda dot: dot.se)
        )
        return f"{trials}. {outside} of {len(self.dots)} trials lie outside the limits."

    def svg(self, name: str, theme: Theme) -> str:
        """The drawing; ``name`` makes its ids unique on a page."""
        deepest = 1.06 * max(dot.se for dot in self.dots)
        reach = Z95 * deepest
        effects = [0.0, *(dot.effect for dot in self.dots)]
        low, high, ticks = effect_ticks(
            min([*effects, self.middle - reach]), max([*effects, self.middle + reach]), self.ratio
        )

        def x(effect: float) -> float:
            return LEFT + (RIGHT - LEFT) * (effect - low) / (high - low)

        def y(se: float) -> float:
            return TOP + (BOTTOM - TOP) * se / deepest

        lines = []
        for se in (tick for tick in plain_ticks(0, deepest)[2] if tick <= deepest):
            lines.append(_line(LEFT, y(se), RIGHT, y(se), theme.muted, 'stroke-opacity="0.25"'))
            lines.append(text_at(LEFT - 5, y(se) + 4, self._error(se), SMALL, theme.muted, "end"))
        lines.append(_line(x(0), TOP, x(0), BOTTOM, theme.muted, 'class="nothing" stroke-opacity="0.6"'))
        for at in ticks:
            lines.append(_line(x(at), BOTTOM, x(at), BOTTOM + 4, theme.muted))
            lines.append(
                text_at(x(at), BOTTOM + 17, tick_text(at, self.ratio, self.of_100), SMALL, theme.muted, "middle")
            )
        middle = x(self.middle)
        lines.append(_line(middle, TOP, middle, BOTTOM, theme.accent, 'class="middle"'))
        for side in (-1, 1):
            end = x(self.middle + side * reach)
            lines.append(_line(middle, TOP, end, BOTTOM, theme.accent, 'class="limit" stroke-dasharray="5 4"'))
        words = [
            text_at(
                2,
                13,
                "Standard error" + (" of the logarithm" if self.ratio else ""),
                SMALL,
                theme.muted,
            ),
            text_at((LEFT + RIGHT) / 2, BOTTOM + 35, self.measure, SMALL, theme.muted, "middle"),
        ]
        dots = (
            f'<circle cx="{coordinate(x(dot.effect))}" cy="{coordinate(y(dot.se))}" r="{RADIUS}" '
            f'style="fill:{theme.accent};stroke:{theme.paper}"/>'
            for dot in self.dots
        )
        return frame(name, self.title, self.describe(), BOTTOM + 42, theme, [*lines, *words, *dots])

    def _error(self, se: float) -> str:
        """A standard error as readers see it; that of a ratio is of its logarithm."""
        return f"{100 * se:.3g}" if self.of_100 else f"{se:.2g}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    ends = zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    places = " ".join(f'{name}="{coordinate(value)}"' for name, value in ends)
    return f'<line {places} style="stroke:{colour}" {more}/>'
