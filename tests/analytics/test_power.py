"""Power of a fleet: the published figures follow from the formula, and batching makes the difference that the hardware model says."""

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.hardware import Gpu, Model
from analytics.power import PUBLISHED, PUBLISHED_VOLUMES, by_level, fleet_power, power_w
from analytics.projection import baseline, on_gpu
from analytics.projection_model import FIELDS, SERVED, TABLES
from analytics.serving import serving

SMALL_VOLUME, LARGE_VOLUME = PUBLISHED_VOLUMES
CARD = Gpu("card", 80.0, 3.35, 989.0, 1979.0, 700.0, 3.0)
MODEL = Model("8B", 8.03, 8.03, 32.0, 32.0, 8.0, 128.0)


def published(agent, model):
    (found,) = [each.wh_per_query for each in PUBLISHED if each.agent == agent and each.model.endswith(model)]
    return found


def test_the_published_figures_follow_from_the_formula():
    """Table III and the abstract of arXiv:2506.04301: 198.9 GW, about 1 GW, 67.7 to 123.6 MW."""
    assert power_w(published("Reflexion", "70B"), LARGE_VOLUME) / 1e9 == pytest.approx(198.9, abs=0.05)
    assert power_w(published("Reflexion", "70B"), SMALL_VOLUME) / 1e9 == pytest.approx(1.04, abs=0.005)
    assert power_w(published("LATS", "8B"), SMALL_VOLUME) / 1e6 == pytest.approx(67.7, abs=0.05)
    assert power_w(published("Reflexion", "8B"), SMALL_VOLUME) / 1e6 == pytest.approx(123.6, abs=0.05)


def test_all_published_rows(root):
    """Both power columns of every row, as another hand entered them."""
    path = root.parent / "shared" / "design" / "facts" / "dynamic_reasoning_energy.csv"
    if not path.is_file():
        pytest.skip("no ../shared/samples beside this checkout")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert len(rows) == len(PUBLISHED)
    for row in rows:
        wh = published(row["agent"], "8B" if "8B" in row["model"] else "70B")
        assert wh == float(row["wh_per_query"])
        assert power_w(wh, SMALL_VOLUME) / 1e6 == pytest.approx(float(row["power_at_71.4M_queries_per_day_MW"]), abs=6e-4)
        assert power_w(wh, LARGE_VOLUME) / 1e9 == pytest.approx(float(row["power_at_13.7B_queries_per_day_GW"]), abs=6e-4)


@given(st.floats(0, 1e6), st.floats(0, 1e10), st.floats(1, 3))
def test_power_is_energy_over_a_day(wh, tasks, pue):
    assert power_w(wh, tasks, pue) * 24 == pytest.approx(wh * tasks * pue)


@pytest.mark.parametrize("wrong", [(-1.0, 1.0, 1.0), (1.0, math.nan, 1.0), (1.0, 1.0, 0.9)])
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="PUE"):
        power_w(*wrong)


def fields(**more):
    found = {name: np.full(2, math.nan) for name in FIELDS} | {name: np.ones((2, 1)) for name in TABLES}
    known = {name: getattr(MODEL, name) for name in SERVED} | {"calls": 10.0, "input_tokens": 20_000.0, "output_tokens": 5_000.0}
    known |= {"logged_hit": 0.5, "logged_cost_usd": 0.02, "logged_accuracy": 0.5, "other_s": 4.0} | more
    for name, value in known.items():
        found[name][1] = value
    return found


def test_a_fleet_draws_what_the_hardware_model_says():
    start = baseline(fields(), volume=50_000.0) | on_gpu(CARD)
    found = fleet_power(fields(), start, 1)
    mean_call = {"prompt_tokens": 2000.0, "output_tokens": 500.0, "cached_tokens": 1000.0}
    batched, alone = (serving(CARD, MODEL, batch=b, **mean_call) for b in (16.0, 1.0))
    assert found.batched_wh == pytest.approx(10 * float(batched.joules_per_request) / 3600)
    assert found.unbatched_wh == pytest.approx(10 * float(alone.joules_per_request) / 3600)
    assert found.batching_saves == pytest.approx(1 - found.batched_wh / found.unbatched_wh)
    assert found.power_w == pytest.approx(power_w(found.energy_wh, 50_000.0))
    assert found.unbatched_w > found.power_w > found.batched_w  # idle GPUs and PUE cost less than batching saves
    assert fleet_power(fields(), start, 0).power_w is None
    with pytest.raises(IndexError):
        fleet_power(fields(), start, 2)


def test_a_slider_alone():
    start = baseline(fields(), volume=1000.0) | on_gpu(CARD)
    found = by_level(fields(), start, 1, "batch", [1.0, 4.0, 64.0])
    each = [by_level(fields(), {**start, "batch": batch}, 1, "volume", [1000.0]) for batch in (1.0, 4.0, 64.0)]
    for name in ("energy_wh", "own_latency_s", "cost_usd"):
        np.testing.assert_array_equal(found[name], [one[name][0] for one in each])
    assert (np.diff(found["energy_wh"]) < 0).all()
