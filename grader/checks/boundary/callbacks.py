"""The functions of a hidden test that a submission may call, and when it may call them.

    callbacks = Callbacks()
    callbacks.passed(7, lambda x: x + 1)    # packed as an argument with the number 7
    before = callbacks.begin(0)             # a request on the object 0
    callbacks.callable_now(7)               # the function, since this request passes it
    callbacks.end(before)

A function can be called during the request that passes it, and during requests on objects that came
back from that request: a generator, a decorated function, an object that stores a callback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

MODULE: Final = 0
"""The id of the submission's module; later requests on it may not call earlier functions."""
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
        """For each object in the worker, by id: the numbers of the functions that it may call."""

    def passed(self, key: int, function: Callable[..., Any]) -> int:
        """Register a function that the next request passes, and return its number."""
        self._all[key] = function
        self._passing.add(key)
        return key

    def has_any(self) -> bool:
        """Return whether a function has been passed to the program."""
        return bool(self._all)

    def referred(self, thing: int | str) -> None:
        """Register an object that the next request passes, and which may call its functions."""
        self._passing |= self._kept.get(thing, frozenset())

    def begin(self, thing: int | str) -> frozenset[int]:
        """Allow the functions of a request on the object ``thing`` until the matching `end`.

        Returns:
            The argument for `end`.
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
        """End a request, so that the functions of the enclosing one are allowed again."""
        self._latest, self._live = self._live, before

    def arrived(self, thing: int | str) -> None:
        """Register an object that the latest request returned."""
        if self._all and (functions := self._latest | self._live):
            self._kept[thing] = self._kept.get(thing, frozenset()) | functions

    def callable_now(self, key: int) -> Callable[..., Any] | None:
        """Return a function, or None if it may not be called now; raise KeyError if unknown."""
        function = self._all[key]
        return function if key in self._live or key in self._passing else None
