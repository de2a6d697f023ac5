"""Every figure: a frozen result goes in, a `go.Figure` comes out, and nothing here calls Streamlit."""

from pages.shared.charts.frontier import frontier_figure

__all__ = ["frontier_figure"]
