"""The frontier figure: accuracy against cost, time or tokens, with the grey field, the named frontier, limits and the lane of the unknown.

It draws what the `Frontier` says and computes nothing but coordinates. From the ground up: limit region, field bars, ladders, field,
frontier line, hull, not decidable, ladders on the frontier, frontier bars, frontier points, pins, names.
"""

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from analytics import notation
from analytics.frontier import Frontier, Point
from analytics.points import Located, Scored, is_located, is_scored
from analytics.wording import fitting, ranked
from pages.shared import labels as names
from pages.shared import theme
from pages.shared.charts import lane, limits
from pages.shared.charts.axes import x_axis, y_layout
from pages.shared.charts.canvas import Canvas
from pages.shared.charts.naming import name_points, staircase

HEIGHT, NARROW_HEIGHT = 480, 372
WIDTHS, NARROW_WIDTHS = (700, 800), (336, 366)
"""Widths in pixels at which no label may hit anything: the page stretches the figure to a width between them."""
MARGIN = {"l": 38, "r": 0, "t": 22, "b": 46}
NARROW_MARGIN = {"l": 36, "r": 2, "t": 22, "b": 44}
MOST_BARS = 60
"""Above this many points only the frontier and the undecided keep their error bars."""
FIELD, OPEN, ON, PIN, UNSURE = 7, 8, 11, 20, 4
"""Diameters."""
SURE = 0.95


def frontier_figure(
    frontier: Frontier,
    labels: dict[str, str],
    *,
    dark: bool = False,
    narrow: bool = False,
    log: bool = True,
    error_bars: bool = True,
    show_hull: bool = False,
    max_cost: float | None = None,
    max_latency: float | None = None,
    pins: Sequence[str] = (),
    only_frontier: bool = False,
    ladders: Sequence[Sequence[str]] = (),
    height: int | None = None,
    widths: Sequence[int] | None = None,
) -> go.Figure:
    """Return the figure of a frontier; for no points, the same frame with one sentence in it.

    Parameters
    ----------
    labels : dict
        Configuration id to display name. Names are made inert here; a click hands back the name as given, as `customdata[0]`.
    narrow : bool
        For a phone: lower, fewer labels with short names, a thin lane, no bars in the field.
    log : bool
        A known zero then stands at the left edge, above a tick of its own.
    max_cost, max_latency : float or None
        Limits; the one on the axis is drawn as a line with its region, points over the other one are faded.
    pins : ids of A and B
    ladders : lists of ids, each one model in the order of effort
    widths : pixel widths of the whole figure at which no label may hit anything
    """
    scored = [p for p in frontier.points if is_scored(p)]
    shown = [p for p in scored if not only_frontier or p.on_frontier or p.configuration in pins]
    inside = [p for p in shown if is_located(p)]
    outside = [p for p in shown if not is_located(p)]
    compared = ranked(frontier)
    objective = frontier.objectives[1]
    limit = {"cost_usd": max_cost, "latency_s": max_latency}.get(objective)
    off_axis = fitting(compared, None if objective == "cost_usd" else max_cost, None if objective == "latency_s" else max_latency)
    margin = {**(NARROW_MARGIN if narrow else MARGIN), **({} if outside else {"r": 12})}
    height = height or (NARROW_HEIGHT if narrow else HEIGHT)
    inner = [width - margin["l"] - margin["r"] for width in widths or (NARROW_WIDTHS if narrow else WIDTHS)]
    lane_width, gap = _lane_share(outside, inside, min(inner), narrow)
    end = 1.0 - lane_width - gap
    y_axis, bottom, top = y_layout(min(map(_low, shown), default=0.0), max(map(_high, shown), default=1.0))
    clean = names.clean(labels)
    canvas = Canvas(
        t=theme.tokens(dark),
        labels=names.short_names(clean) if narrow else clean,
        raw_labels=labels,
        frontier=frontier,
        axis=x_axis(objective, [p.x for p in inside], log=log, limit=limit),
        pins=tuple(pins[:2]),
        faded=frozenset(p.configuration for p in compared) - {p.configuration for p in off_axis},
        is_narrow=narrow,
        margin=margin,
        plots=tuple((width * end, height - margin["t"] - margin["b"]) for width in inner),
        end=end,
        y=(bottom, top),
    )
    x_layout = {**canvas.axis.layout(canvas.plots[0][0]), "domain": [0, end], "anchor": "y"}
    layout = {"template": theme.template(dark), "height": height, "margin": margin, "uirevision": "frontier", "yaxis": y_axis}
    if not scored:
        canvas.say(frontier.empty_reason or "There is no scored configuration to draw.", 0.5)
        return canvas.figure(**layout | {"xaxis": {"visible": False}, "yaxis": {"visible": False}})
    if outside:
        layout |= _draw_lane(canvas, outside, (end + gap, 1.0), min(inner))
    if not inside:
        unknown = names.MEASURES[objective].unknown
        canvas.say(f"{unknown} for all of them: there is nothing to set their accuracy against.", end / 2)
        _axis_words(canvas)
        return canvas.figure(**layout, xaxis={"domain": [0, end], "anchor": "y", "showticklabels": False, "showline": True})
    limit = limits.on_axis(canvas, max_cost, max_latency)
    if limit is not None:
        limits.draw_region(canvas, limit)
    _draw_points(canvas, inside, ladders, error_bars=error_bars, show_hull=show_hull)
    for letter, pin in zip("AB", canvas.pins, strict=False):
        _ring(canvas, letter, [p for p in inside if p.configuration == pin])
    _axis_words(canvas)
    taken: list[list] = [[] for _ in canvas.plots]
    if max_cost is not None or max_latency is not None:
        taken = limits.write(canvas, limit, max_cost, max_latency, len(fitting(compared, max_cost, max_latency)), len(compared))
    name_points(canvas, inside, ladders, limit=limit, taken=taken, within=fitting(compared, max_cost, max_latency))
    return canvas.figure(**layout, xaxis=x_layout)


def _low(p: Scored) -> float:
    """Return the lowest thing drawn of a point."""
    return p.accuracy_low if notation.is_known(p.accuracy_low) else p.accuracy


def _high(p: Scored) -> float:
    """Return the highest thing drawn of a point."""
    return p.accuracy_high if notation.is_known(p.accuracy_high) else p.accuracy


def _lane_share(outside: list[Scored], inside: list[Located], inner: float, is_narrow: bool) -> tuple[float, float]:
    """Return the lane's width and its distance from the plot, as shares of the inner width."""
    if not outside:
        return 0.0, 0.0
    if is_narrow:
        return 28 / inner, 12 / inner
    return (0.11, 0.018) if inside else (0.25, 0.018)


def _draw_lane(canvas: Canvas, outside: list[Scored], domain: tuple[float, float], inner: float) -> dict:
    """Draw the lane with its markers and pins; return its axes."""
    width = inner * (domain[1] - domain[0])
    offsets = lane.swarm([canvas.level(p.accuracy, canvas.plots[0]) for p in outside], width, FIELD + 3)
    marker = {"size": FIELD, "color": canvas.t.panel, "line": {"width": 1.25, "color": canvas.t.field}}
    places = [2 * offset / width for offset in offsets]
    canvas.markers(outside, "unknown", marker, x=places)
    for letter, pin in zip("AB", canvas.pins, strict=False):
        at = [(p, x) for p, x in zip(outside, places, strict=True) if p.configuration == pin]
        if at:
            _ring(canvas, letter, [at[0][0]], x=[at[0][1]])
    return lane.draw(canvas, len(outside), domain)


def _draw_points(canvas: Canvas, inside: list[Located], ladders: Sequence[Sequence[str]], *, error_bars: bool, show_hull: bool) -> None:
    """Draw field, ladders, frontier and the points in their three states, from the ground up."""
    t = canvas.t
    compared = [p for p in inside if p.excluded is None]
    on = sorted((p for p in compared if p.state == "on"), key=lambda p: (p.x, -p.accuracy))
    undecided = [p for p in compared if p.state == "undecided"]
    field = [p for p in compared if p.state not in ("on", "undecided")]
    aside = [p for p in inside if p.excluded is not None]
    bars = error_bars and not canvas.is_narrow
    by_id = {p.configuration: p for p in compared}
    efforts = [[by_id[c] for c in ladder if c in by_id] for ladder in ladders]
    if bars and len(inside) <= MOST_BARS:
        canvas.bars(field, "field bars", theme.rgba(t.field, 0.4), 0.75)
    for points in efforts:
        _ladder(canvas, points, is_on=False)
    if field:
        canvas.markers(field, "dominated", {"size": FIELD, "color": t.field})
    if aside:
        canvas.markers(aside, "left out", {"size": FIELD, "color": t.bg, "line": {"width": 1.25, "color": t.field}})
    _frontier_line(canvas, on)
    if show_hull:
        _hull(canvas, [p for p in inside if p.on_hull])
    if bars:
        canvas.bars(undecided, "bars of the not decidable", theme.rgba(t.blue, 0.4), 0.75)
    if undecided:
        canvas.markers(undecided, "not decidable", {"size": OPEN, "color": t.bg, "line": {"width": 1.5, "color": t.blue}})
    for points in efforts:
        _ladder(canvas, points, is_on=True)
    if error_bars:
        canvas.bars(on, "frontier bars", t.blue, 1)
    if on:
        canvas.markers(on, "on the frontier", {"size": ON, "color": t.blue, "line": {"width": 1.5, "color": t.bg}})
    unsure = [p for p in on if notation.is_known(p.p_on_frontier) and p.p_on_frontier < SURE]
    if unsure:
        canvas.markers(unsure, "not certain", {"size": UNSURE, "color": t.bg}, hoverinfo="skip", hovertemplate=None, customdata=None)


def _frontier_line(canvas: Canvas, on: list[Located]) -> None:
    """Draw the staircase from the ground to the right edge: what the best choice reaches at each cost."""
    steps = staircase(on)
    if steps:
        xs, ys = [canvas.axis.value(p.x) for p in steps], [p.accuracy for p in steps]
        line = {"shape": "hv", "width": 2, "color": canvas.t.blue}
        canvas.line([xs[0], *xs, canvas.axis.high], [canvas.y[0], *ys, ys[-1]], "frontier", **line)


def _hull(canvas: Canvas, corners: list[Located]) -> None:
    """Draw what mixing two configurations reaches: straight in money, so curved on a log axis."""
    xs, ys = [], []
    for a, b in pairwise(sorted(corners, key=lambda p: (p.x, p.accuracy))):
        start, stop = canvas.axis.value(a.x), canvas.axis.value(b.x)
        for i in range(33):
            share = (i / 32) ** 2 if canvas.axis.is_log else i / 32
            xs.append(start + share * (stop - start))
            ys.append(a.accuracy + share * (b.accuracy - a.accuracy))
    if xs:
        canvas.line(xs, ys, "hull", width=1.25, color=canvas.t.blue, dash="4px,4px")


def _ladder(canvas: Canvas, points: list[Located], *, is_on: bool) -> None:
    """Join one model's points in the order of effort: grey, or dotted blue where both ends are on the frontier."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in pairwise(points):
        if (a.on_frontier and b.on_frontier) == is_on:
            xs += [canvas.axis.value(a.x), canvas.axis.value(b.x), None]
            ys += [a.accuracy, b.accuracy, None]
    if xs and is_on:
        canvas.line(xs, ys, "ladder on the frontier", width=1.25, color=canvas.t.blue, dash="1px,3px")
    elif xs:
        canvas.line(xs, ys, "ladder", width=1.25, color=canvas.t.axis)


def _ring(canvas: Canvas, letter: str, points: Sequence[Point], **place) -> None:
    """Draw a pin: a ring with its letter."""
    if not points:
        return
    colour = canvas.t.blue if letter == "A" else canvas.t.plum
    marker = {"size": PIN, "color": canvas.t.bg, "line": {"width": 2, "color": colour}, "opacity": 1}
    font = {"color": colour, "size": theme.TEXT_SIZE, "weight": 700}
    text = {"mode": "markers+text", "text": [letter], "textposition": "middle center", "textfont": font}
    canvas.markers(points, f"pin {letter}", marker, **text, **place)


def _axis_words(canvas: Canvas) -> None:
    """Name the axes: what goes up, what it costs, and which way is better."""
    measure = names.MEASURES[canvas.objective]
    up = "↑ Mean score" if canvas.frontier.is_fractional else "↑ Accuracy"
    canvas.write(up, x=0, xanchor="left", xshift=2 - canvas.margin["l"], y=1, yanchor="bottom", yshift=3)
    below = {"y": 0, "yanchor": "top", "yshift": -26}
    canvas.write(f"← {measure.better}", x=0, xanchor="left", **below)
    title = measure.short_title if canvas.is_narrow else measure.title
    canvas.write(f"{title}{' (log)' if canvas.axis.is_log else ''}", x=canvas.end, xanchor="right", **below)
