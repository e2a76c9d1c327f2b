"""The files of an XML export: a folder with folders in it, a ZIP archive, or a single file."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final

from adapters._bundles import Bundle, Member, open_bundle
from adapters._xml import XmlLimits
from adapters._xml_text import Readable
from gateway.adapter_api import Finding, Malformed, Misconfigured, Rule, TooLarge, finding

_FOLDERS_DEEP: Final = 8


class XmlFiles:
    """What is at a path. Opening it again sees what is there then."""

    def __init__(self, path: Path, limits: XmlLimits) -> None:
        """Look at the path.

        Raises:
            Misconfigured: nothing readable is there.
            Malformed: it was made to do harm.
            TooLarge: it holds more than the limits allow.
        """
        self._bundle = _bundle(path, limits)
        found = self._bundle.members()
        self.members: Sequence[Member] = [member for member in found if _is_xml(member)]
        """The XML files, by path."""
        self.stamp: object = (_changed(path, found), *found)
        """Equal for the same path as long as nothing in it has changed."""
        self.others: Sequence[Member] = [member for member in found if not _is_xml(member)]

    def open(self, member: Member) -> AbstractContextManager[Readable]:
        """Open one of them; closed at the end of the `with`."""
        return closing(self._bundle.open(member))

    def left_out(self) -> Iterator[Finding]:
        """Yield a finding for each file that is no XML by its name."""
        for member in self.others:
            yield finding(Rule.FILE_UNUSED, "the file is no XML and was not read", file=member.path)


def _changed(path: Path, members: Sequence[Member]) -> tuple[int, ...]:
    files = [path / member.path for member in members] if path.is_dir() else [path]
    return tuple(file.stat().st_mtime_ns for file in files)


def _is_xml(member: Member) -> bool:
    return member.name.casefold().endswith(".xml")


def _bundle(path: Path, limits: XmlLimits) -> Bundle:
    if path.is_dir() or (path.is_file() and path.suffix.casefold() == ".xml"):
        return _Folders(path, limits)
    return open_bundle(path, limits)


class _Folders:
    def __init__(self, path: Path, limits: XmlLimits) -> None:
        self._path = path
        self._limits = limits

    def members(self) -> list[Member]:
        if self._path.is_file():
            return self._checked([self._member(self._path, self._path.name)])
        try:
            return self._checked(sorted(self._walk(self._path, "", _FOLDERS_DEEP)))
        except OSError as error:
            raise Misconfigured(f"the folder cannot be read: {error.strerror}") from error

    def open(self, member: Member) -> Readable:
        return (self._path if self._path.is_file() else self._path / member.path).open("rb")

    def _walk(self, folder: Path, inside: str, deeper: int) -> Iterator[Member]:
        for entry in folder.iterdir():
            if entry.name.startswith("."):
                continue
            path = f"{inside}{entry.name}"
            if entry.is_symlink():
                raise Malformed("the folder holds a symbolic link")
            if entry.is_file():
                yield self._member(entry, path)
            elif entry.is_dir():
                yield from self._below(entry, f"{path}/", deeper - 1)

    def _below(self, folder: Path, inside: str, deeper: int) -> Iterator[Member]:
        if not deeper:
            raise Malformed(f"the folder holds folders more than {_FOLDERS_DEEP} deep")
        return self._walk(folder, inside, deeper)

    def _member(self, file: Path, path: str) -> Member:
        return Member(path, file.name, file.stat().st_size)

    def _checked(self, found: list[Member]) -> list[Member]:
        if len(found) > self._limits.max_members:
            raise TooLarge(f"the folder holds {len(found)} files; the limit is {self._limits.max_members}")
        if sum(member.size for member in found if _is_xml(member)) > self._limits.max_bytes:
            raise TooLarge(f"the folder holds more than {self._limits.max_bytes} bytes")
        return found
