"""Which configuration is which: identity, the name it is priced under, effort read from a name, and readable labels."""

import hashlib
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable

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
        return 100 + float(effort)
    except ValueError:
        return math.inf


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
    rows = configurations.astype(object).where(configurations.notna(), None).to_dict("records")
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


def ladders(configurations: pd.DataFrame) -> list[list[str]]:
    """Return effort ladders: configurations that differ in effort only, each list in rising effort."""
    rows = configurations.astype(object).where(configurations.notna(), None)
    groups = defaultdict(list)
    for r in rows.to_dict("records"):
        if r["effort"] is not None and r["canonical_model"] is not None:
            groups[r["canonical_model"].lower(), r["agent"], r["knobs"], r["provider"]].append(
                (effort_rank(r["effort"]), str(r["configuration"]))
            )
    return [[key for _, key in sorted(steps)] for steps in groups.values() if len({rank for rank, _ in steps}) > 1]
