"""How the context grows over turns, what of it is read from a cache, and what that is worth per token and per success."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analytics.cost import KNOWN_SHARE
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_means, resampled_sums
from analytics.tails import Clusters, Estimate, Interval, Ledger, by_configuration, few_tasks

_BUCKETS = ("uncached_input", "cache_read", "cache_write", "reasoning", "output")
_BY_TURN = (
    *("n", "n_tokens", "n_reasoning_tokens", "n_cost", "n_failed", "n_ok_known", "sum_cost_usd"),
    *(f"sum_{bucket}_tokens" for bucket in _BUCKETS),
)


@dataclass(frozen=True)
class TurnLevel:
    """What the attempts that reach a turn send and get in it: means per such attempt, None where unknown."""

    turn: int
    n: int
    """Attempts that reach it. Later turns are those of the long attempts only."""
    n_tokens: int
    context_tokens: float | None
    """All input: fresh, read from a cache, written to it."""
    context_interval: Interval | None
    uncached_input_tokens: float | None
    cache_read_tokens: float | None
    cache_write_tokens: float | None
    reasoning_tokens: float | None
    answer_tokens: float | None
    """Output without reasoning; all output where reasoning is unknown."""
    cached_share: float | None
    """Of the input, the part read from a cache."""
    cost_usd: float | None
    n_cost: int
    failed_share: float | None
    """Of the steps of the turn with a known outcome."""


@dataclass(frozen=True)
class ReuseLevel:
    """Attempts with about as many turns: what a token and what a success costs them."""

    turns_from: float
    turns_to: float
    n: int
    n_succeeded: int
    cached_share: float | None
    usd_per_mtok: float | None
    usd_per_success: float | None
    """None: unknown, or no success."""


@dataclass(frozen=True)
class CacheEconomics:
    """What reading the context from a cache is worth to one configuration; None is unknown, and `reasons` says why."""

    configuration: str
    n_attempts: int
    n: int
    """Attempts with known cost, tokens and rates: those of all numbers in USD."""
    cached_share: float | None = None
    written_share: float | None = None
    usd_per_mtok: float | None = None
    """Of tokens of any kind, as paid."""
    usd_per_success: float | None = None
    usd_per_mtok_uncached: float | None = None
    """Had nothing been cached: cache reads and writes at the rate of fresh input."""
    usd_per_success_uncached: float | None = None
    saving: float | None = None
    """1 − cost / cost had nothing been cached; negative where writes cost more than reads save."""
    by_reuse: tuple[ReuseLevel, ...] = ()
    """Short attempts first."""
    intervals: dict[str, Interval] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def input_tokens(attempts: pd.DataFrame) -> np.ndarray:
    """Return all input of each attempt, shape (n,): the cache buckets that a log does not tell apart are in its fresh input."""
    fresh, read = (attempts[name].to_numpy(np.float64) for name in ("uncached_input_tokens", "cache_read_tokens"))
    return fresh + np.nan_to_num(read) + np.nan_to_num(written_tokens(attempts))


def written_tokens(attempts: pd.DataFrame) -> np.ndarray:
    """Return what each attempt wrote to a cache for minutes and for an hour, shape (n,); NaN where neither is known."""
    short, hour = attempts["cache_write_tokens"].to_numpy(np.float64), attempts["cache_write_1h_tokens"].to_numpy(np.float64)
    return np.where(np.isnan(short) & np.isnan(hour), np.nan, np.nan_to_num(short) + np.nan_to_num(hour))


def n_turns(attempts: pd.DataFrame) -> np.ndarray:
    """Return the turns of each attempt, shape (n,); where a log counts calls only, these: a turn is one LLM call."""
    turns, calls = attempts["turns"].to_numpy(np.float64), attempts["llm_calls"].to_numpy(np.float64)
    return np.where(np.isnan(turns), calls, turns)


def growth_exponent(attempts: pd.DataFrame, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> tuple[Estimate, str | None]:
    """Elasticity of the total input in the number of turns.

    Parameters
    ----------
    attempts : pandas.DataFrame
        Rows of one configuration: benchmark, task, turns, llm_calls and the input buckets in tokens.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    (Estimate, str or None)
        1 is linear, 2 quadratic; and why there is none.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Slope of the least-squares line of log(input tokens) on log(turns) over attempts. If every turn adds a tokens to a prefix p₀,
    n turns send n·p₀ + a·n(n − 1)/2: the exponent goes from 1 to 2 as n passes 2 p₀ / a, so it holds for the observed range only.
    It misleads where long attempts read larger files too, and where an agent shortens its history.

    References
    ----------
    Law of n·p₀ + a·n(n − 1)/2: arXiv:2601.14192. Slope in log-log as elasticity: Wooldridge, *Introductory Econometrics*, section 2.4.

    Examples
    --------
    Twice the turns, four times the input:

    >>> frame = pd.DataFrame({"benchmark": "qa", "task": ["1", "2"], "turns": [2.0, 4.0], "uncached_input_tokens": [100.0, 400.0]})
    >>> unknown = ("llm_calls", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    >>> estimate, reason = growth_exponent(frame.assign(**dict.fromkeys(unknown, math.nan)))
    >>> round(estimate.value, 9), estimate.interval, estimate.n, reason
    (2.0, None, 2, None)
    """
    turns, tokens = n_turns(attempts), input_tokens(attempts)
    is_known = (turns >= 1) & (tokens > 0)  # NaN is neither
    n = int(is_known.sum())
    if not n:
        return Estimate(None, None, 0), "no attempt has its turns and its input tokens in these logs"
    if len(np.unique(turns[is_known])) < 2:
        return Estimate(None, None, n), "all attempts took the same number of turns"
    clusters = Clusters(attempts[is_known], n_bootstrap=n_bootstrap, seed=seed)
    logs = (np.log(values[is_known]) for values in (turns, tokens))
    x, y = (each - math.fsum(each) / n for each in logs)  # else sums of squares lose digits
    sums = clusters.sums(np.ones(n), x, y, x * x, x * y)
    drawn = _slope(resampled_sums(sums, clusters.weights)) if clusters.n_tasks >= MIN_TASKS else np.empty(0)
    return Estimate(float(_slope(exact_sums(sums)[:, None])[0]), clusters.interval(drawn), n), None


def _slope(totals: np.ndarray) -> np.ndarray:
    """Slope of the line of y on x from n, Σx, Σy, Σx², Σxy, shape (5, B); NaN where x does not vary."""
    n, x, y, xx, xy = totals
    with np.errstate(divide="ignore", invalid="ignore"):
        varies = xx - x * x / n
        return np.where(varies > 1e-12 * np.maximum(xx, 1), (xy - x * y / n) / varies, np.nan)


def by_turn(turns: pd.DataFrame, *, has_cache: bool = True, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> tuple[TurnLevel, ...]:
    """Composition of the context of each turn.

    Parameters
    ----------
    turns : pandas.DataFrame
        Rows of one configuration or of several, pooled: benchmark, task, turn, n and sums over attempts (tokens, USD, failed steps).
    has_cache : bool
        False where the logs say nothing of caches: then their sums of 0 are unknown.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    tuple of TurnLevel
        By rising turn.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Means over the attempts that reach the turn. It misleads as a curve of growth: late turns are those of the survivors, which may
    have had the larger contexts from the start.

    References
    ----------
    Token composition by iteration: Kim et al., "The cost of dynamic reasoning", HPCA 2026, arXiv:2506.04301.

    Examples
    --------
    >>> frame = pd.DataFrame({"benchmark": "qa", "task": "1", "turn": [1, 2], "n": [2, 1], "n_tokens": [2, 1],
    ...     "sum_uncached_input_tokens": [200, 50], "sum_cache_read_tokens": [0, 150]})
    >>> levels = by_turn(frame.reindex(columns=["benchmark", "task", "turn", *_BY_TURN], fill_value=0))
    >>> [(level.turn, level.n, level.context_tokens, level.cached_share) for level in levels]
    [(1, 2, 100.0, 0.0), (2, 1, 200.0, 0.75)]
    """
    clusters = Clusters(turns, n_bootstrap=n_bootstrap, seed=seed)
    columns = {name: np.nan_to_num(turns[name].to_numpy(np.float64)) for name in _BY_TURN}
    columns["context"] = np.sum([columns[f"sum_{bucket}_tokens"] for bucket in _BUCKETS[:3]], axis=0)
    turn = turns["turn"].to_numpy(np.float64)
    numbers = np.unique(turn[np.isfinite(turn)]).tolist()
    places = [np.flatnonzero(turn == number) for number in numbers]
    levels = []
    for number, place, interval in zip(numbers, places, _intervals(clusters, places, columns), strict=True):
        total = {name: math.fsum(values[place]) for name, values in columns.items()}
        n, thought = total["n_tokens"], total["sum_reasoning_tokens"] if total["n_reasoning_tokens"] else None
        fresh, *cached = (_over(total[f"sum_{bucket}_tokens"], n) for bucket in _BUCKETS[:3])
        levels.append(TurnLevel(
            int(number), int(total["n"]), int(n), _over(total["context"], n), interval,
            fresh, *(mean if has_cache else None for mean in cached),
            reasoning_tokens=_over(thought, total["n_reasoning_tokens"]),
            answer_tokens=_over(max(total["sum_output_tokens"] - (thought or 0.0), 0.0), n),
            cached_share=_over(total["sum_cache_read_tokens"], total["context"]) if has_cache else None,
            cost_usd=_over(total["sum_cost_usd"], total["n_cost"]), n_cost=int(total["n_cost"]),
            failed_share=_over(total["n_failed"], total["n_ok_known"]),
        ))  # fmt: skip
    return tuple(levels)


def _intervals(clusters: Clusters, places: list[np.ndarray], columns: dict[str, np.ndarray]) -> list[Interval | None]:
    """Interval of the mean context of the rows of each place, all under the same resamples."""
    if clusters.n_tasks < MIN_TASKS:
        return [None] * len(places)
    sums, counts = (
        np.stack([np.bincount(clusters.codes[place], columns[name][place], clusters.n_tasks) for place in places])
        for name in ("context", "n_tokens")
    )  # whole numbers: exact in any order
    ends = zip(*(end.tolist() for end in percentile_interval(resampled_means(sums, counts, clusters.weights))), strict=True)
    n_tasks = (counts > 0).sum(axis=1).tolist()
    return [both if n >= MIN_TASKS and math.isfinite(both[0]) else None for both, n in zip(ends, n_tasks, strict=True)]


def cache_economics(attempts: pd.DataFrame, *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> list[CacheEconomics]:
    """Cost per token and per success of each configuration, and what they would be without a cache.

    Parameters
    ----------
    attempts : pandas.DataFrame
        One row per attempt: configuration, benchmark, task, cost_usd (USD), success, credit (0–1), turns, llm_calls, tokens, the input
        buckets in tokens and the money by part at list rates in USD.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of CacheEconomics
        Sorted by configuration; USD per million tokens, USD per success, shares as fractions.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Had nothing been cached: cost + (reads + writes) · rate of fresh input − what reads and writes cost at list rates; the rate is
    the attempt's own part / tokens, or the configuration's where the attempt sent nothing fresh. All are ratios of sums. A cache
    makes tokens cheap, not tasks: who sends its context twice as often pays less per token and more per success. It misleads
    where the cost is below list rates (the saving is not), and by turns, for hard tasks take more of them.

    References
    ----------
    Prefix caching: Kim et al., HPCA 2026, arXiv:2506.04301. Cost of a success: Erol et al., arXiv:2504.13359.

    Examples
    --------
    100 fresh tokens for $1 and 400 from the cache for $0.40, solved: without a cache 500 tokens for $5.

    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": ["1"], "cost_usd": 1.4, "success": 1.0, "credit": 1.0,
    ...     "turns": 4.0, "tokens": 500.0, "uncached_input_tokens": 100.0, "cache_read_tokens": 400.0,
    ...     "part_uncached_input_usd": 1.0, "part_cache_read_usd": 0.4})
    >>> unknown = ("llm_calls", "cache_write_tokens", "cache_write_1h_tokens", "part_cache_write_usd")
    >>> found = cache_economics(frame.assign(**dict.fromkeys(unknown, math.nan)))[0]
    >>> found.cached_share, found.usd_per_success, round(found.usd_per_success_uncached, 9), round(found.saving, 4)
    (0.8, 1.4, 5.0, 0.72)
    """
    return [_economics(name, rows, n_bootstrap, seed) for name, rows in by_configuration(attempts)]


def _economics(configuration: str, rows: pd.DataFrame, n_bootstrap: int, seed: int) -> CacheEconomics:
    """Compute the numbers of one configuration."""
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    cost, credit, tokens, read = (rows[name].to_numpy(np.float64) for name in ("cost_usd", "credit", "tokens", "cache_read_tokens"))
    uncached, sent = _cost_uncached(rows), input_tokens(rows)
    ledger = Ledger(reasons={} if clusters.n_tasks >= MIN_TASKS else {"intervals": few_tasks(clusters.n_tasks)})
    ledger.add("cached_share", clusters.ratio(read, sent)[0], "cache reads unknown")
    ledger.add("written_share", clusters.ratio(written_tokens(rows), sent)[0], "cache writes unknown")
    for name, over, under, noun in (
        ("usd_per_mtok", 1e6 * cost, tokens, "cost of tokens"),
        ("usd_per_success", cost, credit, "cost of a success"),
        ("usd_per_mtok_uncached", 1e6 * uncached, tokens, "cost without a cache"),
        ("usd_per_success_uncached", uncached, credit, "cost without a cache"),
        ("saving", uncached - cost, uncached, "cost without a cache"),
    ):
        n = int((np.isfinite(over) & np.isfinite(under)).sum())
        if n and n >= KNOWN_SHARE * len(rows):
            ledger.add(name, clusters.ratio(over, under)[0], "no attempt succeeded" if under is credit else "nothing was spent")
        else:
            ledger.add(name, Estimate(None, None, n), f"{noun} known for {n} of {len(rows)} attempts" if n else f"{noun} unknown")
    n, groups = int(np.isfinite(uncached).sum()), _by_reuse(rows)
    return CacheEconomics(configuration, len(rows), n, by_reuse=groups, intervals=ledger.intervals, reasons=ledger.reasons, **ledger.values)


def _cost_uncached(rows: pd.DataFrame) -> np.ndarray:
    """Cost of each attempt had nothing been cached, shape (n,), USD; NaN where cost, cache reads or list rates are unknown."""
    fresh, part = (rows[name].to_numpy(np.float64) for name in ("uncached_input_tokens", "part_uncached_input_usd"))
    is_rated = (fresh > 0) & np.isfinite(part)
    pooled = math.fsum(part[is_rated]) / math.fsum(fresh[is_rated]) if is_rated.any() else math.nan
    rate = np.divide(part, fresh, out=np.where(fresh == 0, pooled, math.nan), where=is_rated)
    cost, read = (rows[name].to_numpy(np.float64) for name in ("cost_usd", "cache_read_tokens"))
    written = np.nan_to_num(written_tokens(rows))
    paid = np.where(read == 0, 0.0, rows["part_cache_read_usd"].to_numpy(np.float64))
    paid = paid + np.where(written == 0, 0.0, rows["part_cache_write_usd"].to_numpy(np.float64))
    return cost + np.where(read + written == 0, 0.0, (read + written) * rate - paid)


def _by_reuse(rows: pd.DataFrame) -> tuple[ReuseLevel, ...]:
    """Return up to four groups of attempts by their turns, with what a token and a success cost in each."""
    rows = rows[np.isfinite(n_turns(rows))]
    turns = n_turns(rows)
    if not len(rows):
        return ()
    group = np.searchsorted(np.unique(np.quantile(turns, [0.25, 0.5, 0.75])), turns)
    cost, credit, tokens, read = (rows[name].to_numpy(np.float64) for name in ("cost_usd", "credit", "tokens", "cache_read_tokens"))
    sent, levels = input_tokens(rows), []
    for number in np.unique(group):
        here = group == number
        n_succeeded = int((rows["success"].to_numpy(np.float64)[here] == 1).sum())
        levels.append(ReuseLevel(
            float(turns[here].min()), float(turns[here].max()), int(here.sum()), n_succeeded,
            *(_known_ratio(over[here], under[here]) for over, under in ((read, sent), (1e6 * cost, tokens), (cost, credit))),
        ))  # fmt: skip
    return tuple(levels) if len(levels) > 1 else ()


def _known_ratio(over: np.ndarray, under: np.ndarray) -> float | None:
    """Σ over / Σ under; None where one of them is unknown for more than 1 % of the rows, or nothing stands below."""
    is_known = np.isfinite(over) & np.isfinite(under)
    return _over(math.fsum(over[is_known]), math.fsum(under[is_known])) if is_known.sum() >= KNOWN_SHARE * len(over) else None


def _over(total: float | None, n: float) -> float | None:
    """Divide; None where the sum is unknown or nothing stands below it."""
    return total / n if total is not None and n > 0 else None
