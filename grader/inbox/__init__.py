"""Read a download from an LMS as submissions: a folder, a zip or a single file.

    inbox = open_inbox(Path("download.zip"), expected="two_layer_network", stub=stub)
    for submission in inbox.submissions:      # each iteration reads the files again
        ...

Students wrote all of it, including file names. So nothing is extracted, followed or run, and
nothing is read beyond a limit. What is refused is reported by name, as a line in ``inbox.notes``
and as a reason in the submission, and the rest is read.
"""

from __future__ import annotations

import re
import stat
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from grader import timestamps as times
from grader.inbox.archive import from_zip
from grader.inbox.beside import NOTHING, SUFFIXES, Beside
from grader.inbox.choice import Picker
from grader.inbox.folder import from_file, from_folder
from grader.inbox.formats import (
    blackboard,
    brightspace,
    canvas,
    git,
    gradescope,
    moodle,
    nbgrader,
    plain,
    sakai,
    teams,
)
from grader.inbox.layout import FolderLayout, Question, arrange, defined, is_students, is_work
from grader.inbox.tree import (
    ARCHIVE,
    Entry,
    File,
    Handin,
    InboxError,
    Tree,
    below,
    capped,
    enclosing,
    tops,
)
from grader.inbox.untouched import matcher
from grader.model import Submission
from grader.notebook import MAX_IPYNB, Cell, NotebookError, read_source
from grader.people import resolve
from grader.text import one_line

__all__ = ["KINDS", "Inbox", "InboxError", "Submissions", "open_inbox"]

HEADERS: Mapping[str, Callable[[str], int]] = {
    "moodle": moodle.header,
    "blackboard": blackboard.header,
    "canvas": canvas.header,
    "brightspace": brightspace.header,
}


def named_by(name: str) -> str:
    """Return the system whose naming scheme a top-level file or folder follows, or ''.

    The LMS's part of a name precedes the student's, so the pattern that ends first decides: a
    student cannot make an export look like another LMS's.

    >>> named_by("ada_12_34_x_5_assignsubmission_file_y.py")
    'canvas'
    """
    ends = {kind: end for kind, header in HEADERS.items() if (end := header(name))}
    return min(ends, key=lambda kind: ends[kind], default="")


def _names_of(names: Iterable[str]) -> str:
    """Return the system whose naming scheme most names follow, or ''."""
    votes = [named_by(name) for name in names if name.lower() != "index.html"]
    return next((kind for kind in HEADERS if 2 * votes.count(kind) > len(votes)), "")


def _most_are(kind: str) -> Callable[[Tree], bool]:
    return lambda tree: _names_of(tops(tree)) == kind


class Reader(Struct, frozen=True):
    """The functions that recognise and read one system's download."""

    recognise: Callable[[Tree], bool]
    read: Callable[[Tree, str, list[str]], Iterable[Handin]]


READERS: Mapping[str, Reader] = {
    "gradescope": Reader(gradescope.recognise, gradescope.read),
    "moodle": Reader(_most_are("moodle"), moodle.read),
    "blackboard": Reader(_most_are("blackboard"), blackboard.read),
    "canvas": Reader(_most_are("canvas"), canvas.read),
    "brightspace": Reader(_most_are("brightspace"), brightspace.read),
    "sakai": Reader(sakai.recognise, sakai.read),
    "teams": Reader(teams.recognise, teams.read),
    "nbgrader": Reader(nbgrader.recognise, nbgrader.read),
    "git": Reader(git.recognise, git.read),
    "plain": Reader(plain.recognise, plain.read),
}
"""In the order in which they are tried. Only names from the LMS or the instructor decide."""

KINDS = tuple(READERS)
NO_CHOICE: Mapping[str, str] = MappingProxyType({})
MAX_ENCLOSING = 3
OF_A_SYSTEM = re.compile(
    r"assignment_\d+_export|submissions?|submitted(?: files)?|downloads?|bulk_download|"
    r".+-submissions",
    re.IGNORECASE,
)
"""Names of folders that an LMS or a computer puts around a download; no student has them."""
DOWNLOADS = frozenset(READERS) - {"nbgrader", "git", "plain"}
"""Kinds of downloads in which the system names every top-level file or folder."""


class Submissions(Struct, frozen=True):
    """The submissions, sorted by student; each iteration reads the files again."""

    handins: tuple[Handin, ...]
    """The hand-ins of all students; their files have not been read."""
    _picker: Picker
    _choose: Mapping[str, str]
    _every: bool = False
    """Whether to include all attempts of each student, and not only the last."""

    def __len__(self) -> int:
        return len(self.handins)

    def __iter__(self) -> Iterator[Submission]:
        for handin in self.handins:
            chosen = self._choose.get(handin.student, "")
            if self._every and not chosen:
                yield from self._picker.attempts(handin)
            else:
                yield self._picker.submission(handin, chosen)

    def read(self, file: File) -> bytes:
        """Return the content of one submitted file; raise `Unreadable` or `Withheld`."""
        return self._picker.tree.read(file.entry.path, MAX_IPYNB)

    @property
    def students(self) -> tuple[str, ...]:
        """Return the students who submitted, without reading their files."""
        return tuple(handin.student for handin in self.handins)


class Inbox(Struct, frozen=True):
    """A download: its kind, its submissions, and what was ignored or refused."""

    kind: str
    submissions: Submissions
    notes: tuple[str, ...]


def open_inbox(
    source: Path,
    *,
    expected: str,
    stub: bytes,
    kind: str | None = None,
    choose: Mapping[str, str] = NO_CHOICE,
    elsewhere: Collection[str] = (),
    every: bool = False,
    depth: int | None = None,
    beside: Beside = NOTHING,
) -> Inbox:
    """Open the submissions of an assignment.

    Args:
        source: A file, folder or zip.
        expected: The name of the student's file, without suffix.
        stub: The content of the released ``.py`` file.
        kind: One of `KINDS`; detected if None.
        choose: The file that counts, by student.
        elsewhere: Names of the course's other exercises, whose files are left out.
        every: Whether to read all attempts of a student, the latest last, or only the latest.
        depth: How many levels deep the students' folders are in a plain folder; 0: one student.
        beside: The files that belong to a submission besides its main file.

    Raises:
        InboxError: Nothing can be graded, or a person must decide whose work it is.
    """
    if kind is not None and kind not in KINDS:
        raise InboxError(
            f"{one_line(kind)}: unknown kind of export; choose one of: {', '.join(KINDS)}"
        )
    if depth is not None and kind not in (None, "plain"):
        raise InboxError(f"--depth is for plain folders, not for --inbox {kind}")
    tree = _open(source)
    untouched = matcher(stub)
    others = frozenset(elsewhere) - {expected}
    is_named = kind is not None
    if depth is None:
        kind, tree = _recognised(tree, expected, kind)
    kind = kind or "plain"
    notes = list(tree.notes)
    question = Question(tree, expected, untouched, defined(_cells_of(stub)), others)
    if kind == "plain":
        if tree.packed and not any(_may_be_work(e) for e in tree.entries):
            told = f"{one_line(str(source))}: no .py or .ipynb file in it; is it the right one?"
            raise InboxError(f"{told} ({notes[0]})" if notes else told)
        layout = arrange(question) if depth is None else FolderLayout(depth)
        kind, found = _plain(question, layout, notes)
    else:
        found = READERS[kind].read(tree, expected, notes)
    handins = _unique(found, notes, every)
    if not is_named:
        _refuse_strangers(kind, question, handins)
    if not handins:
        said = f" ({notes[0]})" if notes else ""
        raise InboxError(f"{one_line(str(source))}: no submissions found, taken as {kind}{said}")
    choose = {resolve(text, handins): file for text, file in choose.items()}
    picker = Picker(tree, expected, untouched, others, beside)
    for handin in handins:
        if handin.student in choose:
            picker.refuse(handin, choose[handin.student])
    return Inbox(kind, Submissions(handins, picker, dict(choose), every), capped(notes))


def _cells_of(stub: bytes) -> tuple[Cell, ...]:
    try:
        return read_source("stub.py", stub)
    except NotebookError:
        return ()


def _plain(
    question: Question, layout: FolderLayout, notes: list[str]
) -> tuple[str, Iterable[Handin]]:
    """Read plain folders; if most of the students' folders are Git clones, read them as clones."""
    tree, expected = question.tree, question.expected
    students = [f for f in tree.folders if f.count("/") == layout.depth - 1]
    clones = [folder for folder in students if folder in tree.repositories]
    if layout.depth < 2 or 2 * len(clones) <= len(students):
        return "plain", plain.read(tree, expected, notes, layout, question.elsewhere)
    notes += layout.notes
    places = sorted({folder.rpartition("/")[0] for folder in students})
    return "git", [
        replace(
            handin,
            group=one_line(place),
            files=tuple(
                replace(f, entry=replace(f.entry, path=f"{place}/{f.entry.path}"))
                for f in handin.files
            ),
        )
        for place in places
        for handin in git.read(below(tree, place), expected, notes)
    ]


def _open(source: Path) -> Tree:
    """Return the tree of a folder, a zip or a single file."""
    shown = one_line(str(source))
    try:
        mode = source.stat().st_mode
        if stat.S_ISDIR(mode):
            return from_folder(source)
        if not stat.S_ISREG(mode):
            raise InboxError(f"{shown}: neither a file nor a folder")
        if source.suffix.lower() in SUFFIXES:
            return from_file(source.resolve())
        return from_zip(source)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise InboxError(f"{shown}: {reason[0].lower()}{reason[1:]}") from None


def _recognised(tree: Tree, expected: str, kind: str | None) -> tuple[str, Tree]:
    """Return the kind of the download, and the part of the tree that has this kind.

    Files and names of an LMS are trusted at the top of the instructor's path, and inside folders
    that only an LMS or an archiver creates: any other folder may come from a student.
    """
    trees = [tree]
    while len(trees) <= MAX_ENCLOSING and (root := enclosing(trees[-1])):
        trees.append(below(trees[-1], root))
    is_trusted = True
    for outer, inner in zip([tree, *trees], trees, strict=False):
        is_trusted = is_trusted and (inner is tree or _only_wraps(outer, inner, tree))
        for name in [kind] if kind else KINDS:
            if name == "plain" or not READERS[name].recognise(inner):
                continue
            if kind or is_trusted or (name == "sakai" and tree.packed and inner is trees[1]):
                return name, inner
            raise InboxError(
                f"{one_line(tree.name)}: the folder {one_line(inner.name)} in it looks like a {name} "
                f"download; if it is one, name that folder or add --inbox {name}; if it is a "
                "student's, add --inbox plain"
            )
    if kind and kind != "plain":
        return kind, tree
    if not kind:
        _refuse_downloads(trees[-1], expected)
    if not tree.packed:
        return "plain", tree
    return "plain", next((t for t in trees if is_students(t, expected)), trees[-1])


def _refuse_downloads(tree: Tree, expected: str) -> None:
    """Raise `InboxError` if folders contain downloads, which would count as students."""
    inner: defaultdict[str, set[str]] = defaultdict(set)
    for entry in tree.entries:
        top, _, rest = entry.path.partition("/")
        if rest:
            inner[top].add(rest.partition("/")[0])
    kinds = {top: kind for top, names in inner.items() if (kind := _names_of(names))}
    if 2 * len(kinds) <= len(inner):
        return
    for top, kind in kinds.items():
        if len([*READERS[kind].read(below(tree, top), expected, [])]) > 1:
            others = f", like {len(kinds) - 1} more," if len(kinds) > 1 else ""
            unpacked = "unpack it, then " if tree.packed else ""
            raise InboxError(
                f"{one_line(tree.name)}: the folder {one_line(top)}{others} holds a {kind} download; "
                f"{unpacked}name those folders instead of {one_line(tree.name)}; if each is one "
                "student's, add --depth 1"
            )


def _refuse_strangers(kind: str, question: Question, handins: Iterable[Handin]) -> None:
    """Raise `InboxError` if there is work next to a download that belongs to no student."""
    if kind not in DOWNLOADS:
        return
    parts = {
        file.entry.path.partition("/")[0]
        for handin in handins for one in (handin, *handin.earlier) for file in one.files
    }  # fmt: skip
    beside = [e for e in question.tree.entries if e.path.partition("/")[0] not in parts]
    lost = [entry.path for entry in beside if is_work(question, entry)]
    if lost:
        others = f", like {len(lost) - 1} more," if len(lost) > 1 else ""
        raise InboxError(
            f"{one_line(question.tree.name)}: {one_line(lost[0])}{others} would not be graded: it is not "
            f"named as {kind} names files; move it elsewhere and name "
            f"both, or add --inbox {kind} to leave it out"
        )


def _only_wraps(outer: Tree, inner: Tree, source: Tree) -> bool:
    """Return whether a folder is only a wrapper that an LMS or an archiver added."""
    of_the_zip = outer is source and source.packed and _plainly(inner.name) == _plainly(source.name)
    return of_the_zip or OF_A_SYSTEM.fullmatch(inner.name) is not None


def _plainly(name: str) -> str:
    """Return a name without the suffix that a computer adds to a repeated download."""
    return re.sub(r" ?\(\d{1,3}\)$|[-_]\d$", "", name).casefold()


def _may_be_work(entry: Entry) -> bool:
    return entry.name.lower().endswith(SUFFIXES) or ARCHIVE.fullmatch(entry.name) is not None


def _unique(handins: Iterable[Handin], notes: list[str], every: bool = False) -> tuple[Handin, ...]:
    """Return one hand-in per student, the latest, sorted, with the earlier ones attached."""
    found: dict[str, Handin] = {}
    for handin in sorted(handins, key=lambda one: times.seconds(one.submitted_at)):
        before = found.get(handin.student)
        if before is not None:
            counts = "all are graded" if every else "the latest counts"
            notes.append(f"{handin.student} occurs twice in the export; {counts}")
            said = handin.note or ("" if every else "the latest of several submissions")
            earlier = (*before.earlier, replace(before, earlier=()), *handin.earlier)
            handin = replace(handin, note=said, earlier=earlier)
        found[handin.student] = handin
    return tuple(found[student] for student in sorted(found))
