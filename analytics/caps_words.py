"""Sentences about caps: the finding as a title, what is measured, the read-out, and the figure in words.

An accuracy under a cap is a lower bound, so what is lost is always "at most"; an unknown saving is said to be unknown, never 0.
"""

from collections.abc import Sequence

from analytics import notation
from analytics.budgets import NEVER, NONE, NOTHING, BudgetComparison, Utilisation
from analytics.caps import Cap, Outcome
from analytics.extensions import DynamicCap
from analytics.reading import Paragraph
from analytics.replay import NOUNS, written
from analytics.titles import MAX_TITLE
from analytics.unified_cost import UnifiedCost
from analytics.waste import Waste
from analytics.wording import Labels

_LITTLE = 0.01
"""A loss of one point, a saving of one percent: below it a cap is not worth a headline, or costs next to nothing."""
_KNOB_NOUNS = {
    "max_turns": "turn limit",
    "token_budget": "token budget",
    "tool_budget": "tool budget",
    "time_limit": "time limit",
    "cost_limit": "cost limit",
}


def headline(caps: Sequence[Cap]) -> Cap | None:
    """Return the cap that a title is about: the largest saving for at most a point, else p75, else the smallest loss; None: no cap cuts."""
    known = [c for c in caps if notation.is_known(c.accuracy_lost) and c.n_cut]
    cheap = [c for c in known if (c.accuracy_lost or 0) <= _LITTLE and (_saved(c) or 0) >= _LITTLE]
    if cheap:
        return max(cheap, key=lambda c: (_saved(c) or 0, c.configuration))
    usual = [c for c in known if c.cap == "p75"]
    return min(usual or known, key=lambda c: (c.accuracy_lost or 0, -(_saved(c) or 0), c.configuration), default=None)


def title(caps: Sequence[Cap], labels: Labels, *, chosen: Cap | None = None) -> str:
    """Return the finding as one sentence of at most 80 characters; `chosen`: the cap it must be about."""
    if not caps:
        return "No attempts to cap yet"
    cap = chosen or headline(caps)
    n = len({c.configuration for c in caps})
    if cap is None:
        cap = next((c for c in caps if c.cap_value is not None), None)
        if cap is None:
            whom = "the one configuration" if n == 1 else f"all {n} configurations"
            return f"{NOUNS[caps[0].unit].capitalize()} unknown for {whom}: no cap can be replayed"
    if n > 1:
        return _named(cap, labels[cap.configuration])
    text = _finding(cap)
    return text if len(text) <= MAX_TITLE else _finding(cap, is_short=True)


def _finding(cap: Cap, *, is_short: bool = False) -> str:
    """Say what one cap would save and lose."""
    if cap.cap_value is None:
        return f"{(cap.reason or NOUNS[cap.unit] + ' unknown').capitalize()}, so no cap can be replayed"
    amount = written(cap.cap_value, cap.unit)
    if not cap.n_cut:
        return f"No attempt goes beyond {amount}: a cap there changes nothing"
    saved = _saving(cap, is_short=is_short)
    if cap.accuracy is None:
        return f"A cap of {amount} saves {saved}; what it loses is unknown"
    if cap.baseline_accuracy == 0:
        return f"Nothing was solved: a cap of {amount} saves {saved}"
    if cap.accuracy == 0:
        return f"Under a cap of {amount} nothing is solved: all {_points(cap.baseline_accuracy or 0)} are lost"
    lost = f"at most {_points(cap.accuracy_lost)}" if cap.accuracy_lost else "nothing"
    return f"A cap of {amount} saves {saved}, loses {lost}" if is_short else f"A cap of {amount} would save {saved} and lose {lost}"


def _named(cap: Cap, name: str) -> str:
    """Put the configuration's name before the finding, cut in the middle where it would not fit on one line."""
    finding = _finding(cap, is_short=True)
    room = MAX_TITLE - len(finding) - 2
    return f"{notation.shorten(notation.plain(name), room)}: {finding[0].lower()}{finding[1:]}" if room >= 4 else finding


def subtitle(caps: Sequence[Cap], *, benchmark: str | None = None) -> str:
    """Say what is replayed, over how many attempts, that accuracy is a lower bound, and where the costs come from."""
    if not caps:
        return "Nothing is loaded."
    made, tasks = ({getattr(c, name) for c in caps} for name in ("n_attempts", "n_tasks"))
    where = f" {notation.plain(benchmark)}" if benchmark else ""
    text = f"{_range(made)} {'attempt' if made == {1} else 'attempts'} at {_range(tasks)}{where} {'task' if tasks == {1} else 'tasks'}"
    text += ", cut in the log at the cap."
    text += " Who is cut counts as failed: a lower bound of the accuracy."
    unit, bases = caps[0].unit, {c.basis for c in caps}
    prorated = (
        "An attempt's cost is cut at the cap." if unit == "usd" else f"Costs are prorated: the attempt's cost times cap / {NOUNS[unit]}."
    )
    told = {"exact": "Costs are those of the steps up to the cap.", "prorated": prorated}
    if bases == {None}:
        text += " Cost is unknown, and so is the saving."
    else:
        text += "".join(f" {told[basis]}" for basis in sorted(b for b in bases if b))
    if unit == "usd":
        text += " A cap in USD is cut at the prices of the log."
    if any(notation.is_known(c.accuracy_low) for c in caps):
        text += " Thin bars: 95% interval."
    return text


def reading(
    caps: Sequence[Cap],
    labels: Labels,
    *,
    chosen: Cap | None = None,
    dynamic: Sequence[DynamicCap] = (),
    waste: Waste | None = None,
    use: Sequence[Utilisation] = (),
    unified: UnifiedCost | None = None,
    comparison: BudgetComparison | None = None,
) -> list[Paragraph]:
    """Return the read-out: one cap in numbers, what a bound is, the cap that loses nothing, demand, waste, budgets, what is unknown."""
    cap = chosen or headline(caps) or next((c for c in caps if c.cap_value is not None), None)
    parts: list[Paragraph | None] = []
    if cap is not None and cap.cap_value is not None:
        parts += [_one(cap, labels if len({c.configuration for c in caps}) > 1 else {}), _bound(cap), _free(cap, caps)]
        dynamic = [d for d in dynamic if d.configuration == cap.configuration]
    parts += [_demand(dynamic), _wasted(waste), *map(_used, use), _priced(unified), _against(comparison, labels), _unknown(caps, labels)]
    return [part for part in parts if part is not None]


def alt(caps: Sequence[Cap], labels: Labels, *, chosen: Cap | None = None) -> str:
    """Return the figure in words, for a reader who does not see it: the finding, then each cap of the configuration it is about."""
    about = chosen or headline(caps)
    shown = [c for c in caps if c.cap_value is not None and (about is None or c.configuration == about.configuration)]
    told = []
    for c in sorted(shown, key=lambda c: c.cap_value or 0)[:12]:
        saved = f", {_saving(c)} saved" if c.n_cut else ", nothing cut"
        told.append(f"{written(c.cap_value or 0, c.unit)}: {notation.percent(c.accuracy)} solved{saved}")
    each = f" Accuracy and saving under each cap: {'; '.join(told)}." if told else ""
    return f"{title(caps, labels, chosen=chosen)}.{each}"


def _one(cap: Cap, labels: Labels) -> Paragraph:
    """Say what one cap does, with intervals."""
    of = f" of {labels[cap.configuration]}" if labels else ""
    head = f"At {written(cap.cap_value or 0, cap.unit)}" + (f" ({cap.cap})," if cap.cap.startswith("p") else ",")
    if not cap.n_cut:
        return Paragraph(head, f"none of {notation.plural(cap.n_attempts, 'attempt')}{of} is cut: all end within it.")
    text = f"{notation.count(cap.n_cut)} of {notation.plural(cap.n_attempts, 'attempt')}{of} {'is' if cap.n_cut == 1 else 'are'} cut"
    text += f"; {notation.count(cap.n_lost)} of them had succeeded." if cap.n_lost else "; none of them had succeeded."
    if cap.accuracy is None:
        text += " No outcome is known, so what is lost is unknown."
    elif cap.accuracy_lost:
        text += f" Accuracy falls from {notation.percent(cap.baseline_accuracy)} to {notation.percent(cap.accuracy)} ({_change(cap)})."
    else:
        text += f" Accuracy stays at {notation.percent(cap.accuracy)}."
    if cap.saving is not None:
        text += f" An attempt costs {notation.usd(cap.cost_usd)} instead of {notation.usd(cap.baseline_cost_usd)}:"
        text += f" {notation.percent(cap.saving)} saved{_within(cap.saving_low, cap.saving_high)}."
    elif cap.spend_saved is not None:
        text += f" That saves {_saving(cap)}; in money it is unknown ({cap.reason or 'no cost'})."
    if not notation.is_known(cap.accuracy_lost_low):
        text += f" {_too_few(cap)} for an interval."
    return Paragraph(head, text)


def _bound(cap: Cap) -> Paragraph | None:
    """Say in which direction the replay errs."""
    if not cap.censored:
        return None
    text = "An agent that knows its cap ends earlier: some that are cut here would have finished, so less may be lost."
    if cap.basis == "prorated" and cap.unit != "usd":
        text += " Costs are prorated; late turns carry a longer context and cost more, so more may be saved."
    elif cap.basis == "exact":
        text += " The saving is exact: it adds up the steps' own costs."
    return Paragraph("A lower bound.", text)


def _free(cap: Cap, caps: Sequence[Cap]) -> Paragraph | None:
    """Name the lowest cap that loses nothing and still saves."""
    own = [c for c in caps if c.configuration == cap.configuration and c.n_lost == 0 and c.accuracy_lost == 0 and c.n_cut and c.cap_value]
    if not own or not cap.n_lost:
        return None
    free = min(own, key=lambda c: c.cap_value or 0)
    text = f"a cap of {written(free.cap_value or 0, free.unit)} saves {_saving(free)} and cuts no success"
    return Paragraph("For nothing,", f"{text}: it is the lowest of those asked for.")


def _demand(dynamic: Sequence[DynamicCap]) -> Paragraph | None:
    """Say between which two ends a cap with extensions lies."""
    pairs = [(a, p) for a in dynamic for p in dynamic if (a.demand, p.demand, a.limit) == ("always", "perfect", p.limit)]
    pairs = [(a, p) for a, p in pairs if a.accuracy is not None and a.start_value is not None]
    if not pairs:
        return None
    always, perfect = pairs[0]
    start = written(always.start_value or 0, always.unit)
    limit = "no end" if always.limit_value is None else written(always.limit_value, always.unit)
    text = f"Start at {start} and extend when asked, up to {limit}: accuracy is {notation.percent(always.accuracy)} at least."
    if always.saving is None or perfect.saving is None:
        return Paragraph("Extended on demand.", f"{text} The saving is unknown ({perfect.reason or always.reason or 'no cost'}).")
    text += f" It saves {notation.percent(always.saving)} if every unfinished attempt asks ({notation.count(always.n_extended)}), and"
    text += f" {notation.percent(perfect.saving)} if only those ask that then succeed ({notation.count(perfect.n_extended)})."
    return Paragraph("Extended on demand.", f"{text} A log does not show who would have asked.")


def _wasted(waste: Waste | None) -> Paragraph | None:
    """Say what failed attempts cost, and what was spent after the last useful turn."""
    if waste is None:
        return None
    if waste.failed_share is None:
        text = f"Their share of the money is unknown ({waste.reason or 'nothing was spent'})."
    else:
        text = (
            f"{notation.percent(waste.failed_share)} of the money{_within(waste.failed_share_low, waste.failed_share_high)} went into them,"
        )
        text += f" {notation.usd(waste.failed_usd)} of {notation.usd(waste.cost_usd)}."
    if waste.after_share is None:
        text += f" Spend after the last useful turn {waste.after_reason or 'is nothing: these steps cost nothing'}."
    else:
        text += f" After the last useful turn went {notation.percent(waste.after_share)}"
        text += (
            f"{_within(waste.after_share_low, waste.after_share_high)} of what {notation.plural(waste.n_useful_known, 'attempt')} spent."
        )
    return Paragraph(f"{notation.plural(waste.n_failed, 'failed attempt').capitalize()}.", text)


def _used(use: Utilisation) -> Paragraph:
    """Say how much of a budget was used, and how often it was hit."""
    noun = _KNOB_NOUNS.get(use.knob, use.knob)
    head = f"{noun.capitalize()} of {written(use.budget, use.unit)}."
    if use.mean is None or use.over_share is None:
        return Paragraph(head, f"How much of it is used is unknown ({use.reason or 'no attempts'}).")
    text = f"Attempts use {notation.percent(use.mean, 0)} of it on average, half of them at most {notation.percent(use.p50, 0)};"
    text += f" {notation.percent(use.over_share)}{_within(use.over_low, use.over_high)} hit it."
    return Paragraph(head, text)


def _priced(unified: UnifiedCost | None) -> Paragraph | None:
    """Say what an attempt costs with its tool calls priced."""
    if unified is None:
        return None
    head = "With tools priced,"
    if unified.unified_cost_usd is None:
        return Paragraph(head, f"the cost of an attempt is unknown ({unified.reason or 'no attempts'}).")
    interval = notation.span(unified.unified_low, unified.unified_high)
    text = f"an attempt costs {notation.usd(unified.unified_cost_usd)}{'' if interval == notation.UNKNOWN else f' ({interval})'}:"
    text += f" {notation.usd(unified.cost_usd)} for the model and {notation.usd(unified.tool_cost_usd)}"
    return Paragraph(head, f"{text} for {notation.decimal(unified.tool_calls)} tool calls.")


def _against(found: BudgetComparison | None, labels: Labels) -> Paragraph | None:
    """Say how one configuration at a budget stands against another at a multiple of it, or against itself."""
    if found is None:
        return None
    is_same = found.a == found.b
    a, b = (notation.shorten(notation.plain(labels[name]), 32) for name in (found.a, found.b))
    less, more = written(found.budget_a, found.unit), written(found.budget_b, found.unit)
    head = f"{a} at {less} against {more}." if is_same else f"{a} at {less} against {b} at {more}."
    if found.difference is None:
        return Paragraph(head, f"It cannot be said: {found.reason or 'nothing is known'}.")
    text = f"{notation.percent(found.accuracy_a)} against {notation.percent(found.accuracy_b)}:"
    text += f" {notation.points(found.difference, unit='points')}"
    if found.verdict is None:
        text += f"; {notation.plural(found.n_tasks, 'task')} {'is' if found.n_tasks == 1 else 'are'} too few to decide."
    else:
        winner = {"a": less if is_same else a, "b": more if is_same else b}.get(found.verdict)
        text += f" ({notation.interval(found.difference_low, found.difference_high, signed=True)})"
        text += ", not decidable." if winner is None else f", {winner} solve more." if is_same else f", {winner} is ahead."
    unreached = {NEVER: f"{a} never gets there.", NONE: f"{a} needs none for that.", NOTHING: f"{b} solves nothing there."}
    if found.iso_reason:
        return Paragraph(head, f"{text} {unreached.get(found.iso_reason, '')}".rstrip())
    if found.iso_ratio is None or found.iso_budget is None:
        return Paragraph(head, text)
    text += f" {written(found.iso_budget, found.unit)} would be enough"
    if is_same:
        return Paragraph(head, f"{text}.")
    low, high = found.iso_ratio_low, found.iso_ratio_high
    interval = (
        "" if low is None or high is None else f" ({notation.times(low)}–{notation.times(high)})" if low else ", unless it never does"
    )
    return Paragraph(head, f"{text} to draw level: {b} takes {notation.times(found.iso_ratio)} times the budget{interval}.")


def _unknown(caps: Sequence[Cap], labels: Labels) -> Paragraph | None:
    """Name the configurations of which something is unknown, by reason, and what was left out."""
    reasons: dict[str, list[str]] = {}
    for cap in caps:
        for said in (*cap.flags, *([cap.reason] if cap.reason else [])):
            names = reasons.setdefault(said, [])
            if labels[cap.configuration] not in names:
                names.append(labels[cap.configuration])
    if not reasons:
        return None
    parts = [f"{notation.join(names) if len(names) <= 3 else f'{len(names)} configurations'}: {said}" for said, names in reasons.items()]
    return Paragraph("Unknown.", f"{'; '.join(parts)}. What is unknown is left out, never taken as 0.")


def _saved(cap: Outcome) -> float | None:
    """Return the share saved: of the money, else of the cap's own unit."""
    return cap.saving if cap.saving is not None else cap.spend_saved if isinstance(cap, Cap) else None


def _saving(cap: Cap, *, is_short: bool = False) -> str:
    """Write what is saved: a share of the money, else of the cap's own unit."""
    if cap.saving is not None or cap.spend_saved is None:
        return notation.percent(cap.saving) if cap.saving is not None else "an unknown share"
    whole = "them" if is_short and cap.unit != "seconds" else f"the {NOUNS[cap.unit]}"
    return f"{notation.percent(cap.spend_saved)} of {whole}"


def _points(lost: float) -> str:
    """Write a loss in points, whole where it is whole.

    >>> _points(0.1), _points(0.065), _points(0.01)
    ('10 points', '6.5 points', '1 point')
    """
    text = notation.fixed(lost * 100, 1).removesuffix(".0")
    return f"{text} point{'' if text == '1' else 's'}"


def _change(cap: Outcome) -> str:
    """Write the change in accuracy with its interval."""
    text = notation.points(-(cap.accuracy_lost or 0), unit="points")
    if cap.accuracy_lost_low is None or cap.accuracy_lost_high is None:
        return text
    return f"{text}, {notation.interval(-cap.accuracy_lost_high, -cap.accuracy_lost_low, signed=True)}"


def _too_few(cap: Outcome) -> str:
    """Say that there are too few tasks."""
    return f"{notation.plural(cap.n_tasks, 'task').capitalize()} {'is' if cap.n_tasks == 1 else 'are'} too few"


def _within(low: float | None, high: float | None) -> str:
    """Write an interval of a share in brackets, nothing where there is none."""
    return f" ({notation.interval(low, high)})" if notation.is_known(low) and notation.is_known(high) else ""


def _range(numbers: set[int]) -> str:
    """Write one number, or the range of several."""
    low, high = min(numbers), max(numbers)
    return notation.count(low) if low == high else f"{notation.count(low)}–{notation.count(high)}"
