"""serve.py as a stranger meets it: its headers on every answer, its refusals in one sentence, and pages that need app.py."""

import base64
import hashlib
import os
import re
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import streamlit
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import serve
from data.limits import MB, UPLOAD
from tests.servers import ROOT, Server

HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    app = folder / "app.py"
    app.write_text("import streamlit as st\nst.write('hello')\n")
    server = Server(folder / "home", app=app)
    yield server
    server.stop()


def answer(url: str, *, method: str = "GET", host: str | None = None):
    request = urllib.request.Request(url, method=method, headers={"Host": host} if host else {})
    try:
        response = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, {name.lower(): value for name, value in response.headers.items()}, response.read()


def refused(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "serve.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=os.environ | {"CI": "1"})


def script() -> str:
    """Return the path of a script that Streamlit's page loads."""
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text()
    return re.findall(r'src="\./(static/js/[^"]+)"', index)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/", "HEAD", 200),
        ("/frontier?budget=7", "GET", 200),
        ("/healthz", "GET", 200),
        ("/healthz", "POST", 405),
        (f"/{script()}", "GET", 200),
        ("/_stcore/health", "GET", 200),
        ("/_stcore/host-config", "GET", 200),
        ("/_stcore/upload_file/none/none", "PUT", 403),
        ("/media/nothing.png", "GET", 404),
        ("/component/none/x.js", "GET", 404),
        ("/static/%2e%2e/%2e%2e/config.py", "GET", 400),
    ],
)
def test_every_answer_carries_the_headers(server, path, method, status):
    got, headers, _ = answer(server.url + path, method=method)
    assert got == status
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'self' blob: 'sha256-[A-Za-z0-9+/]{43}='", policy["script-src"])


@pytest.mark.slow
def test_healthz_says_ok(server):
    assert answer(f"{server.url}/healthz")[2] == b"ok"


@pytest.mark.slow
def test_the_log_names_the_address_once_and_nothing_else(server):
    assert server.output() == f"Tradespace is open at {server.url} (Ctrl+C stops it)\n"


@pytest.mark.slow
@pytest.mark.parametrize(("host", "origin"), [("rebind.test", "http://rebind.test"), ("127.0.0.1", "http://elsewhere.test")])
def test_no_session_for_a_foreign_name_or_page(server, host, origin):
    """DNS rebinding: a foreign page whose name resolves to 127.0.0.1 opened the app, before the list of allowed hosts."""
    rebound = socket.create_connection(("127.0.0.1", server.port))
    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(f"ws://{host}/_stcore/stream", sock=rebound, origin=origin),
    ):
        pass
    assert refusal.value.response.status_code == 403
    with connect(f"ws://127.0.0.1:{server.port}/_stcore/stream", origin=server.url) as session:
        assert session.state.name == "OPEN"


@pytest.mark.slow
def test_a_taken_port_gets_one_sentence_with_the_process(server):
    result = refused("--port", str(server.port))
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr == f"Port {server.port} is taken by process {server.process.pid}: stop that one, or choose another port.\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", "127.0.0.1.example.org", ""])
def test_an_address_that_others_could_reach_is_refused(host):
    result = refused("--host", host)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "no login" in result.stderr


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("::1", "::1"), ("[::1]", "::1")])
def test_loopback_names(host, address):
    assert serve.loopback(host) == address


@pytest.mark.slow
def test_a_deep_link_as_the_first_request_runs_app_py(tmp_path):
    """Streamlit's page discovery: with a folder pages/ beside app.py, the first deep link after a start ran the page alone."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "deep.py").write_text("print('page')\n")
    (tmp_path / "app.py").write_text(
        "import streamlit as st\nprint('frame')\nst.navigation([st.Page('pages/deep.py')]).run()\n",
    )
    server = Server(tmp_path / "home", app=tmp_path / "app.py")
    try:
        with connect(f"ws://127.0.0.1:{server.port}/_stcore/stream", origin=server.url) as session:
            first = BackMsg()
            first.rerun_script.page_name = "deep"
            session.send(first.SerializeToString())
            while "page" not in server.output():
                session.recv(timeout=20)
    finally:
        server.stop()
    assert server.output().splitlines()[1:3] == ["frame", "page"]


def test_the_policy_names_every_inline_script():
    policy = serve.content_security_policy("<script>\n a = 1\n</script><script src='x.js'></script><script>b</script>")
    for text in (b"\n a = 1\n", b"b"):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" in policy
    assert policy.count("sha256-") == 2


def flat(table: dict, prefix: str = "") -> dict:
    return {
        name: value
        for key, part in table.items()
        for name, value in (flat(part, f"{prefix}{key}.") if isinstance(part, dict) else {f"{prefix}{key}": part}).items()
    }


def test_every_line_of_the_settings_is_a_setting_of_this_streamlit():
    """An unknown key only prints a warning, and the page quietly looks or behaves otherwise."""
    known = streamlit.config.get_config_options()
    settings = flat(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text()))
    assert [key for key in settings if key not in known] == []
    assert settings["server.maxUploadSize"] * MB == UPLOAD.file_bytes
    assert settings["server.allowedHosts"] == ["localhost", "127.0.0.1", "[::1]"]
    light, dark = ({key.split(".", 2)[2] for key in settings if key.startswith(f"theme.{theme}.")} for theme in ("light", "dark"))
    assert light == dark
