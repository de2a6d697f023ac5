"""The projection as one declared model: what cost, time, energy and own GPUs become at a position of the sliders.

Anchored: every projected number is the logged one times model(position) / model(baseline), and these ratios are exactly 1 at the
baseline. Unknown is NaN and stays so. The part on own GPUs is `analytics.hardware.roofline` and `analytics.serving`, written again in the
language of declared models; a test holds the two together.
"""

from functools import lru_cache

from analytics.cost import MONTH_DAYS
from analytics.declared import Model, parse
from analytics.serving import RESERVE_SHARE

BATCH_DISCOUNT = 0.5
"""What providers take off for requests that may wait for up to a day."""
MOST_GPUS = 64
"""Powers of two up to here are named as what would do; above, the plain quotient."""

USE = ("volume", "cap", "budget_usd", "reflections", "samples", "cache_hit", "batch_share")
"""How the configurations are used. NaN is as logged for all but volume, samples (1) and batch_share (0)."""
LIMITS = ("min_accuracy", "max_latency_s", "max_usd_per_month")
"""NaN: no limit."""
OWN = ("gpus", "batch", "utilisation", "usd_per_hour", "pue", "usd_per_kwh", "grid_g_per_kwh")
"""Own GPUs: GPUs of one replica, requests that decode together, share of the time in which replicas are full, prices, grid."""
GPU = ("gpu_memory_gb", "gpu_bandwidth_tb_per_s", "gpu_bf16_tflops", "gpu_fp8_tflops", "gpu_tdp_w")
"""The chosen row of the table of GPUs; NaN: none is chosen."""
ENGINE = (
    *("mfu", "mbu", "step_overhead_s", "gpu_overhead_s", "sequence_overhead_s"),
    *("waiting_power_share", "busy_power_share"),
)
"""`analytics.hardware.Efficiency`."""
POSITION = (*USE, *LIMITS, *OWN, *GPU, *ENGINE)
"""Everything that a position must hold."""

LOGGED = (
    *("logged_accuracy", "logged_accuracy_low", "logged_accuracy_high", "logged_cost_usd", "logged_cost_low", "logged_cost_high"),
    *("logged_latency_s", "logged_latency_p50_s", "logged_latency_p95_s"),
)
TOKENS = ("input_tokens", "output_tokens", "calls", "logged_hit", "rest_usd_per_mtok", "read_usd_per_mtok", "written_usd_per_mtok")
SERVED = (
    *("total_b", "active_b", "layers", "attention_heads", "kv_heads", "head_size", "experts", "active_experts"),
    *("bytes_per_parameter", "kv_bytes_per_value"),
)
"""The open model that own GPUs would serve; NaN: none is known."""
FIELDS = ("is_ranked", *LOGGED, "cost_sd_usd", "other_s", *TOKENS, *SERVED)
"""Numbers of a point; `is_ranked` is 1, or 0 for one that is set aside from the comparison."""
SHARES = ("cost", "latency", "input", "output", "calls")
"""Of a replay: what share of each is kept at a level."""
TABLES = (
    *(f"cap_{name}" for name in ("levels", *SHARES, "accuracy")),
    *(f"usd_{name}" for name in ("levels", *SHARES, "accuracy")),
    *(f"depth_{name}" for name in ("levels", *SHARES, "gain")),
    *("sample_levels", "sample_latency", "sample_gain"),
)
"""Replays of a point by level: `_accuracy` is the share of the successes that stays, `_gain` is added to the accuracy."""


def _kept(share: str) -> str:
    """Caps and rounds cut the same attempts at different places: of three cuts the deepest alone is a safe lower end of what is saved."""
    cuts = (("cap", "cap"), ("budget_usd", "usd"), ("reflections", "depth"))
    first, second, third = (f"where(known({key}), line({key}, {name}_levels, {name}_{share}), 1)" for key, name in cuts)
    return f"min({first}, min({second}, {third}))"


def _power_of_two(ratio: str) -> str:
    """Smallest power of two that is at least the ratio, by comparisons: logarithms are rounded differently from place to place."""
    text, n = f"ceil({ratio})", MOST_GPUS
    while n >= 1:
        text, n = f"where({ratio} <= {n}, {n}, {text})", n // 2
    return text


def _weights_gb(tokens: str) -> str:
    """Weights that a step with so many tokens reads: those of the experts that none of them is routed to are left out."""
    untouched = f"experts * exp({tokens} * log(1 - active_experts / experts))"
    expert = "(total_b - active_b) / (experts - active_experts)"
    return f"where(experts > active_experts, total_b - {expert} * {untouched}, total_b) * bytes_per_parameter"


FORMULAS: dict[str, str] = {
    "unknown": "0 / 0",
    # what the cuts leave of one attempt
    **{f"kept_{share}": _kept(share) for share in SHARES},
    "sampled": "samples > 1",
    "has_samples": "samples <= max(1, line(samples, sample_levels, sample_levels))",
    "slower": "where(sampled, where(has_samples, line(samples, sample_levels, sample_latency), unknown), 1)",
    "sample_more": "where(sampled, where(has_samples, line(samples, sample_levels, sample_gain), unknown), 0)",
    # accuracy: what is cut has failed; each round and vote adds what it added in the logs
    "more": "sample_more + where(known(reflections), line(reflections, depth_levels, depth_gain), 0)",
    "stays": "max(0, where(known(cap), line(cap, cap_levels, cap_accuracy), 1)"
    " - (1 - where(known(budget_usd), line(budget_usd, usd_levels, usd_accuracy), 1)))",  # as if no attempt met both caps: the least
    "accuracy": "max(0, min(1, logged_accuracy + more)) * stays",
    "accuracy_low": "max(0, min(1, logged_accuracy_low + more)) * stays",
    "accuracy_high": "max(0, min(1, logged_accuracy_high + more)) * stays",
    # money: list prices only as a ratio, so that what was logged stays what it was
    "input": "input_tokens * kept_input",
    "output": "output_tokens * kept_output",
    "list_logged": "input * (logged_hit * read_usd_per_mtok + (1 - logged_hit) * rest_usd_per_mtok) + output * written_usd_per_mtok",
    "list_now": "input * (cache_hit * read_usd_per_mtok + (1 - cache_hit) * rest_usd_per_mtok) + output * written_usd_per_mtok",
    "cache_ratio": "where(known(cache_hit), list_now / list_logged, 1)",
    "cost_ratio": f"kept_cost * cache_ratio * samples * (1 - {BATCH_DISCOUNT} * batch_share)",
    "cost_usd": "logged_cost_usd * cost_ratio",
    "cost_low": "logged_cost_low * cost_ratio",
    "cost_high": "logged_cost_high * cost_ratio",
    "cost_per_success_usd": "cost_usd / accuracy",
    "usd_per_month": f"cost_usd * volume * {MONTH_DAYS}",
    "usd_per_month_low": f"cost_low * volume * {MONTH_DAYS}",
    "usd_per_month_high": f"cost_high * volume * {MONTH_DAYS}",
    # time
    "latency_ratio": "kept_latency * slower",
    "latency_s": "logged_latency_s * latency_ratio",
    "latency_p50_s": "logged_latency_p50_s * latency_ratio",
    "latency_p95_s": "logged_latency_p95_s * latency_ratio",
    # own GPUs: one mean call of the roofline
    "own_calls": "calls * kept_calls",
    "prompt": "input / own_calls",
    "answer": "output / own_calls",
    "cached": "prompt * where(known(cache_hit), cache_hit, where(known(logged_hit), logged_hit, 0))",
    "fresh": "prompt - cached",
    "context": "prompt + answer / 2",
    "tflops": "where(bytes_per_parameter <= 1, where(known(gpu_fp8_tflops), gpu_fp8_tflops, gpu_bf16_tflops), gpu_bf16_tflops)",
    "rate": "1e12 * gpus * tflops * mfu",
    "width": "1e3 * gpus * gpu_bandwidth_tb_per_s * mbu",
    "attention": "layers * attention_heads * head_size",
    "flop": "2e9 * active_b",
    "kv_gb": "2e-9 * layers * kv_heads * head_size * kv_bytes_per_value",
    "prefill": "max((flop * fresh + 2 * attention * (prompt * prompt - cached * cached)) / rate,"
    f" ({_weights_gb('fresh')} + cached * kv_gb) / width)",
    "decode": f"max(({_weights_gb('batch')} + batch * context * kv_gb) / width, batch * (flop + 4 * attention * context) / rate)",
    "engine": "step_overhead_s + gpu_overhead_s * (gpus - 1)",
    "later": "max(answer - 1, 0)",
    "working": "prefill + later * decode + (batch - 1) * prefill",
    "request_s": "working + (engine + sequence_overhead_s) + later * (engine + sequence_overhead_s * batch)",
    "busy": "working / request_s",
    "needed_gb": "total_b * bytes_per_parameter + kv_gb * (batch * context + answer / 2)",
    "one_gpu_gb": f"gpu_memory_gb * (1 - {RESERVE_SHARE})",
    "usable_gb": "one_gpu_gb * gpus",
    "fits_memory": "needed_gb <= usable_gb",
    "gpus_to_fit": _power_of_two("needed_gb / one_gpu_gb"),
    "possible": "where(fits_memory, 1, unknown)",
    "own_latency_s": "(other_s * kept_latency + own_calls * request_s) * slower * possible",
    # own GPUs: the fleet
    "replica_s": "own_calls * samples * request_s / batch * possible",
    "replicas": "max(1, ceil(volume * replica_s / (86400 * utilisation)))",
    "gpus_needed": "replicas * gpus",
    "gpu_w": "gpus * gpu_tdp_w",
    "gpu_wh": "replica_s * gpu_w * min(1, waiting_power_share + busy_power_share * busy) / 3600",
    "idle_wh": "replica_s * gpu_w * waiting_power_share * (1 / utilisation - 1) / 3600",
    "energy_wh": "(gpu_wh + idle_wh) * pue",
    "power_w": "energy_wh * volume / 24",
    "kwh_per_month": f"energy_wh / 1000 * volume * {MONTH_DAYS}",
    "co2e_kg_per_month": "kwh_per_month * grid_g_per_kwh / 1000",
    "own_usd_per_month": f"gpus_needed * usd_per_hour * 24 * {MONTH_DAYS} + kwh_per_month * usd_per_kwh",
    # limits: what is unknown is not known to fit
    "is_accurate": "where(known(min_accuracy), where(known(accuracy), accuracy >= min_accuracy, 0), 1)",
    "is_in_time": "where(known(max_latency_s), where(known(latency_s), latency_s <= max_latency_s, 0), 1)",
    "is_in_budget": "where(known(max_usd_per_month), where(known(usd_per_month), usd_per_month <= max_usd_per_month, 0), 1)",
    "is_feasible": "is_accurate * is_in_time * is_in_budget",
}
"""In the order of evaluation."""

OUTPUTS = (
    *("accuracy", "accuracy_low", "accuracy_high", "cost_usd", "cost_low", "cost_high", "cost_per_success_usd"),
    *("usd_per_month", "usd_per_month_low", "usd_per_month_high", "latency_s", "latency_p50_s", "latency_p95_s"),
    *("own_latency_s", "gpus_needed", "fits_memory", "gpus_to_fit", "needed_gb", "usable_gb", "own_usd_per_month"),
    *("gpu_wh", "energy_wh", "power_w", "kwh_per_month", "co2e_kg_per_month", "is_feasible"),
)
"""What is shown of a point; the other formulas are steps on the way."""


@lru_cache(maxsize=1)
def model() -> Model:
    """Return the declared model, read once."""
    return parse(FORMULAS)
