"""Places in a function's syntax tree where an edit can be made, and their names in a sentence.

for slot in slots(function):            # every expression, with what holds it
    yield replaced(function, slot, new, "`b2` were not added", "Which terms belong to this sum?")
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

Function = ast.FunctionDef


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit of a syntax tree, made in place and taken back."""

    home: str
    """The function in which it is made."""
    clause: str
    question: str
    do: Callable[[], None]
    undo: Callable[[], None]


@dataclass(frozen=True, eq=False)
class Slot:
    """A place that holds an expression: a field of ``owner``, or one item of a field."""

    owner: Any
    name: str
    index: int
    node: ast.expr

    def put(self, new: ast.expr) -> None:
        """Put an expression there."""
        if self.index < 0:
            setattr(self.owner, self.name, new)
        else:
            getattr(self.owner, self.name)[self.index] = new


def slots(function: Function) -> Iterator[Slot]:
    """Yield every expression of a function with the place that holds it."""
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
    """Give every new node the line of the one that it replaces: nothing is compiled without."""
    for node in ast.walk(new):
        if isinstance(node, (ast.expr, ast.stmt, ast.arg, ast.keyword)) and not hasattr(
            node, "lineno"
        ):
            ast.copy_location(node, old)


def replaced(function: Function, slot: Slot, new: ast.expr, clause: str, question: str) -> Edit:
    """Return the edit that puts ``new`` in the place of an expression."""
    old = slot.node
    located(new, old)
    return Edit(function.name, clause, question, lambda: slot.put(new), lambda: slot.put(old))


# --- naming -------------------------------------------------------------------------------------


@lru_cache(64)
def _places(function: Function) -> dict[int, str]:
    """Return for each node, by its id, in which value it stands: " in `db1`"."""
    found: dict[int, str] = {}
    for node in reversed(list(ast.walk(function))):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if not isinstance(name, ast.Tuple):
                    where = f" in {quoted(name)}" if _short(name) not in ("", UNNAMED) else ""
                    found |= {id(each): where for each in ast.walk(value)}
    tables = {
        id(node.value): said(node.targets[0])
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and not is_private(node.targets[0])
    }
    for node in reversed(list(ast.walk(function))):
        if isinstance(node, ast.Dict):
            of = f" of `{tables[id(node)]}`" if id(node) in tables else ""
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    nodes = list(ast.walk(value))
                    is_choice = any(isinstance(each, ast.Lambda) for each in nodes)
                    where = f" (for {key.value!r})" if is_choice else f" in `{key.value!s}`{of}"
                    found |= {id(each): where for each in nodes}
    return found


def within(function: Function, node: ast.AST) -> str:
    """Say in which value of a function a node stands, or ''."""
    return _places(function).get(id(node), "")


def placed(text: str, where: str) -> str:
    """Add the place of an edit to its description, unless that names it already."""
    return text if where.removeprefix(" in ") in text else text + where


class Indexed(NamedTuple):
    """An expression inside the brackets of a value: an index, or where a slice begins or ends."""

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
    """Return the value that a node is part of an index of, or None."""
    return _indices(function).get(id(node))


_PRIVATE: Final = "_is_private"
_KNOWN: Final = "_known_names"
_MADE_BY: Final = "_made_by"
UNNAMED: Final = "one value"
"""Stands for an expression that has no name which readers know."""
_IN_WORDS: Final = ("what", "one ", "the ")


def note_private(tree: ast.Module, known: Set[str] | None) -> None:
    """Note which names of a solution its readers do not know: no sentence may speak of them.

    Args:
        tree: The solution.
        known: The names that they know; all if None.
    """
    if known is None:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Constant(value=str() as name):
                setattr(node, _PRIVATE, name not in known)
            case ast.FunctionDef():
                setattr(node, _KNOWN, known)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _note_makers(node)


def _note_makers(function: Function) -> None:
    """Note for each unknown name of a function the expression of known names that makes it."""
    made: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            for name in targets(node):
                made.setdefault(name, []).append(node.value)
    for node in ast.walk(function):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        values = made.get(node.id, [])
        inner = [each for value in values for each in ast.walk(value) if isinstance(each, ast.Name)]
        if is_private(node) and len(values) == 1 and inner and not any(map(is_private, inner)):
            setattr(node, _MADE_BY, values[0])


def is_private(node: ast.AST) -> bool:
    """Return whether a name, or a key, is one that readers do not know."""
    return getattr(node, _PRIVATE, False)


def variable(function: Function, name: str, kind: str = "variable") -> str:
    """Return a name in quotes; "one variable" where readers do not know it.

    Args:
        function: Where the name stands.
        name: The name.
        kind: What to call it where it is unknown.
    """
    known: Set[str] | None = getattr(function, _KNOWN, None)
    return f"`{name}`" if known is None or name in known else f"one {kind}"


def said(node: ast.AST, depth: int = 0) -> str:
    """Name an expression in words that give no formula away.

    >>> said(ast.parse("params['b2']", mode="eval").body)
    'b2'
    >>> said(ast.parse("h @ U + x @ W + b", mode="eval").body)
    'what is computed from `b`, `h` and `U`'
    """
    short = _short(node) or _made(node, depth)
    if short:
        return short
    names = [
        said(each)
        for each in ast.walk(node)
        if isinstance(each, ast.Name)
        and not is_private(each)
        and each.id not in ("np", "math", "params", "cache", "len")
    ]
    known = [f"`{name}`" for name in dict.fromkeys(names)][:3]
    listed = " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)
    return f"what is computed from {listed}" if known else UNNAMED


def _short(node: ast.AST) -> str:
    """Name a variable, a number or an entry of a dict; '' for anything else."""
    match node:
        case ast.Name(id=name):
            made = getattr(node, _MADE_BY, None)
            return said(made) if made is not None else UNNAMED if is_private(node) else name
        case ast.Constant(value=value):
            return repr(value)
        case ast.List(elts=[only]):
            return _short(only)
        case ast.Subscript(slice=ast.Constant(value=str() as key) as text):
            return UNNAMED if is_private(text) else key
        case ast.Subscript(slice=ast.JoinedStr(values=[ast.Constant(value=str() as key), *_])):
            return f"{key}k"
        case ast.Subscript(slice=ast.BinOp(left=ast.Constant(value=str() as key))):
            return f"{key}k"
        case ast.Subscript(value=value):
            return _short(value)
    return ""


def _made(node: ast.AST, depth: int) -> str:
    """Name a simple expression, such as a function of a variable; '' for anything else."""
    match node:
        case ast.Attribute(value=value, attr="T"):
            return _of("{}.T", value, depth)
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=function) if is_private(function):
            return ""
        case ast.Call(func=function, args=[first, *_]) if depth < 2:
            return _of(called(function) + "({})", first, depth + 1) or f"{called(function)}(...)"
        case ast.Call(func=ast.Attribute(value=value, attr=method), args=[]) if depth < 2:
            return _of(method + "({})", value, depth + 1) or f"{method}(...)"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _of("-{}", operand, depth)
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=right):
            return _of("1 - {}", right, depth)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            return _of("{}^" + str(power), left, depth)
        case ast.BinOp(op=ast.Mult() | ast.MatMult(), left=left, right=right) if depth < 1:
            sides = [side for each in (right, left) if (side := _short(each) or _made(each, 1))]
            named = [side for side in sides if not side.startswith(_IN_WORDS)]
            return f"the term with `{named[0]}`" if named else ""
    return ""


def _of(form: str, inner: ast.AST, depth: int) -> str:
    """Name a form of an expression that has a name; '' for one that is only described."""
    name = said(inner, depth)
    return "" if name.startswith(_IN_WORDS) else form.format(name)


def quoted(node: ast.AST, kind: str = "value") -> str:
    """Name an expression, in quotes where that is code; "one term" for a nameless one.

    Args:
        node: The expression.
        kind: What to call it where it has no name that readers know.
    """
    name = said(node)
    if name == UNNAMED:
        return f"one {kind}"
    return name if name.startswith(_IN_WORDS) else f"`{name}`"


def the(noun: str, node: ast.AST, link: str = "") -> str:
    """Name a part of a formula: "the factor `o`", or "one factor" where the other has no name.

    Args:
        noun: What it is: "factor", "minus sign".
        node: The expression that it is, or that it stands beside.
        link: How it stands beside it: "before".
    """
    name = said(node)
    if name == UNNAMED or (not link and name.startswith("the ")):
        return f"one {noun}"
    if link:
        return f"the {noun} {link} {quoted(node)}"
    if name.startswith("what "):
        return f"the {noun} that {name.removeprefix('what ')}"
    return f"the {noun} `{name}`"


def called(node: ast.AST) -> str:
    """Name a function that is called."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return "f"


# --- the names of a function --------------------------------------------------------------------


def names(function: Function) -> list[str]:
    """Return the parameters and the names that a function assigns."""
    found = [argument.arg for argument in function.args.args]
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


@lru_cache(64)
def first_lines(function: Function) -> dict[str, int]:
    """Return the line from which on each name of a function has a value."""
    found = {argument.arg: 0 for argument in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
    return found


@lru_cache(64)
def roles(function: Function) -> dict[str, str]:
    """Return what each name of a function is: a dict, a function, a count, or a value."""
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
    """Return what a loop runs over: counts or keys; '' for anything else."""
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
    """Note in each function with a cache for an argument which keys the module's caches have."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    keys: list[str] = []
    for node in (each for function in functions for each in ast.walk(function)):
        match node:
            case ast.Return(value=ast.Tuple(elts=[*_, ast.Dict(keys=found)])):
                keys += [str(key.value) for key in found if isinstance(key, ast.Constant)]
    for function in functions:
        setattr(function, _KEPT, list(dict.fromkeys(keys)))


def kept(function: Function) -> tuple[str, list[str]] | None:
    """Return the name of a function's argument for a cache, and the keys of caches; or None."""
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
