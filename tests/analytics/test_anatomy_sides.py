"""Titles of the sides: each states its side's number, names what the figure draws in blue, and never claims what is not known."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.anatomy import TOGETHER, Anatomy
from analytics.anatomy_sides import SIDES, SideFinding, side_finding
from analytics.survival import Survival
from analytics.tails import Tail

LABELS = {"a": "Osprey", "b": "Plover"}


def whole_of(n_attempts=40, **more):
    return Anatomy(TOGETHER, n_attempts, 20, **more)


def tail_of(name, p50=10.0, ratio=3.0, n=240, measure="latency_s"):
    return Tail(name, measure, n, 80, mean=1.2 * p50, p50=p50, p95=ratio * p50, p95_over_p50=ratio)


def curve_of(name, half=None, n_failed=30, **more):
    return Survival(name, 300, n_failed, steps=np.array([1]), horizons={0.5: half}, **more)


def shares(llm, tool, overlap, idle):
    return {"llm": llm, "tool": tool, "overlap": overlap, "idle": idle}


@pytest.mark.parametrize(
    ("parts", "title", "blue"),
    [
        (shares(0.5, 0.2, 0.1, 0.2), "60% of the time went into LLM calls", ("llm", "overlap")),
        (shares(0.2, 0.6, 0.0, 0.2), "60% of the time went into tools", ("tool", "overlap")),
        (shares(0.2, 0.1, 0.0, 0.7), "70% of the time passed outside LLM calls and tools", ("idle",)),
    ],
)
def test_time_names_the_largest_part_and_the_blue_ones_add_up_to_it(parts, title, blue):
    assert side_finding("Time", whole_of(n_timed=40, time_shares=parts)) == SideFinding(title, blue)
    assert f"{sum(parts[name] for name in blue):.0%}" == title.split(" ")[0]


def test_what_is_known_of_few_attempts_is_called_known():
    said = side_finding("Time", whole_of(n_timed=10, time_shares=shares(0.5, 0.2, 0.1, 0.2)))
    assert said.title == "60% of the known time went into LLM calls"
    parts = {"uncached_input": 0.9, "output": 0.1}
    assert side_finding("Tokens", whole_of(token_shares=parts, counts={"token_shares.uncached_input": 3})).title == (
        "90% of the known tokens were fresh input"
    )


def test_without_timed_steps_the_slowest_is_named():
    said = side_finding("Time", whole_of(), tails=[tail_of("a", 10.0), tail_of("b", 40.0)], labels=LABELS)
    assert said == SideFinding("Plover takes 48 s, 4.0 times the fastest", configuration="b")
    assert side_finding("Time", whole_of(), tails=[tail_of("a", 10.0)]).title == "An attempt takes 12 s; its parts are not in these logs"


def test_tokens_read_again_come_first():
    said = side_finding("Tokens", whole_of(token_shares={"uncached_input": 0.5, "cache_read": 0.4, "answer": 0.1}))
    assert said == SideFinding("40% of the tokens were input read again", ("cache_read",))
    said = side_finding("Tokens", whole_of(token_shares={"uncached_input": 0.2, "reasoning": 0.7, "answer": 0.1}))
    assert said == SideFinding("70% of the tokens were reasoning", ("reasoning",))


def test_money_of_one_known_configuration_is_its_own_and_of_several_the_dearest():
    """Where half of the attempts have no cost, the sum of the rest is no finding about all of them."""
    parts = {"uncached_input": 0.9, "reasoning": None, "answer": 0.1, "unexplained": 0.0}
    known = {"n_cost": 20, "cost_usd": 0.4, "cost_shares": parts, "cost_parts": parts}
    one = side_finding("Money", whole_of(n_cost=20), found=[Anatomy("a", 20, 20, **known), Anatomy("b", 20, 20)], labels=LABELS)
    assert one == SideFinding("90% of the money went into fresh input", ("uncached_input",), "a")
    two = [Anatomy("a", 20, 20, **known), Anatomy("b", 20, 20, n_cost=20, cost_usd=0.1), Anatomy("c", 20, 20)]
    said = side_finding("Money", whole_of(60, n_cost=40), found=two, labels=LABELS)
    assert said == SideFinding("Osprey costs $0.40, 4.0 times the cheapest known", ("uncached_input",), "a")
    assert side_finding("Money", whole_of()).title == "What they cost is not known of 40 attempts"


def test_a_tail_needs_twenty_attempts():
    """One attempt is its own p95: it once was said to take over 1.0 times its median."""
    tails = [tail_of("a", ratio=2.0), tail_of("b", ratio=5.0, n=19)]
    assert side_finding("Tails", whole_of(), tails=tails, labels=LABELS) == SideFinding(
        "One in 20 attempts of Osprey takes over 2.0 times its median", configuration="a"
    )
    assert side_finding("Tails", whole_of(), tails=tails[1:]).title == "19 attempts a configuration cannot show a tail"
    assert "costs over" in side_finding("Tails", whole_of(), tails=[tail_of("a", measure="cost_usd")]).title


def test_failures_name_the_earliest_horizon_else_the_most_frequent():
    curves = [curve_of("a", half=26), curve_of("b", half=14)]
    assert side_finding("Failures", whole_of(), survivals=curves, labels=LABELS) == SideFinding(
        "Even odds of a failed step by step 14 with Plover", configuration="b"
    )
    curves = [curve_of("a", n_failed=60), curve_of("b", n_failed=30)]
    assert side_finding("Failures", whole_of(), survivals=curves, labels=LABELS).title == "A step fails in 20% of the attempts of Osprey"
    assert side_finding("Failures", whole_of(), survivals=[curve_of("a", n_failed=0)]).title == "No step fails in 300 attempts"
    untold = [curve_of("a", reason="no step outcomes in these logs")]
    told = whole_of(n_cost=40, cost_on_failures=0.34)
    assert side_finding("Failures", told, survivals=untold).title == "34% of the money went into attempts that failed"
    ratio = whole_of(unresolved_over_resolved_tokens=3.0)
    assert side_finding("Failures", ratio).title == "An attempt that fails uses 3.0 times the tokens of one that succeeds"


@pytest.mark.parametrize("side", SIDES)
def test_nothing_known_is_said_with_its_count(side):
    title = side_finding(side, whole_of(1_200)).title
    assert "1,200 attempts" in title
    assert len(title) <= 80


def test_an_unknown_side_is_refused():
    with pytest.raises(ValueError, match="Time, Tokens, Money, Tails, Failures"):
        side_finding("Space", whole_of())


@given(name=st.text(min_size=1, max_size=120), value=st.floats(1e-9, 1e9), step=st.integers(1, 10**6))
def test_titles_keep_to_eighty_characters_and_one_line(name, value, step):
    labels = {"a": name, "b": name}
    rows = [Anatomy("a", 9, 9, n_cost=9, cost_usd=value), Anatomy("b", 9, 9, n_cost=9, cost_usd=1e-9), Anatomy("c", 9, 9)]
    tails = [tail_of("a", value, 1 + value), tail_of("b", 1e-9)]
    for side in ("Time", "Money", "Tails", "Failures"):
        title = side_finding(side, whole_of(), found=rows, tails=tails, survivals=[curve_of("a", half=step)], labels=labels).title
        assert len(title) <= 80
        assert not re.search(r"[\n\u202a-\u202e\u2066-\u2069]", title)
