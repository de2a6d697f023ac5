"""The anatomy page in words: title, subtitle, read-out and alternative text, made from the same numbers as its figures."""

from collections.abc import Callable, Sequence

from analytics import notation
from analytics.anatomy import LISTED, Anatomy, Failure
from analytics.cache import CacheEconomics
from analytics.reading import Paragraph
from analytics.survival import NO_OUTCOMES, Survival
from analytics.tails import Interval, Tail
from analytics.wording import Labels

MONEY = {
    "uncached_input": "fresh input",
    "cache_read": "input read from a cache",
    "cache_write": "writing the cache",
    "reasoning": "reasoning",
    "answer": "answers",
    "tools": "tool fees",
    "unexplained": "what list rates do not explain",
}
"""Names of the parts of the money, in the middle of a sentence."""
TIME = {"llm": "LLM calls", "tool": "tools", "overlap": "LLM calls and tools at once", "idle": "neither"}
TOKENS = {
    **{name: MONEY[name] for name in ("uncached_input", "cache_read", "reasoning", "answer")},
    "cache_write": "input written to a cache",
    "output": "output",
}
_EXPLAINED = 0.01
"""Of the money: what list rates may miss before a sentence says that it speaks of list rates."""
_ENOUGH = 0.5
"""Share of the attempts that a title must be true of."""


def money_parts(found: Anatomy) -> dict[str, str]:
    """Return the names of the known parts of the money: where no reasoning is told apart, all output is one part."""
    names = MONEY | ({} if found.cost_shares.get("reasoning") is not None else {"answer": "output"})
    return {name: names[name] for name, share in found.cost_shares.items() if share is not None}


def title(whole: Anatomy) -> str:
    """Return the finding as one sentence of at most 80 characters: where the money went; where it is unknown, the time, or the tokens."""
    if not whole.n_attempts:
        return "No attempts to take apart yet"
    shares, basis = _money_shares(whole)
    if shares and whole.n_cost >= _ENOUGH * whole.n_attempts:
        name = max(shares, key=lambda part: shares[part])
        lead, of = ("At list rates, ", "the money") if basis == "below" else ("", "the money that list rates explain")
        of = of if basis else "the money"
        return f"{lead}{notation.percent(shares[name], 0)} of {of} went into {name}"
    llm, tool, both, idle = (whole.time_shares.get(name) for name in TIME)
    is_timed = whole.n_timed >= _ENOUGH * whole.n_attempts
    if is_timed and llm is not None and tool is not None and both is not None and idle is not None:
        spent = {"went into LLM calls": llm + both, "went into tools": tool + both, "passed outside LLM calls and tools": idle}
        name = max(spent, key=lambda part: spent[part])
        return f"{notation.percent(spent[name], 0)} of the time {name}"
    tokens = {name: share for name, share in whole.token_shares.items() if share is not None and _is_counted(whole, name)}
    if tokens.get("cache_read"):
        return f"{notation.percent(tokens['cache_read'], 0)} of the tokens were input read again"
    if tokens:
        name = max(tokens, key=lambda part: tokens[part])
        return f"{notation.percent(tokens[name], 0)} of the tokens were {TOKENS[name]}"
    ends = whole.intervals.get("unresolved_over_resolved_tokens")
    if whole.unresolved_over_resolved_tokens is not None and ends and not _holds_one(ends):
        return f"An attempt that fails uses {notation.times(whole.unresolved_over_resolved_tokens)} times the tokens of one that succeeds"
    return f"Where time, tokens and money went is not in the logs of {notation.plural(whole.n_attempts, 'attempt')}"


def _is_counted(whole: Anatomy, name: str) -> bool:
    """Return whether a share of the tokens is known of enough attempts for a title."""
    return whole.counts.get(f"token_shares.{name}", 0) >= _ENOUGH * whole.n_attempts


def _money_shares(found: Anatomy) -> tuple[dict[str, float], str]:
    """Return the named parts of the money that have a rate, as shares of their sum, and where the cost stands: `above` it, `below`, ''."""
    names = money_parts(found)
    listed = {names[name]: share for name in names if name != "unexplained" and (share := found.cost_shares[name])}
    whole = sum(listed.values())
    if not whole > 0:
        return {}, ""
    if abs(1 - whole) <= _EXPLAINED or not any(found.cost_shares.get(name) for name in LISTED):
        return listed, ""
    return {name: share / whole for name, share in listed.items()}, "above" if whole < 1 else "below"


def subtitle(whole: Anatomy, *, benchmark: str | None = None, n_configurations: int | None = None) -> str:
    """Say over which attempts the means run, and what is known of how many of them."""
    named = f"{notation.plain(benchmark)} " if benchmark else ""
    text = f"Means over {notation.plural(whole.n_attempts, 'attempt')} at {notation.count(whole.n_tasks)} {named}"
    text += "task" if whole.n_tasks == 1 else "tasks"
    if n_configurations:
        text += f" by {notation.plural(n_configurations, 'configuration')}"
    parts = [
        f"{what} of {notation.count(n)}" for what, n in (("cost known", whole.n_cost), ("times", whole.n_timed)) if 0 < n < whole.n_attempts
    ]
    text += f"; {notation.join(parts)}." if parts else "."
    if any(whole.cost_shares.get(name) is not None for name in LISTED):
        text += " Parts of the money at list rates."
    return text + (" Ranges: 95% by resampling tasks." if whole.intervals else "")


def reading(
    whole: Anatomy,
    *,
    tails: Sequence[Tail] = (),
    failures: Sequence[Failure] = (),
    survivals: Sequence[Survival] | None = None,
    caches: Sequence[CacheEconomics] = (),
    labels: Labels,
) -> list[Paragraph]:
    """Return the read-out: time, money, context, tails and failures, as far as the logs tell.

    Parameters
    ----------
    whole : Anatomy
        Of all that were chosen together.
    tails, survivals, caches
        One for each configuration; the most telling one is named. No survivals at all: the logs have no steps.
    failures
        The dearest ones, the dearest first.
    labels
        Configuration → how it is shown.
    """
    parts = [
        _time(whole),
        _money(whole),
        _context(whole, caches, labels),
        _tails(tails, labels),
        _failures(whole, failures, survivals, labels),
    ]
    return [part for part in parts if part is not None]


def alt(whole: Anatomy, found: Sequence[Anatomy], labels: Labels) -> str:
    """Return the figure in words, for a reader who does not see it: the finding, then each configuration's largest parts."""
    said = []
    for each in found[:12]:
        shares, _ = _money_shares(each)
        shares = shares or {TIME[name]: share for name, share in each.time_shares.items() if share}
        shares = shares or {TOKENS[name]: share for name, share in each.token_shares.items() if share}
        most = sorted(shares.items(), key=lambda part: (-part[1], part[0]))[:3]
        parts = notation.join([f"{notation.percent(share, 0)} {name}" for name, share in most]) if most else "parts unknown"
        said.append(f"{_name(each, labels)} {parts}")
    if len(found) > len(said):
        said.append(f"{len(found) - len(said)} more")
    return f"{title(whole)}.{' By configuration: ' + '; '.join(said) + '.' if said else ''}"


def _time(whole: Anatomy) -> Paragraph | None:
    """Say how long an attempt takes and what runs meanwhile."""
    if whole.wall_s is None:
        return Paragraph("Time.", f"It cannot be divided: {whole.reasons['wall_s']}.") if whole.n_attempts else None
    text = f"An attempt takes {notation.seconds(whole.wall_s)}{_ends(whole, 'wall_s', notation.seconds)}"
    shares = [f"{notation.percent(share, 0)} {TIME[name]}" for name, share in whole.time_shares.items() if (share or 0) >= 0.005]
    text += f": {notation.join(shares)}." if shares else "."
    if whole.n_timed < whole.n_attempts:
        text += f" Timed step by step: {notation.count(whole.n_timed)} of {notation.plural(whole.n_attempts, 'attempt')}."
    if whole.prefill_s is not None and whole.decode_s is not None:
        before, after = notation.seconds(whole.prefill_s), notation.seconds(whole.decode_s)
        text += f" Of single calls, {before} pass before the first token and {after} after it."
    return Paragraph("Time.", text)


def _money(whole: Anatomy) -> Paragraph | None:
    """Say what an attempt costs and what for."""
    if not whole.n_cost:
        return Paragraph("Money.", "No cost is known; unknown is not zero.") if whole.n_attempts else None
    if whole.cost_usd is None:
        text = f"Neither a mean nor shares are shown: {whole.reasons['money']}."
    else:
        text = f"An attempt costs {notation.usd(whole.cost_usd)}{_ends(whole, 'cost_usd', notation.usd)}."
    shares, basis = _money_shares(whole)
    ordered = sorted(shares.items(), key=lambda part: (-part[1], part[0]))
    said = [f"{notation.percent(share, 0)} {name}" for name, share in ordered if share >= 0.005]
    text += f" {'At list rates' if basis else 'Of it'}: {notation.join(said)}." if said else ""
    gap = whole.cost_shares.get("unexplained")
    if basis and gap is not None:
        explained = f"List rates explain {notation.percent(1 - gap, 0)} of what was paid; the rest has no rate here."
        text += f" {explained}" if gap > 0 else f" That is {notation.percent(-gap, 0)} more than was paid: the rates were others."
    if whole.cost_on_failures is not None:
        ends = whole.intervals.get("cost_on_failures")
        share = f"{notation.percent(whole.cost_on_failures)}{f' ({notation.interval(*ends)})' if ends else ''}"
        text += f" Failed attempts took {share} of the money"
        text += f", the dearest 5% of attempts {notation.percent(whole.share_of_dearest)}." if whole.share_of_dearest is not None else "."
    return Paragraph("Money.", text)


def _context(whole: Anatomy, caches: Sequence[CacheEconomics], labels: Labels) -> Paragraph | None:
    """Say how the context grows, how much of it is read from a cache, and what that means for the money."""
    text = ""
    if whole.growth_exponent is not None:
        power = f"{_power(whole.growth_exponent)}{_ends(whole, 'growth_exponent', _power)}"
        text = f"Input grows with the turns to the power {power}; 1 is linear, 2 quadratic."
    if whole.cached_share is not None:
        text += f" A cache served {notation.percent(whole.cached_share, 0)} of the input."
    saving = [(each.saving, each.configuration, each) for each in caches if each.saving is not None and each.saving > 0]
    if saving:
        best = max(saving, key=lambda each: each[:2])
        text += f" It saved {_name(best[2], labels)} {notation.percent(best[0], 0)} of the money."
    text += _reuse(caches, labels)
    return Paragraph("Context.", text.strip()) if text else None


def _reuse(caches: Sequence[CacheEconomics], labels: Labels) -> str:
    """Say how tokens and successes change their price with the turns, for the configuration with the most attempts."""
    known = [
        each
        for each in caches
        if each.by_reuse and all(None not in (end.usd_per_mtok, end.usd_per_success) for end in (each.by_reuse[0], each.by_reuse[-1]))
    ]
    if not known:
        return ""
    each = max(known, key=lambda group: (group.n_attempts, group.configuration))
    short, long = each.by_reuse[0], each.by_reuse[-1]
    spans = [_span(end.turns_from, end.turns_to) for end in (short, long)]
    text = f" From {spans[0]} to {spans[1]} turns, a million tokens of {_name(each, labels)} go from"
    text += f" {notation.usd(short.usd_per_mtok)} to {notation.usd(long.usd_per_mtok)}, a success from"
    return f"{text} {notation.usd(short.usd_per_success)} to {notation.usd(long.usd_per_success)}."


def _tails(tails: Sequence[Tail], labels: Labels) -> Paragraph | None:
    """Name the configuration with the longest tail, of those with enough attempts to see one."""
    known = [tail for tail in tails if tail.p95_over_p50 is not None]
    known = [tail for tail in known if "p95" not in tail.reasons] or known
    if not known:
        return None
    worst = max(known, key=lambda tail: (tail.p95_over_p50 or 0.0, tail.configuration))
    noun = "time" if worst.measure.endswith("_s") else "cost" if worst.measure.endswith("_usd") else worst.measure
    text = f"{_name(worst, labels)} has the longest: its p95 of {notation.measure(worst.measure, worst.p95)} is"
    text += f" {notation.times(worst.p95_over_p50 or 0.0)} times its median{_ends(worst, 'p95_over_p50', notation.ratio)}."
    if worst.within_share is not None:
        share = notation.percent(worst.within_share, 0)
        text += f" {share} of the variance lies between attempts at the same task, the rest between tasks."
    if "p95" in worst.reasons:
        text += f" From {notation.plural(worst.n, 'attempt')} that says little."
    return Paragraph(f"Tail of the {noun}.", text)


def _failures(whole: Anatomy, failures: Sequence[Failure], survivals: Sequence[Survival] | None, labels: Labels) -> Paragraph | None:
    """Say what failed attempts use, which was the dearest, when the first step fails, and what follows from it."""
    text = ""
    if whole.unresolved_over_resolved_tokens is not None:
        times, ends = notation.times(whole.unresolved_over_resolved_tokens), whole.intervals.get("unresolved_over_resolved_tokens")
        text = f"An attempt that fails uses {times} times the tokens of one that succeeds"
        text += f"{_ends(whole, 'unresolved_over_resolved_tokens', notation.ratio)}"
        text += "; too few tasks for an interval." if not ends else ": that is not decidable." if _holds_one(ends) else "."
    if failures:
        amount = f"{notation.tokens(failures[0].tokens)} tokens" if failures[0].cost_usd is None else notation.usd(failures[0].cost_usd)
        text += f" The dearest failure took {amount}, by {_name(failures[0], labels)}."
    reached = [(step, each.configuration, each) for each in survivals or () if (step := each.horizons.get(0.5)) is not None]
    if reached:
        step, _, first = min(reached, key=lambda each: each[:2])
        ends = first.horizon_intervals.get(0.5)
        more = f" ({notation.span(ends[0], ends[1], notation.count)})" if ends else ""
        text += f" The chance to be without a failed step falls below 50% at step {notation.count(step)}{more} with {_name(first, labels)}."
    elif survivals is not None and all(each.reason for each in survivals):
        text += f" When steps fail is unknown: {NO_OUTCOMES}."
    text += _conditioning(survivals or (), labels)
    return Paragraph("Failures.", text.strip()) if text else None


def _conditioning(survivals: Sequence[Survival], labels: Labels) -> str:
    """Say whether steps fail more often after a failure; nothing where no configuration can tell."""
    judged = [each for each in survivals if each.conditioning.verdict != "unknown"]
    if not judged:
        return ""
    among = f" in any of {notation.plural(len(judged), 'configuration')}" if len(judged) > 1 else ""
    more = [each for each in judged if each.conditioning.verdict == "more"]
    if not more:
        return f" That failures breed failures cannot be shown{among}."
    most = max(more, key=lambda each: (each.conditioning.within_tasks or 0.0, each.configuration))
    found, ends = most.conditioning, most.conditioning.within_tasks_interval
    of = f" in {len(more)} of {notation.plural(len(judged), 'configuration')}, most" if len(judged) > 1 else ""
    gap = notation.points(found.within_tasks, unit="points") + (f", {notation.interval(*ends, signed=True)}" if ends else "")
    return f" Steps fail more often after a failure{of} with {_name(most, labels)} ({gap})."


def _holds_one(ends: Interval) -> bool:
    """Return whether the interval of a ratio holds 1: no difference."""
    return ends[0] <= 1 and (ends[1] is None or ends[1] >= 1)


def _name(found: Anatomy | Tail | Survival | CacheEconomics | Failure, labels: Labels) -> str:
    """Return how a configuration is shown."""
    return labels.get(found.configuration, found.configuration)


def _span(low: float, high: float) -> str:
    """Write a range of turns."""
    return notation.count(low) if low == high else f"{notation.count(low)}–{notation.count(high)}"


def _power(value: float | None) -> str:
    """Write an exponent."""
    return notation.fixed(value, 2) if notation.is_known(value) else notation.UNKNOWN


def _ends(found: Anatomy | Tail, name: str, write: Callable[[float | None], str]) -> str:
    """Write the interval of a number in a parenthesis; nothing where there is none."""
    ends = found.intervals.get(name)
    return f" ({notation.span(ends[0], ends[1], write)})" if ends else ""
