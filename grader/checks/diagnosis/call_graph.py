"""Find in a student's source which functions call which.

called(source, "train")     # {"forward", "loss"}: the functions that it calls, directly or not
keeps_nothing(source, "relu")    # True: no call can leave anything behind for the next one
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from grader.checks.near_misses import tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
STATELESS: Final = frozenset({"numpy", "math"})
"""Modules whose functions leave nothing behind, apart from `_REMEMBERING`."""
_REMEMBERING: Final = frozenset(
    "random seterr seterrcall setbufsize set_printoptions globals locals vars setattr delattr exec "
    "eval compile open input breakpoint __import__".split()
)


def reached(start: Function, known: Mapping[str, Function]) -> list[Function]:
    """Return a function and the functions of the file that it calls, directly or indirectly."""
    found = [start]
    for function in found:
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        found += [known[name] for name in sorted(names & known.keys()) if known[name] not in found]
    return found


def called(source: str, function: str) -> set[str]:
    """Return the names of the functions that a function of the file calls, also indirectly."""
    return {each.name for each in _all(source, function)} - {function}


def code(source: str, function: str) -> str:
    """Return the source of a function and of the functions that it calls."""
    return "\n".join(map(ast.unparse, _all(source, function)))


def _all(source: str, function: str) -> list[Function]:
    known = {node.name: node for node in tree_of(source).body if isinstance(node, Function)}
    return reached(known[function], known) if function in known else []


def keeps_nothing(source: str, function: str) -> bool:
    """Return whether no call of a function can depend on earlier calls, as far as its names tell.

    It and the functions that it calls use their arguments, their own variables, each other, and
    modules without a state. Objects that callers keep, and pass again, are another matter.
    """
    code, top = _all(source, function), tree_of(source).body
    outside = [node for node in top if not isinstance(node, Function)]
    modules = {*_imported(outside)}
    called = {node.name for node in top if isinstance(node, Function)} - _stored(outside)
    called |= vars(builtins).keys() - _REMEMBERING
    is_closed = (each.name in called and _is_closed(each, called, modules) for each in code)
    return bool(code) and all(is_closed)


def _is_closed(function: Function, called: Set[str], modules: Set[str]) -> bool:
    """Return whether a function has no state, and uses no other names than its own and these.

    Args:
        function: The function.
        called: Names of functions, whose attributes it may not use.
        modules: Names of modules without a state, or of what was imported from them.
    """
    nodes = [*ast.walk(function)]
    functions = [node for node in nodes if isinstance(node, Function)]
    if any(isinstance(node, ast.Global | ast.Nonlocal | ast.ClassDef) for node in nodes):
        return False
    if any(_made_once(each) for each in functions):
        return False
    attributes = [node for node in nodes if isinstance(node, ast.Attribute)]
    if any(each.attr in _REMEMBERING or not isinstance(each.ctx, ast.Load) for each in attributes):
        return False
    own = {node.arg for node in nodes if isinstance(node, ast.arg)} | _stored([function])
    own |= {*modules, *_imported([function]), *(node.name for node in functions[1:])}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    opened = {each.value.id for each in attributes if isinstance(each.value, ast.Name)}
    return used <= own | called and opened <= own


def _made_once(function: Function) -> list[ast.expr]:
    """Return the decorators of a function, and the default values that are not constants."""
    defaults = [*function.args.defaults, *filter(None, function.args.kw_defaults)]
    others = [each for each in defaults if not isinstance(each, ast.Constant)]
    return [*function.decorator_list, *others]


def _stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that some code assigns or deletes."""
    names = [each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)]
    return {name.id for name in names if not isinstance(name.ctx, ast.Load)}


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that some code imports from modules without a state."""
    for node in itertools.chain.from_iterable(map(ast.walk, nodes)):
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if (module or alias.name) in STATELESS:
                yield alias.asname or alias.name
