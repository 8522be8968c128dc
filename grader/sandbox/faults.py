"""The errors of a worker: `GraderError` is ours, every `StudentError` is the submission's."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import UserError
from grader.model import Cause


class GraderError(UserError):
    """We could not tell: the sandbox failed, not the student."""


class StudentError(Exception):
    """Student code raised, hung, died or answered nonsense: one line that a student may read.

    Args:
        message: The line.
        kinds: The built-in exception classes when it raised.
        detail: More, for the instructor.
        place: Where it raised: the title of the cell, and the line.
        needs: The function whose missing answer is an argument of the call, if that is why.
    """

    cause: Cause = "raised"
    """For code that decides (see `grader.model.Outcome`)."""

    def __init__(
        self,
        message: str,
        kinds: Sequence[str] = (),
        detail: str = "",
        *,
        place: tuple[str, int] | None = None,
        needs: str = "",
    ) -> None:
        super().__init__(message)
        self.kinds = tuple(kinds)
        self.detail = detail
        self.place, self.needs = place, needs


class OverrunError(StudentError):
    """A limit was passed, and the worker killed for it."""

    cause: Cause = "overran"


class CrashError(StudentError):
    """The worker ended in the middle of a request."""

    cause: Cause = "crashed"


class PipeError(CrashError):
    """The submission wrote to the pipe that carries its answers, or closed it."""

    cause: Cause = "pipe"
