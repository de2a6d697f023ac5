"""Safe text: every name from a log is hostile until it has passed here."""

import re
import unicodedata
from hashlib import blake2b

MAX_CHARS = 120
_DIGEST_BYTES = 6
"""12 hex digits: with 8, one pair in 100,000 names of one beginning would be expected to meet."""

_CUT = re.compile(f"…[0-9a-f]{{{2 * _DIGEST_BYTES}}}$")

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
    text = _clean(text[: 4 * max_chars + 1000])
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def identity_text(text: str, max_chars: int = MAX_CHARS) -> str:
    """Return safe text for what tells things apart: where cutting loses something, a digest of the whole stands at the end.

    >>> identity_text("django__django-11099")
    'django__django-11099'
    >>> identity_text("x" * 30 + "1", 20), identity_text("x" * 30 + "2", 20)
    ('xxxxxxx…15f659b1d156', 'xxxxxxx…a87244bfb904')
    """
    text = _clean(text)
    if len(text) <= max_chars:
        return text
    cut_before = _CUT.search(text)  # its digest is of the whole: cut in two steps or in one, a name is the same
    end = cut_before[0] if cut_before else f"…{blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"
    return text[: max_chars - len(end)] + end


def optional_identity(text: str | None, max_chars: int = MAX_CHARS) -> str | None:
    """Return `identity_text`, or None where nothing readable is left."""
    return (identity_text(text, max_chars) or None) if text is not None else None


def optional(text: str | None, max_chars: int = MAX_CHARS) -> str | None:
    """Return `safe_text`, or None where nothing readable is left."""
    return (safe_text(text, max_chars) or None) if text is not None else None


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # most names: nothing to mend
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", _UNSAFE.sub(" ", text))).strip()
