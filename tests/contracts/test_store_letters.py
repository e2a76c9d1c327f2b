"""Letters and what comes back: the real store and the one in memory do the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.errors import Unknown
from gateway.domain.ids import LocalStudentId, TransferId, digest
from gateway.domain.uploads import FileKind
from gateway.usecases.ports import Store, Tx
from gateway.usecases.ports.letters import Letter, Upload, UploadState
from tests.harness.store_rows import transfer

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ID = TransferId("T-1")
LETTER = Letter(
    transfer=ID,
    school="St. Brigid's",
    address="1 Hill Road\nElm",
    reference="AB12-CD34",
    round=1,
    code_digest=digest(b"code 1"),
    made_at=NOW,
    expires_at=NOW + timedelta(days=60),
)
FILE = Upload(
    id="U-1",
    transfer=ID,
    at=NOW,
    sender="Sr. Ann",
    name="card.pdf",
    kind=FileKind.PDF,
    size=7,
    digest=digest(b"content"),
    active=False,
    content=b"locked",
)


async def test_a_letter_is_found_by_the_code_in_force_only(store: Store) -> None:
    renewed = replace(LETTER, round=2, code_digest=digest(b"code 2"), open=False)

    def write(tx: Tx) -> None:
        tx.transfers.add(transfer(ID))
        tx.letters.put(LETTER)
        tx.letters.put(renewed)

    await store.write(write)

    assert await store.read(lambda tx: tx.letters.get(ID)) == renewed
    assert await store.read(lambda tx: tx.letters.by_code(digest(b"code 2"))) == renewed
    assert await store.read(lambda tx: tx.letters.by_code(LETTER.code_digest)) is None
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.letters.get(TransferId("T-2")))


async def test_files_are_listed_without_contents_and_forgotten_by_their_age(store: Store) -> None:
    second = replace(FILE, id="U-2", at=NOW + timedelta(days=2), size=5)
    decided = replace(
        FILE, state=UploadState.ACCEPTED, decided_by="Rosa", decided_at=NOW, student=LocalStudentId("1001")
    )

    def write(tx: Tx) -> None:
        tx.transfers.add(transfer(ID))
        tx.uploads.put(second)
        tx.uploads.put(FILE)

    await store.write(write)
    assert await store.read(lambda tx: tx.uploads.held_bytes()) == 12
    await store.write(lambda tx: tx.uploads.put(decided))

    assert await store.read(lambda tx: tx.uploads.held_bytes()) == 5
    assert await store.read(lambda tx: tx.uploads.get("U-1")) == decided
    listed = await store.read(lambda tx: tx.uploads.of(ID))
    assert list(listed) == [replace(decided, content=None), replace(second, content=None)]
    assert await store.write(lambda tx: tx.uploads.forget(NOW + timedelta(days=1))) == 1
    assert (await store.read(lambda tx: tx.uploads.get("U-1"))).content is None
    assert (await store.read(lambda tx: tx.uploads.get("U-2"))).content == b"locked"
    with pytest.raises(Unknown):
        await store.read(lambda tx: tx.uploads.get("U-3"))
