"""Prints the rows of a spreadsheet as JSON lines; run as a process of its own, with limits.

A spreadsheet of a few bytes can claim a thousand million cells, and what reads it takes memory for them
all. Here that ends this process and nothing else. The workbook comes on standard input. The first line
printed is `[sheet, [other sheets]]`, each other one a row that has a value: `[number, [cell, ...]]`, or
without cells where it is longer than any record.
Exit status 3: it is protected by a password; 4: it has no such sheet; anything else but 0: it cannot be read.
"""

import datetime as dt
import io
import json
import sys
from decimal import Decimal
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

PROTECTED: Final = 3
NO_SHEET: Final = 4
_DAMAGED: Final = 5
_EXACT: Final = 1e21
_HALF_A_SECOND: Final = dt.timedelta(milliseconds=500)


def main(sheet: str, memory: int, seconds: int, longest: int) -> int:
    """Print the sheet, or the first that is not hidden where the name is empty; return the exit status."""
    limit(memory, seconds)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        print_sheet(book, sheet, longest)
    except PasswordError:
        return PROTECTED
    except (WorksheetNotFound, StopIteration):
        return NO_SHEET
    except (CalamineError, MemoryError, OSError, ValueError):
        return _DAMAGED
    return 0


def limit(memory: int, seconds: int) -> None:
    """Let the system end this process when it takes more. Not every system can."""
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        allowed = resource.getrlimit(what)[1]
        least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (least, least))


def print_sheet(book: CalamineWorkbook, name: str, longest: int) -> None:
    """Print the sheet's name and the other ones', then its rows."""
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    name = name or next(iter(shown))
    sheet = book.get_sheet_by_name(name)
    line_of([name, [other for other in shown if other != name]])
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [text_of(value) for value in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            line_of([number, cells if sum(map(len, cells)) <= longest else []])


def line_of(found: object) -> None:
    """Print it as one line of JSON."""
    sys.stdout.write(json.dumps(found))
    sys.stdout.write("\n")


def text_of(value: object) -> str:
    """Return the value as the sheet shows it, as far as the file says: dates and times by ISO 8601."""
    match value:
        case bool():
            return str(value).upper()
        case float():
            return number_of(value)
        case dt.datetime():
            return moment_of(value)
        case dt.timedelta():
            return duration_of(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def number_of(value: float) -> str:
    """Return fifteen digits at most, as spreadsheets keep no more; a whole number without a point."""
    text = f"{value:.15g}"
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(Decimal(text)))
    return text.upper()


def moment_of(value: dt.datetime) -> str:
    """Return a date and time, to the second; a date where the time is midnight."""
    moment = (value + _HALF_A_SECOND).replace(microsecond=0)
    if moment.time() == dt.time():
        return moment.date().isoformat()
    return moment.isoformat()


def duration_of(value: dt.timedelta) -> str:
    """Return hours, minutes and seconds; the hours may be more than a day's."""
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:5])))
