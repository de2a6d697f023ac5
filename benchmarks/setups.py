"""The simulator's invented models, agents and benchmarks, with their true parameters.

All names are invented: no provider, model or benchmark of these names is meant.
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-10-05T08:00:00Z")
EFFORT_SPEND = {None: 1.0, "low": 1.0, "medium": 2.5, "high": 7.0, "xhigh": 13.0, "max": 20.0}
"""Reasoning tokens, as a multiple of the model's."""
EFFORT_GAIN = {None: 0.0, "low": 0.0, "medium": 0.65, "high": 0.9, "xhigh": 0.98, "max": 1.0}
"""Added to the ability, in logits: most of it comes with the first steps up, next to nothing with the last."""


@dataclass(frozen=True)
class Model:
    """A model with its true parameters."""

    name: str
    provider: str
    ability: float
    """Logits: 0 solves a task of difficulty 0 every second time."""
    prices: tuple[int, int, int, int] | None
    """Uncached input, cache read, cache write, output, in thousandths of USD per million tokens; None: it has no price."""
    answer_tokens: float = 260.0
    """Mean per turn, without reasoning."""
    reasoning_tokens: float = 150.0
    """Mean per turn at low effort."""
    tokens_per_s: float = 90.0
    ttft_s: float = 0.8
    cache_hit: float = 0.85
    """Probability that a later call finds its prefix in the cache."""


@dataclass(frozen=True)
class Setup:
    """A configuration: model + agent + effort + settings."""

    model: Model
    effort: str | None = None
    reflection_depth: int = 0
    max_turns: int = 30
    unknown_cost: float = 0.0
    """Share of attempts whose cost the log lost."""

    @property
    def agent(self) -> str:
        """The scaffold: with or without rounds of reflection."""
        return "reflect" if self.reflection_depth else "loop"

    @property
    def knobs(self) -> str:
        """The settings as JSON, keys sorted."""
        knobs = {"max_turns": self.max_turns} | ({"reflection_depth": self.reflection_depth} if self.reflection_depth else {})
        return json.dumps(knobs, sort_keys=True)


@dataclass(frozen=True)
class Benchmark:
    """A set of tasks with their true difficulty."""

    name: str
    groups: tuple[str, ...]
    difficulty: float = 0.0
    """Mean, in logits; the standard deviation over tasks is 1.2."""
    turns: float = 6.0
    """Mean of a solved attempt's first round."""
    prompt_tokens: float = 2500.0
    tool_tokens: float = 700.0


REPAIRS = Benchmark("simulated-repairs", ("parsing", "interfaces", "data", "concurrency"))
DESK = Benchmark("simulated-desk", ("lookup", "booking", "refund"), difficulty=-0.4, turns=4.0, prompt_tokens=4000, tool_tokens=300)

WREN = Model("Wren S", "Alder", -0.9, (100, 10, 0, 400), tokens_per_s=190, ttft_s=0.4)
LARK = Model("Lark M", "Birch", 0.05, (400, 40, 0, 1600), reasoning_tokens=4900, tokens_per_s=150)
HERON = Model("Heron M", "Alder", 0.0, (800, 80, 1000, 4000))
PLOVER = Model("Plover M", "Cedar", 1.2, (750, 75, 0, 3900), reasoning_tokens=420, tokens_per_s=80)
OSPREY = Model("Osprey L", "Alder", 1.25, (3000, 300, 3750, 15000), answer_tokens=320, tokens_per_s=55, ttft_s=1.4)
DUNLIN = Model("Dunlin M", "self-hosted", -0.1, None, tokens_per_s=45, ttft_s=0.3, cache_hit=0.0)

EXAMPLE = (
    Setup(WREN, reflection_depth=0),
    Setup(WREN, reflection_depth=1),
    Setup(WREN, reflection_depth=3),
    Setup(LARK),
    *(Setup(HERON, effort) for effort in ("low", "medium", "high")),
    Setup(PLOVER, unknown_cost=0.004),
    *(Setup(OSPREY, effort) for effort in ("low", "medium", "high", "xhigh", "max")),
    Setup(DUNLIN),
)


def random_configurations(n: int, seed: int = 0) -> tuple[Setup, ...]:
    """Return that many configurations: dearer models are better on average, with much scatter."""
    rng = np.random.default_rng(seed)
    setups = []
    for i in range(n):
        price = int(100 * 10 ** rng.uniform(0, 1.7))
        model = Model(
            name=f"Bird {i:03d}",
            provider=f"Grove {i % 12}",
            ability=float(np.log(price / 700) * 0.5 + rng.normal(0, 0.5)),
            prices=(price, price // 10, 0, 5 * price),
            reasoning_tokens=float(100 * 10 ** rng.uniform(0, 1.2)),
            tokens_per_s=float(rng.uniform(40, 200)),
        )
        setups.append(Setup(model, reflection_depth=int(rng.choice([0, 0, 0, 1, 2]))))
    return tuple(setups)


def price_file(configurations: tuple[Setup, ...] = EXAMPLE) -> str:
    """Return the true prices in the form of an own price file: USD per million tokens, an empty cache cell is the input price."""
    lines = ["provider,model_regex,from_date,input,cache_read,cache_write,output"]
    for model in dict.fromkeys(s.model for s in configurations):
        if model.prices:
            paid, read, written, output = (f"{price / 1000:g}" if price else "" for price in model.prices)
            lines.append(f"{model.provider},^{model.name}$,{START:%Y-%m-%d},{paid},{read},{written},{output}")
    return "\n".join(lines) + "\n"
