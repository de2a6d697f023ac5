"""A table whose columns have been given their meaning: which column is the cost, in which unit, and what was wrong with its cells."""

import math
import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from data.names import safe_text
from data.records import Refused
from data.tabular import typed
from data.tabular.header import COUNTS, KIND_OF_ROLE, Meaning, meanings, normal
from data.tabular.read import Table, combined
from data.tabular.typed import Numbers, Words
from data.tabular.values import MISSING, has_decimal_comma

_FEW_LONG = 0.1
_SURE = 4
"""The first synonyms of a field are it even if most of their cells cannot be read; a later one is then something else."""
_NAMES = {"model": 99, "agent": 12, "model_version": 1, "agent_version": 9, "provider": 3, "benchmark": 4}
"""How many synonyms of a field are it however long their cells are: to drop the column would pool what it tells apart."""
_LEVELS = {"minimal", "low", "medium", "high", "xhigh", "max"}
_RATE = re.compile(r"(^|_)(pct|percent|percentage|rate|accuracy|acc|f1|em|exact_match|fraction)(_|$)")
_SCORE = re.compile(r"(^|_)(scores?|reward|rating|points|grade|value|metric|performance)(_|$)")


class Sheet:
    """Gives out columns by meaning; each column serves once."""

    def __init__(self, table: Table, mapping: dict[str, str], *, summary: bool):
        self.table, self.mapping, self.summary = table, mapping, summary
        self.n = table.n
        self.used: dict[str, str] = {}
        """Column → field."""
        self.notes: list[str] = []
        self.problems: list[tuple[np.ndarray, str, str]] = []
        """Rows, field, reason."""
        self._pieces: dict[str, pa.Array] = {}
        self._too_long = f"^[^0-9]?[0-9]{{{table.max_digits + 1}}}"
        self.decimal_comma = any(self._has_decimal_comma(name) for name in table.columns if self._is_numeric(name))

    def column(self, name: str) -> pa.Array:
        """Return a column in one piece."""
        if name not in self._pieces:
            self._pieces[name] = combined(self.table.columns[name])
        return self._pieces[name]

    def words(self, name: str) -> Words:
        """Return a column as texts."""
        return typed.words(self.column(name))

    def efforts(self, name: str) -> Words:
        """Return a column as efforts: `none` is the lowest level, `None` where a level stands beside it; else it is an empty cell."""
        column = self.column(name)
        cells = typed.words(column, missing=MISSING - {"none"})
        is_level = {word.lower() for word in cells.words} & _LEVELS or ("none" in cells.words and re.search("effort|level", normal(name)))
        return typed.words(column, missing=MISSING - {"none"}, lower=True) if is_level else self.words(name)

    def numbers(self, name: str, *, is_time: bool = False) -> Numbers:
        """Return a column as numbers, in the unit of its cells."""
        column = self.column(name)
        if isinstance(column, pa.DictionaryArray) and typed.matches(column.dictionary, self._too_long).true_count:
            raise Refused(f"the column {safe_text(name, 40)} has a number of over {self.table.max_digits} digits")
        return typed.numbers(column, decimal_comma=self.decimal_comma, is_time=is_time)

    def candidates(self, role: str) -> list[tuple[str, Meaning]]:
        """Return the free columns that can be this field, the best synonym first."""
        mapped = [(name, Meaning(role, -1)) for name, field in self.mapping.items() if field == role and name in self.table.columns]
        if mapped:
            return mapped
        found = [
            (name, meaning)
            for name in self.table.columns
            if name not in self.used and name not in self.mapping
            for meaning in meanings(name, summary=self.summary)
            if meaning.role == role
        ]
        best: dict[str, Meaning] = {}
        for name, meaning in sorted(found, key=lambda each: each[1].rank):
            best.setdefault(name, meaning)
        return list(best.items())

    def take(self, role: str, name: str, others: list[str] | None = None) -> None:
        """Mark a column as used, and say which others could have been it."""
        self.used[name] = role
        if others:
            self.notes.append(f"{name} read as {role}; left out: {', '.join(others)}")

    def text(self, role: str, *, max_chars: int = 200, accept: Callable[[str, Words], bool] | None = None) -> Words | None:
        """Return the best text column of a field, None if there is none: too long ones are texts, not names."""
        fitting = []
        for name, meaning in self.candidates(role):
            cells = self.efforts(name) if role == "effort" else self.words(name)
            if not cells.words and role not in ("model", "agent"):
                continue
            n_long = sum(len(word) > max_chars for word in cells.words) if meaning.rank >= _NAMES.get(role, 0) else 0
            if n_long > _FEW_LONG * len(cells.words) or (accept and not accept(name, cells)):
                continue
            fitting.append((name, cells))
        if not fitting:
            return None
        fitting.sort(key=lambda each: not each[1].words)  # a column without one word is the last choice
        self.take(role, fitting[0][0], [name for name, cells in fitting[1:] if cells.words])
        return fitting[0][1]

    def number(self, role: str) -> tuple[Numbers, Meaning] | None:
        """Return the best column of numbers of a field in the product's unit, None if there is none."""
        fitting = []
        for name, meaning in self.candidates(role):
            found = self.numbers(name, is_time=KIND_OF_ROLE.get(role) == "time")
            if fits(found, meaning):
                fitting.append((name, meaning, found))
        if not fitting:
            return None
        fitting.sort(key=lambda each: len(each[2].known) < n_texts(each[2]) or not len(each[2].known))
        name, meaning, found = fitting[0]
        self.take(role, name, [each[0] for each in fitting[1:]])
        self.scale(name, role, meaning, found)
        return found, meaning

    def scale(self, name: str, role: str, meaning: Meaning, found: Numbers) -> None:
        """Bring the numbers to the product's unit, and file what was wrong."""
        kind = KIND_OF_ROLE.get(role)
        note = None
        if kind == "share":
            text = normal(name)
            is_rate = bool(_RATE.search(text)) or (role == "accuracy" and not _SCORE.search(text))
            note = typed.shares(found, meaning.factor, is_rate=is_rate)
        elif kind == "time":
            note = typed.durations(found, meaning.factor)
        elif meaning.factor is not None and math.isnan(meaning.factor):
            found.refuse(~np.isnan(found.values), "is not in USD")
        elif meaning.factor is not None:
            found.values *= meaning.factor
        if role in COUNTS and not self.summary:
            typed.whole(found)
        if note:
            self.notes.append(f"{name} {note}")
        self.report(role, found.wrong)
        self.report(role, found.doubtful)

    def report(self, role: str, wrong: typed.Wrong) -> None:
        """File rows whose field is unknown now."""
        for reason, rows in wrong.items():
            if len(rows):
                self.problems.append((rows, self.field(role), f"{said(role)} {reason}"))

    def field(self, role: str) -> str:
        """Return the name of the record's field."""
        return {
            "cost_usd": "cost_usd_sum" if self.summary else "cost_usd_logged",
            "accuracy": "success_sum",
            "n_solved": "success_sum",
        }.get(role, role)

    def free(self) -> list[str]:
        """Return the columns that serve no field yet."""
        return [name for name in self.table.columns if name not in self.used and name not in self.mapping]

    def _is_numeric(self, name: str) -> bool:
        return any(m.role in COUNTS or m.role in KIND_OF_ROLE for summary in (False, True) for m in meanings(name, summary=summary))

    def _has_decimal_comma(self, name: str) -> bool:
        column = self.column(name)
        return isinstance(column, pa.DictionaryArray) and any(has_decimal_comma(t) for t in column.dictionary.to_pylist()[:1000] if t)


def n_texts(found: Numbers) -> int:
    """Return how many cells are no numbers at all."""
    return sum(len(rows) for reason, rows in found.wrong.items() if reason.startswith("is not a ") and "finite" not in reason)


def fits(found: Numbers, meaning: Meaning) -> bool:
    """Return whether the column is the field's: mostly numbers, good or bad (-3, NaN), or named beyond doubt."""
    n_bad = sum(map(len, found.wrong.values()))
    return bool(len(found.known) or n_bad) and (meaning.rank < _SURE or len(found.known) + n_bad >= 2 * n_texts(found))


def said(role: str) -> str:
    """Return a field in words: `cost`, `input tokens`."""
    return role.removesuffix("_usd").removesuffix("_s").replace("_", " ")
