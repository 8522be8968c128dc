"""Canvas: fill in one column of the gradebook's CSV (`canvas_api` sends over the network).

The instructor exports the gradebook. Its header is ``Student, ID, SIS User ID, SIS Login ID,
Section, <Title> (<assignment id>), ...``; the row of points possible has no ID, and ``EX`` means
excused. Canvas does not import comments from a CSV.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import matching, numbers, sheet
from grader.lms.exports.sheet import Export, ExportError, Filling, Sheet
from grader.lms.wording import number
from grader.model import Grade
from grader.people import label
from grader.text import for_cell

KEYS: Final = {"ID": ("canvas",), "SIS User ID": ("sid",), "SIS Login ID": ("login", "email")}
HEADER: Final = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Fill in the assignment's column of the given gradebook, or create one by Canvas ids."""
    identity = str(assignment.lms.get("canvas", {}).get("assignment", ""))
    if into is None:
        return _made(grades, assignment, identity, inbox)
    page = sheet.read(into)
    head = page.row(0)
    columns = sheet.keys(head, KEYS)
    at = _column(head, assignment.title, identity)
    own = head.index("ID") if "ID" in head else min(columns)
    rows = [row for row in range(1, len(page)) if page.get(row, own).strip()]
    others = [row for row in range(1, len(page)) if row not in set(rows)]
    mark = numbers.decimal_mark(page.get(row, at) for row in range(1, len(page)))
    possible = _possible(page, others, at, mark)
    filling = Filling(page, rows, columns, at, mark=mark, excused=sheet.EXCUSED)
    return sheet.fill(filling, grades, inbox, lambda row: possible)


def _possible(page: Sheet, rows: Sequence[int], at: int, mark: str) -> float | None:
    """Return the points possible, from a row without a student; raise `ExportError`."""
    named = [row for row in rows if "possible" in page.get(row, 0).casefold()]
    for row in named or rows:
        text = page.get(row, at)
        if named or any(c.isdigit() for c in text):
            return sheet.points(page, row, at, mark)
    return None


def _column(head: Sequence[str], title: str, identity: str) -> int:
    """Return the column of the assignment: by its id if known, else by its title."""
    ids = [re.fullmatch(r"(.*) \((\d+)\)", text, re.DOTALL) for text in head]
    wanted = [
        at for at, match in enumerate(ids)
        if match and (match[2] == identity if identity else match[1] == title)
    ]  # fmt: skip
    if len(wanted) == 1:
        return wanted[0]
    sought = f"({identity})" if identity else f"{title} (...)"
    count = f"{len(wanted)} columns" if wanted else "no column"
    known = ", ".join(match[0] for match in ids if match)
    which = f"its assignments are: {known}" if known else "is it an export of a Canvas gradebook?"
    raise ExportError(
        f"the gradebook has {count} {sought}; {which}; "
        "write lms: {canvas: {assignment: ID}} in assignments.yaml"
    )


def _made(grades: Sequence[Grade], assignment: Assignment, identity: str, inbox: str) -> Export:
    if not identity:
        raise ExportError(
            "canvas: add --into FILE, the gradebook that you exported, "
            "or lms: {canvas: {assignment: ID}} in assignments.yaml"
        )
    column = f"{assignment.title} ({identity})"
    rows: list[tuple[str, ...]] = [
        (*HEADER, column),
        ("    Points Possible", "", "", "", "", number(assignment.points)),
    ]
    strangers, notes = [], []
    for grade in grades:
        ids = matching.identities(grade, inbox)
        cells = [for_cell(ids.get(kind, "")) for kind in ("canvas", "sid", "login")]
        if grade.final is None and not grade.excused:
            notes.append(sheet.not_graded(grade))
        elif not any(cells):
            strangers.append(f"{label(grade.submission)}: no id that Canvas knows")
        else:
            score = sheet.EXCUSED
            if grade.final is not None:
                most = assignment.points
                score = number(sheet.scaled(grade.final, grade.max_score, most, notes))
            rows.append((for_cell(grade.submission.name), *cells, "", score))
    return Export(sheet.table(rows), tuple(strangers), tuple(dict.fromkeys(notes)))
