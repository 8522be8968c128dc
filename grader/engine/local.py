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
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from typing import Final

import msgspec

from grader.model import Grade, Ready, Settings, Submission

AHEAD: Final = 2
"""Submissions given to a process before the first comes back: it never waits for us."""
START_SECONDS: Final = 120.0


Graded = tuple[Submission, Grade]


class EngineError(Exception):
    """Nothing can be graded: one line that says why."""


class _Process:
    """One grading process, and the submissions it has in hand, oldest first."""

    def __init__(self, settings: Settings) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "grader.grading", str(theirs.fileno())]
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        theirs.close()
        self.connection = Connection(ours.detach())
        self.hand: deque[Submission] = deque()
        self.since = time.monotonic()
        self.send(settings)

    def send(self, message: Settings | Submission) -> None:
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

    def end(self) -> None:
        self.connection.close()
        try:
            self._process.wait(5 if not self.hand else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def _last_words(self) -> str:
        if self._process.stderr is None:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        self._process.kill()
        lines = self._process.stderr.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"


def grade_all(
    submissions: Iterable[Submission],
    settings: Settings,
    jobs: int,
    patience: float,
    on_ready: Callable[[Ready], None] = lambda ready: None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Graded]:
    """Yield each submission with its grade, as they come; raises `EngineError` when nothing can be graded.

    ``patience``: wall seconds after which a process that gives no grade is taken for hung.
    ``stop``: asked before each new submission; true leaves what is in flight to finish.
    """
    waiting = iter(submissions)
    again: deque[Submission] = deque()
    tried: set[str] = set()
    processes: list[_Process] = []

    def feed(process: _Process) -> None:
        while len(process.hand) < (1 if again else AHEAD) and not stop():
            following = again.popleft() if again else next(waiting, None)
            if following is None:
                return
            process.send(following)

    def replaced(process: _Process, why: str) -> Iterator[Graded]:
        hand = list(process.hand)
        process.end()
        first = hand[0] if hand else None
        if first is not None and first.student in tried:
            yield first, _lost(first, why)
            hand = hand[1:]
        elif first is not None:
            tried.add(first.student)
        again.extend(hand)
        fresh = _Process(replace(settings, preflight=False))
        fresh.ready()
        processes[processes.index(process)] = fresh
        feed(fresh)

    try:
        processes.append(_Process(settings))
        rest = [_Process(replace(settings, preflight=False)) for _ in range(jobs - 1)]
        processes.extend(rest)
        greeting = processes[0].ready()
        if greeting.problem:
            raise EngineError(greeting.problem)
        on_ready(greeting)
        feed(processes[0])
        for process in rest:
            process.ready()
            feed(process)
        while any(process.hand for process in processes):
            for process in _heard(processes):
                try:
                    yield process.grade()
                    feed(process)
                except (EOFError, OSError):
                    yield from replaced(process, "the grading process died")
            now = time.monotonic()
            for process in [p for p in processes if p.hand and now - p.since > patience]:
                yield from replaced(process, f"no grade within {patience:.0f} s")
    finally:
        for process in processes:
            process.end()


def _heard(processes: list[_Process]) -> list[_Process]:
    """The processes with something to read; waits at most a second."""
    busy = {process.connection: process for process in processes if process.hand}
    return [busy[found] for found in wait(list(busy), timeout=1.0) if isinstance(found, Connection)]


def _lost(submission: Submission, why: str) -> Grade:
    message = f"could not be graded: {why}, twice"
    return Grade(replace(submission, source=b"", error=message), 0.0, (), message)
