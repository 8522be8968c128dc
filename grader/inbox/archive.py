"""Read a zip as a `Tree`: nothing is extracted, members are read into memory by name.

An archive's own figures are not trusted: the entries are counted before they are listed, and the
bytes are counted while they are decompressed.
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct, field

from grader.inbox.tree import (
    ARCHIVE,
    MAX_DEPTH,
    MAX_ENTRIES,
    PACKED,
    Entry,
    InboxError,
    Tree,
    Unreadable,
    Withheld,
    ignored,
    left_out,
)
from grader.text import one_line

MIB = 1024 * 1024
UNPACK = "unpack the archive and grade the folder"
ADVICE: Final = f": {UNPACK}"
MAX_TOTAL = 4096 * MIB
MAX_DIRECTORY = 64 * MIB
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
MEMBER = struct.Struct("<4s24x3H12x")
ENCRYPTED = 0x1
WINDOWS = (0, 10)
"""Operating systems of a zip's members (FAT, NTFS) whose tools may write backslashes."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class _Reader(Struct):
    """Reads members up to ``total`` bytes; reading a member again does not count."""

    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]
    total: int
    advice: str
    """Advice for messages about a member that is not read."""
    given: int = 0
    """Bytes read so far."""
    seen: set[str] = field(default_factory=set)

    def read(self, path: str, limit: int) -> bytes:
        """Read at most ``limit`` bytes of a member.

        Raises:
            Unreadable: The student damaged or encrypted the member.
            Withheld: The reason is in the download or in our limits.
        """
        if path not in self.members:
            raise Unreadable("is not there")
        if refused := _special(self.members[path]):
            raise Unreadable(refused)
        if closed := _closed(self.members[path]):
            raise Withheld(f"{closed}{self.advice}")
        if path not in self.seen and self.total - self.given <= limit:
            full = f"is not read, the archive holds over {self.total // MIB:,} MiB"
            raise Withheld(f"{full}{self.advice}")
        data = _bytes(self.archive, self.members[path], limit)
        self.given += 0 if path in self.seen else len(data)
        self.seen.add(path)
        if len(data) > limit:
            raise Unreadable(f"is over {limit // 1024:,} KiB")
        return data


def from_zip(source: Path, total: int = MAX_TOTAL) -> Tree:
    """Return the tree of a zip, which stays open while the tree is in use.

    Args:
        source: The zip.
        total: Limit in bytes for everything read from it.

    Raises:
        InboxError: The file is not a zip, damaged, or too large.
    """
    return tree_of(source.open("rb"), one_line(str(source)), source.stem, total)


def tree_of(file: BinaryIO, shown: str, name: str, total: int, advice: str = ADVICE) -> Tree:
    """Return the tree of an open zip; it stays open while the tree is in use.

    Args:
        file: The zip.
        shown: Its name in messages.
        name: The name of the tree.
        total: Limit in bytes for everything read from it.
        advice: Advice to append to the reason why a member is not read.

    Raises:
        InboxError: The file is not a zip, damaged, or too large.
    """
    try:
        check_directory(file, shown)
        archive = zipfile.ZipFile(file)
    except InboxError:
        file.close()
        raise
    except DAMAGED:
        file.close()
        raise InboxError(f"{shown}: a damaged zip; download it again") from None
    members: dict[str, zipfile.ZipInfo] = {}
    notes = list(_admitted(archive.infolist(), members))
    entries = [_entry(path, info) for path, info in members.items() if not info.is_dir()]
    notes += (
        f"{one_line(path)} {why}" for path, info in members.items()
        if not info.is_dir() and not ignored(path) and (why := _trouble(path, info))
    )  # fmt: skip
    notes += left_out(f"{path}/" if info.is_dir() else path for path, info in members.items())
    return Tree(
        name=name,
        entries=tuple(sorted((e for e in entries if not ignored(e.path)), key=lambda e: e.path)),
        folders=frozenset(folder for folder in _folders(members) if not ignored(folder)),
        repositories=frozenset(
            f"/{path}".partition("/.git/")[0][1:] for path in members if "/.git/" in f"/{path}"
        ),
        packs=tuple(
            path for path in members if ".git/objects/pack/" in path and path[-4:] == ".idx"
        ),
        read=_Reader(archive, members, total, advice).read,
        notes=tuple(notes),
        packed=True,
    )


def check_directory(file: BinaryIO, source: str) -> None:
    """Raise if an archive's directory, located as `zipfile` does it, is too large."""
    size = file.seek(0, 2)
    tail_at = max(0, size - END.size - 65535)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if tail[-END.size :].startswith(b"PK\5\6") and tail.endswith(b"\0\0"):
        at = len(tail) - END.size
    if at < 0 or len(tail) - at < END.size:
        raise InboxError(f"{source}: not a zip, or not all of one; download it again, or {UNPACK}")
    length = END.unpack_from(tail, at)[5]
    at += tail_at
    file.seek(max(0, at - 20 - END64.size))
    wide = file.read(END64.size + 20)
    if wide[-20:].startswith(b"PK\6\7") and wide.startswith(b"PK\6\6"):
        length = END64.unpack_from(wide)[8]
        at -= 20 + END64.size
    if length > MAX_DIRECTORY or _count(file, at - length, length) > MAX_ENTRIES:
        raise InboxError(f"{source}: over {MAX_ENTRIES:,} members; {UNPACK}")


def _count(file: BinaryIO, start: int, length: int) -> int:
    """Return the number of members in the directory at ``start``."""
    file.seek(max(0, start))
    directory = file.read(length)
    count, at = 0, 0
    while at + MEMBER.size <= len(directory):
        at += MEMBER.size + sum(MEMBER.unpack_from(directory, at)[1:])
        count += 1
    return count


def _admitted(infos: list[zipfile.ZipInfo], members: dict[str, zipfile.ZipInfo]) -> Iterator[str]:
    """Fill ``members`` by path; yield a note for each member with an unusable path."""
    for info in infos:
        path = info.filename = _name(info)
        if reason := _misplaced(path, info):
            yield f"{one_line(path)} is refused: {reason}"
            continue
        path = path.rstrip("/")
        if path in members and not info.is_dir():
            yield f"{one_line(path)} occurs twice in the archive; the last one counts"
        members[path] = info


def _name(info: zipfile.ZipInfo) -> str:
    """Return the member's name, with unmarked UTF-8 and Windows separators repaired."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    is_windows = info.create_system in WINDOWS and "/" not in name
    return name.replace("\\", "/") if is_windows else name


def _misplaced(path: str, info: zipfile.ZipInfo) -> str:
    """Return the reason why a path cannot be inside the archive, or ''."""
    parts = path.rstrip("/").split("/")
    if "\0" in path or "\\" in path:
        return "its name holds a null byte or a backslash"
    if path.startswith("/") or path[1:2] == ":":
        return "its path is absolute"
    if ".." in parts or "." in parts or "" in parts:
        return "its path leads out of the archive"
    if len(parts) > MAX_DEPTH:
        return f"it is nested over {MAX_DEPTH} folders deep"
    if info.is_dir() and info.file_size:
        return "it is a folder with something in it"
    return ""


def _entry(path: str, info: zipfile.ZipInfo) -> Entry:
    try:
        when = datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        when = 0.0
    return Entry(path, when, _refusal(path, info))


def _trouble(path: str, info: zipfile.ZipInfo) -> str:
    """Return the note on a member that is not read, or ''. A zip may be opened later."""
    if path.lower().endswith(".zip"):
        return _special(info)
    closed = _closed(info)
    return _refusal(path, info) or (closed and f"{closed}{ADVICE}")


def _refusal(path: str, info: zipfile.ZipInfo) -> str:
    return _special(info) or (PACKED if ARCHIVE.fullmatch(path) else "")


def _special(info: zipfile.ZipInfo) -> str:
    """Return the reason why a member is not a regular file, or ''."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link, which is not followed"
    if kind not in (0, stat.S_IFREG):
        return "is not a file, and not opened"
    return ""


def _closed(info: zipfile.ZipInfo) -> str:
    """Return the reason why a member cannot be read, such as encryption, or ''."""
    if info.flag_bits & ENCRYPTED:
        return "is encrypted"
    return "" if info.compress_type in METHODS else "is compressed in a way not read"


def _folders(members: dict[str, zipfile.ZipInfo]) -> set[str]:
    folders = {path for path, info in members.items() if info.is_dir()}
    for path in members:
        while path := path.rpartition("/")[0]:
            if path in folders:
                break
            folders.add(path)
    return folders


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return at most ``limit`` bytes, plus one if there are more."""
    try:
        with archive.open(info) as member:
            return member.read(limit + 1)
    except DAMAGED:
        raise Withheld("is damaged in the archive: download it again") from None
