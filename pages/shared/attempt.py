"""One attempt, opened: chosen from the dearest failures or from a task, laid out in time, step by step, down to its place in the logs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analytics import notation
from analytics.anatomy import Failure
from data.attempts import attempt_row
from data.frames import Selection
from pages.shared import anatomies, blocks, charts, controls, frames, tables, viewport
from pages.shared.controls import View
from pages.shared.labels import markdown_text

MOST_TASKS, MOST_CHOICES = 2_000, 400


def one_attempt(view: View, selection: Selection, names: dict[str, str], dearest: Sequence[Failure]) -> pd.DataFrame | None:
    """Draw the choice of an attempt, its timeline and its steps; return the steps, None where no attempt is there."""
    rows = frames.details(selection, view.tasks).attempts
    st.markdown("#### One attempt")
    failed = {f"{each.dataset}/{each.attempt_id}": vars(each) | {"success": 0.0} for each in dearest}
    at_task, chosen = st.columns([0.3, 0.7])
    with at_task:
        tasks = rows["task"].drop_duplicates().head(MOST_TASKS)
        task = controls.task_of_attempt([notation.plain(each) for each in tasks])
    offered = rows if task is None else rows[rows["task"].map(notation.plain) == task]
    offered = offered.head(MOST_CHOICES if task is not None or len(rows) <= MOST_CHOICES or not failed else 0)
    there = {} if task is not None else {key: charts.attempt_words(each, names) for key, each in failed.items()}
    for each in offered.to_dict("records"):
        there.setdefault(f"{each['dataset']}/{each['attempt_id']}", charts.attempt_words(each, names))
    with chosen:
        key = controls.opened_attempt(there)
    opened = key or next(iter(there), None)
    if opened is None:
        return None
    row = _row(rows, opened)
    if row is None:
        st.warning(
            "The attempt of this link is not among these attempts: another benchmark or filter leaves it out, or its data is gone."
            f" It was asked for as {markdown_text(opened)}.",
            icon=":material/link_off:",
        )
        return None
    if key is None:
        st.caption(f"{'The dearest failure' if failed and task is None else 'The first of them'} is open; choose any other above.")
    return _drawn(row, names)


def _row(rows: pd.DataFrame, key: str) -> pd.Series | None:
    """Return the attempt that a key names."""
    dataset, _, number = key.rpartition("/")
    return attempt_row(rows, dataset, int(number)) if number.isdecimal() and len(number) < 18 else None


def _drawn(row: pd.Series, names: dict[str, str]) -> pd.DataFrame:
    """Draw one attempt."""
    steps = anatomies.steps(str(row["dataset"]), int(row["attempt_id"]))
    drawn = charts.timeline_of(steps)
    facts = [charts.attempt_words(row.to_dict(), names)]
    facts += [f"{notation.tokens(row['tokens'])} tokens"] if notation.is_known(row["tokens"]) and notation.is_known(row["cost_usd"]) else []
    facts += [notation.seconds(row["latency_s"])] if notation.is_known(row["latency_s"]) else []
    facts += [f"{notation.plural(len(steps), 'step')}"] if len(steps) else []
    facts += [f"ended by {row['stop_reason']}"] if isinstance(row["stop_reason"], str) and row["stop_reason"] else []
    st.markdown(markdown_text(" · ".join(facts)))
    figure = charts.timeline_figure(drawn, dark=blocks.is_dark(), narrow=viewport.is_narrow())
    alt = f"Timeline of {notation.plural(len(steps), 'step')}. {drawn.said}"
    st.plotly_chart(figure, theme=None, key="timeline", config=charts.CONFIG, alt=alt)
    said = f"{drawn.said} " if drawn.said else ""
    st.caption(markdown_text(f"{said}Source: {charts.place(row['file'], row['locator'])}."))
    if len(steps):
        table = charts.steps_table(steps)
        st.dataframe(
            tables.display(table, charts.STEP_FORMATS), hide_index=True, column_config=tables.columns(table),
            height=320 if viewport.is_narrow() else tables.height(len(table)), placeholder=notation.UNKNOWN, key="steps",
        )  # fmt: skip
        if len(steps) > len(table):
            st.caption(f"The first {notation.count(len(table))} of {notation.count(len(steps))} steps.")
    return steps


def dearest_table(dearest: Sequence[Failure], names: dict[str, str]) -> None:
    """Draw the dearest failures; selecting a row opens that attempt below."""
    table = charts.failures_table(dearest, names)
    keys = [f"{each.dataset}/{each.attempt_id}" for each in dearest]
    st.markdown("##### The dearest failures")
    if not keys:
        st.caption("No attempt that failed has a known cost or known tokens.")
        return
    st.dataframe(
        tables.display(table, charts.STEP_FORMATS), hide_index=True, column_config=tables.columns(table), height=min(tables.MOST_PX, 282),
        placeholder=notation.UNKNOWN, key="dearest", on_select=lambda: controls.open_row("dearest", keys), selection_mode="single-row",
    )  # fmt: skip
    st.caption("Select a row to open that attempt below.")
