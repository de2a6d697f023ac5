"""What a cap keeps: accuracy and cost of one configuration against the cap, and below it where its attempts end."""

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from analytics import notation
from analytics.caps import Cap
from analytics.replay import NOUNS, written
from pages.shared import theme
from pages.shared.charts.axes import XAxis, even_steps, y_layout
from pages.shared.charts.panel import Name, Panel
from pages.shared.charts.sheet import NARROW_WIDTHS, WIDTHS, Sheet
from pages.shared.labels import plotly_text

MARGIN = {"l": 44, "r": 8, "t": 22, "b": 46}
CURVE, STRIP, GAP = 340, 104, 54
NARROW_CURVE, NARROW_STRIP = 270, 88
MOST_OTHERS, MOST_NARROW = 3, 4
OBJECTIVE = {"turns": "turns", "tool_calls": "tool_calls", "tokens": "tokens", "seconds": "latency_s", "usd": "cost_usd"}
"""Unit of a cap → the measure that its axis counts."""
TITLES = {
    "turns": "Cap on turns",
    "tool_calls": "Cap on tool calls",
    "tokens": "Cap on tokens",
    "seconds": "Cap on time, seconds",
    "usd": "Cap on cost, USD",
}
COUNTED = ("turns", "tool_calls")
AT_CAP = ((14, 26), (14, -26), (-14, -26), (-14, 26), (20, 44), (20, -44), (-20, -44), (-20, 44), (30, 64), (30, -64))
AT_LINE = ((-2, -14), (-2, 15), (-24, -15), (-24, 17), (-60, -17), (-60, 19))
AT_END = ((8, 0), (8, -8), (8, 8), (8, -16), (8, 16))


def drawn_caps(values: Sequence[float], unit: str, n: int = 48) -> list[float]:
    """Return the caps at which curves are drawn, evenly spaced on the axis: up to all that any of these attempts spent.

    Parameters
    ----------
    values : what the attempts of the configuration in focus spent, in the unit

    >>> drawn_caps([3, 5, 5], "turns"), drawn_caps([], "turns")
    ([1.0, 2.0, 3.0, 4.0, 5.0], [])
    """
    known = sorted(v for v in values if notation.is_known(v) and v > 0)
    if not known:
        return []
    top = known[-1]
    if unit in COUNTED and top <= 64:
        return [float(k) for k in range(1, math.ceil(top) + 1)]
    if is_logarithmic(known, unit):
        low = known[0] * 0.98
        return [low * (top / low) ** (i / (n - 1)) for i in range(n - 1)] + [top]
    return [top * (i + 1) / n for i in range(n - 1)] + [top]


def is_logarithmic(values: Sequence[float], unit: str) -> bool:
    """Return whether an axis for these is logarithmic: amounts that spread over more than a decade."""
    positive = [v for v in values if v > 0]
    return unit not in COUNTED and bool(positive) and max(positive) > 10 * min(positive)


def caps_figure(
    curve: Sequence[Cap],
    fixed: Sequence[Cap] = (),
    chosen: Cap | None = None,
    others: Mapping[str, Sequence[Cap]] | None = None,
    *,
    dark: bool = False,
    narrow: bool = False,
    widths: Sequence[int] | None = None,
) -> go.Figure:
    """Return the figure of one configuration under all caps in one unit; where nothing can be replayed, the reason.

    Parameters
    ----------
    curve : sequence of Cap
        Of the configuration in focus, at rising caps (`drawn_caps`).
    fixed : sequence of Cap
        Of the same one at percentiles, named on the axis.
    chosen : Cap, optional
        Drawn as a line, with what it saves and loses.
    others : mapping, optional
        Name as shown → another configuration's curve, grey.
    """
    t = theme.tokens(dark)
    known = [c for c in curve if c.cap_value is not None and notation.is_known(c.accuracy)]
    heights = (NARROW_CURVE, NARROW_STRIP) if narrow else (CURVE, STRIP)
    at_widths = tuple(widths or (NARROW_WIDTHS if narrow else WIDTHS))
    sheet = Sheet(t=t, is_narrow=narrow, heights=heights, gaps=(GAP,), margin=MARGIN, widths=at_widths)
    if not known:
        return sheet.sentence(dark, next((f"{c.reason.capitalize()}." for c in curve if c.reason), None))
    unit = known[0].unit
    axis = _axis(known, unit, is_narrow=narrow)
    y_axis, bottom, top = y_layout(0.0, 1.0)
    panel = Panel(sheet=sheet, axis=axis, y=(bottom, top))
    sheet.head(0, "↑ Share of attempts solved, and of what is spent")
    legend = "".join(
        f'<span style="font-weight:400;color:{colour}">{text}</span>' for colour, text in ((t.blue, ": solved, "), (t.ink2, "not solved"))
    )
    sheet.head(1, "Where attempts end" if narrow else f"Where attempts end, by {NOUNS[unit]}", legend, is_strip=True)
    _draw_others(panel, others or {}, unit)
    names = [name for name in (_draw_kept(panel, known, unit), _draw_accuracy(panel, known, unit)) if name is not None]
    baseline = known[-1].baseline_accuracy
    if chosen is not None and chosen.cap_value is not None and notation.is_known(chosen.accuracy):
        names = [_draw_chosen(panel, chosen), *names]
    if notation.is_known(baseline):
        panel.level_line(baseline, t.ink3, dash="4px,4px")
    named = panel.name(names)
    if not narrow or len(named) < MOST_NARROW:
        panel.name(_names_of_others(panel, others or {}))
    if notation.is_known(baseline):
        text = f"no cap: {notation.percent(baseline)}"
        low, high = axis.low, axis.high
        spots = [
            (low, baseline, "left", 6, -10),
            (high, baseline, "right", -6, -10),
            (low, baseline, "left", 6, 11),
            (high, baseline, "right", -6, 11),
        ]
        panel.write(text, spots, t.ink2)
    strip_axis = _draw_ends(sheet, axis, known, fixed, chosen, unit)
    panel.ground()
    sheet.foot(f"{TITLES[unit]}{' (log)' if axis.is_log else ''}", "tighter cap")
    return sheet.figure(dark, "caps", axis, [y_axis, strip_axis])


def _axis(known: Sequence[Cap], unit: str, *, is_narrow: bool) -> XAxis:
    """Return an axis that holds all caps, with room for names at the right."""
    values = [float(c.cap_value) for c in known if c.cap_value]
    if is_logarithmic(values, unit):
        low, high = min(values), max(values)
        return XAxis(OBJECTIVE[unit], True, low * 0.85, high * (high / low) ** (0.04 if is_narrow else 0.24))
    return XAxis(OBJECTIVE[unit], False, 0.0, (1.05 if is_narrow else 1.24) * max(values))


def _draw_others(panel: Panel, others: Mapping[str, Sequence[Cap]], unit: str) -> None:
    """Draw the accuracy of the other configurations in grey."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for curve in others.values():
        at = _points(panel, curve)
        xs += [*(x for x, _ in at), None]
        ys += [*(y for _, y in at), None]
    if xs:
        colour = theme.rgba(panel.sheet.t.axis, 0.6) if len(others) > 5 else panel.sheet.t.axis
        line = {"width": 1.25, "color": colour, "shape": "hv" if unit in COUNTED else "linear"}
        panel.trace(xs, ys, "others", mode="lines", line=line)


def _points(panel: Panel, curve: Sequence[Cap]) -> list[tuple[float, float]]:
    """Return cap and accuracy where both are known and on the axis."""
    known = [(c.cap_value, c.accuracy) for c in curve if notation.is_known(c.cap_value) and notation.is_known(c.accuracy)]
    return [(x, y) for x, y in known if panel.axis.low < x <= panel.axis.high]


def _draw_accuracy(panel: Panel, known: Sequence[Cap], unit: str) -> Name | None:
    """Draw the accuracy under each cap with its band; return its name."""
    t = panel.sheet.t
    banded = [c for c in known if notation.is_known(c.accuracy_low) and notation.is_known(c.accuracy_high)]
    if len(banded) > 1:
        xs, low, high = ([getattr(c, name) for c in banded] for name in ("cap_value", "accuracy_low", "accuracy_high"))
        if unit in COUNTED:
            xs, low, high = _stairs(xs), _twice(low), _twice(high)
        panel.band(xs, low, high, "band", t.blue)
    return _draw_curve(panel, known, [c.accuracy or 0.0 for c in known], "accuracy", "solved, at least", t.blue, unit)


def _draw_kept(panel: Panel, known: Sequence[Cap], unit: str) -> Name | None:
    """Draw the share that is kept of the cost, or where that is unknown, of what the cap counts; return its name."""
    if all(notation.is_known(c.saving) for c in known):
        return _draw_curve(
            panel,
            known,
            [1 - (c.saving or 0.0) for c in known],
            "kept",
            "cost kept" if panel.sheet.is_narrow else "share of the cost kept",
            panel.sheet.t.plum,
            unit,
        )
    if all(notation.is_known(c.spend_saved) for c in known):
        name = f"{NOUNS[unit]} kept" if panel.sheet.is_narrow else f"share of the {NOUNS[unit]} kept"
        return _draw_curve(panel, known, [1 - (c.spend_saved or 0.0) for c in known], "kept", name, panel.sheet.t.plum, unit)
    return None


def _draw_curve(panel: Panel, known: Sequence[Cap], ys: list[float], key: str, name: str, colour: str, unit: str) -> Name:
    """Draw one line with a card at each cap; return its name."""
    xs = [float(c.cap_value or 0.0) for c in known]
    shape = "hv" if unit in COUNTED else "linear"
    panel.lines.append(list(zip(_stairs(xs), _twice(ys), strict=True)) if unit in COUNTED else list(zip(xs, ys, strict=True)))
    panel.trace(xs, ys, key, mode="lines", line={"width": 2, "color": colour, "shape": shape})
    panel.markers(xs, ys, f"{key} by cap", {"size": 12, "opacity": 0}, [_card(c, unit) for c in known], radius=0)
    return Name(key=key, x=xs[-1], y=ys[-1], name=name, colour=colour, offsets=(*AT_END, *AT_LINE), reach=(1.0, 1.6), worth=3)


def _stairs(xs: Sequence[float]) -> list[float]:
    """Return the corners of a line that goes right before it goes up."""
    return [xs[0], *(x for x in xs[1:] for _ in range(2))]


def _twice(ys: Sequence[float]) -> list[float]:
    """Return the heights of these corners."""
    return [*(y for y in ys[:-1] for _ in range(2)), ys[-1]]


def _draw_chosen(panel: Panel, chosen: Cap) -> Name:
    """Draw the chosen cap as a line with its two marks; return what it saves and loses."""
    t, x, accuracy = panel.sheet.t, float(chosen.cap_value or 0.0), chosen.accuracy or 0.0
    if not panel.axis.low < x < panel.axis.high:
        x = min(max(x, panel.axis.low), panel.axis.high)
    panel.stand(x, t.ink)
    if notation.is_known(chosen.saving):
        kept = {"size": 10, "color": t.plum, "line": {"width": 1.5, "color": t.bg}}
        panel.markers([x], [1 - chosen.saving], "kept at the cap", kept, [_card(chosen, chosen.unit)], radius=5)
    panel.markers([x], [accuracy], "ring", {"size": 20, "color": t.bg, "line": {"width": 2, "color": t.blue}}, None, radius=10)
    panel.markers([x], [accuracy], "cap", {"size": 10, "color": t.blue}, [_card(chosen, chosen.unit)], radius=5)
    name = f"Cap at {written(float(chosen.cap_value or 0.0), chosen.unit)}"
    words = [f"≥ {notation.percent(accuracy)}" if chosen.censored else notation.percent(accuracy)]
    if notation.is_known(chosen.saving):
        words.append(f"saves {notation.percent(chosen.saving)}")
    elif notation.is_known(chosen.spend_saved):
        words.append(f"saves {notation.percent(chosen.spend_saved)}")
    details = (" · ".join(words), words[0])
    return Name(key="cap", x=x, y=accuracy, name=name, details=details, radius=11, offsets=AT_CAP, worth=8)


def _card(cap: Cap, unit: str) -> str:
    """Return the hover card of a cap."""
    lines = [f"<b>Cap at {plotly_text(written(float(cap.cap_value or 0.0), cap.unit))}</b>"]
    interval = notation.interval(cap.accuracy_low, cap.accuracy_high)
    spread = f" ({interval})" if interval != notation.UNKNOWN else ""
    lines.append(f"Accuracy {'at least ' if cap.censored else ''}{notation.percent(cap.accuracy)}{spread}")
    if notation.is_known(cap.accuracy_lost):
        lost = f", {notation.count(cap.n_lost)} solved {'one' if cap.n_lost == 1 else 'ones'}" if cap.n_lost else ""
        lines.append(f"Loses at most {notation.points(cap.accuracy_lost).lstrip('+')}{lost}")
    if notation.is_known(cap.saving):
        lines.append(f"Saves {notation.percent(cap.saving)} of the cost: {notation.usd(cap.cost_usd)} a task")
    elif notation.is_known(cap.spend_saved):
        lines.append(f"Saves {notation.percent(cap.spend_saved)} of the {NOUNS[unit]}")
    if cap.n_cut is not None:
        lines.append(f"Cuts {notation.count(cap.n_cut)} of {notation.plural(cap.n_attempts, 'attempt')}")
    return "<br>".join(lines)


def _names_of_others(panel: Panel, others: Mapping[str, Sequence[Cap]]) -> list[Name]:
    """Return names of a few grey lines."""
    ends = [(name, at[-1]) for name, curve in others.items() if (at := _points(panel, curve))]
    order = sorted(ends, key=lambda end: -end[1][1])
    most = 1 if panel.sheet.is_narrow else MOST_OTHERS
    chosen = order if len(order) <= most else [*order[: most - 1], order[-1]] if most > 1 else order[:1]
    return [panel.grey_name(f"other {i}", name, x, y, offsets=AT_END, reach=(1.0,)) for i, (name, (x, y)) in enumerate(chosen)]


def _draw_ends(sheet: Sheet, axis: XAxis, known: Sequence[Cap], fixed: Sequence[Cap], chosen: Cap | None, unit: str) -> dict:
    """Draw the lower strip: how many attempts end between one cap and the next, and how many of them solved; return its axis."""
    t = sheet.t
    bins = _bins(known, unit)
    top = 1.45 * max([n for *_, n in bins] or [1])
    strip = Panel(sheet=sheet, axis=axis, row=1, y=(0.0, float(top)))
    for left, right, n_solved, n in bins:
        strip.region(left, right, theme.rgba(t.field, 0.4), y0=n_solved, y1=n)
        strip.region(left, right, theme.rgba(t.blue, 0.55), y0=0, y1=n_solved)
    middles = [(a + b) / 2 for a, b, *_ in bins]
    cards = [f"<b>{notation.plural(n, 'attempt')}</b><br>{notation.count(n_solved)} solved" for *_, n_solved, n in bins]
    strip.markers(middles, [n / 2 for *_, n in bins], "ends", {"size": 14, "opacity": 0}, cards, radius=0)
    if chosen is not None and chosen.cap_value is not None:
        strip.lines.append([(float(chosen.cap_value), 0.0), (float(chosen.cap_value), float(top))])
    marks = [(c.cap, float(c.cap_value)) for c in fixed if c.cap_value is not None and axis.low < c.cap_value < axis.high]
    for _, x in marks:
        place = {"type": "line", "xref": "x", "yref": "y2", "x0": x, "x1": x, "y0": 0, "y1": 0.86 * top, "layer": "between"}
        sheet.shapes.append({**place, "line": {"width": 1, "color": t.ink3}})
    names = [
        Name(
            key=cap,
            x=x,
            y=0.86 * top,
            name=cap,
            colour=t.ink2,
            size=theme.TEXT_SIZE,
            weight=400,
            offsets=((0, -8), (4, 3), (-4, 3)),
            reach=(1.0,),
        )
        for cap, x in dict(marks).items()
    ]
    strip.name(names)
    ticks = [v for v in even_steps(0.0, float(top), 3) if v == int(v)]
    texts = [notation.count(v) for v in ticks]
    return {"range": [0, top], "tickmode": "array", "tickvals": ticks, "ticktext": texts, "showgrid": True, "ticks": ""}


def _bins(known: Sequence[Cap], unit: str) -> list[tuple[float, float, int, int]]:
    """Return left, right, solved and all attempts that end between one drawn cap and the one before."""
    out = []
    first = known[0]
    succeeded = (first.n_lost or 0) + round((first.accuracy or 0.0) * first.n_attempts)
    before_cut, before_lost, left = first.n_attempts, succeeded, 0.0
    for cap in known:
        x, n_cut, n_lost = float(cap.cap_value or 0.0), cap.n_cut or 0, cap.n_lost or 0
        n, n_solved = max(0, before_cut - n_cut), max(0, before_lost - n_lost)
        ends = (x - 0.4, x + 0.4) if unit in COUNTED and len(known) <= 64 and x == int(x) else (left or x * 0.9, x)
        if n:
            out.append((*ends, min(n_solved, n), n))
        before_cut, before_lost, left = n_cut, n_lost, x
    return out
