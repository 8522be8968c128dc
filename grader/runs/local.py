"""Grade on this machine: grading processes beside each other, one per core.

    for submission, grade in grade_all(submissions, settings, jobs=2, patience=240): ...

A grading process that dies or hangs is replaced; the submission it had in hand is graded once more,
and is an `error` if it takes a second one with it. No other submission is touched.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Final

import msgspec

from grader.errors import UserError
from grader.grading.protocol import Ready, Settings
from grader.model import Grade, Submission
from grader.sandbox import interpreter

AHEAD: Final = 2
"""Submissions given to a process before the first comes back: it never waits for us."""
START_SECONDS: Final = 120.0


Graded = tuple[Submission, Grade]


class EngineError(UserError):
    """Nothing can be graded: one line that says why."""


class Process:
    """One grading process, and the submissions it has in hand, oldest first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        ours, theirs = socket.socketpair()
        # Files of no folder: a pipe that nobody reads would fill up and stop it.
        self._place, self._said = os.memfd_create("place"), os.memfd_create("said")
        passed = [theirs.fileno(), self._place]
        # What is imported stays: to look for cycles in it meanwhile takes a twentieth of the time.
        code = "import gc; gc.disable(); import grader.grading.process as p; p.main()"
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                interpreter.command(code, *map(str, passed)), pass_fds=passed,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said,
                env=interpreter.environment(), cwd=interpreter.NEUTRAL, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise EngineError(f"a grading process cannot be started: {error.strerror}") from None
        theirs.close()
        self.connection = Connection(ours.detach())
        self.hand: deque[Submission] = deque()
        self.since = time.monotonic()
        self.send(settings)

    def send(self, message: Settings | Submission | int) -> None:
        """Settings, once; then what is to be graded; a number is another seed for what follows."""
        if isinstance(message, Submission):
            if not self.hand:
                self.since = time.monotonic()
            self.hand.append(message)
        with contextlib.suppress(OSError):  # it died: seen when we wait for it
            self.connection.send_bytes(msgspec.json.encode(message))

    def ready(self) -> Ready:
        """Wait for its greeting; raises `EngineError`."""
        try:
            if self.connection.poll(START_SECONDS):
                return msgspec.json.decode(self.connection.recv_bytes(), type=Ready)
            said = "it does not answer"
        except (EOFError, OSError):
            said = self._last_words()
        self.end()
        raise EngineError(f"a grading process did not start: {said}")

    def grade(self) -> Graded:
        """Read the next grade; raises EOFError when it died."""
        grade = msgspec.json.decode(self.connection.recv_bytes(), type=Grade)
        self.since = time.monotonic()
        return self.hand.popleft(), grade

    def all_with(self, seed: int, submissions: Iterable[Submission]) -> Iterator[Grade]:
        """Grade them one after the other on the inputs of ``seed``; raises EOFError."""
        self.send(seed)
        for submission in submissions:
            self.send(submission)
            yield self.grade()[1]

    def end(self) -> None:
        """Let it end by itself if it is idle, else kill it."""
        if self.connection.closed:
            return
        self.connection.close()
        try:
            self._process.wait(5 if not self.hand else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._place)
        os.close(self._said)

    def where(self) -> str:
        """The hidden test that it is in, or was as it died: `` in test_graph.py::test_x``, or ''."""
        check = os.pread(self._place, 1 << 10, 0).decode("utf-8", "replace").strip()
        return f" in {check}" if check else ""

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        status = self._process.wait()
        said = os.pread(self._said, 1 << 20, 0).decode("utf-8", "replace").strip().splitlines()
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return said[-1] if said else f"it ended with {how}{self.where()}"


def grade_all(
    submissions: Iterable[Submission],
    settings: Settings,
    jobs: int,
    patience: float,
    on_ready: Callable[[Ready], None] = lambda ready: None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Graded]:
    """Yield each submission with its grade, as they come; raises `EngineError` when none can.

    ``patience``: wall seconds after which a process that gives no grade is taken for hung.
    ``stop``: asked before each new submission; true leaves what is in flight to finish.
    """
    crew = _Crew(iter(submissions), settings, stop)
    try:
        on_ready(crew.start(jobs))
        while crew.busy():
            yield from crew.heard()
            yield from crew.overdue(patience)
    finally:
        crew.end()


class _Crew:
    """The grading processes of a run, and what is still to grade."""

    def __init__(
        self, waiting: Iterator[Submission], settings: Settings, stop: Callable[[], bool]
    ) -> None:
        self._waiting, self._stop = waiting, stop
        self._settings = replace(settings, preflight=False)
        self._preflight = settings
        self._again: deque[Submission] = deque()
        self._tried: set[tuple[str, str]] = set()
        """Student and file of what a process was lost with."""
        self._processes: list[Process] = []

    def start(self, jobs: int) -> Ready:
        """Start ``jobs`` processes at once; nothing is graded before the first has seen all well."""
        self._processes = [Process(self._preflight)]
        self._processes += [Process(self._settings) for _ in range(jobs - 1)]
        greeting = self._ready(0)
        if greeting.problem:
            raise EngineError(greeting.problem)
        for number in range(jobs):
            if number:
                self._ready(number)
            self._feed(self._processes[number])
        return greeting

    def _ready(self, number: int) -> Ready:
        """Wait for a process's greeting; one that dies before it is replaced, once."""
        try:
            return self._processes[number].ready()
        except EngineError:
            self._processes[number] = Process(self._processes[number].settings)
            return self._processes[number].ready()

    def busy(self) -> bool:
        """Whether anything is in hand."""
        return any(process.hand for process in self._processes)

    def heard(self) -> Iterator[Graded]:
        """Wait at most a second, and yield what came."""
        busy = {process.connection: process for process in self._processes if process.hand}
        for connection in wait(list(busy), timeout=1.0):
            process = busy[connection]  # type: ignore[index]  # what went in comes out
            try:
                yield process.grade()
            except (EOFError, OSError):
                yield from self._replace(process, f"the grading process died{process.where()}")
            else:
                self._feed(process)

    def overdue(self, patience: float) -> Iterator[Graded]:
        """Replace every process that has had one submission for too long."""
        now = time.monotonic()
        for process in [p for p in self._processes if p.hand and now - p.since > patience]:
            why = f"no grade within {patience:.0f} s{process.where()}"
            yield from self._replace(process, why)

    def end(self) -> None:
        """End every process."""
        for process in self._processes:
            process.end()

    def _feed(self, process: Process) -> None:
        while len(process.hand) < (1 if self._again else AHEAD) and not self._stop():
            following = self._again.popleft() if self._again else next(self._waiting, None)
            if following is None:
                return
            process.send(following)

    def _replace(self, process: Process, why: str) -> Iterator[Graded]:
        """A new process for one that is lost; what it had in hand first is suspected."""
        hand = list(process.hand)
        process.end()
        suspect = hand[0]
        tried = suspect.student, suspect.file
        if tried in self._tried:
            yield suspect, lost(suspect, why)
            hand = hand[1:]
        self._tried.add(tried)
        self._again.extend(hand)
        number = self._processes.index(process)
        self._processes[number] = Process(self._settings)
        self._ready(number)
        self._feed(self._processes[number])


def lost(submission: Submission, why: str) -> Grade:
    """The `error` of a submission that took two grading processes with it."""
    message = f"could not be graded: {why}, twice"
    return Grade(replace(submission, source=b"", error=message), 0.0, (), message)
