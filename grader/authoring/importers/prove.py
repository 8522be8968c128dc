"""Test each imported test: the reference must pass it twice, programs without answers must not."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from grader.authoring.constants import answering, variables_of, written_by_students
from grader.authoring.importers.carry import bound, indented
from grader.authoring.importers.cells import TestCell
from grader.authoring.importers.limits import LONGEST, enough, generous
from grader.authoring.stub import regions_of, stub
from grader.course.assignment import Course
from grader.grading.cell_order import ANY_HEADER, HEADER
from grader.grading.protocol import USED, Settings
from grader.model import Grade, Limits, Outcome, Submission
from grader.runs.local import EngineError, Process
from grader.sandbox.student import Budget

SEEDS: Final = (1, 2)
EMPTY: Final = ("None", "0.0")
"""Constants that no test may accept for every function and variable."""


class Proof(Struct):
    """The verdicts on each test, by its name."""

    reference: dict[str, str] = field(default_factory=dict)
    """For tests that the reference fails: the reason."""
    passed_empty: set[str] = field(default_factory=set)
    """The tests that a program without answers passes."""
    used: list[Budget] = field(default_factory=list)
    """The seconds that the reference used, once for each seed."""


def proved(
    course: Course, name: str, tests: Sequence[TestCell]
) -> tuple[list[TestCell], list[Budget]]:
    """Return the tests with the problems that the proof found, and the seconds of the reference.

    Raises:
        EngineError: Nothing can be graded.
    """
    proof = _run(course, name)
    return [_judged(test, proof) for test in tests], proof.used


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
    usual = course.assignment(name).limits
    found = Proof()
    reference = Submission("reference", file, source.encode())
    _grade(course, name, found, [reference], SEEDS, generous(usual))
    programs = []
    variables = written_by_students(source)
    if is_marked(source):
        programs.append(Submission("stub", file, stub(source).encode()))
    else:
        variables = variables_of(source)
    programs += [
        Submission(f"empty {value}", file, _empty(source, value, variables).encode())
        for value in EMPTY
    ]
    # These run once: a test that one of them passes cannot fail.
    _grade(course, name, found, programs, SEEDS[:1], enough(usual, found.used))
    return found


def _grade(
    course: Course,
    name: str,
    found: Proof,
    programs: Sequence[Submission],
    seeds: Sequence[int],
    limits: Limits,
) -> None:
    """Grade programs, and record their verdicts.

    Args:
        course: The course.
        name: The name of the exercise.
        found: Where the verdicts are recorded.
        programs: The programs to grade.
        seeds: The seeds to grade each of them with.
        limits: The limits of each program.
    """
    folder = str(course.folder)
    process = Process(Settings(folder, name, seeds[0], b"import", preflight=False, limits=limits))
    try:
        if problem := process.ready(LONGEST).problem:
            raise EngineError(problem)
        for seed in seeds:
            for grade in process.all_with(seed, programs):
                _note(found, grade)
    except EOFError:
        raise EngineError(f"the grading process stopped{process.where()}") from None
    finally:
        process.end()


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
    if who == "reference" and USED in grade.instructor:
        found.used.append(msgspec.convert(grade.instructor[USED], Budget))
    for outcome in grade.outcomes:
        test = outcome.id.partition("::")[2]
        if who == "reference" and outcome.status not in ("passed", "manual"):
            found.reference.setdefault(test, _why(outcome))
        elif who != "reference" and outcome.status == "passed":
            found.passed_empty.add(test)


def _why(outcome: Outcome) -> str:
    trace = str(outcome.instructor.get("traceback", "")).strip().splitlines()
    return " ".join((trace[-1] if trace else outcome.message).split())[:200]
