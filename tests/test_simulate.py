"""The simulator against its own truth: what an analysis should find in its data is known, and is in them."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from benchmarks.setups import DUNLIN, EXAMPLE, HERON, LARK, OSPREY, WREN, Benchmark, Model, Setup, random_configurations
from benchmarks.simulate import EXAMPLE_FOLDER, TIME_LIMIT_S, TOKENS, example, reflection_gain, simulate

SETTING = ["model", "provider", "agent", "effort", "knobs"]
INPUT = ["uncached_input_tokens", "cache_read_tokens", "cache_write_tokens"]


@pytest.fixture(scope="module")
def large():
    """Return enough attempts for narrow intervals: 12 configurations × 60 tasks × 20 tries."""
    return simulate(60, 20, seed=3)


@pytest.fixture(scope="module")
def bundled():
    return example()


def judged(attempts: pd.DataFrame) -> pd.DataFrame:
    """Return the attempts that count, each with y = 1 for a success."""
    kept = attempts[~attempts.status.isin(["infra", "cancelled"])]
    return kept.assign(y=kept.success.fillna(False).astype(float))


def of(frame: pd.DataFrame, setup: Setup) -> pd.DataFrame:
    """Return one configuration's rows."""
    effort = frame.effort.isna() if setup.effort is None else frame.effort == setup.effort
    return frame[(frame.model == setup.model.name) & effort & (frame.knobs == setup.knobs)]


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, again, other = simulate(5, 2, seed=1), simulate(5, 2, seed=1), simulate(5, 2, seed=2)
    for name in ("attempts", "steps", "truth"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert (first.attempts.output_tokens != other.attempts.output_tokens).any()


@pytest.mark.parametrize("setup", EXAMPLE, ids=lambda s: f"{s.model.name} {s.effort} {s.reflection_depth}")
def test_accuracy_and_ability_are_recovered(large, setup):
    """The success rate lies within four standard errors of the true mean, and so does the ability that fits best."""
    attempts = judged(of(large.attempts, setup)).merge(
        of(large.truth, setup)[["task", "true_difficulty", "true_affinity", "true_probability"]]
    )
    p, y = attempts.true_probability, attempts.y
    assert abs(y.mean() - p.mean()) < 4 * np.sqrt((p * (1 - p)).sum()) / len(y)

    rest = reflection_gain(np.array(setup.reflection_depth)) - attempts.true_difficulty + attempts.true_affinity
    fitted = brentq(lambda ability: (y - 1 / (1 + np.exp(-(ability + rest)))).sum(), -6, 6)
    true = of(large.truth, setup).eval("true_ability + true_effort_gain").iloc[0]
    assert abs(fitted - true) < 4 / np.sqrt((p * (1 - p)).sum())


def test_solved_by_each_round_of_reflection_as_the_truth_says(large):
    """Step scores tell how many attempts would have succeeded had they ended with that round."""
    setup = Setup(WREN, reflection_depth=3)
    attempts = of(large.attempts, setup)
    attempts = attempts[attempts.status.isin(["ok", "limit"])]
    scored = large.steps[large.steps.score.notna()].merge(attempts[["run_id"]])
    best = scored.pivot_table(index="run_id", columns="round", values="score").ffill(axis=1)
    assert best.shape == (len(attempts), 4)
    assert (best.diff(axis=1).fillna(0) >= 0).all(axis=None)
    lost = 1 - len(attempts) / len(of(large.attempts, setup))
    true = np.mean(of(large.truth, setup).true_probability_by_round.tolist(), axis=0)
    assert np.abs(best.mean().to_numpy() - true).max() < 0.04 + lost
    assert (np.diff(true) > 0).all()
    assert (np.diff(true, 2) < 0).all()


def test_costs_are_tokens_times_the_true_prices_to_the_last_digit(bundled):
    prices = {s.model.name: s.model.prices for s in EXAMPLE}
    columns = [*INPUT, "output_tokens", "cost_usd_logged", "model"]
    calls = bundled.steps[bundled.steps.kind == "llm"].merge(bundled.attempts[["run_id", "model"]], on="run_id")
    for frame in (bundled.attempts[columns], calls[columns]):
        paid = frame[frame.cost_usd_logged.notna()]
        for *tokens, cost, model in paid.sample(500, random_state=0).itertuples(index=False):
            exact = sum(int(n) * Decimal(price) for n, price in zip(tokens, prices[model], strict=True)) / 10**9
            assert Decimal(repr(cost)) == exact


def test_an_attempt_is_the_sum_of_its_steps(bundled):
    steps = bundled.steps.assign(run_id=bundled.steps.run_id.astype(str))
    attempts = bundled.attempts.set_index("run_id").loc[steps.run_id.unique()]
    sums = steps.groupby("run_id", sort=False)
    for name in TOKENS:
        assert (sums[name].sum() == attempts[name]).all()
    milliseconds = (1000 * steps.duration_s).round().groupby(steps.run_id, sort=False).sum()
    assert (milliseconds == (1000 * attempts.active_s).round()).all()
    calls, tools = (steps[steps.kind == kind].groupby("run_id", sort=False).size() for kind in ("llm", "tool"))
    assert (calls == attempts.llm_calls).all()
    assert (tools.reindex(attempts.index, fill_value=0) == attempts.tool_calls).all()
    ends = ((steps.offset_s + steps.duration_s) * 1000).round()
    begins = (steps.offset_s * 1000).round()
    follows = steps.run_id == steps.run_id.shift(-1)
    assert (ends[follows] == begins.shift(-1)[follows]).all()
    assert (begins[steps.run_id != steps.run_id.shift()] == 0).all()


def test_buckets_are_disjoint_and_the_context_grows_by_answers_without_reasoning(bundled):
    calls = bundled.steps[bundled.steps.kind == "llm"].reset_index(drop=True)
    context = calls[INPUT].sum(axis=1)
    assert (calls[TOKENS] >= 0).all(axis=None)
    assert (calls.reasoning_tokens < calls.output_tokens).all()
    is_next = calls.run_id == calls.run_id.shift()
    answer = calls.output_tokens - calls.reasoning_tokens
    assert (context[is_next] >= (context + answer).shift()[is_next]).all()
    assert (calls.cache_read_tokens[is_next].isin([0]) | (calls.cache_read_tokens == context.shift())[is_next]).all()
    assert (calls.cache_read_tokens[~is_next] == 0).all()


def test_how_attempts_end(bundled):
    attempts = bundled.attempts
    assert set(attempts.status) == {"ok", "error", "limit", "timeout", "infra", "cancelled"}
    assert (attempts.turns[attempts.status == "limit"] == 30).all()
    assert (attempts.active_s[attempts.status == "timeout"] >= TIME_LIMIT_S).all()
    assert (attempts.success.isna() == attempts.status.isin(["error", "timeout", "infra", "cancelled"])).all()
    assert not attempts.success[attempts.status == "limit"].any()
    assert attempts.run_id.is_unique
    assert str(attempts.started_at.dt.tz) == "UTC"


def test_the_example_shows_what_it_is_for(bundled):
    """In both benchmarks: some five on the frontier, a ladder that flattens, a price reversal, a close pair, an unknown cost."""
    for _, attempts in judged(bundled.attempts).groupby("benchmark"):
        accuracy, cost, known = {}, {}, {}
        for setup in EXAMPLE:
            own = of(attempts, setup)
            accuracy[setup], cost[setup], known[setup] = own.y.mean(), own.cost_usd_logged.mean(), own.cost_usd_logged.notna().mean()
        assert [setup.model for setup in EXAMPLE if known[setup] == 0] == [DUNLIN]
        assert min(share for share in known.values() if share) >= 0.99
        on = [a for a in EXAMPLE if known[a] and not any(accuracy[b] >= accuracy[a] and cost[b] < cost[a] for b in EXAMPLE)]
        assert 5 <= len(on) <= 7
        assert sum(LARK.prices[::3]) < sum(HERON.prices[::3])
        assert cost[Setup(LARK)] > 1.1 * max(cost[Setup(HERON, effort)] for effort in ("low", "medium", "high"))
        low, _, high = (cost[Setup(OSPREY, effort)] for effort in ("low", "medium", "high"))
        assert low < high
    for model in (HERON, OSPREY):
        low, medium, high = (of(bundled.truth, Setup(model, effort)).true_probability.mean() for effort in ("low", "medium", "high"))
        assert 0 < high - medium < (medium - low) / 2


def test_the_bundled_files_are_the_example_and_small(bundled):
    files = list(EXAMPLE_FOLDER.glob("*.parquet"))
    assert sum(file.stat().st_size for file in files) <= 2_000_000
    for name in ("attempts", "steps", "truth"):
        stored = pd.read_parquet(EXAMPLE_FOLDER / f"{name}.parquet")
        made = getattr(bundled, name)
        assert list(stored.columns) == list(made.columns)
        for column in made.columns.drop("true_probability_by_round", errors="ignore"):
            same = stored[column].astype(object) == made[column].astype(object)
            assert (same | (stored[column].isna() & made[column].isna())).all(), column


def test_other_configurations_and_benchmarks_can_be_given():
    quiet = Setup(Model("Finch", "Elder", 9.0, (1, 1, 1, 1)), max_turns=100)
    simulation = simulate(20, 3, (quiet, *random_configurations(8, seed=1)), seed=5, benchmark=Benchmark("simulated-other", ("one",)))
    assert set(simulation.attempts.benchmark) == {"simulated-other"}
    assert judged(of(simulation.attempts, quiet)).y.mean() > 0.9
    assert simulation.attempts.groupby(SETTING, observed=True, dropna=False).size().tolist() == [60] * 9
    assert len(simulation.truth) == 9 * 20
