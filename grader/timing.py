"""Fast enough: CPU time as a ratio to the reference's, both read from outside, interleaved.

The reference runs in an identical worker. Each repetition has fresh inputs, so a memo does not
help; the least of the repetitions counts on either side, for noise only ever adds. Wall clock has
no say: it is wrong in 9-11 % of comparisons on a loaded machine, CPU time in none of 21,685.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grader.cases import Asked, Case
from grader.pool import Answer

REPETITIONS: Final = 5
MORE_REPETITIONS: Final = 15
REFERENCE_REPEATS: Final = 40
"""Runs of the reference in one message, so that what is timed takes over a millisecond."""
SURE: Final = 0.5
"""A ratio below this share of the limit needs no further repetition: least is least."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What the repetitions gave: least CPU seconds of each, their ratio, and the answers."""

    student: float
    reference: float
    answers: tuple[Answer, ...]

    @property
    def ratio(self) -> float:
        """How many times the reference's time; at least 1 where the clock cannot tell."""
        return max(self.student / max(self.reference, 1e-9), 1.0)


def measure(
    student: Asked, reference: Asked, cases: Sequence[Case], limit: float, cpu: float
) -> Timed:
    """Time the cases in turn until the verdict on ``limit`` is sure; raises `StudentError`.

    ``cpu``: CPU seconds that one call may take. At most `MORE_REPETITIONS` cases are used.
    """
    timed = Timed(float("inf"), float("inf"), ())
    for number, case in enumerate(cases[:MORE_REPETITIONS], start=1):
        mine, answer = student.timed(case, 1, cpu)
        theirs, _ = reference.timed(case, REFERENCE_REPEATS, cpu)
        timed = Timed(
            min(timed.student, mine), min(timed.reference, theirs), (*timed.answers, answer)
        )
        passes = timed.ratio <= limit
        if (passes and number >= REPETITIONS) or (timed.ratio <= SURE * limit and number >= 2):
            break
    return timed
