"""What stands in an export, a folder or an archive alike: names, times, and bytes on request.

Names and paths were chosen by students. `clean` makes one fit to be shown or used as an id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from grader.errors import UserError

MAX_ENTRIES = 100_000
MAX_OF_ONE = 5_000
"""Files and folders of one student: so that nobody's ballast keeps a class from being graded."""
MAX_DEPTH = 20
MAX_NOTES = 200
MAX_PACKS = 8
MAX_SMALL = 256 * 1024
"""For what an LMS writes beside a submission: a time stamp, a receipt, a commit."""

IGNORED = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"})
ARCHIVE = re.compile(r".+\.(?:zip|tar|t?gz|tbz2?|bz2|t?xz|7z|rar|zst)", re.IGNORECASE)
PACKED = "is an archive inside the export, which is not opened"


class InboxError(UserError):
    """Why a source cannot be graded at all, in one line."""


class Unreadable(Exception):
    """Why one file cannot be read: the student's doing."""


class Withheld(Exception):
    """Why a file is not read though nothing may be wrong with it: the download's doing, or ours."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path from the root, ``/`` between names, and when it was last changed."""

    path: str
    when: float = 0.0
    refused: str = ""
    """Why it must not be opened, if so: the student's doing."""
    withheld: str = ""
    """Why we cannot tell what is there, if so: a folder not listed, or not all of it; ends in ``/``."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path without its last part."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a source, sorted, and how to read one.

    ``read(path, limit)`` gives at most ``limit`` bytes, or raises `Unreadable` or `Withheld`; it
    also reads files in ``.git``, which are not listed. ``folders`` are all of them but the root.
    """

    name: str
    entries: tuple[Entry, ...]
    folders: frozenset[str]
    repositories: frozenset[str]
    """The folders that hold a ``.git`` folder."""
    packs: tuple[str, ...]
    """The indexes of Git's packs in them."""
    read: Callable[[str, int], bytes]
    notes: tuple[str, ...] = ()
    packed: bool = False
    """Out of an archive: then an enclosing folder says nothing."""

    def small(self, path: str) -> str:
        """The text of a small file, or nothing."""
        try:
            return self.read(path, MAX_SMALL).decode("utf-8", "replace")
        except (Unreadable, Withheld):
            return ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that a student handed in, under the name that the student gave it."""

    entry: Entry
    name: str
    order: tuple[float, ...] = ()
    """What is later sorts after."""
    meant: bool = False
    """Whether the layout says that this is the work, whatever its name."""
    attempt: str = ""
    """Its time, sortable; files of one attempt belong together, and the last with work counts."""


@dataclass(frozen=True, slots=True)
class Handin:
    """All that one student handed in, and what the LMS says about it."""

    student: str
    files: tuple[File, ...]
    note: str = ""
    name: str = ""
    email: str = ""
    sid: str = ""
    group: str = ""
    submitted_at: str = ""
    missing: str = ""
    """Why nothing of it can be graded though the LMS's own records have it: never a zero."""
    earlier: tuple[Handin, ...] = ()
    """What else the student handed in, the oldest first: of use where the best counts."""


def ignored(path: str) -> bool:
    """Whether the path lies where no student writes: hidden, caches, installed packages."""
    return any(part in IGNORED or part.startswith(".") for part in path.split("/"))


def capped(notes: list[str]) -> tuple[str, ...]:
    """The first notes, and how many more there were."""
    more = len(notes) - MAX_NOTES
    return (*notes[:MAX_NOTES], f"and {more:,} more notes") if more > 0 else tuple(notes)


def tops(tree: Tree) -> dict[str, list[Entry]]:
    """The entries by the first part of their path; a folder without any stands there too."""
    found: dict[str, list[Entry]] = {
        folder: [] for folder in sorted(tree.folders) if "/" not in folder
    }
    for entry in tree.entries:
        found.setdefault(entry.path.partition("/")[0], []).append(entry)
    return found


def below(tree: Tree, root: str) -> Tree:
    """The part of the tree under one of its folders; paths are then from there."""
    cut = len(root) + 1

    def inside(paths: Iterable[str]) -> list[str]:
        return [path[cut:] for path in paths if f"{path}/".startswith(f"{root}/")]

    return replace(
        tree,
        name=root.rpartition("/")[2],
        entries=tuple(
            replace(entry, path=entry.path[cut:])
            for entry in tree.entries
            if entry.path.startswith(f"{root}/")
        ),
        folders=frozenset(inside(tree.folders)) - {""},
        repositories=frozenset(inside(tree.repositories)),
        packs=tuple(inside(tree.packs)),
        read=lambda path, limit: tree.read(f"{root}/{path}", limit),
    )


def enclosing(tree: Tree) -> str:
    """The folder that all else stands in, or nothing."""
    found = tops(tree)
    return next(iter(found)) if len(found) == 1 and not tree.folders.isdisjoint(found) else ""
