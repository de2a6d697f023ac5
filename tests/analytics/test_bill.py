"""The chance to exceed a month's budget: against drawing whole months, and what must hold for any costs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.bill import chance_over


def test_it_is_that_of_drawn_months():
    """Skewed costs of 40 tasks, 500 tasks a month: the share of drawn months, mean and tasks drawn anew, that exceed the budget."""
    rng = np.random.default_rng(0)
    costs = rng.lognormal(0, 0.8, 40)
    means = rng.choice(costs, (2000, 40)).mean(axis=1)
    budget = 500 * costs.mean() * 1.12
    months = np.array([rng.choice(rng.choice(costs, 40), 500).sum() for _ in range(4000)])
    found = chance_over(budget, means, costs.std(ddof=1), 500.0, days=1.0)
    assert found.p == pytest.approx((months > budget).mean(), abs=0.03)
    assert found.basis == "bootstrap of the mean, normal over 500 tasks"


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=20), st.floats(0, 5), st.floats(0, 1000), st.floats(0.1, 1e4), st.floats(1, 2))
def test_a_larger_budget_is_exceeded_less(means, spread, volume, budget, factor):
    one, two = (chance_over(b, np.array(means), spread, volume) for b in (budget, budget * factor))
    assert 0 <= two.p <= one.p <= 1


def test_what_is_not_known():
    assert chance_over(1.0, np.array([]), 1.0, 10.0) is None
    assert chance_over(1.0, np.array([np.nan]), 1.0, 10.0) is None
    assert chance_over(1.0, np.array([1.0]), np.nan, 10.0) is None
    assert chance_over(1.0, np.array([1.0, np.nan]), 0.0, 10.0).p == 1.0
    assert "rough" in chance_over(1.0, np.array([1.0]), 1.0, 1.0).basis
    with pytest.raises(ValueError, match="from 0 on"):
        chance_over(1.0, np.array([1.0]), 1.0, -1.0)
