"""The words of energy: how power, energy and emissions are written, and what a fleet draws beside the published line."""

import numpy as np

from analytics import notation
from analytics.break_even_words import amount
from analytics.power import PUBLISHED, PUBLISHED_VOLUMES, WHAT_THEY_ARE, FleetPower, power_w
from analytics.reading import Paragraph

_WATTS = ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W"))
_WATT_HOURS = ((1e9, "GWh"), (1e6, "MWh"), (1e3, "kWh"), (1.0, "Wh"))


def energy_title(levels: np.ndarray, energy_wh: np.ndarray) -> str:
    """Return what each further round of reflection adds to the energy of a task; arrays of shape (L,)."""
    known = np.isfinite(energy_wh)
    if known.sum() < 2:
        return "Energy per task is unknown"
    x, y = levels[known], energy_wh[known]
    more = (y[-1] - y[0]) / (x[-1] - x[0])
    if not abs(more) >= 0.005 * abs(y[0]):
        return "Further reflection adds no energy"
    return f"Each further reflection {'adds' if more > 0 else 'saves'} about {watt_hours(abs(more))} per task"


def power_paragraph(power: FleetPower, kwh_per_month: float | None, co2e_kg_per_month: float | None) -> Paragraph | None:
    """Say what the fleet draws, with and without batching, beside the published line and what that is."""
    if power.power_w is None or power.energy_wh is None or kwh_per_month is None:
        return None
    text = f"{watts(power.power_w)} mean draw, {watt_hours(kwh_per_month * 1000)} and {co2e(co2e_kg_per_month)} a month; "
    text += f"{watt_hours(power.energy_wh)} per task, idle GPUs and PUE included."
    if power.unbatched_wh is not None and power.batched_wh is not None:
        text += f" The GPUs alone: {watt_hours(power.batched_wh)} with batches of {notation.count(power.batch)}, "
        text += f"{watt_hours(power.unbatched_wh)} one request at a time."
    dearest = max(PUBLISHED, key=lambda each: each.wh_per_query)
    line = power_w(dearest.wh_per_query, PUBLISHED_VOLUMES[1])
    text += f" Published: {watts(line)} for {dearest.agent} on {dearest.model} at {amount(PUBLISHED_VOLUMES[1])} queries a day"
    return Paragraph("Energy:", f"{text} ({WHAT_THEY_ARE}).")


def watts(value: float | None) -> str:
    """Write power.

    >>> watts(6234), watts(198.884e9), watts(0.5), watts(None)
    ('6.2 kW', '198.9 GW', '0.50 W', '–')
    """
    return _scaled(value, _WATTS)


def watt_hours(value: float | None) -> str:
    """Write energy.

    >>> watt_hours(4.6), watt_hours(4.6e6), watt_hours(0.031)
    ('4.6 Wh', '4.6 MWh', '0.031 Wh')
    """
    return _scaled(value, _WATT_HOURS)


def co2e(kilograms: float | None) -> str:
    """Write an amount of CO2 equivalents.

    >>> co2e(1610), co2e(12.3)
    ('1.6 t CO₂e', '12.3 kg CO₂e')
    """
    return _scaled(kilograms, ((1e3, "t CO₂e"), (1.0, "kg CO₂e")))


def _scaled(value: float | None, units: tuple[tuple[float, str], ...]) -> str:
    """Write with one decimal in the largest unit that gives at least 1, two significant digits below the smallest."""
    if not notation.is_known(value):
        return notation.UNKNOWN
    scale, unit = next((each for each in units if abs(value) >= 0.9995 * each[0]), units[-1])
    scaled = value / scale
    return f"{notation.fixed(scaled, 1) if abs(scaled) >= 0.995 else notation.significant(scaled)} {unit}"
