"""Names at the points: frontier members with their figures, and a few landmarks of the grey field."""

import math
from collections.abc import Sequence
from itertools import pairwise

from analytics import notation
from analytics.frontier import Point
from analytics.points import Located
from analytics.wording import winner
from pages.shared import theme
from pages.shared.charts.canvas import Canvas
from pages.shared.labels import plotly_text
from pages.shared.placement import Box, Label, Placed, Scene, place, with_names

MOST_NAMES, MOST_NARROW = 16, 4
MOST_LANDMARKS = 7
LONGEST_NAME, LONGEST_LANDMARK = 36, 26
BESIDE = ((11, 0), (-11, 0), (0, -18), (0, 18), (10, -11), (-10, -11), (10, 11), (-10, 11))
"""Where a landmark's name may stand: beside its point, without a leader."""
RADIUS = {"on": 6.0, "undecided": 4.5}
FIELD_RADIUS, PIN_RADIUS = 3.5, 11.0


def name_points(
    canvas: Canvas,
    inside: Sequence[Located],
    ladders: Sequence[Sequence[str]],
    *,
    limit: float | None,
    taken: list[list[Box]],
    within: list[Located],
) -> None:
    """Place and write all names.

    Parameters
    ----------
    inside : what is drawn in the plot
    limit : the limit that the axis shows
    taken : for each plot width, words that stand inside the plot already
    within : ranked points that meet all limits; the best of them has an early claim to a name
    """
    on = sorted((p for p in inside if p.excluded is None and p.state == "on"), key=lambda p: (p.x, -p.accuracy))
    scenes = [
        Scene(
            width=plot[0],
            height=plot[1],
            marks=[_around(canvas.spot(p, plot), _radius(canvas, p)) for p in inside],
            lines=_lines(canvas, on, plot, limit),
            bars=_bars(canvas, on, plot),
            texts=texts,
        )
        for plot, texts in zip(canvas.plots, taken, strict=True)
    ]
    wanted = _order(canvas, on, inside, within)
    number = {p.configuration: i for i, p in enumerate(on, 1)} if not canvas.is_narrow else {}
    claims = [on[-1], on[0], *([winner(canvas.frontier, within)] if within else [])] if on else []
    labels = [
        _label(
            canvas,
            p,
            LONGEST_NAME,
            details=(f"{notation.percent(p.accuracy)} · {notation.measure(canvas.objective, p.x)}", notation.percent(p.accuracy)),
            number=number.get(p.configuration),
            weight_in_choice=4 if p.configuration in canvas.pins else 2 if p in claims else 1,
        )
        for p in wanted
    ]
    placed = place(labels, scenes, most=MOST_NARROW if canvas.is_narrow else None)
    if not canvas.is_narrow:
        dots = [_dots(canvas, inside, ladders, plot) for plot in canvas.plots]
        landmarks = [
            _label(canvas, p, LONGEST_LANDMARK, size=theme.TEXT_SIZE, weight=400, offsets=BESIDE, reach=(1.0,))
            for p in _landmarks(canvas, inside)
        ]
        placed += place(landmarks, with_names(scenes, placed, dots))
    points = {p.configuration: p for p in inside}
    for text in placed:
        canvas.notes.append(_note(canvas, points[text.key], text))


def staircase(on: Sequence[Located]) -> list[Located]:
    """Return the members that make the frontier's line in this plane, by rising x: with a third objective some lie under it."""
    steps: list[Located] = []
    for p in sorted(on, key=lambda p: (p.x, -p.accuracy)):
        if not steps or p.accuracy > steps[-1].accuracy:
            steps.append(p)
    return steps


def _label(canvas: Canvas, p: Located, longest: int, **more) -> Label:
    """Return the request of one name."""
    name = notation.shorten(canvas.labels[p.configuration], longest)
    return Label(p.configuration, tuple(canvas.spot(p, plot) for plot in canvas.plots), _radius(canvas, p), name, **more)


def _radius(canvas: Canvas, p: Point) -> float:
    """Return the radius of a point's marker in pixels."""
    return PIN_RADIUS if p.configuration in canvas.pins else RADIUS.get(p.state or "", FIELD_RADIUS)


def _order(canvas: Canvas, on: list[Located], inside: Sequence[Located], within: list[Located]) -> list[Located]:
    """Return the members in the order of their claim: pins, the limit's winner, the ends, then by x; on a phone the middle first."""
    pinned = [p for pin in canvas.pins for p in inside if p.configuration == pin]
    best = [winner(canvas.frontier, within)] if within else []
    ends = [on[-1], on[0]] if on else []
    rest = sorted(on, key=lambda p: (abs(on.index(p) - len(on) // 2), -p.x)) if canvas.is_narrow else on
    known = {p.configuration for p in [*pinned, *on]}
    order = {p.configuration: p for p in [*pinned, *best, *ends, *rest] if p.configuration in known}
    return list(order.values())[:MOST_NAMES]


def _landmarks(canvas: Canvas, inside: Sequence[Located]) -> list[Located]:
    """Return the most solitary points outside the frontier, two undecided first: names there help and are in nobody's way."""
    spots = {p.configuration: canvas.spot(p, canvas.plots[0]) for p in inside}

    def solitude(p: Located) -> float:
        x, y = spots[p.configuration]
        return min((math.hypot(x - a, y - b) for key, (a, b) in spots.items() if key != p.configuration), default=math.inf)

    others = sorted(
        (p for p in inside if p.excluded is None and p.state != "on" and p.configuration not in canvas.pins),
        key=lambda p: (-solitude(p), p.configuration),
    )
    undecided = [p for p in others if p.state == "undecided"][:2]
    return list({p.configuration: p for p in undecided + others}.values())[:MOST_LANDMARKS]


def _around(spot: tuple[float, float], radius: float) -> Box:
    """Return the box of a marker."""
    return Box(spot[0] - radius, spot[1] - radius, spot[0] + radius, spot[1] + radius)


def _lines(canvas: Canvas, on: list[Located], plot: tuple[float, float], limit: float | None) -> list[Box]:
    """Return the frontier's steps and the limit as thin boxes."""
    boxes = []
    before, level = None, plot[1]
    for p in staircase(on):
        x, y = canvas.spot(p, plot)
        if before is not None:
            boxes.append(Box(before, level - 1, x, level + 1))
        boxes.append(Box(x - 1, y, x + 1, level))
        before, level = x, y
    if before is not None:
        boxes.append(Box(before, level - 1, plot[0], level + 1))
    if limit is not None and canvas.axis.low < limit < canvas.axis.high:
        x = canvas.axis.share(limit) * plot[0]
        boxes.append(Box(x - 1, 0, x + 1, plot[1]))
    return boxes


def _bars(canvas: Canvas, on: list[Located], plot: tuple[float, float]) -> list[Box]:
    """Return the frontier's error bars as thin boxes."""
    ends = [
        (canvas.spot(p, plot)[0], canvas.level(p.accuracy_high, plot), canvas.level(p.accuracy_low, plot))
        for p in on
        if notation.is_known(p.accuracy_low) and notation.is_known(p.accuracy_high)
    ]
    return [Box(x - 0.5, top, x + 0.5, bottom) for x, top, bottom in ends]


def _dots(canvas: Canvas, inside: Sequence[Located], ladders: Sequence[Sequence[str]], plot: tuple[float, float]) -> list[Box]:
    """Return the ladders as rows of dots."""
    spots = {p.configuration: canvas.spot(p, plot) for p in inside if p.excluded is None}
    dots = []
    for ladder in ladders:
        for (x, y), (u, v) in pairwise([spots[c] for c in ladder if c in spots]):
            n = max(2, int(math.hypot(u - x, v - y) / 5))
            dots += [_around((x + (u - x) * i / n, y + (v - y) * i / n), 0.5) for i in range(n + 1)]
    return dots


def _note(canvas: Canvas, p: Located, text: Placed) -> dict:
    """Return one name as an annotation: bold with its figures below, with a thin leader where it stands apart from its marker."""
    t = canvas.t
    is_landmark = not text.detail and not text.is_number
    name = "<br>".join(plotly_text(line) for line in text.lines)
    if text.detail:
        style = f"font-size:{theme.TEXT_SIZE}px;font-weight:400;color:{t.ink2}"
        name += f'<br><span style="{style}">{plotly_text(text.detail)}</span>'
    note = {
        "x": canvas.axis.annotation(p.x),
        "y": p.accuracy,
        "xref": "x",
        "yref": "y",
        "text": name,
        "align": text.anchor,
        "xanchor": text.anchor,
        "yanchor": "middle",
        "borderpad": 0,
        "captureevents": False,
        "font": {
            "size": theme.TEXT_SIZE if is_landmark or text.is_number else theme.NAME_SIZE,
            "weight": 400 if is_landmark else theme.NAME_WEIGHT,
            "color": t.ink2 if is_landmark else t.ink,
            "shadow": theme.halo(t.bg),
        },
    }
    if not text.has_leader:
        return {**note, "showarrow": False, "xshift": text.dx, "yshift": -text.dy}
    arrow = {"arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": t.ink3, "standoff": _radius(canvas, p) + 2}
    return {**note, **arrow, "showarrow": True, "ax": text.dx, "ay": text.dy, "axref": "pixel", "ayref": "pixel"}
