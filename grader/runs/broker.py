"""Exchange messages between a run's coordinator and its workers, through a broker.

    -> `Task`          one submission, to the queue of its assignment (at least once)
    <- `WorkerAnswer`  its grade, or why this worker refuses, to the run's queue of answers

Both are JSON in an envelope, sealed with the course's secret, so that others with access to the
broker can neither add submissions nor forge grades. A message contains the student's file, under a
key instead of a name, and the grade, but not the hidden tests, the reference or the secret. Each
worker has a copy of the course; the `fingerprints` in the task show whether it is the same.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import Struct

from grader.course.assignment import Course
from grader.model import Grade, Limits, Submission
from grader.results.store import content_hash
from grader.runs.grading_process import EngineError

if TYPE_CHECKING:
    from celery import Celery
    from kombu import Queue

TASK: Final = "grader.grade"
ANSWERS: Final = "grader.answers"
KEPT_SECONDS: Final = 7 * 24 * 3600
"""Seconds for which RabbitMQ keeps the answers of an interrupted run."""
HARD: Final = 1.25
"""A worker kills a grading process after this many times the patience."""
MAX_BYTES: Final = 16 * 1024 * 1024
CONNECT_SECONDS: Final = 4.0

Envelope = dict[str, str]
T = TypeVar("T")


class Task(Struct, frozen=True):
    """One submission to grade, sent to a worker."""

    run: str
    key: str
    assignment: str
    seed: int
    patience: float
    prints: Mapping[str, str]
    submission: Submission
    lost: int = 0
    """Number of workers that died while they graded it."""
    own_seed: int | None = None
    """The seed of its inputs, if different from the run's."""


class WorkerAnswer(Struct, frozen=True):
    """The answer of a worker to a task: a grade, or why it refuses all tasks of this run."""

    run: str
    key: str
    grade: Grade | None = None
    sandbox: tuple[str, ...] = ()
    refusal: str = ""


def key_of(submission: Submission, secret: bytes) -> str:
    """Return the key that represents a submission in messages.

    It depends on the secret, so that nobody can find the student by trying the names of a class.
    """
    student = hashlib.sha256(submission.student.encode("utf-8", "replace")).digest()
    text = b"grader key " + student + content_hash(submission).encode()
    return hmac.new(secret, text, "sha256").hexdigest()[:32]


def patience_for(course: Course) -> float:
    """Return the longest time in seconds that a submission of the course may take."""
    return max((each.limits.patience for each in course.assignments), default=Limits().patience)


# --- sealed envelopes ---------------------------------------------------------------------------


def sealed(message: Task | WorkerAnswer, secret: bytes) -> Envelope:
    """Return the message as JSON with a seal made with the secret."""
    body = msgspec.json.encode(message)
    return {"body": body.decode(), "seal": _seal(body, secret)}


def envelope(text: bytes | str) -> Envelope:
    """Return the envelope in a message; an empty one if there is none."""
    try:
        return msgspec.json.decode(text, type=Envelope)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


def is_sealed(envelope: object, secret: bytes) -> bool:
    """Return whether the envelope was sealed with the secret."""
    if not isinstance(envelope, dict):
        return False
    body, seal = envelope.get("body"), envelope.get("seal")
    if not isinstance(body, str) or not isinstance(seal, str):
        return False
    right = _seal(body.encode("utf-8", "replace"), secret)
    return hmac.compare_digest(right.encode(), seal.encode("utf-8", "replace"))


def content(envelope: object, kind: type[T]) -> T | None:
    """Return the content of an envelope, or None if it is malformed."""
    body = envelope.get("body") if isinstance(envelope, dict) else None
    if not isinstance(body, str) or len(body) > MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _seal(body: bytes, secret: bytes) -> str:
    return hmac.new(secret, b"grader message " + body, "sha256").hexdigest()


# --- the same course on both sides ---------------------------------------------------------------


# --- Celery's settings, for both sides ---------------------------------------------------------


def application(broker: str, assignments: Iterable[str], longest: float) -> Celery:
    """Return a Celery application for a broker; raise `EngineError` if Celery is missing.

    ``longest``: seconds that a task may take. Redis gives an unacknowledged task to another worker
    after twice that time. The key prefix is unique, because a consumer with a shorter time would
    take tasks away too early.
    """
    try:
        from celery import Celery
    except ImportError:
        needed = "pip install 'backprop-grader[celery]'"
        raise EngineError(f"--engine celery needs Celery and redis-py: {needed}") from None
    hard = HARD * longest
    app = Celery("grader", broker=broker, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=CONNECT_SECONDS,
        broker_transport_options=_redis_options(2 * hard) if _is_redis(broker) else {},
        task_acks_late=True,
        task_acks_on_failure_or_timeout=False,
        task_ignore_result=True,
        task_queues=[task_queue(name) for name in assignments],
        task_reject_on_worker_lost=True,
        task_serializer="json",
        task_time_limit=hard,
        worker_enable_remote_control=False,  # nobody may control a worker through the broker
        worker_hijack_root_logger=False,
        worker_lost_wait=1.0,
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
    )
    return app


def task_queue(assignment: str) -> Queue:
    """Return the queue for the tasks of an assignment."""
    from kombu import Exchange, Queue

    return Queue(f"grader.{assignment}", Exchange("grader"), routing_key=assignment)


def answer_queue(run: str) -> Queue:
    """Return the queue for the answers of a run; after it is deleted, answers are dropped."""
    from kombu import Exchange, Queue

    name = f"{ANSWERS}.{run}"
    return Queue(name, Exchange(ANSWERS), routing_key=run, expires=KEPT_SECONDS)


def _is_redis(broker: str) -> bool:
    return broker.startswith(("redis", "sentinel"))


def _redis_options(visibility: float) -> dict[str, object]:
    names = ("unacked_key", "unacked_index_key", "unacked_mutex_key")
    return {
        "visibility_timeout": visibility,
        "unacked_restore_interval": min(10.0, visibility / 4),
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": CONNECT_SECONDS,
        **{name: f"grader.{name}.{visibility:g}" for name in names},
    }


def check(app: Celery) -> None:
    """Raise `EngineError` unless the broker answers."""
    # unknown kind of broker
    errors: tuple[type[Exception], ...] = (KeyError, ValueError, ImportError)
    try:
        with app.connection_for_write() as connection:
            errors += broken(connection)
            connection.ensure_connection(max_retries=1, interval_start=0.5, timeout=CONNECT_SECONDS)
    except errors as error:
        raise EngineError(f"no broker answers at {shown(app)}: {line_of(error)}") from None


def broken(connection: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions that mean that the broker is unavailable or refuses the client."""
    from kombu.exceptions import KombuError

    return (*connection.connection_errors, *connection.channel_errors, KombuError, OSError)


def shown(app: Celery) -> str:
    """Return the broker's address without the password."""
    from kombu.utils.url import maybe_sanitize_url

    return str(maybe_sanitize_url(app.conf.broker_url))


def line_of(error: BaseException) -> str:
    """Return an exception of the broker's client as one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
