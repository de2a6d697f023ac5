"""How fast a model is on given GPUs: a two-phase roofline with the engine's own time added; `analytics.serving` adds memory, power, money.

Every function broadcasts over arrays (batch, prompt, rows of the tables), NaN is unknown and stays so. The model's efficiencies are
fitted to measurements by `analytics.calibration`; how well it predicts, and where it does not, stands in docs/hardware.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

Numbers = float | np.ndarray


@dataclass(frozen=True)
class Gpu:
    """One GPU, or arrays of them."""

    name: str | np.ndarray
    memory_gb: Numbers
    bandwidth_tb_per_s: Numbers
    bf16_tflops: Numbers
    """Dense, tensor cores."""
    fp8_tflops: Numbers
    tdp_w: Numbers
    usd_per_hour: Numbers


@dataclass(frozen=True)
class Model:
    """One model, or arrays of them."""

    name: str | np.ndarray
    total_b: Numbers
    """Billions of parameters."""
    active_b: Numbers
    """Those that compute on one token."""
    layers: Numbers
    attention_heads: Numbers
    kv_heads: Numbers
    head_size: Numbers
    experts: Numbers = 1.0
    active_experts: Numbers = 1.0
    bytes_per_parameter: Numbers = 2.0
    kv_bytes_per_value: Numbers = 2.0

    @property
    def weights_gb(self) -> Numbers:
        """All weights, as they lie in memory."""
        return np.multiply(self.total_b, self.bytes_per_parameter)

    @property
    def kv_gb_per_token(self) -> Numbers:
        """Keys and values that one token leaves in all layers."""
        return 2e-9 * np.multiply(self.layers, self.kv_heads) * self.head_size * self.kv_bytes_per_value


@dataclass(frozen=True)
class Efficiency:
    """What of the datasheet a real engine reaches, the time it adds, and the power it draws."""

    mfu: float
    """Share of the dense FLOP/s that prefill and large batches reach."""
    mbu: float
    """Share of the memory bandwidth that a decode step reaches."""
    step_overhead_s: float
    """Time of the engine for each step in which the GPUs wait: scheduling, launching, sampling."""
    gpu_overhead_s: float
    """The same for each further GPU of tensor parallelism: broadcasts and all-reduces."""
    sequence_overhead_s: float
    """The same for each sequence of the batch."""
    waiting_power_share: float
    """Power over TDP while the GPUs wait for the engine (not that of an idle machine)."""
    busy_power_share: float
    """Power over TDP that computing adds."""


CALIBRATED = Efficiency(
    mfu=0.38379757094890166,
    mbu=0.6556246796428484,
    step_overhead_s=0.005243955109931738,
    gpu_overhead_s=0.010025089327928857,
    sequence_overhead_s=0.0004508775312741632,
    waiting_power_share=0.23348187928080957,
    busy_power_share=0.7325812509000751,
)
"""Fitted by `python -m benchmarks.calibrate_hardware` on 2026-11-21 to 7 of the 14 models that ML.ENERGY measured in 2024 (vLLM with
its API server in one process): a newer engine adds far less time. docs/hardware.md has the errors on the other 7."""
GPU_ONLY = replace(CALIBRATED, step_overhead_s=0.0, gpu_overhead_s=0.0, sequence_overhead_s=0.0)
"""The same MFU and MBU with an engine that costs no time: the optimistic end."""


@dataclass(frozen=True)
class Roofline:
    """Times of the two phases with a full batch; arrays of one shape."""

    prefill_s: np.ndarray
    """GPU time of one request's prompt."""
    ttft_s: np.ndarray
    """Until the first token, without queueing."""
    step_s: np.ndarray
    """One decode step of the whole batch."""
    is_memory_bound: np.ndarray
    """Whether bandwidth, not FLOP/s, limits the decode step; False where unknown."""
    tpot_s: np.ndarray
    """Between two tokens of a request, stalls by the prefills of the others included; NaN with one output token or less."""
    request_s: np.ndarray
    """From the start of the prefill to the last token."""
    tokens_per_s: np.ndarray
    """Output tokens of all requests of the batch."""
    busy_share: np.ndarray
    """Share of the time in which the GPUs work."""


def gpu(table: pd.DataFrame, name: str | Sequence[str]) -> Gpu:
    """Return the GPU of this name, or arrays for several names; a name that the table lacks raises a KeyError."""
    return Gpu(**_fields(table, "gpu", name, Gpu))


def model(table: pd.DataFrame, name: str | Sequence[str]) -> Model:
    """Return the model of this name, or arrays for several names; a name that the table lacks raises a KeyError."""
    return Model(**_fields(table, "model", name, Model))


def _fields(table: pd.DataFrame, key: str, name: str | Sequence[str], kind: type[Gpu] | type[Model]) -> dict:
    rows = table.set_index(key).loc[name if isinstance(name, str) else list(name)]
    numbers = {field.name: rows[field.name] for field in fields(kind) if field.name != "name"}
    if isinstance(name, str):
        return {"name": name} | {field: float(value) for field, value in numbers.items()}
    return {"name": np.array(name)} | {field: value.to_numpy(dtype=np.float64) for field, value in numbers.items()}


def experts_touched(experts: Numbers, active_experts: Numbers, tokens: Numbers) -> Numbers:
    """Experts of a layer that at least one of these tokens is routed to, on average.

    Parameters
    ----------
    experts, active_experts : float or array
        Experts of a layer, and those that one token uses.
    tokens : float or array
        Tokens in one step: the batch while decoding, the prompt in prefill.

    Returns
    -------
    float or array
        Between `active_experts` and `experts` from one token on.

    Raises
    ------
    ValueError
        Never: what is unknown is NaN.

    Notes
    -----
    E · (1 − (1 − k/E)^T): a token misses an expert with probability 1 − k/E, and tokens are taken to be routed independently and
    evenly. It misleads where routing is skewed (fewer are touched) and where tokens of one text choose alike.

    References
    ----------
    Huang et al., "MoESD: unveil speculative decoding's potential for accelerating sparse MoE", arXiv:2505.19645, 2025. The
    occupancy problem: Feller, *An Introduction to Probability Theory*, volume 1, 3rd edition, 1968, section IV.2.

    Examples
    --------
    2 of 8: one token touches 2; of two tokens the second finds 6 of 8 of its own still untouched:

    >>> [float(experts_touched(8.0, 2.0, tokens)) for tokens in (1, 2, 1000)]
    [2.0, 3.5, 8.0]
    """
    return experts * (1.0 - (1.0 - np.divide(active_experts, experts)) ** np.asarray(tokens, dtype=np.float64))


def weights_read_gb(model: Model, tokens: Numbers) -> Numbers:
    """Gigabytes of weights that a step over these tokens reads: all of a dense model, the touched experts of a sparse one.

    With e = (total − active) / (E − k) parameters in an expert of all layers, it reads total − e · (E − touched).

    >>> mixtral = Model("Mixtral 8x7B", 46.703, 12.880, 32, 32, 8, 128, experts=8, active_experts=2)
    >>> round(float(weights_read_gb(mixtral, 1)), 2), round(float(weights_read_gb(mixtral, 64)), 2)
    (25.76, 93.41)
    """
    rest = np.subtract(model.experts, model.active_experts)
    expert = np.divide(np.subtract(model.total_b, model.active_b), np.where(rest == 0, 1.0, rest))
    untouched = np.subtract(model.experts, experts_touched(model.experts, model.active_experts, tokens))
    return (model.total_b - expert * np.where(rest == 0, 0.0, untouched)) * model.bytes_per_parameter


def roofline(
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
    efficiency: Efficiency = CALIBRATED,
) -> Roofline:
    """Prefill and decode times of a model on GPUs that serve a full batch.

    Parameters
    ----------
    gpu, model : Gpu, Model
        Numbers of the tables, or arrays of them.
    prompt_tokens, output_tokens : float or array
        Of one request, on average.
    batch : float or array
        Requests that decode together, on average.
    tensor_parallel, pipeline_parallel : float or array
        GPUs that share each layer, and stages of layers; their product is the number of GPUs.
    cached_tokens : float or array
        Tokens of the prompt whose keys and values are there already.
    kv_kept : float or array
        Fraction of the KV cache that is kept and read, 0–1.
    efficiency : Efficiency
        `CALIBRATED`, `GPU_ONLY` or your own.

    Returns
    -------
    Roofline
        Arrays of the common shape.

    Raises
    ------
    ValueError
        If a batch or a number of GPUs is below 1, a count is negative, more is cached than asked, or `kv_kept` is outside 0–1.

    Notes
    -----
    With P active parameters, p prompt and o output tokens, c cached, B the batch, TP × PP GPUs:
    prefill = max((2P(p − c) + 2·L·H·d·(p² − c²)) / (TP · FLOP/s · MFU), (weights + KV of c) / (TP · bandwidth · MBU));
    decode = max((weights(B/PP) + B/PP · κ · KV(p + o/2)) / (TP · bandwidth · MBU), B/PP · (2P + 4·L·H·d·(p + o/2)) / (TP · FLOP/s · MFU));
    step = decode + overheads; TTFT = prefill + overheads of a step with one sequence; TPOT = step + (B − 1)/(o − 1) · prefill/PP;
    request = TTFT + (o − 1) · TPOT; tokens/s = B·o / request. A request that ends is replaced at once; a prefill stops the others'
    decoding, as in engines without chunked prefill (with it the sum is the same, the stalls are shorter). Weights of one byte or
    less compute at the fp8 rate where the GPU has one.
    It misleads with short steps (kernel launches are in the overheads only), with networks slower than NVLink, for latent,
    windowed or linear attention (the KV cache is overstated), with speculative decoding, and in TTFT, which the data behind
    `CALIBRATED` do not have. There is no queueing: see the load simulation.

    References
    ----------
    Williams, Waterman and Patterson, "Roofline", Communications of the ACM 52(4), 2009, pages 65-76. Pope et al., "Efficiently
    scaling transformer inference", arXiv:2211.05102, 2022. Wunderlich et al., arXiv:2605.01566 (max per phase).

    Examples
    --------
    1 billion parameters in 2 bytes at 1 TB/s: 2 ms for each token; 2 GFLOP for each of 1,000 at 100 TFLOP/s: 20 ms:

    >>> perfect = Efficiency(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    >>> small = Model("one billion", 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    >>> card = Gpu("a card", 80.0, 1.0, 100.0, np.nan, 400.0, 2.0)
    >>> times = roofline(card, small, prompt_tokens=1000.0, output_tokens=101.0, batch=np.array([1.0, 11.0]), efficiency=perfect)
    >>> times.ttft_s.round(4).tolist(), times.step_s.round(4).tolist(), times.tpot_s.round(4).tolist()
    ([0.02, 0.02], [0.002, 0.002], [0.002, 0.004])
    """
    p, o, b, tp, pp, c, kept = (
        np.asarray(value, dtype=np.float64)
        for value in (prompt_tokens, output_tokens, batch, tensor_parallel, pipeline_parallel, cached_tokens, kv_kept)
    )
    _check(p, o, b, tp, pp, c, kept)
    rate = 1e12 * tp * _tflops(gpu, model) * efficiency.mfu
    width = 1e3 * tp * gpu.bandwidth_tb_per_s * efficiency.mbu  # GB/s
    attention = np.multiply(model.layers, model.attention_heads) * model.head_size
    flop = 2e9 * np.asarray(model.active_b)
    context = p + o / 2
    prefill = np.maximum(
        (flop * (p - c) + 2 * attention * (p * p - c * c)) / rate,
        (weights_read_gb(model, p - c) + c * model.kv_gb_per_token) / width,
    )
    share = np.maximum(b / pp, 1.0)  # sequences that pass a stage together; a token passes all stages: the time is that of all layers
    memory = (weights_read_gb(model, share) + share * kept * context * model.kv_gb_per_token) / width
    compute = share * (flop + 4 * attention * context) / rate
    decode = np.maximum(memory, compute)
    engine = efficiency.step_overhead_s + efficiency.gpu_overhead_s * (tp - 1)
    step = decode + engine + efficiency.sequence_overhead_s * b
    ttft = prefill + engine + efficiency.sequence_overhead_s
    later = np.maximum(o - 1, 0.0)
    stalls = (b - 1) * prefill / pp
    request = ttft + later * step + stalls
    with np.errstate(divide="ignore", invalid="ignore"):
        tpot = np.where(later > 0, step + stalls / later, np.nan)
        values = (prefill, ttft, step, memory >= compute, tpot, request, b * o / request, (prefill + later * decode + stalls) / request)
    shape = np.broadcast_shapes(*(np.shape(value) for value in values))
    return Roofline(*(np.broadcast_to(value, shape) for value in values))


def _tflops(gpu: Gpu, model: Model) -> np.ndarray:
    """Dense TFLOP/s at the precision of the weights; below 16 bits without fp8 units they compute in bf16."""
    return np.where((np.asarray(model.bytes_per_parameter) <= 1) & np.isfinite(gpu.fp8_tflops), gpu.fp8_tflops, gpu.bf16_tflops)


def _check(p, o, b, tp, pp, c, kept) -> None:
    """Raise where a number has no meaning; NaN is only unknown."""
    if (b < 1).any() or (tp < 1).any() or (pp < 1).any():
        raise ValueError("a batch, and a number of GPUs, is at least 1")
    if (p < 0).any() or (o < 0).any() or (c < 0).any() or (c > p).any():
        raise ValueError("tokens are counted from 0 on, and no more of a prompt is cached than it has")
    if ((kept < 0) | (kept > 1)).any():
        raise ValueError("the fraction of the KV cache that is kept lies between 0 and 1")
