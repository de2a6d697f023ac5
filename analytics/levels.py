"""A ladder of levels: what the same tasks gave at every step of one knob, in the form that the analysis of returns reads.

Every maker ends here, whether the levels are configurations that differ in one setting, rounds of reflection, caps or samples.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from analytics.accuracy import binomial_draws
from analytics.cost import KNOWN_SHARE, known_share
from analytics.coverage import coverage, scored
from analytics.grid import MEASURES, Measure, Weights
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, resampled_means, task_weights

_PUBLISHED = ("(all)", "(all)")
_NO_LATENCIES = pd.DataFrame({"configuration": [], "benchmark": [], "task": [], "latency_s": []})
_OF_ROUNDS = {"cost_usd": ("n_cost", "sum_cost_usd"), "tokens": ("n_tokens", "sum_tokens"), "latency_s": ("n_latency", "sum_latency_s")}
_NOUN = {"cost_usd": "cost", "latency_s": "time"}


@dataclass(frozen=True)
class Levels:
    """L levels on the same T tasks, in the order in which more is spent; NaN and None are unknown."""

    series: str
    """What the levels share, as shown: `Planner agent`."""
    knob: str
    """What differs: `effort`, `reflection_depth`, `turns`, …"""
    names: tuple[str, ...]
    """Level names as shown: `low`, `8 turns`, `after 1 reflection`."""
    x: np.ndarray
    """Shape (L,): what the curve is drawn and fitted over; rising, NaN where unknown."""
    x_name: str
    """What `x` is: `cost_usd`, `turns`, `tokens`, `answers`, …"""
    tasks: tuple[tuple[str, str], ...]
    """(benchmark, task), sorted: the T columns; for published rows the one column ("(all)", "(all)")."""
    accuracy: Measure
    """Shape (L, T), as all measures here: successes (or scores) and the attempts behind them."""
    cost: Measure
    """USD; counts are 0 throughout where a level's cost is not known of 99 % of its attempts."""
    latency: Measure
    """Seconds."""
    tokens: Measure
    n_attempts: np.ndarray
    """Shape (L,): attempts that count."""
    is_summary: bool = False
    """Published rows: no tasks to resample."""
    is_bound: bool = False
    """Accuracy is a lower bound, as in the replay of a cap."""
    configurations: tuple[str, ...] = ()
    """Configuration id of each level, or the one behind all of them."""
    flags: tuple[str, ...] = ()
    """Sentences that must stand beside the numbers."""
    is_fractional: bool = False
    """Accuracy is a mean of numbers between 0 and 1 (scores, pass@k): its interval is a percentile interval."""

    def restricted(self, tasks: Collection[tuple[str, str]]) -> Self:
        """Return the same levels on these of its tasks, sorted."""
        kept = set(tasks)
        columns = [column for column in sorted(range(len(self.tasks)), key=self.tasks.__getitem__) if self.tasks[column] in kept]
        parts = {name: getattr(self, name) for name in ("accuracy", "cost", "latency", "tokens")}
        return replace(
            self,
            tasks=tuple(self.tasks[column] for column in columns),
            **{name: Measure(part.counts[:, columns], part.sums[:, columns]) for name, part in parts.items()},
        )


def resampled(levels: Levels, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> tuple[np.ndarray, np.ndarray] | None:
    """Accuracy and cost of all levels in the same resamples of the tasks.

    Parameters
    ----------
    levels : Levels
        Published rows get binomial draws of their accuracy, and their costs as given.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    (accuracy, cost) : arrays, shape (L, B), or None
        Fractions, and USD per attempt; NaN where unknown. None with fewer than 10 tasks.

    Raises
    ------
    ValueError
        If a published row has no accuracy between 0 and 1.

    Notes
    -----
    The tasks are drawn once for all levels, so what makes a task hard for all of them cancels in differences. Published rows are
    drawn independently, as if measured on different tasks: their differences are then too uncertain.

    References
    ----------
    As `analytics.resample.task_weights` and `analytics.accuracy.binomial_draws`.

    Examples
    --------
    See `analytics.returns.returns`.
    """
    if levels.is_summary:
        cost, rows = levels.cost.mean, zip(levels.accuracy.mean.tolist(), levels.n_attempts.tolist(), strict=True)
        drawn = [
            binomial_draws(p, int(n), (float(c),) if np.isfinite(c) else (), n_bootstrap=n_bootstrap, seed=seed)
            for (p, n), c in zip(rows, cost, strict=True)
        ]
        return np.stack(drawn), np.repeat(cost[:, None], n_bootstrap, axis=1)
    if len(levels.tasks) < MIN_TASKS:
        return None
    weights = task_weights(len(levels.tasks), n_bootstrap, seed)
    accuracy, cost = (resampled_means(part.sums, part.counts, weights) for part in (levels.accuracy, levels.cost))
    return accuracy, cost


def of_configurations(
    cells: pd.DataFrame,
    members: Sequence[tuple[str, str, float]],
    knob: str,
    series: str,
    *,
    by: str = "auto",
    weights: Weights = "attempt",
    fractional: frozenset[str] | None = None,
) -> Levels | None:
    """Ladder of configurations that differ in one setting, on the tasks that all of them attempted.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per configuration × benchmark × task, as `grid` takes it; other configurations in it are ignored.
    members : sequence of (configuration, level name, value)
        In the order of the setting; a value that is no number is NaN.
    knob, series : str
        The setting, and what the members share, as shown.
    by : str
        What x is: a measure of `MEASURES` (`cost_usd`, `tokens`, `latency_s`, `turns`, …), `value`, or `auto`: cost where it is
        known at all levels, else the value.
    weights : 'attempt' or 'task'
        Every attempt once, or every task once.
    fractional : frozenset of str, optional
        Benchmarks whose accuracy is the mean score; default: those with scores strictly between 0 and 1 here.

    Returns
    -------
    Levels or None
        In the order of x (of the members where it is unknown); None if no member has an attempt.

    Raises
    ------
    ValueError
        If `by` names no measure.

    Notes
    -----
    A member that covers less than 80 % of the tasks is left out and named by its level; then the tasks that all the rest attempted
    are kept. A measure known of less than 99 % of a level's attempts is unknown at that level. Published rows have no tasks and
    are taken only if no member has any. Sorted by cost, the order is not always that of the setting; a flag says so.

    References
    ----------
    As `analytics.coverage.coverage`.

    Examples
    --------
    Of three tasks the first level solves one, the second two:

    >>> from analytics.grid import COLUMNS
    >>> cells = pd.DataFrame({"configuration": list("aaabbb"), "benchmark": "qa", "task": list("123123"), "is_summary": False})
    >>> cells = cells.assign(**{name: 0 for name in COLUMNS if name not in cells})
    >>> cells = cells.assign(n_attempts=1, n_success=1, sum_success=[1, 0, 0, 1, 1, 0])
    >>> found = of_configurations(cells, [("a", "low", 1.0), ("b", "high", 2.0)], "effort", "agent")
    >>> found.names, found.accuracy.mean.round(2).tolist(), found.x.tolist(), found.x_name
    (('low', 'high'), [0.33, 0.67], [1.0, 2.0], 'effort')
    """
    if by not in ("auto", "value", *MEASURES):
        raise ValueError(f"x is one of auto, value, {', '.join(MEASURES)}, not {by!r}")
    mine = cells[cells["configuration"].isin([configuration for configuration, _, _ in members])]
    if not mine["is_summary"].all():
        mine = mine[~mine["is_summary"].to_numpy(bool)]
    compared = coverage(mine, _NO_LATENCIES)
    names = {configuration: name for configuration, name, _ in members}
    flags = [f"Left out: {names[each]}, which {reason}." for each, reason in compared.set_aside.items()]
    arranged, flag = scored(compared.cells, fractional)
    flags += [flag] if flag else []
    kept = [member for member in members if member[0] in arranged.configurations]
    if not kept:
        return None
    is_summary = bool(arranged.is_summary.any())
    rows = np.array([arranged.configurations.index(configuration) for configuration, _, _ in kept])
    columns = slice(len(arranged.tasks), None) if is_summary else slice(len(arranged.tasks))
    fractional = arranged.fractional_benchmarks if fractional is None else fractional
    n_attempts = arranged.of("n_attempts")[rows, columns]

    def part(measure: Measure) -> Measure:
        counts, sums = measure.counts[rows, columns], measure.sums[rows, columns]
        return Measure(counts.sum(axis=1, keepdims=True), exact_sums(sums)[:, None]) if is_summary else Measure(counts, sums)

    measures = {}
    for name, (count, _) in MEASURES.items():
        known = arranged.of(count)[rows, columns]
        measures[name] = _where_known(part(arranged.measure(name, weights)), known.sum(axis=1), n_attempts.sum(axis=1))
    x, x_name = _spend(measures, np.array([value for _, _, value in kept], dtype=np.float64), knob, by)
    if (np.diff(x) < 0).any():  # more effort that turned out cheaper is still more effort: the setting's order is the ladder's
        flags.append(f"{_NOUN.get(x_name, x_name).capitalize()} does not rise with {knob}: levels stand in the order of {knob}.")
        x, x_name = np.array([value for _, _, value in kept], dtype=np.float64), knob
    order = np.arange(len(x))
    is_fraction = (arranged.of("n_fractional")[rows, columns] > 0) & np.isin(arranged.benchmarks[columns], list(fractional))
    accuracy = part(arranged.accuracy(weights, fractional))
    return Levels(
        series=series,
        knob=knob,
        names=tuple(kept[place][1] for place in order),
        x=x[order],
        x_name=x_name,
        tasks=(_PUBLISHED,) if is_summary else arranged.tasks,
        accuracy=_rows(accuracy, order),
        cost=_rows(measures["cost_usd"], order),
        latency=_rows(measures["latency_s"], order),
        tokens=_rows(measures["tokens"], order),
        n_attempts=n_attempts.sum(axis=1)[order],
        is_summary=is_summary,
        configurations=tuple(kept[place][0] for place in order),
        flags=tuple(flags),
        is_fractional=bool(is_fraction.any()) and not is_summary,
    )


def of_rounds(rounds: pd.DataFrame, configuration: str, series: str, *, by: str = "auto", weights: Weights = "attempt") -> Levels | None:
    """Ladder of the rounds of reflection: what stood after each of them, within the same attempts.

    Parameters
    ----------
    rounds : pandas.DataFrame
        One row per configuration × benchmark × task × depth: n_attempts, and n and Σ of success, cost, tokens and latency up to that
        round, every attempt carried forward to the greatest depth; published rows under the task "(all)".
    configuration, series : str
        Whose rounds, and its name as shown.
    by : str
        What x is: `cost_usd`, `tokens`, `latency_s`, `answers` (rounds of reflection + 1), or `auto`: cost where it is known after
        every round, else answers.
    weights : 'attempt' or 'task'
        Every attempt once, or every task once.

    Returns
    -------
    Levels or None
        From the first answer on; None if the frame has nothing of this configuration.

    Raises
    ------
    ValueError
        If `by` names no measure.

    Notes
    -----
    The levels are prefixes of the same attempts: their differences are free of the luck between runs. It misleads where attempts
    reflect only until they succeed by a test that a user would not have: then later rounds saw the answer.

    References
    ----------
    Shinn et al., "Reflexion", arXiv:2303.11366, 2023 (accuracy by trial).

    Examples
    --------
    >>> rounds = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": "1", "is_summary": False, "depth": [0, 1], "n_attempts": 2,
    ...     "n_success": 2, "sum_success": [0.0, 1.0], "n_cost": 2, "sum_cost_usd": [1.0, 3.0], "n_tokens": 0, "sum_tokens": 0.0,
    ...     "n_latency": 0, "sum_latency_s": 0.0})
    >>> found = of_rounds(rounds, "a", "agent")
    >>> found.names, found.accuracy.mean.tolist(), found.x.tolist()
    (('first answer', 'after 1 reflection'), [0.0, 0.5], [0.5, 1.5])
    """
    if by not in ("auto", "answers", *_OF_ROUNDS):
        raise ValueError(f"x is one of auto, answers, {', '.join(_OF_ROUNDS)}, not {by!r}")
    mine = rounds[(rounds["configuration"] == configuration).to_numpy(bool)]
    if len(mine) and not mine["is_summary"].all():
        mine = mine[~mine["is_summary"].to_numpy(bool)]
    if mine.empty:
        return None
    is_summary = bool(mine["is_summary"].iloc[0])
    row, depths = pd.factorize(mine["depth"], sort=True)
    keys = pd.MultiIndex.from_frame(mine[["benchmark", "task"]].astype(str))
    column, tasks = pd.factorize(keys, sort=True)

    def table(name: str) -> np.ndarray:
        values = np.zeros((len(depths), len(tasks)))
        values[row, column] = mine[name].to_numpy(np.float64)
        return values

    n_attempts = table("n_attempts")
    everywhere = (n_attempts > 0).all(axis=0)

    def part(count: str, total: str) -> Measure:
        counts, sums = table(count)[:, everywhere], table(total)[:, everywhere]
        if is_summary:
            return Measure(counts.sum(axis=1, keepdims=True), exact_sums(sums)[:, None])
        if weights == "task":  # the attempts of a task are the same at every depth, so ties stay ties
            return Measure((counts > 0).astype(np.float64), np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0))
        return Measure(counts, sums)

    made = n_attempts[:, everywhere].sum(axis=1)
    known = {name: table(count)[:, everywhere].sum(axis=1) for name, (count, _) in _OF_ROUNDS.items()}
    measures = {name: _where_known(part(*columns), known[name], made) for name, columns in _OF_ROUNDS.items()}
    answers = np.asarray(depths, dtype=np.float64) + 1
    x, x_name = _spend(measures, answers, "answers", "value" if by == "answers" else by)
    if (np.diff(x) < 0).any():  # more rounds cannot cost less: the means are over different attempts
        x, x_name = answers, "answers"
    accuracy = part("n_success", "sum_success")
    return Levels(
        series=series,
        knob="reflection_depth",
        names=tuple("first answer" if depth == 0 else f"after {depth:g} reflection{'' if depth == 1 else 's'}" for depth in depths),
        x=x,
        x_name=x_name,
        tasks=(_PUBLISHED,) if is_summary else tuple((str(tasks[k][0]), str(tasks[k][1])) for k in np.flatnonzero(everywhere)),
        accuracy=accuracy,
        cost=measures["cost_usd"],
        latency=measures["latency_s"],
        tokens=measures["tokens"],
        n_attempts=made,
        is_summary=is_summary,
        configurations=(configuration,),
        is_fractional=not is_summary and bool((table("sum_success") % 1 != 0).any()),
    )


def _spend(measures: dict[str, Measure], values: np.ndarray, value_name: str, by: str) -> tuple[np.ndarray, str]:
    """Return x of the levels, and what it is."""
    if by == "value":
        return values, value_name
    if by != "auto":
        return measures[by].mean, by
    cost = measures["cost_usd"].mean
    return (cost, "cost_usd") if np.isfinite(cost).all() else (values, value_name)


def _where_known(measure: Measure, n_known: np.ndarray, n_attempts: np.ndarray) -> Measure:
    """Return the measure without the levels at which it is known of too few attempts."""
    is_known = (known_share(n_known, n_attempts) >= KNOWN_SHARE)[:, None]
    return Measure(measure.counts * is_known, measure.sums * is_known)


def _rows(measure: Measure, order: np.ndarray) -> Measure:
    """Return the measure with its rows in another order."""
    return Measure(measure.counts[order], measure.sums[order])
