"""Sentences about ladders: the finding as a title, what is measured, the read-out beside the figure, and the figure in words.

A step whose interval holds 0 is never said to gain or to lose; an unknown cost is said to be unknown, never 0.
"""

from collections import Counter
from collections.abc import Sequence

from analytics import notation
from analytics.facets import Facets, Split
from analytics.fits import EXTRAPOLATION, FORMS
from analytics.reading import Paragraph
from analytics.resample import MIN_TASKS
from analytics.returns import MISFIT, MeanGain, Returns, mean_gain
from analytics.step_words import NAME, amount, at, at_level, change, extra_cost, filled, gain_interval, noun, points, price, price_interval
from analytics.steps import LevelPoint, Segment

_SPENT = {
    "cost_usd": "the mean cost of an attempt",
    "latency_s": "the mean time of an attempt",
    "tokens": "the mean tokens of an attempt",
    "usd": "US dollars",
    "samples": "attempts per task",
    "answers": "the number of answers",
    "n_agents": "the number of agents",
    "thinking_tokens": "the thinking budget in tokens",
    "reflection_depth": "rounds of reflection",
}
"""What x is → its words, where `noun` does not do."""
_FORM_HEADS = {"power": "Power law.", "exponential": "Exponential.", "log-logistic": "Logistic in the logarithm."}
_WITHIN_ONE = {"reflection_depth", "samples", "turns", "tool_calls", "tokens", "seconds", "usd"}
"""Knobs whose ladder lies within one configuration."""
_MOST_NAMED = 6


def title(result: Returns, facets: Facets | None = None) -> str:
    """Return the finding as one sentence of at most 80 characters."""
    scored, n = _scored(result), len(result.points)
    if n < 2:
        return filled(f"{NAME} is the only level; returns need two", [result.points[0].name]) if n else "No levels to compare yet"
    if not scored:
        return f"No score is known at any of {n} levels"
    if all(p.accuracy == 0 for p in scored):
        return f"Nothing was solved at any of {n} levels"
    if result.peak_at is not None:
        return _title_of_fall(result, scored)
    if result.stop_index is None:
        if len(scored) < 2:
            return f"Accuracy is known at {len(scored)} of {n} levels: too few to compare"
        few = notation.plural(result.n_tasks or 0, "task")
        return f"{few} {'is' if result.n_tasks == 1 else 'are'} too few to show where returns stop"
    stop = result.points[result.stop_index]
    group = _one_step_more(result, facets)
    if group is not None:
        return filled(f"Returns stop {at(stop.name)}; {NAME} tasks are worth one step more", [stop.name, _group(group)])
    solved = _solved(result, stop)
    if stop is scored[-1]:
        head = f"The last level, {NAME}, still pays" if result.stop_basis == "value" else f"Gains go on up to the last level, {NAME}"
        return filled(f"{head}: {solved}", [stop.name])
    if stop is scored[0] and result.stop_basis == "gain":
        return filled(f"No step beyond {NAME} gains for certain: {solved}", [stop.name])
    return filled(f"Returns stop {at(stop.name)}: {solved}", [stop.name])


def _title_of_fall(result: Returns, scored: list[LevelPoint]) -> str:
    """Say from where accuracy certainly falls: the lowest level beyond the peak is named."""
    peak = next(p for p in scored if p.name == result.peak_at)
    lowest = min(scored[scored.index(peak) + 1 :], key=lambda p: p.accuracy or 0.0)
    names, (high, low) = [peak.name, lowest.name], (notation.percent(p.accuracy) for p in (peak, lowest))
    if peak is scored[0]:
        more = f"More {NAME} costs accuracy: {high} {at(peak.name)}, {low} {at(lowest.name)}"
        return filled(more, [noun(result.knob), *names])
    return filled(f"Accuracy peaks {at(peak.name)} with {high} and falls to {low} {at(lowest.name)}", names)


def subtitle(result: Returns, *, benchmark: str | None = None) -> str:
    """Say whose levels these are, what is measured over how many tasks, and what bars and band mean."""
    if not result.points:
        return "Nothing is loaded."
    where = f"{notation.plain(benchmark)} " if benchmark else ""
    if result.n_tasks is None:
        sizes = sorted({p.n_attempts for p in result.points})
        n = "–".join(notation.count(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
        tasks = f"{n} {where}tasks (published)"
    else:
        tasks = notation.plural(result.n_tasks, f"{where}task")
    series = notation.plain(result.series)
    levels = f"{notation.plural(len(result.points), 'level')} of {noun(result.knob)}"
    text = f"{series}{', ' if series else ''}{levels}: {'at least this ' if result.is_bound else ''}share of {tasks} solved"
    if any(notation.is_known(p.x) for p in result.points):
        text += f", against {_SPENT.get(result.x_name, noun(result.x_name))}"
    text += "."
    if any(notation.is_known(p.low) for p in result.points):
        text += " Thin bars: 95% interval."
    if result.fit is not None:
        text += f" Band: 95% of fits over {'redrawn rows' if result.is_summary else 'resampled tasks'}."
    return text


def reading(result: Returns, facets: Facets | None = None) -> list[Paragraph]:
    """Return the read-out: the last step that pays, the next that does not, and what splitting by group would give."""
    if result.stop_index is None:
        parts = [Paragraph("No stop to show.", result.stop_reason or ""), *_seen(result)]
    else:
        parts = [_last_that_pays(result, result.stop_index), *_beyond_stop(result, result.stop_index)]
    return parts + (_by_group(facets) if facets is not None else [])


def fit_text(result: Returns) -> Paragraph:
    """Say what the curve is, where it tends to and how sure that is; or why there is none."""
    fit = result.fit
    if fit is None:
        return Paragraph("No curve.", result.no_fit_reason or "")
    ceiling = notation.percent(fit.saturation)
    if notation.is_known(fit.saturation_low):
        ceiling += f" ({notation.interval(fit.saturation_low, fit.saturation_high)})"
    text = f"A ceiling of {ceiling}, from {notation.plural(len(result.points), 'level')} and {FORMS[fit.form]} parameters."
    if fit.saturation_high is not None and fit.saturation_high > 0.995:
        text += " These levels do not rule out 100%."
    if fit.half_gain_at is not None:
        text += f" Half of the gain still open at the first level is made at {amount(result.x_name, fit.half_gain_at)}."
    if fit.p_misfit is not None and fit.p_misfit < MISFIT:
        text += f" It misses the levels by {notation.fixed(fit.rmse * 100, 1)} points (root mean square), more than chance explains."
    end = amount(result.x_name, float(fit.x[-1]))
    return Paragraph(_FORM_HEADS[fit.form], f"{text} Drawn up to {end}, {notation.times(EXTRAPOLATION)} times what was observed.")


def alt(result: Returns, facets: Facets | None = None) -> str:
    """Return the figure in words, for a reader who does not see it: the finding, every level, the curve, the stop of each group."""
    told = []
    for p in result.points[:12]:
        spent = f" for {notation.usd(p.cost_usd)}" if notation.is_known(p.cost_usd) else ""
        told.append(f"{notation.plain(p.name)} {notation.percent(p.accuracy)}{spent}")
    if len(result.points) > len(told):
        told.append(f"{len(result.points) - len(told)} more")
    series = f" of {notation.plain(result.series)}" if result.series else ""
    text = f"{title(result, facets)}." + (f" Levels{series}: {'; '.join(told)}." if told else "")
    if result.fit is not None:
        text += f" The fitted curve rises towards {notation.percent(result.fit.saturation)}."
    if facets is not None and facets.groups:
        stops = [f"{notation.plain(f.group)}: {notation.plain(f.returns.stop_at or 'none')}" for f in facets.groups]
        text += f" Stop of each group: {'; '.join(stops)}."
    return text


def overall_title(results: Sequence[Returns]) -> str:
    """Return what several ladders over one knob say together, in at most 80 characters."""
    gain = mean_gain(results)
    if gain is None:
        return "No series has two levels of known accuracy" if results else "No levels to compare yet"
    return f"{_first_step(results, gain)} on average ({_of(results, gain.n)})"


def overall_reading(results: Sequence[Returns]) -> list[Paragraph]:
    """Return the read-out over several ladders: the mean gain of the first step, how many gain for certain, and where they stop."""
    gain = mean_gain(results)
    if gain is None:
        return [Paragraph("Nothing to average.", "No series has two levels of known accuracy.")]
    step = _first_step(results, gain)
    text = f"{step[0].lower()}{step[1:]}"
    if notation.is_known(gain.low):
        text += f" ({notation.interval(gain.low, gain.high, signed=True)})"
    text += f" over {_of(results, gain.n)}, each counted once."
    if gain.n > 1:
        verdicts = Counter(r.segments[0].verdict for r in results if r.segments and r.segments[0].d_accuracy is not None)
        text += f" Single ones change by {notation.interval(gain.least, gain.most, signed=True)} points;"
        text += f" {verdicts['gain']} of {gain.n} gain for certain, {verdicts['negative gain']} lose for certain."
    parts = [Paragraph("On average,", text)]
    stops = Counter(r.stop_at for r in results if r.stop_at is not None)
    if stops:
        ranked = sorted(stops.items(), key=lambda each: (-each[1], each[0]))
        named = [f"{notation.plain(name)} ({n})" for name, n in ranked[:_MOST_NAMED]]
        rest = sum(n for _, n in ranked[_MOST_NAMED:])
        parts.append(Paragraph("Where they stop:", f"{notation.join([*named, f'others ({rest})'] if rest else named)}."))
    return parts


def _first_step(results: Sequence[Returns], gain: MeanGain) -> str:
    """Say what the first step gains or costs on average."""
    knobs = {r.knob for r in results}
    knob = knobs.pop() if len(knobs) == 1 else None
    second = {"reflection_depth": "A second attempt", "samples": "A second sample", "n_samples": "A second sample"}
    step = "The first step" if knob is None else second.get(knob, f"The first step up in {notation.shorten(noun(knob), 16)}")
    return f"{step} {'gains' if gain.mean >= 0 else 'costs'} {points(gain.mean)}"


def _of(results: Sequence[Returns], n: int) -> str:
    return notation.plural(n, "configuration" if {r.knob for r in results} <= _WITHIN_ONE else "ladder")


def _scored(result: Returns) -> list[LevelPoint]:
    return [p for p in result.points if notation.is_known(p.accuracy)]


def _solved(result: Returns, p: LevelPoint) -> str:
    """Write what a level solves and costs: `69.1% for $0.56 a task`."""
    solved = f"{'at least ' if result.is_bound else ''}{notation.percent(p.accuracy)}"
    return f"{solved} for {notation.usd(p.cost_usd)} a task" if notation.is_known(p.cost_usd) else f"{solved}, cost unknown"


def _one_step_more(result: Returns, facets: Facets | None) -> str | None:
    """Return the one group that stops later than all tasks together, if it stops at the next level."""
    if facets is None or result.stop_index is None:
        return None
    stops = {f.group: f.returns.stop_index for f in facets.groups if f.returns.stop_index is not None}
    later = [group for group, stop in stops.items() if stop > result.stop_index]
    return later[0] if len(later) == 1 and stops[later[0]] == result.stop_index + 1 else None


def _last_that_pays(result: Returns, place: int) -> Paragraph:
    """Say what the step up to the stop buys, at what price, and how sure the stop is."""
    stop = result.points[place]
    name = notation.plain(stop.name)
    worth = "" if result.stop_basis != "value" else f" At {notation.usd(result.value_usd)} a success,"
    best = f"{worth or ' It'} {'it ' if worth else ''}is the best level"
    sure = f"{best} in {notation.probability(result.p_stop)} of resamples." if result.p_stop is not None else ""
    if place == 0:
        return Paragraph(f"Stop {at_level(stop.name)}.", f"It solves {_solved(result, stop)}.{sure}")
    step = result.segments[place - 1]
    before = notation.plain(step.start)
    if step.verdict == "gain":
        text = f"It buys {points(step.d_accuracy)} over {before}{gain_interval(step)}{price(step)}."
    else:
        text = f"It solves {_solved(result, stop)}. What it gains over {before} alone ({change(step)}) is not decidable."
    if stop is _scored(result)[-1]:
        text += " No level beyond it was tried."
    elif result.stop_basis == "gain":
        text += " No later level is certainly better."
    return Paragraph(f"{name} is the last step that pays.", text + sure)


def _beyond_stop(result: Returns, place: int) -> list[Paragraph]:
    """Say why the next step does not pay, and what is known of the two after it."""
    if place >= len(result.segments):
        return []
    step, *later = result.segments[place:]
    if step.d_accuracy is None:
        text = "Its accuracy is unknown."
    elif step.verdict == "negative gain":
        text = f"It loses {points(step.d_accuracy)}{gain_interval(step)}{extra_cost(step)}."
    elif step.d_accuracy <= 0:
        text = f"It gains nothing ({change(step)}){extra_cost(step)}."
    elif result.stop_basis == "value" and notation.is_known(step.usd_per_success):
        each = f"A further success costs {notation.usd(step.usd_per_success)}{price_interval(step)}"
        text = f"{each}, more than the {notation.usd(result.value_usd)} it is worth."
    else:
        text = f"Its gain ({change(step)}) cannot be told from none{extra_cost(step)}."
    head = f"{notation.plain(step.end)} does not{'' if place else ' pay'}."
    return [Paragraph(head, " ".join([text, *map(_later, later[:2])]))]


def _later(step: Segment) -> str:
    """Say in one sentence what a step beyond is."""
    names = f"from {notation.plain(step.start)} to {notation.plain(step.end)}"
    if step.d_accuracy is None:
        return f"What the step {names} gains is unknown."
    if step.verdict == "gain":
        return f"The step {names} gains {points(step.d_accuracy)}{price(step)}."
    if step.verdict == "negative gain":
        return f"The step {names} loses {points(step.d_accuracy)}."
    return f"The gain {names} ({notation.points(step.d_accuracy, unit='points')}) is not decidable."


def _seen(result: Returns) -> list[Paragraph]:
    """Say what is seen of a ladder that has no stop."""
    scored = _scored(result)
    if not any(p.accuracy for p in scored):
        return []
    told = "; ".join(f"{notation.plain(p.name)} {notation.percent(p.accuracy)}" for p in scored[:_MOST_NAMED])
    why = f" Under {MIN_TASKS} tasks no difference is told from chance." if (result.n_tasks or MIN_TASKS) < MIN_TASKS else ""
    return [Paragraph("Seen:", f"{told}.{why}")]


def _by_group(facets: Facets) -> list[Paragraph]:
    """Say what splitting by group gives, and between which groups accuracy breaks."""
    parts = []
    if facets.split is not None:
        by = "difficulty" if facets.by == "difficulty" else "task group"
        parts.append(Paragraph(f"Split by {by}:", _split_text(facets.split)))
    if facets.breaks_at is not None:
        found = facets.breaks_at
        text = f"{_group(found.harder)} tasks are solved {points(found.drop)} less often than {_group(found.easier)} ones"
        spread = notation.interval(found.drop_low, found.drop_high)
        parts.append(Paragraph("Where accuracy breaks:", f"{text} ({spread}) {at_level(found.level)}."))
    return parts


def _split_text(split: Split) -> str:
    """Say which level for which group, what that solves and costs, and that it was chosen on the same data."""
    groups = notation.join([_group(group) for group, _ in split.levels])
    levels = notation.join([notation.plain(level) for _, level in split.levels])
    text = f"{levels} for {groups} tasks solve {notation.percent(split.accuracy)}"
    text += f" for {notation.usd(split.cost_usd)} a task." if notation.is_known(split.cost_usd) else "; cost is unknown."
    text += f" {notation.plain(split.against)} for all solves {notation.percent(split.against_accuracy)}"
    if notation.is_known(split.cost_ratio):
        text += f"; the split takes {notation.percent(split.cost_ratio, 0)} of its cost"
    return f"{text}. {' '.join(notation.plain(flag) for flag in split.flags)}"


def _group(name: str) -> str:
    """Write a group's name before `tasks`: a number alone would read as a count.

    >>> _group("hard"), _group("3")
    ('hard', 'difficulty-3')
    """
    name = notation.plain(name)
    return f"difficulty-{name}" if name[:1].isdigit() else name
