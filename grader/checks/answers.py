"""The answers of one submission to the cases of its checks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

from grader.checks.case import Case, Part
from grader.checks.reference import Module
from grader.sandbox.faults import StudentError
from grader.sandbox.guest.wire import Ref
from grader.sandbox.student import Answer, Call, Student

Found = TypeVar("Found")

AHEAD_CPU: Final = 0.25
"""CPU seconds for all cases that are sent ahead; right answers with Python loops need a tenth."""


class Asked:
    """One submission's answers: each case is sent once, all cases of a check in one message."""

    def __init__(self, student: Student, reference: Module) -> None:
        self.student, self.reference = student, reference
        self._answers: dict[Case, Answer] = {}
        self._kept: dict[Case, tuple[int, int]] = {}
        self._found: dict[tuple[object, Hashable], Any] = {}

    def fresh(self) -> Asked:
        """Return the same program, for use in another worker."""
        return Asked(self.student.again(), self.reference)

    def answers(self, cases: Iterable[Case]) -> list[Answer]:
        """Return the answers; if the worker did not answer, the answer holds the error."""
        cases = list(cases)
        self._ask([case for case in cases if case not in self._answers])
        return [self._answers[case] for case in cases]

    def ask_ahead(self, cases: Sequence[Case]) -> None:
        """Send all cases in one message; if that fails, each check sends its cases itself."""
        with contextlib.suppress(StudentError):
            calls = [self._call(case) for case in cases]
            self._store(cases, calls, self.student.call(calls, cpu=AHEAD_CPU))

    def given(self) -> dict[Case, Answer]:
        """Return the answers received so far, in the order of the requests."""
        return dict(self._answers)

    def once(self, find: Callable[[], Found], kind: object, key: Hashable) -> Found:
        """Return the result of ``find``, which is called only the first time.

        Args:
            find: Finds something out about this program.
            kind: The calling function, so that two modules never share a key.
            key: The subject of the search, for example the name of a student's function.
        """
        if (kind, key) not in self._found:
            self._found[kind, key] = find()
        found: Found = self._found[kind, key]
        return found

    def forget(self) -> None:
        """Discard the stored answers, so that later requests are sent again."""
        self._answers.clear()
        self._kept.clear()

    def again(self, cases: Iterable[Case]) -> list[Answer]:
        """Send the cases again, even if they were answered before."""
        cases = list(cases)
        first = {case: self._answers.pop(case) for case in cases if case in self._answers}
        second = self.answers(cases)
        self._answers.update(first)
        return second

    def timed(self, case: Case, repeat: int, cpu: float) -> tuple[float, Answer]:
        """Return the CPU seconds of one run and the answer; raise `StudentError` beyond ``cpu``."""
        self._ask_parts([case])
        broken = self._dependency_error(case)
        if broken is not None:
            raise broken
        [answer] = self.student.call([self._call(case)], repeat, cpu * repeat, timed=True)
        return self.student.cpu / repeat, answer

    def _ask(self, cases: Iterable[Case]) -> None:
        """Send ``cases`` in one message, after the cases that their arguments depend on."""
        cases = list(dict.fromkeys(cases))
        self._ask_parts(cases)
        broken = {case: error for case in cases if (error := self._dependency_error(case))}
        self._answers.update({case: Answer(None, error=error) for case, error in broken.items()})
        cases = [case for case in cases if case not in broken]
        if not cases:
            return
        calls = [self._call(case) for case in cases]
        try:
            answers = self.student.call(calls, cpu=max(case.cpu for case in cases))
        except StudentError as error:
            self._ask_alone(cases, error)
            return
        self._store(cases, calls, answers)

    def _store(
        self, cases: Sequence[Case], calls: Sequence[Call], answers: Sequence[Answer]
    ) -> None:
        for case, call, answer in zip(cases, calls, answers, strict=True):
            self._answers[case] = answer
            self._kept[case] = (self.student.generation, call.keep)

    def _ask_parts(self, cases: list[Case]) -> None:
        parts = [arg.case for case in cases for arg in case.args if isinstance(arg, Part)]
        if not parts:
            return
        with contextlib.suppress(StudentError):  # every call will report the error
            self.student.load()
        now = self.student.generation
        missing = [part for part in parts if self._kept.get(part, (-1, -1))[0] != now]
        if missing:
            self._ask(missing)

    def _ask_alone(self, cases: list[Case], error: StudentError) -> None:
        """Send each case in a separate message, after one of them timed out or ended the worker."""
        if len(cases) == 1:
            self._answers[cases[0]] = Answer(None, error=error)
            return
        for case in cases:
            self._ask([case])

    def _dependency_error(self, case: Case) -> StudentError | None:
        for argument in case.args:
            if isinstance(argument, Part):
                error = self._answers[argument.case].error
                if error is not None:
                    needed = argument.case.function
                    message = f"{case.function} needs {needed}: {error}"
                    return StudentError(message, place=error.place, needs=needed)
        return None

    def call_for(self, case: Case, want: Any) -> Call:
        """Return the call of a case that asks for another form of its result."""
        plain = self._call(case)
        return Call(plain.function, plain.arguments, want, exact=plain.exact)

    def _call(self, case: Case) -> Call:
        if case.stands_alone:
            return self.reference.call(case)
        args = tuple(
            Ref(self._kept[arg.case][1], arg.item) if isinstance(arg, Part) else arg
            for arg in case.args
        )
        return self.reference.call(case, args)
