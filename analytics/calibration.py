"""Efficiencies of the hardware model from measured rows, and its errors on models that were left out of the fit."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.hardware import Efficiency, Gpu, Model, roofline

PROMPT_TOKENS = 100.0
"""Assumed where the rows have no prompt length: the benchmark's 500 prompts average about 360 characters of text."""
STARTS = tuple((mfu, mbu, 0.01, 0.01, 0.0003) for mfu in (0.3, 0.5, 0.7) for mbu in (0.5, 0.7, 0.9))
"""Where the search begins: each maximum in the roofline is a kink, and from one start it can stop on a ledge."""
LOWEST = 1e-6
COLUMNS = (
    "model", "gpu", "tensor_parallel", "pipeline_parallel", "batch", "output_tokens", "tokens_per_s", "tpot_s", "joules_per_request",
)  # fmt: skip
"""What a measured row has: names as in the tables of models and GPUs, then means over a run."""


@dataclass(frozen=True)
class RunEnd:
    """How the end of a benchmark run, when nothing waits any more and the batch drains, weighs in a mean over all its steps."""

    requests_per_step: float
    """Requests of the whole run for each step of its end."""
    batch_share: float
    """Mean batch at the end over the full batch."""


@dataclass(frozen=True)
class Calibration:
    """A fit, and what it was fitted to."""

    efficiency: Efficiency
    run_end: RunEnd
    models: tuple[str, ...]
    n_rows: int
    prompt_tokens: float


@dataclass(frozen=True)
class Prediction:
    """What the model says of each row."""

    steady_tpot_s: np.ndarray
    """Seconds of a request in the full batch for each of its output tokens: batch / throughput (Little's law)."""
    tpot_s: np.ndarray
    """Mean over all steps of a run, its end included: what the benchmark calls average TPOT."""
    tpot_without_end_s: np.ndarray
    """TPOT at the full batch."""
    joules_per_request: np.ndarray
    busy_share: np.ndarray


@dataclass(frozen=True)
class ErrorReport:
    """How far predictions lie from measurements, as fractions of the measurement."""

    n: int
    median_absolute: float
    p90_absolute: float
    median: float
    """Positive: predicted too much."""


def halves(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the models to fit and those to hold out: every other one in the order of their names.

    >>> halves(["c", "a", "d", "b", "a"])
    (('a', 'c'), ('b', 'd'))
    """
    ordered = sorted(set(names))
    return tuple(ordered[::2]), tuple(ordered[1::2])


def steady_tpot_s(rows: pd.DataFrame) -> np.ndarray:
    """Return the measured seconds per output token of a request in the full batch: mean batch / throughput.

    >>> steady_tpot_s(pd.DataFrame({"batch": [64.0], "tokens_per_s": [1280.0]})).tolist()
    [0.05]
    """
    return (rows["batch"] / rows["tokens_per_s"]).to_numpy(dtype=np.float64)


def errors(predicted: np.ndarray, measured: np.ndarray) -> ErrorReport:
    """Measure how far predictions lie from measurements.

    Parameters
    ----------
    predicted, measured : array, shape (n,)
        In one unit; rows where one of the two is NaN are left out.

    Returns
    -------
    ErrorReport
        Median and 90th percentile of |p/m − 1|, and the median of p/m − 1; NaN without rows.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    The median absolute percentage error. It misleads about sums: errors of many small and few large rows count alike, and
    twice too much counts double, half counts half.

    References
    ----------
    Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of Forecasting 22 (2006), 679-688.

    Examples
    --------
    >>> errors(np.array([1.1, 0.9, 3.0]), np.array([1.0, 1.0, 2.0]))
    ErrorReport(n=3, median_absolute=0.1, p90_absolute=0.42, median=0.1)
    """
    predicted, measured = np.asarray(predicted, dtype=np.float64), np.asarray(measured, dtype=np.float64)
    if predicted.shape != measured.shape:
        raise ValueError("every prediction has its measurement")
    error = predicted / measured - 1
    error = error[~np.isnan(error)]
    if not len(error):
        return ErrorReport(0, np.nan, np.nan, np.nan)
    middle, high = np.quantile(np.abs(error), [0.5, 0.9])
    return ErrorReport(len(error), round(float(middle), 6), round(float(high), 6), round(float(np.median(error)), 6))


def predict(
    rows: pd.DataFrame,
    gpu: Gpu,
    model: Model,
    efficiency: Efficiency,
    run_end: RunEnd | None = None,
    prompt_tokens: float = PROMPT_TOKENS,
) -> Prediction:
    """Say what the hardware model predicts for measured runs.

    Parameters
    ----------
    rows : DataFrame
        Columns COLUMNS.
    gpu, model : Gpu, Model
        Arrays, one entry for each row (`analytics.hardware.gpu`, `model`).
    efficiency : Efficiency
        Of the hardware model.
    run_end : RunEnd, optional
        None: the mean over all steps is that of the full batch.
    prompt_tokens : float
        Assumed for all rows.

    Returns
    -------
    Prediction
        Arrays of shape (n,).

    Raises
    ------
    ValueError
        As `analytics.hardware.roofline`.

    Notes
    -----
    A run of N requests has N·o/B steps with the full batch B, and then e steps at a mean batch f·B: the mean batch over all steps
    is B · (1 + f·t) / (1 + t) with t = e·B/(N·o). The hardware model is evaluated there, for its times are nearly linear in B.

    References
    ----------
    Little, "A proof for the queuing formula L = λW", Operations Research 9 (1961), pages 383-387.

    Examples
    --------
    See tests/analytics/test_calibration.py: efficiencies that made rows are found again.
    """
    full = _times(rows, gpu, model, efficiency, rows["batch"].to_numpy(), prompt_tokens)
    output, batch = rows["output_tokens"].to_numpy(), rows["batch"].to_numpy()
    whole = full
    if run_end is not None:
        end = batch / (run_end.requests_per_step * output)
        mean_batch = np.maximum(batch * (1 + run_end.batch_share * end) / (1 + end), 1.0)
        whole = _times(rows, gpu, model, efficiency, mean_batch, prompt_tokens)
    joules = _full_power_joules(rows, gpu, full.request_s) * (
        efficiency.waiting_power_share + efficiency.busy_power_share * full.busy_share
    )
    return Prediction(full.request_s / output, whole.tpot_s, full.tpot_s, joules, full.busy_share)


def fit(rows: pd.DataFrame, gpu: Gpu, model: Model, prompt_tokens: float = PROMPT_TOKENS) -> Calibration:
    """Fit the hardware model's efficiencies to measured rows.

    Parameters
    ----------
    rows, gpu, model, prompt_tokens
        As in `predict`; no measurement may be unknown.

    Returns
    -------
    Calibration
        With the efficiencies and the weight of a run's end.

    Raises
    ------
    ValueError
        If there are fewer rows than 5 parameters, or one is unknown.

    Notes
    -----
    Three least-squares fits of log(predicted / measured), one after the other: MFU, MBU and the engine's three times to
    batch / throughput; the two power shares to joules per request at these times; the run's end to the mean TPOT at these times.
    MFU and MBU are at most 1. Without prompts in the rows MFU is told by large batches only, and with the assumed prompt length;
    MBU and the time of a step pull at each other, for both show in small batches. It misleads as a property of the hardware:
    the engine, its version and settings are in every number.

    References
    ----------
    Branch, Coleman and Li, SIAM Journal on Scientific Computing 21 (1999), pages 1-23 (the bounded least squares of SciPy).

    Examples
    --------
    See tests/analytics/test_calibration.py.
    """
    known = rows[list(COLUMNS[2:])].to_numpy(dtype=np.float64)
    if len(rows) < 5 or not np.isfinite(known).all():
        raise ValueError("a fit needs at least 5 rows, and every number in them")
    steady, tpot, joules = steady_tpot_s(rows), rows["tpot_s"].to_numpy(), rows["joules_per_request"].to_numpy()

    def of(x: np.ndarray, power: np.ndarray | None = None) -> Efficiency:
        return Efficiency(*map(float, x), *(map(float, power) if power is not None else (0.0, 0.0)))

    def speed(x: np.ndarray) -> np.ndarray:
        return np.log(predict(rows, gpu, model, of(x), None, prompt_tokens).steady_tpot_s / steady)

    x = _least_squares(speed, *STARTS)
    times = _times(rows, gpu, model, of(x), rows["batch"].to_numpy(), prompt_tokens)
    full_power = _full_power_joules(rows, gpu, times.request_s)

    def energy(power: np.ndarray) -> np.ndarray:
        return np.log(full_power * (power[0] + power[1] * times.busy_share) / joules)

    power = _least_squares(energy, (0.25, 0.6))

    def end(y: np.ndarray) -> np.ndarray:
        return np.log(predict(rows, gpu, model, of(x), RunEnd(float(y[0]), float(y[1])), prompt_tokens).tpot_s / tpot)

    y = _least_squares(end, (1.0, 0.3), (3.0, 0.1), highest=(100.0, 1.0))
    names = tuple(sorted(set(rows["model"])))
    return Calibration(of(x, power), RunEnd(float(y[0]), float(y[1])), names, len(rows), prompt_tokens)


def _times(rows: pd.DataFrame, gpu: Gpu, model: Model, efficiency: Efficiency, batch: np.ndarray, prompt_tokens: float):
    return roofline(
        gpu,
        model,
        prompt_tokens=prompt_tokens,
        output_tokens=rows["output_tokens"].to_numpy(),
        batch=batch,
        tensor_parallel=rows["tensor_parallel"].to_numpy(),
        pipeline_parallel=rows["pipeline_parallel"].to_numpy(),
        efficiency=efficiency,
    )


def _full_power_joules(rows: pd.DataFrame, gpu: Gpu, request_s: np.ndarray) -> np.ndarray:
    """Energy of a request if all GPUs drew their TDP throughout."""
    return (rows["tensor_parallel"] * rows["pipeline_parallel"] / rows["batch"]).to_numpy() * gpu.tdp_w * request_s


def _least_squares(residuals, *starts: tuple[float, ...], highest: float | tuple[float, ...] = 1.0) -> np.ndarray:
    """Return the positive parameters with the smallest squares, searched as logarithms from every start."""
    from scipy.optimize import least_squares

    found = [
        least_squares(
            lambda logarithms: residuals(np.exp(logarithms)),
            np.log(start),
            bounds=(np.log(LOWEST), np.log(highest)),
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            max_nfev=100,
        )
        for start in starts
    ]
    return np.exp(min(found, key=lambda one: one.cost).x)
