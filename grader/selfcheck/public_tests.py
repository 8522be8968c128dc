"""Find the file to check and the public tests for it."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.errors import UserError

SUFFIXES: Final = (".py", ".ipynb")
PUBLIC: Final = "test_public.py"
FILES: Final = re.compile(r"^FILES = \(\"(\w+)\.py\"", re.MULTILINE)
EXERCISE: Final = re.compile(r"^EXERCISE = \"(\w+)\"$", re.MULTILINE)


class SelfCheckError(UserError):
    """There is nothing to check; the message is one line."""


def file_in(folder: Path) -> Path:
    """Return the file of the only exercise in a folder; the later of ``.py`` and ``.ipynb``."""
    found = [folder / PUBLIC] if (folder / PUBLIC).is_file() else sorted(folder.glob(f"*/{PUBLIC}"))
    if len(found) != 1:
        what = "more than one exercise" if found else f"no exercise (no {PUBLIC})"
        raise SelfCheckError(f"there is {what} in {folder}; write grader check FILE")
    name = main_of(found[0])
    there = [file for end in SUFFIXES if (file := found[0].with_name(name + end)).is_file()]
    if not there:
        raise SelfCheckError(f"there is no {name}.py and no {name}.ipynb in {found[0].parent}")
    return max(there, key=lambda file: file.stat().st_mtime)


def exercise_of(public: Path) -> str:
    """Return the exercise's name from its public tests, else from their folder."""
    match = EXERCISE.search(public.read_text(encoding="utf-8"))
    return match[1] if match else public.resolve().parent.name


def main_of(public: Path) -> str:
    """Return the name of the file that public tests check, without its suffix."""
    match = FILES.search(public.read_text(encoding="utf-8"))
    return match[1] if match else exercise_of(public)


def public_for(file: Path) -> Path:
    """Return the public tests for a file, found by its name or its folder.

    So ``two_layer_network-1.py`` finds its tests, and so does ``mine.py`` in the right folder.
    """
    if not file.is_file():
        raise SelfCheckError(f"there is no file {file}")
    if file.suffix.lower() not in SUFFIXES:
        raise SelfCheckError(f"{file.name} is neither a .py nor an .ipynb file")
    folders = _folders(file.stem, file.parent)
    found = _public_in(folders)
    begun = sorted((name for name in found if file.stem.startswith(name)), key=len)
    beside = [name for name, public in found.items() if public.parent == file.parent]
    for name in (*begun[::-1], *beside):
        return found[name]
    raise _none(file.stem, folders)


def public_of(name: str, folder: Path) -> Path:
    """Return the public tests of an exercise, as seen from a working folder."""
    folders = _folders(name, folder)
    found = _public_in(folders)
    if name not in found:
        raise _none(name, folders)
    return found[name]


def _folders(name: str, folder: Path) -> list[Path]:
    return [folder, Path.cwd(), Path.cwd() / name, folder / name]


def _public_in(folders: Iterable[Path]) -> dict[str, Path]:
    """Return the public tests in some folders by exercise; the first of several."""
    files = [folder / PUBLIC for folder in folders if (folder / PUBLIC).is_file()]
    return {exercise_of(file): file for file in reversed(files)}


def _none(name: str, folders: Iterable[Path]) -> SelfCheckError:
    looked = ", ".join(dict.fromkeys(str(folder.absolute()) for folder in folders))
    return SelfCheckError(
        f"there are no public tests of {name} in {looked}: {PUBLIC} comes with the exercise"
    )


def load_public(file: Path) -> types.ModuleType:
    """Load the module of public tests."""
    module = types.ModuleType("test_public")
    code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True, optimize=0)
    exec(code, module.__dict__)  # noqa: S102  # ours, in the student's process
    return module
