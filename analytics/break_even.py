"""When something pays: a one-off cost against a saving on every run, and own GPUs against an API."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.points import known
from analytics.power import by_level

MOST_GPUS = 16
"""Of one replica, in the search for a fleet."""
BATCHES = tuple(float(2**k) for k in range(10))
MILESTONES = (1_000.0, 10_000.0, 100_000.0, 1_000_000.0)


@dataclass(frozen=True)
class OneOff:
    """A cost paid once to make every run cheaper: fine-tuning, demonstrations, an evaluation."""

    break_even_runs: float | None
    """From so many runs on it has paid for itself; None: never."""
    saving_at: dict[float, float]
    """Runs → USD saved by then, negative before it pays."""
    reason: str | None = None
    """Why it never pays."""


@dataclass(frozen=True, kw_only=True)
class OwnAgainstApi:
    """One configuration on own GPUs against its API; None is unknown. Own GPUs come in whole replicas, so their cost rises in steps."""

    api_usd_per_task: float | None
    replica_usd_per_day: float | None
    electricity_usd_per_task: float | None
    replica_tasks_per_day: float | None
    """What one replica does at the utilisation that was set."""
    break_even_tasks_per_day: float | None
    """Smallest volume at which own GPUs cost no more; None: unknown or never."""
    for_good_tasks_per_day: float | None
    """Above it they never cost more again, whatever the step."""
    api_usd_per_month: float | None
    own_usd_per_month: float | None
    gpus_needed: float | None
    own_latency_s: float | None
    cheaper: str | None
    """`api` or `own` at the volume of the position."""
    reason: str | None = None
    """Why own GPUs never pay."""


@dataclass(frozen=True, kw_only=True)
class FleetPlan:
    """The cheapest fleet for a load and a limit on the time of a task."""

    gpus: float | None
    """In one replica; None: nothing keeps the limit."""
    batch: float | None
    gpus_needed: float | None
    own_usd_per_month: float | None
    own_latency_s: float | None
    """Mean time of a task, without queueing."""
    reason: str | None = None
    """Why there is none; it names the nearest."""


def one_off(once_usd: float, old_usd: float, new_usd: float, at: Sequence[float] = MILESTONES) -> OneOff:
    """How many runs pay for a one-off cost.

    Parameters
    ----------
    once_usd : float
        Paid once.
    old_usd, new_usd : float
        Cost of a run before and after.
    at : sequence of float
        Runs at which the saving is told.

    Returns
    -------
    OneOff
        The smallest whole number of runs at which the saving covers the cost.

    Raises
    ------
    ValueError
        If a cost is negative or not finite.

    Notes
    -----
    N* = C_once / (old − new), net(E) = E · (old − new) − C_once. It misleads where the new way also changes accuracy (compare costs
    per success instead), or where the one-off cost has to be paid again with every new model.

    References
    ----------
    Sarukkai et al., arXiv:2512.02543: 843 episodes at 0.059 and 0.024 USD, i.e. 29.5 USD of demonstrations.

    Examples
    --------
    >>> found = one_off(29.5, 0.059, 0.024, at=(1_000_000,))
    >>> found.break_even_runs, round(found.saving_at[1_000_000])
    (843, 34970)
    """
    if not all(math.isfinite(value) and value >= 0 for value in (once_usd, old_usd, new_usd)):
        raise ValueError("costs are numbers from 0 on")
    saved = old_usd - new_usd
    saving_at = {float(runs): runs * saved - once_usd for runs in at}
    if once_usd == 0 and saved >= 0:
        return OneOff(0, saving_at)
    if saved <= 0:
        return OneOff(None, saving_at, "a run costs no less than before, so it never pays")
    return OneOff(math.ceil(round(once_usd / saved, 9)), saving_at)  # 10 / 0.1 is 100 runs, not 101


def own_against_api(fields: Mapping[str, np.ndarray], position: Mapping[str, float], place: int) -> OwnAgainstApi:
    """At which volume own GPUs cost less than the API, for one configuration at a position.

    Parameters
    ----------
    fields, position
        As `analytics.projection.points` and `baseline` return them.
    place : int
        Of the configuration in the fields.

    Returns
    -------
    OwnAgainstApi
        With what is known; both volumes are None where a cost is unknown or own GPUs never pay.

    Raises
    ------
    IndexError
        If the place does not exist.

    Notes
    -----
    With a USD per task by API (electricity of an own task taken off), R USD per day for a replica and C tasks per day that it does: n
    replicas cost no more than the API from n·R/a tasks on, which they can do if R/a ≤ C; so the first volume is R/a, or none. A
    further replica makes own GPUs dearer again until it is used: for good they are cheaper above (m+1)·R/a, m the largest whole
    number below R/(a·C − R). It misleads where nobody runs the GPUs for free: staff and a spare replica are not in R.

    References
    ----------
    The definition: a line against a staircase.

    Examples
    --------
    See `tests/analytics/test_break_even.py`, where both volumes are found again by trying all of them.
    """
    found = {name: known(values[0]) for name, values in by_level(fields, position, place, "volume", [position["volume"]]).items()}
    api, replica_s, own = found["cost_usd"], found["replica_s"], found["own_usd_per_month"]
    replica = known(position["gpus"] * position["usd_per_hour"] * 24)
    electricity = None if found["energy_wh"] is None else found["energy_wh"] / 1000 * position["usd_per_kwh"]
    capacity = None if not replica_s else 86400 * position["utilisation"] / replica_s
    first = good = reason = None
    if api is not None and replica is not None and electricity is not None and capacity is not None:
        first, good = crossings(api - electricity, replica, capacity)
        if first is None:
            reason = "a task costs more on own GPUs at every volume"
    bill = found["usd_per_month"]
    return OwnAgainstApi(
        api_usd_per_task=api,
        replica_usd_per_day=replica,
        electricity_usd_per_task=electricity,
        replica_tasks_per_day=capacity,
        break_even_tasks_per_day=first,
        for_good_tasks_per_day=good,
        api_usd_per_month=bill,
        own_usd_per_month=own,
        gpus_needed=found["gpus_needed"],
        own_latency_s=found["own_latency_s"],
        cheaper=None if bill is None or own is None else "own" if own <= bill else "api",
        reason=reason,
    )


def crossings(usd_per_task: float, replica_usd_per_day: float, replica_tasks_per_day: float) -> tuple[float | None, float | None]:
    """Return the first volume at which replicas cost no more than a price per task, and the one above which they never cost more.

    >>> crossings(1.0, 10.0, 25.0), crossings(1.0, 10.0, 15.0), crossings(1.0, 10.0, 8.0), crossings(1.0, 10.0, 10.0)
    ((10.0, 10.0), (10.0, 20.0), (None, None), (10.0, None))
    """
    if usd_per_task <= 0:
        return (None, None) if replica_usd_per_day > 0 or usd_per_task < 0 else (0.0, 0.0)
    first = replica_usd_per_day / usd_per_task
    if first > replica_tasks_per_day:
        return None, None
    spare = usd_per_task * replica_tasks_per_day - replica_usd_per_day  # what a full replica saves in a day
    if spare <= 0:
        return first, None  # full replicas cost the same: each further step is dearer until it is full
    steps = max(1, math.ceil(round(replica_usd_per_day / spare, 9)))  # from the next replica on, it has paid before it begins
    return first, steps * first


def bills(fields: Mapping[str, np.ndarray], position: Mapping[str, float], place: int, volumes: Sequence[float]) -> dict[str, np.ndarray]:
    """Return the month's bills at these tasks a day, shape (L,): API with its interval, own GPUs, and the GPUs needed."""
    found = by_level(fields, position, place, "volume", volumes)
    return {name: found[name] for name in ("usd_per_month", "usd_per_month_low", "usd_per_month_high", "own_usd_per_month", "gpus_needed")}


def cheapest_fleet(
    fields: Mapping[str, np.ndarray], position: Mapping[str, float], place: int, *, max_latency_s: float | None = None
) -> FleetPlan:
    """GPUs for the load and the limit on time: replica size and batch that cost least.

    Parameters
    ----------
    fields, position
        As `analytics.projection.points` and `baseline` return them.
    place : int
        Of the configuration in the fields.
    max_latency_s : float, optional
        Limit on the mean time of a task on own GPUs, seconds.

    Returns
    -------
    FleetPlan
        Nothing fits the memory or keeps the limit: without numbers, with the reason.

    Raises
    ------
    IndexError
        If the place does not exist.

    Notes
    -----
    All replicas of 1, 2, 4, … 16 GPUs with batches of 1, 2, 4, … 512: the least monthly cost, then the least time. The time has no
    queueing in it; the load simulation adds that. It misleads at small volumes, where the batch never fills.

    References
    ----------
    As `analytics.hardware.roofline`.

    Examples
    --------
    See `tests/analytics/test_break_even.py`.
    """
    sizes = [float(2**k) for k in range(int(math.log2(MOST_GPUS)) + 1)]
    rows = []
    for size in sizes:
        found = by_level(fields, {**position, "gpus": size}, place, "batch", BATCHES)
        columns = [found[name].tolist() for name in ("own_usd_per_month", "own_latency_s", "gpus_needed")]
        rows += [(*row, size, batch) for *row, batch in zip(*columns, BATCHES, strict=True)]
    fitting = [row for row in rows if np.isfinite(row[0])]
    if not fitting:
        return FleetPlan(
            gpus=None, batch=None, gpus_needed=None, own_usd_per_month=None, own_latency_s=None,
            reason=f"no replica of up to {MOST_GPUS} GPUs is known to hold the model",
        )  # fmt: skip
    within = [row for row in fitting if max_latency_s is None or row[1] <= max_latency_s]
    if not within:
        timed = [row for row in fitting if np.isfinite(row[1])]
        fastest = min(timed, key=lambda row: (row[1], row[0])) if timed else None
        nearest = (
            f"the fastest, {fastest[3]:.0f} GPUs at batch {fastest[4]:.0f}, takes {fastest[1]:.3g} s"
            if fastest
            else "the time of a task is unknown, since the logs do not time their steps"
        )
        return FleetPlan(gpus=None, batch=None, gpus_needed=None, own_usd_per_month=None, own_latency_s=None,
                         reason=f"nothing stays within {max_latency_s:g} s: {nearest}")  # fmt: skip
    usd, latency, needed, gpus, batch = min(within, key=lambda row: (row[0], row[1] if np.isfinite(row[1]) else math.inf, row[3]))
    return FleetPlan(gpus=gpus, batch=batch, gpus_needed=float(needed), own_usd_per_month=float(usd), own_latency_s=known(latency))


def monthly_saving(own: OwnAgainstApi) -> float | None:
    """Return what own GPUs save in a month at the volume, negative where they cost more."""
    if own.api_usd_per_month is None or own.own_usd_per_month is None:
        return None
    return own.api_usd_per_month - own.own_usd_per_month
