"""Which knobs a set of logs lets one turn, and the ladders of levels over each: one way from a knob's name to `Levels`.

A knob is a setting that differs between configurations (effort, number of agents), the depth of reflection inside a run, the number of
samples, or a cap that is laid on finished runs (turns, tool calls, tokens, seconds, USD).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import pandas as pd

from analytics.attempts import levels_of_samples
from analytics.cap_levels import levels_of_caps
from analytics.grid import Weights
from analytics.levels import Levels, of_configurations, of_rounds
from analytics.replay import Unit

CAPPED: dict[Unit, str] = {"turns": "turns", "tool_calls": "tool_calls", "tokens": "tokens", "seconds": "latency_s", "usd": "cost_usd"}
"""Knob that is a cap → column of the attempts that says what an attempt spent of it."""


_UNWEIGHTED = "Every attempt counts once under a cap, every task once over samples: weights do not change that."


class Series(Protocol):
    """Configurations that differ in one setting."""

    @property
    def name(self) -> str:
        """What they share, as shown."""
        ...

    @property
    def members(self) -> tuple[tuple[str, str, float], ...]:
        """(configuration, level, value)."""
        ...


class Details(Protocol):
    """The frames below a selection, as the data layer gives them."""

    @property
    def cells(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task."""
        ...

    @property
    def attempts(self) -> pd.DataFrame:
        """One row = an attempt."""
        ...

    @property
    def rounds(self) -> pd.DataFrame:
        """One row = configuration × benchmark × task × reflections done."""
        ...

    @property
    def settings(self) -> Sequence[str]:
        """Settings of which there is a series."""
        ...

    def ladders(self, unit: str) -> pd.DataFrame:
        """Return what changes at each level of a unit."""
        ...

    def series(self, setting: str) -> Sequence[Series]:
        """Return the configurations that differ in this setting only."""
        ...


def available(details: Details) -> list[str]:
    """Names of the knobs that have a ladder in these logs, in the order in which they are offered.

    Settings first, then rounds and samples, then caps: a cap can be laid on any log that says what its attempts spent.
    """
    settings = list(details.settings)
    found = sorted(settings, key=lambda name: (name != "effort", name != "reflection_depth", name))
    attempts = details.attempts
    if "reflection_depth" not in found and len(details.rounds):
        found.append("reflection_depth")
    if len(attempts) and attempts.groupby(["configuration", "benchmark", "task"]).size().max() > 1:
        found.append("samples")
    return found + [knob for knob, column in CAPPED.items() if len(attempts) and attempts[column].notna().any()]


def levels(knob: str, details: Details, labels: dict[str, str], *, weights: Weights = "attempt") -> list[Levels]:
    """Ladders over a knob, one for each series or configuration; an empty list where these logs have none.

    Parameters
    ----------
    knob : str
        One of `available`.
    details : Details
        The frames below a selection.
    labels : dict of str
        Configuration → its name as shown.
    weights : 'attempt' or 'task'
        Every attempt once, or every task once; caps and samples know attempts and tasks only as their definitions have it.

    Returns
    -------
    list of Levels
        Sorted by name.

    Notes
    -----
    Reflection inside a run (rounds) is preferred to configurations that differ in their depth: the same attempt is compared with
    itself, so that nothing but the further round differs.
    """
    found: Sequence[Levels | None]
    if knob in CAPPED:
        attempts, ladder = details.attempts, details.ladders(knob)
        found = [levels_of_caps(attempts, ladder, name, knob, series=labels[name]) for name in attempts["configuration"].unique()]
    elif knob == "samples":
        found = levels_of_samples(details.attempts, labels)
    elif knob == "reflection_depth" and len(details.rounds):
        rounds = details.rounds
        found = [of_rounds(rounds, name, labels[name], weights=weights) for name in rounds["configuration"].unique()]
    else:
        found = [of_configurations(details.cells, s.members, knob, s.name, weights=weights) for s in details.series(knob)]
    kept = [each for each in found if each is not None]
    if weights == "task" and (knob in CAPPED or knob == "samples"):
        kept = [replace(each, flags=(*each.flags, _UNWEIGHTED)) for each in kept]
    return sorted(kept, key=lambda each: each.series.casefold())
