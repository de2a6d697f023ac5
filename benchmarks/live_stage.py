"""How long the live stage takes from an input event to its next frame, with simulated points in Chromium.

    .venv/bin/python -m benchmarks.live_stage [--events N]

A frame of its own is forced for every event: the clock starts before the event is dispatched and stops after the frame in which the
figure was drawn, its layout and style included. Targets: p95 at most 10 ms with 200 configurations, 16 ms with 1,000.
"""

import argparse
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from analytics.projection import sliders
from analytics.projection_model import FIELDS, POSITION, SHARES, TABLES, USE, model
from analytics.projection_sliders import PLAIN

STAGE = Path(__file__).parent.parent / "pages" / "shared" / "live"
PARTS = ("model", "notation", "labels", "figure", "sliders", "bill", "stage")
TARGETS_MS = {200: 10.0, 1000: 16.0}
LEVELS = 30
COLOURS = {
    "bg": "#fff",
    "side": "#f7f6f3",
    "panel": "#f4f3ef",
    "ink": "#1b2230",
    "ink2": "#555e6e",
    "ink3": "#646d7b",
    "line": "#e3e2dd",
    "grid": "#ecebe7",
    "axis": "#b9bdc5",
    "field": "#8c95a3",
    "blue": "#1b31b2",
    "orange": "#b24500",
    "teal": "#087961",
    "card": "#fff",
}


def fields_of(n: int) -> dict[str, np.ndarray]:
    """Return simulated points: dearer ones are better on the whole, each with replays of turns, money and rounds."""
    rng = np.random.default_rng(0)
    fields = {name: np.full(n, np.nan) for name in FIELDS} | {name: np.full((n, 2), np.nan) for name in TABLES}
    cost = 10 ** rng.uniform(-2.5, 0.5, n)
    accuracy = np.clip(0.5 + 0.15 * np.log10(cost) + rng.normal(0, 0.12, n), 0.02, 0.98)
    fields |= {"is_ranked": np.ones(n), "logged_cost_usd": cost, "logged_cost_low": 0.9 * cost, "logged_cost_high": 1.1 * cost}
    fields |= {"logged_accuracy": accuracy, "logged_accuracy_low": accuracy - 0.05, "logged_accuracy_high": accuracy + 0.05}
    fields |= {"logged_latency_s": 300 * cost, "logged_latency_p50_s": 250 * cost, "logged_latency_p95_s": 900 * cost}
    fields |= {"input_tokens": 5e4 * cost, "output_tokens": 5e3 * cost, "calls": np.full(n, 9.0), "logged_hit": rng.uniform(0, 0.8, n)}
    fields |= {"rest_usd_per_mtok": np.full(n, 3.0), "read_usd_per_mtok": np.full(n, 0.3), "written_usd_per_mtok": np.full(n, 15.0)}
    kept = np.sort(rng.uniform(0, 1, (n, LEVELS)), axis=1)
    kept[:, 0], kept[:, -1] = 0.0, 1.0
    for name, top in (("cap", LEVELS - 1.0), ("usd", 4.0)):
        fields |= {f"{name}_{share}": kept for share in (*SHARES, "accuracy")}
        fields[f"{name}_levels"] = np.tile(np.linspace(0, top, LEVELS), (n, 1))
    fields |= {f"depth_{share}": kept[:, -4:] / kept[:, -1:] for share in SHARES}
    fields |= {"depth_levels": np.tile(np.arange(4.0), (n, 1)), "depth_gain": np.sort(-rng.uniform(0, 0.2, (n, 4)), axis=1)}
    fields["depth_gain"][:, -1] = 0.0
    return fields | {"sample_levels": np.ones((n, 1)), "sample_latency": np.ones((n, 1)), "sample_gain": np.zeros((n, 1))}


def plain(value):
    """Return a value as JSON has it: unknown is null."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124


def page_of(n: int) -> tuple[dict, dict]:
    """Return the points of a stage and what the page tells it."""
    fields = fields_of(n)
    start = dict.fromkeys(POSITION, float("nan")) | PLAIN | {"volume": 1000.0, "cap": LEVELS - 1.0, "budget_usd": 4.0, "reflections": 3.0}
    offered = [
        {
            "key": s.key,
            "label": s.label,
            "unit": s.unit,
            "low": s.low,
            "high": s.high,
            "step": s.step,
            "is_log": s.is_log,
            "baseline": plain(s.baseline),
            "shown_at": s.shown_at,
            "ticks": [list(tick) for tick in s.ticks],
            "group": s.group,
            "write": "usd" if s.key == "budget_usd" else "percent" if s.high == 1.0 else "count",
            "at_baseline": "as logged",
        }
        for s in sliders(fields, start)
    ]
    points = {
        "n": n,
        "ids": [f"c{k}" for k in range(n)],
        "names": [f"agent {k} (high)" for k in range(n)],
        "knee": -1,
        "served": [None] * n,
        "gpu": "",
        "use": [key for key in USE if key != "volume"],
        "month_days": 30.4375,
        "id": "bench",
        "trees": model().trees,
        "start": {key: plain(value) for key, value in start.items()},
        "fields": {name: plain(values.tolist()) for name, values in fields.items()},
    }
    told = {"points_id": "bench", "sliders": offered, "position": {}, "rest": {}, "groups": {}, "chosen": None, "serial": 0, "alt": ""}
    return points, {**told, "colours": COLOURS}


def script() -> str:
    """Return the stage as one classic script that mounts into `window.mount`."""
    texts = []
    for part in PARTS:
        text = re.sub(
            r'^import (.*) from "\./(\w+)\.js";$',
            lambda found: f"const {found[1].replace(' as ', ': ')} = part_{found[2]};",
            (STAGE / f"{part}.js").read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        )
        names = re.findall(r"^export (?:function|const|class) (\w+)", text, flags=re.MULTILINE)
        text = re.sub(r"^export default function", "window.mount = function", text, flags=re.MULTILINE)
        text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
        texts.append(f"const part_{part} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();")
    return "\n".join(texts)


RUN = """async ([points, told, events]) => {
  window.tradespacePoints = new Map([[points.id, points]]);
  const host = document.createElement('div');
  host.style.width = '1152px';
  host.attachShadow({ mode: 'open' });
  document.body.append(host);
  const style = document.createElement('style');
  style.textContent = window.css;
  const root = document.createElement('div');
  root.id = 'stage';
  host.shadowRoot.append(style, root);
  window.mount({ data: told, parentElement: host.shadowRoot, setStateValue: () => {} });
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let k = 0; k < 5; k += 1) await frame();
  const found = {};
  for (const input of host.shadowRoot.querySelectorAll('input[type=range]')) {
    const times = [];
    for (let k = 0; k < events; k += 1) {
      await frame();
      await new Promise((done) => setTimeout(done));
      input.value = Math.round((0.5 + 0.5 * Math.cos(k / 4)) * input.max);
      const start = performance.now();
      input.dispatchEvent(new Event('input'));
      const at = await new Promise((done) => requestAnimationFrame(() => {
        host.shadowRoot.querySelector('svg').getBoundingClientRect();
        done(performance.now());
      }));
      times.push([at - start, window.work]);
    }
    found[input.dataset.key] = times;
  }
  return found;
}"""
COUNT_WORK = """
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => ask((time) => {
  const start = performance.now();
  act(time);
  if (act.length === 0 && String(act).includes('draw')) {
    document.body.getBoundingClientRect();
    window.work = performance.now() - start;
  }
});
"""


def main() -> int:
    """Measure both sizes and print them beside their targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=60, help="events for each slider")
    events = parser.parse_args().events
    chromium = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
    worst = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for n, target in TARGETS_MS.items():
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            css = (STAGE / "stage.css").read_text(encoding="utf-8")
            page.evaluate(f"window.css = {json.dumps(css)}")
            page.evaluate(f"() => {{ {COUNT_WORK} }}")
            page.evaluate(f"() => {{ {script()} }}")
            found = page.evaluate(RUN, [*page_of(n), events])
            page.close()
            every = np.array([times for each in found.values() for times in each])
            to_frame, work = np.percentile(every[:, 0], 95), np.percentile(every[:, 1], 95)
            slowest = max(found, key=lambda key: np.percentile([t[1] for t in found[key]], 95))
            print(f"{n:>5} configurations, {len(every)} events, load {os.getloadavg()[0]:.1f}, target {target:.0f} ms")
            print(f"      computing, drawing, layout: p95 {work:.1f} ms, median {np.median(every[:, 1]):.1f}; slowest slider {slowest}")
            print(f"      event to frame, the wait for the screen's next frame included: p95 {to_frame:.1f} ms")
            worst = max(worst, work / target)
        browser.close()
    return int(worst > 1)


if __name__ == "__main__":
    raise SystemExit(main())
