"""Figures as data: what is drawn, where, in which order, and that names from logs stay text in it."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.shared import theme
from pages.shared.charts import FORMATS, frontier_figure, frontier_table, parallel_figure, written
from pages.shared.charts.axes import steps, tick_text, x_axis
from pages.shared.charts.hover import MAX_LINES, TEMPLATE, card
from pages.shared.charts.lane import swarm
from tests.frontiers import frontier_of, labels_of, point

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%{customdata[0]}",
    '<a href="javascript:alert(1)">x</a>',
    "a\u202eb\u2066c",
]
POINTS = [
    point("cheap", 0.40, 0.01),
    point("middle", 0.70, 0.02, is_knee=True, p_on_frontier=0.8),
    point("best", 0.90, 0.40),
    point("close", 0.68, 0.10, p_on_frontier=0.2),
    point("lost", 0.20, 0.30, p_on_frontier=0.0),
    point("unpriced", 0.50, None),
    point("too", 0.52, None),
]


def example(**more):
    return frontier_of(POINTS, undecided=["close"], **more)


def figure(frontier=None, **more):
    frontier = frontier or example()
    return frontier_figure(frontier, labels_of(frontier), **more)


def trace(fig, name):
    found = [t for t in fig.data if t.name == name]
    assert len(found) == 1, [t.name for t in fig.data]
    return found[0]


def texts(fig):
    return [a.text for a in fig.layout.annotations]


def test_cost_axis_is_logarithmic_with_plain_dollars():
    axis = figure().layout.xaxis
    assert axis.type == "log"
    assert list(axis.ticktext) == ["$0.005", "$0.01", "$0.02", "$0.05", "$0.10", "$0.20", "$0.50"]
    assert list(axis.tickvals) == [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
    assert axis.ticks == "outside"
    assert not axis.showgrid
    assert all(10 ** axis.range[0] <= v <= 10 ** axis.range[1] for v in axis.minor.tickvals)


def test_linear_axis_when_asked_and_when_all_are_zero():
    assert figure(log=False).layout.xaxis.type == "linear"
    free = frontier_of([point("a", 0.5, 0.0), point("b", 0.6, 0.0)])
    assert figure(free).layout.xaxis.type == "linear"


def test_annotations_count_in_log10_and_shapes_in_values():
    """Plotly's two counts on one axis: a name once stood at $10^0.01 beside a point at $0.01."""
    fig = figure(max_cost=0.05)
    named = [a for a in fig.layout.annotations if a.text.startswith("cheap<br>")]
    assert named[0].x == pytest.approx(math.log10(0.01))
    line = [s for s in fig.layout.shapes if s.type == "line"]
    assert [s.x0 for s in line] == [0.05]
    assert trace(fig, "on the frontier").x[0] == 0.01


def test_a_known_zero_stands_left_of_all_others_over_its_own_tick():
    frontier = frontier_of([point("free", 0.4, 0.0), point("paid", 0.9, 0.5), point("dear", 0.95, 2.0)])
    fig = figure(frontier)
    axis = fig.layout.xaxis
    on = trace(fig, "on the frontier")
    assert axis.type == "log"
    assert axis.ticktext[0] == "$0"
    assert axis.tickvals[0] == on.x[0] < 0.5 / 2
    assert "Cost per task $0, as logged" in on.customdata[0][1]
    assert all(math.isfinite(v) for v in axis.range)


@settings(max_examples=80, deadline=None)
@given(
    low=st.floats(1e-6, 1e3),
    spread=st.floats(1.0, 1e6),
    width=st.sampled_from([250, 560, 720]),
    objective=st.sampled_from(["cost_usd", "tokens", "latency_s"]),
)
def test_ticks_are_few_apart_and_inside(low, spread, width, objective):
    axis = x_axis(objective, [low, low * spread], log=True)
    values = axis.tick_values(width)
    shares = [axis.share(v) for v in values]
    assert 1 <= len(values) <= width / 25
    assert values == sorted(set(values))
    assert all(0 <= s <= 1 for s in shares)
    assert axis.low < low <= low * spread < axis.high
    assert not any(re.search(r"e[+-]?\d", tick_text(objective, v)) for v in values)


def test_steps_meet_a_plain_loop():
    wanted = [k * 10**e for e in range(-3, 4) for k in (1, 2, 5) if 0.003 <= k * 10**e <= 700]
    assert steps(0.003, 700, (1, 2, 5)) == pytest.approx(wanted)


def test_frontier_is_a_staircase_from_the_ground_to_the_edge():
    fig = figure()
    line = trace(fig, "frontier")
    assert (line.line.shape, line.line.width) == ("hv", 2)
    assert list(line.y) == [0.0, 0.40, 0.70, 0.90, 0.90]
    assert list(line.x[:4]) == [0.01, 0.01, 0.02, 0.40]
    assert line.x[-1] == pytest.approx(10 ** fig.layout.xaxis.range[1])


def test_three_states_differ_by_more_than_hue():
    fig = figure()
    on, undecided, dominated = (trace(fig, name) for name in ("on the frontier", "not decidable", "dominated"))
    assert (on.marker.size, undecided.marker.size, dominated.marker.size) == (11, 8, 7)
    assert on.marker.color == theme.LIGHT.blue
    assert (undecided.marker.color, undecided.marker.line.color) == (theme.LIGHT.bg, theme.LIGHT.blue)
    assert dominated.marker.color == theme.LIGHT.field
    assert [list(t.y) for t in (on, undecided, dominated)] == [[0.40, 0.70, 0.90], [0.68], [0.20]]


def test_a_member_that_is_not_certain_has_a_hollow_centre():
    assert list(trace(figure(), "not certain").y) == [0.70]


def test_order_of_drawing():
    frontier = example()
    names = [t.name for t in figure(frontier, ladders=[["lost", "close"], ["cheap", "middle"]], show_hull=True, pins=("cheap",)).data]
    assert names == [
        "unknown", "field bars", "ladder", "dominated", "frontier", "bars of the not decidable", "not decidable", "ladder on the frontier",
        "frontier bars", "on the frontier", "not certain", "pin A",
    ]  # fmt: skip


def test_error_bars_have_no_caps_and_end_where_the_interval_ends():
    bars = trace(figure(), "frontier bars").error_y
    assert (bars.width, bars.symmetric) == (0, False)
    assert list(bars.array) == pytest.approx([0.1, 0.1, 0.1])
    assert list(bars.arrayminus) == pytest.approx([0.1, 0.1, 0.1])
    top = figure(frontier_of([point("a", 0.97, 0.1), point("b", 0.99, 0.2)]))
    bars = trace(top, "frontier bars")
    assert max(np.array(bars.y) + np.array(bars.error_y.array)) <= 1.0
    assert not any("bars" in t.name for t in figure(error_bars=False).data)


def test_many_points_keep_only_the_bars_that_matter():
    points = [point(f"c{i}", 0.3 + 0.002 * (i * 37 % 200), 0.01 * 1.05**i) for i in range(220)]
    fig = figure(frontier_of(points))
    names = {t.name for t in fig.data}
    assert "field bars" not in names
    assert "frontier bars" in names
    assert len(trace(fig, "dominated").x) + len(trace(fig, "on the frontier").x) == 220


def test_no_interval_draws_no_bar():
    fig = figure(frontier_of([point("a", 0.4, 0.1, half=None), point("b", 0.6, 0.2, half=None)]))
    assert not any("bars" in t.name for t in fig.data)


def test_unknown_cost_stands_in_the_lane_and_is_counted():
    fig = figure()
    lane = trace(fig, "unknown")
    assert (lane.xaxis, lane.yaxis) == ("x2", "y2")
    assert list(lane.y) == [0.50, 0.52] or list(lane.y) == [0.52, 0.50]
    assert lane.x[0] != lane.x[1]
    assert fig.layout.xaxis2.domain[0] > fig.layout.xaxis.domain[1]
    assert fig.layout.yaxis2.matches == "y"
    assert "<b>Cost unknown</b>" in texts(fig)
    assert "2 rows" in texts(fig)
    assert all(0 not in t.x for t in fig.data if t.xaxis != "x2")


@settings(max_examples=50, deadline=None)
@given(levels=st.lists(st.integers(0, 400), max_size=15))
def test_swarm_covers_nothing_where_there_is_room(levels):
    offsets = swarm(levels, 400, 10)
    spots = list(zip(offsets, levels, strict=True))
    assert all(math.dist(a, b) >= 9.7 for i, a in enumerate(spots) for b in spots[:i])


def test_budget_is_a_line_with_its_region_and_says_how_many_fit():
    fig = figure(max_cost=0.05)
    region = [s for s in fig.layout.shapes if s.type == "rect" and s.xref == "x"]
    assert [(s.layer, s.fillcolor) for s in region] == [("below", "rgba(8,121,97,0.07)")]
    assert region[0].x1 == 0.05
    assert "<b>Budget $0.050</b> · 2 of 5 fit" in texts(fig)


def test_a_limit_far_outside_moves_nothing_but_is_said():
    fig = figure(max_cost=1e6)
    assert not [s for s in fig.layout.shapes if s.type == "line"]
    assert "<b>Budget $1,000,000</b> · 5 of 5 fit" in texts(fig)
    assert fig.layout.xaxis.range == figure().layout.xaxis.range


def test_a_limit_off_the_axis_fades_what_breaks_it():
    points = [point("quick", 0.4, 0.01, latency_s=5.0), point("slow", 0.8, 0.02, latency_s=90.0), point("untimed", 0.9, 0.05)]
    fig = figure(frontier_of(points), max_latency=60)
    on = trace(fig, "on the frontier")
    assert dict(zip(on.y, on.marker.opacity, strict=True)) == {0.4: 1.0, 0.8: 0.35, 0.9: 0.35}
    assert "<b>Time limit 60 s</b> · 1 of 3 fit" in texts(fig)
    assert not [s for s in fig.layout.shapes if s.type == "line"]


def test_ladders_are_grey_in_the_field_and_dotted_blue_on_the_frontier():
    fig = figure(ladders=[["cheap", "middle", "close"], ["gone", "lost"]])
    grey, blue = trace(fig, "ladder"), trace(fig, "ladder on the frontier")
    assert (grey.line.color, blue.line.color, blue.line.dash) == (theme.LIGHT.axis, theme.LIGHT.blue, "1px,3px")
    assert list(grey.y) == [0.70, 0.68, None]
    assert list(blue.y) == [0.40, 0.70, None]


def test_hull_is_straight_in_money():
    corners = [point("a", 0.4, 0.01, on_hull=True), point("b", 0.8, 0.41, on_hull=True)]
    hull = trace(figure(frontier_of(corners), show_hull=True), "hull")
    slopes = [(y - 0.4) / (x - 0.01) for x, y in zip(hull.x[1:], hull.y[1:], strict=True)]
    assert slopes == pytest.approx([1.0] * len(slopes))


def test_pins_carry_letters_also_in_the_lane():
    fig = figure(pins=("best", "unpriced"))
    a, b = trace(fig, "pin A"), trace(fig, "pin B")
    assert (a.text, b.text) == (("A",), ("B",))
    assert (a.marker.line.color, b.marker.line.color) == (theme.LIGHT.blue, theme.LIGHT.plum)
    assert (a.xaxis, b.xaxis) == ("x", "x2")
    assert a.marker.size == 20


def test_frontier_only_keeps_the_frontier_and_the_pins():
    fig = figure(only_frontier=True, pins=("lost", "cheap"))
    assert "not decidable" not in {t.name for t in fig.data}
    assert "unknown" not in {t.name for t in fig.data}
    assert list(trace(fig, "dominated").y) == [0.20]


def test_what_coverage_set_aside_is_an_open_mark_at_its_place():
    points = [*POINTS, point("partial", 0.6, 0.05, excluded="covers 16 of 83 tasks", p_on_frontier=None)]
    aside = trace(figure(frontier_of(points)), "left out")
    assert (list(aside.x), list(aside.y)) == ([0.05], [0.6])
    assert aside.marker.color == theme.LIGHT.bg
    assert "Left out: covers 16 of 83 tasks" in aside.customdata[0][1]


def test_members_are_named_with_their_figures():
    named = " ".join(texts(figure()))
    for name, numbers in (("cheap", "40.0% · $0.010"), ("middle", "70.0% · $0.020"), ("best", "90.0% · $0.40")):
        assert re.search(rf"{name}<br><span[^>]*>{re.escape(numbers)}</span>", named)


def test_phone_figure_is_lower_with_few_names_and_no_field_bars():
    points = [point(f"model-{i}", 0.1 * i, 0.01 * 2**i) for i in range(1, 9)]
    fig = figure(frontier_of([*points, point("unpriced", 0.5, None), point("lost", 0.05, 1.0)]), narrow=True, max_cost=0.2)
    assert fig.layout.height == 372
    assert sum("<span" in text for text in texts(fig)) <= 4
    assert "field bars" not in {t.name for t in fig.data}
    assert "<b>$?</b>" in texts(fig)
    assert "<b>≤ $0.20</b>" in texts(fig)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_points(n, log, dark, narrow):
    fig = figure(
        frontier_of(POINTS[:n], empty_reason=None if n else "There are no attempts."), log=log, dark=dark, narrow=narrow, max_cost=0.05
    )
    json.loads(fig.to_json())
    assert fig.layout.template.layout.font.color == (theme.DARK if dark else theme.LIGHT).ink2
    if not n:
        assert "There are no attempts." in texts(fig)


def test_all_costs_unknown_says_so_in_the_plot():
    fig = figure(frontier_of(POINTS[5:]))
    assert {t.name for t in fig.data} == {"unknown"}
    assert any("Cost unknown for all of them" in text.replace("<br>", " ") for text in texts(fig))


@pytest.mark.parametrize("objective", ["cost_per_success_usd", "latency_s", "latency_p50_s", "latency_p95_s", "tokens", "turns"])
def test_other_measures_on_the_axis(objective):
    points = [
        point("a", 0.4, 20.0, objective=objective),
        point("b", 0.8, 4000.0, objective=objective),
        point("c", 0.5, None, objective=objective),
    ]
    fig = figure(frontier_of(points, objectives=("accuracy", objective)), max_latency=100)
    assert trace(fig, "frontier").x[0] == 20
    assert len(trace(fig, "unknown").y) == 1
    is_money = objective.endswith("_usd")
    assert all(text.startswith("$") == is_money for text in fig.layout.xaxis.ticktext)


def test_a_third_objective_keeps_the_line_a_staircase():
    """Nondominated in three, a point may lie under the line of the two that are drawn; the line must not fall."""
    points = [
        point("a", 0.5, 0.01, on_frontier=True, state="on"),
        point("quick", 0.4, 0.02, on_frontier=True, state="on"),
        point("b", 0.8, 0.05, on_frontier=True, state="on"),
    ]
    fig = figure(frontier_of(points, judge=False, objectives=("accuracy", "cost_usd", "latency_s")))
    assert list(trace(fig, "frontier").y) == [0.0, 0.5, 0.8, 0.8]
    assert sorted(trace(fig, "on the frontier").y) == [0.4, 0.5, 0.8]


def test_hover_is_a_constant_template_with_at_most_ten_lines():
    full = point(
        "full", 0.7, 0.02, cost_low=0.01, cost_high=0.03, cost_per_success_usd=0.03, cost_per_success_low=0.02,
        latency_s=10.0, latency_p50_s=9.0, latency_p95_s=20.0, tokens=5e4, turns=12.0, n_limit=3, n_errors=2, flags=("one", "two"),
        state="on", on_frontier=True, p_on_frontier=0.8,
    )  # fmt: skip
    fig = figure(frontier_of([full, *POINTS]))
    for t in fig.data:
        if t.customdata is not None:
            assert t.hovertemplate == TEMPLATE
            assert all(len(row[1].split("<br>")) <= MAX_LINES for row in t.customdata)
        else:
            assert t.hoverinfo == "skip"
    lines = card(full, {"full": "full"}, "cost_usd", POINTS[2]).split("<br>")
    assert lines == [
        "<b>full</b>",
        "On the frontier (80% chance)",
        "Accuracy 70.0% (60.0–80.0), n = 100",
        "Cost per task $0.020 ($0.010–$0.030), as logged",
        "Cost per success $0.030 (≥ $0.020)",
        "Time 10 s · median 9.0 s · p95 20 s",
        "50.0 k tokens · 12.0 turns",
        "3 stopped by a limit · 2 errors",
        "Against A: −20.0 pts at 0.050 × the cost",
        "one",
    ]


def test_a_click_hands_back_the_label_as_given():
    frontier = example()
    fig = frontier_figure(frontier, {p.configuration: f"<{p.configuration}>" for p in frontier.points})
    assert [row[0] for row in trace(fig, "on the frontier").customdata] == ["<cheap>", "<middle>", "<best>"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("draw", [frontier_figure, parallel_figure])
def test_hostile_names_are_text_wherever_plotly_renders(name, draw):
    """Plotly reads small HTML in texts and fills %{…} in templates. Only `customdata[0]`, which nothing renders, holds the raw name."""
    points = [point(f"c{i}", 0.2 * i, 0.01 * 3**i, latency_s=10.0 / i, flags=(name,), excluded=None) for i in (1, 2, 3)]
    frontier = frontier_of(
        [*points, point("c9", 0.5, None, excluded=name)], objectives=("accuracy", "cost_usd", "latency_s"), undecided=["c1"]
    )
    fig = draw(frontier, dict.fromkeys(("c1", "c2", "c3", "c9"), name), pins=("c2", "c9"))
    rendered = [a.text for a in fig.layout.annotations] + [row[1] for t in fig.data if t.customdata is not None for row in t.customdata]
    allowed = re.compile(r'</?b>|<br>|</span>|<span style="font-size:12px;font-weight:400;color:#[0-9A-F]{6}">')
    for text in rendered:
        assert not re.search(r"[<>]", allowed.sub("", text)), text
        assert "%{" not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
    assert all(t.hovertemplate in (None, TEMPLATE) for t in fig.data)
    assert all(name not in (t.name or "") for t in fig.data)


def test_table_is_the_figures_twin():
    frontier = example()
    table = frontier_table(frontier, labels_of(frontier))
    assert list(table["configuration"]) == ["best", "middle", "close", "cheap", "lost", "too", "unpriced"]
    assert list(table["state"]) == ["on", "on", "not decidable", "on", "dominated", "left out", "left out"]
    assert table["accuracy"].dtype == "float64"
    assert table["cost_usd"].isna().tolist() == [False] * 5 + [True] * 2
    assert table["rank_on_frontier"].tolist()[:2] == [3, 2]
    assert "latency_s" not in table
    assert "n_limit" not in table
    assert "n_errors" not in table
    text = written(table)
    assert text["accuracy"].tolist()[0] == "90.0%"
    assert text["cost_usd"].tolist() == ["$0.40", "$0.020", "$0.10", "$0.010", "$0.30", "–", "–"]
    assert not text.astype(str).isin(["nan", "None", "NaN"]).any().any()


def test_table_of_nothing():
    table = frontier_table(frontier_of([]), {})
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == ["state", "configuration", "accuracy"]
    assert set(FORMATS) >= {"accuracy"}


def test_parallel_axes_turn_costs_round():
    points = [point("a", 0.5, 0.01, latency_s=10.0), point("b", 0.9, 0.5, latency_s=100.0), point("c", 0.4, 0.5, latency_s=200.0)]
    frontier = frontier_of(points, objectives=("accuracy", "cost_usd", "latency_s"))
    fig = parallel_figure(frontier, labels_of(frontier))
    on = trace(fig, "on the frontier lines")
    heights = {name: list(on.y[i : i + 3]) for name, i in (("b", 0), ("a", 4))}
    assert list(on.x[:4]) == [0, 1, 2, None]
    assert heights["b"][0] > heights["a"][0]
    assert heights["b"][1] < heights["a"][1]
    assert heights["b"][2] < heights["a"][2]
    assert all(0 <= v <= 1 for ys in heights.values() for v in ys)
    assert trace(fig, "dominated lines").line.color.startswith("rgba(140,149,163")


@pytest.mark.parametrize("n", [0, 1, 2])
def test_parallel_of_few_points(n):
    points = [point(f"c{i}", 0.5, 0.01, latency_s=10.0) for i in range(n)]
    frontier = frontier_of(points, objectives=("accuracy", "cost_usd", "latency_s"))
    for narrow in (False, True):
        fig = parallel_figure(frontier, labels_of(frontier), narrow=narrow)
        json.loads(fig.to_json())
        assert bool(fig.data) == bool(n)
