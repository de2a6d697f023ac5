"""What will it cost next month? Every configuration under other settings, drawn while the hand moves, and own GPUs beside the API."""

from dataclasses import asdict
from functools import partial

import streamlit as st

from analytics import projection_words
from analytics.projection import least_lost, points, project
from analytics.projection_model import FORMULAS
from pages.shared import asides, blocks, charts, controls, export, frames, live, positions, projections, tables, theme, viewport

QUESTION = "What will it cost next month?"

view = controls.frame()
selection = blocks.selection_or_stop(view)
found = frames.evidence(selection)
narrow, dark = viewport.is_narrow(), blocks.is_dark()
head = st.container()

panel = st.popover("Settings", width="stretch") if narrow else st.container(horizontal=True, vertical_alignment="bottom")
ids = {label: key for key, label in found.labels.items()}
with panel:
    chosen = controls.focus(dict(sorted(ids.items(), key=lambda each: each[0].casefold())))
    gpu = controls.own_gpu(projections.gpus(), projections.DEFAULT_GPU)
    served = controls.served_as(projections.models(), projections.ASSUMED if view.is_simulated else None)
    ground = projections.ground(selection, view.weights, view.tasks, gpu, served)
    with st.expander("Type the numbers") if narrow else st.popover("Type the numbers", icon=":material/tune:"):
        typed = controls.numbers(ground.sliders)

position = ground.position(typed)
result = ground.projected(position, chosen)
title, subtitle = projection_words.title(result, ground.labels), projection_words.subtitle(result, benchmark=found.benchmark)
alt = projection_words.alt(result, ground.labels)
with head:
    blocks.title_block(QUESTION, title, subtitle, is_simulated=view.is_simulated)
    controls.report_stale()


def released() -> None:
    """Take what the stage was let go of into the controls, and so into the link."""
    controls.release(live.told(), ground.sliders, found.labels)


live.points(ground.payload)
live.stage(
    ground.payload["id"], ground.sliders, typed, {}, groups=projections.GROUPS, chosen=chosen,
    colours={**asdict(theme.tokens(dark)), "card": theme.tokens(dark).panel if dark else theme.tokens(dark).bg}, alt=alt,
    on_release=released,
)  # fmt: skip

own = ground.own(position, result.chosen) if result.chosen else None
power = ground.power(position, result.chosen) if result.chosen else None
bill = position["max_usd_per_month"]
way = least_lost(ground.fields, position, bill) if result.budget_usd_per_month is not None else None
paragraphs = projection_words.reading(result, ground.labels, way=way, asked_usd=result.budget_usd_per_month, own=own, power=power)

table = charts.projection_table(result, ground.labels)
shown = table[[name for name in ("configuration", "accuracy", "cost_usd", "usd_per_month") if name in table]] if narrow else table
st.dataframe(
    tables.display(shown, charts.PROJECTION_FORMATS), hide_index=True, height=tables.height(len(table)), placeholder="–",
    column_config={name: st.column_config.Column(charts.PROJECTION_COLUMNS[name]) for name in shown},
)  # fmt: skip
asides.source(view, found)

figures = {}
if own is not None and result.chosen is not None:
    name = ground.labels[result.chosen]
    at = charts.volumes(own, position["volume"])
    reason = result.by_id(result.chosen).reasons.get("own")
    figures["bills"] = partial(charts.bills_figure, own, at, ground.bills(position, result.chosen, at), position["volume"])
    left, right = (st.container(), st.container()) if narrow else st.columns(2, gap="large")
    with left:
        words = charts.bills_words(own, reason)
        asides.small_title(*words)
        st.plotly_chart(figures["bills"](dark=dark, narrow=narrow), theme=None, key="bills", config=charts.CONFIG, alt=words[0])
    energy = ground.energy(position, result.chosen)
    if energy is not None:
        with right:
            words = charts.energy_words(*energy)
            asides.small_title(*words)
            figures["energy"] = partial(charts.energy_figure, *energy, position[energy[0]])
            st.plotly_chart(figures["energy"](dark=dark, narrow=narrow), theme=None, key="energy", config=charts.CONFIG, alt=words[0])

left, right = (st.container(), st.container()) if narrow else st.columns(2, gap="large")
with left:
    st.markdown("#### In words")
    blocks.sentences(paragraphs)
with right:
    st.markdown("#### Power, as published and as measured")
    positions.published_power(power)
    positions.measured_table(projections.measured_pairs())

positions.kept_table(ground, typed, result)

with st.expander("The formulas"):
    st.caption("In this order, for every configuration; the page and the stage evaluate the same text. Unknown stays unknown.")
    st.code("\n".join(f"{name} = {text}" for name, text in FORMULAS.items()), language=None, wrap_lines=True)
blocks.method(project, points, least_lost)


def files() -> list[tuple[str, str, bytes, str]]:
    """Return what can be sent to a teammate, made when asked for."""
    draw = figures.get("bills")
    drawn = {}
    if draw is not None:
        drawn = {f"{'narrow_' * n}{'dark' if d else 'light'}": draw(dark=d, narrow=n) for n in (False, True) for d in (False, True)}
        drawn["narrow"] = drawn.pop("narrow_light")
    source = frames.provenance(view.names, selection, blocks.filters_in_words())
    page = export.html_page(drawn, title, subtitle, paragraphs, table, source, alt=alt, formats=charts.PROJECTION_FORMATS)
    return [
        ("Interactive page (HTML)", "projection.html", page.encode(), "text/html"),
        ("Table (CSV)", "projection.csv", tables.csv(table), "text/csv"),
    ]


blocks.share(files)
