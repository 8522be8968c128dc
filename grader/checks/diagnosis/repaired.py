"""Make causes of changes of the student's own code.

    repaired = Repaired(diagnostics, asked, search)
    repaired.causes(view, wrong)         # changes after which the function is right
    repaired.in_arrays(some, view)       # a change after which some of its arrays are right
    repaired.with_edit(view, named)      # a change, and an edit of the reference beside it
    repaired.specify(view, cause)        # a change after which it is right, beside a vague sentence
    repaired.raised(view, cause)         # a change after which a function raises no longer

They are tried where no edit of the reference explains a function's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.diagnosis import examples, quantities
from grader.checks.diagnosis.changed_programs import ChangedPrograms, CodeChange
from grader.checks.diagnosis.descriptions import related
from grader.checks.diagnosis.diagnostics import Candidate, Diagnostics, wrong_paths
from grader.checks.diagnosis.edits import Edits
from grader.checks.diagnosis.repairs import Repairs, after
from grader.checks.diagnosis.views import Cause, View
from grader.checks.reference import Module
from grader.sandbox.student import Answer

_NAMES: Final = ("NameError", "AttributeError", "ModuleNotFoundError", "ImportError")
"""Exceptions about a name; their text is specific, and no change of a formula helps."""


class Repaired:
    """The causes of one submission that a change of its code shows."""

    def __init__(self, diagnostics: Diagnostics, asked: Asked, search: Edits) -> None:
        self._asked, self._reference, self._search = asked, search.reference, search
        self._programs = ChangedPrograms(asked, self._reference, diagnostics.functions)
        self._repairs = Repairs(self._programs, self._reference)
        self._found: dict[str, list[CodeChange]] = {}
        """The changes after which earlier functions are right, found for later ones."""

    def end(self) -> None:
        """End the worker."""
        self._programs.end()

    def causes(self, view: View, wrong: Sequence[View]) -> list[Cause]:
        """Look for changes of the student's code after which a function is right.

        Args:
            view: The answers of the function.
            wrong: Those of the wrong functions that it uses.
        """
        changes = self._repairs.find(view)
        if self._is_confirmed(view.function, changes):
            said = related(view)
            return self._caused(view, changes, f"{said[0]} " if said else "")
        base, names = self._of_all(wrong)
        changes = self._repairs.find(view, base) if base else []
        if self._is_confirmed(view.function, changes, base):
            return self._caused(view, changes, f"With {' and '.join(names)} right, ")
        return []

    def specify(self, view: View, cause: Cause) -> None:
        """Add to a vague cause a change of the student's code after which the function is right."""
        changes = self._repairs.find(view)
        if self._is_confirmed(view.function, changes):
            cause.sentence = f"{cause.sentence} {after(view.function, changes)}"
            cause.question = changes[0].question

    def _caused(self, view: View, changes: Sequence[CodeChange], before: str) -> list[Cause]:
        array = examples.label(view.function, view.first_path())
        sentence = before + after(view.function, changes)
        is_slip = len(changes) == 1
        return [Cause(view.function, sentence, changes[0].question, array=array, is_repair=is_slip)]

    def _is_confirmed(
        self, function: str, changes: Sequence[CodeChange], base: Sequence[CodeChange] = ()
    ) -> bool:
        """Return whether there are changes, and a function is right after them on hidden inputs too.

        On the few diagnostic inputs, another number or name may be right by chance.
        """
        hidden = self._hidden(function)
        return bool(changes) and self._repairs.confirmed([*base, *changes], hidden)

    def _hidden(self, function: str) -> list[Case]:
        """Return the hidden inputs of a function that checks of its values have asked."""
        cases = [case for case in self._asked.given() if case.function == function and not case.cpu]
        return [case for case in cases if _is_answered(self._reference, case)]

    def _of_all(self, wrong: Sequence[View]) -> tuple[list[CodeChange], list[str]]:
        """Return the changes after which functions are right, and the names of these."""
        for view in wrong:
            if view.function not in self._found:
                self._found[view.function] = self._repairs.find(view)
        known = {view.function: self._found[view.function] for view in wrong}
        names = [name for name, changes in known.items() if changes]
        return [change for changes in known.values() for change in changes], names

    def in_arrays(self, view: View, whole: View) -> list[Cause]:
        """Look for a change of the student's code after which some arrays of a function are right.

        Args:
            view: These arrays.
            whole: All arrays of the function, for which `causes` has searched.
        """
        change = self._repairs.of_arrays(view, whole)
        right = [path for path in whole.order if path not in whole.paths or path in view.paths]
        hidden = self._hidden(view.function)
        if change is None or not self._repairs.confirmed([change], hidden, right):
            return []
        array = quantities.subject(self._reference, view.function, view.first_path())
        sentence = f"{array} would be right if {change.condition}."
        label = examples.label(view.function, view.first_path())
        return [Cause(view.function, sentence, change.question, array=label)]

    def with_edit(
        self, view: View, named: Callable[[View, Sequence[Candidate], str], list[Cause]]
    ) -> list[Cause]:
        """Look for a change after which the answers are those of an edit of the reference.

        Args:
            view: The answers of a function, for which `causes` has searched.
            named: Makes the cause of an edit.
        """
        case, tried = self._repairs.tried
        if case is None or view.errors:
            return []
        for change, candidate in self._search.meeting(view.function, case, tried):
            answers = self._programs.answers([change], view.cases)
            pairs = list(zip(view.cases, answers or (), strict=False))
            is_same = self._is_narrower(view, pairs) and self._search.all_of(
                candidate.module, pairs
            )
            if is_same and self._agree_on_hidden(view.function, change, candidate):
                [edit] = named(view, [candidate], " (one of two mistakes)")
                edit.module, edit.is_edit = None, False
                edit.changes = {p for p in view.paths if self._search.changes(candidate, view, p)}
                sentence = after(view.function, [change]).removesuffix(".")
                array = examples.label(view.function, view.first_path())
                other = Cause(
                    view.function, f"{sentence}, apart from its other mistake.", change.question,
                    array=array, changes=set(view.paths),
                )  # fmt: skip
                return [edit, other]
        return []

    def _agree_on_hidden(self, function: str, change: CodeChange, candidate: Candidate) -> bool:
        """Return whether a change and an edit have the same answers to the hidden inputs too."""
        hidden = self._hidden(function)
        self._programs.end()
        answers = self._programs.answers([change], hidden)
        self._programs.end()
        pairs = list(zip(hidden, answers or (), strict=False))
        return len(pairs) == len(hidden) and (
            not pairs or self._search.all_of(candidate.module, pairs)
        )

    def _is_narrower(self, view: View, pairs: Sequence[tuple[Case, Answer]]) -> bool:
        """Return whether fewer arrays are wrong in these answers than in the student's, and no other.

        A change that destroys most of an answer often agrees with an edit that does so too; then
        the student has made neither of two mistakes.
        """
        wrong = {path for pair in pairs for path in wrong_paths(self._reference, *pair)}
        return bool(pairs) and wrong < set(view.paths)

    def raised(self, view: View, cause: Cause) -> None:
        """Add to an exception a change of the student's code after which the function is right."""
        error = view.errors[0][1]
        if error.needs or not error.kinds or error.kinds[0] in _NAMES:
            return
        changes = self._repairs.find(view)
        if self._is_confirmed(view.function, changes):
            cause.sentence = f"{cause.sentence} {after(view.function, changes)}"
            cause.question = changes[0].question
            cause.is_repair = len(changes) == 1


def _is_answered(reference: Module, case: Case) -> bool:
    """Return whether the reference answers an input, where an exception may be due."""
    try:
        reference.want(case)
    except Exception:  # whatever the contract demands
        return False
    return True
