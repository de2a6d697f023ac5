"""What do these logs say? The findings that the data supports, each a sentence with its number and a way to the page that shows it."""

import streamlit as st

from analytics import findings, titles
from data.frames import ladders
from pages.shared import anatomies, blocks, charts, controls, frames, replays, viewport

view = controls.frame()
selection = blocks.selection_or_stop(view)
found = frames.evidence(selection)
result = frames.frontier(selection, ("accuracy", "cost_usd"), view.weights, view.tasks)


def compared(a: str, b: str):
    return frames.pair(selection, a, b, view.weights, view.tasks)


blocks.title_block(
    "What do these logs say?",
    titles.frontier_title(result, found.labels, compare=compared),
    titles.frontier_subtitle(result, benchmark=found.benchmark),
    is_simulated=view.is_simulated,
)
controls.report_stale()

left, right = st.columns([0.68, 0.32], gap="large")
with left:
    place = st.container()
    figure = charts.frontier_figure(
        result, found.labels, dark=blocks.is_dark(), narrow=viewport.is_narrow(), ladders=ladders(found), height=380
    )
    st.plotly_chart(figure, theme=None, key="figure", config=charts.CONFIG, alt=titles.frontier_alt(result, found.labels))
    blocks.source_line(view, found, result)
with right:
    blocks.data_health(found, result)
blocks.share()

with place:  # last: what lies below the cells takes longer than the figure
    deeper = []
    if blocks.is_small(found):
        deeper.append(
            findings.finding_of_stop(replays.ladders(selection, "effort", None, view.weights, view.tasks), controls.KNOBS["effort"])
        )
        if spent := anatomies.spending(selection, view.tasks):
            deeper.append(findings.finding_of_failures(spent))
    for each in findings.overview_findings(result, found.labels, compare=compared, deeper=deeper):
        blocks.finding(each, controls.carried(each.query))
