"""The roofline: times that can be worked out by hand, the laws it has to keep, and what it says of a point that others estimated."""

from dataclasses import astuple, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.hardware import (
    CALIBRATED,
    GPU_ONLY,
    Efficiency,
    Gpu,
    Model,
    experts_touched,
    gpu,
    model,
    roofline,
    weights_read_gb,
)
from data.hardware import gpus, models

PERFECT = Efficiency(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
CARD = Gpu("card", 80.0, 2.0, 400.0, 800.0, 500.0, 2.0)
DENSE = Model("dense", 8.0, 8.0, 32.0, 32.0, 8.0, 128.0)
SPARSE = Model("sparse", 47.0, 13.0, 32.0, 32.0, 8.0, 128.0, experts=8.0, active_experts=2.0)
CHAT = {"prompt_tokens": 1000.0, "output_tokens": 200.0}

sizes = st.floats(1.0, 512.0)
efficiencies = st.builds(
    Efficiency,
    mfu=st.floats(0.1, 1.0),
    mbu=st.floats(0.1, 1.0),
    step_overhead_s=st.floats(0, 0.05),
    gpu_overhead_s=st.floats(0, 0.02),
    sequence_overhead_s=st.floats(0, 0.001),
    waiting_power_share=st.floats(0, 0.5),
    busy_power_share=st.floats(0, 0.5),
)


def test_qwen3_32b_on_one_h200_by_hand():
    """The sums of the catalogue: 65 GB at 4.8 TB/s are 13.6 ms a token, 2 · 32.8e9 · 2000 at 989 TFLOP/s are 133 ms of prefill."""
    plain = replace(model(models(), "Qwen/Qwen3-32B"), layers=0.0)  # the catalogue leaves attention out
    times = roofline(gpu(gpus(), "H200 SXM 141GB"), plain, prompt_tokens=2000.0, output_tokens=200.0, efficiency=PERFECT)
    assert float(times.tpot_s) == pytest.approx(0.0136, abs=1e-4)
    assert float(times.ttft_s) == pytest.approx(0.133, abs=1e-3)


def test_prefill_and_decode_of_a_small_model_by_hand():
    """1,000 tokens · 16 GFLOP + 2 · 131,072 · 1000² for attention at 400 TFLOP/s; 16 GB + 4 · 131,072 bytes · 1,100 tokens at 2 TB/s."""
    times = roofline(CARD, DENSE, **CHAT, efficiency=PERFECT)
    assert float(times.prefill_s) == pytest.approx((16e12 + 2 * 131072e6) / 400e12)
    assert float(times.step_s) == pytest.approx((16e9 + 131072 * 1100) / 2e12)
    assert float(times.request_s) == pytest.approx(float(times.ttft_s) + 199 * float(times.tpot_s))


def test_a_request_among_others_waits_for_their_prefills():
    alone, among = (roofline(CARD, DENSE, **CHAT, batch=batch, efficiency=PERFECT) for batch in (1.0, 200.0))
    assert float(among.tpot_s) == pytest.approx(float(among.step_s) + 199 / 199 * float(among.prefill_s))
    assert float(alone.tpot_s) == float(alone.step_s)


@settings(max_examples=60, deadline=None)
@given(batch=sizes, efficiency=efficiencies, sparse=st.booleans())
def test_doubling_the_bandwidth_halves_a_decode_that_memory_limits(batch, efficiency, sparse):
    engine_free = replace(efficiency, step_overhead_s=0.0, gpu_overhead_s=0.0, sequence_overhead_s=0.0)
    kind = SPARSE if sparse else DENSE
    slow, fast = (
        roofline(replace(CARD, bandwidth_tb_per_s=width, bf16_tflops=1e9), kind, **CHAT, batch=batch, efficiency=engine_free)
        for width in (2.0, 4.0)
    )
    assert bool(fast.is_memory_bound)
    assert float(slow.step_s) == pytest.approx(2 * float(fast.step_s), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    efficiency=efficiencies,
    kind=st.sampled_from([DENSE, SPARSE, replace(SPARSE, experts=128.0, active_experts=8.0)]),
    output=st.floats(1.0, 3000.0),
    prompt=st.floats(0.0, 30_000.0),
    tensor=st.sampled_from([1.0, 2.0, 8.0]),
)
def test_more_batch_never_lowers_throughput(efficiency, kind, output, prompt, tensor):
    batch = np.geomspace(1, 4096, 60)
    times = roofline(CARD, kind, prompt_tokens=prompt, output_tokens=output, batch=batch, tensor_parallel=tensor, efficiency=efficiency)
    assert (np.diff(times.tokens_per_s) >= -1e-9 * times.tokens_per_s[:-1]).all()
    assert (np.diff(times.step_s) >= -1e-12).all()


@settings(max_examples=40, deadline=None)
@given(efficiency=efficiencies, start=st.floats(500.0, 2000.0))
def test_ttft_is_linear_in_the_prompt_where_compute_limits_it_but_for_attention(efficiency, start):
    """The second difference of three prompts is that of 2·L·H·d·p² alone, and none without layers."""
    prompts = start * np.array([1.0, 2.0, 3.0])
    fast = replace(CARD, bandwidth_tb_per_s=1e6)
    for layers, square in ((0.0, 0.0), (32.0, 2 * 2 * 32 * 32 * 128 * start**2 / (400e12 * efficiency.mfu))):
        times = roofline(fast, replace(DENSE, layers=layers), prompt_tokens=prompts, output_tokens=1.0, efficiency=efficiency)
        assert float(np.diff(times.ttft_s, 2)[0]) == pytest.approx(square, rel=1e-6, abs=1e-12)


def test_tokens_in_the_cache_cost_no_arithmetic_but_their_keys_are_read():
    whole = roofline(CARD, DENSE, prompt_tokens=10_000.0, output_tokens=1.0, efficiency=PERFECT)
    half = roofline(CARD, DENSE, prompt_tokens=10_000.0, cached_tokens=5_000.0, output_tokens=1.0, efficiency=PERFECT)
    rest = roofline(CARD, DENSE, prompt_tokens=10_000.0, cached_tokens=10_000.0, output_tokens=1.0, efficiency=PERFECT)
    attention = 2 * 131072 * (10_000**2 - 5_000**2)
    assert float(half.prefill_s) == pytest.approx((5_000 * 16e9 + attention) / 400e12)
    assert float(whole.prefill_s) > float(half.prefill_s) > float(rest.prefill_s)
    assert float(rest.prefill_s) == pytest.approx((16e9 + 131072 * 10_000) / 2e12)


def test_a_kept_share_of_the_cache_is_all_that_is_read():
    full, tenth = (roofline(CARD, DENSE, **CHAT, batch=10.0, kv_kept=kept, efficiency=PERFECT) for kept in (1.0, 0.1))
    assert float(full.step_s) - float(tenth.step_s) == pytest.approx(0.9 * 10 * 131072 * 1100 / 2e12)


def test_twice_the_gpus_halve_the_time_of_each_layer_and_stages_only_share_the_batch():
    one, two, stages = (
        roofline(CARD, DENSE, **CHAT, batch=8.0, tensor_parallel=tp, pipeline_parallel=pp, efficiency=PERFECT)
        for tp, pp in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0))
    )
    assert float(two.step_s) == pytest.approx(float(one.step_s) / 2)
    assert float(stages.step_s) == pytest.approx((16e9 + 4 * 131072 * 1100) / 2e12)
    assert float(stages.prefill_s) == float(one.prefill_s)


def test_weights_of_one_byte_compute_at_the_fp8_rate_only_where_there_is_one():
    small = replace(DENSE, bytes_per_parameter=1.0)
    with_fp8, without = (
        roofline(replace(CARD, fp8_tflops=rate), small, prompt_tokens=4000.0, output_tokens=1.0, efficiency=PERFECT)
        for rate in (800.0, np.nan)
    )
    assert float(without.prefill_s) == pytest.approx(2 * float(with_fp8.prefill_s))


@settings(max_examples=20, deadline=None)
@given(experts=st.integers(2, 48), share=st.floats(0.01, 0.99), tokens=st.integers(0, 60))
def test_experts_touched_are_counted_as_by_simulation(experts, share, tokens):
    active = max(1, int(share * experts))
    draws = np.random.default_rng(0).random((300, max(tokens, 1), experts)).argsort(axis=2)[:, :tokens, :active]
    seen = np.mean([len(np.unique(one)) for one in draws])
    assert float(experts_touched(experts, active, tokens)) == pytest.approx(seen, abs=0.03 * experts)


def test_a_sparse_model_reads_from_its_active_to_all_its_weights():
    read = weights_read_gb(SPARSE, np.array([1.0, 4.0, 1e6]))
    assert read[0] == pytest.approx(2 * 13)
    assert read[2] == pytest.approx(2 * 47)
    assert (np.diff(read) > 0).all()
    assert weights_read_gb(DENSE, np.array([1.0, 500.0])).tolist() == [16, 16]


@pytest.mark.parametrize("field", ["total_b", "active_b", "layers", "kv_heads", "head_size", "bytes_per_parameter", "experts"])
def test_what_is_unknown_of_a_model_stays_unknown(field):
    times = roofline(CARD, replace(SPARSE, **{field: np.nan}), **CHAT, batch=np.array([1.0, 64.0]))
    assert np.isnan(times.tpot_s).all()
    assert np.isnan(times.tokens_per_s).all()
    assert not times.is_memory_bound.any()


@pytest.mark.parametrize("field", ["bandwidth_tb_per_s", "bf16_tflops"])
def test_what_is_unknown_of_a_gpu_stays_unknown(field):
    assert np.isnan(roofline(replace(CARD, **{field: np.nan}), DENSE, **CHAT).tpot_s)


def test_one_output_token_has_no_time_between_tokens():
    times = roofline(CARD, DENSE, prompt_tokens=100.0, output_tokens=1.0)
    assert np.isnan(times.tpot_s)
    assert float(times.request_s) == float(times.ttft_s)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch": 0.5},
        {"tensor_parallel": 0.0},
        {"pipeline_parallel": 0.5},
        {"cached_tokens": 1001.0},
        {"cached_tokens": -1.0},
        {"kv_kept": 1.1},
        {"kv_kept": -0.1},
        {"prompt_tokens": -1.0},
        {"output_tokens": -1.0},
    ],
)
def test_what_has_no_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match=r"at least 1|from 0 on|between 0 and 1"):
        roofline(CARD, DENSE, **(CHAT | wrong))


def test_rows_of_the_tables_broadcast_and_nothing_given_is_changed(frozen):
    names = ["H100 SXM 80GB", "A100 SXM 40GB"]
    cards, one = gpu(gpus(), names), model(models(), "Qwen/Qwen3-8B")
    batch = frozen(np.array([[1.0], [32.0], [256.0]]))
    times = roofline(cards, one, **CHAT, batch=batch)
    assert times.tpot_s.shape == (3, 2)
    for k, name in enumerate(names):
        alone = roofline(gpu(gpus(), name), one, **CHAT, batch=batch[:, 0])
        assert np.array_equal(times.tpot_s[:, k], alone.tpot_s)


def test_a_name_that_the_table_lacks_is_an_error():
    with pytest.raises(KeyError):
        gpu(gpus(), "no such card")


def test_a_users_row_works_like_the_tables_own():
    mine = gpus(pd.DataFrame([{"gpu": "mine", "memory_gb": 80, "bandwidth_tb_per_s": 3.35, "bf16_tflops": 989, "tdp_w": 700}]))
    theirs, ours = (roofline(gpu(mine, name), DENSE, **CHAT) for name in ("H100 SXM 80GB", "mine"))
    assert float(theirs.tpot_s) == float(ours.tpot_s)


def test_qwen3_32b_against_a_published_simulator_is_what_the_documents_say():
    """An estimate of aiconfigurator, no measurement: 179.6 and 18.4 ms. TTFT is twice as long here, TPOT longer by half or a seventh."""
    card, qwen = gpu(gpus(), "H200 SXM 141GB"), model(models(), "Qwen/Qwen3-32B")
    found = [
        (float(times.ttft_s) / 0.1796 - 1, float(times.tpot_s) / 0.0184 - 1)
        for efficiency in (CALIBRATED, GPU_ONLY)
        for times in [roofline(card, qwen, prompt_tokens=2000.0, output_tokens=200.0, efficiency=efficiency)]
    ]
    assert np.allclose(found, [(1.02, 0.45), (0.98, 0.14)], atol=0.006)


def test_the_engine_that_costs_nothing_differs_in_nothing_else():
    assert astuple(GPU_ONLY)[:2] == astuple(CALIBRATED)[:2]
    assert astuple(GPU_ONLY)[2:5] == (0, 0, 0)
