"""One file = one command of `cli.py`: its arguments, and its answer as fields and as text. Like a page, without a browser."""

from types import ModuleType

from commands import anatomy, attempts, break_even, caps, frontier, ingest, project, returns

COMMANDS: tuple[ModuleType, ...] = (ingest, frontier, returns, caps, attempts, anatomy, project, break_even)
"""In the order of `--help`. Each has NAME, HELP, `add(parser)` and `answer(options)` → (fields for --json, text)."""
