"""The page of returns: every knob on the example, logs of every kind, links, and what cannot be drawn."""

import re

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.ingest import ingest
from pages.shared import frames
from tests.conftest import ROOT

EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
EVIL = "<img src=x onerror=alert(1)> [x](http://foreign.test) %{y}"
SOLVED = (6, 12, 17, 21, 22, 22)
"""Of 24 tasks, for each effort."""


def table(*columns, rows):
    return "\n".join([",".join(columns), *(",".join(str(cell) for cell in row) for row in rows)]) + "\n"


def efforts(model, cost=lambda level, task: 0.01 * 3**level):
    """Rows of one model at six efforts on 24 tasks; the first 12 are easy, and so are solved first."""
    rows = []
    for level, effort in enumerate(EFFORTS):
        for task in range(24):
            difficulty = "easy" if task < 12 else "hard"
            rows.append((model, effort, f"t{task:02d}", difficulty, int(task < SOLVED[level]), cost(level, task)))
    return rows


LOGS = {
    "efforts": table("model", "effort", "task", "difficulty", "success", "cost", rows=efforts("Sparrow") + efforts("Finch")),
    "unpriced": table("model", "effort", "task", "difficulty", "success", "cost", rows=efforts("Sparrow", cost=lambda level, task: "")),
    "hostile": table("model", "effort", "task", "difficulty", "success", "cost", rows=efforts(f'"{EVIL}"')),
    "once": table("model", "task", "success", rows=[("Sparrow", f"t{i}", i % 2) for i in range(20)]),
    "few": table("model", "effort", "task", "success", "cost", rows=[("S", e, t, t == 2, 0.1) for e in ("low", "high") for t in (1, 2)]),
    "agents": table("model", "n_agents", "task", "success", "cost", rows=[("S", n, t, t % 5 < n, n) for n in (1, 2, 4) for t in range(20)]),
    "tries": table("model", "task", "attempt", "success", rows=[("S", t, k, (t + k) % 3 == 0) for t in range(12) for k in (1, 2, 3)]),
    "turns": table("model", "task", "success", "turns", rows=[("S", f"t{t}", int(t < 9), 2 + t) for t in range(14)]),
}  # fmt: skip


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Return name → id of hand-made logs in one store, beside the example; pages of this module share it, and change nothing."""
    folder = tmp_path_factory.mktemp("returns")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADESPACE_HOME", str(folder / "home"))
        st.cache_resource.clear()
        there = {"example": frames.datasets()["dataset"].iloc[0]}
        for name, text in LOGS.items():
            (folder / f"{name}.csv").write_text(text)
            there[name] = ingest(frames.store(), [folder / f"{name}.csv"])
        yield there
        frames.store().close()
        st.cache_resource.clear()


@pytest.fixture
def show(datasets):
    """Return a function that opens the page on a dataset, by a link with these keys."""

    def run(name: str, **keys) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for key, value in {"data": f"{datasets[name]}@1", **keys}.items():
            test.query_params[key] = value
        test.switch_page("pages/returns.py").run()
        assert not test.exception, [e.message for e in test.exception]
        return test

    return run


def heading(test: AppTest) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", " ".join(e.proto.body for e in test.get("html")))[1]


def said(test: AppTest) -> str:
    parts = [str(e.value) for kind in ("markdown", "caption", "warning") for e in getattr(test, kind)]
    return re.sub(r"\\(.)", r"\1", " ".join(parts))


def charts(test: AppTest) -> list:
    return test.get("plotly_chart")


def options(test: AppTest, label: str) -> list[str]:
    (found,) = (each for each in test.segmented_control if each.label == label)
    return list(found.options)


KNOBS = ("Effort", "Reflection", "Samples", "Turns", "Tool calls", "Tokens", "Time", "Cost")
OTHER_UNITS = ("Tool calls", "Tokens", "Time")
"""Drawn by the code that draws turns and cost."""


@pytest.mark.parametrize("knob", [pytest.param(knob, marks=[pytest.mark.slow] * (knob in OTHER_UNITS)) for knob in KNOBS])
def test_every_knob_of_the_example_states_a_finding_with_its_figure_and_table(show, knob):
    test = show("example", knob=knob)
    assert tuple(options(test, "Spend")) == KNOBS
    assert re.search(r"\d", heading(test))
    assert charts(test)[0].proto.spec
    assert charts(test)[0].proto.alt.startswith(heading(test)[:20]) or re.search(r"\d", charts(test)[0].proto.alt)
    assert len(test.dataframe[0].value) > 2
    assert "In words" in said(test)
    assert [e.label for e in test.expander] == ["How this is computed"]
    assert not re.search(r"\b(nan|None|NaN)\b", heading(test) + said(test))


def test_a_value_of_a_success_moves_the_stop_and_prices_the_steps(show):
    """By the gains alone returns stop at xhigh or before; a success that is worth little stops them earlier."""
    plenty, little = (show("efforts", value=value) for value in ("1000", "0.3"))
    stops = [frame[frame["is_stop"] != ""]["level"].iloc[0] for frame in (plenty.dataframe[0].value, little.dataframe[0].value)]
    assert EFFORTS.index(stops[0]) > EFFORTS.index(stops[1])
    assert stops[1] in heading(little)
    row = little.dataframe[0].value.set_index("level").loc["low"].iloc[0]
    assert row["usd_per_success"] == pytest.approx(0.02 / (6 / 24))
    assert row["d_accuracy"] == pytest.approx(6 / 24)


def test_the_bill_is_of_the_volume(show):
    test = show("efforts", value="1000", volume="100")
    assert "At 3,044 tasks a month" in said(test)
    assert "At 1,000 tasks" in said(show("efforts", value="1000"))


def test_groups_have_a_panel_each_with_a_finding(show):
    test = show("efforts", value="1000")
    assert len(charts(test)) == 3
    text = said(test)
    assert "##### Easy: stop at medium" in text or "##### Easy: stop at low" in text
    assert "##### Hard: stop at" in text
    assert "12 tasks, $" in text
    assert "each level stands at its cost over all tasks" in text


def test_unknown_costs_are_said_and_leave_no_money_on_the_page(show):
    test = show("unpriced")
    text = said(test)
    assert "Cost is unknown at any level" in text
    assert "tasks a month" not in text
    assert "At 1,000 tasks" not in text
    assert "usd_per_success" not in test.dataframe[0].value
    assert "$" not in heading(test)


def test_another_series_is_put_in_focus(show):
    test = show("efforts", series="Sparrow")
    assert test.dataframe[0].value["series"].iloc[0] == "Sparrow"
    test.selectbox(key="series").set_value("Finch").run()
    assert not test.exception
    assert test.dataframe[0].value["series"].iloc[0] == "Finch"


def test_a_setting_that_only_these_logs_know_is_a_knob(show):
    test = show("agents")
    assert options(test, "Spend")[0] == "Agents"
    assert list(test.dataframe[0].value["level"]) == ["1", "2", "4"] or "agent" in test.dataframe[0].value["level"].iloc[0]


def test_too_few_tasks_are_a_sentence_and_no_stop(show):
    test = show("few")
    assert "too few" in heading(test) + said(test)
    assert "is_stop" not in test.dataframe[0].value


def test_logs_without_a_ladder_say_what_would_have_one(show):
    test = show("once")
    assert "None of these logs has a ladder" in heading(test)
    assert not charts(test)
    assert "several attempts" in said(test)
    assert [link.proto.label for link in test.get("page_link")] == ["Open Logs"]


def test_a_cap_that_is_asked_for_is_the_finding(show):
    test = show("turns", cap="8")
    assert options(test, "Spend") == ["Turns"]
    assert heading(test) == "A cap of 8 turns would save 20.6% and lose at most 14.3 points" or "8 turns" in heading(test)
    row = test.dataframe[0].value.set_index("cap").loc["8"]
    assert row["accuracy"] == pytest.approx(7 / 14)
    assert row["n_lost"] == 2
    assert "A low cap, extended on demand" in said(test)


def test_a_cap_is_forgotten_when_another_unit_is_chosen(show):
    """Twenty turns are not twenty dollars."""
    test = show("example", knob="Turns", cap="20")
    assert test.number_input(key="cap").value == 20
    test.segmented_control(key="knob").set_value("Cost").run()
    assert not test.exception
    assert test.number_input(key="cap").value is None


def test_two_configurations_are_compared_at_one_budget_and_four(show):
    test = show("example", knob="Turns", cap="4")
    names = list(test.multiselect(key="pin").options)[:2]
    test.multiselect(key="pin").set_value(names).run()
    assert not test.exception
    assert "at 4 turns against" in said(test)
    assert "at 16 turns" in said(test)


def test_attempts_say_why_there_is_no_majority(show):
    test = show("tries", knob="Samples")
    assert "**Majority** cannot be computed: no answers in these logs" in said(test)
    frame = test.dataframe[0].value.set_index("k")
    assert frame["pass_at"].tolist() == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert frame["pass_hat"].tolist() == pytest.approx([1 / 3, 0.0, 0.0])


LINKS = [
    ({"knob": "Turns", "series": "loop · Plover M", "cap": "8"}, {"knob": "Turns", "series": "loop · Plover M", "cap": 8.0}),
    ({"knob": "Effort", "series": "Heron M", "value": "2.5", "by": "Task group"}, {"series": "Heron M", "value": 2.5, "by": "Task group"}),
    ({"knob": "Samples", "series": "loop · Wren S"}, {"knob": "Samples", "series": "loop · Wren S"}),
]


@pytest.mark.parametrize(("keys", "values"), LINKS, ids=[keys["knob"] for keys, _ in LINKS])
def test_a_link_opens_with_its_values(show, keys, values):
    test = show("example", **keys)
    assert {key: test.session_state[key] for key in values} == values
    assert "could not be honoured" not in said(test)


def test_a_link_that_cannot_be_honoured_says_so(show):
    test = show("example", knob="Nonsense", series="ghost", value="abc")
    assert "could not be honoured" in said(test)
    assert re.search(r"\d", heading(test))


def test_hostile_names_stay_text_on_the_page(show):
    test = show("hostile", value="5")
    assert "<img" not in " ".join(e.proto.body for e in test.get("html"))
    assert "](http" not in " ".join(str(e.value) for e in test.markdown)


@pytest.mark.slow
def test_the_published_numbers_stand_on_the_page(show, datasets, samples):
    logs = {"aider": samples / "aider" / "polyglot_leaderboard.yml", "tau": samples / "tau-bench", "tau2": samples / "tau2-bench"}
    for name, path in logs.items():
        datasets[name] = datasets.get(name) or ingest(frames.store(), [path])
    assert heading(show("aider", knob="Reflection")) == "A second attempt gains 26.4 points on average (69 configurations)"
    frame = show("tau", knob="Samples").dataframe[0].value
    assert frame["pass_at"].round(4).tolist() == [0.42, 0.5667, 0.66, 0.72]
    assert frame["pass_hat"].round(4).tolist() == [0.42, 0.2733, 0.22, 0.2]
    retail = show("tau2", knob="Turns", benchmark="retail").dataframe[0].value.set_index("cap").loc["p75"]
    assert (retail["cap_value"], retail["accuracy"], round(retail["saving"], 4)) == ("14 turns", 0.75, 0.0751)
