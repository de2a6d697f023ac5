"""How far attempts get without a failed step, and whether failures breed failures."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from analytics import notation
from analytics.survival import SelfConditioning, Survival
from pages.shared import labels as names
from pages.shared import theme
from pages.shared.charts.axes import XAxis, y_layout
from pages.shared.charts.panel import NARROW_WIDTHS, WIDTHS, Name, Panel, Sheet
from pages.shared.charts.parts import fitted, sentence_figure
from pages.shared.labels import plotly_text
from pages.shared.placement import push_apart

HEIGHT, NARROW_HEIGHT = 330, 280
MOST_CURVES, MOST_NAMES, MOST_NARROW = 24, 9, 5
HALF = 0.5
LABEL_GAP = 17
ENOUGH = 10
"""A curve is drawn as far as so many attempts are at risk, or else to where half of its attempts are."""


def survival_figure(
    curves: Sequence[Survival], labels: dict[str, str], *, focus: str | None = None, dark: bool = False, narrow: bool = False
) -> go.Figure:
    """Return the share of attempts without a failed step over steps: the one in focus blue with its band and where it falls below half.

    Parameters
    ----------
    focus : configuration; the others are grey
    """
    drawn = [each for each in curves if each.reason is None and each.last_step]
    if not drawn:
        reasons = sorted({each.reason for each in curves if each.reason})
        sentence = f"{reasons[0][:1].upper()}{reasons[0][1:]}." if reasons else "No step outcomes in these logs."
        more = "Logs that mark each tool call as done or failed would show after how many steps attempts break."
        return sentence_figure(f"{sentence} {more}".replace("..", "."), dark=dark, narrow=narrow)
    t, clean = theme.tokens(dark), names.clean(labels)
    drawn = sorted(drawn, key=lambda each: (each.configuration != focus, -each.n_attempts, each.configuration))[:MOST_CURVES]
    paths = {each.configuration: _path(each) for each in drawn}
    right = 118 if narrow else 190
    last = max(path[0][-1] for path in paths.values())
    sheet = Sheet(
        t=t, is_narrow=narrow, heights=(float((NARROW_HEIGHT if narrow else HEIGHT) - 70),),
        margin={"l": 38, "r": right, "t": 24, "b": 46}, widths=NARROW_WIDTHS if narrow else WIDTHS,
    )  # fmt: skip
    lowest = min(min(path[1]) for path in paths.values())
    lowest = min([lowest, *(low for low in paths.get(focus or "", ((), (), (), ()))[2] if notation.is_known(low))])
    y_axis, bottom, end = y_layout(lowest, 1.0)
    axis = XAxis("turns", False, 0.0, last * 1.02)
    panel = Panel(sheet=sheet, axis=axis, y=(bottom, end))
    for each in reversed(drawn):
        is_focus = each.configuration == focus
        xs, ys, lows, highs = paths[each.configuration]
        if is_focus and all(notation.is_known(v) for v in (*lows[1:], *highs[1:])) and len(xs) > 2:
            steps_x, low = _stairs(xs, lows)
            panel.band(steps_x, low, _stairs(xs, highs)[1], "95% band", t.blue)
        style = {"shape": "hv", "width": 2 if is_focus else 1.25, "color": t.blue if is_focus else t.axis}
        if is_focus:
            stairs = _stairs(xs, ys)
            panel.lines.append(list(zip(*stairs, strict=True)))
        panel.trace(xs, ys, "in focus" if is_focus else "curve", mode="lines", line=style)
        cards = [_card(each, clean.get(each.configuration, each.configuration), x, y) for x, y in zip(xs, ys, strict=True)]
        marker = {"size": 7, "opacity": 0}
        at = _stairs_points(xs, ys)
        panel.trace(
            [x for x, _ in at], [y for _, y in at], f"cards of {'the one in focus' if is_focus else 'a curve'}", mode="markers",
            marker=marker, customdata=[["", card] for card in cards], hovertemplate="%{customdata[1]}<extra></extra>", hoverinfo=None,
        )  # fmt: skip
    _half(panel, next((each for each in drawn if each.configuration == focus), None), last)
    _ends(sheet, panel, drawn, paths, clean, focus, narrow)
    sheet.head(0, "↑ Attempts without a failed step")
    sheet.foot("Steps (LLM and tool calls)")
    return sheet.figure(dark, "survival", axis, [y_axis])


def conditioning_figure(found: SelfConditioning, *, dark: bool = False, narrow: bool = False) -> go.Figure:
    """Return how often the next step fails after none, one, two and more failed steps, with 95% intervals."""
    levels = [(float(i), each, each.failure_rate) for i, each in enumerate(found.after) if notation.is_known(each.failure_rate)]
    if len(levels) < 2:
        sentence = found.reason or "too few failed steps to tell"
        return sentence_figure(f"{sentence[:1].upper()}{sentence[1:]}.".replace("..", "."), dark=dark, narrow=True, height=220)
    t = theme.tokens(dark)
    tops = [max(rate, (each.interval or (0.0, None))[1] or 0.0) for _, each, rate in levels]
    highest = min(1.0, max(tops) * 1.12 or 0.05)
    margin, widths = {"l": 38, "r": 8, "t": 24, "b": 46}, NARROW_WIDTHS if narrow else (300, 380)
    sheet = Sheet(t=t, is_narrow=narrow, heights=(200.0,), margin=margin, widths=widths)
    axis = XAxis("turns", False, -0.5, len(found.after) - 0.5)
    panel = Panel(sheet=sheet, axis=axis, y=(0.0, highest))
    xs, rates = [x for x, _, _ in levels], [rate for _, _, rate in levels]
    panel.bars([(x, rate, *(each.interval or (None, None))) for x, each, rate in levels], "intervals", t.blue, 1)
    cards = [
        f"<b>After {_before(each.n_failed_before, found)} failed</b><br>"
        f"{notation.percent(rate)} of the next steps fail{_sure(each.interval)}<br>n = {each.n:,} steps"
        for _, each, rate in levels
    ]
    panel.line(xs, rates, "rates", width=1.25, color=t.axis)
    marker = {"size": 11, "color": t.blue, "line": {"width": 1.5, "color": t.bg}}
    panel.markers(xs, rates, "failure rate", marker, cards, radius=6)
    panel.name([Name(key=str(x), x=x, y=rate, name=notation.percent(rate), radius=6) for x, _, rate in levels])
    step = 0.01 if highest <= 0.05 else 0.05 if highest <= 0.25 else 0.1 if highest <= 0.5 else 0.2
    ticks = [i * step for i in range(math.floor(highest / step) + 1)]
    texts = [notation.percent(v, 0) for v in ticks]
    y_axis = {"range": [0, highest], "tickmode": "array", "tickvals": ticks, "ticktext": texts, "showgrid": True}
    sheet.head(0, "↑ The next step fails")
    sheet.foot("Failed steps before it")
    figure = sheet.figure(dark, "conditioning", axis, [y_axis])
    words = [_before(each.n_failed_before, found) for each in found.after]
    figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words, minor=None)
    return figure


def _before(n: int, found: SelfConditioning) -> str:
    """Write how many steps failed before."""
    is_last = n == max(each.n_failed_before for each in found.after)
    return f"{n} or more" if is_last and n >= 2 else str(n) if n else "none"


def _sure(interval) -> str:
    return f" ({notation.interval(*interval)})" if interval else ""


def _path(curve: Survival) -> tuple[list[float], list[float], list[float], list[float]]:
    """Return steps, survival and both ends of its band from step 0 on, as far as enough attempts are at risk."""
    n_risk = curve.n_at_risk.tolist()
    least = min(ENOUGH, max(2, curve.n_attempts // 2)) if n_risk else 0
    kept = next((i for i, n in enumerate(n_risk) if n < least), len(n_risk))
    xs = [0.0, *map(float, curve.steps.tolist()[:kept])]
    ys = [1.0, *curve.survival.tolist()[:kept]]
    lows, highs = [1.0, *curve.low.tolist()[:kept]], [1.0, *curve.high.tolist()[:kept]]
    if kept == len(n_risk) and curve.last_step and curve.last_step > xs[-1]:
        xs, ys, lows, highs = [*xs, float(curve.last_step)], [*ys, ys[-1]], [*lows, lows[-1]], [*highs, highs[-1]]
    return xs, ys, lows, highs


def _stairs(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the corners of a staircase: constant until the next step."""
    out_x, out_y = [xs[0]], [ys[0]]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        out_x += [x, x]
        out_y += [out_y[-1], y]
    return out_x, out_y


def _stairs_points(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    """Return one place per step for its card."""
    return list(zip(xs, ys, strict=True))


def _card(curve: Survival, name: str, step: float, share: float) -> str:
    """Return the card of one step of a curve."""
    lines = [f"<b>{plotly_text(notation.shorten(name, 44))}</b>", f"After step {step:.0f}: {notation.percent(share)} without a failed step"]
    at = next((i for i, s in enumerate(curve.steps.tolist()) if s == step), None)
    if at is not None:
        low, high = float(curve.low[at]), float(curve.high[at])
        if notation.is_known(low) and notation.is_known(high):
            lines[-1] += f" ({notation.interval(low, high)})"
        lines.append(f"{notation.count(float(curve.n_at_risk[at]))} attempts at risk")
    lines.append(f"{curve.n_failed:,} of {notation.plural(curve.n_attempts, 'attempt')} have a failed step")
    if notation.is_known(curve.step_accuracy):
        lines.append(f"{notation.percent(curve.step_accuracy)} of the steps do not fail")
    return "<br>".join(lines)


def _half(panel: Panel, curve: Survival | None, last: float) -> None:
    """Mark the step at which the curve in focus falls below half: the horizon H.5."""
    step = curve.horizons.get(HALF) if curve is not None else None
    if curve is None or step is None or step > last or panel.y[0] >= HALF:
        return
    t = panel.sheet.t
    share = next((float(y) for x, y in zip(curve.steps, curve.survival, strict=True) if x == step), HALF)
    panel.trace([0, step], [HALF, HALF], "half", mode="lines", line={"width": 1, "color": t.ink2, "dash": "3px,3px"})
    panel.trace([step, step], [panel.y[0], HALF], "horizon", mode="lines", line={"width": 1, "color": t.ink2, "dash": "3px,3px"})
    panel.lines.append([(0.0, HALF), (float(step), HALF), (float(step), panel.y[0])])
    marker = {"size": 11, "color": t.bg, "line": {"width": 2.5, "color": t.ink}}
    card = f"<b>A failed step is likelier than none by step {step}</b><br>Horizon H.5: survival falls below half"
    panel.markers([step], [share], "even odds", marker, [card], radius=7)
    panel.name([
        Name(
            key="half", x=float(step), y=share, name=f"Even odds by step {step}", radius=7,
            offsets=((26, -26), (20, -46), (26, 26), (0, -44), (-26, 26), (-26, -26), (16, 0), (0, 40)), reach=(1.0, 1.4, 1.8),
        )
    ])  # fmt: skip


def _ends(sheet: Sheet, panel: Panel, drawn: list[Survival], paths: dict, clean: dict, focus: str | None, narrow: bool) -> None:
    """Name the curves at their right ends, pushed apart, the one in focus first."""
    named = drawn[: MOST_NARROW if narrow else MOST_NAMES]
    ends = [(paths[each.configuration][0][-1], paths[each.configuration][1][-1]) for each in named]
    wanted = [panel.level(y) for _, y in ends]
    spots = push_apart(wanted, LABEL_GAP, 6, sheet.heights[0] - 6)
    shown = names.short_names(clean) if narrow else clean
    for each, (x, y), at, spot in zip(named, ends, wanted, spots, strict=True):
        is_focus = each.configuration == focus
        font = {
            "size": theme.TEXT_SIZE,
            "weight": theme.NAME_WEIGHT if is_focus else 400,
            "color": sheet.t.blue if is_focus else sheet.t.ink2,
        }
        text = fitted(shown.get(each.configuration, each.configuration), sheet.margin["r"] - 24, theme.TEXT_SIZE, font["weight"])
        line = {"type": "line", "xref": "x", "x0": x, "x1": panel.axis.high, "yref": "y", "y0": y, "y1": y, "layer": "below"}
        if x < panel.axis.high * 0.97:
            sheet.shapes.append(
                {**line, "line": {"width": 0.75, "color": sheet.t.grid if not is_focus else theme.rgba(sheet.t.blue, 0.35)}}
            )
        sheet.notes.append({
            "x": 1, "xref": "paper", "y": y, "yref": "y", "ax": 18, "ay": spot - at, "axref": "pixel", "ayref": "pixel", "showarrow": True,
            "arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": sheet.t.ink3, "standoff": 1, "xanchor": "left", "yanchor": "middle",
            "borderpad": 0, "text": plotly_text(text), "font": font, "captureevents": False,
        })  # fmt: skip
