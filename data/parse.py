"""The child process: reads files that nobody vouches for, under hard limits, and writes Arrow batches of a fixed schema.

Started by `data/ingest.py`, never imported for its effects. It gets a manifest on standard input and reports one JSON line for each
event on standard output; whatever a file does to it, the parent goes on.
"""

import os
import resource
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from data.limits import Limits


@dataclass
class FileJob:
    """One file to read."""

    file_id: int
    path: str
    name: str
    limits: Limits
    fields: dict[str, str]
    mapping: dict[str, str]
    siblings: dict[str, str]


@dataclass
class Manifest:
    """What the parent asks for."""

    out: str
    answer_key: str
    files: list[FileJob]


def set_limits(limits: Limits) -> None:
    """Bind this process: memory, file size, open files, no core dump. CPU time is set for each file."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space_bytes, limits.address_space_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def grant_cpu(seconds: float) -> None:
    """Let this process compute for so many seconds from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 1, resource.RLIM_INFINITY))


def say(event: str, **words) -> None:
    """Tell the parent one event."""
    sys.stdout.buffer.write(msgspec.json.encode({"event": event, **words}) + b"\n")
    sys.stdout.buffer.flush()


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
        self.notes: list[str] = []
        self.published = 0

    def report(self, locator: str, field: str | None, reason: str, *, refused: bool = False) -> None:
        """Count a problem; the first place of each kind is kept."""
        key = (field, reason, refused)
        self.problems[key] += 1
        if key not in self.first_place and len(self.first_place) < self.job.limits.problems:
            self.first_place[key] = locator

    def take(self, record) -> None:
        """Write one record."""
        from data.records import Attempt, Note, Problem, Summary

        if isinstance(record, Attempt):
            ordinal = self.attempts.rows
            configuration, task = self.configurations(record.configuration), self.tasks(record.task)
            self.attempts.add(self.batches.attempt_row(record, ordinal, configuration, task, self.answer_key, self.report))
            for step_id, step in enumerate(record.steps):
                self.steps.add(self.batches.step_row(step, ordinal, step_id, record.locator, self.report))
        elif isinstance(record, Summary):
            self.summaries.add(self.batches.summary_row(record, self.configurations(record.configuration), self.report))
            self.published += record.round == record.n_rounds
        elif isinstance(record, Problem):
            self.report(record.locator, record.field, record.reason, refused=record.refused)
        elif isinstance(record, Note):
            self.notes.append(record.text)

    def result(self) -> dict:
        """Return what the parent needs beside the batches."""
        refused = sum(n for (_, _, is_refused), n in self.problems.items() if is_refused)
        accepted = self.attempts.rows + self.published
        return {
            "read": accepted + refused,
            "accepted": accepted,
            "refused": refused,
            "configurations": [msgspec.to_builtins(c) for c in self.configurations.items],
            "tasks": [msgspec.to_builtins(t) for t in self.tasks.items],
            "problems": [
                {"locator": place, "field": key[0], "reason": key[1], "refused": key[2], "n": self.problems[key]}
                for key, place in self.first_place.items()
            ],
            "notes": self.notes,
        }


def read_file(job: FileJob, out: Path, answer_key: bytes) -> dict:
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
        source = Source(name=job.name, fields=job.fields, mapping=job.mapping, siblings=job.siblings)
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
        return {"refusal": f"it cannot be read: {error.strerror or type(error).__name__}"}
    except Exception as error:  # an importer met a shape nobody thought of: this file is refused, the next one is read
        return {"refusal": f"it has not the shape of its format ({type(error).__name__})"}


def main() -> None:
    """Read the manifest, then every file in turn."""
    manifest = msgspec.convert(msgspec.json.decode(sys.stdin.buffer.read()), Manifest)
    largest = max(manifest.files, key=lambda job: job.limits.address_space_bytes).limits
    grant_cpu(largest.cpu_s)
    set_limits(largest)
    os.umask(0o077)
    for job in manifest.files:
        grant_cpu(job.limits.cpu_s)
        say("start", file_id=job.file_id)
        result = read_file(job, Path(manifest.out), bytes.fromhex(manifest.answer_key))
        (Path(manifest.out) / f"{job.file_id}.json").write_bytes(msgspec.json.encode(result))
        say("done", file_id=job.file_id)


def encoded(manifest: Manifest) -> bytes:
    """Return the manifest as the child reads it."""
    return msgspec.json.encode(asdict(manifest))
