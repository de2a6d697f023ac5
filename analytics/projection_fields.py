"""Fields and replay tables of the points of a projection, read from the frames below a selection.

A table says what share of a configuration's own logged amount is kept at each level; its last level cuts nothing and is exactly 1.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from analytics.cost import KNOWN_SHARE
from analytics.frontier import Frontier
from analytics.grid import Measure
from analytics.hardware import Model
from analytics.knobs import Details as Ladders
from analytics.levels import of_rounds
from analytics.projection_model import FIELDS, LOGGED, SERVED, SHARES, TABLES
from analytics.replay import Runs, Unit, replay, runs
from analytics.resample import exact_sums
from analytics.tries import majorities, slowest, tries, votes

Rates = tuple[float, float, float, float]
"""USD per million tokens: uncached input, cache read, cache write, output."""

MOST_LEVELS = 48
"""Of a cap in turns: every whole number up to here, quantiles above."""
USD_LEVELS = 32
MOST_SAMPLES = 16
_DIGITS = 7
"""Of a share: what a page can show, and half of the bytes that are sent."""
_EXACT = 1e-3
"""Rates that explain every logged cost to this share of the mean are the rates that were charged."""
_BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
_PARTS = ("part_uncached_input_usd", "part_cache_read_usd", "part_cache_write_usd")
_Table = dict[str, np.ndarray]


class Details(Ladders, Protocol):
    """The frames below a selection, those of the steps' times among them."""

    @property
    def times(self) -> pd.DataFrame:
        """One row = an attempt with timed steps."""
        ...


def points(
    front: Frontier, details: Details, *, models: Mapping[str, Model] | None = None, rates: Mapping[str, Rates] | None = None
) -> dict[str, np.ndarray]:
    """Everything that the projection reads of each configuration.

    Parameters
    ----------
    front : Frontier
        Whose points, and their numbers as logged.
    details : Details
        The frames below the same selection.
    models : mapping of str to Model, optional
        Configuration → the open model that own GPUs would serve.
    rates : mapping of str to Rates, optional
        Configuration → list prices of its model, for those whose logs do not tell them.

    Returns
    -------
    dict of numpy.ndarray
        `FIELDS`, shape (K,), and `TABLES`, shape (K, n) with NaN after the last level, in the order of `front.points`.

    Raises
    ------
    ValueError
        If a success is neither 0, 1 nor unknown.

    Notes
    -----
    Means are over the attempts of the compared tasks, each measure known of 99 % of them, else unknown. Caps are replayed from the
    steps where these account for the attempts, else prorated. List prices: those that the logged costs follow exactly (least squares on
    the token buckets, residuals below 0.1 % of the mean cost), else cost by part over tokens, else `rates`. It misleads where one
    configuration's attempts were charged at several rates and none of these is met.

    References
    ----------
    As `analytics.caps.caps` (turn caps), `analytics.levels.of_rounds` (rounds), `analytics.tries` (majorities).

    Examples
    --------
    See `analytics.projection.project`.
    """
    attempts = details.attempts
    of = {str(name): rows for name, rows in attempts.groupby("configuration", sort=False)}
    names = [point.configuration for point in front.points]
    fields = {name: np.full(len(names), np.nan) for name in FIELDS}
    for k, point in enumerate(front.points):
        fields["is_ranked"][k] = float(point.configuration not in front.coverage.set_aside)
        for name in LOGGED:
            value = getattr(point, name.removeprefix("logged_"))
            fields[name][k] = np.nan if value is None else value
        own: dict[str, float] = {}
        if point.configuration in of:
            own = _means(of[point.configuration]) | _prices(of[point.configuration], (rates or {}).get(point.configuration))
        if models and point.configuration in models:
            own |= {name: float(getattr(models[point.configuration], name)) for name in SERVED}
        for name, value in own.items():
            fields[name][k] = value
    waits = _other_s(details.times)
    fields["other_s"] = np.array([waits.get(name, np.nan) for name in names], dtype=np.float64)
    tables = [
        *_replays(attempts, details.ladders("turns"), "turns", "cap", names),
        *_replays(attempts, details.ladders("usd"), "usd", "usd", names),
        *_depths(details.rounds, names),
        *_samples(of, names),
    ]
    return fields | {name: _padded(rows) for name, rows in zip(TABLES, tables, strict=True)}


def _means(rows: pd.DataFrame) -> dict[str, float]:
    """Return means per attempt."""
    buckets = [_column(rows, name) for name in (*_BUCKETS, "cache_write_1h_tokens")]
    uncached, read, written, output, written_1h = buckets
    unread = uncached + np.nan_to_num(written) + np.nan_to_num(written_1h)
    total = unread + np.nan_to_num(read)
    inputs, calls, cost = _mean(total), _mean(_column(rows, "llm_calls")), _column(rows, "cost_usd")
    known = cost[~np.isnan(cost)]
    return {
        "input_tokens": inputs,
        "output_tokens": _mean(output),
        "calls": calls if calls > 0 else _mean(_column(rows, "turns")),
        "logged_hit": _mean(np.where(np.isnan(total), np.nan, np.nan_to_num(read))) / inputs if inputs > 0 else np.nan,
        "cost_sd_usd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
    }


def _prices(rows: pd.DataFrame, given: Rates | None) -> dict[str, float]:
    """Return USD per million tokens of unread input, of input read from the cache, and of output."""
    found = np.full(len(_BUCKETS), np.nan)
    for told in (_charged(rows), _by_part(rows), None if given is None else np.array(given, dtype=np.float64)):
        if told is not None:
            scale = found[0] / told[0] if found[0] > 0 and told[0] > 0 else 1.0  # a price of another day: as a share of that day's input
            found = np.where(np.isnan(found), told * scale, found)
    fresh, read, written, output = (float(value) for value in found)
    tokens = [exact_sums(np.nan_to_num(_column(rows, name))[None])[0] for name in ("uncached_input_tokens", "cache_write_tokens")]
    parts = [(n, price) for n, price in zip(tokens, (fresh, written), strict=True) if n > 0] or [(1.0, fresh)]
    rest = sum(n * price for n, price in parts) / sum(n for n, _ in parts)
    return {"rest_usd_per_mtok": rest, "read_usd_per_mtok": read, "written_usd_per_mtok": output}


def _charged(rows: pd.DataFrame) -> np.ndarray | None:
    """Return the rates that the logged costs follow exactly, NaN for a bucket without tokens; None: they follow none."""
    known = rows[rows["cost_usd"].notna()]
    tokens = np.nan_to_num(np.stack([_column(known, name) for name in _BUCKETS], axis=1)) / 1e6
    is_used, cost = tokens.any(axis=0), known["cost_usd"].to_numpy(np.float64)
    if len(known) <= is_used.sum() + 1 or not is_used[0] or not is_used[3] or not cost.mean() > 0:
        return None
    found, _, rank, _ = np.linalg.lstsq(tokens[:, is_used], cost, rcond=None)
    if rank < is_used.sum() or (found < 0).any() or np.abs(tokens[:, is_used] @ found - cost).max() > _EXACT * cost.mean():
        return None
    rates = np.full(len(_BUCKETS), np.nan)
    rates[is_used] = found.round(6)  # whole millionths: the last bits of a fit depend on the order of the rows
    return rates


def _by_part(rows: pd.DataFrame) -> np.ndarray:
    """Return the list prices behind the money by part; NaN where a part is unknown or has no tokens."""
    output = _column(rows, "part_answer_usd") + np.nan_to_num(_column(rows, "part_reasoning_usd"))
    money = [*(_column(rows, name) for name in _PARTS), output]
    found = np.full(len(_BUCKETS), np.nan)
    for k, (usd, name) in enumerate(zip(money, _BUCKETS, strict=True)):
        tokens = _column(rows, name)
        is_known = ~np.isnan(usd) & (tokens > 0)
        if is_known.any():
            found[k] = 1e6 * exact_sums(usd[is_known][None])[0] / exact_sums(tokens[is_known][None])[0]
    return found


def _other_s(times: pd.DataFrame) -> dict[str, float]:
    """Return the mean time of an attempt in which no LLM works, of configurations whose steps are timed."""
    found = {}
    for name, rows in times.groupby("configuration", sort=True):
        timed = rows[rows["is_timed"].to_numpy(bool)]
        rest = np.maximum(_column(timed, "wall_s") - _column(timed, "llm_s"), 0.0)
        if len(timed) >= max(1.0, KNOWN_SHARE * len(rows)):
            found[str(name)] = _mean(rest)
    return found


def _replays(attempts: pd.DataFrame, ladder: pd.DataFrame, unit: Unit, name: str, names: Sequence[str]) -> list[list[np.ndarray]]:
    """Return the tables of a cap, each a list over configurations: levels, the shares kept, the share of the successes kept.

    The replay knows three measures; output tokens, and turns where there are no steps, go through it under the name of the tokens.
    """
    renamed = ladder.assign(n_tokens=ladder["n_output_tokens"], sum_tokens=ladder["sum_output_tokens"])
    every = {each.configuration: each for each in runs(attempts, ladder, unit)}
    outputs = {each.configuration: each for each in runs(attempts.assign(tokens=attempts["output_tokens"]), renamed, unit)}
    largest = max((float(each.levels.max()) for each in every.values() if len(each.levels)), default=1.0)
    found = [_replay(every.get(each), outputs.get(each), unit) or _unknown(largest, ("accuracy",)) for each in names]
    return [[one[column] for one in found] for column in ("levels", *SHARES, "accuracy")]


def _replay(each: Runs | None, output: Runs | None, unit: Unit) -> _Table | None:
    """Return what one configuration keeps under rising caps; None where nobody knows what it spent."""
    if each is None or output is None or not len(each.levels) or not each.levels.max() > 0:
        return None
    levels = _levels(each, unit)
    stands, of_output = replay(each, levels), replay(output, levels)
    rows = stands.at(levels)
    tokens, written = stands.measures.get("tokens"), of_output.measures.get("tokens")
    read = None if tokens is None or written is None else Measure(tokens.counts, np.maximum(tokens.sums - written.sums, 0.0))
    kept = {
        "cost": _share(stands.measures.get("cost_usd"), rows),
        "latency": _share(stands.measures.get("latency_s"), rows),
        "input": _share(read, rows),
        "output": _share(written, rows),
        "accuracy": _share(stands.accuracy, rows),
    }
    turns = Measure(np.ones_like(stands.spent), stands.spent)
    kept["calls"] = _share(turns if unit == "turns" else tokens, rows)  # under a cap in money, calls go as their tokens
    if exact_sums(stands.accuracy.sums[-1:])[0] == 0:
        kept["accuracy"] = np.ones(len(levels))  # there is nothing to lose
    zero = {share: np.concatenate([[0.0], values]) for share, values in kept.items()}
    return zero | {"levels": np.concatenate([[0.0], levels])}


def _levels(each: Runs, unit: Unit) -> np.ndarray:
    """Return the caps of a table: all whole turns while they are few, else quantiles of what attempts spent; the last cuts nothing."""
    highest = float(max(each.spent.max(initial=0.0), each.levels.max()))
    if unit == "turns" and highest <= MOST_LEVELS:
        return np.arange(1.0, np.ceil(highest) + 1)
    n = MOST_LEVELS if unit == "turns" else USD_LEVELS
    found = np.quantile(each.spent, np.arange(1, n + 1) / n, method="inverted_cdf")
    return np.unique(np.append(found[found > 0], highest))


def _share(measure: Measure | None, rows: np.ndarray) -> np.ndarray:
    """Return what the rows of a replay keep of its last row, which is exactly 1; NaN where it is unknown, but for the last."""
    if measure is None:
        return np.append(np.full(len(rows) - 1, np.nan), 1.0)
    total = exact_sums(measure.sums)
    if not total[-1] > 0:
        return np.append(np.full(len(rows) - 1, np.nan), 1.0)
    return np.append((total[rows] / total[-1]).round(_DIGITS)[:-1], 1.0)


def _unknown(largest: float, more: tuple[str, ...], last: float = 1.0) -> _Table:
    """Return tables of what was not logged: unknown below the largest level of all, where nothing is cut."""
    nothing = np.array([np.nan, 1.0])
    return {"levels": np.array([0.0, largest])} | dict.fromkeys(SHARES, nothing) | dict.fromkeys(more, np.array([np.nan, last]))


def _depths(rounds: pd.DataFrame, names: Sequence[str]) -> list[list[np.ndarray]]:
    """Return the tables over rounds of reflection; a configuration without rounds keeps everything."""
    none = {"levels": np.zeros(1), "gain": np.zeros(1)} | dict.fromkeys(SHARES, np.ones(1))
    there, found = set(rounds["configuration"]), []
    for name in names:
        levels = of_rounds(rounds, name, name, by="answers") if name in there else None
        if levels is None:
            found.append(none)
            continue
        n, accuracy = len(levels.x), levels.accuracy.mean
        tokens = _share(levels.tokens, np.arange(n))
        table = {"levels": levels.x - 1, "cost": _share(levels.cost, np.arange(n)), "latency": _share(levels.latency, np.arange(n))}
        gain = (accuracy - accuracy[-1]).round(_DIGITS)
        found.append(table | dict.fromkeys(("input", "output", "calls"), tokens) | {"gain": np.append(gain[:-1], 0.0)})
    return [[one[column] for one in found] for column in ("levels", *SHARES, "gain")]


def _samples(of: Mapping[str, pd.DataFrame], names: Sequence[str]) -> list[list[np.ndarray]]:
    """Return the tables over samples that vote: up to as many as half of the tasks have attempts, on these tasks."""
    found = []
    for name in names:
        made = tries(of[name]) if name in of else None
        most = int(min(np.sort(made.n)[::-1][(len(made.n) - 1) // 2], MOST_SAMPLES)) if made is not None and len(made.n) else 1
        ks = np.arange(1, most + 1)
        slower, gain = np.full((2, most), np.nan)
        if made is not None and most > 1:
            on, vote = made.n >= most, votes(made)
            band = slowest(made, on, ks.astype(np.float64), None)
            slower = slower if band is None else (band.value / band.value[0]).round(_DIGITS)
            if vote.answers is not None:
                right = Measure(np.ones((most, int(on.sum()))), majorities(made, vote.answers, ks.tolist(), 0)[on].T).mean
                gain = (right - right[0]).round(_DIGITS)
        found.append((ks.astype(np.float64), np.append(1.0, slower[1:]), np.append(0.0, gain[1:])))
    return [[one[column] for one in found] for column in range(3)]


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Return rows of different lengths as one array; NaN is no level."""
    table = np.full((len(rows), max((len(row) for row in rows), default=1)), np.nan)
    for k, row in enumerate(rows):
        table[k, : len(row)] = row
    return table


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(np.float64, na_value=np.nan)


def _mean(values: np.ndarray) -> float:
    """Return the mean, NaN where it is known of fewer than 99 % of the attempts."""
    known = values[~np.isnan(values)]
    return float(exact_sums(known[None])[0] / len(known)) if len(known) >= max(1.0, KNOWN_SHARE * len(values)) else np.nan
