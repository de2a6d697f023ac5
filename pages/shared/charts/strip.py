"""The strip below a ladder: what one more success costs on each step, on a log axis, against what a success is worth."""

import math
from collections.abc import Sequence

from analytics import notation
from analytics.returns import Segment
from pages.shared import theme
from pages.shared.charts.axes import XAxis, steps, tick_text
from pages.shared.charts.ladders import Ladder, midpoint, steps_of
from pages.shared.charts.panel import Name, Panel
from pages.shared.charts.sheet import Sheet
from pages.shared.labels import plotly_text

HEAD = "Price of one more success, USD (log)"
ABOVE_STEP = (
    *((6, -13), (-6, -13), (0, -13), (6, 13), (-6, 13), (0, 13), (20, -13), (-20, -13), (20, 13), (-20, 13)),
    *((40, -13), (-40, -13), (40, 13), (-40, 13), (60, -13), (-60, -13)),
)
"""Where a step's price may stand: beside its interval, above the step first."""
CEILING = 0.8
"""Where a step without a price stands, as a share of the strip's height: its words still fit above it."""
LONGEST_REACH = 30.0
"""An interval is drawn up to so many times its price, or the axis would show nothing else."""
NO_PRICE = {"no gain": "no gain", "negative gain": "accuracy falls", "undecided": "not decidable", "gain": ""}
"""Words for a step that has no price for a success, or one that is not certain."""


def has_prices(ladder: Ladder) -> bool:
    """Return whether any step bought successes at a known price: without one there is nothing to draw on a money axis."""
    return any(_price(step) is not None for step, _, _ in steps_of(ladder))


def strip_of(sheet: Sheet, axis: XAxis, ladder: Ladder, row: int) -> Panel:
    """Return the empty strip with an axis that holds the prices, their intervals as far as they are drawn, and the value of a success."""
    priced = [step for step, _, _ in steps_of(ladder) if _price(step) is not None]
    prices = [price for step in priced if (price := _price(step)) is not None]
    value = ladder.result.value_usd
    near = [value] if value and min(prices) / 100 <= value <= max(prices) * 100 else []
    low, high = min([*prices, *near]), max([*prices, *near])
    ends = [end for step in priced for end in _interval(step, math.inf)]
    low = min([low, *(e for e in ends if e >= low / 4)])
    high = max([high, *(e for e in ends if e <= high * 4)])
    room = max(math.log10(high / low), 0.6)
    above = 0.3 if len(priced) == len(steps_of(ladder)) else 0.6  # steps without a price stand under the ceiling, with their words
    return Panel(sheet=sheet, axis=axis, row=row, y=(low / 10 ** (0.2 * room), high * 10 ** (above * room)), is_log=True)


def strip_axis(strip: Panel) -> dict:
    """Return the strip's y axis for `go.Layout`: a few plain dollars."""
    low, high = strip.y
    values = steps(low, high, (1,))
    if len(values) < 2:
        values = steps(low, high, (1, 2, 5))
    most = max(2, int(strip.sheet.heights[strip.row] / 26))
    values = values[:: math.ceil(len(values) / most)] if values else []
    ticks = {"tickmode": "array", "tickvals": values, "ticktext": [tick_text("cost_usd", v) for v in values], "ticks": ""}
    return {"type": "log", "range": [math.log10(low), math.log10(high)], "showgrid": True, **ticks}


def draw_strip(strip: Panel, ladder: Ladder) -> None:
    """Draw the steps with their intervals and prices, and the line of what a success is worth."""
    t, value = strip.sheet.t, ladder.result.value_usd
    low, high = strip.y
    if value is not None and value < high:
        strip.region(strip.axis.low, strip.axis.high, theme.rgba(t.orange, 0.07), y0=max(value, low), y1=high)
    at = steps_of(ladder)
    for is_good, name, colour in ((True, "steps that pay", t.blue), (False, "steps that do not", t.orange)):
        _draw_steps(strip, [(s, a, b) for s, a, b in at if pays(s, value) == is_good], name, colour)
    names = [_name(strip, s, a, b, value) for s, a, b in at]
    if value is not None and low < value < high:
        strip.level_line(value, t.ink, width=1.25)
        left, right = strip.axis.low, strip.axis.high
        spots = [(x, value, side, 6 if side == "left" else -6, dy) for dy in (-12, 13) for x, side in ((left, "left"), (right, "right"))]
        strip.write(plotly_text(f"A success is worth {notation.usd(value)}"), spots, t.ink, weight=theme.NAME_WEIGHT)
    strip.name(sorted(names, key=lambda name: -name.worth))


def pays(step: Segment, value: float | None) -> bool:
    """Return whether a step is worth its money: a gain for certain, and at most at what a success is worth."""
    if step.verdict != "gain":
        return False
    return value is None or (step.usd_per_success is not None and step.usd_per_success <= value)


def _price(step: Segment) -> float | None:
    """Return the price of one more success where it can stand on a log axis."""
    return step.usd_per_success if notation.is_known(step.usd_per_success) and step.usd_per_success > 0 else None


def _saves(step: Segment) -> bool:
    """Return whether a step solves more for no more money."""
    return notation.is_known(step.d_cost_usd) and step.d_cost_usd <= 0 and (step.d_accuracy or 0) > 0


def _level(strip: Panel, step: Segment) -> float:
    """Return the height of a step: its price, the ceiling where no money buys a success, the floor where the step saves money."""
    price, (low, high) = _price(step), strip.y
    return price if price is not None else low * (high / low) ** (0.06 if _saves(step) else CEILING)


def _interval(step: Segment, top: float) -> tuple[float, float]:
    """Return both ends of a price's interval as far as it is drawn; an end that is not known or not above zero is the price itself."""
    price = _price(step) or 1.0
    low, high = step.usd_per_success_low, step.usd_per_success_high
    if not notation.is_known(low):
        return price, price
    low = max(low, price / LONGEST_REACH) if low > 0 else price / LONGEST_REACH
    if not notation.is_known(high):
        return min(low, price), max(price, min(top, price * LONGEST_REACH))
    return min(low, price), max(price, min(high, price * LONGEST_REACH))


def _draw_steps(strip: Panel, at: Sequence[tuple[Segment, float, float]], name: str, colour: str) -> None:
    """Draw steps of one colour: a thick line from level to level, a thin one for the interval."""
    if not at:
        return
    xs: list[float | None] = []
    ys: list[float | None] = []
    for step, a, b in at:
        level = _level(strip, step)
        xs += [a, b, None]
        ys += [level, level, None]
        strip.lines.append([(a, level), (b, level)])
    strip.trace(xs, ys, name, mode="lines", line={"width": 4, "color": colour})
    bars = []
    for step, a, b in at:
        price = _price(step)
        if price is not None:
            ends = _interval(step, strip.y[1])
            bars.append((midpoint(strip.axis, a, b), price, max(ends[0], strip.y[0]), max(ends[1], price)))
    strip.bars(bars, f"intervals of {name}", colour, 1)
    middles, cards = [midpoint(strip.axis, a, b) for _, a, b in at], [_card(step) for step, _, _ in at]
    strip.markers(middles, [_level(strip, s) for s, _, _ in at], f"cards of {name}", {"size": 14, "opacity": 0}, cards, radius=0)


def _name(strip: Panel, step: Segment, a: float, b: float, value: float | None) -> Name:
    """Return a step's words: its price, and what stands against it."""
    price, t, remark = _price(step), strip.sheet.t, NO_PRICE[step.verdict]
    is_short = strip.sheet.is_narrow
    if price is None:
        text, details = "costs less" if _saves(step) else remark or "price unknown", ("",)
    else:
        text = f"{notation.usd(price)}, {remark}" if remark and not is_short else notation.usd(price)
        details = (remark, "") if remark and is_short else ("",)
    return Name(
        key=f"step {step.start} {step.end}",
        x=midpoint(strip.axis, a, b),
        y=_level(strip, step),
        name=text,
        details=details,
        radius=2,
        colour=t.ink if pays(step, value) or _saves(step) else t.orange,
        offsets=ABOVE_STEP,
        reach=(1.0,),
        worth=2 if price is not None else 1,
    )


def _card(step: Segment) -> str:
    """Return the hover card of a step."""
    head = f"{notation.shorten(notation.plain(step.start), 24)} → {notation.shorten(notation.plain(step.end), 24)}"
    gain = notation.interval(step.d_accuracy_low, step.d_accuracy_high, signed=True)
    lines = [f"<b>{plotly_text(head)}</b>"]
    lines.append(f"Accuracy {notation.points(step.d_accuracy)}{f' ({gain})' if gain != notation.UNKNOWN else ''}")
    if notation.is_known(step.d_cost_usd):
        lines.append(f"Cost per task {'+' if step.d_cost_usd > 0 else ''}{notation.usd(step.d_cost_usd)}")
    if _price(step) is not None:
        span = notation.span(step.usd_per_success_low, step.usd_per_success_high)
        lines.append(f"One more success for {notation.usd(step.usd_per_success)}{f' ({span})' if span != notation.UNKNOWN else ''}")
    if notation.is_known(step.ratio_to_first):
        lines.append(f"{notation.ratio(step.ratio_to_first)} the price of the first step")
    if notation.is_known(step.d_latency_s):
        lines.append(f"Time {'+' if step.d_latency_s > 0 else ''}{notation.seconds(step.d_latency_s)}")
    if NO_PRICE[step.verdict]:
        lines.append(NO_PRICE[step.verdict].capitalize())
    return "<br>".join(lines)
