"""Checks of the clock, the agency, and what the agency says of this node."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from gateway.cli.doctor.checks import Check, fail, ok, warn
from gateway.cli.output import moment
from gateway.domain.errors import PeerUnavailable

if TYPE_CHECKING:
    from gateway.cli.doctor.checks import NodeCheck
    from gateway.domain.ids import EntityId
    from gateway.wiring import Opened

_CONFIGURATION: Final = "/.well-known/openid-federation"
_SKEW_SEEN: Final = 5.0
_SKEW_ALLOWED: Final = 30.0
_SECONDS: Final = 5.0
_MAX_BYTES: Final = 256 * 1024


async def _clock(opened: "Opened") -> Check:
    """Compare with the agency's Date header (RFC 9110, 6.6.1), which counts whole seconds."""
    agency = _agency(opened)
    try:
        theirs = await asyncio.wait_for(_their_time(opened, agency), _SECONDS)
    except (OSError, TimeoutError):
        return warn(
            "clock", f"cannot be compared: {agency} does not answer", "try again when the agency answers"
        )
    if theirs is None:
        return warn("clock", "cannot be compared: the agency states no time", "compare with a time server")
    skew = abs((datetime.now(UTC) - theirs).total_seconds())
    found = f"{skew:.0f} s from the agency's"
    if skew <= _SKEW_SEEN:
        return ok("clock", found)
    fix = "set the clock from a time server (chrony, systemd-timesyncd)"
    return fail("clock", found, fix) if skew > _SKEW_ALLOWED else warn("clock", found, fix)


async def _their_time(opened: "Opened", agency: "EntityId") -> datetime | None:
    import ssl

    from aiohttp import ClientSession

    authority = opened.settings.trust.certificate_authority
    context = ssl.create_default_context(cafile=opened.settings.path(authority) if authority else None)
    async with ClientSession() as session, session.get(agency + _CONFIGURATION, ssl=context) as answer:
        stated = answer.headers.get("Date")
    return parsedate_to_datetime(stated) if stated else None


async def _anchor(opened: "Opened") -> Check:
    agency = await opened.directory.listing(_agency(opened))
    return ok("agency", f"{agency.organization_name} ({agency.id}) answers, with a pinned key")


async def _own_statement(opened: "Opened") -> Check:
    from gateway.crypto import jws

    statement = await opened.publisher.entity_configuration()
    claims = jws.peek(statement, max_bytes=_MAX_BYTES).claims
    return ok("own statement", f"signed, valid until {moment(datetime.fromtimestamp(claims['exp'], UTC))}")


async def _admitted(opened: "Opened") -> Check:
    """Ask the agency now; where it is away, what it said last counts until its end."""
    from gateway.domain.clocks import FRESH_FOR_RELEASE

    try:
        listing = await opened.directory.listing(opened.node.id, max_age=FRESH_FOR_RELEASE)
    except PeerUnavailable:
        return await _last_word(opened)
    return ok(
        "own chain",
        f"the agency admits this node as {listing.organization_name}; until {moment(listing.expires_at)}",
    )


async def _last_word(opened: "Opened") -> Check:
    fix = "ask the agency whether its node runs"
    try:
        ends = (await opened.directory.listing(opened.node.id)).expires_at
    except PeerUnavailable as error:
        return fail("own chain", f"nobody vouches for this node: {error}", fix)
    return warn("own chain", f"the agency does not answer; its last word holds until {moment(ends)}", fix)


async def _marks(opened: "Opened") -> Check:
    wanted = frozenset(opened.settings.trust.marks)
    if not wanted:
        return ok("trust marks", "none wanted")
    missing = sorted(wanted - (await opened.directory.listing(opened.node.id)).trust_marks)
    if missing:
        return fail(
            "trust marks", f"missing: {', '.join(missing)}", "ask the agency to give this node the mark"
        )
    return ok("trust marks", ", ".join(sorted(wanted)))


async def _members(opened: "Opened") -> Check:
    members = await opened.node.store.read(lambda tx: tx.members.list())
    suspended = sum(member.status != "active" for member in members)
    if not members:
        return warn("members", "none", "backpack agency admit URL --lea nces=ID")
    return ok("members", f"{len(members)}, {suspended} of them suspended")


def _agency(opened: "Opened") -> "EntityId":
    return next(iter(opened.rules.anchors))


_GET_ADMITTED = (
    "give the agency this node's address and `backpack keys fingerprint`; it runs `backpack agency admit`"
)
_OWN: tuple[str, "NodeCheck", str] = ("own statement", _own_statement, "look at keys and settings above")

DISTRICT_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    ("agency", _anchor, "check [[trust.anchor]]: address and key file; ask the agency whether its node runs"),
    ("clock", _clock, "set the clock from a time server"),
    _OWN,
    ("own chain", _admitted, _GET_ADMITTED),
    ("trust marks", _marks, "get this node admitted first"),
)
AGENCY_CHECKS: Final[tuple[tuple[str, "NodeCheck", str], ...]] = (
    _OWN,
    ("members", _members, "look at the database above"),
)
