"""What stood after each reflection round: the simulator's own bookkeeping, a replay of every attempt, and Aider's published two tries."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from data.attempts import rounds
from data.frames import Evidence, Selection, evidence
from data.ingest import ingest
from data.store import Store
from tests.stores import found_in, stored

MEASURES = ["n_attempts", "n_success", "sum_success", "n_cost", "sum_cost_usd", "n_tokens", "sum_tokens", "n_latency", "sum_latency_s"]


def call(round_: int | None = None, **more) -> dict:
    return {"kind": "llm", "round": round_, "cost_usd_logged": "0.1", "total_tokens": 10, "offset_s": 0, "duration_s": 1, **more}


def after(attempts: list[dict], **more) -> pd.DataFrame:
    return rounds(*found_in(stored(attempts, **more)))


def accepted(frame: pd.DataFrame) -> list[tuple]:
    """Return (task, depth, n_success, sum_success)."""
    return list(frame[["task", "depth", "n_success", "sum_success"]].itertuples(index=False, name=None))


def test_who_ended_early_is_carried_forward():
    short = {"task": "short", "success": True, "steps": [call(0)]}
    long = {"task": "long", "success": True, "steps": [call(0), call(1, offset_s=1), call(2, offset_s=2)]}
    found = after([short, long])
    assert accepted(found) == [
        ("long", 0, 1, 0), ("long", 1, 1, 0), ("long", 2, 1, 1), ("short", 0, 1, 1), ("short", 1, 1, 1), ("short", 2, 1, 1),
    ]  # fmt: skip
    for name, of_long, of_short in (
        ("n_cost", [1, 1, 1], [1, 1, 1]), ("sum_cost_usd", [0.1, 0.2, 0.3], [0.1, 0.1, 0.1]), ("sum_tokens", [10, 20, 30], [10, 10, 10]),
        ("sum_latency_s", [1, 2, 3], [1, 1, 1]),
    ):  # fmt: skip
        assert found[name].tolist() == pytest.approx([*of_long, *of_short])


def test_an_attempt_that_went_on_without_a_score_was_not_yet_accepted():
    """Its final success says nothing of its first answer: counted there, reflection would seem to buy nothing."""
    unscored = {"task": "a", "success": True, "steps": [call(0), call(1)]}
    scored = {"task": "b", "success": True, "steps": [call(0, score=1.0), call(1)]}
    undone = {"task": "c", "success": False, "steps": [call(0, score=1.0), call(1, score=0.0)]}
    assert [s for *_, s in accepted(after([unscored, scored, undone]))] == [0, 1, 1, 1, 1, 0]


def test_scores_of_stages_judges_and_users_are_not_the_attempts():
    steps = [call(0), call(0, role="judge", score=1.0), call(0, stage="plan", score=1.0), call(1, role="user", score=1.0), call(1)]
    assert [s for *_, s in accepted(after([{"success": False, "steps": steps}]))] == [0, 0]


def test_an_unknown_outcome_is_in_no_denominator():
    unknown = {"task": "a", "success": None, "steps": [call(0), call(1)]}
    scored = {"task": "b", "success": None, "steps": [call(0, score=0.0), call(1, score=1.0)]}
    failed = {"task": "c", "success": None, "status": "error", "steps": [call(0), call(1)]}
    assert accepted(after([unknown, scored, failed])) == [
        ("a", 0, 0, 0), ("a", 1, 0, 0), ("b", 0, 1, 0), ("b", 1, 1, 1), ("c", 0, 1, 0), ("c", 1, 1, 0),
    ]  # fmt: skip


def test_fractional_scores_are_credited_as_they_are():
    steps = [call(0, score=0.25), call(1, score=0.75)]
    whole = {"task": "a", "score": 0.75, "success": False, "is_success_logged": False, "steps": steps}
    assert [s for *_, s in accepted(after([whole]))] == [0.25, 0.75]
    logged = whole | {"is_success_logged": True}  # the log decides by its own flag: only a full score is a success
    assert [s for *_, s in accepted(after([logged]))] == [0, 0]


def test_configurations_of_one_depth_have_no_rounds():
    flat = [{"configuration": "flat", "success": True, "steps": [call(0), call(None)]}, {"configuration": "none", "success": True}]
    assert after(flat).empty
    deep = {"configuration": "deep", "success": True, "steps": [call(0), call(1)]}
    found = after([*flat, deep])
    assert found["configuration"].nunique() == 1
    assert after(flat).dtypes.to_dict() == found.dtypes.to_dict()


def test_a_depth_that_nobody_had_is_no_row():
    """A round of two milliards in a hostile log must not become two milliards of rows."""
    found = after([{"success": True, "steps": [call(0), call(2_000_000_000)]}])
    assert found["depth"].tolist() == [0, 2_000_000_000]


# --- against a replay of every attempt

a_step = st.fixed_dictionaries({
    "kind": st.sampled_from(["llm", "tool"]), "role": st.sampled_from([None, None, "judge"]),
    "stage": st.sampled_from([None, None, "plan"]), "round": st.one_of(st.none(), st.integers(0, 3)),
    "score": st.sampled_from([None, None, 0.0, 0.5, 1.0]),
})  # fmt: skip
an_attempt = st.fixed_dictionaries({
    "task": st.sampled_from(["x", "y"]), "success": st.sampled_from([True, False, None]), "score": st.sampled_from([None, 0.0, 0.5, 1.0]),
    "status": st.sampled_from(["ok", "ok", "error", "cancelled"]), "is_success_logged": st.booleans(),
    "steps": st.lists(a_step, max_size=5),
})  # fmt: skip


def own_credit(a: dict, cell: list[dict], *, fractional: bool) -> float | None:
    """Return what an attempt adds to accuracy, as `analytics.grid.Grid.accuracy` says it."""
    failed = a["status"] == "error"
    if not fractional:
        return float(a["success"]) if a["success"] is not None else 0.0 if failed else None
    if a["score"] is not None or failed:
        return a["score"] or 0.0
    is_scored = any(b["score"] is not None or (b["success"] is None and b["status"] == "error") for b in cell)
    return None if is_scored or a["success"] is None else float(a["success"])


def replayed(attempts: list[dict]) -> dict[tuple[str, int], tuple[int, int, float]]:
    """Return n_attempts, n_success and sum_success of each task and depth."""
    counted = [a for a in attempts if a["status"] != "cancelled"]
    fractional = any(not a["is_success_logged"] and a["score"] == 0.5 for a in counted)
    paths = []
    for a in counted:
        depth, path = 0, []
        for step in a["steps"]:
            if step["role"] is None:
                depth = max(depth, step["round"] or 0)
                path.append((depth, None if step["stage"] else step["score"]))
        paths.append(path)
    depths = sorted({depth for path in paths for depth, _ in path})
    stands: dict = {}
    for a, path in zip(counted, paths, strict=True):
        cell = [b for b in counted if b["task"] == a["task"]]
        own = own_credit(a, cell, fractional=fractional)
        for d in depths if path and len(depths) > 1 else []:
            if path[0][0] > d:
                continue
            scores = [score for depth, score in path if depth <= d and score is not None]
            last = None if not scores else scores[-1] if fractional else float(scores[-1] == 1)
            credit = own if path[-1][0] <= d and own is not None else last or 0.0
            known = own is not None or any(score is not None for _, score in path)
            n, k, total = stands.get((a["task"], d), (0, 0, 0.0))
            stands[a["task"], d] = (n + 1, k + known, total + credit)
    return stands


@settings(max_examples=4, deadline=None)
@given(st.lists(st.lists(an_attempt, min_size=1, max_size=4), min_size=3, max_size=8))
def test_rounds_are_a_replay_of_every_attempt(benchmarks):
    found = after([{**a, "benchmark": f"b{k}"} for k, attempts in enumerate(benchmarks) for a in attempts])
    rows = found[found["n_attempts"] > 0].set_index(["benchmark", "task", "depth"])[["n_attempts", "n_success", "sum_success"]]
    assert {key: tuple(row) for key, row in rows.T.items()} == {
        (f"b{k}", *key): stand for k, attempts in enumerate(benchmarks) for key, stand in replayed(attempts).items()
    }


# --- the example's truth


def tops(known: Evidence) -> dict[str, str]:
    """Return the reflection depth that each configuration of the example was allowed."""
    return {c: str(json.loads(knobs).get("reflection_depth")) for c, knobs in known.configurations["knobs"].items()}


@pytest.fixture(scope="module")
def example(root):
    store, folder = Store(), root / "data" / "bundled" / "example"
    selection = Selection((ingest(store, [folder / "attempts.parquet", folder / "steps.parquet"]),))
    found = evidence(store, selection)
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("attempts", "steps", "truth")}
    return rounds(store, selection, found), found, tables


@pytest.mark.slow
def test_rounds_of_the_example_are_the_simulators_bookkeeping(example):
    """Every measure of every task and depth, counted anew from the simulator's own files."""
    found, known, tables = example
    attempts = tables["attempts"].query("status not in ['infra', 'cancelled'] and benchmark == 'simulated-repairs'")
    attempts = attempts.assign(top=attempts["knobs"].astype(str).str.extract(r'"reflection_depth": (\d)')[0]).dropna(subset="top")
    steps = tables["steps"].merge(attempts[["run_id", "top", "task"]], on="run_id")
    tokens = ["uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]
    steps = steps.assign(tokens=steps[tokens].sum(axis=1), end_s=steps["offset_s"] + steps["duration_s"])
    found = found.assign(top=found["configuration"].map(tops(known)), task=found["task"].astype(object))
    assert {top: sorted(rows["depth"].unique()) for top, rows in found.groupby("top")} == {
        top: [*range(int(top) + 1)] for top in attempts["top"].unique()
    }
    for depth, rows in found.groupby("depth"):
        upto = steps[(steps["round"] <= depth) & (steps["top"].astype(int) >= depth)]
        runs = upto.groupby(["top", "task", "run_id"], observed=True).agg(
            sum_success=("score", lambda scores: scores.dropna().iloc[-1] if scores.notna().any() else 0),
            sum_cost_usd=("cost_usd_logged", "sum"), sum_tokens=("tokens", "sum"), sum_latency_s=("end_s", "max"),
        )  # fmt: skip
        expected = runs.groupby(["top", "task"]).agg("sum")
        got = rows.set_index(["top", "task"]).sort_index()
        assert got.index.tolist() == expected.index.tolist()
        for name in ("sum_success", "sum_tokens"):
            assert got[name].tolist() == expected[name].tolist()
        for name in ("sum_cost_usd", "sum_latency_s"):
            np.testing.assert_allclose(got[name], expected[name], rtol=0, atol=1e-6)
        for name in ("n_attempts", "n_success", "n_cost", "n_tokens", "n_latency"):
            assert got[name].tolist() == runs.groupby(["top", "task"]).size().tolist()


@pytest.mark.slow
def test_accuracy_after_each_round_is_drawn_from_the_true_probabilities(example):
    """300 attempts at each depth: within four standard errors of the mean of their true probabilities of success."""
    found, known, tables = example
    truth = tables["truth"].query("benchmark == 'simulated-repairs'").assign(knobs=lambda f: f["knobs"].astype(str))
    for configuration, rows in found.groupby("configuration"):
        top = tops(known)[configuration]
        p = truth[truth["knobs"].str.endswith(f'"reflection_depth": {top}}}')].set_index("task")["true_probability_by_round"]
        for depth, at in rows.groupby("depth"):
            chances = np.array([p[task][depth] for task in at["task"]])
            n = at["n_attempts"].to_numpy()
            error = np.sqrt((n * chances * (1 - chances)).sum())
            assert abs(at["sum_success"].sum() - (n * chances).sum()) < 4 * error
        assert rows.groupby("depth")["sum_success"].sum().is_monotonic_increasing


# --- published rows


def published(round_: int, n_rounds: int, solved: float, **more) -> dict:
    return {"round": round_, "n_rounds": n_rounds, "n": 100, "success_sum": solved, **more}


def test_a_published_run_that_ended_earlier_is_carried_forward():
    rows = (published(1, 2, 40), published(2, 2, 60, cost_usd_sum=5), published(1, 1, 50, cost_usd_sum=2, latency_s=3))
    found = after([], summaries=rows)
    assert found["task"].unique().tolist() == ["(all)"]
    assert found["is_summary"].all()
    assert found[["depth", *MEASURES]].to_numpy().tolist() == [
        [0, 200, 200, 90, 100, 2, 0, 0, 100, 300], [1, 200, 200, 110, 200, 7, 0, 0, 100, 300],
    ]  # fmt: skip


def test_tokens_of_published_rounds_are_priced_under_auto():
    rows = (published(1, 2, 40), published(2, 2, 60, uncached_input_tokens=10**6, output_tokens=10**5, total_tokens=1_100_000))
    found = after([], summaries=rows, configurations={"m": {"canonical_model": "gpt-5", "provider": "openai"}})
    assert found[["n_cost", "sum_cost_usd", "n_cost_priced"]].to_numpy().tolist() == [[0, 0, 0], [100, pytest.approx(1.25 + 1), 100]]


def test_published_rows_beside_their_own_attempts_are_left_out():
    own = {"success": True, "steps": [call(0), call(1)]}
    found = after([own], summaries=(published(1, 2, 40), published(2, 2, 60)))
    assert not found["is_summary"].any()


def test_aider(samples):
    """69 models, two tries each: the second one gains 26.40 points on average, as published."""
    path = samples / "aider" / "polyglot_leaderboard.yml"
    rows = yaml.load(path.read_text(), yaml.CBaseLoader)
    store = Store()
    selection = Selection((ingest(store, [path]),))
    found = rounds(store, selection, evidence(store, selection))
    tries = found.pivot(index="configuration", columns="depth", values=["sum_success", "n_success", "n_cost", "n_attempts"])
    share = 100 * tries["sum_success"] / tries["n_success"]
    assert len(share) == 69
    printed = pd.DataFrame([(float(row["pass_rate_1"]), float(row["pass_rate_2"])) for row in rows])
    for depth in (0, 1):
        np.testing.assert_allclose(np.sort(share[depth]), np.sort(printed[depth]), atol=0.1)
    assert round((printed[1] - printed[0]).mean(), 2) == 26.40
    assert round((share[1] - share[0]).mean(), 2) == 26.40
    assert (tries["n_cost"][0] == 0).all()  # what the first try alone had cost is not published
    assert (tries["n_cost"][1] == tries["n_attempts"][1]).sum() == 51
