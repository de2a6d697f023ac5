"""What stands beside the figures of returns: the fit, the bill at a volume, keys and sources. Every word from a log is made inert here."""

from collections.abc import Sequence

import streamlit as st

from analytics import notation, returns_words
from analytics.cost import monthly
from analytics.facets import Facets
from analytics.returns import Returns
from pages.shared import labels
from pages.shared.charts.strip import pays

BATCH = 1000
"""Tasks of the bill where no volume is given."""
MOST_LEVELS = 3
_DAYS = 30.4375


def in_order(results: Sequence[Returns]) -> list[str]:
    """Return the names of the series: first the one with the most levels and, among these, the highest accuracy; the others by name."""

    def rank(result: Returns) -> tuple[int, float]:
        known = [p.accuracy for p in result.points if notation.is_known(p.accuracy)]
        return len(known), max(known, default=0.0)

    first = max(results, key=rank, default=None)
    return sorted((result.series for result in results), key=lambda name: (first is not None and name != first.series, name.casefold()))


def fit_card(result: Returns) -> None:
    """Say which curve was fitted, where it tends to and how sure that is; or why there is none."""
    words = returns_words.fit_text(result)
    with st.container(border=True):
        st.markdown("#### Fit")
        st.markdown(f"**{labels.markdown_text(words.head)}** {labels.markdown_text(words.text)}")


def small_title(title: str, said: str) -> None:
    """Write the finding of a small panel and what it stands on."""
    st.markdown(f"##### {labels.markdown_text(title)}")
    st.caption(labels.markdown_text(f"{said.removesuffix('.')}."))


def bill(result: Returns, tasks_per_day: int | None) -> None:
    """Show successes and money of each level at a volume: of a month where one is given, else of a thousand tasks."""
    known = [p for p in result.points if notation.is_known(p.accuracy)]
    if not known or not any(notation.is_known(p.cost_usd) for p in known):
        return
    n = BATCH if tasks_per_day is None else tasks_per_day * _DAYS
    head = f"At {notation.count(n)} tasks a month" if tasks_per_day else f"At {notation.count(BATCH)} tasks"
    rows = ["| | Successes | Bill |", "|:--|--:|--:|"]
    for p in _around_stop(known, result):
        cost = monthly(p.cost_usd, tasks_per_day) if tasks_per_day else None if p.cost_usd is None else BATCH * p.cost_usd
        cells = [
            notation.plain(p.name),
            notation.count(round(n * (p.accuracy or 0.0))),
            notation.usd(cost) if n < 1e5 else notation.large_usd(cost),
        ]
        mark = "**" if p.name == result.stop_at else ""
        rows.append("| " + " | ".join(f"{mark}{labels.markdown_text(cell)}{mark}" for cell in cells) + " |")
    with st.container(border=True):
        st.markdown(f"#### {labels.markdown_text(head)}")
        st.markdown("\n".join(rows))
        if tasks_per_day:
            st.caption(labels.markdown_text(f"{tasks_per_day:,} a day, {_DAYS:g} days; one attempt at each task."))


def _around_stop(known: Sequence, result: Returns) -> Sequence:
    """Return the levels of the bill: the stop and its neighbours, so that one sees what a step more would cost."""
    if len(known) <= MOST_LEVELS:
        return known
    at = next((i for i, p in enumerate(known) if p.name == result.stop_at), len(known) - 1)
    first = max(0, min(at - MOST_LEVELS // 2, len(known) - MOST_LEVELS))
    return known[first : first + MOST_LEVELS]


def key_of_levels(results: Sequence[Returns], place: int) -> None:
    """Say what the marks of a ladder mean, of those that are there; fill and shade carry it, not hue alone."""
    result = results[place]
    parts = [":blue[●] level"]
    if result.stop_index is not None:
        is_last = result.stop_index == len(result.points) - 1
        parts = [":blue[●] up to the stop"] * (result.stop_index > 0)
        parts += ["◉ the highest level tried, which still pays" if is_last else "◉ the stop"] + [":blue[○] beyond it"] * (not is_last)
    if any(s.usd_per_success is not None for s in result.segments) and not all(pays(s, result.value_usd) for s in result.segments):
        over = "dearer than a success is worth, or not decidable" if result.value_usd is not None else "not decidable, or no gain"
        parts.append(f":orange[▬] step {over}")
    if len(results) > 1:
        parts.append(":gray[●] other series")
    st.caption(" · ".join(parts))


def key_of_groups(facets: Facets) -> None:
    """Say how the panels are to be read, and which tasks are in none of them."""
    parts = [":gray[━] the other groups"]
    if any(notation.is_known(p.cost_usd) for group in facets.groups for p in group.returns.points):
        parts.append("each level stands at its cost over all tasks, so that panels share an axis")
    if facets.n_ungrouped:
        parts.append(f"{notation.plural(facets.n_ungrouped, 'task')} of no known group")
    if facets.n_left_out:
        parts.append(f"{notation.plural(facets.n_left_out, 'smaller group')} left out")
    st.caption(" · ".join(parts))


def source(view, found, *remarks: str) -> None:
    """Say where the numbers come from, and what must stand beside them."""
    parts = [f"Source: {', '.join(view.names)}"]
    if int(found.cells["n_cost_priced"].sum()):
        parts.append(f"tokens priced by {found.price_book}")
    said = list(dict.fromkeys(remark.rstrip(".") for remark in remarks if remark))
    parts += said[:4] + ([f"{len(said) - 4} more remarks in the table"] if len(said) > 4 else [])
    st.caption(labels.markdown_text("; ".join(parts) + "."))
