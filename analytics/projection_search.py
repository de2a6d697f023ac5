"""How to meet a monthly bill with the least accuracy lost: a search over configurations, caps and rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analytics.declared import Model, evaluate, parse
from analytics.projection_model import FORMULAS, model

_TABLES = {"cap": "cap_levels", "budget_usd": "usd_levels"}
"""What is capped → the levels that were replayed of it."""
_ROWS = 4096
"""Points × positions that are evaluated at a time."""
_WANTED = ("accuracy", "usd_per_month", "latency_s")


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to meet a bill: one configuration at one position."""

    place: int
    """Of the configuration, in the order of the points."""
    position: dict[str, float]
    accuracy: float
    usd_per_month: float
    is_met: bool
    """False: nothing meets it, and this is the nearest."""


def least_lost(
    fields: Mapping[str, np.ndarray], position: Mapping[str, float], usd_per_month: float, *, kept: Sequence[int] | None = None
) -> Way | None:
    """Accuracy that a monthly bill leaves: the best configuration, cap and number of rounds within it.

    Parameters
    ----------
    fields : mapping of str to array
        As `analytics.projection.points` returns them.
    position : mapping of str to float
        What is not searched stays as it is here: volume, samples, cache hits, batch discount, and the limits on time and accuracy.
    usd_per_month : float
        The bill to meet.
    kept : sequence of int, optional
        Points to search among; default: all.

    Returns
    -------
    Way or None
        Among equally accurate ways the cheaper, then the one that cuts less. Nothing meets the bill: the cheapest way. None where no
        cost is known.

    Raises
    ------
    KeyError
        If a name of the model is not given.

    Notes
    -----
    Full enumeration: every replayed cap in turns and every one in money, at or below that of the position, each with every number of
    rounds. Accuracy under a cap is a lower bound, so the way that is found is safe and a better one may exist. The best of many by looking
    is partly luck where configurations are close: its interval stands beside it on the page.

    References
    ----------
    Haimes, Lasdon and Wismer, IEEE Trans. Syst. Man Cybern. 1 (1971), pages 296-297 (ε-constraint method).

    Examples
    --------
    See `analytics.projection.project`.
    """
    places = np.arange(len(fields["logged_accuracy"])) if kept is None else np.asarray(kept, dtype=int)
    found: list[tuple[int, int, float, float]] = []
    ways = _ways(fields, position)
    size = max(1, _ROWS // len(ways))
    for start in range(0, len(places), size):
        some = places[start : start + size]
        answers = _evaluated(fields, position, some, ways)
        columns = [answers[name].tolist() for name in _WANTED]
        for row, (accuracy, usd, latency) in enumerate(zip(*columns, strict=True)):
            if np.isfinite(accuracy) and np.isfinite(usd) and _is_within(position, accuracy, latency):
                found.append((int(some[row // len(ways)]), row % len(ways), accuracy, usd))
    if not found:
        return None
    within = [each for each in found if each[3] <= usd_per_month]
    if within:
        best = min(within, key=lambda each: (-each[2], each[3], each[1], each[0]))
    else:
        best = min(found, key=lambda each: (each[3], -each[2], each[1], each[0]))
    place, way, accuracy, usd = best
    at = {key: float(values[0]) for key, values in _moved(fields, position, np.array([place]), [ways[way]]).items()}
    return Way(place=place, position={**position, **at}, accuracy=accuracy, usd_per_month=usd, is_met=bool(within))


def _is_within(position: Mapping[str, float], accuracy: float, latency: float) -> bool:
    """Return whether a way keeps the other limits; an unknown time keeps none."""
    is_slow = not (np.isnan(position["max_latency_s"]) or latency <= position["max_latency_s"])
    return not is_slow and not accuracy < position["min_accuracy"]


def _ways(fields: Mapping[str, np.ndarray], position: Mapping[str, float]) -> list[tuple[float, str | None, int]]:
    """Return what to try, that which cuts least first: rounds, what is capped, and the column of the configuration's own levels."""
    depths = np.unique(fields["depth_levels"][np.isfinite(fields["depth_levels"])])[::-1].tolist()
    rounds = [position["reflections"], *(depth for depth in depths if depth < position["reflections"])]
    columns = [(key, column) for key, table in _TABLES.items() for column in range(fields[table].shape[1] - 1, 0, -1)]
    return [(depth, key, column) for depth in rounds for key, column in [(None, 0), *columns]]


def _moved(
    fields: Mapping[str, np.ndarray], position: Mapping[str, float], places: np.ndarray, ways: Sequence[tuple[float, str | None, int]]
) -> dict[str, np.ndarray]:
    """Return the values of what is searched, place by place and way by way; no cap is higher than the position's own."""
    values = {"reflections": np.tile(np.array([depth for depth, _, _ in ways]), len(places))}
    for key, table in _TABLES.items():
        here, columns = np.array([capped == key for _, capped, _ in ways]), np.array([column for _, _, column in ways])
        levels = fields[table][places][:, np.minimum(columns, fields[table].shape[1] - 1)]
        capped = np.where(here & np.isfinite(levels), np.fmin(levels, position[key]), position[key])
        values[key] = np.where(np.isnan(position[key]), np.nan, capped).ravel()
    return values


def _evaluated(
    fields: Mapping[str, np.ndarray], position: Mapping[str, float], places: np.ndarray, ways: Sequence[tuple[float, str | None, int]]
) -> dict[str, np.ndarray]:
    """Return the answers of each place at each way, place by place."""
    wanted, moved = _searched(), _moved(fields, position, places, ways)
    repeated = {name: np.repeat(fields[name][places], len(ways), axis=0) for name in sorted(wanted.names & fields.keys())}
    rest = {name: value for name, value in position.items() if name not in moved}
    return evaluate(wanted, rest, repeated | moved)


@lru_cache(maxsize=1)
def _searched() -> Model:
    """Return the part of the model that the search needs."""
    trees, needed = model().trees, set(_WANTED)
    for name in reversed(trees):
        if name in needed:
            needed |= _used(trees[name])
    return parse({name: text for name, text in FORMULAS.items() if name in needed})


def _used(tree) -> set[str]:
    """Return the names in a tree."""
    if not isinstance(tree, list):
        return set()
    return {tree[1]} if tree[0] == "get" else set().union(*(_used(branch) for branch in tree[1:]))
