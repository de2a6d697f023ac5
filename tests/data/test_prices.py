"""Rates from the price book."""

from datetime import date

import numpy as np
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
    assert found.flags(False) == ["batch requests priced at half of the standard rate"]


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


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        ("gpt-4o", "groq", "priced as gpt-4o at openai: the log names groq"),
        ("deepseek-chat", "together", "priced as deepseek-chat at deepseek: the log names together"),
        ("gpt-4o", "no such provider", "priced as gpt-4o at openai: the log names no such provider"),
    ],
)
def test_another_providers_price_is_a_guess(model, asked, told):
    """A model that the named provider does not sell was priced at somebody else's rate without a word: groq has no gpt-4o."""
    found = prices.rate(model, asked, date(2025, 10, 1), None)
    assert found.is_guess
    assert found.flags(False) == [told]
    assert not prices.rate(model, found.provider, date(2025, 10, 1), None).is_guess


def test_the_provider_may_be_spelled_in_its_own_way():
    assert not prices.rate("gpt-4o", "OpenAI", None, None).is_guess
    assert not prices.rate("gemini-2.5-pro", "vertex_ai", None, None).is_guess


def test_a_tier_without_a_tariff_is_said():
    """Priority requests cost more than the standard ones, and were priced as these without a word; flex was called batch."""
    standard = prices.rate("gpt-4o", "openai", date(2025, 10, 1), None)
    told = {tier: prices.rate("gpt-4o", "openai", date(2025, 10, 1), tier) for tier in ("priority", "flex", "default", "Standard")}
    assert told["priority"].usd == standard.usd
    assert told["priority"].flags(False) == ["priority requests priced at the standard rate"]
    assert told["flex"].usd == tuple(r / 2 for r in standard.usd)
    assert told["flex"].flags(False) == ["flex requests priced at half of the standard rate"]
    assert told["default"] == told["Standard"] == standard


def test_a_tier_that_the_price_book_knows_is_no_assumption():
    """The price book of today has a batch tariff for gpt-5."""
    found = prices.rate("gpt-5", "openai", None, "batch")
    assert (found.input, found.assumed_tier) == (0.625, None)


def test_names_in_logs_do_not_fill_the_memory():
    """Every name from a log was kept for ever."""
    assert prices.rate.cache_info().maxsize == 4096


def test_many_cells_are_priced_at_once(monkeypatch):
    """Each cell looked its configuration and rate up anew: a million cells took minutes. Each rate is asked for once."""
    n = 60_000
    rng = np.random.default_rng(5)
    days = pd.to_datetime(["2025-03-01", "2025-10-01", None])
    cells = pd.DataFrame({
        "configuration": rng.integers(1, 5, n), "started_on": days[rng.integers(0, 3, n)],
        "price_tier": np.array([None, "batch"], dtype=object)[rng.integers(0, 2, n)], "is_priceable": rng.random(n) < 0.9,
        **{f"sum_{name}": rng.integers(0, 10**6, n) for name in prices._BUCKETS},
    })  # fmt: skip
    cells.index = rng.permutation(n)
    known = pd.DataFrame(
        {"canonical_model": ["gpt-5", "o3", None, "nobody's"], "provider": ["openai", None, None, None]}, index=[1, 2, 3, 4]
    )
    asked = []
    rate = prices.rate
    monkeypatch.setattr(prices, "rate", lambda *key: asked.append(key) or rate(*key))
    usd, flags = prices.priced(cells, known)
    assert len(asked) == len(set(asked)) == 3 * 3 * 2
    for i in rng.integers(0, n, 200):
        row = cells.iloc[i]
        model = known.loc[row["configuration"], "canonical_model"]
        day = None if pd.isna(row["started_on"]) else row["started_on"].date()
        tier = row["price_tier"] if isinstance(row["price_tier"], str) else None
        found = rate(model, None, day, tier) if isinstance(model, str) else None
        if not row["is_priceable"] or found is None:
            assert np.isnan(usd[i])
        else:
            expected = sum(row[f"sum_{name}"] * r for name, r in zip(prices._BUCKETS, found.usd, strict=True)) / 1e6
            assert usd[i] == pytest.approx(expected)
    assert set(flags) == {1, 2}


def test_no_cells_have_no_price():
    cells = pd.DataFrame(
        {name: [] for name in ("configuration", "started_on", "price_tier", "is_priceable", *(f"sum_{b}" for b in prices._BUCKETS))}
    )
    usd, flags = prices.priced(cells, pd.DataFrame({"canonical_model": [], "provider": []}))
    assert (len(usd), flags) == (0, {})


def test_parts_by_hand():
    """Rates 1, 0.1, 2, 3 and 10 USD per million tokens."""
    rows = pd.DataFrame({
        "sum_uncached_input_tokens": [1e6, 1e6, np.nan], "sum_cache_read_tokens": [1e6, np.nan, 1e6],
        "sum_cache_write_tokens": [1e6, np.nan, 1e6], "sum_cache_write_1h_tokens": [np.nan, np.nan, 1e6],
        "sum_output_tokens": [1e6, 1e6, 1e6], "sum_reasoning_tokens": [4e5, np.nan, 1e6],
    })  # fmt: skip
    rates = np.tile([1, 0.1, 2, 3, 10], (3, 1))
    found = prices.parts(rows, rates)
    assert found.to_numpy().tolist() == [
        [1, 0.1, 2, 4, 6],
        [1, pytest.approx(np.nan, nan_ok=True), pytest.approx(np.nan, nan_ok=True), pytest.approx(np.nan, nan_ok=True), 10],
        [pytest.approx(np.nan, nan_ok=True), 0.1, 5, 10, 0],
    ]
    assert found.sum(axis=1).tolist() == pytest.approx(prices.usd(rows, rates).tolist())
    assert prices.parts(rows, np.full((3, 5), np.nan)).isna().all(axis=None)


def test_a_change_is_priced_like_a_sum():
    """Ladders hold what changes from level to level: their prices add up to the price of the whole, minus signs included."""
    rng = np.random.default_rng(7)
    changes = pd.DataFrame({f"sum_{name}": rng.integers(-1000, 1000, 50) for name in prices._BUCKETS})
    changes = changes.assign(configuration=1, started_on=pd.Timestamp("2025-10-01"), price_tier=None, is_priceable=True)
    whole = changes.iloc[:1].assign(**changes.filter(like="sum_").sum())
    known = pd.DataFrame({"canonical_model": ["gpt-5"], "provider": ["openai"]}, index=[1])
    usd, _ = prices.priced(changes, known)
    assert usd.sum() == pytest.approx(prices.priced(whole, known)[0].item(), abs=1e-12)
