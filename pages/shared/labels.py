"""Display names, units and state names, and the ways to make a name from a log safe where it is shown.

Frames keep their snake_case columns to the end; English for readers stands here only. Names come from strangers' logs: they pass
through `plotly_text`, `markdown_text` or `html.escape` before they are shown, whatever they contain.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass

from analytics import notation

STATES = {"on": "on the frontier", "undecided": "not decidable", "dominated": "dominated", None: "left out"}
STATE_BADGES = {"on": "on", "undecided": "not decidable", "dominated": "dominated", None: "left out"}

COLUMNS = {
    "state": "Frontier",
    "rank_on_frontier": "No.",
    "configuration": "Configuration",
    "accuracy": "Accuracy",
    "accuracy_interval": "95%",
    "p_on_frontier": "P(on frontier)",
    "cost_usd": "Cost per task",
    "cost_interval": "95%, cost",
    "cost_source": "Cost source",
    "cost_per_success_usd": "Cost per success",
    "latency_s": "Time per task",
    "latency_p50_s": "Time, median",
    "latency_p95_s": "Time, 95th percentile",
    "tokens": "Tokens per task",
    "turns": "Turns per task",
    "n_tasks": "Tasks",
    "n_attempts": "Attempts",
    "n_errors": "Errors",
    "n_limit": "Stopped by a limit",
    "dominated_by": "Dominated by",
    "tasks_to_decide": "Tasks to decide",
    "note": "Note",
    "series": "Series",
    "level": "Level",
    "is_stop": "Stop",
    "d_accuracy": "Step gains",
    "d_accuracy_interval": "95%, gain",
    "d_cost_usd": "Step costs",
    "usd_per_success": "One more success",
    "usd_per_success_interval": "95%, one more success",
    "ratio_to_first": "Against first step",
    "verdict": "Step",
    "cap": "Cap",
    "cap_value": "Cap at",
    "accuracy_lost": "Lost, at most",
    "accuracy_lost_interval": "95%, lost",
    "saving": "Cost saved",
    "saving_interval": "95%, saved",
    "spend_saved": "Spend saved",
    "n_cut": "Attempts cut",
    "n_lost": "Successes lost",
    "basis": "Cost replay",
    "start": "Start at",
    "limit": "Extend to",
    "demand": "Who asks",
    "n_extended": "Extended",
    "k": "k",
    "pass_at": "At least once, pass@k",
    "pass_at_interval": "95%, at least once",
    "pass_hat": "Every time, pass^k",
    "pass_hat_interval": "95%, every time",
    "majority_at": "By majority",
    "best_of": "With the verifier",
    "first_finish": "First to finish",
    "last_finish": "Last to finish",
    "serial_latency_s": "One after the other",
    "parallel_latency_s": "Side by side",
    "n_timed": "Attempts timed",
    "mean_s": "Time",
    "mean_s_interval": "95%, time",
    "llm_share": "LLM alone",
    "overlap_share": "LLM and tools",
    "tool_share": "Tools alone",
    "idle_share": "Idle",
    "llm_calls": "LLM calls",
    "tool_calls": "Tool calls",
    "mean_tokens": "Tokens",
    "fresh_share": "Fresh input",
    "read_share": "Read from cache",
    "written_share": "Written to cache",
    "reasoning_share": "Reasoning",
    "answer_share": "Answer",
    "output_share": "Output",
    "cached_share": "Input from cache",
    "mean_turns": "Turns",
    "growth_exponent": "Growth exponent",
    "growth_interval": "95%, exponent",
    "failed_to_solved": "Failed to solved",
    "mean_usd": "Cost",
    "mean_usd_interval": "95%, cost",
    "fresh_usd": "Fresh input, $",
    "read_usd": "Cache read, $",
    "written_usd": "Cache write, $",
    "reasoning_usd": "Reasoning, $",
    "answer_usd": "Answer, $",
    "unexplained_usd": "Unexplained, $",
    "tools_usd": "Tools, $",
    "cost_on_failures": "On failures",
    "share_of_dearest": "In the dearest 5%",
    "n_cost": "With a cost",
    **{
        f"{prefix}_{key}": f"{word}, {name}"
        for prefix, word in (("time", "Time"), ("cost", "Cost"))
        for key, name in (
            ("p50", "median"),
            ("p50_interval", "median, 95%"),
            ("p95", "p95"),
            ("p95_interval", "p95, 95%"),
            ("p99", "p99"),
            ("p99_interval", "p99, 95%"),
            ("ratio", "p95 to median"),
            ("cv", "CV"),
            ("within", "variance within tasks"),
            ("n", "attempts"),
        )
    },
    "n_failed": "With a failed step",
    "step_accuracy": "Steps that hold",
    "step_interval": "95%, steps",
    "horizon_half": "Even odds by step",
    "horizon_most": "One in five by step",
    "geometric_half": "Even odds, steps alike",
    "rate_before": "Fails before any failure",
    "rate_after": "Fails after one",
    "within_tasks": "Difference within tasks",
    "within_interval": "95%, difference",
    "conditioning": "So a step",
    "step": "Step",
    "turn": "Turn",
    "round": "Reflections before",
    "kind": "Kind",
    "name": "Name",
    "model": "Model",
    "role": "Role",
    "offset_s": "At",
    "duration_s": "Took",
    "uncached_input_tokens": "Fresh input",
    "cache_read_tokens": "From cache",
    "cache_write_tokens": "To cache",
    "output_tokens": "Output",
    "reasoning_tokens": "Reasoning",
    "cost_usd_logged": "Cost",
    "outcome": "Outcome",
    "task": "Task",
    "share_of_money": "Of all money",
    "spent_usd": "Cost",
    "spent_tokens": "Tokens",
    "spent_s": "Time",
    "stop_reason": "Ended by",
    "place": "File and place",
}


@dataclass(frozen=True)
class Measure:
    """How one objective is named on an axis, in a lane and beside a limit."""

    title: str
    short_title: str
    """For phones."""
    better: str
    """The direction word at the axis' good end."""
    unknown: str
    """Head of the lane of configurations without it."""
    sign: str
    """Head of that lane where there is no room: `$?`."""


MEASURES = {
    "cost_usd": Measure("Cost per task, USD", "Cost per task, USD", "cheaper", "Cost unknown", "$?"),
    "cost_per_success_usd": Measure("Cost per success, USD", "Cost per success, USD", "cheaper", "Cost unknown", "$?"),
    "latency_s": Measure("Time per task, seconds, mean", "Time per task, s", "faster", "Time unknown", "s?"),
    "latency_p50_s": Measure("Time per task, seconds, median", "Median time, s", "faster", "Time unknown", "s?"),
    "latency_p95_s": Measure("Time per task, seconds, 95th percentile", "Time, p95, s", "faster", "Time unknown", "s?"),
    "tokens": Measure("Tokens per task", "Tokens per task", "fewer tokens", "Tokens unknown", "?"),
    "turns": Measure("Turns per task", "Turns per task", "fewer turns", "Turns unknown", "?"),
}


@dataclass(frozen=True)
class Spent:
    """How something that can be spent is named on an axis."""

    title: str
    short_title: str
    """For phones."""
    better: str = ""
    """The direction word at the axis' left end."""


SPENT = {
    **{name: Spent(m.title, m.short_title, m.better) for name, m in MEASURES.items()},
    "effort": Spent("Reasoning effort", "Effort"),
    "reflection_depth": Spent("Reflections", "Reflections", "fewer"),
    "answers": Spent("Answers given, one after the other", "Answers given", "fewer"),
    "samples": Spent("Attempts at a task", "Attempts at a task", "fewer"),
    "turns": Spent("Turns allowed", "Turns allowed", "fewer"),
    "tool_calls": Spent("Tool calls allowed", "Tool calls allowed", "fewer"),
    "n_agents": Spent("Agents", "Agents", "fewer"),
}
"""What an axis of levels measures → its words; another setting is written as the logs call it."""

ZERO_WIDTH_SPACE = "\u200b"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:&@^=\"'/])")


def clean(labels: dict[str, str]) -> dict[str, str]:
    """Return the labels as single lines without control or direction-changing characters; an empty one shows its configuration id."""
    return {key: notation.plain(label) or notation.plain(key) or notation.UNKNOWN for key, label in labels.items()}


def plotly_text(text: str) -> str:
    """Return a name as inert text for Plotly, which reads its own small HTML and fills in `%{…}`.

    >>> plotly_text("<b>a</b> & %{customdata}").replace(ZERO_WIDTH_SPACE, "|")
    '&lt;b&gt;a&lt;/b&gt; &amp; %|{customdata}'
    """
    return html.escape(notation.plain(text), quote=False).replace("%{", f"%{ZERO_WIDTH_SPACE}{{")


def markdown_text(text: str) -> str:
    r"""Return a name as inert Markdown: no emphasis, formula, colour, emoji or link, also none that is made of a bare address.

    >>> print(markdown_text("a_b $x$"), markdown_text("www.x.y").replace(ZERO_WIDTH_SPACE, "|"))
    a\_b \$x\$ w|ww\.x\.y
    """
    text = re.sub(r"(?i)w(?=ww)", lambda m: m.group() + ZERO_WIDTH_SPACE, notation.plain(text))
    text = text.replace("://", f":{ZERO_WIDTH_SPACE}//").replace("@", f"@{ZERO_WIDTH_SPACE}")
    return _MARKDOWN.sub(r"\\\1", text)


def spent(name: str) -> Spent:
    """Return how something that can be spent is named; a setting that only these logs know, inert.

    >>> spent("cost_usd").title, spent("few_shot").title
    ('Cost per task, USD', 'Few shot')
    """
    words = plotly_text(name.replace("_", " ")).capitalize()
    return SPENT.get(name, Spent(words, words))


def short_names(labels: dict[str, str], width: int = 20) -> dict[str, str]:
    """Return names for phones: without provider path and date stamp, then cut; where two would be the same, both stay longer.

    >>> short_names({"a": "openai/gpt-4o-2024-11-20", "b": "gpt-4o-2024-08-06", "c": "claude-3-5-sonnet-20241022"})
    {'a': 'gpt-4o-2024-11-20', 'b': 'gpt-4o-2024-08-06', 'c': 'claude-3-5-sonnet'}
    """
    names = clean(labels)
    steps = [_without_stamp, _without_path, lambda name: name]
    short = {key: notation.shorten(_without_stamp(_without_path(name)), width) for key, name in names.items()}
    for step in steps[1:]:
        taken = Counter(short.values())
        short = {key: name if taken[name] == 1 else notation.shorten(step(names[key]), width + 8) for key, name in short.items()}
    taken = Counter(short.values())
    return {key: name if taken[name] == 1 else names[key] for key, name in short.items()}


def _without_path(name: str) -> str:
    """Drop `provider/` before a model's name, unless what follows is not a name."""
    tail = name.rsplit("/", 1)[-1].strip()
    return tail if len(tail) >= 2 and ("(" not in name.rsplit("/", 1)[0]) else name


def _without_stamp(name: str) -> str:
    """Drop a date stamp from a model's name."""
    return re.sub(r"[-@ ](?:20\d{6}|20\d\d-\d\d-\d\d)(?=$|[ )-])", "", name)


def import_finding(datasets, files, problems) -> tuple[str, str]:
    """Return title and subtitle of an import: how many rows were understood, what they are, and what was refused.

    Parameters
    ----------
    datasets, files, problems : DataFrames of the store's queries of the same names, for the datasets that are looked at
    """
    read, accepted, refused = (int(datasets[c].sum()) for c in ("n_read", "n_accepted", "n_refused"))
    broken = int(files["refusal"].notna().sum())
    attempts, published = int(datasets["attempts"].sum()), int(datasets["summaries"].sum())
    what = [notation.plural(attempts, "attempt")] if attempts else []
    what += [notation.plural(published, "published row")] if published else []
    title = (
        f"All {notation.count(read)} rows understood"
        if accepted == read
        else f"{notation.count(accepted)} of {notation.count(read)} rows understood"
    )
    if broken:
        title += f"; {notation.plural(broken, 'file')} refused"
    flagged = int(problems.loc[~problems["refused"].astype(bool), "n"].sum())
    configurations = notation.plural(int(datasets["configurations"].sum()), "configuration")
    said = f"{notation.plural(len(files), 'file')}: {notation.join(what) if what else 'nothing'} of {configurations}."
    said += f" {notation.count(refused)} rows are refused, each with its reason." if refused else ""
    said += f" {notation.count(flagged)} values are unknown or flagged." if flagged else ""
    return title, said


def some_files(names: list[str]) -> str:
    """Return one name, or the first and how many more.

    >>> some_files(["a.json"]), some_files(["a.json", "b.json", "c.json"])
    ('a.json', 'a.json and 2 more files')
    """
    return names[0] if len(names) == 1 else f"{names[0]} and {notation.plural(len(names) - 1, 'more file')}"
