"""How large a text is when drawn: the widths of Streamlit's own font, and where a name breaks into two lines."""

LINE_HEIGHT = 1.3
"""Plotly's, in units of the font size."""

_WIDTHS = {  # Source Sans, thousandths of the font size, for the printable ASCII characters from the space on
    400: (
        "200 289 426 497 497 824 609 249 303 303 418 497 249 311 249 350 497 497 497 497 497 497 497 497 497 497 249 249 497 497 497 425"
        " 847 543 588 571 615 527 494 617 652 263 479 579 486 727 647 664 566 664 569 534 536 645 515 786 513 476 539 303 350 303 497 500"
        " 542 504 553 456 555 496 292 504 544 246 247 495 255 829 547 542 555 555 347 419 338 544 467 719 446 467 425 303 241 303 497"
    ),
    600: (
        "200 315 482 513 513 841 639 275 324 324 438 513 275 322 275 344 513 513 513 513 513 513 513 513 513 513 275 275 513 513 513 444"
        " 875 558 597 576 625 538 510 628 663 282 494 597 502 745 657 674 582 674 592 545 546 655 536 800 541 501 540 324 344 324 513 500"
        " 549 516 563 462 564 507 317 520 558 262 263 522 271 843 560 549 564 564 373 431 361 556 495 748 481 495 443 324 255 324 513"
    ),
}
_TABLES = {weight: [int(width) / 1000 for width in text.split()] for weight, text in _WIDTHS.items()}
_OTHER = {"·": 0.27, "…": 0.96, "–": 0.48, "−": 0.51, "×": 0.51, "≥": 0.51, "≤": 0.51, "←": 0.62, "↑": 0.62, "\u200b": 0.0}


def text_width(text: str, size: float, weight: int = 400) -> float:
    """Return a line's width in pixels; characters of other scripts count as wide as they can be.

    >>> round(text_width("DeepSeek-V3.2-Exp (Reasoner)", 13, 600))
    172
    """
    table = _TABLES[weight]
    return size * sum(table[ord(c) - 32] if " " <= c <= "~" else _OTHER.get(c, 1.0 if ord(c) > 0x1100 else 0.85) for c in text)


def wrap(name: str) -> tuple[str, ...]:
    """Return the name in two lines of about equal length, broken at a space or after a hyphen; one line if it has no such place.

    >>> wrap("claude-3-5-sonnet-20241022"), wrap("o3")
    (('claude-3-5-', 'sonnet-20241022'), ('o3',))
    """
    breaks = [i + 1 for i, c in enumerate(name[:-1]) if c in " -/" and i > 1]
    if not breaks:
        return (name,)
    middle = min(breaks, key=lambda i: max(text_width(name[:i].rstrip(), 13), text_width(name[i:], 13)))
    return (name[:middle].rstrip(), name[middle:])


def size_of(lines: tuple[str, ...], detail: str, size: float, weight: int) -> tuple[float, float]:
    """Return width and height of a label's text."""
    widths = [text_width(line, size, weight) for line in lines] + ([text_width(detail, 12)] if detail else [])
    return max(widths) + 2, LINE_HEIGHT * size * (len(lines) + bool(detail))
