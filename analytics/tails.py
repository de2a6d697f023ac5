"""How a measure spreads over attempts: median and tail, spread within and between tasks, and growth along a series.

Also what the other analyses of a run's anatomy stand on: the rows of a frame by task (`Clusters`), and a number with its interval.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.cost import KNOWN_SHARE, NOUNS, unknown_reason
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_sums, task_weights, weighted_quantile

Interval = tuple[float, float | None]
"""Both ends of a 95% interval; an upper end of None is unbounded."""
_QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
ATTEMPTS_FOR = {"p50": 5, "p95": 59, "p99": 299}
"""⌈ln 0.05 / ln q⌉: from so many attempts on the largest lies above the quantile with 95 % probability, whatever the distribution."""
_TO_FIRST = ("mean", "p50", "p95", "p99", "sd", "cv")


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval and the rows behind it."""

    value: float | None
    interval: Interval | None
    n: int


@dataclass(frozen=True)
class Tail:
    """Spread of one measure over the attempts of one configuration; None is unknown, and `reasons` says why."""

    configuration: str
    measure: str
    """A column of attempts: `latency_s`, `cost_usd`, `tokens`, …; its unit is that of all numbers here, `n` its attempts."""
    n: int
    n_tasks: int
    mean: float | None = None
    sd: float | None = None
    cv: float | None = None
    """Coefficient of variation: sd / mean."""
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    p95_over_p50: float | None = None
    maximum: float | None = None
    n_repeated_tasks: int = 0
    """Tasks that were attempted twice or more: only they tell spread within a task from spread between tasks."""
    within_sd: float | None = None
    """Between attempts at one task; `between_sd`: between the means of tasks."""
    between_sd: float | None = None
    within_share: float | None = None
    """Of the variance, the part that is within tasks."""
    intervals: dict[str, Interval] = field(default_factory=dict)
    """By field name; none under 10 tasks."""
    reasons: dict[str, str] = field(default_factory=dict)
    """By field name: why it is unknown, or what weakens it; `all` where nothing is known."""


@dataclass(frozen=True)
class TailGrowth:
    """How the tail of a measure grows along configurations in rising effort, on the tasks that all of them attempted."""

    measure: str
    n_tasks: int
    levels: tuple[Tail, ...] = ()
    to_first: tuple[dict[str, Estimate], ...] = ()
    """For each level: `mean`, `p50`, `p95`, `p99`, `sd`, `cv` as multiples of the first level's, paired by task."""
    reason: str | None = None
    """Why there are no levels, or no intervals."""


class Clusters:
    """The rows of a frame by (benchmark, task), and resamples of these tasks; the order of the rows changes no bit."""

    def __init__(self, frame: pd.DataFrame, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0):
        keys = [frame["benchmark"].astype(str), frame["task"].astype(str)]  # by name: categories may stand in the order of the rows
        self.codes = frame.groupby(keys, sort=True).ngroup().to_numpy()
        self.n_tasks = int(self.codes.max(initial=-1)) + 1
        self._order = np.argsort(self.codes, kind="stable")
        self._bounds = np.searchsorted(self.codes[self._order], np.arange(self.n_tasks + 1)).tolist()
        self._n_bootstrap, self._seed = n_bootstrap, seed

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (T, B): how often each task was drawn."""
        return task_weights(max(self.n_tasks, 1), self._n_bootstrap, self._seed)[: self.n_tasks]

    def sums(self, *columns: np.ndarray) -> np.ndarray:
        """Shape (K, T): exact sum of each column over the rows of each task; what is not finite counts as 0."""
        result = np.zeros((len(columns), self.n_tasks))
        for k, column in enumerate(columns):
            values = np.where(np.isfinite(column), column, 0.0)
            if (values == np.rint(values)).all() and np.abs(values).sum() < 2**52:  # whole numbers are exact in any order
                result[k] = np.bincount(self.codes, values, minlength=self.n_tasks)
                continue
            ordered = values[self._order].tolist()
            result[k] = [math.fsum(ordered[start:end]) for start, end in pairwise(self._bounds)]
        return result

    def ratio(self, over: np.ndarray, under: np.ndarray | None = None) -> tuple[Estimate, np.ndarray]:
        """Return Σ over / Σ under (alone: the mean) of the rows where both are known, and in resamples; none under 10 such tasks."""
        over = np.asarray(over, dtype=np.float64)
        under = np.ones(len(over)) if under is None else np.asarray(under, dtype=np.float64)
        is_known = np.isfinite(over) & np.isfinite(under)
        sums = self.sums(np.where(is_known, over, 0.0), np.where(is_known, under, 0.0))
        above, below = exact_sums(sums).tolist()
        is_resampled = below > 0 and np.count_nonzero(np.bincount(self.codes[is_known])) >= MIN_TASKS
        drawn = quotients(*resampled_sums(sums, self.weights)) if is_resampled else np.empty(0)
        return Estimate(above / below if below > 0 else None, self.interval(drawn), int(is_known.sum())), drawn

    def interval(self, drawn: np.ndarray) -> Interval | None:
        """Return the 95% interval of resampled values; None under 10 tasks, or where too many resamples have no data."""
        if self.n_tasks < MIN_TASKS or not len(drawn):
            return None
        low, high = (float(end[0]) for end in percentile_interval(drawn[None, :]))
        return None if not math.isfinite(low) else (low, high if math.isfinite(high) else None)


@dataclass
class Ledger:
    """Numbers by name, each with its n and its interval, or the reason why it is unknown."""

    values: dict[str, float | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, found: Estimate, reason: str | None) -> None:
        """Enter a number, or why there is none."""
        self.values[name], self.counts[name] = found.value, found.n
        self.reasons |= {name: reason} if found.value is None and reason else {}
        self.intervals |= {name: found.interval} if found.value is not None and found.interval else {}

    def group(self, name: str) -> dict[str, float | None]:
        """Return the numbers whose names begin with this one and a dot."""
        return {key.removeprefix(f"{name}."): value for key, value in self.values.items() if key.startswith(f"{name}.")}


def quotients(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divide resample by resample, shape (B,); infinite over nothing, NaN where both are 0."""
    return np.divide(over, under, out=np.where(over > 0, math.inf, math.nan), where=under > 0)


def by_configuration(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each configuration, sorted by its name."""
    return [(str(name), rows) for name, rows in frame.groupby(frame["configuration"].astype(str), sort=True)]


def few_tasks(n_tasks: int) -> str:
    """Say why there are no intervals.

    >>> few_tasks(4)
    '4 tasks are too few for intervals: from 10 on they are shown'
    """
    return f"{n_tasks} task{' is' if n_tasks == 1 else 's are'} too few for intervals: from {MIN_TASKS} on they are shown"


def tails(attempts: pd.DataFrame, measure: str = "latency_s", *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> list[Tail]:
    """Median, tail and spread of a measure over each configuration's attempts, with 95 % intervals.

    Parameters
    ----------
    attempts : pandas.DataFrame
        One row per attempt: configuration, benchmark, task and the measure; NaN is unknown.
    measure : str
        Column: `latency_s` (seconds), `cost_usd` (USD), `tokens`, `turns`, …
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of Tail
        Sorted by configuration; in the unit of the measure, shares as fractions.

    Raises
    ------
    KeyError
        If the frame has no such column.

    Notes
    -----
    Quantiles are NumPy's linear ones; sd has n − 1. Within and between tasks: from Σ(x − m)² = Σ_t Σ(x − m_t)² + Σ_t n_t (m_t − m)²
    over the T tasks with two attempts or more, σ_w² = SS_within / (n − T) and σ_b² = max(0, (SS_between / (T − 1) − σ_w²) / n₀)
    with n₀ = (n − Σ n_t² / n) / (T − 1); the plain shares of the two sums would call half of the luck of two repeats a property
    of the task. It misleads where the slow attempts are the ones without a time: so none is told when it is known of less than
    99 % of the attempts. Below `ATTEMPTS_FOR` attempts a quantile stands without its interval, for no resampling brings in a tail
    that the sample lacks; repeats of few tasks are worth fewer attempts still.

    References
    ----------
    Searle, Casella and McCulloch, *Variance Components*, 1992, section 3.6 (unbalanced one-way random model). Wilks,
    "Determination of sample sizes for setting tolerance limits", Ann. Math. Statist. 12 (1941), pages 91-96.

    Examples
    --------
    Two tasks twice, 1 s and 3 s, 5 s and 7 s: σ_w² = (2 + 2) / 2 = 2; SS_between = 16, so σ_b² = (16 − 2) / 2 = 7.

    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": ["1", "1", "2", "2"], "latency_s": [1.0, 3, 5, 7]})
    >>> tail = tails(frame)[0]
    >>> tail.mean, tail.p50, round(tail.within_share, 4), tail.intervals
    (4.0, 4.0, 0.2222, {})
    """
    found = []
    for configuration, rows in by_configuration(attempts):
        is_known = np.isfinite(values := rows[measure].to_numpy(np.float64))
        clusters = Clusters(rows[is_known], n_bootstrap=n_bootstrap, seed=seed)
        reason, n = _unknown(measure, values), int(is_known.sum())
        unknown = Tail(configuration, measure, n, clusters.n_tasks, reasons={"all": reason or ""})
        found.append(unknown if reason else _tail(configuration, measure, clusters, values[is_known], np.ones(n, dtype=bool))[0])
    return found


def growth(
    attempts: pd.DataFrame, configurations: Sequence[str], measure: str = "latency_s", *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> TailGrowth:
    """Median, tail and spread of a measure along configurations in rising effort, as multiples of the first.

    Parameters
    ----------
    attempts : pandas.DataFrame
        As for `tails`.
    configurations : sequence of str
        Two or more, in order.
    measure : str
        Column, in its own unit.
    n_bootstrap, seed : int
        Resamples of the tasks, the same for all levels.

    Returns
    -------
    TailGrowth
        Levels in the given order, or the reason why there are none.

    Raises
    ------
    KeyError
        If the frame has no such column.

    Notes
    -----
    Over the tasks that every level attempted. Where the multiple of p95 lies above that of p50 the tail grows faster than the
    middle. It misleads where a level was cut by a time limit: its tail ends there.

    References
    ----------
    Dean and Barroso, "The tail at scale", Communications of the ACM 56 (2013), pages 74-80.

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": ["low", "low", "high", "high"], "benchmark": "qa", "task": ["1", "2"] * 2,
    ...                       "latency_s": [1.0, 3, 2, 6]})
    >>> [level["p50"].value for level in growth(frame, ["low", "high"]).to_first]
    [1.0, 2.0]
    """
    names = [str(name) for name in dict.fromkeys(configurations)]
    rows = attempts[attempts["configuration"].astype(str).isin(names)]
    reasons = [_unknown(measure, each[measure].to_numpy(np.float64)) for _, each in by_configuration(rows)]
    if len(names) < 2 or len(reasons) < len(names) or any(reasons):
        return TailGrowth(measure, 0, reason=next(filter(None, reasons), "a tail grows along two levels or more, each with attempts"))
    rows = rows[np.isfinite(rows[measure].to_numpy(np.float64))]
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    of_row = rows["configuration"].astype(str).to_numpy()
    is_common = np.all([clusters.sums(of_row == name)[0] > 0 for name in names], axis=0)
    if not is_common.any():
        return TailGrowth(measure, 0, reason="no task was attempted at every level")
    rows, of_row = rows[is_common[clusters.codes]], of_row[is_common[clusters.codes]]
    clusters, values = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed), rows[measure].to_numpy(np.float64)
    levels = [_tail(name, measure, clusters, values, of_row == name) for name in names]
    to_first = []
    for tail, drawn in levels:
        ratios = {}
        for name in _TO_FIRST:
            value, first = getattr(tail, name), getattr(levels[0][0], name)
            is_known = value is not None and first is not None and first > 0
            ends = clusters.interval(quotients(drawn[name], levels[0][1][name])) if is_known and name in tail.intervals else None
            ratios[name] = Estimate(value / first if is_known else None, ends, tail.n)
        to_first.append(ratios)
    reason = few_tasks(clusters.n_tasks) if clusters.n_tasks < MIN_TASKS else None
    return TailGrowth(measure, clusters.n_tasks, tuple(tail for tail, _ in levels), tuple(to_first), reason)


def _unknown(measure: str, values: np.ndarray) -> str | None:
    """Say that a measure is known of too few attempts to tell its tail."""
    known = values[np.isfinite(values)]
    if len(known) and len(known) >= KNOWN_SHARE * len(values):
        return None
    return unknown_reason(NOUNS.get(measure, measure), len(known), len(values), math.fsum(known) / max(len(values), 1))


def _tail(
    configuration: str, measure: str, clusters: Clusters, values: np.ndarray, inside: np.ndarray
) -> tuple[Tail, dict[str, np.ndarray]]:
    """Return the tail of the rows inside, and its numbers in the resamples of all tasks (none under 10 tasks)."""
    chosen, codes, n = values[inside], clusters.codes[inside], int(inside.sum())
    moments = _moments(clusters, values, inside)
    found = {name: float(each[0]) for name, each in _spread(exact_sums(moments)[:, None]).items()}
    found["mean"], found["maximum"] = math.fsum(chosen) / n, float(chosen.max())
    is_resampled, drawn = clusters.n_tasks >= MIN_TASKS, {}
    if is_resampled:
        drawn = _spread(resampled_sums(moments, clusters.weights))
        drawn["mean"] = quotients(*resampled_sums(clusters.sums(np.where(inside, values, 0.0), inside), clusters.weights))
    reasons: dict[str, str] = {}
    for name, quantile in _QUANTILES.items():
        found[name] = float(weighted_quantile(chosen, codes, np.ones((clusters.n_tasks, 1)), quantile)[0])
        if n < ATTEMPTS_FOR[name]:
            reasons[name] = f"{name} of {n} attempts is little more than the largest; from {ATTEMPTS_FOR[name]} on it says more"
        elif is_resampled:
            drawn[name] = weighted_quantile(chosen, codes, clusters.weights, quantile)
    for name, (over, under) in {"cv": ("sd", "mean"), "p95_over_p50": ("p95", "p50")}.items():
        found[name] = found[over] / found[under] if found[under] > 0 else math.nan
        if over in drawn:
            drawn[name] = quotients(drawn[over], drawn[under])
    n_repeated = int(moments[8].sum())
    if n_repeated < 2:
        reasons["within_share"] = "fewer than two tasks were attempted twice, so luck cannot be told from tasks"
    if not is_resampled:
        reasons["intervals"] = few_tasks(clusters.n_tasks)
    known = {name: value if math.isfinite(value) else None for name, value in found.items()}
    ends = {name: clusters.interval(each) for name, each in sorted(drawn.items()) if name not in reasons and known[name] is not None}
    intervals = {name: both for name, both in ends.items() if both is not None}
    n_tasks = len(np.unique(codes))
    return Tail(configuration, measure, n, n_tasks, n_repeated_tasks=n_repeated, intervals=intervals, reasons=reasons, **known), drawn


def _moments(clusters: Clusters, values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Shape (9, T): n, Σx, Σx² of each task, and of those with repeats n, Σx, Σx², (Σx)²/n, n², 1; x is taken from a value inside."""
    centred = np.where(inside, values - (values[inside].min() / 2 + values[inside].max() / 2), 0.0)
    n, s, q = clusters.sums(inside, centred, centred**2)
    is_repeated = (n >= 2).astype(np.float64)
    return np.stack([n, s, q, *(is_repeated * each for each in (n, s, q, s**2 / np.maximum(n, 1), n**2, np.ones(len(n))))])


def _spread(totals: np.ndarray) -> dict[str, np.ndarray]:
    """Shape (B,) each: sd, and its parts within and between tasks, from sums of shape (9, B); NaN where there are too few."""
    n, s, q, n_r, s_r, q_r, b_r, k_r, t_r = totals
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.maximum(q - s**2 / n, 0) / (n - 1))
        within = np.maximum(q_r - b_r, 0) / (n_r - t_r)
        n_0 = (n_r - k_r / n_r) / (t_r - 1)
        between = np.maximum((np.maximum(b_r - s_r**2 / n_r, 0) / (t_r - 1) - within) / n_0, 0)
        share = within / (within + between)
    parts = {"within_sd": np.sqrt(within), "between_sd": np.sqrt(between), "within_share": share}
    return {"sd": np.where(n > 1, sd, np.nan)} | {name: np.where(t_r < 2, np.nan, each) for name, each in parts.items()}
