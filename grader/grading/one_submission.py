"""Grade one submission with the collected hidden tests."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

import pytest
from msgspec.structs import replace

from grader.grading import direct, marks, outcomes, plugin
from grader.grading.protocol import USED
from grader.grading.session import Bench
from grader.grading.subtests import SUBTESTS
from grader.model import Card, Grade, Limits, Outcome, Submission
from grader.notebook import NotebookError, functions_outside, read_helpers, read_source
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.student import Student


def grade_one(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, max_score: float
) -> Grade:
    """Grade one submission with the collected items.

    If a check ends in `error`, or a worker was killed from outside, the submission is graded once
    more with a new fork server: the first one may have died, which is not the student's fault.
    """
    started, killed = time.perf_counter(), bench.server.killed
    grade = _grade_once(bench, items, submission, max_score)
    if not submission.error and (grade.status == "error" or bench.server.killed > killed):
        bench.restart()
        grade = _grade_once(bench, items, submission, max_score)
    return replace(grade, seconds=round(time.perf_counter() - started, 6))


def grade_proven(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, max_score: float
) -> Grade:
    """Grade one submission; if it fails a check, grade the reference on the same inputs too.

    With fresh inputs, grading the reference takes longer than grading the submission. The reference
    only decides whether an exception is the student's fault, so it is not needed if nothing failed.
    """
    grade = grade_one(bench, items, submission, max_score)
    if bench.is_proven or all(each.status not in ("failed", "error") for each in grade.outcomes):
        return grade
    before = set(bench.rules.sound)
    grade_reference(bench, items)
    if bench.rules.sound == before:
        return grade
    return grade_one(bench, items, submission, max_score)


def grade_reference(bench: Bench, items: Sequence[pytest.Item]) -> Grade:
    """Grade the reference, and record which cases the checks ask for.

    Every submission is then asked the same cases in the same order in every process: a program that
    keeps state between calls could otherwise give other answers in another order.
    """
    file, source = bench.course.submitted(bench.assignment.name)
    rules = bench.rules
    rules.sound.clear()
    bench.peers.recording = True
    try:
        grade = grade_one(bench, items, Submission("reference", file, source), 1)
    finally:
        bench.peers.recording = False
    rules.sound.update(
        o.id for o in grade.outcomes if o.status == "passed" and not _has_given_points(o)
    )
    for item in items:
        if parts := item.stash.get(SUBTESTS, None):
            rules.parts[outcomes.check_id(item)] = parts.count
    bench.learn()
    return grade


def _has_given_points(outcome: Outcome) -> bool:
    """Return whether assignments.yaml gives full points regardless of the test's verdict."""
    return "check" in outcome.instructor


def _grade_once(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, max_score: float
) -> Grade:
    bare = replace(submission, source=b"")
    if submission.error:
        return Grade(bare, max_score, (), submission.error)
    try:
        return _graded(bench, items, submission, Grade(bare, max_score))
    except GraderError as error:
        why = f"could not be graded: {error}"
        return Grade(replace(bare, error=why), max_score, (), why)
    finally:
        bench.end()


def _graded(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, blank: Grade
) -> Grade:
    try:
        cells, problem = read_source(submission.file, submission.source), submission.problem
        helpers = read_helpers(submission.file, submission.source)
    except NotebookError as error:
        cells, helpers, problem = (), (), str(error)
    asked = bench.begin(cells, helpers)
    asked.student.outside = cache(partial(functions_outside, submission.source))
    problem = submission.problem or problem or _loading_failure(asked.student)
    if problem:
        failed = [outcomes.blank(item, bench.rules, problem) for item in items]
        nothing = "" if submission.source else problem
        failed += outcomes.manual(bench.assignment, nothing)
        return replace(blank, outcomes=tuple(failed), message=problem)
    bench.ask_ahead()
    run_items(bench, items)
    explained, cards = _explained(bench, items)
    bench.end()
    message = "\n".join(filter(None, [submission.note, _loading_problems(asked.student)]))
    return replace(
        blank,
        outcomes=(*explained, *outcomes.manual(bench.assignment)),
        cards=cards,
        message=message,
        instructor=_printed(asked.student) | _used(bench, asked.student),
    )


def _explained(
    bench: Bench, items: Sequence[pytest.Item]
) -> tuple[Sequence[Outcome], tuple[Card, ...]]:
    """Add root causes to the outcomes; an exception in the diagnosis changes no verdict.

    Staff then find its traceback under "diagnosis" in each outcome.
    """
    is_charged = "torch" in bench.assignment.imports and bench.assignment.mistakes
    if all(each.status == "passed" for each in bench.outcomes) and not is_charged:
        return bench.outcomes, ()
    from grader.checks.diagnosis import (  # loads all of the diagnosis, so only when it is needed
        final_points,
        root_causes,
    )

    checks = {outcomes.check_id(item): item.stash.get(outcomes.CHECK, None) for item in items}
    findings = [root_causes.Checked(each, checks.get(each.id)) for each in bench.outcomes]
    if bench.asked is None or any(each.status == "error" for each in bench.outcomes):
        return bench.outcomes, ()
    charges = bench.assignment.mistakes
    try:
        return root_causes.explain(bench.diagnostics, bench.asked, findings, charges)
    except GraderError:
        raise
    except Exception:
        trace = {"diagnosis": traceback.format_exc()}
        found = final_points.settle_alone(findings)
        return [replace(each, instructor={**each.instructor, **trace}) for each in found], ()


def run_items(bench: Bench, items: Sequence[pytest.Item]) -> None:
    """Run every item once; the plugin appends the outcomes to the bench."""
    bench.memory.measure()
    for item, following in zip(items, [*items[1:], None], strict=True):
        plugin.clean(item)
        bench.runs(outcomes.check_id(item))
        with _limits_of(bench, item):
            if plain := direct.Plain.of(item):
                plain.run(bench)
            else:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    bench.runs("")


@contextlib.contextmanager
def _limits_of(bench: Bench, item: pytest.Item) -> Iterator[None]:
    """Apply a test's marks: its limits, and a fresh worker for it."""
    asked, limits = bench.asked, marks.mark_of(item, "limits")
    if asked is None or (limits is None and marks.mark_of(item, "fresh") is None):
        yield
        return
    bench.asked = asked.fresh()
    student = bench.asked.student
    if limits is not None:
        student.limits = _limited(student.limits, **limits.kwargs)
    try:
        yield
    finally:
        student.end()
        bench.asked = asked


def _limited(limits: Limits, cpu: float | None = None, memory_mb: int | None = None) -> Limits:
    """Return a submission's limits, changed as a ``limits`` mark asks."""
    cpu = limits.call_cpu if cpu is None else float(cpu)
    return replace(
        limits, call_cpu=cpu, call_wall=max(limits.call_wall, 3 * cpu),
        total=max(limits.total, cpu), memory_mb=int(memory_mb or limits.memory_mb),
    )  # fmt: skip


def _loading_failure(student: Student) -> str:
    """Load the program; return why it cannot be graded at all, or ''."""
    try:
        student.load()
    except StudentError as error:
        return str(error)
    if len(student.program.cells) == 1 and student.problems:
        first = student.problems[0]
        if first.kind in ("SyntaxError", "IndentationError", "TabError"):
            return f"your file is not valid Python (line {first.line}):\n{first.text.strip()}"
    return ""


def _loading_problems(student: Student) -> str:
    """Return the problems found while loading the program, with the student's text and lines."""
    texts = [f"{problem.cell}: {problem.text.strip()}" for problem in student.problems[:5]]
    return "While your file was loaded:\n" + "\n".join(texts) if texts else ""


def _used(bench: Bench, student: Student) -> dict[str, Any]:
    return {USED: student.budget} if bench.measures else {}


def _printed(student: Student) -> dict[str, Any]:
    text = student.captured.decode("utf-8", "replace")
    return {"output": text} if text else {}
