"""Rates of models on a day, from the price book of genai-prices: resolved once per (model, provider, day, tier), never per attempt.

Long-context tiers are not applied to an attempt's summed tokens (that would double its cost falsely): rates are the base rates.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

NEWEST = date(2100, 1, 1)
"""Where an attempt has no date: the price book's newest rate, flagged as undated."""
STANDARD_TIERS = {None, "standard", "default", "auto", "on_demand"}
HALF_PRICE_TIERS = {"batch", "flex"}
"""Where the price book knows no such tier at that day: half of the standard rate, the providers' own rule, flagged."""

_DATED = re.compile(r"[-@](\d{4}-?\d{2}-?\d{2}|\d{4}|latest|preview|v\d+(:\d+)?)$")
_BUCKETS = ("uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens")


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
    guessed_from: tuple[str, ...] = ()
    """Why it is a guess: the price book knows only a name that begins alike, or the model only at another provider."""
    assumed_tier: str | None = None
    """What was assumed of a tier that the price book has no tariff for."""

    @property
    def is_guess(self) -> bool:
        """Whether the price may be another model's or another provider's."""
        return bool(self.guessed_from)

    @property
    def usd(self) -> tuple[float, ...]:
        """The rates in the order of the token buckets."""
        return self.input, self.cache_read, self.cache_write, self.cache_write_1h, self.output

    def flags(self, is_undated: bool) -> list[str]:
        """Return what a reader has to know of this rate."""
        said = []
        if self.guessed_from:
            said.append(f"priced as {self.model} at {self.provider}: {', '.join(self.guessed_from)}")
        if self.assumed_tier:
            said.append(self.assumed_tier)
        if is_undated:
            said.append("undated: priced at the newest rate of the price book")
        return said


def price_book() -> str:
    """Return name and version of the price book, as it stands on pages and in links."""
    from genai_prices import __version__

    return f"genai-prices {__version__}"


@lru_cache(maxsize=4096)  # bounded, for its keys are strings from logs
def rate(model: str, provider: str | None, day: date | None, tier: str | None) -> Rate | None:
    """Return the rate of a canonical model name at 12:00 UTC of that day, None where the price book has none."""
    day = day or NEWEST
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    found = _asked(model, provider, moment)
    elsewhere = None
    if found is None and provider is not None:
        found, elsewhere, provider = _asked(model, None, moment), provider, None
    standard = _rates(found.model_price) if found is not None else None
    if found is None or standard is None:
        return None
    usd, assumed = standard, None
    tier = tier.lower() if tier else None
    if tier not in STANDARD_TIERS:
        variant = _asked(model, provider, moment, price_context={"processing": tier})
        usd = (_rates(variant.model_price) if variant is not None else None) or standard
        if usd == standard and tier in HALF_PRICE_TIERS:
            usd, assumed = tuple(r / 2 for r in standard), f"{tier} requests priced at half of the standard rate"
        elif usd == standard:
            assumed = f"{tier} requests priced at the standard rate"
    name = _DATED.sub("", model.rpartition("/")[2].lower())
    known = _DATED.sub("", found.model.id.rpartition("/")[2].lower())
    guessed_from = (
        *(["a guess from a similar name"] if name != known else []),
        *([f"the log names {elsewhere}"] if elsewhere else []),
    )
    return Rate(*usd, model=found.model.id, provider=found.provider.id, guessed_from=guessed_from, assumed_tier=assumed)


def _asked(model: str, provider: str | None, moment: datetime, **context) -> "PriceCalculation | None":
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=1, output_tokens=1)
    try:
        return calc_price(usage, model, provider_id=provider, genai_request_timestamp=moment, **context)
    except (LookupError, ValueError):
        return None


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


def priced(cells: pd.DataFrame, configurations: pd.DataFrame) -> tuple[np.ndarray, dict]:
    """Return the USD of each row's tokens at the price of its day (NaN where unknown), and what to say for each configuration.

    Parameters
    ----------
    cells : DataFrame with configuration, started_on, price_tier, is_priceable and the sums of the token buckets
        Cells, attempts or the changes of a ladder: what is priced is linear in the sums, so a change is priced like a sum.
    configurations : DataFrame indexed by configuration, with canonical_model and provider
    """
    rates, flags = rates_of(cells, configurations)
    return usd(cells, rates), flags


def rates_of(cells: pd.DataFrame, configurations: pd.DataFrame) -> tuple[np.ndarray, dict]:
    """Return the rates of each row, shape (n, 5): USD per million tokens of each bucket; and what to say for each configuration.

    NaN where a row is not priceable or no rate is known. Parameters as for `priced`; the sums are not read.
    """
    is_priceable = cells["is_priceable"].to_numpy(bool)
    columns = cells[["configuration", "started_on", "price_tier"]]
    which = columns.groupby(list(columns), dropna=False, sort=False).ngroup().to_numpy()
    groups, first = np.unique(which[is_priceable], return_index=True)
    models = {c: (model, provider) for c, model, provider in configurations[["canonical_model", "provider"]].itertuples()}
    rates = np.full((which.max(initial=-1) + 1, len(_BUCKETS)), np.nan)
    flags: dict = {}
    for group, (configuration, day, tier) in zip(groups, columns[is_priceable].iloc[first].itertuples(index=False), strict=True):
        model, provider = (name if isinstance(name, str) else None for name in models[configuration])
        is_undated = pd.isna(day)
        found = model and rate(model, provider, None if is_undated else pd.Timestamp(day).date(), tier if isinstance(tier, str) else None)
        if not found:
            continue
        rates[group] = found.usd
        said = flags.setdefault(configuration, [])
        said += [flag for flag in found.flags(is_undated) if flag not in said]
    return np.where(is_priceable[:, None], rates[which], np.nan), {c: said for c, said in flags.items() if said}


def usd(cells: pd.DataFrame, rates: np.ndarray) -> np.ndarray:
    """Return the USD of each row's tokens at its rates; a bucket that the log does not have is empty."""
    total = np.zeros(len(cells))
    for k, name in enumerate(_BUCKETS):
        total += cells[f"sum_{name}"].fillna(0).to_numpy(float) * rates[:, k]
    return total / 1e6


def parts(attempts: pd.DataFrame, rates: np.ndarray) -> pd.DataFrame:
    """Return the USD of each row by part, at its rates; NaN where the rate or the tokens of a part are unknown.

    The known parts add up to `usd`. Output that the log does not split into reasoning and answer stands under the answer.
    """
    fresh, read, written, written_1h, output, reasoning = (
        attempts[f"sum_{name}"].to_numpy(float) for name in (*_BUCKETS, "reasoning_tokens")
    )
    to_write = np.where(np.isnan(written) & np.isnan(written_1h), np.nan, np.nan_to_num(written) * rates[:, 2])
    money = {
        "part_uncached_input_usd": fresh * rates[:, 0],
        "part_cache_read_usd": read * rates[:, 1],
        "part_cache_write_usd": to_write + np.nan_to_num(written_1h) * rates[:, 3],
        "part_reasoning_usd": reasoning * rates[:, 4],
        "part_answer_usd": (output - np.nan_to_num(reasoning)) * rates[:, 4],
    }
    return pd.DataFrame(money, index=attempts.index) / 1e6
