"""Choose the files that count besides the main file: modules, helpers, text answers.

beside = Beside.of(assignment)
chosen, note = beside.chosen(main, handed_in, is_other, read)      # {"data.py": b"..."}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from grader.course.assignment import Assignment
from grader.inbox.tree import File
from grader.parcel import MOST_FILES
from grader.text import one_line

SUFFIXES: Final = (".py", ".ipynb")
NOT_HELPERS: Final = re.compile(r"test_.*|.*_test|conftest|setup|__init__")
TEXTS: Final = (".md", ".txt")
MAX_TEXT: Final = 256 * 1024
"""Bytes of a text answer."""

Read = Callable[[File], tuple[bytes, str]]
"""Returns the content of a file, or the reason why it cannot be read."""


class Beside(Struct, frozen=True):
    """The files that an assignment accepts besides the main file."""

    files: tuple[str, ...] = ()
    """Names of other modules, such as ``data.py``."""
    helpers: bool = False
    """Whether any Python file next to the main one is included and can be imported."""
    texts: bool = False
    """Whether text files are included, as answers to manually graded questions."""

    @classmethod
    def of(cls, assignment: Assignment) -> Beside:
        """Return what an assignment accepts."""
        return cls(assignment.files[1:], assignment.extra_files, bool(assignment.manual))

    def takes(self, file: File) -> bool:
        """Return whether a file is one of the other modules, and so not the main file."""
        return any(likeness(file.name, PurePosixPath(name).stem) < 2 for name in self.files)

    def chosen(
        self, main: File, files: Sequence[File], is_other: Callable[[File], bool], read: Read
    ) -> tuple[dict[str, bytes], str]:
        """Return the files that belong to ``main``, by their import names, and a note.

        Args:
            main: The main file of the submission.
            files: All files that the student submitted.
            is_other: Whether a file is for another exercise, or another form of the main one.
            read: Reads a file.
        """
        wanted = dict(self._wanted(main, [each for each in files if each != main], is_other))
        found, notes = (
            {},
            [f"{name} was not submitted" for name in self.files if name not in wanted],
        )
        for name, file in list(wanted.items())[: MOST_FILES - 1]:
            data, reason = read(file)
            if reason:
                notes.append(f"{one_line(file.name, 80)} {reason}")
            else:
                found[name] = data
        return found, "; ".join(notes)

    def _wanted(
        self, main: File, files: Sequence[File], is_other: Callable[[File], bool]
    ) -> list[tuple[str, File]]:
        together = [file for file in files if file.attempt == main.attempt]
        wanted = []
        for name in self.files:
            stem = PurePosixPath(name).stem
            named = [f for f in together or files if likeness(f.name, stem) < 2]
            if named:
                wanted.append((name, max(named, key=lambda f: _closeness(f, main, stem))))
        taken = {file for _, file in wanted}
        near = [f for f in together if f.entry.folder == main.entry.folder and f not in taken]
        for file in near:
            stem, _, suffix = file.name.rpartition(".")
            if (
                f".{suffix.lower()}" in TEXTS
                and self.texts
                and not stem.lower().startswith("readme")
            ):
                wanted.append((one_line(file.name, 80), file))
            elif self.helpers and suffix == "py" and _is_helper(stem) and not is_other(file):
                wanted.append((file.name, file))
        return wanted


def _is_helper(stem: str) -> bool:
    return stem.isidentifier() and not NOT_HELPERS.fullmatch(stem)


NOTHING: Final = Beside()


def _closeness(file: File, main: File, stem: str) -> tuple[bool, bool, tuple[float, ...]]:
    return file.entry.folder == main.entry.folder, likeness(file.name, stem) == 0, file.order


def likeness(name: str, expected: str) -> int:
    """Return 0 for the exact name, 1 with another case or an LMS's suffix, else 2.

    >>> [likeness(name, "relu") for name in ("relu.py", "ReLU-1.ipynb", "relu (2).py", "mine.py")]
    [0, 1, 1, 2]
    """
    stem, dot, suffix = name.rpartition(".")
    if stem == expected and f".{suffix}" in SUFFIXES:
        return 0
    near = re.fullmatch(rf"{re.escape(expected)}(?:[-_]\d{{1,3}}| ?\(\d{{1,3}}\))*", stem, re.I)
    return 1 if dot and near and f".{suffix.lower()}" in SUFFIXES else 2
