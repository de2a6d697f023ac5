"""Where returns stop: by hand, against literal resampling, and on ladders that have no answer."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.accuracy import newcombe, wilson
from analytics.grid import Measure
from analytics.levels import Levels, of_configurations, of_rounds
from analytics.resample import task_weights
from analytics.returns import mean_gain, returns

FOUR = (-2, -0.5, 0.5, 1)
"""Abilities of a ladder too short for a curve: fast."""
NAMES = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def ladder(solved, cost=None, latency=None, *, attempts=1.0, n_attempts=None, x=None, **more) -> Levels:
    """Levels from successes, shape (L, T); cost and latency per attempt: one number for each level, or (L, T); None unknown."""
    solved = np.asarray(solved, dtype=float)
    counts = np.broadcast_to(np.asarray(attempts, dtype=float), solved.shape).copy()

    def measure(values) -> Measure:
        if values is None:
            return Measure(0 * counts, 0 * counts)
        values = np.asarray(values, dtype=float)
        values = np.broadcast_to(values[:, None] if values.ndim == 1 else values, solved.shape)
        known = counts * np.isfinite(values)
        return Measure(known, np.nan_to_num(values) * known)

    made = measure(cost)
    fields = {"series": "agent", "knob": "effort", "names": NAMES[: len(solved)], "x_name": "cost_usd"} | more
    return Levels(
        x=made.mean if x is None else np.asarray(x, dtype=float),
        tasks=tuple(("bench", f"{k:03}") for k in range(solved.shape[1])),
        accuracy=Measure(counts, solved),
        cost=made,
        latency=measure(latency),
        tokens=measure(None),
        n_attempts=counts.sum(axis=1) if n_attempts is None else np.asarray(n_attempts),
        **fields,
    )


def first(n: int, total: int = 20) -> list[float]:
    return [1.0] * n + [0.0] * (total - n)


def rising(seed: int = 0, n_tasks: int = 60, ability=(-2, -0.5, 0.5, 1, 1.1, 1.1), attempts: int = 2) -> Levels:
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-(np.array(ability)[:, None] - 1.3 * rng.standard_normal(n_tasks))))
    cost = 0.05 * 2.5 ** np.arange(len(ability))[:, None] * rng.lognormal(0, 0.4, n_tasks)
    return ladder(rng.binomial(attempts, chance), cost, cost * 40, attempts=attempts)


def plain(value) -> bool:
    """Whether a result holds only what JSON knows, arrays of the fit aside."""
    if dataclasses.is_dataclass(value):
        return all(isinstance(part, np.ndarray) or plain(part) for part in (getattr(value, f.name) for f in dataclasses.fields(value)))
    if isinstance(value, (tuple, list)):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(type(key) is str and plain(part) for key, part in value.items())
    return value is None or type(value) in (str, int, bool) or (type(value) is float and math.isfinite(value))


class TestSegments:
    def test_by_hand(self):
        """4 of 20, 8 of 20, 8 of 20, 6 of 20 at $1, $2, $5, $6 and 10, 30, 40, 100 seconds."""
        found = returns(ladder([first(4), first(8), first(8), first(6)], [1, 2, 5, 6], [10, 30, 40, 100]))
        up, flat, down = found.segments
        assert (up.start, up.end, up.verdict) == ("none", "minimal", "gain")
        assert (up.d_accuracy, up.d_cost_usd, up.d_latency_s) == (pytest.approx(0.2), 1.0, 20.0)
        assert (up.usd_per_point, up.usd_per_success, up.ratio_to_first) == (pytest.approx(0.05), pytest.approx(5.0), 1.0)
        assert (up.s_per_point, up.latency_ratio_to_first) == (pytest.approx(1.0), 1.0)
        assert (flat.d_accuracy, flat.d_cost_usd, flat.usd_per_point, flat.ratio_to_first, flat.verdict) == (0, 3, None, None, "no gain")
        assert (down.usd_per_success, down.s_per_point, down.verdict) == (None, None, "no gain")
        assert down.d_accuracy == pytest.approx(-0.1)

    def test_a_step_that_loses_for_certain(self):
        assert returns(ladder([first(16), first(2)], [1, 2])).segments[0].verdict == "negative gain"

    def test_a_gain_that_may_be_luck_is_undecided(self):
        assert returns(ladder([first(8), [*first(0, 10), *first(9, 10)]], [1, 2])).segments[0].verdict == "undecided"

    def test_the_published_curve_of_reflexion(self):
        """Kim et al., arXiv:2506.04301: 16.9 → 25.6 s buys 4 points and 56.0 → 325.5 s the same: "31 ×" the time for a point."""
        accuracy = np.array([0.40, 0.44, 0.50, 0.54])
        found = returns(ladder(accuracy[:, None] * 50, None, [16.9, 25.6, 56.0, 325.5], attempts=50, x=[1, 2, 3, 4], is_summary=True))
        assert [step.d_accuracy for step in (found.segments[0], found.segments[2])] == pytest.approx([0.04, 0.04])
        assert found.segments[0].s_per_point == pytest.approx(8.7 / 4)
        assert round(found.segments[2].latency_ratio_to_first) == 31
        assert found.segments[2].usd_per_point is None

    def test_intervals_are_percentiles_of_literal_paired_resamples(self):
        levels = rising(1, 25)
        step = returns(levels, n_bootstrap=160, seed=9).segments[1]
        solved, cost = (part.sums for part in (levels.accuracy, levels.cost))
        gains, prices = [], []
        for weights in task_weights(25, 160, 9).T:
            tasks = np.repeat(np.arange(25), weights.astype(int))
            gain = (solved[2, tasks].sum() - solved[1, tasks].sum()) / 50
            gains.append(gain)
            prices.append((cost[2, tasks].sum() - cost[1, tasks].sum()) / 50 / gain if gain > 0 else math.inf)
        assert (step.d_accuracy_low, step.d_accuracy_high) == pytest.approx(np.quantile(gains, [0.025, 0.975]))
        assert step.usd_per_success_low == pytest.approx(np.quantile(prices, 0.025))
        high = np.quantile(prices, 0.975, method="higher")
        assert step.usd_per_success_high is None if math.isinf(high) else step.usd_per_success_high <= high

    def test_a_price_without_an_upper_end(self):
        """8 or 9 of 20: in many resamples there is no gain at all, so a success may cost any sum."""
        step = returns(ladder([first(8), first(9)], [1, 2])).segments[0]
        assert step.usd_per_success == pytest.approx(20.0)
        assert step.usd_per_success_low > 0
        assert step.usd_per_success_high is None

    def test_the_ratio_is_to_the_first_step_that_has_a_price(self):
        steps = returns(ladder([first(8), first(4), first(8), first(10)], [1, 2, 3, 7])).segments
        assert [step.ratio_to_first for step in steps] == [None, 1.0, pytest.approx(8.0)]


class TestStop:
    @settings(max_examples=15, deadline=None)
    @given(value=st.floats(0, 40), seed=st.integers(0, 50))
    def test_at_a_value_it_is_the_best_of_all_and_its_share_is_counted(self, value, seed):
        levels = rising(seed, 15, FOUR)
        found = returns(levels, value_usd=value, n_bootstrap=60, seed=1)
        solved, cost = (part.sums / 2 for part in (levels.accuracy, levels.cost))

        def best(tasks) -> int:
            worth = [value * solved[k, tasks].mean() - cost[k, tasks].mean() for k in range(4)]
            return max(range(4), key=lambda k: (round(worth[k], 12), -k))

        drawn = [best(np.repeat(np.arange(15), weights.astype(int))) for weights in task_weights(15, 60, 1).T]
        assert (found.stop_index, found.stop_at, found.stop_basis) == (best(np.arange(15)), NAMES[best(np.arange(15))], "value")
        assert found.p_stop == pytest.approx(np.mean([k == found.stop_index for k in drawn]), abs=1 / 60)

    def test_beyond_it_a_success_costs_more_than_it_is_worth(self):
        for value in (0.5, 2.0, 8.0):
            found = returns(rising(3, 200), value_usd=value, n_bootstrap=50)
            up, down = found.segments[found.stop_index - 1], found.segments[found.stop_index]
            assert up.usd_per_success <= value
            assert down.usd_per_success is None or down.usd_per_success > value

    def test_a_worthless_success_is_bought_at_the_cheapest_level(self):
        assert returns(rising(), value_usd=0.0).stop_index == 0

    def test_of_equals_the_cheapest(self):
        assert returns(ladder([first(10), first(10)], [1, 1]), value_usd=5.0).stop_index == 0

    def test_no_level_earns_what_it_costs(self):
        found = returns(ladder([first(10), first(12)], [6, 9]), value_usd=2.0)
        assert found.stop_at == "none"
        assert "At $2.00 a success no level earns what it costs." in found.flags

    def test_without_a_value_it_is_where_no_later_gain_is_certain(self):
        found = returns(rising(2, 150, ability=(-2.5, -1, 0.5, 2, 2, 2)))
        assert (found.stop_at, found.stop_basis, found.p_stop, found.value_usd) == ("medium", "gain", None, None)

    def test_an_undecided_step_before_a_certain_gain_is_no_stop(self):
        found = returns(ladder([first(2), first(3), first(14)], [1, 2, 3]))
        assert [step.verdict for step in found.segments] == ["undecided", "gain"]
        assert found.stop_at == "low"

    def test_unknown_costs_leave_the_gain_and_say_so(self):
        found = returns(ladder([first(2), first(10), first(10)], [1, np.nan, 3], x=[1, 2, 3]), value_usd=3.0)
        assert (found.stop_at, found.stop_basis, found.p_stop) == ("minimal", "gain", None)
        assert [step.d_cost_usd for step in found.segments] == [None, None]
        assert any(flag.startswith("Cost is unknown at 1 of 3 levels. So the stop is") for flag in found.flags)

    @pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
    def test_refuses_what_is_no_value(self, value):
        with pytest.raises(ValueError, match="number of dollars"):
            returns(rising(), value_usd=value)


class TestPeak:
    def test_a_ladder_that_turns(self):
        found = returns(ladder([first(20, 60), first(45, 60), first(44, 60), first(20, 60)], [1, 2, 3, 4]))
        assert found.peak_at == "minimal"
        assert found.segments[2].verdict == "negative gain"

    def test_a_ladder_that_only_rises(self):
        assert returns(rising()).peak_at is None

    def test_a_turn_has_no_curve_towards_a_ceiling(self):
        found = returns(ladder([first(n, 60) for n in (5, 20, 45, 44, 20)], [1, 2, 3, 4, 5]))
        assert (found.peak_at, found.fit) == ("low", None)
        assert "falls beyond its peak" in found.no_fit_reason

    def test_six_equal_levels_seldom_have_a_peak(self):
        """The highest of six is compared with those after it: at 5 % for each, every fourth flat ladder would have a peak."""
        flat = [dataclasses.replace(rising(seed, 80, ability=(0.3,) * 6, attempts=1), x=np.full(6, np.nan)) for seed in range(60)]
        assert sum(returns(levels, n_bootstrap=200).peak_at is not None for levels in flat) <= 6


def test_a_curve_that_is_not_asked_for_is_not_drawn_and_changes_nothing_else():
    levels = rising(5, 40)
    one, other = returns(levels, n_bootstrap=100), returns(levels, has_fit=False, n_bootstrap=100)
    assert (one.fit is None, other.fit, other.no_fit_reason) == (False, None, "No curve was asked for.")
    assert (one.points, one.segments, one.stop_at, one.peak_at) == (other.points, other.segments, other.stop_at, other.peak_at)


class TestPublishedRows:
    PUBLISHED = (0.3, 0.5, 0.52)

    def found(self, **more):
        accuracy = np.array(self.PUBLISHED)
        return returns(ladder(accuracy[:, None] * 100, [1, 2, 4], attempts=100, is_summary=True), **more)

    def test_intervals_are_wilson_and_newcombe(self):
        found = self.found()
        ends = [(p, *(float(end[0]) for end in wilson(np.array([p]), np.array([100])))) for p in self.PUBLISHED]
        for point, (_, low, high) in zip(found.points, ends, strict=True):
            assert (point.low, point.high, point.cost_low, point.n_tasks) == (pytest.approx(low), pytest.approx(high), None, None)
        for step, a, b in zip(found.segments, ends, ends[1:], strict=False):
            assert (step.d_accuracy_low, step.d_accuracy_high) == pytest.approx(newcombe(a, b))

    def test_stops(self):
        assert (self.found().stop_at, self.found(value_usd=50.0).stop_at) == ("minimal", "minimal")
        assert (self.found(value_usd=200.0).stop_at, self.found(value_usd=1.0).stop_at) == ("low", "none")
        assert 0.3 < self.found(value_usd=50.0).p_stop < 1

    def test_says_that_they_are_published(self):
        assert any(flag.startswith("Published rows") for flag in self.found().flags)
        assert self.found().n_tasks is None

    def test_one_without_an_accuracy(self):
        found = returns(ladder([[30.0], [0.0], [50.0]], [1, 2, 3], attempts=[[100], [0], [100]], is_summary=True))
        assert [point.accuracy for point in found.points] == [0.3, None, 0.5]
        assert (found.stop_at, [step.verdict for step in found.segments]) == (None, ["undecided"] * 2)


DEGENERATE = {
    "no level": ladder(np.zeros((0, 20)), x=[]),
    "one level": ladder([first(10)], [1]),
    "one task": ladder([[0], [1], [1]], [1, 2, 3]),
    "nine tasks": ladder([first(2, 9), first(5, 9), first(7, 9)], [1, 2, 3]),
    "no task": ladder(np.zeros((3, 0)), x=[1, 2, 3]),
    "all equal": ladder([first(10)] * 6, [1, 2, 3, 4, 5, 6]),
    "all failing": ladder([first(0)] * 6, [1, 2, 3, 4, 5, 6]),
    "all solved": ladder([first(20)] * 6, [1, 2, 3, 4, 5, 6]),
    "decreasing": ladder([first(n) for n in (18, 14, 10, 6, 4, 2)], [1, 2, 3, 4, 5, 6]),
    "costs unknown": ladder([first(n) for n in (2, 8, 12, 14, 15, 15)], x=[1, 2, 3, 4, 5, 6]),
    "one cost unknown": ladder([first(n) for n in (2, 8, 12, 14, 15, 15)], [1, 2, np.nan, 4, 5, 6], x=[1, 2, 3, 4, 5, 6]),
    "nothing spent": ladder([first(n) for n in (2, 8, 12, 14, 15, 15)], [0] * 6),
    "x unknown": ladder([first(n) for n in (2, 8, 12, 14, 15, 15)], [1, 2, 3, 4, 5, 6], x=[np.nan] * 6),
    "accuracy of a level unknown": ladder([first(n) for n in (2, 0, 12, 14, 15)], [1, 2, 3, 4, 5], attempts=[[1], [0], [1], [1], [1]]),
    "no accuracy at all": ladder([first(0)] * 5, [1, 2, 3, 4, 5], attempts=0),
    "unequal attempts": ladder([first(n) for n in (2, 8, 12, 14, 15)], [1, 2, 3, 4, 5], attempts=np.arange(1, 21) % 3 + 1.0),
    "a cost known on half of the tasks": ladder([first(4), first(9)], [[1.0] * 20, [2.0] * 10 + [np.nan] * 10], x=[1, 2]),
    "scores": ladder([np.linspace(0, 1, 20) * k for k in (0.3, 0.6, 0.7, 0.8, 0.9)], [1, 2, 3, 4, 5], is_fractional=True),
    "a replayed cap": ladder([first(n) for n in (0, 4, 9, 9, 9, 9)], [1, 2, 3, 3, 3, 3], is_bound=True),
}
HAVE_A_CURVE = {"costs unknown", "one cost unknown", "unequal attempts", "scores", "a replayed cap"}


class TestDegenerate:
    @pytest.mark.parametrize("name", DEGENERATE)
    @pytest.mark.parametrize("value", [None, 4.0])
    def test_gives_a_sentence_never_a_nan_or_a_crash(self, name, value):
        found = returns(DEGENERATE[name], value_usd=value, n_bootstrap=200)
        assert plain(found)
        assert (found.fit is None) == (found.no_fit_reason is not None)
        assert (found.stop_at is None) == (found.stop_reason is not None) == (found.stop_index is None)
        without_arrays = dataclasses.replace(found, fit=None)
        assert "NaN" not in json.dumps(dataclasses.asdict(without_arrays), allow_nan=False)

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("no level", "There are no levels."),
            ("one level", "There is only one level."),
            ("one task", "1 task cannot show where gains end; 10 are needed."),
            ("nine tasks", "9 tasks cannot show where gains end; 10 are needed."),
            ("all failing", "Nothing was solved at any level."),
            ("no accuracy at all", "Accuracy is known at 0 of 5 levels."),
        ],
    )
    def test_why_there_is_no_stop(self, name, reason):
        assert returns(DEGENERATE[name]).stop_reason == reason

    @pytest.mark.parametrize("name", sorted(DEGENERATE.keys() - HAVE_A_CURVE))
    def test_no_curve_is_drawn_through_it(self, name):
        found = returns(DEGENERATE[name])
        assert found.fit is None
        assert found.no_fit_reason.endswith(".")

    def test_nine_tasks_have_no_interval_and_a_sentence(self):
        found = returns(DEGENERATE["nine tasks"], value_usd=100.0)
        assert [point.low for point in found.points] == [None] * 3
        assert [step.verdict for step in found.segments] == ["undecided"] * 2
        assert (found.stop_at, found.p_stop, found.stop_reason) == (None, None, "9 tasks cannot show what a level is worth; 10 are needed.")
        assert "9 tasks are too few for intervals; 10 are needed." in found.flags

    def test_a_falling_ladder_stops_at_its_first_level(self):
        found = returns(DEGENERATE["decreasing"])
        assert (found.stop_at, found.peak_at) == ("none", "none")

    def test_equal_levels_stop_at_the_first(self):
        found = returns(DEGENERATE["all equal"], value_usd=3.0)
        assert (found.stop_at, found.p_stop, {step.verdict for step in found.segments}) == ("none", 1.0, {"no gain"})

    def test_costs_of_half_of_the_tasks_are_no_costs(self):
        found = returns(DEGENERATE["a cost known on half of the tasks"])
        assert [point.cost_usd for point in found.points] == [1.0, None]
        assert found.segments[0].d_cost_usd is None

    def test_a_lower_bound_is_said_to_be_one(self):
        found = returns(DEGENERATE["a replayed cap"])
        assert found.is_bound
        assert any(flag.startswith("Accuracy is a lower bound") for flag in found.flags)


class TestInvariances:
    @settings(max_examples=12, deadline=None)
    @given(seed=st.integers(0, 100), constant=st.floats(0, 5))
    def test_a_constant_cost_changes_no_difference(self, seed, constant):
        levels = rising(seed, 14, FOUR)
        more = dataclasses.replace(levels, cost=Measure(levels.cost.counts, levels.cost.sums + constant * levels.cost.counts))
        one, other = returns(levels, n_bootstrap=50), returns(more, n_bootstrap=50)
        assert [step.d_cost_usd for step in one.segments] == pytest.approx([step.d_cost_usd for step in other.segments])
        assert one.stop_at == other.stop_at
        assert returns(levels, value_usd=2.0, n_bootstrap=50).stop_at == returns(more, value_usd=2.0, n_bootstrap=50).stop_at

    @settings(max_examples=12, deadline=None)
    @given(seed=st.integers(0, 100), power=st.integers(-6, 6), value=st.floats(0.1, 20))
    def test_other_money_is_only_other_money(self, seed, power, value):
        levels, k = rising(seed, 14, FOUR), 2.0**power
        scaled = dataclasses.replace(levels, cost=Measure(levels.cost.counts, levels.cost.sums * k))
        one, other = returns(levels, value_usd=value, n_bootstrap=50), returns(scaled, value_usd=value * k, n_bootstrap=50)
        assert (one.stop_at, one.p_stop) == (other.stop_at, other.p_stop)
        for a, b in zip(one.segments, other.segments, strict=True):
            for name in ("usd_per_point", "usd_per_point_low", "usd_per_success_high"):
                x, y = getattr(a, name), getattr(b, name)
                assert (x is None and y is None) or y == pytest.approx(k * x)
            assert (a.ratio_to_first is None and b.ratio_to_first is None) or b.ratio_to_first == pytest.approx(a.ratio_to_first)

    def test_the_order_of_rows_changes_no_bit(self, frames):
        rng = np.random.default_rng(4)
        attempts = [
            {"configuration": f"c{level}", "task": f"t{task:02}", "success": bool(rng.random() < 0.2 + 0.12 * level)}
            | {"cost_usd": float(0.1 * 2**level * rng.lognormal()), "latency_s": float(rng.lognormal())}
            for level in range(5)
            for task in range(20)
            for _ in range(2)
        ]
        members = [(f"c{level}", NAMES[level], float("nan")) for level in range(5)]

        def answer(rows) -> tuple[str, list]:
            found = returns(of_configurations(frames(rows)[0], members, "effort", "s"), value_usd=3.0, n_bootstrap=300)
            fit = found.fit
            return repr(dataclasses.replace(found, fit=None)), [] if fit is None else [
                fit.low.tolist(),
                fit.high.tolist(),
                repr(fit.parameters),
            ]

        shuffled = [attempts[k] for k in rng.permutation(len(attempts))]
        assert answer(attempts) == answer(shuffled)

    def test_the_order_of_tasks_changes_no_bit(self):
        levels = rising(6, 30)
        order = np.random.default_rng(0).permutation(30)
        parts = {name: getattr(levels, name) for name in ("accuracy", "cost", "latency", "tokens")}
        mixed = {name: Measure(part.counts[:, order], part.sums[:, order]) for name, part in parts.items()}
        other = dataclasses.replace(levels, tasks=tuple(levels.tasks[k] for k in order), **mixed)
        one, two = (dataclasses.replace(returns(each, n_bootstrap=200), fit=None) for each in (levels, other))
        assert one == two

    def test_a_label_is_only_a_label(self):
        levels = rising(7, 30)
        one, other = (
            returns(levels, n_bootstrap=200),
            returns(dataclasses.replace(levels, series="another", knob="n_agents"), n_bootstrap=200),
        )
        assert (one.points, one.segments, one.stop_at) == (other.points, other.segments, other.stop_at)
        assert np.array_equal(one.fit.high, other.fit.high)

    def test_arguments_stay_as_they_were(self, frozen):
        levels = rising(8, 20)
        parts = {name: Measure(frozen(part.counts), frozen(part.sums)) for name, part in vars(levels).items() if isinstance(part, Measure)}
        returns(dataclasses.replace(levels, x=frozen(levels.x), n_attempts=frozen(levels.n_attempts), **parts), value_usd=1.0)


class TestMeanGain:
    def test_by_hand(self):
        found = mean_gain([returns(ladder([first(2), first(n)], [1, 2]), n_bootstrap=50) for n in (4, 8, 3)])
        assert (found.n, found.low) == (3, None)
        assert (found.mean, found.least, found.most) == pytest.approx(((0.1 + 0.3 + 0.05) / 3, 0.05, 0.3))

    def test_nothing_to_average(self):
        assert mean_gain([]) is None
        assert mean_gain([returns(DEGENERATE["one level"])]) is None

    def test_the_second_attempt_of_aider(self, samples):
        """69 published configurations, accuracy after the first and the second attempt: 26.40 points more on average."""
        rows = yaml.load((samples / "aider" / "polyglot_leaderboard.yml").read_text(), Loader=yaml.CBaseLoader)
        found = []
        for row in rows:
            n = int(row["test_cases"])
            shares = [float(row["pass_rate_1"]) / 100, float(row["pass_rate_2"]) / 100]
            frame = pd.DataFrame({"depth": [0, 1], "sum_success": [n * share for share in shares]}).assign(
                configuration=row["dirname"], benchmark="polyglot", task="(all)", is_summary=True, n_attempts=n, n_success=n,
                **dict.fromkeys(("n_cost", "sum_cost_usd", "n_tokens", "sum_tokens", "n_latency", "sum_latency_s"), 0),
            )  # fmt: skip
            found.append(returns(of_rounds(frame, row["dirname"], row["model"]), n_bootstrap=100))
        gain = mean_gain(found)
        assert (gain.n, round(100 * gain.mean, 2)) == (69, 26.40)
        assert gain.low < gain.mean < gain.high


class TestSecondReading:
    """What readers with fresh eyes found."""

    def test_resamples_without_data_have_no_best_level(self):
        """They were counted for the level that has no data, since NaN wins an argmax: p_stop was .66 for a level that always wins."""
        counts = np.ones((2, 20))
        counts[0, 3:] = 0  # the first level knows three tasks: many resamples draw none of them
        levels = ladder([first(3), first(20)], [1.0, 1.1], attempts=counts)
        assert returns(levels, value_usd=100.0).p_stop is None
        assert returns(ladder([first(3), first(20)], [1.0, 1.1]), value_usd=100.0).p_stop == 1.0

    def test_a_step_that_gains_and_costs_less_has_no_ratio(self):
        """It was -0.5 times the first step's price."""
        steps = returns(ladder([first(2), first(10), first(20)], [1.0, 2.0, 1.5])).segments
        assert (steps[0].ratio_to_first, steps[1].ratio_to_first) == (1.0, None)
        assert steps[1].usd_per_point < 0

    def test_means_that_are_alike_on_all_tasks_are_not_certain(self):
        """Everything solved in every sample gave the interval from 100 % to 100 %."""
        point = returns(ladder([first(12, 12), first(12, 12)], [1.0, 2.0], is_fractional=True)).points[0]
        assert (point.low, point.high) == (pytest.approx(float(wilson(np.ones(1), np.array([12]))[0][0])), 1.0)
