"""pass@k, pass^k and best of k against every subset, in exact rationals."""

from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.draws import Verifier, best_of, pass_at, pass_at_table, pass_hat, pass_hat_table, ways


@st.composite
def tasks(draw, most: int = 7):
    """Attempts and successes of some tasks."""
    n = draw(st.lists(st.integers(1, most), min_size=1, max_size=6))
    return np.array(n), np.array([draw(st.integers(0, each)) for each in n])


def over_subsets(n: int, c: int, k: int, credit) -> Fraction:
    """Mean of a credit over all subsets of k of n attempts, the first c of which succeeded."""
    subsets = list(combinations([1] * c + [0] * (n - c), k))
    return sum((Fraction(credit(subset)) for subset in subsets), Fraction(0)) / len(subsets)


@given(tasks())
def test_pass_at_and_pass_hat_are_the_shares_of_subsets(made):
    n, c = made
    ks = list(range(1, 9))
    for found, credit in ((pass_at(n, c, ks), max), (pass_hat(n, c, ks), min)):
        for k, value in zip(ks, found, strict=True):
            each = [over_subsets(a, b, k, credit) for a, b in zip(n.tolist(), c.tolist(), strict=True) if a >= k]
            if each:
                assert value == pytest.approx(float(sum(each) / len(each)), rel=1e-15, abs=1e-16)
            else:
                assert np.isnan(value)


@given(st.integers(1, 56).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_up_to_56_attempts_a_task_is_correctly_rounded(made):
    n, c, k = made
    assert pass_hat_table([n], [c], [k])[0, 0] == float(Fraction(comb(c, k), comb(n, k)))
    assert pass_at_table([n], [c], [k])[0, 0] == 1 - float(Fraction(comb(n - c, k), comb(n, k)))


@pytest.mark.parametrize("n", [200, 1000, 1001, 5000])
def test_large_numbers_of_attempts_agree_with_exact_binomials(n):
    c = np.array([0, 1, n // 3, n - 1, n])
    ks = [1, 2, 10, n // 2, n]
    exact = [[float(1 - Fraction(comb(n - each, k), comb(n, k))) for k in ks] for each in c.tolist()]
    assert pass_at_table(np.full(5, n), c, ks) == pytest.approx(np.array(exact), abs=1e-10)


def test_a_large_k_for_one_task_leaves_small_tasks_exact():
    """Asked for k = 5,000 as well, tasks of four attempts went through logarithms and came out as 0.8333333333333335."""
    assert pass_at([4], [2], [2, 5000])[0] == float(1 - Fraction(1, 6))


@given(tasks(), st.randoms(use_true_random=False))
def test_the_order_of_the_tasks_changes_no_bit(made, random):
    n, c = made
    order = np.array(random.sample(range(len(n)), len(n)))
    ks = [1, 2, 3, 5]
    assert pass_at(n, c, ks).tobytes() == pass_at(n[order], c[order], ks).tobytes()
    assert pass_hat(n, c, ks).tobytes() == pass_hat(n[order], c[order], ks).tobytes()


@given(tasks())
def test_pass_at_rises_pass_hat_falls_and_both_begin_at_the_mean(made):
    n, c = made
    ks = list(range(1, int(n.min()) + 1))
    up, down = pass_at(n, c, ks), pass_hat(n, c, ks)
    assert (np.diff(up) >= -1e-12).all()
    assert (np.diff(down) <= 1e-12).all()
    assert up[0] == pytest.approx((c / n).mean())
    assert down[0] == pytest.approx(up[0])
    assert down == pytest.approx(1 - pass_at(n, n - c, ks))  # all succeed = none of the failures is drawn


def test_no_tasks_and_impossible_counts():
    assert np.isnan(pass_at([], [], [1, 2])).all()
    with pytest.raises(ValueError):
        pass_at([2], [3], [1])


def chosen_by_hand(subset: tuple[int, ...], true_rate: Fraction, false_rate: Fraction) -> Fraction:
    """Chance that a verifier's choice is right, over every pattern of accepting and rejecting."""
    total = Fraction(0)
    for accepted in product((True, False), repeat=len(subset)):
        chance = Fraction(1)
        for right, is_accepted in zip(subset, accepted, strict=True):
            rate = true_rate if right else false_rate
            chance *= rate if is_accepted else 1 - rate
        pool = [right for right, is_accepted in zip(subset, accepted, strict=True) if is_accepted] or list(subset)
        total += chance * Fraction(sum(pool), len(pool))
    return total


@settings(max_examples=25, deadline=None)
@given(tasks(most=5), st.fractions(0, 1, max_denominator=20), st.fractions(0, 1, max_denominator=20))
def test_best_of_is_the_sum_over_subsets_and_verdicts(made, true_rate, false_rate):
    n, c = made
    found = best_of(n, c, [1, 2, 4], Verifier(float(true_rate), float(false_rate)))
    for row, (a, b) in enumerate(zip(n.tolist(), c.tolist(), strict=True)):
        for column, k in enumerate((1, 2, 4)):
            if k > a:
                assert np.isnan(found[row, column])
            else:
                by_hand = over_subsets(a, b, k, lambda subset: chosen_by_hand(subset, true_rate, false_rate))
                assert found[row, column] == pytest.approx(float(by_hand), abs=1e-12)


@pytest.mark.parametrize("k", [1, 7, 64, 200])
def test_a_perfect_verifier_is_pass_at_k_and_a_blind_one_the_mean(k):
    n, c = np.full(4, 200), np.array([0, 3, 120, 200])
    assert best_of(n, c, [k], Verifier(1, 0))[:, 0] == pytest.approx(pass_at_table(n, c, [k])[:, 0], abs=1e-11)
    for rate in (0, 0.3, 1):
        assert best_of(n, c, [k], Verifier(rate, rate))[:, 0] == pytest.approx(c / n, abs=1e-11)


def test_many_attempts_approach_the_verifiers_precision():
    """Stroebl et al.: however many are drawn, what is accepted is right with t p / (t p + f (1 − p))."""
    verifier = Verifier.of_precision(0.8, recall=0.9, accuracy=0.2)
    assert best_of([40_000], [8_000], [2_000], verifier)[0, 0] == pytest.approx(0.8, abs=1e-3)


def test_verifiers_that_cannot_be():
    with pytest.raises(ValueError):
        Verifier(1.1, 0)
    with pytest.raises(ValueError):
        Verifier.of_precision(0.1, recall=1.0, accuracy=0.5)
    assert Verifier.of_precision(0.7, recall=0.5, accuracy=1.0).false_positive_rate == 0


def test_impossible_draws_have_no_chance():
    assert ways([2, 2, 2], [3, -1, 1], 3, [0, 3, 1], 5, 2).tolist() == [0, 0, 0.6]
