"""Draw an exercise's graph with a student's own values on the example that a card shows.

The exercise declares its graph as ``GRAPH`` in the given part of the solution (`grader.graph`).
Pictures use only demonstration inputs, which may be shown.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct, field

from grader import graph
from grader.checks.answers import Asked
from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case, Part
from grader.checks.diagnosis import examples
from grader.checks.reference import Module, read, wanted
from grader.graph.declaration import nodes
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer

_Arrays = Mapping[Path, np.ndarray]
TOLERANCE: Final = 1e-5
SMALL: Final = 6
"""Arrays with more entries are not written out in a picture."""


class Scene(Struct):
    """The known values of each name of a graph, for one input."""

    given: dict[str, Any] = field(default_factory=dict)
    """Arguments, which are neither right nor wrong."""
    values: dict[str, Any] = field(default_factory=dict)
    gradients: dict[str, Any] = field(default_factory=dict)
    right_values: dict[str, Any] = field(default_factory=dict)
    right_gradients: dict[str, Any] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    """The keys of all dicts that were passed as arguments."""


def picture(reference: Module, source: str, asked: Asked, case: Case, answer: Answer) -> str:
    """Return the exercise's graph with a student's values as SVG, or '' if none fits.

    Args:
        reference: The solution, for the correct values.
        source: The solution's source, which declares the graph.
        asked: The student's answers, from a worker that never received a hidden input.
        case: A demonstration input.
        answer: The answer of the student's function to it.
    """
    passed = _passed(reference, case)
    try:
        declared = passed or graph.declared(source)
        graph.names(declared or {})
    except graph.GraphError:  # the author's graph, or this input, cannot be drawn
        return ""
    if declared is None or answer.error is not None:
        return ""
    scene = Scene()
    labels = _returned(source)
    _add(scene, reference, asked, case, answer, labels)
    if passed:
        for other in _forward(reference, case):
            _add(scene, reference, asked, other, asked.answers([other])[0], labels)
        scene.keys = set()
    if not _fits(declared, scene):
        return ""
    known = {**scene.given, **scene.values}
    marks = graph.Marks(
        graph.judged(declared, known, scene.right_values, tolerance=TOLERANCE),
        graph.judged(
            declared, scene.gradients, scene.right_gradients, backward=True, tolerance=TOLERANCE
        ),
    )
    return graph.draw(
        declared, known, scene.gradients, marks=marks,
        correct=scene.right_values, correct_gradients=scene.right_gradients,
        title=f"Your values in {case.function}",
    )  # fmt: skip


def _passed(reference: Module, case: Case) -> graph.Graph | None:
    """Return the graph that is passed to a function, if one of its parameters is a graph."""
    pairs = zip(examples.parameters(reference, case), case.args, strict=False)
    found = next((value for name, value in pairs if name == "graph"), None)
    return found if isinstance(found, dict) and found else None


def _forward(reference: Module, case: Case) -> Iterator[Case]:
    """Yield the call that computes the values of a graph whose gradients a case asks for."""
    names = [*examples.parameters(reference, case)]
    for name in reference.functions():
        own = [*reference.parameters(name)]
        if own == names[: len(own)] and name != case.function and len(own) < len(names):
            yield Case(name, *case.args[: len(own)])


def _is_backward(function: str) -> bool:
    """Return whether a function returns gradients, judging by its name."""
    return "backward" in function or "differentiate" in function


def _add(
    scene: Scene,
    reference: Module,
    asked: Asked,
    case: Case,
    answer: Answer,
    labels: Mapping[str, tuple[str, ...]],
) -> None:
    """Add the arguments and the results of one call, and of the calls that it depends on."""
    for name, argument in zip(examples.parameters(reference, case), case.args, strict=False):
        if isinstance(argument, Part):
            part = argument.case
            _add(scene, reference, asked, part, asked.answers([part])[0], labels)
        elif isinstance(argument, dict):
            scene.keys |= {str(key) for key in argument}
            scene.given |= {str(key): value for key, value in argument.items()}
        elif _is_backward(case.function) and re.fullmatch(r"d\w+", name):
            scene.gradients[name[1:]] = scene.right_gradients[name[1:]] = argument
        else:
            scene.given[name] = argument
    mine, right = _arrays(reference, asked, case, answer)
    backward = _is_backward(case.function)
    for found, to in (
        (mine, scene.gradients if backward else scene.values),
        (right, scene.right_gradients if backward else scene.right_values),
    ):
        to |= dict(_named(found, labels.get(case.function, ())))


def _arrays(reference: Module, asked: Asked, case: Case, answer: Answer) -> tuple[_Arrays, _Arrays]:
    """Return the arrays of an answer and the right ones, with those of a cache with listed keys."""
    right = reference.expected(case)[1]
    if answer.error is not None:
        return {}, right
    keys = reference.caches.get(case.function)
    if keys and case.stands_alone:
        raw = reference.raw(case)
        want = wanted(raw, keys, is_shown=True)
        try:
            [opened] = asked.student.call([asked.call_for(case, want)])
        except StudentError:
            return arrays_of(answer.value), right
        return arrays_of(opened.value), arrays_of(read(raw, want))
    return arrays_of(answer.value), right


def _named(arrays: Mapping[Path, np.ndarray], labels: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield each named array of an answer: by its key, or by the returned variable's name."""
    for path, array in arrays.items():
        keys = [key for key in path if isinstance(key, str)]
        if keys:
            yield keys[-1], array
        elif len(path) < 2 and labels:
            place = path[0] if path else 0
            if isinstance(place, int) and place < len(labels) and labels[place]:
                yield labels[place], array


@functools.lru_cache(maxsize=16)
def _returned(source: str) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the variables that each function returns; '' for other expressions."""
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            last = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)][-1:]
            parts = last[0].elts if last and isinstance(last[0], ast.Tuple) else last
            found[node.name] = tuple(e.id if isinstance(e, ast.Name) else "" for e in parts)
    return found


def _fits(declared: graph.Graph, scene: Scene) -> bool:
    """Return whether the graph fits this input, with few enough numbers to read."""
    found = nodes(declared)
    words = {
        word for node in found.values() for word in re.findall(r"\w+", f"{node.name} {node.label}")
    }
    if not scene.keys <= words:
        return False
    known = {**scene.given, **scene.values}
    last = [*declared][-1]
    inner = [node for name, node in found.items() if name != last]
    needed = {each for node in inner for each in node.operands if not found[each].operands}
    if not needed <= known.keys() or not ({*scene.values, *scene.gradients} & found.keys()):
        return False
    drawn = [value for name, value in {**known, **scene.gradients}.items() if name in found]
    small = sum(np.size(value) <= SMALL for value in drawn)
    return 2 * small >= len(drawn)
