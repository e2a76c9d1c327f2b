"""What an adapter of digital credentials may import: the check of one, and what it says."""

from gateway.crypto.credentials import MAX_BYTES, CheckedCredential, Verifier, inner_payloads, verifier
from gateway.domain.credential_terms import Reason, VerifyStatus
from gateway.domain.credentials import CredentialIndex, Identity

__all__ = [
    "MAX_BYTES",
    "CheckedCredential",
    "CredentialIndex",
    "Identity",
    "Reason",
    "Verifier",
    "VerifyStatus",
    "inner_payloads",
    "verifier",
]
