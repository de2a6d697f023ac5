"""A fresh server, a real Chromium, and a guard: a foreign request, a console error or a blocked thing fails the test that saw it.

`server` is new for each test module, `start_server` starts more (another launcher, another app, an old store). `browse()` gives a
page in a context of its own, like another person's browser; `guard.allow("…")` names an error that the test provokes on purpose.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import Server

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `make quick` can leave it out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Guard:
    """What the browser must never do, collected from every page of a test."""

    def __init__(self):
        self.seen: list[str] = []
        self._allowed: list[str] = []
        self._hosts: set[str] = set()

    def allow(self, pattern: str) -> None:
        """Expect a message that matches: the test provokes it."""
        self._allowed.append(pattern)

    def problems(self) -> list[str]:
        """Return what was seen and not allowed."""
        return [text for text in self.seen if not any(re.search(pattern, text) for pattern in self._allowed)]

    def watch(self, context: BrowserContext, server: Server) -> None:
        """Listen to all pages of a context; only this server may be asked for anything."""
        self._hosts.add(f"127.0.0.1:{server.port}")
        context.on("request", lambda request: self._check(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self._check(socket.url)))
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.seen.append(f"script error: {error.error}"))

    def _check(self, url: str) -> None:
        scheme, _, rest = url.partition(":")
        host = rest.removeprefix("//").split("/")[0]
        if scheme not in ("data", "blob", "about") and host not in self._hosts:
            self.seen.append(f"foreign request: {url}")

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" or "Content Security Policy" in text:
            self.seen.append(f"console {kind}: {text}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Launch the system's Chromium, else the one of `playwright install chromium`."""
    executable = next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def start_server(tmp_path_factory) -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server with an empty store (or `home=`); `app=` and `launcher=` as of `Server`."""
    servers: list[Server] = []

    def start(home: Path | None = None, **options) -> Server:
        servers.append(Server(home or tmp_path_factory.mktemp("server") / "home", **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(start_server) -> Iterator[Server]:
    """Start the product for the tests of one module."""
    server = start_server()
    yield server
    server.stop()


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Fail the test if a page of it met anything that is forbidden."""
    guard = Guard()
    yield guard
    assert guard.problems() == []


@pytest.fixture
def browse(chromium: Browser, guard: Guard, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a path of a server in a fresh context: `browse("/frontier?x=1", viewport=…, color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, on: Server | None = None, **options: Any) -> Page:
        target = on or request.getfixturevalue("server")
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 1000}} | options)
        contexts.append(context)
        guard.watch(context, target)
        page = context.new_page()
        page.goto(target.url + path)
        page.get_by_test_id("stApp").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
