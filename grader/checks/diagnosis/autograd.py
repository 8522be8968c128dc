"""Find a backward that uses automatic differentiation instead of a derivation by hand.

    calls(source)     # {"ReLU": 12}: the function or class, and the line of the call

The values of such a backward are right, so it can be found only in the source. The source is parsed
in this process; a call counts if it is in a backward, or in a function that a backward calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from grader.checks.diagnosis.call_graph import Function, reached
from grader.checks.near_misses import tree_of

MISTAKE: Final = "autograd-in-backward"
FRAMEWORKS: Final = ("torch", "jax", "autograd")
_CALLS: Final = frozenset(
    "grad value_and_grad vjp jvp jacrev jacfwd jacobian backward elementwise_grad".split()
)


def is_possible(source: str) -> bool:
    """Return whether a file may contain such a call at all; a fast search in its text."""
    return any(name in source for name in FRAMEWORKS) and (
        "grad(" in source or ".backward(" in source or "vjp(" in source or "jac" in source
    )


def calls(source: str) -> dict[str, int]:
    """Return the functions and classes whose backward calls autograd, with the line of the call."""
    tree = tree_of(source)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = {node.name: node for node in tree.body if isinstance(node, Function)}
    found: dict[str, int] = {}
    for name, backward in _backwards(tree):
        lines = [
            call.lineno
            for function in reached(backward, known)
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and _is_autograd(call, classes)
        ]
        if lines:
            found[name] = min(lines)
    return found


def _backwards(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Yield each function or method that is a backward, with the name of its function or class."""
    for node in tree.body:
        if isinstance(node, Function) and "backward" in node.name:
            yield node.name, node
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, Function) and inner.name in ("backward", "vjp"):
                yield _name(node), inner


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, ast.ClassDef) else ""


def _is_autograd(call: ast.Call, classes: set[str]) -> bool:
    """Return whether a call computes a derivative, and is not a method of the file itself."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in _CALLS - {"backward"}
    if not isinstance(function, ast.Attribute) or function.attr not in _CALLS:
        return False
    owner = function.value
    is_own = isinstance(owner, ast.Name) and owner.id in {*classes, "self", "cls"}
    return not is_own and not (isinstance(owner, ast.Call) and _is_super(owner))


def _is_super(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "super"
