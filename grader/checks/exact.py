"""Compare exact answers: plain values of any type, as a plain test compares with ``approx``.

    Case("split", "a,b", exact=True)      # expects a list of two strings, not a tuple or an array

A list, a tuple and an array are different; so are 1, 1.0 and True if an int is expected. A dict may
not have extra keys. Numbers that are not whole may differ by the case's tolerance.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, Final

import numpy as np

from grader.checks import arrays
from grader.checks.arrays import ROUNDING, Path
from grader.checks.boundary.approx import approx
from grader.checks.case import Case
from grader.sandbox.guest import exact, refusals
from grader.sandbox.student import Answer, Exact, Refused

KINDS: Final = {
    list: "list", tuple: "tuple", dict: "dict", set: "set", frozenset: "frozenset", str: "text",
    bytes: "bytes", bool: "truth value", int: "whole number", float: "number",
    complex: "complex number", np.ndarray: "array", type(None): "None",
}  # fmt: skip
"""The names of types in messages."""


class ObjectError(TypeError):
    """The solution's answer is not plain or too large, so its case cannot be exact."""


def read(value: Any) -> Exact:
    """Return an answer computed in this process in the same form as a worker's answer.

    Raises:
        ObjectError: The answer is, or holds, an object: the case cannot be exact.
    """
    has_tables = "pandas" in sys.modules
    if has_tables:
        importlib.import_module("grader.sandbox.guest.frames")
    packed = exact.answer(value)
    if isinstance(packed, str):
        raise ObjectError(f"what the solution returns {refusals.REASONS[packed]}")
    return Exact(exact.rebuilt(packed[0], has_tables))


def fault(case: Case, answer: Any, right: Any, path: Path, label: str) -> str:
    """Return a message about the part of an answer at ``path``, or '' if it is right.

    Args:
        case: The case, for its tolerance and floor.
        answer: The student's answer.
        right: The reference's answer.
        path: The keys and indices that lead to the part.
        label: The name of the part in the message.
    """
    for got, want in zip(_parts(answer, path), _parts(right, path), strict=False):
        if isinstance(got, Refused):
            return f"{label} {refusals.REASONS.get(got.reason, 'cannot be read')}"
        if approx(want, rtol=case.tolerance, atol=case.floor) != got:
            return f"{label} {difference(got, want)}"
    return ""


def difference(got: Any, want: Any) -> str:
    """Describe the difference between two values without revealing the expected one."""
    mine, theirs = (KINDS.get(type(each), "") for each in (got, want))
    if got is None:
        return refusals.REASONS["none"]
    if not theirs:
        return "is not the expected value"
    if mine != theirs and not _will_do(got, want):
        return f"should be {_article(theirs)}{f'; it is {_article(mine)}' if mine else ''}"
    return f"is not the expected {theirs}"


def is_same(one: Any, other: Any) -> bool:
    """Return whether the exact values of two answers of a function are equal within rounding."""
    first, second = dict(values_of(one)), dict(values_of(other))
    return first.keys() == second.keys() and all(
        approx(first[path], rtol=ROUNDING) == second[path] for path in first
    )


def says_something(answers: Sequence[Answer]) -> bool:
    """Return whether a function's exact answers differ, or one answer has different parts."""
    values = [value for answer in answers for _, value in values_of(answer.value)]
    return any(approx(values[0]) != value for value in values) or any(map(_varies, values))


def adds_something(answer: Any, args: Sequence[Any]) -> bool:
    """Return whether an exact answer contains more than one of the arguments unchanged."""
    return any(not any(approx(value) == given for given in args) for _, value in values_of(answer))


def _varies(value: Any) -> bool:
    if isinstance(value, Mapping):
        value = list(value.items())
    if not isinstance(value, (str, bytes, list, tuple, Set)):
        return False
    parts = list(value)
    return any(approx(parts[0]) != part for part in parts)


def values_of(answer: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the exact values in an answer, with their paths."""
    for path, leaf in arrays.leaves(answer):
        if isinstance(leaf, Exact):
            yield path, leaf.value


def _parts(answer: Any, path: Path) -> list[Any]:
    """Return the values at ``path``; several if that is a whole answer with a cache."""
    above = arrays.at(answer, path[:1]) if isinstance(answer, list) else answer
    rest = path[1:] if isinstance(answer, list) else path
    found = [leaf for _, leaf in arrays.leaves(above)]
    return [_inside(leaf.value, rest) if isinstance(leaf, Exact) else leaf for leaf in found]


def _inside(value: Any, path: Path) -> Any:
    for key in path:
        try:
            value = value[key]
        except (TypeError, LookupError):
            return Refused("missing")
    return value


def _will_do(got: Any, want: Any) -> bool:
    """Return whether a number of one type is accepted where another type is expected."""
    accepted = {float: (int,), complex: (int, float)}
    return type(got) in accepted.get(type(want), ())


def _article(kind: str) -> str:
    return kind if kind in ("None", "text", "bytes") else f"a{'n' * (kind[:1] in 'aeiou')} {kind}"
