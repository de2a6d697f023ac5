"""A low cap that is extended on demand: between asking always, and asking only where it then succeeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.caps import Outcome, cap_name, cap_value, outcomes
from analytics.grid import Measure
from analytics.notation import is_known
from analytics.replay import Basis, Replay, Runs, Unit, replay, runs
from analytics.resample import N_BOOTSTRAP

Demand = Literal["always", "perfect"]
_NO_COST = dict.fromkeys(("cost_usd", "saving", "saving_low", "saving_high", "basis"))


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
