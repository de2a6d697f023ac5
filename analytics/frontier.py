"""What does accuracy cost? The frontier of a set of configurations: who is on it, how sure that is, and who is left out and why."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypedDict

import numpy as np
import pandas as pd

from analytics.cost import NOUNS
from analytics.coverage import Coverage, Tasks, coverage
from analytics.dominance import dominators, is_knee, nondominated, on_hull, shares_nondominated
from analytics.estimates import Estimates, estimates
from analytics.grid import Weights, grid
from analytics.hypervolume import hypervolume_box, hypervolumes
from analytics.pairs import Pair, compare, paired_differences, tasks_to_decide
from analytics.points import Located, Point, Verdict, is_located, known, point
from analytics.read_outs import best_under_limits, cheapest_at, nearest_feasible, p_best
from analytics.resample import MAX_MISSING, MIN_TASKS, N_BOOTSTRAP, percentile_interval

__all__ = ["OBJECTIVES", "Frontier", "Pair", "Point", "compare", "frontier", "limited"]

OBJECTIVES = tuple(NOUNS)
"""Accuracy is maximised, every other one minimised."""
_MIXABLE = {"cost_usd", "latency_s", "tokens", "turns"}
"""Means per attempt: a mixture of two configurations lies on the straight line between them."""
_UNDECIDED = 0.05
"""A dominated configuration with a larger P may still belong on the frontier."""


@dataclass(frozen=True)
class Ranking:
    """The included configurations with their joint resamples: enough to answer for any limit without resampling again."""

    found: Estimates
    kept: np.ndarray
    """Rows of `found` that are included, in the frontier's order."""
    has_p: np.ndarray
    """For each of these: enough tasks and resamples for a probability."""


class Best(TypedDict):
    """The most accurate configuration within the limits, and the probability that it is."""

    configuration: str
    p_best: float | None


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """Configurations on and off the frontier, with everything that is said about them together."""

    points: tuple[Point, ...]
    """Included first, then by falling accuracy, rising x, configuration."""
    objectives: tuple[str, ...]
    weights: Weights
    n_bootstrap: int
    seed: int
    coverage: Coverage
    is_fractional: bool
    """A benchmark has scores strictly between 0 and 1: accuracy is its mean score."""
    hypervolume: float | None
    hypervolume_low: float | None
    hypervolume_high: float | None
    hypervolume_box: dict[str, list[float]] | None
    """Objective → [low, high]."""
    best_under_limits: Best | None
    """None: nothing fits."""
    best_at_cost: str | None
    """Most accurate within the cost limit alone; without one, of all."""
    cheapest_at_accuracy: str | None
    """Least x that reaches the accuracy asked for; without one, that of `best_at_cost`."""
    nearest_feasible: str | None
    """Where nothing fits: who exceeds the limits by the smallest factor."""
    empty_reason: str | None
    ranking: "Ranking" = field(repr=False)
    """What other limits are laid on."""

    @property
    def on(self) -> tuple[Located, ...]:
        """Points on the frontier, by rising x."""
        return tuple(sorted((p for p in self.points if p.on_frontier and is_located(p)), key=lambda p: (p.x, -p.accuracy, p.configuration)))

    @property
    def excluded(self) -> tuple[Point, ...]:
        """Points that are in no comparison."""
        return tuple(p for p in self.points if p.excluded is not None)

    def by_id(self, configuration: str) -> Point:
        """Point of a configuration; KeyError if there is none."""
        return {p.configuration: p for p in self.points}[configuration]


def frontier(
    cells: pd.DataFrame,
    latencies: pd.DataFrame,
    *,
    objectives: tuple[str, ...] = ("accuracy", "cost_usd"),
    weights: Weights = "attempt",
    tasks: Tasks = "common",
    max_cost: float | None = None,
    max_latency: float | None = None,
    min_accuracy: float | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> Frontier:
    """Which configurations no other one beats in accuracy and everything it costs.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per configuration × benchmark × task: counts and sums over attempts, each measure with its own count.
    latencies : pandas.DataFrame
        Columns configuration, benchmark, task, latency_s (seconds): one row per attempt; may be empty.
    objectives : tuple of str
        `accuracy`, then one or two of the other `OBJECTIVES`; the second is the chart's x.
    weights : 'attempt' or 'task'
        In all measures every attempt once, or every task once.
    tasks : 'common' or 'all'
        Compare on the tasks that all attempted (see `coverage`), or each configuration on its own.
    max_cost, max_latency : float, optional
        Limits on mean cost (USD) and mean latency (s) per attempt, for `best_under_limits`.
    min_accuracy : float, optional
        Fraction to reach, for `cheapest_at_accuracy`.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    Frontier
        Also when nothing can be compared: `empty_reason` then says why.

    Raises
    ------
    ValueError
        If the objectives are not accuracy and one or two others, or an option is not one of those named.

    Notes
    -----
    Dominated: another is no worse in every objective and better in one. P(on frontier): share of joint task resamples (published
    rows: binomial draws) in which a configuration is nondominated; None under 10 tasks or if more than 1 % of the resamples
    lack data. State: *on* at the estimate; *undecided* if dominated but P > .05 or unknown, or if it and all its dominators
    stand at 0 % or all at 100 %; *dominated* otherwise. It misleads if the attempts were not made under equal conditions, and a
    frontier member with a low P is there by luck as likely as by merit.

    References
    ----------
    Kapoor et al., "AI agents that matter", arXiv:2407.01502, 2024 (accuracy and cost jointly). The parts stand, with their sources, in
    `dominance`, `hypervolume`, `accuracy`, `cost` and `resample`.

    Examples
    --------
    Three published rows of 100 attempts; the last is less accurate than `b` at the same cost:

    >>> from analytics.grid import COLUMNS
    >>> cells = pd.DataFrame(0, index=range(3), columns=list(COLUMNS)).assign(configuration=["a", "b", "c"], benchmark="qa",
    ...     task="(all)", is_summary=True, n_attempts=100, n_success=100, sum_success=[50, 80, 70], n_cost=100, n_cost_logged=100,
    ...     sum_cost_usd=[1.0, 4.0, 4.0])
    >>> found = frontier(cells, pd.DataFrame({"configuration": [], "benchmark": [], "task": [], "latency_s": []}))
    >>> [(point.configuration, point.accuracy, point.x) for point in found.on]
    [('a', 0.5, 0.01), ('b', 0.8, 0.04)]
    >>> found.by_id("c").dominated_by, found.hypervolume_box["cost_usd"]
    (('b',), [0.01, 0.1])
    """
    if not 2 <= len(set(objectives)) == len(objectives) <= 3 or objectives[0] != "accuracy" or not set(objectives) <= set(OBJECTIVES):
        raise ValueError(f"objectives are accuracy and one or two of {', '.join(OBJECTIVES[1:])}")
    covered = coverage(cells, latencies, mode=tasks)
    everything = grid(cells)
    fractional = everything.fractional_benchmarks
    estimated = partial(estimates, objectives=objectives, weights=weights, fractional=fractional, n_bootstrap=n_bootstrap, seed=seed)
    arranged = everything if covered.cells is cells else grid(covered.cells)
    found = estimated(arranged, covered.latencies, limited=("cost_usd", "latency_s"), everything=everything)
    reasons = [next((unknown[name] for name in objectives if name in unknown), None) for unknown in found.unknown]
    values = np.stack([found.values[name] for name in objectives], axis=1)
    rank = np.lexsort((np.arange(len(values)), values[:, 1], -values[:, 0]))
    kept = np.array([k for k in rank if reasons[k] is None], dtype=int)

    estimate = values[kept]
    samples = np.stack([found.joint[name][kept] for name in objectives], axis=2)
    share, missing = shares_nondominated(samples)
    beaten_by, on = dominators(estimate), nondominated(estimate)
    member_x, member_accuracy = estimate[on, 1], estimate[on, 0]
    hull, knee = np.zeros((2, len(kept)), dtype=bool)
    knee[on] = is_knee(member_x, member_accuracy)
    hull[on] = objectives[1] in _MIXABLE and on_hull(member_x, member_accuracy)
    size = np.where(found.grid.is_summary, found.counts["n_attempts"], found.n_tasks)[kept]
    has_p = (size >= MIN_TASKS) & (missing <= MAX_MISSING)

    points = []
    for i, k in enumerate(kept.tolist()):
        beaters = np.flatnonzero(beaten_by[i])
        p = float(share[i]) if has_p[i] else None
        is_stuck = len(beaters) > 0 and any((estimate[[i, *beaters], 0] == end).all() for end in (0.0, 1.0))
        state = "on" if on[i] else "undecided" if is_stuck or p is None or p > _UNDECIDED else "dominated"
        verdict = Verdict(
            on_frontier=bool(on[i]),
            on_hull=bool(hull[i]),
            is_knee=bool(knee[i]),
            p_on_frontier=p,
            state=state,
            dominated_by=tuple(found.grid.configurations[kept[j]] for j in beaters),
            tasks_to_decide=_to_decide(found, k, int(kept[beaters[0]])) if state == "undecided" else None,
        )
        flags = (f"no data in {100 * missing[i]:.1f} % of the resamples: no P",) if missing[i] > MAX_MISSING else ()
        points.append(point(found, k, objectives[1], verdict, flags))

    apart = [point(found, k, objectives[1], Verdict(excluded=reason)) for k, reason in enumerate(reasons) if reason is not None]
    rest = cells[~cells["configuration"].isin(found.grid.configurations)]
    if len(rest):
        aside = estimated(grid(rest), latencies)
        for k, name in enumerate(aside.grid.configurations):
            verdict = Verdict(excluded=covered.set_aside.get(name, "no task that all configurations attempted"))
            apart.append(point(aside, k, objectives[1], verdict))
    apart.sort(key=lambda p: (p.accuracy is None, -(p.accuracy or 0.0), p.x is None, p.x or 0.0, p.configuration))

    needs_tasks = bool((~found.grid.is_summary[kept]).any())
    has_interval = not (needs_tasks and len(found.grid.tasks) < MIN_TASKS)
    ranking = Ranking(found, kept, has_p)
    return Frontier(
        points=(*points, *apart),
        objectives=objectives,
        weights=weights,
        n_bootstrap=n_bootstrap,
        seed=seed,
        coverage=covered,
        is_fractional=bool(fractional),
        **_volume(estimate, samples, objectives, has_interval),
        **_read_outs(ranking, objectives[1], max_cost, max_latency, min_accuracy),
        empty_reason=None if points else _empty_reason(apart),
        ranking=ranking,
    )


def limited(
    front: Frontier, *, max_cost: float | None = None, max_latency: float | None = None, min_accuracy: float | None = None
) -> Frontier:
    """Return the same frontier with other limits (as `frontier` takes them): bit for bit the same answer, and no resampling."""
    return replace(front, **_read_outs(front.ranking, front.objectives[1], max_cost, max_latency, min_accuracy))


def _to_decide(found: Estimates, k: int, beater: int) -> int | None:
    if found.grid.is_summary[[k, beater]].any():
        return None
    return tasks_to_decide(paired_differences(found.accuracy, k, beater, len(found.grid.tasks)))


def _volume(estimate: np.ndarray, samples: np.ndarray, objectives: tuple[str, ...], has_interval: bool) -> dict:
    box = hypervolume_box(estimate) if len(estimate) else None
    volume = low = high = None
    if box is not None:
        volume = known(hypervolumes(estimate[:, None, :], box)[0])
        if has_interval:
            low, high = (known(end[0]) for end in percentile_interval(hypervolumes(samples, box)[None, :]))
    named = None if box is None else dict(zip(objectives, box, strict=True))
    return {"hypervolume": volume, "hypervolume_low": low, "hypervolume_high": high, "hypervolume_box": named}


def _read_outs(ranking: Ranking, x: str, max_cost: float | None, max_latency: float | None, min_accuracy: float | None) -> dict:
    found, kept, has_p = ranking.found, ranking.kept, ranking.has_p
    limits = {name: limit for name, limit in (("cost_usd", max_cost), ("latency_s", max_latency)) if limit is not None}
    accuracy, minimised = found.values["accuracy"][kept], found.values[x][kept]
    shape = (len(kept), len(limits))
    amounts = np.stack([found.values[name][kept] for name in limits], axis=-1) if limits else np.zeros(shape)
    most = np.array(list(limits.values()), dtype=np.float64)
    is_cost = np.array([name == "cost_usd" for name in limits], dtype=bool)
    best = best_under_limits(accuracy, minimised, amounts, most)
    at_cost = best_under_limits(accuracy, minimised, amounts[:, is_cost], most[is_cost])
    wanted = min_accuracy if min_accuracy is not None else None if at_cost is None else min(float(accuracy[at_cost]), 1.0)
    cheapest = None if wanted is None else cheapest_at(accuracy, minimised, wanted)
    nearest = nearest_feasible(minimised, amounts, most) if best is None and limits and len(kept) else None
    result = None
    if best is not None:
        joint = {name: found.joint[name][kept] for name in ("accuracy", x, *limits)}
        stacked = np.stack([joint[name] for name in limits], axis=-1) if limits else np.zeros((*joint[x].shape, 0))
        share, missing = p_best(best, joint["accuracy"], joint[x], stacked, most)
        is_shown = has_p[best] and missing <= MAX_MISSING
        result = Best(configuration=found.grid.configurations[kept[best]], p_best=share if is_shown else None)
    return {
        "best_under_limits": result,
        **{
            name: None if place is None else found.grid.configurations[kept[place]]
            for name, place in (("best_at_cost", at_cost), ("cheapest_at_accuracy", cheapest), ("nearest_feasible", nearest))
        },
    }


def _empty_reason(apart: list[Point]) -> str:
    """Say in one clause why nothing is compared: the reasons without their numbers, and how many configurations each one hits."""
    kinds: dict[str, int] = {}
    for excluded in (str(p.excluded) for p in apart):
        measure, is_partly_known, _ = excluded.partition(" known for ")
        kind = f"{measure} unknown" if is_partly_known else excluded.partition(":")[0]
        kind = "too few tasks attempted" if excluded.startswith("covers ") else kind
        kinds[kind] = kinds.get(kind, 0) + 1
    if not kinds:
        return "no configurations"
    if len(kinds) == 1:
        return f"{next(iter(kinds))} for {'the only configuration' if len(apart) == 1 else f'all {len(apart)} configurations'}"
    return ", ".join(f"{kind} for {n} of {len(apart)} configurations" for kind, n in sorted(kinds.items()))
