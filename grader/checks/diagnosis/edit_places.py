"""Places in a function's syntax tree where an edit can be made.

for slot in slots(function):       # every expression, with its place
    yield replaced(function, slot, new, "`b2` were not added", "Which terms belong to this sum?")
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

from msgspec import Struct

Function = ast.FunctionDef


class Edit(Struct, frozen=True, eq=False):
    """One edit of a syntax tree, which can be made in place and undone."""

    home: str
    """The function that it changes."""
    clause: str
    question: str
    do: Callable[[], None]
    undo: Callable[[], None]
    at: ast.AST | None = None
    """A node of the only statement that it changes or replaces; None if it changes several."""


class Slot(Struct, frozen=True, eq=False):
    """The place of an expression: a field of ``owner``, or one item of a field."""

    owner: Any
    name: str
    index: int
    node: ast.expr

    def put(self, new: ast.expr) -> None:
        """Replace the expression at this place."""
        if self.index < 0:
            setattr(self.owner, self.name, new)
        else:
            getattr(self.owner, self.name)[self.index] = new


def slots(function: Function) -> Iterator[Slot]:
    """Yield every expression of a function with its place."""
    for owner in ast.walk(function):
        if owner is function.args:
            continue
        for name, value in ast.iter_fields(owner):
            if owner is function and name != "body":
                continue
            if isinstance(value, ast.expr):
                yield Slot(owner, name, -1, value)
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        yield Slot(owner, name, index, item)


def located(new: ast.AST, old: ast.AST) -> None:
    """Give every new node the line of the node that it replaces, as the compiler requires."""
    for node in ast.walk(new):
        if isinstance(node, (ast.expr, ast.stmt, ast.arg, ast.keyword)) and not hasattr(
            node, "lineno"
        ):
            ast.copy_location(node, old)


def replaced(function: Function, slot: Slot, new: ast.expr, clause: str, question: str) -> Edit:
    """Return the edit that replaces an expression by ``new``."""
    old = slot.node
    located(new, old)
    do, undo = partial(slot.put, new), partial(slot.put, old)
    return Edit(function.name, clause, question, do, undo, slot.owner)


class Indexed(NamedTuple):
    """An expression inside the brackets of a value: an index, or one end of a slice."""

    value: ast.expr
    part: str


@lru_cache(64)
def _indices(function: Function) -> dict[int, Indexed]:
    found: dict[int, Indexed] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Subscript):
            continue
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            for word, end in _ends(part):
                for each in ast.walk(end) if end is not None else ():
                    found.setdefault(id(each), Indexed(node.value, word))
    return found


def _ends(part: ast.expr) -> list[tuple[str, ast.expr | None]]:
    if isinstance(part, ast.Slice):
        return [("begin", part.lower), ("end", part.upper)]
    return [("", part)]


def indexed(function: Function, node: ast.AST) -> Indexed | None:
    """Return the value in whose index a node occurs, or None."""
    return _indices(function).get(id(node))


def called(node: ast.AST) -> str:
    """Return the name of a called function."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return "f"


# --- the names of a function --------------------------------------------------------------------


def names(function: Function) -> list[str]:
    """Return a function's parameters and the names that it assigns."""
    found = [argument.arg for argument in function.args.args]
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


@lru_cache(64)
def first_lines(function: Function) -> dict[str, int]:
    """Return the line at which each name of a function first has a value."""
    found = {argument.arg: 0 for argument in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
    return found


@lru_cache(64)
def roles(function: Function) -> dict[str, str]:
    """Return the role of each name of a function: a dict, a function, a count, or a value."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if _is_text(key):
                found[name] = "dict"
            case ast.Call(func=ast.Name(id=name)):
                found[name] = "function"
            case (
                ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source)
            ):
                kind = _element(source)
                for each in ast.walk(target):
                    if kind and isinstance(each, ast.Name):
                        found.setdefault(each.id, kind)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items" | "keys")):
                found[name] = "dict"
    return found


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=ast.Constant(value=str())):
            return True
    return False


def _element(source: ast.expr) -> str:
    """Return what a loop iterates over: counts or keys; '' for anything else."""
    while isinstance(source, ast.Call) and called(source.func) in ("reversed", "sorted"):
        source = source.args[0]
    match source:
        case ast.Call(func=ast.Name(id="range")):
            return "count"
        case ast.Constant(value=str()):
            return "key"
    return ""


_KEPT = "_kept_keys"


def note_kept(tree: ast.Module) -> None:
    """Record the keys of the module's caches in each function that takes a cache."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    keys: list[str] = []
    for node in (each for function in functions for each in ast.walk(function)):
        match node:
            case ast.Return(value=ast.Tuple(elts=[*_, ast.Dict(keys=found)])):
                keys += [str(key.value) for key in found if isinstance(key, ast.Constant)]
    for function in functions:
        setattr(function, _KEPT, list(dict.fromkeys(keys)))


def kept(function: Function) -> tuple[str, list[str]] | None:
    """Return the name of a function's cache argument and the keys of caches, or None."""
    keys = getattr(function, _KEPT, [])
    name = next((each.arg for each in function.args.args if each.arg == "cache"), "")
    return (name, keys) if name and keys else None


def targets(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns."""
    if not isinstance(statement, (ast.Assign, ast.AugAssign)):
        return set()
    found = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return {
        each.id
        for target in found
        for each in ast.walk(target)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
