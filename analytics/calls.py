"""Call sequences of logged tasks: what an agent asks of its model, call by call, and how long it is away between calls."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Sequences:
    """Calls of logged tasks: those of task i stand at `first[i]` up to `first[i + 1]`."""

    first: np.ndarray
    """Shape (n + 1,)."""
    prompt_tokens: np.ndarray
    """Shape (number of calls,), as all below: tokens of the whole prompt."""
    cached_tokens: np.ndarray
    """Of these, read from the cache."""
    output_tokens: np.ndarray
    wait_s: np.ndarray
    """After the call, until the next one (tools), or until the task is done."""

    @property
    def n(self) -> int:
        """Number of tasks."""
        return len(self.first) - 1


def sequences(turns: pd.DataFrame, times: pd.DataFrame, configuration: str, *, cap: float = np.inf) -> Sequences | None:
    """Call sequences of one configuration, task by task and attempt by attempt.

    Parameters
    ----------
    turns : pandas.DataFrame
        One row per configuration × benchmark × task × turn: n (attempts that made the call) and sums of the token buckets over n_tokens.
    times : pandas.DataFrame
        One row per attempt: configuration, benchmark, task, llm_s, wall_s, is_timed; may be empty: then there are no waits.
    configuration : str
        Whose calls.
    cap : float
        Turns that are kept.

    Returns
    -------
    Sequences or None
        None where the tokens of calls are not known.

    Raises
    ------
    KeyError
        If a column is missing.

    Notes
    -----
    As many sequences per task as it has attempts, as long as these were; the tokens of a call are the mean over the attempts of that
    task that made it, so with one attempt per task they are exactly the logged ones. The time outside of LLM calls is divided evenly
    among the calls of a task. It misleads where single attempts at a task differ much in their tokens: the tail is then too short.

    References
    ----------
    Kim et al., "The Cost of Dynamic Reasoning", HPCA 2026, arXiv:2506.04301 (agents served under Poisson arrivals).

    Examples
    --------
    Two attempts; both make the first call, one the second:

    >>> turns = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": "1", "turn": [1, 2], "n": [2, 1], "n_tokens": [2, 1],
    ...     "sum_uncached_input_tokens": [200.0, 50], "sum_cache_read_tokens": [0.0, 100], "sum_cache_write_tokens": 0.0,
    ...     "sum_output_tokens": [20.0, 5]})
    >>> found = sequences(turns, pd.DataFrame(), "a")
    >>> found.first.tolist(), found.prompt_tokens.tolist(), found.cached_tokens.tolist(), found.output_tokens.tolist()
    ([0, 2, 3], [100.0, 150.0, 100.0], [0.0, 100.0, 0.0], [10.0, 5.0, 10.0])
    """
    rows = turns[(turns["configuration"] == configuration) & (turns["turn"] <= cap) & (turns["n"] > 0)]
    if rows.empty or (rows["n_tokens"] <= 0).any():
        return None
    rows = rows.sort_values(["benchmark", "task", "turn"], kind="stable")
    n, known = rows["n"].to_numpy(np.int64), rows["n_tokens"].to_numpy(np.float64)
    read, output = (rows[f"sum_{name}_tokens"].to_numpy(np.float64) / known for name in ("cache_read", "output"))
    fresh = sum(rows[f"sum_{name}_tokens"].to_numpy(np.float64) for name in ("uncached_input", "cache_write")) / known
    waits = _waits(times, configuration)
    lengths, order, wait = [], [], []
    start = 0
    for key, group in rows.groupby(["benchmark", "task"], sort=True):
        here = n[start : start + len(group)]
        calls = here.sum()  # of all attempts at the task
        for attempt in range(int(here.max())):
            made = np.flatnonzero(here > attempt)
            lengths.append(len(made))
            order.append(start + made)
            wait.append(np.full(len(made), waits.get(key, 0.0) / calls))
        start += len(group)
    place = np.concatenate(order)
    return Sequences(
        first=np.concatenate([[0], np.cumsum(lengths)]),
        prompt_tokens=(fresh + read)[place],
        cached_tokens=read[place],
        output_tokens=output[place],
        wait_s=np.concatenate(wait),
    )


def _waits(times: pd.DataFrame, configuration: str) -> dict[tuple, float]:
    """Return the time outside of LLM calls, summed over the attempts at each task."""
    if times.empty:
        return {}
    rows = times[(times["configuration"] == configuration) & times["is_timed"].to_numpy(bool)]
    rest = np.maximum(rows["wall_s"] - rows["llm_s"], 0.0)
    return {(str(b), str(t)): float(s) for (b, t), s in rest.groupby([rows["benchmark"], rows["task"]], sort=True).sum().items()}
