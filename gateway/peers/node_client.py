"""`ports.Peers` over HTTP: what this node asks of other nodes and of its agency."""

import base64
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from gateway.crypto import strict_json
from gateway.domain.entity_ids import entity_id
from gateway.domain.errors import GatewayError, PeerUnavailable, Refused, TooLarge, Untrusted
from gateway.domain.ids import EntityId, TransferId
from gateway.domain.messages import Message, MessageType
from gateway.domain.trust import Listing
from gateway.domain.witness import Submission, WitnessAnswer, write_submission
from gateway.peers import problems
from gateway.peers.addresses import Outbound
from gateway.peers.calls import MAX_ANSWER_BYTES, Answer, Call, Caller, check_origin
from gateway.peers.oauth_client import OAuthClient
from gateway.usecases.agency import TOKEN_BYTES
from gateway.usecases.ports import Status

MAX_PARCEL_BYTES: Final = 32 * 1024 * 1024
"""A sealed record."""

JOSE: Final = "application/jose"
SECEVENT: Final = "application/secevent+jwt"

_REQUEST, _FETCH, _LOCATE, _LOG = "backpack.request", "backpack.fetch", "backpack.locate", "backpack.log"
_STATUSES_KEPT = 1024
_CONFLICT, _UNPROCESSABLE = 409, 422
_MOST_DIGITS: Final = 18
_TLOG_SIZE: Final = "text/x.tlog.size"
_JOSE_BOTH: Final = {"Content-Type": JOSE, "Accept": JOSE}
_NOT_MODIFIED = 304

_NAMES_STUDENT: Final = frozenset({MessageType.REQUEST, MessageType.INFORMATION})

_PLACE: Final[Mapping[MessageType, str]] = {
    MessageType.INFORMATION: "information",
    MessageType.WITHDRAWAL: "withdrawal",
    MessageType.REKEY: "rekeys",
    MessageType.RECEIPT: "receipts",
    MessageType.ENROLLMENT: "enrollment",
}
"""Where a message about a transfer belongs, under the transfer."""

_Word = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
_Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")]


class _StatusBody(BaseModel):
    """A holder's answer about a transfer. Members that are not named here are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    transfer: _Id
    state: _Word
    version: Annotated[int, Field(ge=0, le=1000)] = 0
    needs: Annotated[tuple[_Word, ...], Field(max_length=32)] = ()
    reason: _Word | None = None
    snapshot: bool = False
    expires_at: AwareDatetime | None = None
    log: dict[str, Any] | None = None


class NodeClient:
    """Calls to other nodes. Every error is one of `domain.errors`; nothing of an answer's text is in it."""

    def __init__(
        self,
        caller: Caller,
        oauth: OAuthClient,
        rules: Outbound,
        *,
        wrap: Callable[[str, Listing], str] = lambda message, _: message,
    ) -> None:
        """`wrap` encrypts what names a student to the receiver, whose proxies shall not read it."""
        self._wrap = wrap
        self._caller = caller
        self._oauth = oauth
        self._rules = rules
        self._statuses: OrderedDict[tuple[EntityId, TransferId], tuple[str, Status]] = OrderedDict()

    async def deliver(self, to: Listing, message: Message, remote_id: TransferId | None) -> Status | None:
        """Send a signed message to where its type belongs. An event is answered with nothing.

        Raises:
            Refused: or one of its kinds, as the other side raised it.
            PeerUnavailable: it did not take the message now.
        """
        if message.type is MessageType.EVENT:
            await self._push(to, message)
            return None
        body = self._wrap(message.body, to) if message.type in _NAMES_STUDENT else message.body
        call = _post(_url_of(to, message, remote_id), body, JOSE)
        return _status(_ok(await self._send(to, _REQUEST, call), to.id), to.id)

    async def status(self, to: Listing, remote_id: TransferId) -> Status:
        """Ask how the transfer stands. What has not changed is not sent again. Errors as of `deliver`."""
        key = (to.id, remote_id)
        etag, kept = self._statuses.get(key, ("", None))
        headers = {"If-None-Match": etag} if etag else {}
        call = Call(method="GET", url=f"{to.resource}/transfers/{remote_id}", headers=headers)
        answer = await self._send(to, _REQUEST, call)
        if kept is not None and answer.status == _NOT_MODIFIED:
            return kept
        status = _status(_ok(answer, to.id), to.id)
        if status.transfer != remote_id:
            raise PeerUnavailable(f"{to.id} answered about another transfer")
        self._keep(key, answer.headers.get("ETag", ""), status)
        return status

    async def fetch(self, to: Listing, remote_id: TransferId, version: int, part: int = 0) -> bytes:
        """Download the sealed record, or a sealed part of it.

        Raises:
            TooLarge: it has more than 32 MiB.
            Untrusted: `wrong_digest`: the bytes are not those that the holder announced.
            Refused, PeerUnavailable: as `deliver`.
        """
        call = Call(
            method="GET",
            url=f"{to.resource}/transfers/{remote_id}/versions/{version}"
            + (f"/parts/{part}" if part else ""),
            headers={"Accept": JOSE},
            max_bytes=MAX_PARCEL_BYTES,
            seconds=self._rules.download_seconds,
        )
        answer = _ok(await self._oauth.send(to, _FETCH, call, transfer=remote_id), to.id)
        if answer.media_type != JOSE:
            raise PeerUnavailable(f"{to.id} sent something else than a sealed record")
        if answer.headers.get("Content-Digest", "") != _content_digest(answer.sha256):
            raise Untrusted("wrong_digest", to.id)
        return answer.body

    async def locate(self, agency: Listing, question: str) -> EntityId | None:
        """Ask the agency's locator who may hold the record; None if nobody, or nobody sure enough.

        Raises:
            Untrusted: `statement_malformed`: the answer is no entity identifier.
            Refused, PeerUnavailable: as `deliver`.
        """
        call = _post(f"{agency.id}/agency/v1/locate", question, JOSE)
        holder = _ok(await self._send(agency, _LOCATE, call), agency.id).json().get("holder")
        if holder is None:
            return None
        return entity_id(holder, allow_loopback_http=self._rules.allow_loopback)

    async def upload_tokens(self, agency: Listing, tokens: Sequence[bytes]) -> None:
        """Tell the locator whose records this node holds, in place of what it was told before."""
        if any(len(token) != TOKEN_BYTES for token in tokens):
            raise ValueError(f"a locator token has {TOKEN_BYTES} bytes")
        call = Call(
            method="PUT",
            url=f"{agency.id}/agency/v1/locator/tokens",
            headers={"Content-Type": "application/octet-stream"},
            body=b"".join(tokens),
            seconds=self._rules.download_seconds,
        )
        _ok(await self._send(agency, _LOCATE, call), agency.id)

    async def witness(self, agency: Listing, submission: Submission) -> WitnessAnswer:
        """Show the agency a checkpoint of this node's log.

        Raises:
            Untrusted: `witness_refused`: it does not continue what the agency saw before.
            Refused, PeerUnavailable: as `deliver`.
        """
        call = Call(
            method="POST",
            url=f"{agency.id}/agency/v1/witness/add-checkpoint",
            headers={"Content-Type": "application/octet-stream"},
            body=write_submission(submission).encode(),
        )
        answer = await self._send(agency, _LOG, call)
        if answer.status == _CONFLICT and answer.media_type == _TLOG_SIZE:
            return WitnessAnswer(size=_size(answer.body, agency.id))
        if answer.status == _UNPROCESSABLE:
            raise Untrusted("witness_refused", agency.id)
        line = _ok(answer, agency.id).body.decode("utf-8", "replace")
        size = submission.note.split("\n")[1]
        return WitnessAnswer(size=_size(size.encode(), agency.id), cosignature=line)

    async def reconcile(self, to: Listing, question: str) -> str:
        """Ask, signed, what the node knows of these transfers; return its signed answer. Errors as above."""
        call = _post(f"{to.resource}/reconciliation", question, JOSE)
        answer = _ok(await self._send(to, _LOG, replace(call, headers=_JOSE_BOTH)), to.id)
        if answer.media_type != JOSE:
            raise PeerUnavailable(f"{to.id} sent something else than a signed list")
        return answer.body.decode("ascii", "replace")

    async def close(self) -> None:
        """Stop what is under way."""
        await self._oauth.close()

    async def _push(self, to: Listing, message: Message) -> None:
        """Push a security event token (RFC 8935). It proves itself, so no access token goes with it."""
        if to.events_endpoint is None:
            raise Refused(f"{to.id} takes no events")
        check_origin(to.events_endpoint, to.id)
        call = _post(to.events_endpoint, message.body, SECEVENT)
        try:
            answer = await self._caller.send(call)
        except TooLarge as error:
            raise PeerUnavailable(str(error)) from None
        _ok(answer, to.id)

    async def _send(self, to: Listing, scope: str, call: Call) -> Answer:
        """Make a call whose answer is small. One that is not comes from something broken."""
        try:
            return await self._oauth.send(to, scope, call)
        except TooLarge as error:
            raise PeerUnavailable(str(error)) from None

    def _keep(self, key: tuple[EntityId, TransferId], etag: str, status: Status) -> None:
        self._statuses.pop(key, None)
        if etag:
            self._statuses[key] = etag, status
        if len(self._statuses) > _STATUSES_KEPT:
            self._statuses.popitem(last=False)


def _url_of(to: Listing, message: Message, remote_id: TransferId | None) -> str:
    if message.type is MessageType.REQUEST:
        return f"{to.resource}/transfers"
    if remote_id is None or message.type not in _PLACE:
        raise ValueError(f"a message of type {message.type} cannot be delivered so")
    return f"{to.resource}/transfers/{remote_id}/{_PLACE[message.type]}"


def _post(url: str, token: str, media_type: str) -> Call:
    return Call(
        method="POST",
        url=url,
        headers={"Content-Type": media_type, "Accept": "application/json"},
        body=token.encode("ascii"),
    )


def _size(text: bytes, peer: EntityId) -> int:
    digits = text.strip()
    if not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise PeerUnavailable(f"{peer} answered with no size")
    return int(digits)


def _ok(answer: Answer, peer: EntityId) -> Answer:
    if answer.status in {200, 202, 204}:
        return answer
    raise problems.of_answer(answer, peer)


def _status(answer: Answer, peer: EntityId) -> Status:
    try:
        body = strict_json.load_object(answer.body, max_bytes=MAX_ANSWER_BYTES)
        read = _StatusBody.model_validate(body)
    except (GatewayError, ValidationError):
        raise PeerUnavailable(f"{peer} sent a status that cannot be read") from None
    return Status(
        transfer=TransferId(read.transfer),
        state=read.state,
        version=read.version,
        needs=read.needs,
        reason=read.reason,
        snapshot=read.snapshot,
        expires_at=read.expires_at,
        log=read.log,
    )


def _content_digest(sha256: bytes) -> str:
    """Return the Content-Digest field of these bytes (RFC 9530, 2)."""
    return f"sha-256=:{base64.b64encode(sha256).decode()}:"
