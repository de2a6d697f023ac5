"""Where time, tokens and money go: stacked bars per configuration, and the make-up of the context turn by turn.

All three draw what an `Anatomy` says and compute nothing but coordinates. The part that the page's title names is blue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from analytics import notation
from analytics.anatomy import LISTED, TOGETHER, Anatomy
from analytics.tails import Tail
from pages.shared import labels as names
from pages.shared.charts.bars import MOST_BARS, Bar, stacked_bars
from pages.shared.charts.parts import Part, toned
from pages.shared.labels import plotly_text

TIME = (
    Part("llm", "LLM alone", "dark"),
    Part("overlap", "LLM and tools", "deep"),
    Part("tool", "tools alone", "light"),
    Part("idle", "idle", "hollow"),
)
MONEY = (
    Part("uncached_input", "fresh input", "dark"),
    Part("cache_read", "cache read", "light"),
    Part("cache_write", "cache write", "pale"),
    Part("reasoning", "reasoning", "middle"),
    Part("answer", "answer", "deep"),
    Part("unexplained", "not explained by list prices", "hatched"),
    Part("tools", "tools", "hollow"),
)
EXPLAINED = 0.005
"""Of the cost: a smaller gap between bill and list prices is rounding, and is not drawn."""


def time_figure(
    results: Sequence[Anatomy],
    labels: dict[str, str],
    *,
    whole: Anatomy | None = None,
    focus: Sequence[str] = (),
    named: str | None = None,
    latencies: Mapping[str, Tail] | None = None,
    dark: bool = False,
    narrow: bool = False,
) -> go.Figure:
    """Return mean seconds per attempt by LLM, overlap, tools and idle; configurations without timed steps show their whole time, hollow.

    Parameters
    ----------
    whole : all configurations together, drawn first
    focus : of `llm`, `overlap`, `tool` and `idle` the parts that the title names
    named : the configuration that the title names
    latencies : tails of `latency_s` by configuration: the mark at p95, and the time of those without timed steps
    """
    clean, spread = names.clean(labels), latencies or {}
    bars = [
        replace(_time_bar(each, clean, labels, spread.get(each.configuration)), is_named=each.configuration == named) for each in results
    ]
    bars = _ordered(bars, _time_bar(whole, clean, labels, None) if whole is not None and len(results) > 1 else None)
    return stacked_bars(
        bars, toned(TIME, focus), objective="latency_s", title="Seconds per attempt, mean", dark=dark, narrow=narrow,
        name="time", empty="No attempt here has a known time: logs with timed steps would show where it goes.",
    )  # fmt: skip


def money_figure(
    results: Sequence[Anatomy],
    labels: dict[str, str],
    *,
    whole: Anatomy | None = None,
    focus: Sequence[str] = (),
    named: str | None = None,
    dark: bool = False,
    narrow: bool = False,
) -> go.Figure:
    """Return USD per attempt by part at list rates; what the bill has beyond them is hatched, and so is what it has below them.

    Parameters
    ----------
    whole : all configurations together, drawn first
    focus : the parts that the title names
    named : the configuration that the title names
    """
    clean = names.clean(labels)
    bars = _ordered(
        [replace(_money_bar(each, clean, labels), is_named=each.configuration == named) for each in results],
        _money_bar(whole, clean, labels) if whole is not None and len(results) > 1 else None,
    )
    is_told = any(notation.is_known(each.cost_parts.get("reasoning")) for each in results)
    parts = [part if part.key != "answer" or is_told else replace(part, name="output") for part in toned(MONEY, focus)]
    return stacked_bars(
        bars, parts, objective="cost_usd", title="USD per attempt, mean", dark=dark, narrow=narrow,
        name="money", empty="No cost is known: neither do these logs say one, nor is there a price for their tokens.",
    )  # fmt: skip


def _ordered(bars: list[Bar], first: Bar | None) -> list[Bar]:
    """Return the longest bars, longest first, after the one of all together where that has a length."""
    bars = sorted(bars, key=lambda bar: -max(sum(bar.parts.values()), bar.untold or 0.0))
    return [*([first] if first is not None and first.parts else []), *bars[:MOST_BARS]]


def _time_bar(result: Anatomy, clean: dict[str, str], labels: dict[str, str], tail: Tail | None) -> Bar:
    """Return one configuration's seconds."""
    bar = _named(result, clean, labels)
    p95 = tail.p95 if tail is not None and notation.is_known(tail.p95) else None
    bar = replace(bar, tick=p95, total_detail=f"p95 {notation.seconds(p95)}" if p95 is not None else "")
    shares = {key: share for key, share in result.time_shares.items() if notation.is_known(share)}
    if notation.is_known(result.wall_s) and result.wall_s > 0 and shares:
        seconds = {key: share * result.wall_s for key, share in shares.items() if share > 0}
        lines = [f"Time {notation.seconds(result.wall_s)}{_interval(result, 'wall_s', notation.seconds)}, n = {result.n_timed:,}"]
        lines += [f"p95 of all {tail.n:,}: {notation.seconds(p95)}"] if tail is not None and p95 is not None else []
        lines += [f"{_part(TIME, key)} {notation.seconds(value)} · {notation.percent(shares[key], 0)}" for key, value in seconds.items()]
        counted = ((result.llm_calls, "LLM calls"), (result.tool_calls, "tool calls"))
        lines.append(" · ".join(f"{notation.decimal(n)} {what}" for n, what in counted if notation.is_known(n)))
        texts = {key: notation.percent(share, 0) for key, share in shares.items()}
        detail = f"{notation.plural(result.n_timed, 'attempt')} timed"
        total = notation.seconds(result.wall_s)
        return replace(bar, parts=seconds, texts=texts, detail=detail, total=total, card=_card(bar.name, lines))
    reason = result.reasons.get("wall_s") or "no timed steps in these logs"
    if tail is not None and notation.is_known(tail.mean) and tail.mean > 0:
        card = _card(bar.name, [f"Time {notation.seconds(tail.mean)}, n = {tail.n:,}", f"Parts unknown: {plotly_text(reason)}"])
        detail = f"{notation.plural(tail.n, 'attempt')}, steps not timed"
        return replace(bar, untold=tail.mean, total=notation.seconds(tail.mean), detail=detail, card=card)
    return replace(bar, said=reason, total=notation.UNKNOWN, detail=notation.plural(result.n_attempts, "attempt"))


def _money_bar(result: Anatomy, clean: dict[str, str], labels: dict[str, str]) -> Bar:
    """Return one configuration's dollars."""
    counted = f"{notation.plural(result.n_cost, 'attempt')} with a cost" if result.n_cost else notation.plural(result.n_attempts, "attempt")
    bar = replace(_named(result, clean, labels), detail=counted, total=notation.usd(result.cost_usd))
    cost = result.cost_usd
    if not notation.is_known(cost) or cost <= 0:
        return replace(bar, said="nothing was paid" if cost == 0 else result.reasons.get("money") or "no cost is known")
    parts = {part.key: value for part in MONEY if notation.is_known(value := result.cost_parts.get(part.key)) and value > 0}
    beyond = result.cost_parts.get("unexplained")
    if not notation.is_known(beyond) or abs(beyond) < EXPLAINED * cost:
        parts.pop("unexplained", None)
        beyond = 0.0
    lines = [f"Cost {notation.usd(cost)}{_interval(result, 'cost_usd', notation.usd)}, n = {result.n_cost:,}"]
    of_all = {} if notation.is_known(result.cost_parts.get("reasoning")) else {"answer": "Output"}
    lines += [
        f"{of_all.get(key) or _part(MONEY, key)} {notation.usd(value)}{_share(result.cost_shares.get(key))}" for key, value in parts.items()
    ]
    if notation.is_known(result.cost_on_failures):
        failed = result.cost_on_failures * cost
        lines.append(f"{notation.usd(failed)} on attempts that failed{_share(result.cost_on_failures)}")
        bar = replace(bar, under=failed, total_detail=f"{notation.percent(result.cost_on_failures, 0)} failed")
    if not any(key in parts for key in LISTED):
        reason = result.reasons.get("cost_parts.uncached_input") or "no list price for its tokens"
        return replace(bar, untold=cost, card=_card(bar.name, [lines[0], f"Parts unknown: {plotly_text(reason)}", *lines[-1:]]))
    if beyond < 0:
        lines.append(f"{notation.usd(-beyond)} less than list prices would be")
        return replace(bar, parts=parts, struck=(cost, cost - beyond), tick=cost, card=_card(bar.name, lines))
    texts = {key: notation.percent(share, 0) for key in parts if notation.is_known(share := result.cost_shares.get(key))}
    return replace(bar, parts=parts, texts=texts, card=_card(bar.name, lines))


def _named(result: Anatomy, clean: dict[str, str], labels: dict[str, str]) -> Bar:
    """Return a row with its name, and what a click hands back."""
    if result.configuration == TOGETHER:
        return Bar(key="", name="All together")
    return Bar(key=labels.get(result.configuration, result.configuration), name=clean.get(result.configuration, result.configuration))


def _part(parts: Sequence[Part], key: str) -> str:
    """Return a part's name with a capital."""
    name = next(part.name for part in parts if part.key == key)
    return name[:1].upper() + name[1:]


def _share(share: float | None) -> str:
    return f" · {notation.percent(share, 0)}" if notation.is_known(share) else ""


def _interval(result: Anatomy, key: str, write) -> str:
    low, high = result.intervals.get(key, (None, None))
    return f" ({notation.span(low, high, write)})" if notation.is_known(low) else ""


def _card(name: str, lines: Sequence[str]) -> str:
    """Return a card: the name inert, at most ten lines."""
    return "<br>".join([f"<b>{plotly_text(notation.shorten(name, 44))}</b>", *[line for line in lines if line]][:10])
