"""How much an adapter reads before it says no."""

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Limits on what comes from outside. All are inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes: int = Field(default=4 * 1024**3, gt=0)
    """Of all files together, uncompressed."""

    max_ratio: int = Field(default=200, gt=1)
    """Uncompressed bytes for one compressed byte, of any member larger than a megabyte."""

    max_members: int = Field(default=200, gt=0)
    """Files in the archive or the folder, read or not."""

    max_columns: int = Field(default=500, gt=0)
    """Columns of one file."""

    max_line_bytes: int = Field(default=128 * 1024, gt=0)
    """Of one physical line."""

    max_record_lines: int = Field(default=200, gt=0)
    """Physical lines of one quoted record; more means a quote that nobody closed."""

    max_sheet_memory: int = Field(default=2 * 1024**3, ge=128 * 1024**2)
    """Bytes that a spreadsheet may take when it is opened, which is done by a process of its own."""

    max_sheet_seconds: int = Field(default=300, gt=0)
    """Of processor time that opening a spreadsheet may take."""
