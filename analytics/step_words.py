"""How sentences speak of one level and one step of a ladder: its knob, its place, its gain with the interval, its price."""

from collections.abc import Sequence

from analytics import notation
from analytics.steps import Segment
from analytics.titles import MAX_TITLE

NAME = "\0"
"""Stands for a name in a title: no name can hold it, since `notation.plain` takes it out."""
NOUNS = {
    "effort": "effort",
    "turns": "turns",
    "max_turns": "turns",
    "tool_calls": "tool calls",
    "tool_budget": "tool calls",
    "tokens": "tokens",
    "token_budget": "tokens",
    "thinking_tokens": "thinking",
    "seconds": "time",
    "usd": "money",
    "cost": "money",
    "samples": "samples",
    "n_samples": "samples",
    "reflection_depth": "reflection",
    "n_agents": "agents",
    "few_shot": "examples",
}
"""Knob → what there is more of along it."""


def noun(knob: str) -> str:
    """Return what there is more of along a knob.

    >>> noun("effort"), noun("n_agents"), noun("my_setting")
    ('effort', 'agents', 'my setting')
    """
    return NOUNS.get(knob, notation.plain(knob).replace("_", " "))


def amount(x_name: str, x: float) -> str:
    """Write a value of x with its unit.

    >>> amount("cost_usd", 0.56), amount("tokens", 57_100), amount("turns", 14), amount("n_agents", 2.5)
    ('$0.56', '57.1 k tokens', '14 turns', '2.5 agents')
    """
    if x_name in ("cost_usd", "usd"):
        return notation.usd(x)
    if x_name in ("latency_s", "seconds"):
        return notation.seconds(x)
    if x_name in ("tokens", "thinking_tokens"):
        return f"{notation.tokens(x)} tokens"
    return f"{notation.decimal(x).removesuffix('.0')} {noun(x_name)}"


def points(fraction: float | None) -> str:
    """Write percentage points without a sign.

    >>> points(-0.105), points(0.01), points(None)
    ('10.5 points', '1.0 point', '–')
    """
    if not notation.is_known(fraction):
        return notation.UNKNOWN
    text = notation.fixed(abs(fraction) * 100, 1)
    return f"{text} point{'' if text == '1.0' else 's'}"


def gain_interval(step: Segment) -> str:
    """Write the interval of a gain in brackets, nothing where there is none."""
    known = notation.is_known(step.d_accuracy_low) and notation.is_known(step.d_accuracy_high)
    return f" ({notation.interval(step.d_accuracy_low, step.d_accuracy_high, signed=True)})" if known else ""


def change(step: Segment) -> str:
    """Write a gain with its interval for a bracket: `+0.3 points, −1.0 to +1.6`."""
    spread = gain_interval(step)
    return notation.points(step.d_accuracy, unit="points") + (f", {spread[2:-1]}" if spread else "")


def price_interval(step: Segment) -> str:
    """Write the interval of the price of a success in brackets; an open end is said."""
    low, high = step.usd_per_success_low, step.usd_per_success_high
    if not notation.is_known(low):
        return ""
    return f" ({notation.usd(low)} to {notation.usd(high)})" if notation.is_known(high) else f" ({notation.usd(low)} or more)"


def price(step: Segment) -> str:
    """Say what each further success costs, as the end of a sentence about a gain."""
    if step.d_cost_usd is None:
        return "; what it costs is unknown"
    if step.usd_per_success is None:
        return ""
    if step.usd_per_success <= 0:
        return ", and costs no more"
    return f", at {notation.usd(step.usd_per_success)} for each further success{price_interval(step)}"


def extra_cost(step: Segment) -> str:
    """Say what a step costs more, as the end of a sentence; nothing where that is unknown or nothing."""
    if step.d_cost_usd is None or step.d_cost_usd <= 0:
        return ""
    return f", for {notation.usd(step.d_cost_usd)} more a task"


def at(level: str, name: str = NAME) -> str:
    """Put the word before a level's name that goes with it.

    >>> at("high", "high"), at("first answer", "first answer"), at("after 1 reflection", "after 1 reflection")
    ('at high', 'at the first answer', 'after 1 reflection')
    """
    if level.startswith("after "):
        return name
    return f"at the {name}" if level == "first answer" else f"at {name}"


def at_level(level: str) -> str:
    """Write where a level is, for a sentence."""
    return at(level, notation.plain(level))


def filled(template: str, names: Sequence[str]) -> str:
    """Fill names in where `NAME` stands, in their order; cut in the middle where the title would be too long.

    >>> filled(f"{NAME} leads {NAME}", ["a", "b{}"])
    'a leads b{}'
    """
    plain = [notation.plain(name) for name in names]
    pieces = template.split(NAME)

    def text(width: int) -> str:
        shown = [*(notation.shorten(name, width) for name in plain), ""]
        return "".join(piece + name for piece, name in zip(pieces, shown, strict=True))

    widths = range(max(map(len, plain), default=4), 3, -1)
    return next((found for found in map(text, widths) if len(found) <= MAX_TITLE), text(4))
