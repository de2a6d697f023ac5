"""The figure of where returns stop: accuracy against what is spent, the stop, and below it the price of one more success on each step.

It draws what the `Returns` say and computes nothing but coordinates. From the ground up: region beyond the stop, ground of what is
extrapolated, grid, grey ladders, band and fit, stop line, intervals, levels, the stop, names.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics import notation
from analytics.returns import Returns
from pages.shared import theme
from pages.shared.charts import ladders
from pages.shared.charts.axes import XAxis, y_layout
from pages.shared.charts.ladders import Ladder
from pages.shared.charts.panel import Panel
from pages.shared.charts.sheet import NARROW_WIDTHS, WIDTHS, Sheet
from pages.shared.charts.strip import HEAD, draw_strip, has_prices, strip_axis, strip_of
from pages.shared.labels import plotly_text, spent

MARGIN = {"l": 44, "r": 12, "t": 22, "b": 46}
NARROW_MARGIN = {"l": 40, "r": 6, "t": 22, "b": 46}
CURVE, CURVE_ALONE, STRIP, GAP = 336, 400, 132, 50
NARROW_CURVE, NARROW_CURVE_ALONE, NARROW_STRIP = 264, 300, 116
MOST_NARROW, MOST_OTHERS = 4, 6


def returns_figure(
    results: Sequence[Returns],
    focus: int = 0,
    *,
    dark: bool = False,
    narrow: bool = False,
    widths: Sequence[int] | None = None,
) -> go.Figure:
    """Return the figure of one ladder in focus among all that share its knob; for a ladder without levels, one sentence.

    Parameters
    ----------
    results : sequence of Returns
        One for each series. Names in them are made inert here.
    focus : int
        Position of the one that is drawn in full; the others are grey.
    narrow : bool
        For a phone: lower, with at most four names.
    widths : pixel widths of the whole figure at which no label may hit anything
    """
    t = theme.tokens(dark)
    drawn, is_measured = ladders.arranged(results, focus) if results else ([], False)
    seen = drawn[focus] if drawn else None
    has_strip = seen is not None and is_measured and has_prices(seen)
    if has_strip:
        heights, gaps = (NARROW_CURVE, NARROW_STRIP) if narrow else (CURVE, STRIP), (GAP,)
    else:
        heights, gaps = (NARROW_CURVE_ALONE if narrow else CURVE_ALONE,), ()
    margin, at_widths = (NARROW_MARGIN, NARROW_WIDTHS) if narrow else (MARGIN, WIDTHS)
    sheet = Sheet(t=t, is_narrow=narrow, heights=heights, gaps=gaps, margin=margin, widths=tuple(widths or at_widths))
    if seen is None or not seen.places:
        return sheet.sentence(dark, results[focus].stop_reason if results else None)
    others = [ladder for i, ladder in enumerate(drawn) if ladder is not None and i != focus]
    axis = ladders.x_axis_of([seen, *others], seen, is_measured=is_measured, is_narrow=narrow)
    y_axis, bottom, top = y_layout(*ladders.accuracies([seen, *others], seen))
    panel = Panel(sheet=sheet, axis=axis, y=(bottom, top))
    y_axes = [y_axis]
    beyond = _beyond(seen, panel.axis)
    sheet.head(0, f"↑ {'Accuracy, at least' if seen.result.is_bound else 'Accuracy'}")
    if has_strip:
        sheet.head(1, HEAD, is_strip=True)
    _draw_curve(panel, seen, others, beyond)
    if has_strip:
        strip = strip_of(sheet, axis, seen, 1)
        y_axes.append(strip_axis(strip))
        if beyond is not None:
            strip.region(beyond, axis.high, theme.rgba(t.orange, 0.05))
            strip.lines.append([(beyond, strip.y[0]), (beyond, strip.y[1])])
        draw_strip(strip, seen)
        panel.ground()
    words = spent(seen.result.x_name if is_measured else seen.result.knob)
    sheet.foot(f"{words.short_title if narrow else words.title}{' (log)' if axis.is_log else ''}", words.better if is_measured else "")
    return sheet.figure(dark, "returns", axis, y_axes)


def _draw_curve(panel: Panel, seen: Ladder, others: Sequence[Ladder], beyond: float | None) -> None:
    """Draw the upper plot with all its names."""
    t, sheet = panel.sheet.t, panel.sheet
    if beyond is not None:
        panel.region(beyond, panel.axis.high, theme.rgba(t.orange, 0.05))
    ladders.draw_others(panel, others)
    unseen_from = ladders.draw_fit(panel, seen)
    if unseen_from is not None and unseen_from < panel.axis.high:
        panel.region(unseen_from, panel.axis.high, theme.rgba(t.field, 0.1))
    if seen.stop is not None and beyond is not None:
        panel.stand(seen.stop.x, t.ink)
    ladders.draw_levels(panel, seen)
    levels, series = ladders.names_of_levels(seen), ladders.names_of_others(panel, others, 1 if sheet.is_narrow else MOST_OTHERS)
    panel.name([*levels[:3], *series, *levels[3:]], most=MOST_NARROW if sheet.is_narrow else None)
    if beyond is not None:
        _write_beyond(panel, seen, beyond)
    if unseen_from is not None:
        _write_extrapolated(panel, unseen_from)


def _beyond(seen: Ladder, axis: XAxis) -> float | None:
    """Return where the region begins in which no step pays: at the stop, if there are levels after it."""
    if seen.stop is None or not any(place.x > seen.stop.x for place in seen.places):
        return None
    return seen.stop.x


def _write_beyond(panel: Panel, seen: Ladder, start: float) -> None:
    """Say in the region beyond the stop why it is tinted: at its floor, else at its ceiling, where there is room."""
    result = seen.result
    is_falling = result.peak_at is not None and result.peak_at == result.stop_at
    if result.stop_basis == "value":
        worth = notation.usd(result.value_usd)
        lines = (
            ["A success costs", f"more than {worth}"]
            if panel.sheet.is_narrow
            else ["Beyond here a success costs", f"more than the {worth} it is worth"]
        )
    else:
        lines = ["Beyond here", "accuracy falls"] if is_falling else ["Beyond here no gain", "stands out from chance"]
    end = panel.axis.high
    low, high = panel.y
    spots = [(start, low, "left", 10, -24), (end, low, "right", -10, -24), (start, high, "left", 10, 22), (end, high, "right", -10, 22)]
    spots += [(start, low + share * (high - low), "left", 10, 0) for share in (0.2, 0.35, 0.5)]
    panel.write("<br>".join(plotly_text(line) for line in lines), spots, panel.sheet.t.orange)


def _write_extrapolated(panel: Panel, start: float) -> None:
    """Say that the dashed part was not observed."""
    low, high = panel.y
    end = panel.axis.high
    spots = [(end, low, "right", -6, -12), (end, high, "right", -6, 12), (start, low, "left", 6, -12), (start, high, "left", 6, 12)]
    spots += [(end, low + share * (high - low), "right", -6, 0) for share in (0.15, 0.3, 0.45, 0.6)]
    panel.write("extrapolated", spots, panel.sheet.t.ink3)
