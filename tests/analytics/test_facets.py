"""The same ladder within groups of tasks: their order, their stops, the split and the break, by hand and by brute force."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.facets import facets
from analytics.grid import Measure
from analytics.levels import Levels
from analytics.resample import task_weights
from analytics.returns import returns

LEVELS = ("low", "medium", "high")
COSTS = np.array([1.0, 2.0, 5.0])


def ladder(groups: dict[str, list[int]], size: int = 20) -> tuple[Levels, pd.DataFrame]:
    """Tasks of each group, of which each level solves that many; one attempt each."""
    solved = np.concatenate([np.array([[1.0] * n + [0.0] * (size - n) for n in solves]) for solves in groups.values()], axis=1)
    one = np.ones_like(solved)
    tasks = tuple(("bench", f"{k:03}") for k in range(solved.shape[1]))
    kinds = pd.DataFrame(tasks, columns=["benchmark", "task"])
    kinds["difficulty"] = kinds["task_group"] = np.repeat(list(groups), size)
    nothing = Measure(0 * one, 0 * one)
    names = LEVELS[: len(solved)]
    cost = Measure(one, one * COSTS[: len(solved), None])
    made = Levels(
        "agent", "effort", names, COSTS[: len(solved)], "cost_usd", tasks, Measure(one, solved), cost, nothing, nothing, one.sum(1)
    )
    return made, kinds


STEPPED = {"easy": [18, 19, 19], "medium": [8, 16, 16], "hard": [1, 4, 14]}


class TestGroups:
    def test_each_is_the_ladder_on_its_own_tasks(self):
        levels, kinds = ladder(STEPPED)
        found = facets(levels, kinds, value_usd=6.0)
        assert [(each.group, each.n_tasks) for each in found.groups] == [("easy", 20), ("medium", 20), ("hard", 20)]
        for place, each in enumerate(found.groups):
            alone = returns(levels.restricted(levels.tasks[20 * place : 20 * place + 20]), value_usd=6.0)
            accuracies = [point.accuracy for point in each.returns.points]
            assert accuracies == [n / 20 for n in STEPPED[each.group]]
            assert (each.returns.segments, each.returns.stop_at) == (alone.segments, alone.stop_at)
        assert [each.returns.points[0].n_attempts for each in found.groups] == [20, 20, 20]

    @pytest.mark.parametrize(
        ("names", "order", "basis"),
        [
            (["hard", "Easy", "medium"], ["Easy", "medium", "hard"], "named"),
            (["Level 10", "Level 2", "Level 1"], ["Level 1", "Level 2", "Level 10"], "numbers"),
            (["10", "9", "0.5"], ["0.5", "9", "10"], "numbers"),
            (["a", "b", "c"], ["a", "b", "c"], "mean accuracy"),
            (["1-4 hours", "<15 min fix", "easy"], ["1-4 hours", "<15 min fix", "easy"], "mean accuracy"),
        ],
    )
    def test_order(self, names, order, basis):
        levels, kinds = ladder(dict(zip(names, STEPPED.values(), strict=True)))
        found = facets(levels, kinds, n_bootstrap=50)
        assert ([each.group for each in found.groups], found.order) == (order, basis)

    def test_numbers_in_names_of_groups_are_no_difficulty(self):
        levels, kinds = ladder({"django-2": [9, 9, 9], "flask-1": [19, 19, 19]})
        found = facets(levels, kinds, by="task_group", n_bootstrap=50)
        assert ([each.group for each in found.groups], found.order) == (["flask-1", "django-2"], "mean accuracy")

    def test_tasks_of_no_group_are_counted(self):
        levels, kinds = ladder(STEPPED)
        kinds.loc[:4, "difficulty"] = None
        kinds = kinds.drop(index=5)
        found = facets(levels, kinds, n_bootstrap=50)
        assert (found.n_ungrouped, found.groups[0].n_tasks) == (6, 14)

    def test_no_more_than_the_twelve_largest(self):
        levels, kinds = ladder({f"g{k:02}": [1, 2, 3] for k in range(14)}, size=5)
        found = facets(levels, kinds, by="task_group", n_bootstrap=50)
        assert (len(found.groups), found.n_left_out) == (12, 2)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda kinds: kinds.drop(columns="difficulty"), "do not say of what difficulty"),
            (lambda kinds: kinds.assign(difficulty=None), "do not say of what difficulty"),
            (lambda kinds: kinds.assign(difficulty="hard"), "All tasks are of one difficulty"),
        ],
    )
    def test_why_there_are_none(self, change, reason):
        levels, kinds = ladder(STEPPED)
        found = facets(levels, change(kinds))
        assert found.groups == ()
        assert reason in found.reason

    def test_published_rows_have_none(self):
        levels, kinds = ladder(STEPPED)
        assert facets(dataclasses.replace(levels, is_summary=True), kinds).reason == "Published rows have no tasks to group."

    def test_the_order_of_rows_changes_nothing(self):
        levels, kinds = ladder(STEPPED)
        one, other = (facets(levels, each, value_usd=6.0, n_bootstrap=100) for each in (kinds, kinds.sample(frac=1, random_state=1)))
        assert one == other


class TestSplit:
    def test_by_hand(self):
        """Stops low, medium, high: 18 + 16 + 14 of 60 at (1 + 2 + 5) / 3 dollars; high for all solves 49 at 5 dollars."""
        levels, kinds = ladder(STEPPED)
        split = facets(levels, kinds, value_usd=6.5).split
        assert split.levels == (("easy", "low"), ("medium", "medium"), ("hard", "high"))
        assert (split.accuracy, split.cost_usd) == (pytest.approx(48 / 60), pytest.approx(8 / 3))
        assert (split.against, split.against_accuracy, split.against_cost_usd) == ("high", pytest.approx(49 / 60), 5.0)
        assert split.cost_ratio == pytest.approx(8 / 15)
        assert split.d_accuracy == pytest.approx(-1 / 60)
        assert split.flags == ("Chosen on the same attempts, the split looks better than it would on new tasks.",)

    def test_intervals_are_those_of_literal_resamples(self):
        levels, kinds = ladder(STEPPED)
        split = facets(levels, kinds, value_usd=6.5, n_bootstrap=120, seed=5).split
        place = np.repeat([0, 1, 2], 20)
        solved, cost = levels.accuracy.sums[place, np.arange(60)], levels.cost.sums[place, np.arange(60)]
        drawn = [np.repeat(np.arange(60), weights.astype(int)) for weights in task_weights(60, 120, 5).T]
        gaps = [solved[tasks].mean() - levels.accuracy.sums[2, tasks].mean() for tasks in drawn]
        ratios = [cost[tasks].mean() / levels.cost.sums[2, tasks].mean() for tasks in drawn]
        assert (split.d_accuracy_low, split.d_accuracy_high) == pytest.approx(np.quantile(gaps, [0.025, 0.975]))
        assert (split.cost_ratio_low, split.cost_ratio_high) == pytest.approx(np.quantile(ratios, [0.025, 0.975]))

    def test_a_group_without_a_stop_runs_at_the_level_for_all(self):
        levels, kinds = ladder({"easy": [18, 19, 19], "medium": [2, 18, 18], "hard": [0, 0, 0]})
        found = facets(levels, kinds, value_usd=6.0)
        assert found.groups[2].returns.stop_at is None
        assert dict(found.split.levels) == {"easy": "low", "medium": "medium", "hard": returns(levels, value_usd=6.0).stop_at}
        assert "hard: Nothing was solved at any level. They run at the level for all." in found.split.flags

    def test_without_a_value_small_groups_stop_early_and_that_is_said(self):
        levels, kinds = ladder(STEPPED)
        assert any("small groups stop early" in flag for flag in facets(levels, kinds).split.flags)

    def test_one_stop_for_all_is_no_split(self):
        levels, kinds = ladder({"easy": [10, 19, 19], "hard": [4, 14, 14]})
        assert facets(levels, kinds, value_usd=6.0).split is None

    def test_without_costs_there_is_an_accuracy_but_no_price(self):
        levels, kinds = ladder(STEPPED)
        split = facets(dataclasses.replace(levels, cost=levels.latency), kinds).split
        assert (split.cost_usd, split.cost_ratio, split.cost_ratio_low) == (None, None, None)
        assert split.accuracy > 0.5


class TestBreak:
    def test_between_the_groups_that_differ_most(self):
        levels, kinds = ladder({"easy": [18, 19, 19], "medium": [16, 17, 17], "hard": [1, 3, 3]})
        found = facets(levels, kinds, value_usd=6.0).breaks_at
        level = LEVELS.index(found.level)
        assert (found.easier, found.harder) == ("medium", "hard")
        assert found.drop == pytest.approx([16 - 1, 17 - 3, 17 - 3][level] / 20)
        assert 0 < found.drop_low < found.drop < found.drop_high <= 1

    def test_groups_that_may_be_alike_do_not_break(self):
        levels, kinds = ladder({"easy": [10, 11, 11], "medium": [9, 10, 10], "hard": [8, 9, 9]})
        assert facets(levels, kinds, value_usd=6.0).breaks_at is None

    def test_an_order_taken_from_the_data_seldom_breaks_where_nothing_differs(self):
        """Eight groups of equal tasks, sorted by their luck: the largest of seven drops is compared with all 28 differences."""
        rng = np.random.default_rng(0)
        n_broken = 0
        for _ in range(24):
            levels, kinds = ladder({f"g{k}": [5, 6] for k in range(8)}, size=12)
            solved = rng.binomial(1, 0.5, (2, 96)).astype(float)
            levels = dataclasses.replace(levels, accuracy=Measure(np.ones_like(solved), solved))
            n_broken += facets(levels, kinds, by="task_group", n_bootstrap=100).breaks_at is not None
        assert n_broken <= 4

    def test_an_order_taken_from_the_data_asks_for_more_certainty(self):
        solves = ([18, 19, 19], [15, 16, 16], [12, 13, 13], [3, 4, 4])
        named, found = (
            facets(*ladder(dict(zip(names, solves, strict=True))), value_usd=6.0).breaks_at
            for names in (("trivial", "easy", "medium", "hard"), ("a", "b", "c", "d"))
        )
        assert (named.drop, named.level) == (found.drop, found.level)
        assert found.drop_high - found.drop_low > 1.02 * (named.drop_high - named.drop_low)

    def test_groups_under_ten_tasks_are_not_compared(self):
        levels, kinds = ladder({"easy": [9, 9, 9], "hard": [0, 0, 1]}, size=9)
        assert facets(levels, kinds).breaks_at is None
