"""Resampling of tasks: where every interval that is not a formula comes from.

A resample draws as many tasks as there are, with replacement, and is kept as integer weights (how often each task was drawn), so
that all measures of all configurations in all resamples are one matrix product. The attempts of a task stay together: what is
resampled is which tasks the benchmark happens to have, and with them the luck of the attempts made on each.
"""

import math
from functools import lru_cache

import numpy as np

N_BOOTSTRAP = 2000
MIN_TASKS = 10
"""With fewer tasks a percentile interval is too narrow to be shown, so there is none."""
MAX_MISSING = 0.01
"""Share of resamples that may lack data for a configuration before its interval is not shown."""
_TOLERANCE = 1e-9
"""Of a rank: weights that are no integers add up to one only to rounding."""


@lru_cache(maxsize=4)
def task_weights(n_tasks: int, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> np.ndarray:
    """How often each task was drawn in each resample.

    Parameters
    ----------
    n_tasks : int
        Number of tasks T; the tasks are understood to be sorted by (benchmark, task).
    n_bootstrap : int
        Number of resamples B.
    seed : int
        The same three arguments give the same weights, bit for bit.

    Returns
    -------
    numpy.ndarray, shape (T, B), read-only
        Whole numbers as float64 (ready for a matrix product); every column adds up to T.

    Raises
    ------
    ValueError
        If there is no task or no resample.

    Notes
    -----
    The nonparametric bootstrap with tasks as clusters: column b is a multinomial draw with T trials and equal chances, made by
    counting T random indices (ten times faster than drawing multinomials). It misleads where the tasks are no sample of anything
    (a fixed syllabus of 12 exams), or are themselves clustered (many tasks from one repository): intervals are then too narrow.

    References
    ----------
    Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapters 6 and 13. Field and Welsh, "Bootstrapping clustered
    data", J. R. Statist. Soc. B 69 (2007), pages 369-390.

    Examples
    --------
    Three tasks drawn with replacement, five times:

    >>> drawn = task_weights(3, 5)
    >>> drawn.shape, drawn.sum(axis=0).tolist()
    ((3, 5), [3.0, 3.0, 3.0, 3.0, 3.0])
    """
    if n_tasks < 1 or n_bootstrap < 1:
        raise ValueError("resampling needs at least one task and one resample")
    drawn = np.random.default_rng(seed).integers(0, n_tasks, size=(n_bootstrap, n_tasks), dtype=np.int32)
    cell = drawn + n_tasks * np.arange(n_bootstrap)[:, None]
    counts = np.bincount(cell.ravel(), minlength=n_bootstrap * n_tasks).reshape(n_bootstrap, n_tasks)
    weights = np.ascontiguousarray(counts.T, dtype=np.float64)
    weights.flags.writeable = False  # shared by all callers through the cache
    return weights


def exact_sums(rows: np.ndarray) -> np.ndarray:
    """Sum of each row, rounded once: zeros, the order of the columns and the other rows change no bit.

    Parameters
    ----------
    rows : array, shape (K, T)
        Any finite numbers, in any unit.

    Returns
    -------
    numpy.ndarray, shape (K,)
        In the unit of `rows`.

    Raises
    ------
    OverflowError
        If a sum is beyond the largest float64.

    Notes
    -----
    Shewchuk's exact partial sums, as in `math.fsum`. NumPy's own sum would depend on where zeros of unrelated tasks stand.

    References
    ----------
    Shewchuk, "Adaptive precision floating-point arithmetic", Discrete & Computational Geometry 18 (1997), pages 305-363.

    Examples
    --------
    >>> exact_sums(np.array([[1e16, 1.0, -1e16], [0.1, 0.2, 0.0]])).tolist()
    [1.0, 0.30000000000000004]
    """
    return np.array([math.fsum(row) for row in np.asarray(rows, dtype=np.float64).tolist()], dtype=np.float64)


def resampled_sums(sums: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Total of each configuration in each resample, the same bits whatever else is computed beside it.

    Parameters
    ----------
    sums : array, shape (K, T)
        Sum over the attempts of each task, in any unit; 0 where there is none.
    weights : array, shape (T, B)
        Whole numbers from `task_weights`.

    Returns
    -------
    numpy.ndarray, shape (K, B)
        Σ_t weights[t, b] · sums[k, t], in the unit of `sums`.

    Raises
    ------
    ValueError
        If a sum is not finite, or the shapes do not fit.

    Notes
    -----
    A matrix product adds in an order that depends on the number of rows, the BLAS kernel and its threads; the last bit that
    changes with it decides ties, and so P(on frontier). So each row is first rounded to the multiples of 2**(e - 52), where 2**e
    exceeds Σ weights · max|row|: all partial sums are then whole multiples below 2**53, exact in float64 in any order. An
    entry moves by at most T · 2**-52 of the row's largest: 1e-13 for 500 tasks. Counts are exact as they are. It misleads only
    where a row mixes magnitudes that differ by more than 1e13 / T.

    References
    ----------
    Demmel and Nguyen, "Fast reproducible floating-point summation", IEEE ARITH 21 (2013), pages 163-172 (the pre-rounding idea).

    Examples
    --------
    Two tasks; the first resample drew each once, the second drew the second task twice:

    >>> resampled_sums(np.array([[1.0, 0.0], [0.25, 0.5]]), np.array([[1.0, 0.0], [1.0, 2.0]])).tolist()
    [[1.0, 0.0], [0.75, 1.0]]
    """
    sums, weights = np.asarray(sums, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not np.isfinite(sums).all():
        raise ValueError("sums must be finite; what is unknown has the count 0 and the sum 0")
    drawn = weights.sum(axis=0)
    _, exponent = np.frexp(drawn.max(initial=0.0) * np.abs(sums).max(axis=1, initial=0.0, keepdims=True))
    rounded = np.ldexp(np.rint(np.ldexp(sums, 52 - exponent)), exponent - 52)
    totals = np.empty((len(sums), weights.shape[1]))
    constant = (rounded == rounded[:, :1]).all(axis=1)  # counts mostly are: c · Σ weights, equally exact and no product needed
    totals[constant] = rounded[constant, :1] * drawn
    totals[~constant] = rounded[~constant] @ weights
    return totals


def resampled_means(sums: np.ndarray, counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean per attempt of each configuration in each resample.

    Parameters
    ----------
    sums, counts : array, shape (K, T)
        Sum of a measure over the attempts of a task where it is known, and the number of these attempts.
    weights : array, shape (T, B)
        Whole numbers from `task_weights`.

    Returns
    -------
    numpy.ndarray, shape (K, B)
        Σ weights · sums / Σ weights · counts, in the unit of `sums` per attempt; NaN where a resample drew no known attempt.

    Raises
    ------
    ValueError
        If a sum or count is not finite.

    Notes
    -----
    A ratio of two sums, both resampled: with unequal attempts per task the denominator varies too. It misleads where a few
    resamples have almost no attempts; `percentile_interval` counts those with none.

    References
    ----------
    Cochran, *Sampling Techniques*, 3rd edition, 1977, section 9A (ratio to size in cluster sampling).

    Examples
    --------
    >>> weights = np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 2.0]])
    >>> resampled_means([[3.0, 0.0]], [[2.0, 0.0]], weights).tolist()
    [[1.5, 1.5, nan]]
    """
    numerator, denominator = resampled_sums(sums, weights), resampled_sums(counts, weights)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Where the middle 95 % of the resamples lie.

    Parameters
    ----------
    samples : array, shape (K, B)
        One statistic in every resample, in any unit. NaN: the resample has no data. Infinity is allowed (no success at all).
    level : float
        Share of the resamples inside.

    Returns
    -------
    low, high : numpy.ndarray, shape (K,)
        In the unit of `samples`. NaN where more than 1 % of the resamples have no data, `inf` where a bound is unbounded.

    Raises
    ------
    ValueError
        If `level` is not between 0 and 1.

    Notes
    -----
    The (1 - level)/2 and (1 + level)/2 quantiles, linear between order statistics as in NumPy. It misleads below about 10 tasks
    and for a maximum or minimum over tasks: too narrow. It is not centred on the estimate, and need not be.

    References
    ----------
    Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.

    Examples
    --------
    The middle half of 0, 1, …, 40 begins at 0.25 · 40 = 10:

    >>> low, high = percentile_interval(np.arange(41.0)[None, :], level=0.5)
    >>> low.tolist(), high.tolist()
    ([10.0], [30.0])
    """
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    ordered = np.sort(samples, axis=1)  # NaN comes last
    n_known = (~np.isnan(ordered)).sum(axis=1)
    is_known = n_known >= (1 - MAX_MISSING) * ordered.shape[1]

    def at(quantile: float) -> np.ndarray:
        rank = np.maximum(n_known - 1, 0) * quantile
        below = np.floor(rank).astype(int)
        above = np.minimum(below + 1, np.maximum(n_known - 1, 0))
        first, second = np.take_along_axis(ordered, np.stack([below, above], axis=1), axis=1).T
        share = rank - below
        is_between = (share > 0) & (first != second)  # else infinity minus infinity
        with np.errstate(invalid="ignore"):
            between = first + (second - first) * share
        return np.where(is_known, np.where(is_between, between, first), np.nan)

    return at((1 - level) / 2), at((1 + level) / 2)


def weighted_quantile(values: np.ndarray, tasks: np.ndarray, weights: np.ndarray, quantile: float) -> np.ndarray:
    """Quantile of the attempts' latencies in each resample of the tasks.

    Parameters
    ----------
    values : array, shape (n,)
        One number per attempt, in any unit (latency in seconds), in any order.
    tasks : array of int, shape (n,)
        Row of `weights` that each attempt belongs to.
    weights : array, shape (T, B)
        What each attempt of a task counts in each resample; ones for the estimate, `task_weights` for its resamples.
    quantile : float
        Between 0 and 1; 0.95 for p95.

    Returns
    -------
    numpy.ndarray, shape (B,)
        In the unit of `values`; NaN where a resample drew none of the attempts.

    Raises
    ------
    ValueError
        If `quantile` is not between 0 and 1, or `values` and `tasks` differ in length.

    Notes
    -----
    With whole weights it is `numpy.percentile(numpy.repeat(values, weights), …)`: rank h = (N - 1) · q from 0, N the sum of the
    weights, linear between the values at floor(h) and floor(h) + 1. With other weights the value at rank r is the first at
    which the running sum of weights reaches r + 1 (Harrell's rule). It misleads for p95 of few attempts: below 20 it is close
    to the maximum. Blocks of about √n values are located by one product, then one block is searched.

    References
    ----------
    Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), pages 361-365, type 7.
    Harrell, *Hmisc*, `wtd.quantile`.

    Examples
    --------
    Task 0 took 1 s and 3 s, task 1 took 9 s. Once each: the median of 1, 3, 9. Task 1 twice, task 0 never: 9, 9.

    >>> weighted_quantile(np.array([1.0, 3.0, 9.0]), np.array([0, 0, 1]), np.array([[1.0, 0.0], [1.0, 2.0]]), 0.5).tolist()
    [3.0, 9.0]
    """
    values, tasks = np.asarray(values, dtype=np.float64), np.asarray(tasks)
    if not 0 <= quantile <= 1 or values.shape != tasks.shape:
        raise ValueError("a quantile lies between 0 and 1, and every value has a task")
    n_tasks, n_resamples = weights.shape
    if len(values) == 0:
        return np.full(n_resamples, np.nan)
    order = np.lexsort((tasks, values))  # equal values in the order of their tasks, so that running sums do not depend on the rows
    values, tasks = values[order], tasks[order]
    size = math.isqrt(len(values))
    n_blocks = -(-len(values) // size)
    members = np.bincount(np.arange(len(values)) // size * n_tasks + tasks, minlength=n_blocks * n_tasks)
    reached = np.cumsum(members.reshape(n_blocks, n_tasks).astype(np.float64) @ weights, axis=0)
    total = reached[-1]
    rank = np.maximum(total - 1, 0) * quantile
    below = np.floor(rank + _TOLERANCE)

    def value_at(whole_rank: np.ndarray) -> np.ndarray:
        target = np.minimum(whole_rank + 1, total) - _TOLERANCE
        block = np.minimum((reached < target).sum(axis=0), n_blocks - 1)
        start = np.where(block > 0, np.take_along_axis(reached, np.maximum(block - 1, 0)[None, :], axis=0)[0], 0.0)
        place = block * size + np.arange(size)[:, None]
        is_value = place < len(values)
        place = np.minimum(place, len(values) - 1)
        running = start + np.cumsum(weights[tasks[place], np.arange(n_resamples)] * is_value, axis=0)
        return values[np.minimum(block * size + (running < target).sum(axis=0), len(values) - 1)]

    lower = value_at(below)
    result = lower + (value_at(below + 1) - lower) * np.maximum(rank - below, 0.0)
    return np.where(total > 0, result, np.nan)
