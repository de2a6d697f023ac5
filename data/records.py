"""What every importer yields: attempts, steps, summaries and problems, in the product's own words.

An importer maps the fields of one log format to these names and does nothing else: no prices, no averages. A field that the log
does not give is None, never 0. Units are in the names; token buckets are disjoint on the input side (see `data/usage.py`).
Text of prompts and answers has no field here: it cannot be stored by mistake.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct, field

Status = Literal["ok", "error", "limit", "timeout", "infra", "cancelled"]
StepKind = Literal["llm", "tool", "other"]

STATUSES: tuple[Status, ...] = ("ok", "error", "limit", "timeout", "infra", "cancelled")
TOKEN_BUCKETS = (
    "uncached_input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
    "reasoning_tokens",
)


class Usage(Struct, kw_only=True, frozen=True):
    """Tokens of one attempt or step. The four input buckets are disjoint; `output_tokens` includes `reasoning_tokens`."""

    uncached_input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    """All tokens in and out: the sum of the buckets, or the log's own total where it gives no split (cannot be priced then)."""


class Configuration(Struct, kw_only=True, frozen=True):
    """The point on a chart: agent + model + effort + settings. Two attempts belong together if all fields are equal."""

    model: str | None = None
    """The name as logged."""
    provider: str | None = None
    model_version: str | None = None
    agent: str | None = None
    agent_version: str | None = None
    effort: str | None = None
    knobs: dict[str, str | int | float | bool] = {}
    """What was set for the run: max_turns, token_budget, temperature, …; keys are sorted when stored."""
    settings: dict[str, str | int | float | bool] = {}
    """Columns of a table that *may* be knobs: kept as knobs by `data/ingest.py` if they vary within a model of the dataset."""
    hardware: str | None = None
    is_human: bool = False


class Task(Struct, kw_only=True, frozen=True):
    """One problem of a benchmark."""

    benchmark: str | None = None
    """The name as logged; None: the dataset's name."""
    task: str
    task_group: str | None = None
    difficulty: str | None = None
    human_minutes: float | None = None
    human_cost_usd: float | None = None
    weight: float | None = None


class Step(Struct, kw_only=True):
    """One LLM or tool call of an attempt."""

    kind: StepKind
    turn: int | None = None
    """Number of the LLM call this step belongs to, from 1."""
    round: int | None = None
    """Reflection round, from 0."""
    parent: int | None = None
    """Index of the enclosing step."""
    name: str | None = None
    model: str | None = None
    role: str | None = None
    """agent, judge, user, …: only `agent` (or None) counts for the attempt."""
    stage: str | None = None
    agent: str | None = None
    offset_s: float | None = None
    """Start, in seconds after the attempt's start."""
    duration_s: float | None = None
    usage: Usage = Usage()
    cost_usd_logged: float | None = None
    ok: bool | None = None
    score: float | None = None
    """The attempt's score had it ended here, or the stage's."""
    cached_response: bool | None = None
    """Replayed from a harness's own cache: its time and cost are fiction."""


class Attempt(Struct, kw_only=True):
    """One configuration, one task, one try."""

    configuration: Configuration
    task: Task
    locator: str
    """Where in the file: `line 12`, `records[3]`, `samples/x_epoch_1.json`."""
    run_id: str | None = None
    """The log's own identity of this try; met twice, it counts once."""
    attempt: int | None = None
    """The log's own number of the try (trial, epoch, seed); None: every row is a try."""
    started_at: datetime | None = None
    """Aware, any zone; stored as UTC."""
    latency_s: float | None = None
    latency_basis: str | None = None
    """wall, active, agent_only, span_root, sum_of_steps or first_to_last_start."""
    active_s: float | None = None
    ttft_s: float | None = None
    score: float | None = None
    """0–1; None: not scored."""
    score_name: str | None = None
    success: bool | None = None
    """The log's own flag; None: derived from the score (≥ 1 − 1e-6)."""
    usage: Usage = Usage()
    token_basis: str | None = None
    """agent_only, all_roles (judges inside) or unknown (the log's convention is undecided)."""
    llm_calls: int | None = None
    tool_calls: int | None = None
    turns: int | None = None
    retries: int | None = None
    reflections: int | None = None
    cost_usd_logged: float | None = None
    tool_cost_usd: float | None = None
    status: Status = "ok"
    stop_reason: str | None = None
    price_tier: str | None = None
    answer: str | None = None
    """The final answer, for majority votes: leaves the child process only as a keyed 64-bit hash."""
    aux: Usage = Usage()
    """Judges and simulated users: shown apart, in no measure of the attempt."""
    aux_cost_usd: float | None = None
    aux_llm_calls: int | None = None
    steps: list[Step] = field(default_factory=list)


class Summary(Struct, kw_only=True):
    """A published row: one configuration on one benchmark, with n but no attempts."""

    configuration: Configuration
    benchmark: str | None = None
    locator: str
    n: int
    """Attempts behind the row (tasks × tries)."""
    n_tasks: int | None = None
    success_sum: float
    """accuracy × n: whole where the log counts solved tasks."""
    round: int = 1
    """Rows of one run after 1, 2, … rounds; the last one is the configuration's result."""
    n_rounds: int = 1
    run_id: str | None = None
    started_at: datetime | None = None
    cost_usd_sum: float | None = None
    """Of the whole run, all n attempts."""
    latency_s: float | None = None
    """Mean per attempt."""
    usage: Usage = Usage()
    """Of the whole run, all n attempts."""
    llm_calls: float | None = None
    """Mean per attempt."""
    tool_calls: float | None = None
    turns: float | None = None
    n_errors: int | None = None
    n_limit: int | None = None


class Problem(Struct, kw_only=True, frozen=True):
    """Something in a file that could not be taken as it stands."""

    locator: str
    field: str | None = None
    """The record's field that is unknown now; None: the row (`refused`) or the file."""
    reason: str
    """One clause a stranger understands, without the value: `cost is negative`, `no task and no number of tasks`."""
    refused: bool = False
    """True: the row is not in the dataset. False: the row is, with this field unknown or flagged."""


class Note(Struct, kw_only=True, frozen=True):
    """Something to say about the whole file, no defect: `pass_rate_1, pass_rate_2 read as rounds 1 and 2`."""

    text: str


class Format(Struct, kw_only=True, frozen=True):
    """An importer's name and what it reads."""

    name: str
    title: str
    """As shown to people: `Inspect log`."""
    sentence: str
    """What one row is."""
    url: str | None = None
    version: int = 1
    """Raised when the same bytes would give other records."""


Record = Attempt | Summary | Problem | Note


class Refused(Exception):
    """The whole file cannot be read: the text is one clause with place and cause, and nothing of the file is kept."""


class Source(Struct, kw_only=True, frozen=True):
    """What an importer is told about the file it reads."""

    name: str
    """Path under the given folder, with extension; `/` between parts; a label only, never opened."""
    fields: dict[str, str] = {}
    """From `--path '{agent}/{model}/*'`: fields that fill what the file does not name."""
    mapping: dict[str, str] = {}
    """A saved mapping: column of the file → field of the product."""
    siblings: Mapping[str, str] = {}
    """Other files of the dataset in the same folder: name → path, for formats that need two files."""
