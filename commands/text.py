"""Answers as text: tables whose columns line up in a terminal."""

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], *, n_names: int = 1) -> str:
    """Return rows of equal length as lines; the first columns are names and stand left, figures right.

    >>> print(table([("name", "cost"), ("a", "$0.10"), ("bb", "$12")]))
    name   cost
    a     $0.10
    bb      $12
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i < n_names else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    )
