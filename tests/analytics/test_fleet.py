"""The load simulation against queueing theory where that is exact, and against laws that hold for every queue."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.calls import Sequences, sequences
from analytics.fleet import Fleet, capacity_per_hour, fleet, load_curve, simulate
from analytics.hardware import CALIBRATED, Gpu, Model, roofline
from tests.projections import NAMES, logged, raw


def erlang_c(load, servers):
    """Chance to wait in M/M/c, from the sum of the textbook."""
    terms = [load**n / np.prod(np.arange(1, n + 1, dtype=float)) for n in range(servers + 1)]
    waits = terms[-1] * servers / (servers - load)
    return waits / (sum(terms[:-1]) + waits)


def exponential(n=20_000, seed=1):
    """One call per task: no prefill, exponential lengths of mean 1."""
    rng = np.random.default_rng(seed)
    return Sequences(np.arange(n + 1), np.ones(n), np.zeros(n), 1 + rng.exponential(1.0, n), np.zeros(n))


def test_erlang_c_is_that_of_the_tables():
    """Kleinrock: one server waits as often as it is busy; two at one erlang 1/3; ten at eight 0.409."""
    assert erlang_c(0.5, 1) == pytest.approx(0.5)
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    assert erlang_c(8.0, 10) == pytest.approx(0.409, abs=5e-4)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.7), (3, 0.8), (10, 0.8)])
def test_without_batching_it_is_m_m_c(servers, load):
    """Mean time in M/M/c = C(c, a) / (cμ − λ) + 1/μ, within the sampling error of ten runs."""
    calls = exponential()
    mu, rate = 1 / (calls.output_tokens - 1).mean(), servers * load
    on = Fleet(servers, np.zeros(calls.n), np.array([0.0, 1.0]))
    expected = erlang_c(rate / mu, servers) / (servers * mu - rate) + 1 / mu
    found = [simulate(calls, on, 3600 * rate, n_tasks=4000, seed=seed).latency_s.mean() for seed in range(10)]
    assert np.mean(found) == pytest.approx(expected, abs=3.5 * np.std(found, ddof=1) / np.sqrt(len(found)))
    assert np.std(found) < 0.35 * expected


def test_with_a_step_that_grows_with_the_batch_it_shares_the_processor():
    """M/M/1-PS: 1 / (μ − λ), whatever the lengths; the same server with batches of one is M/M/1 with the same mean."""
    calls = exponential()
    mu, rate = 1 / (calls.output_tokens - 1).mean(), 0.6
    on = Fleet(1, np.zeros(calls.n), np.arange(400.0))
    found = [simulate(calls, on, 3600 * rate, n_tasks=4000, seed=seed).latency_s.mean() for seed in range(10)]
    assert np.mean(found) == pytest.approx(1 / (mu - rate), abs=3.5 * np.std(found, ddof=1) / np.sqrt(len(found)))


tasks = st.lists(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 50), st.floats(0, 5)), min_size=1, max_size=4), min_size=1, max_size=6
)  # fmt: skip


def made(work):
    calls = [call for task in work for call in task]
    first = np.concatenate([[0], np.cumsum([len(task) for task in work])])
    n = len(calls)
    sequence = Sequences(first, np.ones(n), np.zeros(n), 1 + np.array([c[1] for c in calls]), np.array([c[2] for c in calls]))
    return sequence, np.array([c[0] for c in calls])


@settings(max_examples=60, deadline=None)
@given(tasks, st.integers(1, 3), st.integers(1, 4), st.floats(10, 20_000), st.integers(0, 5))
def test_littles_law_and_what_cannot_be_beaten(work, replicas, batch, load, seed):
    """L = λW holds to rounding for any queue that starts and ends empty: L is counted event by event, W from arrivals and ends."""
    calls, prefill = made(work)
    on = Fleet(replicas, prefill, 0.01 * np.arange(batch + 1) ** 0.5)
    run = simulate(calls, on, load, n_tasks=60, seed=seed)
    spent = run.done_s - run.arrived_s
    window = run.done_s.max() - run.arrived_s[0]
    assert run.mean_in_system * window == pytest.approx(spent.sum(), rel=1e-9, abs=1e-9)
    alone = np.array([prefill[a:b].sum() + (0.01 * (calls.output_tokens[a:b] - 1)).sum() + calls.wait_s[a:b].sum()
                      for a, b in zip(calls.first, calls.first[1:], strict=False)])  # fmt: skip
    assert (spent >= alone.min() - 1e-9).all()
    assert 0 <= run.busy_share <= 1 + 1e-9
    assert run.mean_batch <= batch + 1e-9


@settings(max_examples=30, deadline=None)
@given(tasks, st.integers(0, 5))
def test_alone_a_task_takes_the_sum_of_its_parts(work, seed):
    calls, prefill = made(work)
    run = simulate(calls, Fleet(1, prefill, np.array([0.0, 0.01, 0.02])), 1e-4, n_tasks=20, seed=seed)
    drawn = np.random.default_rng(seed)
    drawn.exponential(1.0, 20)
    each = [prefill[a:b].sum() + 0.01 * (calls.output_tokens[a:b] - 1).sum() + calls.wait_s[a:b].sum()
            for a, b in ((calls.first[k], calls.first[k + 1]) for k in drawn.integers(0, calls.n, 20))]  # fmt: skip
    np.testing.assert_allclose(run.done_s - run.arrived_s, each, rtol=1e-6, atol=1e-6)


def test_two_at_once_by_hand():
    """Both prompts stop the replica for 1 s, then 4 tokens each at 0.2 s a step for two, 0.1 s for one."""
    calls = Sequences(np.array([0, 1]), np.ones(1), np.zeros(1), np.array([5.0]), np.zeros(1))
    on = Fleet(1, np.array([1.0]), np.array([0.0, 0.1, 0.2]))
    run = simulate(calls, on, 3600e6, n_tasks=2)  # the second comes at once
    assert run.done_s == pytest.approx([2.8, 2.8], abs=1e-4)
    assert simulate(calls, Fleet(2, np.array([1.0]), np.array([0.0, 0.1, 0.2])), 3600e6, n_tasks=2).done_s == pytest.approx(
        [1.4, 1.4], abs=1e-4
    )
    queued = simulate(calls, Fleet(1, np.array([1.0]), np.array([0.0, 0.1])), 3600e6, n_tasks=3)
    assert queued.done_s == pytest.approx([1.4, 2.8, 4.2], abs=1e-4)


def test_the_same_seed_gives_the_same_run():
    calls = exponential(50)
    on = Fleet(2, np.full(50, 0.1), np.array([0.0, 1.0, 1.2]))
    one, two, other = (simulate(calls, on, 2000.0, n_tasks=200, seed=seed).done_s for seed in (3, 3, 4))
    assert one.tobytes() == two.tobytes() != other.tobytes()


def test_p95_against_load_its_knee_and_the_highest_load():
    calls = exponential(500)
    on = Fleet(4, np.zeros(500), np.array([0.0, 1.0]))
    curve = load_curve(calls, on, n_tasks=3000)
    assert curve.capacity_per_hour == pytest.approx(4 * 3600 / (calls.output_tokens - 1).mean())
    assert curve.p95_s[-1] > 2 * curve.p95_s[0]
    assert (curve.p50_s < curve.p95_s).all()
    assert 0.5 <= curve.knee_per_hour / curve.capacity_per_hour <= 0.95
    assert 0.9 <= curve.sustained_per_hour / curve.capacity_per_hour <= 1.0
    assert not simulate(calls, on, 1.5 * curve.capacity_per_hour, n_tasks=3000).is_sustained
    limited = load_curve(calls, on, n_tasks=3000, max_p95_s=float(curve.p95_s[4]))
    assert limited.sustained_per_hour == curve.tasks_per_hour[curve.p95_s <= curve.p95_s[4]].max()
    assert "even at 10% of the capacity" in load_curve(calls, on, n_tasks=200, max_p95_s=0.01).reason


@pytest.mark.parametrize("shares", [(), (0.0, 0.5), (0.5, 0.4)])
def test_loads_rise(shares):
    with pytest.raises(ValueError, match="rise"):
        load_curve(exponential(5), Fleet(1, np.zeros(5), np.array([0.0, 1.0])), shares=shares)
    with pytest.raises(ValueError, match="load"):
        simulate(exponential(5), Fleet(1, np.zeros(5), np.array([0.0, 1.0])), 0.0)


def test_a_fleet_has_the_speeds_of_the_hardware_model():
    calls = Sequences(np.array([0, 2]), np.array([1000.0, 3000.0]), np.array([0.0, 1000.0]), np.array([100.0, 300.0]), np.zeros(2))
    card, small = Gpu("card", 80.0, 3.35, 989.0, 1979.0, 700.0, 3.0), Model("8B", 8.03, 8.03, 32.0, 32.0, 8.0, 128.0)
    on = fleet(calls, card, small, replicas=3, largest_batch=64.0)
    assert (on.replicas, on.largest_batch) == (3, 64)
    mean = {"prompt_tokens": 2000.0, "output_tokens": 200.0, "efficiency": CALIBRATED}
    assert on.step_s[64] == roofline(card, small, batch=64.0, **mean).step_s
    assert on.prefill_s[1] == roofline(card, small, prompt_tokens=3000.0, output_tokens=300.0, cached_tokens=1000.0).ttft_s
    seconds = on.prefill_s.sum() + (99 + 299) * on.step_s[64] / 64
    assert capacity_per_hour(calls, on) == pytest.approx(3 * 3600 / seconds)
    assert fleet(calls, card, Model("405B", 405.0, 405.0, 126.0, 128.0, 8.0, 128.0), replicas=1) is None
    assert fleet(calls, card, Model("?", np.nan, np.nan, 1.0, 1.0, 1.0, 1.0), replicas=1) is None


@pytest.fixture(scope="module")
def log():
    return logged()


@pytest.mark.parametrize("cap", [np.inf, 3.0])
def test_sequences_hold_the_calls_of_the_log(log, cap):
    """As many calls and tokens as the raw steps, task by task; the waits are the time outside of calls."""
    front, details = log
    steps = next(p.configuration for p in front.points if details.labels[p.configuration] == NAMES[3])
    found = sequences(details.turns, details.times, steps, cap=cap)
    rows = [row for row in raw() if row["configuration"] == NAMES[3]]
    own = [[s for s in row["steps"] if s["kind"] == "llm" and s["turn"] <= cap] for row in rows]
    assert found.n == len(rows)
    assert sorted(np.diff(found.first)) == sorted(map(len, own))
    assert found.output_tokens.sum() == pytest.approx(sum(s["output_tokens"] for calls in own for s in calls))
    assert found.cached_tokens.sum() == pytest.approx(sum(s["cache_read_tokens"] for calls in own for s in calls))
    whole = sum(s["total_tokens"] - s["output_tokens"] for calls in own for s in calls)
    assert found.prompt_tokens.sum() == pytest.approx(whole)
    outside = sum(s["duration_s"] for row in rows for s in row["steps"] if s["kind"] == "tool")
    assert found.wait_s.sum() == pytest.approx(outside)
    without = sequences(details.turns, details.times.iloc[:0], steps)
    assert without.wait_s.sum() == 0


def test_with_one_attempt_per_task_sequences_are_the_logged_ones():
    rows = [row for row in raw(n_tasks=12, n_attempts=1) if row["configuration"] == NAMES[3]]
    turns = pd.DataFrame([
        {"configuration": "a", "benchmark": "b", "task": row["task"], "turn": s["turn"], "n": 1, "n_tokens": 1,
         **{f"sum_{name}": s[name] for name in ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")}}
        for row in rows for s in row["steps"] if s["kind"] == "llm"
    ])  # fmt: skip
    found = sequences(turns, pd.DataFrame(), "a")
    expected = [s["output_tokens"] for row in rows for s in row["steps"] if s["kind"] == "llm"]
    assert found.output_tokens.tolist() == expected
    assert sequences(turns, pd.DataFrame(), "b") is None
    assert sequences(turns.assign(n_tokens=0), pd.DataFrame(), "a") is None


@pytest.mark.slow
def test_two_thousand_arrivals_of_agents_take_about_a_second(log):
    from time import process_time

    rng = np.random.default_rng(0)
    n, calls_each = 300, 8
    calls = Sequences(np.arange(n + 1) * calls_each, *(rng.uniform(low, high, n * calls_each) for low, high in
                                                      ((500, 9000), (0, 500), (50, 900), (0, 8))))  # fmt: skip
    card, small = Gpu("card", 80.0, 3.35, 989.0, 1979.0, 700.0, 3.0), Model("8B", 8.03, 8.03, 32.0, 32.0, 8.0, 128.0)
    on = fleet(calls, card, small, replicas=8)
    start = process_time()
    simulate(calls, on, 0.8 * capacity_per_hour(calls, on))
    assert process_time() - start < 3  # 0.1 s on an idle core
