"""Hand-made ladders and their results: only what a test says of a level differs from a plain one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from analytics.fits import Fit
from analytics.returns import LevelPoint, Returns, Segment

EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")


def level(name: str, accuracy: float | None, cost_usd: float | None = None, **more) -> LevelPoint:
    """Return a level of 300 attempts on 100 tasks; its x is its cost unless said otherwise."""
    half = more.pop("half", 0.03)
    plain = {
        "name": name,
        "x": cost_usd,
        "accuracy": accuracy,
        "low": None if accuracy is None or half is None else max(0.0, accuracy - half),
        "high": None if accuracy is None or half is None else min(1.0, accuracy + half),
        "cost_usd": cost_usd,
        "cost_low": None if cost_usd is None else 0.9 * cost_usd,
        "cost_high": None if cost_usd is None else 1.1 * cost_usd,
        "latency_s": None if cost_usd is None else 100 * cost_usd,
        "tokens": None if cost_usd is None else 1e5 * cost_usd,
        "n_attempts": 300,
        "n_tasks": 100,
    }
    return LevelPoint(**{**plain, **more})


def step(a: LevelPoint, b: LevelPoint, first: float | None = None) -> Segment:
    """Return the step between two levels, worked out the obvious way; its gain has an interval of ±2 points."""
    gain = b.accuracy - a.accuracy if a.accuracy is not None and b.accuracy is not None else None
    cost = b.cost_usd - a.cost_usd if a.cost_usd is not None and b.cost_usd is not None else None
    price = cost / gain if gain and gain > 0 and cost is not None else None
    time = b.latency_s - a.latency_s if a.latency_s is not None and b.latency_s is not None else None
    verdict = "undecided" if gain is None or abs(gain) < 0.02 else "gain" if gain > 0 else "negative gain"
    return Segment(
        start=a.name,
        end=b.name,
        d_accuracy=gain,
        d_accuracy_low=None if gain is None else gain - 0.02,
        d_accuracy_high=None if gain is None else gain + 0.02,
        d_cost_usd=cost,
        usd_per_point=None if price is None else price / 100,
        usd_per_point_low=None if price is None else price / 150,
        usd_per_point_high=None if price is None or verdict != "gain" else price / 60,
        usd_per_success=price,
        usd_per_success_low=None if price is None else price / 1.5,
        usd_per_success_high=None if price is None or verdict != "gain" else price / 0.6,
        ratio_to_first=None if price is None or not first else price / first,
        d_latency_s=time,
        s_per_point=None if time is None or not gain or gain < 0 else time / gain / 100,
        latency_ratio_to_first=None,
        verdict=verdict,
    )


def curve(points: Sequence[LevelPoint]) -> Fit:
    """Return a curve through about these points, with a band, drawn to 1.5 times the last."""
    x = np.array([p.x for p in points], dtype=float)
    dense = np.unique(np.concatenate([np.geomspace(x[0], 1.5 * x[-1], 60), x]))
    y = np.interp(np.log(dense), np.log(x), [p.accuracy for p in points])
    y[dense > x[-1]] = points[-1].accuracy + 0.01 * np.log(dense[dense > x[-1]] / x[-1])
    return Fit(
        form="log-logistic",
        parameters={"a": 0.763, "x0": 0.06, "s": 1.1},
        aicc=-40.0,
        rmse=0.006,
        p_misfit=0.4,
        saturation=0.763,
        saturation_low=0.741,
        saturation_high=0.79,
        half_gain_at=0.12,
        x=dense,
        y=y,
        low=y - 0.025,
        high=y + 0.025,
        observed_to=float(x[-1]),
    )


def result(points: Sequence[LevelPoint], **more) -> Returns:
    """Return the analysis of these levels with a stop at `stop_at`, no fit unless given, on 100 tasks."""
    segments: list[Segment] = []
    for a, b in pairwise(points):
        first = next((s.usd_per_success for s in segments if s.usd_per_success), None)
        segments.append(step(a, b, first))
    stop = more.get("stop_at")
    plain = {
        "series": "Planner agent",
        "knob": "effort",
        "x_name": "cost_usd",
        "points": tuple(points),
        "segments": tuple(segments),
        "fit": None,
        "no_fit_reason": f"{len(points)} levels are too few for a curve: it takes 5.",
        "peak_at": None,
        "stop_at": stop,
        "stop_index": next((i for i, p in enumerate(points) if p.name == stop), None),
        "stop_basis": None if stop is None else "value" if more.get("value_usd") else "gain",
        "p_stop": 0.83 if stop is not None and more.get("value_usd") else None,
        "stop_reason": None if stop is not None else "No step could be judged.",
        "value_usd": None,
        "n_tasks": 100,
        "is_summary": False,
        "is_bound": False,
        "flags": (),
    }
    return Returns(**{**plain, **more})


def planner(**more) -> Returns:
    """Return six efforts whose returns stop at high when a success is worth 12 dollars."""
    numbers = zip(EFFORTS, (0.319, 0.466, 0.586, 0.691, 0.729, 0.732), (0.039, 0.097, 0.233, 0.56, 1.4, 3.4), strict=True)
    points = [level(name, accuracy, cost) for name, accuracy, cost in numbers]
    return result(points, **{"stop_at": "high", "value_usd": 12.0, "fit": curve(points), "no_fit_reason": None, **more})


def others() -> list[Returns]:
    """Return two ladders beside it."""
    plain = [level(n, a, c) for n, a, c in zip(EFFORTS[:5], (0.22, 0.33, 0.46, 0.545, 0.585), (0.028, 0.07, 0.17, 0.41, 1.02), strict=True)]
    small = [level(n, a, c) for n, a, c in zip(EFFORTS[:4], (0.27, 0.33, 0.36, 0.365), (0.028, 0.068, 0.17, 0.41), strict=True)]
    return [result([*plain, level("max", 0.6, 2.45)], series="Without planner"), result(small, series="Small model")]


def changed(of: Returns, **more) -> Returns:
    """Return a result with some fields replaced."""
    return replace(of, **more)
