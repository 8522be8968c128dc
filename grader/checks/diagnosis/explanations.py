"""Find out what is wrong in one function of a student, on diagnostic inputs.

General explanations come first: it follows from an earlier function, it is an edit of the reference
(a named mistake or a mutant), or there is a relation between its values and the right ones. Every
sentence is checked on this submission before it is used.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from typing import Any, Final

from grader.checks import near_misses
from grader.checks.answers import Asked
from grader.checks.arrays import Path, arrays_of, is_same
from grader.checks.case import Case, Part
from grader.checks.diagnosis import (
    call_graph,
    conditions,
    examples,
    quantities,
    within_arrays,
)
from grader.checks.diagnosis.argument_edits import argument_edits
from grader.checks.diagnosis.descriptions import (
    pairs_of,
    related,
    relation_of,
    unlike,
)
from grader.checks.diagnosis.diagnostics import (
    Answered,
    Candidate,
    Diagnostics,
    agree,
    answer_of,
    wrong_paths,
)
from grader.checks.diagnosis.edits import WITNESSES, Edits
from grader.checks.diagnosis.pairs import FEWEST_ENTRIES
from grader.checks.diagnosis.relations import is_slip
from grader.checks.diagnosis.repaired import Repaired
from grader.checks.diagnosis.two_edits import Several
from grader.checks.diagnosis.views import Cause, View
from grader.checks.failure import Failure
from grader.checks.near_misses import source_of
from grader.checks.partial_credit import MOST_CALLS, mixed_parts
from grader.checks.reference import Module
from grader.checks.student_module import is_given, says_something
from grader.model import Example
from grader.sandbox.student import Answer

CONSTANT: Final = "constant-answer"
"""Answers that look constant often have a better explanation, so this mistake comes last."""
_COUNTS: Final = {2: "two", 3: "three", 4: "four"}
MOST_LOOKED_AT: Final = 8
"""Number of arrays considered when a mistake explains only some; it must explain half of them."""


class Investigation:
    """One submission on diagnostic inputs, in a worker that has never received a hidden input."""

    def __init__(self, diagnostics: Diagnostics, asked: Asked) -> None:
        self.diagnostics, self.asked = diagnostics, asked
        self.reference = diagnostics.exercise.reference
        self.search = Edits(diagnostics)
        self.fresh = asked.fresh()
        self.repaired = Repaired(diagnostics, asked, self.search)
        self.causes: list[Cause] = []
        self.views: dict[str, View] = {}
        self._explained: dict[tuple[object, ...], bool] = {}

    def end(self) -> None:
        """End the workers."""
        self.fresh.student.end()
        self.repaired.end()

    def view(self, function: str, draws: Sequence[Any] = ()) -> View:
        """Return the function's answers, which are requested only once."""
        if function not in self.views:
            cases = self.diagnostics.cases(function, draws)
            answers = self.fresh.answers(cases)
            wrong = [
                wrong_paths(self.reference, *pair) for pair in zip(cases, answers, strict=True)
            ]
            self.views[function] = View(function, self.reference, cases, answers, wrong)
        return self.views[function]

    # --- one function ---

    def edits(self, view: View) -> list[Cause]:
        """Return the near misses or the edits of the reference that explain wrong values."""
        readable = view.without_refusals()
        found = self._near_miss(view) if readable is view else []
        found = found or self._of_edits(readable)
        if len(found) == 1 and found[0].is_vague:
            self.repaired.specify(readable, found[0])
        return self._noted(readable, found)

    def unexplained(self, view: View) -> list[Cause]:
        """Describe wrong values that no edit explains."""
        view = view.without_refusals()
        if found := self._unsteady(view) or self._rounded(view) or self._changed(view):
            return self._noted(view, found)
        found = self._related_or_two(view)
        if not found and view.is_wrong:
            found = self._edited_partly(view, is_last=True)
            found = found or within_arrays.of_kept(self.search, self.fresh, view)
            found = found or within_arrays.of_first(self.search, view, view)
        found = found or self._plain(view)
        others = within_arrays.rest(self.search, view, found[0]) if len(found) == 1 else None
        if others is None:
            return self._noted(view, found)
        first = within_arrays.of_paths(view, [p for p in view.paths if p not in others.paths])
        return [*self._one_reason(first, view), *self._one_reason(others, view)]

    def _one_reason(self, view: View, whole: View) -> list[Cause]:
        """Explain the arrays of a function that are wrong for the same one of two reasons."""
        found = within_arrays.of_first(self.search, view, whole) or self.repaired.in_arrays(
            view, whole
        )
        found = found or self._related(view) or self._plain(view)
        for cause in found:
            cause.changes = set(view.paths)
        return self._noted(view, found)

    def _rounded(self, view: View) -> list[Cause]:
        """Report values with too few right digits, where the contract requires more."""
        for number in [n for n in view.numbers if view.wrong[n]]:
            case = view.cases[number]
            _, right, scales = self.reference.expected(case)
            if not agree(case, view.arrays(number), Answered(right, scales), view.wrong[number]):
                return []
        array = quantities.subject(self.reference, view.function, view.first_path())
        sentence = f"{array} is right in its first digits only."
        ask = "Is it measured as a difference of two values, or computed in float32?"
        label = examples.label(view.function, view.first_path())
        return [Cause(view.function, sentence, ask, array=label)] if view.is_wrong else []

    def _changed(self, view: View) -> list[Cause]:
        """Look for changes of the student's own code after which the function is right."""
        if not view.is_wrong:
            return []
        called = call_graph.called(source_of(self.fresh), view.function)
        called |= self.called(view.function)
        wrong = dict.fromkeys(cause.function for cause in self.causes if cause.function in called)
        return self.repaired.causes(
            view, [self.views[name] for name in wrong if name in self.views]
        )

    def _related_or_two(self, view: View) -> list[Cause]:
        """Look for a relation, and for a change of the student's code beside an edit."""
        if not view.is_wrong:
            return []
        relation = self._related(view)
        if self.causes or (relation and len(view.paths) == 1):
            return relation  # what suits another wrong function may look like two mistakes
        return self.repaired.with_edit(view, self._named) or relation

    def _unsteady(self, view: View) -> list[Cause]:
        """Repeat the first failing input: a random answer differs between calls."""
        for case, answer, paths in list(view.failing())[:1]:
            [again] = self.fresh.again([case])
            if again.error is None and not is_same(answer.value, again.value):
                sentence = f"{view.function} returns something else when it is called again."
                ask = "What in your code is random, or is kept from one call to the next?"
                made = examples.example(self.reference, case, answer, paths)
                second = examples.listed(
                    case, arrays_of(again.value), paths[: examples.MOST_ARRAYS]
                )
                shown = Example(made.call, f"{made.returned}; then {second}", made.correct)
                return [Cause(view.function, sentence, ask, example=shown)]
        return []

    def _of_edits(self, view: View) -> list[Cause]:
        return (
            self._edited(view)
            or self._answers_others(view)
            or self._edited_partly(view)
            or within_arrays.in_arrays(self.search, view)
            or self._edited_twice(view)
            or self._edited_in_part(view)
        )

    def _answers_others(self, view: View) -> list[Cause]:
        """Look for other arguments than the given ones for which the answers are right."""
        failing = sum(map(bool, view.wrong))
        if view.errors or failing < WITNESSES or view.wrong_entries() < FEWEST_ENTRIES:
            return []
        if view.only_number() is not None:
            return []  # the same number for every input is the answer to many arguments
        for edit in argument_edits(self.reference, view.cases):
            made = functools.partial(edit.call, getattr(self.reference.module, view.function))
            module = self.reference.with_parts({view.function: made})
            if self.all_of(module, self._telling_first(view)):
                sentence = f"{view.function} behaves as if {edit.clause}."
                array = examples.label(view.function, view.first_path())
                cause = Cause(view.function, sentence, edit.question, array=array, module=module)
                cause.is_edit, cause.named = True, {view.function}
                return [cause]
        return []

    def _telling_first(self, view: View) -> list[tuple[Case, Answer]]:
        """Return inputs and answers, wrong ones first, because these rule out most edits."""
        return [(view.cases[n], view.answers[n]) for n in view.numbers]

    def _edited_in_part(self, view: View) -> list[Cause]:
        """Look for a named mistake that explains at least half of the wrong arrays."""
        paths = view.paths[:MOST_LOOKED_AT]
        if view.errors or len(paths) < WITNESSES:
            return []
        explained: dict[int, list[Path]] = {}
        firsts: dict[int, Candidate] = {}
        for path in paths:
            for each in self.search.matching(view, path, mistakes_only=True):
                firsts[id(each)] = each
                explained.setdefault(id(each), []).append(path)
        best = max(explained, key=lambda each: len(explained[each]), default=0)
        if not best or 2 * len(explained[best]) < len(paths):
            return []
        names = {
            each.mistake.id
            for key, each in firsts.items()
            if each.mistake is not None and len(explained[key]) == len(explained[best])
        }
        if len(names) != 1:
            return []
        shown = within_arrays.of_paths(view, explained[best])
        sentence = relation_of(shown) or self._unlike(shown)
        # A mistake's hint may be about arrays that are right.
        found = self._named(view, [firsts[best]])
        for cause in found:
            cause.sentence, cause.module, cause.is_edit = sentence, None, False
            cause.array = examples.label(view.function, explained[best][0])
        rest = [path for path in paths if path not in explained[best]]
        return [*found, *within_arrays.besides(view, firsts[best], rest)]

    def _noted(self, view: View, found: list[Cause]) -> list[Cause]:
        for cause in found:
            cause.cluster = cause.cluster or view.cluster()
            cause.example = cause.example or self.example(view, cause)
            # some edits do this too, but it is not evidence of work on this exercise, so no credit
            if _hands_back(view):
                cause.module, cause.is_edit, cause.is_repair = None, False, False
        self.causes += found
        return found

    def drop(self, causes: Sequence[Cause]) -> None:
        """Discard causes that turned out to have another reason."""
        self.causes = [each for each in self.causes if not any(each is one for one in causes)]

    def follows(self, view: View, own: Sequence[str] = ()) -> list[Cause]:
        """Return the earlier causes that explain this function's wrong answers by themselves.

        ``own``: the functions it depends on according to the course; if empty, those that it calls.
        """
        edited = [cause for cause in self.causes if cause.module is not None]
        for cause in edited:
            if cause.module is not None and self._is_of(view, cause.module):
                cause.named.add(view.function)
                return [cause]
        if len(edited) > 1 and self._is_of(view, self._combined(edited)):
            return [edited[-1]]
        return self._follows_parts(view, own)

    def _follows_parts(self, view: View, own: Sequence[str]) -> list[Cause]:
        """Return the causes in the student's other functions that explain this one's answers."""
        called = self.called(view.function)
        causes = [cause for cause in self.causes if cause.function in called]
        inner = self.called_by([view.function])
        own = tuple(own) or tuple(name for name in self.diagnostics.functions if name in inner)
        if not causes or view.errors:
            return []
        if self._is_spoilt(view) or self._has_shapes_of(view, causes):
            return causes[-1:]
        mixed = mixed_parts(self.fresh, own)
        following = set(view.paths)
        for case, answer in view.answered():
            if mixed.remote.answered > MOST_CALLS:
                break
            want, right, _ = self.reference.expected(case)
            made, mine = answer_of(mixed.module, case, want), arrays_of(answer.value)
            following = {
                path for path in following if path not in right or agree(case, mine, made, [path])
            }
            others = [path for path in right if path not in view.paths]
            if not following or not agree(case, mine, made, others):
                return []
        if len(following) == len(view.paths):
            return causes[-1:]
        view.following, view.followed = following, causes[-1]
        view.roots = [path for path in view.paths if path not in following]
        return []

    def _has_shapes_of(self, view: View, causes: Sequence[Cause]) -> bool:
        """Return whether an array has the same wrong shape in a function that this one calls."""
        views = [self.views[cause.function] for cause in causes if cause.function in self.views]
        earlier = {name for each in views for name in self._misshapen(each)}
        return bool(earlier & self._misshapen(view))

    def _misshapen(self, view: View) -> set[str]:
        found = set()
        for number in view.numbers:
            right = self.reference.expected(view.cases[number])[1]
            mine = view.arrays(number)
            wrong = [p for p in view.wrong[number] if p in mine and mine[p].shape != right[p].shape]
            found |= {examples.label(view.function, path) for path in wrong}
        return found - {view.function}

    def raises_with_parts(self, view: View) -> list[Cause]:
        """Return causes in called functions, if the reference raises with these functions too."""
        inner = self.called_by([view.function])
        causes = [cause for cause in self.causes if cause.function in inner]
        if not causes or not view.errors:
            return []
        own = tuple(name for name in self.diagnostics.functions if name in inner)
        module, case = mixed_parts(self.fresh, own).module, view.errors[0][0]
        made = answer_of(module, case, self.reference.want(case))
        return causes[-1:] if made is None else []

    def _is_spoilt(self, view: View) -> bool:
        """Return whether every failing input contains a wrong cache of the student's."""
        cases = [case for case, _, _ in view.failing()]
        made = [[arg.case for arg in case.args if isinstance(arg, Part)] for case in cases]
        if not all(made) or not cases:
            return False
        return all(
            wrong_paths(self.reference, case, self.fresh.answers([case])[0])
            for parts in made
            for case in parts
        )

    def called(self, function: str) -> set[str]:
        """Return the functions that the reference's function depends on, also for its caches."""
        queue = [function]
        for case in self.views[function].cases if function in self.views else ():
            queue += [arg.case.function for arg in case.args if isinstance(arg, Part)]
        return {*queue, *self.called_by(queue)} - {function}

    def called_by(self, functions: Sequence[str]) -> set[str]:
        """Return the functions that these functions call, also indirectly."""
        found: set[str] = set()
        queue = list(functions)
        while queue:
            named = set(self.reference.called_by(queue.pop())) - found
            found |= named
            queue += named
        return found

    # --- edits of the reference ---

    def _is_of(self, view: View, module: Module) -> bool:
        """Return whether a program gives a function's answers, which are wrong."""
        return bool(view.answered()) and not view.errors and self.all_of(module, view.answered())

    def all_of(self, module: Module, pairs: Sequence[tuple[Case, Answer]]) -> bool:
        """Return whether a program gives the student's answers on all of these inputs."""
        return self.search.all_of(module, pairs)

    def is_explained(self, pairs: Sequence[tuple[Case, Answer]]) -> bool:
        """Return whether the edits found so far, one or all together, give these answers.

        The checks of one function's arrays ask about the same pairs, so the result is kept.
        """
        edited = [cause for cause in self.causes if cause.module is not None]
        modules = [cause.module for cause in edited if cause.module is not None]
        about = (*modules, *((case, id(answer)) for case, answer in pairs))
        if about not in self._explained:
            self._explained[about] = self._is_explained(edited, modules, pairs)
        return self._explained[about]

    def _is_explained(
        self,
        edited: Sequence[Cause],
        modules: Sequence[Module],
        pairs: Sequence[tuple[Case, Answer]],
    ) -> bool:
        if any(self.all_of(module, pairs) for module in modules):
            return True
        return len(edited) > 1 and self.all_of(self._combined(edited), pairs)

    def _combined(self, causes: Sequence[Cause]) -> Module:
        modules = {cause.function: cause.module for cause in causes if cause.module is not None}
        return next(iter(modules.values())).joined(modules)

    def _edited(self, view: View) -> list[Cause]:
        if view.errors or not view.is_wrong:
            return []
        return self._named(view, self.search.matching(view))

    def _named(self, view: View, found: Sequence[Candidate], where: str = "") -> list[Cause]:
        """Create a cause from the candidates that agree; named mistakes come before mutants."""
        names = {each.mistake.id for each in found if each.mistake is not None}
        name = next(iter(names)) if len(names) == 1 else ""
        mutants = [each for each in found if each.mutant is not None]
        named = [each for each in found if each.mistake is not None]
        for chosen in [*(named if name else ()), *mutants, *named][:1]:
            array = examples.label(view.function, view.first_path())
            cause = Cause(view.function, "", array=array, module=chosen.module)
            cause.is_edit, cause.named = not where, {view.function}
            homes = [each.mutant.edit.home for each in mutants if each.mutant is not None]
            cause.helper = next((each for each in homes[:1] if each != view.function), "")
            self._worded(view, cause, mutants, name, where)
            return [cause]
        return []

    def _worded(
        self, view: View, cause: Cause, mutants: Sequence[Candidate], name: str, where: str
    ) -> None:
        """Set a cause's sentence and question, from the mutant and from the catalogue's hint."""
        hints = self.diagnostics.exercise.catalogue.hints
        known = [each.mutant for each in mutants if each.mutant is not None]
        if name in hints and " or " not in quantities.halves(hints[name].question)[0]:
            known = [mutant for mutant in known[:1] if mutant.is_named]
        for mutant in known[:1]:
            cause.sentence = f"{view.function} behaves as if {mutant.clause}{where}."
            cause.question = mutant.question
            if (number := view.only_number()) is not None:
                only = examples.number(number)
                cause.sentence = f"{view.function} returns {only} for every input."
                cause.question = f"For which inputs is another number than {only} right?"
        is_constant = view.only_number() is not None
        if name in hints and (name != CONSTANT or is_constant or not mutants):
            fact, question = quantities.halves(hints[name].question)
            cause.mistake, cause.question = name, question
            cause.more = quantities.neutral(hints[name].more)
            cause.is_vague = " or " in fact and not cause.sentence
            if cause.is_vague:
                cause.sentence = relation_of(view)
            cause.sentence = cause.sentence or quantities.about(view.function, fact, where)
        cause.is_vague |= not cause.sentence
        cause.sentence = cause.sentence or relation_of(view) or self._unlike(view)

    def _edited_partly(self, view: View, is_last: bool = False) -> list[Cause]:
        """Look for an edit that fits the failing inputs only: a branch for one size or option.

        If nothing distinguishes these inputs from the others, this is tried last.
        """
        found = None if view.errors else self.search.partly(view)
        if found is None:
            return []
        candidate, spared = found
        failing = [case for case, _, _ in view.failing()]
        if candidate.mistake is not None and not conditions.of_arguments(
            self.reference, failing, spared
        ):
            return []  # no branch could select these inputs, so the agreement is chance
        where = conditions.told_apart(self.reference, failing, spared)
        if not where and not is_last:
            return []
        return self._named(view, [candidate], where or " on some inputs, not on all")

    def _edited_twice(self, view: View) -> list[Cause]:
        """Look for two edits of one function that together give its answers."""
        if view.errors or not view.is_wrong:
            return []
        several = self.search.together(view)
        if several is not None:
            return [self._one_of(view, each, several) for each in several.edits]
        return self._after(view, [(case, answer) for case, answer, _ in view.failing()])

    def _one_of(self, view: View, chosen: Candidate, several: Several) -> Cause:
        mutants = [chosen] if chosen.mutant is not None else []
        array = examples.label(view.function, view.first_path())
        cause = Cause(view.function, "", array=array, module=several.module, named={view.function})
        name = chosen.mistake.id if chosen.mistake is not None else ""
        count = _COUNTS[len(several.edits)]
        self._worded(view, cause, mutants, name, f" (one of {count} mistakes)")
        cause.changes = {path for path in view.paths if self.search.changes(chosen, view, path)}
        return cause

    def _after(self, view: View, order: Sequence[tuple[Case, Answer]]) -> list[Cause]:
        """Look for an edit of this function that fits together with the earlier edits."""
        base = [cause for cause in self.causes if cause.module is not None]
        for candidate in self.search.candidates(view.function) if base else ():
            with contextlib.suppress(Exception):  # not every combination of edits can run
                made = Cause(view.function, "", module=candidate.module)
                if self.all_of(self._combined([*base, made]), order):
                    return self._named(view, [candidate])
        return []

    # --- relations ---

    def is_slip(self, function: str, failures: Sequence[Failure]) -> bool:
        """Return whether each failing array of a function is a simple relation away from right."""
        for failure in failures:
            wrong = [wrong_paths(self.reference, *pair) for pair in failure.pairs]
            cases, answers = list(failure.cases), list(failure.answers)
            view = View(function, self.reference, cases, answers, wrong)
            if view.errors or not view.is_wrong:
                return False
            if not all(is_slip(list(pairs_of(view, path))) for path in view.paths):
                return False
        return bool(failures)

    def is_partly_right(self, function: str) -> bool:
        """Return whether a function is right on a quarter of its inputs, with varying answers."""
        view = self.views.get(function)
        if view is None:
            return False
        right = [view.answers[n] for n in view.numbers if not view.wrong[n]]
        is_often = len(right) >= WITNESSES and 4 * len(right) >= len(view.cases)
        return is_often and says_something(right)

    def _related(self, view: View) -> list[Cause]:
        found = related(view)
        if found is None:
            return []
        sentence, path = found
        array = examples.label(view.function, path)
        said = sentence.partition(" is ")[2]
        same = [cause for cause in self.causes if said and cause.sentence.endswith(f" is {said}")]
        return same or [Cause(view.function, sentence, quantities.ask(sentence), array=array)]

    def _unlike(self, view: View) -> str:
        return unlike(view, self.diagnostics.ladder(view.function))

    # --- what is left ---

    def _near_miss(self, view: View) -> list[Cause]:
        for case, answer in view.answered():
            said = near_misses.said(self.reference, self.fresh, case, answer)
            if said:
                made = examples.example(self.reference, case, answer, quantities.refused(answer))
                returned = said.shown or made.returned or "nothing under that name"
                shown = Example(made.call, returned, made.correct)
                return [
                    Cause(view.function, said.sentence, said.question, example=shown,
                          is_renamed=bool(said.names))
                ]  # fmt: skip
        return []

    def _plain(self, view: View) -> list[Cause]:
        if not view.is_wrong:
            return []
        return [
            Cause(
                view.function,
                self._unlike(view),
                "Work this example out by hand. At which line does your code first differ?",
                array=examples.label(view.function, view.first_path()),
                is_plain=True,
            )
        ]

    def example(self, view: View, cause: Cause) -> Example | None:
        """Return the smallest failing example of a function that shows the array of its cause."""
        by_array = sorted(
            view.failing(), key=lambda each: cause.array not in _labels(view.function, each[2])
        )
        for case, answer, paths in by_array:
            return examples.example(self.reference, case, answer, paths)
        for case, error in view.errors:
            return examples.example(self.reference, case, Answer(None, error=error), ())
        return None


def _labels(function: str, paths: Sequence[Path]) -> list[str]:
    """Return the labels of the arrays that an example shows."""
    return [examples.label(function, path) for path in paths[: examples.MOST_ARRAYS]]


def _hands_back(view: View) -> bool:
    """Return whether a function only returns some of its arguments on all failing inputs."""
    failing = [(case, arrays_of(answer.value)) for case, answer, _ in view.failing()]
    return bool(failing) and all(
        len(arrays) > 1 and all(is_given(each, case.args) for each in arrays.values())
        for case, arrays in failing
    )
