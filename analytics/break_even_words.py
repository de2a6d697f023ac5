"""The words of break-even: when a one-off cost has paid, from which load on own GPUs do, and what a load does to them."""

from analytics import notation
from analytics.break_even import FleetPlan, OneOff, OwnAgainstApi
from analytics.fleet import LoadCurve, Run
from analytics.reading import Paragraph


def own_title(own: OwnAgainstApi) -> str:
    """Return the finding of API against own GPUs."""
    if own.reason is not None:
        return "Own GPUs cost more than the API at every volume"
    if own.break_even_tasks_per_day is None:
        return "API against own GPUs: a cost is unknown"
    if own.for_good_tasks_per_day is None:
        return f"Own GPUs and API cost the same at best, from {amount(own.break_even_tasks_per_day)} tasks a day on"
    return f"Own GPUs are cheaper for good above {amount(own.for_good_tasks_per_day)} tasks a day"


def own_paragraph(own: OwnAgainstApi, unknown: str | None = None) -> Paragraph | None:
    """Say what own GPUs cost against the API, or why that is unknown."""
    if own.own_usd_per_month is None:
        return None if unknown is None else Paragraph("On own GPUs:", f"unknown: {unknown}.")
    text = f"{notation.usd(own.own_usd_per_month)} a month for {notation.plural(int(own.gpus_needed or 0), 'GPU')}"
    if own.own_latency_s is not None:
        text += f", {notation.seconds(own.own_latency_s)} a task without queueing"
    if own.api_usd_per_month is not None:
        text += f", against {notation.usd(own.api_usd_per_month)} by API"
    text += "."
    if own.reason is not None:
        text += f" They never pay: {own.reason}."
    elif own.break_even_tasks_per_day is not None:
        text += f" They break even at {amount(own.break_even_tasks_per_day)} tasks a day"
        good = own.for_good_tasks_per_day
        text += f", and are cheaper for good above {amount(good)}." if good is not None and good > own.break_even_tasks_per_day else "."
    return Paragraph("On own GPUs:", text)


def fleet_words(plan: FleetPlan) -> str:
    """Say which fleet is the cheapest for the load and the limit."""
    if plan.gpus is None or plan.gpus_needed is None:
        return f"No fleet: {plan.reason}."
    replicas = round(plan.gpus_needed / plan.gpus)
    time = f", {notation.seconds(plan.own_latency_s)} a task" if plan.own_latency_s is not None else ""
    size = notation.plural(int(plan.gpus), "GPU")
    return (
        f"{notation.plural(int(plan.gpus_needed), 'GPU')} ({notation.plural(replicas, 'replica')} of {size}, batch"
        f" {notation.count(plan.batch)}) for {notation.usd(plan.own_usd_per_month)} a month{time}."
    )


def load_words(curve: LoadCurve, run: Run) -> str:
    """Say what the load does to the time of a task on the fleet, and how much more it could take."""
    now = f"p95 is {notation.seconds(run.p95_s)} at {amount(run.tasks_per_hour)} tasks an hour"
    if not run.is_sustained:
        now = f"{amount(run.tasks_per_hour)} tasks an hour are more than the fleet finishes"
    parts = [now]
    if curve.knee_per_hour is not None:
        parts.append(f"p95 climbs from about {amount(curve.knee_per_hour)} an hour on")
    if curve.sustained_per_hour is not None:
        parts.append(f"{amount(curve.sustained_per_hour)} an hour are sustained")
    return f"Under random arrivals {'; '.join(parts)}{'' if curve.reason is None else f'; {curve.reason}'}."


def break_even_words(found: OneOff, once_usd: float) -> str:
    """Say when a one-off cost has paid for itself."""
    if found.break_even_runs is None:
        return f"{notation.usd(once_usd)} never pays for itself: {found.reason}."
    runs = notation.plural(int(found.break_even_runs), "run")
    return f"{notation.usd(once_usd)} has paid for itself after {runs}."


def amount(number: float) -> str:
    """Write a number of tasks, shortened from 10,000 on.

    >>> amount(1000), amount(490_000), amount(1_000_000)
    ('1,000', '490 k', '1 M')
    """
    if not notation.is_known(number):
        return notation.UNKNOWN
    if number < 9_999.5:
        return notation.count(number) if number >= 9.95 or number == int(number) else notation.significant(number)
    scale, unit = next((s, u) for s, u in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if number >= 0.9995 * s)
    text = notation.significant(number / scale, 3)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}"
