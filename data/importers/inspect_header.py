"""The header of an Inspect log: which configuration ran, which score the log puts first, and its own totals."""

import math
import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from data.importers.inspect_samples import ByModel, cost_of, usage_of
from data.json_logs import moment
from data.records import Configuration, Problem, Record, Summary, Usage

_SET_UP = {"generate", "system_message", "user_message", "assistant_message", "prompt_template", "use_tools"}
_MODEL_GRADED = re.compile(r"model|llm|judge|grader|rubric", re.IGNORECASE)
_LIMIT_KNOBS = {"token_limit": "token_budget", "turn_limit": "max_turns", "message_limit": "message_limit"}
_LIMIT_KNOBS |= {name: name for name in ("time_limit", "working_limit", "cost_limit")}
_GENERATE_KNOBS = ("temperature", "top_p", "top_k", "max_tokens", "reasoning_tokens", "reasoning_mode", "num_choices", "best_of")
_SECRET = re.compile(r"(api[_-]?key|token|secret|authorization|password)$", re.IGNORECASE)
_WORDS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_YES = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


class _Named(Struct):
    name: str = ""


class _Eval(Struct):
    task: str
    model: str
    eval_id: str = ""
    run_id: str = ""
    task_id: str = ""
    created: str | None = None
    solver: str | None = None
    solver_args: dict[str, Any] | None = None
    task_args: dict[str, Any] | None = None
    model_generate_config: dict[str, Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    scorers: list[_Named] | None = None


class _Solver(Struct):
    solver: str


class _Plan(Struct):
    steps: list[_Solver] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)


class _Metric(Struct):
    value: Any = None


class _Result(Struct):
    name: str
    scorer: str | None = None
    scored_samples: int | None = None
    metrics: dict[str, _Metric] = field(default_factory=dict)


class _Headline(Struct):
    scorer: str | None = None
    score: str | None = None


class _Results(Struct):
    completed_samples: int = 0
    scores: list[_Result] = field(default_factory=list)
    headline: _Headline | None = None


class _Stats(Struct):
    started_at: str | None = None
    model_usage: ByModel = field(default_factory=dict)


class Log(Struct):
    """A log's header; `_journal/start.json` of a log that was cut off has its first lines."""

    eval: _Eval
    status: str = "started"
    plan: _Plan | None = None
    results: _Results | None = None
    stats: _Stats | None = None
    invalidated: bool | None = None

    @property
    def is_model_graded(self) -> bool:
        """Whether a scorer is named as if it asked a model."""
        return any(_MODEL_GRADED.search(scorer.name) for scorer in self.eval.scorers or [])


def configuration_of(log: Log) -> tuple[Configuration, str | None]:
    """Return the log's configuration and its price tier."""
    plan, config = log.plan or _Plan(), log.eval.config
    generate = {**(log.eval.model_generate_config or {}), **{k: v for k, v in plan.config.items() if v is not None}}
    solvers = [step.solver for step in plan.steps if step.solver.rpartition("/")[2] not in _SET_UP]
    knobs = {knob: config.get(name) for name, knob in _LIMIT_KNOBS.items()} | {name: generate.get(name) for name in _GENERATE_KNOBS}
    return Configuration(
        model=log.eval.model,
        agent=log.eval.solver or " + ".join(solvers) or None,
        effort=generate.get("reasoning_effort") or generate.get("effort"),
        knobs=_scalars(log.eval.solver_args or {}) | _scalars(knobs),
        settings=_scalars(log.eval.task_args or {}),
    ), "batch" if generate.get("batch") else None


def _scalars(values: dict[str, Any]) -> dict[str, str | int | float | bool]:
    """Keep what can be a setting: no lists, no texts such as prompts, nothing that is named like a secret."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= 60 and "\n" not in value)
        if not _SECRET.search(name) or isinstance(value, int)
    }


def headline(log: Log) -> tuple[str | None, str | None]:
    """Return the scorer that the log itself puts first, and the key of its value where that has several."""
    results = log.results or _Results()
    if results.headline and results.headline.scorer:
        return results.headline.scorer, results.headline.score
    if results.scores:
        return results.scores[0].scorer or results.scores[0].name, results.scores[0].name
    return (log.eval.scorers[0].name if log.eval.scorers else None), None


def number(value: Any) -> float | None:
    """Return a score's value as Inspect itself counts it; None where it is no number and no grade."""
    if isinstance(value, str):
        if value in _WORDS or value.lower() in _YES:
            return _WORDS.get(value, _YES.get(value.lower()))
        try:
            value = float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def published(log: Log, configuration: Configuration) -> Iterator[Record]:
    """Yield the log's own accuracy where it has no samples: only if it is the mean over attempts and n is known."""
    result = log.results.scores[0] if log.results and log.results.scores else None
    accuracy = number(result.metrics["accuracy"].value) if result and "accuracy" in result.metrics else None
    n = log.results.completed_samples if log.results else 0
    epochs, reducer = log.eval.config.get("epochs") or 1, log.eval.config.get("epochs_reducer") or ["mean"]
    if accuracy is None or not 0 <= accuracy <= 1 or n <= 0:
        yield Problem(locator="results", reason="the log has no samples and no accuracy with a number of samples", refused=True)
        return
    if epochs != 1 and reducer[0] != "mean":
        yield Problem(locator="results", reason="the log has no samples, and its accuracy is no mean over attempts", refused=True)
        return
    total = log.stats.model_usage if log.stats else {}
    if total and (len(total) > 1 or log.is_model_graded):
        yield Problem(
            locator="stats", field="tokens", reason="the log's totals may count a grader and cannot be told apart without samples"
        )
        total = {}
    usage, _, problem = usage_of(total) if total else (Usage(), "", None)
    if problem:
        yield Problem(locator="stats", field="tokens", reason=problem)
    solved = accuracy * n
    yield Summary(
        configuration=configuration,
        benchmark=log.eval.task,
        locator="results",
        n=n,
        n_tasks=n // epochs,
        success_sum=round(solved) if abs(solved - round(solved)) < 1e-6 * n else solved,
        run_id=log.eval.eval_id or None,
        started_at=moment(log.stats.started_at if log.stats else log.eval.created),
        cost_usd_sum=cost_of(total),
        usage=usage,
    )
