"""Recognise the unchanged stub: students sometimes submit the notebook as it was released.

Programs are compared as syntax trees, so comments, blank lines and quotes do not matter. Statements
that define nothing are ignored: docstrings, calls at the end, demo cells, the self-check.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable

from grader.notebook import Cell, NotebookError, read_source, without_demos

MAX_COMPARED = 128 * 1024
"""Characters of a program to compare; parsing some longer texts takes quadratic time."""

Code = tuple[str, ...]


def matcher(stub: bytes) -> Callable[[Iterable[Cell]], bool]:
    r"""Return a function that recognises the stub's cells without any additions.

    >>> untouched = matcher(b"def relu(z):\n    raise NotImplementedError\n")
    >>> untouched([Cell("", "# mine\ndef relu(z):\n  raise NotImplementedError\nrelu(3)")])
    True
    >>> untouched([Cell("", "def relu(z):\n    return z * (z > 0)")])
    False
    """
    try:
        text = "\n".join(cell.source for cell in read_source("stub.py", stub))
    except NotebookError:
        text = ""
    if not text.strip():
        return lambda cells: False
    released = code(text)

    def untouched(cells: Iterable[Cell]) -> bool:
        source = "\n".join(cell.source for cell in cells)
        gaps = source.count("NotImplementedError") >= text.count("NotImplementedError")
        return gaps and released is not None and code(source) == released

    return untouched


def code(source: str) -> Code | None:
    """Return the definitions as text that equal programs share; None if it cannot be parsed."""
    if len(source) > MAX_COMPARED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(without_demos(source))
        return tuple(_canonical(node) for node in tree.body if _defines(node))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "grader":
        return False
    return not isinstance(node, ast.Expr)


def _canonical(node: ast.stmt) -> str:
    """Return the statement as text without its docstrings."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner.body = [
                line
                for line in inner.body
                if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return ast.dump(node)
