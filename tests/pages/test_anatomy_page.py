"""The page of the anatomy: every side on the example and on logs that tell less, one attempt opened, links, and what is missing."""

import html
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.ingest import ingest
from pages.shared import anatomies, frames
from pages.shared.controls import SIDES
from tests.conftest import ROOT

EVIL = "<img src=x onerror=alert(1)> [x](http://foreign.test) %{y}"


def table(*columns, rows):
    return "\n".join([",".join(columns), *(",".join(str(cell) for cell in row) for row in rows)]) + "\n"


LOGS = {
    "times": table("model", "task", "success", "latency_s", rows=[
        (model, f"t{i}", i % 2, start + i) for model, start in (("Swift", 10), ("Slug", 90)) for i in range(24)
    ]),
    "costs": table("model", "task", "success", "cost", rows=[("Sparrow", f"t{i}", i % 3 == 0, 0.1 * (i + 1)) for i in range(24)]),
    "scores": table("model", "task", "success", rows=[("Sparrow", f"t{i}", i % 2) for i in range(12)]),
    "published": table("model", "accuracy", "n_tasks", "total_cost", rows=[("Sparrow", 0.5, 100, 3), ("Finch", 0.6, 100, 9)]),
}  # fmt: skip
DRAWN = {
    "times": {"Time", "Tails"},
    "costs": {"Money", "Tails"},
    "scores": set(),
    "steps": {"Tokens", "Money", "Tails", "Failures"},
}
"""Log → sides that have something to draw; the others say what is missing."""


def with_steps(folder):
    """Write three attempts with hostile names, steps without times, a failed tool call and two rounds."""
    attempts, steps = [], []
    for i in range(3):
        attempts.append({
            "run_id": f"r{i}", "model": EVIL, "benchmark": "qa", "task": f"{EVIL} {i}", "success": i == 0, "status": "ok",
            "cost_usd_logged": 0.1 * (i + 1), "uncached_input_tokens": 100, "output_tokens": 10, "stop_reason": EVIL,
        })  # fmt: skip
        for k in range(4):
            is_tool = bool(k % 2)
            steps.append({
                "run_id": f"r{i}", "kind": "tool" if is_tool else "llm", "name": EVIL, "turn": k // 2 + 1, "round": k // 2,
                "ok": not (i == 2 and k == 1), "uncached_input_tokens": None if is_tool else 50, "output_tokens": None if is_tool else 5,
            })  # fmt: skip
    pq.write_table(pa.Table.from_pylist(attempts), folder / "attempts.parquet")
    pq.write_table(pa.Table.from_pylist(steps), folder / "steps.parquet")
    return [folder / "attempts.parquet", folder / "steps.parquet"]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """Return name → id of hand-made logs in one store, beside the example; pages of this module share it, and change nothing."""
    folder = tmp_path_factory.mktemp("anatomy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADESPACE_HOME", str(folder / "home"))
        st.cache_resource.clear()
        there = {"example": frames.datasets()["dataset"].iloc[0]}
        for name, text in LOGS.items():
            (folder / f"{name}.csv").write_text(text)
            there[name] = ingest(frames.store(), [folder / f"{name}.csv"])
        (folder / "steps").mkdir()
        there["steps"] = ingest(frames.store(), with_steps(folder / "steps"))
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
        test.switch_page("pages/anatomy.py").run()
        assert not test.exception, [e.message for e in test.exception]
        return test

    return run


def turn_to(test: AppTest, side: str) -> AppTest:
    test.segmented_control(key="see").set_value(side).run()
    assert not test.exception, [e.message for e in test.exception]
    assert len(heading(test)) <= 80
    return test


def heading(test: AppTest) -> str:
    return html.unescape(re.search(r"<h1[^>]*>(.*?)</h1>", blocks(test))[1])


def blocks(test: AppTest) -> str:
    return " ".join(e.proto.body for e in test.get("html"))


def said(test: AppTest) -> str:
    shown = [str(e.value) for kind in ("markdown", "caption", "warning") for e in getattr(test, kind)]
    return " ".join(shown).replace("\\", "")


def figures(test: AppTest) -> list[str]:
    return [e.proto.spec for e in test.get("plotly_chart")]


def test_every_side_of_the_example_states_its_finding(show):
    test = show("example", see="Tails")
    words = {
        "Tails": "its median",
        "Time": "of the time",
        "Tokens": "of the tokens",
        "Money": "times the cheapest known",
        "Failures": "failed step",
    }
    for side, expected in words.items():
        turn_to(test, side)
        assert expected in heading(test)
        assert re.search(r"\d", heading(test))
        assert len(test.dataframe[0].value) >= 14
        assert "could not be honoured" not in said(test)
        assert not any("NaN" in spec for spec in figures(test))
    assert "Simulated" in blocks(test)


def test_title_words_figure_and_table_say_the_same_number(show):
    test = show("example")
    share = re.match(r"(\d+%) of the time went into LLM calls", heading(test))[1]
    assert f"{share} LLM calls" in said(test)
    assert f'"text":"{share}"' in figures(test)[0]
    first = test.dataframe[0].value.iloc[0]
    assert first["configuration"] == "All together"
    assert f"{first['llm_share'] + first['overlap_share']:.0%}" == share


@pytest.mark.parametrize("name", DRAWN)
def test_logs_that_tell_less_say_what_is_missing(show, name):
    test = show(name)
    for side in SIDES:
        turn_to(test, side)
        assert not {"None", "nan"} & set(re.findall(r"\w+", said(test)))
        assert bool(json.loads(figures(test)[0])["data"]) == (side in DRAWN[name]), side


def test_times_without_steps_name_the_slowest(show):
    assert heading(show("times")) == "Slug takes 102 s, 4.7 times the fastest"


def test_cost_without_parts_says_what_failures_took(show):
    """Costs of 0.1 to 2.4 dollars; the tasks 0, 3, …, 21 are solved: 0.1 + 0.4 + … + 2.2 = 9.2 of 30."""
    assert heading(show("costs", see="Money")) == "69% of the money went into attempts that failed"


def test_published_rows_say_what_logs_would_show_this(show):
    test = show("published")
    assert heading(test) == "2 published rows hold no attempts to take apart"
    assert "one record per attempt" in blocks(test)
    assert not test.get("plotly_chart")


def test_the_dearest_failure_is_open_with_its_place(show):
    test = show("steps", see="Failures")
    dearest = test.dataframe[1].value
    assert list(dearest["spent_usd"]) == pytest.approx([0.3, 0.2])
    assert dearest["place"].iloc[0].startswith("attempts.parquet, row ")
    assert f"Source: {dearest['place'].iloc[0]}." in said(test)
    assert "stand by number" in said(test)
    assert list(test.dataframe[2].value["outcome"]) == ["ok", "failed", "ok", "ok"]


def test_a_link_opens_its_attempt(show, datasets):
    """The choice in words was bound once: its words stood in the link, and a link with the number opened nothing and said nothing."""
    attempts = frames.store().frame("attempts", datasets=(datasets["steps"],))
    solved = attempts[attempts["success"] == 1.0].iloc[0]
    key = f"{datasets['steps']}/{solved['attempt_id']}"
    test = show("steps", attempt=key)
    assert test.session_state["attempt"] == key
    assert "solved · $0.10" in said(test)
    assert "The dearest failure is open" not in said(test)
    assert not test.warning


@pytest.mark.parametrize("key", ["gone/7", "rubbish"])
def test_an_attempt_that_is_gone_is_said(show, key):
    test = show("steps", attempt=key)
    assert "not among these attempts" in said(test)
    test.text_input(key="attempt").set_value("gone/" + "9" * 40).run()
    assert "not among these attempts" in said(test)
    test.text_input(key="attempt").set_value("").run()
    assert not test.warning


def test_an_attempt_of_another_benchmark_is_said(show, datasets):
    attempts = frames.store().frame("attempts", datasets=(datasets["example"],))
    other = attempts[attempts["benchmark"] == "simulated-desk"].iloc[0]
    test = show("example", attempt=f"{datasets['example']}/{other['attempt_id']}")
    assert "not among these attempts" in said(test)
    assert "another benchmark" in said(test)


def test_a_task_offers_its_attempts(show):
    test = show("example", see="Money")
    assert len(test.selectbox(key="_attempt_words").options) == anatomies.MOST_FAILURES
    test.selectbox(key="_attempt_task").set_value("parsing-001").run()
    options = test.selectbox(key="_attempt_words").options
    assert len(options) >= 30
    assert all("parsing-001" in each for each in options)
    test.selectbox(key="_attempt_words").select_index(3).run()
    assert not test.exception
    assert options[3] in said(test)
    assert re.fullmatch(r"[\w-]+/\d+", test.session_state["attempt"])


def test_focus_changes_whose_turns_are_shown(show):
    test = show("example", see="Tokens", focus="loop · Plover M")
    assert "loop · Plover M: means over" in blocks(test)
    before = figures(test)[0]
    test.selectbox(key="focus").set_value("loop · Dunlin M").run()
    assert "loop · Dunlin M: means over" in blocks(test)
    assert figures(test)[0] != before


def test_a_focus_that_is_gone_is_said(show):
    assert "focus = gone is not known here" in said(show("steps", see="Tokens", focus="gone"))


def test_real_logs(show, samples, datasets):
    """tau2: the fine-tuned model has no price, the other is billed below list; tau: steps without time, cost or tokens."""
    browser = next((samples / "inspect").glob("*browser*"))
    for name, path in (("tau2", samples / "tau2-bench"), ("tau", samples / "tau-bench"), ("browser", browser)):
        datasets[name] = ingest(frames.store(), [path])
    test = show("tau2", see="Money", benchmark="retail")
    row = test.dataframe[0].value.iloc[0]
    assert round(row["mean_usd"], 6) == 0.047215
    assert row["unexplained_usd"] < 0
    assert "At list rates" in heading(test)
    assert "simulations[" in said(test)
    test = show("tau", see="Tokens")
    assert not json.loads(figures(test)[0])["data"]
    assert "stand by number" in said(test)
    assert heading(show("browser")) == "54% of the time went into tools"
