"""The lane beside the plot: configurations with a score and no known cost, counted, in no ranking, never at zero."""

import plotly.graph_objects as go

from analytics import notation
from pages.shared.labels import MEASURES
from pages.shared.theme import Tokens


def swarm(levels: list[float], width: float, distance: float) -> list[float]:
    """Return horizontal offsets in pixels so that markers at these heights (pixels) do not cover one another.

    Markers are set from the top down, each as near to the middle as its neighbours allow; where a row is full, they overlap at the edge.

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


def draw(figure: go.Figure, t: Tokens, objective: str, n: int, domain: tuple[float, float], *, is_narrow: bool) -> None:
    """Draw the lane's ground, head and count; the markers are a trace of the figure on the axis `x2`."""
    measure = MEASURES[objective]
    figure.update_layout(
        xaxis2={"domain": list(domain), "range": [-1, 1], "anchor": "y2", "visible": False, "fixedrange": True, "type": "linear"},
        yaxis2={"matches": "y", "anchor": "x2", "visible": False, "fixedrange": True},
    )
    box = {"type": "rect", "xref": "paper", "yref": "paper", "x0": domain[0], "x1": domain[1], "y0": 0, "y1": 1}
    figure.add_shape(**box, fillcolor=t.panel, line_width=0, layer="below")
    middle = (domain[0] + domain[1]) / 2
    note = {"xref": "paper", "yref": "paper", "x": middle, "xanchor": "center", "showarrow": False, "borderpad": 0}
    head = f"{measure.sign.strip()}?" if is_narrow else measure.unknown
    figure.add_annotation(**note, y=1, yanchor="bottom", yshift=3, text=f"<b>{head}</b>", font={"color": t.ink2, "weight": 600})
    figure.add_annotation(**note, y=0, yanchor="top", yshift=-5, text=notation.count(n) if is_narrow else notation.plural(n, "row"))
    if not is_narrow:
        figure.add_annotation(**note, y=0, yanchor="top", yshift=-24, text="kept outside", font={"color": t.ink3})
