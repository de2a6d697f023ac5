"""What the sides of the anatomy say beside their figure: their paragraphs, what the marks mean, and where the numbers are from."""

from collections.abc import Sequence

import streamlit as st

from analytics.reading import Paragraph
from data.frames import Evidence, Selection
from pages.shared import frames
from pages.shared.charts.bars import MOST_BARS
from pages.shared.charts.turns import FEWEST
from pages.shared.controls import View
from pages.shared.labels import markdown_text

FIRST = {"Time": ("Time", "Tail"), "Tokens": ("Context",), "Money": ("Money", "Failures"), "Tails": ("Tail",), "Failures": ("Failures",)}
"""Side → heads of the paragraphs that belong to it."""
MARKS = {
    "Time": "Bars: means of attempts with all steps timed · thin line: 95th percentile of all attempts · open bar: steps not timed",
    "Tokens": f"Bars: means of the attempts that reach the turn · turns of fewer than {FEWEST} attempts are left out",
    "Money": "Bars: tokens at list prices · orange: spent on attempts that failed · hatched: between bill and list prices",
    "Tails": "Dot: median · ring: 95th percentile · line: 99th · soft bars: 95% by resampling tasks",
    "Failures": "Kaplan–Meier: attempts that end without a failed step are censored there · band: 95% by resampling tasks",
}
"""Side → what its marks mean."""


def own(paragraphs: Sequence[Paragraph], side: str) -> list[Paragraph]:
    """Return the paragraphs of a side, or all where it has none."""
    of_side = [each for each in paragraphs if each.head.startswith(FIRST[side])]
    return of_side or list(paragraphs)


def alt(title: str, paragraphs: Sequence[Paragraph]) -> str:
    """Return the figure in words, for a reader who does not see it."""
    return " ".join([f"{title}.", *(f"{each.head} {each.text}" for each in paragraphs[:2])])


def key_line(side: str, n_configurations: int) -> None:
    """Say what the marks of the figure mean, and what is in the table only."""
    rest = f" · {MOST_BARS} of {n_configurations} configurations are drawn, all are in the table" if n_configurations > MOST_BARS else ""
    st.caption(markdown_text(f"{MARKS[side]}{rest if side in ('Time', 'Money', 'Tails') else ''}."))


def source_line(view: View, found: Evidence, selection: Selection) -> None:
    """Say where the numbers come from: datasets, prices, tasks left out, and what is marked."""
    details = frames.details(selection, view.tasks)
    parts = [f"Source: {', '.join(view.names)}"]
    if details.attempts["is_priced"].any():
        parts.append(f"tokens priced by {found.price_book}")
    n, kept = (
        found.cells.loc[~found.cells["is_summary"].astype(bool), "configuration"].nunique(),
        details.attempts["configuration"].nunique(),
    )
    if kept < n:
        parts.append(f"{n - kept} of {n} configurations cover too few of the tasks")
    if view.weights == "task":
        parts.append("every attempt counts once here, whatever the weights")
    flagged = sorted({flag for flags in found.flags.values() for flag in flags})
    parts += flagged[:3] + ([f"{len(flagged) - 3} more remarks"] if len(flagged) > 3 else [])
    st.caption(markdown_text("; ".join(parts) + "."))
