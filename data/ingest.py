"""From files to a dataset: stage → parse in a child → check → one transaction. Either the whole dataset is there, or nothing of it."""

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from data import batches, child, configurations, limits
from data.names import identity_text, optional, optional_identity, safe_text
from data.parse import FileJob
from data.records import Configuration
from data.staging import Given, IngestError, StagedFile, check_pattern, content_key, path_fields, staged, title
from data.store import Cursor, RowsRefused, Store

__all__ = ["IngestError", "Options", "Progress", "ingest", "path_fields"]


@dataclass(frozen=True)
class Options:
    """How a dataset is to be read; part of its identity."""

    path_pattern: str | None = None
    """`{benchmark}/{agent}/*`: fields that the files do not name, from the path under the given folder."""
    mapping: dict[str, str] = field(default_factory=dict)
    is_example: bool = False
    is_simulated: bool = False


@dataclass(frozen=True)
class Progress:
    """Where an import stands."""

    stage: str
    """staging, reading or storing."""
    file: str
    files_done: int
    files: int
    rows: int


OnProgress = Callable[[Progress], None]


def ingest(
    store: Store,
    paths: Sequence[Given],
    *,
    name: str | None = None,
    owner: str = "local",
    options: Options = Options(),
    profile: str = "local",
    on_progress: OnProgress = lambda progress: None,
) -> str:
    """Read one folder or some files as one dataset and return its id; the same import again returns the dataset already there.

    A path may come with the name it is to be known by. `profile` is `local` or `upload`.

    Raises
    ------
    IngestError
        If nothing in the paths is a log, or every log was refused: nothing is kept then.
    """
    files: list[StagedFile] = []
    for f, n_files in staged(paths, limits.UPLOAD if profile == "upload" else limits.local(0)):
        files.append(f)
        if len(files) % 50 == 1:
            on_progress(Progress("staging", f.name, len(files) - 1, n_files, 0))
    check_pattern(options.path_pattern, files)
    key = content_key(files, owner, options.path_pattern, options.mapping)
    with store.cursor() as cursor:
        if known := _known(cursor, owner, key):
            return known
    with store.staging() as out:
        answer_key = secrets.token_bytes(32)
        _read(files, out, answer_key, options, profile, on_progress)
        if not any(f.result.get("accepted") for f in files):
            raise IngestError(_why_nothing(files))
        on_progress(Progress("storing", "", len(files), len(files), sum(f.result.get("accepted", 0) for f in files)))
        dataset = {
            "dataset": secrets.token_urlsafe(16), "name": safe_text(name) if name else title(paths), "owner": owner, "content_key": key,
            "created_at": datetime.now(UTC).replace(tzinfo=None), "version": 1, "is_example": options.is_example,
            "is_simulated": options.is_simulated,
            "options": json.dumps({"path": options.path_pattern, "mapping": options.mapping}, sort_keys=True),
            "answer_key_hex": answer_key.hex(),
        }  # fmt: skip
        try:
            return _commit(store, dataset, files, out)
        except (RowsRefused, pa.ArrowInvalid) as error:
            raise IngestError(f"{dataset['name']}: {str(error).partition(chr(10))[0][:200]} Nothing was kept.") from None


def _known(cursor: Cursor, owner: str, key: str) -> str | None:
    found = cursor.execute("select dataset from dataset where owner = ? and content_key = ?", [owner, key]).fetchone()
    return found[0] if found else None


def _read(files: list[StagedFile], out: Path, answer_key: bytes, options: Options, profile: str, on_progress: OnProgress) -> None:
    """Let the child read the files; each has its result afterwards."""
    folders: child.Folders = {}
    jobs = []
    for f in files:
        try:
            f"{f.name}{f.path}".encode()
        except UnicodeEncodeError:
            f.result = {"refusal": "its name is not UTF-8"}
            continue
        folders.setdefault(f.folder, {})[f.name.rpartition("/")[2]] = str(f.path)
        bounds = limits.UPLOAD if profile == "upload" else limits.local(f.bytes)
        jobs.append(FileJob(f.file_id, str(f.path), f.name, bounds, path_fields(options.path_pattern, f.name), options.mapping))
    results = child.read_files(
        jobs, folders, out, answer_key, lambda job, done, rows: on_progress(Progress("reading", job.name, done, len(jobs), rows))
    )
    for f in files:
        f.result = f.result or results[f.file_id]
        if f.has_changed():  # its digest was taken before: what was read may be something else
            f.result = {"refusal": "it changed while it was read"}


def _why_nothing(staged: list[StagedFile]) -> str:
    refused = [(f.name, f.result["refusal"]) for f in staged if f.result.get("refusal")]
    rows = [(f.name, p) for f in staged for p in f.result.get("problems", []) if p["refused"]]
    if refused:
        name, reason = refused[0]
        more = f" ({len(refused) - 1} more files were refused.)" if len(refused) > 1 else ""
        return f"{safe_text(name, 200)}: {reason}. Nothing was imported.{more}"
    if rows:
        name, problem = rows[0]
        return f"{safe_text(name, 200)}, {problem['locator']}: {problem['reason']} ({problem['n']} rows). Nothing was imported."
    names = safe_text(staged[0].name, 200) + (f" and {len(staged) - 1} more files" if len(staged) > 1 else "")
    return f"{names}: no format that Tradespace knows. A table needs a model or task column and a score, cost, token or time column."


def _commit(store: Store, dataset: dict[str, Any], files: list[StagedFile], out: Path) -> str:
    """Write everything in one transaction and return the dataset: the one of an equal import that was faster, if there is one."""
    own_id = dataset["dataset"]
    claimed = [f for f in files if f.result.get("importer")]
    records = {f.file_id: [msgspec.convert(c, Configuration) for c in f.result["configurations"]] for f in claimed}
    knobs = configurations.varying_settings(c for each in records.values() for c in each)
    rows = {(file_id, i): configurations.row(c, knobs) for file_id, each in records.items() for i, c in enumerate(each)}
    tasks, task_numbers = _tasks(claimed, dataset["name"])
    with store.transaction() as cursor:
        if known := _known(cursor, dataset["owner"], dataset["content_key"]):
            return known
        _insert(cursor, "configuration", list({r["configuration"]: r for r in rows.values()}.values()))
        _insert(cursor, "task", [{"dataset": own_id, "task_id": i, **task} for i, task in enumerate(tasks)])
        maps = {
            "configuration_map": (list(rows), [r["configuration"] for r in rows.values()], pa.int64()),
            "task_map": (list(task_numbers), list(task_numbers.values()), pa.int32()),
        }
        for view, (places, ids, kind) in maps.items():
            file_ids, numbers = pa.array([p[0] for p in places], pa.int32()), pa.array([p[1] for p in places], pa.int32())
            cursor.register(view, pa.table({"file_id": file_ids, "local": numbers, "id": pa.array(ids, kind)}))
        parameters: dict[str, Any] = {"dataset": own_id}
        ends = accumulate((f.result["attempts"] for f in claimed), initial=0)  # attempts are numbered on over the files
        firsts = {f.file_id: end for f, end in zip(claimed, ends, strict=False)}
        _load(cursor, "attempts", batches.ATTEMPTS, firsts, out, parameters)
        _load(cursor, "steps", batches.STEPS, firsts, out, parameters)
        _load(cursor, "summaries", batches.SUMMARIES, firsts, out, {**parameters, "benchmark": dataset["name"]})
        _count_repeats(cursor, own_id, claimed)
        totals = {f"n_{k}": sum(f.result.get(k, 0) for f in files) for k in ("read", "accepted", "refused")}
        _insert(cursor, "dataset", [{**dataset, **totals}])
        for table, what in (("dataset_file", _file_rows), ("problem", _problem_rows), ("note", _note_rows)):
            _insert(cursor, table, [{"dataset": own_id, "file_id": f.file_id, **row} for f in files for row in what(f)])
    return own_id


def _file_rows(f: StagedFile) -> list[dict]:
    r = f.result
    return [{
        "file": identity_text(f.name, 200), "sha256": f.sha256, "bytes": f.bytes, "importer": r.get("importer"),
        "importer_version": r.get("version"), **{f"n_{k}": r.get(k, 0) for k in ("read", "accepted", "refused")},
        "refusal": optional(r.get("refusal"), 300),
    }]  # fmt: skip


def _problem_rows(f: StagedFile) -> list[dict]:
    return [
        {**p, "locator": safe_text(p["locator"], 200), "field": optional(p["field"]), "reason": safe_text(p["reason"], 200)}
        for p in f.result.get("problems", [])
    ]


def _note_rows(f: StagedFile) -> list[dict]:
    return [{"text": safe_text(text, 300)} for text in f.result.get("notes", [])]


def _tasks(claimed: list[StagedFile], benchmark: str) -> tuple[list[dict], dict[tuple[int, int], int]]:
    """Return the tasks of all files, each once, and the number of each file's own: the same benchmark and name is the same task."""
    tasks: dict[tuple[str, str], dict] = {}
    numbers: dict[tuple[str, str], int] = {}
    mapped = {}
    for f in claimed:
        for i, task in enumerate(f.result["tasks"]):
            named = optional_identity(task["benchmark"]) or benchmark, identity_text(task["task"], batches.TASK_CHARS)
            if named not in tasks:
                numbers[named] = len(tasks)
                tasks[named] = {**task, "benchmark": named[0], "task": named[1]}
            mapped[f.file_id, i] = numbers[named]
    return list(tasks.values()), mapped


def _insert(cursor: Cursor, table: str, rows: list[dict]) -> None:
    """Insert rows of one table, their keys its columns; a configuration may be there already."""
    if rows:
        cursor.register("rows_in", pa.Table.from_pylist(rows))
        columns = ", ".join(rows[0])  # names of our own columns, no input
        cursor.execute(f"insert {'or ignore ' if table == 'configuration' else ''}into {table} ({columns}) select {columns} from rows_in")
        cursor.unregister("rows_in")


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield what the child wrote, if it wrote such a file."""
    if path.exists():
        with pa.OSFile(str(path)) as stream:
            reader = pa.ipc.open_file(stream)
            if not reader.schema.equals(schema):
                raise pa.ArrowInvalid("the child wrote another schema")
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)


def _load(cursor: Cursor, kind: str, schema: pa.Schema, firsts: dict[int, int], out: Path, parameters: dict[str, Any]) -> None:
    """Insert the child's Arrow files, many small ones at once: a statement for each file took most of the time of a large folder."""
    text = (Path(__file__).parent / "queries" / f"load_{kind}.sql").read_text()
    waiting: list[pa.Table] = []
    n_waiting = 0

    def insert() -> None:
        if waiting:
            cursor.register("incoming", pa.concat_tables(waiting))
            cursor.execute(text, parameters)
            cursor.unregister("incoming")
            waiting.clear()

    for file_id, first in firsts.items():
        for batch in _batches(out / f"{file_id}.{kind}.arrow", schema):
            table = pa.Table.from_batches([batch])
            for name, value, of in (("file_id", file_id, pa.int32()), ("first", first, pa.int64())):
                table = table.append_column(name, pa.repeat(pa.scalar(value, of), batch.num_rows))
            waiting.append(table)
            n_waiting += batch.num_rows
            if n_waiting >= batches.BATCH_ROWS:
                insert()
                n_waiting = 0
    insert()


def _count_repeats(cursor: Cursor, dataset: str, claimed: list[StagedFile]) -> None:
    """Remove tries that were met twice and tell of rows that look alike; counts and problems of the files follow."""
    query = (Path(__file__).parent / "queries" / "repeats.sql").read_text()
    cursor.execute(f"create or replace temp table repeated as {query}", {"dataset": dataset})
    for table in ("step", "attempt"):
        cursor.execute(
            f"delete from {table} where dataset = ? and attempt_id in (select attempt_id from repeated where refused)", [dataset]
        )
    by_id = {f.file_id: f.result for f in claimed}
    kinds = cursor.execute(
        "select file_id, refused, reason, arg_min(locator, attempt_id), count(*) from repeated group by all order by all"
    ).fetchall()
    for file_id, refused, reason, locator, n in kinds:
        result = by_id[file_id]
        about = None if refused else "attempt"
        result["problems"].append({"locator": locator, "field": about, "reason": reason, "refused": refused, "n": n})
        if refused:
            result["accepted"] -= n
            result["refused"] += n
    cursor.execute("drop table repeated")
