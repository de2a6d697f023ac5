"""The hover card of a configuration: at most ten lines, every number as everywhere else, every name inert."""

from analytics import notation
from analytics.frontier import Point
from analytics.wording import WORDS
from pages.shared.labels import plotly_text

TEMPLATE = "%{customdata[1]}<extra></extra>"
"""Constant: a name cannot become part of a template. The first datum is the raw label, which a click hands back and nothing renders."""
MAX_LINES = 10
NAME_WIDTH = 44


def card(point: Point, labels: dict[str, str], objective: str, pin: Point | None = None) -> str:
    """Return the card as Plotly's small HTML.

    Parameters
    ----------
    pin : Point or None
        Pin A, against which the last line compares.
    """
    lines = [f"<b>{_name(point.configuration, labels)}</b>", state_line(point, labels)]
    if notation.is_known(point.accuracy):
        n = f", n = {notation.count(point.n_attempts)}" if point.n_attempts else ""
        interval = f" ({notation.interval(point.accuracy_low, point.accuracy_high)})" if notation.is_known(point.accuracy_low) else ""
        lines.append(f"Accuracy {notation.percent(point.accuracy)}{interval}{n}")
    lines.append(_cost_line(point))
    if notation.is_known(point.cost_per_success_usd):
        bounds = notation.span(point.cost_per_success_low, point.cost_per_success_high)
        interval = f" ({bounds})" if notation.is_known(point.cost_per_success_low) else ""
        lines.append(f"Cost per success {notation.usd(point.cost_per_success_usd)}{interval}")
    if notation.is_known(point.latency_s):
        parts = [f"Time {notation.seconds(point.latency_s)}"]
        for value, name in ((point.latency_p50_s, "median"), (point.latency_p95_s, "p95")):
            if notation.is_known(value):
                parts.append(f"{name} {notation.seconds(value)}")
        lines.append(" · ".join(parts))
    used = [f"{notation.tokens(point.tokens)} tokens"] if notation.is_known(point.tokens) else []
    used += [f"{notation.decimal(point.turns)} turns"] if notation.is_known(point.turns) else []
    if used:
        lines.append(" · ".join(used))
    ended = [f"{notation.count(n)} {what}" for n, what in ((point.n_limit, "stopped by a limit"), (point.n_errors, "errors")) if n]
    if ended:
        lines.append(" · ".join(ended))
    if pin is not None and pin.configuration != point.configuration:
        lines.append(_against(point, pin, objective))
    if point.flags and len(lines) < MAX_LINES:
        lines.append(plotly_text(notation.shorten(point.flags[0], 60)))
    return "<br>".join(line for line in lines if line)


def state_line(point: Point, labels: dict[str, str]) -> str:
    """Say where the configuration stands and how sure that is."""
    if point.excluded is not None:
        return f"Left out: {plotly_text(notation.shorten(point.excluded, 50))}"
    p = plotly_text(notation.probability(point.p_on_frontier))
    sure = f": {'≈ ' if point.is_summary else ''}{p} chance to be on the frontier" if notation.is_known(point.p_on_frontier) else ""
    if point.state == "on":
        return f"On the frontier{sure and ' (' + sure.removeprefix(': ').removesuffix(' to be on the frontier') + ')'}"
    if point.state == "undecided":
        return f"Not decidable{sure}"
    if point.state == "dominated" and point.dominated_by:
        return f"Dominated by {_name(point.dominated_by[0], labels, 32)}"
    return "Dominated" if point.state == "dominated" else ""


def _name(configuration: str, labels: dict[str, str], width: int = NAME_WIDTH) -> str:
    """Return an inert name that fits the card."""
    return plotly_text(notation.shorten(notation.plain(labels.get(configuration, configuration)), width))


def _cost_line(point: Point) -> str:
    """Write the cost with its source, or what is known of it."""
    if not notation.is_known(point.cost_usd):
        return f"Cost per task {notation.at_least(point.cost_at_least)}" if notation.is_known(point.cost_at_least) else "Cost unknown"
    interval = f" ({notation.span(point.cost_low, point.cost_high)})" if notation.is_known(point.cost_low) else ""
    source = {"logged": ", as logged", "priced": ", priced from tokens", "mixed": ", logged and priced"}.get(point.cost_source or "", "")
    return f"Cost per task {notation.usd(point.cost_usd)}{interval}{source}"


def _against(point: Point, pin: Point, objective: str) -> str:
    """Write the distance to pin A."""
    if not (notation.is_known(point.accuracy) and notation.is_known(pin.accuracy)):
        return ""
    text = f"Against A: {notation.points(point.accuracy - pin.accuracy)}"
    if notation.is_known(point.x) and notation.is_known(pin.x) and pin.x > 0:
        text += f" at {notation.ratio(point.x / pin.x)} the {WORDS[objective].noun}"
    return text
