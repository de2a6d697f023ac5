"""The colours, sizes and fonts of every figure: one table of tokens for light and dark, and the two Plotly templates made of it.

The page around the figures takes the same colours from `.streamlit/config.toml`; a test holds the two together.
"""

from dataclasses import dataclass

import plotly.graph_objects as go
import plotly.io as pio

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, sans-serif'
TEXT_SIZE = 12
NAME_SIZE = 13
NAME_WEIGHT = 600


@dataclass(frozen=True)
class Tokens:
    """One colour scheme; each hue has one role."""

    bg: str
    side: str
    panel: str
    """Ground of inputs and of the lane of unknown cost."""
    ink: str
    ink2: str
    """Labels and axes."""
    ink3: str
    """Source lines and hints."""
    line: str
    grid: str
    axis: str
    """Axis lines and effort ladders."""
    field: str
    """Dominated points."""
    blue: str
    """Focus: frontier, selection, pin A."""
    orange: str
    """Caution: reversed, over a limit, refused."""
    teal: str
    """Within: limits and the affordable region."""
    plum: str
    """The second thing: pin B."""
    gold: str
    sky: str


LIGHT = Tokens(
    bg="#FFFFFF",
    side="#F7F6F3",
    panel="#F4F3EF",
    ink="#1B2230",
    ink2="#555E6E",
    ink3="#646D7B",
    line="#E3E2DD",
    grid="#ECEBE7",
    axis="#B9BDC5",
    field="#8C95A3",
    blue="#1B31B2",
    orange="#B24500",
    teal="#087961",
    plum="#5A1467",
    gold="#B28D00",
    sky="#008FD1",
)
DARK = Tokens(
    bg="#12161D",
    side="#171C25",
    panel="#1C222C",
    ink="#E9ECF1",
    ink2="#AEB6C3",
    ink3="#939DAC",
    line="#2C3440",
    grid="#232A35",
    axis="#4A5464",
    field="#69758A",
    blue="#5893FE",
    orange="#F77D23",
    teal="#49DBAD",
    plum="#C887B6",
    gold="#E7D13E",
    sky="#C4F0FF",
)


def tokens(dark: bool) -> Tokens:
    """Return the colours of a scheme."""
    return DARK if dark else LIGHT


def template(dark: bool) -> str:
    """Return the name of the scheme's Plotly template."""
    return "ts_dark" if dark else "ts_light"


def rgba(colour: str, opacity: float) -> str:
    """Return a token with an opacity, for lines and fills that must not dim what lies on them.

    >>> rgba("#1B31B2", 0.4)
    'rgba(27,49,178,0.4)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def halo(colour: str) -> str:
    """Return a text shadow in the ground's colour: text stays readable where it crosses a thin line."""
    return ", ".join(f"{x}px {y}px 2px {colour}" for x in (-1, 1) for y in (-1, 1))


def _axis(t: Tokens) -> dict:
    """Return what all axes share; tick values and texts are the figure's own."""
    return {
        "showgrid": False,
        "zeroline": False,
        "linecolor": t.axis,
        "tickcolor": t.axis,
        "tickfont": {"size": TEXT_SIZE, "color": t.ink2},
        "gridcolor": t.grid,
        "automargin": False,
        "title": {"text": ""},
    }


def _template(t: Tokens) -> go.layout.Template:
    """Build the template of one scheme."""
    layout = go.Layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": TEXT_SIZE, "color": t.ink2},
        colorway=[t.blue, t.orange, t.teal, t.plum, t.gold, t.sky],
        showlegend=False,
        margin={"l": 38, "r": 0, "t": 22, "b": 46, "pad": 0},
        hoverlabel={
            "bgcolor": t.panel if t is DARK else t.bg,
            "bordercolor": t.axis,
            "align": "left",
            "font": {"family": FONT, "size": 13, "color": t.ink},
            "namelength": 0,
        },
        hovermode="closest",
        hoverdistance=14,
        dragmode="pan",
        modebar={"remove": ["select2d", "lasso2d", "autoScale2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]},
        xaxis=_axis(t),
        yaxis=_axis(t),
    )
    return go.layout.Template(layout=layout)


pio.templates["ts_light"] = _template(LIGHT)
pio.templates["ts_dark"] = _template(DARK)
