"""A month's bill as a random sum: how likely it is to exceed a budget, when neither the mean cost nor the month's tasks are certain."""

from dataclasses import dataclass

import numpy as np

from analytics.cost import MONTH_DAYS

FEW_TASKS = 100
"""Below it the sum of a month's costs is not yet normal, and the chance is rough."""


@dataclass(frozen=True)
class Chance:
    """The chance that a month's bill exceeds a budget."""

    p: float
    basis: str
    """How it was computed, as a clause."""


def chance_over(
    budget_usd: float, mean_cost_usd: np.ndarray, cost_sd_usd: float, tasks_per_day: float, *, days: float = MONTH_DAYS
) -> Chance | None:
    """How likely the bill of a month is to exceed a budget.

    Parameters
    ----------
    budget_usd : float
        For the month.
    mean_cost_usd : array, shape (B,)
        Mean cost of a task in each resample of the tasks (USD); NaN: no data there.
    cost_sd_usd : float
        Standard deviation of the cost of one task, USD.
    tasks_per_day, days : float
        Their product is the number of tasks in the month.

    Returns
    -------
    Chance or None
        None where the costs are unknown or there are no resamples.

    Raises
    ------
    ValueError
        If the volume is negative or not finite.

    Notes
    -----
    P = mean over resamples b of Φ((N·m_b − X) / (s·√N)): the resamples carry what is not known of the mean cost, the normal
    distribution the luck of the month's N tasks, each a fresh draw. With many tasks a month only the first matters: the chance then
    says how well the logs know the mean. It misleads where next month's tasks are unlike the logged ones, where the volume itself is a
    guess, and under about 100 tasks a month, since single costs are skewed.

    References
    ----------
    Feller, *An Introduction to Probability Theory*, volume 2, 2nd edition, 1971, chapter VIII.4 (central limit theorem); Efron and
    Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 6.

    Examples
    --------
    100 tasks at 1 USD on average, spread 0.5: 105 USD is one standard deviation away, and 15.87 % of a normal lie above that.

    >>> chance_over(105.0, np.array([1.0]), 0.5, 100.0, days=1.0)
    Chance(p=0.158655, basis='bootstrap of the mean, normal over 100 tasks')
    """
    if not (np.isfinite(tasks_per_day) and tasks_per_day >= 0):
        raise ValueError("tasks per day are a number from 0 on")
    from scipy.special import ndtr

    n = tasks_per_day * days
    means = np.asarray(mean_cost_usd, dtype=np.float64)
    means = means[np.isfinite(means)]
    if not len(means) or not np.isfinite(cost_sd_usd):
        return None
    spread = cost_sd_usd * np.sqrt(n)
    over = n * means - budget_usd
    with np.errstate(over="ignore"):  # a spread of almost nothing
        p = ndtr(over / spread) if spread > 0 else (over > 0).astype(np.float64)
    rough = ", rough: few tasks" if n < FEW_TASKS else ""
    return Chance(float(np.mean(p).round(6)), f"bootstrap of the mean, normal over {n:,.0f} tasks{rough}")
