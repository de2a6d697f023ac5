"""The same answers without a browser: parses arguments, calls the functions that the pages call, prints."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from data.frames import COST_BASES, Evidence, Selection, SelectionError, evidence
from data.ingest import IngestError, Options, ingest
from data.store import Store, StoreBusy, StoreError

MOST_RESAMPLES = 100_000
DONE, UNREADABLE, STORE_HELD = 0, 2, 3

X_MEASURES = ("cost_usd", "cost_per_success_usd", "latency_s", "latency_p50_s", "latency_p95_s", "tokens", "turns")


class ArgumentsError(Exception):
    """The command line asks for something that does not exist; the text is one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer, words = options.answer(options)
    except StoreBusy as error:
        print(error, file=sys.stderr)
        return STORE_HELD
    except (ArgumentsError, IngestError, SelectionError, StoreError) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    if options.json:
        sys.stdout.write(json.dumps(_known(answer), ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write(words + "\n")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cli.py", description="Tradespace without a browser: what accuracy costs, from the logs you have.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    taking = commands.add_parser("ingest", help="read logs into the store")
    taking.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder: one dataset each")
    taking.add_argument("--name", help="name of the dataset")
    taking.add_argument("--mapping", type=Path, help="JSON file: column of the log → field of Tradespace")
    taking.add_argument("--path", metavar="PATTERN", help="fields from the path, as {benchmark}/{agent}/*")
    taking.set_defaults(answer=ingest_answer)

    front = commands.add_parser("frontier", help="what accuracy costs: the nondominated configurations")
    _add_selection(front)
    front.add_argument("--x", choices=X_MEASURES, default="cost_usd", help="what accuracy is set against")
    front.add_argument("--objectives", help="accuracy and one or two measures, as accuracy,cost_usd,latency_s")
    front.add_argument("--max-cost", type=_positive, metavar="USD", help="budget per attempt")
    front.add_argument("--max-latency", type=_positive, metavar="S", help="seconds per attempt")
    front.add_argument("--volume", type=_positive, metavar="N", help="tasks per day, for the cost per month")
    front.set_defaults(answer=frontier_answer)
    for command in (taking, front):
        command.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders, read for this answer only")
    command.add_argument("--dataset", action="append", default=[], metavar="ID", help="a dataset of the store instead of a path")
    command.add_argument("--benchmark", help="a benchmark as logged, or all; default: the one with the most attempts")
    command.add_argument("--tasks", choices=("common", "all"), default="common", help="tasks that all configurations attempted, or all")
    command.add_argument("--weights", choices=("attempt", "task"), default="attempt", help="every attempt once, or every task once")
    command.add_argument("--cost", choices=COST_BASES, default="auto", help="logged where the log has it, else priced; or logged only")
    command.add_argument("--where", action="append", default=[], metavar="KEY=VALUE", help="only these configurations")
    command.add_argument("--path", metavar="PATTERN", help="fields from the path, as {benchmark}/{agent}/*")
    command.add_argument("--mapping", type=Path, help="JSON file: column of the log → field of Tradespace")
    command.add_argument("--bootstrap", type=_resamples, default=2000, metavar="B", help="resamples of the tasks")
    command.add_argument("--seed", type=_seed, default=0, metavar="S")


def _positive(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _resamples(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= MOST_RESAMPLES):
        raise argparse.ArgumentTypeError(f"{text} is not a number of resamples from 1 to {MOST_RESAMPLES:,}")
    return int(text)


def _seed(text: str) -> int:
    if not (text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 on")
    return int(text)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str):
        print(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.", file=sys.stderr)
        raise SystemExit(UNREADABLE)


def ingest_answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Read each path into the store as one dataset."""
    store = Store.at_home()
    try:
        ids: list[str] = []
        for path in options.paths:
            try:
                ids.append(ingest(store, [path], name=options.name, options=_options(options)))
            except IngestError as error:
                before = f" Kept from before it: {', '.join(ids)}." if ids else ""
                raise IngestError(f"{error}{before}") from None
        _tell_unclaimed(store, ids)
        answer = {"datasets": [described(store, dataset) for dataset in ids]}
    finally:
        store.close()
    lines = []
    for each in answer["datasets"]:
        what = f"{each['attempts']} attempts" if each["attempts"] else f"{each['summaries']} published rows"
        lines.append(f"{each['id']}  {each['name']}: {what}, {each['configurations']} configurations, {each['tasks']} tasks")
        lines += [f"  {p['file']}, {p['locator']}: {p['reason']} ({p['count']}×)" for p in each["problems"][:20]]
    return answer, "\n".join(lines)


def described(store: Store, dataset: str) -> dict:
    """Return everything that is known of one dataset's import."""
    row = store.frame("datasets").set_index("dataset").loc[dataset]
    totals = store.frame("totals", datasets=[dataset])
    sums = totals.iloc[0].drop("dataset").to_dict() if len(totals) else {}
    aux = {key.removeprefix("aux_"): sums.pop(key) for key in list(sums) if key.startswith("aux_")}
    files, problems = store.frame("files", datasets=[dataset]), store.frame("problems", datasets=[dataset])
    return {
        "id": dataset,
        "name": row["name"],
        "format": ", ".join(sorted(files["importer"].dropna().unique())),
        "files": [
            {**{key: f[key] for key in ("file", "sha256", "importer")}, **{key: f[f"n_{key}"] for key in ("read", "accepted", "refused")}}
            for f in files.to_dict("records")
        ],
        **{key: int(row[key]) for key in ("configurations", "tasks", "attempts", "steps", "summaries")},
        "totals": {**sums, "aux": aux},
        "problems": [
            {**{key: p[key] for key in ("file", "locator", "field", "reason")}, "count": p["n"], "refused": bool(p["refused"])}
            for p in problems.to_dict("records")
        ],
        "notes": [f"{n['file']}: {n['text']}" for n in store.frame("notes", datasets=[dataset]).to_dict("records")],
    }


def frontier_answer(options: argparse.Namespace) -> tuple[dict, str]:
    """Return the frontier of files, folders or datasets."""
    from analytics.frontier import compare, frontier
    from analytics.reading import frontier_reading
    from analytics.titles import frontier_title

    found = _evidence(options)
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
    answer = _frontier_fields(result, found, options.volume)
    answer["reading"] = [f"{p.head} {p.text}".strip() for p in paragraphs]
    others = f" · also: {', '.join(found.other_benchmarks)} (--benchmark)" if found.other_benchmarks else ""
    lines = [f"Benchmark {found.benchmark}, {len(result.coverage.tasks) or 'published'} tasks{others}"]
    lines += [frontier_title(result, found.labels, compare=compared, **limits), "", _frontier_table(answer), "", *answer["reading"]]
    return answer, "\n".join(lines)


def _frontier_fields(result, found: Evidence, volume: float | None) -> dict:
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


def _frontier_table(answer: dict) -> str:
    from analytics import notation

    x = answer["objectives"][1]
    show = {"cost_usd": notation.usd, "cost_per_success_usd": notation.usd}.get(
        x, notation.seconds if x.startswith("latency") else notation.count
    )
    rows: list[tuple[str, ...]] = [("state", "configuration", "accuracy", "95%", x, "P(on frontier)")]
    month = any("cost_usd_per_month" in c for c in answer["configurations"])
    if month:
        rows[0] += ("a month",)
    for c in answer["configurations"]:
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
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(r, widths, strict=True))).rstrip()
        for r in rows
    )


def _evidence(options: argparse.Namespace) -> Evidence:
    if bool(options.paths) == bool(options.dataset):
        raise ArgumentsError("Name files or folders, or --dataset ID: one of the two.")
    where = []
    for each in options.where:
        key, sign, value = each.partition("=")
        if not sign:
            raise ArgumentsError(f"--where is KEY=VALUE; {each} has no =.")
        where.append((key.strip(), value.strip()))
    store = Store.at_home() if options.dataset else Store()
    try:
        if options.dataset:
            there = set(store.frame("datasets")["dataset"])
            for dataset in options.dataset:
                if dataset not in there:
                    raise SelectionError(f"No dataset has the id {dataset}.")
            datasets = options.dataset
        else:
            datasets = [ingest(store, [path], options=_options(options)) for path in options.paths]
            _tell_unclaimed(store, datasets)
        return evidence(store, Selection(tuple(datasets), options.benchmark, tuple(where), options.cost))
    finally:
        store.close()


def _tell_unclaimed(store: Store, datasets: Sequence[str]) -> None:
    """Say on stderr which files nobody claims and which were refused: no error as long as something was read."""
    for f in store.frame("files", datasets=list(datasets)).to_dict("records"):
        if isinstance(f["refusal"], str):
            print(f"{f['file']}: {f['refusal']}", file=sys.stderr)
        elif not isinstance(f["importer"], str):
            print(f"{f['file']}: no format that Tradespace knows", file=sys.stderr)


def _options(options: argparse.Namespace) -> Options:
    mapping = {}
    if options.mapping:
        try:
            mapping = json.loads(options.mapping.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ArgumentsError(f"{options.mapping}: the mapping cannot be read ({error}).") from None
        if not isinstance(mapping, dict) or not all(isinstance(v, str) for v in mapping.values()):
            raise ArgumentsError(f"{options.mapping}: a mapping is one JSON object, column → field.")
    return Options(path_pattern=options.path, mapping=mapping)


def _known(value):
    """Return the value as JSON knows it: unknown is null, never NaN; numpy's numbers are numbers."""
    if isinstance(value, dict):
        return {str(k): _known(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_known(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, str | bytes):
        value = value.item()
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if value != value else str(value)  # noqa: PLR0124 - NaT and NA are not equal to themselves


if __name__ == "__main__":
    sys.exit(main())
