"""Records as Arrow batches of one fixed schema: what the child process writes and the parent takes in.

Values out of range become unknown here, with a problem for each, whatever the importer let through.
"""

import hmac
import math
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from operator import itemgetter
from pathlib import Path

import pyarrow as pa

from data.names import identity_text, optional, optional_identity, safe_text
from data.records import STATUSES, TOKEN_BUCKETS, Attempt, Configuration, Step, Summary, Task, Usage

BATCH_ROWS = 200_000
INPUT_BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
LATENCY_BASES = ("wall", "active", "agent_only", "span_root", "sum_of_steps", "first_to_last_start")
TOKEN_BASES = ("agent_only", "all_roles", "unknown")
STEP_KINDS = ("llm", "tool", "other")
TASK_CHARS = 200

# Values are below these. DECIMAL(18,12) ends at 1e6 USD, DECIMAL(18,9) at 1e9 successes; a sum of 9 million counts below 1e12 fits 64 bits.
MAX_USD, MAX_SECONDS, MAX_MEAN, MAX_N, MAX_INT32 = 1e6, 1e9, 1e9, 10**9, 2**31
MAX_COUNT, MAX_PRODUCTS = 10**12, 2**53

_NOTHING = Usage()
_NO_TOKENS: dict[str, int | None] = dict.fromkeys((*TOKEN_BUCKETS, "total_tokens"))
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
        self._cells = itemgetter(*schema.names)
        self._rows: list[tuple] = []
        self._writer: pa.RecordBatchFileWriter | None = None
        self.rows = 0

    def add(self, row: dict) -> None:
        """Take one row with the schema's names."""
        self._rows.append(self._cells(row))
        self.rows += 1
        if len(self._rows) == BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left; no file is made for no rows."""
        self._flush()
        if self._writer:
            self._writer.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        arrays = [pa.array(column, f.type) for column, f in zip(zip(*self._rows, strict=True), self._schema, strict=True)]
        if self._writer is None:
            options = pa.ipc.IpcWriteOptions(compression="zstd")  # repeated names would be most of the bytes
            self._writer = pa.ipc.new_file(str(self._path), self._schema, options=options)
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._rows.clear()


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


def number_or_unknown(value: float | None, below: float, locator: str, field: str, report: Report) -> float | None:
    """Return the value, or None with a problem where it is no amount: NaN, infinite, negative or too large for the store."""
    if value is None or 0 <= value < below:
        return value
    if not -math.inf < value < math.inf:
        report(locator, field, f"{field} is not a finite number: unknown")
    elif value < 0:
        report(locator, field, f"{field} is negative: unknown")
    else:
        report(locator, field, f"{field} is {below:,.0f} or more: unknown")
    return None


def count_or_unknown(value: float | None, below: float, locator: str, field: str, report: Report) -> int | None:
    """Return the value as a whole number, or None with a problem where it is none."""
    if value is None or (type(value) is int and 0 <= value < below):
        return value
    value = number_or_unknown(value, below, locator, field, report)
    if value is None or value == int(value):
        return None if value is None else int(value)
    report(locator, field, f"{field} is not a whole number: unknown")
    return None


def share_or_unknown(value: float | None, locator: str, field: str, report: Report) -> float | None:
    """Return a score from 0 to 1, or None with a problem."""
    if value is not None and 1 + 1e-9 < value < math.inf:
        report(locator, field, f"{field} is above 1: unknown")
        return None
    value = number_or_unknown(value, math.inf, locator, field, report)
    return None if value is None else min(value, 1.0)


def attempt_row(a: Attempt, ordinal: int, configuration: int, task: int, steps: list[dict], answer_key: bytes, report: Report) -> dict:
    """Return the attempt in the schema `ATTEMPTS`, every value in range or unknown; `steps` are its rows from `step_row`."""

    def amount(name: str, below: float) -> float | None:
        return number_or_unknown(getattr(a, name), below, a.locator, name, report)

    score = share_or_unknown(a.score, a.locator, "score", report)
    success = a.success if a.success is not None else (score >= 1 - 1e-6 if score is not None else None)
    io, ii = _call_products(steps)
    usage, aux = _tokens(a.usage, a.locator, "", report), _tokens(a.aux, a.locator, "aux ", report)
    row = {
        "ordinal": ordinal, "configuration": configuration, "task": task,
        "attempt": count_or_unknown(a.attempt, MAX_INT32, a.locator, "attempt", report),
        "run_id": optional_identity(a.run_id), "started_at": utc(a.started_at),
        "latency_s": amount("latency_s", MAX_SECONDS),
        "latency_basis": _word(a.latency_basis, LATENCY_BASES, None, a.locator, "latency_basis", report),
        "active_s": amount("active_s", MAX_SECONDS), "ttft_s": amount("ttft_s", MAX_SECONDS),
        "score": score, "score_name": optional(a.score_name), "success": success, "is_success_logged": a.success is not None,
        **usage,
        "token_basis": _word(a.token_basis, TOKEN_BASES, "unknown", a.locator, "token_basis", report),
        "sum_input_output": io, "sum_input_sq": ii,
        "cost_usd_logged": amount("cost_usd_logged", MAX_USD), "tool_cost_usd": amount("tool_cost_usd", MAX_USD),
        "status": _word(a.status, STATUSES, "error", a.locator, "status", report), "stop_reason": optional(a.stop_reason),
        "price_tier": optional(a.price_tier), "answer_key": keyed(a.answer, answer_key),
        "aux_input_tokens": _input_tokens(aux), "aux_output_tokens": aux["output_tokens"],
        "aux_cost_usd": amount("aux_cost_usd", MAX_USD),
        "aux_llm_calls": count_or_unknown(a.aux_llm_calls, MAX_COUNT, a.locator, "aux_llm_calls", report),
        "locator": safe_text(a.locator, 200),
    }  # fmt: skip
    for name in ("llm_calls", "tool_calls", "turns", "retries", "reflections"):
        row[name] = count_or_unknown(getattr(a, name), MAX_COUNT, a.locator, name, report)
    _doubt_zero_cost(row, "cost_usd_logged", usage["total_tokens"], a.locator, "", report)
    _doubt_zero_cost(row, "aux_cost_usd", aux["total_tokens"], a.locator, "aux ", report)
    return row


def step_row(s: Step, ordinal: int, step_id: int, locator: str, report: Report) -> dict:
    """Return the step in the schema `STEPS`."""

    def amount(name: str, below: float) -> float | None:
        return number_or_unknown(getattr(s, name), below, locator, f"step {name}", report)

    def place(name: str) -> int | None:
        return count_or_unknown(getattr(s, name), MAX_INT32, locator, f"step {name}", report)

    usage = _tokens(s.usage, locator, "step ", report)
    row = {
        "ordinal": ordinal, "step_id": step_id, "turn": place("turn"), "round": place("round"), "parent": place("parent"),
        "kind": _word(s.kind, STEP_KINDS, "other", locator, "step kind", report),
        "name": optional(s.name), "model": optional(s.model), "role": optional(s.role), "stage": optional(s.stage),
        "agent": optional(s.agent), "offset_s": amount("offset_s", MAX_SECONDS), "duration_s": amount("duration_s", MAX_SECONDS),
        **usage,
        "cost_usd_logged": amount("cost_usd_logged", MAX_USD),
        "ok": s.ok, "score": share_or_unknown(s.score, locator, "step score", report), "cached_response": s.cached_response,
    }  # fmt: skip
    if s.kind != "tool" or usage["total_tokens"]:  # a tool without tokens may well be free
        _doubt_zero_cost(row, "cost_usd_logged", usage["total_tokens"], locator, "step ", report)
    return row


def unusable(s: Summary) -> str | None:
    """Return why a published row says nothing: without n and its successes there is no accuracy."""
    for name, value, least in (("n", s.n, 1), ("success_sum", s.success_sum, 0), ("round", s.round, 1), ("n_rounds", s.n_rounds, 1)):
        if not least <= value < MAX_N:
            return f"{name} is not a number from {least} to below {MAX_N:,}"
    return "more successes than attempts" if s.success_sum > s.n * (1 + 1e-6) else None


def summary_row(s: Summary, configuration: int, report: Report) -> dict:
    """Return a usable published row in the schema `SUMMARIES`."""

    def amount(name: str, below: float) -> float | None:
        return number_or_unknown(getattr(s, name), below, s.locator, name, report)

    usage = _tokens(s.usage, s.locator, "", report)
    row = {
        "configuration": configuration, "benchmark": optional_identity(s.benchmark), "round": s.round, "n_rounds": s.n_rounds, "n": s.n,
        "run_id": optional_identity(s.run_id), "started_at": utc(s.started_at), "success_sum": s.success_sum,
        "cost_usd_sum": amount("cost_usd_sum", MAX_USD), "latency_s": amount("latency_s", MAX_SECONDS),
        **usage, "locator": safe_text(s.locator, 200),
    }  # fmt: skip
    for name in ("llm_calls", "tool_calls", "turns"):
        row[name] = amount(name, MAX_MEAN)
    for name in ("n_tasks", "n_errors", "n_limit"):
        row[name] = count_or_unknown(getattr(s, name), MAX_N, s.locator, name, report)
    _doubt_zero_cost(row, "cost_usd_sum", usage["total_tokens"], s.locator, "", report)
    return row


def task_row(t: Task, locator: str, report: Report) -> dict:
    """Return the task as the parent takes it; a benchmark that is not named is the dataset's."""

    def amount(name: str, below: float) -> float | None:
        return number_or_unknown(getattr(t, name), below, locator, name, report)

    return {
        "benchmark": optional_identity(t.benchmark), "task": identity_text(t.task, TASK_CHARS) or "(unnamed)",
        "task_group": optional(t.task_group), "difficulty": optional(t.difficulty), "human_minutes": amount("human_minutes", MAX_SECONDS),
        "human_cost_usd": amount("human_cost_usd", MAX_USD), "weight": amount("weight", MAX_MEAN),
    }  # fmt: skip


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


def _input_tokens(tokens: dict) -> int | None:
    known = [tokens[name] for name in INPUT_BUCKETS if tokens[name] is not None]
    return sum(known) if known else None


def _tokens(usage: Usage, locator: str, whose: str, report: Report) -> dict[str, int | None]:
    """Return the buckets in range or unknown, and the total where the buckets tell it."""
    if usage == _NOTHING:
        return _NO_TOKENS
    found = {
        name: count_or_unknown(getattr(usage, name), MAX_COUNT, locator, whose + name, report) for name in (*TOKEN_BUCKETS, "total_tokens")
    }
    if found["total_tokens"] is None and found["uncached_input_tokens"] is not None and found["output_tokens"] is not None:
        found["total_tokens"] = sum(found[name] or 0 for name in (*INPUT_BUCKETS, "output_tokens"))
    return found


def _word(value: str | None, known: tuple[str, ...], otherwise: str | None, locator: str, field: str, report: Report) -> str | None:
    if value is None or value in known:
        return value
    report(locator, field, f"{field} is not one this program knows: taken as {otherwise or 'unknown'}")
    return otherwise


def _doubt_zero_cost(row: dict, name: str, tokens: int | None, locator: str, whose: str, report: Report) -> None:
    """Make a cost of 0 unknown, for many tools write 0 for "no price", unless the record itself shows that no token was used."""
    if row[name] == 0 and tokens != 0:
        row[name] = None
        report(locator, whose + name, f"{whose}cost is 0 and nothing shows that no token was used: unknown")


def _call_products(steps: list[dict]) -> tuple[int | None, int | None]:
    """Return Σ input·output and Σ input² over the attempt's own LLM calls, None unless every call has its tokens."""
    calls = [(_input_tokens(s), s["output_tokens"]) for s in steps if s["kind"] == "llm" and s["role"] in (None, "agent")]
    tokens = [(i, o) for i, o in calls if i is not None and o is not None]
    if not tokens or len(tokens) < len(calls):
        return None, None
    io, ii = sum(i * o for i, o in tokens), sum(i * i for i, _ in tokens)
    return (io, ii) if max(io, ii) < MAX_PRODUCTS else (None, None)
