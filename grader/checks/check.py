"""What a hidden test asks of a student's answers: the ``check`` fixture.

    def test_backward(check, array):
        \"""The gradient of {array} is right\"""
        check(backward_cases, array, local=LOCAL.get(array), gradient=BACKWARD)

Full marks are for right values. Short of that, in this order: 80 % for an array that is right given
the student's own arrays before it (``local``), or for a function that is right given the student's
own parts (``own``); 60 % for a gradient that is the numeric derivative of the student's own forward
(``gradient``). Numbers alone never give full marks, and nothing is given where the arrays that it
follows from are constant.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from grader.checks import arrays, compare, failure, timing
from grader.checks import experiments as behaviour
from grader.checks import partial_credit as credit
from grader.checks.answers import Asked
from grader.checks.arrays import Path, arrays_of, is_same
from grader.checks.case import Case, Part
from grader.checks.compare import same
from grader.checks.exercise import Exercise
from grader.checks.failure import Failed, Failure
from grader.checks.gradients import Gradient
from grader.checks.partial_credit import Local
from grader.checks.reference import Module
from grader.checks.student_module import added, says_something
from grader.checks.wording import (
    _and,
    _fact,
    _label,
    _refusal,
    _return,
    _said,
    _unreadable,
)
from grader.sandbox.fork_server import GraderError, StudentError
from grader.sandbox.guest import refusals
from grader.sandbox.student import Answer, Call, Refused

LOCAL_CREDIT: Final = 0.8
NUMERIC_CREDIT: Final = 0.6
DERIVATIVE: Final = "but it is the derivative of your own forward"
THE_OTHERS: Final = "those that answer are right in this"
SHARED: Final = "others are right, or right given your own arrays"
ROUNDING: Final = 1e-12
"""Sums in another order differ by less than this, relative to the largest entry; differences by more."""
WORTH_TELLING: Final = 30
"""A right answer this many times slower than array code is told so, without marks."""

Draw = Callable[..., Iterable[Case]]
Found = TypeVar("Found")


class _Silent(NamedTuple):
    """Why functions did not answer, and the share of those that did, in tenths: points tell no more."""

    errors: Mapping[str, StudentError]
    share: float


@dataclass(repr=False)
class Check:
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
    stumbled: str = ""
    """The traceback of a look for credit or a name that went wrong: for staff."""

    def __call__(
        self,
        cases: Draw,
        *path: str | int,
        name: str = "",
        local: Local | None = None,
        own: Sequence[str] = (),
        gradient: Gradient | Callable[[Case], Gradient] | None = None,
    ) -> None:
        """Pass if the arrays at ``path`` of every answer are right; else raise `Failed`.

        ``gradient`` may be a function of the first case: one that is taken at that case's inputs.
        """
        found = self._failure(cases, path, name, gradient)
        if found is None:
            return
        failure, message = found
        if failure.error is not None:
            raise Failed(message, 0.0, self._mistake(failure), failure.error.detail)
        if local is not None and (upstream := self._extra(credit.given_arrays, failure, local)):
            told = f"{message}; right, given your own {_and([str(key) for key in upstream])}"
            raise Failed(told, LOCAL_CREDIT, self._mistake(failure, upstream=upstream))
        follows = self._extra(credit.given_parts, failure, own) if own else None
        if follows:
            told = f"{message}; right, given what your own {_and(own)} {_return(own)}"
            raise Failed(told, LOCAL_CREDIT, self._mistake(failure, elsewhere=True))
        mistake = self._mistake(failure, innocent=own if follows is False else ())
        if self._extra(credit.given_forward, failure):
            raise Failed(f"{message}; {DERIVATIVE}", NUMERIC_CREDIT, mistake)
        told = message if mistake else f"{message}{_fact(failure)}"
        raise Failed(told, 0.0, mistake, self.stumbled)

    def whole(
        self,
        cases: Draw,
        local: Mapping[str, Local],
        *,
        share: Sequence[str] = (),
        gradient: Gradient | None = None,
    ) -> None:
        """Pass if every array of every answer, a dict of arrays, is right; else raise `Failed`.

        Short of that, if none is missing, the arrays or those in ``share`` count alike and each for
        itself, as in ``__call__``: together never for more than what follows from one wrong array.
        """
        found = self._failure(cases, (), "", gradient)
        if found is None:
            return
        failure, message = found
        mistake = self._mistake(failure)
        if failure.error is not None:
            raise Failed(message, 0.0, mistake, failure.error.detail)
        answers = failure.answers
        names = [] if any(map(_lacks, answers)) else share or _names(answers)
        shares = [self._share(failure, name, local) for name in names]
        earned = min(LOCAL_CREDIT, sum(shares) / max(len(shares), 1))
        if earned < NUMERIC_CREDIT and self._extra(credit.given_forward, failure):
            raise Failed(f"{message}; {DERIVATIVE}", NUMERIC_CREDIT, mistake)
        told = f"{message}; {SHARED}" if earned else message
        raise Failed(told, earned, mistake, self.stumbled)

    def _failure(
        self,
        cases: Draw,
        path: Path,
        name: str,
        gradient: Gradient | Callable[[Case], Gradient] | None,
    ) -> tuple[Failure, str] | None:
        """What failed, and what is said of it first; None if every answer is right."""
        drawn = self.draw(cases)
        self.function = drawn[0].function
        answers = self.asked.answers(drawn)
        faults = [self._fault(c, a, path, name) for c, a in zip(drawn, answers, strict=True)]
        if not any(faults):
            return None
        if callable(gradient):
            gradient = gradient(drawn[0])
        failure = Failure(self.asked, drawn, answers, path, gradient, self.rng)
        return failure, _said(drawn, faults)

    # --- values ---

    def _share(self, failure: Failure, name: str, local: Mapping[str, Local]) -> float:
        """The share of its points that one array of a whole earns, in the answers that have it."""
        every = zip(failure.cases, failure.answers, strict=True)
        pairs = [(case, answer) for case, answer in every if name in answer.value]
        if not any(self._fault(case, answer, (name,), "") for case, answer in pairs):
            return 1.0
        if name not in local:
            return 0.0
        cases, answers = zip(*pairs, strict=True)
        alone = replace(failure, cases=cases, answers=answers, path=(name,))
        return LOCAL_CREDIT if self._extra(credit.given_arrays, alone, local[name]) else 0.0

    def _fault(self, case: Case, answer: Answer, path: Path, name: str) -> str:
        """What is wrong with the answer at ``path``, or ''."""
        if answer.error is not None:
            return str(answer.error)
        want, expected, scales = self.exercise.reference.expected(case)
        for key, leaf in arrays.leaves(arrays.at(answer.value, path), path):
            if isinstance(leaf, Refused):
                whole = leaf is answer.value and leaf.reason in refusals.OF_THE_WHOLE
                label = _label(case.function, ()) if path and whole else name
                return _refusal(leaf, label or _label(case.function, key))
            if key not in expected:
                continue
            integers = arrays.at(want, key) == "int"
            found = compare.fault(
                leaf, expected[key], scales[key],
                floor=case.floor, tolerance=case.tolerance, integers=integers,
                entrywise=case.entrywise, dims=case.dims,
            )  # fmt: skip
            if found:
                return f"{name or _label(case.function, key)}: {found.message}"
        return ""

    def _mistake(
        self,
        failure: Failure,
        elsewhere: bool = False,
        innocent: Sequence[str] = (),
        upstream: Sequence[Any] = (),
    ) -> str:
        """See `Catalogue.name`: what is right given the student's own parts is not made here.

        And what is wrong given these parts does not come from them alone.
        """
        return self._extra(self._name, failure, elsewhere, innocent, upstream) or ""

    def _extra(self, look: Callable[..., Found], *args: Any) -> Found | None:
        """What ``look`` finds; None where it stumbles over what the student answered.

        The verdict stands before anybody looks for credit or a name. Whoever could make us stumble
        there would have an `error` in place of it.
        """
        try:
            return look(*args)
        except GraderError:
            raise
        except Exception:
            self.stumbled = traceback.format_exc()
            return None

    def _name(
        self, failure: Failure, elsewhere: bool, innocent: Sequence[str], upstream: Sequence[Any]
    ) -> str:
        catalogue = self.exercise.catalogue
        found = catalogue.name(
            failure.cases, failure.answers, self.exercise.reference, failure.path,
            elsewhere=elsewhere, innocent=innocent, upstream=[(key,) for key in upstream],
            blameless=self._blameless(),
            given=failure.asked.given(),
            more=lambda: failure.asked.more(failure.function),
        )  # fmt: skip
        found = found or behaviour.mistake(failure)
        return found if found in catalogue.hints else ""

    def _blameless(self) -> set[str]:
        """The functions that have been right whenever they were asked: no mistake is made in them."""
        given, right = self.asked.given(), self.asked.right
        for case in given.keys() - right.keys():
            right[case] = failure.is_right(self.exercise.reference, case, given[case])
        guilty = {case.function for case in given if not right[case]}
        return {case.function for case in given} - guilty

    # --- behaviour ---

    def unmodified(self, *cases: Draw) -> None:
        """Pass if no argument of any case is modified; needs answers that say something.

        A function that raises costs its share, for of its arguments nothing is known.
        """
        pairs, silent = self._answered(cases)
        for drawn, answer in pairs:
            self.function = drawn.function
            names = _parameters(self.exercise.reference, drawn.function)
            for index in answer.modified:
                position = index if index >= 0 else -1 - index
                label = names[position] if position < len(names) else f"argument {position + 1}"
                if index < 0 and label == "cache":
                    continue  # a cache may be given more keys
                raise Failed(
                    f"{drawn.function} modified its argument {label}", 0, "argument-modified"
                )
        self._must_say_something(pairs)
        self._must_all_answer(silent)

    def repeats(self, *cases: Draw) -> None:
        """Pass if equal arguments give equal results, whatever was called in between; of functions
        that raise as `unmodified`."""
        pairs, silent = self._answered(cases)
        self._must_say_something(pairs)
        repeated = self.asked.again(case for case, _ in pairs)
        for (drawn, answer), again in zip(pairs, repeated, strict=True):
            self.function = drawn.function
            if again.error is not None:
                raise Failed(f"called again, {again.error}", detail=again.error.detail)
            if not is_same(answer.value, again.value):
                message = f"{drawn.function}, called again with equal arguments, answers otherwise"
                # One of random numbers is not right even where it has answered nothing yet.
                remembers = behaviour.is_right_alone(self.asked, drawn)
                raise Failed(message, 0, "state-between-calls" if remembers else "")
        self._must_all_answer(silent)

    def raises(self, cases: Draw, kind: type[Exception], but: Draw) -> None:
        """Pass if every case raises ``kind`` or a subclass of it, but not all that ``but`` draws."""
        drawn = self.draw(cases)
        self.function = drawn[0].function
        for case, answer in zip(drawn, self._answers_to_bad(drawn), strict=True):
            where = f" ({case.note})" if case.note else ""
            if answer.error is None:
                raise Failed(f"{case.function} should raise {kind.__name__}{where}, and answered")
            if kind.__name__ not in answer.error.kinds:
                message = f"should raise {kind.__name__}{where}: {answer.error}"
                mistake = "wrong-exception" if answer.error.kinds[1:] else ""
                mistake = "" if answer.error.kinds[:1] == ("NotImplementedError",) else mistake
                raise Failed(message, 0, mistake, answer.error.detail)
        good = self.draw(but)
        if any(answer.error is None for answer in self.asked.answers(good)):
            return
        if not behaviour.answers_alone(self.asked, good[0]):  # what raises only later, remembers
            raise Failed(f"{good[0].function} raises whatever it is asked")

    def fast(self, cases: Draw, limit: float, cpu: float = 2.0, beside: str = "array code") -> None:
        """Pass if the function takes at most ``limit`` times the reference's CPU time.

        ``beside`` is what the reference is, in the student's words.

        Only answers that are right in half of their arrays are timed, and wherever those that are
        not timed are right: a constant is no fast answer, and the size tells which call is timed.
        """
        drawn = self.draw(cases)
        self.function = drawn[0].function
        limit = min(limit, self.stricter or limit)
        try:
            timed = timing.measure(self.asked, self.yardstick(drawn[0], cpu), drawn, limit, cpu)
        except StudentError as error:
            raise Failed(str(error), detail=error.detail) from None
        # The least time counts, so every answer must deserve it.
        spoilt: set[Path] = set()
        for case, answer in zip(drawn, timed.answers, strict=False):
            if answer.error is not None:
                raise Failed(str(answer.error), detail=answer.error.detail)
            telling, wrong = self._wrong(case, answer)
            if 2 * len(wrong) > len(telling):
                raise Failed("only right answers are timed, and this one is wrong")
            spoilt.update(wrong)
        if timed.ratio > limit:
            times = f"{compare.rough(timed.ratio)} times the time of {beside}"
            message = f"{drawn[0].function} takes {times}; the limit is {limit:.4g}"
            measured = limit >= 1000 and self._are_measured(drawn, timed.answers)
            raise Failed(message, 0, "numeric-differentiation" if measured else "")
        if any(self._is_right_untimed(drawn[0].function, path) for path in spoilt):
            raise Failed(
                "only right answers are timed, and this one is wrong where others are right"
            )
        if timed.ratio > WORTH_TELLING:
            self.remark = self._slow(drawn[0], timed, cpu, beside)

    def _slow(self, case: Case, timed: timing.Timed, cpu: float, beside: str) -> str:
        """What to say of the time of a right answer, if it is worth telling on a second look too."""
        try:
            timed = timing.steadier(self.asked, self.yardstick(case, cpu), case, timed, cpu)
        except StudentError:
            return ""
        if timed.ratio <= WORTH_TELLING:
            return ""
        more = ": see 'vectorisation' in the README" if beside == "array code" else ""
        return f"right, and {compare.rough(timed.ratio)} times the time of {beside}{more}"

    def _are_measured(self, cases: Sequence[Case], answers: Sequence[Answer]) -> bool:
        """Whether the answers have the errors of slopes between two values: slow loops have not."""
        for case, answer in zip(cases, answers, strict=False):
            right, mine = self.exercise.reference.expected(case)[1], arrays_of(answer.value)
            if not all(same(mine.get(path), right[path], ROUNDING) for path in right):
                return True
        return False

    def _answers_to_bad(self, cases: Sequence[Case]) -> list[Answer]:
        """The answers to cases on which the reference itself raises, each asked alone."""
        found = []
        for case in cases:
            try:
                found += self.asked.student.call([Call(case.function, case.args, "held")])
            except StudentError as error:
                found.append(Answer(None, error=error))
        return found

    def _answered(self, cases: Iterable[Draw]) -> tuple[list[tuple[Case, Answer]], _Silent]:
        """What the functions that always answer have answered, and why the others have not."""
        drawn = list(itertools.chain.from_iterable(self.draw(each) for each in cases))
        pairs = list(zip(drawn, self.asked.answers(drawn), strict=True))
        errors = {case.function: answer.error for case, answer in pairs if answer.error is not None}
        answered = [pair for pair in pairs if pair[0].function not in errors]
        share = 1 - len(errors) / len({case.function for case in drawn})
        silent = _Silent(errors, min(round(share, 1), 0.9))
        if not answered:
            self._must_all_answer(silent)
        return answered, silent

    def _must_all_answer(self, silent: _Silent) -> None:
        """Raise `Failed` if a function did not; the share of those that did is earned."""
        for self.function, error in silent.errors.items():
            told = f"{error}; {THE_OTHERS}" if silent.share else str(error)
            raise Failed(told, silent.share, detail=error.detail)

    def _must_say_something(self, pairs: Sequence[tuple[Case, Answer]]) -> None:
        """Raise `Failed` if a function's answers are constants."""
        by_function: dict[str, list[tuple[Case, Answer]]] = {}
        for case, answer in pairs:
            by_function.setdefault(case.function, []).append((case, answer))
        for function, group in by_function.items():
            self.function = function
            if not says_something([answer for _, answer in group]):
                raise Failed(_unreadable(group) or f"{function} answers with constants")
        if not any(map(_adds_something, by_function.values())):
            raise Failed("the answers are constants and the arguments themselves")

    def _wrong(self, case: Case, answer: Answer) -> tuple[list[Path], list[Path]]:
        """The arrays that say something, and those of them that are wrong."""
        _, expected, _ = self.exercise.reference.expected(case)
        telling = [path for path, array in expected.items() if not arrays.trivial(array)]
        return telling, [path for path in telling if self._fault(case, answer, path, "")]

    def _is_right_untimed(self, function: str, path: Path) -> bool:
        """Whether the array at ``path`` is right in all answers of ``function`` that were not timed."""
        faults = [
            self._fault(case, answer, path, "")
            for case, answer in self.asked.given().items()
            if case.function == function and path in self.exercise.reference.expected(case)[1]
        ]
        return bool(faults) and not any(faults)


def _names(answers: Sequence[Answer]) -> list[str]:
    """The names of the arrays in these answers, each once."""
    return list(dict.fromkeys(name for answer in answers for name in answer.value))


def _lacks(answer: Answer) -> bool:
    """Whether an array is missing."""
    return any(isinstance(leaf, Refused) for _, leaf in arrays.leaves(answer.value))


def _adds_something(pairs: Sequence[tuple[Case, Answer]]) -> bool:
    """Whether a function's answers are more than constants and arguments handed back."""
    return says_something([Answer(added(answer.value, case.args)) for case, answer in pairs])


def _parameters(reference: Module, function: str) -> Sequence[str]:
    code = getattr(reference.module, function).__code__
    names: Sequence[str] = code.co_varnames[: code.co_argcount]
    return names


__all__ = ["Case", "Check", "Exercise", "Failed", "Gradient", "Part"]
