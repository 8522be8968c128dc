"""Compare the reference with the oracle and with numeric gradients on the hidden inputs."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from msgspec import Struct, field

from grader.authoring import mutation_score
from grader.checks import gradients
from grader.checks.arrays import arrays_of
from grader.checks.case import Case
from grader.checks.exercise import Exercise, load_exercise
from grader.checks.reference import Module
from grader.course.assignment import Course

ORACLE_AGREES: Final = 1e-10
"""Largest relative difference from torch autograd, relative to the array's largest entry."""
NUMBER_SEEDS: Final = 20
"""Number of seeds for comparing the reference with the oracle and numeric gradients."""
NO_ORACLE: Final = (
    "not compared with oracle.py, which needs PyTorch; "
    "install it with: pip install 'backprop-grader[torch]'"
)


class Numbers(Struct):
    """The result of the comparison; ``wrong`` is empty if everything agrees."""

    oracle: float = 0.0
    """The largest relative difference from the oracle."""
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(course: Course, name: str, seeds: int, scored: bool = True) -> Numbers:
    """Compare the reference of an exercise with a cases.py, for at most `NUMBER_SEEDS` seeds.

    Args:
        course: The course.
        name: The exercise.
        seeds: The number of draws of the inputs.
        scored: Whether to count the small edits of the solution that the cases notice as well.
    """
    found = Numbers()
    tests = str(course.folder / "tests" / "hidden")
    if tests not in sys.path:
        sys.path.insert(0, tests)
    if not (course.hidden_tests(name) / "cases.py").exists():
        return found
    cases = importlib.import_module(f"{name}.cases")
    exercise = load_exercise(course.folder, name)
    if _lacks_torch(course, name):
        found.notes.append(NO_ORACLE)
    oracle = _oracle(course, exercise)
    for seed in range(min(seeds, NUMBER_SEEDS)):
        for row in _numeric(cases, exercise.reference.module, seed):
            found.wrong.append(f"seed {seed}, {row}")
        if oracle is not None:
            drawn = _drawn(cases, exercise.reference.module, seed)
            found.oracle = max(found.oracle, difference(exercise.reference, oracle, drawn))
    if scored:
        found.notes += filter(None, [mutation_score.score(exercise, vars(cases))])
    if found.oracle > ORACLE_AGREES:
        found.wrong.append(f"the reference differs from torch autograd by {found.oracle:.1e}")
    exercise.reference.end()
    return found


def _lacks_torch(course: Course, name: str) -> bool:
    """Return whether there is an oracle that cannot run because PyTorch is not installed."""
    oracle = course.solution(name).with_name("oracle.py")
    if not oracle.exists() or importlib.util.find_spec("torch") is not None:
        return False
    return "torch" in oracle.read_text(encoding="utf-8")


def _oracle(course: Course, exercise: Exercise) -> Module | None:
    """Return the oracle, if there is one that can run; it runs where the solution runs."""
    oracle = course.folder / "reference" / exercise.name / "oracle.py"
    if not oracle.exists() or _lacks_torch(course, exercise.name):
        return None
    return exercise.edited(oracle.read_text(encoding="utf-8"), "oracle")


def _numeric(cases: Any, reference: types.ModuleType, seed: int) -> Iterator[str]:
    """Yield each gradient that differs from its numeric one or has too many kinks."""
    for gradient in _gradients(cases):
        at = gradient.at(np.random.default_rng(seed))
        for row in gradients.by_coordinate(gradient, reference, at):
            if not row.agrees or row.skipped > gradients.MOST_SKIPPED * row.size:
                yield f"{gradient.function}: the numeric gradient of {row}"


def _drawn(cases: Any, reference: types.ModuleType, seed: int) -> Iterator[Case]:
    """Yield every case of every draw; of the large timed cases, one of each."""
    for key, function in sorted(vars(cases).items()):
        if key.endswith("_cases") and inspect.isfunction(function) and not key.startswith("bad_"):
            drawn = iter(function(np.random.default_rng(seed), reference))
            yield from [next(drawn)] if key.startswith("timed") else drawn


def _gradients(cases: Any) -> list[gradients.Gradient]:
    return [value for value in vars(cases).values() if isinstance(value, gradients.Gradient)]


def difference(reference: Module, other: Module, cases: Iterator[Case]) -> float:
    """Return the largest difference of two modules, relative to each answer's scale."""
    largest = 0.0
    for case in cases:
        if case.function not in other.names():
            continue
        want = reference.want(case)
        ours, theirs = arrays_of(reference.answer(case, want)), arrays_of(other.answer(case, want))
        scale = max(
            (float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in ours.values()), default=0
        )
        for path, array in ours.items():
            finite = np.isfinite(array) & np.isfinite(theirs[path])
            off = np.abs(array[finite] - theirs[path][finite]).max(initial=0.0)
            largest = max(largest, float(off / scale) if scale else 0.0)
        reference.forget()
        other.forget()
    return largest
