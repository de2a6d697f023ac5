"""From rows to arrays: accuracy and means as defined, by attempt and by task."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.grid import grid, task_positions

ATTEMPTS = st.lists(
    st.fixed_dictionaries(
        {
            "configuration": st.sampled_from("ab"),
            "task": st.sampled_from("1234"),
            "success": st.sampled_from([True, False, None]),
            "cost_usd": st.sampled_from([None, 0.1, 0.2, 0.7]),
            "status": st.sampled_from(["ok", "ok", "error", "limit", "timeout", "infra", "cancelled"]),
        }
    ),
    min_size=1,
    max_size=25,
)


def counted(attempts, configuration):
    return [a for a in attempts if a["configuration"] == configuration and a["status"] not in ("infra", "cancelled")]


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / len(numbers) if numbers else float("nan")


@settings(max_examples=60, deadline=None)
@given(attempts=ATTEMPTS)
def test_means_are_over_attempts_or_over_tasks(frames, attempts):
    arranged = grid(frames(attempts)[0])
    for k, configuration in enumerate(arranged.configurations):
        for values, measure in (
            ([(a["task"], a["cost_usd"]) for a in counted(attempts, configuration)], lambda w: arranged.measure("cost_usd", w)),
            (
                [
                    (a["task"], float(a["success"] or False) if a["success"] is not None or a["status"] != "ok" else None)
                    for a in counted(attempts, configuration)
                ],
                arranged.accuracy,
            ),
        ):
            known = [(task, value) for task, value in values if value is not None]
            by_task = [mean(v for t, v in known if t == task) for task in {t for t, _ in known}]
            assert measure("attempt").mean[k] == pytest.approx(mean(v for _, v in known), nan_ok=True)
            assert measure("task").mean[k] == pytest.approx(mean(by_task), nan_ok=True)


def test_weights_by_task_equal_those_by_attempt_bit_for_bit_where_attempts_are_equal(frames):
    rng = np.random.default_rng(0)
    attempts = [
        {"configuration": "a", "task": str(t), "success": bool(rng.random() < 0.4), "cost_usd": 0.1 * rng.random()} for t in range(20)
    ] * 3
    arranged = grid(frames(attempts)[0])
    for measure in (arranged.accuracy, lambda w: arranged.measure("cost_usd", w)):
        assert (measure("attempt").sums == measure("task").sums).all()
        assert (measure("attempt").counts == measure("task").counts).all()


def test_unequal_attempts_keep_whole_successes_whole():
    """2 of 3 and 1 of 2 become 4 of 6 and 3 of 6: sums of whole numbers, so that ties between configurations stay ties."""
    from analytics.grid import _weighted

    measure = _weighted(np.array([[3.0, 2.0, 0.0]]), np.array([[2.0, 1.0, 0.0]]), "task")
    assert measure.sums.tolist() == [[4.0, 3.0, 0.0]]
    assert measure.counts.tolist() == [[6.0, 6.0, 0.0]]


def test_the_bound_lets_every_attempt_that_was_cut_off_succeed(frames):
    attempts = [
        {"configuration": "a", "task": "1", "success": True, "status": "ok"},
        {"configuration": "a", "task": "1", "success": True, "status": "limit"},
        {"configuration": "a", "task": "2", "status": "timeout"},
        {"configuration": "a", "task": "2", "status": "error"},
    ]
    arranged = grid(frames(attempts)[0])
    assert arranged.accuracy().mean[0] == 2 / 4
    assert arranged.accuracy(is_bound=True).mean[0] == 3 / 4


def test_fractional_scores_make_the_mean_score_and_a_failure_without_score_counts_as_zero(frames):
    attempts = [
        {"configuration": "a", "task": "1", "score": 0.5},
        {"configuration": "a", "task": "2", "score": 1.0},
        {"configuration": "a", "task": "2", "status": "error"},
        {"configuration": "a", "task": "4"},
        {"configuration": "a", "benchmark": "other", "task": "1", "success": True},
    ]
    arranged = grid(frames(attempts)[0])
    assert arranged.fractional_benchmarks == {"bench"}
    assert arranged.accuracy(fractional=arranged.fractional_benchmarks).mean[0] == (0.5 + 1 + 0 + 1) / 4
    assert arranged.accuracy().mean[0] == (0 + 1 + 0 + 1) / 4


def test_the_bound_gives_no_attempt_more_than_a_success(frames):
    """Half a point at the limit becomes one, not one and a half."""
    arranged = grid(frames([{"configuration": "a", "task": "1", "score": 0.5, "status": "limit"}])[0])
    assert arranged.accuracy(fractional=frozenset(["bench"]), is_bound=True).mean[0] == 1


def test_published_rows_stand_in_columns_after_the_tasks(frames):
    cells, _ = frames([{"configuration": "a", "task": "zz", "success": True}], [{"configuration": "p", "n": 50, "accuracy": 0.4}])
    arranged = grid(cells)
    assert arranged.tasks == (("bench", "zz"),)
    assert arranged.is_summary.tolist() == [False, True]
    assert arranged.of("n_attempts").tolist() == [[1.0, 0.0], [0.0, 50.0]]
    assert arranged.accuracy().mean.tolist() == [1.0, 0.4]


def test_shuffled_rows_give_the_same_arrays(frames):
    rng = np.random.default_rng(3)
    cells, _ = frames(
        [{"configuration": c, "task": str(t), "success": True, "cost_usd": rng.random()} for c in "cab" for t in rng.permutation(9)]
    )
    shuffled = cells.iloc[rng.permutation(len(cells))]
    assert grid(shuffled).tasks == grid(cells).tasks
    assert (grid(shuffled).of("sum_cost_usd") == grid(cells).of("sum_cost_usd")).all()


def test_refuses_two_rows_for_one_task(frames):
    cells, _ = frames([{"configuration": "a", "task": "1", "success": True}])
    with pytest.raises(ValueError, match="two rows"):
        grid(cells.iloc[[0, 0]])


def test_refuses_other_weights(frames):
    with pytest.raises(ValueError, match="weights"):
        grid(frames([{"configuration": "a", "task": "1", "success": True}])[0]).accuracy("run")


def test_tasks_of_the_same_name_in_two_benchmarks_differ(frames):
    cells, _ = frames([{"configuration": "a", "benchmark": b, "task": "1", "success": True} for b in ("x", "y")])
    arranged = grid(cells)
    assert arranged.tasks == (("x", "1"), ("y", "1"))
    assert task_positions(cells, arranged.tasks).tolist() == [0, 1]
    assert task_positions(cells.iloc[:0], arranged.tasks).tolist() == []


def test_arguments_stay_as_they_were(frames, frozen):
    cells, _ = frames([{"configuration": "a", "task": str(t), "success": True, "cost_usd": 1.0} for t in range(3)])
    arranged = grid(frozen(cells))
    assert arranged.accuracy("task").mean[0] == 1
