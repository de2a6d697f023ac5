"""Which files an import is of: found, counted against the limits, and each known by its SHA-256."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.limits import GB, MB, Limits
from data.names import safe_text


class IngestError(Exception):
    """Nothing was imported; the text is one sentence with file, place and cause."""


@dataclass
class StagedFile:
    """One file as it was when its digest was taken, and later what was found in it."""

    file_id: int
    path: Path
    name: str
    """Path under the given folder, `/` between parts: a label only."""
    bytes: int
    mtime_ns: int
    sha256: str
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Return the folder part of the label."""
        return self.name.rpartition("/")[0]

    def has_changed(self) -> bool:
        """Return whether the file is another one now than its digest says."""
        try:
            now = self.path.stat()
        except OSError:
            return True
        return (now.st_size, now.st_mtime_ns) != (self.bytes, self.mtime_ns)


Given = Path | tuple[str, Path]
"""A file or folder; or a file with the name it is to be known by, for a browser's file name is no path."""


def staged(given: Sequence[Given], limits: Limits) -> Iterator[tuple[StagedFile, int]]:
    """Yield each file with the number of files.

    Raises
    ------
    IngestError
        If a path does not exist or cannot be read, there is no file, or there are more files or bytes than one import may have.
    """
    found: list[tuple[str, Path]] = []
    for each in given:
        label, path = each if isinstance(each, tuple) else (None, each)
        try:
            for name, file in _files(path.absolute()):
                found.append((label or name, file))
                if len(found) > limits.files:
                    raise IngestError(f"There are over {limits.files:,} files, more than one import may have. Nothing was imported.")
        except OSError as error:
            raise IngestError(f"{safe_text(label or str(path), 300)} cannot be read: {error.strerror}.") from None
    if not found:
        raise IngestError(f"{safe_text(_label(given[0]), 300)} holds no file.")
    total = 0
    for file_id, (name, path) in enumerate(sorted(found)):
        try:
            with path.open("rb") as stream:
                before = os.fstat(stream.fileno())
                total += before.st_size
                if total > limits.total_bytes:
                    size = f"{limits.total_bytes // GB:,} GB" if limits.total_bytes >= GB else f"{limits.total_bytes // MB} MB"
                    raise IngestError(f"The files are over {size} together, more than one import may have. Nothing was imported.")
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise IngestError(f"{safe_text(name, 300)} cannot be read: {error.strerror}.") from None
        yield StagedFile(file_id, path, name, before.st_size, before.st_mtime_ns, digest), len(found)


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        for file in path.rglob("*"):
            inside = file.relative_to(path)
            is_hidden = any(part.startswith(".") for part in inside.parts)
            leads_out = file.is_symlink() and not file.resolve().is_relative_to(path.resolve())  # a log folder is not a way to other files
            if file.is_file() and not is_hidden and not leads_out:
                yield inside.as_posix(), file
    elif path.is_file():
        yield path.name, path
    else:
        raise IngestError(f"{safe_text(str(path), 300)} does not exist.")


def _label(given: Given) -> str:
    return given[0] if isinstance(given, tuple) else str(given)


def title(given: Sequence[Given]) -> str:
    """Return a dataset's name after its first file or folder: `v1.2` is a folder's whole name, `.jsonl` only a file's end."""
    label = Path(_label(given[0]))
    if not isinstance(given[0], tuple):
        label = Path(os.path.abspath(label))  # noqa: PTH100  # `.` and `..` have names too; resolve() would leave a link's own
    is_folder = not isinstance(given[0], tuple) and given[0].is_dir()
    first = safe_text(label.name if is_folder else label.stem) or "logs"
    return first if len(given) == 1 else f"{first} and {len(given) - 1} more"


def content_key(files: Sequence[StagedFile], owner: str, path_pattern: str | None, mapping: dict[str, str]) -> str:
    """Return what makes an import the same again: names and bytes of its files, its owner, how it is read, and by which importers."""
    from data.importers import FALLBACK, IMPORTERS

    versions = [(i.FORMAT.name, i.FORMAT.version) for i in (*IMPORTERS, FALLBACK)]
    identity = [[(f.name, f.sha256) for f in files], owner, path_pattern, sorted(mapping.items()), versions]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


PATH_FIELDS = ("benchmark", "model", "agent", "effort", "provider", "agent_version", "model_version", "hardware")


def check_pattern(pattern: str | None, files: Sequence[StagedFile]) -> None:
    """Refuse a path pattern that can tell nothing: without a known field, or matching no file."""
    if pattern is None:
        return
    named = re.findall(r"\{(\w*)\}", pattern)
    if not named or not set(named) <= set(PATH_FIELDS) or pattern.count("{") != len(named):
        raise IngestError(
            f"The path pattern {safe_text(pattern)!r} needs fields of {', '.join(PATH_FIELDS)} in braces, as {{agent}}/{{model}}/*."
        )
    if not any(path_fields(pattern, f.name) for f in files):
        raise IngestError(f"The path pattern {safe_text(pattern)!r} fits no file: the first one is {safe_text(files[0].name, 200)!r}.")


def path_fields(pattern: str | None, name: str) -> dict[str, str]:
    """Return what a path under the given folder tells.

    >>> path_fields("{agent}/{model}/*", "openhands/qwen3-32B/stats.json")
    {'agent': 'openhands', 'model': 'qwen3-32B'}
    >>> path_fields("{model}.json", "a/b.json")
    {}
    """
    if not pattern:
        return {}
    parts = re.split(r"(\{\w+\}|\*\*|\*)", pattern.strip("/"))
    forms = {"**": ".*", "*": "[^/]*"}
    try:
        form = "".join(forms.get(p) or (f"(?P<{p[1:-1]}>[^/]+?)" if p.startswith("{") else re.escape(p)) for p in parts)
        found = re.fullmatch(form, name)
    except re.error as error:
        raise IngestError(f"The path pattern {pattern} cannot be read: {error}.") from None
    return found.groupdict() if found else {}
