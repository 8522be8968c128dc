"""The messages from the web process to the grading service, over a Unix socket.

A request and its answer are a frame each: eight bytes of length, then msgpack. A connection carries one
request after the other; `grader.serve.connections` sends them.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

import msgspec

LONGEST: Final = 256 * 1024 * 1024
"""Bytes of one frame."""
SOCKET: Final = "grading.sock"
LENGTH: Final = 8
"""Bytes of the number before a frame."""


class OfferingsRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask which assignments there are."""


class OfferingInfo(msgspec.Struct, frozen=True):
    """One assignment as students see it; times in ISO 8601, or ''."""

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
    """What is taken besides the main file, as JSON of `grader.inbox.beside.Beside`."""


class Offerings(msgspec.Struct, tag=True, frozen=True):
    """All assignments, and what is wrong with a course, if anything is."""

    offerings: list[OfferingInfo]
    problem: str = ""


class GradeRequest(msgspec.Struct, tag=True, frozen=True):
    """Grade one attempt; what is graded already is answered from results.db."""

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
    """Whether an `error` is kept if its grading process dies now."""


class Graded(msgspec.Struct, tag=True, frozen=True):
    """The grade of an attempt, and how its student stands now."""

    status: str
    score: float | None
    final: float | None
    lines: list[str]
    seconds: float = 0.0
    seed: int | None = None
    fingerprints: str = ""


class LostProcess(msgspec.Struct, tag=True, frozen=True):
    """The grading process died with the attempt, or hung."""

    why: str


class Unable(msgspec.Struct, tag=True, frozen=True):
    """Nothing can be graded at the moment: to be tried again later."""

    why: str


class Refusal(msgspec.Struct, tag=True, frozen=True):
    """The request makes no sense: one line for whoever asked."""

    why: str


class PageRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask for the feedback page of an attempt."""

    offering: str
    student: str
    row: int
    trial: bool = False


class ReportRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask for the class report; ``pages`` leads from a student to the newest attempt's page."""

    offering: str
    pages: dict[str, str]


class AnswersRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask for the written answers of all students, to questions that a person grades."""

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
    """Grade everybody again: show who changes, or store what was shown under ``shown``."""

    offering: str
    shown: str = ""
    is_final: bool = False
    """Whether on one new seed for all, after closing; nothing can be stored of that."""


class ChangeLine(msgspec.Struct, frozen=True):
    """One student whose score changes."""

    student: str
    before: float | None
    after: float | None


class Changes(msgspec.Struct, tag=True, frozen=True):
    """The students whose final score changes, under a name for storing them."""

    changes: list[ChangeLine]
    shown: str = ""
    graded: int = 0
    is_stored: bool = False


class ExportRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask for the file that an LMS takes."""

    offering: str
    format: str
    into: bytes | None = None


class MyDataRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask for every grade of one student."""

    student: str


class NewsRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask who stands otherwise since a row of each results.db (commands may have changed it)."""

    since: dict[str, int]


class News(msgspec.Struct, tag=True, frozen=True):
    """The last row of each results.db, and (offering, student, how they stand)."""

    rows: dict[str, int]
    stands: list[tuple[str, str, Stands]]


class KnownRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask which of these (student, row) have no grade: a backup may be older than service.db."""

    offering: str
    attempts: list[tuple[str, int]]


class Unknown(msgspec.Struct, tag=True, frozen=True):
    """The rows without a grade."""

    rows: list[int]


class StatusRequest(msgspec.Struct, tag=True, frozen=True):
    """Ask whether the service is well."""


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
    """The grading service did not answer: it is being restarted."""


def address(data: Path) -> str:
    """Return a short path to the socket in DATA, whose own path may be too long for one."""
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{SOCKET}"


def framed(message: Request | Answer) -> bytes:
    """Return a message as it travels."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH) + body


def receive_request(connection: socket.socket) -> Request:
    """Read a request; raises OSError, ValueError."""
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
