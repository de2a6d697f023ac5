"""The filters that hold on all pages: data, benchmark, configurations, tasks, cost, weights. Drawn by app.py, read by every page."""

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from analytics.coverage import Tasks
from analytics.grid import Weights
from data.frames import COST_BASES, Selection
from data.store import StoreError
from pages.shared import frames, labels, viewport


@dataclass(frozen=True)
class View:
    """What the frame says: every page starts from it."""

    selection: Selection | None
    """None: there is no dataset."""
    names: tuple[str, ...]
    is_simulated: bool
    tasks: Tasks
    weights: Weights
    only: tuple[str, ...]


def frame() -> View:
    """Return what the frame's filters say; on a server's first deep link, run app.py first.

    Streamlit takes a folder named pages/ for its old kind of pages until `st.navigation` has run once in the process: that first
    request would show the page without app.py, so without frame and filters.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
    return st.session_state["_view"]


def draw_frame() -> None:
    """Draw the filters that hold on all pages and keep what they say for `frame()`."""
    try:
        known = frames.datasets()
    except StoreError as error:  # held by another process, or not to be opened: one sentence, and nothing below it
        st.error(labels.markdown_text(str(error)), icon=":material/lock:")
        st.stop()
    viewport.measure()
    with st.container(horizontal=True, border=True, gap="small", vertical_alignment="center", key="frame"):
        filters = st.popover("Filters", icon=":material/tune:") if viewport.is_narrow() else st.container(horizontal=True, width="content")
        with filters:
            chosen = _data_control(known)
            if not chosen:
                st.session_state["_view"] = View(None, (), False, "common", "attempt", ())
                return
            benchmark = _benchmark_control(chosen)
            if benchmark is None:
                st.session_state["_view"] = View(None, (), False, "common", "attempt", ())
                return
            selection = Selection(chosen, benchmark, cost=_cost_control())
            only = _only_control(selection)
            tasks = _tasks_control()
        weights = st.session_state.get("weights") or "attempt"
        st.space("stretch")
        st.session_state["_share_slot"] = st.container(width="content")
    rows = known.set_index("dataset").loc[list(chosen)]
    where = tuple(("configuration", label) for label in only)
    st.session_state["_view"] = View(
        selection=Selection(chosen, benchmark, where=where, cost=selection.cost),
        names=tuple(rows["name"]),
        is_simulated=bool(rows["is_simulated"].any()),
        tasks=tasks,
        weights=weights,
        only=tuple(only),
    )


def _popover(name: str, value: str):
    """Open a filter's panel; on a phone all filters stand in one panel already."""
    if viewport.is_narrow():
        return st.container()
    return st.popover(f"{name} **{labels.markdown_text(value)}**", type="tertiary")


def _data_control(known) -> tuple[str, ...]:
    """Choose datasets by name; the ids go into the link."""
    versions = {row.dataset: row.version for row in known.itertuples()}
    names = {row.dataset: row.name for row in known.itertuples()}
    newest = list(versions)[:1]
    if "_select" in st.session_state:
        st.session_state["data"] = _in_link(st.session_state.pop("_select") or newest, versions)
        for key in ("benchmark", "only", "pin"):
            st.session_state.pop(key, None)
    elif "data" not in st.session_state and "data" not in st.query_params and versions:
        st.query_params["data"] = _in_link(newest, versions)  # the address names what is looked at from the first run on
        st.rerun()
    asked = [part.partition("@")[0] for part in str(st.session_state.get("data") or st.query_params.get("data", "")).split(",") if part]
    chosen = [each for each in dict.fromkeys(asked) if each in versions]
    shown = " + ".join(names[each] for each in chosen[:2]) + (f" + {len(chosen) - 2}" if len(chosen) > 2 else "") if chosen else "none"

    def by_name() -> None:
        picked = st.session_state["_data_names"]
        st.session_state["data"] = _in_link(picked, versions)

    with _popover("Data", shown):
        st.session_state["_data_names"] = chosen
        st.multiselect("Datasets", list(versions), format_func=lambda each: names.get(each, each), key="_data_names", on_change=by_name)
        st.text_input("As in the link", key="data", bind="query-params", help="Ids of the datasets and the version that was seen.")
    return tuple(chosen)


def _in_link(ids: list[str], versions: dict[str, int]) -> str:
    return ",".join(f"{each}@{versions[each]}" for each in ids if each in versions)


def _benchmark_control(chosen: tuple[str, ...]) -> str | None:
    there = frames.benchmarks(chosen)
    options = [*there, "all"] if len(there) > 1 else there
    if not options:
        return None
    shown = st.session_state.get("benchmark") or st.query_params.get("benchmark") or options[0]
    with _popover("Benchmark", shown if shown in options else options[0]):
        return st.selectbox("Benchmark", options, key="benchmark", bind="query-params", help="The one with the most attempts comes first.")


def _cost_control() -> str:
    shown = st.session_state.get("cost") or st.query_params.get("cost") or "auto"
    with _popover("Cost", {"auto": "logged, else priced", "logged": "as logged"}.get(shown, "logged, else priced")):
        said = st.radio(
            "Cost basis",
            COST_BASES,
            captions=["As logged; where the log has none, tokens at the price of their day.", "Only what the logs say."],
            key="cost",
            bind="query-params",
        )
        st.radio(
            "Weights",
            ("attempt", "task"),
            captions=["Every attempt counts once.", "Every task counts once."],
            key="weights",
            bind="query-params",
        )
    return said


def _only_control(selection: Selection) -> list[str]:
    there = sorted(frames.evidence(selection).labels.values(), key=str.casefold)
    asked = st.session_state.get("only") or st.query_params.get_all("only")
    count = len([each for each in asked if each in there]) or len(there)
    with _popover("Configurations", f"{count} of {len(there)}"):
        return st.multiselect("Only these configurations", there, key="only", bind="query-params", placeholder="all")


def _tasks_control() -> Tasks:
    shown = st.session_state.get("tasks") or st.query_params.get("tasks") or "common"
    with _popover("Tasks", shown):
        return st.radio(
            "Tasks",
            ("common", "all"),
            captions=["Tasks that every configuration attempted: a fair comparison.", "All tasks, whoever attempted them."],
            key="tasks",
            bind="query-params",
        )
