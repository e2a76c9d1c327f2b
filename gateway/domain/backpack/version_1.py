"""What schema 1.0.0 can say, in the words of 2.0.0. Published: this never changes.

By model, the fields that both have, each with the model of its value. `Language`, `Assigner` and `Support`
are objects in 2.0.0, and bare values in 1.0.0.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_PROFILE: Final = "meta:Meta kind voice recordedOn expiresOn context description"

_FIELDS: Final = {
    "AssertedBy": "actor agent",
    "Assigner": "id",
    "BirthPlace": "city state country",
    "CodedValue": "code system display localCode localSystem localDisplay mapping",
    "Contact": "meta:Meta contact name:ContactName phones:Phone emails:Email preferredLanguage:CodedValue "
    "relation:CodedValue legalGuardian livesWith emergencyContact primaryContact priority "
    "restrictions:Restriction educationRightsHolder",
    "ContactName": "given middle family",
    "CourseRef": "localCode title stateCode scedCode subjects levels:CodedValue",
    "DataQuality": "code field severity",
    "Demographics": "meta:Meta sex:CodedValue genderIdentity hispanicLatino races:CodedValue "
    "federalRaceRollup:CodedValue languages:Language residency:CodedValue",
    "Email": "type:CodedValue value",
    "Enrollment": "meta:Meta school:OrgRef district:OrgRef schoolYear entryDate exitDate rawExitDate "
    "exitDateConvention gradeLevel:CodedValue primary",
    "Goal": "meta:Meta statement type:CodedValue start target status:CodedValue successCriteria "
    "steps:GoalStep",
    "GoalStep": "text due done",
    "GradeRecord": "meta:Meta sectionId sectionTitle course:CourseRef gradingPeriod:Term "
    "gradeType:CodedValue grade:GradeValue comment asOf",
    "GradeValue": "letter numeric minimum maximum status:CodedValue",
    "GradebookItem": "meta:Meta title description category:CodedValue sectionId sectionTitle assigned due "
    "minPoints maxPoints standards:StandardRef result:GradebookResult",
    "GradebookResult": "score textScore status:CodedValue late missing incomplete inProgress scoreDate "
    "comment",
    "Identifier": "system:CodedValue value assigner:Assigner",
    "Language": "language:CodedValue",
    "Learner": "meta:Meta identifiers:Identifier names:Name birthDate birthPlace:BirthPlace multipleBirth "
    "pronouns loginIds:Login",
    "Login": "system value",
    "Meta": "recordId source:Provenance status verification sensitivity:Sensitivity dq:DataQuality "
    "extensions",
    "Name": "use prefix given middle family family2 suffix",
    "OrgIdentifier": "system value",
    "OrgRef": "id name type:CodedValue identifiers:OrgIdentifier parent",
    "PersonRef": "id name role:CodedValue",
    "Phone": "type:CodedValue value smsCapable",
    "ProgramParticipation": "meta:Meta kind:CodedValue begin end",
    "Provenance": "system table key file row org:OrgRef extractedAt mapping assertedBy:AssertedBy",
    "Restriction": "kind text",
    "SectionEnrollment": "meta:Meta sectionId title classCode period room school:OrgRef course:CourseRef "
    "terms:Term begin end teachers:PersonRef",
    "Sensitivity": "class labels basis",
    "StandardRef": "id source statement",
    "Support": "text",
    "Term": "id name type:CodedValue schoolYear start end",
    "culturalIdentity": f"{_PROFILE} text",
    "experience": f"{_PROFILE} label organisation role",
    "interest": f"{_PROFILE} label category:CodedValue intensity",
    "learningPreference": f"{_PROFILE} dimension:CodedValue value strength accessFeature:CodedValue",
    "motivation": f"{_PROFILE} label demotivator",
    "skill": f"{_PROFILE} label framework proficiency:CodedValue",
    "strengthOrNeed": f"{_PROFILE} polarity label network domain:CodedValue standards:StandardRef",
    "udlBarrier": f"{_PROFILE} guideline:CodedValue barrier where supportsThatWork:Support "
    "supportsTriedNotWorking:Support",
    "voice": f"{_PROFILE} topic text",
}

FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        model: {field.partition(":")[0]: field.partition(":")[2] for field in fields.split()}
        for model, fields in _FIELDS.items()
    }
)
"""By model and field, the model of the value; empty where the value has no fields."""

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "Learner",
        "demographics": "Demographics",
        "contacts": "Contact",
        "enrollments": "Enrollment",
        "classes": "SectionEnrollment",
        "gradebook": "GradebookItem",
        "grades": "GradeRecord",
        "programs": "ProgramParticipation",
        "learnerProfile": "",
        "goals": "Goal",
    }
)
"""The model of a section's entries; empty where the entry's `kind` names it."""

ENVELOPE: Final = frozenset(
    {
        "schemaVersion",
        "backpackId",
        "learnerId",
        "created",
        "custodian",
        "sectionDigests",
        "extensions",
        "sections",
    }
)
"""Fields of the document."""
