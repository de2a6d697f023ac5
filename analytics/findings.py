"""What the data says, in sentences: the overview's findings, and the door to the frontier's title and read-out.

All sentences are made from the same `Point` values as the figure and written by `notation`, so words and picture cannot disagree. They
are plain text, in which names are still a stranger's words: a page escapes them as it shows them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics import notation
from analytics.anatomy import Anatomy
from analytics.frontier import Frontier, Point
from analytics.points import Located
from analytics.reading import Paragraph, frontier_reading
from analytics.returns import Returns
from analytics.titles import frontier_alt, frontier_subtitle, frontier_title, headline_pair
from analytics.wording import WORDS, Compare, Labels, difference, fitting, limit_text, ranked, winner

__all__ = [
    "Finding",
    "Paragraph",
    "finding_of_failures",
    "finding_of_stop",
    "frontier_alt",
    "frontier_reading",
    "frontier_subtitle",
    "frontier_title",
    "headline_pair",
    "overview_findings",
]


@dataclass(frozen=True)
class Finding:
    """One sentence of the overview, its number, and the page (with its controls) that shows it."""

    sentence: str
    number: str
    page: str
    query: dict[str, str | list[str]] = field(default_factory=dict)


def overview_findings(
    frontier: Frontier,
    labels: Labels,
    *,
    compare: Compare | None = None,
    max_cost: float | None = None,
    max_latency: float | None = None,
    deeper: Sequence[Finding | None] = (),
) -> list[Finding]:
    """Return up to five findings that the data supports, the most useful first; an empty list where it supports none.

    `deeper` are those below the frontier (`finding_of_stop`, `finding_of_failures`): they stand after who leads and who comes close.
    """
    points = ranked(frontier)
    within = fitting(points, max_cost, max_latency)
    limits: dict[str, str | list[str]] = {}
    if max_cost is not None:
        limits["max_cost"] = f"{max_cost:g}"
    if max_latency is not None:
        limits["max_latency"] = f"{max_latency:g}"
    found: list[Finding | None] = []
    if within:
        best = winner(frontier, within)
        found.append(_finding_leader(frontier, best, labels, limit_text(max_cost, max_latency) if limits else "", limits))
        found.append(_finding_alternative(frontier, best, within, labels, compare))
    found += deeper
    if len(points) > 1:
        found.append(_finding_members(frontier, points))
    found.append(_finding_unknown(frontier))
    found.append(_finding_stopped(frontier, labels))
    return [finding for finding in found if finding is not None][:5]


def finding_of_stop(ladders: Sequence[Returns], word: str) -> Finding | None:
    """Return where the longest ladder that goes on past its stop stops gaining; None: no ladder does.

    Parameters
    ----------
    ladders : sequence of Returns
        Over one knob.
    word : str
        The knob as the control of the page Returns writes it.
    """
    past = [r for r in ladders if r.stop_index is not None and 0 < r.stop_index < len(r.points) - 1 and not r.is_bound]
    if not past:
        return None
    ladder = max(past, key=lambda r: (len(r.points), r.series))
    stop, last = ladder.points[ladder.stop_index or 0], ladder.points[-1]
    if not (notation.is_known(stop.accuracy) and notation.is_known(last.accuracy)):
        return None
    query: dict[str, str | list[str]] = {"knob": word, "series": ladder.series}
    sentence = f"{ladder.series} stops gaining at {stop.name} ({notation.percent(stop.accuracy)}): {last.name}"
    gain = notation.points(last.accuracy - stop.accuracy, unit="points")
    if stop.cost_usd and last.cost_usd:
        ratio = last.cost_usd / stop.cost_usd
        return Finding(f"{sentence} costs {notation.times(ratio)} times as much for {gain}.", notation.ratio(ratio), "returns", query)
    return Finding(f"{sentence} differs by {gain}, not certainly more.", stop.name, "returns", query)


def finding_of_failures(whole: Anatomy) -> Finding | None:
    """Return what the attempts that failed took of the money; None where no cost is known, or nothing failed."""
    share = whole.cost_on_failures
    if not notation.is_known(share) or share <= 0:
        return None
    sentence = f"{notation.percent(share)} of the money went into attempts that failed"
    if whole.unresolved_over_resolved_cost:
        sentence += f"; a failure costs {notation.times(whole.unresolved_over_resolved_cost)} times a success"
    return Finding(f"{sentence}.", notation.percent(share, 0), "anatomy", {"see": "Money"})


def _finding_leader(frontier: Frontier, best: Located, labels: Labels, limit: str, query: dict) -> Finding:
    """Name the one to run."""
    objective, words = frontier.objectives[1], WORDS[frontier.objectives[1]]
    value = f"for {notation.measure(objective, best.x)}{words.each}"
    interval = f" ({notation.interval(best.accuracy_low, best.accuracy_high)})" if notation.is_known(best.accuracy_low) else ""
    role = f"is the one to run within {limit}" if limit else "is the most accurate"
    sentence = f"{labels[best.configuration]} {role}: {notation.percent(best.accuracy)}{interval} {value}."
    return Finding(sentence, notation.percent(best.accuracy), "frontier", query)


def _finding_alternative(
    frontier: Frontier, best: Located, within: list[Located], labels: Labels, compare: Compare | None
) -> Finding | None:
    """Name the cheapest configuration that cannot be told apart from the leader, if it saves something worth a sentence."""
    words = WORDS[frontier.objectives[1]]
    for p in sorted((p for p in within if 0 < p.x < best.x / 1.1), key=lambda p: (p.x, -p.accuracy)):
        gap = difference(best, p, compare)
        if gap is not None and not gap.is_decided:
            times = best.x / p.x
            sentence = f"{labels[p.configuration]} cannot be told apart from {labels[best.configuration]} ({gap.text()}) and "
            sentence += f"{words.less.format(notation.times(times))}."
            return Finding(sentence, notation.ratio(times), "frontier", {"pin": [labels[best.configuration], labels[p.configuration]]})
    return None


def _finding_members(frontier: Frontier, points: list[Located]) -> Finding:
    """Count the three states."""
    states = Counter(p.state for p in points)
    n_on = sum(p.on_frontier for p in points)
    rest = [f"{states[state]} {word}" for state, word in (("undecided", "not decidable"), ("dominated", "dominated")) if states[state]]
    sentence = f"{n_on} of {len(points)} configurations {'is' if n_on == 1 else 'are'} on the frontier"
    return Finding(f"{sentence}{': the rest are ' + notation.join(rest) if rest else ''}.", f"{n_on} of {len(points)}", "frontier")


def _finding_unknown(frontier: Frontier) -> Finding | None:
    """Count the configurations that have a score and no known value of the second objective."""
    scored = [p for p in frontier.points if notation.is_known(p.accuracy)]
    unknown = [p for p in scored if not notation.is_known(p.x)]
    if not unknown:
        return None
    noun = WORDS[frontier.objectives[1]].noun.capitalize()
    amount = f"{len(unknown)} of {notation.plural(len(scored), 'configuration')}"
    sentence = f"{noun} is unknown for {amount}; unknown is not zero, so they enter no ranking."
    return Finding(sentence, notation.percent(len(unknown) / len(scored), 0), "frontier")


def _finding_stopped(frontier: Frontier, labels: Labels) -> Finding | None:
    """Name the configuration that limits or errors cost most, from 5% of its attempts on."""

    def share(p: Point) -> float:
        return ((p.n_limit or 0) + (p.n_errors or 0)) / p.n_attempts if p.n_attempts else 0.0

    worst = max(frontier.points, key=lambda p: (share(p), p.configuration), default=None)
    if worst is None or share(worst) < 0.05:
        return None
    causes = [
        f"{notation.percent(n / worst.n_attempts, 0)} {what}"
        for n, what in ((worst.n_limit, "stopped by a limit"), (worst.n_errors, "in errors"))
        if n
    ]
    sentence = f"{labels[worst.configuration]} ended {notation.join(causes)} of its {notation.plural(worst.n_attempts, 'attempt')}."
    if worst.n_limit and notation.is_known(worst.accuracy_if_limits_had_succeeded):
        bound = notation.percent(worst.accuracy_if_limits_had_succeeded)
        sentence = sentence[:-1] + f"; without limits its {notation.percent(worst.accuracy)} could be at most {bound}."
    return Finding(sentence, notation.percent(share(worst), 0), "frontier", {"pin": [labels[worst.configuration]]})
