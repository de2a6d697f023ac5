"""The generic table importer: one table in many spellings, summaries, rounds, settings, units, hostile files, and real tables."""

import csv
import io
import json
import math
import time
from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.configurations import row as configuration_row
from data.configurations import varying_settings
from data.importers import table
from data.limits import UPLOAD
from data.records import Attempt, Note, Problem, Refused, Source, Summary


@pytest.fixture
def logs(root):
    return root / "tests" / "logs" / "table"


def read(path, **source):
    return list(table.read(path, Source(name=source.pop("name", path.name), **source), UPLOAD))


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def csv_of(tmp_path, *lines):
    return write(tmp_path / "t.csv", "\n".join(lines) + "\n")


# --- one table, many spellings


@pytest.mark.parametrize("spelling", ["attempts.tsv", "attempts.jsonl", "attempts.json", "attempts.yml"])
def test_one_table_in_every_spelling_gives_the_same_records(logs, spelling):
    assert table.matches(logs / spelling)
    assert read(logs / spelling, name="x") == read(logs / "attempts.csv", name="x")


def test_attempts_by_hand(logs):
    attempts = read(logs / "attempts.csv")
    assert all(isinstance(a, Attempt) for a in attempts)
    assert len(attempts) == 6
    third = attempts[2]
    assert (third.configuration.model, third.configuration.agent, third.configuration.knobs) == ("gpt-5", "alpha", {"max_turns": 10})
    assert (third.task.task, third.attempt, third.success, third.score) == ("t1", 1, True, 1.0)
    assert (third.cost_usd_logged, third.latency_s) == (0.12, 11.0)
    assert (third.usage.uncached_input_tokens, third.usage.output_tokens, third.usage.total_tokens) == (1100, 210, 1310)
    assert third.locator == "record 3"
    assert len({configuration_row(a.configuration, set())["configuration"] for a in attempts}) == 2


CELLS = st.fixed_dictionaries(
    {
        "task_id": st.sampled_from(["a", "b", "c, d", 'say "e"', "ü"]),
        "model": st.sampled_from(["m1", "vendor/m2"]),
        "score": st.one_of(st.none(), st.floats(0, 1, allow_subnormal=False)),
        "cost": st.one_of(st.none(), st.floats(1e-6, 1e4)),
        "output_tokens": st.integers(0, 10**9),
        "trial": st.integers(0, 3),
    }
)


@given(st.lists(CELLS, min_size=2, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_csv_and_json_agree_for_any_rows(tmp_path, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    as_csv = read(write(tmp_path / "t.csv", text.getvalue()), name="x")
    as_lines = read(write(tmp_path / "t.jsonl", "".join(json.dumps(r) + "\n" for r in rows)), name="x")
    as_list = read(write(tmp_path / "t.json", json.dumps(rows)), name="x")
    assert as_csv == as_lines == as_list
    for record, wanted in zip(of(as_csv, Attempt), rows, strict=True):
        assert (record.task.task, record.score, record.usage.output_tokens) == (wanted["task_id"], wanted["score"], wanted["output_tokens"])


# --- shapes


def test_constants_beside_a_list_are_configuration_benchmark_and_attempt_but_no_totals(logs):
    first, second = of(records := read(logs / "beside.json"), Attempt)
    assert (first.configuration.model, first.task.benchmark, first.task.task, first.attempt) == ("kimi-k2", "aime", "1", 3)
    assert (first.cost_usd_logged, first.usage.output_tokens, first.usage.reasoning_tokens, first.answer) == (0.5, 20, 15, "33")
    assert second.cost_usd_logged is None
    assert of(records, Problem) == [
        Problem(locator="record 2", field="cost_usd_logged", reason="cost is 0 although tokens were used")
    ]  # fmt: skip


def test_a_config_beside_the_records_is_theirs(tmp_path):
    log = {"config": {"model": "m", "temperature": 0.5, "k": 5}, "totals": {"model": "no"}, "results": [{"task_id": "a", "score": 1}] * 2}
    first = of(read(write(tmp_path / "t.json", json.dumps(log))), Attempt)[0]
    assert (first.configuration.model, first.configuration.knobs, first.attempt) == ("m", {"temperature": 0.5}, None)


def test_long_task_names_that_differ_at_their_end_stay_apart(tmp_path):
    rows = [{"task_id": "x" * 300 + str(i), "model": "m", "score": 1} for i in range(2)]
    rows += [{"task_id": f"t{i}", "model": "m", "score": 1} for i in range(30)]
    as_list = read(write(tmp_path / "t.json", json.dumps(rows)), name="x")
    as_csv = read(csv_of(tmp_path, "task_id,model,score", *(f"{r['task_id']},m,1" for r in rows)), name="x")
    assert as_csv == as_list
    assert len({a.task.task for a in of(as_csv, Attempt)}) == 32


def test_the_key_of_a_map_is_the_task_and_the_file_name_the_model(logs):
    records = read(logs / "by_id.json", name="agentless/qwen3.v1/by_id.json")
    first, second = of(records, Attempt)
    assert (first.task.task, first.success, first.latency_s, first.llm_calls) == ("django-1", True, 2.5, 3)
    assert second.success is False
    assert first.configuration.model == "agentless/qwen3.v1/by_id"
    assert [p.reason for p in of(records, Problem)] == ["configuration from the file name"]
    given = of(read(logs / "by_id.json", fields={"agent": "agentless", "model": "qwen3"}), Attempt)[0].configuration
    assert (given.agent, given.model) == ("agentless", "qwen3")
    assert not of(read(logs / "by_id.json", fields={"agent": "agentless"}), Problem)


def test_nested_usage_names_tell_the_convention_and_texts_are_never_kept(logs):
    records = read(logs / "nested.jsonl")
    first = of(records, Attempt)[0]
    assert (first.configuration.model, first.task.task, first.score) == ("claude-opus-4-1", "a", 1.0)
    assert first.usage.uncached_input_tokens == 100  # cache_read_input_tokens beside input_tokens: Anthropic's way, not inside it
    assert (first.usage.cache_read_tokens, first.usage.cache_write_tokens, first.usage.total_tokens) == (900, 50, 1090)
    assert first.configuration.settings == {"planner": "on"}  # it stands in `config`: set, whatever it covers
    assert b"secret" not in msgspec.json.encode([msgspec.to_builtins(r) for r in records])


def test_decimal_commas_thousands_and_durations_with_units(logs):
    first, second = of(read(logs / "german.csv"), Attempt)
    assert (first.score, first.cost_usd_logged, first.latency_s, first.usage.uncached_input_tokens) == (0.5, 1.25, 90.0, 1200)
    assert (second.score, second.cost_usd_logged, second.latency_s, second.usage.uncached_input_tokens) == (1.0, 0.75, 45.0, 12500)


def test_a_published_table(logs):
    """$1,234.50 for 300 tasks; 60.0 % of them solved; the dear zero is unknown."""
    records = read(logs / "leaderboard.csv")
    low, high, claude = of(records, Summary)
    assert (low.configuration.model, low.configuration.effort, low.n, low.success_sum) == ("gpt-5", "low", 300, 180.0)
    assert (low.cost_usd_sum, low.latency_s, low.started_at) == (1234.5, 2.5, datetime(2025, 8, 7, tzinfo=UTC))
    assert (high.cost_usd_sum, high.configuration.effort) == (3000.0, "high")
    assert (claude.cost_usd_sum, claude.configuration.effort) == (None, None)
    assert [(p.locator, p.field) for p in of(records, Problem)] == [("record 3", "cost_usd_sum")]


def test_pass_rates_of_one_row_are_rounds_of_one_configuration(logs):
    """A count is exact where the published rate is its rounding; 46 of 100 is not 45.0%, and then the rate stands and is told.

    On a well-known leaderboard five rates are of another n than the row's: counts alone moved the mean gain of the second attempt.
    """
    records = read(logs / "rounds.yml")
    first, last, *_ = summaries = of(records, Summary)
    assert [(s.round, s.n_rounds, s.n) for s in summaries] == [(1, 2, 100), (2, 2, 100)] * 2
    assert (first.success_sum, last.success_sum) == (pytest.approx(20), pytest.approx(45))
    assert any("no rounding of pass_num_2" in problem.reason for problem in of(records, Problem))
    assert (first.cost_usd_sum, first.latency_s, first.usage.output_tokens) == (None, None, None)
    assert (last.cost_usd_sum, last.latency_s, last.usage.output_tokens) == (5.0, 12.5, 50000)
    assert last.configuration.settings == {"edit_format": "diff", "thinking_tokens": 32000}  # set, not counted
    assert last.usage.reasoning_tokens is None
    assert summaries[-1].cost_usd_sum is None
    assert any("rounds 1, 2" in note.text for note in of(records, Note))


def test_cost_of_a_task_and_of_the_run_are_told_by_name(tmp_path):
    lines = "model,accuracy,n_tasks,{}", "a,0.5,20,2", "b,0.25,20,4"
    costs = {
        name: [s.cost_usd_sum for s in of(read(csv_of(tmp_path, *(line.format(name) for line in lines))), Summary)]
        for name in ("total_cost", "cost_per_task", "avg_cost_usd", "run_cost_cents")
    }
    assert costs["total_cost"] == [2, 4]
    assert costs["cost_per_task"] == costs["avg_cost_usd"] == [40, 80]
    assert costs["run_cost_cents"] == [pytest.approx(0.4), pytest.approx(0.8)]


def test_tokens_of_a_summary_are_of_the_run_unless_too_few(tmp_path):
    rows = "model,accuracy,n,input_tokens,output_tokens", "a,0.5,100,500,{}", "b,0.5,100,700,{}"
    run = of(read(csv_of(tmp_path, rows[0], "a,0.5,100,500000,90000", "b,0.5,100,700000,80000")), Summary)
    assert (run[0].usage.uncached_input_tokens, run[0].usage.output_tokens) == (500000, 90000)
    mean = of(read(csv_of(tmp_path, rows[0], "a,0.5,100,500,90", "b,0.5,100,700,80")), Summary)
    assert (mean[0].usage.uncached_input_tokens, mean[0].usage.output_tokens) == (50000, 9000)


def test_a_table_of_benchmarks_by_task_name_is_one_of_summaries(tmp_path):
    first = of(read(csv_of(tmp_path, "model,task,accuracy,n", "a,gsm8k,50%,1319", "a,math,20%,500", "b,gsm8k,60%,1319")), Summary)[0]
    assert (first.benchmark, first.n, first.success_sum) == ("gsm8k", 1319, pytest.approx(659.5))


# --- what is unknown, what is refused


def test_bad_cells_are_unknown_with_the_place_and_the_row_stays(tmp_path):
    lines = "task_id,model,score,cost,latency,tokens", "a,m,1,0.5,3,10", "b,m,NaN,-1,inf,1.5", "c,m,x,1e999,-2,12"
    records = read(csv_of(tmp_path, *lines))
    a, b, c = of(records, Attempt)
    assert (a.score, a.cost_usd_logged, a.latency_s, a.usage.total_tokens) == (1, 0.5, 3, 10)
    for unknown in (b, c):
        assert (unknown.score, unknown.cost_usd_logged, unknown.latency_s) == (None, None, None)
    assert {(p.locator, p.field, p.reason) for p in of(records, Problem)} == {
        ("record 2", "score", "score is not a finite number"), ("record 2", "cost_usd_logged", "cost is negative"),
        ("record 2", "latency_s", "latency is not a finite number"), ("record 2", "total_tokens", "total tokens is not a whole number"),
        ("record 3", "score", "score is not a number"), ("record 3", "cost_usd_logged", "cost is not a finite number"),
        ("record 3", "latency_s", "latency is negative"),
    }  # fmt: skip
    assert not any(p.refused for p in of(records, Problem))


def test_rows_without_task_or_model_are_refused(tmp_path):
    records = read(csv_of(tmp_path, "task_id,model,score", "a,m,1", ",m,1", "b,,1"))
    assert [a.task.task for a in of(records, Attempt)] == ["a"]
    assert {(p.locator, p.reason, p.refused) for p in of(records, Problem)} == {
        ("record 2", "no task and no number of tasks", True), ("record 3", "no model", True)
    }  # fmt: skip
    records = read(csv_of(tmp_path, "model,accuracy,n", "a,0.5,10", "b,0.5,", "c,,10", ",0.5,10"))
    assert [s.configuration.model for s in of(records, Summary)] == ["a"]
    assert [p.reason for p in of(records, Problem)] == ["no task and no number of tasks", "no accuracy", "no model"]


def test_scores_in_percent_and_few_above_one(tmp_path):
    percent = of(read(csv_of(tmp_path, "task,model,score", "a,m,80", "b,m,0", "c,m,100", "d,m,55.5")), Attempt)
    assert [a.score for a in percent] == [0.8, 0, 1, 0.555]
    rows = [f"t{i},m,0.5" for i in range(30)]
    records = read(csv_of(tmp_path, "task,model,score", *rows, "z,m,1.7"))
    assert of(records, Attempt)[-1].score is None
    assert [p.reason for p in of(records, Problem)] == ["score is above 1 in a column of fractions"]


def test_ratings_are_on_no_known_scale(tmp_path):
    records = read(csv_of(tmp_path, "task,model,rating,cost", "a,m,4,1", "b,m,5,1"))
    assert [a.score for a in of(records, Attempt)] == [None, None]
    assert {p.reason for p in of(records, Problem)} == {"score is neither a fraction nor a percentage"}


def test_zero_cost_is_free_only_where_no_token_was_used(tmp_path):
    lines = "task,model,score,cost,input_tokens,output_tokens", "a,m,1,0,0,0", "b,m,1,0,5,0", "c,m,1,0,,", "d,m,1,0.1,5,5"
    records = read(csv_of(tmp_path, *lines))
    assert [a.cost_usd_logged for a in of(records, Attempt)] == [0, None, None, 0.1]
    assert [p.reason for p in of(records, Problem)] == [
        "cost is 0 although tokens were used", "cost is 0 and no tokens are logged: unknown"
    ]  # fmt: skip


def test_latency_units_by_name_by_value_and_from_start_and_end(tmp_path):
    by_name = of(read(csv_of(tmp_path, "task,model,score,duration_ms", "a,m,1,250", "b,m,1,500")), Attempt)
    assert [a.latency_s for a in by_name] == [0.25, 0.5]
    records = read(csv_of(tmp_path, "task,model,score,latency", "a,m,1,2500", "b,m,1,5000", "c,m,1,900"))
    assert [a.latency_s for a in of(records, Attempt)] == [2.5, 5, 0.9]
    assert any("milliseconds" in note.text for note in of(records, Note))
    lines = "task,model,score,start,end", "a,m,1,2025-03-01T10:00:00+01:00,2025-03-01T09:00:30Z", "b,m,1,1740819600,1740819615000"
    a, b = of(read(csv_of(tmp_path, *lines)), Attempt)
    assert (a.latency_s, a.latency_basis, a.started_at) == (30, "wall", datetime(2025, 3, 1, 9, tzinfo=UTC))
    assert b.latency_s == 15


def test_competing_columns_the_first_synonym_wins_and_it_is_said(tmp_path):
    records = read(csv_of(tmp_path, "task,model,score,measured_duration,duration", "a,m,1,9,3"))
    assert of(records, Attempt)[0].latency_s == 3
    assert [note.text for note in of(records, Note)] == ["duration read as latency_s; left out: measured_duration"]


def test_how_an_attempt_ended(tmp_path):
    words = {
        "": "ok", "stop": "ok", "max_tokens": "limit", "length": "limit", "exit_cost": "limit", "TimeoutError": "timeout",
        "rate limit exceeded": "infra", "docker crashed": "infra", "cancelled by user": "cancelled", "AgentError": "error", "failed": "ok",
    }  # fmt: skip
    records = read(csv_of(tmp_path, "task,model,score,exit_status", *(f"t{i},m,1,{w}" for i, w in enumerate(words))))
    assert dict(zip(words, (a.status for a in of(records, Attempt)), strict=True)) == words
    records = read(csv_of(tmp_path, "task,model,error,status", "a,m,,pass", "b,m,KeyError: 'x',fail"))
    assert [(a.status, a.success) for a in of(records, Attempt)] == [("ok", True), ("error", False)]


def column_of(tmp_path, name, *cells):
    """Return the records of a table of one column beside task and model."""
    rows = [{"task_id": f"t{i}", "model": "m", name: cell} for i, cell in enumerate(cells)]
    return read(write(tmp_path / "t.json", json.dumps(rows)))


@pytest.mark.parametrize("name", ["status", "outcome", "result", "resolved", "score"])
@pytest.mark.parametrize(("won", "lost"), [("success", "failed"), ("resolved", "unresolved"), ("pass", "fail")])
def test_a_column_of_verdicts_and_of_errors_is_both(tmp_path, name, won, lost):
    """Six won, three lost, three ended in trouble: the whole column was taken for a status, and accuracy was 0 % of three."""
    attempts = of(column_of(tmp_path, name, *[won] * 6, *[lost] * 3, "error", "timeout", "Timeout"), Attempt)
    assert Counter(a.success for a in attempts) == {True: 6, False: 3, None: 3}
    assert [a.status for a in attempts] == ["ok"] * 9 + ["error", "timeout", "timeout"]


def test_a_column_of_mere_trouble_says_how_the_attempts_ended(tmp_path):
    for name in ("outcome", "status"):
        assert [a.status for a in of(column_of(tmp_path, name, "timeout", "error"), Attempt)] == ["timeout", "error"]


def test_a_word_of_no_verdict_among_verdicts_is_unknown(tmp_path):
    records = column_of(tmp_path, "status", "success", "failed", "failed", "skipped", "skipped", "error")
    assert [a.success for a in of(records, Attempt)] == [True, False, False, None, None, None]
    assert [(p.locator, p.reason) for p in of(records, Problem)] == [
        (f"record {i}", "success is neither success nor failure") for i in (4, 5)
    ]  # fmt: skip


def test_answers_that_look_like_verdicts_are_none(tmp_path):
    """`C` is a word for correct, and the third choice of four."""
    for name in ("result", "correct"):
        assert {a.success for a in of(column_of(tmp_path, name, "A", "B", "C", "D"), Attempt)} == {None}


def test_verdicts_beside_a_score_still_say_how_an_attempt_ended(tmp_path):
    lines = "task,model,score,outcome", "a,m,0.7,pass", "b,m,0,fail", "c,m,,timeout"
    attempts = of(read(csv_of(tmp_path, *lines)), Attempt)
    assert [(a.score, a.success, a.status) for a in attempts] == [(0.7, None, "ok"), (0, None, "ok"), (None, None, "timeout")]


def test_bad_values_of_a_small_file_are_counted_however_many(tmp_path):
    """A column with over a fifth of bad values vanished, and the file was "all understood" without accuracy or cost."""
    bad = '{"task_id":"a","model":"m","success":NaN,"cost":NaN}\n{"task_id":"b","model":"m","success":1,"cost":-Infinity}\n'
    records = read(write(tmp_path / "t.jsonl", bad + '{"task_id":"c","model":"m","success":"x","cost":-3}\n'))
    assert [(a.success, a.cost_usd_logged) for a in of(records, Attempt)] == [(None, None), (True, None), (None, None)]
    assert Counter(p.reason for p in of(records, Problem)) == {
        "success is neither success nor failure": 2, "cost is not a finite number": 2, "cost is negative": 1
    }  # fmt: skip
    records = column_of(tmp_path, "success", "x", "z")
    assert Counter(p.reason for p in of(records, Problem)) == {"success is neither success nor failure": 2}
    summaries = read(csv_of(tmp_path, "model,accuracy,n,total_cost", "a,0.5,10,-1", "b,0.5,10,NaN"))
    assert [s.cost_usd_sum for s in of(summaries, Summary)] == [None, None]
    assert {p.reason for p in of(summaries, Problem)} == {"cost is negative", "cost is not a finite number"}


@pytest.mark.parametrize("length", [1, 120, 200, 201, 5000])
def test_long_models_never_pool_all_models(tmp_path, length):
    """One name of 201 characters dropped the column, and all models became the file's name."""
    names = ["base", "x" * length + "1", "x" * length + "2"]
    rows = [{"task_id": f"t{i}", "model": name, "score": 1} for name in names for i in range(2)]
    as_list = read(write(tmp_path / "t.json", json.dumps(rows)), name="x")
    assert as_list == read(csv_of(tmp_path, "task_id,model,score", *(f"{r['task_id']},{r['model']},1" for r in rows)), name="x")
    assert len({configuration_row(a.configuration, set())["model"] for a in of(as_list, Attempt)}) == 3
    assert not of(as_list, Problem)


@pytest.mark.parametrize(
    ("cells", "efforts"),
    [
        (["none", "low"], ["none", "low"]),
        (["none", "none"], ["none", "none"]),
        (["None", "high", ""], ["none", "high", None]),
        (["None", ""], [None, None]),
        ([None, "low"], [None, "low"]),
    ],
)
def test_none_is_an_effort_where_it_is_a_level(tmp_path, cells, efforts):
    rows = [{"task_id": "a", "model": "m", "score": 1, "reasoning_effort": cell} for cell in cells]
    attempts = of(read(write(tmp_path / "t.json", json.dumps(rows))), Attempt)
    assert [a.configuration.effort for a in attempts] == efforts


@pytest.mark.parametrize("name", ["score", "reward", "mean_reward", "points", "total_score"])
def test_marks_from_1_to_5_are_no_percentages(tmp_path, name):
    """A judge's marks of 1 to 5 were read as 1 % to 5 %: accuracy 2.75 %."""
    records = column_of(tmp_path, name, 1, 2, 3, 4, 5, 4.5)
    assert {a.score for a in of(records, Attempt)} == {None}
    assert Counter(p.reason for p in of(records, Problem)) == {"score is neither a fraction nor a percentage": 6}


def test_low_rates_are_percentages_and_doubtful_ones_are_flagged(tmp_path):
    for name in ("accuracy", "pass_rate"):
        assert [a.score for a in of(column_of(tmp_path, name, 5, 2.5, 0), Attempt)] == [0.05, 0.025, 0]
    records = read(csv_of(tmp_path, "model,accuracy,n", "a,0.9,100", "b,85,100", "c,1,100"))
    assert [s.success_sum for s in of(records, Summary)] == [pytest.approx(0.9), 85, 1]
    assert [(p.locator, p.reason, p.refused) for p in of(records, Problem)] == [
        (f"record {i}", "accuracy is 1 or less in a column of percentages: read as a percentage", False) for i in (1, 3)
    ]  # fmt: skip


def test_two_costs_of_one_row_that_disagree_are_flagged(tmp_path):
    """Of 50 $ for 100 tasks and 0.1 $ a task one is wrong; the total is taken, and that is said."""
    lines = "model,accuracy,n,total_cost,cost_per_task", "a,0.5,100,50,0.1", "b,0.5,100,10,0.1", "c,0.5,100,,0.2", "d,0.5,100,10.05,0.1"
    records = read(csv_of(tmp_path, *lines))
    assert [s.cost_usd_sum for s in of(records, Summary)] == [50, 10, 20, 10.05]
    assert of(records, Problem) == [
        Problem(locator="record 1", field="cost_usd_sum", reason="two cost columns disagree: total_cost taken")
    ]  # fmt: skip


def test_a_bare_cost_that_equals_the_total_is_the_total(tmp_path):
    records = read(csv_of(tmp_path, "model,accuracy,n,total_cost,cost", "a,0.5,100,50,50", "b,0.5,100,,7"))
    assert [s.cost_usd_sum for s in of(records, Summary)] == [50, 7]
    assert not of(records, Problem)
    alone = read(csv_of(tmp_path, "model,accuracy,n,cost", "a,0.5,100,0.5"))
    assert [s.cost_usd_sum for s in of(alone, Summary)] == [50]


@pytest.mark.parametrize("cell", ["0.02 €", "€0.02", "0,02 €", "£ 0.02", "0.02 EUR"])
def test_other_money_is_not_taken_for_dollars(tmp_path, cell):
    records = column_of(tmp_path, "cost", cell, cell)
    assert [a.cost_usd_logged for a in of(records, Attempt)] == [None, None]
    assert {(p.field, p.reason) for p in of(records, Problem)} == {("cost_usd_logged", "cost is not in USD")}
    records = read(csv_of(tmp_path, "task,model,score,Cost (€),latency", "a,m,1,0.5,1"))
    assert of(records, Attempt)[0].cost_usd_logged is None
    assert [p.reason for p in of(records, Problem)] == ["cost is not in USD"]
    assert of(column_of(tmp_path, "cost", "0,02 $", "$ 1,50", "2 US$"), Attempt)[0].cost_usd_logged == 0.02


def test_a_dollar_column_goes_before_one_in_euro(tmp_path):
    records = read(csv_of(tmp_path, "task,model,score,cost_eur,cost_usd", "a,m,1,0.4,0.5"))
    assert of(records, Attempt)[0].cost_usd_logged == 0.5
    assert not of(records, Problem)


def test_a_table_that_a_spreadsheet_saved_as_utf16_is_read(tmp_path):
    """ "Unicode text" of a spreadsheet is UTF-16 with tabs; its mark tells so for certain."""
    text = "task_id\tmodel\tscore\r\na\tmodèle 模\t1\r\nb\tm\t0\r\n"
    path = write(tmp_path / "t.txt", text.encode("utf-16"))
    assert table.matches(path)
    assert [(a.configuration.model, a.score) for a in of(read(path), Attempt)] == [("modèle 模", 1), ("m", 0)]
    assert read(path, name="x") == read(write(tmp_path / "u.tsv", text), name="x")


# --- settings and identity


def test_a_balanced_sweep_is_a_setting_and_what_a_run_produced_is_not(tmp_path):
    lines = ["task_id,model,planner,verdict_style,exit_notes,score,level,beam,retries_seen"]
    for t in range(10):
        for planner in ("on", "off"):
            style = "short" if (t + len(planner)) % 3 else "long"
            lines.append(f"t{t},m,{planner},{style},n{t},1,{'easy' if t < 5 else 'hard'},{4 if planner == 'on' else 8},{t % 3}")
    attempts = of(read(csv_of(tmp_path, *lines)), Attempt)
    assert {tuple(a.configuration.settings) for a in attempts} == {("beam", "planner")}
    assert {(a.task.task, a.task.difficulty) for a in attempts} >= {("t0", "easy"), ("t9", "hard")}


def test_run_trial_and_seed_are_never_knobs(tmp_path):
    lines = ["task_id,model,seed,score", *(f"t{t},m,{s},1" for t in range(5) for s in (1, 2, 3))]
    attempts = of(read(csv_of(tmp_path, *lines)), Attempt)
    assert {a.attempt for a in attempts} == {1, 2, 3}
    assert len({configuration_row(a.configuration, {"seed"})["configuration"] for a in attempts}) == 1


def test_a_run_id_is_one_only_if_its_rows_are_one_try(tmp_path):
    own = of(read(csv_of(tmp_path, "task_id,model,run_id,score", "a,m,u1,1", "b,m,u2,1", "b,m,u2,1")), Attempt)
    assert [a.run_id for a in own] == ["u1", "u2", "u2"]
    shared = of(read(csv_of(tmp_path, "task_id,model,run_id,score", "a,m,exp7,1", "b,m,exp7,1")), Attempt)
    assert [a.run_id for a in shared] == [None, None]
    numbers = of(read(csv_of(tmp_path, "task_id,model,run_id,score", "a,m,0,1", "b,m,0,1", "a,m,1,1", "b,m,1,1")), Attempt)
    assert [(a.run_id, a.attempt) for a in numbers] == [(None, 0), (None, 0), (None, 1), (None, 1)]


def test_split_does_not_override_the_dataset_and_category_is_a_group(tmp_path):
    lines = "task_id,model,dataset,split,category,score", "a,m,gsm,test,algebra,1", "b,m,gsm,test,geometry,0"
    first = of(read(csv_of(tmp_path, *lines)), Attempt)[0].task
    assert (first.benchmark, first.task_group) == ("gsm", "algebra")


def test_a_saved_mapping_overrides_names(tmp_path):
    path = csv_of(tmp_path, "aufgabe,modell,punkte,score", "a,m,0.5,9", "b,m,1,9")
    mapping = {"aufgabe": "task", "modell": "model", "punkte": "score"}
    first = of(read(path, mapping=mapping), Attempt)[0]
    assert (first.task.task, first.configuration.model, first.score) == ("a", "m", 0.5)


# --- what is no log


@pytest.mark.parametrize(
    "text",
    [
        '{"model": "m", "accuracy": 0.5, "cost": 1}',
        '{"gpt-4": {"input_cost_per_token": 1e-6, "mode": "chat", "score": 1}}',
        '[{"model": "m", "provider": "p", "price": 3}]',
        "model,input_price_per_mtok,score\nm,1,1\n",
        '[{"task_id": 0, "reward": 1, "traj": []}]',
        '{"info": {"agent_info": {}}, "simulations": [{"task_id": 1, "reward": 1}]}',
        '[{"role": "user", "content": "hello"}]',
        "just, a, sentence\nand, another, one\n",
        "name: x\nscore: 1\n",
        "[]",
        "{}",
        "",
    ],
)
def test_no_log_is_not_claimed(tmp_path, text):
    assert not table.matches(write(tmp_path / "t.json", text))


def test_files_of_other_formats_prices_and_aggregates_are_not_claimed(samples):
    files = [p for folder in ("formats", "ml-energy", "prices", "tau-bench", "tau2-bench", "inspect", "swe-agent", "harbor-atif")
             for p in (samples / folder).rglob("*") if p.is_file()]  # fmt: skip
    files += [*samples.rglob("summary_stats.json"), *samples.rglob("model_info.json")]
    assert len(files) > 250
    assert [p.name for p in files if table.matches(p)] == []


# --- hostile files: one clear sentence, quickly

GOOD = '{"task_id":"a","model":"m","score":1,"cost":0.5}'
HOSTILE = {
    "no_text": (bytes(range(256)) * 50, "it is no text"),
    "empty": (b"", "the file is empty"),
    "utf16": (f"[{GOOD}]".encode("utf-16"), "it is UTF-16 text: save it as UTF-8"),
    "utf16_unmarked": ("task_id,model,score\na,m,1\n".encode("utf-16-le"), "it is UTF-16 text: save it as UTF-8"),
    "nul": (b"task_id,model,score\na,m,1\nb,m\0,1\n", "line 3 has a NUL character"),
    "latin": (b"task_id,model,score\n" + b"a,m,1\n" * 20000 + b"b,m\xe9,1\n", "not UTF-8 text .byte 0xe9 in line 20002."),
    "latin_soon": (b"task_id,model,score\na,m\xe9,1\n", "not UTF-8 text .byte 0xe9 in line 2.: save it as UTF-8"),
    "long_first_line": (b'{"task_id":"a","model":"m","score":1,"x":"' + b"x" * 9_000_000 + b'"}\n', "line 1 is longer than 8 MB"),
    "long_second_line": (f'{GOOD}\n{{"x":"'.encode() + b"x" * 9_000_000 + b'"}\n', "line 2 is longer than 8 MB"),
    "broken_list": (f"[{GOOD[:-1]},}}]".encode(), "line 1, column 50: broken JSON"),
    "broken_line": (f"{GOOD}\n<<<<<<< HEAD\n{GOOD}\n".encode(), "line 2: broken JSON"),
    "broken_only_line": (GOOD[:-4].encode(), "the JSON breaks off: it is truncated"),
    "long_line": (f'{GOOD}\n{GOOD}\n{{"task_id":"'.encode() + b"x" * 50_000_000 + b'"}\n', "line 3 is longer than 8 MB"),
    "long_csv_row": (b"task_id,model,score\na,m,1\nb," + b"x" * 50_000_000 + b",1\n", "longer than 8 MB"),
    "keys": (
        f"{GOOD}\n{GOOD}\n{json.dumps(json.loads(GOOD) | {f'k{i}': i for i in range(20_000)})}\n".encode(),
        "record 3 brings the number of different keys over 500",
    ),
    "columns": (",".join(["task_id", "model", "score", *(f"c{i}" for i in range(100_000))]).encode(), "over 200 columns"),
    "deep": (b'[{"task_id":"a","score":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "nested deeper than 64 levels"),
    "deep_line": (f'{GOOD}\n{{"task_id":"b","score":1,"x":{"[" * 70}{"]" * 70}}}\n'.encode(), "record 2 is nested deeper than 64 levels"),
    "deep_yaml": (b"- task_id: a\n  score: 1\n  x: " + b"[" * 5000 + b"]" * 5000, "nested deeper than 64 levels"),
    "truncated_list": (json.dumps([json.loads(GOOD)] * 50).encode()[:-60], "truncated"),
    "truncated_object": (json.dumps({"model": "m", "records": [json.loads(GOOD)] * 5000}).encode()[:-30], "truncated"),
    "truncated_line": (f"{GOOD}\n".encode() * 5 + GOOD.encode()[:-9], "line 6 breaks off: the JSON is truncated"),
    "ragged": (b"task_id,model,score\na,m,1\nb,m\n", "line 3 has 2 fields, the header 3"),
    "ragged_after_lines_in_cells": (b'task_id,model,score\n"a\nb",m,1\n\nb\n', "line 5 has 1 field, the header 3"),
    "digits": (f'{GOOD}\n{{"task_id":"b","model":"m","score":1{"0" * 1_000_000}}}\n'.encode(), "a number of over 40 digits"),
    "digits_csv": (b"task_id,model,score\na,m,1\nb,m,1" + b"0" * 1_000_000, "a number of over 40 digits"),
    "digits_list": (f'[{{"task_id":"b","model":"m","score":1{"0" * 60}}}]'.encode(), "a number of over 40 digits"),
    "yaml_alias": (b"- task_id: a\n  score: 1\n  a: &a [x,x]\n  b: [*a,*a]\n", "anchors and aliases are not read"),
    "yaml_merge": (b"- task_id: a\n  model: m\n  score: 1\n- <<: *a\n  score: 0\n", "line 4: YAML anchors and aliases are not read"),
    "broken_yaml": (b"- task_id: a\n  score: 1\n- task_id: [\n", "broken YAML"),
    "header_only": (b"task_id,model,score\n", "no row"),
    "no_size": (b"model,accuracy,cost\nm,0.5,1\n", "no column names a task, and none the number of tasks"),
    "no_measure": (b"task_id,model,colour\na,m,red\n", "no column names a configuration or a task beside a measure"),
}


NO_TABLE = {"no_text", "empty", "no_measure"}
"""Files of no columns of a log: nobody claims them. Damaged tables are claimed, so that the cause is told."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(tmp_path, name):
    data, expected = HOSTILE[name]
    path = write(tmp_path / "file", data)
    began = time.monotonic()
    assert table.matches(path) == (name not in NO_TABLE)
    with pytest.raises(Refused, match=expected) as refusal:
        read(path)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 120
    assert time.monotonic() - began < 10


def test_json_that_the_fast_reader_refuses_is_read_with_care(tmp_path):
    """NaN and 1e999 literals, keys that occur twice, lone surrogates: the field is unknown, the row is not lost."""
    bad = '{"task_id":"b","model":"m","score":NaN,"cost":1e999}\n{"task_id":"c","model":"m","score":1,"score":0,"cost":2}\n'
    records = read(write(tmp_path / "t.jsonl", f'{GOOD}\n{bad}{{"task_id":"\\ud800d","model":"m","score":1}}\n'))
    attempts = of(records, Attempt)
    assert [a.score for a in attempts] == [1, None, None, 1]
    assert [a.cost_usd_logged for a in attempts] == [0.5, None, 2, None]
    assert {(p.locator, p.field, p.reason) for p in of(records, Problem)} == {
        ("record 2", "score", "score is not a finite number"), ("record 2", "cost_usd_logged", "cost is not a finite number"),
        ("record 3", "score", "the key occurs twice in the record"),
    }  # fmt: skip
    json.dumps([a.task.task for a in attempts]).encode()
    records = read(write(tmp_path / "m.json", '{"a": {"resolved": true}, "b": {"resolved": true}, "a": {"resolved": false}}'))
    assert [a.task.task for a in of(records, Attempt)] == ["b"]
    assert ("two records have this key", True) in {(p.reason, p.refused) for p in of(records, Problem)}


def test_two_columns_of_one_name_are_unknown(tmp_path):
    records = read(csv_of(tmp_path, "task_id,model,cost,score,cost", "a,m,1,1,2"))
    assert of(records, Attempt)[0].cost_usd_logged is None
    assert of(records, Problem) == [Problem(locator="header", field="cost", reason="two columns have this name")]


# --- real tables


def test_aider_polyglot(samples):
    records = read(samples / "aider/polyglot_leaderboard.yml")
    summaries = of(records, Summary)
    final = [s for s in summaries if s.round == s.n_rounds]
    assert Counter((s.round, s.n_rounds) for s in summaries) == {(1, 2): 69, (2, 2): 69}
    knobs = varying_settings(s.configuration for s in final)
    assert len({configuration_row(s.configuration, knobs)["configuration"] for s in final}) == 69
    assert knobs == {"edit_format"}
    assert sum(s.cost_usd_sum is None for s in final) == 18
    assert Counter(s.n for s in final) == {225: 63, 224: 5, 223: 1}
    assert Counter(s.configuration.effort for s in final) == {None: 62, "high": 5, "medium": 1, "low": 1}
    assert sum(s.usage.output_tokens is not None for s in final) == 23
    high = next(s for s in final if s.configuration.model == "gpt-5 (high)")
    assert (high.success_sum, high.n, high.cost_usd_sum) == (198, 225, 29.0829)  # 88.0 %
    by_round = {number: sum(s.success_sum / s.n for s in summaries if s.round == number) / 69 for number in (1, 2)}
    assert 100 * (by_round[2] - by_round[1]) == pytest.approx(26.40, abs=0.1)


def test_aider_edit(samples):
    final = [s for s in of(read(samples / "aider/edit_leaderboard.yml"), Summary) if s.round == s.n_rounds]
    assert len(final) == 98
    assert sum(s.cost_usd_sum is not None for s in final) == 30


@pytest.mark.parametrize("folder", ["aime", "livemathbench"])
def test_pricing_reversal_sums_equal_the_files_own_totals(samples, folder):
    n_rows = 0
    for path in sorted((samples / "pricing-reversal" / folder).glob("*.json")):
        log, records = json.loads(path.read_text()), read(path)
        attempts = of(records, Attempt)
        assert len(records) == len(attempts) == log["counts"]
        assert {(a.configuration.model, a.task.benchmark) for a in attempts} == {(log["model_name"], log["dataset_name"])}
        assert sum(a.usage.uncached_input_tokens for a in attempts) == log["prompt_tokens"]
        assert sum(a.usage.output_tokens for a in attempts) == log["completion_tokens"]
        assert math.fsum(a.cost_usd_logged for a in attempts) == pytest.approx(log["cost"], rel=1e-12)
        assert math.fsum(a.score for a in attempts) / len(attempts) == pytest.approx(log["performance"], rel=1e-12)
        n_rows += len(attempts)
    assert n_rows == {"aime": 480, "livemathbench": 967}[folder]


def test_repeated_trials(samples):
    attempts, problems = [], []
    for path in sorted((samples / "pricing-reversal/repeated_trial").rglob("*.json")):
        records = read(path)
        attempts += of(records, Attempt)
        problems += of(records, Problem)
        assert {a.attempt for a in of(records, Attempt)} == {json.loads(path.read_text())["run_index"]}
    assert len(attempts) == 902
    assert all(a.score is None and a.success is None for a in attempts)
    assert Counter(p.reason for p in problems) == {"cost is 0 although tokens were used": 16}


def test_swe_effi_sums_equal_the_authors_aggregates(samples):
    n_rows = 0
    for path in sorted((samples / "swe-effi").rglob("combined_stats.json")):
        attempts, own = of(read(path), Attempt), json.loads((path.parent / "summary_stats.json").read_text())
        assert len(attempts) == own["total_projects"]
        assert sum(a.success for a in attempts) == own["resolved"]
        assert sum(a.usage.uncached_input_tokens for a in attempts) == own["input_tokens"]
        assert sum(a.usage.output_tokens for a in attempts) == own["output_tokens"]
        assert sum(a.llm_calls for a in attempts) == own["llm_calls"]
        assert math.fsum(a.latency_s for a in attempts) == pytest.approx(own["duration"], rel=1e-9)
        n_rows += len(attempts)
    assert n_rows == 442
