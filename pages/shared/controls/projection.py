"""Where the sliders of the projection stand: one number input for each, bound to the link; the stage sets them when it is let go of.

Nothing typed means the baseline, as logged, so that a link says only what differs from the logs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

BOUND = {
    "volume": "volume",
    "cap": "turns",
    "budget_usd": "spend",
    "reflections": "rounds",
    "samples": "votes",
    "cache_hit": "cache",
    "batch_share": "batched",
    "min_accuracy": "least",
    "max_latency_s": "wait",
    "max_usd_per_month": "bill",
    "gpus": "gpus",
    "batch": "batch",
    "utilisation": "busy",
    "usd_per_hour": "hour",
    "pue": "pue",
    "usd_per_kwh": "kwh",
    "grid_g_per_kwh": "grid",
}
"""Name of the position → its key in the link."""
NO_MODEL = "as named in the logs"
_CHOSEN, _KEPT = "focus", "keep"


def numbers(sliders: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Draw the number input of each slider that these logs support; return what is typed, None at the baseline."""
    draw = {
        "volume": lambda **more: st.number_input(key="volume", bind="query-params", **more),
        "cap": lambda **more: st.number_input(key="turns", bind="query-params", **more),
        "budget_usd": lambda **more: st.number_input(key="spend", bind="query-params", **more),
        "reflections": lambda **more: st.number_input(key="rounds", bind="query-params", **more),
        "samples": lambda **more: st.number_input(key="votes", bind="query-params", **more),
        "cache_hit": lambda **more: st.number_input(key="cache", bind="query-params", **more),
        "batch_share": lambda **more: st.number_input(key="batched", bind="query-params", **more),
        "min_accuracy": lambda **more: st.number_input(key="least", bind="query-params", **more),
        "max_latency_s": lambda **more: st.number_input(key="wait", bind="query-params", **more),
        "max_usd_per_month": lambda **more: st.number_input(key="bill", bind="query-params", **more),
        "gpus": lambda **more: st.number_input(key="gpus", bind="query-params", **more),
        "batch": lambda **more: st.number_input(key="batch", bind="query-params", **more),
        "utilisation": lambda **more: st.number_input(key="busy", bind="query-params", **more),
        "usd_per_hour": lambda **more: st.number_input(key="hour", bind="query-params", **more),
        "pue": lambda **more: st.number_input(key="pue", bind="query-params", **more),
        "usd_per_kwh": lambda **more: st.number_input(key="kwh", bind="query-params", **more),
        "grid_g_per_kwh": lambda **more: st.number_input(key="grid", bind="query-params", **more),
    }  # one call for each, with its key in full: the key of a control is looked up in the code
    typed: dict[str, float | None] = {}
    places = st.columns(2)
    for place, slider in enumerate(sliders):
        key, is_count = slider["key"], slider["key"] == "volume"
        share = ", 0 to 1" if slider["write"] == "percent" else f", {slider['unit']}" if slider["unit"] else ""
        form = {"min_value": 0, "step": 100} if is_count else {"min_value": 0.0, "format": "%0.6g"}
        with places[place % 2]:
            typed[key] = draw[key](label=f"{slider['label']}{share}", value=None, placeholder=slider["at_baseline"], **form)
    return {
        slider["key"]: None if (said := typed[slider["key"]]) is None else min(max(float(said), slider["low"]), slider["high"])
        for slider in sliders
    }


def release(said: Mapping[str, Any] | None, sliders: Sequence[Mapping[str, Any]], there: Mapping[str, str]) -> None:
    """Set the number inputs to where the stage was let go of: its callback.

    Parameters
    ----------
    said : position and chosen configuration as the browser told them; only known keys and numbers within their range are taken
    sliders : those that are offered
    there : configuration → its name in the control `focus`
    """
    if said is None:
        return
    position = said.get("position")
    for slider in sliders:
        value = position.get(slider["key"]) if isinstance(position, Mapping) else None
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and slider["low"] <= value <= slider["high"]
        typed = None if not is_number else int(value) if slider["key"] == "volume" else float(value)
        st.session_state[BOUND[slider["key"]]] = typed
    chosen = said.get("chosen")
    st.session_state[_CHOSEN] = there.get(chosen) if isinstance(chosen, str) else None


def focus(there: Mapping[str, str]) -> str | None:
    """Return the configuration that the headline speaks of; None: the page chooses.

    Parameters
    ----------
    there : name as shown → configuration
    """
    said = st.selectbox("In focus", list(there), index=None, key="focus", bind="query-params", placeholder="the page chooses")
    return there.get(said) if said else None


def own_gpu(there: Sequence[str], default: str) -> str:
    """Return the GPU of the own fleet."""
    names = sorted(there, key=lambda name: name != default)
    return st.selectbox("Own GPUs", names, key="gpu", bind="query-params") or default


def served_as(there: Mapping[str, str], default: str | None) -> str | None:
    """Return the open model that own GPUs would run for configurations whose own model is not in the table; None: only those that are.

    Parameters
    ----------
    there : name as shown → model
    """
    names = [NO_MODEL, *there] if default is None else [default, NO_MODEL, *(name for name in there if name != default)]
    said = st.selectbox("Served as", names, key="served", bind="query-params", help="Only energy and cost on own GPUs depend on it.")
    return there.get(said or "")


def kept() -> list[str]:
    """Return the positions that were kept, as text: `name: key value, …`."""
    said = st.text_input("Kept positions", key="keep", bind="query-params", placeholder="none", label_visibility="collapsed")
    return [part for part in (said or "").split("|") if part.strip()][:3]


def keep(text: str) -> None:
    """Keep a position beside those that are kept; the oldest of more than three goes."""
    there = [part for part in st.session_state.get(_KEPT, "").split("|") if part.strip() and part != text]
    st.session_state[_KEPT] = "|".join([*there, text][-3:])


def forget() -> None:
    """Forget all kept positions."""
    st.session_state[_KEPT] = ""
