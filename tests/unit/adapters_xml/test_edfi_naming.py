"""Names of elements as the Ed-Fi ODS/API spells them."""

import pytest

from adapters._edfi_naming import Naming, Shape, camel, naming, plural, record_name, resource_of


@pytest.mark.parametrize(
    ("tag", "resource"),
    [
        ("Student", "students"),
        ("StudentSchoolAssociation", "studentSchoolAssociations"),
        ("StudentHealth", "studentHealths"),
        ("LocalEducationAgency", "localEducationAgencies"),
        ("Person", "people"),
        ("Staff", "staffs"),
        ("Parent", "contacts"),
        ("StudentParentAssociation", "studentContactAssociations"),
        ("StudentCTEProgramAssociation", "studentCTEProgramAssociations"),
        ("GradeLevelDescriptor", "descriptors"),
        ("EXTENSION-StudentSchoolAssociationExtension", "studentSchoolAssociations"),
    ],
)
def test_a_record_belongs_to_the_resource_of_the_api(tag: str, resource: str) -> None:
    assert resource_of(record_name(tag)) == resource


@pytest.mark.parametrize(
    ("owner", "name", "leaf", "expected"),
    [
        (
            "StudentEducationOrganizationAssociation",
            "Race",
            True,
            Naming(Shape.VALUES, "races", "raceDescriptor"),
        ),
        ("Language", "LanguageUse", True, Naming(Shape.VALUES, "uses", "languageUseDescriptor")),
        ("RequiredImmunization", "ImmunizationDate", True, Naming(Shape.VALUES, "dates", "immunizationDate")),
        (
            "Course",
            "CourseLevelCharacteristic",
            True,
            Naming(Shape.VALUES, "levelCharacteristics", "courseLevelCharacteristicDescriptor"),
        ),
        (
            "Assessment",
            "AssessedGradeLevel",
            True,
            Naming(Shape.VALUES, "assessedGradeLevels", "gradeLevelDescriptor"),
        ),
        (
            "School",
            "SchoolCategory",
            True,
            Naming(Shape.VALUES, "schoolCategories", "schoolCategoryDescriptor"),
        ),
        (
            "LocalEducationAgency",
            "EducationOrganizationCategory",
            True,
            Naming(Shape.VALUES, "categories", "educationOrganizationCategoryDescriptor"),
        ),
        (
            "School",
            "EducationOrganizationIdentificationCode",
            False,
            Naming(Shape.OBJECTS, "identificationCodes"),
        ),
        ("StudentAssessment", "StudentAssessmentItem", False, Naming(Shape.OBJECTS, "items")),
        ("StudentAssessment", "AssessmentPeriod", False, Naming(Shape.OBJECT, "period")),
        (
            "ObjectiveAssessment",
            "AssessmentPerformanceLevel",
            False,
            Naming(Shape.OBJECTS, "performanceLevels"),
        ),
        ("SpecialEducationProgramService", "ServiceProvider", False, Naming(Shape.OBJECTS, "providers")),
        (
            "Session",
            "GradingPeriodReference",
            False,
            Naming(Shape.REFERENCES, "gradingPeriods", "gradingPeriodReference"),
        ),
        ("Grade", "GradingPeriodReference", False, Naming(Shape.REFERENCE, "gradingPeriodReference")),
        (
            "StudentSchoolAssociation",
            "ClassOfSchoolYear",
            True,
            Naming(Shape.YEAR, "classOfSchoolYearTypeReference", "schoolYear"),
        ),
        ("Student", "Name", False, Naming(Shape.INLINE, "")),
        ("CourseTranscript", "AttemptedCredits", False, Naming(Shape.INLINE, "Attempted")),
        ("StudentSchoolAssociation", "EntryDate", True, Naming(Shape.VALUE, "entryDate")),
        ("StudentIndicator", "Indicator", True, Naming(Shape.VALUE, "indicator")),
        ("EducationOrganizationIndicator", "Indicator", True, Naming(Shape.VALUE, "indicatorDescriptor")),
    ],
)
def test_an_element_goes_where_the_api_has_it(owner: str, name: str, leaf: bool, expected: Naming) -> None:
    assert naming(owner, name, leaf, several=False) == expected


def test_what_occurs_twice_is_an_array_even_where_the_schema_has_one() -> None:
    assert naming("Student", "LoginId", leaf=True, several=True) == Naming(
        Shape.VALUES, "loginIds", "loginId"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("IEPBeginDate", "iepBeginDate"), ("URI", "uri"), ("URIs", "uris"), ("Name", "name"), ("name", "name")],
)
def test_a_leading_acronym_is_lower_case_as_a_whole(name: str, expected: str) -> None:
    assert camel(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Address", "Addresses"),
        ("Agency", "Agencies"),
        ("Day", "Days"),
        ("Awards", "Awards"),
        ("Diagnosis", "Diagnoses"),
        ("ParticipationStatus", "ParticipationStatuses"),
        ("Use", "Uses"),
    ],
)
def test_names_are_put_in_the_plural_as_in_english(name: str, expected: str) -> None:
    assert plural(name) == expected
