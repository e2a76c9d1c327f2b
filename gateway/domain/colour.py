"""A district's brand colour, and whether text in it can be read (WCAG 2.2, 1.4.3)."""

import re
from typing import Final

READABLE: Final = 4.5
"""The least contrast of text against its ground."""
_WHITE: Final = "#ffffff"
_HEX: Final = re.compile(r"#[0-9a-f]{6}")


def contrast(one: str, other: str = _WHITE) -> float:
    """Return the contrast of two colours such as `#1d4f91`, from 1 to 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def readable_brand(colour: str) -> str:
    """Return the colour in lower case if white on it, and it on white, can be read; else `ValueError`."""
    lower = colour.lower()
    if not _HEX.fullmatch(lower):
        raise ValueError("a colour is written as # and six hexadecimal digits, such as #1d4f91")
    if (found := contrast(lower)) < READABLE:
        raise ValueError(
            f"contrast with white is {found:.1f}, and must be at least {READABLE}: take a darker one"
        )
    return lower


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
