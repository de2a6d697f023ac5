"""Where returns stop: accuracy against what is spent, step by step."""

import argparse

from analytics import notation
from commands import text
from commands.inputs import ArgumentsError, Inputs, add_selection, inputs, positive

NAME = "returns"
HELP = "where returns stop: what each further step of a knob gains and costs"

KNOBS = {"cost": "usd"}
"""Words of the command line → the knob's own name; others are called the same."""


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command)
    command.add_argument(
        "--knob",
        metavar="KNOB",
        help="cost, tokens, turns, tool_calls, seconds, samples, reflection_depth, effort, n_agents, or another setting of the logs;"
        " default: the first that these logs have",
    )
    command.add_argument("--value", type=positive, metavar="USD", help="what one success is worth: says where to stop")


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return the ladders over a knob."""
    with inputs(options) as given:
        return _answered(options, given)


def _answered(options: argparse.Namespace, given: Inputs) -> tuple[dict, str]:
    from analytics import knobs
    from analytics.returns import returns
    from analytics.returns_words import overall_reading, overall_title, reading, title

    found, details = given.found, given.details(options.tasks)
    there = knobs.available(details)
    names = {own: word for word, own in KNOBS.items()}
    knob = KNOBS.get(options.knob, options.knob) if options.knob else next(iter(there), "")
    if knob not in there:
        offered = f"these logs have: {', '.join(names.get(each, each) for each in there)}" if there else "these logs have none"
        raise ArgumentsError(f"There is no ladder over {options.knob or 'anything'}; {offered}.")
    results = [
        returns(each, value_usd=options.value, n_bootstrap=options.bootstrap, seed=options.seed)
        for each in knobs.levels(knob, details, found.labels, weights=options.weights)
    ]
    overall = [f"{p.head} {p.text}".strip() for p in overall_reading(results)]
    lines = [f"Benchmark {found.benchmark}", *([overall_title(results), *overall] if len(results) > 1 else [])]
    for each in results:
        lines += [
            "",
            f"{each.series}, {names.get(knob, knob).replace('_', ' ')}",
            title(each),
            _table(each),
            *(f"{p.head} {p.text}".strip() for p in reading(each)),
        ]
    return {
        "benchmark": found.benchmark,
        "other_benchmarks": list(found.other_benchmarks),
        "knob": names.get(knob, knob),
        "knobs": [names.get(each, each) for each in there],
        "ladders": [_fields(each, reading(each)) for each in results],
        "reading": overall,
    }, "\n".join(lines)


def _fields(result, paragraphs) -> dict:
    fit = result.fit
    return {
        "series": result.series,
        "knob": result.knob,
        "points": [
            {
                "value": point.x if result.x_name == result.knob else point.name,
                "n": point.n_attempts,
                **{key: getattr(point, key) for key in ("name", "accuracy", "low", "high", "cost_usd", "cost_low", "cost_high")},
                **{key: getattr(point, key) for key in ("latency_s", "tokens", "n_tasks")},
            }
            for point in result.points
        ],
        "segments": [
            {"from": s.start, "to": s.end, **{k: v for k, v in vars(s).items() if k not in ("start", "end")}} for s in result.segments
        ],
        "fit": None
        if fit is None
        else {
            **{key: getattr(fit, key) for key in ("form", "parameters", "aicc", "rmse")},
            **{key: getattr(fit, key) for key in ("saturation", "saturation_low", "saturation_high", "half_gain_at")},
        },
        "no_fit_reason": result.no_fit_reason,
        **{key: getattr(result, key) for key in ("peak_at", "stop_at", "stop_basis", "p_stop", "stop_reason", "value_usd")},
        **{key: getattr(result, key) for key in ("n_tasks", "is_bound")},
        "flags": list(result.flags),
        "reading": [f"{p.head} {p.text}".strip() for p in paragraphs],
    }


def _table(result) -> str:
    rows = [("level", "accuracy", "95%", "cost", "time", "a point more costs", "n")]
    steps = [None, *result.segments]
    for point, step in zip(result.points, steps, strict=True):
        rows.append(
            (
                point.name,
                notation.percent(point.accuracy),
                notation.interval(point.low, point.high),
                notation.usd(point.cost_usd),
                notation.seconds(point.latency_s),
                "" if step is None else _price(step),
                str(point.n_attempts),
            )
        )
    return text.table(rows)


def _price(step) -> str:
    if step.verdict != "gain":
        return step.verdict
    return "costs no more" if step.usd_per_point is not None and step.usd_per_point <= 0 else notation.usd(step.usd_per_point)
