"""When a one-off cost has paid for itself: fine-tuning, demonstrations, an evaluation."""

import argparse
import math

from analytics import notation
from commands import text
from commands.inputs import positive

NAME = "break-even"
HELP = "after how many runs a one-off cost has paid for itself"


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    command.add_argument("--once", type=_cost, required=True, metavar="USD", help="paid once")
    command.add_argument("--old", type=_cost, required=True, metavar="USD", help="a run before")
    command.add_argument("--new", type=_cost, required=True, metavar="USD", help="a run after")
    command.add_argument("--volume", type=positive, metavar="N", help="runs per day: adds a month and a year")


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return when it has paid, and what is saved by then and later."""
    from analytics.break_even import MILESTONES, one_off
    from analytics.break_even_words import amount, break_even_words
    from analytics.cost import MONTH_DAYS

    spans = {} if options.volume is None else {"a month": MONTH_DAYS, "a year": 12 * MONTH_DAYS}
    runs = {name: days * options.volume for name, days in spans.items()}
    found = one_off(options.once, options.old, options.new, at=(*MILESTONES, *runs.values()))
    days = None if options.volume is None or found.break_even_runs is None else found.break_even_runs / options.volume
    fields = {
        "break_even_runs": found.break_even_runs,
        "break_even_days": days,
        "saving_at": {f"{n:.12g}": found.saving_at[n] for n in MILESTONES},
        "saving_in": {name.removeprefix("a "): found.saving_at[n] for name, n in runs.items()} or None,
        "reason": found.reason,
    }
    named = [(f"{amount(n)} runs", n) for n in MILESTONES] + list(runs.items())
    rows = [("after", "saved"), *((name, notation.usd(found.saving_at[n])) for name, n in named)]
    sentence = break_even_words(found, options.once)
    if days is not None:
        sentence = f"{sentence.removesuffix('.')}, in {notation.plural(math.ceil(days), 'day')}."
    return fields, "\n".join([sentence, "", text.table(rows)])


def _cost(words: str) -> float:
    value = float(words)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{words} is not a cost from 0 on")
    return value
