"""Hold modules of Python and NumPy in memory, for workers that cannot read any file.

    sys.meta_path.insert(1, Library.of_this_python())      # in the fork server, before any fork

A worker in an empty root, or whose Python is in a home folder that it may not enter, has only the
modules that were loaded before the fork. Pure Python modules are kept as compiled code and loaded
on import; extension modules cannot be, so `load_extensions` imports all of them in advance. The
code is in one shared mapping, which a fork does not copy.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import marshal
import mmap
import os
import types
from collections.abc import Iterator
from typing import Any, Final

SKIPPED: Final = frozenset(
    """
    site-packages dist-packages test tests idlelib tkinter turtledemo turtle.py ensurepip lib2to3 __pycache__
    _pyrepl f2py
    """.split()
)
_HEADER: Final = 16
"""Bytes in a ``.pyc`` file before the code."""
_NOT_LOADED: Final = frozenset(
    "_tkinter _curses _curses_panel readline nis ossaudiodev spwd".split()
)


class Library:
    """A finder for modules that are held in memory."""

    def __init__(self, files: dict[str, tuple[str, bool, bytes]]) -> None:
        """Hold ``files``: for each module (path, whether it is a package, compiled code)."""
        whole = b"".join(code for _, _, code in files.values())
        self._memory = mmap.mmap(-1, max(len(whole), 1))
        self._memory.write(whole)
        self._places: dict[str, tuple[str, bool, int, int]] = {}
        at = 0
        for name, (path, package, code) in files.items():
            self._places[name] = (path, package, at, len(code))
            at += len(code)

    @classmethod
    def of_this_python(cls, *packages: str) -> Library:
        """Return a library of the standard library and of ``packages``."""
        files = dict(_modules(os.path.dirname(os.__file__), ""))
        for package in packages:
            folder = os.path.dirname(importlib.import_module(package).__file__ or "")
            files |= dict(_modules(folder, f"{package}."))
        return cls(files)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a module in this library, else None."""
        if name not in self._places:
            return None
        file, package, _, _ = self._places[name]
        loader: Any = self
        spec = importlib.machinery.ModuleSpec(name, loader, origin=file, is_package=package)
        spec.has_location = True
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Let Python create the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the module's code."""
        _, _, start, size = self._places[module.__name__]
        exec(marshal.loads(self._memory[start : start + size]), module.__dict__)  # noqa: S102, S302  # ours


def _modules(folder: str, prefix: str) -> Iterator[tuple[str, tuple[str, bool, bytes]]]:
    """Yield (name, (path, is a package, code)) for each module below a folder."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.name in SKIPPED:
            continue
        if entry.is_dir():
            if os.path.isfile(os.path.join(entry.path, "__init__.py")):
                yield from _modules(entry.path, f"{prefix}{entry.name}.")
        elif entry.name.endswith(".py"):
            package = entry.name == "__init__.py"
            name = prefix.rstrip(".") if package else prefix + entry.name.removesuffix(".py")
            with contextlib.suppress(OSError, SyntaxError, ValueError, UnicodeDecodeError):
                yield name, (entry.path, package, _code_of(entry.path))


def _code_of(path: str) -> bytes:
    cached = importlib.util.cache_from_source(path)
    if os.path.isfile(cached) and os.path.getmtime(cached) >= os.path.getmtime(path):
        with open(cached, "rb") as file:
            data = file.read()
        if data[:4] == importlib.util.MAGIC_NUMBER:
            return data[_HEADER:]
    with open(path, "rb") as file:
        return marshal.dumps(compile(file.read(), path, "exec", dont_inherit=True))


def load_extensions() -> None:
    """Import the standard library's extension modules: a locked worker cannot open them."""
    folder = os.path.join(os.path.dirname(os.__file__), "lib-dynload")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    for name in sorted({name.partition(".")[0] for name in names if name.endswith(".so")}):
        if name not in _NOT_LOADED and not name.startswith(("_test", "_xx", "xx", "_ctypes_test")):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
