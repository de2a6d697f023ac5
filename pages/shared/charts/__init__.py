"""Every figure and its table: a frozen result goes in, a `go.Figure` or a frame comes out, and nothing here calls Streamlit."""

from pages.shared.charts.frontier import frontier_figure
from pages.shared.charts.parallel import parallel_figure
from pages.shared.charts.table import FORMATS, frontier_table, written

__all__ = ["FORMATS", "frontier_figure", "frontier_table", "parallel_figure", "written"]
