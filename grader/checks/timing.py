"""Fast enough: CPU time as a ratio to the reference's, both read from outside, interleaved.

The reference runs in an identical worker. Each repetition has fresh inputs, so a memo does not
help; the least of the repetitions counts on either side, for noise only ever adds. Wall clock has
no say: it is wrong in 9-11 % of comparisons on a loaded machine, CPU time in none of 21,685.
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
"""The reference runs so often in one message that what is timed takes over a millisecond."""
FEWEST_REPEATS, MOST_REPEATS = 4, 40
LEAST_MESSAGE: Final = 1e-5
"""CPU seconds below which no message was answered: to read it takes longer."""
TRIES: Final = 3
"""How often the reference is timed anew when its clock shows less than a message takes."""
SURE: Final = 0.5
"""Below this share of the limit, or as far above it, no more runs are needed.

More runs can only lower the ratio, and noise does not double the least of five.
"""


class Timed(Struct, frozen=True):
    """Result of the repetitions: least CPU seconds of each, their ratio, the answers."""

    student: float
    reference: float
    answers: tuple[Answer, ...]

    @property
    def ratio(self) -> float:
        """Return the student's time over the reference's; at least 1 if both are tiny."""
        return max(self.student / max(self.reference, 1e-9), 1.0)


def repeats(seconds: float) -> int:
    """Return how often to run in one message so that the message's own time is small."""
    return min(max(int(REFERENCE_SECONDS / max(seconds, 1e-6)), FEWEST_REPEATS), MOST_REPEATS)


class Yardstick:
    """The reference at work: CPU seconds of one run, and of the message around it.

    The least of what was measured counts, for all students of a run: a message costs the same with
    one run in it as with many, so that two counts of runs tell the two apart.
    """

    def __init__(self, reference: Asked, case: Case, cpu: float) -> None:
        self._reference, self._cpu = reference, cpu
        self._timed(case, 1)  # the first run is slower: caches are cold
        self._single = self._timed(case, 1)
        self._together = float("inf")
        self._repeats = repeats(self._single)

    def run(self, case: Case) -> float:
        """Return the CPU seconds of one run on ``case``."""
        self._single = min(self._single, self._timed(case, 1))
        mean = self._timed(case, self._repeats)
        self._together = min(self._together, mean * self._repeats)
        # The difference of two noisy times may be nothing.
        least = self._together / (2 * self._repeats)
        return max((self._together - self._single) / (self._repeats - 1), least)

    def _timed(self, case: Case, repeats: int) -> float:
        """Return the CPU seconds of one run on ``case``.

        Raises:
            GraderError: The reference gives no time, or its clock stands still: that is never a
                student's fault.
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
        """Return the CPU seconds of a message without the run in it."""
        return max(self._single - run, 0.0)


def measure(
    student: Asked, yardstick: Yardstick, cases: Sequence[Case], limit: float, cpu: float
) -> Timed:
    """Time the cases in turn until the verdict on ``limit`` is sure; raises `StudentError`.

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
    """Time again, many runs in a message, for what is told and not judged.

    A short run is lost in the noise of the message around it. A limit far above is safe from that,
    and a remark is not: array code was told that it takes 40 times the time of array code.
    """
    runs = repeats(timed.student)
    seconds, _ = student.timed(case, runs, cpu)
    seconds = max(seconds - yardstick.message(timed.reference) / runs, 0.0)
    return replace(timed, student=min(timed.student, seconds))
