"""A bundle of files, in a folder or a ZIP archive. Nothing is ever written to disk."""

import io
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol, cast

from adapters._delimited_bytes import DAMAGED, ByteStream
from gateway.adapter_api import Limits, Malformed, Misconfigured, TooLarge

__all__ = ["DAMAGED", "Bundle", "ByteStream", "Member", "check_whole", "open_bundle"]

_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_SMALL = 1024 * 1024
_BUFFER = 256 * 1024
_DEEPEST = 16


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


def open_bundle(path: Path, limits: Limits, *, nested: bool = False) -> Bundle:
    """Return the bundle at the path after checking it as a whole.

    A nested one may have folders, with files of the same name in several of them. The path may be that of
    a single file, which then is the bundle's only one.

    Raises:
        Misconfigured: nothing readable is there.
        Malformed: it cannot be a bundle, or was made to do harm.
        TooLarge: it holds more than the limits allow.
    """
    if path.is_dir():
        bundle: Bundle = _Folder(path, limits, nested=nested)
    elif nested and path.is_file() and path.suffix.casefold() != ".zip":
        bundle = _SingleFile(path)
    elif path.is_file():
        bundle = _Archive(path, limits)
    else:
        raise Misconfigured("the path of the bundle is neither a folder nor a file")
    check_whole(bundle.members(), limits, nested=nested)
    return bundle


def check_whole(members: Iterable[Member], limits: Limits, *, nested: bool) -> None:
    """Return if the files together are within the limits and have names of their own.

    Raises:
        Malformed: two have the same name.
        TooLarge: they are too many, or too large.
    """
    found = list(members)
    if len(found) > limits.max_members:
        raise TooLarge(f"the bundle holds {len(found)} files; the limit is {limits.max_members}")
    if sum(member.size for member in found) > limits.max_bytes:
        raise TooLarge(f"the bundle holds more than {limits.max_bytes} bytes")
    same = [member.path.casefold() for member in found]
    if not nested:
        same = [member.name.casefold() for member in found if member.name.casefold().endswith(".csv")]
    if any(count > 1 for count in Counter(same).values()):
        raise Malformed("the bundle holds two files of the same name")


class _Folder:
    def __init__(self, path: Path, limits: Limits, *, nested: bool) -> None:
        self._path = path
        self._limits = limits
        self._nested = nested

    def members(self) -> list[Member]:
        found: list[Member] = []
        try:
            for member in self._below(self._path):
                found.append(member)
                if len(found) > self._limits.max_members:
                    raise TooLarge(f"the folder holds more than {self._limits.max_members} files")
        except OSError as error:
            raise Misconfigured(f"the folder cannot be read: {error.strerror}") from error
        return sorted(found)

    def _below(self, folder: Path, deep: int = 0) -> Iterator[Member]:
        if deep > _DEEPEST:
            raise Malformed(f"the folder has more than {_DEEPEST} folders in each other")
        for entry in folder.iterdir():
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                raise Malformed("the bundle holds a symbolic link")
            if entry.is_file():
                path = entry.relative_to(self._path).as_posix()
                yield Member(path, entry.name, entry.stat().st_size)
            elif self._nested and entry.is_dir():
                yield from self._below(entry, deep + 1)

    def open(self, member: Member) -> ByteStream:
        return (self._path / member.path).open("rb")


class _SingleFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def members(self) -> list[Member]:
        return [Member(self._path.name, self._path.name, self._path.stat().st_size)]

    def open(self, member: Member) -> ByteStream:  # noqa: ARG002 - there is one
        return self._path.open("rb")


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
