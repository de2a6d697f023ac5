"""Hand-made points and frontiers: only what a test says of a point differs from a plain one."""

from collections.abc import Sequence

import pandas as pd

from analytics.coverage import Coverage
from analytics.frontier import Frontier, Pair, Point


def point(configuration: str, accuracy: float | None, x: float | None, **more) -> Point:
    """Return a point of 100 attempts on 100 tasks with an interval of ±10 points; x is its cost unless `objective` says otherwise."""
    objective = more.pop("objective", "cost_usd")
    half = more.pop("half", 0.1)
    plain = {
        "configuration": configuration,
        "is_summary": False,
        "n_tasks": 100,
        "n_attempts": 100,
        "n_errors": 0,
        "n_limit": 0,
        "n_infra": 0,
        "n_cancelled": 0,
        "accuracy": accuracy,
        "accuracy_low": None if accuracy is None or half is None else max(0.0, accuracy - half),
        "accuracy_high": None if accuracy is None or half is None else min(1.0, accuracy + half),
        "accuracy_if_limits_had_succeeded": accuracy,
        "cost_usd": None,
        "cost_low": None,
        "cost_high": None,
        "cost_at_least": None,
        "cost_source": "logged",
        "cost_known_share": 1.0 if x is not None else 0.0,
        "cost_per_success_usd": None,
        "cost_per_success_low": None,
        "cost_per_success_high": None,
        "latency_s": None,
        "latency_low": None,
        "latency_high": None,
        "latency_p50_s": None,
        "latency_p95_s": None,
        "tokens": None,
        "tokens_low": None,
        "tokens_high": None,
        "turns": None,
        "aux_tokens": None,
        "aux_cost_usd": None,
        "x": x,
        "x_low": None,
        "x_high": None,
        "on_frontier": False,
        "on_hull": False,
        "is_knee": False,
        "p_on_frontier": 1.0 if x is not None else None,
        "state": None,
        "dominated_by": (),
        "tasks_to_decide": None,
        "excluded": None if x is not None else "cost unknown",
        "flags": (),
    }
    return Point(**{**plain, objective: x, **more})


def judged(points: Sequence[Point], *, undecided: Sequence[str] = ()) -> tuple[Point, ...]:
    """Return the points with on_frontier, state and dominated_by worked out the slow and obvious way, in a frontier's order."""
    out = []
    for p in points:
        if p.excluded is not None:
            out.append(p)
            continue
        better = [
            q for q in points if q.excluded is None and q.accuracy >= p.accuracy and q.x <= p.x and (q.accuracy, q.x) != (p.accuracy, p.x)
        ]
        better.sort(key=lambda q: (-q.accuracy, q.x))
        state = "undecided" if p.configuration in undecided and better else "dominated" if better else "on"
        verdict = {"on_frontier": not better, "state": state, "dominated_by": tuple(q.configuration for q in better)}
        out.append(Point(**{**vars(p), **verdict}))
    return tuple(sorted(out, key=lambda p: (p.excluded is not None, -(p.accuracy or 0), p.x or 0, p.configuration)))


def frontier_of(points: Sequence[Point], *, undecided: Sequence[str] = (), judge: bool = True, **more) -> Frontier:
    """Return a frontier of hand-made points."""
    tasks = tuple(("bench", f"t{i:03d}") for i in range(100))
    plain = {
        "points": judged(points, undecided=undecided) if judge else tuple(points),
        "objectives": ("accuracy", "cost_usd"),
        "weights": "attempt",
        "n_bootstrap": 2000,
        "seed": 0,
        "coverage": Coverage("common", tasks, 100, {}, pd.DataFrame(), pd.DataFrame()),
        "is_fractional": False,
        "hypervolume": None,
        "hypervolume_low": None,
        "hypervolume_high": None,
        "hypervolume_box": None,
        "best_under_limits": None,
        "best_at_cost": None,
        "cheapest_at_accuracy": None,
        "nearest_feasible": None,
        "empty_reason": None,
        "ranking": None,
    }
    return Frontier(**{**plain, **more})


def labels_of(frontier: Frontier) -> dict[str, str]:
    """Return labels that are the configuration ids."""
    return {p.configuration: p.configuration for p in frontier.points}


def pair(a: str, b: str, difference: float, low: float, high: float, cost_ratio: float = 2.0) -> Pair:
    """Return a paired comparison on 100 tasks."""
    unknown = dict.fromkeys(("cost_ratio_low", "cost_ratio_high", "latency_ratio", "latency_ratio_low", "latency_ratio_high"))
    return Pair(
        a=a,
        b=b,
        n_tasks=100,
        accuracy_difference=difference,
        accuracy_difference_low=low,
        accuracy_difference_high=high,
        cost_ratio=cost_ratio,
        wins=20,
        losses=10,
        ties=70,
        is_paired=True,
        is_approximate=False,
        **unknown,
    )
