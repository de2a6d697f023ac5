"""Safe text: every name from a log is hostile until it has passed here."""

import re
import unicodedata

MAX_CHARS = 120

# C0 and C1 controls, zero-width characters, bidi controls, interlinear marks, tag characters, lone surrogates
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe_text(text: str, max_chars: int = MAX_CHARS) -> str:
    r"""Return the text in NFC, without control, bidi and zero-width characters, spaces joined, cut with an ellipsis.

    >>> safe_text("gpt\u202e-5\n(high)")
    'gpt -5 (high)'
    >>> safe_text("x" * 200, 5)
    'xxxx…'
    """
    text = unicodedata.normalize("NFC", _UNSAFE.sub(" ", text[: 4 * max_chars + 1000]))
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def optional(text: str | None, max_chars: int = MAX_CHARS) -> str | None:
    """Return `safe_text`, or None where nothing readable is left."""
    return (safe_text(text, max_chars) or None) if text is not None else None
