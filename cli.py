"""The same answers without a browser: parses arguments, asks one of `commands/`, prints."""

import argparse
import json
import math
import sys
from collections.abc import Sequence

from commands import COMMANDS
from commands.inputs import ArgumentsError
from data.frames import SelectionError
from data.ingest import IngestError
from data.store import StoreBusy, StoreError

DONE, UNREADABLE, STORE_HELD = 0, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        fields, words = options.answer(options)
    except StoreBusy as error:
        print(error, file=sys.stderr)
        return STORE_HELD
    except (ArgumentsError, IngestError, SelectionError, StoreError) as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    if options.json:
        sys.stdout.write(json.dumps(_known(fields), ensure_ascii=False, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write(words + "\n")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cli.py", description="Tradespace without a browser: what accuracy costs, from the logs you have.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for each in COMMANDS:
        command = commands.add_parser(each.NAME, help=each.HELP)
        each.add(command)
        command.add_argument("--json", action="store_true", help="one JSON object")
        command.set_defaults(answer=each.answer)
    return parser


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str):
        print(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.", file=sys.stderr)
        raise SystemExit(UNREADABLE)


def _known(value):
    """Return the value as JSON knows it: unknown is null, never NaN; numpy's numbers are numbers."""
    if isinstance(value, dict):
        return {str(k): _known(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_known(v) for v in value]
    if hasattr(value, "tolist") and not isinstance(value, str | bytes):
        return _known(value.tolist())
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if value != value else str(value)  # noqa: PLR0124 - NaT and NA are not equal to themselves


if __name__ == "__main__":
    sys.exit(main())
