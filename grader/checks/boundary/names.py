"""The names that a program's source defines, read from its syntax tree in this process.

names_of(program).functions       # {"relu", "Value"}
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache

from msgspec import Struct

from grader.sandbox.student import Program

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = _Function | ast.ClassDef


class Names(Struct, frozen=True):
    """The names that a program defines."""

    functions: frozenset[str]
    """Top-level functions without decorators and classes without bases, bound only once."""
    classes: frozenset[str]
    methods: frozenset[str]
    """Methods without decorators whose names the program does not also set as attributes."""


@lru_cache(maxsize=64)
def names_of(program: Program) -> Names:
    """Return the names that a program's source defines."""
    tree = tree_of(program.texts)
    nodes = list(ast.walk(tree))
    top = [each for each in tree.body if _is_plain(each)]
    kinds = [each for each in nodes if isinstance(each, ast.ClassDef)]
    classes = {each.name for each in kinds}
    own = [each for kind in kinds for each in kind.body if isinstance(each, _Function)]
    methods = {each.name for each in own if not each.decorator_list}
    decorated = {each.name for each in own if each.decorator_list}
    bound = set(_bound(nodes))
    named = [each.name for each in top if isinstance(each, _Named)]
    once = {name for name in named if named.count(name) == 1}
    return Names(
        frozenset(once - bound), frozenset(classes), frozenset(methods - decorated - bound)
    )


def place_of(value: object) -> tuple[str, str] | None:
    """Return the module and the name under which it defines a function or class, or None."""
    module = getattr(value, "__module__", None) or "numpy"
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not (callable(value) and isinstance(module, str) and isinstance(name, str)):
        return None
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def tree_of(cells: tuple[tuple[str, str], ...]) -> ast.Module:
    """Return the syntax tree of all cells; a cell that is not valid Python is left out."""
    whole = ast.Module([], [])
    for _, source in cells:
        try:
            whole.body += ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return whole


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, _Function):
        return not node.decorator_list
    return isinstance(node, ast.ClassDef) and not (
        node.decorator_list or node.bases or node.keywords
    )


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield every name and attribute that an assignment, loop or import binds."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield node.attr
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
