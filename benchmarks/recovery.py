"""Ladders with a known truth: how often the 95 % band of the fitted curve holds it, at every level and half as far again beyond.

    python -m benchmarks.recovery [--seeds 200] [--first 0] [--scenario NAME]

Tasks have normal difficulties and are drawn anew for every seed; an attempt succeeds with probability sigmoid(ability − difficulty),
where the ability of each level is such that the mean over the whole population of tasks lies on the scenario's curve. The ladder then
goes through `analytics.returns` as any other. Exit code 1 if a scenario, pooled over its levels and 1.5 × their range, or all
scenarios pooled, or all of them pooled at 1.5 ×, are outside 92–98 %.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.fits import EXTRAPOLATION
from analytics.grid import Measure
from analytics.levels import Levels
from analytics.returns import returns

WITHIN = (0.92, 0.98)


@dataclass(frozen=True)
class Scenario:
    """Where the truth lies, and how much of it is logged."""

    name: str
    curve: Callable[[np.ndarray], np.ndarray]
    """Spend → accuracy over the whole population of tasks."""
    spend: tuple[float, ...]
    tasks: int
    attempts: int
    spread: float
    """Standard deviation of the difficulties, in logits."""
    is_cost: bool = False
    """Spend is a cost that is only known as a mean over the logged attempts, dear tasks and cheap ones."""


def power(a: float, b: float, c: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: a - b * x**-c


def exponential(a: float, tau: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: a * -np.expm1(-x / tau)


def log_logistic(a: float, x0: float, s: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: a / (1 + (x / x0) ** -s)


SCENARIOS = (
    Scenario("power", power(0.80, 0.55, 0.6), (1, 2, 4, 8, 16, 32), 200, 1, 2.0),
    Scenario("power, slow: far from its ceiling", power(0.95, 0.75, 0.25), (1, 2, 4, 8, 16, 32, 64), 300, 1, 2.5),
    Scenario("exponential", exponential(0.70, 6.0), (1, 2, 4, 6, 8, 12, 16, 24), 100, 3, 2.0),
    Scenario("exponential, still rising", exponential(0.90, 30.0), (2, 4, 8, 16, 24), 100, 2, 1.5),
    Scenario("log-logistic", log_logistic(0.76, 3.0, 1.2), (0.5, 1, 2, 5, 12), 400, 2, 2.0),
    Scenario("log-logistic, steep", log_logistic(0.85, 8.0, 2.5), (2, 4, 8, 12, 16, 24), 150, 2, 1.5),
    Scenario("log-logistic, looks like the others", log_logistic(0.90, 10.0, 0.8), (1, 2, 4, 8, 16), 100, 1, 2.0),
    Scenario("log-logistic over uncertain costs", log_logistic(0.78, 0.1, 1.1), (0.04, 0.1, 0.22, 0.56, 1.4, 3.4), 250, 2, 2.0, True),
)


def abilities(accuracies: np.ndarray, spread: float) -> np.ndarray:
    """Return the ability at which the mean over a normal population of difficulties is each of the accuracies.

    >>> abilities(np.array([0.5]), 2.0).round(6).tolist()
    [0.0]
    """
    from scipy.optimize import brentq

    difficulty, density = np.polynomial.hermite_e.hermegauss(61)
    density = density / density.sum()

    def excess(ability: float, accuracy: float) -> float:
        return float(density @ (1 / (1 + np.exp(spread * difficulty - ability)))) - accuracy

    return np.array([brentq(excess, -60, 60, args=(accuracy,)) for accuracy in accuracies])


def simulated(scenario: Scenario, seed: int) -> tuple[Levels, np.ndarray]:
    """Return a ladder as logged, and the true accuracy at each of its levels and at 1.5 times the last."""
    rng = np.random.default_rng([seed, len(scenario.name)])
    spend = np.array(scenario.spend, dtype=np.float64)
    truth = scenario.curve(np.append(spend, EXTRAPOLATION * spend[-1]))
    difficulty = rng.normal(0, scenario.spread, scenario.tasks)
    chance = 1 / (1 + np.exp(difficulty - abilities(truth[:-1], scenario.spread)[:, None]))
    counts = np.full(chance.shape, float(scenario.attempts))
    solved = rng.binomial(scenario.attempts, chance).astype(np.float64)
    cost = np.repeat(spend[:, None], scenario.tasks, axis=1) * scenario.attempts
    if scenario.is_cost:
        size = rng.lognormal(-0.245, 0.7, scenario.tasks)  # mean 1: some tasks are dear at every level
        cost = cost * size * rng.lognormal(-0.045, 0.3, chance.shape)
    nothing = Measure(np.zeros_like(counts), np.zeros_like(counts))
    costs = Measure(counts, cost)
    ladder = Levels(
        series=scenario.name,
        knob="effort",
        names=tuple(f"{each:g}" for each in spend),
        x=costs.mean,
        x_name="cost_usd",
        tasks=tuple(("simulated", f"{task:04}") for task in range(scenario.tasks)),
        accuracy=Measure(counts, solved),
        cost=costs,
        latency=nothing,
        tokens=nothing,
        n_attempts=counts.sum(axis=1),
    )
    return ladder, truth


def held(scenario: Scenario, seed: int, *, n_bootstrap: int = 2000) -> tuple[np.ndarray, np.ndarray] | None:
    """Return whether the band holds the truth at each level and at 1.5 times the last, and how wide it is there; None without a curve."""
    ladder, truth = simulated(scenario, seed)
    fit = returns(ladder, n_bootstrap=n_bootstrap).fit
    if fit is None:
        return None
    places = np.searchsorted(fit.x, np.append(ladder.x, fit.x[-1]))
    low, high = fit.low[places], fit.high[places]
    return (low <= truth) & (truth <= high), high - low


def main() -> int:
    """Print the coverage of every scenario, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--scenario", help="only those whose name contains this")
    options = parser.parse_args()
    everything: list[np.ndarray] = []
    judged: dict[str, float] = {}
    for scenario in SCENARIOS:
        if options.scenario and options.scenario not in scenario.name:
            continue
        begun = time.perf_counter()
        found = [held(scenario, seed) for seed in range(options.first, options.first + options.seeds)]
        seconds = (time.perf_counter() - begun) / options.seeds
        table = np.array([each[0] for each in found if each is not None])
        everything.append(table)
        judged[scenario.name] = float(table.mean())
        levels = " ".join(f"{share:4.0%}" for share in table[:, :-1].mean(axis=0))
        print(
            f"{scenario.name:38s} pooled {table.mean():6.1%}  levels {levels}  at 1.5x {table[:, -1].mean():6.1%}"
            f"  no curve {len(found) - len(table)}  {seconds:.2f} s each",
            flush=True,
        )
    judged["all, pooled"] = float(np.concatenate([table.ravel() for table in everything]).mean())
    judged["all, at 1.5x"] = float(np.concatenate([table[:, -1] for table in everything]).mean())
    for name, share in judged.items():
        print(f"{'ok    ' if WITHIN[0] <= share <= WITHIN[1] else 'MISSED'}  {name}: {share:.1%}")
    return 0 if all(WITHIN[0] <= share <= WITHIN[1] for share in judged.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
