"""Every control and every key of the URL. A key is public API: a link sent last year must still open (`tests/links.toml`).

Values stand in the URL as they are shown, so the options here are stable words. Dataset ids stand in `data`, with the version that was
seen (`ID@1`): names may change, links may not. Frame filters (data, benchmark, only, tasks, cost, weights) are drawn by app.py on every
page; a page draws the rest. The file has many lines because all keys stand in this one place, where none can be given twice.
"""

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from analytics.coverage import Tasks
from analytics.grid import Weights
from data.frames import COST_BASES, Selection
from data.names import safe_text
from data.store import StoreError
from pages.shared import frames, labels, viewport

X_MEASURES = {
    "Cost": "cost_usd",
    "Per success": "cost_per_success_usd",
    "Time": "latency_s",
    "Time p95": "latency_p95_s",
    "Tokens": "tokens",
    "Turns": "turns",
}
"""Words of the control `x` → measure."""

KEYS = {
    "data": "datasets, as ID@version, joined by commas",
    "benchmark": "benchmark as logged, or all",
    "only": "configurations to look at; none: all",
    "tasks": "common or all",
    "cost": "auto or logged",
    "weights": "attempt or task",
    "x": "what accuracy is set against",
    "third": "a third objective: Time",
    "max_cost": "budget, USD per task",
    "max_latency": "limit, seconds per task",
    "volume": "tasks per day",
    "pin": "two configurations to compare, A and B",
    "front": "frontier only",
    "bars": "error bars",
    "log": "logarithmic cost axis",
    "hull": "what mixing two configurations reaches",
    "book": "version of the price book the link was made with",
}
"""Key → meaning. Docs and tests read this table."""


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


def keep_link() -> None:
    """Remember the URL as it was opened, before any widget can drop what it does not know. The first statement of app.py."""
    if "_link" not in st.session_state:
        st.session_state["_link"] = {key: st.query_params.get_all(key) for key in st.query_params}


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


def pin_from_figure() -> None:
    """Pin what was clicked: the third pin takes the place of the second."""
    points = st.session_state["figure"].selection.points
    clicked = [point["customdata"][0] for point in points if point.get("customdata")]
    there = st.session_state.get("pin") or []
    for label in clicked:
        there = [each for each in there if each != label] if label in there else [*there[:1], label]
    st.session_state["pin"] = there


def carried(more: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Return the keys of the frame as the URL has them, with more for the page that a link leads to."""
    frame_keys = ("data", "benchmark", "only", "tasks", "cost", "weights")
    kept = {key: st.query_params.get_all(key) for key in frame_keys if key in st.query_params}
    return {**kept, **more}


def select_datasets(ids: list[str]) -> None:
    """Look at these datasets from the next run on; other filters fall back to their defaults."""
    st.session_state["_select"] = ids


def manage_datasets(rows) -> None:
    """Rename or delete the datasets that are looked at."""
    for row in rows.reset_index().itertuples():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", value=row.name, key=f"_name_{row.dataset}", max_chars=120)
            if st.button("Rename", key=f"_rename_{row.dataset}") and safe_text(name) and name != row.name:
                frames.store().rename(row.dataset, safe_text(name))
                st.rerun()
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("The dataset leaves this machine; links to it stop working.")
                if st.button("Delete it", key=f"_delete_{row.dataset}", type="primary"):
                    frames.store().delete(row.dataset)
                    select_datasets([])
                    st.rerun()
