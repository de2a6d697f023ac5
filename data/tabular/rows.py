"""JSON and YAML → records one by one, each a flat dict of wanted scalars; JSON that `msgspec` refuses is read again by `json`."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from data.limits import MB, Limits
from data.records import Refused
from data.tabular.header import is_wanted
from data.tabular.sniff import Shape, constants_beside

KEY = "\0key"
"""Name of the column that holds the ids of a map id → record."""


class Twice:
    """Stands for the value of a key that occurs twice in one object: nobody can tell which one was meant."""


TWICE = Twice()
_MANY_DIGITS = 1000
"""Bytes of a record below which no number in it can cost time."""
_SMALL = 100_000
"""Bytes of a value beside the records that may hold constants."""
_TOO_DEEP = "{} is nested deeper than {} levels"


class Rows:
    """Reads records, keeps to the limits, and remembers what was wrong with single rows."""

    def __init__(self, limits: Limits, mapped: frozenset[str] = frozenset()):
        self.limits = limits
        self.keys: set[str] = set()
        self.wanted: dict[str, bool] = dict.fromkeys((*mapped, KEY), True)
        self.n = 0
        self.broken: dict[int, str] = {}
        """Row → why it is no record."""
        self.unknown: list[tuple[int, str, str]] = []
        """Row, column and why its value is unknown."""
        self.has_twice = False
        """A key stands twice in the record that is being read."""
        self._decode = msgspec.json.Decoder().decode
        self._long_number = re.compile(rb"[0-9]{%d}" % (limits.number_digits + 1))

    def place(self) -> str:
        """Return the name of the record that is being read."""
        return f"record {self.n + 1}"

    def read(self, path: Path, shape: Shape) -> Iterator[dict]:
        """Yield flat records; a broken one is empty, and listed."""
        source = {"lines": self._lines, "json": self._document, "yaml": self._yaml}[shape.kind]
        for record in source(path, shape):
            if self.n >= self.limits.rows:
                raise Refused(f"the file has over {self.limits.rows:,} rows")
            yield self._flat(record)
            self.n += 1

    def _lines(self, path: Path, _shape: Shape) -> Iterator[Any]:
        most = self.limits.line_bytes
        with path.open("rb") as file:
            if file.read(3) != b"\xef\xbb\xbf":
                file.seek(0)
            number = 0
            while line := file.readline(most + 1):
                number += 1
                if len(line) > most:
                    raise Refused(f"line {number} is longer than {most // MB} MB")
                if line := line.strip():
                    yield self._parsed(line, f"line {number}")

    def _document(self, path: Path, shape: Shape) -> Iterator[Any]:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        try:
            records = self._raw_records(data, shape)
        except RecursionError:
            raise Refused(_TOO_DEEP.format("the file", self.limits.json_depth)) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            records = None
        if records is None:
            document = self._parsed_slowly(data, "the file", shape.at)
            records = document if shape.at is None else document.get(shape.at) if isinstance(document, dict) else None
            beside = {k: v for k, v in document.items() if k != shape.at} if isinstance(document, dict) and shape.at else {}
            shape.constants = constants_beside(beside)
        if isinstance(records, dict):
            for key, record in records.items():
                parsed = self._parsed(bytes(record), self.place()) if isinstance(record, msgspec.Raw) else record
                yield {KEY: key, **parsed} if isinstance(parsed, dict) else parsed
        elif isinstance(records, list):
            for i, record in enumerate(records):
                records[i] = None  # its memory is free as soon as it is read
                yield self._parsed(bytes(record), self.place()) if isinstance(record, msgspec.Raw) else record
        else:
            raise Refused("it holds no list of records")

    def _raw_records(self, data: bytes, shape: Shape) -> list | dict | None:
        """Return the records unread; None if keys stand twice, so that the slow way must tell which."""
        if data.lstrip()[:1] == b"[":
            return msgspec.json.decode(data, type=list[msgspec.Raw])
        top = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        if _colons(data) != len(top) + sum(_colons(bytes(value)) for value in top.values()):
            return None
        if shape.at is None:
            return top
        small = {key: bytes(raw) for key, raw in top.items() if key != shape.at and len(bytes(raw)) < _SMALL}
        shape.constants = constants_beside({key: msgspec.json.decode(raw) for key, raw in small.items()})
        inner = bytes(top[shape.at])
        records = msgspec.json.decode(inner, type=dict[str, msgspec.Raw] if shape.is_map else list[msgspec.Raw])
        if isinstance(records, dict) and _colons(inner) != len(records) + sum(_colons(bytes(value)) for value in records.values()):
            return None
        return records

    def _yaml(self, path: Path, _shape: Shape) -> Iterator[Any]:
        try:
            with path.open("rb") as stream:
                yield from self._yaml_items(yaml.parse(stream, Loader=yaml.CBaseLoader))
        except yaml.MarkedYAMLError as error:
            line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
            raise Refused(f"{line}broken YAML") from None
        except (yaml.YAMLError, UnicodeDecodeError, ValueError):
            raise Refused(f"{self.place()}: broken YAML, or not UTF-8") from None

    def _yaml_items(self, events: Iterator) -> Iterator[Any]:
        """Yield the items of the one list; built from events, so that an alias is refused before anything grows from it."""
        stack: list[Any] = []
        pending: list[Any] = []
        """For each open mapping its key that waits for a value."""
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise Refused(f"line {event.start_mark.line + 1}: YAML anchors and aliases are not read")
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append({} if isinstance(event, yaml.MappingStartEvent) else [])
                pending.append(None)
                if len(stack) > self.limits.json_depth:
                    raise Refused(_TOO_DEEP.format(self.place(), self.limits.json_depth))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                value = stack.pop()
                pending.pop()
            elif isinstance(event, yaml.ScalarEvent):
                value = event.value
            else:
                continue
            if not stack:
                if isinstance(value, list) and not isinstance(event, yaml.ScalarEvent):
                    continue
                raise Refused("the YAML is no list of records")
            if isinstance(stack[-1], list):
                if len(stack) == 1:
                    yield value
                else:
                    stack[-1].append(value)
            elif pending[-1] is None:
                pending[-1] = value if isinstance(value, str) else ""
            else:
                self.has_twice |= pending[-1] in stack[-1]
                stack[-1][pending[-1]] = TWICE if pending[-1] in stack[-1] else value
                pending[-1] = None

    def _parsed(self, raw: bytes, place: str) -> Any:
        """Return one record's value: fast where that is safe, else in the slow and watchful way."""
        try:
            value = self._decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self._parsed_slowly(raw, place)
        except RecursionError:
            raise Refused(_TOO_DEEP.format(place, self.limits.json_depth)) from None
        if type(value) is not dict:
            return value
        n_colons = _colons(raw)
        if n_colons != len(value) and n_colons != _n_keys(value):
            return self._parsed_slowly(raw, place)
        if len(raw) > _MANY_DIGITS and self._long_number.search(raw):
            return self._parsed_slowly(raw, place)
        return value

    def _parsed_slowly(self, raw: bytes, place: str, at: str | None = None) -> Any:
        digits = self.limits.number_digits

        def short(parse):
            def number(text: str):
                if len(text) > digits and sum(c.isdigit() for c in text) > digits:
                    raise Refused(f"{place} has a number of over {digits} digits")
                return parse(text)

            return number

        def pairs(items: list[tuple[str, Any]]) -> dict:
            found = dict(items)
            if len(found) < len(items):
                self.has_twice = True
                seen: set[str] = set()
                for key, _ in items:
                    if key in seen:
                        found[key] = TWICE
                    seen.add(key)
            return found

        try:
            text = raw.decode("utf-8")
            return json.loads(text, object_pairs_hook=pairs, parse_constant=str, parse_int=short(int), parse_float=short(float))
        except UnicodeDecodeError as error:
            raise Refused(f"{place} is not UTF-8 text (byte {error.start + 1:,})") from None
        except json.JSONDecodeError as error:
            if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated"):
                raise Refused(f"{place} breaks off: the JSON is truncated") from None
            raise Refused(f"{place} is broken JSON (line {error.lineno}, column {error.colno})") from None
        except RecursionError:
            raise Refused(_TOO_DEEP.format(place, self.limits.json_depth)) from None

    def _flat(self, record: Any) -> dict:
        if type(record) is not dict:
            self.broken[self.n] = "two records have this key" if record is TWICE else "is not a record of names and values"
            return {}
        if not record.keys() <= self.keys:
            self.keys |= record.keys()
            if len(self.keys) > self.limits.distinct_keys + (KEY in self.keys):
                raise Refused(f"{self.place()} brings the number of different keys over {self.limits.distinct_keys}")
            self.wanted |= {name: is_wanted(name) for name in record if name not in self.wanted}
        flat: dict = {}
        wanted = self.wanted
        for name, value in record.items():
            kind = type(value)
            if kind is dict or kind is list:
                if _deeper_than(value, self.limits.json_depth - 1):
                    raise Refused(_TOO_DEEP.format(self.place(), self.limits.json_depth))
                if kind is dict:
                    self._put_inner(flat, name, value, 2)
            elif wanted[name]:
                flat[name] = value
        if self.has_twice:
            self.has_twice = False
            for name in [name for name, value in flat.items() if value is TWICE]:
                flat[name] = None
                self.unknown.append((self.n, name, "the key occurs twice in the record"))
        return flat

    def _put_inner(self, flat: dict, name: str, values: dict, levels: int) -> None:
        for inner, value in values.items():
            if type(value) is dict and levels > 1:
                self._put_inner(flat, f"{name}.{inner}", value, levels - 1)
            elif type(value) is not dict and type(value) is not list:
                path = f"{name}.{inner}"
                wanted = self.wanted.get(path)
                if wanted is None:
                    wanted = self.wanted[path] = is_wanted(path)
                if wanted:
                    flat[path] = value


def _colons(raw: bytes) -> int:
    """Return at least the number of keys, exactly that where no text has `":` in it."""
    return raw.count(b'":') + raw.count(b'" :')


def _n_keys(value: Any) -> int:
    if type(value) is dict:
        return len(value) + sum(_n_keys(v) for v in value.values() if type(v) is dict or type(v) is list)
    return sum(_n_keys(v) for v in value if type(v) is dict or type(v) is list)


def _deeper_than(value: Any, levels: int) -> bool:
    if levels <= 0:
        return True
    inner = value.values() if type(value) is dict else value
    return any(_deeper_than(v, levels - 1) for v in inner if type(v) is dict or type(v) is list)
