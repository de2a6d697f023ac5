"""A file → its columns, as Arrow arrays: text as text, numbers as numbers, nothing guessed yet."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from data.limits import MB, Limits
from data.names import identity_text
from data.records import Refused
from data.tabular.damage import not_utf8
from data.tabular.header import is_long, is_wanted
from data.tabular.rows import KEY, Rows
from data.tabular.sniff import Shape

_BATCH = 20_000
_LARGEST_CSV_BLOCK = 32 * MB


@dataclass
class Table:
    """Columns of one file, all of the same length."""

    columns: dict[str, pa.Array | pa.ChunkedArray]
    n: int
    max_digits: int = 40
    keys: pa.Array | pa.ChunkedArray | None = None
    """Ids of a map id → record."""
    constants: dict[str, object] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    """Row → why it is no record."""
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
    """Row, column, and why its value is unknown."""
    doubtful: list[tuple[str, str]] = field(default_factory=list)
    """Column, and why it is left out."""


def read(path: Path, shape: Shape, limits: Limits, mapped: frozenset[str] = frozenset()) -> Table:
    """Return the table of a file: the columns with a meaning, those that may be settings, and the mapped ones.

    Raises
    ------
    Refused
        If the file is broken or over a limit.
    """
    try:
        return (_read_csv if shape.kind == "csv" else _read_records)(path, shape, limits, mapped)
    except (MemoryError, pa.ArrowMemoryError):
        raise Refused("reading it needs more memory than is allowed") from None


def _read_records(path: Path, shape: Shape, limits: Limits, mapped: frozenset[str]) -> Table:
    rows = Rows(limits, mapped)
    parts: dict[str, list[pa.Array]] = {}
    n = 0
    records = rows.read(path, shape)
    while batch := list(islice(records, _BATCH)):
        for name in dict.fromkeys(key for record in batch for key in record):
            chunks = parts.setdefault(name, [])
            missing = n - sum(map(len, chunks))
            if missing:
                chunks.append(pa.nulls(missing))
            chunks.append(_array([record.get(name) for record in batch], _limit(name, limits)))
        n += len(batch)
    if not n:
        raise Refused("it holds no record")
    columns = {}
    for name, chunks in parts.items():
        missing = n - sum(map(len, chunks))
        columns[name] = _joined([*chunks, pa.nulls(missing)] if missing else chunks)
    keys = columns.pop(KEY, None)
    constants: dict[str, object] = {name: value for name, value in shape.constants.items() if isinstance(value, str | int | float | bool)}
    return Table(columns, n, limits.number_digits, keys, constants, rows.broken, rows.unknown)


def _limit(name: str, limits: Limits) -> int:
    return 100_000 if is_long(name) else limits.text_chars


def _array(values: list, chars: int) -> pa.Array:
    """Return an array of the narrowest type that holds the values: bool, integer, float, else text; what is nested is left out."""
    kinds = set(map(type, values)) - {type(None)}
    try:
        if kinds == {int}:
            return pa.array(values, pa.int64())
        if kinds and kinds <= {int, float}:
            return pa.array(values, pa.float64(), from_pandas=False)
        if kinds == {bool}:
            return pa.array(values, pa.bool_())
    except (OverflowError, pa.ArrowInvalid):
        pass
    texts = [_text(value, chars) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # lone surrogates
        return pa.array([t if t is None else t.encode("utf-8", "replace").decode() for t in texts], pa.string())


def _text(value, chars: int) -> str | None:
    if type(value) is str:
        return value if len(value) <= chars else identity_text(value, chars)
    if type(value) is bool:
        return "true" if value else "false"
    return repr(value) if type(value) in (int, float) else None


def _joined(chunks: list[pa.Array]) -> pa.ChunkedArray:
    """Return the chunks as one column of one type."""
    kinds = {chunk.type for chunk in chunks if chunk.null_count < len(chunk)}
    if len(kinds) == 1:
        kind = kinds.pop()
    elif kinds == {pa.int64(), pa.float64()}:
        kind = pa.float64()
    else:
        kind = pa.string()
    same = []
    for chunk in chunks:
        if chunk.type == kind:
            same.append(chunk)
        elif chunk.null_count == len(chunk):
            same.append(pa.nulls(len(chunk), kind))
        elif kind == pa.string():
            same.append(pa.array([_text(value, 200) for value in chunk.to_pylist()], kind))
        else:
            same.append(chunk.cast(kind, safe=False))
    return pa.chunked_array(same, kind)


def _read_csv(path: Path, shape: Shape, limits: Limits, mapped: frozenset[str]) -> Table:
    if len(shape.names) > limits.columns:
        raise Refused(f"the header has over {limits.columns} columns")
    names = [f"{i}\0{name}" for i, name in enumerate(shape.names)]  # two columns may have one name
    twice = {name for name in shape.names if name.strip() and shape.names.count(name) > 1}
    wanted = {
        unique: name for unique, name in zip(names, shape.names, strict=True) if name not in twice and (name in mapped or is_wanted(name))
    }
    if not wanted:
        raise Refused("the header names nothing that a log of runs has")
    ragged: list[tuple[int | None, int]] = []

    def stop(row) -> str:
        ragged.append((row.number, row.actual_columns))
        return "error"

    block = min(limits.line_bytes, _LARGEST_CSV_BLOCK, max(path.stat().st_size + 1, MB))
    batches: list[pa.RecordBatch] = []
    n = 0
    try:
        for batch in _csv_batches(path, shape, names, list(wanted), block, stop):
            n += len(batch)
            if n > limits.rows:
                raise Refused(f"the file has over {limits.rows:,} rows")
            batches.append(batch)
    except UnicodeDecodeError:
        raise Refused(f"the UTF-16 text after record {n} is broken: save it as UTF-8") from None
    except pa.ArrowInvalid as error:
        raise Refused(_csv_fault(str(error), ragged, n, path, shape, block)) from None
    if not n:
        raise Refused("it has a header and no row")
    table = pa.Table.from_batches(batches)
    columns = {name: table.column(unique) for unique, name in wanted.items()}
    return Table(columns, n, limits.number_digits, doubtful=[(name, "two columns have this name") for name in sorted(twice)])


def _csv_batches(path: Path, shape: Shape, names: list[str], wanted: list[str], block: int, stop) -> Iterator[pa.RecordBatch]:
    yield from pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, block_size=block, skip_rows=shape.header_lines, column_names=names, encoding=shape.encoding
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=shape.delimiter, newlines_in_values=True, invalid_row_handler=stop),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), include_columns=wanted, strings_can_be_null=False, check_utf8=True
        ),
    )


def _csv_fault(message: str, ragged: list[tuple[int | None, int]], n: int, path: Path, shape: Shape, block: int) -> str:
    """Return why the CSV cannot be read, in words without its content."""
    if ragged:
        row, n_fields = ragged[0]
        place = f"line {_line_of(path, shape, row)}" if row else f"a row after record {n}"
        return f"{place} has {n_fields} field{'' if n_fields == 1 else 's'}, the header {len(shape.names)}"
    if "straddling" in message:
        return f"record {n + 1} or one soon after it is longer than {block // MB} MB"
    if "UTF8" in message or "UTF-8" in message:
        return not_utf8(path) or f"the text after record {n} is not UTF-8"
    if re.search(r"empty", message, re.IGNORECASE):
        return "it has a header and no row"
    return f"it is broken CSV after record {n}"


def _line_of(path: Path, shape: Shape, row: int) -> int:
    """Return the line at which a row begins: quoted cells may have several lines, and empty lines are no rows."""
    with path.open(encoding="utf-8-sig" if shape.encoding == "utf8" else shape.encoding, errors="replace", newline="") as file:
        for _ in range(shape.header_lines):
            file.readline()
        line = seen = shape.header_lines
        try:
            reader = csv.reader(file, delimiter=shape.delimiter)
            for cells in reader:
                seen += bool(cells)
                if seen == row:
                    break
                line = shape.header_lines + reader.line_num
        except csv.Error:
            return row
    return line + 1


def combined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the column in one piece, its texts as a dictionary."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, pa.string())
    return array.dictionary_encode() if pa.types.is_string(array.type) else array
