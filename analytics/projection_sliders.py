"""What a set of logs lets one move, over which range, and where everything stands as logged."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from analytics import notation
from analytics.declared import evaluate
from analytics.hardware import CALIBRATED, Efficiency, Gpu
from analytics.projection_model import POSITION, model

VOLUME = 1000.0
"""Tasks a day where nobody has said how many."""
PLAIN = {
    "samples": 1.0,
    "batch_share": 0.0,
    "gpus": 1.0,
    "batch": 16.0,
    "utilisation": 0.6,
    "pue": 1.2,
    "usd_per_kwh": 0.0,
    "grid_g_per_kwh": 350.0,
}
"""Where nothing is said: one sample, no batch discount; own GPUs busy 60 % of the time, cooling and losses a fifth on top, a rental price
that holds the electricity, a grid of 350 gCO2e per kWh."""
_ROUND = (1, 2, 5)


@dataclass(frozen=True)
class Slider:
    """One thing that can be moved, over the range that these logs support."""

    key: str
    """Its name in the position."""
    label: str
    unit: str
    """Follows the number: `turns`; empty where the label says it."""
    low: float
    high: float
    step: float
    """Of the number field; a slider on a log scale may step finer."""
    baseline: float
    """As logged. NaN: each configuration keeps its own (cache hits)."""
    ticks: tuple[tuple[float, str], ...]
    """Value and its text; the last of a cap is `none`: nothing is cut there."""
    is_log: bool
    group: Literal["use", "own"] = "use"
    """`own`: moves only what own GPUs cost."""
    shown_at: float = math.nan
    """Where the thumb and the tick of the baseline stand: the baseline, or the mean of what the configurations logged."""


def baseline(
    fields: Mapping[str, np.ndarray], *, volume: float = VOLUME, gpu: Gpu | None = None, efficiency: Efficiency = CALIBRATED
) -> dict[str, float]:
    """Return the position at which everything is as logged.

    Parameters
    ----------
    fields : mapping of str to array
        As `points` returns them.
    volume : float
        Tasks a day: the one number that no log knows.
    gpu : Gpu, optional
        The GPU of the own fleet; one replica gets as many as hold the largest of the models.
    efficiency : Efficiency
        What of the datasheet the engine reaches.

    Returns
    -------
    dict of float
        All names of `POSITION`. NaN: no cap where no log has the unit, cache hits as each configuration logged them, no limit.

    Raises
    ------
    ValueError
        If the volume is negative or not finite.

    Examples
    --------
    See `analytics.projection.project`.
    """
    if not (math.isfinite(volume) and volume >= 0):
        raise ValueError("tasks per day are a number from 0 on")
    position = dict.fromkeys(POSITION, math.nan) | PLAIN | {"volume": float(volume)}
    position |= {name: float(value) for name, value in asdict(efficiency).items()}
    position["cap"] = _reach(fields["cap_levels"], fields["cap_accuracy"])
    position["budget_usd"] = _reach(fields["usd_levels"], fields["usd_accuracy"])
    position["reflections"] = _reach(fields["depth_levels"][:, 1:], fields["depth_gain"])
    if math.isfinite(position["budget_usd"]):
        position["budget_usd"] = _above(position["budget_usd"])
    if gpu is not None:
        position |= on_gpu(gpu)
        wanted = evaluate(model(), position, fields)["gpus_to_fit"]
        if np.isfinite(wanted).any():
            position["gpus"] = float(np.nanmax(wanted))
    return position


def on_gpu(gpu: Gpu) -> dict[str, float]:
    """Return what a GPU of the table says of a position.

    >>> on_gpu(Gpu("a card", 80.0, 2.0, 300.0, float("nan"), 400.0, 2.5))["gpu_tdp_w"]
    400.0
    """
    return {
        "gpu_memory_gb": float(gpu.memory_gb),
        "gpu_bandwidth_tb_per_s": float(gpu.bandwidth_tb_per_s),
        "gpu_bf16_tflops": float(gpu.bf16_tflops),
        "gpu_fp8_tflops": float(gpu.fp8_tflops),
        "gpu_tdp_w": float(gpu.tdp_w),
        "usd_per_hour": float(gpu.usd_per_hour),
    }


def sliders(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> list[Slider]:
    """Sliders that these logs support, in the order in which they are offered.

    Parameters
    ----------
    fields : mapping of str to array
        As `points` returns them.
    start : mapping of str to float
        As `baseline` returns it.

    Returns
    -------
    list of Slider
        Only those that would move something: no rounds in the logs, no slider for rounds.

    Raises
    ------
    KeyError
        If a field is missing.

    Notes
    -----
    A cap begins at one turn, or at a sum of money that a tenth of the attempts of some configuration stay under, and ends where it
    cuts nothing. Nothing can be moved beyond what was observed: no further rounds, no further samples.

    Examples
    --------
    See `analytics.projection.project`.
    """
    found: list[Slider | None] = [
        _slider(start, "volume", "Tasks a day", low=10.0, high=max(1e6, _above(start["volume"])), step=1.0, is_log=True),
        _cap(fields, start),
        _budget(fields, start),
        _rounds(start),
        _samples(fields, start),
        _cache(fields, start),
        _slider(start, "batch_share", "At the batch discount", low=0.0, high=1.0, step=0.05, percent=True)
        if np.isfinite(fields["logged_cost_usd"]).any()
        else None,
    ]
    if np.isfinite(fields["total_b"]).any() and math.isfinite(start["gpu_memory_gb"]):
        found += [
            _slider(start, "gpus", "GPUs in a replica", low=1.0, high=max(16.0, start["gpus"]), step=1.0, is_log=True, is_own=True),
            _slider(start, "batch", "Requests at once", low=1.0, high=512.0, step=1.0, is_log=True, is_own=True),
            _slider(start, "utilisation", "Busy", low=0.05, high=1.0, step=0.05, percent=True, is_own=True),
            _slider(start, "usd_per_hour", "GPU hour", "USD", low=0.1, high=20.0, step=0.01, is_log=True, is_own=True),
            _slider(start, "pue", "PUE", low=1.0, high=2.0, step=0.05, is_own=True),
            _slider(start, "usd_per_kwh", "Electricity on top", "USD/kWh", low=0.0, high=0.6, step=0.01, is_own=True),
            _slider(start, "grid_g_per_kwh", "Grid", "gCO2e/kWh", low=0.0, high=900.0, step=10.0, is_own=True),
        ]
    return [each for each in found if each is not None]


def _cap(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> Slider | None:
    high = start["cap"]
    if not high > 1:
        return None
    marks = [(n, notation.count(n)) for n in (1.0, *(high * share for share in (0.25, 0.5, 0.75))) if n == int(n)]
    return Slider("cap", "Turn cap", "turns", 1.0, high, 1.0, high, (*marks, (high, "none")), False, shown_at=high)


def _budget(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> Slider | None:
    high = start["budget_usd"]
    if not high > 0:
        return None
    levels = np.where(_is_replayed(fields["usd_accuracy"])[:, None], fields["usd_levels"], np.nan)
    low = min(float(np.nanmin(levels[:, min(4, levels.shape[1] - 1)])), high / 10)
    low = _rounds_between(low / 10, low)[-1]
    marks = [(value, notation.usd(value)) for value in _rounds_between(low, high)]
    return Slider("budget_usd", "Budget per task", "USD", low, high, low / 10, high, (*marks, (high, "none")), True, shown_at=high)


def _rounds(start: Mapping[str, float]) -> Slider | None:
    high = start["reflections"]
    if not high >= 1:
        return None
    marks = tuple((float(n), str(n)) for n in range(int(high) + 1))
    return Slider("reflections", "Reflection rounds", "", 0.0, high, 1.0, high, marks, False, shown_at=high)


def _samples(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> Slider | None:
    known = np.where(np.isnan(fields["sample_gain"]), np.nan, fields["sample_levels"])
    high = float(np.nanmax(known)) if known.size else 1.0
    if not high > 1:
        return None
    marks = tuple((float(n), str(n)) for n in range(1, int(high) + 1))
    return Slider("samples", "Samples that vote", "", 1.0, high, 1.0, start["samples"], marks, False, shown_at=start["samples"])


def _cache(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> Slider | None:
    hit = fields["logged_hit"]
    is_priced = np.isfinite(fields["rest_usd_per_mtok"] + fields["read_usd_per_mtok"] + fields["written_usd_per_mtok"])
    moves = np.isfinite(hit) & ((is_priced & np.isfinite(fields["logged_cost_usd"])) | np.isfinite(fields["total_b"]))
    if not moves.any():
        return None
    marks = tuple((share, notation.percent(share, 0)) for share in (0.0, 0.5, 1.0))
    return Slider("cache_hit", "Cache hits", "", 0.0, 1.0, 0.01, math.nan, marks, False, shown_at=float(hit[moves].mean()))


def _slider(
    start: Mapping[str, float],
    key: str,
    label: str,
    unit: str = "",
    *,
    low: float,
    high: float,
    step: float,
    is_log: bool = False,
    percent: bool = False,
    is_own: bool = False,
) -> Slider:
    at = start[key]
    values = _rounds_between(low, high, (1,)) if is_log else [low, high]
    ticks = tuple((value, notation.percent(value, 0) if percent else f"{value:,.12g}") for value in values)
    return Slider(key, label, unit, low, high, step, at, ticks, is_log, "own" if is_own else "use", at)


def _is_replayed(values: np.ndarray) -> np.ndarray:
    """Return which rows of a table were replayed: what was not is unknown at its first level."""
    return ~np.isnan(values[:, 0])


def _reach(levels: np.ndarray, values: np.ndarray) -> float:
    """Return the largest level of the rows that were replayed, NaN without one."""
    known = levels[_is_replayed(values)]
    return float(np.nanmax(known)) if np.isfinite(known).any() else math.nan


def _above(value: float) -> float:
    """Return the next larger number with two significant digits.

    >>> _above(1.3836), _above(0.052), _above(100.0)
    (1.4, 0.052, 100.0)
    """
    if value <= 0:
        return 0.0
    digits = 1 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return rounded if rounded >= value else round(rounded + 10.0**-digits, digits)


def _rounds_between(low: float, high: float, leading: tuple[int, ...] = _ROUND) -> list[float]:
    """Return the 1-2-5 numbers from low to high.

    >>> _rounds_between(0.01, 0.3)
    [0.01, 0.02, 0.05, 0.1, 0.2]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = [float(f"{digit}e{power}") for power in powers for digit in leading]
    return [value for value in values if low <= value <= high]
