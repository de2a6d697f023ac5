"""Single attempts of a selection, and what a replay of their steps gives: tidy frames for returns, caps, attempts and anatomy.

Every function keeps what the evidence kept: its configurations (ids as text) and its benchmark. Infra errors and cancelled attempts are
left out everywhere; so are steps of judges and simulated users, but in `steps`. Unknown is NaN, never 0; a frame may be empty, its columns
are there all the same.
"""

import numpy as np
import pandas as pd

from data import prices
from data.frames import Evidence, Selection
from data.store import Store

UNITS = ("turns", "tool_calls", "reflection_depth", "tokens", "seconds", "usd")
"""What a cap can be set in."""
_KEYS = ["configuration", "benchmark", "task"]
_ROUND_MEASURES = (
    *("n_attempts", "n_success", "sum_success", "n_cost", "sum_cost_usd", "n_cost_priced"),
    *("n_tokens", "sum_tokens", "n_latency", "sum_latency_s"),
)


def attempts(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return one row per attempt that counts, sorted by configuration, benchmark, task, attempt, dataset and attempt_id.

    Columns
    -------
    configuration, benchmark, task, task_group, difficulty, human_minutes
    dataset, attempt_id, attempt (the log's number of the try), status, stop_reason, file, locator
    success : 0, 1, or NaN; error, limit and timeout without a success in the log are 0
    credit : what it adds to accuracy: success, or the score in a benchmark that has scores strictly between 0 and 1; NaN unknown
    cost_usd, is_priced : under the cost basis of the selection: as logged, else (auto) tokens × price of the day
    tokens (all in and out), uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens
        (reasoning included), reasoning_tokens
    turns, llm_calls, tool_calls, retries, reflections
    latency_s, active_s, ttft_s
    tool_cost_usd, aux_cost_usd
    answer_key : Int64, NA unknown: equal keys are equal answers within a dataset
    part_uncached_input_usd, part_cache_read_usd, part_cache_write_usd, part_reasoning_usd, part_answer_usd : see `prices.parts`
    """
    rows = _read(store, selection, found, "attempts")
    rates, _ = prices.rates_of(rows, found.configurations)
    usd, logged = prices.usd(rows, rates), rows["cost_usd_logged"].to_numpy(float)
    is_priced = np.isnan(logged) & ~np.isnan(usd) & (selection.cost == "auto")
    parts = prices.parts(rows, rates)
    rows = rows.rename(columns=lambda name: name.removeprefix("sum_")).assign(
        credit=rows["credit_of_score"].where(rows["benchmark"].isin(_fractional(found)), rows["success"]),
        cost_usd=np.where(is_priced, usd, logged),
        is_priced=is_priced,
    )
    return rows.astype({"answer_key": "Int64"})[[*_COLUMNS]].join(parts)


_COLUMNS = (
    *("configuration", "benchmark", "task", "task_group", "difficulty", "human_minutes", "dataset", "attempt_id", "attempt"),
    *("status", "stop_reason", "file", "locator", "success", "credit", "cost_usd", "is_priced"),
    *("tokens", "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("output_tokens", "reasoning_tokens", "turns", "llm_calls", "tool_calls", "retries", "reflections"),
    *("latency_s", "active_s", "ttft_s", "tool_cost_usd", "aux_cost_usd", "answer_key"),
)


def attempt_row(rows: pd.DataFrame, dataset: str, attempt_id: int) -> pd.Series | None:
    """Return the row of one attempt in a frame of `attempts`, None where it is not among them."""
    here = rows[(rows["attempt_id"] == attempt_id) & (rows["dataset"] == dataset)]
    return here.iloc[0] if len(here) else None


def ladders(store: Store, selection: Selection, found: Evidence, unit: str) -> pd.DataFrame:
    """Return what changes when a cap is raised: a running sum over the levels up to a cap is what stands had every attempt been cut there.

    Empty where the logs have no steps; attempts without steps are in none. Costs are those of the steps: where only the attempt has a
    logged cost they are list prices, so compare them with the ladder's own end, not with the cost of the attempts.

    Parameters
    ----------
    unit : 'turns', 'tool_calls', 'reflection_depth', 'tokens', 'seconds' or 'usd'
        A cap in usd can be replayed only where the log has the cost of every call; priced attempts have no level there.

    Columns
    -------
    configuration, benchmark, task, level (in the unit)
    n : attempts that stood at the level (the one column that is no change)
    n_started, n_ended, n_succeeded : attempts
    n_credit, sum_credit : attempts whose outcome is known, at their first level, and what those that end here add to accuracy: the
        accuracy under a cap is Σ sum_credit / Σ n_credit, a lower bound (who is cut has failed)
    n_cost, sum_cost_usd, n_cost_priced : as the steps log it; under `auto` the tokens × price of the day where no call of the attempt
        has a logged cost, never both in one attempt; n_cost_priced of n_cost are priced
    n_tokens, sum_tokens : all in and out
    n_output_tokens, sum_output_tokens : where input and output are known
    n_latency, sum_latency_s : to the end of the last step
    """
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {', '.join(UNITS)}, not {unit!r}")
    rows = _read(store, selection, found, "ladders", unit=unit)
    is_fractional = rows["benchmark"].isin(_fractional(found))
    rows = _with_costs(rows, selection, found).assign(
        n_credit=rows["n_scored"].where(is_fractional, rows["n_judged"]),
        sum_credit=rows["sum_score"].where(is_fractional, rows["n_succeeded"].astype(float)),
        n_output_tokens=rows["n_split"],
    )
    return _summed(rows, [*_KEYS, "level"], (
        "n", "n_started", "n_ended", "n_succeeded", "n_credit", "sum_credit", "n_cost", "sum_cost_usd", "n_cost_priced",
        "n_tokens", "sum_tokens", "n_output_tokens", "sum_output_tokens", "n_latency", "sum_latency_s",
    ))  # fmt: skip


def rounds(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return accuracy, cost, tokens and latency up to each reflection round, every attempt carried forward to the greatest depth.

    Only configurations with two depths or more on a benchmark, at the depths that stand in their logs. An attempt that went on is
    credited with the last score of its steps by then, and with 0 where no step has one: it was not yet accepted. Costs as in `ladders`.

    Columns
    -------
    configuration, benchmark, task, is_summary (published rows: task "(all)")
    depth : reflections done; 0 is the first answer
    n_attempts
    n_success, sum_success : attempts whose outcome is known, and what they would have added to accuracy had they ended after this round
    n_cost, sum_cost_usd, n_tokens, sum_tokens, n_latency, sum_latency_s : all up to that round
    """
    spent = ladders(store, selection, found, "reflection_depth")
    gained = _read(store, selection, found, "rounds")
    is_fractional = gained["benchmark"].isin(_fractional(found))
    changes = spent.assign(n_attempts=spent["n_started"]).merge(
        gained.assign(
            n_success=gained["n_scored"].where(is_fractional, gained["n_judged"]),
            sum_success=gained["sum_score"].where(is_fractional, gained["sum_success"]),
        )[[*_KEYS, "level", "n_success", "sum_success"]],
        on=[*_KEYS, "level"],
    )
    replayed = _carried(changes.rename(columns={"level": "depth"})[[*_KEYS, "depth", *_ROUND_MEASURES]]).assign(is_summary=False)
    published = pd.MultiIndex.from_frame(found.cells.loc[found.cells["is_summary"].astype(bool), _KEYS[:2]])
    rows = _read(store, selection, found, "summary_rounds")
    rows = rows[pd.MultiIndex.from_frame(rows[_KEYS[:2]]).isin(published)].reset_index(drop=True)
    rows = _with_costs(rows, selection, found).assign(n_success=rows["n_attempts"])
    printed = _summed(_deep(rows), [*_KEYS, "depth"], _ROUND_MEASURES).assign(is_summary=True)
    both = pd.concat([replayed, printed], ignore_index=True).astype({"depth": "int64", "is_summary": bool})
    return both.sort_values([*_KEYS, "is_summary", "depth"], ignore_index=True)[[*_KEYS, "is_summary", "depth", *_ROUND_MEASURES]]


def times(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return one row per attempt that has timed steps: how its time is divided, as unions of intervals.

    Columns
    -------
    configuration, benchmark, task, dataset, attempt_id
    llm_s, tool_s : length of the union of all LLM (tool) steps
    overlap_s : both at once
    idle_s : wall_s less the union of all, at least 0: waiting, backing off, and what simulated users and judges took
    wall_s : latency_s of the attempt, else from the first start to the last end
    is_timed : every LLM and tool step has both ends
    """
    return _read(store, selection, found, "times")


def turns(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return what each turn used; turn k is the k-th own LLM call with the tool steps that follow it.

    Columns
    -------
    configuration, benchmark, task, turn
    n : attempts that made the call
    n_tokens, sum_uncached_input_tokens, sum_cache_read_tokens, sum_cache_write_tokens (both kinds), sum_output_tokens : where input and
        output are known
    n_reasoning_tokens, sum_reasoning_tokens : where they are known
    n_cost, sum_cost_usd : as in `ladders`
    n_failed, n_ok_known : steps of the turn with `ok` false, and with `ok` known
    """
    rows = _with_costs(_read(store, selection, found, "turns"), selection, found)
    rows["sum_cache_write_tokens"] += rows["sum_cache_write_1h_tokens"]
    return _summed(rows.assign(n_tokens=rows["n_split"]), [*_KEYS, "turn"], (
        "n", "n_tokens", "sum_uncached_input_tokens", "sum_cache_read_tokens", "sum_cache_write_tokens", "sum_output_tokens",
        "n_reasoning_tokens", "sum_reasoning_tokens", "n_cost", "sum_cost_usd", "n_cost_priced", "n_failed", "n_ok_known",
    ))  # fmt: skip


def failures(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return one row per attempt with LLM or tool steps.

    Columns
    -------
    configuration, benchmark, task, dataset, attempt_id
    n_steps : LLM and tool steps
    first_failed_step : number of the first step with `ok` false, from 1; NaN: none
    n_failed, n_ok_known : steps with `ok` false, and with `ok` known
    """
    return _read(store, selection, found, "failures")


def conditioning(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return how often a step fails after so many failures in the same attempt.

    Columns
    -------
    configuration, benchmark, task
    n_failed_before : 0, 1, 2, or 3 for three and more
    n, n_failed : steps with `ok` known, and of these the failed
    """
    return _read(store, selection, found, "conditioning")


def tools(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return the calls of each tool.

    Columns
    -------
    configuration, benchmark, task
    tool : name, "(unnamed)" where the log has none
    n_calls, n_failed, n_ok_known
    n_duration, sum_duration_s
    """
    return _read(store, selection, found, "tools")


def useful(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return one row per attempt whose steps say what score it would have had there.

    Columns
    -------
    configuration, benchmark, task
    cost_usd, cost_usd_after_last_useful : of all own steps, and of those after its best score was first reached; NaN unknown
    """
    return _read(store, selection, found, "useful")


def steps(store: Store, dataset: str, attempt_id: int) -> pd.DataFrame:
    """Return the steps of one attempt in order, those of judges and simulated users too (see role).

    Columns
    -------
    step_id, turn, round, parent (step_id), kind, name, model, role
    offset_s, duration_s
    uncached_input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, total_tokens
    cost_usd_logged
    ok (boolean, NA unknown), score
    """
    return _texts(store.frame("steps", dataset=dataset, attempt_id=attempt_id).astype({"ok": "boolean"}))


def tasks(store: Store, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Return one row per benchmark and task of the evidence: benchmark, task, task_group, difficulty, human_minutes."""
    rows = _texts(store.frame("tasks", datasets=selection.datasets))
    there = found.cells.loc[~found.cells["is_summary"].astype(bool), ["benchmark", "task"]]
    return rows[pd.MultiIndex.from_frame(rows[["benchmark", "task"]]).isin(pd.MultiIndex.from_frame(there))].reset_index(drop=True)


def _read(store: Store, selection: Selection, found: Evidence, query: str, **parameters) -> pd.DataFrame:
    """Return the rows of the evidence's configurations and benchmark."""
    rows = store.frame(query, datasets=selection.datasets, **parameters)
    kept = rows["configuration"].isin(found.configurations.index)
    if found.benchmark != "all":
        kept &= rows["benchmark"] == found.benchmark
    return _texts(rows if kept.all() else rows[kept].reset_index(drop=True))


def _texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Give columns without a single text the type they have otherwise: DuckDB cannot tell it from the values."""
    return rows.astype({name: "str" for name, kind in rows.dtypes.items() if kind == "object"})


def _fractional(found: Evidence) -> list[str]:
    """Return the benchmarks with scores strictly between 0 and 1: the same ones as on the frontier of this evidence."""
    return sorted(found.cells.loc[found.cells["n_fractional"] > 0, "benchmark"].unique())


def _with_costs(rows: pd.DataFrame, selection: Selection, found: Evidence) -> pd.DataFrame:
    """Add n_cost_priced, and under `auto` price the rows of attempts in which no call has a logged cost."""
    is_priceable = ~rows["is_cost_logged"].to_numpy(bool) & (selection.cost == "auto")
    usd, _ = prices.priced(rows.assign(is_priceable=is_priceable), found.configurations)
    n_priced = np.where(np.isnan(usd), 0, rows["n_split"])
    return rows.assign(
        n_cost=np.where(is_priceable, n_priced, rows["n_cost"]),
        sum_cost_usd=np.where(is_priceable, np.nan_to_num(usd), rows["sum_cost_usd"]),
        n_cost_priced=n_priced,
    )


def _summed(rows: pd.DataFrame, keys: list[str], columns: tuple[str, ...]) -> pd.DataFrame:
    """Sum away day, tier and where the cost is from, in the order of the query, so that equal rows give equal sums."""
    summed = rows.groupby(keys, sort=True)[list(columns)].sum().reset_index()
    return summed.astype({name: "int64" if name.startswith("n") else "float64" for name in columns})


def _deep(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the configurations that have two depths or more on a benchmark."""
    return rows[rows.groupby(_KEYS[:2])["depth"].transform("nunique") > 1].reset_index(drop=True)


def _carried(changes: pd.DataFrame) -> pd.DataFrame:
    """Return running sums of the changes: every task of a configuration and benchmark at every depth that any of them reached."""
    changes = _deep(changes)
    everywhere = changes[_KEYS].drop_duplicates().merge(changes[[*_KEYS[:2], "depth"]].drop_duplicates(), on=_KEYS[:2])
    rows = everywhere.merge(changes, how="left", on=[*_KEYS, "depth"]).sort_values([*_KEYS, "depth"], ignore_index=True)
    sums = rows.fillna(0).groupby(_KEYS)[list(_ROUND_MEASURES)].cumsum()
    for measure in ("cost_usd", "tokens", "latency_s"):
        sums[f"sum_{measure}"] = sums[f"sum_{measure}"].where(sums[f"n_{measure.partition('_')[0]}"] > 0, 0.0)  # no rest of rounding
    return rows[[*_KEYS, "depth"]].join(sums.astype({name: "int64" for name in _ROUND_MEASURES if name.startswith("n")}))
