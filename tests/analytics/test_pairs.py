"""Two configurations side by side, by hand and against literal resampling."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.accuracy import newcombe, wilson
from analytics.pairs import compare, tasks_to_decide
from analytics.resample import task_weights


def attempts_of(configuration: str, solved: list[bool], cost: float, latency: float = 1.0) -> list[dict]:
    return [
        {"configuration": configuration, "task": f"t{k:02d}", "success": s, "cost_usd": cost + k, "latency_s": latency}
        for k, s in enumerate(solved)
    ]


FIRST = [True, False] * 6
SECOND = [True, True, False] * 4


def test_difference_and_ratio_by_hand(frames):
    pair = compare(*frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", SECOND, 12.0, 3.0)), "a", "b")
    assert pair.accuracy_difference == pytest.approx(8 / 12 - 6 / 12)
    assert pair.cost_ratio == pytest.approx((12 * 12 + 66) / (12 + 66))
    assert pair.latency_ratio == pytest.approx(3.0)
    assert (pair.latency_ratio_low, pair.latency_ratio_high) == (3.0, 3.0)
    wins = sum(b and not a for a, b in zip(FIRST, SECOND, strict=True))
    losses = sum(a and not b for a, b in zip(FIRST, SECOND, strict=True))
    assert (pair.wins, pair.losses, pair.ties, pair.n_tasks) == (wins, losses, 12 - wins - losses, 12)
    assert (pair.is_paired, pair.is_approximate) == (True, False)


def test_intervals_are_percentiles_of_literal_paired_resamples(frames):
    a, b = attempts_of("a", FIRST, 1.0), attempts_of("b", SECOND, 12.0)
    pair = compare(*frames(a + b), "a", "b", n_bootstrap=150, seed=4)
    weights = task_weights(12, 150, 4)
    differences = [math.fsum(w * (y - x) for w, x, y in zip(column, FIRST, SECOND, strict=True)) / 12 for column in weights.T]
    ratios = [
        math.fsum(w * y["cost_usd"] for w, y in zip(column, b, strict=True))
        / math.fsum(w * x["cost_usd"] for w, x in zip(column, a, strict=True))
        for column in weights.T
    ]
    for found, drawn in (
        ((pair.accuracy_difference_low, pair.accuracy_difference_high), differences),
        ((pair.cost_ratio_low, pair.cost_ratio_high), ratios),
    ):
        assert found == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), abs=1e-12)


def test_the_other_way_round_changes_signs_and_inverts_ratios(frames):
    made = frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", SECOND, 12.0))
    there, back = compare(*made, "a", "b"), compare(*made, "b", "a")
    assert back.accuracy_difference == -there.accuracy_difference
    assert (back.accuracy_difference_low, back.accuracy_difference_high) == pytest.approx(
        (-there.accuracy_difference_high, -there.accuracy_difference_low)
    )
    assert back.cost_ratio == pytest.approx(1 / there.cost_ratio)
    assert (back.wins, back.losses) == (there.losses, there.wins)


def test_twins_differ_by_nothing_for_certain(frames):
    pair = compare(*frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", FIRST, 1.0)), "a", "b")
    assert (pair.accuracy_difference, pair.accuracy_difference_low, pair.accuracy_difference_high) == (0.0, 0.0, 0.0)
    assert (pair.cost_ratio, pair.cost_ratio_low, pair.cost_ratio_high) == (1.0, 1.0, 1.0)
    assert (pair.wins, pair.losses, pair.ties) == (0, 0, 12)


def test_only_tasks_both_have_count(frames):
    """`b` skipped the last two tasks: the costs of `a` there are no part of the ratio, in either mode."""
    made = frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", SECOND[:10], 1.0))
    for mode in ("common", "all"):
        pair = compare(*made, "a", "b", tasks=mode)
        assert (pair.n_tasks, pair.cost_ratio) == (10, 1.0)


def test_who_was_set_aside_is_compared_on_the_tasks_both_have(frames):
    pair = compare(*frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", SECOND[:3], 1.0)), "a", "b")
    assert (pair.n_tasks, pair.accuracy_difference_low) == (3, None)
    assert pair.accuracy_difference == pytest.approx(0.0)


def test_without_a_shared_task_nothing_is_known(frames):
    rows = attempts_of("a", FIRST[:1], 1.0) + [a | {"task": "elsewhere"} for a in attempts_of("b", FIRST[:1], 1.0)]
    pair = compare(*frames(rows), "a", "b")
    assert (pair.n_tasks, pair.accuracy_difference, pair.cost_ratio, pair.wins) == (0, None, None, 0)


def test_unknown_cost_has_no_ratio(frames):
    rows = attempts_of("a", FIRST, 1.0) + [a | {"cost_usd": None} for a in attempts_of("b", SECOND, 1.0)]
    pair = compare(*frames(rows), "a", "b")
    assert (pair.cost_ratio, pair.cost_ratio_low) == (None, None)
    assert pair.latency_ratio == 1.0


def test_a_cost_that_is_known_of_nine_in_ten_attempts_has_no_ratio(frames):
    rows = attempts_of("a", FIRST, 1.0) + [a | ({"cost_usd": None} if a["task"] == "t03" else {}) for a in attempts_of("b", SECOND, 1.0)]
    assert compare(*frames(rows), "a", "b").cost_ratio is None


def test_published_rows_are_compared_as_if_measured_apart(frames):
    cells, latencies = frames(
        [],
        [
            {"configuration": "a", "n": 80, "accuracy": 0.6, "cost_usd": 2.0},
            {"configuration": "b", "n": 70, "accuracy": 0.8, "cost_usd": 5.0},
        ],
    )
    pair = compare(cells, latencies, "a", "b")
    assert (pair.accuracy_difference_low, pair.accuracy_difference_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (pair.cost_ratio, pair.cost_ratio_low, pair.wins, pair.n_tasks) == (pytest.approx(2.5), None, None, None)
    assert (pair.is_paired, pair.is_approximate) == (False, True)


def test_a_published_row_and_attempts_too(frames):
    cells, latencies = frames(attempts_of("b", FIRST, 1.0), [{"configuration": "p", "n": 40, "accuracy": 0.25}])
    pair = compare(cells, latencies, "p", "b")
    rows = [(share, *(float(end[0]) for end in wilson(np.array([share]), np.array([n])))) for share, n in ((0.25, 40), (0.5, 12))]
    assert (pair.accuracy_difference_low, pair.accuracy_difference_high) == pytest.approx(newcombe(*rows))
    assert not pair.is_paired


def test_refuses_an_unknown_name(frames):
    with pytest.raises(ValueError, match="no such configuration: z"):
        compare(*frames(attempts_of("a", FIRST, 1.0)), "a", "z")


def test_arguments_stay_as_they_were(frames, frozen):
    cells, latencies = frames(attempts_of("a", FIRST, 1.0) + attempts_of("b", SECOND, 12.0))
    compare(frozen(cells), frozen(latencies), "a", "b", weights="task")


class TestTasksToDecide:
    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=10, max_size=60))
    def test_is_the_formula(self, differences):
        mean = np.mean(differences)
        found = tasks_to_decide(np.array(differences))
        if mean == 0:
            assert found is None
        else:
            needed = 2.8**2 * np.var(differences, ddof=1) / mean**2
            assert found >= 0
            assert abs(found - max(0, needed - len(differences))) < 1 + 1e-6

    def test_enough_tasks_need_no_more(self):
        assert tasks_to_decide(np.array([1.0] * 30)) == 0

    def test_is_unknown_under_ten_tasks(self):
        assert tasks_to_decide(np.array([1.0] * 9)) is None

    def test_refuses_a_table(self):
        with pytest.raises(ValueError, match="shape"):
            tasks_to_decide(np.ones((2, 10)))
