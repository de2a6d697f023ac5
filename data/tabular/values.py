"""One cell of a table: text as people write it → number, seconds, moment, flag or setting."""

import math
import re
from datetime import UTC, datetime

MISSING = {"", "null", "none", "n/a", "na", "#n/a", "-", "--", "—", "–", "nil", "?", "missing", "unknown", "not available"}
"""Words for an empty cell; `nan` is none of them: it is a number that went wrong, and is reported."""

TRUE = {
    "true", "1", "1.0", "yes", "y", "t", "pass", "passed", "c", "correct", "resolved", "solved", "success", "succeeded", "successful", "ok",
    "right", "win",
}  # fmt: skip
FALSE = {
    "false", "0", "0.0", "no", "n", "f", "fail", "failed", "failure", "i", "incorrect", "unresolved", "unsolved", "unsuccessful", "wrong",
    "not_resolved", "not resolved", "loss",
}  # fmt: skip

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
_DOT_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?$")
_SPACED = re.compile(r"(?<=\d)[ _'’\u00a0\u202f](?=\d{3}(\D|$))")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$")
_MULTIPLE = re.compile(r"(.*\d)\s*([kKmMbB])$")
_MULTIPLES = {"k": 1e3, "m": 1e6, "b": 1e9}
_OTHER_MONEY = re.compile(r"^[+-]?(€|£|¥|₹|₩|EUR|GBP|JPY|CNY|CHF)|(€|£|¥|₹|₩|EUR|GBP|JPY|CNY|CHF)$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_WORDS_FOR_NO_NUMBER = {"nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):([0-5]?\d(?:\.\d+)?)$")
_ISO_DURATION = re.compile(r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$", re.IGNORECASE)
_TERM = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zµμ]+)")
_SECONDS_IN = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400,
}  # fmt: skip


def has_decimal_comma(text: str) -> bool:
    """Return whether the text can only be a number with a decimal comma.

    >>> has_decimal_comma("0,85"), has_decimal_comma("1.234,5"), has_decimal_comma("1,234"), has_decimal_comma("1,234.5")
    (True, True, False, False)
    """
    text = text.strip(" $€%")
    if not re.fullmatch(r"[+-]?[\d.]*,\d+", text):
        return False
    return not _THOUSANDS.match(text) or bool(_DOT_THOUSANDS.match(text) and "." in text) or text.lstrip("+-").startswith("0,")


def number(text: str, *, decimal_comma: bool = False) -> float:
    """Return the number that the text is; NaN where it says so.

    >>> number("$1,234.50"), number("12.3%"), number("0,85", decimal_comma=True), number("1.234,5", decimal_comma=True), number("12k")
    (1234.5, 12.3, 0.85, 1234.5, 12000.0)

    Raises
    ------
    ValueError
        If it is none.
    """
    text = text.strip()
    if sum(character.isdigit() for character in text) > 400:
        raise ValueError("is not a number")
    if text.lower() in _WORDS_FOR_NO_NUMBER:
        return math.nan if "nan" in text.lower() else math.inf
    body = re.sub(r"^([+-]?)\s*(?:US\$|USD|\$)\s*", r"\1", text, flags=re.IGNORECASE)
    body = re.sub(r"^\$\s*(?=-)|\s*(?:%|US\$|USD|\$|tokens?)$", "", body, flags=re.IGNORECASE)
    body = _SPACED.sub("", body)
    factor = 1.0
    if found := _MULTIPLE.match(body):
        body, factor = found[1], _MULTIPLES[found[2].lower()]
    if decimal_comma:
        body = body.replace(".", "").replace(",", ".") if "," in body or _DOT_THOUSANDS.match(body) else body
    elif _THOUSANDS.match(body):
        body = body.replace(",", "")
    if not _PLAIN.match(body):
        amount = _OTHER_MONEY.sub("", text)
        if amount != text and any(character.isdigit() for character in amount) and not _LETTER.search(amount):
            raise ValueError("is not in USD")
        raise ValueError("is not a number")
    return float(body) * factor


def seconds(text: str) -> float | None:
    """Return the seconds of a duration that carries its own unit, None where it is a bare number.

    >>> seconds("3m 20s"), seconds("PT1H2M3.5S"), seconds("00:03:20"), seconds("250 ms"), seconds("12.5")
    (200.0, 3723.5, 200.0, 0.25, None)

    Raises
    ------
    ValueError
        If it is neither.
    """
    text = text.strip()
    if found := _CLOCK.match(text):
        return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])
    if (found := _ISO_DURATION.match(text)) and any(found.groups()):
        return sum(float(part) * unit for part, unit in zip(found.groups(), (86400, 3600, 60, 1), strict=True) if part)
    lower = text.lower()
    if re.search(r"[a-zµμ]", lower) and not re.fullmatch(r"[+-]?[\d.]+e[+-]?\d+|[+-]?(nan|inf|infinity)", lower):
        terms = _TERM.findall(lower)
        if not terms or re.sub(r"[\s,]|and", "", _TERM.sub("", lower)) or any(unit not in _SECONDS_IN for _, unit in terms):
            raise ValueError("is not a duration")
        return sum(float(amount.replace(",", ".")) * _SECONDS_IN[unit] for amount, unit in terms)
    return None


def moment(value: str | float) -> datetime:
    """Return a moment in UTC from an ISO text (without a zone: UTC) or from an epoch in s, ms, µs or ns.

    >>> moment("2025-02-25T10:00:00+02:00").isoformat(), moment(1734070031112).year, moment("2025-02-25").isoformat()
    ('2025-02-25T08:00:00+00:00', 2024, '2025-02-25T00:00:00+00:00')

    Raises
    ------
    ValueError
        If it is none, or lies outside the years 1990 to 2100.
    """
    if isinstance(value, str):
        text = value.strip()
        if _PLAIN.match(text) and not re.fullmatch(r"(19|20)\d{6}", text):
            value = float(text)
        else:
            try:
                when = datetime.fromisoformat(re.sub(r"\s*(UTC|GMT)$", "+00:00", text))
            except ValueError:
                raise ValueError("is not a time") from None
            try:
                when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
            except OverflowError:
                raise ValueError("is not a time") from None
            if not 1990 <= when.year <= 2100:
                raise ValueError("lies outside the years 1990 to 2100")
            return when
    if not math.isfinite(value):
        raise ValueError("is not a time")
    while value > 1e11:  # 1e11 s is the year 5138: a larger number counts thousandths
        value /= 1000
    if not 631_152_000 <= value <= 4_133_894_400:
        raise ValueError("lies outside the years 1990 to 2100")
    return datetime.fromtimestamp(value, UTC)


def flag(text: str) -> bool:
    """Return what a word of success or failure says.

    Raises
    ------
    ValueError
        If it says neither.
    """
    word = text.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError("is neither true nor false")


def setting(text: str) -> str | int | float | bool:
    """Return a setting in its own type, the same from every kind of file.

    >>> setting("32000"), setting("0.70"), setting("True"), setting("diff-fenced"), setting("007")
    (32000, 0.7, True, 'diff-fenced', '007')
    """
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})", text):
        return int(text)
    if re.fullmatch(r"-?(0|[1-9]\d{0,14})\.\d{1,15}(e-?\d{1,2})?", text, re.IGNORECASE):
        value = float(text)
        return int(value) if value.is_integer() else value
    return text
