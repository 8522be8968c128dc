"""Limit the memory that a hidden test may use because of a student's answer.

    memory = Memory()
    memory.measure()                     # at the start of each submission
    with memory.limited(room(item, assignment)):
        ...                              # `"-" * student.n()` raises a MemoryError

The limit is RLIMIT_DATA: it counts what a process can write, and not the address space that
libraries such as torch reserve. It is relative to the memory in use before the first test, so that
what the course's tests import costs them nothing.
"""

from __future__ import annotations

import contextlib
import gc
import resource
import traceback
from collections.abc import Iterator
from typing import Final

import pytest

from grader.course.assignment import Assignment
from grader.grading.marks import mark_of

LEAST_MB: Final = 1024
"""MiB that a hidden test may use, even where the student's program may use less."""
_DATA: Final = 5
"""The field of /proc/self/statm that holds the size of data and stack, in pages."""


def room(item: pytest.Item, assignment: Assignment) -> int:
    """Return the MiB that a test may use: as much as the student's program, or `LEAST_MB`."""
    mark = mark_of(item, "limits")
    own = mark.kwargs.get("memory_mb") if mark else None
    return max(LEAST_MB, int(own or assignment.limits.memory_mb))


def release(error: BaseException) -> None:
    """Free what the frames of a MemoryError hold, so that the next test has its whole room."""
    if isinstance(error, MemoryError):
        traceback.clear_frames(error.__traceback__)
        gc.collect()


class Memory:
    """The memory of this process, and the limit while a hidden test runs."""

    def __init__(self) -> None:
        self._before = 0

    def measure(self) -> None:
        """Measure the bytes in use, from which the room of the following tests counts."""
        try:
            with open("/proc/self/statm", encoding="ascii") as file:
                self._before = int(file.read().split()[_DATA]) * resource.getpagesize()
        except OSError:  # no /proc: not Linux, or a container without it
            self._before = 0

    @contextlib.contextmanager
    def limited(self, megabytes: int) -> Iterator[None]:
        """Let the process use this many MiB more than when it was measured."""
        before = resource.getrlimit(resource.RLIMIT_DATA)
        most = self._before + (megabytes << 20)
        if not self._before or 0 <= before[0] < most:
            yield
            return
        resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, before)
