"""Horizontal stacked bars, one per configuration: grey parts and one in blue, named at the first bar, with the total beside each.

Bars stand on a linear axis from zero only. What is not known is a sentence in the bar's place, never a bar of length zero.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from pages.shared import theme
from pages.shared.charts.axes import XAxis, even_steps, tick_text
from pages.shared.charts.hover import TEMPLATE
from pages.shared.charts.parts import (
    BAR,
    GAP,
    LEFT,
    RIGHT,
    Frame,
    Part,
    fitted,
    heads,
    sentence_figure,
    tone,
    weight_of,
)  # fmt: skip
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width
from pages.shared.theme import NAME_SIZE, NAME_WEIGHT, TEXT_SIZE

MOST_BARS = 12
FARTHEST_TICK = 1.6
"""A tick stands on the axis up to so many times the longest bar; beyond it only its number does."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row; lengths are in the unit of the axis."""

    key: str
    """What a click hands back: the label as given."""
    name: str
    detail: str = ""
    parts: dict[str, float] = field(default_factory=dict)
    """Part → length, stacked from zero in the order of the figure's parts."""
    texts: dict[str, str] = field(default_factory=dict)
    """Part → what stands in it where there is room."""
    untold: float | None = None
    """Length of a bar of which the parts are not known."""
    total: str = ""
    total_detail: str = ""
    tick: float | None = None
    """A thin mark across the bar."""
    struck: tuple[float, float] | None = None
    """From, to: what lies there was not paid."""
    under: float | None = None
    """Length of the orange mark below the bar."""
    card: str = ""
    is_named: bool = False
    """The title names it."""
    said: str = ""
    """A sentence in the place of the bar."""


def stacked_bars(
    bars: Sequence[Bar], parts: Sequence[Part], *, objective: str, title: str, dark: bool, narrow: bool, name: str, empty: str
) -> go.Figure:
    """Return the figure of some bars; for none with a length, one sentence.

    Parameters
    ----------
    objective : `latency_s` or `cost_usd`: how ticks are written
    title : what the axis measures
    empty : said where no bar has a length
    """
    t = theme.tokens(dark)
    reach = max([_end(bar) for bar in bars] + [0.0])
    reach = max([reach, *(bar.tick for bar in bars if bar.tick is not None and bar.tick <= FARTHEST_TICK * reach)])
    if reach <= 0:
        return sentence_figure(empty, dark=dark, narrow=narrow)
    shown = [part for part in parts if any(bar.parts.get(part.key, 0.0) > 0 for bar in bars)]
    margin = {"l": 2, "r": 2, "t": 8, "b": 44} if narrow else {"l": LEFT, "r": RIGHT, "t": 12, "b": 46}
    frame = Frame(t=t, is_narrow=narrow, n=len(bars), top=reach * 1.02, margin=margin)
    notes, shapes, lifted = heads(frame, bars[0].parts, shown)
    margin["t"] += lifted
    for i, bar in enumerate(bars):
        notes += _row_words(frame, i, bar, shown)
        shapes += _marks(frame, i, bar)
    axis = XAxis(objective, False, 0.0, frame.top)
    values = next(v for most in (7, 5, 4, 3, 2) if _fits(frame, axis, v := even_steps(0.0, frame.top, most)) or most == 2)
    style = {"yref": "paper", "xref": "paper", "showarrow": False, "borderpad": 0, "font": {"color": t.ink2, "size": TEXT_SIZE}}
    notes.append({**style, "text": title, "x": 1, "y": 0, "xanchor": "right", "yanchor": "top", "yshift": -26})
    layout = {
        "template": theme.template(dark),
        "height": margin["t"] + margin["b"] + frame.row * len(bars),
        "margin": margin,
        "uirevision": name,
        "barmode": "overlay",
        "xaxis": {
            "range": [0, frame.top], "tickmode": "array", "tickvals": values, "ticktext": [tick_text(objective, v) for v in values],
            "ticks": "outside", "ticklen": 4, "showgrid": True, "showline": True, "fixedrange": True,
        },
        "yaxis": {"visible": False, "range": [len(bars) - 0.5, -0.5], "fixedrange": True},
        "shapes": shapes,
        "annotations": notes,
    }  # fmt: skip
    return go.Figure(data=_traces(frame, bars, shown), layout=layout)


def _end(bar: Bar) -> float:
    """Return how far a row reaches, its tick left out."""
    return max(sum(bar.parts.values()), bar.untold or 0.0, bar.under or 0.0)


def _fits(frame: Frame, axis: XAxis, values: list[float]) -> bool:
    """Return True if tick texts keep their distance."""
    ends = [(frame.pixels(v), text_width(tick_text(axis.objective, v), TEXT_SIZE) / 2) for v in values]
    return all(a + wa + GAP <= b - wb for (a, wa), (b, wb) in itertools.pairwise(ends))


def _row_words(frame: Frame, i: int, bar: Bar, parts: Sequence[Part]) -> list[dict]:
    """Return a row's name, total, and the texts in its parts."""
    t = frame.t
    base = {"showarrow": False, "borderpad": 0, "xref": "paper", "yref": "y", "yanchor": "middle", "captureevents": False}
    name_font, small = {"size": NAME_SIZE, "weight": NAME_WEIGHT, "color": t.ink}, {"size": TEXT_SIZE, "color": t.ink3}
    notes = []
    if frame.is_narrow:
        told = " · ".join(text for text in (bar.total, bar.total_detail) if text)
        room = frame.plot - text_width(told, TEXT_SIZE, NAME_WEIGHT) - 12
        above = {**base, "y": i - 0.22}
        notes.append({**above, "x": 0, "xanchor": "left", "text": plotly_text(fitted(bar.name, room)), "font": name_font})
        if told:
            notes.append({**above, "x": 1, "xanchor": "right", "text": plotly_text(told), "font": {**small, "color": t.ink}})
    else:
        two = 8 if bar.detail else 0
        gutter = {**base, "y": i, "x": 0, "xanchor": "left", "xshift": -LEFT + 2}
        notes.append({**gutter, "yshift": two, "text": plotly_text(fitted(bar.name, LEFT - 14)), "font": name_font})
        if bar.detail:
            notes.append({**gutter, "yshift": -two, "text": plotly_text(fitted(bar.detail, LEFT - 14, TEXT_SIZE, 400)), "font": small})
        right = {**base, "y": i, "x": 1, "xanchor": "right", "xshift": RIGHT}
        two = 8 if bar.total_detail else 0
        if bar.total:
            notes.append({**right, "yshift": two, "text": plotly_text(bar.total), "font": name_font})
        if bar.total_detail:
            notes.append({**right, "yshift": -two, "text": plotly_text(bar.total_detail), "font": small})
    inside = {**base, "xref": "x", "y": frame.level(i)}
    if bar.said:
        text = plotly_text(fitted(bar.said, frame.plot - 8, TEXT_SIZE, 400))
        notes.append({**inside, "x": 0, "xanchor": "left", "xshift": 4, "text": text, "font": small})
    start = 0.0
    for part in parts:
        length = bar.parts.get(part.key, 0.0)
        text, colour = bar.texts.get(part.key, ""), tone(t, part.tone)[2]
        weight = weight_of(part)
        if text and colour and frame.pixels(length) >= text_width(text, TEXT_SIZE, weight) + 10:
            font = {"size": TEXT_SIZE, "weight": weight, "color": colour}
            notes.append({**inside, "x": start + length / 2, "xanchor": "center", "text": plotly_text(text), "font": font})
        start += length
    struck = "less than list prices"
    if bar.struck and frame.pixels(bar.struck[1] - bar.struck[0]) >= text_width(struck, TEXT_SIZE) + 14:
        font = {"size": TEXT_SIZE, "color": t.ink, "shadow": theme.halo(t.bg)}
        notes.append({**inside, "x": sum(bar.struck) / 2, "xanchor": "center", "text": struck, "font": font})
    untold = "parts not told apart"
    if bar.untold and frame.pixels(bar.untold) >= text_width(untold, TEXT_SIZE) + 14:
        notes.append({**inside, "x": 0, "xanchor": "left", "xshift": 8, "text": untold, "font": {"size": TEXT_SIZE, "color": t.ink2}})
    return notes


def _marks(frame: Frame, i: int, bar: Bar) -> list[dict]:
    """Return the thin tick across a bar and the orange mark below it."""
    t, half, at = frame.t, BAR / 2 / frame.row, frame.level(i)
    shapes = []
    if bar.tick is not None and bar.tick <= frame.top:
        line = {"type": "line", "xref": "x", "yref": "y", "x0": bar.tick, "x1": bar.tick, "y0": at - half * 1.25, "y1": at + half * 1.25}
        shapes.append({**line, "line": {"width": 1.5, "color": t.ink}, "layer": "above"})
    if bar.under:
        box = {"type": "rect", "xref": "x", "yref": "y", "x0": 0, "x1": bar.under, "y0": at + half + 2 / frame.row}
        shapes.append({**box, "y1": at + half + 6 / frame.row, "fillcolor": t.orange, "line": {"width": 0}, "layer": "above"})
    return shapes


def _traces(frame: Frame, bars: Sequence[Bar], parts: Sequence[Part]) -> list[go.Bar]:
    """Return one trace per part, then the bars of unknown parts and what was not paid."""
    t, width = frame.t, BAR / frame.row
    starts = [0.0] * len(bars)
    traces = []

    def trace(name: str, rows: list[tuple[int, float, float]], marker: dict) -> None:
        if rows:
            cards = [[bars[i].key, bars[i].card] for i, _, _ in rows]
            traces.append(
                go.Bar(
                    x=[length for _, _, length in rows], base=[start for _, start, _ in rows], y=[frame.level(i) for i, _, _ in rows],
                    orientation="h", width=width, marker=marker, name=name, customdata=cards, hovertemplate=TEMPLATE,
                )
            )  # fmt: skip

    for part in parts:
        rows = [(i, starts[i], bar.parts[part.key]) for i, bar in enumerate(bars) if bar.parts.get(part.key, 0.0) > 0]
        trace(part.name, rows, _marker(t, part.tone))
        for i, _, length in rows:
            starts[i] += length
    trace("parts unknown", [(i, 0.0, bar.untold) for i, bar in enumerate(bars) if bar.untold and not bar.is_named], _marker(t, "hollow"))
    outlined = {"color": theme.rgba(t.blue, 0.12), "line": {"width": 1.5, "color": t.blue}}
    trace("parts unknown, named", [(i, 0.0, bar.untold) for i, bar in enumerate(bars) if bar.untold and bar.is_named], outlined)
    struck = [(i, bar.struck[0], bar.struck[1] - bar.struck[0]) for i, bar in enumerate(bars) if bar.struck]
    veil = {"color": theme.rgba(t.bg, 0.72), "line": {"width": 1, "color": t.field}}
    trace("not paid", struck, {**veil, "pattern": {"shape": "/", "size": 6, "solidity": 0.2, "fgcolor": t.field, "fillmode": "overlay"}})
    return traces


def _marker(t: theme.Tokens, name: str) -> dict:
    """Return the look of a part."""
    fill, edge, _ = tone(t, name)
    marker = {"color": fill, "line": {"width": 1, "color": edge}}
    if name == "hatched":
        marker["pattern"] = {"shape": "/", "size": 6, "solidity": 0.25, "fgcolor": t.field, "bgcolor": t.bg, "fillmode": "replace"}
    return marker
