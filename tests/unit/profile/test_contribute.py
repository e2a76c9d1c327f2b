"""Words about a learner: written, retired, and carried to the next school."""

from typing import Any

import orjson
import pytest

from gateway.domain.errors import Forbidden, Malformed, Unmet
from gateway.domain.ids import EntityId, LocalStudentId, b64url_decode
from gateway.domain.policy import StaffRole
from gateway.domain.profile import Audience, Form, Voice, Words
from gateway.usecases.contribute import Wish, contribute, retire
from gateway.usecases.ports import Segment
from tests.harness.pair import CEDAR, MAPLE, backpack
from tests.harness.staff import person
from tests.harness.town import WILLOW, Town

STUDENT = LocalStudentId("1001")
CARA = person("cara", StaffRole.COUNSELOR)
BEN, PAT = person("ben", StaffRole.COUNSELOR), person("pat", StaffRole.PRINCIPAL)
HELPS = Words(text="Reading aloud before writing", context="Long texts in science")
PROFILE = ("identity", "learnerProfile", "goals")


async def test_what_somebody_wrote_travels_and_what_is_for_here_or_retired_does_not() -> None:
    town = await _town()
    await contribute(town[MAPLE], CARA, _wish(HELPS))
    await contribute(town[MAPLE], CARA, _wish(Words(text="Only here"), audience=Audience.TEACHERS))
    gone = await contribute(town[MAPLE], CARA, _wish(Words(text="Said too soon")))
    await retire(town[MAPLE], CARA, gone.id)

    asked = await town.ask(CEDAR, MAPLE, sections=PROFILE)
    await town.settle()

    (segment,) = await town[CEDAR].store.read(lambda tx: tx.segments.with_transfer(asked))
    assert [one["value"] for one in _said(segment)] == [HELPS.text]


async def test_what_is_added_after_a_release_is_in_the_next_one() -> None:
    town = await _town()
    await contribute(town[MAPLE], CARA, _wish(HELPS))
    await town.ask(CEDAR, MAPLE, sections=PROFILE)
    await town.settle()
    await contribute(town[MAPLE], CARA, _wish(Words(text="Swim a length"), form=Form.GOAL))

    asked = await town.ask(CEDAR, MAPLE, sections=PROFILE)
    await town.settle()

    (segment,) = await town[CEDAR].store.read(lambda tx: tx.segments.with_transfer(asked))
    assert set(segment.disclosures) == {"identity", "learnerProfile", "goals"}


async def test_a_profile_grows_from_school_to_school_and_each_word_keeps_its_signature() -> None:
    town = await _town(WILLOW)
    await contribute(town[MAPLE], CARA, _wish(HELPS))
    await town.ask(CEDAR, MAPLE, sections=PROFILE)
    await town.settle()
    await town[CEDAR].store.write(lambda tx: tx.backpacks.put([backpack()]))
    await contribute(town[CEDAR], CARA, _wish(Words(text="Chess"), form=Form.INTEREST, voice=Voice.LEARNER))

    asked = await town.ask(WILLOW, CEDAR, sections=PROFILE)
    await town.settle()

    segments = await town[WILLOW].store.read(lambda tx: tx.segments.with_transfer(asked))
    assert {(one.issuer, said["kind"]) for one in segments for said in _said(one)} == {
        (MAPLE, "learningPreference"),
        (CEDAR, "interest"),
    }


async def test_who_may_write_and_retire_is_the_policys_word() -> None:
    maple = (await _town())[MAPLE]
    for role in (StaffRole.REGISTRAR, StaffRole.IT_ADMIN, StaffRole.TEACHER):
        with pytest.raises(Forbidden):
            await contribute(maple, person("x", role), _wish(HELPS))
    written = await contribute(maple, CARA, _wish(HELPS))

    with pytest.raises(Forbidden):
        await retire(maple, BEN, written.id)
    with pytest.raises(Unmet):
        await retire(maple, PAT, written.id)
    retired = await retire(maple, PAT, written.id, why="The family asked")

    assert retired.retired_at == maple.now()


@pytest.mark.parametrize(
    ("form", "words", "voice", "says"),
    [
        (Form.HELPS, Words(text="  "), Voice.TEACHER, "empty"),
        (Form.HELPS, Words(text="x" * 401), Voice.TEACHER, "at most 400"),
        (Form.BARRIER, Words(text="Long texts"), Voice.TEACHER, "what helps against it"),
        (Form.HANDOVER, Words(text="Ask about swimming"), Voice.LEARNER, "said by"),
    ],
    ids=["empty", "long", "barrier", "voice"],
)
async def test_what_cannot_be_an_entry_is_told(form: Form, words: Words, voice: Voice, says: str) -> None:
    maple = (await _town())[MAPLE]

    with pytest.raises(Malformed, match=says):
        await contribute(maple, CARA, _wish(words, form=form, voice=voice))


async def _town(*more: EntityId) -> Town:
    town = Town(MAPLE, CEDAR, *more)
    await town[MAPLE].store.write(lambda tx: tx.backpacks.put([backpack()]))
    return town


def _said(segment: Segment) -> list[Any]:
    return [orjson.loads(b64url_decode(text))[1] for text in segment.disclosures["learnerProfile"]]


def _wish(
    words: Words,
    *,
    form: Form = Form.HELPS,
    voice: Voice = Voice.TEACHER,
    audience: Audience = Audience.TRAVELS,
) -> Wish:
    return Wish(student=STUDENT, form=form, words=words, voice=voice, audience=audience)
