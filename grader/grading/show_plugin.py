"""A pytest plugin for staff that shows the inputs, the right and the actual values of failures.

    pytest -p grader.values 'tests/hidden/lstm_cell/test_x.py::test_y[z]' --submission ada.py

A class run never loads it: its output is not stored, and students do not see it.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Final

import numpy as np
import pytest

from grader.checks import arrays, compare
from grader.checks.answers import Asked
from grader.checks.case import Case, Part
from grader.sandbox.guest import refusals
from grader.sandbox.student import Answer, Refused
from grader.text import for_terminal

pytest_plugins = ["grader.grading.plugin"]

TITLE: Final = "inputs, expected and got"
PRINTED: Final = "printed by the student's program"
MOST: Final = 3
"""Cases shown for one check."""
MOST_LINES: Final = 400
OPTIONS: Final[Any] = {"precision": 6, "threshold": 60, "edgeitems": 3, "linewidth": 96}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Discard earlier answers, so that a check shows only its own cases."""
    bench = getattr(item, "funcargs", {}).get("bench")
    if bench is not None and bench.asked is not None:
        bench.asked.forget()
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the failed cases to the report of a check."""
    report = yield
    bench = getattr(item, "funcargs", {}).get("bench")
    if call.when == "call" and call.excinfo and bench is not None and bench.asked is not None:
        report.sections.append((TITLE, clean(described(bench.asked))))
        bench.asked.student.end()  # output that is still buffered arrives when the worker ends
        printed = bench.asked.student.captured.decode("utf-8", "replace")
        if printed:
            report.sections.append((PRINTED, clean(printed.splitlines())))
    return report


def described(asked: Asked) -> Iterator[str]:
    """Yield lines about the failed cases, or about the first case if no value was wrong."""
    with np.printoptions(**OPTIONS):
        wrong = {
            case: lines
            for case, answer in asked.given().items()
            if (lines := list(_faults(asked, case, answer)))
        }
        if not wrong:
            yield "every single answer of this check is correct: read its message"
        for case, lines in list(wrong.items())[:MOST]:
            yield from _inputs(asked, case)
            yield from lines
        if len(wrong) > MOST:
            yield f"... and more: {len(wrong)} cases are wrong"


def clean(lines: Iterable[str]) -> str:
    """Make lines safe for the terminal."""
    shown = list(itertools.islice(lines, MOST_LINES + 1))
    shown[MOST_LINES:] = ["... cut here"] if len(shown) > MOST_LINES else []
    text = "\n".join(line.expandtabs(4) for line in shown)
    return for_terminal(text, keep="\n")


def _inputs(asked: Asked, case: Case) -> Iterator[str]:
    names = list(asked.reference.parameters(case.function))
    yield f"{case.function}({', '.join(names)}){f'  # {case.note}' if case.note else ''}"
    for place, argument in enumerate(case.args):
        name = names[place] if place < len(names) else f"argument {place + 1}"
        if isinstance(argument, Part):
            argument = f"what {argument.case.function} returned"
        yield from _value(f"  {name} = ", argument)


def _faults(asked: Asked, case: Case, answer: Answer) -> Iterator[str]:
    """Yield the wrong arrays of one answer: the right values and the student's."""
    try:
        _, expected, scales = asked.reference.expected(case)
    except Exception as error:  # for this input the reference itself must raise
        if answer.error is None or type(error).__name__ not in answer.error.kinds:
            yield f"  expected: {type(error).__name__}"
            yield f"  got: {answer.error or 'an answer'}"
        return
    if answer.error is not None:
        for path, right in expected.items():
            yield from _value(f"  {_name(path)}, expected: ", right)
        yield f"  got: {answer.error}"
        yield from (f"    | {line}" for line in answer.error.detail.splitlines())
        return
    for path, right in expected.items():
        got = arrays.at(answer.value, path)
        if _differs(case, got, right, scales[path]):
            yield from _value(f"  {_name(path)}, expected: ", right)
            shown = (
                refusals.REASONS.get(got.reason, got.reason) if isinstance(got, Refused) else got
            )
            yield from _value(f"  {_name(path)}, got: ", shown)


def _name(path: arrays.Path) -> str:
    return ".".join(map(str, path)) or "what it returns"


def _differs(case: Case, got: Any, right: np.ndarray, scale: float) -> bool:
    if not isinstance(got, np.ndarray):
        return True
    fault = compare.fault(
        got, right, scale,
        floor=case.floor, tolerance=case.tolerance, entrywise=case.entrywise,
    )  # fmt: skip
    return fault is not None


def _value(label: str, value: Any) -> Iterator[str]:
    """Yield a label and its value; an array with its shape, and one line per row."""
    if isinstance(value, dict):
        inside = " " * (len(label) - len(label.lstrip()) + 2)
        yield f"{label}{{"
        for key, item in value.items():
            yield from _value(f"{inside}{key}: ", item)
        yield f"{inside[2:]}}}"
        return
    if isinstance(value, np.ndarray) and value.ndim:
        label = f"{label}{value.shape} "
    first, *rest = str(value).splitlines() or [""]
    yield f"{label}{first}"
    yield from ((" " * len(label) + line).rstrip() for line in rest)
