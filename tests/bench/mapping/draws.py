"""Choices that depend on a number and a purpose only: the same in every run, chunk and release."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import polars as pl

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MIX: Final = 0xBF58476D1CE4E5B9
_SPREAD: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Draws:
    """Where all choices of a district come from."""

    seed: int

    def number(self, of: pl.Expr, purpose: str) -> pl.Expr:
        """Return 32 even bits for each number (splitmix64, one round; its products wrap)."""
        start = crc32(f"{self.seed}/{purpose}".encode())
        mixed = (of.cast(pl.UInt64) + start + 1) * _whole(_GOLDEN)
        mixed = (mixed ^ (mixed // _whole(1 << 30))) * _whole(_MIX)
        return mixed // _whole(_SPREAD)

    def chance(self, of: pl.Expr, purpose: str, share: float) -> pl.Expr:
        """Return true for about this share of the numbers."""
        return self.number(of, purpose) < int(share * _SPREAD)

    def pick(self, of: pl.Expr, purpose: str, choices: Sequence[str]) -> pl.Expr:
        """Return one of the choices for each number; name one twice to make it twice as frequent."""
        return pl.lit(pl.Series(choices)).gather(self.number(of, purpose) % len(choices))

    def between(self, of: pl.Expr, purpose: str, least: int, most: int) -> pl.Expr:
        """Return whole numbers, both bounds included."""
        return (self.number(of, purpose) % (most - least + 1)).cast(pl.Int64) + least


def padded(number: pl.Expr, digits: int) -> pl.Expr:
    """Return the number as text of at least so many digits."""
    return number.cast(pl.String).str.zfill(digits)


def day(first: str, after: pl.Expr) -> pl.Expr:
    """Return the date so many days after the first, as ISO 8601 text."""
    return pl.lit(first).str.to_date() + pl.duration(days=after)


def _whole(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
