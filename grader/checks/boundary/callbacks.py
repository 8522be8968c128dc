"""Callbacks of a hidden test that a submission may call, and when.

callbacks = Callbacks()
callbacks.passed(7, lambda x: x + 1)     # packed as an argument under the number 7
before = callbacks.begin(0)              # a request on the object 0
callbacks.callable_now(7)                # the function: it was passed in this request
callbacks.end(before)

A function can be called during the request in which it was passed, and during requests on the objects
that came back from it: a generator, a decorated function, an object that keeps a callback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

MODULE: Final = 0
"""The submission's module: what is passed to one of its functions is not kept for the others."""
KEPT_TOO_LONG: Final = (
    "this function of the test can be called only during the call it was passed to, and by the object "
    "that the call returned; for one that is kept elsewhere, pass student.eval('lambda ...')"
)


class Callbacks:
    """The functions that one test has passed to one program."""

    def __init__(self) -> None:
        """Start with no functions."""
        self._all: dict[int, Callable[..., Any]] = {}
        self._passing: set[int] = set()
        self._live: frozenset[int] = frozenset()
        self._latest: frozenset[int] = frozenset()
        self._kept: dict[int | str, frozenset[int]] = {}
        """The functions that an object in the worker may call, by the object's id."""

    def passed(self, key: int, function: Callable[..., Any]) -> int:
        """Note a function that is packed for the next request, and return its number."""
        self._all[key] = function
        self._passing.add(key)
        return key

    def has_any(self) -> bool:
        """Return whether the program has been given a function."""
        return bool(self._all)

    def referred(self, thing: int | str) -> None:
        """Note an object that is packed for the next request: it may call its functions."""
        self._passing |= self._kept.get(thing, frozenset())

    def begin(self, thing: int | str) -> frozenset[int]:
        """Let the functions of a request on the object ``thing`` be called until its `end`.

        Returns:
            What `end` needs.
        """
        before = self._live
        if not self._all:
            return before
        if self._passing and thing != MODULE:
            self._kept[thing] = self._kept.get(thing, frozenset()) | self._passing
        self._live = before | self._passing | self._kept.get(thing, frozenset())
        self._passing.clear()
        return before

    def end(self, before: frozenset[int]) -> None:
        """End a request: its functions are those of the latest one."""
        self._latest, self._live = self._live, before

    def arrived(self, thing: int | str) -> None:
        """Note an object that came back from the latest request."""
        if self._all and (functions := self._latest | self._live):
            self._kept[thing] = self._kept.get(thing, frozenset()) | functions

    def callable_now(self, key: int) -> Callable[..., Any] | None:
        """Return a function, or None if it may not be called now; raise KeyError if there is none."""
        function = self._all[key]
        return function if key in self._live or key in self._passing else None
