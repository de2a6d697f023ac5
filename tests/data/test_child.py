"""The child process: whatever happens on either side, no process stays behind and no file takes another one with it."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import child, limits, parse
from data.ingest import ingest
from data.store import Store


def write(path: Path, n: int, **more) -> Path:
    path.write_text("".join(json.dumps({"model": "m", "task": f"t{i}", "score": i % 2, **more}) + "\n" for i in range(n)))
    return path


def jobs_of(*paths: Path, **changed) -> list[parse.FileJob]:
    return [parse.FileJob(i, str(p), p.name, replace(limits.UPLOAD, **changed), {}, {}) for i, p in enumerate(paths)]


def read(out: Path, *paths: Path, **changed) -> list[dict]:
    out.mkdir()
    return list(child.read_files(jobs_of(*paths, **changed), {}, out, b"k" * 32, lambda *_: None).values())


def with_reader(monkeypatch, code: str) -> None:
    """Let the child run this code in place of its function that reads one file (`r`)."""
    command = child._COMMAND[-1].replace("main()", f"import os, time, data.parse as p; r = p.read_file; p.read_file = {code}; main()")
    monkeypatch.setattr(child, "_COMMAND", [*child._COMMAND[:-1], command])


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_the_child_is_gone_when_the_one_who_asked_stops(tmp_path):
    """A page that is left ends its script with an exception out of the progress callback: the child went on for minutes, unseen."""

    class Stop(BaseException):
        pass

    def stop(progress):
        if progress.stage == "reading":
            assert children() - before
            raise Stop

    before = children()
    with pytest.raises(Stop):
        ingest(Store(), [write(tmp_path / "a.jsonl", 50_000)], on_progress=stop)
    assert children() == before


def test_a_library_that_prints_does_not_garble_the_events(tmp_path, monkeypatch):
    """Events and standard output were one stream: a warning printed by a parser made the import fail with a decoding error."""
    with_reader(monkeypatch, "lambda job, *rest: (print('hello', flush=True), os.system('echo {'), r(job, *rest))[-1]")
    (found,) = read(tmp_path / "out", write(tmp_path / "a.jsonl", 5))
    assert found["accepted"] == 5


def test_a_file_that_expands_too_far_is_told_so(tmp_path):
    """Python ignores the signal of the file size limit, so what was waited for never came and the sentence was about an OSError."""
    paths = write(tmp_path / "a.jsonl", 2000, run_id="x"), write(tmp_path / "b.jsonl", 5)
    large, small = read(tmp_path / "out", *paths, output_bytes=20_000)
    assert large == {"refusal": "it expands to more than is allowed"}
    assert small["accepted"] == 5


@pytest.mark.parametrize(
    ("code", "told"),
    [("os._exit(0)", "ended by itself"), ("os.abort()", "(signal 6)"), ("(os.closerange(3, 64), time.sleep(60))", "did not end"),
     ("time.sleep(60)", "stopped after 4 s")],
)  # fmt: skip
def test_a_child_that_ends_or_hangs_in_any_way_costs_one_file(tmp_path, monkeypatch, code, told):
    """An early exit with code 0 was taken for success, and the same files were given to a new child for ever."""
    monkeypatch.setattr(child, "_EXIT_S", 0.5)
    with_reader(monkeypatch, f"lambda job, *rest: {code} if job.name == 'b.jsonl' else r(job, *rest)")
    started = time.monotonic()
    found = read(tmp_path / "out", *(write(tmp_path / f"{name}.jsonl", 5) for name in "abc"), wall_s=4)
    assert [each.get("accepted") for each in found] == [5, None, 5]
    assert told in found[1]["refusal"]
    assert time.monotonic() - started < 30


def test_limits_never_rise_above_those_the_process_was_started_under():
    """The hard limit of CPU time was set to infinity: an error wherever an administrator had set one, and for root a hole."""
    code = (
        "import resource as r, data.parse as p, data.limits as l\n"
        "r.setrlimit(r.RLIMIT_NOFILE, (40, 40)); r.setrlimit(r.RLIMIT_CPU, (25, 25))\n"
        "p.grant_cpu(1000); p.set_limits(l.UPLOAD)\n"
        "print(r.getrlimit(r.RLIMIT_NOFILE), r.getrlimit(r.RLIMIT_CPU), r.getrlimit(r.RLIMIT_FSIZE)[1] == l.UPLOAD.output_bytes)"
    )
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout
    assert told.strip() == "(40, 40) (25, 25) True"


def test_kinds_of_problems_beyond_the_limit_are_counted(tmp_path):
    """A thousand kinds were kept and the others vanished: rows were refused of which nothing told."""
    (job,) = jobs_of(tmp_path / "a.jsonl", problems=2)
    reading = parse.Reading(job, tmp_path, b"k" * 32)
    for number in range(5):
        for _ in range(number + 1):
            reading.report(f"line {number}", None, f"reason {number}", refused=number != 1)
    found = [(p["locator"], p["reason"], p["refused"], p["n"]) for p in reading.result()["problems"]]
    assert found == [
        ("line 0", "reason 0", True, 1), ("line 1", "reason 1", False, 2), ("line 2", "and 3 more kinds of problems", True, 3 + 4 + 5)
    ]  # fmt: skip
    assert reading.result()["refused"] == 1 + 3 + 4 + 5


names = st.sampled_from(["", "a", "a/b", "c"]).flatmap(
    lambda folder: st.sampled_from("xyz").map(lambda n: f"{folder}/{n}" if folder else n)
)


@given(st.sets(names, min_size=1))
def test_the_files_beside_one_are_those_of_its_folder_then_of_the_one_above(everything):
    """Each job carried a list of its own: 10,000 files in one folder were 10⁸ entries, so beyond 1,000 there were none at all."""
    folders: dict[str, dict[str, str]] = {}
    for name in everything:
        folders.setdefault(name.rpartition("/")[0], {})[name.rpartition("/")[2]] = name
    for name in everything:
        folder = name.rpartition("/")[0]
        expected = {other.rpartition("/")[2]: other for other in everything if other.rpartition("/")[0] == folder.rpartition("/")[0]}
        expected |= {other.rpartition("/")[2]: other for other in everything if other.rpartition("/")[0] == folder and other != name}
        if folder == folder.rpartition("/")[0]:
            expected.pop(name.rpartition("/")[2])
        beside = parse.Beside(folders, name)
        assert dict(beside) == expected
        assert len(beside) == len(expected)
        assert "absent" not in beside
