"""What a transfer waits for, in words: who must act, and with which command."""

from typing import Final, NamedTuple

from gateway.domain.transfer import Reason, Role, State, Transfer

MANY_TRIES: Final = 5
"""Tries in vain after which a transfer counts as stuck."""


class Next(NamedTuple):
    """Who acts next, what for, and the command if it is a person here."""

    who: str
    what: str
    command: str = ""


_S = State
_HERE, _THERE, _NODE, _NOBODY = "a person here", "the other district", "this node", "nobody"

_NEXT: Final = {
    Role.HOLDER: {
        _S.RECEIVED: Next(_NODE, "looks for the student"),
        _S.MATCHING: Next(_NODE, "looks for the student"),
        _S.NEEDS_INFO: Next(_THERE, "sends more about the student; or choose the student here", "choose"),
        _S.NO_MATCH: Next(
            _HERE, "nobody fits for sure: choose the student, or let the request end", "choose"
        ),
        _S.REVIEW: Next(_HERE, "look at the match, then decide", "approve"),
        _S.HELD: Next(_HERE, "it is on hold; the other district sees it as pending", "lift"),
        _S.NOTICE: Next(_NODE, "releases the record when the family's time to object has passed"),
        _S.APPROVED: Next(_NODE, "signs and seals the record"),
        _S.PACKAGED: Next(_NODE, "releases the record"),
        _S.RELEASED: Next(_THERE, "fetches the record"),
        _S.FETCHED: Next(_THERE, "checks the record and sends a receipt"),
        _S.ACKED: Next(_NOBODY, "the other district has the record and confirmed it"),
        _S.CORRECTED: Next(_THERE, "sends a new one-time key for the corrected record"),
        _S.WITHDRAWN: Next(
            _NOBODY, "withdrawn; if it was fetched before and must not be used, recall it", "recall"
        ),
    },
    Role.REQUESTER: {
        _S.DRAFTED: Next(_NODE, "signs and sends the request"),
        _S.REQUESTED: Next(_THERE, "looks for the student and decides"),
        _S.NEEDS_INFO: Next(_HERE, "send what the other district asks for", "inform"),
        _S.RELEASED: Next(_NODE, "fetches the record"),
        _S.FETCHED: Next(_NODE, "checks the record"),
        _S.VERIFIED: Next(_HERE, "the record is proven: import it", "import"),
        _S.REJECTED: Next(_THERE, "sends the record anew: what came could not be used"),
        _S.IMPORTED: Next(_NODE, "sends the receipt"),
        _S.CORRECTED: Next(_THERE, "seals the corrected record for this node"),
        _S.RETURNED: Next(_HERE, "a school outside the network answered: look at what it sent"),
        _S.RECEIPTED: Next(_NOBODY, "the record is here and the other district knows"),
    },
}

_WORKING: Final = {
    Role.HOLDER: frozenset({_S.RECEIVED, _S.MATCHING, _S.APPROVED, _S.PACKAGED}),
    Role.REQUESTER: frozenset({_S.DRAFTED, _S.REQUESTED, _S.RELEASED, _S.FETCHED, _S.IMPORTED}),
}


def next_step(transfer: Transfer) -> Next:
    """Return who must act next and how."""
    if transfer.ended:
        return Next(_NOBODY, "this transfer has ended")
    if transfer.reason is Reason.GAVE_UP:
        return Next(
            _HERE, "the node gave up trying: see `backpack doctor`, then act by hand or let it expire"
        )
    return _NEXT[transfer.role][transfer.state]


def is_stuck(transfer: Transfer) -> bool:
    """Whether the node gave up, or has tried in vain again and again."""
    return not transfer.ended and (transfer.reason is Reason.GAVE_UP or transfer.tries >= MANY_TRIES)


def has_arrived(transfer: Transfer) -> bool:
    """Whether the holder has the request, or there is nothing more to wait for."""
    return transfer.state is not State.DRAFTED or is_stuck(transfer)


def rests(transfer: Transfer) -> bool:
    """Whether there is nothing more to wait for: a person must act, or the transfer has ended."""
    return is_stuck(transfer) or transfer.state not in _WORKING[transfer.role]
