"""What an LMS hands the instructor, as submissions: a folder, a zip or a single file.

    inbox = open_inbox(Path("download.zip"), expected="two_layer_network", stub=stub)
    for submission in inbox.submissions:    # each file is read now, and again the next time
        ...

Students wrote all of it, names too. Nothing is extracted, followed or run, nothing is read
beyond a cap, and what is refused is refused by name while the rest goes on: one line in
``inbox.notes``, and a reason in the submission that it concerns.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from grader import timestamps as times
from grader.inbox.archive import from_zip
from grader.inbox.choice import SUFFIXES, Picker, likeness
from grader.inbox.folder import from_file, from_folder
from grader.inbox.formats import blackboard, canvas, git, gradescope, moodle, nbgrader, plain
from grader.inbox.tree import (
    ARCHIVE,
    Entry,
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
from grader.people import resolve
from grader.text import one_line

__all__ = ["KINDS", "Inbox", "InboxError", "Submissions", "open_inbox"]

HEADERS: Mapping[str, Callable[[str], int]] = {
    "moodle": moodle.header,
    "blackboard": blackboard.header,
    "canvas": canvas.header,
}


def named_by(name: str) -> str:
    """Whose naming a file or folder at the top follows, if any's.

    The LMS's part stands before the student's, so the one that ends first is meant: a student
    cannot make an export look like another LMS's.

    >>> named_by("ada_12_34_x_5_assignsubmission_file_y.py")
    'canvas'
    """
    ends = {kind: end for kind, header in HEADERS.items() if (end := header(name))}
    return min(ends, key=lambda kind: ends[kind], default="")


def _most_are(kind: str) -> Callable[[Tree], bool]:
    def recognise(tree: Tree) -> bool:
        votes = [named_by(name) for name in tops(tree)]
        return 2 * votes.count(kind) > len(votes)

    return recognise


RECOGNISERS: Mapping[str, Callable[[Tree], bool]] = {
    "gradescope": gradescope.recognise,
    "moodle": _most_are("moodle"),
    "blackboard": _most_are("blackboard"),
    "canvas": _most_are("canvas"),
    "nbgrader": nbgrader.recognise,
    "git": git.recognise,
    "plain": plain.recognise,
}
"""In the order in which they are asked. Only what the LMS or the instructor named decides."""

READERS: Mapping[str, Callable[[Tree, str, list[str]], Iterable[Handin]]] = {
    "gradescope": gradescope.read,
    "moodle": moodle.read,
    "blackboard": blackboard.read,
    "canvas": canvas.read,
    "nbgrader": nbgrader.read,
    "git": git.read,
    "plain": plain.read,
}

KINDS = tuple(RECOGNISERS)
NO_CHOICE: Mapping[str, str] = MappingProxyType({})
MAX_ENCLOSING = 3


@dataclass(frozen=True, slots=True)
class Submissions:
    """The submissions, sorted by student: each is read while iterating, and again each time."""

    handins: tuple[Handin, ...]
    """Who handed in what; nothing of it is read yet."""
    _picker: Picker
    _choose: Mapping[str, str]
    _every: bool = False
    """All attempts of each student, not the last alone."""

    def __len__(self) -> int:
        return len(self.handins)

    def __iter__(self) -> Iterator[Submission]:
        for handin in self.handins:
            chosen = self._choose.get(handin.student, "")
            if self._every and not chosen:
                yield from self._picker.attempts(handin)
            else:
                yield self._picker.submission(handin, chosen)

    @property
    def students(self) -> tuple[str, ...]:
        """Who handed in; nothing is read for this."""
        return tuple(handin.student for handin in self.handins)


@dataclass(frozen=True, slots=True)
class Inbox:
    """An export: which kind it was taken for, what is in it, and what was ignored or refused."""

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
) -> Inbox:
    """The submissions of an assignment whose file is called ``expected`` (no suffix).

    ``stub`` is the released ``.py``, ``kind`` one of `KINDS` (else it is recognised), ``choose``
    settles by student which file counts; files named as one of ``elsewhere``, the course's other
    exercises, are left to those. With ``every`` a student's attempts are all there, one after the
    other, the latest last. Raises `InboxError` if nothing can be graded.
    """
    if kind is not None and kind not in KINDS:
        raise InboxError(f"{one_line(kind)}: not a kind of export; there are {', '.join(KINDS)}")
    tree = _open(source)
    kind, tree = _recognised(tree, expected, kind)
    notes = list(tree.notes)
    if kind == "plain" and tree.packed and not any(_may_be_work(e) for e in tree.entries):
        told = f"{one_line(str(source))}: no .py or .ipynb file in it; is it the right one?"
        raise InboxError(f"{told} ({notes[0]})" if notes else told)
    handins = _unique(READERS[kind](tree, expected, notes), notes, every)
    if not handins:
        raise InboxError(f"{one_line(str(source))}: no submissions found, taken as {kind}")
    choose = {resolve(text, handins): file for text, file in choose.items()}
    picker = Picker(tree, expected, matcher(stub), frozenset(elsewhere) - {expected})
    return Inbox(kind, Submissions(handins, picker, dict(choose), every), capped(notes))


def _open(source: Path) -> Tree:
    """The tree of a folder, a zip or a single file."""
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
    """The kind, and the part of the tree that is of that kind: folders around it do not matter."""
    trees = [tree]
    while len(trees) <= MAX_ENCLOSING and (root := enclosing(trees[-1])):
        trees.append(below(trees[-1], root))
    asked = [kind] if kind else KINDS
    for inner in trees:
        for name in asked:
            if name != "plain" and RECOGNISERS[name](inner):
                return name, inner
    if kind and kind != "plain":
        return kind, tree
    return "plain", next(inner for inner in trees if _is_class(inner, expected, trees[-1]))


def _is_class(tree: Tree, expected: str, last: Tree) -> bool:
    """Whether the folder at the top is a student's, and not just the one the zip was made of."""
    if tree is last or not tree.packed:
        return True
    return any(e.path.count("/") == 1 and likeness(e.name, expected) < 2 for e in tree.entries)


def _may_be_work(entry: Entry) -> bool:
    return entry.name.lower().endswith(SUFFIXES) or ARCHIVE.fullmatch(entry.name) is not None


def _unique(handins: Iterable[Handin], notes: list[str], every: bool = False) -> tuple[Handin, ...]:
    """One hand-in for each student, the latest, sorted; with what came before it."""
    found: dict[str, Handin] = {}
    for handin in sorted(handins, key=lambda one: times.seconds(one.submitted_at)):
        before = found.get(handin.student)
        if before is not None:
            counts = "all are graded" if every else "the latest counts"
            notes.append(f"{handin.student} stands in the export twice; {counts}")
            said = handin.note or ("" if every else "the latest of several submissions")
            earlier = (*before.earlier, replace(before, earlier=()), *handin.earlier)
            handin = replace(handin, note=said, earlier=earlier)
        found[handin.student] = handin
    return tuple(found[student] for student in sorted(found))
