"""Answer ``get_ipython()`` in a submission: run Python code in magics, ignore the other magics.

nbconvert writes ``get_ipython().run_cell_magic('time', '', 'x = f()')`` for a cell that begins with
``%%time``; `grader.notebook` writes the same for magics that return or define something.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from typing import Any, Final

from grader.sandbox.guest.stand_ins import INERT

RUN: Final = frozenset("time timeit capture prun memit debug".split())
"""Magics that run their text as Python."""
WRITE: Final = frozenset({"writefile", "file"})

Execute = Callable[[str, bool], Any]
"""Runs text in the caller's place; returns the value if the text is one expression."""
Write = Callable[[str, str, bool], None]
"""Stores text as a file in memory: (name, text, whether to append)."""


class Shell:
    """The object that ``get_ipython()`` returns."""

    def __init__(self, execute: Execute, write: Write, read: Callable[[str], str]) -> None:
        self._execute, self._write, self._read = execute, write, read

    def run_line_magic(self, name: str, line: str = "", *_: Any, **__: Any) -> Any:
        """Run ``%time x = f()`` and ``%run layers.py``; ignore other magics."""
        if name in ("time", "prun", "memit"):
            return self._execute(line, True)
        if name == "run":
            files = [word for word in line.split() if not word.startswith("-")]
            return self._execute(self._read(files[0] if files else ""), False)
        return INERT

    def run_cell_magic(self, name: str, line: str = "", cell: str = "", *_: Any, **__: Any) -> Any:
        """Run the cell of ``%%time``, store the cell of ``%%writefile``."""
        if name in WRITE:
            words = line.split()
            self._write(words[-1].strip("'\"") if words else "", cell, "-a" in words)
        elif name in RUN:
            words = [word for word in line.split() if word.isidentifier()]
            if name == "capture" and words:
                cell = f"{words[0]} = get_ipython().captured\n{cell}"
            self._execute(cell, False)
        return INERT

    def magic(self, text: str) -> Any:
        """Run a line magic in the syntax of old nbconvert versions."""
        name, _, line = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def run_cell(self, text: str, *_: Any, **__: Any) -> Any:
        """Run text as a cell."""
        return self._execute(text, False)

    ex = run_cell

    def ev(self, text: str) -> Any:
        """Return the value of an expression."""
        return self._execute(text, True)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT


def module_name(file: str) -> str:
    """Return the name under which a file written by a notebook can be imported.

    >>> module_name("./layers.py")
    'layers'
    """
    return posixpath.normpath(file).removesuffix(".py").replace("/", ".")


def modules_of(files: Iterable[str]) -> list[str]:
    """Return the files that can be imported; a folder of modules is a package.

    >>> modules_of(["helper.py", "tools/text.py", "rain.csv", "2019/old.py"])
    ['helper.py', 'tools/text.py']
    """
    return [
        file
        for file in files
        if file.endswith(".py") and all(map(str.isidentifier, module_name(file).split(".")))
    ]
