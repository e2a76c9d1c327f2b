"""A request by letter, the inbox that its code opens, and what a registrar makes of what came back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.casework import Group, group_of
from gateway.domain.errors import (
    Conflict,
    Forbidden,
    Gone,
    Malformed,
    OverBudget,
    TooLarge,
    Unknown,
    Untrusted,
)
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import StaffRole
from gateway.domain.transfer import Role, State, Transfer
from gateway.domain.uploads import MAX_FILE_BYTES, FileKind, kind_of
from gateway.storage.store import SqlStore
from gateway.usecases import loop
from gateway.usecases.casework import other_districts
from gateway.usecases.inbox import SentFile, open_inbox, take_upload
from gateway.usecases.letters import (
    LetterWish,
    print_letter,
    renew_letter,
    request_by_letter,
    settle_letter,
)
from gateway.usecases.ports.letters import UploadState
from gateway.usecases.remind import remind
from gateway.usecases.returned import accept_upload, forget_uploads, open_upload, read_returned, reject_upload
from tests.harness.pair import ANA, backpack
from tests.harness.staff import clerk, person
from tests.unit.usecases.test_transfer_cycle import Pair

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IEND\xaeB`\x82"
CSV = b"course,grade\nMath 7,A\n"
ROSA = clerk("rosa")


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    stores = (await SqlStore.open(tmp_path / "maple.db"), await SqlStore.open(tmp_path / "cedar.db"))
    await stores[1].write(lambda tx: tx.backpacks.put([backpack()]))
    yield Pair(stores)
    for store in stores:
        await store.close()


async def written(pair: Pair) -> tuple[Transfer, str]:
    wish = LetterWish(subject=ANA, school_name="St. Brigid's Academy", address="1 Hill Road\nElm, KY")
    transfer = await request_by_letter(pair.cedar, ROSA, wish)
    return transfer, (await print_letter(pair.cedar, ROSA, transfer.id)).code


async def came(pair: Pair, *contents: bytes) -> tuple[Transfer, str]:
    transfer, code = await written(pair)
    files = [SentFile(f"scan{n}.pdf", content) for n, content in enumerate(contents or (PDF,))]
    await take_upload(pair.cedar, code, sender="Sr. Ann, St. Brigid's", files=files)
    return transfer, code


async def test_the_case_has_the_clock_of_any_other_and_nobody_is_called(pair: Pair) -> None:
    transfer, _ = await written(pair)
    asked = await pair.ask()
    mine, others = await pair.cedar.store.read(lambda tx: (tx.cases.get(transfer.id), tx.cases.get(asked.id)))
    assert mine.due_on == others.due_on

    pair.clock.forward(days=12)
    assert await remind(pair.cedar) == 2
    await loop.turn(pair.cedar)
    assert (await pair.cedar.store.read(lambda tx: tx.transfers.get(transfer.id))).state is State.REQUESTED
    other = (await other_districts(pair.cedar, [transfer.peer]))[transfer.peer]
    assert (other.name, other.verified) == ("St. Brigid's Academy", False)


async def test_what_comes_back_waits_for_a_registrar_and_closes_the_case(pair: Pair) -> None:
    transfer, code = await came(pair, PDF, CSV)
    found = await read_returned(pair.cedar, ROSA, transfer.id)
    assert found.transfer.state is State.RETURNED
    assert group_of(Role.REQUESTER, State.RETURNED) is Group.TO_DO
    first, second = found.files

    file, content = await open_upload(pair.cedar, ROSA, transfer.id, first.id)
    assert (content, file.kind) == (PDF, FileKind.PDF)
    await accept_upload(pair.cedar, ROSA, transfer.id, first.id, student=LocalStudentId("1001"))
    with pytest.raises(Conflict, match="decide about each"):
        await settle_letter(pair.cedar, ROSA, transfer.id, answered=True)
    await reject_upload(pair.cedar, ROSA, transfer.id, second.id, reason="another student's")

    closed = await settle_letter(pair.cedar, ROSA, transfer.id, answered=True)

    assert closed.state is State.CLOSED
    kept, gone = (await read_returned(pair.cedar, ROSA, transfer.id)).files
    assert (kept.state, kept.student, kept.decided_by) == (UploadState.ACCEPTED, "1001", "rosa")
    assert (gone.state, gone.reason) == (UploadState.REJECTED, "another student's")
    with pytest.raises(Gone):
        await open_upload(pair.cedar, ROSA, transfer.id, gone.id)
    with pytest.raises(Unknown):
        await open_inbox(pair.cedar, code)


async def test_more_may_come_after_a_part(pair: Pair) -> None:
    transfer, code = await came(pair)
    (file,) = (await read_returned(pair.cedar, ROSA, transfer.id)).files
    await accept_upload(pair.cedar, ROSA, transfer.id, file.id)

    waiting = await settle_letter(pair.cedar, ROSA, transfer.id, answered=False)
    assert waiting.state is State.REQUESTED
    await take_upload(pair.cedar, code, sender="Sr. Ann", files=[SentFile("more.png", PNG)])

    assert len((await read_returned(pair.cedar, ROSA, transfer.id)).files) == 2


async def test_an_unknown_an_expired_a_replaced_and_an_answered_code_get_the_same_answer(pair: Pair) -> None:
    transfer, code = await written(pair)
    await renew_letter(pair.cedar, ROSA, transfer.id)
    renewed = (await print_letter(pair.cedar, ROSA, transfer.id)).code
    assert renewed != code
    answers = [await answer_to(pair, "0" * 32), await answer_to(pair, code), await answer_to(pair, "")]
    pair.clock.forward(days=61)
    answers.append(await answer_to(pair, renewed))

    assert len(set(answers)) == 1


async def answer_to(pair: Pair, code: str) -> str:
    with pytest.raises(Unknown) as refused:
        await open_inbox(pair.cedar, code)
    return str(refused.value)


async def test_the_bearer_of_a_code_learns_nothing_of_the_student(pair: Pair) -> None:
    transfer, code = await came(pair)

    told = repr(await open_inbox(pair.cedar, code))

    for secret in (ANA.given_name, ANA.family_name, str(ANA.state_id), transfer.id, "scan0", "Brigid"):
        assert secret not in told
    assert transfer.id not in code


async def test_a_code_takes_so_many_files_and_no_more(pair: Pair) -> None:
    _, code = await written(pair)
    for _ in range(3):
        await take_upload(
            pair.cedar, code, sender="Sr. Ann", files=[SentFile(f"{n}.pdf", PDF) for n in range(4)]
        )

    with pytest.raises(OverBudget):
        await take_upload(pair.cedar, code, sender="Sr. Ann", files=[SentFile("13.pdf", PDF)])


async def test_files_lie_encrypted_and_cannot_change_places(pair: Pair) -> None:
    transfer, _ = await came(pair, PDF, PNG)
    ids = [one.id for one in (await read_returned(pair.cedar, ROSA, transfer.id)).files]
    stored = await pair.cedar.store.read(lambda tx: [tx.uploads.get(id_) for id_ in ids])
    assert all(one.content and b"%PDF" not in one.content for one in stored)

    one, other = stored
    await pair.cedar.store.write(lambda tx: tx.uploads.put(replace(one, content=other.content)))
    with pytest.raises(Untrusted):
        await open_upload(pair.cedar, ROSA, transfer.id, one.id)


async def test_contents_are_forgotten_in_time(pair: Pair) -> None:
    transfer, _ = await came(pair)
    (file,) = (await read_returned(pair.cedar, ROSA, transfer.id)).files
    assert await forget_uploads(pair.cedar) == 0

    pair.clock.forward(days=91)

    assert await forget_uploads(pair.cedar) == 1
    with pytest.raises(Gone):
        await open_upload(pair.cedar, ROSA, transfer.id, file.id)


async def test_who_may_not_handle_records_neither_writes_a_letter_nor_opens_what_came(pair: Pair) -> None:
    transfer, _ = await came(pair)
    auditor = person("ann", StaffRole.AUDITOR)

    with pytest.raises(Forbidden):
        await request_by_letter(pair.cedar, auditor, LetterWish(subject=ANA, school_name="Elm"))
    with pytest.raises(Forbidden):
        await read_returned(pair.cedar, auditor, transfer.id)


async def test_a_file_of_another_request_is_not_opened_by_its_id(pair: Pair) -> None:
    transfer, _ = await came(pair)
    (file,) = (await read_returned(pair.cedar, ROSA, transfer.id)).files
    other, _ = await written(pair)

    with pytest.raises(Unknown):
        await open_upload(pair.cedar, ROSA, other.id, file.id)


async def test_what_a_file_is_called_is_shown_without_its_path(pair: Pair) -> None:
    transfer, code = await written(pair)
    names = ("../../etc/passwd", "C:\\Users\\ann\\card.pdf", "\u202egnp.exe\n", "")
    files = [SentFile(name, PDF) for name in names]

    await take_upload(pair.cedar, code, sender="Sr. Ann", files=files)

    shown = {one.name for one in (await read_returned(pair.cedar, ROSA, transfer.id)).files}
    assert shown == {"passwd", "card.pdf", "gnp.exe", "file.pdf"}


async def test_nothing_of_a_batch_is_kept_if_one_file_is_refused(pair: Pair) -> None:
    transfer, code = await written(pair)

    with pytest.raises(Malformed):
        await take_upload(
            pair.cedar,
            code,
            sender="Sr. Ann",
            files=[SentFile("a.pdf", PDF), SentFile("b.zip", b"PK\x03\x04")],
        )

    assert (await read_returned(pair.cedar, ROSA, transfer.id)).files == []
    assert (await pair.cedar.store.read(lambda tx: tx.transfers.get(transfer.id))).state is State.REQUESTED


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, FileKind.PDF),
        (PNG, FileKind.PNG),
        (b"\xff\xd8\xff\xe0" + bytes(30) + b"\xff\xd9", FileKind.JPEG),
        (b"II*\x00" + bytes(30), FileKind.TIFF),
        (CSV, FileKind.CSV),
        (b"\xef\xbb\xbfname;grade\nA;1\n", FileKind.CSV),
        (b"<?xml version='1.0'?><College:Transcript xmlns:College='urn:x'/>", FileKind.XML),
    ],
)
def test_what_is_taken_is_told_by_its_bytes(content: bytes, kind: FileKind) -> None:
    assert kind_of(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"PK\x03\x04" + bytes(30),
        PDF + b"PK\x05\x06" + bytes(18),
        PNG + b"<script>alert(1)</script>" + bytes(90),
        b"\x89PNG\r\n\x1a\n%PDF-1.4" + bytes(40) + b"IEND\xaeB`\x82",
        b"%PDF-1.7 <html><script>1</script> %%EOF",
        b"%PDF-1.7 that breaks off",
        b"<!doctype html><p>hi, there",
        b"<svg onload=alert(1)>,</svg>",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"MZ" + bytes(60),
        b"\x7fELF" + bytes(60),
        b"\x1f\x8b" + bytes(60),
        b"a,b\x00c\n",
    ],
)
def test_what_is_another_thing_or_two_at_once_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        kind_of(content)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge):
        kind_of(PDF + bytes(MAX_FILE_BYTES))
