"""The product's own Parquet: what is written comes back, and what is not ours or damaged is said in one clause."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importers import canonical, identify
from data.limits import UPLOAD
from data.records import STATUSES, Attempt, Configuration, Note, Problem, Refused, Source, Step, Task, Usage

EXAMPLE = Path(__file__).parents[2] / "data" / "bundled" / "example"
ROW = {"model": "m", "task": "t", "score": 1.0, "cost_usd_logged": 0.5}


def write(path: Path, rows: list[dict], schema: pa.Schema | None = None) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def read(path: Path, **source) -> list:
    others = {p.name: str(p) for p in path.parent.iterdir() if p != path}
    return list(canonical.read(path, Source(name=path.name, siblings=others, **source), UPLOAD))


def test_the_example_comes_back_with_every_step():
    records = read(EXAMPLE / "attempts.parquet")
    attempts, steps = pd.read_parquet(EXAMPLE / "attempts.parquet"), pd.read_parquet(EXAMPLE / "steps.parquet")
    assert {type(record) for record in records} == {Attempt}
    assert [record.run_id for record in records] == attempts.run_id.tolist()
    assert [record.status for record in records] == attempts.status.tolist()
    assert sum(record.cost_usd_logged or 0 for record in records) == pytest.approx(attempts.cost_usd_logged.sum(), rel=1e-12)
    assert len({id(record.configuration) for record in records}) == 14
    assert len({id(record.task) for record in records}) == 180
    counts = steps.groupby("run_id", observed=True).size()
    assert {record.run_id: len(record.steps) for record in records if record.steps} == counts.to_dict()
    for record in records:
        if record.steps:
            calls = [step for step in record.steps if step.kind == "llm"]
            assert sum(step.usage.output_tokens for step in calls) == record.usage.output_tokens
            assert [step.turn for step in calls] == list(range(1, record.turns + 1))


def test_who_claims_what(tmp_path):
    assert identify(EXAMPLE / "attempts.parquet") is canonical
    assert identify(EXAMPLE / "steps.parquet") is canonical
    assert not canonical.matches(EXAMPLE / "truth.parquet")
    assert not canonical.matches(EXAMPLE / "prices.csv")
    assert not canonical.matches(write(tmp_path / "theirs.parquet", [{"model": "m", "task": "t", "accuracy": 1.0, "cost": 0.5}]))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    assert not canonical.matches(tmp_path / "broken.parquet")


def test_missing_is_none_and_decimals_whole_floats_and_zones_are_taken(tmp_path):
    at = datetime(2026, 3, 29, 1, 30)
    rows = [
        {**ROW, "turns": 3.0, "cost_usd_logged": Decimal("0.000000000001"), "started_at": at, "knobs": '{"max_turns": 5, "x": "y"}'},
        {**ROW, "turns": 2.5, "cost_usd_logged": None, "started_at": None, "knobs": None},
    ]
    first, second = read(write(tmp_path / "attempts.parquet", rows))
    assert (first.turns, first.cost_usd_logged, first.started_at) == (3, 1e-12, at.replace(tzinfo=UTC))
    assert first.configuration == Configuration(model="m", knobs={"max_turns": 5, "x": "y"})
    assert (second.turns, second.cost_usd_logged, second.started_at, second.configuration.knobs) == (None, None, None, {})
    assert first.task == Task(task="t")
    assert first.usage == Usage()


def test_rows_without_task_or_configuration_are_refused_one_by_one(tmp_path):
    rows = [{**ROW, "run_id": "a"}, {**ROW, "run_id": "b", "task": None}, {**ROW, "run_id": "c", "model": ""}, {**ROW, "run_id": "d"}]
    steps = [{"run_id": name, "kind": "llm", "output_tokens": 1, "cost_usd_logged": 0.1} for name in "abcd"]
    write(tmp_path / "steps.parquet", steps)
    first, no_task, no_model, last = read(write(tmp_path / "attempts.parquet", rows))
    assert [first.run_id, last.run_id] == ["a", "d"]
    assert [len(first.steps), len(last.steps)] == [1, 1]
    assert no_task == Problem(locator="row 2", field="task", reason="no task", refused=True)
    assert no_model == Problem(locator="row 3", reason="no model and no agent", refused=True)


def test_the_path_fills_what_the_file_does_not_name(tmp_path):
    path = write(tmp_path / "attempts.parquet", [{**ROW, "agent": None}])
    (record,) = read(path, fields={"agent": "loop", "benchmark": "b", "model": "other"})
    assert (record.configuration, record.task.benchmark) == (Configuration(model="m", agent="loop"), "b")


def test_steps_in_another_order_are_told_not_guessed(tmp_path):
    rows = [{**ROW, "run_id": name} for name in "abc"]
    step = {"kind": "tool", "name": "search", "cost_usd_logged": None}
    write(tmp_path / "night_steps.parquet", [{**step, "run_id": name} for name in ("a", "a", "c", "b")])
    *attempts, problem = read(write(tmp_path / "night_attempts.parquet", rows))
    assert [len(attempt.steps) for attempt in attempts] == [2, 0, 1]
    assert problem.field == "steps"
    assert problem.reason.startswith("1 steps")


def test_steps_alone_are_refused_and_beside_their_attempts_noted(tmp_path):
    path = write(tmp_path / "steps.parquet", [{"run_id": "a", "kind": "llm", "cost_usd_logged": 0.1}])
    with pytest.raises(Refused, match=r"attempts\.parquet"):
        read(path)
    write(tmp_path / "attempts.parquet", [{**ROW, "run_id": "a"}])
    assert read(path) == [Note(text="read as the steps of the attempts beside it")]


def test_a_column_that_cannot_hold_what_its_name_says_refuses_the_file(tmp_path):
    with pytest.raises(Refused, match="latency_s holds string"):
        read(write(tmp_path / "attempts.parquet", [{**ROW, "latency_s": "3m 20s"}]))


def test_other_columns_are_named(tmp_path):
    note, attempt = read(write(tmp_path / "attempts.parquet", [{**ROW, "prompt": "secret", "notes": "x"}]))
    assert note == Note(text="columns not read: notes, prompt")
    assert attempt.score == 1.0


def test_broken_knobs_are_a_problem_of_the_field(tmp_path):
    problem, attempt = read(write(tmp_path / "attempts.parquet", [{**ROW, "knobs": '{"a": {"b": 1}}'}]))
    assert (problem.field, problem.refused) == ("knobs", False)
    assert attempt.configuration == Configuration(model="m")


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_truncated_or_overwritten_file_is_refused(tmp_path, keep):
    whole = (EXAMPLE / "attempts.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(Refused, match="Parquet"):
        read(tmp_path / "cut.parquet")


def optional(strategy):
    return st.none() | strategy


count = optional(st.integers(0, 10**9))
usages = st.builds(Usage, uncached_input_tokens=count, cache_read_tokens=count, output_tokens=count, reasoning_tokens=count)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
step_records = st.builds(
    Step,
    kind=st.sampled_from(["llm", "tool", "other"]),
    turn=optional(st.integers(1, 99)),
    name=optional(names),
    offset_s=optional(st.floats(0, 1e6)),
    usage=usages,
    ok=optional(st.booleans()),
)
attempt_records = st.builds(
    Attempt,
    configuration=st.builds(
        Configuration, model=names, effort=optional(names), knobs=st.dictionaries(names, st.integers(0, 9), max_size=2)
    ),
    task=st.builds(Task, task=names, benchmark=optional(names)),
    locator=st.just(""),
    attempt=optional(st.integers(0, 99)),
    latency_s=optional(st.floats(0, 1e6)),
    success=optional(st.booleans()),
    usage=usages,
    cost_usd_logged=optional(st.floats(0, 1e3)),
    status=st.sampled_from(STATUSES),
    steps=st.lists(step_records, max_size=3),
)


@given(records=st.lists(attempt_records, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_attempts_written_in_these_columns_come_back(records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("round")
    attempts, steps = [], []
    for number, record in enumerate(records):
        record.run_id, record.locator = f"run {number}", f"row {number + 1}"
        c, t = record.configuration, record.task
        attempts.append(
            {"run_id": record.run_id, "model": c.model, "effort": c.effort, "knobs": json.dumps(c.knobs)}
            | {"task": t.task, "benchmark": t.benchmark, "attempt": record.attempt, "latency_s": record.latency_s}
            | {"success": record.success, "cost_usd_logged": record.cost_usd_logged, "status": record.status}
            | {name: getattr(record.usage, name) for name in canonical.USAGE}
        )
        for step in record.steps:
            fields = {name: getattr(step, name) for name in canonical.STEP_FIELDS}
            steps.append({"run_id": record.run_id} | fields | {name: getattr(step.usage, name) for name in canonical.USAGE})
    if steps:
        write(folder / "steps.parquet", steps)
    assert read(write(folder / "attempts.parquet", attempts)) == records
