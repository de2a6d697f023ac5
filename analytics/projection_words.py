"""The words of a projection: what the settings do to the bill and to accuracy, and what is not known."""

from collections import Counter
from collections.abc import Mapping

from analytics import notation
from analytics.break_even import OwnAgainstApi
from analytics.break_even_words import amount, own_paragraph
from analytics.power import FleetPower
from analytics.power_words import power_paragraph
from analytics.projection import Projected, Projection, Way
from analytics.reading import Paragraph

Labels = Mapping[str, str]

MAX_TITLE = 80
_SAME_BILL = 0.005
_SAME_ACCURACY = 0.0005
_CENT = 0.01
_TOO_LARGE = 100
"""A bill so many times as large is said without the ratio."""
_SETTINGS = {
    "cap": "turn cap",
    "budget_usd": "budget per task",
    "reflections": "reflection rounds",
    "samples": "samples",
    "cache_hit": "cache hits",
    "batch_share": "batch discount",
}


def title(projection: Projection, labels: Labels) -> str:
    """Return the finding as one sentence of at most 80 characters."""
    if projection.nearest is not None:
        return _title_of_limits(projection, labels)
    if projection.chosen is None:
        n = len(projection.now)
        if not n:
            return "No configurations to project yet"
        return f"Cost or accuracy is unknown for {'the only configuration' if n == 1 else f'all {n} configurations'}"
    now, logged = projection.by_id(projection.chosen), projection.logged_by_id(projection.chosen)
    volume = projection.position["volume"]
    if now.usd_per_month is None or logged.usd_per_month is None:
        return (
            "The bill is unknown under these settings; the reason stands below" if projection.changed else "The bill is unknown as logged"
        )
    if not projection.changed:
        return f"As logged, {amount(volume)} tasks a day cost {notation.large_usd(now.usd_per_month)} a month"
    forms = [f"These settings {bill}{_accuracy(now, logged)}" for bill in _bill(now.usd_per_month, logged.usd_per_month)]
    return next((text for text in forms if len(text) <= MAX_TITLE), forms[-1])


def subtitle(projection: Projection, *, benchmark: str | None = None) -> str:
    """Say what is shown, and what hollow and filled marks are."""
    n = notation.plural(len(projection.now), "configuration")
    where = f" on {notation.plain(benchmark)}" if benchmark else ""
    if not projection.changed:
        return f"{n}{where}, as logged. Move a slider: hollow marks stay where they were, filled ones go where the settings take them."
    moved = notation.join([_SETTINGS[key] for key in projection.changed])
    return f"{n}{where}, replayed from their logs with another {moved}. Hollow: as logged. Filled: as the sliders stand."


def alt(projection: Projection, labels: Labels) -> str:
    """Return the figure in words, for a reader who does not see it."""
    shown = []
    for name in projection.on_frontier[:12]:
        each = projection.by_id(name)
        shown.append(f"{labels[name]} {notation.percent(each.accuracy)} at {notation.usd(each.cost_usd)}")
    if len(projection.on_frontier) > len(shown):
        shown.append(f"{len(projection.on_frontier) - len(shown)} more")
    members = f" On the frontier now, cheapest first: {'; '.join(shown)}." if shown else ""
    n_unknown = sum(each.cost_usd is None or each.accuracy is None for each in projection.now)
    unknown = f" {notation.plural(n_unknown, 'configuration')} without a known place." if n_unknown else ""
    return f"{title(projection, labels)}. Accuracy against cost per task, now and as logged.{members}{unknown}"


def reading(
    projection: Projection,
    labels: Labels,
    *,
    way: Way | None = None,
    asked_usd: float | None = None,
    own: OwnAgainstApi | None = None,
    power: FleetPower | None = None,
) -> list[Paragraph]:
    """Return the read-out: the chosen configuration, its month, who leads now, the way to a bill, own GPUs, and what is not known.

    `way` answers `asked_usd` a month; `own` and `power` are those of the chosen configuration.
    """
    parts: list[Paragraph | None] = []
    if projection.nearest is not None:
        parts.append(Paragraph("Nothing is within the limits.", f"{_nearest(projection, labels, notation.usd)[0]}."))
    if projection.chosen is not None:
        parts += [_chosen(projection, labels), _month(projection)]
    parts.append(_frontier(projection, labels))
    if way is not None and asked_usd is not None:
        parts.append(way_to(way, asked_usd, projection, labels))
    if own is not None:
        parts.append(own_paragraph(own, None if projection.chosen is None else projection.by_id(projection.chosen).reasons.get("own")))
    if power is not None and projection.chosen is not None:
        now = projection.by_id(projection.chosen)
        parts.append(power_paragraph(power, now.kwh_per_month, now.co2e_kg_per_month))
    parts += [_bound(projection), _unknown(projection)]
    return [part for part in parts if part is not None]


def way_to(way: Way, usd_per_month: float, projection: Projection, labels: Labels) -> Paragraph:
    """Say how a monthly bill is met with the least accuracy lost."""
    name = projection.now[way.place].configuration
    head = f"To meet {notation.large_usd(usd_per_month)} a month,"
    cuts = [
        f"{notation.count(way.position['cap'])} turns at most" if way.position["cap"] < projection.position["cap"] else "",
        f"{notation.usd(way.position['budget_usd'])} a task at most"
        if way.position["budget_usd"] < projection.position["budget_usd"]
        else "",
        f"{notation.plural(int(way.position['reflections']), 'reflection round')}"
        if way.position["reflections"] < projection.position["reflections"]
        else "",
    ]
    cut = notation.join([each for each in cuts if each] or ["nothing cut"])
    reached = f"{labels[name]} with {cut} reaches {notation.percent(way.accuracy)} for {notation.usd(way.usd_per_month)}"
    if not way.is_met:
        return Paragraph(head, f"nothing is cheap enough: the nearest is {reached}.")
    base = None if projection.chosen is None else projection.logged_by_id(projection.chosen)
    if base is None or base.accuracy is None:
        return Paragraph(head, f"{reached}.")
    against = f"{notation.points(way.accuracy - base.accuracy, unit='points')} against {labels[base.configuration]} as logged"
    return Paragraph(head, f"least is lost if {reached} ({against}).")


def _bill(now: float, logged: float) -> tuple[str, str]:
    """Say what becomes of the bill, and the same without the ratio."""
    to = f"{notation.large_usd(now) if now >= _CENT or now == 0 else 'under $0.01'} a month"
    if logged <= 0 or abs(now / logged - 1) < _SAME_BILL:
        return f"leave the bill at {to}", f"leave the bill at {to}"
    ratio, verb = now / logged, "cut" if now < logged else "raise"
    plain = f"{verb} the bill to {to}"
    if ratio >= _TOO_LARGE:
        return plain, plain
    by = f"by {notation.percent(abs(ratio - 1), 0)}" if ratio < 2 else f"{notation.times(ratio)}-fold"
    return f"{verb} the bill {by} to {to}", plain


def _accuracy(now: Projected, logged: Projected) -> str:
    """Say what becomes of accuracy."""
    if now.accuracy is None or logged.accuracy is None:
        return "; accuracy is unknown"
    change = now.accuracy - logged.accuracy
    if abs(change) < _SAME_ACCURACY:
        return " and lose nothing"
    size = 100 * abs(change)
    text = notation.fixed(size, 0 if size >= 0.95 else 1)
    points = f"{text} point{'' if text == '1' else 's'}"
    return f" and gain {points}" if change > 0 else f" and lose {'at most ' if now.is_bound else ''}{points}"


def _title_of_limits(projection: Projection, labels: Labels) -> str:
    """Say that nothing keeps the limits, and who is nearest: shortened until it is one line."""
    name = notation.plain(labels[str(projection.nearest)])
    for width in range(len(name), 7, -1):
        text = f"No configuration {_nearest(projection, {str(projection.nearest): notation.shorten(name, width)}, notation.large_usd)[1]}"
        if len(text) <= MAX_TITLE:
            return text
    return "No configuration keeps all of these limits; the nearest stands below"


def _nearest(projection: Projection, labels: Labels, write) -> tuple[str, str]:
    """Return who is nearest as a sentence, and as the rest of a title."""
    name, position = str(projection.nearest), projection.position
    each = projection.by_id(name)
    limits, values = [], []
    if notation.is_known(position["max_usd_per_month"]):
        limits.append(f"{write(position['max_usd_per_month'])} a month")
        values.append(write(each.usd_per_month))
    if notation.is_known(position["max_latency_s"]):
        limits.append(notation.seconds(position["max_latency_s"]))
        values.append(notation.seconds(each.latency_s))
    if notation.is_known(position["min_accuracy"]):
        limits.append(notation.percent(position["min_accuracy"], 0))
        values.append(notation.percent(each.accuracy))
    asked, got = notation.join(limits), notation.join(values)
    return f"The nearest to {asked} is {labels[name]} with {got}", f"meets {asked}; the nearest is {labels[name]} at {got}"


def _chosen(projection: Projection, labels: Labels) -> Paragraph:
    """Say what the chosen configuration reaches, costs and takes, now and as logged."""
    now, logged = projection.by_id(str(projection.chosen)), projection.logged_by_id(str(projection.chosen))
    near = "≈ " if projection.is_approximate and now.latency_p95_s is not None else ""
    least = "at least " if now.is_bound and now.accuracy is not None else ""
    text = f"{least}{notation.percent(now.accuracy)} for {notation.usd(now.cost_usd)} a task"
    if now.cost_per_success_usd is not None:
        text += f", {notation.usd(now.cost_per_success_usd)} a success"
    if now.latency_p95_s is not None:
        text += f", p95 {near}{notation.seconds(now.latency_p95_s)}"
    if projection.changed:
        text += f". As logged: {notation.percent(logged.accuracy)} for {notation.usd(logged.cost_usd)}"
        text += f", p95 {notation.seconds(logged.latency_p95_s)}" if logged.latency_p95_s is not None else ""
    for reason in dict.fromkeys(now.reasons[key] for key in ("accuracy", "cost_usd", "latency_s") if key in now.reasons):
        text += f". Unknown in part: {reason}"
    return Paragraph(f"{labels[now.configuration]}:", f"{text}.")


def _month(projection: Projection) -> Paragraph | None:
    """Say what a month costs, how sure that is, and how likely it is to exceed the budget."""
    now = projection.by_id(str(projection.chosen))
    if now.usd_per_month is None:
        return None
    text = f"{notation.usd(now.usd_per_month)} at {amount(projection.position['volume'])} tasks a day"
    if now.usd_per_month_low is not None:
        text += f" (95% interval {notation.span(now.usd_per_month_low, now.usd_per_month_high)}, resampled tasks)"
    text += "."
    if projection.budget_usd_per_month is not None:
        budget = notation.large_usd(projection.budget_usd_per_month)
        if now.p_over_budget is None:
            text += f" The chance to exceed {budget} is unknown: too few tasks, or published rows."
        else:
            text += f" The chance to exceed {budget} is {notation.probability(now.p_over_budget)} ({now.p_over_budget_basis})."
    return Paragraph("A month:", text)


def _frontier(projection: Projection, labels: Labels) -> Paragraph | None:
    """Say who joins and who leaves the frontier."""
    if not projection.changed or not projection.on_frontier:
        return None
    now, was = set(projection.on_frontier), set(projection.was_on_frontier)
    told = []
    for verb, names in (("joins", now - was), ("leaves", was - now)):
        if names:
            who = notation.join(sorted(labels[name] for name in names)) if len(names) <= 3 else f"{len(names)} configurations"
            told.append(f"{who} {verb if len(names) == 1 else verb.removesuffix('s')}")
    if not told:
        return Paragraph("The frontier", f"keeps its {notation.plural(len(now), 'member')}.")
    return Paragraph("The frontier changes:", f"{'; '.join(told)}.")


def _bound(projection: Projection) -> Paragraph | None:
    """Say what a cap does to the numbers."""
    if not any(each.is_bound for each in projection.now):
        return None
    text = "what a cap cuts counts as failed. An agent that knows of its cap may end earlier, so less may be lost."
    if {"cap", "budget_usd"} <= set(projection.changed):
        text += " Both caps together are taken on the safe side: at most this cost, at least this accuracy."
    elif "reflections" in projection.changed:
        text += " After fewer rounds the cap is taken to lose the same share."
    return Paragraph("Accuracy is a lower bound:", text)


def _unknown(projection: Projection) -> Paragraph | None:
    """Count the configurations whose cost or accuracy is unknown, by reason."""
    reasons = [each.reasons.get("cost_usd", each.reasons.get("accuracy")) for each in projection.now]
    found = Counter(reason.partition(" known for ")[0] for reason in reasons if reason)
    if not found:
        return None
    n = sum(found.values())
    parts = [reason if len(found) == 1 else f"{reason} ({k})" for reason, k in sorted(found.items(), key=lambda r: (-r[1], r[0]))]
    return Paragraph("Without a place.", f"{n} of {len(projection.now)}: {'; '.join(parts)}.")
