"""Exceptions that reach a hidden test: what student code raised, and what the boundary refuses.

An exception of student code arrives as a class of ours that derives from the nearest built-in one:

    with pytest.raises(ValueError, match="negative"):
        student.root(-1)

Everything derived from `BoundaryError` is a ``BaseException``, so that ``except Exception: pass`` in a
test cannot swallow it. Each is a failed check of the student, or stops the reference's own run.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final

from grader.model import Cause
from grader.sandbox.faults import StudentError

MAX_CLASSES: Final = 200
"""Exception classes of one submission that one test may meet."""


class BoundaryError(BaseException):
    """A check that fails at the boundary between a test and a submission."""

    cause: Cause = "kind"

    def __init__(self, message: str, detail: str = "") -> None:
        """Keep the ``message`` for the student, and ``detail`` for staff."""
        super().__init__(message)
        self.detail = detail


class UndecidableError(BoundaryError):
    """An operation whose result would be the verdict of the student's own code."""


class KindError(BoundaryError):
    """An object where the reference gives a value, or an object of another kind."""


class RefusedError(BoundaryError):
    """A value that cannot cross, or an operation that gave what it may not give."""

    cause: Cause = "refused"


class StoppedError(BoundaryError):
    """A worker that ended, hung, or wrote something other than an answer."""

    cause: Cause = "crashed"

    def __init__(self, message: str, detail: str = "", cause: Cause = "") -> None:
        """Keep the ``cause`` too, if it is another one."""
        super().__init__(message, detail)
        self.cause = cause or self.cause


class TimedOutError(StoppedError):
    """A limit was passed."""

    cause: Cause = "overran"


class StudentRaisedError(StudentError):
    """An exception of student code; ``str`` gives its own text, ``told`` what a student reads."""

    cause: Cause = "raised"
    handle: Any = None
    """The class in the worker, where a test has asked for it by name."""
    thrown: Any = None
    """The handle of the exception itself, if it may have attributes."""

    def __init__(self, text: str, told: str, kinds: Sequence[str], detail: str) -> None:
        """Keep the exception's own ``text``, and ``told``, which names the function and the line."""
        Exception.__init__(self, text)
        self.text, self.told, self.kinds, self.detail = text, told, tuple(kinds), detail

    def __str__(self) -> str:
        return self.text

    def __getattr__(self, name: str) -> Any:
        if self.thrown is None or name.startswith("_"):
            raise AttributeError(f"the exception has no attribute {name}")
        return getattr(self.thrown, name)

    def __reduce__(self) -> Any:
        return type(self), (self.text, self.told, self.kinds, self.detail)


class UndefinedError(StudentRaisedError, AttributeError):
    """A name that the submission does not define."""

    cause: Cause = "undefined"

    def __init__(self, name: str, told: str) -> None:
        """Keep the ``name`` that is missing, and the sentence about it."""
        super().__init__(told, told, ("undefined",), "")
        self.missing = name

    def __reduce__(self) -> Any:
        return type(self), (self.missing, self.told)


_INSTEAD: Final = {"StopIteration": "RuntimeError", "StopAsyncIteration": "RuntimeError"}
"""Exceptions that Python itself would take for the end of a loop in the test."""


class ExceptionClasses:
    """The classes that stand here for exception classes of one submission, by their names."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], type[StudentRaisedError]] = {}

    def of(self, own: Sequence[str], kinds: Sequence[str]) -> type[StudentRaisedError]:
        """Return the class for an exception.

        Args:
            own: Names of its classes that are the submission's, the most special one first.
            kinds: Names of its built-in classes, the most special one first.
        """
        base = nearest(kinds)
        if not own or len(self._found) >= MAX_CLASSES:
            return self._made((base,), "StudentException", (StudentRaisedError, _builtin(base)))
        key = (*own, base)
        if key not in self._found:
            above = self.of(own[1:], kinds)
            self._found[key] = type("StudentException", (above,), {})
        return self._found[key]

    def _made(
        self, key: tuple[str, ...], name: str, bases: tuple[type, ...]
    ) -> type[StudentRaisedError]:
        if key not in self._found:
            self._found[key] = type(name, bases, {})
        return self._found[key]


def nearest(kinds: Sequence[str]) -> str:
    """Return the name of the nearest built-in exception that a test may catch."""
    if "Exception" not in kinds:
        return "RuntimeError"
    for name in kinds:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            if issubclass(kind, BaseExceptionGroup):
                return "Exception"
            return _INSTEAD.get(name, name)
    return "RuntimeError"


def _builtin(name: str) -> type:
    kind: type = getattr(builtins, name)
    return kind
