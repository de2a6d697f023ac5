"""Break-even: the published 843 runs, and a line against a staircase found again by trying every volume."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from analytics.break_even import BATCHES, bills, cheapest_fleet, crossings, monthly_saving, one_off, own_against_api
from analytics.projection import baseline, on_gpu
from tests.analytics.test_power import CARD, fields

money = st.one_of(st.just(0.0), st.floats(0.001, 1e4))


def test_the_published_break_even():
    """Arxiv:2512.02543: 843 episodes at 0.059 and 0.024 USD, over 34,900 USD saved after a million."""
    found = one_off(29.5, 0.059, 0.024)
    assert found.break_even_runs == 843
    assert found.saving_at[1_000_000] > 34_900
    assert round(843 * (0.059 - 0.024), 1) == 29.5


@given(money, money, money)
def test_it_is_the_first_run_that_pays(once, old, new):
    found = one_off(once, old, new, at=(7,))
    assert found.saving_at[7] == pytest.approx(7 * (old - new) - once, rel=1e-9, abs=1e-9)
    if found.break_even_runs is None:
        assert old <= new
        assert found.reason
        return
    n, saved = found.break_even_runs, old - new
    assume(saved > 1e-6 and n < 1e9)
    assert n * saved >= once * (1 - 1e-6)
    assert n == 0 or (n - 1) * saved < once * (1 + 1e-6)


def test_whole_runs_are_not_rounded_up():
    assert one_off(10.0, 0.1, 0.0).break_even_runs == 100
    assert one_off(0.3, 0.1, 0.0).break_even_runs == 3
    assert one_off(0.0, 1.0, 1.0).break_even_runs == 0


@pytest.mark.parametrize("wrong", [(-1, 1, 1), (1, math.inf, 1), (1, 1, math.nan)])
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="from 0 on"):
        one_off(*wrong)


@example(15, 266, 18)  # between 1188 and 1188.13 tasks a day the 67th replica does not pay yet: quarter tasks alone step over it
@given(st.integers(1, 40), st.integers(1, 400), st.integers(1, 400))
def test_the_crossings_are_those_of_trying_every_volume(price, replica, capacity):
    """Quarter tasks up to ten replicas more than where the answer lies, and just above every full replica: GPUs may lose for a moment."""
    first, good = crossings(price, replica, capacity)
    quarters = np.arange(1, 4 * (max(first or 0, good or 0) + 10 * capacity)) / 4
    volumes = np.union1d(quarters, np.arange(1, quarters[-1] // capacity) * capacity + 1e-6)
    own, api = np.ceil(volumes / capacity) * replica, volumes * price
    pays = own <= api
    if first is None:
        assert not pays.any()
        return
    assert pays.any()
    assert volumes[pays][0] - 0.25 < first <= volumes[pays][0]
    if good is None:
        assert not pays[-1]
        return
    assert pays[volumes >= good].all()
    before = volumes[(volumes < good) & ~pays]
    assert not len(before) or before[-1] >= good - 0.25


def test_free_and_worthless():
    assert crossings(0.0, 5.0, 10.0) == (None, None)
    assert crossings(-1.0, 0.0, 10.0) == (None, None)
    assert crossings(0.0, 0.0, 10.0) == (0.0, 0.0)


def test_own_gpus_against_an_api():
    log = fields(logged_cost_usd=0.05)
    start = baseline(log, volume=2000.0) | on_gpu(CARD)
    found = own_against_api(log, start, 1)
    assert found.replica_usd_per_day == 72.0
    assert found.break_even_tasks_per_day == pytest.approx(72 / 0.05)
    assert found.cheaper == "own"
    assert monthly_saving(found) == pytest.approx((2000 * 0.05 - 72 * found.gpus_needed) * 30.4375)
    low, high = found.break_even_tasks_per_day * 0.99, found.break_even_tasks_per_day * 1.01
    bill = bills(log, start, 1, [low, high])
    assert bill["own_usd_per_month"][0] > bill["usd_per_month"][0]
    assert bill["own_usd_per_month"][1] < bill["usd_per_month"][1]
    electric = own_against_api(log, start | {"usd_per_kwh": 0.3}, 1)
    assert electric.break_even_tasks_per_day == pytest.approx(72 / (0.05 - electric.electricity_usd_per_task))
    cheap = own_against_api(fields(logged_cost_usd=1e-6), start, 1)
    assert (cheap.break_even_tasks_per_day, cheap.cheaper) == (None, "api")
    assert "every volume" in cheap.reason
    unknown = own_against_api(fields(logged_cost_usd=math.nan), start, 1)
    assert (unknown.break_even_tasks_per_day, unknown.cheaper, unknown.reason, monthly_saving(unknown)) == (None, None, None, None)
    assert unknown.own_usd_per_month is not None


@pytest.mark.parametrize("limit", [None, 130.0, 75.0])
def test_the_cheapest_fleet_is_that_of_trying_all(limit):
    log = fields()
    start = baseline(log, volume=300_000.0) | on_gpu(CARD)
    found = cheapest_fleet(log, start, 1, max_latency_s=limit)
    tried = []
    for gpus in (1.0, 2.0, 4.0, 8.0, 16.0):
        for batch in BATCHES:
            one = own_against_api(log, start | {"gpus": gpus, "batch": batch}, 1)
            if one.own_usd_per_month is not None and (limit is None or one.own_latency_s <= limit):
                tried.append((one.own_usd_per_month, one.own_latency_s, gpus, batch))
    usd, latency, gpus, batch = min(tried)
    assert (found.own_usd_per_month, found.own_latency_s, found.gpus, found.batch) == (usd, latency, gpus, batch)


def test_no_fleet_names_the_nearest():
    log = fields()
    start = baseline(log, volume=1000.0) | on_gpu(CARD)
    fast = cheapest_fleet(log, start, 1, max_latency_s=1.0)
    assert fast.gpus is None
    assert "nothing stays within 1 s: the fastest" in fast.reason
    large = cheapest_fleet(fields(total_b=5000.0), start, 1)
    assert "up to 16 GPUs" in large.reason
    untimed = cheapest_fleet(fields(other_s=math.nan), start, 1, max_latency_s=1000.0)
    assert "do not time their steps" in untimed.reason
    assert cheapest_fleet(fields(other_s=math.nan), start, 1).gpus is not None
