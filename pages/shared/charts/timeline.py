"""One attempt as a timeline: LLM and tool steps in lanes over its seconds, failed ones marked, and what it has cost by then.

Without times the lanes run over step numbers. What is drawn comes from `marks`.
"""

import math

import plotly.graph_objects as go

from analytics import notation
from pages.shared import theme
from pages.shared.charts.axes import XAxis, even_steps, tick_text
from pages.shared.charts.hover import TEMPLATE
from pages.shared.charts.marks import LANES, Timeline
from pages.shared.charts.parts import NARROW_WIDTHS, WIDTHS, sentence_figure
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width

LANE, GROUND, SPEND, NECK = 46, 12, 84, 30
"""Heights in pixels: a lane, the air above the lanes, the plot of what was spent, the distance between them."""
MOST_ROUNDS = 12
THIN = 5
"""Wider bars, in pixels, are parted by a thin line; thinner ones have an edge of their own colour, or nothing would be seen."""


def timeline_figure(drawn: Timeline, *, dark: bool = False, narrow: bool = False) -> go.Figure:
    """Return the figure: what was spent so far, the lanes below it, rounds parted by dashed lines, failed steps orange with a cross."""
    if not drawn.marks:
        return sentence_figure(
            "This log keeps no steps of its attempts: there is nothing to lay out in time.", dark=dark, narrow=narrow, height=110
        )
    t = theme.tokens(dark)
    there = sorted({mark.lane for mark in drawn.marks})
    place = {lane: i for i, lane in enumerate(there)}
    lanes_height = LANE * len(there) + GROUND
    upper = SPEND + NECK if drawn.spent else 0
    margin = {"l": 50, "r": 64 if drawn.spent else 12, "t": 26, "b": 46}
    inner = lanes_height + upper
    low = min(0.0 if drawn.is_timed else 0.5, *(mark.start for mark in drawn.marks))
    high = max([low + 1e-6, *(mark.end for mark in drawn.marks), *(x for x, _ in drawn.spent)])
    axis = XAxis("latency_s" if drawn.is_timed else "turns", False, low, high + 0.01 * max(high - low, 1e-6))
    width = (NARROW_WIDTHS if narrow else WIDTHS)[0] - margin["l"] - margin["r"]
    top = lanes_height / inner
    traces = [*_bars(drawn, place, axis, width, t), *_crosses(drawn, place, t)]
    notes, shapes = _rounds(drawn, axis, width, t, top)
    base = {"xref": "paper", "yref": "y", "showarrow": False, "borderpad": 0, "captureevents": False}
    for lane in there:
        name = plotly_text(drawn.others) if lane == 2 else LANES[lane]
        text = {"text": name, "x": 0, "y": place[lane], "xanchor": "right", "xshift": -8, "yanchor": "middle"}
        notes.append({**base, **text, "font": {"size": theme.TEXT_SIZE, "color": t.ink2}})
    title = "Seconds since the attempt began" if drawn.is_timed else "Step number: no times in this log"
    below = {"text": title, "x": 1, "y": 0, "yref": "paper", "xanchor": "right", "yanchor": "top", "yshift": -26}
    notes.append({**base, **below, "font": {"size": theme.TEXT_SIZE, "color": t.ink2}})
    ground = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "layer": "below", "line": {"width": 1, "color": t.grid}}
    shapes += [{**ground, "y0": place[lane], "y1": place[lane]} for lane in there]
    layout = {
        "template": theme.template(dark), "height": inner + margin["t"] + margin["b"], "margin": margin, "uirevision": "timeline",
        "barmode": "overlay",
        "xaxis": {**axis.layout(width), "anchor": "y"},
        "yaxis": {
            "visible": False, "domain": [0, top], "range": [len(there) - 0.5, -0.5 - GROUND / LANE], "fixedrange": True,
        },
        "annotations": notes, "shapes": shapes,
    }  # fmt: skip
    if drawn.spent:
        _draw_spent(drawn, traces, notes, layout, axis, t, (top + NECK / inner, 1.0))
    return go.Figure(data=traces, layout=layout)


def _height(row: int, rows: int) -> tuple[float, float]:
    """Return middle and height of a bar in its lane, in lanes."""
    height = 0.52 / rows
    return (row - (rows - 1) / 2) * (height + 0.03), height


def _bars(drawn: Timeline, place: dict[int, int], axis: XAxis, width: float, t: theme.Tokens) -> list[go.Bar]:
    """Return one trace per lane and outcome."""
    rows = {lane: 1 + max(mark.row for mark in drawn.marks if mark.lane == lane) for lane in place}
    fills = {0: t.ink3, 1: t.axis, 2: t.line}
    traces = []
    for lane, at in place.items():
        for failed in (False, True):
            group = [mark for mark in drawn.marks if mark.lane == lane and mark.is_failed == failed]
            if not group:
                continue
            fill = t.orange if failed else fills[lane]
            edges = [t.bg if axis.share(axis.low + mark.end - mark.start) * width > THIN else fill for mark in group]
            spots = [_height(mark.row, rows[lane]) for mark in group]
            traces.append(
                go.Bar(
                    x=[mark.end - mark.start for mark in group], base=[mark.start for mark in group],
                    y=[at + middle for middle, _ in spots], width=[height for _, height in spots], orientation="h",
                    marker={"color": fill, "line": {"width": 1, "color": edges}},
                    customdata=[["", mark.card] for mark in group], hovertemplate=TEMPLATE,
                    name=f"{LANES[lane]}{', failed' if failed else ''}",
                )
            )  # fmt: skip
    return traces


def _crosses(drawn: Timeline, place: dict[int, int], t: theme.Tokens) -> list[go.Scatter]:
    """Return a cross above every failed step."""
    failed = [mark for mark in drawn.marks if mark.is_failed]
    if not failed:
        return []
    return [
        go.Scatter(
            x=[(mark.start + mark.end) / 2 for mark in failed], y=[place[mark.lane] - 0.4 for mark in failed], mode="markers",
            marker={"symbol": "x-thin", "size": 7, "line": {"width": 2, "color": t.orange}}, name="failed", cliponaxis=False,
            customdata=[["", mark.card] for mark in failed], hovertemplate=TEMPLATE,
        )
    ]  # fmt: skip


def _rounds(drawn: Timeline, axis: XAxis, width: float, t: theme.Tokens, top: float) -> tuple[list[dict], list[dict]]:
    """Return names of the rounds and the dashed lines between them."""
    starts: dict[int, float] = {}
    for mark in drawn.marks:
        if math.isfinite(mark.round) and mark.lane < 2:
            starts[int(mark.round)] = min(starts.get(int(mark.round), math.inf), mark.start)
    if len(starts) < 2 or len(starts) > MOST_ROUNDS:
        return [], []
    ordered = sorted(starts.items())
    notes, shapes, taken = [], [], -math.inf
    for i, (number, start) in enumerate(ordered):
        if i:
            line = {"type": "line", "xref": "x", "yref": "paper", "x0": start, "x1": start, "y0": 0, "y1": top, "layer": "below"}
            shapes.append({**line, "line": {"width": 1, "color": t.ink3, "dash": "3px,3px"}})
        left = axis.share(start) * width
        end = axis.share(ordered[i + 1][1]) * width if i + 1 < len(ordered) else width
        words = ("first answer", "first", "") if number == 0 else (f"reflection {number}", str(number), "")
        text = next(word for word in words if not word or max(left, taken) + text_width(word, theme.TEXT_SIZE) + 6 <= end)
        if text and left >= taken:
            spot = {"x": start, "xref": "x", "y": top, "yref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 3, "yshift": 1}
            font = {"size": theme.TEXT_SIZE, "color": t.ink3}
            notes.append({**spot, "text": text, "showarrow": False, "borderpad": 0, "font": font, "captureevents": False})
            taken = left + text_width(text, theme.TEXT_SIZE) + 10
    return notes, shapes


def _draw_spent(
    drawn: Timeline, traces: list, notes: list, layout: dict, axis: XAxis, t: theme.Tokens, domain: tuple[float, float]
) -> None:
    """Draw what was spent so far as a thin line over the lanes, its total at the end."""
    total = drawn.spent[-1][1]
    xs, ys = [axis.low, *(x for x, _ in drawn.spent), axis.high], [0.0, *(y for _, y in drawn.spent), total]
    write = notation.usd if drawn.spent_in == "cost_usd" else notation.tokens
    name = "Cost so far" if drawn.spent_in == "cost_usd" else "Tokens so far"
    traces.append(
        go.Scatter(
            x=xs, y=ys, mode="lines", line={"shape": "hv", "width": 1.5, "color": t.blue}, yaxis="y2", name=name,
            customdata=[["", f"<b>{name}</b><br>{write(y)}"] for y in ys], hovertemplate=TEMPLATE,
        )
    )  # fmt: skip
    base = {"xref": "paper", "showarrow": False, "borderpad": 0, "captureevents": False}
    notes.append({
        **base, "text": f"↑ {name}", "x": 0, "xanchor": "left", "xshift": -48, "y": 1, "yref": "paper", "yanchor": "bottom", "yshift": 4,
        "font": {"size": theme.TEXT_SIZE, "color": t.ink2},
    })  # fmt: skip
    notes.append({
        **base, "text": write(total), "x": 1, "xanchor": "left", "xshift": 6, "y": total, "yref": "y2", "yanchor": "middle",
        "font": {"size": theme.NAME_SIZE, "weight": theme.NAME_WEIGHT, "color": t.blue},
    })  # fmt: skip
    values = even_steps(0.0, total * 1.05, 2)
    layout["yaxis2"] = {
        "domain": list(domain), "range": [0, total * 1.1], "tickmode": "array", "tickvals": values, "fixedrange": True, "showgrid": True,
        "ticktext": [tick_text(drawn.spent_in, v) for v in values],
    }  # fmt: skip
