"""Local code lists against the shared ones: data, each naming its source."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A table of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeValue(Spec):
    """One code and what local systems write for it."""

    code: str
    display: str | None = None
    local: tuple[str, ...] = ()
    """In any case; the code itself is always understood."""
    drop: bool = False
    """Known, and stands for no value here."""
    rolled_up: bool = False
    """Stands for several that nobody can tell apart any more."""


class Crosswalk(Spec):
    """A local code list against the shared one."""

    system: str
    """URI of the shared list."""
    source: str
    """Where the list and the local codes are from."""
    unmapped: Literal["finding", "keep", "drop"] = "finding"
    """What becomes of an unknown code: kept with a finding, kept, or dropped."""
    normalise: Literal["gradeLevel"] | None = None
    values: tuple[CodeValue, ...]
