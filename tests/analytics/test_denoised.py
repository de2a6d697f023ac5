"""Quantile regression of latencies: against an exhaustive search, against data of known making, and what is too little for a fit."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.denoised import MAX_CALLS, MIN_CALLS, denoised, quantile_loss


def calls(n: int, seed: int = 0, contention: float = 0.3):
    """Return calls of 0.4 s + 0.2 ms per input token + 15 ms per later output token, slowed by a random factor of at least 1."""
    rng = np.random.default_rng(seed)
    read, written = rng.integers(10, 5000, n).astype(float), rng.integers(1, 800, n).astype(float)
    work = 0.4 + 2e-4 * read + 0.015 * (written - 1)
    return read, written, work * (1 + rng.exponential(contention, n))


def test_the_work_is_found_under_the_waiting():
    read, written, seconds = calls(5000)
    found = denoised(read, written, seconds)
    share = np.log(1 / 0.9) * 0.3  # the 10 % quantile of the random factor
    assert found.s_per_output_token == pytest.approx(0.015 * (1 + share), rel=0.03)
    assert found.s_per_input_token == pytest.approx(2e-4 * (1 + share), rel=0.1)
    assert found.contention == pytest.approx(1.3 / (1 + share), rel=0.02)


def test_without_contention_the_coefficients_are_exact():
    read, written, seconds = calls(200, contention=0.0)
    found = denoised(read, written, seconds)
    assert (found.overhead_s, found.s_per_input_token, found.s_per_output_token) == pytest.approx((0.4, 2e-4, 0.015), rel=1e-6)
    assert found.contention == pytest.approx(1)
    assert found.share_explained == pytest.approx(1)
    assert found.latency_s(read, written) == pytest.approx(seconds)


def best_by_search(read: np.ndarray, written: np.ndarray, seconds: np.ndarray, quantile: float) -> float:
    """Return the least loss over all lines through three calls, and through fewer with the other coefficients zero."""
    design = np.column_stack([np.ones(len(read)), read, written - 1])
    best = quantile_loss(seconds, quantile)
    for size in (1, 2, 3):
        for columns in combinations(range(3), size):
            for points in combinations(range(len(read)), size):
                part = design[np.ix_(points, columns)]
                if abs(np.linalg.det(part)) < 1e-9:
                    continue
                coefficients = np.linalg.solve(part, seconds[list(points)])
                if (coefficients >= -1e-12).all():
                    best = min(best, quantile_loss(seconds - design[:, columns] @ coefficients, quantile))
    return best


@pytest.mark.parametrize(("seed", "quantile"), [(0, 0.1), (1, 0.1), (2, 0.5)])
def test_no_line_through_any_calls_has_a_smaller_loss(seed, quantile):
    """A linear program has an optimum at a corner: a line through as many calls as it has coefficients above zero."""
    read, written, seconds = (column[:MIN_CALLS] for column in calls(MIN_CALLS, seed, contention=1.0))
    found = denoised(read, written, seconds, quantile)
    loss = quantile_loss(seconds - found.latency_s(read, written), quantile)
    assert loss == pytest.approx(best_by_search(read, written, seconds, quantile), rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(MIN_CALLS, 150), st.sampled_from([0.05, 0.1, 0.5]))
def test_about_that_share_of_the_calls_is_faster(seed, n, quantile):
    read, written, seconds = calls(n, seed)
    found = denoised(read, written, seconds, quantile)
    below = seconds < found.latency_s(read, written) - 1e-9
    assert below.sum() <= quantile * n + 1e-9
    assert min(found.overhead_s, found.s_per_input_token, found.s_per_output_token) >= 0


def test_shuffled_calls_give_the_same_fit_bit_for_bit(frozen):
    columns = calls(500)
    order = np.random.default_rng(1).permutation(500)
    assert denoised(*(frozen(column[order]) for column in columns)) == denoised(*map(frozen, columns))


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0))
def test_another_unit_of_time_is_only_another_unit(factor):
    read, written, seconds = calls(100)
    one, other = denoised(read, written, seconds), denoised(read, written, factor * seconds)
    assert other.s_per_output_token == pytest.approx(factor * one.s_per_output_token, rel=1e-6)
    assert other.contention == pytest.approx(one.contention, rel=1e-6)


def test_many_calls_are_thinned_and_say_nearly_the_same():
    read, written, seconds = calls(3 * MAX_CALLS)
    found = denoised(read, written, seconds)
    assert found.n_calls == MAX_CALLS
    assert found.s_per_output_token == pytest.approx(0.015 * (1 + np.log(1 / 0.9) * 0.3), rel=0.01)


def test_unknown_and_impossible_calls_are_left_out():
    read, written, seconds = calls(100)
    odd = [(np.nan, 5.0, 1.0), (5.0, np.nan, 1.0), (5.0, 5.0, np.nan), (5.0, 5.0, -1.0), (5.0, 0.0, 1.0), (5.0, 5.0, np.inf)]
    more = [np.concatenate([column, extra]) for column, extra in zip((read, written, seconds), zip(*odd, strict=True), strict=True)]
    assert denoised(*more) == denoised(read, written, seconds)


def test_too_few_calls_give_a_sentence_instead():
    found = denoised(*(column[: MIN_CALLS - 1] for column in calls(MIN_CALLS)))
    assert found.reason == "29 calls have tokens and a latency; 30 are needed to tell waiting from work."
    assert found.overhead_s is None
    assert np.isnan(found.latency_s(np.ones(2), np.ones(2))).all()
    assert denoised(np.array([]), np.array([]), np.array([])).reason.startswith("0 calls")


def test_answers_of_one_length_give_a_sentence_instead():
    found = denoised(np.arange(50.0), np.full(50, 10.0), np.arange(50.0))
    assert found.reason == "The calls write nearly the same number of tokens each, so that the time of a token cannot be told."


def test_calls_that_took_no_time_have_no_contention_to_speak_of():
    found = denoised(np.zeros(40), np.arange(1.0, 41.0), np.zeros(40))
    assert (found.contention, found.share_explained) == (None, None)


@pytest.mark.parametrize("quantile", [0.0, 1.0, np.nan])
def test_no_such_quantile(quantile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        denoised(*calls(40), quantile)


def test_arrays_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match="every call"):
        denoised(np.ones(40), np.ones(40), np.ones(39))
