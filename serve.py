"""The server: app.py behind security headers, with `/healthz`, on this machine only.

    python serve.py [--port N] [--host H] [--no-browser]

What the headers close is in docs/security.md; all other settings are in `.streamlit/config.toml`. Exit codes: 2 for an address
that others could reach (there is no login yet), 3 for a port that is taken.
"""

import argparse
import base64
import errno
import hashlib
import importlib
import ipaddress
import os
import re
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent
LISTENING = "0A"  # the state in /proc/net/tcp


def loopback(host: str) -> str | None:
    """Return the address to bind for a name or number of this machine's loopback; None for any other.

    >>> loopback("localhost"), loopback("[::1]"), loopback("0.0.0.0"), loopback("example.org")
    ('127.0.0.1', '::1', None, None)
    """
    if host == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None
    return str(address) if address.is_loopback else None


def refusal(address: str, port: int) -> str | None:
    """Say why a server could not listen there now; None: it could."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free to a server
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return f"Port {port} of {address} cannot be opened: {error.strerror}."
            process = holder(port)
            by = f" by process {process}" if process else ""
            return f"Port {port} is taken{by}: stop that one, or choose another port."
    return None


def holder(port: int) -> int | None:
    """Return the process that listens on a port, where the system tells (Linux, own processes)."""
    sockets = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if table.exists():
            for line in table.read_text().splitlines()[1:]:
                local, state, inode = (line.split()[column] for column in (1, 3, 9))
                if state == LISTENING and int(local.rpartition(":")[2], 16) == port:
                    sockets.add(f"socket:[{inode}]")
    for descriptor in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        try:
            target = str(descriptor.readlink())
        except OSError:  # closed meanwhile
            continue
        if target in sockets:
            return int(descriptor.parts[2])
    return None


def content_security_policy(index_html: str) -> str:
    """Return the policy under which Streamlit, Plotly, tables, uploads and our component run, and nothing else does."""
    inline = re.findall(r"<script>(.*?)</script>", index_html, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline]
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: {' '.join(hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def with_headers(send, policy: str):
    """Return a `send` that puts the headers on every HTTP answer: pages, static files, uploads, and errors too."""
    ours = {
        b"content-security-policy": policy.encode(),
        b"x-frame-options": b"DENY",
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
    }

    async def send_with_headers(message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            theirs = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in ours]
            message["headers"] = theirs + list(ours.items())
        await send(message)

    return send_with_headers


def open_browser(url: str) -> None:
    """Open the page where there is a screen; a text browser would take over the terminal."""
    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def run(script: Path, address: str, port: int, *, browser: bool) -> None:
    """Serve a Streamlit script until stopped."""
    import streamlit
    from starlette.responses import PlainTextResponse, RedirectResponse
    from starlette.routing import Route
    from streamlit.runtime.pages_manager import PagesManager

    # Streamlit takes a folder named pages/ for its old page discovery until st.navigation has run once: the first deep link
    # after a start would run a page without app.py around it.
    PagesManager.uses_pages_directory = False
    url = f"http://{f'[{address}]' if ':' in address else address}:{port}"
    index_html = Path(streamlit.__file__).parent / "static" / "index.html"
    policy = content_security_policy(index_html.read_text(encoding="utf-8"))

    async def healthz(_request) -> PlainTextResponse:
        return PlainTextResponse("ok")

    @asynccontextmanager
    async def started(_app: object) -> AsyncGenerator[None]:  # the socket listens already
        print(f"Tradespace is open at {url} (Ctrl+C stops it)", flush=True)
        if script == ROOT / "app.py":
            threading.Thread(target=warm, daemon=True).start()
        if browser:
            open_browser(url)
        yield

    class App(streamlit.App):
        """Streamlit's app with the headers outside of everything, its own error answers included."""

        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, with_headers(send, policy))

    async def overview(request) -> RedirectResponse:
        return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")

    # Streamlit serves its default page at / only, and calls its own path unknown
    app = App(script, routes=[Route("/healthz", healthz), Route("/overview", overview)], lifespan=started)
    app.run(config={"server.address": address, "server.port": port, "server.headless": True, "logger.hideWelcomeMessage": True})


def warm() -> None:
    """Open the store, example included, and import what the pages draw with, before the first reader waits for it."""
    from data.store import StoreError

    with suppress(StoreError):  # taken meanwhile: the page says by whom
        importlib.import_module("pages.shared.frames").store()
    importlib.import_module("pages.shared.charts")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, refuse what is unsafe, serve."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serve Tradespace on this machine.")
    parser.add_argument("--port", type=int, default=8501, choices=range(1, 65536), metavar="N")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="a loopback address")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page in a browser")
    parser.add_argument("--app", type=Path, default=ROOT / "app.py", help=argparse.SUPPRESS)  # for tests of this file alone
    options = parser.parse_args(arguments)

    address = loopback(options.host)
    if address is None:
        print(
            f"Tradespace has no login yet, so it serves this machine only: {options.host!r} is not a loopback address"
            " (127.0.0.1, localhost or ::1).",
            file=sys.stderr,
        )
        return 2
    from data.store import Store, StoreError

    if reason := refusal(address, options.port):
        print(reason, file=sys.stderr)
        return 3
    try:
        Store.at_home().close()
    except StoreError as error:  # held by another process, unreadable, or of a newer program
        print(error, file=sys.stderr)
        return 3
    run(options.app.resolve(), address, options.port, browser=not (options.no_browser or os.environ.get("CI")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
