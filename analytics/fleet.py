"""A load on own GPUs: tasks arrive at random, each calls the LLM, waits for its tools and calls again, and replicas batch what they get.

Event by event, in the time of the requests: between two events a replica's batch is constant, so all of its requests decode at one speed.
A prefill stops the decoding of its replica, as in engines without chunked prefill. Waiting calls stand in one queue before all replicas.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.calls import Sequences
from analytics.hardware import CALIBRATED, Efficiency, Gpu, Model, roofline
from analytics.serving import memory_fit

N_TASKS = 2000
WARM_UP = 0.2
"""Share of the arrivals that find the fleet emptier than it will be, and are left out of times."""
SUSTAINED = 0.95
"""A load is sustained if so much of what arrives is finished as it arrives."""
LOADS = (0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
"""Shares of the capacity that a curve is made of."""


@dataclass(frozen=True)
class Fleet:
    """Replicas that are all alike."""

    replicas: int
    prefill_s: np.ndarray
    """Of each call in the sequences: how long its prompt stops a replica."""
    step_s: np.ndarray
    """Shape (B + 1,): one decode step with 0, 1, … B requests; B is the largest batch."""

    @property
    def largest_batch(self) -> int:
        """Requests that a replica takes at once."""
        return len(self.step_s) - 1


@dataclass(frozen=True)
class Run:
    """One simulated load; arrays of shape (n,): when each task arrived and was done."""

    tasks_per_hour: float
    arrived_s: np.ndarray
    done_s: np.ndarray
    busy_share: float
    """Of the replicas' time until the last arrival, with at least one request."""
    mean_batch: float
    """Requests at a time in a busy replica."""
    mean_in_system: float
    """Tasks that were under way, averaged over time, until all were done."""

    @property
    def latency_s(self) -> np.ndarray:
        """Times of the tasks that arrived after the warm-up."""
        return (self.done_s - self.arrived_s)[int(WARM_UP * len(self.arrived_s)) :]

    @property
    def p95_s(self) -> float:
        """What 95 % of them stay under."""
        return float(np.quantile(self.latency_s, 0.95))

    @property
    def is_sustained(self) -> bool:
        """Whether tasks are finished as fast as they arrive: after the warm-up, until the last arrival."""
        start, end = self.arrived_s[int(WARM_UP * len(self.arrived_s))], self.arrived_s[-1]
        n_arrived = (self.arrived_s > start).sum()
        n_done = ((self.done_s > start) & (self.done_s <= end)).sum()
        return bool(n_done >= SUSTAINED * n_arrived)


@dataclass(frozen=True)
class LoadCurve:
    """Times against load; arrays of shape (L,)."""

    tasks_per_hour: np.ndarray
    share_of_capacity: np.ndarray
    p50_s: np.ndarray
    p95_s: np.ndarray
    mean_batch: np.ndarray
    is_sustained: np.ndarray
    capacity_per_hour: float
    """If every replica were always full; queues grow without end before that."""
    knee_per_hour: float | None
    """Where p95 begins to climb: the sustained load farthest below the chord; None with fewer than three sustained loads."""
    sustained_per_hour: float | None
    """Highest load of the curve that is sustained (and within the limit on p95, where there is one)."""
    reason: str | None = None
    """Why there is no sustained load."""


def fleet(
    calls: Sequences,
    gpu: Gpu,
    model: Model,
    *,
    replicas: int,
    gpus: float = 1.0,
    largest_batch: float = 256.0,
    efficiency: Efficiency = CALIBRATED,
) -> Fleet | None:
    """Return replicas of a model on these GPUs with the speeds of the hardware model, None where it does not fit or is unknown."""
    prompt, output = float(calls.prompt_tokens.mean()), float(calls.output_tokens.mean())
    fit = memory_fit(gpu, model, prompt_tokens=prompt, output_tokens=output, n_gpus=gpus)
    if not fit.fits or not np.isfinite(fit.largest_batch):
        return None
    sizes = np.arange(1.0, min(largest_batch, float(fit.largest_batch)) + 1)
    steps = roofline(
        gpu, model, prompt_tokens=prompt, output_tokens=output, batch=sizes, tensor_parallel=gpus, efficiency=efficiency
    ).step_s  # fmt: skip
    each = roofline(
        gpu, model, prompt_tokens=calls.prompt_tokens, output_tokens=calls.output_tokens, cached_tokens=calls.cached_tokens,
        tensor_parallel=gpus, efficiency=efficiency,
    )  # fmt: skip
    return Fleet(replicas, np.broadcast_to(each.ttft_s, calls.prompt_tokens.shape), np.concatenate([[0.0], steps]))


def capacity_per_hour(calls: Sequences, on: Fleet) -> float:
    """Return the tasks an hour that full replicas finish: a call stops its replica for its prefill, then decodes with a full batch."""
    later = np.maximum(calls.output_tokens - 1, 0.0)
    seconds = on.prefill_s.sum() + later.sum() * on.step_s[-1] / on.largest_batch
    if not seconds > 0:
        raise ValueError("calls that take no time have no capacity")
    return float(3600 * on.replicas * calls.n / seconds)


def simulate(calls: Sequences, on: Fleet, tasks_per_hour: float, *, n_tasks: int = N_TASKS, seed: int = 0) -> Run:
    """Tasks that arrive as a Poisson process, served to the last one.

    Parameters
    ----------
    calls : Sequences
        What tasks do; each arrival draws one of them.
    on : Fleet
        Replicas.
    tasks_per_hour : float
        Mean rate of arrivals.
    n_tasks, seed : int
        Arrivals, and the seed of their times and draws.

    Returns
    -------
    Run
        When every task arrived and was done.

    Raises
    ------
    ValueError
        If the rate is not positive or there is nothing to do.

    Notes
    -----
    A call goes to the replica with the fewest requests, or waits where all are full; the first that waits is the first served. It
    stops its replica for its prefill and then decodes one token per step; the step grows with the batch. Exact where theory is: with
    batches of one, no prefill and exponential lengths it is M/M/c; with a step proportional to the batch it is a processor-sharing
    queue. It misleads where the next call of a task finds its prefix only on the replica that it left (here on all), where
    arrivals come in waves, and near the capacity, where 2,000 arrivals are too few for the queue to reach its length.

    References
    ----------
    Kleinrock, *Queueing Systems*, volume 1, 1975, chapter 3 (M/M/c), volume 2, 1976, section 4.4 (processor sharing). Yu et al., "Orca: a
    distributed serving system for transformer-based generative models", OSDI 2022 (continuous batching).

    Examples
    --------
    One call of 10 steps of 0.1 s after a prefill of 1 s, and tools of 3 s: 5 s where nobody else is there:

    >>> calls = Sequences(np.array([0, 1]), *(np.array([value]) for value in (100.0, 0.0, 11.0, 3.0)))
    >>> run = simulate(calls, Fleet(1, np.array([1.0]), np.array([0.0, 0.1])), 0.01, n_tasks=10)
    >>> (run.done_s - run.arrived_s).round(6).tolist() == [5.0] * 10
    True
    """
    if not tasks_per_hour > 0 or not calls.n or n_tasks < 1:
        raise ValueError("a load has tasks, and an hour has some of them")
    rng = np.random.default_rng(seed)
    arrived = np.cumsum(rng.exponential(3600 / tasks_per_hour, n_tasks))
    drawn = rng.integers(0, calls.n, n_tasks)
    done, busy, stood, under_way = _run(calls, on, arrived, drawn)
    end = float(arrived[-1])
    return Run(
        tasks_per_hour=tasks_per_hour,
        arrived_s=arrived,
        done_s=done,
        busy_share=busy / (end * on.replicas),
        mean_batch=stood / busy if busy > 0 else 0.0,
        mean_in_system=under_way / max(float(done.max() - arrived[0]), 1e-12),
    )


def _run(calls: Sequences, on: Fleet, arrived: np.ndarray, drawn: np.ndarray) -> tuple[np.ndarray, float, float, float]:
    """Serve all tasks; return when each is done, busy time and Σ batch · time of the replicas until the last arrival, Σ tasks · time.

    A replica has its own clock that counts the tokens which each of its requests has decoded; a request ends when that clock reaches
    what it showed at its admission plus the request's length. So an event costs O(log n), however large the batch.
    """
    first, wait, drawn = calls.first.tolist(), calls.wait_s.tolist(), drawn.tolist()
    later, prefill = np.maximum(calls.output_tokens - 1, 0.0).tolist(), on.prefill_s.tolist()
    step, most, c = on.step_s.tolist(), on.largest_batch, on.replicas
    last = float(arrived[-1])
    clock, since, stopped = [0.0] * c, [0.0] * c, [0.0] * c  # tokens, moment at which they were counted, end of prefills
    batch, version = [0] * c, [0] * c
    running: list[list[tuple[float, int, int]]] = [[] for _ in range(c)]  # (clock at its end, task, call)
    done = [0.0] * len(arrived)
    waiting: list[tuple[int, int]] = []
    head = 0  # of the queue
    busy, stood, under_way, before, n_under_way = 0.0, 0.0, 0.0, 0.0, 0
    events: list[tuple[float, int, int, int]] = [(t, 0, i, first[d]) for i, (t, d) in enumerate(zip(arrived.tolist(), drawn, strict=True))]
    push, pop = (
        heapq.heappush,
        heapq.heappop,
    )  # (moment, 0 a call begins, 1 a replica ends one, 2 a task is done; task or replica; call or version)

    def advance(r: int, now: float) -> None:
        """Let a replica's clock run up to now."""
        nonlocal busy, stood
        n = batch[r]
        if n:
            begin = since[r] if since[r] > stopped[r] else stopped[r]
            if now > begin:
                clock[r] += (now - begin) / step[n]
            counted = (now if now < last else last) - since[r]
            if counted > 0:
                busy += counted
                stood += n * counted
        since[r] = now

    def schedule(r: int, now: float) -> None:
        """Announce the next end of a request; what was announced before is void."""
        version[r] += 1
        if running[r]:
            begin = now if now > stopped[r] else stopped[r]
            rest = running[r][0][0] - clock[r]
            push(events, (begin + (rest if rest > 0 else 0.0) * step[batch[r]], 1, r, version[r]))

    def admit(r: int, now: float, task: int, call: int) -> None:
        batch[r] += 1
        stopped[r] = (now if now > stopped[r] else stopped[r]) + prefill[call]
        push(running[r], (clock[r] + later[call], task, call))

    while events:
        now, kind, which, call = pop(events)
        under_way += n_under_way * (now - before)
        before = now
        if kind == 2:
            done[which] = now
            n_under_way -= 1
            continue
        if kind == 0:
            n_under_way += call == first[drawn[which]]
            fewest = min(batch)
            if fewest >= most:
                waiting.append((which, call))
                continue
            r = batch.index(fewest)
            advance(r, now)
            admit(r, now, which, call)
        else:
            r = which
            if call != version[r]:
                continue
            advance(r, now)
            end, task, ended = pop(running[r])
            clock[r] = max(clock[r], end)  # not a last bit behind what has just ended
            batch[r] -= 1
            after = now + wait[ended]
            if ended + 1 < first[drawn[task] + 1]:
                push(events, (after, 0, task, ended + 1))
            else:
                push(events, (after, 2, task, 0))
            if head < len(waiting):
                admit(r, now, *waiting[head])
                head += 1
        schedule(r, now)
    return np.array(done), busy, stood, under_way


def load_curve(
    calls: Sequences,
    on: Fleet,
    *,
    shares: Sequence[float] = LOADS,
    max_p95_s: float | None = None,
    n_tasks: int = N_TASKS,
    seed: int = 0,
) -> LoadCurve:
    """p95 against load, with its knee and the highest load that is sustained.

    Parameters
    ----------
    calls, on, n_tasks, seed
        As of `simulate`; every load gets the same draws.
    shares : sequence of float
        Loads as shares of the capacity, rising.
    max_p95_s : float, optional
        Limit on p95 for a load that counts as sustained.

    Returns
    -------
    LoadCurve
        Percentiles over the tasks after the warm-up.

    Raises
    ------
    ValueError
        If the loads do not rise from above 0.

    Notes
    -----
    Knee: among the sustained loads, with load and p95 scaled to 0–1, the one farthest below the chord from first to last. Sustained: after
    the warm-up, 95 % as many tasks are done as arrive until the last arrival. It misleads on a coarse grid of loads: the knee is one
    of its points.

    References
    ----------
    Satopää et al., "Finding a 'kneedle' in a haystack", ICDCS Workshops 2011, pages 166-171.

    Examples
    --------
    See `tests/analytics/test_fleet.py`.
    """
    if not len(shares) or shares[0] <= 0 or (np.diff(shares) <= 0).any():
        raise ValueError("loads rise from above 0")
    capacity = capacity_per_hour(calls, on)
    runs = [simulate(calls, on, share * capacity, n_tasks=n_tasks, seed=seed) for share in shares]
    p50, p95 = np.array([np.quantile(run.latency_s, 0.5) for run in runs]), np.array([run.p95_s for run in runs])
    loads, held = np.array([run.tasks_per_hour for run in runs]), np.array([run.is_sustained for run in runs])
    within = held if max_p95_s is None else held & (p95 <= max_p95_s)
    good = np.flatnonzero(held)
    reason = None
    if not within.any():
        reason = "no load is sustained" if not held.any() else f"p95 is above {max_p95_s:g} s even at {shares[0]:.0%} of the capacity"
    return LoadCurve(
        tasks_per_hour=loads, share_of_capacity=np.array(shares, dtype=np.float64), p50_s=p50, p95_s=p95,
        mean_batch=np.array([run.mean_batch for run in runs]), is_sustained=held, capacity_per_hour=capacity,
        knee_per_hour=_knee(loads[good], p95[good]), sustained_per_hour=float(loads[within].max()) if within.any() else None, reason=reason,
    )  # fmt: skip


def _knee(load: np.ndarray, p95: np.ndarray) -> float | None:
    """Return the load farthest below the chord from first to last, None where there is none in between."""
    if len(load) < 3 or not p95[-1] > p95[0]:
        return None
    x, y = (load - load[0]) / (load[-1] - load[0]), (p95 - p95[0]) / (p95[-1] - p95[0])
    place = int(np.argmax(x - y))
    return float(load[place]) if x[place] > y[place] else None
