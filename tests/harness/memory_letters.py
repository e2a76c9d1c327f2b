"""Letters and what comes back, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.errors import Unknown
from gateway.domain.ids import Digest, TransferId
from gateway.usecases.ports.letters import Letter, Upload, UploadState


@dataclass
class MemoryLetters:
    rows: dict[TransferId, Letter] = field(default_factory=dict)

    def put(self, letter: Letter) -> None:
        self.rows[letter.transfer] = letter

    def get(self, transfer: TransferId) -> Letter:
        if transfer not in self.rows:
            raise Unknown("there is no such letter")
        return self.rows[transfer]

    def by_code(self, code_digest: Digest) -> Letter | None:
        return next((one for one in self.rows.values() if one.code_digest == code_digest), None)


@dataclass
class MemoryUploads:
    rows: dict[str, Upload] = field(default_factory=dict)

    def put(self, upload: Upload) -> None:
        self.rows[upload.id] = upload

    def get(self, id_: str) -> Upload:
        if id_ not in self.rows:
            raise Unknown("there is no such file")
        return self.rows[id_]

    def of(self, transfer: TransferId) -> Sequence[Upload]:
        found = [replace(one, content=None) for one in self.rows.values() if one.transfer == transfer]
        return sorted(found, key=lambda one: (one.at, one.id))

    def held_bytes(self) -> int:
        waiting = (one for one in self.rows.values() if one.state is UploadState.WAITING)
        return sum(one.size for one in waiting if one.content is not None)

    def forget(self, before: datetime) -> int:
        old = [one for one in self.rows.values() if one.at < before and one.content is not None]
        for one in old:
            self.rows[one.id] = replace(one, content=None)
        return len(old)
