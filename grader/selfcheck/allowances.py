"""The rules of an exercise, as constants that ``grader build`` writes to ``test_public.py``.

allowed = Allowances.of(tests)            # FILES, DATA, EXTRA_FILES, WRITES and IMPORTS of the module
allowed.helpers(Path("model.py"))         # [("data.py", text)]: files that model.py can import
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from grader.notebook import NotebookError, read_source
from grader.sandbox.guest.shell import modules_of


class Allowances(Struct, frozen=True):
    """The imports, files and helpers that the grader allows in one exercise."""

    imports: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    """The files to submit, if there are several; the first is the main one."""
    data: tuple[str, ...] = ()
    """The readable files, by their path from the folder of the exercise."""
    extra_files: bool = False
    writes: bool = False

    @classmethod
    def of(cls, tests: types.ModuleType) -> Allowances:
        """Return the rules in a module of public tests."""
        return cls(
            tuple(getattr(tests, "IMPORTS", ())),
            tuple(getattr(tests, "FILES", ())),
            tuple(getattr(tests, "DATA", ())),
            bool(getattr(tests, "EXTRA_FILES", False)),
            bool(getattr(tests, "WRITES", False)),
        )

    def module(self, exercise: str) -> str:
        """Return the name of the main file without ``.py``."""
        return self.files[0].removesuffix(".py") if self.files else exercise

    def helpers(self, main: Path) -> list[tuple[str, str]]:
        """Return name and text of each file that the main one can import."""
        return [(name, text) for name in self._names(main) if (text := _text(main.parent / name))]

    def missing(self, main: Path) -> list[str]:
        """Return the names of files to submit that are missing next to the main one."""
        return [name for name in self.files[1:] if not main.with_name(name).is_file()]

    def _names(self, main: Path) -> Iterator[str]:
        yield from self.files[1:]
        yield from modules_of(self.data)
        for path in sorted(main.parent.glob("*.py")) if self.extra_files else ():
            if path != main and path.stem.isidentifier() and not path.stem.startswith("test_"):
                yield path.name


def _text(file: Path) -> str:
    try:
        return "\n\n".join(cell.source for cell in read_source(file.name, file.read_bytes()))
    except (NotebookError, OSError):
        return ""
