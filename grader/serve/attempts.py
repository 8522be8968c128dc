"""Offerings and attempts in service.db: accept, queue, finish.

    accepted = accept(connection, offering, person, Upload("relu.py", data), ticket)
    following = take_next(connection, capacity=4)

Every student starts in the *quick* lane. Students whose last attempt took more than `SLOW` seconds
get at most half of the capacity. Only one attempt of a student is graded at a time, the newest
first.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from grader.inbox.beside import NOTHING, Beside
from grader.serve.accounts import User, audit
from grader.serve.database import now, stored, transaction, unsynced
from grader.serve.messages import Graded, OfferingInfo, Stands

SLOW: Final = 2.0
"""Seconds; if an attempt takes longer, the student's next one is in the slow lane."""
WAITING: Final = 3
"""Attempts of one student that may wait while another one is graded."""
PER_HOUR: Final = 60
TRIES: Final = 2
"""Grading processes that may die with an attempt before it becomes an `error`."""
JUMP: Final = 60.0
"""Seconds by which the clock may jump before staff are informed."""


class Offering(Struct, frozen=True):
    """An assignment as stored in service.db; times are in ISO 8601, or ''."""

    id: str
    course: str
    title: str
    opens: str
    due: str
    closes: str
    counts: str
    hold_off: float
    zone: str
    max_score: float
    final: str
    beside: str

    @property
    def takes(self) -> Beside:
        """Return the files that a submission may contain besides its main file."""
        return msgspec.json.decode(self.beside, type=Beside) if self.beside else NOTHING

    def is_open(self, at: str, extended: str = "") -> bool:
        """Return whether an attempt is accepted at a time, with an extension if there is one."""
        closes = max(self.closes, extended) if self.closes else ""
        return (not self.opens or self.opens <= at) and (not closes or at <= closes)


class StoredAttempt(Struct, frozen=True):
    """One submission of a student."""

    row: int
    id: str
    offering: str
    course: str
    user: int
    student: str
    name: str
    email: str
    file: str
    accepted_at: str
    state: str
    tries: int
    seconds: float | None
    score: float | None
    trial: bool


class Upload(Struct, frozen=True):
    """The content of an attempt: one file, or several as a `grader.parcel`."""

    file: str
    data: bytes


class LimitError(Exception):
    """A student submits more often than allowed; the text is for the student."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = max(1, round(seconds + 0.5))
        """Seconds until the next attempt is accepted."""


_IN_HAND: Final = "state IN ('queued', 'grading')"
"""The condition of the index attempt_state; with any other, SQLite would read all attempts."""
_ATTEMPT: Final = """
SELECT attempt.row, attempt.id, attempt.offering, offering.course, attempt.user, user.student,
    user.name, user.email, attempt.file, attempt.accepted_at, attempt.state, attempt.tries,
    attempt.seconds, attempt.score, attempt.trial
FROM attempt JOIN user ON user.id = attempt.user JOIN offering ON offering.id = attempt.offering
"""


def _attempts(rows: Iterable[sqlite3.Row]) -> list[StoredAttempt]:
    return [StoredAttempt(**{**dict(row), "trial": bool(row["trial"])}) for row in rows]


# --- offerings ----------------------------------------------------------------------------------


def set_offerings(connection: sqlite3.Connection, found: Sequence[OfferingInfo]) -> None:
    """Store the current offerings of the courses; removed ones are kept, but not shown."""
    with transaction(connection):
        connection.execute("UPDATE offering SET is_current = 0")
        for each in found:
            connection.execute(
                "INSERT INTO course VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title",
                (each.course, each.course_title),
            )
            connection.execute(
                "INSERT INTO offering (id, course, title, opens, due, closes, counts, hold_off, zone,"
                " max_score, beside) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET"
                " course = excluded.course, title = excluded.title, opens = excluded.opens,"
                " due = excluded.due, closes = excluded.closes, counts = excluded.counts,"
                " hold_off = excluded.hold_off, zone = excluded.zone,"
                " max_score = excluded.max_score, beside = excluded.beside, is_current = 1",
                (each.id, each.course, each.title, each.opens, each.due, each.closes, each.counts,
                 each.hold_off, each.zone, each.max_score, each.beside),
            )  # fmt: skip


def offering(connection: sqlite3.Connection, name: str) -> Offering | None:
    """Return an offering by its id."""
    return next(iter(_offerings(connection, "WHERE id = ? AND is_current", name)), None)


def offerings(connection: sqlite3.Connection) -> list[Offering]:
    """Return every offering, in the order of the courses."""
    return _offerings(connection, "WHERE is_current ORDER BY rowid")


def _offerings(connection: sqlite3.Connection, where: str, *values: object) -> list[Offering]:
    columns = ", ".join(Offering.__struct_fields__)
    query = f"SELECT {columns} FROM offering {where}"  # noqa: S608  # our own names
    return [Offering(**dict(row)) for row in connection.execute(query, values).fetchall()]


def extended_to(connection: sqlite3.Connection, offering: str, user: int) -> str:
    """Return the latest extension of a student, or ''."""
    rows = connection.execute(
        "SELECT due FROM extension WHERE offering = ? AND user = ? ORDER BY id DESC LIMIT 1",
        (offering, user),
    ).fetchall()
    return str(rows[0]["due"]) if rows else ""


# --- accepting ----------------------------------------------------------------------------------


def accept(
    connection: sqlite3.Connection, offering: Offering, person: User, upload: Upload, ticket: str
) -> str:
    """Store an attempt and return its id; it is on the disk when the transaction is committed.

    If the same form is sent twice (``ticket``), it is one attempt.

    Raises:
        LimitError: The student submits too often.
        sqlite3.Error: It could not be stored, not even in part.
    """
    at, identity = now(), secrets.token_hex(12)
    with transaction(connection):
        known = connection.execute(
            "SELECT id FROM attempt WHERE user = ? AND ticket = ?", (person.id, ticket)
        ).fetchall()
        if known:
            return str(known[0]["id"])
        trial = person.is_staff(offering.course)
        _check_limits(connection, offering, person, at)
        _note_jump(connection, at)
        done = connection.execute(
            "INSERT INTO attempt (id, offering, user, file, sha256, accepted_at, state, trial, ticket)"
            " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?)",
            (identity, offering.id, person.id, upload.file, hashlib.sha256(upload.data).hexdigest(),
             at, trial, ticket or None),
        )  # fmt: skip
        packed = zlib.compress(upload.data, 1)
        connection.execute("INSERT INTO upload VALUES (?, ?)", (done.lastrowid, packed))
    return identity


def _check_limits(
    connection: sqlite3.Connection, offering: Offering, person: User, at: str
) -> None:
    moment = datetime.fromisoformat(at)
    waiting = _count(connection, _IN_HAND, person.id)
    if waiting > WAITING:
        raise LimitError(
            f"{waiting} of your submissions are waiting to be graded, and more cannot wait.", 5
        )  # fmt: skip
    hour_ago = stored(moment - timedelta(hours=1))
    recent = connection.execute(
        "SELECT accepted_at FROM attempt WHERE user = ? AND accepted_at > ? ORDER BY row",
        (person.id, hour_ago),
    ).fetchall()
    if len(recent) >= PER_HOUR:
        first = datetime.fromisoformat(recent[-PER_HOUR]["accepted_at"])
        left = (first + timedelta(hours=1) - moment).total_seconds()
        raise LimitError(
            f"You have submitted {PER_HOUR} times within an hour, which is the limit.",
            min(left, 3600),
        )
    if offering.hold_off:
        _check_hold_off(connection, offering, person, moment)


def _check_hold_off(
    connection: sqlite3.Connection, offering: Offering, person: User, moment: datetime
) -> None:
    rows = connection.execute(
        "SELECT accepted_at FROM attempt WHERE user = ? AND offering = ? ORDER BY row DESC LIMIT 1",
        (person.id, offering.id),
    ).fetchall()
    if rows:
        since = (moment - datetime.fromisoformat(rows[0]["accepted_at"])).total_seconds()
        left = offering.hold_off - max(since, 0.0)
        if left > 0:
            raise LimitError(
                f"You can submit this assignment once in {_duration(offering.hold_off)}.", left
            )


def _duration(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _count(connection: sqlite3.Connection, where: str, user: int) -> int:
    query = f"SELECT COUNT(*) FROM attempt WHERE user = ? AND {where}"  # noqa: S608  # our own words
    return int(connection.execute(query, (user,)).fetchall()[0][0])


def _note_jump(connection: sqlite3.Connection, at: str) -> None:
    """Inform staff if the clock was set back: it affects lateness, but not the order."""
    rows = connection.execute(
        "SELECT accepted_at FROM attempt ORDER BY row DESC LIMIT 1"
    ).fetchall()
    if rows:
        back = datetime.fromisoformat(rows[0]["accepted_at"]) - datetime.fromisoformat(at)
        if back.total_seconds() > JUMP:
            audit(connection, "", "clock", reason=f"set back by {back.total_seconds():.0f} s")


# --- the queue ----------------------------------------------------------------------------------


def take_next(
    connection: sqlite3.Connection, capacity: int, held: Sequence[str] = ()
) -> StoredAttempt | None:
    """Mark the next attempt as being graded and return it; return None if none may start.

    Args:
        connection: A connection to service.db.
        capacity: Number of grading processes.
        held: Offerings that cannot be graded at the moment.
    """
    busy = f"SELECT user FROM attempt WHERE {_IN_HAND} AND state = 'grading'"  # noqa: S608
    queued = f"SELECT 1 FROM attempt WHERE {_IN_HAND} AND state = 'queued' LIMIT 1"  # noqa: S608
    grading = {row["user"] for row in connection.execute(busy).fetchall()}
    if len(grading) >= capacity or not connection.execute(queued).fetchall():
        return None
    slow_left = max(1, capacity // 2) - sum(_is_slow(connection, user) for user in grading)
    for user, offering in _in_line(connection):
        if user in grading or offering in held:
            continue
        if slow_left <= 0 and _is_slow(connection, user):
            continue
        return _newest(connection, user, offering)
    return None


def _in_line(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Yield (user, offering) of waiting attempts, oldest first, reading only what is needed."""
    query = f"SELECT user, offering FROM attempt WHERE {_IN_HAND} AND state = 'queued' ORDER BY row"  # noqa: S608
    with contextlib.closing(connection.execute(query)) as rows:
        for row in rows:
            yield row["user"], row["offering"]


def _newest(connection: sqlite3.Connection, user: int, offering: str) -> StoredAttempt | None:
    """Mark the newest waiting attempt of a student as being graded, and return it."""
    query = (
        f"SELECT MAX(row) FROM attempt WHERE {_IN_HAND} AND state = 'queued'"  # noqa: S608
        " AND user = ? AND offering = ?"
    )
    newest = connection.execute(query, (user, offering)).fetchall()[0][0]
    with unsynced(connection):  # after a restart, attempts being graded are queued again anyway
        connection.execute("UPDATE attempt SET state = 'grading' WHERE row = ?", (newest,))
    return by_row(connection, newest)


def _is_slow(connection: sqlite3.Connection, user: int) -> bool:
    rows = connection.execute(
        "SELECT seconds FROM attempt WHERE user = ? AND seconds IS NOT NULL ORDER BY row DESC LIMIT 1",
        (user,),
    ).fetchall()
    return bool(rows) and rows[0]["seconds"] > SLOW


def requeue_all(connection: sqlite3.Connection) -> None:
    """Queue attempts that were being graded when the service ended, without counting a try."""
    connection.execute("UPDATE attempt SET state = 'queued' WHERE state = 'grading'")


def requeue(connection: sqlite3.Connection, row: int, *, is_counted: bool = False) -> None:
    """Return an attempt to the queue."""
    connection.execute(
        "UPDATE attempt SET state = 'queued', tries = tries + ? WHERE row = ?", (is_counted, row)
    )


def finish(connection: sqlite3.Connection, attempt: StoredAttempt, graded: Graded) -> None:
    """Record that an attempt is graded, and its student's new standing.

    If a power cut undoes this, the attempt is queued again, and results.db has the answer.
    """
    state = "error" if graded.status == "error" else "done"
    with unsynced(connection), transaction(connection):
        connection.execute(
            "UPDATE attempt SET state = ?, score = ?, seconds = ?, seed = ?, fingerprints = ?"
            " WHERE row = ?",
            (state, graded.score, graded.seconds, graded.seed, graded.fingerprints, attempt.row),
        )
        if not attempt.trial:
            set_standing(connection, attempt.offering, attempt.user,
                         Stands(graded.final, graded.lines))  # fmt: skip


def set_standing(connection: sqlite3.Connection, offering: str, user: int, now: Stands) -> None:
    """Store a student's standing, unless the student has been deleted meanwhile."""
    connection.execute(
        "INSERT OR REPLACE INTO standing SELECT ?, id, ?, ? FROM user WHERE id = ?",
        (offering, now.final, msgspec.json.encode(now.lines).decode(), user),
    )


def set_news(connection: sqlite3.Connection, news: Sequence[tuple[str, str, Stands]]) -> None:
    """Store standings that commands have changed in the results."""
    with transaction(connection):
        for offering, student, stands in news:
            rows = connection.execute(
                "SELECT id FROM user WHERE student = ?", (student,)
            ).fetchall()
            for row in rows:
                set_standing(connection, offering, row["id"], stands)


# --- queries ------------------------------------------------------------------------------------


def by_row(connection: sqlite3.Connection, row: int) -> StoredAttempt | None:
    """Return an attempt by its number."""
    found = connection.execute(f"{_ATTEMPT} WHERE attempt.row = ?", (row,)).fetchall()
    return next(iter(_attempts(found)), None)


def find(connection: sqlite3.Connection, identity: str) -> StoredAttempt | None:
    """Return an attempt by its id."""
    found = connection.execute(f"{_ATTEMPT} WHERE attempt.id = ?", (identity,)).fetchall()
    return next(iter(_attempts(found)), None)


def of_user(connection: sqlite3.Connection, user: int, offering: str = "") -> list[StoredAttempt]:
    """Return a user's attempts, the newest first."""
    where = "WHERE attempt.user = ?" + (" AND attempt.offering = ?" if offering else "")
    values = (user, offering) if offering else (user,)
    rows = connection.execute(f"{_ATTEMPT} {where} ORDER BY attempt.row DESC", values).fetchall()
    return _attempts(rows)


def source(connection: sqlite3.Connection, row: int) -> bytes:
    """Return the file of an attempt."""
    rows = connection.execute("SELECT data FROM upload WHERE attempt = ?", (row,)).fetchall()
    return zlib.decompress(rows[0]["data"]) if rows else b""


def ahead(connection: sqlite3.Connection, row: int) -> int:
    """Return how many attempts wait before this one."""
    query = f"SELECT COUNT(*) FROM attempt WHERE {_IN_HAND} AND row < ?"  # noqa: S608
    return int(connection.execute(query, (row,)).fetchall()[0][0])


def stands(connection: sqlite3.Connection, offering: str, user: int) -> Stands | None:
    """Return a student's standing in an offering."""
    rows = connection.execute(
        "SELECT final, lines FROM standing WHERE offering = ? AND user = ?", (offering, user)
    ).fetchall()
    return Stands(rows[0]["final"], msgspec.json.decode(rows[0]["lines"])) if rows else None


def graded_rows(connection: sqlite3.Connection) -> dict[str, list[tuple[str, int]]]:
    """Return (student, row) of every graded attempt that counts, by offering."""
    rows = connection.execute(
        "SELECT offering, student, row FROM attempt JOIN user ON user.id = user"
        " WHERE state = 'done' AND NOT trial"
    ).fetchall()
    found: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        found.setdefault(row["offering"], []).append((row["student"], row["row"]))
    return found


def to_check_finally(connection: sqlite3.Connection) -> list[str]:
    """Return offerings that are closed for everyone, graded, and not yet checked on one seed."""
    rows = connection.execute(
        "SELECT id FROM offering WHERE is_current AND final = '' AND closes != '' AND closes < :now"
        " AND EXISTS (SELECT 1 FROM attempt WHERE offering = offering.id AND NOT trial)"
        " AND NOT EXISTS (SELECT 1 FROM extension WHERE offering = offering.id AND due >= :now)"
        " AND NOT EXISTS (SELECT 1 FROM attempt WHERE state IN ('queued', 'grading'))",
        {"now": now()},
    ).fetchall()
    return [row["id"] for row in rows]


def set_final(connection: sqlite3.Connection, offering: str, report: str) -> None:
    """Store the result of grading everyone on one seed."""
    connection.execute("UPDATE offering SET final = ? WHERE id = ?", (report, offering))


class QueueState(Struct, frozen=True):
    """The numbers on the health page."""

    queued: int
    grading: int
    errors: int
    oldest_seconds: float


def queue_state(connection: sqlite3.Connection) -> QueueState:
    """Return the length of the queue, and the age of the oldest attempt in it."""
    rows = connection.execute("SELECT state, COUNT(*) AS n FROM attempt GROUP BY state").fetchall()
    counts = {row["state"]: row["n"] for row in rows}
    oldest = connection.execute(
        "SELECT accepted_at FROM attempt WHERE state IN ('queued', 'grading') ORDER BY row LIMIT 1"
    ).fetchall()
    age = 0.0
    if oldest:
        first = datetime.fromisoformat(oldest[0]["accepted_at"])
        age = max(0.0, (datetime.now(UTC) - first).total_seconds())
    return QueueState(
        counts.get("queued", 0), counts.get("grading", 0), counts.get("error", 0), round(age, 3)
    )


def changes(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return two numbers, at least one of which changes with every write to service.db."""
    others = connection.execute("PRAGMA data_version").fetchall()
    return connection.total_changes, int(others[0][0])


def unsettled(connection: sqlite3.Connection, offering: Offering) -> int:
    """Return the number after which attempts may still change: waiting and new ones."""
    query = (
        "SELECT IFNULL(MIN(row), (SELECT IFNULL(MAX(row), 0) + 1 FROM attempt)) - 1 FROM attempt"
        " WHERE offering = ? AND state IN ('queued', 'grading')"
    )
    return int(connection.execute(query, (offering.id,)).fetchall()[0][0])


def newest_standing(connection: sqlite3.Connection) -> int:
    """Return a number that grows with every new or replaced standing."""
    return int(connection.execute("SELECT IFNULL(MAX(rowid), 0) FROM standing").fetchall()[0][0])


CHANGED: Final = """AND user.id IN (
    SELECT user FROM attempt WHERE row > :after AND offering = :offering
    UNION ALL SELECT user FROM standing WHERE rowid > :stood AND offering = :offering)"""
"""Restricts `class_rows`; a separate text, because with an OR SQLite looks at every student."""


def class_rows(
    connection: sqlite3.Connection, offering: Offering, since: tuple[int, int] | None = None
) -> list[dict[str, object]]:
    """Return a row per student of the course for the staff page: one query for all listeners.

    ``attempt`` is the id of the newest one: SQLite takes it from the row with the MAX.

    Args:
        connection: A connection to service.db.
        offering: The assignment.
        since: Only students with an attempt after the first number (`unsettled`), or a standing
            after the second one (`newest_standing`); None for all students.
    """
    after, stood = since or (-1, -1)
    rows = connection.execute(
        f"""
SELECT user.id AS user, user.student, user.name, standing.final,
    COUNT(attempt.row) AS attempts, MAX(attempt.row), IFNULL(attempt.id, '') AS attempt,
    SUM(attempt.state IN ('queued', 'grading')) AS waiting, SUM(attempt.state = 'error') AS errors
FROM enrolment JOIN user ON user.id = enrolment.user
LEFT JOIN attempt ON attempt.user = user.id AND attempt.offering = :offering AND NOT attempt.trial
LEFT JOIN standing ON standing.user = user.id AND standing.offering = :offering
WHERE enrolment.course = :course AND enrolment.role = 'student' {CHANGED if since else ""}
GROUP BY user.id ORDER BY user.name, user.student
""",  # noqa: S608  # a constant text; values are parameters
        {"offering": offering.id, "course": offering.course, "after": after, "stood": stood},
    ).fetchall()
    return [dict(row) for row in rows]
