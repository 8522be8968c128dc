"""Files next to a notebook: data that its cells read, and modules that they import."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

NOT_DATA: Final = (
    ".ipynb",
    ".pyc",
    ".zip",
    ".yml",
    ".yaml",
    ".cfg",
    ".toml",
    ".log",
    ".otter",
    ".rmd",
    ".ok",
)
NOT_FOLDERS: Final = frozenset({"tests", "dist", "autograder", "student", "release", "submitted",
                                "autograded", "feedback", "node_modules"})  # fmt: skip
NOT_MODULES: Final = frozenset({"nbgrader_config", "conftest", "setup"})
MAX_FILE: Final = 16 << 20
"""Bytes of the largest file that is copied."""
MAX_ALL: Final = 64 << 20
"""Bytes of all copied files together."""


def files(notebook: Path) -> dict[str, Path]:
    """Return files near the notebook that its cells may use, by their relative paths."""
    found: dict[str, Path] = {}
    left = MAX_ALL
    for path in _walk(notebook.parent):
        size = path.stat().st_size
        if size <= min(left, MAX_FILE):
            found[path.relative_to(notebook.parent).as_posix()] = path
            left -= size
    return found


def _walk(folder: Path) -> Iterable[Path]:
    """Yield the files of a folder and its subfolders, except subfolders with other notebooks."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith((".", "_")):
            continue
        if path.is_dir() and path.name.lower() not in NOT_FOLDERS and not any(path.glob("*.ipynb")):
            yield from _walk(path)
        elif (
            path.is_file() and path.suffix.lower() not in NOT_DATA and path.stem not in NOT_MODULES
        ):
            yield path


def modules(found: Iterable[str]) -> frozenset[str]:
    """Return the names of the modules and packages among the files."""
    return frozenset(
        name.partition("/")[0].removesuffix(".py") for name in found if name.endswith(".py")
    )


def copy(found: Mapping[str, Path], target: Path) -> None:
    """Copy the files into a folder, which is created if there are any."""
    for name, source in found.items():
        to = target / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
