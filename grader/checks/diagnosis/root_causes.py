"""Assign a root cause to every failed check, and a card to every root cause.

    outcomes, cards = explain(diagnostics, asked, [(outcome, check), ...])

It runs once per submission, after all checks. Functions are examined in the order of the data flow;
failures that follow from an earlier function are added to that function's card.
"""

from __future__ import annotations

import ast
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from grader.checks import experiments, near_misses
from grader.checks.answers import Asked
from grader.checks.arrays import Path, leaves
from grader.checks.diagnosis import autograd, call_graph, examples, shared_helpers, state
from grader.checks.diagnosis.descriptions import common_errors
from grader.checks.diagnosis.diagnostics import Diagnostics
from grader.checks.diagnosis.explanations import Investigation
from grader.checks.diagnosis.final_points import Checked, FinalPoints
from grader.checks.diagnosis.pictures import picture
from grader.checks.diagnosis.quantities import about, halves, neutral
from grader.checks.diagnosis.views import Cause, View
from grader.checks.judge import Judge
from grader.checks.side_effects import answers_to_bad
from grader.checks.wording import QUESTIONS, question_about
from grader.model import Card, Example, Outcome
from grader.notebook import TO_CODE
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer, Refused
from grader.text import from_worker

__all__ = ["Checked", "explain"]

MOST_CARDS: Final = 6


def explain(
    diagnostics: Diagnostics,
    asked: Asked,
    findings: Sequence[Checked],
    charges: Mapping[str, float] = MappingProxyType({}),
) -> tuple[list[Outcome], tuple[Card, ...]]:
    """Return the outcomes with their root causes, and the cards in the order of the data flow.

    Args:
        diagnostics: The inputs that explain failures, and the candidates of the run.
        asked: The student's answers to the hidden inputs.
        findings: The checks of the submission.
        charges: For each mistake, the least percentage of the exercise's points that it costs.
    """
    source = near_misses.source_of(asked)
    has_failed = any(finding.outcome.status == "failed" for finding in findings)
    if not has_failed and not autograd.is_possible(source):
        return [finding.outcome for finding in findings], ()
    investigation = Investigation(diagnostics, asked)
    try:
        return _Page(diagnostics, asked, findings, investigation).made(charges)
    finally:
        investigation.end()


class _Page:
    """Builds the outcomes and the cards of one student's page."""

    def __init__(
        self,
        diagnostics: Diagnostics,
        asked: Asked,
        findings: Sequence[Checked],
        investigation: Investigation,
    ) -> None:
        self.diagnostics, self.asked = diagnostics, asked
        self.findings, self.investigation = findings, investigation
        self.points = FinalPoints(findings, diagnostics.functions, investigation)
        self.of = self.points.of
        self.causes: list[Cause] = []

    def made(self, charges: Mapping[str, float]) -> tuple[list[Outcome], tuple[Card, ...]]:
        """Return the outcomes and the cards."""
        self.points.wait()
        for function in self.diagnostics.functions:
            self._function(function)
        self._rest()
        self._autograd()
        self._join()
        self._fold()
        self.points.finish(self.causes, charges)
        outcomes = [self._with_cause(finding) for finding in self.findings]
        lost = {o.id: o.max_points - o.points for o in outcomes}
        cards = [self._card(number, cause, lost) for number, cause in enumerate(self.causes, 1)]
        return outcomes, tuple(cards)

    # --- functions in order ---

    def _function(self, function: str) -> None:
        found = [f for f in self.findings if f.failed and f.function == function]
        values = [f for f in found if f.kind == "values"]
        if values:
            self._values(function, values)
        for finding in found:
            if finding.outcome.id not in self.of:
                self._other(finding)

    def _values(self, function: str, findings: Sequence[Checked]) -> None:
        if self._is_silent(function, findings):
            return
        draws = [draw for f in findings if f.check for draw in f.check.drawn]
        view = self.investigation.view(function, draws)
        view.roots = _roots(findings)
        if view.begins_wrong():
            view = view.without_errors()
        causes = self._followed(view, findings)
        if view.errors and not causes:
            if self._behaves(view, findings):
                return
            self._raised(view, findings)
            return
        if not causes and view.is_wrong:
            causes = self.investigation.edits(view)
        if self._is_shown_by_calls(causes):
            self.investigation.drop(causes)
            causes = []
        if not causes and self._behaves(view, findings):
            return
        causes = causes or self._through_own_calls(view)
        if not causes:
            hidden = () if view.is_wrong else [self._hidden_only(function, findings)]
            causes = hidden or self.investigation.unexplained(view)
        if view.followed is not None and causes:
            self._add([view.followed], [f for f in findings if _follows(f, view)])
            findings = [f for f in findings if not _follows(f, view)]
        self._add(causes, findings)

    def _followed(self, view: View, findings: Sequence[Checked]) -> Sequence[Cause]:
        """Return the earlier cause that a function's answers follow from, if there is one."""
        own = next((f.check.own for f in findings if f.check and f.check.own), ())
        found = self.investigation.follows(view, own) if self.causes else []
        for finding in findings:
            is_possible = bool(found) or not view.is_wrong or _follows(finding, view)
            self.points.settle(finding, found, is_possible=is_possible)
        if found or not self.causes:
            return found
        called = self.investigation.called(view.function)
        follows = [f.check.follows for f in findings if f.check and f.check.follows]
        if not follows or any(finding.outcome.points == 0 for finding in findings):
            return ()
        earlier = [c for c in self.causes if c.function in called] if "parts" in follows else ()
        return (earlier or self.causes)[-1:]

    def _through_own_calls(self, view: View) -> Sequence[Cause]:
        """Return the cause in a function that only the student's version of this one calls.

        Only if the other arrays are right: `train` may compute losses in its own way, for example.
        """
        if len(view.paths) >= len(view.order):
            return ()
        called = call_graph.called(near_misses.source_of(self.asked), view.function)
        called -= self.investigation.called(view.function)
        return [cause for cause in self.causes if cause.function in called][-1:]

    def _add(self, causes: Sequence[Cause], findings: Iterable[Checked]) -> None:
        if not causes:
            return
        for cause in causes:
            if not any(cause is each for each in self.causes):
                self.causes.append(cause)
        for finding in findings:
            cause = _about(causes, finding)
            self.of[finding.outcome.id] = cause
            cause.outcomes.append(finding.outcome.id)

    def _is_silent(self, function: str, findings: Sequence[Checked]) -> bool:
        """Record missing and unwritten functions, which share one card."""
        error = next((f.check.failure.error for f in findings if f.check and f.check.failure), None)
        kinds = error.kinds[:1] if error is not None else ()
        if kinds == ("undefined",):
            self._undefined(function, str(error), findings)
            return True
        if kinds == ("NotImplementedError",):
            self._group("unwritten", function, f"{function} is not written yet.", findings)
            return True
        if all(_returns_nothing(f) for f in findings):
            self._group("empty", function, f"{function} returns nothing.", findings)
            return True
        return False

    def _undefined(self, function: str, message: str, findings: Sequence[Checked]) -> None:
        """Record a missing function, with what the file has instead."""
        said = near_misses.undefined(function, near_misses.source_of(self.asked))
        self._group("undefined", function, said or f"{message}.", findings)

    def _is_shown_by_calls(self, causes: Sequence[Cause]) -> bool:
        """Return whether a mistake was inferred from values, though an experiment would show it."""
        guessed = [cause for cause in causes if not (cause.is_edit or cause.changes)]
        return any(cause.mistake in experiments.TELLS for cause in guessed)

    def _behaves(self, view: View, findings: Sequence[Checked]) -> bool:
        """Create a card for a mistake shown by an experiment, and for what else is wrong."""
        failures = [f.check.failure for f in findings if f.check and f.check.failure]
        hints = self.diagnostics.exercise.catalogue.hints
        keeps = state.may_keep(self.investigation.fresh, view)
        shown = [name for each in failures[:1] if (name := experiments.mistake(each, keeps))]
        name = next((each for each in shown if each in hints), "")
        kept = state.kept(self.investigation.fresh, view) if keeps and not name else ""
        if not name and not kept:
            return False
        called = self.investigation.called(view.function)
        known = [c for c in self.causes if c.mistake == (name or kept) and c.function in called]
        causes = known[:1] or [self._of_experiment(view, name, kept)]
        if (name or kept) in state.KINDS:
            causes += self._besides(view)
        if len(causes) > 1:
            causes[0].more = ""  # it may claim that the first call is right
        self._add(causes, findings)
        return True

    def _of_experiment(self, view: View, name: str, kept: str) -> Cause:
        """Return the cause that an experiment has shown, with its hint or a description."""
        hint = self.diagnostics.exercise.catalogue.hints.get(name or kept)
        sentence, question, more = state.said(view.function, kept) if kept else "", _KEPT, ""
        if hint is not None:
            fact, question = halves(hint.question)
            sentence, more = sentence or about(view.function, fact), neutral(hint.more)
        mistake = (name or kept) if hint is not None else ""
        cause = Cause(view.function, sentence, question, more, mistake=mistake)
        cause.named, cause.cluster = {view.function}, f"{view.function}:{name or kept}"
        cause.example = self.investigation.example(view, cause) or self._any_example(view.function)
        shown = cause.example
        if (name or kept) == experiments.STATE and shown is not None and shown.returned:
            cause.example = replace(shown, returned=f"{shown.returned} (after earlier calls)")
        self.investigation.causes.append(cause)
        return cause

    def _besides(self, view: View) -> Sequence[Cause]:
        """Return what is wrong in a function even without earlier calls."""
        each = state.alone(self.investigation.fresh, view)
        if not each.is_wrong:
            return []
        found = self.investigation.follows(each) or self.investigation.edits(each)
        return found or self.investigation.unexplained(each)

    def _group(self, kind: str, function: str, sentence: str, findings: Sequence[Checked]) -> None:
        cause = next((each for each in self.causes if each.mistake == f"={kind}"), None)
        if cause is None:
            made = self._absent_example(kind, function)
            cause = Cause(function, sentence, _ABSENT[kind][1], mistake=f"={kind}", example=made)
            cause.cluster = f"{kind}:{function}"
        elif function not in cause.members:
            cause.sentence = f"{_listed([*cause.members, function])} {_ABSENT[kind][0]}."
            if kind == "undefined":
                members = [*cause.members, function]
                outside = [name for name in members if name in self.asked.student.outside()]
                more = (
                    f"{_listed(outside)} {'is' if len(outside) == 1 else 'are'} in Markdown or raw "
                    f"cells of your notebook: {TO_CODE}."
                    if outside
                    else near_misses.undefined_together(members, near_misses.source_of(self.asked))
                )
                cause.sentence = f"{cause.sentence} {more}".strip()
        cause.members.append(function)
        self._add([cause], findings)
        self.investigation.causes.append(cause)

    def _absent_example(self, kind: str, function: str) -> Example | None:
        """Return a call of a missing or unwritten function, if there are inputs to show."""
        for case in self.diagnostics.cases(function)[:1]:
            reference = self.diagnostics.exercise.reference
            right = reference.expected(case)[1]
            call = examples.call(reference, case)
            shown = "NameError: it is not defined" if kind == "undefined" else ""
            correct = examples.listed(case, right, list(right)[: examples.MOST_ARRAYS])
            return Example(call, "" if kind == "undefined" else "nothing", correct, shown)
        return None

    def _raised(self, view: View, findings: Sequence[Checked]) -> bool:
        """Create a card for an exception, unless an earlier function causes it."""
        _, error = view.errors[0]
        home = self._home(error)
        earlier = [c for c in self.causes if c.function == home and home != view.function]
        called = self.investigation.called(view.function)
        if not earlier and error.needs:
            earlier = [cause for cause in self.causes if cause.function in called]
        if not earlier and error.place:
            earlier = [cause for cause in self.causes if cause.place == error.place]
        if not earlier and error.kinds[:1] == ("KeyError",):
            earlier = [cause for cause in self.causes if cause.is_renamed]
        if not earlier and error.kinds[:1] == ("NotImplementedError",):
            earlier = [cause for cause in self.causes if cause.mistake == "=unwritten"]
        earlier = earlier or self.investigation.raises_with_parts(view)
        if earlier:
            self._add(earlier[:1], findings)
            return True
        where = common_errors(view)
        sentence = f"{_named(view.function, str(error))}{where}."
        case = view.errors[0][0]
        reference = self.diagnostics.exercise.reference
        made = examples.example(reference, case, view.answers[view.cases.index(case)], ())
        cause = Cause(
            view.function,
            sentence,
            question_about(error),
            example=made,
            cluster=f"{view.function}:{error}",
            place=error.place,
        )
        self._name_raised(view, cause)
        self.investigation.repaired.raised(view, cause)
        self.investigation.causes.append(cause)
        self._add([cause], findings)
        return True

    def _name_raised(self, view: View, cause: Cause) -> None:
        """Add the hint of the only mistake with the same exceptions and answers."""
        names = self.investigation.search.raising(view)
        hints = self.diagnostics.exercise.catalogue.hints
        for name in names & hints.keys() if len(names) == 1 else ():
            cause.mistake, cause.named = name, {view.function}
            cause.question = hints[name].question
            cause.more = neutral(hints[name].more)

    def _home(self, error: StudentError) -> str:
        """Return the function in the student's file that raised an exception."""
        if error.place is None:
            return ""
        title, line = error.place
        for source in [text for name, text in self.asked.student.program.texts if name == title]:
            for node in near_misses.tree_of(source).body:
                inside = isinstance(node, ast.FunctionDef) and (
                    node.lineno <= line <= (node.end_lineno or 0)
                )
                if inside and isinstance(node, ast.FunctionDef):
                    return node.name
        return ""

    def _hidden_only(self, function: str, findings: Sequence[Checked]) -> Cause:
        """Describe what the failing hidden inputs have in common, if no diagnostic one fails."""
        first = findings[0].outcome
        message = first.message.partition(";")[0]
        cause = Cause(function, f"{function}: {message}.", _LOOK, mistake=first.mistake)
        cause.example = self._any_example(function)
        self.investigation.causes.append(cause)
        return cause

    def _any_example(self, function: str) -> Example | None:
        view = self.investigation.view(function)
        for case, answer in zip(view.cases, view.answers, strict=True):
            right = self.diagnostics.exercise.reference.expected(case)[1]
            return examples.example(self.diagnostics.exercise.reference, case, answer, list(right))
        return None

    # --- side effects, speed, and tests of other kinds ---

    def _other(self, finding: Checked) -> None:
        outcome, function = finding.outcome, finding.function
        earlier = [c for c in self.causes if c.function == function]
        is_same = finding.kind == "effects" and not outcome.mistake
        is_same = is_same or (finding.kind == "raises" and bool(earlier and earlier[0].place))
        if earlier and (earlier[0].mistake.startswith("=") or is_same):
            self._add(earlier[:1], [finding])
            return
        if outcome.cause == "undefined" and function:
            self._undefined(function, outcome.message, [finding])
            return
        message = _named(function, outcome.message)
        asked = (outcome.hint and halves(outcome.hint)[1]) or QUESTIONS.get(outcome.cause, _LOOK)
        cause = Cause(function, f"{message}.", asked)
        cause.mistake, cause.more = outcome.mistake, outcome.more
        cause.example = self._shown(finding)
        cause.cluster = f"{function}:{finding.kind}:{outcome.mistake or message}"
        same = [each for each in self.causes if each.cluster == cause.cluster]
        self._add(same[:1] if outcome.cause in _STOPPED and same else [cause], [finding])

    def _shown(self, finding: Checked) -> Example | None:
        """Return an example for a check that is not about values."""
        check, function = finding.check, finding.function
        if check is None or not function:
            return None
        if check.kind == "speed":
            said = f"the right values, but {_first(finding.outcome.message)}"
            return Example(f"{function}(...) on a large input", said, "")
        if check.bad is not None:
            return self._unraised(check, *check.bad)
        if check.kind == "effects":
            view = self.investigation.view(function, check.drawn)
            reference = self.diagnostics.exercise.reference
            for case, answer in zip(view.cases, view.answers, strict=True):
                if answer.modified:
                    names = examples.parameters(reference, case)
                    changed = [names[i if i >= 0 else -1 - i] for i in answer.modified]
                    said = f"after the call, `{'`, `'.join(changed)}` has changed"
                    return Example(
                        examples.call(reference, case), said, "the arguments as they were"
                    )
        return self._any_example(function) if self.diagnostics.cases(function) else None

    def _unraised(self, check: Judge, number: int, kind: str) -> Example | None:
        """Return a new input on which another exception is expected, and the actual result."""
        drawn = self.diagnostics.all_drawn(check.drawn[0])
        cases = list(itertools.islice(drawn, number, number + 1))
        for case, answer in zip(
            cases, answers_to_bad(self.investigation.fresh, cases), strict=True
        ):
            call = examples.call(self.diagnostics.exercise.reference, case)
            if answer.error is None:
                return Example(call, "an answer", kind)
            return Example(call, "", kind, from_worker(examples.last_line(answer.error))[:300])
        return None

    def _rest(self) -> None:
        """Explain tests without ``check``: by their message, or by an earlier cause."""
        for finding in self.findings:
            if finding.failed and finding.outcome.id not in self.of:
                self._other(finding)
        for finding in self.findings:
            if finding.outcome.status == "waiting" and finding.check is not None:
                functions = finding.functions()
                cause = next((c for c in self.causes if c.function in functions), None)
                cause = cause or next(iter(self.causes), None)
                if cause is not None:
                    self._add([cause], [finding])

    def _autograd(self) -> None:
        """Create a card for each backward that uses automatic differentiation."""
        hints = self.diagnostics.exercise.catalogue.hints
        source = near_misses.source_of(self.asked)
        if autograd.MISTAKE not in hints or not autograd.is_possible(source):
            return
        fact, question = halves(hints[autograd.MISTAKE].question)
        for name, line in autograd.calls(source).items():
            if name in self.diagnostics.functions:
                sentence = (
                    f"{name} calls automatic differentiation in its backward (line {line}). {fact}"
                )
                cause = Cause(name, sentence, question, hints[autograd.MISTAKE].more)
                cause.mistake, cause.cluster = autograd.MISTAKE, f"{name}:{autograd.MISTAKE}"
                cause.named = {name}
                self.causes.append(cause)

    # --- the page ---

    def _join(self) -> None:
        """Combine causes that are the same slip in one of the student's helpers."""
        source, asked = near_misses.source_of(self.asked), self.diagnostics.functions
        for kept, other, more in shared_helpers.repeated(
            tuple(self.causes), source, asked, lambda name: self.investigation.called_by([name])
        ):
            kept.sentence = f"{kept.sentence} {more}"
            kept.named |= other.named
            self.causes = [each for each in self.causes if each is not other]
            for name in other.outcomes:
                self.of[name] = kept
                kept.outcomes.append(name)

    def _fold(self) -> None:
        """Keep at most six cards; further causes are added to the last one."""
        if len(self.causes) <= MOST_CARDS:
            return
        kept, rest = self.causes[:MOST_CARDS], self.causes[MOST_CARDS:]
        for cause in rest:
            for name in cause.outcomes:
                self.of[name] = kept[-1]
                kept[-1].outcomes.append(name)
        self.causes = kept

    def _with_cause(self, finding: Checked) -> Outcome:
        outcome = finding.outcome
        cause = self.of.get(outcome.id)
        if cause is None:
            return outcome
        number = next((n for n, each in enumerate(self.causes, 1) if each is cause), 0)
        outcome = replace(outcome, root_cause=f"cause-{number}" if number else "")
        named = finding.function in cause.named and outcome.status == "failed"
        if cause.mistake and not cause.mistake.startswith("=") and named:
            return replace(outcome, mistake=cause.mistake, hint=cause.question, more=cause.more)
        return outcome

    def _card(self, number: int, cause: Cause, lost: dict[str, float]) -> Card:
        return Card(
            f"cause-{number}",
            cause.sentence,
            function=cause.function,
            array=cause.array,
            mistake="" if cause.mistake.startswith("=") else cause.mistake,
            example=_telling(cause.example),
            question=cause.question,
            more=cause.more,
            analogue=self._worked(cause),
            consequences=tuple(cause.outcomes),
            points=round(sum(lost[name] for name in cause.outcomes), 6),
            cluster=cause.cluster,
            picture=self._picture(cause),
        )

    def _worked(self, cause: Cause) -> str:
        """Return another input with its right answer, if the card shows a wrong value."""
        view = self.investigation.views.get(cause.function)
        first = next(view.failing(), None) if view else None
        if view is None or first is None:
            return ""
        ladder = self.diagnostics.ladder(cause.function)
        return examples.worked(self.diagnostics.exercise.reference, ladder, first[0], first[2])

    def _picture(self, cause: Cause) -> str:
        """Return the graph with the student's values on the first failing example."""
        view = self.investigation.views.get(cause.function)
        first = next(view.failing(), None) if view else None
        if first is None:
            return ""
        exercise = self.diagnostics.exercise
        try:
            return picture(
                exercise.reference, exercise.source, self.investigation.fresh, *first[:2]
            )
        except Exception:  # an error in the picture must not remove the cards
            if os.environ.get("GRADER_DEBUG"):
                raise
            return ""


_STOPPED: Final = ("unwritten", "raised", "overran", "crashed", "pipe")
"""Causes whose message contains the function and the line.

Two checks with the same message then have the same root cause.
"""
_ABSENT: Final = {
    "undefined": ("are not defined in your file",
                  "Under which name, and where in your file, is this function defined?"),
    "unwritten": ("are not written yet",
                  "Which function do you write next, and what does its docstring promise?"),
    "empty": ("return nothing",
              "Does every way through the function end with a `return`? To print is not to return."),
}  # fmt: skip
"""For each reason why functions return nothing: a text about several functions, a question."""
_KEPT: Final = "What in your code is kept from one call to the next?"
_LOOK: Final = "Which line of your code decides this?"


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _named(function: str, message: str) -> str:
    """Return the first part of a message, with the function's name in it."""
    said = _first(message).rstrip("?")
    return said if not function or function in said else f"{function}: {said}"


def _first(message: str) -> str:
    return message.partition(";")[0].strip().rstrip(".")


def _roots(findings: Sequence[Checked]) -> list[Path]:
    """Return the arrays that earned nothing, if a check used the student's own arrays.

    An array that is right given the earlier arrays earns points; one without is wrong in itself.
    """
    lost = [f.check for f in findings if f.check and f.check.failure and not f.outcome.points]
    is_looked_at = any(finding.outcome.points for finding in findings) or any(
        check.is_in_itself for check in lost
    )
    paths = [check.failure.path for check in lost if check.failure]
    return list(dict.fromkeys(path for path in paths if path)) if is_looked_at else []


def _follows(finding: Checked, view: View) -> bool:
    """Return whether all wrong arrays of a check follow from an earlier function."""
    failure = finding.check.failure if finding.check else None
    start = failure.path if failure is not None else ()
    paths = [path for path in view.paths if path[: len(start)] == start]
    return failure is not None and bool(paths) and view.following.issuperset(paths)


def _about(causes: Sequence[Cause], finding: Checked) -> Cause:
    """Return the cause for a check: if a function has several, the one of the check's array."""
    failure = finding.check.failure if finding.check else None
    found = [c for c in causes if failure is not None and failure.path in c.changes]
    return min(found, key=lambda cause: len(cause.changes), default=causes[0])


def _returns_nothing(finding: Checked) -> bool:
    """Return whether all answers of a check are None; a few None are another mistake."""
    failure = finding.check.failure if finding.check else None
    if failure is None or failure.error or not failure.answers:
        return False
    return all("none" in _refusals(answer) for answer in failure.answers)


def _refusals(answer: Answer) -> set[str]:
    return {leaf.reason for _, leaf in leaves(answer.value) if isinstance(leaf, Refused)}


def _telling(example: Example | None) -> Example | None:
    """Return an example if it shows something wrong, else None."""
    shows = example is not None and (example.raised or example.returned != example.correct)
    return example if shows else None
