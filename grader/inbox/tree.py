"""The files of a download, folder or archive: names, times, bytes on request.

Names and paths were chosen by students. `clean` makes one fit to be shown or used as an id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from grader.errors import UserError
from grader.text import one_line

MAX_ENTRIES = 100_000
MAX_OF_ONE = 5_000
"""At most this many files of one student, so that one large folder cannot stop the class."""
MAX_DEPTH = 20
MAX_NOTES = 200
MAX_PACKS = 8
MAX_SMALL = 256 * 1024
"""For what an LMS writes beside a submission: a time stamp, a receipt, a commit."""

IGNORED = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"})
HIDDEN = re.compile(
    r"\.(?:_.*|DS_Store|git.*|hg.*|svn|vscode.*|idea|venv|env|cache|.*[_-]cache|ipynb_checkpoints|"
    r"virtual_documents|jupyter.*|ipython|local|config|settings|project|pydevproject|classpath|"
    r"Trash.*|Spotlight.*|fseventsd|TemporaryItems|Apple.*|localized|directory|sync.*|dropbox.*|nfs.*|"
    r"hypothesis|python.*|editorconfig|pre-commit.*|flake8|pylintrc|pytest.*|mypy.*|coverage.*|tox|"
    r"nox|eggs|R.*|bash.*|zsh.*|profile|viminfo|vim|emacs.*|ssh|gnupg|npm.*|conda.*|docker.*|"
    r"devcontainer|replit|~.*|.*\.sw[a-p]|.*\.part)",
    re.IGNORECASE,
)
"""What computers and editors leave behind: left out without a note."""
ARCHIVE = re.compile(r".+\.(?:zip|tar|t?gz|tbz2?|bz2|t?xz|7z|rar|zst)", re.IGNORECASE)
PACKED = "is an archive inside the submission, which is not opened"


class InboxError(UserError):
    """A source cannot be graded at all; the message is one line."""


class Unreadable(Exception):
    """A file cannot be read, for a reason that the student caused."""


class Withheld(Exception):
    """A file is not read because of the download or our limits, not of the student."""


class Entry(Struct, frozen=True):
    """One file: its path from the root, ``/`` between names, and when it was last changed."""

    path: str
    when: float = 0.0
    refused: str = ""
    """Why it must not be opened, if so: the student's doing."""
    withheld: str = ""
    """Why we cannot tell what is there, if so: a folder not listed, or not all of it; ends in ``/``."""

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Return the path without its last part."""
        return self.path.rpartition("/")[0]


class Tree(Struct, frozen=True):
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
        """Return the text of a small file, or nothing."""
        try:
            return self.read(path, MAX_SMALL).decode("utf-8", "replace")
        except (Unreadable, Withheld):
            return ""


class File(Struct, frozen=True):
    """A file that a student handed in, under the name that the student gave it."""

    entry: Entry
    name: str
    order: tuple[float, ...] = ()
    """What is later sorts after."""
    meant: bool = False
    """Whether the layout says that this is the work, whatever its name."""
    attempt: str = ""
    """Its time, sortable; files of one attempt belong together, and the last with work counts."""


class Handin(Struct, frozen=True):
    """All that one student handed in, and what the LMS says about it."""

    student: str
    files: tuple[File, ...]
    note: str = ""
    name: str = ""
    email: str = ""
    sid: str = ""
    group: str = ""
    submitted_at: str = ""
    marked_late: bool = False
    """Whether the LMS marks it as late, where it gives no time."""
    missing: str = ""
    """Why nothing of it can be graded though there is something: an error, never a zero."""
    earlier: tuple[Handin, ...] = ()
    """What else the student handed in, the oldest first: of use where the best counts."""


def is_zip(entry: Entry) -> bool:
    """Return whether a file is a zip, which may be opened if it is somebody's work."""
    return entry.refused == PACKED and entry.name.lower().endswith(".zip")


def ignored(path: str) -> bool:
    """Return whether the path lies where no student writes: hidden, caches, installed packages."""
    return any(part in IGNORED or part.startswith(".") for part in path.split("/"))


def left_out(paths: Iterable[str]) -> list[str]:
    """Return a note for each hidden file or folder that may be a student's."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")
        at = next((n for n, part in enumerate(parts) if part in IGNORED or part[:1] == "."), None)
        if at is None or parts[at] in IGNORED or HIDDEN.fullmatch(parts[at]):
            continue
        if at + 1 < len(parts) or parts[at].lower().endswith((".py", ".ipynb", ".zip")):
            found["/".join(parts[: at + 1])] = None
    return [f"{one_line(path)} is left out: its name begins with a dot" for path in found]


def times_unread(who: str, stamp: str) -> str:
    """Return the note on a time that cannot be read."""
    return f"{one_line(who)}: the time '{one_line(stamp, 60)}' cannot be read: taken as unknown"


UNIMPORTANT = ("neither .py nor .ipynb", "names no submitter")


def capped(found: list[str]) -> tuple[str, ...]:
    """Return the first notes, those that need a look before others, and how many more there were."""
    notes = sorted(found, key=lambda note: note.endswith(UNIMPORTANT))
    more = len(notes) - MAX_NOTES
    return (*notes[:MAX_NOTES], f"and {more:,} more notes") if more > 0 else tuple(notes)


def tops(tree: Tree) -> dict[str, list[Entry]]:
    """Return the entries by the first part of their path; empty folders are there too."""
    found: dict[str, list[Entry]] = {
        folder: [] for folder in sorted(tree.folders) if "/" not in folder
    }
    for entry in tree.entries:
        found.setdefault(entry.path.partition("/")[0], []).append(entry)
    return found


def below(tree: Tree, root: str) -> Tree:
    """Return the part of the tree under one of its folders; paths are then from there."""
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
    """Return the folder that all else stands in, or nothing."""
    found = tops(tree)
    return next(iter(found)) if len(found) == 1 and not tree.folders.isdisjoint(found) else ""
