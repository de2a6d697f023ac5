"""The fit finds what made the rows; on real rows it is the bundled one, with the errors that docs/hardware.md states."""

import re
from dataclasses import astuple, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics.calibration import COLUMNS, RunEnd, errors, fit, halves, predict, steady_tpot_s
from analytics.hardware import CALIBRATED, gpu, model
from benchmarks.calibrate_hardware import (
    BEGIN,
    DOC,
    END,
    HELM_MODELS,
    helm,
    lowest_energy,
    measured,
    of_rows,
    quantities,
    report,
    split_and_fit,
)
from data.hardware import gpus, models
from data.hardware import measured as bundled

END_OF_RUN = RunEnd(2.0, 0.3)


@pytest.fixture(scope="module")
def made():
    """Return rows that the model made itself, from known efficiencies, for six dense and sparse models on two GPUs."""
    names = [*models()["model"].iloc[:15:3], "mistralai/Mixtral-8x7B-Instruct-v0.1"]
    rows = pd.DataFrame(
        [(one, card, tp, 1.0, batch, 400.0, np.nan, np.nan, np.nan)
         for one in names for card in ("A100 SXM 80GB", "H100 SXM 80GB") for tp in (1.0, 4.0) for batch in (4.0, 32.0, 256.0, 1500.0)],
        columns=list(COLUMNS),
    )  # fmt: skip
    said = predict(rows, *_of(rows), CALIBRATED, END_OF_RUN)
    return rows.assign(tokens_per_s=rows["batch"] / said.steady_tpot_s, tpot_s=said.tpot_s, joules_per_request=said.joules_per_request)


def _of(rows):
    return gpu(gpus(), list(rows["gpu"])), model(models(), list(rows["model"]))


def test_the_efficiencies_that_made_rows_are_found_again(made):
    calibration = fit(made, *_of(made))
    assert astuple(calibration.efficiency) == pytest.approx(astuple(CALIBRATED), rel=1e-4)
    assert (calibration.run_end.requests_per_step, calibration.run_end.batch_share) == pytest.approx((2.0, 0.3), rel=1e-4)


def test_the_same_rows_in_another_order_give_the_same_fit(made):
    shuffled = made.sample(frac=1, random_state=1)
    there, here = (astuple(fit(rows, *_of(rows)).efficiency) for rows in (shuffled, made))
    assert there == pytest.approx(here, rel=1e-6)


def test_a_run_without_an_end_has_the_tpot_of_its_full_batch(made):
    said = predict(made, *_of(made), CALIBRATED)
    assert np.array_equal(said.tpot_s, said.tpot_without_end_s)
    ended = predict(made, *_of(made), CALIBRATED, END_OF_RUN)
    assert (ended.tpot_s <= ended.tpot_without_end_s).all()


@pytest.mark.parametrize("n", [0, 4])
def test_too_few_rows_are_refused(made, n):
    with pytest.raises(ValueError, match="at least 5 rows"):
        fit(made.head(n), *_of(made.head(n)))


def test_an_unknown_measurement_is_refused(made):
    with pytest.raises(ValueError, match="every number"):
        fit(made.assign(tpot_s=np.nan), *_of(made))


def test_errors_leave_unknown_rows_out_and_none_are_unknown():
    report = errors(np.array([2.0, np.nan]), np.array([1.0, 1.0]))
    assert (report.n, report.median_absolute, report.median) == (1, 1.0, 1.0)
    assert np.isnan(errors(np.array([]), np.array([])).median_absolute)
    with pytest.raises(ValueError, match="its measurement"):
        errors(np.ones(2), np.ones(3))


def test_the_two_halves_are_fixed_and_share_no_model(rows):
    ours, theirs = halves(rows["model"])
    assert (len(ours), len(theirs)) == (7, 7)
    assert not set(ours) & set(theirs)
    assert ours[:2] == ("google/gemma-2-27b-it", "google/gemma-2-9b-it")


@pytest.fixture
def rows(samples):
    """Return the 191 measured rows."""
    return measured(samples / "ml-energy" / "chat")


@pytest.fixture
def half(samples):
    """Return the fit to half of the models, made once."""
    return fitted_half(samples)


@cache
def fitted_half(samples):
    return split_and_fit(measured(samples / "ml-energy" / "chat"))


def test_all_measured_rows_are_read(rows):
    assert len(rows) == 191
    assert rows["gpu"].value_counts().to_dict() == {"H100 SXM 80GB": 105, "A100 SXM 40GB": 86}
    assert rows["model"].nunique() == 14
    assert rows.notna().all().all()


def test_published_average_tpot_is_not_that_of_the_full_batch(rows):
    """TPOT × throughput should be the batch. It is up to about 100 requests, and half of it at 1,000: the average runs on to the
    run's end, batch and throughput do not. Compared as published, a good model seemed 28 % too slow."""
    share = rows["tpot_s"] * rows["tokens_per_s"] / rows["batch"]
    assert share[rows["batch"] < 40].median() == pytest.approx(0.99, abs=0.01)
    assert share[rows["batch"] > 1000].median() == pytest.approx(0.52, abs=0.02)


def test_the_bundled_constants_are_the_fit(half):
    assert astuple(half.calibration.efficiency) == pytest.approx(astuple(CALIBRATED), rel=1e-6)
    assert half.calibration.n_rows == 104


def test_errors_on_the_models_left_out(half):
    """The aims are 20 % for time per token and 25 % for energy. “Avg TPOT” as published misses the first unless a run's end is modelled."""
    tpot, published, naive, joules = quantities(half.held_out, half.prediction(half.held_out)).values()
    medians = [one.median_absolute for one in (tpot, published, naive, joules)]
    assert medians == pytest.approx([0.108, 0.081, 0.284, 0.088], abs=0.001)
    assert tpot.median_absolute < 0.20
    assert joules.median_absolute < 0.25
    assert (tpot.n, joules.n) == (87, 87)


def test_a_model_without_the_engines_time_is_far_worse(half):
    """What the three engine constants are for: a pure roofline with the same MFU and MBU misses by more than half."""
    free = replace(half.calibration.efficiency, step_overhead_s=0.0, gpu_overhead_s=0.0, sequence_overhead_s=0.0)
    held = half.held_out
    said = predict(held, *of_rows(held), free)
    assert errors(said.steady_tpot_s, steady_tpot_s(held)).median_absolute > 0.5


def test_lowest_energy_per_request_falls_for_one_model_and_rises_for_another(rows):
    """The samples' README: 438.97 → 281.61 J, 100.91 → 136.07 J, median ratio 0.899 over 13 models."""
    lowest = lowest_energy(rows).pivot(index="model", columns="gpu", values="joules_per_request")
    old, new = "A100 SXM 40GB", "H100 SXM 80GB"
    llama, mixtral = lowest.loc["meta-llama/Meta-Llama-3.1-70B-Instruct"], lowest.loc["mistralai/Mixtral-8x7B-Instruct-v0.1"]
    assert (llama[old], llama[new]) == pytest.approx((438.97, 281.61), abs=0.006)
    assert (mixtral[old], mixtral[new]) == pytest.approx((100.91, 136.07), abs=0.006)
    ratio = (lowest[new] / lowest[old]).dropna()
    assert len(ratio) == 13
    assert ratio.median() == pytest.approx(0.899, abs=5e-4)


def test_the_bundled_energies_are_the_lowest_of_the_measured_rows(rows):
    pd.testing.assert_frame_equal(bundled(), lowest_energy(rows), rtol=1e-12)


def test_the_bundled_energies_tell_the_same_story_without_the_samples():
    lowest = bundled().pivot(index="model", columns="gpu", values="joules_per_request")
    ratio = (lowest["H100 SXM 80GB"] / lowest["A100 SXM 40GB"]).dropna()
    assert ratio["meta-llama/Meta-Llama-3.1-70B-Instruct"] == pytest.approx(0.642, abs=5e-4)
    assert ratio["mistralai/Mixtral-8x7B-Instruct-v0.1"] == pytest.approx(1.348, abs=5e-4)
    assert ratio.median() == pytest.approx(0.899, abs=5e-4)


@pytest.fixture
def helm_path(samples):
    return samples.parent / "design" / "facts" / "helm_idealized_runtimes.csv"


def test_idealized_runtimes_on_one_gpu_are_met_within_a_factor_of_two(helm_path):
    """A100 80GB, fp16: a token comes a third too early or a tenth too late, a prompt takes half as long again as measured."""
    single = helm(helm_path).query("n_gpus == 1")
    assert len(single) == 12
    token = single[single["what"] == "per output token"]
    prompt = single[single["what"] != "per output token"]
    assert errors(token["calibrated_s"].to_numpy(), token["measured_s"].to_numpy()).median_absolute == pytest.approx(0.29, abs=0.01)
    assert errors(prompt["calibrated_s"].to_numpy(), prompt["measured_s"].to_numpy()).median == pytest.approx(0.52, abs=0.01)
    assert (single["calibrated_s"] / single["measured_s"]).between(0.5, 2).all()


def test_longer_prompts_take_longer_in_the_order_of_the_idealized_runtimes(helm_path):
    rows = helm(helm_path)
    for name in HELM_MODELS:
        one = rows[(rows["model"] == name) & (rows["what"] != "per output token")]
        assert one["calibrated_s"].is_monotonic_increasing
        assert one["measured_s"].is_monotonic_increasing


def test_the_documents_numbers_have_a_place_to_stand():
    text = DOC.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert re.search(r"held-out models\*\* \(87 rows\)", text)


@pytest.mark.slow
def test_what_the_document_says_is_what_is_computed(rows, half, helm_path):
    said = DOC.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert report(rows, half, helm_path) == said
