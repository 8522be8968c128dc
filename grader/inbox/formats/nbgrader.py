"""nbgrader's folder ``submitted/<student>/<assignment>/``, each with a ``timestamp.txt``."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from grader import timestamps as times
from grader.inbox.tree import File, Handin, Tree, below, times_unread, tops
from grader.text import one_line

FOLDER = "submitted"
STAMP = "timestamp.txt"


def recognise(tree: Tree) -> bool:
    """Return whether there is a folder ``submitted``, or time stamps for most students.

    Time stamps must exist for most students and assignments, since one student can submit any
    number of folders, or a ``timestamp.txt``. The stamps of a single student prove nothing, unless
    the instructor's folder is called ``submitted``.
    """
    stamped = {e.folder for e in tree.entries if e.name == STAMP and e.folder.count("/") == 1}
    students = {folder.partition("/")[0] for folder in stamped}
    second = {"/".join(entry.path.split("/")[:2]) for entry in tree.entries}
    stamps = 2 * len(stamped) > len(second) and 2 * len(students) > len(tops(tree))
    return FOLDER in tree.folders or (stamps and (len(students) > 1 or tree.name == FOLDER))


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each student, from the assignment's folder if there is one."""
    start = f"{FOLDER}/" if FOLDER in tree.folders else ""
    tree = below(tree, FOLDER) if start else tree
    assignments = {folder.partition("/")[2] for folder in tree.folders if folder.count("/") == 1}
    wanted = {expected} if expected in assignments else assignments
    if others := assignments - wanted:
        notes.append(f"only {expected} is read, not {', '.join(map(one_line, sorted(others)[:8]))}")
    for student, entries in tops(tree).items():
        if student not in tree.folders:
            notes.append(f"{one_line(start + student)} is ignored: it is in no student's folder")
            continue
        files = tuple(
            File(replace(entry, path=start + entry.path), entry.name, (entry.when,))
            for entry in entries
            if entry.path.split("/")[1] in {*wanted, ""} and entry.name != STAMP
        )
        stamps = [stamp for name in sorted(wanted) if (stamp := _stamp(tree, student, name))]
        unread = [times_unread(student, stamp) for stamp in stamps if not times.moment(stamp)]
        notes += unread
        latest = "" if unread else max(map(times.iso, stamps), key=times.seconds, default="")
        yield Handin(one_line(student), files, submitted_at=latest)


def _stamp(tree: Tree, student: str, assignment: str) -> str:
    return tree.small(f"{student}/{assignment}/{STAMP}").strip()
