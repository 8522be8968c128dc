"""Find out how deep the students' folders are in a plain folder, without losing any student.

    found = arrange(Question(tree, "relu", untouched, functions))
    found.depth     # 0: one student's work; 1: class/<student>/...; 2: class/<group>/<student>/...

A student's folder may contain copies and versions of the work (``src/``, ``v2/``, ``old/``). A
group's folder contains the work of several students. If names do not distinguish the two, and more
than one file would be lost, `InboxError` asks for ``--depth``.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field

from grader.inbox.beside import SUFFIXES, likeness
from grader.inbox.choice import RELEASED, TESTS
from grader.inbox.tree import Entry, InboxError, Tree, Unreadable, Withheld
from grader.notebook import MAX_IPYNB, MAX_PY, Cell, NotebookError, read_source
from grader.text import one_line

MAX_DEPTH: Final = 6
MANY: Final = 3
"""Folders with work next to a file with the expected name; this many are surely a class."""
MAX_LISTED: Final = 4

COPIES: Final = re.compile(
    r"(?:.*copy.*|.*kopie.*|v|ver|rev|vers[^\W\d_]+|attempts?|versuch|try|drafts?|entwurf|old|alt|new|"
    r"neu|backups?|bak|src|source|code|scripts?|python|py|solutions?|loesung|lösung|final|"
    r"submissions?|submitted(?: files)?|working files|abgabe|hand-?in|work|project|projekt|exercises?|"
    r"assignments?|aufgabe|hw|homework|tests?|data|notebooks?|output|build|dist|lib|files|"
    r"attachments?|submission attachment\(s\)|releases?|main|master)[ _.-]*\d{0,2}",
    re.IGNORECASE,
)
"""Names of folders inside one student's folder, which are never names of students."""
PLACES: Final = re.compile(
    r"(?:groups?|gruppen?|grupo|groupe|gruppo|teams?|sections?|sektion|tutorials?|tutorium|tutors?|"
    r"weeks?|woche|rooms?|raum|labs?|class|classes|klasse|courses?|kurs|sessions?|slots?|year|jahr|"
    r"students?|studenten|studierende|submissions|submitted|abgaben|uebung|übung|cohort|track|campus)"
    r"(?:[ _.-]*(?:\d[\d_./:-]*|[a-z]|[ivx]+)|[ _-]+\w+)?|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mo|di|mi|"
    r"do|fr|montag|dienstag|mittwoch|donnerstag|freitag|tut|ta|kw|ws|ss|wise|sose|fall|autumn|spring|"
    r"summer|winter)(?:[ _.-]*\d[\d_./:-]*(?: ?[ap]m)?)?|20\d\d(?:[-_/]\d\d(?:\d\d)?)?",
    re.IGNORECASE,
)
"""Names of folders that contain the folders of several students."""

Path = tuple[str, ...]


class Question(Struct, frozen=True):
    """A tree, the name of the exercise, and facts about its stub."""

    tree: Tree
    expected: str
    untouched: Callable[[Iterable[Cell]], bool]
    functions: frozenset[str] = frozenset()
    """The functions and classes that the stub defines at its top level."""
    elsewhere: Collection[str] = ()
    """Names of the course's other exercises."""


class FolderLayout(Struct, frozen=True):
    """The depth of the students' folders, and notes on unusual folders."""

    depth: int = 1
    notes: tuple[str, ...] = ()
    unsure: Mapping[str, str] = field(default_factory=dict)
    """For top-level folders that may contain the work of several students: the reason."""


def arrange(question: Question) -> FolderLayout:
    """Return the layout of a plain folder; raise `InboxError` if a person must decide."""
    tree, expected = question.tree, question.expected
    homes = [tuple(e.folder.split("/")) for e in _named(tree, expected) if e.folder]
    top = [e for e in _named(tree, expected) if not e.folder]
    if top:
        return _with_work_at_the_top(question, top, homes)
    if len(homes) == 1 and COPIES.fullmatch(homes[0][0]) and not _rivals(question):
        alone = [n for n in tree.folders if "/" not in n and n != homes[0][0]]
        if not any(_holds_python(tree, folder) for folder in alone):
            return FolderLayout(0)
    return _by_depth(question, homes)


def is_students(tree: Tree, expected: str) -> bool:
    """Return whether a top-level folder directly contains work, not only in subfolders."""
    homes = (tuple(e.folder.split("/")) for e in _named(tree, expected) if e.folder)
    return any(not _bare(home[1:], expected) for home in homes)


def _named(tree: Tree, expected: str) -> list[Entry]:
    return [entry for entry in tree.entries if likeness(entry.name, expected) < 2]


def _with_work_at_the_top(
    question: Question, top: Sequence[Entry], homes: Sequence[Path]
) -> FolderLayout:
    """Treat a file at the top as one student's work, unless it is the released one."""
    rivals = _rivals(question)
    folders = sorted({home[0] for home in homes if not COPIES.fullmatch(home[0])})
    if all(_is_stub(question, entry) for entry in top):
        if rivals or folders or _others(question):
            return _by_depth(question, homes)
        return FolderLayout(0)
    if len(folders) >= MANY:
        return _by_depth(question, homes)
    if len(folders) == 1 or not (rivals or folders):
        lost = [f"{'/'.join(home)}/" for home in homes if home[0] in folders]
        said = (f"{one_line(path)}: not used, because {top[0].name} at the top is the work"
                for path in lost)  # fmt: skip
        return FolderLayout(0, tuple(said))
    beside = ", ".join(map(one_line, [*folders, *rivals][:MAX_LISTED]))
    raise InboxError(
        f"{one_line(question.tree.name)}: {one_line(top[0].name)} stands beside {beside}, which may be "
        "other students' work; add --depth 0 if all of it is one student's, --depth 1 if it is a class"
    )


def _by_depth(question: Question, homes: Sequence[Path]) -> FolderLayout:
    """Return the smallest depth at which no student's work is lost."""
    expected = question.expected
    if not homes:
        return _of_named_files(question)
    several = _several(homes, 1, expected)
    possible = [1] if not several else []
    for depth in range(2, MAX_DEPTH):
        if _are_places(homes, depth - 1) and _fits(homes, depth, expected):
            possible.append(depth)
    if possible:  # the deepest of consecutive depths, because a group may have one member
        depth = next(d for d in range(possible[0], MAX_DEPTH) if d + 1 not in possible)
        return _deeper(depth, homes) if depth > 1 else FolderLayout()
    tops = {home[0] for home in homes}
    if 2 * len([top for top in tops - several.keys() if (top,) in homes]) > len(tops):
        return FolderLayout(unsure={top: _listed(found) for top, found in several.items()})
    raise InboxError(_question(question, homes, several))


def _of_named_files(question: Question) -> FolderLayout:
    """Return the layout if no file has the expected name; it may be ``<group>/<student>.py``."""
    tree = question.tree
    groups = sorted(folder for folder in tree.folders if "/" not in folder)
    direct = {e.folder for e in tree.entries if e.name.lower().endswith(SUFFIXES)}
    if groups and direct == set(groups) and all(PLACES.fullmatch(name) for name in groups):
        return _deeper(2, [(name, "") for name in groups])
    crowded = {name: found for name in groups if len(found := _works(question, name)) > 1}
    if len(crowded) > 1 and 2 * len(crowded) > len(groups):
        top, found = next(iter(crowded.items()))
        raise InboxError(
            f"{one_line(tree.name)}: no file is named {one_line(question.expected)}; the folder "
            f"{one_line(top)} alone holds {_listed([(name,) for name in found])}: add --depth 1 if those "
            "are one student's, --depth 2 if each file is a student's"
        )
    return FolderLayout()


def _works(question: Question, folder: str) -> list[str]:
    """Return different files of a folder that each define everything the exercise needs."""
    files = [
        e for e in question.tree.entries
        if e.folder == folder and e.name.lower().endswith(SUFFIXES) and e.name not in RELEASED
        and not COPIES.fullmatch(e.name.rpartition(".")[0])
    ]  # fmt: skip
    if len(files) < 2:
        return []
    return [
        each.name for each in files if question.functions <= defined(_cells(question.tree, each))
    ]


def _question(
    question: Question, homes: Sequence[Path], several: Mapping[str, Sequence[Path]]
) -> str:
    top, found = next(iter(several.items()))
    name = one_line(question.expected)
    said = (
        f"{one_line(question.tree.name)}: {len(homes)} files are named {name}; the folder {one_line(top)} "
        f"alone holds {_listed(found)}"
    )
    twice = _twice(homes, 2)
    deep = next((d for d in range(2, MAX_DEPTH) if _fits(homes, d, question.expected)), 2)
    advice = f"add --depth 1 if that is one student's, --depth {deep} if it is a group of students"
    if twice and any(len(home) > 1 for home in homes):
        advice = f"{one_line(twice)} occurs in several folders: grade each on its own, or {advice}"
    return f"{said}: {advice}"


def _listed(found: Sequence[Path]) -> str:
    names = ", ".join(one_line("/".join(path)) for path in found[:MAX_LISTED])
    more = len(found) - MAX_LISTED
    return f"work in {names}{f' and {more} more folders' if more > 0 else ''}"


def _deeper(depth: int, homes: Sequence[Path]) -> FolderLayout:
    above = sorted({"/".join(home[: depth - 1]) for home in homes})
    names = ", ".join(map(one_line, above[:MAX_LISTED]))
    more = f" and {len(above) - MAX_LISTED} more" if len(above) > MAX_LISTED else ""
    return FolderLayout(
        depth, (f"students are the folders in {names}{more} (as with --depth {depth})",)
    )


def _bare(path: Path, expected: str) -> Path:
    """Return a path without the folders that a student may have created."""
    return tuple(
        part for part in path
        if not COPIES.fullmatch(part) and part.casefold() != expected.casefold()
    )  # fmt: skip


def _several(homes: Sequence[Path], depth: int, expected: str) -> dict[str, list[Path]]:
    """Return folders at a depth that may contain work of several students, and its places."""
    inner: defaultdict[Path, dict[Path, Path]] = defaultdict(dict)
    for home in homes:
        if rest := _bare(home[depth:], expected):
            inner[home[:depth]].setdefault(rest, home)
    found: dict[str, list[Path]] = {}
    for folder, paths in inner.items():
        least = [path for path in paths if not any(path[:n] in paths for n in range(1, len(path)))]
        if len(least) > 1:
            found["/".join(folder)] = [paths[path] for path in least]
    return found


def _fits(homes: Sequence[Path], depth: int, expected: str) -> bool:
    """Return whether each folder at a depth is a student's, with a unique name."""
    if any(len(home) < depth or not _bare(home[depth - 1 : depth], expected) for home in homes):
        return False
    return not _several(homes, depth, expected) and not _twice(homes, depth)


def _twice(homes: Sequence[Path], depth: int) -> str:
    """Return a name shared by two folders at a depth, or ''."""
    above: dict[str, Path] = {}
    for home in homes:
        if len(home) >= depth and above.setdefault(home[depth - 1], home[:depth]) != home[:depth]:
            return home[depth - 1]
    return ""


def _are_places(homes: Sequence[Path], levels: int) -> bool:
    return all(PLACES.fullmatch(part) for home in homes for part in home[:levels])


# --- files at the top ---------------------------------------------------------------------------


def _others(question: Question) -> list[Entry]:
    """Return other programs at the top that are neither work, released, nor another exercise's."""
    names = [question.expected, *question.elsewhere]
    return [
        e for e in question.tree.entries
        if "/" not in e.path and e.name.lower().endswith(SUFFIXES) and e.name not in RELEASED
        and not TESTS.fullmatch(e.name) and not any(likeness(e.name, name) < 2 for name in names)
    ]  # fmt: skip


def _rivals(question: Question) -> list[str]:
    """Return files at the top that define everything the exercise needs, under another name."""
    if not question.functions:
        return []
    return [
        entry.name for entry in _others(question)
        if question.expected.casefold() not in entry.name.casefold()
        and question.functions <= defined(_cells(question.tree, entry))
    ]  # fmt: skip


def _is_stub(question: Question, entry: Entry) -> bool:
    """Return whether a file is the released stub."""
    cells = _cells(question.tree, entry)
    return bool(cells) and question.untouched(cells)


def is_work(question: Question, entry: Entry) -> bool:
    """Return whether a file has the expected name or definitions, and is not the stub."""
    if not entry.name.lower().endswith(SUFFIXES) or entry.name in RELEASED:
        return False
    if likeness(entry.name, question.expected) < 2:
        return not _is_stub(question, entry)
    found = defined(_cells(question.tree, entry))
    return (
        bool(question.functions) and question.functions <= found and not _is_stub(question, entry)
    )


def _cells(tree: Tree, entry: Entry) -> tuple[Cell, ...]:
    limit = MAX_IPYNB if entry.name.lower().endswith(".ipynb") else MAX_PY
    try:
        return read_source(entry.name, tree.read(entry.path, limit))
    except (Unreadable, Withheld, NotebookError):
        return ()


def defined(cells: Iterable[Cell]) -> frozenset[str]:
    """Return the functions and classes at a program's top level; empty if it is not valid."""
    source = "\n".join(cell.source for cell in cells)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in body if isinstance(node, kinds))


def _holds_python(tree: Tree, folder: str) -> bool:
    return any(
        e.path.startswith(f"{folder}/") and e.name.lower().endswith(SUFFIXES) for e in tree.entries
    )
