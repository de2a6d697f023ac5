"""The one way numbers are written: in charts, tables, sentences, hover cards and on the command line.

Every function takes a plain number and returns text; None, NaN and infinity become `UNKNOWN`, never 0. Fractions are given as fractions
(0.742) and written as percent. Halves are rounded away from zero on the number's shortest decimal form, as a reader would by hand.
"""

import math
import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeGuard

UNKNOWN = "–"
MINUS = "\u2212"
"""The minus sign proper, as wide as a plus."""
ELLIPSIS = "…"


def is_known(value: float | None) -> TypeGuard[float]:
    """Return whether a number is there.

    >>> is_known(0), is_known(None), is_known(float("nan"))
    (True, False, False)
    """
    return value is not None and math.isfinite(value)


def fixed(value: float, digits: int) -> str:
    """Write with this many decimals, thousands separated, with a true minus; a rounded zero has no sign.

    >>> fixed(1234.5, 0), fixed(-4.94, 1), fixed(-0.04, 1), fixed(0.8125 * 100, 1)
    ('1,235', '−4.9', '0.0', '81.3')
    """
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    return MINUS + text if rounded < 0 else text


def significant(value: float, digits: int = 2) -> str:
    """Write with this many significant digits, never with an exponent and never past twelve decimals, where the store ends too.

    >>> significant(0.0078), significant(0.394), significant(0.0996), significant(0.00001234)
    ('0.0078', '0.39', '0.10', '0.000012')
    """
    if value == 0:
        return "0"
    exact = Decimal(repr(float(value)))
    if exact.adjusted() < -12:
        return "0"
    places = digits - 1 - exact.adjusted()
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return fixed(value, min(12, max(0, digits - 1 - rounded.adjusted())))


def usd(value: float | None) -> str:
    """Write money: whole dollars from 100, cents from 1, two significant digits below.

    >>> usd(1169.4), usd(12.4), usd(0.394), usd(0.0394), usd(0.00776), usd(0.0), usd(None)
    ('$1,169', '$12.40', '$0.39', '$0.039', '$0.0078', '$0', '–')
    >>> usd(99.996), usd(0.9999), usd(-0.39)
    ('$100', '$1.00', '−$0.39')
    """
    if not is_known(value):
        return UNKNOWN
    size = abs(value)
    if size >= 99.995:
        text = fixed(size, 0)
    elif size >= 0.995:
        text = fixed(size, 2)
    else:
        text = significant(size)
    return f"{MINUS if value < 0 and text != '0' else ''}${text}"


def large_usd(value: float | None) -> str:
    """Write money for titles and axes: shortened from 10,000 on.

    >>> large_usd(39_400), large_usd(1_250_000), large_usd(1169), large_usd(10_000)
    ('$39.4k', '$1.25M', '$1,169', '$10k')
    """
    if not is_known(value) or abs(value) < 9_999.5:
        return usd(value)
    return f"{MINUS if value < 0 else ''}${_scaled(abs(value), '')}"


def at_least(value: float | None) -> str:
    """Write a cost of which only a part is known.

    >>> at_least(0.0078), at_least(None)
    ('≥ $0.0078', '–')
    """
    return f"≥ {usd(value)}" if is_known(value) else UNKNOWN


def percent(fraction: float | None, digits: int = 1) -> str:
    """Write a fraction as percent.

    >>> percent(0.7424), percent(0.7424, 0), percent(1), percent(None)
    ('74.2%', '74%', '100.0%', '–')
    """
    return f"{fixed(fraction * 100, digits)}%" if is_known(fraction) else UNKNOWN


def probability(fraction: float | None) -> str:
    """Write a probability in whole percent; what resampling cannot tell from 0 or 1 is not written as such.

    >>> probability(0.654), probability(0.001), probability(0), probability(0.996), probability(1), probability(None)
    ('65%', '<1%', '<1%', '>99%', '>99%', '–')
    """
    if not is_known(fraction):
        return UNKNOWN
    if fraction < 0.01:
        return "<1%"
    return ">99%" if fraction > 0.99 else percent(fraction, 0)


def points(difference: float | None, *, unit: str = "pts") -> str:
    """Write a difference of two fractions in percentage points, with its sign.

    >>> points(0.138), points(-0.0284), points(0.0), points(0.138, unit="points"), points(None)
    ('+13.8 pts', '−2.8 pts', '0.0 pts', '+13.8 points', '–')
    """
    return f"{_signed(difference * 100, 1)} {unit}" if is_known(difference) else UNKNOWN


def ratio(value: float | None) -> str:
    """Write how many times as much.

    >>> ratio(22.3), ratio(3.68), ratio(0.054), ratio(1234.5), ratio(None)
    ('22.3 ×', '3.7 ×', '0.054 ×', '1,235 ×', '–')
    """
    return f"{times(value)} ×" if is_known(value) else UNKNOWN


def times(value: float) -> str:
    """Write the number of a ratio alone, for sentences: `22.3 times as much`.

    >>> times(22.3), times(123.4), times(0.96), times(0.054)
    ('22.3', '123', '0.96', '0.054')
    """
    if abs(value) < 0.995:
        return significant(value)
    return fixed(value, 0 if abs(value) >= 99.95 else 1)


def seconds(value: float | None) -> str:
    """Write a time in seconds: whole from 10, two significant digits below.

    >>> seconds(291.3), seconds(6.23), seconds(0.418), seconds(12_345), seconds(0), seconds(None)
    ('291 s', '6.2 s', '0.42 s', '12,345 s', '0 s', '–')
    """
    if not is_known(value):
        return UNKNOWN
    return f"{fixed(value, 0) if abs(value) >= 9.95 else significant(value)} s"


def count(value: float | None) -> str:
    """Write a whole number.

    >>> count(1234), count(0), count(None)
    ('1,234', '0', '–')
    """
    return fixed(value, 0) if is_known(value) else UNKNOWN


def decimal(value: float | None) -> str:
    """Write a mean of whole things, such as turns.

    >>> decimal(16.25), decimal(123.4), decimal(None)
    ('16.3', '123', '–')
    """
    return fixed(value, 0 if abs(value) >= 99.95 else 1) if is_known(value) else UNKNOWN


def tokens(value: float | None) -> str:
    """Write tokens with three significant digits.

    >>> tokens(1_843_210), tokens(57_107.9), tokens(812), tokens(999_950), tokens(0), tokens(None)
    ('1.84 M', '57.1 k', '812', '1.00 M', '0', '–')
    """
    if not is_known(value):
        return UNKNOWN
    return fixed(value, 0) if abs(value) < 999.5 else _scaled(value, " ", keep_zeros=True)


def interval(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """Write a 95% interval of a fraction in percent, or of a difference with signs; no unit, it stands beside its number.

    >>> interval(0.681, 0.795), interval(-0.049, 0.076, signed=True), interval(None, 0.5)
    ('68.1–79.5', '−4.9 to +7.6', '–')
    """
    if not (is_known(low) and is_known(high)):
        return UNKNOWN
    if signed:
        return f"{_signed(low * 100, 1)} to {_signed(high * 100, 1)}"
    return f"{fixed(low * 100, 1)}–{fixed(high * 100, 1)}"


def span(low: float | None, high: float | None, write=usd) -> str:
    """Write an interval of anything else in the form of its numbers; an open upper end is said.

    >>> span(0.0052, 0.0061), span(270.4, 310.2, seconds), span(0.02, None), span(None, None)
    ('$0.0052–$0.0061', '270–310 s', '≥ $0.020', '–')
    """
    if not is_known(low):
        return UNKNOWN
    first, last = write(low), write(high)
    if last == UNKNOWN:
        return f"≥ {first}"
    unit = re.search(r"( [^\d ]+)$", last)
    return f"{first.removesuffix(unit.group()) if unit else first}–{last}"


def plain(text: str) -> str:
    r"""Return a name from a log as one line without control, direction-changing or invisible characters.

    >>> plain("gpt-5\n(high)\u202e\x00"), plain("  a   b ")
    ('gpt-5 (high)', 'a b')
    """
    categories = ((character, unicodedata.category(character)) for character in text)
    kept = ("" if c in {"Cf", "Co", "Cs"} else " " if c == "Cc" or c[0] == "Z" else character for character, c in categories)
    return " ".join("".join(kept).split())


def shorten(text: str, width: int) -> str:
    """Cut a long name: a setting in brackets at its end stays, or all efforts of a model would look the same; else the middle goes.

    >>> shorten("DeepSeek-V3.2-Exp (Reasoner)", 20), shorten("claude-3-5-sonnet-20241022", 16), shorten("o3", 20), shorten("abc", 1)
    ('DeepSeek… (Reasoner)', 'claude-3-…241022', 'o3', '…')
    """
    if len(text) <= width:
        return text
    head, bracket, setting = text.rpartition(" (")
    room = width - len(setting) - 3
    if bracket and head and text.endswith(")") and room >= 3:
        return f"{head[:room].rstrip(' -')}{ELLIPSIS} ({setting}"
    kept = width - 1
    front = (kept + 2) * 5 // 9 if kept > 4 else kept
    return text[:front] + ELLIPSIS + text[len(text) - (kept - front) :] if kept > front else text[:kept] + ELLIPSIS


def join(names: list[str]) -> str:
    """Join as a sentence does.

    >>> join(["a"]), join(["a", "b"]), join(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def measure(objective: str, value: float | None) -> str:
    """Write a value of one of the frontier's objectives in that objective's form.

    >>> measure("cost_usd", 0.0058), measure("latency_p95_s", 62.0), measure("tokens", 57_107.9), measure("accuracy", 0.742)
    ('$0.0058', '62 s', '57.1 k', '74.2%')
    """
    if objective == "accuracy":
        return percent(value)
    if objective.endswith("_usd"):
        return usd(value)
    if objective.endswith("_s"):
        return seconds(value)
    return tokens(value) if objective == "tokens" else decimal(value)


def plural(number: int, noun: str) -> str:
    """Write a count with its noun.

    >>> plural(1, "task"), plural(1200, "task")
    ('1 task', '1,200 tasks')
    """
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def _signed(value: float, digits: int) -> str:
    """Write with a sign, zero without one."""
    text = fixed(value, digits)
    return text if text.startswith(MINUS) or float(text.replace(",", "")) == 0 else f"+{text}"


def _scaled(value: float, gap: str, *, keep_zeros: bool = False) -> str:
    """Write with three significant digits and k, M or G."""
    exponent = 3
    while exponent < 9 and abs(value) >= 999.5 * 10**exponent:
        exponent += 3
    scaled = value / 10**exponent
    text = fixed(scaled, 0 if abs(scaled) >= 99.95 else 1 if abs(scaled) >= 9.995 else 2)
    if not keep_zeros and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}{gap}{ {3: 'k', 6: 'M', 9: 'G'}[exponent] }"
