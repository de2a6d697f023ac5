"""What producers mean by their token counts, and the identity that decides it: `total == input + output` or not.

Two logs with the same field names mean opposite things: `input_tokens` with or without the tokens read from a cache, `output_tokens`
with or without reasoning. Where the log has a total, only one way of counting adds up to it; else the producer's convention rules.
"""

from typing import NamedTuple

from data.records import Usage


class Convention(NamedTuple):
    """What a producer counts into its input and output."""

    input_has_cache_read: bool
    input_has_cache_write: bool
    output_has_reasoning: bool


INCLUSIVE = Convention(True, True, True)
EXCLUSIVE = Convention(False, False, True)

CONVENTIONS: dict[str, Convention] = {
    "inclusive": INCLUSIVE, "openai": INCLUSIVE, "otel": INCLUSIVE, "openinference": INCLUSIVE, "langsmith": INCLUSIVE,
    "litellm": INCLUSIVE, "harbor": INCLUSIVE, "codex": INCLUSIVE, "genai-prices": INCLUSIVE,
    "exclusive": EXCLUSIVE, "anthropic": EXCLUSIVE, "bedrock": EXCLUSIVE, "inspect": EXCLUSIVE, "claude-code": EXCLUSIVE,
    "gemini": Convention(True, True, False),
    "langfuse": Convention(False, False, False),
    "hal": Convention(True, False, True),
}  # fmt: skip
"""What each producer documents, or was seen to do; producers that pass through what a provider sent have no line here."""

_READINGS = (
    INCLUSIVE,
    EXCLUSIVE,
    Convention(True, True, False),
    Convention(False, False, False),
    Convention(True, False, True),
    Convention(True, False, False),
)
"""Ways of counting that were met, the most frequent first."""


def split(
    *,
    input: int | None = None,  # noqa: A002
    output: int | None = None,
    cache_read: int | None = None,
    cache_write: int | None = None,
    cache_write_1h: int | None = None,
    reasoning: int | None = None,
    total: int | None = None,
    convention: str | None = None,
) -> tuple[Usage, str, str | None]:
    """Return disjoint buckets, what decided them (`identity`, `convention` or `unknown`) and a problem in words, if there is one.

    Undecided counts leave the buckets that depend on them unknown, and keep the total.

    Parameters
    ----------
    input, output : as logged, in the producer's convention
    cache_read : read from a cache
    cache_write : written to a cache, those that stay for an hour among them
    cache_write_1h : of these, the ones that stay for an hour
    reasoning : thinking tokens, inside or outside `output`
    total : the log's own total
    convention : a key of `CONVENTIONS`, None where the producer is not known

    Examples
    --------
    >>> usage, basis, problem = split(input=15235, output=281, cache_read=9088, total=15516)
    >>> usage.uncached_input_tokens, usage.cache_read_tokens, usage.total_tokens, basis
    (6147, 9088, 15516, 'identity')
    >>> usage, basis, problem = split(input=100, output=40, cache_read=90, cache_write=10, total=240)
    >>> usage.uncached_input_tokens, usage.total_tokens, basis
    (100, 240, 'identity')
    >>> split(input=300, output=20, reasoning=50, total=370)[0].output_tokens
    70
    """
    if cache_write is None and cache_write_1h is not None:
        cache_write = cache_write_1h
    read, write, thought = cache_read or 0, cache_write or 0, reasoning or 0
    both = None if input is None or output is None else input + output
    known = CONVENTIONS[convention] if convention else None
    problem = None
    reading, basis = known, "convention"
    if not read and not write and not thought:
        reading = known or INCLUSIVE  # every reading gives the same buckets
        fits = total is not None and total == both
        basis = "identity" if fits else "convention"
        problem = None if fits or total is None or both is None else "the total is not the sum of input and output"
    elif total is not None and both is not None:
        fitting = [r for r in _READINGS if _total(r, both, read, write, thought) == total]
        if fitting:
            reading, basis = (known if known in fitting else fitting[0]), "identity"
        else:
            problem = "the total fits no way of counting its parts"
    if reading is None and _guarded(input, output, read, write, thought):
        reading = Convention(False, False, not thought)
    if basis == "convention" and reading is not None:
        if input is not None and reading.input_has_cache_read and read + (write if reading.input_has_cache_write else 0) > input:
            reading = reading._replace(input_has_cache_read=False, input_has_cache_write=False)
        if output is not None and thought > output:
            reading = reading._replace(output_has_reasoning=False)
    if reading is None:
        return _undecided(input, output, cache_read, cache_write, cache_write_1h, reasoning, total), "unknown", problem

    uncached = None if input is None else input - read * reading.input_has_cache_read - write * reading.input_has_cache_write
    out = None if output is None else output + thought * (not reading.output_has_reasoning)
    if uncached is not None and uncached < 0:  # an identity that holds by accident
        return _undecided(None, out, cache_read, cache_write, cache_write_1h, reasoning, total), "unknown", "more cached than input tokens"
    buckets = None if uncached is None or out is None else uncached + read + write + out
    usage = Usage(
        uncached_input_tokens=uncached,
        cache_read_tokens=cache_read,
        cache_write_tokens=_short_writes(cache_write, cache_write_1h),
        cache_write_1h_tokens=cache_write_1h,
        output_tokens=out,
        reasoning_tokens=reasoning,
        total_tokens=total if buckets is None else buckets,
    )
    return usage, basis, problem


def _guarded(input_tokens: int | None, output: int | None, read: int, write: int, reasoning: int) -> bool:
    """Return whether sizes alone decide: more read from the cache than went in, more thought than came out."""
    cache = not (read or write) or (input_tokens is not None and read > input_tokens)
    return cache and (not reasoning or (output is not None and reasoning > output))


def _total(reading: Convention, both: int, read: int, write: int, reasoning: int) -> int:
    cached = read * (not reading.input_has_cache_read) + write * (not reading.input_has_cache_write)
    return both + cached + reasoning * (not reading.output_has_reasoning)


def _short_writes(cache_write: int | None, cache_write_1h: int | None) -> int | None:
    """Return the writes that do not stay for an hour."""
    return cache_write if cache_write is None or cache_write_1h is None else max(cache_write - cache_write_1h, 0)


def _undecided(input_tokens, output, cache_read, cache_write, cache_write_1h, reasoning, total) -> Usage:
    """Return what holds under every convention."""
    cached = bool(cache_read or cache_write)
    return Usage(
        uncached_input_tokens=None if cached else input_tokens,
        cache_read_tokens=cache_read,
        cache_write_tokens=_short_writes(cache_write, cache_write_1h),
        cache_write_1h_tokens=cache_write_1h,
        output_tokens=None if reasoning else output,
        reasoning_tokens=reasoning,
        total_tokens=total,
    )
