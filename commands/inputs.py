"""What commands are given: files, folders or datasets, and which part of them to look at."""

import argparse
import json
import math
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics import notation
from analytics.coverage import Tasks, coverage
from data.details import Details
from data.frames import COST_BASES, Evidence, Selection, SelectionError, evidence
from data.ingest import Options, ingest
from data.store import Store

MOST_RESAMPLES = 100_000


class ArgumentsError(Exception):
    """The command line asks for something that does not exist; the text is one sentence."""


@dataclass(frozen=True)
class Inputs:
    """What was asked about, with the store that holds it."""

    store: Store
    selection: Selection
    found: Evidence

    def details(self, tasks: Tasks) -> Details:
        """Return the frames below the cells, on the tasks that are compared."""
        compared = coverage(self.found.cells, self.found.latencies, mode=tasks)
        return Details(self.store, self.selection, self.found, tasks=compared.tasks, without=compared.set_aside)


def without_attempts(given: Inputs, more: str = "") -> tuple[dict, str]:
    """Return the answer where there are published rows only: a sentence, and where to look instead."""
    sentence = f"{notation.plural(len(given.found.labels), 'published row')} hold no attempts.{more}"
    benchmarks = {"benchmark": given.found.benchmark, "other_benchmarks": list(given.found.other_benchmarks)}
    return {**benchmarks, "configurations": [], "reading": [sentence]}, f"Benchmark {given.found.benchmark}\n{sentence}"


def add_files(command: argparse.ArgumentParser) -> None:
    """Add how files are understood: pattern of the path, mapping of the columns."""
    command.add_argument("--path", metavar="PATTERN", help="fields from the path, as {benchmark}/{agent}/*")
    command.add_argument("--mapping", type=Path, help="JSON file: column of the log → field of Tradespace")


def add_selection(command: argparse.ArgumentParser, *, has_weights: bool = True) -> None:
    """Add what is looked at, and how it is weighted and resampled."""
    command.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders, read for this answer only")
    command.add_argument("--dataset", action="append", default=[], metavar="ID", help="a dataset of the store instead of a path")
    command.add_argument("--benchmark", help="a benchmark as logged, or all; default: the one with the most attempts")
    command.add_argument("--tasks", choices=("common", "all"), default="common", help="tasks that all configurations attempted, or all")
    if has_weights:
        command.add_argument("--weights", choices=("attempt", "task"), default="attempt", help="every attempt once, or every task once")
    command.add_argument("--cost", choices=COST_BASES, default="auto", help="logged where the log has it, else priced; or logged only")
    command.add_argument("--where", action="append", default=[], metavar="KEY=VALUE", help="only these configurations")
    add_files(command)
    command.add_argument("--bootstrap", type=_resamples, default=2000, metavar="B", help="resamples of the tasks")
    command.add_argument("--seed", type=_seed, default=0, metavar="S")


def positive(text: str) -> float:
    """Return a number above zero, as an argument gives it."""
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


@contextmanager
def inputs(options: argparse.Namespace) -> Generator[Inputs]:
    """Give what the arguments of `add_selection` ask about; files are read into a store in memory and forgotten."""
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
            datasets = [ingest(store, [path], options=import_options(options)) for path in options.paths]
            tell_unclaimed(store, datasets)
        selection = Selection(tuple(datasets), options.benchmark, tuple(where), options.cost)
        yield Inputs(store, selection, evidence(store, selection))
    finally:
        store.close()


def tell_unclaimed(store: Store, datasets: Sequence[str]) -> None:
    """Say on stderr which files nobody claims and which were refused: no error as long as something was read."""
    for f in store.frame("files", datasets=list(datasets)).to_dict("records"):
        if isinstance(f["refusal"], str):
            print(f"{f['file']}: {f['refusal']}", file=sys.stderr)
        elif not isinstance(f["importer"], str):
            print(f"{f['file']}: no format that Tradespace knows", file=sys.stderr)


def import_options(options: argparse.Namespace) -> Options:
    """Return how the files are to be read."""
    mapping = {}
    if options.mapping:
        try:
            mapping = json.loads(options.mapping.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ArgumentsError(f"{options.mapping}: the mapping cannot be read ({error}).") from None
        if not isinstance(mapping, dict) or not all(isinstance(v, str) for v in mapping.values()):
            raise ArgumentsError(f"{options.mapping}: a mapping is one JSON object, column → field.")
    return Options(path_pattern=options.path, mapping=mapping)
