"""How far attempts get without an error: survival over steps, the horizon, and whether failures breed failures."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_sums
from analytics.tails import Clusters, Interval, by_configuration, few_tasks, quotients

NO_OUTCOMES = "no step outcomes in these logs"
LEVELS = (0.5, 0.8)
"""Survival at which a horizon ends."""


@dataclass(frozen=True)
class Conditioning:
    """How often the next step fails after so many failed ones."""

    n_failed_before: int
    """0, 1, 2; the last is that many or more."""
    n: int
    """Steps that follow, with a known outcome."""
    failure_rate: float | None
    interval: Interval | None


@dataclass(frozen=True)
class SelfConditioning:
    """Whether steps fail more often after a failure."""

    after: tuple[Conditioning, ...] = ()
    difference: float | None = None
    """Failure rate after one failure or more, less the rate after none; as fractions."""
    interval: Interval | None = None
    within_tasks: float | None = None
    """The same between attempts at the same task: that hard tasks fail more often does not count."""
    within_tasks_interval: Interval | None = None
    verdict: str = "unknown"
    """`more`, `fewer` or `undecided`, from the interval within tasks; `unknown` where there is none."""
    reason: str | None = None


@dataclass(frozen=True)
class Survival:
    """Share of a configuration's attempts without a failed step after s steps; arrays have the shape (S,)."""

    configuration: str
    n_attempts: int
    """With steps of which an outcome is known."""
    n_failed: int = 0
    """Of these, the ones with a failed step; the rest are censored at their last step."""
    known_share: float | None = None
    """Of the steps, those with a known outcome; the others are taken as not failed, so survival is an upper bound."""
    steps: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Steps at which an attempt failed for the first time, rising; survival is 1 before the first and constant between them."""
    n_at_risk: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Attempts that reach the step without a failure before it."""
    survival: np.ndarray = field(default_factory=lambda: np.empty(0))
    low: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Ends of the pointwise 95% interval; NaN: none."""
    high: np.ndarray = field(default_factory=lambda: np.empty(0))
    last_step: int | None = None
    """Beyond it nothing is known: no attempt is longer."""
    step_accuracy: float | None = None
    """Share of the steps at risk that do not fail: the constant accuracy that fits the curve best."""
    step_accuracy_interval: Interval | None = None
    horizons: dict[float, int | None] = field(default_factory=dict)
    """By level s: the first step with survival below s; None: not reached."""
    horizon_intervals: dict[float, Interval | None] = field(default_factory=dict)
    geometric_horizons: dict[float, float | None] = field(default_factory=dict)
    """By level s: what the constant accuracy would give; infinity without a failure."""
    conditioning: SelfConditioning = field(default_factory=SelfConditioning)
    reason: str | None = None
    """Why there is no curve."""
    reasons: dict[str, str] = field(default_factory=dict)


def geometric_horizon(step_accuracy: float, level: float = 0.5) -> float:
    """Return the step at which survival falls to a level if every step has the same accuracy.

    Parameters
    ----------
    step_accuracy : float
        p, share of the steps that succeed, 0–1.
    level : float
        s, strictly between 0 and 1.

    Returns
    -------
    float
        Whole steps; infinity for p = 1, and 1 for p = 0.

    Raises
    ------
    ValueError
        If p is not between 0 and 1, or s not strictly.

    Notes
    -----
    H_s(p) = ⌈ln s / ln p⌉, the first i with pⁱ ≤ s. It misleads upwards where accuracy decays with the step, and steeply near
    p = 1: dH/dp ≈ ln(1/s) / (1 − p)², so an error of 0.001 in p = 0.99 moves the horizon by 7 steps. The observed survival comes first.

    References
    ----------
    Sinha et al., "The illusion of diminishing returns", ICLR 2026, arXiv:2509.09677, proposition 1.

    Examples
    --------
    ln 0.5 / ln 0.99 = 68.97:

    >>> geometric_horizon(0.99), geometric_horizon(0.99, 0.8), geometric_horizon(1.0)
    (69.0, 23.0, inf)
    """
    if not (0 <= step_accuracy <= 1 and 0 < level < 1):
        raise ValueError("a step accuracy lies between 0 and 1, a level strictly between them")
    if step_accuracy in (0, 1):
        return math.inf if step_accuracy == 1 else 1.0
    steps = math.log(level) / math.log(step_accuracy)
    return max(1.0, float(math.ceil(steps * (1 - 1e-12))))  # p = s^(1/n) is n steps, not one more


def survival(
    failures: pd.DataFrame, conditioning: pd.DataFrame | None = None, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> list[Survival]:
    """Share of each configuration's attempts that are still without a failed step after s steps.

    Parameters
    ----------
    failures : pandas.DataFrame
        One row per attempt with steps: configuration, benchmark, task, n_steps, first_failed_step (from 1, NaN: none), n_failed,
        n_ok_known.
    conditioning : pandas.DataFrame, optional
        As for `self_conditioning`, with configuration.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of Survival
        Sorted by configuration; shares as fractions, horizons in steps.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Kaplan–Meier: S(s) = Π over i ≤ s of (1 − d_i / n_i), d_i attempts that fail first at step i of the n_i that reach it. An attempt
    that ends without a failure is censored at its last step, an attempt without any known outcome is left out. The band is
    pointwise, by resampling tasks: Greenwood's would take repeats of a task as independent. It misleads where attempts stop
    because they were about to fail (the censoring is then informative), where a failed step is a harmless one (a search without
    hits), and beyond `last_step`, where nothing is known.

    References
    ----------
    Kaplan and Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), pages 457-481. Horizon: Sinha et al.,
    arXiv:2509.09677.

    Examples
    --------
    Four attempts: a failure at step 1, one at step 2, and two that end well after 2 and 3 steps: 3/4, then 3/4 · 2/3.

    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": ["1", "2", "3", "4"], "n_steps": [5, 4, 2, 3],
    ...                       "first_failed_step": [1, 2, math.nan, math.nan], "n_failed": [2, 1, 0, 0], "n_ok_known": [5, 4, 2, 3]})
    >>> found = survival(frame)[0]
    >>> found.steps.tolist(), found.survival.tolist(), found.horizons
    ([1, 2], [0.75, 0.5], {0.5: None, 0.8: 1})
    """
    found, conditioned = [], {} if conditioning is None else dict(by_configuration(conditioning))
    for configuration, rows in by_configuration(failures):
        own = conditioned.get(configuration)
        effect = SelfConditioning(reason=NO_OUTCOMES) if own is None else self_conditioning(own, rows, n_bootstrap=n_bootstrap, seed=seed)
        found.append(replace(_survival(configuration, rows, n_bootstrap, seed), conditioning=effect))
    return found


def _survival(configuration: str, rows: pd.DataFrame, n_bootstrap: int, seed: int) -> Survival:
    """Compute the curve of one configuration."""
    known, steps = (rows[name].to_numpy(np.float64) for name in ("n_ok_known", "n_steps"))
    rows, steps, known = rows[known > 0], steps[known > 0], known[known > 0]
    if not len(rows):
        return Survival(configuration, 0, reason=NO_OUTCOMES)
    first = rows["first_failed_step"].to_numpy(np.float64)
    is_failed = np.isfinite(first)
    until = np.where(is_failed, first, steps)
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    grid, place = np.unique(first[is_failed], return_inverse=True)
    events, at_risk = np.zeros((2, len(grid), clusters.n_tasks))
    np.add.at(events, (place, clusters.codes[is_failed]), 1)
    last = np.searchsorted(grid, until, side="right") - 1  # an attempt is at risk at all steps of the grid up to its own
    np.add.at(at_risk, (last[last >= 0], clusters.codes[last >= 0]), 1)
    at_risk = np.cumsum(at_risk[::-1], axis=0)[::-1]
    curve = _kaplan_meier(events.sum(axis=1, keepdims=True), at_risk.sum(axis=1, keepdims=True))[:, 0]
    n_steps = clusters.sums(until, is_failed)
    exact = n_steps.sum(axis=1)
    accuracy = float(1 - exact[1] / exact[0]) if exact[0] > 0 else None
    horizons = {level: _horizon(grid, curve[:, None], level)[0] for level in LEVELS}
    reasons = {f"horizon_{level}": f"survival stays at {level:.0%} or above up to step {until.max():.0f}" for level in LEVELS}
    low = high = np.full(len(grid), np.nan)
    ends: dict[float, Interval | None] = dict.fromkeys(LEVELS)
    accuracy_interval = None
    if clusters.n_tasks >= MIN_TASKS:
        drawn = _kaplan_meier(events @ clusters.weights, at_risk @ clusters.weights)
        low, high = percentile_interval(drawn) if len(grid) else (low, high)
        ends = {level: clusters.interval(_horizon(grid, drawn, level)) for level in LEVELS}
        accuracy_interval = clusters.interval(1 - quotients(*(n_steps[::-1] @ clusters.weights)))
    else:
        reasons["intervals"] = few_tasks(clusters.n_tasks)
    return Survival(
        configuration,
        n_attempts=len(rows),
        n_failed=int(is_failed.sum()),
        known_share=float(known.sum() / steps.sum()) if steps.sum() > 0 else None,
        steps=grid.astype(int),
        n_at_risk=at_risk.sum(axis=1).astype(int),
        survival=curve,
        low=low,
        high=high,
        last_step=int(until.max()),
        step_accuracy=accuracy,
        step_accuracy_interval=accuracy_interval,
        horizons={level: int(step) if math.isfinite(step) else None for level, step in horizons.items()},
        horizon_intervals=ends,
        geometric_horizons={level: None if accuracy is None else geometric_horizon(accuracy, level) for level in LEVELS},
        reasons={name: why for name, why in reasons.items() if not name.startswith("horizon") or math.isinf(horizons[float(name[8:])])},
    )


def _kaplan_meier(events: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """Survival after each step of the grid, shape (S, B); where nobody is at risk it stays as it was."""
    share = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    return np.cumprod(1 - share, axis=0)


def _horizon(grid: np.ndarray, survival: np.ndarray, level: float) -> np.ndarray:
    """First step with survival below the level, shape (B,); infinity where it is not reached."""
    is_below = survival < level - 1e-12  # a product of fractions may miss 1/2 by a last bit
    return np.where(is_below.any(axis=0), grid[np.argmax(is_below, axis=0)] if len(grid) else np.inf, np.inf)


def self_conditioning(
    conditioning: pd.DataFrame, failures: pd.DataFrame, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> SelfConditioning:
    """Compare how often a step fails after failures in the same attempt with how often it fails before any.

    Parameters
    ----------
    conditioning : pandas.DataFrame
        Rows of one configuration: benchmark, task, n_failed_before (0, 1, 2, 3 for more), n (steps with a known outcome), n_failed.
    failures : pandas.DataFrame
        As for `survival`, the same configuration.
    n_bootstrap, seed : int
        Resamples of the tasks; the same for both rates, so the difference is paired.

    Returns
    -------
    SelfConditioning
        Fractions.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    `difference` pools all steps: hard tasks have more failures before and after, which makes it too large. `within_tasks` sets an
    attempt a after its first failure against the other attempts b at the same task before theirs: Σ (f₁ₐ n₀ᵦ − f₀ᵦ n₁ₐ) / N over
    Σ n₁ₐ n₀ᵦ / N, over tasks and a ≠ b, f of n steps failed before (0) and after (1), N the task's steps; 0 on average if steps are
    independent. (With a = b it is not: the steps up to a first failure always hold one.) The verdict is its interval's. It
    misleads where late steps are harder than early ones, and where some outcomes are unknown (they are spread evenly).

    References
    ----------
    Sinha et al., arXiv:2509.09677 (self-conditioning). Miller and Sanjurjo, "Surprised by the hot hand fallacy?", Econometrica 86
    (2018), pages 2019-2047 (the bias of a = b).

    Examples
    --------
    One attempt fails at step 2 and at 2 of the 8 steps after it, the other at none of 10: 2/8 − 0/10, and pooled 2/8 − 1/12.

    >>> before = pd.DataFrame({"benchmark": "qa", "task": "1", "n_failed_before": [0, 1], "n": [12, 8], "n_failed": [1, 2]})
    >>> attempts = pd.DataFrame({"benchmark": "qa", "task": ["1", "1"], "n_steps": 10, "first_failed_step": [2, math.nan],
    ...                          "n_failed": [3, 0], "n_ok_known": 10})
    >>> found = self_conditioning(before, attempts)
    >>> round(found.within_tasks, 9), round(found.difference, 4), found.verdict
    (0.25, 0.1667, 'unknown')
    """
    rows = conditioning[conditioning["n"].to_numpy(np.float64) > 0]
    if not len(rows):
        return SelfConditioning(reason=NO_OUTCOMES)
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    before, n, failed = (rows[name].to_numpy(np.float64) for name in ("n_failed_before", "n", "n_failed"))
    after = []
    for level in (0, 1, 2, 3):
        here = np.minimum(before, 3) == level
        rate, _ = clusters.ratio(np.where(here, failed, 0), np.where(here, n, 0))
        after.append(Conditioning(level, int(n[here].sum()), rate.value, rate.interval))
    (late, late_drawn), (early, early_drawn) = (
        clusters.ratio(np.where(here, failed, 0), np.where(here, n, 0)) for here in (before > 0, before <= 0)
    )
    if late.value is None or early.value is None:
        where = "follows a failure" if late.value is None else "comes before any failure"
        return SelfConditioning(tuple(after), reason=f"no step with a known outcome {where}")
    drawn = late_drawn - early_drawn if len(late_drawn) and len(early_drawn) else np.empty(0)
    within, within_interval, reason = _within_tasks(failures, n_bootstrap, seed)
    verdict = "unknown"
    if within_interval is not None and within_interval[1] is not None:
        verdict = "more" if within_interval[0] > 0 else "fewer" if within_interval[1] < 0 else "undecided"
    return SelfConditioning(
        tuple(after), late.value - early.value, clusters.interval(drawn), within, within_interval, verdict=verdict, reason=reason
    )


def _within_tasks(failures: pd.DataFrame, n_bootstrap: int, seed: int) -> tuple[float | None, Interval | None, str | None]:
    """Difference of the failure rates after and before a first failure between attempts at the same task, or why there is none."""
    rows = failures[failures["n_ok_known"].to_numpy(np.float64) > 0]
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    names = ("n_ok_known", "n_steps", "first_failed_step", "n_failed")
    known, steps, first, failed = (rows[name].to_numpy(np.float64) for name in names)
    f_0 = np.isfinite(first).astype(np.float64)
    f_1 = np.maximum(failed - f_0, 0)
    until = np.clip(np.rint(np.where(f_0 > 0, first * known / steps, known)), f_0, known - f_1)
    n_0, n_1 = until, known - until
    totals = clusters.sums(n_0, f_0, n_1, f_1, f_1 * n_0 - f_0 * n_1, n_1 * n_0)
    pairs = np.stack([totals[3] * totals[0] - totals[1] * totals[2] - totals[4], totals[2] * totals[0] - totals[5]])
    sums = np.divide(pairs, totals[0] + totals[2], out=np.zeros_like(pairs), where=totals[0] + totals[2] > 0)
    over, under = exact_sums(sums).tolist()
    n_tasks = int((sums[1] > 0).sum())
    if not under > 0:
        return None, None, "no task has an attempt after a failure beside another before any"
    if n_tasks < MIN_TASKS:
        return over / under, None, few_tasks(n_tasks)
    return over / under, clusters.interval(quotients(*resampled_sums(sums, clusters.weights))), None
