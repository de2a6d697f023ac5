"""The twin of the anatomy's figures: one row per configuration with the numbers of the side that is looked at, for page and CSV."""

import math
from collections.abc import Sequence

import pandas as pd

from analytics import notation
from analytics.anatomy import LISTED, Anatomy
from analytics.survival import Survival
from analytics.tails import Tail
from pages.shared.labels import clean

TIME_SHARES = {"llm_share": "llm", "overlap_share": "overlap", "tool_share": "tool", "idle_share": "idle"}
TOKEN_SHARES = {
    "fresh_share": "uncached_input", "read_share": "cache_read", "written_share": "cache_write", "reasoning_share": "reasoning",
    "answer_share": "answer", "output_share": "output",
}  # fmt: skip
COST_PARTS = {
    "fresh_usd": "uncached_input", "read_usd": "cache_read", "written_usd": "cache_write", "reasoning_usd": "reasoning",
    "answer_usd": "answer", "unexplained_usd": "unexplained", "tools_usd": "tools",
}  # fmt: skip
SHARES = (
    *TIME_SHARES,
    *TOKEN_SHARES,
    "cached_share",
    "cost_on_failures",
    "share_of_dearest",
    "time_within",
    "cost_within",
    "step_accuracy",
)
ANATOMY_FORMATS = {
    **dict.fromkeys(("n_timed", "n_attempts", "n_cost", "n_failed", "time_n", "cost_n", "horizon_half", "horizon_most"), notation.count),
    **dict.fromkeys(("mean_s", "time_p50", "time_p95", "time_p99"), notation.seconds),
    **dict.fromkeys((*COST_PARTS, "mean_usd", "cost_p50", "cost_p95", "cost_p99"), notation.usd),
    **dict.fromkeys((*SHARES, "rate_before", "rate_after"), notation.percent),
    **dict.fromkeys(("llm_calls", "tool_calls", "mean_turns", "geometric_half"), notation.decimal),
    **dict.fromkeys(("mean_tokens",), notation.tokens),
    **dict.fromkeys(("failed_to_solved", "time_ratio", "cost_ratio"), notation.ratio),
    **dict.fromkeys(
        ("growth_exponent", "time_cv", "cost_cv"), lambda v: notation.fixed(v, 2) if notation.is_known(v) else notation.UNKNOWN
    ),
    "within_tasks": notation.points,
}
"""Numeric columns and how their cells are written."""
TOGETHER_NAME = "All together"
VERDICTS = {
    "more": "fails more often after a failure",
    "fewer": "fails less often after a failure",
    "undecided": "not decidable",
    "unknown": "",
}


def anatomy_table(
    side: str,
    results: Sequence[Anatomy],
    labels: dict[str, str],
    *,
    whole: Anatomy | None = None,
    times: Sequence[Tail] = (),
    costs: Sequence[Tail] = (),
    survivals: Sequence[Survival] = (),
) -> pd.DataFrame:
    """Return the table of one side; numbers stay numbers, NaN is unknown, and columns without any value are left out.

    Parameters
    ----------
    side : Time, Tokens, Money, Tails or Failures
    whole : all configurations together: a first row of the sides whose title speaks of it, where it is known
    """
    names = clean(labels)
    told = None if whole is None else {"Time": whole.wall_s, "Money": whole.cost_usd}.get(side)
    results = [*results, *([whole] if whole is not None and notation.is_known(told) and len(results) > 1 else [])]
    time_of, cost_of = ({each.configuration: each for each in tails} for tails in (times, costs))
    curve_of = {each.configuration: each for each in survivals}
    makers = {
        "Time": lambda each: _time(each, time_of.get(each.configuration)),
        "Tokens": _tokens,
        "Money": _money,
        "Tails": lambda each: {
            **_tail("time", time_of.get(each.configuration)), **_tail("cost", cost_of.get(each.configuration)),
        },
        "Failures": lambda each: _failures(each, curve_of.get(each.configuration)),
    }  # fmt: skip
    of_all = {} if whole is None else {whole.configuration: TOGETHER_NAME}
    rows = [{"configuration": (names | of_all).get(each.configuration, each.configuration), **makers[side](each)} for each in results]
    table = pd.DataFrame(rows)
    is_whole = [each is whole for each in results]
    for column in table.columns.intersection(list(ANATOMY_FORMATS)):
        table[column] = pd.to_numeric(table[column]).astype("float64")
    kept = [c for c in table if c == "configuration" or (table[c].notna() & (table[c] != "") & (table[c] != notation.UNKNOWN)).any()]
    first = {"Time": "mean_s", "Tokens": "mean_tokens", "Money": "mean_usd", "Tails": "time_p95", "Failures": "step_accuracy"}[side]
    table = table[kept]
    order = pd.DataFrame({"is_rest": [not each for each in is_whole], "by": table.get(first, 0.0)})
    order = order.sort_values(["is_rest", "by"], ascending=[True, side == "Failures"], na_position="last", kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _time(each: Anatomy, tail: Tail | None) -> dict:
    """Return the cells of the side Time: the whole time of those without timed steps."""
    is_timed = notation.is_known(each.wall_s)
    mean = each.wall_s if is_timed else tail.mean if tail is not None else None
    interval = notation.span(*each.intervals.get("wall_s", (None, None)), notation.seconds) if is_timed else notation.UNKNOWN
    return {
        "mean_s": mean, "mean_s_interval": interval,
        **{column: each.time_shares.get(key) for column, key in TIME_SHARES.items()},
        "time_p95": tail.p95 if tail is not None else None, "llm_calls": each.llm_calls, "tool_calls": each.tool_calls,
        "n_timed": each.n_timed, "n_attempts": each.n_attempts, "note": "" if is_timed else each.reasons.get("wall_s", ""),
    }  # fmt: skip


def _tokens(each: Anatomy) -> dict:
    """Return the cells of the side Tokens."""
    return {
        "mean_tokens": total_tokens(each), **{column: each.token_shares.get(key) for column, key in TOKEN_SHARES.items()},
        "cached_share": each.cached_share, "mean_turns": each.turns, "growth_exponent": each.growth_exponent,
        "growth_interval": _plain_interval(each.intervals.get("growth_exponent")),
        "failed_to_solved": each.unresolved_over_resolved_tokens, "n_attempts": each.n_attempts,
        "note": each.reasons.get("growth_exponent", ""),
    }  # fmt: skip


def total_tokens(each: Anatomy) -> float | None:
    """Return mean tokens per attempt: of all buckets that the logs tell; None: they tell none."""
    known = [each.tokens.get(key) for key in ("uncached_input", "cache_read", "cache_write", "output")]
    told = [value for value in known if notation.is_known(value)]
    return (
        math.fsum(told) if notation.is_known(each.tokens.get("output")) and notation.is_known(each.tokens.get("uncached_input")) else None
    )


def _money(each: Anatomy) -> dict:
    """Return the cells of the side Money; without any list price the whole cost is unexplained, which says nothing."""
    is_told = any(notation.is_known(each.cost_parts.get(key)) for key in LISTED)
    return {
        "mean_usd": each.cost_usd, "mean_usd_interval": notation.span(*each.intervals.get("cost_usd", (None, None))),
        **{column: each.cost_parts.get(key) if is_told or key == "tools" else None for column, key in COST_PARTS.items()},
        "cost_on_failures": each.cost_on_failures, "share_of_dearest": each.share_of_dearest,
        "failed_to_solved": each.unresolved_over_resolved_cost, "n_cost": each.n_cost, "n_attempts": each.n_attempts,
        "note": each.reasons.get("money", ""),
    }  # fmt: skip


def _tail(prefix: str, tail: Tail | None) -> dict:
    """Return the cells of one measure's tail."""
    write = notation.seconds if prefix == "time" else notation.usd
    if tail is None:
        return {}
    spans = {key: notation.span(*tail.intervals.get(key, (None, None)), write) for key in ("p50", "p95", "p99")}
    cells = {"p50": tail.p50, "p50_interval": spans["p50"], "p95": tail.p95, "p95_interval": spans["p95"], "p99": tail.p99}
    cells |= {"p99_interval": spans["p99"], "ratio": tail.p95_over_p50, "cv": tail.cv, "within": tail.within_share, "n": tail.n}
    return {f"{prefix}_{name}": value for name, value in cells.items()}


def _failures(each: Anatomy, curve: Survival | None) -> dict:
    """Return the cells of the side Failures."""
    spent = {"cost_on_failures": each.cost_on_failures, "failed_to_solved": each.unresolved_over_resolved_tokens}
    if curve is None:
        return {"n_attempts": each.n_attempts, **spent, "note": "no steps in these logs"}
    effect = curve.conditioning
    before = next((each.failure_rate for each in effect.after if each.n_failed_before == 0), None)
    after = before + effect.difference if notation.is_known(before) and notation.is_known(effect.difference) else None
    return {
        "n_attempts": curve.n_attempts, "n_failed": curve.n_failed if curve.reason is None else None, "step_accuracy": curve.step_accuracy,
        "step_interval": notation.interval(*(curve.step_accuracy_interval or (None, None))), "horizon_half": curve.horizons.get(0.5),
        "horizon_most": curve.horizons.get(0.8), "geometric_half": curve.geometric_horizons.get(0.5), "rate_before": before,
        "rate_after": after, "within_tasks": effect.within_tasks,
        "within_interval": notation.interval(*(effect.within_tasks_interval or (None, None)), signed=True),
        "conditioning": VERDICTS.get(effect.verdict, effect.verdict), **spent, "note": curve.reason or "",
    }  # fmt: skip


def _plain_interval(ends) -> str:
    """Write an interval of a bare number."""
    low, high = ends or (None, None)
    return f"{notation.fixed(low, 2)}–{notation.fixed(high, 2)}" if notation.is_known(low) and notation.is_known(high) else notation.UNKNOWN
