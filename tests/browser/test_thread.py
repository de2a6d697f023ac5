"""The whole way in a real browser: drop a file, move a control, send the link."""

import re

import pytest


def finding(page) -> str:
    return page.locator("h1").first.inner_text()


def settled(page) -> None:
    """Wait until Streamlit has nothing more to do and the figure stands."""
    page.locator('[data-testid="stStatusWidget"], [data-testid="stSkeleton"]').first.wait_for(state="detached", timeout=60_000)
    page.wait_for_timeout(400)


def drawn(page) -> dict:
    """Return what the figure shows: its marks and its words."""
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for(timeout=60_000)
    settled(page)
    return page.evaluate(
        """() => ({
            marks: [...document.querySelectorAll('.js-plotly-plot .scatterlayer .points path')].map(e => e.getAttribute('transform')),
            words: [...document.querySelectorAll('.js-plotly-plot text')].map(e => e.textContent),
        })"""
    )


@pytest.fixture(scope="module")
def imported(chromium, server, root):
    """Drop a log file on the page Logs, as a person does, and return the address it leads to."""
    page = chromium.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(server.url + "/logs")
    page.locator("input[type=file]").set_input_files(str(root / "tests/logs/thread.csv"))
    page.get_by_role("heading", name="All 240 rows understood").wait_for(timeout=60_000)
    settled(page)
    page.wait_for_url(re.compile(r"data="))
    address = page.url
    page.context.close()
    return address


@pytest.fixture
def deep_links(guard):
    """Streamlit asks below a deep link's path for its own routes before it asks at the root: two answers of 404 that mean nothing."""
    guard.allow(r"404 \(Not Found\)")
    return guard


def test_a_dropped_file_is_what_is_looked_at_and_the_example_steps_aside(browse, server, imported, deep_links):
    page = browse("/frontier?" + imported.partition("?")[2], on=server)
    drawn(page)
    assert "Simulated" not in page.inner_text("body")
    assert "thread" in page.get_by_text(re.compile("^Data")).first.inner_text()


def test_a_moved_control_writes_the_address_and_a_fresh_browser_shows_the_same(browse, server, imported, deep_links):
    page = browse("/frontier?" + imported.partition("?")[2], on=server)
    drawn(page)
    page.get_by_label("Budget, $ a task").fill("0.02")
    page.get_by_label("Budget, $ a task").press("Enter")
    page.wait_for_url(re.compile(r"max_cost=0\.02"))
    page.get_by_role("radio", name="Tokens").or_(
        page.get_by_test_id("stBaseButton-segmented_control").filter(has_text="Tokens")
    ).first.click()
    page.wait_for_url(re.compile(r"x=Tokens"))
    page.locator(".js-plotly-plot").get_by_text("Tokens per task").first.wait_for()
    shown, said, words = drawn(page), finding(page), page.get_by_text(re.compile("^Within")).first.inner_text()
    other = browse("/frontier?" + page.url.partition("?")[2], on=server)
    assert drawn(other) == shown
    assert finding(other) == said
    assert other.get_by_text(re.compile("^Within")).first.inner_text() == words


@pytest.mark.parametrize("launcher", ["serve", "streamlit"])
def test_the_first_request_to_a_fresh_server_may_be_a_deep_link(browse, start_server, root, tmp_path, launcher, deep_links):
    """A folder named pages/ made the first deep link after a server's start run the page without app.py: no frame, its filters ignored."""
    server = start_server(launcher=launcher)
    page = browse("/frontier?benchmark=simulated-desk&tasks=all&max_cost=0.03&x=Cost&front=true", on=server)
    drawn(page)
    body = page.inner_text("body")
    assert "simulated-desk" in page.get_by_text(re.compile("^Benchmark")).first.inner_text()
    assert "all" in page.get_by_text(re.compile("^Tasks")).first.inner_text()
    assert page.get_by_label("Budget, $ a task").input_value() == "0.03"
    assert "simulated-desk tasks" in body
    assert any(word.startswith("Budget $0.030") for word in drawn(page)["words"])
    for key in ("benchmark=simulated-desk", "tasks=all", "max_cost=0.03", "front=true", "data="):
        assert key in page.url


def test_a_link_that_cannot_be_honoured_says_so(browse, server, imported, deep_links):
    data = re.search(r"data=[^&]+", imported)[0]
    page = browse(f"/frontier?{data}&benchmark=nope&tasks=sometimes&max_cost=abc&pin=ghost&zzz=1&book=old", on=server)
    said = page.get_by_text("could not be honoured").first
    said.wait_for(timeout=60_000)
    for word in ("benchmark = nope", "tasks = sometimes", "max_cost = abc", "pin = ghost", "zzz", "then of old"):
        assert word in said.inner_text().replace("\u200b", "")
    page = browse("/frontier?data=gone@1", on=server)
    page.get_by_text("a dataset of the link is not on this machine").wait_for(timeout=60_000)


def test_share_gives_a_page_that_works_from_a_file(browse, server, imported, deep_links, tmp_path, guard):
    page = browse("/frontier?" + imported.partition("?")[2] + "&max_cost=0.02", on=server)
    drawn(page)
    page.get_by_role("button", name="Share").click()
    shown = page.get_by_test_id("stCode").filter(has_text="http://").first
    shown.wait_for()
    link = shown.inner_text()
    assert "max_cost=0.02" in link
    assert "data=" in link
    page.get_by_text("on this machine only").wait_for()
    page.get_by_role("button", name="Prepare files").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Interactive page")).click()
    path = tmp_path / "frontier.html"
    download.value.save_as(path)
    text = path.read_text()
    assert "http-equiv" in text
    alone = page.context.browser.new_context(offline=True).new_page()
    errors = []
    alone.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    alone.on("request", lambda r: errors.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
    alone.goto(path.as_uri())
    alone.locator(".js-plotly-plot .scatterlayer").first.wait_for(timeout=30_000)
    assert alone.locator("h1").inner_text() == finding(page)
    assert not errors
