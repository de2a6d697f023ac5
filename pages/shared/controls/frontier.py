"""What accuracy is set against, the limits, and what is compared."""

import streamlit as st

X_MEASURES = {
    "Cost": "cost_usd",
    "Per success": "cost_per_success_usd",
    "Time": "latency_s",
    "Time p95": "latency_p95_s",
    "Tokens": "tokens",
    "Turns": "turns",
}
"""Words of the control `x` → measure."""


def x_measure() -> str:
    """Return the measure that accuracy is set against."""
    said = st.segmented_control("Across", list(X_MEASURES), default="Cost", key="x", bind="query-params", required=True)
    return X_MEASURES[said or "Cost"]


def third_objective(x: str) -> str | None:
    """Return a third objective beside accuracy and x, or None."""
    if x.startswith("latency"):
        return None
    return "latency_s" if st.toggle("Time as third objective", key="third", bind="query-params") else None


def max_cost_usd() -> float | None:
    """Return the budget per task."""
    return st.number_input(
        "Budget, $ a task", min_value=0.0, value=None, format="%0.4g", key="max_cost", bind="query-params", placeholder="none"
    )


def max_latency_s() -> float | None:
    """Return the limit on time per task."""
    return st.number_input(
        "Limit, s a task", min_value=0.0, value=None, format="%0.4g", key="max_latency", bind="query-params", placeholder="none"
    )


def tasks_per_day() -> int | None:
    """Return the volume for the bill of a month."""
    return st.number_input("Tasks a day", min_value=0, value=None, step=100, key="volume", bind="query-params", placeholder="none")


def pins(there: list[str]) -> list[str]:
    """Return up to two pinned configurations, A and B."""
    return st.multiselect("Compare", there, max_selections=2, key="pin", bind="query-params", placeholder="pin two")


def frontier_only() -> bool:
    """Return whether dominated configurations are left out of the figure."""
    return st.toggle("Frontier only", key="front", bind="query-params")


def error_bars() -> bool:
    """Return whether intervals are drawn."""
    return st.toggle("Intervals", value=True, key="bars", bind="query-params")


def log_axis() -> bool:
    """Return whether the cost axis is logarithmic."""
    return st.toggle("Log", value=True, key="log", bind="query-params")


def show_hull() -> bool:
    """Return whether mixtures of configurations are drawn."""
    return st.toggle(
        "Mixtures",
        key="hull",
        bind="query-params",
        help="Sending a share of the tasks to each of two configurations reaches any point on this line.",
    )


def pin_from_figure() -> None:
    """Pin what was clicked: the third pin takes the place of the second."""
    points = st.session_state["figure"].selection.points
    clicked = [point["customdata"][0] for point in points if point.get("customdata")]
    there = st.session_state.get("pin") or []
    for label in clicked:
        there = [each for each in there if each != label] if label in there else [*there[:1], label]
    st.session_state["pin"] = there
