"""How an attempt ended, from the words of error and exit columns.

`infra` and `cancelled` take an attempt out of every sum, so only a cell that is nothing but such a value, or an error text that begins
with such an exception class, means them; a text in which the word merely occurs (`docker-compose: command not found`) is an error.
"""

import re

import numpy as np

from data.records import Status
from data.tabular import typed
from data.tabular.sheet import Sheet
from data.tabular.typed import Numbers
from data.tabular.values import FALSE, TRUE

_NO_ERROR = {
    "0",
    "0.0",
    "false",
    "no",
    "none",
    "null",
    "unset",
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
_HTTP_CODE = re.compile(r"^(http_)?(error_)?(status_)?(code_)?(429|50[0234]|529)_(?=[a-z])")
_CANCELLED = re.compile(
    r"((run|task|job|user|operator|manually|keyboard)_)?(cancel|cancell?ed|abort|aborted|interrupt|interrupted)(_error)?"
    r"(_by_(the_)?(user|operator))?|killed_by_(the_)?user"
)
"""`user_stop` is none: the simulated user of τ² says so when the conversation is over."""
_INFRA = re.compile(
    r"infra(structure)?(_(error|failure|failed|issue))?|exit_api"
    r"|(exit_)?(network|connection|docker|container|sandbox|environment|env|api|server|service|dns|ssl|proxy|gateway)"
    r"(_(internal|connection|build|setup|start|startup))?_(error|exception|failure|failed|crash|crashed|died|unavailable|unreachable|down)"
    r"|(docker|container|sandbox|environment|env)_(setup|start|startup)_timeout(_error)?"
    r"|(api|connect|connection|read|gateway)_timeout(_error)?"
    r"|connection_(refused|reset|aborted|closed|lost)(_error)?|(remote|server)_disconnected(_error)?|(new_connection|client_connector)_error"
    r"|rate_?limit(ed|s)?(_(error|exception|exceeded|reached|hit))*|too_many_requests(_error)?|throttl(ed|ing)(_(error|exception))?"
    r"|(insufficient_quota|quota_exceeded|internal_server|overloaded|bad_gateway|service_unavailable|unavailable)(_(error|exception))?"
    r"|overloaded"
)
"""Whole values, and exception classes in the same spelling: `APIConnectionError` is `api_connection_error`."""
_TIMEOUT = re.compile(r"(^|_)(time_?outs?|timed_?out|time_limit|time_exceeded|execution_time|max_(wall_)?time|deadline|too_slow)(_|$)")
_LIMIT = re.compile(
    r"(^|_)(limits?|exceed(s|ed)?|truncated|truncation|exhausted|exit_(cost|context)|context_(window|length|overflow)"
    r"|out_of_(context|tokens|turns|steps|budget)|over_budget"
    r"|max(imum)?_(number_of_|num_|llm_|model_|output_|new_|user_|agent_|tool_)?"
    r"(turn|step|iteration|token|call|round|message|action|episode|interaction|reflection|cost|context|output|depth|length)s?)(_|$)"
    r"|^(model_)?length$|(^|_)budget$|graph_recursion"
)
_ERROR = re.compile(r"(^|_)(errors?|errored|exception|crash|crashed|traceback|panic|segfault|oom|out_of_memory)(_|$)")
_DENIED = re.compile(r"(0|no|not|without|within)_")
_NO_LIMIT = re.compile(r"rate_?limit|(^|_)retr(y|ies)(_|$)")
_CLASS = re.compile(
    r"(?:<class ')?(?:\w+\.)*"
    r"((?:[A-Z]\w*)?(?:Error|Exception|Exceeded|Interrupt|Timeout|TimedOut|Unavailable|Disconnected))(?:'>)?\s*(?=$|[:(])"
)
"""An exception class at the beginning of a text, with or without its module."""
_BROAD_CLASSES = {"Error", "Exception", "RuntimeError"}
"""They say nothing: the text behind them does."""
_HEAD_WORDS = 8


def ended_with_error(text: str) -> Status:
    """Return the status that an error column's text means: any text there is some kind of error.

    >>> ended_with_error("TimeoutError: 300 s"), ended_with_error("KeyError"), ended_with_error("False"), ended_with_error("429 rate limit")
    ('timeout', 'error', 'ok', 'infra')
    >>> ended_with_error("openai.RateLimitError: Error code: 429"), ended_with_error("docker-compose: connection refused")
    ('infra', 'error')
    """
    text = text.strip()
    if text.lower() in _NO_ERROR:
        return "ok"
    if found := _of_value(_snake(text)):
        return found
    if text.startswith("Traceback (most recent call last)"):
        text = text.splitlines()[-1]
    raised = _CLASS.match(text)
    if raised and raised[1] in _BROAD_CLASSES:
        text = text[raised.end() :]
    elif raised:
        name = _snake(raised[1])
        return _of_value(name) or _of_words(name) or "error"
    return _of_words(_snake(text)) or "error"


def ended(text: str) -> Status:
    """Return the status that a stop reason means: only words of trouble are trouble, `failed` is a wrong answer.

    >>> ended("stop"), ended("length"), ended("exit_cost"), ended("failed"), ended("AgentError"), ended("max_turns_reached")
    ('ok', 'limit', 'limit', 'ok', 'error', 'limit')
    >>> ended("user_stop"), ended("cancelled by user"), ended("docker crashed"), ended("order cancelled, container returned")
    ('ok', 'cancelled', 'infra', 'ok')
    """
    if text.strip().lower() in _NO_ERROR:
        return "ok"
    word = _snake(text)
    return _of_value(word) or _of_words(word) or ("error" if _ERROR.search(word) and not _DENIED.match(word) else "ok")


def _snake(text: str) -> str:
    """Return a value in one spelling.

    >>> _snake("APIConnectionError"), _snake("MAX_TOKENS"), _snake("submitted (exit_cost)"), _snake("usageLimits")
    ('api_connection_error', 'max_tokens', 'submitted_exit_cost', 'usage_limits')
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text[:400])
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


def _of_value(word: str) -> Status | None:
    """Return what only a whole value may mean."""
    if _CANCELLED.fullmatch(word):
        return "cancelled"
    return "infra" if _INFRA.fullmatch(_HTTP_CODE.sub("", word)) else None


def _of_words(word: str) -> Status | None:
    """Return what the first words mean: a time limit is a timeout; a rate limit, or an end to all retries, is no limit of the attempt."""
    head = "_".join(word.split("_")[:_HEAD_WORDS])
    if _DENIED.match(head) or _NO_LIMIT.search(head):
        return None
    return "timeout" if _TIMEOUT.search(head) else "limit" if _LIMIT.search(head) else None


def verdicts(sheet: Sheet, name: str) -> tuple[Numbers, bool]:
    """Return a column as success and failure, and whether it is one of verdicts; words for how an attempt ended stand beside them.

    `timeout` in a column of `pass` and `fail` is neither: success stays open there, and the status says why. Where such words of
    verdict are, half of the cells may be others (`skipped`); where only short ones are, nearly none: they may be answers.
    """
    cells = sheet.words(name)
    found = typed.flags(sheet.column(name))
    troubled = np.isin(cells.codes, [i for i, word in enumerate(cells.words) if _is_trouble(word)])
    found.wrong = {reason: rest for reason, rows in found.wrong.items() if len(rest := rows[~troubled[rows]])}
    n_wrong, n_known = sum(map(len, found.wrong.values())), len(found.known)
    share = 0.5 if any(word.lower() in _VERDICTS for word in cells.words) else 0.05
    return found, n_known > 0 and n_wrong <= share * (n_known + n_wrong + int(troubled.sum()))


_VERDICTS = {word for word in TRUE | FALSE if len(word) > 3} - {"true", "false"}


def _is_trouble(word: str) -> bool:
    return word.lower() not in TRUE | FALSE and ended(word) != "ok"


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
    taken = [name for name, role in sheet.used.items() if role == "success"]
    for name in dict.fromkeys([*taken, *(name for name, _ in sheet.candidates("success"))]):
        cells = sheet.words(name)
        troubles = [word for word in cells.words if _is_trouble(word)]
        if troubles and (name in taken or len(troubles) == len(cells.words) or verdicts(sheet, name)[1]):
            where_ok(cells.map(lambda word: ended(word) if _is_trouble(word) else None))
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
