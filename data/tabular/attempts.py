"""A table of attempts → records: one row is one try of one configuration at one task."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from data.records import Attempt, Note, Problem, Record, Source, Task
from data.tabular import typed
from data.tabular.configured import Configurations, grouped
from data.tabular.header import normal
from data.tabular.sheet import Sheet
from data.tabular.status import statuses, verdicts
from data.tabular.synonyms import ATTEMPTS
from data.tabular.tokens import TOKENS, give_back_budget, plain, usages, zero_is_unknown
from data.tabular.typed import Numbers, Words
from data.tabular.values import FALSE, TRUE, setting

_SURE_SUCCESS = ATTEMPTS["success"].index("verdict")
"""Rank of the first word that need not mean success: verdict, outcome, result, label, completed, status."""
_FRACTIONS = ("cost_usd", "tool_cost_usd", "latency_s", "active_s", "ttft_s", "score")
_WHOLE = ("llm_calls", "turns", "tool_calls", "retries", "reflections")
_SLICE = 20_000
_NAME_CHARS, _ANY_CHARS = 120, 2**31
_NUMBER_AT_END = re.compile(r"(?:^|\D)(\d{1,9})(?:\.0)?$")
_WALL = re.compile(r"wall|elapsed|end_to_end|e2e")


def attempts(sheet: Sheet, source: Source) -> Iterator[Record]:
    """Yield the notes, problems and attempts of a table."""
    table = sheet.table
    tasks = _tasks(sheet)
    configurations = Configurations(sheet, source)
    benchmark = sheet.text("benchmark", max_chars=120)
    success, score, score_name = _outcome(sheet)
    measures = {role: found[0] for role in (*TOKENS, "cost_usd", "tool_cost_usd") if (found := sheet.number(role))}
    give_back_budget(sheet, measures)
    latency, basis, started = _times(sheet)
    measures |= {role: found[0] for role in ("active_s", "ttft_s", *_WHOLE) if (found := sheet.number(role))}
    status, stop_reasons = statuses(sheet)
    answers = sheet.text("answer", max_chars=100_000)
    tiers = sheet.text("price_tier", max_chars=40)
    benchmark, task_codes, task_records = _task_records(sheet, tasks, benchmark)
    numbers_of_try, run_ids = _tries(sheet, tasks, configurations, [m.values for m in measures.values()])
    configurations.find_settings(task_codes)
    which, records = configurations.each()

    refused = configurations.refused | ~tasks.known
    reason = np.where(tasks.known, configurations.reason, "no task and no number of tasks")
    for row, why in table.broken.items():
        refused[row], reason[row] = True, why
    zero_is_unknown(sheet, measures, latency)
    yield from (Note(text=text) for text in sheet.notes)
    yield from configurations.problems()
    yield from problems(sheet, refused, reason)

    found = {**measures, "latency_s": latency, "score": score or success}
    known = {role: cells for role, cells in found.items() if cells}
    numbers = {"cost_usd_logged" if role == "cost_usd" else role: known[role] for role in (*_FRACTIONS, *_WHOLE) if role in known}
    texts = {field: cells for field, cells in {"answer": answers, "price_tier": tiers, "run_id": run_ids}.items() if cells}
    lists = {"started_at": started, "attempt": numbers_of_try, "stop_reason": stop_reasons}
    lists = {field: cells for field, cells in lists.items() if cells}
    names = [*numbers, *texts, *lists, *(["success"] if success else [])]
    mismatches: list[tuple[int, str]] = []
    for start in range(0, sheet.n, _SLICE):  # a million rows of Python objects at once would not fit
        part = slice(start, start + _SLICE)
        usage, wrong = usages(sheet, measures, part)
        mismatches += wrong
        columns = [
            *(plain(cells.values[part], as_int=role in _WHOLE) for role, cells in numbers.items()),
            *(cells.part(part).each() for cells in texts.values()),
            *(cells[part] for cells in lists.values()),
            *([[None if flag is None else flag == 1 for flag in plain(success.values[part])]] if success else []),
        ]
        rows = zip(refused[part].tolist(), which[part].tolist(), task_codes[part].tolist(), usage, status[part], *columns, strict=True)
        for row, (is_refused, configuration, task, (buckets, token_basis), ended, *cells) in enumerate(rows, start=start + 1):
            if not is_refused:
                yield Attempt(
                    configuration=records[configuration],
                    task=task_records[task],
                    locator=f"record {row}",
                    usage=buckets,
                    token_basis=token_basis,
                    status=ended,
                    score_name=score_name,
                    latency_basis=basis,
                    **dict(zip(names, cells, strict=True)),
                )
    for row, why in mismatches:
        if not refused[row]:
            yield Problem(locator=f"record {row + 1}", field="total_tokens", reason=why)


def problems(sheet: Sheet, refused: np.ndarray, reason: np.ndarray) -> Iterator[Problem]:
    """Yield the refused rows, and the unknown fields of the others."""
    for row in np.flatnonzero(refused).tolist():
        yield Problem(locator=f"record {row + 1}", reason=reason[row], refused=True)
    for rows, field, why in sheet.problems:
        for row in np.asarray(rows).tolist():
            if not refused[row]:
                yield Problem(locator=f"record {row + 1}", field=field, reason=why)
    for row, name, why in sheet.table.unknown:
        if not refused[row]:
            yield Problem(locator=f"record {row + 1}", field=sheet.field(sheet.used.get(name, name)), reason=why)
    for name, why in sheet.table.doubtful:
        yield Problem(locator="header", field=name, reason=why)


def _tasks(sheet: Sheet) -> Words:
    """Return the task of each row: the best column of names, the ids of a map, else a column of whole problems or of mere numbers."""
    found = sheet.text("task", max_chars=_NAME_CHARS)
    if not found and sheet.table.keys is not None:
        found = typed.words(sheet.table.keys.combine_chunks())
    for role, max_chars in (("task", _ANY_CHARS), ("weak_task", _NAME_CHARS), ("weak_task", _ANY_CHARS)):
        found = found or sheet.text(role, max_chars=max_chars)
    return found or Words(np.full(sheet.n, -1), [])


def _outcome(sheet: Sheet) -> tuple[Numbers | None, Numbers | None, str | None]:
    """Return success, score and the score's name."""
    success = None
    scored = any(meaning.rank < 12 for _, meaning in sheet.candidates("score"))
    for name, meaning in sheet.candidates("success"):
        weak = meaning.rank >= _SURE_SUCCESS
        found, fits = verdicts(sheet, name)
        if (fits and not scored) if weak else fits or _is_flag(sheet, name):
            sheet.take("success", name)
            sheet.report("success", found.wrong)
            success = found
            break
    for name, _ in sheet.candidates("score"):
        flags, fits = verdicts(sheet, name)
        is_flag = str(sheet.column(name).type) == "bool" or not len(sheet.numbers(name).known)
        if success is None and is_flag and fits:
            sheet.take("success", name)
            sheet.report("success", flags.wrong)
            success = flags
            break
    name_of_score = None
    score = sheet.number("score")
    if score is None and success is None:  # `correct: 0.4` is a score, whatever it is called
        for name, meaning in sheet.candidates("success"):
            found = sheet.numbers(name)
            if len(found.known) and (meaning.rank < _SURE_SUCCESS or not found.wrong):
                sheet.take("score", name)
                sheet.scale(name, "score", meaning, found)
                score = (found, meaning)
                break
    if score is None and success is None:  # nothing in it can be read: that is to be said of each row
        for name, meaning in sheet.candidates("success"):
            found, _ = verdicts(sheet, name)
            if meaning.rank < _SURE_SUCCESS and found.wrong and not len(found.known):
                sheet.take("success", name)
                sheet.report("success", found.wrong)
                success = found
                break
    if score is not None:
        name_of_score = next(name for name, role in sheet.used.items() if role == "score")
        name_of_score = None if normal(name_of_score) == "score" else name_of_score[:60]
    return success, score[0] if score else None, name_of_score


def _is_flag(sheet: Sheet, name: str) -> bool:
    """Return whether a column called success holds flags, whatever else is in it.

    Numbers other than 0 and 1, beyond some slips, are scores, and letters (`C`, `N`) beside other texts are right answers.
    """
    known = sheet.numbers(name).known
    flags = any(word.lower() in TRUE | FALSE and not (len(word) == 1 and word.isalpha()) for word in sheet.words(name).words)
    return flags and bool(np.sum((known != 0) & (known != 1)) <= 0.2 * len(known))


def _times(sheet: Sheet) -> tuple[Numbers | None, str | None, list | None]:
    """Return latency, its basis and the starts; without a column for it, latency is end − start."""
    latency = sheet.number("latency_s")
    started = ended = None
    for role in ("started_at", "ended_at"):
        for name, meaning in sheet.candidates(role):
            moments, wrong = typed.moments(sheet.column(name))
            if meaning.rank < 2 or sum(m is not None for m in moments) >= sum(map(len, wrong.values())):
                sheet.take(role, name)
                sheet.report(role, wrong)
                started, ended = (moments, ended) if role == "started_at" else (started, moments)
                break
    if latency:
        name = next(name for name, role in sheet.used.items() if role == "latency_s")
        return latency[0], "wall" if _WALL.search(normal(name)) else None, started
    if started and ended:
        both = zip(started, ended, strict=True)
        found = Numbers(np.array([(b - a).total_seconds() if a and b else np.nan for a, b in both]))
        found.refuse(found.values < 0, "is negative: it ended before it began")
        sheet.report("latency_s", found.wrong)
        return found, "wall", started
    return None, None, started


def _task_records(sheet: Sheet, tasks: Words, benchmark: Words | None) -> tuple[Words | None, np.ndarray, list[Task]]:
    """Return each row's task record; a further column is a property of the task only if it never differs within it."""
    same, _ = grouped([tasks.codes, *([benchmark.codes] if benchmark else [])], sheet.n)
    if benchmark is None:
        for name, _ in sheet.candidates("weak_benchmark"):
            cells = sheet.words(name)
            if cells.words and max(map(len, cells.words)) <= 120 and not _is_property(same, cells.codes):
                sheet.take("benchmark", name)
                benchmark = cells
                same, _ = grouped([tasks.codes, cells.codes], sheet.n)
                break
    texts: dict[str, Words] = {}
    for role in ("task_group", "difficulty"):
        for name, _ in sheet.candidates(role):
            cells = sheet.words(name)
            if cells.words and max(map(len, cells.words)) <= 80 and _is_property(same, cells.codes):
                sheet.take(role, name)
                texts[role] = cells
                break
    amounts: dict[str, Numbers] = {}
    for role in ("human_minutes", "human_cost_usd", "weight"):
        if (found := sheet.number(role)) and _is_property(same, np.unique(found[0].values, return_inverse=True)[1].reshape(-1)):
            amounts[role] = found[0]
    codes, firsts = grouped([same, *(cells.codes for cells in texts.values())], sheet.n)
    records = []
    for row in firsts:
        more: dict[str, Any] = {role: _word(cells, row) for role, cells in texts.items()}
        more |= {role: None if np.isnan(value := found.values[row]) else float(value) for role, found in amounts.items()}
        records.append(Task(benchmark=_word(benchmark, row), task=_word(tasks, row) or "", **more))
    return benchmark, codes, records


def _word(cells: Words | None, row: int) -> str | None:
    return None if cells is None or cells.codes[row] < 0 else cells.words[cells.codes[row]]


def _is_property(tasks: np.ndarray, codes: np.ndarray) -> bool:
    """Return whether every task has one value."""
    both, _ = grouped([tasks, codes], len(tasks))
    return len(both) == 0 or both.max() == tasks.max()


def _tries(sheet: Sheet, tasks: Words, configurations: Configurations, measures: list[np.ndarray]) -> tuple[list | None, Words | None]:
    """Return the log's own number and identity of each try; an identity is one if rows that share it are the same try."""
    numbers = None
    for name, _ in sheet.candidates("attempt"):
        cells = sheet.words(name)
        found = {word: int(number[1]) for word in cells.words if (number := _NUMBER_AT_END.search(word))}
        if found and len(set(found.values())) == len(cells.words):
            if numbers is None:
                numbers = cells.map(found.__getitem__)
            sheet.take("attempt", name)
    identity = [tasks.codes, configurations.models()]
    whole = [*identity, *(np.unique(values, return_inverse=True)[1].reshape(-1) for values in measures)]
    for name, _ in sheet.candidates("run_id"):
        cells = sheet.words(name)
        if not cells.words:
            continue
        if grouped([cells.codes, *whole], sheet.n)[0].max() + 1 == len(cells.words) + (not cells.known.all()):
            sheet.take("run_id", name)
            return numbers, cells
        if numbers is None and all(isinstance(setting(word), int) and 0 <= int(word) < 2**31 for word in cells.words):
            sheet.take("attempt", name)
            numbers = cells.map(int)
    return numbers, None
