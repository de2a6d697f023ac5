"""Token conventions: the identity that decides them, what falls back, what stays unknown."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.usage import CONVENTIONS, EXCLUSIVE, INCLUSIVE, Convention, split

counts = st.integers(0, 10**6)
conventions = st.sampled_from([INCLUSIVE, EXCLUSIVE, *CONVENTIONS.values()])


def as_logged(uncached, read, write, visible, thought, convention: Convention) -> dict:
    """Write down what a producer of this convention would log for these true buckets."""
    return {
        "input": uncached + read * convention.input_has_cache_read + write * convention.input_has_cache_write,
        "output": visible + thought * convention.output_has_reasoning,
        "cache_read": read,
        "cache_write": write,
        "reasoning": thought,
    }


@given(counts, counts, counts, counts, counts, st.sampled_from(sorted(CONVENTIONS)))
@settings(max_examples=60, deadline=None)
def test_the_producers_convention_gives_the_true_buckets(uncached, read, write, visible, thought, name):
    """Where the producer is known, no total is needed."""
    logged = as_logged(uncached, read, write, visible, thought, CONVENTIONS[name])
    consistent = not (CONVENTIONS[name].input_has_cache_read and CONVENTIONS[name].input_has_cache_write) or logged["input"] >= read + write
    usage, basis, problem = split(**logged, convention=name)
    if consistent and logged["output"] >= thought and not (name == "hal" and read > logged["input"]):
        assert (usage.uncached_input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (uncached, read, write)
        assert (usage.output_tokens, usage.reasoning_tokens) == (visible + thought, thought)
        assert usage.total_tokens == uncached + read + write + visible + thought
    assert basis in ("identity", "convention")
    assert problem is None


@given(counts, st.integers(1, 10**6), counts, counts, st.integers(1, 10**6), conventions)
@settings(max_examples=60, deadline=None)
def test_the_total_decides_without_a_known_producer(uncached, read, write, visible, thought, convention):
    """The true total is the sum of the true buckets, whatever a producer counts where; the solved buckets must add up to it too."""
    logged = as_logged(uncached, read, write, visible, thought, convention)
    total = uncached + read + write + visible + thought
    usage, basis, problem = split(**logged, total=total, convention=None)
    assert problem is None or basis == "unknown"
    if basis == "identity":
        parts = [usage.uncached_input_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.output_tokens]
        assert sum(parts) == usage.total_tokens == total
        assert usage.output_tokens >= usage.reasoning_tokens


def test_same_names_opposite_meaning():
    """Two versions of one evaluation framework log 15235/281/9088 (total 15516) and 100/40/90/10 (total 240): a reader that trusts
    names is wrong by 60 % in one of them."""
    older, _, _ = split(input=15235, output=281, cache_read=9088, total=15516, convention="inspect")
    newer, _, _ = split(input=100, output=40, cache_read=90, cache_write=10, total=240, convention="inspect")
    assert (older.uncached_input_tokens, older.cache_read_tokens, older.total_tokens) == (6147, 9088, 15516)
    assert (newer.uncached_input_tokens, newer.cache_write_tokens, newer.total_tokens) == (100, 10, 240)


def test_guards_overrule_a_convention_that_cannot_be():
    """More read from the cache than went in: the input does not hold it. More thought than came out: the output does not hold it."""
    assert split(input=10, output=5, cache_read=90, convention="openai")[0].uncached_input_tokens == 10
    assert split(input=10, output=5, reasoning=50, convention="openai")[0].output_tokens == 55
    usage, basis, _ = split(input=10, output=5, cache_read=90, convention=None)
    assert (usage.uncached_input_tokens, basis) == (10, "convention")


def test_undecided_counts_stay_unknown_and_keep_the_total():
    usage, basis, _ = split(input=100, output=40, cache_read=30, convention=None)
    assert (usage.uncached_input_tokens, usage.cache_read_tokens, usage.output_tokens, basis) == (None, 30, 40, "unknown")
    usage, basis, problem = split(input=100, output=40, cache_read=30, total=1000, convention=None)
    assert (usage.uncached_input_tokens, usage.total_tokens, basis) == (None, 1000, "unknown")
    assert problem == "the total fits no way of counting its parts"


def test_a_total_that_contradicts_its_parts_is_said_and_the_parts_are_kept():
    usage, basis, problem = split(input=100, output=40, total=999, convention="openai")
    assert (usage.uncached_input_tokens, usage.output_tokens, usage.total_tokens) == (100, 40, 140)
    assert (basis, problem) == ("convention", "the total is not the sum of input and output")


def test_missing_is_not_zero():
    usage, _, _ = split(input=100, convention="openai")
    assert (usage.uncached_input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.total_tokens) == (100, None, None, None)
    assert split(total=500)[0].total_tokens == 500
    assert split()[0].total_tokens is None


def test_writes_for_an_hour_are_taken_out_of_all_writes():
    usage, _, _ = split(input=10, output=5, cache_read=0, cache_write=70, cache_write_1h=20, convention="anthropic")
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens, usage.total_tokens) == (50, 20, 85)


def test_a_convention_nobody_declared_is_an_error():
    with pytest.raises(KeyError):
        split(input=1, output=1, convention="nobody")


def _number(usage: dict, *paths: str) -> int | None:
    for path in paths:
        value = usage
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int):
            return value
    return None


def _logged(body: dict) -> tuple[dict, str] | None:
    """Return a provider's usage object under the names of `split`, and its convention."""
    if usage := body.get("usageMetadata"):
        return {
            "input": (_number(usage, "promptTokenCount") or 0) + (_number(usage, "toolUsePromptTokenCount") or 0),
            "output": _number(usage, "candidatesTokenCount") or 0,
            "cache_read": _number(usage, "cachedContentTokenCount"),
            "reasoning": _number(usage, "thoughtsTokenCount"),
            "total": _number(usage, "totalTokenCount"),
        }, "gemini"
    usage = body.get("usage") or {}
    if "inputTokens" in usage:
        names = {"input": "inputTokens", "output": "outputTokens", "cache_read": "cacheReadInputTokens"}
        names |= {"cache_write": "cacheWriteInputTokens", "total": "totalTokens"}
        return {field: _number(usage, name) for field, name in names.items()}, "bedrock"
    if "cache_creation_input_tokens" in usage and "total_tokens" not in usage:
        names = {"input": "input_tokens", "output": "output_tokens", "cache_read": "cache_read_input_tokens"}
        names |= {"cache_write": "cache_creation_input_tokens"}
        return {field: _number(usage, name) for field, name in names.items()}, "anthropic"
    if _number(usage, "completion_tokens", "output_tokens") is None:
        return None
    details = "prompt_tokens_details", "input_tokens_details"
    return {
        "input": _number(usage, "prompt_tokens", "input_tokens"),
        "output": _number(usage, "completion_tokens", "output_tokens"),
        "cache_read": _number(usage, *(f"{d}.cached_tokens" for d in details)),
        "cache_write": _number(usage, *(f"{d}.cache_write_tokens" for d in details)),
        "reasoning": _number(usage, "completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
        "total": _number(usage, "total_tokens"),
    }, "openai"


def test_real_usage_objects_against_an_independent_reader(samples):
    """184 usage objects of five providers; the price library's own extraction gives inclusive input, cache reads and output."""
    records = json.loads((samples / "formats/provider-usage/genai-prices_provider-usages.subset.json").read_text())
    n_checked = 0
    for record in records:
        if (logged := _logged(record["body"])) is None:
            continue
        for convention in (logged[1], None):
            usage, basis, problem = split(**logged[0], convention=convention)
            inputs = [usage.uncached_input_tokens, usage.cache_read_tokens or 0, usage.cache_write_tokens or 0]
            found = (sum(inputs), usage.cache_read_tokens or 0, usage.output_tokens)
            expected = {
                (e["usage"].get("input_tokens", 0), e["usage"].get("cache_read_tokens", 0), e["usage"].get("output_tokens", 0))
                for e in record["extracted"]
            }
            assert found in expected
            assert basis != "unknown"
            assert problem is None
        n_checked += 1
    assert n_checked >= 165
