"""The one page that a day-1 snapshot, or the record after it, makes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gateway.domain.snapshot import Entries, Entry, day_of, needed_first

_NUMBERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody to call."""

    name: str
    relation: str
    phones: Sequence[str]
    language: str
    interpreter: bool
    emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A class that the student was in."""

    title: str
    period: str
    teachers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The page. A text that is not known is empty."""

    name: str
    called: str
    """The preferred name, where it is another one."""
    pronouns: str
    born: date | None
    numbers: Sequence[tuple[str, str]]
    """Identification system and number."""
    school: str
    grade: str
    counselor: str
    languages: Sequence[tuple[str, str]]
    """Language and what it is used for."""
    alerts: Sequence[tuple[str, str]]
    """What to do or what against, and how bad or what happens."""
    immunizations: Sequence[tuple[str, str]]
    """Vaccine and its status, empty where none is stated."""
    calls: Sequence[Call]
    lessons: Sequence[Lesson]
    programs: Sequence[tuple[str, Sequence[str]]]
    """Programme and what is changed for the student."""
    voice: Sequence[str]
    """The student's and family's own words."""
    strengths: Sequence[str]
    works: Sequence[str]
    interests: Sequence[str]

    @property
    def empty(self) -> bool:
        """Whether it says nothing beside who it is."""
        more = (self.lessons, self.calls, self.alerts, self.voice, self.strengths, self.works)
        return not any((*more, self.interests, self.languages, self.programs, self.school, self.grade))


def snapshot_of(entries: Entries, today: date) -> Snapshot:
    """Return the page that a record's entries make, whether a snapshot or a whole record."""
    kept = {
        section: [all_[n] for n in needed_first(section, all_, range(len(all_)), today)]
        for section, all_ in entries.items()
    }
    learner = next(iter(kept.get("identity", ())), {})
    stay = max(kept.get("enrollments", ()), key=lambda one: str(one.get("entryDate") or ""), default={})
    profile = kept.get("learnerProfile", ())
    return Snapshot(
        **_person(learner),
        school=str((stay.get("school") or {}).get("name") or (stay.get("school") or {}).get("id") or ""),
        grade=_word(stay.get("exitGradeLevel") or stay.get("gradeLevel")),
        counselor=_named(stay.get("counselor") or {}),
        languages=[
            (_word(use.get("language")), ", ".join(_word(one) for one in use.get("uses", ())))
            for entry in kept.get("demographics", ())
            for use in entry.get("languages", ())
        ],
        alerts=[_alert(one) for one in kept.get("health", ())],
        immunizations=[
            (_word(one.get("vaccine")), str(one.get("status") or "")) for one in kept.get("immunizations", ())
        ],
        calls=[_call(one) for one in kept.get("contacts", ())],
        lessons=[_lesson(one) for one in kept.get("classes", ())],
        programs=[
            (_word(one.get("kind")), [_word(each.get("code")) for each in one.get("accommodations", ())])
            for one in kept.get("programs", ())
        ],
        voice=[str(one["text"]) for one in profile if one.get("kind") == "voice"],
        strengths=_said(profile, "strengthOrNeed", "label", "description"),
        works=[
            *_said(profile, "learningPreference", "value"),
            *(
                str(support.get("text", ""))
                for one in profile
                if one.get("kind") == "udlBarrier"
                for support in one.get("supportsThatWork", ())
            ),
        ],
        interests=_said(profile, "interest", "label"),
    )


def _person(learner: Entry) -> dict[str, Any]:
    names = learner.get("names", ())
    legal: Entry = next((one for one in names if one.get("use") == "legal"), next(iter(names), {}))
    preferred = next((_named(one) for one in names if one.get("use") == "preferred"), "")
    return {
        "name": _named(legal),
        "called": preferred if preferred != _named(legal) else "",
        "pronouns": str(learner.get("pronouns") or ""),
        "born": day_of(learner.get("birthDate")),
        "numbers": [
            (_word(one.get("system")), str(one.get("value", ""))) for one in learner.get("identifiers", ())
        ][:_NUMBERS],
    }


def _said(profile: Sequence[Entry], kind: str, *fields: str) -> list[str]:
    told = (
        next((one[name] for name in fields if one.get(name)), "")
        for one in profile
        if one.get("kind") == kind
    )
    return [str(text) for text in told if text]


def _alert(entry: Entry) -> tuple[str, str]:
    if entry.get("kind") == "alert":
        return str(entry.get("text", "")), _word(entry.get("severity"))
    more = (str(entry.get("reaction") or ""), _word(entry.get("severity")))
    return _word(entry.get("type")), ", ".join(filter(None, more))


def _call(entry: Entry) -> Call:
    return Call(
        name=_named(entry.get("name") or {}),
        relation=_word(entry.get("relation")),
        phones=[str(one.get("value", "")) for one in entry.get("phones", ())][:2],
        language=_word(entry.get("preferredLanguage")),
        interpreter=bool(entry.get("interpreterNeeded")),
        emergency=bool(entry.get("emergencyContact")),
    )


def _lesson(entry: Entry) -> Lesson:
    course = entry.get("course") or {}
    return Lesson(
        title=str(
            entry.get("title") or course.get("title") or course.get("code") or entry.get("sectionId") or ""
        ),
        period=str(entry.get("period") or ""),
        teachers=[_named(one) for one in entry.get("teachers", ())][:2],
    )


def _named(part: Entry) -> str:
    told = [part.get("given"), part.get("family"), part.get("family2"), part.get("suffix")]
    return " ".join(str(one) for one in told if one) or str(part.get("name") or part.get("display") or "")


def _word(code: object) -> str:
    """Return a coded value in words."""
    if not isinstance(code, Mapping):
        return "" if code is None else str(code)
    return str(code.get("display") or code.get("localDisplay") or code.get("code") or "")
