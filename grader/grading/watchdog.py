"""Stop a hidden test that does not end, and record which check is running.

    watch = Watch(fd)    # the command reads the check's name from ``fd`` if this process dies
    watch.runs("test_backward.py::test_hidden_layer")
    watch.runs("")

It counts this process's CPU time and the time that it sleeps, except while it waits for a student's
worker, which has its own limits. Time in which other processes use the processor does not count.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Final

from grader.checks.boundary.peer import Peer
from grader.sandbox.student import Student

OWN_SECONDS: Final = 10
"""Seconds that a hidden test may take without the student's calls; most take a thousandth."""
_ASLEEP: Final = 0.01
"""CPU seconds per second of wall clock; a process that used less was asleep."""
_ROOM: Final = 250
_THE_STUDENTS: Final = (Student._ask.__code__, Peer._value.__code__)
"""Functions whose time counts as the student's: they wait for answers and read them."""


class OverlongError(BaseException):
    """The hidden test does not end; a test that catches every Exception does not catch this."""


class Watch:
    """Checks once a second, in a signal handler that can interrupt any test."""

    def __init__(self, place: int) -> None:
        self._place, self._running, self._own = place, "", 0.0
        self._last = time.process_time()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)

    def runs(self, check: str) -> None:
        """Record the check that begins; '' means that none is running."""
        self._running, self._own = check, 0.0
        os.pwrite(self._place, check.encode()[:_ROOM].ljust(_ROOM), 0)

    def _look(self, number: int, frame: FrameType | None) -> None:
        worked = time.process_time() - self._last
        self._last += worked
        if not self._running:
            return
        while frame is not None:
            if frame.f_code in _THE_STUDENTS:
                return
            frame = frame.f_back
        self._own += worked if worked > _ASLEEP else 1.0
        if self._own >= OWN_SECONDS:
            self._own = 0.0
            raise OverlongError(
                f"the hidden test took {OWN_SECONDS} s of its own time (infinite loop?)"
            )
