"""Selections: benchmark, filters, cost basis; cells against a plain pandas count."""

import json

import numpy as np
import pandas as pd
import pytest

from data.frames import Selection, SelectionError, evidence
from data.ingest import ingest
from data.store import Store


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(3)
    records = [
        {"model": model, "effort": effort, "benchmark": b, "task": f"t{t}", "attempt": k, "success": bool(rng.random() < 0.6),
         "cost_usd": round(float(rng.exponential(0.1)), 9), "latency_s": round(float(rng.exponential(20)), 6),
         "prompt_tokens": int(rng.integers(1, 10**5)), "completion_tokens": int(rng.integers(1, 10**4))}
        for model, effort in (("m1", "low"), ("m1", "high"), ("m2", None))
        for b, n in (("big", 15), ("small", 5)) for t in range(n) for k in range(2)
    ]  # fmt: skip
    for r in records:
        if r["effort"] is None:
            del r["effort"]
    path = tmp_path / "log.json"
    path.write_text(json.dumps(records))
    store = Store()
    return store, ingest(store, [path]), pd.DataFrame(records)


def test_cells_equal_a_plain_count(dataset):
    store, key, records = dataset
    found = evidence(store, Selection((key,)))
    assert (found.benchmark, found.other_benchmarks) == ("big", ("small",))
    assert set(found.labels.values()) == {"m1 (low)", "m1 (high)", "m2"}
    cells = found.cells.assign(label=found.cells["configuration"].map(found.labels)).set_index(["label", "task"])
    for (model, effort, task), group in records[records["benchmark"] == "big"].fillna("").groupby(["model", "effort", "task"]):
        row = cells.loc[(f"{model} ({effort})" if effort else model, task)]
        assert row["n_attempts"] == len(group)
        assert row["sum_success"] == group["success"].sum()
        assert row["sum_cost_usd"] == pytest.approx(group["cost_usd"].sum(), abs=1e-12)
        assert row["sum_latency_s"] == pytest.approx(group["latency_s"].sum(), abs=1e-6)
        assert row["sum_tokens"] == (group["prompt_tokens"] + group["completion_tokens"]).sum()
    assert len(found.latencies) == (records["benchmark"] == "big").sum()


def test_all_benchmarks_and_filters(dataset):
    store, key, records = dataset
    assert evidence(store, Selection((key,), "all")).cells["n_attempts"].sum() == len(records)
    found = evidence(store, Selection((key,), "small", (("model", "m1"), ("effort", "low"))))
    assert list(found.labels.values()) == ["m1 (low)"]
    with pytest.raises(SelectionError, match="there are: m1, m2"):
        evidence(store, Selection((key,), None, (("model", "m3"),)))
    with pytest.raises(SelectionError, match="big, small"):
        evidence(store, Selection((key,), "huge"))


def test_logged_only_knows_no_priced_cost(tmp_path):
    records = [{"model": "gpt-5", "provider": "openai", "task": f"t{i}", "score": 1, "prompt_tokens": 1000, "completion_tokens": 100,
                "started_at": "2025-10-01T12:00:00Z", **({"cost": 0.5} if i < 5 else {})} for i in range(10)]  # fmt: skip
    path = tmp_path / "log.json"
    path.write_text(json.dumps(records))
    store = Store()
    key = ingest(store, [path])
    auto, logged = (evidence(store, Selection((key,), cost=c)).cells for c in ("auto", "logged"))
    assert (auto["n_cost"].sum(), auto["n_cost_priced"].sum(), logged["n_cost"].sum()) == (10, 5, 5)
    assert auto["sum_cost_usd"].sum() == pytest.approx(5 * 0.5 + 5 * (1000 * 1.25 + 100 * 10) / 1e6)


def test_a_filter_by_label_holds_across_benchmarks(tmp_path):
    """Labels were made of what varies in the chosen benchmark: a filter by such a label found nobody in the whole, and the page died."""
    records = [
        {"agent": agent, "model": "m", "benchmark": b, "task": f"t{t}", "success": True}
        for b, agents in (("one", ("a",)), ("two", ("a", "b"))) for agent in agents for t in range(3)
    ]  # fmt: skip
    path = tmp_path / "log.json"
    path.write_text(json.dumps(records))
    store = Store()
    key = ingest(store, [path])
    (label,) = evidence(store, Selection((key,), "one")).labels.values()
    assert label == "a · m"
    for benchmark in ("one", "two", "all"):
        assert list(evidence(store, Selection((key,), benchmark, (("configuration", label),))).labels.values()) == [label]


def published(path, *rows):
    path.write_text("model,benchmark,n,accuracy,cost,n_errors,n_limit\n" + "\n".join(rows) + "\n")
    return path


def test_a_published_row_beside_its_own_attempts_is_left_out(tmp_path):
    """The ten attempts and the row that publishes them were pooled: 110 attempts of which nobody had made more than 100."""
    attempts = [
        {"model": "m", "benchmark": b, "task": f"t{i}", "success": i < 4, "cost_usd": 0.1} for b in ("one", "two") for i in range(10)
    ]
    log = tmp_path / "log.json"
    log.write_text(json.dumps(attempts))
    table = published(tmp_path / "table.csv", "m,one,100,0.9,50,,", "other,one,100,0.5,20,,", "m,three,100,0.7,10,,")
    store = Store()
    keys = tuple(ingest(store, [path]) for path in (log, table))
    found = evidence(store, Selection(keys, "one"))
    said = "a published row of the same configuration is left out"
    of = {found.labels[c]: rows for c, rows in found.cells.groupby("configuration")}
    assert {label: rows["n_attempts"].sum() for label, rows in of.items()} == {"m": 10, "other": 100}
    assert (of["m"]["sum_success"].sum(), of["m"]["is_summary"].any(), of["other"]["is_summary"].all()) == (4, False, True)
    assert {found.labels[c]: flags for c, flags in found.flags.items() if said in flags} == {"m": [said]}
    everywhere = evidence(store, Selection(keys, "all"))
    assert everywhere.cells.groupby("benchmark")["n_attempts"].sum().to_dict() == {"one": 110, "two": 10, "three": 100}
    assert not any(said in flags for flags in evidence(store, Selection(keys, "three")).flags.values())


def test_the_row_stands_where_no_attempt_of_the_configuration_counts(tmp_path):
    log = tmp_path / "log.json"
    log.write_text(
        json.dumps([{"model": "m", "benchmark": "one", "task": f"t{i}", "success": False, "infra_error": True} for i in range(3)])
    )
    table = published(tmp_path / "table.csv", "m,one,100,0.9,50,,", "other,one,100,0.5,20,,")
    store = Store()
    found = evidence(store, Selection(tuple(ingest(store, [path]) for path in (log, table)), "one"))
    assert found.cells["n_attempts"].sum() == 200
    assert found.cells["n_infra"].sum() == 3


def test_errors_of_published_rows_are_known_or_not(tmp_path):
    """What a row did not say was 0, and what it said was lost among the zeros: each count has its own number of attempts now."""
    rows = ["silent,b,100,0.5,20,,", "zero,b,100,0.5,20,0,0", "some,b,100,0.5,20,3,", "some,b,100,0.5,20,,4"]
    store = Store()
    found = evidence(store, Selection((ingest(store, [published(tmp_path / "table.csv", *rows)]),)))
    cells = found.cells.assign(label=found.cells["configuration"].map(found.labels)).set_index("label")
    known = cells[["n_attempts", "n_error_known", "n_error", "n_limit_known", "n_limit"]].T.to_dict("list")
    assert known == {"silent": [100, 0, 0, 0, 0], "zero": [100, 100, 0, 100, 0], "some": [200, 100, 3, 100, 4]}
    log = tmp_path / "log.json"
    log.write_text(json.dumps([{"model": "m", "task": f"t{i}", "score": 0.0, "error": e} for i, e in enumerate(["", "KeyError: 'x'", ""])]))
    cells = evidence(store, Selection((ingest(store, [log]),))).cells
    assert (cells["n_attempts"].sum(), cells["n_error_known"].sum(), cells["n_limit_known"].sum(), cells["n_error"].sum()) == (3, 3, 3, 1)
