"""Finished runs replayed under caps: what stands at every cap at once, from attempts or from their steps.

Attempts and ladders are both rows with a level; a cap cuts what lies above it, so what stands under all caps is a histogram of these rows
by cap, added up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from analytics.cost import KNOWN_SHARE, unknown_reason
from analytics.grid import Measure
from analytics.notation import count, percent, seconds, significant, tokens, usd
from analytics.resample import exact_sums

Unit = Literal["turns", "tokens", "tool_calls", "seconds", "usd"]
Basis = Literal["exact", "prorated"]
SPENT = {"turns": "turns", "tokens": "tokens", "tool_calls": "tool_calls", "seconds": "latency_s", "usd": "cost_usd"}
"""Unit → the column of the attempts that a cap in it cuts."""
NOUNS = {"turns": "turns", "tokens": "tokens", "tool_calls": "tool calls", "seconds": "time", "usd": "cost"}
_WHOLE = ("turns", "tool_calls")
"""Units that are counted: a cap between two numbers keeps the lower."""
_MEASURES = {"cost_usd": ("n_cost", "sum_cost_usd"), "latency_s": ("n_latency", "sum_latency_s"), "tokens": ("n_tokens", "sum_tokens")}
_OWN = {"success", "credit", *_MEASURES}
_LADDER = {"level", "n_started", "n_ended", "n_succeeded", "sum_credit", *(column for columns in _MEASURES.values() for column in columns)}
_BLOCK = 2**17
"""Rows that are counted at a time: what they need in between stays in the cache."""
_LARGEST_TABLE = 2**16
_SAME = 0.01
"""Steps that add up to the attempts' cost within 1 % account for it."""


@dataclass(frozen=True)
class Runs:
    """What one configuration spent and solved, as rows that a cap keeps or cuts; sorted, so that the order of a frame means nothing."""

    configuration: str
    unit: Unit
    n_attempts: int
    tasks: tuple[tuple[str, str], ...]
    cells: np.ndarray
    """Shape (n,), as all up to `sums`: position of the row's task."""
    levels: np.ndarray
    """What the attempt spent, or the level of the ladder; counted units as integers."""
    ended: np.ndarray
    """Attempts that end here; `succeeded` of them succeed, and their credits add up to `credit`."""
    succeeded: np.ndarray
    credit: np.ndarray
    sums: dict[str, np.ndarray]
    """Of each known measure: the attempt's, or (exact) what is added from the level below to this one."""
    known: dict[str, np.ndarray]
    """Shape (T,): attempts of each task of which the measure is known, for measures known of 99 % of all."""
    n_scored: np.ndarray
    """Shape (T,)."""
    spent: np.ndarray
    """What each attempt spent in the unit: where percentiles are taken from."""
    is_exact: bool
    is_fractional: bool
    flags: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Replay:
    """What stands under each of C rising caps, by task, shape (C, T); the last cap is infinite: nothing is cut."""

    caps: np.ndarray
    ended: np.ndarray
    succeeded: np.ndarray
    spent: np.ndarray
    """In the cap's unit."""
    accuracy: Measure
    measures: dict[str, Measure]

    def at(self, caps: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the rows of these caps, which must be among those replayed."""
        return np.searchsorted(self.caps, np.asarray(caps, dtype=np.float64))


def bins_by_cap(cells: np.ndarray, n_cells: int, levels: np.ndarray, columns: Sequence[np.ndarray], caps: np.ndarray) -> np.ndarray:
    """Total of the rows between each cap and the one before, for all caps in one pass over the rows.

    Parameters
    ----------
    cells : array of int, shape (n,)
        Group of each row (a task, a configuration), from 0.
    n_cells : int
        Number G of groups.
    levels : array, shape (n,)
        Where a row stands, in the unit of the caps; small integers are looked up, other numbers searched.
    columns : sequence of V arrays, shape (n,)
        What is added up, in any units.
    caps : array, shape (C,)
        Rising; the last is infinite, so that every row has a bin.

    Returns
    -------
    numpy.ndarray, shape (V, G, C)
        Added up over the last axis it is what stands under each cap.

    Raises
    ------
    ValueError
        If the caps do not rise to infinity.

    Notes
    -----
    One `bincount` per column: the work does not grow with the number of caps. Rows are added in their order; sort them by value
    where the last bit matters.

    References
    ----------
    Blelloch, "Prefix sums and their applications", CMU-CS-90-190, 1990.

    Examples
    --------
    Steps at turns 1, 2, 3 cost 1, 2, 4, and of another group at turns 1, 2 they cost 8, 16. Two turns of each: 3 and 24.

    >>> costs = np.array([1.0, 2, 4, 8, 16])
    >>> bins_by_cap(np.array([0, 0, 0, 1, 1]), 2, np.array([1, 2, 3, 1, 2]), [costs], np.array([2, np.inf])).cumsum(axis=2)[0].tolist()
    [[3.0, 7.0], [24.0, 24.0]]
    """
    caps = np.asarray(caps, dtype=np.float64)
    if not (len(caps) and caps[-1] == np.inf and (np.diff(caps) > 0).all()):
        raise ValueError("caps rise, and the last is infinite")
    size = n_cells * len(caps)
    sums = np.zeros((len(columns), size))
    highest = int(levels.max(initial=0)) if levels.dtype.kind in "iu" else _LARGEST_TABLE
    table = np.searchsorted(caps, np.arange(highest + 1)) if highest < _LARGEST_TABLE else None
    block = max(_BLOCK, size)
    for start in range(0, len(levels), block):
        rows = slice(start, start + block)
        place = np.searchsorted(caps, levels[rows]) if table is None else table[levels[rows]]
        place += np.multiply(cells[rows], len(caps), dtype=np.intp)
        for k, column in enumerate(columns):
            sums[k] += np.bincount(place, weights=column[rows], minlength=size)
    return sums.reshape(len(columns), n_cells, len(caps))


def runs(attempts: pd.DataFrame, ladder: pd.DataFrame | None, unit: Unit, *, basis: Basis | None = None) -> list[Runs]:
    """Return the rows of every configuration, sorted by it: of its ladder where that accounts for the attempts and their cost.

    A ladder accounts for them if it holds 99 % of the attempts from start to end, loses no cost on the way and adds up to the
    attempts' own cost within 1 %. The attempts without steps are then taken as not cut. Arguments as of `caps`.
    """
    if unit not in SPENT or basis not in (None, "exact", "prorated"):
        raise ValueError(f"a cap is in {', '.join(SPENT)}, and exact or prorated; not {unit!r}, {basis!r}")
    frames = [attempts] if ladder is None or ladder.empty or basis == "prorated" else [attempts, ladder]
    of_configuration, names = _codes(frames, ["configuration"])
    of_task, tasks = _codes(frames, ["benchmark", "task"])
    rows = [_split(codes, len(names)) for codes in of_configuration]
    columns = [
        {name: frame[name].to_numpy(np.float64) for name in wanted}
        for frame, wanted in zip(frames, (_OWN | {SPENT[unit]}, _LADDER), strict=False)
    ]
    credit = columns[0]["credit"]
    is_fractional = bool(((credit > 0) & (credit < 1)).any())
    found = []
    for k, (name,) in enumerate(names):
        if not len(rows[0][k]):
            continue
        parts = [(of_task[f][rows[f][k]], {c: values[rows[f][k]] for c, values in columns[f].items()}) for f in range(len(frames))]
        here = np.unique(parts[0][0])
        own = _Own(name, unit, tuple(tasks[code] for code in here), np.searchsorted(here, parts[0][0]), parts[0][1], is_fractional)
        exact = None
        if len(frames) > 1:
            place = np.minimum(np.searchsorted(here, parts[1][0]), len(here) - 1)
            is_here = here[place] == parts[1][0]
            exact = _of_ladder(own, place[is_here], {c: values[is_here] for c, values in parts[1][1].items()})
        found.append(_chosen(own, exact, basis))
    return found


@dataclass(frozen=True)
class _Own:
    """The attempts of one configuration, with the position of their tasks."""

    configuration: str
    unit: Unit
    tasks: tuple[tuple[str, str], ...]
    cells: np.ndarray
    columns: dict[str, np.ndarray]
    is_fractional: bool


def _codes(frames: list[pd.DataFrame], keys: list[str]) -> tuple[list[np.ndarray], list[tuple[Any, ...]]]:
    """Return for each frame the position of its rows' keys among all, sorted, and these keys."""
    code = np.zeros(sum(map(len, frames)), dtype=np.int64)
    names: list[tuple[Any, ...]] = [()]
    for key in keys:
        of_key, values = pd.factorize(pd.concat([frame[key] for frame in frames], ignore_index=True), sort=True)
        code, used = pd.factorize(code * max(len(values), 1) + of_key, sort=True)
        names = [(*names[c // len(values)], str(values[c % len(values)])) for c in used.tolist()]
    return np.split(code, np.cumsum([len(frame) for frame in frames])[:-1]), names


def _split(codes: np.ndarray, n: int) -> list[np.ndarray]:
    """Return the rows of each code."""
    return np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes, minlength=n))[:-1])


def _of_attempts(own: _Own) -> Runs:
    """Take every attempt as a row that stands at what it spent."""
    spent, n_tasks, n = own.columns[SPENT[own.unit]], len(own.tasks), len(own.cells)
    is_sized = spent >= 0
    n_sized, noun, reason, flags = int(is_sized.sum()), NOUNS[own.unit], None, ()
    if n_sized < KNOWN_SHARE * n:
        reason = f"{noun} known for {n_sized} of {n} attempts" if n_sized else f"{noun} unknown"
        is_sized = np.zeros_like(is_sized)
    elif n_sized < n:
        flags = (f"{n - n_sized} of {n} attempts are left out: {noun} unknown",)
    columns = {name: own.columns[name][is_sized] for name in ("success", "credit", *_MEASURES)}
    order = np.lexsort((*columns.values(), spent[is_sized], own.cells[is_sized]))
    cells, levels = own.cells[is_sized][order], spent[is_sized][order]
    columns = {name: values[order] for name, values in columns.items()}
    told = {name: ~np.isnan(values) for name, values in columns.items()}
    names = [name for name in _MEASURES if told[name].sum() >= max(1, KNOWN_SHARE * len(levels))]
    if reason is None and "cost_usd" not in names:
        n_cost, total = told["cost_usd"].sum(), float(exact_sums(np.nan_to_num(columns["cost_usd"])[None, :])[0])
        reason = unknown_reason("cost", n_cost, len(levels), total / len(levels))
    return Runs(
        configuration=own.configuration, unit=own.unit, n_attempts=n, tasks=own.tasks, cells=cells, levels=_counted(levels, own.unit),
        ended=np.ones(len(levels)), succeeded=(columns["success"] == 1).astype(float), credit=np.nan_to_num(columns["credit"]),
        sums={name: np.nan_to_num(columns[name]) for name in names},
        known={name: np.bincount(cells, weights=told[name], minlength=n_tasks) for name in names},
        n_scored=np.bincount(cells, weights=told["credit"], minlength=n_tasks),
        spent=levels, is_exact=False, is_fractional=own.is_fractional, flags=flags, reason=reason,
    )  # fmt: skip


def _of_ladder(own: _Own, cells: np.ndarray, ladder: dict[str, np.ndarray]) -> Runs | None:
    """Take the ladder's levels as rows; None: it does not hold the attempts."""
    n_tasks, n = len(own.tasks), len(own.cells)

    def by_task(values: np.ndarray, of: np.ndarray = cells) -> np.ndarray:
        return np.bincount(of, weights=values, minlength=n_tasks)

    made, ended = np.bincount(own.cells, minlength=n_tasks), by_task(ladder["n_ended"])
    n_ended = int(ended.sum())
    if (ended != by_task(ladder["n_started"])).any() or (ended > made).any() or n_ended < max(1, KNOWN_SHARE * n):
        return None
    names = []
    for name, (count_name, _) in _MEASURES.items():  # a negative change: it gets unknown on the way
        if (ladder[count_name] >= 0).all() and ladder[count_name].sum() >= KNOWN_SHARE * n_ended:
            names.append(name)
    rows = [ladder[c] for c in ("level", "n_ended", "n_succeeded", "sum_credit", *(_MEASURES[name][1] for name in names))]
    known = {name: by_task(ladder[_MEASURES[name][0]]) for name in names}
    spent, flags = np.repeat(rows[0], rows[1].astype(np.int64)), ()
    credit, is_scored = np.nan_to_num(own.columns["credit"]), ~np.isnan(own.columns["credit"])
    if n_ended < n:
        here = np.flatnonzero(made > ended)
        gaps = [by_task(v, own.cells) - by_task(row) for v, row in ((own.columns["success"] == 1, rows[2]), (credit, rows[3]))]
        zeros = np.zeros(n_tasks)
        rows = [np.append(row, more[here]) for row, more in zip(rows, [zeros, made - ended, *gaps, *([zeros] * len(names))], strict=True)]
        cells, flags = np.append(cells, here), (f"{n - n_ended} of {n} attempts have no steps and are taken as not cut",)
    step = np.diff(cells)
    if not ((step > 0) | ((step == 0) & (np.diff(rows[0]) > 0))).all():
        order = np.lexsort((*rows[1:], rows[0], cells))
        rows, cells = [row[order] for row in rows], cells[order]
    return Runs(
        configuration=own.configuration, unit=own.unit, n_attempts=n, tasks=own.tasks, cells=cells, levels=_counted(rows[0], own.unit),
        ended=rows[1], succeeded=rows[2], credit=rows[3], sums=dict(zip(names, rows[4:], strict=True)), known=known,
        n_scored=by_task(is_scored, own.cells), spent=spent, is_exact=True, is_fractional=own.is_fractional, flags=flags,
        reason=None if "cost_usd" in names else "cost unknown",
    )  # fmt: skip


def _chosen(own: _Own, exact: Runs | None, basis: Basis | None) -> Runs:
    """Take the ladder where it knows what the attempts cost, else the attempts where they do."""
    cost = own.columns["cost_usd"][~np.isnan(own.columns["cost_usd"])]
    flags = ()
    if exact is not None and "cost_usd" in exact.sums:
        by_steps = exact.sums["cost_usd"].sum() / exact.known["cost_usd"].sum()
        if not len(cost) or abs(by_steps - cost.mean()) <= _SAME * cost.mean():
            return exact
        flags, exact = (f"the steps account for {percent(by_steps / cost.mean() if cost.mean() else None, 0)} of the cost",), None
    whole = _of_attempts(own)
    whole = replace(whole, flags=whole.flags + flags)
    if basis == "exact":
        kept = exact or whole
        sums = {name: values for name, values in kept.sums.items() if name != "cost_usd"}
        reason = whole.reason if "cost_usd" not in whole.sums else "exact cost unknown: the steps do not tell it"
        return replace(kept, sums=sums, reason=reason)
    return whole if exact is None or "cost_usd" in whole.sums else exact


def _counted(levels: np.ndarray, unit: Unit) -> np.ndarray:
    """Return counts as integers, which are looked up and not searched."""
    whole = levels.astype(np.int64) if unit in _WHOLE else levels
    return whole if (whole == levels).all() else levels


def replay(found: Runs, caps: Sequence[float] | np.ndarray) -> Replay:
    """Return what stands under all these caps, and without one: one pass over the rows. What is cut short is scaled, unless exact."""
    limits = np.unique(np.append(np.asarray(caps, dtype=np.float64), np.inf))
    columns = [found.ended, found.succeeded, found.credit, found.ended * found.levels, *found.sums.values()]
    if not found.is_exact:
        is_spent = found.levels > 0
        columns += [np.divide(v, found.levels, out=np.zeros(len(v)), where=is_spent) for v in found.sums.values()]
    bins = bins_by_cap(found.cells, len(found.tasks), found.levels, columns, limits)
    under = bins[: 4 + len(found.sums)].cumsum(axis=2)
    ended, succeeded, credit, spent = under[:4]
    finite = np.where(np.isfinite(limits), limits, 0.0)
    kept = np.floor(finite) if found.unit in _WHOLE else finite
    spent = _rising(spent + kept * (ended[:, -1:] - ended))
    measures = {}
    for place, name in enumerate(found.sums, start=4):
        sums = under[place]
        if not found.is_exact:
            rates = bins[place + len(found.sums)]
            sums[:, :-1] += finite[:-1] * rates[:, :0:-1].cumsum(axis=1)[:, ::-1]  # of all rows above the cap
        measures[name] = _measure(found.known[name], _rising(sums))
    return Replay(limits, ended.T, succeeded.T, spent.T, _measure(found.n_scored, credit), measures)


def _rising(sums: np.ndarray) -> np.ndarray:
    """Undo a last bit by which more would be less: a higher cap keeps what a lower one kept."""
    return np.minimum(np.maximum.accumulate(sums, axis=1), sums[:, -1:])


def _measure(counts: np.ndarray, sums: np.ndarray) -> Measure:
    """Return sums (T, C) under C caps and the attempts of each task behind them as a measure."""
    return Measure(np.broadcast_to(counts, sums.T.shape), sums.T)


def written(value: float, unit: Unit) -> str:
    """Write an amount of a unit.

    >>> written(14.0, "turns"), written(9.5, "turns"), written(1, "tool_calls"), written(57_100, "tokens"), written(0.4, "usd")
    ('14 turns', '9.5 turns', '1 tool call', '57.1 k tokens', '$0.40')
    """
    if unit in ("seconds", "usd"):
        return seconds(value) if unit == "seconds" else usd(value)
    noun = NOUNS[unit].removesuffix("s") if value == 1 else NOUNS[unit]
    if unit == "tokens":
        return f"{tokens(value)} {noun}"
    return f"{count(value) if value == int(value) else significant(value, 4).rstrip('0')} {noun}"
