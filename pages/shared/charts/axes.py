"""Axes of a figure: ranges, ticks in plain numbers, and the one place that knows how a log axis counts.

Plotly takes raw values for traces, shapes and ticks of a log axis, but log10 of them for annotations and ranges.
"""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

from analytics import notation
from pages.shared.lettering import text_width
from pages.shared.theme import TEXT_SIZE

TICK_GAP = 8
"""Pixels between two tick texts, at least."""


@dataclass(frozen=True)
class XAxis:
    """The axis of the second objective."""

    objective: str
    is_log: bool
    low: float
    """Left end, as a value."""
    high: float
    zero_at: float | None = None
    """Where a known zero stands on a log axis: left of all other points, above a tick of its own."""

    def value(self, x: float) -> float:
        """Return the coordinate for traces and shapes."""
        return self.zero_at if self.zero_at is not None and x <= 0 else x

    def annotation(self, x: float) -> float:
        """Return the coordinate for annotations and ranges: log10 of the value on a log axis."""
        return math.log10(self.value(x)) if self.is_log else x

    def share(self, x: float) -> float:
        """Return how far along the axis a value stands: 0 at the left end, 1 at the right one."""
        low, high = self.range
        return (self.annotation(x) - low) / (high - low)

    @cached_property
    def range(self) -> tuple[float, float]:
        """Both ends in the axis' own count."""
        return (math.log10(self.low), math.log10(self.high)) if self.is_log else (self.low, self.high)

    def layout(self, width: float) -> dict:
        """Return the axis for `go.Layout`, with ticks that fit a plot this many pixels wide."""
        values = self.tick_values(width)
        texts = [tick_text(self.objective, value) for value in values]
        if self.zero_at is not None:
            values, texts = [self.zero_at, *values], [tick_text(self.objective, 0), *texts]
        out = {
            "type": "log" if self.is_log else "linear",
            "range": list(self.range),
            "tickmode": "array",
            "tickvals": values,
            "ticktext": texts,
            "ticks": "outside",
            "ticklen": 4,
            "showgrid": False,
            "showline": True,
        }
        if self.is_log:
            first = self.low if self.zero_at is None else self.zero_at * 1.5
            out["minor"] = {"ticks": "outside", "ticklen": 2.5, "tickmode": "array", "tickvals": steps(first, self.high, range(1, 10))}
        return out

    def tick_values(self, width: float) -> list[float]:
        """Return tick values: 1-2-5 on a log axis, thinned until their texts keep their distance; even steps elsewhere."""
        if self.is_log:
            first = self.low if self.zero_at is None else self.zero_at * 1.5
            for every in (1, 2, 3, 6, 9):
                values = [v for v, place in _one_two_five(first, self.high) if place % every == 0]
                if self._fit(values, width):
                    if len(values) >= 3 or self.high / self.low > 30:
                        return values
                    break
        for most in (7, 5, 4, 3, 2):
            values = even_steps(max(self.low, 0.0) if not self.is_log else self.low, self.high, most)
            if self._fit(values, width):
                return values
        return values[:1]

    def _fit(self, values: list[float], width: float) -> bool:
        """Return True if the tick texts stand apart."""
        spans = [(self.share(v) * width, text_width(tick_text(self.objective, v), TEXT_SIZE) / 2) for v in values]
        return all(b - wb >= a + wa + TICK_GAP for (a, wa), (b, wb) in itertools.pairwise(spans))


def x_axis(objective: str, values: list[float], *, log: bool, limit: float | None = None) -> XAxis:
    """Return an axis that holds all values with room for names beside the outermost, and the limit if it is not far away.

    A log axis needs a value above zero, so zeros alone make it linear.
    """
    positive = [v for v in values if v > 0]
    if not log or not positive:
        top = max([*values, 0.0]) or 1.0
        if limit is not None and limit <= 3 * top:
            top = max(top, limit)
        return XAxis(objective, False, -0.02 * top, 1.1 * top)
    low, high = min(positive), max(positive)
    zero_at = None
    if len(positive) < len(values):
        zero_at = low / max(2.5, (high / low) ** 0.18)
        low = zero_at
    if limit is not None and low / 10 <= limit <= high * 10:
        low, high = min(low, limit), max(high, limit)
    decades = math.log10(high / low)
    room = max(decades, 0.5)
    return XAxis(objective, True, low / 10 ** (0.22 * room + 0.06), high * 10 ** (0.1 * room + 0.04), zero_at)


def y_layout(low: float, high: float) -> tuple[dict, float, float]:
    """Return the accuracy axis for `go.Layout` and its ends, as fractions; it never goes past 0 or 100% but for a little air on top."""
    bottom = 0.0 if low < 0.4 else math.floor((low - 0.05) * 10) / 10
    top = 1.0 if high > 0.8 or bottom > 0 else min(1.0, math.ceil((high + 0.02) * 10) / 10)
    step = 0.2 if top - bottom > 0.6 else 0.1 if top - bottom > 0.25 else 0.05
    n = int(round((top - bottom) / step, 6))
    values = [round(top - i * step, 6) for i in range(n, -1, -1)] if bottom > 0 else [round(i * step, 6) for i in range(n + 1)]
    texts = [notation.fixed(v * 100, 0) for v in values]
    texts[-1] += "%"
    end = top + (0.13 if high > top - 0.2 * (top - bottom) else 0.04) * (top - bottom)
    layout = {
        "range": [bottom, end],
        "tickmode": "array",
        "tickvals": values,
        "ticktext": texts,
        "showgrid": True,
        "ticks": "",
    }
    return layout, bottom, end


def tick_text(objective: str, value: float) -> str:
    """Write a tick: no decimals that say nothing.

    >>> [tick_text("cost_usd", v) for v in (0.2, 0.005, 1.0, 20_000.0)], tick_text("tokens", 50_000.0), tick_text("latency_s", 0.5)
    (['$0.20', '$0.005', '$1', '$20k'], '50k', '0.5')
    """
    if objective.endswith("_usd"):
        if value >= 10_000:
            return notation.large_usd(value)
        if value >= 1:
            return f"${_bare(value)}"
        return f"${notation.fixed(value, 2)}" if value >= 0.01 and round(value, 2) == round(value, 9) else f"${_bare(value)}"
    if value >= (1_000 if objective == "tokens" else 10_000):
        return notation.tokens(value).replace(" ", "").replace(".00", "").replace(".0", "")
    return _bare(value)


def _bare(value: float) -> str:
    """Write without trailing zeros and without an exponent."""
    text = f"{value:,.12f}".rstrip("0").rstrip(".")
    return text or "0"


def steps(low: float, high: float, mantissas) -> list[float]:
    """Return k · 10^e within a range.

    >>> steps(0.3, 6, (1, 2, 5))
    [0.5, 1.0, 2.0, 5.0]
    """
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [float(f"{k}e{e}") for e in exponents for k in mantissas]
    return [v for v in values if low <= v <= high]


def _one_two_five(low: float, high: float) -> list[tuple[float, int]]:
    """Return 1-2-5 steps with their place in the endless row …, 0.5, 1, 2, 5, 10, …; 1 has place 0, so thinning by 3 keeps the decades."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    row = [(float(f"{k}e{e}"), 3 * e + i) for e in exponents for i, k in enumerate((1, 2, 5))]
    return [(v, place) for v, place in row if low <= v <= high]


def even_steps(low: float, high: float, most: int) -> list[float]:
    """Return at most so many evenly spaced round values within a range.

    >>> even_steps(0, 23, 5), even_steps(10.2, 13.9, 5)
    ([0.0, 5.0, 10.0, 15.0, 20.0], [11.0, 12.0, 13.0])
    """
    wanted = (high - low) / most
    size = 10 ** math.floor(math.log10(wanted))
    step = next(size * k for k in (1, 2, 5, 10, 20) if size * k >= wanted * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]
