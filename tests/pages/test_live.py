"""The parts of the live stage that need no browser: the joined script, what crosses the wire, and what is taken back from it."""

import json
import re

import numpy as np
import pytest
import streamlit as st

from analytics.projection import model
from pages.shared import controls, live, positions
from pages.shared.controls.projection import BOUND

CAP = {"key": "cap", "low": 1.0, "high": 30.0}
VOLUME = {"key": "volume", "low": 10.0, "high": 1e6}


def test_the_parts_are_one_module_with_one_default_export():
    """Two parts each had a private `known`; joined as they stood, the whole script was a syntax error."""
    text = live.script(*live.PARTS)
    assert len(re.findall(r"^export", text, re.MULTILINE)) == 1
    assert not re.search(r"^import", text, re.MULTILINE)
    for part in live.PARTS[:-1]:
        assert f"const part_{part.removesuffix('.js')} = (() => {{" in text


@pytest.mark.parametrize(
    "word", ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "document.write", "fetch(", "XMLHttp"]
)
def test_no_part_makes_markup_or_code_from_data(word):
    assert word not in live.script(*live.PARTS, "points.js")


def test_unknown_and_no_limit_cross_the_wire():
    told = live.plain({"a": [1.5, float("nan")], "b": float("inf"), "c": "x", "d": np.array([np.nan, 2.0]).tolist()})
    assert json.loads(json.dumps(told, allow_nan=False)) == {"a": [1.5, None], "b": "inf", "c": "x", "d": [None, 2.0]}


def test_the_language_of_the_model_is_known_in_the_browser():
    text = (live.HERE / "model.js").read_text()

    def operations(tree):
        if isinstance(tree, list):
            yield tree[0]
            for branch in tree[1:]:
                yield from operations(branch)

    used = {name for tree in model().trees.values() for name in operations(tree)} - {"get"}
    assert used
    for name in used:
        assert re.search(rf'(?:^|\s)"?{re.escape(name)}"?:', text), name


@pytest.fixture
def state(monkeypatch):
    """Return a session's state as a plain dictionary."""
    there: dict = {}
    monkeypatch.setattr(st, "session_state", there)
    return there


def test_a_released_stage_sets_the_number_inputs(state):
    said = {"position": {"cap": 12, "volume": 5000.0}, "chosen": "id-1"}
    controls.release(said, [CAP, VOLUME], {"id-1": "loop"})
    assert state == {"turns": 12.0, "volume": 5000, "focus": "loop"}
    assert isinstance(state["volume"], int)
    controls.release({"position": {"cap": None}, "chosen": None}, [CAP, VOLUME], {"id-1": "loop"})
    assert state == {"turns": None, "volume": None, "focus": None}


@pytest.mark.parametrize(
    "said",
    [
        {"position": {"cap": "<b>", "volume": True}, "chosen": ["x"]},
        {"position": {"cap": 1e9, "volume": float("nan")}, "chosen": "nobody"},
        {"position": "no mapping"},
        {},
    ],
)
def test_what_no_slider_can_say_is_not_taken(state, said):
    controls.release(said, [CAP, VOLUME], {"id-1": "loop"})
    assert set(state.values()) == {None}
    assert set(state) == {"turns", "volume", "focus"}


def test_a_kept_position_is_read_as_it_was_written():
    offered = {"cap": CAP, "cache_hit": {"key": "cache_hit", "low": 0.0, "high": 1.0}}
    text = positions.as_text({"cap": 12.0, "cache_hit": 0.8, "volume": None})
    assert text == "turns:12;cache:0.8"
    assert positions.read(text, offered) == {"cap": 12.0, "cache_hit": 0.8}
    assert positions.read("turns:99;cache:nan;zzz:1;turns", offered) == {"cap": 30.0}
    assert positions.read(positions.as_text({}), offered) == {}


def test_every_bound_key_is_in_the_table_of_keys():
    assert set(BOUND.values()) <= set(controls.KEYS)
    assert len(set(BOUND.values())) == len(BOUND)
