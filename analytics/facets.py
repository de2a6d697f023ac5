"""The same ladder within each group of tasks: where each group stops, where accuracy breaks, and what splitting would give."""

import re
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
import pandas as pd

from analytics.grid import Measure
from analytics.levels import Levels
from analytics.points import known
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, percentile_interval, resampled_means, task_weights
from analytics.returns import Returns, returns
from analytics.steps import estimated

By = Literal["difficulty", "task_group"]

MAX_GROUPS = 12
"""The largest groups are kept: more panels than that are no comparison."""
NAMED = (
    *("trivial", "very easy", "easy", "simple", "medium", "moderate", "normal", "intermediate"),
    *("hard", "difficult", "challenging", "very hard", "expert", "extreme"),
)
"""Words of difficulty in order."""
_NUMBERED = re.compile(r"[^\d.]*(\d+(?:\.\d+)?)[^\d]*")
"""`3`, `Level 3`, `L3`: one number."""


@dataclass(frozen=True)
class Facet:
    """One group of tasks."""

    group: str
    n_tasks: int
    returns: Returns


@dataclass(frozen=True)
class Break:
    """Between which neighbouring groups accuracy falls most."""

    easier: str
    harder: str
    level: str
    """The level to stop at over all tasks, else the most accurate."""
    drop: float
    """Accuracy of the easier group − that of the harder, as a fraction."""
    drop_low: float
    """95 %, simultaneous over all pairs of groups that were compared."""
    drop_high: float


@dataclass(frozen=True)
class Split:
    """Every group at its own stop, against one level for all."""

    levels: tuple[tuple[str, str], ...]
    """(group, level) in the order of the groups."""
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    cost_usd: float | None
    cost_low: float | None
    cost_high: float | None
    against: str
    """Level for all that it is compared with: the nearest in accuracy, the cheaper of equals."""
    against_accuracy: float
    against_cost_usd: float | None
    d_accuracy: float
    """Accuracy of the split − that of `against`, with its paired 95 % interval."""
    d_accuracy_low: float | None
    d_accuracy_high: float | None
    cost_ratio: float | None
    """Cost of the split / cost of `against`."""
    cost_ratio_low: float | None
    cost_ratio_high: float | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Facets:
    """The groups, in order of difficulty."""

    by: By
    order: Literal["named", "numbers", "mean accuracy"]
    """What the order of the groups rests on."""
    groups: tuple[Facet, ...]
    breaks_at: Break | None
    split: Split | None
    """None where all groups stop at the same level."""
    n_ungrouped: int
    """Tasks of no known group: in none of these."""
    n_left_out: int
    """Groups beyond the largest twelve."""
    reason: str | None
    """Why there are no groups."""


def facets(
    levels: Levels,
    tasks: pd.DataFrame,
    *,
    by: By = "difficulty",
    value_usd: float | None = None,
    whole: Returns | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> Facets:
    """Ladder of each group of tasks, with its own stop, and the level at which one group needs more than another.

    Parameters
    ----------
    levels : Levels
        The ladder over all tasks.
    tasks : pandas.DataFrame
        Columns benchmark, task and `by`: one row per task; what is unknown is missing.
    by : 'difficulty' or 'task_group'
        What tasks are grouped by.
    value_usd : float, optional
        What one success is worth, USD; see `returns`.
    whole : Returns, optional
        The answer of `returns` for all tasks at the same value, where it is at hand.
    n_bootstrap, seed : int
        Number of resamples B, and the seed.

    Returns
    -------
    Facets
        Without groups, and with a reason, where fewer than two are known.

    Raises
    ------
    ValueError
        If `value_usd` is negative or no number.

    Notes
    -----
    Order: the words of `NAMED`, else the number that each name holds, else falling accuracy over all levels.
    Break: the largest drop d between neighbours with 10 tasks or more, at the level to stop at over all tasks, told only if
    d − c·s > 0: s its standard error over joint resamples, c the 95 % point of the largest |deviation| / s over all neighbours (all
    pairs, where the order itself was taken from the accuracies).
    Split: accuracy and cost with every task at the stop of its group (of all tasks, where its group has none). Its levels were
    chosen on the attempts it is measured on, so it looks better than it would be on new tasks, the more so the smaller the groups.

    References
    ----------
    Winner's curse of choosing and measuring on the same data: Efron, "Tweedie's formula and selection bias", JASA 106 (2011),
    pages 1602-1614. Simultaneous intervals: Westfall and Young, *Resampling-Based Multiple Testing*, 1993, section 2.3.

    Examples
    --------
    Ten easy tasks are solved at both levels, ten hard ones only at the second, which costs twice as much:

    >>> names = [("qa", f"{k:02}") for k in range(20)]
    >>> solved = np.array([[1.0] * 10 + [0.0] * 10, [1.0] * 20])
    >>> one = np.ones_like(solved)
    >>> ladder = Levels("agent", "effort", ("low", "high"), np.array([1.0, 2.0]), "cost_usd", tuple(names), Measure(one, solved),
    ...     Measure(one, one * [[1.0], [2.0]]), Measure(0 * one, 0 * one), Measure(0 * one, 0 * one), np.array([20, 20]))
    >>> kinds = pd.DataFrame(names, columns=["benchmark", "task"]).assign(difficulty=["easy"] * 10 + ["hard"] * 10)
    >>> found = facets(ladder, kinds)
    >>> found.split.levels, found.split.accuracy, found.split.cost_usd, found.split.against, found.split.cost_ratio
    ((('easy', 'low'), ('hard', 'high')), 1.0, 1.5, 'high', 0.75)
    """
    noun = "difficulty" if by == "difficulty" else "group"
    if levels.is_summary:
        return _none(by, 0, "Published rows have no tasks to group.")
    levels = levels.restricted(levels.tasks)
    group_of = _groups(tasks, by)
    names = np.array([group_of.get(task, "") for task in levels.tasks], dtype=object)
    sizes = {name: int((names == name).sum()) for name in sorted(set(names.tolist()) - {""})}
    n_ungrouped = int((names == "").sum())
    if not sizes:
        return _none(by, n_ungrouped, f"These logs do not say of what {noun} a task is.")
    if len(sizes) == 1:
        return _none(by, n_ungrouped, f"All tasks are of one {noun}.")
    kept = sorted(sizes, key=lambda name: (-sizes[name], name))[:MAX_GROUPS]
    within = {name: names == name for name in kept}
    order, kept = _ordered(levels, within, by)
    if whole is None:
        whole = returns(levels, value_usd=value_usd, n_bootstrap=n_bootstrap, seed=seed)
    groups = []
    for name in kept:
        part = levels.restricted([levels.tasks[k] for k in np.flatnonzero(within[name])])
        part = replace(part, n_attempts=_shared(levels, within[name]), flags=())
        groups.append(Facet(name, sizes[name], returns(part, value_usd=value_usd, n_bootstrap=n_bootstrap, seed=seed)))
    return Facets(
        by=by,
        order=order,
        groups=tuple(groups),
        breaks_at=_break(levels, within, kept, whole, order == "mean accuracy", n_bootstrap, seed),
        split=_split(levels, within, groups, whole, n_bootstrap, seed),
        n_ungrouped=n_ungrouped,
        n_left_out=len(sizes) - len(kept),
        reason=None,
    )


def _none(by: By, n_ungrouped: int, reason: str) -> Facets:
    return Facets(by, "mean accuracy", (), None, None, n_ungrouped, 0, reason)


def _groups(tasks: pd.DataFrame, by: By) -> dict[tuple[str, str], str]:
    """Return the group of each task of which it is known."""
    if by not in tasks:
        return {}
    known_rows = tasks[tasks[by].notna().to_numpy(bool)]
    columns = (known_rows[name].astype(str) for name in ("benchmark", "task", by))
    return {(benchmark, task): group.strip() for benchmark, task, group in zip(*columns, strict=True)}


def _ordered(levels: Levels, within: dict[str, np.ndarray], by: By) -> tuple[Literal["named", "numbers", "mean accuracy"], list[str]]:
    """Return what the order rests on, and the groups from easy to hard."""
    words = {name: NAMED.index(name.lower()) for name in within if name.lower() in NAMED}
    if len(words) == len(within):
        return "named", sorted(within, key=lambda name: (words[name], name))
    numbers = {name: float(match.group(1)) for name in within if by == "difficulty" and (match := _NUMBERED.fullmatch(name))}
    if len(set(numbers.values())) == len(within):
        return "numbers", sorted(within, key=lambda name: numbers[name])
    counts, sums = levels.accuracy.counts.sum(axis=0), levels.accuracy.sums.sum(axis=0)
    mean = {name: float(sums[on].sum() / max(counts[on].sum(), 1)) for name, on in within.items()}
    return "mean accuracy", sorted(within, key=lambda name: (-round(mean[name], 12), name))


def _shared(levels: Levels, on: np.ndarray) -> np.ndarray:
    """Return the attempts of each level that fall on these tasks: all of them in proportion to the weights of the tasks."""
    total = levels.accuracy.counts.sum(axis=1)
    share = np.divide(levels.accuracy.counts[:, on].sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)
    return np.rint(levels.n_attempts * share)


def _break(levels, within, kept, whole, is_by_accuracy, n_bootstrap, seed) -> Break | None:
    """Return the largest drop between neighbouring groups if it is certain."""
    scored = [p.accuracy for p in whole.points]
    large = [name for name in kept if within[name].sum() >= MIN_TASKS]
    if len(large) < 2 or all(accuracy is None for accuracy in scored):
        return None
    level = whole.stop_index
    if level is None:
        level = int(np.nanargmax(np.array(scored, dtype=np.float64)))
    masks = np.array([within[name] for name in large], dtype=np.float64)
    at_level = Measure(levels.accuracy.counts[level] * masks, levels.accuracy.sums[level] * masks)
    means = at_level.mean
    samples = resampled_means(at_level.sums, at_level.counts, task_weights(len(levels.tasks), n_bootstrap, seed))
    if np.isnan(means).any() or np.isnan(samples).any():
        return None
    neighbours = list(pairwise(range(len(large))))
    compared = list(combinations(range(len(large)), 2)) if is_by_accuracy else neighbours
    drops = {(i, j): (means[i] - means[j], samples[i] - samples[j]) for i, j in compared}
    errors = {pair: float(drawn.std()) for pair, (_, drawn) in drops.items()}
    largest = np.zeros(samples.shape[1])
    for pair, (drop, drawn) in drops.items():
        if errors[pair] > 0:
            largest = np.maximum(largest, np.abs(drawn - drop) / errors[pair])
    critical = float(np.quantile(largest, 0.95))
    i, j = max(neighbours, key=lambda pair: drops[pair][0])
    drop, half = float(drops[i, j][0]), critical * errors[i, j]
    if drop <= half:
        return None
    return Break(large[i], large[j], levels.names[level], drop, drop - half, min(1.0, drop + half))


def _split(levels: Levels, within: dict[str, np.ndarray], groups: list[Facet], whole: Returns, n_bootstrap: int, seed: int) -> Split | None:
    """Return every group at its own stop against the nearest level for all."""
    if whole.stop_index is None or whole.stop_basis is None:
        return None
    places = np.full(len(levels.tasks), whole.stop_index)
    flags = ["Chosen on the same attempts, the split looks better than it would on new tasks."]
    if whole.stop_basis == "gain":
        flags.append("Fewer tasks show gains less surely, so without a value of a success small groups stop early.")
    stops = {}
    for facet in groups:
        stop = facet.returns.stop_index
        if stop is None:
            flags.append(f"{facet.group}: {facet.returns.stop_reason} They run at the level for all.")
        stops[facet.group] = whole.stop_index if stop is None else stop
        places[within[facet.group]] = stops[facet.group]
    if len(set(stops.values())) < 2:
        return None

    def with_split(measure: Measure) -> Measure:
        columns = np.arange(len(places))
        return Measure(*(np.vstack([part, part[places, columns]]) for part in (measure.counts, measure.sums)))

    parts = {name: with_split(getattr(levels, name)) for name in ("accuracy", "cost", "latency", "tokens")}
    n_attempts = np.append(levels.n_attempts, sum(levels.n_attempts[k] * (places == k).mean() for k in range(len(levels.names))))
    both = replace(levels, names=(*levels.names, "split"), x=np.append(levels.x, np.nan), n_attempts=np.rint(n_attempts), **parts)
    found = estimated(both, n_bootstrap=n_bootstrap, seed=seed)
    accuracy, cost = found.accuracy[:-1], np.nan_to_num(found.cost[:-1], nan=np.inf)
    scored = np.flatnonzero(np.isfinite(accuracy))
    against = int(min(scored, key=lambda k: (abs(accuracy[k] - found.accuracy[-1]), cost[k], k)))
    low, high = found.gain_interval(against, [len(accuracy)])
    cost_low = cost_high = ratio_low = ratio_high = None
    ratio = known(found.cost[-1] / found.cost[against]) if found.cost[against] > 0 else None
    if found.drawn is not None and ratio is not None:
        drawn = found.drawn[1]
        ends = percentile_interval(np.stack([drawn[-1], drawn[-1] / drawn[against]]))
        (cost_low, ratio_low), (cost_high, ratio_high) = ([known(end) for end in each] for each in ends)
    return Split(
        levels=tuple((facet.group, levels.names[stops[facet.group]]) for facet in groups),
        accuracy=float(found.accuracy[-1]),
        accuracy_low=known(found.low[-1]),
        accuracy_high=known(found.high[-1]),
        cost_usd=known(found.cost[-1]),
        cost_low=cost_low,
        cost_high=cost_high,
        against=levels.names[against],
        against_accuracy=float(accuracy[against]),
        against_cost_usd=known(found.cost[against]),
        d_accuracy=float(found.accuracy[-1] - accuracy[against]),
        d_accuracy_low=known(low[0]),
        d_accuracy_high=known(high[0]),
        cost_ratio=ratio,
        cost_ratio_low=ratio_low,
        cost_ratio_high=ratio_high,
        flags=tuple(flags),
    )
