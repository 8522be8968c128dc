"""Times of submission from the instructor, for downloads without times.

    student,submitted_at
    ada,2026-12-01 21:30
    4711,2026-12-02T08:00+01:00

`grader grade --times FILE` reads them. A student is identified by id, student number or e-mail. All
time formats of LMSs are accepted; a time without a zone is in the course's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader import timestamps
from grader.course import table
from grader.course.yaml_nodes import quoted
from grader.people import Person, directory
from grader.text import folded

STUDENT: Final = ("student", "id", "sid", "email", "user", "username", "login")
TIME: Final = ("submitted_at", "submitted at", "submitted", "time", "timestamp", "submission time")


class Stamp(Struct, frozen=True):
    """One student's submission time, and the file and line that state it."""

    student: str
    submitted_at: str
    where: str


def read(path: Path) -> tuple[Stamp, ...]:
    """Return the times in a file; raise `CatalogError` if it is wrong."""
    name = path.name
    rows = table.rows(name, table.text(path, "the path of a CSV file"))
    line, head = next(rows, (1, []))
    columns = [text.casefold() for text in head]
    who, when = _column(columns, STUDENT), _column(columns, TIME)
    if who is None or when is None:
        fact = f"its columns are {', '.join(map(quoted, head[:8])) or 'missing'}"
        raise table.wrong(f"{name}:{line}")(fact, "student,submitted_at in the first line")
    found: dict[str, Stamp] = {}
    for line, cells in rows:
        if any(cells):
            stamp = _stamp(f"{name}:{line}", cells, who, when)
            if folded(stamp.student) in found:
                first = found[folded(stamp.student)].where.rpartition(":")[2]
                fact = f"{quoted(stamp.student)} is already on line {first}"
                raise table.wrong(stamp.where, "student")(fact, "one row for each student")
            found[folded(stamp.student)] = stamp
    return tuple(found.values())


def matched(
    stamps: Sequence[Stamp], students: Iterable[Person]
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Return the time of each student, and notes on rows that match no student or several."""
    known = directory(students)
    found: dict[str, str] = {}
    notes = []
    for stamp in stamps:
        meant = known(stamp.student)
        if len(meant) != 1:
            why = "names several students" if meant else "is not among these submissions"
            notes.append(f"{stamp.where}: {quoted(stamp.student)} {why}: its time is not used")
            continue
        found[next(iter(meant))] = stamp.submitted_at
    return found, tuple(notes)


def _column(columns: Sequence[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _stamp(where: str, cells: Sequence[str], who: int, when: int) -> Stamp:
    student, text = (cells[at] if at < len(cells) else "" for at in (who, when))
    if not student:
        raise table.wrong(where, "student")("no student is named", "the student's id or e-mail")
    if not timestamps.moment(text):
        fact = f"{quoted(text)} cannot be read as a time" if text else "no time"
        raise table.wrong(where, "submitted_at")(fact, "2026-12-01 21:30")
    return Stamp(student, timestamps.iso(text), where)
