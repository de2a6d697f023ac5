"""What a cap would have saved, and what it would have lost: replayed from finished runs."""

import argparse

from analytics import notation
from commands import text
from commands.inputs import Inputs, add_selection, inputs, without_attempts

NAME = "caps"
HELP = "what a cap on turns, tokens, tool calls, seconds or dollars would have saved and lost"

UNITS = ("turns", "tokens", "tool_calls", "seconds", "usd")


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command, has_weights=False)
    command.add_argument("--unit", choices=UNITS, default="turns", help="what is capped")
    command.add_argument(
        "--at", type=_places, default=("p50", "p75", "p90"), metavar="LIST", help="caps: numbers and percentiles, as p50,p75,20"
    )
    command.add_argument(
        "--basis", choices=("exact", "prorated"), help="costs of steps, or the attempt's cost by its share; default: exact where known"
    )


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return every configuration under every cap."""
    with inputs(options) as given:
        return _answered(options, given)


def _answered(options: argparse.Namespace, given: Inputs) -> tuple[dict, str]:
    from analytics.caps import caps
    from analytics.caps_words import headline, reading, title
    from analytics.extensions import dynamic_caps
    from analytics.replay import written
    from analytics.waste import waste

    details, labels = given.details(options.tasks), given.found.labels
    if details.attempts.empty:
        return without_attempts(given)
    result = caps(
        details.attempts, details.ladders(options.unit), options.unit, options.at, basis=options.basis,
        n_bootstrap=options.bootstrap, seed=options.seed,
    )  # fmt: skip
    best = headline(result)
    dynamic, wasted = (), None
    if best is not None:  # extensions and waste are told of the configuration that the title speaks of
        own, ladder = (f[f["configuration"] == best.configuration] for f in (details.attempts, details.ladders(options.unit)))
        resampling = {"n_bootstrap": options.bootstrap, "seed": options.seed}
        dynamic = dynamic_caps(own, ladder, options.unit, basis=options.basis, **resampling)
        wasted = next(iter(waste(own, details.useful, **resampling)), None)
    paragraphs = reading(result, labels, dynamic=dynamic, waste=wasted)
    fields = {
        "benchmark": given.found.benchmark,
        "other_benchmarks": list(given.found.other_benchmarks),
        "caps": [{**vars(cap), "configuration": labels[cap.configuration]} for cap in result],
        "dynamic": [{**vars(each), "configuration": labels[each.configuration]} for each in dynamic],
        "waste": None if wasted is None else {**vars(wasted), "configuration": labels[wasted.configuration]},
        "reading": [f"{p.head} {p.text}".strip() for p in paragraphs],
    }
    rows: list[tuple[str, ...]] = [("configuration", "cap", "accuracy", "without", "lost", "cost", "saves", "basis")]
    rows += [
        (
            labels[cap.configuration],
            cap.cap if cap.cap_value is None else f"{cap.cap} = {written(cap.cap_value, cap.unit)}" if cap.cap.startswith("p") else cap.cap,
            f"{'≥ ' if cap.censored and cap.accuracy is not None else ''}{notation.percent(cap.accuracy)}",
            notation.percent(cap.baseline_accuracy),
            "–" if cap.n_lost is None else str(cap.n_lost),
            notation.usd(cap.cost_usd),
            notation.percent(cap.saving),
            cap.basis or "–",
        )
        for cap in result
    ]
    lines = [f"Benchmark {given.found.benchmark}, cap in {options.unit.replace('_', ' ')}", title(result, labels), "", text.table(rows)]
    return fields, "\n".join([*lines, "", *fields["reading"]])


def _places(words: str) -> tuple[str | float, ...]:
    """Return caps as they are named: `p75` is a percentile, anything else a number."""
    places: list[str | float] = []
    for word in words.split(","):
        number = word.strip().removeprefix("p")
        try:
            value = float(number)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{word} is neither a number nor a percentile as p75") from None
        is_percentile = word.strip().startswith("p")
        if not 0 <= value < float("inf") or (is_percentile and value > 100):
            raise argparse.ArgumentTypeError(f"{word} is not a cap")
        places.append(word.strip() if is_percentile else value)
    return tuple(places)
