"""Ladders of levels as drawn lines: where each level stands on the x axis, the curve in focus with its fit, and the others in grey."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics import notation
from analytics.returns import LevelPoint, Returns, Segment
from pages.shared import theme
from pages.shared.charts.axes import TICK_GAP, XAxis
from pages.shared.charts.panel import Name, Panel
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width, wrap
from pages.shared.theme import TEXT_SIZE

LOGARITHMIC = ("cost_usd", "tokens", "latency_s")
"""Measures whose axis is logarithmic; all others count things, evenly."""
MOST_LEVEL_TICKS = 9
MANY = 8
"""Above so many grey lines they are fainter, and names may cross them."""
DOT, LEVEL, STOP = 5, 10, 20
"""Diameters."""
ABOVE_LEFT = (
    (-13, -21),
    (-10, -32),
    (0, -34),
    (13, -21),
    (-24, -38),
    (0, -46),
    (22, -40),
    (14, 21),
    (0, 32),
    (-13, 22),
    (20, 40),
    (-20, 40),
)
"""Where a level's name may stand: above and to the left first, since a curve that rises leaves that side free."""
ABOVE = ((0, -34), (-13, -21), (13, -21), *ABOVE_LEFT[1:])
"""The same where the curve is flat."""
BESIDE_STOP = ((-26, -44), (-14, -30), (-40, -30), (-30, -62), (22, -46), (24, -62), (26, 40), (-26, 40), (14, 26), (-16, -2), (16, 4))
BESIDE_END = ((9, 0), (9, -10), (9, 10), (-4, -14), (-4, 15), (-9, 0), (14, -22), (14, 22), (-24, -16), (-24, 18))


_Tick = tuple[float, tuple[str, ...]]
"""A place on an axis and the lines of its text."""


@dataclass(frozen=True)
class LevelAxis(XAxis):
    """An axis of a few levels, each with its name below."""

    names: tuple[tuple[float, str], ...] = ()

    def layout(self, width: float) -> dict:
        """Return the axis for `go.Layout`: all names, in two lines where they would touch, else as many as keep their distance."""
        whole: list[_Tick] = [(x, (name,)) for x, name in self.names]
        wrapped: list[_Tick] = [(x, wrap(name)) for x, name in self.names]
        short: list[_Tick] = [(x, (notation.shorten(name, 18),)) for x, name in self.names]
        kept = (
            self._apart(whole, width, every=True) or self._apart(wrapped, width, every=True) or self._apart(short, width, every=False) or []
        )
        texts = ["<br>".join(plotly_text(line) for line in lines) for _, lines in kept]
        ticks = {"tickmode": "array", "tickvals": [x for x, _ in kept], "ticktext": texts, "ticks": "outside", "ticklen": 4}
        return {"type": "linear", "range": list(self.range), "showgrid": False, "showline": True, **ticks}

    def _apart(self, lines: list[_Tick], width: float, *, every: bool) -> list[_Tick] | None:
        """Return the texts that stand apart from the one before; None if all were wanted and one does not."""
        kept: list[_Tick] = []
        reach = -math.inf
        for x, parts in lines:
            half = max(text_width(part, TEXT_SIZE) for part in parts) / 2
            if self.share(x) * width - half >= reach + TICK_GAP:
                kept.append((x, parts))
                reach = self.share(x) * width + half
            elif every:
                return None
        return kept


@dataclass(frozen=True)
class Place:
    """Where a level is drawn."""

    x: float
    y: float
    """Its accuracy."""
    index: int
    """In the ladder."""
    point: LevelPoint


@dataclass(frozen=True)
class Ladder:
    """A result with the places of its levels that can be drawn, in their order; levels without accuracy are left out."""

    result: Returns
    places: tuple[Place, ...]

    @property
    def stop(self) -> Place | None:
        """Return the level to stop at."""
        return next((place for place in self.places if place.index == self.result.stop_index), None)

    @property
    def is_stop_last(self) -> bool:
        """Return whether nothing was tried beyond the stop."""
        return self.result.stop_index is not None and self.result.stop_index == len(self.result.points) - 1

    @property
    def line(self) -> list[tuple[float, float]]:
        """Return the places as points of a line."""
        return [(place.x, place.y) for place in self.places]


def arranged(results: Sequence[Returns], focus: int) -> tuple[list[Ladder | None], bool]:
    """Return each result with its places on the axis of the one in focus, and whether that axis is what the levels measure.

    Where the focus has levels without a known place (cost unknown), all levels stand side by side in their order instead. A result that
    has no place on the axis is None.
    """
    seen = results[focus]
    is_measured = bool(seen.points) and all(_x(p, seen.x_name) is not None for p in seen.points)
    order = {name: float(i) for i, name in enumerate(dict.fromkeys(p.name for p in seen.points))}
    out: list[Ladder | None] = []
    for result in results:
        places = []
        for i, p in enumerate(result.points):
            known = _x(p, seen.x_name) if result.x_name == seen.x_name else None
            x = known if is_measured else order.get(p.name)
            if x is not None and notation.is_known(p.accuracy):
                places.append(Place(x, p.accuracy, i, p))
        is_whole = len(places) > 1 or (result is seen and places)
        out.append(Ladder(result, tuple(places)) if is_whole else None)
    return out, is_measured


def _x(point: LevelPoint, x_name: str) -> float | None:
    """Return where a level stands on an axis of this measure; None: nowhere."""
    return point.x if notation.is_known(point.x) and (x_name not in LOGARITHMIC or point.x > 0) else None


def x_axis_of(ladders: Sequence[Ladder], focus: Ladder, *, is_measured: bool, is_narrow: bool) -> XAxis:
    """Return an axis that holds all ladders and what is drawn of the fit, with room for names at the ends of lines."""
    name, fit = focus.result.x_name, focus.result.fit
    values = [place.x for ladder in ladders for place in ladder.places] or [1.0]
    if is_measured and fit is not None:
        values = [*values, float(fit.x[-1])]
    low, high = min(values), max(values)
    if is_measured and name in LOGARITHMIC:
        room = max(math.log10(high / low), 0.5)
        return XAxis(name, True, low / 10 ** (0.09 * room + 0.02), high * 10 ** ((0.05 if is_narrow else 0.09) * room + 0.02))
    span = (high - low) or 1.0
    left, right = low - (0.12 if len(focus.places) < 4 else 0.06) * span, high + (0.3 if len(focus.places) < 4 else 0.12) * span
    if len(focus.places) <= MOST_LEVEL_TICKS:
        texts = {place.x: notation.plain(place.point.name) for ladder in (*ladders, focus) for place in ladder.places}
        return LevelAxis(name, False, left, right, names=tuple(sorted(texts.items())))
    return XAxis(name, False, max(left, 0.0) if low >= 0 else left, right)


def draw_others(panel: Panel, others: Sequence[Ladder], *, with_dots: bool = True) -> None:
    """Draw the ladders that are not in focus: thin, grey, each level with its card."""
    t = panel.sheet.t
    is_many = len(others) > MANY
    xs: list[float | None] = []
    ys: list[float | None] = []
    for ladder in others:
        xs += [*(place.x for place in ladder.places), None]
        ys += [*(place.y for place in ladder.places), None]
        if with_dots and not is_many:  # few lines: no name stands on them
            panel.lines.append(ladder.line)
    if xs:
        colour = theme.rgba(t.axis, 0.55) if is_many else t.axis
        panel.trace(xs, ys, "others", mode="lines", line={"width": 1 if is_many else 1.25, "color": colour})
    if xs and with_dots:
        at = [(place, ladder.result) for ladder in others for place in ladder.places]
        marker = {"size": DOT, "color": t.field, "opacity": 0.6 if is_many else 1}
        cards = [card(place.point, result) for place, result in at]
        radius = 1.0 if is_many else DOT / 2
        panel.markers([place.x for place, _ in at], [place.y for place, _ in at], "levels of others", marker, cards, radius=radius)


def draw_fit(panel: Panel, ladder: Ladder) -> float | None:
    """Draw the fitted curve with its band, dashed beyond what was observed; return where that begins."""
    fit, t = ladder.result.fit, panel.sheet.t
    if fit is None:
        panel.line([x for x, _ in ladder.line], [y for _, y in ladder.line], "steps", width=2, color=t.blue)
        return None
    inside = np.isfinite(fit.y) & (fit.x <= panel.axis.high) & (fit.x >= panel.axis.low)
    xs, ys, seen = fit.x[inside], np.clip(fit.y[inside], 0, 1), fit.x[inside] <= fit.observed_to * (1 + 1e-9)
    is_banded = np.isfinite(fit.low[inside]) & np.isfinite(fit.high[inside])
    if is_banded.any():
        low, high = (np.clip(v[inside][is_banded], *panel.y).tolist() for v in (fit.low, fit.high))
        panel.band(xs[is_banded].tolist(), low, high, "band", t.blue)
    panel.line(xs[seen].tolist(), ys[seen].tolist(), "fit", width=2, color=t.blue)
    if (~seen).any():
        start = max(0, int(seen.sum()) - 1)
        panel.line(xs[start:].tolist(), ys[start:].tolist(), "extrapolated", width=2, color=t.blue, dash="4px,4px")
        return float(fit.observed_to)
    return None


def draw_levels(panel: Panel, ladder: Ladder, *, is_small: bool = False) -> None:
    """Draw the levels in focus: solid up to the stop, hollow beyond it, the stop itself in gold with a ring of ink."""
    t, stop = panel.sheet.t, ladder.result.stop_index
    size = LEVEL - 2 if is_small else LEVEL
    panel.bars([(place.x, place.y, place.point.low, place.point.high) for place in ladder.places], "intervals", t.blue, 1)
    solid = [place for place in ladder.places if stop is None or place.index < stop]
    beyond = [place for place in ladder.places if stop is not None and place.index > stop]
    _points(panel, ladder, solid, "levels", {"size": size, "color": t.blue, "line": {"width": 1.5, "color": t.bg}})
    _points(panel, ladder, beyond, "levels beyond the stop", {"size": size, "color": t.bg, "line": {"width": 1.75, "color": t.blue}})
    if ladder.stop is not None:
        ring = {"size": STOP - 4 if is_small else STOP, "color": t.bg, "line": {"width": 1.75, "color": t.ink}}
        _points(panel, ladder, [ladder.stop], "ring of the stop", ring)
        _points(panel, ladder, [ladder.stop], "stop", {"size": size, "color": t.gold, "line": {"width": 1.5, "color": t.ink}})


def _points(panel: Panel, ladder: Ladder, at: Sequence[Place], name: str, marker: dict) -> None:
    """Draw some levels as markers with their cards."""
    if at:
        cards = [card(place.point, ladder.result) for place in at]
        panel.markers([place.x for place in at], [place.y for place in at], name, marker, cards, radius=marker["size"] / 2)


def names_of_levels(ladder: Ladder) -> list[Name]:
    """Return the names at the points in focus, in the order of their claim: the stop, both ends, then from the middle outwards."""
    stop = ladder.stop
    middle = len(ladder.places) // 2
    rest = sorted(ladder.places, key=lambda place: abs(ladder.places.index(place) - middle))
    order = {place.index: place for place in [*([stop] if stop else []), ladder.places[-1], ladder.places[0], *rest]}
    out = []
    for place in order.values():
        is_stop = place is stop
        is_late = stop is not None and place.x > stop.x
        word = notation.shorten(notation.plain(place.point.name), 24)
        accuracy = f"{'≥ ' if ladder.result.is_bound else ''}{notation.percent(place.y)}"
        cost = place.point.cost_usd
        price = f"{accuracy} for {notation.usd(cost)} a task" if notation.is_known(cost) else accuracy
        head = ("Still pays: " if ladder.is_stop_last else "Stop here: ") if is_stop else ""
        out.append(
            Name(
                key=f"level {place.index}",
                x=place.x,
                y=place.y,
                name=f"{head}{word}",
                details=(price, accuracy) if is_stop else (accuracy,),
                radius=(STOP if is_stop else LEVEL) / 2 + 1,
                offsets=BESIDE_STOP if is_stop else ABOVE if is_late else ABOVE_LEFT,
                worth=6 if is_stop else 2,
            )
        )
    return out


def names_of_others(panel: Panel, others: Sequence[Ladder], most: int) -> list[Name]:
    """Return names for some grey lines, at their ends: of few all, of many the highest and the lowest."""
    order = sorted(others, key=lambda ladder: -ladder.places[-1].y)
    if len(order) > most:
        order = order[: most - most // 3] + order[-(most // 3) :] if most > 2 else order[:most]
    ends = [(ladder.result.series, ladder.places[-1]) for ladder in order]
    return [panel.grey_name(f"series {i}", name, end.x, end.y, radius=DOT / 2, offsets=BESIDE_END) for i, (name, end) in enumerate(ends)]


def card(point: LevelPoint, result: Returns) -> str:
    """Return the hover card of one level."""
    head = f"{notation.shorten(notation.plain(result.series), 40)} · {notation.shorten(notation.plain(point.name), 24)}"
    interval = f" ({notation.interval(point.low, point.high)})" if notation.is_known(point.low) and notation.is_known(point.high) else ""
    bound = "at least " if result.is_bound else ""
    lines = [
        f"<b>{plotly_text(head)}</b>",
        f"Accuracy {bound}{notation.percent(point.accuracy)}{interval}, n = {notation.count(point.n_attempts)}",
    ]
    if notation.is_known(point.cost_usd):
        span = f" ({notation.span(point.cost_low, point.cost_high)})" if notation.is_known(point.cost_low) else ""
        lines.append(f"Cost per task {notation.usd(point.cost_usd)}{span}")
    else:
        lines.append("Cost unknown")
    used = [f"Time {notation.seconds(point.latency_s)}"] if notation.is_known(point.latency_s) else []
    used += [f"{notation.tokens(point.tokens)} tokens"] if notation.is_known(point.tokens) else []
    if used:
        lines.append(" · ".join(used))
    step = next((s for s in result.segments if s.end == point.name), None)
    if step is not None and notation.is_known(step.d_accuracy):
        gain = notation.interval(step.d_accuracy_low, step.d_accuracy_high, signed=True)
        interval = f" ({gain})" if gain != notation.UNKNOWN else ""
        lines.append(
            f"Against {plotly_text(notation.shorten(notation.plain(step.start), 20))}: {notation.points(step.d_accuracy)}{interval}"
        )
    if step is not None and notation.is_known(step.usd_per_success):
        lines.append(f"One more success for {notation.usd(step.usd_per_success)}")
    if point.name == result.stop_at:
        lines.append(
            "The stop" + (f": best in {notation.probability(result.p_stop)} of resamples" if notation.is_known(result.p_stop) else "")
        )
    return "<br>".join(lines)


def accuracies(ladders: Sequence[Ladder], focus: Ladder) -> tuple[float, float]:
    """Return the lowest and the highest thing drawn: levels of all, intervals and the fit of the one in focus."""
    values = [place.y for ladder in ladders for place in ladder.places]
    values += [v for place in focus.places for v in (place.point.low, place.point.high) if notation.is_known(v)]
    fit = focus.result.fit
    if fit is not None:
        values += [float(v) for v in np.clip(fit.y[np.isfinite(fit.y)], 0, 1)]
    return min(values, default=0.0), max(values, default=1.0)


def midpoint(axis: XAxis, a: float, b: float) -> float:
    """Return the value in the middle between two as drawn."""
    return math.sqrt(a * b) if axis.is_log else (a + b) / 2


def steps_of(ladder: Ladder) -> list[tuple[Segment, float, float]]:
    """Return each step whose two levels are drawn, with their places."""
    at = {place.point.name: place.x for place in ladder.places}
    known = ((s, at.get(s.start), at.get(s.end)) for s in ladder.result.segments)
    return [(s, a, b) for s, a, b in known if a is not None and b is not None]
