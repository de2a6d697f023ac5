"""The parts that every page has: title block, sentences, share, method. Every word from a log is made inert here."""

import html
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType

import streamlit as st

from analytics import notation
from analytics.cost import monthly
from data.frames import Selection
from pages.shared import controls, frames, labels, theme

_RULE = """<style>[data-testid="stMainBlockContainer"]{padding-left:36px;padding-right:36px}
@media(max-width:640px){[data-testid="stMainBlockContainer"]{padding-left:16px;padding-right:16px}}</style>"""
"""Side padding of the page, which no setting reaches: the one CSS rule."""


def is_dark() -> bool:
    """Return whether the reader sees the dark theme."""
    return st.context.theme.type == "dark"


def title_block(question: str, finding: str, subtitle: str, *, is_simulated: bool = False) -> None:
    """Draw question, finding and subtitle: the only HTML of ours; its three texts are escaped."""
    ink = theme.DARK if is_dark() else theme.LIGHT
    look = f"color:{ink.ink2};border:1px solid {ink.gold};border-radius:4px;padding:1px 6px;font-size:12px;margin-left:8px"
    tag = f'<span style="{look}">Simulated</span>'
    st.html(
        f"{_RULE}"
        f'<div style="color:{ink.ink2};font-size:14px;line-height:20px">{html.escape(question)}{tag if is_simulated else ""}</div>'
        f'<h1 style="font-size:clamp(22px,2.1vw + 14px,28px);line-height:1.22;font-weight:650;margin:2px 0 4px;padding:0;color:{ink.ink}">'
        f"{html.escape(finding)}</h1>"
        f'<div style="color:{ink.ink2};font-size:15px;line-height:22px">{html.escape(subtitle)}</div>'
    )


def sentences(paragraphs: Sequence) -> None:
    """Write paragraphs (head, text), each opening bold."""
    for paragraph in paragraphs:
        st.markdown(f"**{labels.markdown_text(paragraph.head)}** {labels.markdown_text(paragraph.text)}")


def finding(said, query: dict) -> None:
    """Show one finding: its number, its sentence, and the way to the page that shows it."""
    number, sentence, way = st.columns([0.17, 0.66, 0.17], vertical_alignment="center")
    number.markdown(f"## {labels.markdown_text(said.number)}")
    sentence.markdown(labels.markdown_text(said.sentence))
    way.page_link(f"pages/{said.page}.py", label="See it", icon=":material/arrow_forward:", query_params=query)


def selection_or_stop(view: controls.View) -> Selection:
    """Return what is looked at; where there is no data, say what to do and end the page."""
    if view.selection is None:
        there = len(frames.datasets())
        finding = f"None of the {there} datasets here is chosen" if there else "Nothing to show yet: add a log file"
        what = "Choose one under Data." if there else "Tradespace reads the logs of your agent runs."
        title_block("Bring your own logs", finding, what)
        controls.report_stale()
        st.page_link("pages/logs.py", label="Open Logs", icon=":material/upload_file:")
        st.stop()
    return view.selection


def share(files: Callable[[], Sequence[tuple[str, str, bytes, str]]] | None = None) -> None:
    """Draw the share button in the frame: the link, where it opens, and files made when asked for.

    Parameters
    ----------
    files : returns (label, file name, content, media type) for each download
    """
    with st.session_state["_share_slot"], st.popover("Share", type="secondary" if is_dark() else "primary", icon=":material/link:"):
        st.markdown("**Link to this view**")
        address = (st.context.url or "").partition("?")[0]
        st.code(f"{address}?{query_string(link_keys())}", language=None, wrap_lines=True)
        if any(host in address for host in ("//localhost", "//127.", "//[::1]")):
            st.caption(
                "It opens on this machine only."
                + (" For anyone else, send a file; the camera over the figure makes a PNG:" if files else "")
            )
        if files and st.button("Prepare files", key="_prepare"):
            for name, file_name, content, kind in files():
                st.download_button(name, content, file_name, kind, on_click="ignore", key=f"_get_{file_name}")


def query_string(keys: Mapping[str, str | Sequence[str]]) -> str:
    """Return the keys as they stand in a link."""
    from urllib.parse import urlencode

    return urlencode({key: value for key, value in keys.items() if value not in (None, "", [])}, doseq=True)


def link_keys() -> dict[str, str | list[str]]:
    """Return the keys of this view as the URL has them now, with datasets and price book."""
    keys = {key: st.query_params.get_all(key) for key in st.query_params}
    return {**keys, "data": st.session_state.get("data", ""), "book": frames.price_book()}


def filters_in_words() -> dict[str, str]:
    """Return what this view was asked for, for the provenance of an export."""
    keys = {key: value for key, value in link_keys().items() if key not in ("data", "book")}
    return {key: ", ".join(value) if isinstance(value, list) else value for key, value in keys.items()}


def method(*functions: FunctionType) -> None:
    """Show how the numbers are computed: the docstrings of the analysis."""
    with st.expander("How this is computed"):
        for function in functions:
            st.markdown(f"**{function.__module__.partition('.')[2]}.{function.__name__}**")
            st.code(inspect.getdoc(function), language=None, wrap_lines=True)


def comparison(pair, result, names: dict[str, str]) -> None:
    """Show B against A: what differs, with its interval, and how it was compared."""
    a, b = result.by_id(pair.a), result.by_id(pair.b)
    rows = [
        ("Accuracy", notation.points(pair.accuracy_difference), notation.percent(a.accuracy), notation.percent(b.accuracy)),
        ("Cost per task", notation.ratio(pair.cost_ratio), notation.usd(a.cost_usd), notation.usd(b.cost_usd)),
        (
            "Cost per success",
            _ratio_of(a.cost_per_success_usd, b.cost_per_success_usd),
            *map(notation.usd, (a.cost_per_success_usd, b.cost_per_success_usd)),
        ),
        ("Time per task", _ratio_of(a.latency_s, b.latency_s), notation.seconds(a.latency_s), notation.seconds(b.latency_s)),
    ]
    with st.container(border=True):
        st.markdown(
            f":violet[**B**] **{labels.markdown_text(names[pair.b])}** against :blue[**A**] **{labels.markdown_text(names[pair.a])}**"
        )
        for column, (name, against, of_a, of_b) in zip(st.columns(len(rows)), rows, strict=True):
            column.metric(name, against)
            column.caption(labels.markdown_text(f"{of_a} → {of_b}"))
        interval = notation.interval(pair.accuracy_difference_low, pair.accuracy_difference_high, signed=True)
        how = f"paired on {notation.plural(pair.n_tasks, 'task')}: B wins {pair.wins}, loses {pair.losses}, ties {pair.ties}"
        st.caption(labels.markdown_text(f"Difference 95%: {interval} points, {how if pair.is_paired else 'unpaired: published rows'}."))


def _ratio_of(a: float | None, b: float | None) -> str:
    return notation.ratio(b / a if a and b is not None else None)


def monthly_bill(result, names: dict[str, str], volume: int) -> None:
    """Show what a month costs at a volume: of the pinned or best configurations on the frontier."""
    best = result.best_under_limits
    point = result.by_id(best["configuration"]) if best else None
    if point is None or point.cost_usd is None:
        return
    month = monthly(point.cost_usd, volume)
    span = notation.span(*(None if v is None else monthly(v, volume) for v in (point.cost_low, point.cost_high)), write=notation.large_usd)
    st.metric(
        labels.markdown_text(f"A month of {volume:,} tasks a day with {names[point.configuration]}"),
        labels.markdown_text(notation.large_usd(month)),
        help=labels.markdown_text(f"95%: {span}; 30.4375 days of {volume:,} tasks at {notation.usd(point.cost_usd)}."),
    )


def key_line() -> None:
    """Say what the marks of the frontier's figure mean; fill and shade carry it, not hue alone."""
    st.caption(
        ":blue[●] on the frontier (hollow centre: under 95% certain) · :blue[○] not decidable · :gray[●] dominated"
        " · — same model, more effort"
    )


def source_line(view, found, result) -> None:
    """Say where the numbers come from: datasets, tasks, prices, and what is marked."""
    parts = [f"Source: {', '.join(view.names)}"]
    if any(p.cost_source in ("priced", "mixed") for p in result.points):
        parts.append(f"tokens priced by {found.price_book}")
    flagged = sorted({flag for flags in found.flags.values() for flag in flags})
    parts += flagged[:3] + ([f"{len(flagged) - 3} more remarks in the table"] if len(flagged) > 3 else [])
    st.caption(labels.markdown_text("; ".join(parts) + "."))


def about_data(view) -> None:
    """Say in the sidebar what is looked at."""
    if view.selection is not None:
        rows = frames.datasets().set_index("dataset").loc[list(view.selection.datasets)]
        n = notation.plural(int(rows["configurations"].sum()), "configuration")
        st.caption(labels.markdown_text(f"{', '.join(rows['name'])}: {n}, imported {rows['created_at'].max():%d %b %Y}"))


def is_small(found) -> bool:
    """Return whether every attempt can be read without a reader's noticing."""
    return int(found.cells["n_attempts"].sum()) <= 100_000


def data_health(found, result) -> None:
    """Show which share of the evidence is known: scores, costs, times, tasks in common."""
    cells, n = found.cells, max(int(found.cells["n_attempts"].sum()), 1)
    st.markdown("#### Data health")
    for name, column in (("Score known", "n_success"), ("Cost known", "n_cost"), ("Time known", "n_latency"), ("Tokens known", "n_tokens")):
        share = min(int(cells[column].sum()) / n, 1.0)
        st.progress(share, text=f"{name}: {notation.percent(share)}")
    common, total = len(result.coverage.tasks), result.coverage.total
    if total:
        st.progress(common / total, text=f"Tasks compared: {common} of {total}")
    if cells["is_summary"].all():
        st.caption(f"Published rows over {n:,} attempts: no single attempts, so no comparison task by task.")
        return
    errors, limits = int(cells["n_error"].sum()), int(cells["n_limit"].sum() + cells["n_timeout"].sum())
    untold = n - int(min(cells["n_error_known"].sum(), cells["n_limit_known"].sum()))
    st.caption(
        f"{n:,} attempts of {notation.plural(len(found.labels), 'configuration')}; {errors:,} errors and {limits:,} stopped by a limit"
        f" count as failures unless the log scores them{f'; of {untold:,} published ones these are not known' if untold > 0 else ''}."
    )
