"""Opening a record in a health or safety emergency (34 CFR 99.31(a)(10), 99.36)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import PersonId

LIFE: Final = timedelta(hours=24)
LEAST_WORDS: Final = 30
"""Characters that say what the threat is."""


class Threat(StrEnum):
    """What an emergency is about: a closed list."""

    MEDICAL = "medical"
    VIOLENCE = "violence"
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    MISSING = "missing"
    DISASTER = "disaster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """A record opened by one person for a day."""

    id: str
    student: LocalStudentId
    person: PersonId
    person_name: str
    threat: Threat
    basis: str
    """What the threat is, in words: the law demands that it is recorded (34 CFR 99.36)."""
    opened_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the day is not over."""
        return self.opened_at <= now < self.opened_at + LIFE
