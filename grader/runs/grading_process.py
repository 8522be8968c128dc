"""One grading process: start it, send it submissions, read its grades.

    process = Process(settings)
    process.ready()
    process.send(submission)
    process.grade()

The process dies with the *thread* that started it, because Linux sends the death signal per thread.
So start it from a thread that lives as long: see `grader.runs.grading_service`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from grader.errors import UserError
from grader.grading.protocol import Ready, Settings
from grader.model import Grade, Submission
from grader.sandbox import interpreter
from grader.sandbox.guest import startup
from grader.sandbox.kept_folder import sweep

START_SECONDS: Final = 120.0
SEND_SECONDS: Final = 10
"""Seconds after which sending to a process that does not read fails."""

Graded = tuple[Submission, Grade]


class EngineError(UserError):
    """Nothing can be graded; the message is one line."""


class StartError(EngineError):
    """A grading process ended, or sent nothing, before it was ready."""


class Process:
    """One grading process, and the submissions that it has received, oldest first."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", SEND_SECONDS, 0))
        # Anonymous files: a pipe that nobody reads would fill up and block the process.
        self._place, self._said = os.memfd_create("place"), os.memfd_create("said")
        passed = [theirs.fileno(), self._place]
        code = f"{startup.WITHOUT_COLLECTOR}import grader.grading.process as p; p.main()"
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
        """Send settings once, then submissions; a number is a new seed for the next ones."""
        if isinstance(message, Submission):
            if not self.hand:
                self.since = time.monotonic()
            self.hand.append(message)
        with contextlib.suppress(OSError):  # it died, which the next read reports
            self.connection.send_bytes(msgspec.json.encode(message))

    def ready(self, seconds: float = START_SECONDS) -> Ready:
        """Wait for its first answer.

        Raises:
            StartError: It ended, or did not answer within ``seconds`` and was ended.
        """
        try:
            if self.connection.poll(seconds):
                return msgspec.json.decode(self.connection.recv_bytes(), type=Ready)
            said = f"the solution was not graded within {seconds:g} s"
        except (EOFError, OSError):
            said = self._last_words()
        self.end()
        raise StartError(f"a grading process did not start: {said}")

    def grade(self) -> Graded:
        """Read the next grade; raise EOFError if the process died."""
        grade = msgspec.json.decode(self.connection.recv_bytes(), type=Grade)
        self.since = time.monotonic()
        return self.hand.popleft(), grade

    def all_with(self, seed: int, submissions: Iterable[Submission]) -> Iterator[Grade]:
        """Grade submissions in turn with the inputs of ``seed``; raise EOFError if it dies."""
        self.send(seed)
        for submission in submissions:
            self.send(submission)
            yield self.grade()[1]

    def end(self) -> None:
        """Let it exit if it is idle, else kill it."""
        if self.connection.closed:
            return
        self.connection.close()
        try:
            self._process.wait(5 if not self.hand else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode:
            sweep()
        os.close(self._place)
        os.close(self._said)

    def where(self) -> str:
        """Return the hidden test that is running or ran last: `` in test_graph.py::test_x``."""
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
