"""What entries of several sections are made of: codes, organisations, people, courses, terms, marks."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.domain.backpack.extensions import Extensions
from gateway.domain.backpack.field import Number, Part, SchoolYear, Sha256, Text, about


class CodedValue(Part):
    """A normalised code beside the code as the local system had it. Ed-Fi: descriptor.

    With `mapping` "none" nobody knows the local code: then `code` repeats it under the local system.
    """

    code: Annotated[Text, about(edfi="codeValue")]
    """The code of the shared list."""
    system: Annotated[Text, about(edfi="namespace")]
    """URI of the list, such as `https://ceds.ed.gov/element/000100`."""
    display: Annotated[str | None, about(edfi="shortDescription")] = None
    """The code in words."""
    local_code: str | None = None
    """As the local system had it."""
    local_system: str | None = None
    """The list of the local code."""
    local_display: str | None = None
    """The local code in words."""
    mapping: Annotated[
        Literal["exact", "broader", "narrower", "none"] | None, about(edfi="DescriptorMapping")
    ] = None
    """How `code` relates to the local one (SKOS)."""
    extensions: Extensions | None = None
    """What the schema has no field for, by URI."""


class Period(Part):
    """From a day to a day, either of which may be open."""

    begin: Annotated[date | None, about(edfi="beginDate")] = None
    """First day."""
    end: Annotated[date | None, about(edfi="endDate")] = None
    """First day on which it no longer held: the interval is half open."""


class Address(Part):
    """A postal address. CEDS 000269. Ed-Fi: StudentDirectory.addresses."""

    type: Annotated[CodedValue | None, about("000010", "addressTypeDescriptor")] = None
    """Home, mailing, physical, temporary."""
    line1: Annotated[str | None, about("000269", "streetNumberName")] = None
    """House number and street."""
    line2: Annotated[str | None, about("000019", "apartmentRoomSuiteNumber")] = None
    """Flat, room, building."""
    city: Annotated[str | None, about("000040", "city")] = None
    """Town."""
    district: Annotated[str | None, about(edfi="nameOfCounty")] = None
    """County or district."""
    state_province: Annotated[str | None, about("000267", "stateAbbreviationDescriptor")] = None
    """USPS abbreviation in the United States."""
    postal_code: Annotated[str | None, about("000214", "postalCode")] = None
    """ZIP code or another country's."""
    country: Annotated[str | None, about(edfi="countryDescriptor")] = None
    """ISO 3166-1, two letters; three are accepted."""
    do_not_publish: Annotated[bool | None, about(edfi="doNotPublishIndicator")] = None
    """The family asked that it be kept out of directories."""
    period: Period | None = None
    """When it held."""


class OrgIdentifier(Part):
    """An organisation's number in a list: NCES, state, CEEB."""

    system: Annotated[Text, about(edfi="educationOrganizationIdentificationSystemDescriptor")]
    """URI or name of the list."""
    value: Annotated[Text, about(edfi="identificationCode")]
    """The number, with its leading zeros."""


class OrgRef(Part):
    """A school, district or other organisation. CEDS 001069, 001068. Ed-Fi: EducationOrganization."""

    id: Annotated[Text, about("001069 001068", "educationOrganizationId")]
    """The sender's own id of it."""
    name: Annotated[str | None, about(edfi="nameOfInstitution")] = None
    """As people know it."""
    type: Annotated[CodedValue | None, about(edfi="educationOrganizationCategoryDescriptor")] = None
    """Department, school, district, local, state, national."""
    identifiers: Annotated[tuple[OrgIdentifier, ...], about(edfi="identificationCodes")] = ()
    """Its numbers in public lists."""
    parent: Annotated[str | None, about(edfi="localEducationAgencyReference")] = None
    """The `id` of the organisation above."""
    address: Annotated[Address | None, about(edfi="addresses")] = None
    """Where it is."""


class PersonIdentifier(Part):
    """A person's number in a list."""

    system: Text
    """URI or name of the list."""
    value: Text
    """The number, with its leading zeros."""


class PersonRef(Part):
    """Somebody named by an entry, a teacher for instance. CEDS 001572. Ed-Fi: Staff or Contact reference."""

    id: Annotated[str | None, about("001572", "staffUniqueId")] = None
    """The sender's own id of the person."""
    name: str | None = None
    """As people know them."""
    role: Annotated[CodedValue | None, about(edfi="classroomPositionDescriptor")] = None
    """What they are in this entry."""
    identifiers: tuple[PersonIdentifier, ...] = ()
    """Numbers in other lists; never a social security number."""


class Credit(Part):
    """Credit for a course. CEDS 000058, 000072."""

    value: Annotated[Number, about("000058", "credits")]
    """How much, in units of `type`; Carnegie units where no type is given."""
    type: Annotated[CodedValue | None, about("000072", "creditTypeDescriptor")] = None
    """Carnegie unit, semester hour credit and others."""
    conversion: Annotated[Number | None, about("000057", "creditConversion")] = None
    """Times `value` gives Carnegie units."""


class CourseRef(Part):
    """A course of the catalogue. CEDS 000055, 000056. Ed-Fi: Course."""

    local_code: Annotated[str | None, about("000055", "courseCode")] = None
    """Code in the district's catalogue, with its leading zeros."""
    title: Annotated[str | None, about("000067", "courseTitle")] = None
    """As the catalogue has it."""
    state_code: Annotated[str | None, about("000056", "identificationCodes")] = None
    """Code in the state's catalogue."""
    sced_code: Annotated[str | None, about("000056", "identificationCodes")] = None
    """School Courses for the Exchange of Data: five digits."""
    subjects: Annotated[tuple[str, ...], about(edfi="academicSubjects")] = ()
    """As the local system words them."""
    subject: Annotated[CodedValue | None, about("000013", "academicSubjectDescriptor")] = None
    """Of the shared list."""
    levels: Annotated[tuple[CodedValue, ...], about("000061", "levelCharacteristics")] = ()
    """Honors, AP, IB, dual credit and others."""
    credits: Annotated[Credit | None, about("000058", "maximumAvailableCredits")] = None
    """What the whole course gives."""


class Framework(Part):
    """Where a standard is from. CASE: CFDocument."""

    uri: str | None = None
    """CASE: CFDocument.uri."""
    title: str | None = None
    """As its publisher calls it."""
    publisher: str | None = None
    """Who made it."""


class StandardRef(Part):
    """A learning standard. CEDS 000874. Ed-Fi: LearningStandard; CASE: CFItem. Never invented here."""

    id: Annotated[Text, about("000874", "learningStandardId")]
    """URI of the CASE item, or the sender's own id."""
    source: str | None = None
    """Where the id is from: `case`, or the name of a local list."""
    human_code: Annotated[str | None, about("000692", "identificationCode")] = None
    """As teachers write it: `5.NF.A.1`."""
    framework: Annotated[Framework | None, about("000690", "namespace")] = None
    """The document that it stands in."""
    statement: Annotated[str | None, about("000693", "description")] = None
    """In words."""
    grade_levels: Annotated[tuple[CodedValue, ...], about(edfi="gradeLevels")] = ()
    """For whom it is."""


class Term(Part):
    """A school year or a part of one. CEDS 000243, 000727. Ed-Fi: Session, GradingPeriod."""

    id: Annotated[str | None, about(edfi="sessionName")] = None
    """The sender's own id."""
    name: Annotated[str | None, about(edfi="gradingPeriodName")] = None
    """As people know it."""
    type: Annotated[CodedValue | None, about("000727", "termDescriptor")] = None
    """Grading period, semester, school year, term."""
    school_year: Annotated[SchoolYear | None, about("000243", "schoolYear")] = None
    """The calendar year in which it ends."""
    sequence: Annotated[int | None, about(edfi="periodSequence")] = None
    """Which in the year, from 1."""
    start: Annotated[date | None, about(edfi="beginDate")] = None
    """First day."""
    end: Annotated[date | None, about(edfi="endDate")] = None
    """Last day, inclusive."""


class ScaleLevel(Part):
    """One step of a scale. Ed-Fi: PerformanceLevelDescriptor. OneRoster 1.2: scoreScales."""

    code: Text
    """As it is given: `3`, `P`."""
    label: str | None = None
    """In words."""
    order: int | None = None
    """From the lowest, 1."""
    minimum: Number | None = None
    """Least score of the step."""
    maximum: Number | None = None
    """Greatest score of the step."""
    mastered: bool | None = None
    """Whether the step counts as mastered."""


class Scale(Part):
    """What a mark is measured on. CEDS 000417."""

    id: str | None = None
    """The sender's own id."""
    name: str | None = None
    """As people know it."""
    levels: tuple[ScaleLevel, ...] = ()
    """Its steps, where it has steps."""


class GradeValue(Part):
    """A mark as it was given; none of these is computed from another. CEDS 000124. Ed-Fi: Grade."""

    letter: Annotated[str | None, about("000124", "letterGradeEarned")] = None
    """Letters, words or signs: `B+`, `Pass`."""
    numeric: Annotated[Number | None, about("000124", "numericGradeEarned")] = None
    """A number on the scale from `minimum` to `maximum`."""
    points: Number | None = None
    """Grade points."""
    percent: Number | None = None
    """From 0 to 100, and more where extra work counts."""
    minimum: Number | None = None
    """Least possible `numeric`."""
    maximum: Number | None = None
    """Greatest possible `numeric`."""
    scale: Annotated[Scale | None, about("001298", "PerformanceBaseConversionDescriptor")] = None
    """Where the mark is a step of a scale."""
    narrative: Annotated[str | None, about(edfi="gradeEarnedDescription")] = None
    """The mark in sentences."""
    status: Annotated[CodedValue | None, about("001299")] = None
    """Final, in progress, incomplete, withdrawn, exempt and others."""
    derived: bool | None = None
    """Whether the sender computed one of them from another."""


class Score(Part):
    """One score of a test. CEDS 000245, 000369. Ed-Fi: scoreResults."""

    metric: Annotated[CodedValue | None, about("000369", "assessmentReportingMethodDescriptor")] = None
    """Scale score, raw score, percentile, Lexile and others."""
    value: Annotated[Text, about("000245", "result")]
    """As reported."""
    datatype: Annotated[
        Literal["Decimal", "Integer", "Level", "Percentage", "Percentile", "Range"] | None,
        about("001546 001547", "resultDatatypeTypeDescriptor"),
    ] = None
    """How to read `value`."""
    minimum: Number | None = None
    """Least possible."""
    maximum: Number | None = None
    """Greatest possible."""
    standard_error: Number | None = None
    """Standard error of measurement, in units of the score."""
    percentile: Number | None = None
    """From 0 to 100."""


class AttachmentRef(Part):
    """A file that an entry refers to."""

    document_id: str | None = None
    """`recordId` of the entry in `documents`."""
    sha256: Sha256 | None = None
    """Of the file's bytes."""
    media_type: Annotated[str | None, Field(max_length=255)] = None
    """IANA media type."""
    size: Annotated[int | None, Field(ge=0)] = None
    """In bytes."""
    title: str | None = None
    """What it is."""
    uri: Annotated[str | None, about("", "", None, "location")] = None
    """Where it lies, if not in the backpack."""
