"""Attempts per configuration: published numbers, every subset by hand, intervals by literal resampling, and inputs that give a sentence."""

import json
import math
from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.accuracy import wilson
from analytics.attempts import attempts_at, levels_of_samples
from analytics.draws import Verifier
from analytics.resample import task_weights

MEASURES = ("cost_usd", "latency_s", "tokens", "output_tokens", "reasoning_tokens")


def frame_of(rows: list[dict]) -> pd.DataFrame:
    """Make the frame of the data layer from what a test says; the rest is unknown."""
    frame = pd.DataFrame([{"configuration": "a", "benchmark": "bench", "dataset": "log"} | row for row in rows])
    frame["attempt"] = frame["attempt"] if "attempt" in frame else frame.groupby(["configuration", "task"]).cumcount()
    frame["attempt_id"] = [f"{c}/{t}/{k}" for c, t, k in zip(frame["configuration"], frame["task"], frame["attempt"], strict=True)]
    for name in MEASURES:
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    frame["answer_key"] = (frame["answer_key"] if "answer_key" in frame else pd.Series(None, frame.index)).astype("Int64")
    return frame.astype({"success": float})


def simulated(n_tasks: int = 12, n: int = 5, seed: int = 0) -> pd.DataFrame:
    """Attempts with answers, costs and lengths: the right answer is 1."""
    rng = np.random.default_rng(seed)
    ability = rng.random(n_tasks)
    rows = []
    for task in range(n_tasks):
        for k in range(n):
            answer = 1 if rng.random() < ability[task] else int(rng.integers(2, 5))
            amounts = rng.integers(1, 10_000, 5)
            rows.append(
                {"task": f"t{task:02d}", "attempt": k, "success": answer == 1, "answer_key": answer * 2**60 // 3}
                | dict(zip(MEASURES, amounts.tolist(), strict=True))
            )
    return frame_of(rows)


def one(frame: pd.DataFrame, *args, **options):
    """Return the only curve."""
    (curve,) = attempts_at(frame, *args, **options)
    return curve


def test_tau_bench_as_its_authors_print_it(samples):
    runs = json.loads((samples / "tau-bench" / "gpt-4o-airline.json").read_text())
    frame = frame_of([{"task": str(run["task_id"]), "attempt": run["trial"], "success": run["reward"]} for run in runs])
    curve = one(frame, (1, 2, 3, 4))
    assert curve.pass_hat_each == pytest.approx([0.42, 0.2733, 0.22, 0.20], abs=5e-5)
    assert curve.pass_at_each == pytest.approx([0.42, 0.5667, 0.66, 0.72], abs=5e-5)
    assert curve.pass_at.value.tolist() == pytest.approx(curve.pass_at_each.tolist(), abs=1e-12)
    assert (curve.n_tasks, curve.n_curve_tasks, curve.largest_k) == ((50,) * 4, 50, 4)
    assert (curve.majority_at, curve.no_majority_reason) == (None, "cannot be computed: no answers in these logs")
    assert (curve.cost_usd, curve.search, curve.reason) == (None, None, None)


def vote(attempts: list[dict]) -> float:
    """Credit of a vote by hand: the tied answers share it."""
    counts = Counter(a["answer_key"] for a in attempts)
    tied = [key for key, count in counts.items() if count == max(counts.values())]
    return float(np.mean([next(a["success"] for a in attempts if a["answer_key"] == key) for key in tied]))


def total(name: str, combine=sum):
    return lambda attempts: combine(a[name] for a in attempts)


def shortest(attempts: list[dict]) -> float:
    return min(attempts, key=lambda a: a["output_tokens"])["success"]


def test_every_curve_by_hand():
    frame = simulated()
    curve = one(frame, verifier=Verifier(0.5, 0.5))
    by_task = [group.to_dict("records") for _, group in frame.groupby("task")]
    in_order = [sorted(of_task, key=lambda a: a["output_tokens"]) for of_task in by_task]
    lengths = np.array([[a["output_tokens"] for a in of_task] for of_task in in_order])
    assert (np.diff(lengths, axis=1) > 0).all()  # no ties: the order by hand is the only one
    accuracy = frame["success"].mean()
    for column, k in enumerate(curve.ks):

        def over(credit, k=k) -> float:
            return float(np.mean([np.mean([credit(drawn) for drawn in combinations(of_task, k)]) for of_task in by_task]))

        by_hand = {
            "pass_at": over(total("success", max)),
            "pass_hat": over(total("success", min)),
            "majority_at": over(vote),
            "majority_gain": over(vote) - accuracy,
            "best_of": accuracy,  # this verifier knows nothing
            "unverified": accuracy,
            "cost_usd": over(total("cost_usd")),
            "tokens": over(total("tokens")),
            "latency_s": over(total("latency_s")),
            "parallel_latency_s": over(total("latency_s", max)),
        }
        assert {name: getattr(curve, name).value[column] for name in by_hand} == pytest.approx(by_hand)
        ends = {
            "first_finish": np.mean([vote(of_task[:k]) for of_task in in_order]),
            "last_finish": np.mean([vote(of_task[-k:]) for of_task in in_order]),
            "stopped_sequential": lengths[:, k - 1].mean(),
            "stopped_total": (lengths[:, :k].sum(axis=1) + (5 - k) * lengths[:, k - 1]).mean(),
            "shortest": over(shortest),
        }
        assert {name: getattr(curve.search, name)[column] for name in ends} == pytest.approx(ends)
    assert (curve.search.total, curve.search.sequential) == pytest.approx((lengths.sum(axis=1).mean(), lengths.max(axis=1).mean()))
    assert (curve.search.unit, curve.search.n_started, curve.search.n_tasks) == ("output_tokens", 5, 12)


def test_intervals_are_percentiles_of_literal_resamples():
    curve = one(simulated(), (1, 3), n_bootstrap=120, seed=5)
    solved = simulated().groupby("task")["success"].sum().to_numpy()
    pass_at_3 = np.array([1 - math.comb(5 - int(c), 3) / math.comb(5, 3) for c in solved])
    drawn = [math.fsum(w * p for w, p in zip(column, pass_at_3, strict=True)) / 12 for column in task_weights(12, 120, 5).T]
    assert (curve.pass_at.low[1], curve.pass_at.high[1]) == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), abs=1e-12)
    costs = simulated().groupby("task")["cost_usd"].mean().to_numpy()
    drawn = [3 * math.fsum(w * c for w, c in zip(column, costs, strict=True)) / 12 for column in task_weights(12, 120, 5).T]
    assert curve.cost_usd.low[1] == pytest.approx(np.quantile(drawn, 0.025))


def test_unequal_attempts_leave_the_ks_they_do_not_have():
    frame = frame_of([{"task": t, "success": s} for t, row in {"x": [1, 0, 0], "y": [1, 1], "z": [0]}.items() for s in row])
    curve = one(frame, (1, 2, 3, 4))
    assert curve.n_tasks == (3, 2, 1, 0)
    assert curve.pass_at_each[:3] == pytest.approx([(1 / 3 + 1 + 0) / 3, (2 / 3 + 1) / 2, 1])
    assert np.isnan(curve.pass_at_each[3])
    assert (curve.largest_k, curve.n_curve_tasks) == (3, 1)
    assert curve.pass_at.value[:3] == pytest.approx([1 / 3, 2 / 3, 1])  # the task x at every k
    assert "Tasks have 1 to 3 attempts; the curve is over the 1 of 3 that have 3 or more." in curve.flags
    assert one(frame).ks == (1, 2)  # by default up to what half of the tasks have


def test_majority_is_not_invented():
    frame = simulated()
    assert one(frame.assign(answer_key=pd.array([None] * 60, dtype="Int64"))).no_majority_reason == (
        "cannot be computed: no answers in these logs"
    )
    lost = frame.copy()
    lost.loc[lost.index[lost["success"] == 1][:5], "answer_key"] = pd.NA
    assert "the answer is known for" in one(lost).no_majority_reason
    apart = frame.assign(dataset=np.where(frame["attempt"] < 2, "log", "another"))
    assert one(apart).no_majority_reason == "cannot be computed: answers that were imported apart cannot be compared"
    assert one(apart).pass_at.value.tolist() == one(frame).pass_at.value.tolist()


def test_failed_attempts_without_an_answer_abstain():
    """Three attempts gave up without an answer: two equal right ones still are the majority."""
    keys, success = [5, 5, None, None, None], [1, 1, 0, 0, 0]
    curve = one(frame_of([{"task": "x", "success": s, "answer_key": k} for s, k in zip(success, keys, strict=True)]))
    assert curve.majority_at.value == pytest.approx([4 / 10, 7 / 10, 9 / 10, 1, 1])


def test_one_answer_judged_in_two_ways_is_said():
    rows = [{"task": "x", "success": s, "answer_key": 5} for s in (1, 0)] + [{"task": "y", "success": 1, "answer_key": 5}] * 2
    curve = one(frame_of(rows))
    assert curve.majority_at.value == pytest.approx([0.75, 0.75])
    assert any("On 1 task the same answer passed in one attempt and failed in another" in flag for flag in curve.flags)


def test_without_answers_only_the_first_of_all_can_be_told():
    frame = simulated().assign(answer_key=pd.array([None] * 60, dtype="Int64"))
    search = one(frame).search
    assert search.first_finish[0] == one(simulated()).search.first_finish[0]
    assert np.isnan(search.first_finish[1:]).all()
    assert np.isnan(one(frame, (2, 3)).search.first_finish).all()
    assert one(frame.assign(output_tokens=np.nan)).search.unit == "tokens"
    assert one(frame.assign(output_tokens=np.nan, tokens=np.nan)).search.unit == "latency_s"


def test_unknown_costs_are_not_free():
    frame = simulated()
    assert one(frame.assign(cost_usd=np.where(frame["attempt"] == 0, np.nan, frame["cost_usd"]))).cost_usd is None
    large = simulated(n_tasks=40)
    one_lost = one(large.assign(cost_usd=np.where(large.index == 7, np.nan, large["cost_usd"])))
    assert one_lost.cost_usd.value[0] == pytest.approx(one(large).cost_usd.value[0], rel=0.05)
    assert "Cost known for 199 of 200 attempts." in one_lost.flags


@pytest.mark.parametrize("n", [4, 13])
def test_shuffled_rows_and_a_neighbour_change_no_bit(n):
    frame = simulated(n=n)
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    both = pd.concat([simulated(n=n, seed=9).assign(configuration="other"), shuffled])
    first, second = one(frame), attempts_at(both)[0]
    for name in ("pass_at", "pass_hat", "majority_at", "majority_gain", "unverified", "cost_usd", "parallel_latency_s"):
        for part in ("value", "low", "high"):
            assert getattr(getattr(first, name), part).tobytes() == getattr(getattr(second, name), part).tobytes(), (name, part)
    for name in ("first_finish", "last_low", "stopped_total", "shortest"):
        assert getattr(first.search, name).tobytes() == getattr(second.search, name).tobytes(), name
    assert repr(first.effort) == repr(second.effort)


def test_the_order_of_rows_in_a_file_chooses_no_permutation():
    """Where a log does not number its attempts, their number was their line: majority@3 moved from .67493 to .67327 with the lines."""
    frame = simulated(n=13).drop(columns="attempt")
    shuffled = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    numbered = [each.assign(attempt_id=np.arange(len(each))) for each in (frame, shuffled)]
    first, second = (one(each).majority_at.value.tobytes() for each in numbered)
    assert first == second


def test_the_frame_is_left_as_it_was(frozen):
    frame = simulated()
    before = frame.copy(deep=True)
    attempts_at(frame, verifier=Verifier(0.9, 0.1))
    levels_of_samples(frame, {"a": "A"})
    pd.testing.assert_frame_equal(frame, before)


def test_degenerate_inputs_give_a_sentence():
    single = one(simulated(n=1))
    assert (single.reason, single.pass_at_each.tolist()) == (
        "There is one attempt per task: what a second one would buy is not in these logs.",
        [pytest.approx(simulated(n=1)["success"].mean())],
    )
    unknown = one(simulated().assign(success=np.nan), (1, 2))
    assert (unknown.reason, unknown.n_unknown, unknown.largest_k) == ("No attempt has a known success.", 60, 0)
    assert np.isnan(unknown.pass_at.value).all()
    few = one(simulated(n_tasks=1))
    assert np.isnan(few.pass_at.low).all()
    assert "1 task: too few for intervals." in few.flags
    assert one(simulated(), (7, 8)).reason == "No task has 7 attempts: the most is 5."
    assert attempts_at(simulated().iloc[:0]) == []


def test_all_failing_is_zero_with_an_interval_that_is_not():
    """Resampling twelve failures gives twelve failures: the interval was 0 to 0."""
    curve = one(simulated().assign(success=0.0))
    assert curve.pass_at.value.tolist() == curve.pass_hat.value.tolist() == [0.0] * 5
    assert curve.pass_at.high == pytest.approx([float(wilson([0.0], [12])[1][0])] * 5)
    assert curve.majority_gain.value.tolist() == [0.0] * 5


def test_what_cannot_be_asked():
    with pytest.raises(ValueError):
        attempts_at(simulated(), (0, 1))
    with pytest.raises(ValueError):
        attempts_at(simulated().assign(success=0.5))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 8), st.integers(1, 14))
def test_curves_keep_their_order(seed, n_tasks, n):
    curve = one(simulated(n_tasks, n, seed), n_bootstrap=20)
    blind, best, every, votes = (getattr(curve, name).value for name in ("unverified", "pass_at", "pass_hat", "majority_at"))
    assert (every <= blind + 1e-9).all()
    assert (blind <= best + 1e-9).all()
    assert (votes <= best + 0.1).all()  # sampled above ten attempts
    assert votes[0] == pytest.approx(blind[0])
    assert curve.n_tasks == (n_tasks,) * len(curve.ks)


def test_many_attempts_are_spaced_by_ratio():
    frame = simulated(n_tasks=2, n=70)
    ks = one(frame, n_bootstrap=10).ks
    assert (ks[:3], ks[-1], len(ks) <= 32) == ((1, 2, 3), 70, True)


def test_ladders_of_samples():
    frame = pd.concat([simulated(), simulated(n=1, seed=2).assign(configuration="b"), simulated(seed=3).assign(configuration="c")])
    (ladder,) = levels_of_samples(frame, {"a": "A", "b": "B"})
    curve = one(simulated())
    assert (ladder.series, ladder.knob, ladder.x_name, ladder.configurations, ladder.flags) == ("A", "samples", "samples", ("a",), ())
    assert ladder.names == ("1 attempt", "2 attempts", "3 attempts", "4 attempts", "5 attempts")
    assert ladder.x.tolist() == [1, 2, 3, 4, 5]
    assert ladder.accuracy.mean == pytest.approx(curve.majority_at.value)
    for measure, band in ((ladder.cost, curve.cost_usd), (ladder.latency, curve.latency_s), (ladder.tokens, curve.tokens)):
        assert measure.mean == pytest.approx(band.value)
    assert ladder.accuracy.counts.shape == (5, 12)
    assert ladder.tasks[0] == ("bench", "t00")
    assert ladder.n_attempts.tolist() == [60] * 5


def test_a_ladder_without_answers_is_a_perfect_verifiers():
    frame = simulated().assign(answer_key=pd.array([None] * 60, dtype="Int64"), cost_usd=np.nan)
    (ladder,) = levels_of_samples(frame, {"a": "A"}, ks=(1, 5))
    assert ladder.accuracy.mean == pytest.approx(one(frame, (1, 5)).pass_at.value)
    assert ladder.flags == ("With a perfect verifier: majority cannot be computed: no answers in these logs.",)
    assert ladder.cost.counts.sum() == 0
    assert levels_of_samples(simulated().assign(success=np.nan), {"a": "A"}) == []


def test_effort_of_a_configuration():
    frame = simulated()
    effort = one(frame).effort
    accuracy, tokens = frame["success"].mean(), frame["output_tokens"].mean()
    assert effort.e3_percent == pytest.approx((100 * accuracy) ** 2 / tokens)
    assert effort.e3 == pytest.approx(accuracy**2 / tokens)
    assert effort.measure == "reasoning_tokens"
    assert sum(each.n_attempts for each in effort.bins) == 60
    without = one(frame.assign(reasoning_tokens=0.0, output_tokens=np.nan)).effort
    assert (without.e3, without.measure) == (None, "tokens")
