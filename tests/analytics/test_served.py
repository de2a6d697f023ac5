"""Names of models as logs spell them, and the bundled table's."""

import pytest

from analytics.served import bare, served
from data import hardware


@pytest.mark.parametrize(
    ("logged", "in_the_table"),
    [
        ("qwen3-32B", "Qwen/Qwen3-32B"),
        ("llama-3.3-70B", "meta-llama/Llama-3.3-70B-Instruct"),
        ("together_ai/meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "meta-llama/Meta-Llama-3.1-8B-Instruct"),
        ("deepseek-r1", "deepseek-ai/DeepSeek-R1"),
        ("openai/gpt-oss-120b", "openai/gpt-oss-120b"),
        ("mixtral_8x7b_instruct_v0.1", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
        ("Qwen2.5-Coder-32B-Instruct-FP8", "Qwen/Qwen2.5-Coder-32B-Instruct"),
    ],
)
def test_spellings_meet(logged, in_the_table):
    assert served({"a": logged}, hardware.models())["a"].name == in_the_table


@pytest.mark.parametrize("closed", ["gpt-5", "claude-sonnet-4-5", "qwen3", "llama-3.1", "", None])
def test_others_do_not(closed):
    assert served({"a": closed}, hardware.models()) == {}


def test_no_two_models_of_the_table_are_one():
    names = [bare(name) for name in hardware.models()["model"]]
    assert len(set(names)) == len(names)


def test_a_stand_in_serves_those_that_have_none():
    found = served({"a": "gpt-5", "b": "Qwen3-8B", "c": None}, hardware.models(), stand_in="Qwen/Qwen3-32B")
    assert {key: of.name for key, of in found.items()} == {"a": "Qwen/Qwen3-32B", "b": "Qwen/Qwen3-8B", "c": "Qwen/Qwen3-32B"}
    with pytest.raises(KeyError):
        served({"a": "gpt-5"}, hardware.models(), stand_in="nobody")
