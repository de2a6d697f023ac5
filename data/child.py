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

OnRows = Callable[[FileJob, int, int], None]
"""on_rows(job, files done, rows so far)"""


def read_files(jobs: list[FileJob], out: Path, answer_key: bytes, on_rows: OnRows) -> dict[int, dict]:
    """Return for each file what the child found, or its refusal. The Arrow batches lie in `out`."""
    results: dict[int, dict] = {}
    while waiting := [job for job in jobs if job.file_id not in results]:
        failed = _run(waiting, out, answer_key, lambda job, rows: on_rows(job, len(results), rows), results)
        if failed is not None:
            job, reason = failed
            results[job.file_id] = {"refusal": reason}
            for leftover in out.glob(f"{job.file_id}.*"):
                leftover.unlink()
    return results


def _run(
    jobs: list[FileJob], out: Path, answer_key: bytes, on_rows: Callable[[FileJob, int], None], results: dict
) -> tuple[FileJob, str] | None:
    """Start one child on these files; return the file it died on, if it died."""
    by_id = {job.file_id: job for job in jobs}
    process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_ENVIRONMENT, cwd=out)
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    assert stdin is not None  # these are pipes, as asked for above
    assert stdout is not None
    assert stderr is not None
    current, since = jobs[0], time.monotonic()
    try:
        stdin.write(encoded(Manifest(out=str(out), answer_key=answer_key.hex(), files=jobs)))
        stdin.close()
    except BrokenPipeError:
        pass  # it died at once; its exit tells why
    buffer = b""
    with selectors.DefaultSelector() as ready:
        ready.register(stdout, selectors.EVENT_READ)
        ready.register(stderr, selectors.EVENT_READ)
        while ready.get_map():
            left = current.limits.wall_s - (time.monotonic() - since)
            events = ready.select(timeout=max(left, 0.01)) if left > 0 else []
            if not events:
                process.kill()
                process.wait()
                return current, f"reading it was stopped after {current.limits.wall_s:.0f} s"
            for key, _ in events:
                piece = os.read(key.fd, 65536)
                if not piece:
                    ready.unregister(key.fileobj)
                elif key.fileobj is stdout:
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
    code = process.wait()
    if code == 0:
        return None
    if current.file_id in results:
        unread = [job for job in jobs if job.file_id not in results]
        return (unread[0], _why(code, unread[0])) if unread else None
    return current, _why(code, current)


def _why(code: int, job: FileJob) -> str:
    if code == -24:  # SIGXCPU
        return f"reading it was stopped after {job.limits.cpu_s:.0f} s of computing"
    if code == -25:  # SIGXFSZ
        return "it expands to more than is allowed"
    return (
        "it could not be read safely: the reading process ended by itself" if code > 0 else f"it could not be read safely (signal {-code})"
    )
