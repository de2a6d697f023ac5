"""pass@k of 100,000 tasks × 200 attempts: the whole curve from a histogram, against the published estimator task by task.

    python -m benchmarks.attempts [--rounds 5]        (a part of `make bench`)

The peer is the loop that comes with the benchmark's paper (Chen et al., arXiv:2107.03374): for every k and task
1 − ∏ (1 − k / i), i from n − c + 1 to n, in NumPy. Both start from the attempts and successes of each task, in turn in one
process; the answers are asserted equal. The ratio is the median of the pairwise ratios; copy speed is the machine's own limit.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from analytics.draws import pass_at

N_TASKS, N_ATTEMPTS = 100_000, 200
KS = (1, 2, 5, 10, 20, 50, 100, 200)
TARGET = 100


def published(n: np.ndarray, c: np.ndarray, ks: tuple[int, ...]) -> np.ndarray:
    """Return pass@k with the estimator as published, one task at a time."""

    def estimator(n: int, c: int, k: int) -> float:
        if n - c < k:
            return 1.0
        return float(1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))

    return np.array([np.mean([estimator(int(made), int(won), k) for made, won in zip(n, c, strict=True)]) for k in ks])


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def copy_speed() -> float:
    """Return the machine's own limit: bytes read and written by a copy of 256 MB, in GB/s, best of five."""
    source = np.ones(32_000_000)
    target = np.empty_like(source)
    return 2 * source.nbytes / min(timed(lambda: np.copyto(target, source) or target)[0] for _ in range(5)) / 1e9


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    rng = np.random.default_rng(0)
    n = np.full(N_TASKS, N_ATTEMPTS)
    c = rng.binomial(N_ATTEMPTS, rng.beta(0.4, 0.6, N_TASKS))
    for name, ks in (("one k", (10,)), (f"curve of {len(KS)} k", KS)):
        pairs = []
        for _ in range(rounds):
            peer, expected = timed(lambda ks=ks: published(n, c, ks))
            ours, found = timed(lambda ks=ks: pass_at(n, c, ks))
            assert np.allclose(found, expected, rtol=0, atol=1e-11), (found, expected)
            pairs.append((peer, ours))
        peer, ours = np.median(pairs, axis=0)
        ratio = float(np.median([p / o for p, o in pairs]))
        print(f"pass@k, {N_TASKS:,} tasks × {N_ATTEMPTS}, {name}: peer {peer:.3f} s, ours {ours * 1000:.2f} ms, ratio {ratio:,.0f}")
    print(f"target ≥ {TARGET}; answers equal within 1e-11; copy {copy_speed():.1f} GB/s")


if __name__ == "__main__":
    main()
