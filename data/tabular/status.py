"""How an attempt ended, from the words of error and exit columns."""

import re

import numpy as np

from data.records import Status
from data.tabular import typed
from data.tabular.sheet import Sheet

_NO_ERROR = {
    "0",
    "0.0",
    "false",
    "no",
    "none",
    "ok",
    "success",
    "succeeded",
    "passed",
    "pass",
    "completed",
    "finished",
    "submitted",
    "[]",
    "{}",
}
_WORDS: tuple[tuple[Status, re.Pattern], ...] = (
    ("cancelled", re.compile(r"cancel|abort|interrupt|user.?stop|killed.by.user")),
    (
        "infra",
        re.compile(
            r"infra|rate.?limit|\b429\b|\b50[0234]\b|connection|network|dns|docker|container|sandbox|unavailable|overloaded|"
            r"internal.?server|api.?error|quota|no.?space|environment.?(error|setup|start)"
        ),
    ),
    ("timeout", re.compile(r"time.?d?.?out|time.?limit|deadline|too.?slow")),
    (
        "limit",
        re.compile(
            r"limit|\bmax_|max.?(turn|step|iteration|token|call|round)s?|exceed|budget|context.?(window|length)|out.?of.?(context|tokens)|"
            r"exit.?(cost|context)|^length$|recursion|truncat"
        ),
    ),
)
"""In this order: a rate limit is the infrastructure's, a time limit a timeout."""
_ERROR = re.compile(r"error|exception|crash|traceback|errored|panic|segfault|\boom\b|out.?of.?memory")


def ended_with_error(text: str) -> Status:
    """Return the status that an error column's text means: any text there is some kind of error.

    >>> ended_with_error("TimeoutError: 300 s"), ended_with_error("KeyError"), ended_with_error("False"), ended_with_error("429 rate limit")
    ('timeout', 'error', 'ok', 'infra')
    """
    word = text.strip().lower()
    if word in _NO_ERROR:
        return "ok"
    return next((status for status, pattern in _WORDS if pattern.search(word)), "error")


def ended(text: str) -> Status:
    """Return the status that a stop reason means: only words of trouble are trouble, `failed` is a wrong answer.

    >>> ended("stop"), ended("length"), ended("exit_cost"), ended("failed"), ended("AgentError"), ended("max_turns_reached")
    ('ok', 'limit', 'limit', 'ok', 'error', 'limit')
    """
    word = text.strip().lower()
    if word in _NO_ERROR:
        return "ok"
    return next((status for status, pattern in _WORDS if pattern.search(word)), "error" if _ERROR.search(word) else "ok")


def statuses(sheet: Sheet) -> tuple[list[Status], list[str | None] | None]:
    """Return each attempt's status and the stop reason as logged; the error columns speak before the stop reason."""
    status = np.full(sheet.n, "ok", dtype=object)

    def where_ok(found: list[Status | None]) -> None:
        told = np.array(found, dtype=object)
        rows = (status == "ok") & (told != None)  # noqa: E711  # compared element by element
        status[rows] = told[rows]

    for name, meaning in sheet.candidates("error"):
        sheet.take("error", name)
        if meaning.role == "error" and name.lower().startswith("infra"):
            flag = typed.flags(sheet.column(name)).values == 1
            status[flag] = "infra"
        else:
            where_ok(sheet.words(name).map(ended_with_error))
    for role, meant in (("timed_out", "timeout"), ("limit_hit", "limit")):
        for name, _ in sheet.candidates(role):
            flags = typed.flags(sheet.column(name))
            if not flags.wrong:  # else it is a setting: the seconds allowed
                sheet.take(role, name)
                where_ok([meant if flag == 1 else None for flag in flags.values])
    reasons = None
    for name, _ in sheet.candidates("stop_reason"):
        cells = sheet.words(name)
        if not cells.words:
            continue
        sheet.take("stop_reason", name)
        where_ok(cells.map(ended))
        if reasons is None:
            reasons = cells.map(lambda word: word if len(word) <= 60 else None)
    return status.tolist(), reasons
