"""The programs that a hidden test talks to: the fixtures ``student`` and ``reference``.

    peers = Peers(roots=("/course/tests/hidden",), start=reference_program, solution=solution_text)
    peers.student(item, student)        # `grader.checks.boundary.remote_module.RemoteModule`
    peers.reference(item)

While the reference is graded as a submission (``recording``), the trail of each test is recorded:
it shows where a student may return an object. The ``reference`` fixture has a separate worker,
whose answers are cached because the test of every student asks the same questions.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, Final

import pytest
from msgspec import Struct, field

from grader.checks.boundary.handles import handle_of
from grader.checks.boundary.kinds import Trail
from grader.checks.boundary.peer import Peer
from grader.checks.boundary.remote_module import RemoteModule, module_of
from grader.grading.cell_order import first_cells
from grader.sandbox.guest import wire
from grader.sandbox.student import Student

KEPT_BYTES: Final = 64 << 20
"""Limit in bytes of the cached answers of the reference in one run."""


class Peers(Struct):
    """State that the tests of a run share: recorded trails, and the reference in a worker."""

    roots: tuple[str, ...]
    start: Callable[[], Student]
    """Returns the reference as a separate program."""
    solution: Callable[[], str]
    """Returns the text of the solution's main file."""
    recording: bool = False
    _trails: dict[str, Trail] = field(default_factory=dict)
    _answers: dict[bytes, bytes] = field(default_factory=dict)
    _size: int = 0
    _reference: Student | None = None
    _fresh: list[Student] = field(default_factory=list)
    runner: CodeType | None = None
    """The function that calls the current test, if it can call it again: see `starts_over`."""
    _peer: Peer | None = None
    """The peer of the student in the current test."""
    _waits: bool = False
    """Whether a test of the current submission ran again, whose reload uses its seconds."""
    _tests: Iterator[int] = field(default_factory=itertools.count)

    def student(self, item: pytest.Item, student: Student) -> RemoteModule:
        """Return the student's module for one test."""
        after = item.get_closest_marker("after_cell")
        if after or item.get_closest_marker("fresh"):
            student = student.again()
            student.trial = False
            if after:
                student.program = first_cells(student.program, self.solution(), after.args[0])
            self._fresh.append(student)
        if self.recording:
            trail = self._trails[item.nodeid] = Trail(recording=True)
        else:
            trail = self._trails.get(item.nodeid, Trail(recording=False)).again()
        limits = item.get_closest_marker("limits")
        cpu = float(limits.kwargs.get("cpu", 0.0)) if limits else 0.0
        module = self._module(student, trail, cpu, None if self._waits else self.runner)
        self._peer = module._grader_peer
        return module

    def settle(self) -> None:
        """Request what the student's test left unread (see `grader.checks.boundary.deferred`)."""
        if self._peer is not None:
            self._peer.settle()

    def starts_over(self) -> bool:
        """Return whether the finished test must run again; if so, end its worker."""
        peer, self._peer = self._peer, None
        if peer is None or not peer.starts_over():
            return False
        peer.student.end()
        self._waits = True
        return True

    def reference(self, item: pytest.Item) -> RemoteModule:
        """Return the reference's module for one test; its answers are kept for the run."""
        if self._reference is None:
            self._reference = self.start()
        return self._module(_CachedReference(self, self._reference, item.nodeid), None, 0.0)

    def end_submission(self) -> None:
        """End the workers that were started for single tests of the current submission."""
        for student in self._fresh:
            student.end()
        self._fresh.clear()
        self._waits = False

    def restart(self) -> None:
        """End the reference's worker; the next request starts a new one."""
        if self._reference is not None:
            self._reference.end()
            self._reference = None

    def forget(self) -> bool:
        """Drop everything that depends on the seed; return whether a test had a trail."""
        had_trails = bool(self._trails)
        self._trails.clear()
        self._answers.clear()
        self._size = 0
        self.restart()
        return had_trails

    def _module(
        self, student: Any, trail: Trail | None, cpu: float, runner: CodeType | None = None
    ) -> RemoteModule:
        peer = Peer(
            student, test=next(self._tests), roots=self.roots, made=handle_of, trail=trail,
            cpu=cpu, runner=runner,
        )  # fmt: skip
        return module_of(peer)

    def kept(self, key: bytes) -> bytes | None:
        """Return the reference's cached answer, or None."""
        return self._answers.get(key)

    def keep(self, key: bytes, reply: bytes) -> None:
        """Cache an answer of the reference, while there is room."""
        if self._size < KEPT_BYTES:
            self._answers[key] = reply
            self._size += len(reply)


class _CachedReference:
    """The reference for one test; requests seen before in the same order use the cache."""

    def __init__(self, peers: Peers, student: Student, test: str) -> None:
        self._peers, self._student = peers, student
        self._chain = hashlib.blake2b(test.encode(), digest_size=16).digest()
        self._skipped: list[tuple[list[Any], float]] = []
        self._live = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._student, name)

    def exchange(self, request: list[Any], cpu: float) -> Any:
        """Return the cached reply; else send the skipped requests, then this one."""
        if request[0] != "do":
            self._live = True  # the worker called functions of the test, which must be called again
            return self._student.exchange(request, cpu)
        asked = wire.encode(request[3:])
        self._chain = hashlib.blake2b(self._chain + asked, digest_size=16).digest()
        known = None if self._live else self._peers.kept(self._chain)
        if known is not None:
            self._skipped.append((request, cpu))
            return wire.decode(known, trusted=True)
        for earlier, seconds in self._skipped:
            self._student.exchange(earlier, seconds)
        self._skipped.clear()
        reply = self._student.exchange(request, cpu)
        self._live = self._live or reply[0] == "asks"
        if not self._live:
            self._peers.keep(self._chain, wire.encode(reply))
        return reply
