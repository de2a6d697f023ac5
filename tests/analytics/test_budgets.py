"""Budgets by hand: extended on demand, used, wasted, with tools priced, and one against four times as much."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.accuracy import wilson
from analytics.budgets import NEVER, NONE, NOTHING, compare_budgets, utilisation
from analytics.caps import caps
from analytics.extensions import dynamic_caps
from analytics.resample import task_weights
from analytics.unified_cost import unified_cost
from analytics.waste import waste

NAN = math.nan


def frame(rows: list[dict]) -> pd.DataFrame:
    """Return attempts of configuration c with one turn a cent, but for what is given."""
    usual = {"configuration": "c", "benchmark": "b", "success": 1.0, "tokens": NAN, "tool_calls": 0.0, "latency_s": NAN, "status": "ok"}
    made = pd.DataFrame([usual | {"turns": 1.0, "task": str(k), "tool_cost_usd": NAN} | row for k, row in enumerate(rows)])
    made["credit"] = made["success"] if "credit" not in made else made["credit"].fillna(made["success"])
    if "cost_usd" not in made:
        made["cost_usd"] = made["turns"] / 100
    return made


def turned(*made: tuple[int, float], **more) -> pd.DataFrame:
    return frame([{"turns": float(n), "success": success} | more for n, success in made])


# --- caps that are extended on demand

LADDER = [(1, 1), (2, 0), (3, 1), (4, 0), (6, 1), (8, 0), (9, 1), (12, 0), (12, 1), (20, 0)]


def test_dynamic_caps_by_hand():
    """Start at 4 turns, go on to 9: three go on that fail, of those that succeed two reach the end in time."""
    always, perfect = dynamic_caps(turned(*LADDER), start=4, limits=[9])
    assert (always.demand, perfect.demand) == ("always", "perfect")
    assert (always.start_value, always.limit_value, always.start, always.limit) == (4, 9, "4", "9")
    for found in (always, perfect):
        assert (found.accuracy, found.baseline_accuracy, found.n_lost, found.censored, found.basis) == (0.4, 0.5, 1, True, "prorated")
        assert found.baseline_cost_usd == pytest.approx(0.077)
    assert (always.n_extended, perfect.n_extended) == (6, 2)
    assert always.cost_usd == pytest.approx(sum(min(n, 9) for n, _ in LADDER) / 1000)
    assert perfect.cost_usd == pytest.approx((1 + 2 + 3 + 4 + 6 + 4 + 9 + 4 + 4 + 4) / 1000)
    assert perfect.saving == pytest.approx(1 - 0.041 / 0.077)
    assert perfect.saving_low < perfect.saving < perfect.saving_high


def test_always_is_the_fixed_cap_at_the_limit():
    found = dynamic_caps(turned(*LADDER), start="p50", limits=["p75", "p90", "none"])
    fixed = caps(turned(*LADDER), at=["p75", "p90", math.inf])
    for dynamic, cap in zip(found[::2], fixed, strict=True):
        same = ("accuracy", "cost_usd", "saving", "saving_low", "saving_high", "accuracy_lost_low", "n_lost", "censored")
        assert [getattr(dynamic, name) for name in same] == [getattr(cap, name) for name in same]
    last = found[-1]
    assert (last.limit, last.limit_value, last.n_lost, last.censored, last.accuracy) == ("none", None, 0, False, 0.5)
    assert last.cost_usd == pytest.approx((1 + 2 + 3 + 4 + 6 + 7 + 9 + 7 + 12 + 7) / 1000)  # p50 is 7: who fails stops there


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.sampled_from([0.0, 1.0])), min_size=1, max_size=8),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_demand_lies_between_the_two_ends(made, start, limit):
    always, perfect = dynamic_caps(turned(*made), start=start, limits=[limit])
    at_start, at_limit = caps(turned(*made), at=[start, max(start, limit)])
    assert perfect.accuracy == always.accuracy == at_limit.accuracy
    assert at_start.cost_usd - 1e-12 <= perfect.cost_usd <= always.cost_usd == at_limit.cost_usd
    assert perfect.n_extended <= always.n_extended


def test_what_extensions_cost_exactly_is_shared_out_as_prorated():
    """Late turns cost more: one succeeds and one fails after the start, and the three dollars they spent there are theirs by halves."""
    attempts = frame([{"task": "x", "turns": 2.0, "cost_usd": 2.5}, {"task": "x", "turns": 2.0, "success": 0.0, "cost_usd": 2.5}])
    level = {"configuration": "c", "benchmark": "b", "task": "x", "n_tokens": 0, "sum_tokens": 0.0, "n_latency": 0, "sum_latency_s": 0.0}
    ladder = pd.DataFrame([
        level | {"level": 1.0, "n_started": 2, "n_ended": 0, "n_succeeded": 0, "sum_credit": 0.0, "n_cost": 2, "sum_cost_usd": 2.0},
        level | {"level": 2.0, "n_started": 0, "n_ended": 2, "n_succeeded": 1, "sum_credit": 1.0, "n_cost": 0, "sum_cost_usd": 3.0},
    ])  # fmt: skip
    always, perfect = dynamic_caps(attempts, ladder, start=1, limits=["none"])
    assert (always.cost_usd, always.basis) == (2.5, "exact")
    assert (perfect.cost_usd, perfect.basis) == ((2.0 + 1.5) / 2, "prorated")
    no_turns = dynamic_caps(attempts.assign(turns=NAN), ladder, start=1, limits=["none"])
    assert no_turns[0].cost_usd == 2.5
    assert (no_turns[1].cost_usd, no_turns[1].saving, no_turns[1].basis) == (None, None, None)


def test_a_limit_below_the_start_extends_nothing():
    always, perfect = dynamic_caps(turned(*LADDER), start=9, limits=[4])
    assert always.limit_value == 9
    assert always.cost_usd == perfect.cost_usd
    assert perfect.n_extended == 0


def test_dynamic_caps_of_unknown_turns_and_costs():
    found = dynamic_caps(turned(*LADDER).assign(turns=NAN))
    assert [(d.limit, d.demand) for d in found] == [(n, d) for n in ("p75", "p90", "none") for d in ("always", "perfect")]
    assert {(d.accuracy, d.start_value, d.limit_value, d.reason) for d in found} == {(None, None, None, "turns unknown")}
    found = dynamic_caps(turned(*LADDER).assign(cost_usd=NAN))
    assert {(d.cost_usd, d.saving, d.basis, d.reason) for d in found} == {(None, None, None, "cost unknown")}
    assert all(d.accuracy is not None for d in found)


# --- how much of a budget is used


def test_utilisation_by_hand():
    attempts = turned((2, 1), (5, 1), (9.99, 1), (10, 0), (14, 0)).assign(status=["ok", "limit", "ok", "ok", "ok"])
    (found,) = utilisation(attempts, {"c": {"max_turns": 10, "temperature": 1.0}, "d": {"max_turns": 3}})
    assert (found.knob, found.unit, found.budget, found.n_attempts, found.n_known) == ("max_turns", "turns", 10.0, 5, 5)
    assert found.mean == pytest.approx((0.2 + 0.5 + 0.999 + 1 + 1.4) / 5)
    assert (found.p50, found.p95) == pytest.approx((0.999, 1.32))
    assert found.edges.tolist() == [k / 10 for k in range(11)] + [math.inf]
    assert found.counts.tolist() == [0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 2]
    assert (found.n_over, found.over_share) == (3, 0.6)  # one was stopped by the limit at 5 turns as the log counts them
    assert (found.over_low, found.over_high) == (None, None)


def test_with_two_budgets_a_limit_is_nobodys():
    attempts = turned((2, 1), (10, 0), status="limit", tokens=50.0)
    turns, tokens = utilisation(attempts, {"c": {"token_budget": 100, "max_turns": 10}})
    assert (turns.knob, turns.n_over, tokens.knob, tokens.unit, tokens.n_over) == ("max_turns", 1, "token_budget", "tokens", 0)


def test_the_over_budget_share_has_wilsons_interval():
    (found,) = utilisation(turned(*[(k + 1, 1) for k in range(20)]), {"c": {"max_turns": 16}})
    low, high = wilson(np.array([0.25]), np.array([20]))
    assert (found.over_share, found.over_low, found.over_high) == pytest.approx((0.25, low[0], high[0]))


def test_unknown_spending_has_no_utilisation():
    attempts = turned(*LADDER)
    (found,) = utilisation(attempts, {"c": {"token_budget": 100}})
    assert (found.mean, found.p50, found.n_over, found.over_share, found.reason) == (None, None, None, None, "tokens unknown")
    assert found.counts.sum() == 0
    attempts.loc[:2, "turns"] = NAN
    assert utilisation(attempts, {"c": {"max_turns": 100}})[0].reason == "turns known for 7 of 10 attempts"
    assert utilisation(attempts, {}) == []
    for wrong in (0, -1, NAN):
        with pytest.raises(ValueError, match="max_turns is a number above 0"):
            utilisation(attempts, {"c": {"max_turns": wrong}})


# --- what was wasted


def test_waste_by_hand():
    attempts = turned((1, 1), (3, 0), (2, None), (4, 0))
    (found,) = waste(attempts)
    assert (found.n_attempts, found.n_failed, found.reason) == (4, 2, None)
    assert (found.cost_usd, found.failed_usd, found.failed_share) == pytest.approx((0.08, 0.07, 7 / 8))
    assert (found.failed_share_low, found.after_usd, found.after_share, found.n_useful_known) == (None, None, None, 0)
    assert found.after_reason == "cannot be computed: no scores per step in these logs"


def test_spend_after_the_last_useful_turn():
    useful = frame([{"cost_usd": 4.0}, {"cost_usd": 1.0}, {"cost_usd": NAN}]).assign(cost_usd_after_last_useful=[1.0, 0.0, 0.5])
    (found,) = waste(turned(*LADDER), useful)
    assert (found.n_useful_known, found.after_usd, found.after_share, found.after_reason) == (2, 1.0, 0.2, None)
    (none,) = waste(turned(*LADDER), useful.assign(cost_usd=NAN))
    assert (none.after_share, none.after_reason) == (None, "cannot be computed: the cost of steps is unknown")
    (other,) = waste(turned(*LADDER), useful.assign(configuration="d"))
    assert other.after_reason == "cannot be computed: no scores per step in these logs"


def test_waste_has_intervals_over_tasks():
    (found,) = waste(turned(*LADDER), n_bootstrap=200, seed=2)
    drawn = task_weights(10, 200, 2)
    shares = [
        sum(w * n for w, (n, s) in zip(row, LADDER, strict=True) if not s) / sum(w * n for w, (n, _) in zip(row, LADDER, strict=True))
        for row in drawn.T
    ]
    assert (found.failed_share_low, found.failed_share_high) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])))


def test_a_score_above_0_is_no_failure():
    (found,) = waste(turned((1, 0), (3, 0)).assign(credit=[0.5, 0.0]))
    assert (found.n_failed, found.failed_share) == (1, pytest.approx(0.75))


def test_waste_of_unknown_costs_and_outcomes():
    attempts = turned(*LADDER)
    assert waste(attempts.assign(cost_usd=NAN))[0].reason == "cost unknown"
    assert waste(attempts.assign(credit=NAN))[0].reason == "no outcome is known"
    attempts.loc[:1, "cost_usd"] = NAN
    (part,) = waste(attempts)
    assert (part.failed_usd, part.failed_share, part.reason) == (None, None, "cost known for 8 of 10 attempts")
    (free,) = waste(turned(*LADDER).assign(cost_usd=0.0))
    assert (free.cost_usd, free.failed_usd, free.failed_share) == (0.0, 0.0, None)


# --- tools priced


def test_unified_cost_by_hand():
    """10 calls at $0.001 and 5 for which the log says $0.50."""
    attempts = frame([
        {"cost_usd": 0.02, "tool_calls": 10.0}, {"cost_usd": 0.04, "tool_calls": 5.0, "tool_cost_usd": 0.5},
    ])  # fmt: skip
    (found,) = unified_cost(attempts)
    assert (found.cost_usd, found.tool_cost_usd, found.unified_cost_usd) == pytest.approx((0.03, 0.255, 0.285))
    assert (found.n_tool_cost_logged, found.tool_calls, found.reason, found.unified_low) == (1, 7.5, None, None)


def test_each_tool_has_its_price():
    attempts = frame([{"task": "x", "cost_usd": 0.0, "tool_calls": 3.0}, {"task": "y", "cost_usd": 0.0, "tool_calls": 4.0}])
    calls = pd.DataFrame({
        "configuration": "c", "benchmark": "b", "task": ["x", "x", "y"], "tool": ["search", "run", "run"], "n_calls": [1, 2, 4],
    })  # fmt: skip
    (found,) = unified_cost(attempts, calls, {"search": 0.5}, default=0.25)
    assert found.tool_cost_usd == pytest.approx((0.5 + 2 * 0.25 + 4 * 0.25) / 2)
    (mean,) = unified_cost(attempts, calls[calls["task"] == "x"], {"search": 0.5}, default=0.25)
    assert mean.tool_cost_usd == pytest.approx((1 + 4 * 1 / 3) / 2)  # y's calls are unknown: the mean price of a call elsewhere


def test_unified_cost_of_what_is_unknown():
    attempts = turned(*LADDER)
    (no_cost,) = unified_cost(attempts.assign(cost_usd=NAN))
    assert (no_cost.cost_usd, no_cost.unified_cost_usd, no_cost.tool_cost_usd, no_cost.reason) == (None, None, 0.0, "cost unknown")
    (no_calls,) = unified_cost(attempts.assign(tool_calls=NAN))
    assert (no_calls.unified_cost_usd, no_calls.tool_calls, no_calls.reason) == (None, None, "tool calls unknown")
    for wrong in (-1.0, NAN, math.inf):
        with pytest.raises(ValueError, match="a price is a number"):
            unified_cost(attempts, default=wrong)


# --- one budget against four times as much


def rivals(n: int = 12) -> pd.DataFrame:
    """Return a, which solves task k in k + 1 turns, and b, which takes twice as many and solves all but two."""
    rows = [{"task": f"{k:02d}", "turns": float(k + 1), "configuration": "a"} for k in range(n)]
    return frame(rows + [r | {"turns": 2 * r["turns"], "configuration": "b", "success": float(k > 1)} for k, r in enumerate(rows)])


def test_comparison_by_hand():
    """At 3 turns a solves 3 of 12; b at 12 turns 4 of the 6 it ends: a needs 4 turns for that."""
    found = compare_budgets(rivals(), None, "a", "b", "turns", 3, n_bootstrap=400, seed=1)
    assert (found.budget_a, found.budget_b, found.n_tasks) == (3.0, 12.0, 12)
    assert (found.accuracy_a, found.accuracy_b, found.difference) == pytest.approx((3 / 12, 4 / 12, -1 / 12))
    assert (found.iso_budget, found.iso_ratio, found.iso_reason) == (4.0, 3.0, None)
    assert (found.cost_a, found.cost_b) == pytest.approx(
        (sum(min(k, 3) for k in range(1, 13)) / 1200, sum(min(2 * k, 12) for k in range(1, 13)) / 1200)
    )
    differences, ratios = [], []
    for drawn in task_weights(12, 400, 1).T:
        tasks = [k for k, w in enumerate(drawn, start=1) for _ in range(int(w))]
        b = sum(k > 2 and 2 * k <= 12 for k in tasks)
        differences.append((sum(k <= 3 for k in tasks) - b) / 12)
        ratios.append(next((12 / c for c in range(1, 13) if sum(k <= c for k in tasks) >= b), 0.0))
    assert (found.difference_low, found.difference_high) == pytest.approx(tuple(np.quantile(differences, [0.025, 0.975])))
    assert (found.iso_ratio_low, found.iso_ratio_high) == pytest.approx(tuple(np.quantile(ratios, [0.025, 0.975])))
    assert found.verdict == "undecided"


def test_verdicts():
    assert compare_budgets(rivals(), None, "a", "b", "turns", 8, 1).verdict == "a"
    assert compare_budgets(rivals(), None, "a", "a", "turns", 2).verdict == "b"
    few = compare_budgets(rivals(5), None, "a", "b", "turns", 4, 1)
    assert (few.n_tasks, few.verdict, few.difference_low, few.difference) == (5, None, None, pytest.approx(0.8))


def test_an_equal_accuracy_that_is_out_of_reach():
    attempts = rivals()
    lost = compare_budgets(attempts.assign(success=0.0, credit=0.0), None, "a", "b", "turns", 3)
    assert (lost.iso_ratio, lost.iso_reason, lost.difference) == (None, NOTHING, 0.0)
    is_a = attempts["configuration"] == "a"
    worse = attempts.assign(credit=np.where(is_a & (attempts["task"] > "00"), 0.0, attempts["credit"]))
    assert compare_budgets(worse, None, "a", "b", "turns", 3).iso_reason == NEVER


def test_only_common_tasks_are_compared():
    attempts = rivals()
    part = attempts[(attempts["configuration"] == "a") | (attempts["task"] < "03")]
    assert compare_budgets(part, None, "a", "b", "turns", 3).n_tasks == 3
    assert compare_budgets(part, None, "a", "b", "turns", 3).accuracy_a == 1.0
    apart = attempts[(attempts["configuration"] == "a") == (attempts["task"] < "03")]
    assert compare_budgets(apart, None, "a", "b", "turns", 3).reason == "no task was attempted by both"


def test_comparisons_that_cannot_be_made():
    attempts = rivals()
    assert compare_budgets(attempts.assign(turns=NAN), None, "a", "b", "turns", 3).reason == "turns unknown"
    assert compare_budgets(attempts.assign(credit=NAN), None, "a", "b", "turns", 3).reason == "no outcome is known"
    unpaid = compare_budgets(attempts.assign(cost_usd=NAN), None, "a", "b", "turns", 3)
    assert (unpaid.cost_a, unpaid.cost_b, unpaid.difference) == (None, None, pytest.approx(-1 / 12))
    none = compare_budgets(attempts, None, "a", "b", "tool_calls", 3)
    assert (none.iso_reason, none.iso_budget, none.iso_ratio, none.difference) == (NONE, 0.0, None, pytest.approx(2 / 12))
    with pytest.raises(ValueError, match="no such configuration: x"):
        compare_budgets(attempts, None, "a", "x", "turns", 3)
    for budget, factor in ((0, 4), (3, 0), (NAN, 4)):
        with pytest.raises(ValueError, match="above 0"):
            compare_budgets(attempts, None, "a", "b", "turns", budget, factor)


# --- of all


def test_rows_in_another_order_give_the_same_bits(frozen):
    attempts = pd.concat([rivals().assign(turns=lambda f, k=k: f["turns"] + k) for k in range(9)], ignore_index=True)
    attempts = attempts.assign(cost_usd=np.sqrt(np.arange(len(attempts))) / 3, tool_calls=np.arange(len(attempts)) % 7.0)
    useful = attempts.assign(cost_usd_after_last_useful=attempts["cost_usd"] / 3)
    used = [{"task": f"{k:02d}", "tool": f"tool{i}", "n_calls": 1 + i * k} for k in range(12) for i in range(9)]
    calls = pd.DataFrame(used).assign(configuration="a", benchmark="b")
    prices = {f"tool{i}": math.sqrt(i) / 7 for i in range(9)}
    budgets = {"a": {"max_turns": 9}, "b": {"max_turns": 9}}

    def everything(seed: int | None) -> str:
        made, done, called = (frozen(f if seed is None else f.sample(frac=1, random_state=seed)) for f in (attempts, useful, calls))
        found = [dynamic_caps(made), utilisation(made, budgets), waste(made, done), unified_cost(made, called, prices)]
        return repr([*found, compare_budgets(made, None, "a", "b", "turns", 3)])

    assert everything(None) == everything(1) == everything(2)
