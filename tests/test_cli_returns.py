"""Returns, caps, attempts and anatomy on the command line, on real logs: the values that their README states."""

import pytest

SWE_EFFI = ("--path", "{agent}/{model}/*", "--tasks", "all")


def only(answer, key="configurations"):
    (one,) = answer[key]
    return one


def test_several_attempts_of_tau_bench(cli, samples):
    code, answer, _ = cli("attempts", samples / "tau-bench", "--k", "1,2,3,4", "--json")
    found = only(answer)
    assert code == 0
    assert [round(v, 4) for v in found["pass_hat"].values()] == [0.42, 0.2733, 0.22, 0.2]
    assert [round(v, 4) for v in found["pass_at"].values()] == [0.42, 0.5667, 0.66, 0.72]
    assert found["n_tasks"] == {"1": 50, "2": 50, "3": 50, "4": 50}
    assert found["majority_at"] is None
    assert found["no_majority_reason"] == "cannot be computed: no answers in these logs"


def test_caps_of_tau_bench(cli, samples):
    _, answer, _ = cli("caps", samples / "tau-bench", "--at", "p75,p90,p95", "--json")
    by_cap = {cap["cap"]: cap for cap in answer["caps"]}
    assert [by_cap[p]["cap_value"] for p in ("p75", "p90", "p95")] == pytest.approx([16.25, 20, 23.1])
    assert [by_cap[p]["accuracy"] for p in ("p75", "p90", "p95")] == pytest.approx([0.355, 0.415, 0.42])
    assert by_cap["p75"]["n_lost"] == 13
    assert by_cap["p75"]["turns_saved"] == pytest.approx(0.1011, abs=5e-5)
    assert by_cap["p75"]["saving"] is None
    assert by_cap["p75"]["cost_usd"] is None
    assert all(cap["censored"] for cap in answer["caps"])


@pytest.mark.parametrize(
    ("benchmark", "cap", "accuracy", "exact", "prorated"),
    [("retail", "p75", 0.75, 0.0751, 0.0517), ("airline", "p50", 0.25, 0.1916, 0.1431)],
)
def test_caps_of_tau2(cli, samples, benchmark, cap, accuracy, exact, prorated):
    for basis, saving in ((None, exact), ("exact", exact), ("prorated", prorated)):
        how = ["--basis", basis] if basis else []
        _, answer, _ = cli("caps", samples / "tau2-bench", "--benchmark", benchmark, "--at", cap, *how, "--json")
        (found,) = (c for c in answer["caps"] if c["configuration"] == "gpt-4.1")
        assert (found["accuracy"], round(found["saving"], 4), found["basis"]) == (accuracy, saving, basis or "exact")
    others = [c for c in answer["caps"] if c["configuration"] != "gpt-4.1"]
    assert all(c["saving"] is None for c in others)  # the fine-tuned model has no price


@pytest.mark.parametrize(("agent", "unresolved", "resolved"), [("openhands", 776_444, 260_407), ("swe-agent", 3_419_236, 594_610)])
def test_unresolved_attempts_of_swe_effi_use_more_tokens(cli, samples, agent, unresolved, resolved):
    _, answer, _ = cli("anatomy", samples / "swe-effi", *SWE_EFFI, "--where", f"agent={agent}", "--json")
    whole = answer["together"]
    assert (round(whole["unresolved_tokens"]), round(whole["resolved_tokens"])) == (unresolved, resolved)
    assert whole["unresolved_over_resolved_tokens"] == pytest.approx(unresolved / resolved, rel=1e-5)
    assert all(c["llm_s"] is None for c in answer["configurations"])  # no steps: unknown, not 0


def test_the_second_attempt_of_aider_gains_26_points(cli, samples):
    code, answer, _ = cli("returns", samples / "aider" / "polyglot_leaderboard.yml", "--knob", "reflection_depth", "--json")
    assert code == 0
    gains = [only(ladder, "segments")["d_accuracy"] for ladder in answer["ladders"]]
    assert round(100 * sum(gains) / len(gains), 2) == pytest.approx(26.40, abs=0.02)
    assert any("26.4 points" in sentence for sentence in answer["reading"])
    assert all(only(ladder, "segments")["d_cost_usd"] is None for ladder in answer["ladders"])  # only the whole run's cost is known


@pytest.mark.parametrize("knob", ["turns", "cost", "tokens"])
def test_returns_of_tau2_have_a_ladder_over_every_cap(cli, samples, knob):
    code, answer, _ = cli("returns", samples / "tau2-bench", "--benchmark", "retail", "--knob", knob, "--json")
    ladder = only(answer, "ladders")
    assert code == 0
    assert ladder["is_bound"]
    values = [point["value"] for point in ladder["points"]]
    assert values == sorted(values)
    assert ladder["points"][-1]["accuracy"] == pytest.approx(0.85)


def test_a_knob_that_these_logs_lack_is_one_sentence(cli, samples):
    code, out, errors = cli("returns", samples / "tau-bench", "--knob", "effort")
    assert (code, out) == (2, "")
    assert errors.count("\n") == 1
    assert "turns" in errors
    assert "samples" in errors


@pytest.mark.parametrize(
    "arguments", [("caps", "--at", "p101"), ("caps", "--at", "-3"), ("attempts", "--k", "0"), ("attempts", "--k", "x")]
)
def test_arguments_that_mean_nothing_are_one_sentence(cli, arguments, capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        cli(arguments[0], tmp_path, *arguments[1:])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["anatomy", "attempts", "caps"])
def test_published_rows_have_no_attempts_and_say_so(cli, samples, command):
    """An empty table head stood there, and "no attempts to compare yet"."""
    code, answer, _ = cli(command, samples / "aider" / "polyglot_leaderboard.yml", "--json")
    assert code == 0
    assert answer["reading"][0].startswith("69 published rows hold no attempts.")


def test_without_a_knob_the_first_of_these_logs_is_taken(cli, samples):
    """The default was effort, which few logs have: a dead end."""
    code, answer, _ = cli("returns", samples / "tau-bench", "--json")
    assert (code, answer["knob"]) == (0, answer["knobs"][0])


def test_weights_that_change_nothing_are_said(cli, samples):
    _, answer, _ = cli("returns", samples / "tau-bench", "--knob", "turns", "--weights", "task", "--json")
    assert any("weights do not change that" in flag for flag in only(answer, "ladders")["flags"])
