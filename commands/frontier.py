"""What accuracy costs: the nondominated configurations."""

import argparse
import json

from commands import text
from commands.inputs import ArgumentsError, Inputs, add_selection, inputs, positive
from data.frames import Evidence

NAME = "frontier"
HELP = "what accuracy costs: the nondominated configurations"

X_MEASURES = ("cost_usd", "cost_per_success_usd", "latency_s", "latency_p50_s", "latency_p95_s", "tokens", "turns")


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command)
    command.add_argument("--x", choices=X_MEASURES, default="cost_usd", help="what accuracy is set against")
    command.add_argument("--objectives", help="accuracy and one or two measures, as accuracy,cost_usd,latency_s")
    command.add_argument("--max-cost", type=positive, metavar="USD", help="budget per attempt")
    command.add_argument("--max-latency", type=positive, metavar="S", help="seconds per attempt")
    command.add_argument("--volume", type=positive, metavar="N", help="tasks per day, for the cost per month")


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return the frontier of files, folders or datasets."""
    with inputs(options) as given:
        return _answered(options, given)


def _answered(options: argparse.Namespace, given: Inputs) -> tuple[dict, str]:
    from analytics.frontier import compare, frontier
    from analytics.reading import frontier_reading
    from analytics.titles import frontier_title

    found = given.found
    objectives = tuple(options.objectives.split(",")) if options.objectives else ("accuracy", options.x)
    if objectives[0] != "accuracy" or not set(objectives[1:]) <= set(X_MEASURES) or not 1 <= len(objectives) - 1 <= 2:
        raise ArgumentsError(f"--objectives is accuracy and one or two of {', '.join(X_MEASURES)}.")
    result = frontier(
        found.cells,
        found.latencies,
        objectives=objectives,
        weights=options.weights,
        tasks=options.tasks,
        max_cost=options.max_cost,
        max_latency=options.max_latency,
        n_bootstrap=options.bootstrap,
        seed=options.seed,
    )
    limits = {"max_cost": options.max_cost, "max_latency": options.max_latency}

    def compared(a: str, b: str):
        return compare(
            found.cells,
            found.latencies,
            a,
            b,
            weights=options.weights,
            tasks=options.tasks,
            n_bootstrap=options.bootstrap,
            seed=options.seed,
        )

    paragraphs = frontier_reading(result, found.labels, compare=compared, **limits)
    fields = _fields(result, found, options.volume)
    fields["reading"] = [f"{p.head} {p.text}".strip() for p in paragraphs]
    others = f" · also: {', '.join(found.other_benchmarks)} (--benchmark)" if found.other_benchmarks else ""
    lines = [f"Benchmark {found.benchmark}, {len(result.coverage.tasks) or 'published'} tasks{others}"]
    lines += [frontier_title(result, found.labels, compare=compared, **limits), "", _table(fields), "", *fields["reading"]]
    return fields, "\n".join(lines)


def _fields(result, found: Evidence, volume: float | None) -> dict:
    label = found.labels
    best = result.best_under_limits
    return {
        "benchmark": found.benchmark,
        "other_benchmarks": list(found.other_benchmarks),
        "tasks": {
            "mode": result.coverage.mode,
            "common": len(result.coverage.tasks),
            "total": result.coverage.total,
            "set_aside": [{"configuration": label[key], "reason": reason} for key, reason in sorted(result.coverage.set_aside.items())],
        },
        "weights": result.weights,
        "objectives": list(result.objectives),
        "n_bootstrap": result.n_bootstrap,
        "seed": result.seed,
        "price_book": found.price_book,
        "configurations": [_point_fields(point, found, volume) for point in result.points],
        "hypervolume": result.hypervolume,
        "hypervolume_low": result.hypervolume_low,
        "hypervolume_high": result.hypervolume_high,
        "hypervolume_box": result.hypervolume_box,
        "best_under_limits": {"configuration": label[best["configuration"]], "p_best": best["p_best"]} if best else None,
        "read_outs": {
            "best_at_cost": label.get(result.best_at_cost),
            "cheapest_at_accuracy": label.get(result.cheapest_at_accuracy),
        },
        "excluded": [{"configuration": label[p.configuration], "reason": p.excluded} for p in result.points if p.excluded],
        "empty_reason": result.empty_reason,
    }


def _point_fields(point, found: Evidence, volume: float | None) -> dict:
    from analytics.cost import monthly

    known = found.configurations.loc[point.configuration]
    return {
        "configuration": found.labels[point.configuration],
        **{key: known[key] for key in ("model", "canonical_model", "agent", "effort")},
        "knobs": json.loads(known["knobs"]),
        **{key: getattr(point, key) for key in ("n_tasks", "n_attempts", "n_errors", "n_limit", "n_infra", "n_cancelled")},
        **{key: getattr(point, key) for key in ("accuracy", "accuracy_low", "accuracy_high", "accuracy_if_limits_had_succeeded")},
        **{key: getattr(point, key) for key in ("cost_usd", "cost_low", "cost_high", "cost_source", "cost_known_share")},
        **{key: getattr(point, f"{key}") for key in ("cost_per_success_usd", "cost_per_success_low", "cost_per_success_high")},
        **{key: getattr(point, key) for key in ("latency_s", "latency_p50_s", "latency_p95_s")},
        "latency_basis": known["latency_basis"],
        "tokens": point.tokens,
        "token_basis": known["token_basis"],
        "turns": point.turns,
        "aux": {"tokens": point.aux_tokens, "cost_usd": point.aux_cost_usd},
        **({} if volume is None else {"cost_usd_per_month": monthly(point.cost_usd, volume)}),
        **{key: getattr(point, key) for key in ("on_frontier", "on_hull", "is_knee", "p_on_frontier", "state")},
        "dominated_by": [found.labels[key] for key in point.dominated_by],
        "tasks_to_decide": point.tasks_to_decide,
        "flags": [*point.flags, *found.flags.get(point.configuration, [])],
    }


def _table(fields: dict) -> str:
    from analytics import notation

    x = fields["objectives"][1]
    show = {"cost_usd": notation.usd, "cost_per_success_usd": notation.usd}.get(
        x, notation.seconds if x.startswith("latency") else notation.count
    )
    rows: list[tuple[str, ...]] = [("state", "configuration", "accuracy", "95%", x, "P(on frontier)")]
    month = any("cost_usd_per_month" in c for c in fields["configurations"])
    if month:
        rows[0] += ("a month",)
    for c in fields["configurations"]:
        interval = notation.interval(c["accuracy_low"], c["accuracy_high"])
        rows.append(
            (
                c["state"] or "excluded",
                c["configuration"],
                notation.percent(c["accuracy"]),
                interval,
                show(c[x]),
                notation.probability(c["p_on_frontier"]),
                *([notation.large_usd(c["cost_usd_per_month"])] if month else []),
            )
        )
    return text.table(rows, n_names=2)
