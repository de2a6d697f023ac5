"""Names in a figure: no text on a text, a marker, a line or beyond the edge, at any of the widths that were asked for."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pages.shared.lettering import text_width
from pages.shared.placement import Box, Label, Scene, place, push_apart


def touches(a: Box, b: Box, pad: float = 0.0) -> bool:
    return a.left - pad < b.right and b.left - pad < a.right and a.top - pad < b.bottom and b.top - pad < a.bottom


def random_front(seed: int, n: int, widths: tuple[int, ...]) -> tuple[list[Label], list[Scene]]:
    """A rising staircase of n points amid others, in pixels, at each width; half of them ask for a name."""
    rng = random.Random(seed)
    spots = sorted((rng.random(), rng.random()) for _ in range(n))
    labels, scenes = [], []
    for width in widths:
        at = [(20 + x * (width - 40), 390 - y * 300) for x, y in spots]
        marks = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in at]
        lines = [Box(x - 1, 100, x + 1, 390) for x, _ in at[::20]]
        scenes.append(Scene(width, 412, marks, lines, [], []))
    for i, (x, y) in enumerate(spots[::2]):
        positions = tuple((20 + x * (width - 40), 390 - y * 300) for width in widths)
        labels.append(Label(f"c{i}", positions, 5.0, "model-" + "x" * rng.randint(1, 20), ("74.2% · $0.0058", "74.2%"), number=i + 1))
    return labels, scenes


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60))
def test_nothing_overlaps_on_random_fronts(seed, n):
    labels, scenes = random_front(seed, n, (660, 780))
    placed = place(labels, scenes)
    assert len({p.key for p in placed}) == len(placed)
    for k, scene in enumerate(scenes):
        boxes = [p.boxes[k] for p in placed]
        for i, box in enumerate(boxes):
            assert box.left >= 0
            assert box.top >= 0
            assert box.right <= scene.width
            assert box.bottom <= scene.height
            assert not any(touches(box, other) for other in boxes[:i])
            assert not any(touches(box, other) for other in scene.marks + scene.lines)
            for other, p in enumerate(placed):
                if other != i:
                    assert not any(box.left < x < box.right and box.top < y < box.bottom for x, y in p.leaders[k])


def test_an_uncrowded_marker_gets_the_first_place():
    label = Label("a", ((300, 200),), 6.0, "gpt-5", ("88.0% · $0.13",))
    scene = Scene(600, 400, [Box(294, 194, 306, 206)], [], [], [])
    (placed,) = place([label], [scene])
    assert (placed.dx, placed.dy, placed.anchor, placed.has_leader) == (-26, -46, "right", True)
    assert placed.boxes[0].right == 274


def test_a_place_must_be_free_at_every_width():
    """Free at 600 px, but at 500 px a limit line stood in the way: the name jumped onto it in a smaller window."""
    label = Label("a", ((300, 200), (250, 200)), 6.0, "gpt-5", ("88.0% · $0.13",))
    wide = Scene(600, 400, [], [], [], [])
    tight = Scene(500, 400, [], [Box(180, 0, 182, 400)], [], [])
    (placed,) = place([label], [wide, tight])
    assert not touches(placed.boxes[1], Box(180, 0, 182, 400), pad=2.9)


def test_a_name_without_room_wraps_then_becomes_its_number_then_goes():
    marks = [Box(94, 94, 106, 106)]
    name = "a-rather-long-name of-some-model"
    narrow = Scene(150, 200, marks, [], [], [])
    (wrapped,) = place([Label("a", ((100, 100),), 6.0, name, ("74.2%",), number=3)], [narrow])
    assert len(wrapped.lines) == 2
    tiny = Scene(130, 130, marks, [], [], [])
    (number,) = place([Label("a", ((100, 100),), 6.0, name, ("74.2%",), number=3)], [tiny])
    assert (number.lines, number.is_number) == (("3",), True)
    assert place([Label("a", ((100, 100),), 6.0, name, ("74.2%",))], [tiny]) == []


def test_most_limits_the_names_and_the_first_keep_theirs():
    labels, scenes = random_front(1, 12, (700,))
    assert len([p for p in place(labels, scenes, most=3) if not p.is_number]) == 3


def test_the_same_input_gives_the_same_places():
    labels, scenes = random_front(5, 40, (700, 800))
    first, second = place(labels, scenes), place(*random_front(5, 40, (700, 800)))
    assert [(p.key, p.dx, p.dy) for p in first] == [(p.key, p.dx, p.dy) for p in second]


def test_text_is_measured_as_the_browser_does():
    """Chromium's canvas measures this name in Source Sans 600 at 13 px as 170.1 px with kerning."""
    assert text_width("DeepSeek-V3.2-Exp (Reasoner)", 13, 600) == pytest.approx(170.1, rel=0.015)


@settings(max_examples=100, deadline=None)
@given(wanted=st.lists(st.floats(0, 400), max_size=12))
def test_pushed_apart_positions_keep_order_distance_and_range(wanted):
    out = push_apart(wanted, 17, 0, 400)
    assert len(out) == len(wanted)
    order = np.argsort(wanted, kind="stable")
    gaps = np.diff(np.array(out)[order])
    assert (gaps >= 17 - 1e-6).all()
    assert all(-1e-6 <= v <= 400 + 1e-6 for v in out)
    if all(b - a >= 17 for a, b in zip(sorted(wanted), sorted(wanted)[1:], strict=False)):
        assert out == pytest.approx(wanted)
