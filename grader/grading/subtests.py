"""The ``subtests`` fixture: parts of one hidden test, each with the same share of the points.

    def test_shapes(student, subtests):
        for n in (1, 2, 5):
            with subtests.test(f"n = {n}"):
                assert student.f(n) == n * n

A failure outside the parts ends the test with 0 points. The number of parts is counted on the
reference, so a submission cannot add parts that it passes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

import pytest

from grader.checks.failure import PartialCreditGiven
from grader.grading import memory
from grader.grading.watchdog import OverlongError
from grader.sandbox.faults import GraderError

PASSED_ON = (GraderError, KeyboardInterrupt, SystemExit, OverlongError)
"""Exceptions that end the whole test, not only one part."""


class SubtestsFailed(BaseException):
    """Some parts of a test failed; ``share`` of the points (0 to 1) is still earned."""

    def __init__(self, share: float, failures: list[tuple[str, BaseException]]) -> None:
        super().__init__("some parts failed")
        self.share, self.failures = share, failures


class Subtests:
    """The parts of one test, for one submission."""

    def __init__(self, expected: int = 0) -> None:
        self._expected = expected
        self.count = 0
        self._lost = 0.0
        self._failures: list[tuple[str, BaseException]] = []

    @contextlib.contextmanager
    def test(self, msg: str | None = None, **parameters: Any) -> Iterator[None]:
        """Run one part; an exception in it is recorded, and the test continues.

        Args:
            msg: The name of the part, which the student reads before its message.
            parameters: Values that identify the part, instead of a name.
        """
        self.count += 1
        shown = ", ".join(f"{key} = {value}" for key, value in parameters.items())
        name = " ".join(filter(None, [msg, shown]))
        try:
            yield
        except PASSED_ON:
            raise
        except BaseException as error:  # a verdict may derive from BaseException
            lost = 1 - error.share if isinstance(error, PartialCreditGiven) else 1.0
            if lost:
                self._lost += lost
                self._failures.append((name, error))
            memory.release(error)

    def finish(self) -> None:
        """End the test; raise `SubtestsFailed` if a part failed or is missing."""
        parts = self._expected or self.count
        missing = max(0, parts - self.count)
        if self._lost or missing:
            raise SubtestsFailed(max(0.0, 1 - (self._lost + missing) / parts), self._failures)


SUBTESTS: Final = pytest.StashKey[Subtests]()
