"""Stop a hidden test that does not end, and record which one runs: it is an `error`, named.

    watch = Watch(fd)       # the place in ``fd`` is what the command reads should this process die
    watch.runs("test_backward.py::test_hidden_layer")
    watch.runs("")

What counts is CPU time, and sleep, while it is not the student who is waited for: their time has
limits of its own. That others keep the processor from us does not count.
"""

from __future__ import annotations

import os
import signal
import time
from types import FrameType
from typing import Final

from grader.sandbox.student import Student

OWN_SECONDS: Final = 10
"""What a hidden test may take besides what students do; most take a thousandth."""
_ASLEEP: Final = 0.01
"""CPU seconds in a second of wall clock: with less, it sleeps."""
_ROOM: Final = 250


class OverlongError(BaseException):
    """The hidden test does not end; a test that catches every Exception does not catch this."""


class Watch:
    """Looks once a second; as a signal may, between any two steps of a test of ours."""

    def __init__(self, place: int) -> None:
        self._place, self._running, self._own = place, "", 0.0
        self._last = time.process_time()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, 1.0, 1.0)

    def runs(self, check: str) -> None:
        """Record the check that begins; '' when none does."""
        self._running, self._own = check, 0.0
        os.pwrite(self._place, check.encode()[:_ROOM].ljust(_ROOM), 0)

    def _look(self, number: int, frame: FrameType | None) -> None:
        worked = time.process_time() - self._last
        self._last += worked
        if not self._running:
            return
        while frame is not None:
            if frame.f_code is Student._ask.__code__:
                return
            frame = frame.f_back
        self._own += worked if worked > _ASLEEP else 1.0
        if self._own >= OWN_SECONDS:
            self._own = 0.0
            raise OverlongError(
                f"the hidden test took {OWN_SECONDS} s of its own time (infinite loop?)"
            )
