"""Hours of use in minutes of reading: browsers move through pages and links while the server's memory, threads and files are watched.

    python -m benchmarks.soak [--minutes 240] [--users 10]        (`make soak MINUTES=240 USERS=10`)

Each user opens a link in a fresh context, waits until the page stands, thinks for a second and opens the next; every tenth link comes
in a new context, as from another person. Once a minute a line is printed; at the end the slopes after a tenth of the time as warm-up
are compared with the targets: memory under 5 MB an hour, threads and open files within 5, no failed page. Exit code 1 if one is missed.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
MAX_MB_PER_HOUR = 5.0
MAX_DRIFT = 5
LINKS = ("/", "/frontier", "/frontier?x=Time", "/frontier?hull=true", "/frontier?max_cost=0.1", "/logs")


@dataclass(frozen=True)
class Sample:
    """The server at one moment."""

    minute: float
    memory_mb: float
    threads: int
    open_files: int
    pages: int
    failed: int
    p95_s: float


def watched(process: int, started: float, times: list[float], failed: int) -> Sample:
    """Read what the system says of a process (Linux)."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return Sample(
        minute=(time.monotonic() - started) / 60,
        memory_mb=int(status["VmRSS"].split()[0]) / 1024,
        threads=int(status["Threads"]),
        open_files=sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()),
        pages=len(times),
        failed=failed,
        p95_s=float(np.quantile(times, 0.95)) if times else float("nan"),
    )


def verdict(samples: list[Sample]) -> dict[str, tuple[float, bool]]:
    """Return what was reached, and whether that is within the target.

    >>> steady = [Sample(m, 200, 20, 40, 9, 0, 1.0) for m in range(60)]
    >>> verdict(steady)["memory, MB per hour"], verdict(steady)["failed pages"]
    ((0.0, True), (0, True))
    """
    warm = samples[max(1, len(samples) // 10) :]  # the first is taken before the first page
    hours = np.array([s.minute for s in warm]) / 60
    slope = float(np.polyfit(hours, [s.memory_mb for s in warm], 1)[0]) if len(warm) > 2 else 0.0
    threads, files = ([getattr(s, name) for s in warm] for name in ("threads", "open_files"))
    return {
        "memory, MB per hour": (round(slope, 6) + 0.0, slope < MAX_MB_PER_HOUR),
        "threads, drift": (threads[-1] - threads[0], abs(threads[-1] - threads[0]) <= MAX_DRIFT),
        "open files, drift": (files[-1] - files[0], abs(files[-1] - files[0]) <= MAX_DRIFT),
        "failed pages": (samples[-1].failed, samples[-1].failed == 0),
    }


def use(url: str, process: int, minutes: float, users: int) -> list[Sample]:
    """Let that many browsers use the server, one step each in turn, and sample it once a minute."""
    from playwright.sync_api import Error, sync_playwright

    rng = random.Random(0)
    started = time.monotonic()
    samples, times, failed, next_sample = [], [], 0, 0.0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        pages = [browser.new_context().new_page() for _ in range(users)]
        while (elapsed := time.monotonic() - started) < 60 * minutes:
            if elapsed >= next_sample:
                samples.append(watched(process, started, times, failed))
                print("  ".join(f"{name} {value:.4g}" for name, value in vars(samples[-1]).items()), flush=True)
                next_sample += 60
                times.clear()
            user = rng.randrange(users)
            if rng.random() < 0.1:
                pages[user].context.close()
                pages[user] = browser.new_context().new_page()
            begun = time.monotonic()
            try:
                pages[user].goto(url + rng.choice(LINKS))
                pages[user].get_by_test_id("stApp").wait_for()
                pages[user].locator("h1, [data-testid=stAlert]").first.wait_for()
                times.append(time.monotonic() - begun)
            except Error as error:
                failed += 1
                print(f"failed: {str(error).splitlines()[0]}", flush=True)
            time.sleep(1 / users)
        samples.append(watched(process, started, times, failed))
        browser.close()
    return samples


def main() -> int:
    """Start a server with its own store, use it, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=240)
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--port", type=int, default=8599)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tradespace-soak-") as home:
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "serve.py"), "--port", str(options.port), "--no-browser"],
            env=os.environ | {"TRADESPACE_HOME": home},
        )
        url = f"http://127.0.0.1:{options.port}"
        try:
            wait_for(f"{url}/healthz")
            results = verdict(use(url, server.pid, options.minutes, options.users))
        finally:
            server.terminate()
            server.wait(20)
    for name, (reached, within) in results.items():
        print(f"{'ok    ' if within else 'MISSED'}  {name}: {reached:.3g}")
    return 0 if all(within for _, within in results.values()) else 1


def wait_for(url: str, seconds: float = 60) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
