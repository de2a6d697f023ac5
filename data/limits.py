"""Every limit on what may be imported, in two profiles. A file over a limit is refused whole, with the limit in the sentence."""

import os
from dataclasses import dataclass, replace

KB, MB, GB = 1024, 1024**2, 1024**3


@dataclass(frozen=True)
class Limits:
    """Limits of one import; `UPLOAD` is for bytes from a browser or a push, `LOCAL` for files a person names on this machine."""

    file_bytes: int = 200 * MB
    files: int = 50
    total_bytes: int = 1 * GB
    """All files of one import together."""
    rows: int = 2_000_000
    columns: int = 200
    distinct_keys: int = 500
    """Different keys over all records of a file."""
    json_depth: int = 64
    line_bytes: int = 8 * MB
    text_chars: int = 200
    """Kept of any one string."""
    number_digits: int = 40
    zip_entries: int = 20_000
    zip_entry_bytes: int = 64 * MB
    zip_total_bytes: int = 256 * MB
    zip_ratio: int = 200
    """Expanded over compressed, looked at after the first MB."""
    address_space_bytes: int = 1 * GB
    cpu_s: float = 30
    """A million rows of JSON lines (156 MB) were measured at 25 to 28 s: bytes and rows are the limits that honest files meet first."""
    wall_s: float = 60
    open_files: int = 64
    output_bytes: int = 1 * GB
    """Of any one file that the child writes, compressed."""
    problems: int = 1_000
    """Kept one by one for each file; beyond that they are counted by reason."""


UPLOAD = Limits()


def local(file_bytes: int) -> Limits:
    """Limits for a file of this size that a person named on this machine: they grow with the file, up to half of the memory."""
    half_of_memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    cpu_s = 60 + file_bytes / (4 * MB)
    return replace(
        UPLOAD,
        file_bytes=1024 * GB,
        files=1_000_000,
        total_bytes=1024 * GB,
        rows=1_000_000_000,
        line_bytes=256 * MB,
        zip_entry_bytes=4 * GB,
        zip_total_bytes=1024 * GB,
        zip_entries=2_000_000,
        address_space_bytes=int(min(max(2 * GB, 6 * file_bytes), half_of_memory)),
        cpu_s=cpu_s,
        wall_s=4 * cpu_s,
        output_bytes=1024 * GB,
    )
