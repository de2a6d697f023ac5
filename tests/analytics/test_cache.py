"""Context growth, its composition by turn, and what a cache is worth: by hand, against least squares, and literal resampling."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.anatomy import COLUMNS
from analytics.cache import by_turn, cache_economics, growth_exponent, input_tokens, n_turns
from analytics.resample import task_weights

BY_TURN = [
    *("benchmark", "task", "turn", "n", "n_tokens", "sum_uncached_input_tokens", "sum_cache_read_tokens", "sum_cache_write_tokens"),
    *("sum_output_tokens", "n_reasoning_tokens", "sum_reasoning_tokens", "n_cost", "sum_cost_usd", "n_failed", "n_ok_known"),
]


def attempts(rows: list[dict], configuration: str = "a") -> pd.DataFrame:
    made = [{"configuration": configuration, "benchmark": "bench", "task": f"t{k:03d}"} | row for k, row in enumerate(rows)]
    columns = list(COLUMNS)
    numbers = [name for name in columns if name.endswith(("_usd", "_tokens", "_calls", "_s")) or name in ("tokens", "turns", "credit")]
    return pd.DataFrame(made).reindex(columns=columns).astype(dict.fromkeys([*numbers, "success", "retries"], float))


def of_turns(rows: list[dict]) -> pd.DataFrame:
    filled = [dict.fromkeys(BY_TURN, 0) | {"benchmark": "bench", "task": "1"} | row for row in rows]
    return pd.DataFrame(filled, columns=BY_TURN)


def grown(turns: np.ndarray, prefix: float, added: float) -> pd.DataFrame:
    """Attempts whose every turn adds as much to a prefix; part of the input comes from a cache."""
    total = turns * prefix + added * turns * (turns - 1) / 2
    return attempts([
        {"turns": n, "uncached_input_tokens": 0.25 * x, "cache_read_tokens": 0.5 * x, "cache_write_tokens": 0.25 * x}
        for n, x in zip(turns.tolist(), total.tolist(), strict=True)
    ])  # fmt: skip


class TestGrowthExponent:
    def test_equals_least_squares(self):
        rng = np.random.default_rng(1)
        turns = rng.integers(1, 40, 60).astype(float)
        rows = grown(turns, 900 * np.exp(rng.normal(0, 0.3, 60)), 150)
        total = rows["uncached_input_tokens"] * 4
        estimate, reason = growth_exponent(rows, n_bootstrap=200, seed=4)
        assert estimate.value == pytest.approx(np.polyfit(np.log(turns), np.log(total), 1)[0], rel=1e-9)
        weights = task_weights(60, 200, 4).astype(int)
        drawn = [np.polyfit(np.log(np.repeat(turns, w)), np.log(np.repeat(total, w)), 1)[0] for w in weights.T]
        assert estimate.interval == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), rel=1e-8)
        assert (estimate.n, reason) == (60, None)

    @pytest.mark.parametrize(("prefix", "added", "turns", "low", "high"), [
        (1e6, 1.0, np.arange(1.0, 30), 1.0, 1.01),
        (1.0, 1e4, np.arange(30.0, 300), 1.98, 2.02),
        (1000.0, 1000.0, np.arange(1.0, 30), 1.2, 1.9),
    ])  # fmt: skip
    def test_goes_from_one_to_two_as_the_history_outgrows_the_prefix(self, prefix, added, turns, low, high):
        assert low <= growth_exponent(grown(turns, prefix, added), n_bootstrap=20)[0].value <= high

    @settings(max_examples=20, deadline=None)
    @given(st.floats(0.2, 3), st.lists(st.integers(1, 100), min_size=2, max_size=20).filter(lambda n: len(set(n)) > 1))
    def test_recovers_a_power(self, power, turns):
        rows = attempts([{"turns": n, "uncached_input_tokens": 700 * n**power} for n in turns])
        assert growth_exponent(rows, n_bootstrap=10)[0].value == pytest.approx(power, rel=1e-6)

    def test_counts_calls_where_a_log_has_no_turns(self):
        rows = attempts([{"llm_calls": n, "uncached_input_tokens": 100 * n} for n in (2, 4, 8)])
        assert n_turns(rows).tolist() == [2, 4, 8]
        assert growth_exponent(rows)[0].value == pytest.approx(1)

    def test_says_why_there_is_none(self):
        same = attempts([{"turns": 3, "uncached_input_tokens": 100 * k} for k in (1, 2)])
        assert growth_exponent(same)[1] == "all attempts took the same number of turns"
        for unknown in ({"turns": 3}, {"uncached_input_tokens": 5}, {"turns": 3, "uncached_input_tokens": 0}, {"turns": 0}):
            estimate, reason = growth_exponent(attempts([unknown]))
            assert (estimate.value, estimate.interval, estimate.n) == (None, None, 0)
            assert reason == "no attempt has its turns and its input tokens in these logs"

    def test_input_unknown_in_part_is_unknown_and_buckets_not_told_apart_are_fresh(self):
        rows = attempts([
            {"uncached_input_tokens": 10}, {"cache_read_tokens": 10},
            {"uncached_input_tokens": 10, "cache_write_tokens": 5, "cache_write_1h_tokens": 2},
        ])  # fmt: skip
        assert input_tokens(rows).tolist() == pytest.approx([10, math.nan, 17], nan_ok=True)


class TestByTurn:
    def test_by_hand(self):
        first, second = by_turn(of_turns([
            {"task": "1", "turn": 1, "n": 2, "n_tokens": 2, "sum_uncached_input_tokens": 150, "sum_cache_write_tokens": 50,
             "sum_output_tokens": 40, "n_reasoning_tokens": 2, "sum_reasoning_tokens": 30, "n_cost": 2, "sum_cost_usd": 0.5,
             "n_failed": 1, "n_ok_known": 4},
            {"task": "2", "turn": 1, "n": 2, "n_tokens": 2, "sum_uncached_input_tokens": 300, "sum_output_tokens": 20},
            {"task": "2", "turn": 2, "n": 1, "n_tokens": 1, "sum_uncached_input_tokens": 20, "sum_cache_read_tokens": 180,
             "sum_output_tokens": 9},
        ]))  # fmt: skip
        assert (first.turn, first.n, first.context_tokens, first.cached_share) == (1, 4, 125.0, 0.0)
        assert (first.uncached_input_tokens, first.cache_write_tokens, first.reasoning_tokens) == (112.5, 12.5, 15.0)
        assert (first.answer_tokens, first.cost_usd, first.n_cost, first.failed_share) == (7.5, 0.25, 2, 0.25)
        assert (second.turn, second.n, second.context_tokens, second.cached_share) == (2, 1, 200.0, 0.9)
        assert (second.reasoning_tokens, second.answer_tokens, second.cost_usd, second.failed_share) == (None, 9.0, None, None)
        assert first.context_interval is second.context_interval is None

    def test_logs_without_caches_have_no_share_of_zero(self):
        level = by_turn(of_turns([{"turn": 1, "n": 1, "n_tokens": 1, "sum_uncached_input_tokens": 7}]), has_cache=False)[0]
        assert (level.cache_read_tokens, level.cache_write_tokens, level.cached_share) == (None, None, None)
        assert level.context_tokens == 7

    def test_unknown_tokens_are_unknown(self):
        level = by_turn(of_turns([{"turn": 1, "n": 3}]))[0]
        assert (level.n, level.context_tokens, level.answer_tokens, level.cached_share) == (3, None, None, None)
        assert by_turn(of_turns([])) == ()

    def test_intervals_are_of_literal_resamples_and_end_with_the_tasks(self):
        rng = np.random.default_rng(2)
        rows = of_turns([
            {"task": f"t{t:02d}", "turn": k, "n": 3, "n_tokens": 3, "sum_uncached_input_tokens": int(rng.integers(100, 900))}
            for t in range(30) for k in range(1, 3 if t < 12 else 2)
        ])  # fmt: skip
        first, second = by_turn(rows, n_bootstrap=150, seed=8)
        weights = task_weights(30, 150, 8)
        sums = rows.loc[rows["turn"] == 1, "sum_uncached_input_tokens"].to_numpy()
        drawn = sums @ weights / (3 * weights.sum(axis=0))
        assert first.context_interval == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), rel=1e-9)
        assert second.context_interval is not None
        assert by_turn(rows[(rows["turn"] == 1) | (rows["task"] < "t05")], n_bootstrap=50)[1].context_interval is None

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 100))
    def test_order_of_rows_changes_no_bit(self, seed):
        rng = np.random.default_rng(seed)
        rows = of_turns([
            {"task": f"t{t}", "turn": k, "n": 2, "n_tokens": 2, "sum_uncached_input_tokens": int(rng.integers(1, 99)), "n_cost": 2,
             "sum_cost_usd": rng.random()}
            for t in range(12) for k in (1, 2)
        ])  # fmt: skip
        assert by_turn(rows, n_bootstrap=30) == by_turn(rows.sample(frac=1, random_state=seed), n_bootstrap=30)


CACHED = {"cost_usd": 1.4, "tokens": 520, "uncached_input_tokens": 100, "cache_read_tokens": 400, "part_uncached_input_usd": 1.0,
          "part_cache_read_usd": 0.4, "success": 1, "credit": 1, "turns": 4}  # fmt: skip


class TestEconomics:
    def test_by_hand(self):
        """Fresh input costs 1 ct a token, a read 0.1 ct, a write 1.25 ct: without a cache 900 tokens more at 1 ct."""
        written = CACHED | {
            "cost_usd": 7.65,
            "cache_write_tokens": 500,
            "part_cache_write_usd": 6.25,
            "tokens": 1020,
            "success": 0,
            "credit": 0,
        }
        found = cache_economics(attempts([CACHED, written]))[0]
        assert found.cached_share == pytest.approx(800 / 1500)
        assert found.written_share == pytest.approx(500 / 1000)
        assert found.usd_per_mtok == pytest.approx(9.05 / 1540 * 1e6)
        assert found.usd_per_success == pytest.approx(9.05)
        assert found.usd_per_success_uncached == pytest.approx(5.0 + 10.0)
        assert found.usd_per_mtok_uncached == pytest.approx(15 / 1540 * 1e6)
        assert found.saving == pytest.approx(1 - 9.05 / 15)
        assert found.intervals == {}
        assert found.reasons == {"intervals": "2 tasks are too few for intervals: from 10 on they are shown"}

    def test_writes_that_nobody_reads_cost_more_than_they_save(self):
        row = {"cost_usd": 7.25, "tokens": 600, "uncached_input_tokens": 100, "cache_read_tokens": 0, "cache_write_tokens": 500,
               "part_uncached_input_usd": 1.0, "part_cache_write_usd": 6.25, "credit": 1}  # fmt: skip
        assert cache_economics(attempts([row]))[0].saving == pytest.approx(1 - 7.25 / 6)

    def test_an_attempt_without_fresh_input_takes_the_rate_of_the_others(self):
        cold = CACHED | {"uncached_input_tokens": 0, "part_uncached_input_usd": 0.0, "cost_usd": 0.4}
        assert cache_economics(attempts([CACHED, cold]))[0].usd_per_success_uncached == pytest.approx((5.0 + 4.0) / 2)
        assert cache_economics(attempts([cold]))[0].saving is None

    def test_logged_below_list_moves_by_the_list_price_of_what_was_cached(self):
        found = cache_economics(attempts([CACHED | {"cost_usd": 0.7}]))[0]
        assert found.usd_per_success_uncached == pytest.approx(0.7 + 4.0 - 0.4)

    def test_nothing_cached_saves_nothing(self):
        row = CACHED | {"cache_read_tokens": 0, "part_cache_read_usd": 0.0, "cost_usd": 1.0}
        found = cache_economics(attempts([row]))[0]
        assert (found.cached_share, found.saving, found.usd_per_success_uncached) == (0.0, 0.0, 1.0)

    @pytest.mark.parametrize(("change", "name", "reason"), [
        ({"credit": 0}, "usd_per_success", "no attempt succeeded"),
        ({"credit": math.nan}, "usd_per_success", "cost of a success unknown"),
        ({"cost_usd": math.nan}, "usd_per_mtok", "cost of tokens unknown"),
        ({"tokens": 0}, "usd_per_mtok", "nothing was spent"),
        ({"cache_read_tokens": math.nan}, "cached_share", "cache reads unknown"),
        ({"cache_read_tokens": math.nan}, "saving", "cost without a cache unknown"),
        ({"part_uncached_input_usd": math.nan}, "saving", "cost without a cache unknown"),
        ({"part_cache_read_usd": math.nan}, "saving", "cost without a cache unknown"),
        ({}, "written_share", "cache writes unknown"),
    ])  # fmt: skip
    def test_unknown_is_none_with_a_reason(self, change, name, reason):
        found = cache_economics(attempts([CACHED | change]))[0]
        assert (getattr(found, name), found.reasons[name]) == (None, reason)

    def test_money_known_in_part_is_no_mean(self):
        found = cache_economics(attempts([CACHED, CACHED | {"cost_usd": math.nan}]))[0]
        assert found.usd_per_success is None
        assert found.reasons["usd_per_success"] == "cost of a success known for 1 of 2 attempts"
        assert found.cached_share == 0.8

    def test_tokens_get_cheaper_and_successes_dearer_with_reuse(self):
        """The published effect: per token a cache pays more with every turn, per success long attempts cost more all the same."""
        rows = attempts([
            {"turns": n, "cost_usd": 0.1 * n, "tokens": 100 * n**2, "uncached_input_tokens": 10 * n, "cache_read_tokens": 10 * n**2,
             "success": float(k < 5 - n), "credit": float(k < 5 - n)}
            for n in (1, 2, 3, 4) for k in range(5)
        ])  # fmt: skip
        levels = cache_economics(rows)[0].by_reuse
        assert [(level.turns_from, level.turns_to, level.n, level.n_succeeded) for level in levels] == [
            (1, 1, 5, 4), (2, 2, 5, 3), (3, 3, 5, 2), (4, 4, 5, 1)
        ]  # fmt: skip
        assert [level.usd_per_mtok for level in levels] == pytest.approx([1000, 500, 1000 / 3, 250])
        assert [level.usd_per_success for level in levels] == pytest.approx([0.5 / 4, 1 / 3, 1.5 / 2, 2])
        assert [level.cached_share for level in levels] == pytest.approx([1 / 2, 2 / 3, 3 / 4, 4 / 5])

    def test_one_length_of_attempts_makes_no_groups(self):
        assert cache_economics(attempts([CACHED, CACHED]))[0].by_reuse == ()
        assert cache_economics(attempts([{"cost_usd": 1.0}]))[0].by_reuse == ()

    def test_an_unbounded_price_of_a_success_is_said(self):
        """Among resamples some have no success at all: the upper end is unbounded, not unknown."""
        rows = attempts([CACHED | {"credit": float(k == 0)} for k in range(12)])
        low, high = cache_economics(rows)[0].intervals["usd_per_success"]
        assert low > 0
        assert high is None

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 100))
    def test_order_of_rows_changes_no_bit(self, seed):
        rng = np.random.default_rng(seed)
        rows = attempts([{name: value * rng.random() for name, value in CACHED.items()} for _ in range(24)])
        rows = rows.assign(task=[f"t{k % 12}" for k in range(24)])
        assert cache_economics(rows, n_bootstrap=30) == cache_economics(rows.sample(frac=1, random_state=seed), n_bootstrap=30)

    def test_arguments_stay_as_they_were(self, frozen):
        cache_economics(frozen(attempts([CACHED, CACHED])))
        by_turn(frozen(of_turns([{"turn": 1, "n": 1, "n_tokens": 1}])))
