"""What becomes of a record that its sender took back after it was fetched."""

from enum import StrEnum


class RecallAnswer(StrEnum):
    """The outcome that a receipt states for a recalled record."""

    QUARANTINED = "quarantined"
    """Nobody reads it; the signed record is kept as evidence."""
    DELETED = "deleted"
    """It is gone; digests and receipts stay as proof of what was here."""
    REFUSED = "refused"
    """This district keeps it, and says why."""
