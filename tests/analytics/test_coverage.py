"""Common tasks: the definition in sets, and a real log in which one model saw 16 of 83 tasks."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.coverage import coverage
from analytics.grid import COLUMNS

NOTHING = pd.DataFrame({"configuration": [], "benchmark": [], "task": [], "latency_s": []})


def cells_of(seen: dict[str, set[tuple[str, str]]]) -> pd.DataFrame:
    rows = [dict.fromkeys(COLUMNS, 0) | {"configuration": c, "benchmark": b, "task": t, "n_attempts": 1} for c in seen for b, t in seen[c]]
    return pd.DataFrame(rows, columns=list(COLUMNS)).assign(is_summary=False)


def literal_coverage(seen: dict[str, set]) -> tuple[set[str], set]:
    """Who is set aside, and the common tasks, from the definition."""
    union = set().union(*seen.values())
    aside = set()
    for benchmark in {b for b, _ in union}:
        of_benchmark = {task for task in union if task[0] == benchmark}
        aside |= {c for c, tasks in seen.items() if 100 * len(tasks & of_benchmark) < 80 * len(of_benchmark)}
    rest = [tasks for c, tasks in seen.items() if c not in aside]
    return aside, set.intersection(*rest) if rest else set()


TASKS = [(benchmark, str(k)) for benchmark in ("x", "y") for k in range(5)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sets(st.sampled_from(TASKS), min_size=1), min_size=1, max_size=5))
def test_is_the_definition_in_sets(sets):
    seen = {f"c{k}": tasks for k, tasks in enumerate(sets)}
    aside, common = literal_coverage(seen)
    found = coverage(cells_of(seen), NOTHING)
    assert set(found.set_aside) == aside
    assert found.tasks == tuple(sorted(common))
    assert found.total == len(set().union(*sets))
    kept = set(zip(found.cells["configuration"], found.cells["benchmark"], found.cells["task"], strict=True))
    assert kept == {(c, *task) for c in seen.keys() - aside for task in common}


def test_the_reason_counts_tasks_and_names_the_benchmark_where_there_are_two():
    full = {("qa", str(k)) for k in range(10)}
    assert coverage(cells_of({"a": full, "b": {("qa", "1")}}), NOTHING).set_aside == {"b": "covers 1 of 10 tasks"}
    both = full | {("code", "1")}
    assert coverage(cells_of({"a": both, "b": full}), NOTHING).set_aside == {"b": "covers 0 of 1 tasks of code"}


def test_exactly_four_fifths_is_enough():
    found = coverage(cells_of({"a": {("qa", str(k)) for k in range(35)}, "b": {("qa", str(k)) for k in range(28)}}), NOTHING)
    assert found.set_aside == {}
    assert len(found.tasks) == 28


def test_in_mode_all_nobody_is_set_aside_and_every_row_stays():
    cells = cells_of({"a": {("qa", str(k)) for k in range(10)}, "b": {("qa", "1")}})
    found = coverage(cells, NOTHING, mode="all")
    assert (found.set_aside, len(found.tasks), found.total) == ({}, 10, 10)
    assert found.cells is cells


def test_published_rows_are_never_set_aside_and_have_no_tasks():
    cells = cells_of({"a": {("qa", str(k)) for k in range(10)}, "p": {("qa", "(all)")}})
    cells["is_summary"] = cells["task"] == "(all)"
    found = coverage(cells, NOTHING)
    assert (found.set_aside, found.total) == ({}, 10)
    assert set(found.cells["configuration"]) == {"a", "p"}


def test_a_task_with_infrastructure_errors_only_was_not_attempted():
    cells = cells_of({"a": {("qa", str(k)) for k in range(10)}, "b": {("qa", str(k)) for k in range(10)}})
    cells.loc[(cells["configuration"] == "b") & (cells["task"] == "3"), "n_attempts"] = 0
    assert ("qa", "3") not in coverage(cells, NOTHING).tasks


def test_if_all_saw_different_tasks_everybody_is_set_aside():
    found = coverage(cells_of({"a": {("qa", "1")}, "b": {("qa", "2")}}), NOTHING)
    assert (sorted(found.set_aside), found.tasks, len(found.cells)) == (["a", "b"], (), 0)


def test_latencies_follow_the_cells():
    cells = cells_of({"a": {("qa", str(k)) for k in range(10)}, "b": {("qa", str(k)) for k in range(9)}, "c": {("qa", "1")}})
    latencies = cells[["configuration", "benchmark", "task"]].assign(latency_s=1.0)
    found = coverage(cells, latencies)
    pd.testing.assert_frame_equal(
        found.latencies[["configuration", "benchmark", "task"]], found.cells[["configuration", "benchmark", "task"]]
    )
    assert len(found.latencies) == 18


def test_without_cells_there_is_nothing_to_set_aside():
    found = coverage(cells_of({}), NOTHING)
    assert (found.tasks, found.total, found.set_aside) == ((), 0, {})


def test_refuses_another_mode():
    with pytest.raises(ValueError, match="common"):
        coverage(cells_of({"a": {("qa", "1")}}), NOTHING, mode="some")


def test_arguments_stay_as_they_were(frozen):
    cells = cells_of({"a": {("qa", str(k)) for k in range(10)}, "b": {("qa", "1")}})
    coverage(frozen(cells), NOTHING)


def test_metr_runs_as_in_the_definition(samples):
    """Real runs of ten models and of humans on 83 tasks: every alias is judged by the tasks it has runs of."""
    seen: dict[str, set] = {}
    for line in (samples / "metr" / "all_runs.jsonl").read_text().splitlines():
        run = json.loads(line)
        seen.setdefault(run["alias"], set()).add(("metr", run["task_id"]))
    aside, common = literal_coverage(seen)
    found = coverage(cells_of(seen), NOTHING)
    assert found.total == 83
    assert found.set_aside == {c: f"covers {len(seen[c])} of 83 tasks" for c in aside} == {"davinci-002": "covers 16 of 83 tasks"}
    assert set(found.tasks) == common
    assert np.all(found.cells.groupby("configuration").size() == len(common))
