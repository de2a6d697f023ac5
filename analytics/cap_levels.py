"""Caps on one configuration as a ladder: each cap a level, from the lowest that cuts almost everything to the uncut end."""

import numpy as np
import pandas as pd

from analytics.grid import Measure
from analytics.levels import Levels
from analytics.replay import Basis, Unit, replay, runs, written


def levels_of_caps(
    attempts: pd.DataFrame,
    ladder: pd.DataFrame | None,
    configuration: str,
    unit: Unit = "turns",
    *,
    series: str | None = None,
    n_levels: int = 10,
    basis: Basis | None = None,
) -> Levels | None:
    """Accuracy and cost of one configuration under rising caps, in the form that the analysis of returns reads.

    Parameters
    ----------
    attempts, ladder, unit, basis
        As of `caps`.
    configuration : str
        Whose attempts.
    series : str, optional
        Name of the levels as shown; default: the configuration.
    n_levels : int
        Quantiles of what its own attempts spent; the last is the largest, where nothing is cut.

    Returns
    -------
    Levels or None
        Caps that some attempt just meets, each once; None where the attempts do not tell what they spent.

    Raises
    ------
    ValueError
        If the unit or the basis is no such thing.

    Notes
    -----
    Quantiles i / n_levels of the distribution, i = 1 … n_levels (inverse of its steps), so that about as many attempts end between
    any two levels. All levels are cuts of the same attempts: accuracy can only rise, and is a lower bound (`is_bound`). It
    misleads as a forecast of setting the cap: see `caps`.

    References
    ----------
    As of `caps`.

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": [*"1234"], "success": 1.0, "credit": 1.0,
    ...     "turns": [1, 2, 3, 4], "cost_usd": [0.01, 0.02, 0.03, 0.04], "tokens": 9, "tool_calls": 0, "latency_s": 1.0})
    >>> found = levels_of_caps(frame, None, "c", n_levels=4)
    >>> found.names, found.accuracy.mean.tolist()
    (('1 turn', '2 turns', '3 turns', '4 turns, uncut'), [0.25, 0.5, 0.75, 1.0])
    """
    own = [None if f is None or f.empty else f[f["configuration"].astype(str) == configuration] for f in (attempts, ladder)]
    found = runs(own[0], own[1], unit, basis=basis) if own[0] is not None and len(own[0]) else []
    if not found or not len(found[0].spent):
        return None
    quantiles = np.arange(1, n_levels + 1) / n_levels
    chosen = {written(value, unit): value for value in np.unique(np.quantile(found[0].spent, quantiles, method="inverted_cdf"))}
    names, values = list(chosen), np.array(list(chosen.values()))  # of two that are written alike, the higher
    stands = replay(found[0], values)
    shape = (len(values), len(found[0].tasks))
    unknown = Measure(np.zeros(shape), np.zeros(shape))
    parts = {name: Measure(m.counts[:-1], m.sums[:-1]) for name, m in stands.measures.items()}
    return Levels(
        series=series or configuration, knob=unit, names=(*names[:-1], f"{names[-1]}, uncut"), x=values, x_name=unit,
        tasks=found[0].tasks, accuracy=Measure(stands.accuracy.counts[:-1], stands.accuracy.sums[:-1]),
        cost=parts.get("cost_usd", unknown), latency=parts.get("latency_s", unknown), tokens=parts.get("tokens", unknown),
        n_attempts=np.full(len(values), found[0].n_attempts), is_bound=True, configurations=(configuration,),
        flags=found[0].flags, is_fractional=found[0].is_fractional,
    )  # fmt: skip
