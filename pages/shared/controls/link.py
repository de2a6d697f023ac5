"""The link: kept as it was opened, judged against what the page could honour, and carried on to the next page."""

import streamlit as st

from pages.shared import frames, labels
from pages.shared.controls.keys import KEYS


def keep_link() -> None:
    """Remember the URL as it was opened, before any widget can drop what it does not know. The first statement of app.py."""
    if "_link" not in st.session_state:
        st.session_state["_link"] = {key: st.query_params.get_all(key) for key in st.query_params}


def report_stale() -> None:
    """Say what the link asked for that this page could not honour: another version of the data, or values it does not know."""
    judged = st.session_state.setdefault("_judged", {})
    link = st.session_state.get("_link", {})
    for key in link:
        if key not in judged and (key not in KEYS or key == "book" or key in st.session_state):
            judged[key] = (_lost(key, link[key]), st.session_state.get(key))
    said = [words for key, (words, value) in judged.items() if words and st.session_state.get(key) == value]  # until it is changed
    if said:
        st.warning("This link could not be honoured in full: " + "; ".join(said) + ".", icon=":material/link_off:")


def _lost(key: str, asked: list[str]) -> str:
    """Say what of one key of the link is not as it was asked for; empty: all of it is."""
    if key == "data":
        return "; ".join(_lost_data(",".join(asked)))
    if key == "book":
        return (
            "" if asked[0] == frames.price_book() else f"prices are now of {frames.price_book()}, then of {labels.markdown_text(asked[0])}"
        )
    if key not in KEYS:
        return "" if key.startswith("embed") else f"unknown in the link: {labels.markdown_text(key)}"
    now = st.session_state[key]
    honoured = [str(each) for each in now] if isinstance(now, list | tuple) else [_as_in_url(now)]
    lost = [each for each in asked if each not in honoured and not _is_number(each, now)]
    return f"{key} = {labels.markdown_text(', '.join(lost))} is not known here" if lost else ""


def _lost_data(asked: str) -> list[str]:
    known = frames.datasets()
    versions = dict(zip(known["dataset"], known["version"], strict=True))
    said = []
    for part in filter(None, asked.split(",")):
        dataset, _, version = part.partition("@")
        if dataset not in versions:
            said.append("a dataset of the link is not on this machine")
        elif version.isdecimal() and len(version) < 9 and int(version) != versions[dataset]:
            said.append(f"the data changed since: version {version} then, {versions[dataset]} now")
    return list(dict.fromkeys(said))


def _as_in_url(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(text: str, value) -> bool:
    try:
        return value is not None and float(text) == float(value)
    except (TypeError, ValueError):
        return False


def carried(more: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Return the keys of the frame as the URL has them, with more for the page that a link leads to."""
    frame_keys = ("data", "benchmark", "only", "tasks", "cost", "weights")
    kept = {key: st.query_params.get_all(key) for key in frame_keys if key in st.query_params}
    return {**kept, **more}
