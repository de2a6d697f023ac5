"""The child process: reads files that nobody vouches for, under hard limits, and writes Arrow batches of a fixed schema.

Started by `data/ingest.py`, never imported for its effects. It gets its limits as its argument, a manifest on standard input and reports
one JSON line for each event on standard output; whatever a file does to it, the parent goes on.
"""

import errno
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from data.limits import Limits

Say = Callable[..., None]
"""say(event, file_id=…, …): tells the parent one event."""


@dataclass
class FileJob:
    """One file to read."""

    file_id: int
    path: str
    name: str
    limits: Limits
    fields: dict[str, str]
    mapping: dict[str, str]


@dataclass
class Manifest:
    """What the parent asks for."""

    out: str
    answer_key: str
    folders: dict[str, dict[str, str]]
    """Folder → name → path of all files of the dataset."""
    files: list[FileJob]


class Beside(Mapping[str, str]):
    """The other files of a file's folder, and under free names those of the folder above, where a job's own file often lies.

    A view: a copy for each file would make an import quadratic in its files.
    """

    def __init__(self, folders: dict[str, dict[str, str]], name: str):
        folder, _, self._own_name = name.rpartition("/")
        above = folder.rpartition("/")[0]
        self._here = folders.get(folder, {})
        self._above = folders.get(above, {}) if above != folder else {}

    def __getitem__(self, name: str) -> str:
        return self._here[name] if name in self._here and name != self._own_name else self._above[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._above
        yield from (name for name in self._here if name != self._own_name and name not in self._above)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def set_limits(limits: Limits) -> None:
    """Bind this process: memory, file size, open files, no core dump. CPU time is set for each file."""
    for kind, value in (
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        value = _allowed(kind, value)  # noqa: PLW2901
        resource.setrlimit(kind, (value, value))


def grant_cpu(seconds: float) -> None:
    """Let this process compute for so many seconds from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = _allowed(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _allowed(kind: int, value: int) -> int:
    """Return the value, or the hard limit that this process was started under if that is lower: a higher one would be an error."""
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def private_events() -> Say:
    """Return how to tell the parent an event; standard output goes to standard error from now on, for a library may print."""
    stream = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def say(event: str, **words) -> None:
        stream.write(msgspec.json.encode({"event": event, **words}) + b"\n")

    return say


class Reading:
    """The state of reading one file: writers, problems, counts."""

    def __init__(self, job: FileJob, out: Path, answer_key: bytes):
        from data import batches

        self.job, self.answer_key, self.batches = job, answer_key, batches
        self.attempts = batches.BatchWriter(out / f"{job.file_id}.attempts.arrow", batches.ATTEMPTS)
        self.steps = batches.BatchWriter(out / f"{job.file_id}.steps.arrow", batches.STEPS)
        self.summaries = batches.BatchWriter(out / f"{job.file_id}.summaries.arrow", batches.SUMMARIES)
        self.configurations, self.tasks = batches.Numbering(), batches.Numbering()
        self.problems: Counter = Counter()
        self.first_place: dict[tuple, str] = {}
        self.further_place: dict[bool, str] = {}
        self.notes: list[str] = []
        self.published = 0

    def report(self, locator: str, field: str | None, reason: str, *, refused: bool = False) -> None:
        """Count a problem; the first place of each kind is kept, and of the kinds beyond the limit one together."""
        key = (field, reason, refused)
        self.problems[key] += 1
        if key in self.first_place:
            return
        if len(self.first_place) < self.job.limits.problems:
            self.first_place[key] = locator
        else:
            self.further_place.setdefault(refused, locator)

    def take(self, record) -> None:
        """Write one record."""
        from data.records import Attempt, Note, Problem, Summary

        if isinstance(record, Attempt):
            ordinal = self.attempts.rows
            configuration, task = self.configurations(record.configuration), self.tasks(record.task)
            steps = [
                self.batches.step_row(step, ordinal, step_id, record.locator, self.report) for step_id, step in enumerate(record.steps)
            ]
            self.attempts.add(self.batches.attempt_row(record, ordinal, configuration, task, steps, self.answer_key, self.report))
            for step in steps:
                self.steps.add(step)
        elif isinstance(record, Summary):
            is_result = record.round == record.n_rounds
            if reason := self.batches.unusable(record):
                if is_result:
                    self.report(record.locator, None, reason, refused=True)
                return
            self.summaries.add(self.batches.summary_row(record, self.configurations(record.configuration), self.report))
            self.published += is_result
        elif isinstance(record, Problem):
            self.report(record.locator, record.field, record.reason, refused=record.refused)
        elif isinstance(record, Note):
            self.notes.append(record.text)

    def result(self) -> dict:
        """Return what the parent needs beside the batches."""
        tasks = [self.batches.task_row(t, f"task {i}", self.report) for i, t in enumerate(self.tasks.items, start=1)]
        refused = sum(n for (_, _, is_refused), n in self.problems.items() if is_refused)
        accepted = self.attempts.rows + self.published
        return {
            "read": accepted + refused,
            "accepted": accepted,
            "refused": refused,
            "attempts": self.attempts.rows,
            "configurations": [msgspec.to_builtins(c) for c in self.configurations.items],
            "tasks": tasks,
            "problems": [
                *(
                    {"locator": place, "field": key[0], "reason": key[1], "refused": key[2], "n": self.problems[key]}
                    for key, place in self.first_place.items()
                ),
                *(self._further(is_refused) for is_refused in self.further_place),
            ],
            "notes": self.notes,
        }

    def _further(self, refused: bool) -> dict:
        """Return the kinds of problems beyond the limit as one."""
        counts = [n for key, n in self.problems.items() if key[2] == refused and key not in self.first_place]
        reason = f"and {len(counts)} more kinds of problems"
        return {"locator": self.further_place[refused], "field": None, "reason": reason, "refused": refused, "n": sum(counts)}


def read_file(job: FileJob, beside: Mapping[str, str], out: Path, answer_key: bytes, say: Say) -> dict:
    """Read one file; the answer says what was found or why the file was refused."""
    from data.importers import identify
    from data.records import Refused, Source

    path = Path(job.path)
    try:
        if path.stat().st_size == 0:
            raise Refused("the file is empty")
        if path.stat().st_size > job.limits.file_bytes:
            raise Refused(f"the file is over {job.limits.file_bytes // 2**20} MB")
        importer = identify(path)
        if importer is None:
            return {"importer": None}
        reading = Reading(job, out, answer_key)
        source = Source(name=job.name, fields=job.fields, mapping=job.mapping, siblings=beside)
        for count, record in enumerate(importer.read(path, source, job.limits), start=1):
            reading.take(record)
            if count > job.limits.rows:
                raise Refused(f"the file has over {job.limits.rows:,} rows")
            if count % 20_000 == 0:
                say("rows", file_id=job.file_id, rows=count)
        for writer in (reading.attempts, reading.steps, reading.summaries):
            writer.close()
        result = reading.result()
        if not result["accepted"] and not result["refused"] and not result["notes"]:
            raise Refused("the file holds no record")
        return {"importer": importer.FORMAT.name, "version": importer.FORMAT.version, **result}
    except Refused as error:
        return {"refusal": str(error)}
    except MemoryError:
        return {"refusal": "reading it needs more memory than is allowed"}
    except RecursionError:
        return {"refusal": "it is nested too deeply"}
    except OSError as error:
        return {"refusal": _told(error)}
    except Exception as error:  # an importer met a shape nobody thought of: this file is refused, the next one is read
        return {"refusal": f"it has not the shape of its format ({type(error).__name__})"}


def _told(error: OSError) -> str:
    # Python ignores SIGXFSZ: writing beyond RLIMIT_FSIZE is this error instead
    return "it expands to more than is allowed" if error.errno == errno.EFBIG else (
        f"it cannot be read: {error.strerror or type(error).__name__}"
    )  # fmt: skip


def main() -> None:
    """Take on the limits, then read the manifest and every file in turn."""
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    grant_cpu(limits.cpu_s)
    set_limits(limits)
    os.umask(0o077)
    say = private_events()
    manifest = msgspec.json.decode(sys.stdin.buffer.read(), type=Manifest)
    out, answer_key = Path(manifest.out), bytes.fromhex(manifest.answer_key)
    for job in manifest.files:
        grant_cpu(job.limits.cpu_s)
        say("start", file_id=job.file_id)
        result = read_file(job, Beside(manifest.folders, job.name), out, answer_key, say)
        found = out / f"{job.file_id}.json"
        try:
            found.write_bytes(msgspec.json.encode(result))
        except OSError as error:
            found.write_bytes(msgspec.json.encode({"refusal": _told(error)}))
        say("done", file_id=job.file_id)


def encoded(what: Manifest | Limits) -> bytes:
    """Return the manifest or the limits as the child reads them."""
    return msgspec.json.encode(asdict(what))
