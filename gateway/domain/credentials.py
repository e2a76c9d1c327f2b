"""What a digital credential says, as the fields of an Achievement. Nothing here says whether it is true.

Sources: Open Badges 3.0 and CLR 2.0 (1EdTech, 2024), W3C Verifiable Credentials Data Model 1.1 and 2.0,
Open Badges 2.0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.domain.credential_terms import (
    BASE_CONTEXTS,
    OB2_CONTEXTS,
    Document,
    Format,
    Validity,
    instant,
    listed,
    text_of,
)
from gateway.domain.errors import Malformed


@dataclass(frozen=True, slots=True)
class Identity:
    """An identifier of the subject, in clear or as a salted hash (Open Badges 3.0, IdentityObject)."""

    value: str
    kind: str = ""
    hashed: bool = False
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialIndex:
    """What a credential says. Text that it lacks is empty; times are as the credential writes them."""

    format: Format
    id: str
    type: str
    title: str
    description: str
    criteria: str
    issuer_id: str
    issuer_name: str
    issued_on: str
    expires: str
    results: tuple[str, ...]
    """The value of the one result; of several each as `name: value`, in the order of the alphabet."""
    alignments: tuple[Mapping[str, str], ...]
    has_image: bool
    image_uri: str
    """Where its picture is, if that is not in the credential."""
    revocation_list: str
    subject_id: str
    identities: tuple[Identity, ...]

    def validity(self, at: datetime) -> Validity:
        """Return whether the credential counts at that time."""
        if self.issued_on and instant(self.issued_on) > at:
            return Validity.NOT_YET
        if self.expires and instant(self.expires) <= at:
            return Validity.EXPIRED
        return Validity.VALID


_BADGES: Final = frozenset({"OpenBadgeCredential", "AchievementCredential"})
_CLR: Final = "ClrCredential"

_TYPES: Final = {
    "issuer": "Profile",
    "creator": "Profile",
    "source": "Profile",
    "parentOrg": "Profile",
    "otherIdentifier": "IdentifierEntry",
    "achievement": "Achievement",
    "resultDescription": "ResultDescription",
    "rubricCriterionLevel": "RubricCriterionLevel",
    "result": "Result",
    "alignment": "Alignment",
    "evidence": "Evidence",
    "association": "Association",
}
"""What an object under this member must be, wherever it stands."""


def format_of(document: Document, *, token: bool) -> Format:
    """Return what kind of credential it is. `token`: it came in a JSON Web Token.

    Raises:
        Malformed: it is no achievement credential of the versions that are read here.
    """
    contexts, types = listed(document.get("@context")), listed(document.get("type"))
    if contexts[:1] and contexts[0] in OB2_CONTEXTS and "Assertion" in types:
        return Format.OB2
    if contexts[:1] == [] or contexts[0] not in BASE_CONTEXTS:
        raise Malformed("the first @context is not that of W3C Verifiable Credentials")
    if "VerifiableCredential" not in types:
        raise Malformed("it is no VerifiableCredential")
    if _CLR in types:
        return Format.CLR2_JWT if token else Format.CLR2_JSONLD
    if _BADGES & {kind for kind in types if isinstance(kind, str)}:
        return Format.OB3_JWT if token else Format.OB3_JSONLD
    raise Malformed("its type is neither OpenBadgeCredential, AchievementCredential nor ClrCredential")


def index_credential(document: Document, kind: Format) -> CredentialIndex:
    """Return the fields of an Achievement that the credential holds.

    Raises:
        Malformed: something is missing that every credential of the kind has, or is of the wrong type. The
            message quotes nothing of it.
    """
    return _assertion(document) if kind is Format.OB2 else _credential(document, kind)


def issuer_of(document: Document) -> str:
    """Return the issuer's identifier, or nothing."""
    issuer = document.get("issuer")
    return text_of(issuer.get("id")) if isinstance(issuer, Mapping) else text_of(issuer)


def _credential(document: Document, kind: Format) -> CredentialIndex:
    if not issuer_of(document):
        raise Malformed("there is no issuer")
    _check_types(document)
    is_clr = kind in {Format.CLR2_JSONLD, Format.CLR2_JWT}
    subject = _subject(document, "ClrSubject" if is_clr else "AchievementSubject")
    achievement = {} if is_clr else _object(subject.get("achievement"), "there is not one achievement")
    issuer = document.get("issuer")
    made = CredentialIndex(
        format=kind,
        id=text_of(document.get("id")),
        type=_CLR if is_clr else text_of(achievement.get("achievementType")) or "Achievement",
        title=text_of(document.get("name") if is_clr else achievement.get("name")),
        description=text_of(document.get("description") if is_clr else achievement.get("description")),
        criteria=_criteria(achievement.get("criteria")),
        issuer_id=issuer_of(document),
        issuer_name=text_of(issuer.get("name")) if isinstance(issuer, Mapping) else "",
        issued_on=_first(document, "validFrom", "issuanceDate"),
        expires=_first(document, "validUntil", "expirationDate"),
        results=_results(subject, achievement),
        alignments=_alignments(achievement),
        has_image=bool(document.get("image") or achievement.get("image")),
        image_uri=_image(achievement.get("image")) or _image(document.get("image")),
        revocation_list=_status_list(document),
        subject_id=text_of(subject.get("id")),
        identities=tuple(_identities(subject.get("identifier"))),
    )
    return _checked(made)


def _assertion(document: Document) -> CredentialIndex:
    badge = document.get("badge")
    badge = badge if isinstance(badge, Mapping) else {}
    issuer = badge.get("issuer")
    made = CredentialIndex(
        format=Format.OB2,
        id=text_of(document.get("id")),
        type="Badge",
        title=text_of(badge.get("name")),
        description=text_of(badge.get("description")),
        criteria=_criteria(badge.get("criteria")),
        issuer_id=issuer_of(badge),
        issuer_name=text_of(issuer.get("name")) if isinstance(issuer, Mapping) else "",
        issued_on=text_of(document.get("issuedOn")),
        expires=text_of(document.get("expires")),
        results=(),
        alignments=_alignments(badge),
        has_image=bool(document.get("image") or badge.get("image")),
        image_uri=_image(document.get("image")) or _image(badge.get("image")),
        revocation_list="",
        subject_id="",
        identities=tuple(_recipient(document.get("recipient"))),
    )
    if not made.title:
        raise Malformed("the badge is only linked, not there: nothing says what was achieved")
    return _checked(made)


def _checked(made: CredentialIndex) -> CredentialIndex:
    if not made.title:
        raise Malformed("there is no name")
    if not made.issued_on:
        raise Malformed("there is no date of issue")
    if made.expires and instant(made.expires) < instant(made.issued_on):
        raise Malformed("it expired before it was issued")
    instant(made.issued_on)
    return made


def _check_types(value: Any) -> None:
    """Check the types of all that is there, as the schemas of the standard do."""
    if isinstance(value, list):
        for item in value:
            _check_types(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            wanted = _TYPES.get(name)
            for part in listed(item) if wanted else ():
                if isinstance(part, Mapping) and wanted not in listed(part.get("type")):
                    raise Malformed(f"what stands under {name} is no {wanted}")
            _check_types(item)


def _subject(document: Document, wanted: str) -> Document:
    subject = _object(document.get("credentialSubject"), "there is not one subject")
    if wanted not in listed(subject.get("type")):
        raise Malformed(f"the subject is no {wanted}")
    return subject


def _object(value: Any, otherwise: str) -> Document:
    found = listed(value)
    if len(found) != 1 or not isinstance(found[0], Mapping):
        raise Malformed(otherwise)
    return found[0]


def _first(document: Document, *names: str) -> str:
    return next((found for name in names if (found := text_of(document.get(name)))), "")


def _criteria(criteria: Any) -> str:
    if not isinstance(criteria, Mapping):
        return text_of(criteria)
    return text_of(criteria.get("narrative")) or text_of(criteria.get("id"))


def _image(image: Any) -> str:
    uri = text_of(image.get("id")) if isinstance(image, Mapping) else text_of(image)
    return uri if uri.startswith(("https://", "http://")) else ""


def _results(subject: Document, achievement: Document) -> tuple[str, ...]:
    """Return what the learner reached. The order of results is not signed, so it decides nothing."""
    described = {text_of(one.get("id")): one for one in _objects(achievement.get("resultDescription"))}
    levels = {
        text_of(level.get("id")): text_of(level.get("name"))
        for one in described.values()
        for level in _objects(one.get("rubricCriterionLevel"))
    }
    found = []
    for one in _objects(subject.get("result")):
        reached = text_of(one.get("achievedLevel"))
        value = text_of(one.get("value")) or levels.get(reached, reached) or text_of(one.get("status"))
        name = text_of(described.get(text_of(one.get("resultDescription")), {}).get("name"))
        if value:
            found.append((name, value))
    if len(found) == 1:
        return (found[0][1],)
    return tuple(f"{name}: {value}" if name else value for name, value in sorted(found))


def _alignments(achievement: Document) -> tuple[Mapping[str, str], ...]:
    names = ("targetName", "targetUrl", "targetCode", "targetFramework", "targetType", "targetDescription")
    found = (_objects(achievement.get("alignment")) or _objects(achievement.get("alignments")))[:100]
    return tuple({name: text for name in names if (text := text_of(one.get(name)))} for one in found)


def _objects(value: Any) -> Sequence[Document]:
    return [item for item in listed(value) if isinstance(item, Mapping)]


def _status_list(document: Document) -> str:
    for status in _objects(document.get("credentialStatus")):
        if found := _first(status, "statusListCredential", "id"):
            return found
    return ""


def _identities(value: Any) -> Iterator[Identity]:
    for one in _objects(value):
        if "IdentityObject" not in listed(one.get("type")):
            raise Malformed("what identifies the subject is no IdentityObject")
        if found := text_of(one.get("identityHash")):
            salt, kind = text_of(one.get("salt")), text_of(one.get("identityType"))
            yield Identity(found, kind, hashed=one.get("hashed") is True, salt=salt)


def _recipient(value: Any) -> Iterator[Identity]:
    for one in _objects(value):
        if found := text_of(one.get("identity")):
            salt, kind = text_of(one.get("salt")), text_of(one.get("type"))
            yield Identity(found, kind, hashed=one.get("hashed") is True, salt=salt)
