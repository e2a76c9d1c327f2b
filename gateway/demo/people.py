"""Made-up families: names, birth dates and addresses that belong to nobody."""

import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from random import Random
from zlib import crc32

GRADES = ("KG", *(f"{grade:02d}" for grade in range(1, 13)))
"""Grade levels as CEDS and OneRoster code them, youngest first."""

_NAMES = tomllib.loads(files("gateway.demo").joinpath("names.toml").read_text("utf-8"))
_GIVEN, _HERITAGE, _INVENTED = _NAMES["given"], _NAMES["heritage"], _NAMES["invented"]
_BIRTHPLACES = (
    *(("US", "OR", "Cedar Bend"), ("US", "TX", "Pecan Crossing"), ("US", "OH", "Mill Hollow")),
    *(("US", "NM", "Red Mesa Springs"), ("US", "GA", "Magnolia Gap"), ("US", "MN", "Little Loon Lake")),
    *(("US", "CA", "Orchard Flats"), ("US", "NY", "Harbor Falls"), ("US", "WA", "Salmon Landing")),
    *(("MX", "", "Puebla"), ("VN", "", "Đà Nẵng"), ("ET", "", "Bahir Dar"), ("PH", "", "Iloilo")),
    *(("BR", "", "São Luís"), ("UA", "", "Poltava"), ("IN", "", "Pune"), ("GT", "", "Cobán")),
)
_RACES = (
    *(("white",), ("white",), ("white",), ("asian",), ("blackOrAfricanAmerican",)),
    *(("blackOrAfricanAmerican",), ("americanIndianOrAlaskaNative",), ("asian", "white")),
    *(("nativeHawaiianOrOtherPacificIslander",), ("blackOrAfricanAmerican", "white"), ("white",)),
)
_HOUSEHOLDS = (
    *(("parent",), ("guardian",), ("parent", "parent"), ("parent", "guardian")),
    ("parent", "parent", "relative"),
)
_MAIL_DOMAINS = ("example.com", "example.org", "example.net")
_WITHOUT_DECOMPOSITION = str.maketrans({"ø": "o", "đ": "d", "\u0131": "i"})
_FIRST_KINDERGARTEN_BIRTHDAY = date(2020, 9, 2)
"""Who is five on 1 September 2026 starts kindergarten in the school year 2026-27."""


@dataclass(frozen=True, slots=True)
class Guardian:
    """An adult of a family. `role` is a OneRoster role: guardian, parent or relative."""

    id: str
    given: str
    family: str
    role: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Roots:
    """What the children of a family share. The birthplace is country, state and city."""

    surname: str
    newcomer: bool
    races: tuple[str, ...]
    hispanic: bool
    birthplace: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Student:
    """A child of a family. `grade` counts from 0, kindergarten; `ability` is the mean share of points."""

    id: str
    state_id: str
    local_number: str
    given: str
    middle: str
    family: str
    preferred: str
    pronouns: str
    grade: int
    born: date
    sex: str
    roots: Roots
    username: str
    ability: float


@dataclass(frozen=True, slots=True)
class Family:
    """Guardians and the children they share."""

    guardians: tuple[Guardian, ...]
    students: tuple[Student, ...]


def chance(rng: Random, share: float) -> bool:
    """Return true in that share of calls."""
    return rng.random() < share


def person_name(rng: Random) -> tuple[str, str]:
    """Return a given and a family name; every family name has an invented part."""
    return rng.choice(_GIVEN), _family_name(rng, rng.choice(_HERITAGE))


def plain(name: str) -> str:
    """Return the name in lower-case ASCII letters, as a mail address has it."""
    folded = unicodedata.normalize("NFKD", name.lower().translate(_WITHOUT_DECOMPOSITION))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


def phone_number(rng: Random) -> str:
    """Return a number of the range that is set aside for fiction, 555-0100 to 555-0199."""
    return f"({rng.choice(('202', '303', '503', '612'))}) 555-01{rng.randrange(100):02d}"


class Registrar:
    """Gives out families one at a time, with numbers that are unique within the district."""

    def __init__(self, rng: Random, *, district: str) -> None:
        self._rng = rng
        self._district = plain(district)
        self._first = rng.randrange(100_000, 500_000)
        self._students = 0
        self._guardians = 0

    def family(self, size: int, *, twins: bool = False) -> Family:
        """Return a family of `size` children, the first two of them twins if asked."""
        rng = self._rng
        heritage = (rng.choice(_HERITAGE), rng.choice(_HERITAGE))
        guardians = tuple(
            self._guardian(_family_name(rng, heritage[n > 0]), role)
            for n, role in enumerate(rng.choices(_HOUSEHOLDS, (18, 7, 50, 18, 7))[0])
        )
        roots = Roots(
            surname=rng.choice((guardians[0], guardians[0], guardians[-1])).family,
            newcomer=chance(rng, 0.05),
            races=rng.choice(_RACES),
            hispanic=chance(rng, 0.3),
            birthplace=rng.choice(_BIRTHPLACES),
        )
        births = _births(rng, size, twins=twins)
        return Family(guardians, tuple(self._student(roots, grade, born) for grade, born in births))

    def _guardian(self, family: str, role: str) -> Guardian:
        self._guardians += 1
        given = self._rng.choice(_GIVEN)
        return Guardian(
            id=f"G{self._first + self._guardians}",
            given=given,
            family=family,
            role=role,
            email=f"{plain(given)}.{plain(family)}{self._guardians}@{self._rng.choice(_MAIL_DOMAINS)}",
            phone=phone_number(self._rng),
        )

    def _student(self, roots: Roots, grade: int, born: date) -> Student:
        rng = self._rng
        self._students += 1
        given, number = rng.choice(_GIVEN), self._first + self._students
        return Student(
            id=f"S{number}",
            state_id=_state_id(self._district, self._students),
            local_number=str(number),
            given=given,
            middle=rng.choice(_GIVEN) if chance(rng, 0.6) else "",
            family=roots.surname,
            preferred=given[:3] if chance(rng, 0.12) else "",
            pronouns=rng.choice(("", "", "", "she/her", "he/him", "they/them")),
            grade=grade,
            born=born,
            sex=rng.choices(("female", "male", "other", "unspecified"), (48, 48, 2, 2))[0],
            roots=roots,
            username=f"{plain(given)}.{plain(roots.surname)}{number % 1000:03d}.{self._students}",
            ability=min(0.97, max(0.55, rng.gauss(0.82, 0.09))),
        )


def make_families(rng: Random, students: int, *, district: str) -> list[Family]:
    """Return families with that many students in all, the first with twins, the second with siblings."""
    registrar, families, left = Registrar(rng, district=district), list[Family](), students
    while left:
        planned = rng.choices((1, 2, 3), (64, 28, 8))[0] if families[1:] else 2
        size = min(planned, left)
        twins = size > 1 and (not families or chance(rng, 0.08))
        families.append(registrar.family(size, twins=twins))
        left -= size
    return families


def _births(rng: Random, size: int, *, twins: bool) -> list[tuple[int, date]]:
    grade = rng.randrange(len(GRADES))
    births = [(grade, _birthday(rng, grade))]
    if twins:
        births.append(births[0])
    while len(births) < size:
        grade = (grade + rng.randrange(2, 5)) % len(GRADES)
        births.append((grade, _birthday(rng, grade)))
    return births


def _birthday(rng: Random, grade: int) -> date:
    first = _FIRST_KINDERGARTEN_BIRTHDAY
    return first.replace(year=first.year - grade) + timedelta(days=rng.randrange(365))


def _family_name(rng: Random, heritage: str) -> str:
    invented = rng.choice(_INVENTED)
    patterns = (
        invented,
        f"{heritage}-{invented}",
        f"{heritage} {invented}",
        f"O'{invented}",
        f"D'{invented}",
    )
    return rng.choices(patterns, (30, 30, 24, 8, 8))[0]


def _state_id(district: str, number: int) -> str:
    """Return ten digits: 9, three for the district, six scattered over the number space."""
    return f"9{crc32(district.encode()) % 1000:03d}{(number * 7919 + 104_729) % 1_000_000:06d}"
