"""Give partial credit for answers that are right given earlier wrong values.

There are three ways to see it, each a computation with something of the student's: with earlier
arrays of the same answer, with the results of other functions, or with the slopes of the student's
forward. Constants, zeros and returned arguments are no evidence, because they follow from anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from grader.checks import arrays, compare, gradients
from grader.checks.answers import Asked
from grader.checks.arrays import arrays_in, arrays_of, size
from grader.checks.case import Case
from grader.checks.failure import Failure, close
from grader.checks.reference import Module
from grader.checks.student_module import ROOM, SMALL, Remote, is_given

MOST_CALLS: Final = 60
"""Calls of a student's functions in a worker; after these, no larger inputs are tried."""
Local = Callable[..., Any]
"""Computes the array that should follow from a case's arguments and the student's own arrays."""


# --- the student's own arrays -----------------------------------------------------------------


def given_arrays(failure: Failure, local: Local) -> list[Any]:
    """Return the names of the student's arrays from which this array follows, if any."""
    used: dict[Any, None] = {}
    seen: set[bytes] = set()
    telling = 0
    for case, answer in zip(failure.cases, failure.answers, strict=True):
        own = _Own(answer.value, failure.asked.reference.raw(case))
        try:
            expected = np.asarray(local(*case.args, own), np.float64)
        except Exception:  # the step cannot use the shapes of the student's arrays
            return []
        got = arrays.at(answer.value, failure.path)
        scale = float(np.abs(expected).max(initial=0.0))
        if not isinstance(got, np.ndarray):
            return []
        if compare.fault(got, expected, scale, tolerance=case.tolerance):
            return []
        if scale and own.meaningful(case.args):
            telling += 1
            used.update(dict.fromkeys(own.used))
            seen.add(b"".join(own[key].tobytes() for key in dict.fromkeys(own.used)))
    # the same arrays for every input
    if 2 * telling < len(failure.cases) or len(seen) == 1 < telling:
        return []
    return list(used)


class _Own(dict[Any, Any]):
    """The student's own arrays, recording which are used; a wrong shape raises ValueError."""

    def __init__(self, value: Any, right: Any) -> None:
        super().__init__(value if isinstance(value, dict) else {})
        self._right = right
        self.used: list[Any] = []

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        if not isinstance(value, np.ndarray) or value.shape != np.shape(self._right[key]):
            raise ValueError(f"{key} has another shape")
        self.used.append(key)
        return value.astype(np.float64)

    def meaningful(self, args: Sequence[Any]) -> bool:
        """Return whether the arrays used are evidence.

        Zeros, constants and returned arguments are not, unless the right array is one too.
        """
        return bool(self.used) and all(self._says_something(key, args) for key in self.used)

    def _says_something(self, key: Any, args: Sequence[Any]) -> bool:
        own, right = super().__getitem__(key), np.asarray(self._right[key], np.float64)
        return bool(own.any()) and (not _inert(own, args) or _inert(right, args))


# --- the student's own functions --------------------------------------------------------------


class _Mixed(NamedTuple):
    """The reference with some functions replaced by the student's in a worker."""

    remote: Remote
    module: Module
    follows: dict[str, bool]
    """By function: whether all answers so far equal those of the reference with these functions."""


def given_parts(failure: Failure, own: Sequence[str]) -> bool | None:
    """Return whether the reference with the student's ``own`` functions gives this answer.

    After `MOST_CALLS` calls of these functions, the result for smaller inputs counts for larger
    ones.

    Returns:
        None if there is no evidence: the student's functions raise, or return constants.
    """
    mixed, function = mixed_parts(failure.asked, tuple(own)), failure.function
    if mixed.remote.answered > MOST_CALLS and mixed.follows.get(function):
        return True
    found = _given_parts(failure, own)
    mixed.follows[function] = bool(found) and mixed.follows.get(function, True)
    return found


def _given_parts(failure: Failure, own: Sequence[str]) -> bool | None:
    mixed, reference = mixed_parts(failure.asked, tuple(own)), failure.asked.reference
    telling = False
    pairs = zip(failure.cases, failure.answers, strict=True)
    for case, answer in sorted(pairs, key=lambda pair: size(arrays_in(pair[0].args))):
        if telling and mixed.remote.answered > MOST_CALLS:
            break
        try:
            mixed.remote.room = _room(reference, case, own)
            expected = arrays_of(mixed.module.answer(case, reference.want(case)))
        # the student's functions raise, or return something the reference cannot use
        except Exception:
            return None
        for key, leaf in arrays.leaves(arrays.at(answer.value, failure.path), failure.path):
            if leaf is True:  # an opaque cache in the worker
                continue
            if not isinstance(leaf, np.ndarray) or key not in expected:
                return None
            telling |= not _inert(expected[key], case.args)
            scale = compare.scales(expected)[key]
            if compare.fault(leaf, expected[key], scale, tolerance=case.tolerance):
                return False
    return (telling and mixed.remote.meaningful() and mixed.remote.is_steady()) or None


def mixed_parts(asked: Asked, own: tuple[str, ...]) -> _Mixed:
    """Return the reference with the student's functions, created once per submission."""

    def mix() -> _Mixed:
        remote = Remote(asked)
        parts = {name: getattr(remote, name) for name in own}
        return _Mixed(remote, asked.reference.with_parts(parts), {})

    return asked.once(mix, mixed_parts, own)


def _room(reference: Module, case: Case, own: Sequence[str]) -> int:
    """Return how many numbers a function's answer may hold: a multiple of the right size."""
    largest = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            nonlocal largest
            answer = function(*args)
            largest = max(largest, size(arrays_in([answer])))
            return answer

        return call

    parts = {name: counted(getattr(reference.module, name)) for name in own}
    reference.with_parts(parts).raw(case)
    return ROOM * max(largest, SMALL)


def _inert(array: np.ndarray, args: Sequence[Any]) -> bool:
    """Return whether an array is constant, or a returned argument (maybe repeated)."""
    return arrays.trivial(array) or is_given(array, args)


# --- the student's own forward ----------------------------------------------------------------


def given_forward(failure: Failure) -> bool:
    """Return whether the gradient is the derivative of the student's own forward.

    It needs a wrong forward: with a right one, the gradient is already known to be wrong.
    """
    gradient = failure.gradient
    if gradient is None:
        return False
    name = str(failure.path[-1]) if failure.path else gradient.wrt[0]
    if name not in gradient.wrt:
        return False
    rng = failure.rng(f"follow {gradient.function} {name}")
    remote = Remote(failure.asked)
    try:
        at = gradient.at(rng)
        right = gradient.loss(failure.asked.reference.module, at)
        if close(gradient.loss(remote, at), right):
            return False
        found = gradients.by_direction(gradient, remote, at, name, rng)
        says = found.agrees and found.skipped == 0 and remote.meaningful() and remote.adds()
        return says and remote.is_steady()
    except Exception:  # the student's code raises, or returns something without a derivative
        return False
