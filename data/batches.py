"""Records as Arrow batches of one fixed schema: what the child process writes and the parent takes in.

Values out of range become unknown here, with a problem for each, whatever the importer let through.
"""

import hmac
import math
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from data.names import optional, safe_text
from data.records import STATUSES, TOKEN_BUCKETS, Attempt, Configuration, Step, Summary, Task

BATCH_ROWS = 200_000
MAX_USD, MAX_SECONDS, MAX_COUNT = 1e6, 1e9, 2**53

_UTC = pa.timestamp("us")
_TOKENS = [(name, pa.int64()) for name in (*TOKEN_BUCKETS, "total_tokens")]

ATTEMPTS = pa.schema([
    ("ordinal", pa.int64()), ("configuration", pa.int32()), ("task", pa.int32()), ("attempt", pa.int32()), ("run_id", pa.string()),
    ("started_at", _UTC), ("latency_s", pa.float64()), ("latency_basis", pa.string()), ("active_s", pa.float64()),
    ("ttft_s", pa.float64()), ("score", pa.float64()), ("score_name", pa.string()), ("success", pa.bool_()),
    ("is_success_logged", pa.bool_()), *_TOKENS, ("token_basis", pa.string()), ("llm_calls", pa.int64()), ("tool_calls", pa.int64()),
    ("turns", pa.int64()), ("retries", pa.int64()), ("reflections", pa.int64()), ("sum_input_output", pa.int64()),
    ("sum_input_sq", pa.int64()), ("cost_usd_logged", pa.float64()), ("tool_cost_usd", pa.float64()), ("status", pa.string()),
    ("stop_reason", pa.string()), ("price_tier", pa.string()), ("answer_key", pa.int64()), ("aux_input_tokens", pa.int64()),
    ("aux_output_tokens", pa.int64()), ("aux_cost_usd", pa.float64()), ("aux_llm_calls", pa.int64()), ("locator", pa.string()),
])  # fmt: skip
STEPS = pa.schema([
    ("ordinal", pa.int64()), ("step_id", pa.int32()), ("turn", pa.int32()), ("round", pa.int32()), ("parent", pa.int32()),
    ("kind", pa.string()), ("name", pa.string()), ("model", pa.string()), ("role", pa.string()), ("stage", pa.string()),
    ("agent", pa.string()), ("offset_s", pa.float64()), ("duration_s", pa.float64()), *_TOKENS, ("cost_usd_logged", pa.float64()),
    ("ok", pa.bool_()), ("score", pa.float64()), ("cached_response", pa.bool_()),
])  # fmt: skip
SUMMARIES = pa.schema([
    ("configuration", pa.int32()), ("benchmark", pa.string()), ("round", pa.int32()), ("n_rounds", pa.int32()), ("n", pa.int64()),
    ("n_tasks", pa.int64()), ("run_id", pa.string()), ("started_at", _UTC), ("success_sum", pa.float64()),
    ("cost_usd_sum", pa.float64()), ("latency_s", pa.float64()), *_TOKENS, ("llm_calls", pa.float64()), ("tool_calls", pa.float64()),
    ("turns", pa.float64()), ("n_errors", pa.int64()), ("n_limit", pa.int64()), ("locator", pa.string()),
])  # fmt: skip

Report = Callable[[str, str, str], None]
"""report(locator, field, reason): a value that became unknown."""


class BatchWriter:
    """Writes one kind of record to an Arrow file, a batch at a time."""

    def __init__(self, path: Path, schema: pa.Schema):
        self._path, self._schema = path, schema
        self._columns: dict[str, list] = {name: [] for name in schema.names}
        self._writer: pa.RecordBatchFileWriter | None = None
        self.rows = 0

    def add(self, row: dict) -> None:
        """Take one row with exactly the schema's names."""
        for name, column in self._columns.items():
            column.append(row[name])
        self.rows += 1
        if self.rows % BATCH_ROWS == 0:
            self._flush()

    def close(self) -> None:
        """Write what is left; no file is made for no rows."""
        self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        arrays = [pa.array(self._columns[f.name], f.type) for f in self._schema]
        if not len(arrays[0]):
            return
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), self._schema)
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        for column in self._columns.values():
            column.clear()


class Numbering:
    """Numbers distinct configurations or tasks in the order in which they are met."""

    def __init__(self) -> None:
        self.items: list = []
        self._number: dict = {}
        self._by_identity: dict[int, int] = {}

    def __call__(self, item: Configuration | Task) -> int:
        """Return the item's number."""
        number = self._by_identity.get(id(item))
        if number is not None and self.items[number] is item:
            return number
        key = item if isinstance(item, Task) else _hashable(item)
        if key not in self._number:
            self._number[key] = len(self.items)
            self.items.append(item)
            self._by_identity[id(item)] = self._number[key]
        return self._number[key]


def _hashable(configuration: Configuration) -> tuple:
    fields = (getattr(configuration, name) for name in configuration.__struct_fields__)
    return tuple(tuple(sorted((k, repr(v)) for k, v in f.items())) if isinstance(f, dict) else f for f in fields)


def number_or_unknown(value: float | None, maximum: float, locator: str, field: str, report: Report) -> float | None:
    """Return the value, or None with a problem where it is no amount: NaN, infinite, negative or absurdly large."""
    if value is None:
        return None
    if not math.isfinite(value):
        report(locator, field, f"{field} is not a finite number: unknown")
    elif value < 0:
        report(locator, field, f"{field} is negative: unknown")
    elif value > maximum:
        report(locator, field, f"{field} is over {maximum:,.0f}: unknown")
    else:
        return value
    return None


def attempt_row(a: Attempt, ordinal: int, configuration: int, task: int, answer_key: bytes, report: Report) -> dict:
    """Return the attempt in the schema `ATTEMPTS`, every value in range or unknown."""

    def amount(name: str, value: float | None, maximum: float) -> float | None:
        return number_or_unknown(value, maximum, a.locator, name, report)

    score = amount("score", a.score, 1 + 1e-9)
    success = a.success if a.success is not None else (score >= 1 - 1e-6 if score is not None else None)
    if a.status not in STATUSES:
        report(a.locator, "status", "status is not one this program knows: taken as an error")
    io, ii = _call_products(a.steps)
    row = {
        "ordinal": ordinal, "configuration": configuration, "task": task,
        "attempt": a.attempt if a.attempt is not None and 0 <= a.attempt < 2**31 else None,
        "run_id": optional(a.run_id), "started_at": utc(a.started_at),
        "latency_s": amount("latency_s", a.latency_s, MAX_SECONDS), "latency_basis": optional(a.latency_basis),
        "active_s": amount("active_s", a.active_s, MAX_SECONDS), "ttft_s": amount("ttft_s", a.ttft_s, MAX_SECONDS),
        "score": None if score is None else min(score, 1.0), "score_name": optional(a.score_name),
        "success": success, "is_success_logged": a.success is not None,
        "token_basis": a.token_basis,
        "sum_input_output": io, "sum_input_sq": ii,
        "cost_usd_logged": amount("cost_usd_logged", a.cost_usd_logged, MAX_USD),
        "tool_cost_usd": amount("tool_cost_usd", a.tool_cost_usd, MAX_USD),
        "status": a.status if a.status in STATUSES else "error", "stop_reason": optional(a.stop_reason),
        "price_tier": optional(a.price_tier), "answer_key": keyed(a.answer, answer_key),
        "aux_input_tokens": _input_tokens(a.aux), "aux_output_tokens": a.aux.output_tokens,
        "aux_cost_usd": amount("aux_cost_usd", a.aux_cost_usd, MAX_USD), "aux_llm_calls": a.aux_llm_calls,
        "locator": safe_text(a.locator, 200),
    }  # fmt: skip
    for name in ("llm_calls", "tool_calls", "turns", "retries", "reflections"):
        row[name] = amount(name, getattr(a, name), MAX_COUNT)
    _put_tokens(row, a.usage, a.locator, report)
    _doubt_zero_cost(row, "cost_usd_logged", a.locator, report)
    return row


def step_row(s: Step, ordinal: int, step_id: int, locator: str, report: Report) -> dict:
    """Return the step in the schema `STEPS`."""

    def amount(name: str, value: float | None, maximum: float) -> float | None:
        return number_or_unknown(value, maximum, locator, f"step {name}", report)

    row = {
        "ordinal": ordinal, "step_id": step_id, "turn": s.turn, "round": s.round, "parent": s.parent, "kind": s.kind,
        "name": optional(s.name), "model": optional(s.model), "role": optional(s.role), "stage": optional(s.stage),
        "agent": optional(s.agent), "offset_s": amount("offset_s", s.offset_s, MAX_SECONDS),
        "duration_s": amount("duration_s", s.duration_s, MAX_SECONDS),
        "cost_usd_logged": amount("cost_usd_logged", s.cost_usd_logged, MAX_USD),
        "ok": s.ok, "score": amount("score", s.score, 1.0), "cached_response": s.cached_response,
    }  # fmt: skip
    _put_tokens(row, s.usage, locator, report)
    return row


def summary_row(s: Summary, configuration: int, report: Report) -> dict:
    """Return the published row in the schema `SUMMARIES`."""

    def amount(name: str, value: float | None, maximum: float) -> float | None:
        return number_or_unknown(value, maximum, s.locator, name, report)

    row = {
        "configuration": configuration, "benchmark": optional(s.benchmark), "round": s.round, "n_rounds": s.n_rounds, "n": s.n,
        "n_tasks": s.n_tasks, "run_id": optional(s.run_id), "started_at": utc(s.started_at), "success_sum": s.success_sum,
        "cost_usd_sum": amount("cost_usd", s.cost_usd_sum, MAX_USD), "latency_s": amount("latency_s", s.latency_s, MAX_SECONDS),
        "n_errors": s.n_errors, "n_limit": s.n_limit, "locator": safe_text(s.locator, 200),
    }  # fmt: skip
    for name in ("llm_calls", "tool_calls", "turns"):
        row[name] = amount(name, getattr(s, name), MAX_COUNT)
    _put_tokens(row, s.usage, s.locator, report)
    _doubt_zero_cost(row, "cost_usd_sum", s.locator, report)
    return row


def utc(moment: datetime | None) -> datetime | None:
    """Return the moment as naive UTC; one without a zone is taken as UTC; years outside 1990–2100 are unknown."""
    if moment is None or not 1990 <= moment.year <= 2100:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def keyed(answer: str | None, key: bytes) -> int | None:
    """Return 63 bits of a keyed hash of the normalised answer: equality without the text."""
    if answer is None or not (normal := " ".join(answer.split()).casefold()):
        return None
    return int.from_bytes(hmac.digest(key, normal.encode("utf-8", "replace"), sha256)[:8], "big") >> 1


def _input_tokens(usage) -> int | None:
    buckets = [usage.uncached_input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens]
    return sum(b for b in buckets if b is not None) if any(b is not None for b in buckets) else None


def _put_tokens(row: dict, usage, locator: str, report: Report) -> None:
    for name in (*TOKEN_BUCKETS, "total_tokens"):
        value = number_or_unknown(getattr(usage, name), MAX_COUNT, locator, name, report)
        row[name] = None if value is None else int(value)
    if row["total_tokens"] is None and row["uncached_input_tokens"] is not None and row["output_tokens"] is not None:
        row["total_tokens"] = sum(row[name] or 0 for name in TOKEN_BUCKETS if name != "reasoning_tokens")


def _doubt_zero_cost(row: dict, name: str, locator: str, report: Report) -> None:
    """Make a cost of 0 unknown, for many tools write 0 for "no price", unless the record itself shows that no token was used."""
    if row[name] == 0 and row["total_tokens"] != 0:
        row[name] = None
        report(locator, name, "cost is 0 and nothing shows that no token was used: unknown")


def _call_products(steps: list[Step]) -> tuple[int | None, int | None]:
    """Return Σ input·output and Σ input² over the attempt's own LLM calls, None unless every call has its tokens."""
    calls = [(_input_tokens(s.usage), s.usage.output_tokens) for s in steps if s.kind == "llm" and s.role in (None, "agent")]
    tokens = [(i, o) for i, o in calls if i is not None and o is not None]
    if not tokens or len(tokens) < len(calls):
        return None, None
    io, ii = sum(i * o for i, o in tokens), sum(i * i for i, _ in tokens)
    return (io, ii) if max(io, ii) < 2**62 else (None, None)
