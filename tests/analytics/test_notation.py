"""Numbers are written in one way everywhere; the doctests show each form, these tests hold the rules between them."""

import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics import notation

WRITERS = [
    notation.usd, notation.large_usd, notation.at_least, notation.percent, notation.probability, notation.points, notation.ratio,
    notation.seconds, notation.count, notation.decimal, notation.tokens,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_unknown_is_a_dash_and_never_a_zero(write, value):
    assert write(value) == "–"


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=60, deadline=None)
@given(value=st.floats(-1e9, 1e9, allow_nan=False))
@example(0.0)
@example(-0.0)
@example(1e-9)
@example(5e-324)
def test_no_exponent_no_hyphen_minus_no_word_for_nothing(write, value):
    text = write(value)
    assert not re.search(r"e[+-]?\d|nan|inf|None|-", text), text
    assert not text.startswith("−0 ")
    assert text not in ("−0", "−$0", "−0%", "+0.0 pts", "−0.0 pts")


@settings(max_examples=200, deadline=None)
@given(value=st.floats(1e-6, 1e6))
@example(99.995)
@example(0.995)
@example(0.0995)
@example(0.00995)
def test_usd_says_the_value_within_its_rounding(value):
    """Half a step of the last digit that is shown, at most: a rule at a border (99.995, 0.995) must not lose a power of ten."""
    text = notation.usd(value).removeprefix("$").replace(",", "")
    digits = len(text.partition(".")[2])
    assert math.isclose(float(text), value, abs_tol=0.5001 * 10.0**-digits)
    if value < 0.995:
        assert len(text.replace(".", "").lstrip("0")) == 2
    elif value < 99.995:
        assert digits == 2
    else:
        assert digits == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1169, "$1,169"), (100, "$100"), (99.99, "$99.99"), (99.996, "$100"), (12.4, "$12.40"), (1, "$1.00"), (0.999, "$1.00"),
        (0.39, "$0.39"),
        (0.1, "$0.10"), (0.0996, "$0.10"), (0.039, "$0.039"), (0.0078, "$0.0078"), (0.00000123, "$0.0000012"), (0, "$0"), (-3, "−$3.00"),
    ],
)  # fmt: skip
def test_usd_has_the_forms_of_the_style(value, text):
    assert notation.usd(value) == text


@settings(max_examples=100, deadline=None)
@given(tenths=st.integers(0, 1000))
def test_percent_rounds_as_the_published_table_does(tenths):
    """A leaderboard's 81.25 → 81.3, also where binary fractions lie a hair below the half."""
    assert notation.percent(tenths / 1000) == f"{tenths // 10}.{tenths % 10}%"
    assert notation.fixed((tenths * 10 + 5) / 100, 1) == f"{(tenths + 1) // 10}.{(tenths + 1) % 10}"


def test_a_probability_at_the_edge_is_not_certainty():
    assert [notation.probability(p) for p in (0.0, 0.0099, 0.01, 0.99, 0.9901, 1.0)] == ["<1%", "<1%", "1%", "99%", ">99%", ">99%"]


def test_tokens_change_unit_without_a_jump():
    assert [notation.tokens(v) for v in (999, 999.6, 1_000, 999_499, 999_500, 2.5e9)] == [
        "999",
        "1.00 k",
        "1.00 k",
        "999 k",
        "1.00 M",
        "2.50 G",
    ]


def test_a_range_with_an_open_end_says_so():
    """An interval of the cost per success without an upper end once stood as `$0.02––`."""
    assert notation.span(0.02, None) == "≥ $0.020"
    assert notation.span(0.02, float("inf")) == "≥ $0.020"


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60), width=st.integers(1, 40))
def test_shorten_keeps_the_width_and_both_ends(text, width):
    short = notation.shorten(text, width)
    assert len(short) <= max(width, 1)
    assert short == text or notation.ELLIPSIS in short
    if width > 1:
        assert short[:1] == text[:1]


def test_shorten_keeps_efforts_apart():
    """gpt-5-codex-max (low) and … (high) were both `gpt-5-…` on a phone."""
    names = [f"some-very-long-model-name ({effort})" for effort in ("low", "medium", "high")]
    assert len({notation.shorten(name, 18) for name in names}) == 3


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=80))
@example("a\u202eb\u2066c\x00d\ne\u200bf")
def test_plain_text_is_one_line_without_hidden_characters(text):
    out = notation.plain(text)
    assert "\n" not in out
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", out)
    assert notation.plain(out) == out
