"""The frontier figure: accuracy against cost, time or tokens, with the grey field, the named frontier, limits and the lane of the unknown.

Traces are drawn in this order: field bars, ladders, field, frontier line, hull, not decidable, ladders on the frontier, frontier bars,
frontier points, pins; then the labels. It draws what the `Frontier` says and computes nothing but coordinates.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from analytics import notation
from analytics.frontier import Frontier, Point
from analytics.wording import fitting, ranked
from pages.shared import labels as names
from pages.shared import theme
from pages.shared.charts import hover, lane
from pages.shared.charts.axes import XAxis, x_axis, y_layout
from pages.shared.charts.naming import name_points
from pages.shared.theme import rgba

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
FADED = 0.35


@dataclass(frozen=True)
class Canvas:
    """What all parts of one figure share."""

    figure: go.Figure
    t: theme.Tokens
    labels: dict[str, str]
    raw_labels: dict[str, str]
    """As given: what a click hands back."""
    frontier: Frontier
    axis: XAxis
    pins: tuple[str, ...]
    far: frozenset[str]
    """Configurations over a limit that the axis does not show: drawn faded."""

    @property
    def objective(self) -> str:
        """Return the name of the axis' objective."""
        return self.frontier.objectives[1]

    def scatter(
        self, points: Sequence[Point], *, marker: dict, bars: str | None = None, xaxis: str = "x", x=None, is_quiet: bool = False, **more
    ) -> None:
        """Add one trace of markers with cards; `bars` is the colour of their error bars."""
        pin = next((p for p in self.frontier.points if self.pins and p.configuration == self.pins[0]), None)
        cards = [[self.raw_labels.get(p.configuration, p.configuration), hover.card(p, self.labels, self.objective, pin)] for p in points]
        opacity = [FADED if p.configuration in self.far else 1.0 for p in points]
        trace = go.Scatter(
            x=[self.axis.value(p.x) for p in points] if x is None else x,
            y=[p.accuracy for p in points],
            mode="markers",
            marker={"opacity": opacity, **marker},
            xaxis=xaxis,
            yaxis="y2" if xaxis == "x2" else "y",
            cliponaxis=False,
            unselected={"marker": {"opacity": FADED}},
            **more,
        )
        trace.update({"hoverinfo": "skip"} if is_quiet else {"customdata": cards, "hovertemplate": hover.TEMPLATE})
        if bars is not None:
            trace.error_y = {
                "type": "data",
                "symmetric": False,
                "array": [(p.accuracy_high - p.accuracy) if notation.is_known(p.accuracy_high) else 0 for p in points],
                "arrayminus": [(p.accuracy - p.accuracy_low) if notation.is_known(p.accuracy_low) else 0 for p in points],
                "width": 0,
                **({"thickness": 0.75, "color": bars} if bars != self.t.blue else {"thickness": 1, "color": bars}),
            }
        self.figure.add_trace(trace)


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
        Configuration id to display name. Names are made inert here.
    narrow : bool
        For a phone: lower, fewer labels with short names, a thin lane, no bars in the field.
    max_cost, max_latency : float or None
        Limits; the one on the axis is drawn as a line with its region, points over the other one are faded.
    pins : ids of A and B
    ladders : lists of ids, each one model in the order of effort
    widths : pixel widths of the whole figure at which no label may hit anything
    """
    t = theme.tokens(dark)
    raw_labels, labels = labels, names.clean(labels)
    if narrow:
        labels = names.short_names(labels)
    height = height or (NARROW_HEIGHT if narrow else HEIGHT)
    margin = dict(NARROW_MARGIN if narrow else MARGIN)
    scored = [p for p in frontier.points if notation.is_known(p.accuracy)]
    inside = [p for p in scored if notation.is_known(p.x)]
    outside = [p for p in scored if not notation.is_known(p.x)]
    compared = ranked(frontier)
    if only_frontier:
        inside = [p for p in inside if p.on_frontier or p.configuration in pins]
        outside = [p for p in outside if p.configuration in pins]
    objective = frontier.objectives[1]
    limit = {"cost_usd": max_cost, "latency_s": max_latency}.get(objective)
    off_axis = {"max_cost": None if objective == "cost_usd" else max_cost, "max_latency": None if objective == "latency_s" else max_latency}
    axis = x_axis(objective, [p.x for p in inside], log=log, limit=limit)
    figure = go.Figure()
    fitting_all = {p.configuration for p in fitting(compared, max_cost, max_latency)}
    canvas = Canvas(
        figure,
        t,
        labels,
        raw_labels,
        frontier,
        axis,
        tuple(pins[:2]),
        frozenset(p.configuration for p in compared) - {p.configuration for p in fitting(compared, **off_axis)},
    )
    lane_share = _lane_share(outside, inside, widths or (NARROW_WIDTHS if narrow else WIDTHS), margin, narrow)
    end = 1.0 - lane_share[0] - lane_share[1]
    if not outside:
        margin["r"] = 12
    drawn = inside + outside
    y_axis, bottom, top = y_layout(
        min((_low(p) for p in drawn), default=0.0), max((_high(p) for p in drawn), default=1.0), is_narrow=narrow
    )
    plots = [w - margin["l"] - margin["r"] for w in widths or (NARROW_WIDTHS if narrow else WIDTHS)]
    figure.update_layout(
        template=theme.template(dark),
        height=height,
        margin=margin,
        uirevision="frontier",
        xaxis={**axis.layout(min(plots) * end), "domain": [0, end], "anchor": "y"},
        yaxis=y_axis,
    )
    if not scored:
        return _empty(figure, t, frontier.empty_reason or "There is no scored configuration to draw.")
    sizes = [(plot * end, height - margin["t"] - margin["b"]) for plot in plots]
    if not inside:
        _say_in_plot(
            figure, t, f"{names.MEASURES[objective].unknown} for all of them: nothing can be compared here yet.", (1 - lane_share[0]) / 2
        )
        figure.update_layout(xaxis={"showticklabels": False, "ticks": "", "minor": {"ticks": ""}})
    if outside:
        _draw_lane(canvas, outside, (end + lane_share[1], 1.0), min(plots), sizes[0][1], (bottom, top), narrow)
    _draw_limit_region(canvas, limit)
    _draw_points(canvas, inside, bottom, error_bars, narrow, show_hull, ladders)
    _draw_pins(canvas, inside)
    _direction_words(figure, t, frontier, end if inside else None, log=axis.is_log, is_narrow=narrow)
    taken = _limit_words(canvas, limit, max_cost, max_latency, len(fitting_all), len(compared), sizes, end, margin["l"], is_narrow=narrow)
    name_points(
        canvas,
        inside,
        compared,
        sizes,
        (bottom, top),
        limit=limit,
        taken=taken,
        is_narrow=narrow,
        max_cost=max_cost,
        max_latency=max_latency,
    )
    return figure


def _low(p: Point) -> float:
    """Return the lowest thing drawn of a point."""
    return p.accuracy_low if notation.is_known(p.accuracy_low) else p.accuracy


def _high(p: Point) -> float:
    """Return the highest thing drawn of a point."""
    return p.accuracy_high if notation.is_known(p.accuracy_high) else p.accuracy


def _lane_share(outside: list, inside: list, widths: Sequence[int], margin: dict, is_narrow: bool) -> tuple[float, float]:
    """Return the lane's width and its distance from the plot, as shares of the whole."""
    if not outside:
        return 0.0, 0.0
    if is_narrow:
        plot = min(widths) - margin["l"] - margin["r"]
        return (28 / plot, 12 / plot)
    return (0.11, 0.018) if inside else (0.25, 0.018)


def _draw_lane(
    canvas: Canvas, outside: list[Point], domain: tuple[float, float], plot: float, height: float, y: tuple[float, float], is_narrow: bool
) -> None:
    """Draw the lane with its markers."""
    lane.draw(canvas.figure, canvas.t, canvas.objective, len(outside), domain, is_narrow=is_narrow)
    width = plot * (domain[1] - domain[0])
    levels = [height * (y[1] - p.accuracy) / (y[1] - y[0]) for p in outside]
    offsets = lane.swarm(levels, width, FIELD + 3)
    marker = {"size": FIELD, "color": canvas.t.panel, "line": {"width": 1.25, "color": canvas.t.field}}
    canvas.scatter(outside, marker=marker, xaxis="x2", x=[2 * offset / width for offset in offsets], name="unknown")
    for letter, pin in zip("AB", canvas.pins, strict=False):
        for p, offset in zip(outside, offsets, strict=True):
            if p.configuration == pin:
                _ring(canvas, letter, [2 * offset / width], [p.accuracy], [p], "x2")


def _draw_limit_region(canvas: Canvas, limit: float | None) -> None:
    """Draw the affordable region and its edge."""
    if limit is None or (canvas.axis.is_log and limit <= 0):
        return
    low, high = canvas.axis.low, canvas.axis.high
    edge = min(max(limit, low), high)
    box = {"type": "rect", "xref": "x", "yref": "paper", "x0": low, "x1": edge, "y0": 0, "y1": 1, "layer": "below", "line_width": 0}
    canvas.figure.add_shape(**box, fillcolor=rgba(canvas.t.teal, 0.07))
    if low < limit < high:
        line = {"type": "line", "xref": "x", "yref": "paper", "x0": edge, "x1": edge, "y0": 0, "y1": 1, "layer": "between"}
        canvas.figure.add_shape(**line, line={"width": 1.5, "color": canvas.t.teal})


def _draw_points(
    canvas: Canvas, inside: list[Point], bottom: float, error_bars: bool, is_narrow: bool, show_hull: bool, ladders: Sequence[Sequence[str]]
) -> None:
    """Draw field, ladders, frontier and the points in their three states, from the ground up."""
    t, figure, axis = canvas.t, canvas.figure, canvas.axis
    by_state = {state: [p for p in inside if p.excluded is None and p.state == state] for state in ("on", "undecided")}
    on = sorted(by_state["on"], key=lambda p: (p.x, -p.accuracy))
    aside = [p for p in inside if p.excluded is not None]
    field = [p for p in inside if p.excluded is None and p.state not in ("on", "undecided")]
    ground = rgba(t.field, 0.4)
    if error_bars and field and not is_narrow and len(inside) <= MOST_BARS:
        canvas.scatter(field, marker={"size": 1, "opacity": 0}, bars=ground, is_quiet=True, name="field bars")
    lines = [[p for p in (_find(inside, i) for i in ladder) if p is not None] for ladder in ladders]
    for points in lines:
        _ladder(canvas, [p for p in points if p.excluded is None], is_on=False)
    if field:
        canvas.scatter(field, marker={"size": FIELD, "color": t.field}, name="dominated")
    if aside:
        canvas.scatter(aside, marker={"size": FIELD, "color": t.bg, "line": {"width": 1.25, "color": t.field}}, name="left out")
    _frontier_line(canvas, on, bottom)
    if show_hull:
        _hull(canvas, [p for p in inside if p.on_hull])
    if by_state["undecided"]:
        marker = {"size": OPEN, "color": t.bg, "line": {"width": 1.5, "color": t.blue}}
        bars = rgba(t.blue, 0.4) if error_bars and not is_narrow else None
        canvas.scatter(by_state["undecided"], marker=marker, bars=bars, name="not decidable")
    for points in lines:
        _ladder(canvas, [p for p in points if p.excluded is None], is_on=True)
    if on:
        marker = {"size": ON, "color": t.blue, "line": {"width": 1.5, "color": t.bg}}
        canvas.scatter(on, marker=marker, bars=t.blue if error_bars else None, name="on the frontier")
    unsure = [p for p in on if notation.is_known(p.p_on_frontier) and p.p_on_frontier < SURE]
    if unsure:
        figure.add_trace(
            go.Scatter(
                x=[axis.value(p.x) for p in unsure],
                y=[p.accuracy for p in unsure],
                mode="markers",
                marker={"size": UNSURE, "color": t.bg},
                hoverinfo="skip",
                cliponaxis=False,
                name="not certain",
            )
        )


def _find(points: list[Point], configuration: str) -> Point | None:
    """Return the point of a configuration, if it is drawn."""
    return next((p for p in points if p.configuration == configuration), None)


def staircase(on: Sequence[Point]) -> list[Point]:
    """Return the members that make the frontier's line in this plane, by rising x: with a third objective some lie under it."""
    steps: list[Point] = []
    for p in sorted(on, key=lambda p: (p.x, -p.accuracy)):
        if not steps or p.accuracy > steps[-1].accuracy:
            steps.append(p)
    return steps


def _frontier_line(canvas: Canvas, on: list[Point], bottom: float) -> None:
    """Draw the staircase from the ground to the right edge: what the best choice reaches at each cost."""
    steps = staircase(on)
    if not steps:
        return
    xs = [canvas.axis.value(p.x) for p in steps]
    ys = [p.accuracy for p in steps]
    trace = go.Scatter(
        x=[xs[0], *xs, canvas.axis.high],
        y=[bottom, *ys, ys[-1]],
        mode="lines",
        line={"shape": "hv", "width": 2, "color": canvas.t.blue},
        hoverinfo="skip",
        name="frontier",
    )
    canvas.figure.add_trace(trace)


def _hull(canvas: Canvas, corners: list[Point]) -> None:
    """Draw what mixing two configurations reaches: straight in money, so curved on a log axis."""
    corners = sorted(corners, key=lambda p: (p.x, p.accuracy))
    if len(corners) < 2:
        return
    xs, ys = [], []
    for a, b in itertools.pairwise(corners):
        start, stop = canvas.axis.value(a.x), canvas.axis.value(b.x)
        for i in range(33):
            share = (i / 32) ** 2 if canvas.axis.is_log else i / 32
            xs.append(start + share * (stop - start))
            ys.append(a.accuracy + share * (b.accuracy - a.accuracy))
    line = {"width": 1.25, "color": canvas.t.blue, "dash": "4px,4px"}
    canvas.figure.add_trace(go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", name="hull"))


def _ladder(canvas: Canvas, points: list[Point], *, is_on: bool) -> None:
    """Join one model's points in the order of effort: grey, or dotted blue where both ends are on the frontier."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in itertools.pairwise(points):
        if (a.on_frontier and b.on_frontier) == is_on:
            xs += [canvas.axis.value(a.x), canvas.axis.value(b.x), None]
            ys += [a.accuracy, b.accuracy, None]
    if xs:
        line = {"width": 1.25, "color": canvas.t.blue, "dash": "1px,3px"} if is_on else {"width": 1.25, "color": canvas.t.axis}
        name = "ladder on the frontier" if is_on else "ladder"
        canvas.figure.add_trace(go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", name=name))


def _draw_pins(canvas: Canvas, inside: list[Point]) -> None:
    """Draw a ring with its letter around each pinned point of the plot."""
    for letter, pin in zip("AB", canvas.pins, strict=False):
        p = _find(inside, pin)
        if p is not None:
            _ring(canvas, letter, [canvas.axis.value(p.x)], [p.accuracy], [p], "x")


def _ring(canvas: Canvas, letter: str, x: list[float], y: list[float], points: list[Point], xaxis: str) -> None:
    """Draw one pin."""
    colour = canvas.t.blue if letter == "A" else canvas.t.plum
    canvas.scatter(
        points,
        marker={"size": PIN, "color": canvas.t.bg, "line": {"width": 2, "color": colour}, "opacity": 1},
        xaxis=xaxis,
        x=x,
        name=f"pin {letter}",
    )
    canvas.figure.data[-1].update(mode="markers+text", text=[letter], textposition="middle center")
    canvas.figure.data[-1].textfont = {"color": colour, "size": 12, "weight": 700}


def _direction_words(figure: go.Figure, t: theme.Tokens, frontier: Frontier, end: float | None, *, log: bool, is_narrow: bool) -> None:
    """Name the axes: what goes up, what it costs, and which way is better."""
    measure = names.MEASURES[frontier.objectives[1]]
    note = {"xref": "paper", "yref": "paper", "showarrow": False, "borderpad": 0, "font": {"color": t.ink2, "size": theme.TEXT_SIZE}}
    up = "↑ Mean score" if frontier.is_fractional else "↑ Accuracy"
    left = -(NARROW_MARGIN if is_narrow else MARGIN)["l"] + 2
    figure.add_annotation(**note, x=0, xanchor="left", xshift=left, y=1, yanchor="bottom", yshift=3, text=up)
    if end is None:
        return
    figure.add_annotation(**note, x=0, xanchor="left", y=0, yanchor="top", yshift=-26, text=f"← {measure.better}")
    title = f"{measure.short_title if is_narrow else measure.title}{' (log)' if log else ''}"
    figure.add_annotation(**note, x=end, xanchor="right", y=0, yanchor="top", yshift=-26, text=title)


def _limit_words(
    canvas: Canvas,
    limit: float | None,
    max_cost: float | None,
    max_latency: float | None,
    n_fit: int,
    n: int,
    sizes: list[tuple[float, float]],
    end: float,
    left_margin: float,
    *,
    is_narrow: bool,
) -> list[tuple[float, float, float, float]]:
    """Write each limit and how many fit, above the plot at the line; on a phone inside the region. Return inner boxes it takes."""
    if max_cost is None and max_latency is None:
        return []
    t = canvas.t
    words = []
    if max_cost is not None:
        words.append(f"Budget {notation.usd(max_cost)}")
    if max_latency is not None:
        words.append(f"{'Time' if words else 'Time limit'} {notation.seconds(max_latency)}")
    head = " · ".join(words)
    note = {
        "showarrow": False,
        "borderpad": 0,
        "xref": "paper",
        "yref": "paper",
        "font": {"color": t.teal, "size": 12 if is_narrow else 13},
    }
    share = None if limit is None or (canvas.axis.is_log and limit <= 0) else min(max(canvas.axis.share(limit), 0.0), 1.0)
    from pages.shared.placement import text_width

    if is_narrow:
        short = f"≤ {notation.usd(max_cost) if max_cost is not None else notation.seconds(max_latency)}"
        width = text_width(short, 12, 600) + 4
        at = share if share is not None else 1.0
        is_left = at * sizes[0][0] > width + 4
        x_shift = -4 if is_left else 4
        canvas.figure.add_annotation(
            **note,
            x=at * end,
            xanchor="right" if is_left else "left",
            xshift=x_shift,
            y=1,
            yanchor="top",
            yshift=-2,
            text=f"<b>{short}</b>",
        )
        return [(at, -width - 6 if is_left else 0, 0, (0 if is_left else width + 6))]
    text = f"<b>{head}</b> · {notation.count(n_fit)} of {notation.count(n)} fit"
    width = text_width(f"{head} · {n_fit} of {n} fit", 13, 600)
    least = 90 - left_margin + width / 2
    narrowest = sizes[0][0]
    middle = narrowest if share is None else share * narrowest
    clamped = min(max(middle, least), narrowest - width / 2)
    canvas.figure.add_annotation(
        **note,
        x=(1.0 if share is None else share) * end,
        xanchor="center",
        xshift=clamped - middle,
        y=1,
        yanchor="bottom",
        yshift=3,
        text=text,
    )
    return []


def _empty(figure: go.Figure, t: theme.Tokens, sentence: str) -> go.Figure:
    """Say in the figure's place why there is nothing."""
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
    _say_in_plot(figure, t, sentence, 0.5)
    return figure


def _say_in_plot(figure: go.Figure, t: theme.Tokens, sentence: str, x: float) -> None:
    """Write a sentence into the middle of an empty plot."""
    words, lines = names.plotly_text(sentence).split(" "), [""]
    for word in words:
        lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < 42 else [lines[-1], word]
    note = {"xref": "paper", "yref": "paper", "x": x, "y": 0.55, "showarrow": False}
    figure.add_annotation(**note, text="<br>".join(lines), font={"size": 15, "color": t.ink2})
