"""The live stage: sliders, figure and bill that move under the hand, as one component in plain JavaScript.

`points` puts into the page what never moves, `stage` draws and tells what is let go of. The parts of its code are joined here into the
one text that a component is made of; nothing is built and nothing is fetched.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
PARTS = ("model.js", "notation.js", "labels.js", "figure.js", "sliders.js", "bill.js", "stage.js")
"""In the order in which they use each other."""
KEY = "_stage"


def script(*parts: str) -> str:
    """Return parts as one module, the last one's default export its own; each other part keeps its private names to itself."""
    texts = []
    for part in parts:
        text = re.sub(r'^import (.*) from "\./(\w+)\.js";$', _taken, (HERE / part).read_text(encoding="utf-8"), flags=re.MULTILINE)
        told = re.findall(r"^export (?:function|const|class) (\w+)", text, flags=re.MULTILINE)
        text = re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)
        texts.append(text if part == parts[-1] else f"const {_name(part)} = (() => {{\n{text}\nreturn {{ {', '.join(told)} }};\n}})();")
    return "\n".join(texts)


def _taken(found: re.Match[str]) -> str:
    """Return an import as names taken from a part that stands above."""
    return f"const {found[1].replace(' as ', ': ')} = {_name(found[2])};"


def _name(part: str) -> str:
    return f"part_{part.removesuffix('.js')}"


_points = st.components.v2.component("tradespace_points", html="<span hidden></span>\n", js=script("points.js"))
_stage = st.components.v2.component(
    "tradespace_stage", html='<div id="stage"></div>\n', css=(HERE / "stage.css").read_text(encoding="utf-8"), js=script(*PARTS)
)


def plain(value):
    """Return numbers as JSON has them: unknown is null, no limit is "inf".

    >>> plain({"a": [1.5, float("nan")], "b": float("inf"), "c": "x"})
    {'a': [1.5, None], 'b': 'inf', 'c': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def points(payload: Mapping) -> None:
    """Put the points of a stage into the page: the same payload crosses the wire once, however often the page runs.

    Parameters
    ----------
    payload : JSON-able, with `id`: what the stage asks for
    """
    _points(key=f"{KEY}_points", data=payload)


def told() -> Mapping | None:
    """Return what was let go of last: `serial`, `position` (key → number, None at the baseline) and `chosen`; None: nothing yet."""
    said = st.session_state.get(KEY, {}).get("position")
    return said if isinstance(said, Mapping) else None


def stage(
    points_id: str,
    sliders: Sequence[Mapping],
    position: Mapping[str, float | None],
    rest: Mapping[str, float],
    *,
    groups: Mapping[str, str],
    chosen: str | None,
    colours: Mapping[str, str],
    alt: str,
    on_release: Callable[[], None],
) -> None:
    """Draw the stage.

    Parameters
    ----------
    points_id : `id` of the payload of `points`
    sliders : those of the page, in order: `analytics.projection.Slider` as mappings, with `write` (how its numbers are written)
    position : where they stand; None: at the baseline
    rest : names of the position that have no slider
    groups : group of sliders → the head under which it is folded away
    chosen : configuration that was asked for
    on_release : called once a slider is let go of; `told` says where they stand then
    """
    serial = told()
    _stage(
        key=KEY,
        data={
            "points_id": points_id,
            "sliders": plain(sliders),
            "position": plain(position),
            "rest": plain(rest),
            "groups": dict(groups),
            "chosen": chosen,
            "colours": dict(colours),
            "alt": alt,
            "serial": int(serial["serial"]) if serial else 0,
        },
        on_position_change=on_release,
    )
