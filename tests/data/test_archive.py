"""Zip files made to hurt: each is refused with one clause, before memory is spent on it."""

import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
import zipfile_zstd  # noqa: F401 - teaches zipfile to write zstd members
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from data.archive import Archive, names_in, open_archive
from data.limits import MB, UPLOAD
from data.records import Refused

ZSTD = 93


def written(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def forged(entries: list[dict], count: int | None = None) -> bytes:
    """Return a zip file whose directory says what the test wants it to say."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        name = entry["name"].encode()
        packed, flags, method = entry.get("packed", b""), entry.get("flags", 0), entry.get("method", 0)
        size = entry.get("size", len(packed))
        offset = entry.get("offset", len(body))
        sizes = struct.pack("<III", entry.get("crc", 0), len(packed), size)
        if "offset" not in entry:
            body += (
                b"PK\x03\x04" + struct.pack("<HHHHH", 20, flags, method, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name + packed
            )
        directory += b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, flags, method, 0, 0) + sizes
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset) + name
    n = min(len(entries) if count is None else count, 0xFFFF)
    return bytes(body + directory) + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), len(body), 0)


def zeros(n_megabytes: int) -> bytes:
    """Return deflated zeros without deflating them all: fully flushed blocks stand for themselves and can be repeated."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = deflate.compress(bytes(MB)) + deflate.flush(zlib.Z_FULL_FLUSH)
    return block * n_megabytes + b"\x03\x00"


def opened(data: bytes, limits=UPLOAD) -> Archive:
    return Archive(BytesIO(data), limits)


def read_first(data: bytes, limits=UPLOAD) -> bytes:
    archive = opened(data, limits)
    return archive.read(archive.names[0])


def refusal(data: bytes, limits=UPLOAD) -> str:
    with pytest.raises(Refused) as caught:
        read_first(data, limits)
    text = str(caught.value)
    assert "\n" not in text
    assert not text.endswith(".")
    return text


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, ZSTD])
def test_members_come_back_whole(method, tmp_path):
    members = {"header.json": b'{"a": 1}', "samples/a/b c_epoch_1.json": bytes(range(256)) * 3000, "leer": b"", "höhe": b"x"}
    path = tmp_path / "log"
    path.write_bytes(written(members, method))
    with open_archive(path, UPLOAD) as archive:
        assert {name: archive.read(name) for name in archive.names} == members
        assert archive.unpacked_bytes == sum(map(len, members.values()))
    assert list(names_in(path)) == list(members)


def test_more_than_65535_members_are_counted_by_the_wide_end_record():
    data = written({f"{number}": b"" for number in range(65_600)})
    assert len(opened(data, replace(UPLOAD, zip_entries=70_000)).names) == 65_600
    assert refusal(data) == "the zip has over 20,000 members"


@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95, 0.999])
def test_cut_off(kept, tmp_path):
    data = written({f"{number}.json": bytes(1000) for number in range(50)})
    assert "cut off" in refusal(data[: int(len(data) * kept)])
    (tmp_path / "log").write_bytes(data[: int(len(data) * kept)])
    assert list(names_in(tmp_path / "log")) == []


def test_a_bomb_costs_no_memory():
    """A 1 MB file that unpacks to 1 GB took 2 GB and 11 s when it was simply read."""
    packed = zeros(1024)
    assert len(packed) < 1.2 * MB
    honest = forged([{"name": "a", "packed": packed, "method": 8, "size": 1024 * MB}])
    assert refusal(honest) == "a is over 64 MB when unpacked"
    assert refusal(forged([{"name": "a", "packed": packed, "method": 8, "size": MB // 2}])) == "a is larger than the zip's directory says"
    tracemalloc.start()
    assert (
        refusal(honest, limits=replace(UPLOAD, zip_entry_bytes=4096 * MB, zip_total_bytes=4096 * MB))
        == "a unpacks to over 200 times its size"
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * MB


def test_a_bomb_of_zstd_frames():
    frame = zstandard.ZstdCompressor().compress(bytes(MB))
    data = forged([{"name": "a", "packed": frame * 1024, "method": ZSTD, "size": 1024 * MB}])
    assert (
        refusal(data, limits=replace(UPLOAD, zip_entry_bytes=4096 * MB, zip_total_bytes=4096 * MB))
        == "a unpacks to over 200 times its size"
    )


def test_the_total_is_counted_over_all_members():
    data = written({f"{number}": bytes(range(256)) * 400 for number in range(20)})
    archive = opened(data, replace(UPLOAD, zip_total_bytes=MB))
    with pytest.raises(Refused, match="its members are over 1 MB together"):
        [archive.read(name) for name in archive.names]


def test_200_000_members_are_not_even_listed():
    """Listing them took 2.5 s and 513 MB; the end record tells their number, and a forged one is found out at the second member."""
    entry = {"name": "a"}
    data = forged([entry] * 200_000, count=200_000)
    tracemalloc.start()
    assert refusal(data) == "the zip has over 20,000 members"
    assert refusal(data.replace(struct.pack("<HHHH", 0, 0, 0xFFFF, 0xFFFF), struct.pack("<HHHH", 0, 0, 1, 1))) == (
        "the zip's directory has more entries than its end record says"
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(data) + 30 * MB


def test_sizes_that_lie():
    packed = zlib.compress(b"x" * 5000, 9)[2:-4]
    crc = zlib.crc32(b"x" * 5000)
    true = {"name": "a", "packed": packed, "method": 8, "size": 5000, "crc": crc}
    assert opened(forged([true])).read("a") == b"x" * 5000
    assert refusal(forged([true | {"size": 10}])) == "a is larger than the zip's directory says"
    assert "damaged" in refusal(forged([true | {"size": 6000}]))
    assert "damaged" in refusal(forged([true | {"crc": crc ^ 1}]))
    assert refusal(forged([true | {"packed": packed[: len(packed) // 2]}])) == "a is damaged"


def test_members_that_overlap():
    """72 kB of members that share their bytes claimed 21 GB."""
    body = {"name": "a", "packed": b"x" * 200, "size": 200, "crc": zlib.crc32(b"x" * 200)}
    assert refusal(forged([body, {"name": "b", "offset": 0, "packed": b"x" * 200}])) == "b overlaps another member of the zip"
    assert refusal(forged([body, {"name": "b", "offset": 100, "packed": b"y" * 50}])) == "b overlaps another member of the zip"
    assert refusal(forged([body, {"name": "b", "offset": 5000}])) == "b ends after the zip's directory begins"


def test_what_is_not_read():
    assert refusal(forged([{"name": "a", "flags": 1, "packed": b"x"}])) == "a is encrypted"
    assert refusal(forged([{"name": "a", "method": 14, "packed": b"x"}])) == "a is packed with method 14, which is not read here"
    assert refusal(forged([{"name": "a", "packed": b"x"}, {"name": "a", "packed": b"y"}])) == "a is in the zip more than once"
    assert "fewer entries" in refusal(forged([{"name": "a"}], count=2))
    assert "cut off" in refusal(b"PK\x03\x04 nothing of a zip but its first bytes")


def test_a_directory_that_a_forged_end_record_misplaces():
    data = bytearray(forged([{"name": "a", "packed": b"x"}]))
    struct.pack_into("<I", data, len(data) - 6, 3)
    assert refusal(bytes(data)) == "the zip's directory is not where its end record says"


WHOLE = {"header.json": b'{"status": "success"}', "samples/1_epoch_1.json": b"0123456789" * 30}


@settings(max_examples=150, deadline=None)
@given(method=st.sampled_from([0, 8, ZSTD]), place=st.floats(0, 0.9999), flip=st.integers(1, 255))
def test_a_changed_byte_is_harmless_or_refused(method, place, flip):
    data = bytearray(written(WHOLE, method))
    data[int(place * len(data))] ^= flip
    try:
        archive = opened(bytes(data))
        read = {name: archive.read(name) for name in archive.names}
    except Refused:
        return
    assert sorted(read.values()) == sorted(WHOLE.values())  # a name or a time may have changed: content never
