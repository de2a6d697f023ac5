"""Tails and spread: against NumPy on data written out in full, a published analysis of variance, and literal resampling."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.resample import task_weights
from analytics.tails import ATTEMPTS_FOR, Clusters, growth, tails

SECONDS = st.floats(min_value=0, max_value=1e5, allow_subnormal=False)


def frame(values: dict[str, list[float]], configuration: str = "a", measure: str = "latency_s") -> pd.DataFrame:
    rows = [(configuration, "bench", task, value) for task, each in values.items() for value in each]
    return pd.DataFrame(rows, columns=["configuration", "benchmark", "task", measure])


def lognormal(n_tasks: int, n_each: int, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return frame({f"t{t:03d}": list(np.exp(rng.normal(3 + 0.3 * rng.normal(), 0.8, n_each))) for t in range(n_tasks)})


def literal(rows: pd.DataFrame, statistic, n_bootstrap: int, seed: int) -> np.ndarray:
    """One statistic of each resample, its attempts written out as often as their task was drawn."""
    names, codes = np.unique(rows["task"], return_inverse=True)
    weights = task_weights(len(names), n_bootstrap, seed)
    values = rows["latency_s"].to_numpy()
    return np.array([statistic(np.repeat(values, weights[codes, b].astype(int))) for b in range(n_bootstrap)])


STATISTICS = {
    "mean": np.mean,
    "p50": lambda x: np.percentile(x, 50),
    "p95": lambda x: np.percentile(x, 95),
    "p99": lambda x: np.percentile(x, 99),
    "sd": lambda x: np.std(x, ddof=1),
    "cv": lambda x: np.std(x, ddof=1) / np.mean(x),
    "p95_over_p50": lambda x: np.percentile(x, 95) / np.percentile(x, 50),
}


class TestAgainstNumpy:
    @pytest.mark.parametrize("name", STATISTICS)
    def test_numbers_and_their_intervals(self, name):
        rows = lognormal(20, 16)
        found = tails(rows, n_bootstrap=120, seed=5)[0]
        assert getattr(found, name) == pytest.approx(STATISTICS[name](rows["latency_s"].to_numpy()), rel=1e-12)
        drawn = literal(rows, STATISTICS[name], 120, 5)
        assert found.intervals[name] == pytest.approx((np.quantile(drawn, 0.025), np.quantile(drawn, 0.975)), rel=1e-9)

    def test_maximum_counts_and_configurations_in_order(self):
        rows = pd.concat([frame({"2": [4.0, 9.0], "1": [5.0]}, "b"), frame({"1": [2.0]}, "a")])
        a, b = tails(rows)
        assert (a.configuration, b.configuration) == ("a", "b")
        assert (b.n, b.n_tasks, b.maximum, b.mean, b.n_repeated_tasks) == (3, 2, 9.0, 6.0, 1)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.lists(SECONDS, min_size=1, max_size=4), min_size=1, max_size=8))
    def test_any_values(self, values):
        rows = frame({f"t{k}": each for k, each in enumerate(values)})
        found, x = tails(rows)[0], rows["latency_s"].to_numpy()
        assert found.mean == pytest.approx(x.mean(), rel=1e-12, abs=1e-300)
        assert (found.p50, found.p95) == pytest.approx((np.percentile(x, 50), np.percentile(x, 95)), rel=1e-12, abs=1e-300)
        assert found.sd == (None if len(x) == 1 else pytest.approx(np.std(x, ddof=1), rel=1e-6, abs=1e-8 * x.max()))
        assert (found.cv is None) == (found.sd is None or found.mean == 0)


class TestVariance:
    def test_dyestuff(self):
        """Davies, *Statistical Methods in Research and Production*, 1949; Box and Tiao, 1973, table 5.1.2: σ² 2451.25 and 1764.05."""
        batches = {
            "A": [1545, 1440, 1440, 1520, 1580], "B": [1540, 1555, 1490, 1560, 1495], "C": [1595, 1550, 1605, 1510, 1560],
            "D": [1445, 1440, 1595, 1465, 1545], "E": [1595, 1630, 1515, 1635, 1625], "F": [1520, 1455, 1450, 1480, 1445],
        }  # fmt: skip
        found = tails(frame(batches))[0]
        assert found.within_sd**2 == pytest.approx(2451.25, abs=1e-6)
        assert found.between_sd**2 == pytest.approx(1764.05, abs=1e-6)
        assert found.within_share == pytest.approx(2451.25 / (2451.25 + 1764.05))

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.lists(st.integers(0, 1000), min_size=2, max_size=5), min_size=2, max_size=6))
    def test_law_of_total_variance(self, values):
        """Σ(x − m)² = SS_within + SS_between, both put together again from σ_w and σ_b where σ_b was not cut off at 0."""
        found = tails(frame({f"t{k}": [float(x) for x in each] for k, each in enumerate(values)}))[0]
        sizes = np.array([len(each) for each in values])
        n, n_tasks = sizes.sum(), len(sizes)
        n_0 = (n - (sizes**2).sum() / n) / (n_tasks - 1)
        within = found.within_sd**2 * (n - n_tasks)
        between = (found.between_sd**2 * n_0 + found.within_sd**2) * (n_tasks - 1)
        total = found.sd**2 * (n - 1)
        assert within == pytest.approx(sum(((np.array(each) - np.mean(each)) ** 2).sum() for each in values), abs=1e-6)
        if found.between_sd > 0:
            assert within + between == pytest.approx(total, rel=1e-9, abs=1e-6)
        else:
            assert total - within <= within / (n - n_tasks) * (n_tasks - 1) * (1 + 1e-9) + 1e-6

    def test_recovers_both_parts_where_the_plain_shares_do_not(self):
        """With two repeats, half of the luck within a task looks like a property of the task."""
        rng = np.random.default_rng(0)
        values = {f"t{t:04d}": list(rng.normal(100 + rng.normal(0, 6), 8, 2)) for t in range(2000)}
        found = tails(frame(values), n_bootstrap=50)[0]
        assert (found.within_sd, found.between_sd) == pytest.approx((8, 6), rel=0.05)
        plain = np.mean([np.var(each) for each in values.values()]) / np.var(np.concatenate(list(values.values())))
        assert found.within_share == pytest.approx(0.64, abs=0.03)
        assert plain == pytest.approx(0.32, abs=0.03)

    def test_tasks_tried_once_say_nothing(self):
        found = tails(frame({"1": [1.0], "2": [5.0], "3": [2.0, 4.0]}))[0]
        assert (found.within_sd, found.between_sd, found.within_share) == (None, None, None)
        assert found.reasons["within_share"] == "fewer than two tasks were attempted twice, so luck cannot be told from tasks"
        assert found.n_repeated_tasks == 1


class TestWhatIsTold:
    @pytest.mark.parametrize(("name", "quantile"), [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)])
    def test_attempts_until_one_lies_above_a_quantile(self, name, quantile):
        n = next(n for n in range(1, 1000) if 1 - quantile**n >= 0.95)
        assert ATTEMPTS_FOR[name] == n

    def test_a_tail_of_few_attempts_has_no_interval(self):
        few, many = tails(lognormal(20, 14))[0], tails(lognormal(20, 15))[0]
        assert (few.n, many.n) == (280, 300)
        assert few.reasons["p99"] == "p99 of 280 attempts is little more than the largest; from 299 on it says more"
        assert few.p99 is not None
        assert "p99" not in few.intervals
        assert "p99" in many.intervals
        assert "p95" in few.intervals

    def test_a_measure_known_in_part_is_not_told(self):
        """The attempts without a time are often those that were killed for theirs."""
        rows = frame({"1": [1.0] * 98, "2": [math.nan] * 2})
        found = tails(rows)[0]
        assert (found.n, found.mean, found.p95, found.intervals) == (98, None, None, {})
        assert found.reasons == {"all": "latency known for 98 of 100 attempts (≥ 0.98 s)"}
        assert tails(frame({"1": [1.0] * 99, "2": [math.nan]}))[0].mean == 1.0

    def test_nothing_known(self):
        assert tails(frame({"1": [math.nan]}))[0].reasons == {"all": "latency unknown"}
        assert tails(frame({})) == []

    def test_one_attempt_one_task_and_no_time_at_all(self):
        one = tails(frame({"1": [3.0]}))[0]
        assert (one.mean, one.p50, one.p99, one.sd, one.cv, one.intervals) == (3.0, 3.0, 3.0, None, None, {})
        assert one.reasons["intervals"] == "1 task is too few for intervals: from 10 on they are shown"
        zero = tails(frame({f"t{k:02d}": [0.0, 0.0] for k in range(12)}))[0]
        assert (zero.mean, zero.sd, zero.cv, zero.p95_over_p50, zero.within_share) == (0.0, 0.0, None, None, None)
        same = tails(frame({f"t{k:02d}": [0.1, 0.1] for k in range(12)}))[0]
        assert (same.sd, same.cv, same.within_sd, same.between_sd) == (0.0, 0.0, 0.0, 0.0)

    @settings(max_examples=8, deadline=None)
    @given(st.integers(0, 1000))
    def test_order_of_rows_changes_no_bit(self, seed):
        rows = pd.concat([lognormal(12, 3, seed), lognormal(11, 6, seed + 1).assign(configuration="b")])
        shuffled = rows.sample(frac=1, random_state=seed).astype({"task": "category", "configuration": "category"})
        assert tails(rows, n_bootstrap=40) == tails(shuffled, n_bootstrap=40)

    def test_arguments_stay_as_they_were(self, frozen):
        rows = frozen(lognormal(12, 6))
        tails(rows, n_bootstrap=20)
        growth(pd.concat([rows, rows.assign(configuration="b")]), ["a", "b"], n_bootstrap=20)


class TestGrowth:
    def test_twice_the_time_is_twice_with_certainty(self):
        """Levels share their resamples: apart, both intervals would be wide."""
        low = lognormal(20, 8)
        high = low.assign(configuration="b", latency_s=2 * low["latency_s"])
        found = growth(pd.concat([low, high]), ["a", "b"])
        assert [level.configuration for level in found.levels] == ["a", "b"]
        for name in ("mean", "p50", "p95", "sd"):
            ratio = found.to_first[1][name]
            assert (ratio.value, *ratio.interval) == pytest.approx((2, 2, 2), rel=1e-12)
        assert found.to_first[1]["cv"].value == pytest.approx(1)
        assert found.to_first[0]["p95"].value == 1.0
        assert found.to_first[1]["p99"].interval is None

    def test_only_tasks_of_all_levels_count(self):
        low, high = frame({"1": [1.0], "2": [3.0], "3": [500.0]}), frame({"1": [2.0], "2": [9.0]}, "b")
        found = growth(pd.concat([low, high]), ["a", "b"])
        assert found.n_tasks == 2
        assert [level.mean for level in found.levels] == [2.0, 5.5]
        assert found.reason == "2 tasks are too few for intervals: from 10 on they are shown"

    def test_says_why_there_is_none(self):
        low, high = frame({"1": [1.0]}), frame({"2": [2.0]}, "b")
        both = pd.concat([low, high])
        assert growth(both, ["a", "b"]).reason == "no task was attempted at every level"
        assert growth(both, ["a"]).reason == growth(both, ["a", "c"]).reason == "a tail grows along two levels or more, each with attempts"
        assert growth(pd.concat([low, frame({"1": [math.nan]}, "b")]), ["a", "b"]).reason == "latency unknown"
        zeros = growth(pd.concat([frame({"1": [0.0]}), frame({"1": [2.0]}, "b")]), ["a", "b"])
        assert zeros.to_first[1]["p50"].value is None


class TestClusters:
    def test_sums_are_exact_in_any_order(self):
        rows = frame({"1": [1e16, 1.0, -1e16], "2": [0.1] * 10})
        shuffled = rows.sample(frac=1, random_state=1)
        for each in (rows, shuffled):
            assert Clusters(each).sums(each["latency_s"].to_numpy()).tolist() == [[1.0, 1.0]]

    def test_a_ratio_is_of_the_rows_where_both_are_known(self):
        rows = frame({"1": [1.0, 2.0], "2": [4.0, math.nan]})
        estimate, drawn = Clusters(rows).ratio(rows["latency_s"].to_numpy(), np.array([2.0, math.nan, 3.0, 7.0]))
        assert (estimate.value, estimate.n, estimate.interval, len(drawn)) == (1.0, 2, None, 0)

    def test_nothing_below_is_unknown(self):
        rows = frame({"1": [1.0]})
        assert Clusters(rows).ratio(np.array([1.0]), np.array([0.0]))[0].value is None
        assert Clusters(rows.head(0)).ratio(np.empty(0))[0].value is None
