"""Which open model own GPUs would serve for a configuration: the one it ran on where its parameters are known, else a chosen stand-in."""

import re
from collections.abc import Mapping

import pandas as pd

from analytics.hardware import Model, model

_SUFFIX = re.compile(r"[-_ ](instruct|it|chat|hf|fp8|bf16|awq|gptq|int4|int8|turbo|v0\.\d|2[45]\d\d|\d{8}|4k|8k|128k)(?=$|[-_ ])")


def bare(name: str) -> str:
    """Return a model's name without vendor, tuning and precision, so that spellings of one model meet.

    >>> bare("meta-llama/Meta-Llama-3.1-70B-Instruct"), bare("together_ai/llama-3.1-70b-instruct-turbo"), bare("Qwen3-32B")
    ('llama-3.1-70b', 'llama-3.1-70b', 'qwen3-32b')
    """
    last = name.rpartition("/")[2].lower().replace("_", "-").replace(" ", "-").removeprefix("meta-")
    while (shorter := _SUFFIX.sub("", last)) != last:
        last = shorter
    return last


def served(names: Mapping[str, str | None], table: pd.DataFrame, *, stand_in: str | None = None) -> dict[str, Model]:
    """Models that own GPUs would serve, by configuration.

    Parameters
    ----------
    names : mapping of str to str or None
        Configuration → name of its model.
    table : pandas.DataFrame
        Open models, one row each, as `analytics.hardware.model` reads them.
    stand_in : str, optional
        A model of the table for every configuration whose own is not in it: what own GPUs would cost if it used as many tokens.

    Returns
    -------
    dict of Model
        Without the configurations for which none is known.

    Raises
    ------
    KeyError
        If the stand-in is not in the table.

    Notes
    -----
    Names are compared without vendor, tuning and precision. It misleads where a provider serves a model at another precision than the
    table's, and a stand-in says nothing of accuracy: that stays what the logged model reached.

    References
    ----------
    None: names only.

    Examples
    --------
    >>> numbers = {"total_b": 70.6, "active_b": 70.6, "layers": 80, "attention_heads": 64, "kv_heads": 8, "head_size": 128, "experts": 1,
    ...     "active_experts": 1, "bytes_per_parameter": 2, "kv_bytes_per_value": 2}
    >>> table = pd.DataFrame([{"model": "meta-llama/Llama-3.3-70B-Instruct"} | numbers])
    >>> found = served({"a": "llama-3.3-70B", "b": "gpt-5", "c": None}, table)
    >>> list(found), found["a"].total_b
    (['a'], 70.6)
    """
    known: dict[str, str] = {}
    for name in table["model"]:
        known.setdefault(bare(str(name)), str(name))
    chosen = {
        configuration: known.get(bare(name), stand_in) if isinstance(name, str) else stand_in for configuration, name in names.items()
    }
    models = {name: model(table, name) for name in dict.fromkeys(chosen.values()) if name is not None}
    return {configuration: models[name] for configuration, name in chosen.items() if name is not None}
