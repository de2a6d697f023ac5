"""A table of published rows → records: one row is one configuration on one benchmark, with n but no attempts."""

import re
from collections.abc import Iterator

import numpy as np

from data.names import safe_text
from data.records import Note, Record, Source, Summary, Usage
from data.tabular import typed
from data.tabular.attempts import problems
from data.tabular.configured import Configurations
from data.tabular.header import Meaning, meanings, normal
from data.tabular.settings import is_budget
from data.tabular.sheet import Sheet, fits
from data.tabular.tokens import TOKENS, plain, usages, zero_is_unknown
from data.tabular.typed import Numbers

_MANY_TASKS = re.compile(r"task|problem|question|instance|case|example|test")
_TOO_FEW_TOKENS = 50
"""Tokens of a run, divided by n, that no attempt gets by with: the column holds means."""


def summaries(sheet: Sheet, source: Source, benchmark_column: str | None = None) -> Iterator[Record]:
    """Yield the notes, problems and summaries of a table; `benchmark_column` is a task column that names benchmarks."""
    if benchmark_column:
        sheet.take("benchmark", benchmark_column)
    configurations = Configurations(sheet, source)
    benchmark = sheet.words(benchmark_column) if benchmark_column else sheet.text("benchmark", max_chars=120)
    n, n_tasks = _sizes(sheet)
    rounds = _rounds(sheet, n)
    cost, latency, calls, tokens = _per_attempt(sheet, n)
    started = _started(sheet)
    run_ids = sheet.text("run_id", max_chars=100)
    errors = {role: found[0] for role in ("n_errors", "n_limit") if (found := sheet.number(role))}
    configurations.find_settings(None)
    which, records = configurations.each()

    refused, reason = configurations.refused.copy(), configurations.reason.copy()
    last = rounds[-1] if rounds else np.full(sheet.n, np.nan)
    for empty, why in ((np.isnan(n), "no task and no number of tasks"), (np.isnan(last), "no accuracy")):
        reason[empty & ~refused] = why
        refused |= empty
    for row, why in sheet.table.broken.items():
        refused[row], reason[row] = True, why
    zero_is_unknown(sheet, {**tokens, **({"cost_usd": cost} if cost else {})}, latency)
    usage = [each for each, _ in usages(sheet, tokens, slice(0, sheet.n))[0]]
    yield from (Note(text=text) for text in sheet.notes)
    yield from configurations.problems()
    yield from problems(sheet, refused, reason)

    solved = [each.tolist() for each in rounds]
    ends = {"cost_usd_sum": cost, "latency_s": latency, **calls, **errors}
    at_end = {field: plain(found.values, as_int=field.startswith("n_")) for field, found in ends.items() if found}
    names = benchmark.each() if benchmark else [None] * sheet.n
    runs = run_ids.each() if run_ids else [None] * sheet.n
    for row in np.flatnonzero(~refused).tolist():
        known = [i for i, each in enumerate(solved) if each[row] == each[row]]  # NaN differs from itself
        for number, i in enumerate(known, start=1):
            is_last = number == len(known)
            yield Summary(
                configuration=records[which[row]],
                benchmark=names[row],
                locator=f"record {row + 1}",
                n=int(n[row]),
                n_tasks=None if np.isnan(n_tasks[row]) else int(n_tasks[row]),
                success_sum=solved[i][row],
                round=number,
                n_rounds=len(known),
                run_id=runs[row],
                started_at=started[row] if started else None,
                usage=usage[row] if is_last else Usage(),
                **({field: values[row] for field, values in at_end.items()} if is_last else {}),
            )


def _sizes(sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Return the attempts and the tasks behind each row."""
    unknown = np.full(sheet.n, np.nan)
    found = [(name, sheet.numbers(name)) for name, _ in sheet.candidates("n")]
    found = [(name, numbers) for name, numbers in found if len(numbers.known)]
    if not found:
        return unknown, unknown
    tasks = next((each for each in found if _MANY_TASKS.search(normal(each[0]))), None)
    attempts = next((each for each in found if re.search(r"attempt|runs", normal(each[0]))), None)
    name, n = attempts if attempts and tasks else found[0]
    sheet.take("n", name, [other for other, _ in found if other != name and (not tasks or other != tasks[0] or not attempts)])
    for other, _ in found:
        sheet.used.setdefault(other, "n_tasks")
    typed.whole(n)
    n.refuse(n.values == 0, "is 0")
    sheet.report("n", n.wrong)
    if tasks is None:
        return n.values, unknown
    return n.values, np.minimum(tasks[1].values, n.values) if tasks[0] != name else n.values.copy()


def _rounds(sheet: Sheet, n: np.ndarray) -> list[np.ndarray]:
    """Return the solved of n after each round: counts where the log counts, else accuracy × n; NaN where unknown."""
    by_round: dict[int | None, dict[str, tuple[str, Meaning]]] = {}
    for role in ("n_solved", "accuracy"):
        for name, meaning in sheet.candidates(role):
            found = sheet.numbers(name)
            if len(found.known) and (meaning.rank < 2 or len(found.known) > sum(map(len, found.wrong.values()))):
                by_round.setdefault(meaning.round, {}).setdefault(role, (name, meaning))
    numbers = sorted(number for number in by_round if number is not None)
    if (numbers and None not in by_round) or len(numbers) > 1:
        by_round.pop(None, None)
    else:
        numbers = [None] if None in by_round else []
    solved, used = [], []
    for number in numbers:
        total = np.full(sheet.n, np.nan)
        if "accuracy" in by_round[number]:
            name, meaning = by_round[number]["accuracy"]
            total = _share(sheet, name, meaning).values * n
            used.append(name)
        if "n_solved" in by_round[number]:
            name, _ = by_round[number]["n_solved"]
            counted = sheet.numbers(name)
            if np.all(counted.known == np.floor(counted.known)) and (number is not None or np.nanmax(counted.values) > 1):
                counted.refuse(counted.values > n, "is more than n")
                sheet.take("n_solved", name)
                sheet.report("n_solved", counted.wrong)
                total = _counted(sheet, counted.values, total, n, name)
        solved.append(total)
    if len(numbers) > 1:
        sheet.notes.append(f"{', '.join(used)} read as rounds {', '.join(str(i) for i in range(1, len(numbers) + 1))} of one run")
    for name in sheet.free():  # second-best measures of success are no settings
        if any(m.role in ("accuracy", "n_solved") for m in meanings(name, summary=True)):
            sheet.used[name] = "accuracy"
    return solved


def _counted(sheet: Sheet, solved: np.ndarray, rated: np.ndarray, n: np.ndarray, name: str) -> np.ndarray:
    """Return the counts, which are exact; where the published rate is no rounding of count / n, the rate stands, and that is told."""
    rates = rated / n
    known = rates[~np.isnan(rates)]
    digits = next((d for d in range(2, 13) if np.allclose(known, np.round(known, d), rtol=0, atol=1e-12)), 12)
    disagrees = np.abs(solved / n - rates) > 0.5000001 * 10.0**-digits
    reason = f"the published rate is no rounding of {safe_text(name, 40)} / n: the rate is taken"
    sheet.problems.append((np.flatnonzero(disagrees), "success_sum", reason))
    return np.where(np.isnan(solved) | disagrees, rated, solved)


def _share(sheet: Sheet, name: str, meaning: Meaning) -> Numbers:
    found = sheet.numbers(name)
    sheet.take("accuracy", name)
    sheet.scale(name, "accuracy", meaning, found)
    return found


def _per_attempt(sheet: Sheet, n: np.ndarray) -> tuple[Numbers | None, Numbers | None, dict[str, Numbers], dict[str, Numbers]]:
    """Return cost and tokens of the whole run, latency and calls of the mean attempt."""
    cost = _run_cost(sheet, n)
    latency = _preferred(sheet, "latency_s", ("mean", ""))
    calls = {}
    for role in ("llm_calls", "tool_calls", "turns"):
        if each := _preferred(sheet, role, ("mean", "", "sum")):
            if each[1].aggregate == "sum":
                each[0].values /= n
            calls[role] = each[0]
    tokens = {}
    for role in TOKENS:
        if not (each := _preferred(sheet, role, ("", "sum", "mean"))):
            continue
        found, meaning, name = each
        if role == "reasoning_tokens" and not meaning.aggregate and is_budget(found.known):
            sheet.used.pop(name)  # a thinking budget: set, not counted
            continue
        few = not meaning.aggregate and len(found.known) > 0 and np.nanmedian(found.values / n) < _TOO_FEW_TOKENS
        if few and np.nanmedian(found.values) > 0:
            sheet.notes.append(f"{name} read as the mean of one attempt: too few for all of them")
        if few or meaning.aggregate == "mean":
            found.values *= n
        np.round(found.values, out=found.values)
        tokens[role] = found
    return cost, latency[0] if latency else None, calls, tokens


def _run_cost(sheet: Sheet, n: np.ndarray) -> Numbers | None:
    """Return the USD of the whole run: the log's total, and in rows without one a mean × n."""
    order = ("sum", "mean", "")
    best = _preferred(sheet, "cost_usd", order)
    if best is None:
        return None
    result, meaning, first = best
    others = [(name, m) for name, m in sheet.candidates("cost_usd") if m.aggregate in order and name != first]
    for name, more in [(first, meaning), *sorted(others, key=lambda each: (order.index(each[1].aggregate), each[1].rank))]:
        found, aggregate = result if name == first else sheet.numbers(name), more.aggregate
        if name != first:
            sheet.scale(name, "cost_usd", more, found)
        run = found.values if aggregate == "sum" else found.values * n
        if name != first:
            same = _nearly(run, result.values)
            if not aggregate and np.sum(_nearly(found.values, result.values) & ~same) > np.sum(same):
                run, aggregate = found.values, "sum"  # it stands beside the total, and is the same
            disagreeing = ~np.isnan(run) & ~np.isnan(result.values) & ~_nearly(run, result.values)
            reason = f"two cost columns disagree: {safe_text(first, 40)} taken"
            sheet.problems.append((np.flatnonzero(disagreeing), "cost_usd_sum", reason))
        filled = np.isnan(result.values) & ~np.isnan(run) if name != first else np.ones(sheet.n, dtype=bool)
        if filled.any():
            result.values[filled] = run[filled]
            if not aggregate:
                sheet.notes.append(f"{name} read as the mean cost of one attempt")
            elif name != first:
                sheet.notes.append(f"{name} read in rows without {first}")
    return result


def _nearly(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return where two amounts are the same but for 1 %."""
    return np.abs(a - b) <= 0.01 * np.maximum(np.abs(a), np.abs(b))


def _preferred(sheet: Sheet, role: str, aggregates: tuple[str, ...]) -> tuple[Numbers, Meaning, str] | None:
    """Return the best column of numbers of a field: by what it aggregates, then by its name."""
    candidates = [(name, m) for name, m in sheet.candidates(role) if m.aggregate in aggregates]
    fitting = []
    for name, meaning in sorted(candidates, key=lambda each: (aggregates.index(each[1].aggregate), each[1].rank)):
        found = sheet.numbers(name, is_time=role == "latency_s")
        if fits(found, meaning):
            fitting.append((found, meaning, name))
    if not fitting:
        return None
    fitting.sort(key=lambda each: not len(each[0].known))
    found, meaning, name = fitting[0]
    sheet.take(role, name, [each[2] for each in fitting[1:]])
    sheet.scale(name, role, meaning, found)
    return found, meaning, name


def _started(sheet: Sheet) -> list | None:
    for name, _ in sheet.candidates("started_at"):
        moments, wrong = typed.moments(sheet.column(name))
        if sum(m is not None for m in moments) > sum(map(len, wrong.values())):
            sheet.take("started_at", name)
            sheet.report("started_at", wrong)
            return moments
    return None
