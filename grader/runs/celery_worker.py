"""Grade for coordinators on other machines: ``grader worker`` runs this on each machine.

    work("redis://...", course, jobs=8)

Each of Celery's processes keeps one grading process of `grader.grading` and sends it task after
task. A task is acknowledged when its answer has been sent. If the process or the machine dies
before that, the broker delivers the task again, marked as redelivered; the worker then returns it
with a higher count of losses, and the second loss makes it an `error`. Tasks of another course are
refused.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from grader.course.assignment import Course
from grader.course.catalog import load
from grader.course.secret import course_secret, secret_file
from grader.course.yaml_nodes import CatalogError
from grader.grading.protocol import Ready, Settings
from grader.model import Grade
from grader.runs import broker as post
from grader.runs import provenance
from grader.runs.broker import Envelope, Task, WorkerAnswer
from grader.runs.grading_process import EngineError, StartError
from grader.runs.grading_service import GradingService, Lost, is_lost, lost

if TYPE_CHECKING:
    from celery import Celery

NOT_SEALED = b""
"""The key for answers to a sender without our secret."""


def work(
    broker: str,
    course: Course,
    jobs: int,
    say: Callable[[str], None] = lambda line: None,
    longest: float | None = None,
) -> int:
    """Grade until SIGTERM, finish the current tasks, and return the exit status.

    Raises `EngineError` if it cannot start. ``longest``: seconds that a task may take; by default,
    what the course's limits allow.
    """
    if not secret_file(course.folder).is_file():
        raise EngineError(f"{secret_file(course.folder)} is missing: a worker needs the secret of the "
                          "course, as `grader bundle worker NAME` packs it")  # fmt: skip
    names = [assignment.name for assignment in course.assignments]
    app = post.application(broker, names, longest or post.patience_for(course))
    _serve(app, TaskGrader(course, course_secret(course.folder)))
    post.check(app)
    ready = f"ready: {', '.join(names)}; {jobs} at once, from {post.shown(app)}"
    return _run(app, jobs, lambda: say(ready))


def _run(app: Celery, jobs: int, on_ready: Callable[[], None]) -> int:
    from celery.exceptions import SecurityWarning
    from celery.signals import worker_ready

    def greet(**_: object) -> None:
        on_ready()

    # the sandbox needs root to change to another uid
    warnings.simplefilter("ignore", SecurityWarning)
    worker_ready.connect(greet, weak=False)
    worker = app.Worker(
        hostname=f"grader-{os.getpid()}@{socket.gethostname()}", concurrency=jobs, pool="prefork",
        optimization="fair", loglevel="WARNING", quiet=True, without_gossip=True,
        without_mingle=True,
    )  # fmt: skip
    worker.start()
    return int(worker.exitcode or 0)


def _serve(app: Celery, desk: TaskGrader) -> None:
    """Register the application's task; each process has its own `TaskGrader`."""

    def grade(bound: Any, envelope: Envelope) -> None:
        task = post.content(envelope, Task)
        if task is None:
            return
        again = bool((bound.request.delivery_info or {}).get("redelivered"))
        refusal = desk.refusal(task)
        if not post.is_sealed(envelope, desk.secret):
            if refusal is not None:  # also unsealed; otherwise anybody could make us end a run
                _send(app, refusal, NOT_SEALED)
            return
        answer = refusal or desk.graded(task, again)
        if isinstance(answer, Task):
            bound.apply_async([post.sealed(answer, desk.secret)],
                              queue=post.task_queue(task.assignment).name)  # fmt: skip
        else:
            _send(app, answer, desk.secret)

    app.task(grade, name=post.TASK, bind=True, shared=False)


def _send(app: Celery, answer: WorkerAnswer, secret: bytes) -> None:
    """Send until the broker has accepted it; the task's hard limit also ends this loop."""
    from kombu import Exchange

    patiently = {"max_retries": None, "interval_start": 0.5, "interval_step": 0.5,
                 "interval_max": 5.0}  # fmt: skip
    with app.producer_or_acquire() as producer:
        producer.publish(
            post.sealed(answer, secret), exchange=Exchange(post.ANSWERS), routing_key=answer.run,
            serializer="json", retry=True, retry_policy=patiently,
        )  # fmt: skip


class TaskGrader:
    """The course and the warm grading process in one of the worker's processes."""

    def __init__(self, course: Course, secret: bytes) -> None:
        self.secret = secret
        self._course = course
        self._agreed: Mapping[str, str] = {}
        """The fingerprints of the course that the grading process has loaded."""
        self._service: GradingService | None = None
        self._ready = Ready([])

    def refusal(self, task: Task) -> WorkerAnswer | None:
        """Return a refusal if this machine has another course, grader or NumPy; else None."""
        if task.prints == self._agreed:
            return None
        try:
            course = load(self._course.folder)  # it may have changed since the start
            why = provenance.difference(
                provenance.fingerprints(course, task.assignment, self.secret), task.prints
            )
        except (CatalogError, OSError) as error:
            why = str(error)
        if not why:
            self.end()
            self._agreed = task.prints
            return None
        return _refused(task, f"cannot grade this run: {why}; give it the course's own bundle")

    def graded(self, task: Task, again: bool = False) -> WorkerAnswer | Task:
        """Grade a task; return the task itself, to send it back, if its grading process died.

        ``again``: it was delivered before and not acknowledged.
        """
        try:
            if again:
                raise Lost("the worker that graded it was lost")
            grade = self._grade(task)
        except Lost as why:
            if is_lost(task.lost + 1):
                return WorkerAnswer(task.run, task.key, lost(task.submission, str(why)))
            return replace(task, lost=task.lost + 1)
        except EngineError as error:
            return _refused(task, f"cannot grade: {error}")
        return _bounded(WorkerAnswer(task.run, task.key, grade, tuple(self._ready.sandbox)))

    def _grade(self, task: Task) -> Grade:
        """Grade in this run's process, or in a new one, which tests its sandbox first."""
        private = (str(secret_file(self._course.folder).resolve()),)
        settings = Settings(str(self._course.folder), task.assignment, task.seed, self.secret,
                            private=private)  # fmt: skip
        if self._service is None:
            # the coordinator's tasks count tries across workers
            self._service = GradingService(1, tries=1)
        try:
            self._ready = self._service.prepare(settings)
        except StartError as error:
            raise Lost(str(error)) from None
        return self._service.submit(
            settings, task.submission, patience=task.patience, seed=task.own_seed
        ).result()

    def end(self) -> None:
        """End the grading process."""
        if self._service is not None:
            self._service.close()
        self._service = None


def _refused(task: Task, why: str) -> WorkerAnswer:
    return WorkerAnswer(task.run, task.key, refusal=f"the worker on {socket.gethostname()} {why}")


def _bounded(answer: WorkerAnswer) -> WorkerAnswer:
    """Return the answer, or an `error` if the answer is too long to send."""
    if answer.grade is None or len(msgspec.json.encode(answer)) <= post.MAX_BYTES:
        return answer
    why = f"could not be graded: its grade is longer than {post.MAX_BYTES >> 20} MiB"
    bare = replace(answer.grade.submission, source=b"", error=why)
    return replace(answer, grade=Grade(bare, 0.0, (), why))
