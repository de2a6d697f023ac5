"""Choosing one answer out of several attempts: by vote of all, or of those that finish first or last.

Expectations over the attempts that might have been drawn are exact sums over all subsets of up to 10 attempts; votes of more are
averaged over seeded permutations, each of which serves all k. Everything is per task; means and intervals are made by the caller.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import comb

import numpy as np

from analytics.draws import ways

MAX_EXACT = 10
"""Attempts per task up to which all subsets are enumerated: 1,024 of them."""
N_PERMUTATIONS = 400
_CHUNK = 2_000_000
"""Numbers held at once, so that memory stays flat whatever the number of tasks."""


@dataclass(frozen=True)
class Search:
    """FFS-k@N and LFS-k@N of one configuration: N attempts are started, the k that finish first (last) vote."""

    n_started: int
    """N."""
    ks: tuple[int, ...]
    """Voters, up to N."""
    unit: str
    """What length is: output_tokens, tokens or latency_s; `total` and `sequential` are in it."""
    first_finish: np.ndarray
    """(K,): accuracy of the majority of the k shortest; NaN for k > 1 where there are no answers."""
    first_low: np.ndarray
    first_high: np.ndarray
    last_finish: np.ndarray
    """(K,): the same of the k longest."""
    last_low: np.ndarray
    last_high: np.ndarray
    total: float
    """Mean Σ of all N lengths: everything runs to its end."""
    sequential: float
    """Mean of the longest of N: last-finish search, and first-finish search that lets everything end."""
    stopped_total: np.ndarray
    """(K,): first-finish search that stops all at the k-th finish: Σ of the k shortest + (N − k) times the k-th."""
    stopped_sequential: np.ndarray
    """(K,): length of the k-th shortest: the wait until first-finish search answers."""
    started: tuple[int, ...]
    """Numbers of attempts M of which one is taken, no vote needed."""
    shortest: np.ndarray
    """(M,): FFS-1@M, the accuracy of the attempt that finishes first of M."""
    longest: np.ndarray
    """(M,): LFS-1@M."""
    n_tasks: int
    """With known lengths."""


def majority(answers: np.ndarray, successes: np.ndarray, ks: Sequence[int], *, n_permutations=N_PERMUTATIONS, seed: int = 0) -> np.ndarray:
    """Probability that the most frequent answer of k attempts is right.

    Parameters
    ----------
    answers : array of int, shape (T, n)
        Equal numbers in a row are equal answers; -1: the attempt gave none.
    successes : array, shape (T, n)
        0 or 1.
    ks : sequence of int
        Votes drawn, each up to n.
    n_permutations, seed : int
        Of each task, for more than `MAX_EXACT` attempts; one permutation serves all k.

    Returns
    -------
    numpy.ndarray, shape (T, K)
        Fractions.

    Raises
    ------
    ValueError
        If the shapes differ or a k is not between 1 and n.

    Notes
    -----
    Mean over all subsets of k attempts of Σ right / number of tied answers. An answer is right if its attempts succeeded; if only
    a part of them did, it counts that part. An attempt without an answer abstains; if all abstain the vote is lost. It misleads
    where equal answers are written differently (they do not add up), and on open tasks, where every answer is its own.

    References
    ----------
    Wang et al., "Self-consistency improves chain of thought reasoning in language models", arXiv:2203.11171.

    Examples
    --------
    Answers 7 (right), 7, 3: of the pairs (7, 7), (7, 3), (7, 3) the first is sure and the others are ties.

    >>> majority(np.array([[7, 7, 3]]), np.array([[1, 1, 0]]), [1, 2, 3]).round(4).tolist()
    [[0.6667, 0.6667, 1.0]]
    """
    codes, right = _ballots(answers, successes, ks)
    n = codes.shape[1]
    if n <= MAX_EXACT:
        credit, size = _subset_credit(codes, right), _sizes(n)
        return np.stack([credit[:, size == k].sum(axis=1) / comb(n, k) for k in ks], axis=1)
    result = _sampled(codes, right, None, n, ks, n_permutations, seed)
    return np.where(np.asarray(ks) == 1, _own_credit(codes, right).mean(axis=1)[:, None], result)


def finish(
    answers: np.ndarray,
    successes: np.ndarray,
    lengths: np.ndarray,
    n_started: int,
    ks: Sequence[int],
    *,
    is_last: bool = False,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> np.ndarray:
    """Probability that the majority of the k attempts that finish first (or last) of N is right: FFS-k@N, LFS-k@N.

    Parameters
    ----------
    answers, successes : array, shape (T, n)
        As for `majority`.
    lengths : array, shape (T, n)
        Output tokens of each attempt, or another measure of when it ends.
    n_started : int
        N, from 1 to n: attempts drawn.
    ks : sequence of int
        Votes, each up to N.
    is_last : bool
        The k longest instead of the k shortest.
    n_permutations, seed : int
        As for `majority`.

    Returns
    -------
    numpy.ndarray, shape (T, K)
        Fractions. k = N is majority@N.

    Raises
    ------
    ValueError
        If the shapes differ, a length is unknown, or not 1 ≤ k ≤ N ≤ n.

    Notes
    -----
    Up to 10 attempts exact: a set of k is the k shortest of C(n − m, N − k) draws, m the place of its longest among all n; equal lengths
    finish in random order. Above, sampled; k = 1 is exact always. Length stands for time only if attempts run side by side at
    equal speed. It misleads where short attempts are short because they gave up.

    References
    ----------
    Agarwal, Sengupta and Chakraborty, "The art of scaling test-time compute for large language models", arXiv:2512.02008; the
    same, "First finish search", arXiv:2505.18149.

    Examples
    --------
    The shorter attempt is right: of two started it is the first, of one started it is taken every second time.

    >>> both = (np.array([[7, 3]]), np.array([[1, 0]]), np.array([[100, 900]]))
    >>> [finish(*both, n_started, [1]).tolist() for n_started in (1, 2)], finish(*both, 2, [1], is_last=True).tolist()
    ([[[0.5]], [[1.0]]], [[0.0]])
    """
    lengths = -np.asarray(lengths, dtype=np.float64) if is_last else np.asarray(lengths, dtype=np.float64)
    codes, right = _ballots(answers, successes, ks)
    n_tasks, n = codes.shape
    if lengths.shape != codes.shape or not np.isfinite(lengths).all() or not max(ks, default=1) <= n_started <= n:
        raise ValueError("every attempt has a length, and at most N of n attempts vote")
    order = np.argsort(lengths, axis=1, kind="stable")
    codes, lengths = (np.take_along_axis(each, order, axis=1) for each in (codes, lengths))
    chances = ways(0, 0, n - 1 - np.arange(n), n_started - 1, n, n_started)
    alone = np.einsum("tm,m->t", _mean_of_equals(_own_credit(codes, right), lengths), chances)[:, None]
    if all(k == 1 for k in ks):
        return np.repeat(alone, len(ks), axis=1)
    if n > MAX_EXACT:
        return np.where(np.asarray(ks) == 1, alone, _sampled(codes, right, lengths, n_started, ks, n_permutations, seed))
    result, credit, is_longer = np.empty((n_tasks, len(ks))), _subset_credit(codes, right), np.diff(lengths, axis=1) > 0
    for pattern in np.unique(is_longer, axis=0):
        rows, edges = (is_longer == pattern).all(axis=1), (0, *(np.flatnonzero(pattern) + 1).tolist(), n)
        result[rows] = np.einsum("ts,ks->tk", credit[rows], _finish_weights(edges, n_started, tuple(ks))) / comb(n, n_started)
    return result


def finish_lengths(lengths: np.ndarray, n_started: int) -> np.ndarray:
    """Mean length of the j-th shortest of N attempts drawn, shape (T, N), from the lengths (T, n): exact, in the unit of `lengths`.

    The shorter and the longer of two drawn from 1, 2 and 6 (pairs 1 2, 1 6, 2 6):

    >>> finish_lengths(np.array([[6.0, 1.0, 2.0]]), 2).round(4).tolist()
    [[1.3333, 4.6667]]
    """
    n = np.shape(lengths)[1]
    place, rank = np.arange(1, n + 1), np.arange(1, n_started + 1)[:, None]
    return np.einsum("tm,jm->tj", np.sort(lengths, axis=1), ways(place - 1, rank - 1, n - place, n_started - rank, n, n_started))


def _ballots(answers: np.ndarray, successes: np.ndarray, ks: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the answers of each task numbered from 0, -1 for none, and the share of each answer's attempts that succeeded: (T, n) each."""
    answers, successes = np.asarray(answers), np.asarray(successes, dtype=np.float64)
    n_tasks, n = answers.shape
    if successes.shape != answers.shape or not all(1 <= k <= n for k in ks):
        raise ValueError("every attempt has an answer or -1 and a success, and 1 to n of them vote")
    order = np.argsort(answers, axis=1, kind="stable")
    is_new = np.diff(np.take_along_axis(answers, order, axis=1), axis=1, prepend=-1) != 0
    codes = np.empty((n_tasks, n), dtype=np.int64)
    np.put_along_axis(codes, order, np.cumsum(is_new, axis=1) - 1, axis=1)
    voted = codes >= 0
    cell = (codes + n * np.arange(n_tasks)[:, None])[voted]
    made, won = (np.bincount(cell, weights=each, minlength=n_tasks * n).reshape(n_tasks, n) for each in (None, successes[voted]))
    return codes, np.divide(won, made, out=np.zeros((n_tasks, n)), where=made > 0)


def _own_credit(codes: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Credit of each attempt if it votes alone, (T, n)."""
    return np.where(codes >= 0, np.take_along_axis(right, np.maximum(codes, 0), axis=1), 0.0)


def _mean_of_equals(credit: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Mean credit over the attempts of equal length; both (T, n), lengths rising."""
    group = np.cumsum(np.diff(lengths, axis=1, prepend=-np.inf) > 0, axis=1) - 1 + lengths.shape[1] * np.arange(len(lengths))[:, None]
    sums, counts = (np.bincount(group.ravel(), weights=each, minlength=lengths.size) for each in (credit.ravel(), None))
    return sums[group] / counts[group]


def _sizes(n: int) -> np.ndarray:
    """Members of each of the 2ⁿ subsets, bit i being attempt i."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).sum(axis=1).astype(np.int8)


def _subset_credit(codes: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Credit of the vote of each subset of the attempts, shape (T, 2ⁿ)."""
    n = codes.shape[1]
    subsets, size = np.arange(2**n), _sizes(n)
    kinds, kind_of = np.unique(np.hstack([codes, right]), axis=0, return_inverse=True)  # where all agree, few kinds of tasks occur
    codes, right, n_tasks = kinds[:, :n].astype(np.int64), kinds[:, n:], len(kinds)
    result = np.empty((n_tasks, 2**n))
    step = max(1, _CHUNK >> n)
    for start in range(0, n_tasks, step):
        part = slice(start, min(start + step, n_tasks))
        most, tied, won = np.zeros(result[part].shape, np.int8), np.zeros(result[part].shape, np.int8), np.zeros(result[part].shape)
        for answer in range(int(codes[part].max(initial=-1)) + 1):
            members = ((codes[part] == answer) << np.arange(n)).sum(axis=1)
            votes = size[members[:, None] & subsets]
            leads, ties, credit = votes > most, (votes == most) & (votes > 0), right[part, answer, None]
            won = np.where(leads, credit, won + ties * credit)
            tied = np.where(leads, 1, tied + ties)
            most = np.maximum(most, votes)
        result[part] = won / np.maximum(tied, 1)
    return result[kind_of]


@lru_cache(maxsize=512)
def _finish_weights(edges: tuple[int, ...], n_started: int, ks: tuple[int, ...]) -> np.ndarray:
    """Draws of N in which each subset is the k shortest, (K, 2ⁿ); attempts between two edges are equally long, in random order."""
    n = edges[-1]
    subsets, size = np.arange(2**n), _sizes(n)
    weights = np.zeros((len(ks), 2**n))
    for first, after in pairwise(edges):
        equal = after - first
        of_group = size[(subsets >> first) & (2**equal - 1)]
        for row, k in enumerate(ks):
            for members in range(1, min(k, equal) + 1):
                draws = sum(comb(place - 1, members - 1) * comb(n - first - place, n_started - k) for place in range(members, equal + 1))
                weights[row, (subsets < 2**after) & (of_group == members) & (size == k)] = draws / comb(equal, members)
    return weights


def _sampled(codes, right, lengths, n_started: int, ks: Sequence[int], n_permutations: int, seed: int) -> np.ndarray:
    """Mean credit of the first k of N in random order, or in the order of their lengths, over the permutations; shape (T, K)."""
    n_tasks, n = codes.shape
    rng = np.random.default_rng([seed, n])
    result = np.empty((n_tasks, len(ks)))
    step = max(1, _CHUNK // (n * n_permutations))
    for start in range(0, n_tasks, step):
        stop = min(start + step, n_tasks)
        task = np.repeat(np.arange(start, stop), n_permutations)[:, None]
        order = rng.permuted(np.tile(np.arange(n), (len(task), 1)), axis=1)[:, :n_started]
        if lengths is not None:  # a stable sort leaves equal lengths in their random order
            order = np.take_along_axis(order, np.argsort(lengths[task, order], axis=1, kind="stable"), axis=1)
        for k, credit in enumerate(_running_credit(codes[task, order[:, : max(ks, default=0)]], right[task[:, 0]]), start=1):
            if k in ks:
                result[start:stop, list(ks).index(k)] = credit.reshape(-1, n_permutations).mean(axis=1)
    return result


def _running_credit(codes: np.ndarray, right: np.ndarray) -> Iterator[np.ndarray]:
    """Credit of the vote after each attempt of a row of answers."""
    row = np.arange(len(codes))
    votes = np.zeros(right.shape, dtype=np.int32)
    most, tied, won = np.zeros(len(codes), np.int32), np.zeros(len(codes), np.int32), np.zeros(len(codes))
    for code in codes.T:
        voted, answer = code >= 0, np.maximum(code, 0)
        votes[row, answer] += voted
        count, credit = votes[row, answer], right[row, answer]
        leads, ties = voted & (count > most), voted & (count == most)
        won = np.where(leads, credit, won + ties * credit)
        tied = np.where(leads, 1, tied + ties)
        most = np.where(leads, count, most)
        yield won / np.maximum(tied, 1)
