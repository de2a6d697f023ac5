"""When a cost is known, what is said where it is not, and the cost of a success."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cost import KNOWN_SHARE, at_least, cost_per_success, cost_source, known_share, monthly, plain_number, unknown_reason


def test_ninety_nine_percent_is_known_enough_a_hair_less_is_not():
    share = known_share(np.array([297, 296, 300]), np.array([300, 300, 300]))
    assert (share >= KNOWN_SHARE).tolist() == [True, False, True]


def test_more_known_than_made_is_refused():
    with pytest.raises(ValueError, match="more attempts"):
        known_share(np.array([3]), np.array([2]))


def test_a_lower_bound_spreads_the_known_cost_over_all_attempts():
    assert at_least(np.array([284 * 0.05]), np.array([284]), np.array([300]))[0] == pytest.approx(284 * 0.05 / 300)
    assert np.isnan(at_least(np.array([0.0, 5.0]), np.array([0, 10]), np.array([10, 10]))).all()


@pytest.mark.parametrize(
    ("noun", "n_known", "bound", "sentence"),
    [
        ("cost", 284, 0.0031, "cost known for 284 of 300 attempts (≥ $0.0031)"),
        ("cost", 0, 0.0, "cost unknown"),
        ("latency", 20, 12.345, "latency known for 20 of 300 attempts (≥ 12.3 s)"),
        ("tokens", 1, 123456.0, "tokens known for 1 of 300 attempts (≥ 123000)"),
        ("accuracy", 0, 0.0, "accuracy unknown"),
    ],
)
def test_the_reason_begins_with_the_missing_measure(noun, n_known, bound, sentence):
    assert unknown_reason(noun, n_known, 300, bound) == sentence


@settings(max_examples=40, deadline=None)
@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_plain_number_has_no_exponent_and_three_digits(value):
    text = plain_number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(("counts", "source"), [((1, 0), "logged"), ((0, 1), "priced"), ((1, 1), "mixed"), ((0, 0), None)])
def test_the_source_of_costs(counts, source):
    assert cost_source(*counts) == source


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=1, max_size=30))
def test_cost_per_success_is_the_money_spent_by_the_successes_made(attempts):
    cents, solved = (list(column) for column in zip(*attempts, strict=True))
    n = len(attempts)
    found = cost_per_success(np.array([sum(cents) / 100 / n]), np.array([sum(solved) / n]))[0]
    if not any(solved):
        assert found == np.inf
    else:
        assert found == pytest.approx(float(Fraction(sum(cents), 100 * sum(solved))), rel=1e-12)


def test_unknown_cost_or_accuracy_is_no_cost_per_success_and_free_failure_is_still_none():
    found = cost_per_success(np.array([np.nan, 1.0, 0.0]), np.array([0.5, np.nan, 0.0]))
    assert np.array_equal(found, [np.nan, np.nan, np.inf], equal_nan=True)


def test_published_cost_of_pass_of_the_retail_example():
    """Cost per task 0.047215 USD at accuracy .85: the sample logs' README states 0.05555 USD per success."""
    assert cost_per_success(np.array([0.047215]), np.array([0.85]))[0] == pytest.approx(0.05555, abs=5e-6)


def test_costs_and_accuracies_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="every cost"):
        cost_per_success(np.ones(2), np.ones(3))


def test_a_month_is_a_twelfth_of_a_year_of_365_and_a_quarter_days():
    assert monthly(0.5, 8) == pytest.approx(0.5 * 8 * 365.25 / 12)
    assert monthly(None, 8) is None
    for volume in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="tasks per day"):
            monthly(0.5, volume)
