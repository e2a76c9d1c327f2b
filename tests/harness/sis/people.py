"""Twelve made-up students of a made-up district: the same people in every product's tables.

Ten go to school in both years. One left on 16 January 2026, one graduated in 2025, one never came.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_DAY: Final = {2025: date(2024, 8, 26), 2026: date(2025, 8, 25)}
"""By the year in which the school year ends."""
LAST_DAY: Final = {2025: date(2025, 6, 12), 2026: date(2026, 6, 11)}
LEFT: Final = date(2026, 1, 16)
"""The last day that the leaver attended."""

SCHOOLS: Final = {110: "Alder Elementary School", 210: "Birch High School"}
DISTRICT: Final = "Maple Unified School District"

ANA: Final = 1
"""Has something in every section."""
LEAVER: Final = 10
GRADUATE: Final = 11
NO_SHOW: Final = 12


@dataclass(frozen=True)
class Person:
    """A student. `grade` is that of 2025-26; the graduate has the grade of the year before."""

    number: int
    given: str
    middle: str
    family: str
    born: date
    sex: str
    hispanic: bool
    race: str
    """W, B, A, I or P."""
    grade: int
    language: str
    """ISO 639-2."""
    parent: str

    @property
    def state_id(self) -> str:
        """The state's number: ten digits."""
        return f"88{self.number:08}"

    @property
    def local(self) -> str:
        """The district's number."""
        return str(100200 + self.number)

    @property
    def school(self) -> int:
        return self.school_in(2026)

    def school_in(self, year: int) -> int:
        return 110 if self.grade_in(year) < 6 else 210

    def grade_in(self, year: int) -> int:
        """The grade in that school year."""
        return self.grade if year == 2026 or self.number == GRADUATE else self.grade - 1

    @property
    def years(self) -> tuple[int, ...]:
        """School years with a stay."""
        if self.number == GRADUATE:
            return (2025,)
        return (2026,) if self.number in {NO_SHOW, 9} else (2025, 2026)

    def last_day(self, year: int) -> date | None:
        """The last day of the stay; none while it lasts."""
        if year == 2025:
            return LAST_DAY[2025]
        return LEFT if self.number == LEAVER else None

    @property
    def street(self) -> str:
        return f"{self.number} Orchard Lane"

    @property
    def phone(self) -> str:
        return f"555-555-01{self.number:02}"

    @property
    def ssn(self) -> str:
        """No number of anybody: the office never gave out 900 to 999 as its beginning."""
        return f"9{self.number:02}-00-0001"


def _person(number: int, names: str, born: str, rest: str) -> Person:
    given, middle, family = names.split("/")
    sex, grade, hispanic, race, language, parent = rest.split()
    return Person(
        number,
        given,
        middle,
        family,
        date.fromisoformat(born),
        sex,
        hispanic == "H",
        race,
        int(grade),
        language,
        parent,
    )


PEOPLE: Final = (
    _person(1, "Ana/Lucía/Reyes", "2010-03-14", "F 10 H W spa Carmen"),
    _person(2, "Tomasz//Nowak", "2009-11-02", "M 11 N W pol Ewa"),
    _person(3, "Imani/Joy/Okafor", "2011-07-21", "F 9 N B eng Grace"),
    _person(4, "Wei//Zhang", "2015-01-30", "M 5 N A zho Lan"),
    _person(5, "Sarah/Ann/D'Angelo", "2016-05-05", "F 4 N W eng Paul"),
    _person(6, "Kai//Kealoha", "2017-09-09", "M 3 N P haw Malia"),
    _person(7, "Jonah/Ray/Begay", "2014-12-25", "M 6 N I nav Ruth"),
    _person(8, "Zoë//Smith-Jones", "2019-10-10", "F 1 N W eng Alex"),
    _person(9, "Noor//Haddad", "2020-08-01", "F 0 N W ara Samira"),
    _person(10, "Liam/Patrick/O'Brien", "2012-02-29", "M 8 N W eng Fiona"),
    _person(11, "Grace/May/Lindqvist", "2007-06-18", "F 12 N W eng Karin"),
    _person(12, "Marcus//Bell", "2013-04-04", "M 7 N B eng Denise"),
)
