"""Personal links for a class: ``grader serve invite students.csv --out links.csv``.

student,name,email,role
4711,Ada Lovelace,ada@example.org,
boss,Grace Hopper,grace@example.org,instructor
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader.course import catalog
from grader.files import write
from grader.serve.accounts import ROLES, audit, enrol, new_link
from grader.serve.database import FILE, FOLDER, ServeError, connect, transaction
from grader.serve.supervisor import prepare
from grader.text import for_cell, nearest

COLUMNS: Final = ("student", "name", "email", "role")
MAX_BYTES: Final = 4 * 1024 * 1024


class Invited(Struct, frozen=True):
    """A row of the instructor's file."""

    student: str
    name: str
    email: str
    role: str


def invite(people: Sequence[Invited], data: Path, course: Path, origin: str) -> bytes:
    """Enrol people and create a link for each; return the file for the instructor's mail merge."""
    folder = catalog.load(course).folder
    uid = prepare(data)
    connection = connect(data / FOLDER / FILE)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "name", "email", "link"])
    try:
        with transaction(connection):
            for each in people:
                user = enrol(
                    connection, each.student, each.name, each.email, folder.name, each.role
                )
                link = f"{origin}/i/{new_link(connection, user)}"
                table.writerow([*map(for_cell, (each.student, each.name, each.email)), link])
            audit(connection, "", f"invited {len(people)}")
    finally:
        connection.close()
    if uid:
        for path in (data / FOLDER).glob(f"{FILE}*"):
            os.chown(path, uid, uid)
    return out.getvalue().encode()


def read(path: Path) -> list[Invited]:
    """Read the instructor's file; raise `ServeError` with file, line and column."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ServeError(f"{path}: {(error.strerror or '').lower()}") from None
    if len(data) > MAX_BYTES:
        raise ServeError(f"{path}: over {MAX_BYTES >> 20} MiB")
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        raise ServeError(f"{path}: not CSV in UTF-8; save it as CSV UTF-8") from None
    columns = [_column(path, name) for name in (rows[0] if rows else [])]
    if "student" not in columns:
        raise ServeError(
            f"{path}:1: no column student; write {','.join(COLUMNS)} in the first line"
        )
    people = [
        _row(f"{path}:{line}", dict(zip(columns, (c.strip() for c in cells), strict=False)))
        for line, cells in enumerate(rows[1:], 2)
        if any(cells)
    ]
    seen: set[str] = set()
    for each in people:
        if each.student in seen:
            raise ServeError(f"{path}: student: {each.student!r} occurs twice; keep one row")
        seen.add(each.student)
    return people


def _column(path: Path, name: str) -> str:
    name = {"id": "student"}.get(name.strip().casefold(), name.strip().casefold())
    if name and name not in COLUMNS:
        raise ServeError(
            f"{path}:1: unknown column {name!r}; write {nearest(name, COLUMNS) or ', '.join(COLUMNS)}"
        )
    return name


def _row(where: str, cells: dict[str, str]) -> Invited:
    values = {name: cells.get(name, "") for name in COLUMNS}
    for name, text in values.items():
        if not text.isprintable() or len(text) > 200:
            raise ServeError(
                f"{where}: {name}: {text!r} is not a line of text; write a shorter one"
            )
    if not values["student"]:
        raise ServeError(f"{where}: student: it is empty; write the student's id")
    role = values["role"].casefold() or "student"
    if role not in ROLES:
        meant = nearest(role, ROLES) or ", ".join(ROLES)
        raise ServeError(f"{where}: role: unknown role {role!r}; write {meant}")
    return Invited(values["student"], values["name"], values["email"], role)


def save(path: Path, links: bytes) -> None:
    """Write the links to a file that only its owner can read."""
    write(path, links, 0o600)
