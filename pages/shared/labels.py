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
