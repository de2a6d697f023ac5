"""Caps replayed from logs: published values, a literal replay of every attempt, the simulator's own books, and what must always hold."""

import dataclasses
import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.accuracy import wilson
from analytics.cap_levels import levels_of_caps
from analytics.caps import caps, caps_of
from analytics.replay import bins_by_cap, replay, runs, written
from analytics.resample import task_weights
from benchmarks.setups import EXAMPLE
from benchmarks.simulate import simulate, write
from data import attempts as read
from data.frames import Selection, evidence
from data.ingest import ingest
from data.store import Store

NUMBERS = ("accuracy", "baseline_accuracy", "accuracy_lost", "cost_usd", "baseline_cost_usd", "saving", "turns_saved", "n_lost", "n_cut")
COLUMNS = ("configuration", "benchmark", "task", "success", "credit", "cost_usd", "tokens", "turns", "tool_calls", "latency_s")


def attempt(task: str, costs: list[float | None], success: float | None = 1.0, **more) -> dict:
    """Return an attempt with one turn for each cost."""
    return {"configuration": "c", "task": task, "costs": costs, "success": success} | more


def frames(made: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the attempts, and their ladder in turns added up step by step."""
    rows, changes = [], {}
    for a in made:
        success = math.nan if a["success"] is None else a["success"]
        credit, costs = a.get("credit", success), a["costs"]
        cost = math.nan if None in costs else math.fsum(costs)
        row = {"benchmark": "b", "success": success, "credit": credit, "turns": float(len(costs)), "cost_usd": cost, "tokens": math.nan}
        rows.append(row | {"configuration": a["configuration"], "task": a["task"], "tool_calls": 0.0, "latency_s": 10.0 * len(costs)})
        known = True
        for turn, own in enumerate(costs, start=1):
            level = changes.setdefault((a["configuration"], "b", a["task"], float(turn)), [0, 0, 0, 0.0, 0, []])
            was, known = known and turn > 1, known and own is not None
            level[0] += turn == 1
            level[1] += turn == len(costs)
            level[2] += turn == len(costs) and success == 1
            level[3] += credit if turn == len(costs) and not math.isnan(credit) else 0.0
            level[4] += int(known) - int(was)
            level[5] += [own] if known else [-c for c in costs[: turn - 1]] if was else []
    names = ("configuration", "benchmark", "task", "level")
    sums = ("n_started", "n_ended", "n_succeeded", "sum_credit", "n_cost", "sum_cost_usd")
    ladder = pd.DataFrame(
        [
            dict(zip(names, key, strict=True)) | dict(zip(sums, (*v[:5], math.fsum(v[5])), strict=True))
            for key, v in sorted(changes.items())
        ],
        columns=[*names, *sums],
    ).assign(n_tokens=0, sum_tokens=0.0, n_latency=0, sum_latency_s=0.0)
    return pd.DataFrame(rows, columns=list(COLUMNS)), ladder


def by_hand(made: list[dict], cap: float, *, is_exact: bool) -> dict:
    """Replay every attempt alone."""
    n, scored = len(made), [a for a in made if a["success"] is not None]
    solved = sum(a["success"] for a in scored)
    kept = sum(a["success"] for a in scored if len(a["costs"]) <= cap)
    whole = math.fsum(c for a in made for c in a["costs"])
    if is_exact:
        spent = math.fsum(c for a in made for c in a["costs"][: math.floor(min(cap, 1e9))])
    else:
        spent = math.fsum(math.fsum(a["costs"]) * min(1, cap / len(a["costs"])) for a in made)
    turns = [len(a["costs"]) for a in made]
    return {
        "accuracy": kept / len(scored), "baseline_accuracy": solved / len(scored), "accuracy_lost": (solved - kept) / len(scored),
        "cost_usd": spent / n, "baseline_cost_usd": whole / n, "saving": 1 - spent / whole if whole else None,
        "turns_saved": 1 - sum(min(t, math.floor(min(cap, 1e9))) for t in turns) / sum(turns),
        "n_lost": solved - kept, "n_cut": sum(t > cap for t in turns),
    }  # fmt: skip


# --- published values


@lru_cache
def stored(folder: Path) -> tuple[Store, str]:
    store = Store()
    return store, ingest(store, sorted(folder.glob("*.json")))


def sampled(folder: Path, benchmark: str, model: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the attempts of one model on one benchmark of a sample, and their ladder in turns."""
    store, dataset = stored(folder)
    selection = Selection((dataset,), benchmark, (("model", model),))
    found = evidence(store, selection)
    return read.attempts(store, selection, found), read.ladders(store, selection, found, "turns")


@pytest.mark.parametrize(
    ("benchmark", "at", "value", "accuracy", "exact", "prorated"),
    [("retail", "p75", 14, 0.75, 0.0751, 0.0517), ("airline", "p50", 9.5, 0.25, 0.1916, 0.1431)],
)
def test_tau2_turn_caps(samples, benchmark, at, value, accuracy, exact, prorated):
    attempts, ladder = sampled(samples / "tau2-bench", benchmark, "gpt-4.1")
    for basis, saving in (("exact", exact), ("prorated", prorated)):
        (cap,) = caps(attempts, ladder, "turns", [at], basis=basis)
        assert (cap.cap_value, cap.accuracy, round(cap.saving, 4), cap.basis, cap.censored) == (value, accuracy, saving, basis, True)
    assert caps(attempts, ladder, at=[at])[0].basis == "exact"  # where step costs exist, it is the default
    assert caps(attempts, at=[at])[0].basis == "prorated"


def test_tau2_without_costs_saves_an_unknown_share(samples):
    """The fine-tuned model logs a cost of 0 throughout: nobody knows its price, and a saving of 0 % would be invented."""
    (cap,) = caps(*sampled(samples / "tau2-bench", "airline", "ft:gpt-4.1-2025-04-14:sierra:tau2-full-sft:BzrYdMNm"), at=["p50"])
    assert (cap.cost_usd, cap.baseline_cost_usd, cap.saving, cap.saving_low, cap.basis, cap.reason) == (None,) * 5 + ("cost unknown",)
    assert (cap.accuracy, cap.baseline_accuracy, cap.n_lost) == (0.4, 0.65, 5)


def test_tau_bench_turn_caps(samples):
    found = {cap.cap: cap for cap in caps(*sampled(samples / "tau-bench", "airline", "gpt-4o-airline"), at=["p75", "p90", "p95"])}
    assert [(c.cap_value, c.accuracy, c.n_lost) for c in found.values()] == [
        (16.25, 0.355, 13),
        (20.0, 0.415, 1),
        (pytest.approx(23.1), 0.42, 0),
    ]
    assert round(found["p75"].turns_saved, 4) == 0.1011
    assert {c.baseline_accuracy for c in found.values()} == {0.42}
    low, high = found["p75"].accuracy_lost_low, found["p75"].accuracy_lost_high
    assert 0 < low < 0.065 < high


# --- the simulator's own books


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return 4 configurations × 12 tasks × 2 attempts with known costs: as logged, and as the store gives them back."""
    simulation = simulate(12, 2, EXAMPLE[:4], seed=3)
    folder = tmp_path_factory.mktemp("simulated")
    write(simulation.attempts, folder / "attempts.parquet", level=1)
    write(simulation.steps, folder / "steps.parquet", level=1)
    store = Store()
    selection = Selection((ingest(store, sorted(folder.glob("*.parquet"))),))
    found = evidence(store, selection)
    models = found.configurations[["model", "agent", "knobs"]].apply(tuple, axis=1).to_dict()
    ladders = {unit: read.ladders(store, selection, found, unit) for unit in ("turns", "tool_calls", "tokens", "seconds", "usd")}
    return simulation, read.attempts(store, selection, found), ladders, models


@pytest.mark.parametrize("unit", ["turns", "tool_calls", "tokens", "seconds", "usd"])
def test_exact_caps_are_the_simulators_own_books(simulated, unit):
    """Every step knows what it cost: cut each attempt before the first step that goes over the cap, and add up what was spent."""
    simulation, attempts, ladders, models = simulated
    logged = simulation.attempts[~simulation.attempts["status"].isin(["infra", "cancelled"])]
    steps = simulation.steps[simulation.steps["run_id"].isin(logged["run_id"])].astype({"run_id": str})
    tokens = (
        steps[["uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]].astype("Float64").fillna(0).sum(axis=1)
    )
    own = {
        "turns": (steps["kind"] == "llm").astype(int),
        "tool_calls": (steps["kind"] == "tool").astype(int),
        "tokens": tokens.astype(float),
        "seconds": steps["duration_s"],
        "usd": steps["cost_usd_logged"].fillna(0),
    }[unit]
    stood = own.groupby(steps["run_id"], sort=False).cumsum()
    found = caps(attempts, ladders[unit], unit, ["p30", "p50", "p80", "p100"], n_bootstrap=0)
    assert len(found) == 16
    assert all(cap.basis == "exact" and cap.reason is None for cap in found)
    for cap in found:
        model, agent, knobs = models[cap.configuration]
        mine = logged[(logged["model"] == model) & (logged["agent"] == agent) & (logged["knobs"] == knobs)]
        here = steps["run_id"].isin(mine["run_id"])
        last = stood[here].groupby(steps["run_id"][here]).last().reindex(mine["run_id"].astype(str)).to_numpy()
        assert cap.cap_value == pytest.approx(np.percentile(last, float(cap.cap[1:])), rel=1e-9)
        limit = cap.cap_value * (1 + 1e-12)
        spent = steps["cost_usd_logged"][here & (stood <= limit)].sum()
        whole = mine["cost_usd_logged"].sum()
        success = mine["success"].fillna(False).to_numpy(bool)
        assert cap.n_attempts == len(mine)
        assert cap.accuracy == pytest.approx((success & (last <= limit)).sum() / len(mine), abs=1e-12)
        assert cap.n_lost == (success & (last > limit)).sum()
        assert cap.cost_usd == pytest.approx(spent / len(mine), rel=1e-9)
        assert cap.saving == pytest.approx(1 - spent / whole, abs=1e-9)
    assert sum(cap.n_cut > 0 for cap in found) >= 12


# --- what always holds

cost = st.integers(0, 40).map(lambda n: n / 16)
an_attempt = st.builds(attempt, st.sampled_from("uvwxyz"), st.lists(cost, min_size=1, max_size=6), st.sampled_from([1.0, 0.0]))
some_attempts = st.lists(an_attempt, min_size=1, max_size=8)
a_cap = st.one_of(st.integers(0, 7), st.floats(0.1, 7), st.just(math.inf))


@settings(max_examples=40, deadline=None)
@given(some_attempts, st.lists(a_cap, min_size=1, max_size=4), st.booleans())
def test_caps_are_a_replay_of_every_attempt(made, at, is_exact):
    attempts, ladder = frames(made)
    found = caps(attempts, ladder, at=at, basis="exact" if is_exact else "prorated")
    assert [c.cap_value for c in found] == at
    for cap, limit in zip(found, at, strict=True):
        hand = by_hand(made, limit, is_exact=is_exact)
        assert {name: getattr(cap, name) for name in hand} == pytest.approx(hand, abs=1e-12)
        assert cap.censored == (cap.n_cut > 0)


@settings(max_examples=40, deadline=None)
@given(some_attempts, st.lists(a_cap, min_size=2, max_size=5), st.sampled_from(["exact", "prorated"]))
def test_more_is_never_less_and_no_cap_is_the_baseline(made, at, basis):
    attempts, ladder = frames(made)
    found = caps(attempts, ladder, at=[*sorted(at), math.inf], basis=basis)
    for name in ("accuracy", "cost_usd"):
        values = [getattr(cap, name) for cap in found]
        assert values == sorted(values)
    free = found[-1]
    assert (free.accuracy, free.cost_usd) == (free.baseline_accuracy, free.baseline_cost_usd)
    assert (free.n_cut, free.n_lost, free.censored, free.accuracy_lost, free.turns_saved) == (0, 0, False, 0.0, 0.0)
    assert free.saving in (0.0, None)


@settings(max_examples=20, deadline=None)
@given(some_attempts, st.lists(a_cap, min_size=1, max_size=3), st.randoms(use_true_random=False))
@example([attempt("u", [0.1, 0.7]), attempt("u", [0.2, 0.3, 0.3]), attempt("u", [0.4, 0.1, 0.9])] * 2, [2, 1.5], None)
def test_the_order_of_rows_means_nothing(made, at, random):
    """Costs of 0.1, 0.2 and 0.3 add up to other last bits in another order."""
    third = [a | {"costs": [c / 3 for c in a["costs"]]} for a in made]
    attempts, ladder = frames(third)
    for basis in ("exact", "prorated"):
        first = caps(attempts, ladder, at=at, basis=basis)
        for seed in range(3):
            state = seed if random is None else random.randrange(2**32)
            mixed = attempts.sample(frac=1, random_state=state), ladder.sample(frac=1, random_state=state)
            assert caps(*mixed, at=at, basis=basis) == first


def test_prorated_costs_are_added_in_the_order_of_their_size():
    attempts, _ = frames([attempt("x", [math.sqrt(k) / 3, 0.1]) for k in range(60)])
    first = caps(attempts, at=[1, 2])
    assert all(caps(attempts.sample(frac=1, random_state=seed), at=[1, 2]) == first for seed in range(5))


@settings(max_examples=20, deadline=None)
@given(some_attempts, st.lists(a_cap, min_size=1, max_size=3), st.sampled_from(["exact", "prorated"]))
def test_dearer_steps_scale_costs_and_no_saving(made, at, basis):
    plain = caps(*frames(made), at=at, basis=basis)
    dear = caps(*frames([a | {"costs": [8 * c for c in a["costs"]]} for a in made]), at=at, basis=basis)
    for one, other in zip(plain, dear, strict=True):
        assert other == dataclasses.replace(one, cost_usd=8 * one.cost_usd, baseline_cost_usd=8 * one.baseline_cost_usd)


def test_a_cap_a_hair_below_what_was_spent_saves_nothing_and_not_less():
    """Ten times 0.1 / 0.3 of 0.3 is more than ten times 0.1 in the last bit: the lower cap cost more, and saved less than nothing."""
    attempts, _ = frames([attempt("x", [0.1])] * 10)
    attempts["latency_s"] = 0.3
    hair, free = caps(attempts, None, "seconds", [math.nextafter(0.3, 0), 0.3])
    assert hair.cost_usd <= free.cost_usd
    assert hair.saving >= 0
    assert hair.n_cut == 10


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("uvw"), st.integers(1, 9), st.sampled_from([0.0, 1.0])), min_size=1, max_size=8), st.integers(0, 9)
)
def test_turns_that_cost_alike_make_prorating_exact(made, cap):
    made = [attempt(task, [0.25] * n, success) for task, n, success in made]
    exact, prorated = (caps(*frames(made), at=[cap], basis=basis)[0] for basis in ("exact", "prorated"))
    assert dataclasses.replace(exact, basis="prorated", cost_usd=None, saving=None) == dataclasses.replace(
        prorated, cost_usd=None, saving=None
    )
    assert (exact.cost_usd, exact.saving) == pytest.approx((prorated.cost_usd, prorated.saving), abs=1e-12)


MANY = [
    attempt(f"t{k:02d}", [0.1 * (1 + (k + i) % 3)] * (1 + (3 * k + i) % 7), float((k + i) % 3 > 0)) for k in range(12) for i in range(2)
]


def test_intervals_are_percentiles_of_literal_paired_resamples():
    (cap,) = caps(*frames(MANY), at=[3], n_bootstrap=300, seed=5)
    tasks = sorted({a["task"] for a in MANY})
    lost, saving = [], []
    for drawn in task_weights(len(tasks), 300, 5).T:
        sample = [a for task, w in zip(tasks, drawn, strict=True) for a in MANY if a["task"] == task for _ in range(int(w))]
        hand = by_hand(sample, 3, is_exact=True)
        lost.append(hand["accuracy_lost"])
        saving.append(hand["saving"])
    assert (cap.accuracy_lost_low, cap.accuracy_lost_high) == pytest.approx(tuple(np.quantile(lost, [0.025, 0.975])), abs=1e-12)
    assert (cap.saving_low, cap.saving_high) == pytest.approx(tuple(np.quantile(saving, [0.025, 0.975])), abs=1e-12)
    assert cap.accuracy_low < cap.accuracy < cap.accuracy_high


def test_the_interval_of_the_accuracy_is_wilsons_where_every_task_was_tried_once():
    once = [attempt(str(k), [0.1] * (k + 1), 1.0) for k in range(20)]
    (cap,) = caps(*frames(once), at=[5])
    low, high = wilson(np.array([0.25]), np.array([20]))
    assert (cap.accuracy, cap.accuracy_low, cap.accuracy_high) == pytest.approx((0.25, low[0], high[0]))


def test_scores_between_0_and_1_count_as_they_are():
    scored = [a | {"credit": 0.25 + a["success"] / 2} for a in MANY]
    (cap,) = caps(*frames(scored), at=[3])
    kept = [a["credit"] for a in scored if len(a["costs"]) <= 3]
    assert cap.accuracy == pytest.approx(sum(kept) / len(scored))
    assert cap.accuracy_low < cap.accuracy < cap.accuracy_high
    assert cap.n_lost == sum(a["success"] for a in scored if len(a["costs"]) > 3) == caps(frames(scored)[0], at=[3])[0].n_lost
    kept = {task: [a["credit"] * (len(a["costs"]) <= 3) for a in scored if a["task"] == task] for task in {a["task"] for a in scored}}
    drawn = task_weights(12, 2000, 0).T
    means = [np.dot(row, [sum(kept[task]) for task in sorted(kept)]) / 24 for row in drawn]
    assert (cap.accuracy_low, cap.accuracy_high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=1e-12)


def test_arguments_are_not_changed(frozen):
    attempts, ladder = frames(MANY)
    assert caps(frozen(attempts), frozen(ladder)) == caps(attempts, ladder)
    assert caps(attempts, ladder, at=[2]) == caps_of(runs(attempts, ladder, "turns"), [2])


def test_configurations_come_in_order_and_do_not_touch_each_other():
    other = [a | {"configuration": "a", "costs": [2 * c for c in a["costs"]]} for a in MANY]
    both = caps(*frames(MANY + other), at=["p50", 2])
    assert [(c.configuration, c.cap) for c in both] == [("a", "p50"), ("a", "2"), ("c", "p50"), ("c", "2")]
    assert both[2:] == caps(*frames(MANY), at=["p50", 2])


# --- what is unknown


def test_one_attempt_without_steps_in_a_hundred_is_taken_as_not_cut():
    made = [attempt(str(k % 10), [0.5, 0.5]) for k in range(99)]
    attempts, ladder = frames([*made, attempt("9", [0.25], 0.0)])
    rest = ladder.copy()
    first = (rest["task"] == "9") & (rest["level"] == 1)
    for name, own in {"n_started": 1, "n_ended": 1, "n_cost": 1, "sum_cost_usd": 0.25}.items():
        rest.loc[first, name] -= own
    (cap,) = caps(attempts, rest, at=[1])
    assert (cap.basis, cap.accuracy, cap.n_cut, cap.cost_usd, cap.saving) == ("exact", 0.0, 99, 0.5, 0.5)
    assert cap.flags == ("1 of 100 attempts have no steps and are taken as not cut",)
    assert caps(attempts, rest, at=[math.inf])[0].accuracy == 0.99
    found = levels_of_caps(attempts, rest, "c")
    assert (found.accuracy.counts.tolist(), found.cost.counts.tolist()) == ([[10] * 10], [[10] * 9 + [9]])
    attempts.loc[99, ["success", "credit"]] = 1.0  # solved without a step: it stays solved, at its own task
    found = replay(runs(attempts, rest, "turns")[0], [1])
    assert found.accuracy.sums.tolist() == [[0.0] * 9 + [1.0], [10.0] * 10]


def test_an_attempt_that_ends_nobody_knows_where_is_no_basis():
    """Its tokens are unknown from the second step on: the ladder in tokens stops there, and with it the cost that came after."""
    made = [attempt(str(k % 10), [0.5, 1.5]) for k in range(200)]
    attempts, ladder = frames(made)
    last = (ladder["task"] == "0") & (ladder["level"] == 2)
    for name, own in {"n_ended": 1, "n_succeeded": 1, "sum_credit": 1, "sum_cost_usd": 1.5}.items():
        ladder.loc[last, name] -= own
    (cap,) = caps(attempts, ladder, at=[1])
    assert (cap.basis, cap.baseline_cost_usd, cap.saving) == ("prorated", 2.0, 0.5)


def test_a_ladder_tells_the_turns_of_attempts_that_do_not():
    attempts, ladder = frames([attempt(str(k), [None] * (k + 1)) for k in range(4)])
    attempts["turns"] = np.nan
    (cap,) = caps(attempts, ladder, at=["p50"])
    assert (cap.cap_value, cap.accuracy, cap.saving, cap.reason) == (2.5, 0.5, None, "cost unknown")
    assert cap.turns_saved == pytest.approx(0.3)


@pytest.mark.parametrize("lacking", [2, 5])
def test_steps_that_hold_too_few_of_the_attempts_are_no_basis(lacking):
    made = [attempt(str(k), [0.5, 1.0]) for k in range(20)]
    attempts, ladder = frames(made)
    held = ladder[~ladder["task"].isin([str(k) for k in range(lacking)])]
    (cap,) = caps(attempts, held, at=[1])
    assert (cap.basis, cap.saving) == ("prorated", 0.5)


def test_a_cost_that_gets_lost_on_the_way_is_no_basis():
    """From the step without a cost an attempt is taken out of the ladder: less seemed to be spent in all than under the cap."""
    made = [attempt("x", [0.5, None, 0.5]), *[attempt("y", [0.5, 0.5, 0.5]) for _ in range(199)]]
    attempts, ladder = frames(made)
    assert (ladder["n_cost"] < 0).any()
    (cap,) = caps(attempts, ladder, at=[1])
    assert (cap.basis, cap.accuracy) == ("prorated", 0.0)
    assert cap.saving == pytest.approx(2 / 3)


def test_steps_that_account_for_a_part_of_the_cost_are_no_basis():
    """Half of what the attempts cost stands in no step: an exact saving would be one of the other half."""
    attempts, ladder = frames(MANY)
    attempts["cost_usd"] *= 2
    (cap,) = caps(attempts, ladder, at=[2])
    assert cap.basis == "prorated"
    assert cap.flags == ("the steps account for 50% of the cost",)
    (asked,) = caps(attempts, ladder, at=[2], basis="exact")
    assert (asked.cost_usd, asked.saving, asked.basis) == (None, None, None)
    assert asked.reason == "exact cost unknown: the steps do not tell it"
    assert asked.accuracy == cap.accuracy


def test_costs_that_are_known_in_part_make_no_saving():
    attempts, _ = frames(MANY)
    attempts.loc[:2, "cost_usd"] = np.nan
    (cap,) = caps(attempts, at=[2])
    assert (cap.cost_usd, cap.saving, cap.basis) == (None, None, None)
    assert cap.reason.startswith("cost known for 21 of 24 attempts (≥ $")
    assert cap.accuracy is not None


def test_outcomes_that_are_unknown_leave_the_accuracy_alone():
    made = [attempt("x", [0.1, 0.1], 1.0), attempt("y", [0.1], None), attempt("z", [0.1], 0.0)]
    for basis in ("exact", "prorated"):
        (cap,) = caps(*frames(made), at=[1], basis=basis)
        assert (cap.accuracy, cap.baseline_accuracy, cap.n_lost, cap.cost_usd) == (0.0, 0.5, 1, pytest.approx(0.1))
    (none,) = caps(*frames([a | {"success": None} for a in made]), at=[1])
    assert (none.accuracy, none.baseline_accuracy, none.accuracy_lost, none.saving) == (None, None, None, pytest.approx(0.25))


def test_without_turns_there_is_a_reason_and_no_number():
    attempts, _ = frames(MANY)
    attempts["turns"] = np.nan
    (cap,) = caps(attempts, at=["p75"])
    assert (cap.cap, cap.cap_value, cap.reason, cap.n_attempts) == ("p75", None, "turns unknown", 24)
    assert {getattr(cap, name) for name in NUMBERS} == {None}
    attempts.loc[:4, "turns"] = 3.0
    assert caps(attempts, at=[2])[0].reason == "turns known for 5 of 24 attempts"
    assert levels_of_caps(attempts, None, "c") is None


def test_few_attempts_without_turns_are_left_out_and_said():
    attempts, _ = frames([attempt(str(k % 10), [0.5, 0.5]) for k in range(200)])
    attempts.loc[7, "turns"] = np.nan
    (cap,) = caps(attempts, at=[1])
    assert (cap.n_cut, cap.saving, cap.flags) == (199, 0.5, ("1 of 200 attempts are left out: turns unknown",))


def test_one_task_has_no_interval_and_no_attempts_have_no_caps():
    (cap,) = caps(*frames([attempt("x", [0.5, 0.5])] * 12), at=[1])
    assert (cap.accuracy, cap.accuracy_low, cap.accuracy_lost_low, cap.saving, cap.saving_low) == (0.0, None, None, 0.5, None)
    assert caps(*frames([])) == []
    (spent_nothing,) = caps(*frames([attempt("x", [0.0, 0.0])]), at=[1])
    assert (spent_nothing.cost_usd, spent_nothing.saving) == (0.0, None)


def test_what_is_no_cap_is_refused():
    attempts, ladder = frames(MANY)
    for at in ("p101", "px", "-1", -2, math.nan, "many", ""):
        with pytest.raises(ValueError, match="a cap is a number from 0 on or a percentile"):
            caps(attempts, ladder, at=[at])
    for unit, basis in (("steps", None), ("turns", "guessed")):
        with pytest.raises(ValueError, match="a cap is in turns"):
            caps(attempts, ladder, unit, basis=basis)


def test_a_cap_in_usd_is_what_is_left_of_each_cost():
    attempts, _ = frames([attempt("x", [0.1] * 4), attempt("y", [0.1], 0.0)])
    (cap,) = caps(attempts, None, "usd", [0.2])
    assert (cap.accuracy, cap.n_lost, cap.cost_usd, cap.turns_saved) == (0.0, 1, pytest.approx(0.15), None)


# --- in bins


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(-8, 8)), max_size=30), st.sets(st.integers(0, 12), max_size=4))
def test_bins_add_up_to_prefix_sums(rows, limits):
    cells, levels, values = (np.array(column, dtype=np.int64) for column in (zip(*rows, strict=True) if rows else ([], [], [])))
    bounds = [*sorted(limits), math.inf]
    for kind in (np.int16, np.float64):  # looked up, and searched
        found = bins_by_cap(cells, 4, levels.astype(kind), [values.astype(float)], np.array(bounds)).cumsum(axis=2)[0]
        assert found.tolist() == [[float(sum(v for c, at, v in rows if c == k and at <= bound)) for bound in bounds] for k in range(4)]


def test_many_rows_are_counted_block_by_block():
    rng = np.random.default_rng(1)
    cells, levels, values = rng.integers(0, 5, 300_001), rng.integers(1, 40, 300_001), rng.integers(0, 9, 300_001).astype(float)
    found = bins_by_cap(cells, 5, levels, [values], np.array([10.5, 30, np.inf])).cumsum(axis=2)[0]
    for place, cap in enumerate((10, 30, 40)):
        assert found[:, place].tolist() == np.bincount(cells, weights=values * (levels <= cap)).tolist()
    for wrong in ([], [3.0], [2.0, 1.0, np.inf], [1.0, 1.0, np.inf]):
        with pytest.raises(ValueError, match="caps rise"):
            bins_by_cap(cells, 5, levels, [values], np.array(wrong))


# --- as levels


def test_levels_are_the_caps_that_attempts_just_meet():
    attempts, ladder = frames(MANY)
    found = levels_of_caps(attempts, ladder, "c", series="Planner", n_levels=24)
    assert (found.series, found.knob, found.x_name, found.is_bound, found.is_summary) == ("Planner", "turns", "turns", True, False)
    assert found.names == ("1 turn", *(f"{k} turns" for k in range(2, 7)), "7 turns, uncut")
    same = caps(attempts, ladder, at=found.x.tolist())
    assert found.accuracy.mean.tolist() == [cap.accuracy for cap in same]
    assert found.cost.mean.tolist() == [cap.cost_usd for cap in same]
    assert found.accuracy.sums.shape == (7, 12) == (len(found.x), len(found.tasks))
    assert found.latency.counts.sum() == 0  # the ladder has no times
    assert found.accuracy.mean[-1] == same[0].baseline_accuracy


def test_levels_of_prorated_caps_scale_time_too():
    found = levels_of_caps(frames(MANY)[0], None, "c")
    assert found.latency.mean == pytest.approx([np.mean([10 * min(cap, len(a["costs"])) for a in MANY]) for cap in found.x])


def test_levels_written_alike_are_one():
    """Caps of 19.6 s and 20.4 s both read 20 s: two levels had one name."""
    attempts, _ = frames(MANY)
    attempts["latency_s"] = np.linspace(19.6, 22.4, len(attempts))
    found = levels_of_caps(attempts, None, "c", "seconds", n_levels=12)
    assert found.names == ("20 s", "21 s", "22 s, uncut")
    assert (np.diff(found.x) > 0).all()


def test_all_alike_is_one_level():
    found = levels_of_caps(*frames([attempt(str(k), [0.5] * 3, 0.0) for k in range(12)]), "c")
    assert (found.names, found.accuracy.mean.tolist(), found.x.tolist()) == (("3 turns, uncut",), [0.0], [3.0])
    assert levels_of_caps(*frames(MANY), "nobody") is None


def test_a_replay_has_its_rows_by_cap():
    found = runs(*frames(MANY), "turns")[0]
    stands = replay(found, [5, 2])
    assert stands.caps.tolist() == [2, 5, math.inf]
    assert stands.at([5, 2, math.inf]).tolist() == [1, 0, 2]


def test_amounts_are_written_with_their_unit():
    assert [written(v, u) for v, u in ((16.25, "turns"), (1, "turns"), (1500, "tool_calls"), (812, "tokens"), (1, "tokens"))] == [
        "16.25 turns", "1 turn", "1,500 tool calls", "812 tokens", "1 token",
    ]  # fmt: skip
