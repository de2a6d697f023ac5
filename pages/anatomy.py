"""Where do time and money go? The parts of an attempt's time, tokens and money, their tails and failures, and one attempt opened."""

from functools import partial

import streamlit as st

from analytics import anatomy as parts
from analytics import anatomy_words, cache, notation
from analytics import survival as steps
from analytics import tails as spread
from analytics.anatomy_sides import side_finding
from pages.shared import anatomies, attempt, blocks, charts, controls, frames, sides, tables, viewport

QUESTION = "Where do time and money go?"

view = controls.frame()
selection = blocks.selection_or_stop(view)
found = frames.evidence(selection)
results = anatomies.anatomy(selection, view.tasks)
if not results:
    finding = f"{notation.plural(len(found.labels), 'published row')} hold no attempts to take apart"
    blocks.title_block(QUESTION, finding, "Logs with one record per attempt show what it cost; with one per step, where its time went.")
    controls.report_stale()
    st.page_link("pages/logs.py", label="Open Logs", icon=":material/upload_file:")
    blocks.share()
    st.stop()

whole = anatomies.whole(selection, view.tasks)
dearest = anatomies.failures(selection, view.tasks)
dark, narrow = blocks.is_dark(), viewport.is_narrow()
head = st.container()
with st.container(horizontal=True, vertical_alignment="bottom"):
    side = controls.side()
    slot = st.container(width=320)

times = anatomies.tails(selection, view.tasks, "latency_s") if side in ("Time", "Tails") else []
costs = anatomies.tails(selection, view.tasks, "cost_usd") if side == "Tails" else []
curves = anatomies.survivals(selection, view.tasks) if side == "Failures" else None
said = side_finding(
    side, whole, found=results, tails=times if any(t.p95 for t in times) else costs, survivals=curves or (), labels=found.labels
)
spenders = sorted(results, key=lambda each: (each.configuration != said.configuration, -(charts.total_tokens(each) or 0)))
focus = None
if side == "Tokens" or (curves and said.configuration):
    with slot:
        chosen = controls.focus({found.labels[each.configuration]: each.configuration for each in spenders})
    focus = next((each for each in spenders if each.configuration == chosen), spenders[0])
    said = side_finding(side, focus, survivals=[c for c in curves or () if c.configuration == focus.configuration], labels=found.labels)

caches = [each for each in anatomies.economics(selection, view.tasks) if focus and each.configuration == focus.configuration]
paragraphs = anatomy_words.reading(
    focus if focus and side == "Tokens" else whole,
    tails=times or costs,
    failures=dearest,
    survivals=curves,
    caches=caches,
    labels=found.labels,
)
paragraphs = sides.own(paragraphs, side)
subtitle = anatomy_words.subtitle(focus or whole, benchmark=found.benchmark, n_configurations=None if focus else len(results))
subtitle = f"{found.labels[focus.configuration]}: {subtitle[:1].lower()}{subtitle[1:]}" if focus else subtitle
with head:
    blocks.title_block(QUESTION, said.title, subtitle, is_simulated=view.is_simulated)

draw = {
    "Time": partial(
        charts.time_figure,
        results,
        found.labels,
        whole=whole,
        focus=said.parts,
        named=said.configuration,
        latencies={each.configuration: each for each in times},
    ),
    "Tokens": partial(charts.tokens_figure, focus, focus=said.parts),
    "Money": partial(charts.money_figure, results, found.labels, whole=whole, focus=said.parts, named=said.configuration),
    "Tails": partial(charts.tails_figure, [times, costs], found.labels, focus=said.configuration),
    "Failures": partial(charts.survival_figure, curves or (), found.labels, focus=focus.configuration if focus else None),
}[side]
left, right = st.columns([0.7, 0.3], gap="medium")
with left:
    st.plotly_chart(
        draw(dark=dark, narrow=narrow), theme=None, key=f"figure_{side}", config=charts.CONFIG, alt=sides.alt(said.title, paragraphs)
    )
    sides.key_line(side, len(results))
    sides.source_line(view, found, selection)
with right:
    st.markdown("#### In words")
    blocks.sentences(paragraphs)
    if side == "Failures" and focus:
        effect = next((c.conditioning for c in curves or () if c.configuration == focus.configuration), None)
        if effect:
            figure = charts.conditioning_figure(effect, dark=dark, narrow=narrow)
            st.plotly_chart(figure, theme=None, key="conditioning", config=charts.CONFIG, alt="How often the next step fails")

table = charts.anatomy_table(side, results, found.labels, whole=whole, times=times, costs=costs, survivals=curves or ())
st.dataframe(
    tables.display(table, charts.ANATOMY_FORMATS), hide_index=True, column_config=tables.columns(table), height=tables.height(len(table)),
    placeholder=notation.UNKNOWN, key=f"table_{side}",
)  # fmt: skip
if side == "Failures":
    attempt.dearest_table(dearest, found.labels)
opened = attempt.one_attempt(view, selection, found.labels, dearest)
with head:
    controls.report_stale()
blocks.method(parts.anatomy, cache.growth_exponent, cache.by_turn, spread.tails, steps.survival, steps.self_conditioning)


def files() -> list[tuple[str, str, bytes, str]]:
    """Return what can be sent to a teammate, made when asked for."""
    sent = [(f"{side}, by configuration (CSV)", f"anatomy_{side.lower()}.csv", tables.csv(table), "text/csv")]
    if opened is not None and len(opened):
        sent.append(("Steps of the attempt (CSV)", "attempt.csv", tables.csv(opened), "text/csv"))
    return sent


blocks.share(files)
