"""What several attempts at a task buy: at least one success, success every time, a majority, or a choice made by a verifier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import notation
from analytics.draws import Verifier, best_of, pass_at, pass_at_table, pass_hat, pass_hat_table
from analytics.effort import Effort, e3, relative_effort
from analytics.grid import Measure
from analytics.levels import Levels
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, task_weights
from analytics.search import Search
from analytics.tries import (
    Band,
    Tries,
    Votes,
    gain_band,
    is_exact,
    majorities,
    measure_band,
    searched,
    share_band,
    slowest,
    spent,
    tries,
    votes,
)

_MOST_POINTS = 32
"""Of a curve; above, numbers of attempts are spaced by ratio."""


@dataclass(frozen=True)
class AttemptsCurve:
    """One configuration: what k attempts reach and cost, k by k."""

    configuration: str
    ks: tuple[int, ...]
    n_tasks: tuple[int, ...]
    """Tasks with at least k attempts whose success is known, for each k."""
    pass_at_each: np.ndarray
    """(K,): pass@k over those tasks, so each k on its own; NaN without a task."""
    pass_hat_each: np.ndarray
    majority_each: np.ndarray | None
    largest_k: int
    """Largest of `ks` that a task reaches; 0: none. All bands are over the same tasks, those that reach it, and NaN beyond it."""
    n_curve_tasks: int
    pass_at: Band
    """At least one of k attempts succeeds: what a perfect verifier gets."""
    pass_hat: Band
    """All of k attempts succeed."""
    majority_at: Band | None
    """The answer that most of k attempts give is right."""
    majority_gain: Band | None
    """Majority less one attempt, paired by task: with an interval above 0 the votes help."""
    no_majority_reason: str | None
    is_majority_exact: bool
    """False: averaged over seeded permutations, for more than 10 attempts at a task."""
    best_of: Band | None
    """A verifier chooses among k; None: none was given."""
    verifier: Verifier | None
    unverified: Band
    """One of k chosen blindly: the mean accuracy at every k."""
    cost_usd: Band | None
    """Of k attempts, without the verifier's own cost; None: unknown."""
    latency_s: Band | None
    """Of k attempts one after the other."""
    parallel_latency_s: Band | None
    """Of k attempts side by side: the slowest."""
    tokens: Band | None
    """Of k attempts, input and output."""
    search: Search | None
    """First-finish and last-finish search with N = `largest_k`."""
    no_search_reason: str | None
    effort: Effort | None
    n_attempts: int
    """With known success, of all tasks."""
    n_unknown: int
    """Attempts whose success is unknown: they are left out."""
    least_attempts: int
    """Per task; with `most_attempts` it says whether tasks have equal attempts."""
    most_attempts: int
    reason: str | None
    """A sentence: why there is no curve (one attempt per task, no success known); None where there is one."""
    flags: tuple[str, ...]
    """Sentences to show beside the curve."""


def attempts_at(
    attempts: pd.DataFrame,
    ks: Sequence[int] | None = None,
    *,
    verifier: Verifier | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[AttemptsCurve]:
    """Every configuration at every number of attempts.

    Parameters
    ----------
    attempts : pandas.DataFrame
        One row per attempt that counts: configuration, benchmark, task, success (0, 1, NaN); where known also attempt, dataset,
        attempt_id, answer_key, cost_usd, latency_s, tokens, output_tokens, reasoning_tokens.
    ks : sequence of int, optional
        Numbers of attempts. None: up to the largest number that at least half of a configuration's tasks have.
    verifier : Verifier, optional
        For `best_of`.
    n_bootstrap, seed : int
        Resamples of the tasks, and the seed of these and of the permutations.

    Returns
    -------
    list of AttemptsCurve
        Sorted by configuration.

    Raises
    ------
    ValueError
        If a k is below 1 or a success is neither 0, 1 nor unknown.

    Notes
    -----
    Means over tasks, every task once, as the published definitions have it; intervals are percentiles over resampled tasks, from 10 tasks
    on, and Wilson's where all tasks are alike. k attempts cost k times the mean attempt of the task. It misleads beyond the
    logged attempts (nothing is extrapolated), and where attempts differ in more than luck (another prompt, another seed rule).

    References
    ----------
    As `draws.pass_at`, `draws.pass_hat`, `search.majority`.

    Examples
    --------
    One task, one success in two attempts:

    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": "1", "success": [1.0, 0.0]})
    >>> curve = attempts_at(frame)[0]
    >>> curve.pass_at.value.tolist(), curve.pass_hat.value.tolist(), curve.no_majority_reason
    ([0.5, 1.0], [0.5, 0.0], 'cannot be computed: no answers in these logs')
    """
    if ks is not None and not all(k >= 1 for k in ks):
        raise ValueError("a number of attempts is 1 or more")
    return [_curve(str(name), tries(rows), ks, verifier, n_bootstrap, seed) for name, rows in attempts.groupby("configuration", sort=True)]


def levels_of_samples(attempts: pd.DataFrame, labels: Mapping[str, str], *, ks: Sequence[int] | None = None, seed: int = 0) -> list[Levels]:
    """Ladders over the number of attempts: the majority's accuracy where there are answers, else a perfect verifier's (pass@k).

    Parameters
    ----------
    attempts : pandas.DataFrame
        As for `attempts_at`.
    labels : mapping of str
        Configuration → its name as shown; others are left out.
    ks, seed
        As for `attempts_at`.

    Returns
    -------
    list of Levels
        Of configurations that have tasks with two attempts; cost, time (one after the other) and tokens are k times the task's mean.

    Notes
    -----
    The column of a task holds its expected credit with the count 1. Resampling tasks therefore leaves out the luck of the draw
    within a task, which is averaged over.

    Examples
    --------
    >>> frame = pd.DataFrame({"configuration": "a", "benchmark": "qa", "task": "1", "success": [1.0, 0.0]})
    >>> ladder = levels_of_samples(frame, {"a": "A"})[0]
    >>> ladder.names, ladder.accuracy.sums.tolist(), ladder.flags
    (('1 attempt', '2 attempts'), [[0.5], [1.0]], ('With a perfect verifier: majority cannot be computed: no answers in these logs.',))
    """
    found = []
    for name, rows in attempts.groupby("configuration", sort=True):
        made = tries(rows)
        chosen, on = _chosen(made, ks)
        if name not in labels or not chosen or chosen[-1] < 2:
            continue
        vote = votes(made)
        table = pass_at_table(made.n, made.c, chosen) if vote.answers is None else majorities(made, vote.answers, chosen, seed)
        k, n_tasks = np.array(chosen, dtype=np.float64), int(on.sum())
        unknown = Measure(np.zeros((1, n_tasks)), np.zeros((1, n_tasks)))
        cost, latency, tokens = (_times(spent(made, on, name)[0] or unknown, k) for name in ("cost_usd", "latency_s", "tokens"))
        found.append(
            Levels(
                series=labels[str(name)],
                knob="samples",
                names=tuple(notation.plural(each, "attempt") for each in chosen),
                x=k,
                x_name="samples",
                tasks=tuple(task for task, is_on in zip(made.tasks, on, strict=True) if is_on),
                accuracy=Measure(np.ones((len(k), n_tasks)), table[on].T.copy()),
                cost=cost,
                latency=latency,
                tokens=tokens,
                n_attempts=np.full(len(k), int(made.n[on].sum())),
                configurations=(str(name),),
                flags=(f"With a perfect verifier: majority {vote.reason}.",) if vote.answers is None else (),
                is_fractional=True,
            )
        )
    return found


def _curve(name: str, made: Tries, ks: Sequence[int] | None, verifier: Verifier | None, n_bootstrap: int, seed: int) -> AttemptsCurve:
    """Return what one configuration's attempts reach."""
    reached, on = _chosen(made, ks)
    asked = tuple(sorted(set(ks))) if ks is not None else tuple(reached)
    most, n_on = int(made.n.max(initial=0)), int(on.sum())
    weights = task_weights(n_on, n_bootstrap, seed) if n_on >= MIN_TASKS else None
    vote = votes(made)
    flags = [_unequal(made, reached, n_on), _left_out(made), _few(n_on), _conflicting(vote)]

    def band(table: np.ndarray) -> Band:
        return share_band(table[on], weights)

    def measured(column: str) -> Band | None:
        measure, flag = spent(made, on, column)
        flags.append(flag)
        return measure_band(measure, weights, _within(asked, reached)) if measure is not None else None

    chosen_by_vote = None if vote.answers is None else majorities(made, vote.answers, asked, seed)
    search, no_search = (
        (None, "there is one attempt per task")
        if not reached or reached[-1] < 2
        else (searched(made, on, reached, vote.answers, weights, seed))
    )
    return AttemptsCurve(
        configuration=name,
        ks=asked,
        n_tasks=tuple(int((made.n >= k).sum()) for k in asked),
        pass_at_each=pass_at(made.n, made.c, asked),
        pass_hat_each=pass_hat(made.n, made.c, asked),
        majority_each=None if chosen_by_vote is None else _each(chosen_by_vote),
        largest_k=reached[-1] if reached else 0,
        n_curve_tasks=n_on,
        pass_at=band(pass_at_table(made.n, made.c, asked)),
        pass_hat=band(pass_hat_table(made.n, made.c, asked)),
        majority_at=None if chosen_by_vote is None else band(chosen_by_vote),
        majority_gain=None if chosen_by_vote is None else gain_band(chosen_by_vote[on], (made.c / made.n)[on], weights),
        no_majority_reason=vote.reason,
        is_majority_exact=is_exact(made),
        best_of=None if verifier is None else band(best_of(made.n, made.c, asked, verifier)),
        verifier=verifier,
        unverified=band(np.where(made.n[:, None] >= np.array(asked), (made.c / made.n)[:, None], np.nan)),
        cost_usd=measured("cost_usd"),
        latency_s=measured("latency_s"),
        parallel_latency_s=slowest(made, on, _within(asked, reached), weights),
        tokens=measured("tokens"),
        search=search,
        no_search_reason=no_search,
        effort=_effort(made, n_bootstrap, seed),
        n_attempts=len(made.success),
        n_unknown=made.n_unknown,
        least_attempts=int(made.n.min(initial=most)),
        most_attempts=most,
        reason=_reason(made, asked, reached),
        flags=tuple(flag for flag in flags if flag),
    )


def _chosen(made: Tries, ks: Sequence[int] | None) -> tuple[list[int], np.ndarray]:
    """Return the numbers of attempts that a task reaches, and which tasks reach the largest of them."""
    if not len(made.n):
        return [], np.zeros(0, dtype=bool)
    if ks is None:
        half = int(np.sort(made.n)[::-1][(len(made.n) - 1) // 2])
        spaced = np.geomspace(1, half, _MOST_POINTS) if half > _MOST_POINTS else np.arange(1, half + 1)
        ks = np.unique(spaced.round()).astype(int).tolist()
    reached = [k for k in sorted(set(ks)) if k <= made.n.max()]
    return reached, made.n >= reached[-1] if reached else np.zeros(len(made.n), dtype=bool)


def _within(asked: Sequence[int], reached: Sequence[int]) -> np.ndarray:
    """Return k where a task reaches it, else NaN, shape (K,)."""
    return np.array([k if k in reached else np.nan for k in asked], dtype=np.float64)


def _times(measure: Measure, k: np.ndarray) -> Measure:
    """Return the measure of k attempts, shape (K, T), from that of a mean one, (1, T)."""
    return Measure(np.repeat(measure.counts, len(k), axis=0), measure.sums * k[:, None])


def _each(table: np.ndarray) -> np.ndarray:
    """Mean of each column over the tasks that have it."""
    return Measure((~np.isnan(table)).T.astype(np.float64), np.nan_to_num(table).T).mean


def _effort(made: Tries, n_bootstrap: int, seed: int) -> Effort | None:
    """Return accuracy against decoded tokens, over all attempts."""
    if not len(made.success):
        return None
    accuracy = float(made.success.mean())
    everywhere = np.ones(len(made.n), dtype=bool)
    decoded = made.column("output_tokens")
    is_known = np.isfinite(decoded)
    mean = float(decoded[is_known].mean()) if spent(made, everywhere, "output_tokens")[0] is not None else None
    known = (name for name in ("reasoning_tokens", "output_tokens", "tokens") if spent(made, everywhere, name)[0] is not None)
    measure = next((name for name in known if np.nansum(made.column(name)) > 0), None)
    weights = task_weights(len(made.n), n_bootstrap, seed) if len(made.n) >= MIN_TASKS else None
    return Effort(
        accuracy=accuracy,
        output_tokens=mean,
        e3=e3(accuracy, mean) if mean else None,
        e3_percent=e3(100 * accuracy, mean) if mean else None,
        measure=measure,
        bins=relative_effort(made.success, made.column(measure), made.of_task, weights) if measure else (),
    )


def _reason(made: Tries, asked: Sequence[int], reached: Sequence[int]) -> str | None:
    """Say why there is no curve."""
    if not len(made.n):
        return "No attempt has a known success."
    if not reached:
        return f"No task has {notation.plural(min(asked), 'attempt')}: the most is {notation.count(made.n.max())}."
    if made.n.max() == 1:
        return "There is one attempt per task: what a second one would buy is not in these logs."
    return None


def _unequal(made: Tries, reached: Sequence[int], n_on: int) -> str | None:
    """Say which tasks the curve stands on, where tasks have unequal attempts."""
    if not reached or n_on == len(made.n):
        return None
    some = f"Tasks have {notation.count(made.n.min())} to {notation.count(made.n.max())} attempts"
    return f"{some}; the curve is over the {notation.count(n_on)} of {notation.count(len(made.n))} that have {reached[-1]} or more."


def _left_out(made: Tries) -> str | None:
    """Count the attempts without a known success."""
    verb = "is" if made.n_unknown == 1 else "are"
    return f"{notation.plural(made.n_unknown, 'attempt')} without a known success {verb} left out." if made.n_unknown else None


def _few(n_on: int) -> str | None:
    """Say why there are no intervals."""
    return f"{notation.plural(n_on, 'task')}: too few for intervals." if 0 < n_on < MIN_TASKS else None


def _conflicting(vote: Votes) -> str | None:
    """Say that the same answer was judged in two ways."""
    if not vote.n_conflicts:
        return None
    tasks = notation.plural(vote.n_conflicts, "task")
    return f"On {tasks} the same answer passed in one attempt and failed in another; it counts as right to that share."
