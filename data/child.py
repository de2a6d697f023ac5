"""Runs the child process that parses files, and survives whatever it does: a file that kills it is refused, the rest is read."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from data.parse import FileJob, Manifest, encoded

ROOT = Path(__file__).parent.parent
_COMMAND = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); from data.parse import main; main()"]
_ENVIRONMENT = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "LANG": "C.UTF-8"}
_EXIT_S = 10
"""For a child that has closed its events to end."""

OnRows = Callable[[FileJob, int, int], None]
"""on_rows(job, files done, rows so far)"""
Folders = dict[str, dict[str, str]]
"""Folder → name → path of all files of the dataset."""


def read_files(jobs: list[FileJob], folders: Folders, out: Path, answer_key: bytes, on_rows: OnRows) -> dict[int, dict]:
    """Return for each file what the child found, or its refusal. The Arrow batches lie in `out`."""
    results: dict[int, dict] = {}
    while waiting := [job for job in jobs if job.file_id not in results]:
        manifest = out / "manifest.json"
        manifest.write_bytes(encoded(Manifest(out=str(out), answer_key=answer_key.hex(), folders=folders, files=waiting)))
        failed = _run(waiting, manifest, out, lambda job, rows: on_rows(job, len(results), rows), results)
        if failed is not None:
            job, reason = failed
            results[job.file_id] = {"refusal": reason}
            for leftover in out.glob(f"{job.file_id}.*"):
                leftover.unlink()
    return results


def _run(
    jobs: list[FileJob], manifest: Path, out: Path, on_rows: Callable[[FileJob, int], None], results: dict
) -> tuple[FileJob, str] | None:
    """Start one child on these files; return the file it died on, if it died. Whatever happens here, it is gone afterwards."""
    largest = max(jobs, key=lambda job: job.limits.address_space_bytes).limits
    with manifest.open("rb") as asked:
        process = subprocess.Popen(
            [*_COMMAND, encoded(largest).decode()],
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd=out,
        )
    try:
        return _followed(process, jobs, out, on_rows, results)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None  # a pipe, as asked for above
        process.stdout.close()


def _followed(
    process: subprocess.Popen, jobs: list[FileJob], out: Path, on_rows: Callable[[FileJob, int], None], results: dict
) -> tuple[FileJob, str] | None:
    """Take the child's events until it has ended or its time is over."""
    assert process.stdout is not None
    by_id = {job.file_id: job for job in jobs}
    current, since = jobs[0], time.monotonic()

    def failed(why: Callable[[FileJob], str]) -> tuple[FileJob, str] | None:
        unread = [job for job in (current, *jobs) if job.file_id not in results]
        return (unread[0], why(unread[0])) if unread else None

    buffer = b""
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = current.limits.wall_s - (time.monotonic() - since)
            if left <= 0 or not ready.select(timeout=left):
                return failed(lambda job: f"reading it was stopped after {job.limits.wall_s:.0f} s")
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                break
            *lines, buffer = (buffer + piece).split(b"\n")
            for line in lines:
                event = msgspec.json.decode(line)
                current = by_id[event["file_id"]]
                if event["event"] == "start":
                    since = time.monotonic()
                    on_rows(current, 0)
                elif event["event"] == "rows":
                    on_rows(current, event["rows"])
                else:
                    results[current.file_id] = msgspec.json.decode((out / f"{current.file_id}.json").read_bytes())
    try:
        code = process.wait(timeout=_EXIT_S)
    except subprocess.TimeoutExpired:
        return failed(lambda job: "it could not be read safely: the reading process did not end")
    return failed(lambda job: _why(code, job))


def _why(code: int, job: FileJob) -> str:
    if code == -24:  # SIGXCPU
        return f"reading it was stopped after {job.limits.cpu_s:.0f} s of computing"
    return "it could not be read safely" + (f" (signal {-code})" if code < 0 else ": the reading process ended by itself")
