"""Which tasks a comparison stands on: configurations on the same tasks, and those that saw too few set aside."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics import notation
from analytics.grid import Grid, grid, task_positions

Tasks = Literal["common", "all"]

COVERAGE = 0.8
"""Share of a benchmark's tasks that a configuration must have attempted to be compared on common tasks."""


@dataclass(frozen=True)
class Coverage:
    """The tasks compared, and who was set aside for having attempted too few of them."""

    mode: Tasks
    tasks: tuple[tuple[str, str], ...]
    """(benchmark, task), sorted: those that every compared configuration attempted, or in mode `all` that any did."""
    total: int
    """Tasks that any configuration attempted."""
    set_aside: dict[str, str]
    """Configuration → reason, `covers 16 of 83 tasks`."""
    cells: pd.DataFrame
    """The rows of the compared configurations on `tasks`, and all published summaries."""
    latencies: pd.DataFrame
    """The latencies of the same attempts."""


def coverage(cells: pd.DataFrame, latencies: pd.DataFrame, *, mode: Tasks = "common") -> Coverage:
    """Tasks on which all configurations that saw enough of them can be compared.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per configuration × benchmark × task; `n_attempts` counts attempts.
    latencies : pandas.DataFrame
        Columns configuration, benchmark, task, latency_s: one row per attempt.
    mode : 'common' or 'all'
        `all` sets nobody aside and keeps each configuration's own tasks.

    Returns
    -------
    Coverage
        With both frames restricted to what is compared; the arguments are not changed.

    Raises
    ------
    ValueError
        If `mode` is neither.

    Notes
    -----
    A benchmark's tasks are those that any configuration attempted; infrastructure errors and cancelled attempts are no attempts.
    A configuration with less than 80 % of them, in any benchmark shown, is set aside; then the tasks that all the rest attempted
    are kept. Published summaries have no tasks and are never set aside. It misleads where the common tasks are the easy ones
    (hard ones were not finished), and one configuration at 81 % takes its gaps away from all: compare `len(tasks)` with `total`.

    References
    ----------
    Complete-case comparison: Little and Rubin, *Statistical Analysis with Missing Data*, 3rd edition, 2019, section 3.2.

    Examples
    --------
    Two configurations attempted tasks 1 to 5; the third only task 1, which is 20 %:

    >>> cells = pd.DataFrame({"configuration": ["a"] * 5 + ["b"] * 5 + ["c"], "benchmark": "qa", "task": [*"12345", *"12345", "1"],
    ...                       "is_summary": False, "n_attempts": 1})
    >>> compared = coverage(cells, pd.DataFrame({"configuration": [], "benchmark": [], "task": [], "latency_s": []}))
    >>> len(compared.tasks), compared.set_aside, len(compared.cells)
    (5, {'c': 'covers 1 of 5 tasks'}, 10)
    """
    if mode not in ("common", "all"):
        raise ValueError(f"tasks must be 'common' or 'all', not {mode!r}")
    arranged = grid(cells)
    attempted = arranged.attempted
    is_task = np.any(attempted, axis=0)
    total = int(is_task.sum())
    if mode == "all":
        tasks = tuple(task for task, is_kept in zip(arranged.tasks, is_task, strict=True) if is_kept)
        return Coverage(mode, tasks, total, {}, cells, latencies)

    benchmark = arranged.benchmarks[: len(arranged.tasks)]
    names = sorted(set(benchmark[is_task].tolist()))
    covered = np.stack([attempted[:, benchmark == name].sum(axis=1) for name in names], axis=1) if names else np.zeros((len(attempted), 0))
    sizes = np.array([is_task[benchmark == name].sum() for name in names])
    set_aside: dict[str, str] = {}
    for k, configuration in enumerate(arranged.configurations):
        short = np.flatnonzero(covered[k] / sizes < COVERAGE)
        if len(short) and not arranged.is_summary[k]:
            of = f" of {names[short[0]]}" if len(names) > 1 else ""
            set_aside[configuration] = f"covers {covered[k, short[0]]} of {sizes[short[0]]} tasks{of}"

    is_compared = np.array([name not in set_aside for name in arranged.configurations], dtype=bool) & ~arranged.is_summary
    is_common = is_task & attempted[is_compared].all(axis=0) if is_compared.any() else np.zeros_like(is_task)
    tasks = tuple(task for task, is_kept in zip(arranged.tasks, is_common, strict=True) if is_kept)
    return Coverage(mode, tasks, total, set_aside, _restricted(cells, tasks, set_aside), _restricted(latencies, tasks, set_aside))


def scored(cells: pd.DataFrame, fractional: frozenset[str] | None = None) -> tuple[Grid, str | None]:
    """Cells on the tasks of which every configuration knows an outcome, and what is to be said where that is not all of them.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per configuration × benchmark × task; published rows stay.
    fractional : frozenset of str, optional
        Benchmarks whose accuracy is the mean score; default: those with scores strictly between 0 and 1.

    Returns
    -------
    (Grid, str or None)
        The cells arranged; None: every task is known everywhere, or none is.

    Raises
    ------
    ValueError
        If a configuration has two rows for one task.

    Notes
    -----
    A configuration that scored only the easy tasks would look better than it is. It misleads where few tasks are left: read the flag.

    References
    ----------
    As `coverage`.

    Examples
    --------
    Both attempted tasks 1 and 2; b has no outcome for 2:

    >>> from analytics.grid import COLUMNS
    >>> cells = pd.DataFrame({"configuration": list("aabb"), "benchmark": "qa", "task": list("1212"), "is_summary": False})
    >>> cells = cells.assign(**{name: 0 for name in COLUMNS if name not in cells}).assign(n_attempts=1, n_success=[1, 1, 1, 0])
    >>> arranged, flag = scored(cells)
    >>> arranged.tasks, flag
    ((('qa', '1'),), 'Compared on the 1 of 2 tasks whose outcome is known at every level.')
    """
    arranged = grid(cells)
    counts = arranged.accuracy("attempt", arranged.fractional_benchmarks if fractional is None else fractional).counts
    is_scored = np.all(counts[:, : len(arranged.tasks)] > 0, axis=0)
    if is_scored.all() or not is_scored.any():
        return arranged, None
    tasks = tuple(task for task, is_kept in zip(arranged.tasks, is_scored.tolist(), strict=True) if is_kept)
    flag = f"Compared on the {len(tasks)} of {notation.plural(len(arranged.tasks), 'task')} whose outcome is known at every level."
    return grid(cells[(task_positions(cells, tasks) >= 0) | cells["is_summary"].to_numpy(bool)]), flag


def _restricted(frame: pd.DataFrame, tasks: tuple[tuple[str, str], ...], set_aside: dict[str, str]) -> pd.DataFrame:
    """Rows of the compared configurations on these tasks; the frame itself where that is all of them."""
    is_kept = task_positions(frame, tasks) >= 0
    if "is_summary" in frame:
        is_kept |= frame["is_summary"].to_numpy(bool)
    if set_aside:
        is_kept &= ~frame["configuration"].isin(set_aside).to_numpy()
    return frame if is_kept.all() else frame[is_kept]
