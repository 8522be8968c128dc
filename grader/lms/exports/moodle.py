"""Moodle: the offline grading worksheet, downloaded and filled in; never made up.

Its header is in the language of the course, so columns are known by what stands in them as well:
the identifiers are ``<word> <number>`` in every row ("Participant 17"), the highest grade is one
number in every row, and the grade stands before it. Comments go only into a column whose name is
known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import sheet
from grader.lms.exports.sheet import Export, ExportError, Filling, Sheet
from grader.lms.wording import in_html
from grader.model import Grade

GRADE: Final = frozenset({
    "Grade", "Bewertung", "Note", "Calificación", "Valutazione", "Nota", "Cijfer", "Beoordeling",
    "Ocena", "Karakter", "Betyg", "Arvosana",
})  # fmt: skip
COMMENTS: Final = frozenset({
    "Feedback comments", "Feedback als Kommentar", "Feedback-Kommentare",
    "Feedback par commentaires", "Comentarios de retroalimentación",
    "Commenti di feedback", "Comentários de feedback",
    "Feedbackopmerkingen", "Feedback reacties", "Komentarze zwrotne",
})  # fmt: skip
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
PARTICIPANT: Final = re.compile(r"\D+?(\d+)\D*")
NUMBER_NAMES: Final = frozenset({
    "ID number", "ID-Nummer", "Numéro d'identification", "Número de ID", "Codice identificativo",
    "Número de identificação",
})  # fmt: skip


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """The worksheet with grades, and comments where it has a column for them."""
    if into is None:
        raise ExportError(
            "moodle: download the grading worksheet of the assignment, and give it with --into"
        )
    page = sheet.read(into)
    rows = [row for row in range(1, len(page)) if any(text.strip() for text in page.row(row))]
    if not rows:
        raise ExportError("moodle: the worksheet has no students in it")
    head = page.row(0)
    at, highest = _grade(page, head, rows)
    comments = next((c for c, name in enumerate(head) if name in COMMENTS), None)
    keys = _keys(page, head, rows)
    filling = Filling(
        page, rows, keys, at, comments, comma=_comma(page, rows, (at, highest)), key=_identity
    )
    done = sheet.fill(
        filling, grades, inbox,
        lambda row: sheet.points(page, row, highest) or assignment.points,
        lambda grade: in_html(sheet.comment(grade)),
    )  # fmt: skip
    if comments is None:
        told = "the worksheet has no column of feedback comments that is known: none are written"
        return Export(done.data, done.unmatched, (*done.notes, told))
    return done


def _identity(text: str) -> str:
    """``Participant 17`` by its number; other cells whole."""
    match = PARTICIPANT.fullmatch(text)
    return match[1] if match and " " in text else text


def _keys(page: Sheet, head: Sequence[str], rows: Sequence[int]) -> dict[int, tuple[str, ...]]:
    width = range(len(head))
    first = [c for c in width[:2] if all(PARTICIPANT.fullmatch(page.get(r, c)) for r in rows)]
    if not first:
        raise ExportError("moodle: no column of identifiers such as 'Participant 17' in the sheet")
    found: dict[int, tuple[str, ...]] = {first[0]: ("participant",)}
    for column in width[1:]:
        if head[column] in NUMBER_NAMES:
            found[column] = ("sid",)
        elif any(cells := [page.get(row, column) for row in rows]) and all(
            EMAIL.fullmatch(cell) for cell in cells if cell
        ):
            found[column] = ("email", "login")
    return found


def _grade(page: Sheet, head: Sequence[str], rows: Sequence[int]) -> tuple[int, int | None]:
    """The column of the grade, and the one of the highest grade."""
    named = [column for column, name in enumerate(head) if name in GRADE]
    if len(named) == 1:
        following = named[0] + 1
        same = len({page.get(row, following) for row in rows}) == 1
        most = sheet.parsed(page.get(rows[0], following)) if same else None
        return named[0], following if most else None
    for column in range(1, len(head)):
        values = {page.get(row, column) for row in rows}
        most = sheet.parsed(next(iter(values))) if len(values) == 1 else None
        if most and all(_gradelike(page.get(row, column - 1)) for row in rows):
            return column - 1, column
    raise ExportError(
        "moodle: no column of grades is recognised; use points, not a scale, and download the "
        "worksheet again"
    )


def _gradelike(text: str) -> bool:
    return text.strip() in ("", "-") or sheet.parsed(text) is not None


def _comma(page: Sheet, rows: Sequence[int], columns: Sequence[int | None]) -> bool:
    """Whether numbers are written with a comma there."""
    cells = (page.get(row, column) for row in rows for column in columns if column is not None)
    return any(re.fullmatch(r"\d+,\d+", cell.strip()) for cell in cells)
