"""What the demonstration tells: its events as they happen, and its outcome as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Phase(StrEnum):
    """How far a step is."""

    BEGUN = "begun"
    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIs:
    """News of a step."""

    who: str
    """The node, or `Demo`."""
    title: str
    phase: Phase
    told: str = ""
    """What came of it, in a few words."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeIs:
    """News of a node."""

    name: str
    url: str
    state: str


Event = StepIs | NodeIs
Tell = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line of the timeline."""

    step: str
    who: str
    what: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Entries of a section that stayed at the holder."""

    section: str
    reason: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One finding, its value masked: letters are `x`, digits are `9`."""

    rule: str
    file: str
    line: int | None
    column: str | None
    value: str
    message: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What is known at the end. Booleans are set by what was checked, never by having come so far."""

    folder: Path
    verified: bool = False
    """The imported record proves itself with the agency's key alone, and holds what Maple has mapped."""
    imported: bool = False
    """Exactly one record lies in Cedar's import folder."""
    receipted: bool = False
    """Maple holds exactly one receipt, signed by Cedar, for this very record."""
    seconds: float = 0.0
    students: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    """By rule."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """What most findings of each rule say."""
    example: Example | None = None
    student: str = ""
    """A made-up student's name, or a real one's initials."""
    school: str = ""
    moved: Mapping[str, int] = field(default_factory=dict)
    """Entries by section."""
    withheld: tuple[Kept, ...] = ()
    checks: Mapping[str, bool] = field(default_factory=dict)
    """What the proof at the end looked at."""
    timeline: list[Moment] = field(default_factory=list)
    places: dict[str, Path] = field(default_factory=dict)
    verify_command: str = ""
    kept: bool = False
    """Whether the nodes go on running when the story is told."""
    nodes: dict[str, str] = field(default_factory=dict)
    """Addresses by name."""
    pids: dict[str, int] = field(default_factory=dict)
    """Of nodes that were left running."""
    fault: str | None = None
    """Why the story ended early."""

    @property
    def succeeded(self) -> bool:
        """Whether the record was verified, imported and receipted."""
        return self.verified and self.imported and self.receipted

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return asdict(self) | {
            "folder": str(self.folder),
            "seconds": round(self.seconds, 3),
            "places": {name: str(path) for name, path in self.places.items()},
            "timeline": [asdict(one) | {"seconds": round(one.seconds, 3)} for one in self.timeline],
        }
