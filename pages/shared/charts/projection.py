"""The figures under the stage: API against own GPUs over the volume, and energy over rounds or a cap; and the tables of the page."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from analytics import notation
from analytics.break_even import OwnAgainstApi
from analytics.cost import MONTH_DAYS
from analytics.projection import Projection
from pages.shared import theme
from pages.shared.charts.axes import XAxis, even_steps, tick_text
from pages.shared.charts.panel import BESIDE, Name, Panel, Sheet
from pages.shared.charts.parts import sentence_figure
from pages.shared.labels import clean, plotly_text
from pages.shared.placement import push_apart

MARGIN = {"l": 52, "r": 108, "t": 24, "b": 46}
HEIGHT, NARROW_HEIGHT = 240, 220
WIDTHS, NARROW_WIDTHS = (500, 560), (336, 366)
MOST_STEPS = 160
"""A staircase of more steps looks like a line, and is drawn as one."""
PROJECTION_FORMATS = {
    "accuracy": notation.percent,
    "accuracy_logged": notation.percent,
    "cost_usd": notation.usd,
    "cost_usd_logged": notation.usd,
    "cost_per_success_usd": notation.usd,
    "latency_s": notation.seconds,
    "latency_p95_s": notation.seconds,
    "usd_per_month": notation.usd,
    "energy_wh": lambda value: f"{notation.significant(value, 3)} Wh" if notation.is_known(value) else notation.UNKNOWN,
    "own_usd_per_month": notation.usd,
}
PROJECTION_COLUMNS = {
    "state": "Frontier now",
    "configuration": "Configuration",
    "accuracy": "Solved now",
    "accuracy_interval": "95%",
    "accuracy_logged": "logged",
    "cost_usd": "Cost per task now",
    "cost_usd_logged": "logged",
    "cost_per_success_usd": "per success",
    "latency_s": "Time per task",
    "latency_p95_s": "p95 time",
    "usd_per_month": "A month",
    "usd_per_month_interval": "95%, a month",
    "own_usd_per_month": "A month, own GPUs",
    "energy_wh": "Energy per task",
    "note": "Note",
}


def bills_words(own: OwnAgainstApi, reason: str | None) -> tuple[str, str]:
    """Return the finding of the panel of bills, and what it stands on."""
    if own.own_usd_per_month is None or own.api_usd_per_month is None:
        said = reason or "the cost by API is unknown"
        return "Own GPUs: unknown", said[:1].upper() + said[1:]
    said = f"Now {notation.usd(own.own_usd_per_month)} on own GPUs, {notation.usd(own.api_usd_per_month)} by API"
    if own.break_even_tasks_per_day is None:
        return "Own GPUs cost more at every volume", said
    good, first = own.for_good_tasks_per_day, own.break_even_tasks_per_day
    if good is not None and good > first * 1.001:
        said += f"; the first crossing is at {notation.count(math.ceil(first))} tasks a day"
    if good is None:
        return f"Own GPUs break even at {notation.count(math.ceil(first))} tasks a day, never for good", said
    return f"Own GPUs are cheaper for good above {notation.count(math.ceil(good))} tasks a day", said


def volumes(own: OwnAgainstApi, now: float) -> list[float]:
    """Return the tasks a day at which the bills are drawn: the corners of the staircase, or even steps."""
    top = 1.6 * max(now, own.for_good_tasks_per_day or own.break_even_tasks_per_day or 0.0, 1.0)
    tread = own.replica_tasks_per_day
    if not tread or top / tread > MOST_STEPS:
        return [top * k / MOST_STEPS for k in range(MOST_STEPS + 1)]
    corners = [tread * k for k in range(1, int(top / tread) + 1)]
    return sorted({0.0, top, *corners, *(corner * (1 + 1e-9) for corner in corners)})


def bills_figure(
    own: OwnAgainstApi, at: Sequence[float], bills: Mapping[str, Sequence[float]], now: float, *, dark: bool = False, narrow: bool = False
) -> go.Figure:
    """Return API against own GPUs over the volume, with the crossings and where the sliders stand.

    Parameters
    ----------
    own : of the configuration in focus
    at : tasks a day, of `volumes`
    bills : as `analytics.break_even.bills` gives them there
    now : tasks a day of the sliders
    """
    api, fleet = list(bills["usd_per_month"]), list(bills["own_usd_per_month"])
    if not any(map(math.isfinite, fleet)) or not any(map(math.isfinite, api)):
        return sentence_figure("Own GPUs cannot be set against the API: one of the two costs is unknown.", dark=dark, narrow=narrow)
    t = theme.tokens(dark)
    top = max(v for v in [*api, *fleet] if math.isfinite(v)) * 1.06
    sheet, panel = _panel(t, narrow, XAxis("volume", False, 0.0, at[-1]), top)
    sheet.head(0, "↑ Cost per month")
    sheet.foot("Tasks a day")
    low, high = list(bills["usd_per_month_low"]), list(bills["usd_per_month_high"])
    if all(map(math.isfinite, [*low, *high])):
        panel.band(at, low, high, "95% of the bill by API", t.blue)
    panel.line(at, api, "API", width=2, color=t.blue)
    panel.line(at, fleet, "own GPUs", width=2, color=t.teal)
    panel.stand(now, t.ink)
    crossings = {v for v in (own.break_even_tasks_per_day, own.for_good_tasks_per_day) if v is not None and v <= at[-1]}
    spots = sorted((v, (own.api_usd_per_task or 0.0) * v * MONTH_DAYS) for v in crossings)
    ring = {"size": 9, "color": t.bg, "line": {"width": 1.5, "color": t.ink}}
    cards = [f"<b>Break-even</b><br>{notation.count(x)} tasks a day<br>{notation.usd(y)} a month" for x, y in spots]
    panel.markers([x for x, _ in spots], [y for _, y in spots], "break-even", ring, cards, radius=5)
    ends = [("API", own.api_usd_per_month, t.blue, api[-1]), ("Own GPUs", own.own_usd_per_month, t.teal, fleet[-1])]
    _ends(sheet, panel, [(name, f"{notation.large_usd(value)} now", colour, y) for name, value, colour, y in ends if math.isfinite(y)])
    panel.name([Name(key="now", x=now, y=top * 0.97, name="now", details=(f"{notation.count(now)} a day",), offsets=((6, 4), (-6, 4)))])
    return sheet.figure(dark, "bills", panel.axis, [_y_axis(top, "cost_usd")])


def energy_words(key: str, levels: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """Return the finding of the panel of energy, and what it stands on."""
    known = [(x, y) for x, y in levels if math.isfinite(y)]
    noun = "reflection" if key == "reflections" else "turn"
    if len(known) < 2:
        return "Energy per task: unknown", "It needs an open model, a GPU, and logs with calls and tokens"
    (first, low), (last, high) = known[0], known[-1]
    each = (high - low) / (last - first)
    said = f"From {_wh(low)} at {notation.count(first)} to {_wh(high)} at {notation.count(last)}, idle GPUs and PUE included"
    if abs(each) < 0.001 * abs(low):
        return f"No further {noun} adds energy", said
    return f"Each further {noun} {'adds' if each > 0 else 'saves'} about {_wh(abs(each))} per task", said


def energy_figure(key: str, levels: Sequence[tuple[float, float]], at: float, *, dark: bool = False, narrow: bool = False) -> go.Figure:
    """Return the energy of a task over the rounds of reflection, or over a cap on turns; nothing lies beyond what was logged.

    Parameters
    ----------
    key : `reflections` or `cap`
    levels : level and Wh per task
    at : where the slider stands
    """
    known = [(x, y) for x, y in levels if math.isfinite(y)]
    if len(known) < 2:
        return sentence_figure("Energy is unknown: choose an open model under “Served as”.", dark=dark, narrow=narrow)
    t = theme.tokens(dark)
    top = max(y for _, y in known) * 1.2
    room = 0.06 * (known[-1][0] - known[0][0])
    sheet, panel = _panel(t, narrow, XAxis("turns", False, known[0][0] - room, known[-1][0] + room), top)
    sheet.head(0, "↑ Wh per task")
    sheet.foot("Reflection rounds" if key == "reflections" else "Cap on turns")
    xs, ys = [x for x, _ in known], [y for _, y in known]
    panel.line(xs, ys, "energy", width=2, color=t.blue)
    is_few = len(known) <= 12
    cards = [f"<b>{notation.count(x)}</b><br>{_wh(y)} per task" for x, y in known]
    panel.markers(xs, ys, "levels", {"size": 9 if is_few else 5, "color": t.blue}, cards, radius=5)
    x, y = min(known, key=lambda spot: abs(spot[0] - at))
    ring = {"size": 20, "color": theme.rgba(t.bg, 0), "line": {"width": 1.5, "color": t.blue}}
    panel.markers([x], [y], "now", ring, radius=10)
    name = Name(key="now", x=x, y=y, name=_wh(y), details=("now",), radius=10, offsets=((0, -32), (-16, -30), (16, -30), *BESIDE))
    panel.name([name])
    layout = sheet.figure(dark, "energy", panel.axis, [_y_axis(top, "wh")])
    if is_few:
        layout.update_xaxes(tickvals=xs, ticktext=[notation.count(x) for x in xs])
    return layout


def projection_table(projection: Projection, labels: dict[str, str]) -> pd.DataFrame:
    """Return one row per configuration, the frontier first: now beside as logged; numbers stay numbers, NaN is unknown."""
    names, on = clean(labels), {name: k for k, name in enumerate(projection.on_frontier)}
    logged = {each.configuration: each for each in projection.logged}
    rows = []
    for each in sorted(projection.now, key=lambda p: (on.get(p.configuration, len(on)), p.cost_usd is None, p.cost_usd or 0.0)):
        was = logged[each.configuration]
        said = list(dict.fromkeys(reason for name, reason in each.reasons.items() if name != "own"))
        rows.append({
            "state": "on" if each.configuration in on else "",
            "configuration": names.get(each.configuration, each.configuration),
            "accuracy": each.accuracy,
            "accuracy_interval": notation.interval(each.accuracy_low, each.accuracy_high),
            "accuracy_logged": was.accuracy,
            "cost_usd": each.cost_usd,
            "cost_usd_logged": was.cost_usd,
            "cost_per_success_usd": each.cost_per_success_usd,
            "latency_s": each.latency_s,
            "latency_p95_s": each.latency_p95_s,
            "usd_per_month": each.usd_per_month,
            "usd_per_month_interval": notation.span(each.usd_per_month_low, each.usd_per_month_high),
            "own_usd_per_month": each.own_usd_per_month,
            "energy_wh": each.energy_wh,
            "note": "; ".join(said + (["outside the limits"] if not each.is_feasible else [])),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=list(PROJECTION_COLUMNS))
    for name in PROJECTION_FORMATS:
        table[name] = pd.to_numeric(table[name]).astype("float64")
    kept = [name for name in table if name in ("state", "configuration", "accuracy", "cost_usd") or _is_told(table[name])]
    return table[kept]


def _is_told(column: pd.Series) -> bool:
    """Return whether a column says anything."""
    return bool((column.notna() & (column != "") & (column != notation.UNKNOWN)).any())


def _wh(value: float) -> str:
    return f"{notation.significant(value)} Wh" if abs(value) < 9.95 else f"{notation.fixed(value, 0)} Wh"


def _panel(t: theme.Tokens, narrow: bool, axis: XAxis, top: float) -> tuple[Sheet, Panel]:
    """Return an empty figure of one plot from zero up."""
    heights, widths = (NARROW_HEIGHT if narrow else HEIGHT,), NARROW_WIDTHS if narrow else WIDTHS
    sheet = Sheet(t=t, is_narrow=narrow, heights=heights, margin=MARGIN, widths=widths)
    return sheet, Panel(sheet=sheet, axis=axis, y=(0.0, top))


def _y_axis(top: float, objective: str) -> dict:
    values = even_steps(0.0, top, 5)
    texts = [tick_text(objective, v) if v else "0" for v in values]
    return {"range": [0.0, top], "tickmode": "array", "tickvals": values, "ticktext": texts, "showgrid": True, "ticks": ""}


def _ends(sheet: Sheet, panel: Panel, ends: Sequence[tuple[str, str, str, float]]) -> None:
    """Name lines at their right ends in their own colours, kept apart."""
    height = sheet.heights[0]
    ordered = sorted(ends, key=lambda end: -end[3])
    spots = push_apart([panel.level(y) for *_, y in ordered], 32, 14, height - 14)
    for (name, said, colour, _), spot in zip(ordered, spots, strict=True):
        text = f'<b>{plotly_text(name)}</b><br><span style="font-size:12px;color:{sheet.t.ink2}">{plotly_text(said)}</span>'
        place = {"x": 1, "xanchor": "left", "xshift": 6, "y": 1 - spot / height, "yanchor": "middle", "align": "left"}
        sheet.write(text, **place, font={"color": colour, "size": theme.NAME_SIZE})
