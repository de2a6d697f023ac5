"""The parts of stacked bars: their greys, the one in blue, and their names at the first bar instead of a legend.

Also what every figure of the anatomy needs: names cut and spread to the room that they have, and a sentence where there is nothing to draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from analytics import notation
from pages.shared import theme
from pages.shared.labels import plotly_text
from pages.shared.lettering import text_width
from pages.shared.theme import NAME_SIZE, NAME_WEIGHT, TEXT_SIZE

WIDTHS, NARROW_WIDTHS = (680, 800), (336, 366)
"""Pixel widths between which the page stretches a figure: texts must keep apart at the first of them."""
ROW, NARROW_ROW = 40, 54
BAR = 18
LEFT, RIGHT = 196, 92
"""Gutters for names and totals where the page is wide; on a phone both stand above the bar."""
GAP = 8
SWATCH = 11
FARTHEST = 90
"""Pixels that a name may stand beside its part; farther out the parts are named in a row above the bars."""


@dataclass(frozen=True)
class Part:
    """One part of every bar."""

    key: str
    name: str
    tone: str
    """`dark`, `middle`, `light`, `pale`, `deep`, `hollow`, `hatched`; `focus` is the blue one, `second` a paler blue beside it."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The geometry of one figure of bars."""

    t: theme.Tokens
    is_narrow: bool
    n: int
    top: float
    """Right end of the axis."""
    margin: dict[str, int]

    @property
    def plot(self) -> float:
        """Return the least width of the plot in pixels."""
        return (NARROW_WIDTHS if self.is_narrow else WIDTHS)[0] - self.margin["l"] - self.margin["r"]

    @property
    def row(self) -> int:
        """Return the height of a row in pixels."""
        return NARROW_ROW if self.is_narrow else ROW

    def level(self, i: int) -> float:
        """Return where the middle of a bar stands: on a phone below its name."""
        return i + (0.17 if self.is_narrow else 0.0)

    def pixels(self, length: float) -> float:
        """Return a length in pixels, where the figure is narrowest."""
        return length / self.top * self.plot


def tone(t: theme.Tokens, name: str) -> tuple[str, str, str | None]:
    """Return fill, outline and text colour of a tone; no text colour: nothing is written in it."""
    return {
        "focus": (t.blue, t.bg, t.bg),
        "second": (theme.rgba(t.blue, 0.6), t.bg, None),
        "deep": (t.ink2, t.bg, t.bg),
        "dark": (t.ink3, t.bg, t.bg),
        "middle": (t.field, t.bg, None),
        "light": (t.axis, t.bg, t.ink),
        "pale": (t.line, t.axis, t.ink),
        "hollow": (t.bg, t.field, t.ink2),
        "hatched": ("rgba(0,0,0,0)", t.field, None),
    }[name]


def toned(parts: Sequence[Part], focus: Sequence[str]) -> list[Part]:
    """Return the parts, those in focus in blue, the first of them the fullest."""
    tones = dict(zip(focus, ("focus", "second", "second"), strict=False))
    return [Part(part.key, part.name, tones.get(part.key, part.tone)) if part.tone != "hatched" else part for part in parts]


def heads(frame: Frame, first: Mapping[str, float], parts: Sequence[Part]) -> tuple[list[dict], list[dict], int]:
    """Name the parts: with leaders at the first bar where it shows them all and there is room, else in a row above it.

    Returns annotations, shapes, and the pixels that they need above the bars.
    """
    if not parts:
        return [], [], 8
    is_told = all(first.get(part.key, 0.0) > 0 for part in parts)
    if is_told and not frame.is_narrow:
        ends = [sum(first.get(p.key, 0.0) for p in parts[: i + 1]) for i in range(len(parts))]
        middles = [frame.pixels(end - first[part.key] / 2) for part, end in zip(parts, ends, strict=True)]
        widths = [text_width(part.name, TEXT_SIZE, weight_of(part)) + 2 for part in parts]
        lefts = spread(middles, widths, -20.0, frame.plot + RIGHT - 4)
        if lefts is not None and all(abs(left + w / 2 - m) <= FARTHEST for left, w, m in zip(lefts, widths, middles, strict=True)):
            notes = [
                _leader(frame, part, end - first[part.key] / 2, left + width / 2 - middle)
                for part, end, left, width, middle in zip(parts, ends, lefts, widths, middles, strict=True)
            ]
            return notes, [], 26
    return _key(frame, parts)


def weight_of(part: Part) -> int:
    """Return the weight of a part's words."""
    return NAME_WEIGHT if part.tone in ("focus", "second") else 400


def _leader(frame: Frame, part: Part, at: float, shift: float) -> dict:
    """Return a part's name above its place in the first bar, with a thin leader."""
    t = frame.t
    return {
        "x": at, "xref": "x", "y": frame.level(0) - BAR / 2 / frame.row, "yref": "y", "ax": shift, "ay": -16, "axref": "pixel",
        "ayref": "pixel", "showarrow": True, "arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": t.ink3, "standoff": 1,
        "xanchor": "center", "yanchor": "bottom", "borderpad": 0, "text": part.name, "captureevents": False,
        "font": {"size": TEXT_SIZE, "weight": weight_of(part), "color": t.blue if part.tone in ("focus", "second") else t.ink2},
    }  # fmt: skip


def _key(frame: Frame, parts: Sequence[Part]) -> tuple[list[dict], list[dict], int]:
    """Return names with their fills in rows above the bars, in the order in which they are stacked."""
    t, spots, notes, shapes = frame.t, [], [], []
    left, line = 0.0, 0
    for part in parts:
        width = SWATCH + 5 + text_width(part.name, TEXT_SIZE, weight_of(part))
        if left > 0 and left + width > frame.plot:
            left, line = 0.0, line + 1
        spots.append((left, line, part))
        left += width + 14
    lines = line + 1
    for left, line, part in spots:
        above = 18 * (lines - line) - 4
        fill, edge, _ = tone(t, part.tone)
        place = {"xref": "paper", "yref": "paper", "xsizemode": "pixel", "ysizemode": "pixel", "xanchor": 0, "yanchor": 1}
        box = {"x0": left, "x1": left + SWATCH, "y0": above - 6, "y1": above + 5}
        outline = {"width": 1, "color": edge if edge != t.bg else fill, "dash": "2px,2px" if part.tone == "hatched" else "solid"}
        shapes.append({**place, **box, "type": "rect", "fillcolor": fill, "line": outline})
        colour = t.blue if part.tone in ("focus", "second") else t.ink2
        notes.append({
            "text": part.name, "x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "middle",
            "xshift": left + SWATCH + 5, "yshift": above, "showarrow": False, "borderpad": 0,
            "font": {"size": TEXT_SIZE, "weight": weight_of(part), "color": colour},
        })  # fmt: skip
    return notes, shapes, 18 * lines + 6


def fitted(text: str, room: float, size: float = NAME_SIZE, weight: int = NAME_WEIGHT) -> str:
    """Return a name cut to a width in pixels."""
    width = len(text)
    while width > 4 and text_width(notation.shorten(text, width), size, weight) > room:
        width -= 1
    return notation.shorten(text, width)


def spread(middles: Sequence[float], widths: Sequence[float], low: float, high: float, gap: float = GAP) -> list[float] | None:
    """Return left edges in the order given, as near to the wanted middles as their widths allow; None where they do not fit the range.

    >>> spread([10, 12, 90], [20, 20, 20], 0, 100)
    [0.0, 28.0, 80.0]
    >>> spread([10, 12], [60, 60], 0, 100) is None
    True
    """
    if sum(widths) + gap * (len(widths) - 1) > high - low:
        return None
    before = [sum(widths[:i]) + gap * i for i in range(len(widths))]
    groups: list[list[float]] = []  # each: [sum of wanted offsets, members]; pool neighbours that would overlap
    for middle, width, shift in zip(middles, widths, before, strict=True):
        groups.append([middle - width / 2 - shift, 1])
        while len(groups) > 1 and groups[-1][0] / groups[-1][1] < groups[-2][0] / groups[-2][1]:
            total, n = groups.pop()
            groups[-1] = [groups[-1][0] + total, groups[-1][1] + n]
    offsets = [total / n for total, n in groups for _ in range(int(n))]
    last = high - sum(widths) - gap * (len(widths) - 1)
    return [float(min(max(offset, low), last) + shift) for offset, shift in zip(offsets, before, strict=True)]


def sentence_figure(sentence: str, *, dark: bool, narrow: bool, height: int = 200) -> go.Figure:
    """Return an empty frame with one sentence in it."""
    lines = [""]
    for word in plotly_text(sentence).split(" "):
        lines[-1:] = [f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < (40 if narrow else 68) else [lines[-1], word]
    note = {
        "text": "<br>".join(lines), "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False,
        "font": {"size": 15, "color": theme.tokens(dark).ink2},
    }  # fmt: skip
    hidden = {"visible": False, "fixedrange": True}
    return go.Figure(
        layout={
            "template": theme.template(dark),
            "height": height,
            "margin": {"l": 0, "r": 0, "t": 8, "b": 8},
            "xaxis": hidden,
            "yaxis": hidden,
            "annotations": [note],
        }
    )
