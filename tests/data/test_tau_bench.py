"""τ-bench and τ²-bench: what real results add up to, and what small ones made by hand say."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from data.importers import tau_bench
from data.limits import UPLOAD
from data.records import Attempt, Note, Problem, Refused, Source, Usage

HAND_MADE = Path(__file__).parents[1] / "logs/tau_bench"
V1 = HAND_MADE / "tool-calling-gpt-4o-0.0_range_0--1_user-gpt-4o-llm_0612201530.json"
AIRLINE, RETAIL = "gpt-4.1_airline_default_gpt-4.1_1trials.json", "gpt-4.1_retail_defautl_gpt-4.1_1trials.json"


def read(path: Path, **source) -> list:
    return list(tau_bench.read(path, Source(**({"name": path.name} | source)), UPLOAD))


def attempts(path: Path, **source) -> list[Attempt]:
    return [record for record in read(path, **source) if isinstance(record, Attempt)]


def problems(records: list) -> list[Problem]:
    return [record for record in records if isinstance(record, Problem)]


def test_real_v1_results(samples):
    found = attempts(samples / "tau-bench/gpt-4o-airline.json")
    assert len(found) == 200
    assert np.mean([a.score for a in found]) == 0.42
    known = [a.aux_cost_usd for a in found if a.aux_cost_usd is not None]
    assert (len(known), sum(known)) == (195, pytest.approx(0.50315))
    assert {a.attempt for a in found} == {0, 1, 2, 3}
    assert len({a.task.task for a in found}) == 50
    turns = [a.turns for a in found]
    assert [np.percentile(turns, q) for q in (75, 90)] == [16.25, 20]
    assert round(np.percentile(turns, 95), 1) == 23.1
    assert np.mean([a.score * (a.turns <= 16.25) for a in found]) == 0.355
    assert {a.cost_usd_logged for a in found} == {None}


@pytest.mark.parametrize(
    ("name", "n", "accuracy", "mean_cost"),
    [(AIRLINE, 20, 0.5, 0.039163), (RETAIL, 40, 0.85, 0.047215), ("ft-gpt-4.1*", 20, 0.65, None)],
)
def test_real_v2_results(samples, name, n, accuracy, mean_cost):
    """The fine-tuned model's cost is 0.0 on every row: no price was known, and free it was not."""
    (path,) = (samples / "tau2-bench").glob(name)
    found = attempts(path)
    assert (len(found), np.mean([a.score for a in found])) == (n, accuracy)
    costs = [a.cost_usd_logged for a in found]
    assert (None if mean_cost is None else round(np.mean(costs), 6)) == mean_cost
    assert mean_cost is not None or set(costs) == {None}
    assert len(problems(read(path))) == (n if mean_cost is None else 0)
    raw = json.loads(path.read_text())["simulations"]
    for side, of_attempt in (("assistant", "usage"), ("user", "aux")):
        messages = [m["usage"] for s in raw for m in s["messages"] if m["role"] == side and m["usage"]]
        total = sum(u["prompt_tokens"] + u["completion_tokens"] for u in messages)
        assert sum(getattr(a, of_attempt).total_tokens for a in found) == total
    assert sum(a.llm_calls for a in found) == sum(1 for s in raw for m in s["messages"] if m["role"] == "assistant" and m["usage"])


def capped(found: list[Attempt], cap: float) -> tuple[float, float]:
    """Return accuracy and exact saving if no attempt might take more than `cap` turns."""
    whole = kept = 0.0
    for a in found:
        calls = [s for s in a.steps if s.kind == "llm" and s.role == "agent"]
        whole += sum(s.cost_usd_logged for s in calls)
        kept += sum(s.cost_usd_logged for s in calls if s.turn <= math.floor(cap))
    return float(np.mean([a.score if a.turns <= cap else 0 for a in found])), 1 - kept / whole


@pytest.mark.parametrize(
    ("name", "quantile", "cap", "accuracy", "saving"), [(RETAIL, 75, 14, 0.75, 0.0751), (AIRLINE, 50, 9.5, 0.25, 0.1916)]
)
def test_the_steps_give_the_exact_saving_of_a_turn_cap(samples, name, quantile, cap, accuracy, saving):
    found = attempts(samples / "tau2-bench" / name)
    assert np.percentile([a.turns for a in found], quantile) == cap
    got_accuracy, got_saving = capped(found, cap)
    assert (got_accuracy, round(got_saving, 4)) == (accuracy, saving)


def test_costs_of_the_steps_are_the_attempts_cost(samples):
    for name in (AIRLINE, RETAIL):
        for a in attempts(samples / "tau2-bench" / name):
            for role, cost in (("agent", a.cost_usd_logged), ("user", a.aux_cost_usd)):
                assert sum(s.cost_usd_logged or 0 for s in a.steps if s.role == role) == pytest.approx(cost, abs=1e-12)
            assert all(s.offset_s + s.duration_s <= a.latency_s + 0.05 for s in a.steps)  # the two clocks differ by milliseconds


def test_every_real_file_is_claimed_under_any_name(samples, tmp_path):
    path = tmp_path / "blob.csv"
    for real in (*samples.glob("tau*/*.json"), *samples.glob("formats/tau-bench/*"), *samples.glob("formats/tau2-bench/dirformat*")):
        path.write_bytes(real.read_bytes())
        assert tau_bench.matches(path)
    path.write_bytes((samples / "formats/tau2-bench/leaderboard-submission.json").read_bytes())
    assert not tau_bench.matches(path)


def test_a_simulation_in_a_file_of_its_own(samples):
    folder = samples / "formats/tau2-bench"
    path = folder / "dirformat-simulation-49b22f0c.json"
    (a,) = attempts(path, siblings={"dirformat-results.json": str(folder / "dirformat-results.json")})
    assert (a.configuration.model, a.configuration.effort, a.task.benchmark, a.task.task) == (
        "openai:gpt-realtime-2",
        "minimal",
        "retail",
        "40",
    )
    assert (a.score, a.llm_calls, a.cost_usd_logged) == (None, None, None)
    with pytest.raises(Refused, match=r"results\.json of its run"):
        read(path)
    assert attempts(path, fields={"model": "x"})[0].configuration.model == "x"
    with pytest.raises(Refused, match="files of their own"):
        read(folder / "dirformat-results.json")


# ---- made by hand


def test_v1_by_hand():
    records = read(V1, name=f"retail/{V1.name}")
    first, failed = (r for r in records if isinstance(r, Attempt))
    configuration = first.configuration
    assert (configuration.model, configuration.agent, configuration.knobs) == ("gpt-4o", "tool-calling", {"temperature": 0.0})
    assert configuration.settings == {"user_model": "gpt-4o", "user_strategy": "llm"}
    assert (first.task.benchmark, first.task.task, first.score, first.aux_cost_usd) == ("retail", "0", 1.0, 0.01)
    assert (first.llm_calls, first.turns, first.tool_calls, first.aux_llm_calls) == (2, 2, 2, 2)
    assert [(s.kind, s.role, s.turn, s.name) for s in first.steps] == [
        ("llm", "user", None, None), ("llm", "agent", 1, None), ("tool", "agent", 1, "find"), ("llm", "agent", 2, None),
        ("tool", "agent", 2, None), ("llm", "user", None, None),
    ]  # fmt: skip
    assert (failed.status, failed.score, failed.turns, failed.aux_cost_usd) == ("error", 0.0, None, None)
    assert problems(records) == [
        Problem(locator=f"retail/{V1.name}", field="configuration", reason="configuration from the file name"),
        Problem(locator="[2]", reason="the record is not as τ-bench writes it", refused=True),
    ]


def test_what_a_person_says_goes_before_a_files_name():
    records = read(V1, name="runs/my-model.json", fields={"model": "gpt-5", "agent": "react", "benchmark": "mine"})
    assert not [p for p in problems(records) if p.field]
    assert records[0].configuration.model == "gpt-5"
    assert records[0].task.benchmark == "mine"
    (guess, *_), first = problems(read(V1, name="runs/my-model.json")), attempts(V1, name="runs/my-model.json")[0]
    assert guess.field == "configuration"
    assert (first.configuration.model, first.task.benchmark) == ("runs/my-model", "tau-bench")


def test_v2_by_hand():
    records = read(HAND_MADE / "tau2.json")
    first, capped_run, broken = (r for r in records if isinstance(r, Attempt))
    configuration = first.configuration
    assert (configuration.model, configuration.agent, configuration.effort) == ("o4-mini", "llm_agent", "high")
    assert configuration.knobs == {"temperature": 0.0, "max_steps": 50}
    assert configuration.settings == {"user_model": "gpt-4.1"}
    assert (first.run_id, first.task.benchmark, first.task.task, first.attempt) == ("sim1", "telecom", "[mobile] 7", 1)
    assert first.usage == Usage(uncached_input_tokens=2400, cache_read_tokens=600, output_tokens=80, total_tokens=3080)
    assert (first.aux.total_tokens, first.aux_cost_usd, first.cost_usd_logged) == (235, 0.002, 0.03)
    assert (first.llm_calls, first.tool_calls, first.aux_llm_calls, first.latency_s, first.latency_basis) == (2, 1, 2, 30.0, "wall")
    assert first.started_at.isoformat() == "2025-09-01T12:00:00+00:00"
    assert [(s.kind, s.role, s.turn, s.name, s.ok, s.offset_s, s.duration_s) for s in first.steps] == [
        ("llm", "user", None, None, None, 0.0, 4.0), ("llm", "agent", 1, None, None, 5.0, 5.0),
        ("tool", "agent", 1, "get_line", False, 10.0, 1.0), ("llm", "user", None, None, None, 11.0, 2.0),
        ("tool", "user", None, "reboot", True, 13.0, 1.0), ("llm", "agent", 2, None, None, 14.0, 6.0),
    ]  # fmt: skip
    assert (capped_run.status, capped_run.stop_reason, capped_run.cost_usd_logged, capped_run.aux_cost_usd) == (
        "limit",
        "max_steps",
        None,
        None,
    )
    assert capped_run.steps[0].cost_usd_logged is None
    assert (broken.status, broken.score, broken.llm_calls) == ("infra", None, None)
    assert problems(records) == [
        Problem(locator="simulations[1]", field="cost_usd_logged", reason="the cost is 0 although tokens were used: unknown"),
        Problem(locator="simulations[3]", reason="the simulation is not as τ²-bench writes it", refused=True),
    ]
    assert sum(isinstance(r, Note) for r in records) == 1


def test_an_index_is_read_where_the_simulations_are_not_there(tmp_path):
    results = json.loads((HAND_MADE / "tau2.json").read_text())
    del results["simulations"]
    rows = [
        {"id": f"s{i}", "task_id": i, "trial": 0, "reward": i, "termination_reason": "agent_stop", "agent_cost": 0.5, "duration": 3}
        for i in (0, 1)
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results | {"simulation_index": rows}))
    assert [(a.run_id, a.score, a.cost_usd_logged) for a in attempts(path)] == [("s0", 0, 0.5), ("s1", 1, 0.5)]
    assert [a.run_id for a in attempts(path, siblings={"s0.json": "/nowhere"})] == ["s1"]


def test_a_file_that_ends_too_early_is_refused(tmp_path):
    for path in (V1, HAND_MADE / "tau2.json"):
        cut = tmp_path / "cut"
        cut.write_bytes(path.read_bytes()[:-40])
        assert tau_bench.matches(cut)
        with pytest.raises(Refused, match="cut off"):
            read(cut)
