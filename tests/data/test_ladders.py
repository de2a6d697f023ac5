"""Ladders: prefix sums are what would stand under a cap, by hand, against a replay of every attempt, and on real results."""

from datetime import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import attempts
from data.attempts import UNITS
from data.frames import Selection, evidence
from data.ingest import ingest
from data.store import Store
from tests.stores import found_in, stored

BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens")
KEYS = ["configuration", "benchmark", "task", "level"]


def llm(cost: str | None = None, tokens: tuple[int, int] | None = None, **more) -> dict:
    """Return a call with a cost, and with fresh input and output tokens."""
    used = {"uncached_input_tokens": tokens[0], "output_tokens": tokens[1]} if tokens else {}
    step = {"kind": "llm", "cost_usd_logged": cost, **used, **more}
    return step | ({"total_tokens": sum(step.get(name, 0) for name in BUCKETS)} if tokens else {})


def tool(**more) -> dict:
    return {"kind": "tool", **more}


def whole_ladder(store: Store, unit: str, dataset: str = "d") -> pd.DataFrame:
    """Return the rows of the query with the keys summed away that matter to prices only."""
    frame = store.frame("ladders", datasets=[dataset], unit=unit)
    assert not frame.duplicated([*KEYS, "started_on", "price_tier", "is_cost_logged"]).any()
    return frame.groupby(KEYS).sum(numeric_only=True).drop(columns="is_cost_logged").reset_index()


def ladder(attempts: list[dict], unit: str) -> pd.DataFrame:
    return whole_ladder(stored(attempts), unit).set_index("level")


def capped(frame: pd.DataFrame, cap: float) -> pd.Series:
    """Return what would stand under a cap: the prefix sum."""
    return frame[frame["level"] <= cap].select_dtypes("number").sum()


def test_turns_by_hand():
    """One attempt of three turns with a tool call after each of the first two, one of a single turn: every number can be added up."""
    long = {"success": True, "steps": [
        llm("0.10", (100, 10), offset_s=0, duration_s=2), tool(offset_s=2, duration_s=1),
        llm("0.20", (200, 20), offset_s=3, duration_s=2), tool(offset_s=5, duration_s=5),
        llm("0.30", (300, 30), offset_s=10, duration_s=2),
    ]}  # fmt: skip
    short = {"success": True, "steps": [llm("0.05", (50, 5), offset_s=0, duration_s=1)]}
    found = ladder([long, short], "turns")
    assert list(found.index) == [1, 2, 3]
    assert found["n"].tolist() == [2, 1, 1]
    assert found["n_started"].tolist() == [2, 0, 0]
    assert found["n_ended"].tolist() == [1, 0, 1]
    assert found["n_succeeded"].tolist() == [1, 0, 1]
    assert found["n_cost"].tolist() == found["n_split"].tolist() == found["n_tokens"].tolist() == found["n_latency"].tolist() == [2, 0, 0]
    assert found["sum_cost_usd"].tolist() == [0.15, 0.20, 0.30]
    assert found["sum_uncached_input_tokens"].tolist() == [150, 200, 300]
    assert found["sum_output_tokens"].tolist() == [15, 20, 30]
    assert found["sum_latency_s"].tolist() == [3 + 1, 10 - 3, 12 - 10]


@pytest.mark.parametrize("unit", ["tokens", "usd", "seconds"])
def test_an_attempt_counts_once_at_a_level_whatever_steps_follow_there(unit):
    """Tool steps add no tokens and no cost, so the total stood still and the attempt was counted again for each of them: n was 4, not 1."""
    steps = [llm("0.10", (100, 10), offset_s=0, duration_s=2), *[tool(offset_s=0, duration_s=1) for _ in range(3)]]
    (row,) = ladder([{"success": True, "steps": steps}], unit).reset_index().to_dict("records")
    assert row["level"] == {"tokens": 110, "usd": 0.1, "seconds": 2}[unit]
    assert (row["n"], row["n_started"], row["n_ended"], row["n_succeeded"], row["sum_cost_usd"], row["sum_latency_s"]) == (
        1,
        1,
        1,
        1,
        0.1,
        2,
    )


def test_a_step_without_cost_makes_the_cost_unknown_from_there():
    """The unknown cost of the second call was added as 0: the attempt seemed to save what nobody had counted."""
    gap = {"task": "gap", "steps": [llm("0.10", (1, 1)), llm(None, (1, 1)), llm("0.30", (1, 1))]}
    whole = {"task": "whole", "steps": [llm("0.01", (1, 1)), llm("0.02", (1, 1)), llm("0.03", (1, 1))]}
    turns = ladder([gap, whole], "turns").reset_index()
    known = [tuple(capped(turns, cap)[["n_started", "n_cost"]]) for cap in (1, 2, 3)]
    assert known == [(2, 2), (2, 1), (2, 1)]
    assert [round(capped(turns, cap)["sum_cost_usd"], 12) for cap in (1, 2, 3)] == [0.11, 0.03, 0.06]
    assert capped(turns, 3)["n_split"] == 2
    usd = ladder([gap], "usd")
    assert list(usd.index) == [0.1]
    assert (usd["n_started"].sum(), usd["n_ended"].sum()) == (1, 0)  # where it ended in USD nobody knows


def test_calls_without_tokens_and_without_times():
    steps = [llm("0.1", (1, 1), offset_s=0, duration_s=1), llm("0.1", None, offset_s=1)]
    turns = ladder([{"steps": steps}], "turns").reset_index()
    assert turns["n_split"].tolist() == turns["n_tokens"].tolist() == turns["n_latency"].tolist() == [1, -1]
    assert turns["n_cost"].tolist() == [1, 0]
    assert capped(turns, 2)[["n_split", "sum_output_tokens", "sum_tokens", "n_latency", "sum_latency_s"]].tolist() == [0] * 5
    only_tools = ladder([{"steps": [tool(), tool()]}], "tool_calls")
    assert (
        only_tools["n_cost"].tolist() == only_tools["n_split"].tolist() == only_tools["n_tokens"].tolist() == [0, 0]
    )  # no call, so no cost of 0


def test_a_total_without_its_split_has_a_level_in_tokens_and_no_buckets():
    tokens = ladder([{"steps": [{"kind": "llm", "total_tokens": 500, "cost_usd_logged": "0.1"}]}], "tokens")
    assert list(tokens.index) == [500]
    assert tokens[["n_split", "sum_output_tokens", "n_tokens", "sum_tokens", "n_cost"]].to_numpy().tolist() == [[0, 0, 1, 500, 1]]


def test_tool_steps_belong_to_the_round_before_them():
    """Tool steps name no round: those of round 1 fell into round 0, and a cap at depth 0 paid for them."""
    steps = [llm("0.1", (1, 1), round=0), tool(), llm("0.2", (1, 1), round=1), tool(cost_usd_logged="0.05"), llm("0.4", (1, 1), round=2)]
    depth = ladder([{"success": True, "steps": steps}], "reflection_depth")
    assert list(depth.index) == [0, 1, 2]
    assert depth["sum_cost_usd"].tolist() == [0.1, 0.25, 0.4]
    assert depth["n_ended"].tolist() == depth["n_succeeded"].tolist() == [0, 0, 1]


def test_every_bucket_has_its_sum():
    steps = [
        llm("0.1", (1, 16), cache_read_tokens=2, cache_write_tokens=4, cache_write_1h_tokens=8),
        llm("0.1", (100, 1600), cache_read_tokens=200, cache_write_tokens=400, cache_write_1h_tokens=800),
    ]
    turns = ladder([{"steps": steps}], "turns")
    for bucket, n in zip(BUCKETS, (1, 2, 4, 8, 16), strict=True):
        assert turns[f"sum_{bucket}"].tolist() == [n, 100 * n]
    assert list(ladder([{"steps": steps}], "tokens").index) == [31, 31 + 3100]


def test_an_attempt_that_used_no_tool_stands_at_none():
    found = ladder(
        [{"task": "a", "success": True, "steps": [llm("0.1")]}, {"task": "b", "steps": [llm("0.1"), tool(), tool()]}], "tool_calls"
    )
    assert found.reset_index()[["task", "level", "n_ended"]].to_numpy().tolist() == [["a", 0, 1], ["b", 0, 0], ["b", 1, 0], ["b", 2, 1]]


def test_judges_users_infra_errors_and_cancelled_attempts_are_left_out():
    steps = [llm("0.1", (1, 1)), llm("5", (9, 9), role="user"), llm("5", (9, 9), role="judge"), llm("0.2", (1, 1), role="agent")]
    lost = [{"status": status, "success": True, "steps": [llm("7", (1, 1))]} for status in ("infra", "cancelled")]
    turns = ladder([{"steps": steps}, *lost], "turns")
    assert turns["n"].tolist() == [1, 1]
    assert turns["sum_cost_usd"].tolist() == [0.1, 0.2]


# --- against a replay of every attempt

maybe = st.one_of(st.none(), st.integers(0, 4))
a_step = st.fixed_dictionaries({
    "kind": st.sampled_from(["llm", "llm", "tool", "other"]), "role": st.sampled_from([None, "agent", "user"]),
    "round": st.one_of(st.none(), st.integers(0, 2)), "offset_s": maybe, "duration_s": maybe, "total_tokens": maybe,
    "uncached_input_tokens": maybe, "cache_read_tokens": maybe, "output_tokens": maybe,
    "cost_usd_logged": st.one_of(st.none(), st.integers(0, 3).map(lambda n: Decimal(n) / 10)),
})  # fmt: skip
an_attempt = st.fixed_dictionaries({
    "task": st.sampled_from(["x", "y"]), "success": st.sampled_from([True, False, None]), "steps": st.lists(a_step, max_size=6),
})  # fmt: skip


def replayed(a: dict, unit: str, cap: float) -> dict | None:
    """Return what an attempt has spent when it is cut before the first step that goes over the cap; None: nothing of it is under it."""
    own = [s for s in a["steps"] if s["role"] != "user"]
    stand = None
    for i in range(1, len(own) + 1):
        done = own[:i]
        calls = [s for s in done if s["kind"] == "llm"]
        has_calls = any(s["kind"] == "llm" for s in own)
        is_cost = has_calls and all(s["cost_usd_logged"] is not None for s in calls)
        is_split = has_calls and all(s["uncached_input_tokens"] is not None and s["output_tokens"] is not None for s in calls)
        is_total = has_calls and all(s["total_tokens"] is not None for s in calls)
        is_time = all(s["offset_s"] is not None and s["duration_s"] is not None for s in done if s["kind"] != "other")
        cost = sum(s["cost_usd_logged"] or 0 for s in done)
        ends = [s["offset_s"] + s["duration_s"] for s in done if s["offset_s"] is not None and s["duration_s"] is not None]
        seconds = max(ends, default=0)
        level = {
            "turns": len(calls), "tool_calls": sum(s["kind"] == "tool" for s in done),
            "reflection_depth": max((s["round"] for s in done if s["round"] is not None), default=0),
            "tokens": sum(s["total_tokens"] or 0 for s in done) if is_total else None,
            "usd": cost if is_cost else None, "seconds": seconds if is_time else None,
        }[unit]  # fmt: skip
        if level is None or float(level) > cap:
            break
        stand = {
            "n_started": 1, "n_ended": int(i == len(own)), "n_succeeded": int(i == len(own) and a["success"] is True),
            "n_cost": int(is_cost), "sum_cost_usd": cost if is_cost else 0,
            "n_tokens": int(is_total), "sum_tokens": sum(s["total_tokens"] or 0 for s in done) if is_total else 0,
            "n_split": int(is_split),
            "sum_uncached_input_tokens": sum(s["uncached_input_tokens"] or 0 for s in done) if is_split else 0,
            "sum_cache_read_tokens": sum(s["cache_read_tokens"] or 0 for s in done) if is_split else 0,
            "sum_output_tokens": sum(s["output_tokens"] or 0 for s in done) if is_split else 0,
            "n_latency": int(is_time), "sum_latency_s": seconds if is_time else 0,
        }  # fmt: skip
    return stand


@settings(max_examples=5, deadline=None)
@given(st.lists(an_attempt, min_size=3, max_size=9))
def test_prefix_sums_are_a_replay_under_the_cap(each):
    store = stored(each)
    for unit in UNITS:
        rows = whole_ladder(store, unit)
        for cap in np.arange(9) / (10 if unit == "usd" else 1):
            cut = capped(rows, cap)
            stands = [stand for a in each if (stand := replayed(a, unit, cap)) is not None]
            for name in ("n_started", "n_ended", "n_succeeded", "n_cost", "n_tokens", "n_split", "n_latency", "sum_tokens"):
                assert cut[name] == sum(s[name] for s in stands), (unit, name)
            for name in ("sum_cost_usd", "sum_cache_read_tokens", "sum_output_tokens", "sum_latency_s"):
                assert cut[name] == pytest.approx(float(sum(s[name] for s in stands)), abs=1e-9), (unit, name)


def test_shards_merge_by_addition():
    """Two halves of the attempts give the ladder of the whole, row by row."""
    parts = [[{"success": True, "steps": [llm("0.1", (1, 1)), tool()]}], [{"steps": [llm("0.2", (1, 1)), llm(None), tool()]}]]
    halves = pd.concat([whole_ladder(stored(part), "turns") for part in parts]).groupby(KEYS).sum()
    whole = whole_ladder(stored([*parts[0], *parts[1]]), "turns").set_index(KEYS)
    pd.testing.assert_frame_equal(halves.sort_index(), whole.sort_index(), check_dtype=False)


@pytest.mark.parametrize(
    ("pattern", "quantile", "cap", "accuracy", "saving"),
    [("gpt-4.1_retail*", 75, 14, 0.75, 0.0751), ("gpt-4.1_airline*", 50, 9.5, 0.25, 0.1916)],
)
def test_the_ladder_gives_the_exact_saving_of_a_turn_cap(samples, pattern, quantile, cap, accuracy, saving):
    store = Store()
    key = ingest(store, list((samples / "tau2-bench").glob(pattern)))
    turns = whole_ladder(store, "turns", key)
    assert np.percentile(np.repeat(turns["level"], turns["n_ended"]), quantile) == cap
    cut, whole = capped(turns, cap), capped(turns, np.inf)
    assert cut["n_succeeded"] / whole["n_started"] == accuracy
    assert round(1 - cut["sum_cost_usd"] / whole["sum_cost_usd"], 4) == saving
    assert cut["n_cost"] == whole["n_cost"] == whole["n_started"]


# --- as the pages read it: credit, and prices where no step has a cost

GPT5 = {"m": {"canonical_model": "gpt-5", "provider": "openai"}}
IN, READ, OUT = 1.25e-6, 0.125e-6, 10e-6
"""USD per token of gpt-5 in October 2025."""
STANDS = ("n_cost", "sum_cost_usd", "n_split", "sum_uncached_input_tokens", "sum_cache_read_tokens", "sum_output_tokens")
DAY = datetime(2025, 10, 1, 9)


def read(store: Store, unit: str, cost: str = "auto") -> pd.DataFrame:
    return attempts.ladders(*found_in(store, Selection(("d",), "all", cost=cost)), unit)


def test_without_step_costs_the_tokens_are_priced():
    steps = [llm(None, (1000, 10)), tool(), llm(None, (2000, 20), cache_read_tokens=500)]
    store = stored([{"success": True, "started_at": DAY, "steps": steps}], configurations=GPT5)
    priced = read(store, "turns")
    assert priced[["level", "n_cost", "n_cost_priced"]].to_numpy().tolist() == [[1, 1, 1], [2, 0, 0]]
    assert priced["sum_cost_usd"].tolist() == pytest.approx([1000 * IN + 10 * OUT, 2000 * IN + 500 * READ + 20 * OUT])
    logged = read(store, "turns", "logged")
    assert logged[["n_cost", "n_cost_priced", "sum_cost_usd"]].to_numpy().tolist() == [[0, 0, 0], [0, 0, 0]]
    assert read(store, "usd").empty


def test_logged_and_priced_calls_are_never_mixed_in_an_attempt():
    """An attempt that lost the cost of one call has no cost from there on; pricing that call would add list prices to discounts."""
    lost = {"task": "lost", "started_at": DAY, "steps": [llm("0.10", (1000, 10)), llm(None, (1000, 10))]}
    none = {"task": "none", "started_at": DAY, "steps": [llm(None, (1000, 10)), tool(cost_usd_logged="0.005")]}
    found = read(stored([lost, none], configurations=GPT5), "turns").set_index(["task", "level"])
    assert found["n_cost"].to_dict() == {("lost", 1): 1, ("lost", 2): -1, ("none", 1): 1}
    assert found["sum_cost_usd"].to_dict() == pytest.approx({("lost", 1): 0.1, ("lost", 2): -0.1, ("none", 1): 1000 * IN + 10 * OUT})


def test_a_response_from_the_harnesss_cache_used_nothing():
    """Its tokens stand in the log as they once were used: the replay paid for them, and was dearer than the attempt itself."""
    steps = [llm(None, (1000, 10), cached_response=True), llm(None, (2000, 20)), llm(None, None, cached_response=True)]
    found = read(stored([{"started_at": DAY, "steps": steps}], configurations=GPT5), "turns")
    assert found["sum_tokens"].tolist() == [0, 2020, 0]
    assert found["sum_cost_usd"].tolist() == pytest.approx([0, 2000 * IN + 20 * OUT, 0])
    logged = read(stored([{"steps": [llm("0.5", (1000, 10), cached_response=True), llm("0.1", (1, 1))]}]), "turns")
    assert logged[["n_cost", "sum_cost_usd"]].to_numpy().tolist() == [[1, 0], [0, 0.1]]
    turns = attempts.turns(*found_in(stored([{"started_at": DAY, "steps": steps}], configurations=GPT5)))
    assert turns[["n", "n_tokens", "sum_output_tokens", "n_cost"]].to_numpy().tolist() == [[1, 1, 0, 1], [1, 1, 20, 1], [1, 1, 0, 1]]


def test_a_model_without_a_rate_has_no_cost():
    found = read(stored([{"started_at": DAY, "steps": [llm(None, (1000, 10))]}]), "turns")
    assert found[["n_cost", "sum_cost_usd", "n_cost_priced"]].to_numpy().tolist() == [[0, 0, 0]]


def test_each_day_has_its_own_price():
    days = [{"started_at": datetime(2025, month, 1), "steps": [llm(None, (1_000_000, 1))]} for month in (3, 10)]
    found = read(stored(days, configurations={"m": {"canonical_model": "o3", "provider": "openai"}}), "turns")
    assert found["sum_cost_usd"].tolist() == pytest.approx([10 + 2 + 40e-6 + 8e-6])


def test_scores_between_0_and_1_are_the_credit():
    """As on the frontier: in a benchmark with such scores accuracy is their mean; who broke off counts 0, who has none is left out."""
    each = [
        {"score": 0.25, "success": False, "is_success_logged": False}, {"score": 1.0, "success": True, "is_success_logged": False},
        {"status": "timeout", "success": None}, {"status": "ok", "success": None}, {"status": "limit", "score": 0.5, "success": None},
        {"success": True},
    ]  # fmt: skip
    store = stored([{**attempt, "steps": [llm("0.1")] * (i % 2 + 1)} for i, attempt in enumerate(each)])
    found = read(store, "turns")
    assert found[["n_started", "n_credit", "sum_credit", "n_succeeded"]].to_numpy().tolist() == [[6, 4, 0.75, 0], [0, 0, 1.0, 2]]
    single = attempts.attempts(*found_in(store))
    assert single.sort_values("attempt_id")["credit"].tolist() == pytest.approx([0.25, 1, 0, np.nan, 0.5, np.nan], nan_ok=True)
    store, selection, found = found_in(stored([{**attempt, "steps": [llm("0.1")]} for attempt in each if attempt.get("score") != 0.25][:3]))
    assert attempts.ladders(store, selection, found, "turns")[["n_credit", "sum_credit"]].to_numpy().tolist() == [[2, 1]]


def test_no_steps_give_an_empty_frame_of_the_same_types():
    without = found_in(stored([{"success": True}]))
    full = read(stored([{"success": True, "steps": [llm("0.1", (1, 1))]}]), "turns")
    for unit in UNITS:
        empty = attempts.ladders(*without, unit)
        assert empty.empty
        assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    with pytest.raises(ValueError, match="not 'minutes'"):
        attempts.ladders(*without, "minutes")


@settings(max_examples=3, deadline=None)
@given(st.lists(an_attempt, min_size=3, max_size=9))
def test_priced_prefix_sums_are_a_priced_replay(each):
    """Every attempt replayed on its own and priced in one piece, against the priced changes of the ladder."""
    found = found_in(stored([{**a, "started_at": DAY} for a in each], configurations=GPT5))
    for unit in ("turns", "tokens", "seconds"):
        rows = attempts.ladders(*found, unit)
        for cap in range(9):
            n, usd = 0, 0.0
            for a in each:
                stand = replayed(a, unit, cap) or dict.fromkeys(STANDS, 0)
                if any(s["cost_usd_logged"] is not None for s in a["steps"] if s["kind"] == "llm" and s["role"] != "user"):
                    n, usd = n + stand["n_cost"], usd + float(stand["sum_cost_usd"])
                else:
                    n += stand["n_split"]
                    usd += (
                        stand["sum_uncached_input_tokens"] * IN + stand["sum_cache_read_tokens"] * READ + stand["sum_output_tokens"] * OUT
                    )
            cut = capped(rows, cap)
            assert (cut["n_cost"], cut["sum_cost_usd"]) == (n, pytest.approx(usd, abs=1e-12)), (unit, cap)


@pytest.mark.slow
def test_the_whole_ladder_is_what_the_attempts_spent(root):
    """The example logs steps for every attempt: without a cap each unit stands at the very sums of the attempts."""
    store, folder = Store(), root / "data" / "bundled" / "example"
    selection = Selection((ingest(store, [folder / "attempts.parquet", folder / "steps.parquet"]),))
    found = evidence(store, selection)
    of = attempts.attempts(store, selection, found).groupby("configuration")
    for unit in ("turns", "reflection_depth", "tokens"):
        whole = attempts.ladders(store, selection, found, unit).groupby("configuration").sum(numeric_only=True)
        for name, column in (("n_started", "status"), ("n_ended", "status"), ("n_cost", "cost_usd"), ("n_credit", "credit")):
            assert whole[name].tolist() == of[column].count().tolist()
        for name, column in (("sum_credit", "credit"), ("sum_tokens", "tokens"), ("sum_output_tokens", "output_tokens")):
            assert whole[name].tolist() == of[column].sum().tolist()
        assert whole["sum_cost_usd"].tolist() == pytest.approx(of["cost_usd"].sum().tolist(), abs=1e-9)
        assert whole["sum_latency_s"].tolist() == pytest.approx(of["active_s"].sum().tolist(), abs=1e-6)
