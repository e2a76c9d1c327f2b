"""What the header of a table says: the columns' names, and which rows are none."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters._delimited_batches import Cells
from gateway.adapter_api import Finding, Rule, finding


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's columns, and how its rows are judged."""

    file: str
    header: tuple[str, ...]
    """As it stands in the file; the given names where the file has none."""
    columns: tuple[str, ...]
    delimiter: str = ","
    quote: str | None = '"'

    def judged(self, line: int, cells: Sequence[str], found: list[Finding]) -> Cells | None:
        """Return the row's cells, or None where it is none, and add what is wrong with it to `found`."""
        width = len(self.columns)
        if len(cells) == width and cells[0].strip() and cells[0] != self.header[0]:
            return list(cells)
        if not any(cell.strip() for cell in cells):
            return None
        if self.is_header(cells):
            found.append(self._repeated(line, cells))
            return None
        if len(cells) != width:
            found.append(self._ragged(line, cells))
        return [*cells[:width], *[None] * (width - len(cells))]

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether the row says what the header says."""
        return [plain_name(cell) for cell in cells] == [plain_name(cell) for cell in self.header]

    def _repeated(self, line: int, cells: Sequence[str]) -> Finding:
        return finding(
            Rule.ROW_REPEATED_HEADER,
            "the header stands here again",
            file=self.file,
            line=line,
            raw_value=cells[0],
            suggestion="delete the line",
        )

    def _ragged(self, line: int, cells: Sequence[str]) -> Finding:
        """Return the finding about a wrong number of cells; empty surplus cells rarely matter."""
        surplus = cells[len(self.columns) :]
        filled = any(cell.strip() for cell in surplus)
        return finding(
            Rule.ROW_RAGGED,
            f"the row has {len(cells)} cells, the header {len(self.columns)}"
            + ("; its values may stand in the wrong columns" if surplus else ""),
            file=self.file,
            line=line,
            raw_value=self.delimiter.join(surplus) if filled else None,
            suggestion="put values that hold a comma into quotation marks"
            if surplus
            else "fill in the last cells",
            severity="info" if surplus and not filled else None,
        )


def named_columns(
    header: Sequence[str], *, file: str, line: int | None
) -> tuple[tuple[str, ...], list[Finding]]:
    """Return a name for each column, and what was wrong with the header.

    A second column of the same name, or one without a name, gets its position as a name.
    """
    named: dict[str, None] = {}
    taken: set[str] = set()
    found: list[Finding] = []
    for position, cell in enumerate(header, start=1):
        name = cell.strip()
        if name and plain_name(name) in taken:
            found.append(_duplicate(name, file, line))
        if not name or plain_name(name) in taken:
            name = _free_name(f"{name} (column {position})".strip(), taken)
        named[name] = None
        taken.add(plain_name(name))
    return tuple(named), found


def _free_name(name: str, taken: set[str]) -> str:
    while plain_name(name) in taken:
        name = f"{name} again"
    return name


def _duplicate(name: str, file: str, line: int | None) -> Finding:
    return finding(
        Rule.HEADER_DUPLICATE,
        "the column stands in the header twice; the first one is read",
        file=file,
        line=line,
        column=name,
        raw_value=name,
        suggestion="delete or rename one of the two",
    )


def plain_name(name: str) -> str:
    """Return the name as it is compared: without case, spaces and quotation marks around it."""
    return name.strip().strip("'\"").casefold()
