"""Manually graded questions: a page with the answers for staff, and a table of marks.

write_answers(folder, found, released)    # answers.html, in the folder of the results
sheet(found)                              # a CSV with an empty row for each answer
read_sheet(path, found)                   # the rows with points, as `Filled` values
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader import parcel
from grader.course import table
from grader.course.assignment import Course, ManualQuestion
from grader.errors import UserError
from grader.files import write
from grader.model import Grade
from grader.notebook import NotebookError, decode, markdown_of
from grader.people import label, resolve
from grader.results import page
from grader.results.marks import question_of
from grader.results.policy import Standings
from grader.results.store import Store, StoreError
from grader.text import for_cell, one_line

COLUMNS: Final = ("student", "name", "question", "title", "max_points", "points", "reason")
MOST: Final = 100_000
"""Characters of an answer that are shown."""
_TEXT_CELL: Final = re.compile(
    r"^# %% \[markdown\].*\n((?:#(?! %%).*\n?|[^\S\n]*\n)*)", re.MULTILINE
)


class MarkError(UserError):
    """A mark is refused; the message is one line."""


class Filled(Struct, frozen=True):
    """One row of a table, or one mark on the command line."""

    student: str
    question: ManualQuestion
    points: float
    reason: str


# --- answers ------------------------------------------------------------------------------------


def answers_of(file: str, data: bytes) -> list[str]:
    """Return a submission's text answers: Markdown cells, commented text cells, text files."""
    found: list[str] = []
    for name, content in parcel.files_of(file, data).items():
        if name.lower().endswith((".md", ".txt")):
            found.append(content.decode("utf-8", "replace"))
        elif name.lower().endswith(".ipynb"):
            found += markdown_of(content)
        else:
            found += _text_cells(content)
    return [text.strip()[:MOST] for text in found if text.strip()]


def _text_cells(content: bytes) -> Iterator[str]:
    try:
        source = decode(content)
    except NotebookError:
        return
    for match in _TEXT_CELL.finditer(source):
        lines = match[1].splitlines()
        yield "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)


def write_answers(folder: Path, found: Standings, course: Course | None) -> list[Path]:
    """Write ``answers.html`` if the assignment has questions."""
    if not found.assignment.manual:
        return []
    return [write(folder / "answers.html", answers_page(folder, found, course))]


def answers_page(folder: Path, found: Standings, course: Course | None) -> bytes:
    """Return the page with the answers for staff, without the texts that the course released."""
    released = set(_released(course, found.assignment.name)) if course else set()
    rows = []
    with Store.open(folder) as store:
        digests = {id(g): d for g, d in _sources(store, found)}
        for grade in found.grades:
            digest = digests.get(id(grade))
            texts = answers_of(*store.source(digest)) if digest else []
            rows.append({
                "name": label(grade.submission), "student": grade.submission.student,
                "texts": [text for text in texts if text not in released],
                "questions": [o for o in grade.outcomes if question_of(o)],
            })  # fmt: skip
    return page.render(
        "answers.html", styles=("page.css",), assignment=found.assignment, rows=rows,
        outstanding=sum(bool(grade.outstanding) for grade in found.grades),
    )  # fmt: skip


def _sources(store: Store, found: Standings) -> Iterator[tuple[Grade, str]]:
    """Yield each grade that counts with the hash of its submission."""
    known = {
        (h.grade.submission.student, h.grade.submission.submitted_at, h.grade.submission.file): h
        for h in store.handins()
    }
    for grade in found.grades:
        who = grade.submission
        handin = known.get((who.student, who.submitted_at, who.file))
        if handin is not None:
            yield grade, handin.digest


def _released(course: Course, name: str) -> Iterator[str]:
    """Yield the texts that the course gave to students."""
    folder = course.exercise(name)
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix in (".py", ".ipynb", ".md", ".txt") and path.is_file():
            yield from answers_of(path.name, path.read_bytes())


# --- marks --------------------------------------------------------------------------------------


def question(found: Standings, name: str) -> ManualQuestion:
    """Return the question with this id; raise `MarkError` with the known ids."""
    known = {each.id: each for each in found.assignment.manual}
    if name in known:
        return known[name]
    if not known:
        raise MarkError(f"{found.assignment.name} has no questions that a person grades")
    raise MarkError(f"unknown question {one_line(name)!r}; write one of: {', '.join(known)}")


def filled(found: Standings, student: str, name: str, points: str, reason: str) -> Filled:
    """Return a checked mark; raise `MarkError` if it is not valid."""
    asked = question(found, name)
    who = resolve(student, [grade.submission for grade in found.grades])
    try:
        value = float(points.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= asked.points:
        raise MarkError(
            f"{one_line(points)!r} is not a mark for {name}; write a number from 0 to {asked.points:g}"
        )
    reason = " ".join(reason.split())
    if len(reason) > 500 or not reason.isprintable():
        raise MarkError("the reason must be printable, and at most 500 characters long")
    return Filled(who, asked, round(value, 4), reason)


def sheet(found: Standings) -> bytes:
    """Return a CSV with a row for each answer, including the marks given so far."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for grade in found.grades:
        for each in grade.outcomes:
            if name := question_of(each):
                given = each.status != "manual"
                rows.writerow([
                    for_cell(grade.submission.student), for_cell(grade.submission.name), name,
                    for_cell(each.title), f"{each.max_points:g}",
                    f"{each.points:g}" if given else "", for_cell(each.message) if given else "",
                ])  # fmt: skip
    return out.getvalue().encode("utf-8", "replace")


def read_sheet(path: Path, found: Standings) -> list[Filled]:
    """Return the rows with points; raise `CatalogError` or `MarkError` for the first wrong one."""
    rows = table.rows(path.name, table.text(path, "the file of `grader mark DIR --blank FILE`"))
    _, head = next(rows, (1, []))
    names = [cell.strip().casefold() for cell in head]
    missing = [c for c in ("student", "question", "points", "reason") if c not in names]
    if missing:
        raise MarkError(f"{path.name}:1: no column {missing[0]!r}; keep the columns of --blank")
    marks = []
    for line, cells in rows:
        row: Mapping[str, str] = dict(zip(names, cells, strict=False))
        if row.get("points", "").strip():
            try:
                who, name = (row.get(key, "").lstrip("'") for key in ("student", "question"))
                marks.append(filled(found, who, name, row["points"], row.get("reason", "")))
            except (UserError, StoreError) as error:
                raise MarkError(f"{path.name}:{line}: {error}") from None
    return marks
