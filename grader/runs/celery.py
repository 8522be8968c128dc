"""Grade on many machines: the coordinator of a run, with workers behind a broker.

    for submission, grade in grade_all(submissions, settings, jobs, 240, broker="redis://..."): ...

Workers are started separately with ``grader worker``. The broker may deliver a task twice or lose
it. The first answer to a submission counts. A submission without an answer is sent again; if a
second worker dies with it, it becomes an `error`. If the coordinator is killed, answers wait for
the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from grader.course import catalog
from grader.grading.protocol import Ready, Settings
from grader.model import Submission
from grader.runs import broker as post
from grader.runs import provenance
from grader.runs.broker import Task, WorkerAnswer
from grader.runs.grading_process import EngineError, Graded
from grader.runs.grading_service import is_lost, lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celery import Celery

AHEAD: Final = 200
"""Submissions in the broker at the same time: enough to keep workers busy without filling Redis."""
QUIET_SECONDS: Final = 10.0
"""Seconds without an answer after which to report that no worker takes the tasks."""
BACK_OFF: Final = (0.5, 1.0, 2.0, 4.0, 8.0)


def grade_all(
    submissions: Iterable[Submission],
    settings: Settings,
    jobs: int,
    patience: float,
    on_ready: Callable[[Ready], None] = lambda ready: None,
    stop: Callable[[], bool] = lambda: False,
    seed_of: Callable[[Submission], int | None] = lambda submission: None,
    *,
    broker: str,
    place: str = "",
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Graded]:
    """Yield each submission with its grade as it arrives.

    Args:
        submissions: The submissions, read as capacity becomes free.
        settings: The settings for the grading processes.
        jobs: Unused; each worker decides how many submissions it grades at once.
        patience: Seconds after which a submission counts as lost.
        on_ready: Called with the layers that are active on all workers so far.
        stop: Called every second; True ends the run and leaves its tasks in the broker.
        seed_of: Returns the seed of a submission's inputs, or None for the settings' seed.
        broker: The address of the broker.
        place: Identifies the run; a resumed run with the same place finds the earlier answers.
        say: Called with a line to print immediately.

    Raises:
        EngineError: Nothing can be graded.
    """
    if settings.sandbox != "best":
        raise EngineError("workers always lock submissions in: --sandbox is for --engine local")
    course = catalog.load(Path(settings.course))
    prints = provenance.fingerprints(course, settings.assignment, settings.secret)
    blank = Task(_run_id(settings, prints, place), "", settings.assignment, settings.seed,
                 patience, prints, Submission("", ""))  # fmt: skip
    app = post.application(broker, [settings.assignment], patience)
    post.check(app)
    line = _Line(app, blank, settings.secret)
    try:
        yield from _Run(iter(submissions), blank, line, on_ready, stop, seed_of, say).graded()
    finally:
        line.close()


def _run_id(settings: Settings, prints: dict[str, str], place: str) -> str:
    """Return an id that stays the same when a run is resumed, and depends on the secret."""
    text = repr((settings.assignment, settings.seed, sorted(prints.items()), place))
    return hmac.new(settings.secret, text.encode(), hashlib.sha256).hexdigest()[:24]


# --- the coordinator's connection to the broker --------------------------------------------------


class _Line:
    """Sends tasks and receives answers. ``errors`` lists the exceptions of a lost connection."""

    def __init__(self, app: Celery, blank: Task, secret: bytes) -> None:
        self.app, self.secret, self._run = app, secret, blank.run
        self._tasks = post.task_queue(blank.assignment)
        self._answers = post.answer_queue(blank.run)
        self._heard: deque[Any] = deque()
        self._connection: Any = None
        self.errors = post.broken(app.connection_for_write())

    def open(self) -> None:
        """Connect, and receive the answers that are waiting."""
        self.close()
        self._connection = self.app.connection_for_write()
        self._connection.connect()
        channel = self._connection.default_channel
        answers = self._answers(channel)
        answers.declare()
        self._tasks(channel).declare()
        while (message := answers.get(no_ack=True)) is not None:
            self._heard.append(message)
        consumer = self._connection.Consumer(
            [answers], no_ack=True, channel=channel, on_message=self._heard.append
        )
        consumer.consume()

    def send(self, task: Task) -> None:
        """Send a task to the workers."""
        self.app.send_task(
            post.TASK, args=[post.sealed(task, self.secret)], queue=self._tasks.name,
            connection=self._connection, retry=False, ignore_result=True,
        )  # fmt: skip

    def listen(self, seconds: float) -> bool:
        """Wait for answers; return whether any arrived."""
        if not self._heard:
            with contextlib.suppress(TimeoutError):
                self._connection.drain_events(timeout=seconds)
        return bool(self._heard)

    def heard(self) -> Iterator[tuple[WorkerAnswer, bool]]:
        """Yield each answer to this run, and whether it is sealed with the secret.

        A worker with another secret refuses without a seal, but anyone with access to the broker
        could forge that message.
        """
        while self._heard:
            envelope = post.envelope(self._heard.popleft().body)
            answer = post.content(envelope, WorkerAnswer)
            if answer is None or answer.run != self._run:
                continue
            is_sealed = post.is_sealed(envelope, self.secret)
            if answer.refusal or is_sealed:
                yield answer, is_sealed

    def waiting(self) -> int:
        """Return the number of tasks that no worker has taken yet."""
        queue = self._tasks(self._connection.default_channel)
        return int(queue.queue_declare().message_count)

    def forget(self) -> None:
        """Delete the queue with this run's answers."""
        self._answers(self._connection.default_channel).delete()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.release()
            self._connection = None


# --- a run --------------------------------------------------------------------------------------


class _Run(Struct):
    """A run in progress: submissions to send, unanswered tasks, and answers."""

    waiting: Iterator[Submission]
    blank: Task
    line: _Line
    on_ready: Callable[[Ready], None]
    stop: Callable[[], bool]
    seed_of: Callable[[Submission], int | None]
    say: Callable[[str], None]
    out: dict[str, Task] = field(default_factory=dict)
    own: dict[str, Submission] = field(default_factory=dict)
    """The submissions that were sent, by key, with the names, which are never sent."""
    early: dict[str, WorkerAnswer] = field(default_factory=dict)
    """Answers that a previous coordinator requested."""
    done: set[str] = field(default_factory=set)
    unsent: deque[Task] = field(default_factory=deque)
    sandbox: tuple[str, ...] | None = None
    since: float = field(default_factory=time.monotonic)
    """Time of the last message from a worker."""
    quiet_said: bool = False
    unproven: str = ""
    """A refusal without a seal; it ends the run only if no worker grades anything."""

    def graded(self) -> Iterator[Graded]:
        """Yield grades until everything is graded or the run is stopped."""
        if not self._connected():
            return
        while not self.stop():
            yield from self._receive()
            yield from self._fill()
            if not self.out:
                with contextlib.suppress(*self.line.errors):
                    self.line.forget()
                return
            try:
                self._send()
                waiting = None if self.line.listen(1.0) else self._waiting()
            except self.line.errors as error:
                if not self._connected(error):
                    return
            else:
                yield from self._resend_lost(waiting)

    def _connected(self, error: Exception | None = None) -> bool:
        """Connect, with growing pauses while the broker is unavailable; return False if stopped."""
        away = False
        for pause in _pauses():
            if error is not None and not away:
                self.say(f"the broker does not answer ({post.line_of(error)}); trying again")
                away = True
            try:
                self.line.open()
            except self.line.errors as again:
                error = again
                if self._stopped_within(pause):
                    return False
            else:
                break
        if away:
            self.say("the broker answers again")
        self.since = time.monotonic()
        return True

    def _stopped_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self.stop() and time.monotonic() < until:
            time.sleep(0.1)
        return self.stop()

    def _fill(self) -> Iterator[Graded]:
        while len(self.out) < AHEAD and (submission := next(self.waiting, None)) is not None:
            key = post.key_of(submission, self.line.secret)
            if key in self.out or key in self.done:
                continue
            bare = Submission(key, submission.file, submission.source, submission.problem,
                              submission.error, submission.note)  # fmt: skip
            seed = self.seed_of(submission)
            task = replace(self.blank, key=key, submission=bare, own_seed=seed)
            self.own[key], self.out[key] = submission, task
            if key in self.early:
                yield from self._take(self.early.pop(key))
            else:
                self.unsent.append(task)

    def _send(self) -> None:
        while self.unsent:
            self.line.send(self.unsent[0])
            self.unsent.popleft()

    def _receive(self) -> Iterator[Graded]:
        for answer, is_sealed in self.line.heard():
            if not is_sealed:
                self._report_unsealed(answer.refusal)
                continue
            self.since, self.quiet_said, self.unproven = time.monotonic(), False, ""
            yield from self._take(answer)

    def _report_unsealed(self, refusal: str) -> None:
        """Print a refusal whose sender is unknown."""
        if not self.unproven:
            self.say(f"without proof of the course's secret: {refusal[:400]}")
        self.unproven = refusal

    def _take(self, answer: WorkerAnswer) -> Iterator[Graded]:
        """Accept the first answer to each submission; later ones are duplicates."""
        if answer.refusal:
            raise _refused(answer.refusal)
        if answer.grade is None or answer.key in self.done:
            return
        if answer.key not in self.out:
            self.early[answer.key] = answer
            return
        del self.out[answer.key]
        self.done.add(answer.key)
        self._report_ready(answer.sandbox, answer.grade.max_score)
        ours = self.own.pop(answer.key)
        bare = replace(ours, source=b"", error=answer.grade.submission.error)
        yield ours, replace(answer.grade, submission=bare)

    def _report_ready(self, sandbox: tuple[str, ...], most: float) -> None:
        """Report the layers that are active on all workers so far, and the maximum score."""
        if not sandbox:
            return
        known = sandbox if self.sandbox is None else self.sandbox
        common = tuple(layer for layer in known if layer in sandbox)
        if common != self.sandbox:
            self.sandbox = common
            self.on_ready(Ready(list(common), "", most, provenance.versions()))

    def _waiting(self) -> int | None:
        """Return the number of waiting tasks after a quiet period; otherwise None."""
        quiet = time.monotonic() - self.since
        return self.line.waiting() if quiet > self._long_enough() else None

    def _long_enough(self) -> float:
        return min(QUIET_SECONDS, self.blank.patience / 2)

    def _resend_lost(self, waiting: int | None) -> Iterator[Graded]:
        """Send lost tasks again: no answers arrive, although no task is waiting."""
        now = time.monotonic()
        if waiting is not None and self.unproven:
            raise _refused(self.unproven)
        if waiting:
            if not self.quiet_said:
                self.say(f"{waiting} submissions wait at {post.shown(self.line.app)}, and no worker "
                         "takes them: is `grader worker` running?")  # fmt: skip
                self.quiet_said = True
            self.since = now - self._long_enough()
        elif waiting == 0 and now - self.since > post.HARD * self.blank.patience:
            self.since = now
            yield from self._again()

    def _again(self) -> Iterator[Graded]:
        for key, task in list(self.out.items()):
            if is_lost(task.lost + 1):
                grade = lost(self.own[key], "no worker that took it answered")
                yield from self._take(WorkerAnswer(task.run, key, grade))
            else:
                self.out[key] = replace(task, lost=task.lost + 1)
                self.unsent.append(self.out[key])


def _refused(refusal: str) -> EngineError:
    return EngineError(f"{refusal[:400]}; nothing is lost, continue with --resume")


def _pauses() -> Iterator[float]:
    yield from BACK_OFF
    while True:
        yield BACK_OFF[-1]
