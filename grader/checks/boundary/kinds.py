"""Kinds of objects, and the trail of a test: where the reference gave an object, and of which kind.

A handle may appear only where the reference gave a handle of the same kind. Otherwise an object whose
every operator says yes would compute its own verdict in ``abs(f(x) - 4.0) < 1e-9``. A place is an
instruction of the test, the operation, the name, and how often it was reached:

    trail.record(place, value)       # while the reference runs
    trail.misfit(place, value)       # "an object where a number is expected", or ''
"""

from __future__ import annotations

import numbers
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import numpy as np
from msgspec import Struct, field

from grader.sandbox.guest.operations import (
    CALLABLE,
    CLASS,
    FUNCTION,
    ITERATOR,
    MODULE,
    TENSOR,
)

PYTHONS: Final = "exception of Python"
"""One of Python's own exceptions: a value, but ``except student.Own`` must not become ``except Exception``."""
_FUNCTIONS: Final = frozenset({"function", "class", "callable"})
_INSTANCES: Final = frozenset({"object", "iterator", "callable", "tensor"})
ACCEPTED: Final = {
    "function": _FUNCTIONS,
    "class": _FUNCTIONS,
    PYTHONS: frozenset({PYTHONS, "class"}),
    "callable": _FUNCTIONS | _INSTANCES,
    "object": _INSTANCES,
    "iterator": _INSTANCES,
    "tensor": frozenset({"tensor"}),
    "module": frozenset({"module"}),
}
"""For each kind that the reference gave, the kinds that a student's object may have there."""


@cache
def kind_of(flags: int) -> str:
    """Return the kind of an object, from the flags of its handle."""
    for flag, kind in (
        (CLASS, "class"), (MODULE, "module"), (TENSOR, "tensor"), (FUNCTION, "function"),
        (ITERATOR, "iterator"), (CALLABLE, "callable"),
    ):  # fmt: skip
        if flags & flag:
            return kind
    return "object"


class Inside(Struct, frozen=True):
    """The kinds of the handles in a container, by index or key."""

    parts: dict[Any, Tree]
    known: frozenset[Any]
    """The indices or keys that the reference's container had."""
    others: Tree
    """What every other place may hold: the same as all known ones, if these are alike."""


Tree = str | Inside | None
"""The kinds of the handles in a value: of a handle its kind, of plain values None."""


def tree_of(value: Any, kind: Callable[[Any], str]) -> Tree:
    """Return the kinds of the handles in ``value``; ``kind`` gives that of a handle, else ''."""
    if found := kind(value):
        return found
    parts: dict[Any, Tree] = {}
    known = set()
    for key, item in _items(value):
        known.add(key)
        if (tree := tree_of(item, kind)) is not None:
            parts[key] = tree
    if not parts:
        return None
    first = next(iter(parts.values()))
    alike = len(parts) == len(known) and all(each == first for each in parts.values())
    return Inside(parts, frozenset(known), first if alike else None)


def fits(value: Any, tree: Tree, kind: Callable[[Any], str]) -> bool:
    """Return whether ``tree`` accepts every handle in ``value`` at its place."""
    if found := kind(value):
        return isinstance(tree, str) and found in ACCEPTED[tree]
    for key, item in _items(value):
        inner: Tree = None
        if isinstance(tree, Inside):
            inner = tree.parts.get(key) if key in tree.known else tree.others
        if not fits(item, inner, kind):
            return False
    return True


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (list, tuple, deque)):
        yield from enumerate(value)
    elif isinstance(value, slice):
        yield from enumerate((value.start, value.stop, value.step))


Place = tuple[int, int, str, str]
"""Code object and instruction of the test, operation, name."""


class Seen(Struct, frozen=True):
    """The reference's value at one place of a test."""

    word: str
    """What was given, in words: "a number"."""
    tree: Tree = None
    changed: tuple[int | str, ...] = ()
    """The arguments that the call changed: indices and names."""


NOTHING: Final = Seen("nothing")
END: Final = Seen("the end of a loop")


class Trail(Struct):
    """The reference's values in one test, in the order in which the test reads them."""

    recording: bool
    seen: dict[Place, list[Seen]] = field(default_factory=dict)
    visits: dict[Place, int] = field(default_factory=dict)
    codes: dict[int, Any] = field(default_factory=dict)
    """Code objects by id, so that no id is used again."""

    def again(self) -> Trail:
        """Return the same trail, to be followed by a student."""
        return Trail(False, self.seen, {}, self.codes)

    def visit(self, place: Place) -> int:
        """Count a visit and return its number."""
        number = self.visits.get(place, 0)
        self.visits[place] = number + 1
        return number

    def expected(self, place: Place, visit: int) -> Seen:
        """Return what the reference gave; beyond its visits, what it always gave, if it did."""
        seen = self.seen.get(place)
        if seen is None:
            return NOTHING
        if visit < len(seen):
            return seen[visit]
        first = seen[0]
        alike = all(each.tree == first.tree and each.changed == first.changed for each in seen)
        return first if alike else Seen(first.word)

    def used(self, place: Place, visit: int) -> int:
        """Return how many elements the reference used here from this visit on, its end included."""
        seen = self.seen.get(place, [])
        count = next((i for i, each in enumerate(seen[visit:]) if each is END), None)
        return len(seen) - visit if count is None else count + 1

    def record(self, place: Place, seen: Seen) -> None:
        """Note what the reference gave."""
        once = _ONCE.setdefault(seen.word, seen) if _plain(seen) else seen
        self.seen.setdefault(place, []).append(once)


def _plain(seen: Seen) -> bool:
    return seen.tree is None and not seen.changed


_ONCE: Final[dict[str, Seen]] = {END.word: END}
"""One instance of each plain entry: a test may have thousands."""

_WORDS: Final[tuple[tuple[Any, str], ...]] = (
    ((bool, np.bool_), "True or False"), (numbers.Number, "a number"), (str, "text"),
    (np.ndarray, "an array"), (list, "a list"), (tuple, "a tuple"), (dict, "a dict"),
    ((set, frozenset), "a set"), (bytes, "bytes"), (type(None), "None"),
)  # fmt: skip


def word_of(value: Any) -> str:
    """Return in words what a plain value is."""
    return next((word for kinds, word in _WORDS if isinstance(value, kinds)), "a plain value")
