"""Which side of the runs is looked at, whose turns, and the one attempt that is opened."""

from collections.abc import Sequence

import streamlit as st

SIDES = ("Time", "Tokens", "Money", "Tails", "Failures")
"""Words of the control `see`."""


def side() -> str:
    """Return which side of the runs is looked at."""
    said = st.segmented_control("See", SIDES, default="Time", key="see", bind="query-params", required=True)
    return said or "Time"


def task_of_attempt(tasks: Sequence[str]) -> str | None:
    """Return the task whose attempts are offered; None: only the dearest failures are. No part of the link: the attempt itself is."""
    return st.selectbox("At the task", list(tasks), index=None, key="_attempt_task", placeholder="any: the dearest first")


def opened_attempt(there: dict[str, str]) -> str | None:
    """Return the attempt that is opened as a timeline, `dataset/number`, whether it is there or not; None: none.

    A bound choice stands in the link as it is shown; an attempt is shown in words and linked by its number, so the two are apart.

    Parameters
    ----------
    there : `dataset/number` → words: the attempts to choose from
    """
    asked = st.session_state.get("attempt") or st.query_params.get("attempt")

    def by_words() -> None:
        st.session_state["attempt"] = st.session_state["_attempt_words"] or ""

    choice, number = st.columns([0.7, 0.3])
    with choice:
        st.session_state["_attempt_words"] = asked if asked in there else None
        st.selectbox(
            "Open one attempt", list(there), format_func=lambda key: there.get(key, key), key="_attempt_words", on_change=by_words,
            index=None, placeholder="choose an attempt",
        )  # fmt: skip
    with number:
        said = st.text_input("As in the link", key="attempt", bind="query-params", help="Dataset and number of any attempt.")
    return said or None


def open_row(table: str, keys: Sequence[str]) -> None:
    """Open the attempt whose row was selected in a table: the callback of that table."""
    rows = st.session_state[table].selection.rows
    if rows and rows[0] < len(keys):
        st.session_state["attempt"] = keys[rows[0]]
