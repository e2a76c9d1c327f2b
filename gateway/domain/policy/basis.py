"""On which ground a record leaves, and what told the family: without both nothing leaves."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, Self

from gateway.domain.errors import Malformed, Refused
from gateway.domain.packs import NoticeBasis, NoticeRule

TRANSFER: Final = "34CFR99.31(a)(2)"
CONSENT: Final = "34CFR99.30"
CITATIONS: Final = {
    TRANSFER: "34 CFR 99.31(a)(2), 34 CFR 99.34: a school where the student enrols",
    CONSENT: "34 CFR 99.30: written consent",
}
Channel = Literal["letter", "email", "portal", "text", "phone", "in_person"]
CHANNELS: Final[tuple[Channel, ...]] = ("letter", "email", "portal", "text", "phone", "in_person")
_BEGINS_IN: Final = 7
_VALID_TO: Final = (8, 31)
"""A school year's notice holds from 1 July to 31 August of the next year, until the next one is out."""


class NoticeBasisMissing(Refused):
    """Nothing told the family of this release. The message says what to do."""

    code = "notice_basis_missing"
    title = "No release without a basis"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualNotice:
    """What the district told all families this school year (34 CFR 99.7, 99.34(a)(1)(ii))."""

    year: str
    """School year, `2026-2027`."""
    where: str
    """Address or text."""
    languages: tuple[str, ...]

    def is_of(self, today: date) -> bool:
        """Whether it is this school year's."""
        return self.holds(today) and today < date(int(self.year.partition("-")[2]), _BEGINS_IN, 1)

    def holds(self, today: date) -> bool:
        """Whether it counts today: this school year's, or until September the last one's."""
        first, _, last = self.year.partition("-")
        return date(int(first), _BEGINS_IN, 1) <= today <= date(int(last), *_VALID_TO)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven:
    """What tells the family of one release."""

    kind: NoticeBasis
    year: str = ""
    """Of an annual notice."""
    languages: tuple[str, ...] = ()
    sent_on: date | None = None
    """Of an individual notice."""
    channel: Channel | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what a person states: `parent_initiated`, or `individual_notice 2026-11-20 letter`.

        Raises:
            Malformed: it is neither; an annual notice is not stated, it stands in the settings.
        """
        match text.split():
            case ["parent_initiated"]:
                return cls(kind="parent_initiated")
            case ["individual_notice", day, str(channel)] if channel in CHANNELS:
                known = next(one for one in CHANNELS if one == channel)
                return cls(kind="individual_notice", sent_on=_day(day), channel=known)
        wanted = f"individual_notice YYYY-MM-DD {'|'.join(CHANNELS)}"
        raise Malformed(f"a notice basis is parent_initiated, or {wanted}")

    def __str__(self) -> str:
        """Return it in words that `read` takes; of an annual notice, with its year."""
        parts = (self.kind, self.year, self.sent_on and self.sent_on.isoformat(), self.channel)
        return " ".join(str(part) for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBasis:
    """Why a record may leave."""

    legal: str
    """Code of the legal basis."""
    citation: str
    notice: NoticeGiven

    def claims(self) -> dict[str, Any]:
        """Return it as the record says it."""
        notice = {
            "kind": self.notice.kind,
            "year": self.notice.year or None,
            "languages": list(self.notice.languages) or None,
            "sent_on": self.notice.sent_on.isoformat() if self.notice.sent_on else None,
            "channel": self.notice.channel,
        }
        return {
            "code": self.legal,
            "citation": self.citation,
            "notice": {name: value for name, value in notice.items() if value is not None},
        }

    def __str__(self) -> str:
        return f"{self.legal}; {self.notice}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a record may not leave yet, and what to do about it."""

    reason: str
    fix: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.fix}"


def basis_of_release(
    legal: str,
    rule: NoticeRule | None,
    *,
    annual: AnnualNotice | None,
    stated: NoticeGiven | None,
    today: date,
) -> ReleaseBasis | Missing:
    """Return on which ground a record may leave today, or what is missing.

    What a person states of this release counts before the annual notice. Written consent tells the family.
    """
    if legal not in CITATIONS:
        return Missing(reason="the request names no legal basis", fix="deny it, and ask for a new request")
    if rule and rule.consent and legal != CONSENT:
        return Missing(
            reason="nothing leaves here without written consent",
            fix=f"deny it, and ask for a request on the ground of {CONSENT}",
        )
    given = _given(legal, rule, annual=annual, stated=stated, today=today)
    if isinstance(given, Missing):
        return given
    return ReleaseBasis(legal=legal, citation=CITATIONS[legal], notice=given)


def _given(
    legal: str,
    rule: NoticeRule | None,
    *,
    annual: AnnualNotice | None,
    stated: NoticeGiven | None,
    today: date,
) -> NoticeGiven | Missing:
    allowed = rule.bases if rule else frozenset[NoticeBasis]()
    if stated and stated.kind in allowed and not (stated.sent_on and stated.sent_on > today):
        return stated
    if legal == CONSENT:
        return NoticeGiven(kind="parent_initiated")
    if annual and annual.holds(today) and "annual_notice" in allowed:
        return NoticeGiven(kind="annual_notice", year=annual.year, languages=annual.languages)
    told = f"the annual notice is of {annual.year}" if annual else "no annual notice is on file"
    return Missing(
        reason=f"nothing tells the family of this release: {told}",
        fix="enter this school year's under [notice], or state that the parent asked for the transfer,"
        " or when and how an individual notice was sent",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Malformed("the day of a notice is written 2026-11-20") from None
