"""What all parts of the frontier figure share: colours, names, axis and geometry, and the traces, shapes and words drawn so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from analytics import notation
from analytics.frontier import Frontier, Point
from analytics.points import Located, is_located
from pages.shared import theme
from pages.shared.charts import hover
from pages.shared.charts.axes import XAxis
from pages.shared.labels import plotly_text

FADED = 0.35


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """One figure while it is being drawn; plain dictionaries are collected and become a figure at the end, since that is much faster."""

    t: theme.Tokens
    labels: dict[str, str]
    """Clean and as long as fits."""
    raw_labels: dict[str, str]
    """As given: what a click hands back."""
    frontier: Frontier
    axis: XAxis
    pins: tuple[str, ...]
    faded: frozenset[str]
    """Configurations over a limit that the axis does not show."""
    is_narrow: bool
    margin: dict[str, int]
    plots: tuple[tuple[float, float], ...]
    """Width and height in pixels of the plot, for each width the figure may have."""
    end: float
    """Where the plot ends and the lane begins, as a share of the inner width."""
    y: tuple[float, float]
    """Ends of the accuracy axis."""
    traces: list[go.Scatter] = field(default_factory=list)
    shapes: list[dict] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)

    @property
    def objective(self) -> str:
        """Return the name of the axis' objective."""
        return self.frontier.objectives[1]

    def spot(self, p: Located, plot: tuple[float, float]) -> tuple[float, float]:
        """Return where a point stands in a plot, in pixels from its upper left corner."""
        return self.axis.share(p.x) * plot[0], self.level(p.accuracy, plot)

    def level(self, accuracy: float, plot: tuple[float, float]) -> float:
        """Return the height of an accuracy in a plot, in pixels from the top."""
        return plot[1] * (self.y[1] - accuracy) / (self.y[1] - self.y[0])

    def line(self, x: list, y: list, name: str, **style) -> None:
        """Draw a line that has no card."""
        self.traces.append(go.Scatter(x=x, y=y, mode="lines", line=style, hoverinfo="skip", name=name))

    def markers(self, points: Sequence[Point], name: str, marker: dict, **more) -> None:
        """Draw markers with cards; `x` (positions in the lane) makes them stand there."""
        in_lane = "x" in more
        pin = next((p for p in self.frontier.points if self.pins and p.configuration == self.pins[0]), None)
        trace = {
            "x": [self.axis.value(p.x) for p in points if is_located(p)],
            "y": [p.accuracy for p in points],
            "xaxis": "x2" if in_lane else "x",
            "yaxis": "y2" if in_lane else "y",
            "mode": "markers",
            "name": name,
            "marker": {"opacity": [FADED if p.configuration in self.faded else 1.0 for p in points], **marker},
            "unselected": {"marker": {"opacity": FADED}},
            "cliponaxis": False,
            "customdata": [
                [self.raw_labels.get(p.configuration, p.configuration), hover.card(p, self.labels, self.objective, pin)] for p in points
            ],
            "hovertemplate": hover.TEMPLATE,
        }
        self.traces.append(go.Scatter({**trace, **more}))

    def bars(self, points: Sequence[Located], name: str, colour: str, thickness: float) -> None:
        """Draw the 95% intervals of accuracy alone, without caps."""
        known = [
            (p, p.accuracy_low, p.accuracy_high) for p in points if notation.is_known(p.accuracy_low) and notation.is_known(p.accuracy_high)
        ]
        if not known:
            return
        error = {
            "type": "data",
            "symmetric": False,
            "array": [high - p.accuracy for p, _, high in known],
            "arrayminus": [p.accuracy - low for p, low, _ in known],
            "width": 0,
            "thickness": thickness,
            "color": colour,
        }
        self.traces.append(
            go.Scatter(
                x=[self.axis.value(p.x) for p, _, _ in known],
                y=[p.accuracy for p, _, _ in known],
                mode="markers",
                marker={"size": 1, "opacity": 0},
                error_y=error,
                hoverinfo="skip",
                name=name,
            )
        )

    def write(self, text: str, **place) -> None:
        """Write words outside the plot, placed in shares of the inner figure and shifted by pixels."""
        style = {
            "xref": "paper",
            "yref": "paper",
            "showarrow": False,
            "borderpad": 0,
            "font": {"color": self.t.ink2, "size": theme.TEXT_SIZE},
        }
        self.notes.append({**style, **place, "text": text})

    def say(self, sentence: str, x: float) -> None:
        """Write a sentence into the middle of an empty plot."""
        lines = [""]
        for word in plotly_text(sentence).split(" "):
            lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < 42 else [lines[-1], word]
        self.write("<br>".join(lines), x=x, y=0.55, font={"size": 15, "color": self.t.ink2})

    def figure(self, **layout) -> go.Figure:
        """Return what was drawn."""
        return go.Figure(data=self.traces, layout={**layout, "shapes": self.shapes, "annotations": self.notes})
