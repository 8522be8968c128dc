"""Plain files: ``<student>.py``, ``<student>.ipynb``, ``<student>/<file>``, or one student's.

These may also be in folders of groups (``<group>/<student>/<file>``): `grader.inbox.layout` finds
the depth. Unknown systems append to the name of a resubmission (``ada (1)``, ``ada v2``, ``ada
2026-11-20 10-00``): these are attempts of one student.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from grader.inbox.attempts import Attempt, attempts
from grader.inbox.beside import SUFFIXES, likeness
from grader.inbox.choice import RELEASED
from grader.inbox.layout import FolderLayout
from grader.inbox.tree import ARCHIVE, Entry, File, Handin, Tree, below, tops
from grader.text import one_line


class _Collected(Struct):
    files: list[File] = field(default_factory=list)
    group: str = ""
    error: str = ""
    attempts: set[str] = field(default_factory=set)


def recognise(tree: Tree) -> bool:
    """Return True: every download without another form is plain."""
    return True


def read(
    tree: Tree,
    expected: str,
    notes: list[str],
    layout: FolderLayout | None = None,
    elsewhere: Collection[str] = (),
) -> Iterator[Handin]:
    """Yield a hand-in for each folder and file at the layout's depth, or one for everything."""
    layout = layout or FolderLayout()
    notes += layout.notes
    if layout.depth == 0:
        yield _one(tree, expected, notes, elsewhere)
        return
    found: defaultdict[str, _Collected] = defaultdict(_Collected)
    students = list(_students(tree, layout.depth, expected, notes, elsewhere))
    places: defaultdict[str, set[str]] = defaultdict(set)
    for name, place, _, _ in students:
        places[name].add(place)
    for name, place, files, attempt in students:
        student = found[f"{place}/{name}" if len(places[name]) > 1 else name]
        student.files += files
        student.group = place
        student.attempts.add(attempt)
        if why := layout.unsure.get(name):
            student.error = f"cannot tell which file counts: {why}"
    for name, student in found.items():
        several = f"the latest of {len(student.attempts)} submissions"
        yield Handin(
            one_line(name),
            tuple(student.files),
            group=one_line(student.group),
            missing=student.error,
            note=several if len(student.attempts) > 1 else "",
        )


def _one(tree: Tree, expected: str, notes: list[str], elsewhere: Collection[str]) -> Handin:
    """Return a folder's content as the work of one student, with notes on skipped files."""
    top = any(likeness(e.name, expected) < 2 for e in tree.entries if "/" not in e.path)
    files = [
        File(entry, entry.name, (entry.when,)) for entry in tree.entries
        if not (top and "/" in entry.path and likeness(entry.name, expected) < 2)
    ]  # fmt: skip
    for entry in tree.entries:
        if "/" in entry.path or not entry.name.lower().endswith(SUFFIXES):
            continue
        known = [expected, *elsewhere]
        if entry.name not in RELEASED and not any(likeness(entry.name, n) < 2 for n in known):
            notes.append(
                f"{one_line(entry.path)} is ignored: the work is the file named {expected}"
            )
    return Handin(one_line(tree.name), tuple(files))


def _students(
    tree: Tree, depth: int, expected: str, notes: list[str], elsewhere: Collection[str]
) -> Iterator[tuple[str, str, list[File], str]]:
    """Yield (student, group, files, attempt) for each folder and file at a depth."""
    for place in _places(tree, depth, notes):
        inner = below(tree, place) if place else tree
        start = f"{place}/" if place else ""
        usable: dict[str, list[Entry]] = {}
        for top, entries in tops(inner).items():
            reason = "" if top in inner.folders else _why_skipped(top, expected, elsewhere)
            if reason:
                notes.append(f"{one_line(start + top)} is ignored: {reason}")
            else:
                usable[top] = entries
        stems = {top: top if top in inner.folders else top.rpartition(".")[0] for top in usable}
        same = attempts(list(dict.fromkeys(stems.values())), expected, notes)
        for top, entries in usable.items():
            each = same.get(stems[top], Attempt(stems[top]))
            alone = top not in inner.folders
            files = [
                File(replace(e, path=start + e.path), e.name, (e.when,), alone, each.order)
                for e in entries
            ]
            yield each.student, place, files, each.order


def _places(tree: Tree, depth: int, notes: list[str]) -> Iterator[str]:
    """Yield the folders that contain the students' folders; note files above them."""
    if depth == 1:
        yield ""
        return
    yield from sorted(folder for folder in tree.folders if folder.count("/") == depth - 2)
    for entry in tree.entries:
        if entry.path.count("/") < depth - 1:
            notes.append(f"{one_line(entry.path)} is ignored: it is in no student's folder")


def _why_skipped(name: str, expected: str, elsewhere: Collection[str]) -> str:
    """Return why a file at the top is not a student's, or ''."""
    if ARCHIVE.fullmatch(name):
        return ""
    if not name.lower().endswith(SUFFIXES):
        return "neither .py nor .ipynb"
    if any(likeness(name, other) < 2 for other in elsewhere if other != expected):
        return "it belongs to another exercise"
    is_nobodys = likeness(name, expected) < 2 or name in RELEASED
    return "cannot tell whose it is" if is_nobodys else ""
