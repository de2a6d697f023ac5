"""The levels of a ladder as points, and the steps between them: what each gains, what it costs, and whether that is decided."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from analytics.accuracy import accuracy_interval, newcombe, wilson
from analytics.cost import KNOWN_SHARE
from analytics.grid import Measure
from analytics.levels import Levels, resampled
from analytics.points import known
from analytics.resample import percentile_interval

GainVerdict = Literal["gain", "no gain", "negative gain", "undecided"]


@dataclass(frozen=True)
class LevelPoint:
    """One level; None is unknown."""

    name: str
    x: float | None
    accuracy: float | None
    low: float | None
    """95 % interval of the accuracy."""
    high: float | None
    cost_usd: float | None
    """Mean per attempt."""
    cost_low: float | None
    cost_high: float | None
    latency_s: float | None
    tokens: float | None
    n_attempts: int
    n_tasks: int | None
    """None for published rows."""


@dataclass(frozen=True)
class Segment:
    """The step from one level to the next; None is unknown, or has no meaning without a gain."""

    start: str
    end: str
    d_accuracy: float | None
    """As a fraction."""
    d_accuracy_low: float | None
    d_accuracy_high: float | None
    d_cost_usd: float | None
    usd_per_point: float | None
    """USD per attempt for each percentage point; None where accuracy does not rise."""
    usd_per_point_low: float | None
    usd_per_point_high: float | None
    """None beside a known low end: unbounded."""
    usd_per_success: float | None
    """USD for each further success: 100 × `usd_per_point`."""
    usd_per_success_low: float | None
    usd_per_success_high: float | None
    ratio_to_first: float | None
    """Times the price of a point on the first step that has one."""
    d_latency_s: float | None
    s_per_point: float | None
    """Seconds per attempt for each percentage point."""
    latency_ratio_to_first: float | None
    verdict: GainVerdict


@dataclass(frozen=True)
class Estimated:
    """The means of all levels, shape (L,) each and NaN where unknown, and the same in joint resamples."""

    levels: Levels
    accuracy: np.ndarray
    low: np.ndarray
    """95 % interval of the accuracy."""
    high: np.ndarray
    cost: np.ndarray
    latency: np.ndarray
    tokens: np.ndarray
    drawn: tuple[np.ndarray, np.ndarray] | None
    """Accuracy and cost, shape (L, B); None with fewer than 10 tasks."""

    def gain_interval(self, i: int, later: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the 95 % intervals of the gain from level `i` to each of the later ones; NaN where unknown."""
        if self.drawn is None or not later:
            return np.full(len(later), np.nan), np.full(len(later), np.nan)
        if not self.levels.is_summary:
            return percentile_interval(self.drawn[0][later] - self.drawn[0][i])
        ends = [(float(self.accuracy[k]), float(self.low[k]), float(self.high[k])) for k in (i, *later)]
        pairs = np.array([newcombe(ends[0], end) for end in ends[1:]])
        return pairs[:, 0], pairs[:, 1]


def estimated(levels: Levels, *, n_bootstrap: int, seed: int) -> Estimated:
    """Means, intervals and joint resamples of a ladder.

    Parameters
    ----------
    levels : Levels
        L levels on the same tasks.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    Estimated
        Without intervals and resamples under 10 tasks, and where a published row lacks its accuracy.

    Raises
    ------
    ValueError
        If an accuracy is outside 0–1.

    Notes
    -----
    Accuracy: `accuracy_interval` as for any configuration, percentiles where it is a mean of fractions. Cost, latency and tokens
    are known at a level if they are on 99 % of its tasks.

    References
    ----------
    As `analytics.accuracy.accuracy_interval` and `analytics.levels.resampled`.

    Examples
    --------
    See `analytics.returns.returns`.
    """
    accuracy, n_levels = levels.accuracy.mean, len(levels.names)
    is_scored = np.isfinite(accuracy)
    is_drawn = is_scored.any() and (is_scored.all() or not levels.is_summary)
    drawn = resampled(levels, n_bootstrap=n_bootstrap, seed=seed) if is_drawn else None
    if levels.is_fractional and not levels.is_summary:
        low, high = (np.full(n_levels, np.nan),) * 2 if drawn is None else percentile_interval(drawn[0])
        alike = (low == high) & ((accuracy == 0) | (accuracy == 1))  # every resample is the same: that is not certainty
        ends = wilson(np.where(alike, accuracy, 0.5), (levels.accuracy.counts > 0).sum(axis=1))
        low, high = np.where(alike, ends[0], low), np.where(alike, ends[1], high)
    else:
        n_known = np.minimum(levels.n_attempts, levels.accuracy.counts.sum(axis=1))  # the weight of a task may exceed its attempts
        low, high = accuracy_interval(levels.accuracy, n_known, np.full(n_levels, levels.is_summary))
    cost, latency, tokens = (_known_means(part, levels.accuracy) for part in (levels.cost, levels.latency, levels.tokens))
    return Estimated(levels, accuracy, low, high, cost, latency, tokens, drawn)


def points(found: Estimated) -> tuple[LevelPoint, ...]:
    """Return the levels as plain numbers."""
    levels, none = found.levels, np.full(len(found.cost), np.nan)
    cost_low, cost_high = (none, none) if found.drawn is None or levels.is_summary else percentile_interval(found.drawn[1])
    cost_low, cost_high = (np.where(np.isnan(found.cost), np.nan, end) for end in (cost_low, cost_high))
    values = (levels.x, found.accuracy, found.low, found.high, found.cost, cost_low, cost_high, found.latency, found.tokens)
    return tuple(
        LevelPoint(
            name,
            *(known(each[k]) for each in values),
            n_attempts=int(levels.n_attempts[k]),
            n_tasks=None if levels.is_summary else int((levels.accuracy.counts[k] > 0).sum()),
        )
        for k, name in enumerate(levels.names)
    )


def segments(found: Estimated) -> tuple[Segment, ...]:
    """Return the steps between neighbouring levels; the notes of `analytics.returns.returns` give the formulas."""
    steps: list[Segment] = []
    first_price = first_time = None
    for i, (start, end) in enumerate(pairwise(found.levels.names)):
        low, high = (known(each[0]) for each in found.gain_interval(i, [i + 1]))
        gain, money, time = (known(values[i + 1] - values[i]) for values in (found.accuracy, found.cost, found.latency))
        price, seconds = _per_point(money, gain), _per_point(time, gain)
        price_low, price_high = _price_interval(found.drawn, i) if price is not None else (None, None)
        first_price = price if first_price is None and price is not None and price > 0 else first_price
        first_time = seconds if first_time is None and seconds is not None and seconds > 0 else first_time
        steps.append(
            Segment(
                *(start, end, gain, low, high, money),
                *(price, price_low, price_high),
                *(None if each is None else 100 * each for each in (price, price_low, price_high)),
                ratio_to_first=None if price is None or price <= 0 or first_price is None else known(price / first_price),
                d_latency_s=time,
                s_per_point=seconds,
                latency_ratio_to_first=None if seconds is None or seconds <= 0 or first_time is None else known(seconds / first_time),
                verdict=_verdict(gain, low, high),
            )
        )
    return tuple(steps)


def _known_means(measure: Measure, base: Measure) -> np.ndarray:
    """Return the mean of each level, NaN where too few of its tasks have the measure."""
    attempted = base.counts > 0
    share = ((measure.counts > 0) & attempted).sum(axis=1) / np.maximum(attempted.sum(axis=1), 1)
    return np.where(share >= KNOWN_SHARE, measure.mean, np.nan)


def _per_point(spent: float | None, gain: float | None) -> float | None:
    """Return what a percentage point takes, None where there is no gain."""
    return known(spent / (100 * gain)) if spent is not None and gain is not None and gain > 0 else None


def _price_interval(drawn: tuple[np.ndarray, np.ndarray] | None, i: int) -> tuple[float | None, float | None]:
    """Return the interval of the price of a point; without a gain it is infinite."""
    if drawn is None:
        return None, None
    gain, money = (part[i + 1] - part[i] for part in drawn)
    price = np.where(np.isnan(gain) | np.isnan(money), np.nan, np.inf)
    np.divide(money, 100 * gain, out=price, where=gain > 0)
    low, high = percentile_interval(price[None, :])
    return known(low[0]), known(high[0])


def _verdict(gain: float | None, low: float | None, high: float | None) -> GainVerdict:
    if gain is None or low is None or high is None:
        return "undecided"
    if low > 0:
        return "gain"
    if high < 0:
        return "negative gain"
    return "no gain" if gain <= 0 else "undecided"
