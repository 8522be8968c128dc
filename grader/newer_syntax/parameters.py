"""Replace uses of type parameters in code from which their declarations were removed.

Annotations become strings; other uses create a type parameter on the spot.

def first(rows: list[T]): return cast(T, rows[0])
# def first(rows: 'list[T]'): return cast(typing.TypeVar('T'), rows[0])
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.newer_syntax.statements import Generic, Parameters

Edits = dict[tuple[int, int], str]
"""The replacement for each part of the text, by start and end."""


def without(text: str, tree: ast.Module, generic: Generic) -> str:
    """Return the text without uses of type parameters.

    Args:
        text: Python source without the brackets of its type parameters.
        tree: Its syntax tree.
        generic: The type parameters of functions and classes, by line and name.
    """
    edits: Edits = {}
    places = _Places(text)
    for node in ast.walk(tree) if generic else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            edits |= _edits(node, generic.get((node.lineno, node.name), {}), places)
    kept, at = [], 0
    for (begin, end), new in sorted(edits.items()):
        kept += [text[at:begin], new]
        at = end
    return "".join([*kept, text[at:]])


def _edits(node: ast.stmt, parameters: Parameters, places: _Places) -> Edits:
    """Return the edits in one function or class."""
    edits: Edits = {}
    quoted: set[ast.AST] = set()
    for annotation in _annotations(node) if parameters else ():
        inside = list(ast.walk(annotation))
        if any(isinstance(each, ast.Name) and each.id in parameters for each in inside):
            begin, end = place = places.of(annotation)
            lines = "\n" * places.text.count("\n", begin, end)
            said = repr(" ".join(places.text[begin:end].split("\n")))
            edits[place] = f"({said}{lines})" if lines else said
        quoted.update(inside)
    bound = set(_bound(node))
    for each in ast.walk(node) if parameters else ():
        if isinstance(each, ast.JoinedStr):
            quoted.update(ast.walk(each))  # nodes inside have no positions in Python 3.11
        if isinstance(each, ast.Name) and each not in quoted and each.id not in bound:
            made = parameters.get(each.id)
            edits |= {places.of(each): made} if made else {}
    return edits


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for each in ast.walk(node):
        found = [getattr(each, "annotation", None), getattr(each, "returns", None)]
        yield from (annotation for annotation in found if isinstance(annotation, ast.expr))


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that are redefined somewhere inside."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, ast.arg):
            yield each.arg


class _Places:
    """Finds the text of the nodes of a syntax tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.split("\n")
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line) + 1)

    def of(self, node: ast.expr) -> tuple[int, int]:
        """Return start and end of a node."""
        begin = self._offset(node.lineno, node.col_offset)
        return begin, self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        """Return the position of a column, which `ast` counts in bytes of UTF-8."""
        text = self._lines[line - 1]
        before = column if text.isascii() else len(text.encode()[:column].decode())
        return self._begins[line - 1] + before
