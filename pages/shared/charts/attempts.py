"""What k attempts reach: at least once, every time, by majority, by a verifier; below, what k attempts cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from analytics import notation
from analytics.attempts import AttemptsCurve
from analytics.attempts_words import in_focus
from analytics.tries import Band
from pages.shared import theme
from pages.shared.charts.axes import even_steps, tick_text, y_layout
from pages.shared.charts.ladders import BESIDE_END, LevelAxis
from pages.shared.charts.panel import Name, Panel
from pages.shared.charts.sheet import NARROW_WIDTHS, WIDTHS, Sheet

MARGIN = {"l": 44, "r": 8, "t": 22, "b": 46}
CURVE, STRIP, GAP, ALONE = 340, 96, 50, 400
NARROW_CURVE, NARROW_STRIP, NARROW_ALONE = 270, 84, 300
MOST_OTHERS, MOST_NARROW = 3, 4
MOST_DOTS = 16
PARTS = (
    ("pass_at", "At least once", "pass@{k} {value}"),
    ("majority_at", "By majority", "maj@{k} {value}"),
    ("best_of", "With the verifier", "best of {k} {value}"),
    ("pass_hat", "Every time", "pass^{k} {value}"),
)
"""Field of the curve, its name at the end of the line, and the figures below it."""
AT_END = ((13, 0), (13, -12), (13, 12), (13, -24), (13, 24), (13, -36), (13, 36), (-2, -22), (-2, 22), (-12, -24), (-12, 24))


def attempts_figure(
    curves: Sequence[AttemptsCurve],
    labels: Mapping[str, str],
    focus: str | None = None,
    *,
    dark: bool = False,
    narrow: bool = False,
    widths: Sequence[int] | None = None,
) -> go.Figure:
    """Return the figure of one configuration's attempts, the others' grey; for one without a curve, its reason.

    Parameters
    ----------
    labels : mapping
        Configuration → its name as shown; made inert here.
    focus : str, optional
        Configuration that is drawn in full; else the one of which most is found.
    """
    t = theme.tokens(dark)
    seen = in_focus(curves, focus)
    spending = _spending(seen) if seen is not None else None
    alone = NARROW_ALONE if narrow else ALONE
    both = (NARROW_CURVE, NARROW_STRIP) if narrow else (CURVE, STRIP)
    sheet = Sheet(
        t=t, is_narrow=narrow, heights=both if spending else (alone,), gaps=(GAP,) if spending else (), margin=MARGIN,
        widths=tuple(widths or (NARROW_WIDTHS if narrow else WIDTHS)),
    )  # fmt: skip
    if seen is None or seen.reason is not None or not seen.largest_k:
        return sheet.sentence(dark, seen.reason if seen is not None else None)
    ks = [k for k in seen.ks if k <= seen.largest_k]
    others = [c for c in curves if c is not seen and c.reason is None and c.largest_k > 1]
    last = max([ks[-1], *(min(c.largest_k, 2 * ks[-1]) for c in others)])
    span = max(last - ks[0], 1)
    axis = LevelAxis("samples", False, ks[0] - 0.08 * span, last + 0.3 * span, names=tuple((float(k), str(k)) for k in range(1, last + 1)))
    bands = [(part, band) for part in PARTS if (band := getattr(seen, part[0])) is not None]
    known = np.concatenate([v[np.isfinite(v)] for _, b in bands for v in (b.value, b.low, b.high)] + [c.pass_at.value for c in others])
    y_axis, bottom, top = y_layout(float(np.nanmin(known)), float(np.nanmax(known)))
    panel = Panel(sheet=sheet, axis=axis, y=(bottom, top))
    _draw_others(panel, others, last)
    names = [_draw_band(panel, seen, part, band, ks) for part, band in bands]
    # ends beside one another are pushed apart by the order in which they are placed: the upper first
    order = sorted(names, key=lambda name: -name.y)
    named = panel.name(order)
    if not narrow or len(named) < MOST_NARROW:
        panel.name(_names_of_others(panel, others, labels))
    sheet.head(0, "↑ Share of tasks")
    y_axes = [y_axis]
    if spending is not None:
        y_axes.append(_draw_spending(sheet, axis, seen, ks, *spending))
        panel.ground()
    sheet.foot("Attempts at a task, k", "fewer")
    return sheet.figure(dark, "attempts", axis, y_axes)


def _colour(t: theme.Tokens, field: str) -> str:
    """Return the colour of a curve: the focus is what is found at least once."""
    return {"pass_at": t.blue, "pass_hat": t.plum, "majority_at": t.teal, "best_of": t.ink2}[field]


def _draw_others(panel: Panel, others: Sequence[AttemptsCurve], last: int) -> None:
    """Draw what the other configurations find at least once."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for curve in others:
        at = [(k, v) for k, v in zip(curve.ks, curve.pass_at.value.tolist(), strict=True) if notation.is_known(v) and k <= last]
        xs += [*(k for k, _ in at), None]
        ys += [*(v for _, v in at), None]
        panel.lines.append([(k, v) for k, v in at])
    if xs:
        panel.trace(xs, ys, "others", mode="lines", line={"width": 1.25, "color": panel.sheet.t.axis})


def _draw_band(panel: Panel, seen: AttemptsCurve, part: tuple[str, str, str], band: Band, ks: Sequence[int]) -> Name:
    """Draw one curve with its band; return the name at its end."""
    field, name, figures = part
    colour = _colour(panel.sheet.t, field)
    where = [seen.ks.index(k) for k in ks if notation.is_known(band.value[seen.ks.index(k)])]
    xs, ys = [float(seen.ks[i]) for i in where], band.value[where].tolist()
    banded = [i for i in where if notation.is_known(band.low[i]) and notation.is_known(band.high[i])]
    if banded:
        panel.band([float(seen.ks[i]) for i in banded], band.low[banded].tolist(), band.high[banded].tolist(), f"band {field}", colour)
    panel.line(xs, ys, field, width=2, color=colour, dash="4px,4px" if field == "best_of" else "solid")
    marker = {"size": 8 if len(xs) <= MOST_DOTS else 4, "color": colour, "line": {"width": 1.5, "color": panel.sheet.t.bg}}
    panel.markers(xs, ys, f"{field} by k", marker, [_card(seen, name, band, i) for i in where], radius=4)
    detail = figures.format(k=seen.ks[where[-1]], value=notation.percent(ys[-1]))
    return Name(
        key=field,
        x=xs[-1],
        y=ys[-1],
        name=name,
        details=(detail, notation.percent(ys[-1])),
        radius=5,
        colour=colour,
        offsets=AT_END,
        worth=3,
    )


def _card(seen: AttemptsCurve, name: str, band: Band, i: int) -> str:
    """Return the hover card of one k."""
    interval = notation.interval(float(band.low[i]), float(band.high[i]))
    lines = [f"<b>{name} in {notation.plural(seen.ks[i], 'attempt')}</b>", notation.percent(float(band.value[i]))]
    lines[1] += f" ({interval}), " if interval != notation.UNKNOWN else ", "
    lines[1] += notation.plural(seen.n_curve_tasks, "task")
    for text, of, write in (("Cost", seen.cost_usd, notation.usd), ("One after the other", seen.latency_s, notation.seconds)):
        if of is not None and notation.is_known(of.value[i]):
            lines.append(f"{text} {write(float(of.value[i]))} a task")
    return "<br>".join(lines)


def _names_of_others(panel: Panel, others: Sequence[AttemptsCurve], labels: Mapping[str, str]) -> list[Name]:
    """Return names for the highest and the lowest of the grey lines."""
    order = sorted(others, key=lambda c: -float(c.pass_at.value[c.ks.index(c.largest_k)]))
    most = 1 if panel.sheet.is_narrow else MOST_OTHERS
    chosen = order if len(order) <= most else [*order[: most - 1], order[-1]] if most > 1 else order[:1]
    out = []
    for i, curve in enumerate(chosen):
        at = [(k, v) for k, v in zip(curve.ks, curve.pass_at.value.tolist(), strict=True) if notation.is_known(v) and k <= panel.axis.high]
        name = labels.get(curve.configuration, curve.configuration)
        out.append(panel.grey_name(f"other {i}", name, float(at[-1][0]), at[-1][1], offsets=BESIDE_END))
    return out


def _spending(curve: AttemptsCurve) -> tuple[str, str, Band] | None:
    """Return what the strip shows: head, objective and band; None where nothing is known of what attempts take."""
    if curve.cost_usd is not None and np.isfinite(curve.cost_usd.value).any():
        return "Cost of k attempts, USD a task", "cost_usd", curve.cost_usd
    if curve.tokens is not None and np.isfinite(curve.tokens.value).any():
        return "Tokens of k attempts, a task", "tokens", curve.tokens
    if curve.latency_s is not None and np.isfinite(curve.latency_s.value).any():
        return "Time of k attempts one after the other, seconds a task", "latency_s", curve.latency_s
    return None


def _draw_spending(sheet: Sheet, axis: LevelAxis, seen: AttemptsCurve, ks: Sequence[int], head: str, objective: str, band: Band) -> dict:
    """Draw a bar for each k, from zero; return the strip's axis."""
    t = sheet.t
    where = [seen.ks.index(k) for k in ks if notation.is_known(band.value[seen.ks.index(k)])]
    values = [float(band.value[i]) for i in where]
    top = (1.55 if sheet.is_narrow else 1.4) * (max(values) or 1.0)
    strip = Panel(sheet=sheet, axis=axis, row=1, y=(0.0, top))
    half = min(0.3 * (ks[1] - ks[0] if len(ks) > 1 else 1), 16 * (axis.high - axis.low) / max(sheet.plots))
    for i, value in zip(where, values, strict=True):
        strip.region(seen.ks[i] - half, seen.ks[i] + half, theme.rgba(t.field, 0.6), y0=0.0, y1=value)
    xs = [float(seen.ks[i]) for i in where]
    cards = [
        f"<b>{notation.plural(int(x), 'attempt')}</b><br>{notation.measure(objective, v)} a task" for x, v in zip(xs, values, strict=True)
    ]
    strip.markers(xs, values, "spending", {"size": 16, "opacity": 0}, cards, radius=2)
    names = [
        Name(
            key=f"spent {x}", x=x, y=v, name=notation.measure(objective, v), colour=t.ink, size=theme.TEXT_SIZE, weight=400, radius=2,
            offsets=((0, -14),), reach=(1.0,),
        )
        for x, v in zip(xs, values, strict=True)
    ]  # fmt: skip
    strip.name([names[-1], *names[:-1]])
    sheet.head(1, head, is_strip=True)
    ticks = [v for v in even_steps(0.0, top, 3) if v <= top]
    texts = [tick_text(objective, v) for v in ticks]
    return {"range": [0, top], "tickmode": "array", "tickvals": ticks, "ticktext": texts, "showgrid": True, "ticks": ""}
