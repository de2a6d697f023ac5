"""Under the headers, Streamlit's own parts still work, and the guard of these tests sees what it must see."""

import pytest

APP = """
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
st.title("Cost")
st.plotly_chart(go.Figure(go.Scatter(x=[1, 10], y=[0.2, 0.8])), theme=None)
st.dataframe(pd.DataFrame({"cost_usd": [1.5, 2.5]}))
upload = st.file_uploader("Logs")
st.write("read", len(upload.getvalue()) if upload else 0)
part = st.components.v2.component(
    "part",
    html="<p></p>",
    js="export default function (component) {\\n  component.parentElement.querySelector('p').textContent = 'a part'\\n}",
)
part(key="part")
st.number_input("Budget", 0, 9, key="budget", bind="query-params")
"""


@pytest.fixture(scope="module", params=["serve", "streamlit"])
def small(request, start_server, tmp_path_factory):
    app = tmp_path_factory.mktemp("small") / "app.py"
    app.write_text(APP)
    server = start_server(app=app, launcher=request.param)
    yield server
    server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chart_table_upload_component_and_link_work_under_the_policy(browse, small, scheme):
    page = browse("/?budget=7", on=small, color_scheme=scheme)
    page.locator(".js-plotly-plot .scatterlayer").wait_for()
    page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()
    page.get_by_text("a part").wait_for()
    assert page.get_by_label("Budget").input_value() == "7"
    page.locator("input[type=file]").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": b"12345"})
    page.get_by_text("read 5").wait_for()
    page.get_by_label("Budget").fill("3")
    page.get_by_label("Budget").press("Enter")
    page.wait_for_url("**/?budget=3")
    ground = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 29)"}[scheme]
    assert page.locator("h1").evaluate("e => getComputedStyle(e).fontSize") == "28px"


def test_the_guard_sees_a_foreign_image_a_script_error_and_an_inline_script(browse, start_server, tmp_path, guard):
    """A name with an image in it fetched it from every Markdown sink: the policy blocks the request and the guard tells."""
    app = tmp_path / "app.py"
    app.write_text("import streamlit as st\nst.write('![](http://foreign.test/x.png) shown')\n")
    server = start_server(app=app)
    page = browse("/", on=server)
    page.get_by_text("shown").wait_for()
    page.evaluate("setTimeout(() => { throw new Error('thrown here') })")
    page.evaluate("document.head.appendChild(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    seen = "\n".join(guard.problems())
    assert "foreign.test" in seen
    assert "thrown here" in seen
    assert "Content Security Policy" in seen
    guard.allow("foreign.test|thrown here|Content Security Policy")
    server.stop()


def test_no_page_may_frame_the_app(browse, start_server, tmp_path, guard):
    """A foreign page framed the running app, before the headers."""
    app = tmp_path / "app.py"
    app.write_text("import streamlit as st\nst.write('shown')\n")
    server = start_server(app=app)
    page = browse("/", on=server)
    page.evaluate("url => document.body.appendChild(Object.assign(document.createElement('iframe'), {src: url}))", server.url)
    page.wait_for_timeout(500)
    assert any("frame-ancestors" in text or "X-Frame-Options" in text or "default-src" in text for text in guard.problems())
    guard.allow("frame")
    server.stop()
