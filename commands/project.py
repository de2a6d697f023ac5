"""What it will cost: every configuration at a volume, with caps, rounds, cache hits and batch discount, by API and on own GPUs."""

import argparse
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics import notation
from commands import text
from commands.inputs import ArgumentsError, Inputs, add_selection, inputs, positive

if TYPE_CHECKING:
    from analytics.hardware import Gpu

NAME = "project"
HELP = "what it will cost: bill, time, energy and own GPUs at a volume and under other settings"

CAPS = {"turns": "cap", "usd": "budget_usd"}
"""Unit of `--cap` → name in the position."""
OWN = ("gpus", "batch", "utilisation", "usd_per_hour", "pue", "usd_per_kwh", "grid_g_per_kwh")


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_selection(command)
    command.add_argument("--volume", type=positive, required=True, metavar="N", help="tasks per day")
    command.add_argument("--cap", action="append", default=[], type=_cap, metavar="UNIT=N", help="turns=12 or usd=0.50 per task")
    command.add_argument("--reflections", type=_whole(0), metavar="N", help="rounds of reflection that are kept")
    command.add_argument("--samples", type=_whole(1), metavar="K", help="attempts that vote on each task")
    command.add_argument(
        "--cache-hit", type=_number(0, 1), metavar="SHARE", help="share of the input read from the cache; default: as logged"
    )
    command.add_argument(
        "--batch-discount", type=_number(0, 1), nargs="?", const=1.0, metavar="SHARE", help="share of the tasks at half price; alone: all"
    )
    command.add_argument(
        "--monthly-budget", type=positive, metavar="USD", help="chance to exceed it, and the least accuracy lost to meet it"
    )
    command.add_argument("--max-latency", type=positive, metavar="S", help="seconds per task, by API and on own GPUs")
    command.add_argument("--min-accuracy", type=_number(0, 1), metavar="SHARE")
    own = command.add_argument_group("own GPUs")
    own.add_argument("--gpu", metavar="NAME", help="a GPU of the table, as H100-SXM")
    own.add_argument("--model", metavar="NAME", help="open model to serve where a configuration's own is not in the table")
    own.add_argument("--gpus", type=_whole(1), metavar="N", help="GPUs of one replica; default: as many as hold the largest model")
    own.add_argument("--batch", type=_number(1, 4096), metavar="N", help="requests that decode together")
    own.add_argument("--utilisation", type=_number(0.01, 1), metavar="SHARE", help="share of the time in which replicas are full")
    own.add_argument("--usd-per-hour", type=_number(0, 1e6), metavar="USD", help="price of a GPU hour; default: the table's")
    own.add_argument("--pue", type=_number(1, 10), metavar="X", help="power of the building over that of its machines")
    own.add_argument("--usd-per-kwh", type=_number(0, 100), metavar="USD", help="electricity on top of the GPU hour")
    own.add_argument("--grid", type=_number(0, 5000), metavar="G", help="gCO2e per kWh")
    own.add_argument("--simulate", action="store_true", help="let the logged calls arrive at random on the fleet: p95, knee, highest load")


def answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return every configuration at the settings."""
    from analytics.hardware import gpu
    from data import hardware

    gpus, models = hardware.gpus(), hardware.models()
    on = gpu(gpus, _named(options.gpu, list(gpus["gpu"]), "GPU")) if options.gpu else None
    stand_in = _named(options.model, list(models["model"]), "model") if options.model else None
    with inputs(options) as given:
        return _answered(options, given, on, stand_in)


def _answered(options: argparse.Namespace, given: Inputs, on: "Gpu | None", stand_in: str | None) -> tuple[dict, str]:
    from analytics.break_even import cheapest_fleet, own_against_api
    from analytics.break_even_words import fleet_words
    from analytics.frontier import frontier
    from analytics.power import fleet_power
    from analytics.projection import baseline, least_lost, points, project
    from analytics.projection_words import reading, title
    from analytics.served import served
    from data import hardware

    found, details, labels = given.found, given.details(options.tasks), given.found.labels
    front = frontier(
        found.cells, found.latencies, weights=options.weights, tasks=options.tasks, n_bootstrap=options.bootstrap, seed=options.seed
    )
    names = {str(k): v for k, v in found.configurations["canonical_model"].items()}
    models = served(names, hardware.models(), stand_in=stand_in)
    fields = points(front, details, models=models, rates=_rates(found))
    start = baseline(fields, volume=options.volume, gpu=on)
    position = start | _moved(options)
    result = project(front, fields, position, start, budget_usd_per_month=options.monthly_budget)
    uncut = position | {key: start[key] for key in ("cap", "budget_usd", "reflections")}
    way = None if options.monthly_budget is None else least_lost(fields, uncut, options.monthly_budget)
    places = {each.configuration: k for k, each in enumerate(result.now)}
    against = [own_against_api(fields, position, k) for k in range(len(places))] if on else [None] * len(places)
    chosen = places.get(str(result.chosen))
    power = plan = load = None
    if chosen is not None and on is not None:
        power = fleet_power(fields, position, chosen)
        plan = cheapest_fleet(fields, position, chosen, max_latency_s=options.max_latency)
        load = _load(result, position, models, on, details) if options.simulate else None
    paragraphs = reading(
        result, labels, way=way, asked_usd=options.monthly_budget, own=None if chosen is None else against[chosen], power=power
    )
    sentences = [f"{p.head} {p.text}".strip() for p in paragraphs]
    sentences += [f"Cheapest fleet for this load: {fleet_words(plan)}"] if plan is not None else []
    sentences += [load.pop("words")] if load is not None else []
    answered = {
        "benchmark": found.benchmark,
        "other_benchmarks": list(found.other_benchmarks),
        "volume": options.volume,
        "settings": {key: position[key] for key in result.changed},
        "own_gpus": None if on is None else {"gpu": on.name} | {key: position[key] for key in OWN},
        "configurations": [_fields(now, was, own, labels) for now, was, own in zip(result.now, result.logged, against, strict=True)],
        "on_frontier": [labels[name] for name in result.on_frontier],
        "chosen": labels.get(str(result.chosen)),
        "nearest": labels.get(str(result.nearest)),
        "least_lost": None if way is None else _way(way, result, labels),
        "cheapest_fleet": None if plan is None else vars(plan),
        "load": load,
        "price_book": found.price_book,
        "reading": sentences,
    }
    lines = [f"Benchmark {found.benchmark}, {notation.count(options.volume)} tasks a day", title(result, labels), "", _table(answered), ""]
    return answered, "\n".join([*lines, *sentences])


def _moved(options: argparse.Namespace) -> dict[str, float]:
    """Return what the arguments set."""
    given = {
        "reflections": options.reflections,
        "samples": options.samples,
        "cache_hit": options.cache_hit,
        "batch_share": options.batch_discount,
        "max_usd_per_month": options.monthly_budget,
        "max_latency_s": options.max_latency,
        "min_accuracy": options.min_accuracy,
        "gpus": options.gpus,
        "batch": options.batch,
        "utilisation": options.utilisation,
        "usd_per_hour": options.usd_per_hour,
        "pue": options.pue,
        "usd_per_kwh": options.usd_per_kwh,
        "grid_g_per_kwh": options.grid,
    }
    return {name: float(value) for name, value in [*given.items(), *options.cap] if value is not None}


def _rates(found) -> dict[str, tuple[float, float, float, float]]:
    """Return the newest list prices of every model that the price book has."""
    from data import prices

    rates = {}
    for configuration, model, provider in found.configurations[["canonical_model", "provider"]].itertuples():
        name, at = (value if isinstance(value, str) else None for value in (model, provider))
        rate = prices.rate(name, at, None, None) if name else None
        if rate is not None:
            rates[str(configuration)] = (rate.input, rate.cache_read, rate.cache_write, rate.output)
    return rates


def _fields(now, was, own, labels: dict[str, str]) -> dict:
    numbers = (
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "is_bound",
        "cost_per_success_usd",
        "latency_s",
        "latency_p50_s",
        "latency_p95_s",
    )
    hosted = None
    if own is not None and own.own_usd_per_month is not None:
        hosted = {
            "usd_per_month": own.own_usd_per_month,
            "gpus_needed": own.gpus_needed,
            "break_even_tasks_per_day": own.break_even_tasks_per_day,
            "cheaper_for_good_above_tasks_per_day": own.for_good_tasks_per_day,
            "latency_s": own.own_latency_s,
            "cheaper": own.cheaper,
            "reason": own.reason,
        }
    return {
        "configuration": labels[now.configuration],
        "cost_usd_per_task": now.cost_usd,
        "cost_usd_per_month": now.usd_per_month,
        "low": now.usd_per_month_low,
        "high": now.usd_per_month_high,
        **{name: getattr(now, name) for name in numbers},
        "energy_wh_per_task": now.energy_wh,
        "gpu_wh_per_task": now.gpu_wh,
        "power_w": now.power_w,
        "co2e_kg_per_month": now.co2e_kg_per_month,
        "p_over_budget": now.p_over_budget,
        "p_over_budget_basis": now.p_over_budget_basis,
        "is_feasible": now.is_feasible,
        "self_hosted": hosted,
        "fits_memory": now.fits_memory,
        "gpus_to_fit": now.gpus_to_fit,
        "logged": {"cost_usd_per_task": was.cost_usd, "cost_usd_per_month": was.usd_per_month}
        | {name: getattr(was, name) for name in ("accuracy", "latency_s", "latency_p95_s")},
        "reasons": now.reasons,
    }


def _way(way, result, labels: dict[str, str]) -> dict:
    moved = {key: way.position[key] for key in ("cap", "budget_usd", "reflections") if way.position[key] < result.position[key]}
    return {
        "configuration": labels[result.now[way.place].configuration],
        "settings": moved,
        "accuracy": way.accuracy,
        "cost_usd_per_month": way.usd_per_month,
        "is_met": way.is_met,
    }


def _load(result, position: dict[str, float], models: dict, on, details) -> dict | None:
    """Return p95 against load for the chosen configuration on the fleet that its volume needs; None where that is unknown."""
    from analytics.break_even_words import load_words
    from analytics.calls import sequences
    from analytics.fleet import fleet, load_curve, simulate

    chosen = result.by_id(result.chosen)
    calls = sequences(details.turns, details.times, chosen.configuration, cap=position["cap"])
    if calls is None or chosen.gpus_needed is None or chosen.configuration not in models:
        return None
    replicas = round(chosen.gpus_needed / position["gpus"])
    served = fleet(calls, on, models[chosen.configuration], replicas=replicas, gpus=position["gpus"])
    if served is None:
        return None
    limit = position["max_latency_s"]
    curve = load_curve(calls, served, max_p95_s=limit if math.isfinite(limit) else None)
    run = simulate(calls, served, position["volume"] / 24)
    return {
        "replicas": replicas,
        "tasks_per_hour": run.tasks_per_hour,
        "p95_s": run.p95_s,
        "is_sustained": run.is_sustained,
        **{name: getattr(curve, name) for name in ("capacity_per_hour", "knee_per_hour", "sustained_per_hour", "reason")},
        "curve": [
            {"tasks_per_hour": load, "p50_s": p50, "p95_s": p95, "is_sustained": held}
            for load, p50, p95, held in zip(curve.tasks_per_hour, curve.p50_s, curve.p95_s, curve.is_sustained, strict=True)
        ],
        "words": load_words(curve, run),
    }


def _table(answered: dict) -> str:
    rows = [("configuration", "accuracy", "a task", "a month", "95%", "p95", "own GPUs a month", "GPUs", "breaks even at")]
    for each in answered["configurations"]:
        own = each["self_hosted"] or {}
        rows.append(
            (
                each["configuration"],
                f"{'≥ ' if each['is_bound'] and each['accuracy'] is not None else ''}{notation.percent(each['accuracy'])}",
                notation.usd(each["cost_usd_per_task"]),
                notation.usd(each["cost_usd_per_month"]),
                notation.span(each["low"], each["high"]),
                notation.seconds(each["latency_p95_s"]),
                notation.usd(own.get("usd_per_month")),
                notation.count(own.get("gpus_needed")),
                notation.count(own.get("break_even_tasks_per_day")),
            )
        )
    return text.table(rows)


def _named(asked: str, names: list[str], noun: str) -> str:
    """Return the one name of a table that begins as asked, whatever its spaces and dashes; vendors may be left out."""

    def bare(name: str) -> str:
        return re.sub(r"[^a-z0-9.]", "", name.lower())

    wanted = bare(asked)
    exact = [name for name in names if wanted in (bare(name), bare(name.rpartition("/")[2]))]
    found = exact or [name for name in names if bare(name).startswith(wanted) or bare(name.rpartition("/")[2]).startswith(wanted)]
    if len(found) == 1 and wanted:
        return found[0]
    raise ArgumentsError(
        f"{'Several' if found else 'No'} {noun}{'s are' if found else ' is'} called {asked}; there are: {', '.join(found or names)}."
    )


def _cap(words: str) -> tuple[str, float]:
    unit, sign, number = words.partition("=")
    if not sign or unit.strip() not in CAPS:
        raise argparse.ArgumentTypeError(f"{words} is not turns=N or usd=N")
    return CAPS[unit.strip()], positive(number)


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(words: str) -> float:
        value = float(words)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{words} is not a number from {low:g} to {high:g}")
        return value

    return read


def _whole(low: int) -> Callable[[str], int]:
    def read(words: str) -> int:
        if not (words.isdecimal() and len(words) < 6 and int(words) >= low):
            raise argparse.ArgumentTypeError(f"{words} is not a whole number from {low} on")
        return int(words)

    return read
