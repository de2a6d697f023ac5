"""The tables beside the figures of returns: levels with their steps, caps, caps on demand, numbers of attempts; numbers stay numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from analytics import notation
from analytics.attempts import AttemptsCurve
from analytics.caps import Cap
from analytics.extensions import DynamicCap
from analytics.replay import written
from analytics.returns import Returns


def _points_lost(value: float | None) -> str:
    """Write what is lost as points without a sign."""
    return f"{notation.fixed(100 * value, 1)} pts" if notation.is_known(value) else notation.UNKNOWN


TWIN_FORMATS: dict[str, Callable[[float | None], str]] = {
    "accuracy": notation.percent,
    "cost_usd": notation.usd,
    "latency_s": notation.seconds,
    "tokens": notation.tokens,
    "d_accuracy": notation.points,
    "d_cost_usd": notation.usd,
    "usd_per_success": notation.usd,
    "ratio_to_first": notation.ratio,
    "n_tasks": notation.count,
    "n_attempts": notation.count,
    "accuracy_lost": _points_lost,
    "saving": notation.percent,
    "spend_saved": notation.percent,
    "n_cut": notation.count,
    "n_lost": notation.count,
    "n_extended": notation.count,
    "k": notation.count,
    "pass_at": notation.percent,
    "pass_hat": notation.percent,
    "majority_at": notation.percent,
    "best_of": notation.percent,
    "first_finish": notation.percent,
    "last_finish": notation.percent,
    "serial_latency_s": notation.seconds,
    "parallel_latency_s": notation.seconds,
}
"""Numeric columns of these tables and how their cells are written."""
DEMANDS = {"always": "all unfinished", "perfect": "only who then succeeds"}


def levels_table(results: Sequence[Returns], focus: int = 0) -> pd.DataFrame:
    """Return one row per level, the ladder in focus first; a step's numbers stand in the row of the level that it leads to."""
    order = sorted(range(len(results)), key=lambda i: (i != focus, i))
    rows = []
    for result in (results[i] for i in order):
        steps = {step.end: step for step in result.segments}
        for point in result.points:
            step = steps.get(point.name)
            row: dict[str, Any] = {
                "series": notation.plain(result.series),
                "level": notation.plain(point.name),
                "is_stop": "stop here" if point.name == result.stop_at else "",
                "accuracy": point.accuracy,
                "accuracy_interval": notation.interval(point.low, point.high),
                "cost_usd": point.cost_usd,
                "cost_interval": notation.span(point.cost_low, point.cost_high),
                "latency_s": point.latency_s,
                "tokens": point.tokens,
                "n_tasks": point.n_tasks,
                "n_attempts": point.n_attempts,
                "note": " ".join(result.flags),
            }
            if step is not None:
                row |= {
                    "d_accuracy": step.d_accuracy,
                    "d_accuracy_interval": notation.interval(step.d_accuracy_low, step.d_accuracy_high, signed=True),
                    "d_cost_usd": step.d_cost_usd,
                    "usd_per_success": step.usd_per_success,
                    "usd_per_success_interval": notation.span(step.usd_per_success_low, step.usd_per_success_high),
                    "ratio_to_first": step.ratio_to_first,
                    "verdict": {"undecided": "not decidable"}.get(step.verdict, step.verdict),
                }
            rows.append(row)
    columns = (
        *("series", "level", "is_stop", "accuracy", "accuracy_interval", "d_accuracy", "d_accuracy_interval", "verdict"),
        *("usd_per_success", "usd_per_success_interval", "ratio_to_first", "cost_usd", "cost_interval", "d_cost_usd"),
        *("latency_s", "tokens", "n_tasks", "n_attempts", "note"),
    )
    return _trimmed(rows, columns, always=("level", "accuracy"), without=("series",) if len(results) == 1 else ())


def caps_table(caps: Sequence[Cap], labels: Mapping[str, str]) -> pd.DataFrame:
    """Return one row per configuration and cap."""
    rows = [
        {
            "configuration": notation.plain(labels.get(c.configuration, c.configuration)),
            "cap": c.cap,
            "cap_value": written(c.cap_value, c.unit) if c.cap_value is not None else notation.UNKNOWN,
            **{
                name: getattr(c, name)
                for name in ("accuracy", "accuracy_lost", "saving", "spend_saved", "cost_usd", "n_cut", "n_lost", "n_attempts")
            },
            "accuracy_interval": notation.interval(c.accuracy_low, c.accuracy_high),
            "accuracy_lost_interval": notation.interval(c.accuracy_lost_low, c.accuracy_lost_high),
            "saving_interval": notation.interval(c.saving_low, c.saving_high),
            "basis": c.basis or "",
            "note": "; ".join([*c.flags, *([c.reason] if c.reason else [])]),
        }
        for c in caps
    ]
    columns = (
        *("configuration", "cap", "cap_value", "accuracy", "accuracy_interval", "accuracy_lost", "accuracy_lost_interval"),
        *("saving", "saving_interval", "spend_saved", "cost_usd", "n_cut", "n_lost", "n_attempts", "basis", "note"),
    )
    return _trimmed(rows, columns, always=("configuration", "cap", "accuracy"))


def dynamic_table(caps: Sequence[DynamicCap]) -> pd.DataFrame:
    """Return one row per limit and demand, of one configuration."""
    rows = [
        {
            "start": written(c.start_value, c.unit) if c.start_value is not None else c.start,
            "limit": written(c.limit_value, c.unit) if c.limit_value is not None else "no limit",
            "demand": DEMANDS[c.demand],
            **{name: getattr(c, name) for name in ("accuracy", "accuracy_lost", "saving", "cost_usd", "n_extended", "n_lost")},
            "saving_interval": notation.interval(c.saving_low, c.saving_high),
            "basis": c.basis or "",
        }
        for c in caps
    ]
    columns = (
        "start",
        "limit",
        "demand",
        "accuracy",
        "accuracy_lost",
        "saving",
        "saving_interval",
        "cost_usd",
        "n_extended",
        "n_lost",
        "basis",
    )
    return _trimmed(rows, columns, always=("start", "limit", "demand", "accuracy"))


def attempts_table(curves: Sequence[AttemptsCurve], labels: Mapping[str, str], focus: str | None = None) -> pd.DataFrame:
    """Return one row per configuration and number of attempts, the configuration in focus first."""
    rows = []
    for curve in sorted(curves, key=lambda c: c.configuration != focus):
        for i, k in enumerate(curve.ks):
            bands = {name: getattr(curve, name) for name in ("pass_at", "pass_hat", "majority_at", "best_of", "cost_usd", "tokens")}
            bands |= {"serial_latency_s": curve.latency_s, "parallel_latency_s": curve.parallel_latency_s}
            row: dict[str, Any] = {name: float(band.value[i]) if band is not None else None for name, band in bands.items()}
            for name in ("pass_at", "pass_hat"):
                band = bands[name]
                row[f"{name}_interval"] = notation.interval(float(band.low[i]), float(band.high[i]))
            if curve.search is not None and k in curve.search.ks:
                at = curve.search.ks.index(k)
                row |= {"first_finish": float(curve.search.first_finish[at]), "last_finish": float(curve.search.last_finish[at])}
            names = {"configuration": notation.plain(labels.get(curve.configuration, curve.configuration)), "k": k}
            rows.append({**names, **row, "n_tasks": curve.n_tasks[i], "note": " ".join(curve.flags)})
    columns = (
        *("configuration", "k", "pass_at", "pass_at_interval", "pass_hat", "pass_hat_interval", "majority_at", "best_of", "first_finish"),
        *("last_finish", "cost_usd", "tokens", "parallel_latency_s", "serial_latency_s", "n_tasks", "note"),
    )
    return _trimmed(rows, columns, always=("configuration", "k", "pass_at", "pass_hat"))


def _trimmed(rows: list[dict[str, Any]], columns: Sequence[str], *, always: Sequence[str], without: Sequence[str] = ()) -> pd.DataFrame:
    """Return the rows as a frame in this order of columns, without columns that hold nothing."""
    table = pd.DataFrame(rows, columns=list(columns))
    for column in TWIN_FORMATS:
        if column in table:
            table[column] = pd.to_numeric(table[column]).astype("float64")
    empty = ("", notation.UNKNOWN)
    for column in columns:
        if column not in TWIN_FORMATS:
            table[column] = [cell if isinstance(cell, str) else "" for cell in table[column]]
    kept = [c for c in columns if c in always or (table[c].notna() & ~table[c].isin(empty)).any()]
    return table[[c for c in kept if c not in without]]
