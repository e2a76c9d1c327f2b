"""Live districts when the agency takes its word back, and when it is gone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.crypto import node_metadata, statements
from gateway.crypto.keys import Purpose
from gateway.demo.nodes import LEA_IDS, Place
from gateway.domain.errors import PeerUnavailable
from gateway.domain.ids import TransferId
from gateway.domain.transfer import State
from gateway.usecases.agency import reinstate, suspend
from gateway.usecases.decide_release import approve
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.locate_student import locate_student
from gateway.usecases.ports import Tx
from tests.harness.hostile import own_word
from tests.harness.live import Live, federation, leaves, transfer_of, until, until_state
from tests.harness.staff import clerk

OLD = timedelta(minutes=20)
"""More than the fifteen minutes for which the agency's word is good enough for a release."""


async def waits_unreleased(live: Live, held: TransferId) -> None:
    """Wait until Maple has tried more than once to release the record, and could not."""

    async def tried() -> bool:
        transfer = await transfer_of(live.maple, held)
        return transfer.state is State.PACKAGED and transfer.tries > 1

    await until(tried)


async def finish(live: Live, asked: TransferId, held: TransferId) -> None:
    await until_state(live.cedar, asked, State.VERIFIED)
    await import_reviewed(live.cedar.node, asked, person=clerk("registrar"))
    await until_state(live.cedar, asked, State.RECEIPTED)
    await until_state(live.maple, held, State.ACKED)


async def test_a_district_that_is_suspended_mid_transfer_gets_nothing_until_it_is_reinstated(
    tmp_path: Path,
) -> None:
    async with federation(tmp_path) as live:
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        asked = (await live.ask(0)).id
        await until_state(live.cedar, asked, State.REQUESTED)
        held = (await live.held(asked)).id
        await until_state(live.maple, held, State.REVIEW)
        await live.maple.node.directory.listing(live.cedar.node.id)
        was_known = not await is_forgotten(live)

        await suspend(live.agency.node, live.cedar.node.id, person=clerk("member officer"))
        await until(lambda: is_forgotten(live))
        await approve(live.maple.node, held, person=clerk("records officer"))
        await waits_unreleased(live, held)
        while_suspended = await leaves(live.maple, held)
        await reinstate(live.agency.node, live.cedar.node.id, person=clerk("member officer"))
        await finish(live, asked, held)

        assert was_known
        assert "release.released" not in while_suspended
        assert (await leaves(live.maple, held)).count("release.released") == 1


async def is_forgotten(live: Live) -> bool:
    """Whether the agency's notice made Maple forget what it kept of Cedar."""
    return await live.maple.store.read(lambda tx: tx.chains.get(live.cedar.node.id)) is None


async def test_while_the_agency_is_gone_everything_goes_on_but_releases(tmp_path: Path) -> None:
    async with federation(tmp_path) as live:
        await keep_old_word(live)
        live.processes.kill(live.federation.agency)
        await live.processes.begin(live.federation.maple, live.federation.cedar)

        asked = (await live.ask(0)).id
        await until_state(live.cedar, asked, State.REQUESTED)
        held = (await live.held(asked)).id
        await until_state(live.maple, held, State.REVIEW)
        await approve(live.maple.node, held, person=clerk("records officer"))
        await waits_unreleased(live, held)
        locating = await asyncio.gather(locate(live), return_exceptions=True)
        without_agency = await leaves(live.maple, held)
        await live.processes.begin(live.federation.agency)
        await finish(live, asked, held)

        assert without_agency[-2:] == ["release.approved", "release.packaged"]
        assert isinstance(locating[0], PeerUnavailable)
        assert (await leaves(live.maple, held)).count("release.released") == 1


async def locate(live: Live) -> None:
    subject = live.subject(0)
    assert subject.state_id
    await locate_student(
        live.cedar.node, state_id=subject.state_id, birth_date=subject.birth_date, person=clerk("registrar")
    )


async def test_a_release_goes_out_under_a_word_of_the_last_minutes_though_the_agency_is_gone(
    tmp_path: Path,
) -> None:
    async with federation(tmp_path, automatic_approval=True, automatic_import=True) as live:
        await live.processes.begin(live.federation.maple, live.federation.cedar)
        first = (await live.ask(0)).id
        await until_state(live.cedar, first, State.RECEIPTED)

        live.processes.kill(live.federation.agency)
        second = (await live.ask(1)).id
        await until_state(live.cedar, second, State.RECEIPTED)

        assert (await live.held(second)).state is State.ACKED


async def keep_old_word(live: Live) -> None:
    """Leave both districts with chains of both, whose statements the agency made twenty minutes ago."""
    at = datetime.now(UTC) - OLD
    districts = (live.federation.maple, live.federation.cedar)
    chains = {place: chain_of(live, place, at) for place in districts}

    def keep(tx: Tx) -> None:
        for place, chain in chains.items():
            tx.chains.put(place.url, chain, stated_at=at)

    for opened in (live.maple, live.cedar):
        await opened.store.write(keep)


def chain_of(live: Live, place: Place, at: datetime) -> Sequence[str]:
    agency = live.federation.agency
    (mark,) = live.agency.settings.trust.marks
    carried = statements.trust_mark(agency.url, place.url, mark, keys=agency.keys, now=at)
    metadata = node_metadata.agency_metadata(agency.url, name="Agency", contacts=[], keys=agency.keys)
    word = statements.district_statement(
        agency.url,
        place.url,
        keys=agency.keys,
        subject_jwks=place.keys.public_jwks(Purpose.FEDERATION),
        name=place.name,
        lea_ids=LEA_IDS[place.name],
        host="127.0.0.1",
        now=at,
    )
    anchor = statements.anchor_configuration(
        agency.url, keys=agency.keys, metadata=metadata, now=at, trust_mark_issuers={mark: [agency.url]}
    )
    return own_word(place.url, place.keys, agency.url, {mark: carried}, at=at), word, anchor
