"""The words of a projection, of break-even and of energy: the numbers of the results, one line for a title, nothing that is not known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.break_even import FleetPlan, OneOff, OwnAgainstApi, one_off
from analytics.break_even_words import break_even_words, fleet_words, load_words, own_paragraph, own_title
from analytics.fleet import LoadCurve, Run
from analytics.power import FleetPower
from analytics.power_words import energy_title, power_paragraph
from analytics.projection import Projected, Projection, Way
from analytics.projection_model import POSITION
from analytics.projection_words import MAX_TITLE, alt, reading, subtitle, title, way_to

LABELS = {"a": "Medium, open", "b": "Large, API"}


def projected(**more):
    plain = dict.fromkeys(Projected.__dataclass_fields__)
    plain |= {"configuration": "a", "is_bound": False, "is_feasible": True, "reasons": {}, "accuracy": 0.556, "cost_usd": 0.039369}
    plain |= {"usd_per_month": 39_369.0, "usd_per_month_low": 37_289.0, "usd_per_month_high": 41_449.0, "cost_per_success_usd": 0.071}
    plain |= {"latency_p95_s": 285.0}
    return Projected(**plain | more)


def projection(now=None, logged=None, **more):
    now = now or projected()
    logged = logged or projected(accuracy=0.602, cost_usd=0.125, usd_per_month=125_000.0, latency_p95_s=519.0)
    position = dict.fromkeys(POSITION, float("nan")) | {"volume": 1_000_000 / 30.4375, "cap": 30.0, "budget_usd": 2.0, "reflections": 3.0}
    plain = {"position": position, "changed": ("cap", "reflections"), "now": (now,), "logged": (logged,), "on_frontier": ("a",),
             "was_on_frontier": ("a",), "chosen": "a", "nearest": None, "budget_usd_per_month": None}  # fmt: skip
    return Projection(**plain | more)


def text_of(paragraphs):
    return " ".join(f"{p.head} {p.text}" for p in paragraphs)


def test_the_title_of_the_drawing():
    found = projection(projected(is_bound=True))
    assert title(found, LABELS) == "These settings cut the bill by 69% to $39.4k a month and lose at most 5 points"
    exact = projection(projected())
    assert title(exact, LABELS) == "These settings cut the bill by 69% to $39.4k a month and lose 5 points"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({"usd_per_month": 150_000.0, "accuracy": 0.652}, "These settings raise the bill by 20% to $150k a month and gain 5 points"),
        ({"usd_per_month": 500_000.0, "accuracy": 0.602}, "These settings raise the bill 4.0-fold to $500k a month and lose nothing"),
        ({"usd_per_month": 125_000.0, "accuracy": 0.599}, "These settings leave the bill at $125k a month and lose 0.3 points"),
        ({"usd_per_month": 125_000.0, "accuracy": 0.592}, "These settings leave the bill at $125k a month and lose 1 point"),
        ({"usd_per_month": 500.0, "accuracy": None}, "These settings cut the bill by 100% to $500 a month; accuracy is unknown"),
        ({"usd_per_month": None}, "The bill is unknown under these settings; the reason stands below"),
    ],
)
def test_titles(now, expected):
    assert title(projection(projected(**now)), LABELS) == expected


def test_titles_without_settings():
    assert title(projection(changed=()), LABELS) == "As logged, 32.9 k tasks a day cost $39.4k a month"
    assert title(projection(chosen=None), LABELS) == "Cost or accuracy is unknown for the only configuration"
    assert title(replace(projection(chosen=None), now=(), logged=()), LABELS) == "No configurations to project yet"


def test_limits_that_nothing_meets():
    found = projection(nearest="a")
    found = replace(found, position=found.position | {"max_usd_per_month": 20_000.0})
    assert title(found, LABELS) == "No configuration meets $20k a month; the nearest is Medium, open at $39.4k"
    assert "The nearest to $20,000 a month is Medium, open with $39,369." in text_of(reading(found, LABELS))
    long = {"a": "An agent with a very long name (and an effort)" * 2}
    assert len(title(found, long)) <= MAX_TITLE
    assert title(found, long).startswith("No configuration meets $20k a month; the nearest is")


@settings(max_examples=80)
@given(
    st.one_of(st.none(), st.floats(0, 1e12)), st.floats(0, 1e12), st.one_of(st.none(), st.floats(0, 1)), st.floats(0, 1), st.booleans(),
    st.text(min_size=1, max_size=60),
)  # fmt: skip
def test_a_title_is_one_line_whatever_the_numbers(usd, was, accuracy, had, is_bound, name):
    now, logged = projected(usd_per_month=usd, accuracy=accuracy, is_bound=is_bound), projected(usd_per_month=was, accuracy=had)
    found = projection(now, logged)
    limited = replace(found, nearest="a", position=found.position | {"max_usd_per_month": 1.0, "max_latency_s": 2.0, "min_accuracy": 0.9})
    for each in (found, limited, replace(found, changed=())):
        said = title(each, {"a": name})
        assert len(said) <= MAX_TITLE
        assert "None" not in said
        assert "nan" not in said
        reading(each, {"a": name})
        alt(each, {"a": name})


def test_the_reading():
    chance = {"p_over_budget": 0.03, "p_over_budget_basis": "bootstrap of the mean, normal over 1,000,000 tasks"}
    found = projection(projected(is_bound=True, **chance), budget_usd_per_month=41_000.0)
    said = text_of(reading(found, LABELS))
    assert "Medium, open: at least 55.6% for $0.039 a task, $0.071 a success, p95 ≈ 285 s. As logged: 60.2% for $0.13, p95 519 s." in said
    assert "A month: $39,369 at 32.9 k tasks a day (95% interval $37,289–$41,449, resampled tasks)." in said
    assert "The chance to exceed $41k is 3% (bootstrap of the mean, normal over 1,000,000 tasks)." in said
    assert "The frontier keeps its 1 member." in said
    assert "After fewer rounds the cap is taken to lose the same share." in said
    both = text_of(reading(replace(found, changed=("cap", "budget_usd")), LABELS))
    assert "at most this cost, at least this accuracy" in both
    logged = text_of(reading(projection(changed=()), LABELS))
    assert "≈" not in logged
    assert "As logged" not in logged


def test_what_is_unknown_is_counted():
    reasons = {"cost_usd": "cost known for 2 of 9 attempts (≥ $1)"}
    unknown = projected(configuration="b", cost_usd=None, usd_per_month=None, reasons=reasons)
    found = projection()
    found = replace(found, now=(*found.now, unknown), logged=(*found.logged, unknown))
    assert "Without a place. 1 of 2: cost." in text_of(reading(found, LABELS)).replace("cost known for 2 of 9 attempts (≥ $1)", "cost")
    assert "1 configuration without a known place" in alt(found, LABELS)
    alone = replace(found, chosen="b")
    assert "Unknown in part: cost known for 2 of 9 attempts" in text_of(reading(alone, LABELS))


def test_who_joins_and_who_leaves():
    other = projected(configuration="b")
    found = replace(projection(), now=(projected(), other), logged=(projected(), other), on_frontier=("b",), was_on_frontier=("a",))
    assert "The frontier changes: Large, API joins; Medium, open leaves." in text_of(reading(found, LABELS))


def test_the_subtitle():
    assert subtitle(projection()).startswith("1 configuration, replayed from their logs with another turn cap and reflection rounds.")
    assert "Hollow: as logged" in subtitle(projection())
    assert subtitle(projection(changed=()), benchmark="tau\n2").startswith("1 configuration on tau 2, as logged.")


def test_the_way_to_a_bill():
    found = projection()
    way = Way(place=0, position=found.position | {"cap": 12.0, "reflections": 1.0}, accuracy=0.55, usd_per_month=900.0, is_met=True)
    said = way_to(way, 1000.0, found, LABELS)
    assert said.head == "To meet $1,000 a month,"
    assert said.text == (
        "least is lost if Medium, open with 12 turns at most and 1 reflection round reaches 55.0% for $900 "
        "(−5.2 points against Medium, open as logged)."
    )
    assert "nothing is cheap enough" in way_to(replace(way, is_met=False), 10.0, found, LABELS).text
    assert "with nothing cut" in way_to(replace(way, position=found.position), 1000.0, found, LABELS).text


def own(**more):
    plain = dict.fromkeys(OwnAgainstApi.__dataclass_fields__)
    return OwnAgainstApi(**plain | {"own_usd_per_month": 28_900.0, "gpus_needed": 12.0, "api_usd_per_month": 39_369.0} | more)


def test_own_gpus():
    found = own(break_even_tasks_per_day=8_200.0, for_good_tasks_per_day=16_100.0)
    assert own_title(found) == "Own GPUs are cheaper for good above 16.1 k tasks a day"
    said = own_paragraph(found).text
    assert said == (
        "$28,900 a month for 12 GPUs, against $39,369 by API. They break even at 8,200 tasks a day, and are cheaper for good above 16.1 k."
    )
    assert own_title(own(reason="a task costs more")) == "Own GPUs cost more than the API at every volume"
    assert "never pay" in own_paragraph(own(reason="a task costs more")).text
    assert own_title(own()) == "API against own GPUs: a cost is unknown"
    assert own_title(own(break_even_tasks_per_day=100.0)) == "Own GPUs and API cost the same at best, from 100 tasks a day on"
    assert own_paragraph(own(own_usd_per_month=None)) is None
    assert own_paragraph(own(own_usd_per_month=None), "16 would do").text == "unknown: 16 would do."


def test_fleets_and_one_off_costs():
    plan = FleetPlan(gpus=4.0, batch=32.0, gpus_needed=12.0, own_usd_per_month=28_900.0, own_latency_s=41.2)
    assert fleet_words(plan) == "12 GPUs (3 replicas of 4 GPUs, batch 32) for $28,900 a month, 41 s a task."
    none = FleetPlan(gpus=None, batch=None, gpus_needed=None, own_usd_per_month=None, own_latency_s=None, reason="nothing fits")
    assert fleet_words(none) == "No fleet: nothing fits."
    assert break_even_words(one_off(29.5, 0.059, 0.024), 29.5) == "$29.50 has paid for itself after 843 runs."
    assert break_even_words(OneOff(None, {}, "a run costs no less"), 5.0) == "$5.00 never pays for itself: a run costs no less."


def test_loads():
    times = np.arange(100.0)
    run = Run(360.0, times * 10, times * 10 + 5, 0.5, 2.0, 1.0)
    empty = np.zeros(0)
    curve = LoadCurve(empty, empty, empty, empty, empty, empty, 1000.0, 700.0, 950.0)
    assert load_words(curve, run) == (
        "Under random arrivals p95 is 5.0 s at 360 tasks an hour; p95 climbs from about 700 an hour on; 950 an hour are sustained."
    )
    late = replace(run, done_s=times * 30 + 5)
    assert "360 tasks an hour are more than the fleet finishes" in load_words(
        replace(curve, sustained_per_hour=None, reason="too slow"), late
    )


def test_energy():
    assert energy_title(np.arange(4.0), np.array([3.6, 4.4, 5.2, 6.0])) == "Each further reflection adds about 0.80 Wh per task"
    assert energy_title(np.arange(2.0), np.array([1.0, 1.0])) == "Further reflection adds no energy"
    assert energy_title(np.arange(2.0), np.array([np.nan, 1.0])) == "Energy per task is unknown"
    power = FleetPower(tasks_per_day=32_854.0, batch=16.0, unbatched_wh=30.0, batched_wh=3.0, energy_wh=4.6, unbatched_w=1.0, batched_w=1.0,
                       power_w=6297.0, batching_saves=0.9)  # fmt: skip
    said = power_paragraph(power, 4600.0, 1610.0).text
    assert said.startswith("6.3 kW mean draw, 4.6 MWh and 1.6 t CO₂e a month; 4.6 Wh per task, idle GPUs and PUE included.")
    assert "The GPUs alone: 3.0 Wh with batches of 16, 30.0 Wh one request at a time." in said
    assert "Published: 198.9 GW for Reflexion on Llama 3.1 70B at 13.7 G queries a day" in said
    assert said.endswith("(GPU energy only, one request at a time: no batching, no PUE).")
    assert power_paragraph(replace(power, power_w=None), None, None) is None
