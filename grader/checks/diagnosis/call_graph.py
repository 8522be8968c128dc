"""Find in a student's source which functions call which.

called(source, "train")     # {"forward", "loss"}: the functions that it calls, directly or not
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from grader.checks.near_misses import tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


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
