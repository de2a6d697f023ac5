"""The live stage in a real browser: it computes what Python computes, says nothing while a hand moves, and its link holds the position."""

import math
import re

import numpy as np
import pytest

from analytics import notation
from analytics.declared import evaluate
from analytics.projection import model
from pages.shared import live

FIGURE = "svg.figure .on"
SLOW = 120_000


@pytest.fixture
def stage(browse, server, guard):
    """Return a function that opens the page and waits for its stage."""
    guard.allow(r"404 \(Not Found\)")  # Streamlit asks below a deep link's path for its own routes first

    def run(query: str = "", **options):
        page = browse(f"/projection?{query}", on=server, **options)
        page.locator(FIGURE).wait_for(state="attached", timeout=SLOW)
        settled(page)
        return page

    return run


def settled(page) -> None:
    """Wait until Streamlit has nothing more to do."""
    page.locator('[data-testid="stStatusWidget"], [data-testid="stSkeleton"]').first.wait_for(state="detached", timeout=SLOW)
    page.wait_for_timeout(600)


def given(page) -> dict:
    """Return the points as the browser has them."""
    return page.evaluate("[...window.tradespacePoints.values()].at(-1)")


def number(value):
    return math.nan if value is None else math.inf if value == "inf" else value


def fields_of(payload: dict) -> dict[str, np.ndarray]:
    """Return the fields and tables as Python evaluates them."""
    return {
        name: np.array([[number(v) for v in row] for row in values] if isinstance(values[0], list) else [number(v) for v in values], float)
        for name, values in payload["fields"].items()
    }


def start_of(payload: dict) -> dict[str, float]:
    return {name: float(number(value)) for name, value in payload["start"].items()}


def shown(page) -> dict[str, str]:
    """Return what the stage says."""
    return page.evaluate(
        """() => {
          const stage = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.stage')).find(Boolean);
          const rows = [...stage.querySelectorAll('tbody tr')].map(tr => [...tr.children].map(td => td.textContent));
          return {
            bill: stage.querySelector('.bill').textContent, of: stage.querySelector('.of').textContent,
            interval: stage.querySelector('.interval').textContent, rows,
            names: [...stage.querySelectorAll('.names text:not([display])')].map(e => e.textContent),
            numbers: [...stage.querySelectorAll('.number')].map(e => e.value), say: stage.querySelector('.say').textContent,
            live: stage.querySelector('[aria-live]').textContent,
            front: stage.querySelector('.front').getAttribute('d'),
          };
        }"""
    )


def said_in_python(page, payload: dict, moved: dict[str, float], configuration: int) -> dict[str, str]:
    """Return what Python's own evaluation would have the stage say of one configuration."""
    values = evaluate(model(), start_of(payload) | moved, fields_of(payload))
    at = {name: float(column[configuration]) for name, column in values.items()}
    return {
        "bill": notation.usd(at["usd_per_month"]),
        "Solved": notation.percent(at["accuracy"]),
        "Cost per task": notation.usd(at["cost_usd"]),
        "Per success": notation.usd(at["cost_per_success_usd"]),
        "Time per task": notation.seconds(at["latency_s"]),
    }


def check_against_python(page, moved: dict[str, float]) -> None:
    payload, told = given(page), shown(page)
    name = re.fullmatch("Monthly bill, (.*), by API", told["of"])[1]
    expected = said_in_python(page, payload, moved, payload["names"].index(name))
    assert told["bill"] == expected["bill"]
    rows = {row[0].removesuffix(", at least"): row[2] for row in told["rows"]}
    assert {key: rows[key] for key in expected if key != "bill"} == {key: value for key, value in expected.items() if key != "bill"}


def positions_of(payload: dict, sliders: list[dict], n: int) -> list[dict[str, float]]:
    """Return random positions of all sliders, one in four of them at its baseline; own GPUs and limits among them."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        position = start_of(payload)
        for slider in sliders:
            if rng.random() < 0.25:
                continue
            share, low, high = rng.random(), slider["low"], slider["high"]
            position[slider["key"]] = low * (high / low) ** share if slider["is_log"] else low + share * (high - low)
        found.append(position)
    return found


def test_python_and_the_browser_agree_at_1000_random_positions(stage):
    page = stage()
    payload = given(page)
    keys = page.locator("input[type=range]").count()
    sliders = [
        *({"key": key, "low": low, "high": high, "is_log": True} for key, low, high in (
            ("volume", 10, 1e6), ("budget_usd", 0.001, 2.2), ("batch", 1, 512), ("gpus", 1, 16), ("usd_per_hour", 0.1, 20),
            ("max_latency_s", 10, 1000), ("max_usd_per_month", 1, 1e7),
        )),
        *({"key": key, "low": low, "high": high, "is_log": False} for key, low, high in (
            ("cap", 1, 30), ("reflections", 0, 3), ("samples", 1, 4), ("cache_hit", 0, 1), ("batch_share", 0, 1), ("min_accuracy", 0, 1),
            ("utilisation", 0.05, 1), ("pue", 1, 2), ("usd_per_kwh", 0, 0.6), ("grid_g_per_kwh", 0, 900),
        )),
    ]  # fmt: skip
    assert keys >= 12
    wanted = positions_of(payload, sliders, 1000)
    sent = [live.plain(position) for position in wanted]
    source = live.script("model.js")
    answers = page.context.browser.new_page().evaluate(
        f"""([payload, positions]) => {{
          {source}
          const run = compile(payload.trees, readPoints(payload.fields, payload.n), payload.n);
          return positions.map((position) => Object.fromEntries(
            Object.entries(run(position)).map(([name, column]) => [name, Array.from(column, String)]),
          ));
        }}""",
        [payload, sent],
    )
    fields = fields_of(payload)
    told = 0
    for position, answer in zip(wanted, answers, strict=True):
        expected = evaluate(model(), position, fields)
        assert list(answer) == list(expected)
        for name, column in expected.items():
            got = np.array([float(text.replace("Infinity", "inf")) for text in answer[name]])
            np.testing.assert_allclose(got, column, rtol=1e-9, atol=0, err_msg=name)
            told += int(np.isfinite(column).sum())
    assert told > 500_000


def test_numbers_are_written_alike(chromium):
    rng = np.random.default_rng(1)
    values = [
        0.0,
        0.0996,
        0.995,
        99.995,
        9.95,
        0.125,
        2.5,
        -0.04,
        1e-13,
        123456.5,
        *(10 ** rng.uniform(-9, 9, 400)),
        *rng.uniform(-2, 2, 200),
    ]
    values = [float(value) for value in values]
    page = chromium.new_page()
    got = page.evaluate(
        f"""(values) => {{
          {live.script("notation.js")}
          return values.map((v) => [usd(v), largeUsd(v), percent(v), percent(v, 0), seconds(v), count(v), points(v)]);
        }}""",
        values,
    )
    page.close()
    for value, texts in zip(values, got, strict=True):
        write = (notation.usd, notation.large_usd, notation.percent, lambda v: notation.percent(v, 0), notation.seconds, notation.count)
        assert texts == [*(each(value) for each in write), notation.points(value)], value


def test_a_drag_says_nothing_until_it_is_let_go_and_the_link_then_holds_it(stage, browse, server):
    sent: list = []

    def hear(frame) -> None:
        sent.append(frame)

    page = browse("/", on=server)
    page.on("websocket", lambda socket: socket.on("framesent", hear))
    page.goto(server.url + "/projection?focus=loop+%C2%B7+Plover+M")
    page.locator(FIGURE).wait_for(state="attached", timeout=SLOW)
    settled(page)
    slider = page.locator("input[data-key=cap]")
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.mouse.down()
    before, first = len(sent), shown(page)
    seen = set()
    for step in range(1, 25):
        page.mouse.move(box["x"] + box["width"] - 8 - step * 5, middle)
        page.wait_for_timeout(20)
        seen.add(shown(page)["bill"])
    assert len(seen) > 5
    assert len(sent) == before
    assert shown(page)["front"] != first["front"]
    page.mouse.up()
    page.wait_for_url(re.compile(r"[?&]turns="), timeout=SLOW)
    settled(page)
    assert len(sent) > before
    turns = float(re.search(r"turns=([\d.]+)", page.url)[1])
    check_against_python(page, {"cap": turns})
    told, title = shown(page), page.locator("h1").first.inner_text()
    assert told["bill"].replace("$", "") in title
    other = stage(page.url.partition("?")[2])
    again = shown(other)
    assert {key: again[key] for key in ("bill", "rows", "numbers", "of")} == {key: told[key] for key in ("bill", "rows", "numbers", "of")}
    assert other.locator("h1").first.inner_text() == title


def test_every_slider_moves_by_key_and_is_told_to_who_cannot_see(stage):
    page = stage()
    page.locator("details").last.locator("summary").click()
    for key in page.locator("input[type=range]").evaluate_all("all => all.filter(e => e.checkVisibility()).map(e => e.dataset.key)"):
        slider = page.locator(f"input[data-key={key}]")
        slider.focus()
        before = slider.get_attribute("aria-valuetext")
        slider.press("Home")
        low = slider.get_attribute("aria-valuetext")
        slider.press("End")
        high = slider.get_attribute("aria-valuetext")
        assert len({before, low, high}) >= 2, key
        assert page.locator(f"label[for=s-{key}]").inner_text()
    settled(page)
    assert re.search(r"\$.* a month", shown(page)["live"])
    page.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "cache=" not in url, timeout=SLOW)
    settled(page)
    check_against_python(page, {})


def test_typed_numbers_move_the_stage_and_random_positions_agree_with_python(stage):
    page = stage("focus=loop+%C2%B7+Osprey+L+(high)")
    payload = given(page)
    rng = np.random.default_rng(2)
    start = start_of(payload)
    for _ in range(12):
        moved = page.evaluate(
            """(shares) => {
              const stage = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.stage')).find(Boolean);
              ['volume', 'cap', 'reflections', 'batch_share'].forEach((key, k) => {
                const input = stage.querySelector(`input[data-key=${key}]`);
                input.value = Math.round(shares[k] * input.max);
                input.dispatchEvent(new Event('input'));
              });
              return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(
                ['volume', 'cap', 'reflections', 'batch_share'].map(key => stage.querySelector(`input[data-key=${key}]`)
                  .closest('.slider').querySelector('.number').value)))));
            }""",
            rng.random(4).tolist(),
        )
        volume, cap, rounds, share = (text.replace(",", "").removesuffix("%") for text in moved)
        check_against_python(page, {
            "volume": float(volume), "cap": start["cap"] if cap == "none" else float(cap), "reflections": float(rounds),
            "batch_share": float(share) / 100,
        })  # fmt: skip


def test_impossible_limits_name_the_nearest(stage):
    page = stage("bill=10")
    told = shown(page)
    assert told["say"].startswith("No configuration meets $10.00 a month; the nearest is ")
    nearest = page.locator("h1").first.inner_text()
    name = re.search("nearest is (.*) at", told["say"])[1]
    assert "No configuration" in nearest
    assert name.split(" (")[0][:8] in nearest


def test_hostile_names_are_text_on_the_stage(stage, start_server, browse, guard, tmp_path):
    guard.allow(r"404 \(Not Found\)")
    rows = "\n".join(
        f"</text><img src=http://foreign.test/x onerror=alert(1)> {k},t{i},{(i + k) % 2},0.{k}{i + 1}" for i in range(12) for k in (1, 2)
    )
    server = start_server()
    page = browse("/logs", on=server)
    upload = {"name": "evil.csv", "mimeType": "text/csv", "buffer": f"model,task,success,cost\n{rows}\n".encode()}
    page.locator("input[type=file]").set_input_files(upload)
    page.get_by_role("heading", name="All 24 rows understood").wait_for(timeout=SLOW)
    page.wait_for_url(re.compile("data="))
    query = page.url.partition("?")[2]
    page = browse(f"/projection?{query}", on=server)
    page.locator(FIGURE).wait_for(state="attached", timeout=SLOW)
    settled(page)
    assert "<img" in shown(page)["of"]
    assert page.locator("svg.figure img, .stage img").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_number_figure_and_sliders_in_this_order_and_nothing_scrolls_sideways(stage, scheme):
    page = stage(viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True)
    tops = [page.locator(each).first.bounding_box()["y"] for each in (".stage .bill", "svg.figure", ".stage .sliders")]
    assert tops == sorted(tops)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= document.documentElement.clientWidth + 1")
    heights = page.locator(".stage input[type=range]").evaluate_all("all => all.filter(e => e.checkVisibility()).map(e => e.offsetHeight)")
    assert min(heights) >= 44
    ground = page.locator(".stage").first.evaluate("e => getComputedStyle(e).getPropertyValue('--bg')")
    assert ground.strip().upper() == {"light": "#FFFFFF", "dark": "#12161D"}[scheme]


def test_no_text_of_the_figure_stands_on_another_while_a_slider_moves(stage):
    page = stage()
    hits = page.evaluate(
        """async () => {
          const stage = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.stage')).find(Boolean);
          const input = stage.querySelector('input[data-key=cap]');
          const frame = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          const found = new Set();
          for (let stop = Number(input.max); stop >= 1; stop -= 1) {
            input.value = stop;
            input.dispatchEvent(new Event('input'));
            await frame();
            const texts = [...stage.querySelectorAll('svg.figure text:not([display])')];
            const boxes = texts.map(e => [e.getBoundingClientRect(), e.textContent]);
            boxes.forEach(([a, x], i) => boxes.slice(i + 1).forEach(([b, y]) => {
              const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (w > 2 && h > 4) found.add(`${stop}: ${x} | ${y}`);
            }));
          }
          return [...found];
        }"""
    )
    assert hits == []
