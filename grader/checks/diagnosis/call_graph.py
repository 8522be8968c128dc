"""Read in a student's text which functions of the file lead to which.

called(source, "train")     # {"forward", "loss"}: the functions that it calls, directly or not
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from grader.checks.near_misses import tree_of

Function = ast.FunctionDef | ast.AsyncFunctionDef


def reached(start: Function, known: Mapping[str, Function]) -> list[Function]:
    """Return a function and those of the file that it calls, directly or not."""
    found = [start]
    for function in found:
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        found += [known[name] for name in sorted(names & known.keys()) if known[name] not in found]
    return found


def called(source: str, function: str) -> set[str]:
    """Return the names of the functions of a file that one of them leads to."""
    known = {node.name: node for node in tree_of(source).body if isinstance(node, Function)}
    if function not in known:
        return set()
    return {each.name for each in reached(known[function], known)} - {function}
