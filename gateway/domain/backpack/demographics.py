"""What a district reports of a learner beside identity: mostly of special category.

Religion and citizenship have no field: they are never exchanged.
"""

from datetime import date
from typing import Annotated

from gateway.domain.backpack.base import CodedValue, Entry, OrgRef, Part, Period, about


class LanguageUse(Part):
    """A language and what the learner uses it for. CEDS 000317. Ed-Fi: languages."""

    language: Annotated[CodedValue, about("000317", "languageDescriptor")]
    """ISO 639-2 or 639-3."""
    uses: Annotated[tuple[CodedValue, ...], about("000316", "languageUseDescriptor")] = ()
    """Home, native, dominant, correspondence, spoken, written."""


class DigitalAccess(Part):
    """What the learner can reach the network with at home. CEDS 001931, 001932, 001933."""

    internet_access: Annotated[CodedValue | None, about(edfi="internetAccessInResidence")] = None
    """Whether there is access at home, and if not, why."""
    access_type: Annotated[CodedValue | None, about(edfi="internetAccessTypeInResidenceDescriptor")] = None
    """Broadband, mobile, satellite and others."""
    performance: Annotated[CodedValue | None, about(edfi="internetPerformanceInResidenceDescriptor")] = None
    """Whether video can be watched without interruption."""
    device_access: Annotated[CodedValue | None, about(edfi="primaryLearningDeviceAccessDescriptor")] = None
    """Whether the device is shared."""
    device: Annotated[CodedValue | None, about(edfi="primaryLearningDeviceAwayFromSchoolDescriptor")] = None
    """What the learner learns with at home."""
    device_provider: Annotated[CodedValue | None, about(edfi="primaryLearningDeviceProviderDescriptor")] = (
        None
    )
    """Whose device it is."""
    barrier: Annotated[CodedValue | None, about(edfi="barrierToInternetAccessInResidenceDescriptor")] = None
    """Why there is no access."""


class Demographics(Entry):
    """What a district reports of a learner beside identity. Ed-Fi 6: StudentDemographic.

    Districts may report differently; then there is an entry for each.
    """

    reporting_org: Annotated[OrgRef | None, about(edfi="educationOrganizationReference")] = None
    """Who reports so, if not the organisation of `meta`."""
    period: Period | None = None
    """When it held."""
    sex: Annotated[CodedValue | None, about("000255", "Student.birthSex, sexDescriptor")] = None
    """Sex as the district reports it."""
    gender_identity: Annotated[str | None, about(edfi="genderIdentity", level="S")] = None
    """In the learner's own words, if volunteered."""
    hispanic_latino: Annotated[bool | None, about("000144", "hispanicLatinoEthnicity", "S", "ethnicity")] = (
        None
    )
    """Question 1 of the federal form; absent is not false."""
    races: Annotated[
        tuple[CodedValue, ...],
        about("001943 000016 000020 000034 000192 000301", "races.raceDescriptor", "S", "ethnicity"),
    ] = ()
    """Question 2. "Two or more" is derived from these and never stored alone."""
    federal_race_rollup: Annotated[CodedValue | None, about("000973", "OldEthnicity", "S", "ethnicity")] = (
        None
    )
    """Where the source holds only the federal seven-way category, which cannot be undone."""
    ancestry_ethnic_origins: Annotated[
        tuple[CodedValue, ...], about("001657", "ancestryEthnicOrigins", "S", "ethnicity")
    ] = ()
    """Origins in finer lists, or another country's."""
    tribal_affiliations: Annotated[
        tuple[CodedValue, ...], about("", "tribalAffiliations", "S", "ethnicity")
    ] = ()
    """Tribes that the learner belongs to."""
    languages: Annotated[tuple[LanguageUse, ...], about("000317 000316", "languages", "E", "language")] = ()
    """Languages, and what each is used for."""
    english_learner_status: Annotated[
        CodedValue | None, about("000180", "limitedEnglishProficiencyDescriptor", "S", "language")
    ] = None
    """EL, not EL, monitored year 1 to 4, former EL, fluent."""
    residency: Annotated[
        CodedValue | None, about("000268", "residencyStatusDescriptor", None, "location")
    ] = None
    """Where the learner lives, seen from the district."""
    date_entered_us: Annotated[date | None, about("000291", "dateEnteredUS", "R", "migration")] = None
    """Day of first entry into a school of the United States."""
    immigrant_status: Annotated[
        bool | None, about("000291", "StudentCharacteristicDescriptor", "R", "migration")
    ] = None
    """Immigrant in the sense of Title III."""
    economic_disadvantage: Annotated[
        bool | None, about("000086", "economicDisadvantageDescriptor", "R", "economic")
    ] = None
    """Derived from meals or direct certification, and as protected as these."""
    military_connection: Annotated[
        CodedValue | None, about("001576", "supporterMilitaryConnectionDescriptor")
    ] = None
    """Active, guard or reserve, veteran, none."""
    digital_access: Annotated[DigitalAccess | None, about("001931 001932 001933")] = None
    """Network and device at home."""
