"""The command line as a person uses it, on real logs: the values that their README states."""

import json
import os
import random
import subprocess
import sys

import msgspec
import pytest
import yaml


@pytest.fixture
def process(root, tmp_path):
    """Run a command in a process of its own, with an environment of its own; return its JSON."""

    def run(*arguments, **environment):
        env = {**os.environ, "TRADESPACE_HOME": str(tmp_path / "home"), **environment}
        command = [sys.executable, "cli.py", *map(str, arguments)]
        return json.loads(subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=300, check=True).stdout)

    return run


def members(answer):
    return {c["configuration"] for c in answer["configurations"] if c["on_frontier"]}


def by_name(answer):
    return {c["configuration"]: c for c in answer["configurations"]}


AIDER_EIGHT = {
    "gpt-4o-mini-2024-07-18", "DeepSeek Chat V3 (prev)", "Grok 3 Mini Beta (high)", "DeepSeek-V3.2-Exp (Chat)",
    "DeepSeek-V3.2-Exp (Reasoner)", "gpt-5 (low)", "gpt-5 (medium)", "gpt-5 (high)",
}  # fmt: skip


def test_aider(cli, samples):
    path = samples / "aider" / "polyglot_leaderboard.yml"
    code, answer, _ = cli("frontier", path, "--json")
    assert code == 0
    assert members(answer) == AIDER_EIGHT
    assert len(answer["configurations"]) == 69
    assert by_name(answer)["gpt-5 (high)"]["cost_usd"] == 29.0829 / 225
    assert [e["reason"] for e in answer["excluded"]] == ["cost unknown"] * 18
    assert len(members(cli("frontier", path, "--objectives", "accuracy,cost_usd,latency_s", "--json")[1])) == 22


def test_aime(cli, samples):
    code, answer, _ = cli("frontier", samples / "pricing-reversal" / "aime", "--json")
    expected = {
        "MiniMax-M2.5": (0.0667, 0.002494), "claude-haiku-4.5": (0.3833, 0.006248), "gpt-5-mini": (0.85, 0.010211),
        "kimi-k2.5": (0.8833, 0.05025), "gemini-3-flash-preview": (0.95, 0.052244), "gpt-5.2-high": (1.0, 0.103105),
    }  # fmt: skip
    assert code == 0
    assert {name: (round(c["accuracy"], 4), round(c["cost_usd"], 6)) for name, c in by_name(answer).items() if c["on_frontier"]} == expected
    assert round(by_name(answer)["gpt-5-mini"]["cost_per_success_usd"], 5) == 0.01201


def test_swe_effi(cli, samples):
    path = samples / "swe-effi"
    options = ("--path", "{agent}/{model}/*", "--json")
    _, answer, _ = cli("frontier", path, "--tasks", "all", "--x", "tokens", *options)
    expected = {"agentless": (0.26, 0.28, 0.48), "openhands": (0.119, 0.2, 0.34), "swe-agent": (0.1, 0.12, 0.28)}
    models = ("GPT-4o-mini-2024-07-18", "llama-3.3-70B-Instruct-FP8", "qwen3-32B")
    found = by_name(answer)
    assert {a: tuple(round(found[f"{a} · {m}"]["accuracy"], 3) for m in models) for a in expected} == expected
    assert {name: round(found[name]["tokens"], 2) for name in members(answer)} == {
        "agentless · GPT-4o-mini-2024-07-18": 57107.94, "agentless · qwen3-32B": 67346.46,
    }  # fmt: skip
    _, answer, _ = cli("frontier", path, "--tasks", "all", "--x", "latency_s", *options)
    assert {name: round(by_name(answer)[name]["latency_s"], 1) for name in members(answer)} == {
        "swe-agent · llama-3.3-70B-Instruct-FP8": 40.9, "openhands · qwen3-32B": 201.5, "agentless · qwen3-32B": 937.3,
    }  # fmt: skip
    _, answer, errors = cli("frontier", path, "--x", "tokens", *options)
    assert (answer["tasks"]["common"], answer["tasks"]["total"]) == (42, 50)
    assert any("42 of 50" in sentence for sentence in answer["reading"])
    assert errors.count("summary_stats.json") == 9


def test_tau2(cli, samples):
    _, retail, _ = cli("frontier", samples / "tau2-bench", "--benchmark", "retail", "--json")
    (point,) = retail["configurations"]
    assert (point["accuracy"], round(point["cost_usd"], 6), round(point["cost_per_success_usd"], 5)) == (0.85, 0.047215, 0.05555)
    _, airline, _ = cli("frontier", samples / "tau2-bench", "--benchmark", "airline", "--json")
    found = by_name(airline)
    assert (found["gpt-4.1"]["accuracy"], round(found["gpt-4.1"]["cost_usd"], 6), round(found["gpt-4.1"]["cost_per_success_usd"], 5)) == (
        0.5,
        0.039163,
        0.07833,
    )
    (tuned,) = [c for c in airline["configurations"] if c["configuration"].startswith("ft:")]
    assert (tuned["cost_usd"], tuned["cost_per_success_usd"], tuned["on_frontier"]) == (None, None, False)


def test_tau_bench_has_an_accuracy_and_an_empty_cost_frontier(cli, samples):
    code, answer, _ = cli("frontier", samples / "tau-bench", "--json")
    assert code == 0
    assert answer["configurations"][0]["accuracy"] == pytest.approx(0.42)
    assert not members(answer)
    assert "cost unknown" in answer["empty_reason"]


def test_inspect_keeps_the_grader_apart(cli, samples, tmp_path):
    for stem, n, correct, own, grader in (
        ("popularity", 100, 63, 6155, 0),
        ("security-guide", 16, 11, 1003 + 283, 4276 + 5339),
        ("theory-of-mind", 100, 83, 11102 + 25135, 53390 + 28459),
    ):  # fmt: skip
        (path,) = (samples / "inspect").glob(f"*{stem}*")
        _, answer, _ = cli("frontier", path, "--x", "tokens", "--json")
        (point,) = answer["configurations"]
        assert point["n_attempts"] == n
        assert point["accuracy"] * n == pytest.approx(correct)
        assert point["tokens"] * n == pytest.approx(own)
        assert (point["aux"]["tokens"] or 0) * n == pytest.approx(grader)


@pytest.mark.slow
def test_answers_are_bit_identical_for_shuffled_rows_files_and_threads(process, samples, tmp_path):
    """Float sums in another order differ in the last bit, and one such bit decides P between twins: 1.00 and 0.08 were seen."""
    source = samples / "pricing-reversal" / "aime"
    folder = tmp_path / "aime"
    folder.mkdir()
    for number, path in enumerate(sorted(source.glob("*.json"), reverse=True)):
        document = json.loads(path.read_text())
        random.Random(number).shuffle(document["records"])
        (folder / f"{number}.json").write_text(json.dumps(document))
    options = ("--objectives", "accuracy,cost_usd,tokens", "--max-cost", "0.05", "--json")
    first = process("frontier", source, *options)
    one_thread = process("frontier", source, *options, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    two_threads = process("frontier", source, *options, OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2")
    shuffled = process("frontier", folder, *options)
    assert first == one_thread == two_threads == shuffled


@pytest.mark.slow
def test_a_twin_has_its_twins_numbers_and_an_unrelated_configuration_changes_no_interval(cli, samples, tmp_path):
    source, twins, fewer = samples / "pricing-reversal" / "aime", tmp_path / "twins", tmp_path / "fewer"
    for folder in (twins, fewer):
        folder.mkdir()
    for path in source.glob("*.json"):
        document = msgspec.json.decode(path.read_bytes())
        (twins / path.name).write_bytes(msgspec.json.encode(document))
        if "kimi" in path.name:
            (twins / "twin.json").write_bytes(msgspec.json.encode({**document, "model_name": "the twin"}))
        if "opus" not in path.name:
            (fewer / path.name).write_bytes(msgspec.json.encode(document))
    with_twin, without = by_name(cli("frontier", twins, "--json")[1]), by_name(cli("frontier", fewer, "--json")[1])
    whole = by_name(cli("frontier", source, "--json")[1])
    assert with_twin["the twin"]["p_on_frontier"] == with_twin["kimi-k2.5"]["p_on_frontier"]
    for name, point in without.items():
        for key in ("accuracy_low", "accuracy_high", "cost_low", "cost_high", "cost_per_success_low", "cost_per_success_high"):
            assert point[key] == whole[name][key] == with_twin[name][key]


def test_ingest_then_frontier_of_the_dataset(cli, samples):
    code, answer, _ = cli("ingest", samples / "aider" / "polyglot_leaderboard.yml", "--json")
    (dataset,) = answer["datasets"]
    assert code == 0
    assert (dataset["summaries"], dataset["configurations"], dataset["attempts"]) == (69, 69, 0)
    (file,) = dataset["files"]
    assert (file["importer"], file["read"], file["accepted"], file["refused"]) == ("table", 69, 69, 0)
    assert len(dataset["id"]) == 22
    assert members(cli("frontier", "--dataset", dataset["id"], "--json")[1]) == AIDER_EIGHT


def test_unreadable_input_is_one_sentence_and_exit_2(cli, tmp_path):
    (tmp_path / "x.txt").write_text("hello")
    for arguments in (
        ("frontier", tmp_path / "no"),
        ("frontier", tmp_path / "x.txt"),
        ("frontier", "--dataset", "nope"),
        ("ingest", tmp_path / "x.txt"),
    ):
        code, out, errors = cli(*arguments)
        assert (code, out) == (2, "")
        assert errors.count("\n") == 1
        assert "Traceback" not in errors


def test_a_held_store_is_exit_3(cli, root, tmp_path):
    home = tmp_path / "held"
    code = "from data.store import Store; s = Store.at_home(); print('open', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "TRADESPACE_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "open\n"
        code, _, errors = cli("frontier", "--dataset", "x", home=home)
        assert code == 3
        assert f"process {holder.pid}" in errors
    finally:
        holder.communicate("\n", timeout=30)


def test_rows_of_one_configuration_are_pooled_by_n(cli, tmp_path):
    (tmp_path / "runs.yml").write_text(yaml.safe_dump([
        {"model": "m", "run": 1, "n_tasks": 100, "accuracy": 0.5, "total_cost": 1.0},
        {"model": "m", "run": 2, "n_tasks": 300, "accuracy": 0.7, "total_cost": 9.0},
        {"model": "k", "run": 1, "n_tasks": 100, "accuracy": 0.9, "cost_per_task": 0.5},
    ]))  # fmt: skip
    found = by_name(cli("frontier", tmp_path / "runs.yml", "--volume", "100", "--json")[1])
    assert found["m"]["accuracy"] == pytest.approx((50 + 210) / 400)
    assert found["m"]["cost_usd"] == pytest.approx(10 / 400)
    assert found["k"]["cost_usd_per_month"] == pytest.approx(0.5 * 100 * 30.4375)
