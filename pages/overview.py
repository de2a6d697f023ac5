"""What do these logs say? The findings that the data supports, each a sentence with its number and a way to the page that shows it."""

import streamlit as st

from analytics import findings
from pages.shared import blocks, controls, frames, labels

view = controls.frame()
if blocks.nothing_here(view):
    st.stop()
found = frames.evidence(view.selection)
result = frames.frontier(view.selection, ("accuracy", "cost_usd"), view.weights, view.tasks)


def compared(a: str, b: str):
    return frames.pair(view.selection, a, b, view.weights, view.tasks)


said = findings.overview_findings(result, found.labels, compare=compared)
blocks.title_block(
    "What do these logs say?",
    findings.frontier_title(result, found.labels, compare=compared),
    findings.frontier_subtitle(result),
    is_simulated=view.is_simulated,
)
controls.report_stale()

left, right = st.columns([0.66, 0.34], gap="large")
with left:
    for each in said:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"### {labels.markdown_text(each.number)}", width=150)
            st.markdown(labels.markdown_text(each.sentence))
            st.page_link(
                f"pages/{each.page}.py", label="See it", icon=":material/arrow_forward:", query_params=controls.carried(each.query)
            )
with right:
    blocks.data_health(found, result)
blocks.share()
