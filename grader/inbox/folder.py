"""Read a folder as a `Tree`: links are not followed; pipes, sockets and devices never opened.

Each component of a path is opened relative to the previous one with ``O_NOFOLLOW``, so that a name
that becomes a link after it was listed cannot lead elsewhere.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from msgspec import Struct, field

from grader.inbox.tree import (
    ARCHIVE,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_OF_ONE,
    MAX_PACKS,
    PACKED,
    Entry,
    InboxError,
    Tree,
    Unreadable,
    Withheld,
    ignored,
    is_zip,
    left_out,
)
from grader.text import one_line

SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
BECAME_A_LINK = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
"""Errors of opening a link or pipe where a file was listed; other errors are not the student's."""
CHUNK = 1024 * 1024
MAX_HIDDEN = 20
"""Number of hidden entries of one folder that are examined, to report possible work."""
SUBMITTED = "submitted"
"""nbgrader's folder with all students."""


class _Full(Exception):
    """There are more files than the limit."""


class _Found(Struct):
    entries: list[Entry] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    repositories: set[str] = field(default_factory=set)
    packs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    most: int = field(default_factory=lambda: MAX_ENTRIES)
    """Limit on the number of files and folders at the current point of the walk."""

    def count(self) -> int:
        return len(self.entries) + len(self.folders)


def from_folder(source: Path) -> Tree:
    """Return the tree of a folder; raise `InboxError` if it is too large or unreadable."""
    found = _Found()
    try:
        _list(source, "", found, of_one=False)
    except _Full:
        raise InboxError(
            f"{one_line(str(source))}: over {MAX_ENTRIES:,} files and folders"
        ) from None
    except OSError as error:
        reason = one_line(error.strerror or "")
        raise InboxError(f"{one_line(str(source))}: cannot be listed: {reason}") from None
    found.notes += [
        f"{one_line(e.path)} {e.refused}" for e in found.entries if e.refused and not is_zip(e)
    ]
    return Tree(
        name=source.resolve().name,
        entries=tuple(sorted(found.entries, key=lambda entry: entry.path)),
        folders=frozenset(found.folders),
        repositories=frozenset(found.repositories),
        packs=tuple(sorted(found.packs)),
        read=lambda path, limit: read(source, path, limit),
        notes=tuple(found.notes),
    )


def from_file(source: Path) -> Tree:
    """Return the tree of a single file."""
    entry = Entry(source.name, source.stat().st_mtime)
    return Tree(
        name=source.stem,
        entries=(entry,),
        folders=frozenset(),
        repositories=frozenset(),
        packs=(),
        read=lambda path, limit: read(source.parent, path, limit),
    )


def from_bytes(name: str, data: bytes) -> Tree:
    """Return the tree of a single file that exists only in memory."""

    def read_it(path: str, limit: int) -> bytes:
        return _within(data, limit)

    return Tree(PurePosixPath(name).stem, (Entry(name),), frozenset(), frozenset(), (), read_it)


def _list(root: Path, folder: str, found: _Found, of_one: bool) -> None:
    """List files before folders, so that a limit cuts off the deepest files.

    ``of_one`` is true within the folder of one student.
    """
    hidden: list[str] = []
    with os.scandir(root / folder) as scan:
        seen = (item for item in scan if item.name == ".git" or not _is_hidden(item, hidden))
        items = sorted(islice(seen, MAX_ENTRIES + 2), key=_files_first)
    found.notes += left_out(f"{folder}/{name}" if folder else name for name in sorted(hidden))
    is_lone = sum(not ignored(item.name) for item in items) == 1
    for item in items:
        path = f"{folder}/{item.name}" if folder else item.name
        # A folder that is alone in its parent may contain the whole class.
        begins = not (of_one or is_lone or item.name == SUBMITTED)
        _take(root, path, item, found, of_one, begins)


def _is_hidden(item: os.DirEntry[str], hidden: list[str]) -> bool:
    """Return whether an entry is hidden; keep the first names, for a note."""
    if not ignored(item.name):
        return False
    if len(hidden) < MAX_HIDDEN:
        hidden.append(f"{item.name}/" if item.is_dir(follow_symlinks=False) else item.name)
    return True


def _files_first(item: os.DirEntry[str]) -> tuple[bool, str]:
    return item.is_dir(follow_symlinks=False), item.name


def _take(
    root: Path, path: str, item: os.DirEntry[str], found: _Found, of_one: bool, begins: bool
) -> None:
    if item.name == ".git" and item.is_dir(follow_symlinks=False):
        found.repositories.add(path.rpartition("/")[0])
        found.packs += _packs(root, f"{path}/objects/pack")
    if ignored(item.name):
        return
    if found.count() >= found.most:
        raise _Full
    if not item.is_dir(follow_symlinks=False):
        status = item.stat(follow_symlinks=False)
        found.entries.append(Entry(path, status.st_mtime, _refusal(item.name, status.st_mode)))
    elif path.count("/") >= MAX_DEPTH:
        found.notes.append(f"{one_line(path)} is nested over {MAX_DEPTH} folders deep")
    else:
        found.folders.add(path)
        try:
            _hand_in(root, path, found) if begins else _list(root, path, found, of_one)
        except OSError as error:
            _withhold(path, f"cannot be listed: {(error.strerror or '').lower()}", found)


def _hand_in(root: Path, folder: str, found: _Found) -> None:
    """List one student's folder; a limit cuts off only the files of this student."""
    found.most = min(MAX_ENTRIES, found.count() + MAX_OF_ONE)
    try:
        _list(root, folder, found, of_one=True)
    except _Full:
        if found.most == MAX_ENTRIES:
            raise
        _withhold(folder, f"holds over {MAX_OF_ONE:,} files and folders: not all is read", found)
    finally:
        found.most = MAX_ENTRIES


def _withhold(folder: str, why: str, found: _Found) -> None:
    found.notes.append(f"{one_line(folder)} {why}")
    found.entries.append(Entry(f"{folder}/", withheld=why))


def _packs(root: Path, folder: str) -> list[str]:
    """Return the first few pack indexes of a repository; `read` does not follow links."""
    try:
        with os.scandir(root / folder) as scan:
            names = (item.name for item in scan if item.name.endswith(".idx"))
            return [f"{folder}/{name}" for name in islice(names, MAX_PACKS)]
    except OSError:
        return []


def _refusal(name: str, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "is a link, which is not followed"
    if not stat.S_ISREG(mode):
        return "is not a file, and not opened"
    return PACKED if ARCHIVE.fullmatch(name) else ""


def read(root: Path, path: str, limit: int) -> bytes:
    """Read at most ``limit`` bytes of a file under ``root``; raise `Unreadable`."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.split("/"):
            inner = os.open(part, SAFELY, dir_fd=handle)
            os.close(handle)
            handle = inner
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unreadable("is not a file, and not opened")
        return _bounded(handle, limit)
    except OSError as error:
        ours = Unreadable if error.errno in BECAME_A_LINK else Withheld
        raise ours(f"cannot be read here: {(error.strerror or '').lower()}") from None
    except ValueError:
        raise Unreadable("cannot be read: its name holds a null byte") from None
    finally:
        os.close(handle)


def _bounded(handle: int, limit: int) -> bytes:
    return _within(b"".join(_chunks(handle, limit + 1)), limit)


def _within(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Unreadable(f"is over {limit // 1024:,} KiB")
    return data


def _chunks(handle: int, limit: int) -> Iterator[bytes]:
    while limit > 0 and (chunk := os.read(handle, min(limit, CHUNK))):
        limit -= len(chunk)
        yield chunk
