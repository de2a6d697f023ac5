"""A configuration as a point: every number that is shown of it, with its interval and its verdict."""

from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

import numpy as np

from analytics import notation
from analytics.cost import cost_source
from analytics.estimates import Estimates

_VALUES = (
    "accuracy",
    "accuracy_if_limits_had_succeeded",
    "cost_usd",
    "cost_at_least",
    "cost_per_success_usd",
    "latency_s",
    "latency_p50_s",
    "latency_p95_s",
    "tokens",
    "turns",
    "aux_tokens",
    "aux_cost_usd",
)
_INTERVALS = {
    "accuracy": "accuracy",
    "cost": "cost_usd",
    "cost_per_success": "cost_per_success_usd",
    "latency": "latency_s",
    "tokens": "tokens",
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """One configuration; None is unknown. `_low` and `_high` are the ends of 95 % intervals."""

    configuration: str
    is_summary: bool
    """A published row: no attempts behind it here."""
    n_tasks: int | None
    """Tasks with an attempt that counts; None for published rows."""
    n_attempts: int
    """All that count: ok, error, limit, timeout."""
    n_errors: int | None
    """None, as `n_limit`: a published row does not say."""
    n_limit: int | None
    """Cut off by a limit or a timeout."""
    n_infra: int
    """In no other number, as `n_cancelled`."""
    n_cancelled: int
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    accuracy_if_limits_had_succeeded: float | None
    """Upper bound, had every attempt that was cut off succeeded."""
    cost_usd: float | None
    """Mean per attempt."""
    cost_low: float | None
    cost_high: float | None
    cost_at_least: float | None
    """USD per attempt, where only a part of the costs is known."""
    cost_source: Literal["logged", "priced", "mixed"] | None
    cost_known_share: float
    cost_per_success_usd: float | None
    cost_per_success_low: float | None
    cost_per_success_high: float | None
    """None beside a known low end: unbounded."""
    latency_s: float | None
    """Mean per attempt."""
    latency_low: float | None
    latency_high: float | None
    latency_p50_s: float | None
    latency_p95_s: float | None
    tokens: float | None
    """Mean per attempt, in and out."""
    tokens_low: float | None
    tokens_high: float | None
    turns: float | None
    aux_tokens: float | None
    """Judges and simulated users, mean per attempt that had any."""
    aux_cost_usd: float | None
    x: float | None
    """Value of the second objective."""
    x_low: float | None
    x_high: float | None
    on_frontier: bool
    on_hull: bool
    is_knee: bool
    p_on_frontier: float | None
    state: Literal["on", "undecided", "dominated"] | None
    """None: excluded."""
    dominated_by: tuple[str, ...]
    """By falling accuracy, then rising x."""
    tasks_to_decide: int | None
    excluded: str | None
    """Why it is in no comparison; begins with the missing measure, or is the coverage."""
    flags: tuple[str, ...]
    """Sentences that must stand beside the numbers."""


class Scored(Point):
    """A point whose accuracy is known. A name for type checkers alone: `is_scored` gives it to a `Point`, and no object is made of it."""

    accuracy: float


class Located(Scored):
    """A scored point whose second objective is known too, so that it has a place in the plane; made by `is_located`, as `Scored`."""

    x: float


def is_scored(p: Point) -> TypeGuard[Scored]:
    """Whether the accuracy is known."""
    return notation.is_known(p.accuracy)


def is_located(p: Point) -> TypeGuard[Located]:
    """Whether accuracy and second objective are known."""
    return notation.is_known(p.accuracy) and notation.is_known(p.x)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a comparison says of a configuration; the default is that it was in none."""

    on_frontier: bool = False
    on_hull: bool = False
    is_knee: bool = False
    p_on_frontier: float | None = None
    state: Literal["on", "undecided", "dominated"] | None = None
    dominated_by: tuple[str, ...] = ()
    tasks_to_decide: int | None = None
    excluded: str | None = None


def point(found: Estimates, k: int, x: str, verdict: Verdict, flags: tuple[str, ...] = ()) -> Point:
    """Numbers of configuration `k` and what the comparison says of it; `x` names the second objective."""
    counts = {name: int(n[k]) for name, n in found.counts.items()}
    numbers: dict[str, Any] = {name: known(found.values[name][k]) for name in _VALUES}
    for prefix, name in {**_INTERVALS, "x": x}.items():
        numbers[f"{prefix}_low"], numbers[f"{prefix}_high"] = known(found.lows[name][k]), known(found.highs[name][k])
    return Point(
        configuration=found.grid.configurations[k],
        is_summary=bool(found.grid.is_summary[k]),
        n_tasks=None if found.grid.is_summary[k] else int(found.n_tasks[k]),
        n_attempts=counts["n_attempts"],
        n_errors=counts["n_error"] if counts["n_error_known"] >= counts["n_attempts"] else None,
        n_limit=counts["n_limit"] + counts["n_timeout"] if counts["n_limit_known"] >= counts["n_attempts"] else None,
        n_infra=counts["n_infra"],
        n_cancelled=counts["n_cancelled"],
        cost_source=cost_source(counts["n_cost_logged"], counts["n_cost_priced"]),
        cost_known_share=float(found.values["cost_known_share"][k]),
        x=known(found.values[x][k]),
        flags=(*found.flags[k], *flags),
        **numbers,
        **vars(verdict),
    )


def known(value: float) -> float | None:
    """Return the number, or None where it is NaN or infinite.

    >>> known(0.5), known(float("inf"))
    (0.5, None)
    """
    return float(value) if np.isfinite(value) else None
