"""Figures of the anatomy as data: parts, tails, survival, one attempt in time; and that names from logs stay text in all of them."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.anatomy import TOGETHER, Anatomy, Failure
from analytics.cache import TurnLevel
from analytics.survival import Conditioning, SelfConditioning, Survival
from analytics.tails import Tail
from pages.shared import theme
from pages.shared.charts import (
    ANATOMY_FORMATS,
    anatomy_table,
    attempt_words,
    conditioning_figure,
    drawn_turns,
    failures_table,
    money_figure,
    steps_table,
    survival_figure,
    tails_figure,
    time_figure,
    timeline_figure,
    timeline_of,
    tokens_figure,
)
from pages.shared.charts.hover import MAX_LINES, TEMPLATE
from pages.shared.charts.parts import spread
from pages.shared.export import csv_text

HOSTILE = ["<img src=x onerror=alert(1)>", "%{customdata[0]}", '<a href="javascript:alert(1)">x</a>', "a\u202eb\u2066c", "=cmd()"]
TAGS = re.compile(r"</?b>|<br>", re.IGNORECASE)
SIZES = {"narrow": [False, True], "dark": [False, True]}
LABELS = {"a": "Osprey", "b": "Plover", "c": "Wren"}


def time_of(name="a", seconds=100.0, **more):
    shares = {"llm": 0.6, "tool": 0.25, "overlap": 0.1, "idle": 0.05}
    return Anatomy(name, 40, 20, n_timed=38, wall_s=seconds, time_shares=shares, llm_calls=9.0, tool_calls=7.5, **more)


def money_of(name="a", cost=1.0, unexplained=0.0, **more):
    listed = {"uncached_input": 0.4, "cache_read": 0.1, "cache_write": None, "reasoning": 0.3, "answer": 0.2}
    parts = {key: None if share is None else share * (cost - unexplained) for key, share in listed.items()}
    parts |= {"unexplained": unexplained, "tools": None}
    shares = {key: None if value is None else value / cost for key, value in parts.items()}
    plain = {"n_cost": 40, "cost_usd": cost, "cost_parts": parts, "cost_shares": shares, "cost_on_failures": 0.25}
    return Anatomy(name, 40, 20, **{**plain, **more})


def level(turn, n=30, **more):
    plain = {"uncached_input_tokens": 500.0, "cache_read_tokens": 800.0 * turn, "cache_write_tokens": 200.0, "reasoning_tokens": 90.0}
    plain |= {"answer_tokens": 150.0, "cached_share": 0.5, "cost_usd": 0.01, "n_cost": n, "failed_share": 0.1}
    return TurnLevel(turn, n, n, 700.0 + 800 * turn, None, **{**plain, **more})


def tail_of(name, p50, measure="latency_s", **more):
    ends = {"p50": (0.9 * p50, 1.1 * p50), "p95": (2.4 * p50, 3.9 * p50)}
    plain = {"mean": 1.3 * p50, "p50": p50, "p95": 3 * p50, "p99": 5 * p50, "p95_over_p50": 3.0, "cv": 0.8, "intervals": ends}
    return Tail(name, measure, 240, 80, **{**plain, **more})


def curve_of(name="a", q=0.95, last=30, **more):
    steps = np.arange(1, last)
    survival = q**steps
    at_risk = np.round(300 * survival)
    plain = {"n_failed": 120, "known_share": 1.0, "steps": steps, "n_at_risk": at_risk, "survival": survival, "last_step": last}
    plain |= {"low": np.clip(survival - 0.05, 0, 1), "high": np.clip(survival + 0.05, 0, 1), "step_accuracy": q}
    below = steps[survival < 0.5]
    return Survival(name, 300, **{**plain, "horizons": {0.5: int(below[0]) if len(below) else None}, **more})


def steps_of(n=9, *, is_timed=True, failed=(), rounds=None, costs=True, role=None):
    kinds = ["llm" if i % 3 != 1 else "tool" for i in range(n)]
    known = [kind == "llm" for kind in kinds]
    number = lambda value: [value if is_llm else math.nan for is_llm in known]  # noqa: E731
    return pd.DataFrame({
        "turn": [float(i // 3 + 1) for i in range(n)], "round": rounds or [0.0] * n, "kind": kinds,
        "name": [None if is_llm else "search" for is_llm in known], "model": "m", "role": role or [None] * n,
        "offset_s": [10.0 * i for i in range(n)] if is_timed else [math.nan] * n, "duration_s": [8.0] * n if is_timed else [math.nan] * n,
        "uncached_input_tokens": number(100.0), "cache_read_tokens": number(50.0), "cache_write_tokens": number(0.0),
        "output_tokens": number(30.0), "reasoning_tokens": number(10.0), "cost_usd_logged": number(0.01 if costs else math.nan),
        "ok": pd.array([i not in failed for i in range(n)], dtype="boolean"),
    })  # fmt: skip


def trace(fig, name):
    found = [t for t in fig.data if t.name == name]
    assert len(found) == 1, [t.name for t in fig.data]
    return found[0]


def texts(fig):
    return [a.text for a in fig.layout.annotations]


def numbers(fig):
    """Return every number that is drawn; gaps between lines are None."""
    out = []
    for t in fig.data:
        for values in (t.x, t.y, getattr(t, "base", None), t.width if t.type == "bar" else None, getattr(t.error_y, "array", None)):
            out += [v for v in values if v is not None] if values is not None and not np.isscalar(values) else []
    return out


def check(fig):
    """A figure that can be shown: no NaN, no text that Plotly would read as more than text, short cards."""
    assert all(math.isfinite(v) for v in numbers(fig))
    json.loads(fig.to_json())
    cards = [row[1] for t in fig.data if t.customdata is not None for row in t.customdata]
    for text in [*texts(fig), *cards]:
        assert not re.search(r"[<>]", TAGS.sub("", text)), text
        assert "%{" not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
        assert not re.search(r"\b(nan|None|inf)\b", text), text
    assert all(t.hovertemplate in (None, TEMPLATE) for t in fig.data)
    assert all(len(card.split("<br>")) <= MAX_LINES for card in cards)
    return fig


def test_time_is_stacked_from_zero_and_adds_up_to_the_mean():
    fig = check(time_figure([time_of(seconds=100.0), time_of("b", 40.0)], LABELS, focus=("llm", "overlap")))
    ends = {}
    for t in fig.data:
        for start, length, row in zip(t.base, t.x, t.y, strict=True):
            assert start == pytest.approx(ends.get(row, 0.0))
            ends[row] = start + length
    assert ends == pytest.approx({0: 100.0, 1: 40.0})
    assert list(trace(fig, "LLM alone").x) == pytest.approx([60.0, 24.0])
    assert trace(fig, "LLM alone").marker.color == theme.LIGHT.blue
    assert trace(fig, "tools alone").marker.color == theme.LIGHT.axis


def test_parts_are_named_at_the_first_bar_and_shares_stand_where_there_is_room():
    fig = time_figure([time_of(), time_of("b", 4.0)], LABELS, focus=("llm",))
    said = texts(fig)
    for name in ("LLM alone", "LLM and tools", "tools alone", "idle"):
        assert said.count(name) == 1
    assert said.count("60%") == 1  # the second bar is 4% as long: nothing fits in it
    assert said.count("5%") == 0
    assert "38 attempts timed" in said
    assert {"100 s", "4.0 s"} <= set(said)


def test_the_longest_comes_first_and_all_together_before_it():
    whole = replace(time_of(seconds=50.0), configuration=TOGETHER)
    fig = time_figure([time_of("b", 20.0), time_of("a", 90.0)], LABELS, whole=whole)
    names = [text for text in texts(fig) if text in ("All together", "Osprey", "Plover")]
    assert names == ["All together", "Osprey", "Plover"]
    assert "All together" not in texts(time_figure([time_of()], LABELS, whole=whole))


def test_a_time_without_parts_is_an_open_bar_and_an_unknown_one_is_a_sentence():
    """Unknown once was a bar of length zero: it looked like an attempt that takes no time."""
    untold = Anatomy("b", 40, 20, reasons={"wall_s": "no step times in these logs"})
    fig = check(time_figure([time_of(), untold, replace(untold, configuration="c")], LABELS, latencies={"b": tail_of("b", 10.0)}))
    assert list(trace(fig, "parts unknown").x) == [13.0]
    assert "parts not told apart" in texts(time_figure([untold], LABELS, latencies={"b": tail_of("b", 10.0)}))
    assert "no step times in these logs" in texts(fig)
    assert all(0.0 not in t.x for t in fig.data)
    assert "–" in texts(fig)


def test_a_far_p95_is_a_number_and_no_tick_that_squeezes_the_bars():
    near, far = tail_of("a", 40.0), tail_of("a", 400.0)
    ticks = [s.x0 for s in time_figure([time_of()], LABELS, latencies={"a": near}).layout.shapes if s.type == "line"]
    assert ticks == [120.0]
    fig = time_figure([time_of()], LABELS, latencies={"a": far})
    assert not [s for s in fig.layout.shapes if s.type == "line"]
    assert "p95 1,200 s" in texts(fig)
    assert fig.layout.xaxis.range[1] < 110


def test_at_most_twelve_bars_are_drawn():
    many = [time_of(f"c{i}", 10.0 + i) for i in range(30)]
    fig = check(time_figure(many, {f"c{i}": f"name {i}" for i in range(30)}))
    assert len(trace(fig, "LLM alone").x) == 12
    assert max(trace(fig, "LLM alone").x) == pytest.approx(0.6 * 39)


def test_money_has_its_failed_part_and_what_list_prices_do_not_explain():
    fig = check(money_figure([money_of(cost=1.0, unexplained=0.2), money_of("b", 0.5)], LABELS, focus=("reasoning",)))
    assert list(trace(fig, "not explained by list prices").x) == [0.2]
    assert trace(fig, "not explained by list prices").marker.pattern.shape == "/"
    under = [s for s in fig.layout.shapes if s.fillcolor == theme.LIGHT.orange]
    assert [s.x1 for s in under] == [0.25, 0.125]
    assert "25% failed" in texts(fig)
    assert "cache write" not in texts(fig)  # in none of the bars


def test_a_bill_below_list_prices_ends_at_its_mark_and_the_rest_is_struck():
    """The parts at list prices add up to more than the bill: drawn as they are, they would say that more was paid."""
    fig = check(money_figure([money_of(cost=1.0, unexplained=-0.6)], LABELS))
    struck = trace(fig, "not paid")
    assert (list(struck.base), list(struck.x)) == ([1.0], pytest.approx([0.6]))
    assert [s.x0 for s in fig.layout.shapes if s.type == "line"] == [1.0]
    assert "less than list prices" in texts(fig)
    assert "$1.00" in texts(fig)


def test_a_gap_of_rounding_is_not_drawn():
    fig = money_figure([money_of(cost=1.0, unexplained=-4e-19)], LABELS)
    assert "not paid" not in {t.name for t in fig.data}
    assert not any("explained" in text for text in texts(fig))


def test_no_list_price_is_an_open_bar_with_its_failed_part():
    untold = money_of(cost_parts={"unexplained": 1.0, "uncached_input": None}, cost_shares={})
    fig = check(money_figure([untold], LABELS))
    assert list(trace(fig, "parts unknown").x) == [1.0]
    assert [s.x1 for s in fig.layout.shapes if s.fillcolor == theme.LIGHT.orange] == [0.25]


@pytest.mark.parametrize("draw", [time_figure, money_figure])
def test_nothing_known_is_one_sentence(draw):
    nothing = Anatomy("a", 40, 20, reasons={"money": "cost unknown"})
    for results in ([], [nothing]):
        fig = check(draw(results, LABELS))
        assert not fig.data
        assert len(texts(fig)) == 1


def test_output_is_called_so_where_no_reasoning_is_told_apart():
    untold = money_of()
    untold = replace(untold, cost_parts={**untold.cost_parts, "reasoning": None})
    assert "output" in texts(money_figure([untold], LABELS))
    fig = tokens_figure(Anatomy("a", 9, 9, by_turn=tuple(level(t, reasoning_tokens=None) for t in (1, 2))))
    assert "output" in texts(fig)
    assert "answer" not in texts(fig)


def test_turns_are_stacked_and_the_strip_counts_who_reaches_them():
    result = Anatomy("a", 30, 20, by_turn=tuple(level(turn, n=30 - turn) for turn in range(1, 25)))
    fig = check(tokens_figure(result, focus=("cache_read",)))
    assert trace(fig, "read from cache").marker.color == theme.LIGHT.blue
    tops = np.array(trace(fig, "answer").base) + np.array(trace(fig, "answer").y)
    assert tops == pytest.approx([940.0 + 800 * turn for turn in range(1, 25)])
    strip = trace(fig, "attempts that reach the turn")
    assert list(strip.y) == [29, *range(29, 5, -1)]
    assert "6 reach turn 24" in texts(fig)
    for name in ("read from cache", "fresh input", "written to cache", "reasoning", "answer"):
        assert name in texts(fig)


def test_turns_of_one_or_two_attempts_are_left_out_unless_all_are():
    levels = [level(1, n=9), level(2, n=3), level(3, n=2), level(4, n=1)]
    assert [each.turn for each in drawn_turns(levels)] == [1, 2]
    assert [each.turn for each in drawn_turns([level(1, n=1), level(2, n=1)])] == [1, 2]
    assert len(drawn_turns([level(turn) for turn in range(1, 1001)])) <= 200
    assert drawn_turns([]) == []


def test_no_tokens_by_turn_is_a_sentence():
    untold = level(
        1, uncached_input_tokens=None, cache_read_tokens=None, cache_write_tokens=None, reasoning_tokens=None, answer_tokens=None
    )
    for result in (None, Anatomy("a", 9, 9), Anatomy("a", 9, 9, by_turn=(untold,))):
        assert not check(tokens_figure(result)).data


def test_tails_stand_on_a_log_axis_with_their_intervals():
    fig = check(tails_figure([[tail_of("a", 10.0), tail_of("b", 30.0)], [tail_of("a", 0.02, "cost_usd")]], LABELS, focus="a"))
    assert (fig.layout.xaxis.type, fig.layout.xaxis2.type) == ("log", "log")
    assert list(fig.layout.yaxis.range) == [1.5, -0.5]
    medians = [t for t in fig.data if t.name == "focus median"]
    assert [list(t.x) for t in medians] == [[10.0], [0.02]]
    assert {t.marker.color for t in medians} == {theme.LIGHT.blue}
    soft = next(t for t in fig.data if t.name == "field intervals")
    assert list(soft.x) == [27.0, 33.0, None, 72.0, 117.0, None]
    assert texts(fig).count("unknown") == 1  # b has no cost
    assert [text for text in texts(fig) if text in ("Osprey", "Plover")] == ["Plover", "Osprey"]  # the slowest first


def test_tails_of_one_value_and_of_none():
    fig = check(tails_figure([[tail_of("a", 18.0, p95=18.0, p99=18.0, intervals={})], []], LABELS, narrow=True))
    assert all(math.isfinite(v) for v in fig.layout.xaxis.range)
    assert not check(tails_figure([[Tail("a", "latency_s", 0, 0)], []], LABELS)).data
    zero = check(tails_figure([[tail_of("a", 0.0)]], LABELS))
    assert not zero.data  # nothing to show on a log axis


def test_survival_is_a_staircase_with_band_and_horizon():
    fig = check(survival_figure([curve_of("a", 0.95), curve_of("b", 0.97)], LABELS, focus="a"))
    focus = trace(fig, "in focus")
    assert (focus.line.color, focus.line.shape, focus.x[0], focus.y[0]) == (theme.LIGHT.blue, "hv", 0.0, 1.0)
    assert list(trace(fig, "even odds").x) == [14]  # 0.95^13 = 0.513, 0.95^14 = 0.488
    assert any("Even odds by step 14" in text.replace("<br>", " ") for text in texts(fig))
    assert {"Osprey", "Plover"} <= set(texts(fig))
    assert max(trace(fig, "95% band").y) <= 1.0


def test_a_curve_ends_where_few_are_at_risk_and_half_is_marked_only_where_it_is_reached():
    fig = check(survival_figure([curve_of("a", 0.99, n_at_risk=np.linspace(40, 2, 29))], LABELS, focus="a"))
    drawn = trace(fig, "in focus").x
    assert max(drawn) == 23  # the last with ten at risk: 40 - 22 * 38/28 = 10.1
    assert "even odds" not in {t.name for t in fig.data}


def test_no_outcomes_is_a_sentence():
    untold = Survival("a", 0, reason="no step outcomes in these logs")
    fig = check(survival_figure([untold], LABELS))
    assert "No step outcomes in these logs." in texts(fig)[0].replace("<br>", " ")
    assert not check(survival_figure([], LABELS)).data


def test_rates_after_failures_have_intervals_and_end_with_three_or_more():
    after = tuple(Conditioning(k, 900 - 200 * k, 0.02 + 0.03 * k, (0.01 + 0.02 * k, 0.04 + 0.05 * k)) for k in range(4))
    fig = check(conditioning_figure(SelfConditioning(after, verdict="more")))
    assert list(trace(fig, "failure rate").y) == pytest.approx([0.02, 0.05, 0.08, 0.11])
    assert list(fig.layout.xaxis.ticktext) == ["none", "1", "2", "3 or more"]
    assert not check(conditioning_figure(SelfConditioning(after[:1], reason="no step outcomes in these logs"))).data
    flat = tuple(Conditioning(k, 9, 0.0, None) for k in range(2))
    assert check(conditioning_figure(SelfConditioning(flat))).data


def test_a_timeline_has_lanes_failures_and_the_running_cost():
    drawn = timeline_of(steps_of(9, failed=(4,)))
    fig = check(timeline_figure(drawn))
    assert drawn.is_timed
    assert (list(trace(fig, "LLM").base), list(trace(fig, "LLM").x)) == ([0, 20, 30, 50, 60, 80], [8] * 6)
    assert list(trace(fig, "Tools, failed").base) == [40]
    assert trace(fig, "Tools, failed").marker.color == theme.LIGHT.orange
    assert list(trace(fig, "failed").x) == [44]
    assert trace(fig, "Cost so far").y[-1] == pytest.approx(0.06)
    assert "$0.060" in texts(fig)
    card = next(row[1] for row in trace(fig, "LLM").customdata)
    assert card.split("<br>")[1:] == ["LLM call, turn 1", "At 0 s for 8.0 s", "Tokens: 100 fresh in, 50 from cache, 30 out", "Cost $0.010"]


def test_steps_without_times_stand_by_number_and_it_is_said():
    drawn = timeline_of(steps_of(6, is_timed=False, costs=False))
    fig = check(timeline_figure(drawn))
    assert not drawn.is_timed
    assert "by number" in drawn.said
    assert "Step number: no times in this log" in texts(fig)
    assert list(trace(fig, "LLM").base) == [0.55, 2.55, 3.55, 5.55]
    assert trace(fig, "Tokens so far").y[-1] == 4 * 180


def test_unknown_outcome_cost_and_tokens_draw_no_failure_and_no_line():
    steps = steps_of(6, costs=False)
    steps["ok"] = pd.array([None] * 6, dtype="boolean")
    steps["output_tokens"] = math.nan
    drawn = timeline_of(steps)
    assert not any(mark.is_failed for mark in drawn.marks)
    assert drawn.spent == ()
    assert {t.name for t in check(timeline_figure(drawn)).data} == {"LLM", "Tools"}


def test_rounds_are_parted_and_named():
    fig = check(timeline_figure(timeline_of(steps_of(12, rounds=[0.0] * 5 + [1.0] * 4 + [2.0] * 3))))
    lines = [s.x0 for s in fig.layout.shapes if s.type == "line" and s.line.dash]
    assert lines == [50, 90]
    assert {"first answer", "reflection 1", "reflection 2"} <= set(texts(fig))


def test_the_user_has_a_lane_of_their_own_outside_the_cost():
    roles = ["user", "agent", "agent", "user", "agent", "agent"]
    drawn = timeline_of(steps_of(6, role=roles))
    fig = check(timeline_figure(drawn))
    assert [mark.lane for mark in drawn.marks] == [2, 1, 0, 2, 1, 0]
    assert "User" in texts(fig)
    assert trace(fig, "Cost so far").y[-1] == pytest.approx(0.02)


def test_steps_at_the_same_time_stand_below_one_another():
    steps = steps_of(3)
    steps["kind"], steps["offset_s"] = "llm", [0.0, 2.0, 20.0]
    assert [(mark.start, mark.row) for mark in timeline_of(steps).marks] == [(0.0, 0), (2.0, 1), (20.0, 0)]


@pytest.mark.parametrize("n", [401, 1000, 5000])
def test_very_many_steps_are_merged_and_it_is_said(n):
    drawn = timeline_of(steps_of(n, failed=(7, n // 2)))
    assert len(drawn.marks) <= 400
    assert sum(mark.n for mark in drawn.marks) == n
    assert sum(mark.n for mark in drawn.marks if mark.is_failed) == 2
    assert f"{n:,} steps are drawn as" in drawn.said
    assert len(drawn.spent) <= 402
    check(timeline_figure(drawn, narrow=True))


def test_no_steps_is_a_sentence():
    assert not check(timeline_figure(timeline_of(steps_of(0)))).data


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("narrow", [False, True])
def test_names_stay_text_everywhere(name, narrow):
    labels = {"a": name, "b": "Plover"}
    check(time_figure([time_of(), Anatomy("b", 1, 1, reasons={"wall_s": name})], labels, latencies={"a": tail_of("a", 9.0)}, narrow=narrow))
    check(money_figure([money_of(), Anatomy("b", 1, 1, reasons={"money": name})], labels, narrow=narrow))
    check(tails_figure([[tail_of("a", 9.0), tail_of("b", 3.0)]], labels, focus="a", narrow=narrow))
    check(survival_figure([curve_of(), curve_of("b", 0.9)], labels, focus="a", narrow=narrow))
    steps = steps_of(6, role=[name] * 6)
    steps["name"], steps["model"] = name, name
    check(timeline_figure(timeline_of(steps), narrow=narrow))
    row = {"success": 0.0, "cost_usd": 0.1, "configuration": "a", "task": name, "attempt": 1.0}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", attempt_words(row, labels))
    failure = Failure("a", "qa", name, "d", 1, 0.1, None, None, 0.5, "error", name, name, name)
    for table in (failures_table([failure], labels), steps_table(steps)):
        assert "\n=" not in csv_text(table)
        assert ",=" not in csv_text(table)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
def test_every_figure_has_its_scheme_and_fits(dark, narrow):
    size = {"dark": dark, "narrow": narrow}
    figures = [
        time_figure([time_of(), time_of("b", 3.0)], LABELS, **size),
        money_figure([money_of()], LABELS, **size),
        tokens_figure(Anatomy("a", 9, 9, by_turn=(level(1), level(2))), **size),
        tails_figure([[tail_of("a", 9.0)], [tail_of("a", 0.1, "cost_usd")]], LABELS, **size),
        survival_figure([curve_of()], LABELS, focus="a", **size),
        timeline_figure(timeline_of(steps_of(9)), **size),
    ]
    for fig in figures:
        check(fig)
        assert fig.layout.template.layout.font.color == (theme.DARK if dark else theme.LIGHT).ink2
        assert fig.layout.margin.l + fig.layout.margin.r < (200 if narrow else 320)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(5, 80)), min_size=1, max_size=8))
def test_spread_names_keep_order_and_distance(wanted):
    wanted = sorted(wanted)
    middles, widths = [m for m, _ in wanted], [w for _, w in wanted]
    lefts = spread(middles, widths, 0, 400)
    if lefts is None:
        assert sum(widths) + 8 * (len(widths) - 1) > 400
        return
    assert all(b - a >= w + 8 - 1e-6 for a, b, w in zip(lefts, lefts[1:], widths, strict=False))
    assert lefts[0] >= -1e-6
    assert lefts[-1] + widths[-1] <= 400 + 1e-6


def test_the_table_has_the_numbers_of_the_figure_and_all_together_on_top():
    whole = replace(time_of(seconds=70.0), configuration=TOGETHER)
    results = [time_of("b", 40.0), time_of("a", 100.0), Anatomy("c", 5, 5, reasons={"wall_s": "no step times"})]
    table = anatomy_table("Time", results, {**LABELS, "c": "All together"}, whole=whole, times=[tail_of("c", 10.0)])
    assert list(table["configuration"]) == ["All together", "Osprey", "Plover", "All together"]
    assert list(table["mean_s"]) == [70.0, 100.0, 40.0, 13.0]
    assert list(table["llm_share"][:3]) == [0.6] * 3
    assert math.isnan(table["llm_share"].iloc[3])
    assert table["note"].iloc[3] == "no step times"
    assert "cost_usd" not in table


@pytest.mark.parametrize("side", ["Time", "Tokens", "Money", "Tails", "Failures"])
def test_tables_of_nothing_known_keep_their_rows(side):
    table = anatomy_table(side, [Anatomy("a", 4, 2), Anatomy("b", 4, 2)], LABELS, whole=Anatomy(TOGETHER, 8, 4))
    assert set(table["configuration"]) >= {"Osprey", "Plover"}
    assert all(write(None) == "–" for write in ANATOMY_FORMATS.values())


def test_money_without_list_prices_has_no_unexplained_column():
    """Without any list price the whole cost is unexplained; as a column it would only repeat the cost."""
    untold = money_of(cost_parts={"unexplained": 1.0, "tools": None})
    assert "unexplained_usd" not in anatomy_table("Money", [untold], LABELS)
    assert anatomy_table("Money", [money_of(unexplained=-0.5)], LABELS)["unexplained_usd"].iloc[0] == -0.5


def test_failures_lead_to_their_place():
    failures = [Failure("a", "qa", "t1", "d", 7, 2.0, None, 30.0, 0.4, "limit", None, "x.json", "line 7")]
    table = failures_table(failures, LABELS)
    assert table.iloc[0].to_dict() == {
        "configuration": "Osprey", "task": "t1", "spent_usd": 2.0, "share_of_money": 0.4, "spent_s": 30.0, "stop_reason": "limit",
        "place": "x.json, line 7",
    }  # fmt: skip
    assert failures_table([], LABELS).empty


def test_steps_table_keeps_unknown_apart_from_zero():
    table = steps_table(steps_of(4, failed=(1,)))
    assert list(table["outcome"]) == ["ok", "failed", "ok", "ok"]
    assert list(table["cache_write_tokens"].isna()) == [False, True, False, False]
    assert "model" not in table  # the same in all of them
    assert "round" not in table
