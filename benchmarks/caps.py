"""All caps from 1 to 100 turns on a million attempts: one pass over the steps, against a filter and a group-by for every cap.

    python -m benchmarks.caps [--attempts 1000000] [--caps-timed 5]

Peers: pandas and DuckDB, both with the steps in memory, both asked for cost and successes by configuration under one cap at a time.
A few caps are timed, evenly spread over the range, and scaled to 100; all answers of these are compared with ours, bit by bit (costs
are multiples of 2⁻²⁰ USD, so that no order of addition rounds).
Ours: (a) `bins_by_cap` over the same steps, all caps at once; (b) `caps` as the product calls it, over frames: one row per attempt and
the ladder, which is rolled up once when a page asks for it. That time stands apart, and is that of two plain group-bys: the product's
own query finds the turns, the tokens and the gaps of every attempt first, and takes longer. Intervals are left out on both sides.
"""

import argparse
import time
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from analytics.caps import caps, caps_of
from analytics.replay import bins_by_cap, runs
from data.store import Store

CAPS = np.arange(1, 101)
N_CONFIGURATIONS, N_TASKS = 20, 500
ROUNDS = 3


def simulated(n_attempts: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return attempts and their steps, about 30 of each, in compact columns."""
    rng = np.random.default_rng(0)
    turns = np.clip(rng.gamma(2.0, 15.0, n_attempts), 1, 100).astype(np.int16)
    attempts = pd.DataFrame(
        {
            "configuration": rng.integers(0, N_CONFIGURATIONS, n_attempts, dtype=np.int16),
            "task": rng.integers(0, N_TASKS, n_attempts, dtype=np.int16),
            "turns": turns,
            "success": rng.random(n_attempts) < 0.5,
        }
    )
    of_attempt = np.repeat(np.arange(n_attempts, dtype=np.int32), turns)
    start = np.cumsum(turns, dtype=np.int64) - turns
    turn = (np.arange(len(of_attempt), dtype=np.int64) - start[of_attempt] + 1).astype(np.int16)
    steps = pd.DataFrame(
        {
            "configuration": attempts["configuration"].to_numpy()[of_attempt],
            "task": attempts["task"].to_numpy()[of_attempt],
            "turn": turn,
            "cost_usd": (rng.integers(1000, 3000, len(turn), dtype=np.int32) + 200 * turn.astype(np.int32)) / 2.0**20,
        }
    )
    return attempts, steps


def by_pandas(attempts: pd.DataFrame, steps: pd.DataFrame, cap: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cost and successes of each configuration under one cap."""
    cost = steps[steps["turn"] <= cap].groupby("configuration")["cost_usd"].sum()
    solved = attempts[attempts["turns"] <= cap].groupby("configuration")["success"].sum()
    everyone = range(N_CONFIGURATIONS)
    return cost.reindex(everyone, fill_value=0).to_numpy(float), solved.reindex(everyone, fill_value=0).to_numpy(float)


def by_duckdb(cursor, cap: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the same from tables in memory, with all threads DuckDB takes."""
    cost = "select configuration, sum(cost_usd) as total from steps where turn <= ? group by all order by all"
    solved = "select configuration, sum(success::int)::double as total from attempts where turns <= ? group by all order by all"
    first, second = (cursor.execute(query, [cap]).fetchnumpy()["total"] for query in (cost, solved))
    return np.asarray(first), np.asarray(second)


def in_one_pass(attempts: pd.DataFrame, steps: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return cost and successes of each configuration (rows) under each cap (columns), and without."""
    limits = np.append(CAPS, np.inf)
    cost = bins_by_cap(
        steps["configuration"].to_numpy(), N_CONFIGURATIONS, steps["turn"].to_numpy(), [steps["cost_usd"].to_numpy()], limits
    )
    success = attempts["success"].to_numpy()
    solved = bins_by_cap(attempts["configuration"].to_numpy(), N_CONFIGURATIONS, attempts["turns"].to_numpy(), [success], limits)
    return cost[0].cumsum(axis=1), solved[0].cumsum(axis=1)


def rolled_up(cursor) -> pd.DataFrame:
    """Return the ladder in turns: one group-by over the steps, one over the attempts."""
    return cursor.execute(
        "with step as (select configuration, task, turn as level, count(*) as n, sum(cost_usd) as cost_usd from steps group by all),"
        " ended as (select configuration, task, turns as level, count(*) as n, sum(success::int) as n_succeeded from attempts group by all)"
        " select s.configuration::varchar as configuration, 'simulated' as benchmark, s.task::varchar as task, s.level::double as level,"
        " s.n, case when s.level = 1 then s.n else 0 end as n_started, coalesce(e.n, 0) as n_ended,"
        " coalesce(e.n_succeeded, 0)::bigint as n_succeeded, coalesce(e.n_succeeded, 0)::double as sum_credit,"
        " case when s.level = 1 then s.n else 0 end as n_cost, s.cost_usd as sum_cost_usd,"
        " 0 as n_tokens, 0.0 as sum_tokens, 0 as n_latency, 0.0 as sum_latency_s"
        " from step s left join ended e using (configuration, task, level) order by configuration, benchmark, task, s.level"
    ).df()


def framed(attempts: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return the attempts with the names and columns of the product's frame."""
    start = np.cumsum(attempts["turns"].to_numpy(np.int64)) - attempts["turns"]
    success = attempts["success"].to_numpy(float)
    return pd.DataFrame(
        {
            "configuration": attempts["configuration"].astype(str),
            "benchmark": "simulated",
            "task": attempts["task"].astype(str),
            "success": success,
            "credit": success,
            "cost_usd": np.add.reduceat(steps["cost_usd"].to_numpy(), start),
            "turns": attempts["turns"].astype(float),
            "tokens": np.nan,
            "tool_calls": np.nan,
            "latency_s": np.nan,
        }
    )


def seconds_of(call) -> tuple[float, Any]:
    """Return the wall time of a call, and its answer."""
    begin = time.perf_counter()
    answer = call()
    return time.perf_counter() - begin, answer


def main() -> None:
    """Time ours and the peers in turn, compare the answers, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--caps-timed", type=int, default=5, help="of 100, by each peer")
    options = parser.parse_args()
    attempts, steps = simulated(options.attempts)
    timed = np.unique(np.linspace(1, 100, options.caps_timed).round().astype(int))
    print(f"{len(attempts):,} attempts, {len(steps):,} steps, {N_CONFIGURATIONS} configurations x {N_TASKS} tasks, 100 caps")
    store = Store()
    with store.cursor() as cursor:
        for name, frame in (("attempts", attempts), ("steps", steps)):
            cursor.register("frame", frame)
            cursor.execute(f"create temp table {name} as select * from frame")
            cursor.unregister("frame")
        roll_up_s, ladder = seconds_of(partial(rolled_up, cursor))
        frame = framed(attempts, steps).sort_values(["configuration", "task"], kind="stable", ignore_index=True)
        size = np.bincount(attempts["configuration"], minlength=N_CONFIGURATIONS)
        rows = []
        for _ in range(ROUNDS):
            one_pass_s, (cost, solved) = seconds_of(partial(in_one_pass, attempts, steps))
            product_s, capped = seconds_of(partial(caps, frame, ladder, at=CAPS.tolist(), n_bootstrap=0))
            arranged = runs(frame, ladder, "turns")
            moved_s, _ = seconds_of(partial(caps_of, arranged, [50], n_bootstrap=0))
            pandas_s, duckdb_s = [], []
            for cap in timed.tolist():
                for peer, ask in ((pandas_s, partial(by_pandas, attempts, steps, cap)), (duckdb_s, partial(by_duckdb, cursor, cap))):
                    taken, answer = seconds_of(ask)
                    peer.append(taken)
                    assert all(np.array_equal(theirs, ours[:, cap - 1]) for theirs, ours in zip(answer, (cost, solved), strict=True))
            rows.append((one_pass_s, product_s, 100 * np.mean(pandas_s), 100 * np.mean(duckdb_s)))
        copied_s, _ = seconds_of(steps["cost_usd"].to_numpy().copy)
    found = {(each.configuration, each.cap_value): (each.cost_usd, each.accuracy) for each in capped}
    for k in range(N_CONFIGURATIONS):
        for i, cap in enumerate(CAPS):
            assert found[str(k), float(cap)] == (cost[k, i] / size[k], solved[k, i] / size[k]), (k, cap)
    print(f"answers equal: {len(timed)} caps with both peers, all 100 between (a) and (b)")
    report(rows, roll_up_s, moved_s, len(ladder), len(timed), 8e-9 * len(steps) / copied_s)


def report(rows: list[tuple[Any, ...]], roll_up_s: float, moved_s: float, n_ladder: int, n_timed: int, copy_gb_s: float) -> None:
    """Print medians, and the medians of the ratios of each round."""
    names = ("(a) ours, one pass over the steps", "(b) ours, from frames and ladder", "pandas, cap by cap", "DuckDB, cap by cap")
    times = list(zip(*rows, strict=True))
    for name, taken in zip(names, times, strict=True):
        scaled = f"  ({n_timed} caps timed, scaled to 100)" if "cap by cap" in name else ""
        print(f"{name:36} {median(taken):9.3f} s{scaled}")
    for label, place in (("(a)", 0), ("(b)", 1)):
        ratios = [median(theirs / ours for theirs, ours in zip(times[peer], times[place], strict=True)) for peer in (2, 3)]
        print(f"ratio of {label}: pandas {ratios[0]:.0f}x, DuckDB {ratios[1]:.0f}x")
    print(f"one more cap on the rows of (b), as when a slider moves: {1000 * moved_s:.1f} ms for {N_CONFIGURATIONS} configurations")
    print(f"roll-up to {n_ladder:,} ladder rows, once: {roll_up_s:.3f} s in DuckDB; copy speed of this machine: {copy_gb_s:.1f} GB/s")


if __name__ == "__main__":
    main()
