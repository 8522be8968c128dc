"""Errors of workers: a `GraderError` is ours, a `StudentError` is the submission's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.errors import UserError
from grader.model import Cause

STOPPED: Final = "stopped after {:.3g} s of CPU time (infinite loop?)"
"""The message about a request that used up its CPU seconds."""


class GraderError(UserError):
    """The sandbox failed, not the student, so the submission could not be judged."""


class StudentError(Exception):
    """Student code raised, hung, died or sent an invalid answer; students may read the message.

    Args:
        message: One line for the student.
        kinds: Names of the built-in classes of the exception, if it raised one.
        detail: More for the instructor.
        place: The title of the cell and the line that raised.
        needs: The function whose missing answer is an argument of the call, if that is the reason.
    """

    cause: Cause = "raised"
    """Why the check failed, for code to compare (see `grader.model.Outcome`)."""

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
    """The code exceeded a time limit, and its worker was killed."""

    cause: Cause = "overran"


class CrashError(StudentError):
    """The worker ended during a request."""

    cause: Cause = "crashed"


class PipeError(CrashError):
    """The submission wrote to the pipe that carries its answers, or closed it."""

    cause: Cause = "pipe"
