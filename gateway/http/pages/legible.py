"""Makes what pages say impossible to misread: hidden characters are shown, mixed alphabets are marked."""

import re
import unicodedata
from typing import Final

HIDDEN: Final = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad"
    "\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
"""Characters that nobody sees: controls, turns of direction, spaces of no width, tags (UTR 36, 2.5).

The joiners U+200C and U+200D and the marks U+200E and U+200F are not among them: names in Persian, Hindi or
Hebrew are written with them.
"""
_RIGHT_TO_LEFT: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_GREEK_OR_CYRILLIC: Final = "\u0370-\u03ff\u0400-\u052f"
_LATIN: Final = "A-Za-z\u00c0-\u024f"
_MIXED_WORD: Final = (
    rf"[{_LATIN}]+[{_GREEK_OR_CYRILLIC}][{_LATIN}{_GREEK_OR_CYRILLIC}]*"
    rf"|[{_GREEK_OR_CYRILLIC}]+[{_LATIN}][{_LATIN}{_GREEK_OR_CYRILLIC}]*"
)
_NEEDS_A_LOOK: Final = re.compile(f"[{HIDDEN}{_RIGHT_TO_LEFT}{_GREEK_OR_CYRILLIC}]")
_PIECES: Final = re.compile(
    r"(?P<kept><textarea.*?</textarea>|<[^>]*>)"
    rf"|(?P<mixed>{_MIXED_WORD})"
    rf"|(?P<turned>[{_RIGHT_TO_LEFT}][{_RIGHT_TO_LEFT}\s'\u200c-\u200f-]*)"
    rf"|(?P<hidden>[{HIDDEN}])",
    re.DOTALL,
)
_ISOLATE: Final = "\u2068{}\u2069"
"""First strong isolate and its end (Unicode Standard Annex 9)."""


def legible(page: str) -> str:
    """Return a page of HTML whose text shows what is in it.

    A hidden character becomes its code, `[U+202E]`. In a word of Latin and of Greek or Cyrillic letters, each
    of the latter has its code behind it (UTS 39, 5.1). Text that runs from right to left keeps to itself, so
    that no number beside it changes its place. Tags and their attributes, and what stands in a form's box,
    stay as they are: what is sent back is what was there.
    """
    return _PIECES.sub(_piece, page) if _NEEDS_A_LOOK.search(page) else page


def _piece(found: re.Match[str]) -> str:
    text = found[0]
    match found.lastgroup:
        case "hidden":
            return _code(text)
        case "mixed":
            return "".join(one + _code(one) if _is_odd(one) else one for one in text)
        case "turned":
            return _ISOLATE.format(text)
    return text


def _is_odd(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("GREEK", "CYRILLIC"))


def _code(character: str) -> str:
    return f"[U+{ord(character):04X}]"
