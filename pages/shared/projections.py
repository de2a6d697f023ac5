"""What the page Projection reads, kept between reruns: fields of the points, baseline, sliders, and what the stage gets of them.

Keyed as in `frames`: by the selection with the versions of its datasets, never by a frame. Results are frozen and shared.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st

from analytics import hardware, notation
from analytics.break_even import OwnAgainstApi, bills, own_against_api
from analytics.cost import MONTH_DAYS
from analytics.coverage import Tasks
from analytics.frontier import Frontier
from analytics.grid import Weights
from analytics.power import FleetPower, by_level, fleet_power
from analytics.projection import Projection, Slider, baseline, model, points, project, sliders
from analytics.projection_model import POSITION, USE
from data import hardware as tables
from data.frames import Selection
from pages.shared import frames, labels, live

DEFAULT_GPU = "H100 SXM 80GB"
ASSUMED = "Llama 3.1 70B"
"""What simulated data is taken to be served as: its model names are invented, so nothing is claimed of a real model."""
GROUPS = {"limits": "Limits", "own": "Own GPUs"}
WRITTEN = {
    "volume": "count",
    "cap": "count",
    "budget_usd": "usd",
    "reflections": "count",
    "samples": "count",
    "cache_hit": "percent",
    "batch_share": "percent",
    "min_accuracy": "percent",
    "max_latency_s": "seconds",
    "max_usd_per_month": "usd",
    "gpus": "count",
    "batch": "count",
    "utilisation": "percent",
    "usd_per_hour": "usd",
    "pue": "number",
    "usd_per_kwh": "usd",
    "grid_g_per_kwh": "count",
}
"""How the number of a slider is written, here and on the stage."""
_WRITE = {
    "count": notation.count,
    "usd": notation.usd,
    "percent": lambda value: notation.percent(value, 0),
    "seconds": notation.seconds,
    "number": lambda value: notation.fixed(value, 2),
}


@dataclass(frozen=True, eq=False)
class Ground:
    """What a projection of a selection stands on."""

    front: Frontier
    labels: dict[str, str]
    fields: dict[str, np.ndarray]
    start: dict[str, float]
    sliders: tuple[dict, ...]
    """As the stage and the number inputs take them: fields of `Slider`, `write`, `at_baseline`."""
    payload: dict
    """For `live.points`."""
    served: dict[str, str]
    """Configuration → the open model that own GPUs would run for it."""
    gpu: str

    def position(self, typed: Mapping[str, float | None]) -> dict[str, float]:
        """Return the whole position where these sliders stand."""
        return self.start | {key: float(value) for key, value in typed.items() if value is not None}

    def projected(self, position: Mapping[str, float], chosen: str | None = None) -> Projection:
        """Return every configuration at a position."""
        budget = position["max_usd_per_month"]
        limit = budget if math.isfinite(budget) else None
        return project(self.front, self.fields, position, self.start, chosen=chosen, budget_usd_per_month=limit)

    def place(self, configuration: str) -> int:
        """Return the place of a configuration among the points."""
        return next(k for k, point in enumerate(self.front.points) if point.configuration == configuration)

    def own(self, position: Mapping[str, float], configuration: str) -> OwnAgainstApi:
        """Return a configuration on own GPUs against its API."""
        return own_against_api(self.fields, position, self.place(configuration))

    def power(self, position: Mapping[str, float], configuration: str) -> FleetPower:
        """Return what a configuration draws on own GPUs."""
        return fleet_power(self.fields, position, self.place(configuration))

    def bills(self, position: Mapping[str, float], configuration: str, volumes: list[float]) -> dict[str, list[float]]:
        """Return the month's bills at these tasks a day."""
        found = bills(self.fields, position, self.place(configuration), volumes)
        return {name: values.tolist() for name, values in found.items()}

    def energy(self, position: Mapping[str, float], configuration: str) -> tuple[str, list[tuple[float, float]]] | None:
        """Return the slider that cuts (rounds, else turns) and the energy of a task at each of its levels, Wh; None: nothing cuts it."""
        for key in ("reflections", "cap"):
            slider = next((each for each in self.sliders if each["key"] == key), None)
            if slider is not None:
                levels = [slider["low"] + k for k in range(int(slider["high"] - slider["low"]) + 1)]
                found = by_level(self.fields, position, self.place(configuration), key, levels)["energy_wh"].tolist()
                if key == "cap" or found[0] != found[-1]:  # a configuration without rounds is the same at all depths
                    return key, list(zip(levels, found, strict=True))
        return None


def gpus() -> list[str]:
    """Return the names of the GPUs in the table."""
    return list(tables.gpus()["gpu"])


def models() -> dict[str, str]:
    """Return the open models in the table: name as shown → model."""
    table = tables.models()
    return dict(zip(table["label"], table["model"], strict=True))


def ground(selection: Selection, weights: Weights, tasks: Tasks, gpu: str, served: str | None) -> Ground:
    """Return what the projection of a selection stands on, its open models served on a GPU and the others as `served`."""
    there = frames.datasets().set_index("dataset")["version"]
    versions = tuple(int(there[each]) for each in selection.datasets)
    return _ground(selection, versions, weights, tasks, gpu, served)


def measured_pairs() -> list[dict]:
    """Return the measured energy of a request on A100 and on H100 of two open models: one gains, the other does not."""
    table = tables.measured()
    rows = []
    for name, label in (("Llama-3.1-70B", "Llama 3.1 70B"), ("Mixtral-8x7B", "Mixtral 8x7B")):
        found = table[table["model"].str.contains(name, regex=False)].set_index("gpu")["joules_per_request"]
        old, new = (float(found[found.index.str.startswith(gpu)].iloc[0]) for gpu in ("A100", "H100"))
        rows.append({"model": label, "a100_j": old, "h100_j": new, "change": new / old - 1})
    return rows


@st.cache_resource(max_entries=8, show_spinner="Reading attempts …")
def _ground(selection: Selection, versions: tuple[int, ...], weights: Weights, tasks: Tasks, gpu: str, served: str | None) -> Ground:
    found = frames.evidence(selection)
    front = frames.frontier(selection, ("accuracy", "cost_usd"), weights, tasks)
    model_table, shown = tables.models(), {model: label for label, model in models().items()}
    run = {point.configuration: name for point in front.points if (name := _open(found.configurations, point.configuration) or served)}
    fields = points(front, frames.details(selection, tasks), models={key: hardware.model(model_table, name) for key, name in run.items()})
    start = baseline(fields, gpu=hardware.gpu(tables.gpus(), gpu))
    offered = tuple(_offered(fields, start))
    names = {key: shown.get(name, name) for key, name in run.items()}
    return Ground(front, found.labels, fields, start, offered, _payload(front, found.labels, fields, start, names, gpu), names, gpu)


def _open(configurations, configuration: str) -> str | None:
    """Return the model of the table that a configuration names, by the last part of the name."""
    row = configurations.loc[configuration]
    said = {_tail(str(row[column])) for column in ("model", "canonical_model") if column in row and isinstance(row[column], str)}
    return next((name for name in tables.models()["model"] if _tail(name) in said), None)


def _tail(name: str) -> str:
    """Return the last part of a model's name without case and without what says that it follows instructions.

    >>> _tail("meta-llama/Meta-Llama-3.1-70B-Instruct"), _tail("llama-3.1-70b")
    ('llama-3.1-70b', 'llama-3.1-70b')
    """
    return re.sub(r"^meta-|-(instruct|it|chat)$", "", name.rsplit("/", 1)[-1].strip().lower())


def _offered(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> list[dict]:
    """Return all sliders: how the configurations are used, the limits, own GPUs."""
    found = sliders(fields, start)
    after = [each for each in found if each.group == "own"]
    every = [asdict(each) for each in found if each.group == "use"] + _limits(fields, start) + [asdict(each) for each in after]
    for each in every:
        each["write"] = WRITTEN[each["key"]]
        each["ticks"] = [list(tick) for tick in each["ticks"]]
        each["at_baseline"] = _at_baseline(each)
    return every


def _at_baseline(slider: Mapping) -> str:
    """Return what stands in the number of a slider at its baseline."""
    ends = dict(slider["ticks"])
    if ends.get(slider["shown_at"]) == "none":
        return "none"
    return "as logged" if math.isnan(slider["baseline"]) else _WRITE[slider["write"]](slider["baseline"])


def _limits(fields: Mapping[str, np.ndarray], start: Mapping[str, float]) -> list[dict]:
    """Return the sliders of the limits; each stands at `none` where nothing is asked for."""
    nan, found = math.nan, []
    if np.isfinite(fields["logged_accuracy"]).any():
        found.append(
            Slider("min_accuracy", "Solved at least", "", 0.0, 1.0, 0.01, nan, ((0.0, "none"), (1.0, "100%")), False, shown_at=0.0)
        )
    times = fields["logged_latency_s"][np.isfinite(fields["logged_latency_s"]) & (fields["logged_latency_s"] > 0)]
    if len(times):
        low, high = 10.0 ** math.floor(math.log10(times.min() / 2)), 10.0 ** math.ceil(math.log10(times.max()))
        ends = ((low, notation.seconds(low)), (high, "none"))
        found.append(Slider("max_latency_s", "Time per task at most", "s", low, high, low / 10, nan, ends, True, shown_at=high))
    costs = fields["logged_cost_usd"][np.isfinite(fields["logged_cost_usd"]) & (fields["logged_cost_usd"] > 0)]
    if len(costs):
        low = max(1.0, 10.0 ** math.floor(math.log10(costs.min() * start["volume"])))
        high = 10.0 ** math.ceil(math.log10(costs.max() * start["volume"] * 1e3 * MONTH_DAYS))
        ends = ((low, notation.usd(low)), (high, "none"))
        found.append(Slider("max_usd_per_month", "Bill a month at most", "USD", low, high, 1.0, nan, ends, True, shown_at=high))
    return [asdict(each) | {"group": "limits"} for each in found]


def _payload(
    front: Frontier,
    names: Mapping[str, str],
    fields: Mapping[str, np.ndarray],
    start: Mapping[str, float],
    served: Mapping[str, str],
    gpu: str,
) -> dict:
    """Return what the stage gets once."""
    knee = next((k for k, point in enumerate(front.points) if point.is_knee), -1)
    shown = labels.clean(dict(names))
    wanted = model().names | {"is_ranked"}
    payload = {
        "n": len(front.points),
        "ids": [point.configuration for point in front.points],
        "names": [shown.get(point.configuration, point.configuration) for point in front.points],
        "knee": knee,
        "served": [served.get(point.configuration) for point in front.points],
        "gpu": gpu,
        "use": [key for key in USE if key != "volume"],
        "month_days": MONTH_DAYS,
        "start": live.plain({key: start[key] for key in POSITION}),
        "trees": dict(model().trees),
        "fields": live.plain({name: values.tolist() for name, values in fields.items() if name in wanted}),
    }
    text = json.dumps(payload, sort_keys=True)
    return {**payload, "id": hashlib.sha256(text.encode()).hexdigest()[:16]}
