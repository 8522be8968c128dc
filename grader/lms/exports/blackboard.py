"""Blackboard: fill in the downloaded grade centre; its key columns stay unchanged.

A column is called ``<Title> [Total Pts: 100 Score] |<column id>``, and a student is identified by
Username. The download is separated by tabs in UTF-16, or by commas.
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
from grader.people import label
from grader.text import for_cell

COLUMN: Final = re.compile(r"(?P<title>.*?) ?\[(?P<points>[^\[\]]*)\] ?\|(?P<id>\d+)", re.DOTALL)
KEYS: Final = {
    **dict.fromkeys((
        "Username", "Benutzername", "Nom d'utilisateur", "Nombre de usuario", "Nome de usuário",
        "Nome de utilizador", "Nome utente", "Gebruikersnaam", "Användarnamn", "Brugernavn",
        "Brukernavn", "Käyttäjätunnus", "Nazwa użytkownika", "Имя пользователя", "Kullanıcı Adı",
        "用户名", "使用者名稱", "ユーザ名", "ユーザー名", "사용자 이름", "اسم المستخدم",
    ), ("login", "email")),
    **dict.fromkeys((
        "Student ID", "Studenten-ID", "Matrikelnummer", "ID d'étudiant", "ID étudiant",
        "ID del estudiante", "ID do aluno", "ID studente", "Student-ID", "Studentnummer", "学生 ID",
    ), ("sid",)),
}  # fmt: skip
"""The headers of the key columns, in the languages of Blackboard that we know."""
NAMES: Final = 2
"""The first columns are last name and first name, then the user name and the student number."""


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Fill in one column of the given grade centre, or create one with Username and that column."""
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
    filling = Filling(page, range(1, len(page)), _keys(head), at, mark=mark)
    return sheet.fill(filling, grades, inbox, lambda row: possible)


def _keys(head: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Return the key columns by their headers, or by position in an unknown language."""
    first = next((at for at, text in enumerate(head) if COLUMN.fullmatch(text)), 0)
    if first > NAMES and not any(text in KEYS for text in head):
        found: dict[int, tuple[str, ...]] = {NAMES: ("login", "email")}
        if first > NAMES + 1:
            found[NAMES + 1] = ("sid",)
        return found
    return sheet.keys(head, KEYS)


def _made(grades: Sequence[Grade], assignment: Assignment, identity: str, inbox: str) -> Export:
    if not identity:
        raise ExportError(
            "blackboard: add --into FILE, the grade centre that you downloaded, "
            "or lms: {blackboard: {column: ID}} in assignments.yaml"
        )
    rows = [("Username", f"{assignment.title} |{identity}")]
    strangers, notes = [], []
    for grade in grades:
        login = matching.identities(grade, inbox).get("login", "")
        if grade.final is None:
            notes.append(sheet.not_graded(grade))
        elif not login:
            strangers.append(f"{label(grade.submission)}: no username")
        else:
            rows.append((for_cell(login), number(grade.final)))
    return Export(sheet.table(rows), tuple(strangers), tuple(notes))
