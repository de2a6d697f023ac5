"""The read-out beside the frontier: short paragraphs, each with a number, its interval and what follows from it."""

from collections import Counter
from dataclasses import dataclass

from analytics import notation
from analytics.frontier import Frontier, Pair
from analytics.points import Located
from analytics.wording import WORDS, Compare, Labels, Words, difference, fitting, limit_text, ranked, winner


@dataclass(frozen=True)
class Paragraph:
    """A short paragraph of the read-out: it opens with its head, in bold."""

    head: str
    text: str


def frontier_reading(
    frontier: Frontier,
    labels: Labels,
    *,
    pair: Pair | None = None,
    compare: Compare | None = None,
    max_cost: float | None = None,
    max_latency: float | None = None,
) -> list[Paragraph]:
    """Return the read-out: who leads, the pinned pair, the knee, what is not decidable, what was left out, and which tasks count."""
    points = ranked(frontier)
    parts: list[Paragraph | None] = []
    if points:
        parts.append(_leader(frontier, labels, points, compare, max_cost, max_latency))
        parts.append(_pinned(frontier, labels, pair))
        parts.append(_knee(frontier, labels))
        parts.append(_undecided(points, labels))
    parts.append(_left_out(frontier, labels))
    parts.append(_tasks(frontier))
    return [part for part in parts if part is not None]


def _leader(
    frontier: Frontier,
    labels: Labels,
    points: list[Located],
    compare: Compare | None,
    max_cost: float | None,
    max_latency: float | None,
) -> Paragraph:
    """Say who is the most accurate within the limits, how sure that is, and who comes next."""
    words, objective = WORDS[frontier.objectives[1]], frontier.objectives[1]
    limited = max_cost is not None or max_latency is not None
    within = fitting(points, max_cost, max_latency)
    if not within:
        return Paragraph(f"Within {limit_text(max_cost, max_latency)}", _nothing_fits(frontier, labels, max_cost, max_latency))
    best = winner(frontier, within)
    interval = f" ({notation.interval(best.accuracy_low, best.accuracy_high)})" if notation.is_known(best.accuracy_low) else ""
    text = f"{labels[best.configuration]}{' leads:' if limited else ','} {notation.percent(best.accuracy)}{interval} for "
    text += f"{notation.measure(objective, best.x)}{words.each}."
    chosen = frontier.best_under_limits
    if chosen and notation.is_known(chosen["p_best"]) and best.configuration == chosen["configuration"] and len(within) > 1:
        whom = f"the {len(within)} that fit" if limited else f"{len(within)}"
        text += f" Best of {whom} with {notation.probability(chosen['p_best'])} probability."
    if best.accuracy == 0:
        return Paragraph("Nothing was solved", f"by any of {notation.plural(len(within), 'configuration')}: there is no best among them.")
    others = [p for p in within if p.configuration != best.configuration]
    if others:
        text += " " + _against(best, max(others, key=lambda p: (p.accuracy, -p.x)), labels, words, compare)
    return Paragraph(f"Within {limit_text(max_cost, max_latency)}," if limited else "Most accurate:", text)


def _nothing_fits(frontier: Frontier, labels: Labels, max_cost: float | None, max_latency: float | None) -> str:
    """Say that no configuration meets the limits, and by what factor the nearest one misses them."""
    nearest = next((p for p in frontier.points if p.configuration == frontier.nearest_feasible), None)
    if nearest is None:
        return "no configuration is known to fit."
    values = ((nearest.cost_usd, max_cost), (nearest.latency_s, max_latency))
    shares = [value / limit for value, limit in values if limit and notation.is_known(value)]
    by = f", {notation.times(max(shares))} times the limit" if shares else ""
    return f"nothing fits. The nearest is {labels[nearest.configuration]}{by}, with {notation.percent(nearest.accuracy)}."


def _against(best: Located, other: Located, labels: Labels, words: Words, compare: Compare | None) -> str:
    """Say how the runner-up stands against the leader."""
    gap = difference(best, other, compare)
    name = labels[other.configuration]
    if gap is None:
        return f"{name} comes next with {notation.percent(other.accuracy)}; there are too few tasks for an interval."
    how = _relative(best.x, other.x, words)
    if not gap.is_decided:
        return f"{name} {how} and cannot be told apart ({gap.text()})."
    return f"{name} comes next ({gap.text()}) and {how}."


def _relative(base: float, other: float, words: Words) -> str:
    """Say how `other` compares with `base` as a clause."""
    if base <= 0 or other <= 0:
        return f"has {'no' if other <= 0 else 'some'} {words.noun}"
    if max(base, other) / min(base, other) < 1.05:
        return f"has the same {words.noun}"
    return words.as_much.format(notation.times(other / base)) if other > base else words.less.format(notation.times(base / other))


def _pinned(frontier: Frontier, labels: Labels, pair: Pair | None) -> Paragraph | None:
    """Say how B stands against A."""
    if pair is None or not notation.is_known(pair.accuracy_difference):
        return None
    head = f"{labels[pair.b]} against {labels[pair.a]}."
    gap = f"{notation.points(pair.accuracy_difference, unit='points')}"
    known = notation.is_known(pair.accuracy_difference_low) and notation.is_known(pair.accuracy_difference_high)
    if known:
        gap += f" ({notation.interval(pair.accuracy_difference_low, pair.accuracy_difference_high, signed=True)})"
    text = gap
    if notation.is_known(pair.cost_ratio):
        text += f" at {notation.times(pair.cost_ratio)} times the cost"
    if known and pair.accuracy_difference_low <= 0 <= pair.accuracy_difference_high:
        text += ": not decidable"
    text += "."
    if pair.is_paired and pair.n_tasks is not None:
        text += f" Paired on {notation.plural(pair.n_tasks, 'task')}: better on {pair.wins}, worse on {pair.losses}."
    else:
        text += " Unpaired: there are no tasks to compare one by one."
    return Paragraph(head, text)


def _knee(frontier: Frontier, labels: Labels) -> Paragraph | None:
    """Say what a point more costs on the step before the knee and on the step after it."""
    objective = frontier.objectives[1]
    on = sorted((p for p in ranked(frontier) if p.on_frontier), key=lambda p: (p.x, -p.accuracy))
    place = next((i for i, p in enumerate(on) if p.is_knee), None)
    if place is None or place in (0, len(on) - 1):
        return None
    before, knee, after = on[place - 1 : place + 2]
    if not before.accuracy < knee.accuracy < after.accuracy:
        return None
    prices = [(q.x - p.x) / (100 * (q.accuracy - p.accuracy)) for p, q in ((before, knee), (knee, after))]
    up, on_from = (notation.measure(objective, price) for price in prices)
    unit = {"tokens": " tokens", "turns": " turns"}.get(objective, "")
    names = (labels[p.configuration] for p in (knee, before, after))
    knee_name, before_name, after_name = names
    text = f"The step up to it from {before_name} takes {up}{unit} a task for each point; the next one, to {after_name}, {on_from}{unit}."
    return Paragraph(f"Knee at {knee_name}.", text)


def _undecided(points: list[Located], labels: Labels) -> Paragraph | None:
    """Say which configurations may yet be on the frontier, and how many tasks would decide the closest of them."""
    open_ones = sorted((p for p in points if p.state == "undecided"), key=lambda p: (-(p.p_on_frontier or 0), -p.accuracy))
    if not open_ones:
        unsure = [p for p in points if p.on_frontier and notation.is_known(p.p_on_frontier) and p.p_on_frontier < 0.95]
        if not unsure:
            return None
        least = min(unsure, key=lambda p: p.p_on_frontier)
        text = f"{labels[least.configuration]} is on the frontier with {notation.probability(least.p_on_frontier)} probability."
        return Paragraph("Not certain.", text)
    first = open_ones[0]
    head = f"{labels[first.configuration]} is not decidable." if len(open_ones) == 1 else f"{len(open_ones)} are not decidable."
    name = "It" if len(open_ones) == 1 else labels[first.configuration]
    if notation.is_known(first.p_on_frontier):
        text = f"{name} is on the frontier with {notation.probability(first.p_on_frontier)} probability."
    else:
        text = "There are too few tasks to say with what probability they are on the frontier."
    decidable = [(p.tasks_to_decide, p) for p in open_ones if p.tasks_to_decide is not None]
    if decidable:
        n_more, easiest = min(decidable, key=lambda each: each[0])
        rival = f" against {labels[easiest.dominated_by[0]]}" if easiest.dominated_by else ""
        text += f" About {notation.plural(n_more, 'more task')} would decide {labels[easiest.configuration]}{rival}."
    return Paragraph(head, text)


def _left_out(frontier: Frontier, labels: Labels) -> Paragraph | None:
    """Count what takes no part in the ranking, by reason."""
    out = [p.excluded for p in frontier.points if p.excluded is not None]
    if not out:
        return None
    reasons = Counter(map(_kind_of, out))
    parts = [reason if n == len(out) else f"{reason} ({n})" for reason, n in sorted(reasons.items(), key=lambda r: (-r[1], r[0]))]
    text = f"{len(out)} of {len(frontier.points)}: {'; '.join(parts)}. They enter no ranking."
    ranked_best = max((p.accuracy for p in frontier.points if p.excluded is None and p.accuracy is not None), default=None)
    better = [p for p in frontier.excluded if p.accuracy is not None and ranked_best is not None and p.accuracy > ranked_best]
    if better:
        top = max(better, key=lambda p: (p.accuracy or 0.0, p.configuration))
        how_many = f"{len(better)} of them {'is' if len(better) == 1 else 'are'}"
        text += f" {how_many} more accurate than all that are ranked: {labels[top.configuration]} reaches {notation.percent(top.accuracy)}."
    return Paragraph("Left out.", text)


def _kind_of(reason: str) -> str:
    """Return the reason without its own numbers, so that like ones are counted together."""
    if reason.startswith("covers "):
        return "covers too few tasks"
    head, known, _ = reason.partition(" known for ")
    return f"{head} known in part only" if known else reason


def _tasks(frontier: Frontier) -> Paragraph | None:
    """Say over which tasks the numbers run, where that is not all of them."""
    covered = frontier.coverage
    n, total = len(covered.tasks), covered.total
    if covered.mode == "common" and 0 < n < total:
        text = f"All numbers are over the {notation.count(n)} of {notation.count(total)} tasks that every configuration here attempted."
        return Paragraph("Common tasks.", f"{text} Set Tasks to “all” to use each one's own.")
    sizes = {p.n_tasks for p in frontier.points if p.n_tasks}
    if covered.mode == "all" and len(sizes) > 1:
        text = f"Configurations attempted between {min(sizes)} and {max(sizes)} tasks, so numbers are not on the same ones."
        return Paragraph("All tasks.", f"{text} Set Tasks to “common” to compare like with like.")
    return None
