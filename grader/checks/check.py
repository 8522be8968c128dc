"""The ``check`` fixture: a hidden test uses it to judge a student's answers.

    def test_backward(check, array):
        '''The gradient of {array} is right'''
        check(backward_cases, array, local=LOCAL.get(array), gradient=BACKWARD)

Right values earn full marks. Otherwise, in this order: 80 % for an array that is right given the
student's own earlier arrays (``local``), or for a function that is right given the student's own
other functions (``own``); 60 % for a gradient that is the numeric derivative of the student's own
forward (``gradient``). Agreement with the student's own numbers never earns full marks, and earns
nothing if these arrays are constant.

Whether an answer follows from the student's own functions is decided after all checks
(`Check.settled`): by then an edit that explains such a function is often known, so that it need not
be called step by step.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from grader.checks import arrays, side_effects, speed
from grader.checks import partial_credit as credit
from grader.checks.arrays import Path
from grader.checks.case import Case
from grader.checks.failure import Failed, Failure
from grader.checks.gradients import Gradient
from grader.checks.judge import Draw, Judge
from grader.checks.partial_credit import Local
from grader.checks.wording import (
    first_fault,
    joined,
    return_verb,
    simple_change,
)
from grader.sandbox.faults import GraderError
from grader.sandbox.student import Answer, Refused

LOCAL_CREDIT: Final = 0.8
NUMERIC_CREDIT: Final = 0.6
DERIVATIVE: Final = "but it is the derivative of your own forward"
SHARED: Final = "the other arrays are correct, or correct given your own arrays"

Found = TypeVar("Found")


class Check(Judge):
    """The judge of one student in one hidden test, created anew for each submission."""

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

        ``gradient`` may be a function of the first case, which returns the gradient at its inputs.
        Exact cases earn no partial credit: ``local``, ``own`` and ``gradient`` are for arrays.
        """
        found = self._failure(cases, path, name, gradient)
        if found is None:
            return
        failure, message = found
        if failure.error is not None:
            raise Failed(message, 0.0, detail=failure.error.detail)
        from grader.checks import near_misses  # only if an answer is wrong

        if near := self._extra(near_misses.share, failure):
            raise Failed(message, near)
        if local is not None and (upstream := self._extra(credit.given_arrays, failure, local)):
            why = f"correct given your own {joined([str(key) for key in upstream])}"
            raise Failed(message, LOCAL_CREDIT, reason=why)
        self.is_in_itself = local is not None
        if own:
            self.own, self.said = own, message
            raise Failed(f"{message}{simple_change(failure)}", 0.0, "", self.stumbled)
        if self._extra(credit.given_forward, failure):
            self.follows = "forward"
            raise Failed(message, NUMERIC_CREDIT, reason=DERIVATIVE)
        raise Failed(f"{message}{simple_change(failure)}", 0.0, "", self.stumbled)

    def settled(self, is_edit: bool, is_possible: bool = True) -> tuple[str, str, float]:
        """Return message, reason and share of a failed check, given the student's own functions.

        Args:
            is_edit: Whether an edit that explains these functions gives the student's answers.
            is_possible: Whether the answers may follow from these functions; if not, skip the
                calls.
        """
        failure = self.failure
        if failure is None:
            return "", "", 0.0
        failure = replace(failure, asked=self.asked)
        asked = is_possible and not is_edit
        follows = self._extra(credit.given_parts, failure, self.own) if asked else is_edit
        if follows:
            self.follows = "parts"
            why = f"correct given what your own {joined(self.own)} {return_verb(self.own)}"
            return self.said, why, LOCAL_CREDIT
        if self._extra(credit.given_forward, failure):
            self.follows = "forward"
            return self.said, DERIVATIVE, NUMERIC_CREDIT
        return "", "", 0.0

    def whole(
        self,
        cases: Draw,
        local: Mapping[str, Local],
        *,
        share: Sequence[str] = (),
        gradient: Gradient | None = None,
    ) -> None:
        """Pass if every array of every answer (a dict of arrays) is right; else raise `Failed`.

        If no array is missing, each array (of ``share``, if given) earns an equal part of the
        points by the rules of ``__call__``. The sum is at most the credit for one array that
        follows from wrong ones.
        """
        found = self._failure(cases, (), "", gradient)
        if found is None:
            return
        failure, message = found
        if failure.error is not None:
            raise Failed(message, 0.0, detail=failure.error.detail)
        answers = failure.answers
        names = [] if any(map(_has_missing, answers)) else share or _names(answers)
        shares = [self._share(failure, name, local) for name in names]
        earned = min(LOCAL_CREDIT, sum(shares) / max(len(shares), 1))
        if earned < NUMERIC_CREDIT and self._extra(credit.given_forward, failure):
            self.follows = "forward"
            raise Failed(message, NUMERIC_CREDIT, reason=DERIVATIVE)
        raise Failed(message, earned, "", self.stumbled, reason=SHARED if earned else "")

    def _failure(
        self,
        cases: Draw,
        path: Path,
        name: str,
        gradient: Gradient | Callable[[Case], Gradient] | None,
    ) -> tuple[Failure, str] | None:
        """Return the first failure and its message; None if every answer is right."""
        self.drawn = [cases]
        drawn = self.draw(cases)
        self.function = drawn[0].function
        answers = self.asked.answers(drawn)
        faults = [self.fault(c, a, path, name) for c, a in zip(drawn, answers, strict=True)]
        if not any(faults):
            return None
        if any(case.exact for case in drawn):  # the explanations below are for arrays only
            error = next((answer.error for answer in answers if answer.error is not None), None)
            detail, cause = (error.detail, error.cause) if error else ("", "")
            raise Failed(first_fault(drawn, faults), detail=detail, cause=cause)
        if callable(gradient):
            gradient = gradient(drawn[0])
        failure = Failure(self.asked, drawn, answers, path, gradient, self.rng)
        self.failure = failure
        return failure, first_fault(drawn, faults)

    # --- values ---

    def _share(self, failure: Failure, name: str, local: Mapping[str, Local]) -> float:
        """Return the fraction of its points that one array of an answer earns."""
        every = zip(failure.cases, failure.answers, strict=True)
        pairs = [(case, answer) for case, answer in every if name in answer.value]
        if not any(self.fault(case, answer, (name,), "") for case, answer in pairs):
            return 1.0
        if name not in local:
            return 0.0
        cases, answers = zip(*pairs, strict=True)
        alone = replace(failure, cases=cases, answers=answers, path=(name,))
        return LOCAL_CREDIT if self._extra(credit.given_arrays, alone, local[name]) else 0.0

    def _extra(self, look: Callable[..., Found], *args: Any) -> Found | None:
        """Call ``look``; return None if a student's unusual answer makes it raise.

        The check has failed already. Without this, an answer that makes the search for credit or
        for a name raise would turn the failed check into an `error`.
        """
        try:
            return look(*args)
        except GraderError:
            raise
        except Exception:
            self.stumbled = traceback.format_exc()
            return None

    # --- side effects and speed ---

    def unmodified(self, *cases: Draw) -> None:
        """Pass if no argument is modified: see `grader.checks.side_effects.unmodified`."""
        side_effects.unmodified(self, *cases)

    def repeats(self, *cases: Draw) -> None:
        """Pass if equal arguments give equal results: see `grader.checks.side_effects.repeats`."""
        side_effects.repeats(self, *cases)

    def raises(self, cases: Draw, kind: type[Exception], but: Draw) -> None:
        """Pass if bad arguments raise ``kind``: see `grader.checks.side_effects.raises`."""
        side_effects.raises(self, cases, kind, but)

    def fast(self, cases: Draw, limit: float, cpu: float = 2.0, beside: str = "array code") -> None:
        """Pass if the function is fast enough: see `grader.checks.speed.fast`."""
        speed.fast(self, cases, limit, cpu, beside)


def _names(answers: Sequence[Answer]) -> list[str]:
    """Return the names of the arrays in these answers, each once."""
    return list(dict.fromkeys(name for answer in answers for name in answer.value))


def _has_missing(answer: Answer) -> bool:
    """Return whether an array is missing from an answer."""
    return any(isinstance(leaf, Refused) for _, leaf in arrays.leaves(answer.value))
