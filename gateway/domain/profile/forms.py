"""What people fill in, and the entry that it becomes: strengths first, and no need without what helps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from gateway.domain.backpack.document import entry_from, entry_to_json
from gateway.domain.errors import Malformed
from gateway.domain.profile.contributions import Voice, fades_on

LONGEST: Final = 400
"""Characters of a text: one thing at a time."""


class Form(StrEnum):
    """What one may add: a closed list, in the order in which a page shows it."""

    ABOUT_ME = "about_me"
    STRENGTH = "strength"
    INTEREST = "interest"
    HELPS = "helps"
    """What works, and in which situation. Never a style of learning: those do not exist."""
    BARRIER = "barrier"
    """Something in the way, with what helps against it."""
    GOAL = "goal"
    PERSONAL_BEST = "personal_best"
    HANDOVER = "handover"
    """From who taught the learner to who will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What somebody filled in."""

    text: str
    context: str = ""
    """Where or when it holds."""
    support: str = ""
    """What helps; a barrier must have it."""
    by: date | None = None
    """Until when a goal is to be reached."""


@dataclass(frozen=True, slots=True)
class _Shape:
    section: str
    content: Callable[[Words], Mapping[str, Any]]
    voices: frozenset[Voice] = frozenset(Voice)


_TEACHING: Final = frozenset({Voice.TEACHER, Voice.SPECIALIST})


def _coded(codes: str, code: str) -> dict[str, str]:
    return {"code": code, "system": f"urn:backpack:codes:{codes}"}


def _barrier(words: Words) -> Mapping[str, Any]:
    return {"kind": "udlBarrier", "barrier": words.text, "supportsThatWork": [{"text": words.support}]}


def _goal(words: Words) -> Mapping[str, Any]:
    by = {"target": words.by.isoformat()} if words.by else {}
    step = {"steps": [{"text": words.support}]} if words.support else {}
    return {"statement": words.text, "status": _coded("goal-status", "active"), **by, **step}


def _personal_best(words: Words) -> Mapping[str, Any]:
    why = {"learnerReflection": words.support} if words.support else {}
    return {"title": words.text, "type": _coded("achievement-type", "ext:PersonalBest"), **why}


FORMS: Final[Mapping[Form, _Shape]] = {
    Form.ABOUT_ME: _Shape("learnerProfile", lambda w: {"kind": "voice", "topic": "aboutMe", "text": w.text}),
    Form.STRENGTH: _Shape(
        "learnerProfile",
        lambda words: {"kind": "strengthOrNeed", "polarity": "strength", "label": words.text},
    ),
    Form.INTEREST: _Shape("learnerProfile", lambda words: {"kind": "interest", "label": words.text}),
    Form.HELPS: _Shape("learnerProfile", lambda words: {"kind": "learningPreference", "value": words.text}),
    Form.BARRIER: _Shape("learnerProfile", _barrier),
    Form.GOAL: _Shape("goals", _goal),
    Form.PERSONAL_BEST: _Shape("achievements", _personal_best),
    Form.HANDOVER: _Shape(
        "comments",
        lambda words: {"text": words.text, "category": _coded("comment-category", "handover")},
        _TEACHING,
    ),
}
"""The section and the shape of the entry that each becomes."""

_SAID_BY: Final = {
    Voice.LEARNER: ("learner", "selfAsserted"),
    Voice.FAMILY: ("family", "selfAsserted"),
    Voice.TEACHER: ("teacher", "teacherObserved"),
    Voice.SPECIALIST: ("school", "teacherObserved"),
}


def entry_in_words(
    form: Form, words: Words, voice: Voice, *, id_: str, organization: str, at: datetime, today: date
) -> Mapping[str, Any]:
    """Return the entry that words become, as on the wire.

    Args:
        form: What was filled in.
        words: With what.
        voice: Whose words they are.
        id_: The entry's id, a UUID.
        organization: Id of the district.
        at: The moment.
        today: The day there.

    Raises:
        Malformed: nothing is written, or too much; a barrier without what helps; words that this voice
            does not say.
    """
    _check(form, words, voice)
    shape = FORMS[form]
    actor, sure = _SAID_BY[voice]
    meta = {
        "recordId": id_,
        "source": {
            "system": "Backpack Gateway",
            "org": {"id": organization},
            "extractedAt": at.isoformat(),
            "mapping": f"form {form}",
            "assertedBy": {"actor": actor},
        },
        "verification": sure,
        "sensitivity": {"class": "E"},
    }
    return entry_to_json(entry_from(shape.section, {**_about(shape, words, voice, today), "meta": meta}))


def _about(shape: _Shape, words: Words, voice: Voice, today: date) -> dict[str, Any]:
    content = dict(shape.content(words))
    if shape.section == "learnerProfile":
        content |= {"voice": voice, "recordedOn": today.isoformat(), "expiresOn": fades_on(today).isoformat()}
        content |= {"context": words.context} if words.context else {}
    elif shape.section == "comments":
        content |= {"date": today.isoformat(), "visibility": "family"}
    elif shape.section == "goals":
        content |= {"start": today.isoformat()}
    else:
        content |= {"issuedOn": today.isoformat()}
    return content


def _check(form: Form, words: Words, voice: Voice) -> None:
    if not words.text.strip():
        raise Malformed("write something: the text is empty")
    if max(map(len, (words.text, words.context, words.support))) > LONGEST:
        raise Malformed(f"write at most {LONGEST} characters: one thing at a time")
    if form is Form.BARRIER and not words.support.strip():
        raise Malformed("say what helps against it: a need without a support helps nobody")
    if voice not in FORMS[form].voices:
        raise Malformed(f"{form} is said by {' or '.join(sorted(FORMS[form].voices))}")
