"""Read ``assignments.yaml`` strictly into frozen values.

    course = load(find_course(Path.cwd()))
    course.assignment("lstm_cell").points

An entry that cannot be right is refused, in one line with the file, the line, the field and what to
write instead::

    assignments.yaml:14: assignments[2].due: '2026-13-01' is not a date; write 2026-12-01T23:59+01:00
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.course.assignment import Assignment, Course
from grader.course.fields import ASSIGNMENT, Read, read_due, read_file, read_line, read_zone
from grader.course.yaml_nodes import FILE, CatalogError, YamlNode, compose, quoted, text_of
from grader.text import nearest

# --- finding and loading ------------------------------------------------------------------------


_CODE: Final = ("", FILE, "reference", "tests", "tests/hidden")
"""The parts of a course that must belong to a trusted user, because they decide what is run."""


def find_course(start: Path, given: Iterable[Path] = ()) -> Path:
    """Return the course in GRADER_COURSE, else the nearest one at or above ``start``.

    Hidden tests run with the rights of the person who grades. So a course that was not named
    explicitly is used only if it cannot come from a student: see `_refusal`.

    Args:
        start: The folder from which to look upwards.
        given: The files and folders to grade.

    Raises:
        CatalogError: There is no course, or it must be named explicitly.
    """
    if named := os.environ.get("GRADER_COURSE"):
        if os.path.isfile(os.path.join(named, FILE)):
            return Path(named).resolve()
        raise CatalogError(f"GRADER_COURSE={named} contains no {FILE}; name the course's folder")
    here = start.resolve()
    found = [folder for folder in (here, *here.parents) if os.path.isfile(folder / FILE)]
    if not found:
        raise CatalogError(
            f"no {FILE} in {here} or above; go to the course's folder, or set GRADER_COURSE to it"
        )
    if why := _refusal(found, given):
        raise CatalogError(
            f"{found[0]} contains a course that {why}; if it is yours, name it: GRADER_COURSE={found[0]}"
        )
    return found[0]


def _refusal(found: Sequence[Path], given: Iterable[Path]) -> str:
    """Return why the first of the courses ``found`` may be a student's, or ''."""
    course = found[0]
    if len(found) > 1:
        return f"lies inside the course {found[1]}"
    for name in _CODE:
        path = course / name
        if not path.is_symlink() and not path.exists():
            continue
        # a link is checked itself, because a stranger's link may point to one of our files
        found_there = path.lstat()
        if found_there.st_uid not in _trusted_owners():
            return f"belongs to another user ({_user_name(found_there.st_uid)})"
        if stat.S_ISDIR(found_there.st_mode) and _is_open(found_there.st_mode):
            return f"everyone may write to ({path})"
    for path in (each.resolve() for each in given if each.exists()):
        if path.suffix.lower() == ".zip":  # nothing in a zip is in a folder around it
            continue
        beside = path.is_file() and path.parent == course
        if beside or course.is_relative_to(path):
            return f"lies in the files to grade ({path})"
    return ""


def _is_open(mode: int) -> bool:
    """Return whether everyone may replace files in a folder with this mode."""
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX


def _trusted_owners() -> set[int]:
    """Return the users whose courses are trusted: this user, root, and the user of sudo."""
    ours = os.geteuid() if hasattr(os, "geteuid") else 0  # Windows has no owners
    behind = os.environ.get("SUDO_UID", "") if ours == 0 else ""
    return {0, ours, *([int(behind)] if behind.isdecimal() else [])}


def _user_name(uid: int) -> str:
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"uid {uid}"


def load(course: Path) -> Course:
    """Read the course in a folder; raise `CatalogError` at the first error."""
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
    dates: dict[str, Read] = {
        key: partial(read_due, zone=course.timezone) for key in ("due", "opens", "closes")
    }
    read = ASSIGNMENT | dates
    places = place.entries(read, required=("name", "title"))
    values = {key: read[key](each) for key, each in places.items()}
    assignment = Assignment(**values, scaled="points" in places, zone=course.timezone)
    if assignment.name in known:
        raise places["name"].wrong(
            f"{quoted(assignment.name)} is the name of an assignment above", "another name"
        )
    course = replace(course, assignments=(assignment,))
    _check_files(places["name"], course, assignment.name)
    _check_dates(places, assignment)
    if "torch" in assignment.imports and assignment.runtime != "torch":
        raise places["imports"].wrong("torch needs its own runtime", "runtime: torch as well")
    if assignment.speed:
        _check_functions(places["speed"], course.solution(assignment.name))
    return assignment


def _check_files(place: YamlNode, course: Course, name: str) -> None:
    """Raise `CatalogError` if the solution or the hidden tests are missing."""
    hidden = course.hidden_tests(name)
    for solution in course.solutions(name):
        if solution.is_file():
            continue
        others = [path.parent.name for path in course.folder.glob("reference/*/solution.py")]
        missing = solution.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing} is missing", nearest(name, others) or "that file first")
    if not hidden.is_dir():
        missing = hidden.relative_to(course.folder).as_posix()
        raise place.wrong(f"{missing}/ is missing", "hidden tests there first")


def _check_dates(places: Mapping[str, YamlNode], assignment: Assignment) -> None:
    """Raise `CatalogError` unless open, due and close are in this order."""
    order = (("opens", assignment.opens), ("due", assignment.due), ("closes", assignment.closes))
    known = [(key, moment) for key, moment in order if moment is not None]
    for (before, first), (key, second) in pairwise(known):
        if second < first:
            raise places[key].wrong(f"is before {before}", f"a time after {first:%Y-%m-%d %H:%M}")


def _check_functions(place: YamlNode, solution: Path) -> None:
    source = solution.read_text(encoding="utf-8", errors="replace")
    functions = re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE)
    for function, limit in place.entries().items():
        if function not in functions:
            raise limit.wrong(
                f"the solution has no function {quoted(function)}",
                nearest(function, functions) or f"one of: {', '.join(functions)}",
            )
