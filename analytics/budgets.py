"""Budgets that a setting states, and how much of them was used; and whether one configuration beats another at four times the budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.accuracy import accuracy_interval
from analytics.cost import KNOWN_SHARE
from analytics.grid import Measure, measure_by_task, task_positions, tasks_of
from analytics.notation import is_known
from analytics.points import known
from analytics.replay import NOUNS, SPENT, Basis, Replay, Unit, replay, runs
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_means, task_weights

KNOBS: dict[str, Unit] = {
    "max_turns": "turns",
    "token_budget": "tokens",
    "tool_budget": "tool_calls",
    "time_limit": "seconds",
    "cost_limit": "usd",
}
"""Setting of a configuration that states a budget → its unit."""
_BINS = np.append(np.arange(11) / 10, np.inf)
_MOST_LEVELS = 400
"""Of a configuration's own spending, among which an equal accuracy is looked for."""
NEVER, NOTHING, NONE = "a never reaches the accuracy of b", "b solves nothing at its budget", "a reaches the accuracy of b without any"
"""Why there is no iso-accuracy ratio."""
_SAME = 1e-12
"""Accuracies that differ by less are equal."""


@dataclass(frozen=True)
class Utilisation:
    """How much of a stated budget the attempts of one configuration used."""

    configuration: str
    knob: str
    """`max_turns`, `token_budget`, `tool_budget`, …"""
    unit: Unit
    budget: float
    n_attempts: int
    n_known: int
    """Attempts whose spending is known."""
    mean: float | None
    """Of spent / budget."""
    p50: float | None
    p95: float | None
    n_over: int | None
    """Attempts that hit the budget: stopped by a limit, or spent ≥ budget."""
    over_share: float | None
    over_low: float | None
    over_high: float | None
    edges: np.ndarray
    """Shape (12,): 0, 0.1, …, 1, infinity."""
    counts: np.ndarray
    """Shape (11,): attempts by spent / budget; the last: at or over the budget."""
    reason: str | None = None


@dataclass(frozen=True)
class BudgetComparison:
    """Configuration `a` capped at a budget against `b` capped at a multiple of it, on the tasks both attempted."""

    a: str
    b: str
    unit: Unit
    budget_a: float
    budget_b: float
    n_tasks: int
    accuracy_a: float | None = None
    accuracy_b: float | None = None
    difference: float | None = None
    """Accuracy of a − accuracy of b, paired by task."""
    difference_low: float | None = None
    difference_high: float | None = None
    verdict: Literal["a", "b", "undecided"] | None = None
    """Who is more accurate, None without an interval."""
    cost_a: float | None = None
    cost_b: float | None = None
    iso_budget: float | None = None
    """Smallest budget with which a reaches what b reaches at `budget_b`."""
    iso_ratio: float | None = None
    """budget_b / iso_budget: b needs so many times the budget."""
    iso_ratio_low: float | None = None
    """0: a may never reach it."""
    iso_ratio_high: float | None = None
    reason: str | None = None
    iso_reason: str | None = None


def utilisation(attempts: pd.DataFrame, budgets: Mapping[str, Mapping[str, float]]) -> list[Utilisation]:
    """How much of its stated budget each configuration used, and how often it ran into it.

    Parameters
    ----------
    attempts : pandas.DataFrame
        As of `analytics.caps.caps`, with `status`.
    budgets : mapping
        Configuration → setting (a key of `KNOBS`) → budget in the setting's unit (turns, tokens, calls, seconds, USD); others
        are ignored.

    Returns
    -------
    list of Utilisation
        By configuration and setting; a `reason` where less than 99 % of the attempts tell what they spent.

    Raises
    ------
    ValueError
        If a budget is not above 0.

    Notes
    -----
    c / b for each attempt, b the budget (a cap) and c what was spent. Over budget: c ≥ b, or stopped by a limit where the
    configuration states one budget only (with several nobody knows which). Wilson interval at the effective number of attempts.
    It misleads where the log counts otherwise than the limit did: then shares pile up below 1.

    References
    ----------
    Liu et al., "Budget-aware tool-use enables effective agent scaling", arXiv:2511.17006 (utilisation, over-budget share).

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": [*"1234"], "turns": [2, 5, 10, 10], "status": "ok"})
    >>> found, = utilisation(frame, {"c": {"max_turns": 10}})
    >>> found.mean, found.n_over, found.over_share, found.counts.tolist()
    (0.675, 2, 0.5, [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 2])
    """
    result = []
    for name, part in attempts.groupby("configuration", sort=True, observed=True):
        stated = {knob: budget for knob, budget in budgets.get(str(name), {}).items() if knob in KNOBS}
        for knob, budget in sorted(stated.items()):
            if not budget > 0:
                raise ValueError(f"{knob} is a number above 0, not {budget!r}")
            result.append(_used(str(name), part, knob, float(budget), is_only=len(stated) == 1))
    return result


def _used(name: str, attempts: pd.DataFrame, knob: str, budget: float, *, is_only: bool) -> Utilisation:
    """Return the use of one budget."""
    unit = KNOBS[knob]
    spent = attempts[SPENT[unit]].to_numpy(np.float64)
    is_limited = attempts["status"].isin(["limit", "timeout"] if unit == "seconds" else ["limit"]).to_numpy() & is_only
    share = np.sort(spent[~np.isnan(spent)]) / budget
    n, n_known = len(attempts), len(share)
    counts = np.histogram(share, _BINS)[0]
    if n_known < max(1, KNOWN_SHARE * n):
        reason = f"{NOUNS[unit]} known for {n_known} of {n} attempts" if n_known else f"{NOUNS[unit]} unknown"
        return Utilisation(name, knob, unit, budget, n, n_known, *(None,) * 7, _BINS, counts, reason)
    is_told, is_over = ~np.isnan(spent) | is_limited, (spent >= budget) | is_limited
    tasks = tasks_of(attempts)
    over = measure_by_task(task_positions(attempts, tasks), len(tasks), is_told, is_over)
    low, high = accuracy_interval(over, over.counts.sum(axis=1), np.array([False]))
    mean = float(exact_sums(share[None, :])[0]) / n_known
    p50, p95 = (float(v) for v in np.percentile(share, [50, 95]))
    ends = (known(low[0]), known(high[0]))
    return Utilisation(name, knob, unit, budget, n, n_known, mean, p50, p95, int(is_over.sum()), float(over.mean[0]), *ends, _BINS, counts)


def compare_budgets(
    attempts: pd.DataFrame,
    ladder: pd.DataFrame | None,
    a: str,
    b: str,
    unit: Unit,
    budget: float,
    factor: float = 4.0,
    *,
    basis: Basis | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> BudgetComparison:
    """Difference in accuracy between one configuration at a budget and another at a multiple of it.

    Parameters
    ----------
    attempts, ladder, unit, basis, n_bootstrap, seed
        As of `analytics.caps.caps`.
    a, b : str
        Configuration ids; the same twice asks what more budget gives.
    budget : float
        Of a, in the unit.
    factor : float
        The budget of b is so many times that of a.

    Returns
    -------
    BudgetComparison
        On the tasks both attempted; without intervals and verdict under 10 of them, and a `reason` where it cannot be computed.

    Raises
    ------
    ValueError
        If budget or factor is not above 0, or a or b is not in `attempts`.

    Notes
    -----
    Both are replayed under their caps: accuracy of a at b₀ − accuracy of b at factor · b₀, with the same resamples of the common
    tasks. The iso-accuracy ratio is factor · b₀ over the smallest budget with which a reaches b's accuracy; resamples in which it
    never does count as 0. It misleads where one of the two was told its budget and the other was not: both accuracies are lower
    bounds, and their difference is none.

    References
    ----------
    Li et al., "Budget-aware value tree search", arXiv:2603.12634 (a method at b against another at 4b).

    Examples
    --------
    On four tasks a needs 1 turn and b needs 4. Whoever solves, solves all: a at 1 turn is level with b at 4.

    >>> frame = pd.DataFrame({"configuration": [*"aaaabbbb"], "benchmark": "qa", "task": [*"12341234"], "success": 1.0, "credit": 1.0,
    ...     "turns": [1, 1, 1, 1, 4, 4, 4, 4], "cost_usd": 0.1, "tokens": 9, "latency_s": 1.0})
    >>> found = compare_budgets(frame, None, "a", "b", "turns", 1)
    >>> found.accuracy_a, found.accuracy_b, found.iso_ratio, compare_budgets(frame, None, "a", "b", "turns", 1, 3).difference
    (1.0, 1.0, 4.0, 1.0)
    """
    if not (budget > 0 and factor > 0):
        raise ValueError("a budget and its factor are above 0")
    names = attempts["configuration"].astype(str)
    if missing := sorted({a, b} - set(names)):
        raise ValueError(f"no such configuration: {missing[0]}")
    tasks = tuple(sorted(set(tasks_of(attempts[names == a])) & set(tasks_of(attempts[names == b]))))
    common: dict[str, Any] = {
        "a": a,
        "b": b,
        "unit": unit,
        "budget_a": float(budget),
        "budget_b": float(budget * factor),
        "n_tasks": len(tasks),
    }
    if not tasks:
        return BudgetComparison(**common, reason="no task was attempted by both")
    shared = attempts[names.isin([a, b]) & (task_positions(attempts, tasks) >= 0)]
    found = {each.configuration: each for each in runs(shared, ladder, unit, basis=basis)}
    if unknown := [name for name in (a, b) if not len(found[name].spent)]:
        return BudgetComparison(**common, reason=found[unknown[0]].reason)
    levels = np.unique(np.quantile(found[a].spent, np.arange(1, _MOST_LEVELS + 1) / _MOST_LEVELS, method="inverted_cdf"))
    stands = (replay(found[a], [budget, *levels]), replay(found[b], [budget * factor]))
    accuracy = [_row(each.accuracy, each, cap) for each, cap in zip(stands, (budget, budget * factor), strict=True)]
    costs = [_row(each.measures.get("cost_usd"), each, cap) for each, cap in zip(stands, (budget, budget * factor), strict=True)]
    fields: dict[str, Any] = {f"cost_{name}": known(cost.mean[0]) for name, cost in zip("ab", costs, strict=True) if cost.counts.any()}
    first, second = (known(each.mean[0]) for each in accuracy)
    if first is None or second is None:
        return BudgetComparison(**common, **fields, reason="no outcome is known")
    reached = Measure(*(each[stands[0].at(levels)] for each in (stands[0].accuracy.counts, stands[0].accuracy.sums)))
    fields |= {"accuracy_a": first, "accuracy_b": second, "difference": first - second}
    (level,) = _first_levels(reached.mean[:, None], np.array([second]), levels)
    if second == 0 or not is_known(level):
        fields["iso_reason"] = NOTHING if second == 0 else NEVER
    elif level == 0:
        fields |= {"iso_reason": NONE, "iso_budget": 0.0}
    else:
        fields |= {"iso_ratio": float(budget * factor / level), "iso_budget": float(level)}
    if not n_bootstrap or len(tasks) < MIN_TASKS:
        return BudgetComparison(**common, **fields)
    drawn = task_weights(len(tasks), n_bootstrap, seed)
    means = [resampled_means(each.sums, each.counts, drawn) for each in (*accuracy, reached)]
    low, high = (known(end[0]) for end in percentile_interval(means[0] - means[1]))
    fields |= {"difference_low": low, "difference_high": high}
    if low is not None and high is not None:
        fields["verdict"] = "a" if low > 0 else "b" if high < 0 else "undecided"
    if "iso_ratio" in fields:
        with np.errstate(divide="ignore"):  # a may draw level without any
            ends = percentile_interval(budget * factor / _first_levels(means[2], means[1][0], levels)[None, :])
        fields |= {"iso_ratio_low": known(ends[0][0]), "iso_ratio_high": known(ends[1][0])}
    return BudgetComparison(**common, **fields)


def _first_levels(reached: np.ndarray, target: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the first level at which the accuracies `reached` (L, B) meet the target (B,); infinite where they never do."""
    is_reached = np.vstack([reached >= target - _SAME, np.ones((1, len(target)), dtype=bool)])
    return np.append(levels, np.inf)[is_reached.argmax(axis=0)]


def _row(measure: Measure | None, stands: Replay, cap: float) -> Measure:
    """Return what stands under one cap, shape (1, T); nothing where the measure is unknown."""
    if measure is None:
        return Measure(np.zeros((1, 1)), np.zeros((1, 1)))
    row = stands.at([cap])
    return Measure(measure.counts[row], measure.sums[row])
