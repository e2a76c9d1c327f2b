"""What is wrong with a mapping file itself, found before anything runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

Path = tuple[str | int, ...]
"""Where in the file: keys, and places in lists from 0."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. An error keeps the mapping from running; a warning loses a column."""

    path: Path
    message: str
    suggestion: str | None = None
    severity: Literal["error", "warning"] = "error"

    @property
    def place(self) -> str:
        """Return the path as people write it: `entries[3].fields.title`."""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return text.removeprefix(".")


@dataclass
class Faults:
    """Collects what is wrong."""

    found: list[Fault] = field(default_factory=list)

    def error(self, path: Path, message: str, suggestion: str | None = None) -> None:
        """Note what keeps the mapping from running."""
        self._note(Fault(path, message, suggestion))

    def warning(self, path: Path, message: str, suggestion: str | None = None) -> None:
        """Note what the mapping asks for and does not get."""
        self._note(Fault(path, message, suggestion, "warning"))

    def errors(self) -> list[Fault]:
        """Return what keeps the mapping from running."""
        return [fault for fault in self.found if fault.severity == "error"]

    def _note(self, fault: Fault) -> None:
        if fault not in self.found:
            self.found.append(fault)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a question about the name that is most like it, None where none is."""
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f"did you mean {folded[near[0]]}?" if near else None
