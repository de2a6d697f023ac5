"""The page of the projection: numbers in its table are those of the analysis, links hold positions, hostile names stay text."""

import re
import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics import notation, projection_words
from analytics.projection import project
from data.ingest import ingest
from pages.shared import frames, projections

ROOT = Path(__file__).parents[2]
DEFAULTS = ("attempt", "common", projections.DEFAULT_GPU)


@pytest.fixture(scope="module")
def with_example(tmp_path_factory):
    """Return a home whose store holds the example."""
    home = tmp_path_factory.mktemp("example") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADESPACE_HOME", str(home))
        st.cache_resource.clear()
        frames.store().close()
        st.cache_resource.clear()
    return home


@pytest.fixture
def open_page(tmp_path, monkeypatch, with_example):
    """Return a function that opens the page by a link; its cached results stay as long as the test."""
    monkeypatch.setenv("TRADESPACE_HOME", str(tmp_path / "home"))
    st.cache_resource.clear()
    shutil.copytree(with_example, tmp_path / "home")

    def run(**query) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for key, value in query.items():
            test.query_params[key] = value
        test.switch_page("pages/projection.py").run()
        assert not test.exception, [e.message for e in test.exception]
        return test

    yield run
    frames.store().close()
    st.cache_resource.clear()


def heading(test: AppTest) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", " ".join(e.proto.body for e in test.get("html")))[1]


def words(test: AppTest) -> str:
    return " ".join(str(e.value) for kind in ("markdown", "caption", "warning") for e in getattr(test, kind)).replace("\\", "")


def ground_of(test: AppTest):
    selection = test.session_state["_view"].selection
    served = projections.models()[projections.ASSUMED]
    return projections.ground(selection, DEFAULTS[0], DEFAULTS[1], DEFAULTS[2], served)


def test_as_logged_until_something_moves_and_then_as_the_analysis_says(open_page):
    test = open_page()
    ground = ground_of(test)
    result = project(ground.front, ground.fields, ground.start, ground.start)
    assert heading(test) == projection_words.title(result, ground.labels).replace("'", "&#x27;")
    table = test.dataframe[0].value
    assert table["cost_usd"].dropna().tolist() == table["cost_usd_logged"].dropna().tolist()
    assert table["accuracy"].tolist() == table["accuracy_logged"].tolist()
    volume, cap = test.number_input(key="volume"), test.number_input(key="turns")
    volume.set_value(2000)
    cap.set_value(12.0).run()
    assert not test.exception
    moved = ground.start | {"volume": 2000.0, "cap": 12.0}
    result = project(ground.front, ground.fields, moved, ground.start)
    table = test.dataframe[0].value.set_index("configuration")
    for each in result.now:
        row = table.loc[ground.labels[each.configuration]]
        assert row["accuracy"] == each.accuracy
        if each.usd_per_month is None:
            assert row["usd_per_month"] != row["usd_per_month"]
        else:
            assert row["usd_per_month"] == each.usd_per_month
    assert notation.large_usd(result.by_id(result.chosen).usd_per_month) in heading(test)


def test_twice_the_volume_is_twice_the_bill_and_nothing_else(open_page):
    test = open_page(volume="1000", turns="12")
    before = test.dataframe[0].value
    test.number_input(key="volume").set_value(2000).run()
    after = test.dataframe[0].value
    assert after["usd_per_month"].dropna().tolist() == (2 * before["usd_per_month"].dropna()).tolist()
    same = [name for name in before if name not in ("usd_per_month", "usd_per_month_interval", "own_usd_per_month", "energy_wh")]
    assert after[same].equals(before[same])


def test_unknown_cost_stays_unknown_under_every_setting(open_page):
    test = open_page(turns="9", cache="0.9", batched="1", spend="0.05", rounds="0")
    table = test.dataframe[0].value.set_index("configuration")
    assert table.loc["loop · Dunlin M", ["cost_usd", "usd_per_month", "cost_per_success_usd"]].isna().all()
    assert table["cost_usd"].notna().sum() == len(table) - 1


def test_limits_that_nothing_keeps_name_the_nearest(open_page):
    test = open_page(bill="1", least="0.99")
    assert heading(test).startswith("No configuration")
    assert "the nearest" in heading(test)


def test_the_measured_pair_and_the_published_power_are_shown(open_page):
    test = open_page()
    told = " ".join(frame.value.astype(str).to_string() for frame in test.dataframe)
    for number in ("438.97", "281.61", "136.07", "198.9 GW", "1.04 GW", "123.6 MW", "67.7 MW"):
        assert number in told, number
    assert "no batching, no PUE" in words(test)


def test_positions_are_kept_in_the_link_and_compared(open_page):
    test = open_page(turns="12")
    test.button(key="_keep").click().run()
    assert test.session_state["keep"] == "turns:12"
    test.number_input(key="turns").set_value(None)
    test.number_input(key="cache").set_value(0.9).run()
    test.button(key="_keep").click().run()
    assert test.session_state["keep"] == "turns:12|cache:0.9"
    table = next(frame.value for frame in test.dataframe if "Position" in frame.value)
    assert table["Position"].tolist() == ["as logged", "turns 12", "cache 0.9", "the sliders now"]
    assert table["A month"].iloc[2] == table["A month"].iloc[3]
    again = open_page(keep="turns:12|cache:0.9")
    table = next(frame.value for frame in again.dataframe if "Position" in frame.value)
    assert table["Position"].tolist()[1:3] == ["turns 12", "cache 0.9"]
    test.button(key="_forget").click().run()
    assert test.session_state["keep"] == ""


def test_logs_that_support_no_slider_show_none(open_page, tmp_path):
    """Costs alone: no caps, no rounds, no cache; names that are markup stay names."""
    open_page()
    rows = "\n".join(f"<img src=x onerror=alert(1)> {k},t{i},{(i + k) % 2},0.0{i + 1}" for i in range(12) for k in (1, 2))
    path = tmp_path / "plain.csv"
    path.write_text(f"model,task,success,cost\n{rows}\n")
    dataset = ingest(frames.store(), [path])
    test = open_page_of(dataset)
    keys = {box.key for box in test.number_input}
    assert {"volume", "batched"} <= keys
    assert not {"rounds", "cache", "votes"} & keys
    assert "no open model" in words(test) or "unknown" in words(test)


def open_page_of(dataset: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    test.query_params["data"] = f"{dataset}@1"
    test.switch_page("pages/projection.py").run()
    assert not test.exception, [e.message for e in test.exception]
    return test


def test_published_rows_are_projected_as_far_as_they_go(open_page, samples):
    open_page()
    test = open_page_of(ingest(frames.store(), [samples / "aider" / "polyglot_leaderboard.yml"]))
    assert "a month" in heading(test)
    assert test.dataframe[0].value["cost_usd"].notna().sum() == 51
