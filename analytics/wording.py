"""How sentences speak of a frontier: the words of each objective, and the small judgments that all of them share.

Where the interval of a difference holds zero, the sentences say that two configurations cannot be told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass

from analytics import notation
from analytics.accuracy import newcombe
from analytics.frontier import Frontier, Pair, Point
from analytics.points import Located, is_located

Labels = dict[str, str]
Compare = Callable[[str, str], Pair | None]
"""Gives the paired comparison b against a of two configuration ids; without it, differences come from the two separate intervals."""


@dataclass(frozen=True)
class Words:
    """How sentences speak of one objective."""

    noun: str
    each: str
    """Follows an amount: `$0.0058 a task`."""
    gets: str
    more: str
    """Follows `22 times`."""
    as_much: str
    """Holds `{}` for a ratio above 1: `costs {} times as much`."""
    less: str
    """Holds `{}` for a ratio above 1: `costs {} times less`."""
    lowest: str


_COST = Words("cost", " a task", "gets", "the money", "costs {} times as much", "costs {} times less", "cheapest")
_TIME = Words("time", " a task", "gets", "the time", "takes {} times as long", "is {} times faster", "fastest")
WORDS = {
    "cost_usd": _COST,
    "cost_per_success_usd": Words(
        "cost per success", " a success", "gets", "the money", "costs {} times as much", "costs {} times less", "cheapest"
    ),
    "latency_s": _TIME,
    "latency_p50_s": Words("median time", " a task (median)", "gets", "the time", _TIME.as_much, _TIME.less, "fastest"),
    "latency_p95_s": Words("time (p95)", " a task (p95)", "gets", "the time", _TIME.as_much, _TIME.less, "fastest"),
    "tokens": Words(
        "token use", " tokens a task", "get", "the tokens", "uses {} times the tokens", "uses {} times fewer tokens", "thriftiest"
    ),
    "turns": Words("turn count", " turns a task", "get", "the turns", "takes {} times the turns", "takes {} times fewer turns", "shortest"),
}


@dataclass(frozen=True)
class Gap:
    """Difference in accuracy b − a as a fraction, with its 95% interval."""

    estimate: float
    low: float
    high: float
    is_paired: bool

    @property
    def is_decided(self) -> bool:
        """True if the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def text(self) -> str:
        """Write it for a parenthesis: `−2.8 points, −11.0 to +5.4`."""
        return f"{notation.points(self.estimate, unit='points')}, {notation.interval(self.low, self.high, signed=True)}"


def difference(a: Point, b: Point, compare: Compare | None = None) -> Gap | None:
    """Return the difference in accuracy of b against a: paired on common tasks if `compare` can, else from the two intervals.

    Without `compare` the two are taken as measured apart (`newcombe`): on common tasks that is mostly too wide, so it can miss a
    difference but seldom invents one. None: an interval is unknown.
    """
    pair = compare(a.configuration, b.configuration) if compare else None
    if pair is not None:
        found = _whole(pair.accuracy_difference, pair.accuracy_difference_low, pair.accuracy_difference_high)
        if found is not None:
            return Gap(*found, pair.is_paired)
    of_a, of_b = _whole(a.accuracy, a.accuracy_low, a.accuracy_high), _whole(b.accuracy, b.accuracy_low, b.accuracy_high)
    if of_a is None or of_b is None:
        return None
    low, high = newcombe(of_a, of_b)
    return Gap(of_b[0] - of_a[0], low, high, is_paired=False)


def _whole(estimate: float | None, low: float | None, high: float | None) -> tuple[float, float, float] | None:
    """Return a number with both ends of its interval, None if one of the three is unknown."""
    if notation.is_known(estimate) and notation.is_known(low) and notation.is_known(high):
        return estimate, low, high
    return None


def ranked(frontier: Frontier) -> list[Located]:
    """Return the configurations that take part in the ranking, in the frontier's order."""
    return [p for p in frontier.points if p.excluded is None and is_located(p)]


def fitting(points: list[Located], max_cost: float | None = None, max_latency: float | None = None) -> list[Located]:
    """Return the points within both limits; what is unknown is not known to fit."""

    def fits(value: float | None, limit: float | None) -> bool:
        return limit is None or (notation.is_known(value) and value <= limit)

    return [p for p in points if fits(p.cost_usd, max_cost) and fits(p.latency_s, max_latency)]


def limit_text(max_cost: float | None, max_latency: float | None) -> str:
    """Write the limits in force.

    >>> limit_text(5.0, None), limit_text(5.0, 60.0)
    ('$5.00', '$5.00 and 60 s')
    """
    limits = [notation.usd(max_cost)] if max_cost is not None else []
    return notation.join(limits + ([notation.seconds(max_latency)] if max_latency is not None else []))


def winner(frontier: Frontier, within: list[Located]) -> Located:
    """Return the best of the points that fit: the frontier's own choice if it is among them."""
    chosen = frontier.best_under_limits["configuration"] if frontier.best_under_limits else None
    return next((p for p in within if p.configuration == chosen), max(within, key=lambda p: (p.accuracy, -p.x)))
