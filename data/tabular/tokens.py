"""Tokens, and what 0 means beside them: the columns of a table → disjoint buckets for each row."""

import numpy as np

from data.records import Usage
from data.tabular.header import normal
from data.tabular.settings import is_budget
from data.tabular.sheet import Sheet
from data.tabular.typed import Numbers
from data.usage import split

TOKENS = (
    "input_tokens", "uncached_input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens", "total_tokens",
)  # fmt: skip


def give_back_budget(sheet: Sheet, measures: dict[str, Numbers]) -> None:
    """Give round thinking tokens back that exceed what came out: a budget was set, nothing was counted."""
    thought, out = measures.get("reasoning_tokens"), measures.get("output_tokens")
    if thought is None or not is_budget(thought.known) or len(np.unique(thought.known)) < 2:
        return
    if out is None or np.any(thought.values > out.values):
        del measures["reasoning_tokens"]
        sheet.used.pop(next(name for name, role in sheet.used.items() if role == "reasoning_tokens"))


def zero_is_unknown(sheet: Sheet, measures: dict[str, Numbers], latency: Numbers | None) -> None:
    """Take a cost or a latency of 0 for unknown, unless the row shows that no token was used."""
    counted = [measures[role].values for role in TOKENS if role in measures]
    used = np.any([values > 0 for values in counted], axis=0) if counted else np.zeros(sheet.n, dtype=bool)
    both = [measures[role].values for role in ("input_tokens", "output_tokens") if role in measures]
    both = both if len(both) == 2 else [measures["total_tokens"].values] if "total_tokens" in measures else []
    unused = np.all([values == 0 for values in both], axis=0) & ~used if both else np.zeros(sheet.n, dtype=bool)
    for role, found in (("cost_usd", measures.get("cost_usd")), ("latency_s", latency)):
        if found is not None:
            before = set(found.wrong)
            found.refuse((found.values == 0) & used, "is 0 although tokens were used")
            found.refuse((found.values == 0) & ~unused, "is 0 and no tokens are logged: unknown")
            sheet.report(role, {reason: rows for reason, rows in found.wrong.items() if reason not in before})


def convention(sheet: Sheet) -> str:
    """Return how the columns' names say that tokens are counted; inclusive where they say nothing."""
    names = {normal(name) for name in sheet.table.columns}
    roles = set(sheet.used.values())
    if "uncached_input_tokens" in roles and "input_tokens" not in roles:
        return "exclusive"
    if names & {"candidates_token_count", "thoughts_token_count", "cached_content_token_count"}:
        return "gemini"
    if names & {"cache_read_input_tokens", "cache_creation_input_tokens", "cache_write_input_tokens"} and "input_tokens" in names:
        return "exclusive"
    return "inclusive"


def usages(sheet: Sheet, measures: dict[str, Numbers], part: slice) -> tuple[list[tuple[Usage, str | None]], list[tuple[int, str]]]:
    """Return the buckets of some rows, each with `unknown` where the convention is undecided, and the rows that do not add up."""
    present = {role.removesuffix("_tokens"): plain(measures[role].values[part], as_int=True) for role in TOKENS if role in measures}
    if not present:
        return [(Usage(), None)] * len(range(*part.indices(sheet.n))), []
    if "uncached_input" in present:
        uncached = present.pop("uncached_input")
        present.setdefault("input", uncached)
    counting, names = convention(sheet), list(present)
    found, wrong = [], []
    for row, cells in enumerate(zip(*present.values(), strict=True), start=part.start):
        usage, basis, problem = split(**dict(zip(names, cells, strict=True)), convention=counting)
        found.append((usage, "unknown" if basis == "unknown" else None))
        if problem:
            wrong.append((row, problem))
    return found, wrong


def plain(values: np.ndarray, *, as_int: bool = False) -> list:
    """Return plain numbers, None where unknown."""
    kept = values.astype(object)
    unknown = np.isnan(values)
    if as_int:
        kept[~unknown] = values[~unknown].astype(np.int64)
    kept[unknown] = None
    return kept.tolist()
