"""The finding of each side of the anatomy: its title, and the part or configuration that the figure draws in blue for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics import anatomy_words, notation
from analytics.anatomy import Anatomy
from analytics.survival import Survival
from analytics.tails import Tail
from analytics.wording import Labels

SIDES = ("Time", "Tokens", "Money", "Tails", "Failures")
FEWEST = 20
"""Attempts of which one in 20 is one at least."""
LONGEST = 80
"""Characters of a title; a long name is cut for it."""


@dataclass(frozen=True)
class SideFinding:
    """A title, and what stands out in its figure."""

    title: str
    parts: tuple[str, ...] = ()
    """Of time, tokens or money: the parts whose sum is the title's share."""
    configuration: str | None = None
    """The one that the title names."""


def side_finding(
    side: str,
    whole: Anatomy,
    *,
    found: Sequence[Anatomy] = (),
    tails: Sequence[Tail] = (),
    survivals: Sequence[Survival] = (),
    labels: Labels | None = None,
) -> SideFinding:
    """Return the finding of one side as a sentence of at most 80 characters.

    Parameters
    ----------
    side : str
        One of `SIDES`.
    whole : Anatomy
        Of all attempts together, or for Tokens of the configuration in focus.
    found : sequence of Anatomy
        One for each configuration: for Money, where it is not known of enough attempts together.
    tails : sequence of Tail
        Of one measure, one for each configuration: for Tails, and for Time where no step is timed.
    survivals : sequence of Survival
        One for each configuration, or only the one in focus: for Failures.
    labels : mapping, optional
        Configuration → how it is shown.

    Returns
    -------
    SideFinding
        Where a side has no number, its title says what is missing.

    Raises
    ------
    ValueError
        If there is no such side.

    Notes
    -----
    It misleads as every mean over all attempts does: a configuration with more attempts weighs more.

    References
    ----------
    Kim et al., "The cost of dynamic reasoning", HPCA 2026, arXiv:2506.04301: shares of time; tails. Sinha et al., arXiv:2509.09677:
    the horizon.

    Examples
    --------
    >>> side_finding("Time", Anatomy("(all)", 9, 3, 9, time_shares={"llm": 0.5, "tool": 0.2, "overlap": 0.1, "idle": 0.2}))
    SideFinding(title='60% of the time went into LLM calls', parts=('llm', 'overlap'), configuration=None)
    """
    if side not in SIDES:
        raise ValueError(f"side must be one of {', '.join(SIDES)}, not {side!r}")
    labels = labels or {}
    if side == "Time":
        return _time(whole, tails, labels)
    if side == "Tokens":
        return _tokens(whole)
    if side == "Money":
        return _money(whole, found, labels)
    return _tails(whole, tails, labels) if side == "Tails" else _failures(whole, survivals, labels)


def _time(whole: Anatomy, tails: Sequence[Tail], labels: Labels) -> SideFinding:
    """Say what most of the time went into; without timed steps, who takes longest."""
    llm, tool, both, idle = (whole.time_shares.get(name) for name in ("llm", "tool", "overlap", "idle"))
    if llm is not None and tool is not None and both is not None and idle is not None:
        spent = (
            (llm + both, "went into LLM calls", ("llm", "overlap")),
            (tool + both, "went into tools", ("tool", "overlap")),
            (idle, "passed outside LLM calls and tools", ("idle",)),
        )
        share, what, parts = max(spent, key=lambda each: each[0])
        return SideFinding(f"{notation.percent(share, 0)} of the{_known(whole.n_timed, whole)} time {what}", parts=parts)
    known = sorted((tail for tail in tails if tail.mean), key=lambda tail: (-(tail.mean or 0.0), tail.configuration))
    if len(known) > 1 and known[-1].mean:
        slow = known[0]
        k = notation.times((slow.mean or 0.0) / known[-1].mean)
        return _with(slow.configuration, labels, f"{{}} takes {notation.seconds(slow.mean)}, {k} times the fastest")
    if known:
        return SideFinding(f"An attempt takes {notation.seconds(known[0].mean)}; its parts are not in these logs")
    return SideFinding(f"How long they took is not known of {notation.plural(whole.n_attempts, 'attempt')}")


def _tokens(whole: Anatomy) -> SideFinding:
    """Say what most of the tokens were."""
    shares = {name: share for name, share in whole.token_shares.items() if share}
    if not shares:
        return SideFinding(f"What the tokens were is not known of {notation.plural(whole.n_attempts, 'attempt')}")
    part = "cache_read" if "cache_read" in shares else max(shares, key=lambda name: shares[name])
    what = "input read again" if part == "cache_read" else anatomy_words.TOKENS[part]
    n = whole.counts.get(f"token_shares.{part}", whole.n_attempts)
    return SideFinding(f"{notation.percent(shares[part], 0)} of the{_known(n, whole)} tokens were {what}", parts=(part,))


def _money(whole: Anatomy, found: Sequence[Anatomy], labels: Labels) -> SideFinding:
    """Say what most of the money went into; where that is not known of all together, of the one that is, or who costs most."""
    names = anatomy_words.money_parts(whole)
    listed = {name: share for name in names if name != "unexplained" and (share := whole.cost_shares.get(name))}
    if sum(listed.values()) > 0:
        part = max(listed, key=lambda name: listed[name])
        if not _known(whole.n_cost, whole):
            return SideFinding(anatomy_words.title(whole), parts=(part,))
        share = notation.percent(listed[part] / sum(listed.values()), 0)
        return SideFinding(f"{share} of the known money went into {names[part]}", parts=(part,))
    if whole.cost_on_failures is not None:
        share = notation.percent(whole.cost_on_failures, 0)
        return SideFinding(f"{share} of the{_known(whole.n_cost, whole)} money went into attempts that failed")
    if whole.cost_usd is not None:
        return SideFinding(f"An attempt costs {notation.usd(whole.cost_usd)}; for what is not in these logs")
    known = sorted((each for each in found if each.cost_usd), key=lambda each: (-(each.cost_usd or 0.0), each.configuration))
    if len(known) == 1:
        return replace(_money(known[0], (), labels), configuration=known[0].configuration)
    if known and known[-1].cost_usd:
        k = notation.times((known[0].cost_usd or 0.0) / known[-1].cost_usd)
        least = "the cheapest" if len(known) == len(found) else "the cheapest known"
        cost = notation.large_usd(known[0].cost_usd)
        said = _with(known[0].configuration, labels, f"{{}} costs {cost}, {k} times {least}")
        return replace(said, parts=_money(known[0], (), labels).parts)
    return SideFinding(f"What they cost is not known of {notation.plural(whole.n_attempts, 'attempt')}")


def _known(n: int, whole: Anatomy) -> str:
    """Return a word for a title that speaks of fewer than half of the attempts."""
    return " known" if 2 * n < whole.n_attempts else ""


def _tails(whole: Anatomy, tails: Sequence[Tail], labels: Labels) -> SideFinding:
    """Name the configuration whose slow attempts are farthest from its median."""
    known = [tail for tail in tails if tail.p95_over_p50 is not None]
    if not known:
        return SideFinding(f"Too little is known of {notation.plural(whole.n_attempts, 'attempt')} to tell a tail")
    if max(tail.n for tail in known) < FEWEST:
        return SideFinding(f"{notation.plural(max(tail.n for tail in known), 'attempt')} a configuration cannot show a tail")
    known = [tail for tail in known if tail.n >= FEWEST]
    worst = max(known, key=lambda tail: (tail.p95_over_p50 or 0.0, tail.configuration))
    verb = "takes" if worst.measure.endswith("_s") else "costs" if worst.measure.endswith("_usd") else "uses"
    k = notation.times(worst.p95_over_p50 or 0.0)
    return _with(worst.configuration, labels, f"One in 20 attempts of {{}} {verb} over {k} times its median")


def _failures(whole: Anatomy, survivals: Sequence[Survival], labels: Labels) -> SideFinding:
    """Say by which step a failure is likelier than none, how many attempts have one, or what failed attempts took."""
    curves = [each for each in survivals if each.reason is None and each.n_attempts]
    half = [each for each in curves if each.horizons.get(0.5) is not None]
    if half:
        first = min(half, key=lambda each: (each.horizons[0.5] or 0, each.configuration))
        return _with(first.configuration, labels, f"Even odds of a failed step by step {first.horizons[0.5]} with {{}}")
    if curves and any(each.n_failed for each in curves):
        worst = max(curves, key=lambda each: (each.n_failed / each.n_attempts, each.configuration))
        share = notation.percent(worst.n_failed / worst.n_attempts, 0)
        return _with(worst.configuration, labels, f"A step fails in {share} of the attempts of {{}}")
    if curves:
        n = sum(each.n_attempts for each in curves)
        return SideFinding(f"No step fails in {notation.plural(n, 'attempt')}", configuration=curves[0].configuration)
    if whole.cost_on_failures is not None:
        share = notation.percent(whole.cost_on_failures, 0)
        return SideFinding(f"{share} of the{_known(whole.n_cost, whole)} money went into attempts that failed")
    if whole.unresolved_over_resolved_tokens is not None:
        k = notation.times(whole.unresolved_over_resolved_tokens)
        return SideFinding(f"An attempt that fails uses {k} times the tokens of one that succeeds")
    return SideFinding(f"When steps fail is not known of {notation.plural(whole.n_attempts, 'attempt')}")


def _with(configuration: str, labels: Labels, sentence: str) -> SideFinding:
    """Put a configuration's name in the place of `{}`, cut to the room that the title has for it."""
    shown = notation.plain(labels.get(configuration, configuration))
    return SideFinding(sentence.replace("{}", notation.shorten(shown, LONGEST + 2 - len(sentence)), 1), configuration=configuration)
