"""How much a configuration thinks for its accuracy: E³, and accuracy against the effort of an attempt relative to its task."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.accuracy import wilson
from analytics.resample import percentile_interval, resampled_means

EDGES = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, np.inf)
"""Of the bins of relative effort: each includes its lower edge."""


@dataclass(frozen=True)
class EffortBin:
    """Attempts that used between `low_effort` and `high_effort` times the mean tokens of their task."""

    low_effort: float
    high_effort: float
    """Infinity in the last bin."""
    n_attempts: int
    accuracy: float
    low: float
    """95 % interval, NaN where there are too few tasks or attempts."""
    high: float


@dataclass(frozen=True)
class Effort:
    """Accuracy against the tokens that were decoded for it."""

    accuracy: float
    """A, a fraction of the attempts."""
    output_tokens: float | None
    """T, mean decoded tokens of an attempt, reasoning included."""
    e3: float | None
    """A² / T per token, A as a fraction."""
    e3_percent: float | None
    """A² / T with A in percent (10,000 times `e3`): the scale on which it is published."""
    measure: str | None
    """What relative effort is made of: reasoning_tokens, output_tokens or tokens; None: none is known."""
    bins: tuple[EffortBin, ...]
    """Those with attempts; empty where no task has two attempts with known tokens."""


def e3(accuracy: float, output_tokens: float) -> float:
    """Efficiency-aware effectiveness of reasoning, E³.

    Parameters
    ----------
    accuracy : float
        A: fraction for a result per token of the fraction, percent for the published scale.
    output_tokens : float
        T: mean decoded tokens of an attempt, reasoning included.

    Returns
    -------
    float
        A² / T.

    Raises
    ------
    ValueError
        If there are no tokens.

    Notes
    -----
    A · (A / T): accuracy times accuracy per token. Published values near 0.2–0.5 at one or two thousand tokens imply A in percent.
    It misleads between benchmarks of different length, and it has no price in it: a token of one model is not a token of another.

    References
    ----------
    Lin et al., "Plan and Budget: effective and efficient test-time scaling on reasoning large language models", arXiv:2505.16122.

    Examples
    --------
    >>> e3(50, 5000), e3(0.5, 5000)
    (0.5, 5e-05)
    """
    if not output_tokens > 0:
        raise ValueError("E³ needs decoded tokens")
    return accuracy * accuracy / output_tokens


def relative_effort(
    successes: np.ndarray, tokens: np.ndarray, tasks: np.ndarray, weights: np.ndarray | None = None
) -> tuple[EffortBin, ...]:
    """Accuracy of attempts that thought less, or more, than is usual for their task.

    Parameters
    ----------
    successes : array, shape (n,)
        0 or 1.
    tokens : array, shape (n,)
        Tokens of each attempt; NaN: unknown.
    tasks : array of int, shape (n,)
        Its task, from 0.
    weights : array, shape (T, B), optional
        Whole numbers from `resample.task_weights`, for intervals.

    Returns
    -------
    tuple of EffortBin
        By rising effort, only those with attempts.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    r = tokens / mean tokens of the attempts at the same task by the same configuration; bins by `EDGES`. Tasks with a single attempt
    are left out: their r is 1 by construction. It misleads as a cause: an attempt may be long because it was lost, and with
    few attempts r is pulled towards 1. Task resampling holds r fixed.

    References
    ----------
    Kleinman et al., "e1: learning adaptive control of reasoning effort", arXiv:2510.27042 (effort as a fraction of the usual length).

    Examples
    --------
    100 and 300 tokens on one task are r = 0.5 and 1.5; a task with one attempt takes no part:

    >>> [(b.low_effort, b.n_attempts, b.accuracy) for b in relative_effort([1, 0, 1], [100, 300, 70], [0, 0, 1])]
    [(0.5, 1, 1.0), (1.5, 1, 0.0)]
    """
    successes, tokens, tasks = np.asarray(successes, dtype=np.float64), np.asarray(tokens, dtype=np.float64), np.asarray(tasks)
    if not successes.shape == tokens.shape == tasks.shape:
        raise ValueError("every attempt has a success, tokens and a task")
    n_tasks = int(tasks.max(initial=-1)) + 1 if weights is None else len(weights)
    is_known = np.isfinite(tokens)
    known = np.bincount(tasks[is_known], minlength=n_tasks)
    means = np.bincount(tasks[is_known], weights=tokens[is_known], minlength=n_tasks) / np.maximum(known, 1)
    takes_part = is_known & (known[tasks] > 1) & (means[tasks] > 0)
    if not takes_part.any():
        return ()
    effort, task, won = tokens[takes_part] / means[tasks[takes_part]], tasks[takes_part], successes[takes_part]
    place = np.digitize(effort, EDGES[1:-1])
    cell, shape = place * n_tasks + task, (len(EDGES) - 1, n_tasks)
    counts, sums = (np.bincount(cell, weights=each, minlength=shape[0] * shape[1]).reshape(shape) for each in (None, won))
    low = high = np.full(len(counts), np.nan)
    if weights is not None:
        low, high = percentile_interval(resampled_means(sums, counts, weights))
        right, made = sums.sum(axis=1), counts.sum(axis=1)
        alike = (made > 0) & ~np.isnan(low) & ((right == 0) | (right == made))  # nothing varies in any resample
        low[alike], high[alike] = wilson((right / np.maximum(made, 1))[alike], (counts > 0).sum(axis=1)[alike])
    return tuple(
        EffortBin(*edges, int(count.sum()), float(right.sum() / count.sum()), *bounds)
        for edges, count, right, *bounds in zip(pairwise(EDGES), counts, sums, low.tolist(), high.tolist(), strict=True)
        if count.sum()
    )
