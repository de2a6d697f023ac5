"""Where the names in a figure stand: no label on a label, a marker, the frontier, a limit line, or outside the figure.

Plotly lays no labels out, so this module tries places around each marker in a fixed order. All lengths are pixels, y grows downwards,
and (0, 0) is the plot's upper left corner. A page stretches its figures, so every place must be free at each of several plot widths;
offsets from the marker stay the same at all of them.
"""

import math
import random
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from pages.shared.lettering import size_of, wrap

MARK_PAD = 6.0
LABEL_PAD = 4.0
OFFSETS = (
    *((-26, -46), (0, -54), (24, -44), (-18, -6), (-22, 34)),  # the usual places: the half-plane above the frontier is empty
    *((0, -42), (-12, -42), (12, -42), (0, -33), (-44, -26), (44, -26), (18, -4), (16, -12), (20, 34)),  # where it is crowded
)
CENTRED_WITHIN = 12
"""Up to this shift a text above or below its marker is centred on its anchor; farther out it begins or ends there."""
NUMBER_OFFSETS = ((-9, -12), (0, -15), (9, -12), (-11, 0), (11, 0), (-9, 13), (9, 13), (0, 16))
SHORTEST_LEADER = 12.0
FREEDOM = 6
"""Every second try takes one of a label's first so many free places instead of the first."""


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Return True if the two share an area."""
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Label:
    """A name to be placed at a marker."""

    key: str
    positions: tuple[tuple[float, float], ...]
    """The marker's centre, one for each plot width."""
    radius: float
    name: str
    details: tuple[str, ...] = ("",)
    """A second line in the smaller size, not bold: the wanted one, then shorter ones."""
    size: float = 13.0
    weight: int = 600
    offsets: tuple[tuple[float, float], ...] = OFFSETS
    """From the marker to the text's near edge (x) and middle (y), in the order of trial."""
    reach: tuple[float, ...] = (1.0, 1.2, 1.4, 1.8)
    """Factors on the offsets, near places first."""
    number: int | None = None
    """Stands at the marker where the name has no room; the table spells it out."""
    weight_in_choice: int = 1
    """How many other names this one is worth."""


@dataclass(frozen=True)
class Placed:
    """Where a label stands, from its marker."""

    key: str
    lines: tuple[str, ...]
    detail: str
    dx: float
    dy: float
    anchor: str
    """left, center or right: which part of the text stands at dx."""
    has_leader: bool
    is_number: bool
    boxes: tuple[Box, ...]
    """The text's box, one for each plot width."""
    leaders: tuple[np.ndarray, ...]
    """Points along the leader, likewise; empty where there is none."""


@dataclass(frozen=True)
class Scene:
    """One plot width: what is drawn there, and so where no text can stand."""

    width: float
    height: float
    marks: list[Box]
    """Markers, without any distance kept."""
    lines: list[Box]
    """Horizontal and vertical lines, and short pieces of sloping ones, as thin boxes: frontier, limit, ladders."""
    bars: list[Box]
    """Error bars of the frontier: kept free where there is room."""
    texts: list[Box]
    """Words already there."""


class _Ground:
    """One scene's obstacles as arrays, each with the distance that it asks for: what does not move while names are being set."""

    def __init__(self, scene: Scene):
        self.width, self.height = scene.width, scene.height
        marks, lines, bars, texts = (_array(boxes) for boxes in (scene.marks, scene.lines, scene.bars, scene.texts))
        self.hard = np.vstack([_grown(marks, 2.0), _grown(lines, 3.0), _grown(texts, LABEL_PAD)])
        self.soft = np.vstack([_grown(marks, MARK_PAD), _grown(bars, 2.0)])
        self.for_leaders = np.vstack([_grown(marks, 1.0), _grown(lines, 0.5), _grown(texts, 2.0)])

    def holds(self, box: Box) -> bool:
        """Return True if a text does not leave the plot."""
        return box.left >= 1 and box.top >= 1 and box.right <= self.width - 1 and box.bottom <= self.height - 1

    def is_free(self, box: Box, leader: np.ndarray) -> bool:
        """Return True if a text and its leader can stand there."""
        return not (_hits(box, self.hard) or _inside(leader, self.for_leaders))

    def is_roomy(self, box: Box) -> bool:
        """Return True if the text keeps its full distance from markers and stands on no error bar."""
        return not _hits(box, self.soft)


def place(labels: list[Label], scenes: list[Scene], *, most: int | None = None, tries: int = 160) -> list[Placed]:
    """Return a place for each label that finds one.

    Labels are served in the order given, each at its best place; then in other orders (the missing ones first, or shuffled) and at other
    places. The try with the most names wins, then the one whose places come earliest in the order of trial. A name that fits nowhere is
    wrapped once, then becomes its number if it has one, and is left out otherwise. No more than `most` names are set.
    """
    grounds = [_Ground(scene) for scene in scenes]
    options = [_options(label, grounds) for label in labels]
    flat = [placed for choices in options for placed in choices]
    clashes = _clashes(flat)
    starts = np.cumsum([0] + [len(choices) for choices in options]).tolist()
    rng = random.Random(0)
    order = list(range(len(labels)))
    best: dict[int, int] = {}
    best_score = (-1, 0)
    for attempt in range(tries):
        taken: dict[int, int] = {}
        chosen = 0
        for i in order:
            if most is not None and len(taken) == most:
                break
            free = (c for c in range(starts[i], starts[i + 1]) if not clashes[c] & chosen)
            spot = next(islice(free, rng.randrange(FREEDOM) if attempt % 2 else 0, None), None)
            if spot is not None:
                taken[i] = spot
                chosen |= 1 << spot
        score = (sum(labels[i].weight_in_choice for i in taken), -sum(spot - starts[i] for i, spot in taken.items()))
        if score > best_score:
            best, best_score = taken, score
        if len(taken) == min(len(labels), most or len(labels)) and attempt >= tries // 4:
            break
        missing = [i for i in order if i not in taken]
        order = missing + [i for i in order if i in taken]
        if attempt % 3 == 2 or not missing:
            rng.shuffle(order)
    named = [flat[best[i]] for i in sorted(best)]
    return named + _numbers([label for i, label in enumerate(labels) if i not in best], scenes, named)


def _options(label: Label, grounds: list[_Ground]) -> list[Placed]:
    """Return the places that are free of all that does not move, the best first: roomy before tight, whole names before wrapped ones."""
    forms: list[tuple[tuple[str, ...], str]] = [((label.name,), detail) for detail in label.details]
    if len(wrap(label.name)) > 1:
        forms[1:] = [(wrap(label.name), label.details[0]), *forms[1:], *((wrap(label.name), detail) for detail in label.details[1:])]
    roomy: list[Placed] = []
    tight: list[Placed] = []
    for lines, detail in forms:
        for scale in label.reach:
            for dx, dy in label.offsets:
                placed = _placed(label, lines, detail, (dx * scale, dy * scale), grounds)
                if placed is not None:
                    is_roomy = all(ground.is_roomy(box) for ground, box in zip(grounds, placed.boxes, strict=True))
                    (roomy if is_roomy else tight).append(placed)
    return roomy + tight


def _placed(
    label: Label, lines: tuple[str, ...], detail: str, spot: tuple[float, float], grounds: list[_Ground], *, is_number: bool = False
) -> Placed | None:
    """Return a label set at a spot beside its marker, or None if it cannot stand there at every width."""
    width, height = size_of(lines, detail, label.size, label.weight)
    boxes = tuple(_box(position, spot, width, height) for position in label.positions)
    if not all(ground.holds(box) for ground, box in zip(grounds, boxes, strict=True)):
        return None
    leaders = tuple(_leader(p, spot, box, label.radius) for p, box in zip(label.positions, boxes, strict=True))
    if not all(ground.is_free(box, leader) for ground, box, leader in zip(grounds, boxes, leaders, strict=True)):
        return None
    return Placed(label.key, lines, detail, *spot, _anchor(spot), bool(len(leaders[0])), is_number, boxes, leaders)


def _clashes(places: list[Placed]) -> list[int]:
    """Return for each place a bit mask of the places that it cannot stand beside: text on text, or a leader through a text."""
    n = len(places)
    bad = np.zeros((n, n), dtype=bool)
    for scene in range(len(places[0].boxes) if places else 0):
        boxes = _array([p.boxes[scene] for p in places])
        near, grown = _grown(boxes, 2.0), _grown(boxes, LABEL_PAD)
        left, top, right, bottom = (boxes[:, None, i] for i in range(4))
        bad |= (left < grown[:, 2]) & (grown[:, 0] < right) & (top < grown[:, 3]) & (grown[:, 1] < bottom)
        for i, each in enumerate(places):
            x, y = each.leaders[scene][:, :1], each.leaders[scene][:, 1:]
            hit = ((x > near[:, 0]) & (x < near[:, 2]) & (y > near[:, 1]) & (y < near[:, 3])).any(axis=0)
            bad[i] |= hit
            bad[:, i] |= hit
        bad |= _crossings([each.leaders[scene] for each in places])
    return [int("".join("1" if b else "0" for b in row[::-1]), 2) if n else 0 for row in bad]


def _crossings(leaders: list[np.ndarray]) -> np.ndarray:
    """Return which leaders cross one another."""
    ends = np.array([(*line[0], *line[-1]) if len(line) else (math.nan,) * 4 for line in leaders])
    start, stop = ends[:, :2], ends[:, 2:]

    def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.sign((b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0]))

    one, other = (start[:, None], stop[:, None]), (start[None], stop[None])
    return (side(*one, other[0]) * side(*one, other[1]) < 0) & (side(*other, one[0]) * side(*other, one[1]) < 0)


def _numbers(labels: list[Label], scenes: list[Scene], named: list[Placed]) -> list[Placed]:
    """Put numbers beside the markers whose names found no place."""
    placed: list[Placed] = []
    for label in labels:
        grounds = [_Ground(scene) for scene in with_names(scenes, named + placed)]
        small, text = replace(label, size=12), (str(label.number),)
        if label.number is not None:
            tries = (_placed(small, text, "", spot, grounds, is_number=True) for spot in NUMBER_OFFSETS)
            placed += [p for p in [next((p for p in tries if p is not None), None)] if p is not None]
    return placed


def with_names(scenes: list[Scene], placed: list[Placed], dots: list[list[Box]] | None = None) -> list[Scene]:
    """Return the scenes with these names, their leaders and other thin things in them, for the next round."""
    return [
        replace(
            scene,
            texts=scene.texts + [p.boxes[i] for p in placed],
            lines=[*scene.lines, *(dots[i] if dots else []), *(Box(x, y, x, y) for p in placed for x, y in p.leaders[i].tolist())],
        )
        for i, scene in enumerate(scenes)
    ]


def push_apart(wanted: list[float], distance: float, low: float, high: float) -> list[float]:
    """Return positions in the order of the wanted ones, at least `distance` apart and within the range if they fit it.

    >>> push_apart([10, 12, 50], 20, 0, 100)
    [1.0, 21.0, 50.0]
    """
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    groups: list[list] = []  # each: [sum of wanted starts, members]; a group's members stand `distance` apart
    for i in order:
        groups.append([wanted[i], [i]])
        while len(groups) > 1 and _start(groups[-1], distance) < _start(groups[-2], distance) + distance * len(groups[-2][1]):
            total, members = groups.pop()
            groups[-1][0] += total - distance * len(groups[-1][1]) * len(members)
            groups[-1][1] += members
    out = [0.0] * len(wanted)
    for group in groups:
        for place_in_group, i in enumerate(group[1]):
            out[i] = _start(group, distance) + distance * place_in_group
    least = low
    for i in order:
        out[i] = least = max(out[i], least)
        least += distance
    most = high
    for i in reversed(order):
        out[i] = most = min(out[i], most)
        most -= distance
    return out


def _start(group: list, distance: float) -> float:
    """Return where a group's first member stands so that its members miss their wishes equally."""
    return group[0] / len(group[1])


def _anchor(spot: tuple[float, float]) -> str:
    """Return which edge of the text is nearest to its marker."""
    dx, dy = spot
    if abs(dx) <= CENTRED_WITHIN and abs(dy) > 30:
        return "center"
    return "right" if dx < 0 else "left" if dx > 0 else "center"


def _box(position: tuple[float, float], spot: tuple[float, float], width: float, height: float) -> Box:
    """Return the text's box for a spot beside its marker."""
    x, y = position[0] + spot[0], position[1] + spot[1]
    left = {"right": x - width, "left": x, "center": x - width / 2}[_anchor(spot)]
    return Box(left, y - height / 2, left + width, y + height / 2)


def _leader(position: tuple[float, float], spot: tuple[float, float], box: Box, radius: float) -> np.ndarray:
    """Return points along the line from the marker to the text's anchor as Plotly draws it; none if it would be too short to help."""
    x, y = position
    is_centred = _anchor(spot) == "center"
    end = (x + spot[0], (box.bottom if spot[1] < 0 else box.top) if is_centred else y + spot[1])
    length = math.hypot(end[0] - x, end[1] - y)
    near = math.hypot(min(max(x, box.left), box.right) - x, min(max(y, box.top), box.bottom) - y)
    if near - radius < SHORTEST_LEADER:
        return np.empty((0, 2))
    steps = np.linspace(min(0.9, (1.5 * radius + 2) / length), 0.97, max(3, int(length / 3)))  # 1.5: clear of its own marker's box
    return np.column_stack([x + steps * (end[0] - x), y + steps * (end[1] - y)])


def _array(boxes: list[Box]) -> np.ndarray:
    """Return boxes as rows of left, top, right, bottom."""
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], dtype=float).reshape(-1, 4)


def _grown(boxes: np.ndarray, pad: float) -> np.ndarray:
    """Return all boxes grown on all sides."""
    return boxes + np.array([-pad, -pad, pad, pad])


def _hits(box: Box, boxes: np.ndarray) -> bool:
    """Return True if the box shares an area with any of the others."""
    apart = (box.left >= boxes[:, 2]) | (boxes[:, 0] >= box.right) | (box.top >= boxes[:, 3]) | (boxes[:, 1] >= box.bottom)
    return not apart.all()


def _inside(points: np.ndarray, boxes: np.ndarray) -> bool:
    """Return True if any point lies in any box."""
    x, y = points[:, :1], points[:, 1:]
    return bool(((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])).any())
