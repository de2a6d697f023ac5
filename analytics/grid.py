"""Cells as arrays: one row per configuration, one column per task, sorted by name, so that row order in a frame means nothing.

The columns of published summaries (one "(all)" per benchmark) stand after those of the tasks; no resample ever touches them.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from analytics.resample import exact_sums

Weights = Literal["attempt", "task"]

MEASURES = {
    "cost_usd": ("n_cost", "sum_cost_usd"),
    "latency_s": ("n_latency", "sum_latency_s"),
    "tokens": ("n_tokens", "sum_tokens"),
    "turns": ("n_turns", "sum_turns"),
    "aux_tokens": ("n_aux", "sum_aux_tokens"),
    "aux_cost_usd": ("n_aux_cost", "sum_aux_cost_usd"),
}
"""Measure → its own count and its sum over these attempts."""
COLUMNS = (
    *("configuration", "benchmark", "task", "is_summary"),
    *("n_attempts", "n_error_known", "n_error", "n_limit_known", "n_limit", "n_timeout", "n_infra", "n_cancelled"),
    *("n_success", "sum_success", "sum_success_limited", "n_score", "sum_score", "n_fractional"),
    *("n_cost_logged", "n_cost_priced"),
    *(column for columns in MEASURES.values() for column in columns),
)
"""Of a cells frame: what the analyses in this folder that stand on cells read; further columns are ignored."""
_LARGEST_MULTIPLE = 2**20
"""Common multiples of the attempts per task up to here keep whole sums whole under `weights="task"`."""


@dataclass(frozen=True)
class Measure:
    """A sum and its own count in every cell: mean = Σ sums / Σ counts, over all columns or any resample of them."""

    counts: np.ndarray
    """Shape (K, C): attempts of which the measure is known, each task scaled to the same total under `weights="task"`."""
    sums: np.ndarray
    """Shape (K, C), in the unit of the measure; 0 where the count is 0."""

    @property
    def mean(self) -> np.ndarray:
        """Shape (K,): the estimate per attempt; NaN where nothing is known."""
        counts = self.counts.sum(axis=1)  # whole numbers: exact in any order
        return np.divide(exact_sums(self.sums), counts, out=np.full(len(counts), np.nan), where=counts > 0)


@dataclass(frozen=True)
class Grid:
    """The cells frame as arrays of shape (K configurations, C columns)."""

    configurations: tuple[str, ...]
    """Sorted; the rows."""
    tasks: tuple[tuple[str, str], ...]
    """(benchmark, task), sorted; the first T columns."""
    benchmarks: np.ndarray
    """Benchmark of each of the C columns, those of summaries included."""
    is_summary: np.ndarray
    """Shape (K,): the configuration has a published row."""
    _cells: pd.DataFrame
    _rows: np.ndarray
    _columns: np.ndarray
    _arranged: dict[str, np.ndarray] = field(default_factory=dict)

    def of(self, name: str) -> np.ndarray:
        """Values of one column of the frame, shape (K, C), read-only; 0 where there is no cell."""
        if name not in self._arranged:
            values = np.zeros((len(self.configurations), len(self.benchmarks)))
            values[self._rows, self._columns] = self._cells[name].to_numpy(np.float64)
            values.flags.writeable = False
            self._arranged[name] = values
        return self._arranged[name]

    @property
    def attempted(self) -> np.ndarray:
        """Shape (K, T): the configuration made an attempt that counts."""
        return self.of("n_attempts")[:, : len(self.tasks)] > 0

    @property
    def fractional_benchmarks(self) -> frozenset[str]:
        """Benchmarks with scores strictly between 0 and 1: their accuracy is the mean score."""
        return frozenset(self.benchmarks[(self.of("n_fractional") > 0).any(axis=0)].tolist())

    def measure(self, name: str, weights: Weights = "attempt") -> Measure:
        """Cost, latency, tokens, turns or aux (see `MEASURES`), every attempt or every task once."""
        counts, sums = (self.of(column) for column in MEASURES[name])
        return _weighted(counts, sums, weights)

    def accuracy(self, weights: Weights = "attempt", fractional: frozenset[str] = frozenset(), *, is_bound: bool = False) -> Measure:
        """Successes, or scores in the benchmarks named `fractional`, as a measure.

        Parameters
        ----------
        weights : 'attempt' or 'task'
            Every attempt once, or every task once.
        fractional : frozenset of str
            Benchmarks whose accuracy is the mean score.
        is_bound : bool
            True: as if every attempt that was cut off (limit, timeout) had succeeded.

        Returns
        -------
        Measure
            Shape (K, C).

        Notes
        -----
        Σ success / n_success; a failed attempt (error, limit, timeout) keeps a score the log gives and otherwise counts as 0 in
        both forms; an attempt that ended well without a score is in neither. The bound adds limit + timeout attempts that did
        not succeed, at most to 1 per attempt: it is an upper bound, far too high where runs are cut off because they were lost.
        """
        counts, sums = self.of("n_success"), self.of("sum_success")
        cut_off = self.of("n_limit") + self.of("n_timeout")
        is_fractional = np.isin(self.benchmarks, list(fractional)) & (self.of("n_score") > 0)
        failed = np.minimum(np.maximum(counts - self.of("n_score"), 0), self.of("n_error") + cut_off)
        counts = np.where(is_fractional, self.of("n_score") + failed, counts)
        sums = np.where(is_fractional, self.of("sum_score"), sums)
        if is_bound:
            sums = np.minimum(counts, sums + np.maximum(cut_off - self.of("sum_success_limited"), 0))
        return _weighted(counts, sums, weights)


def grid(cells: pd.DataFrame) -> Grid:
    """Arrange a cells frame by configuration and task.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per configuration × benchmark × task, or × benchmark for a published summary.

    Returns
    -------
    Grid
        Rows sorted by configuration, columns by (benchmark, task).

    Raises
    ------
    ValueError
        If a configuration has two rows for one task: they would have to be added first.

    Examples
    --------
    >>> cells = pd.DataFrame({"configuration": ["b", "a"], "benchmark": "qa", "task": ["2", "1"], "is_summary": False,
    ...                       "n_attempts": [3, 2]})
    >>> arranged = grid(cells)
    >>> arranged.configurations, arranged.tasks
    (('a', 'b'), (('qa', '1'), ('qa', '2')))
    >>> arranged.of("n_attempts").tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    rows, configurations = pd.factorize(cells["configuration"], sort=True)
    benchmark, benchmarks = pd.factorize(cells["benchmark"], sort=True)
    task, tasks = pd.factorize(cells["task"], sort=True)
    is_summary = cells["is_summary"].to_numpy(bool)
    code = (is_summary.astype(np.int64) * len(benchmarks) + benchmark) * max(len(tasks), 1) + task
    used, columns = np.unique(code, return_inverse=True)
    if len(cells) and np.bincount(rows * len(used) + columns).max() > 1:
        raise ValueError("cells has two rows for one configuration and task")
    summary, benchmark = np.divmod(used // max(len(tasks), 1), max(len(benchmarks), 1))
    names = [str(name) for name in tasks]
    labels = np.array([str(name) for name in benchmarks], dtype=object)[benchmark]
    has_summary = np.zeros(len(configurations), dtype=bool)
    has_summary[rows[is_summary]] = True
    return Grid(
        configurations=tuple(str(name) for name in configurations),
        tasks=tuple((labels[k], names[code % len(names)]) for k, code in enumerate(used.tolist()) if not summary[k]),
        benchmarks=labels,
        is_summary=has_summary,
        _cells=cells,
        _rows=rows,
        _columns=columns,
    )


def task_positions(frame: pd.DataFrame, tasks: tuple[tuple[str, str], ...]) -> np.ndarray:
    """Position in `tasks` of the benchmark and task of each row of a frame, shape (n,); -1 where it is not among them.

    Examples
    --------
    >>> task_positions(pd.DataFrame({"benchmark": ["qa", "qa"], "task": ["7", "1"]}), (("qa", "1"), ("qa", "2"))).tolist()
    [-1, 0]
    """
    if not tasks or frame.empty:
        return np.full(len(frame), -1)
    return pd.MultiIndex.from_tuples(tasks).get_indexer(pd.MultiIndex.from_frame(frame[["benchmark", "task"]]))


def tasks_of(frame: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Benchmark and task of the rows of a frame, sorted, each once.

    >>> tasks_of(pd.DataFrame({"benchmark": "qa", "task": ["2", "1", "2"]}))
    (('qa', '1'), ('qa', '2'))
    """
    return tuple(sorted(frame[["benchmark", "task"]].drop_duplicates().itertuples(index=False, name=None)))


def measure_by_task(cells: np.ndarray, n_tasks: int, counts: np.ndarray, sums: np.ndarray) -> Measure:
    """Values of attempts added up by task, shape (1, T), in the order of their size, so that the order of the rows means nothing.

    >>> found = measure_by_task(np.array([1, 0, 1]), 2, np.ones(3), np.array([0.5, 2.0, 0.25]))
    >>> found.counts.tolist(), found.sums.tolist()
    ([[1.0, 2.0]], [[2.0, 0.75]])
    """
    order = np.lexsort((counts, sums, cells))
    cells = cells[order]
    return Measure(*(np.bincount(cells, weights=v[order].astype(float), minlength=n_tasks)[None, :] for v in (counts, sums)))


def _weighted(counts: np.ndarray, sums: np.ndarray, weights: Weights) -> Measure:
    """Leave every attempt its weight, or scale each task of a configuration to the same count.

    A task's mean is (sum · L / n) / L with L a common multiple of the configuration's attempts per task: whole successes stay
    whole numbers, so ties stay ties, and equal attempts per task give the very bits of `weights="attempt"`.
    """
    if weights == "attempt":
        return Measure(counts, sums)
    if weights != "task":
        raise ValueError(f"weights must be 'attempt' or 'task', not {weights!r}")
    multiples = np.ones((len(counts), 1))
    for k, row in enumerate(counts):
        common = math.lcm(*np.unique(row[row > 0]).astype(int).tolist())
        multiples[k] = common if common <= _LARGEST_MULTIPLE else 1
    known = counts > 0
    times = np.divide(multiples, counts, out=np.zeros_like(counts), where=known)  # whole, but for the fallback
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=known)
    return Measure(known * multiples, np.where(multiples == 1, means, sums * times))
