"""Requests that a test does not wait for: those that gave an object when the reference was asked.

    waiting = Waiting(request, handle, place, visit, name)   # the handle stands for what will come
    is_calm(frame, roots, runner)                            # may a test that stands there go on?

An object that the test only passes on is not looked at, so the test may go on without it. The next
request that needs an answer sends all of them first, in their order. What came is checked as ever; if
anything is unlike the reference's, `StartOver` ends the test, which is then run again in a new worker
and waits for each answer: only so does an exception come from the line that caused it. A test that
could catch an exception, or whose file knows a clock, waits from the start; so do all tests of a
submission after one that was run again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import CodeType, FrameType, ModuleType
from typing import Any, Final

from msgspec import Struct

MAX_WAITING: Final = 64
"""Requests that are sent at once."""
_HERE: Final = __file__.rpartition("/")[0]
MAX_TEXT: Final = 10_000
"""Characters of a text that is sent with others: together they must not fill a worker's memory."""
_CLOCKS: Final = frozenset("time timeit datetime signal threading".split())
"""Modules with which a test can notice when a request is done."""
_SENT_AS_THEY_ARE: Final = frozenset({float, int, bool, type(None)})


class StartOver(BaseException):
    """The test is to be run again and to wait for each answer; no `except Exception` stops this."""


class Waiting(Struct):
    """A request whose answer was not read yet, and the handle that stands for it."""

    request: list[Any]
    handle: Any
    place: tuple[int, int, str, str]
    visit: int
    name: str

    @property
    def number(self) -> int:
        """Return the number of the request."""
        return int(self.request[1])


def is_calm(frame: FrameType | None, roots: tuple[str, ...], runner: CodeType) -> bool:
    """Return whether an exception of a request would go straight to the end of the test.

    Args:
        frame: A frame of the boundary; only the test's frames may stand above those.
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
"""Whether a file of a course knows a clock, by the id of its names; these are kept so that no id is
used again."""


def knows_a_clock(names: dict[str, Any], roots: tuple[str, ...]) -> bool:
    """Return whether one of the names comes from a module with a clock, or a course's file that has one."""
    if id(names) not in _KNOWN:
        _KNOWN[id(names)] = names, False  # files may import each other
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


def are_fixed(nodes: Iterable[Any], reference: int) -> bool:
    """Return whether a test can no longer change these arguments: numbers, short texts and objects."""
    return all(
        type(node) in _SENT_AS_THEY_ARE
        or (type(node) is str and len(node) <= MAX_TEXT)
        or (type(node) is list and node[0] == reference)
        for node in nodes
    )
