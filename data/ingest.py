"""From files to a dataset: stage → parse in a child → check → one transaction. Either the whole dataset is there, or nothing of it."""

import hashlib
import json
import re
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from data import batches, child, configurations, limits
from data.names import optional, safe_text
from data.parse import FileJob
from data.records import Configuration
from data.store import Cursor, RowsRefused, Store


class IngestError(Exception):
    """Nothing was imported; the text is one sentence with file, place and cause."""


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


@dataclass
class _File:
    file_id: int
    path: Path
    name: str
    sha256: str
    result: dict


def ingest(
    store: Store,
    paths: Sequence[Path],
    *,
    name: str | None = None,
    owner: str = "local",
    options: Options = Options(),
    profile: str = "local",
    on_progress: OnProgress = lambda progress: None,
) -> str:
    """Read one folder or some files as one dataset and return its id; the same import again returns the dataset already there.

    Raises
    ------
    IngestError
        If nothing in the paths is a log, or every log was refused: nothing is kept then.
    """
    staged = _staged(paths, options, on_progress)
    key = _content_key(staged, owner, options)
    with store.cursor() as cursor:
        known = cursor.execute("select dataset from dataset where content_key = ? and owner = ?", [key, owner]).fetchone()
    if known:
        return known[0]
    with tempfile.TemporaryDirectory(prefix="tradespace-") as folder:
        out, answer_key = Path(folder), secrets.token_bytes(32)
        jobs = [_job(f, staged, options, profile) for f in staged]
        results = child.read_files(
            jobs, out, answer_key, lambda job, done, rows: on_progress(Progress("reading", job.name, done, len(jobs), rows))
        )
        for f in staged:
            f.result = results[f.file_id]
        if not any(f.result.get("accepted") for f in staged):
            raise IngestError(_why_nothing(staged))
        on_progress(Progress("storing", "", len(jobs), len(jobs), sum(f.result.get("accepted", 0) for f in staged)))
        dataset = secrets.token_urlsafe(16)
        title = safe_text(name or (paths[0].stem if len(paths) == 1 else f"{paths[0].stem} and {len(paths) - 1} more"))
        try:
            _commit(store, dataset, title, owner, key, options, staged, out)
        except (RowsRefused, pa.ArrowInvalid) as error:
            raise IngestError(f"{title}: {str(error).partition(chr(10))[0][:200]} Nothing was kept.") from None
    return dataset


def path_fields(pattern: str | None, name: str) -> dict[str, str]:
    """Return what a path under the given folder tells.

    >>> path_fields("{agent}/{model}/*", "openhands/qwen3-32B/stats.json")
    {'agent': 'openhands', 'model': 'qwen3-32B'}
    >>> path_fields("{model}.json", "a/b.json")
    {}
    """
    if not pattern:
        return {}
    parts = re.split(r"(\{\w+\}|\*\*|\*)", pattern.strip("/"))
    forms = {"**": ".*", "*": "[^/]*"}
    try:
        form = "".join(forms.get(p) or (f"(?P<{p[1:-1]}>[^/]+?)" if p.startswith("{") else re.escape(p)) for p in parts)
        found = re.fullmatch(form, name)
    except re.error as error:
        raise IngestError(f"The path pattern {pattern} cannot be read: {error}.") from None
    return found.groupdict() if found else {}


def _staged(paths: Sequence[Path], options: Options, on_progress: OnProgress) -> list[_File]:
    found: list[tuple[str, Path]] = []
    for path in map(Path.absolute, paths):
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.relative_to(path).parts))
            found += [(p.relative_to(path).as_posix(), p) for p in inside]
        elif path.is_file():
            found.append((path.name, path))
        else:
            raise IngestError(f"{safe_text(str(path), 300)} does not exist.")
    if not found:
        raise IngestError(f"{safe_text(str(paths[0]), 300)} holds no file.")
    staged = []
    for file_id, (name, path) in enumerate(sorted(found)):
        if file_id % 50 == 0:
            on_progress(Progress("staging", name, file_id, len(found), 0))
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise IngestError(f"{safe_text(name, 300)} cannot be read: {error.strerror}.") from None
        staged.append(_File(file_id, path, name, digest, {}))
    return staged


def _content_key(staged: list[_File], owner: str, options: Options) -> str:
    from data.importers import FALLBACK, IMPORTERS

    versions = [(i.FORMAT.name, i.FORMAT.version) for i in (*IMPORTERS, FALLBACK)]
    identity = [[(f.name, f.sha256) for f in staged], owner, options.path_pattern, sorted(options.mapping.items()), versions]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _job(f: _File, staged: list[_File], options: Options, profile: str) -> FileJob:
    folder = f.name.rpartition("/")[0]
    around = {folder.rpartition("/")[0], folder}  # a job's own file often lies above the folder of its trials
    near = sorted((o for o in staged if o is not f and o.name.rpartition("/")[0] in around), key=lambda o: len(o.name.rpartition("/")[0]))
    siblings = {o.name.rpartition("/")[2]: str(o.path) for o in near}
    return FileJob(
        file_id=f.file_id,
        path=str(f.path),
        name=f.name,
        limits=limits.UPLOAD if profile == "upload" else limits.local(f.path.stat().st_size),
        fields=path_fields(options.path_pattern, f.name),
        mapping=options.mapping,
        siblings=siblings if len(siblings) <= 1000 else {},
    )


def _why_nothing(staged: list[_File]) -> str:
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


def _commit(store: Store, dataset: str, title: str, owner: str, key: str, options: Options, staged: list[_File], out: Path) -> None:
    claimed = [f for f in staged if f.result.get("importer")]
    records = {f.file_id: [msgspec.convert(c, Configuration) for c in f.result["configurations"]] for f in claimed}
    knobs = configurations.varying_settings(c for each in records.values() for c in each)
    rows = {(file_id, i): configurations.row(c, knobs) for file_id, each in records.items() for i, c in enumerate(each)}
    tasks = _tasks(claimed, title)
    task_rows = [[dataset, i, *fields] for fields, i in sorted(tasks["rows"].items(), key=lambda item: item[1])]
    with store.transaction() as cursor:
        _insert(cursor, "configuration", {r["configuration"]: list(r.values()) for r in rows.values()}, list(next(iter(rows.values()))))
        if task_rows:
            columns = ("dataset", "task_id", "benchmark", "task", "task_group", "difficulty", "human_minutes", "human_cost_usd", "weight")
            cursor.register("rows_in", pa.table({c: [r[i] for r in task_rows] for i, c in enumerate(columns)}))
            cursor.execute("insert into task select * from rows_in")
            cursor.unregister("rows_in")
        maps = {
            "configuration_map": pa.table({
                "file_id": pa.array([k[0] for k in rows], pa.int32()),
                "local": pa.array([k[1] for k in rows], pa.int32()),
                "id": pa.array([r["configuration"] for r in rows.values()], pa.int64()),
            }),
            "task_map": pa.table({
                "file_id": pa.array([k[0] for k in tasks["map"]], pa.int32()),
                "local": pa.array([k[1] for k in tasks["map"]], pa.int32()),
                "id": pa.array(list(tasks["map"].values()), pa.int32()),
            }),
        }  # fmt: skip
        for view, table in maps.items():
            cursor.register(view, table)
        offset = 0
        for f in claimed:
            parameters = {"dataset": dataset, "file_id": f.file_id, "first": offset}
            offset += _load(cursor, "load_attempts", out / f"{f.file_id}.attempts.arrow", batches.ATTEMPTS, parameters)
            _load(cursor, "load_steps", out / f"{f.file_id}.steps.arrow", batches.STEPS, {"dataset": dataset, "first": parameters["first"]})
            _load(cursor, "load_summaries", out / f"{f.file_id}.summaries.arrow", batches.SUMMARIES,
                  {"dataset": dataset, "file_id": f.file_id, "benchmark": title})  # fmt: skip
        _count_repeats(cursor, dataset, claimed)
        totals = [sum(f.result.get(k, 0) for f in staged) for k in ("read", "accepted", "refused")]
        written = json.dumps({"path": options.path_pattern, "mapping": options.mapping}, sort_keys=True)
        now = datetime.now(UTC).replace(tzinfo=None)
        cursor.execute(
            "insert into dataset values (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
            [dataset, title, owner, key, now, options.is_example, options.is_simulated, written, *totals],
        )
        for f in staged:
            r = f.result
            cursor.execute(
                "insert into dataset_file values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [dataset, f.file_id, safe_text(f.name, 200), f.sha256, f.path.stat().st_size, r.get("importer"), r.get("version"),
                 r.get("read", 0), r.get("accepted", 0), r.get("refused", 0), optional(r.get("refusal"), 300)],
            )  # fmt: skip
            for p in r.get("problems", []):
                place, about, why = safe_text(p["locator"], 200), optional(p["field"]), safe_text(p["reason"], 200)
                cursor.execute(
                    "insert into problem values (?, ?, ?, ?, ?, ?, ?)", [dataset, f.file_id, place, about, why, p["refused"], p["n"]]
                )
            for text in r.get("notes", []):
                cursor.execute("insert into note values (?, ?, ?)", [dataset, f.file_id, safe_text(text, 300)])


def _tasks(claimed: list[_File], title: str) -> dict:
    """Return the tasks of all files, each numbered once: the same benchmark and name is the same task."""
    number: dict[tuple[str, str], int] = {}
    rows: dict[tuple, int] = {}
    mapped: dict[tuple[int, int], int] = {}
    for f in claimed:
        for i, t in enumerate(f.result["tasks"]):
            benchmark, task = optional(t["benchmark"]) or title, safe_text(t["task"], 200) or "(unnamed)"
            if (benchmark, task) not in number:
                number[benchmark, task] = len(number)
                more = (optional(t["task_group"]), optional(t["difficulty"]), t["human_minutes"], t["human_cost_usd"], t["weight"])
                rows[benchmark, task, *more] = number[benchmark, task]
            mapped[f.file_id, i] = number[benchmark, task]
    return {"rows": rows, "map": mapped}


def _insert(cursor: Cursor, table: str, rows: dict, columns: list[str]) -> None:
    values = list(rows.values())
    cursor.register("rows_in", pa.table({c: [r[i] for r in values] for i, c in enumerate(columns)}))
    order = ", ".join(columns)
    cursor.execute(f"insert or ignore into {table} ({order}) select {order} from rows_in")  # names of our own columns, no input
    cursor.unregister("rows_in")


def _load(cursor: Cursor, query: str, path: Path, schema: pa.Schema, parameters: dict) -> int:
    """Insert one Arrow file of the child, batch by batch, and return its number of rows."""
    if not path.exists():
        return 0
    text = (Path(__file__).parent / "queries" / f"{query}.sql").read_text()
    rows = 0
    with pa.memory_map(str(path)) as stream:
        reader = pa.ipc.open_file(stream)
        if not reader.schema.equals(schema):
            raise pa.ArrowInvalid("the child wrote another schema")
        for i in range(reader.num_record_batches):
            batch = reader.get_batch(i)
            cursor.register("incoming", pa.Table.from_batches([batch]))
            cursor.execute(text, parameters)
            cursor.unregister("incoming")
            rows += batch.num_rows
    return rows


def _count_repeats(cursor: Cursor, dataset: str, claimed: list[_File]) -> None:
    """Remove tries that were met twice and tell of rows that look alike; counts and problems of the files follow."""
    queries = Path(__file__).parent / "queries"
    repeats = cursor.execute((queries / "repeated_attempts.sql").read_text(), {"dataset": dataset}).fetchall()
    by_id = {f.file_id: f.result for f in claimed}
    gone = [attempt_id for attempt_id, *_ in repeats]
    for _, file_id, locator, reason in repeats:
        result = by_id[file_id]
        result["accepted"] -= 1
        result["refused"] += 1
        _add_problem(result, locator, None, reason, refused=True)
    if gone:
        cursor.register("gone", pa.table({"attempt_id": pa.array(gone, pa.int64())}))
        for table in ("step", "attempt"):
            cursor.execute(f"delete from {table} where dataset = ? and attempt_id in (select attempt_id from gone)", [dataset])
        cursor.unregister("gone")
    for file_id, locator, n in cursor.execute((queries / "equal_rows.sql").read_text(), {"dataset": dataset}).fetchall():
        _add_problem(by_id[file_id], locator, "attempt", "equals an earlier row; without an attempt column each row is an attempt", n=n)


def _add_problem(result: dict, locator: str, about: str | None, reason: str, *, refused: bool = False, n: int = 1) -> None:
    for problem in result["problems"]:
        if (problem["field"], problem["reason"], problem["refused"]) == (about, reason, refused):
            problem["n"] += n
            return
    result["problems"].append({"locator": locator, "field": about, "reason": reason, "refused": refused, "n": n})
