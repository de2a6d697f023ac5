"""Zip files that nobody vouches for: the directory is checked before anything is unpacked, and members are unpacked in counted pieces.

The directory is read here and not by `zipfile`, which lists 200,000 members in half a gigabyte before it can be asked how many there
are, and unpacks a zstd member without a bound. Nothing is ever written to disk; a member's name is a label.
"""

import os
import struct
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from data.limits import MB, Limits
from data.records import Refused

STORED, DEFLATED, ZSTD = 0, 8, 93
_PIECE = 64 * 1024
_END, _END_SIZE = b"PK\x05\x06", 22
_END64, _END64_LOCATOR = b"PK\x06\x06", b"PK\x06\x07"
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_MEMBER, _MEMBER_SIZE = b"PK\x03\x04", 30
_LONGEST_ENTRY = _ENTRY_SIZE + 3 * 0xFFFF


class Member(NamedTuple):
    """One entry of the directory."""

    name: str
    flags: int
    method: int
    crc: int
    packed_bytes: int
    unpacked_bytes: int
    offset: int
    """Of its local header."""


class Archive:
    """The members of an open zip file, read under the limits of one import."""

    def __init__(self, file: BinaryIO, limits: Limits):
        self._file, self._limits, self._read_bytes = file, limits, 0
        members = list(_members(file, limits.zip_entries))
        _refuse_overlaps(members)
        self._members = {m.name: m for m in members}
        self._repeated = {m.name for m in members if self._members[m.name] is not m}

    @property
    def names(self) -> list[str]:
        """Names in the order of the directory: labels, never paths."""
        return list(self._members)

    @property
    def unpacked_bytes(self) -> int:
        """Bytes of all members together, as the directory declares them."""
        return sum(m.unpacked_bytes for m in self._members.values())

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """Return one member's bytes, refusing the file when it is not what the directory says or goes over a limit."""
        member = self._members[name]
        if name in self._repeated:
            raise Refused(f"{name} is in the zip more than once")
        if member.flags & 0b1:
            raise Refused(f"{name} is encrypted")
        if member.method not in (STORED, DEFLATED, ZSTD):
            raise Refused(f"{name} is packed with method {member.method}, which is not read here")
        if member.unpacked_bytes > self._limits.zip_entry_bytes:
            raise Refused(f"{name} is over {self._limits.zip_entry_bytes // MB} MB when unpacked")
        pieces, size, crc, packed = [], 0, 0, _Packed(self._file, self._start(member), member.packed_bytes)
        try:
            for piece in _UNPACK[member.method](packed):
                size, crc = size + len(piece), zlib.crc32(piece, crc)
                self._refuse_too_large(member, size, packed.taken)
                pieces.append(piece)
        except (zlib.error, EOFError, *_ZSTD_ERRORS) as error:
            raise Refused(f"{name} is damaged") from error
        if size != member.unpacked_bytes or crc != member.crc:
            raise Refused(f"{name} is damaged: it is not what the zip's directory says")
        self._read_bytes += size
        return b"".join(pieces)

    def _refuse_too_large(self, member: Member, size: int, taken: int) -> None:
        limits = self._limits
        if size > member.unpacked_bytes:
            raise Refused(f"{member.name} is larger than the zip's directory says")
        if self._read_bytes + size > limits.zip_total_bytes:
            raise Refused(f"its members are over {limits.zip_total_bytes // MB} MB together when unpacked")
        if size > MB and size > limits.zip_ratio * taken:
            raise Refused(f"{member.name} unpacks to over {limits.zip_ratio} times its size")

    def _start(self, member: Member) -> int:
        header = _at(self._file, member.offset, _MEMBER_SIZE)
        if header[:4] != _MEMBER:
            raise Refused(f"{member.name} is not where the zip's directory says")
        name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
        return member.offset + _MEMBER_SIZE + name_bytes + extra_bytes


@contextmanager
def open_archive(path: Path, limits: Limits) -> Generator[Archive]:
    """Open a zip file whose directory has been checked; `Refused` if it is cut off, forged or over a limit."""
    with path.open("rb") as file:
        yield Archive(file, limits)


def names_in(path: Path, at_most: int = 20_000) -> Iterator[str]:
    """Yield the first names of a zip's directory, none if it is no whole zip file: enough to tell a format, no promise about the rest."""
    try:
        with path.open("rb") as file:
            for _, member in zip(range(at_most), _members(file, sys.maxsize), strict=False):
                yield member.name
    except Refused:
        return


class _Packed(RawIOBase):
    """The packed bytes of one member as a stream that counts what was taken from it."""

    def __init__(self, file: BinaryIO, start: int, size: int):
        self._file, self._at, self._left, self.taken = file, start, size, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = self._left if size < 0 else min(size, self._left)
        self._file.seek(self._at)
        data = self._file.read(size)
        self._at, self._left, self.taken = self._at + len(data), self._left - len(data), self.taken + len(data)
        return data

    def readinto(self, buffer) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _stored(packed: _Packed) -> Iterator[bytes]:
    while piece := packed.read(_PIECE):
        yield piece


def _deflated(packed: _Packed) -> Iterator[bytes]:
    # Packed bytes go in by 4 kB, so that what was taken is close to what came out: the ratio is then caught after its first MB.
    inflate = zlib.decompressobj(-15)
    while not inflate.eof:
        data = inflate.unconsumed_tail or packed.read(4096)
        piece = inflate.decompress(data, _PIECE)
        if not data and not piece:
            raise EOFError
        yield piece


if sys.version_info >= (3, 14):
    from compression import zstd

    _ZSTD_ERRORS: tuple[type[Exception], ...] = (zstd.ZstdError,)

    def _zstd(packed: _Packed) -> Iterator[bytes]:
        with zstd.open(packed) as stream:
            while piece := stream.read(_PIECE):
                yield piece
else:
    import zstandard

    _ZSTD_ERRORS = (zstandard.ZstdError,)

    def _zstd(packed: _Packed) -> Iterator[bytes]:
        # Large members are several frames; a window over 128 MB is refused by the library, which bounds its memory.
        unpack = zstandard.ZstdDecompressor(max_window_size=128 * MB)
        stream = unpack.stream_reader(cast("IO[bytes]", packed), read_size=4096, read_across_frames=True)
        while piece := stream.read(_PIECE):
            yield piece


_UNPACK = {STORED: _stored, DEFLATED: _deflated, ZSTD: _zstd}


def _at(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) < size:
        raise Refused("the zip file is cut off")
    return data


def _directory(file: BinaryIO) -> tuple[int, int, int]:
    """Return offset, size and number of entries of the directory, as the end record gives them."""
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - _END_SIZE - 0xFFFF)
    tail = _at(file, tail_start, size - tail_start)
    found = tail.rfind(_END)
    if found < 0 or found + _END_SIZE > len(tail):
        raise Refused("the zip file is cut off: it has no directory at its end")
    end = tail_start + found
    count, directory_bytes, offset = struct.unpack_from("<HII", tail, found + 10)
    if count == 0xFFFF or 0xFFFFFFFF in (directory_bytes, offset):
        locator = _at(file, max(0, end - 20), 20)
        if locator[:4] == _END64_LOCATOR:
            end = struct.unpack_from("<Q", locator, 8)[0]
            record = _at(file, end, 56)
            if record[:4] != _END64:
                raise Refused("the zip's end record is damaged")
            count, directory_bytes, offset = struct.unpack_from("<QQQ", record, 32)
    if offset + directory_bytes != end:
        raise Refused("the zip's directory is not where its end record says")
    return offset, directory_bytes, count


def _members(file: BinaryIO, at_most: int) -> Iterator[Member]:
    offset, left, count = _directory(file)
    if count > at_most:
        raise Refused(f"the zip has over {at_most:,} members")
    number, at, buffer, start_of_directory = 0, 0, b"", offset
    while left or at < len(buffer):
        if left and len(buffer) - at < _LONGEST_ENTRY:
            more = _at(file, offset, min(left, MB))
            buffer, at, offset, left = buffer[at:] + more, 0, offset + len(more), left - len(more)
        number += 1
        if number > count:
            raise Refused("the zip's directory has more entries than its end record says")
        member, at = _entry(buffer, at, start_of_directory)
        yield member
    if number < count:
        raise Refused("the zip's directory has fewer entries than its end record says")


def _entry(buffer: bytes, at: int, start_of_directory: int) -> tuple[Member, int]:
    """Return the entry that begins at `at`, and where the next one begins."""
    if len(buffer) - at < _ENTRY_SIZE or buffer[at : at + 4] != _ENTRY:
        raise Refused("the zip's directory is damaged")
    flags, method = struct.unpack_from("<HH", buffer, at + 8)
    crc, packed, size, name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<IIIHHH", buffer, at + 16)
    (offset,) = struct.unpack_from("<I", buffer, at + 42)
    name_end = at + _ENTRY_SIZE + name_bytes
    end = name_end + extra_bytes + comment_bytes
    if end > len(buffer):
        raise Refused("the zip's directory is damaged")
    name = buffer[at + _ENTRY_SIZE : name_end].decode("utf-8" if flags & 0x800 else "cp437", "replace")
    if 0xFFFFFFFF in (packed, size, offset):
        size, packed, offset = _zip64(buffer[name_end : name_end + extra_bytes], size, packed, offset)
    if offset + _MEMBER_SIZE + packed > start_of_directory:
        raise Refused(f"{name} ends after the zip's directory begins")
    return Member(name, flags, method, crc, packed, size, offset), end


def _zip64(extra: bytes, *narrow: int) -> list[int]:
    """Return the 64-bit values that the extra field gives for those of (size, packed, offset) that did not fit into 32."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = [value for (value,) in struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])]
            return [wide.pop(0) if value == 0xFFFFFFFF and wide else value for value in narrow]
        at += 4 + length
    return list(narrow)


def _refuse_overlaps(members: list[Member]) -> None:
    # Overlapping members are how 72 kB claim 21 GB.
    end_before = 0
    for member in sorted(members, key=lambda m: m.offset):
        if member.offset < end_before:
            raise Refused(f"{member.name} overlaps another member of the zip")
        end_before = member.offset + _MEMBER_SIZE + member.packed_bytes
