"""From a selection to tidy frames: which datasets, benchmark and configurations, under which cost basis."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data import configurations as naming
from data import prices
from data.configurations import Series
from data.store import Store

COST_BASES = ("auto", "logged")
FILTER_FIELDS = ("model", "canonical_model", "provider", "family", "agent", "agent_version", "model_version", "effort", "hardware")


class SelectionError(Exception):
    """What was asked for is not in the data; the text is one sentence."""


@dataclass(frozen=True)
class Selection:
    """What to look at."""

    datasets: tuple[str, ...]
    benchmark: str | None = None
    """A name as logged, `all`, or None: the benchmark with the most attempts."""
    where: tuple[tuple[str, str], ...] = ()
    """Field or knob of the configuration = value; several values of one key are alternatives."""
    cost: str = "auto"


@dataclass(frozen=True)
class Evidence:
    """The frames of a selection. Configurations are keyed by their identity as text."""

    benchmark: str | None
    other_benchmarks: tuple[str, ...]
    cells: pd.DataFrame
    """One row = configuration × benchmark × task; columns as in `data/queries/cells.sql`, costs under the basis."""
    latencies: pd.DataFrame
    """One row = an attempt with a known latency: configuration, benchmark, task, latency_s."""
    configurations: pd.DataFrame
    """Indexed by configuration: the fields of the data model, latency_basis, token_basis, label."""
    labels: dict[str, str]
    flags: dict[str, list[str]]
    """What has to be said beside a configuration."""
    price_book: str


def evidence(store: Store, selection: Selection) -> Evidence:
    """Return the frames of a selection.

    Raises
    ------
    SelectionError
        If the benchmark or a filter matches nothing.
    """
    benchmarks = list(store.frame("benchmarks", datasets=selection.datasets)["benchmark"])
    benchmark = selection.benchmark or (benchmarks[0] if benchmarks else None)
    if benchmark not in (None, "all", *benchmarks):
        raise SelectionError(f"No benchmark is named {benchmark!r}; there are: {', '.join(benchmarks)}.")
    everyone = store.frame("configurations", datasets=selection.datasets).set_index("configuration")
    labels = naming.labels(everyone.reset_index())  # of all in the datasets: a filter or another benchmark renames nobody
    known = _chosen(everyone, labels, selection.where)
    cells = pd.concat(
        [
            store.frame("cells", datasets=selection.datasets).assign(is_summary=False),
            store.frame("summary_cells", datasets=selection.datasets).assign(is_summary=True),
        ],
        ignore_index=True,
    )
    latencies = store.frame("latency", datasets=selection.datasets)
    cells, latencies = (f[f["configuration"].isin(known.index)] for f in (cells, latencies))
    if benchmark != "all":
        cells, latencies = (f[f["benchmark"] == benchmark] for f in (cells, latencies))
    known = known.loc[known.index.isin(cells["configuration"])]
    is_doubled = _is_doubled(cells)
    doubled = cells.loc[is_doubled, "configuration"].unique()
    cells, flags = _with_costs(cells[~is_doubled].reset_index(drop=True), known, selection.cost)
    for configuration in doubled:
        flags.setdefault(configuration, []).append("a published row of the same configuration is left out")
    for configuration in known.index[known["is_named_by_file"]]:
        flags.setdefault(configuration, []).append("configuration from the file name")
    known.index = known.index.astype(str)
    return Evidence(
        benchmark=benchmark,
        other_benchmarks=tuple(b for b in benchmarks if b != benchmark) if benchmark != "all" else (),
        cells=_keyed(_summed(cells)),
        latencies=_keyed(latencies.reset_index(drop=True)),
        configurations=known.assign(label=[labels[key] for key in known.index]),
        labels={key: labels[key] for key in known.index},
        flags={str(key): said for key, said in flags.items()},
        price_book=prices.price_book(),
    )


def series(found: Evidence, setting: str) -> list[Series]:
    """Return the configurations of the selection that differ in one setting only: `effort`, or a knob as n_agents or max_turns."""
    return naming.series(found.configurations.rename_axis("configuration").reset_index(), setting)


def settings(found: Evidence) -> list[str]:
    """Return the settings of which the selection has a series, the one with the most configurations first."""
    return naming.settings(found.configurations.rename_axis("configuration").reset_index())


def ladders(found: Evidence) -> list[list[str]]:
    """Return effort ladders of the selection, each a list of configurations in rising effort."""
    return naming.ladders(found.configurations.rename_axis("configuration").reset_index())


def _chosen(known: pd.DataFrame, labels: dict[str, str], where: Sequence[tuple[str, str]]) -> pd.DataFrame:
    wanted: dict[str, set[str]] = {}
    for key, value in where:
        wanted.setdefault(key, set()).add(value)
    knobs = known["knobs"].map(json.loads)
    for key, values in wanted.items():
        if key == "configuration":
            told = pd.Series({i: labels[str(i)] for i in known.index}, dtype=object)
        elif key in FILTER_FIELDS:
            told = known[key]
        else:
            told = knobs.map(lambda each, key=key: None if key not in each else str(each[key]))
        kept = known[told.astype(object).isin(values)]
        if kept.empty:
            there = sorted({str(v) for v in told.dropna()})[:8]
            hint = f"there are: {', '.join(there)}" if there else "no configuration has it"
            raise SelectionError(f"No configuration has {key} = {' or '.join(sorted(values))}; {hint}.")
        known, knobs = kept, knobs.loc[kept.index]
    return known


def _is_doubled(cells: pd.DataFrame) -> np.ndarray:
    """Return which cells are published rows of a configuration whose attempts on that benchmark are here too: they would count twice."""
    pairs, is_summary = pd.MultiIndex.from_frame(cells[["configuration", "benchmark"]]), cells["is_summary"].to_numpy(bool)
    return is_summary & pairs.isin(pairs[~is_summary & (cells["n_attempts"].to_numpy() > 0)])


def _with_costs(cells: pd.DataFrame, known: pd.DataFrame, basis: str) -> tuple[pd.DataFrame, dict[int, list[str]]]:
    """Add n_cost, sum_cost_usd and n_cost_priced under the basis: logged where the log has it, else (auto) tokens × price of the day."""
    cells = cells.assign(n_cost_logged=cells["n_cost_logged"].fillna(0), sum_cost_usd=cells["sum_cost_usd_logged"].fillna(0.0))
    cells["n_cost_priced"], flags = 0, {}
    if basis == "auto":
        unlogged = ~cells["is_cost_logged"].to_numpy(bool)
        usd, flags = prices.priced(cells[unlogged], known)
        filled = np.where(np.isnan(usd), 0.0, usd)
        cells.loc[unlogged, "sum_cost_usd"] = filled
        cells.loc[unlogged, "n_cost_priced"] = np.where(np.isnan(usd), 0, cells.loc[unlogged, "n_attempts"])
    cells["n_cost"] = cells["n_cost_logged"] + cells["n_cost_priced"]
    return cells, flags


def _summed(cells: pd.DataFrame) -> pd.DataFrame:
    """Sum away day, tier and the two price columns, in the order of the query, so that equal rows give equal sums."""
    counts = [c for c in cells.columns if c.startswith(("n_", "sum_")) and c != "sum_cost_usd_logged"]
    cells = cells.assign(**{c: cells[c].fillna(0) for c in counts})
    summed = cells.groupby(["configuration", "benchmark", "task", "is_summary"], sort=True)[counts].sum().reset_index()
    return summed.astype({c: "int64" for c in counts if c.startswith("n_")})


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(configuration=frame["configuration"].astype(str))
