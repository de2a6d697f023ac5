"""Which columns were set for a run: known knobs always, unknown columns only if they look set, not produced."""

import re

import numpy as np

from data.tabular.header import KNOB_OF, is_configured, meanings, normal
from data.tabular.sheet import Sheet
from data.tabular.typed import Words
from data.tabular.values import number

_MAY_BE_SET = {"agent", "effort", "provider", "named_configuration", "hardware", "limit_hit", "timed_out", "difficulty", "reasoning_tokens"}
"""Fields whose second-best columns (strategy, method, mode, …) may still be settings."""

_PRODUCED = re.compile(
    r"(^|_)(errors?|error_\w+|malformed|timeouts|pct|percent|percentage|dates?|time|timestamp|hash|commit|sha\d*|md5|fingerprint|checksum|"
    r"dirs?|dirname|directory|folder|paths?|file|filename|files|urls?|link|uri|command|cmd|args|argv|versions?|logs?|output|outputs|response|"
    r"answers?|text|messages?|comments?|notes?|asks|exhausted|overflows?|released|release|uuid|ids?|created|updated|submitted|runs?|trials?|"
    r"seed|epoch|description|title|authors?|demo|truth|target|content|session|trace|pid|host|hostname|rank|elo|cost|price|tokens|latency|"
    r"seconds|duration|score|accuracy|cpu_time|gpu_time|memory|energy|indentation|syntax)($|_)"
)
"""What a run produced, when, where and by which command: never a setting."""
_SETTING_WORD = re.compile(
    r"(^|_)(max|min|limit|budget|size|depth|width|top|window|length|threshold|penalty|beams?|beam|rounds|thinking|workers|agents|shots|shot|"
    r"context|levels?|layers|temperature|quant|bits|k|parallel|branching|candidates|chunk|dim|lr|cap|effort)($|_)"
)
_MAX_VALUES = 20
_MAX_CHARS = 80
_SWEEP_COVERAGE = 0.8


def knobs(sheet: Sheet) -> dict[str, Words]:
    """Return the knobs that everybody knows, under one name; the first of several columns counts."""
    found: dict[str, Words] = {}
    for name in sheet.free():
        knob = KNOB_OF.get(normal(name))
        if knob and knob not in found:
            cells = sheet.words(name)
            if cells.words and max(map(len, cells.words)) <= _MAX_CHARS:
                found[knob] = cells
                sheet.take("knob", name)
    for name, field in sheet.mapping.items():
        if field in ("knob", "setting") and name in sheet.table.columns:
            found[normal(name)] = sheet.words(name)
    return found


def settings(sheet: Sheet, models: np.ndarray, tasks: np.ndarray | None) -> dict[str, Words]:
    """Return further columns that may have been set.

    What stands in a record's `config` or `params` is set. With tasks: text columns and named numbers that do not vary within a model,
    and any column that is a balanced sweep: within each model every value covers 80 % of that model's tasks. What a run produced never
    covers all tasks with each of its values.
    Without tasks: text columns of few values, and numbers that are named like a setting.
    """
    found = {}
    for name in sheet.free():
        text = normal(name)
        roles = {m.role for m in meanings(name, summary=sheet.summary)}
        if roles - _MAY_BE_SET or (_PRODUCED.search(text) and not roles & {"reasoning_tokens"}):
            continue
        cells = sheet.words(name)
        if not cells.words or len(cells.words) > max(_MAX_VALUES, sheet.n // 3 if tasks is None else 0):
            continue
        if max(map(len, cells.words)) > _MAX_CHARS:
            continue
        is_numeric = all(map(_is_number, cells.words))
        if is_numeric and not is_configured(name) and "reasoning_tokens" not in roles and not _SETTING_WORD.search(text):
            if tasks is None or not (_varies(models, cells.codes) and _is_sweep(models, tasks, cells.codes)):
                continue
        elif tasks is not None and not is_configured(name) and _varies(models, cells.codes) and not _is_sweep(models, tasks, cells.codes):
            continue
        found[text] = cells
    return found


def _is_number(word: str) -> bool:
    """Return whether the word is a number, with its sign of money or percent: a result, more likely than a setting."""
    try:
        number(word)
    except ValueError:
        return False
    return True


def _varies(models: np.ndarray, codes: np.ndarray) -> bool:
    """Return whether a model has two values."""
    return len(_pairs(models, codes)) > len(np.unique(models))


def _is_sweep(models: np.ndarray, tasks: np.ndarray, codes: np.ndarray) -> bool:
    """Return whether within each model every value covers most of the model's tasks."""
    n_tasks = dict(zip(*np.unique(_pairs(models, tasks)[:, 0], return_counts=True), strict=True))
    cells, place = np.unique(np.column_stack([models, codes]), axis=0, return_inverse=True)
    covered = np.bincount(_pairs(place.reshape(-1), tasks)[:, 0], minlength=len(cells))
    return all(covered[i] >= _SWEEP_COVERAGE * n_tasks[model] for i, (model, _) in enumerate(cells))


def _pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the distinct pairs."""
    width = int(b.max()) + 2 if len(b) else 1
    keys = np.unique(a.astype(np.int64) * width + b + 1)
    return np.column_stack([keys // width, keys % width - 1])


def is_budget(known: np.ndarray) -> bool:
    """Return whether token numbers are round: a thinking budget that was set, not tokens that were counted.

    >>> is_budget(np.array([32000, 24576, 0])), is_budget(np.array([2048, 1187]))
    (True, False)
    """
    return len(known) > 0 and bool(np.any(known > 0)) and bool(np.all((known % 1000 == 0) | (known % 512 == 0)))
