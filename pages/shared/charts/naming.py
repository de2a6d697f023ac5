"""Names at the points: frontier members with their figures, and a few landmarks of the grey field."""

import math

import plotly.graph_objects as go

from analytics import notation
from analytics.frontier import Point
from analytics.wording import fitting, winner
from pages.shared import theme
from pages.shared.labels import plotly_text
from pages.shared.placement import Box, Label, Placed, Scene, place, with_names

MOST_NAMES, MOST_NARROW = 24, 4
MOST_LANDMARKS = 7
LONGEST_NAME, LONGEST_LANDMARK = 36, 26
BESIDE = ((11, 0), (-11, 0), (0, -18), (0, 18), (10, -11), (-10, -11), (10, 11), (-10, 11))
"""Where a landmark's name may stand: beside its point, without a leader."""
RADIUS = {"on": 6.0, "undecided": 4.5}


def name_points(canvas, inside, compared, sizes, y, *, limit, taken, is_narrow, max_cost, max_latency) -> None:
    """Place and draw all names.

    Parameters
    ----------
    canvas : Canvas
        The figure, its colours, names, axis and pins.
    inside, compared : lists of Point
        What is drawn in the plot, and what is ranked.
    sizes : list of (width, height)
        The plot in pixels, once for each width it may have.
    y : (bottom, top)
        Ends of the accuracy axis.
    taken : list of (share of the width, left, top, right) in pixels
        Words that stand inside the plot already.
    """

    def spot(p: Point, size: tuple[float, float]) -> tuple[float, float]:
        return canvas.axis.share(p.x) * size[0], size[1] * (y[1] - p.accuracy) / (y[1] - y[0])

    def radius(p: Point) -> float:
        return 11.0 if p.configuration in canvas.pins else RADIUS.get(p.state or "", 3.5)

    on = sorted((p for p in inside if p.excluded is None and p.state == "on"), key=lambda p: (p.x, -p.accuracy))
    scenes = []
    for size in sizes:
        marks = [_around(spot(p, size), radius(p)) for p in inside]
        texts = [Box(at * size[0] + left, top, at * size[0] + right, 18.0) for at, left, top, right in taken]
        scenes.append(Scene(size[0], size[1], marks, _lines(canvas, on, size, y, limit), _bars(on, size, y, spot), texts))
    order = _order(canvas, on, compared, max_cost, max_latency, is_narrow=is_narrow)
    number = {p.configuration: i for i, p in enumerate(on, 1)} | {p.configuration: None for p in order if p.state != "on"}
    wanted = [
        Label(
            p.configuration,
            tuple(spot(p, size) for size in sizes),
            radius(p),
            notation.shorten(canvas.labels[p.configuration], LONGEST_NAME),
            (f"{notation.percent(p.accuracy)} · {notation.measure(canvas.objective, p.x)}", notation.percent(p.accuracy)),
            number=None if is_narrow else number[p.configuration],
            weight_in_choice=3 if p.configuration in canvas.pins else 1,
        )
        for p in order
    ]
    placed = place(wanted, scenes, most=MOST_NARROW if is_narrow else None)
    if not is_narrow:
        placed += place(_landmarks(canvas, inside, sizes, spot, radius), with_names(scenes, placed))
    points = {p.configuration: p for p in inside}
    for text in placed:
        _annotate(canvas, points[text.key], text, radius(points[text.key]))


def _order(canvas, on: list[Point], compared: list[Point], max_cost, max_latency, *, is_narrow: bool) -> list[Point]:
    """Return the members in the order of their claim to a place: pins, the limit's winner, the ends, then by x."""
    by_id = {p.configuration: p for p in on}
    pinned = [p for pin in canvas.pins for p in compared if p.configuration == pin]
    within = fitting(compared, max_cost, max_latency) if max_cost is not None or max_latency is not None else []
    best = [winner(canvas.frontier, within)] if within else []
    ends = [on[-1], on[0]] if on else []
    middle = sorted(on, key=lambda p: (abs(on.index(p) - len(on) // 2), -p.x))
    rest = middle if is_narrow else on
    order = {p.configuration: p for p in [*pinned, *best, *ends, *rest] if p.configuration in by_id or p in pinned}
    return list(order.values())[:MOST_NAMES]


def _landmarks(canvas, inside: list[Point], sizes, spot, radius) -> list[Label]:
    """Return the most solitary points outside the frontier, the undecided first: names there help and are in nobody's way."""
    size = sizes[0]
    spots = {p.configuration: spot(p, size) for p in inside}

    def solitude(p: Point) -> float:
        x, y = spots[p.configuration]
        return min((math.hypot(x - a, y - b) for key, (a, b) in spots.items() if key != p.configuration), default=999.0)

    others = [p for p in inside if p.excluded is None and p.state != "on" and p.configuration not in canvas.pins]
    ranked = sorted(others, key=lambda p: (p.state != "undecided", -solitude(p), p.configuration))
    chosen = [p for p in ranked if p.state == "undecided"][:2] + sorted(others, key=lambda p: (-solitude(p), p.configuration))
    unique = list({p.configuration: p for p in chosen}.values())[:MOST_LANDMARKS]
    return [
        Label(
            p.configuration,
            tuple(spot(p, each) for each in sizes),
            radius(p),
            notation.shorten(canvas.labels[p.configuration], LONGEST_LANDMARK),
            size=12,
            weight=400,
            offsets=BESIDE,
            reach=(1.0,),
        )
        for p in unique
    ]


def _around(spot: tuple[float, float], radius: float) -> Box:
    """Return the box of a marker."""
    return Box(spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius)


def _lines(canvas, on: list[Point], size, y, limit: float | None) -> list[Box]:
    """Return the frontier's steps and the limit as thin boxes in pixels."""
    from pages.shared.charts.frontier import staircase

    boxes = []
    last = None
    for p in staircase(on):
        x, level = canvas.axis.share(p.x) * size[0], size[1] * (y[1] - p.accuracy) / (y[1] - y[0])
        if last is not None:
            boxes.append(Box(last[0], last[1] - 1, x, last[1] + 1))
        boxes.append(Box(x - 1, level, x + 1, last[1] if last is not None else size[1]))
        last = (x, level)
    if last is not None:
        boxes.append(Box(last[0], last[1] - 1, size[0], last[1] + 1))
    if limit is not None and canvas.axis.low < limit < canvas.axis.high:
        x = canvas.axis.share(limit) * size[0]
        boxes.append(Box(x - 1, 0, x + 1, size[1]))
    return boxes


def _bars(on: list[Point], size, y, spot) -> list[Box]:
    """Return the frontier's error bars as thin boxes."""
    out = []
    for p in on:
        if notation.is_known(p.accuracy_low) and notation.is_known(p.accuracy_high):
            x, _ = spot(p, size)
            top, bottom = (size[1] * (y[1] - v) / (y[1] - y[0]) for v in (p.accuracy_high, p.accuracy_low))
            out.append(Box(x - 0.5, top, x + 0.5, bottom))
    return out


def _annotate(canvas, p: Point, text: Placed, radius: float) -> None:
    """Draw one name: bold with its figures below, with a thin leader where it stands apart from its marker."""
    t = canvas.t
    is_landmark = not text.detail and not text.is_number
    name = "<br>".join(plotly_text(line) for line in text.lines)
    if text.detail:
        name += f'<br><span style="font-size:{theme.TEXT_SIZE}px;font-weight:400;color:{t.ink2}">{plotly_text(text.detail)}</span>'
    font = {"size": theme.NAME_SIZE, "weight": theme.NAME_WEIGHT, "color": t.ink}
    if is_landmark:
        font = {"size": theme.TEXT_SIZE, "weight": 400, "color": t.ink2}
    if text.is_number:
        font = {"size": theme.TEXT_SIZE, "weight": theme.NAME_WEIGHT, "color": t.ink}
    note = go.layout.Annotation(
        x=canvas.axis.annotation(p.x),
        y=p.accuracy,
        xref="x",
        yref="y",
        text=name,
        align=text.anchor,
        xanchor=text.anchor,
        yanchor="middle",
        borderpad=0,
        font={**font, "shadow": theme.halo(t.bg)},
        captureevents=False,
    )
    if text.has_leader:
        note.update(
            showarrow=True,
            ax=text.dx,
            ay=text.dy,
            axref="pixel",
            ayref="pixel",
            arrowhead=0,
            arrowwidth=0.75,
            arrowcolor=t.ink3,
            standoff=radius + 2,
        )
    else:
        note.update(showarrow=False, xshift=text.dx, yshift=-text.dy)
    canvas.figure.add_annotation(note)
