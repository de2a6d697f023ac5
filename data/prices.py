"""Rates of models on a day, from the price book of genai-prices: resolved once per (model, provider, day, tier), never per attempt.

Long-context tiers are not applied to an attempt's summed tokens (that would double its cost falsely): rates are the base rates.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import numpy as np
import pandas as pd

NEWEST = date(2100, 1, 1)
"""Where an attempt has no date: the price book's newest rate, flagged as undated."""
HALF_PRICE_TIERS = {"batch", "flex"}
"""Where the price book knows no such tier at that day: half of the standard rate, the providers' own rule, flagged."""

_DATED = re.compile(r"[-@](\d{4}-?\d{2}-?\d{2}|\d{4}|latest|preview|v\d+(:\d+)?)$")


@dataclass(frozen=True)
class Rate:
    """USD per million tokens."""

    input: float
    cache_read: float
    cache_write: float
    cache_write_1h: float
    output: float
    model: str
    """Name in the price book."""
    provider: str
    is_guess: bool
    """The price book knows only a name that begins alike."""
    is_assumed_tier: bool
    """Half price assumed for a batch or flex request."""

    def flags(self, is_undated: bool) -> list[str]:
        """Return what a reader has to know of this rate."""
        said = []
        if self.is_guess:
            said.append(f"priced as {self.model} at {self.provider}: a guess from a similar name")
        if self.is_assumed_tier:
            said.append("batch requests priced at half of the standard rate")
        if is_undated:
            said.append("undated: priced at the newest rate of the price book")
        return said


def price_book() -> str:
    """Return name and version of the price book, as it stands on pages and in links."""
    from genai_prices import __version__

    return f"genai-prices {__version__}"


@cache
def rate(model: str, provider: str | None, day: date | None, tier: str | None) -> Rate | None:
    """Return the rate of a canonical model name at 12:00 UTC of that day, None where the price book has none."""
    from genai_prices import Usage, calc_price
    from genai_prices.types import PriceCalculation

    day = day or NEWEST
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    def ask(**context) -> PriceCalculation | None:
        for asked in dict.fromkeys([provider, None]):
            try:
                return calc_price(
                    Usage(input_tokens=1, output_tokens=1), model, provider_id=asked, genai_request_timestamp=moment, **context
                )
            except (LookupError, ValueError):
                continue
        return None

    found = ask()
    standard = _rates(found.model_price) if found is not None else None
    if found is None or standard is None:
        return None
    half = False
    if tier not in (None, "standard"):
        variant = ask(price_context={"processing": tier})
        tiered = (_rates(variant.model_price) if variant is not None else None) or standard
        half = tiered == standard and tier in HALF_PRICE_TIERS
        standard = tiered
    name = _DATED.sub("", model.rpartition("/")[2].lower())
    known = _DATED.sub("", found.model.id.rpartition("/")[2].lower())
    rates = (r / 2 if half else r for r in standard)
    return Rate(*rates, model=found.model.id, provider=found.provider.id, is_guess=name != known, is_assumed_tier=half)


def _rates(price) -> tuple[float, float, float, float, float] | None:
    fresh, out, written = _base(price.input_mtok), _base(price.output_mtok), _base(price.cache_write_mtok)
    if fresh is None or out is None:
        return None
    read, written_1h = _base(price.cache_read_mtok), _base(getattr(price, "cache_write_1h_mtok", None))
    written = fresh if written is None else written
    return fresh, fresh if read is None else read, written, written if written_1h is None else written_1h, out


def _base(value) -> float | None:
    value = getattr(value, "base", value)
    return float(value) if isinstance(value, Decimal | int | float) else None


def priced(cells: pd.DataFrame, configurations: pd.DataFrame) -> tuple[np.ndarray, dict[int, list[str]]]:
    """Return the USD of each cell's tokens at the price of its day (NaN where unknown), and what to say for each configuration.

    Parameters
    ----------
    cells : DataFrame with configuration, started_on, price_tier, is_priceable and the sums of the token buckets
    configurations : DataFrame indexed by configuration, with canonical_model and provider
    """
    usd, flags = np.full(len(cells), np.nan), {}
    keys = list(zip(cells["configuration"], cells["started_on"], cells["price_tier"], strict=True))
    sums = {name: cells[f"sum_{name}"].fillna(0).to_numpy(float) for name in _BUCKETS}
    for i, (configuration, day, tier) in enumerate(keys):
        if not cells["is_priceable"].iat[i]:
            continue
        known = configurations.loc[configuration]
        if not isinstance(known["canonical_model"], str):
            continue
        undated = pd.isna(day)
        provider = known["provider"] if isinstance(known["provider"], str) else None
        found = rate(
            known["canonical_model"], provider, None if undated else pd.Timestamp(day).date(), tier if isinstance(tier, str) else None
        )
        if found is None:
            continue
        rates = (found.input, found.cache_read, found.cache_write, found.cache_write_1h, found.output)
        usd[i] = sum(sums[name][i] * r for name, r in zip(_BUCKETS, rates, strict=True)) / 1e6
        for flag in found.flags(undated):
            if flag not in flags.setdefault(configuration, []):
                flags[configuration].append(flag)
    return usd, flags


_BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens")
