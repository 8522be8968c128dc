"""Deferred requests: a test does not wait where the reference's answer was an object.

    deferred = Deferred(channel)
    is_calm(frame, roots, runner)                             # may the test continue from here?
    deferred.add(Waiting(request, accept))                    # a handle represents the answer
    deferred.settle()                                         # send all, then accept each answer

If a test only passes an object on, it can continue before the object exists. The next request that
needs an answer first sends all deferred ones, in order. The answers are checked as usual; if one
differs in kind from the reference's, `StartOver` ends the test. It is then run again in a new
worker and waits for each answer, so that an exception comes from the line that caused it. A test
that could catch an exception, or whose file uses a clock, never defers; nor do the later tests of a
submission after one that was run again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, FrameType, ModuleType
from typing import Any, Final

from msgspec import Struct

from grader.checks.boundary.channel import REFERENCE, Channel
from grader.checks.boundary.raised import BoundaryError, StoppedError

MAX_WAITING: Final = 64
"""Requests that are sent in one message."""
_HERE: Final = __file__.rpartition("/")[0]
MAX_TEXT: Final = 10_000
"""Characters of a text in a deferred request; together these must not fill a worker's memory."""
_CLOCKS: Final = frozenset("time timeit datetime signal threading".split())
"""Modules with which a test can notice when a request is executed."""
_SENT_AS_THEY_ARE: Final = frozenset({float, int, bool, type(None)})


class StartOver(BaseException):
    """Ends a test that must run again without deferring; `except Exception` does not catch it."""


class Waiting(Struct):
    """A request whose answer has not been read."""

    request: list[Any]
    accept: Callable[[Any], None]
    """Connects the handle to the object in the reply, or raises `BoundaryError`."""

    @property
    def number(self) -> int:
        """Return the number of the request."""
        return int(self.request[1])


class Deferred:
    """The requests of one test that wait to be sent, in order."""

    def __init__(self, channel: Channel) -> None:
        """Start with no requests; ``channel`` sends them."""
        self._channel = channel
        self._waiting: list[Waiting] = []
        self._starts_over = False

    def add(self, waiting: Waiting) -> None:
        """Add a request, and send all of them if there are many."""
        if self._starts_over:
            raise StartOver
        self._waiting.append(waiting)
        if len(self._waiting) >= MAX_WAITING:
            self.settle()

    def settle(self) -> None:
        """Send the requests; raise `StartOver` if an answer is not like the reference's."""
        while self._waiting and not self._starts_over:
            replies = self._replies()
            try:
                done = self._accepted(replies)
            except BoundaryError:
                done = 0
            self._starts_over = not done
            del self._waiting[:done]
        if self._starts_over:
            raise StartOver

    def starts_over(self) -> bool:
        """Return whether the finished test must run again in a new worker."""
        try:
            self.settle()
        except (StartOver, BoundaryError):
            self._starts_over = True
        return self._starts_over

    def _replies(self) -> list[Any]:
        self._channel.ready()
        try:
            return self._channel.send_all([each.request for each in self._waiting])
        except StoppedError:
            self._waiting.clear()
            raise

    def _accepted(self, replies: Sequence[Any]) -> int:
        """Return how many of the requests were executed."""
        if not self._channel.is_same_worker():
            return 0
        for i, (waiting, reply) in enumerate(zip(self._waiting, replies, strict=True)):
            match reply:
                case ["skipped", int(got)] if got == waiting.number:
                    return i
            waiting.accept(reply)
        return len(replies)


def is_calm(frame: FrameType | None, roots: tuple[str, ...], runner: CodeType) -> bool:
    """Return whether an exception of a request would end the test without being caught.

    Args:
        frame: A frame of the boundary; above it there may be only frames of the test.
        roots: Folders of the course's tests.
        runner: The function that calls the test.
    """
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    while frame is not None and frame.f_code is not runner:
        code = frame.f_code
        watches = code.co_exceptiontable or not _CLOCKS.isdisjoint(code.co_names)
        if watches or not code.co_filename.startswith(roots):
            return False
        if knows_a_clock(frame.f_globals, roots):
            return False
        frame = frame.f_back
    return frame is not None


_KNOWN: Final[dict[int, tuple[dict[str, Any], bool]]] = {}
"""For each course file's names, by id: the names (so that no id is reused), and whether a clock is used."""


def knows_a_clock(names: dict[str, Any], roots: tuple[str, ...]) -> bool:
    """Return whether a name comes from a clock's module, or from a course file with a clock."""
    if id(names) not in _KNOWN:
        _KNOWN[id(names)] = names, False  # the initial value, because files may import each other
        found = any(_brings_a_clock(value, roots) for value in [*names.values()])
        _KNOWN[id(names)] = names, found
    return _KNOWN[id(names)][1]


def _brings_a_clock(value: Any, roots: tuple[str, ...]) -> bool:
    module = value
    if not isinstance(value, ModuleType):
        home = getattr(value if callable(value) else type(value), "__module__", None)
        module = sys.modules.get(home) if isinstance(home, str) else None
    if module is None or module.__name__ in _CLOCKS:
        return module is not None
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.startswith(roots) and knows_a_clock(vars(module), roots)


def are_fixed(nodes: Iterable[Any]) -> bool:
    """Return whether a test can no longer change these arguments: numbers, short texts, objects."""
    return all(
        type(node) in _SENT_AS_THEY_ARE
        or (type(node) is str and len(node) <= MAX_TEXT)
        or (type(node) is list and node[0] == REFERENCE)
        for node in nodes
    )
