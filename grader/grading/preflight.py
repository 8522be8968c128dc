"""Checks before anything is graded: the reference and the sandbox."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grader.grading.one_submission import grade_reference
from grader.grading.session import Bench
from grader.sandbox.fork_server import GraderError
from grader.sandbox.guest import lockdown
from grader.sandbox.selftest import BURNT, trial


class UnfitError(GraderError):
    """The course or the machine is not fit to grade with."""


def check_reference(bench: Bench, items: Sequence[pytest.Item]) -> None:
    """Grade the reference through the same sandbox; raises `UnfitError` if it is not right."""
    grade = grade_reference(bench, items)
    wrong = next((o for o in grade.outcomes if o.status != "passed"), None)
    if wrong is not None:
        why = wrong.instructor.get("traceback", "").strip().splitlines()[-1:] or [wrong.message]
        raise UnfitError(f"the reference itself fails {wrong.id}: {why[0]}")


def check_sandbox(bench: Bench, private: Sequence[str]) -> None:
    """Let the canary try, and the clock be seen; raises `UnfitError` if either is wrong."""
    bench.server.ready()
    missing = lockdown.missing_for_grading(bench.server.sandbox.layers)
    if missing:
        raise UnfitError(f"no sandbox good enough to grade others' code here: {missing}")
    hidden = bench.course.hidden_tests(bench.assignment.name) / "cases.py"
    found = trial(bench.server, [str(hidden), *private, "/etc/passwd"])
    if found.escapes:
        raise UnfitError(f"the sandbox leaks: a canary in it could {', '.join(found.escapes)}")
    if not found.clock_is_right:
        shown = f"{found.seconds:.3f} s for {BURNT:g} s of work"
        raise UnfitError(f"the CPU clock of workers shows {shown}")
