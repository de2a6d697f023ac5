"""The frontier: published ones rebuilt from the raw files, a literal oracle, and what must never change an answer."""

import dataclasses
import itertools
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.frontier import OBJECTIVES, frontier, limited
from analytics.resample import task_weights

B = 100


def attempts_of(configuration: str, solved, costs, latencies=None) -> list[dict]:
    latencies = latencies or [1.0] * len(solved)
    return [
        {"configuration": configuration, "task": f"t{k:02d}", "success": bool(s), "cost_usd": float(c), "latency_s": float(seconds)}
        for k, (s, c, seconds) in enumerate(zip(solved, costs, latencies, strict=True))
    ]


def world(seed: int, n_configurations: int = 5, n_tasks: int = 12) -> list[dict]:
    """Attempts with few different values, so that ties between configurations are common."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n_configurations):
        solved = rng.random(n_tasks) < rng.random()
        rows += attempts_of(f"c{k}", solved, rng.integers(1, 3, n_tasks) * (1 + k % 3), rng.integers(1, 5, n_tasks).tolist())
    return rows


def told(found) -> dict:
    """Everything a frontier says but the frames and arrays it was made from."""
    return {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name not in ("coverage", "ranking")}


class TestPublished:
    def test_aider_polyglot_frontier_of_eight(self, samples, frames):
        """Aider's polyglot leaderboard: 51 of 69 rows have a cost; a cost of 0.0 means unknown, else a free row wrongly leads."""
        found, names = self.aider(samples, frames, ("accuracy", "cost_usd"))
        assert [names[point.configuration] for point in found.on] == [
            "gpt-4o-mini-2024-07-18",
            "DeepSeek Chat V3 (prev)",
            "Grok 3 Mini Beta (high)",
            "DeepSeek-V3.2-Exp (Chat)",
            "DeepSeek-V3.2-Exp (Reasoner)",
            "gpt-5 (low)",
            "gpt-5 (medium)",
            "gpt-5 (high)",
        ]
        assert [point.accuracy for point in found.on] == pytest.approx([0.036, 0.484, 0.493, 0.702, 0.742, 0.813, 0.867, 0.880])
        assert [point.excluded for point in found.excluded] == ["cost unknown"] * 18
        assert all(point.p_on_frontier > 0.05 for point in found.on)
        assert all("≈" in point.flags[0] for point in found.points)
        assert found.points[-1].excluded
        assert found.hypervolume_low < found.hypervolume < found.hypervolume_high

    def test_aider_polyglot_with_seconds_has_twenty_two(self, samples, frames):
        found, _ = self.aider(samples, frames, ("accuracy", "cost_usd", "latency_s"))
        assert len(found.on) == 22

    def aider(self, samples, frames, objectives):
        rows = yaml.safe_load((samples / "aider" / "polyglot_leaderboard.yml").read_text())
        published = [
            {
                "configuration": row["dirname"],
                "n": row["test_cases"],
                "accuracy": row["pass_rate_2"] / 100,
                "cost_usd": row["total_cost"] / row["test_cases"] if row.get("total_cost") else None,
                "latency_s": row["seconds_per_case"],
            }
            for row in rows
        ]
        return frontier(*frames([], published), objectives=objectives, n_bootstrap=400), {row["dirname"]: row["model"] for row in rows}

    def test_aime_frontier_of_six(self, samples, frames):
        """Eight models on 60 AIME problems (arXiv:2603.23971, its repository's records): accuracy against mean USD per query."""
        attempts = []
        for path in sorted((samples / "pricing-reversal" / "aime").glob("*.json")):
            log = json.loads(path.read_text())
            attempts += [
                {"configuration": log["model_name"], "task": str(r["index"]), "success": r["score"] >= 1, "cost_usd": r["cost"]}
                for r in log["records"]
            ]
        found = frontier(*frames(attempts), n_bootstrap=400)
        assert [(p.configuration, round(p.accuracy, 4), round(p.cost_usd, 6)) for p in found.on] == [
            ("MiniMax-M2.5", 0.0667, 0.002494),
            ("claude-haiku-4.5", 0.3833, 0.006248),
            ("gpt-5-mini", 0.85, 0.010211),
            ("kimi-k2.5", 0.8833, 0.05025),
            ("gemini-3-flash-preview", 0.95, 0.052244),
            ("gpt-5.2-high", 1.0, 0.103105),
        ]
        cheapest = min(found.points, key=lambda p: p.cost_per_success_usd)
        assert (cheapest.configuration, round(cheapest.cost_per_success_usd, 5)) == ("gpt-5-mini", 0.01201)
        assert [p.configuration for p in found.points if p.is_knee] == ["gpt-5-mini"]

    @pytest.mark.parametrize(
        ("objective", "members"),
        [
            ("tokens", [("agentless", "gpt-4o-mini", 57107.9), ("agentless", "qwen3-32b", 67346.5)]),
            ("latency_s", [("swe-agent", "llama", 40.9), ("openhands", "qwen3-32b", 201.5), ("agentless", "qwen3-32b", 937.3)]),
        ],
    )
    def test_swe_effi_frontiers_on_all_tasks(self, samples, frames, objective, members):
        """SWE-Effi: three scaffolds with three models; one of them saw 42 of 50 tasks, so every configuration keeps its own."""
        attempts = []
        for path in sorted((samples / "swe-effi").rglob("*.json")):
            runs = json.loads(path.read_text())
            if not all(isinstance(run, dict) and "resolved" in run for run in runs.values()):
                continue
            attempts += [
                {
                    "configuration": str(path.relative_to(samples / "swe-effi")).lower(),
                    "task": task,
                    "success": run["resolved"],
                    "tokens": run["input_tokens"] + run["output_tokens"],
                    "latency_s": run["duration"],
                }
                for task, run in runs.items()
            ]
        found = frontier(*frames(attempts), objectives=("accuracy", objective), tasks="all", n_bootstrap=200)
        assert len(found.points) == 9
        assert [round(p.x, 1) for p in found.on] == [x for *_, x in members]
        for point, (scaffold, model, _) in zip(found.on, members, strict=True):
            assert scaffold in point.configuration
            assert model in point.configuration

    def test_metr_frontier_of_median_seconds(self, samples, frames):
        """METR's runs: accuracy of the binarized score against the median wall seconds of the models, every attempt once."""
        attempts = []
        for line in (samples / "metr" / "all_runs.jsonl").read_text().splitlines():
            run = json.loads(line)
            if run["alias"] != "human":
                seconds = (run["completed_at"] - run["started_at"]) / 1000
                attempts.append(
                    {"configuration": run["alias"], "task": run["task_id"], "success": run["score_binarized"], "latency_s": seconds}
                )
        found = frontier(*frames(attempts), objectives=("accuracy", "latency_p50_s"), tasks="all", n_bootstrap=50)
        assert [(p.configuration, round(p.accuracy, 4), round(p.x, 1)) for p in found.on if p.accuracy > 0] == [
            ("gpt-3.5-turbo-instruct", 0.0062, 18.8),
            ("Claude 3.5 Sonnet (New)", 0.4564, 94.9),
            ("o1", 0.5376, 308.6),
        ]


def literal_means(attempts: list[dict], weights: dict[str, int]) -> dict[str, tuple[float, float]]:
    """Accuracy and mean cost of each configuration with every task as often as drawn."""
    result = {}
    for name in sorted({a["configuration"] for a in attempts}):
        drawn = [a for a in attempts if a["configuration"] == name for _ in range(weights[a["task"]])]
        result[name] = (sum(a["success"] for a in drawn) / len(drawn), math.fsum(a["cost_usd"] for a in drawn) / len(drawn))
    return result


def beats(first: tuple[float, float], second: tuple[float, float]) -> bool:
    return first[0] >= second[0] and first[1] <= second[1] and first != second


@pytest.mark.parametrize("seed", range(6))
def test_everything_about_membership_is_the_definition_spelled_out(frames, seed):
    attempts = world(seed)
    found = frontier(*frames(attempts), n_bootstrap=B, seed=seed)
    tasks = sorted({a["task"] for a in attempts})
    estimate = literal_means(attempts, dict.fromkeys(tasks, 1))
    drawn = [literal_means(attempts, dict(zip(tasks, column.astype(int), strict=True))) for column in task_weights(len(tasks), B, seed).T]
    for point in found.points:
        name = point.configuration
        p = sum(not any(beats(other, means[name]) for other in means.values()) for means in drawn) / B
        beaters = sorted((-a, c, other) for other, (a, c) in estimate.items() if beats((a, c), estimate[name]))
        stuck = beaters and any(all(estimate[n][0] == end for n in (name, *(b for *_, b in beaters))) for end in (0, 1))
        assert (point.accuracy, point.cost_usd) == pytest.approx(estimate[name])
        assert point.p_on_frontier == pytest.approx(p)
        assert point.dominated_by == tuple(other for *_, other in beaters)
        assert point.on_frontier == (not beaters)
        assert point.state == ("on" if not beaters else "undecided" if p > 0.05 or stuck else "dominated")
    keys = [(-p.accuracy, p.x, p.configuration) for p in found.points]
    assert keys == sorted(keys)
    assert [p.x for p in found.on] == sorted(p.x for p in found.on)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), objectives=st.sampled_from([("accuracy", o) for o in ("cost_usd", "latency_s", "cost_per_success_usd")]))
def test_a_frontier_point_is_never_dominated_and_the_rest_always_by_a_member(frames, seed, objectives):
    found = frontier(*frames(world(seed)), objectives=objectives, n_bootstrap=20)
    members = {p.configuration for p in found.on}
    for point in found.points:
        if point.excluded is None:
            assert point.on_frontier == (not point.dominated_by) == (point.state == "on")
            assert point.on_frontier or members & set(point.dominated_by)
            assert point.on_frontier or not (point.on_hull or point.is_knee)
            assert (point.tasks_to_decide is None) or point.state == "undecided"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), three=st.booleans())
def test_shuffled_rows_change_no_bit(frames, seed, three):
    objectives = ("accuracy", "latency_p95_s", "cost_usd") if three else ("accuracy", "cost_usd")
    cells, latencies = frames(world(seed))
    rng = np.random.default_rng(seed)
    shuffled = [frame.iloc[rng.permutation(len(frame))].reset_index(drop=True) for frame in (cells, latencies)]
    options = {"objectives": objectives, "n_bootstrap": 30, "max_cost": 3.0, "max_latency": 3.0}
    assert told(frontier(cells, latencies, **options)) == told(frontier(*shuffled, **options))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_twin_has_the_same_numbers_and_the_same_p(frames, seed):
    """One configuration under two names: with sums that differed in a last bit one had P = 1.00 and its twin 0.08."""
    attempts = world(seed)
    attempts = [a | {"cost_usd": a["cost_usd"] * 0.1 + 0.07} for a in attempts]
    attempts += [a | {"configuration": "twin"} for a in attempts if a["configuration"] == "c2"]
    found = frontier(*frames(attempts), n_bootstrap=60)
    first, second = (dataclasses.asdict(found.by_id(name)) for name in ("c2", "twin"))
    assert first.pop("configuration") != second.pop("configuration")
    assert first == second


def test_published_twins_have_the_same_p(frames):
    rows = [{"configuration": name, "n": 60, "accuracy": 0.5, "cost_usd": 0.3} for name in ("a", "b")]
    rows += [{"configuration": "c", "n": 60, "accuracy": 0.55, "cost_usd": 0.9}]
    rows += [{"configuration": "d", "n": 60, "accuracy": 0.45, "cost_usd": 0.31}]
    found = frontier(*frames([], rows), n_bootstrap=500)
    assert found.by_id("a").p_on_frontier == found.by_id("b").p_on_frontier == 1.0
    assert 0.5 < found.by_id("c").p_on_frontier < 1.0
    assert 0.05 < found.by_id("d").p_on_frontier < 0.5
    assert found.by_id("d").state == "undecided"
    assert found.by_id("d").tasks_to_decide is None
    assert found.by_id("a").cost_low is None


def test_the_p_of_a_published_row_is_the_chance_that_its_draw_is_ahead(frames):
    """Cheaper `a` at .5 of 100; `b` at .6 of 100 is on if its draw is above: P(Bin(100,.6) > Bin(100,.5)) = .9124 by summation."""
    rows = [
        {"configuration": "a", "n": 100, "accuracy": 0.5, "cost_usd": 1.0},
        {"configuration": "b", "n": 100, "accuracy": 0.6, "cost_usd": 2.0},
    ]
    found = frontier(*frames([], rows), n_bootstrap=20_000)

    def chance(k, p):
        return math.comb(100, k) * p**k * (1 - p) ** (100 - k)

    exact = sum(chance(i, 0.6) * chance(j, 0.5) for i, j in itertools.product(range(101), repeat=2) if i > j)
    assert exact == pytest.approx(0.9124, abs=5e-5)
    assert found.by_id("b").p_on_frontier == pytest.approx(exact, abs=0.008)


def test_the_cost_per_success_of_a_published_row_moves_with_its_draws(frames):
    """`b` costs 1.8 per success against 2 of `a` and is less accurate: when its draw is poor, `a` dominates it."""
    rows = [
        {"configuration": "a", "n": 50, "accuracy": 0.9, "cost_usd": 1.8},
        {"configuration": "b", "n": 50, "accuracy": 0.5, "cost_usd": 0.9},
    ]
    found = frontier(*frames([], rows), objectives=("accuracy", "cost_per_success_usd"), n_bootstrap=2000)
    assert [p.x for p in found.on] == pytest.approx([1.8, 2.0])
    assert 0.5 < found.by_id("b").p_on_frontier < 0.9
    assert found.hypervolume_low < found.hypervolume_high


def test_a_published_row_of_nine_attempts_has_no_p(frames):
    found = frontier(*frames([], [{"configuration": "a", "n": 9, "accuracy": 1.0, "cost_usd": 1.0}]), n_bootstrap=B)
    assert (found.points[0].p_on_frontier, found.points[0].state) == (None, "on")


def test_attempts_and_published_rows_stand_on_one_frontier(frames):
    attempts = attempts_of("a", [True] * 6 + [False] * 6, [1.0] * 12)
    found = frontier(*frames(attempts, [{"configuration": "p", "n": 200, "accuracy": 0.9, "cost_usd": 5.0}]), n_bootstrap=B)
    assert [p.configuration for p in found.on] == ["a", "p"]
    assert (found.by_id("a").n_tasks, found.by_id("p").n_tasks) == (12, None)
    assert found.by_id("a").p_on_frontier == 1.0
    assert found.by_id("p").p_on_frontier == pytest.approx(1.0, abs=0.05)
    assert found.hypervolume_low is not None


class TestStates:
    def test_all_stuck_at_zero_is_undecided(self, frames):
        found = frontier(*frames(attempts_of("a", [0] * 12, [1] * 12) + attempts_of("b", [0] * 12, [2] * 12)), n_bootstrap=B)
        assert [(p.state, p.p_on_frontier) for p in found.points] == [("on", 1.0), ("undecided", 0.0)]

    def test_all_stuck_at_one_is_undecided_but_not_beside_one_that_is_not(self, frames):
        rows = attempts_of("a", [1] * 12, [1] * 12) + attempts_of("b", [1] * 12, [2] * 12) + attempts_of("c", [1] * 4 + [0] * 8, [3] * 12)
        found = frontier(*frames(rows), n_bootstrap=B)
        assert {p.configuration: p.state for p in found.points} == {"a": "on", "b": "undecided", "c": "dominated"}
        assert found.by_id("c").dominated_by == ("a", "b")

    def test_under_ten_tasks_nothing_is_dominated(self, frames):
        found = frontier(*frames(attempts_of("a", [1] * 9, [1] * 9) + attempts_of("b", [0] * 9, [2] * 9)), n_bootstrap=B)
        assert [(p.state, p.p_on_frontier, p.tasks_to_decide) for p in found.points] == [("on", None, None), ("undecided", None, None)]

    def test_tasks_to_decide_compare_with_the_first_dominator(self, frames):
        """Twenty tasks, 11 against 10 solved, 4 won and 3 lost: d = 1/20, s² = (7 − 20/400)/19, 7.84 s²/d² = 1147.1 → 1148 − 20."""
        first = [1] * 11 + [0] * 9
        second = [0] * 4 + [1] * 7 + [1] * 3 + [0] * 6
        rows = attempts_of("a", first, [1] * 20) + attempts_of("b", second, [2] * 20)
        found = frontier(*frames(rows + attempts_of("c", [0] * 10 + [1] * 10, [1.5] * 20)), n_bootstrap=200)
        assert found.by_id("b").dominated_by == ("a", "c")
        assert found.by_id("b").state == "undecided"
        assert found.by_id("b").tasks_to_decide == math.ceil(7.84 * (7 - 20 / 400) / 19 * 400) - 20 == 1128

    def test_who_lacks_data_in_many_resamples_has_no_p(self, frames):
        """Scored on 10 of 40 tasks, (3/4)⁴⁰ of the resamples have no score: none to speak of; on 2 of 40 it is 13 %, and P is left out."""
        rows = attempts_of("a", [1, 0] * 20, [1] * 40)
        other = attempts_of("b", [1] * 40, [2] * 40)
        many, few = (
            frontier(*frames(rows + other[:n] + [a | {"success": None} for a in other[n:]]), n_bootstrap=500).by_id("b") for n in (10, 2)
        )
        assert many.p_on_frontier > 0.9
        assert (few.p_on_frontier, few.state, few.on_frontier) == (None, "on", True)
        assert any(flag.startswith("no data in 1") for flag in few.flags)


class TestShape:
    def test_hull_and_knee_are_of_members(self, frames):
        rows = [("a", 4, 1), ("b", 5, 2), ("c", 9, 3), ("d", 10, 100), ("e", 3, 50)]
        attempts = [a for name, n, cost in rows for a in attempts_of(name, [1] * n + [0] * (12 - n), [cost] * 12)]
        found = frontier(*frames(attempts), n_bootstrap=B)
        assert [p.configuration for p in found.on] == ["a", "b", "c", "d"]
        assert [p.configuration for p in found.points if p.on_hull] == ["d", "c", "a"]
        assert [p.configuration for p in found.points if p.is_knee] == ["c"]

    @pytest.mark.parametrize("objective", ["latency_p50_s", "latency_p95_s", "cost_per_success_usd"])
    def test_no_hull_where_a_mixture_is_not_on_the_line(self, frames, objective):
        assert not any(p.on_hull for p in frontier(*frames(world(3)), objectives=("accuracy", objective), n_bootstrap=20).points)

    def test_a_known_cost_of_nothing_is_a_cost(self, frames):
        rows = attempts_of("a", [1, 0] * 6, [0] * 12) + attempts_of("b", [1] * 12, [1] * 12) + attempts_of("c", [1, 1, 0] * 4, [0.5] * 12)
        found = frontier(*frames(rows), n_bootstrap=B)
        assert [p.configuration for p in found.on] == ["a", "c", "b"]
        assert found.hypervolume_box["cost_usd"] == [0.1, 10.0]
        assert not any(p.is_knee for p in found.points)
        free = frontier(*frames(attempts_of("a", [1, 0] * 6, [0] * 12)), n_bootstrap=B)
        assert (free.on[0].x, free.hypervolume, free.hypervolume_box) == (0.0, None, None)

    def test_the_box_stands_in_the_answer(self, frames):
        rows = attempts_of("a", [1, 0] * 6, [0.02] * 12, [30] * 12)
        found = frontier(*frames(rows), objectives=("accuracy", "cost_usd", "latency_s"), n_bootstrap=B)
        assert found.hypervolume_box == {"accuracy": [0.0, 1.0], "cost_usd": [0.01, 0.1], "latency_s": [10.0, 100.0]}
        assert found.hypervolume == pytest.approx(0.5 * (1 - math.log10(2)) * (1 - math.log10(3)))


class TestReadOuts:
    ROWS = (("a", 4, 1, 9), ("b", 8, 2, 5), ("c", 10, 4, 2))

    def found(self, frames, **options):
        attempts = [a for name, n, cost, s in self.ROWS for a in attempts_of(name, [1] * n + [0] * (12 - n), [cost] * 12, [s] * 12)]
        return frontier(*frames(attempts), n_bootstrap=B, **options)

    def test_without_limits_the_best_is_the_most_accurate(self, frames):
        found = self.found(frames)
        assert found.best_under_limits == {"configuration": "c", "p_best": pytest.approx(1.0, abs=0.2)}
        assert (found.best_at_cost, found.cheapest_at_accuracy, found.nearest_feasible) == ("c", "c", None)

    def test_limits_bind_on_cost_and_latency(self, frames):
        assert self.found(frames, max_cost=2.0).best_under_limits["configuration"] == "b"
        assert self.found(frames, max_cost=2.0, max_latency=4.0).best_under_limits is None
        assert self.found(frames, max_cost=2.0, max_latency=4.0).best_at_cost == "b"
        assert self.found(frames, max_cost=2.0, max_latency=4.0).nearest_feasible == "b"

    def test_latency_need_be_no_objective_to_be_limited(self, frames):
        assert self.found(frames, max_latency=3.0).best_under_limits == {"configuration": "c", "p_best": 1.0}

    def test_a_cost_that_is_known_in_part_fits_no_limit(self, frames):
        """`b` is better and its known costs are small, but half of them are unknown: it keeps no limit, in no resample either."""
        rows = attempts_of("a", [1, 0] * 6, [1] * 12, [5] * 12)
        rows += [a | {"cost_usd": None} if k % 2 else a for k, a in enumerate(attempts_of("b", [1] * 12, [1] * 12, [9] * 12))]
        found = frontier(*frames(rows), objectives=("accuracy", "latency_s"), max_cost=2.0, n_bootstrap=B)
        assert [p.configuration for p in found.on] == ["a", "b"]
        assert found.best_under_limits == {"configuration": "a", "p_best": 1.0}

    def test_an_accuracy_to_reach_has_a_cheapest_configuration(self, frames):
        assert self.found(frames, min_accuracy=0.5).cheapest_at_accuracy == "b"
        assert self.found(frames, min_accuracy=0.99).cheapest_at_accuracy is None

    @pytest.mark.parametrize("limits", [{}, {"max_cost": 2.0}, {"max_cost": 1.5, "max_latency": 6.0}, {"min_accuracy": 0.5}])
    def test_limits_laid_on_later_give_the_same_answer(self, frames, limits):
        attempts = world(8, 6, 15)
        made = frames(attempts)
        assert told(limited(frontier(*made, n_bootstrap=B), **limits)) == told(frontier(*made, n_bootstrap=B, **limits))

    def test_p_best_is_unknown_under_ten_tasks(self, frames):
        found = frontier(*frames(attempts_of("a", [1] * 9, [1] * 9)), n_bootstrap=B)
        assert found.best_under_limits == {"configuration": "a", "p_best": None}


class TestCoverage:
    def test_who_saw_too_few_tasks_is_set_aside_with_its_own_numbers(self, frames):
        rows = attempts_of("a", [1, 0] * 10, [1] * 20) + attempts_of("b", [1, 1] * 10, [2] * 20) + attempts_of("z", [1] * 4, [0.1] * 4)
        found = frontier(*frames(rows), n_bootstrap=B)
        aside = found.by_id("z")
        assert (aside.excluded, aside.state, aside.on_frontier) == ("covers 4 of 20 tasks", None, False)
        assert (aside.accuracy, aside.x, aside.n_tasks) == (1.0, pytest.approx(0.1), 4)
        assert found.points[-1] is aside
        assert [p.configuration for p in found.on] == ["a", "b"]
        assert [p.configuration for p in frontier(*frames(rows), tasks="all", n_bootstrap=B).on] == ["z"]

    def test_configurations_are_compared_on_the_tasks_all_have(self, frames):
        rows = attempts_of("a", [1, 0] * 10, [1] * 20) + attempts_of("b", [1] * 18, [2] * 18)
        found = frontier(*frames(rows), n_bootstrap=B)
        assert [p.n_tasks for p in found.points] == [18, 18]
        assert (len(found.coverage.tasks), found.coverage.total) == (18, 20)

    def test_without_common_tasks_the_answer_is_empty_and_says_why(self, frames):
        """Six configurations that each skipped another sixth of the tasks: all cover 83 %, no task was attempted by all."""
        rows = [a for k in range(6) for a in attempts_of(f"c{k}", [1] * 12, [1] * 12) if int(a["task"][1:]) // 2 != k]
        found = frontier(*frames(rows), n_bootstrap=B)
        assert found.on == ()
        assert found.empty_reason == "no task that all configurations attempted for all 6 configurations"
        assert len(found.points) == 6


@pytest.mark.parametrize(
    "objectives",
    [("cost_usd", "accuracy"), ("accuracy",), ("accuracy", "cost"), ("accuracy", "cost_usd", "cost_usd"), OBJECTIVES[:4]],
)
def test_refuses_objectives_it_does_not_know(frames, objectives):
    with pytest.raises(ValueError, match="objectives are accuracy and one or two of"):
        frontier(*frames(world(0)), objectives=objectives)


def test_by_id_knows_its_points_only(frames):
    with pytest.raises(KeyError):
        frontier(*frames(world(0)), n_bootstrap=5).by_id("nobody")


@pytest.mark.parametrize("objective", OBJECTIVES[1:])
def test_arguments_stay_as_they_were(frames, frozen, objective):
    attempts = [a | {"tokens": 5, "turns": 2} for a in world(1)]
    cells, latencies = (frozen(frame) for frame in frames(attempts, [{"configuration": "p", "n": 30, "accuracy": 0.5, "cost_usd": 1.0}]))
    frontier(cells, latencies, objectives=("accuracy", objective), weights="task", max_cost=2.0, n_bootstrap=20)


def test_two_runs_with_one_and_two_blas_threads_give_the_same_bits(root):
    """The whole answer, in fresh processes: a thread more must not move a last bit, a tie and with it P."""
    program = """
import sys; sys.path.insert(0, ".")
import numpy as np, pandas as pd
from analytics.frontier import frontier
from analytics.grid import COLUMNS
rng = np.random.default_rng(0)
cells = pd.DataFrame(0, index=range(40 * 150), columns=list(COLUMNS)).assign(benchmark="b", is_summary=False)
cells["configuration"], cells["task"] = np.repeat([f"c{k:02d}" for k in range(40)], 150), np.tile([f"t{k:03d}" for k in range(150)], 40)
for n in ("n_attempts", "n_success", "n_cost", "n_cost_logged", "n_latency", "n_tokens"): cells[n] = 3
cells["sum_success"] = rng.binomial(3, .5, len(cells)).astype(float)
for s in ("sum_cost_usd", "sum_latency_s", "sum_tokens"): cells[s] = np.exp(rng.normal(size=len(cells)))
nothing = pd.DataFrame({"configuration": [], "benchmark": [], "task": [], "latency_s": []})
found = frontier(cells, nothing, n_bootstrap=300)
print(found.hypervolume_low.hex(), *(repr(point) for point in found.points))
"""
    outputs = set()
    for threads in ("1", "2"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert "c39" in outputs.pop()
