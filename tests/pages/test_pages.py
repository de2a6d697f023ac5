"""Every page runs: with the example, with nothing, with every link that was ever sent, with hostile names."""

import re
import shutil
import tomllib
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data.ingest import Options, ingest
from pages.shared import controls, frames

ROOT = Path(__file__).parents[2]
PAGES = sorted(p.stem for p in (ROOT / "pages").glob("*.py"))
LINKS = tomllib.loads((ROOT / "tests" / "links.toml").read_text())["link"]
CODE = (ROOT / "app.py").read_text()


@pytest.fixture(scope="session")
def with_example(tmp_path_factory):
    """Return a home whose store holds the example, to be copied: importing it takes two seconds."""
    home = tmp_path_factory.mktemp("example") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRADESPACE_HOME", str(home))
        st.cache_resource.clear()
        frames.store().close()
        st.cache_resource.clear()
    return home


@pytest.fixture
def app(tmp_path, monkeypatch, with_example, request):
    """Return a function that opens a page with a store of its own, with the example in it unless the test's name says empty."""
    monkeypatch.setenv("TRADESPACE_HOME", str(tmp_path / "home"))
    st.cache_resource.clear()
    if "empty" in request.node.name:
        monkeypatch.setattr(frames, "EXAMPLE", tmp_path / "none")
    else:
        shutil.copytree(with_example, tmp_path / "home")

    def run(page: str, query: str = "") -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for key, values in parse_qs(query).items():
            test.query_params[key] = values if len(values) > 1 else values[0]
        test.run()
        if page != "overview":
            test.switch_page(f"pages/{page}.py").run()
        assert not test.exception, [e.message for e in test.exception]
        return test

    yield run
    frames.store().close()
    st.cache_resource.clear()


def text_of(test: AppTest) -> str:
    return " ".join(
        str(getattr(e, "value", "")) for kind in ("markdown", "caption", "warning", "error", "subheader") for e in getattr(test, kind)
    )


def heading(test: AppTest) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", " ".join(e.proto.body for e in test.get("html")))[1]


def test_every_page_is_in_the_list_of_app():
    assert set(re.findall(r"pages/(\w+)\.py", CODE)) == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_on_the_example_and_states_a_finding(app, page):
    test = app(page)
    assert re.search(r"\d", heading(test))
    assert "Simulated" in " ".join(e.proto.body for e in test.get("html"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_an_empty_store(app, page):
    test = app(page)
    assert "log file" in heading(test)


@pytest.mark.parametrize("link", LINKS, ids=lambda each: f"{each['page']}?{each['query']}")
def test_a_link_opens_with_its_values(app, link):
    test = app(link["page"], link["query"])
    if link["page"] != "overview":  # a page's own keys are read when the page itself is opened by its link
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for key, values in parse_qs(link["query"]).items():
            test.query_params[key] = values if len(values) > 1 else values[0]
        test.switch_page(f"pages/{link['page']}.py").run()
        assert not test.exception, [e.message for e in test.exception]
    assert {key: test.session_state[key] for key in link["values"]} == link["values"]
    assert "could not be honoured" not in text_of(test)
    assert set(link["values"]) <= set(controls.KEYS)


def test_every_key_is_in_a_link_that_must_open():
    """But for those that hold a dataset's random id: tests/pages/test_anatomy_page.py opens an attempt by its link."""
    told = {key for link in LINKS for key in parse_qs(link["query"])}
    assert set(controls.KEYS) - told == {"data", "book", "attempt"}


def test_limits_that_nothing_meets_name_the_nearest(app):
    test = app("frontier")
    test.number_input(key="max_cost").set_value(0.0001).run()
    assert "No configuration meets" in heading(test)
    assert "nearest" in heading(test)


def test_a_monthly_bill_is_cost_times_volume(app):
    test = app("frontier")
    test.number_input(key="volume").set_value(1000).run()
    label = test.metric[0].label
    assert "1,000 tasks a day" in label
    assert test.metric[0].value.replace("\\", "").startswith("$")


def test_two_pins_are_compared_with_an_interval(app):
    test = app("frontier")
    test.multiselect(key="pin").set_value(["loop · Osprey L (high)", "loop · Plover M"]).run()
    assert "paired on 100 tasks" in text_of(test)


def test_an_upload_is_the_newest_dataset_and_a_bad_one_changes_nothing(app):
    test = app("logs")
    rows = "\n".join(f"evil <img src=x onerror=alert(1)> [x](http://foreign.test) =cmd,t{i},{i % 2},0.0{i + 1}" for i in range(12))
    test.file_uploader[0].upload("runs.csv", f"model,task,success,cost\n{rows}\n".encode(), "text/csv").run()
    assert not test.exception
    assert heading(test) == "All 12 rows understood"
    before = test.session_state["data"]
    test.file_uploader[0].upload("broken.json", b'[{"model": "m", "task": ', "application/json").run()
    assert not test.exception
    assert "broken.json" in test.error[0].value.replace("\\", "")
    assert test.session_state["data"] == before


def on_page(app, path, query="", **options) -> AppTest:
    """Open the page Frontier on a log file or folder."""
    first = app("logs")
    dataset = ingest(frames.store(), [path], **options)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, values in {**parse_qs(query), "data": [f"{dataset}@1"]}.items():
        test.query_params[key] = values[0]
    test.switch_page("pages/frontier.py").run()
    assert not first.exception
    assert not test.exception, [e.message for e in test.exception]
    return test


def members(test: AppTest) -> set[str]:
    table = test.dataframe[0].value
    return set(table.loc[table["state"] == "on", "configuration"])


def test_the_page_shows_the_published_frontiers(app, samples):
    test = on_page(app, samples / "aider" / "polyglot_leaderboard.yml")
    assert len(members(test)) == 8
    assert "18 of 69: cost unknown" in text_of(test).replace("\\", "")
    test = on_page(app, samples / "pricing-reversal" / "aime")
    assert len(members(test)) == 6
    test = on_page(app, samples / "swe-effi", "x=Tokens&tasks=all", options=Options(path_pattern="{agent}/{model}/*"))
    assert members(test) == {"agentless · GPT-4o-mini-2024-07-18", "agentless · qwen3-32B"}
    test = on_page(app, samples / "swe-effi", "x=Tokens", options=Options(path_pattern="{agent}/{model}/*"))
    assert "42 of 50" in text_of(test)
    test = on_page(app, samples / "tau-bench")
    assert not members(test)
    assert "Cost is unknown" in heading(test)


def test_the_page_shows_the_values_of_attempt_logs(app, samples):
    test = on_page(app, samples / "swe-effi", "x=Time&tasks=all", options=Options(path_pattern="{agent}/{model}/*"))
    assert members(test) == {"swe-agent · llama-3.3-70B-Instruct-FP8", "openhands · qwen3-32B", "agentless · qwen3-32B"}
    row = on_page(app, samples / "tau2-bench", "benchmark=retail").dataframe[0].value.iloc[0]
    assert (row["accuracy"], round(row["cost_usd"], 6), round(row["cost_per_success_usd"], 5)) == (0.85, 0.047215, 0.05555)
    (graded,) = (samples / "inspect").glob("*security-guide*")
    row = on_page(app, graded, "x=Tokens").dataframe[0].value.iloc[0]
    assert row["tokens"] * 16 == pytest.approx(1003 + 283)
    assert row["accuracy"] == pytest.approx(11 / 16)
