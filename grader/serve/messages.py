"""The messages between the web process and the grading service, over a Unix socket.

A request and its answer are one frame each: eight bytes of length, then msgpack. A connection
transmits one request after another; `grader.serve.connections` sends them.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

import msgspec

LONGEST: Final = 256 * 1024 * 1024
"""Largest size of a frame, in bytes."""
SOCKET: Final = "grading.sock"
LENGTH: Final = 8
"""Bytes of the length before a frame."""


class OfferingsRequest(msgspec.Struct, tag=True, frozen=True):
    """Request the list of assignments."""


class OfferingInfo(msgspec.Struct, frozen=True):
    """The public data of one assignment; times are in ISO 8601, or ''."""

    id: str
    course: str
    course_title: str
    title: str
    opens: str = ""
    due: str = ""
    closes: str = ""
    counts: str = "last"
    hold_off: float = 0.0
    zone: str = "UTC"
    max_score: float = 100.0
    beside: str = ""
    """The accepted files besides the main file, as JSON of `grader.inbox.beside.Beside`."""


class Offerings(msgspec.Struct, tag=True, frozen=True):
    """All assignments, and the problem of a course if there is one."""

    offerings: list[OfferingInfo]
    problem: str = ""


class GradeRequest(msgspec.Struct, tag=True, frozen=True):
    """Grade one attempt; if it has been graded already, the answer comes from results.db."""

    offering: str
    row: int
    student: str
    name: str
    email: str
    file: str
    source: bytes
    accepted_at: str
    trial: bool = False
    is_last_try: bool = False
    """Whether to store an `error` if the grading process dies again."""


class Graded(msgspec.Struct, tag=True, frozen=True):
    """The grade of an attempt, and its student's new standing."""

    status: str
    score: float | None
    final: float | None
    lines: list[str]
    seconds: float = 0.0
    seed: int | None = None
    fingerprints: str = ""


class LostProcess(msgspec.Struct, tag=True, frozen=True):
    """The grading process died or hung with the attempt."""

    why: str


class Unable(msgspec.Struct, tag=True, frozen=True):
    """Nothing can be graded at the moment; the request should be repeated later."""

    why: str


class Refusal(msgspec.Struct, tag=True, frozen=True):
    """The request is not valid; one line for the person who made it."""

    why: str


class PageRequest(msgspec.Struct, tag=True, frozen=True):
    """Request the feedback page of an attempt."""

    offering: str
    student: str
    row: int
    trial: bool = False


class ReportRequest(msgspec.Struct, tag=True, frozen=True):
    """Request the class report; ``pages`` gives the link to each student's newest page."""

    offering: str
    pages: dict[str, str]


class AnswersRequest(msgspec.Struct, tag=True, frozen=True):
    """Request all students' written answers to manually graded questions."""

    offering: str


class Document(msgspec.Struct, tag=True, frozen=True):
    """A page or a file."""

    data: bytes
    name: str = ""
    notes: list[str] = []


class OverrideRequest(msgspec.Struct, tag=True, frozen=True):
    """Set a student's final score, or withdraw the last change (``undo``)."""

    offering: str
    student: str
    change: str
    reason: str
    by: str
    at: str


class ExtendRequest(msgspec.Struct, tag=True, frozen=True):
    """Give a student a later due date."""

    offering: str
    student: str
    due: str
    reason: str
    by: str
    at: str


class Stands(msgspec.Struct, tag=True, frozen=True):
    """A student's standing."""

    final: float | None
    lines: list[str]


class RegradeRequest(msgspec.Struct, tag=True, frozen=True):
    """Grade everyone again: list the changes, or store the changes listed as ``shown``."""

    offering: str
    shown: str = ""
    is_final: bool = False
    """Whether to use one new seed for all, after closing; such results cannot be stored."""


class ChangeLine(msgspec.Struct, frozen=True):
    """One student whose score changes."""

    student: str
    before: float | None
    after: float | None


class Changes(msgspec.Struct, tag=True, frozen=True):
    """The students whose final score changes, under a name by which they can be stored."""

    changes: list[ChangeLine]
    shown: str = ""
    graded: int = 0
    is_stored: bool = False


class ExportRequest(msgspec.Struct, tag=True, frozen=True):
    """Request the gradebook file for an LMS."""

    offering: str
    format: str
    into: bytes | None = None


class MyDataRequest(msgspec.Struct, tag=True, frozen=True):
    """Request all grades of one student."""

    student: str


class NewsRequest(msgspec.Struct, tag=True, frozen=True):
    """Request the standings that commands changed after a row of each results.db."""

    since: dict[str, int]


class News(msgspec.Struct, tag=True, frozen=True):
    """The last row of each results.db, and a list of (offering, student, standing)."""

    rows: dict[str, int]
    stands: list[tuple[str, str, Stands]]


class KnownRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask which of these (student, row) have no grade, since a restored backup may be older."""

    offering: str
    attempts: list[tuple[str, int]]


class Unknown(msgspec.Struct, tag=True, frozen=True):
    """The rows without a grade."""

    rows: list[int]


class StatusRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask whether the service works."""


class ServiceStatus(msgspec.Struct, tag=True, frozen=True):
    """The number of running grading processes."""

    processes: int


Request = (
    OfferingsRequest | GradeRequest | PageRequest | ReportRequest | AnswersRequest
    | OverrideRequest | ExtendRequest | RegradeRequest | ExportRequest | MyDataRequest | NewsRequest
    | KnownRequest | StatusRequest
)  # fmt: skip
Answer = (
    Offerings | Graded | LostProcess | Unable | Refusal | Document | Stands | Changes | News
    | Unknown | ServiceStatus
)  # fmt: skip

_REQUESTS: Final = msgspec.msgpack.Decoder(Request)
ANSWERS: Final = msgspec.msgpack.Decoder(Answer)


class NotServedError(Exception):
    """The grading service did not answer, because it is being restarted."""


def address(data: Path) -> str:
    """Return a short path of the socket in DATA; its real path may be too long for a socket."""
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{SOCKET}"


def framed(message: Request | Answer) -> bytes:
    """Return a message with its length prefix."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH) + body


def receive_request(connection: socket.socket) -> Request:
    """Read a request; raise OSError or ValueError if that fails."""
    length = int.from_bytes(_exactly(connection, LENGTH))
    if length > LONGEST:
        raise ValueError("the request is too long")
    request: Request = _REQUESTS.decode(_exactly(connection, length))
    return request


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        part = connection.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("the other side closed the connection")
        parts += part
    return bytes(parts)
