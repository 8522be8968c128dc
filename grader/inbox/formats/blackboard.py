"""Blackboard's download: ``<assignment>_<user>_attempt_<YYYY-MM-DD-HH-MM-SS>_<file>``.

Each attempt comes with a receipt, which has the same name with ``.txt`` instead of ``_<file>`` and
begins with ``Name: Ada Lovelace (ada)``. The word "attempt" is in the language of the course. The
first time in a name is Blackboard's, whatever the student called the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile

from msgspec import Struct, field

from grader.inbox.tree import Entry, File, Handin, Tree
from grader.text import one_line

NAME = re.compile(
    r"(?P<who>[^/]+?)_[^\W\d_]+_(?P<time>[0-9]{4}(?:-[0-9]{2}){5})(?:_(?P<file>[^/]+)|\.txt)"
)
RECEIPT = re.compile(r"[^\n:]{1,40}:\s*(?P<name>[^\n]*?)\s*\((?P<user>[^()\n]+)\)\s*(?:\n|$)")


class _Student(Struct):
    files: list[File] = field(default_factory=list)
    name: str = ""
    user: str = ""


def header(name: str) -> int:
    """Return the length of Blackboard's prefix of a name; 0 if there is none."""
    match = NAME.fullmatch(name)
    return match.end("time") if match else 0


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each user, with all attempts."""
    students: defaultdict[str, _Student] = defaultdict(_Student)
    for entry in tree.entries:
        match = NAME.fullmatch(entry.path)
        if not match:
            notes.append(f"{one_line(entry.path)} is ignored: not a file name of Blackboard")
        elif match["file"]:
            students[match["who"]].files.append(_file(entry, match))
        else:
            _sign(students[match["who"]], match["who"], tree.small(entry.path))
    users = _users(list(students))
    for who, student in students.items():
        user = one_line(student.user or users[who])
        yield Handin(user, tuple(student.files), name=one_line(student.name), sid=user)


def _file(entry: Entry, match: re.Match[str]) -> File:
    return File(entry, match["file"], (entry.when,), attempt=match["time"])


def _sign(student: _Student, who: str, receipt: str) -> None:
    """Set name and user from a receipt, if the name of the file ends in the same user."""
    match = RECEIPT.match(receipt.lstrip("\ufeff"))
    if match and who.endswith(f"_{match['user']}"):
        student.name, student.user = match["name"], match["user"]


def _users(names: list[str]) -> dict[str, str]:
    """Return the user in each ``<assignment>_<user>``: the last part, if that is unique."""
    last = {who: who.rpartition("_")[2] or who for who in names}
    if len(set(last.values())) == len(names):
        return last
    parts = [who.split("_") for who in names]
    shared = sum(1 for _ in takewhile(lambda same: len(set(same)) == 1, zip(*parts, strict=False)))
    return {who: "_".join(who.split("_")[shared:]) or who for who in names}
