"""Power of a fleet: what a number of tasks a day draws, with and without batching, and beside the figures that others published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.declared import evaluate
from analytics.points import known
from analytics.projection_model import model


@dataclass(frozen=True)
class PublishedEnergy:
    """GPU energy of one query, as published: one request at a time on its GPUs, no PUE, no other parts of the machine."""

    workload: str
    agent: str
    model: str
    gpus: str
    wh_per_query: float


CITATION = "Kim et al., “The Cost of Dynamic Reasoning”, HPCA 2026, arXiv:2506.04301, table III; read in a note that quotes the paper"
PUBLISHED = (
    PublishedEnergy("ShareGPT", "single-turn chat", "Llama 3.1 8B", "1 × A100 40GB", 0.32),
    PublishedEnergy("ShareGPT", "single-turn chat", "Llama 3.1 70B", "8 × A100 40GB", 2.55),
    PublishedEnergy("HotpotQA", "Reflexion", "Llama 3.1 8B", "1 × A100 40GB", 41.53),
    PublishedEnergy("HotpotQA", "Reflexion", "Llama 3.1 70B", "8 × A100 40GB", 348.41),
    PublishedEnergy("HotpotQA", "LATS", "Llama 3.1 8B", "1 × A100 40GB", 22.76),
    PublishedEnergy("HotpotQA", "LATS", "Llama 3.1 70B", "8 × A100 40GB", 158.48),
)
PUBLISHED_VOLUMES = (71.4e6, 13.7e9)
"""Queries a day that the paper multiplies by: 198.9 GW is Reflexion on the 70B model at the second."""
WHAT_THEY_ARE = "GPU energy only, one request at a time: no batching, no PUE"


@dataclass(frozen=True, kw_only=True)
class FleetPower:
    """Mean draw of one configuration on own GPUs at a volume; None is unknown."""

    tasks_per_day: float
    batch: float
    unbatched_wh: float | None
    """Per task, GPUs alone, one request at a time: as the published figures are."""
    batched_wh: float | None
    """Per task, GPUs alone, with the batch of the position."""
    energy_wh: float | None
    """Per task, with the batch, idle GPUs and PUE."""
    unbatched_w: float | None
    batched_w: float | None
    power_w: float | None
    batching_saves: float | None
    """1 − batched / unbatched."""


def power_w(wh_per_task: float, tasks_per_day: float, pue: float = 1.0) -> float:
    """Mean draw of so many tasks a day.

    Parameters
    ----------
    wh_per_task : float
        Energy of one task, Wh.
    tasks_per_day : float
        Volume.
    pue : float
        Power of the building over that of its machines; 1: the machines alone.

    Returns
    -------
    float
        Watts.

    Raises
    ------
    ValueError
        If a number is negative or not finite, or the PUE is below 1.

    Notes
    -----
    P = Wh · Q / 24 h · PUE: a mean over the day, not the peak that a site must be built for. It misleads with a Wh that was
    measured one request at a time: a server that batches needs far less.

    References
    ----------
    Kim et al., "The Cost of Dynamic Reasoning", HPCA 2026, arXiv:2506.04301, table III.

    Examples
    --------
    Reflexion on the 70B model, 348.41 Wh, at 13.7 billion queries a day: the published 198.9 GW.

    >>> round(power_w(348.41, 13.7e9) / 1e9, 1)
    198.9
    """
    if not all(np.isfinite(value) and value >= 0 for value in (wh_per_task, tasks_per_day)) or not 1 <= pue < np.inf:
        raise ValueError("energy and tasks are numbers from 0 on, a PUE is at least 1")
    return wh_per_task * tasks_per_day / 24 * pue


def fleet_power(fields: Mapping[str, np.ndarray], position: Mapping[str, float], place: int) -> FleetPower:
    """Mean draw of one configuration on own GPUs, with and without batching.

    Parameters
    ----------
    fields, position
        As `analytics.projection.points` and `baseline` return them.
    place : int
        Of the configuration in the fields.

    Returns
    -------
    FleetPower
        None throughout where the model does not fit or is unknown.

    Raises
    ------
    IndexError
        If the place does not exist.

    Notes
    -----
    Energy of a task = Σ over its calls of (power of a replica · time of the request / batch); unbatched is the same at batch 1. Idle
    GPUs draw what waiting ones draw, for (1 − utilisation) of the time. It misleads at volumes too small to fill the batch.

    References
    ----------
    As `analytics.serving.serving`; Barroso, Hölzle and Ranganathan, *The Datacenter as a Computer*, 3rd edition, 2018, section 5.1 (PUE).

    Examples
    --------
    See `tests/analytics/test_power.py`: its numbers are those of `analytics.serving`.
    """
    own = _row(fields, place)
    now, alone = evaluate(model(), position, own), evaluate(model(), {**position, "batch": 1.0}, own)
    volume, batched, unbatched = position["volume"], known(now["gpu_wh"][0]), known(alone["gpu_wh"][0])
    return FleetPower(
        tasks_per_day=volume,
        batch=position["batch"],
        unbatched_wh=unbatched,
        batched_wh=batched,
        energy_wh=known(now["energy_wh"][0]),
        unbatched_w=None if unbatched is None else power_w(unbatched, volume),
        batched_w=None if batched is None else power_w(batched, volume),
        power_w=known(now["power_w"][0]),
        batching_saves=None if batched is None or not unbatched else 1 - batched / unbatched,
    )


def by_level(
    fields: Mapping[str, np.ndarray], position: Mapping[str, float], place: int, key: str, levels: Sequence[float]
) -> dict[str, np.ndarray]:
    """Return every formula of the projection for one configuration at these levels of one slider, arrays of shape (L,)."""
    own = {name: np.repeat(values, len(levels), axis=0) for name, values in _row(fields, place).items()}
    rest = {name: value for name, value in position.items() if name != key}
    return evaluate(model(), rest, own | {key: np.array(levels, dtype=np.float64)})


def _row(fields: Mapping[str, np.ndarray], place: int) -> dict[str, np.ndarray]:
    """Return the fields of one configuration."""
    if not 0 <= place < len(fields["logged_accuracy"]):
        raise IndexError(f"there is no configuration {place}")
    return {name: np.asarray(values)[place : place + 1] for name, values in fields.items()}
