"""The list of formats, and which one a file is. A new format is one file here and one line in the list."""

from pathlib import Path
from types import ModuleType

from data.importers import canonical, inspect_log, table, tau_bench
from data.records import Refused

IMPORTERS: list[ModuleType] = [canonical, inspect_log, tau_bench]
"""Each claims its own format by content; at most one may claim a file."""

FALLBACK: ModuleType = table
"""Asked last, when no specific importer claims the file."""


def identify(path: Path) -> ModuleType | None:
    """Return the one importer that claims the file, None if nobody does.

    Raises
    ------
    Refused
        If two specific importers claim the file: then one of them is wrong, and nothing is guessed.
    """
    claiming = [importer for importer in IMPORTERS if importer.matches(path)]
    if len(claiming) > 1:
        raise Refused("claimed by two formats: " + " and ".join(importer.FORMAT.title for importer in claiming))
    if claiming:
        return claiming[0]
    return FALLBACK if FALLBACK.matches(path) else None
