"""Tradespace's own columns in Parquet: what it exports, what its simulator writes, what a team's warehouse can hand over.

A row is an attempt; its columns have the names of `data/records.py` (knobs: a JSON object). `attempts.parquet` may have
`steps.parquet` beside it (`x_attempts.parquet`: `x_steps.parquet`), joined by `run_id`: the order of the attempts, each attempt's steps
together.
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from data.limits import Limits
from data.records import TOKEN_BUCKETS, Attempt, Configuration, Format, Note, Problem, Record, Refused, Source, Step, Task, Usage

FORMAT = Format(name="canonical", title="Tradespace table", sentence="One row is an attempt; steps may lie in a second file.")

BATCH_ROWS = 20_000
TEXT = ("model", "provider", "model_version", "agent", "agent_version", "effort", "hardware", "benchmark", "task", "task_group",
        "difficulty", "run_id", "latency_basis", "score_name", "token_basis", "status", "stop_reason", "price_tier", "knobs",
        "kind", "name", "role", "stage")  # fmt: skip
NUMBER = ("human_minutes", "human_cost_usd", "weight", "latency_s", "active_s", "ttft_s", "score", "cost_usd_logged", "tool_cost_usd",
          "aux_cost_usd", "offset_s", "duration_s")  # fmt: skip
WHOLE = (*TOKEN_BUCKETS, "total_tokens", "attempt", "llm_calls", "tool_calls", "turns", "retries", "reflections", "aux_input_tokens",
         "aux_output_tokens", "aux_llm_calls", "turn", "round", "parent")  # fmt: skip
FLAG = ("is_human", "success", "ok", "cached_response")
USAGE = (*TOKEN_BUCKETS, "total_tokens")
CONFIGURATION = ("model", "provider", "model_version", "agent", "agent_version", "effort", "hardware", "is_human")
TASK = tuple(Task.__struct_fields__)
PLAIN = ("run_id", "attempt", "started_at", "latency_s", "latency_basis", "active_s", "ttft_s", "score", "score_name", "success",
         "token_basis", "llm_calls", "tool_calls", "turns", "retries", "reflections", "cost_usd_logged", "tool_cost_usd", "stop_reason",
         "price_tier", "aux_cost_usd", "aux_llm_calls")  # fmt: skip
ATTEMPT_COLUMNS = {*CONFIGURATION, "knobs", *TASK, *PLAIN, *USAGE, "status", "aux_input_tokens", "aux_output_tokens"}
STEP_FIELDS = tuple(name for name in Step.__struct_fields__ if name != "usage")
STEP_COLUMNS = {"run_id", *STEP_FIELDS, *USAGE}
OURS = {"uncached_input_tokens", "cost_usd_logged"}
"""Names that nobody else gives to these columns; any other table is `table`'s."""

Row = dict[str, Any]


def matches(path: Path) -> bool:
    """Whether the file is one of the two, told by its columns."""
    with path.open("rb") as file:
        if file.read(4) != b"PAR1":
            return False
    try:
        columns = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False  # damaged: nobody can read it
    return bool(OURS & columns) and (_is_steps(columns) or ("task" in columns and bool({"model", "agent"} & columns)))


def read(path: Path, source: Source, limits: Limits) -> Iterator[Record]:
    """Read the attempts, each with its steps; a steps file alone says to whom it belongs."""
    with _open(path, limits) as file:
        columns = file.schema_arrow.names
        if _is_steps(set(columns)):
            if _attempts_name(source.name) not in source.siblings:
                raise Refused(f"these are steps; their attempts ({_attempts_name(source.name)}) are not beside them")
            yield Note(text="read as the steps of the attempts beside it")
            return
        if unread := sorted(set(columns) - ATTEMPT_COLUMNS):
            yield Note(text=f"columns not read: {', '.join(unread)}")
        steps_path = source.siblings.get(_steps_name(source.name))
        if steps_path and "run_id" in columns:
            with _open(Path(steps_path), limits) as steps_file:
                yield from _attempts(file, source, _Steps(steps_file))
        else:
            yield from _attempts(file, source, None)


def _attempts(file: pq.ParquetFile, source: Source, steps: "_Steps | None") -> Iterator[Record]:
    configurations: dict[tuple, Configuration] = {}
    tasks: dict[tuple, Task] = {}
    columns = [name for name in file.schema_arrow.names if name in ATTEMPT_COLUMNS]
    for number, row in enumerate(_rows(file, columns), start=1):
        locator = f"row {number}"
        for name in (*CONFIGURATION, *TASK):
            if row.get(name) is None and name in source.fields:
                row[name] = source.fields[name]
        own_steps = steps.of(row.get("run_id")) if steps else []
        if row.get("model") is None and row.get("agent") is None:
            yield Problem(locator=locator, reason="no model and no agent", refused=True)
            continue
        if row.get("task") is None:
            yield Problem(locator=locator, field="task", reason="no task", refused=True)
            continue
        key = tuple(row.get(name) for name in (*CONFIGURATION, "knobs"))
        if key not in configurations:
            try:
                knobs = msgspec.json.decode(row.get("knobs") or "{}", type=dict[str, str | int | float | bool])
            except msgspec.DecodeError:
                yield Problem(locator=locator, field="knobs", reason="knobs is not a JSON object of plain values: unknown")
                knobs = {}
            fields = {name: row[name] for name in CONFIGURATION if row.get(name) is not None}
            configurations[key] = Configuration(**fields, knobs=knobs)
        task = tuple(row.get(name) for name in TASK)
        if task not in tasks:
            tasks[task] = Task(**{name: row[name] for name in TASK if name in row})
        yield Attempt(
            configuration=configurations[key],
            task=tasks[task],
            locator=locator,
            usage=_usage(row),
            status=row.get("status") or "ok",
            aux=Usage(uncached_input_tokens=row.get("aux_input_tokens"), output_tokens=row.get("aux_output_tokens")),
            steps=own_steps,
            **{name: row.get(name) for name in PLAIN},
        )
    if steps and (left := steps.left()):
        yield Problem(
            locator="steps",
            field="steps",
            reason=f"{left:,} steps belong to no attempt, or stand in another order than the attempts: unread",
        )


class _Steps:
    """The steps file read along with the attempts: never more than one batch in memory."""

    def __init__(self, file: pq.ParquetFile):
        columns = [name for name in file.schema_arrow.names if name in STEP_COLUMNS]
        self._groups = groupby(_rows(file, columns), key=lambda row: row.get("run_id"))
        self._waiting = next(self._groups, None)

    def of(self, run_id: str | None) -> list[Step]:
        """Return the steps of the next attempt, if they are this one's."""
        if self._waiting is None or run_id is None or self._waiting[0] != run_id:
            return []
        steps = [_step(row) for row in self._waiting[1]]
        self._waiting = next(self._groups, None)
        return steps

    def left(self) -> int:
        """Count the steps that no attempt asked for."""
        count = 0
        while self._waiting is not None:
            count += sum(1 for _ in self._waiting[1])
            self._waiting = next(self._groups, None)
        return count


def _step(row: Row) -> Step:
    fields = {name: row.get(name) for name in STEP_FIELDS}
    fields["kind"] = fields["kind"] if fields["kind"] in ("llm", "tool") else "other"
    return Step(usage=_usage(row), **fields)


def _usage(row: Row) -> Usage:
    return Usage(**{name: row.get(name) for name in USAGE})


def _is_steps(columns: set[str]) -> bool:
    return {"run_id", "kind"} <= columns and "task" not in columns


def _steps_name(name: str) -> str:
    return "steps".join(name.rpartition("/")[2].rsplit("attempts", 1))


def _attempts_name(name: str) -> str:
    return "attempts".join(name.rpartition("/")[2].rsplit("steps", 1))


def _open(path: Path, limits: Limits) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise Refused("it is not a readable Parquet file") from None
    if file.metadata.num_columns > limits.columns:
        raise Refused(f"it has over {limits.columns} columns")
    return file


def _rows(file: pq.ParquetFile, columns: list[str]) -> Iterator[Row]:
    """Yield the rows as plain values of the product's types."""
    takers = {name: _taker(name, file.schema_arrow.field(name).type) for name in columns}
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            values = [map(takers[name], batch.column(name).to_pylist()) for name in columns]
            for row in zip(*values, strict=True):
                yield dict(zip(columns, row, strict=True))
    except (pa.ArrowException, OSError):
        raise Refused("the file is damaged") from None


def _taker(name: str, kind: pa.DataType) -> Callable[[Any], Any]:
    """Return what turns one value of a column into the product's type.

    Raises
    ------
    Refused
        If the column cannot hold what its name says.
    """
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if pa.types.is_null(kind):
        return lambda value: None
    if name in TEXT and (is_text or pa.types.is_integer(kind)):
        return lambda value: None if value is None or value == "" else str(value)
    if name in NUMBER and is_number:
        return lambda value: float(value) if isinstance(value, Decimal) else value
    if name in WHOLE and is_number:
        return _whole
    if name in FLAG and pa.types.is_boolean(kind):
        return lambda value: value
    if name == "started_at" and pa.types.is_timestamp(kind):
        return _moment
    raise Refused(f"its column {name} holds {kind}, which is not what that name means here")


def _whole(value: float | Decimal | None) -> int | None:
    return None if value is None or not math.isfinite(value) or value != int(value) else int(value)


def _moment(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
