"""Cells of CSV files that people open in a spreadsheet."""

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with; the last four are the full-width signs, which spreadsheets take as well."""


def safe_cell(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula: an apostrophe goes before it."""
    return f"'{text}" if text.startswith(FORMULA) else text
