"""How an attempt ended: what logs really write, and words that only look like the end of an attempt."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.importers import table
from data.limits import UPLOAD
from data.records import Attempt, Source
from data.tabular.status import ended, ended_with_error

STOP_REASONS = {
    "ok": "stop end_turn tool_calls tool_use function_call stop_sequence STOP content_filter refusal SAFETY submitted failed fail wrong "
    "user_stop agent_stop stopped running early_exit skipped exit_format no_limit without_errors unlimited 0 1 137 completed "
    "AgentState.FINISHED pause_turn max_age agent_aborted network docker container retrieval infrared quotation",
    "limit": "length max_tokens MAX_TOKENS max_steps max_turns_reached MaxTurnsExceeded LimitsExceeded exit_cost exit_context usageLimits "
    "context_length_exceeded model_context_window_exceeded output_length_exceeded budget token_budget_exhausted submitted_(exit_cost) "
    "message_limit recursion_limit GraphRecursionError truncated max_iterations out_of_tokens model_length retrieval_limit max_tool_calls",
    "timeout": "timeout timed_out TimeoutError agent_timeout AgentTimeoutError time_limit TimeExceeded exit_total_execution_time "
    "deadline_exceeded test_timeout VerifierTimeoutError time_limit_exceeded timedout",
    "infra": "infra infra_error infrastructure_error rate_limit RateLimitError rate_limited api_error APIConnectionError exit_api "
    "exit_environment_error docker_error DockerException sandbox_crashed connection_error ConnectionResetError overloaded_error "
    "EnvironmentStartTimeoutError internal_server_error service_unavailable 429_too_many_requests",
    "cancelled": "cancelled canceled user_cancelled cancelled_by_user aborted interrupted KeyboardInterrupt CancelledError killed_by_user",
    "error": "error AgentError exit_error too_many_errors unknown_agent_error crashed exception AgentState.ERROR out_of_memory",
}
ERROR_TEXTS = {
    "ok": ["False", "0", "none", "unset", "[]", "no"],
    "infra": [
        "ConnectionError: [Errno 111] refused", "openai.RateLimitError: Error code: 429 - {...}", "<class 'openai.APIConnectionError'>",
        "docker.errors.DockerException: Error while fetching server API version", "RateLimitError('slow down')", "429 Too Many Requests",
        "Connection error.", "Traceback (most recent call last)\n  File \"a.py\"\nlitellm.ServiceUnavailableError: 503", "infra",
    ],
    "timeout": ["TimeoutError: 300 s", "asyncio.exceptions.TimeoutError", "Timed out after 600 seconds", "Exception: agent timed out"],
    "limit": [
        "RuntimeError: Agent reached maximum iteration in headless mode. Step: 100", "litellm.ContextWindowExceededError: 200k",
        "context length exceeded: 210000 > 200000", "MaxTurnsExceeded('Max turns (10) exceeded')",
    ],
    "cancelled": ["KeyboardInterrupt", "asyncio.CancelledError", "cancelled by user"],
    "error": [
        "docker-compose: command not found", "ValueError: the docker image of the task has no tag", "cannot cancel order #123",
        "AssertionError: expected the connection to be closed", "the order was cancelled", "KeyError: 'max_tokens'", "KeyError: 'timeout'",
        "the sandbox has no network, so pip failed", "HTTP 500 from the shop's API", "True", "1", "RecursionError: maximum recursion depth",
        "Max retries exceeded with url", "Rate limit exceeded for the search tool of the task", "interrupted system call in read()",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("word", "status"), [(w, status) for status, words in STOP_REASONS.items() for w in words.split()])
def test_stop_reasons(word, status):
    assert ended(word) == status
    assert ended(word.replace("_", " ")) == status


@pytest.mark.parametrize(("text", "status"), [(text, status) for status, texts in ERROR_TEXTS.items() for text in texts])
def test_error_texts(text, status):
    assert ended_with_error(text) == status


def statuses(tmp_path: Path, header: str, cell: str) -> list[str]:
    path = tmp_path / "runs.csv"
    path.write_text("\n".join([f"task,model,score,{header}", *(f"t{i},m,{i % 2},{cell}" for i in range(12))]))
    return [r.status for r in table.read(path, Source(name="runs.csv"), UPLOAD) if isinstance(r, Attempt)]


def test_a_simulated_user_who_hangs_up_cancels_nothing(tmp_path):
    """τ²'s ordinary end is `user_stop`: all twelve attempts were "cancelled", which takes them out of every sum."""
    assert statuses(tmp_path, "termination_reason", "user_stop") == ["ok"] * 12


def test_a_tool_named_in_an_error_text_is_no_infrastructure_error(tmp_path):
    """`docker-compose` anywhere in the text made an attempt "infra", and all twelve vanished from every sum."""
    assert statuses(tmp_path, "error", "ValueError: docker-compose.yml has no service 'web'") == ["error"] * 12


@given(
    st.sampled_from(["connection", "docker", "network", "cancel", "abort", "rate limit", "infra error", "sandbox"]),
    st.text("abc xyz", min_size=3),
)
def test_no_word_inside_a_sentence_takes_an_attempt_out_of_the_sums(word, around):
    sentence = f"the agent {around} the {word} {around} and gave up"
    assert ended(sentence) not in ("infra", "cancelled")
    assert ended_with_error(sentence) not in ("infra", "cancelled")
