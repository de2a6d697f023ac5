"""What the pages read, kept between reruns: the one store, frames of a selection, results of an analysis.

Caches are keyed by dataset ids with their versions and the selection, never by a frame: a large frame is hashed from a sample only.
Results are frozen and shared between sessions; nobody may change them.
"""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from analytics.coverage import Tasks
from analytics.frontier import Frontier, Pair
from analytics.grid import Weights
from data import frames as reading
from data import prices
from data.details import Details
from data.frames import Evidence, Selection
from data.ingest import Options, ingest
from data.store import Store
from pages.shared.export import Provenance

VERSION = "0.1.0"
EXAMPLE = Path(__file__).parents[2] / "data" / "bundled" / "example"


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return the process's one store, with the example in it."""
    opened = Store.at_home()
    there = opened.frame("datasets")
    if EXAMPLE.is_dir() and not there["is_example"].any():
        files = [EXAMPLE / "attempts.parquet", EXAMPLE / "steps.parquet"]
        ingest(opened, files, name="Example (simulated)", options=Options(is_example=True, is_simulated=True))
    return opened


def datasets() -> pd.DataFrame:
    """Return all datasets, the newest first and the example last."""
    return _datasets(store().changes)


def _versions(ids: tuple[str, ...]) -> tuple[int, ...]:
    there = datasets().set_index("dataset")["version"]
    return tuple(int(there[each]) for each in ids)


def benchmarks(ids: tuple[str, ...]) -> list[str]:
    """Return the benchmarks of these datasets, the one with the most attempts first."""
    return _benchmarks(ids, _versions(ids))


def evidence(selection: Selection) -> Evidence:
    """Return the frames of a selection."""
    return _evidence(selection, _versions(selection.datasets))


def frontier(selection: Selection, objectives: tuple[str, ...], weights: Weights, tasks: Tasks) -> Frontier:
    """Return the frontier of a selection; limits are laid on it afterwards and cost no resampling."""
    return _frontier(selection, _versions(selection.datasets), objectives, weights, tasks)


def pair(selection: Selection, a: str, b: str, weights: Weights, tasks: Tasks) -> Pair:
    """Return the comparison of two configurations of a selection."""
    return _pair(selection, _versions(selection.datasets), a, b, weights, tasks)


def details(selection: Selection, tasks: Tasks) -> Details:
    """Return the frames below the cells of a selection, on the tasks that are compared."""
    return _details(selection, _versions(selection.datasets), tasks)


def price_book() -> str:
    """Return name and version of the price book."""
    return prices.price_book()


@st.cache_resource(max_entries=2, show_spinner=False)
def _datasets(changes: int) -> pd.DataFrame:  # counts the store's changes: the key of the cache
    return store().frame("datasets").sort_values("is_example", kind="stable", ignore_index=True)


@st.cache_resource(max_entries=16, show_spinner=False)
def _benchmarks(ids: tuple[str, ...], versions: tuple[int, ...]) -> list[str]:
    return list(store().frame("benchmarks", datasets=ids)["benchmark"])


@st.cache_resource(max_entries=16, show_spinner=False)
def _evidence(selection: Selection, versions: tuple[int, ...]) -> Evidence:
    return reading.evidence(store(), selection)


@st.cache_resource(max_entries=4, show_spinner="Reading attempts …")
def _details(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> Details:
    from analytics.coverage import coverage

    found = _evidence(selection, versions)
    compared = coverage(found.cells, found.latencies, mode=tasks)
    return Details(store(), selection, found, tasks=compared.tasks, without=compared.set_aside)


@st.cache_resource(max_entries=16, show_spinner="Resampling tasks …")
def _frontier(selection: Selection, versions: tuple[int, ...], objectives: tuple[str, ...], weights: Weights, tasks: Tasks) -> Frontier:
    from analytics.frontier import frontier as analyse

    found = _evidence(selection, versions)
    return analyse(found.cells, found.latencies, objectives=objectives, weights=weights, tasks=tasks)


@st.cache_resource(max_entries=16, show_spinner=False)
def _pair(selection: Selection, versions: tuple[int, ...], a: str, b: str, weights: Weights, tasks: Tasks) -> Pair:
    from analytics.frontier import compare

    found = _evidence(selection, versions)
    return compare(found.cells, found.latencies, a, b, weights=weights, tasks=tasks)


def provenance(names: tuple[str, ...], selection: Selection, filters: dict[str, str]) -> Provenance:
    """Return where an export's numbers come from."""
    files = store().frame("files", datasets=selection.datasets)
    read = files[files["n_accepted"] > 0]
    return Provenance(
        dataset=", ".join(names),
        files=list(zip(read["file"], read["sha256"], strict=True)),
        price_book=price_book(),
        filters=filters,
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=VERSION,
    )
