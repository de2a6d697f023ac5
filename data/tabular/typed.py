"""One column → numbers, shares, moments, flags or words, each distinct cell read once; what cannot be read is unknown, with the reason."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.tabular import values
from data.tabular.values import MISSING

_PLAIN = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"

Wrong = dict[str, np.ndarray]
"""Reason → rows."""


@dataclass
class Words:
    """A column of texts: for each row the place of its word, −1 where the cell is empty."""

    codes: np.ndarray
    words: list[str]

    def each(self) -> list[str | None]:
        """Return one text or None for each row."""
        table = np.array([*self.words, None], dtype=object)
        return table[self.codes].tolist()

    def part(self, rows: slice) -> "Words":
        """Return some rows."""
        return Words(self.codes[rows], self.words)

    def map(self, read: Callable[[str], object]) -> list:
        """Return what `read` makes of each row's word, None for empty cells; each distinct word is read once."""
        table = np.empty(len(self.words) + 1, dtype=object)
        table[:-1] = [read(word) for word in self.words]
        return table[self.codes].tolist()

    @property
    def known(self) -> np.ndarray:
        """Return which cells are not empty."""
        return self.codes >= 0


@dataclass
class Numbers:
    """A column of numbers: NaN where unknown."""

    values: np.ndarray
    wrong: Wrong = field(default_factory=dict)
    doubtful: Wrong = field(default_factory=dict)
    """Rows whose value is kept, and what speaks against it."""
    is_percent: bool = False
    """Cells carry a percent sign."""
    has_unit: np.ndarray | None = None
    """Cells that are durations with their own unit, in seconds already."""

    @property
    def known(self) -> np.ndarray:
        """Return the values that are known."""
        return self.values[~np.isnan(self.values)]

    def refuse(self, rows: np.ndarray, reason: str) -> None:
        """Make these rows unknown."""
        rows = rows[~np.isnan(self.values[rows])] if rows.dtype != bool else np.flatnonzero(rows)
        if len(rows):
            self.values[rows] = np.nan
            self.wrong[reason] = np.union1d(self.wrong[reason], rows) if reason in self.wrong else rows


def words(column: pa.Array, missing: Set[str] = MISSING, *, lower: bool = False) -> Words:
    """Return the column as texts; empty cells and words for nothing are missing."""
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    if pa.types.is_null(encoded.type):
        return Words(np.full(len(column), -1), [])
    raw = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts: dict[str, int] = {}
    place = np.full(len(raw) + 1, -1)
    for i, value in enumerate(raw):
        text = value.strip() if type(value) is str else {True: "true", False: "false"}[value] if type(value) is bool else repr(value)
        text = text.lower() if lower else text
        if text.lower() not in missing and text != "nan":
            place[i] = texts.setdefault(text, len(texts))
    return Words(place[codes], list(texts))


def matches(texts: pa.Array, pattern: str) -> pa.BooleanArray:
    """Return which texts hold a match of the pattern."""
    return pc.call_function("match_substring_regex", [texts], pc.MatchSubstringOptions(pattern))


def numbers(column: pa.Array, *, decimal_comma: bool = False, is_time: bool = False) -> Numbers:
    """Return the column as finite numbers, 0 or above."""
    if not isinstance(column, pa.DictionaryArray):
        known = column.is_valid().to_numpy(zero_copy_only=False)
        found = Numbers(column.cast(pa.float64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False).astype(float))
        found.values[~known] = np.nan
        bad = known & ~np.isfinite(found.values)
        found.values[bad] = 0  # so that refuse() sees a value there
    else:
        found, bad = _text_numbers(column, decimal_comma=decimal_comma, is_time=is_time)
    found.refuse(bad, "is not a finite number")
    found.refuse(found.values < 0, "is negative")
    return found


def _text_numbers(column: pa.DictionaryArray, *, decimal_comma: bool, is_time: bool) -> tuple[Numbers, np.ndarray]:
    """Return a text column as numbers, each distinct cell read once, and which rows say that they are none."""
    cells = column.dictionary
    table = np.full(len(cells) + 1, np.nan)
    plain = np.zeros(len(cells), dtype=bool)
    if not decimal_comma:
        matched = matches(cells, _PLAIN)
        plain = matched.fill_null(False).to_numpy(zero_copy_only=False)
        table[:-1][plain] = cells.filter(matched).cast(pa.float64()).to_numpy(zero_copy_only=False)
    units, unfinite = np.zeros(len(cells) + 1, dtype=bool), np.zeros(len(cells) + 1, dtype=bool)
    unfinite[:-1][plain] = np.isinf(table[:-1][plain])
    reasons: dict[str, list[int]] = {}
    percents = False
    for i in np.flatnonzero(~plain).tolist():
        text = (cells[i].as_py() or "").strip()
        if text.lower() in MISSING:
            continue
        percents |= text.endswith("%")
        try:
            duration = values.seconds(text) if is_time else None
            units[i] = duration is not None
            table[i] = values.number(text, decimal_comma=decimal_comma) if duration is None else duration
            unfinite[i] = not np.isfinite(table[i])
        except ValueError as error:
            reasons.setdefault(str(error), []).append(i)
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    found = Numbers(table[codes], is_percent=percents, has_unit=units[codes])
    found.wrong = {reason: np.flatnonzero(np.isin(codes, places)) for reason, places in reasons.items()}
    found.values[unfinite[codes]] = 0  # so that refuse() sees a value there
    return found, unfinite[codes]


def shares(found: Numbers, factor: float | None, *, is_rate: bool) -> str | None:
    """Bring fractions and percentages to 0–1, in place; return a note where the scale was decided by the values.

    Values above 1 in a few rows of a column of fractions are unknown; elsewhere values up to 100 are percentages, and a score that
    ends at 10 or below is on a scale of its own (1 to 5), unless its name says that it is a rate.
    """
    if factor is not None or found.is_percent:
        found.values *= factor or 0.01
        found.refuse(found.values > 1 + 1e-9, "is above 100 %")
        return None
    known = found.known
    if not len(known) or known.max() <= 1 + 1e-9:
        return None
    above = np.mean(known > 1 + 1e-9)
    fractions = np.any((known > 0) & (known <= 1))
    if above <= 0.1 and fractions:
        found.refuse(found.values > 1 + 1e-9, "is above 1 in a column of fractions")
        return None
    if np.mean(known > 100 + 1e-9) > 0.1 or (known.max() <= 10 and not is_rate):
        found.refuse(~np.isnan(found.values), "is neither a fraction nor a percentage")
        return None
    found.refuse(found.values > 100 + 1e-9, "is above 100 in a column of percentages")
    if np.any((known > 0) & (known < 1)):
        small = (found.values > 0) & (found.values <= 1)
        found.doubtful["is 1 or less in a column of percentages: read as a percentage"] = np.flatnonzero(small)
    found.values /= 100
    return "read as percentages"


def durations(found: Numbers, factor: float | None) -> str | None:
    """Bring times to seconds, in place; return a note where the unit was decided by the values."""
    bare = ~found.has_unit if found.has_unit is not None else np.ones(len(found.values), dtype=bool)
    note = None
    if factor is None:
        known = found.values[bare & ~np.isnan(found.values)]
        factor = 1.0
        if len(known) and np.median(known) > 1000 and np.all(known == np.floor(known)):
            factor, note = 0.001, "read as milliseconds: whole numbers, half of them over 1000"
    found.values[bare] *= factor
    return note


def whole(found: Numbers) -> None:
    """Make fractions unknown: a count has none."""
    found.refuse(np.isfinite(found.values) & (found.values != np.floor(found.values)), "is not a whole number")


def moments(column: pa.Array) -> tuple[list[datetime | None], Wrong]:
    """Return the column as moments in UTC."""
    cells = words(column)
    read: list[datetime | None] = []
    reasons: dict[str, list[int]] = {}
    for i, text in enumerate(cells.words):
        try:
            read.append(values.moment(text))
        except ValueError as error:
            read.append(None)
            reasons.setdefault(str(error), []).append(i)
    table = np.empty(len(read) + 1, dtype=object)
    table[:-1] = read
    return table[cells.codes].tolist(), {reason: np.flatnonzero(np.isin(cells.codes, bad)) for reason, bad in reasons.items()}


def flags(column: pa.Array) -> Numbers:
    """Return success as 1 and failure as 0; another number or word is unknown."""
    cells = words(column)
    table, bad = np.full(len(cells.words) + 1, np.nan), []
    for i, text in enumerate(cells.words):
        try:
            table[i] = values.flag(text)
        except ValueError:
            bad.append(i)
    found = Numbers(table[cells.codes])
    if bad:
        found.wrong["is neither success nor failure"] = np.flatnonzero(np.isin(cells.codes, bad))
    return found
