"""Positions of the projection that are kept to compare, and the power that others published and measured beside it."""

import math
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from analytics import notation
from analytics.power import CITATION, PUBLISHED, PUBLISHED_VOLUMES, WHAT_THEY_ARE, FleetPower, power_w
from analytics.projection import Projection
from pages.shared import controls, labels, tables
from pages.shared.projections import Ground

MOST_KEPT = 3
COLUMNS = {"Solved": "accuracy", "Cost per task": "cost_usd", "A month": "usd_per_month", "p95 time": "latency_p95_s"}
MEASURED = "ML.ENERGY, lowest measured energy of a request on each GPU, GPU alone: a newer GPU does not always save."


def as_text(typed: Mapping[str, float | None]) -> str:
    """Return a position as it stands in the link: `turns:10;cache:0.8`."""
    return ";".join(f"{controls.BOUND[key]}:{value:.12g}" for key, value in typed.items() if value is not None) or "baseline"


def read(text: str, offered: Mapping[str, Mapping]) -> dict[str, float]:
    """Return a position of the link: unknown keys and what is no number are dropped, numbers kept within their range.

    Parameters
    ----------
    offered : name of the position → its slider
    """
    names = {short: key for key, short in controls.BOUND.items()}
    typed: dict[str, float] = {}
    for part in text.split(";")[: len(names)]:
        short, _, said = part.partition(":")
        key = names.get(short.strip())
        try:
            value = float(said)
        except ValueError:
            continue
        if key is not None and key in offered and math.isfinite(value):
            typed[key] = min(max(value, offered[key]["low"]), offered[key]["high"])
    return typed


def name_of(typed: Mapping[str, float]) -> str:
    """Return a position in the words of the link."""
    return ", ".join(f"{controls.BOUND[key]} {value:g}" for key, value in typed.items()) or "as logged"


def kept_table(ground: Ground, typed: Mapping[str, float | None], now: Projection) -> pd.DataFrame | None:
    """Show the positions that are kept beside the one that the sliders show; return them, for the export."""
    st.markdown("#### Positions to compare")
    texts = controls.kept()
    left, middle, _ = st.columns([0.2, 0.2, 0.6])
    left.button("Keep this position", on_click=controls.keep, args=(as_text(typed),), icon=":material/bookmark_add:", key="_keep")
    middle.button("Forget all", on_click=controls.forget, disabled=not texts, key="_forget")
    offered = {slider["key"]: slider for slider in ground.sliders}
    results = [("as logged", ground.projected(ground.start, now.chosen))]
    results += [(name_of(kept), ground.projected(ground.position(kept), now.chosen)) for kept in (read(text, offered) for text in texts)]
    results.append(("the sliders now", now))
    table = pd.DataFrame([_row(name, result) for name, result in results])
    formats = {"Solved": notation.percent, "Cost per task": notation.usd, "A month": notation.usd, "p95 time": notation.seconds}
    st.dataframe(tables.display(table, formats), hide_index=True, placeholder="–", key="positions")
    if not texts:
        st.caption("Keep up to three positions; they stand in the link.")
    st.download_button("Positions (CSV)", tables.csv(table), "positions.csv", "text/csv", on_click="ignore", key="_get_positions")
    return table


def _row(name: str, result: Projection) -> dict:
    """Return one position as seen by the configuration in focus."""
    each = result.by_id(result.chosen) if result.chosen else None
    row: dict[str, object] = {"Position": name}
    for column, field in (
        ("Solved", "accuracy"),
        ("Cost per task", "cost_usd"),
        ("A month", "usd_per_month"),
        ("p95 time", "latency_p95_s"),
    ):
        value = None if each is None else getattr(each, field)
        row[column] = float("nan") if value is None else value
    return {**row, "On the frontier": len(result.on_frontier)}


def published_power(power: FleetPower | None) -> None:
    """Show the published figures as what they are, and this configuration's beside them."""
    rows = [
        {
            "What": f"{each.agent}, {each.model}", "Wh": each.wh_per_query,
            **{f"{_volume(n)} a day": _watts(power_w(each.wh_per_query, n)) for n in PUBLISHED_VOLUMES},
        }
        for each in PUBLISHED
    ]  # fmt: skip
    if power is not None and power.unbatched_wh is not None:
        for what, wh in (("one at a time", power.unbatched_wh), ("batched", power.batched_wh)):
            if wh is not None:
                at = {f"{_volume(n)} a day": _watts(power_w(wh, n)) for n in PUBLISHED_VOLUMES}
                rows.append({"What": f"In focus here, {what}", "Wh": round(wh, 2), **at})
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        labels.markdown_text(
            f"Published, Wh per query on 1 (8B) or 8 (70B) A100 40GB: {WHAT_THEY_ARE}. {CITATION}. No forecast of any fleet."
        )
    )


def measured_table(pairs: list[dict]) -> None:
    """Show the measured pair: one model gains on the newer GPU, the other does not."""
    table = pd.DataFrame({
        "Model": [each["model"] for each in pairs],
        "A100, J per request": [notation.fixed(each["a100_j"], 2) for each in pairs],
        "H100, J per request": [notation.fixed(each["h100_j"], 2) for each in pairs],
        "Change": [("+" if each["change"] > 0 else "") + notation.percent(each["change"], 0) for each in pairs],
    })  # fmt: skip
    st.dataframe(table, hide_index=True)
    st.caption(MEASURED)


def _volume(n: float) -> str:
    return f"{n / 1e9:g} billion" if n >= 1e9 else f"{n / 1e6:g} million"


def _watts(value: float) -> str:
    """Write power with four significant digits, as the published figures are."""
    for size, unit in ((1e9, "GW"), (1e6, "MW"), (1e3, "kW")):
        if value >= size:
            return f"{notation.fixed(value / size, 2 if value / size < 10 else 1)} {unit}"
    return f"{notation.fixed(value, 0)} W"
