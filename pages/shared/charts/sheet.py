"""A figure of plots that stand on one x axis, one above the other: where each lies, its heads, and what was drawn so far."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from pages.shared import theme
from pages.shared.charts.axes import XAxis
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width

WIDTHS, NARROW_WIDTHS = (700, 800), (336, 366)
"""Widths in pixels at which no label may hit anything: the page stretches the figure to a width between them."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One figure while it is being drawn; plain dictionaries are collected and become a figure at the end, since that is much faster."""

    t: theme.Tokens
    is_narrow: bool
    heights: tuple[float, ...]
    """Of its panels in pixels, from the top down."""
    gaps: tuple[float, ...] = ()
    """Between them."""
    margin: dict[str, int]
    widths: tuple[int, ...]
    """Pixel widths of the whole figure at which no label may hit anything."""
    heads: dict[int, float] = field(default_factory=dict)
    """Row → how far its head reaches to the right of the plots' left edge, in pixels."""
    traces: list[dict] = field(default_factory=list)
    shapes: list[dict] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)

    @property
    def inner_height(self) -> float:
        """Return the pixels between the upper and the lower margin."""
        return sum(self.heights) + sum(self.gaps)

    @property
    def plots(self) -> tuple[float, ...]:
        """Return the widths of the plots in pixels."""
        return tuple(float(width - self.margin["l"] - self.margin["r"]) for width in self.widths)

    def domain(self, row: int) -> tuple[float, float]:
        """Return where a panel lies, as shares of the inner height from the bottom."""
        above = sum(self.heights[:row]) + sum(self.gaps[:row])
        return max(0.0, 1 - (above + self.heights[row]) / self.inner_height), 1 - above / self.inner_height

    def write(self, text: str, **more) -> None:
        """Write words outside the plots, placed in shares of the inner figure and shifted by pixels."""
        style = {"xref": "paper", "yref": "paper", "showarrow": False, "borderpad": 0, "captureevents": False}
        font = {"color": self.t.ink2, "size": theme.TEXT_SIZE}
        self.notes.append({**style, "font": font, **more, "text": text})

    def head(self, row: int, text: str, more: str = "", *, is_strip: bool = False) -> None:
        """Write a panel's head at its upper left: what it measures; that of a lower strip reads as a small title.

        `more` follows it, small HTML of ours in a plain weight. Heads come before `Panel.stand`, which keeps clear of them.
        """
        font = {"color": self.t.ink, "size": theme.NAME_SIZE, "weight": theme.NAME_WEIGHT} if is_strip else {}
        place = {"x": 0, "xanchor": "left", "xshift": 2 - self.margin["l"], "y": self.domain(row)[1], "yanchor": "bottom"}
        self.write(plotly_text(text) + more, **place, yshift=8 if is_strip else 3, **({"font": font} if font else {}))
        size, weight = (theme.NAME_SIZE, theme.NAME_WEIGHT) if is_strip else (theme.TEXT_SIZE, 400)
        self.heads[row] = text_width(text + re.sub(r"<[^>]*>", "", more), size, weight) + 2 - self.margin["l"]

    def foot(self, title: str, better: str = "") -> None:
        """Write the x axis' name and, at its good end, the direction word."""
        below = {"y": 0, "yanchor": "top", "yshift": -26}
        if better:
            self.write(f"← {better}", x=0, xanchor="left", **below)
        self.write(title, x=1, xanchor="right", **below)

    def figure(self, dark: bool, name: str, axis: XAxis, y_axes: Sequence[dict]) -> go.Figure:
        """Return what was drawn; the x axis stands under the lowest panel."""
        layout = {
            "template": theme.template(dark),
            "height": round(self.inner_height + self.margin["t"] + self.margin["b"]),
            "margin": self.margin,
            "uirevision": name,
            "xaxis": {**axis.layout(self.plots[0]), "anchor": y_name(len(y_axes) - 1)},
            "shapes": self.shapes,
            "annotations": self.notes,
        }
        for row, y_axis in enumerate(y_axes):
            layout[f"yaxis{'' if row == 0 else row + 1}"] = {**y_axis, "domain": self.domain(row), "anchor": "x", "fixedrange": row > 0}
        return go.Figure(data=[go.Scatter(trace) for trace in self.traces], layout=layout)

    def sentence(self, dark: bool, text: str | None) -> go.Figure:
        """Return a frame with one sentence in it: an empty plot says nothing."""
        lines = [""]
        for word in plotly_text(text or "There is nothing to draw.").split(" "):
            lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < 42 else [lines[-1], word]
        self.write("<br>".join(lines), x=0.5, y=0.55, font={"size": 15, "color": self.t.ink2})
        layout = {"template": theme.template(dark), "height": 260, "margin": self.margin, "annotations": self.notes}
        return go.Figure(layout={**layout, "xaxis": {"visible": False}, "yaxis": {"visible": False}})


def y_name(row: int) -> str:
    """Return Plotly's name of a panel's y axis."""
    return "y" if row == 0 else f"y{row + 1}"
