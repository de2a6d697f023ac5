"""What the page of returns reads, kept between reruns: ladders of a knob, their groups of tasks, caps and attempts.

Keyed as in `frames`: by the selection with the versions of its datasets, never by a frame. Results are frozen and shared.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from analytics import knobs as turning
from analytics.attempts import AttemptsCurve, attempts_at
from analytics.budgets import KNOBS as BUDGETS
from analytics.budgets import BudgetComparison, Utilisation, compare_budgets, utilisation
from analytics.caps import Cap, caps
from analytics.coverage import Tasks
from analytics.extensions import DynamicCap, dynamic_caps
from analytics.facets import By, Facets
from analytics.grid import Weights
from analytics.replay import SPENT, Unit
from analytics.returns import Returns
from analytics.waste import Waste, waste
from data.details import Details
from data.frames import Selection
from pages.shared import frames
from pages.shared.charts import drawn_caps

_Versions = tuple[int, ...]


@dataclass(frozen=True)
class Capped:
    """One configuration under caps in one unit."""

    focus: str
    curve: tuple[Cap, ...]
    fixed: tuple[Cap, ...]
    """At percentiles of its own spending."""
    chosen: Cap | None
    """The cap that was asked for."""
    others: dict[str, tuple[Cap, ...]]
    """Name as shown → the curve of another configuration."""
    dynamic: tuple[DynamicCap, ...]
    waste: Waste | None
    use: tuple[Utilisation, ...]


def knobs(selection: Selection, tasks: Tasks) -> list[str]:
    """Return what can be turned in these logs, in the order in which it is offered."""
    return _knobs(selection, _versions(selection), tasks)


def ladders(selection: Selection, knob: str, value_usd: float | None, weights: Weights, tasks: Tasks) -> tuple[Returns, ...]:
    """Return every ladder over a knob, by name, without a curve; none where these logs have no such knob."""
    if knob not in knobs(selection, tasks):
        return ()
    return _ladders(selection, _versions(selection), knob, value_usd, weights, tasks)


def ladder(selection: Selection, knob: str, series: str, value_usd: float | None, weights: Weights, tasks: Tasks) -> Returns:
    """Return the one ladder in focus, with its curve."""
    return _ladder(selection, _versions(selection), knob, series, value_usd, weights, tasks)


def facets(selection: Selection, knob: str, series: str, by: By, value_usd: float | None, weights: Weights, tasks: Tasks) -> Facets:
    """Return one ladder within each group of tasks."""
    return _facets(selection, _versions(selection), knob, series, by, value_usd, weights, tasks)


def fixed_caps(selection: Selection, unit: Unit, tasks: Tasks) -> tuple[Cap, ...]:
    """Return every configuration under caps at percentiles of its own spending."""
    return _fixed_caps(selection, _versions(selection), unit, tasks)


def capped(selection: Selection, unit: Unit, focus: str, cap: float | None, tasks: Tasks) -> Capped:
    """Return one configuration under all caps, and under the one that was asked for."""
    return _capped(selection, _versions(selection), unit, focus, cap, tasks)


def compared(selection: Selection, unit: Unit, a: str, b: str, budget: float, tasks: Tasks) -> BudgetComparison:
    """Return A under a budget against B under four times as much."""
    return _compared(selection, _versions(selection), unit, a, b, budget, tasks)


def attempts(selection: Selection, tasks: Tasks) -> tuple[AttemptsCurve, ...]:
    """Return what several attempts reach, for every configuration."""
    return _attempts(selection, _versions(selection), tasks)


def _versions(selection: Selection) -> _Versions:
    there = frames.datasets().set_index("dataset")["version"]
    return tuple(int(there[each]) for each in selection.datasets)


@st.cache_resource(max_entries=16, show_spinner="Reading attempts …")
def _knobs(selection: Selection, versions: _Versions, tasks: Tasks) -> list[str]:
    return turning.available(frames.details(selection, tasks))


@st.cache_resource(max_entries=16, show_spinner="Resampling tasks …")
def _ladders(
    selection: Selection, versions: _Versions, knob: str, value_usd: float | None, weights: Weights, tasks: Tasks
) -> tuple[Returns, ...]:
    from analytics.returns import returns

    details = frames.details(selection, tasks)
    levels = turning.levels(knob, details, details.labels, weights=weights)
    return tuple(returns(each, value_usd=value_usd, has_fit=False) for each in levels)


@st.cache_resource(max_entries=32, show_spinner="Resampling tasks …")
def _ladder(
    selection: Selection, versions: _Versions, knob: str, series: str, value_usd: float | None, weights: Weights, tasks: Tasks
) -> Returns:
    from analytics.returns import returns

    details = frames.details(selection, tasks)
    levels = next(each for each in turning.levels(knob, details, details.labels, weights=weights) if each.series == series)
    return returns(levels, value_usd=value_usd)


@st.cache_resource(max_entries=16, show_spinner="Resampling tasks …")
def _facets(
    selection: Selection, versions: _Versions, knob: str, series: str, by: By, value_usd: float | None, weights: Weights, tasks: Tasks
) -> Facets:
    from analytics.facets import facets as grouped

    details = frames.details(selection, tasks)
    levels = next(each for each in turning.levels(knob, details, details.labels, weights=weights) if each.series == series)
    whole = _ladder(selection, versions, knob, series, value_usd, weights, tasks)
    return grouped(levels, details.tasks, by=by, value_usd=value_usd, whole=whole)


@st.cache_resource(max_entries=16, show_spinner="Replaying attempts …")
def _fixed_caps(selection: Selection, versions: _Versions, unit: Unit, tasks: Tasks) -> tuple[Cap, ...]:
    details = frames.details(selection, tasks)
    return tuple(caps(details.attempts, details.ladders(unit), unit))


@st.cache_resource(max_entries=16, show_spinner="Replaying attempts …")
def _capped(selection: Selection, versions: _Versions, unit: Unit, focus: str, cap: float | None, tasks: Tasks) -> Capped:
    details = frames.details(selection, tasks)
    fixed = [each for each in _fixed_caps(selection, versions, unit, tasks) if each.configuration == focus]
    own, ladder = (frame[frame["configuration"] == focus] for frame in (details.attempts, details.ladders(unit)))
    at = drawn_caps(own[SPENT[unit]].tolist(), unit)
    dense: dict[str, list[Cap]] = {}
    for each in caps(details.attempts, details.ladders(unit), unit, at, n_bootstrap=0):
        dense.setdefault(each.configuration, []).append(each)
    return Capped(
        focus=focus,
        curve=tuple(dense.pop(focus, fixed)),
        fixed=tuple(fixed),
        chosen=next(iter(caps(own, ladder, unit, [cap])), None) if cap is not None else None,
        others={details.labels[key]: tuple(curve) for key, curve in dense.items()},
        dynamic=tuple(dynamic_caps(own, ladder, unit)),
        waste=next(iter(waste(own, details.useful)), None),
        use=tuple(utilisation(own, {focus: _budgets(details, focus)})),
    )


@st.cache_resource(max_entries=16, show_spinner="Replaying attempts …")
def _compared(selection: Selection, versions: _Versions, unit: Unit, a: str, b: str, budget: float, tasks: Tasks) -> BudgetComparison:
    details = frames.details(selection, tasks)
    return compare_budgets(details.attempts, details.ladders(unit), a, b, unit, budget)


@st.cache_resource(max_entries=16, show_spinner="Resampling tasks …")
def _attempts(selection: Selection, versions: _Versions, tasks: Tasks) -> tuple[AttemptsCurve, ...]:
    return tuple(attempts_at(frames.details(selection, tasks).attempts))


def _budgets(details: Details, configuration: str) -> dict[str, float]:
    """Return the budgets that a configuration states among its settings."""
    knobs = json.loads(details.found.configurations.at[configuration, "knobs"])
    stated = {name: value for name, value in knobs.items() if name in BUDGETS and isinstance(value, int | float) and value > 0}
    return {name: float(value) for name, value in stated.items()}


def groupings(selection: Selection, tasks: Tasks) -> Sequence[str]:
    """Return the fields that tell these tasks apart: of two known values or more."""
    rows: pd.DataFrame = frames.details(selection, tasks).tasks
    return [name for name in ("difficulty", "task_group") if rows[name].replace("", None).nunique() > 1]
