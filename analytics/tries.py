"""The attempts of one configuration, task by task, as arrays: which count, what of them is known, how they vote, and means over tasks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import notation
from analytics.accuracy import wilson
from analytics.cost import KNOWN_SHARE, NOUNS
from analytics.grid import Measure
from analytics.resample import MIN_TASKS, percentile_interval, resampled_means
from analytics.search import MAX_EXACT, N_PERMUTATIONS, Search, finish, finish_lengths, majority

NO_ANSWERS = "cannot be computed: no answers in these logs"
NO_LENGTHS = "cannot be computed: no output tokens, tokens or times in these logs"
_MIXED = "cannot be computed: answers that were imported apart cannot be compared"
_ORDER = ["benchmark", "task", "attempt", "success", "output_tokens", "tokens", "latency_s", "cost_usd", "dataset", "attempt_id"]
"""Content before the number of the row: where a log does not number its attempts, its order must not choose the permutations."""
_LENGTHS = ("output_tokens", "tokens", "latency_s")
_DRAWS = 40_000
"""Permutations of all tasks together; from 100 tasks on one task needs fewer than 400: the mean's error stays below 0.3 points."""


@dataclass(frozen=True)
class Band:
    """A number at each k with its 95 % interval; all of shape (K,), NaN where unknown."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Tries:
    """The attempts of one configuration whose success is known, sorted by task and attempt."""

    rows: pd.DataFrame
    tasks: tuple[tuple[str, str], ...]
    """(benchmark, task), sorted."""
    of_task: np.ndarray
    """Shape (number of attempts,): position in `tasks`."""
    first: np.ndarray
    """Shape (T,): row at which a task begins; `n` follow."""
    n: np.ndarray
    c: np.ndarray
    """Shape (T,): successes."""
    success: np.ndarray
    n_unknown: int
    """Attempts left out, their success being unknown."""

    def column(self, name: str) -> np.ndarray:
        """Values of a measure, NaN throughout where the frame lacks it."""
        return self.rows[name].to_numpy(np.float64, na_value=np.nan) if name in self.rows else np.full(len(self.rows), np.nan)

    def blocks(self, chosen: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Tasks with equally many attempts together: their positions (T',) and their rows (T', n)."""
        for size in np.unique(self.n[chosen]).tolist():
            positions = np.flatnonzero(chosen & (self.n == size))
            yield positions, self.first[positions, None] + np.arange(size)


@dataclass(frozen=True)
class Votes:
    """What majorities reach on each task."""

    answers: np.ndarray | None
    """Shape (number of attempts,): equal numbers are equal answers, -1 is none; None: no votes are possible."""
    reason: str | None
    """Why not."""
    n_conflicts: int = 0
    """Tasks in which one answer succeeded in one attempt and failed in another."""


def tries(rows: pd.DataFrame) -> Tries:
    """Arrange the attempts of one configuration.

    Raises
    ------
    ValueError
        If a success is neither 0, 1 nor unknown.

    Examples
    --------
    >>> found = tries(pd.DataFrame({"benchmark": "qa", "task": ["2", "1", "2"], "success": [0.0, None, 1.0]}))
    >>> found.tasks, found.n.tolist(), found.c.tolist(), found.n_unknown
    ((('qa', '2'),), [2], [1], 1)
    """
    success = rows["success"].to_numpy(np.float64, na_value=np.nan)
    is_known = ~np.isnan(success)
    if not np.isin(success[is_known], (0.0, 1.0)).all():
        raise ValueError("a success is 0, 1 or unknown")
    known = rows[is_known].sort_values([name for name in _ORDER if name in rows], kind="stable")
    benchmark, task = (known[name].to_numpy() for name in ("benchmark", "task"))
    begins = np.ones(len(known), dtype=bool)
    begins[1:] = (benchmark[1:] != benchmark[:-1]) | (task[1:] != task[:-1])
    first, of_task = np.flatnonzero(begins), np.cumsum(begins) - 1
    tasks = tuple((str(b), str(t)) for b, t in zip(benchmark[first], task[first], strict=True))
    success, n = known["success"].to_numpy(np.float64), np.bincount(of_task, minlength=len(tasks))
    c = np.bincount(of_task, weights=success, minlength=len(tasks)).astype(np.int64)
    return Tries(known, tasks, of_task, first, n, c, success, int((~is_known).sum()))


def spent(made: Tries, on: np.ndarray, name: str) -> tuple[Measure | None, str | None]:
    """Mean of a measure on each of the tasks `on`, as one row with the counts 1 (0 where unknown), and what must be said of it.

    None where it is known of fewer than 99 % of the attempts: the mean would be of the cheap or the logged ones.
    """
    values, tasks = made.column(name)[on[made.of_task]], made.of_task[on[made.of_task]]
    is_known = np.isfinite(values)
    if not len(values) or is_known.mean() < KNOWN_SHARE:
        return None, None
    counts = np.bincount(tasks[is_known], minlength=len(on))[on]
    sums = np.bincount(tasks[is_known], weights=values[is_known], minlength=len(on))[on]
    flag = f"{NOUNS.get(name, name).capitalize()} known for {notation.count(is_known.sum())} of {notation.count(len(values))} attempts."
    means = np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)
    return Measure((counts > 0)[None].astype(np.float64), means[None]), None if is_known.all() else flag


def votes(made: Tries) -> Votes:
    """Say who votes for what, or why no vote is possible.

    A failed attempt without an answer abstains; a success without one had an answer that the log lost. Keys of answers are made
    with a key of each import, so that answers of two imports cannot be compared.
    """
    if "answer_key" not in made.rows:
        return Votes(None, NO_ANSWERS)
    answers = pd.factorize(made.rows["answer_key"])[0]
    voted, won = answers >= 0, made.success == 1
    if not voted.any():
        return Votes(None, NO_ANSWERS)
    if (voted & won).sum() < KNOWN_SHARE * won.sum():
        known = f"{notation.count((voted & won).sum())} of {notation.count(won.sum())}"
        return Votes(None, f"cannot be computed: the answer is known for {known} successful attempts")
    if "dataset" in made.rows:
        sources = pd.DataFrame({"task": made.of_task[voted], "dataset": made.rows["dataset"].to_numpy()[voted]}).drop_duplicates()
        if sources["task"].duplicated().any():
            return Votes(None, _MIXED)
    shares = pd.Series(made.success[voted]).groupby([made.of_task[voted], answers[voted]]).mean()
    conflicts = shares[(shares > 0) & (shares < 1)]
    return Votes(answers, None, conflicts.index.get_level_values(0).nunique())


def majorities(made: Tries, answers: np.ndarray, ks: Sequence[int], seed: int) -> np.ndarray:
    """Majority's probability to be right on each task, shape (T, K); NaN where it has fewer than k attempts."""
    table = np.full((len(made.n), len(ks)), np.nan)
    for positions, rows in made.blocks(made.n > 0):
        has = [column for column, k in enumerate(ks) if k <= rows.shape[1]]
        if not has:
            continue
        draws = majority(answers[rows], made.success[rows], [ks[c] for c in has], n_permutations=permutations(len(rows)), seed=seed)
        table[positions[:, None], has] = draws
    return table


def is_exact(made: Tries) -> bool:
    """Return whether all subsets of the attempts at a task can be enumerated."""
    return bool(made.n.max(initial=0) <= MAX_EXACT)


def permutations(n_tasks: int) -> int:
    """Return how many permutations of each task's attempts are enough for the mean over these tasks.

    >>> permutations(10), permutations(1000), permutations(100_000)
    (400, 40, 32)
    """
    return max(32, min(N_PERMUTATIONS, _DRAWS // max(n_tasks, 1)))


def searched(
    made: Tries, on: np.ndarray, ks: Sequence[int], answers: np.ndarray | None, weights: np.ndarray | None, seed: int
) -> tuple[Search | None, str | None]:
    """First-finish and last-finish search with N the last of `ks`, on the tasks `on` whose lengths are known; else the reason."""
    for unit in _LENGTHS:
        lengths = made.column(unit)
        is_known = np.isfinite(lengths)
        if on.any() and is_known[on[made.of_task]].mean() >= KNOWN_SHARE:
            break
    else:
        return None, NO_LENGTHS
    whole = on & (np.bincount(made.of_task[is_known], minlength=len(on)) == made.n)
    if not whole.any():
        return None, NO_LENGTHS
    n_started = ks[-1]
    voters = [k for k in ks if k == 1 or answers is not None]
    ballots = answers if answers is not None else np.arange(len(lengths))
    first, last = np.full((2, len(on), len(ks)), np.nan)
    shortest, longest = np.full((2, len(on), len(ks)), np.nan)
    in_order = np.full((len(on), n_started), np.nan)
    for positions, rows in made.blocks(whole):
        given, extra = (ballots[rows], made.success[rows], lengths[rows]), {"n_permutations": permutations(len(rows)), "seed": seed}
        for is_last, table, alone in ((False, first, shortest), (True, last, longest)):
            table[positions, : len(voters)] = finish(*given, n_started, voters, is_last=is_last, **extra)
            for column, started in enumerate(ks):
                alone[positions, column] = finish(*given, started, [1], is_last=is_last)[:, 0]
        in_order[positions] = finish_lengths(lengths[rows], n_started)
    drawn = weights[whole[on]] if weights is not None and whole.sum() >= MIN_TASKS else None
    bands = [share_band(table[whole], drawn) for table in (first, last)]
    mean = means(in_order[whole])
    sums = np.cumsum(mean)
    k = np.array(ks)
    return Search(
        n_started=n_started,
        ks=tuple(ks),
        unit=unit,
        first_finish=bands[0].value,
        first_low=bands[0].low,
        first_high=bands[0].high,
        last_finish=bands[1].value,
        last_low=bands[1].low,
        last_high=bands[1].high,
        total=float(sums[-1]),
        sequential=float(mean[-1]),
        stopped_total=sums[k - 1] + (n_started - k) * mean[k - 1],
        stopped_sequential=mean[k - 1],
        started=tuple(ks),
        shortest=means(shortest[whole]),
        longest=means(longest[whole]),
        n_tasks=int(whole.sum()),
    ), None


def slowest(made: Tries, on: np.ndarray, k: np.ndarray, weights: np.ndarray | None) -> Band | None:
    """Mean time of the slowest of k attempts (NaN: not wanted), over the tasks `on` with all times known; None where too few are."""
    if spent(made, on, "latency_s")[0] is None:
        return None
    latency = made.column("latency_s")
    table = np.full((len(on), len(k)), np.nan)
    for positions, rows in made.blocks(on):
        for column in np.flatnonzero(~np.isnan(k)):
            table[positions, column] = finish_lengths(latency[rows], int(k[column]))[:, -1]
    is_known = ~np.isnan(table[on])
    return measure_band(Measure(is_known.T.astype(np.float64), np.nan_to_num(table[on]).T), weights, np.ones(len(k)))


def means(table: np.ndarray) -> np.ndarray:
    """Mean over the tasks of each column of (T, K), the same whatever their order; NaN where a task has none."""
    has = ~np.isnan(table).any(axis=0) & (len(table) > 0)
    sums = np.where(has, table, 0.0).T
    return np.where(has, Measure(np.ones(sums.shape), sums).mean, np.nan)


def share_band(table: np.ndarray, weights: np.ndarray | None) -> Band:
    """Mean share over the tasks of (T, K) with its interval; Wilson's where all tasks are at 0 or all at 1, and nothing can vary."""
    value = means(table)
    has = np.flatnonzero(~np.isnan(value))
    low, high = np.full((2, len(value)), np.nan)
    if weights is not None and len(has):
        sums = table[:, has].T
        low[has], high[has] = percentile_interval(resampled_means(sums, np.ones(sums.shape), weights))
        alike = has[(table[:, has] == table[:1, has]).all(axis=0) & np.isin(value[has], (0.0, 1.0))]
        low[alike], high[alike] = wilson(value[alike], np.full(len(alike), len(table)))
    return Band(value, low, high)


def gain_band(table: np.ndarray, base: np.ndarray, weights: np.ndarray | None) -> Band:
    """Mean over the tasks of how much each column of (T, K) exceeds `base`, shape (T,), paired by task."""
    is_known = ~np.isnan(table).any(axis=0)
    more = np.where(is_known, table - base[:, None], 0.0).T
    return measure_band(Measure(np.ones(more.shape) * np.reshape(is_known, (-1, 1)), more), weights, np.ones(len(more)))


def measure_band(measure: Measure, weights: np.ndarray | None, times: np.ndarray) -> Band:
    """Mean over the tasks of a measure of shape (1, T) or (K, T) with its interval, `times` over, shape (K,)."""
    low = high = np.full(len(measure.sums), np.nan)
    if weights is not None:
        low, high = percentile_interval(resampled_means(measure.sums, measure.counts, weights))
    return Band(measure.mean * times, low * times, high * times)
