"""Ladders of levels, from attempts written out by hand."""

import numpy as np
import pandas as pd
import pytest

from analytics.accuracy import binomial_draws
from analytics.levels import of_configurations, of_rounds, resampled
from analytics.resample import task_weights

MEMBERS = [("c1", "low", 1.0), ("c2", "medium", 2.0), ("c3", "high", 3.0)]


def attempts_of(configuration: str, solved: list[float], cost: float | None, **more) -> list[dict]:
    return [{"configuration": configuration, "task": f"t{k:02}", "score": s, "cost_usd": cost} | more for k, s in enumerate(solved)]


def three(costs=(1.0, 2.0, 4.0), **more) -> list[dict]:
    solved = ([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0])
    return [a for (name, _, _), s, cost in zip(MEMBERS, solved, costs, strict=True) for a in attempts_of(name, s, cost, **more)]


def alike(a, b) -> bool:
    parts = ("accuracy", "cost", "latency", "tokens")
    same = all(np.array_equal(getattr(getattr(a, p), q), getattr(getattr(b, p), q)) for p in parts for q in ("counts", "sums"))
    return same and np.array_equal(a.x, b.x, equal_nan=True) and (a.names, a.tasks, a.flags) == (b.names, b.tasks, b.flags)


class TestOfConfigurations:
    def test_levels_by_hand(self, frames):
        cells, _ = frames(three(latency_s=3.0, tokens=70) + attempts_of("other", [0, 0, 0, 0], 9.0))
        found = of_configurations(cells, MEMBERS, "effort", "agent")
        assert (found.names, found.configurations, found.x_name) == (("low", "medium", "high"), ("c1", "c2", "c3"), "cost_usd")
        assert found.accuracy.mean.tolist() == [0.25, 0.5, 0.75]
        assert found.x.tolist() == found.cost.mean.tolist() == [1.0, 2.0, 4.0]
        assert found.latency.mean.tolist() == [3.0, 3.0, 3.0]
        assert found.tokens.mean.tolist() == [70.0, 70.0, 70.0]
        assert found.tasks == tuple(("bench", f"t{k:02}") for k in range(4))
        assert (found.n_attempts.tolist(), found.flags, found.is_fractional, found.is_summary) == ([4, 4, 4], (), False, False)

    def test_the_order_is_that_of_the_setting_whatever_the_levels_cost(self, frames):
        """High effort that turned out cheaper than low stood before it: "more effort costs accuracy" was said of a ladder that gains."""
        found = of_configurations(frames(three((1.0, 4.0, 2.0)))[0], MEMBERS, "effort", "agent")
        assert found.names == ("low", "medium", "high")
        assert (found.x_name, found.cost.mean.tolist()) == ("effort", [1.0, 4.0, 2.0])
        assert found.flags == ("Cost does not rise with effort: levels stand in the order of effort.",)

    def test_levels_are_compared_on_tasks_whose_outcome_all_of_them_know(self, frames):
        """A level scored on the easy half of the tasks gained 50 points over one that was scored on all of them."""
        easy = attempts_of("c2", [1, 1], 2.0) + [{"configuration": "c2", "task": f"t{k:02}", "cost_usd": 2.0} for k in (2, 3)]
        found = of_configurations(frames(attempts_of("c1", [1, 1, 0, 0], 1.0) + easy)[0], MEMBERS[:2], "effort", "agent")
        assert found.accuracy.mean.tolist() == [1.0, 1.0]
        assert found.flags == ("Compared on the 2 of 4 tasks whose outcome is known at every level.",)

    def test_without_a_cost_of_all_the_setting_is_the_axis(self, frames):
        found = of_configurations(frames(three((1.0, None, 4.0)))[0], MEMBERS, "max_turns", "agent")
        assert (found.x.tolist(), found.x_name) == ([1.0, 2.0, 3.0], "max_turns")
        assert np.isnan(found.cost.mean).tolist() == [False, True, False]

    def test_without_cost_and_value_the_order_is_that_of_the_members(self, frames):
        members = [(name, level, float("nan")) for name, level, _ in reversed(MEMBERS)]
        found = of_configurations(frames(three((None, None, None)))[0], members, "prompt", "agent")
        assert found.names == ("high", "medium", "low")
        assert np.isnan(found.x).all()

    @pytest.mark.parametrize(("by", "x"), [("tokens", [70.0, 70.0, 70.0]), ("value", [1.0, 2.0, 3.0]), ("latency_s", [3.0, 3.0, 3.0])])
    def test_the_axis_can_be_chosen(self, frames, by, x):
        found = of_configurations(frames(three(latency_s=3.0, tokens=70))[0], MEMBERS, "effort", "agent", by=by)
        assert (found.x.tolist(), found.x_name) == (x, "effort" if by == "value" else by)

    def test_only_tasks_that_all_attempted_count(self, frames):
        rows = [a for a in three() if (a["configuration"], a["task"]) != ("c2", "t03")] + [
            a | {"task": f"u{k}"} for a in three() for k in range(3)
        ]
        found = of_configurations(frames(rows)[0], MEMBERS, "effort", "agent")
        assert ("bench", "t03") not in found.tasks
        assert len(found.tasks) == 6

    def test_who_covers_too_little_is_left_out_by_name(self, frames):
        rows = [a for a in three() if a["configuration"] != "c3" or a["task"] == "t00"]
        found = of_configurations(frames(rows)[0], MEMBERS, "effort", "agent")
        assert found.names == ("low", "medium")
        assert found.flags == ("Left out: high, which covers 1 of 4 tasks.",)

    def test_a_cost_that_one_attempt_in_four_lacks_is_unknown(self, frames):
        rows = [a | ({"cost_usd": None} if (a["configuration"], a["task"]) == ("c2", "t01") else {}) for a in three()]
        assert np.isnan(of_configurations(frames(rows)[0], MEMBERS, "effort", "agent").cost.mean).tolist() == [False, True, False]

    def test_every_task_once(self, frames):
        rows = three() + [a for a in three() for _ in range(2) if a["task"] == "t00"]  # the first task three times, all solved
        cells = frames(rows)[0]
        assert of_configurations(cells, MEMBERS, "effort", "agent").accuracy.mean.tolist() == pytest.approx([3 / 6, 4 / 6, 5 / 6])
        assert of_configurations(cells, MEMBERS, "effort", "agent", weights="task").accuracy.mean.tolist() == [0.25, 0.5, 0.75]

    def test_scores_between_0_and_1_make_a_mean_of_scores(self, frames):
        cells, _ = frames(attempts_of("c1", [0.5, 0.2], 1.0) + attempts_of("c2", [1.0, 0.4], 2.0))
        found = of_configurations(cells, MEMBERS[:2], "effort", "agent")
        assert found.accuracy.mean.tolist() == pytest.approx([0.35, 0.7])
        assert found.is_fractional
        as_success = of_configurations(cells, MEMBERS[:2], "effort", "agent", fractional=frozenset())
        assert (as_success.accuracy.mean.tolist(), as_success.is_fractional) == ([0.0, 0.5], False)

    def test_published_rows(self, frames):
        published = [{"configuration": "c1", "n": 40, "accuracy": 0.25, "cost_usd": 1.0}, {"configuration": "c2", "n": 50, "accuracy": 0.5}]
        cells, _ = frames([], published)
        found = of_configurations(cells, MEMBERS, "effort", "agent")
        assert (found.is_summary, found.tasks, found.n_attempts.tolist()) == (True, (("(all)", "(all)"),), [40.0, 50.0])
        assert found.accuracy.mean.tolist() == [0.25, 0.5]
        assert (found.x_name, found.x.tolist()) == ("effort", [1.0, 2.0])

    def test_a_published_row_beside_attempts_is_no_level(self, frames):
        cells, _ = frames([a for a in three() if a["configuration"] != "c3"], [{"configuration": "c3", "n": 40, "accuracy": 0.25}])
        found = of_configurations(cells, MEMBERS, "effort", "agent")
        assert (found.names, found.is_summary) == (("low", "medium"), False)

    def test_nobody_there(self, frames):
        assert of_configurations(frames(three())[0], [("x", "low", 1.0)], "effort", "agent") is None

    def test_refuses_an_unknown_axis(self, frames):
        with pytest.raises(ValueError, match="not 'colour'"):
            of_configurations(frames(three())[0], MEMBERS, "effort", "agent", by="colour")

    def test_the_order_of_rows_changes_no_bit_and_nothing_is_changed(self, frames, frozen):
        cells = frames(three((0.1, 0.2, 0.7), latency_s=0.3))[0]
        shuffled = cells.sample(frac=1, random_state=5)
        assert alike(of_configurations(frozen(cells), MEMBERS, "e", "s"), of_configurations(frozen(shuffled), MEMBERS, "e", "s"))

    def test_restricted_sorts_and_keeps(self, frames):
        found = of_configurations(frames(three())[0], MEMBERS, "effort", "agent")
        part = found.restricted([("bench", "t02"), ("bench", "t00"), ("bench", "elsewhere")])
        assert part.tasks == (("bench", "t00"), ("bench", "t02"))
        assert part.accuracy.mean.tolist() == [0.5, 0.5, 1.0]
        assert part.x.tolist() == found.x.tolist()


def rounds_of(rows: list[tuple], **more) -> pd.DataFrame:
    """Rows (task, depth, attempts, successes, Σ cost or None)."""
    made = [
        {"configuration": "c", "benchmark": "bench", "task": task, "is_summary": False, "depth": depth, "n_attempts": n}
        | {"n_success": n, "sum_success": float(s), "n_cost": 0 if cost is None else n, "sum_cost_usd": cost or 0.0}
        | {"n_tokens": 0, "sum_tokens": 0.0, "n_latency": n, "sum_latency_s": 2.0 * n * (depth + 1)}
        | more
        for task, depth, n, s, cost in rows
    ]
    return pd.DataFrame(made)


class TestOfRounds:
    ROWS = (("a", 0, 2, 0, 1.0), ("a", 1, 2, 1, 3.0), ("b", 0, 4, 1, 2.0), ("b", 1, 4, 3, 6.0))

    def test_by_hand(self):
        found = of_rounds(rounds_of(self.ROWS), "c", "agent")
        assert found.names == ("first answer", "after 1 reflection")
        assert found.accuracy.mean.tolist() == [1 / 6, 4 / 6]
        assert (found.x.tolist(), found.x_name) == ([0.5, 1.5], "cost_usd")
        assert found.latency.mean.tolist() == [2.0, 4.0]
        assert (found.knob, found.n_attempts.tolist(), found.configurations) == ("reflection_depth", [6, 6], ("c",))

    def test_every_task_once(self):
        assert of_rounds(rounds_of(self.ROWS), "c", "agent", weights="task").accuracy.mean.tolist() == [0.125, 0.625]

    def test_without_costs_answers_are_counted(self):
        found = of_rounds(rounds_of([(t, d, n, s, None) for t, d, n, s, _ in self.ROWS]), "c", "agent")
        assert (found.x.tolist(), found.x_name) == ([1.0, 2.0], "answers")

    def test_answers_can_be_asked_for(self):
        assert of_rounds(rounds_of(self.ROWS), "c", "agent", by="answers").x.tolist() == [1.0, 2.0]

    def test_published_rounds(self):
        found = of_rounds(rounds_of([("(all)", 0, 225, 80, None), ("(all)", 1, 225, 140, 45.0)], is_summary=True), "c", "agent")
        assert (found.is_summary, found.n_attempts.tolist()) == (True, [225, 225])
        assert found.accuracy.mean.tolist() == [80 / 225, 140 / 225]
        assert np.isnan(found.cost.mean[0])
        assert found.cost.mean[1] == 0.2

    def test_a_task_without_the_last_round_is_no_column(self):
        found = of_rounds(rounds_of([*self.ROWS, ("z", 0, 1, 1, 1.0)]), "c", "agent")
        assert found.tasks == (("bench", "a"), ("bench", "b"))

    def test_rows_in_another_order(self, frozen):
        frame = rounds_of(self.ROWS)
        assert alike(of_rounds(frozen(frame), "c", "s"), of_rounds(frame[::-1], "c", "s"))

    def test_another_configuration(self):
        assert of_rounds(rounds_of(self.ROWS), "d", "agent") is None

    def test_refuses_an_unknown_axis(self):
        with pytest.raises(ValueError, match="not 'turns'"):
            of_rounds(rounds_of(self.ROWS), "c", "agent", by="turns")


class TestResampled:
    def test_levels_share_their_draws(self, frames):
        solved = [[float(k % 3 == 0) for k in range(12)], [float(k % 2 == 0) for k in range(12)]]
        cells, _ = frames(attempts_of("c1", solved[0], 1.0) + attempts_of("c2", solved[1], 3.0))
        accuracy, cost = resampled(of_configurations(cells, MEMBERS[:2], "effort", "agent"), n_bootstrap=40, seed=3)
        weights = task_weights(12, 40, 3)
        assert accuracy == pytest.approx(np.array(solved) @ weights / 12)
        assert cost.tolist() == [[1.0] * 40, [3.0] * 40]

    def test_nine_tasks_are_too_few(self, frames):
        cells, _ = frames(attempts_of("c1", [1.0] * 9, 1.0))
        assert resampled(of_configurations(cells, MEMBERS[:1], "effort", "agent")) is None

    def test_published_rows_are_drawn_by_their_own_numbers(self, frames):
        cells, _ = frames([], [{"configuration": "c1", "n": 40, "accuracy": 0.25, "cost_usd": 1.5}])
        accuracy, cost = resampled(of_configurations(cells, MEMBERS[:1], "effort", "agent"), n_bootstrap=30, seed=7)
        assert accuracy[0].tolist() == binomial_draws(0.25, 40, (1.5,), n_bootstrap=30, seed=7).tolist()
        assert cost.tolist() == [[1.5] * 30]
