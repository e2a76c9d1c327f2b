"""The few rows of one student on their way in: which count, and what is wrong with them as rows.

What `gateway.mapping.intake` does with columns.
"""

from collections.abc import Mapping, Sequence

from gateway.mapping.conventions import Conventions
from gateway.mapping.denied import holds_ssn
from gateway.mapping.findings import Finding, Rule
from gateway.mapping.headers import Resolved
from gateway.mapping.kept import kept_sources
from gateway.mapping.plan import Plan
from gateway.mapping.problems import of_finding
from gateway.mapping.records import Record, Rest, key_in
from gateway.mapping.rows import BLANKS, FILE_COLUMN, LINE_COLUMN, Found

Row = Sequence[str | None]


def row_intakes(plan: Plan) -> dict[str, "RowIntake"]:
    """Return what takes the rows of each source in that has a table."""
    kept = kept_sources(plan)
    conventions = plan.mapping.conventions
    return {
        name: RowIntake(source, conventions, once=name in kept)
        for name, source in plan.sources.items()
        if source.table is not None
    }


class RowIntake:
    """Takes rows of one source in."""

    def __init__(self, source: Resolved, conventions: Conventions, *, once: bool) -> None:
        assert source.table is not None  # noqa: S101 - a source without a table has no rows
        headers = source.table.columns
        self._source = source
        self._once = once
        """Whether only the first row with a key counts."""
        self._lined = source.table.lined
        self._at = {name: headers.index(source.columns[name]) for name in source.asked}
        self._line = headers.index(LINE_COLUMN) if LINE_COLUMN in headers else None
        self._file = headers.index(FILE_COLUMN) if FILE_COLUMN in headers else None
        self._denied = [at for at, header in enumerate(headers) if header in source.denied]
        whole_key = all(column in source.asked for column in source.spec.key)
        self._keys = source.spec.key if whole_key else ()
        self._deleted = {word.casefold() for word in conventions.deleted}
        self._expected = {
            column: {word.casefold() for word in words}
            for column, words in source.spec.expect.items()
            if column in source.asked
        }

    def records(self, found: Found, rest: Rest) -> list[Record]:
        """Return the rows that count; keys of rows that are marked as deleted are told to `rest`."""
        faults = _by_line(found.findings)
        seen: set[tuple[str, ...]] = set()
        kept = []
        for line, row in zip(found.lines, found.rows, strict=True):
            record = self._record(row, line, faults.get(line, ()))
            if not self._counts(record, rest):
                continue
            if self._once and self._keys:
                key = key_in(record, self._keys)
                if key in seen:
                    continue
                seen.add(key)
            kept.append(record)
        return kept

    def _record(self, row: Row, line: int, faults: Sequence[Finding]) -> Record:
        cells = {name: row[at] or "" for name, at in self._at.items()}
        if faults and self._denied:
            cells = self._unmoved(cells, row, faults)
        for column in self._keys:
            cells[column] = cells[column].strip(BLANKS)
        wrong = tuple((of_finding(one), one.severity) for one in faults[:1])
        return Record(cells, self._line_of(row, line), wrong, None if self._file is None else row[self._file])

    def _line_of(self, row: Row, line: int) -> int | None:
        """Return where the row stands, None where nobody could find it by that."""
        if self._line is not None:
            said = row[self._line] or ""
            return int(said) if said.isdecimal() else None
        return line if self._lined else None

    def _unmoved(self, cells: dict[str, str], row: Row, faults: Sequence[Finding]) -> dict[str, str]:
        """Empty the cells of a ragged row into which a denied column's cell may have moved."""
        if all(one.rule is not Rule.ROW_RAGGED for one in faults):
            return cells
        lacking = sum(cell is None for cell in row)

        def reached(at: int) -> bool:
            return any(
                (lacking > 0 and lacking >= place - at) if at < place else (lacking == 0 or at == place)
                for place in self._denied
            )

        return {name: "" if reached(self._at[name]) else cell for name, cell in cells.items()}

    def _counts(self, row: Record, rest: Rest) -> bool:
        keys = [row.cells[column] for column in self._keys]
        status = row.cells.get(self._source.spec.status, "").strip(BLANKS).casefold()
        if status and status in self._deleted:
            if keys and all(keys):
                rest.gone.setdefault(self._source.name, set()).add("\x1f".join(keys))
            return False
        if keys and (not all(keys) or holds_ssn(keys[0])):
            return False
        return all(
            row.cells[column].strip(BLANKS).casefold() in words for column, words in self._expected.items()
        )


def _by_line(findings: Sequence[Finding]) -> Mapping[int, Sequence[Finding]]:
    faults: dict[int, list[Finding]] = {}
    for one in findings:
        if one.line is not None:
            faults.setdefault(one.line, []).append(one)
    return faults
