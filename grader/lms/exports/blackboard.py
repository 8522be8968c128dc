"""Blackboard: the full grade centre, downloaded and uploaded again; key columns are as they were.

A column is ``<Title> [Total Pts: 100 Score] |<column id>``, a student is known by Username. The
download is a table with tabs in UTF-16, or commas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import matching, numbers, sheet
from grader.lms.exports.sheet import Export, ExportError, Filling
from grader.lms.wording import number
from grader.model import Grade
from grader.text import for_cell

COLUMN: Final = re.compile(r"(?P<title>.*?) ?\[(?P<points>[^\[\]]*)\] ?\|(?P<id>\d+)", re.DOTALL)
KEYS: Final = {"Username": ("login", "email"), "Student ID": ("sid",)}


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Fill in one column of the grade centre given, or make a new one of Username and that column."""
    identity = str(assignment.lms.get("blackboard", {}).get("column", ""))
    if into is None:
        return _made(grades, assignment, identity, inbox)
    page = sheet.read(into)
    head = page.row(0)
    found = [
        (at, match) for at, text in enumerate(head) if (match := COLUMN.fullmatch(text))
        and (match["id"] == identity if identity else match["title"] == assignment.title)
    ]  # fmt: skip
    if len(found) != 1:
        told = f"|{identity}" if identity else f"{assignment.title} [...] |..."
        raise ExportError(
            f"blackboard: the file has {len(found)} columns {told}; "
            "write lms: {blackboard: {column: ID}} in assignments.yaml"
        )
    at, match = found[0]
    mark = numbers.decimal_mark(
        [numbers.stated(match["points"]), *(page.get(row, at) for row in range(1, len(page)))]
    )
    possible = numbers.parsed(numbers.stated(match["points"]), mark)
    if not possible:
        raise ExportError(f"blackboard: {numbers.unreadable(match['points'], match['title'])}")
    filling = Filling(page, range(1, len(page)), sheet.keys(head, KEYS), at, mark=mark)
    return sheet.fill(filling, grades, inbox, lambda row: possible)


def _made(grades: Sequence[Grade], assignment: Assignment, identity: str, inbox: str) -> Export:
    if not identity:
        raise ExportError(
            "blackboard: give the downloaded grade centre with --into, "
            "or lms: {blackboard: {column: ID}} in assignments.yaml"
        )
    rows = [("Username", f"{assignment.title} |{identity}")]
    strangers, notes = [], []
    for grade in grades:
        login = matching.identities(grade, inbox).get("login", "")
        if grade.final is None:
            notes.append(sheet.not_graded(grade))
        elif not login:
            strangers.append(f"{grade.submission.student}: no username")
        else:
            rows.append((for_cell(login), number(grade.final)))
    return Export(sheet.table(rows), tuple(strangers), tuple(notes))
