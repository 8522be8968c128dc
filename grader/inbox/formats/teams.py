"""Microsoft Teams: ``<student>/<assignment>/Version <n>/<file>``, as SharePoint provides it.

The folder with all students is called *Submitted files*. The highest version counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.inbox.beside import likeness
from grader.inbox.tree import Entry, File, Handin, Tree, tops
from grader.text import one_line

VERSION = re.compile(r"vers[^\W\d_]+ (\d{1,4})", re.IGNORECASE)


def recognise(tree: Tree) -> bool:
    """Return whether most students have an assignment's folder that contains ``Version 1``."""
    students = [name for name in tops(tree) if name in tree.folders]
    versioned = {
        parts[0] for parts in (folder.split("/") for folder in tree.folders)
        if len(parts) == 3 and VERSION.fullmatch(parts[2])
    }  # fmt: skip
    return bool(versioned) and 2 * len(versioned) > len(students)


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each student, with all versions of the assignment."""
    for student, entries in tops(tree).items():
        if student not in tree.folders:
            notes.append(f"{one_line(student)} is ignored: it is in no student's folder")
            continue
        folders = {_assignment(e) for e in entries if likeness(e.name, expected) < 2}
        files = tuple(
            File(entry, entry.name, (entry.when,), attempt=_version(entry))
            for entry in entries if not folders or _assignment(entry) in folders
        )  # fmt: skip
        count = len({file.attempt for file in files})
        note = f"the latest of {count} versions" if count > 1 else ""
        yield Handin(one_line(student), files, name=one_line(student), note=note)


def _assignment(entry: Entry) -> str:
    parts = entry.path.split("/")
    return parts[1] if len(parts) > 2 else ""


def _version(entry: Entry) -> str:
    """Return a text that sorts like the version number."""
    numbers = [int(m[1]) for part in entry.path.split("/") if (m := VERSION.fullmatch(part))]
    return f"version {max(numbers, default=0):06}"
