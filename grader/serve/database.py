"""service.db: people, offerings, attempts and the queue; SQLite in WAL mode, with migrations.

    database = Database(path)
    row = await database(attempts.finish, ...)     # calls attempts.finish(connection, ...)
    row = await database.together(attempts.accept, ...)  # the same, in a commit shared with others
    row = database.read(attempts.find, "k3v...")   # the same, immediately, for reading only

One thread has the only writing connection, because SQLite's connections must not be shared. A
commit is on the disk before the response is sent (``synchronous=FULL``), so a power cut loses no
acknowledged submission.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from grader.errors import UserError

FILE: Final = "service.db"
FOLDER: Final = "web"
"""The web process's private folder in DATA."""
PATIENCE: Final = 30.0
MIGRATIONS: Final = (
    """
CREATE TABLE course (id TEXT PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE user (id INTEGER PRIMARY KEY, student TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    email TEXT NOT NULL);
CREATE TABLE enrolment (user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    course TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('student', 'assistant', 'instructor')),
    PRIMARY KEY (user, course));
CREATE TABLE offering (id TEXT PRIMARY KEY, course TEXT NOT NULL, title TEXT NOT NULL,
    opens TEXT NOT NULL, due TEXT NOT NULL, closes TEXT NOT NULL, counts TEXT NOT NULL,
    hold_off REAL NOT NULL DEFAULT 0, zone TEXT NOT NULL, max_score REAL NOT NULL,
    is_current INTEGER NOT NULL DEFAULT 1, final TEXT NOT NULL DEFAULT '');
CREATE TABLE extension (id INTEGER PRIMARY KEY, offering TEXT NOT NULL,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE, due TEXT NOT NULL,
    reason TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE attempt (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    offering TEXT NOT NULL, user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    file TEXT NOT NULL, sha256 TEXT NOT NULL, accepted_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'grading', 'done', 'error')),
    tries INTEGER NOT NULL DEFAULT 0, seed INTEGER, fingerprints TEXT NOT NULL DEFAULT '',
    seconds REAL, score REAL, trial INTEGER NOT NULL DEFAULT 0, ticket TEXT,
    UNIQUE (user, ticket));
CREATE INDEX attempt_state ON attempt (state) WHERE state IN ('queued', 'grading');
CREATE INDEX attempt_user ON attempt (user, offering);
CREATE TABLE upload (attempt INTEGER PRIMARY KEY REFERENCES attempt (row) ON DELETE CASCADE,
    data BLOB NOT NULL);
CREATE TABLE standing (offering TEXT NOT NULL,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE, final REAL,
    lines TEXT NOT NULL, PRIMARY KEY (offering, user));
CREATE TABLE session (hash TEXT PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created TEXT NOT NULL, expires TEXT NOT NULL);
CREATE TABLE invite (hash TEXT PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created TEXT NOT NULL, expires TEXT NOT NULL, used TEXT NOT NULL DEFAULT '');
CREATE TABLE audit (id INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL,
    action TEXT NOT NULL, offering TEXT NOT NULL, student TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER extension_kept BEFORE UPDATE ON extension BEGIN
    SELECT RAISE(ABORT, 'extensions are append-only'); END;
""",
    "ALTER TABLE offering ADD COLUMN beside TEXT NOT NULL DEFAULT '';",
)
"""Each migrates the file to the next version. Never change one that was released."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Job = tuple[Callable[[sqlite3.Connection], Any], asyncio.Future[Any]]


class ServeError(UserError):
    """The service cannot start or continue; the line says why and what to do."""


class Database:
    """A thread with the writing connection, and a separate connection for reading."""

    def __init__(self, path: Path) -> None:
        """Open the database; only the thread that opens it may call `read`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._connection = self._thread.submit(connect, path).result()
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._waiting: deque[_Job] = deque()

    async def __call__(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *arguments: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Call ``function(connection, ...)`` in the database's thread."""

        def call() -> _T:
            return function(self._connection, *arguments, **named)

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def together(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *arguments: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Call ``function(connection, ...)`` in one transaction with other waiting calls.

        Waiting for the disk takes longer than writing. Calls that arrive while the disk is busy
        share the next commit, and each caller continues after that commit.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[_T] = loop.create_future()
        self._waiting.append((lambda connection: function(connection, *arguments, **named), done))
        self._thread.submit(self._commit, loop)
        return await done

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run all waiting calls; there are none if an earlier commit included them."""
        jobs = []
        while self._waiting:  # only this thread takes from it
            jobs.append(self._waiting.popleft())
        if jobs:
            found = all_or_none(self._connection, [call for call, _ in jobs])
            loop.call_soon_threadsafe(_settle, [done for _, done in jobs], found)

    def read(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _P], _T],
        *arguments: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Call ``function(connection, ...)`` in this thread, on a consistent snapshot.

        It does not wait for writers. Use it for queries that SQLite answers with an index, which
        take less time than asking the other thread. Queries over a whole class belong in the other
        thread.
        """
        self._reader.execute("BEGIN")
        try:
            return function(self._reader, *arguments, **named)
        finally:
            self._reader.execute("COMMIT")

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._reader.close()
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()


def connect(path: Path) -> sqlite3.Connection:
    """Open service.db for the calling thread, and migrate it to the newest version.

    Raises:
        ServeError: It cannot be used, or was made by a newer grader.
    """
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection, path)
    except (sqlite3.Error, OSError) as error:
        raise ServeError(f"{path} cannot be used: {error}") from None
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise ServeError(
            f"{path} was written by a newer grader; update this one, or restore a backup"
        )
    for number in range(version, len(MIGRATIONS)):
        script = (
            f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        )
        connection.executescript(script)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit everything that the block writes, or nothing; a nested block commits with the outer."""
    is_outer = not connection.in_transaction
    connection.execute("BEGIN IMMEDIATE" if is_outer else "SAVEPOINT part")
    try:
        yield
        connection.execute("COMMIT" if is_outer else "RELEASE part")
    except (
        BaseException
    ):  # also of COMMIT: a transaction left open would become the next one's outer
        if connection.in_transaction:  # a full disk has already caused a rollback
            connection.execute("ROLLBACK" if is_outer else "ROLLBACK TO part")
        raise


def all_or_none(
    connection: sqlite3.Connection, calls: Sequence[Callable[[sqlite3.Connection], Any]]
) -> list[Any]:
    """Run all calls in one transaction; return the value or the exception of each.

    If a call raises, only its own changes are undone. If SQLite fails, nothing is stored.
    """
    found = []
    try:
        with transaction(connection):
            for call in calls:
                try:
                    with transaction(connection):
                        found.append(call(connection))
                except sqlite3.Error:
                    raise
                except Exception as error:
                    found.append(error)
    except sqlite3.Error as error:
        return [error] * len(calls)
    return found


def _settle(waiting: Sequence[asyncio.Future[Any]], found: Sequence[Any]) -> None:
    """Give each waiting caller its value or exception; some may be cancelled already."""
    for done, value in zip(waiting, found, strict=True):
        if done.done():
            continue
        if isinstance(value, Exception):
            done.set_exception(value)
        else:
            done.set_result(value)


@contextlib.contextmanager
def unsynced(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes without waiting for the disk; a power cut may undo it."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def is_full(error: sqlite3.Error) -> bool:
    """Return whether an error says that the disk is full."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def now() -> str:
    """Return the current time as it is stored: UTC, sortable as text."""
    return stored(datetime.now(UTC))


def stored(moment: datetime) -> str:
    """Return a time as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
