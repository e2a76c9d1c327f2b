"""Why a trust chain proves nothing: the whole list, in one place."""

from enum import StrEnum
from typing import NoReturn

from gateway.domain.errors import Untrusted


class ChainFault(StrEnum):
    """The `reason` of every `Untrusted` that comes from a trust chain, statement or trust mark."""

    UNREADABLE = "statement_unreadable"
    """A statement is not a compact JWS of unambiguous JSON."""

    TOO_LARGE = "statement_too_large"
    """A statement has more bytes, or more entries in a list, than is taken."""

    BAD_HEADER = "statement_header"
    """The JOSE header holds anything but `alg: ES256`, the right `typ`, and `kid`."""

    MALFORMED = "statement_malformed"
    """A claim is missing or has the wrong type, or an identifier has the wrong syntax."""

    MISPLACED_CLAIM = "claim_misplaced"
    """A claim of a configuration stands in a subordinate statement, or the reverse, or is in neither."""

    CRITICAL_CLAIM = "critical_claim"
    """`crit` or `metadata_policy_crit`: this profile knows no extension that could be critical."""

    CHAIN_LENGTH = "chain_length"
    """The chain has no statement, two, or more than are taken."""

    BROKEN_LINK = "chain_broken"
    """A statement's issuer is not the next one's subject, or a configuration stands inside the chain."""

    LOOP = "chain_loops"
    """An entity vouches, through others, for itself."""

    UNKNOWN_ANCHOR = "unknown_anchor"
    """The chain does not end at an anchor that this node has pinned."""

    WRONG_SUBJECT = "wrong_subject"
    """The chain is valid for another entity than the one that was to be proven."""

    NOT_HINTED = "superior_not_hinted"
    """The subject's `authority_hints` do not name the superior that the chain runs through."""

    UNKNOWN_KEY = "unknown_key"
    """A statement is signed with a key that its issuer's superior (or the pin) does not state."""

    BAD_SIGNATURE = "bad_signature"
    """The signature does not fit the statement."""

    BAD_KEY_SET = "bad_key_set"
    """A key set is not one of P-256 public keys, each under its own thumbprint."""

    SHARED_KEY = "shared_key"
    """One key is published for two purposes that must not share it."""

    NOT_YET_VALID = "not_yet_valid"
    """A statement or mark is from the future."""

    EXPIRED = "chain_expired"
    """A statement of the chain has ended."""

    LIFETIME = "lifetime_too_long"
    """A statement or mark is valid for longer than the profile allows."""

    SUPERSEDED = "statement_superseded"
    """Its issuer has since said something else of the same subject."""

    PATH_LENGTH = "path_too_long"
    """More intermediates than a superior's `max_path_length` permits."""

    NAME = "name_not_permitted"
    """An entity identifier outside a superior's `naming_constraints`."""

    POLICY = "metadata_policy"
    """The policies contradict one another, or the metadata does not meet them."""

    METADATA = "metadata_incomplete"
    """What this profile needs to know of the entity is missing or malformed in its resolved metadata."""

    FOREIGN_ENDPOINT = "foreign_endpoint"
    """An endpoint does not share the origin of the entity that states it."""

    MARK_MISSING = "trust_mark_missing"
    """The entity does not carry a trust mark that this node requires."""

    MARK_INVALID = "trust_mark_invalid"
    """A required trust mark is forged, another entity's, or its issuer is not one of the anchor's."""

    MARK_EXPIRED = "trust_mark_expired"
    """A required trust mark has ended."""


def refuse(fault: ChainFault, detail: str = "") -> NoReturn:
    """Raise `Untrusted`. The detail names a place, never a value that a peer chose."""
    raise Untrusted(fault, detail)
