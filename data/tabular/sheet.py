"""A table whose columns have been given their meaning: which column is the cost, in which unit, and what was wrong with its cells."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from data.names import safe_text
from data.records import Refused
from data.tabular import typed
from data.tabular.header import COUNTS, KIND_OF_ROLE, Meaning, meanings, normal
from data.tabular.read import Table, combined
from data.tabular.typed import Numbers, Words
from data.tabular.values import has_decimal_comma

_RATINGS = {"rating", "points", "grade", "value", "metric"}
"""Scores that are on no scale from 0 to 1 or 100 if they end at 5 or 10."""
_FEW_LONG = 0.1
_SURE = 2
"""The first synonyms of a field are it even if half of their cells cannot be read; a later one is then something else."""


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
        for name, _ in self.candidates(role):
            cells = self.words(name)
            if not cells.words and role not in ("model", "agent"):
                continue
            n_long = sum(len(word) > max_chars for word in cells.words)
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
            n_wrong = sum(len(rows) for reason, rows in found.wrong.items() if reason.startswith("is not a ") and "finite" not in reason)
            n_known = len(found.known)
            if n_known + n_wrong and (n_known >= n_wrong or meaning.rank < _SURE):
                fitting.append((name, meaning, found, n_known >= n_wrong))
        if not fitting:
            return None
        fitting.sort(key=lambda each: not each[3])
        name, meaning, found, _ = fitting[0]
        self.take(role, name, [each[0] for each in fitting[1:]])
        self.scale(name, role, meaning, found)
        return found, meaning

    def scale(self, name: str, role: str, meaning: Meaning, found: Numbers) -> None:
        """Bring the numbers to the product's unit, and file what was wrong."""
        kind = KIND_OF_ROLE.get(role)
        note = None
        if kind == "share" and normal(name) in _RATINGS and 1 < max(found.known, default=0) <= 10:
            found.refuse(~np.isnan(found.values), "is neither a fraction nor a percentage")
        elif kind == "share":
            note = typed.shares(found, meaning.factor)
        elif kind == "time":
            note = typed.durations(found, meaning.factor)
        elif meaning.factor is not None:
            found.values *= meaning.factor
        if role in COUNTS and not self.summary:
            typed.whole(found)
        if note:
            self.notes.append(f"{name} {note}")
        self.report(role, found.wrong)

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


def said(role: str) -> str:
    """Return a field in words: `cost`, `input tokens`."""
    return role.removesuffix("_usd").removesuffix("_s").replace("_", " ")
