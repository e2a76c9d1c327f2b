"""Special programmes: restricted, each by a law of its own."""

from datetime import date
from typing import ClassVar

from gateway.domain.backpack.base import CodedValue, Entry, Level


class ProgramParticipation(Entry):
    """Takes part, or took part, in a programme. CEDS 000225. Ed-Fi: StudentProgramAssociation."""

    base: ClassVar[Level] = "R"

    kind: CodedValue
    """IEP, 504, EL, FoodService, Homeless, Foster, Migrant, GiftedTalented and others."""
    begin: date | None = None
    """CEDS 000590."""
    end: date | None = None
    """CEDS 000591."""
