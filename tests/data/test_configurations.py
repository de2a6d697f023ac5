"""Identity, canonical names, efforts and labels of configurations."""

import pandas as pd
import pytest

from data import configurations
from data.records import Configuration


def frame(*given: Configuration, knobs: set[str] = frozenset()) -> pd.DataFrame:
    return pd.DataFrame([configurations.row(c, knobs) for c in given])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-5 (high)", (None, "gpt-5", "high")),
        ("gpt-5.2-high", (None, "gpt-5.2", "high")),
        ("openai/gpt-4o-2024-08-06", ("openai", "gpt-4o-2024-08-06", None)),
        ("vertex_ai/gemini-2.5-pro", ("google", "gemini-2.5-pro", None)),
        ("openrouter/anthropic/claude-sonnet-4", ("openrouter", "anthropic/claude-sonnet-4", None)),
        ("fireworks_ai/accounts/fireworks/models/qwq-32b", ("fireworks", "qwq-32b", None)),
        ("mistral-medium", (None, "mistral-medium", None)),
        ("qwen-max", (None, "qwen-max", None)),
        ("Qwen/Qwen3-32B", (None, "Qwen/Qwen3-32B", None)),
        ("o3 (high) + gpt-4.1", (None, "o3 (high) + gpt-4.1", None)),
    ],
)
def test_canonical(name, expected):
    assert configurations.canonical(name) == expected


def test_identity_ignores_the_order_and_spelling_of_knobs():
    a = configurations.row(Configuration(model="m", knobs={"a": 1, "b": "2.0", "c": "true"}), set())
    b = configurations.row(Configuration(model="m", knobs={"c": True, "b": 2, "a": 1.0}), set())
    assert a == b
    assert a["configuration"] != configurations.row(Configuration(model="m", knobs={"a": 2}), set())["configuration"]


def test_only_settings_that_vary_within_a_model_are_knobs():
    given = [
        Configuration(model="a", settings={"edit_format": "diff", "host": "x"}),
        Configuration(model="a", settings={"edit_format": "whole", "host": "x"}),
        Configuration(model="b", settings={"edit_format": "diff", "host": "y"}),
    ]
    assert configurations.varying_settings(given) == {"edit_format"}


def test_labels_are_made_of_what_varies():
    known = frame(
        Configuration(model="gpt-5", effort="low"), Configuration(model="gpt-5", effort="high"), Configuration(model="o3", effort="high")
    )
    assert sorted(configurations.labels(known).values()) == ["gpt-5 (high)", "gpt-5 (low)", "o3"]
    known = frame(Configuration(model="m", agent="a"), Configuration(model="m", agent="b"))
    assert sorted(configurations.labels(known).values()) == ["a · m", "b · m"]
    known = frame(Configuration(model="m", knobs={"turns": 4, "t": 0}), Configuration(model="m", knobs={"turns": 8, "t": 0}))
    assert sorted(configurations.labels(known).values()) == ["m · turns 4", "m · turns 8"]


def test_labels_are_unique_even_where_cutting_makes_names_equal():
    known = frame(
        Configuration(model="x" * 150 + "a"), Configuration(model="x" * 150 + "b", effort="low"), Configuration(model="x" * 150, agent=None)
    )
    labels = configurations.labels(known)
    assert len(set(labels.values())) == len(labels)


def test_ladders_join_efforts_of_one_model():
    known = frame(*(Configuration(model=f"gpt-5 ({e})") for e in ("high", "low", "medium")), Configuration(model="o3 (high)"))
    (ladder,) = configurations.ladders(known)
    efforts = known.assign(configuration=known["configuration"].astype(str)).set_index("configuration")["effort"]
    assert list(efforts.loc[ladder]) == ["low", "medium", "high"]
