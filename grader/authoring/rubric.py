"""The rubric of an exercise: each hidden test with its title and its points.

for check in checks(course, "lstm_cell"): print(check.title, check.points)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from grader.course.assignment import Course
from grader.grading.protocol import CheckInfo, Ready, Settings
from grader.runs.local import EngineError, Process
from grader.text import for_cell


def checks(course: Course, name: str) -> tuple[CheckInfo, ...]:
    """Return the hidden tests of an exercise, with its manual questions at the end.

    Raises:
        EngineError: The hidden tests cannot be collected; the text says where and why.
    """
    questions = course.assignment(name).manual
    manual = (
        CheckInfo(f"manual::{each.id}", each.title, each.points, "assignments.yaml", each.id)
        for each in questions
    )
    return (*collected(course, name).checks, *manual)


def collected(course: Course, name: str) -> Ready:
    """Collect the hidden tests in a grading process, without running them."""
    process = Process(Settings(str(course.folder), name, 0, b"rubric", collect=True))
    try:
        ready = process.ready()
    finally:
        process.end()
    if ready.problem:
        raise EngineError(ready.problem)
    return ready


def _rows(found: Sequence[CheckInfo]) -> list[tuple[str, str, str, str]]:
    return [(check.title, _points(check), check.id, _remark(check)) for check in found]


def _points(check: CheckInfo) -> str:
    return "" if check.skip else f"{round(check.points, 2):g}"


def _remark(check: CheckInfo) -> str:
    if check.skip:
        return f"skipped: {check.skip}"
    if check.full:
        return f"full points for everyone: {check.full}"
    return "graded by a person" if check.id.startswith("manual::") else ""


def _total(found: Sequence[CheckInfo]) -> str:
    return f"{round(sum(check.points for check in found if not check.skip), 2):g}"


def as_text(found: Sequence[CheckInfo]) -> str:
    """Return the rubric as lines for a terminal."""
    lines = [
        f"{points:>7}  {title}{f'  ({remark})' if remark else ''}"
        for title, points, _, remark in _rows(found)
    ]
    return "\n".join([*lines, f"{_total(found):>7}  total"])


def as_markdown(found: Sequence[CheckInfo]) -> str:
    """Return the rubric as a Markdown table, for a syllabus."""
    rows = [
        f"| {title.replace('|', chr(92) + '|')}{f' ({remark})' if remark else ''} | {points} |"
        for title, points, _, remark in _rows(found)
    ]
    return "\n".join(["| check | points |", "|---|---|", *rows, f"| **total** | {_total(found)} |"])


def as_csv(found: Sequence[CheckInfo]) -> str:
    """Return the rubric as CSV, one row for each check."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("title", "points", "check", "remark"))
    writer.writerows(tuple(map(for_cell, row)) for row in _rows(found))
    return out.getvalue().rstrip("\n")


FORMATS: Final[Mapping[str, Callable[[Sequence[CheckInfo]], str]]] = {
    "text": as_text,
    "markdown": as_markdown,
    "csv": as_csv,
}
