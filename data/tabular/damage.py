"""What is wrong with a file that was evidently meant as a table: the encoding, NUL characters, broken JSON, anchors of YAML."""

import codecs
import json
import re
from pathlib import Path

from data.limits import KB, MB
from data.tabular.header import claims
from data.tabular.sniff import FOREIGN, UTF16_MARKS, beginning, is_foreign, shape_of

_HEAD = 64 * KB
_KEY = re.compile(r'"([^"\\\n]{1,100})"\s*:')
_ANCHOR = re.compile(r"(?m)(?:(?<=^- )|(?<=: ))&[\w.-]+[ \t]*|^[ \t]+<<: *\*.*\n")


def damage(path: Path) -> str | None:
    """Return why a file with the columns of a log cannot be read as it is; None where nothing shows that it is such a file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    is_whole = path.stat().st_size <= _HEAD
    if head[:2] in UTF16_MARKS or head.count(b"\0") > len(head) // 3:
        text = head.replace(b"\0", b"").decode("latin-1").removeprefix("\xff\xfe").removeprefix("\xfe\xff")
        return "it is UTF-16 text: save it as UTF-8" if _is_table(text, whole=is_whole) else None
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").decode("latin-1")  # names of columns that are known are ASCII
    if _is_table(text, whole=is_whole):
        if (place := head.find(b"\0")) >= 0:
            line = head.count(b"\n", 0, place) + 1
            return f"line {line} has a NUL character"
        return not_utf8(path)
    if text.lstrip()[:1] in ("{", "["):
        return _broken_json(text, whole=is_whole)
    anchor = _ANCHOR.search(text)
    if anchor and (found := shape_of(_ANCHOR.sub("", text), whole=is_whole)) and found.kind == "yaml" and found.is_table:
        line = text.count("\n", 0, anchor.start()) + 1
        return f"line {line}: YAML anchors and aliases are not read"
    return None


def not_utf8(path: Path) -> str | None:
    """Return at which byte and line the file is no UTF-8 text; None where it is."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        try:
            while block := file.read(MB):
                line += decoder.decode(block).count("\n")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            return f"it is not UTF-8 text (byte 0x{error.object[error.start]:02x} in line {line}): save it as UTF-8"
    return None


def _is_table(text: str, *, whole: bool) -> bool:
    found = shape_of(text, whole=whole)
    return found is not None and found is not FOREIGN and found.is_table


def _broken_json(text: str, *, whole: bool) -> str | None:
    """Return where the JSON of a log breaks within its beginning."""
    names = list(dict.fromkeys(match[1] for match in _KEY.finditer(text)))[:200]
    if is_foreign(dict.fromkeys(names)) or not claims(names):
        return None
    try:
        first, end = json.JSONDecoder().raw_decode(text := text.lstrip())
    except json.JSONDecodeError as error:
        if beginning(text) is None:
            return f"line {error.lineno}, column {error.colno}: broken JSON"
        return "the JSON breaks off: it is truncated" if whole else None
    except (RecursionError, ValueError):
        return None
    behind = re.compile(r"\S").search(text, end)
    if not isinstance(first, dict) or not behind:
        return None
    line = text.count("\n", 0, behind.start()) + 1
    return f"line {line}: broken JSON"
