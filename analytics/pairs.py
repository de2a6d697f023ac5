"""Two configurations side by side: the difference that the tasks both have can show, and how many tasks would show it."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.accuracy import accuracy_interval, newcombe
from analytics.cost import KNOWN_SHARE
from analytics.coverage import Tasks, coverage
from analytics.grid import Grid, Measure, Weights, grid
from analytics.points import known
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, percentile_interval, resampled_means, task_weights

_DETECTABLE = 2.8
"""1.96 + 0.84: a difference of so many standard errors is found at 5 % in four of five repetitions."""
_SAME_SCORE = 1e-9
"""Scores are stored to nine decimals: tasks whose means differ by less are ties."""


@dataclass(frozen=True)
class Pair:
    """Configuration `b` against `a`; None is unknown."""

    a: str
    b: str
    n_tasks: int | None
    """Tasks both attempted; None for published rows."""
    accuracy_difference: float | None
    """Accuracy of b − accuracy of a, as a fraction."""
    accuracy_difference_low: float | None
    accuracy_difference_high: float | None
    cost_ratio: float | None
    """Cost of b / cost of a, means per attempt."""
    cost_ratio_low: float | None
    cost_ratio_high: float | None
    latency_ratio: float | None
    """Latency of b / latency of a, means per attempt."""
    latency_ratio_low: float | None
    latency_ratio_high: float | None
    wins: int | None
    """Tasks on which b has the higher mean."""
    losses: int | None
    ties: int | None
    is_paired: bool
    """On the same tasks; False: from published numbers, as if measured apart."""
    is_approximate: bool


def paired_differences(accuracy: Measure, a: int, b: int, n_tasks: int) -> np.ndarray:
    """How much better b did than a on each task that both attempted.

    Parameters
    ----------
    accuracy : Measure
        Successes and attempts, shape (K, C).
    a, b : int
        Rows.
    n_tasks : int
        Number T of leading columns that are tasks.

    Returns
    -------
    numpy.ndarray, shape (number of shared tasks,)
        Mean of b − mean of a, between -1 and 1.

    Raises
    ------
    IndexError
        If a row does not exist.

    Notes
    -----
    d_t = s_bt / n_bt − s_at / n_at. Every task counts once, whatever its attempts; it misleads if attempts are very unequal.

    References
    ----------
    Miller, "Adding error bars to evals", arXiv:2411.00640, 2024 (paired differences).

    Examples
    --------
    >>> paired_differences(Measure(np.array([[2, 1, 0], [2, 1, 1]]), np.array([[1.0, 1.0, 0.0], [2.0, 1.0, 1.0]])), 0, 1, 3).tolist()
    [0.5, 0.0]
    """
    counts, sums = accuracy.counts[[a, b], :n_tasks], accuracy.sums[[a, b], :n_tasks]
    shared = (counts > 0).all(axis=0)
    first, second = sums[:, shared] / counts[:, shared]
    return second - first


def tasks_to_decide(differences: np.ndarray) -> int | None:
    """How many more tasks of this kind would show the difference seen, if it is real.

    Parameters
    ----------
    differences : array, shape (T,)
        Paired differences by task, from `paired_differences`.

    Returns
    -------
    int or None
        Further tasks, 0 if these should be enough; None under 10 tasks and where the mean difference is 0.

    Raises
    ------
    ValueError
        If `differences` is not one-dimensional.

    Notes
    -----
    max(0, ⌈2.8² s² / d²⌉ − T), with d the mean and s the standard deviation (T − 1) of the differences: two-sided 5 %, power 80 %.
    It takes the observed d as the true one, which is about as likely too large as too small, so the answer can be off by a
    factor of several; say "about".

    References
    ----------
    Miller, "Adding error bars to evals", arXiv:2411.00640, 2024 (power). Lachin, "Introduction to sample size
    determination and power analysis", Controlled Clinical Trials 2 (1981), pages 93-113.

    Examples
    --------
    Ten tasks, six won and four lost: d = .2, s² = (10 − 10 · .04) / 9 = 1.0667, 7.84 · 1.0667 / .04 = 209.07, 210 − 10 = 200.

    >>> tasks_to_decide(np.array([1.0] * 6 + [-1.0] * 4))
    200
    """
    differences = np.asarray(differences, dtype=np.float64)
    if differences.ndim != 1:
        raise ValueError("differences has the shape (T,)")
    n_tasks = len(differences)
    if n_tasks < MIN_TASKS:
        return None
    mean = math.fsum(differences.tolist()) / n_tasks
    if abs(mean) <= _SAME_SCORE:
        return None
    variance = math.fsum(((differences - mean) ** 2).tolist()) / (n_tasks - 1)
    return max(0, math.ceil(_DETECTABLE**2 * variance / mean**2) - n_tasks)


def compare(
    cells: pd.DataFrame,
    latencies: pd.DataFrame,
    a: str,
    b: str,
    *,
    weights: Weights = "attempt",
    tasks: Tasks = "common",
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> Pair:
    """How much more accurate, dear and slow b is than a on the same tasks.

    Parameters
    ----------
    cells, latencies : pandas.DataFrame
        As for `frontier`; other configurations only decide which tasks are common.
    a, b : str
        Configuration ids.
    weights : 'attempt' or 'task'
        Every attempt once, or every task once.
    tasks : 'common' or 'all'
        The tasks of the comparison they are taken from, or all that the two share; always the latter if one was set aside.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    Pair
        Differences as fractions, ratios of means; without intervals under 10 shared tasks.

    Raises
    ------
    ValueError
        If a or b is not in `cells`.

    Notes
    -----
    Difference Σs_b/Σn_b − Σs_a/Σn_a and ratios of costs and latencies in the same resamples of the shared tasks, percentile
    intervals: what makes a task hard for both cancels. Published rows: `newcombe`, unpaired; ratios without interval. It misleads
    after choosing the best of many by looking: the chosen pair's difference is then too large on average.

    References
    ----------
    Miller, "Adding error bars to evals", arXiv:2411.00640, 2024. Newcombe, Statistics in Medicine 17 (1998), pages 873-890.

    Examples
    --------
    See `analytics.frontier`; on ten tasks that both solve, b at twice the cost has the difference 0 and the ratio 2.
    """
    everything = grid(cells)
    if missing := {a, b} - set(everything.configurations):
        raise ValueError(f"no such configuration: {sorted(missing)[0]}")
    covered = coverage(cells, latencies, mode=tasks)
    pair = grid(covered.cells[covered.cells["configuration"].isin((a, b))])
    if len(pair.configurations) < len({a, b}):  # one was set aside, or no task was attempted by all
        pair = grid(cells[cells["configuration"].isin((a, b))])
    rows = np.array([pair.configurations.index(a), pair.configurations.index(b)])
    accuracy = pair.accuracy(weights, everything.fractional_benchmarks)
    if pair.is_summary[rows].any():
        return _apart(pair, accuracy, rows, weights)

    shared = pair.attempted[rows].all(axis=0)
    columns = np.flatnonzero(shared)
    drawn = task_weights(len(columns), n_bootstrap, seed) if len(columns) >= MIN_TASKS else None

    def both(measure: Measure) -> tuple[np.ndarray, np.ndarray | None]:
        part = Measure(measure.counts[np.ix_(rows, columns)], measure.sums[np.ix_(rows, columns)])
        return part.mean, None if drawn is None else resampled_means(part.sums, part.counts, drawn)

    (first, second), samples = both(accuracy)
    low, high = (np.nan, np.nan) if samples is None else _interval(samples[1] - samples[0])
    differences = paired_differences(accuracy, int(rows[0]), int(rows[1]), len(pair.tasks))
    return Pair(
        a,
        b,
        len(columns),
        *_known(second - first, low, high),
        *_ratio(*both(pair.measure("cost_usd", weights)), _is_known(pair, "n_cost", rows, columns)),
        *_ratio(*both(pair.measure("latency_s", weights)), _is_known(pair, "n_latency", rows, columns)),
        wins=int((differences > _SAME_SCORE).sum()),
        losses=int((differences < -_SAME_SCORE).sum()),
        ties=int((np.abs(differences) <= _SAME_SCORE).sum()),
        is_paired=True,
        is_approximate=False,
    )


def _apart(pair: Grid, accuracy: Measure, rows: np.ndarray, weights: Weights) -> Pair:
    """Compare published rows (or one with attempts) as if they had been measured on different tasks."""
    lows, highs = accuracy_interval(accuracy, pair.accuracy().counts.sum(axis=1), pair.is_summary)
    (first, second), (low_a, low_b), (high_a, high_b) = accuracy.mean[rows], lows[rows], highs[rows]
    has_intervals = not np.isnan([low_a, low_b]).any()
    low, high = newcombe((first, low_a, high_a), (second, low_b, high_b)) if has_intervals else (np.nan, np.nan)
    everywhere = np.arange(accuracy.counts.shape[1])
    cost, latency = (pair.measure(name, weights).mean[rows] for name in ("cost_usd", "latency_s"))
    return Pair(
        pair.configurations[rows[0]],
        pair.configurations[rows[1]],
        None,
        *_known(second - first, low, high),
        *_ratio(cost, None, _is_known(pair, "n_cost", rows, everywhere)),
        *_ratio(latency, None, _is_known(pair, "n_latency", rows, everywhere)),
        wins=None,
        losses=None,
        ties=None,
        is_paired=False,
        is_approximate=True,
    )


def _is_known(pair: Grid, count: str, rows: np.ndarray, columns: np.ndarray) -> bool:
    cells = np.ix_(rows, columns)
    n, total = pair.of(count)[cells].sum(axis=1), pair.of("n_attempts")[cells].sum(axis=1)
    return bool((total > 0).all() and (n >= KNOWN_SHARE * total).all())


def _ratio(means: np.ndarray, samples: np.ndarray | None, is_known: bool) -> tuple[float | None, float | None, float | None]:
    if not is_known or not means[0] > 0:
        return None, None, None
    if samples is None:
        return float(means[1] / means[0]), None, None
    ratios = np.divide(samples[1], samples[0], out=np.full(samples.shape[1], np.nan), where=samples[0] > 0)
    low, high = _interval(ratios)
    return _known(means[1] / means[0], low, high)


def _interval(samples: np.ndarray) -> tuple[float, float]:
    low, high = percentile_interval(samples[None, :])
    return low[0], high[0]


def _known(value: float, low: float, high: float) -> tuple[float | None, float | None, float | None]:
    return known(value), known(low), known(high)
