"""Where time, tokens and money of a run go."""

import argparse

from analytics import notation
from commands import text
from commands.inputs import Inputs, add_selection, inputs, without_attempts

NAME = "anatomy"
HELP = "where time, tokens and money of a run go"


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command, has_weights=False)


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return what the attempts of every configuration are made of."""
    with inputs(options) as given:
        return _answered(options, given)


def _answered(options: argparse.Namespace, given: Inputs) -> tuple[dict, str]:
    from analytics.anatomy import TOGETHER, anatomy, expensive_failures, together
    from analytics.anatomy_words import reading, title
    from analytics.cache import cache_economics
    from analytics.survival import survival
    from analytics.tails import tails

    details = given.details(options.tasks)
    if details.attempts.empty:
        return without_attempts(given)
    labels = {**given.found.labels, TOGETHER: "all together"}
    frames, resampling = (details.attempts, details.times, details.turns), {"n_bootstrap": options.bootstrap, "seed": options.seed}
    results, whole = anatomy(*frames, **resampling), together(*frames, **resampling)
    said = reading(
        whole,
        tails=tails(details.attempts, **resampling),
        failures=expensive_failures(details.attempts),
        survivals=survival(details.failures, details.conditioning, **resampling),
        caches=cache_economics(details.attempts, **resampling),
        labels=labels,
    )
    paragraphs = [f"{p.head} {p.text}".strip() for p in said]
    rows: list[tuple[str, ...]] = [
        ("configuration", "n", "LLM s", "tool s", "idle s", "calls", "tools", "growth", "on failures", "unresolved / resolved tokens")
    ]
    rows += [
        (
            labels[each.configuration],
            str(each.n_attempts),
            *(notation.seconds(v) for v in (each.llm_s, each.tool_s, each.idle_s)),
            *(notation.decimal(v) for v in (each.llm_calls, each.tool_calls, each.growth_exponent)),
            notation.percent(each.cost_on_failures),
            notation.ratio(each.unresolved_over_resolved_tokens),
        )
        for each in [*results, whole]
    ]
    answered = {
        "benchmark": given.found.benchmark,
        "other_benchmarks": list(given.found.other_benchmarks),
        "configurations": [{**vars(each), "configuration": labels[each.configuration]} for each in results],
        "together": {**vars(whole), "configuration": None},
        "reading": paragraphs,
    }
    lines = [f"Benchmark {given.found.benchmark}", title(whole), "", text.table(rows), "", *paragraphs]
    return answered, "\n".join(lines)
