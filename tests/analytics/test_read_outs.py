"""Read-outs under limits against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.read_outs import best_under_limits, cheapest_at, nearest_feasible, p_best

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 5), st.integers(0, 5))
def test_best_is_the_most_accurate_that_keeps_every_limit(rows, max_cost, max_latency):
    data = np.array(rows, dtype=float)
    limited, limits = data[:, 1:], np.array([max_cost, max_latency], dtype=float)
    fits = [(-a, c, k) for k, (a, c, s) in enumerate(rows) if c <= max_cost and s <= max_latency]
    assert best_under_limits(data[:, 0], data[:, 1], limited, limits) == (min(fits)[2] if fits else None)


def test_unknown_cost_does_not_fit():
    assert best_under_limits(np.array([0.9, 0.5]), np.array([1.0, 2.0]), np.array([[np.nan], [1.0]]), np.array([3.0])) == 1


def test_without_limits_everything_fits():
    assert best_under_limits(np.array([0.5, 0.9]), np.ones(2), np.zeros((2, 0)), np.zeros(0)) == 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 5))
def test_p_best_counts_resample_by_resample(seed, limit):
    rng = np.random.default_rng(seed)
    accuracy, cost = rng.integers(0, 4, size=(4, 25)) / 4, rng.integers(1, 6, size=(4, 25)).astype(float)
    hits = 0
    for b in range(25):
        fits = [k for k in range(4) if cost[k, b] <= limit]
        if 0 in fits:
            hits += (-accuracy[0, b], cost[0, b]) == min((-accuracy[k, b], cost[k, b]) for k in fits)
    assert p_best(0, accuracy, cost, cost[:, :, None], np.array([float(limit)])) == (hits / 25, 0.0)


def test_p_best_leaves_out_resamples_without_data():
    accuracy = np.array([[0.9, np.nan, 0.1, 0.9], [0.5, 0.5, 0.5, np.nan]])
    share, missing = p_best(0, accuracy, np.ones((2, 4)), np.zeros((2, 4, 0)), np.zeros(0))
    assert (share, missing) == (2 / 3, 0.25)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, 4))
def test_cheapest_reaches_the_accuracy_at_the_least_x(rows, level):
    reaches = [(x, -a, k) for k, (a, x, _) in enumerate(rows) if a >= level]
    data = np.array(rows, dtype=float)
    assert cheapest_at(data[:, 0] / 4, data[:, 1], level / 4) == (min(reaches)[2] if reaches else None)


def test_nearest_exceeds_by_the_smallest_factor():
    limited = np.array([[3.0, 1.0], [1.5, 4.0], [2.5, 2.0], [np.nan, 1.0]])
    assert nearest_feasible(np.ones(4), limited, np.array([1.0, 1.0])) == 2
    assert nearest_feasible(np.array([2.0, 1.0]), np.array([[5.0], [7.0]]), np.array([0.0])) == 1
    assert nearest_feasible(np.ones(1), np.array([[np.nan]]), np.array([1.0])) is None


def test_refuses_arguments_that_do_not_fit():
    with pytest.raises(ValueError, match="limit"):
        best_under_limits(np.ones(1), np.ones(1), np.ones((1, 2)), np.ones(1))
    with pytest.raises(ValueError, match="accuracy"):
        cheapest_at(np.ones(1), np.ones(1), 1.5)
    with pytest.raises(ValueError, match="feasible"):
        nearest_feasible(np.ones(1), np.ones((1, 0)), np.ones(0))
