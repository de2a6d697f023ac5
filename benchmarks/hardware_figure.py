"""The figure of docs/hardware.md: predicted against measured, drawn as SVG and photographed by Chromium."""

import shutil
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, SIDE, TOP, LEFT, GAP = 1200, 660, 470, 120, 84, 130
BLUE, ORANGE, INK, INK2, LINE, AXIS = "#1B31B2", "#B24500", "#1B2230", "#555E6E", "#ECEBE7", "#B9BDC5"
COLOURS = {"A100": BLUE, "H100": ORANGE}


@dataclass(frozen=True)
class Panel:
    """One square with the same logarithmic axis on both sides."""

    title: str
    unit: str
    low: float
    high: float
    ticks: tuple[float, ...]
    predicted: np.ndarray
    measured: np.ndarray


def figure(heading: str, source: str, panels: list[Panel], gpus: np.ndarray, is_held_out: np.ndarray) -> str:
    """Return the SVG: filled marks are models that the fit had not seen, rings those that it had."""
    body = [
        f'<text x="{LEFT}" y="36" font-size="21" font-weight="650" fill="{INK}">{escape(heading)}</text>',
        f'<text x="{LEFT}" y="62" font-size="14" fill="{INK2}">Filled: models left out of the fit. Rings: models fitted. '
        f'<tspan fill="{BLUE}" font-weight="650">A100 40GB</tspan>, <tspan fill="{ORANGE}" font-weight="650">H100 80GB</tspan>. '
        "On the line, prediction = measurement; the band is ± 20 %.</text>",
        *(line for k, panel in enumerate(panels) for line in _panel(panel, LEFT + k * (SIDE + GAP), gpus, is_held_out)),
        f'<text x="{LEFT}" y="{HEIGHT - 10}" font-size="12" fill="{INK2}">{escape(source)}</text>',
    ]
    font = "'Source Sans 3', 'Source Sans Pro', system-ui, sans-serif"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="{font}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#FFFFFF"/>{"".join(body)}</svg>'
    )


def _panel(panel: Panel, left: float, gpus: np.ndarray, is_held_out: np.ndarray) -> list[str]:
    """Return the marks of one square."""
    span = np.log(panel.high / panel.low)

    def x(value):
        return left + SIDE * np.log(np.asarray(value) / panel.low) / span

    def y(value):
        return TOP + SIDE * (1 - np.log(np.asarray(value) / panel.low) / span)

    inside = f'<clipPath id="c{left:.0f}"><rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}"/></clipPath>'
    ends = np.array([panel.low, panel.high])
    band = [*zip(x(ends), y(1.2 * ends), strict=True), *zip(x(ends[::-1]), y(0.8 * ends[::-1]), strict=True)]
    marks = [
        inside,
        f'<text x="{left}" y="{TOP - 14}" font-size="15" font-weight="650" fill="{INK}">{escape(panel.title)}</text>',
        f'<polygon clip-path="url(#c{left:.0f})" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in band)}" fill="#F1F3FB"/>',
    ]
    for tick in panel.ticks:
        marks += [
            f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{TOP + SIDE}" stroke="{LINE}"/>',
            f'<line x1="{left}" x2="{left + SIDE}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{LINE}"/>',
            f'<text x="{x(tick):.1f}" y="{TOP + SIDE + 18}" font-size="12" text-anchor="middle" fill="{INK2}">{tick:,g}</text>',
            f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" font-size="12" text-anchor="end" fill="{INK2}">{tick:,g}</text>',
        ]
    marks.append(
        f'<line x1="{left}" y1="{TOP + SIDE}" x2="{left + SIDE}" y2="{TOP}" stroke="{AXIS}" stroke-width="1.5"/>'
        f'<rect x="{left}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="{AXIS}"/>'
    )
    for said, seen, card, new in zip(panel.predicted, panel.measured, gpus, is_held_out, strict=True):
        colour = COLOURS[str(card)[:4]]
        style = f'fill="{colour}" fill-opacity="0.75"' if new else f'fill="none" stroke="{colour}" stroke-opacity="0.55"'
        marks.append(f'<circle cx="{x(seen):.1f}" cy="{y(said):.1f}" r="{4 if new else 3.5}" {style}/>')
    middle = TOP + SIDE / 2
    return [
        *marks,
        f'<text x="{left + SIDE / 2}" y="{TOP + SIDE + 40}" font-size="13" text-anchor="middle" '
        f'fill="{INK2}">measured ({panel.unit})</text>',
        f'<text x="{left - 52}" y="{middle}" font-size="13" text-anchor="middle" fill="{INK2}" '
        f'transform="rotate(-90 {left - 52} {middle})">predicted ({panel.unit})</text>',
    ]


def photograph(svg: str, path: Path) -> None:
    """Write the SVG as PNG, at two pixels for one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2)
        page.set_content(f'<body style="margin:0">{svg}</body>')
        page.screenshot(path=str(path))
        browser.close()
