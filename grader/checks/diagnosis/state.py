"""Distinguish state that a function keeps between calls from its other mistakes.

    found = kept(fresh, view)     # "state-between-calls", "cache-in-global", or ''
    alone(fresh, view)            # the same inputs, each answered by a separate worker

The experiments of `grader.checks.experiments` need a function that is right in a fresh worker.
These compare its answers with each other, so they also work for a function that is wrong there.
"""

from __future__ import annotations

from typing import Final

from grader.checks.answers import Asked
from grader.checks.arrays import is_same
from grader.checks.case import Part
from grader.checks.diagnosis import call_graph
from grader.checks.diagnosis.diagnostics import wrong_paths
from grader.checks.diagnosis.views import View
from grader.checks.experiments import GLOBAL, STATE, answer_alone
from grader.checks.failure import parts_of
from grader.checks.near_misses import source_of
from grader.sandbox.student import Answer

KINDS: Final = (STATE, GLOBAL)
_RANDOM: Final = ("random", "rng", "randn", "shuffle")
_SAID: Final = {
    STATE: "{} returns something else when it is called again: it keeps something between calls.",
    GLOBAL: "{} returns something else once another forward has run: it does not only read its cache.",
}


def said(function: str, kind: str) -> str:
    """Return the sentence about a function that keeps state between calls."""
    return _SAID[kind].format(function)


def may_keep(fresh: Asked, view: View) -> bool:
    """Return whether a function may keep something between calls: else no worker need be asked."""
    holds = any(isinstance(arg, Part) for case in view.cases for arg in case.args)
    return holds or not call_graph.keeps_nothing(source_of(fresh), view.function)


def kept(fresh: Asked, view: View) -> str:
    """Return the id of the mistake if an answer depends on earlier calls, or ''.

    Failing inputs are repeated, also in separate workers. Random numbers are the same in all
    workers, and so cannot be distinguished from stored values: code that uses them is skipped.

    Args:
        fresh: The student, in the worker that answered the inputs of the view.
        view: The answers.
    """
    code = call_graph.code(source_of(fresh), view.function)
    if any(word in code for word in _RANDOM):
        return ""
    raised = [case for case, error in view.errors if error.kinds and not error.needs]
    failing = raised if view.errors else [case for case, _, _ in view.failing()]
    for case in dict.fromkeys([*failing[-1:], *failing[:1]]):
        given, first = view.answers[view.cases.index(case)], answer_alone(fresh, case)
        again = fresh.again([case])
        if all(_is_alike(given, other) for other in (first, *again)):
            continue
        if not _is_alike(first, answer_alone(fresh, case)):
            return ""
        others = parts_of(each for each in view.cases if each is not case)
        if parts_of([case]) and others and not _is_alike(first, answer_alone(fresh, case, others)):
            return GLOBAL
        return STATE
    return ""


def alone(fresh: Asked, view: View) -> View:
    """Return a view of the same inputs, each answered by a separate worker, without exceptions."""
    answers = [answer_alone(fresh, case) for case in view.cases]
    pairs = zip(view.cases, answers, strict=True)
    wrong = [wrong_paths(view.reference, *pair) for pair in pairs]
    found = View(view.function, view.reference, view.cases, answers, wrong)
    return found.without_errors()


def _is_alike(one: Answer, other: Answer) -> bool:
    if one.error is not None or other.error is not None:
        return one.error is not None and other.error is not None
    return is_same(one.value, other.value)
