"""Store grades and attempts in SQLite: append-only, written at once, readable during a run.

    with Store.create(folder, run) as store:
        store.add(grade, submission)
    Store.open(folder).handins()

Each row is an attempt: a submission's student, the hash of its content, its round, and its grade.
The first three are unique together, so that a grade that arrives twice (in a resumed run, or from a
broker) is stored once. WAL with ``synchronous=NORMAL``: a commit survives kill -9 and needs no
fsync.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, TypeVar

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from grader.errors import UserError
from grader.model import Grade, Submission
from grader.results.marks import Mark, holding, marked

FILE: Final = "results.db"
PATIENCE: Final = 30.0
"""Seconds to wait for another process that has locked the file."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY CHECK (id = 1), data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, student TEXT NOT NULL, hash TEXT NOT NULL, round INTEGER NOT NULL,
    graded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), grade TEXT NOT NULL,
    UNIQUE (student, hash, round));
CREATE TABLE IF NOT EXISTS sources (hash TEXT PRIMARY KEY, file TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS adjustments (
    id INTEGER PRIMARY KEY, student TEXT NOT NULL, change TEXT NOT NULL, reason TEXT NOT NULL,
    by TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (student, change, reason, by, at));
CREATE TABLE IF NOT EXISTS extensions (
    id INTEGER PRIMARY KEY, student TEXT NOT NULL, due TEXT NOT NULL, reason TEXT NOT NULL,
    by TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (student, due, reason, by, at));
CREATE TABLE IF NOT EXISTS marks (
    id INTEGER PRIMARY KEY, student TEXT NOT NULL, question TEXT NOT NULL, points REAL NOT NULL,
    reason TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL,
    UNIQUE (student, question, points, reason, by, at));
DROP TABLE IF EXISTS standings;
"""
SERVED: Final = "serve"
"""Value of `Run.inbox` if the submissions came through ``grader serve``."""
FIRST_SERVED: Final = 10**9
"""Rounds from this number on are submissions to ``grader serve``, in order of acceptance."""


_Kind = TypeVar("_Kind")


def _elsewhere(folder: Path) -> str:
    """Suggest the folder of results that was probably meant, one level up or down; or ''."""
    near = [folder.parent, *sorted(folder.glob("*"))[:1000]]
    found = [each for each in near if (each / FILE).is_file()]
    return f"; did you mean {found[0]}?" if found else ""


class StoreError(UserError):
    """The results cannot be read or written; the line says why and what to do."""


class Run(Struct, frozen=True):
    """The settings of a run, so that it can be resumed and repeated."""

    assignment: str
    seed: int
    max_score: float
    secret: str
    """The fingerprint of the course's secret, which identifies it without revealing it."""
    sandbox: tuple[str, ...] = ()
    inbox: str = ""
    versions: dict[str, str] = field(default_factory=dict)


class Adjustment(Struct, frozen=True):
    """A manual change of a score, with its author, reason and time; see `grader.results.policy`."""

    student: str
    change: str
    """``+5``, ``-2.5``, ``=80``, or ``undo``."""
    reason: str
    by: str = ""
    at: str = ""


class LaterDate(Struct, frozen=True):
    """A later due date from staff for a student in ``grader serve``; the last one is valid."""

    student: str
    due: str
    """ISO 8601, with the offset from UTC."""
    reason: str
    by: str = ""
    at: str = ""


class Judged(Struct, frozen=True):
    """A submission of one student at one time, with the newest verdict on it."""

    digest: str
    grade: Grade


class Store:
    """The results of one run, in its folder; only one thread may use it at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self.path = connection, path
        self._known: tuple[str, Run] | None = None
        """The stored text of the run when it was last read, and the run that it describes."""

    @classmethod
    def create(cls, folder: Path, run: Run) -> Store:
        """Start a store or resume one; raise `StoreError` if it belongs to another run."""
        store = cls(_connect(folder / FILE), folder / FILE)
        try:
            store._connection.executescript(_SCHEMA)
            known = store._run()
            if known is None:
                store._execute("INSERT INTO run VALUES (1, ?)", (_text(run),))
                return store
        except sqlite3.Error as error:
            raise _said(folder / FILE, error) from None
        store._check_same(known, run, folder / FILE)
        return store

    @staticmethod
    def _check_same(known: Run, other: Run, where: Path) -> None:
        for name in ("assignment", "seed", "secret"):
            before, now = getattr(known, name), getattr(other, name)
            if before != now:
                message = f"{where} contains a run with another {name} ({before}, not {now})"
                raise StoreError(f"{message}; choose another --out")

    def check_same(self, other: Run, where: Path) -> None:
        """Raise `StoreError` unless ``other``, found at ``where``, is this run or a shard of it."""
        self._check_same(other, self.run, where)

    @staticmethod
    def holds_run(folder: Path) -> bool:
        """Return whether there is a run to resume; a killed run may leave an empty file."""
        path = folder / FILE
        if not path.is_file() or not path.stat().st_size:
            return False
        with Store(_connect(path), path) as store:
            tables = store._execute("SELECT 1 FROM sqlite_master WHERE name = 'run'")
            return tables.fetchone() is not None and store._run() is not None

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open the results in ``folder``; raise `StoreError` if there are none."""
        path = folder / FILE
        if not path.is_file():
            raise StoreError(
                f"{folder} contains no results ({FILE} is missing){_elsewhere(folder)}"
            )
        store = cls(_connect(path), path)
        if store._run() is None:
            raise StoreError(f"{path} contains no run")
        try:
            store._connection.executescript(_SCHEMA)  # one of an older version has fewer tables
        except sqlite3.Error as error:
            raise _said(path, error) from None
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    @property
    def is_writing(self) -> bool:
        """Return whether a transaction is open."""
        return self._connection.in_transaction

    @property
    def run(self) -> Run:
        """Return the run of these results."""
        run = self._run()
        if run is None:
            raise StoreError(f"{self.path} contains no run")
        return run

    def update(self, run: Run) -> None:
        """Record facts that became known after the run started (its sandbox, its versions)."""
        self._execute("UPDATE run SET data = ? WHERE id = 1", (_text(run),))

    def add(self, grade: Grade, submission: Submission, attempt: int = 0) -> bool:
        """Store a grade and its submission; return False if this attempt is stored already."""
        digest = content_hash(submission)
        # a higher level would take longer than everything else here
        packed = zlib.compress(submission.source, 1)
        with self._transaction():
            self._execute(
                "INSERT OR IGNORE INTO sources VALUES (?, ?, ?)", (digest, submission.file, packed)
            )
            done = self._execute(
                "INSERT OR IGNORE INTO attempts (student, hash, round, grade) VALUES (?, ?, ?, ?)",
                (submission.student, digest, attempt, _text(replace(grade, standing=None))),
            )
        return done.rowcount == 1

    def graded(self) -> set[tuple[str, str]]:
        """Return (student, content hash) of everything that a resumed run need not grade.

        Errors are left out, so that resuming a run tries them again.
        """
        rows = self._execute("SELECT student, hash, grade FROM attempts ORDER BY id")
        status = {(who, digest): self._decoded(text, Grade).status for who, digest, text in rows}
        return {key for key, value in status.items() if value == "graded"}

    def attempts(self, student: str) -> int:
        """Return the number of a student's stored attempts."""
        rows = self._execute("SELECT COUNT(*) FROM attempts WHERE student = ?", (student,))
        return int(rows.fetchone()[0])

    def next_round(self, submission: Submission, again: bool = False) -> int:
        """Return the next round: 0; a new one if ``again`` is set or after an `error`."""
        rows = self._graded(submission)
        new = again or (rows and rows[-1].status == "error")
        return self.attempts(submission.student) if new else 0

    def hand_in_again(self, submission: Submission) -> bool:
        """Store that graded content was submitted again; its verdict stays valid."""
        rows = self._graded(submission)
        when = {grade.submission.submitted_at for grade in rows}
        if not rows or not submission.submitted_at or submission.submitted_at in when:
            return False
        grade = replace(rows[-1], submission=replace(submission, source=b""))
        return self.add(grade, submission, self.attempts(submission.student))

    def handins(self) -> Iterator[Judged]:
        """Yield all submissions in order of arrival; a regraded one keeps its place."""
        yield from self._in_order(self.rounds(), self.marks())

    def of(self, student: str) -> list[Judged]:
        """Return one student's submissions in order of arrival, without reading the class."""
        query = "SELECT hash, round, grade FROM attempts WHERE student = ? ORDER BY id"
        rows = self._execute(query, (student,))
        rounds = ((digest, number, self._decoded(text, Grade)) for digest, number, text in rows)
        return list(self._in_order(rounds, self.marks(student)))

    def since(self, number: int) -> Iterator[tuple[int, Grade]]:
        """Yield (row, grade) of every verdict after a row, oldest first."""
        query = "SELECT id, grade FROM attempts WHERE id > ? ORDER BY id"
        for row, text in self._execute(query, (number,)):
            yield row, self._decoded(text, Grade)

    def served(
        self, student: str, number: int, handins: Sequence[Judged] | None = None
    ) -> Grade | None:
        """Return the newest verdict on the attempt that ``grader serve`` accepted as ``number``.

        Args:
            student: The id of the student.
            number: The row of the attempt in service.db.
            handins: The student's submissions (`of`), if they have been read already.
        """
        query = "SELECT hash, grade FROM attempts WHERE student = ? AND round = ?"
        row = self._execute(query, (student, FIRST_SERVED + number)).fetchone()
        if row is None:
            return None
        first = self._decoded(row[1], Grade)
        when = first.submission.submitted_at
        every = self.of(student) if handins is None else handins
        known = (each.grade for each in every if each.digest == row[0])
        return next((grade for grade in known if grade.submission.submitted_at == when), first)

    def rounds(self) -> Iterator[tuple[str, int, Grade]]:
        """Yield (content hash, round, grade) of every verdict, oldest first."""
        rows = self._execute("SELECT hash, round, grade FROM attempts ORDER BY id")
        for digest, number, grade in rows:
            yield digest, number, self._decoded(grade, Grade)

    def _in_order(
        self, rounds: Iterable[tuple[str, int, Grade]], given: Iterable[Mark]
    ) -> Iterator[Judged]:
        """Yield the newest verdict on each submission; those of the service in order of number."""
        found: dict[tuple[str, str, str], tuple[int, Judged]] = {}
        marks = holding(given)
        for digest, number, grade in rounds:
            key = (grade.submission.student, digest, grade.submission.submitted_at)
            place = found[key][0] if key in found else number
            found[key] = (place, Judged(digest, marked(grade, marks)))
        accepted = sorted((e for e in found.values() if e[0] >= FIRST_SERVED), key=lambda e: e[0])
        yield from (judged for place, judged in found.values() if place < FIRST_SERVED)
        yield from (judged for _, judged in accepted)

    def extend(self, later: LaterDate) -> bool:
        """Store a later due date; return False if it is stored already."""
        values = (later.student, later.due, later.reason, later.by, later.at)
        query = "INSERT OR IGNORE INTO extensions VALUES (NULL, ?, ?, ?, ?, ?)"
        return self._execute(query, values).rowcount == 1

    def extensions(self, student: str = "") -> list[LaterDate]:
        """Return the later due dates from staff in ``grader serve``, oldest first."""
        rows = self._given("student, due, reason, by, at FROM extensions", "id", student)
        return [LaterDate(*row) for row in rows]

    def newest(self) -> int:
        """Return the number of the last row, which grows with every verdict and manual change."""
        tables = ("attempts", "adjustments", "extensions", "marks")
        parts = " + ".join(f"(SELECT COALESCE(MAX(id), 0) FROM {name})" for name in tables)  # noqa: S608
        return int(self._execute(f"SELECT {parts}").fetchone()[0])

    def forget(self, student: str) -> int:
        """Delete a student's data, also in free pages; return the number of verdicts."""
        self._execute("PRAGMA secure_delete = ON")
        with self._transaction():
            hashes = self._execute(
                "SELECT hash FROM attempts WHERE student = ?", (student,)
            ).fetchall()
            for table in ("attempts", "adjustments", "extensions", "marks"):
                query = f"DELETE FROM {table} WHERE student = ?"  # noqa: S608  # our own names
                self._execute(query, (student,))
            left = "SELECT 1 FROM attempts WHERE attempts.hash = sources.hash"
            for row in hashes:
                query = f"DELETE FROM sources WHERE hash = ? AND NOT EXISTS ({left})"  # noqa: S608
                self._execute(query, row)
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._execute("VACUUM")
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(hashes)

    def source(self, digest: str) -> tuple[str, bytes]:
        """Return (file, content) of a submission by its hash; raise `StoreError` if missing."""
        query = "SELECT file, data FROM sources WHERE hash = ?"
        row = self._execute(query, (digest,)).fetchone()
        if row is None:
            raise StoreError(f"no source {digest[:12]} in {self.path}")
        return row[0], zlib.decompress(row[1])

    def adjust(self, change: Adjustment) -> bool:
        """Store a manual change; return False if it is stored already."""
        values = (change.student, change.change, change.reason, change.by, change.at)
        columns = "(student, change, reason, by, at)"
        query = f"INSERT OR IGNORE INTO adjustments {columns} VALUES (?, ?, ?, ?, ?)"  # noqa: S608
        return self._execute(query, values).rowcount == 1

    def adjustments(self, student: str = "") -> list[Adjustment]:
        """Return all manual changes, including withdrawn ones, oldest first."""
        rows = self._given("student, change, reason, by, at FROM adjustments", "at, id", student)
        return [Adjustment(*row) for row in rows]

    def mark(self, given: Mark) -> bool:
        """Store a mark for a question; return False if it is stored already."""
        values = (given.student, given.question, given.points, given.reason, given.by, given.at)
        query = "INSERT OR IGNORE INTO marks VALUES (NULL, ?, ?, ?, ?, ?, ?)"
        return self._execute(query, values).rowcount == 1

    def marks(self, student: str = "") -> list[Mark]:
        """Return all marks, including replaced ones, oldest first."""
        columns = "student, question, points, reason, by, at FROM marks"
        return [Mark(*row) for row in self._given(columns, "at, id", student)]

    def _given(self, what: str, order: str, student: str) -> sqlite3.Cursor:
        """Select what staff gave to one student, or to the whole class if ``student`` is ''."""
        if not student:
            return self._execute(f"SELECT {what} ORDER BY {order}")
        return self._execute(f"SELECT {what} WHERE student = ? ORDER BY {order}", (student,))

    def _graded(self, submission: Submission) -> list[Grade]:
        query = "SELECT grade FROM attempts WHERE student = ? AND hash = ? ORDER BY id"
        rows = self._execute(query, (submission.student, content_hash(submission)))
        return [self._decoded(row[0], Grade) for row in rows]

    def _run(self) -> Run | None:
        row = self._execute("SELECT data FROM run").fetchone()
        if row is None:
            return None
        if self._known is None or self._known[0] != row[0]:
            self._known = row[0], self._decoded(row[0], Run)
        return self._known[1]

    def _decoded(self, text: str, kind: type[_Kind]) -> _Kind:
        try:
            return msgspec.json.decode(text, type=kind)
        except (msgspec.MsgspecError, TypeError, UnicodeError):
            what = "was not written by this version of grader, or is damaged"
            raise StoreError(f"{self.path} {what}; nothing in it was changed") from None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._execute("COMMIT")

    def _execute(self, query: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise _said(self.path, error) from None


def content_hash(submission: Submission) -> str:
    """Return the hash of a submission: the file's name and content, and why it was refused."""
    parts = (submission.file.encode(), submission.source, submission.problem.encode())
    lengths = b"".join(len(part).to_bytes(8) for part in parts)
    return hashlib.sha256(lengths + b"".join(parts)).hexdigest()


def _connect(path: Path) -> sqlite3.Connection:
    """Open the database; raise `StoreError` if one of its files is a link."""
    for name in (path.name, *(f"{path.name}-{part}" for part in ("wal", "shm", "journal"))):
        if path.with_name(name).is_symlink():  # SQLite would write to the target of the link
            raise StoreError(f"{path.with_name(name)} is a link; choose another folder")
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection
    except (sqlite3.Error, OSError) as error:
        raise _said(path, error) from None


def _said(path: Path, error: Exception) -> StoreError:
    return StoreError(f"{path} cannot be used: {error}")


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
