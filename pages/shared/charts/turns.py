"""What an attempt sends and gets turn by turn: how the context is made up and grows, and how many attempts get that far."""

from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go

from analytics import notation
from analytics.anatomy import Anatomy
from analytics.cache import TurnLevel
from pages.shared import theme
from pages.shared.charts.axes import XAxis, even_steps, tick_text
from pages.shared.charts.hover import TEMPLATE
from pages.shared.charts.parts import NARROW_WIDTHS, WIDTHS, Part, sentence_figure, tone, toned
from pages.shared.lettering import text_width
from pages.shared.placement import push_apart

TOKENS = (
    Part("cache_read", "read from cache", "light"),
    Part("uncached_input", "fresh input", "dark"),
    Part("cache_write", "written to cache", "pale"),
    Part("reasoning", "reasoning", "middle"),
    Part("answer", "answer", "deep"),
)
FEWEST = 3
"""A turn that fewer attempts reach is not drawn: its mean is one or two attempts."""
MOST_TURNS = 200
HEIGHT, NARROW_HEIGHT = 440, 400
STRIP, NECK = 64, 44
"""Height of the strip of survivors, and its distance from the turns above it, in pixels."""


def tokens_figure(result: Anatomy | None, *, focus: Sequence[str] = (), dark: bool = False, narrow: bool = False) -> go.Figure:
    """Return what an attempt sends and gets turn by turn, and below it how many attempts reach the turn.

    Parameters
    ----------
    focus : the parts that the title names; all output stands under `answer` where no reasoning is told apart
    """
    levels = drawn_turns(result.by_turn) if result else []
    is_told = any(notation.is_known(level.reasoning_tokens) for level in levels)
    focus = ["answer" if part == "output" else part for part in focus]
    told = [part if part.key != "answer" or is_told else replace(part, name="output") for part in toned(TOKENS, focus)]
    parts = [part for part in told if any(_tokens(level, part.key) > 0 for level in levels)]
    if result is None or not parts:
        return sentence_figure("No tokens are known by turn: logs with one record per LLM call would show them.", dark=dark, narrow=narrow)
    t = theme.tokens(dark)
    height = NARROW_HEIGHT if narrow else HEIGHT
    margin = {"l": 46, "r": 104 if narrow else 132, "t": 24, "b": 46}
    inner = height - margin["t"] - margin["b"]
    strip = STRIP / inner
    floor = (STRIP + NECK) / inner
    turns = [level.turn for level in levels]
    highest = max(sum(_tokens(level, part.key) for part in parts) for level in levels)
    top, last = highest * 1.04, turns[-1]
    width = (NARROW_WIDTHS if narrow else WIDTHS)[0] - margin["l"] - margin["r"]
    axis = XAxis("turns", False, 0.5, last + 0.5)
    starts = [0.0] * len(levels)
    cards = [_turn_card(level, parts, result.n_attempts) for level in levels]
    traces: list = []
    for part in parts:
        heights = [_tokens(level, part.key) for level in levels]
        fill, edge, _ = tone(t, part.tone)
        line = {"width": 0.75 if len(levels) <= 60 else 0, "color": edge}
        traces.append(
            go.Bar(
                x=turns, y=heights, base=list(starts), name=part.name, marker={"color": fill, "line": line}, width=_widths(turns),
                customdata=[["", card] for card in cards], hovertemplate=TEMPLATE,
            )
        )  # fmt: skip
        starts = [start + each for start, each in zip(starts, heights, strict=True)]
    edges = [0.5, *(turn + 0.5 for turn in turns)]
    reached = [level.n for level in levels]
    traces.append(
        go.Scatter(
            x=edges, y=[reached[0], *reached], yaxis="y2", mode="lines", line={"shape": "vh", "width": 1.5, "color": t.ink2},
            fill="tozeroy", fillcolor=theme.rgba(t.field, 0.12), name="attempts that reach the turn", hoverinfo="skip",
        )
    )  # fmt: skip
    notes = _token_words(levels, parts, t, top, inner * (1 - floor), margin, floor, strip, narrow)
    y_values = even_steps(0.0, top, 4)
    layout = {
        "template": theme.template(dark), "height": height, "margin": margin, "uirevision": "tokens", "barmode": "overlay",
        "xaxis": {**axis.layout(width), "tickvals": [v for v in axis.tick_values(width) if v >= 1], "anchor": "y2", "fixedrange": True},
        "yaxis": {
            "domain": [floor, 1], "range": [0, top], "tickmode": "array", "tickvals": y_values,
            "ticktext": [tick_text("tokens", v) for v in y_values], "showgrid": True, "fixedrange": True,
        },
        "yaxis2": {"domain": [0, strip], "range": [0, max(reached) * 1.02], "showticklabels": False, "fixedrange": True},
        "annotations": notes,
    }  # fmt: skip
    layout["xaxis"]["ticktext"] = [tick_text("turns", v) for v in layout["xaxis"]["tickvals"]]
    return go.Figure(data=traces, layout=layout)


def drawn_turns(levels: Sequence[TurnLevel]) -> list[TurnLevel]:
    """Return the turns that the figure draws: those of enough attempts, evenly thinned where they are very many."""
    most = max((level.n for level in levels), default=0)
    kept = [level for level in levels if level.n >= min(FEWEST, most)]
    every = -(-len(kept) // MOST_TURNS)
    return kept[::every] if kept else []


def _widths(turns: list[int]) -> list[float]:
    """Return bar widths that leave no hole where turns were thinned."""
    step = turns[1] - turns[0] if len(turns) > 1 else 1
    return [step * (0.92 if len(turns) <= 60 else 1.0)] * len(turns)


def _tokens(level: TurnLevel, key: str) -> float:
    """Return a part of a turn for drawing; what is unknown has no height."""
    value = getattr(level, f"{key}_tokens")
    return value if notation.is_known(value) else 0.0


def _turn_card(level: TurnLevel, parts: Sequence[Part], n: int) -> str:
    """Return the card of one turn."""
    lines = [f"<b>Turn {level.turn}</b>", f"{notation.count(level.n)} of {notation.plural(n, 'attempt')} reach it"]
    lines += [f"{part.name.capitalize()} {notation.tokens(getattr(level, f'{part.key}_tokens'))}" for part in parts]
    if notation.is_known(level.cached_share):
        lines.append(f"{notation.percent(level.cached_share, 0)} of the input from the cache")
    if notation.is_known(level.cost_usd):
        lines.append(f"{notation.usd(level.cost_usd)} a turn, n = {notation.count(level.n_cost)}")
    if notation.is_known(level.failed_share):
        lines.append(f"{notation.percent(level.failed_share)} of its steps failed")
    return "<br>".join(lines)


def _token_words(
    levels: list[TurnLevel], parts: Sequence[Part], t: theme.Tokens, top: float, plot: float, margin: dict, floor: float, strip: float,
    narrow: bool,
) -> list[dict]:  # fmt: skip
    """Name the parts at the last turn, and write heads, ends of the strip and the axis' name."""
    base = {"xref": "paper", "yref": "paper", "showarrow": False, "borderpad": 0, "font": {"color": t.ink2, "size": theme.TEXT_SIZE}}
    left = {**base, "x": 0, "xanchor": "left", "xshift": 2 - margin["l"], "yanchor": "bottom", "yshift": 4}
    notes = [{**left, "y": 1, "text": "↑ Tokens per attempt in the turn"}]
    head = {"size": theme.TEXT_SIZE, "weight": theme.NAME_WEIGHT, "color": t.ink}
    notes.append({**left, "y": strip, "yshift": 6, "text": "Attempts that reach the turn", "font": head})
    notes.append({**base, "text": "Turn (LLM call)", "x": 1, "y": 0, "xanchor": "right", "yanchor": "top", "yshift": -26})
    for text, at in ((notation.count(levels[0].n), "left"), (notation.count(levels[-1].n), "right")):
        if at == "left":
            notes.append({**base, "text": text, "x": 0, "xanchor": "right", "xshift": -5, "y": strip, "yanchor": "top"})
        else:
            y = levels[-1].n / max(level.n for level in levels) / 1.02
            notes.append({
                **base, "text": f"{text} reach turn {levels[-1].turn}", "x": 1, "xanchor": "left", "xshift": 6, "y": y, "yref": "y2 domain",
                "yanchor": "middle",
            })  # fmt: skip
    last, middles, start = levels[-1], [], 0.0
    for part in parts:
        middles.append(start + _tokens(last, part.key) / 2)
        start += _tokens(last, part.key)
    wanted = [plot * (1 - middle / top) for middle in middles]
    spots = push_apart(wanted, 17, 8, plot - 8)
    for part, value, at, spot in zip(parts, middles, wanted, spots, strict=True):
        weight = theme.NAME_WEIGHT if part.tone == "focus" else 400
        room = margin["r"] - 22
        name = (
            part.name
            if text_width(part.name, theme.TEXT_SIZE, weight) <= room
            else part.name.replace("written to", "to").replace("read from", "from")
        )
        notes.append({
            "x": 1, "xref": "paper", "y": value, "yref": "y", "ax": 18, "ay": spot - at, "axref": "pixel", "ayref": "pixel",
            "showarrow": True, "arrowhead": 0, "arrowwidth": 0.75, "arrowcolor": t.ink3, "standoff": 1, "xanchor": "left",
            "yanchor": "middle", "borderpad": 0, "text": name, "captureevents": False,
            "font": {"size": theme.TEXT_SIZE, "weight": weight, "color": t.blue if part.tone == "focus" else t.ink2},
        })  # fmt: skip
    return notes
