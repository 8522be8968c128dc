"""Name mistakes: a mistake is code that gives the student's wrong arrays.

The mistakes of an exercise run in this process on the inputs of a failed check. One is named when
it agrees with the student to 1e-9 on at least two inputs on which the right answer does not, no
other does, nor what only looks like it, and the answers in other checks, of the function and of the one
that it is made in, do not speak against it. An exception agrees if its type and text do, and the text
tells sizes. A wrong guess is worse than none: where two agree, neither is named; and an array that is
right given the student's own arrays or functions before it is never put down to a mistake that would
not show in those.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case
from grader.checks.compare import same
from grader.checks.mistakes import Hint, Mistake, mistaken, module_of
from grader.checks.reference import Caches, Module
from grader.sandbox.fork_server import StudentError
from grader.sandbox.student import Answer

WITNESSES: Final = 2
"""Inputs on which a mistake must show itself before it is named."""
CONSTANT: Final = "constant-answer"
"""It is one of the whole answer, where it is made: a part may stand still for other reasons, and what
follows from zeros (infinity, NaN) follows from much else."""


@dataclass
class Catalogue:
    """The mistakes of one exercise, made into modules when first needed."""

    source: str
    mistakes: Sequence[Mistake]
    hints: Mapping[str, Hint]
    caches: Caches
    alike: Sequence[Mistake] = ()
    """What is no mistake of the catalogue, and answers like one in some checks: it is never named."""
    _modules: dict[int, Module] = field(default_factory=dict)
    _memory: dict[tuple[int, Case], Shown] = field(default_factory=dict)
    _latest: dict[Case, tuple[Answer, Shown]] = field(default_factory=dict)

    @property
    def _every(self) -> Sequence[Mistake]:
        return (*self.mistakes, *self.alike)

    def name(
        self,
        cases: Sequence[Case],
        answers: Sequence[Answer],
        reference: Module,
        path: Path,
        *,
        elsewhere: bool = False,
        innocent: Collection[str] = (),
        upstream: Collection[Path] = (),
        blameless: Collection[str] = (),
        given: Mapping[Case, Answer] = MappingProxyType({}),
        more: Callable[[], Mapping[Case, Answer]] = dict,
    ) -> str:
        """Return the id of the one mistake that explains ``answers``, or ''.

        First one that explains all of every answer; else one that explains the arrays at ``path``
        and is nowhere contradicted by an array that is right. ``elsewhere``: only one made in another
        function; ``upstream``: only one that spoils one of these arrays too; ``blameless``: the functions
        in which none is made; ``given``: what was answered in other checks, which may speak against one;
        ``more``: besides, what checks to come will ask, where one and what looks like it explain it.
        Where several explain it, those do not count that are made in ``innocent`` functions.
        """
        if len(cases) != len(answers) or not cases:
            return ""
        right = [reference.expected(case)[1] for case in cases]
        got = [_shown(answer, truth) for answer, truth in zip(answers, right, strict=True)]
        if any(mine.raised and not _tells(mine.raised) for mine in got):
            return ""
        whole: dict[str, set[int]] = {}
        part: dict[str, set[int]] = {}
        for number, mistake in enumerate(self._every):
            here = () if elsewhere else (mistake.function,)
            there = () if mistake.id == CONSTANT else mistake.spoils
            if cases[0].function not in (*here, *there) or mistake.function in blameless:
                continue

            def shown(number: int = number) -> Iterator[Shown]:
                """As far as anybody asks: most mistakes are out with the first case."""
                for case, truth in zip(cases, right, strict=True):
                    yield self._show(number, case, reference, truth)

            if upstream and not any(each.wrong.intersection(upstream) for each in shown()):
                continue
            explained = whole if _explains(got, shown(), ()) else part
            if explained is part and not (
                path and mistake.id != CONSTANT and _explains(got, shown(), path)
            ):
                continue
            others = {case: answer for case, answer in given.items() if case not in cases}
            if not self._is_spoken_against(number, list(shown()), cases, others, reference, path):
                explained.setdefault(mistake.id, set()).add(number)
        function = cases[0].function
        made = self._told_apart(
            whole or part,
            lambda: self._answered(function, {**given, **more()}, reference),
            reference,
            path,
        )
        return self._only(made, innocent)

    def _told_apart(
        self,
        made: dict[str, set[int]],
        answered: Callable[[], Sequence[tuple[Case, Arrays, Shown]]],
        reference: Module,
        path: Path,
    ) -> dict[str, set[int]]:
        """Return the inputs on which one looks like a mistake that agrees everywhere."""
        if len(made) < 2 or not any(each.id in made for each in self.alike):
            return made
        every = answered()
        agreed = {
            name: numbers
            for name, numbers in made.items()
            if any(self._agrees(number, every, reference, path) for number in numbers)
        }
        return agreed or made

    def _only(self, made: dict[str, set[int]], innocent: Collection[str]) -> str:
        """Return the one id, or '' if there is none or it only looks like a mistake."""
        if len(made) > 1:
            made = {
                name: numbers
                for name, numbers in made.items()
                if any(self._every[number].function not in innocent for number in numbers)
            }
        alike = {each.id for each in self.alike}
        return next(iter(made)) if len(made) == 1 and not made.keys() & alike else ""

    def _is_spoken_against(
        self,
        number: int,
        shown: Sequence[Shown],
        cases: Sequence[Case],
        others: Mapping[Case, Answer],
        reference: Module,
        path: Path,
    ) -> bool:
        """Return whether other answers contradict a mistake, here or where it is made."""
        asked, made = cases[0].function, self._every[number].function
        here, there = (self._answered(name, others, reference) for name in (asked, made))
        return self._is_contradicted(number, shown, here, reference, path) or (
            made != asked and self._is_contradicted(number, (), there, reference, ())
        )

    def _is_contradicted(
        self,
        number: int,
        shown: Sequence[Shown],
        others: Sequence[tuple[Case, Arrays, Shown]],
        reference: Module,
        path: Path,
    ) -> bool:
        """Return whether the function's other answers contradict a mistake.

        They do where one is right that the mistake would make wrong, and where more of them are wrong
        in another way than it explains: a second mistake may hide it in some, but not in most. A mistake
        that explains only zeros, NaN, infinity or a constant must explain all that is wrong.
        Where it is made (``shown`` is empty), the answers themselves must be explained.
        """
        is_constant = self._every[number].id == CONSTANT
        tells = not is_constant and (not shown or any(its.raised or its.tells() for its in shown))
        explained = sum(bool(its.wrong or its.raised) for its in shown)
        for case, right, mine in others:
            if mine.raised:
                continue
            its = self._show(number, case, reference, right)
            spoilt, wrong = _under(path, its.wrong), _under(path, mine.wrong)
            if spoilt - wrong or (its.raised and not wrong):
                return True
            looked_at = spoilt if tells else wrong
            is_same = all(
                same(mine.arrays.get(key), its.arrays[key])
                for key in looked_at
                if key in its.arrays
            )
            if not (tells or is_same):
                return True
            if spoilt or its.raised:
                explained += 1 if is_same and not its.raised else -1
        return explained < 0

    def _agrees(
        self,
        number: int,
        answered: Sequence[tuple[Case, Arrays, Shown]],
        reference: Module,
        path: Path,
    ) -> bool:
        """Return whether a mistake explains every wrong answer of a function."""
        for case, right, mine in answered:
            if mine.raised:
                continue
            its = self._show(number, case, reference, right)
            wrong = _under(path, its.wrong | mine.wrong)
            if not all(
                same(mine.arrays.get(key), its.arrays.get(key, right[key])) for key in wrong
            ):
                return False
        return True

    def _show(self, number: int, case: Case, reference: Module, right: Arrays) -> Shown:
        """Return a mistake's arrays for a case, computed once per run."""
        key = number, case
        if key not in self._memory:
            try:
                answer = Answer(self._module(number).answer(case, reference.want(case)))
            except Exception as error:  # what it raises is how it shows
                said = "".join(traceback.format_exception_only(error))
                answer = Answer(None, error=StudentError("", detail=said))
            self._memory[key] = _shown(answer, right)
        return self._memory[key]

    def _answered(
        self, function: str, given: Mapping[Case, Answer], reference: Module
    ) -> list[tuple[Case, Arrays, Shown]]:
        """Return a function's answers: the case, the right arrays, the student's arrays."""
        found = []
        for case, answer in given.items():
            if case.function != function:
                continue
            right = reference.expected(case)[1]
            if case not in self._latest or self._latest[case][0] is not answer:
                self._latest[case] = answer, _shown(answer, right)
            found.append((case, right, self._latest[case][1]))
        return found

    def forget(self) -> None:
        """Drop what mistakes answered: the inputs of another run are others."""
        self._memory.clear()
        self._latest.clear()
        for module in self._modules.values():
            module.forget()

    def _module(self, number: int) -> Module:
        if number not in self._modules:
            mistake = self._every[number]
            code = module_of(mistaken(self.source, mistake), mistake.id)
            self._modules[number] = Module(code, self.caches)
        return self._modules[number]


Arrays = dict[Path, np.ndarray]


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer to one case: its arrays, the paths of those that are wrong, what was raised."""

    arrays: Arrays
    wrong: set[Path]
    raised: str = ""

    def tells(self) -> bool:
        """Return whether a wrong array has more than zeros, NaN and infinity."""
        wrong = [self.arrays[path] for path in self.wrong if path in self.arrays]
        return any((np.isfinite(array) & (array != 0)).any() for array in wrong)


def _under(path: Path, keys: set[Path]) -> set[Path]:
    return {key for key in keys if key[: len(path)] == path}


def _shown(answer: Answer, right: Arrays) -> Shown:
    if answer.error is not None:
        said = answer.error.detail.strip().splitlines()
        return Shown({}, set(), said[-1] if said else "nothing")
    arrays = arrays_of(answer.value)
    wrong = {path for path in right if not same(arrays.get(path), right[path])}
    return Shown(arrays, wrong)


def _tells(raised: str) -> bool:
    """Return whether the text of an exception contains sizes.

    Other texts have many causes. A missing key contains no size, even if its name has a number.
    """
    return not raised.startswith("KeyError") and bool(re.search(r"\b\d", raised))


def _explains(got: Sequence[Shown], shown: Iterator[Shown], path: Path) -> bool:
    """Return whether the mistake's arrays match the student's, and often enough."""
    witnesses = 0
    for mine, its in zip(got, shown, strict=True):
        if mine.raised or its.raised:
            if mine.raised != its.raised or not _tells(mine.raised):
                return False
            witnesses += 1
            continue
        if its.wrong - mine.wrong:
            return False
        at_path = {key for key in its.arrays if key[: len(path)] == path}
        # Where both are right they agree; where the mistake is wrong it must be wrong like this.
        for key in at_path & (mine.wrong | its.wrong):
            if not same(mine.arrays.get(key), its.arrays[key]):
                return False
        wrong = its.wrong & at_path
        # Zeros come about in many ways: alone they do not tell which.
        witnesses += bool(wrong) and (not path or any(its.arrays[key].any() for key in wrong))
    return witnesses >= min(WITNESSES, len(got))
