"""What an operator says of the files of a folder: which are one table, and how they are written."""

import codecs
from functools import cache
from pathlib import PurePosixPath
from re import IGNORECASE, Pattern, escape
from re import compile as pattern_of
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from adapters._bundles import Member

Format = Literal["delimited", "fixed", "sheet"]

_FORMATS: Final[dict[str, Format]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".psv", ".dat"), "delimited"),
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "sheet"),
}
_DELIMITERS: Final = {".tsv": "\t", ".tab": "\t", ".psv": "|"}
_NO_MARKS: Final = frozenset('\r\n"\0')

Width = Annotated[int, Field(gt=0, le=100_000)]
"""Characters."""


class Span(BaseModel):
    """A column of a fixed-width file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    start: Width
    """Its first character, from 1."""
    end: Width
    """Its last character, which is included."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end < self.start:
            raise ValueError("end is before start")
        return self


class Described(BaseModel):
    """One of `[[source.options.tables]]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    """As the mapping calls the table."""

    file: str = Field(min_length=1)
    """A name with `*` and `?`, in any folder; with `/` a path. All files that fit are one table."""

    format: Format | None = None
    """By default what the file's ending says."""

    header: bool = True
    """Whether the first line names the columns."""

    columns: tuple[str | Span, ...] = ()
    """Names, where there is no header; of a fixed-width file also places."""

    skip: int = Field(default=0, ge=0, le=1000)
    """Lines before the header that are left out."""

    encoding: str | None = None
    """By default UTF-8 or UTF-16, and Windows-1252 for lines that are neither."""

    delimiter: str | None = None
    """One character, or `tab`. By default it is found in the first line."""

    quote: str | None = '"'
    """One character; empty where quotation marks are plain characters."""

    widths: tuple[Width, ...] = ()
    """Of the columns of a fixed-width file, in characters."""

    sheet: str | None = None
    """Of a workbook; by default the first that is not hidden."""

    file_column: str | None = None
    """The name of a further column, which holds the path of the row's file."""

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        try:
            if encoding:
                codecs.getincrementaldecoder(encoding)
        except LookupError:
            raise ValueError("there is no such encoding") from None
        return encoding

    @field_validator("delimiter", "quote")
    @classmethod
    def _is_one_mark(cls, mark: str | None) -> str | None:
        mark = "\t" if mark == "tab" else mark or None
        if mark and (len(mark) > 1 or not mark.isascii()):
            raise ValueError("it is not one plain character")
        return mark

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.delimiter and self.delimiter in _NO_MARKS | {self.quote or "\n"}:
            raise ValueError("this character cannot separate values")
        if self.quote and self.quote in "\r\n\0":
            raise ValueError("this character cannot quote values")
        return self

    @model_validator(mode="after")
    def _names_are_given_once(self) -> Self:
        names = [column if isinstance(column, str) else column.name for column in self.columns]
        if len({name.casefold() for name in names}) != len(names) or not all(names):
            raise ValueError("columns: a name is empty or stands there twice")
        if bool(names) == self.header and not self.spans:
            raise ValueError("columns are given where header = false, and only there")
        return self

    @model_validator(mode="after")
    def _has_places(self) -> Self:
        if self.format != "fixed" and (self.widths or self.spans):
            raise ValueError('widths and places are for format = "fixed"')
        if self.format == "fixed" and not self.spans and not self.widths:
            raise ValueError('format = "fixed" needs widths, or columns with start and end')
        if self.widths and self.columns and len(self.widths) != len(self.columns):
            raise ValueError("there are not as many widths as columns")
        return self

    @property
    def spans(self) -> tuple[Span, ...]:
        """The columns with places, if all have one."""
        found = tuple(column for column in self.columns if isinstance(column, Span))
        return found if len(found) == len(self.columns) else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names; none where the header has them."""
        return tuple(column if isinstance(column, str) else column.name for column in self.columns)

    def fits(self, member: Member) -> bool:
        """Tell whether the file belongs to the table."""
        return bool(_pattern(self.file).fullmatch(member.path if "/" in self.file else member.name))

    def format_of(self, member: Member) -> Format:
        """Return how the file is written."""
        return self.format or format_by_ending(member) or "delimited"

    def delimiter_of(self, member: Member) -> str | None:
        """Return what separates its values, where that is known before it is opened."""
        return self.delimiter or _DELIMITERS.get(PurePosixPath(member.name).suffix.casefold())


def format_by_ending(member: Member) -> Format | None:
    """Return the format that the file's ending says, if it is one of tables."""
    return _FORMATS.get(PurePosixPath(member.name).suffix.casefold())


@cache
def _pattern(glob: str) -> Pattern[str]:
    """Return the glob as a pattern in which `*` stays within a folder and `**/` is any of them."""
    marks = {"*": "[^/]*", "?": "[^/]"}
    parts = (
        "(?:[^/]+/)*" if part == "**" else "".join(marks.get(mark) or escape(mark) for mark in part) + "/"
        for part in glob.split("/")
    )
    return pattern_of("".join(parts).removesuffix("/"), IGNORECASE)
