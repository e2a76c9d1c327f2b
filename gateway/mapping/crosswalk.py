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
    state: str | None = None
    """Means this only in the state of these two letters."""
    since: int | None = None
    """Means this only from this school year on."""
    until: int | None = None
    """Means this only up to and with this school year."""

    def holds(self, state: str, year: int | None) -> bool:
        """Tell whether the line counts in a state and a school year; None is any year."""
        return (
            self.state in {None, state}
            and (year is None or self.since is None or self.since <= year)
            and (year is None or self.until is None or year <= self.until)
        )


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

    def of(self, state: str, year: int | None) -> "Crosswalk":
        """Return the crosswalk as it holds in a state and a school year; a state's own lines count first."""
        values = [value for value in self.values if value.holds(state, year)]
        return self.model_copy(update={"values": tuple(sorted(values, key=lambda one: one.state is None))})
