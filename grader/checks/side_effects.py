"""Check side effects: modified arguments, different results on repetition, exceptions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from grader.checks import exact
from grader.checks import experiments as behaviour
from grader.checks.answers import Asked
from grader.checks.arrays import is_same
from grader.checks.case import Case
from grader.checks.failure import Failed
from grader.checks.judge import Draw, Judge
from grader.checks.student_module import added, says_something
from grader.checks.wording import unreadable
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer, Call

THE_OTHERS: Final = "your other functions passed this check"


class _Silent(NamedTuple):
    """Functions that did not answer, with their errors, and the share of those that did.

    The share is rounded to tenths, because more digits could reveal hidden inputs.
    """

    errors: Mapping[str, StudentError]
    share: float


def unmodified(judge: Judge, *cases: Draw) -> None:
    """Pass if no argument of any case is modified, and the answers are not only constants.

    A function that raises loses its share of the points, because nothing is known of its arguments.
    """
    judge.kind, judge.drawn = "effects", [*cases]
    pairs, silent = _answered(judge, cases)
    for drawn, answer in pairs:
        judge.function = drawn.function
        names = judge.exercise.reference.parameters(drawn.function)
        for index in answer.modified:
            position = index if index >= 0 else -1 - index
            label = names[position] if position < len(names) else f"argument {position + 1}"
            if index < 0 and label == "cache":
                continue  # a function may add keys to a cache
            raise Failed(f"{drawn.function} modified its argument {label}", 0, "argument-modified")
    _must_say_something(judge, pairs)
    _must_all_answer(judge, silent)


def repeats(judge: Judge, *cases: Draw) -> None:
    """Pass if equal arguments give equal results, whatever calls came between.

    Functions that raise lose their share as in `unmodified`.
    """
    judge.kind, judge.drawn = "effects", [*cases]
    pairs, silent = _answered(judge, cases)
    _must_say_something(judge, pairs)
    repeated = judge.asked.again(case for case, _ in pairs)
    for (drawn, answer), again in zip(pairs, repeated, strict=True):
        judge.function = drawn.function
        if again.error is not None:
            raise Failed(
                f"called again, {again.error}", detail=again.error.detail, cause=again.error.cause
            )
        if not _is_same(answer.value, again.value):
            message = f"{drawn.function} returns something else when it is called again with the same arguments"
            # A function with random results is not right in a fresh worker either.
            remembers = behaviour.is_right_alone(judge.asked, drawn)
            raise Failed(message, 0, "state-between-calls" if remembers else "")
    _must_all_answer(judge, silent)


def raises(judge: Judge, cases: Draw, kind: type[Exception], but: Draw) -> None:
    """Pass if every case raises ``kind`` or a subclass, and not every input of ``but`` raises."""
    judge.kind, judge.drawn = "raises", [cases]
    drawn = judge.draw(cases)
    judge.function = drawn[0].function
    for number, (case, answer) in enumerate(
        zip(drawn, answers_to_bad(judge.asked, drawn), strict=True)
    ):
        where = f" ({case.note})" if case.note else ""
        judge.bad = number, kind.__name__
        if answer.error is None:
            raise Failed(f"{case.function} should raise {kind.__name__}{where}, and answered")
        if kind.__name__ not in answer.error.kinds:
            message = f"should raise {kind.__name__}{where}: {answer.error}"
            mistake = "wrong-exception" if answer.error.kinds[1:] else ""
            mistake = "" if answer.error.kinds[:1] == ("NotImplementedError",) else mistake
            raise Failed(message, 0, mistake, answer.error.detail, answer.error.cause)
    judge.bad = None
    good = judge.draw(but)
    if any(answer.error is None for answer in judge.asked.answers(good)):
        return
    if not behaviour.answers_alone(judge.asked, good[0]):  # if it raises only later, it keeps state
        raise Failed(f"{good[0].function} raises an exception for every input")


def answers_to_bad(asked: Asked, cases: Sequence[Case]) -> list[Answer]:
    """Return the answers to cases on which the reference raises, one call per message."""
    found = []
    for case in cases:
        try:
            found += asked.student.call([Call(case.function, case.args, "held", exact=case.exact)])
        except StudentError as error:
            found.append(Answer(None, error=error))
    return found


def _answered(judge: Judge, cases: Iterable[Draw]) -> tuple[list[tuple[Case, Answer]], _Silent]:
    """Return the answers of functions that answered every case, and the errors of the others."""
    drawn = list(itertools.chain.from_iterable(judge.draw(each) for each in cases))
    pairs = list(zip(drawn, judge.asked.answers(drawn), strict=True))
    errors = {case.function: answer.error for case, answer in pairs if answer.error is not None}
    answered = [pair for pair in pairs if pair[0].function not in errors]
    share = 1 - len(errors) / len({case.function for case in drawn})
    silent = _Silent(errors, min(round(share, 1), 0.9))
    if not answered:
        _must_all_answer(judge, silent)
    return answered, silent


def _must_all_answer(judge: Judge, silent: _Silent) -> None:
    """Raise `Failed` if a function did not answer; the share of the others is earned."""
    for function, error in silent.errors.items():
        judge.function = function
        told = f"{error}; {THE_OTHERS}" if silent.share else str(error)
        raise Failed(told, silent.share, detail=error.detail, cause=error.cause)


def _must_say_something(judge: Judge, pairs: Sequence[tuple[Case, Answer]]) -> None:
    """Raise `Failed` if the answers of a function are constants."""
    by_function: dict[str, list[tuple[Case, Answer]]] = {}
    for case, answer in pairs:
        by_function.setdefault(case.function, []).append((case, answer))
    for function, group in by_function.items():
        judge.function = function
        answers = [answer for _, answer in group]
        if not (says_something(answers) or exact.says_something(answers)):
            raise Failed(unreadable(group) or f"{function} returns only constants")
    if not any(map(_adds_something, by_function.values())):
        raise Failed("the results are only constants and the arguments themselves")


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two answers of a function are equal within rounding."""
    return is_same(one, other) and exact.is_same(one, other)


def _adds_something(pairs: Sequence[tuple[Case, Answer]]) -> bool:
    """Return whether the answers are more than constants and returned arguments."""
    if says_something([Answer(added(answer.value, case.args)) for case, answer in pairs]):
        return True
    return any(exact.adds_something(answer.value, case.args) for case, answer in pairs)
