"""Every figure and its table: a frozen result goes in, a `go.Figure` or a frame comes out, and nothing here calls Streamlit."""

from pages.shared.charts.anatomy import money_figure, time_figure
from pages.shared.charts.anatomy_table import ANATOMY_FORMATS, anatomy_table, total_tokens
from pages.shared.charts.attempts import attempts_figure
from pages.shared.charts.caps import caps_figure, drawn_caps
from pages.shared.charts.facets import facet_figure, facet_words
from pages.shared.charts.frontier import frontier_figure
from pages.shared.charts.marks import timeline_of
from pages.shared.charts.parallel import parallel_figure
from pages.shared.charts.projection import (
    PROJECTION_COLUMNS,
    PROJECTION_FORMATS,
    bills_figure,
    bills_words,
    energy_figure,
    energy_words,
    projection_table,
    volumes,
)
from pages.shared.charts.returns import returns_figure
from pages.shared.charts.steps import STEP_FORMATS, attempt_words, failures_table, place, steps_table
from pages.shared.charts.survival import conditioning_figure, survival_figure
from pages.shared.charts.table import FORMATS, frontier_table, written
from pages.shared.charts.tails import tails_figure
from pages.shared.charts.timeline import timeline_figure
from pages.shared.charts.turns import drawn_turns, tokens_figure
from pages.shared.charts.twins import TWIN_FORMATS, attempts_table, caps_table, dynamic_table, levels_table

CONFIG = {
    "modeBarButtons": [["toImage"]],
    "displaylogo": False,
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "tradespace"},
}
"""Every figure can be kept as a PNG by the camera that appears over it; nothing else clutters it."""

__all__ = [
    "ANATOMY_FORMATS",
    "CONFIG",
    "FORMATS",
    "PROJECTION_COLUMNS",
    "PROJECTION_FORMATS",
    "STEP_FORMATS",
    "TWIN_FORMATS",
    "anatomy_table",
    "attempt_words",
    "attempts_figure",
    "attempts_table",
    "bills_figure",
    "bills_words",
    "caps_figure",
    "caps_table",
    "conditioning_figure",
    "drawn_caps",
    "drawn_turns",
    "dynamic_table",
    "energy_figure",
    "energy_words",
    "facet_figure",
    "facet_words",
    "failures_table",
    "frontier_figure",
    "frontier_table",
    "levels_table",
    "money_figure",
    "parallel_figure",
    "place",
    "projection_table",
    "returns_figure",
    "steps_table",
    "survival_figure",
    "tails_figure",
    "time_figure",
    "timeline_figure",
    "timeline_of",
    "tokens_figure",
    "total_tokens",
    "volumes",
    "written",
]
