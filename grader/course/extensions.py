"""Read extensions and excuses strictly: one row per student, as a spreadsheet saves them.

    student,assignment,due,excused,reason
    ada,lstm_cell,2026-12-03 23:59,,ill
    4711,*,,yes,parental leave

Columns may be in any order. A student is identified by id, student number or e-mail; an empty
assignment, or ``*``, means all. A row that cannot be right is refused in one line with the file,
the line and the column; a student who is not in the results is noted, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from grader.course import table
from grader.course.assignment import Assignment, Course
from grader.course.fields import Wrong, moment
from grader.course.yaml_nodes import quoted
from grader.people import Person, directory
from grader.text import folded, nearest

COLUMNS: Final = ("student", "assignment", "due", "excused", "reason")
DROP: Final = "it, or take `extensions:` out of assignments.yaml"
ALL: Final = ("", "*")
EXCUSED: Final = {
    **dict.fromkeys(("yes", "y", "true", "x", "1"), True),
    **dict.fromkeys(("", "no", "n", "false", "0"), False),
}


class Extension(Struct, frozen=True):
    """A later due date for a student, or an excuse. ``where``: the file and line of the row."""

    student: str
    assignment: str = ""
    """Empty for all assignments."""
    due: datetime | None = None
    excused: bool = False
    reason: str = ""
    where: str = ""

    def concerns(self, assignment: str) -> bool:
        """Return whether the extension applies to this assignment."""
        return self.assignment in ("", assignment)


def read(course: Course) -> tuple[Extension, ...]:
    """Read the course's extensions file, if there is one; raise `CatalogError`."""
    if course.extensions is None:
        return ()
    name = course.extensions.name
    rows = table.rows(name, table.text(course.extensions, DROP))
    columns = _columns(name, next(rows, (1, [])))
    found: list[Extension] = []
    for line, cells in rows:
        if any(cells):
            each = _Row(f"{name}:{line}", _named(f"{name}:{line}", columns, cells)).read(course)
            _check_once(each, found)
            found.append(each)
    return tuple(found)


def matched(
    extensions: Sequence[Extension],
    assignment: Assignment,
    students: Iterable[Person],
) -> tuple[dict[str, Extension], tuple[str, ...]]:
    """Match extensions to students; list those without a student.

    An excused student without a submission counts as a student, with the id in the row.

    Returns:
        The extension of each student, and a note on each row without a student.

    Raises:
        CatalogError: Two rows match one student, or one row matches two.
    """
    known = directory(students)
    found: dict[str, Extension] = {}
    notes: list[str] = []
    for each in extensions:
        if not each.concerns(assignment.name):
            continue
        meant = sorted(known(each.student))
        if len(meant) > 1:
            fact = f"{quoted(each.student)} names {' and '.join(map(quoted, meant[:3]))}"
            raise table.wrong(each.where, "student")(fact, "an id that one student alone has")
        for student in meant or ([each.student] if each.excused else []):
            _refuse_second(each, found.get(student))
            found[student] = each
        notes += _remarks(each, assignment, bool(meant))
    return found, tuple(notes)


def _remarks(each: Extension, assignment: Assignment, is_known: bool) -> Iterator[str]:
    if not is_known and each.excused:
        yield f"{each.where}: {quoted(each.student)} submitted nothing, and is excused"
    elif not is_known:
        yield f"{each.where}: {quoted(each.student)} is not in these results"
    elif each.due is None or not each.assignment:
        return
    elif assignment.due is None:
        yield f"{each.where}: {assignment.name} has no due date: nothing changes"
    elif each.due.astimezone(UTC) <= assignment.due.astimezone(UTC):
        yield f"{each.where}: {each.due:%Y-%m-%d %H:%M} is not after the due date: nothing changes"


def _check_once(each: Extension, before: Sequence[Extension]) -> None:
    for other in before:
        same = folded(each.student) == folded(other.student)
        if same and (each.concerns(other.assignment) or other.concerns(each.assignment)):
            _refuse_second(each, other)


def _refuse_second(each: Extension, first: Extension | None) -> None:
    if first is not None:
        line = first.where.rpartition(":")[2]
        fact = f"{quoted(each.student)} is already on line {line}"
        raise table.wrong(each.where, "student")(fact, "one row for a student and an assignment")


# --- the file -----------------------------------------------------------------------------------


class _Row(Struct, frozen=True):
    """The texts of a row by column, and its place in the file."""

    where: str
    cells: Mapping[str, str]

    def read(self, course: Course) -> Extension:
        """Return the row as an extension; raise `CatalogError` if it is wrong."""
        for column, text in self.cells.items():
            if not text.isprintable() or len(text) > 200:
                raise self._wrong(column)(f"{quoted(text)} is not a line of text", "a shorter one")
        if not self.cells["student"]:
            raise self._wrong("student")("no student is named", "the student's id, sid or e-mail")
        due, excused = self._due(course), self._excused()
        if (due is None) != excused:
            fact = "an excuse needs no due date" if excused else "neither a date nor an excuse"
            raise self._wrong("due")(fact, "a date, or yes under excused")
        assignment, reason = self._assignment(course), self.cells.get("reason", "")
        return Extension(self.cells["student"], assignment, due, excused, reason, self.where)

    def _wrong(self, column: str) -> Wrong:
        return table.wrong(self.where, column)

    def _due(self, course: Course) -> datetime | None:
        text = self.cells.get("due", "")
        return moment(text, course.timezone, quoted(text), self._wrong("due")) if text else None

    def _excused(self) -> bool:
        text = self.cells.get("excused", "")
        if text.casefold() not in EXCUSED:
            raise self._wrong("excused")(f"{quoted(text)} is neither yes nor no", "yes, or nothing")
        return EXCUSED[text.casefold()]

    def _assignment(self, course: Course) -> str:
        text = self.cells.get("assignment", "")
        names = [each.name for each in course.assignments]
        if text in ALL:
            return ""
        if text not in names:
            instead = nearest(text, names) or "* for all, or the name of one"
            raise self._wrong("assignment")(f"{quoted(text)} is an unknown assignment", instead)
        return text


def _columns(name: str, head: tuple[int, Sequence[str]]) -> list[str]:
    """Return the columns in order; '' for an empty one at the end."""
    line, cells = head
    columns = [text.casefold() for text in cells]
    for column in filter(None, columns):
        if column not in COLUMNS:
            instead = nearest(column, COLUMNS) or ", ".join(COLUMNS)
            raise table.wrong(f"{name}:{line}")(f"{quoted(column)} is an unknown column", instead)
        if columns.count(column) > 1:
            raise table.wrong(f"{name}:{line}", column)("occurs twice", "it once")
    if "student" not in columns or not {"due", "excused"} & set(columns):
        fact = "no column student, and due or excused"
        raise table.wrong(f"{name}:{line}")(fact, f"{','.join(COLUMNS)} in the first line")
    return columns


def _named(where: str, columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return a row's texts by column; raise `CatalogError` for a text without a column."""
    names = [*columns, *[""] * (len(cells) - len(columns))]
    for name, text in zip(names, cells, strict=False):
        if text and not name:
            fact = f"{quoted(text)} is outside the columns"
            raise table.wrong(where)(fact, 'text with a comma in "quotes"')
    return {name: text for name, text in zip(names, cells, strict=False) if name} | {
        name: "" for name in columns[len(cells) :] if name
    }
