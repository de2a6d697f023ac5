"""One file = one command of `cli.py`: its arguments, and its answer as fields and as text. Like a page, without a browser."""

from types import ModuleType

from commands import frontier, ingest

COMMANDS: tuple[ModuleType, ...] = (ingest, frontier)
"""In the order of `--help`. Each has NAME, HELP, `add(parser)` and `answer(options)` → (fields for --json, text)."""
