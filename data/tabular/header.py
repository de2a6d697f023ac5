"""What a column is called, and what that means: normal names, synonyms, units and means or totals told by the name."""

import math
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from data.tabular.synonyms import ATTEMPTS, COMMON, KNOBS, SUMMARIES

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PREFIXES = re.compile(
    r"(outputs|metrics|metadata|attributes|summary|results|usage|token_usage|usage_metadata|stats|config|params|parameters|settings|hyperparameters|scores|timing|info|model_stats|extra)_(?=.)"
)

_UNITS = {
    "usd": 1.0, "dollars": 1.0, "cents": 0.01, "cent": 0.01, "microdollars": 1e-6, "micro_usd": 1e-6, "musd": 1e-3, "millidollars": 1e-3,
    "s": 1.0, "sec": 1.0, "secs": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "millis": 1e-3, "milliseconds": 1e-3, "us": 1e-6,
    "ns": 1e-9, "min": 60.0, "mins": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hours": 3600.0,
    "eur": math.nan, "euro": math.nan, "euros": math.nan, "gbp": math.nan, "jpy": math.nan, "cny": math.nan,
    "pct": 0.01, "percent": 0.01, "percentage": 0.01,
}  # fmt: skip
_OTHER_MONEY = {"eur", "euro", "euros", "gbp", "jpy", "cny"}
"""Not converted: such a column is known for a cost, and its values are unknown."""
_MONEY = {"cost_usd", "tool_cost_usd", "human_cost_usd"}
_TIME = {"latency_s", "active_s", "ttft_s"}
_UNITS_OF = {
    "money": {"usd", "dollars", "cents", "cent", "microdollars", "micro_usd", "musd", "millidollars", *_OTHER_MONEY},
    "time": {
        "s",
        "sec",
        "secs",
        "seconds",
        "ms",
        "msec",
        "millis",
        "milliseconds",
        "us",
        "ns",
        "min",
        "mins",
        "minutes",
        "h",
        "hr",
        "hours",
    },
    "share": {"pct", "percent", "percentage"},
}
KIND_OF_ROLE = {
    **dict.fromkeys(_MONEY, "money"),
    **dict.fromkeys(_TIME, "time"),
    **dict.fromkeys(("score", "accuracy", "success"), "share"),
}
COUNTS = {"llm_calls", "tool_calls", "turns", "retries", "reflections", *(role for role in COMMON if role.endswith("_tokens"))}
"""Fields that are whole numbers for one attempt."""
_PER = "task|case|instance|query|problem|question|sample|attempt|run|item|example|episode|trial"
_MEAN = re.compile(rf"(?:avg|mean|average)_(?P<a>.+)|(?P<b>.+)_(?:avg|mean|average)|(?P<c>.+?)_(?:per_)?(?:{_PER})")
_SUM = re.compile(r"(?:total|sum|overall)_(?P<a>.+)|(?P<b>.+)_(?:total|sum)")
_OTHER_STATISTIC = re.compile(
    r"(median|p\d\d|std|stdev|min|max|var|sem|stderr|ci)_|_(median|p\d\d|std|stdev|var|sem|se|stderr|ci|ci_low|ci_high|lower|upper)$"
)


_LAST = 1000
"""Added to the rank of columns that serve only where no other one does."""


class Meaning(NamedTuple):
    """What one column name can mean."""

    role: str
    rank: int
    """Place among the synonyms: the first one wins."""
    factor: float | None = None
    """To the product's unit, where the name tells one."""
    aggregate: str = ""
    """`mean` or `sum` over the row's attempts, where the name tells."""
    round: int | None = None


_SIGNS = {"%": " pct ", "$": " usd ", "€": " eur ", "£": " gbp ", "@": " at ", "#": " n "}


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Return a column's name in one spelling.

    >>> normal("Latency (ms)"), normal("inputTokens"), normal("Cost $"), normal("% Resolved"), normal("pass@1"), normal("metrics.LLM Calls")
    ('latency_ms', 'input_tokens', 'cost_usd', 'resolved_pct', 'pass_at_1', 'llm_calls')
    """
    text = unicodedata.normalize("NFKC", name[:200]).strip()
    text = re.sub(r"^[%$]\s*(.+)", lambda m: f"{m[1]} {m[0][0]}", text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = re.sub(r"[^\w]+", "_", _CAMEL.sub("_", text).lower())
    text = re.sub(r"_+", "_", text).strip("_")
    while found := _PREFIXES.match(text):
        text = text[found.end() :]
    return text


def _index(*tables: dict[str, list[str]]) -> dict[str, list[tuple[str, int]]]:
    index: dict[str, list[tuple[str, int]]] = {}
    for table in tables:
        for role, names in table.items():
            for rank, name in enumerate(names):
                index.setdefault(name, []).append((role, rank))
    return index


_ATTEMPT_INDEX = _index(COMMON, ATTEMPTS)
_SUMMARY_INDEX = _index(COMMON, SUMMARIES)
KNOB_OF = {name: knob for knob, names in KNOBS.items() for name in names}


@lru_cache(maxsize=4096)
def meanings(name: str, *, summary: bool) -> tuple[Meaning, ...]:
    """Return all that a column may mean in a table of attempts or of summaries; empty for an unknown name.

    >>> meanings("Duration (ms)", summary=False)[0]
    Meaning(role='latency_s', rank=1, factor=0.001, aggregate='', round=None)
    >>> meanings("seconds_per_case", summary=True)[0].aggregate, meanings("total_cost", summary=True)[0].aggregate
    ('mean', 'sum')
    >>> meanings("pass_rate_2", summary=True)[0].round
    2
    """
    text = normal(name)
    if not summary:
        return _with_unit(text, _ATTEMPT_INDEX, "")
    if _OTHER_STATISTIC.search(text):
        return ()
    if found := re.fullmatch(r"(pass_rate|pass_num)_([1-9]\d?)", text):
        role = "accuracy" if found[1] == "pass_rate" else "n_solved"
        return (Meaning(role, 0, round=int(found[2])),)
    exact = _with_unit(text, _SUMMARY_INDEX, "")
    if any(m.role not in ("latency_s", "cost_usd") for m in exact) and not text.startswith(("total_", "avg_", "mean_")):
        return exact
    for pattern, aggregate in ((_MEAN, "mean"), (_SUM, "sum")):
        for stem in _stems(text):
            if found := pattern.fullmatch(stem[0]):
                base = next(part for part in found.groups() if part)
                inner = _with_unit(base, _SUMMARY_INDEX, aggregate, stem[1])
                if inner := tuple(m for m in inner if m.role in _AVERAGED):
                    return inner
    return exact


_AVERAGED = {*_MONEY, *_TIME, *COUNTS}


def _stems(text: str) -> list[tuple[str, str]]:
    """Return the name as it is and without its unit."""
    stems = [(text, "")]
    for unit in _UNITS:
        if text.endswith("_" + unit):
            stems.append((text[: -len(unit) - 1], unit))
    return stems


def _with_unit(text: str, index: dict, aggregate: str, unit: str = "") -> tuple[Meaning, ...]:
    found = []
    for stem, own_unit in _stems(text):
        told = own_unit or unit
        for role, rank in index.get(stem, ()):
            if not told or told in _UNITS_OF.get(KIND_OF_ROLE.get(role, ""), ()):
                place = rank + (_LAST if told in _OTHER_MONEY else 0)
                found.append(Meaning(role, place, _UNITS[told] if told else _implied(stem, role), aggregate))
    return tuple(found)


def _implied(stem: str, role: str) -> float | None:
    """Return the unit of names that are one: seconds, dollars."""
    return 1.0 if (role in _TIME and stem == "seconds") or (role in _MONEY and stem in ("usd", "dollars")) else None


def n_known(names: list[str]) -> int:
    """Return how many of the names mean something."""
    return sum(bool(meanings(name, summary=False) or meanings(name, summary=True) or normal(name) in KNOB_OF) for name in names)


_PRICE_LIST = re.compile(r"(cost|price)s?_per_(\w*token|m_?tok|1k|1m|million)|input_price|output_price")


def claims(names: list[str], constants: dict | None = None, *, has_key: bool = False) -> bool:
    """Return whether a table with these columns is a log: it names tasks or configurations, and a measure.

    >>> claims(["model", "accuracy", "n"]), claims(["task_id", "cost"]), claims(["model", "price"]), claims(["Model", "GPU", "TP"])
    (True, True, False, False)
    """
    if any(_PRICE_LIST.search(normal(name)) for name in names):
        return False
    attempt = {m.role for name in names for m in meanings(name, summary=False)}
    summary = {m.role for name in names for m in meanings(name, summary=True)}
    outcome = attempt & {"success", "score"}
    effort = attempt & {"cost_usd", "latency_s", "input_tokens", "output_tokens", "total_tokens"}
    if "task" in attempt or has_key:
        return bool(outcome or effort)
    if "weak_task" in attempt and (outcome or effort - {"cost_usd"}):
        return True
    configured = {"model", "agent", "named_configuration"}
    given = {m.role for name in constants or {} for m in meanings(name, summary=True)}
    return bool((summary | given) & configured and summary & {"accuracy", "n_solved"})


def is_long(name: str) -> bool:
    """Return whether the column holds answers, which are compared and never shown, or names, of which long ones differ at their end."""
    return any(m.role in ("answer", "task", "weak_task", "model", "agent") for m in meanings(name, summary=False))


_SETTING_GROUPS = re.compile(
    r"(config|params|parameters|settings|hyperparameters|model_args|model_params|generation_config|kwargs)$", re.IGNORECASE
)
_TEXTS = re.compile(
    r"(^|_)(prompts?|messages?|raw|response|responses|output|outputs|completion|content|texts?|transcript|trajectory|conversation|description|"
    r"question|query|ground_truth|target|expected|reference|solution|explanation|rationale|patch|diff|code|stdout|stderr|traceback|logs?)$"
)


def is_wanted(name: str) -> bool:
    """Return whether a column is kept: it has a meaning or may be a setting; texts are never read.

    >>> is_wanted("origin_query"), is_wanted("usage.prompt_tokens"), is_wanted("edit_format"), is_wanted("config.beam")
    (False, True, True, True)
    """
    text = normal(name)
    if meanings(name, summary=False) or meanings(name, summary=True) or text in KNOB_OF:
        return True
    if "." in name:
        return is_configured(name)
    return bool(text) and not _TEXTS.search(text)


def is_configured(name: str) -> bool:
    """Return whether the column stands in a group of settings: `config.planner`."""
    return "." in name and bool(_SETTING_GROUPS.search(name.rsplit(".", 1)[0]))
