"""Plain files: ``<student>.py``, ``<student>.ipynb``, ``<student>/<file>``, or one student's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.inbox.choice import RELEASED, SUFFIXES, likeness
from grader.inbox.tree import ARCHIVE, Entry, File, Handin, Tree, tops
from grader.text import one_line


def recognise(tree: Tree) -> bool:
    """Whatever is nothing else."""
    return True


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """A hand-in for each folder and each file at the top, or one for all of it."""
    if _is_one(tree, expected):
        files = [File(entry, entry.name, (entry.when,)) for entry in tree.entries]
        yield Handin(one_line(tree.name), tuple(files))
        return
    found: defaultdict[str, list[File]] = defaultdict(list)
    for top, entries in tops(tree).items():
        if top in tree.folders:
            found[top] += [File(entry, entry.name, (entry.when,)) for entry in entries]
        elif reason := _nobodys(top, expected, tree):
            notes.append(f"{one_line(top)} is ignored: {reason}")
        else:
            found[top.rpartition(".")[0]] += [_meant(entry) for entry in entries]
    for student, files in found.items():
        yield Handin(one_line(student), tuple(files))


def _is_one(tree: Tree, expected: str) -> bool:
    """Whether this is the work of one student: the files are at the top, named as released."""
    top = [e for e in tree.entries if "/" not in e.path and e.name.lower().endswith(SUFFIXES)]
    inner = any("/" in e.path and e.name.lower().endswith(SUFFIXES) for e in tree.entries)
    named = [e for e in top if likeness(e.name, expected) < 2]
    beside = [e for e in top if e not in named and e.name not in RELEASED]
    return bool(named) and not inner and not beside


def _nobodys(name: str, expected: str, tree: Tree) -> str:
    if ARCHIVE.fullmatch(name):
        return ""
    if not name.lower().endswith(SUFFIXES):
        return "neither .py nor .ipynb"
    is_nobodys = likeness(name, expected) < 2 or name in RELEASED
    return "it has no student's name" if is_nobodys else ""


def _meant(entry: Entry) -> File:
    return File(entry, entry.name, (entry.when,), meant=True)
