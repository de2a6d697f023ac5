"""Numbers and intervals of single configurations, as the points of a frontier show them, against literal resampling."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from analytics.frontier import frontier
from analytics.resample import task_weights

B = 120


def runs(configuration: str, n_tasks: int, n_attempts: int = 1, *, seed: int = 0, accuracy: float = 0.5, first: int = 0) -> list[dict]:
    rng = np.random.default_rng(seed)
    return [
        {
            "configuration": configuration,
            "task": f"t{task:03d}",
            "success": bool(rng.random() < accuracy),
            "cost_usd": float(np.exp(rng.normal())),
            "latency_s": float(np.exp(rng.normal(3))),
            "tokens": int(rng.integers(100, 9999)),
            "turns": int(rng.integers(1, 30)),
        }
        for task in range(first, first + n_tasks)
        for _ in range(n_attempts)
    ]


def literal_resamples(attempts: list[dict], seed: int = 0) -> list[list[dict]]:
    """All attempts of the tasks drawn, a task drawn twice with its attempts twice."""
    tasks = sorted({a["task"] for a in attempts})
    weights = task_weights(len(tasks), B, seed).astype(int)
    return [[a for a in attempts for _ in range(weights[tasks.index(a["task"]), b])] for b in range(B)]


def mean(attempts: list[dict], name: str) -> float:
    return math.fsum(float(a[name]) for a in attempts) / len(attempts)


def interval(values: list[float]) -> tuple[float, float]:
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))


class TestIntervals:
    def test_are_percentiles_of_literal_resamples(self, frames):
        attempts = runs("a", 15, 3)
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        drawn = literal_resamples(attempts)
        assert (point.cost_low, point.cost_high) == pytest.approx(interval([mean(d, "cost_usd") for d in drawn]))
        assert (point.latency_low, point.latency_high) == pytest.approx(interval([mean(d, "latency_s") for d in drawn]))
        assert (point.tokens_low, point.tokens_high) == pytest.approx(interval([mean(d, "tokens") for d in drawn]))
        per_success = interval([mean(d, "cost_usd") / mean(d, "success") for d in drawn])
        assert (point.cost_per_success_low, point.cost_per_success_high) == pytest.approx(per_success)

    @pytest.mark.parametrize(("objective", "percent"), [("latency_p50_s", 50), ("latency_p95_s", 95)])
    def test_of_percentiles_are_percentiles_of_resampled_percentiles(self, frames, objective, percent):
        attempts = runs("a", 12, 4)
        point = frontier(*frames(attempts), objectives=("accuracy", objective), n_bootstrap=B).points[0]
        drawn = [np.percentile([a["latency_s"] for a in d], percent) for d in literal_resamples(attempts)]
        assert point.x == pytest.approx(np.percentile([a["latency_s"] for a in attempts], percent))
        assert (point.x_low, point.x_high) == pytest.approx(interval(drawn))

    def test_of_turns_are_given_where_turns_are_the_objective(self, frames):
        attempts = runs("a", 12)
        point = frontier(*frames(attempts), objectives=("accuracy", "turns"), n_bootstrap=B).points[0]
        assert point.x == point.turns == pytest.approx(mean(attempts, "turns"))
        assert (point.x_low, point.x_high) == pytest.approx(interval([mean(d, "turns") for d in literal_resamples(attempts)]))

    def test_of_fractional_scores_are_percentiles_too(self, frames):
        rng = np.random.default_rng(1)
        attempts = [{"configuration": "a", "task": f"t{k:02d}", "score": float(rng.random()), "cost_usd": 1.0} for k in range(20)]
        found = frontier(*frames(attempts), n_bootstrap=B)
        point = found.points[0]
        assert found.is_fractional
        assert point.accuracy == pytest.approx(mean(attempts, "score"))
        assert (point.accuracy_low, point.accuracy_high) == pytest.approx(interval([mean(d, "score") for d in literal_resamples(attempts)]))
        assert "accuracy is the mean score: scores lie between 0 and 1" in point.flags

    def test_of_one_attempt_per_task_are_ordinary_wilson(self, frames):
        attempts = runs("a", 40)
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        expected = binomtest(sum(a["success"] for a in attempts), 40).proportion_ci(method="wilson")
        assert (point.accuracy_low, point.accuracy_high) == pytest.approx((expected.low, expected.high))

    def test_nine_tasks_have_none_ten_have(self, frames):
        found = frontier(*frames(runs("a", 9, 5)), n_bootstrap=B)
        point = found.points[0]
        missing = (point.accuracy_low, point.cost_low, point.latency_high, point.tokens_low, point.x_low, point.cost_per_success_low)
        assert missing == (None,) * 6
        assert (point.p_on_frontier, point.state, found.hypervolume_low) == (None, "on", None)
        assert found.hypervolume is not None
        assert "fewer than 10 tasks: no intervals" in point.flags
        assert frontier(*frames(runs("a", 10)), n_bootstrap=B).points[0].cost_low is not None

    def test_cost_per_success_is_unbounded_where_resamples_have_no_success(self, frames):
        attempts = runs("a", 12, accuracy=0.0)
        attempts[3]["success"] = True
        point = frontier(*frames(attempts), n_bootstrap=400).points[0]
        assert point.cost_per_success_usd == pytest.approx(math.fsum(a["cost_usd"] for a in attempts))
        assert point.cost_per_success_low is not None
        assert point.cost_per_success_high is None

    def test_an_unrelated_configuration_changes_no_bit(self, frames):
        """Intervals come from a configuration's own tasks; with weights over the union the numbers of `a` moved when `z` was added."""
        attempts = runs("a", 30, 2, seed=1) + runs("b", 30, 2, seed=2)
        other = runs("z", 55, 3, seed=3, first=20)
        alone = frontier(*frames(attempts), tasks="all", n_bootstrap=B)
        beside = frontier(*frames(attempts + other), tasks="all", n_bootstrap=B)
        for name in ("a", "b"):
            first, second = vars(alone.by_id(name)), vars(beside.by_id(name))
            for field in first:
                if field.startswith(("accuracy", "cost", "latency", "tokens", "turns", "x", "n_")):
                    assert first[field] == second[field], field


class TestUnknown:
    def test_a_cost_of_98_in_100_is_a_bound_and_no_mean(self, frames):
        attempts = runs("a", 100)
        for a in attempts[:2]:
            a["cost_usd"] = None
        found = frontier(*frames(attempts), n_bootstrap=B)
        point = found.points[0]
        total = math.fsum(a["cost_usd"] for a in attempts[2:])
        assert (point.cost_usd, point.cost_low, point.cost_per_success_usd) == (None, None, None)
        assert point.cost_known_share == 0.98
        assert point.cost_at_least == pytest.approx(total / 100)
        assert point.excluded == f"cost known for 98 of 100 attempts (≥ ${total / 100:.3g})"
        assert (point.on_frontier, point.state, found.on) == (False, None, ())
        assert found.empty_reason == "cost unknown for the only configuration"

    def test_a_cost_of_99_in_100_is_the_mean_over_those_and_flagged(self, frames):
        attempts = runs("a", 100)
        attempts[0]["cost_usd"] = None
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        assert point.cost_usd == pytest.approx(math.fsum(a["cost_usd"] for a in attempts[1:]) / 99)
        assert "cost known for 99 of 100 attempts, mean over those" in point.flags

    @pytest.mark.parametrize(
        ("objective", "field", "reason"),
        [
            ("latency_s", "latency_s", "latency unknown"),
            ("latency_p95_s", "latency_s", "latency unknown"),
            ("tokens", "tokens", "tokens unknown"),
            ("turns", "turns", "turns unknown"),
            ("cost_per_success_usd", "cost_usd", "cost unknown"),
            ("cost_usd", "success", "accuracy unknown"),
        ],
    )
    def test_what_nobody_knows_is_named(self, frames, objective, field, reason):
        attempts = [a | {field: None} for a in runs("a", 12) + runs("b", 12)]
        found = frontier(*frames(attempts), objectives=("accuracy", objective), n_bootstrap=B)
        assert [point.excluded for point in found.excluded] == [reason, reason]
        assert found.empty_reason == f"{reason} for all 2 configurations"
        assert (found.hypervolume, found.best_under_limits, found.hypervolume_box) == (None, None, None)

    def test_no_success_has_no_cost_per_success(self, frames):
        attempts = runs("a", 12, accuracy=0.0) + runs("b", 12, seed=5, accuracy=1.0)
        found = frontier(*frames(attempts), objectives=("accuracy", "cost_per_success_usd"), n_bootstrap=B)
        assert found.by_id("a").excluded == "cost per success unknown: no success in 12 attempts"
        assert found.by_id("a").cost_per_success_usd is None
        assert [point.configuration for point in found.on] == ["b"]

    def test_percentiles_of_a_published_mean_are_unknown(self, frames):
        cells, latencies = frames([], [{"configuration": "p", "n": 50, "accuracy": 0.4, "latency_s": 30.0}])
        found = frontier(cells, latencies, objectives=("accuracy", "latency_p95_s"), n_bootstrap=B)
        assert found.points[0].excluded == "latency percentiles unknown: no latency of single attempts"

    def test_reasons_of_several_kinds_are_counted(self, frames):
        attempts = [a | {"cost_usd": None} for a in runs("a", 12)] + [a | {"success": None} for a in runs("b", 12)]
        found = frontier(*frames(attempts), n_bootstrap=B)
        assert found.empty_reason == "accuracy unknown for 1 of 2 configurations, cost unknown for 1 of 2 configurations"

    def test_nothing_at_all_is_an_answer(self, frames):
        found = frontier(*frames([]), n_bootstrap=B)
        assert (found.points, found.on, found.empty_reason) == ((), (), "no configurations")


class TestCounts:
    def test_infrastructure_errors_and_cancelled_attempts_are_in_no_number(self, frames):
        attempts = runs("a", 12)
        lost = [
            a | {"status": status, "success": True, "cost_usd": 99.0}
            for a, status in zip(attempts, ["infra", "cancelled"] * 6, strict=True)
        ]
        clean, found = (frontier(*frames(rows), n_bootstrap=B).points[0] for rows in (attempts, attempts + lost))
        assert (found.n_infra, found.n_cancelled, found.n_attempts) == (6, 6, 12)
        assert (found.accuracy, found.cost_usd, found.cost_high, found.accuracy_low) == (
            clean.accuracy,
            clean.cost_usd,
            clean.cost_high,
            clean.accuracy_low,
        )
        assert "6 infrastructure errors and 6 cancelled attempts are in no number" in found.flags

    def test_infrastructure_errors_are_counted_on_tasks_that_saw_nothing_else(self, frames):
        """Such a task is attempted by nobody, so it left the common tasks and took its errors out of the count, without a word."""
        rows = runs("a", 12)
        lost = [a | {"task": f"lost {i}", "status": "infra"} for i, a in enumerate(rows[:2])]
        clean, found = (frontier(*frames(each), n_bootstrap=B).points[0] for each in (rows, rows + lost))
        assert (found.n_infra, found.n_cancelled) == (2, 0)
        assert "2 infrastructure errors and 0 cancelled attempts are in no number" in found.flags
        assert (found.n_attempts, found.accuracy_low, found.cost_high) == (clean.n_attempts, clean.accuracy_low, clean.cost_high)

    def test_errors_and_limits_are_failures_and_the_bound_says_what_limits_could_have_been(self, frames):
        attempts = runs("a", 10, accuracy=1.0)
        for a, status in zip(attempts, ["error", "limit", "timeout"], strict=False):
            a |= {"status": status, "success": None}
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        assert (point.n_errors, point.n_limit) == (1, 2)
        assert (point.accuracy, point.accuracy_if_limits_had_succeeded) == (0.7, 0.9)

    def test_a_published_row_that_does_not_say_has_no_errors_count_and_no_bound(self, frames):
        """Unsaid was 0: every published row claimed no error, no limit, and a bound that limits could not have moved."""
        said = {"silent": {}, "none": {"n_error": 0, "n_limit": 0}, "some": {"n_error": 3, "n_limit": 20}, "part": {"n_limit": 5}}
        rows = [{"configuration": c, "n": 100, "accuracy": 0.5, "cost_usd": 1.0, **more} for c, more in said.items()]
        found = frontier(*frames([], rows))
        told = {p.configuration: (p.n_errors, p.n_limit, p.accuracy_if_limits_had_succeeded) for p in found.points}
        assert told == {"silent": (None, None, None), "none": (0, 0, 0.5), "some": (3, 20, 0.7), "part": (None, 5, 0.55)}

    def test_a_failure_that_was_cut_off_keeps_the_score_of_its_log(self, frames):
        attempts = runs("a", 10, accuracy=0.0)
        attempts[0] |= {"status": "limit", "success": True}
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        assert (point.accuracy, point.accuracy_if_limits_had_succeeded) == (0.1, 0.1)

    def test_an_attempt_without_a_score_is_out_of_accuracy_only(self, frames):
        attempts = runs("a", 10, accuracy=1.0)
        attempts[0] |= {"success": None, "cost_usd": 1000.0}
        point = frontier(*frames(attempts), n_bootstrap=B).points[0]
        assert point.accuracy == 1.0
        assert point.cost_usd > 100
        assert "accuracy over the 9 of 10 attempts that have a score" in point.flags

    def test_logged_and_priced_costs_are_told_apart(self, frames):
        attempts = runs("a", 10) + [a | {"is_priced": True} for a in runs("b", 10)]
        attempts += [a | {"is_priced": k % 2 == 0} for k, a in enumerate(runs("c", 10))]
        found = frontier(*frames(attempts), n_bootstrap=B)
        assert [found.by_id(name).cost_source for name in "abc"] == ["logged", "priced", "mixed"]
        assert "cost logged for 5 attempts, priced from tokens for 5" in found.by_id("c").flags


class TestWeights:
    def test_unequal_attempts_that_matter_are_said(self, frames):
        """One easy task tried 9 times and ten hard ones tried once: 9/19 by attempt, 1/11 by task."""
        attempts = [{"configuration": "a", "task": "easy", "success": True, "cost_usd": 1.0}] * 9
        attempts += [{"configuration": "a", "task": f"h{k}", "success": False, "cost_usd": 3.0} for k in range(10)]
        by_attempt, by_task = (frontier(*frames(attempts), weights=w, n_bootstrap=B).points[0] for w in ("attempt", "task"))
        assert (by_attempt.accuracy, by_task.accuracy) == (pytest.approx(9 / 19), pytest.approx(1 / 11))
        assert (by_attempt.cost_usd, by_task.cost_usd) == (pytest.approx(39 / 19), pytest.approx(31 / 11))
        sentence = "attempts per task are unequal: accuracy is 47.4 % with every attempt once, 9.1 % with every task once"
        assert sentence in by_attempt.flags
        assert sentence in by_task.flags

    def test_equal_attempts_give_the_same_points_bit_for_bit(self, frames):
        made = frames(runs("a", 12, 3) + runs("b", 12, 3, seed=9))
        assert frontier(*made, weights="attempt", n_bootstrap=B).points == frontier(*made, weights="task", n_bootstrap=B).points

    def test_latency_percentiles_by_task_let_a_task_tried_often_count_once(self, frames):
        attempts = [{"configuration": "a", "task": "fast", "success": True, "latency_s": 1.0}] * 10
        attempts += [{"configuration": "a", "task": f"s{k}", "success": True, "latency_s": 100.0} for k in range(10)]
        by_attempt, by_task = (
            frontier(*frames(attempts), objectives=("accuracy", "latency_p50_s"), weights=w, n_bootstrap=B).points[0]
            for w in ("attempt", "task")
        )
        assert (by_attempt.x, by_task.x) == (50.5, 100.0)
        assert (by_attempt.x_low, by_task.x_low) == (1.0, 100.0)
