"""A verified record as the local system gets it: good entries, those set aside, and a summary in words."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.domain.backpack.identity import Learner
from gateway.domain.backpack.versions import readable
from gateway.domain.errors import Malformed
from gateway.domain.matching import normalise, normalise_id
from gateway.domain.transfer import Subject
from gateway.usecases.ports import OpenedRecord, OpenedSegment

STATE_ID: Final = "State"
"""Identification system of a state id (Ed-Fi StudentIdentificationSystemDescriptor)."""

Sections = dict[str, list[Mapping[str, Any]]]


def names_another(subject: Subject, record: OpenedRecord) -> bool:
    """Whether the record's own words about who it is differ from whom the request named."""
    learners = [one for segment in record.segments for one in _learners(segment)]
    return any(_differs(subject, learner) for learner in learners)


def is_about(subject: Subject, segment: OpenedSegment) -> bool:
    """Whether the segment itself says that it is about the student whom the request named.

    Silence is no: a segment without an identity that can be read proves nothing.
    """
    learners = list(_learners(segment))
    return bool(learners) and all(_agrees(subject, learner) for learner in learners)


def _learners(segment: OpenedSegment) -> Iterator[Learner]:
    for entry in segment.sections.get("identity", ()):
        with contextlib.suppress(Malformed):
            learner, _ = readable("identity", entry)
            if isinstance(learner, Learner):
                yield learner


def _differs(subject: Subject, learner: Learner) -> bool:
    stated, asked = _state_ids(learner), normalise_id(subject.state_id)
    other_id = bool(asked and stated) and asked not in stated
    return other_id or (learner.birth_date is not None and learner.birth_date != subject.birth_date)


def _agrees(subject: Subject, learner: Learner) -> bool:
    same_id = bool(subject.state_id) and normalise_id(subject.state_id) in _state_ids(learner)
    named = (normalise(subject.given_name), normalise(subject.family_name))
    same_name = named in {(normalise(one.given), normalise(one.family)) for one in learner.names}
    return learner.birth_date == subject.birth_date and (same_id or same_name)


def _state_ids(learner: Learner) -> set[str]:
    return {normalise_id(one.value) for one in learner.identifiers if one.system.code == STATE_ID}


def document_of(record: OpenedRecord) -> dict[str, Any]:
    """Return the segments with their entries as on the wire.

    An entry that does not fit the schema is set aside under `quarantined` with what is wrong; the rest
    of the record is not held up by it.
    """
    return {
        "transfer": record.claims.get("transfer"),
        "version": record.claims.get("version"),
        "issuer": record.claims.get("iss"),
        "approved": record.claims.get("approved"),
        "granted": record.claims.get("granted"),
        "recordDigest": record.digest,
        "segments": [_segment(opened) for opened in record.segments],
    }


def summary_of(document: Mapping[str, Any], organization_name: str) -> list[str]:
    """Return plain words for the person who imports: who asserts what, and what is missing."""
    lines = [f"Released by {organization_name} ({document['issuer']}).", ""]
    for segment in document["segments"]:
        lines.append(f"Asserted by {segment['issuer']} as of {segment['asOf']}:")
        lines += [f"  {name}: {_entries(len(entries))}" for name, entries in segment["sections"].items()]
        lines += [
            f"  {name}: {_entries(len(entries))} set aside, see `quarantined` in backpack.json"
            for name, entries in segment["quarantined"].items()
        ]
    lines += _missing(document.get("granted") or ())
    return lines


def _segment(opened: OpenedSegment) -> dict[str, Any]:
    good: Sections = {}
    bad: Sections = {}
    for section, entries in opened.sections.items():
        for entry in entries:
            _sort(section, entry, good, bad)
    return {
        "issuer": opened.issuer,
        "learner": opened.learner,
        "asOf": opened.as_of.isoformat(),
        "sections": good,
        "quarantined": bad,
    }


def _sort(section: str, entry: Mapping[str, Any], good: Sections, bad: Sections) -> None:
    try:
        _, present = readable(section, entry)
    except Malformed as fault:
        bad.setdefault(section, []).append({"fault": str(fault), "entry": entry})
    else:
        good.setdefault(section, []).append(present)


_WORDS: Final = {
    "not_held": "none on file",
    "restricted": "withheld as restricted",
    "not_asked": "not asked for",
    "sealed": "apart, in a sealed part",
}


def _missing(granted: Sequence[Mapping[str, Any]]) -> list[str]:
    kept = [(part.get("issuer"), one) for part in granted for one in part.get("withheld", ())]
    return [
        f"{one.get('datatype')}: {_WORDS.get(str(one.get('reason')), one.get('reason'))} at {issuer}"
        for issuer, one in kept
    ]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
