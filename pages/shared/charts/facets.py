"""Small multiples: the same ladder within one group of tasks, the other groups in grey, all on the same axes.

A level stands where it stands over all tasks, so that it is at one place in all panels; what it costs in a group is said in words.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics import notation
from analytics.facets import Facet
from analytics.step_words import at
from pages.shared import theme
from pages.shared.charts import ladders
from pages.shared.charts.axes import y_layout
from pages.shared.charts.ladders import ABOVE, STOP, Ladder
from pages.shared.charts.panel import Name, Panel
from pages.shared.charts.sheet import Sheet

MARGIN = {"l": 40, "r": 10, "t": 8, "b": 26}
HEIGHT, NARROW_HEIGHT = 190, 180
WIDTHS, NARROW_WIDTHS = (310, 370), (336, 366)
BESIDE_STOP = ((-14, -22), (0, -30), (14, -22), (-20, -34), (20, -34), (14, 26), (-14, 26), (24, 40), (-24, 40), (16, 8), (-16, -6))


def facet_words(facet: Facet) -> tuple[str, str]:
    """Return the finding of one group as the title of its panel, and below it on how many tasks, and what the next step would bring."""
    found = facet.returns
    name = notation.shorten(notation.plain(facet.group), 28)
    title = f"{name[:1].upper()}{name[1:]}: "
    if found.stop_at is None:
        reason = found.stop_reason or "no stop"
        return f"{title}no stop to show", f"{notation.plural(facet.n_tasks, 'task')}. {notation.plain(reason)}"
    title += f"stop {at(found.stop_at, notation.shorten(notation.plain(found.stop_at), 28))}"
    stop = next(p for p in found.points if p.name == found.stop_at)
    tasks = notation.plural(facet.n_tasks, "task")
    tasks += f", {notation.usd(stop.cost_usd)} each" if notation.is_known(stop.cost_usd) else ""
    step = next((s for s in found.segments if s.start == found.stop_at), None)
    if step is None:
        return title, f"{tasks}. No step beyond it was tried"
    told = {"no gain": "no gain", "negative gain": "accuracy falls", "undecided": "not decidable", "gain": "gains"}[step.verdict]
    if step.verdict == "gain" and notation.is_known(step.usd_per_success):
        told = f"{notation.usd(step.usd_per_success)} for one more success"
    return title, f"{tasks}. Next step: {told}"


def facet_figure(
    groups: Sequence[Facet], focus: int, *, dark: bool = False, narrow: bool = False, widths: Sequence[int] | None = None
) -> go.Figure:
    """Return one panel of the small multiples.

    Parameters
    ----------
    groups : sequence of Facet
        All of them: they set the axes, and are the grey lines.
    focus : int
        Position of the group that is drawn in full.
    """
    t = theme.tokens(dark)
    size = (NARROW_HEIGHT if narrow else HEIGHT,)
    sheet = Sheet(t=t, is_narrow=narrow, heights=size, margin=MARGIN, widths=tuple(widths or (NARROW_WIDTHS if narrow else WIDTHS)))
    drawn, is_measured = ladders.arranged([group.returns for group in groups], focus)
    there = [ladder for ladder in drawn if ladder is not None]
    seen = drawn[focus] or Ladder(groups[focus].returns, ())
    if not there:
        sheet.write("no levels to draw", x=0.5, y=0.5)
        hidden = {"visible": False}
        layout = {"template": theme.template(dark), "height": size[0], "margin": MARGIN, "annotations": sheet.notes}
        return go.Figure(layout={**layout, "xaxis": hidden, "yaxis": hidden})
    axis = ladders.x_axis_of(there, max(there, key=lambda ladder: len(ladder.places)), is_measured=is_measured, is_narrow=True)
    ends = [ladders.accuracies([ladder], ladder) for ladder in there]
    y_axis, bottom, top = y_layout(min(low for low, _ in ends), max(high for _, high in ends))
    panel = Panel(sheet=sheet, axis=axis, y=(bottom, top))
    ladders.draw_others(panel, [ladder for i, ladder in enumerate(drawn) if ladder is not None and i != focus], with_dots=False)
    if seen.places:
        ladders.draw_fit(panel, seen)
        if seen.stop is not None:
            panel.stand(seen.stop.x, t.ink, to=(seen.stop.y - bottom) / (top - bottom))
        ladders.draw_levels(panel, seen, is_small=True)
        panel.name(_names(seen), most=1)
    return sheet.figure(dark, f"facet {focus}", axis, [y_axis])


def _names(seen: Ladder) -> list[Name]:
    """Return the name of the stop, or where there is none, of the last level."""
    place = seen.stop or seen.places[-1]
    word = notation.shorten(notation.plain(place.point.name), 20)
    offsets = BESIDE_STOP if seen.stop else ABOVE
    details = (notation.percent(place.y),)  # without its cost: the axis shows that of the level over all tasks
    return [Name(key="stop", x=place.x, y=place.y, name=word, details=details, radius=(STOP - 4) / 2, offsets=offsets)]
