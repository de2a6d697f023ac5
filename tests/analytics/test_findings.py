"""Sentences must be true of the points they were made from, and must not claim what the intervals do not show."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import findings, notation
from analytics.accuracy import wilson
from analytics.anatomy import Anatomy
from analytics.returns import LevelPoint, Returns
from analytics.wording import difference
from tests.frontiers import frontier_of, labels_of, pair, point

CLEAR = [point("cheap", 0.40, 0.01, half=0.05), point("knee", 0.70, 0.02, half=0.05, is_knee=True), point("best", 0.90, 0.40, half=0.05)]


def title(frontier, **more):
    return findings.frontier_title(frontier, labels_of(frontier), **more)


def test_title_sets_the_knee_against_the_most_accurate():
    assert title(frontier_of(CLEAR)) == "$0.020 a task gets you 70%; 20 points more take 20 times the money"


def test_title_starts_from_the_best_within_the_budget():
    assert title(frontier_of(CLEAR), max_cost=0.015) == "$0.010 a task gets you 40%; 50 points more take 40 times the money"


def test_title_says_when_the_interval_shows_no_difference():
    frontier = frontier_of([point("a", 0.80, 0.01), point("b", 0.82, 0.05)])
    assert title(frontier) == "a and b cannot be told apart; a costs 5.0 times less"


def test_long_names_take_a_shorter_form_before_they_are_cut():
    """Both names were cut to `o3…` and `gpt…`, for four characters that another form saves."""
    points = [point("o3-pro (high)", 0.80, 16_000, objective="tokens"), point("gpt-5 (high)", 0.82, 23_600, objective="tokens")]
    frontier = frontier_of(points, objectives=("accuracy", "tokens"))
    assert title(frontier) == "o3-pro (high) cannot be told apart from gpt-5 (high) at 68% of its token use"
    a, b = "a-model-with-a-very-long-name-and-more (high)", "another-one-that-is-as-long-as-that (low)"
    long = title(frontier_of([point(a, 0.80, 0.01), point(b, 0.82, 0.05)]))
    assert 100 < len(long) <= 120
    assert long.endswith("(low) at 20% of its cost")


def test_a_date_stamp_goes_before_a_name_is_cut_to_pieces():
    """`agentless · GPT-4o-mini-2024-07-18` stood in a title as `agentless …-07-18`."""
    points = [point("agentless · GPT-4o-mini-2024-07-18", 0.214, 0.022), point("b-2024-07-18", 0.1, 0.5)]
    assert title(frontier_of(points)).startswith("agentless · GPT-4o-mini ")


def test_a_paired_comparison_decides_where_it_is_given():
    """±10 points each leave the two open; on common tasks they differ, and then the title says how much."""
    frontier = frontier_of([point("a", 0.75, 0.01), point("b", 0.82, 0.05)])
    assert "cannot be told apart" in title(frontier)
    assert title(frontier, compare=lambda a, b: pair(a, b, 0.07, 0.02, 0.12)) == (
        "$0.010 a task gets you 75%; 7 points more take 5.0 times the money"
    )


def test_no_budget_meets_it():
    frontier = frontier_of(CLEAR, nearest_feasible="cheap")
    assert title(frontier, max_cost=0.005) == "No configuration meets $0.0050; the nearest is cheap at $0.010"
    reading = findings.frontier_reading(frontier, labels_of(frontier), max_cost=0.005)
    assert reading[0].text == "nothing fits. The nearest is cheap, 2.0 times the limit, with 40.0%."


def test_a_limit_nobody_is_known_to_meet():
    assert title(frontier_of(CLEAR), max_latency=10) == "No configuration is known to meet 10 s; time is unknown for most"


def test_one_member_one_configuration_and_none():
    assert (
        title(frontier_of([point("a", 0.9, 0.01), point("b", 0.5, 0.02)]))
        == "a is the most accurate and the cheapest: 90.0% for $0.010 a task"
    )
    two = [point("a", 0.9, 0.01), point("b", 0.88, 0.02)]
    assert title(frontier_of(two, undecided=["b"])) == "a leads: 90.0% for $0.010 a task; 1 more is not decidable"
    assert title(frontier_of([point("a", 0.9, 0.01)])) == "a reaches 90.0% for $0.010 a task; there is nothing to compare it with yet"
    assert title(frontier_of([])) == "No configurations to compare yet"


def test_cost_known_for_none():
    points = [point("a", 0.5, None), point("b", 0.742, None), point("c", 0.7, None)]
    assert title(frontier_of(points)) == "Cost is unknown for all 3 configurations; the most accurate is b (74.2%)"


def test_no_score_at_all():
    assert title(frontier_of([point("a", None, None), point("b", None, None)])) == "No score is known for any of 2 configurations"


def test_too_few_tasks_for_intervals():
    points = [point("a", 0.5, 0.01, half=None, n_tasks=4), point("b", 0.75, 0.05, half=None, n_tasks=4)]
    assert title(frontier_of(points)) == "4 tasks are too few to tell 2 configurations apart"


@pytest.mark.parametrize(
    ("objective", "a", "b", "words"),
    [
        ("latency_s", 15, 198, "15 s a task gets you 40%; 50 points more take 13 times the time"),
        ("latency_p95_s", 15, 198, "15 s a task (p95) gets you 40%; 50 points more take 13 times the time"),
        ("tokens", 57_108, 1_200_000, "57.1 k tokens a task get you 40%; 50 points more take 21 times the tokens"),
        ("turns", 12, 13.2, "12.0 turns a task get you 40%; 50 points more take 10% more turns"),
        ("cost_per_success_usd", 0.01, 0.0104, "$0.010 a success gets you 40%; 50 points more take 4% more money"),
    ],
)
def test_title_speaks_of_what_the_axis_shows(objective, a, b, words):
    points = [point("a", 0.4, a, half=0.02, objective=objective), point("b", 0.9, b, half=0.02, objective=objective)]
    assert title(frontier_of(points, objectives=("accuracy", objective))) == words


def test_a_known_zero_makes_no_ratio():
    frontier = frontier_of([point("free", 0.4, 0.0, half=0.02), point("paid", 0.9, 0.5, half=0.02)])
    assert title(frontier) == "$0 a task gets you 40%; 50 points more take some, from no cost at all"


names = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=90)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(st.integers(0, 100), st.integers(1, 10_000)), min_size=1, max_size=8, unique=True),
    labels=st.lists(names, min_size=8, max_size=8),
    limit=st.one_of(st.none(), st.integers(1, 10_000)),
    half=st.sampled_from([0.01, 0.1, None]),
)
def test_every_title_fits_and_its_numbers_are_true(values, labels, limit, half):
    points = [point(f"c{i}", accuracy / 100, cost / 1e4, half=half) for i, (accuracy, cost) in enumerate(values)]
    nearest = min(points, key=lambda p: p.x).configuration
    frontier = frontier_of(points, nearest_feasible=nearest)
    by_id = dict(zip((p.configuration for p in points), labels, strict=False))
    budget = None if limit is None else limit / 1e4
    text = findings.frontier_title(frontier, by_id, max_cost=budget)
    assert len(text) <= 120
    assert "\n" not in text
    if match := re.fullmatch(r"\$([\d.]+) a task gets you (\d+)%; (.+) points? more takes? (.+) (times the|more) money", text):
        known = {(notation.usd(p.x), notation.percent(p.accuracy, 0)) for p in points if budget is None or p.x <= budget}
        assert (f"${match[1]}", f"{match[2]}%") in known
        best = max(p.accuracy for p in points)
        assert any(math.isclose(float(match[3]), round(100 * (best - p.accuracy), 1), abs_tol=0.51) for p in points)


def test_difference_without_pairing_is_newcombes():
    """Newcombe 1998, table II, case (a): 56/70 against 48/80 gives 0.0524 to 0.3339 (method 10)."""
    low, high = wilson(np.array([48 / 80, 56 / 70]), np.array([80, 70]))
    first = point("a", 48 / 80, 1, accuracy_low=low[0], accuracy_high=high[0])
    second = point("b", 56 / 70, 1, accuracy_low=low[1], accuracy_high=high[1])
    gap = difference(first, second)
    assert (gap.low, gap.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert gap.is_decided


def test_reading_names_leader_rival_knee_and_the_open_ones():
    points = [
        *CLEAR,
        point("rival", 0.68, 0.10, half=0.05, p_on_frontier=0.2, tasks_to_decide=9800),
        point("lost", 0.30, 0.10, half=0.05, p_on_frontier=0.0),
        point("unpriced", 0.6, None, excluded="cost unknown"),
        point("partly", 0.6, None, excluded="cost known for 284 of 300 attempts (≥ $0.30)"),
    ]
    frontier = frontier_of(points, undecided=["rival"], best_under_limits={"configuration": "knee", "p_best": 0.66})
    reading = {p.head: p.text for p in findings.frontier_reading(frontier, labels_of(frontier), max_cost=0.1)}
    assert reading["Within $0.10,"] == (
        "knee leads: 70.0% (65.0–75.0) for $0.020 a task. Best of the 4 that fit with 66% probability. "
        "rival costs 5.0 times as much and cannot be told apart (−2.0 points, −9.1 to +5.1)."
    )
    # 10 cents more for 30 points up to the knee, 38 cents for the 20 points after it
    assert reading["Knee at knee."] == ("The step up to it from cheap takes $0.00033 a task for each point; the next one, to best, $0.019.")
    assert reading["rival is not decidable."] == (
        "It is on the frontier with 20% probability. About 9,800 more tasks would decide rival against knee."
    )
    assert reading["Left out."] == "2 of 7: cost known in part only (1); cost unknown (1). They enter no ranking."


def test_reading_names_the_common_tasks_and_the_switch():
    frontier = frontier_of(CLEAR)
    covered = type(frontier.coverage)("common", frontier.coverage.tasks[:42], 50, {}, frontier.coverage.cells, frontier.coverage.latencies)
    frontier = frontier_of(CLEAR, coverage=covered)
    last = findings.frontier_reading(frontier, labels_of(frontier))[-1]
    assert last.head == "Common tasks."
    assert last.text.startswith("All numbers are over the 42 of 50 tasks")
    assert "Set Tasks to “all”" in last.text


def test_a_pinned_pair_is_read_with_its_interval():
    frontier = frontier_of(CLEAR)
    reading = findings.frontier_reading(frontier, labels_of(frontier), pair=pair("cheap", "best", 0.5, 0.4, 0.6, 40))
    assert [p.text for p in reading if p.head == "best against cheap."] == [
        "+50.0 points (+40.0 to +60.0) at 40.0 times the cost. Paired on 100 tasks: better on 20, worse on 10."
    ]


def test_subtitle_says_what_is_measured():
    assert findings.frontier_subtitle(frontier_of(CLEAR)) == (
        "Share of 100 tasks solved, against the mean cost of one attempt. Thin bars: 95% Wilson interval."
    )
    fractional = frontier_of(CLEAR, is_fractional=True, weights="task", objectives=("accuracy", "cost_usd", "latency_s"))
    assert findings.frontier_subtitle(fractional, benchmark="qa") == (
        "Mean score on 100 qa tasks, against the mean cost of one attempt, nondominated also in time. "
        "Every task weighs the same. Thin bars: 95% bootstrap interval."
    )


def test_alternative_text_carries_the_finding_and_the_members():
    frontier = frontier_of([*CLEAR, point("unpriced", 0.5, None)])
    assert findings.frontier_alt(frontier, labels_of(frontier)) == (
        "$0.020 a task gets you 70%; 20 points more take 20 times the money. Accuracy against cost for 3 configurations. "
        "On the frontier, cheapest first: cheap 40.0% at $0.010; knee 70.0% at $0.020; best 90.0% at $0.40. 1 configuration left out."
    )


def test_no_sentence_stands_on_errors_that_nobody_counted():
    """A published row that does not tell its errors has None of them, which is no number to add."""
    silent = {"n_errors": None, "n_limit": None, "accuracy_if_limits_had_succeeded": None}
    frontier = frontier_of([point(p.configuration, p.accuracy, p.x, is_summary=True, **silent) for p in CLEAR])
    assert not any("stopped" in f.sentence or "errors" in f.sentence for f in findings.overview_findings(frontier, labels_of(frontier)))
    half = point("half", 0.4, 0.5, n_errors=30, n_limit=None, accuracy_if_limits_had_succeeded=None)
    frontier = frontier_of([*CLEAR, half])
    assert findings.overview_findings(frontier, labels_of(frontier))[-1].sentence == "half ended 30% in errors of its 100 attempts."


def test_overview_has_what_the_data_supports_and_no_more():
    points = [
        *CLEAR,
        point("twin", 0.89, 0.1, half=0.05),
        point("unpriced", 0.5, None),
        point("cut", 0.30, 0.5, half=0.05, n_limit=30, n_errors=10, accuracy_if_limits_had_succeeded=0.6),
    ]
    frontier = frontier_of(points)
    found = findings.overview_findings(frontier, labels_of(frontier))
    assert [f.sentence for f in found] == [
        "best is the most accurate: 90.0% (85.0–95.0) for $0.40 a task.",
        "twin cannot be told apart from best (−1.0 points, −8.1 to +6.1) and costs 4.0 times less.",
        "4 of 5 configurations are on the frontier: the rest are 1 dominated.",
        "Cost is unknown for 1 of 6 configurations; unknown is not zero, so they enter no ranking.",
        "cut ended 30% stopped by a limit and 10% in errors of its 100 attempts; without limits its 30.0% could be at most 60.0%.",
    ]
    assert [f.number for f in found] == ["90.0%", "4.0 ×", "4 of 5", "17%", "40%"]
    assert found[1].query == {"pin": ["best", "twin"]}
    assert findings.overview_findings(frontier_of([]), {}) == []


def test_overview_within_a_budget_leads_to_the_same_budget():
    frontier = frontier_of(CLEAR)
    found = findings.overview_findings(frontier, labels_of(frontier), max_cost=0.05)
    assert found[0].sentence == "knee is the one to run within $0.050: 70.0% (65.0–75.0) for $0.020 a task."
    assert found[0].query == {"max_cost": "0.05"}


def ladder(*levels, stop, **more):
    """Return a ladder with (name, accuracy, cost) levels that stops at the level of that name."""
    names = [name for name, _, _ in levels]
    points = tuple(
        LevelPoint(name, None, accuracy, None, None, cost, None, None, None, None, n_attempts=100, n_tasks=100)
        for name, accuracy, cost in levels
    )
    plain = {
        "series": "Osprey",
        "knob": "effort",
        "x_name": "cost_usd",
        "points": points,
        "segments": (),
        "fit": None,
        "no_fit_reason": None,
    }
    plain |= {"peak_at": None, "stop_at": stop, "stop_index": names.index(stop), "stop_basis": "gain", "p_stop": None, "stop_reason": None}
    plain |= {"value_usd": None, "n_tasks": 100, "is_summary": False, "is_bound": False, "flags": ()}
    return Returns(**{**plain, **more})


def test_the_overview_says_where_returns_stop():
    found = findings.finding_of_stop([ladder(("low", 0.5, 0.1), ("high", 0.8, 0.2), ("max", 0.79, 0.5), stop="high")], "Effort")
    assert found.sentence == "Osprey stops gaining at high (80.0%): max costs 2.5 times as much for −1.0 points."
    assert (found.page, found.query) == ("returns", {"knob": "Effort", "series": "Osprey"})


@pytest.mark.parametrize("stop", ["low", "max"])
def test_a_ladder_that_ends_at_its_stop_is_no_finding(stop):
    levels = ("low", 0.5, 0.1), ("high", 0.8, 0.2), ("max", 0.9, 0.5)
    assert findings.finding_of_stop([ladder(*levels, stop=stop)], "Effort") is None
    assert findings.finding_of_stop([ladder(*levels, stop="high", is_bound=True)], "Effort") is None  # a cap loses by itself
    assert findings.finding_of_stop([], "Effort") is None


def test_a_stop_with_unknown_costs_names_no_money():
    found = findings.finding_of_stop([ladder(("low", 0.5, None), ("high", 0.8, None), ("max", 0.79, None), stop="high")], "Effort")
    assert "$" not in found.sentence
    assert "times" not in found.sentence
    assert "stops gaining at high (80.0%)" in found.sentence


def test_the_overview_says_what_failures_took():
    whole = Anatomy("all", 100, 100, cost_on_failures=0.35, unresolved_over_resolved_cost=1.42)
    assert (
        findings.finding_of_failures(whole).sentence
        == "35.0% of the money went into attempts that failed; a failure costs 1.4 times a success."
    )
    assert findings.finding_of_failures(Anatomy("all", 100, 100)) is None


def test_deeper_findings_stand_after_the_leader_and_never_make_it_more_than_five():
    frontier = frontier_of(CLEAR)
    deeper = [None, *(findings.Finding(str(i), str(i), "returns") for i in range(6))]
    said = findings.overview_findings(frontier, labels_of(frontier), deeper=deeper)
    assert len(said) == 5
    assert said[0].page == "frontier"
    assert said[-1].page == "returns"
