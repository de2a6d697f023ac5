"""The tables of GPUs and models: what they hold, where users' rows go, and what is refused in which words."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.hardware import FOLDER, GPU_NUMBERS, MODEL_NUMBERS, gpus, measured, models


def test_every_gpu_has_what_the_roofline_needs_and_its_datasheet():
    table = gpus()
    assert table["gpu"].is_unique
    assert np.isfinite(table[["memory_gb", "bandwidth_tb_per_s", "bf16_tflops", "tdp_w"]]).all().all()
    assert table["datasheet"].str.startswith("https://").all()
    assert (table["price_source"] != "").equals(table["usd_per_hour"].notna())
    assert not table["is_own"].any()


def test_gpus_are_what_their_datasheets_say():
    """Figures as the vendors state them; FLOP/s without sparsity."""
    table = gpus().set_index("gpu")[list(GPU_NUMBERS[:5])]
    assert table.loc["A100 SXM 40GB"].fillna(-1).tolist() == [40, 1.555, 312, -1, 400]
    assert table.loc["H100 SXM 80GB"].tolist() == [80, 3.35, 989, 1979, 700]
    assert table.loc["H200 SXM 141GB"].tolist() == [141, 4.8, 989, 1979, 700]
    assert table.loc["L40S 48GB"].tolist() == [48, 0.864, 362, 733, 350]
    assert table.loc["MI300X 192GB"].tolist() == [192, 5.3, 1307.4, 2614.9, 750]


def test_every_price_is_marked_as_uncertain():
    table = gpus()
    assert table.loc[table["usd_per_hour"].notna(), "uncertain"].str.contains("usd_per_hour").all()


@pytest.mark.parametrize("table", [gpus(), models()], ids=["gpus", "models"])
def test_uncertain_cells_are_named_by_their_columns(table):
    named = {word for text in table["uncertain"] for word in text.split()}
    assert named <= set(table.columns)


def test_models_are_whole_and_their_parts_no_larger_than_the_whole():
    table = models()
    assert table["model"].is_unique
    assert np.isfinite(table[list(MODEL_NUMBERS)]).all().all()
    assert (table["active_b"] <= table["total_b"]).all()
    assert ((table["experts"] > 1) == (table["active_b"] < table["total_b"])).all()
    assert (table["attention_heads"] % table["kv_heads"] == 0).all()
    assert table["source"].str.startswith("https://").all()


def test_parameters_of_dense_and_sparse_models_follow_from_their_shapes():
    """Counted by hand: layers × (attention + feed-forward) + embeddings; Mixtral runs 2 of its 8 experts."""
    table = models().set_index("model")
    qwen = 64 * (2 * 5120 * 8192 + 2 * 5120 * 1024 + 3 * 5120 * 25600) + 2 * 151936 * 5120
    assert table.loc["Qwen/Qwen3-32B", "total_b"] == pytest.approx(qwen / 1e9, abs=2e-3)
    attention, expert, words = 2 * 4096 * 4096 + 2 * 4096 * 1024, 3 * 4096 * 14336, 2 * 32000 * 4096
    mixtral = table.loc["mistralai/Mixtral-8x7B-Instruct-v0.1"]
    assert mixtral["total_b"] == pytest.approx((32 * (attention + 8 * expert) + words) / 1e9, abs=2e-3)
    assert mixtral["active_b"] == pytest.approx((32 * (attention + 2 * expert) + words) / 1e9, abs=2e-3)


def test_the_measured_models_and_gpus_are_in_the_tables():
    rows = measured()
    assert set(rows["model"]) <= set(models()["model"])
    assert set(rows["gpu"]) <= set(gpus()["gpu"])


def test_every_bundled_file_is_in_its_source_note():
    note = (FOLDER / "SOURCE.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.csv")} == set(re.findall(r"`(\w+\.csv)` \|", note))


def test_a_new_row_is_added_and_its_empty_cells_stay_unknown(frozen):
    own = frozen(pd.DataFrame({"gpu": ["My card"], "memory_gb": [48.0], "tdp_w": [300.0]}))
    table = gpus(own).set_index("gpu")
    assert len(table) == len(gpus()) + 1
    assert table.loc["My card", ["memory_gb", "tdp_w"]].tolist() == [48, 300]
    assert table.loc["My card", ["bandwidth_tb_per_s", "bf16_tflops", "usd_per_hour"]].isna().all()
    assert table["is_own"].tolist() == [False] * len(gpus()) + [True]


def test_a_known_name_changes_that_row_and_empty_cells_keep_it():
    table = gpus(pd.DataFrame({"gpu": ["H100 SXM 80GB"], "usd_per_hour": [1.99], "tdp_w": [np.nan]})).set_index("gpu")
    assert len(table) == len(gpus())
    assert table.loc["H100 SXM 80GB", ["usd_per_hour", "tdp_w", "is_own"]].tolist() == [1.99, 700.0, True]


def test_a_new_model_is_dense_in_bf16_cache_unless_it_says_more():
    table = models(pd.DataFrame({"model": ["mine"], "total_b": [7.0], "layers": [32]})).set_index("model")
    assert table.loc["mine", ["active_b", "experts", "active_experts", "kv_bytes_per_value"]].tolist() == [7, 1, 1, 2]
    assert np.isnan(table.loc["mine", "kv_heads"])
    assert table.loc["mine", "label"] == "mine"


def test_names_are_made_safe():
    table = gpus(pd.DataFrame({"gpu": ["evil\u202e card\n"], "note": ["a\x00b"]}))
    assert table.iloc[-1][["gpu", "note"]].tolist() == ["evil card", "a b"]


@pytest.mark.parametrize("empty", [None, pd.DataFrame(), pd.DataFrame({"gpu": []})])
def test_nothing_to_add_is_the_bundled_table(empty):
    assert gpus(empty).equals(gpus())


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"name": ["x"]}, "Your rows have no column “gpu”, which names each of them."),
        ({"gpu": ["x"], "vram": [1]}, "The column “vram” is unknown; there are gpu, memory_gb"),
        ({"gpu": ["x", " "]}, "Row 2 has no name in the column “gpu”."),
        ({"gpu": ["x", None]}, "Row 2 has no name in the column “gpu”."),
        ({"gpu": ["x", "x"]}, "“x” stands in two of your rows."),
        ({"gpu": ["x"], "memory_gb": ["lots"]}, "“x”: memory_gb is “lots”, which is no number."),
        ({"gpu": ["x"], "memory_gb": [0]}, "“x”: memory_gb is 0; it has to be a number above 0 to 1,000,000."),
        ({"gpu": ["x"], "tdp_w": [-5.0]}, "“x”: tdp_w is -5.0; it has to be a number above 0"),
        ({"gpu": ["x"], "tdp_w": [np.inf]}, "“x”: tdp_w is inf; it has to be a number above 0"),
        ({"gpu": ["x"], "usd_per_hour": [-1]}, "“x”: usd_per_hour is -1; it has to be a number from 0"),
        ({"gpu": [f"x{k}" for k in range(1001)]}, "1001 rows are more than the 1000 that are read."),
    ],
)
def test_a_bad_row_is_refused_in_one_sentence(rows, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        gpus(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"total_b": 7, "active_b": 8}, "“x”: active_b is 8, more than total_b with 7."),
        ({"attention_heads": 8, "kv_heads": 16}, "“x”: kv_heads is 16, more than attention_heads with 8."),
        ({"layers": 31.5}, "“x”: layers is 31.5; it has to be a whole number."),
    ],
)
def test_a_model_that_cannot_be_is_refused(row, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        models(pd.DataFrame([{"model": "x", **row}]))


def test_a_free_gpu_is_allowed():
    assert gpus(pd.DataFrame({"gpu": ["mine"], "usd_per_hour": [0]})).iloc[-1]["usd_per_hour"] == 0


cells = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=5), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(["gpu", *GPU_NUMBERS, "note"]), cells), max_size=4))
def test_any_row_is_taken_with_sane_numbers_or_refused_in_a_sentence(rows):
    refusal, table = "", gpus()
    try:
        table = gpus(pd.DataFrame(rows))
    except ValueError as refused:
        refusal = str(refused)
    assert refusal == "" or refusal.endswith(".")
    numbers = table[list(GPU_NUMBERS)].to_numpy()
    assert np.isfinite(numbers[~np.isnan(numbers)]).all()
    assert (table["gpu"].str.strip() != "").all()
