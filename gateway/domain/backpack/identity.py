"""Who the learner is. Apart from demographics, as in Ed-Fi 6: the border is one of sensitivity."""

from datetime import date
from typing import Annotated, Literal

from gateway.domain.backpack.base import CodedValue, Entry, Part, Text, held


class Identifier(Part):
    """A learner's number in a system. CEDS 001071, 001075. Ed-Fi: StudentIdentificationCode.

    Never a social security number.
    """

    system: CodedValue
    value: Text
    assigner: str | None = None


class Name(Part):
    """One name. CEDS 000115, 000184, 000172, 000121. Ed-Fi: firstName, middleName, lastSurname."""

    use: Literal["legal", "preferred", "previousLegal", "alias", "birth"]
    prefix: str | None = None
    given: str | None = None
    middle: str | None = None
    family: str | None = None
    family2: str | None = None
    suffix: str | None = None


class BirthPlace(Part):
    """CEDS 000426, 000427, 000051. Ed-Fi: birthCity, birthStateAbbreviation, birthCountry."""

    city: str | None = None
    state: str | None = None
    country: str | None = None


class Login(Part):
    """An account name; its password is never read. CEDS 001170."""

    system: str | None = None
    value: Text


class Learner(Entry):
    """The learner, once in each district's part of the backpack. CEDS 001572. Ed-Fi: Student."""

    identifiers: tuple[Identifier, ...] = ()
    names: tuple[Name, ...]
    birth_date: date | None = None
    """CEDS 000033."""
    birth_place: BirthPlace | None = None
    multiple_birth: bool | None = None
    pronouns: Annotated[str | None, held("S")] = None
    login_ids: tuple[Login, ...] = ()


class Demographics(Entry):
    """What a district reports of a learner beside identity. Ed-Fi 6: StudentDemographic."""

    sex: CodedValue | None = None
    """CEDS 000255."""
    gender_identity: Annotated[str | None, held("S")] = None
    hispanic_latino: Annotated[bool | None, held("S", "ethnicity")] = None
    """Question 1 of the federal form; absent is not false. CEDS 000144."""
    races: Annotated[tuple[CodedValue, ...], held("S", "ethnicity")] = ()
    """CEDS 001943. "Two or more" is derived from these and never stored alone."""
    federal_race_rollup: Annotated[CodedValue | None, held("S", "ethnicity")] = None
    """Where the source holds only the federal seven-way category, which cannot be undone. CEDS 000973."""
    languages: Annotated[tuple[CodedValue, ...], held("E", "language")] = ()
    residency: CodedValue | None = None
    """CEDS 000268. Ed-Fi: ResidencyStatusDescriptor."""
