"""How a measure spreads over attempts: median, p95 and p99 of every configuration on a log axis, with what is sure of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

import plotly.graph_objects as go

from analytics import notation
from analytics.tails import Tail
from pages.shared import labels as names
from pages.shared import theme
from pages.shared.charts.axes import XAxis
from pages.shared.charts.bars import MOST_BARS
from pages.shared.charts.hover import TEMPLATE
from pages.shared.charts.parts import LEFT, NARROW_WIDTHS, WIDTHS, fitted, sentence_figure, spread
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width

TITLES = {
    "latency_s": ("Seconds per attempt (log)", "Time, s (log)"),
    "cost_usd": ("USD per attempt (log)", "Cost, USD (log)"),
    "tokens": ("Tokens per attempt (log)", "Tokens (log)"),
}
"""Measure → title of its axis, and a shorter one for phones."""
HEADS = {"latency_s": "Time", "cost_usd": "Cost", "tokens": "Tokens"}
MARKS = ("p50", "p95", "p99")
WORDS = {"p50": "median", "p95": "p95", "p99": "p99"}
ROW, NARROW_ROW = 32, 44
NECK = 40
"""Pixels between two panels beside each other."""


@dataclass(frozen=True)
class _Panel:
    """One measure: its axis and where it lies."""

    measure: str
    tails: dict[str, Tail]
    axis: XAxis
    x: str
    y: str
    domain: tuple[float, float]
    width: float


def tails_figure(
    panels: Sequence[Sequence[Tail]], labels: dict[str, str], *, focus: str | None = None, dark: bool = False, narrow: bool = False
) -> go.Figure:
    """Return one panel per measure, rows the same in all: dot at the median, open dot at p95, tick at p99, soft bars for the 95% intervals.

    Parameters
    ----------
    panels : tails of one measure each; those without any value are left out
    focus : the configuration that the title names, in blue
    narrow : panels stand one above the other
    """
    known = [{each.configuration: each for each in tails if _positive(each.p50)} for tails in panels]
    shown = [(tails[0].measure, found) for tails, found in zip(panels, known, strict=True) if found]
    if not shown:
        return sentence_figure("Neither time nor cost of single attempts is known here: a tail needs both ends.", dark=dark, narrow=narrow)
    t, clean = theme.tokens(dark), names.clean(labels)
    first = shown[0][1]
    rows = sorted({c for _, found in shown for c in found}, key=lambda c: (-(first[c].p95 or 0.0) if c in first else 1.0, clean.get(c, c)))
    rows = rows[:MOST_BARS]
    row = NARROW_ROW if narrow else ROW
    margin = {"l": 6, "r": 6, "t": 24, "b": 46} if narrow else {"l": LEFT, "r": 8, "t": 40, "b": 46}
    plot = (NARROW_WIDTHS if narrow else WIDTHS)[0] - margin["l"] - margin["r"]
    height = row * len(rows)
    inner = height * len(shown) + (len(shown) - 1) * 96 if narrow else height
    layout: dict = {
        "template": theme.template(dark), "height": inner + margin["t"] + margin["b"], "margin": margin, "uirevision": "tails",
    }  # fmt: skip
    traces: list[go.Scatter] = []
    notes: list[dict] = []
    for i, (measure, found) in enumerate(shown):
        across = (plot - NECK * (len(shown) - 1)) / len(shown) if not narrow else plot
        start = 0.0 if narrow else i * (across + NECK) / plot
        top = 1 - i * (height + 96) / inner if narrow else 1.0
        axis = _axis(measure, [v for c in rows if c in found for v in _values(found[c])])
        number = "" if i == 0 else str(i + 1)
        panel = _Panel(measure, found, axis, f"x{number}", f"y{number}", (top - height / inner, top), across)
        layout[f"xaxis{number}"] = {
            **axis.layout(across), "domain": [start, start + across / plot], "anchor": panel.y, "fixedrange": True,
        }  # fmt: skip
        layout[f"yaxis{number}"] = {
            "visible": False, "range": [len(rows) - 0.5, -0.5], "domain": [max(0.0, panel.domain[0]), top], "anchor": panel.x,
            "fixedrange": True,
        }  # fmt: skip
        traces += _traces(panel, rows, clean, labels, focus, t, narrow)
        notes += _words(panel, rows, t, narrow, start + across / plot)
        here = {"xref": "paper", "yref": panel.y, "x": start, "xanchor": "left", "yanchor": "middle", "xshift": 4, "showarrow": False}
        font = {"color": t.ink3, "size": theme.TEXT_SIZE, "shadow": theme.halo(t.bg)}
        notes += [{**here, "y": k + (0.2 if narrow else 0), "text": "unknown", "font": font} for k, c in enumerate(rows) if c not in found]
        if narrow or i == 0:
            notes += [_name(panel, k, clean.get(c, c), t, narrow, plot) for k, c in enumerate(rows)]
    layout |= {"annotations": notes, "shapes": _stripes(shown, rows, t, narrow)}
    return go.Figure(data=traces, layout=layout)


def _axis(measure: str, values: list[float]) -> XAxis:
    """Return a log axis with a little air at both ends."""
    low, high = min(values, default=1.0), max(values, default=1.0)
    air = max((high / low) ** 0.06, 1.15)
    return XAxis(measure, True, low / air, high * air)


def _positive(value: float | None) -> TypeGuard[float]:
    return notation.is_known(value) and value > 0


def _values(tail: Tail) -> list[float]:
    """Return everything that is drawn of a tail."""
    ends = [end for key in MARKS[:2] for end in tail.intervals.get(key, ())]
    return [v for v in (*(getattr(tail, key) for key in MARKS), *ends) if _positive(v)]


def _traces(
    panel: _Panel, rows: list[str], clean: dict[str, str], labels: dict[str, str], focus: str | None, t: theme.Tokens, narrow: bool
) -> list[go.Scatter]:
    """Draw from the ground up: intervals, lines from median to p99, marks."""
    there = [(k, c, panel.tails[c]) for k, c in enumerate(rows) if c in panel.tails]
    shift = 0.2 if narrow else 0.0
    place = {"xaxis": panel.x, "yaxis": panel.y}
    out = []
    for is_focus, colour in ((False, t.field), (True, t.blue)):
        group = [(k + shift, c, tail) for k, c, tail in there if (c == focus) == is_focus]
        if not group:
            continue
        soft: list[tuple[list, list]] = [([], [])]
        for k, _, tail in group:
            for key in MARKS[:2]:
                low, high = tail.intervals.get(key, (None, None))
                if _positive(low) and _positive(high):
                    soft[0][0].extend([low, high, None])
                    soft[0][1].extend([k, k, None])
        name = "focus" if is_focus else "field"
        if soft[0][0]:
            line = {"width": 9, "color": theme.rgba(colour, 0.28)}
            out.append(go.Scatter(x=soft[0][0], y=soft[0][1], mode="lines", line=line, hoverinfo="skip", name=f"{name} intervals", **place))
        for start, end, width in (("p50", "p95", 2), ("p95", "p99", 1)):
            pairs = [(k, getattr(tail, start), getattr(tail, end)) for k, _, tail in group]
            pairs = [(k, a, b) for k, a, b in pairs if _positive(a) and _positive(b)]
            xs = [x for _, a, b in pairs for x in (a, b, None)]
            ys = [y for k, _, _ in pairs for y in (k, k, None)]
            line = {"width": width, "color": colour}
            out.append(go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", name=f"{name} {start} to {end}", **place))
        looks = {
            "p50": {"size": 10, "color": colour, "line": {"width": 1.5, "color": t.bg}},
            "p95": {"size": 9, "color": t.bg, "line": {"width": 2, "color": colour}},
            "p99": {"size": 11, "symbol": "line-ns", "line": {"width": 2, "color": colour}},
        }
        for key in MARKS:
            at = [(k, c, tail) for k, c, tail in group if _positive(getattr(tail, key))]
            if at:
                out.append(
                    go.Scatter(
                        x=[getattr(tail, key) for _, _, tail in at], y=[k for k, _, _ in at], mode="markers", marker=looks[key],
                        customdata=[[labels.get(c, c), _card(tail, clean.get(c, c))] for _, c, tail in at], hovertemplate=TEMPLATE,
                        name=f"{name} {WORDS[key]}", cliponaxis=False, **place,
                    )
                )  # fmt: skip
    return out


def _card(tail: Tail, name: str) -> str:
    """Return the card of one configuration in one measure."""
    lines = [f"<b>{plotly_text(notation.shorten(name, 44))}</b>", f"{HEADS.get(tail.measure, tail.measure)} of {tail.n:,} attempts"]
    for key in MARKS:
        value, (low, high) = getattr(tail, key), tail.intervals.get(key, (None, None))
        if notation.is_known(value):
            span = notation.span(low, high, lambda v: notation.measure(tail.measure, v))
            sure = f" ({span})" if notation.is_known(low) else ""
            lines.append(f"{WORDS[key].capitalize()} {notation.measure(tail.measure, value)}{sure}")
    if notation.is_known(tail.p95_over_p50):
        lines.append(f"p95 is {notation.ratio(tail.p95_over_p50)} the median")
    if notation.is_known(tail.cv):
        lines.append(f"Coefficient of variation {notation.times(tail.cv)}")
    if notation.is_known(tail.within_share):
        lines.append(f"{notation.percent(tail.within_share, 0)} of the variance is between tries at one task")
    return "<br>".join(lines)


def _words(panel: _Panel, rows: list[str], t: theme.Tokens, narrow: bool, end: float) -> list[dict]:
    """Write the axis' name below the panel and name the three marks over its first row."""
    title = TITLES.get(panel.measure, (panel.measure, panel.measure))[1 if narrow or panel.width < 330 else 0]
    base = {"showarrow": False, "borderpad": 0, "font": {"color": t.ink2, "size": theme.TEXT_SIZE}, "captureevents": False}
    notes = [{
        **base, "text": title, "xref": "paper", "yref": "paper", "x": end, "y": max(0.0, panel.domain[0]), "xanchor": "right",
        "yanchor": "top", "yshift": -26,
    }]  # fmt: skip
    found = next(((k, panel.tails[c]) for k, c in enumerate(rows) if c in panel.tails), None)
    if found is None or found[0] != 0:
        return notes
    told = [(WORDS[key], getattr(found[1], key)) for key in MARKS if _positive(getattr(found[1], key))]
    middles = [panel.axis.share(value) * panel.width for _, value in told]
    widths = [text_width(word, theme.TEXT_SIZE) + 2 for word, _ in told]
    lefts = spread(middles, widths, 0.0, panel.width) or []
    for (word, value), left, width, middle in zip(told, lefts, widths, middles, strict=False):
        notes.append({
            **base, "text": word, "xref": panel.x, "yref": panel.y, "x": panel.axis.annotation(value), "y": 0.2 if narrow else 0,
            "xanchor": "center", "yanchor": "bottom", "ax": left + width / 2 - middle, "ay": -16 if not narrow else -9, "axref": "pixel",
            "ayref": "pixel", "showarrow": True, "arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": t.ink3, "standoff": 6,
        })  # fmt: skip
    return notes


def _name(panel: _Panel, k: int, name: str, t: theme.Tokens, narrow: bool, plot: float) -> dict:
    """Return one row's name: left of the panels, or above its marks on a phone."""
    font = {"size": theme.NAME_SIZE, "weight": theme.NAME_WEIGHT, "color": t.ink}
    room = plot - 120 if narrow and k == 0 else plot - 12 if narrow else LEFT - 14
    return {
        "xref": "paper", "yref": panel.y, "x": 0, "y": k - 0.2 if narrow else k, "xanchor": "left", "yanchor": "middle", "borderpad": 0,
        "xshift": 0 if narrow else 2 - LEFT, "showarrow": False, "text": plotly_text(fitted(name, room)), "font": font,
        "captureevents": False,
    }  # fmt: skip


def _stripes(shown: Sequence, rows: list[str], t: theme.Tokens, narrow: bool) -> list[dict]:
    """Return the thin lines that lead the eye from a name to its marks."""
    if narrow:
        return []
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "line": {"width": 1, "color": t.grid}, "layer": "below"}
    return [{**line, "yref": "y", "y0": k, "y1": k} for k in range(len(rows))]
