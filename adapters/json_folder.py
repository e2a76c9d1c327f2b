"""Puts received backpacks into a folder, for whatever imports them into the local system."""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import orjson

from gateway.adapter_api import ImportRecord, Malformed, Misconfigured, SinkConfig

_TRANSFER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_VERSION: Final = "version"
_RECALLED: Final = "recalled.txt"
_REVIEWED: Final = "reviewed.json"
_UNDONE: Final = "undone.json"


class JsonFolder(SinkConfig):
    """`[import.options]` when `sink = "json_folder"`."""

    folder: Path
    """Gets one folder for each transfer; it must exist."""


class JsonFolderSink:
    """Writes `<transfer>/backpack.json`, `record.jws` and `summary.txt`, readable by the owner only.

    What a person decided stands beside them in `reviewed.json`; when that is undone, `undone.json` is there
    instead.
    A transfer's folder appears whole or not at all. Nothing in a path comes from the record's content.
    """

    Config: ClassVar[type[SinkConfig]] = JsonFolder
    takes_rows: ClassVar[bool] = False

    def __init__(self, config: JsonFolder) -> None:
        self._folder = config.folder

    async def check(self) -> None:
        """Return if the folder can be written to, or raise `Misconfigured`."""
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK | os.X_OK):
            raise Misconfigured("the import folder does not exist or cannot be written to")

    async def write(self, record: ImportRecord) -> list[str]:
        """Write the record and return the paths of its files.

        The same version again changes nothing but what was reviewed; a newer one takes the place of the
        older, which is gone.

        Raises:
            Malformed: the transfer id is none.
            Misconfigured: the folder cannot be written to.
        """
        return await asyncio.to_thread(self._write, record)

    async def undo(self, transfer: str, undone: Mapping[str, Any]) -> None:
        """Put `undone.json` in the place of `reviewed.json`; nothing happens where nothing was."""
        folder = self._of(transfer)
        if folder.is_dir():
            await asyncio.to_thread(_exchange, folder, _REVIEWED, _UNDONE, undone)

    async def recall(self, transfer: str, reason: str) -> None:
        """Put a note beside what was written for the transfer; nothing happens where nothing was."""
        folder = self._of(transfer)
        if folder.is_dir():
            await asyncio.to_thread(_replace, folder / _RECALLED, f"Recalled by its sender: {reason}\n")

    def _write(self, record: ImportRecord) -> list[str]:
        target = self._of(record.transfer_id)
        present = _version(target)
        try:
            if present < record.version:
                self._put(record, target)
            elif present == record.version and record.reviewed is not None:
                self._review(target, record, record.reviewed)
        except OSError as error:
            raise Misconfigured(f"the import folder cannot be written to: {error.strerror}") from error
        names = ["backpack.json", "record.jws", "summary.txt"]
        return [str(target / name) for name in names + ([_REVIEWED] if record.reviewed is not None else [])]

    def _put(self, record: ImportRecord, target: Path) -> None:
        """Write a new folder beside the old one, then swap them."""
        _clear(self._folder)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        try:
            for name, content in self._files(record).items():
                create(new / name, content)
            sync(new)
            swap(new, target)
            sync(self._folder)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    def _files(self, record: ImportRecord) -> dict[str, bytes]:
        """Return what is in a transfer's folder, by place."""
        return _files(record)

    def _review(self, target: Path, _: ImportRecord, reviewed: Mapping[str, Any]) -> None:
        """Put what was reviewed anew beside the record."""
        _exchange(target, _UNDONE, _REVIEWED, reviewed)

    def _of(self, transfer: str) -> Path:
        if _TRANSFER.fullmatch(transfer) is None:
            raise Malformed("the transfer id is not one")
        return self._folder / transfer


LEFT_AFTER_SECONDS: Final = 3600
"""No write takes so long; what is older has no writer any more."""
_READABLE: Final = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def _json(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps(document, option=_READABLE)


def _files(record: ImportRecord) -> dict[str, bytes]:
    document = _json(record.document)
    reviewed = {} if record.reviewed is None else {_REVIEWED: _json(record.reviewed)}
    return {
        **reviewed,
        "backpack.json": document,
        "record.jws": record.archive,
        "summary.txt": _summary(record).encode(),
        _VERSION: f"{record.version}\n".encode(),
    }


def _summary(record: ImportRecord) -> str:
    """Say in plain words what came from whom."""
    lines = [
        f"Backpack received from {record.issuer}",
        f"Transfer {record.transfer_id}, version {record.version}",
        f"Learner {record.learner_id}",
        "",
        *record.summary,
    ]
    return "".join(f"{_plain(line)}\n" for line in lines)


def _plain(line: str) -> str:
    """Return the line without what a terminal would obey or hide."""
    return "".join(mark if mark.isprintable() else " " for mark in line)


def _version(target: Path) -> int:
    """Return the version that is there, 0 where there is none."""
    try:
        return int((target / _VERSION).read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return 0


def _clear(folder: Path) -> None:
    """Delete what a process left that was stopped while it wrote."""
    for left in (*folder.glob(".new-*"), *folder.glob(".old-*")):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_AFTER_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def swap(new: Path, target: Path) -> None:
    """Put the new folder in the place of the old one, which stays where that fails."""
    old = new.with_name(new.name.replace(".new-", ".old-"))
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def create(path: Path, content: bytes) -> None:
    """Write a new file, with its folder, that only its owner reads, and let it reach the disk."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _exchange(folder: Path, old: str, new: str, document: Mapping[str, Any]) -> None:
    """Write one file and take the other away."""
    _replace(folder / new, _json(document).decode())
    (folder / old).unlink(missing_ok=True)
    sync(folder)


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    create(new, text.encode())
    new.replace(path)


def sync(folder: Path) -> None:
    """Let what was made and renamed in the folder reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
