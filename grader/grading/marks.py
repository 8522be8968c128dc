"""Read the marks of hidden tests, and reject marks that are unknown or malformed.

@pytest.mark.points(10)          # 0 or more; for each parameter set of a test
@pytest.mark.hint("...")         # extra text for students who fail the test
@pytest.mark.example             # the inputs are public: the whole comparison is shown
@pytest.mark.public              # the test may be given to students
@pytest.mark.timed("backward")   # it measures how long the function takes
@pytest.mark.visibility("hidden")
@pytest.mark.limits(cpu=5, memory_mb=2048)
@pytest.mark.fresh               # runs in a new worker
@pytest.mark.after_cell(3)       # runs after the first 3 code cells only: see `cell_order`
@pytest.mark.skip("not this year")
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pytest

from grader.course.assignment import Assignment, CheckSetting
from grader.course.yaml_nodes import FILE
from grader.model import VISIBILITIES
from grader.text import nearest

BUILT_IN: Final = ("parametrize", "usefixtures", "filterwarnings", "skip", "skipif")


def mark_of(item: pytest.Item, name: str) -> pytest.Mark | None:
    """Return the mark that applies: the parameter set's, else the test's, else the file's."""
    own = [mark for mark in item.own_markers if mark.name == name]
    return own[-1] if own else item.get_closest_marker(name)


def text_of(item: pytest.Item, name: str) -> str:
    """Return the text of a mark with one argument, or ''."""
    mark = mark_of(item, name)
    return str(mark.args[0]) if mark and mark.args else ""


def params_of(item: pytest.Item) -> Mapping[str, Any]:
    """Return the parameters of a parametrised test."""
    return getattr(getattr(item, "callspec", None), "params", {})


def function_of(item: pytest.Item) -> str:
    """Return the name of the test function, without parameters."""
    return getattr(item, "originalname", None) or item.name


def place_of(item: pytest.Item) -> str:
    """Return ``test_file.py:line`` of a test."""
    line = item.location[1]
    return f"{item.path.name}:{line + 1}" if line is not None else item.path.name


def setting_of(item: pytest.Item, assignment: Assignment) -> CheckSetting:
    """Return what assignments.yaml says about a check."""
    for key in (f"{item.path.name}::{function_of(item)}", function_of(item)):
        if key in assignment.checks:
            return assignment.checks[key]
    return CheckSetting()


def graded(items: Iterable[pytest.Item], assignment: Assignment) -> list[pytest.Item]:
    """Return the checks that neither a mark nor assignments.yaml skips."""
    return [item for item in items if not skipped(item, assignment)]


def skipped(item: pytest.Item, assignment: Assignment) -> str:
    """Return the reason why a check is left out, or ''."""
    if reason := setting_of(item, assignment).skip:
        return reason
    if mark := mark_of(item, "skip"):
        return str(mark.kwargs.get("reason") or next(iter(mark.args), "") or "skipped")
    conditional = mark_of(item, "skipif")
    if conditional and conditional.args and conditional.args[0] is True:
        return str(conditional.kwargs.get("reason", "skipped"))
    return ""


# --- mistakes of the author ---------------------------------------------------------------------


def problem(items: Sequence[pytest.Item], assignment: Assignment) -> str:
    """Return the first mistake in the marks or in ``checks:`` as one line, or ''."""
    for item in items:
        for mark in item.iter_markers():
            if wrong := _wrong(mark):
                return f"{place_of(item)}: {function_of(item)}: {wrong}"
        if useless := _useless(item):
            return f"{place_of(item)}: {function_of(item)}: {useless}"
    names = {function_of(item) for item in items}
    known = names | {f"{item.path.name}::{function_of(item)}" for item in items}
    for key in assignment.checks:
        if key not in known:
            return f"{FILE}: checks: no hidden test is called {key!r}{meant(key, known)}"
    return ""


_PRINTED: Final = "sees nothing that a submission prints: write student.f.printed(...)"
USELESS: Final[Mapping[str, str]] = {
    "capsys": _PRINTED, "capfd": _PRINTED, "capsysbinary": _PRINTED, "capfdbinary": _PRINTED,
    "tmp_path": "is a folder that a submission cannot see: put files into exercises/NAME/data, or let "
                "student.exec write them, with writes: true in assignments.yaml",
}  # fmt: skip
"""Fixtures of pytest that act on this process and not on the worker, and what to write instead."""
INPUT: Final = re.compile(r"""builtins\.input|sys\.stdin|["']stdin["']""")


def _useless(item: pytest.Item) -> str:
    """Return what to write instead of a fixture that cannot reach a submission, or ''."""
    names = inspect.signature(item.obj).parameters if isinstance(item, pytest.Function) else ()
    for name in names:
        if name in USELESS:
            return f"{name} {USELESS[name]}"
        if name == "monkeypatch" and INPUT.search(inspect.getsource(item.obj)):  # type: ignore[attr-defined]
            return (
                'the input of a submission is not this one: write student.f.with_input("3\\n")(...)'
            )
    return ""


def _wrong(mark: pytest.Mark) -> str:
    """Return the mistake in a mark, or ''."""
    if mark.name == "xfail":
        return "xfail has no meaning for a grade; remove it, or write @pytest.mark.skip(reason)"
    if mark.name in BUILT_IN:
        return _wrong_skip(mark)
    if mark.name not in READERS:
        return f"unknown mark {mark.name!r}{meant(mark.name, [*READERS, *BUILT_IN])}"
    return READERS[mark.name](mark)


def meant(word: str, known: Iterable[str]) -> str:
    """Return a suggestion for a misspelt word, to append to the message about it."""
    names = sorted(known)
    near = nearest(word, names)
    return f"; did you mean {near!r}?" if near else f"; known are: {', '.join(names)}"


def _wrong_skip(mark: pytest.Mark) -> str:
    if mark.name == "skipif" and not (mark.args and isinstance(mark.args[0], bool)):
        return "skipif needs a condition that is True or False"
    return ""


def _points(mark: pytest.Mark) -> str:
    given = mark.args[0] if len(mark.args) == 1 and not mark.kwargs else None
    if isinstance(given, bool) or not isinstance(given, int | float) or not _in_range(given):
        return f"points({_shown(mark)}) is not a number of 0 or more; write @pytest.mark.points(10)"
    return ""


def _in_range(number: float) -> bool:
    return math.isfinite(number) and 0 <= number <= 1e6


def _one_text(mark: pytest.Mark) -> str:
    given = mark.args[0] if len(mark.args) == 1 and not mark.kwargs else None
    if not isinstance(given, str) or not given.strip():
        return f'{mark.name}({_shown(mark)}) needs one text; write @pytest.mark.{mark.name}("...")'
    return ""


def _visibility(mark: pytest.Mark) -> str:
    if mark.args[:1] and mark.args[0] in VISIBILITIES:
        return ""
    given = mark.args[0] if mark.args else ""
    return f"visibility is {given!r}; write {' or '.join(VISIBILITIES)}"


def _limits(mark: pytest.Mark) -> str:
    wrong = [key for key in mark.kwargs if key not in ("cpu", "memory_mb")]
    numbers = mark.kwargs.values()
    right = all(type(each) in (int, float) and _in_range(each) and each > 0 for each in numbers)
    if mark.args or wrong or not numbers or not right:
        return (
            f"limits({_shown(mark)}) is not understood; "
            "write @pytest.mark.limits(cpu=5, memory_mb=2048)"
        )
    return ""


def _count(mark: pytest.Mark) -> str:
    given = mark.args[0] if len(mark.args) == 1 and not mark.kwargs else None
    if type(given) is not int or given < 1:
        return f"after_cell({_shown(mark)}) needs the number of a code cell, counted from 1"
    return ""


def _nothing(mark: pytest.Mark) -> str:
    if mark.args or mark.kwargs:
        return f"{mark.name} takes no arguments; write @pytest.mark.{mark.name}"
    return ""


def _shown(mark: pytest.Mark) -> str:
    given = [*map(repr, mark.args), *(f"{key}={value!r}" for key, value in mark.kwargs.items())]
    return ", ".join(given)[:60]


READERS: Final[Mapping[str, Callable[[pytest.Mark], str]]] = {
    "points": _points,
    "hint": _one_text,
    "example": _nothing,
    "public": _nothing,
    "timed": _one_text,
    "visibility": _visibility,
    "limits": _limits,
    "fresh": _nothing,
    "after_cell": _count,
}
"""For each of our marks, a function that returns the mistake in one, or ''."""
DESCRIPTIONS: Final = (
    "points(n): what the check is worth; 1 if unmarked",
    "hint(text): an extra line for students who fail the check",
    "example: the inputs are public, and the whole comparison is shown",
    "public: the test may be given to students",
    "timed(function): it is about how long the function takes",
    "visibility(when): hidden, visible or after_due_date",
    "limits(cpu, memory_mb): seconds of a call, and MiB of the worker, in this test",
    "fresh: the test runs in a new worker",
    "after_cell(n): the test runs in a new worker, in which only the first n code cells have run",
)
