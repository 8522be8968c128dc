"""A failed check: the cases, the answers and the expected values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from msgspec import Struct

from grader.checks import arrays, compare
from grader.checks.answers import Asked
from grader.checks.arrays import Path
from grader.checks.case import Case, Part
from grader.checks.gradients import Gradient
from grader.checks.reference import Module
from grader.model import Cause
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer, Refused


class Failure(Struct, frozen=True):
    """A failed check: its cases, the answers, and the path of the arrays that it compared."""

    asked: Asked
    cases: Sequence[Case]
    answers: Sequence[Answer]
    path: Path
    gradient: Gradient | None
    rng: Callable[[str], np.random.Generator]

    @property
    def pairs(self) -> list[tuple[Case, Answer]]:
        """Return each case with its answer."""
        return list(zip(self.cases, self.answers, strict=True))

    @property
    def function(self) -> str:
        """Return the function that was called."""
        return self.cases[0].function

    @property
    def error(self) -> StudentError | None:
        """Return the error of the first call without an answer."""
        return next((answer.error for answer in self.answers if answer.error is not None), None)

    def wrong(self) -> list[Case]:
        """Return the cases with wrong answers."""
        pairs = zip(self.cases, self.answers, strict=True)
        return [case for case, answer in pairs if not is_right(self.asked.reference, case, answer)]

    def parts(self, but: Case) -> list[Case]:
        """Return the cases that the arguments of all cases but one depend on."""
        return parts_of(case for case in self.cases if case is not but)

    def refusals(self) -> set[str]:
        """Return the reasons why parts of answers could not be read."""
        values = (arrays.at(answer.value, self.path) for answer in self.answers)
        leaves = (leaf for value in values for _, leaf in arrays.leaves(value))
        return {leaf.reason for leaf in leaves if isinstance(leaf, Refused)}


def parts_of(cases: Iterable[Case]) -> list[Case]:
    """Return the cases that the arguments of these cases depend on."""
    return [arg.case for case in cases for arg in case.args if isinstance(arg, Part)]


def is_right(reference: Module, case: Case, answer: Answer) -> bool:
    """Return whether every array of an answer is right."""
    if answer.error is not None:
        return False
    want, expected, scales = reference.expected(case)
    return all(
        isinstance(leaf := arrays.at(answer.value, path), np.ndarray)
        and not compare.fault(
            leaf, right, scales[path],
            floor=case.floor, tolerance=case.tolerance, entrywise=case.entrywise,
            integers=arrays.at(want, path) == "int",
        )
        for path, right in expected.items()
    )  # fmt: skip


def close(one: Any, other: Any) -> bool:
    """Return whether ``one`` is close enough to the right array ``other`` to pass."""
    one, other = np.asarray(one), np.asarray(other, np.float64)
    return not compare.fault(one, other, float(np.abs(other).max(initial=0.0)))


def with_reason(message: str, reason: str) -> str:
    """Append to a message the reason why the check earns part of its points."""
    return f"{message}; {reason}" if reason else message


class Failed(Exception):  # a verdict, not an error
    """A check did not pass: the message, and the share of the points that it still earns."""

    def __init__(
        self,
        message: str,
        credit: float = 0.0,
        mistake: str = "",
        detail: str = "",
        cause: Cause = "",
        reason: str = "",
    ) -> None:
        super().__init__(with_reason(message, reason))
        self.reason = reason
        self.credit, self.mistake, self.detail, self.cause = credit, mistake, detail, cause


class PartialCreditGiven(BaseException):
    """The end of a test that earns a share of its points.

    A BaseException, so that ``except Exception`` in a test cannot swallow it.
    """

    def __init__(self, share: float, message: str, mistake: str = "") -> None:
        super().__init__(message)
        self.share, self.mistake = share, mistake


def partial_credit(share: float, message: str, *, mistake: str = "") -> NoReturn:
    """End a hidden test that earns ``share`` of its points.

    Args:
        share: From 0 to 1. Larger numbers count as 1, which passes the test; negative ones as 0.
        message: The text for the student if the share is below 1.
        mistake: The id of an entry in mistakes.py, whose hint the student also reads.

    Raises:
        PartialCreditGiven: Always.
    """
    number = float(share)
    raise PartialCreditGiven(
        0.0 if math.isnan(number) else min(max(number, 0.0), 1.0), message, mistake
    )
