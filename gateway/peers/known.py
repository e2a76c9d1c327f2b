"""What this process knows of other nodes: their listings, and how recent a word about them it has seen."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.crypto.chains import Sighting, sightings_of
from gateway.domain.chain_faults import ChainFault, refuse
from gateway.domain.ids import Digest, EntityId
from gateway.domain.trust import Listing

RETRY_AFTER: Final = timedelta(minutes=1)
"""After a refresh that failed, the next one is not tried before."""

_MOST: Final = 4096
_NO_CONTENT: Final = Digest("")
"""Equal to the content of no statement."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A listing in memory."""

    listing: Listing
    refresh_at: datetime
    """Half of its life, and a little more, so that not all nodes ask at the same time."""


class Known:
    """Listings and sightings in memory, by node. The least used are forgotten first."""

    def __init__(self, *, now: Callable[[], datetime], jitter: Callable[[], float]) -> None:
        """`jitter` returns a number from 0 to 1."""
        self._now = now
        self._jitter = jitter
        self._kept: OrderedDict[EntityId, Kept] = OrderedDict()
        self._sightings: dict[tuple[EntityId, EntityId], Sighting] = {}
        self._floors: OrderedDict[EntityId, datetime] = OrderedDict()

    def get(self, id_: EntityId) -> Kept | None:
        """Return what is kept of the node if it has not ended."""
        kept = self._kept.get(id_)
        if kept is None or self._now() >= kept.listing.expires_at:
            return None
        self._kept.move_to_end(id_)
        return kept

    def keep(self, listing: Listing) -> None:
        """Keep a listing, unless a later word about the node is kept already."""
        before = self._kept.get(listing.id)
        if before is not None and before.listing.chain == listing.chain:
            return
        self._see(listing)
        if before is not None and before.listing.stated_at > listing.stated_at:
            return
        life = listing.expires_at - listing.stated_at
        self._kept[listing.id] = Kept(listing, listing.stated_at + life * (0.5 + 0.1 * self._jitter()))
        self._kept.move_to_end(listing.id)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)

    def put_off(self, id_: EntityId) -> None:
        """Note that a refresh failed."""
        if kept := self._kept.get(id_):
            self._kept[id_] = replace(kept, refresh_at=self._now() + RETRY_AFTER)

    def drop(self, id_: EntityId) -> None:
        """Forget the listing. From now on the node must show a word about it that is later than now."""
        self._kept.pop(id_, None)
        self._floors[id_] = self._now()
        self._floors.move_to_end(id_)
        if len(self._floors) > _MOST:
            self._floors.popitem(last=False)

    def newest(self, issuer: EntityId, subject: EntityId) -> Sighting | None:
        """Return the newest thing seen that one said of the other; see `crypto.chains.Newest`."""
        return self._sightings.get((issuer, subject))

    def check_floor(self, listing: Listing) -> None:
        """Refuse a chain, shown by the node itself, from before the node was dropped.

        Raises:
            Untrusted: `statement_superseded`.
        """
        floor = self._floors.get(listing.id)
        if floor is not None and listing.stated_at <= floor:
            refuse(ChainFault.SUPERSEDED)

    def _see(self, listing: Listing) -> None:
        for seen in sightings_of(listing.chain):
            before = self._sightings.get((seen.iss, seen.sub))
            if before is None or before.issued_at < seen.issued_at:
                self._sightings[seen.iss, seen.sub] = seen
