"""Money that bought nothing: spent on attempts that failed, or after the last step that was of use."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.caps import ratio_interval
from analytics.cost import KNOWN_SHARE
from analytics.grid import measure_by_task, task_positions, tasks_of
from analytics.points import known
from analytics.resample import N_BOOTSTRAP, exact_sums

_FAILED = ("cost_usd", "failed_usd", "failed_share", "failed_share_low", "failed_share_high")
_AFTER = ("after_usd", "after_share", "after_share_low", "after_share_high")


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
        tasks, own = tasks_of(part), steps.get(str(name))
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
    measure = measure_by_task(task_positions(rows, tasks), len(tasks), whole, part)
    totals = exact_sums(np.concatenate([measure.counts, measure.sums]))
    if totals[0] <= 0:
        return (*(float(total) for total in totals), None, None, None)
    low, high = ratio_interval(measure.sums, measure.counts, n_bootstrap, seed)
    return (*(float(total) for total in totals), float(totals[1] / totals[0]), known(low[0]), known(high[0]))
