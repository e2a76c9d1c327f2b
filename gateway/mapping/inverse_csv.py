"""Import rows as CSV (RFC 4180): what the local system's import reads."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from gateway.domain.spreadsheets import safe_cell
from gateway.mapping.inverse_tables import ImportTables
from gateway.mapping.plan import Plan


def csv_texts(plan: Plan, tables: ImportTables, *, spreadsheet: bool = False) -> dict[str, str]:
    """Return the text of a file for each table, by file name, under the whole header of the local system.

    Columns that are never read are left out. A cell is written as it is, because an import reads it; with
    `spreadsheet` an apostrophe keeps a spreadsheet from taking it for a formula.
    """
    made = {}
    for source in plan.sources.values():
        rows = tables.get(source.spec.file)
        if source.table and rows:
            header = [column for column in source.table.columns if column not in source.denied]
            made[f"{source.spec.file}.csv"] = csv_text(header, rows, spreadsheet=spreadsheet)
    return made


def csv_text(header: Sequence[str], rows: Iterable[Mapping[str, object]], *, spreadsheet: bool) -> str:
    """Return rows as CSV; a cell that a row lacks is empty."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(
        [_cell(row.get(column, ""), spreadsheet=spreadsheet) for column in header] for row in rows
    )
    return out.getvalue()


def _cell(value: object, *, spreadsheet: bool) -> str:
    text = str(value)
    return safe_cell(text) if spreadsheet else text
