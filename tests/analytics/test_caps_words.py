"""Sentences about caps: the finding, the bound, and what is said where something is unknown."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.budgets import compare_budgets, utilisation
from analytics.caps import Cap, caps
from analytics.caps_words import alt, headline, reading, subtitle, title
from analytics.extensions import dynamic_caps
from analytics.titles import MAX_TITLE
from analytics.unified_cost import unified_cost
from analytics.waste import waste

NAMES = {"a": "Planner", "b": "Solver with a long name that goes on and on (high)", "c": "Wren"}
TURNS = [2, 2, 3, 4, 4, 5, 6, 7, 9, 10, 12, 20]
"""Of twelve tasks; all but the fourth and the last are solved."""


def frame(configuration: str = "a", turns: list[int] = TURNS, **columns) -> pd.DataFrame:
    n = len(turns)
    solved = np.array([float(k not in (3, n - 1)) for k in range(n)])
    made = pd.DataFrame({"configuration": configuration, "benchmark": "b", "task": [f"{k:02d}" for k in range(n)], "success": solved})
    made = made.assign(credit=solved, turns=np.array(turns, float), cost_usd=np.array(turns) / 100, tokens=math.nan, tool_calls=0.0)
    return made.assign(latency_s=math.nan, status="ok", tool_cost_usd=math.nan).assign(**columns)


def said(found) -> str:
    return "\n".join(f"{p.head} {p.text}" for p in found)


def test_the_title_is_the_finding():
    found = caps(frame(), at=[9])
    assert title(found, NAMES) == "A cap of 9 turns would save 17.9% and lose at most 16.7 points"
    assert title(caps(frame(), at=[12]), NAMES) == "A cap of 12 turns would save 9.5% and lose nothing"
    assert title(caps(frame(), at=["p75"]), NAMES) == "A cap of 9.25 turns would save 17.0% and lose at most 16.7 points"
    assert title(caps(frame(), at=[6.5]), NAMES).startswith("A cap of 6.5 turns ")


def test_the_title_is_about_the_cap_that_loses_least_for_its_saving():
    found = caps(frame(), at=["p25", "p75", 12, 15])
    assert headline(found).cap == "12"  # of those that lose no more than a point
    assert headline(found[:2]).cap == "p75"
    assert headline(found[:1]).cap == "p25"
    assert headline(caps(frame(), at=[20])) is None
    assert title(found, NAMES, chosen=found[0]).startswith("A cap of 3.75 turns")


def test_several_configurations_are_told_apart():
    both = caps(pd.concat([frame(), frame("b", [2 * n for n in TURNS])]), at=[9])
    assert headline(both).configuration == "a"
    assert title(both, NAMES) == "Planner: a cap of 9 turns saves 17.9%, loses at most 16.7 points"
    named = title(both, NAMES, chosen=both[1])
    assert named == "Solver with a lon… (high): a cap of 9 turns saves 44.6%, loses at most 50 points"
    assert len(named) <= MAX_TITLE
    assert " attempts of Planner " in said(reading(both, NAMES))


def test_a_cap_above_all_changes_nothing():
    found = caps(frame(), at=[25])
    assert title(found, NAMES) == "No attempt goes beyond 25 turns: a cap there changes nothing"
    assert said(reading(found, NAMES)) == "At 25 turns, none of 12 attempts is cut: all end within it."
    assert "nothing cut" in alt(found, NAMES)


def test_a_cap_below_all_leaves_nothing():
    found = caps(frame(), at=[1])
    assert title(found, NAMES) == "Under a cap of 1 turn nothing is solved: all 83.3 points are lost"
    assert "12 of 12 attempts are cut; 10 of them had succeeded. Accuracy falls from 83.3% to 0.0%" in said(reading(found, NAMES))


def test_where_all_fail_nothing_is_lost():
    found = caps(frame(credit=0.0, success=0.0), at=[4])
    assert title(found, NAMES) == "Nothing was solved: a cap of 4 turns saves 48.8%"
    assert "none of them had succeeded. Accuracy stays at 0.0%." in said(reading(found, NAMES))


def test_an_unknown_saving_is_never_0():
    found = caps(frame(cost_usd=math.nan), at=[9])
    assert title(found, NAMES) == "A cap of 9 turns would save 17.9% of the turns and lose at most 16.7 points"
    assert "Cost is unknown, and so is the saving." in subtitle(found)
    text = said(reading(found, NAMES, dynamic=dynamic_caps(frame(cost_usd=math.nan)), waste=waste(frame(cost_usd=math.nan))[0]))
    assert "That saves 17.9% of the turns; in money it is unknown (cost unknown)." in text
    assert "The saving is unknown (cost unknown)." in text
    assert "Their share of the money is unknown (cost unknown)." in text
    assert "Planner: cost unknown. What is unknown is left out, never taken as 0." in text
    assert "$0" not in text


def test_no_turns_and_no_attempts():
    found = caps(pd.concat([frame(turns=TURNS).assign(turns=math.nan), frame("b").assign(turns=math.nan)]), at=["p50", "p75"])
    assert title(found, NAMES) == "Turns unknown for all 2 configurations: no cap can be replayed"
    assert title(found[:2], NAMES) == "Turns unknown for the one configuration: no cap can be replayed"
    assert title(found, NAMES, chosen=found[0]) == "Planner: turns unknown, so no cap can be replayed"
    assert said(reading(found, NAMES)).startswith("Unknown. Planner and Solver")
    assert alt(found, NAMES) == f"{title(found, NAMES)}."
    assert (title([], NAMES), subtitle([]), reading([], NAMES)) == ("No attempts to cap yet", "Nothing is loaded.", [])


def test_no_outcome():
    found = caps(frame(credit=math.nan, success=math.nan), at=[9])
    assert title(found, NAMES) == "A cap of 9 turns saves 17.9%; what it loses is unknown"
    assert "No outcome is known, so what is lost is unknown." in said(reading(found, NAMES))


def test_one_task_has_no_interval():
    found = caps(frame(turns=[4]), at=[2])
    assert "1 task is too few for an interval." in said(reading(found, NAMES))
    assert subtitle(found).startswith("1 attempt at 1 task, cut in the log at the cap.")
    assert "Thin bars" not in subtitle(found)


def test_the_read_out_says_what_a_bound_is():
    text = said(reading(caps(frame(), at=[9, 12]), NAMES, chosen=caps(frame(), at=[9])[0]))
    assert "3 of 12 attempts are cut; 2 of them had succeeded." in text
    assert "(−16.7 points, −41.7 to 0.0)" in text
    assert "instead of $0.070: 17.9% saved (" in text
    assert "A lower bound. An agent that knows its cap ends earlier" in text
    assert "Costs are prorated; late turns carry a longer context and cost more, so more may be saved." in text
    assert "For nothing, a cap of 12 turns saves 9.5% and cuts no success: it is the lowest of those asked for." in text


def test_demand_waste_budgets_and_tools_have_their_sentences():
    attempts = frame(tool_calls=5.0)
    text = said(
        reading(
            caps(attempts, at=["p75"]), NAMES, dynamic=dynamic_caps(attempts), waste=waste(attempts)[0],
            use=utilisation(attempts, {"a": {"max_turns": 12, "token_budget": 9}}), unified=unified_cost(attempts)[0],
        )
    )  # fmt: skip
    assert "Extended on demand. Start at 5.5 turns and extend when asked, up to 9.25 turns: accuracy is 66.7% at least." in text
    assert "It saves 17.0% if every unfinished attempt asks (6), and" in text
    assert "if only those ask that then succeed (3)." in text
    assert "2 failed attempts. 28.6% of the money (" in text
    assert "Spend after the last useful turn cannot be computed: no scores per step in these logs." in text
    assert "Turn limit of 12 turns. Attempts use 58% of it on average, half of them at most 46%; 16.7% (" in text
    assert "Token budget of 9 tokens. How much of it is used is unknown (tokens unknown)." in text
    assert "With tools priced, an attempt costs $0.075 (" in text
    assert "$0.070 for the model and $0.0050 for 5.0 tool calls." in text


@pytest.mark.parametrize(
    ("b", "budget", "expected"),
    [
        ("b", 5, "Planner at 5 turns against Solver with a long name… (high) at 20 turns. 41.7% against 75.0%: −33.3 points"),
        ("b", 5, "10 turns would be enough to draw level: Solver with a long name… (high) takes 2.0 times the budget ("),
        ("a", 3, "Planner at 3 turns against 12 turns. 25.0% against 83.3%: −58.3 points"),
        ("a", 3, "12 turns solve more. 12 turns would be enough."),
    ],
)
def test_one_budget_against_four_times_as_much(b, budget, expected):
    attempts = pd.concat([frame(), frame("b", [2 * n for n in TURNS])])
    assert expected in said(reading([], NAMES, comparison=compare_budgets(attempts, None, "a", b, "turns", budget)))


def test_comparisons_without_an_answer():
    attempts = pd.concat([frame(), frame("b", [2 * n for n in TURNS])])
    apart = compare_budgets(attempts[(attempts["configuration"] == "a") == (attempts["task"] < "03")], None, "a", "b", "turns", 5)
    assert "It cannot be said: no task was attempted by both." in said(reading([], NAMES, comparison=apart))
    few = compare_budgets(attempts[attempts["task"] < "03"], None, "a", "b", "turns", 2)
    assert "; 3 tasks are too few to decide." in said(reading([], NAMES, comparison=few))
    unsolved = compare_budgets(attempts.assign(credit=0.0), None, "a", "b", "turns", 5)
    assert "solves nothing there." in said(reading([], NAMES, comparison=unsolved))


def test_the_figure_in_words():
    found = caps(frame(), at=[5, 9])
    assert alt(found, NAMES).endswith(
        "Accuracy and saving under each cap: 5 turns: 41.7% solved, 40.5% saved; 9 turns: 66.7% solved, 17.9% saved."
    )


def test_a_cap_in_usd_says_at_which_prices():
    text = subtitle(caps(frame(), None, "usd", [0.05]), benchmark="retail\n")
    assert "12 retail tasks" in text
    assert "A cap in USD is cut at the prices of the log." in text


maybe = st.one_of(st.none(), st.floats(0, 1))


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["turns", "tokens", "tool_calls", "seconds", "usd"]), st.floats(0, 1e7), maybe, maybe, maybe, maybe, st.integers(0, 9),
    st.text(max_size=90),
)  # fmt: skip
def test_every_cap_has_a_title_on_one_line(unit, value, accuracy, baseline, saving, spend, n_cut, name):
    lost = None if accuracy is None or baseline is None else max(baseline - accuracy, 0.0)
    about = {"unit": unit, "cap": "x", "n_attempts": 9, "n_tasks": 9, "n_cut": n_cut, "n_lost": 0, "accuracy": accuracy}
    about |= {"baseline_accuracy": baseline, "accuracy_lost": lost, "saving": saving, "spend_saved": spend, "basis": "exact"}
    pair = [Cap(configuration=c, cap_value=v, **about) for c, v in (("a", value), ("b", value / 2))]
    for found in (pair, pair[:1]):
        text = title(found, {"a": name, "b": "other"})
        assert 0 < len(text) <= MAX_TITLE
        assert "nan" not in text.replace(name, "")
        assert "None" not in text.replace(name, "")
        assert subtitle(found)
        assert alt(found, {"a": name, "b": "other"}).startswith(text)
        assert reading(found, {"a": name, "b": "other"}) is not None
