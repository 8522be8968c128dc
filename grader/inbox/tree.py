"""The files of a download, folder or archive: names, times, and content on request.

Students chose the names and paths. `clean` makes one safe to show or to use as an id.
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
"""At most this many files per student, so that one large folder cannot stop the class."""
MAX_DEPTH = 20
MAX_NOTES = 200
MAX_PACKS = 8
MAX_SMALL = 256 * 1024
"""Bytes of a file that an LMS adds to a submission: a time stamp, a receipt, a commit."""

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
"""Files that computers and editors leave behind; they are skipped without a note."""
ARCHIVE = re.compile(r".+\.(?:zip|tar|t?gz|tbz2?|bz2|t?xz|7z|rar|zst)", re.IGNORECASE)
PACKED = "is an archive inside the submission, which is not opened"


class InboxError(UserError):
    """A source cannot be graded at all; the message is one line."""


class Unreadable(Exception):
    """A file cannot be read, and the student is the reason."""


class Withheld(Exception):
    """A file is not read because of the download or our limits: not the student's fault."""


class Entry(Struct, frozen=True):
    """One file: its path from the root, with ``/`` between names, and its time of change."""

    path: str
    when: float = 0.0
    refused: str = ""
    """The reason why it must not be opened, caused by the student; '' if it may be."""
    withheld: str = ""
    """Why its content is unknown, or ''; a folder that is not fully listed has a path that ends in ``/``."""

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Return the path without its last part."""
        return self.path.rpartition("/")[0]


class Tree(Struct, frozen=True):
    """The files of a source, sorted, and a function to read one.

    ``read(path, limit)`` returns at most ``limit`` bytes, or raises `Unreadable` or `Withheld`; it
    can also read files in ``.git``, which are not listed. ``folders`` are all folders except the
    root.
    """

    name: str
    entries: tuple[Entry, ...]
    folders: frozenset[str]
    repositories: frozenset[str]
    """The folders that contain a ``.git`` folder."""
    packs: tuple[str, ...]
    """The indexes of Git's packs in these folders."""
    read: Callable[[str, int], bytes]
    notes: tuple[str, ...] = ()
    packed: bool = False
    """Whether it comes from an archive, so that the name of an enclosing folder means nothing."""

    def small(self, path: str) -> str:
        """Return the text of a small file, or '' if it cannot be read."""
        try:
            return self.read(path, MAX_SMALL).decode("utf-8", "replace")
        except (Unreadable, Withheld):
            return ""


class File(Struct, frozen=True):
    """A file that a student submitted, with the name that the student gave it."""

    entry: Entry
    name: str
    order: tuple[float, ...] = ()
    """Later files sort after earlier ones by this key."""
    meant: bool = False
    """Whether the layout identifies this file as the work, whatever its name."""
    attempt: str = ""
    """A sortable time. Files of one attempt share it, and the last attempt with work counts."""


class Handin(Struct, frozen=True):
    """Everything that one student submitted, with what the LMS says about it."""

    student: str
    files: tuple[File, ...]
    note: str = ""
    name: str = ""
    email: str = ""
    sid: str = ""
    group: str = ""
    submitted_at: str = ""
    marked_late: bool = False
    """Whether the LMS marks it as late, if it gives no time."""
    missing: str = ""
    """Why nothing can be graded although something was submitted: an error, never a zero."""
    earlier: tuple[Handin, ...] = ()
    """The student's other submissions, oldest first; used if the best attempt counts."""


def is_zip(entry: Entry) -> bool:
    """Return whether a file is a zip, which may be opened if it is a student's work."""
    return entry.refused == PACKED and entry.name.lower().endswith(".zip")


def ignored(path: str) -> bool:
    """Return whether a path is one where no student writes: hidden, caches, installed packages."""
    return any(part in IGNORED or part.startswith(".") for part in path.split("/"))


def left_out(paths: Iterable[str]) -> list[str]:
    """Return a note for each hidden file or folder that may be a student's work."""
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
    """Return the first notes, important ones first, and the number of omitted ones."""
    notes = sorted(found, key=lambda note: note.endswith(UNIMPORTANT))
    more = len(notes) - MAX_NOTES
    return (*notes[:MAX_NOTES], f"and {more:,} more notes") if more > 0 else tuple(notes)


def tops(tree: Tree) -> dict[str, list[Entry]]:
    """Return the entries by the first component of their path, including empty folders."""
    found: dict[str, list[Entry]] = {
        folder: [] for folder in sorted(tree.folders) if "/" not in folder
    }
    for entry in tree.entries:
        found.setdefault(entry.path.partition("/")[0], []).append(entry)
    return found


def below(tree: Tree, root: str) -> Tree:
    """Return the part of the tree below one of its folders, with paths relative to it."""
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
    """Return the folder that contains everything else, or ''."""
    found = tops(tree)
    return next(iter(found)) if len(found) == 1 and not tree.folders.isdisjoint(found) else ""
