"""A small made-up log in which every number of a projection can be found again by going through the raw steps."""

from decimal import Decimal

import numpy as np

from analytics.coverage import coverage
from analytics.frontier import Frontier, frontier
from data.details import Details
from tests.stores import found_in, stored

RATES = (3.0, 0.3, 3.75, 15.0)
"""USD per million tokens: uncached input, cache read, cache write, output."""
NAMES = ("free", "plain", "rounds", "steps")
"""`free` has no cost, `plain` no steps but answers, `rounds` reflects, `steps` has all but that."""


def usd(step: dict) -> Decimal:
    """What a step costs at RATES."""
    buckets = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    return sum((Decimal(str(rate)) * step[name] for rate, name in zip(RATES, buckets, strict=True)), Decimal(0)) / 1_000_000


def raw(seed: int = 0, n_tasks: int = 12, n_attempts: int = 3) -> list[dict]:
    """Return attempts with their steps."""
    rng = np.random.default_rng(seed)
    found = []
    for name in NAMES:
        for task in range(n_tasks):
            for attempt in range(n_attempts):
                n = int(rng.integers(1, 8))
                steps, context, at = [], 400, 0
                n_rounds = min(int(rng.integers(1, 4)), n) if name == "rounds" else 1
                ends = np.sort(rng.permutation(np.arange(1, n))[: n_rounds - 1]).tolist()  # turns after which a round ends
                scores = np.maximum.accumulate(rng.random(n_rounds) < 0.4).tolist()
                for turn in range(1, n + 1):
                    fresh, output = int(rng.integers(50, 900)), int(rng.integers(20, 800))
                    step = {"kind": "llm", "turn": turn, "uncached_input_tokens": fresh, "cache_read_tokens": context,
                            "cache_write_tokens": int(rng.integers(0, 300)), "output_tokens": output, "offset_s": at,
                            "duration_s": int(rng.integers(1, 9)), "round": sum(turn > end for end in ends)}  # fmt: skip
                    step["total_tokens"] = fresh + context + step["cache_write_tokens"] + output
                    step["cost_usd_logged"] = usd(step) if name != "free" else None
                    is_last_of_round = turn in (*ends, n)
                    if name == "rounds" and is_last_of_round:
                        step["score"] = Decimal(int(scores[step["round"]]))
                    context += fresh + output
                    at += step["duration_s"]
                    steps.append(step)
                    tool = {"kind": "tool", "turn": turn, "offset_s": at, "duration_s": int(rng.integers(0, 4)), "round": step["round"]}
                    if turn < n:
                        steps.append(tool)
                        at += tool["duration_s"]
                calls = [step for step in steps if step["kind"] == "llm"]
                success = bool(scores[-1])
                totals = {key: sum(step[key] for step in calls) for key in calls[0] if key.endswith("_tokens")}
                found.append({
                    "configuration": name, "task": f"t{task:02d}", "attempt": attempt + 1, "success": success,
                    "score": Decimal(int(success)),
                    "turns": n, "llm_calls": n, "reflections": n_rounds - 1, "latency_s": at, **totals,
                    "cost_usd_logged": None if name == "free" else sum(step["cost_usd_logged"] for step in calls),
                    "answer_key": (100 + task if success else int(rng.integers(0, 3))) if name == "plain" else None,
                    "steps": [] if name == "plain" else steps,
                })  # fmt: skip
    return found


def logged(rows: list[dict] | None = None) -> tuple[Frontier, Details]:
    """Return the frontier of a log and the frames below it."""
    store, selection, found = found_in(stored(raw() if rows is None else rows))
    compared = coverage(found.cells, found.latencies)
    details = Details(store, selection, found, tasks=compared.tasks, without=compared.set_aside)
    return frontier(found.cells, found.latencies), details
