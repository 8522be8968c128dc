"""Sakai's *Download All*: ``<assignment>/<Last, First(login)>/Submission attachment(s)/<file>``.

Each student's folder contains a ``timestamp.txt`` with the time in UTC, and the assignment's
folder, which always exists, a ``grades.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader import timestamps as times
from grader.inbox.tree import File, Handin, Tree, times_unread, tops
from grader.text import one_line

STUDENT = re.compile(r"(?P<name>.+?) ?\((?P<login>[^()]+)\)(?P<late> ?\[?late\]?)?", re.IGNORECASE)
ATTACHED = "attachment"
STAMP = "timestamp.txt"
FEEDBACK = re.compile(r"feedback", re.IGNORECASE)


def recognise(tree: Tree) -> bool:
    """Return whether most folders are named ``Last, First(login)`` and contain Sakai's files."""
    folders = [name for name in tops(tree) if name in tree.folders]
    stamped = {e.folder for e in tree.entries if e.name == STAMP}
    attached = {f.partition("/")[0] for f in tree.folders if ATTACHED in f.lower() and "/" in f}
    ours = [
        name for name in folders
        if STUDENT.fullmatch(name) and (name in stamped or name in attached)
    ]  # fmt: skip
    sheet = any(name.lower().startswith("grades.") for name in tops(tree))
    return (bool(attached) or sheet) and 2 * len(ours) > len(folders)


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each student's folder."""
    for name, entries in tops(tree).items():
        if name not in tree.folders:
            if not name.lower().startswith("grades."):
                notes.append(f"{one_line(name)} is ignored: it is in no student's folder")
            continue
        match = STUDENT.fullmatch(name)
        login = one_line(match["login"] if match else name)
        stamp = tree.small(f"{name}/{STAMP}").strip()
        if stamp and not times.moment(stamp):
            notes.append(times_unread(name, stamp))
        files = tuple(
            File(entry, entry.name, (entry.when,))
            for entry in entries
            if entry.path != f"{name}/{STAMP}" and not FEEDBACK.search(entry.path.split("/")[1])
        )
        yield Handin(
            login,
            files,
            name=one_line(match["name"]) if match else "",
            sid=login if match else "",
            submitted_at=times.iso(stamp),
        )
