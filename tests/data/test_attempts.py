"""Single attempts: they add up to the cells, on made-up rows and on real logs; unknown stays unknown."""

from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.grid import grid
from data import attempts
from data.frames import Evidence, Selection, evidence
from data.ingest import Options, ingest
from data.store import Store
from tests.stores import found_in, stored

KEYS = ["configuration", "benchmark", "task"]
PARTS = ["part_uncached_input_usd", "part_cache_read_usd", "part_cache_write_usd", "part_reasoning_usd", "part_answer_usd"]
WHOLE = [
    "success", "tokens", "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens",
    "reasoning_tokens", "turns", "llm_calls", "tool_calls", "retries",
]  # fmt: skip
EXACT = ["cost_usd", "latency_s", "tool_cost_usd", "aux_cost_usd"]
GPT5 = {"m": {"canonical_model": "gpt-5", "provider": "openai"}}
DAY = datetime(2025, 10, 1, 9)


def read(store: Store, cost: str = "auto", datasets: tuple[str, ...] = ("d",), benchmark: str = "all") -> pd.DataFrame:
    return attempts.attempts(*found_in(store, Selection(datasets, benchmark, cost=cost)))


def assert_they_add_up(found: Evidence, rows: pd.DataFrame) -> None:
    """Counts and tokens to the last one, money and seconds to what a sum of doubles loses; credit as the frontier's accuracy."""
    cells = found.cells[(found.cells["n_attempts"] > 0) & ~found.cells["is_summary"].astype(bool)].set_index(KEYS).sort_index()
    of = rows.groupby(KEYS, sort=True)
    counts, sums = of[[*WHOLE, *EXACT, "is_priced"]].count(), of[[*WHOLE, *EXACT, "is_priced"]].sum()
    assert [tuple(key) for key in counts.index] == [tuple(key) for key in cells.index]
    assert of.size().tolist() == cells["n_attempts"].tolist()
    for column in (*WHOLE, *EXACT):
        assert counts[column].tolist() == cells[f"n_{column.removesuffix('_usd').removesuffix('_s')}"].tolist(), column
    for column in WHOLE:
        assert sums[column].tolist() == cells[f"sum_{column}"].tolist(), column
    for column in EXACT:
        np.testing.assert_allclose(sums[column], cells[f"sum_{column}"], rtol=1e-12, atol=1e-12, err_msg=column)
    assert sums["is_priced"].tolist() == cells["n_cost_priced"].tolist()
    if len(cells):
        arranged = grid(found.cells)
        expected = arranged.accuracy(fractional=arranged.fractional_benchmarks)
        credit = rows.groupby("configuration")["credit"]
        known = [c in credit.groups for c in arranged.configurations]
        assert credit.count().tolist() == expected.counts.sum(axis=1)[known].tolist()
        np.testing.assert_allclose(credit.sum(), expected.sums.sum(axis=1)[known], rtol=1e-12)


maybe = st.one_of(st.none(), st.integers(0, 10**6))
usd = st.one_of(st.none(), st.integers(0, 10**9).map(lambda n: Decimal(n) / 10**12))
an_attempt = st.fixed_dictionaries({
    "configuration": st.sampled_from(["m", "m", "other"]), "benchmark": st.sampled_from(["a", "b"]), "task": st.sampled_from(["x", "y"]),
    "status": st.sampled_from(["ok", "ok", "error", "limit", "timeout", "infra", "cancelled"]),
    "success": st.sampled_from([True, False, None]), "is_success_logged": st.booleans(),
    "started_at": st.sampled_from([None, DAY, datetime(2025, 3, 1)]), "price_tier": st.sampled_from([None, "batch"]),
    "cost_usd_logged": usd, "tool_cost_usd": usd, "aux_cost_usd": usd, "latency_s": maybe,
    "uncached_input_tokens": maybe, "cache_read_tokens": maybe, "cache_write_tokens": maybe, "cache_write_1h_tokens": maybe,
    "output_tokens": maybe, "reasoning_tokens": st.none(), "total_tokens": maybe, "turns": maybe, "llm_calls": maybe, "tool_calls": maybe,
    "retries": maybe,
})  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(
    st.lists(an_attempt, min_size=4, max_size=12),
    st.lists(an_attempt, max_size=6),
    st.sampled_from(["auto", "logged"]),
    st.sampled_from(["all", "b"]),
)
def test_attempts_add_up_to_the_cells(first, second, cost, benchmark):
    """Two datasets of the same configurations, priced and logged costs, every status."""
    store = stored([{"benchmark": "b", "started_at": DAY}, *first], configurations=GPT5)
    stored(second, configurations=GPT5, dataset="e", into=store)
    selection = Selection(("d", "e"), benchmark, cost=cost)
    found = evidence(store, selection)
    rows = attempts.attempts(store, selection, found)
    assert_they_add_up(found, rows)
    parts = rows[PARTS].sum(axis=1)
    priced = rows["is_priced"].to_numpy()
    np.testing.assert_allclose(parts[priced], rows.loc[priced, "cost_usd"], rtol=1e-12, atol=1e-15)


@settings(max_examples=4, deadline=None)
@given(st.lists(st.fixed_dictionaries({
    "benchmark": st.sampled_from("abcd"), "task": st.sampled_from("xy"), "score": st.sampled_from([None, 0.0, 0.25, 1.0]),
    "success": st.sampled_from([True, False, None]), "status": st.sampled_from(["ok", "error", "cancelled"]),
    "is_success_logged": st.booleans(),
}), min_size=4, max_size=16))  # fmt: skip
def test_credit_is_the_accuracy_of_the_frontier(rows):
    """The grid knows sums only: it cannot tell an attempt that failed without a score from one that has none in a cell of both."""
    cells = {(row["benchmark"], row["task"]) for row in rows if row["status"] == "error"}
    mixed = {
        cell for row in rows if (cell := (row["benchmark"], row["task"])) in cells
        and row["status"] == "ok" and row["score"] is None and row["success"] is not None
    }  # fmt: skip
    store, selection, found = found_in(stored([row for row in rows if (row["benchmark"], row["task"]) not in mixed] or [{}]))
    assert_they_add_up(found, attempts.attempts(store, selection, found))


def test_an_attempt_by_hand():
    """gpt-5 in October 2025: 1.25, 0.125 and 10 USD per million tokens in, read from a cache, and out."""
    used = {"uncached_input_tokens": 200_000, "cache_read_tokens": 50_000, "output_tokens": 5_000, "reasoning_tokens": 3_000}
    more = {"attempt": 3, "run_id": "r", "ttft_s": 0.5, "active_s": 4, "latency_s": 5, "reflections": 2, "tool_cost_usd": "0.01"}
    store = stored([{"success": True, "started_at": DAY, "total_tokens": 255_000, **used, **more}], configurations=GPT5)
    (row,) = read(store).to_dict("records")
    assert row["cost_usd"] == pytest.approx(0.30625)
    assert [row[part] for part in PARTS] == pytest.approx([0.25, 0.00625, np.nan, 0.03, 0.02], nan_ok=True)
    assert (row["is_priced"], row["success"], row["credit"], row["attempt"], row["locator"]) == (True, 1, 1, 3, "row 1")
    assert (row["ttft_s"], row["active_s"], row["latency_s"], row["reflections"], row["tool_cost_usd"]) == (0.5, 4, 5, 2, 0.01)
    (row,) = read(store, "logged").to_dict("records")
    assert (np.isnan(row["cost_usd"]), row["is_priced"]) == (True, False)
    assert row["part_uncached_input_usd"] == 0.25  # list rates do not depend on what the log has


def test_writes_for_an_hour_have_their_own_rate():
    used = {"uncached_input_tokens": 0, "output_tokens": 0, "cache_write_tokens": 10**6, "cache_write_1h_tokens": 10**6}
    store = stored([{"started_at": DAY, **used}], configurations={"m": {"canonical_model": "claude-sonnet-4-5", "provider": "anthropic"}})
    assert read(store)["part_cache_write_usd"].tolist() == pytest.approx([3.75 + 6])


def test_a_logged_cost_stands_and_a_model_without_a_rate_has_no_parts():
    used = {"uncached_input_tokens": 10, "output_tokens": 10}
    store = stored([{"cost_usd_logged": "0.5", **used}, {"task": "u", **used}])
    rows = read(store)
    assert rows["cost_usd"].tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    assert rows[PARTS].isna().all(axis=None)
    assert not rows["is_priced"].any()


def test_answers_are_equal_to_the_last_bit():
    """A 63-bit hash as a double would make one answer of two: 2**62 and 2**62 + 1."""
    rows = read(stored([{"answer_key": 2**62}, {"answer_key": 2**62 + 1, "task": "u"}, {"task": "v"}]))
    assert rows["answer_key"].dtype == "Int64"
    assert rows["answer_key"].tolist() == [2**62, 2**62 + 1, pd.NA]
    assert read(stored([{"answer_key": 2**62 + 1}]))["answer_key"].tolist() == [2**62 + 1]


def test_the_order_is_that_of_names_and_tries():
    rows = [
        {"task": task, "attempt": attempt, "configuration": model} for model in ("k", "m") for task in ("t2", "t10")
        for attempt in (2, 1, None)
    ]  # fmt: skip
    found = read(stored(rows))
    keys = found[[*KEYS, "attempt", "dataset", "attempt_id"]]
    assert keys.equals(keys.sort_values(list(keys.columns), na_position="last", ignore_index=True))
    assert found["task"].tolist()[:6] == ["t10"] * 3 + ["t2"] * 3
    assert found["attempt"].tolist()[:3] == pytest.approx([1, 2, np.nan], nan_ok=True)
    assert attempts.attempt_row(found, "d", 4)["attempt"] == 1
    assert attempts.attempt_row(found, "d", 99) is None


def test_published_rows_alone_give_empty_frames_of_the_usual_types():
    alone = found_in(stored([], summaries=({"n": 10, "success_sum": 5, "cost_usd_sum": 1},)))
    step = {"kind": "tool", "name": "search", "offset_s": 0, "duration_s": 1, "ok": True}
    full = found_in(stored([{"success": True, "steps": [step], "stop_reason": "end", "price_tier": "batch"}]))
    for frame_of in (attempts.attempts, attempts.times, attempts.turns, attempts.failures, attempts.conditioning, attempts.tools,
                     attempts.tasks):  # fmt: skip
        empty, rows = frame_of(*alone), frame_of(*full)
        assert (len(empty), len(rows)) == (0, 1), frame_of.__name__
        assert empty.dtypes.to_dict() == rows.dtypes.to_dict(), frame_of.__name__


def test_only_the_evidences_configurations_and_benchmark():
    rows = [
        {"configuration": model, "benchmark": b, "task": b, "steps": [{"kind": "tool"}]} for model in ("k", "m") for b in ("one", "two")
    ]
    store = stored(rows)
    narrow = found_in(store, Selection(("d",), "one", (("model", "k"),)))
    for frame_of in (attempts.attempts, attempts.turns, attempts.failures, attempts.tools):
        found = frame_of(*narrow)
        assert (set(found["benchmark"]), found["configuration"].nunique(), len(found)) == ({"one"}, 1, 1)
    assert attempts.tasks(*narrow)[["benchmark", "task"]].to_numpy().tolist() == [["one", "one"]]
    assert len(attempts.ladders(*narrow, "tool_calls")) == 1


# --- real logs


@pytest.fixture
def of_log(samples):
    """Read logs; return their attempts, checked against the cells under both cost bases."""

    def read_logs(folder: str, pattern: str = "**/*", path_pattern: str | None = None) -> tuple[pd.DataFrame, Evidence]:
        store = Store()
        files = [samples / folder] if path_pattern or pattern == "**/*" else sorted((samples / folder).glob(pattern))
        key = ingest(store, files, options=Options(path_pattern=path_pattern))
        for cost in ("logged", "auto"):
            selection = Selection((key,), "all", cost=cost)
            found = evidence(store, selection)
            rows = attempts.attempts(store, selection, found)
            assert_they_add_up(found, rows)
        return rows.assign(label=rows["configuration"].map(found.labels)), found

    return read_logs


def test_tau2(of_log):
    rows, _ = of_log("tau2-bench")
    mean = rows.groupby(["label", "benchmark"])[["success", "cost_usd"]].mean().round(6)
    assert mean.loc[("gpt-4.1", "retail")].tolist() == [0.85, 0.047215]
    assert mean.loc[("gpt-4.1", "airline")].tolist() == [0.5, 0.039163]
    tuned = rows[rows["label"].str.startswith("ft:")]
    assert (len(tuned), tuned["cost_usd"].count()) == (20, 0)


@pytest.mark.slow
def test_tau_bench_has_four_tries_of_each_task(of_log):
    rows, _ = of_log("tau-bench")
    assert (len(rows), rows["success"].mean(), rows["cost_usd"].count()) == (200, pytest.approx(0.42), 0)
    assert rows.groupby("task").size().unique().tolist() == [4]
    assert (rows["aux_cost_usd"].count(), round(rows["aux_cost_usd"].sum(), 4)) == (195, 0.5032)
    solved = rows.groupby("task")["success"].sum()
    assert ((solved == 4).mean(), (solved > 0).mean()) == (0.20, 0.72)


@pytest.mark.slow
def test_swe_effi_spends_more_where_it_fails(of_log):
    rows, _ = of_log("swe-effi", path_pattern="{agent}/{model}/*")
    mean = rows.assign(agent=rows["label"].str.partition(" ")[0]).groupby(["agent", "success"])["tokens"].mean().round()
    assert mean[["openhands", "swe-agent"]].to_dict() == {
        ("openhands", 0.0): 776_444, ("openhands", 1.0): 260_407, ("swe-agent", 0.0): 3_419_236, ("swe-agent", 1.0): 594_610,
    }  # fmt: skip
    assert set(rows.loc[rows["is_priced"], "label"].str.rpartition(" ")[2]) == {"GPT-4o-mini-2024-07-18"}


def test_aime(of_log):
    rows, _ = of_log("pricing-reversal/aime")
    mean = rows.groupby("label")[["success", "cost_usd"]].mean()
    assert (round(mean.loc["gpt-5-mini", "success"], 4), round(mean.loc["gpt-5-mini", "cost_usd"], 6)) == (0.85, 0.010211)
    assert len(rows) == 480
    assert rows["answer_key"].count() > 400


def test_an_inspect_log_and_its_time(of_log, samples):
    rows, _ = of_log("inspect", "*browser*")
    (row,) = rows.to_dict("records")
    assert (row["cache_read_tokens"], row["uncached_input_tokens"], row["output_tokens"]) == (9088, 15235 - 9088, 281)
    assert row["is_priced"]
    assert np.nansum([row[part] for part in PARTS]) == pytest.approx(row["cost_usd"], rel=1e-12)


@pytest.mark.slow
def test_metr_scores_between_0_and_1_are_the_credit(of_log, samples):
    """Scores above 1 are out of range, and unknown."""
    rows, _ = of_log("metr", "all_runs.jsonl")
    runs = pd.read_json(samples / "metr" / "all_runs.jsonl", lines=True)
    expected = runs[runs["score"] <= 1].groupby("alias")["score"].agg(["size", "mean"]).loc[["o1", "human"]]
    credit = rows.groupby("label")["credit"].agg(["count", "mean"]).loc[["o1", "human"]]
    assert credit["count"].tolist() == expected["size"].tolist()
    assert credit["mean"].tolist() == pytest.approx(expected["mean"].tolist())
