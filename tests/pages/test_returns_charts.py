"""Figures of returns as data: the curve and its stop, the price strip, groups, caps, attempts; and that names from logs stay text."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.attempts import attempts_at
from analytics.caps import caps
from analytics.draws import Verifier
from analytics.extensions import dynamic_caps
from analytics.facets import Facet
from pages.shared import export, theme
from pages.shared.charts import (
    TWIN_FORMATS,
    attempts_figure,
    attempts_table,
    caps_figure,
    caps_table,
    drawn_caps,
    dynamic_table,
    facet_figure,
    levels_table,
    returns_figure,
    written,
)
from pages.shared.charts.hover import TEMPLATE
from tests.ladders import EFFORTS, curve, level, others, planner, result

HOSTILE = ["<img src=x onerror=alert(1)>", "%{customdata[0]}", '<a href="javascript:alert(1)">x</a>', "a\u202eb\u2066c"]
TAGS = re.compile(r"</?b>|<br>|</span>|<span style=\"[a-z0-9:;#-]+\">", re.IGNORECASE)
SIZES = {"narrow": [False, True], "dark": [False, True]}


def trace(fig, name):
    found = [t for t in fig.data if t.name == name]
    assert len(found) == 1, [t.name for t in fig.data]
    return found[0]


def texts(fig):
    return [a.text for a in fig.layout.annotations]


def words(fig):
    return " | ".join(re.sub(r"<[^>]*>", " ", text) for text in texts(fig))


def numbers(fig):
    """Return every number that is drawn; gaps between lines are None."""
    out = []
    for t in fig.data:
        for values in (t.x, t.y, t.error_y.array, t.error_y.arrayminus):
            out += [v for v in values if v is not None] if values is not None else []
    return out


def check(fig):
    """A figure that can be shown: no NaN, no text that Plotly would read as more than text, axes with ends."""
    assert all(math.isfinite(v) for v in numbers(fig))
    json.loads(fig.to_json())
    cards = [row[1] for t in fig.data if t.customdata is not None for row in t.customdata]
    for text in [*texts(fig), *cards]:
        assert not re.search(r"[<>]", TAGS.sub("", text)), text
        assert "%{" not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
        assert not re.search(r"\b(nan|None|inf)\b", text), text
    assert all(t.hovertemplate in (None, TEMPLATE) for t in fig.data)
    for name in ("xaxis", "yaxis", "yaxis2"):
        assert name not in fig.layout or fig.layout[name].range is None or all(math.isfinite(v) for v in fig.layout[name].range)
    return fig


def test_the_stop_is_one_gold_mark_and_what_lies_beyond_is_hollow():
    fig = check(returns_figure([planner(), *others()]))
    stop = trace(fig, "stop")
    assert (list(stop.x), list(stop.y)) == ([0.56], [0.691])
    assert (stop.marker.color, stop.marker.line.color) == (theme.LIGHT.gold, theme.LIGHT.ink)
    assert list(trace(fig, "levels").x) == [0.039, 0.097, 0.233]
    beyond = trace(fig, "levels beyond the stop")
    assert (list(beyond.x), beyond.marker.color) == ([1.4, 3.4], theme.LIGHT.bg)
    assert "Stop here: high" in words(fig)
    assert "69.1% for $0.56 a task" in words(fig)


def test_all_levels_and_the_other_series_are_named_at_their_lines():
    said = words(returns_figure([planner(), *others()]))
    for name in (*EFFORTS, "Without planner", "Small model"):
        assert name in said


def test_the_region_beyond_the_stop_begins_there_and_says_why():
    fig = returns_figure([planner()])
    regions = [s for s in fig.layout.shapes if s.type == "rect" and s.fillcolor == theme.rgba(theme.LIGHT.orange, 0.05)]
    assert {s.x0 for s in regions} == {0.56}
    assert len(regions) == 2  # of the curve and of the strip
    assert "more than the $12.00 it is worth" in words(fig)
    last = planner(stop_at="max", value_usd=1000.0)
    assert "Beyond here" not in words(returns_figure([last]))
    assert "no gain" in words(returns_figure([planner(value_usd=None)]))
    assert "accuracy falls" in words(returns_figure([planner(value_usd=None, peak_at="high", fit=None)]))


def test_the_fit_is_solid_where_it_was_observed_and_dashed_beyond():
    fig = returns_figure([planner()])
    seen, beyond = trace(fig, "fit"), trace(fig, "extrapolated")
    assert max(seen.x) == pytest.approx(3.4)
    assert (min(beyond.x), max(beyond.x)) == (pytest.approx(3.4), pytest.approx(5.1))
    assert (seen.line.dash, beyond.line.dash) == ("solid" if seen.line.dash else None, "4px,4px")
    assert "extrapolated" in words(fig)
    assert trace(fig, "band").fillcolor == theme.rgba(theme.LIGHT.blue, 0.12)


def test_without_a_fit_levels_are_joined_and_nothing_is_extrapolated():
    fig = check(returns_figure([planner(fit=None)]))
    assert list(trace(fig, "steps").x) == [0.039, 0.097, 0.233, 0.56, 1.4, 3.4]
    assert "extrapolated" not in words(fig)


def test_the_strip_has_a_segment_for_each_step_at_its_price():
    fig = returns_figure([planner()])
    pays, not_ = trace(fig, "steps that pay"), trace(fig, "steps that do not")
    assert [x for x in pays.x if x is not None] == [0.039, 0.097, 0.097, 0.233, 0.233, 0.56]
    prices = [y for y in pays.y if y is not None][::2]
    assert prices == pytest.approx([0.058 / 0.147, 0.136 / 0.12, 0.327 / 0.105])
    assert pays.line.color == theme.LIGHT.blue
    assert not_.line.color == theme.LIGHT.orange
    assert fig.layout.yaxis2.type == "log"
    assert all(text.startswith("$") for text in fig.layout.yaxis2.ticktext)
    said = words(fig)
    for text in ("$0.39", "$1.13", "$3.11", "$22.11", "$667, not decidable", "A success is worth $12.00"):
        assert text in said


def test_the_value_line_stands_at_the_value_in_the_strip():
    fig = returns_figure([planner()])
    lines = [s for s in fig.layout.shapes if s.type == "line" and s.yref == "y2"]
    assert [(s.y0, s.y1) for s in lines] == [(12.0, 12.0)]


def test_a_step_without_a_gain_has_no_price_and_stands_at_the_ceiling():
    points = [level("low", 0.5, 0.1), level("medium", 0.6, 0.2), level("high", 0.55, 0.9)]
    fig = check(returns_figure([result(points, stop_at="medium", value_usd=20.0)]))
    top = 10 ** fig.layout.yaxis2.range[1]
    falls = trace(fig, "steps that do not")
    assert 20.0 < falls.y[0] < top  # above the value of a success
    assert "accuracy falls" in words(fig)


def test_a_cheaper_and_better_step_costs_less():
    """Its price of a success is negative: it has no place on a log axis, and once drew a NaN."""
    points = [level("low", 0.5, 0.2), level("medium", 0.7, 0.1, x=0.3), level("high", 0.8, 0.9)]
    fig = check(returns_figure([result(points, stop_at="high", value_usd=20.0)]))
    assert "costs less" in words(fig)


def test_unknown_costs_are_drawn_over_the_levels_with_no_money_in_the_figure():
    points = [level(name, accuracy, None) for name, accuracy in zip(EFFORTS, (0.3, 0.4, 0.5, 0.55, 0.56, 0.56), strict=True)]
    fig = check(returns_figure([result(points, stop_at="high")]))
    assert list(fig.layout.xaxis.ticktext) == list(EFFORTS)
    assert "yaxis2" not in fig.layout
    assert "$" not in words(fig)
    assert list(trace(fig, "levels").x) == [0, 1, 2]
    assert "Reasoning effort" in words(fig)


def test_many_published_series_leave_one_in_focus():
    made = [
        result(
            [level("after 1 attempt", 0.3 + 0.005 * i, None, x=1.0, n_tasks=None), level("after 2 attempts", 0.5 + 0.006 * i, None, x=2.0)],
            series=f"model-{i}", knob="reflection_depth", x_name="answers", is_summary=True,
        )
        for i in range(69)
    ]  # fmt: skip
    fig = check(returns_figure(made, 40))
    assert list(fig.layout.xaxis.ticktext) == ["after 1 attempt", "after 2 attempts"]
    assert len([y for y in trace(fig, "others").y if y is not None]) == 2 * 68
    assert len([t for t in texts(fig) if "model-" in t]) <= 6
    assert trace(fig, "steps").line.color == theme.LIGHT.blue


@pytest.mark.parametrize("narrow", [False, True])
def test_a_phone_shows_at_most_four_names_above_the_strip(narrow):
    fig = check(returns_figure([planner(), *others()], narrow=narrow))
    named = [a for a in fig.layout.annotations if a.yref == "y" and ("font-weight:400" in a.text or a.font.color == theme.LIGHT.ink2)]
    assert len(named) <= 4 if narrow else len(named) == 8
    if narrow:
        assert fig.layout.height < 500


DEGENERATE = {
    "no levels": result([], stop_reason="There are no levels."),
    "one level": result([level("only", 0.5, 0.1)]),
    "no accuracy": result([level("a", None, 0.1), level("b", None, 0.2)], stop_reason="Accuracy is known at 0 of 2 levels."),
    "all equal": result([level("a", 0.5, 0.1), level("b", 0.5, 0.2), level("c", 0.5, 0.3)]),
    "all failing": result([level("a", 0.0, 0.1), level("b", 0.0, 0.2)]),
    "all solved": result([level("a", 1.0, 0.1), level("b", 1.0, 0.2)], stop_at="a", value_usd=3.0),
    "falling": result([level("a", 0.9, 0.1), level("b", 0.5, 0.2)], stop_at="a", peak_at="a"),
    "free": result([level("a", 0.2, 0.0), level("b", 0.5, 0.0)], stop_at="b", value_usd=3.0),
    "one price unknown": result([level("a", 0.2, 0.1), level("b", 0.5, None), level("c", 0.7, 0.4)], stop_at="c"),
    "no intervals": result([level("a", 0.2, 0.1, half=None), level("b", 0.5, 0.4, half=None)], stop_at="b"),
    "same cost": result([level("a", 0.2, 0.1), level("b", 0.5, 0.1)], stop_at="b", value_usd=1.0),
    "a value of zero": result([level("a", 0.2, 0.1), level("b", 0.5, 0.4)], stop_at="a", value_usd=0.0),
    "a value far off": result([level("a", 0.2, 0.1), level("b", 0.5, 0.4)], stop_at="b", value_usd=1e9),
}  # fmt: skip


@pytest.mark.parametrize("narrow", SIZES["narrow"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_ladders_are_drawn_or_said(name, narrow):
    made = DEGENERATE[name]
    fig = check(returns_figure([made, *others()], narrow=narrow))
    if not any(p.accuracy is not None for p in made.points):
        assert made.stop_reason.split()[0] in words(fig)
    assert not written(levels_table([made]), TWIN_FORMATS).astype(str).isin(["nan", "None", "NaN"]).any().any()


def test_nothing_at_all_is_a_sentence():
    assert "nothing" in words(check(returns_figure([])))


@settings(max_examples=25, deadline=None)
@given(
    accuracies=st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=9),
    costs=st.lists(st.one_of(st.none(), st.floats(1e-6, 1e4)), min_size=9, max_size=9),
    value=st.one_of(st.none(), st.floats(1e-3, 1e5)),
    stop=st.integers(0, 8),
    narrow=st.booleans(),
)
def test_any_ladder_can_be_drawn(accuracies, costs, value, stop, narrow):
    points = [level(f"level {i}", a, c) for i, (a, c) in enumerate(zip(accuracies, sorted(costs, key=lambda c: c or 0), strict=False))]
    stop_at = f"level {stop}" if stop < len(points) and accuracies[stop] is not None else None
    check(returns_figure([result(points, stop_at=stop_at, value_usd=value)], narrow=narrow))


def test_table_is_the_figures_twin():
    table = levels_table([planner(), *others()], 0)
    assert list(table["level"][:6]) == list(EFFORTS)
    assert list(table["is_stop"][:6]) == ["", "", "", "stop here", "", ""]
    assert table["usd_per_success"][3] == pytest.approx(0.327 / 0.105)
    text = written(table, TWIN_FORMATS)
    assert text["usd_per_success"][3] == "$3.11"
    assert text["d_accuracy"][3] == "+10.5 pts"
    assert text["usd_per_success"][0] == "–"
    assert list(table["series"].unique()) == ["Planner agent", "Without planner", "Small model"]
    assert "series" not in levels_table([planner()])


def groups(*stops):
    made = []
    for i, stop in enumerate(stops):
        points = [level(n, max(0.0, a - 0.2 * i), c) for n, a, c in zip(EFFORTS, (0.5, 0.7, 0.86, 0.87, 0.88, 0.88), COSTS, strict=True)]
        made.append(Facet(f"group {i}", 40, result(points, stop_at=stop, value_usd=5.0, fit=curve(points))))
    return made


def test_a_figure_and_its_twin_leave_as_one_file():
    made = [planner(series="</script><script>alert(1)</script>"), *others()]
    fig, twin = returns_figure(made), levels_table(made)
    source = export.Provenance(dataset="example", date="2026-11-21")
    page = export.html_page({"light": fig}, "Returns stop at high", "", [], twin, source, alt="in words", formats=TWIN_FORMATS)
    assert "$3.11" in page
    assert "+10.5 pts" in page
    assert "One more success" in page
    assert "<script>alert" not in page
    assert ">nan<" not in page


COSTS = (0.039, 0.097, 0.233, 0.56, 1.4, 3.4)


def test_groups_share_their_axes_and_each_names_its_stop():
    made = groups("low", "medium", "high")
    figs = [check(facet_figure(made, i)) for i in range(3)]
    assert len({fig.layout.yaxis.range for fig in figs}) == 1
    assert len({fig.layout.xaxis.range for fig in figs}) == 1
    for fig, name in zip(figs, ("low", "medium", "high"), strict=True):
        assert words(fig).startswith(name)
        assert len([x for x in trace(fig, "others").x if x is not None]) == 12


def test_a_group_without_levels_leaves_the_others():
    made = [*groups("low"), Facet("none", 0, result([], stop_reason="There are no levels."))]
    check(facet_figure(made, 1))
    check(facet_figure(made[1:], 0))


def runs(turns=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20), cost=0.01, configuration="a", solved=lambda t: t <= 7, **more):
    """Attempts of so many turns, a cent a turn."""
    frame = pd.DataFrame({"configuration": configuration, "benchmark": "qa", "task": [f"t{i}" for i in range(len(turns))], "turns": turns})
    frame["success"] = [float(solved(t)) for t in turns]
    frame["credit"] = frame["success"]
    frame["cost_usd"] = np.nan if cost is None else frame["turns"] * cost
    frame = frame.assign(tokens=100.0 * frame["turns"], tool_calls=frame["turns"] - 1.0, latency_s=5.0 * frame["turns"])
    return frame.assign(output_tokens=10.0 * frame["turns"], reasoning_tokens=np.nan, **more)


def caps_of(frame, unit="turns", at=None, **more):
    own = frame[frame["configuration"] == "a"]
    column = {"turns": "turns", "usd": "cost_usd", "tokens": "tokens", "seconds": "latency_s", "tool_calls": "tool_calls"}[unit]
    dense = caps(frame, None, unit, drawn_caps(own[column].tolist(), unit), n_bootstrap=0)
    mine = [c for c in dense if c.configuration == "a"]
    fixed = caps(own, None, unit)
    rest = {c: [d for d in dense if d.configuration == c] for c in {d.configuration for d in dense} - {"a"}}
    chosen = caps(own, None, unit, [at])[0] if at is not None else None
    return caps_figure(mine, fixed, chosen, rest, **more)


def test_a_cap_shows_what_it_keeps_of_accuracy_and_of_the_cost():
    fig = check(caps_of(runs(), at=5))
    solved, kept = trace(fig, "accuracy"), trace(fig, "kept")
    assert list(solved.x) == [float(k) for k in range(1, 21)]
    assert solved.y[4] == pytest.approx(5 / 12)
    assert solved.line.shape == "hv"
    total = sum((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20))
    assert kept.y[4] == pytest.approx(sum(min(t, 5) for t in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20)) / total)
    assert kept.y[-1] == pytest.approx(1.0)
    said = words(fig)
    for text in ("Cap at 5 turns", "≥ 41.7%", "no cap: 58.3%", "solved, at least", "share of the cost kept", "p25", "p50", "p75", "p90"):
        assert text in said, text
    assert trace(fig, "cap").x == (5.0,)


def test_without_costs_the_turns_themselves_are_what_is_kept():
    fig = check(caps_of(runs(cost=None), at=5))
    assert "share of the turns kept" in words(fig)
    assert "$" not in words(fig)


@pytest.mark.parametrize("unit", ["turns", "tool_calls", "tokens", "seconds", "usd"])
@pytest.mark.parametrize("narrow", SIZES["narrow"])
def test_a_cap_in_any_unit(unit, narrow):
    frame = pd.concat([runs(), runs((3, 4, 5, 6, 9, 9, 9, 9, 9, 30), configuration="b")])
    fig = check(caps_of(frame, unit, narrow=narrow, at=7))
    assert len([x for x in trace(fig, "others").x if x is not None]) > 3
    assert (fig.layout.xaxis.type == "log") == (unit in ("tokens", "seconds", "usd"))


def test_where_attempts_end_adds_up_to_all_of_them():
    fig = caps_of(runs())
    bars = [s for s in fig.layout.shapes if s.type == "rect" and s.yref == "y2"]
    assert sum(s.y1 - s.y0 for s in bars) == 12
    solved = [s for s in bars if s.fillcolor == theme.rgba(theme.LIGHT.blue, 0.55)]
    assert sum(s.y1 for s in solved) == 7


@pytest.mark.parametrize(
    "frame",
    [
        runs((3,) * 12),
        runs((1, 2)),
        runs(solved=lambda t: False),
        runs(solved=lambda t: True),
        runs((0, 0, 0, 1) * 3),
        runs(cost=0.0),
        runs((1, 2, 200_000) * 4),
    ],
    ids=["equal", "two", "none solved", "all solved", "zeros", "free", "far"],
)
def test_degenerate_caps(frame):
    for unit in ("turns", "usd", "tokens"):
        check(caps_of(frame, unit, at=2))


def test_caps_without_spending_are_a_sentence():
    frame = runs().assign(turns=np.nan)
    fig = check(caps_figure(caps(frame, None, "turns")))
    assert "unknown" in words(fig)


def test_drawn_caps_are_spaced_as_the_axis_is():
    assert drawn_caps([3, 70], "turns")[-1] == 70
    amounts = drawn_caps([0.01, 5.0], "usd")
    ratios = np.diff(np.log(amounts))
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]), rel=1e-2)
    assert amounts[-1] == 5.0
    assert drawn_caps([math.nan, 0.0], "usd") == []


def test_tables_of_caps_write_no_unknown_as_a_number():
    table = caps_table(caps(runs(cost=None)), {"a": "A"})
    assert "saving" not in table
    assert written(table, TWIN_FORMATS)["accuracy_lost"].tolist() == ["33.3 pts", "8.3 pts", "0.0 pts", "0.0 pts"]
    on_demand = dynamic_table(dynamic_caps(runs()))
    assert list(on_demand["demand"].unique()) == ["all unfinished", "only who then succeeds"]
    assert on_demand["limit"].tolist()[-1] == "no limit"


def tries(n=4, tasks=15, answers=False, configuration="a", **more):
    rows = [(f"t{i}", j, float((i * 7 + j * 3) % 5 < 2)) for i in range(tasks) for j in range(n)]
    frame = pd.DataFrame(rows, columns=["task", "attempt", "success"])
    columns = {"configuration": configuration, "benchmark": "qa", "dataset": "d", "attempt_id": range(len(frame)), "cost_usd": 0.02}
    frame = frame.assign(**columns, latency_s=10.0, tokens=500.0, output_tokens=50.0, reasoning_tokens=np.nan)
    return frame.assign(answer_key=pd.array(frame["success"].astype(int) if answers else [pd.NA] * len(frame), dtype="Int64"), **more)


def test_attempts_are_drawn_with_bands_and_named_at_their_ends():
    curves = attempts_at(tries(answers=True), verifier=Verifier(0.9, 0.2))
    fig = check(attempts_figure(curves, {"a": "A"}))
    ends = {name: trace(fig, name) for name in ("pass_at", "pass_hat", "majority_at", "best_of")}
    assert all(list(t.x) == [1, 2, 3, 4] for t in ends.values())
    assert ends["pass_at"].y[0] == ends["pass_hat"].y[0]
    assert {t.line.color for t in ends.values()} == {theme.LIGHT.blue, theme.LIGHT.plum, theme.LIGHT.teal, theme.LIGHT.ink2}
    said = words(fig)
    for text in ("At least once", "Every time", "By majority", "With the verifier", "$0.020", "$0.080", "Cost of k attempts"):
        assert text in said
    assert list(fig.layout.xaxis.ticktext) == ["1", "2", "3", "4"]


def test_attempts_without_answers_or_costs():
    fig = check(attempts_figure(attempts_at(tries(cost_usd=np.nan)), {"a": "A"}))
    assert "majority_at" not in {t.name for t in fig.data}
    assert "Tokens of k attempts" in words(fig)
    bare = tries(cost_usd=np.nan, tokens=np.nan, latency_s=np.nan, output_tokens=np.nan)
    fig = check(attempts_figure(attempts_at(bare), {"a": "A"}))
    assert "yaxis2" not in fig.layout


def test_one_attempt_per_task_is_a_sentence():
    fig = check(attempts_figure(attempts_at(tries(n=1)), {"a": "A"}))
    assert "one attempt per task" in words(fig)
    assert not fig.data


@pytest.mark.parametrize("narrow", SIZES["narrow"])
def test_other_configurations_are_grey(narrow):
    frame = pd.concat([tries(), tries(3, configuration="b"), tries(1, configuration="c")])
    curves = attempts_at(frame)
    fig = check(attempts_figure(curves, {"a": "A", "b": "B", "c": "C"}, "a", narrow=narrow))
    assert trace(fig, "others").line.color == theme.LIGHT.axis
    table = attempts_table(curves, {"a": "A", "b": "B", "c": "C"}, "b")
    assert list(table["configuration"][:3]) == ["B"] * 3
    assert table["pass_at"].dtype == "float64"


@pytest.mark.parametrize("dark", SIZES["dark"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_wherever_plotly_renders(name, dark):
    """Plotly reads small HTML in texts and ticks, and fills %{…} in templates."""
    hostile = [level(f"{name} {i}", a, None) for i, a in enumerate((0.2, 0.5, 0.6))]
    check(returns_figure([result(hostile, series=name, knob=name, stop_at=f"{name} 1")], dark=dark))
    costly = [level(f"{name} {i}", a, c) for i, (a, c) in enumerate(((0.2, 0.1), (0.5, 0.2), (0.6, 0.9)))]
    made = [result(costly, series=name, stop_at=f"{name} 1", value_usd=3.0), replace(planner(), series=name)]
    for i in (0, 1):
        fig = check(returns_figure(made, i, dark=dark))
        assert all("<" not in re.sub(r"<br>", "", text) for text in fig.layout.xaxis.ticktext)
    check(facet_figure([Facet(name, 3, each) for each in made], 0, dark=dark))
    frame = pd.concat([runs(), runs(configuration=name)])
    dense = caps(frame, None, "turns", [1, 2, 3, 9], n_bootstrap=0)
    check(caps_figure(dense[:4], dense[:4], dense[1], {name: dense[4:]}, dark=dark))
    curves = attempts_at(pd.concat([tries(), tries(configuration=name)]))
    check(attempts_figure(curves, {"a": name, name: name}, "a", dark=dark))
