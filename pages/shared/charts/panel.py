"""One plot of a sheet: what is drawn in it, and where its words may stand.

Whatever a panel draws it remembers as an obstacle in values; its names are placed last, at each pixel width that the page may give the
figure, so that no text stands on a mark, a line or a text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from analytics import notation
from pages.shared import theme
from pages.shared.charts.axes import XAxis
from pages.shared.charts.hover import TEMPLATE
from pages.shared.charts.sheet import NARROW_WIDTHS, WIDTHS, Sheet, y_name
from pages.shared.labels import plotly_text
from pages.shared.lettering import size_of
from pages.shared.placement import Box, Label, Placed, Scene, place

__all__ = ["BESIDE", "NARROW_WIDTHS", "REACH", "WIDTHS", "Name", "Panel", "Sheet"]

Offsets = tuple[tuple[float, float], ...]
Reach = tuple[float, ...]

BESIDE = ((11, 0), (-11, 0), (0, -16), (0, 16), (10, -11), (-10, -11), (10, 11), (-10, 11), (14, -20), (14, 20), (-14, -20), (-14, 20))
"""Where the name of a grey mark may stand: beside it."""
REACH = (1.0, 1.2, 1.5)
"""Factors on such places: near ones first."""
EVERY_PX = 5
"""A sloping line counts as a row of dots so far apart."""


@dataclass(frozen=True, kw_only=True)
class Name:
    """Words to be placed at a spot of a panel."""

    key: str
    x: float
    y: float
    name: str
    details: tuple[str, ...] = ("",)
    """A second line in ink2: the wanted one, then shorter ones."""
    radius: float = 0.0
    colour: str = ""
    size: int = theme.NAME_SIZE
    weight: int = theme.NAME_WEIGHT
    offsets: Offsets = BESIDE
    reach: Reach = REACH
    worth: int = 1
    """How many other names this one is worth."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot of a sheet."""

    sheet: Sheet
    axis: XAxis
    row: int = 0
    y: tuple[float, float]
    """Ends of its y axis, as values."""
    is_log: bool = False
    """The y axis is logarithmic."""
    marks: list[tuple[float, float, float]] = field(default_factory=list)
    """x, y and radius in pixels of what no text may touch."""
    lines: list[list[tuple[float, float]]] = field(default_factory=list)
    stems: list[tuple[float, float, float]] = field(default_factory=list)
    """x, low and high of error bars: kept free where there is room."""
    texts: list[tuple[Box, ...]] = field(default_factory=list)
    """Words that stand there, a box for each plot width."""

    def level(self, y: float) -> float:
        """Return the height of a value in pixels from the panel's top."""
        low, high = (math.log10(v) for v in self.y) if self.is_log else self.y
        return self.sheet.heights[self.row] * (high - (math.log10(y) if self.is_log else y)) / (high - low)

    def spot(self, x: float, y: float, width: float) -> tuple[float, float]:
        """Return where values stand in a plot of this width, in pixels from the panel's upper left corner."""
        return self.axis.share(x) * width, self.level(y)

    def on_axis(self, y: float) -> float:
        """Return the coordinate of an annotation: log10 of the value on a log axis."""
        return math.log10(y) if self.is_log else y

    def trace(self, xs: Sequence, ys: Sequence, name: str, **more) -> None:
        """Draw one trace in this panel."""
        place = {"x": list(xs), "y": list(ys), "xaxis": "x", "yaxis": y_name(self.row), "name": name}
        self.sheet.traces.append({**place, "hoverinfo": "skip", **more})

    def line(self, xs: Sequence[float], ys: Sequence[float], name: str, **style) -> None:
        """Draw a line without a card; no text will stand on it."""
        self.lines.append(list(zip(xs, ys, strict=True)))
        self.trace(xs, ys, name, mode="lines", line=style)

    def markers(
        self, xs: Sequence[float], ys: Sequence[float], name: str, marker: dict, cards: Sequence[str] | None = None, *, radius: float
    ) -> None:
        """Draw markers, with cards where they are given."""
        self.marks.extend((x, y, radius) for x, y in zip(xs, ys, strict=True))
        card = {"customdata": [["", text] for text in cards], "hovertemplate": TEMPLATE, "hoverinfo": None} if cards is not None else {}
        self.trace(xs, ys, name, mode="markers", marker=marker, cliponaxis=False, **card)

    def bars(self, points: Sequence[tuple[float, float, float | None, float | None]], name: str, colour: str, width: float) -> None:
        """Draw 95% intervals without caps; points are x, value, low, high, and unknown ends draw nothing."""
        known = [(x, y, low, high) for x, y, low, high in points if notation.is_known(low) and notation.is_known(high)]
        if not known:
            return
        self.stems.extend((x, low, high) for x, _, low, high in known)
        error: dict[str, object] = {"type": "data", "symmetric": False, "width": 0, "thickness": width, "color": colour}
        error |= {"array": [high - y for _, y, _, high in known], "arrayminus": [y - low for _, y, low, _ in known]}
        xs, ys = [x for x, *_ in known], [y for _, y, *_ in known]
        self.trace(xs, ys, name, mode="markers", marker={"size": 1, "opacity": 0}, error_y=error)

    def band(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], name: str, colour: str) -> None:
        """Draw a closed band of 12%."""
        fill = {"fill": "toself", "fillcolor": theme.rgba(colour, 0.12), "line": {"width": 0}, "mode": "lines"}
        self.trace([*xs, *reversed(xs)], [*lows, *reversed(highs)], name, **fill)

    def region(self, x0: float, x1: float, colour: str, *, y0: float | None = None, y1: float | None = None) -> None:
        """Tint a part of the panel's ground, its whole height unless values say otherwise."""
        bottom, top = self.sheet.domain(self.row)
        ref = {"yref": "paper", "y0": bottom, "y1": top} if y0 is None else {"yref": y_name(self.row), "y0": y0, "y1": y1}
        box = {"type": "rect", "xref": "x", "x0": x0, "x1": x1, "layer": "below", "line": {"width": 0}, "fillcolor": colour}
        self.sheet.shapes.append({**box, **ref})

    def level_line(self, y: float, colour: str, *, width: float = 1, dash: str = "solid") -> None:
        """Draw a horizontal line over the whole panel; no text will stand on it."""
        self.lines.append([(self.axis.low, y), (self.axis.high, y)])
        line = {"width": width, "color": colour, "dash": dash}
        ref = {"type": "line", "xref": "x", "yref": y_name(self.row), "layer": "between"}
        self.sheet.shapes.append({**ref, "x0": self.axis.low, "x1": self.axis.high, "y0": y, "y1": y, "line": line})

    def ground(self) -> None:
        """Draw the line under a panel that has no axis of its own."""
        bottom = self.sheet.domain(self.row)[0]
        line = {"width": 1, "color": self.sheet.t.axis}
        place = {"type": "line", "xref": "paper", "yref": "paper", "layer": "between"}
        self.sheet.shapes.append({**place, "x0": 0, "x1": 1, "y0": bottom, "y1": bottom, "line": line})

    def stand(self, x: float, colour: str, *, to: float = 1.0, width: float = 1.0, dash: str = "3px,3px") -> None:
        """Draw a vertical line from the sheet's floor up to a share of its height, but not through the head of a lower panel.

        This panel's texts keep clear of it.
        """
        self.lines.append([(x, self.y[0]), (x, self.y[1])])
        place = {"type": "line", "xref": "x", "yref": "paper", "layer": "between", "x0": x, "x1": x}
        place["line"] = {"width": width, "color": colour, "dash": dash}
        floor = 0.0
        for row in range(len(self.sheet.heights) - 1, 0, -1):
            if self.axis.share(x) * min(self.sheet.plots) < self.sheet.heads.get(row, 0.0) + 6:
                self.sheet.shapes.append({**place, "y0": floor, "y1": self.sheet.domain(row)[1]})
                floor = self.sheet.domain(row - 1)[0]
        self.sheet.shapes.append({**place, "y0": floor, "y1": to})

    def name(self, wanted: Sequence[Name], *, most: int | None = None) -> list[str]:
        """Place and write names, the first ones first, at most so many; return the keys of those that found room."""
        scenes = [self._scene(i) for i in range(len(self.sheet.plots))]
        labels = [
            Label(
                each.key, tuple(self.spot(each.x, each.y, width) for width in self.sheet.plots), each.radius, each.name,
                details=each.details, size=each.size, weight=each.weight, offsets=each.offsets, reach=each.reach,
                weight_in_choice=each.worth,
            )
            for each in wanted
        ]  # fmt: skip
        placed = place(labels, scenes, most=most)
        by_key = {each.key: each for each in wanted}
        for text in placed:
            self.sheet.notes.append(self._note(by_key[text.key], text))
            self.texts.append(text.boxes)
            if text.has_leader:
                self.texts.append(tuple(_around(leader) for leader in text.leaders))
        return [text.key for text in placed]

    def grey_name(self, key: str, name: str, x: float, y: float, *, offsets: Offsets, radius: float = 0.0, reach: Reach = REACH) -> Name:
        """Return the name of a line that is not in focus."""
        words = notation.shorten(notation.plain(name), 18 if self.sheet.is_narrow else 28)
        look = Name(key=key, x=x, y=y, name=words, colour=self.sheet.t.ink2, size=theme.TEXT_SIZE, weight=400)
        return replace(look, radius=radius, offsets=offsets, reach=reach)

    def write(self, text: str, spots: Sequence[tuple[float, float, str, float, float]], colour: str, *, weight: int = 400) -> bool:
        """Write lines (parted by `<br>`, inert already) at the first spot where they hit nothing; return whether there was one.

        Parameters
        ----------
        spots : x and y as values, `left` or `right` (which end of the text stands there), and a shift in pixels, down and to the right
        """
        lines = tuple(text.split("<br>"))
        width = max(size_of((line,), "", theme.TEXT_SIZE, weight)[0] for line in lines)
        height = size_of(lines, "", theme.TEXT_SIZE, weight)[1]
        scenes = [self._scene(i) for i in range(len(self.sheet.plots))]
        for x, y, anchor, dx, dy in spots:
            boxes = []
            for i, plot in enumerate(self.sheet.plots):
                left, middle = (a + b for a, b in zip(self.spot(x, y, plot), (dx, dy), strict=True))
                left -= width if anchor == "right" else 0
                box = Box(left, middle - height / 2, left + width, middle + height / 2)
                if not _is_free(box, scenes[i]):
                    break
                boxes.append(box)
            else:
                self.texts.append(tuple(boxes))
                place = {"x": self.axis.annotation(x), "y": self.on_axis(y), "xref": "x", "yref": y_name(self.row), "yanchor": "middle"}
                font = {"color": colour, "size": theme.TEXT_SIZE, "weight": weight, "shadow": theme.halo(self.sheet.t.bg)}
                self.sheet.write(text, **place, xanchor=anchor, align=anchor, xshift=dx, yshift=-dy, font=font)
                return True
        return False

    def _scene(self, i: int) -> Scene:
        """Return what stands in the panel at one of the sheet's widths."""
        width = self.sheet.plots[i]
        marks = [_square(*self.spot(x, y, width), radius) for x, y, radius in self.marks]
        dots = [dot for line in self.lines for dot in _dots([self.spot(x, y, width) for x, y in line])]
        bars = []
        for x, low, high in self.stems:
            at, bottom = self.spot(x, low, width)
            bars.append(Box(at - 0.5, self.level(high), at + 0.5, bottom))
        return Scene(width, self.sheet.heights[self.row], marks, dots, bars, [boxes[i] for boxes in self.texts])

    def _note(self, wanted: Name, text: Placed) -> dict:
        """Return placed words as an annotation: name, detail below it, and a thin leader where they stand apart from their mark."""
        t = self.sheet.t
        words = "<br>".join(plotly_text(line) for line in text.lines)
        if text.detail:
            style = f"font-size:{theme.TEXT_SIZE}px;font-weight:400;color:{t.ink2}"
            words += f'<br><span style="{style}">{plotly_text(text.detail)}</span>'
        font = {"size": wanted.size, "weight": wanted.weight, "color": wanted.colour or t.ink, "shadow": theme.halo(t.bg)}
        note = {
            "x": self.axis.annotation(wanted.x), "y": self.on_axis(wanted.y), "xref": "x", "yref": y_name(self.row), "text": words,
            "align": text.anchor, "xanchor": text.anchor, "yanchor": "middle", "borderpad": 0, "captureevents": False, "font": font,
        }  # fmt: skip
        if not text.has_leader:
            return {**note, "showarrow": False, "xshift": text.dx, "yshift": -text.dy}
        arrow = {"arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": t.ink3, "standoff": wanted.radius + 2}
        return {**note, **arrow, "showarrow": True, "ax": text.dx, "ay": text.dy, "axref": "pixel", "ayref": "pixel"}


def _is_free(box: Box, scene: Scene) -> bool:
    """Return True if words can stand in a box without touching anything."""
    if box.left < 1 or box.top < 1 or box.right > scene.width - 1 or box.bottom > scene.height - 1:
        return False
    grown = Box(box.left - 3, box.top - 2, box.right + 3, box.bottom + 2)
    return not any(grown.overlaps(other) for others in (scene.marks, scene.lines, scene.texts) for other in others)


def _square(x: float, y: float, radius: float) -> Box:
    """Return the box of a marker."""
    return Box(x - radius, y - radius, x + radius, y + radius)


def _around(leader) -> Box:
    """Return the box of a leader, given as points."""
    return Box(leader[:, 0].min(), leader[:, 1].min(), leader[:, 0].max(), leader[:, 1].max())


def _dots(spots: Sequence[tuple[float, float]]) -> list[Box]:
    """Return a line as a row of dots, its corners among them."""
    dots = []
    for (x, y), (u, v) in pairwise(spots):
        n = max(1, math.ceil(math.hypot(u - x, v - y) / EVERY_PX))
        dots += [_square(x + (u - x) * k / n, y + (v - y) * k / n, 0.5) for k in range(n + 1)]
    return dots
