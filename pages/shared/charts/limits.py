"""Budget and time limit in the figure: the region within, its edge, and how many configurations fit."""

from analytics import notation
from pages.shared.charts.canvas import Canvas
from pages.shared.lettering import text_width
from pages.shared.placement import Box
from pages.shared.theme import NAME_SIZE, NAME_WEIGHT, TEXT_SIZE, rgba

Y_TITLE_PX = 92
"""Room for the words at the top of the accuracy axis."""


def on_axis(canvas: Canvas, max_cost: float | None, max_latency: float | None) -> float | None:
    """Return the limit that the axis shows."""
    limit = {"cost_usd": max_cost, "latency_s": max_latency}.get(canvas.objective)
    return None if limit is None or (canvas.axis.is_log and limit <= 0) else limit


def draw_region(canvas: Canvas, limit: float) -> None:
    """Draw the affordable region and, where it lies inside the plot, its edge."""
    low, high = canvas.axis.low, canvas.axis.high
    edge = min(max(limit, low), high)
    box = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "x1": edge}
    canvas.shapes.append({**box, "type": "rect", "x0": low, "layer": "below", "line": {"width": 0}, "fillcolor": rgba(canvas.t.teal, 0.07)})
    if low < limit < high:
        canvas.shapes.append({**box, "type": "line", "x0": edge, "layer": "between", "line": {"width": 1.5, "color": canvas.t.teal}})


def write(canvas: Canvas, limit: float | None, max_cost: float | None, max_latency: float | None, n_fit: int, n: int) -> list[list[Box]]:
    """Write the limits: above the plot with the number that fit, or on a phone inside the region. Return what it takes of each plot."""
    words = [f"Budget {notation.usd(max_cost)}"] if max_cost is not None else []
    if max_latency is not None:
        words.append(f"{'time' if words else 'Time limit'} {notation.seconds(max_latency)}")
    share = 1.0 if limit is None else min(max(canvas.axis.share(limit), 0.0), 1.0)
    if canvas.is_narrow:
        return _write_inside(canvas, share, f"≤ {notation.usd(max_cost) if max_cost is not None else notation.seconds(max_latency)}")
    counted = f"{notation.count(n_fit)} of {notation.count(n)} fit"
    width = text_width(f"{' · '.join(words)} · {counted}", NAME_SIZE, NAME_WEIGHT)
    plot = canvas.plots[0][0]
    middle = min(max(share * plot, Y_TITLE_PX - canvas.margin["l"] + width / 2), plot - width / 2)
    place = {"x": share * canvas.end, "xanchor": "center", "xshift": middle - share * plot, "y": 1, "yanchor": "bottom", "yshift": 3}
    canvas.write(f"<b>{' · '.join(words)}</b> · {counted}", **place, font={"color": canvas.t.teal, "size": NAME_SIZE})
    return [[] for _ in canvas.plots]


def _write_inside(canvas: Canvas, share: float, text: str) -> list[list[Box]]:
    """Write the limit at the top of its region, or right of the line where the region is too thin."""
    width = text_width(text, TEXT_SIZE, NAME_WEIGHT) + 4
    is_left = share * canvas.plots[0][0] > width + 4
    place = {"x": share * canvas.end, "xanchor": "right" if is_left else "left", "xshift": -4 if is_left else 4, "y": 1, "yanchor": "top"}
    canvas.write(f"<b>{text}</b>", **place, yshift=-2, font={"color": canvas.t.teal, "size": TEXT_SIZE})
    at = [share * plot[0] for plot in canvas.plots]
    return [[Box(x - width - 6, 0, x, 18) if is_left else Box(x, 0, x + width + 6, 18)] for x in at]
