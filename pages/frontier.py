"""What does accuracy cost? The nondominated configurations, how sure that is, and what limits leave."""

from functools import partial

import streamlit as st

from analytics import reading, titles
from analytics.frontier import frontier as frontier_of
from analytics.frontier import limited
from data.frames import ladders
from pages.shared import blocks, charts, controls, export, frames, tables, viewport

view = controls.frame()
selection = blocks.selection_or_stop(view)
found = frames.evidence(selection)
head = st.container()

panel = (
    st.popover("Axes and limits", width="stretch") if viewport.is_narrow() else st.container(horizontal=True, vertical_alignment="bottom")
)
with panel:
    x = controls.x_measure()
    max_cost = controls.max_cost_usd()
    max_latency = controls.max_latency_s()
    volume = controls.tasks_per_day()
    with st.container() if viewport.is_narrow() else st.popover("Show", icon=":material/tune:"):
        third = controls.third_objective(x)
        only_frontier, error_bars = controls.frontier_only(), controls.error_bars()
        log, show_hull = controls.log_axis(), controls.show_hull()

objectives = ("accuracy", x, third) if third else ("accuracy", x)
result = limited(frames.frontier(selection, objectives, view.weights, view.tasks), max_cost=max_cost, max_latency=max_latency)
limits = {"max_cost": max_cost, "max_latency": max_latency}
id_of = {label: key for key, label in found.labels.items()}


def compared(a: str, b: str):
    return frames.pair(selection, a, b, view.weights, view.tasks)


title = titles.frontier_title(result, found.labels, compare=compared, **limits)
alt = titles.frontier_alt(result, found.labels, compare=compared, **limits)
subtitle = titles.frontier_subtitle(result, benchmark=found.benchmark)
with head:
    blocks.title_block("What does accuracy cost?", title, subtitle, is_simulated=view.is_simulated)

left, right = st.columns([0.7, 0.3], gap="medium")
with right:
    words = st.container()
    pinned = [id_of[label] for label in controls.pins(sorted(id_of, key=str.casefold)) if label in id_of]
    if volume:
        blocks.monthly_bill(result, found.labels, volume)
with head:
    controls.report_stale()
with words:
    st.markdown("#### In words")
    paragraphs = reading.frontier_reading(
        result, found.labels, pair=compared(*pinned) if len(pinned) == 2 else None, compare=compared, **limits
    )
    blocks.sentences(paragraphs)

draw = partial(
    charts.frontier_figure, result, found.labels, error_bars=error_bars, show_hull=show_hull, log=log, pins=tuple(pinned),
    only_frontier=only_frontier, ladders=ladders(found), max_cost=max_cost, max_latency=max_latency,
)  # fmt: skip
with left:
    figure = draw(dark=blocks.is_dark(), narrow=viewport.is_narrow())
    chosen = st.plotly_chart(
        figure, theme=None, key="figure", on_select=controls.pin_from_figure, selection_mode="points",
        config=charts.CONFIG, alt=alt,
    )  # fmt: skip
    if third:
        st.plotly_chart(charts.parallel_figure(result, found.labels, dark=blocks.is_dark()), theme=None, config=charts.CONFIG)
    blocks.key_line()
    blocks.source_line(view, found, result)
    if len(pinned) == 2:
        blocks.comparison(compared(*pinned), result, found.labels)

table = charts.frontier_table(result, found.labels)
if viewport.is_narrow():
    table = table[[name for name in ("configuration", "accuracy", x, "state") if name in table]]
st.dataframe(
    tables.display(table), hide_index=True, column_config=tables.frontier_columns(table), height=tables.height(len(table)), placeholder="–"
)
blocks.method(frontier_of)


def files() -> list[tuple[str, str, bytes, str]]:
    """Return what can be sent to a teammate, made when asked for."""
    drawn = {
        f"figure{'_narrow' * narrow}{'_dark' * dark}": draw(dark=dark, narrow=narrow) for narrow in (False, True) for dark in (False, True)
    }
    source = frames.provenance(view.names, selection, blocks.filters_in_words())
    page = export.frontier_html(drawn.pop("figure"), title, subtitle, paragraphs, result, found.labels, source, alt=alt, **drawn)
    return [
        ("Interactive page (HTML)", "frontier.html", page.encode(), "text/html"),
        ("Table (CSV)", "frontier.csv", export.frontier_csv(result, found.labels).encode(), "text/csv"),
    ]


blocks.share(files)
