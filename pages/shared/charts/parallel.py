"""Three objectives at once: one vertical axis each, better is up on all of them, one line per configuration."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from analytics import notation
from analytics.frontier import Frontier, Point
from analytics.points import Located
from analytics.wording import ranked
from pages.shared import labels as names
from pages.shared import theme
from pages.shared.charts import hover
from pages.shared.charts.axes import even_steps, steps, tick_text
from pages.shared.labels import MEASURES, plotly_text
from pages.shared.lettering import text_width
from pages.shared.placement import push_apart

HEIGHT, NARROW_HEIGHT = 420, 372
LABEL_GAP = 17
"""Pixels between two names at the right end."""
MOST_NAMES, MOST_NARROW = 18, 6
MARGIN = {"l": 46, "r": 200, "t": 44, "b": 26}
NARROW_MARGIN = {"l": 40, "r": 128, "t": 44, "b": 26}


def parallel_figure(
    frontier: Frontier,
    labels: dict[str, str],
    *,
    dark: bool = False,
    narrow: bool = False,
    pins: Sequence[str] = (),
    height: int | None = None,
) -> go.Figure:
    """Return the figure of all objectives: the frontier in blue and named, what is not decidable dashed, the rest grey.

    Every axis but accuracy is logarithmic and turned round, so that a line that lies above another one everywhere dominates it.
    """
    t = theme.tokens(dark)
    clean = names.clean(labels)
    shown = names.short_names(clean) if narrow else clean
    points = [p for p in ranked(frontier) if all(notation.is_known(_value(p, o)) for o in frontier.objectives)]
    margin = NARROW_MARGIN if narrow else MARGIN
    height = height or (NARROW_HEIGHT if narrow else HEIGHT)
    last = len(frontier.objectives) - 1
    layout = {
        "template": theme.template(dark),
        "height": height,
        "margin": margin,
        "uirevision": "parallel",
        "xaxis": {"visible": False, "range": [0, last], "fixedrange": True},
        "yaxis": {"visible": False, "range": [0, 1], "fixedrange": True},
    }
    if not points:
        sentence = plotly_text(frontier.empty_reason or "No configuration has a known value for every objective.")
        note = {"text": sentence, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False, "font": {"size": 15}}
        return go.Figure(layout={**layout, "annotations": [note]})
    scales = [_Scale(o, [_value(p, o) for p in points]) for o in frontier.objectives]
    styles = (
        ("dominated", [p for p in points if p.state == "dominated"], {"width": 1, "color": theme.rgba(t.field, 0.45)}),
        ("not decidable", [p for p in points if p.state == "undecided"], {"width": 1.25, "color": t.blue, "dash": "4px,4px"}),
        ("on the frontier", [p for p in points if p.state == "on"], {"width": 2, "color": t.blue}),
    )
    traces = []
    for name, members, line in styles:
        if members:
            traces.append(_lines(members, frontier.objectives, scales, name, line))
            traces.append(_dots(members, frontier, scales, clean, labels, name, t))
    for letter, colour, pin in zip("AB", (t.blue, t.plum), pins, strict=False):
        pinned = [p for p in points if p.configuration == pin]
        if pinned:
            traces.append(_lines(pinned, frontier.objectives, scales, f"pin {letter}", {"width": 3, "color": colour}))
    notes, shapes = _axes(frontier, scales, t, height - margin["t"] - margin["b"], is_narrow=narrow)
    inner = height - margin["t"] - margin["b"]
    notes += _names_at_end(
        [p for p in points if p.state == "on"], frontier.objectives[-1], scales[-1], shown, t, inner, margin["r"], narrow
    )
    return go.Figure(data=traces, layout={**layout, "annotations": notes, "shapes": shapes})


class _Scale:
    """One vertical axis: 0 at its bottom, 1 at its top, better is up."""

    def __init__(self, objective: str, values: list[float]):
        self.objective = objective
        self.is_log = objective != "accuracy" and min(values) > 0
        low, high = min(values), max(values)
        if self.is_log:
            room = max(math.log10(high / low) * 0.06, 0.04)
            self.low, self.high = low / 10**room, high * 10**room
        else:
            room = max((high - low) * 0.06, 0.01 * max(abs(high), 1e-9))
            self.low, self.high = max(0.0, low - room), high + room
        if objective == "accuracy":
            self.high = min(1.0, self.high)

    def height(self, value: float) -> float:
        """Return where a value stands."""
        low, high, at = (math.log10(v) if self.is_log else v for v in (self.low, self.high, value))
        share = (at - low) / (high - low)
        return share if self.objective == "accuracy" else 1 - share

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return heights and texts of at most about so many round values."""
        values = steps(self.low, self.high, (1, 2, 5)) if self.is_log else even_steps(self.low, self.high, most)
        if self.is_log and len(values) < 3:
            values = even_steps(self.low, self.high, most)
        every = max(1, math.ceil(len(values) / most))
        write = (lambda v: notation.percent(v, 0)) if self.objective == "accuracy" else (lambda v: tick_text(self.objective, v))
        return [(self.height(v), write(v)) for v in values[::every]]


def _value(p: Point, objective: str) -> float:
    """Return a point's value of an objective; all that are drawn have one."""
    return getattr(p, objective)


def _lines(points: Sequence[Point], objectives: Sequence[str], scales: list[_Scale], name: str, line: dict) -> go.Scatter:
    """Return the lines of some configurations as one trace with gaps."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for p in points:
        xs += [*range(len(objectives)), None]
        ys += [*(scale.height(_value(p, o)) for o, scale in zip(objectives, scales, strict=True)), None]
    return go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", name=f"{name} lines", cliponaxis=False)


def _dots(
    points: Sequence[Point], frontier: Frontier, scales: list[_Scale], clean: dict, labels: dict, name: str, t: theme.Tokens
) -> go.Scatter:
    """Return the markers on the axes, each with its configuration's card."""
    at = [(p, i) for p in points for i in range(len(scales))]
    style = {
        "on the frontier": {"size": 9, "color": t.blue, "line": {"width": 1.5, "color": t.bg}},
        "not decidable": {"size": 7, "color": t.bg, "line": {"width": 1.5, "color": t.blue}},
        "dominated": {"size": 5, "color": t.field},
    }[name]
    return go.Scatter(
        x=[i for _, i in at],
        y=[scales[i].height(_value(p, frontier.objectives[i])) for p, i in at],
        mode="markers",
        marker=style,
        customdata=[[labels.get(p.configuration, p.configuration), hover.card(p, clean, frontier.objectives[1])] for p, _ in at],
        hovertemplate=hover.TEMPLATE,
        name=name,
        cliponaxis=False,
    )


def _axes(frontier: Frontier, scales: list[_Scale], t: theme.Tokens, inner: int, *, is_narrow: bool) -> tuple[list[dict], list[dict]]:
    """Return axis lines, their heads with the direction that is better, and tick texts at their left."""
    notes, shapes = [], []
    for i, scale in enumerate(scales):
        measure = MEASURES.get(scale.objective)
        if measure is None:
            head = "Mean score" if frontier.is_fractional else "Accuracy"
        else:
            head = measure.unknown.removesuffix(" unknown") if is_narrow else measure.short_title
        anchor = "left" if i == 0 else "right" if i == len(scales) - 1 and is_narrow else "center"
        title = f"<b>{head}</b><br>↑ {measure.better}" if measure is not None else f"<b>{head}</b><br>↑ better"
        base = {"xref": "x", "yref": "y", "x": i, "showarrow": False, "borderpad": 0}
        shift = -MARGIN["l"] + 8 if i == 0 else 0
        notes.append({**base, "y": 1, "yanchor": "bottom", "yshift": 6, "xanchor": anchor, "xshift": shift, "align": anchor, "text": title})
        shapes.append({"type": "line", "xref": "x", "yref": "y", "x0": i, "x1": i, "y0": 0, "y1": 1, "layer": "below"})
        shapes[-1]["line"] = {"width": 1, "color": t.axis}
        for height, text in scale.ticks(max(3, inner // 60)):
            tick = {
                **base,
                "y": height,
                "xanchor": "right",
                "xshift": -7,
                "text": text,
                "font": {"shadow": theme.halo(t.bg), "color": t.ink2},
            }
            notes.append(tick)
    return notes, shapes


def _names_at_end(
    on: list[Located], objective: str, scale: _Scale, shown: dict[str, str], t: theme.Tokens, inner: int, room: int, is_narrow: bool
) -> list[dict]:
    """Return the frontier's names at the right ends of their lines, pushed apart, each with a thin leader where it had to move."""
    on = sorted(on, key=lambda p: -p.accuracy)[: MOST_NARROW if is_narrow else min(MOST_NAMES, inner // LABEL_GAP)]
    levels = [(1 - scale.height(_value(p, objective))) * inner for p in on]
    places = push_apart(levels, LABEL_GAP, 6, inner - 6)
    notes = []
    for p, level, where in zip(on, levels, places, strict=True):
        name = shown[p.configuration]
        width = len(name)
        while width > 6 and text_width(notation.shorten(name, width), theme.NAME_SIZE, theme.NAME_WEIGHT) > room - 34:
            width -= 1
        notes.append(
            {
                "x": 1,
                "xref": "paper",
                "y": scale.height(_value(p, objective)),
                "yref": "y",
                "ax": 28,
                "ay": where - level,
                "axref": "pixel",
                "ayref": "pixel",
                "showarrow": True,
                "arrowhead": 0,
                "arrowwidth": 0.75,
                "arrowcolor": t.ink3,
                "standoff": 6,
                "xanchor": "left",
                "yanchor": "middle",
                "borderpad": 0,
                "text": plotly_text(notation.shorten(name, width)),
                "font": {"size": theme.NAME_SIZE, "weight": theme.NAME_WEIGHT, "color": t.blue},
            }
        )
    return notes
