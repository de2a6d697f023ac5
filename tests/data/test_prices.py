"""Rates from the price book."""

from datetime import date

import pandas as pd
import pytest

from data import prices


def test_the_rate_is_the_base_rate_of_its_day():
    """A million tokens priced in one call fall into the long-context tier; the base rate of claude-sonnet-4-5 is 3, not 6."""
    found = prices.rate("claude-sonnet-4-5", "anthropic", date(2025, 11, 1), None)
    assert (found.input, found.cache_read, found.cache_write, found.cache_write_1h, found.output) == (3.0, 0.3, 3.75, 6.0, 15.0)
    assert not found.is_guess


def test_a_price_change_counts_from_its_day():
    assert prices.rate("o3", "openai", date(2025, 3, 1), None).input == 10
    assert prices.rate("o3", "openai", date(2025, 10, 1), None).input == 2


def test_a_similar_name_is_a_guess_and_an_unknown_name_has_no_rate():
    assert prices.rate("MiniMax-M2.5", None, None, None).is_guess
    assert not prices.rate("gpt-4o-mini-2024-07-18", None, None, None).is_guess
    assert prices.rate("qwen3-32B", None, None, None) is None
    assert prices.rate("llama-3.3-70B-Instruct-FP8", None, None, None) is None


def test_batch_requests_before_the_price_book_knows_them_cost_half():
    found = prices.rate("gpt-5", "openai", date(2025, 10, 1), "batch")
    assert found.input == pytest.approx(0.625)
    assert found.is_assumed_tier


def test_priced_cells_by_hand():
    cells = pd.DataFrame({
        "configuration": [1, 1, 2], "started_on": [date(2025, 10, 1), None, None], "price_tier": [None] * 3, "is_priceable": [True] * 3,
        "sum_uncached_input_tokens": [200_000, 0, 10], "sum_cache_read_tokens": [50_000, 0, 0], "sum_cache_write_tokens": [0, 0, 0],
        "sum_cache_write_1h_tokens": [0, 0, 0], "sum_output_tokens": [5_000, 100_000, 10],
    })  # fmt: skip
    known = pd.DataFrame({"canonical_model": ["gpt-5", "no such model"], "provider": ["openai", None]}, index=[1, 2])
    usd, flags = prices.priced(cells, known)
    assert usd[0] == pytest.approx(0.30625)  # 200k · 1.25 + 50k · 0.125 + 5k · 10 per million
    assert usd[1] == pytest.approx(1.0)
    assert usd[2] != usd[2]
    assert flags == {1: ["undated: priced at the newest rate of the price book"]}
