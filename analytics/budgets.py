"""Budgets that were set or might be: extended on demand, used, wasted, with tools priced, and one against four times as much.

Its many lines are five statistics with their definitions: two replay caps, three read the attempts as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.accuracy import accuracy_interval
from analytics.caps import NOUNS, SPENT, Basis, Outcome, Replay, Runs, Unit, cap_name, cap_value, outcomes, ratio_interval, replay, runs
from analytics.cost import KNOWN_SHARE
from analytics.grid import Measure, task_positions
from analytics.notation import is_known
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_means, task_weights

Demand = Literal["always", "perfect"]

KNOBS: dict[str, Unit] = {
    "max_turns": "turns",
    "token_budget": "tokens",
    "tool_budget": "tool_calls",
    "time_limit": "seconds",
    "cost_limit": "usd",
}
"""Setting of a configuration that states a budget → its unit."""
TOOL_PRICE_USD = 0.001
"""Per call, where no price is given: the rate of Liu et al. for search and browsing."""
_BINS = np.append(np.arange(11) / 10, np.inf)
_MOST_LEVELS = 400
"""Of a configuration's own spending, among which an equal accuracy is looked for."""
_NO_COST = dict.fromkeys(("cost_usd", "saving", "saving_low", "saving_high", "basis"))
NEVER, NOTHING, NONE = "a never reaches the accuracy of b", "b solves nothing at its budget", "a reaches the accuracy of b without any"
"""Why there is no iso-accuracy ratio."""
_FAILED = ("cost_usd", "failed_usd", "failed_share", "failed_share_low", "failed_share_high")
_AFTER = ("after_usd", "after_share", "after_share_low", "after_share_high")
_SAME = 1e-12
"""Accuracies that differ by less are equal."""


@dataclass(frozen=True, kw_only=True)
class DynamicCap(Outcome):
    """One configuration under a low cap that is extended on demand, at one of the two ends between which demand lies."""

    configuration: str
    unit: Unit
    start: str
    """As asked: `p50`."""
    start_value: float | None
    limit: str
    """As asked: `p75`; `none`: extended as often as asked for."""
    limit_value: float | None
    """None for `none`, and where nothing is known."""
    demand: Demand
    """`always`: every unfinished attempt asks and gets; `perfect`: only those ask that then succeed within the limit."""
    n_extended: int | None = None


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
class Waste:
    """Money of one configuration that bought nothing. The two kinds overlap: failed attempts have a last useful turn too."""

    configuration: str
    n_attempts: int
    n_failed: int
    """Attempts that add nothing to accuracy."""
    cost_usd: float | None
    """Σ over attempts whose cost and outcome are known."""
    failed_usd: float | None
    failed_share: float | None
    failed_share_low: float | None
    failed_share_high: float | None
    n_useful_known: int
    """Attempts whose steps carry scores and costs."""
    after_usd: float | None
    """Σ spent after the step at which the attempt first had its best score."""
    after_share: float | None
    """Of all that these attempts spent."""
    after_share_low: float | None
    after_share_high: float | None
    reason: str | None = None
    """Why there is no spend on failed attempts."""
    after_reason: str | None = None
    """Why there is no spend after the last useful turn."""


@dataclass(frozen=True)
class UnifiedCost:
    """Mean cost of one attempt of a configuration with its tool calls priced, USD."""

    configuration: str
    n_attempts: int
    cost_usd: float | None
    """Of the model alone."""
    tool_cost_usd: float | None
    unified_cost_usd: float | None
    unified_low: float | None
    unified_high: float | None
    n_tool_cost_logged: int
    """Attempts whose log states what the tools cost; the others' calls are priced."""
    tool_calls: float | None
    """Mean per attempt."""
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


def dynamic_caps(
    attempts: pd.DataFrame,
    ladder: pd.DataFrame | None = None,
    unit: Unit = "turns",
    start: float | str = "p50",
    limits: Sequence[float | str] = ("p75", "p90", "none"),
    *,
    basis: Basis | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[DynamicCap]:
    """Range of what a low cap with extensions on demand would have saved and lost.

    Parameters
    ----------
    attempts, ladder, unit, basis, n_bootstrap, seed
        As of `analytics.caps.caps`.
    start : number or percentile
        The cap that every attempt begins with, in the unit.
    limits : sequence of numbers, percentiles and `none`
        Where extensions end; `none`: granted as often as asked for. One below the start is the start.

    Returns
    -------
    list of DynamicCap
        By configuration and limit, `always` before `perfect`.

    Raises
    ------
    ValueError
        If the unit, the basis or a cap is no such thing.

    Notes
    -----
    A log does not show who would have asked. `always`: every unfinished attempt asks, which is the fixed cap at the limit.
    `perfect`: only those ask that then succeed within the limit; the rest stops at the start. Accuracy is the same, and a real
    demand costs something in between. How many steps an extension has makes no difference at either end. With exact costs, what
    the extensions of a task cost is shared between those that ask and the rest as prorated. It misleads as a promise: no agent
    knows that it will succeed, and told of a cap it behaves otherwise.

    References
    ----------
    Gao and Peng, "More with Less: an empirical study of turn-control strategies for efficient coding agents", arXiv:2510.16786.

    Examples
    --------
    A cent a turn; of 1, 2, 4 and 4 turns the third attempt fails. Start at 2 and no limit: always costs 11 cents, perfect 9.

    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": [*"1234"], "success": [1.0, 1, 0, 1],
    ...     "credit": [1.0, 1, 0, 1], "turns": [1, 2, 4, 4], "cost_usd": [0.01, 0.02, 0.04, 0.04], "tokens": 9, "latency_s": 1.0})
    >>> [(found.demand, found.accuracy, round(4 * found.cost_usd, 9)) for found in dynamic_caps(frame, start=2, limits=["none"])]
    [('always', 0.75, 0.11), ('perfect', 0.75, 0.09)]
    """
    result = []
    prorated = {found.configuration: found for found in runs(attempts, None, unit)}
    for found in runs(attempts, ladder, unit, basis=basis):
        names = {"configuration": found.configuration, "unit": unit, "start": cap_name(start)}
        if not len(found.spent):
            why = {"n_attempts": found.n_attempts, "n_tasks": len(found.tasks), "flags": found.flags, "reason": found.reason}
            for limit in limits:
                result += [_dynamic(limit, demand, None, why | names | {"start_value": None}) for demand in ("always", "perfect")]
            continue
        first = cap_value(start, found.spent)
        ends = [max(first, np.inf if limit == "none" else cap_value(limit, found.spent)) for limit in limits]
        stands = replay(found, [first, *ends])
        (begin,), rows = stands.at([first]), stands.at(ends)
        always = outcomes(found, stands, rows, n_bootstrap=n_bootstrap, seed=seed)
        asked = [_asked(found, stands, prorated[found.configuration], first, end) for end in ends]
        sums = [cost for cost, _ in asked if cost is not None]
        cost = Measure(stands.measures["cost_usd"].counts[rows], np.stack(sums)) if sums else None
        perfect = outcomes(found, stands, rows, cost, n_bootstrap=n_bootstrap, seed=seed)
        perfect = [each | ({"basis": "prorated"} if cost else _NO_COST) for each in perfect]
        n_open = int(stands.ended[-1].sum() - stands.ended[begin].sum())
        for i, (limit, end) in enumerate(zip(limits, ends, strict=True)):
            more = names | {"start_value": first}
            result.append(_dynamic(limit, "always", end, always[i] | more | {"n_extended": n_open}))
            result.append(_dynamic(limit, "perfect", end, perfect[i] | more | {"n_extended": asked[i][1]}))
    return result


def _dynamic(limit: float | str, demand: Demand, end: float | None, fields: dict[str, Any]) -> DynamicCap:
    """Return one end of a dynamic cap."""
    name = "none" if limit == "none" else cap_name(limit)
    return DynamicCap(limit=name, demand=demand, limit_value=end if is_known(end) else None, **fields)


def _asked(found: Runs, stands: Replay, whole: Runs, start: float, end: float) -> tuple[np.ndarray | None, int]:
    """Return the cost of each task if only those go on that then succeed, and how many go on.

    What going on costs is known of all attempts of a task together; it is shared out as their prorated costs are.
    """
    n_tasks = len(whole.tasks)
    goes_on = (whole.credit > 0) & (whole.levels > start) & (whole.levels <= end)
    measure = stands.measures.get("cost_usd")
    if measure is None or not len(whole.levels):
        return None, int(goes_on.sum())
    more = np.minimum(whole.levels, end) - np.minimum(whole.levels, start)
    rate = np.divide(whole.sums.get("cost_usd", whole.levels), whole.levels, out=np.zeros(len(more)), where=whole.levels > 0)
    everyone = np.bincount(whole.cells, weights=more * rate, minlength=n_tasks)
    askers = np.bincount(whole.cells, weights=np.where(goes_on, more * rate, 0.0), minlength=n_tasks)
    share = np.minimum(np.divide(askers, everyone, out=np.zeros(n_tasks), where=everyone > 0), 1.0)
    first, last = measure.sums[stands.at([start, end])]
    return first + (last - first) * share, int(goes_on.sum())


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
    tasks = _tasks(attempts)
    over = _by_task(task_positions(attempts, tasks), len(tasks), is_told, is_over)
    low, high = accuracy_interval(over, over.counts.sum(axis=1), np.array([False]))
    mean = float(exact_sums(share[None, :])[0]) / n_known
    p50, p95 = (float(v) for v in np.percentile(share, [50, 95]))
    ends = (_known(low[0]), _known(high[0]))
    return Utilisation(name, knob, unit, budget, n, n_known, mean, p50, p95, int(is_over.sum()), float(over.mean[0]), *ends, _BINS, counts)


def waste(attempts: pd.DataFrame, useful: pd.DataFrame | None = None, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> list[Waste]:
    """Money spent on failed attempts, and after the last useful turn.

    Parameters
    ----------
    attempts : pandas.DataFrame
        As of `analytics.caps.caps`; cost_usd in USD.
    useful : pandas.DataFrame or None
        One row per attempt whose steps carry a score (the attempt's, had it ended there): configuration, benchmark, task,
        cost_usd_after_last_useful, cost_usd, both Σ over its steps in USD, NaN where a step's cost is unknown.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of Waste
        By configuration. Without intervals under 10 tasks; `reason` and `after_reason` where something is unknown.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Failed: adds nothing to accuracy; share = Σ cost of these / Σ cost where both are known. The last useful step is the first at
    which the attempt's best score is reached; all cost after it is wasted. It misleads where the work after the best score was
    the check that made it trustworthy, and says nothing of whether anyone could have known.

    References
    ----------
    Gao and Peng, arXiv:2510.16786 (spend after the last useful turn).

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": [*"12"], "credit": [1.0, 0.0], "cost_usd": [0.1, 0.3]})
    >>> found, = waste(frame)
    >>> round(found.failed_share, 9), found.after_reason
    (0.75, 'cannot be computed: no scores per step in these logs')
    """
    steps = {} if useful is None or useful.empty else dict(iter(useful.groupby(useful["configuration"].astype(str), observed=True)))
    result = []
    for name, part in attempts.groupby("configuration", sort=True, observed=True):
        tasks, own = _tasks(part), steps.get(str(name))
        cost, credit = part["cost_usd"].to_numpy(np.float64), part["credit"].to_numpy(np.float64)
        is_judged, is_failed = ~np.isnan(credit), credit == 0
        is_counted = is_judged & ~np.isnan(cost)
        failed: tuple[Any, ...] = (None,) * 5
        reason = None
        if not is_counted.any() or is_counted.sum() < KNOWN_SHARE * is_judged.sum():
            why = "no outcome is known" if not is_judged.any() else "cost unknown"
            reason = f"cost known for {is_counted.sum()} of {is_judged.sum()} attempts" if is_counted.any() else why
        else:
            failed = _share(part[is_counted], tasks, cost[is_counted], np.where(is_failed, cost, 0.0)[is_counted], n_bootstrap, seed)
        after: tuple[Any, ...] = (None,) * 5
        after_reason, n_useful = "cannot be computed: no scores per step in these logs", 0
        if own is not None:
            own = own[own[["cost_usd", "cost_usd_after_last_useful"]].notna().all(axis=1) & (task_positions(own, tasks) >= 0)]
            n_useful, after_reason = len(own), None if len(own) else "cannot be computed: the cost of steps is unknown"
        if own is not None and len(own):
            spent, wasted = (own[column].to_numpy(np.float64) for column in ("cost_usd", "cost_usd_after_last_useful"))
            after = _share(own, tasks, spent, wasted, n_bootstrap, seed)
        numbers: dict[str, Any] = dict(zip(_FAILED, failed, strict=True)) | dict(zip(_AFTER, after[1:], strict=True))
        result.append(
            Waste(str(name), len(part), int(is_failed.sum()), n_useful_known=n_useful, reason=reason, after_reason=after_reason, **numbers)
        )
    return result


def _share(rows: pd.DataFrame, tasks: tuple, whole: np.ndarray, part: np.ndarray, n_bootstrap: int, seed: int) -> tuple[float | None, ...]:
    """Return Σ whole, Σ part, their ratio and its interval over resampled tasks."""
    measure = _by_task(task_positions(rows, tasks), len(tasks), whole, part)
    totals = exact_sums(np.concatenate([measure.counts, measure.sums]))
    if totals[0] <= 0:
        return (*(float(total) for total in totals), None, None, None)
    low, high = ratio_interval(measure.sums, measure.counts, n_bootstrap, seed)
    return (*(float(total) for total in totals), float(totals[1] / totals[0]), _known(low[0]), _known(high[0]))


def unified_cost(
    attempts: pd.DataFrame,
    calls: pd.DataFrame | None = None,
    prices: Mapping[str, float] | None = None,
    *,
    default: float = TOOL_PRICE_USD,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[UnifiedCost]:
    """Cost of an attempt with its tool calls priced: tokens and tools in one currency.

    Parameters
    ----------
    attempts : pandas.DataFrame
        As of `analytics.caps.caps`, with tool_calls and tool_cost_usd (USD; NaN: not logged).
    calls : pandas.DataFrame or None
        Calls of each tool: configuration, benchmark, task, tool, n_calls.
    prices : mapping, optional
        Tool → USD per call.
    default : float
        USD per call of every other tool.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of UnifiedCost
        By configuration; a `reason` where less than 99 % of the costs or of the calls are known.

    Raises
    ------
    ValueError
        If a price is negative or not finite.

    Notes
    -----
    C = cost of tokens + Σ calls of tool i · P_i; what the log says the tools cost has precedence. An attempt's calls are priced
    at the mean price of the calls at its task. P = $0.001 is one published rate for search and browsing: a sandbox minute or a
    licensed database costs otherwise, and the ranking of tool-heavy configurations stands or falls with it.

    References
    ----------
    Liu et al., "Budget-aware tool-use enables effective agent scaling", arXiv:2511.17006 (unified cost).

    Examples
    --------
    Two cents of tokens and 10 calls at a tenth of a cent:

    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": ["1"], "cost_usd": 0.02, "tool_calls": 10.0,
    ...                       "tool_cost_usd": float("nan")})
    >>> round(unified_cost(frame)[0].unified_cost_usd, 9)
    0.03
    """
    prices = prices or {}
    if not all(np.isfinite(price) and price >= 0 for price in (default, *prices.values())):
        raise ValueError("a price is a number of USD from 0 on")
    per_call = _prices_by_task(calls, prices, default)
    result = []
    for name, part in attempts.groupby("configuration", sort=True, observed=True):
        tasks = _tasks(part)
        cells = task_positions(part, tasks)
        price = np.array([per_call.get((str(name), *task), per_call.get((str(name),), default)) for task in tasks])[cells]
        logged, made = part["tool_cost_usd"].to_numpy(np.float64), part["tool_calls"].to_numpy(np.float64)
        cost, tools = part["cost_usd"].to_numpy(np.float64), np.where(np.isnan(logged), made * price, logged)
        n, told = len(part), {"cost": cost, "tool calls": tools}
        lacking = [(noun, int((~np.isnan(v)).sum())) for noun, v in told.items() if (~np.isnan(v)).sum() < max(1, KNOWN_SHARE * n)]
        reason = "; ".join(f"{noun} known for {k} of {n} attempts" if k else f"{noun} unknown" for noun, k in lacking) or None
        n_logged, means = int((~np.isnan(logged)).sum()), []
        for value in (cost, tools, cost + tools, made):
            is_told = ~np.isnan(value)
            means.append(_by_task(cells[is_told], len(tasks), is_told[is_told], value[is_told]))
        shown = [float(m.mean[0]) if m.counts.sum() >= max(1, KNOWN_SHARE * n) else None for m in means]
        ends: tuple[float | None, ...] = (None, None)
        if shown[2] is not None:
            ends = tuple(_known(end[0]) for end in ratio_interval(means[2].sums, means[2].counts, n_bootstrap, seed))
        result.append(UnifiedCost(str(name), n, *shown[:3], *ends, n_logged, shown[3], reason))
    return result


def _prices_by_task(calls: pd.DataFrame | None, prices: Mapping[str, float], default: float) -> dict[tuple[str, ...], float]:
    """Return the mean price of a call for each (configuration, benchmark, task), and for each (configuration,)."""
    if calls is None or calls.empty:
        return {}
    n = calls["n_calls"].to_numpy(np.float64)
    paid = calls.assign(usd=n * calls["tool"].map(lambda tool: prices.get(str(tool), default)).to_numpy(np.float64))
    paid = paid.sort_values(["usd", "n_calls"])  # so that the order of the rows means nothing
    found: dict[tuple[str, ...], float] = {}
    for keys in (["configuration"], ["configuration", "benchmark", "task"]):
        sums = paid.groupby(keys, observed=True)[["usd", "n_calls"]].sum()
        for key, usd, made in sums.itertuples(name=None):
            if made > 0:
                found[tuple(str(part) for part in (key if isinstance(key, tuple) else (key,)))] = usd / made
    return found


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
    tasks = tuple(sorted(set(_tasks(attempts[names == a])) & set(_tasks(attempts[names == b]))))
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
    fields: dict[str, Any] = {f"cost_{name}": _known(cost.mean[0]) for name, cost in zip("ab", costs, strict=True) if cost.counts.any()}
    first, second = (_known(each.mean[0]) for each in accuracy)
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
    low, high = (_known(end[0]) for end in percentile_interval(means[0] - means[1]))
    fields |= {"difference_low": low, "difference_high": high}
    if low is not None and high is not None:
        fields["verdict"] = "a" if low > 0 else "b" if high < 0 else "undecided"
    if "iso_ratio" in fields:
        with np.errstate(divide="ignore"):  # a may draw level without any
            ends = percentile_interval(budget * factor / _first_levels(means[2], means[1][0], levels)[None, :])
        fields |= {"iso_ratio_low": _known(ends[0][0]), "iso_ratio_high": _known(ends[1][0])}
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


def _tasks(frame: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return benchmark and task of a frame, sorted, each once."""
    return tuple(sorted(frame[["benchmark", "task"]].drop_duplicates().itertuples(index=False, name=None)))


def _by_task(cells: np.ndarray, n_tasks: int, counts: np.ndarray, sums: np.ndarray) -> Measure:
    """Add values up by task, shape (1, T), in the order of their size, so that the order of the rows means nothing."""
    order = np.lexsort((counts, sums, cells))
    cells = cells[order]
    return Measure(*(np.bincount(cells, weights=v[order].astype(float), minlength=n_tasks)[None, :] for v in (counts, sums)))


def _known(value: float) -> float | None:
    """Return a number as it is, None where it is unknown."""
    return float(value) if np.isfinite(value) else None
