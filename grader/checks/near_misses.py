"""Recognise answers in nearly the expected form: similar names, extra or missing axes.

The names come from the syntax tree of the student's file, which is read in this process; the worker
is only asked for the values under these names.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from msgspec import Struct

from grader.checks import compare
from grader.checks.answers import Asked
from grader.checks.arrays import Path, at, leaves
from grader.checks.case import Case
from grader.checks.failure import Failure
from grader.checks.reference import Module
from grader.sandbox.faults import StudentError
from grader.sandbox.guest import refusals
from grader.sandbox.student import Answer, Refused

_AROUND: Final = re.compile(r"^(d|d_|grad_|g_|delta_|dL_?d?_?|D)?(.+?)(_grad|_g|_d)?$")
MOST_NAMES: Final = 4
_QUESTIONS: Final = {
    "none": "Does every way through the function end with a `return`?",
    "no-gradient": "Which step of the computation does automatic differentiation not see?",
    "wants-none": "How does a module learn that a tensor is one of its parameters?",
    "lost-gradient": "What does `backward` return for each input of `forward`?",
}
_SHOWN: Final = {
    "none": "None",
    "complex": "complex numbers",
    "string": "text",
    "date": "dates",
    "ragged": "rows of different lengths",
    "masked": "an array with masked entries",
    "not-dict": "something other than a dict",
    "not-pair": "something other than such a tuple",
    "float32": "float32 numbers",
    "not-float64": "numbers that are not float64",
    "not-finite": "NaN or infinity",
    "no-gradient": "no gradient",
    "wants-none": "no gradient",
    "lost-gradient": "no gradient",
}


class NearMiss(Struct, frozen=True):
    """A value found under another name or in another form than expected."""

    sentence: str
    question: str
    shown: str = ""
    names: tuple[str, ...] = ()


NEAR_CREDIT: Final = 0.8
"""The share for right values under a similar name, or with extra or missing axes of length 1."""


def share(failure: Failure) -> float:
    """Return the share for right values in nearly the right form; 0 for anything else."""
    reference = failure.asked.reference
    for case, answer in zip(failure.cases, failure.answers, strict=True):
        for path, right in reference.expected(case)[1].items():
            if path[: len(failure.path)] != failure.path:
                continue
            got = at(answer.value, path)
            if isinstance(got, Refused) and got.reason == "missing":
                if not _right_under(reference, failure.asked, case, path, right):
                    return 0.0
            elif not isinstance(got, np.ndarray) or not _is_right_but_for_axes(got, right):
                return 0.0
            elif got.shape == right.shape and compare.fault(
                got, right, reference.expected(case)[2][path],
                floor=case.floor, tolerance=case.tolerance,
            ):  # fmt: skip
                return 0.0  # the form is right, but the last digits are wrong
    return NEAR_CREDIT


def _right_under(
    reference: Module, asked: Asked, case: Case, path: Path, right: np.ndarray
) -> bool:
    """Return whether a similar key holds the right value."""
    return any(
        _is_right_but_for_axes(value, right)
        for value in values_near(reference, asked, case, path).values()
    )


def _is_right_but_for_axes(got: np.ndarray, right: np.ndarray) -> bool:
    if [size for size in got.shape if size != 1] != [size for size in right.shape if size != 1]:
        return False
    return _is_right(got.reshape(right.shape), right)


def said(reference: Module, asked: Asked, case: Case, answer: Answer) -> NearMiss | None:
    """Describe the nearly right form of an answer; return None if there is none."""
    refused = [(path, leaf) for path, leaf in leaves(answer.value) if isinstance(leaf, Refused)]
    if not refused:
        return None
    function = case.function
    for path, leaf in refused if refused[0][1].reason == "missing" else ():
        missing = str(path[-1])
        names = found_keys(reference, asked, case, path) if leaf.reason == "missing" else []
        if names:
            return NearMiss(
                f"{function}: `{missing}` is missing; you return `{names[0]}`: "
                f"did you mean `{missing}`?",
                f"Under which names does the docstring of {function} ask for its results?",
                f"`{names[0]}`, and no `{missing}`",
                tuple(names),
            )
    path, leaf = refused[0]
    if leaf.reason == "missing":
        missing = str(path[-1])
        return NearMiss(
            f"{function}: `{missing}` is missing from the result.",
            f"Which keys does the docstring of {function} list?",
            f"no `{missing}`",
        )
    where = "the result" if not path else f"`{_label(path)}`"
    reason = refusals.REASONS.get(leaf.reason, "cannot be read")
    return NearMiss(
        f"{function}: {where} {reason}.",
        _QUESTIONS.get(leaf.reason, f"What does the docstring of {function} say it returns?"),
        _SHOWN.get(leaf.reason, "something that cannot be read"),
    )


def _label(path: Path) -> str:
    return str(path[-1]) if isinstance(path[-1], str) else f"value {int(path[-1]) + 1}"


def found_keys(reference: Module, asked: Asked, case: Case, path: Path) -> list[str]:
    """Return the student's keys with a value for the missing ``path``, right values first."""
    right = reference.expected(case)[1].get(path)
    held = values_near(reference, asked, case, path)
    return sorted(held, key=lambda name: not _is_right(held[name], right))


def values_near(reference: Module, asked: Asked, case: Case, path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an answer under names similar to the last key of ``path``."""
    names = similar(str(path[-1]), strings(source_of(asked)))[:MOST_NAMES]
    if not names:
        return {}
    want: Any = dict.fromkeys(names, "number")
    for key in reversed(path[:-1]):
        whole = reference.want(case)
        want = [want if i == key else "held" for i in range(len(whole))]
    try:
        [answer] = asked.student.call([asked.call_for(case, want)])
    except StudentError:
        return {}
    value = at(answer.value, path[:-1])
    if not isinstance(value, dict):
        return {}
    return {name: value[name] for name in names if isinstance(value.get(name), np.ndarray)}


def _is_right(got: np.ndarray, right: np.ndarray | None) -> bool:
    if right is None or got.shape != right.shape:
        return False
    return not compare.fault(got, right, float(np.abs(right).max(initial=0.0)))


def similar(missing: str, names: Sequence[str]) -> list[str]:
    """Return names that equal the missing one apart from a prefix or suffix, or nearly equal it.

    >>> similar("W2", ["dW2", "W1", "grad_W2", "y"])
    ['dW2', 'grad_W2']
    """
    core = missing.lower()
    found = []
    for name in names:
        match = _AROUND.match(name)
        if name != missing and match and match[2].lower() == core:
            found.append(name)
    close = difflib.get_close_matches(missing, [n for n in names if n != missing], 2, 0.75)
    if len(missing) > 2:
        found += [name for name in close if name not in found]
    return found


def source_of(asked: Asked) -> str:
    """Return the source of a student's file, all cells."""
    return "\n".join(source for _, source in asked.student.program.cells)


@lru_cache(8)
def tree_of(source: str) -> ast.Module:
    """Return the syntax tree of a student's file, which must not be changed."""
    return parsed(source)


def parsed(source: str) -> ast.Module:
    """Return a new syntax tree of a student's file; an empty one if it cannot be parsed."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def strings(source: str) -> list[str]:
    """Return the names written as strings or keywords in a file."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.isidentifier() and len(node.value) <= 40:
                found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found += _expanded(node)
        elif isinstance(node, ast.keyword) and node.arg:
            found.append(node.arg)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            found += _sum(node)
    return list(dict.fromkeys(found))


def _expanded(node: ast.JoinedStr) -> Iterator[str]:
    head = node.values[0] if node.values else None
    if isinstance(head, ast.Constant) and isinstance(head.value, str) and head.value.isidentifier():
        for number in range(1, 13):
            yield f"{head.value}{number}"


def _sum(node: ast.BinOp) -> Iterator[str]:
    head = node.left.value if isinstance(node.left, ast.Constant) else None
    if isinstance(head, str) and head.isidentifier():
        for letter in ("f", "i", "g", "o", "1", "2", "W1", "b1", "W2", "b2"):
            yield f"{head}{letter}"


def class_with(functions: Sequence[str], source: str) -> str:
    """Return a sentence about a class that has these functions as methods, or ''."""
    for node in tree_of(source).body:
        if isinstance(node, ast.ClassDef):
            methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            found = [name for name in functions if name in methods]
            if found:
                return (
                    f"Your file has a class {node.name} with {' and '.join(found[:3])}; the exercise "
                    "needs functions outside a class."
                )
    return ""


def undefined(function: str, source: str) -> str:
    """Return a sentence about what a file has instead of a missing function, or ''."""
    tree = tree_of(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    top = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            if function in methods:
                return (
                    f"{function} is not defined in your file; you have a class {node.name} with "
                    f"a method {function}. The exercise needs a function {function} outside a class."
                )
    inner = [each.name for each in functions if each.name not in top]
    if function in inner:
        return (
            f"{function} is not defined at the top level of your file; it is defined inside "
            "another function, where nothing else can call it."
        )
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    near = _near(function, [*top, *classes])
    if near is not None:
        return (
            f"{function} is not defined in your file; you define {near}: did you mean {function}?"
        )
    return ""


def undefined_together(functions: Sequence[str], source: str) -> str:
    """Return a sentence about what a file has instead of several missing functions, or ''."""
    tree = tree_of(source)
    top = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if said := class_with(functions, source):
        return said
    near = {function: name for function in functions if (name := _near(function, top))}
    if near:
        return f"You define {', '.join(near.values())}: did you mean {', '.join(near)}?"
    inner = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if inner.issuperset(functions):
        return "They are defined inside another function, where nothing else can call them."
    return ""


def _near(function: str, names: Sequence[str]) -> str | None:
    """Return the name that is probably a misspelling of a function's name, or None."""
    folded = {name.lower().replace("_", ""): name for name in names}
    near = folded.get(function.lower().replace("_", ""))
    if near is None:
        near = next(iter(difflib.get_close_matches(function, names, 1, 0.8)), None)
    return near or next((name for name in names if name.startswith(f"{function}_")), None)
