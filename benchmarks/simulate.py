"""Agent runs from known parameters, so that an analysis can be tested against the truth; also the bundled example.

    python -m benchmarks.simulate        writes data/bundled/example/{attempts,steps,truth,prices}

An attempt succeeds with probability sigmoid(ability + effort gain + reflection gain − difficulty + affinity of model and task).
The context grows by every answer and tool result; a later call finds its prefix in the cache, or not. Reasoning is paid as
output and is not kept. Durations are whole milliseconds and prices whole thousandths of USD per million tokens, so that sums and costs
are exact. Failing attempts take more turns; they end at the turn limit, in a hanging tool, in an error or with a wrong answer.

Columns have the product's names (`data/records.py`); the invented configurations are in `benchmarks/setups.py`.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.setups import DESK, EFFORT_GAIN, EFFORT_SPEND, EXAMPLE, REPAIRS, START, Benchmark, Setup, price_file

EXAMPLE_FOLDER = Path(__file__).parent.parent / "data" / "bundled" / "example"
TIME_LIMIT_S = 1800
BACKOFF_MS = 8000
TOKENS = ["uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"]
TOOLS = np.array(["search", "edit", "run"])
STOP_REASON = {
    "cancelled": "cancelled",
    "error": "error",
    "infra": "container lost",
    "limit": "max_turns",
    "ok": "end_turn",
    "timeout": "time",
}
STATUS = np.array(list(STOP_REASON))
DIFFICULTIES = np.array(["easy", "medium", "hard"])


@dataclass(frozen=True)
class Simulation:
    """What was logged, and the truth behind it."""

    attempts: pd.DataFrame
    steps: pd.DataFrame
    """Joined to the attempts by `run_id`, in their order."""
    truth: pd.DataFrame = field(repr=False)
    """A row for each configuration and task: probability of success after each round, and all parameters."""


def simulate(
    n_tasks: int, n_attempts: int, configurations: tuple[Setup, ...] = EXAMPLE, seed: int = 0, benchmark: Benchmark = REPAIRS
) -> Simulation:
    """Return every configuration's attempts at every task of one benchmark.

    Parameters
    ----------
    n_tasks, n_attempts : int
        Tasks, and tries of each configuration at each task.
    """
    rng = np.random.default_rng(seed)
    c, t = len(configurations), n_tasks
    difficulty = rng.normal(benchmark.difficulty, 1.2, t)
    models = list(dict.fromkeys(s.model.name for s in configurations))
    affinity = rng.normal(0, 0.6, (len(models), t))[[models.index(s.model.name) for s in configurations]]
    depth = np.array([s.reflection_depth for s in configurations])
    logit = np.array([s.model.ability + EFFORT_GAIN[s.effort] for s in configurations])[:, None] - difficulty + affinity
    rounds = np.minimum(np.arange(depth.max() + 1), depth[:, None])
    p_by_round = 1 / (1 + np.exp(-(logit[:, :, None] + reflection_gain(rounds)[:, None, :])))

    of_c, of_t, of_k = (axis.ravel() for axis in np.indices((c, t, n_attempts)))
    n = of_c.size
    luck = rng.random(n)[:, None]
    solved_in = (luck >= p_by_round[of_c, of_t]).sum(axis=1)  # the probabilities grow with the round: the first that is lucky
    solved = solved_in <= depth[of_c]
    reflections = np.minimum(solved_in, depth[of_c])
    status, turns, first_turns = _ends(rng, benchmark, configurations, of_c, difficulty[of_t], solved, reflections)

    steps = _steps(rng, benchmark, configurations, of_c, turns, first_turns, reflections, status)
    start = np.cumsum(turns) - turns
    totals = {name: np.add.reduceat(steps[name], start) for name in (*TOKENS, "nano_usd", "llm_ms", "tool_ms", "has_tool")}
    retries = rng.poisson(0.04 * turns)
    active_ms = totals["llm_ms"] + totals["tool_ms"]
    known = np.array([s.model.prices is not None for s in configurations])[of_c]
    known &= rng.random(n) >= np.array([s.unknown_cost for s in configurations])[of_c]
    judged = np.isin(status, ("ok", "limit"))
    ids = np.array([f"{benchmark.name}-{seed}-{i}" for i in range(n)])
    width = len(str(t))
    setting = {
        "model": [s.model.name for s in configurations],
        "provider": [s.model.provider for s in configurations],
        "agent": [s.agent for s in configurations],
        "effort": [s.effort for s in configurations],
        "knobs": [s.knobs for s in configurations],
    }
    task = {
        "task": np.array([f"{benchmark.groups[i % len(benchmark.groups)]}-{i + 1:0{width}d}" for i in range(t)]),
        "task_group": np.array([benchmark.groups[i % len(benchmark.groups)] for i in range(t)]),
        "difficulty": DIFFICULTIES[np.digitize(difficulty - benchmark.difficulty, [-0.7, 0.7])],
        "human_minutes": np.round(np.exp(2.7 + 0.8 * (difficulty - benchmark.difficulty)), 1),
    }
    attempts = pd.DataFrame(
        {
            "run_id": ids,
            **{name: _chosen(values, of_c) for name, values in setting.items()},
            "benchmark": pd.Categorical.from_codes(np.zeros(n, int), [benchmark.name]),
            **{name: _chosen(values, of_t) for name, values in task.items() if name != "human_minutes"},
            "human_minutes": task["human_minutes"][of_t],
            "attempt": of_k + 1,
            "started_at": START + pd.to_timedelta(of_c * 86_400 + of_k * 28_800 + of_t * 97, unit="s"),
            "latency_s": (active_ms + retries * BACKOFF_MS) / 1000,
            "latency_basis": _chosen(["wall"], np.zeros(n, int)),
            "active_s": active_ms / 1000,
            "score": pd.array(solved.astype(float), "Float64"),
            "success": pd.array(solved, "boolean"),
            **{name: totals[name] for name in TOKENS},
            "llm_calls": turns,
            "tool_calls": totals["has_tool"],
            "turns": turns,
            "retries": retries,
            "reflections": reflections,
            "cost_usd_logged": np.where(known, totals["nano_usd"] / 1e9, np.nan),
            "status": _chosen(list(STATUS), status_code := np.searchsorted(STATUS, status)),
            "stop_reason": _chosen([STOP_REASON[s] for s in STATUS], status_code),
        }
    )
    attempts.loc[~judged, ["score", "success"]] = pd.NA
    truth = _truth(configurations, setting, task, benchmark, p_by_round, difficulty, affinity)
    return Simulation(attempts, _step_rows(steps, ids, turns, solved, solved_in, judged, known), truth)


def reflection_gain(rounds: np.ndarray) -> np.ndarray:
    """Return the logits that so many rounds of reflection add: 1.2 in all, half of what is missing with each round."""
    return 1.2 * (1 - 0.5**rounds)


def _ends(rng, benchmark, configurations, of_c, difficulty, solved, reflections):
    """Return how each attempt ends, its turns, and the turns of its first round."""
    n = of_c.size
    max_turns = np.array([s.max_turns for s in configurations])[of_c]
    mean = benchmark.turns * np.exp(0.15 * (difficulty - benchmark.difficulty)) * np.where(solved, 1.0, 1.9)
    first = 1 + rng.poisson(mean * rng.gamma(3, 1 / 3, n))
    turns = first + np.where(reflections > 0, reflections + rng.poisson(1.5 * reflections), 0)
    fate, lost = rng.random(n), rng.random(n)
    status = np.select(
        [lost < 0.004, lost < 0.005, solved, turns >= max_turns, fate < 0.05, fate < 0.09],
        ["infra", "cancelled", "ok", "limit", "timeout", "error"],
        "ok",
    )
    turns = np.minimum(turns, max_turns)
    cut = ~np.isin(status, ("ok", "limit"))
    turns = np.where(cut, np.ceil(turns * rng.random(n)).astype(int).clip(1), turns)
    return status, turns, np.minimum(first, turns)


def _steps(rng, benchmark, configurations, of_c, turns, first_turns, reflections, status) -> dict[str, np.ndarray]:
    """Return one entry for each LLM call, with the tool call that follows it."""
    n, s = turns.size, int(turns.sum())
    of_a = np.repeat(np.arange(n), turns)
    start = np.cumsum(turns) - turns
    turn = np.arange(s) - start[of_a]
    setup = of_c[of_a]

    def parameter(name: str) -> np.ndarray:
        return np.array([getattr(each.model, name) for each in configurations])[setup]

    def tokens(mean: np.ndarray, spread: float) -> np.ndarray:
        return np.ceil(mean * np.exp(rng.normal(-(spread**2) / 2, spread, s))).astype(np.int64)

    spend = np.array([EFFORT_SPEND[each.effort] for each in configurations])[setup]
    reasoning = tokens(parameter("reasoning_tokens") * spend, 0.6)
    answer = tokens(parameter("answer_tokens"), 0.5)
    is_last = turn == turns[of_a] - 1
    hangs = is_last & (status == "timeout")[of_a]
    has_tool = ~is_last | hangs
    result = np.where(has_tool, tokens(np.full(s, benchmark.tool_tokens), 0.8), 0)
    grown = np.cumsum(answer + result) - answer - result
    prompt = np.ceil(benchmark.prompt_tokens * np.exp(rng.normal(0, 0.2, n))).astype(np.int64)[of_a]
    context = prompt + grown - grown[start][of_a]
    before = np.where(turn > 0, np.roll(context, 1), 0)
    read = np.where(rng.random(s) < parameter("cache_hit"), before, 0)
    prices = np.array([each.model.prices or (0, 0, 0, 0) for each in configurations])[setup]
    written = np.where((prices[:, 2] > 0) & ~is_last, context - read, 0)
    uncached = context - read - written
    output = reasoning + answer
    llm_ms = np.ceil(1000 * (parameter("ttft_s") + output / parameter("tokens_per_s")) * np.exp(rng.normal(0, 0.15, s))).astype(np.int64)
    tool_ms = np.where(has_tool, np.ceil(rng.lognormal(7.2, 0.9, s)).astype(np.int64), 0)
    spent_ms = np.add.reduceat(llm_ms + tool_ms, start)[of_a[hangs]]
    tool_ms[hangs] += np.maximum(TIME_LIMIT_S * 1000 - spent_ms, 0)
    later = turns - first_turns
    reflected = (turn - first_turns[of_a]) * reflections[of_a] // np.maximum(later[of_a], 1)
    return {
        "of_a": of_a,
        "turn": turn,
        "round": np.where(turn < first_turns[of_a], 0, np.minimum(1 + reflected, reflections[of_a])),
        "uncached_input_tokens": uncached,
        "cache_read_tokens": read,
        "cache_write_tokens": written,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "nano_usd": uncached * prices[:, 0] + read * prices[:, 1] + written * prices[:, 2] + output * prices[:, 3],
        "llm_ms": llm_ms,
        "tool_ms": tool_ms,
        "has_tool": has_tool.astype(np.int64),
        "tool": rng.integers(0, len(TOOLS), s),
        "tool_ok": (rng.random(s) >= 0.04) & ~hangs,
    }


def _step_rows(steps, ids, turns, solved, solved_in, scored, known) -> pd.DataFrame:
    """Return the LLM and tool calls as rows in the order in which they ran."""
    of_a, round_ = steps["of_a"], steps["round"]
    last = np.cumsum(turns) - 1
    ends_round = np.r_[(round_[1:] != round_[:-1]) | (of_a[1:] != of_a[:-1]), True]
    score = np.where(ends_round & scored[of_a], (solved_in[of_a] <= round_).astype(float), np.nan)
    score[last[scored]] = solved[scored]

    call = np.repeat(np.arange(of_a.size), 1 + steps["has_tool"])
    is_tool = np.r_[False, call[1:] == call[:-1]]
    ms = np.where(is_tool, steps["tool_ms"][call], steps["llm_ms"][call])
    begun = np.cumsum(ms) - ms
    first_row = np.searchsorted(of_a[call], np.arange(turns.size))
    unpaid = is_tool | ~known[of_a[call]]
    return pd.DataFrame(
        {
            "run_id": pd.Categorical.from_codes(of_a[call], ids),
            "kind": _chosen(["llm", "tool"], is_tool.astype(int)),
            "turn": steps["turn"][call] + 1,
            "round": round_[call],
            "name": _chosen([*TOOLS, None], np.where(is_tool, steps["tool"][call], len(TOOLS))),
            "offset_s": (begun - begun[first_row][of_a[call]]) / 1000,
            "duration_s": ms / 1000,
            **{name: pd.arrays.IntegerArray(steps[name][call], is_tool) for name in TOKENS},
            "cost_usd_logged": np.where(unpaid, np.nan, steps["nano_usd"][call] / 1e9),
            "ok": pd.array(np.where(is_tool, steps["tool_ok"][call], True), "boolean"),
            "score": np.where(is_tool, np.nan, score[call]),
        }
    )


def _truth(configurations, setting, task, benchmark, p_by_round, difficulty, affinity) -> pd.DataFrame:
    """Return a row for each configuration and task."""
    c, t = affinity.shape
    of_c, of_t = (axis.ravel() for axis in np.indices((c, t)))
    depth = [s.reflection_depth for s in configurations]
    prices = np.array([s.model.prices or (np.nan,) * 4 for s in configurations]) / 1000
    kinds = ("uncached_input", "cache_read", "cache_write", "output")
    return pd.DataFrame(
        {
            **{name: _chosen(values, of_c) for name, values in setting.items()},
            "benchmark": benchmark.name,
            "task": _chosen(task["task"], of_t),
            "true_difficulty": difficulty[of_t],
            "true_ability": np.array([s.model.ability for s in configurations])[of_c],
            "true_effort_gain": np.array([EFFORT_GAIN[s.effort] for s in configurations])[of_c],
            "true_affinity": affinity.ravel(),
            "true_probability": p_by_round[of_c, of_t, np.array(depth)[of_c]],
            "true_probability_by_round": [list(p[: depth[i] + 1]) for i, p in zip(of_c, p_by_round.reshape(c * t, -1), strict=True)],
            **{f"true_{kind}_usd_per_mtok": prices[of_c, i] for i, kind in enumerate(kinds)},
        }
    )


def _chosen(values, index: np.ndarray) -> pd.Categorical:
    """Return values[index] without writing every text out."""
    categories = list(dict.fromkeys(value for value in values if value is not None))
    codes = np.array([categories.index(value) if value is not None else -1 for value in values])
    return pd.Categorical.from_codes(codes[index], categories)


def example() -> Simulation:
    """Return the bundled example: two benchmarks, steps for the first one's."""
    repairs, desk = simulate(100, 3, seed=21), simulate(80, 3, seed=22, benchmark=DESK)
    return Simulation(
        attempts=pd.concat([repairs.attempts, desk.attempts], ignore_index=True),
        steps=repairs.steps,
        truth=pd.concat([repairs.truth, desk.truth], ignore_index=True),
    )


def write(frame: pd.DataFrame, path: Path, *, level: int = 19) -> None:
    """Write a frame as Parquet; the same frame gives the same bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, path, compression="zstd", compression_level=level)


def main() -> None:
    """Write the bundled example."""
    simulation = example()
    for name in ("attempts", "steps", "truth"):
        write(getattr(simulation, name), EXAMPLE_FOLDER / f"{name}.parquet")
    (EXAMPLE_FOLDER / "prices.csv").write_text(price_file())
    for path in sorted(EXAMPLE_FOLDER.iterdir()):
        print(f"{path.stat().st_size / 1024:8.0f} KB  {path.name}")


if __name__ == "__main__":
    main()
