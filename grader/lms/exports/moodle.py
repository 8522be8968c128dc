"""Moodle: fill in the downloaded offline grading worksheet; it cannot be created here.

Its headers are in the language of the course, so columns are recognised by their content. The first
holds identifiers: the language's word for *participant* and a number (``Participant 17``,
``Teilnehmer/in17``). The grade, the highest grade and *Grade can be changed* are adjacent: an empty
cell or a number, the same number in every row, and yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import numbers, sheet
from grader.lms.exports.sheet import Export, ExportError, Filling, Sheet
from grader.lms.wording import in_html
from grader.model import Grade
from grader.text import folded, one_line

GRADE: Final = frozenset({
    "grade", "bewertung", "note", "calificación", "valutazione", "nota", "cijfer", "beoordeling",
    "ocena", "karakter", "betyg", "arvosana", "成绩", "成績", "评分", "оценка", "оцінка",
    "známka", "érdemjegy", "not", "βαθμός", "評点", "성적", "درجة", "ציון",
})  # fmt: skip
"""Headers of the grade, if the content of the columns does not decide."""
COMMENTS: Final = re.compile(
    r"comment|komment|coment|koment|opmerking|reactie|megjegyz|iruzkin|athugasemd|pastab|"
    r"评语|評語|评论|評論|反馈|回饋|コメント|комментар|коментар|σχόλ|yorum|의견|تعليق|הערות",
    re.IGNORECASE,
)
"""Matches the header of the feedback comments."""
LOCKED: Final = frozenset({
    "no", "nein", "non", "não", "nao", "nee", "nej", "nei", "nie", "ne", "nem", "ei", "нет", "ні",
    "не", "όχι", "hayır", "否", "不", "いいえ", "아니오", "아니요", "لا", "לא", "nu", "ez", "nē",
})  # fmt: skip
OPEN: Final = frozenset({
    "yes", "ja", "oui", "sí", "si", "sì", "sim", "jah", "tak", "ano", "áno", "igen", "kyllä", "да",
    "так", "ναι", "evet", "是", "はい", "예", "네", "نعم", "כן", "da", "bai", "jā", "taip", "jes",
})  # fmt: skip
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
PARTICIPANT: Final = re.compile(r"\D+?(\d+)\D{0,3}")


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Fill in the worksheet: grades, and comments if it has a column for them."""
    if into is None:
        raise ExportError("moodle: add --into FILE, the grading worksheet that you downloaded")
    page = sheet.read(into)
    rows = [row for row in range(1, len(page)) if any(text.strip() for text in page.row(row))]
    if not rows:
        raise ExportError("moodle: the worksheet has no students in it")
    if not all(PARTICIPANT.fullmatch(page.get(row, 0).strip()) for row in rows):
        raise ExportError(
            "moodle: no column of identifiers such as 'Participant 17' at the left of the sheet; "
            "download the grading worksheet again"
        )
    head = page.row(0)
    at, highest, locked = _columns(page, head, rows)
    mark = numbers.decimal_mark(page.get(row, column) for row in rows for column in (at, highest))
    _check_points(page, rows, (at, highest), mark)
    comments = _comments(head, highest)
    filling = Filling(
        page, rows, _keys(page, rows, at), at, comments, mark=mark, key=_identity,
        locked=frozenset(
            row for row in rows
            if locked is not None and folded(page.get(row, locked)) in LOCKED
        ),
    )  # fmt: skip
    done = sheet.fill(
        filling, grades, inbox,
        lambda row: numbers.parsed(page.get(row, highest), mark),
        lambda grade: in_html(sheet.comment(grade)),
    )  # fmt: skip
    if comments is None:
        told = "the worksheet has no column of feedback comments that is known: none are written"
        return Export(done.data, done.unmatched, (*done.notes, told))
    return done


def _identity(column: int, text: str) -> str:
    """Return the number of a participant; other cells unchanged."""
    match = PARTICIPANT.fullmatch(text.strip())
    return match[1] if match and column == 0 else text


def _keys(page: Sheet, rows: Sequence[int], at: int) -> dict[int, tuple[str, ...]]:
    """Return the columns that hold ids: the participant's, and those before the grade."""
    found: dict[int, tuple[str, ...]] = {0: ("participant",)}
    for column in range(1, at):
        cells = [cell for row in rows if (cell := page.get(row, column).strip())]
        if cells and all(EMAIL.fullmatch(cell) for cell in cells):
            found[column] = ("email", "login")
        elif column > 1 and len(set(cells)) == len(cells) and not any(" " in c for c in cells):
            found[column] = ("sid",)
    return found


def _columns(page: Sheet, head: Sequence[str], rows: Sequence[int]) -> tuple[int, int, int | None]:
    """Return the columns of the grade, of the highest grade, and of *can be changed*."""
    triples = [
        column for column in range(1, len(head) - 2)
        if all(_is_highest(page, row, rows[0], column + 1) for row in rows)
        and all(folded(page.get(row, column + 2)) in LOCKED | OPEN for row in rows)
    ]  # fmt: skip
    if len(triples) == 1:
        return triples[0], triples[0] + 1, triples[0] + 2
    pairs = [
        column for column in range(1, len(head) - 1)
        if all(_is_highest(page, row, rows[0], column + 1) for row in rows)
        and all(_gradelike(page.get(row, column)) for row in rows)
    ]  # fmt: skip
    named = [column for column, name in enumerate(head) if folded(name) in GRADE]
    found = [column for column in pairs if column in named] if len(pairs) > 1 else pairs
    if len(found) == 1:
        return found[0], found[0] + 1, None
    _refuse_scale(page, head, rows, named)
    raise ExportError(
        "moodle: no column of grades is recognised; use points, not a scale, and download the "
        "worksheet again"
    )


def _refuse_scale(
    page: Sheet, head: Sequence[str], rows: Sequence[int], named: Sequence[int]
) -> None:
    """Raise `ExportError` if a cell shows a scale, or the highest grade is missing."""
    for column in named:
        words = [page.get(row, column).strip() for row in rows]
        word = next((word for word in words if not _gradelike(word)), "")
        if word:
            raise ExportError(
                f"moodle: '{one_line(word, 40)}' is a grade of a scale, and scales are not filled in; "
                "set the assignment's grade type to points"
            )
        if column + 1 < len(head) and not numbers.stated(page.get(rows[0], column + 1)):
            raise ExportError(
                f"moodle: the column after {one_line(head[column], 40)} states no highest grade; set "
                "the assignment's grade type to points, and download the worksheet again"
            )


def _is_highest(page: Sheet, row: int, first: int, column: int) -> bool:
    """Return whether a cell states a number equal to the one in the first row."""
    text = page.get(row, column)
    return text == page.get(first, column) and _is_positive(text)


def _is_positive(text: str) -> bool:
    chunk = numbers.stated(text)
    return (
        bool(chunk)
        and len(text.strip()) - len(chunk) <= 12
        and any(c in chunk for c in "123456789")
    )


def _gradelike(text: str) -> bool:
    return text.strip() in ("", "-") or numbers.stated(text) == text.strip()


def _check_points(page: Sheet, rows: Sequence[int], columns: tuple[int, int], mark: str) -> None:
    """Raise if the grades use a scale, or a highest grade cannot be read."""
    at, highest = columns
    cell = page.get(rows[0], highest)
    if numbers.parsed(cell, mark) is None:
        raise ExportError(f"moodle: {numbers.unreadable(cell, page.get(0, highest))}")
    word = next((w for row in rows if not _gradelike(w := page.get(row, at))), "")
    if word:
        raise ExportError(
            f"moodle: '{one_line(word, 40)}' is a grade of a scale, and scales are not filled in; "
            "set the assignment's grade type to points"
        )


def _comments(head: Sequence[str], highest: int) -> int | None:
    """Return the column of feedback comments, if exactly one header matches."""
    found = [at for at, name in enumerate(head) if at > highest and COMMENTS.search(name)]
    return found[-1] if found else None
