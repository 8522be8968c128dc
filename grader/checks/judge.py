"""The state of one check on one submission, and the comparison of an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.checks import arrays, compare, exact, timing
from grader.checks.answers import Asked
from grader.checks.arrays import Path
from grader.checks.case import Case
from grader.checks.exercise import Exercise
from grader.checks.failure import Failure
from grader.checks.wording import label_of, refusal_of
from grader.sandbox.guest import refusals
from grader.sandbox.student import Answer, Refused

Draw = Callable[..., Iterable[Case]]


@dataclass(repr=False)
class Judge:
    """The state of one hidden test on one submission, created anew for each submission."""

    exercise: Exercise
    asked: Asked
    draw: Callable[[Draw], list[Case]]
    rng: Callable[[str], np.random.Generator]
    yardstick: Callable[[Case, float], timing.Yardstick]
    stricter: float | None = None
    """A speed limit from assignments.yaml that is stricter than the test's."""
    remark: str = ""
    """A message that a passed check adds."""
    function: str = ""
    """The function that the check tests, or on which it failed."""
    kind: str = "values"
    """The kind of check: values, effects, speed or raises."""
    failure: Failure | None = None
    """The failed cases of a check of values."""
    follows: str = ""
    """The student's "parts" or "forward" from which a wrong answer follows; '' if none."""
    is_in_itself: bool = False
    """Whether a wrong array is wrong even given the student's own earlier arrays."""
    own: Sequence[str] = ()
    """The student's functions from which a wrong answer may follow; decided after all checks."""
    said: str = ""
    """The first part of the message about a wrong answer."""
    bad: tuple[int, str] | None = None
    """For a check of exceptions: the index of the input that failed, and the expected exception."""
    drawn: list[Draw] = field(default_factory=list)
    """The functions that drew the inputs of this check."""
    stumbled: str = ""
    """The traceback of a failed search for credit or for a name, for staff."""

    def fault(self, case: Case, answer: Answer, path: Path, name: str) -> str:
        """Return a message about the answer at ``path``, or '' if it is right."""
        if answer.error is not None:
            return str(answer.error)
        want, expected, scales = self.exercise.reference.expected(case)
        if case.exact:
            right = self.exercise.reference.answer(case, want)
            return exact.fault(
                case, answer.value, right, path, name or label_of(case.function, path)
            )
        for key, leaf in arrays.leaves(arrays.at(answer.value, path), path):
            if isinstance(leaf, Refused):
                whole = leaf is answer.value and leaf.reason in refusals.OF_THE_WHOLE
                label = label_of(case.function, ()) if path and whole else name
                return refusal_of(leaf, label or label_of(case.function, key))
            if key not in expected:
                continue
            integers = arrays.at(want, key) == "int"
            found = compare.fault(
                leaf, expected[key], scales[key],
                floor=case.floor, tolerance=case.tolerance, integers=integers,
                entrywise=case.entrywise, dims=case.dims,
            )  # fmt: skip
            if found:
                return f"{name or label_of(case.function, key)}: {found.message}"
        return ""
