"""A server of the product in its own process, with its own store and port, for tests that need the real thing."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parent.parent
Launcher = Literal["serve", "streamlit"]


def free_port() -> int:
    """Return a port that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`serve.py`, or plain `streamlit run`, started and answering; `stop()` ends it."""

    def __init__(self, home: Path, *, app: Path = ROOT / "app.py", launcher: Launcher = "serve", port: int | None = None):
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / f"{home.name}-{self.port}.log"
        command = {
            "serve": [sys.executable, str(ROOT / "serve.py"), "--port", str(self.port), "--no-browser", "--app", str(app)],
            "streamlit": [
                *(sys.executable, "-m", "streamlit", "run", str(app)),
                *("--server.port", str(self.port), "--server.headless", "true"),
            ],
        }[launcher]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"TRADESPACE_HOME": str(home), "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise RuntimeError(f"no server at {self.url}:\n{self.output()}")

    def output(self) -> str:
        """Return what the server has printed so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """End the process, kindly first."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
