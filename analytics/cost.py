"""When a cost, latency or token count is known, what is said where it is not, and the cost of a success."""

import math
from typing import Literal

import numpy as np

KNOWN_SHARE = 0.99
"""Share of attempts whose cost must be known before its mean is shown; below it the mean would be of the cheap or the logged ones."""
NOUNS = {
    "accuracy": "accuracy",
    "cost_usd": "cost",
    "cost_per_success_usd": "cost",
    "latency_s": "latency",
    "latency_p50_s": "latency",
    "latency_p95_s": "latency",
    "tokens": "tokens",
    "turns": "turns",
}
"""Objective → the measure that must be known for it, as sentences name it."""
_UNITS = {"cost": "${}", "latency": "{} s"}


def known_share(n_known: np.ndarray, n_attempts: np.ndarray) -> np.ndarray:
    """Share of the attempts of which a measure is known.

    Parameters
    ----------
    n_known, n_attempts : array, shape (K,)
        Attempts with the measure, and all that count.

    Returns
    -------
    numpy.ndarray, shape (K,)
        0–1; 0 where there is no attempt.

    Raises
    ------
    ValueError
        If more are known than were made.

    Notes
    -----
    A mean is shown from `KNOWN_SHARE` on. It misleads if the unknown ones are the dear ones (a run killed before it logged its
    cost): 1 % of attempts at 50 times the cost are a third of the money.

    References
    ----------
    Rubin, "Inference and missing data", Biometrika 63 (1976), pages 581-592 (a mean over the known needs data missing at random).

    Examples
    --------
    >>> known_share(np.array([284, 0]), np.array([300, 0])).round(3).tolist()
    [0.947, 0.0]
    """
    n_known, n_attempts = np.asarray(n_known, dtype=np.float64), np.asarray(n_attempts, dtype=np.float64)
    if (n_known > n_attempts).any():
        raise ValueError("a measure is known of more attempts than were made")
    return np.divide(n_known, n_attempts, out=np.zeros(len(n_known)), where=n_attempts > 0)


def at_least(sums: np.ndarray, n_known: np.ndarray, n_attempts: np.ndarray) -> np.ndarray:
    """Lower bound of the mean cost, latency or token count where it is known of a part of the attempts.

    Parameters
    ----------
    sums : array, shape (K,)
        Σ over the attempts where it is known (USD, seconds, tokens).
    n_known, n_attempts : array, shape (K,)
        These attempts, and all that count.

    Returns
    -------
    numpy.ndarray, shape (K,)
        In the unit of `sums`, per attempt: Σ known / n_attempts; NaN where all or none are known.

    Raises
    ------
    ValueError
        If more are known than were made.

    Notes
    -----
    What is unknown is at least 0. It misleads if it is ranked: a bound of $0.01 may be a mean of $10.

    References
    ----------
    Manski, "Nonparametric bounds on treatment effects", American Economic Review 80 (1990), pages 319-323 (worst-case bounds).

    Examples
    --------
    $6 over the 2 of 3 attempts that are known, spread over all 3:

    >>> at_least(np.array([6.0, 6.0]), np.array([2, 3]), np.array([3, 3])).tolist()
    [2.0, nan]
    """
    share = known_share(n_known, n_attempts)
    is_part = (share > 0) & (share < 1)
    return np.divide(sums, n_attempts, out=np.full(len(share), np.nan), where=is_part)


def cost_source(n_logged: float, n_priced: float) -> Literal["logged", "priced", "mixed"] | None:
    """Where the known costs come from: `logged` by the run, `priced` from its tokens, or `mixed`; None: none is known.

    >>> cost_source(10, 0), cost_source(0, 10), cost_source(5, 5), cost_source(0, 0)
    ('logged', 'priced', 'mixed', None)
    """
    if n_logged and n_priced:
        return "mixed"
    return "logged" if n_logged else "priced" if n_priced else None


def cost_per_success(cost_usd: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Money spent for one solved task, failures included.

    Parameters
    ----------
    cost_usd : array, any shape
        USD per attempt; NaN: unknown.
    accuracy : array, same shape
        Share of attempts that succeed, 0–1; NaN: unknown.

    Returns
    -------
    numpy.ndarray, same shape
        USD per success; infinity without success, NaN if cost or accuracy is unknown.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    cost / accuracy, pooled over attempts: where both are known for all attempts it is Σ cost / Σ success. It assumes that retries
    are independent and that someone notices a failure for free. The published cost-of-pass takes C/R per task and then the
    mean, which is infinite as soon as one task was never solved; the two differ, and E[C/R] ≠ E[C]/E[R].

    References
    ----------
    Erol et al., "Cost-of-Pass: an economic framework for evaluating language models", arXiv:2504.13359, 2025.

    Examples
    --------
    10 cents an attempt, one in four succeeds:

    >>> cost_per_success(np.array([0.1, 0.1, np.nan]), np.array([0.25, 0.0, 0.5])).tolist()
    [0.4, inf, nan]
    """
    cost_usd, accuracy = np.asarray(cost_usd, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    if cost_usd.shape != accuracy.shape:
        raise ValueError("every cost has its accuracy")
    nothing = np.where(np.isnan(cost_usd) | np.isnan(accuracy), np.nan, np.inf)
    return np.divide(cost_usd, accuracy, out=nothing, where=accuracy > 0)


def unknown_reason(noun: str, n_known: float, n_attempts: float, lower_bound: float) -> str:
    """Why a configuration without this measure is not compared; it begins with the measure.

    >>> unknown_reason("cost", 284, 300, 0.04217), unknown_reason("tokens", 0, 300, 0)
    ('cost known for 284 of 300 attempts (≥ $0.0422)', 'tokens unknown')
    """
    if not n_known:
        return f"{noun} unknown"
    bound = _UNITS.get(noun, "{}").format(plain_number(lower_bound))
    return f"{noun} known for {n_known:.0f} of {n_attempts:.0f} attempts (≥ {bound})"


def plain_number(value: float) -> str:
    """Three significant digits without an exponent.

    >>> plain_number(0.00041234), plain_number(12.4), plain_number(1234.5)
    ('0.000412', '12.4', '1230')
    """
    return np.format_float_positional(value, precision=3, unique=False, fractional=False, trim="-")


MONTH_DAYS = 30.4375
"""A year of 365.25 days in twelve parts."""


def monthly(cost_usd: float | None, tasks_per_day: float) -> float | None:
    """Money for a month at a volume.

    Parameters
    ----------
    cost_usd : float or None
        USD per attempt; None if it is unknown.
    tasks_per_day : float
        One attempt each.

    Returns
    -------
    float or None
        USD per month; unknown stays unknown.

    Raises
    ------
    ValueError
        If the volume is negative or not finite.

    Notes
    -----
    cost × tasks per day × 30.4375. It misleads where next month's tasks are not like the logged ones.

    References
    ----------
    The definition; 30.4375 = 365.25 / 12.

    Examples
    --------
    >>> monthly(0.02, 100)
    60.875
    """
    if not (math.isfinite(tasks_per_day) and tasks_per_day >= 0):
        raise ValueError("tasks per day are a number from 0 on")
    return None if cost_usd is None else cost_usd * tasks_per_day * MONTH_DAYS
