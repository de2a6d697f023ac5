"""One sample of an Inspect log: the wanted fields of its JSON, and its events as steps, each call told by who made it.

Only declared fields are decoded, so that a sample of many megabytes costs little more than reading it. A model call is the grader's when
it lies in a scorer's span (before mid-2025: between the `step` events of a scorer) or has a grading role; a model bound to the role of
the user is the simulated user. Everything else is the agent's.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from data.json_logs import moment
from data.records import Step, Usage
from data.usage import split

GRADING_ROLES = {"grader", "judge", "scorer", "evaluator"}
USER_ROLES = {"user", "user_simulator", "simulated_user"}
_SCORING = {"scorer", "scorers"}
_BUCKETS = Usage.__struct_fields__


class Logged(Struct):
    """Tokens and cost of one model as Inspect writes them; whether the input contains the cache, its total tells."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_cache_read: int | None = None
    input_tokens_cache_write: int | None = None
    reasoning_tokens: int | None = None
    total_cost: float | None = None

    def plus(self, other: "Logged", sign: int = 1) -> "Logged":
        """Return the sum (sign -1: the rest), unknown where neither knows."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__struct_fields__)
        sums: list[Any] = [None if a is None and b is None else (a or 0) + sign * (b or 0) for a, b in pairs]
        return Logged(*sums)


ByModel = dict[str, Logged]


class _Output(Struct):
    usage: Logged | None = None
    time: float | None = None


class Event(Struct):
    """One event of a transcript, of any kind."""

    event: str = ""
    id: str | None = None
    span_id: str | None = None
    parent_id: str | None = None
    type: str | None = None
    name: str | None = None
    action: str | None = None
    timestamp: str | None = None
    completed: str | None = None
    working_start: float | None = None
    working_time: float | None = None
    pending: bool | None = None
    model: str | None = None
    role: str | None = None
    cache: str | None = None
    function: str | None = None
    error: Any = None
    failed: bool | None = None
    output: _Output | str | float | bool | list[Any] | None = None
    events: "list[Event]" = field(default_factory=list)
    """Of a tool or subtask, in logs from before there were spans."""


class Score(Struct):
    """What one scorer says."""

    value: Any = None
    answer: Any = None


class _Transcript(Struct):
    events: list[Event] = field(default_factory=list)


class Line(Struct):
    """A sample without its events, as in the log's summaries; those of old logs have no usage and no times."""

    id: int | str
    epoch: int = 1
    uuid: str | None = None
    scores: dict[str, Score] | None = None
    score: Score | None = None
    model_usage: ByModel = field(default_factory=dict)
    role_usage: ByModel = field(default_factory=dict)
    started_at: str | None = None
    total_time: float | None = None
    working_time: float | None = None
    error: Any = None
    limit: Any = None
    retries: int | None = None
    error_retries: list[Any] | None = None
    turn_count: int | None = None
    invalidation: Any = None
    output: _Output | None = None


class Sample(Line):
    """A sample as it stands in its own member, or in the list of a JSON log."""

    events: list[Event] = field(default_factory=list)
    transcript: _Transcript | None = None


class Calls:
    """What the events of one sample say."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.agent: ByModel = {}
        self.aux: ByModel = {}
        self.n_agent = self.n_aux = self.n_tools = 0
        self.scoring_began_s: float | None = None
        """Working time of the sample at which its first scorer began."""
        self.began_at: datetime | None = None
        self.ended_at: datetime | None = None


def usage_of(by_model: ByModel) -> tuple[Usage, str, str | None]:
    """Return the disjoint buckets of all models together, how the convention was decided and a problem, if any."""
    parts, bases, problem = [], [], None
    for u in by_model.values():
        usage, basis, wrong = split(
            input=u.input_tokens,
            output=u.output_tokens,
            cache_read=u.input_tokens_cache_read,
            cache_write=u.input_tokens_cache_write,
            reasoning=u.reasoning_tokens,
            total=u.total_tokens or None,
            convention="inspect",
        )
        parts.append(usage)
        bases.append(basis)
        problem = problem or wrong
    if len(parts) == 1:
        return parts[0], bases[0], problem
    undecided = [p for p in parts if p.uncached_input_tokens is None]
    sums: dict[str, int | None] = {}
    for name in _BUCKETS:
        known = [value for p in parts if (value := getattr(p, name)) is not None]
        whole = name == "total_tokens" or not undecided
        sums[name] = sum(known) if known and whole else None
    return Usage(**sums), next((b for b in bases if b == "unknown"), bases[0] if bases else "unknown"), problem


def cost_of(by_model: ByModel) -> float | None:
    """Return the logged cost: unknown if any model with tokens has none, and 0 beside tokens is no price, not a gift."""
    costs = [u.total_cost for u in by_model.values() if u.total_tokens or u.total_cost is not None]
    if not costs or None in costs:
        return None
    cost = round(sum(c for c in costs if c is not None), 12)
    return cost if cost or not any(u.total_tokens for u in by_model.values()) else None


def without(total: ByModel, aux: ByModel) -> ByModel | None:
    """Return what is left of the sample's usage when the graders' calls are taken out; None if they do not fit into it."""
    if not aux.keys() <= total.keys():
        return None
    rest = {model: u.plus(aux[model], -1) if model in aux else u for model, u in total.items()}
    numbers = (value for u in rest.values() for value in msgspec.structs.astuple(u) if value is not None)
    return rest if all(value > -1e-9 for value in numbers) else None


def calls_of(sample: Sample) -> Calls | None:
    """Return the sample's model and tool calls in order; None if its events were not logged."""
    events = sample.events or (sample.transcript.events if sample.transcript else [])
    if not events:
        return None
    calls = Calls()
    begin = next((t for e in events if (t := moment(e.timestamp))), None)
    calls.began_at = min(filter(None, (begin, moment(sample.started_at))), default=None)
    _Walk(calls).through(events, None)
    return calls


class _Walk:
    """Goes through the events in order and keeps the spans that enclose them."""

    def __init__(self, calls: Calls):
        self.calls = calls
        self.parents: dict[str, str | None] = {}
        self.spans: dict[str, Event] = {}
        self.step_of_span: dict[str, int] = {}
        self.open_steps: list[Event] = []
        self.latest_tool_span: Event | None = None

    def through(self, events: Iterable[Event], parent: int | None) -> None:
        for e in events:
            if e.event == "span_begin" and e.id:
                self.spans[e.id], self.parents[e.id] = e, e.parent_id
                if e.type == "tool":
                    self.latest_tool_span = e
                self._note_scoring(e)
            elif e.event == "step":
                if e.action == "begin":
                    self.open_steps.append(e)
                    self._note_scoring(e)
                elif self.open_steps:
                    self.open_steps.pop()
            elif e.event == "model" and not e.pending:
                self._model(e, parent)
            elif e.event == "tool" and not e.pending:
                parent_of_nested = self._tool(e, parent)
                self.through(e.events, parent_of_nested)
                continue
            self.through(e.events, parent)
            self.calls.ended_at = moment(e.completed) or moment(e.timestamp) or self.calls.ended_at

    def _note_scoring(self, e: Event) -> None:
        if e.type in _SCORING and self.calls.scoring_began_s is None:
            self.calls.scoring_began_s = e.working_start

    def _enclosing(self, e: Event) -> list[str]:
        """Ids of the spans around an event, from the inside; a loop in a forged log ends it."""
        found: list[str] = []
        span = e.span_id
        while span is not None and span in self.spans and span not in found:
            found.append(span)
            span = self.parents[span]
        return found

    def _role(self, e: Event, around: list[str]) -> str:
        named = (e.role or "").lower()
        kinds = {self.spans[span].type for span in around} | {step.type for step in self.open_steps}
        if kinds & _SCORING or named in GRADING_ROLES:
            return "judge"
        return "user" if named in USER_ROLES else "agent"

    def _step(self, e: Event, around: list[str], parent: int | None) -> dict[str, Any]:
        start, end, began = moment(e.timestamp), moment(e.completed), self.calls.began_at
        duration_s = e.working_time
        if duration_s is None and start and end:
            duration_s = (end - start).total_seconds()
        if duration_s is None and isinstance(e.output, _Output):
            duration_s = e.output.time
        inside = [self.step_of_span[span] for span in around if span in self.step_of_span]
        agents = [self.spans[span].name for span in around if self.spans[span].type == "agent"]
        return {
            "parent": inside[0] if inside else parent,
            "agent": agents[0] if agents else None,
            "offset_s": max(0.0, (start - began).total_seconds()) if start and began else None,
            "duration_s": duration_s,
            "role": self._role(e, around),
        }

    def _model(self, e: Event, parent: int | None) -> None:
        calls, around = self.calls, self._enclosing(e)
        logged = e.output.usage if isinstance(e.output, _Output) else None
        step = self._step(e, around, parent)
        is_agent, is_cached, model = step["role"] == "agent", e.cache == "read", e.model or ""
        is_answered = e.error is None or logged is not None  # a call that failed outright is a step, but no turn
        calls.n_agent += is_agent and is_answered
        calls.n_aux += not is_agent and is_answered
        usage = Usage()
        if logged:
            usage = usage_of({model: logged})[0]
            if not is_cached:  # a response from Inspect's own cache used no tokens, and its totals do not count it
                sums = calls.agent if is_agent else calls.aux
                sums[model] = sums[model].plus(logged) if model in sums else logged
        calls.steps.append(
            Step(
                kind="llm",
                turn=calls.n_agent if is_agent and is_answered else None,
                model=e.model,
                usage=usage,
                cost_usd_logged=cost_of({model: logged}) if logged else None,
                ok=e.error is None,
                cached_response=is_cached or None,
                **step,
            )
        )

    def _tool(self, e: Event, parent: int | None) -> int:
        calls, around, span = self.calls, self._enclosing(e), self.latest_tool_span
        step = self._step(e, around, parent)
        is_agent, ok = step["role"] == "agent", e.error is None and not e.failed
        calls.n_tools += is_agent
        calls.steps.append(Step(kind="tool", turn=(calls.n_agent or None) if is_agent else None, name=e.function, ok=ok, **step))
        index = len(calls.steps) - 1
        if span and span.id and span.parent_id == e.span_id and span.name == e.function:
            self.step_of_span[span.id] = index  # the tool's own span was opened just before: what happens in it is inside this step
        return index
