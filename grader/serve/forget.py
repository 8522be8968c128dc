"""Delete all data of a student: ``grader serve forget USER --data DIR``.

Names, files, grades, sessions and links are deleted from service.db and every results.db, including
free pages and write-ahead logs. The audit log keeps a number instead of the student. It works while
the service is running.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader.lms import EXPORTS
from grader.lms.exports.feedback import default_out, systems
from grader.results.feedback import file_name
from grader.results.store import Store
from grader.serve.database import FILE, FOLDER, ServeError, connect, stored, transaction

IN_HAND_SECONDS: Final = 90.0
"""Seconds to wait for an attempt that is being graded."""
DERIVED: Final = ("grades.json", "grades.csv", "report.html")
"""Files about the whole class, which `grader report` can write again."""


class Forgotten(Struct, frozen=True):
    """The number that replaces a student in the audit log, and files that we did not write."""

    number: str
    others: tuple[Path, ...]
    """Files of staff in the results folders that may still contain the student's name."""


def forget(data: Path, student: str) -> Forgotten:
    """Delete a student from every database and every file that the grader wrote.

    Raises:
        ServeError: There is no such user.
    """
    path = data / FOLDER / FILE
    if not path.exists():
        raise ServeError(f"{data} contains no service ({FOLDER}/{FILE} is missing)")
    connection = connect(path)
    try:
        found = connection.execute(
            "SELECT id FROM user WHERE student = ? OR (email = ? AND email != '')",
            (student, student),
        ).fetchall()
        if len(found) != 1:
            who = "no user" if not found else "more than one user with the e-mail address"
            raise ServeError(f"{data}: there is {who} {student!r}")
        user = found[0]["id"]
        names = connection.execute(
            "SELECT student, name FROM user WHERE id = ?", (user,)
        ).fetchall()
        number = f"forgotten-{user}"
        _end_access(connection, user)
        _wait_for_grading(connection, user)
        others = _from_results(data, names[0]["student"])
        _from_service(connection, user, names[0]["student"], number)
    finally:
        connection.close()
    return Forgotten(number, tuple(others))


def _end_access(connection: sqlite3.Connection, user: int) -> None:
    with transaction(connection):
        connection.execute("DELETE FROM session WHERE user = ?", (user,))
        connection.execute("DELETE FROM invite WHERE user = ?", (user,))
        connection.execute("DELETE FROM attempt WHERE user = ? AND state = 'queued'", (user,))


def _wait_for_grading(connection: sqlite3.Connection, user: int) -> None:
    query = "SELECT 1 FROM attempt WHERE user = ? AND state = 'grading'"
    until = time.monotonic() + IN_HAND_SECONDS
    while connection.execute(query, (user,)).fetchall() and time.monotonic() < until:
        time.sleep(0.2)


def _from_results(data: Path, student: str) -> list[Path]:
    """Delete a student from every folder of results; return the files that are not ours."""
    others: list[Path] = []
    for path in sorted((data / "results").rglob("results.db")):
        folder, page = path.parent, file_name(student)
        with Store.open(folder) as store:
            name = store.run.assignment
            store.forget(student)
        for file in (folder / "feedback" / page,
                     *(folder / "sources").glob(f"{page.removesuffix('.html')}.*"),
                     *_derived(folder, name)):  # fmt: skip
            if file.is_dir() and not file.is_symlink():
                shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)
        others += (each for each in sorted(folder.iterdir()) if not _is_kept(each))
    return others


def _derived(folder: Path, name: str) -> Iterator[Path]:
    """Yield the default files of `grader report` and `grader export` about the whole class."""
    yield from (folder / each for each in DERIVED)
    yield from (folder / f"{name}-{each}.csv" for each in EXPORTS)
    yield from (default_out(each, folder, name) for each in systems())
    yield folder / "plots"


def _is_kept(path: Path) -> bool:
    """Return whether an item in a results folder is the grader's and not about the student."""
    return path.name in ("feedback", "sources", "trials") or path.name.startswith("results.db")


def _from_service(connection: sqlite3.Connection, user: int, student: str, number: str) -> None:
    with transaction(connection):
        connection.execute("UPDATE audit SET student = ? WHERE student = ?", (number, student))
        connection.execute("UPDATE audit SET by = ? WHERE by = ?", (number, student))
        connection.execute("UPDATE audit SET reason = '' WHERE student = ?", (number,))
        connection.execute(
            "DELETE FROM user WHERE id = ?", (user,)
        )  # cascades to all data of the user
        # the text may contain the student's name
        connection.execute("UPDATE offering SET final = ''")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overdue(data: Path, days: int) -> list[str]:
    """Return the students whose last submission is older than this number of days."""
    before = stored(datetime.now(UTC) - timedelta(days=days))
    connection = connect(data / FOLDER / FILE)
    try:
        rows = connection.execute(
            "SELECT student FROM user WHERE EXISTS"
            " (SELECT 1 FROM enrolment WHERE enrolment.user = user.id AND role = 'student')"
            " AND (SELECT MAX(accepted_at) FROM attempt WHERE attempt.user = user.id) < ?",
            (before,),
        ).fetchall()
    finally:
        connection.close()
    return [row["student"] for row in rows]
