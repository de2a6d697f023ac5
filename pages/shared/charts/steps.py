"""Single attempts in words and tables: the dearest failures, the choice of an attempt, and its steps one by one."""

from collections.abc import Mapping, Sequence

import pandas as pd

from analytics import notation
from analytics.anatomy import Failure
from pages.shared.labels import clean

STEP_FORMATS = {
    **dict.fromkeys(("step", "turn", "round", "llm_calls"), notation.count),
    **dict.fromkeys(("duration_s", "spent_s"), notation.seconds),
    "offset_s": lambda value: notation.seconds(round(value, 2)) if notation.is_known(value) else notation.UNKNOWN,
    **dict.fromkeys(
        ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "spent_tokens"),
        notation.tokens,
    ),
    **dict.fromkeys(("cost_usd_logged", "spent_usd"), notation.usd),
    "share_of_money": notation.percent,
}
"""Numeric columns of both tables and how their cells are written."""
MOST_STEPS = 2_000
KINDS = {"llm": "LLM call", "tool": "tool call", "other": "other"}
LONGEST = 46


def failures_table(failures: Sequence[Failure], labels: dict[str, str]) -> pd.DataFrame:
    """Return the dearest failures, one row each, down to file and place; columns without any value are left out."""
    names = clean(labels)
    table = pd.DataFrame([
        {
            "configuration": names.get(each.configuration, each.configuration), "task": notation.plain(each.task),
            "spent_usd": each.cost_usd, "share_of_money": each.share, "spent_tokens": each.tokens, "spent_s": each.latency_s,
            "stop_reason": notation.plain(each.stop_reason or "") or ("" if each.status in (None, "ok") else each.status),
            "place": place(each.file, each.locator),
        }
        for each in failures
    ])  # fmt: skip
    return _told(table, ("spent_usd", "share_of_money", "spent_tokens", "spent_s"), always=("configuration", "task"))


def steps_table(steps: pd.DataFrame) -> pd.DataFrame:
    """Return the steps of one attempt, the first `MOST_STEPS`; columns without any value are left out."""
    rows = steps.head(MOST_STEPS)
    numbers = ("turn", "round", "offset_s", "duration_s", *_BUCKETS, "cost_usd_logged")
    table = pd.DataFrame({
        "step": range(1, len(rows) + 1), "turn": rows["turn"], "round": rows["round"], "kind": [KINDS.get(k, str(k)) for k in rows["kind"]],
        **{column: [notation.plain(v) if isinstance(v, str) else "" for v in rows[column]] for column in ("name", "model", "role")},
        "outcome": ["" if pd.isna(ok) else "ok" if ok else "failed" for ok in rows["ok"]],
        **{column: rows[column] for column in ("offset_s", "duration_s", *_BUCKETS, "cost_usd_logged")},
    })  # fmt: skip
    table = _told(table, ("step", *numbers), always=("step", "kind"))
    return table.drop(columns=[c for c in ("round", "model", "role") if c in table and table[c].nunique() == 1])


_BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")


def attempt_words(row: Mapping, labels: dict[str, str]) -> str:
    """Return one attempt as a choice: how it ended, what it cost, whose and at which task.

    >>> attempt_words({"success": 0.0, "cost_usd": 0.4, "configuration": "a", "task": "t1", "attempt": 2.0}, {"a": "Osprey"})
    'failed · $0.40 · Osprey · t1, try 2'
    """
    spent = next(
        (
            write(row[column])
            for column, write in (("cost_usd", notation.usd), ("tokens", _tokens), ("latency_s", notation.seconds))
            if notation.is_known(row.get(column))
        ),
        "",
    )
    name = notation.shorten(notation.plain(labels.get(row["configuration"], row["configuration"])), LONGEST)
    tried = f", try {int(row['attempt'])}" if notation.is_known(row.get("attempt")) else ""
    parts = [
        outcome(row.get("success"), row.get("credit")),
        spent,
        name,
        f"{notation.shorten(notation.plain(str(row['task'])), LONGEST)}{tried}",
    ]
    return " · ".join(part for part in parts if part)


def outcome(success: float | None, credit: float | None = None) -> str:
    """Return how an attempt ended.

    >>> outcome(1.0), outcome(0.0), outcome(float("nan")), outcome(0.0, 0.25)
    ('solved', 'failed', 'not scored', 'score 0.25')
    """
    if notation.is_known(credit) and 0 < credit < 1:
        return f"score {notation.significant(credit)}"
    return ("solved" if success else "failed") if notation.is_known(success) else "not scored"


def place(file: str | None, locator: str | None) -> str:
    """Return where something stands in the logs: the file, and the place in it down to the line."""
    parts = [notation.plain(part) for part in (file, locator) if isinstance(part, str) and part]
    return ", ".join(parts) or notation.UNKNOWN


def _tokens(value: float) -> str:
    return f"{notation.tokens(value)} tokens"


def _told(table: pd.DataFrame, numbers: Sequence[str], *, always: Sequence[str]) -> pd.DataFrame:
    """Return the table with its numbers as floats, without columns that say nothing."""
    for column in (c for c in numbers if c in table):
        table[column] = pd.to_numeric(table[column]).astype("float64")
    return table[[c for c in table if c in always or (table[c].notna() & (table[c] != "") & (table[c] != notation.UNKNOWN)).any()]]
