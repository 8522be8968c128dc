"""Stop a statement that computes or sleeps for too long, without ending the program.

    watch = LoadWatch(10.0)
    with watch.guard(place):
        exec(code, namespace)     # raises `Abandoned` after 5 s of CPU in one statement, or 2 s asleep

It checks by a timer of wall-clock time. A CPU timer would make the kernel count CPU time in steps
of 4 ms, also in timed checks. It can stop only code that lets Python handle signals; the trusted
side has separate limits. The self-check uses another watch.
"""

from __future__ import annotations

import signal
import time
import types
from collections.abc import Callable
from typing import Any, Final

TICK: Final = 0.25
"""Wall seconds between two checks."""
ASLEEP: Final = 2.0
"""Wall seconds that a statement may sleep; less than the trusted side's limit."""
_IDLE: Final = 0.005
"""CPU seconds; a process that used less during `ASLEEP` slept and did not wait for a processor."""
_SHARE: Final = 0.5
_LEAST: Final = 0.1

Place = Callable[[types.FrameType | None], Any]
"""Returns the index of the statement that a frame belongs to, or None."""


class Abandoned(BaseException):
    """Stops a statement; not an `Exception`, so that ``except Exception`` does not catch it."""

    __module__ = "builtins"  # otherwise our module's name would appear in the student's traceback


class LoadWatch:
    """The CPU seconds that a program may use while it loads, shared among its statements.

    One statement may use half of the time left, so that some always remains for the next one.
    """

    def __init__(self, cpu: float) -> None:
        self._total, self._began, self._slept = cpu, time.process_time(), 0.0
        self._place: Place = lambda frame: None
        self._now: Any = None
        self._cpu = self._wall = self._woke = self._woke_cpu = 0.0

    def left(self) -> float:
        """Return the seconds that are left."""
        return self._total - self._slept - (time.process_time() - self._began)

    def used_up(self) -> bool:
        """Return whether only definitions should run from now on."""
        return self.left() < _LEAST * self._total

    def guard(self, place: Place) -> LoadWatch:
        """Return the context in which statements are watched."""
        self._place = place
        return self

    def __enter__(self) -> None:
        self._begin(None)
        self._woke, self._woke_cpu = self._wall, self._cpu
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _begin(self, place: Any) -> None:
        self._now, self._cpu, self._wall = place, time.process_time(), time.monotonic()
        self._share = max(_SHARE * self.left(), 2 * TICK * _LEAST)

    def _look(self, number: int, frame: types.FrameType | None) -> None:
        place = self._place(frame)
        if place is None:
            return
        if place != self._now and self._now is not None:
            self._begin(place)
        self._now = place
        if time.process_time() - self._cpu >= self._share:
            raise Abandoned(f"stopped after {self._share:.2g} s (infinite loop?)")
        self._look_for_sleep()

    def _look_for_sleep(self) -> None:
        cpu, wall = time.process_time(), time.monotonic()
        if cpu - self._woke_cpu > _IDLE:
            self._woke, self._woke_cpu = wall, cpu
        elif wall - self._woke >= ASLEEP:
            self._slept += wall - self._woke
            self._woke = wall
            raise Abandoned(f"stopped after {ASLEEP:g} s of waiting (sleep? input?)")
