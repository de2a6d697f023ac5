"""Which side of the runs is looked at, and the one attempt that is opened."""

import streamlit as st

SIDES = ("Time", "Tokens", "Money", "Tails", "Failures")
"""Words of the control `see`."""


def side() -> str:
    """Return which side of the runs is looked at."""
    said = st.segmented_control("See", SIDES, default="Time", key="see", bind="query-params", required=True)
    return said or "Time"


def opened_attempt(there: dict[str, str]) -> str | None:
    """Return the attempt that is opened as a timeline, `dataset/number`; None: none.

    Parameters
    ----------
    there : `dataset/number` → words: the attempts to choose from
    """
    options = list(there)
    asked = st.query_params.get("attempt")
    if asked and asked not in there and "/" in asked:
        options.append(asked)
    return st.selectbox(
        "Open one attempt", options, index=None, format_func=lambda key: there.get(key, key), key="attempt", bind="query-params",
        placeholder="choose an attempt",
    )  # fmt: skip
