"""What a cap on turns, tokens, tool calls, seconds or dollars would have saved and lost, replayed from the logs.

An attempt that goes on beyond the cap fails: a lower bound, since some would have ended earlier had they known of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analytics.accuracy import accuracy_interval
from analytics.grid import Measure
from analytics.notation import is_known
from analytics.replay import Basis, Replay, Runs, Unit, replay, runs
from analytics.resample import MIN_TASKS, N_BOOTSTRAP, exact_sums, percentile_interval, resampled_sums, task_weights

FIXED = ("p25", "p50", "p75", "p90")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a limit would have left of one configuration, against no limit; None is unknown."""

    n_attempts: int
    n_tasks: int
    n_lost: int | None = None
    """Attempts that had succeeded, and are cut."""
    censored: bool = False
    """The accuracy is a lower bound: some attempts are cut, and might have ended earlier had they known."""
    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    baseline_accuracy: float | None = None
    accuracy_lost: float | None = None
    """Baseline accuracy − accuracy, as a fraction: at most so much is lost. Interval paired with the baseline."""
    accuracy_lost_low: float | None = None
    accuracy_lost_high: float | None = None
    cost_usd: float | None = None
    """Mean per attempt."""
    baseline_cost_usd: float | None = None
    saving: float | None = None
    """1 − cost / baseline cost."""
    saving_low: float | None = None
    saving_high: float | None = None
    basis: Basis | None = None
    """Where the cost comes from: the costs of steps, or the attempt's cost scaled by cap / spent; None: cost unknown."""
    flags: tuple[str, ...] = ()
    reason: str | None = None
    """Why there are no numbers, or no cost."""


@dataclass(frozen=True, kw_only=True)
class Cap(Outcome):
    """One configuration had every attempt been cut at the cap."""

    configuration: str
    unit: Unit
    cap: str
    """As asked: `p75`, `14`."""
    cap_value: float | None
    """In the unit; None where nobody knows what attempts spent."""
    n_cut: int | None = None
    """Attempts that go on beyond the cap."""
    turns_saved: float | None = None
    """Share of all turns; only under a cap in turns."""
    spend_saved: float | None = None
    """Share of what was spent in the cap's own unit; exact replays stop before the step that goes over, and save a little more."""


def cap_value(asked: float | str, spent: np.ndarray) -> float:
    """Return a cap as a number: itself, or a percentile of what attempts spent, linear between two of them.

    >>> cap_value("p75", np.array([1.0, 2, 3, 8])), cap_value("20", np.array([])), cap_value(14, np.array([]))
    (4.25, 20.0, 14.0)
    """
    text = str(asked).strip().lower()
    try:
        number = float(text.removeprefix("p"))
    except ValueError:
        number = np.nan
    if not number >= 0 or (text.startswith("p") and number > 100):
        raise ValueError(f"a cap is a number from 0 on or a percentile such as p75, not {text!r}")
    return float(np.percentile(spent, number)) if text.startswith("p") else number


def cap_name(asked: float | str) -> str:
    """Write a cap as it was asked for.

    >>> cap_name("P75"), cap_name(14.0), cap_name("0.5")
    ('p75', '14', '0.5')
    """
    text = str(asked).strip().lower()
    return text if text.startswith("p") else f"{float(text):.12g}"


def caps(
    attempts: pd.DataFrame,
    ladder: pd.DataFrame | None = None,
    unit: Unit = "turns",
    at: Sequence[float | str] = FIXED,
    *,
    basis: Basis | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
    seed: int = 0,
) -> list[Cap]:
    """Accuracy and cost of each configuration had every attempt been cut at a cap.

    Parameters
    ----------
    attempts : pandas.DataFrame
        One row per attempt: configuration, benchmark, task, success and credit (0–1), cost_usd (USD), tokens, turns, tool_calls,
        latency_s; NaN where unknown.
    ladder : pandas.DataFrame or None
        The ladder of this unit, its rows changes from level to level; None or empty: the logs have no steps.
    unit : {'turns', 'tokens', 'tool_calls', 'seconds', 'usd'}
        What is capped.
    at : sequence of numbers and percentiles
        In the unit, or `p75`: of what the configuration's own attempts spent, linear as in NumPy.
    basis : {'exact', 'prorated'}, optional
        Default: exact where the ladder accounts for the attempts and their cost.
    n_bootstrap, seed : int
        Resamples of the tasks behind the intervals, 0: none.

    Returns
    -------
    list of Cap
        By configuration, then as asked. Without intervals under 10 tasks; with a `reason` where something is unknown.

    Raises
    ------
    ValueError
        If the unit, the basis or a cap is no such thing.

    Notes
    -----
    accuracy = Σ credit of attempts that end within the cap / attempts with a known outcome. Exact cost: Σ of the steps up to the
    cap (turns: the first floor(cap)); prorated: cost · min(1, cap / spent). It misleads in two ways. Accuracy is a lower bound:
    with a cap in its prompt an agent ends earlier, so less may be lost. And prorating takes all turns as equally dear, while
    late ones carry a longer context: it understates the saving (airline tasks of τ²: 14 % for 19 %).

    References
    ----------
    Gao and Peng, "More with Less: an empirical study of turn-control strategies for efficient coding agents", arXiv:2510.16786.

    Examples
    --------
    Four tasks of 1 to 4 turns at a cent each, all solved. Two turns: half are lost, and 1 + 2 + 2 + 2 of 10 cents are spent.

    >>> frame = pd.DataFrame({"configuration": "c", "benchmark": "qa", "task": [*"1234"], "success": 1.0, "credit": 1.0,
    ...     "turns": [1, 2, 3, 4], "cost_usd": [0.01, 0.02, 0.03, 0.04], "tokens": 9, "tool_calls": 0, "latency_s": 1.0})
    >>> cap, = caps(frame, at=[2])
    >>> cap.accuracy, cap.n_lost, round(cap.saving, 12), cap.basis, cap.censored
    (0.5, 2, 0.3, 'prorated', True)
    """
    return caps_of(runs(attempts, ladder, unit, basis=basis), at, n_bootstrap=n_bootstrap, seed=seed)


def caps_of(found: Sequence[Runs], at: Sequence[float | str], *, n_bootstrap: int = N_BOOTSTRAP, seed: int = 0) -> list[Cap]:
    """Return `caps` of rows that are arranged already: what is left to do when only the cap moves."""
    result = []
    for each in found:
        if not len(each.spent):
            result += [_nothing(each, asked) for asked in at]
            continue
        values = [cap_value(asked, each.spent) for asked in at]
        stands = replay(each, values)
        rows = stands.at(values)
        ended, spent = stands.ended.sum(axis=1), exact_sums(stands.spent)
        saved = 1 - spent[rows] / spent[-1] if spent[-1] else np.zeros(len(rows))
        fields = outcomes(each, stands, rows, n_bootstrap=n_bootstrap, seed=seed)
        for i, (asked, told) in enumerate(zip(at, fields, strict=True)):
            result.append(
                Cap(
                    configuration=each.configuration, unit=each.unit, cap=cap_name(asked), cap_value=values[i],
                    n_cut=int(ended[-1] - ended[rows[i]]), turns_saved=float(saved[i]) if each.unit == "turns" else None,
                    spend_saved=float(saved[i]), **told,
                )
            )  # fmt: skip
    return result


def _nothing(each: Runs, asked: float | str) -> Cap:
    """Return a cap of which nothing can be said but why."""
    n_tasks = len(each.tasks)
    return Cap(
        configuration=each.configuration, unit=each.unit, cap=cap_name(asked), cap_value=None, n_attempts=each.n_attempts, n_tasks=n_tasks,
        flags=each.flags, reason=each.reason,
    )  # fmt: skip


def outcomes(
    each: Runs, stands: Replay, rows: np.ndarray, cost: Measure | None = None, *, n_bootstrap: int, seed: int
) -> list[dict[str, Any]]:
    """Return the fields of `Outcome` for these rows of a replay against its last, which cuts nothing; `cost` may stand in for theirs."""
    accuracy, costs = stands.accuracy, stands.measures.get("cost_usd")
    capped = Measure(accuracy.counts[rows], accuracy.sums[rows])
    lost = Measure(capped.counts, accuracy.sums[-1] - capped.sums)
    fields: dict[str, Any] = {"accuracy": capped.mean, "accuracy_lost": lost.mean}
    fields["baseline_accuracy"] = np.full(len(rows), Measure(accuracy.counts[-1:], accuracy.sums[-1:]).mean[0])
    fields["accuracy_lost_low"], fields["accuracy_lost_high"] = ratio_interval(lost.sums, lost.counts, n_bootstrap, seed)
    if each.is_fractional:
        low, high = ratio_interval(capped.sums, capped.counts, n_bootstrap, seed)
    else:
        low, high = accuracy_interval(capped, capped.counts.sum(axis=1), np.zeros(len(rows), dtype=bool))
    fields |= {"accuracy_low": low, "accuracy_high": high}
    if costs is not None:
        cost = cost or Measure(costs.counts[rows], costs.sums[rows])
        fields["cost_usd"] = cost.mean
        fields["baseline_cost_usd"] = np.full(len(rows), Measure(costs.counts[-1:], costs.sums[-1:]).mean[0])
        saved, whole = costs.sums[-1] - cost.sums, costs.sums[-1:]
        total = exact_sums(whole)[0]
        fields["saving"] = exact_sums(saved) / total if total > 0 else np.full(len(rows), np.nan)
        fields["saving_low"], fields["saving_high"] = ratio_interval(saved, whole, n_bootstrap, seed)
    succeeded, ended = stands.succeeded.sum(axis=1), stands.ended.sum(axis=1)
    shared = {"n_attempts": each.n_attempts, "n_tasks": len(each.tasks), "flags": each.flags, "reason": each.reason}
    shared["basis"] = None if costs is None else "exact" if each.is_exact else "prorated"
    numbers = [{name: float(v) if is_known(v := values[i]) else None for name, values in fields.items()} for i in range(len(rows))]
    is_cut = ended < ended[-1]
    return [
        shared | numbers[i] | {"n_lost": int(succeeded[-1] - succeeded[row]), "censored": bool(is_cut[row])} for i, row in enumerate(rows)
    ]


def ratio_interval(sums: np.ndarray, whole: np.ndarray, n_bootstrap: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of Σ sums (K, T) / Σ whole (its first row) over resampled tasks, shape (K,); NaN under 10 tasks."""
    if not n_bootstrap or sums.shape[1] < MIN_TASKS:
        return np.full(len(sums), np.nan), np.full(len(sums), np.nan)
    drawn = task_weights(sums.shape[1], n_bootstrap, seed)
    parts, wholes = resampled_sums(sums, drawn), resampled_sums(whole[:1], drawn)
    return percentile_interval(np.divide(parts, wholes, out=np.full(parts.shape, np.nan), where=wholes > 0))
