"""Hypervolume against the area under the staircase and against counting small cubes."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.hypervolume import hypervolume_box, hypervolumes


def staircase_area(accuracy: list[float], share: list[float]) -> float:
    """Area in the unit square, `share` being the place of x in its box: strip by strip, the best accuracy so far."""
    order = sorted(zip(share, accuracy, strict=True))
    ends = [place for place, _ in order[1:]] + [1.0]
    best = itertools.accumulate((a for _, a in order), max)
    return sum((end - place) * a for (place, _), end, a in zip(order, ends, best, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12))
def test_two_objectives_are_the_area_under_the_staircase(points):
    accuracy, place = [a / 20 for a, _ in points], [b / 20 for _, b in points]
    samples = np.array([[[a, 10.0 ** (4 * b - 2)]] for a, b in zip(accuracy, place, strict=True)])
    assert hypervolumes(samples, [[0.0, 1.0], [0.01, 100.0]])[0] == pytest.approx(staircase_area(accuracy, place), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=8))
def test_three_objectives_are_the_small_cubes_dominated(points):
    cubes = {(i, j, k) for i, j, k in itertools.product(range(4), repeat=3) if any(i < a and j >= b and k >= c for a, b, c in points)}
    samples = np.array([[[a / 4, 10.0 ** (b / 4), 10.0 ** (c / 4)]] for a, b, c in points])
    assert hypervolumes(samples, [[0.0, 1.0], [1.0, 10.0], [1.0, 10.0]])[0] == pytest.approx(len(cubes) / 64, abs=1e-12)


def test_each_resample_is_measured_in_the_same_box():
    samples = np.array([[[0.5, 1.0], [0.6, 1.0], [0.5, 10.0]]])
    assert hypervolumes(samples, [[0.0, 1.0], [1.0, 100.0]]).tolist() == [0.5, 0.6, 0.25]


def test_outside_the_box_counts_as_its_edge_and_unknown_adds_nothing():
    samples = np.array([[[0.5, 0.001], [0.5, 0.0], [0.5, 1e6], [0.5, np.nan], [0.5, np.inf]]])
    assert hypervolumes(samples, [[0.0, 1.0], [1.0, 100.0]]).tolist() == [0.5, 0.5, 0.0, 0.0, 0.0]
    assert hypervolumes(np.empty((0, 2, 2)), [[0.0, 1.0], [1.0, 100.0]]).tolist() == [0.0, 0.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0.1, 0.4, 0.9, np.nan, np.inf])] * 3), min_size=2, max_size=8))
def test_a_point_that_is_not_known_in_full_is_as_if_it_were_not_there(points):
    samples = np.array(points)[:, None, :]
    known = samples[np.isfinite(samples).all(axis=(1, 2))]
    box = [[0.0, 1.0], [0.01, 1.0], [0.1, 1.0]]
    assert hypervolumes(samples, box).tolist() == hypervolumes(known, box).tolist()


@pytest.mark.parametrize(
    ("x", "box"),
    [
        ([0.02, 3.0], [0.01, 10.0]),
        ([0.01, 1.0], [0.01, 10.0]),
        ([1000.0], [1000.0, 10000.0]),
        ([0.0, 5.0], [1.0, 10.0]),
        ([57107.9, 776444.0], [10000.0, 1000000.0]),
    ],
)
def test_the_box_reaches_from_the_power_of_ten_below_to_the_one_above(x, box):
    points = np.array([[0.5, value] for value in x])
    assert hypervolume_box(points) == [[0.0, 1.0], box]


def test_without_a_positive_value_there_is_no_box():
    assert hypervolume_box(np.array([[0.5, 0.0]])) is None


def test_refuses_objectives_that_do_not_fit():
    with pytest.raises(ValueError, match="objective"):
        hypervolumes(np.ones((1, 1, 3)), [[0.0, 1.0], [1.0, 10.0]])
    with pytest.raises(ValueError, match="objective"):
        hypervolume_box(np.ones((4, 1)))


def test_arguments_stay_as_they_were(frozen):
    hypervolumes(frozen(np.array([[[0.5, 0.1]]])), [[0.0, 1.0], [0.01, 1.0]])
