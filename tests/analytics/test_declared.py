"""The language of declared models: what it computes, what it refuses, and that unknown stays unknown."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.declared import evaluate, parse

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


def value(text, **names):
    points = {"one": np.ones(1), **{name: np.atleast_2d(v) if np.ndim(v) else np.array([v], float) for name, v in names.items()}}
    return evaluate(parse({"answer": text}), {}, points)["answer"][0]


@given(NUMBERS, NUMBERS, NUMBERS)
def test_it_is_the_arithmetic_of_python(a, b, c):
    assert value("a + b * c - a / (c * c + 1)", a=a, b=b, c=c) == a + b * c - a / (c * c + 1)
    assert value("min(a, max(b, c))", a=a, b=b, c=c) == min(a, max(b, c))
    assert value("where(a < b, ceil(c), floor(-c))", a=a, b=b, c=c) == (np.ceil(c) if a < b else np.floor(-c))


@given(st.floats(1e-3, 100))
def test_powers_are_made_of_logarithms(a):
    assert value("exp(3 * log(a))", a=a) == pytest.approx(a**3, rel=1e-12)
    assert value("sqrt(a) * sqrt(a)", a=a) == pytest.approx(a, rel=1e-12)
    assert value("log(a - a)", a=a) == -np.inf
    assert value("exp(log(a - a))", a=a) == 0
    assert np.isnan(value("log(-a)", a=a))


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8, unique=True).map(sorted), st.floats(-10, 110), st.data())
def test_tables_are_those_of_numpy(xs, x, data):
    ys = data.draw(st.lists(st.floats(-10, 10), min_size=len(xs), max_size=len(xs)))
    below = [y for level, y in zip(xs, ys, strict=True) if level <= x]
    assert value("step(x, xs, ys)", x=x, xs=xs, ys=ys) == (below[-1] if below else ys[0])
    assert value("line(x, xs, ys)", x=x, xs=xs, ys=ys) == pytest.approx(np.interp(x, xs, ys), rel=1e-9, abs=1e-9)


def test_a_shorter_table_ends_with_unknown_levels():
    points = {
        "x": np.array([9.0, 9.0]),
        "xs": np.array([[1.0, 2.0, 8.0], [1.0, 2.0, np.nan]]),
        "ys": np.array([[1.0, 2.0, 3.0], [1.0, 2.0, np.nan]]),
    }
    answers = evaluate(parse({"a": "step(x, xs, ys)", "b": "line(x, xs, ys)"}), {}, points)
    assert answers["a"].tolist() == answers["b"].tolist() == [3.0, 2.0]


@pytest.mark.parametrize(
    "text",
    [
        "u + 1",
        "0 * u",
        "min(u, 1)",
        "max(1, u)",
        "where(u, 1, 2)",
        "exp(u)",
        "log(u)",
        "sqrt(u)",
        "u < 1",
        "step(u, xs, xs)",
        "line(u, xs, xs)",
    ],
)
def test_unknown_stays_unknown(text):
    assert np.isnan(value(text, u=np.nan, xs=[1.0, 2.0]))


def test_what_is_unknown_can_be_asked_and_left_unused():
    assert value("known(u)", u=np.nan) == 0
    assert value("known(u)", u=0.0) == 1
    assert value("where(known(u), u, 3)", u=np.nan) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a.b",
        "a[0]",
        "open('x')",
        "__import__('os')",
        "lambda: 1",
        "a if b else c",
        "'text'",
        "True",
        "min(a)",
        "a < b < c",
        "step(a, b + c, d)",
        "a ** b",
        "f(*a)",
        "min(a=1, b=2)",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="answer"):
        parse({"answer": text})


def test_a_formula_uses_only_earlier_ones():
    with pytest.raises(ValueError, match="not defined before"):
        parse({"a": "b", "b": "1"})
    assert parse({"b": "x", "a": "b"}).names == {"x"}


def test_a_tree_travels_as_json():
    trees = parse({"a": "where(x <= 2, step(x, xs, ys), -x)"}).trees
    assert json.loads(json.dumps(trees)) == trees
