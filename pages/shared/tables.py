"""Tables as readers see them: columns in display order and words, numbers as numbers with a format, so that they sort."""

from collections.abc import Callable, Mapping
from typing import Literal

import pandas as pd
import streamlit as st

from analytics import notation
from pages.shared import labels
from pages.shared.charts.table import FORMATS
from pages.shared.export import csv_text

MOST_ROWS, MOST_PX = 16, 560


def height(rows: int) -> int | Literal["content"]:
    """Return the height of a table: all its rows, or a window of some."""
    return "content" if rows <= MOST_ROWS else MOST_PX


def display(table: pd.DataFrame, formats: Mapping[str, Callable[[float | None], str]] = FORMATS):
    """Return the table with every number written in its one form; cells stay numbers, so that columns sort as numbers."""
    formats = {name: write for name, write in formats.items() if name in table}
    return table.style.format(formats, na_rep=notation.UNKNOWN)


def frontier_columns(table: pd.DataFrame) -> dict:
    """Return display names and widths of the frontier's table."""
    widths: dict[str, int | Literal["medium"]] = {"configuration": "medium", "note": "medium", "state": 104, "rank_on_frontier": 48}
    return {name: st.column_config.Column(labels.COLUMNS.get(name, name), width=widths.get(name)) for name in table}


def columns(table: pd.DataFrame) -> dict:
    """Return display names and widths of any table with columns of `labels.COLUMNS`."""
    widths: dict[str, int | Literal["medium"]] = {
        "configuration": "medium",
        "series": "medium",
        "note": "medium",
        "k": 48,
        "is_stop": 84,
        "verdict": 104,
    }
    return {name: st.column_config.Column(labels.COLUMNS.get(name, name), width=widths.get(name)) for name in table}


def files_table(files: pd.DataFrame) -> pd.DataFrame:
    """Return files with what they were recognised as."""
    from data.importers import FALLBACK, IMPORTERS

    titles = {i.FORMAT.name: i.FORMAT.title for i in (*IMPORTERS, FALLBACK)}
    what = [
        f"refused: {refusal}" if isinstance(refusal, str) else titles.get(importer, importer) if isinstance(importer, str) else "not a log"
        for refusal, importer in zip(files["refusal"], files["importer"], strict=True)
    ]
    return pd.DataFrame({
        "File": files["file"], "Size, kB": (files["bytes"] / 1000).round(1), "Format": what, "Read": files["n_read"],
        "Accepted": files["n_accepted"], "Refused": files["n_refused"], "SHA-256": files["sha256"],
    })  # fmt: skip


def files_columns() -> dict:
    """Return the column settings of the files table."""
    return {
        "File": st.column_config.TextColumn(width="large"),
        "Size, kB": st.column_config.NumberColumn(format="localized"),
        "SHA-256": st.column_config.TextColumn(width="small"),
    }


def problems_table(problems: pd.DataFrame) -> pd.DataFrame:
    """Return problems, the refused rows first."""
    return pd.DataFrame({
        "Rows": problems["n"], "What": ["refused" if r else "unknown or flagged" for r in problems["refused"]],
        "Reason": problems["reason"], "Field": problems["field"].fillna("–"), "File": problems["file"],
        "First place": problems["locator"],
    })  # fmt: skip


def datasets_table(datasets: pd.DataFrame) -> pd.DataFrame:
    """Return the datasets of this machine."""
    return pd.DataFrame({
        "Name": datasets["name"], "Configurations": datasets["configurations"], "Tasks": datasets["tasks"],
        "Attempts": datasets["attempts"], "Published rows": datasets["summaries"], "Refused": datasets["n_refused"],
        "Imported, UTC": datasets["created_at"].dt.strftime("%Y-%m-%d %H:%M"), "Id": datasets["dataset"],
    })  # fmt: skip


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV in which no cell is a formula."""
    return csv_text(table).encode()
