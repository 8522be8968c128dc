"""The requests of one hidden test to a program in a worker, until that worker has to be stopped.

    channel = Channel(student, test=3)
    request = channel.request("get", (0,), ["relu"])
    channel.ready()                       # the worker runs
    reply = channel.send(request, channel.seconds)

A worker that overran, died or broke the protocol ends the test: `StoppedError`, then and for every
later request. The replies are not interpreted here; see `grader.checks.boundary.peer`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Final

from grader.checks.boundary.raised import StoppedError, TimedOutError
from grader.sandbox.faults import STOPPED, OverrunError, PipeError, StudentError
from grader.sandbox.guest.values import Tag
from grader.sandbox.student import Student

MAX_STOPPED: Final = 3
"""Tests in which a worker may hang or die; after these, the remaining tests fail at once."""
REFERENCE: Final = int(Tag.REFERENCE)

Reference = tuple[int | str, ...]
"""The id of an object in the worker, followed by names of attributes."""


class Channel:
    """Numbers and sends the requests of one test to its program's worker."""

    def __init__(self, student: Student, test: int, cpu: float = 0.0) -> None:
        """Start with a worker that may not run yet.

        Args:
            student: The program and its worker.
            test: A number unique for this worker; a new one invalidates all earlier handles.
            cpu: CPU seconds for one request, if different from the assignment's limit.
        """
        self.student = student
        self.numbers = itertools.count(1)
        self._test, self._cpu = test, cpu
        self._generation = 0
        self._stopped: StoppedError | None = None

    @property
    def seconds(self) -> float:
        """CPU seconds of a request, including what the program does between calls of the test."""
        return self._cpu or self.student.limits.call_cpu

    def request(self, operation: str, reference: Reference, arguments: Sequence[Any]) -> list[Any]:
        """Return a request with the next number."""
        number = next(self.numbers)
        return ["do", number, self._test, operation, [REFERENCE, *reference], *arguments]

    def ready(self) -> None:
        """Check that the worker of this test still runs, or start the first one."""
        if self._stopped is not None:
            raise StoppedError(str(self._stopped), self._stopped.detail, self._stopped.cause)
        if self._generation:
            return
        if self.student.stopped >= MAX_STOPPED:
            raise StoppedError("not run: three checks before this one had to be stopped")
        try:
            self.student.load()
        except StudentError as error:
            raise self.stop(error) from None
        self._generation = self.student.generation
        self.student.begin_test()

    def send(self, request: list[Any], cpu: float, first: list[Any]) -> Any:
        """Send a request, or the answer to a call of the test's function, and return the reply.

        Args:
            request: The message.
            cpu: The CPU seconds that are left for it.
            first: The request that the message belongs to.
        """
        try:
            reply = self.student.exchange(request, cpu)
        except OverrunError as error:
            if str(error) == STOPPED.format(cpu * self.student.share):
                # After calls of the test's functions, ``cpu`` is only the rest of the limit.
                error = OverrunError(STOPPED.format(self.seconds * self.student.share))
            self._note_overrun(first, error)
            raise self.stop(error) from None
        except StudentError as error:
            raise self.stop(error) from None
        if not self.is_same_worker():
            raise self.stop(StudentError("your program ended in the middle of this check"))
        return reply

    def send_all(self, requests: Sequence[list[Any]]) -> list[Any]:
        """Send several requests in one message, and return their replies."""
        try:
            replies: list[Any] = self.student.exchange(
                ["do all", requests], self.seconds, len(requests)
            )
        except StudentError as error:
            functions = {(each[3], *each[4]) for each in requests}
            if isinstance(error, OverrunError) and len(functions) == 1:
                self._note_overrun(requests[0], error)
            raise self.stop(error) from None
        return replies

    def is_same_worker(self) -> bool:
        """Return whether the worker that this test began with still runs."""
        return self.student.generation == self._generation

    def refuse_overrun(self, reference: Reference) -> None:
        """Raise `TimedOutError` if this function of the program already exceeded its time."""
        if len(reference) == 2 and reference[0] == 0 and reference[1] in self.student.overran:
            raise TimedOutError(self.student.overran[str(reference[1])])

    def endless(self, request: list[Any]) -> StoppedError:
        """End the worker of a request that calls the test's functions endlessly."""
        self.student.end()
        error = OverrunError(STOPPED.format(self.seconds))
        self._note_overrun(request, error)
        return self.stop(error)

    def violated(self) -> StoppedError:
        """End a worker that wrote something other than an answer; return the exception."""
        return self.stop(self.student.violated())

    def interrupt(self) -> None:
        """End a worker whose request cannot be answered, because the test itself is ending."""
        self.student.end()
        self._stopped = self._stopped or StoppedError("the check ended inside your call")

    def stop(self, error: StudentError) -> StoppedError:
        """Record why no further request is possible; return the exception that says so."""
        kind = TimedOutError if isinstance(error, OverrunError) else StoppedError
        if self._stopped is None:
            self.student.stopped += 1
        self._stopped = kind(
            str(error), error.detail, "pipe" if isinstance(error, PipeError) else ""
        )
        return self._stopped

    def _note_overrun(self, request: list[Any], error: OverrunError) -> None:
        """Record the overrun of a function of the program: it is not called again."""
        match request:
            case ["do", _, _, "call", [_, 0, name], *_]:
                self.student.overran[str(name)] = str(error)
