"""One cost of tokens and tools: what the model was paid, and each tool call at its price."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.caps import ratio_interval
from analytics.cost import KNOWN_SHARE
from analytics.grid import measure_by_task, task_positions, tasks_of
from analytics.points import known
from analytics.resample import N_BOOTSTRAP

TOOL_PRICE_USD = 0.001
"""Per call, where no price is given: the rate of Liu et al. for search and browsing."""


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
        tasks = tasks_of(part)
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
            means.append(measure_by_task(cells[is_told], len(tasks), is_told[is_told], value[is_told]))
        shown = [float(m.mean[0]) if m.counts.sum() >= max(1, KNOWN_SHARE * n) else None for m in means]
        ends: tuple[float | None, ...] = (None, None)
        if shown[2] is not None:
            ends = tuple(known(end[0]) for end in ratio_interval(means[2].sums, means[2].counts, n_bootstrap, seed))
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
