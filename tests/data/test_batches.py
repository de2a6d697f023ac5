"""What the child lets through: whatever an importer yields fits the store, and what is out of range is unknown and told."""

import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import batches, configurations
from data.ingest import ingest
from data.names import identity_text
from data.records import Attempt, Configuration, Step, Summary, Task, Usage
from data.store import Store

CONFIGURATION, TASK = Configuration(model="m"), Task(task="t")


def attempt(**fields) -> Attempt:
    return Attempt(**{"configuration": CONFIGURATION, "task": TASK, "locator": "line 1", **fields})


def rows_of(record: Attempt) -> tuple[dict, list[dict], list[tuple]]:
    told = []
    steps = [batches.step_row(s, 0, i, record.locator, lambda *p: told.append(p)) for i, s in enumerate(record.steps)]
    return batches.attempt_row(record, 0, 0, 0, steps, b"k" * 32, lambda *p: told.append(p)), steps, told


def test_a_value_exactly_at_a_limit_is_unknown_and_the_rest_is_kept(tmp_path):
    """One attempt at exactly 1,000,000 USD, which DECIMAL(18,12) does not hold, or a step in turn 2³¹ took the whole import down."""
    n = 4
    pq.write_table(
        pa.table({
            "model": ["m"] * n, "task": [f"t{i}" for i in range(n)], "run_id": [f"r{i}" for i in range(n)], "score": [1.0, 0.0, 1.0, 1.0],
            "uncached_input_tokens": [1, 10**12, 2**62, 10**12 - 1], "output_tokens": [1] * n,
            "cost_usd_logged": [1e6, math.nextafter(1e6, 0), 1e300, 0.5], "tool_cost_usd": [1e6, 0.0, 0.0, 0.0],
            "aux_cost_usd": [1e6, 1.0, 1.0, 1.0], "latency_s": [1e9, 1.0, 1e18, 2.0], "human_cost_usd": [1e6, 1.0, 1.0, 1.0],
            "human_minutes": [-5.0, 1.0, 1.0, 1.0], "attempt": [2**31, 1, 2, 3], "aux_llm_calls": [2**60, 1, 1, 1],
        }),
        tmp_path / "attempts.parquet",
    )  # fmt: skip
    pq.write_table(
        pa.table({
            "run_id": ["r0"] * 2, "kind": ["llm", "llm"], "turn": [2**31, 1], "round": [2**40, 0], "parent": [-1, 0],
            "cost_usd_logged": [1e6, 0.25], "offset_s": [1e9, 0.0], "score": [1.0, 0.5],
        }),
        tmp_path / "steps.parquet",
    )  # fmt: skip
    store = Store()
    dataset = ingest(store, [tmp_path])
    with store.cursor() as cursor:
        kept = cursor.execute(
            "select cost_usd_logged, uncached_input_tokens, latency_s, attempt from attempt order by attempt_id"
        ).fetchall()
        steps = cursor.execute("select turn, round, parent, cost_usd_logged, score from step order by step_id").fetchall()
    assert [c and round(float(c), 6) for c, *_ in kept] == [None, 1_000_000, None, 0.5]
    assert [row[1:] for row in kept] == [(1, None, None), (None, 1, 1), (None, None, 2), (10**12 - 1, 2, 3)]
    assert steps == [(None, None, None, None, 1), (1, 0, 0, 0.25, 0.5)]
    problems = store.frame("problems", datasets=[dataset])
    assert not problems["refused"].any()
    assert {"cost_usd_logged", "tool_cost_usd", "aux_cost_usd", "latency_s", "uncached_input_tokens", "attempt", "aux_llm_calls",
            "human_cost_usd", "human_minutes", "step turn", "step round", "step parent"} <= set(problems["field"])  # fmt: skip
    assert store.frame("totals", datasets=[dataset])["uncached_input_tokens"].tolist() == [10**12]


numbers = st.one_of(
    st.none(), st.sampled_from([0, 1, -1, 2**31, 2**63, 10**400, 10**9, 10**12, 1e6, 1e9, 0.5, math.nan, math.inf, -math.inf])
)
usages = st.builds(Usage, uncached_input_tokens=numbers, cache_read_tokens=numbers, output_tokens=numbers, total_tokens=numbers)
some_steps = st.builds(
    Step, kind=st.sampled_from(["llm", "tool", "thought"]), turn=numbers, round=numbers, parent=numbers, score=numbers, duration_s=numbers,
    cost_usd_logged=numbers, usage=usages,
)  # fmt: skip
anything = st.builds(
    attempt, attempt=numbers, latency_s=numbers, active_s=numbers, ttft_s=numbers, score=numbers, llm_calls=numbers, turns=numbers,
    cost_usd_logged=numbers, tool_cost_usd=numbers, aux_cost_usd=numbers, aux_llm_calls=numbers, usage=usages, aux=usages,
    token_basis=st.sampled_from([None, "agent_only", "<b>"]), latency_basis=st.sampled_from([None, "wall", "guess"]),
    steps=st.lists(some_steps, max_size=2),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(anything)
def test_no_number_whatever_its_size_breaks_a_batch(record):
    row, steps, _ = rows_of(record)
    stored = pa.RecordBatch.from_pylist([row], schema=batches.ATTEMPTS).to_pylist()[0]
    pa.RecordBatch.from_pylist(steps, schema=batches.STEPS)
    assert set(row) == set(batches.ATTEMPTS.names)
    for name in ("cost_usd_logged", "tool_cost_usd", "aux_cost_usd"):
        assert stored[name] is None or 0 <= stored[name] < 1e6
    for name in ("uncached_input_tokens", "aux_input_tokens", "aux_output_tokens", "aux_llm_calls", "turns"):
        assert stored[name] is None or 0 <= stored[name] < 10**13
    assert stored["score"] is None or 0 <= stored["score"] <= 1
    assert stored["token_basis"] in (None, *batches.TOKEN_BASES)
    assert stored["latency_basis"] in (None, *batches.LATENCY_BASES)


def test_what_judges_and_simulated_users_used_is_checked_too():
    """The aux fields went into the store raw: a negative token count or NaN calls made the dataset's totals wrong."""
    usage = Usage(uncached_input_tokens=-5, cache_read_tokens=7, output_tokens=10**12)
    row, _, told = rows_of(attempt(aux=usage, aux_llm_calls=-1, aux_cost_usd=math.nan))
    assert (row["aux_input_tokens"], row["aux_output_tokens"], row["aux_llm_calls"], row["aux_cost_usd"]) == (7, None, None, None)
    assert {field for _, field, _ in told} == {"aux uncached_input_tokens", "aux output_tokens", "aux_llm_calls", "aux_cost_usd"}


def test_a_basis_that_nobody_knows_is_unknown():
    """Words of a file stood in the two bases as they were, and from there on the page."""
    row, _, told = rows_of(attempt(token_basis="<script>", latency_basis="<script>"))
    assert (row["token_basis"], row["latency_basis"]) == ("unknown", None)
    assert {field for _, field, _ in told} == {"token_basis", "latency_basis"}


def test_products_of_tokens_are_made_of_checked_values():
    """A call with −5 input tokens made Σ input·output negative; now this call is unknown, and so is the sum over all calls."""
    good = Step(kind="llm", usage=Usage(uncached_input_tokens=10, output_tokens=2))
    bad = Step(kind="llm", usage=Usage(uncached_input_tokens=-5, output_tokens=2))
    judge = Step(kind="llm", role="judge", usage=Usage(uncached_input_tokens=99, output_tokens=99))
    assert [rows_of(attempt(steps=[good, judge]))[0][k] for k in ("sum_input_output", "sum_input_sq")] == [20, 100]
    assert rows_of(attempt(steps=[good, bad]))[0]["sum_input_output"] is None


@pytest.mark.parametrize(
    ("kind", "usage", "known"),
    [("llm", Usage(uncached_input_tokens=5, output_tokens=1), None), ("llm", Usage(), None), ("tool", Usage(), 0.0),
     ("llm", Usage(uncached_input_tokens=0, output_tokens=0), 0.0), ("tool", Usage(uncached_input_tokens=5, output_tokens=1), None)],
)  # fmt: skip
def test_a_step_that_cost_nothing_though_tokens_were_used_has_an_unknown_cost(kind, usage, known):
    """Harnesses without a price table log 0 for each call: the ladder in USD then stood at 0 for every budget."""
    _, (step,), told = rows_of(attempt(steps=[Step(kind=kind, usage=usage, cost_usd_logged=0.0)]))
    assert step["cost_usd_logged"] == known
    assert len(told) == (known is None)


@pytest.mark.parametrize(
    ("n", "success_sum"), [(10**9, 1.0), (10, 1e9), (0, 0.0), (10, -1.0), (10, math.nan), (10, math.inf), (10, 11.0), (-3, 0.0)]
)
def test_a_published_row_without_usable_n_or_successes_is_refused(n, success_sum):
    assert batches.unusable(Summary(configuration=CONFIGURATION, locator="record 1", n=n, success_sum=success_sum))


def test_a_published_row_too_large_is_refused_alone(tmp_path):
    """A leaderboard with one row of n = 10⁹ was not read at all: DECIMAL(18,9) ends there, and the store refused every row."""
    path = tmp_path / "board.csv"
    path.write_text("model,accuracy,n\na,0.5,100\nb,0.9,1000000000\nc,0.7,100\n")
    store = Store()
    dataset = ingest(store, [path])
    row = store.frame("datasets").iloc[0]
    assert (row["n_read"], row["n_accepted"], row["n_refused"]) == (3, 2, 1)
    assert store.frame("problems", datasets=[dataset])["locator"].tolist() == ["record 2"]


@given(st.text(max_size=30).map(lambda text: text * 20), st.integers(20, 300), st.integers(20, 300))
@settings(max_examples=100, deadline=None)
def test_identity_text_is_safe_short_and_the_same_in_one_cut_or_two(text, first, second):
    once = identity_text(text, min(first, second))
    assert len(once) <= min(first, second)
    assert identity_text(identity_text(text, max(first, second)), min(first, second)) == once


def test_names_that_differ_anywhere_stay_apart():
    """Names were cut at 60, 120 or 200 characters: what differed behind was one task, and its second attempt was dropped as a repeat."""
    names = ["x" * 5000 + end for end in "abc"] + ["x" * 199, "x" * 200, "x" * 201]
    assert len({identity_text(name, 200) for name in names}) == len(names)
    knobs = [{"x" * 100 + "1": "v"}, {"x" * 100 + "2": "v"}, {"k": "x" * 200 + "1"}, {"k": "x" * 200 + "2"}]
    assert len({configurations.row(Configuration(model="m", knobs=each), set())["configuration"] for each in knobs}) == len(knobs)
