"""Votes and who finishes first, against every subset, every order of equals and every tie."""

from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.draws import pass_at_table
from analytics.search import MAX_EXACT, finish, finish_lengths, majority


@st.composite
def attempts(draw, most: int = 6):
    """Answers (-1: none), successes that agree with them mostly, and lengths with ties of one task."""
    n = draw(st.integers(1, most))
    answers = draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n))
    successes = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)) if draw(st.booleans()) else [int(a == 1) for a in answers]
    return answers, successes, draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))


def vote(answers: list[int], successes: list[int], voters: tuple[int, ...]) -> Fraction:
    """Credit of a vote by hand: ties share, an answer is right to the share of its attempts that succeeded."""
    counts = Counter(answers[i] for i in voters if answers[i] >= 0)
    if not counts:
        return Fraction(0)
    tied = [answer for answer, count in counts.items() if count == max(counts.values())]
    right = {a: [s for x, s in zip(answers, successes, strict=True) if x == a] for a in tied}
    return sum((Fraction(sum(right[a]), len(right[a])) for a in tied), Fraction(0)) / len(tied)


def mean(values: list[Fraction]) -> float:
    return float(sum(values, Fraction(0)) / len(values))


@settings(deadline=None)
@given(attempts())
def test_majority_is_the_mean_over_all_subsets(made):
    answers, successes, _ = made
    n = len(answers)
    found = majority(np.array([answers]), np.array([successes]), range(1, n + 1))[0]
    for k in range(1, n + 1):
        assert found[k - 1] == pytest.approx(mean([vote(answers, successes, s) for s in combinations(range(n), k)]), abs=1e-12)


def finishing(answers, successes, lengths, n_started: int, k: int, is_last: bool) -> float:
    """FFS-k@N by hand: every draw of N, every order in which equally long ones may end."""
    found = []
    for drawn in combinations(range(len(answers)), n_started):
        groups = [[i for i in drawn if lengths[i] == length] for length in sorted({lengths[i] for i in drawn}, reverse=is_last)]
        orders = list(product(*(permutations(group) for group in groups)))
        found.append(sum(vote(answers, successes, sum(order, ())[:k]) for order in orders) / len(orders))
    return mean(found)


@settings(max_examples=40, deadline=None)
@given(attempts(most=5), st.data())
def test_first_and_last_finish_are_the_mean_over_all_draws(made, data):
    answers, successes, lengths = made
    n_started = data.draw(st.integers(1, len(answers)))
    ks = list(range(1, n_started + 1))
    arrays = [np.array([each]) for each in (answers, successes, lengths)]
    for is_last in (False, True):
        found = finish(*arrays, n_started, ks, is_last=is_last)[0]
        for k in ks:
            assert found[k - 1] == pytest.approx(finishing(*made, n_started, k, is_last), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(attempts(), st.data())
def test_lengths_in_order_are_the_mean_over_all_draws(made, data):
    lengths = made[2]
    n_started = data.draw(st.integers(1, len(lengths)))
    by_hand = np.mean([sorted(drawn) for drawn in combinations(lengths, n_started)], axis=0)
    found = finish_lengths(np.array([lengths], dtype=float), n_started)[0]
    assert found == pytest.approx(by_hand)
    assert found.sum() == pytest.approx(n_started * np.mean(lengths))


def many(n: int, n_tasks: int = 40, seed: int = 1):
    """Tasks with more attempts than can be enumerated: three answers, short ones more often right."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 12, (n_tasks, n)) * 10.0
    answers = np.where(rng.random((n_tasks, n)) < 0.75 - lengths / 250, 0, rng.integers(-1, 3, (n_tasks, n)))
    return answers, (answers == 0).astype(float), lengths


def test_sampled_votes_agree_with_exact_ones():
    """The same tasks through both ways: a subset of at most ten attempts can be enumerated."""
    answers, successes, lengths = many(9)
    ks = [1, 2, 5, 9]
    exact = majority(answers, successes, ks).mean(axis=0), finish(answers, successes, lengths, 7, [1, 3, 7]).mean(axis=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analytics.search.MAX_EXACT", 0)
        sampled = majority(answers, successes, ks).mean(axis=0), finish(answers, successes, lengths, 7, [1, 3, 7]).mean(axis=0)
    for a, b in zip(exact, sampled, strict=True):
        assert np.abs(a - b).max() < 4 * 0.5 / np.sqrt(40 * 400)
    assert exact[0][[0, 3]] == pytest.approx(sampled[0][[0, 3]], abs=1e-12)  # one vote and all votes need no sampling
    assert exact[1][0] == pytest.approx(sampled[1][0], abs=1e-12)


@pytest.mark.parametrize("n", [6, 14])
def test_all_of_n_is_a_plain_majority_whoever_finishes_first(n):
    answers, successes, lengths = many(n)
    every = majority(answers, successes, [n])
    for is_last in (False, True):
        assert finish(answers, successes, lengths, n, [n], is_last=is_last) == pytest.approx(every, abs=1e-12)
        assert finish(answers, successes, lengths, 4, [4], is_last=is_last).mean() == pytest.approx(
            majority(answers, successes, [4]).mean(), abs=0.02
        )


@pytest.mark.parametrize("n", [MAX_EXACT, 14])
def test_one_vote_is_the_accuracy_and_one_started_attempt_too(n):
    answers, successes, lengths = many(n)
    assert majority(answers, successes, [1])[:, 0] == pytest.approx(successes.mean(axis=1))
    assert finish(answers, successes, lengths, 1, [1])[:, 0] == pytest.approx(successes.mean(axis=1))


def test_equal_lengths_leave_the_order_to_luck():
    """Ties were first broken by the order of the rows, so that the answer depended on how the log was sorted."""
    answers, successes, _ = many(13)
    alike = np.full(answers.shape, 7.0)
    assert finish(answers, successes, alike, 5, [1])[:, 0] == pytest.approx(successes.mean(axis=1))


@pytest.mark.parametrize("n", [8, 15])
def test_where_only_right_answers_agree_two_votes_find_them(n):
    """Right attempts agree and wrong ones never do: from two right ones on, the majority of all is right."""
    answers = np.tile(np.arange(n), (2, 1))
    answers[:, :2] = 0
    successes = (answers == 0).astype(float)
    found = majority(answers, successes, [n])[:, 0]
    assert found.tolist() == [1.0, 1.0]
    assert (majority(answers, successes, [2])[:, 0] < pass_at_table([n], [2], [2])[0, 0]).all()


def test_the_same_seed_gives_the_same_bits_and_arguments_stay(frozen):
    arrays = [frozen(each) for each in many(20, n_tasks=5)]
    first = finish(*arrays, 12, [1, 3, 12], seed=3)
    assert first.tobytes() == finish(*arrays, 12, [1, 3, 12], seed=3).tobytes()
    assert majority(*arrays[:2], [4], seed=3).tobytes() == majority(*arrays[:2], [4], seed=3).tobytes()


def test_what_cannot_be_asked():
    answers, successes, lengths = many(4)
    for n_started, ks in ((5, [1]), (2, [3])):
        with pytest.raises(ValueError):
            finish(answers, successes, lengths, n_started, ks)
    with pytest.raises(ValueError):
        majority(answers, successes, [5])
    with pytest.raises(ValueError):
        finish(answers, successes, np.where(lengths > 20, np.nan, lengths), 2, [1])
