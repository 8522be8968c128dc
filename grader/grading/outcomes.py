"""The outcome of one check: its verdict, its points and its texts.

An exception in a test counts as the student's fault if the reference passes the same test. So every
wrong answer is ``failed``; ``error`` means that we could not judge the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from msgspec import Struct, field
from msgspec.structs import replace

from grader.checks.boundary.raised import BoundaryError, StudentRaisedError, UndefinedError
from grader.checks.check import Check
from grader.checks.failure import Failed, PartialCreditGiven
from grader.checks.mistakes import Hint
from grader.course.assignment import Assignment, SpeedLimit
from grader.course.yaml_nodes import FILE
from grader.grading import marks, memory, wording
from grader.grading.marks import mark_of, params_of
from grader.grading.protocol import CheckInfo
from grader.grading.subtests import SubtestsFailed
from grader.grading.watchdog import OverlongError
from grader.model import Cause, Outcome
from grader.sandbox.faults import GraderError, OverrunError, PipeError, StudentError

CHECK: Final = pytest.StashKey[Check]()

_DETAILS: Final = ("message", "mistake", "hint", "more", "credit")
"""The fields of an outcome that say more than the verdict; visibility "hidden" clears them."""


FIXTURES: Final = ("check", "student", "reference", "rng", "subtests")
"""Our fixtures, from which a misspelt fixture name gets a suggestion."""


class Rules(Struct):
    """The rules that turn the end of a test into an outcome, the same for all of a run."""

    tests: Path
    """The folder ``tests/hidden``: a message counts as the author's only if it is raised there."""
    assignment: Assignment
    scale: float = 1.0
    """Points of the assignment per point of a mark."""
    hints: Mapping[str, Hint] = field(default_factory=dict)
    sound: set[str] = field(default_factory=set)
    """Ids of the checks that the reference passes. An exception in one is the student's fault."""
    parts: dict[str, int] = field(default_factory=dict)
    """Number of subtests in each check, counted when the reference was graded."""


def worth(item: pytest.Item, rules: Rules) -> float:
    """Return the points of a check, scaled to the assignment's maximum.

    The points for a stricter speed limit come from assignments.yaml and are not scaled.
    """
    if limit := stricter(item):
        return limit.points
    return written_points(item, rules.assignment) * rules.scale


def written_points(item: pytest.Item, assignment: Assignment) -> float:
    """Return the points from assignments.yaml or from the mark; 1 without either."""
    setting = marks.setting_of(item, assignment)
    if setting.points is not None:
        return setting.points
    mark = mark_of(item, "points")
    return float(mark.args[0]) if mark else 1.0


def stricter(item: pytest.Item) -> SpeedLimit | None:
    """Return the stricter speed limit that this check enforces, or None."""
    limit: SpeedLimit | None = params_of(item).get("speed_limit")
    return limit


def untimed(items: Iterable[pytest.Item], assignment: Assignment) -> str:
    """Return the mistake in the speed limits of assignments.yaml, or ''."""
    marked = (item.get_closest_marker("timed") for item in items)
    timed = {mark.args[0] for mark in marked if mark}
    unknown = next((name for name in assignment.speed if name not in timed), None)
    if unknown is None:
        return ""
    those = f"those of {', '.join(sorted(timed))} are" if timed else "there is none"
    return f"{FILE}: speed: no hidden test times {unknown!r}; {those}"


def title(item: pytest.Item) -> str:
    """Return the sentence for the student, with the test's parameters filled in."""
    function = getattr(item, "obj", None)
    lines = (getattr(function, "__doc__", "") or item.name).strip().splitlines()
    if limit := stricter(item):
        return f"{lines[0]}; at most {limit.ratio:g} times the time of array code"
    params = params_of(item)
    try:
        return lines[0].format(**params) if params else lines[0]
    except (LookupError, ValueError, AttributeError):  # braces that are not parameters
        return lines[0]


@cache
def visibility(item: pytest.Item) -> str:
    """Return when students may read the message of a check, from its mark; '' if unmarked."""
    return marks.text_of(item, "visibility")


def check_id(item: pytest.Item) -> str:
    """Return ``test_file.py::test_name[param]``, which stays the same from run to run."""
    return f"{item.path.name}::{item.nodeid.partition('::')[2] or item.name}"


def info(item: pytest.Item, rules: Rules) -> CheckInfo:
    """Return what the rubric lists about a check."""
    return CheckInfo(
        id=check_id(item),
        title=title(item),
        points=round(worth(item, rules), 6),
        where=marks.place_of(item),
        function=marks.function_of(item),
        fixtures=tuple(getattr(item, "fixturenames", ())),
        marks=tuple(dict.fromkeys(mark.name for mark in item.iter_markers())),
        skip=marks.skipped(item, rules.assignment),
        full=marks.setting_of(item, rules.assignment).full,
    )


def manual(assignment: Assignment, problem: str = "") -> list[Outcome]:
    """Return an outcome for each manually graded question; 0 points if there is no answer.

    Args:
        assignment: The assignment that is graded.
        problem: Why there is no answer to grade, if there is none.
    """
    bare = [
        Outcome(f"manual::{each.id}", each.title, "manual", 0.0, each.points)
        for each in assignment.manual
    ]
    return [replace(each, status="failed", message=problem) for each in bare] if problem else bare


def blank(item: pytest.Item, rules: Rules, message: str) -> Outcome:
    """Return the outcome of a check that could not run because the program did not load."""
    bare = Outcome(check_id(item), title(item), "failed", 0.0, worth(item, rules), message)
    return replace(bare, visibility=visibility(item))


def outcome_of(item: pytest.Item, call: pytest.CallInfo[None], rules: Rules) -> Outcome:
    """Return the outcome of one check, with the details that its visibility allows."""
    outcome = _judged(item, call, rules)
    if outcome.status == "failed" and not outcome.hint:
        outcome = replace(outcome, hint=marks.text_of(item, "hint"))
    if reason := marks.setting_of(item, rules.assignment).full:
        outcome = _full(outcome, reason)
    when = visibility(item)
    if not when:
        return outcome
    if when != "hidden" or outcome.status == "error":
        return replace(outcome, visibility=when)
    told = {key: value for key in _DETAILS if (value := getattr(outcome, key))}
    instructor = {**outcome.instructor, **told}
    bare = replace(outcome, message="", mistake="", hint="", more="", credit="")
    return replace(bare, visibility=when, instructor=instructor)


def _full(outcome: Outcome, reason: str) -> Outcome:
    """Give full points as assignments.yaml says, and keep the check's own verdict for staff."""
    before = {"status": outcome.status, "message": outcome.message}
    return replace(
        outcome, status="passed", points=outcome.max_points, cause="", mistake="", hint="", more="",
        credit="", message=f"full points for everyone: {reason}",
        instructor={**outcome.instructor, "check": before},
    )  # fmt: skip


def _judged(item: pytest.Item, call: pytest.CallInfo[None], rules: Rules) -> Outcome:
    """Return the verdict; `pytest.CallInfo` holds the exception that ended the test, if any."""
    passed = replace(_passed(item, worth(item, rules)), seconds=round(call.duration, 6))
    error = call.excinfo.value if call.excinfo else None
    check = item.stash.get(CHECK, None)
    if error is None:
        return replace(passed, message=check.remark if check else "")
    failed = replace(passed, status="failed", points=0.0)
    match error:
        case PartialCreditGiven(share=share) if share >= 1:
            return passed
        case PartialCreditGiven() | Failed():
            return _with_share(failed, error, item, rules, check)
        case SubtestsFailed():
            return _of_subtests(failed, error, item, rules)
        case BoundaryError() | StudentRaisedError():
            return _at_the_boundary(failed, error)
        case StudentError():
            return _student(failed, error)
    if isinstance(error, GraderError) or not _is_students(item, error, rules):
        instructor = _staff(f"{wording.trace(error)}{_unknown_fixture(error)}")
        return replace(failed, status="error", message=wording.NOT_JUDGED, instructor=instructor)
    message, cause = said(item, error, rules)
    return replace(failed, message=message, cause=cause, instructor=_staff(wording.trace(error)))


def _unknown_fixture(error: BaseException) -> str:
    """Return a line for the author if a test asks for a fixture that does not exist."""
    name = getattr(error, "argname", None)
    if not isinstance(name, str):
        return ""
    return f"unknown fixture {name!r}{marks.meant(name, FIXTURES)}"


def _is_students(item: pytest.Item, error: BaseException, rules: Rules) -> bool:
    """Return whether a student's answer, and not the test, made the test end this way."""
    if isinstance(error, OverlongError):  # counts only the time of the test itself
        return False
    verdict = isinstance(error, AssertionError | pytest.fail.Exception)
    return verdict or check_id(item) in rules.sound


def said(item: pytest.Item, error: BaseException, rules: Rules) -> tuple[str, Cause]:
    """Return the message for the student and the cause of an exception in a test."""
    if isinstance(error, MemoryError):
        return wording.OUT_OF_MEMORY.format(memory.room(item, rules.assignment)), "kind"
    place = wording.place_of(error, rules.tests)
    if mark_of(item, "example"):
        return wording.example_text(error, place), "wrong"
    if text := wording.author_text(error, place):
        return wording.filtered(text, item.path, params_of(item)), "message"
    verdict = isinstance(error, AssertionError | pytest.fail.Exception)
    return wording.in_words(error, place), "wrong" if verdict else "kind"


@cache
def _passed(item: pytest.Item, most: float) -> Outcome:
    """Return the outcome of a passed check without its time: the same for every student."""
    return Outcome(check_id(item), title(item), "passed", most, most)


def _with_share(
    failed: Outcome,
    verdict: PartialCreditGiven | Failed,
    item: pytest.Item,
    rules: Rules,
    check: Check | None,
) -> Outcome:
    """Return the outcome of a test that earned a share of its points."""
    share = verdict.share if isinstance(verdict, PartialCreditGiven) else verdict.credit
    written = isinstance(verdict, PartialCreditGiven) or check is None
    place = wording.place_of(verdict, rules.tests) if written else None
    message = str(verdict)
    if place is not None and not mark_of(item, "example"):
        message = wording.filtered(message, item.path, params_of(item))
    hint = rules.hints.get(verdict.mistake)
    detail = getattr(verdict, "detail", "")
    about = {"function": check.function} if check else {}
    return replace(
        failed,
        points=round(share * failed.max_points, 6),
        message=message,
        credit=getattr(verdict, "reason", ""),
        mistake=verdict.mistake if hint else "",
        hint=hint.question if hint else "",
        more=hint.more if hint else "",
        cause=getattr(verdict, "cause", "") or ("message" if place else "wrong"),
        instructor={**_staff(detail), **about},
    )


def _of_subtests(
    failed: Outcome, verdict: SubtestsFailed, item: pytest.Item, rules: Rules
) -> Outcome:
    """Return the outcome of a test in which some subtests failed."""
    name, first = verdict.failures[0] if verdict.failures else ("", None)
    inner = failed
    if first is not None:
        inner = _judged(item, pytest.CallInfo.from_call(lambda: _raise(first), "call"), rules)
    name = wording.filtered(name, item.path, params_of(item))
    told = f"{name}: {inner.message}" if name else inner.message
    message = told if first is not None else "fewer parts than expected could be checked"
    most = failed.max_points
    share = verdict.share
    return replace(
        inner, status=inner.status if inner.status == "error" else "failed", message=message,
        points=0.0 if inner.status == "error" else round(share * most, 6), max_points=most,
        seconds=failed.seconds,
    )  # fmt: skip


def _raise(error: BaseException) -> None:
    raise error


def _at_the_boundary(failed: Outcome, error: BoundaryError | StudentRaisedError) -> Outcome:
    """Return the outcome of an exception in student code, or of an unsuitable object."""
    told = error.told if isinstance(error, StudentRaisedError) else str(error)
    cause = error.cause if isinstance(error, BoundaryError) else cause_of(error)
    missing = error.missing if isinstance(error, UndefinedError) else ""
    return replace(
        failed, message=told, cause=cause, missing=missing, instructor=_staff(error.detail)
    )


def _student(failed: Outcome, error: StudentError) -> Outcome:
    """Return the outcome of a call that raised, overran, or had no answer."""
    said = str(error).strip().splitlines() or [wording.NO_MESSAGE]
    return replace(failed, message=said[0], cause=cause_of(error), instructor=_staff(error.detail))


def cause_of(error: StudentError) -> Cause:
    """Return why a call returned no value."""
    if isinstance(error, OverrunError):
        return "overran"
    kinds = error.kinds
    if kinds[:1] == ("undefined",):
        return "undefined"
    if kinds[:1] == ("NotImplementedError",):
        return "unwritten"
    if isinstance(error, PipeError):
        return "pipe"
    return "raised" if kinds else "crashed"


def _staff(detail: str) -> dict[str, str]:
    return {"traceback": detail} if detail else {}
