"""Count the small edits of a solution that its hidden cases notice, to measure the tests.

    score(exercise, cases.__dict__, ["forward", "backward"], seed=0)
    # "117 of 120 small edits of the solution are noticed by the cases; not noticed: forward: as if ..."

An edit that no case notices may have no effect, or it may be a mistake that costs students nothing.
So the result is a note for the author and not a failure.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from grader.authoring.stub import GAP, stub
from grader.checks import compare, exact
from grader.checks.arrays import arrays_of
from grader.checks.boundary.worker_module import WorkerModule
from grader.checks.case import Case
from grader.checks.diagnosis.mutants import surviving
from grader.checks.exercise import Exercise
from grader.checks.reference import Module

MOST_NAMED: Final = 3
"""Number of unnoticed edits to list."""
MOST_CASES: Final = 60


def score(exercise: Exercise, cases: Mapping[str, Any], seed: int = 0) -> str:
    """Return the note on an exercise, or '' if its solution does not run in this process.

    Args:
        exercise: The exercise.
        cases: The names that its cases.py defines.
        seed: The seed of the inputs.
    """
    if isinstance(exercise.reference, WorkerModule):
        return ""
    functions = written_functions(exercise.source)
    drawn = list(_drawn(exercise, cases, seed))
    if not functions or not drawn:
        return ""
    count, alive = surviving(
        exercise.source, functions, lambda module: _tells(exercise, drawn, module)
    )
    if not count:
        return ""
    said = f"{count - len(alive)} of {count} small edits of the solution are noticed by the cases"
    shown = "; ".join(alive[:MOST_NAMED])
    more = f"; and {len(alive) - MOST_NAMED} more" if len(alive) > MOST_NAMED else ""
    return f"{said}; not noticed: {shown}{more}" if alive else said


def written_functions(source: str) -> list[str]:
    """Return the functions of a solution that students write."""
    return [
        node.name
        for node in ast.parse(stub(source)).body
        if isinstance(node, ast.FunctionDef) and GAP in ast.unparse(node)
    ]


def _drawn(exercise: Exercise, cases: Mapping[str, Any], seed: int) -> Iterator[Case]:
    """Yield the cases of an exercise, except those for timing and for exceptions."""
    count = 0
    for key, function in sorted(cases.items()):
        if not (key.endswith("_cases") and inspect.isfunction(function)):
            continue
        if key.startswith(("bad_", "timed")):
            continue
        for case in function(np.random.default_rng(seed), exercise.reference.module):
            count += 1
            if count > MOST_CASES:
                return
            yield case


def _tells(exercise: Exercise, drawn: list[Case], module: types.ModuleType) -> bool:
    """Return whether some case has another answer with an edited solution."""
    edited = Module(module, exercise.caches)
    return any(_differs(exercise.reference, edited, case) for case in drawn)


def _differs(reference: Module, edited: Module, case: Case) -> bool:
    want, expected, scales = reference.expected(case)
    try:
        answer = edited.answer(case, want)
    except Exception:  # an edited solution may raise any exception
        return True
    if case.exact and exact.fault(case, answer, reference.answer(case, want), (), ""):
        return True
    found = arrays_of(answer)
    return any(
        path not in found
        or compare.fault(
            found[path], right, scales[path],
            floor=case.floor, tolerance=case.tolerance, entrywise=case.entrywise,
        ) is not None
        for path, right in expected.items()
    )  # fmt: skip
