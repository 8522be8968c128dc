"""Check the time that a function takes, compared with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.checks import arrays, compare, timing
from grader.checks.arrays import ROUNDING, Path, arrays_of
from grader.checks.case import Case
from grader.checks.compare import same
from grader.checks.failure import Failed
from grader.checks.judge import Draw, Judge
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer

WORTH_TELLING: Final = 30
"""A right answer this many times slower than array code gets a remark, but no deduction."""


def fast(
    judge: Judge, cases: Draw, limit: float, cpu: float = 2.0, beside: str = "array code"
) -> None:
    """Pass if the function takes at most ``limit`` times the reference's CPU time.

    ``beside`` describes the reference in words for the student.

    An answer is timed only if half of its arrays are right; an array that is wrong there must be
    wrong in the untimed answers too. Otherwise a program could return a constant in the timed
    calls, which it can recognise by the size of their inputs.
    """
    judge.kind, judge.drawn = "speed", [cases]
    drawn = judge.draw(cases)
    judge.function = drawn[0].function
    limit = min(limit, judge.stricter or limit)
    try:
        timed = timing.measure(judge.asked, judge.yardstick(drawn[0], cpu), drawn, limit, cpu)
    except StudentError as error:
        raise Failed(str(error), detail=error.detail) from None
    # The shortest time counts, so every timed answer must be right.
    spoilt: set[Path] = set()
    for case, answer in zip(drawn, timed.answers, strict=False):
        if answer.error is not None:
            raise Failed(str(answer.error), detail=answer.error.detail)
        telling, wrong = _wrong(judge, case, answer)
        if 2 * len(wrong) > len(telling):
            raise Failed("only right answers are timed, and this one is wrong")
        spoilt.update(wrong)
    if timed.ratio > limit:
        times = f"{compare.rough(timed.ratio)} times the time of {beside}"
        message = f"{drawn[0].function} takes {times}; the limit is {limit:.4g}"
        measured = limit >= 1000 and _are_measured(judge, drawn, timed.answers)
        raise Failed(message, 0, "numeric-differentiation" if measured else "")
    if any(_is_right_untimed(judge, drawn[0].function, path) for path in spoilt):
        raise Failed("only right answers are timed, and this one is wrong where others are right")
    if timed.ratio > WORTH_TELLING:
        judge.remark = _slow(judge, drawn[0], timed, cpu, beside)


def _slow(judge: Judge, case: Case, timed: timing.Timed, cpu: float, beside: str) -> str:
    """Return a message about the time of a right answer, if a second measurement confirms it."""
    try:
        timed = timing.steadier(judge.asked, judge.yardstick(case, cpu), case, timed, cpu)
    except StudentError:
        return ""
    if timed.ratio <= WORTH_TELLING:
        return ""
    more = ": see 'vectorisation' in the README" if beside == "array code" else ""
    return f"right, and {compare.rough(timed.ratio)} times the time of {beside}{more}"


def _are_measured(judge: Judge, cases: Sequence[Case], answers: Sequence[Answer]) -> bool:
    """Return whether the answers have the rounding errors of numeric derivatives."""
    for case, answer in zip(cases, answers, strict=False):
        right, mine = judge.exercise.reference.expected(case)[1], arrays_of(answer.value)
        if not all(same(mine.get(path), right[path], ROUNDING) for path in right):
            return True
    return False


def _wrong(judge: Judge, case: Case, answer: Answer) -> tuple[list[Path], list[Path]]:
    """Return the paths of arrays that are not constant, and of those that are wrong."""
    _, expected, _ = judge.exercise.reference.expected(case)
    if case.exact:
        return [()], [()] if judge.fault(case, answer, (), "") else []
    telling = [path for path, array in expected.items() if not arrays.trivial(array)]
    return telling, [path for path in telling if judge.fault(case, answer, path, "")]


def _is_right_untimed(judge: Judge, function: str, path: Path) -> bool:
    """Return whether all untimed answers of a function are right at ``path``."""
    faults = [
        judge.fault(case, answer, path, "")
        for case, answer in judge.asked.given().items()
        if case.function == function and path in judge.exercise.reference.expected(case)[1]
    ]
    return bool(faults) and not any(faults)
