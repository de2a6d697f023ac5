"""Where time, tokens and money of an attempt go: per configuration, and for all that were chosen together."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.cache import TurnLevel, by_turn, growth_exponent, input_tokens, n_turns, written_tokens
from analytics.cost import KNOWN_SHARE, unknown_reason
from analytics.resample import MIN_TASKS, N_BOOTSTRAP
from analytics.tails import Clusters, Estimate, Interval, Ledger, by_configuration, few_tasks, quotients

TOGETHER = "(all)"
"""Stands for the configuration where all that were chosen are taken together."""
TOKEN_PARTS = ("uncached_input", "cache_read", "cache_write", "reasoning", "answer", "output")
LISTED = ("uncached_input", "cache_read", "cache_write", "reasoning", "answer")
"""Parts of the money that have a list rate; where reasoning is not counted, all output stands under `answer`."""
DEAREST = 0.05
"""Share of the attempts whose part of the money is told."""
_OF_FAILURE = (
    *("configuration", "benchmark", "task", "dataset", "attempt_id", "cost_usd", "tokens", "latency_s"),
    *("status", "stop_reason", "file", "locator"),
)
_CALLS = {"llm_calls": "LLM calls", "tool_calls": "tool calls", "turns": "turns", "retries": "retries"}


@dataclass(frozen=True)
class Anatomy:
    """Means per attempt of one configuration; None is unknown, and `reasons` says why."""

    configuration: str
    n_attempts: int
    n_tasks: int
    n_timed: int = 0
    """Attempts of which every LLM and tool step has both ends: those of all times."""
    llm_s: float | None = None
    """Some LLM call runs (union of intervals)."""
    tool_s: float | None = None
    overlap_s: float | None = None
    """Both run."""
    idle_s: float | None = None
    """Neither runs."""
    wall_s: float | None = None
    """llm + tool − overlap + idle."""
    time_shares: dict[str, float | None] = field(default_factory=dict)
    """Of the wall time: `llm` and `tool` alone, `overlap`, `idle`; they add up to 1."""
    prefill_s: float | None = None
    """Time to the first token, of attempts with one LLM call: with queue and network."""
    decode_s: float | None = None
    llm_calls: float | None = None
    tool_calls: float | None = None
    turns: float | None = None
    retries: float | None = None
    tokens: dict[str, float | None] = field(default_factory=dict)
    """By `TOKEN_PARTS`; `output` = reasoning + answer. `counts` has the n of each."""
    token_shares: dict[str, float | None] = field(default_factory=dict)
    """Of all tokens; they add up to 1. What a log does not tell apart stands under fresh input, answer or, if no log does, output."""
    cached_share: float | None = None
    """Of the input, the part read from a cache."""
    growth_exponent: float | None = None
    """Elasticity of total input tokens in turns: 1 linear, 2 quadratic."""
    by_turn: tuple[TurnLevel, ...] = ()
    n_cost: int = 0
    """Attempts with a known cost: those of all money."""
    cost_usd: float | None = None
    cost_parts: dict[str, float | None] = field(default_factory=dict)
    """USD: `LISTED` at list rates, `unexplained` = cost − these, and `tools`, the fees beside the cost."""
    cost_shares: dict[str, float | None] = field(default_factory=dict)
    """The same as shares of cost + fees; they add up to 1, and `unexplained` is negative where the cost is below list rates."""
    cost_on_failures: float | None = None
    """Share of the cost spent on attempts that did not succeed."""
    share_of_dearest: float | None = None
    """Share of the cost in the dearest 5 % of attempts; under 20 attempts, in a part of the dearest one."""
    resolved_tokens: float | None = None
    unresolved_tokens: float | None = None
    unresolved_over_resolved_tokens: float | None = None
    resolved_cost_usd: float | None = None
    unresolved_cost_usd: float | None = None
    unresolved_over_resolved_cost: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    """Attempts behind a number, by field name; `tokens.cache_read` for an entry of a dict."""
    intervals: dict[str, Interval] = field(default_factory=dict)
    """95 % by bootstrap of tasks, keys as in `counts`; none under 10 tasks."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why a number is unknown, keys as in `counts`; `money`, `times`, `intervals` for all of these."""


@dataclass(frozen=True)
class Failure:
    """A dear attempt that did not succeed, and where it stands in the logs."""

    configuration: str
    benchmark: str
    task: str
    dataset: str
    attempt_id: int
    cost_usd: float | None
    tokens: float | None
    latency_s: float | None
    share: float | None
    """Of all that the attempts in the frame cost; of their tokens, where no cost is known."""
    status: str | None
    stop_reason: str | None
    file: str | None
    locator: str | None


def anatomy(
    attempts: pd.DataFrame,
    times: pd.DataFrame | None = None,
    turns: pd.DataFrame | None = None,
    *,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[Anatomy]:
    """Time, calls, tokens and money of an attempt, part by part, for each configuration.

    Parameters
    ----------
    attempts : pandas.DataFrame
        One row per attempt that counts: configuration, benchmark, task, success, cost_usd, tool_cost_usd, part_*_usd (USD), tokens,
        the token buckets, turns, llm_calls, tool_calls, retries, latency_s, ttft_s (seconds); NaN is unknown.
    times : pandas.DataFrame, optional
        One row per attempt with timed steps: llm_s, tool_s, overlap_s, idle_s (seconds), is_timed.
    turns : pandas.DataFrame, optional
        One row per configuration, task and turn, as for `cache.by_turn`.
    n_bootstrap, seed : int
        Resamples of the tasks.

    Returns
    -------
    list of Anatomy
        Sorted by configuration.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    Each number is a ratio of sums over the attempts where it is known, its n in `counts`; shares take the attempts where all their
    parts are known. `unexplained` is what cost − tokens · list rates leaves, negative below list (batches, rebates); nothing is
    scaled to fit. It misleads where a log has the fees of tools in the cost and beside it, where failed attempts are cut off early
    (their money is what the limit lets them spend), and where idle time was spent in a queue.

    References
    ----------
    Shares of time and tokens: Kim et al., "The cost of dynamic reasoning", HPCA 2026, arXiv:2506.04301. Unresolved against resolved
    attempts: Fan et al., "SWE-Effi", arXiv:2509.09853.

    Examples
    --------
    $3 for a solved attempt, $9 for a failed one; of the $12, $8 are answers at list rates, and $4 have no rate.

    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": ["1", "2"], "success": [1.0, 0.0],
    ...                       "cost_usd": [3.0, 9.0], "part_answer_usd": [2.0, 6.0]})
    >>> found = anatomy(frame.reindex(columns=COLUMNS))[0]
    >>> found.cost_usd, found.cost_parts["answer"], found.cost_parts["unexplained"], found.cost_parts["tools"]
    (6.0, 4.0, 2.0, None)
    >>> found.cost_on_failures, found.unresolved_over_resolved_cost, found.reasons["cached_share"]
    (0.75, 3.0, 'cache reads are not in these logs')
    """
    timed, turned = ({} if frame is None else dict(by_configuration(frame)) for frame in (times, turns))
    return [
        _anatomy(name, rows, timed.get(name), turned.get(name), n_bootstrap=n_bootstrap, seed=seed)
        for name, rows in by_configuration(attempts)
    ]


def together(attempts: pd.DataFrame, times: pd.DataFrame | None = None, turns: pd.DataFrame | None = None, **options: int) -> Anatomy:
    """Return what `anatomy` says of all configurations as one, named `TOGETHER`: every attempt weighs the same, so it compares nothing."""
    return _anatomy(TOGETHER, attempts, times, turns, **options)


def expensive_failures(attempts: pd.DataFrame, n: int = 10) -> list[Failure]:
    """Return the dearest attempts that did not succeed, down to file and place; by tokens where no cost is known.

    Parameters
    ----------
    attempts : pandas.DataFrame
        As for `anatomy`, with dataset, attempt_id, status, stop_reason, file and locator.
    n : int
        How many at most.

    Returns
    -------
    list of Failure
        The dearest first; empty where nothing failed or nothing is known.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    It misleads if read as waste: a hard task may have been worth the try, and dear successes stand beside these unseen.

    References
    ----------
    "Expensive failures": Fan et al., "SWE-Effi", arXiv:2509.09853.

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": ["1", "2"], "success": [1.0, 0.0], "cost_usd": [3.0, 9.0],
    ...                       "attempt_id": [7, 8], "locator": ["line 7", "line 8"]})
    >>> [(failure.attempt_id, failure.share, failure.locator) for failure in expensive_failures(frame.reindex(columns=COLUMNS))]
    [(8, 0.75, 'line 8')]
    """
    measure = "cost_usd" if np.isfinite(attempts["cost_usd"].to_numpy(np.float64)).any() else "tokens"
    spent = attempts[measure].to_numpy(np.float64)
    whole = math.fsum(spent[np.isfinite(spent)])
    keys = ["configuration", "benchmark", "task", "dataset", "attempt_id"]
    failed = attempts[(attempts["success"].to_numpy(np.float64) == 0) & np.isfinite(spent)]
    failed = failed.sort_values([measure, *keys], ascending=[False, *(True for _ in keys)], kind="stable").head(n)
    found = []
    for row in failed.to_dict("records"):
        known: dict[str, Any] = {name: None if pd.isna(row[name]) else row[name] for name in _OF_FAILURE}
        found.append(Failure(**known, share=row[measure] / whole if whole > 0 else None))
    return found


COLUMNS = (
    *("configuration", "benchmark", "task", "dataset", "attempt_id", "status", "stop_reason", "file", "locator"),
    *("success", "credit", "cost_usd", "tool_cost_usd", *(f"part_{name}_usd" for name in LISTED), "tokens"),
    *("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("output_tokens", "reasoning_tokens", *_CALLS, "latency_s", "ttft_s"),
)
"""Of an attempts frame: what is read here."""


def _anatomy(
    name: str, rows: pd.DataFrame, times: pd.DataFrame | None, turns: pd.DataFrame | None, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0
) -> Anatomy:
    """Compute the numbers of one configuration."""
    clusters = Clusters(rows, n_bootstrap=n_bootstrap, seed=seed)
    ledger = Ledger(reasons={} if clusters.n_tasks >= MIN_TASKS else {"intervals": few_tasks(clusters.n_tasks)})
    for key, noun in _CALLS.items():
        calls = n_turns(rows) if key == "turns" else rows[key].to_numpy(np.float64)
        ledger.add(key, clusters.ratio(calls)[0], f"{noun} are not in these logs")
    ledger.add("growth_exponent", *growth_exponent(rows, n_bootstrap=n_bootstrap, seed=seed))
    _add_tokens(ledger, clusters, rows)
    _add_money(ledger, clusters, rows)
    _add_outcomes(ledger, clusters, rows)
    _add_times(ledger, clusters, rows, times, n_bootstrap, seed)
    levels = ()
    if turns is not None and len(turns):
        levels = by_turn(turns, has_cache=ledger.counts["cached_share"] > 0, n_bootstrap=n_bootstrap, seed=seed)
    return Anatomy(
        name, len(rows), clusters.n_tasks, n_timed=ledger.counts["wall_s"], n_cost=ledger.counts["cost_usd"], by_turn=levels,
        time_shares=ledger.group("time_shares"), tokens=ledger.group("tokens"), token_shares=ledger.group("token_shares"),
        cost_parts=ledger.group("cost_parts"), cost_shares=ledger.group("cost_shares"),
        counts=ledger.counts, intervals=ledger.intervals, reasons=ledger.reasons,
        **{key: value for key, value in ledger.values.items() if "." not in key},
    )  # fmt: skip


def _add_tokens(ledger: Ledger, clusters: Clusters, rows: pd.DataFrame) -> None:
    """Enter the tokens by part, their shares, and the cached share of the input."""
    buckets = {name: rows[f"{name}_tokens"].to_numpy(np.float64) for name in ("uncached_input", "cache_read", "reasoning", "output")}
    buckets |= {"cache_write": written_tokens(rows), "answer": np.maximum(buckets["output"] - buckets["reasoning"], 0)}
    for name in TOKEN_PARTS:
        ledger.add(f"tokens.{name}", clusters.ratio(buckets[name])[0], f"{name.replace('_', ' ')} tokens are not in these logs")
    sent, told = input_tokens(rows), {name: np.isfinite(bucket).any() for name, bucket in buckets.items()}
    if told["answer"]:
        buckets["reasoning"] = np.minimum(np.nan_to_num(buckets["reasoning"]), buckets["output"])
        buckets["answer"] = buckets["output"] - buckets["reasoning"]
    for name in (*TOKEN_PARTS[:3], *(("reasoning", "answer") if told["answer"] else ("output",))):
        part = np.where(np.isnan(sent + buckets["output"]), np.nan, np.nan_to_num(buckets[name]) if told[name] else np.nan)
        ledger.add(f"token_shares.{name}", clusters.ratio(part, sent + buckets["output"])[0], "not in these logs, or no tokens at all")
    share = clusters.ratio(buckets["cache_read"], sent)[0]
    ledger.add("cached_share", share, "no attempt has any input" if share.n else "cache reads are not in these logs")


def _add_money(ledger: Ledger, clusters: Clusters, rows: pd.DataFrame) -> None:
    """Enter the cost by part, as USD and as shares; USD only where the cost is known of enough attempts."""
    cost, fees = rows["cost_usd"].to_numpy(np.float64), rows["tool_cost_usd"].to_numpy(np.float64)
    is_known, n, n_all = np.isfinite(cost), int(np.isfinite(cost).sum()), len(rows)
    parts = {name: rows[f"part_{name}_usd"].to_numpy(np.float64) for name in LISTED}
    listed = np.sum([np.nan_to_num(part) for part in parts.values()], axis=0)
    parts |= {"tools": fees, "unexplained": cost - listed}
    if n < KNOWN_SHARE * n_all or not n:
        ledger.reasons["money"] = unknown_reason("cost", n, n_all, math.fsum(cost[is_known]) / max(n_all, 1))
    why = ledger.reasons.get("money", "not in these logs, or without a list rate")
    unknown = Estimate(None, None, n) if "money" in ledger.reasons else None
    ledger.add("cost_usd", unknown or clusters.ratio(cost)[0], why)
    for name, part in parts.items():
        is_there = np.isfinite(part[is_known]).any()  # else it is unknown, not 0
        amount = np.where(is_known & is_there, np.nan_to_num(part), np.nan)
        ledger.add(f"cost_parts.{name}", unknown or clusters.ratio(amount)[0], why)
        share = unknown or clusters.ratio(amount, cost + np.nan_to_num(fees))[0]
        ledger.add(f"cost_shares.{name}", share, why if unknown or not is_there else "no money was spent")
    ledger.add("share_of_dearest", unknown or Estimate(_share_of_dearest(cost), None, n), why if unknown else "no money is known")


def _add_outcomes(ledger: Ledger, clusters: Clusters, rows: pd.DataFrame) -> None:
    """Enter what attempts with and without success used."""
    success, cost = rows["success"].to_numpy(np.float64), rows["cost_usd"].to_numpy(np.float64)
    credit = rows["credit"].to_numpy(np.float64)
    outcome = np.where(np.isnan(credit), success, credit)
    failed = np.where(np.isnan(outcome), np.nan, outcome == 0)
    missing = ledger.reasons.get("money")
    on_failures = Estimate(None, None, int(np.isfinite(cost).sum())) if missing else clusters.ratio(cost * failed, cost)[0]
    ledger.add("cost_on_failures", on_failures, missing or "no money of an attempt with a known outcome")
    for ratio, measure in (("unresolved_over_resolved_tokens", "tokens"), ("unresolved_over_resolved_cost", "cost_usd")):
        used = rows[measure].to_numpy(np.float64)
        n = int(np.isfinite(used + success).sum())
        if n < KNOWN_SHARE * len(rows):  # else it may be the contrast of a few that say what they used
            used = np.full(len(rows), np.nan)
        (lost, lost_drawn), (won, won_drawn) = (clusters.ratio(np.where(success == outcome, used, np.nan)) for outcome in (0, 1))
        missing = f"known for {n} of {len(rows)} attempts" if n < KNOWN_SHARE * len(rows) else ""
        ledger.add(f"unresolved_{measure}", lost, missing or "no unresolved attempt")
        ledger.add(f"resolved_{measure}", won, missing or "no resolved attempt")
        is_known = lost.value is not None and won.value is not None and won.value > 0
        ends = clusters.interval(quotients(lost_drawn, won_drawn)) if len(lost_drawn) and len(won_drawn) else None
        quotient = Estimate(lost.value / won.value if is_known else None, ends, lost.n + won.n)
        ledger.add(ratio, quotient, missing or f"no {'resolved' if lost.n else 'unresolved'} attempt")


def _add_times(ledger: Ledger, clusters: Clusters, rows: pd.DataFrame, times: pd.DataFrame | None, n_bootstrap: int, seed: int) -> None:
    """Enter the time by part, and that to the first token."""
    columns = ["llm_s", "tool_s", "overlap_s", "idle_s"]
    timed = pd.DataFrame(columns=["benchmark", "task", *columns]) if times is None else times[times["is_timed"].to_numpy(bool)]
    timed = timed[np.isfinite(timed[columns].to_numpy(np.float64)).all(axis=1)]
    of_timed = Clusters(timed, n_bootstrap=n_bootstrap, seed=seed)
    llm, tool, both, idle = np.maximum(timed[columns].to_numpy(np.float64), 0).T
    both = np.minimum(both, np.minimum(llm, tool))
    wall = llm + tool - both + idle
    why = "no step times in these logs" if times is None or not len(times) else "no attempt has the times of all its LLM and tool calls"
    for name, seconds in (("llm_s", llm), ("tool_s", tool), ("overlap_s", both), ("idle_s", idle), ("wall_s", wall)):
        ledger.add(name, of_timed.ratio(seconds)[0], why)
    for name, seconds in (("llm", llm - both), ("tool", tool - both), ("overlap", both), ("idle", idle)):
        ledger.add(f"time_shares.{name}", of_timed.ratio(seconds, wall)[0], "no time passed" if len(timed) else why)
    first, latency = rows["ttft_s"].to_numpy(np.float64), rows["latency_s"].to_numpy(np.float64)
    is_split = (rows["llm_calls"].to_numpy(np.float64) == 1) & (first >= 0) & (first <= latency)
    why = "no attempt has one LLM call, its time and that to its first token"
    ledger.add("prefill_s", clusters.ratio(np.where(is_split, first, np.nan))[0], why)
    ledger.add("decode_s", clusters.ratio(np.where(is_split, latency - first, np.nan))[0], why)


def _share_of_dearest(values: np.ndarray) -> float | None:
    """Part of the total in the largest `DEAREST` of the values, of the last one the fraction that is needed (Lorenz curve)."""
    ordered = np.sort(values[np.isfinite(values)])[::-1]
    total, counted = math.fsum(ordered), np.clip(DEAREST * len(ordered) - np.arange(len(ordered)), 0, 1)
    return min(math.fsum(ordered * counted) / total, 1.0) if total > 0 else None
