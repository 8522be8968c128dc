"""Grade from any thread, with grading processes that stay warm between submissions.

    with GradingService(jobs=2) as service:
        grade = service.grade(settings, submission)      # waits for the grade
        future = service.submit(settings, submission)    # does not wait

All rules for lost work are in this module. The local engine, Celery's workers and ``grader serve``
use it:

- A submission that is requested twice at once, with the same settings and seed, is graded once.
- A process that dies, or gives no grade within the patience, is replaced.
- The first submission in such a process is suspected. It is graded once more, alone in its process;
  after a second loss the caller gets `Lost`, which `lost` converts to an `error`, never a zero.
  Submissions that waited behind it in that process are graded elsewhere; no loss is counted for them.
- Nothing is graded before a process with the same settings has tested its sandbox and the reference.

One thread, the keeper, starts every process and lives as long as they do: Linux sends the signal
"your parent has died" when the starting *thread* ends, not the program.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from multiprocessing.connection import wait
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from grader.grading.protocol import Ready, Settings
from grader.model import Grade, Limits, Submission
from grader.runs.grading_process import (
    START_SECONDS,
    EngineError,
    Graded,
    Process,
    StartError,
)

TRIES: Final = 2
"""Number of grading processes, or of workers of a broker, that one submission may kill."""
TICK: Final = 1.0
"""Seconds between two checks for overdue submissions."""
SMALL: Final = 64 * 1024
"""Bytes of a source that fit into a busy process's socket; sending more would block."""
PATIENCE: Final = Limits().patience
BUSIEST: Final = 4.0
"""Largest factor by which a busy machine extends the patience."""


class Lost(Exception):
    """A submission killed too many grading processes; the text describes how, in a clause."""


def lost(submission: Submission, why: str) -> Grade:
    """Return the `error` for a submission that killed two grading processes."""
    message = f"could not be graded: {why}, twice"
    return Grade(replace(submission, source=b"", error=message), 0.0, (), message)


def stretched(seconds: float, load: float) -> float:
    """Return the patience on a machine where ``load`` programs share each core.

    The limits of a submission count CPU seconds. If other programs use the cores too, these take
    longer in wall-clock time, and a slow program must not become an `error`.

    >>> stretched(120, 0.5), stretched(120, 2.5), stretched(120, 30)
    (120.0, 300.0, 480.0)
    """
    return seconds * min(max(load, 1.0), BUSIEST)


def _cores() -> int:
    return os.cpu_count() or 1


def is_lost(losses: int) -> bool:
    """Return whether a submission with so many losses is given up."""
    return losses >= TRIES


class _Kind(Struct, frozen=True):
    """The key of submissions that one process can grade without a restart."""

    settings: Settings
    version: str = ""


class _Job(Struct, eq=False):
    """A submission to grade, and the future of its grade."""

    kind: _Kind
    submission: Submission
    seed: int
    patience: float
    future: Future[Grade] = field(default_factory=Future)
    losses: int = 0

    @property
    def key(self) -> tuple[_Kind, int, Submission]:
        """Return the key that is equal for two requests of the same job."""
        return self.kind, self.seed, self.submission


class _Slot(Struct, eq=False):
    """A process and the jobs that were sent to it, oldest first."""

    kind: _Kind
    process: Process
    seed: int
    jobs: deque[_Job] = field(default_factory=deque)
    greeted: bool = False
    used: float = field(default_factory=time.monotonic)


class GradingService:
    """A pool of warm grading processes, with a queue that any thread may add to."""

    def __init__(
        self, jobs: int, *, ahead: int = 1, kept: int | None = None, tries: int = TRIES
    ) -> None:
        """Start the keeper.

        Args:
            jobs: Number of processes with the same settings.
            ahead: Submissions sent to a process before it returns the first one.
            kept: Number of processes with any settings; the one idle for longest is replaced.
            tries: Number of processes that a submission may kill before it is `Lost`.
        """
        self._jobs, self._ahead, self._tries = jobs, ahead, tries
        self._kept = max(kept or jobs, jobs)
        self._inbox: SimpleQueue[_Job | tuple[_Kind, int]] = SimpleQueue()
        self._lock = threading.Lock()
        self._flight: dict[tuple[_Kind, int, Submission], _Job] = {}
        self._greetings: dict[_Kind, Future[Ready]] = {}
        self._waiting: deque[_Job] = deque()
        self._slots: list[_Slot] = []
        self._failures: Counter[_Kind] = Counter()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._closed = self._unwakeable = False
        self.broken: BaseException | None = None
        """The exception that ended the keeper, if any; it never ends silently."""
        self._keeper = threading.Thread(target=self._keep, name="grading-service", daemon=True)
        try:
            self._keeper.start()
        except RuntimeError:  # the limit on processes also counts threads
            os.close(self._wake_read)
            os.close(self._wake_write)
            why = "this user has too many processes (ulimit -u)"
            raise EngineError(f"grading cannot start: {why}") from None

    def __enter__(self) -> GradingService:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- for any thread -------------------------------------------------------------------------

    def prepare(self, settings: Settings, jobs: int = 1, version: str = "") -> Ready:
        """Start ``jobs`` processes; return the answer of the first one that passed all tests.

        Raises:
            EngineError: The sandbox, the reference or the hidden tests are not fit for grading.
        """
        kind = _Kind(settings, version)
        with self._lock:
            greeting = self._greetings.get(kind)
            if greeting is None or (greeting.done() and greeting.exception() is not None):
                greeting = self._greetings[kind] = Future()
        self._put((kind, jobs))
        return greeting.result()

    def submit(
        self,
        settings: Settings,
        submission: Submission,
        *,
        patience: float = PATIENCE,
        seed: int | None = None,
        version: str = "",
    ) -> Future[Grade]:
        """Queue a submission; its future raises `Lost` or `EngineError`.

        Args:
            settings: The settings for the grading processes.
            submission: The submission to grade.
            patience: Wall seconds after which its process counts as hung.
            seed: The seed of its inputs, if different from the settings' seed.
            version: Changes when the course's files change; older processes are replaced.
        """
        wanted = settings.seed if seed is None else seed
        job = _Job(_Kind(settings, version), submission, wanted, patience)
        with self._lock:
            same = self._flight.get(job.key)
            if same is not None:
                return same.future
            self._flight[job.key] = job
        self._put(job)
        return job.future

    def grade(
        self,
        settings: Settings,
        submission: Submission,
        *,
        patience: float = PATIENCE,
        seed: int | None = None,
        version: str = "",
    ) -> Grade:
        """Grade a submission and wait; return an `error` if it is lost. Arguments: see `submit`.

        Raises:
            EngineError: Nothing can be graded.
        """
        future = self.submit(settings, submission, patience=patience, seed=seed, version=version)
        return outcome(submission, future)

    def stream(
        self,
        submissions: Iterator[Submission],
        settings: Settings,
        patience: float,
        stop: Callable[[], bool],
        seed_of: Callable[[Submission], int | None] = lambda submission: None,
    ) -> Iterator[Graded]:
        """Yield each submission with its grade as it arrives; only a few are in flight at once."""
        done: SimpleQueue[tuple[Submission, Future[Grade]]] = SimpleQueue()
        flying = 0
        while True:
            while flying < self._jobs * self._ahead and not stop():
                submission = next(submissions, None)
                if submission is None:
                    break
                flying += 1
                future = self.submit(
                    settings, submission, patience=patience, seed=seed_of(submission)
                )
                future.add_done_callback(partial(_note, done, submission))
            if not flying:
                return
            with contextlib.suppress(Empty):
                submission, future = done.get(timeout=TICK)
                flying -= 1
                yield submission, outcome(submission, future)

    def close(self) -> None:
        """End every process; submissions without a grade get an `EngineError`."""
        self._closed = True
        self._wake()
        self._keeper.join()
        with self._lock:
            if not self._unwakeable:
                self._unwakeable = True
                os.close(self._wake_read)
                os.close(self._wake_write)

    def wait_until_broken(self) -> None:
        """Wait until the keeper has ended; `broken` holds the reason."""
        self._keeper.join()

    def alive(self) -> int:
        """Return the number of running processes."""
        return len(self._slots)

    def _put(self, what: _Job | tuple[_Kind, int]) -> None:
        self._inbox.put(what)
        self._wake()
        if not self._keeper.is_alive():  # it could end between the check and the put
            self._fail_all(EngineError("the grading service has ended"))

    def _wake(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):  # full: it wakes anyway
            if not self._unwakeable:
                os.write(self._wake_write, b"x")

    # --- the keeper's thread --------------------------------------------------------------------

    def _keep(self) -> None:
        why: Exception = EngineError("the grading service was closed")
        try:
            while not self._closed:
                self._take_in()
                self._feed()
                self._hear()
                self._replace_overdue()
        except BaseException as error:
            self.broken = error
            why = EngineError(f"the grading service failed: {type(error).__name__}: {error}")
        finally:
            for slot in self._slots:
                with contextlib.suppress(OSError):
                    slot.process.end()
            self._slots.clear()
            self._fail_all(why)

    def _take_in(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
        with contextlib.suppress(Empty):
            while True:
                what = self._inbox.get_nowait()
                if isinstance(what, _Job):
                    self._waiting.append(what)
                else:
                    kind, jobs = what
                    for _ in range(min(jobs, self._jobs) - len(self._of(kind))):
                        self._start(kind)

    def _feed(self) -> None:
        """Send each waiting job to a process with room; start processes for the others."""
        without: Counter[_Kind] = Counter()
        for job in list(self._waiting):
            slot = self._room_for(job)
            if slot is not None:
                self._waiting.remove(job)
                self._send(slot, job)
                continue
            without[job.kind] += 1
            starting = sum(not slot.greeted for slot in self._of(job.kind))
            if starting < without[job.kind] and len(self._of(job.kind)) < self._jobs:
                self._start(job.kind)
        for kind in self._asked_for():
            if not self._of(kind):  # there was no room when it was requested
                self._start(kind)

    def _asked_for(self) -> list[_Kind]:
        """Return the kinds that a call of `prepare` waits for."""
        with self._lock:
            return [kind for kind, greeting in self._greetings.items() if not greeting.done()]

    def _room_for(self, job: _Job) -> _Slot | None:
        """Find an idle process, preferably with the right inputs; else one with room."""
        if not self._is_proven(job.kind):
            return None
        ready = [slot for slot in self._of(job.kind) if slot.greeted]
        idle = [slot for slot in ready if not slot.jobs]
        if idle:
            return min(idle, key=lambda slot: slot.seed != job.seed)
        starting = len(ready) < min(self._jobs, len(self._of(job.kind)))
        if job.losses or starting or len(job.submission.source) > SMALL:
            return None
        room = [slot for slot in ready if self._may_follow(slot, job)]
        return min(room, key=lambda slot: len(slot.jobs), default=None)

    def _may_follow(self, slot: _Slot, job: _Job) -> bool:
        alone = any(before.losses for before in slot.jobs)
        return len(slot.jobs) < self._ahead and slot.seed == job.seed and not alone

    def _send(self, slot: _Slot, job: _Job) -> None:
        if slot.seed != job.seed:
            slot.process.send(job.seed)
            slot.seed = job.seed
        slot.jobs.append(job)
        slot.used = time.monotonic()
        slot.process.send(job.submission)

    def _start(self, kind: _Kind) -> None:
        """Start a process if there is room; an idle process of another kind is ended for it."""
        for slot in [s for s in self._slots if _is_stale(s, kind)]:
            self._end(slot)
        if len(self._slots) >= self._kept:
            idle = [s for s in self._slots if not s.jobs and s.greeted and s.kind != kind]
            if not idle:
                return
            self._end(min(idle, key=lambda slot: slot.used))
        is_tried = self._is_proven(kind) or any(
            slot.process.settings == kind.settings for slot in self._of(kind)
        )
        settings = replace(kind.settings, preflight=False) if is_tried else kind.settings
        try:
            self._slots.append(_Slot(kind, Process(settings), kind.settings.seed))
        except EngineError as error:
            self._give_up(kind, error)

    def _hear(self) -> None:
        """Wait a moment, and handle the messages that arrived."""
        by_connection: dict[object, _Slot] = {slot.process.connection: slot for slot in self._slots}
        sources = [slot.process.connection for slot in by_connection.values()]
        for source in wait([*sources, self._wake_read], timeout=TICK):
            if slot := by_connection.get(source):
                self._grade_of(slot) if slot.greeted else self._greeting_of(slot)

    def _greeting_of(self, slot: _Slot, seconds: float = START_SECONDS) -> None:
        try:
            ready = slot.process.ready(seconds)
        except StartError as error:
            self._end(slot)
            self._failures[slot.kind] += 1
            if self._failures[slot.kind] > 1:
                self._give_up(slot.kind, error)
            else:
                self._start(slot.kind)
            return
        if ready.problem:
            self._end(slot)
            self._give_up(slot.kind, EngineError(ready.problem))
            return
        slot.greeted, slot.used = True, time.monotonic()
        self._failures[slot.kind] = 0
        if not self._is_proven(slot.kind) and slot.process.settings == slot.kind.settings:
            self._prove(slot.kind, ready)

    def _prove(self, kind: _Kind, ready: Ready) -> None:
        with self._lock:
            greeting = self._greetings.setdefault(kind, Future())
        greeting.set_result(ready)

    def _is_proven(self, kind: _Kind) -> bool:
        greeting = self._greetings.get(kind)
        return greeting is not None and greeting.done() and greeting.exception() is None

    def _grade_of(self, slot: _Slot) -> None:
        try:
            _, grade = slot.process.grade()
        except (EOFError, OSError):
            if slot.jobs:
                self._lose(slot, f"the grading process died{slot.process.where()}")
            else:
                self._end(slot)
            return
        slot.used = time.monotonic()
        job = slot.jobs.popleft()
        self._landed(job)
        if job.seed != job.kind.settings.seed:
            grade = replace(grade, seed=job.seed)
        job.future.set_result(grade)

    def _replace_overdue(self) -> None:
        now = time.monotonic()
        for slot in list(self._slots):
            if not slot.greeted and now - slot.used > START_SECONDS:
                self._greeting_of(slot, 0.0)
            elif slot.jobs:
                seconds = stretched(slot.jobs[0].patience, os.getloadavg()[0] / _cores())
                if now - slot.process.since > seconds:
                    self._lose(slot, f"no grade within {seconds:.0f} s{slot.process.where()}")

    def _lose(self, slot: _Slot, why: str) -> None:
        """Replace a process; the first job in it is suspected."""
        suspect, *others = slot.jobs
        self._end(slot)
        suspect.losses += 1
        if suspect.losses >= self._tries:
            self._landed(suspect)
            suspect.future.set_exception(Lost(why))
        else:
            others.insert(0, suspect)
        self._waiting.extendleft(reversed(others))

    def _end(self, slot: _Slot) -> None:
        self._slots.remove(slot)
        slot.process.end()

    def _give_up(self, kind: _Kind, error: Exception) -> None:
        """Report the error to all who wait for this kind."""
        self._failures[kind] = 0
        for slot in self._of(kind):
            self._waiting.extend(slot.jobs)
            self._end(slot)
        with self._lock:
            greeting = self._greetings.pop(kind, None)
        if greeting is not None and not greeting.done():
            greeting.set_exception(error)
        for job in [job for job in self._waiting if job.kind == kind]:
            self._waiting.remove(job)
            self._landed(job)
            job.future.set_exception(error)

    def _of(self, kind: _Kind) -> list[_Slot]:
        return [slot for slot in self._slots if slot.kind == kind]

    def _landed(self, job: _Job) -> None:
        with self._lock:
            self._flight.pop(job.key, None)

    def _fail_all(self, why: Exception) -> None:
        with self._lock:
            jobs, greetings = list(self._flight.values()), list(self._greetings.values())
            self._flight.clear()
        futures: list[Future[Any]] = [*(job.future for job in jobs), *greetings]
        for future in futures:
            if not future.done():
                future.set_exception(why)


def outcome(submission: Submission, future: Future[Grade]) -> Grade:
    """Return the grade of a future, or the `error` of a lost submission."""
    try:
        return future.result()
    except Lost as why:
        return lost(submission, str(why))


def _note(
    done: SimpleQueue[tuple[Submission, Future[Grade]]],
    submission: Submission,
    future: Future[Grade],
) -> None:
    done.put((submission, future))


def _is_stale(slot: _Slot, kind: _Kind) -> bool:
    """Return whether a process is idle and was started with an older version."""
    same = slot.kind.settings == kind.settings and slot.kind.version != kind.version
    return same and slot.greeted and not slot.jobs
