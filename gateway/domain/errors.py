"""Errors, named for what happened and grouped by what to do next.

`Refused`: the caller must change something. `TryLater`: the loop tries these again, and only these.
`Misconfigured`: an operator must act. No message may hold personal data: messages reach peers and logs.
"""

from typing import ClassVar


class GatewayError(Exception):
    """Anything that this project raises on purpose.

    `code` is stable and travels in problem documents; `title` says the same for people.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"


class Refused(GatewayError):
    """The caller must change something before trying again."""

    code = "refused"
    title = "Refused"


class TryLater(GatewayError):
    """Nothing is wrong with what was asked; the same may succeed later."""

    code = "try_later"
    title = "Try again later"


class Misconfigured(GatewayError):
    """An operator of this node must act; the message says how."""

    code = "misconfigured"
    title = "This node is not set up for that"


class Malformed(Refused):
    """The bytes are not what this place takes: wrong type, syntax, shape or size of a value."""

    code = "malformed"
    title = "The message cannot be read"


class TooLarge(Refused):
    """More bytes than this place takes."""

    code = "too_large"
    title = "The message is too large"


class Untrusted(Refused):
    """A signature, chain, mark or token does not prove what it must.

    `reason` is from a closed list (`chain_expired`, `unknown_anchor`, ...) and says nothing of the subject.
    """

    code = "untrusted"
    title = "The sender could not be proven"

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}" if detail else reason)


def cause(error: GatewayError) -> str:
    """Return the code, and the reason where there is one from a closed list: for logs and rows."""
    return f"{error.code}: {error.reason}" if isinstance(error, Untrusted) else error.code


class Forbidden(Refused):
    """The sender is proven, and may not do this. Where existence is a secret, `Unknown` is used."""

    code = "forbidden"
    title = "The sender may not do this"


class Unmet(Forbidden):
    """The person may do this, once something else was done: say why, sign in again, ask a second person.

    `obligation` is from a closed list.
    """

    code = "obligation_unmet"
    title = "Something must be done first"

    def __init__(self, obligation: str, detail: str = "") -> None:
        self.obligation = obligation
        super().__init__(f"{obligation}: {detail}" if detail else obligation)


class Unknown(Refused):
    """There is no such thing, or none that this caller may know of. The two look alike."""

    code = "not_found"
    title = "Not found"


class Conflict(Refused):
    """The thing is not in the state that this needs, or the same id came with other bytes."""

    code = "conflict"
    title = "Not possible in the present state"


class Gone(Refused):
    """It was there and was withdrawn, revoked or expired."""

    code = "gone"
    title = "No longer available"


class OverBudget(TryLater):
    """The caller's share for now is used up."""

    code = "over_budget"
    title = "Too many requests"


class PeerUnavailable(TryLater):
    """The other node could not be reached, or said that it cannot answer now."""

    code = "peer_unavailable"
    title = "The other node is not available"


class Moved(TryLater):
    """The row changed while it was worked on: somebody else did the step."""

    code = "moved"
    title = "Changed in the meantime"
