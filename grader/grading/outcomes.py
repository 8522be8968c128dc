"""The outcome of one check, and what its marks say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pytest

from grader.checks.check import Check
from grader.checks.failure import Failed
from grader.course.assignment import Assignment, SpeedLimit
from grader.course.yaml_nodes import FILE
from grader.model import VISIBILITIES, Outcome
from grader.sandbox.fork_server import StudentError

CHECK: Final = pytest.StashKey[Check]()

_TOLD: Final = ("message", "mistake", "hint", "more")
"""What a check says besides its verdict."""

NOT_JUDGED: Final = "this check could not be judged; it is not your fault, and no points are lost"


def worth(item: pytest.Item, scale: float = 1.0) -> float:
    """What the check of ``item`` is worth: the points of its mark, of which each counts ``scale``.

    What a stricter speed limit is worth stands in assignments.yaml, and comes on top.
    """
    if limit := stricter(item):
        return limit.points
    mark = item.get_closest_marker("points")
    return (float(mark.args[0]) if mark else 1.0) * scale


def stricter(item: pytest.Item) -> SpeedLimit | None:
    """The speed limit of assignments.yaml that this check is about, if it is about one."""
    limit: SpeedLimit | None = params_of(item).get("speed_limit")
    return limit


def params_of(item: pytest.Item) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def untimed(items: Iterable[pytest.Item], assignment: Assignment) -> str:
    """What is wrong with the speed limits of assignments.yaml, or ''."""
    marks = (item.get_closest_marker("timed") for item in items)
    timed = {mark.args[0] for mark in marks if mark}
    unknown = next((name for name in assignment.speed if name not in timed), None)
    if unknown is None:
        return ""
    those = f"those of {', '.join(sorted(timed))} are" if timed else "there is none"
    return f"{FILE}: speed: no hidden test times {unknown!r}; {those}"


def title(item: pytest.Item) -> str:
    """The sentence that the student reads, with the test's parameters filled in."""
    function = getattr(item, "obj", None)
    lines = (getattr(function, "__doc__", "") or item.name).strip().splitlines()
    if limit := stricter(item):
        return f"{lines[0]}; at most {limit.ratio:g} times the time of array code"
    params = params_of(item)
    return lines[0].format(**params) if params else lines[0]


@cache
def visibility(item: pytest.Item) -> str:
    """When a student may read what the check said, by its mark; '' if unmarked."""
    mark = item.get_closest_marker("visibility")
    return str(mark.args[0]) if mark and mark.args else ""


def wrong_mark(items: Iterable[pytest.Item]) -> str:
    """The first mark that means nothing, in a sentence, or ''."""
    for item in items:
        if item.get_closest_marker("visibility") and visibility(item) not in VISIBILITIES:
            told = f"visibility is {visibility(item)!r}; write {' or '.join(VISIBILITIES)}"
            return f"{check_id(item)}: {told}"
    return ""


def check_id(item: pytest.Item) -> str:
    """``test_file.py::test_name[param]``: fixed from run to run."""
    return f"{item.path.name}::{item.name}"


def blank(item: pytest.Item, scale: float, message: str) -> Outcome:
    """The outcome of a check that was not run since there is nothing to run it on."""
    bare = Outcome(check_id(item), title(item), "failed", 0.0, worth(item, scale), message)
    return replace(bare, visibility=visibility(item))


def outcome_of(item: pytest.Item, call: pytest.CallInfo[None], scale: float) -> Outcome:
    """What one check came to, with as much of it for the student as its mark allows."""
    outcome = _found(item, call, scale)
    when = visibility(item)
    if not when:
        return outcome
    if when != "hidden" or outcome.status == "error":
        return replace(outcome, visibility=when)
    told = {key: value for key in _TOLD if (value := getattr(outcome, key))}
    instructor = {**outcome.instructor, **told}
    bare = replace(outcome, message="", mistake="", hint="", more="")
    return replace(bare, visibility=when, instructor=instructor)


def _found(item: pytest.Item, call: pytest.CallInfo[None], scale: float) -> Outcome:
    """What one check came to; `pytest.CallInfo` has either no exception or the one that ended it."""
    passed = replace(_passed(item, scale), seconds=round(call.duration, 6))
    error = call.excinfo.value if call.excinfo else None
    check = item.stash.get(CHECK, None)
    if error is None:
        return replace(passed, message=check.remark if check else "")
    failed = replace(passed, status="failed", points=0.0)
    if isinstance(error, Failed) and check is not None:
        return _judged(failed, error, check)
    if isinstance(error, (Failed, StudentError, AssertionError)):
        said = str(error).strip().splitlines() or ["not so"]
        detail = getattr(error, "detail", "")
        return replace(failed, message=said[0], instructor=_staff(detail))
    trace = str(call.excinfo.getrepr(style="short")) if call.excinfo else ""
    instructor = _staff(trace[-8000:])
    return replace(failed, status="error", message=NOT_JUDGED, instructor=instructor)


@cache
def _passed(item: pytest.Item, scale: float) -> Outcome:
    """The outcome of a passed check, but for its time: the same for every student."""
    most = worth(item, scale)
    return Outcome(check_id(item), title(item), "passed", most, most)


def _judged(failed: Outcome, verdict: Failed, check: Check) -> Outcome:
    hint = check.exercise.catalogue.hints.get(verdict.mistake)
    return replace(
        failed,
        points=round(verdict.credit * failed.max_points, 6),
        message=str(verdict),
        mistake=verdict.mistake,
        hint=hint.question if hint else "",
        more=hint.more if hint else "",
        instructor={**_staff(verdict.detail), "function": check.function},
    )


def _staff(detail: str) -> dict[str, str]:
    return {"traceback": detail} if detail else {}
