"""The sentences about attempts: each finding, each degenerate input, and what may not be claimed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.attempts import attempts_at
from analytics.attempts_words import alt, reading, subtitle, title
from analytics.draws import Verifier

LABELS = {"a": "Wren S", "b": "A configuration with a name that is far too long for the title of a figure " * 2}


def curves_of(*rows: list[int], configuration: str = "a", copies: int = 1, **columns):
    """Curves of tasks given as lists of successes."""
    tasks = [row for row in rows for _ in range(copies)]
    frame = pd.DataFrame(
        [
            {"configuration": configuration, "benchmark": "b", "task": f"{t:03d}", "success": float(s)}
            for t, row in enumerate(tasks)
            for s in row
        ]
    )
    return attempts_at(frame.assign(**columns), n_bootstrap=200, verifier=Verifier(0.9, 0.1))


def text_of(curves) -> str:
    return " ".join(f"{p.head} {p.text}" for p in reading(curves, LABELS))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 1, 0]], "Four attempts find 75.0%, but only 25.0% pass every time"),
        ([[1, 0], [0, 1]], "Two attempts find 100.0%, but none passes every time"),
        ([[0, 0, 0]] * 3, "None of 3 tasks was solved in three attempts"),
        ([[1, 1]] * 3, "All 3 tasks were solved in each of two attempts"),
        ([[1, 1], [0, 0]], "Two attempts solve the same 50.0% of 2 tasks every time"),
        ([[1], [0]], "2 tasks tried once each: what a second attempt buys is not in these logs"),
        ([[0, 0]], "The one task was not solved in two attempts"),
        ([[np.nan, np.nan]], "None of 2 attempts has a known success"),
        ([[1] + [0] * 11] * 2, "12 attempts find 100.0%, but none passes every time"),
    ],
)
def test_titles(rows, expected):
    assert title(curves_of(*rows), LABELS) == expected


def test_without_attempts():
    assert title([], LABELS) == "No attempts to compare yet"
    assert reading([], LABELS) == []
    assert alt([], LABELS) == "No attempts to compare yet."
    assert subtitle([], LABELS) == "Share of tasks solved in k attempts."


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=6), min_size=1, max_size=12))
def test_titles_stay_short_and_nothing_unknown_is_written(rows):
    both = curves_of(*rows) + curves_of(*rows, configuration="b")
    for focus in (None, "a", "b"):
        assert len(title(both, LABELS, focus)) <= 80
        written = " ".join([title(both, LABELS, focus), subtitle(both, LABELS, focus), alt(both, LABELS, focus)])
        for paragraph in reading(both, LABELS, focus):
            written += f" {paragraph.head} {paragraph.text}"
        assert "nan" not in written.lower().split()
        assert "– " not in written
        assert "None " not in written.replace("None of", "")


def test_the_title_names_whom_it_is_about_if_that_fits():
    both = curves_of([1, 0], [1, 1]) + curves_of([0, 0], [1, 0], configuration="b")
    assert title(both, LABELS) == "Wren S: two attempts find 100.0%, but only 50.0% pass every time"
    assert title(both, LABELS, "b") == "Two attempts find 50.0%, but none passes every time"
    assert subtitle(both, LABELS).startswith("Share of 2 tasks solved at least once and every time in k attempts, Wren S.")
    assert "The others." in text_of(both)


def test_a_vote_that_cannot_be_told_apart_is_not_praised():
    keys = pd.array([1, 1, 2] * 20, dtype="Int64")
    mixed = curves_of([1, 1, 0], [0, 0, 1], copies=10, answer_key=keys)
    assert "it cannot be told apart from one attempt" in text_of(mixed)
    helped = curves_of([1, 1, 0], copies=20, answer_key=keys)
    assert "is right in 100.0% (83.9–100.0), +33.3 points against one attempt (+33.3 to +33.3)." in text_of(helped)
    assert "no answers in these logs" in text_of(curves_of([1, 0]))


def test_the_bill_and_who_finishes_first():
    lengths = np.tile([100.0, 900.0], 20)
    found = text_of(curves_of([1, 0], copies=20, cost_usd=0.25, latency_s=lengths / 10, output_tokens=lengths))
    assert "Two attempts cost $0.50 a task and take 90 s side by side, 100 s one after the other." in found
    assert "the shortest is right in 100.0% (83.9–100.0), the longest in 0.0% (0.0–16.1): length tells them apart." in found
    assert "The first ends after 100, the last after 900 output tokens." in found
    assert "one that accepts 90% of right and 10% of wrong attempts reaches" in found


def test_failing_everywhere_leaves_a_bound():
    found = text_of(curves_of([0, 0], copies=20))
    assert "no attempt at 20 tasks succeeded" in found
    assert "The true share may be up to 16.1%." in found


def test_alt_says_where_each_curve_begins_and_ends():
    assert alt(curves_of([1, 0], [1, 1]), LABELS) == (
        "Two attempts find 100.0%, but only 50.0% pass every time. Share of tasks against the number of attempts. "
        "at least one success: 75.0% at 1 to 100.0% at 2; success every time: 75.0% at 1 to 50.0% at 2."
    )
