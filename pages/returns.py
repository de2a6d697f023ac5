"""Where do returns stop? Accuracy against anything that can be spent; the level to stop at, caps, and what several attempts reach."""

from functools import partial

import streamlit as st

from analytics import attempts_words, caps_words, returns_words
from analytics.attempts import attempts_at
from analytics.caps import caps
from analytics.facets import facets as facets_of
from analytics.knobs import CAPPED
from analytics.replay import NOUNS
from analytics.returns import returns as returns_of
from pages.shared import asides, blocks, charts, controls, export, frames, replays, tables, viewport

QUESTION = "Where do returns stop?"
MANY = 6
"""So many published ladders are one finding: the mean of their gains."""

view = controls.frame()
selection = blocks.selection_or_stop(view)
found = frames.evidence(selection)
narrow, dark = viewport.is_narrow(), blocks.is_dark()
head = st.container()
there = replays.knobs(selection, view.tasks)
panel = st.popover("What is spent", width="stretch") if narrow else st.container(horizontal=True, vertical_alignment="bottom")
with panel:
    knob = controls.knob(there)


def shown(title: str, subtitle: str) -> None:
    """Write the head of the page, once the finding is known."""
    with head:
        blocks.title_block(QUESTION, title, subtitle, is_simulated=view.is_simulated)
        controls.report_stale()


def columns():
    """Return the place of the figure and that of the read-out."""
    return st.columns([0.7, 0.3], gap="medium")


def figure_of(draw, alt: str) -> None:
    """Show a figure in the reader's scheme and width."""
    st.plotly_chart(draw(dark=dark, narrow=narrow), theme=None, key="figure", config=charts.CONFIG, alt=alt)


def table_of(table, on_phone: tuple[str, ...]) -> None:
    """Show a figure's twin; on a phone its first columns."""
    shown_table = table[[name for name in on_phone if name in table]] if narrow else table
    st.dataframe(
        tables.display(shown_table, charts.TWIN_FORMATS), hide_index=True, column_config=tables.columns(shown_table),
        height=tables.height(len(table)), placeholder="–",
    )  # fmt: skip


def shared(name: str, draw, title: str, subtitle: str, paragraphs, table, alt: str) -> None:
    """Offer the view as one HTML file and its table as CSV, made when asked for."""

    def files() -> list[tuple[str, str, bytes, str]]:
        figures = {f"{'narrow_' * n}{'dark' if d else 'light'}": draw(dark=d, narrow=n) for n in (False, True) for d in (False, True)}
        figures["narrow"] = figures.pop("narrow_light")
        source = frames.provenance(view.names, selection, blocks.filters_in_words())
        page = export.html_page(figures, title, subtitle, paragraphs, table, source, alt=alt, formats=charts.TWIN_FORMATS)
        return [
            ("Interactive page (HTML)", f"{name}.html", page.encode(), "text/html"),
            ("Table (CSV)", f"{name}.csv", tables.csv(table), "text/csv"),
        ]

    blocks.share(files)


def nothing_to_climb() -> None:
    """Say what logs would have a ladder, and the way to bring them."""
    shown(
        "None of these logs has a ladder: 0 settings, rounds or repeats to compare", "Returns need two levels of something that is spent."
    )
    st.markdown(
        "A ladder is two levels or more of one thing on the same tasks. Any of these logs has one:\n"
        "- one agent at several **efforts**, thinking budgets or numbers of agents;\n"
        "- attempts with **rounds** of reflection, or a leaderboard with a score after each try;\n"
        "- **several attempts** at each task;\n"
        "- attempts that say how many **turns, tokens, seconds or dollars** they took."
    )
    st.page_link("pages/logs.py", label="Open Logs", icon=":material/upload_file:")
    blocks.share()


def ladder_view(knob: str) -> None:
    """Show a setting or the depth of reflection: the curve, its stop, the price of each step, and the groups of tasks."""
    with panel:
        value = controls.value_of_success_usd()
        results = replays.ladders(selection, knob, value, view.weights, view.tasks)
        series = controls.series(asides.in_order(results)) or ""
        volume = controls.tasks_per_day()
    if not results:  # a knob of which no two levels share a task
        nothing_to_climb()
        return
    place = next(i for i, result in enumerate(results) if result.series == series)
    result = replays.ladder(selection, knob, results[place].series, value, view.weights, view.tasks)
    results = (*results[:place], result, *results[place + 1 :])
    is_overall = result.is_summary and len(results) >= MANY
    draw = partial(charts.returns_figure, results, place)
    left, right = columns()
    with left:  # before the groups: they take longer, and title and words wait for them
        figure_of(draw, returns_words.alt(result))
        asides.key_of_levels(results, place)
        asides.source(view, found, *result.flags)
    with right:
        words = st.container()
        asides.fit_card(result)
        asides.bill(result, volume)
    below = st.container()
    with below if narrow else left:
        by = None if result.is_summary else controls.group_by(replays.groupings(selection, view.tasks))
    facets = replays.facets(selection, knob, result.series, by, value, view.weights, view.tasks) if by else None
    title = returns_words.overall_title(results) if is_overall else returns_words.title(result, facets)
    subtitle = returns_words.subtitle(result, benchmark=found.benchmark)
    paragraphs = [*(returns_words.overall_reading(results) if is_overall else ()), *returns_words.reading(result, facets)]
    shown(title, subtitle)
    with words:
        st.markdown("#### In words")
        blocks.sentences(paragraphs)
    if facets is not None:
        with below:
            facet_panels(facets)
    table = charts.levels_table(results, place)
    table_of(table if not narrow else charts.levels_table([result]), ("level", "accuracy", "cost_usd", "usd_per_success"))
    blocks.method(returns_of, facets_of)
    shared("returns", draw, title, subtitle, paragraphs, table, returns_words.alt(result, facets))


def facet_panels(facets) -> None:
    """Show the groups three in a row, on a phone one below the other."""
    if facets.reason is not None:
        st.caption(facets.reason)
        return
    for first in range(0, len(facets.groups), 3):
        row = facets.groups[first : first + 3]
        places = [st.container() for _ in row] if narrow else st.columns(3, gap="medium")
        for i, (group, where) in enumerate(zip(row, places, strict=False), first):
            with where:
                words = charts.facet_words(group)
                asides.small_title(*words)
                figure = charts.facet_figure(facets.groups, i, dark=dark, narrow=narrow)
                st.plotly_chart(figure, theme=None, key=f"facet_{i}", config=charts.CONFIG, alt=f"{words[0]}. {words[1]}")
    asides.key_of_groups(facets)


def caps_view(unit) -> None:
    """Show what caps on finished runs would have saved and lost."""
    fixed = replays.fixed_caps(selection, unit, view.tasks)
    label = found.labels
    ids = {label[each.configuration]: each.configuration for each in fixed}
    best = caps_words.headline(fixed)
    with panel:
        first = label[best.configuration] if best else next(iter(ids), "")
        focus = ids[controls.series(sorted(ids, key=lambda name: (name != first, name.casefold()))) or first]
        cap = controls.cap(NOUNS[unit])
    seen = replays.capped(selection, unit, focus, cap, view.tasks)
    chosen = seen.chosen or caps_words.headline(seen.fixed)
    left, right = columns()
    with right:
        words = st.container()
        pinned = []
        if len(ids) > 1:
            st.caption("Two configurations: the first at this cap against the second at four times as much.")
            pinned = [ids[name] for name in controls.pins(sorted(ids, key=str.casefold)) if name in ids]
    budget = chosen.cap_value if chosen else None
    pair = replays.compared(selection, unit, *pinned, budget, view.tasks) if len(pinned) == 2 and budget else None
    paragraphs = caps_words.reading(
        seen.fixed, label, chosen=chosen, dynamic=seen.dynamic, waste=seen.waste, use=seen.use, comparison=pair
    )  # fmt: skip
    title, subtitle = caps_words.title(fixed, label, chosen=chosen), caps_words.subtitle(seen.fixed, benchmark=found.benchmark)
    alt = caps_words.alt(seen.fixed, label, chosen=chosen)
    shown(title, subtitle)
    draw = partial(charts.caps_figure, seen.curve, seen.fixed, chosen, seen.others)
    with left:
        figure_of(draw, alt)
        grey = " · :gray[━] other configurations" if seen.others else ""
        st.caption(f":blue[━] solved under the cap, at least · :violet[━] share kept of what is spent{grey}")
        asides.source(view, found, *(flag for each in seen.fixed for flag in (*each.flags, each.reason or "")))
    with words:
        st.markdown("#### In words")
        blocks.sentences(paragraphs)
    own = [each for each in fixed if each.configuration == focus] + ([seen.chosen] if seen.chosen else [])
    table = charts.caps_table([*own, *(each for each in fixed if each.configuration != focus)], label)
    table_of(table if not narrow else charts.caps_table(own, label), ("cap_value", "accuracy", "accuracy_lost", "saving"))
    if any(each.accuracy is not None for each in seen.dynamic):
        st.markdown("#### A low cap, extended on demand")
        table_of(charts.dynamic_table(seen.dynamic), ("limit", "demand", "accuracy", "saving"))
    blocks.method(caps)
    shared("caps", draw, title, subtitle, paragraphs, table, alt)


def attempts_view() -> None:
    """Show what several attempts at a task reach."""
    curves = replays.attempts(selection, view.tasks)
    label = found.labels
    ids = {label[curve.configuration]: curve.configuration for curve in curves}
    best = attempts_words.in_focus(curves)
    with panel:
        first = label[best.configuration] if best else ""
        focus = ids[controls.series(sorted(ids, key=lambda name: (name != first, name.casefold()))) or first]
    title, subtitle = attempts_words.title(curves, label, focus), attempts_words.subtitle(curves, label, focus)
    alt, paragraphs = attempts_words.alt(curves, label, focus), attempts_words.reading(curves, label, focus)
    shown(title, subtitle)
    draw = partial(charts.attempts_figure, curves, label, focus)
    left, right = columns()
    with left:
        figure_of(draw, alt)
        if len(curves) > 1:
            st.caption(":gray[━] other configurations, at least once")
        asides.source(view, found)
    with right:
        st.markdown("#### In words")
        blocks.sentences(paragraphs)
    table = charts.attempts_table(curves, label, focus)
    in_focus = [curve for curve in curves if curve.configuration == focus]
    table_of(table if not narrow else charts.attempts_table(in_focus, label), ("k", "pass_at", "pass_hat", "cost_usd"))
    blocks.method(attempts_at)
    shared("attempts", draw, title, subtitle, paragraphs, table, alt)


if knob is None:
    nothing_to_climb()
elif knob in CAPPED:
    caps_view(knob)
elif knob == "samples":
    attempts_view()
else:
    ladder_view(knob)
