"""Accuracy with an interval that stays honest when a task was attempted several times, and draws for published rows."""

import numpy as np

from analytics.grid import Measure
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums

_Z = 1.959963984540054
"""97.5 % point of the normal distribution."""


def wilson(accuracy: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Range of true accuracies that an observed share of successes is compatible with, 95 %.

    Parameters
    ----------
    accuracy : array, shape (K,)
        Share of successes, 0–1; NaN: unknown.
    n : array, shape (K,)
        Independent attempts behind it, need not be whole.

    Returns
    -------
    low, high : numpy.ndarray, shape (K,)
        Fractions, 0 ≤ low ≤ accuracy ≤ high ≤ 1; NaN where the accuracy is unknown or n is 0.

    Raises
    ------
    ValueError
        If an accuracy is outside 0–1 or an n negative.

    Notes
    -----
    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), z = 1.96: all p₀ that a score test at 5 % does not reject. It assumes
    independent attempts: on repeated attempts of the same tasks it covers only about 73 %; give it `effective_attempts` then.

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), pages 209-212. Newcombe,
    "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), pages 857-872, table I.

    Examples
    --------
    No success in 4 attempts: the upper end is z² / (n + z²) = 3.84 / 7.84.

    >>> low, high = wilson(np.array([0.0]), np.array([4]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0], [0.49])
    """
    accuracy, n = np.asarray(accuracy, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if (accuracy < 0).any() or (accuracy > 1).any() or (n < 0).any():
        raise ValueError("an accuracy lies between 0 and 1, a number of attempts is not negative")
    n = np.where(n > 0, n, np.nan)
    scale = 1 + _Z**2 / n
    centre = (accuracy + _Z**2 / (2 * n)) / scale
    half = _Z * np.sqrt(accuracy * (1 - accuracy) / n + _Z**2 / (4 * n**2)) / scale
    low = np.where(accuracy == 0, 0.0, np.clip(centre - half, 0, accuracy))
    high = np.where(accuracy == 1, 1.0, np.clip(centre + half, accuracy, 1))
    return np.where(np.isnan(n), np.nan, low), np.where(np.isnan(n), np.nan, high)


def effective_attempts(successes: np.ndarray, attempts: np.ndarray, n_attempts: np.ndarray | None = None) -> np.ndarray:
    """How many independent attempts the attempts on these tasks are worth.

    Parameters
    ----------
    successes, attempts : array, shape (K, T)
        s_t and n_t: successes and attempts of each task; 0 attempts where a configuration did not try the task.
    n_attempts : array, shape (K,), optional
        Attempts made, where `attempts` are scaled weights instead of counts.

    Returns
    -------
    numpy.ndarray, shape (K,)
        n_eff between 1 and n; NaN without attempts.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    n_eff = n p(1−p) / ((n−1) V) clipped to [1, n], where V = T/(T−1) Σ_t (s_t − p n_t)² / n² is the variance of p with tasks as
    clusters (Taylor linearisation of a ratio). With one attempt per task it is n. Where V = 0 (all tasks alike, mostly 0 % or
    100 %) it is Kish's n² / Σ n_t²: the number of tasks if all have equal attempts. It misleads under about 10 tasks, where V
    is itself a guess.

    References
    ----------
    Kish, *Survey Sampling*, 1965, section 8.2 (design effect). Franco, Little, Louis and Slud, "Comparative study of confidence
    intervals for proportions in complex sample surveys", J. Surv. Stat. Methodol. 7 (2019), pages 334-364. Miller, "Adding
    error bars to evals", arXiv:2411.00640, 2024 (clusters of questions).

    Examples
    --------
    Four tasks, twice each, both attempts always alike: p = 1/2, V = 4/3 · 4 · 1/64 = 1/12, n_eff = 8 · (1/4) / (7/12) = 24/7.

    >>> effective_attempts(np.array([[2, 2, 0, 0]]), np.array([[2, 2, 2, 2]])).round(4).tolist()
    [3.4286]
    """
    successes, attempts = np.asarray(successes, dtype=np.float64), np.asarray(attempts, dtype=np.float64)
    if successes.shape != attempts.shape:
        raise ValueError("every task has its successes and its attempts")
    scaled = attempts.sum(axis=1)  # whole numbers: exact in any order
    n = scaled if n_attempts is None else np.asarray(n_attempts, dtype=np.float64)
    n_tasks = (attempts > 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = exact_sums(successes) / scaled
        spread = exact_sums(np.where(attempts > 0, successes - p[:, None] * attempts, 0.0) ** 2) / scaled**2
        variance = n_tasks / (n_tasks - 1) * spread
        kish = scaled**2 / (attempts**2).sum(axis=1)
        effective = np.where(variance > 0, n * p * (1 - p) / ((n - 1) * variance), kish)
    return np.where(scaled > 0, np.clip(effective, 1, np.maximum(n, 1)), np.nan)


def accuracy_interval(measure: Measure, n_attempts: np.ndarray, is_summary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Range of accuracies that the attempts on these tasks are compatible with, 95 %.

    Parameters
    ----------
    measure : Measure
        Successes and attempts, shape (K, C), as from `Grid.accuracy`.
    n_attempts : array, shape (K,)
        Attempts behind the accuracy.
    is_summary : array of bool, shape (K,)
        Published rows: plain Wilson with their n.

    Returns
    -------
    low, high : numpy.ndarray, shape (K,)
        Fractions; NaN for attempts on fewer than 10 tasks and where the accuracy is unknown.

    Raises
    ------
    ValueError
        If an accuracy is outside 0–1.

    Notes
    -----
    `wilson` at `effective_attempts`. Simulated repeated attempts: covers 92–98 % where Wilson with all n attempts covers 72–74 %.
    For fractional scores use `resample.percentile_interval`: their variance is not p(1−p). A published row hides how many
    attempts fell on one task: its interval is too narrow if that was more than one.

    References
    ----------
    As `wilson` and `effective_attempts`.

    Examples
    --------
    Ten tasks once each, five solved: ordinary Wilson with n = 10, ±1.96 √(.025 + .0096) / 1.384 about a half:

    >>> measure = Measure(np.ones((1, 10)), np.array([[1.0] * 5 + [0.0] * 5]))
    >>> low, high = accuracy_interval(measure, np.array([10]), np.array([False]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2366], [0.7634])
    """
    n_tasks = (measure.counts > 0).sum(axis=1)
    effective = effective_attempts(measure.sums, measure.counts, n_attempts)
    enough = np.where(is_summary, n_attempts, np.where(n_tasks >= MIN_TASKS, effective, 0))
    return wilson(np.minimum(measure.mean, 1.0), enough)  # a mean of scores may exceed 1 by a last bit


def binomial_draws(accuracy: float, n: int, others: tuple[float, ...], *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> np.ndarray:
    """Accuracies that a published row might have shown, had its n attempts been made again.

    Parameters
    ----------
    accuracy : float
        Published share of successes, 0–1.
    n : int
        Attempts behind it.
    others : tuple of float
        The row's other objectives, in their units: they only decide the stream of random numbers.
    n_bootstrap, seed : int
        Number of draws B and the seed.

    Returns
    -------
    numpy.ndarray, shape (B,)
        Fractions.

    Raises
    ------
    ValueError
        If the accuracy is outside 0–1 or n is below 1.

    Notes
    -----
    Binomial(n, accuracy) / n, seeded by (seed, n, accuracy, cost): rows that are equal in all of these draw alike and tie in
    every draw, and no row's draws depend on the others. It misleads in three ways: 0 % and 100 % never vary, the same tasks
    behind all rows would make them vary together, and costs are taken as given.

    References
    ----------
    Parametric bootstrap: Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, section 6.5.

    Examples
    --------
    The standard deviation of a share of 100 at one half is √(.25 / 100) = .05:

    >>> draws = binomial_draws(0.5, 100, (1.25,))
    >>> draws.shape, float(draws.mean().round(2)), float(draws.std().round(2))
    ((2000,), 0.5, 0.05)
    """
    if not 0 <= accuracy <= 1 or n < 1:
        raise ValueError("a published row has an accuracy between 0 and 1 and at least one attempt")
    bits = (np.array([accuracy, *others], dtype=np.float64) + 0.0).view(np.uint32).tolist()  # + 0.0: one zero, not two
    rng = np.random.default_rng(np.random.SeedSequence([seed, n, *bits]))
    return rng.binomial(n, accuracy, size=n_bootstrap) / n


def newcombe(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """Range of the difference between two accuracies that were measured apart, 95 %.

    Parameters
    ----------
    first, second : (accuracy, low, high)
        Fractions, with the Wilson interval of each.

    Returns
    -------
    low, high : float
        Of second − first, as fractions between -1 and 1.

    Raises
    ------
    ValueError
        If an accuracy is not inside its interval.

    Notes
    -----
    With d = p₂ − p₁: d − √((p₂ − low₂)² + (high₁ − p₁)²) and d + √((high₂ − p₂)² + (p₁ − low₁)²). It takes the two as independent:
    for configurations on the same tasks it is too wide, and a paired interval is the right one.

    References
    ----------
    Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), pages
    873-890, method 10 and table II.

    Examples
    --------
    >>> [round(bound, 2) for bound in newcombe((0.5, 0.2, 0.8), (0.5, 0.1, 0.9))]
    [-0.5, 0.5]
    """
    if not all(low <= accuracy <= high for accuracy, low, high in (first, second)):
        raise ValueError("an accuracy lies inside its interval")
    difference = second[0] - first[0]
    below = np.hypot(second[0] - second[1], first[2] - first[0])
    above = np.hypot(second[2] - second[0], first[0] - first[1])
    return float(difference - below), float(difference + above)
