"""Where time, tokens and money go: attempts taken apart by hand, published numbers, and what must hold for any logs."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.anatomy import COLUMNS, LISTED, TOGETHER, anatomy, expensive_failures, together
from analytics.resample import task_weights

TEXTS = ("configuration", "benchmark", "task", "dataset", "status", "stop_reason", "file", "locator")
TIMES = ("configuration", "benchmark", "task", "llm_s", "tool_s", "overlap_s", "idle_s", "is_timed")


def attempts(rows: list[dict]) -> pd.DataFrame:
    """Attempts at a task each; what is not given is unknown."""
    made = [
        {
            "configuration": "a",
            "benchmark": "bench",
            "task": f"t{k:03d}",
            "dataset": "d",
            "attempt_id": k,
            "status": "ok",
            "file": "f",
            "locator": f"line {k}",
        }
        | row
        for k, row in enumerate(rows)
    ]
    frame = pd.DataFrame(made).reindex(columns=COLUMNS)
    return frame.astype({name: float for name in COLUMNS if name not in (*TEXTS, "attempt_id")})


def times(rows: list[tuple], configuration: str = "a") -> pd.DataFrame:
    made = [(configuration, "bench", f"t{k:03d}", *row) for k, row in enumerate(rows)]
    return pd.DataFrame(made, columns=TIMES)


def numbers(found) -> dict[str, float]:
    """Every number of an anatomy that is known."""
    flat = {name: getattr(found, name) for name in found.__dataclass_fields__}
    groups = {f"{name}.{key}": value for name, each in flat.items() if isinstance(each, dict) for key, value in each.items()}
    return {name: value for name, value in (flat | groups).items() if isinstance(value, float)}


class TestMoney:
    def test_parts_by_hand(self):
        rows = attempts([
            {"cost_usd": 1.0, "part_uncached_input_usd": 0.5, "part_cache_read_usd": 0.1, "part_reasoning_usd": 0.3, "part_answer_usd": 0.1,
             "tool_cost_usd": 0.2, "success": 1},
            {"cost_usd": 3.0, "part_uncached_input_usd": 2.0, "part_cache_read_usd": 0.3, "part_answer_usd": 0.2, "success": 0},
        ])  # fmt: skip
        found = anatomy(rows)[0]
        assert found.cost_usd == 2.0
        assert found.cost_parts == pytest.approx({
            "uncached_input": 1.25, "cache_read": 0.2, "cache_write": None, "reasoning": 0.15, "answer": 0.15, "tools": 0.1,
            "unexplained": 0.25,
        })  # fmt: skip
        assert found.cost_shares["uncached_input"] == pytest.approx(2.5 / 4.2)
        assert (found.cost_on_failures, found.n_cost) == (0.75, 2)
        assert (found.resolved_cost_usd, found.unresolved_cost_usd, found.unresolved_over_resolved_cost) == (1.0, 3.0, 3.0)

    def test_a_cost_below_list_rates_is_not_scaled(self):
        """Logs that leave cached tokens out of their usage paid 0.37 of list price × tokens."""
        found = anatomy(attempts([{"cost_usd": 0.37, "part_uncached_input_usd": 0.9, "part_answer_usd": 0.1}]))[0]
        assert found.cost_parts["uncached_input"] == 0.9
        assert found.cost_parts["unexplained"] == pytest.approx(-0.63)
        assert found.cost_shares["unexplained"] == pytest.approx(-0.63 / 0.37)

    def test_without_rates_all_is_unexplained_and_nothing_is_zero(self):
        found = anatomy(attempts([{"cost_usd": 2.0}]))[0]
        assert found.cost_parts == dict.fromkeys((*LISTED, "tools"), None) | {"unexplained": 2.0}
        assert found.reasons["cost_parts.answer"] == "not in these logs, or without a list rate"

    def test_money_known_in_part_has_neither_shares_nor_a_mean(self):
        """The overview said what failures took of the money, from 5 of 100 attempts whose cost was known."""
        rows = attempts([{"cost_usd": 2.0, "part_answer_usd": 2.0, "success": 1}, {"success": 0}])
        found = anatomy(rows)[0]
        assert (found.cost_usd, found.cost_parts["answer"], found.n_cost) == (None, None, 1)
        assert (found.cost_shares["answer"], found.cost_on_failures, found.share_of_dearest) == (None, None, None)
        assert found.reasons["money"] == found.reasons["cost_usd"] == "cost known for 1 of 2 attempts (≥ $1)"
        assert found.reasons["unresolved_over_resolved_cost"] == "known for 1 of 2 attempts"

    def test_an_attempt_that_is_free_costs_nothing_and_has_no_shares(self):
        found = anatomy(attempts([{"cost_usd": 0.0, "part_answer_usd": 0.0, "success": 0}]))[0]
        assert (found.cost_usd, found.cost_parts["answer"]) == (0.0, 0.0)
        assert (found.cost_shares["answer"], found.cost_on_failures, found.share_of_dearest) == (None, None, None)
        assert found.reasons["cost_shares.answer"] == "no money was spent"

    @pytest.mark.parametrize(("costs", "share"), [
        ([11.0] + [1.0] * 19, 11 / 30), ([11.0, 9.0] + [1.0] * 28, (11 + 4.5) / 48), ([3.0], 0.05), ([2.0] * 40, 0.05),
    ])  # fmt: skip
    def test_share_of_the_dearest_twentieth(self, costs, share):
        assert anatomy(attempts([{"cost_usd": cost} for cost in costs]))[0].share_of_dearest == pytest.approx(share)

    def test_intervals_are_of_literal_resamples(self):
        rng = np.random.default_rng(4)
        cost, answer, success = rng.lognormal(0, 1, 60), rng.random(60), rng.integers(0, 2, 60)
        rows = attempts([
            {"task": f"t{k % 20:02d}", "cost_usd": c, "part_answer_usd": a, "success": s, "tokens": 100 * c}
            for k, (c, a, s) in enumerate(zip(cost, answer, success, strict=True))
        ])  # fmt: skip
        found = anatomy(rows, n_bootstrap=100, seed=3)[0]
        w = task_weights(20, 100, 3)[np.arange(60) % 20]
        expected = {
            "cost_usd": cost @ w / w.sum(axis=0),
            "cost_parts.unexplained": (cost - answer) @ w / w.sum(axis=0),
            "cost_shares.answer": answer @ w / (cost @ w),
            "cost_on_failures": (cost * (success == 0)) @ w / (cost @ w),
            "unresolved_over_resolved_tokens": (cost * (success == 0)) @ w / ((success == 0) @ w) / ((cost * success) @ w / (success @ w)),
        }
        for name, drawn in expected.items():
            assert found.intervals[name] == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), rel=1e-9), name


class TestTokens:
    def test_composition_by_hand(self):
        row = {"uncached_input_tokens": 100, "cache_read_tokens": 600, "cache_write_tokens": 150, "cache_write_1h_tokens": 50,
               "output_tokens": 100, "reasoning_tokens": 60}  # fmt: skip
        found = anatomy(attempts([row, {"uncached_input_tokens": 300, "output_tokens": 20}]))[0]
        assert found.tokens == {
            "uncached_input": 200.0, "cache_read": 600.0, "cache_write": 200.0, "reasoning": 60.0, "answer": 40.0, "output": 60.0
        }  # fmt: skip
        assert [found.counts[f"tokens.{name}"] for name in ("uncached_input", "cache_read", "reasoning", "output")] == [2, 1, 1, 2]
        assert found.token_shares == pytest.approx({
            "uncached_input": 400 / 1320, "cache_read": 600 / 1320, "cache_write": 200 / 1320, "reasoning": 60 / 1320, "answer": 60 / 1320
        })  # fmt: skip
        assert found.cached_share == pytest.approx(600 / 900)

    def test_without_reasoning_output_is_one_part(self):
        found = anatomy(attempts([{"uncached_input_tokens": 90, "output_tokens": 10}]))[0]
        assert found.token_shares == {"uncached_input": 0.9, "cache_read": None, "cache_write": None, "output": 0.1}
        assert (found.tokens["reasoning"], found.tokens["answer"], found.cached_share) == (None, None, None)
        assert found.reasons["cached_share"] == "cache reads are not in these logs"

    def test_calls_and_retries_with_their_own_n(self):
        found = anatomy(attempts([{"llm_calls": 4, "tool_calls": 0, "retries": 1}, {"llm_calls": 8, "turns": 7}]))[0]
        assert (found.llm_calls, found.tool_calls, found.turns, found.retries) == (6.0, 0.0, 5.5, 1.0)
        assert (found.counts["llm_calls"], found.counts["tool_calls"], found.counts["turns"]) == (2, 1, 2)

    def test_growth_is_that_of_the_configuration(self):
        rows = attempts([{"turns": n, "uncached_input_tokens": 10 * n**2} for n in (1, 2, 5)])
        assert anatomy(rows)[0].growth_exponent == pytest.approx(2)
        assert anatomy(rows.head(1))[0].reasons["growth_exponent"] == "all attempts took the same number of turns"

    @pytest.mark.parametrize(("scaffold", "unresolved", "resolved"), [("openhands", 776_444, 260_407), ("swe-agent", 3_419_236, 594_610)])
    def test_swe_effi_unresolved_against_resolved(self, samples, scaffold, unresolved, resolved):
        """SWE-Effi (arXiv:2509.09853), run logs at commit eb40e39, pooled over three models: tokens in and out per attempt."""
        rows = []
        for path in sorted((samples / "swe-effi" / scaffold).glob("*/combined_stats.json")):
            for task, run in json.loads(path.read_text()).items():
                used = {"uncached_input_tokens": run["input_tokens"], "output_tokens": run["output_tokens"], "llm_calls": run["llm_calls"]}
                tokens = run["input_tokens"] + run["output_tokens"]
                rows.append({"configuration": path.parent.name, "task": task, "success": run["resolved"], "tokens": tokens} | used)
        whole = together(attempts(rows), n_bootstrap=200)
        assert (round(whole.unresolved_tokens), round(whole.resolved_tokens)) == (unresolved, resolved)
        assert whole.unresolved_over_resolved_tokens == pytest.approx(unresolved / resolved, rel=1e-5)
        low, high = whole.intervals["unresolved_over_resolved_tokens"]
        assert 1 < low < unresolved / resolved < high
        assert (whole.configuration, whole.n_tasks, len(anatomy(attempts(rows), n_bootstrap=20))) == (TOGETHER, 50, 3)


class TestTime:
    def test_by_hand(self):
        """10 s: 6 in LLM calls and 4 in tools, of these 1 in both, 1 in neither; an attempt with an open end is left out."""
        found = anatomy(attempts([{}, {}, {}]), times([(6, 4, 1, 1, True), (2, 0, 0, 0, True), (5, 5, 5, 5, False)]))[0]
        assert (found.llm_s, found.tool_s, found.overlap_s, found.idle_s, found.wall_s, found.n_timed) == (4.0, 2.0, 0.5, 0.5, 6.0, 2)
        assert found.time_shares == pytest.approx({"llm": 7 / 12, "tool": 3 / 12, "overlap": 1 / 12, "idle": 1 / 12})

    def test_says_why_there_is_none(self):
        for frame, reason in (
            (None, "no step times in these logs"),
            (times([]), "no step times in these logs"),
            (times([(6, 4, 1, 1, False)]), "no attempt has the times of all its LLM and tool calls"),
            (times([(6, 4, math.nan, 1, True)]), "no attempt has the times of all its LLM and tool calls"),
        ):
            found = anatomy(attempts([{}]), frame)[0]
            assert (found.wall_s, found.n_timed, found.reasons["wall_s"]) == (None, 0, reason)
        nothing = anatomy(attempts([{}]), times([(0, 0, 0, 0, True)]))[0]
        assert (nothing.wall_s, nothing.time_shares["llm"], nothing.reasons["time_shares.llm"]) == (0.0, None, "no time passed")

    def test_times_belong_to_their_configuration(self):
        rows = attempts([{}, {"configuration": "b"}])
        own = pd.concat([times([(6, 0, 0, 0, True)], "b"), times([(2, 0, 0, 0, True)], "a")])
        assert [found.llm_s for found in anatomy(rows, own)] == [2.0, 6.0]
        assert together(rows, own).llm_s == 4.0

    def test_first_token_splits_single_calls_only(self):
        rows = attempts([
            {"llm_calls": 1, "ttft_s": 0.5, "latency_s": 2.0}, {"llm_calls": 2, "ttft_s": 0.5, "latency_s": 9.0},
            {"llm_calls": 1, "latency_s": 9.0}, {"llm_calls": 1, "ttft_s": 3.0, "latency_s": 2.0},
        ])  # fmt: skip
        found = anatomy(rows)[0]
        assert (found.prefill_s, found.decode_s, found.counts["prefill_s"]) == (0.5, 1.5, 1)
        none = anatomy(rows.iloc[1:])[0]
        assert (none.prefill_s, none.reasons["prefill_s"]) == (None, "no attempt has one LLM call, its time and that to its first token")


class TestFailures:
    def test_the_dearest_with_their_places(self):
        rows = attempts(
            [{"cost_usd": c, "success": s, "status": "limit"} for c, s in ((5.0, 0), (9.0, 1), (2.0, 0), (4.0, math.nan), (math.nan, 0))]
        )
        found = expensive_failures(rows, 2)
        assert [(each.attempt_id, each.cost_usd, each.share, each.file, each.locator) for each in found] == [
            (0, 5.0, 0.25, "f", "line 0"), (2, 2.0, 0.1, "f", "line 2")
        ]  # fmt: skip
        assert (found[0].tokens, found[0].stop_reason, found[0].status) == (None, None, "limit")

    def test_by_tokens_where_no_cost_is_known(self):
        rows = attempts([{"tokens": 10, "success": 0}, {"tokens": 30, "success": 0}])
        assert [(each.attempt_id, each.share) for each in expensive_failures(rows)] == [(1, 0.75), (0, 0.25)]

    def test_none(self):
        assert expensive_failures(attempts([{"cost_usd": 1.0, "success": 1}, {"success": 0}])) == []
        assert expensive_failures(attempts([{"cost_usd": 0.0, "success": 0}]))[0].share is None

    def test_equal_ones_stand_in_the_order_of_their_names(self):
        rows = attempts([{"cost_usd": 1.0, "success": 0} for _ in range(6)])
        assert expensive_failures(rows.sample(frac=1, random_state=2)) == expensive_failures(rows)


AMOUNTS = [name for name in COLUMNS if name.endswith(("_usd", "_s"))]
COUNTS = [name for name in COLUMNS if name.endswith("tokens") or name in ("turns", "llm_calls", "tool_calls", "retries")]


@st.composite
def logs(draw, most: int = 40) -> pd.DataFrame:
    """Attempts of two configurations with any numbers, whole columns and single values of which are unknown."""
    n, share = draw(st.integers(1, most)), draw(st.sampled_from([0.0, 0.3, 0.9]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    frame = attempts([{"task": f"t{k:02d}", "configuration": "ab"[k % 2]} for k in rng.integers(0, 14, n)])
    for name in (*AMOUNTS, *COUNTS):
        values = rng.lognormal(0, 3, n) if name in AMOUNTS else rng.integers(0, 10 ** rng.integers(1, 8), n)
        frame[name] = np.where(rng.random(n) < share, np.nan, values * (rng.random(n) > 0.2))
    frame["success"] = rng.choice([0.0, 1.0, np.nan], n)
    unknown = draw(st.sets(st.sampled_from([*AMOUNTS, *COUNTS]), max_size=8))
    return frame.assign(**dict.fromkeys(unknown, np.nan))


class TestForAnyLogs:
    @settings(max_examples=20, deadline=None)
    @given(logs())
    def test_parts_and_the_unexplained_are_the_cost_and_shares_add_up_to_one(self, rows):
        for found in anatomy(rows, n_bootstrap=5):
            parts = [part for name, part in found.cost_parts.items() if part is not None and name != "tools"]
            if found.cost_usd is not None:
                assert math.fsum(parts) == pytest.approx(found.cost_usd, abs=1e-12 * max(map(abs, [1.0, *parts])))
            for shares in (found.cost_shares, found.token_shares, found.time_shares):
                known = [share for share in shares.values() if share is not None]
                assert not known or math.fsum(known) == pytest.approx(1, abs=1e-9 * max(map(abs, known)))
            assert all(math.isfinite(value) for value in numbers(found).values())
            assert all(0 <= share <= 1 for share in found.token_shares.values() if share is not None)

    @settings(max_examples=8, deadline=None)
    @given(logs(), st.integers(0, 99))
    def test_order_of_rows_changes_no_bit(self, rows, seed):
        assert together(rows, n_bootstrap=20) == together(rows.sample(frac=1, random_state=seed), n_bootstrap=20)

    @settings(max_examples=15, deadline=None)
    @given(logs(8))
    def test_what_no_attempt_logs_is_unknown_with_a_reason(self, frame):
        found = together(frame, n_bootstrap=5)
        for name in ("llm_calls", "tool_calls", "retries"):
            known = frame[name].notna()
            assert (getattr(found, name) is None) == (not known.any())
            assert (name in found.reasons) == (not known.any())
        for part in LISTED:
            is_there = (frame["cost_usd"].notna() & frame[f"part_{part}_usd"].notna()).any()
            assert is_there or found.cost_parts[part] is None
            assert found.cost_parts[part] is not None or f"cost_parts.{part}" in found.reasons

    def test_alone_as_among_others(self):
        rng = np.random.default_rng(0)
        rows = [
            {"task": f"t{k % 12:02d}", "cost_usd": rng.random(), "success": k % 2, "configuration": "ab"[k % 5 == 0]} for k in range(60)
        ]
        frame = attempts(rows)
        assert anatomy(frame[frame["configuration"] == "a"]) == anatomy(frame)[:1]

    def test_nothing_known_nothing_there_and_all_failing(self):
        found = anatomy(attempts([{}]))[0]
        assert (found.n_attempts, numbers(found), found.intervals) == (1, {}, {})
        assert anatomy(attempts([])) == []
        assert together(attempts([])).n_attempts == 0
        lost = anatomy(attempts([{"success": 0, "tokens": 5, "cost_usd": 1.0}] * 3))[0]
        assert (lost.unresolved_tokens, lost.resolved_tokens, lost.unresolved_over_resolved_tokens) == (5.0, None, None)
        assert lost.reasons["unresolved_over_resolved_tokens"] == "no resolved attempt"
        assert lost.cost_on_failures == 1.0

    def test_arguments_stay_as_they_were(self, frozen):
        frame, timed = frozen(attempts([{"cost_usd": 1.0, "success": 0}] * 3)), frozen(times([(6, 4, 1, 1, True)]))
        anatomy(frame, timed)
        expensive_failures(frame)
