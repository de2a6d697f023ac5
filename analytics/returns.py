"""Where returns stop: what each further step of a ladder gains and costs, the curve through it, and the level to stop at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics import notation
from analytics.fits import Fit, saturating_fit
from analytics.levels import Levels
from analytics.points import known
from analytics.resample import MAX_MISSING, MIN_TASKS, N_BOOTSTRAP, percentile_interval, resampled_means, task_weights
from analytics.steps import Estimated, GainVerdict, LevelPoint, Segment, estimated, points, segments

__all__ = ["Fit", "GainVerdict", "LevelPoint", "MeanGain", "Returns", "Segment", "mean_gain", "returns"]

MISFIT = 0.01
"""Below this probability of so large a χ² a curve is said not to follow its levels."""


@dataclass(frozen=True)
class Returns:
    """A ladder with its steps, its curve and its stop."""

    series: str
    knob: str
    x_name: str
    points: tuple[LevelPoint, ...]
    segments: tuple[Segment, ...]
    fit: Fit | None
    no_fit_reason: str | None
    peak_at: str | None
    """Level after which accuracy falls for certain; None where it does not."""
    stop_at: str | None
    """Name of the level to stop at."""
    stop_index: int | None
    stop_basis: Literal["value", "gain"] | None
    """By the value of a success, or by where gains can no longer be shown."""
    p_stop: float | None
    """Share of resamples in which that level is the best at the value; None on the basis of gain."""
    stop_reason: str | None
    """Why there is no stop."""
    value_usd: float | None
    n_tasks: int | None
    """None for published rows."""
    is_summary: bool
    is_bound: bool
    flags: tuple[str, ...]


@dataclass(frozen=True)
class MeanGain:
    """Gain in accuracy of the first step, averaged over several ladders; fractions."""

    n: int
    mean: float
    low: float | None
    """95 % interval; None under 10 ladders."""
    high: float | None
    least: float
    most: float


def returns(
    levels: Levels, *, value_usd: float | None = None, has_fit: bool = True, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> Returns:
    """Gain and cost of each step of a ladder, and the level from which more spending no longer pays.

    Parameters
    ----------
    levels : Levels
        A ladder, in the order in which more is spent.
    value_usd : float, optional
        What one success is worth, USD. Without it the stop is where gains can no longer be shown.
    has_fit : bool
        False: no curve, which takes most of the time.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    analytics.returns.Returns
        Plain numbers, but for the arrays of the fit; None is unknown. Under 10 tasks without intervals, and a flag says so.

    Raises
    ------
    ValueError
        If `value_usd` is negative or no number.

    Notes
    -----
    Step i → i+1: ΔUSD / (100 · Δaccuracy) per percentage point, where accuracy rises; all differences in the same resamples of the
    tasks, percentile intervals (a resample without a gain counts as infinitely dear). Verdict: *gain* or *negative gain* where the
    interval of Δaccuracy leaves out 0; else *no gain* if Δaccuracy ≤ 0, *undecided* if it is positive, or without an interval.
    Stop with a value v: the level with the largest v · accuracy − cost, the cheapest of equals: beyond it a further success costs
    more than v. p_stop is the share of resamples in which it is that level. Stop without: the first level from which the gain to no
    later level has an interval above 0. That is where the evidence ends, not where the gains do: with more tasks it moves up. The
    comparisons with all later levels are not corrected for their number, so it errs towards going on.
    Peak: the most accurate level, if it is certain that a later one is worse: their difference exceeds c standard errors, c the
    95 % point of the largest |difference − estimate| / standard error over all pairs of levels, which allows for having looked for
    the highest level among them.
    Published rows: binomial draws, Wilson and Newcombe intervals, costs as given. It misleads where levels differ in more than the
    knob, where a cap was replayed (accuracy is then a lower bound), and v · accuracy takes all successes as worth the same.

    References
    ----------
    Marginal benefit = marginal cost: Varian, *Intermediate Microeconomics*, 9th edition, 2014, chapter 20. Cost of a further point
    and its growth ("31 ×"): Kim et al., "The cost of dynamic reasoning", arXiv:2506.04301, 2025. Peaks: Wang et al., "AgentTTS",
    arXiv:2508.00890, 2025, insight 2. Westfall and Young, *Resampling-Based Multiple Testing*, 1993, section 2.3 (the largest t).

    Examples
    --------
    Twelve tasks; of every six the levels solve 1, 4 and 4, at $1, $2 and $5 a task:

    >>> from analytics.grid import Measure
    >>> solved = np.array([[1, 0, 0, 0, 0, 0] * 2, [1, 1, 1, 1, 0, 0] * 2, [1, 1, 1, 1, 0, 0] * 2], dtype=float)
    >>> one, dollars = np.ones_like(solved), np.array([[1.0], [2.0], [5.0]])
    >>> ladder = Levels("agent", "effort", ("low", "medium", "high"), np.array([1.0, 2.0, 5.0]), "cost_usd",
    ...     tuple(("qa", f"{k:02}") for k in range(12)), Measure(one, solved), Measure(one, one * dollars),
    ...     Measure(0 * one, 0 * one), Measure(0 * one, 0 * one), np.array([12, 12, 12]))
    >>> found = returns(ladder, value_usd=4.0)
    >>> found.stop_at, found.segments[0].usd_per_success, [step.verdict for step in found.segments], found.no_fit_reason
    ('medium', 2.0, ['gain', 'no gain'], 'A curve needs 5 levels; there are 3.')
    """
    if value_usd is not None and not (math.isfinite(value_usd) and value_usd >= 0):
        raise ValueError("the value of a success is a number of dollars, 0 or more")
    found = estimated(levels.restricted(levels.tasks), n_bootstrap=n_bootstrap, seed=seed)
    scored = np.flatnonzero(np.isfinite(found.accuracy))
    peak = _peak(found, scored)
    stop, basis, p_stop, reason = _stop(found, scored, value_usd)
    fit, no_fit_reason = _fit(found, peak) if has_fit else (None, "No curve was asked for.")
    return Returns(
        series=levels.series,
        knob=levels.knob,
        x_name=levels.x_name,
        points=points(found),
        segments=segments(found),
        fit=fit,
        no_fit_reason=no_fit_reason,
        peak_at=None if peak is None else levels.names[peak],
        stop_at=None if stop is None else levels.names[stop],
        stop_index=stop,
        stop_basis=basis,
        p_stop=p_stop,
        stop_reason=reason,
        value_usd=None if value_usd is None else float(value_usd),
        n_tasks=None if levels.is_summary else len(levels.tasks),
        is_summary=levels.is_summary,
        is_bound=levels.is_bound,
        flags=(*levels.flags, *_flags(found, stop, basis, value_usd, fit)),
    )


def mean_gain(results: Sequence[Returns], *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> MeanGain | None:
    """Gain in accuracy of the first step, averaged over ladders.

    Parameters
    ----------
    results : sequence of Returns
        Ladders over the same knob.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    MeanGain or None
        None if no ladder has a first step of known gain.

    Raises
    ------
    ValueError
        If there is no resample.

    Notes
    -----
    Every ladder counts once. The interval resamples ladders: it is about other configurations like these, not about other tasks,
    and it misleads where most of them are one model in several dresses.

    References
    ----------
    Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.

    Examples
    --------
    The second attempt in Aider's polyglot table gains 26.40 points on average over its 69 rows; see the tests.
    """
    ordered = sorted(results, key=lambda result: result.series)
    gains = [step.d_accuracy for result in ordered for step in result.segments[:1] if step.d_accuracy is not None]
    if not gains:
        return None
    low = high = None
    if len(gains) >= MIN_TASKS:
        samples = resampled_means(np.array([gains]), np.ones((1, len(gains))), task_weights(len(gains), n_bootstrap, seed))
        low, high = (known(end[0]) for end in percentile_interval(samples))
    return MeanGain(len(gains), math.fsum(gains) / len(gains), low, high, min(gains), max(gains))


def _peak(found: Estimated, scored: np.ndarray) -> int | None:
    """Return the most accurate level if a later one is certainly worse."""
    if found.drawn is None or len(scored) < 2:
        return None
    peak = int(scored[np.argmax(found.accuracy[scored])])
    largest = np.zeros(found.drawn[0].shape[1])
    falls: list[tuple[float, float]] = []
    for place, i in enumerate(scored[:-1].tolist()):
        later = scored[place + 1 :]
        estimate, samples = found.accuracy[i] - found.accuracy[later], found.drawn[0][i] - found.drawn[0][later]
        error = samples.std(axis=1)
        varies = error > 0
        largest = np.maximum(largest, (np.abs(samples - estimate[:, None])[varies] / error[varies, None]).max(axis=0, initial=0.0))
        if i == peak:
            falls = list(zip(estimate.tolist(), error.tolist(), strict=True))
    critical = float(np.quantile(largest, 0.95))
    return peak if any(fall > critical * error for fall, error in falls) else None


def _stop(
    found: Estimated, scored: np.ndarray, value_usd: float | None
) -> tuple[int | None, Literal["value", "gain"] | None, float | None, str | None]:
    """Return the level to stop at, on what basis, how sure that is, and why there is none."""
    accuracy, cost, drawn, n_levels = found.accuracy, found.cost, found.drawn, len(found.accuracy)
    if n_levels < 2:
        return None, None, None, "There is only one level." if n_levels else "There are no levels."
    if len(scored) < 2:
        return None, None, None, f"Accuracy is known at {len(scored)} of {n_levels} levels."
    if (accuracy[scored] == 0).all():
        return None, None, None, "Nothing was solved at any level."
    if value_usd is not None and np.isfinite(cost[scored]).all():
        order = scored[np.argsort(cost[scored], kind="stable")]
        stop = int(order[np.argmax(value_usd * accuracy[order] - cost[order])])
        if drawn is None:
            few = notation.plural(len(found.levels.tasks), "task")
            return None, None, None, f"{few} cannot show what a level is worth; {MIN_TASKS} are needed."
        worth = value_usd * drawn[0][order] - drawn[1][order]
        has_data = np.isfinite(worth).all(axis=0)
        if has_data.mean() < 1 - MAX_MISSING:
            return stop, "value", None, None
        chosen = order[np.argmax(worth[:, has_data], axis=0)]
        return stop, "value", float(np.mean(chosen == stop)), None
    if drawn is None:
        few = notation.plural(len(found.levels.tasks), "task")
        return None, None, None, f"{few} cannot show where gains end; {MIN_TASKS} are needed."
    further = [(i, scored[place + 1 :].tolist()) for place, i in enumerate(scored.tolist())]
    stop = next(i for i, later in further if not (found.gain_interval(i, later)[0] > 0).any())  # the last has none after it
    return stop, "gain", None, None


def _fit(found: Estimated, peak: int | None) -> tuple[Fit | None, str | None]:
    if peak is not None:
        return None, "Accuracy certainly falls beyond its peak, and a curve towards a ceiling would hide it."
    levels, samples = found.levels, found.accuracy[:, None] if found.drawn is None else found.drawn[0]
    n = int(levels.n_attempts.min(initial=MIN_TASKS)) if levels.is_summary else len(levels.tasks)
    return saturating_fit(levels.x, found.accuracy, samples, n)


def _flags(
    found: Estimated, stop: int | None, basis: Literal["value", "gain"] | None, value_usd: float | None, fit: Fit | None
) -> list[str]:
    """Return the sentences that must stand beside the numbers."""
    levels, flags = found.levels, []
    if not levels.is_summary and 0 < len(levels.tasks) < MIN_TASKS:
        flags.append(f"{notation.plural(len(levels.tasks), 'task')} are too few for intervals; {MIN_TASKS} are needed.")
    n_unknown = int(np.isnan(found.cost).sum())
    if n_unknown:
        at = "at any level" if n_unknown == len(found.cost) else f"at {n_unknown} of {len(found.cost)} levels"
        also = "" if value_usd is None else " So the stop is where gains can no longer be shown, whatever a success is worth."
        flags.append(f"Cost is unknown {at}.{also}")
    if levels.is_bound:
        flags.append("Accuracy is a lower bound: a real limit would have made some attempts finish earlier.")
    if levels.is_summary:
        flags.append("Published rows: no tasks to compare one by one, so steps are taken as measured apart, and costs as given.")
    if stop is not None and basis == "value" and value_usd is not None and value_usd * found.accuracy[stop] < found.cost[stop]:
        flags.append(f"At {notation.usd(value_usd)} a success no level earns what it costs.")
    if fit is not None and fit.p_misfit is not None and fit.p_misfit < MISFIT:
        flags.append("No form of curve follows these levels within their error.")
    return flags
