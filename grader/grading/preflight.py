"""Check the reference and the sandbox before anything is graded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grader.grading.one_submission import grade_reference
from grader.grading.session import Bench
from grader.sandbox import selftest
from grader.sandbox.faults import GraderError


class UnfitError(GraderError):
    """The course or this machine cannot grade correctly."""


def check_reference(bench: Bench, items: Sequence[pytest.Item]) -> None:
    """Grade the reference in the same sandbox; raise `UnfitError` if it loses points."""
    grade = grade_reference(bench, items)
    wrong = grade.first_failure
    if wrong is not None:
        why = wrong.instructor.get("traceback", "").strip().splitlines()[-1:] or [wrong.message]
        raise UnfitError(f"the reference itself fails {wrong.id}: {why[0]}")


def check_sandbox(bench: Bench, private: Sequence[str]) -> None:
    """Try to reach this run's private files; raise `UnfitError` if the sandbox allows it."""
    hidden = bench.course.grading_files(bench.assignment.name)
    found = selftest.examine(bench.server, [*map(str, hidden), *private])
    if found.problem:
        raise UnfitError(found.problem)
