"""Series: which configurations differ in one setting only, what its levels are called, and in which order they stand."""

import json
import math

import pandas as pd
import pytest

from data import configurations
from data.configurations import EFFORTS, ladders, series, settings
from data.frames import Selection, evidence
from data.frames import series as series_of
from data.frames import settings as settings_of
from data.ingest import ingest
from data.records import Configuration
from data.store import Store


def frame(*given: Configuration) -> pd.DataFrame:
    return pd.DataFrame([configurations.row(each, set()) for each in given])


def levels(known: pd.DataFrame, setting: str) -> dict[str, list[str]]:
    return {each.name: [name for _, name, _ in each.members] for each in series(known, setting)}


def values(known: pd.DataFrame, setting: str) -> list[float]:
    (only,) = series(known, setting)
    return [value for _, _, value in only.members]


def test_efforts_in_their_order():
    known = frame(*(Configuration(model=f"gpt-5 ({effort})") for effort in ("high", "minimal", "medium")), Configuration(model="gpt-5"))
    assert levels(known, "effort") == {"gpt-5": ["minimal", "medium", "high"]}
    assert all(math.isnan(value) for value in values(known, "effort"))
    (ladder,) = ladders(known)
    assert ladder == [configuration for configuration, _, _ in series(known, "effort")[0].members]


def test_a_number_of_thinking_tokens_is_an_effort_with_a_value():
    known = frame(*(Configuration(model="m", effort=effort) for effort in ("32000", "8000", "none")))
    assert levels(known, "effort") == {"m": ["none", "8,000 thinking tokens", "32,000 thinking tokens"]}
    assert values(known, "effort")[1:] == [8000, 32000]
    odd = frame(*(Configuration(model="m", effort=effort) for effort in ("-1", "nan", "inf", "turbo", "low")))
    assert [name for _, name, _ in series(odd, "effort")[0].members][:2] == ["low", "-1"]
    assert all(math.isnan(value) for value in values(odd, "effort"))


@pytest.mark.parametrize(
    ("knob", "given", "names"),
    [
        ("n_agents", [4, 1, 2], ["1 agent", "2 agents", "4 agents"]),
        ("reflection_depth", [2, 0, 1], ["0 reflections", "1 reflection", "2 reflections"]),
        ("max_turns", [8, 100], ["8 turns", "100 turns"]),
        ("thinking_tokens", [32000, 1024], ["1,024 thinking tokens", "32,000 thinking tokens"]),
        ("temperature", [0.7, 0], ["temperature 0", "temperature 0.7"]),
        ("beam_width", ["8", 16.0], ["beam width 8", "beam width 16"]),
    ],
)
def test_levels_of_knobs_by_size(knob, given, names):
    known = frame(*(Configuration(model="m", knobs={knob: value, "other": 1}) for value in given))
    assert levels(known, knob) == {"m": names}
    assert values(known, knob) == sorted(float(value) for value in given)
    assert settings(known) == [knob]


@pytest.mark.parametrize(
    "more",
    [
        {"agent": "b"}, {"provider": "groq"}, {"hardware": "H100"}, {"effort": "high"}, {"knobs": {"n_agents": 4, "few_shot": 5}},
        {"model": "other"}, {"agent_version": "2"}, {"model_version": "2"}, {"is_human": True},
    ],
)  # fmt: skip
def test_two_differences_are_no_series(more):
    """A ladder over agents would otherwise climb from one model to another."""
    known = frame(Configuration(model="m", knobs={"n_agents": 1}), Configuration(**{"model": "m", "knobs": {"n_agents": 4}} | more))
    assert series(known, "n_agents") == []
    assert settings(known) == []


def test_what_names_no_number_is_no_level():
    knobs = ({"topology": "star"}, {"topology": "tree"}, {"planner": True}, {"planner": False}, {"size": 10**400}, {"size": 1}, {})
    known = frame(*(Configuration(model="m", knobs=each) for each in knobs))
    assert settings(known) == []
    assert series(known, "no such knob") == []
    assert settings(known.iloc[:0]) == series(known.iloc[:0], "effort") == []


def test_series_are_named_by_what_tells_them_apart():
    known = frame(*(
        Configuration(model=model, agent=agent, effort=effort, knobs={"n_agents": n, "max_turns": 30})
        for model, agent, effort in (("a", "x", "low"), ("a", "x", "high"), ("a", "y", None), ("b", "x", None)) for n in (1, 2)
    ))  # fmt: skip
    assert set(levels(known, "n_agents")) == {"x · a (low)", "x · a (high)", "y · a", "x · b"}
    assert set(levels(known, "effort")) == {"a · n agents 1", "a · n agents 2"}
    assert settings(known) == ["n_agents", "effort"]


def test_an_agent_without_a_model_has_series_too():
    known = frame(*(Configuration(agent="loop", knobs={"max_turns": n}) for n in (8, 16)))
    assert levels(known, "max_turns") == {"loop": ["8 turns", "16 turns"]}


def test_one_level_under_two_spellings_of_the_model_is_told_apart():
    known = frame(*(Configuration(model=name, provider="openai") for name in ("gpt-5-high", "openai/gpt-5-high", "gpt-5-low")))
    assert levels(known, "effort") == {"gpt-5": ["low", "high · gpt-5-high", "high · openai/gpt-5-high"]} or levels(known, "effort") == {
        "gpt-5": ["low", "high · openai/gpt-5-high", "high · gpt-5-high"]
    }


def test_the_order_of_rows_means_nothing():
    known = frame(*(Configuration(model=m, effort=e, knobs={"n_agents": n}) for m in "ab" for e in ("low", "high") for n in (1, 2, 4)))
    shuffled = known.sample(frac=1, random_state=3)
    assert settings(shuffled) == settings(known) == ["effort", "n_agents"]
    for setting in settings(known):
        assert sorted(series(shuffled, setting), key=repr) == sorted(series(known, setting), key=repr)


@pytest.mark.slow
def test_the_example_has_ladders_of_effort_and_of_reflection(root):
    """Every model and agent that the simulator ran at several efforts or depths, and no other, told from its own table."""
    folder = root / "data" / "bundled" / "example"
    store = Store()
    found = evidence(store, Selection((ingest(store, [folder / "attempts.parquet"]),)))
    rows = pd.read_parquet(folder / "attempts.parquet", columns=["model", "agent", "effort", "knobs"]).astype(object).drop_duplicates()
    depth = [json.loads(knobs).get("reflection_depth") for knobs in rows["knobs"]]
    assert {"effort", "reflection_depth"} <= set(settings_of(found))
    for setting, known in (("effort", rows), ("reflection_depth", rows.assign(reflection_depth=depth))):
        counts = known.groupby(["model", "agent"])[setting].nunique()
        assert [(each.name, len(each.members)) for each in sorted(series_of(found, setting), key=lambda each: each.name)] == [
            (model, n) for (model, _), n in counts[counts > 1].items()
        ]
        for each in series_of(found, setting):
            told = found.configurations.loc[[configuration for configuration, _, _ in each.members]]
            if setting == "effort":
                assert [name for _, name, _ in each.members] == told["effort"].tolist() == sorted(told["effort"], key=EFFORTS.index)
            else:
                assert [value for _, _, value in each.members] == sorted(json.loads(knobs)[setting] for knobs in told["knobs"])


def test_aider_has_three_ladders_of_effort(samples):
    store = Store()
    found = evidence(store, Selection((ingest(store, [samples / "aider" / "polyglot_leaderboard.yml"]),)))
    assert {each.name: [name for _, name, _ in each.members] for each in series_of(found, "effort")} == {
        "gpt-5": ["low", "medium", "high"], "o3-mini": ["medium", "high"], "Grok 3 Mini Beta": ["low", "high"],
    }  # fmt: skip
