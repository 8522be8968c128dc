"""The course: ``assignments.yaml`` read strictly, as frozen values.

    course = load(find_course(Path.cwd()))
    course.assignment("lstm_cell").points

What cannot be meant is refused, in one line that names file, line and field and says what to write
instead::

    assignments.yaml:14: assignments[2].due: '2026-13-01' is no date; write 2026-12-01T23:59+01:00
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from grader.course.assignment import Assignment, Course
from grader.course.fields import ASSIGNMENT, read_due, read_file, read_line, read_zone
from grader.course.yaml_nodes import (
    FILE,
    CatalogError,
    YamlNode,
    compose,
    nearest,
    quoted,
    text_of,
)

# --- the values ---------------------------------------------------------------------------------


# --- finding and loading ------------------------------------------------------------------------


def find_course(start: Path) -> Path:
    """The nearest folder at or above ``start`` with ``assignments.yaml``.

    The environment variable GRADER_COURSE, if set, names the folder instead. Raises
    `CatalogError` where there is none.
    """
    if named := os.environ.get("GRADER_COURSE"):
        if os.path.isfile(os.path.join(named, FILE)):
            return Path(named).resolve()
        raise CatalogError(f"GRADER_COURSE={named} holds no {FILE}; name the course's folder")
    here = start.resolve()
    for folder in (here, *here.parents):
        if os.path.isfile(folder / FILE):
            return folder
    raise CatalogError(
        f"no {FILE} in {here} or above; go to the course's folder, or set GRADER_COURSE to it"
    )


def load(course: Path) -> Course:
    """The course in a folder; raises `CatalogError` at the first thing that is wrong."""
    folder = course.resolve()
    root = YamlNode(compose(text_of(folder / FILE)), "")
    known = ("title", "timezone", "extensions", "assignments")
    places = root.entries(known, required=("title", "assignments"))
    title = read_line(places["title"])
    zone = read_zone(places["timezone"]) if "timezone" in places else None
    found: dict[str, Assignment] = {}
    for place in places["assignments"].items():
        each = _assignment(place, Course(folder, title, zone), found)
        found[each.name] = each
    extensions = folder / read_file(places["extensions"]) if "extensions" in places else None
    return Course(folder, title, zone, tuple(found.values()), extensions)


def _assignment(place: YamlNode, course: Course, known: Iterable[str]) -> Assignment:
    read = ASSIGNMENT | {"due": partial(read_due, zone=course.timezone)}
    places = place.entries(read, required=("name", "title"))
    assignment = Assignment(**{key: read[key](each) for key, each in places.items()})
    if assignment.name in known:
        raise places["name"].wrong(
            f"{quoted(assignment.name)} is the name of an assignment above", "another name"
        )
    _check_files(places["name"], course, assignment.name)
    if "torch" in assignment.imports and assignment.runtime != "torch":
        raise places["imports"].wrong("torch needs its own runtime", "runtime: torch as well")
    if assignment.speed:
        _check_functions(places["speed"], course.solution(assignment.name))
    return assignment


def _check_files(place: YamlNode, course: Course, name: str) -> None:
    """An assignment has a solution and hidden tests, or it cannot be graded."""
    solution, hidden = course.solution(name), course.hidden_tests(name)
    if not solution.is_file():
        others = [path.parent.name for path in course.folder.glob("reference/*/solution.py")]
        missing = solution.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing} is missing", nearest(name, others) or "that file first")
    if not hidden.is_dir():
        missing = hidden.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing}/ is missing", "hidden tests there first")


def _check_functions(place: YamlNode, solution: Path) -> None:
    source = solution.read_text(encoding="utf-8", errors="replace")
    functions = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)
    for function, limit in place.entries().items():
        if function not in functions:
            raise limit.wrong(
                f"the solution has no function {quoted(function)}",
                nearest(function, functions) or f"one of: {', '.join(functions)}",
            )


# --- readers: a place -> a value -----------------------------------------------------------------
