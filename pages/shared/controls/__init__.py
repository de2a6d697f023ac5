"""Every control and every key of the URL: pages draw none themselves. A page's own controls stand in the module of its name."""

from pages.shared.controls.anatomy import SIDES, open_row, opened_attempt, side, task_of_attempt
from pages.shared.controls.datasets import manage_datasets, select_datasets
from pages.shared.controls.frame import View, draw_frame, frame
from pages.shared.controls.frontier import (
    X_MEASURES,
    error_bars,
    frontier_only,
    log_axis,
    max_cost_usd,
    max_latency_s,
    pin_from_figure,
    pins,
    show_hull,
    tasks_per_day,
    third_objective,
    x_measure,
)
from pages.shared.controls.keys import KEYS
from pages.shared.controls.link import carried, keep_link, report_stale
from pages.shared.controls.projection import BOUND, focus, forget, keep, kept, numbers, own_gpu, release, served_as
from pages.shared.controls.returns import GROUPS, KNOBS, cap, group_by, knob, series, value_of_success_usd

__all__ = [
    "BOUND",
    "GROUPS",
    "KEYS",
    "KNOBS",
    "SIDES",
    "X_MEASURES",
    "View",
    "cap",
    "carried",
    "draw_frame",
    "error_bars",
    "focus",
    "forget",
    "frame",
    "frontier_only",
    "group_by",
    "keep",
    "keep_link",
    "kept",
    "knob",
    "log_axis",
    "manage_datasets",
    "max_cost_usd",
    "max_latency_s",
    "numbers",
    "open_row",
    "opened_attempt",
    "own_gpu",
    "pin_from_figure",
    "pins",
    "release",
    "report_stale",
    "select_datasets",
    "series",
    "served_as",
    "show_hull",
    "side",
    "task_of_attempt",
    "tasks_per_day",
    "third_objective",
    "value_of_success_usd",
    "x_measure",
]
