"""Test each imported test: the reference must pass it twice, programs without answers must not."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from grader.authoring.constants import answering, variables_of, written_by_students
from grader.authoring.importers.carry import bound, indented
from grader.authoring.importers.cells import TestCell
from grader.authoring.stub import regions_of, stub
from grader.course.assignment import Course
from grader.grading.cell_order import ANY_HEADER, HEADER
from grader.grading.protocol import Settings
from grader.model import Grade, Outcome, Submission
from grader.runs.local import EngineError, Process

SEEDS: Final = (1, 2)
LONGEST: Final = 900.0
"""Seconds for the solution and its tests: notebooks may simulate and train."""
EMPTY: Final = ("None", "0.0")
"""Constants that no test may accept for every function and variable."""


class Proof(Struct):
    """The verdicts on each test, by its name."""

    reference: dict[str, str] = field(default_factory=dict)
    """For tests that the reference fails: the reason."""
    passed_empty: set[str] = field(default_factory=set)
    """The tests that a program without answers passes."""


def proved(course: Course, name: str, tests: Sequence[TestCell]) -> list[TestCell]:
    """Return the tests with the problems that the proof found.

    Raises:
        EngineError: Nothing can be graded.
    """
    proof = _run(course, name)
    return [_judged(test, proof) for test in tests]


def is_marked(source: str) -> bool:
    """Return whether a solution marks what students write; otherwise its stub equals it."""
    return bool(list(regions_of(source.splitlines(keepends=True))))


def _judged(test: TestCell, proof: Proof) -> TestCell:
    if test.problem:
        return test
    if why := proof.reference.get(f"test_{test.name}"):
        return replace(test, problem=f"the reference does not pass it: {why}")
    if f"test_{test.name}" in proof.passed_empty:
        return replace(test, points=0.0, cannot_fail=True)
    return test


def _run(course: Course, name: str) -> Proof:
    source = course.solution(name).read_text(encoding="utf-8")
    file = f"{name}.py"
    reference = Submission("reference", file, source.encode())
    programs = [reference]
    variables = written_by_students(source)
    if is_marked(source):
        programs.append(Submission("stub", file, stub(source).encode()))
    else:
        variables = variables_of(source)
    programs += [
        Submission(f"empty {value}", file, _empty(source, value, variables).encode())
        for value in EMPTY
    ]
    found = Proof()
    process = Process(Settings(str(course.folder), name, SEEDS[0], b"import", preflight=False))
    try:
        if problem := process.ready(LONGEST).problem:
            raise EngineError(problem)
        # Programs without answers run once: a test that one of them passes cannot fail.
        for seed in SEEDS:
            for grade in process.all_with(seed, programs if seed == SEEDS[0] else [reference]):
                _note(found, grade)
    except EOFError:
        raise EngineError(f"the grading process stopped{process.where()}") from None
    finally:
        process.end()
    return found


def _empty(source: str, value: str, variables: Collection[str]) -> str:
    """Return a program whose names all hold ``value`` after each cell, as tests may run there."""
    made, end = [], 0
    for cell in HEADER.finditer(source):
        made.append(source[end : cell.end()])
        end = next((m.start() for m in ANY_HEADER.finditer(source, cell.end())), len(source))
        code = source[cell.end() : end]
        names = {name for node in ast.parse(code).body for name in bound(node)}
        guarded = f"\ntry:\n    pass\n{indented(code)}\nexcept Exception:\n    pass\n"
        made.append(answering(guarded, value, names & set(variables)) + "\n")
    return "".join([*made, source[end:]])


def _note(found: Proof, grade: Grade) -> None:
    who = grade.submission.student
    if who == "reference" and not grade.outcomes:
        raise EngineError(f"the reference cannot be graded: {grade.message}")
    for outcome in grade.outcomes:
        test = outcome.id.partition("::")[2]
        if who == "reference" and outcome.status not in ("passed", "manual"):
            found.reference.setdefault(test, _why(outcome))
        elif who != "reference" and outcome.status == "passed":
            found.passed_empty.add(test)


def _why(outcome: Outcome) -> str:
    trace = str(outcome.instructor.get("traceback", "")).strip().splitlines()
    return " ".join((trace[-1] if trace else outcome.message).split())[:200]
