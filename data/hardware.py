"""Tables of GPUs and of open models for the hardware model: the bundled rows, and a user's own among them.

Where the numbers come from stands in each row and in data/bundled/hardware/SOURCE.md. An empty cell is unknown and stays NaN.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from data.names import identity_text, safe_text

FOLDER = Path(__file__).parent / "bundled" / "hardware"
GPU_NUMBERS = ("memory_gb", "bandwidth_tb_per_s", "bf16_tflops", "fp8_tflops", "tdp_w", "usd_per_hour")
"""Gigabytes of 1e9 bytes, TB/s, dense TFLOP/s of the tensor cores, watts, USD for one GPU-hour."""
GPU_TEXTS = ("datasheet", "price_source", "uncertain", "note")
"""`uncertain` names the columns of the row that are doubtful, separated by spaces."""
MODEL_NUMBERS = (
    "total_b", "active_b", "layers", "attention_heads", "kv_heads", "head_size", "experts", "active_experts", "bytes_per_parameter",
    "kv_bytes_per_value",
)  # fmt: skip
"""Billions of parameters; experts of a layer and those that a token is routed to (1 and 1 for a dense model)."""
MODEL_TEXTS = ("label", "source", "uncertain", "note")
COUNTS = ("layers", "attention_heads", "kv_heads", "head_size", "experts", "active_experts")
AT_MOST = (("active_b", "total_b"), ("kv_heads", "attention_heads"), ("active_experts", "experts"))
MAX_ROWS = 1000
MAX_NUMBER = 1e6
"""No GPU and no model comes near it; it keeps a typing error from becoming infinity."""
DENSE = {"experts": 1.0, "active_experts": 1.0, "kv_bytes_per_value": 2.0}
"""What a user's new model is taken to be where the row does not say."""


def gpus(extra: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the GPUs, one row each, the bundled ones first.

    Parameters
    ----------
    extra : DataFrame, optional
        A user's rows: column `gpu` and any of GPU_NUMBERS and GPU_TEXTS. A name that the table has changes that row: its empty
        cells keep what the table says. In a new row an empty cell is unknown.

    Returns
    -------
    DataFrame
        gpu, GPU_NUMBERS (float64, NaN unknown), GPU_TEXTS, is_own (whether a user's row made or changed it).

    Raises
    ------
    ValueError
        With one sentence about the first thing that is wrong.
    """
    return _with_own(_bundled("gpus.csv", "gpu", GPU_NUMBERS, GPU_TEXTS), extra, "gpu", GPU_NUMBERS, GPU_TEXTS, {})


def models(extra: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the models, one row each: model, MODEL_NUMBERS, MODEL_TEXTS, is_own; `extra` and errors as in `gpus`.

    A user's new model without `active_b` is dense: all its parameters are active.
    """
    return _with_own(_bundled("models.csv", "model", MODEL_NUMBERS, MODEL_TEXTS), extra, "model", MODEL_NUMBERS, MODEL_TEXTS, DENSE)


def measured() -> pd.DataFrame:
    """Return the lowest measured energy per request of each model on each GPU (ML.ENERGY): see SOURCE.md beside the file."""
    return pd.read_csv(FOLDER / "measured.csv")


def _bundled(file: str, key: str, numbers: tuple[str, ...], texts: tuple[str, ...]) -> pd.DataFrame:
    table = pd.read_csv(FOLDER / file, dtype=dict.fromkeys((key, *texts), str), keep_default_na=False, na_values={n: [""] for n in numbers})
    return table.astype(dict.fromkeys(numbers, float)).assign(is_own=False)


def _with_own(
    table: pd.DataFrame, extra: pd.DataFrame | None, key: str, numbers: tuple[str, ...], texts: tuple[str, ...], defaults: dict[str, float]
) -> pd.DataFrame:
    """Return the table with a user's rows among its own, all checked."""
    if extra is None or extra.empty:
        return table
    own = _checked(extra, key, numbers, texts)
    rows = {row[key]: row for row in table.to_dict("records")}
    for row in own:
        known = rows.get(row[key])
        base = known or {**dict.fromkeys(numbers, np.nan), **dict.fromkeys(texts, ""), **defaults}
        merged = base | {name: value for name, value in row.items() if not pd.isna(value) and value != ""}
        if known is None and "active_b" in merged and np.isnan(merged["active_b"]):
            merged["active_b"] = merged["total_b"]
        if known is None and key == "model":
            merged["label"] = merged["label"] or merged["model"]
        _check_order(merged, key)
        rows[row[key]] = merged | {"is_own": True}
    return pd.DataFrame(list(rows.values()), columns=[*table.columns])


def _checked(extra: pd.DataFrame, key: str, numbers: tuple[str, ...], texts: tuple[str, ...]) -> list[dict]:
    """Return the rows with safe names and finite positive numbers, or raise with one sentence."""
    if key not in extra.columns:
        raise ValueError(f"Your rows have no column “{key}”, which names each of them.")
    if len(extra) > MAX_ROWS:
        raise ValueError(f"{len(extra)} rows are more than the {MAX_ROWS} that are read.")
    for column in map(str, extra.columns):
        if column not in (key, *numbers, *texts, "is_own"):
            raise ValueError(f"The column “{safe_text(column, 40)}” is unknown; there are {', '.join((key, *numbers, *texts))}.")
    rows, seen = [], set()
    for place, record in enumerate(extra.to_dict("records"), start=1):
        name = "" if pd.isna(record[key]) else identity_text(str(record[key]))
        if not name:
            raise ValueError(f"Row {place} has no name in the column “{key}”.")
        if name in seen:
            raise ValueError(f"“{name}” stands in two of your rows.")
        seen.add(name)
        row: dict = {key: name}
        row |= {text: safe_text(str(record[text]), 300) for text in texts if text in record and not pd.isna(record[text])}
        row |= {number: _number(record[number], name, number) for number in numbers if number in record}
        rows.append(row)
    return rows


def _number(value: object, name: str, column: str) -> float:
    """Return a positive number, NaN for an empty cell, or raise with one sentence."""
    if value is None or value is pd.NA or (isinstance(value, str) and not value.strip()):
        return np.nan
    try:
        number = float(value)  # ty: ignore[invalid-argument-type]
    except (TypeError, ValueError):
        raise ValueError(f"“{name}”: {column} is “{safe_text(str(value), 40)}”, which is no number.") from None
    if np.isnan(number):
        return np.nan
    low = 0.0 if column == "usd_per_hour" else np.nextafter(0.0, 1.0)  # a GPU may cost nothing, but has some memory
    if not low <= number <= MAX_NUMBER:
        raise ValueError(f"“{name}”: {column} is {value}; it has to be a number {'from' if low == 0 else 'above'} 0 to {MAX_NUMBER:,.0f}.")
    if column in COUNTS and number != int(number):
        raise ValueError(f"“{name}”: {column} is {value}; it has to be a whole number.")
    return number


def _check_order(row: dict, key: str) -> None:
    """Raise where a part is larger than its whole."""
    for part, whole in AT_MOST:
        if part in row and row[part] > row[whole]:  # NaN: nothing to say
            raise ValueError(f"“{row[key]}”: {part} is {row[part]:g}, more than {whole} with {row[whole]:g}.")
