"""A student of whom there is something to say on every part of the day-1 snapshot."""

from dataclasses import replace
from typing import Any, Final

import orjson

from gateway.domain.ids import digest
from gateway.usecases.ports import StoredBackpack
from tests.harness.pair import _code, _meta, backpack

ASKED: Final = (
    *("identity", "grades", "contacts", "health", "classes", "programs", "learnerProfile"),
    *("enrollments", "demographics", "immunizations"),
)


def told(student: str = "1001") -> StoredBackpack:
    """Return Ana's backpack with something for every part of the page."""
    base = backpack(student)
    profile = {"recordedOn": "2026-05-01", "voice": "teacher"}
    sections: dict[str, Any] = orjson.loads(base.sections) | {
        "health": [
            {"meta": _meta("h1", "S"), "kind": "allergy", "type": _code("Peanut"), "reaction": "Hives"},
            {"meta": _meta("h2", "S"), "kind": "screening", "type": _code("Vision")},
            {"meta": _meta("h3", "S"), "kind": "alert", "text": "EpiPen in the office; call 911 first"},
        ],
        "contacts": [
            {
                "meta": _meta("c"),
                "contact": "c1",
                "name": {"given": "Rosa", "family": "Ortiz"},
                "relation": _code("Mother"),
                "phones": [{"value": "(202) 555-0143"}],
                "preferredLanguage": _code("Spanish"),
                "interpreterNeeded": True,
                "emergencyContact": True,
            },
            {
                "meta": _meta("c2", "R"),
                "contact": "c2",
                "name": {"given": "Kept", "family": "Away"},
                "restrictions": [{"kind": "noContact"}],
            },
        ],
        "demographics": [
            {"meta": _meta("d1", "S"), "languages": [{"language": _code("Spanish"), "uses": [_code("Home")]}]}
        ],
        "immunizations": [
            {"meta": _meta(f"v{n}", "S"), "vaccine": _code(name), "status": "upToDate"}
            for n, name in enumerate(("MMR", "DTaP", "Polio", "Varicella", "HepB"))
        ],
        "classes": [
            {"meta": _meta("k1"), "title": "Math 7", "period": "2", "teachers": [{"name": "Ms. Osei"}]},
            {"meta": _meta("k2"), "title": "Science 7", "period": "3", "teachers": [{"name": "Mr. Lund"}]},
            {"meta": _meta("k0"), "title": "Math 5", "end": "2024-06-01"},
        ],
        "programs": [{"meta": _meta("p1", "R"), "kind": _code("IEP")}],
        "enrollments": [
            {"meta": _meta("e1"), "school": {"id": "12", "name": "Maple Middle"}, "gradeLevel": _code("07")}
        ],
        "learnerProfile": [
            {
                "meta": _meta("l1"),
                "kind": "strengthOrNeed",
                "polarity": "strength",
                "label": "Fractions",
                **profile,
            },
            {
                "meta": _meta("l2"),
                "kind": "strengthOrNeed",
                "polarity": "gap",
                "label": "Spelling",
                **profile,
            },
            {"meta": _meta("l3"), "kind": "learningPreference", "value": "A quiet place to start", **profile},
            {"meta": _meta("l4"), "kind": "interest", "label": "Frogs", "noExport": True, **profile},
            {"meta": _meta("l5"), "kind": "interest", "label": "Drawing comics", **profile},
            {
                "meta": _meta("l6"),
                "kind": "voice",
                "text": "I like it when you tell me the plan for the day first.",
                "voice": "learner",
            },
        ],
    }
    content = orjson.dumps(sections)
    return replace(base, sections=content, fingerprint=digest(content))
