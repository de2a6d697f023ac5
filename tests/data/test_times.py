"""What the steps of an attempt tell beside costs: its time as unions of intervals, turns, failures and tools; against plain counts."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import attempts
from data.frames import Selection, evidence
from data.ingest import ingest
from data.store import Store
from tests.stores import found_in, stored


def step(kind: str, start: float | None = None, end: float | None = None, **more) -> dict:
    timed = {} if start is None or end is None else {"duration_s": end - start}
    return {"kind": kind, "offset_s": start, **timed, **more}


def times(rows: list[dict]) -> pd.DataFrame:
    return attempts.times(*found_in(stored(rows)))


def parts(frame: pd.DataFrame) -> list[list[float]]:
    return frame[["llm_s", "tool_s", "overlap_s", "idle_s", "wall_s"]].to_numpy().tolist()


def test_overlapping_calls_are_counted_once():
    """Three LLM calls at once, a tool that runs beside them, a pause, and a tool on its own."""
    steps = [step("llm", 0, 4), step("llm", 1, 3), step("llm", 3, 6), step("tool", 5, 8), step("tool", 10, 11)]
    assert parts(times([{"latency_s": 12, "steps": steps}])) == [[6, 4, 1, 3, 12]]
    assert parts(times([{"steps": steps}])) == [[6, 4, 1, 2, 11]]  # no latency logged: from the first start to the last end


def test_a_latency_shorter_than_the_work_leaves_no_negative_idle_time():
    assert parts(times([{"latency_s": 1, "steps": [step("llm", 0, 4)]}])) == [[4, 0, 0, 0, 1]]


def test_only_own_calls_and_tools_have_time():
    steps = [
        step("llm", 0, 1), step("llm", 1, 9, role="user"), step("other", 0, 9), step("tool", 2, 3, role="agent"),
        step("llm", 3, 9, role="judge"),
    ]  # fmt: skip
    assert parts(times([{"latency_s": 4, "steps": steps}])) == [[1, 1, 0, 2, 4]]


def test_an_untimed_step_is_said():
    rows = [
        {"task": "a", "steps": [step("llm", 0, 1), step("tool", 1)]},
        {"task": "b", "steps": [step("llm", 0, 1), step("other", 1)]},
        {"task": "c", "steps": [step("llm"), step("tool")]},
        {"task": "d", "status": "infra", "steps": [step("llm", 0, 1)]},
        {"task": "e"},
    ]
    found = times(rows)
    assert found[["task", "is_timed"]].to_numpy().tolist() == [["a", False], ["b", True]]
    empty = times(rows[4:])
    assert empty.empty
    assert empty.dtypes.to_dict() == found.dtypes.to_dict()


intervals = st.lists(
    st.tuples(st.sampled_from(["llm", "tool"]), st.integers(0, 40), st.integers(0, 15), st.sampled_from([None, None, "user"])), max_size=9
)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.tuples(intervals, st.one_of(st.none(), st.integers(0, 60))), min_size=4, max_size=16))
def test_times_are_unions_on_a_raster_of_milliseconds(rows):
    """Each millisecond is asked whether an LLM call, a tool, or either runs in it."""
    found = times([
        {"latency_s": None if wall is None else wall / 1000,
         "steps": [step(kind, start / 1000, (start + length) / 1000, role=role) for kind, start, length, role in each]}
        for each, wall in rows
    ]).set_index("attempt_id")  # fmt: skip
    expected = {}
    for number, (each, wall) in enumerate(rows):
        own = [(kind, start, start + length) for kind, start, length, role in each if role is None]
        if not own:
            continue
        llm, tool = ({ms for kind, start, end in own if kind == of for ms in range(start, end)} for of in ("llm", "tool"))
        span = max(end for *_, end in own) - min(start for _, start, _ in own)
        whole = span if wall is None else wall
        expected[number] = [len(llm), len(tool), len(llm & tool), max(0, whole - len(llm | tool)), whole]
    got = {number: [round(1000 * seconds, 9) for seconds in values] for number, values in zip(found.index, parts(found), strict=True)}
    assert got == expected


# --- turns, failures, tools


def test_turns_by_hand():
    call = {"uncached_input_tokens": 100, "output_tokens": 10, "cost_usd_logged": "0.1", "ok": True}
    long = [
        step("tool", ok=False), step("llm", **call), step("tool", ok=False, cost_usd_logged="0.01"), step("tool", ok=None),
        step("llm", **call, cache_read_tokens=50, cache_write_tokens=3, cache_write_1h_tokens=4, reasoning_tokens=7),
        step("other", ok=False), step("llm", role="judge", **call), step("llm", output_tokens=10),
    ]  # fmt: skip
    found = attempts.turns(*found_in(stored([{"steps": long}, {"steps": [step("llm", **call)]}]))).set_index("turn")
    assert found["n"].to_dict() == {1: 2, 2: 1, 3: 1}
    assert found["n_tokens"].tolist() == [2, 1, 0]
    assert found["sum_uncached_input_tokens"].tolist() == [200, 100, 0]
    assert found["sum_cache_read_tokens"].tolist() == [0, 50, 0]
    assert found["sum_cache_write_tokens"].tolist() == [0, 7, 0]
    assert found["sum_output_tokens"].tolist() == [20, 10, 0]
    assert found[["n_reasoning_tokens", "sum_reasoning_tokens"]].to_numpy().tolist() == [[0, 0], [1, 7], [0, 0]]
    assert found["n_cost"].tolist() == [2, 1, 0]
    assert found["sum_cost_usd"].tolist() == pytest.approx([0.21, 0.1, 0])
    assert found[["n_failed", "n_ok_known"]].to_numpy().tolist() == [[2, 4], [0, 1], [0, 0]]


def test_turns_without_logged_costs_are_priced():
    steps = [step("llm", uncached_input_tokens=1000, output_tokens=10), step("llm", output_tokens=10)]
    store = stored([{"steps": steps}], configurations={"m": {"canonical_model": "gpt-5", "provider": "openai"}})
    assert attempts.turns(*found_in(store))[["n_cost", "sum_cost_usd", "n_cost_priced"]].to_numpy().tolist() == [
        [1, pytest.approx(1000 * 1.25e-6 + 10 * 10e-6), 1], [0, 0, 0],
    ]  # fmt: skip
    logged = attempts.turns(*found_in(store, Selection(("d",), "all", cost="logged")))
    assert logged["n_cost"].tolist() == [0, 0]


def test_failures_by_hand():
    rows = [
        {"task": "late", "steps": [step("llm", ok=True), step("other", ok=False), step("tool", ok=None), step("tool", ok=False),
                                   step("tool", role="user", ok=False), step("tool", ok=False)]},
        {"task": "never", "steps": [step("llm", ok=True), step("tool")]},
        {"task": "lost", "status": "cancelled", "steps": [step("llm", ok=False)]},
        {"task": "none"},
    ]  # fmt: skip
    found = attempts.failures(*found_in(stored(rows))).set_index("task")
    columns = ["n_steps", "first_failed_step", "n_failed", "n_ok_known"]
    assert found.loc["late", columns].tolist() == [4, 3, 2, 3]
    assert found.loc["never", columns].tolist() == [2, pytest.approx(float("nan"), nan_ok=True), 0, 1]
    assert list(found.index) == ["late", "never"]


a_step = st.tuples(
    st.sampled_from(["llm", "tool", "tool", "other"]), st.sampled_from([True, False, False, None]),
    st.sampled_from([None, "agent", "user"]), st.sampled_from([None, "search", "edit"]), st.one_of(st.none(), st.integers(0, 5)),
)  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), st.lists(a_step, max_size=7)), min_size=4, max_size=12))
def test_conditioning_and_tools_are_plain_counts(rows):
    store, selection, found = found_in(stored([
        {"task": task, "steps": [{"kind": kind, "ok": ok, "role": role, "name": name, "duration_s": seconds}
                                 for kind, ok, role, name, seconds in each]} for task, each in rows
    ]))  # fmt: skip
    after, tools = {}, {}
    for task, each in rows:
        failed = 0
        for kind, ok, role, name, seconds in each:
            if role == "user":
                continue
            if kind != "other" and ok is not None:
                n, k = after.get((task, min(failed, 3)), (0, 0))
                after[task, min(failed, 3)] = (n + 1, k + (not ok))
                failed += not ok
            if kind == "tool":
                sums = tools.setdefault((task, name or "(unnamed)"), [0, 0, 0, 0, 0])
                for k, one in enumerate((1, ok is False, ok is not None, seconds is not None, seconds or 0)):
                    sums[k] += one
    conditioned = attempts.conditioning(store, selection, found).set_index(["task", "n_failed_before"])[["n", "n_failed"]]
    assert {key: tuple(row) for key, row in conditioned.T.items()} == after
    used = attempts.tools(store, selection, found).set_index(["task", "tool"])
    assert {key: list(row) for key, row in used[["n_calls", "n_failed", "n_ok_known", "n_duration", "sum_duration_s"]].T.items()} == tools


def test_the_steps_of_one_attempt_in_order():
    rows = [
        {"steps": [step("llm", 0, 2, ok=True, turn=1), step("tool", 2, 3, parent=0, name="search"), step("llm", role="judge", score=0.5)]}
    ]
    found = attempts.steps(stored([{"steps": [step("llm")]}, *rows]), "d", 1)
    assert found["step_id"].tolist() == [0, 1, 2]
    assert found["kind"].tolist() == ["llm", "tool", "llm"]
    assert found["ok"].tolist() == [True, pd.NA, pd.NA]
    assert found[["parent", "duration_s", "score"]].fillna(-1).to_numpy().tolist() == [[-1, 2, -1], [0, 1, -1], [-1, -1, 0.5]]
    none = attempts.steps(stored([{}]), "d", 0)
    assert none.empty
    assert none.dtypes.to_dict() == found.dtypes.to_dict()


@pytest.mark.slow
def test_times_of_the_example_are_the_simulators(root):
    """Calls and tools run in turn there: no overlap, and what is idle is the waiting after retries."""
    store, folder = Store(), root / "data" / "bundled" / "example"
    selection = Selection((ingest(store, [folder / "attempts.parquet", folder / "steps.parquet"]),))
    found = evidence(store, selection)
    single = attempts.attempts(store, selection, found).set_index("attempt_id")
    split = attempts.times(store, selection, found).set_index("attempt_id").loc[single.index]
    assert split["is_timed"].all()
    assert (split["overlap_s"] == 0).all()
    assert split["wall_s"].tolist() == single["latency_s"].tolist()
    assert (split["llm_s"] + split["tool_s"]).tolist() == pytest.approx(single["active_s"].tolist(), abs=1e-9)
    assert split["idle_s"].tolist() == pytest.approx((single["retries"] * 8).tolist(), abs=1e-9)
    steps = pd.read_parquet(folder / "steps.parquet")
    assert attempts.tools(store, selection, found)["n_calls"].sum() == single["tool_calls"].sum()
    each = attempts.turns(store, selection, found)
    assert each["n"].sum() == single["turns"].sum()
    assert each["sum_output_tokens"].sum() == single["output_tokens"].sum()
    known = single["cost_usd"].notna()
    assert each["n_cost"].sum() == single.loc[known, "turns"].sum()
    assert each["sum_cost_usd"].sum() == pytest.approx(single["cost_usd"].sum(), abs=1e-9)
    first = attempts.failures(store, selection, found)
    assert len(first) == len(single)
    assert first["n_steps"].sum() == (single["llm_calls"] + single["tool_calls"]).sum() <= len(steps)
    assert attempts.conditioning(store, selection, found)["n_failed"].sum() == first["n_failed"].sum()
