"""The steps of one attempt as marks of a timeline: in lanes, over seconds or step numbers, with their cards and the running spend.

Very long attempts become fewer marks, and `Timeline.said` says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics import notation
from pages.shared.labels import plotly_text

MOST_MARKS = 400
LANES = ("LLM", "Tools", "Others")
"""Others: judges, simulated users, and steps that are neither calls of a model nor of a tool."""
MOST_ROWS = 3
"""Steps at the same time stand below one another in their lane, up to so many."""
BUCKETS = {
    "uncached_input_tokens": "fresh in",
    "cache_read_tokens": "from cache",
    "cache_write_tokens": "to cache",
    "output_tokens": "out",
}


@dataclass(frozen=True)
class Mark:
    """One bar of a lane: a step, or some that stand for one another."""

    lane: int
    start: float
    end: float
    first: int
    """Number of its first step, from 1."""
    n: int
    is_failed: bool
    round: float
    card: str
    row: int = 0
    """Among steps at the same time."""


@dataclass(frozen=True)
class Timeline:
    """What is drawn of one attempt."""

    marks: tuple[Mark, ...]
    is_timed: bool
    """Over seconds; else over step numbers."""
    spent: tuple[tuple[float, float], ...]
    """x and what was spent up to there."""
    spent_in: str
    """`cost_usd`, `tokens`, or empty: neither is known of every LLM step."""
    said: str
    """What is not as it looks; empty: nothing."""
    others: str = LANES[2]
    """Name of the third lane: its role, where all its steps have one."""


def timeline_of(steps: pd.DataFrame, *, most: int = MOST_MARKS) -> Timeline:
    """Return marks, spend and remarks of an attempt's steps.

    Parameters
    ----------
    steps : the steps of one attempt in order: kind, name, role, turn, round, offset_s, duration_s, the buckets, cost_usd_logged, ok
    most : marks that are drawn at most
    """
    if steps.empty:
        return Timeline((), False, (), "", "")
    calls = steps["kind"].isin(["llm", "tool"]).to_numpy()
    offsets, durations = (steps[c].astype("float64").to_numpy() for c in ("offset_s", "duration_s"))
    is_timed = bool(calls.any() and np.isfinite(offsets[calls]).all())
    numbers = np.arange(1, len(steps) + 1, dtype=float)
    starts = np.where(np.isfinite(offsets), offsets, np.nan) if is_timed else numbers - 0.45
    ends = np.where(np.isfinite(durations), starts + durations, starts) if is_timed else numbers + 0.45
    kept = np.flatnonzero(np.isfinite(starts))
    lanes = _lanes(steps)
    failed = steps["ok"].eq(False).fillna(False).to_numpy(dtype=bool)  # an unknown outcome is no failure
    kinds = len(set(zip(lanes[kept].tolist(), failed[kept].tolist(), strict=True)))
    every = math.ceil(len(kept) / max(1, most // max(kinds, 1))) if len(kept) > most else 1
    rows = _plain(steps)
    groups: dict[tuple[int, int, bool], list[int]] = {}
    for position, i in enumerate(kept.tolist()):
        groups.setdefault((position // every, int(lanes[i]), bool(failed[i])), []).append(i)
    marks = [_mark(rows, members, lane, starts, ends, is_failed) for (_, lane, is_failed), members in groups.items()]
    said = []
    if every > 1:
        said.append(f"{notation.count(len(kept))} steps are drawn as {notation.count(len(marks))} marks: neighbours are merged")
    if not is_timed:
        said.append("these steps carry no times, so they stand by number")
    elif (n := int((~np.isfinite(durations[calls])).sum())) > 0:
        said.append(f"{notation.plural(n, 'step')} have no duration and stand as ticks")
    if len(kept) < len(steps):
        said.append(f"{notation.plural(len(steps) - len(kept), 'step')} without a time are in the table only")
    spent, spent_in = _spent(steps, ends if is_timed else numbers)
    sentence = "; ".join(said)
    sentence = f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""
    drawn = _in_rows(marks) if every == 1 else marks
    return Timeline(tuple(drawn), is_timed, spent, spent_in, sentence, _others(steps, lanes))


def _lanes(steps: pd.DataFrame) -> np.ndarray:
    """Return the lane of every step: a judge's or user's calls stand beside the attempt's own."""
    own = steps["role"].isna() | (steps["role"] == "agent") if "role" in steps else pd.Series(True, index=steps.index)
    kind = steps["kind"].to_numpy()
    return np.where((kind == "llm") & own.to_numpy(), 0, np.where((kind == "tool") & own.to_numpy(), 1, 2))


def _plain(steps: pd.DataFrame) -> dict[str, list]:
    """Return the columns that cards need as lists: single cells of a frame are slow."""
    numbers = ("turn", "round", "offset_s", "duration_s", *BUCKETS, "cost_usd_logged")
    texts = {name: list(steps[name]) if name in steps else [None] * len(steps) for name in ("kind", "name", "model", "role")}
    return texts | {name: steps[name].astype("float64").tolist() for name in numbers}


def _others(steps: pd.DataFrame, lanes: np.ndarray) -> str:
    """Return the name of the third lane."""
    roles = {role for role in steps.loc[lanes == 2, "role"] if isinstance(role, str)} if "role" in steps else set()
    return notation.shorten(notation.plain(roles.pop()).capitalize(), 7) if len(roles) == 1 else LANES[2]


def _mark(rows: dict[str, list], members: list[int], lane: int, starts: np.ndarray, ends: np.ndarray, is_failed: bool) -> Mark:
    """Return the mark of one step, or of some."""
    return Mark(
        lane=lane, start=float(starts[members].min()), end=float(ends[members].max()), first=members[0] + 1, n=len(members),
        is_failed=is_failed, round=rows["round"][members[0]], card=_card(rows, members, is_failed),
    )  # fmt: skip


def _card(rows: dict[str, list], members: list[int], is_failed: bool) -> str:
    """Return the card of a mark: at most ten lines, names inert."""
    first = members[0]
    kind = {"llm": "LLM call", "tool": "Tool call"}.get(rows["kind"][first], "Step")
    if len(members) > 1:
        lines = [f"<b>Steps {first + 1}–{members[-1] + 1}</b>", f"{len(members)} merged: {kind.lower()}s"]
        lines += ["All of them failed"] if is_failed else []
    else:
        name = next((v for v in (rows["name"][first], rows["model"][first]) if isinstance(v, str) and v), "")
        lines = [f"<b>Step {first + 1}</b>" + (f" · {plotly_text(notation.shorten(notation.plain(name), 40))}" if name else "")]
        role, turn = rows["role"][first], rows["turn"][first]
        whose = f" ({plotly_text(notation.shorten(notation.plain(role), 24))})" if isinstance(role, str) and role != "agent" else ""
        lines.append(f"{kind}{whose}{f', turn {turn:.0f}' if notation.is_known(turn) else ''}")
        lines += ["Failed"] if is_failed else []
    if notation.is_known(rows["offset_s"][first]):
        took = _sum(rows, "duration_s", members)
        lines.append(f"At {notation.seconds(rows['offset_s'][first])}{f' for {notation.seconds(took)}' if took is not None else ''}")
    tokens = [f"{notation.tokens(total)} {word}" for column, word in BUCKETS.items() if (total := _sum(rows, column, members))]
    lines += [f"Tokens: {', '.join(tokens)}"] if tokens else []
    cost = _sum(rows, "cost_usd_logged", members)
    lines += [f"Cost {notation.usd(cost)}"] if cost is not None else []
    return "<br>".join(lines[:10])


def _sum(rows: dict[str, list], column: str, members: list[int]) -> float | None:
    """Return the sum of what is known of some steps; None: nothing is."""
    known = [value for i in members if notation.is_known(value := rows[column][i])]
    return math.fsum(known) if known else None


def _in_rows(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks with those at the same time of one lane below one another."""
    free: dict[int, list[float]] = {}
    out = []
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.first)):
        ends = free.setdefault(mark.lane, [-math.inf] * MOST_ROWS)
        row = next((i for i, end in enumerate(ends) if end <= mark.start + 1e-9), int(np.argmin(ends)))
        ends[row] = max(ends[row], mark.end)
        out.append(replace(mark, row=row))
    return out


def _spent(steps: pd.DataFrame, at: np.ndarray) -> tuple[tuple[tuple[float, float], ...], str]:
    """Return the running total of the attempt's own steps: dollars where every LLM step has its cost, else tokens, else nothing."""
    lanes = _lanes(steps)
    own, llm = np.flatnonzero(lanes < 2), lanes == 0
    if not llm.any() or not np.isfinite(at[own]).all():
        return (), ""
    costs = steps["cost_usd_logged"].astype("float64").to_numpy()
    tokens = np.zeros(len(steps))
    for column in BUCKETS:
        tokens = tokens + steps[column].astype("float64").fillna(0.0).to_numpy()
    known = steps["output_tokens"].notna().to_numpy() & steps["uncached_input_tokens"].notna().to_numpy()
    if np.isfinite(costs[llm]).all() and np.nansum(costs[own]) > 0:
        values, unit = np.nan_to_num(costs), "cost_usd"
    elif known[llm].all() and tokens[own].sum() > 0:
        values, unit = tokens, "tokens"
    else:
        return (), ""
    order = own[np.argsort(at[own], kind="stable")]
    total, xs = np.cumsum(values[order]), at[order]
    every = max(1, math.ceil(len(order) / MOST_MARKS))
    kept = sorted({*range(0, len(order), every), len(order) - 1})
    return tuple((float(xs[i]), float(total[i])) for i in kept), unit
