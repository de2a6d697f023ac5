"""The figure's twin: one row per configuration, with the same numbers, for the page's table, the CSV file and the HTML export."""

import math
from collections.abc import Callable, Mapping

import pandas as pd

from analytics import notation
from analytics.frontier import Frontier, Point
from pages.shared.labels import STATE_BADGES, clean

FORMATS = {
    "accuracy": notation.percent,
    "p_on_frontier": notation.probability,
    "cost_usd": notation.usd,
    "cost_per_success_usd": notation.usd,
    "latency_s": notation.seconds,
    "latency_p50_s": notation.seconds,
    "latency_p95_s": notation.seconds,
    "tokens": notation.tokens,
    "turns": notation.decimal,
    "rank_on_frontier": notation.count,
    "n_tasks": notation.count,
    "n_attempts": notation.count,
    "n_errors": notation.count,
    "n_limit": notation.count,
    "tasks_to_decide": notation.count,
}
"""Numeric columns of the table and how their cells are written."""
MOST_DOMINATORS = 3


def frontier_table(frontier: Frontier, labels: dict[str, str]) -> pd.DataFrame:
    """Return the table in the frontier's order; numbers stay numbers, NaN is unknown, and columns without any value are left out.

    `rank_on_frontier` counts frontier members by rising x: it is the number beside a marker whose name found no room in the figure.
    """
    names = clean(labels)
    rank = {p.configuration: i for i, p in enumerate(frontier.on, 1)}
    rows = [_row(p, names, rank.get(p.configuration)) for p in frontier.points]
    columns = list(_row_names())
    table = pd.DataFrame(rows, columns=columns)
    for column in FORMATS:
        table[column] = pd.to_numeric(table[column]).astype("float64")
    always = {"state", "configuration", "accuracy"}
    kept = [c for c in columns if c in always or (table[c].notna() & (table[c] != "") & (table[c] != notation.UNKNOWN)).any()]
    kept = [c for c in kept if c not in ("n_errors", "n_limit") or (table[c] > 0).any()]
    return table[kept]


def _row(p: Point, names: dict[str, str], rank: int | None) -> dict[str, object]:
    """Return one configuration's cells."""
    dominators = [names.get(c, c) for c in p.dominated_by[:MOST_DOMINATORS]]
    if len(p.dominated_by) > MOST_DOMINATORS:
        dominators.append(f"{len(p.dominated_by) - MOST_DOMINATORS} more")
    cost_interval = notation.span(p.cost_low, p.cost_high) if notation.is_known(p.cost_usd) else notation.at_least(p.cost_at_least)
    values = {name: getattr(p, name) for name in FORMATS if name != "rank_on_frontier"}
    return {
        **values,
        "state": STATE_BADGES[p.state],
        "rank_on_frontier": rank,
        "configuration": names.get(p.configuration, p.configuration),
        "accuracy_interval": notation.interval(p.accuracy_low, p.accuracy_high),
        "cost_interval": cost_interval,
        "cost_source": p.cost_source or "",
        "dominated_by": notation.join(dominators) if dominators else "",
        "note": "; ".join([*([p.excluded] if p.excluded else []), *p.flags]),
    }


def _row_names() -> tuple[str, ...]:
    """Return the columns in the order of display."""
    return (
        *("state", "rank_on_frontier", "configuration", "accuracy", "accuracy_interval", "p_on_frontier"),
        *("cost_usd", "cost_interval", "cost_per_success_usd", "latency_s", "latency_p50_s", "latency_p95_s", "tokens", "turns"),
        *("n_tasks", "n_attempts", "n_errors", "n_limit", "cost_source", "dominated_by", "tasks_to_decide", "note"),
    )


def written(table: pd.DataFrame, formats: Mapping[str, Callable[[float | None], str]] = FORMATS) -> pd.DataFrame:
    """Return the table as text, every number in its one form."""
    out = table.copy()
    for column, write in formats.items():
        if column in out:
            out[column] = [write(None if math.isnan(v) else v) for v in table[column]]
    return out
