"""E³ by hand, and accuracy against relative effort by a loop."""

import numpy as np
import pytest

from analytics.effort import EDGES, e3, relative_effort
from analytics.resample import task_weights


def test_e3_of_the_paper_is_on_the_scale_of_percent():
    """DS-Qwen-32B's .16 and .47 can only be A²/T with A in percent: as a fraction, T would be below five tokens."""
    assert e3(45, 4300) == pytest.approx(10_000 * e3(0.45, 4300)) == pytest.approx(0.471, abs=1e-3)
    with pytest.raises(ValueError):
        e3(0.5, 0)


def test_bins_are_those_of_a_loop():
    rng = np.random.default_rng(4)
    tasks = np.repeat(np.arange(15), 4)
    tokens = rng.integers(1, 500, 60).astype(float)
    tokens[7] = np.nan
    successes = rng.integers(0, 2, 60)
    weights = task_weights(15, 300, 1)
    found = relative_effort(successes, tokens, tasks, weights)
    efforts = np.array([tokens[i] / np.nanmean(tokens[tasks == tasks[i]]) for i in range(60)])
    for each in found:
        inside = (efforts >= each.low_effort) & (efforts < each.high_effort)
        assert (each.n_attempts, each.accuracy) == (inside.sum(), pytest.approx(successes[inside].mean()))
        assert np.isnan(each.low) or each.low <= each.accuracy <= each.high
    assert sum(each.n_attempts for each in found) == 59
    assert any(not np.isnan(each.low) for each in found)
    assert [each.low_effort for each in found] == sorted({EDGES[np.digitize(e, EDGES) - 1] for e in efforts[~np.isnan(efforts)]})


def test_single_attempts_and_unknown_tokens_take_no_part():
    assert relative_effort([1, 0], [5, 9], [0, 1]) == ()
    assert relative_effort([1, 0], [np.nan, np.nan], [0, 0]) == ()
    assert relative_effort([1, 0], [0, 0], [0, 0]) == ()
    with pytest.raises(ValueError):
        relative_effort([1], [1, 2], [0, 0])


def test_a_bin_without_success_may_yet_have_some():
    """All long attempts failed: resampling could not vary that, and the interval was 0 to 0."""
    tasks, tokens = np.repeat(np.arange(20), 2), np.tile([100.0, 300.0], 20)
    short, long = relative_effort(np.tile([1, 0], 20), tokens, tasks, task_weights(20, 200, 0))
    assert (short.high, long.low) == (1.0, 0.0)
    assert long.high == pytest.approx(1 - short.low) == pytest.approx(0.161, abs=1e-3)
