"""Survival over steps: a textbook's patients, SciPy, brute force and literal resampling; and failures that do or do not breed failures."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.resample import task_weights
from analytics.survival import NO_OUTCOMES, geometric_horizon, self_conditioning, survival

TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
"""Weeks in remission under 6-mercaptopurine; + is censored."""


def of(steps: list[tuple[int, bool]], tasks: list[str] | None = None, configuration: str = "a") -> pd.DataFrame:
    """Attempts as (last step or first failed step, whether it failed)."""
    return pd.DataFrame({
        "configuration": configuration,
        "benchmark": "bench",
        "task": tasks or [f"t{k:03d}" for k in range(len(steps))],
        "n_steps": [n for n, _ in steps],
        "first_failed_step": [float(n) if failed else math.nan for n, failed in steps],
        "n_failed": [int(failed) for _, failed in steps],
        "n_ok_known": [n for n, _ in steps],
    })  # fmt: skip


def brute_force(steps: list[tuple[int, bool]]) -> dict[int, Fraction]:
    """Survival after each step, attempt by attempt."""
    survival, curve = Fraction(1), {}
    for i in range(1, max(n for n, _ in steps) + 1):
        at_risk = sum(n >= i for n, _ in steps)
        survival *= 1 - Fraction(sum(n == i and failed for n, failed in steps), at_risk)
        curve[i] = survival
    return curve


ATTEMPTS = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=30)


class TestKaplanMeier:
    def test_freireich_patients(self):
        """Freireich et al., Blood 21 (1963); the curve as in Cox and Oakes, *Analysis of Survival Data*, 1984, table 4.1."""
        found = survival(of([(int(week.rstrip("+")), not week.endswith("+")) for week in TREATED.split()]))[0]
        assert found.steps.tolist() == [6, 7, 10, 13, 16, 22, 23]
        assert found.n_at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
        assert found.survival.round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
        assert (found.n_attempts, found.n_failed, found.last_step) == (21, 9, 35)
        assert found.horizons == {0.5: 23, 0.8: 10}

    @settings(max_examples=25, deadline=None)
    @given(ATTEMPTS)
    def test_equals_scipy_and_brute_force(self, steps):
        from scipy.stats import CensoredData, ecdf

        found = survival(of(steps))[0]
        curve = brute_force(steps)
        assert found.survival == pytest.approx([float(curve[i]) for i in found.steps.tolist()], abs=1e-12)
        assert found.steps.tolist() == sorted({n for n, failed in steps if failed})
        for level, step in found.horizons.items():
            assert step == next((i for i, s in curve.items() if float(s) < level - 1e-12), None)
        if found.n_failed:
            known = [[n for n, failed in steps if failed == outcome] for outcome in (True, False)]
            theirs = ecdf(CensoredData(uncensored=known[0], right=known[1])).sf
            assert found.survival == pytest.approx(theirs.evaluate(found.steps), abs=1e-9)

    def test_band_horizon_and_step_accuracy_are_of_literal_resamples(self):
        rng = np.random.default_rng(6)
        steps = [(int(n), bool(failed)) for n, failed in zip(rng.geometric(0.1, 60), rng.random(60) < 0.7, strict=True)]
        tasks = [f"t{k % 20:02d}" for k in range(60)]
        found = survival(of(steps, tasks), n_bootstrap=80, seed=2)[0]
        weights = task_weights(20, 80, 2).astype(int)
        samples = [[step for k, step in enumerate(steps) for _ in range(w[k % 20])] for w in weights.T]
        curves = [brute_force(sample) for sample in samples]
        at = [[float(curve[min(i, max(curve))]) for curve in curves] for i in found.steps.tolist()]
        assert found.low == pytest.approx(np.quantile(at, 0.025, axis=1), abs=1e-9)
        assert found.high == pytest.approx(np.quantile(at, 0.975, axis=1), abs=1e-9)
        ends = [next((i for i, s in curve.items() if s < Fraction(1, 2)), math.inf) for curve in curves]
        low, high = np.quantile(ends, 0.025), np.quantile(ends, 0.975)
        assert found.horizon_intervals[0.5] == (low, high if math.isfinite(high) else None)
        accuracy = [1 - sum(f for _, f in sample) / sum(n for n, _ in sample) for sample in samples]
        assert found.step_accuracy_interval == pytest.approx((np.quantile(accuracy, 0.025), np.quantile(accuracy, 0.975)), abs=1e-9)

    def test_an_attempt_without_outcomes_is_left_out_not_counted_as_a_survivor(self):
        rows = of([(3, True), (5, False)])
        rows.loc[1, "n_ok_known"] = 0
        found = survival(rows)[0]
        assert (found.n_attempts, found.survival.tolist(), found.last_step) == (1, [0.0], 3)

    def test_says_what_share_of_the_steps_has_an_outcome(self):
        assert survival(of([(4, False), (6, True)]).assign(n_ok_known=[2, 3]))[0].known_share == 0.5

    def test_no_outcomes_no_failures_all_failing_and_no_attempts(self):
        nothing = survival(of([(3, False)]).assign(n_ok_known=0))[0]
        assert (nothing.reason, nothing.n_attempts, nothing.survival.tolist(), nothing.step_accuracy) == (NO_OUTCOMES, 0, [], None)
        never = survival(of([(3, False), (7, False)]))[0]
        assert (never.survival.tolist(), never.horizons, never.step_accuracy) == ([], {0.5: None, 0.8: None}, 1.0)
        assert never.geometric_horizons[0.5] == math.inf
        assert never.reasons["horizon_0.5"] == "survival stays at 50% or above up to step 7"
        at_once = survival(of([(1, True)] * 12))[0]
        assert (at_once.survival.tolist(), at_once.horizons, at_once.step_accuracy) == ([0.0], {0.5: 1, 0.8: 1}, 0.0)
        assert at_once.horizon_intervals[0.5] == (1.0, 1.0)
        assert at_once.geometric_horizons[0.5] == 1.0
        assert survival(of([])) == []

    def test_few_tasks_have_a_curve_and_no_band(self):
        found = survival(of([(2, True), (3, False)]))[0]
        assert np.isnan(found.low).all()
        assert found.horizon_intervals == {0.5: None, 0.8: None}
        assert found.reasons["intervals"] == "2 tasks are too few for intervals: from 10 on they are shown"

    @settings(max_examples=10, deadline=None)
    @given(ATTEMPTS, st.integers(0, 99))
    def test_order_of_rows_changes_no_bit(self, steps, seed):
        rows = of(steps, [f"t{k % 11}" for k in range(len(steps))])
        first, second = (survival(each, n_bootstrap=30)[0] for each in (rows, rows.sample(frac=1, random_state=seed)))
        for name in ("steps", "n_at_risk", "survival", "low", "high"):
            assert np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
        assert (first.horizon_intervals, first.step_accuracy_interval) == (second.horizon_intervals, second.step_accuracy_interval)


class TestGeometricHorizon:
    def test_published_number(self):
        """arXiv:2509.09677: ln 0.5 / ln 0.99 = 68.97."""
        assert geometric_horizon(0.99) == 69

    @given(st.floats(0.05, 0.9999), st.sampled_from([0.5, 0.8]))
    def test_is_the_first_step_with_survival_at_the_level(self, p, level):
        steps = geometric_horizon(p, level)
        assert p**steps <= level * (1 + 1e-9)
        assert steps == 1 or p ** (steps - 1) > level * (1 - 1e-9)

    def test_a_whole_quotient_is_not_one_more(self):
        """ln 0.5 / ln 0.5^(1/69) comes out as 69.00000000000001."""
        for n in range(1, 500):
            assert geometric_horizon(0.5 ** (1 / n)) == n

    @pytest.mark.parametrize(("p", "level"), [(-0.1, 0.5), (1.1, 0.5), (math.nan, 0.5), (0.9, 0.0), (0.9, 1.0)])
    def test_refuses_what_is_no_share(self, p, level):
        with pytest.raises(ValueError, match="lies between 0 and 1"):
            geometric_horizon(p, level)

    @pytest.mark.slow
    def test_a_constant_accuracy_gives_the_observed_horizon(self):
        rng = np.random.default_rng(3)
        found = survival(of([(int(n), True) for n in rng.geometric(0.03, 4000)]), n_bootstrap=50)[0]
        assert found.horizons[0.5] == pytest.approx(geometric_horizon(0.97), abs=2)
        assert found.step_accuracy == pytest.approx(0.97, abs=0.002)
        assert found.geometric_horizons[0.5] == pytest.approx(found.horizons[0.5], abs=2)


def runs(seed: int, effect: float = 0.0, n_tasks: int = 60, n_attempts: int = 5) -> list[tuple[str, list[bool]]]:
    """Outcomes of the steps (True: failed) of attempts at tasks of unequal difficulty."""
    rng, made = np.random.default_rng(seed), []
    for t in range(n_tasks):
        p = rng.beta(1, 15)
        for _ in range(n_attempts):
            failed: list[bool] = []
            for _ in range(rng.integers(5, 40)):
                failed.append(bool(rng.random() < p + effect * any(failed)))
            made.append((f"t{t:03d}", failed))
    return made


def frames(made: list[tuple[str, list[bool]]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The failures and the conditioning frame of these attempts."""
    counts: dict[tuple[str, int], list[int]] = {}
    rows = []
    for task, failed in made:
        first = failed.index(True) + 1 if any(failed) else math.nan
        rows.append(("a", "bench", task, len(failed), first, sum(failed), len(failed)))
        for i, each in enumerate(failed):
            cell = counts.setdefault((task, min(sum(failed[:i]), 3)), [0, 0])
            cell[0], cell[1] = cell[0] + 1, cell[1] + each
    names = ["configuration", "benchmark", "task", "n_steps", "first_failed_step", "n_failed", "n_ok_known"]
    conditioning = pd.DataFrame([("a", "bench", *key, *cell) for key, cell in sorted(counts.items())])
    conditioning.columns = ["configuration", "benchmark", "task", "n_failed_before", "n", "n_failed"]
    return conditioning, pd.DataFrame(rows, columns=names)


class TestSelfConditioning:
    def test_rates_by_hand(self):
        conditioning, failures = frames([("1", [False, True, False, True, True, True]), ("2", [False, False])])
        found = self_conditioning(conditioning, failures)
        assert [(each.n_failed_before, each.n, each.failure_rate) for each in found.after] == [
            (0, 4, 0.25), (1, 2, 0.5), (2, 1, 1.0), (3, 1, 1.0)
        ]  # fmt: skip
        assert found.difference == pytest.approx(3 / 4 - 1 / 4)
        assert (found.within_tasks, found.verdict) == (None, "unknown")
        assert found.reason == "no task has an attempt after a failure beside another before any"

    def test_within_tasks_by_brute_force_over_pairs_of_attempts(self):
        made = runs(1, n_tasks=12)
        over = under = 0.0
        for task in {name for name, _ in made}:
            each = [failed for name, failed in made if name == task]
            parts = [
                (failed[: failed.index(True) + 1], failed[failed.index(True) + 1 :]) if any(failed) else (failed, []) for failed in each
            ]
            total = sum(map(len, each))
            for a, (_, after) in enumerate(parts):
                for b, (before, _) in enumerate(parts):
                    if a != b:
                        over += (sum(after) * len(before) - sum(before) * len(after)) / total
                        under += len(after) * len(before) / total
        assert self_conditioning(*frames(made), n_bootstrap=20).within_tasks == pytest.approx(over / under, rel=1e-12)

    def test_independent_steps_show_no_conditioning(self):
        """Three estimators on steps that fail independently, at tasks of unequal difficulty, true difference 0.

        Pooled, the difference is about +5 points: hard tasks have failures before and after. With tasks as strata, each attempt also
        against itself, it is −1 point here and was −4 on the example's logs, decided: the steps up to a first failure always hold
        one. Between attempts it is 0.
        """
        pooled, itself, between = [], [], []
        for seed in range(16):
            conditioning, failures = frames(runs(seed))
            found = self_conditioning(conditioning, failures, n_bootstrap=10)
            pooled.append(found.difference)
            between.append(found.within_tasks)
            table = (
                conditioning.assign(late=conditioning["n_failed_before"] > 0)
                .groupby(["task", "late"])[["n", "n_failed"]]
                .sum()
                .unstack(fill_value=0)
            )
            n_0, n_1 = table["n"][False], table["n"].get(True)
            f_0, f_1 = table["n_failed"][False], table["n_failed"].get(True)
            itself.append(((f_1 * n_0 - f_0 * n_1) / (n_0 + n_1)).sum() / (n_1 * n_0 / (n_0 + n_1)).sum())
        assert np.mean(pooled) > 0.03
        assert np.mean(itself) < -4 * np.std(itself) / 4 < 0
        assert abs(np.mean(between)) < 3 * np.std(between) / 4
        assert abs(np.mean(between)) < 0.006

    def test_conditioning_is_found_where_it_is(self):
        found = [self_conditioning(*frames(runs(seed, effect=0.1)), n_bootstrap=200) for seed in range(5)]
        assert [each.verdict for each in found] == ["more"] * 5
        assert np.mean([each.within_tasks for each in found]) == pytest.approx(0.1, abs=0.02)

    @pytest.mark.slow
    def test_the_interval_holds_zero_as_often_as_it_says(self):
        held = [self_conditioning(*frames(runs(seed)), n_bootstrap=400).verdict == "undecided" for seed in range(100)]
        assert 0.88 <= np.mean(held) <= 1

    def test_outcomes_of_every_other_step_give_the_same(self):
        """Where only tool calls have an outcome, a first failure at step 4 of 8 is the second known outcome of four."""
        conditioning, failures = frames(runs(3, n_tasks=20))
        sparse = failures.assign(n_steps=2 * failures["n_steps"], first_failed_step=2 * failures["first_failed_step"])
        whole, half = (self_conditioning(conditioning, each, n_bootstrap=20) for each in (failures, sparse))
        assert half.within_tasks == whole.within_tasks

    def test_interval_of_the_difference_is_paired(self):
        """The same resample for both rates: where they are equal in every task, their difference is 0 with certainty."""
        rows = [("a", "bench", f"t{k:02d}", before, 10, 1 + k % 4) for k in range(15) for before in (0, 1)]
        conditioning = pd.DataFrame(rows, columns=["configuration", "benchmark", "task", "n_failed_before", "n", "n_failed"])
        found = self_conditioning(conditioning, of([(3, False)]))
        assert (found.difference, found.interval) == (0.0, (0.0, 0.0))

    def test_nothing_to_compare(self):
        conditioning, failures = frames([("1", [False, False]), ("2", [False])])
        found = self_conditioning(conditioning, failures)
        assert (found.difference, found.verdict, found.reason) == (None, "unknown", "no step with a known outcome follows a failure")
        assert found.after[1].failure_rate is None
        assert self_conditioning(conditioning.head(0), failures.head(0)).reason == NO_OUTCOMES
        assert survival(failures)[0].conditioning.reason == NO_OUTCOMES

    def test_survival_gives_each_configuration_its_own(self):
        conditioning, failures = frames(runs(2, n_tasks=12))
        other = failures.assign(configuration="b", first_failed_step=math.nan, n_failed=0)
        a, b = survival(pd.concat([other, failures]), conditioning, n_bootstrap=20)
        assert a.conditioning == self_conditioning(conditioning, failures, n_bootstrap=20)
        assert (b.conditioning.reason, b.n_failed) == (NO_OUTCOMES, 0)

    def test_arguments_stay_as_they_were(self, frozen):
        conditioning, failures = (frozen(each) for each in frames(runs(2, n_tasks=12)))
        survival(failures, conditioning, n_bootstrap=10)
