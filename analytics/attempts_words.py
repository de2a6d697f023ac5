"""Attempts in words: the finding, what the curves are, and the read-out beside them, from the same numbers as the figure."""

from collections.abc import Mapping, Sequence

from analytics import notation
from analytics.attempts import AttemptsCurve, Band
from analytics.reading import Paragraph
from analytics.search import Search
from analytics.titles import MAX_TITLE

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MOST_OTHERS = 4
_UNITS = {"output_tokens": "output tokens", "tokens": "tokens", "latency_s": ""}


def title(curves: Sequence[AttemptsCurve], labels: Mapping[str, str], focus: str | None = None) -> str:
    """Return the finding as one sentence with a number, of at most 80 characters.

    Parameters
    ----------
    curves : sequence of AttemptsCurve
        As from `attempts_at`.
    labels : mapping of str
        Configuration → its name as shown.
    focus : str, optional
        Configuration that the sentence is about; else the one of which most is found.
    """
    curve = in_focus(curves, focus)
    if curve is None:
        return "No attempts to compare yet"
    finding = _finding(curve)
    name = notation.plain(labels[curve.configuration])
    named = f"{name}: {finding[0].lower()}{finding[1:]}"
    return named if len(curves) > 1 and len(named) <= MAX_TITLE else finding


def subtitle(curves: Sequence[AttemptsCurve], labels: Mapping[str, str], focus: str | None = None) -> str:
    """Say what the curves are, over how many tasks, and what the bands mean."""
    curve = in_focus(curves, focus)
    if curve is None or not curve.largest_k:
        return "Share of tasks solved in k attempts."
    tasks = notation.plural(curve.n_curve_tasks, "task")
    least = f" with {notation.plural(curve.largest_k, 'attempt')} or more" if curve.least_attempts < curve.largest_k else ""
    kinds = ["at least once", "every time"] + (["by majority"] if curve.majority_at is not None else [])
    how = f"{notation.join(kinds)} in k attempts" if curve.largest_k > 1 else "in one attempt"
    whom = f", {notation.plain(labels[curve.configuration])}" if len(curves) > 1 else ""
    bands = " Bands: 95% bootstrap interval over tasks." if _has_interval(curve.pass_at) else ""
    return f"Share of {tasks}{least} solved {how}{whom}.{bands}"


def reading(curves: Sequence[AttemptsCurve], labels: Mapping[str, str], focus: str | None = None) -> list[Paragraph]:
    """Return the read-out: at least once, every time, the majority, a verifier, who finishes first, what it costs, and the others."""
    curve = in_focus(curves, focus)
    if curve is None:
        return []
    parts: list[Paragraph | None] = []
    if curve.reason is None and curve.largest_k > 1 and _at(curve.pass_at, curve) == 0:
        parts += [_nothing(curve), _bill(curve)]
    elif curve.reason is None and curve.largest_k > 1:
        parts += [_at_least_once(curve), _every_time(curve), _majority(curve), _verified(curve), _finish(curve), _bill(curve)]
    elif curve.reason is not None:
        parts.append(Paragraph("No curve.", curve.reason))
    parts.append(_effort(curve))
    parts.append(Paragraph("To keep in mind.", " ".join(curve.flags)) if curve.flags else None)
    parts.append(_others([c for c in curves if c is not curve], labels))
    return [part for part in parts if part is not None]


def alt(curves: Sequence[AttemptsCurve], labels: Mapping[str, str], focus: str | None = None) -> str:
    """Return the figure in words, for a reader who does not see it."""
    curve = in_focus(curves, focus)
    if curve is None or not curve.largest_k:
        return f"{title(curves, labels, focus)}."
    lines = [("at least one success", curve.pass_at), ("success every time", curve.pass_hat), ("majority", curve.majority_at)]
    drawn = [f"{name}: {_walk(curve, band)}" for name, band in lines if band is not None]
    return f"{title(curves, labels, focus)}. Share of tasks against the number of attempts. {'; '.join(drawn)}."


def in_focus(curves: Sequence[AttemptsCurve], focus: str | None = None) -> AttemptsCurve | None:
    """Return the curve of that configuration; else the one that finds most, curves of several attempts first."""
    named = [curve for curve in curves if curve.configuration == focus]
    return named[0] if named else max(curves, key=_rank, default=None)


def _rank(curve: AttemptsCurve) -> tuple[bool, float]:
    """Order curves for the title."""
    found = _at(curve.pass_at, curve) if curve.largest_k else None
    return curve.reason is None, -1.0 if found is None else found


def _finding(curve: AttemptsCurve) -> str:
    """Say what one configuration's attempts reach."""
    n, k = curve.n_curve_tasks, curve.largest_k
    tasks = notation.plural(n, "task")
    if not curve.n_attempts:
        return f"None of {notation.plural(curve.n_unknown, 'attempt')} has a known success"
    if not k:
        return f"No task has {notation.plural(min(curve.ks), 'attempt')}: the most is {notation.count(curve.most_attempts)}"
    found, every = _at(curve.pass_at, curve), _at(curve.pass_hat, curve)
    if curve.most_attempts == 1:
        return f"{tasks} tried once each: what a second attempt buys is not in these logs"
    if k == 1 or found is None or every is None:
        return f"One attempt solves {notation.percent(found)} of {tasks}"
    attempts = f"{_number(k)} attempts"
    if found == 0:
        return f"None of {tasks} was solved in {attempts}" if n > 1 else f"The one task was not solved in {attempts}"
    if every == 1:
        return f"All {tasks} were solved in each of {attempts}" if n > 1 else f"The one task was solved in each of {attempts}"
    if found == every:
        return f"{attempts.capitalize()} solve the same {notation.percent(found)} of {tasks} every time"
    less = f"only {notation.percent(every)} pass every time" if every else "none passes every time"
    return f"{attempts.capitalize()} find {notation.percent(found)}, but {less}"


def _at_least_once(curve: AttemptsCurve) -> Paragraph:
    """Say what the further attempts find."""
    first, found = _first(curve), _at(curve.pass_at, curve)
    text = f"{_number(curve.largest_k)} attempts find {notation.percent(found)}{_interval(curve.pass_at, curve)}, "
    more = f"one attempt {notation.percent(first)}." if first is not None else "of which one is kept."
    return Paragraph("At least once:", f"{text}{more} Only a perfect verifier would know which attempt to keep.")


def _nothing(curve: AttemptsCurve) -> Paragraph:
    """Say that no attempt succeeded, and what that leaves open."""
    high = _of(curve.pass_at.high, curve)
    text = f"no attempt at {notation.plural(curve.n_curve_tasks, 'task')} succeeded, so there is nothing to choose from."
    return Paragraph("Nothing found:", f"{text} The true share may be up to {notation.percent(high)}." if high is not None else text)


def _every_time(curve: AttemptsCurve) -> Paragraph:
    """Say how much of it is reliable."""
    first, every = _first(curve), _at(curve.pass_hat, curve)
    if every == 0:
        return Paragraph("Every time:", f"no task passes in all {_number(curve.largest_k)}{_interval(curve.pass_hat, curve)}.")
    text = f"{notation.percent(every)}{_interval(curve.pass_hat, curve)} of tasks pass in all {_number(curve.largest_k)}"
    share = f": {notation.percent(every / first, 0)} of what one attempt solves is reliable" if first and every is not None else ""
    return Paragraph("Every time:", f"{text}{share}.")


def _majority(curve: AttemptsCurve) -> Paragraph:
    """Say what a vote reaches, and whether it helps."""
    if curve.majority_at is None or curve.majority_gain is None:
        return Paragraph("Majority", f"{curve.no_majority_reason}.")
    text = f"the most frequent of {_number(curve.largest_k)} answers is right in {notation.percent(_at(curve.majority_at, curve))}"
    text += f"{_interval(curve.majority_at, curve)}"
    gain = _at(curve.majority_gain, curve)
    low, high = (_of(bound, curve) for bound in (curve.majority_gain.low, curve.majority_gain.high))
    signed = notation.points(gain, unit="points")
    if low is None or high is None:
        text += f", {signed} against one attempt; there are too few tasks for an interval."
    elif low <= 0 <= high:
        text += f"; it cannot be told apart from one attempt ({signed}, {notation.interval(low, high, signed=True)})."
    else:
        text += f", {signed} against one attempt ({notation.interval(low, high, signed=True)})."
    return Paragraph("Majority:", text if curve.is_majority_exact else f"{text} Averaged over random orders of the attempts.")


def _verified(curve: AttemptsCurve) -> Paragraph | None:
    """Say what a verifier gets out of the attempts."""
    if curve.best_of is None or curve.verifier is None:
        return None
    rates = f"accepts {notation.percent(curve.verifier.true_positive_rate, 0)} of right and "
    rates += f"{notation.percent(curve.verifier.false_positive_rate, 0)} of wrong attempts"
    chosen, blind, best = (_at(band, curve) for band in (curve.best_of, curve.unverified, curve.pass_at))
    text = f"one that {rates} reaches {notation.percent(chosen)}{_interval(curve.best_of, curve)}"
    return Paragraph("With a verifier:", f"{text}, between {notation.percent(blind)} blindly and {notation.percent(best)} at best.")


def _finish(curve: AttemptsCurve) -> Paragraph | None:
    """Say whether the attempt that ends first is the better one, and what stopping there saves."""
    found: Search | None = curve.search
    if found is None or found.ks[0] != 1 or not notation.is_known(found.first_finish[0]):
        return None
    of = _number(found.n_started)
    text = f"of {of} attempts the shortest is right in {notation.percent(found.first_finish[0])}"
    text += f"{_within(found.first_low[0], found.first_high[0])}, the longest in {notation.percent(found.last_finish[0])}"
    text += f"{_within(found.last_low[0], found.last_high[0])}"
    if notation.is_known(found.first_low[0]):
        apart = found.first_low[0] > found.last_high[0] or found.last_low[0] > found.first_high[0]
        text += ": length tells them apart." if apart else ": the intervals overlap."
    else:
        text += "."
    unit = _UNITS[found.unit]
    first, last = (_amount(float(each), found.unit) for each in (found.stopped_sequential[0], found.sequential))
    return Paragraph("First to finish:", f"{text} The first ends after {first}, the last after {last}{f' {unit}' if unit else ''}.")


def _bill(curve: AttemptsCurve) -> Paragraph | None:
    """Say what the attempts cost and how long they take."""
    cost, serial, side, tokens = (
        None if band is None else _at(band, curve) for band in (curve.cost_usd, curve.latency_s, curve.parallel_latency_s, curve.tokens)
    )
    parts = [f"cost {notation.usd(cost)} a task"] if cost is not None else []
    if cost is None and tokens is not None:
        parts.append(f"use {notation.tokens(tokens)} tokens a task")
    if serial is not None and side is not None:
        parts.append(f"take {notation.seconds(side)} side by side, {notation.seconds(serial)} one after the other")
    if not parts:
        return None
    return Paragraph("What it takes.", f"{_number(curve.largest_k).capitalize()} attempts {notation.join(parts)}.")


def _effort(curve: AttemptsCurve) -> Paragraph | None:
    """Say how accuracy goes with tokens: E³, and long attempts against short ones."""
    effort = curve.effort
    if effort is None or effort.e3_percent is None:
        return None
    text = f"E³ is {notation.significant(effort.e3_percent)}: accuracy in percent, squared, per output token."
    if len(effort.bins) > 1:
        short, long = effort.bins[0], effort.bins[-1]
        text += (
            f" Attempts under {short.high_effort:g} times the usual length of their task are right in {notation.percent(short.accuracy)}"
        )
        text += f" ({notation.count(short.n_attempts)}), those over {long.low_effort:g} times in {notation.percent(long.accuracy)}"
        text += f" ({notation.count(long.n_attempts)})."
    return Paragraph("Effort.", text)


def _others(curves: Sequence[AttemptsCurve], labels: Mapping[str, str]) -> Paragraph | None:
    """Say what the other configurations reach."""
    several = sorted((c for c in curves if c.reason is None and c.largest_k > 1), key=_rank, reverse=True)
    if not several:
        return None
    lines = [
        f"{labels[c.configuration]}: {_number(c.largest_k)} attempts find {notation.percent(_at(c.pass_at, c))}, "
        f"{notation.percent(_at(c.pass_hat, c))} pass every time"
        for c in several[:_MOST_OTHERS]
    ]
    rest = f"; and {len(several) - _MOST_OTHERS} more" if len(several) > _MOST_OTHERS else ""
    return Paragraph("The others.", f"{'; '.join(lines)}{rest}.")


def _walk(curve: AttemptsCurve, band: Band) -> str:
    """Write the first and the last point of a curve."""
    known = [(k, value) for k, value in zip(curve.ks, band.value.tolist(), strict=True) if notation.is_known(value)]
    ends = [known[0], known[-1]] if len(known) > 1 else known
    return " to ".join(f"{notation.percent(value)} at {k}" for k, value in ends)


def _of(values, curve: AttemptsCurve) -> float | None:
    """Return the value at the largest number of attempts."""
    value = float(values[curve.ks.index(curve.largest_k)])
    return value if notation.is_known(value) else None


def _at(band: Band, curve: AttemptsCurve) -> float | None:
    """Return a band's value at the largest number of attempts."""
    return _of(band.value, curve)


def _first(curve: AttemptsCurve) -> float | None:
    """Return the accuracy of one attempt on the tasks of the curve."""
    return _at(curve.unverified, curve)


def _interval(band: Band, curve: AttemptsCurve) -> str:
    """Write the interval at the largest number of attempts in brackets."""
    return _within(_of(band.low, curve), _of(band.high, curve))


def _within(low: float | None, high: float | None) -> str:
    """Write an interval in brackets, nothing where it is unknown."""
    return f" ({notation.interval(low, high)})" if notation.is_known(low) and notation.is_known(high) else ""


def _has_interval(band: Band) -> bool:
    """Return whether any point has one."""
    return any(notation.is_known(low) for low in band.low.tolist())


def _number(k: int) -> str:
    """Write small numbers as words."""
    return _WORDS[k] if k < len(_WORDS) else notation.count(k)


def _amount(value: float, unit: str) -> str:
    """Write a length in its unit."""
    return notation.seconds(value) if unit == "latency_s" else notation.tokens(value)
