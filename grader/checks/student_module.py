"""A student's functions as a module in this process, for numeric gradients and mixed programs.

remote = Remote(asked)
a2, cache = remote.forward(params, X)      # a call over the pipe; an opaque cache stays there
remote.backward(params, cache, y)
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from msgspec import Struct

from grader.checks import arrays
from grader.checks.answers import Asked
from grader.checks.arrays import arrays_in, arrays_of, is_same, size
from grader.checks.case import Case, Part
from grader.sandbox.faults import StudentError
from grader.sandbox.guest import refusals
from grader.sandbox.guest.wire import Ref
from grader.sandbox.student import Answer, Call, Refused

ROOM: Final = 4
"""How many times the expected number of values an answer may hold.

The trusted side computes with these answers, so a huge one would take gigabytes and minutes of the
class's time.
"""
SMALL: Final = 1000
"""Number of values that an answer may hold in any case."""
HANDED_BACK: Final = 1e-9
"""Largest difference from an argument, relative to each entry, of a returned argument."""


class _Held(Struct, frozen=True):
    """An opaque result on both sides: the student's in the worker, and the reference's here."""

    ref: Ref
    ours: Any


class Remote:
    """A student's functions as a module: plain values are passed, caches stay in the worker."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._seen: dict[str, list[Answer]] = {}
        self._calls: list[tuple[Any, tuple[Any, ...]]] = []
        self._numbers = itertools.count(1 << 32)
        self.room = math.inf
        """Number of values that an answer may hold, so that repeated calls cannot make it grow."""

    def __getattr__(self, function: str) -> Callable[..., Any]:
        return lambda *args: self._call(function, args)

    def _call(self, function: str, args: tuple[Any, ...]) -> Any:
        reference = self._asked.reference
        case = Case(function, *(a.ours if isinstance(a, _Held) else a for a in args))
        ours = reference.unkept()
        want = ours.want(case)
        listed = reference.caches.get(function)
        if listed:
            want = [*want[:-1], dict.fromkeys(listed, "number")]
        keep = next(self._numbers) if listed is not None and not listed else -1
        theirs = tuple(a.ref if isinstance(a, _Held) else a for a in args)
        [answer] = self._asked.student.call([Call(function, theirs, want, keep)])
        if answer.error is not None:
            raise answer.error
        known = size(arrays_in([*case.args, ours.raw(case)]))
        if size(arrays_of(answer.value).values()) > min(ROOM * known + SMALL, self.room):
            raise StudentError(f"what {function} returns is far too large")
        _check_readable(function, answer.value, listed is not None)
        output = answer.value[:-1] if listed is not None else answer.value
        self._seen.setdefault(function, []).append(Answer(output))
        self._calls.append((output, case.args))
        return self._value(answer.value, keep, ours.raw(case))

    def _value(self, value: Any, keep: int, ours: Any) -> Any:
        if keep >= 0:
            return (*value[:-1], _Held(Ref(keep, len(value) - 1), ours[-1]))
        if isinstance(value, list):
            return tuple(map(_without_refused, value))
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return float(value)
        return value

    @property
    def answered(self) -> int:
        """Number of calls that were answered."""
        return len(self._calls)

    def meaningful(self) -> bool:
        """Return whether no function answered only with constants."""
        return bool(self._seen) and all(map(says_something, self._seen.values()))

    def is_steady(self) -> bool:
        """Return whether each function still gives its earlier answer to a case of the checks.

        A function that recognises this experiment could answer differently in the checks.
        """
        return all(map(self._is_steady, self._seen))

    def _is_steady(self, function: str) -> bool:
        given = self._asked.given()
        case = next(
            (case for case in given if case.function == function and case.stands_alone), None
        )
        if case is None:
            return True

        def answers_the_same() -> bool:
            [again] = self._asked.again([case])
            return is_same(given[case].value, again.value)

        return self._asked.once(answers_the_same, Remote, function)

    def adds(self) -> bool:
        """Return whether the values are more than returned arguments."""
        return says_something([Answer(added(output, args)) for output, args in self._calls])


def _check_readable(function: str, value: Any, has_cache: bool) -> None:
    """Raise `StudentError` if a caller cannot use an answer; its cache is not checked."""
    output = value[:-1] if has_cache and isinstance(value, list) else value
    for _, leaf in arrays.leaves(output):
        if isinstance(leaf, Refused):
            raise StudentError(f"what {function} returns {refusals.REASONS[leaf.reason]}")


def _without_refused(value: Any) -> Any:
    """Return a dict without the values that could not be read."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if not isinstance(item, Refused)}


def added(value: Any, args: Sequence[Any]) -> list[np.ndarray]:
    """Return the arrays of an answer that are not arguments."""
    return [array for array in arrays_of(value).values() if not is_given(array, args)]


def is_given(array: np.ndarray, args: Sequence[Any]) -> bool:
    """Return whether ``array`` is an argument or was part of one."""
    by_shape = _numbers_in(_Same(args))
    return any(
        _begins_alike(leaf, array) and np.allclose(leaf, array, HANDED_BACK, 0)
        for axes in range(array.ndim + 1)
        for leaf in by_shape.get(array.shape[axes:], ())
    )


def _begins_alike(leaf: np.ndarray | float, array: np.ndarray) -> bool:
    """Return whether the first entries agree, a cheap test before comparing all entries."""
    if not array.size:
        return True
    first = float(np.asarray(leaf).flat[0])
    return not abs(first - float(array.flat[0])) > HANDED_BACK * abs(first)


class _Same:
    """Arguments as a key: equal only to the same object."""

    def __init__(self, args: Sequence[Any]) -> None:
        self.args = args

    def __hash__(self) -> int:
        return id(self.args)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.args is self.args


@functools.lru_cache(maxsize=64)
def _numbers_in(args: _Same) -> Mapping[tuple[int, ...], list[np.ndarray | float]]:
    """Return the arrays and numbers in arguments by shape: answers have hundreds to look up."""
    found: dict[tuple[int, ...], list[np.ndarray | float]] = {}
    for _, leaf in arrays.leaves(list(args.args)):
        if isinstance(leaf, Part):
            for shape, numbers in _numbers_in(_Same(leaf.case.args)).items():
                found.setdefault(shape, []).extend(numbers)
        elif isinstance(leaf, (np.ndarray, float)):
            found.setdefault(np.shape(leaf), []).append(leaf)
    return found


def says_something(answers: Sequence[Answer]) -> bool:
    """Return whether a function's answers are more than constants."""
    arrays = [array for answer in answers for array in arrays_of(answer.value).values()]
    if any(_varies(array) for array in arrays):
        return True
    numbers = {float(array.flat[0]) for array in arrays if array.size}
    return sum(map(math.isfinite, numbers)) > 1  # NaN equals no other NaN


def _varies(array: np.ndarray) -> bool:
    """Return whether an array is more than one number in a fixed pattern of zeros."""
    if array.size < 2 or arrays.trivial(array):
        return False
    filled = array[array != 0]
    return bool((array != array[0]).any() or filled.max() > filled.min())
