"""What several attempts at a task buy: pass@k, pass^k, majority@k."""

import argparse

from analytics import notation
from commands import text
from commands.inputs import Inputs, add_selection, inputs, without_attempts

NAME = "attempts"
HELP = "what several attempts buy: pass@k, pass^k, majority@k"

MOST_ATTEMPTS = 10_000


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command, has_weights=False)
    command.add_argument("--k", type=_numbers, default=(1, 2, 4), metavar="LIST", help="numbers of attempts, as 1,2,4")


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return every configuration at every number of attempts."""
    with inputs(options) as given:
        return _answered(options, given)


def _answered(options: argparse.Namespace, given: Inputs) -> tuple[dict, str]:
    from analytics.attempts import attempts_at
    from analytics.attempts_words import reading, title

    details, labels = given.details(options.tasks), given.found.labels
    if details.attempts.empty:
        return without_attempts(given, " `returns --knob reflection_depth` shows what a second attempt gains where rows tell.")
    curves = attempts_at(details.attempts, options.k, n_bootstrap=options.bootstrap, seed=options.seed)
    fields = {
        "benchmark": given.found.benchmark,
        "other_benchmarks": list(given.found.other_benchmarks),
        "configurations": [_fields(curve, labels) for curve in curves],
        "reading": [f"{p.head} {p.text}".strip() for p in reading(curves, labels)],
    }
    rows: list[tuple[str, ...]] = [("configuration", "k", "tasks", "pass@k", "pass^k", "majority@k")]
    for curve in curves:
        majority = curve.majority_each if curve.majority_each is not None else [None] * len(curve.ks)
        rows += [
            (labels[curve.configuration], str(k), str(n), *(notation.percent(None if v is None else float(v)) for v in values))
            for k, n, *values in zip(curve.ks, curve.n_tasks, curve.pass_at_each, curve.pass_hat_each, majority, strict=True)
        ]
    lines = [f"Benchmark {given.found.benchmark}", title(curves, labels), "", text.table(rows), "", *fields["reading"]]
    return fields, "\n".join(lines)


def _fields(curve, labels: dict[str, str]) -> dict:
    def by_k(values) -> dict | None:
        return None if values is None else {str(k): v for k, v in zip(curve.ks, values, strict=True)}

    bands = ("pass_at", "pass_hat", "majority_at", "cost_usd", "latency_s", "parallel_latency_s", "tokens")
    return {
        "configuration": labels[curve.configuration],
        "n_tasks": by_k(curve.n_tasks),
        "pass_at": by_k(curve.pass_at_each),
        "pass_hat": by_k(curve.pass_hat_each),
        "majority_at": by_k(curve.majority_each),
        "no_majority_reason": curve.no_majority_reason,
        "curve": {
            "largest_k": curve.largest_k,
            "n_tasks": curve.n_curve_tasks,
            **{
                name: None
                if (band := getattr(curve, name)) is None
                else {key: by_k(getattr(band, key)) for key in ("value", "low", "high")}
                for name in bands
            },
        },
        "e3_percent": None if curve.effort is None else curve.effort.e3_percent,
        "n_attempts": curve.n_attempts,
        "reason": curve.reason,
        "flags": list(curve.flags),
    }


def _numbers(words: str) -> tuple[int, ...]:
    """Return numbers of attempts, rising and each once."""
    numbers = [word.strip() for word in words.split(",")]
    if not all(n.isdecimal() and len(n) < 6 and 1 <= int(n) <= MOST_ATTEMPTS for n in numbers):
        raise argparse.ArgumentTypeError(f"{words} is not a list of whole numbers from 1 to {MOST_ATTEMPTS:,}")
    return tuple(sorted({int(n) for n in numbers}))
