"""Every number of a configuration with its interval, and the same numbers in joint resamples for what is said of several together."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analytics.accuracy import accuracy_interval, binomial_draws
from analytics.cost import KNOWN_SHARE, NOUNS, at_least, cost_per_success, known_share, unknown_reason
from analytics.grid import MEASURES, Grid, Measure, Weights, task_positions
from analytics.resample import (
    MIN_TASKS,
    N_BOOTSTRAP,
    exact_sums,
    percentile_interval,
    resampled_means,
    task_weights,
    weighted_quantile,
)

QUANTILES = {"latency_p50_s": 0.50, "latency_p95_s": 0.95}
_COUNTS = (
    *("n_attempts", "n_error_known", "n_error", "n_limit_known", "n_limit", "n_timeout", "n_infra", "n_cancelled"),
    *("n_cost_logged", "n_cost_priced"),
)
_TOLD_DIFFERENCE = 0.01
"""Accuracy by attempt and by task are both said where they differ by more."""


@dataclass(frozen=True)
class Estimates:
    """Arrays of shape (K,), one entry per configuration in the order of `grid.configurations`; NaN is unknown."""

    grid: Grid
    accuracy: Measure
    values: dict[str, np.ndarray]
    """By objective, and `accuracy_if_limits_had_succeeded`, `aux_tokens`, `aux_cost_usd`, `cost_at_least`, `cost_known_share`."""
    lows: dict[str, np.ndarray]
    """By objective: 2.5 % end of the interval; only those that were asked for and are always shown."""
    highs: dict[str, np.ndarray]
    """97.5 % end; infinity is unbounded."""
    joint: dict[str, np.ndarray]
    """By objective, shape (K, B): the value in each joint resample of all tasks, or in each draw of a published row."""
    n_tasks: np.ndarray
    """Tasks attempted."""
    counts: dict[str, np.ndarray]
    """By count column: `n_attempts`, `n_error`, `n_infra`, …"""
    unknown: tuple[dict[str, str], ...]
    """For each configuration: objective → why it is not known."""
    flags: tuple[tuple[str, ...], ...]
    """For each configuration: sentences that stand beside its numbers."""


class _Resamples:
    """Values in resamples: of each configuration's own tasks (nothing unrelated changes them) or of all tasks jointly."""

    def __init__(
        self, arranged: Grid, measures: dict[str, Measure], latencies: pd.DataFrame, weights: Weights, n_bootstrap: int, seed: int
    ):
        self.measures, self.n_bootstrap, self.seed = measures, n_bootstrap, seed
        attempted = arranged.attempted
        rows = np.flatnonzero(~arranged.is_summary & attempted.any(axis=1))
        self.latencies = _latencies_by_configuration(arranged, latencies, weights)
        self.jointly = [(rows, np.arange(len(arranged.tasks)))]
        alike: dict[bytes, list[int]] = {}
        for k in sorted(rows.tolist(), key=lambda k: attempted[k].sum()):  # equal numbers of tasks in a row share their weights
            alike.setdefault(attempted[k].tobytes(), []).append(k)
        self.own = [(np.array(group), np.flatnonzero(attempted[group[0]])) for group in alike.values()]
        if len(self.own) == 1 and len(self.own[0][1]) == len(arranged.tasks):
            self.own = self.jointly
        self._known: dict[tuple[str, int], np.ndarray] = {}

    def values(self, name: str, groups: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """Shape (K, B): an objective in the resamples of each group's tasks; NaN for published rows."""
        key = (name, id(groups))
        if key not in self._known:
            if name == "cost_per_success_usd":
                self._known[key] = cost_per_success(self.values("cost_usd", groups), self.values("accuracy", groups))
            else:
                self._known[key] = self._resampled(name, groups)
        return self._known[key]

    def _resampled(self, name: str, groups: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        result = np.full((len(self.measures["accuracy"].counts), self.n_bootstrap), np.nan)
        for rows, columns in groups:
            if len(columns) == 0 or (groups is self.own and groups is not self.jointly and len(columns) < MIN_TASKS):
                continue
            drawn = task_weights(len(columns), self.n_bootstrap, self.seed)
            if name in QUANTILES:
                place = np.full(columns[-1] + 1, -1)
                place[columns] = np.arange(len(columns))
                for k in rows:
                    seconds, tasks, scale = self.latencies[k]
                    result[k] = weighted_quantile(seconds, place[tasks], drawn * scale[columns][:, None], QUANTILES[name])
            else:
                cells = np.ix_(rows, columns)
                result[rows] = resampled_means(self.measures[name].sums[cells], self.measures[name].counts[cells], drawn)
        return result


def estimates(
    arranged: Grid,
    latencies: pd.DataFrame,
    *,
    objectives: tuple[str, ...],
    limited: tuple[str, ...] = (),
    weights: Weights = "attempt",
    fractional: frozenset[str] = frozenset(),
    everything: Grid | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> Estimates:
    """Accuracy, cost, latency and tokens of every configuration, with intervals.

    Parameters
    ----------
    arranged : Grid
        The cells of what is compared.
    latencies : pandas.DataFrame
        As `frontier` takes them; rows of other configurations and tasks are ignored.
    objectives : tuple of str
        Accuracy first; the others get intervals and joint resamples too.
    limited : tuple of str
        Further measures that a limit is set on: joint resamples.
    weights : 'attempt' or 'task'
        Every attempt once, or every task once.
    fractional : frozenset of str
        Benchmarks whose accuracy is the mean score.
    everything : Grid, optional
        The cells before they were restricted to common tasks: infrastructure errors and cancelled attempts are counted there, since
        a task that saw nothing else was attempted by nobody and would take its count with it.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    Estimates
        Arrays over configurations.

    Raises
    ------
    ValueError
        If a measure is known of more attempts than were made.

    Notes
    -----
    Every measure is Σ / n over its own n, if it is known of 99 % of the attempts. Accuracy intervals: `accuracy_interval`
    (fractional scores: percentile bootstrap); all others: percentile bootstrap over the configuration's own tasks, none with fewer
    than 10 of them. A mean over 99 % misleads if the missing 1 % are the dear ones.

    References
    ----------
    As the functions named; the ratio of sums: Cochran, *Sampling Techniques*, 3rd edition, 1977, section 9A.

    Examples
    --------
    See `analytics.frontier.frontier`, which shows these numbers.
    """
    counts = {name: arranged.of(name).sum(axis=1) for name in _COUNTS}
    if everything is not None:
        rows = [everything.configurations.index(name) for name in arranged.configurations]
        counts |= {name: everything.of(name).sum(axis=1)[rows] for name in ("n_infra", "n_cancelled")}
    n_attempts = counts["n_attempts"]
    measures = {name: arranged.measure(name, weights) for name in MEASURES}
    measures["accuracy"] = arranged.accuracy(weights, fractional)
    values = {name: measure.mean for name, measure in measures.items()}
    bound = arranged.accuracy(weights, fractional, is_bound=True).mean
    values["accuracy_if_limits_had_succeeded"] = np.where(counts["n_limit_known"] < n_attempts, np.nan, bound)
    known = {name: arranged.of(MEASURES[name][0]).sum(axis=1) for name in ("cost_usd", "latency_s", "tokens", "turns")}
    sums = {name: exact_sums(arranged.of(MEASURES[name][1])) for name in known}
    shares = {name: known_share(n, n_attempts) for name, n in known.items()}
    for name, share in shares.items():
        values[name] = np.where(share >= KNOWN_SHARE, values[name], np.nan)
    values["cost_known_share"] = shares["cost_usd"]
    values["cost_at_least"] = at_least(sums["cost_usd"], known["cost_usd"], n_attempts)
    values["cost_per_success_usd"] = cost_per_success(values["cost_usd"], values["accuracy"])

    resamples = _Resamples(arranged, measures, latencies, weights, n_bootstrap, seed)
    for name, quantile in QUANTILES.items():
        at = [weighted_quantile(s, t, scale[:, None], quantile)[0] if len(s) else np.nan for s, t, scale in resamples.latencies]
        values[name] = np.where(np.isnan(values["latency_s"]), np.nan, np.array(at, dtype=np.float64))

    lows, highs = _intervals(arranged, measures, values, resamples, objectives, fractional)
    joint = {name: _jointly(name, values, resamples) for name in (*objectives, *limited)}
    _fill_published(arranged, joint, values, objectives, seed)
    unknown = tuple(_unknown(k, values, known, sums, n_attempts) for k in range(len(arranged.configurations)))
    return Estimates(
        grid=arranged,
        accuracy=measures["accuracy"],
        values=values,
        lows=lows,
        highs=highs,
        joint=joint,
        n_tasks=arranged.attempted.sum(axis=1),
        counts=counts,
        unknown=unknown,
        flags=_flags(arranged, values, known, counts, fractional),
    )


def _intervals(arranged, measures, values, resamples, objectives, fractional) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    lows, highs = {}, {}
    n_known = arranged.accuracy("attempt", fractional).counts.sum(axis=1)
    lows["accuracy"], highs["accuracy"] = accuracy_interval(measures["accuracy"], n_known, arranged.is_summary)
    shown = ("cost_usd", "cost_per_success_usd", "latency_s", "tokens", *objectives[1:])
    for name in dict.fromkeys(shown):
        source = {"cost_per_success_usd": "cost_usd", **dict.fromkeys(QUANTILES, "latency_s")}.get(name, name)
        n_tasks = (measures[source].counts > 0).sum(axis=1)
        is_shown = (n_tasks >= MIN_TASKS) & np.isfinite(values[name])
        low, high = percentile_interval(resamples.values(name, resamples.own))
        lows[name], highs[name] = np.where(is_shown, low, np.nan), np.where(is_shown, high, np.nan)
    has_fraction = _has_fraction(arranged, fractional) & ~arranged.is_summary & ~np.isnan(lows["accuracy"])
    if has_fraction.any():
        low, high = percentile_interval(resamples.values("accuracy", resamples.own))
        lows["accuracy"] = np.where(has_fraction, low, lows["accuracy"])
        highs["accuracy"] = np.where(has_fraction, high, highs["accuracy"])
    return lows, highs


def _jointly(name: str, values: dict[str, np.ndarray], resamples: _Resamples) -> np.ndarray:
    """Values in joint resamples, NaN throughout where the estimate is unknown."""
    sampled = resamples.values(name, resamples.jointly)
    return np.where(np.isnan(values[name])[:, None], np.nan, sampled)


def _fill_published(arranged, joint, values, objectives, seed) -> None:
    """Give published rows binomial draws of their accuracy and the other objectives as they stand."""
    counts, given = arranged.of("n_success").sum(axis=1), values["accuracy"]
    for k in np.flatnonzero(arranged.is_summary & (counts >= 1) & (given >= 0) & (given <= 1)):
        others = tuple(float(values[name][k]) for name in objectives[1:])
        n_bootstrap = joint["accuracy"].shape[1]
        joint["accuracy"][k] = binomial_draws(float(given[k]), int(counts[k]), others, n_bootstrap=n_bootstrap, seed=seed)
        for name in joint.keys() - {"accuracy"}:
            joint[name][k] = values[name][k]
        if "cost_per_success_usd" in joint:
            cost_usd = np.full(n_bootstrap, values["cost_usd"][k])
            joint["cost_per_success_usd"][k] = cost_per_success(cost_usd, joint["accuracy"][k])


def _latencies_by_configuration(
    arranged: Grid, latencies: pd.DataFrame, weights: Weights
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Seconds, task positions, and what an attempt of each task counts, of every configuration."""
    n_tasks = len(arranged.tasks)
    rows = pd.Index(arranged.configurations).get_indexer(latencies["configuration"])
    tasks = task_positions(latencies, arranged.tasks)
    seconds = latencies["latency_s"].to_numpy(np.float64)
    order = np.argsort(rows, kind="stable")
    order = order[(rows[order] >= 0) & (tasks[order] >= 0) & np.isfinite(seconds[order])]
    bounds = np.searchsorted(rows[order], np.arange(len(arranged.configurations) + 1))
    result = []
    for start, end in pairwise(bounds.tolist()):
        place = tasks[order[start:end]]
        n = np.bincount(place, minlength=n_tasks) if n_tasks else np.zeros(0)
        used = max(np.count_nonzero(n), 1)
        scale = np.ones(n_tasks) if weights == "attempt" else np.divide(len(place) / used, n, out=np.zeros(n_tasks), where=n > 0)
        result.append((seconds[order[start:end]], place, scale))
    return result


def _has_fraction(arranged: Grid, fractional: frozenset[str]) -> np.ndarray:
    return np.any(arranged.of("n_score")[:, np.isin(arranged.benchmarks, list(fractional))] > 0, axis=1)


def _unknown(k: int, values, known, sums, n_attempts) -> dict[str, str]:
    reasons = {}
    for name, noun in NOUNS.items():
        source = {"cost_per_success_usd": "cost_usd", **dict.fromkeys(QUANTILES, "latency_s")}.get(name, name)
        if np.isnan(values[source][k]):
            n, total = (known[source][k], sums[source][k]) if source in known else (0.0, 0.0)
            reasons[name] = unknown_reason(noun, n, n_attempts[k], total / max(n_attempts[k], 1))
        elif name in QUANTILES and np.isnan(values[name][k]):
            reasons[name] = "latency percentiles unknown: no latency of single attempts"
        elif name == "cost_per_success_usd" and np.isinf(values[name][k]):
            reasons[name] = f"cost per success unknown: no success in {n_attempts[k]:.0f} attempts"
    return reasons


def _flags(arranged: Grid, values, known, counts, fractional) -> tuple[tuple[str, ...], ...]:
    attempts = arranged.of("n_attempts")
    scored = arranged.accuracy("attempt", fractional).counts.sum(axis=1)
    names = ("n_attempts", "n_cost_logged", "n_cost_priced", "n_infra", "n_cancelled")
    n_attempts, logged, priced, n_infra, n_cancelled = (counts[name] for name in names)
    has_fraction = _has_fraction(arranged, fractional)
    is_unequal = attempts.max(axis=1, initial=0) > np.where(attempts > 0, attempts, np.inf).min(axis=1, initial=np.inf)
    by_attempt = by_task = arranged.accuracy("attempt", fractional).mean
    if is_unequal.any():
        by_task = arranged.accuracy("task", fractional).mean
    result = []
    for k in range(len(attempts)):
        told = []
        if arranged.is_summary[k]:
            told.append("≈ P from published n only, costs taken as given")
        elif 0 < np.count_nonzero(attempts[k]) < MIN_TASKS:
            told.append(f"fewer than {MIN_TASKS} tasks: no intervals")
        if has_fraction[k]:
            told.append("accuracy is the mean score: scores lie between 0 and 1")
        if 0 < scored[k] < n_attempts[k]:
            told.append(f"accuracy over the {scored[k]:.0f} of {n_attempts[k]:.0f} attempts that have a score")
        if is_unequal[k] and abs(by_attempt[k] - by_task[k]) > _TOLD_DIFFERENCE:
            told.append(
                f"attempts per task are unequal: accuracy is {100 * by_attempt[k]:.1f} % with every attempt once, "
                f"{100 * by_task[k]:.1f} % with every task once"
            )
        for name, n in known.items():
            if n[k] < n_attempts[k] and not np.isnan(values[name][k]):
                told.append(f"{NOUNS[name]} known for {n[k]:.0f} of {n_attempts[k]:.0f} attempts, mean over those")
        if logged[k] and priced[k]:
            told.append(f"cost logged for {logged[k]:.0f} attempts, priced from tokens for {priced[k]:.0f}")
        if n_infra[k] or n_cancelled[k]:
            told.append(f"{n_infra[k]:.0f} infrastructure errors and {n_cancelled[k]:.0f} cancelled attempts are in no number")
        result.append(tuple(told))
    return tuple(result)
