"""From files to a dataset: everything or nothing, the same answer whatever the order, bad files in one sentence."""

import gzip
import io
import json
import os
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from data import child, limits
from data.frames import Selection, evidence
from data.ingest import IngestError, Options, ingest, path_fields
from data.staging import staged
from data.store import Store


def rows(n_tasks=12, models=("a", "b"), attempts=2):
    rng = random.Random(1)
    return [
        {"model": m, "task_id": f"t{t}", "trial": k, "success": rng.random() < 0.5, "cost_usd": round(rng.random(), 6),
         "latency_s": round(10 * rng.random(), 3), "prompt_tokens": rng.randrange(1, 9999), "completion_tokens": rng.randrange(1, 999)}
        for m in models for t in range(n_tasks) for k in range(attempts)
    ]  # fmt: skip


def write(path, records):
    path.write_text("\n".join(json.dumps(r) for r in records) + "\n")
    return path


def cells(store, dataset):
    found = evidence(store, Selection((dataset,)))
    return found.cells.assign(configuration=found.cells["configuration"].map(found.labels)).sort_values(
        ["configuration", "task"], ignore_index=True
    )


def test_the_same_import_again_is_the_dataset_already_there(tmp_path):
    store, path = Store(), write(tmp_path / "log.jsonl", rows())
    first = ingest(store, [path])
    assert ingest(store, [path]) == first
    assert ingest(store, [path], options=Options(path_pattern="{agent}.jsonl")) != first
    assert len(store.frame("datasets")) == 2


def test_shuffled_rows_and_files_give_bit_identical_cells(tmp_path):
    records = rows()
    shuffled = records[:]
    random.Random(2).shuffle(shuffled)
    whole = write(tmp_path / "whole.jsonl", records)
    parts = tmp_path / "parts"
    parts.mkdir()
    write(parts / "1.jsonl", shuffled[:20])
    write(parts / "2.jsonl", shuffled[20:])
    one, two = Store(), Store(threads=1)
    a = cells(one, ingest(one, [whole], name="x"))
    b = cells(two, ingest(two, [parts], name="x"))
    assert a.equals(b)


def test_a_try_met_twice_counts_once_and_is_told(tmp_path):
    records = rows()
    store = Store()
    dataset = ingest(store, [write(tmp_path / "log.jsonl", [*records, records[3]])])
    row = store.frame("datasets").iloc[0]
    assert (row["n_read"], row["n_accepted"], row["n_refused"]) == (len(records) + 1, len(records), 1)
    (problem,) = store.frame("problems", datasets=[dataset]).itertuples()
    assert problem.refused
    assert "counted once" in problem.reason
    assert problem.locator.endswith(str(len(records) + 1))


def test_equal_rows_without_an_attempt_column_are_attempts_and_flagged(tmp_path):
    records = [{k: v for k, v in r.items() if k != "trial"} for r in rows(attempts=1)]
    store = Store()
    dataset = ingest(store, [write(tmp_path / "log.jsonl", [*records, records[0]])])
    assert store.frame("datasets").iloc[0]["attempts"] == len(records) + 1
    (problem,) = store.frame("problems", datasets=[dataset]).itertuples()
    assert not problem.refused
    assert "each row is an attempt" in problem.reason


def test_nan_and_negative_costs_are_unknown_and_counted(tmp_path):
    records = rows()
    path = tmp_path / "log.jsonl"
    lines = [json.dumps(r) for r in records]
    lines[0] = json.dumps({**records[0], "cost_usd": -1})
    lines[1] = json.dumps({**records[1], "cost_usd": 0.25}).replace("0.25", "NaN")
    lines[2] = json.dumps({**records[2], "cost_usd": 0.25}).replace("0.25", "1e999")
    path.write_text("\n".join(lines))
    store = Store()
    dataset = ingest(store, [path])
    assert store.frame("datasets").iloc[0]["n_accepted"] == len(records)
    problems = store.frame("problems", datasets=[dataset])
    assert problems["n"].sum() == 3
    assert not problems["refused"].any()
    found = cells(store, dataset)
    assert found["n_cost_logged"].sum() == len(records) - 3


def test_a_cost_of_zero_is_unknown_unless_no_token_was_used(tmp_path):
    records = [{"model": "m", "task": f"t{i}", "score": 1, "cost": 0, "input_tokens": i, "output_tokens": 0} for i in range(3)]
    store = Store()
    dataset = ingest(store, [write(tmp_path / "log.jsonl", records)])
    with store.cursor() as cursor:
        known = cursor.execute("select cost_usd_logged from attempt where dataset = ? order by attempt_id", [dataset]).fetchall()
    assert [c for (c,) in known] == [0, None, None]


def test_errors_limits_and_timeouts_without_a_score_are_failures_infra_is_left_out(tmp_path):
    statuses = ["ok", "error", "limit", "timeout", "infra", "cancelled"]
    records = [
        {"model": "m", "task": f"t{i}", "status": s, "cost": 1.0, **({"score": 1} if s == "ok" else {})} for i, s in enumerate(statuses)
    ]
    store = Store()
    found = cells(store, ingest(store, [write(tmp_path / "log.jsonl", records)]))
    assert found["n_attempts"].sum() == 4
    assert found["n_success"].sum() == 4
    assert found["sum_success"].sum() == 1
    assert (found["n_infra"].sum(), found["n_cancelled"].sum()) == (1, 1)
    assert found["sum_cost_usd"].sum() == 4.0


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize(("field", "configurations", "tasks"), [("task", 12, 2), ("model", 2, 12), ("agent", 2, 12), ("run_id", 1, 12)])
def test_long_names_that_differ_at_their_end_are_not_one(tmp_path, field, configurations, tasks, form):
    """Names were cut where their columns end: two tasks became one, and the attempts of the second were dropped as repeats."""
    records = []
    for number in range(12):
        for end in "ab":
            name = {"task": f"t{number}", "model": "m", "agent": "a", "run_id": f"{number}{end}"}
            if field == "task":
                name["model"] = f"m{number}"
            name[field] = "x" * 900 + (name["run_id"] if field == "run_id" else end)
            if field != "run_id":
                del name["run_id"]
            records.append({**name, "trial": 0, "success": 1, "cost_usd": 0.5})
    path = write(tmp_path / f"log.{form}", records)
    if form == "csv":
        path.write_text("\n".join([",".join(records[0]), *(",".join(map(str, r.values())) for r in records)]))
    store = Store()
    ingest(store, [path], name="x")
    row = store.frame("datasets").iloc[0]
    assert (row["n_accepted"], row["n_refused"], row["configurations"], row["tasks"]) == (24, 0, configurations, tasks)
    other = Store()
    ingest(other, [write(tmp_path / "other.jsonl", records)], name="x")
    ids = [s.frame("configurations", datasets=list(s.frame("datasets")["dataset"]))["configuration"].tolist() for s in (store, other)]
    assert ids[0] == ids[1]


def test_tries_that_differ_in_any_measure_are_no_repeats(tmp_path):
    """Two files with the same trial numbers and equal costs and tokens, but other turns, tool calls or judges, lost one of them."""
    base = {"model": "m", "task": "t", "trial": 1, "success": True, "cost_usd": 0.5, "latency_s": 2.0, "turns": 3}
    others = [{"turns": 4}, {"tool_calls": 1}, {"llm_calls": 9}, {"reasoning_tokens": 5}, {"cache_read_tokens": 5}, {"retries": 1}]
    write(tmp_path / "a.jsonl", [base] + [{**base, **other} for other in others])
    write(tmp_path / "b.jsonl", [base, {**base, "trial": 2}])
    store = Store()
    dataset = ingest(store, [tmp_path])
    row = store.frame("datasets").iloc[0]
    assert (row["n_accepted"], row["n_refused"]) == (2 + len(others), 1)
    (problem,) = store.frame("problems", datasets=[dataset]).itertuples()
    assert (problem.file, problem.n) == ("b.jsonl", 1)


def test_two_equal_imports_at_the_same_moment_are_one_dataset(tmp_path):
    """Two people dropped the same file while the first was still being read: it was there twice, and counted double."""
    store, path = Store(), write(tmp_path / "log.jsonl", rows())
    faster = []

    def import_it_too(progress):
        if progress.stage == "storing" and not faster:
            faster.append(None)
            faster[0] = ingest(store, [path])

    assert [ingest(store, [path], on_progress=import_it_too)] == faster
    assert len(store.frame("datasets")) == 1
    assert store.frame("datasets")["attempts"].tolist() == [len(rows())]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    """The digest was of the bytes at the start, the rows were those of a run that was still writing."""
    write(tmp_path / "done.jsonl", rows(models=("a",)))
    running = write(tmp_path / "running.jsonl", rows(models=("b",)))

    def write_on(progress):
        if progress.stage == "reading":
            with running.open("a") as file:
                file.write(json.dumps(rows()[0]) + "\n")

    store = Store()
    dataset = ingest(store, [tmp_path], on_progress=write_on)
    files = store.frame("files", datasets=[dataset]).set_index("file")
    assert files["n_accepted"].to_dict() == {"done.jsonl": 24, "running.jsonl": 0}
    assert files.loc["running.jsonl", "refusal"] == "it changed while it was read"
    with store.cursor() as cursor:
        assert cursor.execute("select count(*) from attempt").fetchone() == (24,)


def test_an_upload_is_known_by_a_label_that_is_no_path(tmp_path):
    """A browser's file name of 100 Chinese characters is 300 bytes, longer than any file may be named here: the page crashed."""
    (tmp_path / "0").write_text("\n".join(json.dumps(r) for r in rows()))
    (tmp_path / "1").write_text("nothing")
    label = "测" * 100 + ".jsonl"
    store = Store()
    dataset = ingest(store, [(label, tmp_path / "0"), ("../../etc/passwd", tmp_path / "1")], profile="upload")
    assert store.frame("files", datasets=[dataset])["file"].tolist() == ["../../etc/passwd", label]
    assert store.frame("datasets")["name"].tolist() == ["测" * 100 + " and 1 more"]
    assert ingest(store, [(label, tmp_path / "0"), ("../../etc/passwd", tmp_path / "1")], profile="upload") == dataset
    with pytest.raises(IngestError, match="cannot be read: File name too long"):
        ingest(store, [tmp_path / label])


@pytest.mark.parametrize(("given", "name"), [("v1.2", "v1.2"), ("v1.2/run.2.jsonl", "run.2"), (".", "v1.2"), ("../v1.2", "v1.2")])
def test_a_dataset_is_named_after_its_file_or_folder(tmp_path, monkeypatch, given, name):
    """The folder `v1.2` was called `v1`, and the one one stands in had no name at all."""
    folder = tmp_path / "v1.2"
    folder.mkdir()
    write(folder / "run.2.jsonl", rows())
    monkeypatch.chdir(folder if given.startswith(".") else tmp_path)
    store = Store()
    ingest(store, [Path(given)])
    assert store.frame("datasets")["name"].tolist() == [name]


def test_more_files_or_bytes_than_one_upload_may_have_are_refused_in_one_sentence(tmp_path):
    """The limit of 50 files stood in the table of limits and nowhere else."""
    for number in range(limits.UPLOAD.files + 1):
        write(tmp_path / f"{number}.jsonl", rows()[:2])
    with pytest.raises(IngestError, match=r"^There are over 50 files, more than one import may have\. Nothing was imported\.$"):
        ingest(Store(), [tmp_path], profile="upload")
    with pytest.raises(IngestError, match=r"^The files are over 0 MB together"):
        list(staged([tmp_path], replace(limits.UPLOAD, files=100, total_bytes=1000)))
    assert ingest(Store(), [tmp_path])


def test_a_file_whose_name_is_no_text_costs_only_itself(tmp_path):
    """A name in Latin-1 could not be told to the child: the import of its whole folder crashed."""
    write(tmp_path / "good.jsonl", rows())
    (tmp_path / os.fsdecode(b"caf\xe9.jsonl")).write_text("{}")
    store = Store()
    dataset = ingest(store, [tmp_path])
    assert store.frame("files", datasets=[dataset]).set_index("file")["refusal"].dropna().to_dict() == {
        "caf .jsonl": "its name is not UTF-8"
    }


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_half_a_million_rows_are_no_upload_too_large(tmp_path, form):
    """A CSV of 9 MB was refused, for its rows were written out uncompressed and 64 MB were allowed; now rows are what is limited."""
    path, n = tmp_path / f"log.{form}", 500_000
    with path.open("w") as file:
        if form == "csv":
            file.write("model,task_id,trial,success,cost_usd,latency_s\n")
            file.writelines(f"m{i % 5},t{i // 5 % 2000},{i // 10_000},{i % 2},{i * 1e-6:.6f},{i % 977 / 100}\n" for i in range(n))
        else:
            keys = '"model": "m%d", "task_id": "t%d", "trial": %d, "success": %d, "cost_usd": %.6f, "prompt_tokens": %d'
            line = "{" + keys + "}\n"
            file.writelines(line % (i % 5, i // 5 % 2000, i // 10_000, i % 2, i * 1e-6, i) for i in range(n))
    store = Store()
    ingest(store, [path], profile="upload")
    assert store.frame("datasets")["attempts"].tolist() == [n]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("header.json", b"0" * 300_000_000)
    return out.getvalue()


HOSTILE = {
    "garbage": lambda: random.Random(0).randbytes(100_000),
    "empty": lambda: b"",
    "truncated zip": lambda: bomb()[:5000],
    "zip bomb": bomb,
    "50 MB single line": lambda: b'[{"model": "' + b"x" * 50_000_000 + b'"}]',
    "50 MB JSONL line": lambda: b'{"model": "m", "task": "t", "score": 1}\n{"model": "' + b"x" * 50_000_000 + b'"}\n',
    "20,000 distinct keys": lambda: b"\n".join(b'{"model": "m", "task": "t%d", "score": 1, "k%d": 1}' % (i, i) for i in range(20_000)),
    "deep": lambda: b'[{"model": "m", "task": "t", "score": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    "truncated json": lambda: json.dumps(rows()).encode()[:-40],
    "utf-16": lambda: json.dumps(rows()).encode("utf-16"),
    "gzip": lambda: gzip.compress(b"0" * 10_000_000),
    "long number": lambda: b'[{"model": "m", "task": "t", "score": ' + b"1" * 1_000_000 + b"}]",
    "yaml aliases": lambda: b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_gets_one_sentence_and_leaves_nothing(tmp_path, what):
    path = tmp_path / "upload.bin"
    path.write_bytes(HOSTILE[what]())
    store = Store()
    with pytest.raises(IngestError) as told:
        ingest(store, [path], profile="upload")
    sentence = str(told.value)
    assert sentence.startswith("upload.bin")
    assert len(sentence) < 250
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    for table in ("dataset", "attempt", "task", "step", "summary", "dataset_file"):
        with store.cursor() as cursor:
            assert cursor.execute(f"select count(*) from {table}").fetchone() == (0,)


def test_a_bad_file_beside_good_ones_is_refused_alone(tmp_path):
    write(tmp_path / "good.jsonl", rows())
    (tmp_path / "bad.json").write_text('[{"model": "m", "task": "t", "score": 1}, {"model": ')
    (tmp_path / "readme.txt").write_text("nothing to see")
    store = Store()
    dataset = ingest(store, [tmp_path])
    files = store.frame("files", datasets=[dataset]).set_index("file")
    assert isinstance(files.loc["bad.json", "refusal"], str)
    assert files.loc["good.jsonl", "n_accepted"] == len(rows())
    assert files.loc["readme.txt", "importer"] is None or files.loc["readme.txt", "importer"] != files.loc["readme.txt", "importer"]
    assert files["n_read"].sum() == files["n_accepted"].sum() + files["n_refused"].sum()


def test_a_child_that_dies_costs_one_file(tmp_path, monkeypatch):
    """A parser that crashes takes its process down: the file it was reading is refused, the others are read by the next child."""
    for name in ("a", "b", "c"):
        write(tmp_path / f"{name}.jsonl", rows(models=(name,)))
    killer = child._COMMAND[-1].replace(
        "main()",
        "import os, data.parse as p; r = p.read_file; "
        "p.read_file = lambda job, *rest: os.abort() if job.name == 'b.jsonl' else r(job, *rest); main()",
    )
    monkeypatch.setattr(child, "_COMMAND", [*child._COMMAND[:-1], killer])
    store = Store()
    dataset = ingest(store, [tmp_path])
    files = store.frame("files", datasets=[dataset]).set_index("file")
    assert list(files["n_accepted"]) == [24, 0, 24]
    assert "safely" in files.loc["b.jsonl", "refusal"]


def test_path_fields():
    assert path_fields("{benchmark}/{agent}/*", "swe/x/run.json") == {"benchmark": "swe", "agent": "x"}
    assert path_fields("**/{model}.json", "a/b/c.json") == {"model": "c"}
    assert path_fields(None, "a") == {}


@pytest.mark.parametrize("pattern", ["*", "{nonsense}/*", "{agent", "", "{agent}/{model}/*"])
def test_a_path_pattern_that_tells_nothing_is_refused(tmp_path, pattern):
    """`--path '{agent'` was taken and changed nothing, without a word."""
    with pytest.raises(IngestError, match="pattern"):
        ingest(Store(), [write(tmp_path / "log.jsonl", rows())], options=Options(path_pattern=pattern))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    write(folder / "a.jsonl", rows())
    (folder / "b.jsonl").symlink_to(write(tmp_path / "other.jsonl", rows(models=("c",))))
    (folder / "c.jsonl").symlink_to(folder / "a.jsonl")
    store = Store()
    files = store.frame("files", datasets=[ingest(store, [folder])])
    assert list(files["file"]) == ["a.jsonl", "c.jsonl"]
