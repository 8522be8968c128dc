"""Write a call and its result as Python code, for demonstration inputs only.

>>> value(np.array([[0.5, -1.0]]))
'np.array([[0.5, -1.0]])'
>>> bare(np.array([[0.5, -1.0]]))
'[[0.5, -1.0]]'
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case, Part
from grader.checks.reference import Module
from grader.model import Example
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer
from grader.text import from_worker

MOST_ENTRIES: Final = 12
"""Larger arrays are described by their shape."""
MOST_ARRAYS: Final = 3
MOST_WORKED: Final = 300
"""Characters of the worked example that accompanies a failing one."""


def number(one: Any) -> str:
    """Write a number with at most four digits."""
    if isinstance(one, (bool, np.bool_)):
        return str(bool(one))
    if isinstance(one, (int, np.integer)):
        return str(int(one))
    one = float(one)
    if not math.isfinite(one):
        return str(one)
    text = f"{one:.4g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def bare(array: Any) -> str:
    """Write an array as nested lists, or its shape if it is large."""
    array = np.asarray(array)
    if array.ndim == 0:
        return number(array[()])
    if array.size > MOST_ENTRIES or not array.size:
        return f"an array of shape {array.shape}"
    return _nested(array)


def _nested(array: np.ndarray) -> str:
    if array.ndim == 0:
        return number(array[()])
    return f"[{', '.join(map(_nested, array))}]"


def value(one: Any) -> str:
    """Write an argument as a Python expression, unless it is a large array."""
    if isinstance(one, np.ndarray):
        text = bare(one)
        return text if text.startswith("an array") or not one.ndim else f"np.array({text})"
    if isinstance(one, dict):
        return f"{{{', '.join(f'{key!r}: {value(item)}' for key, item in one.items())}}}"
    if isinstance(one, tuple):
        return f"({', '.join(map(value, one))}{',' * (len(one) == 1)})"
    if isinstance(one, list):
        return f"[{', '.join(map(value, one))}]"
    if isinstance(one, (bool, int, float, np.number)):
        return number(one)
    return repr(one)


def call(reference: Module, case: Case) -> str:
    """Write the call of a case: a line for each argument that is not a number, then the call."""
    lines: list[str] = []
    names: list[str] = []
    for name, argument in zip(parameters(reference, case), case.args, strict=False):
        if isinstance(argument, Part):
            lines += [*call(reference, argument.case).splitlines()]
            last = lines.pop()
            whole = reference.raw(argument.case)
            left = name
            if isinstance(whole, tuple) and argument.item >= 0:
                left = ", ".join(name if i == argument.item else "_" for i in range(len(whole)))
            lines.append(f"{left} = {last}")
            names.append(name)
        elif isinstance(argument, (np.ndarray, dict, list)):
            line = f"{name} = {value(argument)}"
            if line not in lines:
                lines.append(line)
            names.append(name)
        else:
            names.append(value(argument))
    return "\n".join([*dict.fromkeys(lines), f"{case.function}({', '.join(names)})"])


def parameters(reference: Module, case: Case) -> Sequence[str]:
    """Return the names of the parameters of a case's function."""
    return reference.parameters(case.function)


def label(function: str, path: Path) -> str:
    """Return the label of an array of an answer: its keys, or the function's result."""
    keys = [str(key) for key in path if isinstance(key, str)]
    if keys:
        return keys[-1]
    return f"result {path[0]}" if path else function


def example(
    reference: Module,
    case: Case,
    answer: Answer,
    wrong: Sequence[Path],
    outputs: Sequence[str] = (),
) -> Example:
    """Return a failing demonstration example that shows the wrong arrays first."""
    text = call(reference, case)
    if answer.error is not None:
        said = last_line(answer.error)
        where = str(answer.error).partition(", ")[2]
        raised = from_worker(said)[:300] + (f" ({where})" if where else "")
        return Example(text, "", listed(case, reference.expected(case)[1], wrong), raised)
    right, mine = reference.expected(case)[1], arrays_of(answer.value)
    first = [*wrong][:MOST_ARRAYS]
    returned, correct = listed(case, mine, first), listed(case, right, first)
    if returned == correct:  # too large to be printed: show one entry of each
        found = [off for path in first if (off := _entry(case, mine.get(path), right[path], path))]
        returned, correct = (
            (", ".join(each) for each in zip(*found, strict=True)) if found else ("", "")
        )
    return Example(text, returned, correct)


def _entry(
    case: Case, mine: np.ndarray | None, right: np.ndarray, path: Path
) -> tuple[str, str] | None:
    """Return the entry of an array with the largest error, as returned and as expected."""
    if mine is None or mine.shape != right.shape or not right.size:
        return None
    with np.errstate(invalid="ignore"):
        off = np.nan_to_num(np.abs(mine.astype(float) - right), nan=np.inf)
    place = np.unravel_index(int(off.argmax()), off.shape)
    name = f"{label(case.function, path)}[{', '.join(map(str, place))}]"
    return f"{name} = {number(mine[place])}", f"{name} = {number(right[place])}"


def worked(reference: Module, cases: Sequence[Case], shown: Case, paths: Sequence[Path]) -> str:
    """Write another small input with its right answer in one line, or '' if all are large.

    Args:
        reference: The reference.
        cases: The inputs to choose from, smallest first.
        shown: The input that is already shown.
        paths: The arrays of the answer to show.
    """
    first = call(reference, shown)
    for case in cases:
        text = call(reference, case)
        right = listed(case, reference.expected(case)[1], paths)
        is_small = right and "an array" not in text + right and len(text) + len(right) < MOST_WORKED
        if is_small and text != first:
            return f"`{'; '.join(text.splitlines())}` gives {right}."
    return ""


def last_line(error: StudentError) -> str:
    """Return the last line of an exception's traceback, or the student's message without one."""
    return next(iter(error.detail.strip().splitlines()[-1:]), str(error))


def listed(case: Case, arrays: dict[Path, np.ndarray], paths: Sequence[Path]) -> str:
    """Write some arrays of an answer, each with its label."""
    parts = []
    for path in paths:
        if path in arrays:
            text = bare(arrays[path])
            named = any(isinstance(key, str) for key in path)
            parts.append(f"{label(case.function, path)} = {text}" if named else text)
    return ", ".join(parts)
