"""What is spent, what a success is worth, where a cap lies, and in which groups the tasks are looked at."""

from collections.abc import Sequence

import streamlit as st

from analytics.facets import By

KNOBS = {
    "effort": "Effort",
    "reflection_depth": "Reflection",
    "samples": "Samples",
    "turns": "Turns",
    "tool_calls": "Tool calls",
    "tokens": "Tokens",
    "seconds": "Time",
    "usd": "Cost",
    "n_agents": "Agents",
}
"""What can be spent → its word in the control `knob`; a setting that only these logs know is written as it is called there."""
GROUPS: dict[str, By] = {"Difficulty": "difficulty", "Task group": "task_group"}
"""Words of the control `by` → field of the task."""


def knob(there: Sequence[str]) -> str | None:
    """Return what is spent, one of those that these logs have; None: they have none."""
    words = {KNOBS.get(name, name.replace("_", " ").capitalize()): name for name in there}
    if not words:
        return None
    said = st.segmented_control(
        "Spend", list(words), default=next(iter(words)), key="knob", bind="query-params", required=True, on_change=_forget_cap
    )
    return words.get(str(said), next(iter(words.values())))


def _forget_cap() -> None:
    """Take the cap back: in another unit its number means something else."""
    st.session_state["cap"] = None


def series(there: Sequence[str]) -> str | None:
    """Return which of the curves is in focus; the others stay grey."""
    if len(there) < 2:
        return there[0] if there else None
    return st.selectbox("In focus", list(there), key="series", bind="query-params")


def value_of_success_usd() -> float | None:
    """Return what one more success is worth; None: not said, then returns stop where accuracy stops rising."""
    return st.number_input(
        "A success is worth, $", min_value=0.0, value=None, format="%0.4g", key="value", bind="query-params", placeholder="not said"
    )


def cap(unit: str) -> float | None:
    """Return a cap in the unit of the spend."""
    return st.number_input(f"Cap, {unit}", min_value=0.0, value=None, format="%0.6g", key="cap", bind="query-params", placeholder="none")


def group_by(there: Sequence[str]) -> By | None:
    """Return the field that tasks are grouped by, one of those that tell these tasks apart; None: not grouped."""
    words = [word for word, name in GROUPS.items() if name in there]
    if not words:
        return None
    said = st.segmented_control("Facets", words, default=words[0], key="by", bind="query-params")
    return GROUPS[said] if said else None
