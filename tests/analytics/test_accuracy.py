"""Accuracy intervals: published tables, an independent implementation, and how often they cover the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from analytics.accuracy import accuracy_interval, binomial_draws, effective_attempts, newcombe, wilson
from analytics.grid import Measure


class TestWilson:
    @pytest.mark.parametrize(
        ("successes", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombe_1998_table_one(self, successes, n, low, high):
        """Newcombe, Statistics in Medicine 17 (1998), pages 857-872, table I, score method without continuity correction."""
        found = wilson(np.array([successes / n]), np.array([n]))
        assert [end[0] for end in found] == pytest.approx([low, high], abs=5e-5)

    @settings(max_examples=50, deadline=None)
    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
    def test_equals_scipy(self, counts):
        successes, n = counts
        expected = binomtest(successes, n).proportion_ci(method="wilson")
        found = wilson(np.array([successes / n]), np.array([n]))
        assert [end[0] for end in found] == pytest.approx([expected.low, expected.high], abs=1e-9)

    def test_ends_touch_zero_and_one_exactly(self):
        low, high = wilson(np.array([0.0, 1.0]), np.array([7, 7]))
        assert (low[0], high[1]) == (0.0, 1.0)

    def test_unknown_stays_unknown(self):
        low, high = wilson(np.array([np.nan, 0.5]), np.array([5, 0]))
        assert np.isnan([*low, *high]).all()

    @pytest.mark.parametrize(("accuracy", "n"), [(1.1, 5), (-0.1, 5), (0.5, -1)])
    def test_refuses_what_is_no_share(self, accuracy, n):
        with pytest.raises(ValueError, match="accuracy"):
            wilson(np.array([accuracy]), np.array([n]))


def literal_effective_attempts(successes: list[float], attempts: list[float]) -> float:
    """The formula, task by task."""
    used = [(s, n) for s, n in zip(successes, attempts, strict=True) if n > 0]
    n = sum(n_t for _, n_t in used)
    p = sum(s_t for s_t, _ in used) / n
    variance = len(used) / (len(used) - 1) * sum((s_t - p * n_t) ** 2 for s_t, n_t in used) / n**2
    effective = n * p * (1 - p) / ((n - 1) * variance) if variance > 0 else n**2 / sum(n_t**2 for _, n_t in used)
    return min(max(effective, 1), n)


class TestEffectiveAttempts:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=25))
    def test_is_the_formula_task_by_task(self, tasks):
        successes, attempts = (list(column) for column in zip(*tasks, strict=True))
        if sum(n > 0 for n in attempts) < 2:
            return
        found = effective_attempts(np.array([successes]), np.array([attempts]))
        assert found[0] == pytest.approx(literal_effective_attempts(successes, attempts), rel=1e-9)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.booleans(), min_size=2, max_size=60))
    def test_one_attempt_per_task_is_the_ordinary_wilson(self, solved):
        successes = np.array([solved], dtype=float)
        assert effective_attempts(successes, np.ones_like(successes))[0] == pytest.approx(len(solved), rel=1e-9)

    def test_five_attempts_that_always_agree_are_worth_about_one_per_task(self):
        solved = np.array([[5.0] * 20 + [0.0] * 20])
        assert effective_attempts(solved, np.full((1, 40), 5.0))[0] == pytest.approx(200 * 39 / 199)

    def test_all_solved_counts_tasks_not_attempts(self):
        full = np.full((1, 12), 5.0)
        assert effective_attempts(full, full)[0] == pytest.approx(12)

    def test_without_attempts_it_is_unknown(self):
        assert np.isnan(effective_attempts(np.zeros((1, 3)), np.zeros((1, 3)))).all()

    def test_refuses_other_shapes(self):
        with pytest.raises(ValueError, match="every task"):
            effective_attempts(np.zeros((1, 3)), np.zeros((1, 4)))

    def test_arguments_stay_as_they_were(self, frozen):
        effective_attempts(frozen(np.array([[1.0, 0.0, 2.0]])), frozen(np.array([[2.0, 2.0, 2.0]])))


class TestAccuracyInterval:
    def test_covers_the_truth_on_repeated_attempts_where_nominal_wilson_does_not(self):
        """Five attempts of 50 tasks whose difficulties vary: the architecture says 92–98 % against 72–74 %, pooled over settings."""
        rng = np.random.default_rng(20)
        covered, covered_nominal = [], []
        for a, b in ((0.5, 0.5), (1.0, 1.0), (0.6, 1.4), (2.0, 0.7)):
            chance = rng.beta(a, b, size=(1500, 50))
            measure = Measure(np.full((1500, 50), 5.0), rng.binomial(5, chance).astype(float))
            low, high = accuracy_interval(measure, np.full(1500, 250.0), np.zeros(1500, dtype=bool))
            covered.append(((low <= a / (a + b)) & (a / (a + b) <= high)).mean())
            low, high = wilson(measure.mean, np.full(1500, 250))
            covered_nominal.append(((low <= a / (a + b)) & (a / (a + b) <= high)).mean())
        assert 0.92 < np.mean(covered) < 0.98
        assert np.mean(covered_nominal) < 0.80

    def test_covers_the_truth_with_few_tasks_and_unequal_attempts(self):
        rng = np.random.default_rng(21)
        attempts = np.tile([1.0, 2.0, 5.0, 3.0], 5)
        chance = rng.beta(1.0, 1.0, size=(3000, 20))
        measure = Measure(np.tile(attempts, (3000, 1)), rng.binomial(attempts.astype(int), chance).astype(float))
        low, high = accuracy_interval(measure, np.full(3000, attempts.sum()), np.zeros(3000, dtype=bool))
        assert 0.92 < ((low <= 0.5) & (high >= 0.5)).mean() < 0.98

    def test_fewer_than_ten_tasks_have_none_published_rows_have_plain_wilson(self):
        measure = Measure(np.array([[1.0] * 9 + [0.0], [90.0] + [0.0] * 9]), np.array([[1.0] * 5 + [0.0] * 5, [45.0] + [0.0] * 9]))
        low, high = accuracy_interval(measure, np.array([9, 90]), np.array([False, True]))
        expected = binomtest(45, 90).proportion_ci(method="wilson")
        assert np.isnan([low[0], high[0]]).all()
        assert (low[1], high[1]) == (pytest.approx(expected.low), pytest.approx(expected.high))


class TestBinomialDraws:
    def test_twins_draw_alike_and_others_do_not(self):
        first = binomial_draws(0.4, 225, (1.5,))
        assert (binomial_draws(0.4, 225, (1.5,)) == first).all()
        for other in (
            binomial_draws(0.4, 224, (1.5,)),
            binomial_draws(0.41, 225, (1.5,)),
            binomial_draws(0.4, 225, (1.6,)),
            binomial_draws(0.4, 225, (1.5,), seed=1),
        ):
            assert (other != first).mean() > 0.5

    def test_has_mean_and_spread_of_the_binomial(self):
        draws = binomial_draws(0.3, 50, (), n_bootstrap=20_000)
        assert draws.mean() == pytest.approx(0.3, abs=0.002)
        assert draws.var() == pytest.approx(0.3 * 0.7 / 50, rel=0.03)

    def test_negative_zero_is_zero(self):
        assert (binomial_draws(0.5, 20, (-0.0,)) == binomial_draws(0.5, 20, (0.0,))).all()

    @pytest.mark.parametrize(("accuracy", "n"), [(1.2, 10), (0.5, 0), (float("nan"), 10)])
    def test_refuses_what_no_row_can_show(self, accuracy, n):
        with pytest.raises(ValueError, match="published row"):
            binomial_draws(accuracy, n, ())


class TestNewcombe:
    @pytest.mark.parametrize(
        ("larger", "smaller", "low", "high"),
        [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((0, 10), (0, 20), -0.1611, 0.2775),
        ],
    )
    def test_newcombe_1998_table_two(self, larger, smaller, low, high):
        """Newcombe, Statistics in Medicine 17 (1998), pages 873-890, table II, method 10."""

        def row(counts):
            share = counts[0] / counts[1]
            return (share, *(float(end[0]) for end in wilson(np.array([share]), np.array([counts[1]]))))

        assert newcombe(row(smaller), row(larger)) == pytest.approx((low, high), abs=5e-5)

    def test_refuses_an_accuracy_outside_its_interval(self):
        with pytest.raises(ValueError, match="inside"):
            newcombe((0.5, 0.6, 0.7), (0.5, 0.4, 0.6))
