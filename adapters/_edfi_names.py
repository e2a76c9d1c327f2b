"""How elements of Ed-Fi interchanges are called in the Ed-Fi ODS/API, as data.

Sources: Ed-Fi Data Standard 5.2, Ed-Fi-Core.xsd (which elements are descriptors or repeat, what identifies a
record); MetaEd's rules for names in the API; the core schemas 0100 to 4.0 (names of earlier releases).
"""

from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DESCRIPTORS: Final = _words(
    """
    AbsenceEventCategory AcademicHonorCategory AcademicSubject Accommodation AccountType
    AchievementCategory AdditionalCreditType AddressType AdministrationEnvironment AdministrationLanguage
    AdministrativeFundingControl AncestryEthnicOrigin AppropriateGradeLevel AppropriateSex
    AssessedGradeLevel AssessmentAccommodation AssessmentCategory AssessmentGradeLevel
    AssessmentIdentificationSystem AssessmentItemCategory AssessmentItemResult AssessmentPeriod
    AssessmentReportingMethod AssignmentLateStatus AttemptStatus AttendanceEventCategory
    AttendanceEventType BarrierToInternetAccessInResidence Behavior BirthCountry BirthSex
    BirthStateAbbreviation BusRoute CTEProgramService CalendarEvent CalendarType CareerPathway
    CharterApprovalAgencyType CharterStatus CitizenshipStatus ClassroomPosition CohortScope CohortType
    CohortYearType CompetencyLevel ContactType ContentClass ContinuationOfServicesReason CostRate Country
    CourseAttemptResult CourseDefinedBy CourseGPAApplicability CourseIdentificationSystem
    CourseLevelCharacteristic CourseRepeatCode CredentialField CredentialType CreditCategory CreditType
    CrisisType CurriculumUsed DeliveryMethod Diagnosis DiplomaLevel DiplomaType Disability
    DisabilityDesignation DisabilityDeterminationSourceType DisabilityType Discipline
    DisciplineActionLengthDifferenceReason DisciplineIncidentParticipationCode DisplacedStudentStatus
    DualCreditInstitution DualCreditType ELAProgressLevel EconomicDisadvantage
    EducationOrganizationAssociationType EducationOrganizationCategory
    EducationOrganizationIdentificationSystem EducationPlan EducationalEnvironment ElectronicMailType
    EligibilityDelayReason EligibilityEvaluationType EmploymentStatus EnrollmentType EntryGradeLevel
    EntryGradeLevelReason EntryType EvaluationDelayReason EvaluationElementRatingLevel
    EvaluationObjectiveRatingLevel EvaluationRubricRatingLevel EventCircumstance ExitWithdrawType
    FinancialCollection GeneralAccommodation GradeLevel GradePointAverageType GradeType GradebookEntryType
    GradingPeriod GraduationPlanType GunFreeSchoolsActReportingStatus HighestCompletedLevelOfEducation
    HomelessPrimaryNighttimeResidence HomelessProgramService IDEAPart IEPStatus IdentificationDocumentUse
    ImmunizationType IncidentLocation IndicatorLevel InstitutionTelephoneNumberType InstructionLanguage
    InstructionalGradeLevel InteractivityStyle InternetAccess InternetAccessTypeInResidence
    InternetPerformanceInResidence InterventionClass InterventionEffectivenessRating IssuerCountry
    Language LanguageInstructionProgramService LanguageUse LearningStandardCategory
    LearningStandardEquivalenceStrength LearningStandardScope LevelOfEducation LicenseStatus LicenseType
    LimitedEnglishProficiency LocalEducationAgencyCategory Locale MagnetSpecialProgramEmphasisSchool
    MathematicsProgressLevel MediumOfInstruction MethodCreditEarned MigrantEducationProgramService
    ModelEntity Monitored NeglectedOrDelinquentProgram NeglectedOrDelinquentProgramService NetworkPurpose
    NextYearGradeLevel NonMedicalImmunizationExemption ObjectiveGradeLevel OfferedGradeLevel OldEthnicity
    OperationalStatus OrganizationCategory OtherNameType Participation ParticipationStatus
    PerformanceBaseConversion PerformanceLevel PersonalInformationVerification PlatformType
    PopulationServed PostSecondaryEventCategory PostSecondaryInstitutionLevel PostingResult
    PrimaryLearningDeviceAccess PrimaryLearningDeviceAwayFromSchool PrimaryLearningDeviceProvider
    Proficiency ProgramAssignment ProgramCharacteristic ProgramEvaluationPeriod ProgramEvaluationType
    ProgramSponsor ProgramType Progress ProviderCategory ProviderProfitability ProviderStatus
    PublicationStatus QuestionForm Race RatingLevel ReasonExited ReasonNotTested RecognitionType Relation
    RepeatIdentifier ReporterDescription ReportingTag ResidencyStatus ResponseIndicator Responsibility
    RestraintEventReason ResultDatatypeType RetestIndicator SchoolCategory SchoolChoiceBasis
    SchoolChoiceImplementStatus SchoolFoodServiceEligibility SchoolFoodServiceProgramService
    SchoolFoodServicesEligibility SchoolType Section504Disability SectionCharacteristic SectionType
    Separation SeparationReason Service Sex SourceSystem SpecialEducationExitReason
    SpecialEducationProgramService SpecialEducationServiceCategory SpecialEducationSetting
    StaffClassification StaffIdentificationSystem StaffLeaveEventCategory StateAbbreviation
    StateOfIssueStateAbbreviation StudentCharacteristic StudentIdentificationSystem
    StudentIndicatorCategory StudentParticipationCode SubmissionStatus SummaryEvaluationRatingLevel
    SupporterMilitaryConnection SurveyCategory SurveyLevel TeachingCredential TeachingCredentialBasis
    TechnicalSkillsAssessment TelephoneNumberType Term TitleIPartAParticipant TitleIPartAProgramService
    TitleIPartASchoolDesignation TransportationPublicExpenseEligibilityType TransportationType
    TravelDayofWeek TravelDirection TribalAffiliation Visa Weapon WhenAssessedGradeLevel
    WhenTakenGradeLevel
    """
)
"""Elements that hold a code of a descriptor: in the API their names end in `Descriptor`."""

REPEATED: Final = _words(
    """
    AcademicHonor AcademicSubject AcademicWeekReference Accommodation AdditionalImmunization Address
    AdministrationPointOfContact AlternativeCourseIdentificationCode AlternativeGraduationPlanReference
    AncestryEthnicOrigin AppropriateGradeLevel AppropriateSex AssessedGradeLevel AssessmentAccommodation
    AssessmentAdministrationPeriod AssessmentCustomization AssessmentIdentificationCode
    AssessmentPerformanceLevel AssessmentScore Author CTEProgramService CalendarEvent ClassPeriodReference
    CohortYear CourseIdentificationCode CourseLevelCharacteristic CourseProgramReference
    CredentialEndorsement CreditCategory CreditsByCourse CreditsByCreditCategory CreditsBySubject
    CurriculumUsed Diagnosis Diploma Disability DisabilityDesignation Discipline
    DisciplineIncidentExternalParticipant DisciplineIncidentParticipationCode DisplacedStudent
    EarnedAdditionalCredits EducationContentReference EducationOrganizationCategory
    EducationOrganizationIdentificationCode EducationOrganizationIndicator EducationPlan ElectronicMail
    ElementProgramEvaluationLevel EnglishLanguageProficiencyAssessment ExternalEvaluator
    GeneralAccommodation GeneralStudentProgramAssociationReference GradeLevel GradePointAverage
    GradeReference HomelessProgramService IdentificationDocument ImmunizationDate InstitutionTelephone
    InstructionalGradeLevel InternationalAddress InterventionEffectiveness Language
    LanguageInstructionProgramService LanguageUse LearningStandardGrade LearningStandardIdentificationCode
    LocalEducationAgencyAccountability LocalEducationAgencyFederalFunds Matrix MeetingTime
    MigrantEducationProgramService ModelEntity NeglectedOrDelinquentProgramService
    ObjectiveProgramEvaluationLevel OfferedGradeLevel OtherName PartialCourseTranscriptAwards Period
    PersonalIdentificationDocument PossibleResponse ProgramCharacteristic ProgramEvaluationLevel
    ProgramParticipationStatus ProgramSponsor Race Recognition ReportCardReference ReportingTag
    RequiredAssessment RequiredAssessmentScore RequiredImmunization ResponseChoice RestraintEventReason
    SchoolCategory SchoolFoodServiceProgramService ScoreResult SectionCharacteristic Service
    ServiceProvider SpecialEducationProgramService StaffIdentificationCode
    StateEducationAgencyAccountability StateEducationAgencyFederalFunds StudentAssessmentItem
    StudentCharacteristic StudentCompetencyObjectiveReference
    StudentDisciplineIncidentBehaviorAssociationReference StudentEvaluationElement
    StudentEvaluationObjective StudentIdentificationCode StudentIndicator StudentObjectiveAssessment
    SurveyLevel SurveyQuestionMatrixElementResponse SurveyQuestionResponseValue Telephone
    TitleIPartAProgramService TravelDayofWeek TravelDirection TribalAffiliation Visa Weapon
    """
)
"""Elements that may occur several times wherever they occur, but for `ONCE`."""

REPEATED_IN: Final = _words(
    """
    Assessment/AssessmentPeriod Assessment/PlatformType Assessment/ProgramReference
    Assessment/SectionReference AssessmentAdministration/AssessmentBatteryPartReference
    AssessmentBatteryPart/ObjectiveAssessmentReference AssessmentItem/LearningStandardReference
    AssessmentScoreRangeLearningStandard/LearningStandardReference BellSchedule/Date
    Cohort/ProgramReference Course/CompetencyLevel Course/LearningStandardReference
    CourseTranscript/SectionReference CreditsByCourse/CourseReference DisciplineAction/StaffReference
    DisciplineIncident/Behavior EducationContentSource/LearningResourceMetadataURI
    EducationContentSource/URI GradebookEntry/LearningStandardReference
    Intervention/InterventionPrescriptionReference Intervention/PopulationServed
    Intervention/StaffReference InterventionPrescription/PopulationServed
    InterventionStudy/PopulationServed InterventionStudy/StateAbbreviation
    ObjectiveAssessment/AssessmentItemReference ObjectiveAssessment/LearningStandardReference
    PostSecondaryInstitution/MediumOfInstruction Program/LearningStandardReference
    RestraintEvent/ProgramReference Section/ProgramReference Session/GradingPeriodReference
    Staff/CredentialReference StudentAssessment/PerformanceLevel StudentCohortAssociation/SectionReference
    StudentCompetencyObjective/StudentSectionAssociationReference
    StudentObjectiveAssessment/PerformanceLevel StudentSectionAssociation/ProgramReference
    """
)
"""Elements that may occur several times only within these."""

ONCE: Final = _words(
    """
    Cohort/AcademicSubject CreditsByCreditCategory/CreditCategory CreditsBySubject/AcademicSubject
    DisciplineIncidentExternalParticipant/DisciplineIncidentParticipationCode
    InterventionEffectiveness/Diagnosis InterventionEffectiveness/GradeLevel
    ObjectiveAssessment/AcademicSubject OrganizationDepartment/AcademicSubject
    StaffEducationOrganizationContactAssociation/Address
    """
)
"""Of `REPEATED` those that occur once within these."""

DESCRIPTORS_IN: Final = frozenset(
    {"EducationOrganizationIndicator/Indicator", "EducationOrganizationIndicator/IndicatorGroup"}
)
"""Elements that hold a code of a descriptor only within these."""

DESCRIPTOR_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("AppropriateGradeLevel", "AssessedGradeLevel", "AssessmentGradeLevel"),
            *("InstructionalGradeLevel", "OfferedGradeLevel"),
        ),
        "GradeLevel",
    ),
    **dict.fromkeys(("AssessmentAccommodation", "GeneralAccommodation"), "Accommodation"),
    "AppropriateSex": "Sex",
}
"""Elements that repeat and are named for more than their descriptor: in an array only that one counts."""

INLINE: Final = frozenset(
    {
        "Name",
        "BirthData",
        "Citizenship",
        "AttendanceEvent",
        "DualCredit",
        "EmploymentPeriod",
        "Achievement",
        "License",
        "LearningResource",
        "EducationContentSource",
    }
)
"""Elements whose parts are the API's fields of what they stand in."""

LISTS: Final = frozenset(
    {
        "Race",
        "GradesOffered",
        "SchoolCategories",
        "OrganizationCategories",
        "EducationalPlans",
        "Languages",
        "Weapons",
        "Behaviors",
        "Disciplines",
    }
)
"""Elements that only hold several of the same, in releases 1 and 2."""

UNTRIMMED: Final = frozenset({"School/EducationOrganizationCategory", "School/SchoolCategory"})
"""Elements that keep the part of their name that says where they stand; without it two would be the same."""

BASES: Final[Mapping[str, str]] = dict.fromkeys(
    (
        *(
            "CommunityOrganization",
            "CommunityProvider",
            "EducationOrganizationNetwork",
            "EducationServiceCenter",
        ),
        *("LocalEducationAgency", "OrganizationDepartment", "PostSecondaryInstitution", "School"),
        "StateEducationAgency",
    ),
    "EducationOrganization",
)
"""Records that have the elements of another kind of record beside their own."""

PLURALS: Final[Mapping[str, str]] = {"Person": "People", "Matrix": "Matrices", "Diagnosis": "Diagnoses"}
"""Plurals that are not made with `s`."""

NESTED_KEYS: Final[Mapping[str, str]] = {
    "ProgramReference": "program",
    "CourseReference": "course",
    "GradingPeriodReference": "gradingPeriod",
}
"""References that, within the key of another record, put this before the keys that they do not own alone."""

SHARED_KEYS: Final = frozenset({"educationOrganizationId", "schoolId", "schoolYear"})

ORGANIZATION_KEYS: Final = (
    *("schoolId", "localEducationAgencyId", "stateEducationAgencyId", "educationServiceCenterId"),
    *(
        "postSecondaryInstitutionId",
        "communityOrganizationId",
        "communityProviderId",
        "organizationDepartmentId",
    ),
)
"""Keys of records that a reference to any education organization may mean."""

_SECTION: Final = ("SectionIdentifier", "CourseOfferingReference", "LocalCourseCode", "SchoolReference")
IDENTITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Assessment": ("AssessmentIdentifier", "Namespace", "AssessmentTitle"),
    "AssessmentItem": ("IdentificationCode", "AssessmentReference"),
    "Calendar": ("CalendarCode", "SchoolReference", "SchoolYear"),
    "ClassPeriod": ("ClassPeriodName", "SchoolReference"),
    "Cohort": ("CohortIdentifier", "EducationOrganizationReference"),
    "CompetencyObjective": ("Objective", "EducationOrganizationReference", "ObjectiveGradeLevel"),
    "Contact": ("ContactUniqueId",),
    "Course": ("CourseCode", "EducationOrganizationReference"),
    "CourseOffering": ("LocalCourseCode", "SchoolReference", "SessionReference"),
    "DisciplineIncident": ("IncidentIdentifier", "SchoolReference"),
    "GradebookEntry": ("GradebookEntryIdentifier", "Namespace", "GradebookEntryTitle", "SectionReference"),
    "GradingPeriod": (
        "GradingPeriod",
        "GradingPeriodName",
        "PeriodSequence",
        "SchoolYear",
        "SchoolReference",
    ),
    "LearningStandard": ("LearningStandardId",),
    "Location": ("ClassroomIdentificationCode", "SchoolReference"),
    "ObjectiveAssessment": ("IdentificationCode", "AssessmentReference"),
    "Program": ("ProgramName", "ProgramType", "EducationOrganizationReference"),
    "Section": (*_SECTION, "SessionReference"),
    "Session": ("SessionName", "SchoolYear", "SchoolReference"),
    "Staff": ("StaffUniqueId",),
    "Student": ("StudentUniqueId",),
    "StudentAcademicRecord": ("StudentReference", "EducationOrganizationReference", "SchoolYear", "Term"),
    "StudentAssessment": ("StudentAssessmentIdentifier", "StudentReference", "AssessmentReference"),
    "StudentSectionAssociation": ("StudentReference", "SectionReference", "BeginDate"),
}
"""Elements that identify a record of that name, for those who refer to it by `id`. Of other records all
elements do whose names end as names of identifiers do."""

IDENTIFYING_ENDS: Final = ("UniqueId", "Identifier", "Id", "IdentificationCode", "Reference")

LEGACY: Final[Mapping[str, str]] = {
    "Parent": "Contact",
    "ParentIdentity": "ContactIdentity",
    "ParentReference": "ContactReference",
    "ParentUniqueId": "ContactUniqueId",
    "ParentUniqueStateId": "ContactUniqueId",
    "StudentParentAssociation": "StudentContactAssociation",
    "StudentParentAssociationReference": "StudentContactAssociationReference",
    "StudentUniqueStateId": "StudentUniqueId",
    "StaffUniqueStateId": "StaffUniqueId",
    "TeacherUniqueStateId": "StaffUniqueId",
    "Teacher": "Staff",
    "TeacherReference": "StaffReference",
    "TeacherSectionAssociation": "StaffSectionAssociation",
    "EducationOrgIdentificationCode": "EducationOrganizationIdentificationCode",
    "EducationalOrgReference": "EducationOrganizationReference",
    "UniqueSectionCode": "SectionIdentifier",
    "UniqueCourseId": "CourseCode",
    "GradeLevelWhenAssessed": "WhenAssessedGradeLevel",
    "GradeLevelWhenTaken": "WhenTakenGradeLevel",
    "GradeLevelAssessed": "AssessedGradeLevel",
    "ScoreResults": "ScoreResult",
    "PerformanceLevels": "PerformanceLevel",
    "CreditsAttempted": "AttemptedCredits",
    "CreditsEarned": "EarnedCredits",
    "AvailableCredit": "AvailableCredits",
    "Credit": "Credits",
    "CohortYears": "CohortYear",
    "Characteristic": "StudentCharacteristic",
    "StudentCharacteristics": "StudentCharacteristic",
    "StudentIndicators": "StudentIndicator",
    "Disabilities": "Disability",
    "RacialCategory": "Race",
    "RaceType": "Race",
    "OrganizationCategory": "EducationOrganizationCategory",
    "EmailAddress": "ElectronicMailAddress",
    "EmailAddressType": "ElectronicMailType",
    "ID": "IdentificationCode",
    "Id": "IdentificationCode",
    "AssigningOrganizationCode": "AssigningOrganizationIdentificationCode",
}
"""Names of earlier releases and what release 5 calls the same."""

SCHOOL_OWNED: Final = frozenset(
    {
        "Section",
        "Session",
        "GradingPeriod",
        "ClassPeriod",
        "Location",
        "CourseOffering",
        "DisciplineIncident",
        "Calendar",
        "CalendarDate",
    }
)
"""Records that release 1 gives to an education organization, and later releases to a school."""
