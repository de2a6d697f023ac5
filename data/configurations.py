"""Which configuration is which: identity, the name it is priced under, effort read from a name, and readable labels."""

import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import pandas as pd

from data.names import identity_text, optional_identity, safe_text
from data.records import Configuration

KNOB_CHARS = 60
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

ROUTES = {
    "openai": "openai", "anthropic": "anthropic", "google": "google", "gemini": "google", "vertex_ai": "google", "bedrock": "aws",
    "azure": "azure", "azureai": "azure", "together": "together", "together_ai": "together", "groq": "groq",
    "fireworks": "fireworks", "fireworks_ai": "fireworks", "deepseek": "deepseek", "mistral": "mistral", "xai": "x-ai",
    "grok": "x-ai", "x-ai": "x-ai", "openrouter": "openrouter", "cohere": "cohere", "perplexity": "perplexity", "cerebras": "cerebras",
}  # fmt: skip
"""First segment of a routed name (`openai/gpt-4o`) → provider in the price book."""
_PROXIES = {"hosted_vllm", "litellm_proxy", "vllm", "models"}

LEVEL_NOUNS = {
    "max_turns": "turn", "token_budget": "token", "tool_budget": "tool call", "reflection_depth": "reflection", "n_samples": "sample",
    "few_shot": "example", "n_agents": "agent", "thinking_tokens": "thinking token", "max_tokens": "output token",
}  # fmt: skip
"""Knob → what its number counts, as people say it."""
_SHARED = ("canonical_model", "model_version", "agent", "agent_version", "provider", "hardware", "effort", "knobs", "is_human")
"""What is equal within a series."""

_EFFORT_IN_BRACKETS = re.compile(r"\s*\((none|minimal|low|medium|high|xhigh|max)\)$", re.IGNORECASE)
_EFFORT_AFTER_DASH = re.compile(r"(?<=.)-(minimal|low|medium|high|xhigh)$", re.IGNORECASE)
_HAS_DASHED_EFFORTS = re.compile(r"^(gpt-[5-9]|gpt-oss|o[1-9]|grok-)", re.IGNORECASE)  # `mistral-medium` is a model, not an effort

FAMILIES = {
    r"^(chatgpt|gpt-oss|gpt|o[1-9](\b|-)|codex)": "OpenAI", r"claude": "Claude", r"gemini": "Gemini", r"gemma": "Gemma", r"llama": "Llama",
    r"qwen|qwq": "Qwen", r"deepseek": "DeepSeek", r"mistral|mixtral|codestral|magistral|devstral|ministral": "Mistral",
    r"grok": "Grok", r"kimi": "Kimi", r"minimax": "MiniMax", r"glm": "GLM", r"command": "Command", r"phi-": "Phi",
}  # fmt: skip


def canonical(model: str) -> tuple[str | None, str, str | None]:
    """Return provider, the name without route and effort, and the effort that the name carries.

    >>> canonical("openai/gpt-5.2-high")
    ('openai', 'gpt-5.2', 'high')
    >>> canonical("gpt-5 (medium)")
    (None, 'gpt-5', 'medium')
    >>> canonical("mistral-medium")
    (None, 'mistral-medium', None)
    """
    provider = None
    parts = model.strip().split("/")
    while len(parts) > 1:
        route = parts[0].lower()
        if route in ROUTES:
            provider, parts = ROUTES[route], parts[1:]
            if provider == "openrouter":
                break
        elif route in _PROXIES:
            parts = parts[1:]
        elif parts[:3] == ["accounts", "fireworks", "models"]:
            parts = parts[3:]
        else:
            break
    name, effort = "/".join(parts), None
    if (found := _EFFORT_IN_BRACKETS.search(name)) or (_HAS_DASHED_EFFORTS.match(name) and (found := _EFFORT_AFTER_DASH.search(name))):
        name, effort = name[: found.start()], found[1].lower()
    return provider, name, effort


def family(model: str | None) -> str | None:
    """Return the family that a model's name tells, or None."""
    name = (canonical(model)[1] if model else "").split("/")[-1].lower()
    return next((title for pattern, title in FAMILIES.items() if re.search(pattern, name)), None)


def effort_rank(effort: str | None) -> float:
    """Return the place of an effort in none < minimal < low < medium < high < xhigh < max; numbers by size; unknown words last."""
    if effort is None:
        return math.nan
    if effort.lower() in EFFORTS:
        return float(EFFORTS.index(effort.lower()))
    try:
        number = float(effort)
    except ValueError:
        return math.inf
    return 100 + number if math.isfinite(number) else math.inf


def normal_knobs(knobs: dict) -> dict:
    """Return knobs with sorted safe keys and normal values: 1.0 and "1" are 1, "true" is True; empty ones are left out."""
    normal = {}
    for key in sorted(knobs):
        value = knobs[key]
        if isinstance(value, str):
            value = optional_identity(value)
            if value is not None and value.lower() in ("true", "false"):
                value = value.lower() == "true"
            elif value is not None and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value):
                value = float(value)
        if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 2**53:
            value = int(value)
        if value is not None and not (isinstance(value, float) and not math.isfinite(value)):
            normal[identity_text(key, KNOB_CHARS)] = value
    return normal


def varying_settings(configurations: Iterable[Configuration]) -> set[str]:
    """Return the settings that take two values within one model and agent: these are knobs of the dataset."""
    values: dict[tuple, dict[str, set]] = defaultdict(lambda: defaultdict(set))
    configurations = list(configurations)
    keys = {key for configuration in configurations for key in configuration.settings}
    for configuration in configurations:
        normal = normal_knobs(configuration.settings)
        for key in keys:
            values[configuration.model, configuration.agent][key].add(normal.get(identity_text(key, KNOB_CHARS)))
    return {key for per_key in values.values() for key, seen in per_key.items() if len(seen) > 1}


def row(configuration: Configuration, knobs_of_dataset: set[str]) -> dict:
    """Return the configuration as a row of the store, with its identity."""
    chosen = {key: value for key, value in configuration.settings.items() if key in knobs_of_dataset}
    model = optional_identity(configuration.model)
    provider, canonical_model, effort = canonical(model) if model else (None, None, None)
    fields = {
        "model": model,
        "canonical_model": canonical_model,
        "provider": optional_identity(configuration.provider) or provider,
        "family": family(model),
        "model_version": optional_identity(configuration.model_version),
        "agent": optional_identity(configuration.agent),
        "agent_version": optional_identity(configuration.agent_version),
        "effort": (optional_identity(configuration.effort) or effort or "").lower() or None,
        "knobs": json.dumps(normal_knobs({**configuration.knobs, **chosen}), sort_keys=True, ensure_ascii=False),
        "hardware": optional_identity(configuration.hardware),
        "is_human": configuration.is_human,
    }
    digest = hashlib.sha256(msgspec.json.encode(sorted(fields.items()))).digest()
    return {"configuration": int.from_bytes(digest[:8], "big") >> 1, "released_on": None, **fields}


def labels(configurations: pd.DataFrame) -> dict[str, str]:
    """Return a readable, unique label for each configuration, made of what varies between them.

    Parameters
    ----------
    configurations : DataFrame with columns configuration, model, agent, effort, knobs, agent_version, model_version, provider,
        hardware (None or NaN where unknown)
    """
    rows = _rows(configurations)
    several_agents = len({r["agent"] for r in rows}) > 1
    texts = {}
    for r in rows:
        parts = [r["agent"], r["model"]] if several_agents or not r["model"] else [r["model"]]
        texts[r["configuration"]] = " · ".join(p for p in parts if p) or ("human" if r["is_human"] else "unnamed")
    by_id = {r["configuration"]: r for r in rows}

    def clashes() -> list[list]:
        groups = defaultdict(list)
        for key, text in texts.items():
            groups[text].append(key)
        return [keys for keys in groups.values() if len(keys) > 1]

    for keys in clashes():
        if len({by_id[k]["effort"] for k in keys}) > 1:
            for k in keys:
                texts[k] += f" ({by_id[k]['effort'] or 'no effort set'})"
    for keys in clashes():
        knobs = {k: json.loads(by_id[k]["knobs"]) for k in keys}
        names = sorted({name for each in knobs.values() for name in each})
        varying = [name for name in names if len({json.dumps(each.get(name)) for each in knobs.values()}) > 1]
        for k in keys:
            told = ", ".join(f"{name.replace('_', ' ')} {_told(knobs[k][name])}" for name in varying if name in knobs[k])
            texts[k] += f" · {told}" if told else ""
    for field in ("model_version", "agent_version", "provider", "hardware"):
        for keys in clashes():
            if len({by_id[k][field] for k in keys}) > 1:
                for k in keys:
                    texts[k] += f" · {by_id[k][field]}" if by_id[k][field] else ""
    for keys in clashes():
        for k in keys:
            texts[k] += f" · {int(k) & 0xFFFF:04x}"
    return {str(key): safe_text(text) for key, text in texts.items()} if _unique(texts) else {
        str(key): f"{safe_text(text, 100)} · {int(key) & 0xFFFFFF:06x}" for key, text in texts.items()
    }  # fmt: skip


def _told(value) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _unique(texts: dict) -> bool:
    return len({safe_text(text) for text in texts.values()}) == len(texts)


@dataclass(frozen=True)
class Series:
    """Configurations that differ in one setting only, in its order."""

    name: str
    """What they share, as shown; unique among the series of a setting."""
    setting: str
    """`effort`, or the key of a knob."""
    members: tuple[tuple[str, str, float], ...]
    """(configuration, level as shown, value): the value is NaN for an effort that is a word."""


def series(configurations: pd.DataFrame, setting: str) -> list[Series]:
    """Return the configurations of which everything that is known is equal but this setting, two levels or more.

    Only numbers are levels of a knob. A configuration that does not name the setting is in no series: what stood for it is unknown.

    Parameters
    ----------
    configurations : DataFrame with the columns of `labels` and canonical_model
    setting : 'effort' or the key of a knob
    """
    groups, shared = defaultdict(list), {}
    for r in _rows(configurations):
        level = _level(r, setting)
        if level is not None and (r["canonical_model"] is not None or r["agent"] is not None):
            rest = _without(r, setting)
            key = tuple(rest[field] for field in _SHARED)
            groups[key].append((level[0], str(r["configuration"]), *level[1:], r["model"]))
            shared.setdefault(key, rest)
    ladders = {key: sorted(members, key=lambda m: m[:2]) for key, members in groups.items() if len({m[0] for m in members}) > 1}
    if not ladders:
        return []
    names = labels(pd.DataFrame([shared[key] | {"configuration": ladders[key][0][1]} for key in ladders], dtype=object))
    return [Series(names[members[0][1]], setting, _named(members)) for members in ladders.values()]


def settings(configurations: pd.DataFrame) -> list[str]:
    """Return the settings of which there is a series, the one with the most configurations first."""
    keys = {"effort"}.union(*(json.loads(knobs) for knobs in configurations["knobs"]))
    sizes = {key: sum(len(each.members) for each in series(configurations, key)) for key in keys}
    return sorted((key for key, size in sizes.items() if size), key=lambda key: (-sizes[key], key != "effort", key))


def ladders(configurations: pd.DataFrame) -> list[list[str]]:
    """Return effort ladders: configurations that differ in effort only, each list in rising effort."""
    return [[configuration for configuration, _, _ in each.members] for each in series(configurations, "effort")]


def _rows(configurations: pd.DataFrame) -> list[dict]:
    return configurations.astype(object).where(configurations.notna(), None).to_dict("records")


def _level(r: dict, setting: str) -> tuple[float, str, float] | None:
    """Return place, name and value of a configuration's level in a setting, None where it names none, or a knob that is no number."""
    value = json.loads(r["knobs"]).get(setting) if setting != "effort" else r["effort"]
    if setting == "effort":
        place = effort_rank(value)
        tokens = place - 100 if 100 <= place < math.inf else math.nan
        return None if value is None else (place, value if math.isnan(tokens) else f"{_number(tokens)} thinking tokens", tokens)
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) >= 2**53:
        return None
    noun = LEVEL_NOUNS.get(setting)
    name = f"{_number(value)} {noun}{'' if value == 1 else 's'}" if noun else f"{setting.replace('_', ' ')} {_number(value)}"
    return float(value), safe_text(name), float(value)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _without(r: dict, setting: str) -> dict:
    """Return the configuration as if it did not name the setting, its model by the canonical name."""
    knobs = {key: value for key, value in json.loads(r["knobs"]).items() if key != setting}
    return r | {
        "model": r["canonical_model"],
        "canonical_model": r["canonical_model"] and r["canonical_model"].lower(),
        "effort": None if setting == "effort" else r["effort"],
        "knobs": json.dumps(knobs, sort_keys=True, ensure_ascii=False),
    }


def _named(members: list[tuple[float, str, str, float, str | None]]) -> tuple[tuple[str, str, float], ...]:
    """Return the members of a series; a level that is met twice, its model spelled in two ways, is told apart by the spelling."""
    times = Counter(place for place, *_ in members)
    return tuple(
        (configuration, safe_text(f"{name} · {model}") if times[place] > 1 else name, value)
        for place, configuration, name, value, model in members
    )
