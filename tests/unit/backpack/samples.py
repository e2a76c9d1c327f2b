"""One made-up learner's entries, as on the wire: one of every section, and of every kind in it."""

import copy
from typing import Any, Final

Wire = dict[str, list[dict[str, Any]]]

META: Final[dict[str, Any]] = {
    "recordId": "3f0c6a0e-3c43-5a0b-9d36-0d3c3a5e8f22",
    "source": {
        "system": "oneroster",
        "table": "users",
        "key": "U1",
        "row": 2,
        "org": {"id": "urn:example:maple", "name": "Maple Unified"},
        "extractedAt": "2026-09-30T06:00:00Z",
        "mapping": "oneroster 1.0.0",
        "assertedBy": {"actor": "school"},
    },
    "sensitivity": {"class": "D"},
}
MAPLE: Final = {"id": "maple-high", "name": "Maple High"}
FALL: Final = {"name": "Fall", "schoolYear": 2026}
ALGEBRA: Final = {"localCode": "0321", "title": "Algebra I"}


def coded(code: str, **more: Any) -> dict[str, Any]:
    """Return a coded value of some list."""
    return {"code": code, "system": "urn:example:list", **more}


_PROFILE: Final = {"voice": "learner", "recordedOn": "2026-05-01"}
_ENTRIES: Final[Wire] = {
    "identity": [
        {
            "identifiers": [{"system": coded("State"), "value": "0012345678", "assigner": {"id": "state"}}],
            "names": [{"use": "legal", "given": "Juniper", "family": "Bramblewick", "family2": "Oakes"}],
            "birthDate": "2012-03-04",
            "addresses": [{"line1": "1 Orchard Way", "city": "Maple", "stateProvince": "TX"}],
        }
    ],
    "demographics": [
        {
            "sex": coded("female"),
            "hispanicLatino": False,
            "races": [coded("asian")],
            "languages": [{"language": coded("spa"), "uses": [coded("Home language")]}],
        }
    ],
    "contacts": [
        {
            "contact": "G1",
            "name": {"given": "Linden", "family": "Bramblewick"},
            "phones": [{"value": "555-0100"}],
            "relation": coded("parent"),
            "priority": 1,
        }
    ],
    "enrollments": [
        {"school": MAPLE, "schoolYear": 2026, "entryDate": "2025-08-18", "gradeLevel": coded("08")},
    ],
    "attendance": [{"date": "2025-10-02", "scope": "daily", "category": coded("Excused Absence")}],
    "attendanceSummary": [{"period": FALL, "daysPossible": "88", "daysPresent": "84.5", "daysAbsent": "3.5"}],
    "classes": [{"sectionId": "C1", "title": "Algebra I-2", "course": ALGEBRA, "terms": [FALL]}],
    "gradebook": [
        {
            "title": "Fractions",
            "assigned": "2025-09-01",
            "maxPoints": "10",
            "result": {"score": "8.5", "late": True},
        }
    ],
    "grades": [{"gradeType": coded("Semester"), "grade": {"letter": "B+"}, "course": ALGEBRA}],
    "transcript": [
        {
            "school": MAPLE,
            "term": FALL,
            "gpas": [{"value": "3.5", "maximum": "4", "weighting": "unweighted"}],
            "courses": [
                {"course": ALGEBRA, "finalGrade": {"letter": "A"}, "creditsEarned": {"value": "0.500"}}
            ],
        }
    ],
    "graduationProgress": [{"plan": {"name": "Standard"}, "requirements": [{"description": "English"}]}],
    "competencies": [
        {"standard": {"id": "urn:example:5.NF.A.1"}, "level": coded("Proficient"), "method": "teacher"},
    ],
    "assessments": [
        {
            "assessment": {"title": "State Test of Algebra"},
            "scores": [{"metric": coded("Scale score"), "value": "512"}],
            "performanceLevels": [{"level": coded("Proficient")}],
        }
    ],
    "incidents": [{"date": "2025-11-03", "time": "10:15", "behaviors": [coded("Other")]}],
    "positiveBehavior": [{"type": coded("kindness"), "points": "5"}],
    "immunizations": [{"vaccine": coded("MMR"), "doses": ["2013-04-01", "2016-08-02"]}],
    "health": [
        {"kind": "alert", "text": "Needs an inhaler after running"},
        {"kind": "allergy", "type": coded("peanut")},
        {"kind": "condition", "name": "Asthma"},
        {"kind": "screening", "type": coded("Vision"), "date": "2025-09-09"},
        {"kind": "careProvider", "hospital": "Maple General"},
    ],
    "programs": [
        {"kind": coded("IEP"), "begin": "2024-01-10", "disabilities": [{"code": coded("Deafness")}]},
        {"kind": coded("504"), "eligible": True},
        {"kind": coded("EL"), "proficiency": [{"schoolYear": 2026, "area": "overall"}]},
        {"kind": coded("GiftedTalented"), "identified": True},
        {"kind": coded("Migrant"), "qualifyingArrival": "2023-05-05"},
        {"kind": coded("FoodService"), "eligibility": coded("Free")},
        {"kind": coded("Homeless"), "unaccompanied": False},
        {"kind": coded("TitleI"), "participant": coded("Schoolwide")},
        {"kind": coded("CTE"), "cipCode": "11.0101"},
        {"kind": coded("NeglectedDelinquent"), "facility": coded("Other")},
        {"kind": coded("RTI"), "tier": "2"},
        {"kind": coded("Saturday school"), "program": "Saturday school"},
    ],
    "learnerProfile": [
        {"kind": "interest", **_PROFILE, "label": "Beetles", "intensity": 5},
        {"kind": "strengthOrNeed", **_PROFILE, "polarity": "strength", "label": "Patience"},
        {"kind": "learningPreference", **_PROFILE, "value": "Works best in the morning"},
        {
            "kind": "udlBarrier",
            **_PROFILE,
            "barrier": "Long texts without pictures",
            "supportsThatWork": [{"text": "Read aloud", "evidence": "Finished the chapter"}],
        },
        {"kind": "motivation", **_PROFILE, "label": "Choice"},
        {"kind": "skill", **_PROFILE, "label": "Drawing"},
        {"kind": "experience", **_PROFILE, "label": "Library helper", "hours": "20"},
        {"kind": "voice", **_PROFILE, "text": "Please let me draw first"},
        {"kind": "culturalIdentity", **_PROFILE, "text": "We speak Spanish at home"},
    ],
    "goals": [
        {"statement": "Read ten books", "steps": [{"text": "Choose the first"}], "target": "2026-12-01"}
    ],
    "plans": [{"type": coded("PLP"), "goals": ["G7"]}],
    "achievements": [
        {"title": "Science fair", "credential": {"format": "ob3-jwt", "payload": "ZXlKaGJHY2k="}},
    ],
    "comments": [{"text": "Asks good questions", "visibility": "team", "about": ["G7"]}],
    "documents": [{"kind": coded("reportCard"), "title": "Report card", "inline": "JVBERi0="}],
    "consents": [{"given": False, "legalBasis": coded("directory"), "scope": {"sections": ["identity"]}}],
    "disclosures": [{"when": "2025-10-01T08:00:00Z", "recipient": {"id": "cedar"}, "sections": ["identity"]}],
    "activities": [{"title": "Chess club", "hours": "12"}],
}


def sections() -> Wire:
    """Return the learner's entries, to be changed at will."""
    return {
        name: [{"meta": copy.deepcopy(META), **copy.deepcopy(entry)} for entry in entries]
        for name, entries in _ENTRIES.items()
    }


def entry(section: str, at: int = 0) -> dict[str, Any]:
    """Return one of them."""
    return sections()[section][at]
