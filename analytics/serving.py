"""What it takes to serve a model on GPUs: memory, power, energy and money, on top of the times of `analytics.hardware`."""

from dataclasses import dataclass, fields

import numpy as np

from analytics.hardware import CALIBRATED, Efficiency, Gpu, Model, Numbers, Roofline, roofline

RESERVE_SHARE = 0.1
"""Share of a GPU's memory left for activations and the engine: vLLM's default `gpu_memory_utilization` of 0.9."""


@dataclass(frozen=True)
class MemoryFit:
    """What has to lie in memory, and what there is; arrays of one shape."""

    needed_gb: np.ndarray
    usable_gb: np.ndarray
    """On all GPUs together, the reserve taken off."""
    fits: np.ndarray
    """False where unknown."""
    gpus_needed: np.ndarray
    """Smallest power of two of these GPUs that would do."""
    largest_batch: np.ndarray
    """Requests that fit at once; 0 where not even the weights and one request do."""
    reason: str | None
    """One sentence about the first that is unknown or does not fit; None where all fit."""


@dataclass(frozen=True)
class Serving:
    """A model served on GPUs; arrays of one shape, NaN where it does not fit or something is unknown."""

    memory: MemoryFit
    times: Roofline
    power_w: np.ndarray
    """All GPUs together; no CPU, no cooling."""
    joules_per_request: np.ndarray
    joules_per_token: np.ndarray
    """Per output token; the prompt's energy is in it."""
    usd_per_request: np.ndarray
    usd_per_mtok: np.ndarray
    """Per million output tokens at full load; the prompt's cost is in it."""


def memory_fit(
    gpu: Gpu,
    model: Model,
    *,
    prompt_tokens: Numbers,
    output_tokens: Numbers,
    batch: Numbers = 1.0,
    n_gpus: Numbers = 1.0,
    kv_kept: Numbers = 1.0,
    reserve_share: float = RESERVE_SHARE,
) -> MemoryFit:
    """Whether weights and KV cache of a batch fit the memory of the GPUs, and how many GPUs would do.

    Parameters
    ----------
    gpu, model, prompt_tokens, output_tokens, batch, kv_kept
        As in `analytics.hardware.roofline`.
    n_gpus : float or array
        GPUs that share the weights: tensor parallel × pipeline parallel.
    reserve_share : float
        Share of the memory that weights and cache may not use.

    Returns
    -------
    MemoryFit
        Arrays of the common shape, and a sentence.

    Raises
    ------
    ValueError
        If a batch or a number of GPUs is below 1, or the reserve is not between 0 and 1.

    Notes
    -----
    needed = weights + kept · KV · (B · (p + o/2) + o/2): requests of a running batch are halfway through their answers on
    average, and one is at its end. It misleads where answers differ much in length (a batch of long ones needs up to p + o for
    each; engines then preempt), where KV heads are fewer than tensor-parallel GPUs (they are copied), and by up to 7 % against
    memory that is sold in GB and counted in GiB. Shared prefixes are counted for each request.

    References
    ----------
    Kwon et al., "Efficient memory management for large language model serving with PagedAttention", SOSP 2023 (arXiv:2309.06180).

    Examples
    --------
    70 billion parameters in 2 bytes are 140 GB; one card offers 72, two 144, and the cache wants more:

    >>> card = Gpu("80 GB card", 80.0, 2.0, 300.0, np.nan, 400.0, 2.0)
    >>> large = Model("Seventy", 70.0, 70.0, 80.0, 64.0, 8.0, 128.0)
    >>> fit = memory_fit(card, large, prompt_tokens=1000.0, output_tokens=500.0, batch=32.0)
    >>> fit.reason
    'Seventy needs 153 GB at batch 32, and 1 × 80 GB card offers 72 GB: 4 of them would do.'
    """
    b, n, kept = (np.asarray(value, dtype=np.float64) for value in (batch, n_gpus, kv_kept))
    if (b < 1).any() or (n < 1).any() or not 0 <= reserve_share < 1:
        raise ValueError("a batch, and a number of GPUs, is at least 1; a reserve leaves something")
    weights = np.asarray(model.weights_gb, dtype=np.float64)
    cache = kept * model.kv_gb_per_token
    each, last = cache * (prompt_tokens + np.asarray(output_tokens) / 2), cache * np.asarray(output_tokens) / 2
    one = np.asarray(gpu.memory_gb, dtype=np.float64) * (1 - reserve_share)
    needed, usable = weights + each * b + last, one * n
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.exp2(np.maximum(np.ceil(np.log2(needed / one)), 0.0))
        largest = np.where(each > 0, np.floor((usable - weights - last) / each), np.where(usable >= weights, np.inf, 0.0))
        largest = np.where(np.isnan(each + usable + weights), np.nan, np.maximum(largest, 0.0))
    needed, usable, wanted, largest, b, n = np.broadcast_arrays(needed, usable, wanted, largest, b, n)
    fits = needed <= usable
    return MemoryFit(needed, usable, fits, wanted, largest, _reason(gpu, model, needed, usable, fits, wanted, b, n))


def _reason(gpu: Gpu, model: Model, needed, usable, fits, wanted, b, n) -> str | None:
    """Say what the first one that does not fit needs, and what would do."""
    if fits.all():
        return None
    place = int(np.argmin(fits.ravel()))
    names = (np.broadcast_to(np.asarray(one.name), fits.shape).ravel()[place] for one in (model, gpu))
    of, on = (str(name) for name in names)
    needs, has, gpus, requests, there = (float(array.ravel()[place]) for array in (needed, usable, wanted, b, n))
    if np.isnan(needs) or np.isnan(has):
        return f"Whether {of} fits {on} is unknown: {'its size' if np.isnan(needs) else 'the memory'} is not known."
    return f"{of} needs {needs:.0f} GB at batch {requests:.0f}, and {there:.0f} × {on} offers {has:.0f} GB: {gpus:.0f} of them would do."


def serving(
    gpu: Gpu,
    model: Model,
    *,
    prompt_tokens: Numbers,
    output_tokens: Numbers,
    batch: Numbers = 1.0,
    tensor_parallel: Numbers = 1.0,
    pipeline_parallel: Numbers = 1.0,
    cached_tokens: Numbers = 0.0,
    kv_kept: Numbers = 1.0,
    usd_per_hour: Numbers | None = None,
    efficiency: Efficiency = CALIBRATED,
    reserve_share: float = RESERVE_SHARE,
) -> Serving:
    """Speed, power, energy and cost of a model on GPUs that are always full.

    Parameters
    ----------
    gpu, model, prompt_tokens, output_tokens, batch, tensor_parallel, pipeline_parallel, cached_tokens, kv_kept, efficiency
        As in `analytics.hardware.roofline`.
    usd_per_hour : float or array, optional
        Price of one GPU-hour; None: the table's.
    reserve_share : float
        As in `memory_fit`.

    Returns
    -------
    Serving
        Arrays of the common shape.

    Raises
    ------
    ValueError
        As `roofline` and `memory_fit`.

    Notes
    -----
    power = n · TDP · min(1, waiting + busy · share of the time in which the GPUs work), the two shares of TDP fitted with the
    times; energy of a request = power · request_s / batch; cost of a request = n · $/h · request_s / 3600 / batch. GPUs that
    stand half idle cost the same for half the requests: divide by the utilisation. It misleads as an electricity bill: CPU,
    network, power supply and cooling come on top (PUE), and a GPU that computes at its limit draws more than one that reads.

    References
    ----------
    Chung et al., "The ML.ENERGY benchmark", arXiv:2505.06371, 2025 (GPU energy per request in the steady state). Fan, Weber and
    Barroso, "Power provisioning for a warehouse-sized computer", ISCA 2007 (power linear in utilisation).

    Examples
    --------
    2 ms a token at 3.60 USD an hour: 500 tokens a second, 1000 of them for 0.2 cents; 400 W for 2 ms are 0.8 J:

    >>> perfect = Efficiency(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    >>> small = Model("one billion", 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    >>> card = Gpu("a card", 80.0, 1.0, 1e9, np.nan, 400.0, 3.6)
    >>> one = serving(card, small, prompt_tokens=0.0, output_tokens=1000.0, efficiency=perfect)
    >>> round(float(one.usd_per_request), 6), round(float(one.usd_per_mtok), 6), round(float(one.joules_per_token), 6)
    (0.002, 2.0, 0.8)
    """
    tp, pp, b = (np.asarray(value, dtype=np.float64) for value in (tensor_parallel, pipeline_parallel, batch))
    n = tp * pp
    shared = {"prompt_tokens": prompt_tokens, "output_tokens": output_tokens, "batch": b, "kv_kept": kv_kept}
    times = roofline(gpu, model, tensor_parallel=tp, pipeline_parallel=pp, cached_tokens=cached_tokens, efficiency=efficiency, **shared)
    memory = memory_fit(gpu, model, n_gpus=n, reserve_share=reserve_share, **shared)
    load = efficiency.waiting_power_share + efficiency.busy_power_share * times.busy_share
    power = n * gpu.tdp_w * np.minimum(load, 1.0)
    seconds = times.request_s / b  # of all GPUs, for one request
    joules = power * seconds
    usd = n * (gpu.usd_per_hour if usd_per_hour is None else np.asarray(usd_per_hour)) / 3600 * seconds
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (power, joules, joules / output_tokens, usd, usd / output_tokens * 1e6)
    shape = np.broadcast_shapes(memory.fits.shape, *(np.shape(value) for value in values), times.request_s.shape)

    def possible(value: np.ndarray) -> np.ndarray:
        return np.where(memory.fits, value, np.nan) if value.dtype != bool else memory.fits & value

    fitting = Roofline(*(np.broadcast_to(possible(getattr(times, field.name)), shape) for field in fields(Roofline)))
    return Serving(memory, fitting, *(np.broadcast_to(possible(np.asarray(value)), shape) for value in values))
