"""One student before one hidden test: what the test asks with, and what is wrong with an answer."""

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
    """One student before one hidden test. Made anew for each submission."""

    exercise: Exercise
    asked: Asked
    draw: Callable[[Draw], list[Case]]
    rng: Callable[[str], np.random.Generator]
    yardstick: Callable[[Case, float], timing.Yardstick]
    stricter: float | None = None
    """A speed limit of the assignment, below that of the test."""
    remark: str = ""
    """What a passed check still wants to say."""
    function: str = ""
    """The function that the check is about, or that it failed on."""
    kind: str = "values"
    """What is asked: values, effects, speed or raises."""
    failure: Failure | None = None
    """What failed, of a check of values."""
    follows: str = ""
    """What a wrong answer is right given: the student's own "parts" or "forward"; or ''."""
    is_in_itself: bool = False
    """Whether a wrong array is wrong given the student's own arrays before it, too."""
    own: Sequence[str] = ()
    """The student's parts that a wrong answer may be right given: decided at the end."""
    said: str = ""
    """What is said first of a wrong answer."""
    bad: tuple[int, str] | None = None
    """Of a check of exceptions: the number of the input that failed, and the exception that is due."""
    drawn: list[Draw] = field(default_factory=list)
    """The generators of the inputs that were asked for."""
    stumbled: str = ""
    """The traceback of a look for credit or a name that went wrong: for staff."""

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
