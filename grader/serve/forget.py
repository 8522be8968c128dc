"""Delete what is known of a student, everywhere: ``grader serve forget USER --data DIR``.

Names, files, grades, sessions and links leave service.db and every results.db, free pages and
write-ahead logs included. The audit keeps a number in place of the student. It works while serving.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from grader.results.feedback import file_name
from grader.results.store import Store
from grader.serve.database import FILE, FOLDER, ServeError, connect, stored, transaction

IN_HAND_SECONDS: Final = 90.0
"""How long to wait for an attempt that is being graded at the moment."""
DERIVED: Final = ("grades.json", "report.html", "*.csv", "*.zip")
"""Files that hold the whole class: `grader report` and `grader export` write them again."""


def forget(data: Path, student: str) -> str:
    """Delete a student; return the number that the audit keeps.

    Raises:
        ServeError: There is no such user.
    """
    path = data / FOLDER / FILE
    if not path.exists():
        raise ServeError(f"{data} holds no service ({FOLDER}/{FILE} is missing)")
    connection = connect(path)
    try:
        found = connection.execute(
            "SELECT id FROM user WHERE student = ? OR (email = ? AND email != '')",
            (student, student),
        ).fetchall()
        if len(found) != 1:
            raise ServeError(f"{'no' if not found else 'more than one'} user {student!r} in {data}")
        user = found[0]["id"]
        names = connection.execute(
            "SELECT student, name FROM user WHERE id = ?", (user,)
        ).fetchall()
        number = f"forgotten-{user}"
        _close_doors(connection, user)
        _wait_for_grading(connection, user)
        _from_results(data, names[0]["student"])
        _from_service(connection, user, names[0]["student"], number)
    finally:
        connection.close()
    return number


def _close_doors(connection: sqlite3.Connection, user: int) -> None:
    with transaction(connection):
        connection.execute("DELETE FROM session WHERE user = ?", (user,))
        connection.execute("DELETE FROM invite WHERE user = ?", (user,))
        connection.execute("DELETE FROM attempt WHERE user = ? AND state = 'queued'", (user,))


def _wait_for_grading(connection: sqlite3.Connection, user: int) -> None:
    query = "SELECT 1 FROM attempt WHERE user = ? AND state = 'grading'"
    until = time.monotonic() + IN_HAND_SECONDS
    while connection.execute(query, (user,)).fetchall() and time.monotonic() < until:
        time.sleep(0.2)


def _from_results(data: Path, student: str) -> None:
    for path in (data / "results").rglob("results.db"):
        with Store.open(path.parent) as store:
            store.forget(student)
        page = file_name(student)
        derived = (file for name in DERIVED for file in path.parent.glob(name))
        for file in (path.parent / "feedback" / page, *derived,
                     *(path.parent / "sources").glob(f"{page.removesuffix('.html')}.*")):  # fmt: skip
            file.unlink(missing_ok=True)
        for folder in path.parent.glob("*-feedback-*"):  # `grader export feedback` wrote it
            shutil.rmtree(folder)


def _from_service(connection: sqlite3.Connection, user: int, student: str, number: str) -> None:
    with transaction(connection):
        connection.execute("UPDATE audit SET student = ? WHERE student = ?", (number, student))
        connection.execute("UPDATE audit SET by = ? WHERE by = ?", (number, student))
        connection.execute("UPDATE audit SET reason = '' WHERE student = ?", (number,))
        connection.execute(
            "DELETE FROM user WHERE id = ?", (user,)
        )  # all that is theirs goes with it
        connection.execute("UPDATE offering SET final = ''")  # it may name the student
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overdue(data: Path, days: int) -> list[str]:
    """Return the students whose last submission, or else whose enrolment, is older than that."""
    before = stored(datetime.now(UTC) - timedelta(days=days))
    connection = connect(data / FOLDER / FILE)
    try:
        rows = connection.execute(
            "SELECT student FROM user WHERE EXISTS (SELECT 1 FROM enrolment WHERE enrolment.user = user.id"
            " AND role = 'student') AND EXISTS (SELECT 1 FROM attempt WHERE enrolment.user = user.id)"
            " AND NOT EXISTS (SELECT 1 FROM attempt WHERE enrolment.user = user.id AND accepted_at >= ?)",
            (before,),
        ).fetchall()
    finally:
        connection.close()
    return [row["student"] for row in rows]
