"""Every figure and its table: a frozen result goes in, a `go.Figure` or a frame comes out, and nothing here calls Streamlit."""

from pages.shared.charts.frontier import frontier_figure
from pages.shared.charts.parallel import parallel_figure
from pages.shared.charts.table import FORMATS, frontier_table, written

CONFIG = {
    "modeBarButtons": [["toImage"]],
    "displaylogo": False,
    "toImageButtonOptions": {"format": "png", "scale": 2, "filename": "tradespace"},
}
"""Every figure can be kept as a PNG by the camera that appears over it; nothing else clutters it."""

__all__ = ["CONFIG", "FORMATS", "frontier_figure", "frontier_table", "parallel_figure", "written"]
