"""A bundle of files, in a folder or a ZIP archive. Nothing is ever written to disk."""

import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol, cast

from adapters._lines import ByteStream
from gateway.adapter_api import Limits, Malformed, Misconfigured, TooLarge

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, ValueError, NotImplementedError)
"""What reading a broken archive or file raises."""

_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_SMALL = 1024 * 1024
_BUFFER = 256 * 1024


class Member(NamedTuple):
    """A file of the bundle: its path inside, its name without folders, its size in bytes."""

    path: str
    name: str
    size: int


class Bundle(Protocol):
    """Named byte streams."""

    def members(self) -> list[Member]:
        """Return the files, sorted by path."""

    def open(self, member: Member) -> ByteStream:
        """Open one for reading."""


def open_bundle(path: Path, limits: Limits) -> Bundle:
    """Return the bundle at the path after checking it as a whole.

    Raises:
        Misconfigured: nothing readable is there.
        Malformed: it cannot be a bundle, or was made to do harm.
        TooLarge: it holds more than the limits allow.
    """
    if path.is_dir():
        bundle: Bundle = _Folder(path, limits)
    elif path.is_file():
        bundle = _Archive(path, limits)
    else:
        raise Misconfigured("the path of the bundle is neither a folder nor a file")
    _check_whole(bundle.members(), limits)
    return bundle


def _check_whole(members: Iterable[Member], limits: Limits) -> None:
    found = list(members)
    if len(found) > limits.max_members:
        raise TooLarge(f"the bundle holds {len(found)} files; the limit is {limits.max_members}")
    if sum(member.size for member in found) > limits.max_bytes:
        raise TooLarge(f"the bundle holds more than {limits.max_bytes} bytes")
    names = Counter(member.name.casefold() for member in found if member.name.casefold().endswith(".csv"))
    if any(count > 1 for count in names.values()):
        raise Malformed("the bundle holds two files of the same name")


class _Folder:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    def members(self) -> list[Member]:
        try:
            found = sorted(entry for entry in self._path.iterdir() if not entry.name.startswith("."))
            return [self._member(entry) for entry in found if entry.is_symlink() or entry.is_file()]
        except OSError as error:
            raise Misconfigured(f"the folder cannot be read: {error.strerror}") from error

    def _member(self, entry: Path) -> Member:
        if entry.is_symlink():
            raise Malformed("the bundle holds a symbolic link")
        return Member(entry.name, entry.name, entry.stat().st_size)

    def open(self, member: Member) -> ByteStream:
        return (self._path / member.path).open("rb")


class _Archive:
    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(path)
        except PermissionError as error:
            raise Misconfigured("the archive cannot be read: no permission") from error
        except DAMAGED:
            raise Malformed("the file is no ZIP archive, or a damaged one") from None

    def members(self) -> list[Member]:
        infos = self._zip.infolist()
        if len(infos) > self._limits.max_members:
            raise TooLarge(f"the archive holds {len(infos)} files; the limit is {self._limits.max_members}")
        for info in infos:
            self._check(info)
        files = sorted((info for info in infos if not info.is_dir()), key=lambda info: info.filename)
        return [
            Member(info.filename, PurePosixPath(info.filename).name, info.file_size)
            for info in files
            if not _is_clutter(PurePosixPath(info.filename))
        ]

    def _check(self, info: zipfile.ZipInfo) -> None:
        path = PurePosixPath(info.orig_filename.replace("\\", "/"))
        if (
            path.is_absolute()
            or ".." in path.parts
            or any(":" in part for part in path.parts)
            or "\0" in info.orig_filename
        ):
            raise Malformed("a path in the archive leads out of it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Malformed("the archive holds a symbolic link")
        if info.flag_bits & _ENCRYPTED:
            raise Malformed("the archive is encrypted")
        if info.compress_type not in _READABLE:
            raise Malformed("the archive is compressed in a way that is not read here")
        if info.file_size > _SMALL and info.file_size > self._limits.max_ratio * max(info.compress_size, 1):
            raise TooLarge("a file in the archive expands far more than tables do")

    def open(self, member: Member) -> ByteStream:
        return io.BufferedReader(cast("io.RawIOBase", self._zip.open(member.path)), _BUFFER)


def _is_clutter(path: PurePosixPath) -> bool:
    """Tell what desktop systems add to archives by themselves."""
    return path.name.startswith(".") or "__MACOSX" in path.parts
