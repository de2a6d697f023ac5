"""How wide the page is: the server cannot know, so the browser says once when it is a phone's."""

import streamlit as st

NARROW_PX = 640

_ask = st.components.v2.component(
    "tradespace_viewport",
    html="<span hidden></span>",
    js=f"""
export default function (component) {{
  const tell = () => component.setStateValue('narrow', window.innerWidth < {NARROW_PX});
  if (window.innerWidth < {NARROW_PX} !== Boolean(component.data.narrow)) tell();
}}
""",
)


def is_narrow() -> bool:
    """Return whether the page is narrower than 640 px; wide until the browser says otherwise, which costs phones one rerun."""
    return bool(st.session_state.get("_viewport", {}).get("narrow", False))


def measure() -> None:
    """Put the part that asks the browser into the page; once in each run, by the frame."""
    _ask(key="_viewport", data={"narrow": is_narrow()}, on_narrow_change=lambda: None)
