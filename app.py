"""The pages in one list, and the frame around them."""

from pathlib import Path

import streamlit as st

from pages.shared import blocks, controls

controls.keep_link()

HERE = Path(__file__).parent
st.set_page_config(page_title="Tradespace", page_icon=str(HERE / "pages/shared/mark.png"), layout="wide", initial_sidebar_state=216)

PAGES = {
    "Evidence": [
        st.Page("pages/overview.py", title="Overview", icon=":material/newspaper:", default=True),
        st.Page("pages/logs.py", title="Logs", icon=":material/upload_file:", url_path="logs"),
        st.Page("pages/anatomy.py", title="Anatomy", icon=":material/account_tree:", url_path="anatomy"),
    ],
    "Trade-offs": [
        st.Page("pages/frontier.py", title="Frontier", icon=":material/show_chart:", url_path="frontier"),
        st.Page("pages/returns.py", title="Returns", icon=":material/trending_up:", url_path="returns"),
    ],
    "Plan": [st.Page("pages/projection.py", title="Projection", icon=":material/calendar_month:", url_path="projection")],
}

st.logo(
    str(HERE / f"pages/shared/wordmark_{'dark' if blocks.is_dark() else 'light'}.svg"),
    size="large",
    icon_image=str(HERE / "pages/shared/mark.png"),
)
page = st.navigation(PAGES, expanded=True)
controls.draw_frame()
with st.sidebar:
    blocks.about_data(controls.frame())
page.run()
