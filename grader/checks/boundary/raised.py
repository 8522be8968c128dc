"""Exceptions in a hidden test: those of student code, and those of the boundary itself.

An exception of student code is raised as a class that derives from the nearest built-in one:

    with pytest.raises(ValueError, match="negative"):
        student.root(-1)

Every `BoundaryError` is a ``BaseException``, so that ``except Exception: pass`` in a test cannot
catch it. It fails the student's check, or stops the reference's own run.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final

from grader.model import Cause
from grader.sandbox.faults import StudentError

MAX_CLASSES: Final = 200
"""Exception classes of one submission that can occur in one test."""


class BoundaryError(BaseException):
    """A check fails at the boundary between a test and a submission."""

    cause: Cause = "kind"

    def __init__(self, message: str, detail: str = "") -> None:
        """Store the ``message`` for the student, and ``detail`` for staff."""
        super().__init__(message)
        self.detail = detail


class UndecidableError(BoundaryError):
    """The student's own code would decide the verdict of an operation."""


class KindError(BoundaryError):
    """The student returned an object where the reference returned a value or another kind."""


class RefusedError(BoundaryError):
    """A value cannot be sent, or an operation has a result that is not allowed."""

    cause: Cause = "refused"


class StoppedError(BoundaryError):
    """The worker ended, hung, or wrote something other than an answer."""

    cause: Cause = "crashed"

    def __init__(self, message: str, detail: str = "", cause: Cause = "") -> None:
        """Store the ``cause`` as well, if it is not the default."""
        super().__init__(message, detail)
        self.cause = cause or self.cause


class TimedOutError(StoppedError):
    """A time limit was exceeded."""

    cause: Cause = "overran"


class StudentRaisedError(StudentError):
    """Student code raised: ``str`` returns the exception's text, ``told`` the student's message."""

    cause: Cause = "raised"
    handle: Any = None
    """The handle of the exception class, if a test has requested it by name."""
    thrown: Any = None
    """The handle of the exception itself, if it may have attributes."""

    def __init__(self, text: str, told: str, kinds: Sequence[str], detail: str) -> None:
        """Store the exception's ``text``, and ``told``, which names function and line."""
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
    """The submission does not define a name."""

    cause: Cause = "undefined"

    def __init__(self, name: str, told: str) -> None:
        """Store the missing ``name``, and the message about it."""
        super().__init__(told, told, ("undefined",), "")
        self.missing = name

    def __reduce__(self) -> Any:
        return type(self), (self.missing, self.told)


_INSTEAD: Final = {"StopIteration": "RuntimeError", "StopAsyncIteration": "RuntimeError"}
"""Exceptions that Python would interpret as the end of a loop in the test."""


class ExceptionClasses:
    """The local classes that represent a submission's exception classes, by name."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], type[StudentRaisedError]] = {}

    def of(self, own: Sequence[str], kinds: Sequence[str]) -> type[StudentRaisedError]:
        """Return the local class for an exception.

        Args:
            own: Names of its classes that the submission defines, most specific first.
            kinds: Names of its built-in classes, most specific first.
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
