"""Users: their accounts, sign-in and roles.

Tokens are random, and only their hashes are stored. A personal link works once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from msgspec import Struct, field

from grader.serve.database import now, stored, transaction

Role = Literal["student", "assistant", "instructor"]
ROLES: Final = ("student", "assistant", "instructor")
LINK: Final = timedelta(days=14)
"""Lifetime of a personal link."""
DEVICE_LINK: Final = timedelta(minutes=10)
AFTER_CLOSING: Final = timedelta(days=30)
WITHOUT_CLOSING: Final = timedelta(days=180)


class User(Struct, frozen=True):
    """A user, with the role in each course."""

    id: int
    student: str
    name: str
    email: str
    roles: Mapping[str, Role] = field(default_factory=dict)
    csrf: str = ""
    """The token that every form of this session must contain."""

    @property
    def shown(self) -> str:
        """Return the name, or the id if there is no name."""
        return self.name or self.student

    def is_staff(self, course: str) -> bool:
        """Return whether the user is an assistant or an instructor of a course."""
        return self.roles.get(course) in ("assistant", "instructor")


def digest(token: str) -> str:
    """Return the hash of a token, which is stored in its place."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(token: str) -> str:
    """Return the form token of a session, which only the session's own token can produce."""
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"form", "sha256").hexdigest()[:32]


def enrol(
    connection: sqlite3.Connection, student: str, name: str, email: str, course: str, role: str
) -> int:
    """Add a user to a course, or update name, e-mail address and role; return the user's number."""
    connection.execute(
        "INSERT INTO user (student, name, email) VALUES (?, ?, ?) ON CONFLICT (student) "
        "DO UPDATE SET name = excluded.name, email = excluded.email",
        (student, name, email),
    )
    found = connection.execute("SELECT id FROM user WHERE student = ?", (student,)).fetchall()
    connection.execute(
        "INSERT INTO enrolment VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role",
        (found[0][0], course, role),
    )
    return int(found[0][0])


def new_link(
    connection: sqlite3.Connection, user: int, lasts: timedelta = LINK, *, replaces: bool = True
) -> str:
    """Return the token of a new link; with ``replaces``, unused links stop working."""
    if replaces:
        connection.execute("DELETE FROM invite WHERE user = ? AND used = ''", (user,))
    token, at = secrets.token_urlsafe(24), datetime.now(UTC)
    connection.execute(
        "INSERT INTO invite VALUES (?, ?, ?, ?, '')",
        (digest(token), user, stored(at), stored(at + lasts)),
    )
    return token


def invited(connection: sqlite3.Connection, token: str) -> User | None:
    """Return the user of a link, if the link still works."""
    rows = connection.execute(
        "SELECT user FROM invite WHERE hash = ? AND used = '' AND expires > ?",
        (digest(token), now()),
    ).fetchall()
    return person(connection, rows[0]["user"]) if rows else None


def redeem(connection: sqlite3.Connection, token: str) -> str | None:
    """Use a link; return the token of a new session, or None if the link does not work."""
    with transaction(connection):
        used = connection.execute(
            "UPDATE invite SET used = ? WHERE hash = ? AND used = '' AND expires > ?",
            (now(), digest(token), now()),
        )
        if not used.rowcount:
            return None
        rows = connection.execute("SELECT user FROM invite WHERE hash = ?", (digest(token),))
        user = rows.fetchall()[0]["user"]
        session = secrets.token_urlsafe(32)
        connection.execute(
            "INSERT INTO session VALUES (?, ?, ?, ?)",
            (digest(session), user, now(), _expiry(connection, user)),
        )
    return session


def _expiry(connection: sqlite3.Connection, user: int) -> str:
    """Return the end of a new session: 30 days after the last closing of the user's courses."""
    rows = connection.execute(
        "SELECT closes FROM offering JOIN enrolment USING (course) WHERE user = ?", (user,)
    ).fetchall()
    today = datetime.now(UTC)
    last = max((row["closes"] for row in rows if row["closes"]), default="")
    if not last or any(not row["closes"] for row in rows):
        return stored(today + WITHOUT_CLOSING)
    return stored(max(today, datetime.fromisoformat(last)) + AFTER_CLOSING)


def signed_in(connection: sqlite3.Connection, token: str) -> User | None:
    """Return the user of a session, unless it has ended."""
    if not token:
        return None
    rows = connection.execute(
        "SELECT user FROM session WHERE hash = ? AND expires > ?", (digest(token), now())
    ).fetchall()
    return person(connection, rows[0]["user"], csrf_of(token)) if rows else None


def sign_out(connection: sqlite3.Connection, token: str) -> None:
    """End a session."""
    connection.execute("DELETE FROM session WHERE hash = ?", (digest(token),))


def person(connection: sqlite3.Connection, user: int, csrf: str = "") -> User | None:
    """Return a user by number."""
    rows = connection.execute("SELECT * FROM user WHERE id = ?", (user,)).fetchall()
    if not rows:
        return None
    enrolled = connection.execute("SELECT course, role FROM enrolment WHERE user = ?", (user,))
    roles = {row["course"]: row["role"] for row in enrolled.fetchall()}
    found = rows[0]
    return User(found["id"], found["student"], found["name"], found["email"], roles, csrf)


def audit(
    connection: sqlite3.Connection, by: str, action: str, offering: str = "", student: str = "",
    reason: str = "",
) -> None:  # fmt: skip
    """Add an entry to the audit log; entries are never changed or deleted."""
    connection.execute(
        "INSERT INTO audit (at, by, action, offering, student, reason) VALUES (?, ?, ?, ?, ?, ?)",
        (now(), by, action, offering, student, reason),
    )
