"""Memory, power and money: sums that can be done by hand, and what does not fit says so."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.hardware import CALIBRATED, Gpu, Model, Roofline, gpu, model, roofline
from analytics.serving import memory_fit, serving
from data.hardware import gpus, models

CARD = Gpu("card", 80.0, 2.0, 400.0, 800.0, 500.0, 2.0)
DENSE = Model("dense", 8.0, 8.0, 32.0, 32.0, 8.0, 128.0)
LARGE = Model("large", 70.0, 70.0, 80.0, 64.0, 8.0, 128.0)
CHAT = {"prompt_tokens": 1000.0, "output_tokens": 200.0}


def test_memory_by_hand():
    """16 GB of weights, and 131,072 bytes for each of 32 · 1,100 + 100 tokens."""
    fit = memory_fit(CARD, DENSE, **CHAT, batch=32.0)
    assert float(fit.needed_gb) == pytest.approx(16 + 131072e-9 * (32 * 1100 + 100))
    assert float(fit.usable_gb) == pytest.approx(72)
    assert float(fit.largest_batch) == (72 - 16 - 131072e-9 * 100) // (131072e-9 * 1100)
    assert fit.reason is None


def test_one_request_needs_its_whole_context():
    assert float(memory_fit(CARD, DENSE, **CHAT).needed_gb) == pytest.approx(16 + 131072e-9 * 1200)


def test_a_model_that_does_not_fit_says_so_and_how_many_gpus_would():
    found = serving(CARD, LARGE, **CHAT, batch=np.array([1.0, 16.0]))
    assert found.memory.reason == "large needs 140 GB at batch 1, and 1 × card offers 72 GB: 2 of them would do."
    assert found.memory.gpus_needed.tolist() == [2, 4]
    assert found.memory.largest_batch.tolist() == [0, 0]
    assert not found.memory.fits.any()
    for value in (found.power_w, found.joules_per_request, found.usd_per_mtok, found.times.tpot_s, found.times.tokens_per_s):
        assert np.isnan(value).all()
    assert np.isfinite(serving(CARD, LARGE, **CHAT, batch=16.0, tensor_parallel=4.0).usd_per_mtok)


def test_only_the_batch_that_does_not_fit_is_unknown():
    found = serving(CARD, DENSE, **CHAT, batch=np.array([1.0, 100.0, 1000.0]))
    assert np.isnan(found.times.tpot_s).tolist() == [False, False, True]
    assert found.memory.reason.startswith("dense needs 160 GB at batch 1000, and 1 × card offers 72 GB: 4 of them")


@settings(max_examples=80, deadline=None)
@given(
    total=st.floats(0.1, 700.0),
    memory=st.floats(8.0, 300.0),
    batch=st.floats(1.0, 2000.0),
    output=st.floats(1.0, 4000.0),
    kept=st.one_of(st.just(0.0), st.floats(0.01, 1.0)),
)
def test_the_gpus_that_would_do_do_and_half_of_them_would_not(total, memory, batch, output, kept):
    card, one = replace(CARD, memory_gb=memory), replace(LARGE, total_b=total, active_b=total)
    asked = {"prompt_tokens": 500.0, "output_tokens": output, "kv_kept": kept}
    needed = float(memory_fit(card, one, **asked, batch=batch).gpus_needed)
    assert bool(memory_fit(card, one, **asked, batch=batch, n_gpus=needed * (1 + 1e-12)).fits)
    if needed > 1:
        assert not memory_fit(card, one, **asked, batch=batch, n_gpus=needed / 2 * (1 - 1e-12) if needed > 2 else 1.0).fits
    largest = float(memory_fit(card, one, **asked, n_gpus=needed).largest_batch)
    assert largest >= int(batch) * (1 - 1e-9)
    if np.isfinite(largest):
        assert not memory_fit(card, one, **asked, batch=largest + 1.001, n_gpus=needed).fits


@pytest.mark.parametrize(
    ("card", "one", "sentence"),
    [
        (replace(CARD, memory_gb=np.nan), DENSE, "Whether dense fits card is unknown: the memory is not known."),
        (CARD, replace(DENSE, total_b=np.nan), "Whether dense fits card is unknown: its size is not known."),
        (CARD, replace(DENSE, kv_heads=np.nan), "Whether dense fits card is unknown: its size is not known."),
    ],
)
def test_unknown_memory_is_unknown_and_says_so(card, one, sentence):
    found = serving(card, one, **CHAT)
    assert found.memory.reason == sentence
    assert np.isnan(found.memory.gpus_needed)
    assert np.isnan(found.memory.largest_batch)
    assert np.isnan(found.times.tpot_s)


def test_an_unknown_price_or_tdp_leaves_the_rest_known():
    found = serving(replace(CARD, usd_per_hour=np.nan, tdp_w=np.nan), DENSE, **CHAT)
    assert np.isnan([found.usd_per_mtok, found.usd_per_request, found.power_w, found.joules_per_token]).all()
    assert np.isfinite(found.times.tokens_per_s)
    priced = serving(replace(CARD, usd_per_hour=np.nan), DENSE, **CHAT, usd_per_hour=3.6)
    assert float(priced.usd_per_request) == pytest.approx(1e-3 * float(priced.times.request_s))


def test_power_energy_and_money_of_a_batch_by_hand():
    found = serving(CARD, DENSE, **CHAT, batch=64.0, tensor_parallel=2.0)
    times = roofline(CARD, DENSE, **CHAT, batch=64.0, tensor_parallel=2.0)
    power = 2 * 500 * (CALIBRATED.waiting_power_share + CALIBRATED.busy_power_share * float(times.busy_share))
    assert float(found.power_w) == pytest.approx(power)
    assert float(found.joules_per_token) == pytest.approx(power / float(times.tokens_per_s))
    assert float(found.joules_per_request) == pytest.approx(200 * power / float(times.tokens_per_s))
    assert float(found.usd_per_mtok) == pytest.approx(2 * 2.0 / 3600 / float(times.tokens_per_s) * 1e6)
    assert float(found.usd_per_request) == pytest.approx(200e-6 * float(found.usd_per_mtok))


def test_no_gpu_draws_more_than_its_tdp():
    hungry = replace(CALIBRATED, waiting_power_share=0.6, busy_power_share=0.9)
    assert float(serving(CARD, DENSE, **CHAT, batch=32.0, efficiency=hungry).power_w) == 500


@settings(max_examples=40, deadline=None)
@given(batch=st.floats(1.0, 200.0), factor=st.floats(1.0, 10.0))
def test_a_larger_batch_costs_and_burns_no_more_for_a_token(batch, factor):
    small, large = (serving(CARD, DENSE, **CHAT, batch=b, reserve_share=0.0) for b in (batch, min(batch * factor, 400.0)))
    assert float(large.usd_per_mtok) <= float(small.usd_per_mtok) * (1 + 1e-9)
    assert float(large.joules_per_token) <= float(small.joules_per_token) * (1 + 1e-9)


def test_everything_has_the_common_shape():
    found = serving(
        gpu(gpus(), ["H100 SXM 80GB", "A100 SXM 80GB"]), model(models(), "Qwen/Qwen3-8B"), **CHAT, batch=np.array([[1.0], [8.0], [64.0]])
    )
    values = [found.power_w, found.joules_per_request, found.joules_per_token, found.usd_per_request, found.usd_per_mtok]
    values += [getattr(found.times, field.name) for field in fields(Roofline)]
    values += [found.memory.needed_gb, found.memory.fits, found.memory.gpus_needed, found.memory.largest_batch]
    assert {value.shape for value in values} == {(3, 2)}


@pytest.mark.parametrize("wrong", [{"batch": 0.0}, {"n_gpus": 0.5}, {"reserve_share": 1.0}, {"reserve_share": -0.1}])
def test_what_has_no_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        memory_fit(CARD, DENSE, **CHAT, **wrong)
