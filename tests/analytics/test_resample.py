"""Resampling: the weights are a bootstrap, and the sums have the same bits whatever stands beside them."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.resample import exact_sums, percentile_interval, resampled_means, resampled_sums, task_weights, weighted_quantile

AMOUNTS = st.floats(min_value=0, max_value=1e6, allow_subnormal=False)


def amounts(rows: int, columns: int, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(scale=3, size=(rows, columns)))


class TestTaskWeights:
    def test_counts_how_often_each_index_was_drawn(self):
        drawn = np.random.default_rng(5).integers(0, 7, size=(20, 7), dtype=np.int32)
        expected = [[Counter(row.tolist())[task] for row in drawn] for task in range(7)]
        assert task_weights(7, 20, 5).tolist() == expected

    def test_every_resample_has_as_many_tasks_as_there_are(self):
        weights = task_weights(13, 50)
        assert (weights.sum(axis=0) == 13).all()
        assert (weights >= 0).all()

    def test_has_mean_and_variance_of_a_multinomial_draw(self):
        weights = task_weights(50, 20_000)
        assert weights.mean() == 1
        assert weights.var() == pytest.approx(1 - 1 / 50, rel=0.01)

    def test_same_arguments_same_bits_other_seed_others(self):
        first = task_weights(11, 30, 1).copy()
        task_weights.cache_clear()
        assert (task_weights(11, 30, 1) == first).all()
        assert (task_weights(11, 30, 2) != first).any()

    def test_cannot_be_changed_by_who_gets_them(self):
        with pytest.raises(ValueError, match="read-only"):
            task_weights(3, 4)[0, 0] = 9

    @pytest.mark.parametrize("arguments", [(0, 10), (10, 0)])
    def test_refuses_nothing_to_draw(self, arguments):
        with pytest.raises(ValueError, match="at least one"):
            task_weights(*arguments)


class TestResampledSums:
    def test_whole_numbers_are_exact(self):
        rows = np.random.default_rng(0).integers(0, 1000, size=(5, 40))
        weights = task_weights(40, 100)
        assert (resampled_sums(rows, weights) == rows @ weights.astype(np.int64)).all()

    def test_is_close_to_the_exact_sum(self):
        rows, weights = amounts(3, 60), task_weights(60, 20)
        for k, totals in enumerate(resampled_sums(rows, weights)):
            for b, total in enumerate(totals):
                exact = sum(Fraction(x) * int(w) for x, w in zip(rows[k].tolist(), weights[:, b].tolist(), strict=True))
                assert abs(Fraction(total) - exact) <= 60 * 60 * Fraction(rows[k].max()) * Fraction(2) ** -52

    def test_same_bits_alone_and_among_others(self):
        """A matrix product adds in another order for another number of rows: twins once had P = 1.00 and 0.08 through one last bit."""
        rows, weights = amounts(33, 257), task_weights(257, 300)
        together = resampled_sums(rows, weights)
        for k in (0, 5, 32):
            assert (resampled_sums(rows[[k]], weights)[0] == together[k]).all()
        order = np.random.default_rng(1).permutation(33)
        assert (resampled_sums(rows[order], weights) == together[order]).all()

    def test_same_bits_for_any_order_of_tasks_and_any_memory_layout(self):
        rows, weights = amounts(4, 101), task_weights(101, 50)
        order = np.random.default_rng(2).permutation(101)
        together = resampled_sums(rows, weights)
        assert (resampled_sums(rows[:, order], weights[order]) == together).all()
        assert (resampled_sums(np.asfortranarray(rows), np.asfortranarray(weights)) == together).all()

    def test_zeros_for_tasks_nobody_drew_change_nothing(self):
        rows, weights = amounts(2, 30), task_weights(30, 40)
        padded = np.concatenate([rows, np.zeros((2, 5))], axis=1)
        wider = np.concatenate([weights, np.zeros((5, 40))])
        assert (resampled_sums(padded, wider) == resampled_sums(rows, weights)).all()

    @settings(max_examples=40, deadline=None)
    @given(st.lists(AMOUNTS, min_size=1, max_size=12), st.integers(0, 3))
    def test_any_order_of_addition_gives_the_same_bits(self, values, seed):
        weights = task_weights(len(values), 5, seed)
        forward = resampled_sums([values], weights)
        backward = resampled_sums([values[::-1]], weights[::-1])
        assert (forward == backward).all()

    def test_a_row_of_one_value_equals_the_product(self):
        weights = task_weights(9, 30)
        constant = resampled_sums(np.full((1, 9), 0.1), weights)
        assert constant == pytest.approx(np.full((1, 30), 0.9), rel=1e-14)
        assert (constant == constant[0, 0]).all()

    def test_refuses_what_is_not_finite(self):
        with pytest.raises(ValueError, match="finite"):
            resampled_sums([[1.0, np.nan]], task_weights(2, 3))

    def test_arguments_stay_as_they_were(self, frozen):
        resampled_sums(frozen(amounts(2, 6)), frozen(np.array(task_weights(6, 4))))

    def test_one_and_two_blas_threads_give_the_same_bits(self, root):
        """The kernel and the order of addition depend on the number of threads; the rounded rows do not care."""
        program = (
            "import sys, hashlib, numpy as np; sys.path.insert(0, '.');"
            "from analytics.resample import resampled_means, task_weights;"
            "rows = np.exp(np.random.default_rng(7).normal(scale=3, size=(60, 400)));"
            "means = resampled_means(rows, np.ones(rows.shape), task_weights(400, 500));"
            "print(hashlib.sha256(means.tobytes()).hexdigest())"
        )
        digests = set()
        for threads in ("1", "2"):
            environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
            done = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True)
            digests.add(done.stdout.strip())
        rows = amounts(60, 400)
        digests.add(hashlib.sha256(resampled_means(rows, np.ones(rows.shape), task_weights(400, 500)).tobytes()).hexdigest())
        assert len(digests) == 1


class TestResampledMeans:
    def test_mouse_data_of_efron_and_tibshirani(self):
        """*An Introduction to the Bootstrap*, table 2.2: the bootstrap standard error of the treated mice's mean, B → ∞, is 23.36 days."""
        days = np.array([[94.0, 197.0, 16.0, 38.0, 99.0, 141.0, 23.0]])
        means = resampled_means(days, np.ones_like(days), task_weights(7, 40_000))
        assert means.mean() == pytest.approx(86.86, rel=0.01)
        assert means.std() == pytest.approx(23.36, rel=0.01)

    def test_pools_attempts_of_unequal_tasks(self):
        weights = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
        means = resampled_means([[3.0, 10.0, 0.0]], [[1.0, 5.0, 0.0]], weights)
        assert means.tolist() == [[6 / 2, 20 / 10]]


class TestPercentileInterval:
    def test_equals_numpy_where_all_is_known(self):
        samples = amounts(6, 777)
        low, high = percentile_interval(samples)
        assert low == pytest.approx(np.quantile(samples, 0.025, axis=1), rel=1e-12)
        assert high == pytest.approx(np.quantile(samples, 0.975, axis=1), rel=1e-12)

    def test_without_success_in_three_percent_the_upper_end_is_unbounded(self):
        samples = np.array([[np.inf] * 3 + [2.0] * 97, [np.inf] + [2.0] * 99, [np.inf] * 100])
        low, high = percentile_interval(samples)
        assert low.tolist() == [2.0, 2.0, np.inf]
        assert high.tolist() == [np.inf, 2.0, np.inf]

    def test_one_percent_of_missing_resamples_is_left_out_more_is_too_many(self):
        samples = np.array([[np.nan] * 1 + [1.0] * 99, [np.nan] * 2 + [1.0] * 98])
        low, high = percentile_interval(samples)
        assert np.array_equal(low, [1.0, np.nan], equal_nan=True)
        assert np.array_equal(high, [1.0, np.nan], equal_nan=True)

    def test_refuses_a_level_of_two(self):
        with pytest.raises(ValueError, match="level"):
            percentile_interval(np.ones((1, 3)), level=2)


class TestWeightedQuantile:
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), min_size=1, max_size=40),
        st.sampled_from([0.0, 0.25, 0.5, 0.95, 1.0]),
        st.integers(0, 5),
    )
    def test_is_numpys_percentile_of_the_repeated_attempts(self, attempts, quantile, seed):
        values, tasks = (np.array(column) for column in zip(*attempts, strict=True))
        weights = task_weights(6, 8, seed)
        found = weighted_quantile(values / 4, tasks, weights, quantile)
        for b in range(8):
            repeated = np.repeat(values / 4, weights[tasks, b].astype(int))
            expected = np.quantile(repeated, quantile) if len(repeated) else np.nan
            assert found[b] == pytest.approx(expected, rel=1e-12, nan_ok=True)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(AMOUNTS, min_size=1, max_size=60), st.sampled_from([0.5, 0.95]))
    def test_with_ones_it_is_the_linear_percentile(self, values, quantile):
        found = weighted_quantile(np.array(values), np.zeros(len(values), dtype=int), np.ones((1, 1)), quantile)
        assert found[0] == pytest.approx(np.quantile(values, quantile), rel=1e-12)

    def test_each_task_once_counts_the_many_attempts_of_a_task_less(self):
        """Task 0 has one attempt of 10 s, task 1 four of 1 s: by task both weigh 2.5, so rank 2 of 0–4 is past the ones."""
        values, tasks = np.array([10.0, 1.0, 1.0, 1.0, 1.0]), np.array([0, 1, 1, 1, 1])
        by_attempt = weighted_quantile(values, tasks, np.ones((2, 1)), 0.3)
        by_task = weighted_quantile(values, tasks, np.array([[2.5], [0.625]]), 0.3)
        assert (by_attempt[0], by_task[0]) == (1.0, pytest.approx(1 + 0.2 * 9))

    def test_row_order_changes_no_bit(self):
        values, tasks = amounts(1, 200)[0].round(1), np.random.default_rng(3).integers(0, 9, 200)
        order = np.random.default_rng(4).permutation(200)
        weights = task_weights(9, 100) * np.linspace(0.3, 1.7, 9)[:, None]
        first = weighted_quantile(values, tasks, weights, 0.95)
        assert (weighted_quantile(values[order], tasks[order], weights, 0.95) == first).all()

    def test_without_values_nothing_is_known(self):
        assert np.isnan(weighted_quantile(np.array([]), np.array([], dtype=int), np.ones((2, 3)), 0.5)).all()

    @pytest.mark.parametrize(("values", "quantile"), [([1.0], 1.5), ([1.0, 2.0], 0.5)])
    def test_refuses_arguments_that_do_not_fit(self, values, quantile):
        with pytest.raises(ValueError, match="quantile"):
            weighted_quantile(np.array(values), np.array([0]), np.ones((1, 1)), quantile)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(min_value=-1e12, max_value=1e12), max_size=20))
def test_exact_sums_are_rounded_once(values):
    exact = sum((Fraction(value) for value in values), Fraction(0))
    assert exact_sums(np.array([values]))[0] == float(exact)
