"""Inspect logs: what real ones add up to, and what a small one made by hand says."""

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zipfile_zstd  # noqa: F401 - teaches zipfile to read and write zstd members

from data.importers import inspect_log
from data.limits import UPLOAD, Limits
from data.records import Attempt, Note, Problem, Refused, Source, Summary, Usage

HAND_MADE = Path(__file__).parents[1] / "logs/inspect_log/graded.json"


def read(path: Path, limits: Limits = UPLOAD) -> list:
    return list(inspect_log.read(path, Source(name=path.name), limits))


def attempts(path: Path, limits: Limits = UPLOAD) -> list[Attempt]:
    return [record for record in read(path, limits) if isinstance(record, Attempt)]


def of(records: list, kind: type) -> list:
    return [record for record in records if isinstance(record, kind)]


def sums(found: list[Attempt]) -> dict[str, float]:
    return {
        "n": len(found),
        "score": sum(a.score or 0 for a in found),
        "input": sum((a.usage.uncached_input_tokens or 0) + (a.usage.cache_read_tokens or 0) for a in found),
        "output": sum(a.usage.output_tokens for a in found),
        "aux_input": sum(a.aux.uncached_input_tokens or 0 for a in found),
        "aux_output": sum(a.aux.output_tokens or 0 for a in found),
    }


def raw_samples(path: Path) -> list[dict]:
    if path.suffix == ".json":
        return json.loads(path.read_text())["samples"] or []
    with zipfile.ZipFile(path) as archive:
        return [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("samples/")]


def logs(samples: Path) -> list[Path]:
    return sorted(path for folder in ("inspect", "formats/inspect") for path in (samples / folder).iterdir())


@pytest.mark.parametrize(
    ("part", "n", "score", "tokens", "aux"),
    [
        ("2025-09-23*popularity", 100, 63, (6055, 100), (0, 0)),
        ("2025-09-23*security-guide", 16, 11, (1003, 283), (4276, 5339)),
        ("2025-09-23*theory-of-mind", 100, 83, (11102, 25135), (53390, 28459)),
        ("2025-11-07*websearch", 1, 1, (587, 33), (0, 0)),
        ("2025-05-12*browser", 1, 1, (15235, 281), (0, 0)),
    ],
)
def test_published_totals(samples, part, n, score, tokens, aux):
    (path,) = (samples / "inspect").glob(f"{part}*")
    assert sums(attempts(path)) == {
        "n": n, "score": score, "input": tokens[0], "output": tokens[1], "aux_input": aux[0], "aux_output": aux[1],
    }  # fmt: skip


def test_every_real_log_adds_up_to_its_raw_events(samples, tmp_path):
    """The oracle counts model events and tokens in the raw JSON; whatever a log is called, it is claimed."""
    for path in logs(samples):
        unnamed = tmp_path / "blob"
        unnamed.write_bytes(path.read_bytes())
        assert inspect_log.matches(unnamed)
        found, raw = attempts(unnamed), raw_samples(path)
        assert sorted((a.task.task, a.attempt) for a in found) == sorted((str(s["id"]), s["epoch"]) for s in raw)
        events = [e for s in raw for e in (s.get("events") or s["transcript"]["events"])]
        models = [e for e in events if e["event"] == "model"]
        assert sum(a.llm_calls + a.aux_llm_calls for a in found) == len(models)
        assert sum(a.tool_calls for a in found) == sum(e["event"] == "tool" for e in events)
        total = sum(e["output"]["usage"]["total_tokens"] for e in models)
        assert sum((a.usage.total_tokens or 0) + (a.aux.total_tokens or 0) for a in found) == total
        assert sum(step.usage.total_tokens or 0 for a in found for step in a.steps) == total
        assert not of(read(unnamed), Problem)


def test_a_name_does_not_make_a_log(tmp_path):
    path = tmp_path / "looks-like.eval"
    for content in (b'{"version": 2, "status": "success"}', b"PK\x03\x04 no zip", b"a,b\n1,2\n", b'[{"eval": {"task": 1, "dataset": 2}}]'):
        path.write_bytes(content)
        assert not inspect_log.matches(path)


def test_cached_tokens_are_inside_the_input_of_old_logs_and_outside_of_new_ones(samples):
    """Inspect 0.3.95 and 0.3.285 use the same field names with opposite meanings; only the total tells."""
    (old,) = attempts(samples / "formats/inspect/2025-05-12T20-27-36-04-00_browser.json")
    assert (old.usage.uncached_input_tokens, old.usage.cache_read_tokens, old.usage.total_tokens) == (15235 - 9088, 9088, 15516)
    assert old.tool_calls == 4
    new = attempts(samples / "formats/inspect/GENERATED_inspect-0.3.285_zstd_mockllm.eval")
    assert sorted({a.task.task for a in new}) == ["2", "a/b c"]
    first = next(a for a in new if a.run_id == "fPxixeyiGcZ5KD2X3zes4M")
    assert first.usage == Usage(
        uncached_input_tokens=100, cache_read_tokens=90, cache_write_tokens=10, output_tokens=40, reasoning_tokens=20, total_tokens=240
    )
    assert sum(a.cost_usd_logged for a in new) == pytest.approx(0.0046)


def test_latency_is_working_time_and_ends_where_a_grader_begins(samples):
    (popularity,) = (samples / "inspect").glob("*popularity*")
    found = attempts(popularity)
    raw = raw_samples(popularity)
    assert sum(a.latency_s for a in found) == pytest.approx(sum(s["working_time"] for s in raw))
    assert round(sum(a.latency_s for a in found), 2) == 61.94
    assert round(sum(s["total_time"] for s in raw), 2) == 406.17
    (graded,) = (samples / "inspect").glob("*security-guide*")
    for a in attempts(graded):
        judge = sum(step.duration_s for step in a.steps if step.role == "judge")
        assert a.latency_basis == "agent_only"
        assert a.latency_s + judge == pytest.approx(a.active_s, abs=0.1)


def test_one_evaluation_in_two_files_has_one_identity(samples):
    folder = samples / "formats/inspect"
    assert attempts(folder / "log_formats.eval")[0].run_id == attempts(folder / "log_formats.json")[0].run_id


def test_a_log_without_samples_is_a_published_row(samples):
    (row,) = of(read(samples / "formats/inspect/2025-05-12T20-28-13-04-00_no-samples.json"), Summary)
    assert (row.benchmark, row.n, row.n_tasks, row.success_sum, row.usage.total_tokens) == ("testtaskname", 3, 3, 2, 198)


# ---- the log made by hand


@pytest.fixture(scope="module")
def hand_made() -> list:
    return read(HAND_MADE)


def attempt(records: list, task: str) -> Attempt:
    return next(a for a in of(records, Attempt) if a.task.task == task)


def test_configuration(hand_made):
    configuration = attempt(hand_made, "1").configuration
    assert (configuration.model, configuration.agent, configuration.effort) == ("openai/gpt-5", "react", "high")
    assert configuration.knobs == {"temperature": 0.5, "message_limit": 30, "token_budget": 5000}
    assert configuration.settings == {"language": "en"}


def test_the_graders_call_is_taken_out_of_tokens_cost_and_time(hand_made):
    """Logged: 1300 in of which 400 cached, 90 out, 0.013 USD. The scorer's call: 400 in, 30 out, 0.008 USD."""
    a = attempt(hand_made, "1")
    assert a.usage == Usage(uncached_input_tokens=500, cache_read_tokens=400, output_tokens=60, reasoning_tokens=30, total_tokens=960)
    assert (a.aux.uncached_input_tokens, a.aux.output_tokens, a.aux_cost_usd, a.aux_llm_calls) == (400, 30, 0.008, 1)
    assert a.cost_usd_logged == 0.005
    assert (a.latency_s, a.latency_basis, a.active_s) == (6.5, "agent_only", 10.0)
    assert (a.token_basis, a.llm_calls, a.turns, a.tool_calls, a.retries) == ("agent_only", 3, 3, 1, 1)
    assert (a.score, a.score_name, a.answer, a.run_id, a.attempt) == (1.0, "rubric", "42", "u1", 1)


def test_steps(hand_made):
    first, tool, cached, second, judge = attempt(hand_made, "1").steps
    assert [s.role for s in (first, tool, cached, second, judge)] == ["agent"] * 4 + ["judge"]
    assert [s.turn for s in (first, tool, cached, second, judge)] == [1, 1, 2, 3, None]
    assert (first.offset_s, first.duration_s, first.cost_usd_logged) == (1.0, 3.0, 0.003)
    assert (tool.kind, tool.name, tool.ok, tool.duration_s) == ("tool", "search", False, 2.0)
    assert (cached.cached_response, cached.parent) == (True, 1)
    assert (second.duration_s, second.parent, second.usage.uncached_input_tokens) == (3.0, None, 100)


def test_scores_and_ends(hand_made):
    assert (attempt(hand_made, "2").score, attempt(hand_made, "2").status, attempt(hand_made, "2").latency_s) == (None, "ok", 1.5)
    assert (attempt(hand_made, "3").status, attempt(hand_made, "3").latency_basis) == ("error", "wall")
    assert (attempt(hand_made, "4").status, attempt(hand_made, "4").stop_reason, attempt(hand_made, "4").score) == ("limit", "token", 0.0)
    assert (attempt(hand_made, "5").status, attempt(hand_made, "5").score_name, attempt(hand_made, "5").score) == (
        "timeout",
        "rubric.facts",
        0.25,
    )
    assert attempt(hand_made, "7").score is None
    assert attempt(hand_made, "a/b c").score is None


def test_problems_name_place_field_and_reason(hand_made):
    assert of(hand_made, Problem) == [
        Problem(locator="samples[5]", reason="invalidated in the log", refused=True),
        Problem(locator="samples[6]", field="score", reason="the score is no number and no grade"),
        Problem(locator="samples[7]", field="score", reason="the score is outside 0 to 1"),
        Problem(locator="samples[8]", reason="the sample is not as Inspect writes it", refused=True),
    ]
    assert of(hand_made, Note) == [Note(text="several scorers (rubric, length); the score is rubric")]


# ---- zip logs made here


def eval_log(path: Path, members: dict[str, object], method: int = 93) -> Path:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, json.dumps(data))
    path.write_bytes(buffer.getvalue())
    return path


def start(**more) -> dict:
    fields = {"task": "t", "task_id": "i", "model": "m", "created": "2026-02-01T00:00:00+00:00", "dataset": {}, "config": {}}
    return {"version": 2, "eval": fields | more, "plan": {"steps": [{"solver": "generate"}], "config": {}}}


def model(tokens: int, span: str, **more) -> dict:
    usage = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
    return {"event": "model", "model": "m", "span_id": span, "timestamp": "2026-02-01T00:00:01+00:00", "output": {"usage": usage}} | more


def used(tokens: int, calls: int) -> dict:
    return {"m": {"input_tokens": tokens, "output_tokens": calls, "total_tokens": tokens + calls}}


def test_a_log_that_was_cut_off_keeps_what_its_journal_and_members_have(tmp_path):
    path = eval_log(
        tmp_path / "log",
        {
            "_journal/start.json": start(),
            "_journal/summaries/2.json": [{"id": "b", "epoch": 1, "uuid": "ub", "scores": {"s": {"value": "I"}}}],
            "_journal/summaries/1.json": [
                {"id": "a", "epoch": 1, "uuid": "ua", "model_usage": used(5, 1), "scores": {"s": {"value": "C"}}}
            ],
            "samples/a_epoch_1.json": {"id": "a", "epoch": 1, "model_usage": used(5, 1), "events": [model(5, "x")]},
            "samples/c_epoch_2.json": {"id": "c", "epoch": 2, "uuid": "uc", "scores": {"s": {"value": "C"}}, "events": [model(7, "x")]},
        },
    )
    assert inspect_log.matches(path)
    records = read(path)
    found = {a.run_id: a for a in of(records, Attempt)}
    assert {run: (a.task.task, a.attempt, a.score) for run, a in found.items()} == {"ua": ("a", 1, 1), "ub": ("b", 1, 0), "uc": ("c", 2, 1)}
    assert (found["uc"].usage.total_tokens, found["ub"].usage.total_tokens, found["ua"].usage.total_tokens) == (8, None, 6)
    assert found["ub"].started_at.isoformat() == "2026-02-01T00:00:00+00:00"
    assert of(records, Note) == [Note(text="the evaluation has the status started: only the samples that had ended are here")]


def test_large_samples_lie_in_chunks(tmp_path):
    sample = {"id": "x/y", "epoch": 1, "uuid": "u", "model_usage": used(30, 3), "scores": {"s": {"value": 1}}}
    path = eval_log(
        tmp_path / "log",
        {
            "header.json": start() | {"status": "success"},
            "summaries.json": [sample],
            "samples/x/y_epoch_1/sample.json": sample,
            "samples/x/y_epoch_1/events/10.json": [model(20, "b", error="late")],
            "samples/x/y_epoch_1/events/2.json": [model(9, "a")],
            "samples/x/y_epoch_1/events/0.json": [model(1, "a")],
            "samples/x/y_epoch_1/events/stats.json": {"n": 3},
            "samples/x/y_epoch_1/messages/0.json": [{"role": "user"}],
        },
    )
    (a,) = attempts(path)
    assert [step.usage.uncached_input_tokens for step in a.steps] == [1, 9, 20]
    assert [step.ok for step in a.steps] == [True, True, False]
    assert a.usage.total_tokens == 33


def big(limits_of: Path) -> Limits:
    """Limits under which this log is not small."""
    with zipfile.ZipFile(limits_of) as archive:
        return replace(UPLOAD, zip_total_bytes=2 * sum(i.file_size for i in archive.infolist()))


def test_a_big_log_is_read_from_its_summaries(samples):
    (popularity,) = (samples / "inspect").glob("*popularity*")
    records = read(popularity, big(popularity))
    assert sums(of(records, Attempt)) == sums(attempts(popularity))
    assert not any(a.steps for a in of(records, Attempt))
    assert {a.llm_calls for a in of(records, Attempt)} == {None}
    assert [note.text for note in of(records, Note)] == ["steps were left out: the log's samples are too large to be opened here"]


def test_a_big_log_is_opened_where_a_grader_has_to_be_told_apart(samples):
    (graded,) = (samples / "inspect").glob("*theory-of-mind*")
    assert sums(attempts(graded, big(graded))) == sums(attempts(graded))


def test_a_scorer_whose_name_says_nothing_is_found_by_looking(tmp_path):
    """A scorer called `s` that asks a model: its tokens were the agent's as long as only names of scorers decided."""
    span = {"event": "span_begin", "id": "g", "type": "scorer", "name": "s", "timestamp": "2026-02-01T00:00:02+00:00"}
    sample = {"id": 1, "epoch": 1, "uuid": "u", "model_usage": used(110, 2), "scores": {"s": {"value": 1}}}
    members = {"header.json": start(scorers=[{"name": "s"}]) | {"status": "success"}, "summaries.json": [sample]}
    path = eval_log(tmp_path / "log", members | {"samples/1_epoch_1.json": sample | {"events": [model(10, "a"), span, model(100, "g")]}})
    for limits in (UPLOAD, big(path)):
        (a,) = attempts(path, limits)
        assert (a.usage.total_tokens, a.aux.total_tokens, a.aux_llm_calls) == (11, 101, 1)


def test_roles_in_the_summaries_tell_the_grader_too(tmp_path):
    sample = {"id": 1, "epoch": 1, "uuid": "u", "model_usage": used(110, 2), "role_usage": {"grader": used(100, 1)["m"]}}
    scorers = [{"name": "model_graded_qa"}]
    path = eval_log(tmp_path / "log", {"header.json": start(scorers=scorers) | {"status": "success"}, "summaries.json": [sample]})
    (a,) = attempts(path)
    assert (a.usage.total_tokens, a.aux.total_tokens, a.token_basis, a.llm_calls) == (11, 101, "agent_only", None)


def test_a_grader_that_cannot_be_told_apart_is_said(tmp_path):
    sample = {"id": 1, "epoch": 1, "uuid": "u", "model_usage": used(110, 2)}
    scorers = [{"name": "model_graded_qa"}]
    path = eval_log(tmp_path / "log", {"header.json": start(scorers=scorers) | {"status": "success"}, "summaries.json": [sample]})
    (a,) = attempts(path)
    assert (a.usage.total_tokens, a.token_basis) == (112, "all_roles")


def test_scorers_between_step_events_of_old_logs(tmp_path):
    at = {"timestamp": "2024-05-01T00:00:00+00:00"}
    steps = [{"event": "step", "action": a, "type": "scorer", "name": "s"} | at for a in ("begin", "end")]
    old_model = model(10, "") | {"span_id": None}
    nested = {"event": "tool", "function": "handoff", "events": [old_model]} | at
    events = [old_model, nested, steps[0], old_model | {"model": "judge"}, steps[1], old_model]
    sample = {"id": 1, "epoch": 1, "scores": {"s": {"value": "P"}}, "transcript": {"events": events}}
    path = tmp_path / "log"
    path.write_text(json.dumps(start() | {"status": "success", "samples": [sample]}))
    (a,) = attempts(path)
    assert [(s.kind, s.role, s.turn, s.parent) for s in a.steps] == [
        ("llm", "agent", 1, None), ("tool", "agent", 1, None), ("llm", "agent", 2, 1), ("llm", "judge", None, None),
        ("llm", "agent", 3, None),
    ]  # fmt: skip
    assert (a.usage.total_tokens, a.aux.total_tokens, a.score) == (33, 11, 0.5)


def test_a_call_that_failed_outright_is_no_turn(tmp_path):
    events = [model(10, "a", output={"choices": []}, error="429"), model(10, "a")]
    path = tmp_path / "log"
    path.write_text(json.dumps(start() | {"status": "success", "samples": [{"id": 1, "epoch": 1, "events": events}]}))
    (a,) = attempts(path)
    assert [(s.turn, s.ok) for s in a.steps] == [(None, False), (1, True)]
    assert a.turns == 1


def test_cost_zero_beside_tokens_is_unknown(tmp_path):
    usage = used(10, 1)
    usage["m"]["total_cost"] = 0.0
    path = tmp_path / "log"
    path.write_text(json.dumps(start() | {"status": "success", "samples": [{"id": 1, "epoch": 1, "model_usage": usage}]}))
    assert attempts(path)[0].cost_usd_logged is None


@pytest.mark.parametrize(
    ("value", "score"),
    [("C", 1), ("I", 0), ("P", 0.5), ("N", 0), ("Yes", 1), ("FALSE", 0), (True, 1), (0.3, 0.3), ("0.75", 0.75), ("nan", None), ([1], None)],
)
def test_values_of_scores(tmp_path, value, score):
    path = tmp_path / "log"
    path.write_text(json.dumps(start() | {"status": "success", "samples": [{"id": 1, "scores": {"s": {"value": value}}}]}))
    records = read(path)
    assert of(records, Attempt)[0].score == score
    assert len(of(records, Problem)) == (score is None)


def published(**config) -> dict:
    results = {"completed_samples": 8, "scores": [{"name": "s", "metrics": {"accuracy": {"value": 0.3}}}]}
    return start(config=config) | {"status": "success", "results": results, "samples": None}


def test_a_published_accuracy_needs_to_be_a_mean_over_attempts(tmp_path):
    path = tmp_path / "log"
    path.write_text(json.dumps(published(epochs=2)))
    (row,) = of(read(path), Summary)
    assert (row.n, row.n_tasks, row.success_sum) == (8, 4, pytest.approx(2.4))
    for log in (published(epochs=2, epochs_reducer=["max"]), published() | {"results": None}):
        path.write_text(json.dumps(log))
        (problem,) = read(path)
        assert problem.refused


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_log_that_ends_too_early_is_claimed_and_refused(samples, tmp_path, kept):
    for path in (samples / "formats/inspect/log_streaming.eval", samples / "formats/inspect/log_formats.json"):
        data = path.read_bytes()
        cut = tmp_path / "log"
        cut.write_bytes(data[: int(kept * len(data))])
        assert inspect_log.matches(cut)
        with pytest.raises(Refused, match="cut off"):
            read(cut)
