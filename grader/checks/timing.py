"""Measure CPU time as a ratio to the reference's, both read from outside, in turns.

The reference runs in an identical worker. Each repetition has fresh inputs, so that memoising does
not help. The minimum of the repetitions counts on both sides, because noise only adds time.
Wall-clock time is not used: it misjudges 9-11 % of comparisons on a loaded machine, CPU time none
of 21,685.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.student import Answer

REPETITIONS: Final = 5
MORE_REPETITIONS: Final = 15
REFERENCE_SECONDS: Final = 6e-3
"""CPU seconds that the repeated runs of the reference in one message should take."""
FEWEST_REPEATS, MOST_REPEATS = 4, 40
LEAST_MESSAGE: Final = 1e-5
"""Least CPU seconds for reading a message; a smaller time means that the clock is wrong."""
TRIES: Final = 3
"""How often to repeat the measurement if the clock shows less than a message takes."""
SURE: Final = 0.5
"""With a ratio below this share of the limit, or above the limit by as much, stop early.

More runs can only lower the ratio, and noise does not double the minimum of five runs.
"""


class Timed(Struct, frozen=True):
    """The result of the repetitions: minimum CPU seconds of both sides, and the answers."""

    student: float
    reference: float
    answers: tuple[Answer, ...]

    @property
    def ratio(self) -> float:
        """Return the student's time divided by the reference's; at least 1."""
        return max(self.student / max(self.reference, 1e-9), 1.0)


def repeats(seconds: float) -> int:
    """Return how many runs to request in one message, so that its own cost is small."""
    return min(max(int(REFERENCE_SECONDS / max(seconds, 1e-6)), FEWEST_REPEATS), MOST_REPEATS)


class Yardstick:
    """The reference as a measure: CPU seconds of one run, and of the message around it.

    The minimum over all measurements of a run counts. A message costs the same with one or many
    runs in it, so measuring both gives the two costs separately.
    """

    def __init__(self, reference: Asked, case: Case, cpu: float) -> None:
        self._reference, self._cpu = reference, cpu
        self._timed(case, 1)  # the first run is slower, with cold caches
        self._single = self._timed(case, 1)
        self._together = float("inf")
        self._repeats = repeats(self._single)

    def run(self, case: Case) -> float:
        """Return the CPU seconds of one run on ``case``."""
        self._single = min(self._single, self._timed(case, 1))
        mean = self._timed(case, self._repeats)
        self._together = min(self._together, mean * self._repeats)
        # The difference of two noisy times may be zero or negative.
        least = self._together / (2 * self._repeats)
        return max((self._together - self._single) / (self._repeats - 1), least)

    def _timed(self, case: Case, repeats: int) -> float:
        """Return the CPU seconds of one run on ``case``.

        Raises:
            GraderError: The reference cannot be timed, or its clock is wrong: our fault.
        """
        for _ in range(TRIES):
            try:
                seconds, _ = self._reference.timed(case, repeats, self._cpu)
            except StudentError as error:
                raise GraderError(f"the reference was not timed: {error}") from None
            if seconds * repeats >= LEAST_MESSAGE:
                return seconds
        raise GraderError(f"the reference's CPU clock shows {seconds * repeats:.1e} s")

    def message(self, run: float) -> float:
        """Return the CPU seconds of a message without the run."""
        return max(self._single - run, 0.0)


def measure(
    student: Asked, yardstick: Yardstick, cases: Sequence[Case], limit: float, cpu: float
) -> Timed:
    """Time the cases in turns until the verdict on ``limit`` is sure; raise `StudentError`.

    ``cpu``: CPU seconds that one call may take. At most `MORE_REPETITIONS` cases are used.
    """
    timed = Timed(float("inf"), float("inf"), ())
    for number, case in enumerate(cases[:MORE_REPETITIONS], start=1):
        mine, answer = student.timed(case, 1, cpu)
        theirs = yardstick.run(case)
        timed = Timed(
            min(timed.student, max(mine - yardstick.message(theirs), 0.0)),
            theirs,
            (*timed.answers, answer),
        )
        passes = timed.ratio <= limit
        is_clear = passes or SURE * timed.ratio > limit
        if (is_clear and number >= REPETITIONS) or (timed.ratio <= SURE * limit and number >= 2):
            break
    return timed


def steadier(student: Asked, yardstick: Yardstick, case: Case, timed: Timed, cpu: float) -> Timed:
    """Measure again with many runs per message, for a remark that does not affect the points.

    The time of a short run disappears in the noise of its message. A generous limit tolerates that,
    but a remark does not: array code was reported as 40 times slower than array code.
    """
    runs = repeats(timed.student)
    seconds, _ = student.timed(case, runs, cpu)
    seconds = max(seconds - yardstick.message(timed.reference) / runs, 0.0)
    return replace(timed, student=min(timed.student, seconds))
