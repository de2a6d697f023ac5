"""What the page Anatomy reads, kept between reruns: parts, tails and survival of a selection, and the steps of one attempt.

Caches are keyed as in `frames`: by the selection, the versions of its datasets and the tasks compared, never by a frame. All results
stand on the same attempts: those of the compared configurations on the compared tasks.
"""

import pandas as pd
import streamlit as st

from analytics.anatomy import Anatomy, Failure
from analytics.cache import CacheEconomics
from analytics.coverage import Tasks
from analytics.survival import Survival
from analytics.tails import Tail
from data import attempts
from data.frames import Selection
from pages.shared import frames

MOST_FAILURES = 20


def anatomy(selection: Selection, tasks: Tasks) -> list[Anatomy]:
    """Return the parts of time, tokens and money of every configuration; empty where there are published rows only."""
    return _anatomy(selection, _versions(selection.datasets), tasks)


def whole(selection: Selection, tasks: Tasks) -> Anatomy:
    """Return the same of all attempts together; there must be one."""
    return _whole(selection, _versions(selection.datasets), tasks)


def spending(selection: Selection, tasks: Tasks) -> Anatomy | None:
    """Return what `whole` says without times and turns, which are read from the steps; None where there is no attempt."""
    return _spending(selection, _versions(selection.datasets), tasks)


def tails(selection: Selection, tasks: Tasks, measure: str) -> list[Tail]:
    """Return the spread of one measure over the attempts of every configuration."""
    return _tails(selection, _versions(selection.datasets), tasks, measure)


def survivals(selection: Selection, tasks: Tasks) -> list[Survival]:
    """Return the survival over steps of every configuration."""
    return _survivals(selection, _versions(selection.datasets), tasks)


def economics(selection: Selection, tasks: Tasks) -> list[CacheEconomics]:
    """Return what the cache is worth to every configuration."""
    return _economics(selection, _versions(selection.datasets), tasks)


def failures(selection: Selection, tasks: Tasks) -> list[Failure]:
    """Return the dearest attempts that failed."""
    return _failures(selection, _versions(selection.datasets), tasks)


def steps(dataset: str, attempt_id: int) -> pd.DataFrame:
    """Return the steps of one attempt, in order."""
    return _steps(dataset, _versions((dataset,)), attempt_id)


def _versions(ids: tuple[str, ...]) -> tuple[int, ...]:
    there = frames.datasets().set_index("dataset")["version"]
    return tuple(int(there[each]) for each in ids)


@st.cache_resource(max_entries=8, show_spinner="Resampling tasks …")
def _anatomy(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> list[Anatomy]:
    from analytics.anatomy import anatomy as analyse

    details = frames.details(selection, tasks)
    return analyse(details.attempts, details.times, details.turns)


@st.cache_resource(max_entries=8, show_spinner="Resampling tasks …")
def _whole(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> Anatomy:
    from analytics.anatomy import together

    details = frames.details(selection, tasks)
    return together(details.attempts, details.times, details.turns)


@st.cache_resource(max_entries=8, show_spinner=False)
def _spending(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> Anatomy | None:
    from analytics.anatomy import together

    attempts = frames.details(selection, tasks).attempts
    return None if attempts.empty else together(attempts)


@st.cache_resource(max_entries=16, show_spinner="Resampling tasks …")
def _tails(selection: Selection, versions: tuple[int, ...], tasks: Tasks, measure: str) -> list[Tail]:
    from analytics.tails import tails as analyse

    return analyse(frames.details(selection, tasks).attempts, measure)


@st.cache_resource(max_entries=8, show_spinner="Resampling tasks …")
def _survivals(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> list[Survival]:
    from analytics.survival import survival as analyse

    details = frames.details(selection, tasks)
    return analyse(details.failures, details.conditioning)


@st.cache_resource(max_entries=8, show_spinner=False)
def _economics(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> list[CacheEconomics]:
    from analytics.cache import cache_economics as analyse

    return analyse(frames.details(selection, tasks).attempts)


@st.cache_resource(max_entries=8, show_spinner=False)
def _failures(selection: Selection, versions: tuple[int, ...], tasks: Tasks) -> list[Failure]:
    from analytics.anatomy import expensive_failures as analyse

    return analyse(frames.details(selection, tasks).attempts, MOST_FAILURES)


@st.cache_resource(max_entries=32, show_spinner=False)
def _steps(dataset: str, versions: tuple[int, ...], attempt_id: int) -> pd.DataFrame:
    return attempts.steps(frames.store(), dataset, attempt_id)
