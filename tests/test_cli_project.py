"""`project` and `break-even` on the command line: the fields of the contract, on the bundled example and on real logs."""

import json

import pytest

import cli as program
import commands
from commands import break_even, project

FIELDS = {
    "configuration", "cost_usd_per_task", "cost_usd_per_month", "low", "high", "latency_s", "energy_wh_per_task", "power_w",
    "co2e_kg_per_month", "self_hosted",
}  # fmt: skip


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Run a command in this process; return its exit code, JSON (or its text) and what it said on standard error."""
    missing = tuple(each for each in (project, break_even) if each not in commands.COMMANDS)
    monkeypatch.setattr(program, "COMMANDS", (*commands.COMMANDS, *missing))
    monkeypatch.setenv("TRADESPACE_HOME", str(tmp_path / "home"))

    def run(*arguments):
        capsys.readouterr()
        try:
            code = program.main([str(a) for a in arguments])
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return code, json.loads(said.out) if code == 0 and "--json" in arguments else said.out, said.err

    return run


def by_name(answer):
    return {each["configuration"]: each for each in answer["configurations"]}


@pytest.mark.slow
def test_the_example_by_api_and_on_own_gpus(cli, root):
    """One command with every setting; then the same volume doubled, and as logged."""
    path = root / "data" / "bundled" / "example"
    common = ("project", path, "--bootstrap", 200, "--json")
    code, logged, _ = cli(*common, "--volume", 1000)
    assert code == 0
    assert all(set(each) >= FIELDS for each in logged["configurations"])
    assert (logged["settings"], logged["least_lost"], logged["own_gpus"], logged["load"]) == ({}, None, None, None)
    assert all(each["self_hosted"] is None for each in logged["configurations"])
    unknown = by_name(logged)["loop · Dunlin M"]
    assert (unknown["cost_usd_per_task"], unknown["cost_usd_per_month"], unknown["low"]) == (None, None, None)
    assert unknown["reasons"]["cost_usd"] == "cost unknown"
    _, frontier, _ = cli("frontier", path, "--volume", 1000, "--bootstrap", 200, "--json")
    for each in frontier["configurations"]:
        assert by_name(logged)[each["configuration"]]["cost_usd_per_month"] == each["cost_usd_per_month"]
        assert by_name(logged)[each["configuration"]]["accuracy"] == each["accuracy"]
    moved = ("--cap", "turns=12", "--reflections", 1, "--cache-hit", 0.9, "--batch-discount", 0.5, "--monthly-budget", 500)
    own = ("--gpu", "H100-SXM", "--model", "Qwen3-32B", "--utilisation", 0.7, "--simulate")
    code, answer, _ = cli(*common, "--volume", 2000, *moved, *own)
    assert code == 0
    assert answer["settings"] == {"cap": 12.0, "reflections": 1.0, "cache_hit": 0.9, "batch_share": 0.5}
    for each in answer["configurations"]:
        assert each["logged"]["cost_usd_per_task"] == by_name(logged)[each["configuration"]]["cost_usd_per_task"]
        if each["cost_usd_per_task"] is not None:
            assert each["cost_usd_per_task"] < each["logged"]["cost_usd_per_task"]
            assert each["low"] < each["cost_usd_per_month"] < each["high"]
            assert 0 <= each["p_over_budget"] <= 1
        assert each["self_hosted"]["gpus_needed"] % answer["own_gpus"]["gpus"] == 0
        assert each["power_w"] == pytest.approx(each["energy_wh_per_task"] * 2000 / 24)
    assert answer["least_lost"]["is_met"]
    assert answer["least_lost"]["cost_usd_per_month"] <= 500
    assert answer["cheapest_fleet"]["gpus_needed"] >= 1
    assert answer["load"]["curve"][-1]["p95_s"] > answer["load"]["curve"][0]["p95_s"]
    assert any(line.startswith("Under random arrivals") for line in answer["reading"])


@pytest.mark.slow
def test_real_logs_with_a_price_book(cli, samples):
    """Gpt-4.1 reads its cache at a quarter of the input price: the log has no cache reads, the price book tells the rate."""
    common = ("project", samples / "tau2-bench", "--benchmark", "retail", "--volume", 1000, "--bootstrap", 200)
    code, answer, _ = cli(*common, "--cap", "turns=14", "--json")
    assert code == 0
    (each,) = answer["configurations"]
    assert each["accuracy"] == pytest.approx(0.75)
    assert 1 - each["cost_usd_per_task"] / each["logged"]["cost_usd_per_task"] == pytest.approx(0.0751, abs=5e-5)
    (cached,) = cli(*common, "--cache-hit", 1, "--json")[1]["configurations"]
    assert 0 < cached["cost_usd_per_task"] < each["logged"]["cost_usd_per_task"]
    text = cli(*common)[1]
    assert text.splitlines()[1] == "As logged, 1,000 tasks a day cost $1,437 a month"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--volume"),
        (("--volume", 0), "not a positive number"),
        (("--volume", 10, "--cap", "hours=2"), "not turns=N or usd=N"),
        (("--volume", 10, "--cache-hit", 1.5), "not a number from 0 to 1"),
        (("--volume", 10, "--samples", 0), "not a whole number from 1 on"),
        (("--volume", 10, "--pue", 0.5), "not a number from 1 to 10"),
    ],
)
def test_bad_arguments_get_one_sentence(cli, arguments, said):
    code, _, error = cli("project", "nowhere", *arguments)
    assert code == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_an_unknown_gpu_or_model_names_those_there_are(cli):
    """Before a log is read."""
    for name, asked, said, offered in (
        ("--gpu", "A100-SXM", "Several GPUs are called A100-SXM", "A100 SXM 40GB"),
        ("--gpu", "TPU", "No GPU is called TPU", "H200 SXM 141GB"),
        ("--model", "gpt-5", "No model is called gpt-5", "Qwen/Qwen3-32B"),
    ):
        code, _, error = cli("project", "nowhere", "--volume", 10, name, asked)
        assert code == 2
        assert said in error
        assert offered in error


def test_break_even(cli):
    code, answer, _ = cli("break-even", "--once", 29.5, "--old", 0.059, "--new", 0.024, "--json")
    assert (code, answer["break_even_runs"]) == (0, 843)
    assert answer["saving_at"]["1000000"] == pytest.approx(34_970.5)
    assert (answer["break_even_days"], answer["saving_in"]) == (None, None)
    daily = cli("break-even", "--once", 29.5, "--old", 0.059, "--new", 0.024, "--volume", 100, "--json")[1]
    assert daily["break_even_days"] == pytest.approx(8.43)
    assert daily["saving_in"]["month"] == pytest.approx(3043.75 * 0.035 - 29.5)
    assert "843 runs, in 9 days." in cli("break-even", "--once", 29.5, "--old", 0.059, "--new", 0.024, "--volume", 100)[1]
    assert "never pays for itself" in cli("break-even", "--once", 1, "--old", 1, "--new", 2)[1]
    never = cli("break-even", "--once", 1, "--old", 1, "--new", 2, "--json")[1]
    assert never["break_even_runs"] is None
    assert cli("break-even", "--once", -1, "--old", 1, "--new", 2)[0] == 2
