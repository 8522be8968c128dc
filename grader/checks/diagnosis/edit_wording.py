"""Describe the expressions and places of an edit to readers who have seen only the stub.

quoted(node)               # "`b2`", "what is computed from `X`", "one value"
the("factor", node)        # "the factor `o`", or "one factor" if it has no name
within(function, node)     # " in `db1`", or "" if readers do not know that name
"""

from __future__ import annotations

import ast
from collections.abc import Set
from functools import lru_cache
from typing import Final

from grader.checks.diagnosis.edit_places import Function, called, targets

_PRIVATE: Final = "_is_private"
_KNOWN: Final = "_known_names"
_MADE_BY: Final = "_made_by"
UNNAMED: Final = "one value"
"""Text for an expression without a name that readers know."""
_IN_WORDS: Final = ("what", "one ", "the ")


@lru_cache(64)
def _places(function: Function) -> dict[int, str]:
    """Return for each node, by id, the value in which it occurs: " in `db1`"."""
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
    """Return the value of a function in which a node occurs, as a phrase; or ''."""
    return _places(function).get(id(node), "")


def placed(text: str, where: str) -> str:
    """Append the place of an edit to its description, unless it is mentioned already."""
    return text if where.removeprefix(" in ") in text else text + where


def note_private(tree: ast.Module, known: Set[str] | None) -> None:
    """Record the names of a solution that its readers do not know; sentences must avoid them.

    Args:
        tree: The solution.
        known: The names that readers know; None for all.
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
    """Record for each unknown name an equivalent expression of known names."""
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
    """Return whether readers do not know a name or a key."""
    return getattr(node, _PRIVATE, False)


def variable(function: Function, name: str, kind: str = "variable") -> str:
    """Return a name in quotes, or "one variable" if readers do not know it.

    Args:
        function: The function in which the name occurs.
        name: The name.
        kind: The word to use if the name is unknown.
    """
    known: Set[str] | None = getattr(function, _KNOWN, None)
    return f"`{name}`" if known is None or name in known else f"one {kind}"


def said(node: ast.AST, depth: int = 0) -> str:
    """Describe an expression in words without revealing a formula.

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
    """Return the name of a variable, a number or a dict entry; '' for anything else."""
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
    """Describe a simple expression, such as a function of a variable; '' for anything else."""
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
    """Describe an expression of a certain form if its inner part has a name; else return ''."""
    name = said(inner, depth)
    return "" if name.startswith(_IN_WORDS) else form.format(name)


def quoted(node: ast.AST, kind: str = "value") -> str:
    """Describe an expression, in quotes if it is code; "one term" if it has no name.

    Args:
        node: The expression.
        kind: The word to use if the expression has no name that readers know.
    """
    name = said(node)
    if name == UNNAMED:
        return f"one {kind}"
    return name if name.startswith(_IN_WORDS) else f"`{name}`"


def the(noun: str, node: ast.AST, link: str = "") -> str:
    """Describe a part of a formula: "the factor `o`", or "one factor" without a name.

    Args:
        noun: The kind of part: "factor", "minus sign".
        node: The part itself, or an expression next to it.
        link: The position relative to that expression: "before".
    """
    name = said(node)
    if name == UNNAMED or (not link and name.startswith("the ")):
        return f"one {noun}"
    if link:
        return f"the {noun} {link} {quoted(node)}"
    if name.startswith("what "):
        return f"the {noun} that {name.removeprefix('what ')}"
    return f"the {noun} `{name}`"


def another(node: ast.AST) -> str:
    """Describe the right value after a wrong one has been mentioned."""
    name = quoted(node)
    return "another value" if name == UNNAMED else name


def pair_of(one: str, other: str, instead: str) -> str:
    """Describe two expressions, or return ``instead`` if one of them has no name."""
    return instead if UNNAMED in (one, other) else f"{one} and {other}"
