"""What will it cost? Every configuration at a position of the sliders: volume, caps, reflection, samples, cache, batch, own GPUs.

`points` reads a selection once; `baseline` is the position at which everything is as logged; `sliders` says what can be moved from there;
`project` tells what then becomes of every configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.bill import chance_over
from analytics.cost import unknown_reason
from analytics.declared import evaluate
from analytics.dominance import nondominated
from analytics.frontier import Frontier
from analytics.points import Point, known
from analytics.projection_fields import points
from analytics.projection_model import GPU, LIMITS, USE, model
from analytics.projection_search import Way, least_lost
from analytics.projection_sliders import Slider, baseline, on_gpu, sliders
from analytics.read_outs import nearest_feasible

__all__ = ["Projected", "Projection", "Slider", "Way", "baseline", "least_lost", "model", "on_gpu", "points", "project", "sliders"]

_NUMBERS = (
    *("accuracy", "accuracy_low", "accuracy_high", "cost_usd", "cost_low", "cost_high", "cost_per_success_usd"),
    *("latency_s", "latency_p50_s", "latency_p95_s", "usd_per_month", "usd_per_month_low", "usd_per_month_high"),
    *("own_latency_s", "gpus_needed", "gpus_to_fit", "own_usd_per_month", "gpu_wh", "energy_wh", "power_w", "kwh_per_month"),
    "co2e_kg_per_month",
)
_CACHE = "the list prices behind the costs are not known, so another cache hit rate cannot be priced"
_CUT = "what attempts had spent by then is not in the logs"


@dataclass(frozen=True, kw_only=True)
class Projected:
    """One configuration at a position; None is unknown. `_low` and `_high` are the ends of 95 % intervals."""

    configuration: str
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    is_bound: bool
    """The accuracy is a lower bound: a cap cuts attempts that might have ended earlier had they known."""
    cost_usd: float | None
    """Per task."""
    cost_low: float | None
    cost_high: float | None
    cost_per_success_usd: float | None
    latency_s: float | None
    latency_p50_s: float | None
    """≈ once anything is moved, as p95: scaled with the mean."""
    latency_p95_s: float | None
    usd_per_month: float | None
    usd_per_month_low: float | None
    """Of the expected bill, by resampling tasks."""
    usd_per_month_high: float | None
    p_over_budget: float | None
    """Chance that a month's bill exceeds the budget; None: no budget asked for, or not known."""
    p_over_budget_basis: str | None
    own_latency_s: float | None
    """On own GPUs, without queueing."""
    gpus_needed: float | None
    """For the load."""
    fits_memory: bool | None
    gpus_to_fit: float | None
    """Smallest power of two of these GPUs that would hold the model and its batch."""
    own_usd_per_month: float | None
    gpu_wh: float | None
    """Per task, the GPUs alone while they serve."""
    energy_wh: float | None
    """Per task, idle GPUs and PUE included."""
    power_w: float | None
    """Mean draw at the volume."""
    kwh_per_month: float | None
    co2e_kg_per_month: float | None
    is_feasible: bool
    """Within the limits of the position; what is unknown is not."""
    reasons: dict[str, str]
    """`accuracy`, `cost_usd`, `latency_s` or `own` → one clause: why it is unknown."""


@dataclass(frozen=True, kw_only=True)
class Projection:
    """All configurations at a position, and the same as logged."""

    position: dict[str, float]
    changed: tuple[str, ...]
    """Keys of the use that differ from the baseline, volume aside."""
    now: tuple[Projected, ...]
    """In the order of the frontier's points."""
    logged: tuple[Projected, ...]
    """At the baseline, with the volume, the limits and the GPUs of the position."""
    on_frontier: tuple[str, ...]
    """Nondominated in accuracy and cost now, by rising cost."""
    was_on_frontier: tuple[str, ...]
    chosen: str | None
    """The configuration that the headline speaks of."""
    nearest: str | None
    """Where nothing is within the limits: who exceeds them by the smallest factor."""
    budget_usd_per_month: float | None

    def by_id(self, configuration: str) -> Projected:
        """Return a configuration now; KeyError if there is none."""
        return {each.configuration: each for each in self.now}[configuration]

    def logged_by_id(self, configuration: str) -> Projected:
        """Return a configuration as logged; KeyError if there is none."""
        return {each.configuration: each for each in self.logged}[configuration]

    @property
    def is_approximate(self) -> bool:
        """Whether percentiles are scaled and no longer logged: they are then marked ≈."""
        return bool(set(self.changed) - {"batch_share", "cache_hit"})


def project(
    front: Frontier,
    fields: Mapping[str, np.ndarray],
    position: Mapping[str, float],
    start: Mapping[str, float],
    *,
    chosen: str | None = None,
    budget_usd_per_month: float | None = None,
) -> Projection:
    """Every configuration at a position of the sliders, beside what was logged.

    Parameters
    ----------
    front : Frontier
        Of the same selection as the fields.
    fields : mapping of str to array
        As `points` returns them.
    position, start : mapping of str to float
        Where the sliders stand, and as `baseline` returns it: tasks a day, turns, USD, rounds, samples, shares 0–1, watts, hours.
    chosen : str, optional
        The configuration that the headline speaks of; default: the knee, else the most accurate on the frontier now and within the limits.
    budget_usd_per_month : float, optional
        For the chance that a month's bill exceeds it.

    Returns
    -------
    Projection
        Also where nothing is known: each number then has its reason.

    Raises
    ------
    KeyError
        If the position lacks a name of `POSITION`.

    Notes
    -----
    projected = logged × model(position) / model(baseline), the formulas of `analytics.projection_model`. Cuts (turns, money, rounds) are
    replayed. Set together, cost keeps what the deepest cut keeps, and accuracy loses what each cap loses: at most this cost, at least
    this accuracy; after fewer rounds a cap is taken to lose the same share. Cache hits and the batch discount change list prices; p50 and
    p95 go with the mean; intervals are those of the logs, scaled alike, so what the replay itself does not know is not in them. Energy
    and own GPUs are the hardware model at the mean call. It misleads far from the logs: an agent that knows of its cap behaves
    otherwise, and next month's tasks may not be like these.

    References
    ----------
    Gao and Peng, arXiv:2510.16786 (caps by replay). Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993 (intervals).
    Narayanan et al., "Cheaply evaluating inference efficiency metrics", NeurIPS 2023, arXiv:2305.02440 (idealised cost and energy).

    Examples
    --------
    One configuration, 2 cents a task; half of its money and a fifth of its successes come after the first turn:

    >>> from analytics.projection_model import FIELDS, TABLES
    >>> fields = {name: np.full(1, np.nan) for name in FIELDS} | {name: np.ones((1, 1)) for name in TABLES}
    >>> fields |= {"logged_cost_usd": np.array([0.02]), "logged_accuracy": np.array([0.5])}
    >>> fields |= {"cap_levels": np.array([[0.0, 1, 2]]), "cap_cost": np.array([[0, 0.5, 1]]), "cap_accuracy": np.array([[0, 0.8, 1]])}
    >>> start = baseline(fields, volume=100)
    >>> values = evaluate(model(), start | {"cap": 1.0}, fields)
    >>> float(values["cost_usd"][0]), float(values["accuracy"][0]), float(values["usd_per_month"][0])
    (0.01, 0.4, 30.4375)
    """
    of_use = {key: value for key, value in start.items() if key in USE and key != "volume"}
    logged_at = dict(position) | of_use
    now, was = evaluate(model(), position, fields), evaluate(model(), logged_at, fields)
    means = _mean_costs(front)
    rows = [
        _projected(front, fields, values, at, k, means, budget_usd_per_month)
        for values, at in ((now, position), (was, logged_at))
        for k in range(len(front.points))
    ]
    n = len(front.points)
    on, was_on = (_nondominated(front, fields, values) for values in (now, was))
    is_limited = any(np.isfinite(position[key]) for key in LIMITS)
    feasible = {each.configuration for each in rows[:n] if each.is_feasible}
    return Projection(
        position=dict(position),
        changed=tuple(key for key in of_use if not _same(position[key], of_use[key])),
        now=tuple(rows[:n]),
        logged=tuple(rows[n:]),
        on_frontier=on,
        was_on_frontier=was_on,
        chosen=chosen if chosen in {p.configuration for p in front.points} else _chosen(front, on, feasible if is_limited else None),
        nearest=_nearest(front, fields, now, position) if is_limited and not feasible else None,
        budget_usd_per_month=budget_usd_per_month,
    )


def _same(a: float, b: float) -> bool:
    return a == b or (np.isnan(a) and np.isnan(b))


def _mean_costs(front: Frontier) -> dict[str, np.ndarray]:
    """Return the mean cost of the compared configurations in each resample of the tasks."""
    if front.ranking is None or "cost_usd" not in front.ranking.found.joint:
        return {}
    found = front.ranking.found
    joint = zip(found.grid.configurations, found.joint["cost_usd"], found.grid.is_summary, strict=True)
    return {name: costs for name, costs, is_summary in joint if not is_summary}


def _projected(
    front: Frontier,
    fields: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    position: Mapping[str, float],
    k: int,
    means: Mapping[str, np.ndarray],
    budget: float | None,
) -> Projected:
    """Return one configuration's numbers, and why others are missing."""
    point, numbers = front.points[k], {name: known(values[name][k]) for name in _NUMBERS}
    ratio, chance = values["cost_ratio"][k], None
    if budget is not None and numbers["usd_per_month"] is not None and point.cost_low is not None and point.configuration in means:
        spread = float(fields["cost_sd_usd"][k] * ratio)
        chance = chance_over(budget, means[point.configuration] * ratio, spread, position["volume"])
    fits = values["fits_memory"][k]
    return Projected(
        configuration=point.configuration,
        **numbers,
        is_bound=bool(values["stays"][k] < 1),
        p_over_budget=None if chance is None else chance.p,
        p_over_budget_basis=None if chance is None else chance.basis,
        fits_memory=None if np.isnan(fits) else bool(fits),
        is_feasible=bool(values["is_feasible"][k] == 1),
        reasons=_reasons(point, fields, values, position, k),
    )


def _reasons(
    point: Point, fields: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], position: Mapping[str, float], k: int
) -> dict[str, str]:
    """Say of each number that is unknown why it is."""
    is_known = {name: bool(np.isfinite(values[name][k])) for name in ("accuracy", "cost_usd", "latency_s", "own_usd_per_month")}
    found = {}
    if not is_known["accuracy"]:
        if np.isnan(fields["logged_accuracy"][k]):
            found["accuracy"] = "no attempt has a known score"
        elif np.isnan(values["sample_more"][k]):
            found["accuracy"] = _no_samples(fields, values, k)
        else:
            found["accuracy"] = _CUT
    if not is_known["cost_usd"]:
        if np.isnan(fields["logged_cost_usd"][k]):
            n_known = point.n_attempts * np.nan_to_num(point.cost_known_share)
            found["cost_usd"] = unknown_reason("cost", n_known.round(), point.n_attempts, point.cost_at_least or 0.0)
        else:
            found["cost_usd"] = _CUT if np.isnan(values["kept_cost"][k]) else _CACHE
    if not is_known["latency_s"]:
        if np.isnan(fields["logged_latency_s"][k]):
            found["latency_s"] = "latency unknown"
        else:
            found["latency_s"] = _CUT if np.isnan(values["kept_latency"][k]) else _no_samples(fields, values, k)
    if not is_known["own_usd_per_month"]:
        found["own"] = _no_fleet(fields, values, position, k)
    return found


def _no_samples(fields: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], k: int) -> str:
    if values["has_samples"][k] == 1:
        return "no answers or times in the logs to draw several samples from"
    most = int(np.nanmax(fields["sample_levels"][k]))
    return f"the logs have {most} attempt{'' if most == 1 else 's'} per task, and nothing is extrapolated"


def _no_fleet(fields: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], position: Mapping[str, float], k: int) -> str:
    """Say what is missing for own GPUs, or how many would hold the model."""
    if any(np.isnan(position[name]) for name in GPU if name != "gpu_fp8_tflops"):
        return "no GPU is chosen, or a number of it is unknown"
    if np.isnan(fields["total_b"][k]):
        return "no open model with known parameters is chosen for it"
    if values["fits_memory"][k] == 0:
        needed, offered, n, wanted = values["needed_gb"][k], values["usable_gb"][k], position["gpus"], values["gpus_to_fit"][k]
        have = f"{n:.0f} GPU{'s offer' if n > 1 else ' offers'} {offered:.0f} GB"
        return f"the model needs {needed:.0f} GB at batch {position['batch']:.0f}, and {have}: {wanted:.0f} would do"
    if np.isnan(values["request_s"][k]):
        return "calls and their tokens are not in the logs" if np.isnan(values["prompt"][k]) else "a number of the model is unknown"
    return "the price of a GPU hour is unknown" if np.isnan(position["usd_per_hour"]) else "the load is unknown under these settings"


def _nondominated(front: Frontier, fields: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Return who is on the frontier of accuracy and cost, by rising cost."""
    both = np.stack([values["accuracy"], values["cost_usd"]], axis=1)
    rows = np.flatnonzero(np.isfinite(both).all(axis=1) & (fields["is_ranked"] == 1))
    if not len(rows):
        return ()
    rows = rows[nondominated(both[rows])]
    return tuple(front.points[k].configuration for k in rows[np.lexsort((rows, -both[rows, 0], both[rows, 1]))])


def _chosen(front: Frontier, on: tuple[str, ...], feasible: set[str] | None) -> str | None:
    """Return the knee where it is still on the frontier, else the most accurate there; within the limits where there are any."""
    within = [name for name in on if feasible is None or name in feasible]
    knee = next((p.configuration for p in front.points if p.is_knee and p.configuration in within), None)
    if feasible is None and knee is not None:
        return knee
    return within[-1] if within else on[-1] if on else None


def _nearest(
    front: Frontier, fields: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray], position: Mapping[str, float]
) -> str | None:
    """Return who exceeds the limits by the smallest factor; a lack of accuracy counts as the factor to reach it."""
    limits, amounts = [], []
    for key, name in (("max_latency_s", "latency_s"), ("max_usd_per_month", "usd_per_month")):
        if np.isfinite(position[key]):
            limits.append(position[key])
            amounts.append(values[name])
    if np.isfinite(position["min_accuracy"]):
        limits.append(1.0)
        with np.errstate(divide="ignore"):
            amounts.append(position["min_accuracy"] / values["accuracy"])
    ranked = np.flatnonzero(fields["is_ranked"] == 1)
    if not len(ranked):
        return None
    found = nearest_feasible(values["cost_usd"][ranked], np.stack(amounts, axis=1)[ranked], np.array(limits))
    return None if found is None else front.points[ranked[found]].configuration
