"""Any table of runs: CSV, TSV, JSON lines, JSON or YAML, one row an attempt or a published summary, columns named as people name them."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data.limits import Limits
from data.records import Format, Record, Refused, Source
from data.tabular import typed
from data.tabular.attempts import attempts
from data.tabular.configured import complete
from data.tabular.damage import damage
from data.tabular.header import KNOB_OF, meanings, normal
from data.tabular.read import Table, combined
from data.tabular.read import read as read_table
from data.tabular.sheet import Sheet
from data.tabular.sniff import shape
from data.tabular.summaries import summaries

FORMAT = Format(
    name="table",
    title="Table",
    sentence="One row is one attempt at one task, or one configuration's result on a benchmark.",
)

_FEWEST_TASKS, _MOST_BENCHMARKS = 10, 50


def matches(path: Path) -> bool:
    found = shape(path)
    return (found is not None and found.is_table) or damage(path) is not None


def read(path: Path, source: Source, limits: Limits) -> Iterator[Record]:
    found = shape(path)
    if found is None:
        raise Refused(damage(path) or _why_no_table(path))
    if not found.is_table and not source.mapping:
        raise Refused(damage(path) or "no column names a configuration or a task beside a measure")
    table = read_table(path, found, limits, frozenset(source.mapping))
    is_summary, benchmark_column = _is_summary(table, source.mapping)
    complete(table, source, summary=is_summary)
    if is_summary:
        yield from summaries(Sheet(table, source.mapping, summary=True), source, benchmark_column)
    else:
        yield from attempts(Sheet(table, source.mapping, summary=False), source)


def _is_summary(table: Table, mapping: dict[str, str]) -> tuple[bool, str | None]:
    """Return whether rows are summaries, and the column `task` if it names their benchmarks.

    A row with a number of tasks and no task is a summary; with both it is one if the number is 10 or more throughout and the task,
    one of a few, stands once for each configuration.
    """
    fields = set(mapping.values())
    sizes = [name for name in table.columns if any(m.role == "n" for m in meanings(name, summary=True)) or mapping.get(name) == "n"]
    sizes = [name for name in sizes if len(typed.numbers(combined(table.columns[name])).known)]
    results = any(m.role in ("accuracy", "n_solved") for name in table.columns for m in meanings(name, summary=True))
    tasks = [name for name in table.columns if any(m.role == "task" for m in meanings(name, summary=False))]
    tasks = [name for name in tasks if name not in sizes]
    if "task" in fields:
        return False, None
    if "n" in fields:
        return True, None
    if not tasks:
        weak = [normal(name) for name in table.columns if any(m.role == "weak_task" for m in meanings(name, summary=False))]
        if weak == ["name"] and any(re.search(r"accuracy|_rate$", normal(name)) for name in table.columns):
            weak = []  # a leaderboard: the name is the configuration's
        if sizes and results:
            return True, None
        if not weak and table.keys is None:
            raise Refused("no column names a task, and none the number of tasks")
        return False, None
    if sizes and results and {normal(name) for name in tasks} <= {"task", "task_name"}:
        counts = np.concatenate([typed.numbers(combined(table.columns[name])).known for name in sizes[:1]])
        configured = [n for n in table.columns if any(m.role in ("model", "agent", "effort") for m in meanings(n, summary=True))]
        cells = [typed.words(combined(table.columns[name])).codes for name in (tasks[0], *configured)]
        once = len(np.unique(np.column_stack(cells), axis=0)) == table.n
        few = len(set(cells[0].tolist())) <= _MOST_BENCHMARKS
        if few and len(counts) and counts.min() >= _FEWEST_TASKS and configured and once and normal(sizes[0]) not in KNOB_OF:
            return True, tasks[0]
    return False, None


def _why_no_table(path: Path) -> str:
    """Return what is wrong with the file as a whole."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        return "the file is empty"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "the text is UTF-16; UTF-8 is read"
    if b"\0" in head:
        return "it is no text"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return f"it is not UTF-8 text (byte {error.start + 1:,})"
    return "it holds no table of runs"
