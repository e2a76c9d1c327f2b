"""One student moves from Maple to Cedar: the steps, in their order, with the use-cases that people use."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from gateway.crypto.keys import Purpose
from gateway.demo.district import Bundle, make_bundle
from gateway.demo.nodes import (
    AGENCY,
    CEDAR,
    LEA_IDS,
    MAPLE,
    Federation,
    Nodes,
    Place,
    mark_type,
    write_federation,
)
from gateway.demo.outcome import Example, NodeIs, Outcome, Tell
from gateway.demo.pick import Mover, initials, pick_student
from gateway.demo.proof import Expected, Proof, prove_import, receipts_for
from gateway.demo.staff import STAFF, give_class, list_staff
from gateway.demo.timeline import Timeline
from gateway.domain.backpack.document import SECTIONS
from gateway.domain.errors import Conflict, GatewayError, TryLater, Unknown, Untrusted
from gateway.domain.ids import LocalStudentId, TransferId
from gateway.domain.transfer import Reason, Role, State, Transfer
from gateway.usecases.agency import ACTIVE, admit
from gateway.usecases.decide_release import approve
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.locate_student import locate_student, tell_locator
from gateway.usecases.map_students import map_students
from gateway.usecases.ports import Member, Tx
from gateway.usecases.request_backpack import Wish, request_backpack
from gateway.usecases.wholes import read_whole
from gateway.wiring import Opened, introduce, open_node
from gateway.wiring.trust import fingerprint

DEMO: Final = "Demo"
MAPPING: Final = "oneroster/oneroster"
PROFILE: Final = frozenset({"learnerProfile", "goals"})
PATIENCE_SECONDS: Final = 30.0
LOOK_EVERY_SECONDS: Final = 0.01
REGISTRAR: Final = "registrar"
OFFICER: Final = "member officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What story is told."""

    folder: Path
    source: Path | None = None
    """A real OneRoster bundle; None makes one up."""
    seed: int = 7
    students: int = 400
    """In the made-up bundle."""
    with_profile: bool = True
    """Ask for the learner's profile and goals too, not only for the official record."""

    @property
    def sections(self) -> tuple[str, ...]:
        """What the registrar asks for."""
        return tuple(name for name in SECTIONS if self.with_profile or name not in PROFILE)


class Story:
    """The story, once."""

    def __init__(self, plan: Plan, nodes: Nodes, tell: Tell) -> None:
        """`nodes` keeps the processes, and is the caller's to stop."""
        self._plan = plan
        self._nodes = nodes
        self._tell = tell
        self._timeline = Timeline(tell)
        self._outcome = Outcome(folder=plan.folder, timeline=self._timeline.moments)
        self._wanted: LocalStudentId | None = None

    async def play(self) -> Outcome:
        """Tell it to its end, or to where it cannot go on: the outcome says which."""
        begun = perf_counter()
        try:
            await self._play()
        except GatewayError as fault:
            self._outcome.fault = f"{fault.title}: {fault}"
        self._outcome.seconds = perf_counter() - begun
        return self._outcome

    async def _play(self) -> None:
        source = self._plan.source or self._plan.folder / "maple-export.zip"
        self._federation = write_federation(self._plan.folder, source=source, mapping=MAPPING)
        self._name_places(self._federation)
        async with AsyncExitStack() as stack:
            self._agency, self._maple, self._cedar = [
                await stack.enter_async_context(open_node(place.settings))
                for place in self._federation.places
            ]
            await asyncio.gather(self._start(), self._read_export(source))
            await self._admit()
            await self._list_staff()
            mover = await self._pick()
            await self._locate(mover)
            asked, held = await self._request(mover)
            await self._release(asked, held)
            await self._import(asked, held)
            await self._prove(mover, asked, held)

    # --- the nodes ---------------------------------------------------------------------------------------

    async def _read_export(self, source: Path) -> None:
        """Fill Maple while the nodes start: they wait for processors, and this does not need them yet."""
        if self._plan.source is None:
            await self._make_export(source)
        await self._map()

    async def _make_export(self, source: Path) -> None:
        async with self._timeline.step(DEMO, "makes up Maple's export") as say:
            bundle = await asyncio.to_thread(_write_export, self._plan, source)
            self._wanted = LocalStudentId(bundle.scenario.local_id)
            say(f"OneRoster 1.2, {len(bundle.files)} files, {len(bundle.planted)} planted defects")

    async def _start(self) -> None:
        async with self._timeline.step(DEMO, "starts three nodes") as say:
            ports = [self._start_one(place) for place in self._federation.places]
            await asyncio.gather(*ports)
            say("one process and one SQLite file each")

    async def _start_one(self, place: Place) -> None:
        self._nodes.start(place)
        self._tell(NodeIs(name=place.name, url=place.url, state="starts"))
        await self._nodes.until_ready(place)
        self._tell(NodeIs(name=place.name, url=place.url, state="ready"))

    def _name_places(self, federation: Federation) -> None:
        for place in federation.places:
            self._outcome.nodes[place.name] = place.url
            self._outcome.places |= {
                f"{place.name}: settings": place.config,
                f"{place.name}: database": place.database,
                f"{place.name}: log": place.log,
            }
        self._outcome.places["Cedar: imported records"] = federation.cedar.imports
        self._outcome.places["Agency: public keys"] = federation.agency.anchor_keys

    # --- before the move ---------------------------------------------------------------------------------

    async def _admit(self) -> None:
        async with self._timeline.step(AGENCY, "admits Maple and Cedar") as say:
            for place in (self._federation.maple, self._federation.cedar):
                await self._admit_one(place)
                await self._until_marked(place)
            say("key fingerprints compared, district numbers and trust mark given")

    async def _list_staff(self) -> None:
        async with self._timeline.step(DEMO, "lists who works at the districts") as say:
            for opened in (self._maple, self._cedar):
                await list_staff(opened.node, opened.settings)
            await self._maple.store.write(give_class)
            say(f"{len(STAFF)} made-up people at each, who sign in by a click")

    async def _admit_one(self, place: Place) -> None:
        agency = self._agency
        now = agency.node.now()
        introduction = await introduce(agency.statements, place.url, agency.rules, at=now)
        if introduction.fingerprint != fingerprint(place.keys.public_jwks(Purpose.FEDERATION)):
            raise Untrusted("other_key", f"{place.name} shows another key than its operator reads out")
        member = Member(
            id=introduction.id,
            organization_name=introduction.organization_name,
            lea_ids=LEA_IDS[place.name],
            jwks=introduction.jwks,
            marks=frozenset({mark_type(self._federation.agency)}),
            status=ACTIVE,
            admitted_at=now,
            changed_at=now,
        )
        await admit(agency.node, member, person=agency.operator(OFFICER))

    async def _until_marked(self, place: Place) -> None:
        """Wait until the node shows the mark that it was given; it asks for it several times a second."""
        statements = self._agency.statements
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    if statements.read(await statements.configuration(place.url)).trust_marks:
                        return
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
        except TimeoutError:
            raise TryLater(f"{place.name} does not show its trust mark; see {place.log}") from None

    async def _map(self) -> None:
        async with self._timeline.step(MAPLE, "maps its students") as say:
            report = await map_students(self._maple.node, lambda done, _all: say(f"{done} students"))
            self._outcome.students = report.students
            self._outcome.findings = dict(report.findings.most_common())
            self._outcome.meanings = await self._maple.store.read(_meanings)
            self._outcome.example = await self._maple.store.read(_example)
            say(f"{report.students} students, {report.findings.total()} findings")

    async def _pick(self) -> Mover:
        mover = await pick_student(self._maple.store, self._wanted)
        subject = mover.subject
        real = self._plan.source is not None
        self._outcome.student = initials(subject) if real else f"{subject.given_name} {subject.family_name}"
        self._outcome.school = mover.school
        return mover

    async def _locate(self, mover: Mover) -> None:
        if not mover.can_be_located:
            async with self._timeline.step(CEDAR, "is told the former district by the family") as say:
                say("the student has no state id, so the locator cannot be asked")
            return
        async with self._timeline.step(MAPLE, "tells the locator whose records it holds") as say:
            say(f"{await tell_locator(self._maple.node)} keyed tokens, no names")
        async with self._timeline.step(CEDAR, "asks the locator who holds the record") as say:
            found = await locate_student(
                self._cedar.node,
                state_id=mover.subject.state_id or "",
                birth_date=mover.subject.birth_date,
                person=self._cedar.operator(REGISTRAR),
            )
            if found != self._federation.maple.url:
                raise Unknown("the locator does not name the district that holds the record")
            say("Maple, found by state id and birth date")

    # --- the move ----------------------------------------------------------------------------------------

    async def _request(self, mover: Mover) -> tuple[TransferId, TransferId]:
        """Return the transfer's ids at Cedar and at Maple."""
        async with self._timeline.step(CEDAR, "asks Maple for the backpack") as say:
            wish = Wish(
                holder=self._federation.maple.url,
                subject=mover.subject,
                sections=self._plan.sections,
                person=self._cedar.operator(REGISTRAR),
                enrolled_on=self._cedar.node.now().date(),
            )
            asked = await request_backpack(self._cedar.node, wish)
            held = await self._until(self._maple, None, {State.REVIEW}, {State.RECEIVED, State.MATCHING})
            if held.student != mover.student:
                raise Conflict("Maple matched another student")
            say(f"signed; Maple is sure of the student by {mover.rule}")
        return asked.id, held.id

    async def _release(self, asked: TransferId, held: TransferId) -> None:
        async with self._timeline.step(MAPLE, "approves the release") as say:
            await approve(self._maple.node, held, person=self._maple.operator(REGISTRAR))
            say("a person's decision: nothing leaves without it")
        async with self._timeline.step(MAPLE, "signs, seals and releases the record") as say:
            released = {State.RELEASED, State.FETCHED}
            await self._until(self._maple, held, released, {State.APPROVED, State.PACKAGED})
            say("sealed to a key made for this one answer")
        async with self._timeline.step(CEDAR, "fetches and verifies the record") as say:
            on_its_way = {State.REQUESTED, State.RELEASED, State.FETCHED}
            await self._until(self._cedar, asked, {State.VERIFIED}, on_its_way)
            say("signatures, trust chains and the request's digest hold")

    async def _import(self, asked: TransferId, held: TransferId) -> None:
        async with self._timeline.step(CEDAR, "imports the record") as say:
            await import_reviewed(self._cedar.node, asked, person=self._cedar.operator(REGISTRAR))
            say("into its import folder")
        async with self._timeline.step(MAPLE, "takes Cedar's receipt") as say:
            await self._until(self._maple, held, {State.ACKED}, {State.RELEASED, State.FETCHED})
            await self._until(self._cedar, asked, {State.RECEIPTED}, {State.IMPORTED})
            say("signed, for this very record")

    async def _prove(self, mover: Mover, asked: TransferId, held: TransferId) -> None:
        async with self._timeline.step(DEMO, "proves the imported record anew") as say:
            backpack = await self._maple.store.read(lambda tx: read_whole(tx, mover.student))
            expected = Expected(federation=self._federation, asked=asked, held=held, backpack=backpack)
            proof = await asyncio.to_thread(prove_import, expected, now=self._maple.node.now())
            receipts = await receipts_for(self._maple.node, held, proof.digest)
            self._take(proof, receipts)
            say("with the agency's public key and no network")

    def _take(self, proof: Proof, receipts: int) -> None:
        outcome = self._outcome
        outcome.checks = {**proof.checks, "exactly one receipt came, signed for this record": receipts == 1}
        outcome.verified, outcome.imported = all(proof.checks.values()), proof.imports == 1
        outcome.receipted = receipts == 1
        outcome.moved, outcome.withheld = proof.moved, proof.withheld
        outcome.places["Cedar: the record"] = proof.file
        keys = self._federation.agency.anchor_keys
        outcome.verify_command = f"backpack verify {proof.file} --anchor {keys} --allow-loopback-http"

    async def _until(
        self, opened: Opened, id_: TransferId | None, goal: set[State], on_the_way: set[State]
    ) -> Transfer:
        """Wait until the node's transfer (without an id: the first that it holds) is in a state of the goal.

        Raises:
            Conflict: it went another way.
            TryLater: it takes too long.
        """
        place = next(place for place in self._federation.places if place.url == opened.node.id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    found = await opened.store.read(lambda tx: _transfers(tx, id_))
                    if found and _arrived(found[0], goal, on_the_way):
                        return found[0]
                    self._nodes.check_alive(place)
                    await asyncio.sleep(LOOK_EVERY_SECONDS)
        except TimeoutError:
            raise TryLater(f"{place.name} did not go on in time; see {place.log}") from None


def _write_export(plan: Plan, file: Path) -> Bundle:
    bundle = make_bundle(plan.seed, students=plan.students)
    file.write_bytes(bundle.to_zip())
    return bundle


def _transfers(tx: Tx, id_: TransferId | None) -> Sequence[Transfer]:
    return [tx.transfers.get(id_)] if id_ else tx.transfers.list(role=Role.HOLDER, limit=1)


def _arrived(transfer: Transfer, goal: set[State], on_the_way: set[State]) -> bool:
    if transfer.state in goal:
        return True
    if transfer.state not in on_the_way or transfer.reason is Reason.GAVE_UP:
        raise Conflict(f"the transfer is {transfer.state} ({transfer.reason or 'no reason given'})")
    return False


def _meanings(tx: Tx) -> dict[str, str]:
    """Return what the findings of each rule mostly say."""
    said = {
        rule: Counter(one.message for _, one in tx.findings.list(rule=rule)) for rule in tx.findings.counts()
    }
    return {rule: messages.most_common(1)[0][0] for rule, messages in said.items() if messages}


def _example(tx: Tx) -> Example | None:
    """Return a finding with a place and a value, an error if there is one."""
    shown = [one for _, one in tx.findings.list() if one.line and one.column and one.raw_value]
    if not shown:
        return None
    one = min(shown, key=lambda finding: finding.severity != "error")
    return Example(
        rule=one.rule,
        file=one.file,
        line=one.line,
        column=one.column,
        value=masked(one.raw_value or ""),
        message=one.message,
    )


def masked(value: str) -> str:
    """Return the shape of a value: letters as `x`, digits as `9`, the rest as it is."""
    return "".join("9" if mark.isdigit() else "x" if mark.isalpha() else mark for mark in value)
