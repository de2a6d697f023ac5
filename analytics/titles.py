"""A figure's title, subtitle and alternative text, made from the same points as the figure."""

import re

from analytics import notation
from analytics.frontier import Frontier
from analytics.points import Located, is_scored
from analytics.wording import WORDS, Compare, Labels, Words, difference, fitting, limit_text, ranked, winner

MAX_TITLE = 80
"""Characters of a title, so that it stays on one line of the page."""
MAX_WRAPPED = 120
"""Two lines of a page, one and a half of a phone: better than a name cut to pieces."""
_STAMP = re.compile(r"[-@]20\d\d-?\d\d-?\d\d$")
"""Date at the end of a model's name."""


def headline_pair(frontier: Frontier, *, max_cost: float | None = None, max_latency: float | None = None) -> tuple[Located, Located] | None:
    """Return the two configurations that the title is about: what the limits or the knee choose, and the most accurate; else None."""
    points = ranked(frontier)
    on = [p for p in points if p.on_frontier]
    if not on:
        return None
    top = max(on, key=lambda p: (p.accuracy, -p.x))
    if max_cost is None and max_latency is None:
        knees = [p for p in on if p.is_knee]
        anchor = knees[0] if knees and knees[0].accuracy < top.accuracy else _cheapest_step(on)
    else:
        within = fitting(points, max_cost, max_latency)
        if not within:
            return None
        anchor = winner(frontier, within)
    return (anchor, top) if anchor.configuration != top.configuration else None


def frontier_title(
    frontier: Frontier,
    labels: Labels,
    *,
    compare: Compare | None = None,
    max_cost: float | None = None,
    max_latency: float | None = None,
) -> str:
    """Return the finding as one sentence of at most 80 characters."""
    points = ranked(frontier)
    if not points:
        return _title_without_ranking(frontier, labels)
    if all(p.accuracy == 0 for p in points):
        return f"Nothing was solved by any of {notation.plural(len(points), 'configuration')}"
    limited = max_cost is not None or max_latency is not None
    within = fitting(points, max_cost, max_latency)
    if not within:
        return _title_none_fits(frontier, points, labels, max_cost, max_latency)
    words, objective = WORDS[frontier.objectives[1]], frontier.objectives[1]
    pair = headline_pair(frontier, max_cost=max_cost, max_latency=max_latency)
    limit_is_off_axis = limited and (max_cost is None) != (objective != "cost_usd")
    if pair is None or limit_is_off_axis:
        best = pair[0] if pair else winner(frontier, within)
        return _title_of_one(frontier, best, labels, limit_text(max_cost, max_latency) if limited else "")
    a, b = pair
    gap = difference(a, b, compare)
    if gap is None:
        return f"{notation.plural(_n_tasks(points), 'task')} are too few to tell {len(points)} configurations apart"
    times = b.x / a.x if a.x > 0 else None
    if not gap.is_decided:
        return _title_of_equals(labels[a.configuration], labels[b.configuration], times, words)
    amount = f"{notation.measure(objective, a.x)}{words.each} {words.gets} you {notation.percent(a.accuracy, 0)}"
    more = _whole_points(gap.estimate)
    return f"{amount}; {more} more {'takes' if more == '1 point' else 'take'} {_multiple(times, words)}"


def frontier_subtitle(frontier: Frontier, *, benchmark: str | None = None) -> str:
    """Say what is measured, over how many tasks, and what the bars mean."""
    points = ranked(frontier) or list(frontier.points)
    sizes = sorted({p.n_tasks or p.n_attempts for p in points} - {0})
    amount = (
        "the" if not sizes else notation.count(sizes[0]) if len(sizes) == 1 else f"{notation.count(sizes[0])}–{notation.count(sizes[-1])}"
    )
    tasks = f"{amount} {notation.plain(benchmark)} tasks" if benchmark else f"{amount} tasks"
    measured = f"Mean score on {tasks}" if frontier.is_fractional else f"Share of {tasks} solved"
    against = {
        "cost_usd": "the mean cost of one attempt",
        "cost_per_success_usd": "the cost of one success, failures included",
        "latency_s": "the mean time of one attempt",
        "latency_p50_s": "the median time of one attempt",
        "latency_p95_s": "the time that 95% of attempts stay under",
        "tokens": "the mean tokens of one attempt",
        "turns": "the mean turns of one attempt",
    }[frontier.objectives[1]]
    third = f", nondominated also in {WORDS[frontier.objectives[2]].noun}" if len(frontier.objectives) > 2 else ""
    weights = " Every task weighs the same." if frontier.weights == "task" else ""
    bars = ""
    if any(notation.is_known(p.accuracy_low) for p in points):
        bars = f" Thin bars: 95% {'bootstrap' if frontier.is_fractional else 'Wilson'} interval."
    return f"{measured}, against {against}{third}.{weights}{bars}"


def frontier_alt(
    frontier: Frontier, labels: Labels, *, compare: Compare | None = None, max_cost: float | None = None, max_latency: float | None = None
) -> str:
    """Return the figure in words, for a reader who does not see it: the finding, the members of the frontier, what is left out."""
    points = ranked(frontier)
    objective = frontier.objectives[1]
    title = frontier_title(frontier, labels, compare=compare, max_cost=max_cost, max_latency=max_latency)
    on = sorted((p for p in points if p.on_frontier), key=lambda p: (p.x, p.configuration))
    shown = [f"{labels[p.configuration]} {notation.percent(p.accuracy)} at {notation.measure(objective, p.x)}" for p in on[:12]]
    if len(on) > len(shown):
        shown.append(f"{len(on) - len(shown)} more")
    members = f" On the frontier, {WORDS[objective].lowest} first: {'; '.join(shown)}." if shown else ""
    n_out = len(frontier.points) - len(points)
    out = f" {notation.plural(n_out, 'configuration')} left out." if n_out else ""
    return f"{title}. Accuracy against {WORDS[objective].noun} for {notation.plural(len(points), 'configuration')}.{members}{out}"


def _title_without_ranking(frontier: Frontier, labels: Labels) -> str:
    """Say why there is no frontier."""
    scored = [p for p in frontier.points if is_scored(p)]
    n = len(frontier.points)
    if not n:
        return "No configurations to compare yet"
    if not scored:
        return f"No score is known for {'the one configuration' if n == 1 else f'any of {n} configurations'}"
    best = max(scored, key=lambda p: (p.accuracy, p.configuration))
    noun = WORDS[frontier.objectives[1]].noun.capitalize()
    if all(not notation.is_known(p.x) for p in scored):
        if n == 1:
            return _fit(f"{noun} is unknown for {{0}}, which reaches {notation.percent(best.accuracy)}", [labels[best.configuration]])
        lead = f"{noun} is unknown for all {n} configurations"
        return _fit(lead + f"; the most accurate is {{0}} ({notation.percent(best.accuracy)})", [labels[best.configuration]])
    return f"None of {n} configurations can be ranked; the reasons stand below"


def _title_none_fits(frontier: Frontier, points: list[Located], labels: Labels, max_cost: float | None, max_latency: float | None) -> str:
    """Name the point that misses the limits by the smallest factor."""
    nearest = next((p for p in points if p.configuration == frontier.nearest_feasible), None)
    if nearest is None:
        missing = "cost" if not any(notation.is_known(p.cost_usd) for p in points) else "time"
        return f"No configuration is known to meet {limit_text(max_cost, max_latency)}; {missing} is unknown for most"
    values = [notation.usd(nearest.cost_usd)] if max_cost is not None else []
    values += [notation.seconds(nearest.latency_s)] if max_latency is not None else []
    template = f"No configuration meets {limit_text(max_cost, max_latency)}; the nearest is {{0}} at {notation.join(values)}"
    return _fit(template, [labels[nearest.configuration]])


def _title_of_one(frontier: Frontier, best: Located, labels: Labels, limit: str) -> str:
    """Make the title where one configuration is the answer: alone, in front on all objectives, or chosen by limits."""
    words = WORDS[frontier.objectives[1]]
    value = f"{notation.percent(best.accuracy)} for {notation.measure(frontier.objectives[1], best.x)}{words.each}"
    points = ranked(frontier)
    n_undecided = sum(p.state == "undecided" for p in points)
    if limit:
        template = f"{{0}} leads within {limit}: {value}"
    elif len(points) == 1:
        rest = len(frontier.points) - 1
        others = notation.plural(rest, "other")
        if not rest:
            why = "there is nothing to compare it with yet"
        elif any(notation.is_known(p.x) for p in frontier.excluded):
            why = f"{others} cannot be ranked"
        else:
            why = f"of {others} the {words.noun} is unknown"
        template = f"{{0}} reaches {value}; {why}"
    elif n_undecided:
        template = f"{{0}} leads: {value}; {n_undecided} more {'is' if n_undecided == 1 else 'are'} not decidable"
    else:
        among = f" of {len(points)} with a known {words.noun}" if len(points) < len(frontier.points) else ""
        template = f"{{0}} is the most accurate and the {words.lowest}{among}: {value}"
    return _fit(template, [labels[best.configuration]])


def _title_of_equals(a: str, b: str, times: float | None, words: Words) -> str:
    """Make the title where the accuracy of two configurations cannot be told apart: the first form that holds both names whole."""
    if times is None:
        return _fit(f"{{0}} and {{1}} cannot be told apart; the first has no {words.noun} at all", [a, b])
    if times < 1.05:
        return _fit(f"{{0}} and {{1}} cannot be told apart, and their {words.noun} is the same", [a, b])
    less = words.less.format(notation.times(times))
    forms = [
        f"{{0}} and {{1}} cannot be told apart; {{0}} {less}",
        f"{{0}} cannot be told apart from {{1}} and {less}",
        f"{{0}} cannot be told apart from {{1}} at {notation.significant(100 / times)}% of its {words.noun}",
    ]
    whole = (form for form in forms if len(form.format(notation.plain(a), notation.plain(b))) <= MAX_TITLE)
    return _fit(next(whole, forms[-1]), [a, b])


def _fit(template: str, names: list[str]) -> str:
    """Fill the names in: whole if the title stays on one line, else without date stamps, and cut in the middle only past two lines."""
    names = [notation.plain(name) for name in names]
    unstamped = [_STAMP.sub("", name) for name in names]
    unstamped = unstamped if len(set(unstamped)) == len(set(names)) else names
    for chosen, most in ((names, MAX_TITLE), (unstamped, MAX_TITLE), (unstamped, MAX_WRAPPED)):
        text = template.format(*chosen)
        if len(text) <= most:
            return text
    for width in range(max(map(len, unstamped), default=0), 5, -1):
        text = template.format(*(notation.shorten(name, width) for name in unstamped))
        if len(text) <= MAX_WRAPPED:
            return text
    return template.format(*(notation.shorten(name, 6) for name in unstamped))


def _whole_points(fraction: float) -> str:
    """Write how many points more: whole from 1."""
    text = notation.fixed(fraction * 100, 0 if fraction * 100 >= 0.95 else 1)
    return f"{text} point{'' if text == '1' else 's'}"


def _multiple(times: float | None, words: Words) -> str:
    """Write how much more is asked: `22 times the money`, or a percentage where it is little."""
    if times is None:
        return f"some, from no {words.noun} at all"
    if times < 1.1:
        return f"{notation.percent(times - 1, 0)} more {words.more.removeprefix('the ')}"
    return f"{notation.fixed(times, 0) if times >= 9.95 else notation.times(times)} times {words.more}"


def _cheapest_step(on: list[Located]) -> Located:
    """Return the member with the lowest x, the more accurate of equals."""
    return min(on, key=lambda p: (p.x, -p.accuracy, p.configuration))


def _n_tasks(points: list[Located]) -> int:
    """Return the largest number of tasks behind a point; of attempts behind a published row."""
    return max(p.n_tasks or p.n_attempts for p in points)
