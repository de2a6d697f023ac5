"""τ-bench results: the list of records of τ-bench, and τ²-bench's results with their simulations, in one file or in files of their own.

One attempt is one task × trial. A turn is one model call of the agent; τ²'s canned greeting is none. The simulated user's calls are steps
with the role `user` and stay out of the attempt's tokens and cost (`aux`); its time is in the duration, since the agent waits for it.
τ-bench records name no model, no tokens and no agent cost: its configuration comes from `--path` or from the file's name.
τ² writes cost 0 where it knows no price, and of the tokens read from a cache it mostly keeps no count.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from msgspec import Struct, field

from data.json_logs import decoded, items, moment, opening, text_of, whole, with_parts
from data.limits import Limits
from data.records import Attempt, Configuration, Format, Note, Problem, Record, Refused, Source, Status, Step, Task, Usage
from data.usage import split

FORMAT = Format(
    name="tau_bench",
    title="τ-bench results",
    sentence="One attempt is one trial of a τ-bench or τ²-bench task.",
    url="https://github.com/sierra-research/tau2-bench",
)
_FORM = "τ-bench results"
_RESULTS_NAME = re.compile(
    r"(?P<agent>tool-calling|act|react|few-shot)-(?P<model>.+)-(?P<temperature>\d+(?:\.\d+)?)_range_-?\d+-{1,2}\d+"
    r"_user-(?P<user>.+)-(?P<user_strategy>[a-z]+)_\d+"
)
_STATUS: dict[str, Status] = {
    "user_stop": "ok", "agent_stop": "ok", "max_steps": "limit", "context_window_exceeded": "limit", "timeout": "timeout",
    "infrastructure_error": "infra",
}  # fmt: skip
_AGENT_KNOBS = ("temperature", "top_p", "max_tokens", "max_completion_tokens", "thinking_budget")


class _Detail(Struct):
    cached_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Tokens(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _Detail | None = None
    completion_tokens_details: _Detail | None = None


class _Raw(Struct):
    usage: _Tokens | None = None


class _Call(Struct):
    id: str | None = None
    name: str | None = None


class _Message(Struct):
    role: str
    name: str | None = None
    content: Any = None
    id: str | None = None
    tool_calls: list[_Call] | None = None
    requestor: str | None = None
    error: bool | None = None
    timestamp: str | None = None
    generation_time_seconds: float | None = None
    cost: float | None = None
    usage: _Tokens | None = None
    raw_data: _Raw | None = None


class _Info1(Struct):
    user_cost: float | None = None
    error: Any = None


class _Record1(Struct):
    task_id: int | str
    reward: float | None = None
    info: _Info1 = field(default_factory=_Info1)
    traj: list[_Message] | None = None
    trial: int | None = None


class _Model(Struct):
    implementation: str | None = None
    llm: str | None = None
    llm_args: dict[str, Any] | None = None


class _Environment(Struct):
    domain_name: str | None = None


class _Audio(Struct):
    model: str | None = None
    reasoning_effort: str | None = None


class _Info2(Struct):
    agent_info: _Model
    user_info: _Model = field(default_factory=_Model)
    environment_info: _Environment = field(default_factory=_Environment)
    max_steps: int | None = None
    audio_native_config: _Audio | None = None
    retrieval_config: str | None = None
    speech_complexity: str | None = None


class _Reward(Struct):
    reward: float | None = None


class _Simulation(Struct):
    task_id: int | str
    id: str | None = None
    trial: int | None = None
    start_time: str | None = None
    duration: float | None = None
    termination_reason: str | None = None
    agent_cost: float | None = None
    user_cost: float | None = None
    reward_info: _Reward | None = None
    reward: float | None = None
    """In the index of results whose simulations are files of their own."""
    messages: list[_Message] | None = None
    hallucination_retries_used: int | None = None


class _Results(Struct):
    info: _Info2
    simulations: list[msgspec.Raw] | None = None
    simulation_index: list[_Simulation] | None = None


def matches(path: Path) -> bool:
    kind, keys = opening(path)
    if kind == "[":
        return {"task_id", "reward", "info", "traj"} <= keys.keys()
    is_results = {"agent_info", "environment_info"} <= keys.get("info", set())
    return is_results or {"id", "task_id", "start_time", "duration", "termination_reason"} <= keys.keys()


def read(path: Path, source: Source, limits: Limits) -> Iterator[Record]:
    found = opening(path)
    if found.kind == "[":
        yield from _read_1(items(text_of(path), _FORM), source)
    elif "info" in found.keys and "agent_info" in found.keys["info"]:
        yield from _read_2(path, source)
    else:
        yield from _read_one(path, source, limits)


def _read_1(records: list, source: Source) -> Iterator[Record]:
    configuration, is_guessed = _named(source)
    if is_guessed:
        yield Problem(locator=source.name, field="configuration", reason="configuration from the file name")
    domain = re.search(r"airline|retail", source.name.lower())
    benchmark = source.fields.get("benchmark") or (domain[0] if domain else "tau-bench")
    for number, data in enumerate(records):
        locator = f"[{number}]"
        try:
            record = decoded(data, _Record1)
        except (ValueError, RecursionError):
            yield Problem(locator=locator, reason="the record is not as τ-bench writes it", refused=True)
            continue
        steps = _steps(record.traj or [], None)
        yield Attempt(
            configuration=configuration,
            task=Task(benchmark=benchmark, task=str(record.task_id)),
            locator=locator,
            attempt=record.trial,
            score=record.reward,
            score_name="reward",
            status="error" if record.info.error else "ok",
            aux_cost_usd=record.info.user_cost,
            **_counts(steps),
        )


def _read_2(path: Path, source: Source) -> Iterator[Record]:
    results, parts = with_parts(text_of(path), _Results, "simulations", _FORM)
    configuration = _configuration(results.info, source)
    for number, part in enumerate(parts):
        yield from _simulation(part, f"simulations[{number}]", configuration, results.info)
    for number, row in enumerate(() if parts else results.simulation_index or ()):
        if not any(row.id and row.id in name for name in source.siblings):  # then that file has the whole of it
            yield from _simulation(row, f"simulation_index[{number}]", configuration, results.info)
    if not parts and not results.simulation_index:
        raise Refused("its simulations are in files of their own")
    if parts:
        yield Note(text="the simulated user's tokens and cost are kept apart, its time is in the latency; times are read as UTC")


def _read_one(path: Path, source: Source, limits: Limits) -> Iterator[Record]:
    """Read a simulation in a file of its own; the `results.json` of its run names the configuration."""
    for name, other in source.siblings.items():
        if name.endswith("results.json") and Path(other).stat().st_size <= limits.file_bytes:
            info = whole(text_of(Path(other)), _Results, name, _FORM).info
            yield from _simulation(text_of(path), "simulation", _configuration(info, source), info)
            return
    if "model" not in source.fields:
        raise Refused("the results.json of its run, which names the model, is not beside it")
    info = _Info2(agent_info=_Model())
    yield from _simulation(text_of(path), "simulation", _configuration(info, source), info)


def _simulation(data: Any, locator: str, configuration: Configuration, info: _Info2) -> Iterator[Record]:
    try:
        simulation = data if isinstance(data, _Simulation) else decoded(data, _Simulation)
    except (ValueError, RecursionError):
        yield Problem(locator=locator, reason="the simulation is not as τ²-bench writes it", refused=True)
        return
    started_at, steps = moment(simulation.start_time), _steps(simulation.messages or [], moment(simulation.start_time))
    usage, aux = _sum(steps, "agent"), _sum(steps, "user")
    cost_usd = simulation.agent_cost
    if cost_usd == 0 and (usage.total_tokens or not steps):
        yield Problem(locator=locator, field="cost_usd_logged", reason="the cost is 0 although tokens were used: unknown")
        cost_usd = None
        for step in steps:
            step.cost_usd_logged = step.cost_usd_logged or None
    reason = simulation.termination_reason or ""
    yield Attempt(
        configuration=configuration,
        task=Task(benchmark=info.environment_info.domain_name, task=str(simulation.task_id)),
        locator=locator,
        run_id=simulation.id,
        attempt=simulation.trial,
        started_at=started_at,
        latency_s=simulation.duration,
        latency_basis="wall" if simulation.duration is not None else None,
        score=simulation.reward_info.reward if simulation.reward_info else simulation.reward,
        score_name="reward",
        usage=usage,
        token_basis="agent_only",
        retries=simulation.hallucination_retries_used,
        cost_usd_logged=cost_usd,
        status=_STATUS.get(reason, "error" if "error" in reason else "ok"),
        stop_reason=reason or None,
        aux=aux,
        aux_cost_usd=simulation.user_cost or None,
        **_counts(steps),
    )


def _steps(messages: list[_Message], started_at: datetime | None) -> list[Step]:
    """Return the calls of a conversation. A message is stamped when it is complete: it began when the one before it was."""
    steps: list[Step] = []
    turn, names, before = 0, {}, started_at
    for number, message in enumerate(messages):
        names.update({call.id: call.name for call in message.tool_calls or []})
        ended = moment(message.timestamp)
        duration_s = message.generation_time_seconds
        if duration_s is None and ended and before:
            duration_s = max(0.0, (ended - before).total_seconds())
        offset_s = max(0.0, (ended - started_at).total_seconds() - (duration_s or 0)) if ended and started_at else None
        before = ended or before
        is_greeting = number == 0 and started_at is not None and message.usage is None and not message.tool_calls
        # τ-bench's text strategies hand a tool's answer to the model as a message of the user
        is_tool = message.role == "tool" or (message.role == "user" and str(message.content).startswith("API output:"))
        if is_greeting or (message.role not in ("assistant", "user") and not is_tool):
            continue
        is_user = message.requestor == "user" if is_tool else message.role == "user"
        turn += not (is_tool or is_user)
        step = Step(kind="tool" if is_tool else "llm", role="user" if is_user else "agent", offset_s=offset_s, duration_s=duration_s)
        step.turn = (turn or None) if not is_user else None
        if is_tool:
            step.name, step.ok = message.name or names.get(message.id), None if message.error is None else not message.error
        else:
            step.usage, step.cost_usd_logged = _usage(message), message.cost
        steps.append(step)
    return steps


def _usage(message: _Message) -> Usage:
    tokens = (message.raw_data.usage if message.raw_data else None) or message.usage
    if tokens is None:
        return Usage()
    read, written = tokens.prompt_tokens_details or _Detail(), tokens.completion_tokens_details or _Detail()
    return split(
        input=tokens.prompt_tokens,
        output=tokens.completion_tokens,
        cache_read=read.cached_tokens,
        cache_write=read.cache_creation_tokens,
        reasoning=written.reasoning_tokens,
        total=tokens.total_tokens,
        convention="openai",
    )[0]


def _sum(steps: list[Step], role: str) -> Usage:
    """Return the tokens of all calls of one side; unknown if a call's are."""
    calls = [step.usage for step in steps if step.kind == "llm" and step.role == role]
    sums: dict[str, int | None] = {}
    for name in Usage.__struct_fields__:
        values = [getattr(usage, name) for usage in calls]
        known = [value for value in values if value is not None]
        is_whole = len(known) == len(values) or name not in ("uncached_input_tokens", "output_tokens", "total_tokens")
        sums[name] = sum(known) if known and is_whole else None
    return Usage(**sums)


def _counts(steps: list[Step]) -> dict[str, Any]:
    if not steps:
        return {}
    n_calls = sum(step.kind == "llm" and step.role == "agent" for step in steps)
    return {
        "llm_calls": n_calls,
        "turns": n_calls,
        "tool_calls": sum(step.kind == "tool" and step.role == "agent" for step in steps),
        "aux_llm_calls": sum(step.kind == "llm" and step.role == "user" for step in steps),
        "steps": steps,
    }


def _named(source: Source) -> tuple[Configuration, bool]:
    """Return the configuration of a file that names none, and whether its name had to tell it."""
    given: dict[str, Any] = {
        name: source.fields.get(name) for name in ("model", "provider", "model_version", "agent", "agent_version", "effort")
    }
    name = PurePosixPath(source.name).name.removesuffix(".json")
    if found := _RESULTS_NAME.fullmatch(name):
        settings = {"user_model": found["user"], "user_strategy": found["user_strategy"]}
        told: dict[str, Any] = {"model": found["model"], "agent": found["agent"]} | {k: v for k, v in given.items() if v}
        return Configuration(knobs={"temperature": float(found["temperature"])}, settings=settings, **told), not given["model"]
    if given["model"] or given["agent"]:
        return Configuration(**given), False
    return Configuration(model=source.name.removesuffix(".json")), True


def _configuration(info: _Info2, source: Source) -> Configuration:
    arguments, audio = info.agent_info.llm_args or {}, info.audio_native_config or _Audio()
    knobs = {name: arguments[name] for name in _AGENT_KNOBS if isinstance(arguments.get(name), (int, float))}
    told = {"user_model": info.user_info.llm, "retrieval_config": info.retrieval_config, "speech_complexity": info.speech_complexity}
    effort = arguments.get("reasoning_effort") or audio.reasoning_effort or source.fields.get("effort")
    return Configuration(
        model=info.agent_info.llm or audio.model or source.fields.get("model"),
        agent=info.agent_info.implementation or source.fields.get("agent"),
        effort=str(effort) if effort else None,
        knobs=knobs | ({"max_steps": info.max_steps} if info.max_steps else {}),
        settings={name: value for name, value in told.items() if value},
    )
