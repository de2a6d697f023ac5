"""Dominance, hull and knee against their definitions, spelled out pair by pair."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.dominance import dominators, is_knee, nondominated, on_hull, shares_nondominated

COARSE = st.integers(0, 6)  # few values, so that ties and equal points are common


def clouds(m: int):
    return st.lists(st.tuples(*[COARSE] * m), min_size=1, max_size=14).map(lambda points: np.array(points, dtype=float) / 8)


def literally_dominated(points: np.ndarray, i: int) -> bool:
    """Another point is no worse in every objective and better in one."""
    losses = [[-p[0], *p[1:]] for p in points.tolist()]
    return any(
        all(a <= b for a, b in zip(other, losses[i], strict=True)) and any(a < b for a, b in zip(other, losses[i], strict=True))
        for other in losses
    )


@settings(max_examples=60, deadline=None)
@given(st.one_of(clouds(2), clouds(3)))
def test_nondominated_is_the_definition_and_ties_stay(points):
    expected = [not literally_dominated(points, i) for i in range(len(points))]
    assert nondominated(points).tolist() == expected
    assert (~dominators(points).any(axis=1)).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(clouds(2))
def test_who_is_dominated_is_dominated_by_a_member(points):
    on, beaten_by = nondominated(points), dominators(points)
    for i in np.flatnonzero(~on):
        assert (beaten_by[i] & on).any()


def test_what_is_not_finite_takes_no_part():
    points = np.array([[0.9, np.nan], [np.nan, 0.1], [0.5, 1.0], [1.0, np.inf]])
    assert nondominated(points).tolist() == [False, False, True, False]
    assert not dominators(points).any()
    assert nondominated(np.full((2, 2), np.nan)).tolist() == [False, False]


def test_no_points_no_members():
    assert nondominated(np.empty((0, 2))).tolist() == []
    assert on_hull(np.array([]), np.array([])).tolist() == []
    assert is_knee(np.array([]), np.array([])).tolist() == []


def test_refuses_points_with_accuracy_alone():
    for function in (nondominated, dominators):
        with pytest.raises(ValueError, match="objective"):
            function(np.ones((3, 1)))
    with pytest.raises(ValueError, match="objective"):
        shares_nondominated(np.ones((3, 2, 1)))


def test_arguments_stay_as_they_were(frozen):
    points = frozen(np.array([[0.5, 1.0], [0.5, 1.0], [0.4, 2.0]]))
    nondominated(points)
    dominators(points)
    on_hull(frozen(np.array([1.0, 2.0, 3.0])), frozen(np.array([0.1, 0.5, 0.6])))
    is_knee(frozen(np.array([1.0, 2.0, 3.0])), frozen(np.array([0.1, 0.5, 0.6])))


class TestShares:
    def test_is_the_share_of_resamples_in_which_no_other_is_better(self):
        samples = np.random.default_rng(0).integers(0, 4, size=(6, 80, 2)) / 4
        share, missing = shares_nondominated(samples)
        expected = [np.mean([not literally_dominated(samples[:, b], i) for b in range(80)]) for i in range(6)]
        assert share.tolist() == expected
        assert not missing.any()

    def test_a_resample_without_data_is_left_out_and_one_at_infinity_is_lost(self):
        samples = np.array([[[0.5, 1.0]] * 4, [[0.9, 2.0], [0.9, np.nan], [0.9, np.inf], [0.4, 2.0]]])
        share, missing = shares_nondominated(samples)
        assert share.tolist() == [1.0, 1 / 3]
        assert missing.tolist() == [0.0, 0.25]

    def test_without_any_data_it_is_unknown(self):
        share, missing = shares_nondominated(np.full((1, 3, 2), np.nan))
        assert np.isnan(share[0])
        assert missing[0] == 1


def literally_on_hull(x: list[float], y: list[float], i: int) -> bool:
    """Between the cheapest and the most accurate, and no mixture of two others is as accurate at the same x."""
    first = max(y[j] for j in range(len(x)) if x[j] == min(x))
    last = min(x[j] for j in range(len(x)) if y[j] == max(y))
    if (x[i] == min(x) and y[i] == first) or (x[i] == last and y[i] == max(y)):
        return True
    if x[i] == min(x) or x[i] >= last:
        return False
    places = {(a, b) for a, b in zip(x, y, strict=True) if (a, b) != (x[i], y[i])}
    for (a, b), (c, d) in itertools.product(places, places):
        if a <= x[i] <= c and a < c and (b * (c - x[i]) + d * (x[i] - a)) >= y[i] * (c - a):
            return False
        if a == c == x[i] and b >= y[i]:
            return False
    return True


class TestHull:
    @settings(max_examples=80, deadline=None)
    @given(clouds(2))
    def test_a_corner_is_beaten_by_no_mixture_of_two_others(self, points):
        x, y = (points[:, 1] * 8).tolist(), (points[:, 0] * 8).tolist()
        assert on_hull(np.array(x), np.array(y)).tolist() == [literally_on_hull(x, y, i) for i in range(len(x))]

    def test_half_way_between_two_is_no_corner(self):
        assert on_hull(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.5, 1.0])).tolist() == [True, False, True]

    def test_twins_are_corners_together(self):
        assert on_hull(np.array([1.0, 1.0, 2.0]), np.array([0.2, 0.2, 0.9])).tolist() == [True, True, True]

    def test_refuses_unknown_numbers(self):
        with pytest.raises(ValueError, match="finite"):
            on_hull(np.array([1.0, np.nan]), np.array([0.1, 0.2]))


class TestKnee:
    def test_is_the_point_furthest_above_the_chord(self):
        """In powers of ten .01, .1, 1, 10 are 0, 1/3, 2/3, 1; accuracies .2, .6, .9, 1 are 0, .5, .875, 1: bulges .1667 and .2083."""
        assert is_knee(np.array([0.01, 0.1, 1.0, 10.0]), np.array([0.2, 0.6, 0.9, 1.0])).tolist() == [False, False, True, False]

    def test_needs_three_different_points(self):
        assert not is_knee(np.array([1.0, 10.0]), np.array([0.1, 0.9])).any()
        assert not is_knee(np.array([1.0, 10.0, 10.0]), np.array([0.1, 0.9, 0.9])).any()

    def test_is_nowhere_below_the_chord_or_at_no_cost(self):
        assert not is_knee(np.array([1.0, 10.0, 100.0]), np.array([0.0, 0.1, 1.0])).any()
        assert not is_knee(np.array([0.0, 10.0, 100.0]), np.array([0.0, 0.9, 1.0])).any()

    def test_twins_at_the_knee_are_both_shown(self):
        assert is_knee(np.array([1.0, 10.0, 10.0, 100.0]), np.array([0.0, 0.8, 0.8, 1.0])).tolist() == [False, True, True, False]

    @settings(max_examples=40, deadline=None)
    @given(clouds(2), st.floats(0.01, 100))
    def test_another_currency_has_the_same_knee(self, points, rate):
        x, y = points[:, 1] + 0.125, points[:, 0]
        bulge = np.log(x / x.min())
        if len(np.unique(np.round(bulge, 6))) < len(x):  # ties may fall either way after rounding
            return
        assert is_knee(x, y).sum() <= 1
        assert is_knee(x * 2**5, y).tolist() == is_knee(x, y).tolist()
