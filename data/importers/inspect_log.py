"""Inspect logs: `.eval` (a zip with deflated or zstd members) and the older single `.json`. One attempt is one sample × epoch.

Header and summaries come first; they hold everything but the single calls. A log's samples are opened
- if it is small: all its members together are under a quarter of what may be unpacked (64 MB of an upload, any size locally), so that
  steps come for free;
- if they must be: no summaries say the usage (before 0.3.58, or a log that was cut off), samples were invalidated, or a grader's calls
  have to be told from the agent's: a scorer is called after a model, several models were used, or one of the first samples has a
  model call inside a scorer.

Choices: `agent` is `eval.solver`, else the plan's solvers but for `generate` and those that only set up the prompt or the tools.
`latency_s` is the working time (without waiting for rate limits); if a grader worked too, the working time until scoring began; else the
total time. Usage and cost are the agent's; those of graders and simulated users are `aux`. Arguments of the task are settings.
"""

import math
import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from data.archive import Archive, names_in, open_archive
from data.importers import inspect_header as header
from data.importers import inspect_samples as samples
from data.importers.inspect_header import Log
from data.importers.inspect_samples import ByModel, Calls, Line, Sample
from data.json_logs import decoded, head, moment, opening, text_of, whole, with_parts
from data.limits import KB, Limits
from data.records import Attempt, Format, Note, Problem, Record, Refused, Source, Status, Task, Usage

FORMAT = Format(
    name="inspect_log",
    title="Inspect log",
    sentence="One attempt is one sample in one epoch of an Inspect evaluation.",
    url="https://inspect.aisi.org.uk/eval-logs.html",
)
_FORM = "an Inspect log"
_ZIP = b"PK\x03\x04"
_START, _HEADER = "_journal/start.json", "header.json"
_SUMMARIES, _JOURNAL = "summaries.json", re.compile(r"_journal/summaries/(\d+)\.json")
_SAMPLE = re.compile(r"(samples/.+_epoch_\d+)(\.json|/sample\.json)", re.DOTALL)


class _LogFile(Log):
    samples: list[msgspec.Raw] | None = None


def matches(path: Path) -> bool:
    if head(path, 4) == _ZIP:
        # The first member's name is asked first: it is there even in a log that was cut off before its directory.
        return _START.encode() in head(path, KB) or {_HEADER, _SUMMARIES} <= set(names_in(path)) or _START in names_in(path)
    found = opening(path)
    return found.kind == "{" and {"status", "eval"} <= found.keys.keys() and {"task", "dataset"} <= found.keys["eval"]


def read(path: Path, source: Source, limits: Limits) -> Iterator[Record]:
    if head(path, 4) == _ZIP:
        with open_archive(path, limits) as archive:
            yield from _read_eval(archive, limits)
    else:
        yield from _read_json(path)


def _read_json(path: Path) -> Iterator[Record]:
    log, parts = with_parts(text_of(path), _LogFile, "samples", _FORM)
    reading = _Reading(log)
    for number, part in enumerate(parts):
        yield from reading.sample(f"samples[{number}]", part)
    yield from reading.end()


def _read_eval(archive: Archive, limits: Limits) -> Iterator[Record]:
    start = _HEADER if _HEADER in archive else _START
    if start not in archive:
        raise Refused("it has neither header.json nor _journal/start.json")
    reading = _Reading(whole(archive.read(start), Log, start, _FORM))
    lines = list(_lines(archive))
    found = {match[1]: name for name in archive.names if (match := _SAMPLE.fullmatch(name))}
    chunks = _chunks(archive.names)
    names = {f"samples/{line.id}_epoch_{line.epoch}": line for line in lines}
    is_small = archive.unpacked_bytes < limits.zip_total_bytes / 4
    if not is_small and not _needs_samples(reading, lines, archive, found):
        yield Note(text="steps were left out: the log's samples are too large to be opened here")
        found = {}
    for name, line in names.items():
        if name in found:
            yield from reading.sample(found[name], archive.read(found[name]), line, _events(archive, chunks.get(name, [])))
        else:
            yield from reading.line(f"{_SUMMARIES}: {line.id}, epoch {line.epoch}", line)
    for name, member in found.items():
        if name not in names:
            yield from reading.sample(member, archive.read(member), None, _events(archive, chunks.get(name, [])))
    yield from reading.end()


def _lines(archive: Archive) -> Iterator[Line]:
    """Yield the summaries; of a log that was cut off, those which its journal has."""
    journal = sorted((int(match[1]), name) for name in archive.names if (match := _JOURNAL.fullmatch(name)))
    for name in [_SUMMARIES] if _SUMMARIES in archive else [name for _, name in journal]:
        yield from whole(archive.read(name), list[Line], name, _FORM)


def _chunks(names: list[str]) -> dict[str, list[str]]:
    """Return the event members of large samples (`samples/…/events/0.json`, `…/1000.json`, …) in order, for each sample."""
    numbered: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        sample, _, rest = name.rpartition("/events/")
        if sample and rest.removesuffix(".json").isdecimal():
            numbered.setdefault(sample, []).append((int(rest.removesuffix(".json")), name))
    return {sample: [name for _, name in sorted(parts)] for sample, parts in numbered.items()}


def _events(archive: Archive, names: list[str]) -> list[samples.Event]:
    return [event for name in names for event in whole(archive.read(name), list[samples.Event], name, _FORM)]


def _needs_samples(reading: "_Reading", lines: list[Line], archive: Archive, found: dict[str, str]) -> bool:
    log = reading.log
    if not lines or log.invalidated or not any(line.model_usage for line in lines):
        return True
    is_split_by_role = any(line.role_usage.keys() & samples.GRADING_ROLES for line in lines)
    if log.is_model_graded or any(len(line.model_usage) > 1 for line in lines):
        return not is_split_by_role
    first = [whole(archive.read(name), Sample, name, _FORM) for name in list(found.values())[:3]]
    return any((calls := samples.calls_of(sample)) and calls.n_aux for sample in first)


class _Reading:
    """One log on its way to records."""

    def __init__(self, log: Log):
        self.log, self.n, self.scorers = log, 0, {}
        self.configuration, self.price_tier = header.configuration_of(log)
        self.scorer, self.key = header.headline(log)

    def sample(self, locator: str, data: Any, line: Line | None = None, events: list[samples.Event] | None = None) -> Iterator[Record]:
        try:
            sample = decoded(data, Sample)
        except (ValueError, RecursionError):
            try:
                yield from self.line(locator, line or decoded(data, Line))
                yield Problem(locator=locator, field="steps", reason="the sample's events are not as Inspect writes them")
            except (ValueError, RecursionError):
                yield Problem(locator=locator, reason="the sample is not as Inspect writes it", refused=True)
            return
        sample.events = events or sample.events
        if line:  # what a sample lost to an older version, its summary may have, and the other way round
            sample.uuid, sample.scores = sample.uuid or line.uuid, sample.scores or line.scores
        yield from self.line(locator, sample, samples.calls_of(sample))

    def line(self, locator: str, line: Line, calls: Calls | None = None) -> Iterator[Record]:
        if line.invalidation:
            yield Problem(locator=locator, reason="invalidated in the log", refused=True)
            return
        self.n += 1
        score, score_name, answer, wrong = self._score(line)
        if wrong:
            yield Problem(locator=locator, field="score", reason=wrong)
        agent, aux, token_basis = self._told_apart(line, calls)
        usage, basis, problem = samples.usage_of(agent) if agent else (Usage(), token_basis, None)
        if problem:
            yield Problem(locator=locator, field="tokens", reason=problem)
        status, stop_reason = self._status(line)
        latency_s, latency_basis = _latency(line, calls)
        log, n_retries = self.log.eval, line.retries if line.retries is not None else len(line.error_retries or [])
        yield Attempt(
            configuration=self.configuration,
            task=Task(benchmark=log.task, task=str(line.id)),
            locator=locator,
            run_id=line.uuid or _identity(log.eval_id or f"{log.run_id}/{log.task_id}", line),
            attempt=line.epoch,
            started_at=moment(line.started_at) or (calls.began_at if calls else None) or moment(log.created),
            latency_s=latency_s,
            latency_basis=latency_basis,
            active_s=line.working_time,
            score=score,
            score_name=score_name,
            usage=usage,
            token_basis="unknown" if basis == "unknown" else token_basis,
            llm_calls=calls.n_agent if calls else None,
            tool_calls=calls.n_tools if calls else None,
            turns=calls.n_agent if calls else line.turn_count,
            retries=n_retries,
            cost_usd_logged=samples.cost_of(agent),
            status=status,
            stop_reason=stop_reason,
            price_tier=self.price_tier,
            answer=answer if isinstance(answer, str) else None,
            aux=samples.usage_of(aux)[0] if aux else Usage(),
            aux_cost_usd=samples.cost_of(aux),
            aux_llm_calls=calls.n_aux if calls else None,
            steps=calls.steps if calls else [],
        )

    def end(self) -> Iterator[Record]:
        if len(self.scorers) > 1:
            names = ", ".join(self.scorers)
            yield Note(text=f"several scorers ({names}); the score is {self.scorer or next(iter(self.scorers))}")
        if self.n and self.log.status != "success":
            yield Note(text=f"the evaluation has the status {self.log.status}: only the samples that had ended are here")
        if not self.n:
            yield from header.published(self.log, self.configuration)

    def _told_apart(self, line: Line, calls: Calls | None) -> tuple[ByModel, ByModel, str]:
        """Return usage of the agent and of the others. The log's own total counts retries that left no event, so it goes before a sum."""
        total = {model: u for model, u in line.model_usage.items() if u.total_tokens or u.input_tokens or u.output_tokens}
        if calls:
            rest = samples.without(total, calls.aux) if total else None
            return (calls.agent if rest is None else rest), calls.aux, "agent_only"
        if not total and line.output and line.output.usage:
            total = {self.log.eval.model: line.output.usage}
        graders = {role: u for role, u in line.role_usage.items() if role in samples.GRADING_ROLES | samples.USER_ROLES}
        if graders and len(total) == 1:
            (model, whole), others = next(iter(total.items())), samples.Logged()
            for u in graders.values():
                others = others.plus(u)
            if rest := samples.without({model: whole}, {model: others}):
                return rest, {model: others}, "agent_only"
        is_mixed = len(total) > 1 or self.log.is_model_graded
        return total, {}, "all_roles" if is_mixed else "agent_only"

    def _score(self, line: Line) -> tuple[float | None, str | None, Any, str | None]:
        scores = line.scores or ({"score": line.score} if line.score else {})
        self.scorers |= dict.fromkeys(scores)
        name = self.scorer if self.scorer in scores else next(iter(scores), None)
        if name is None:
            return None, None, None, None
        value, answer = scores[name].value, scores[name].answer
        if isinstance(value, dict):
            key = self.key if self.key in value else next((k for k, v in value.items() if header.number(v) is not None), None)
            name, value = f"{name}.{key}", value.get(key)
        score = header.number(value)
        if score is None and value is not None and not (isinstance(value, float) and math.isnan(value)):
            return None, name, answer, "the score is no number and no grade"
        if score is not None and not 0 <= score <= 1:
            return None, name, answer, "the score is outside 0 to 1"
        return score, name, answer, None

    def _status(self, line: Line) -> tuple[Status, str | None]:
        if line.error:
            text = line.error.get("message", "") if isinstance(line.error, dict) else str(line.error)
            return "cancelled" if self.log.status == "cancelled" and "cancel" in text.lower() else "error", None
        limit = line.limit.get("type") if isinstance(line.limit, dict) else line.limit
        if limit:
            return "timeout" if limit in ("time", "working") else "limit", str(limit)
        return "ok", None


def _latency(line: Line, calls: Calls | None) -> tuple[float | None, str | None]:
    if line.working_time is not None:
        if calls and calls.n_aux and calls.scoring_began_s is not None and 0 < calls.scoring_began_s <= line.working_time:
            return calls.scoring_began_s, "agent_only"
        return line.working_time, "active"
    if line.total_time is not None:
        return line.total_time, "wall"
    if calls and calls.began_at and calls.ended_at:
        return (calls.ended_at - calls.began_at).total_seconds(), "first_to_last_start"
    return None, None


def _identity(evaluation: str, line: Line) -> str:
    return blake2b(f"{evaluation}\0{line.id}\0{line.epoch}".encode("utf-8", "replace"), digest_size=16).hexdigest()
