"""JSON logs: what a file begins with (by content, whatever it is called), and typed decoding of the wanted fields only."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from data.limits import KB
from data.records import Refused

T = TypeVar("T")

_TOKEN = re.compile(rb'"((?:[^"\\]++|\\.)*+)"(\s*:)?|[{}\[\]]|"', re.DOTALL)


class Opening(NamedTuple):
    """The first keys of a JSON file."""

    kind: str
    """`{` an object or JSON lines, `[` a list, empty: no JSON."""
    keys: dict[str, set[str]]
    """Keys of the first object, each with the keys of its value where that is an object; as far as the beginning shows them."""


def head(path: Path, size: int = 64 * KB) -> bytes:
    """Return the first bytes without a byte order mark or leading space."""
    with path.open("rb") as file:
        return file.read(size).removeprefix(b"\xef\xbb\xbf").lstrip()


def opening(path: Path, size: int = 256 * KB) -> Opening:
    """Return what kind of JSON a file is and which keys its first object has."""
    text = head(path, size)
    kind = text[:1].decode("ascii", "replace")
    if kind not in ("{", "["):
        return Opening("", {})
    keys: dict[str, set[str]] = {}
    open_brackets, top, latest = 0, 1 if kind == "{" else 2, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in (b"{", b"["):
            open_brackets += 1
            if open_brackets == top and mark == b"[":
                break
        elif mark in (b"}", b"]"):
            open_brackets -= 1
            if open_brackets < top:
                break
        elif mark == b'"':
            break  # the beginning ends within a string
        elif token[2] and open_brackets == top:
            latest = token[1].decode("utf-8", "replace")
            keys[latest] = set()
        elif token[2] and open_brackets == top + 1:
            keys[latest].add(token[1].decode("utf-8", "replace"))
    return Opening(kind, keys)


def decoded(data: Any, kind: type[T]) -> T:
    """Return the wanted fields of JSON text, or of what the standard library made of it.

    What msgspec refuses (a bare NaN, a float that is a count) is read again by the standard library.

    Raises
    ------
    ValueError, RecursionError
        If it is no JSON, or not of this kind.
    """
    if not isinstance(data, (bytes, msgspec.Raw)):
        return msgspec.convert(data, kind, strict=False)
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(bytes(data)), kind, strict=False)


def whole(data: Any, kind: type[T], name: str, form: str) -> T:
    """Return the same, or refuse the file: `name` is cut off or is no JSON of `form`."""
    try:
        return decoded(data, kind)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} is cut off or is no JSON of {form}") from error


def with_parts(data: bytes, kind: type[T], key: str, form: str) -> tuple[T, list]:
    """Return a file's fields and the undecoded items of its list `key` (in `kind` a `list[msgspec.Raw] | None`).

    Each item is then decoded by itself, and may fail by itself.
    """
    try:
        fields = msgspec.json.decode(data, type=kind)
        return fields, getattr(fields, key) or []
    except (ValueError, RecursionError):
        loose = whole(data, dict[str, Any], "the file", form)
        parts = loose.pop(key, None) or []
        if not isinstance(parts, list):
            raise Refused(f"{key} is no list in it") from None
        return whole(loose, kind, "the file", form), parts


def items(data: bytes, form: str) -> list:
    """Return the undecoded items of a file that is a list."""
    try:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    except (ValueError, RecursionError):
        return whole(data, list, "the file", form)


def text_of(path: Path) -> bytes:
    """Return a file's bytes without a byte order mark."""
    return path.read_bytes().removeprefix(b"\xef\xbb\xbf")


def moment(text: str | None) -> datetime | None:
    """Return a logged time, None if it is none; without a zone it is taken as UTC."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
