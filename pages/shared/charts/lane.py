"""The lane beside the plot: configurations with a score and no known cost, counted, in no ranking, never at zero."""

from analytics import notation
from pages.shared.charts.canvas import Canvas
from pages.shared.labels import MEASURES
from pages.shared.lettering import text_width
from pages.shared.theme import NAME_WEIGHT, TEXT_SIZE


def swarm(levels: list[float], width: float, distance: float) -> list[float]:
    """Return horizontal offsets in pixels so that markers at these heights (pixels) do not cover one another.

    Markers are set from the top down, each as near to the middle as its neighbours allow; where a row is full, they overlap.

    >>> swarm([10, 12, 60], 40, 9)
    [0.0, 9.0, 0.0]
    """
    half = max(0.0, width / 2 - 4)
    offsets = [0.0]
    while offsets[-1] + distance <= half:
        offsets.append(offsets[-1] + distance)
    tries = [sign * offset for offset in offsets for sign in ((1, -1) if offset else (1,))]
    spots: dict[int, tuple[float, float]] = {}
    for i in sorted(range(len(levels)), key=lambda i: (levels[i], i)):
        free = (x for x in tries if all((x - a) ** 2 + (levels[i] - b) ** 2 >= (0.98 * distance) ** 2 for a, b in spots.values()))
        spots[i] = (next(free, tries[i % len(tries)]), levels[i])
    return [spots[i][0] for i in range(len(levels))]


def draw(canvas: Canvas, n: int, domain: tuple[float, float]) -> dict:
    """Draw the lane's ground, head and count; return its axes."""
    t, measure = canvas.t, MEASURES[canvas.objective]
    box = {"type": "rect", "xref": "paper", "yref": "paper", "x0": domain[0], "x1": domain[1], "y0": 0, "y1": 1}
    canvas.shapes.append({**box, "fillcolor": t.panel, "line": {"width": 0}, "layer": "below"})
    middle = {"x": (domain[0] + domain[1]) / 2, "xanchor": "center"}
    head = measure.sign if canvas.is_narrow else measure.unknown
    room = (domain[1] - domain[0]) / canvas.end * canvas.plots[0][0]
    is_wider = text_width(head, TEXT_SIZE, NAME_WEIGHT) > room
    canvas.write(f"<b>{head}</b>", **({"x": 1, "xanchor": "right"} if is_wider else middle), y=1, yanchor="bottom", yshift=3)
    below = {**middle, "y": 0, "yanchor": "top"}
    canvas.write(notation.count(n) if canvas.is_narrow else notation.plural(n, "row"), **below, yshift=-5)
    if not canvas.is_narrow:
        canvas.write("kept outside", **below, yshift=-26, font={"color": t.ink3, "size": 12})
    hidden = {"visible": False, "fixedrange": True}
    return {
        "xaxis2": {**hidden, "domain": list(domain), "range": [-1, 1], "anchor": "y2", "type": "linear"},
        "yaxis2": {**hidden, "matches": "y", "anchor": "x2"},
    }
