"""What k attempts drawn from n logged ones reach, where only the number of successes matters: pass@k, pass^k and best of k."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from analytics.resample import exact_sums

_MAX_TABLE = 1000
"""Binomials up to here fit into float64, and up to 56 they are exact; beyond, logarithms are used."""

_MAX_NODES = 256
"""Exact for k up to 511; beyond, the integrand is smooth enough for them."""


@dataclass(frozen=True)
class Verifier:
    """Accepts or rejects each attempt on its own, knowing nothing of the others."""

    true_positive_rate: float
    """Probability that it accepts a right attempt (recall)."""
    false_positive_rate: float
    """Probability that it accepts a wrong one."""

    def __post_init__(self) -> None:
        """Check the two rates."""
        if not (0 <= self.true_positive_rate <= 1 and 0 <= self.false_positive_rate <= 1):
            raise ValueError("a rate lies between 0 and 1")

    @classmethod
    def of_precision(cls, precision: float, recall: float, accuracy: float) -> Self:
        """Return the verifier whose accepted attempts are right with this probability where attempts are right with `accuracy`.

        >>> Verifier.of_precision(0.8, recall=0.9, accuracy=0.5)
        Verifier(true_positive_rate=0.9, false_positive_rate=0.225)
        """
        if not (0 < precision <= 1 and 0 <= accuracy <= 1):
            raise ValueError("precision lies above 0 and up to 1, accuracy between 0 and 1")
        rate = 0.0 if accuracy == 1 else recall * accuracy * (1 - precision) / (precision * (1 - accuracy))
        if rate > 1:
            raise ValueError("accepting every wrong attempt would still be more precise than this")
        return cls(recall, round(rate, 12))


def pass_at(n: np.ndarray, c: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """Probability that at least one of k attempts at a task succeeds, mean over the tasks: pass@k.

    Parameters
    ----------
    n, c : array of int, shape (T,)
        Attempts of each task whose success is known, and those that succeeded.
    ks : sequence of int
        Attempts drawn.

    Returns
    -------
    numpy.ndarray, shape (K,)
        Fractions; NaN where no task has k attempts.

    Raises
    ------
    ValueError
        If more succeeded than were made.

    Notes
    -----
    Mean over the tasks with n ≥ k of 1 − C(n−c, k) / C(n, k): unbiased, unlike 1 − (1 − c/n)^k, which is too low. Computed once for
    each (n, c) that occurs. It is what a perfect verifier gets: without one nobody knows which attempt to keep. It misleads
    where tasks with many attempts differ from the others, since each k has its own tasks.

    References
    ----------
    Chen et al., "Evaluating large language models trained on code", arXiv:2107.03374, equation 1.

    Examples
    --------
    One of three attempts succeeded: of two drawn it is among them in two of three draws. The second task has too few.

    >>> pass_at([3, 1], [1, 1], [1, 2]).round(4).tolist()
    [0.6667, 0.6667]
    """
    return _mean_over_tasks(pass_at_table, n, c, ks)


def pass_hat(n: np.ndarray, c: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """Probability that all of k attempts at a task succeed, mean over the tasks: pass^k.

    Parameters
    ----------
    n, c : array of int, shape (T,)
        Attempts of each task whose success is known, and those that succeeded.
    ks : sequence of int
        Attempts drawn.

    Returns
    -------
    numpy.ndarray, shape (K,)
        Fractions; NaN where no task has k attempts.

    Raises
    ------
    ValueError
        If more succeeded than were made.

    Notes
    -----
    Mean over the tasks with n ≥ k of C(c, k) / C(n, k), unbiased. The reliability that a user of every single run sees. It misleads
    where repeated attempts are not independent (a cached answer): they then agree more than they would.

    References
    ----------
    Yao, Shinn, Razavi and Narasimhan, "τ-bench: a benchmark for tool-agent-user interaction in real-world domains", arXiv:2406.12045,
    section 4.

    Examples
    --------
    Two of three attempts succeeded: both of two drawn do in one of three draws.

    >>> pass_hat([3], [2], [1, 2, 3]).round(4).tolist()
    [0.6667, 0.3333, 0.0]
    """
    return _mean_over_tasks(pass_hat_table, n, c, ks)


def pass_at_table(n: np.ndarray, c: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """Return pass@k of each task, shape (T, K); NaN where it has fewer than k attempts.

    >>> pass_at_table([4, 1], [2, 0], [1, 2]).round(4).tolist()
    [[0.5, 0.8333], [0.0, nan]]
    """
    n, c, k = _columns(n, c, ks)
    drawn = np.where(n >= k, k, 0)
    return np.where(n >= k, 1 - ways(n - c, drawn, 0, 0, n, drawn), np.nan)


def pass_hat_table(n: np.ndarray, c: np.ndarray, ks: Sequence[int]) -> np.ndarray:
    """Return pass^k of each task, shape (T, K); NaN where it has fewer than k attempts.

    >>> pass_hat_table([4, 1], [2, 0], [1, 2]).round(4).tolist()
    [[0.5, 0.1667], [0.0, nan]]
    """
    n, c, k = _columns(n, c, ks)
    drawn = np.where(n >= k, k, 0)
    return np.where(n >= k, ways(c, drawn, 0, 0, n, drawn), np.nan)


def best_of(n: np.ndarray, c: np.ndarray, ks: Sequence[int], verifier: Verifier) -> np.ndarray:
    """Probability that the attempt chosen by a verifier among k is right.

    Parameters
    ----------
    n, c : array of int, shape (T,)
        Attempts of each task, and those that succeeded.
    ks : sequence of int
        Attempts drawn.
    verifier : Verifier
        Its two error rates, the same for all attempts.

    Returns
    -------
    numpy.ndarray, shape (T, K)
        Fractions; NaN where a task has fewer than k attempts.

    Raises
    ------
    ValueError
        If more succeeded than were made.

    Notes
    -----
    Model: every attempt is accepted independently, with the true-positive rate t if right, else with the false-positive rate f; one
    of the accepted is taken at random (the first to be accepted is the same), one of all k if none is. With i right and j wrong
    the chance is i t ∫₀¹ (1 − t + t y)^(i−1) (1 − f + f y)^j dy + (1−t)^i (1−f)^j i/(i+j): a polynomial, which Gauss-Legendre nodes
    integrate exactly; then summed over the hypergeometric distribution of i. t = 1, f = 0 is pass@k, t = f is the mean
    accuracy. It misleads where a verifier errs on the same wrong answer again and again: its errors are then not independent,
    and more attempts help less. The verifier's own cost is not in it.

    References
    ----------
    Stroebl, Kapoor and Narayanan, "The limits of inference scaling through resampling", arXiv:2411.17501 (imperfect verifiers).

    Examples
    --------
    One of two attempts is right; the verifier accepts it always and a wrong one every second time: 1/2 + 1/2 · 1/2.

    >>> best_of(np.array([2]), np.array([1]), [1, 2], Verifier(1.0, 0.5)).round(12).tolist()
    [[0.5, 0.75]]
    """
    n, c = (each[:, 0] for each in _columns(n, c, ks)[:2])
    result = np.full((len(n), len(ks)), np.nan)
    for column, k in enumerate(ks):
        has, right = n >= k, np.arange(k + 1)
        if not has.any():
            continue
        draws = ways(c[has, None], right, (n - c)[has, None], k - right, n[has, None], k)
        result[has, column] = np.einsum("ti,i->t", draws, _chosen_right(k, verifier))
    return result


def ways(a, b, c, d, n, k) -> np.ndarray:
    """Probability C(a, b) · C(c, d) / C(n, k) of a kind of draw of k out of n; 0 where the draw is impossible.

    Parameters
    ----------
    a, b, c, d, n, k : int or array of int
        Broadcast against each other; 0 ≤ k ≤ n.

    Returns
    -------
    numpy.ndarray
        Fractions. Correctly rounded for n up to 56.

    Notes
    -----
    With (a, b, c, d) = (right, i, wrong, k − i) the hypergeometric distribution; with (m − 1, j − 1, n − m, N − j) the chance that
    the m-th smallest of n is the j-th smallest of N drawn. From n = 1,000 on by log-factorials, to about 12 digits.

    Examples
    --------
    Two of five are right; both of two drawn are right in one of ten draws:

    >>> float(ways(2, 2, 3, 0, 5, 2))
    0.1
    """
    a, b, c, d, n, k = np.broadcast_arrays(*(np.asarray(number, dtype=np.int64) for number in (a, b, c, d, n, k)))
    possible = (b >= 0) & (b <= a) & (d >= 0) & (d <= c)
    b, d = np.where(possible, b, 0), np.where(possible, d, 0)
    a, c = np.where(possible, a, 0), np.where(possible, c, 0)
    largest = int(n.max(initial=0))
    if largest <= _MAX_TABLE:
        table = _binomials(largest)
        return np.where(possible, table[a, b] * table[c, d] / table[n, k], 0.0)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, largest + 1)))])
    chosen = [logs[whole] - logs[part] - logs[whole - part] for whole, part in ((a, b), (c, d), (n, k))]
    return np.where(possible, np.exp(chosen[0] + chosen[1] - chosen[2]), 0.0)


def _columns(n, c, ks) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrange attempts, successes and ks for broadcasting: (T, 1), (T, 1), (K,)."""
    n, c = np.asarray(n, dtype=np.int64)[:, None], np.asarray(c, dtype=np.int64)[:, None]
    if (c > n).any() or (c < 0).any():
        raise ValueError("a task has as many successes as attempts at most")
    return n, c, np.asarray(ks, dtype=np.int64)


def _mean_over_tasks(table: Callable[..., np.ndarray], n, c, ks: Sequence[int]) -> np.ndarray:
    """Mean over the tasks that have k attempts, from the numbers of tasks with each (n, c)."""
    n, c = np.asarray(n, dtype=np.int64), np.asarray(c, dtype=np.int64)
    width = int(max(n.max(initial=0), c.max(initial=0))) + 1
    code = n * width + c
    if width <= _MAX_TABLE:  # counting is ten times as fast as sorting
        counted = np.bincount(code)
        kinds = np.flatnonzero(counted)
        n_tasks = counted[kinds]
    else:
        kinds, n_tasks = np.unique(code, return_counts=True)
    shares = table(kinds // width, kinds % width, ks)
    has = ~np.isnan(shares)
    counts = n_tasks @ has
    sums = exact_sums(np.where(has, shares * n_tasks[:, None], 0.0).T)
    return np.divide(sums, counts, out=np.full(len(ks), np.nan), where=counts > 0)


@lru_cache(maxsize=8)
def _binomials(largest: int) -> np.ndarray:
    """Pascal's triangle up to this row, zeros beyond the diagonal, shape (largest + 1, largest + 1)."""
    table = np.zeros((largest + 1, largest + 1))
    table[:, 0] = 1
    for row in range(1, largest + 1):
        table[row, 1:] = table[row - 1, 1:] + table[row - 1, :-1]
    table.flags.writeable = False
    return table


def _chosen_right(k: int, verifier: Verifier) -> np.ndarray:
    """Chance that the choice among k is right, for 0 to k right ones, shape (k + 1,)."""
    t, f = verifier.true_positive_rate, verifier.false_positive_rate
    nodes, weights = np.polynomial.legendre.leggauss(min(k // 2 + 1, _MAX_NODES))
    y, right = (nodes + 1)[:, None] / 2, np.arange(k + 1)
    wrong = k - right
    accepted = right * t * np.einsum("q,qi->i", weights / 2, (1 - t + t * y) ** np.maximum(right - 1, 0) * (1 - f + f * y) ** wrong)
    return accepted + (1 - t) ** right * (1 - f) ** wrong * right / k
